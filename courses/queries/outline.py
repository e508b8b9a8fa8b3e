"""What a course revision is made of, without its texts: modules in order, their sections, policies.

A published revision never changes, so its outline is kept by the app once it was read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from flask import current_app

from courses.models import CourseRevision, Module, ModuleRevision, RevisionModule
from lms.db import db

KEPT_OUTLINES = 200  # some 50 kB each


@dataclass(frozen=True)
class ModuleOutline:
    """A module as a course revision has it. `definition` is its module.yaml; never change it."""

    id: int  # of the module, whatever its revision
    revision_id: int
    code: str
    number: int  # its place in the course, from 1, as people count
    position: int  # the same as the database keeps it
    sections: tuple[str, ...]
    definition: Mapping[str, Any]

    @property
    def title(self) -> Mapping[str, str]:
        """Return the title as a text map."""
        return cast("Mapping[str, str]", self.definition["title"])


@dataclass(frozen=True)
class Outline:
    """A course revision. `definition` is its course.yaml; never change it."""

    revision_id: int
    definition: Mapping[str, Any]
    modules: tuple[ModuleOutline, ...]

    @property
    def title(self) -> Mapping[str, str]:
        """Return the title as a text map."""
        return cast("Mapping[str, str]", self.definition["title"])

    @property
    def section_count(self) -> int:
        """Return how many sections there are to read."""
        return sum(len(module.sections) for module in self.modules)

    @property
    def tasks(self) -> list[Mapping[str, Any]]:
        """Return the practical tasks the course asks for."""
        return list((self.definition.get("requirements") or {}).get("practical_tasks") or [])

    @property
    def attendance(self) -> Mapping[str, int] | None:
        """Return days and percent of the face-to-face part, or None when there is none."""
        return (self.definition.get("requirements") or {}).get("attendance") or None

    def find_module(self, code: str) -> ModuleOutline | None:
        """Return the module with a code, or None."""
        return next((module for module in self.modules if module.code == code), None)

    def find_task(self, task_id: str) -> Mapping[str, Any] | None:
        """Return the practical task with an id, or None."""
        return next((task for task in self.tasks if task["id"] == task_id), None)

    def after(self, module: ModuleOutline) -> ModuleOutline | None:
        """Return the module that is taught after this one, or None."""
        return self.modules[module.number] if module.number < len(self.modules) else None

    def before(self, module: ModuleOutline) -> ModuleOutline | None:
        """Return the module that is taught before this one, or None."""
        return self.modules[module.number - 2] if module.number > 1 else None


def outline_of(revision: CourseRevision) -> Outline:
    """Return the outline of a revision (one query, none when a published one was read before)."""
    return outlines_of([revision])[revision.id]


def outlines_of(revisions: Iterable[CourseRevision]) -> dict[int, Outline]:
    """Return the outlines of revisions by id (one query for all that were not read before)."""
    kept: dict[Any, Outline] = current_app.extensions.setdefault("courses.outlines", {})
    wanted = {revision.id: revision for revision in revisions}
    # Digest and day are part of the key because one app can meet several databases (tests do).
    keys = {r.id: (r.id, r.digest, r.published_at) for r in wanted.values()}
    found = {revision_id: kept[key] for revision_id, key in keys.items() if key in kept}
    fresh = [revision for revision_id, revision in wanted.items() if revision_id not in found]
    if fresh:
        if len(kept) > KEPT_OUTLINES:
            kept.clear()
        for outline in _read(fresh):
            found[outline.revision_id] = outline
            if wanted[outline.revision_id].state == "published":
                kept[keys[outline.revision_id]] = outline
    return found


def _read(revisions: list[CourseRevision]) -> list[Outline]:
    modules: dict[int, list[ModuleOutline]] = {revision.id: [] for revision in revisions}
    rows = db.session.execute(
        sa.select(
            RevisionModule.course_revision_id,
            RevisionModule.position,
            Module.id,
            Module.code,
            ModuleRevision.id,
            ModuleRevision.sections,
            ModuleRevision.definition,
        )
        .join(ModuleRevision, ModuleRevision.id == RevisionModule.module_revision_id)
        .join(Module, Module.id == ModuleRevision.module_id)
        .where(RevisionModule.course_revision_id.in_(modules))
        .order_by(RevisionModule.course_revision_id, RevisionModule.position)
    )
    for course_revision_id, position, module_id, code, revision_id, sections, definition in rows:
        listed = modules[course_revision_id]
        listed.append(
            ModuleOutline(
                module_id, revision_id, code, len(listed) + 1, position, tuple(sections), definition
            )
        )
    return [Outline(revision.id, revision.definition, tuple(modules[revision.id])) for revision in revisions]
