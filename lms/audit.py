"""The audit trail: an explicit entry, in the same transaction as the change. The table is append-only by triggers.

What is audited is decided where the change is made (docs/decisions/0006), not by watching the models.
"""

from datetime import datetime
from typing import Any

from flask import has_request_context, request
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from lms import clock
from lms.db import Base, db


class AuditEntry(Base):
    """Who did what to what, when, from where, and what stood before and after."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject", "subject_id"),
        Index("ix_audit_entry_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id"), index=True
    )  # none: a command or the system
    action: Mapped[str] = mapped_column(index=True)  # <noun>.<verb in the past>: certificate.revoked
    subject: Mapped[str]  # what kind of thing
    subject_id: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)  # whom it is about
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    reason: Mapped[str]
    address: Mapped[str]


def record(
    action: str,
    subject: str,
    *,
    subject_id: object,
    actor_id: int | None,
    person_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Add an entry to the running transaction. Values must be plain (text, numbers, lists, mappings)."""
    db.session.add(
        AuditEntry(
            at=clock.now(),
            actor_id=actor_id,
            action=action,
            subject=subject,
            subject_id=str(subject_id),
            person_id=person_id,
            before=before or {},
            after=after or {},
            reason=reason,
            address=(request.remote_addr or "") if has_request_context() else "",
        )
    )
