"""What the department's pages of extra time show. No other page asks this, but the one that sets a deadline."""

from dataclasses import dataclass

import sqlalchemy as sa
from flask import abort
from sqlalchemy.orm import aliased

from assessments.models import TimeFactor
from assessments.rules import Days
from lms import clock
from lms.access import held_on
from lms.db import db
from lms.pages import Page, page_of
from lms.people.models import Person, RoleAssignment


@dataclass(frozen=True)
class Granted:
    """Extra time with the officer and with who granted it."""

    factor: TimeFactor
    officer: Person
    granted_by: Person

    @property
    def days(self) -> Days:
        """Return the days on which it holds."""
        return Days(self.factor.from_on, self.factor.to_on)


def _granted() -> "sa.Select[TimeFactor, Person, Person]":
    granter = aliased(Person)
    return (
        sa.select(TimeFactor, Person, granter)
        .join(Person, Person.id == TimeFactor.officer_id)
        .join(granter, granter.id == TimeFactor.granted_by_id)
    )


def in_force_page(number: int) -> Page[Granted]:
    """Return a page of the extra time that holds today or later, by the officers' names (two queries)."""
    page = page_of(
        _granted()
        .where(
            sa.or_(TimeFactor.to_on.is_(None), TimeFactor.to_on >= clock.today()),
            sa.or_(TimeFactor.to_on.is_(None), TimeFactor.to_on >= TimeFactor.from_on),
        )
        .order_by(Person.sort_key, Person.service_number, TimeFactor.id),
        number,
    )
    return Page([Granted(*row) for row in page.rows], page.number, page.size, page.total)


def history_of(officer_id: int) -> list[Granted]:
    """Return everything granted to an officer, the latest first (one query)."""
    rows = db.session.execute(
        _granted()
        .where(TimeFactor.officer_id == officer_id)
        .order_by(TimeFactor.from_on.desc(), TimeFactor.id.desc())
    )
    return [Granted(*row) for row in rows]


def _officers() -> "sa.Select[Person]":
    return sa.select(Person).where(
        sa.exists().where(
            RoleAssignment.person_id == Person.id,
            RoleAssignment.role == "officer",
            held_on(clock.today()),
        )
    )


def find_officer(service_number: str) -> Person | None:
    """Return who is an officer today and has the service number, or None."""
    return db.session.scalar(_officers().where(Person.service_number == service_number))


def officer_or_404(person_id: int, *, lock: bool = False) -> Person:
    """Return who is an officer today; with `lock`, nobody else grants extra time until the commit.

    :raise 404: for everybody else.
    """
    query = _officers().where(Person.id == person_id)
    if lock:
        query = query.with_for_update(of=Person)
    return db.session.scalar(query) or abort(404)


def factor_or_404(factor_id: int, *, lock: bool = False) -> Granted:
    """Return extra time by its id; with `lock`, nobody else ends it until the commit.

    :raise 404: when there is none.
    """
    query = _granted().where(TimeFactor.id == factor_id)
    if lock:
        query = query.with_for_update(of=TimeFactor).execution_options(populate_existing=True)
    row = db.session.execute(query).first()
    return Granted(*row) if row is not None else abort(404)
