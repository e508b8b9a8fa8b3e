"""What the page of the audit trail asks."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.audit import AuditEntry
from lms.clock import BISHKEK
from lms.db import db
from lms.pages import Page, page_of
from lms.people.directory import matching
from lms.people.models import Person

# Nothing is older or younger; further days cannot be told in UTC, or have no day after them.
EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)


@dataclass(frozen=True)
class Wanted:
    """What the trail is filtered by; an empty value filters nothing."""

    who: str = ""
    about: str = ""
    action: str = ""
    subject: str = ""
    from_on: date | None = None
    to_on: date | None = None

    @property
    def active(self) -> int:
        """Return how many filters are set."""
        values = (self.who, self.about, self.action, self.subject, self.from_on, self.to_on)
        return sum(1 for value in values if value)


@dataclass(frozen=True)
class Entry:
    """An entry with the people it names."""

    entry: AuditEntry
    actor: Person | None
    person: Person | None


def entries(wanted: Wanted, number: int) -> Page[Entry]:
    """Return a page of the trail, the latest first (two queries, and one for each person looked for)."""
    actor, person = aliased(Person), aliased(Person)
    statement = (
        sa.select(AuditEntry, actor, person)
        .outerjoin(actor, actor.id == AuditEntry.actor_id)
        .outerjoin(person, person.id == AuditEntry.person_id)
        .order_by(AuditEntry.id.desc())
    )
    if wanted.who:
        statement = statement.where(AuditEntry.actor_id.in_(_people(wanted.who)))
    if wanted.about:
        statement = statement.where(AuditEntry.person_id.in_(_people(wanted.about)))
    if wanted.action:
        statement = statement.where(AuditEntry.action == wanted.action)
    if wanted.subject:
        statement = statement.where(AuditEntry.subject == wanted.subject)
    if wanted.from_on:
        statement = statement.where(AuditEntry.at >= _beginning(wanted.from_on))
    if wanted.to_on:
        statement = statement.where(AuditEntry.at < _beginning(min(wanted.to_on, LATEST) + timedelta(days=1)))
    page = page_of(statement, number)
    return Page([Entry(*row) for row in page.rows], page.number, page.size, page.total)


def _people(text: str) -> "sa.Select[int]":
    """Return a SELECT of the people meant: the one with that service number, or all whose names match."""
    exact = db.session.scalar(sa.select(Person.id).where(Person.service_number == text.strip().upper()))
    return sa.select(Person.id).where(matching(text) if exact is None else Person.id == exact)


def _beginning(day: date) -> datetime:
    return datetime.combine(min(max(day, EARLIEST), LATEST), time.min, BISHKEK)


def kinds() -> tuple[list[str], list[str]]:
    """Return the actions and the subjects that occur, for the filter (two queries)."""
    actions = db.session.scalars(sa.select(AuditEntry.action).distinct().order_by(AuditEntry.action))
    subjects = db.session.scalars(sa.select(AuditEntry.subject).distinct().order_by(AuditEntry.subject))
    return list(actions), list(subjects)
