"""Credentials, activation codes, sign-in sessions, known devices, throttle counts."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.db import Base
from lms.people.models import Person

UNUSED = sa.text("used_at IS NULL AND cancelled_at IS NULL")


class Credential(Base):
    """A person's password hash. A second factor for staff will be a row of its own beside it."""

    __tablename__ = "credential"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    password_hash: Mapped[str]
    set_at: Mapped[datetime]


class ActivationCode(Base):
    """A one-time code that lets a person choose a password; only its keyed digest is kept.

    A code after a forgotten password is issued by a person who saw the identity document, and says so.
    """

    __tablename__ = "activation_code"
    __table_args__ = (
        CheckConstraint("reason IN ('first', 'forgotten')", name="reason"),
        CheckConstraint("reason = 'first' OR document_seen", name="document"),
        Index(
            "uq_activation_code_open", "person_id", unique=True, postgresql_where=UNUSED, sqlite_where=UNUSED
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    reason: Mapped[str]
    document_seen: Mapped[bool] = mapped_column(default=False)
    issued_at: Mapped[datetime]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class SignIn(Base):
    """A server-side session: it ends on sign-out, password change, suspension and loss of a role."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]
    address: Mapped[str]

    person: Mapped[Person] = relationship()


class KnownDevice(Base):
    """A browser that signed in to an account before; it is not slowed down by others' failures."""

    __tablename__ = "known_device"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    first_seen_at: Mapped[datetime]


class Throttle(Base):
    """Failures by purpose and key (account and address together, never one of them alone)."""

    __tablename__ = "throttle"

    purpose: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
