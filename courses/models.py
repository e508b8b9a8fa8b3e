"""Courses, their revisions and texts; enrolment, reading, records of the instructor; completion."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from lms.db import Base
from lms.people.models import Person

IS_DRAFT = sa.text("state = 'draft'")
NOT_WITHDRAWN = sa.text("withdrawn_at IS NULL")
IN_FORCE = sa.text("superseded_at IS NULL")


class Course(Base):
    """A course, whatever its revision. The code never changes."""

    __tablename__ = "course"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]

    revisions: Mapped[list["CourseRevision"]] = relationship(back_populates="course")


class CourseRevision(Base):
    """One edition of a course: the one draft that authors edit, or a published one, which never changes again.

    `definition` is the parsed course.yaml (docs/course-package.md). Triggers refuse any change of a published row
    and of what hangs on it.
    """

    __tablename__ = "course_revision"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published')", name="state"),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published"),
        CheckConstraint("(state = 'published') = (major IS NOT NULL AND minor IS NOT NULL)", name="number"),
        UniqueConstraint("course_id", "major", "minor"),
        Index(
            "uq_course_revision_draft",
            "course_id",
            unique=True,
            postgresql_where=IS_DRAFT,
            sqlite_where=IS_DRAFT,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    state: Mapped[str]
    major: Mapped[int | None]
    minor: Mapped[int | None]
    definition: Mapped[dict[str, Any]]
    digest: Mapped[str]  # SHA-256 over the canonical package: an import of the same content changes nothing
    imported_at: Mapped[datetime]
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    publication_note: Mapped[str] = mapped_column(default="")

    course: Mapped[Course] = relationship(back_populates="revisions")
    texts: Mapped[list["CourseText"]] = relationship(back_populates="course_revision")
    modules: Mapped[list["RevisionModule"]] = relationship(
        back_populates="course_revision", order_by="RevisionModule.position"
    )

    @property
    def number(self) -> str:
        """Return `major.minor`, or an empty text for the draft."""
        return "" if self.major is None else f"{self.major}.{self.minor}"


class CourseText(Base):
    """Title and summary of a course revision in one language."""

    __tablename__ = "course_text"
    __table_args__ = (UniqueConstraint("course_revision_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_revision_id: Mapped[int] = mapped_column(ForeignKey("course_revision.id"))
    language: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    search_key: Mapped[str]
    sort_key: Mapped[str]

    course_revision: Mapped[CourseRevision] = relationship(back_populates="texts")


class Module(Base):
    """A module of a course, whatever its revision: what reading, quizzes and attempts belong to."""

    __tablename__ = "module"
    __table_args__ = (UniqueConstraint("course_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    code: Mapped[str]


class ModuleRevision(Base):
    """The content of a module at one time. Found by its digest, only ever added: what did not change keeps its row.

    `definition` is the parsed module.yaml; `sections` the ids of its sections in order.
    """

    __tablename__ = "module_revision"
    __table_args__ = (UniqueConstraint("module_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    digest: Mapped[str]
    definition: Mapped[dict[str, Any]]
    sections: Mapped[list[Any]]
    created_at: Mapped[datetime]

    module: Mapped[Module] = relationship()
    texts: Mapped[list["ModuleText"]] = relationship(back_populates="module_revision")


class ModuleText(Base):
    """The Markdown of a module in one language.

    `source_digest` is the digest of the source-language body it was translated from; when the source moved on and
    the translation did not, the text is outdated. A title without a body (body empty) is a missing text.
    """

    __tablename__ = "module_text"
    __table_args__ = (UniqueConstraint("module_revision_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    module_revision_id: Mapped[int] = mapped_column(ForeignKey("module_revision.id"))
    language: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    digest: Mapped[str]
    source_digest: Mapped[str]
    search_key: Mapped[str]
    sort_key: Mapped[str]

    module_revision: Mapped[ModuleRevision] = relationship(back_populates="texts")


class TextReview(Base):
    """A native speaker's review of a translation: of this text, made from that source. Rows are only added."""

    __tablename__ = "text_review"
    __table_args__ = (UniqueConstraint("text_digest", "source_digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    text_digest: Mapped[str]
    source_digest: Mapped[str]
    reviewed_at: Mapped[datetime]
    reviewed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class ModuleImage(Base):
    """A picture of a module revision."""

    __tablename__ = "module_image"
    __table_args__ = (UniqueConstraint("module_revision_id", "path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    module_revision_id: Mapped[int] = mapped_column(ForeignKey("module_revision.id"))
    path: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    content: Mapped[bytes] = deferred(mapped_column(sa.LargeBinary))


class RevisionModule(Base):
    """The module revisions that a course revision lists, in the order in which they are taught."""

    __tablename__ = "revision_module"
    __table_args__ = (UniqueConstraint("course_revision_id", "position"),)

    course_revision_id: Mapped[int] = mapped_column(ForeignKey("course_revision.id"), primary_key=True)
    module_revision_id: Mapped[int] = mapped_column(ForeignKey("module_revision.id"), primary_key=True)
    position: Mapped[int]

    course_revision: Mapped[CourseRevision] = relationship(back_populates="modules")
    module_revision: Mapped[ModuleRevision] = relationship()


class InstructorAssignment(Base):
    """The courses an instructor writes and grades, from a day to a day."""

    __tablename__ = "instructor_assignment"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="days"),
        Index(
            "uq_instructor_assignment_open",
            "person_id",
            "course_id",
            unique=True,
            postgresql_where=sa.text("to_on IS NULL"),
            sqlite_where=sa.text("to_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    course: Mapped[Course] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])


class Enrolment(Base):
    """An officer takes a course, on one revision, in one cycle. A withdrawn enrolment stays as history."""

    __tablename__ = "enrolment"
    __table_args__ = (
        CheckConstraint("how IN ('self', 'instructor', 'department')", name="how"),
        Index(
            "uq_enrolment_open",
            "officer_id",
            "course_id",
            "cycle",
            unique=True,
            postgresql_where=NOT_WITHDRAWN,
            sqlite_where=NOT_WITHDRAWN,
        ),
        Index("ix_enrolment_course", "course_id", "officer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    course_revision_id: Mapped[int] = mapped_column(ForeignKey("course_revision.id"))
    cycle: Mapped[int] = mapped_column(default=1)
    how: Mapped[str]
    enrolled_at: Mapped[datetime]
    enrolled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date | None]
    begun_at: Mapped[datetime | None]  # the first section read, attempt made, day or grade recorded
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawal_reason: Mapped[str] = mapped_column(default="")

    officer: Mapped[Person] = relationship(foreign_keys=[officer_id])
    course: Mapped[Course] = relationship()
    course_revision: Mapped[CourseRevision] = relationship()
    completion: Mapped["Completion | None"] = relationship(back_populates="enrolment")


class Reading(Base):
    """A section of a module that the officer marked as read."""

    __tablename__ = "reading"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"), primary_key=True)
    section: Mapped[str] = mapped_column(primary_key=True)
    read_at: Mapped[datetime]


class Attendance(Base):
    """Presence on one face-to-face day. A correction supersedes the row and adds another."""

    __tablename__ = "attendance"
    __table_args__ = (
        Index(
            "uq_attendance_in_force",
            "enrolment_id",
            "day",
            unique=True,
            postgresql_where=IN_FORCE,
            sqlite_where=IN_FORCE,
        ),
        CheckConstraint("day >= 1", name="day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    day: Mapped[int]  # number of the face-to-face day, from 1
    present: Mapped[bool]
    held_on: Mapped[date]
    comment: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    superseded_at: Mapped[datetime | None]


class TaskResult(Base):
    """An instructor's grade of a practical task on the four criteria of the common rubric (curriculum 0.6).

    A correction supersedes the row and adds another.
    """

    __tablename__ = "task_result"
    __table_args__ = (
        Index(
            "uq_task_result_in_force",
            "enrolment_id",
            "task",
            unique=True,
            postgresql_where=IN_FORCE,
            sqlite_where=IN_FORCE,
        ),
        CheckConstraint(
            "legality BETWEEN 0 AND 5 AND completeness BETWEEN 0 AND 5 AND usefulness BETWEEN 0 AND 5"
            " AND clarity BETWEEN 0 AND 5",
            name="points",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    task: Mapped[str]  # id of the task in course.yaml
    legality: Mapped[int]
    completeness: Mapped[int]
    usefulness: Mapped[int]
    clarity: Mapped[int]
    accepted: Mapped[bool]
    graded_on: Mapped[date]
    comment: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    superseded_at: Mapped[datetime | None]


class Completion(Base):
    """An officer completed a course: written once, in the transaction that met the last requirement.

    Keeps unit, region and rank of that day. Triggers refuse any change.
    """

    __tablename__ = "completion"
    __table_args__ = (
        UniqueConstraint("officer_id", "course_id", "cycle"),
        CheckConstraint("score IS NULL OR score BETWEEN 0 AND 100", name="score"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), unique=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    course_revision_id: Mapped[int] = mapped_column(ForeignKey("course_revision.id"))
    cycle: Mapped[int]
    completed_at: Mapped[datetime]
    completed_on: Mapped[date]
    score: Mapped[float | None]  # percent; none when the course scores nothing
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    rank_id: Mapped[int | None] = mapped_column(ForeignKey("rank.id"))

    enrolment: Mapped[Enrolment] = relationship(back_populates="completion")
