"""What the pages show."""

from collections.abc import Sequence

import sqlalchemy as sa

from lms.db import db
from lms.people.models import Person
from lms_kudos.models import Motto, Thanks


def of_person(person_id: int) -> Sequence[Thanks]:
    """Return the thanks a person got, newest first."""
    return db.session.scalars(
        sa.select(Thanks).where(Thanks.to_id == person_id).order_by(Thanks.id.desc())
    ).all()


def count_for(person_id: int) -> int:
    """Return how often a person was thanked."""
    count = sa.select(sa.func.count()).select_from(Thanks).where(Thanks.to_id == person_id)
    return int(db.session.scalar(count) or 0)


def person_by_number(number: str) -> Person | None:
    """Return the person with a service number."""
    return db.session.scalar(sa.select(Person).where(Person.service_number == number))


def motto_of(course_revision_id: int) -> str:
    """Return the words of a revision, or an empty text."""
    found = sa.select(Motto.text).where(Motto.course_revision_id == course_revision_id)
    return db.session.scalar(found) or ""
