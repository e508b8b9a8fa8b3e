"""Certificates, the files printed of them, and their running numbers."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from lms.db import Base
from lms.people.models import Person

IN_FORCE = sa.text("revoked_at IS NULL AND superseded_at IS NULL")


class Certificate(Base):
    """A snapshot of what was earned, as of the day of issue.

    `snapshot` keeps what is printed: names, course titles by language, hours, score, revision, unit and region of
    that day by language, template revision. It never changes (trigger); revoking and superseding only add their
    own columns.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("course_id", "year", "running_number"),
        Index(
            "uq_certificate_in_force",
            "officer_id",
            "course_id",
            "cycle",
            unique=True,
            postgresql_where=IN_FORCE,
            sqlite_where=IN_FORCE,
        ),
        CheckConstraint("(revoked_at IS NULL) = (revocation_reason IS NULL)", name="revocation"),
        # One completion gives one certificate; only a reissue, which names what it replaces, may be another.
        Index(
            "uq_certificate_first",
            "completion_id",
            unique=True,
            postgresql_where=sa.text("replaces_id IS NULL"),
            sqlite_where=sa.text("replaces_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    completion_id: Mapped[int] = mapped_column(ForeignKey("completion.id"), index=True)
    cycle: Mapped[int]
    serial: Mapped[str] = mapped_column(unique=True)  # <code>-<year>-<running number>
    year: Mapped[int]
    running_number: Mapped[int]
    verification_code: Mapped[str] = mapped_column(unique=True)  # 128 random bits, base 32
    issued_at: Mapped[datetime]
    issued_on: Mapped[date]
    expires_on: Mapped[date | None]  # the last day on which it is valid
    snapshot: Mapped[dict[str, Any]]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"), unique=True)
    revoked_at: Mapped[datetime | None]
    revoked_on: Mapped[date | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    revocation_reason: Mapped[str | None]
    superseded_at: Mapped[datetime | None]

    officer: Mapped[Person] = relationship(foreign_keys=[officer_id])
    files: Mapped[list["CertificateFile"]] = relationship(back_populates="certificate")


class CertificateFile(Base):
    """A PDF as it was first printed in one language pair; later downloads give the same bytes. Rows are only added."""

    __tablename__ = "certificate_file"
    __table_args__ = (UniqueConstraint("certificate_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), index=True)
    language: Mapped[str]  # ky-ru (the default) or en
    sha256: Mapped[str] = mapped_column(index=True)
    rendered_at: Mapped[datetime]
    content: Mapped[bytes] = deferred(mapped_column(sa.LargeBinary))

    certificate: Mapped[Certificate] = relationship(back_populates="files")


class SerialCounter(Base):
    """The last running number per course and year; its row is locked while a certificate is issued."""

    __tablename__ = "serial_counter"

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
