"""The plug-in door: everything a plug-in can add or answer stands in this file. What is not here cannot be extended.

A plug-in is found by the entry-point group `lms.plugins`, declares itself with one `Manifest`, and behaves through
the hooks below. Ids and plain values go in, frozen dataclasses come out. Callers sort what they get: pluggy calls
the plug-in registered last first. A hook that fails inside a transaction undoes the whole transaction.
Each hook is described, with an example, in docs/hooks.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pluggy
from flask import Blueprint
from markupsafe import Markup

if TYPE_CHECKING:
    from lms.demo import Cast
    from lms.reports import Report
    from lms.settings import Setting

GROUP = "lms.plugins"
hookspec = pluggy.HookspecMarker("lms")
hookimpl = pluggy.HookimplMarker("lms")


@dataclass(frozen=True)
class NavItem:
    """A link of the main navigation, shown to those who hold the permission."""

    label: Any  # lazy translatable text
    endpoint: str
    permission: str
    order: int = 50


@dataclass(frozen=True)
class Permission:
    """What one may do, and the roles that may. Names are `<plug-in>.<verb>`."""

    name: str
    help: str
    roles: frozenset[str]


@dataclass(frozen=True)
class Manifest:
    """What a plug-in adds. Everything is optional but the name."""

    name: str
    label: Any = ""
    requires: tuple[str, ...] = ()  # names of plug-ins without which this one cannot work
    blueprints: tuple[Blueprint, ...] = ()
    navigation: tuple[NavItem, ...] = ()
    permissions: tuple[Permission, ...] = ()
    settings: tuple[Setting, ...] = ()
    reports: tuple[Report, ...] = ()
    commands: tuple[click.Command, ...] = ()
    migrations: Path | None = None  # a folder of Alembic versions, a branch of its own
    translations: Path | None = None
    templates: Path | None = None
    # What the plug-in's audit actions, and the fields of their before and after, are called on the page of the trail.
    audit_labels: Mapping[str, Any] = field(default_factory=dict)
    # Files of course packages that the plug-in reads, by path, with * (`kudos.txt`, `*/kudos.txt`).
    package_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Requirement:
    """One thing a course asks of one enrolment, and how it stands.

    `score` is a percentage from 0 to 100 when the requirement is scored, and counts in the course score by `kind`:
    `exam`, `practical_task` and `quiz` (curriculum 0.5). `module` is the code of the module it belongs to.
    `detail` says in words what is missing, or what was reached. `url` leads to the place where it is done.
    """

    kind: str  # reading | quiz | exam | practical_task | attendance
    key: str
    label: str
    met: bool
    order: int = 0
    score: float | None = None
    module: str | None = None
    detail: str = ""
    url: str | None = None


@dataclass(frozen=True)
class Panel:
    """A piece of a page that another plug-in adds; `html` is escaped already (a rendered template)."""

    order: int
    html: Markup


@dataclass(frozen=True)
class Fault:
    """What is wrong in a course package, where, and what to do."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass
class PackageFiles:
    """The files of a course package, by path relative to its folder, as they were read."""

    code: str
    files: Mapping[str, bytes]
    modules: tuple[str, ...] = ()
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # module code -> section ids
    course: Mapping[str, Any] = field(default_factory=dict)  # the parsed course.yaml


@dataclass(frozen=True)
class PackageFigure:
    """A count of something in a package; `module` is None for what belongs to no module, such as the exam."""

    module: str | None
    name: str
    value: str


class Hooks:
    """The hooks of the suite."""

    @hookspec
    def manifest(self) -> Manifest:  # type: ignore[empty-body]
        """Declare what the plug-in adds. Asked once, when the app is made."""

    @hookspec
    def completion_requirements(  # type: ignore[empty-body]
        self, course_revision_id: int, enrolment_ids: Sequence[int]
    ) -> dict[int, list[Requirement]]:
        """Say what the revision asks of each enrolment and how it stands; bulk, so that no list is N+1.

        Every enrolment id must be a key of the answer, with an empty list when nothing is asked.
        """

    @hookspec
    def course_completed(self, officer_id: int, completion_id: int) -> None:
        """Hear, once and in the same transaction, that an officer completed a course."""

    @hookspec
    def course_panels(self, course_id: int, officer_id: int) -> list[Panel]:  # type: ignore[empty-body]
        """Add to the course page as the officer sees it."""

    @hookspec
    def home_panels(self, person_id: int) -> list[Panel]:  # type: ignore[empty-body]
        """Add to *My learning*."""

    @hookspec
    def preview_panels(self, course_revision_id: int, module: str | None) -> list[Panel]:  # type: ignore[empty-body]
        """Add to an author's preview of a module, or of the course (None)."""

    @hookspec
    def check_package(self, package: PackageFiles) -> list[Fault]:  # type: ignore[empty-body]
        """Find the faults of the parts of a course package that the plug-in reads. Reads no database."""

    @hookspec
    def package_figures(self, package: PackageFiles) -> list[PackageFigure]:  # type: ignore[empty-body]
        """Count the parts of a course package that the plug-in reads, module by module. Reads no database."""

    @hookspec
    def load_package(self, course_revision_id: int, package: PackageFiles) -> None:
        """Write the plug-in's parts of a checked package into the draft revision, replacing what was there."""

    @hookspec
    def package_parts(self, course_revision_id: int) -> dict[str, bytes]:  # type: ignore[empty-body]
        """Give the plug-in's files of a revision in canonical form, by path relative to the package's folder."""

    @hookspec
    def load_demonstration(self, cast: Cast) -> None:
        """Add demonstration data for the demonstration people. Runs in one transaction with them."""
