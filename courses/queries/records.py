"""What the instructor's records show: own courses, their officers and how each stands, one officer's history."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort
from sqlalchemy.orm import joinedload

from courses import rules
from courses.models import (
    Attendance,
    Completion,
    Course,
    CourseRevision,
    Enrolment,
    TaskResult,
)
from courses.queries import requirements
from courses.queries.enrolment import is_instructor_of, is_latest
from courses.queries.outline import Outline, outline_of, outlines_of
from lms import clock
from lms.db import db, like_pattern
from lms.hookspecs import Requirement
from lms.pages import Page, page_of
from lms.people.models import Person

STATES = ("not_started", "in_progress", "completed")


@dataclass(frozen=True)
class Taught:
    """A course of an instructor: its latest revision and how many officers take and completed it."""

    revision: CourseRevision
    outline: Outline
    enrolled: int
    completed: int


@dataclass(frozen=True)
class Line:
    """An officer in a course, and what the course asks with how it stands."""

    enrolment: Enrolment
    officer: Person
    completion: Completion | None
    asked: tuple[Requirement, ...]

    @property
    def percent(self) -> int:
        """Return the share of requirements met."""
        return rules.percent_done(self.asked)

    def of_kind(self, kind: str) -> list[Requirement]:
        """Return the requirements of a kind."""
        return [requirement for requirement in self.asked if requirement.kind == kind]


@dataclass(frozen=True)
class History:
    """What was recorded for one enrolment, the newest first, with who recorded it."""

    attendance: list[tuple[Attendance, Person]]
    tasks: list[tuple[TaskResult, Person]]


def taught_by(person_id: int) -> list[Taught]:
    """Return the published courses of an instructor, by code."""
    counts = [
        sa.select(sa.func.count())
        .select_from(Enrolment)
        .where(Enrolment.course_id == Course.id, Enrolment.withdrawn_at.is_(None))
        .correlate(Course)
        .scalar_subquery(),
        sa.select(sa.func.count())
        .select_from(Completion)
        .where(Completion.course_id == Course.id)
        .correlate(Course)
        .scalar_subquery(),
    ]
    rows = db.session.execute(
        sa.select(CourseRevision, *counts)
        .join(Course, Course.id == CourseRevision.course_id)
        .where(is_latest(), is_instructor_of(person_id, clock.today()))
        .order_by(Course.code)
    ).all()
    outlines = outlines_of(row[0] for row in rows)
    return [Taught(revision, outlines[revision.id], *numbers) for revision, *numbers in rows]


def own_course_or_404(person_id: int, code: str) -> tuple[CourseRevision, Outline]:
    """Return the latest revision of a course that is assigned to an instructor today.

    :raise 404: when there is no such published course, or it is somebody else's.
    """
    revision = db.session.scalar(
        sa.select(CourseRevision)
        .join(Course, Course.id == CourseRevision.course_id)
        .where(Course.code == code, is_latest(), is_instructor_of(person_id, clock.today()))
    )
    if revision is None:
        abort(404)
    return revision, outline_of(revision)


def _lines(course_id: int) -> "sa.Select[Enrolment, Person, Completion]":
    """Return the officers of a course by name; the completion is None where there is none."""
    return (
        sa.select(Enrolment, Person, Completion)
        .join(Person, Person.id == Enrolment.officer_id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(Enrolment.course_id == course_id, Enrolment.withdrawn_at.is_(None))
        .order_by(Person.sort_key, Person.service_number, Enrolment.id)
    )


def lines_page(course_id: int, number: int, *, name: str = "", state: str = "") -> Page[Line]:
    """Return a page of the officers of a course, with name or number and state chosen.

    The count of queries does not depend on the number of officers (it grows with the revisions they are on).
    """
    query = _lines(course_id)
    if name.strip():
        query = query.where(Person.search_key.like(like_pattern(name), escape="\\"))
    if state == "completed":
        query = query.where(Completion.id.is_not(None))
    elif state == "in_progress":
        query = query.where(Completion.id.is_(None), Enrolment.begun_at.is_not(None))
    elif state == "not_started":
        query = query.where(Completion.id.is_(None), Enrolment.begun_at.is_(None))
    page = page_of(query, number)
    return Page(_with_requirements(page.rows), page.number, page.size, page.total)


def open_lines_page(course_id: int, number: int) -> Page[Line]:
    """Return a page of the officers who have not completed a course: whose records can still change."""
    page = page_of(_lines(course_id).where(Completion.id.is_(None)), number)
    rows = [Line(enrolment, officer, completion, ()) for enrolment, officer, completion in page.rows]
    return Page(rows, page.number, page.size, page.total)


def _with_requirements(rows: Sequence[Any]) -> list[Line]:
    by_revision: dict[int, list[int]] = {}
    for enrolment, _officer, _completion in rows:
        by_revision.setdefault(enrolment.course_revision_id, []).append(enrolment.id)
    asked: dict[int, list[Requirement]] = {}
    for revision_id, enrolment_ids in by_revision.items():
        asked.update(requirements.asked(revision_id, enrolment_ids))
    return [
        Line(enrolment, officer, completion, tuple(asked[enrolment.id]))
        for enrolment, officer, completion in rows
    ]


def own_line_or_404(person_id: int, code: str, enrolment_id: int) -> tuple[Line, Outline]:
    """Return an officer in a course of the instructor, on the revision the officer takes.

    :raise 404: when the enrolment is not of this course, was withdrawn, or the course is somebody else's.
    """
    revision, _outline = own_course_or_404(person_id, code)
    rows = db.session.execute(_lines(revision.course_id).where(Enrolment.id == enrolment_id)).all()
    if not rows:
        abort(404)
    line = _with_requirements(rows)[0]
    return line, outline_of(db.session.get_one(CourseRevision, line.enrolment.course_revision_id))


def own_enrolments(course_id: int, enrolment_ids: Sequence[int]) -> list[int]:
    """Return those of the ids that are enrolments of the course, not withdrawn."""
    return list(
        db.session.scalars(
            sa.select(Enrolment.id).where(
                Enrolment.id.in_(enrolment_ids),
                Enrolment.course_id == course_id,
                Enrolment.withdrawn_at.is_(None),
            )
        )
    )


def presence_of(enrolment_ids: Sequence[int], day: int) -> dict[int, Attendance]:
    """Return what stands about a face-to-face day, by enrolment (one query)."""
    rows = db.session.scalars(
        sa.select(Attendance).where(
            Attendance.enrolment_id.in_(enrolment_ids),
            Attendance.day == day,
            Attendance.superseded_at.is_(None),
        )
    )
    return {row.enrolment_id: row for row in rows}


def grades_of(enrolment_ids: Sequence[int], task: str) -> dict[int, TaskResult]:
    """Return the grades that stand for a practical task, by enrolment (one query)."""
    rows = db.session.scalars(
        sa.select(TaskResult).where(
            TaskResult.enrolment_id.in_(enrolment_ids),
            TaskResult.task == task,
            TaskResult.superseded_at.is_(None),
        )
    )
    return {row.enrolment_id: row for row in rows}


def history_of(enrolment_id: int) -> History:
    """Return everything recorded for an enrolment, corrected records too (two queries)."""
    attendance = db.session.execute(
        sa.select(Attendance, Person)
        .join(Person, Person.id == Attendance.recorded_by_id)
        .where(Attendance.enrolment_id == enrolment_id)
        .order_by(Attendance.day, Attendance.recorded_at.desc(), Attendance.id.desc())
    ).all()
    tasks = db.session.execute(
        sa.select(TaskResult, Person)
        .join(Person, Person.id == TaskResult.recorded_by_id)
        .where(TaskResult.enrolment_id == enrolment_id)
        .order_by(TaskResult.task, TaskResult.recorded_at.desc(), TaskResult.id.desc())
    ).all()
    return History([(row[0], row[1]) for row in attendance], [(row[0], row[1]) for row in tasks])


def enrolment_to_withdraw_or_404(course_id: int, enrolment_id: int) -> Enrolment:
    """Return an enrolment of the course that is neither completed nor withdrawn, with its officer.

    :raise 404: when there is none.
    """
    found = db.session.scalar(
        sa.select(Enrolment)
        .options(joinedload(Enrolment.officer))
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(
            Enrolment.id == enrolment_id,
            Enrolment.course_id == course_id,
            Enrolment.withdrawn_at.is_(None),
            Completion.id.is_(None),
        )
    )
    return found or abort(404)
