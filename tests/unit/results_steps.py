"""Steps the tests of results share: Daniyar instructs the small course, officers take its quiz."""

from datetime import timedelta

import sqlalchemy as sa

from assessments.models import Attempt, Quiz
from courses.models import Course, Enrolment, InstructorAssignment, Module
from lms import clock
from lms.db import db
from tests.unit.test_attempts import CODE, enrol, sit

QUIZ = f"/results/{CODE}/M1"
REASON = "Sick on the day of the third attempt."


def assign(person_id: int) -> None:
    """Make somebody an instructor of the small course."""
    course_id = db.session.scalars(sa.select(Course.id).where(Course.code == CODE)).one()
    db.session.add(
        InstructorAssignment(
            person_id=person_id, course_id=course_id, from_on=clock.today() - timedelta(days=1)
        )
    )
    db.session.commit()


def fail(officer_id: int, times: int) -> list[Attempt]:
    """Fail the quiz of the first module so many times, as if the pauses were over."""
    attempts = []
    for _number in range(times):
        attempts.append(sit(officer_id, right=4))
    return attempts


def quiz_id() -> int:
    """Return the id of the quiz of the first module."""
    return db.session.scalars(
        sa.select(Quiz.id).join(Module, Module.id == Quiz.module_id).where(Module.code == "M1")
    ).one()


def enrolment_id(officer_id: int) -> int:
    """Return the id of an officer's enrolment."""
    return db.session.scalars(sa.select(Enrolment.id).where(Enrolment.officer_id == officer_id)).one()


__all__ = ["CODE", "QUIZ", "REASON", "assign", "enrol", "enrolment_id", "fail", "quiz_id", "sit"]
