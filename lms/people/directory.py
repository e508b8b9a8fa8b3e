"""Queries about people: the list, and the record of one. The regions a person may see are applied here.

Beside `lms.people.queries`, which answers where somebody serves and is asked by the plug-ins; `lms.access` imports
nothing of this module, so it may know `Scope`.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import abort
from sqlalchemy.orm import contains_eager, joinedload

from lms import clock
from lms.access import Scope, held_on
from lms.accounts.models import ActivationCode, Credential
from lms.audit import AuditEntry
from lms.db import db, like_pattern
from lms.pages import PAGE_SIZE, Page
from lms.pages import page_of as slice_of
from lms.people.models import NameChange, Person, Posting, Rank, Region, RoleAssignment, Unit, UnitRegion
from lms.people.queries import CENTRAL, in_region_on, persons_in_regions, posted_on, subtree

AUDIT_ENTRIES_SHOWN = 20


@dataclass(frozen=True)
class Wanted:
    """What a list of people is filtered by; an empty value filters nothing."""

    text: str = ""
    unit_id: int | None = None
    region: str = ""  # a region's id, or `CENTRAL`
    role: str = ""

    @property
    def active(self) -> int:
        """Return how many filters are set, the text not among them."""
        return sum(1 for value in (self.unit_id, self.region, self.role) if value)


@dataclass(frozen=True)
class Listed:
    """A person as a row of the list."""

    person_id: int
    name: str
    service_number: str
    suspended: bool
    rank: Rank | None
    unit: Unit | None
    region: Region | None
    roles: list[str]


def visible(scope: Scope, day: date) -> sa.ColumnElement[bool]:
    """Return the condition that a person's record may be seen: everybody's, or of those posted in the regions now."""
    if scope.everywhere:
        return sa.true()
    return Person.id.in_(persons_in_regions(scope.region_ids, day))


def matching(text: str) -> sa.ColumnElement[bool]:
    """Return the condition that every word of the text is in a person's names or service number."""
    return sa.and_(
        sa.true(), *(Person.search_key.like(like_pattern(word), escape="\\") for word in text.split()[:8])
    )


def people(wanted: Wanted, scope: Scope, number: int, size: int = PAGE_SIZE) -> Page[Listed]:
    """Return a page of the people who match, in the order of their names (three queries)."""
    day = clock.today()
    statement = (
        sa.select(Person, Rank, Unit, Region)
        .outerjoin(Posting, sa.and_(Posting.person_id == Person.id, posted_on(day)))
        .outerjoin(Rank, Rank.id == Posting.rank_id)
        .outerjoin(Unit, Unit.id == Posting.unit_id)
        .outerjoin(UnitRegion, in_region_on(day))
        .outerjoin(Region, Region.id == UnitRegion.region_id)
        .where(visible(scope, day), matching(wanted.text))
        .order_by(Person.sort_key, Person.id)
    )
    if wanted.unit_id:
        statement = statement.where(Posting.unit_id.in_(subtree(wanted.unit_id)))
    if wanted.region == CENTRAL:
        statement = statement.where(Unit.id.is_not(None), UnitRegion.id.is_(None))
    elif wanted.region:
        statement = statement.where(UnitRegion.region_id == int(wanted.region))
    if wanted.role:
        statement = statement.where(
            Person.id.in_(
                sa.select(RoleAssignment.person_id).where(RoleAssignment.role == wanted.role, held_on(day))
            )
        )
    page = slice_of(statement, number, size)
    roles = _roles_of([row[0].id for row in page.rows], day)
    return Page(
        [
            Listed(
                person.id,
                person.full_name,
                person.service_number,
                person.suspended_at is not None,
                rank,
                unit,
                region,
                roles[person.id],
            )
            for person, rank, unit, region in page.rows
        ],
        page.number,
        page.size,
        page.total,
    )


def _roles_of(person_ids: list[int], day: date) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for person_id, role in db.session.execute(
        sa.select(RoleAssignment.person_id, RoleAssignment.role)
        .where(RoleAssignment.person_id.in_(person_ids), held_on(day))
        .distinct()
        .order_by(RoleAssignment.person_id, RoleAssignment.role)
    ):
        found[person_id].append(role)
    return found


def person_or_404(person_id: int, scope: Scope, *, for_update: bool = False) -> Person:
    """Return a person whose record may be seen; somebody else's is not found."""
    statement = sa.select(Person).where(Person.id == person_id, visible(scope, clock.today()))
    if for_update:
        statement = statement.with_for_update(of=Person)
    person = db.session.scalar(statement)
    if person is None:
        abort(404)
    return person


def posting_or_404(person_id: int, posting_id: int) -> Posting:
    """Return a posting of the person that is in force; one that was superseded is not found."""
    posting = db.session.scalar(
        sa.select(Posting)
        .where(Posting.id == posting_id, Posting.person_id == person_id, Posting.superseded_at.is_(None))
        .options(joinedload(Posting.unit), joinedload(Posting.rank))
    )
    if posting is None:
        abort(404)
    return posting


def assignment_or_404(person_id: int, assignment_id: int) -> RoleAssignment:
    """Return a role of the person, held now, before or later."""
    assignment = db.session.scalar(
        sa.select(RoleAssignment)
        .where(RoleAssignment.id == assignment_id, RoleAssignment.person_id == person_id)
        .options(joinedload(RoleAssignment.region))
    )
    if assignment is None:
        abort(404)
    return assignment


@dataclass(frozen=True)
class SignInState:
    """Whether a person can sign in: a password was chosen, or a code waits to be used."""

    activated_at: datetime | None
    code_issued_at: datetime | None
    code_expires_at: datetime | None


@dataclass(frozen=True)
class NameHistory:
    """A correction of names, and who made it."""

    change: NameChange
    by: str | None


@dataclass(frozen=True)
class Record:
    """Everything the page of a person shows."""

    person: Person
    postings: list[Posting]
    superseded: list[Posting]
    roles: list[RoleAssignment]
    names: list[NameHistory]
    sign_in: SignInState
    entries: list[Any]
    today: date

    @property
    def posting(self) -> Posting | None:
        """Return the posting of today."""
        return next((p for p in self.postings if _covers(p, self.today)), None)

    def held(self, assignment: RoleAssignment) -> str:
        """Say how a role stands today: `now`, `later` or `ended`."""
        if assignment.to_on is not None and assignment.to_on < self.today:
            return "ended"
        return "later" if assignment.from_on > self.today else "now"

    @property
    def is_administrator(self) -> bool:
        """Say whether the person is an administrator today."""
        return any(a.role == "administrator" and self.held(a) == "now" for a in self.roles)


def _covers(posting: Posting, day: date) -> bool:
    return posting.from_on <= day and (posting.to_on is None or posting.to_on >= day)


def record_of(person: Person, *, with_audit: bool) -> Record:
    """Return what the page of a person shows (at most five queries, however long the history)."""
    postings = list(
        db.session.scalars(
            sa.select(Posting)
            .join(Posting.unit)
            .join(Posting.rank)
            .options(contains_eager(Posting.unit), contains_eager(Posting.rank))
            .where(Posting.person_id == person.id)
            .order_by(Posting.from_on.desc(), Posting.id.desc())
        )
    )
    roles = list(
        db.session.scalars(
            sa.select(RoleAssignment)
            .where(RoleAssignment.person_id == person.id)
            .options(joinedload(RoleAssignment.region))
            .order_by(RoleAssignment.from_on.desc(), RoleAssignment.id.desc())
        )
    )
    names = [
        NameHistory(change, f"{family} {given}" if family else None)
        for change, family, given in db.session.execute(
            sa.select(NameChange, Person.family_name, Person.given_name)
            .outerjoin(Person, Person.id == NameChange.changed_by_id)
            .where(NameChange.person_id == person.id)
            .order_by(NameChange.id.desc())
        )
    ]
    return Record(
        person,
        [p for p in postings if p.superseded_at is None],
        [p for p in postings if p.superseded_at is not None],
        roles,
        names,
        sign_in_state(person.id),
        _entries_about(person.id) if with_audit else [],
        clock.today(),
    )


def sign_in_state(person_id: int) -> SignInState:
    """Return whether a person has a password, and whether a code waits (one query)."""
    row = db.session.execute(
        sa.select(Credential.set_at, ActivationCode.issued_at, ActivationCode.expires_at)
        .select_from(Person)
        .outerjoin(Credential, Credential.person_id == Person.id)
        .outerjoin(
            ActivationCode,
            sa.and_(
                ActivationCode.person_id == Person.id,
                ActivationCode.used_at.is_(None),
                ActivationCode.cancelled_at.is_(None),
                ActivationCode.expires_at > clock.now(),
            ),
        )
        .where(Person.id == person_id)
        .limit(1)
    ).one()
    return SignInState(*row)


def is_administrator(person_id: int) -> bool:
    """Say whether a person is an administrator today (one query)."""
    return bool(
        db.session.scalar(
            sa.select(RoleAssignment.id)
            .where(
                RoleAssignment.person_id == person_id,
                RoleAssignment.role == "administrator",
                held_on(clock.today()),
            )
            .limit(1)
        )
    )


def _entries_about(person_id: int) -> list[Any]:
    return list(
        db.session.execute(
            sa.select(AuditEntry, Person.family_name, Person.given_name)
            .outerjoin(Person, Person.id == AuditEntry.actor_id)
            .where(AuditEntry.person_id == person_id)
            .order_by(AuditEntry.id.desc())
            .limit(AUDIT_ENTRIES_SHOWN)
        )
    )


def never_activated(unit_id: int, *, without: int, with_administrators: bool, limit: int) -> list[Person]:
    """Return the people posted now in a unit or below it who never chose a password, in the order of their names.

    Suspended people are left out, and who asks (`without`); administrators too, unless who asks is one.
    """
    day = clock.today()
    statement = (
        sa.select(Person)
        .join(Posting, sa.and_(Posting.person_id == Person.id, posted_on(day)))
        .outerjoin(Credential, Credential.person_id == Person.id)
        .where(
            Posting.unit_id.in_(subtree(unit_id)),
            Credential.person_id.is_(None),
            Person.suspended_at.is_(None),
        )
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
    )
    if not with_administrators:
        statement = statement.where(
            ~sa.exists().where(
                RoleAssignment.person_id == Person.id,
                RoleAssignment.role == "administrator",
                held_on(day),
            )
        )
    return list(db.session.scalars(statement))
