"""Read revisions as packages: the draft, the latest published one, the files of any of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app

from courses.models import (
    Completion,
    Course,
    CourseRevision,
    Enrolment,
    Module,
    ModuleImage,
    ModuleRevision,
    ModuleText,
    RevisionModule,
)
from courses.package import dump_yaml, structure
from lms.db import db
from lms.plugins import hooks

KEPT_PACKAGES = 12  # some 1 MB each
# After waiting for the lock of a course, what the session read before it may be old.
AS_STORED: dict[str, Any] = {"populate_existing": True}


def course_id_of(code: str) -> int | None:
    """Return the id of a course by its code."""
    return db.session.scalar(sa.select(Course.id).filter_by(code=code))


def draft_of(course_id: int) -> CourseRevision | None:
    """Return the draft of a course."""
    return db.session.scalar(
        sa.select(CourseRevision).filter_by(course_id=course_id, state="draft").execution_options(**AS_STORED)
    )


def latest_of(course_id: int) -> CourseRevision | None:
    """Return the newest published revision of a course."""
    return db.session.scalar(
        sa.select(CourseRevision)
        .filter_by(course_id=course_id, state="published")
        .order_by(CourseRevision.major.desc(), CourseRevision.minor.desc())
        .limit(1)
        .execution_options(**AS_STORED)
    )


def newest_digest(code: str) -> str | None:
    """Return the digest of what a course holds now: of its draft, else of its newest published revision."""
    course_id = course_id_of(code)
    if course_id is None:
        return None
    newest = draft_of(course_id) or latest_of(course_id)
    return newest.digest if newest else None


def module_texts_before(course_revision_id: int | None) -> dict[tuple[str, str], ModuleText]:
    """Return the texts of a revision by code of module and language."""
    if course_revision_id is None:
        return {}
    rows = db.session.execute(
        sa.select(Module.code, ModuleText)
        .select_from(RevisionModule)
        .join(ModuleRevision, ModuleRevision.id == RevisionModule.module_revision_id)
        .join(Module, Module.id == ModuleRevision.module_id)
        .join(ModuleText, ModuleText.module_revision_id == ModuleRevision.id)
        .where(RevisionModule.course_revision_id == course_revision_id)
    )
    return {(code, text.language): text for code, text in rows}


def files_of(course_revision_id: int) -> dict[str, bytes]:
    """Return the canonical package of a revision, with the parts of the other plug-ins."""
    return files_of_all([course_revision_id])[course_revision_id]


def files_of_all(revision_ids: Sequence[int]) -> dict[int, dict[str, bytes]]:
    """Return the canonical packages of revisions by id (four queries, and those of the other plug-ins)."""
    files: dict[int, dict[str, bytes]] = {}
    for revision in db.session.scalars(sa.select(CourseRevision).where(CourseRevision.id.in_(revision_ids))):
        files[revision.id] = {"course.yaml": dump_yaml(revision.definition).encode()}
    places: dict[int, list[tuple[int, str]]] = {}  # module revision -> the revisions that list it, its code
    for revision_id, module_revision_id, code, definition in db.session.execute(
        sa.select(
            RevisionModule.course_revision_id, ModuleRevision.id, Module.code, ModuleRevision.definition
        )
        .join(ModuleRevision, ModuleRevision.id == RevisionModule.module_revision_id)
        .join(Module, Module.id == ModuleRevision.module_id)
        .where(RevisionModule.course_revision_id.in_(revision_ids))
    ):
        places.setdefault(module_revision_id, []).append((revision_id, code))
        files[revision_id][f"{code}/module.yaml"] = dump_yaml(definition).encode()
    texts = db.session.execute(
        sa.select(ModuleText.module_revision_id, ModuleText.language, ModuleText.body).where(
            ModuleText.module_revision_id.in_(places), ModuleText.body != ""
        )
    )
    images = db.session.execute(
        sa.select(ModuleImage.module_revision_id, ModuleImage.path, ModuleImage.content).where(
            ModuleImage.module_revision_id.in_(places)
        )
    )
    contents = [(place, f"{language}.md", body.encode()) for place, language, body in texts]
    contents += [(place, path, content) for place, path, content in images]
    for place, name, content in contents:
        for revision_id, code in places[place]:
            files[revision_id][f"{code}/{name}"] = content
    for revision_id in files:
        for parts in hooks().package_parts(course_revision_id=revision_id):
            files[revision_id].update(parts)
    return {revision_id: dict(sorted(found.items())) for revision_id, found in files.items()}


def files_to_compare(revisions: Sequence[CourseRevision]) -> list[dict[str, bytes]]:
    """Return the canonical packages of revisions, in the same order; from the app's memory if they were there lately.

    The digest of a revision is that of its files, so what is kept under it can never be old.
    """
    kept = _kept_files()
    unknown = [revision.id for revision in revisions if revision.digest not in kept]
    read = files_of_all(unknown) if unknown else {}
    found = [kept[r.digest] if r.digest in kept else read[r.id] for r in revisions]
    for revision, files in zip(revisions, found, strict=True):
        keep_files(revision.digest, files)
    return found


def keep_files(digest: str, files: Mapping[str, bytes]) -> None:
    """Keep the files of a canonical package in the app's memory, to compare them soon."""
    kept = _kept_files()
    kept.pop(digest, None)
    kept[digest] = dict(files)
    for oldest in list(kept)[:-KEPT_PACKAGES]:
        kept.pop(oldest, None)  # another thread may have dropped it


def _kept_files() -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = current_app.extensions.setdefault("courses.packages", {})
    return found


def major_reasons(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """Return the names of what a minor revision may not change and this draft changes."""
    old, new = structure(before), structure(after)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def waiting_enrolments(course_id: int, major: int | None = None) -> sa.ColumnElement[bool]:
    """Return the condition of the open enrolments, of all or of those that a minor revision of a major reaches."""
    revisions = sa.select(CourseRevision.id).where(CourseRevision.course_id == course_id)
    if major is not None:
        revisions = revisions.where(CourseRevision.major == major)
    completed = sa.exists().where(Completion.enrolment_id == Enrolment.id)
    return sa.and_(
        Enrolment.course_id == course_id,
        Enrolment.course_revision_id.in_(revisions),
        Enrolment.withdrawn_at.is_(None),
        ~completed,
    )
