"""What enrolment asks: about the course, about officers one or many, about who may enrol whom."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa
from flask import abort
from sqlalchemy.orm import aliased

from courses.models import Completion, Course, CourseRevision, Enrolment, InstructorAssignment
from courses.rules import Candidate
from lms import clock
from lms.access import Actor, held_on
from lms.db import db
from lms.pages import Page, page_of
from lms.people.models import Person, Posting, Rank, RoleAssignment
from lms.people.queries import posted_on, subtree


@dataclass(frozen=True)
class Named:
    """An officer who may be enrolled, with what a list shows of them."""

    id: int
    service_number: str
    full_name: str
    candidate: Candidate


def is_latest() -> sa.ColumnElement[bool]:
    """Return the condition that a course revision is the latest published one of its course."""
    newer = aliased(CourseRevision)
    return sa.and_(
        CourseRevision.state == "published",
        ~sa.exists().where(
            newer.course_id == CourseRevision.course_id,
            newer.state == "published",
            sa.or_(
                newer.major > CourseRevision.major,
                sa.and_(newer.major == CourseRevision.major, newer.minor > CourseRevision.minor),
            ),
        ),
    )


def find_latest(course_id: int) -> CourseRevision | None:
    """Return the latest published revision of a course, or None."""
    return db.session.scalar(
        sa.select(CourseRevision).where(CourseRevision.course_id == course_id, is_latest())
    )


def by_id(officer_id: int) -> "sa.Select[int]":
    """Return a SELECT of one officer's id."""
    return sa.select(Person.id).where(Person.id == officer_id)


def by_numbers(service_numbers: Sequence[str]) -> "sa.Select[int]":
    """Return a SELECT of the ids of people with the service numbers."""
    return sa.select(Person.id).where(Person.service_number.in_(service_numbers))


def by_unit(unit_id: int) -> "sa.Select[int]":
    """Return a SELECT of the ids of the officers posted today in a unit or below it."""
    return (
        sa.select(Posting.person_id)
        .join(RoleAssignment, RoleAssignment.person_id == Posting.person_id)
        .where(
            Posting.unit_id.in_(subtree(unit_id)),
            posted_on(clock.today()),
            RoleAssignment.role == "officer",
            held_on(clock.today()),
        )
    )


def named(people: "sa.Select[int]", course_id: int) -> list[Named]:
    """Return the people of a SELECT of ids as candidates of a course, by name (two queries, for one or thousands)."""
    today = clock.today()
    enrolled = sa.exists().where(
        Enrolment.officer_id == Person.id,
        Enrolment.course_id == course_id,
        Enrolment.withdrawn_at.is_(None),
    )
    is_officer = sa.exists().where(
        RoleAssignment.person_id == Person.id, RoleAssignment.role == "officer", held_on(today)
    )
    rows = db.session.execute(
        sa.select(Person, Rank.level, enrolled, is_officer)
        .outerjoin(Posting, sa.and_(Posting.person_id == Person.id, posted_on(today)))
        .outerjoin(Rank, Rank.id == Posting.rank_id)
        .where(Person.id.in_(people))
        .order_by(Person.sort_key, Person.service_number)
    ).all()
    completed = completed_codes(people)
    found: dict[int, Named] = {}
    for person, level, is_enrolled, serves in rows:
        candidate = Candidate(
            level,
            person.entered_service_on,
            completed.get(person.id, frozenset()),
            bool(is_enrolled),
            bool(serves) and person.suspended_at is None,
        )
        before = found.get(person.id)
        if before and (before.candidate.rank_level or 0) > (level or 0):
            continue  # two posts at once: the higher rank counts
        found[person.id] = Named(person.id, person.service_number, person.full_name, candidate)
    return list(found.values())


def completed_codes(people: "sa.Select[int]") -> dict[int, frozenset[str]]:
    """Return the codes of the courses each of the people completed."""
    rows = db.session.execute(
        sa.select(Completion.officer_id, Course.code)
        .join(Course, Course.id == Completion.course_id)
        .where(Completion.officer_id.in_(people))
    )
    found: dict[int, frozenset[str]] = {}
    for officer_id, code in rows:
        found[officer_id] = found.get(officer_id, frozenset()) | {code}
    return found


def candidate_for(officer_id: int, course_id: int) -> Candidate:
    """Return what enrolment in a course asks about one officer."""
    found = named(by_id(officer_id), course_id)
    return found[0].candidate if found else Candidate(None, None, is_officer=False)


def candidate_of(officer_id: int) -> Candidate:
    """Return what enrolment asks about one officer, whatever the course; `enrolled` says nothing here."""
    return replace(candidate_for(officer_id, 0), enrolled=False)


def is_instructor_of(person_id: int, day: date) -> sa.ColumnElement[bool]:
    """Return the condition that a course is assigned to an instructor on a day."""
    return sa.exists().where(
        InstructorAssignment.course_id == Course.id,
        InstructorAssignment.person_id == person_id,
        InstructorAssignment.from_on <= day,
        sa.or_(InstructorAssignment.to_on.is_(None), InstructorAssignment.to_on >= day),
    )


def enrolling_courses(actor: Actor) -> list[CourseRevision]:
    """Return the latest revisions of the courses in which the actor may enrol others, by code.

    The department: every published course; an instructor: the own ones.
    """
    query = sa.select(CourseRevision).join(Course).where(is_latest()).order_by(Course.code)
    if "department_officer" not in actor.roles:
        query = query.where(is_instructor_of(actor.person_id, clock.today()))
    return list(db.session.scalars(query))


def enrolling_course_or_404(actor: Actor, code: str) -> CourseRevision:
    """Return the latest revision of a course in which the actor may enrol others.

    :raise 404: when there is no such course, it is not published, or it is another instructor's.
    """
    for revision in enrolling_courses(actor):
        if revision.definition["code"] == code:
            return revision
    abort(404)


def enrolled_page(course_id: int, number: int) -> "Page[sa.Row[Enrolment, Person, Completion]]":
    """Return a page of the enrolments of a course that were not withdrawn, by name (two queries).

    The completion is None in the rows of those who have not completed it.
    """
    return page_of(
        sa.select(Enrolment, Person, Completion)
        .join(Person, Person.id == Enrolment.officer_id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(Enrolment.course_id == course_id, Enrolment.withdrawn_at.is_(None))
        .order_by(Person.sort_key, Person.service_number, Enrolment.id),
        number,
    )
