"""What is asked about accounts."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from lms import clock
from lms.access import held_on
from lms.accounts import codes, devices
from lms.accounts.models import ActivationCode, Credential, KnownDevice, SignIn
from lms.db import db
from lms.people.models import Person, Posting, Rank, Region, RoleAssignment, Unit
from lms.people.queries import posted_on


@dataclass(frozen=True)
class Login:
    """What sign-in knows about a service number; all empty when there is no such account."""

    service_number: str  # as typed
    person_id: int | None = None
    password_hash: str | None = None  # none before activation
    suspended: bool = False
    known_device: bool = False


@dataclass(frozen=True)
class Identity:
    """Number and names, which a password must not be."""

    id: int
    service_number: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class OpenCode:
    """A code that may be used now, and the person whose it is."""

    id: int
    reason: str
    person: Identity


@dataclass(frozen=True)
class RoleHeld:
    """A role held today; `region` for a regional auditor."""

    role: str
    from_on: date
    region: Region | None


@dataclass(frozen=True)
class Profile:
    """One's own account, as the page shows it."""

    person: Person
    unit: Unit | None
    rank: Rank | None
    roles: list[RoleHeld]
    sign_ins: list[SignIn]  # the ones that still count, the newest first
    last_before: datetime | None  # the sign-in before this one


def find_login(service_number: str, device: str) -> Login:
    """Return what sign-in needs, by one query whether or not there is such an account."""
    row = db.session.execute(
        sa.select(Person.id, Credential.password_hash, Person.suspended_at, KnownDevice.id)
        .outerjoin(Credential, Credential.person_id == Person.id)
        .outerjoin(
            KnownDevice,
            sa.and_(
                KnownDevice.person_id == Person.id,
                KnownDevice.token_digest == devices.digest(service_number, device),
            ),
        )
        .where(Person.service_number == service_number)
    ).first()
    if row is None:
        return Login(service_number)
    person_id, password_hash, suspended_at, device_id = row
    return Login(service_number, person_id, password_hash, suspended_at is not None, device_id is not None)


def lock_active(person_id: int, password_hash: str) -> Person | None:
    """Return the person, locked, when the password just checked still opens the account.

    It may have been changed, or the person suspended, while the hash was made.
    """
    return db.session.scalar(
        sa.select(Person)
        .join(Credential, Credential.person_id == Person.id)
        .where(
            Person.id == person_id,
            Person.suspended_at.is_(None),
            Credential.password_hash == password_hash,
        )
        .with_for_update()
    )


def find_open_code(service_number: str, typed: str) -> OpenCode | None:
    """Return the code when it may be used now: not used, cancelled or expired, and the person not suspended."""
    row = db.session.execute(
        sa.select(ActivationCode.id, ActivationCode.reason, Person)
        .join(Person, Person.id == ActivationCode.person_id)
        .where(
            ActivationCode.digest == codes.digest(typed),
            ActivationCode.used_at.is_(None),
            ActivationCode.cancelled_at.is_(None),
            ActivationCode.expires_at > clock.now(),
            Person.service_number == service_number,
            Person.suspended_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    code_id, reason, person = row
    return OpenCode(code_id, reason, Identity(person.id, person.service_number, _names(person)))


def identity_of(person_id: int) -> Identity:
    """Return the number and names of a person."""
    person = db.session.get_one(Person, person_id)
    return Identity(person.id, person.service_number, _names(person))


def _names(person: Person) -> tuple[str, ...]:
    return (person.family_name, person.given_name, person.patronymic, *person.latin_name.split())


def password_hash_of(person_id: int) -> str | None:
    """Return the hash of a person's password, or None before activation."""
    return db.session.scalar(sa.select(Credential.password_hash).where(Credential.person_id == person_id))


def profile(person_id: int, sign_in_id: int) -> Profile:
    """Return one's own account (four queries)."""
    today = clock.today()
    person, unit, rank = db.session.execute(
        sa.select(Person, Unit, Rank)
        .outerjoin(Posting, sa.and_(Posting.person_id == Person.id, posted_on(today)))
        .outerjoin(Unit, Unit.id == Posting.unit_id)
        .outerjoin(Rank, Rank.id == Posting.rank_id)
        .where(Person.id == person_id)
        .order_by(Posting.from_on.desc())
        .limit(1)
    ).one()
    roles = db.session.execute(
        sa.select(RoleAssignment.role, RoleAssignment.from_on, Region)
        .outerjoin(Region, Region.id == RoleAssignment.region_id)
        .where(RoleAssignment.person_id == person_id, held_on(today))
        .order_by(RoleAssignment.from_on, RoleAssignment.role)
    ).all()
    sign_ins = db.session.scalars(
        sa.select(SignIn)
        .where(SignIn.person_id == person_id, SignIn.ended_at.is_(None), SignIn.ends_at > clock.now())
        .order_by(SignIn.started_at.desc(), SignIn.id.desc())
    ).all()
    last_before = db.session.scalar(
        sa.select(SignIn.started_at)
        .where(SignIn.person_id == person_id, SignIn.id < sign_in_id)
        .order_by(SignIn.id.desc())
        .limit(1)
    )
    return Profile(person, unit, rank, [RoleHeld(*row) for row in roles], list(sign_ins), last_before)
