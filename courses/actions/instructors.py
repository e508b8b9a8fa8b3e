"""Assign instructors to courses, and end it. Nothing here commits."""

from datetime import date

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from courses.models import InstructorAssignment
from lms import audit
from lms.access import held_on
from lms.db import db
from lms.errors import RuleError
from lms.people.models import Person, RoleAssignment


class UnknownPerson(RuleError):
    """Nobody has this service number."""

    title = _l("Nobody has this service number")
    advice = _l("Check the number.")


class NotAnInstructor(RuleError):
    """Only who holds the role of an instructor on the first day can be assigned."""

    title = _l("This person is not an instructor")
    advice = _l("Ask the administrator to give the role of instructor first, from that day or earlier.")


class AssignedAlready(RuleError):
    """The days overlap those of another assignment of the same person to the same course."""

    title = _l("This person is assigned to the course already")
    advice = _l("The days overlap with another assignment. End that one first, or choose other days.")


class DaysReversed(RuleError):
    """The last day lies before the first."""

    title = _l("The last day lies before the first")
    advice = _l("Choose a last day that is not before the first.")


def assign_instructor(
    course_id: int, service_number: str, *, from_on: date, to_on: date | None, actor_id: int
) -> InstructorAssignment:
    """Assign a course to an instructor from a day to a day, or until it is ended.

    :raises UnknownPerson: when nobody has the number.
    :raises DaysReversed: when the last day lies before the first.
    :raises NotAnInstructor: when the person does not hold the role on the first day.
    :raises AssignedAlready: when the days overlap those of another assignment.
    """
    person = db.session.scalar(sa.select(Person).filter_by(service_number=service_number).with_for_update())
    if person is None:
        raise UnknownPerson
    if to_on is not None and to_on < from_on:
        raise DaysReversed
    holds = sa.select(RoleAssignment.id).where(
        RoleAssignment.person_id == person.id, RoleAssignment.role == "instructor", held_on(from_on)
    )
    if db.session.scalar(holds.limit(1)) is None:
        raise NotAnInstructor
    overlapping = sa.select(InstructorAssignment.id).where(
        InstructorAssignment.person_id == person.id,
        InstructorAssignment.course_id == course_id,
        sa.or_(InstructorAssignment.to_on.is_(None), InstructorAssignment.to_on >= from_on),
    )
    if to_on is not None:
        overlapping = overlapping.where(InstructorAssignment.from_on <= to_on)
    # The person's row is locked, so two clerks cannot both find nothing.
    if db.session.scalar(overlapping.limit(1)) is not None:
        raise AssignedAlready
    assignment = InstructorAssignment(
        person_id=person.id, course_id=course_id, from_on=from_on, to_on=to_on, given_by_id=actor_id
    )
    db.session.add(assignment)
    audit.record(
        "instructor.assigned",
        "course",
        subject_id=course_id,
        actor_id=actor_id,
        person_id=person.id,
        after=_days(from_on, to_on),
    )
    db.session.flush()
    return assignment


def end_assignment(assignment: InstructorAssignment, to_on: date, *, actor_id: int) -> None:
    """Let an assignment end with a day, today or in days to come.

    :raises DaysReversed: when that day lies before the first.
    """
    if to_on < assignment.from_on:
        raise DaysReversed
    before = _days(assignment.from_on, assignment.to_on)
    assignment.to_on = to_on
    audit.record(
        "instructor.ended",
        "course",
        subject_id=assignment.course_id,
        actor_id=actor_id,
        person_id=assignment.person_id,
        before=before,
        after=_days(assignment.from_on, to_on),
    )
    db.session.flush()


def _days(from_on: date, to_on: date | None) -> dict[str, str]:
    return {"from_on": from_on.isoformat(), "to_on": to_on.isoformat() if to_on else ""}
