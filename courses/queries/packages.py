"""Read revisions as packages: the draft, the latest published one, the files of any of them."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import selectinload, undefer

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


def course_id_of(code: str) -> int | None:
    """Return the id of a course by its code."""
    return db.session.scalar(sa.select(Course.id).filter_by(code=code))


def draft_of(course_id: int) -> CourseRevision | None:
    """Return the draft of a course."""
    return db.session.scalar(sa.select(CourseRevision).filter_by(course_id=course_id, state="draft"))


def latest_of(course_id: int) -> CourseRevision | None:
    """Return the newest published revision of a course."""
    return db.session.scalar(
        sa.select(CourseRevision)
        .filter_by(course_id=course_id, state="published")
        .order_by(CourseRevision.major.desc(), CourseRevision.minor.desc())
        .limit(1)
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
    revision = db.session.get_one(CourseRevision, course_revision_id)
    files = {"course.yaml": dump_yaml(revision.definition).encode()}
    rows = db.session.scalars(
        sa.select(ModuleRevision)
        .join(RevisionModule)
        .where(RevisionModule.course_revision_id == course_revision_id)
        .options(selectinload(ModuleRevision.texts), selectinload(ModuleRevision.module))
    ).all()
    codes = {module.id: module.module.code for module in rows}
    for module in rows:
        code = codes[module.id]
        files[f"{code}/module.yaml"] = dump_yaml(module.definition).encode()
        for text in module.texts:
            if text.body:
                files[f"{code}/{text.language}.md"] = text.body.encode()
    for image in db.session.scalars(
        sa.select(ModuleImage)
        .where(ModuleImage.module_revision_id.in_(codes))
        .options(undefer(ModuleImage.content))
    ):
        files[f"{codes[image.module_revision_id]}/{image.path}"] = image.content
    for parts in hooks().package_parts(course_revision_id=course_revision_id):
        files.update(parts)
    return dict(sorted(files.items()))


def major_reasons(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """Return the names of what a minor revision may not change and this draft changes."""
    old, new = structure(before), structure(after)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def waiting_enrolments(course_id: int, major: int) -> sa.ColumnElement[bool]:
    """Return the condition of the enrolments that a minor revision of this major reaches."""
    same_major = sa.select(CourseRevision.id).where(
        CourseRevision.course_id == course_id, CourseRevision.major == major
    )
    completed = sa.exists().where(Completion.enrolment_id == Enrolment.id)
    return sa.and_(
        Enrolment.course_id == course_id,
        Enrolment.course_revision_id.in_(same_major),
        Enrolment.withdrawn_at.is_(None),
        ~completed,
    )
