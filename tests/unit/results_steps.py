"""Steps the tests of results share: Daniyar instructs the small course, officers take its quiz."""

from datetime import timedelta

import sqlalchemy as sa

from courses.models import Course, Enrolment, InstructorAssignment
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


def enrolment_id(officer_id: int) -> int:
    """Return the id of an officer's enrolment."""
    return db.session.scalars(sa.select(Enrolment.id).where(Enrolment.officer_id == officer_id)).one()


__all__ = ["CODE", "QUIZ", "REASON", "assign", "enrol", "enrolment_id", "sit"]
