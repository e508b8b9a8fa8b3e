"""What people do."""

import sqlalchemy as sa

from lms import audit, clock
from lms.db import db
from lms_kudos.models import Motto, Thanks


def thank(*, from_id: int | None, to_id: int, text: str) -> Thanks:
    """Write the thanks; the caller commits."""
    thanks = Thanks(from_id=from_id, to_id=to_id, text=text, at=clock.now())
    db.session.add(thanks)
    db.session.flush()
    audit.record("kudos.given", "kudos", subject_id=thanks.id, actor_id=from_id, person_id=to_id)
    return thanks


def keep_motto(course_revision_id: int, text: str) -> None:
    """Write the words of a draft, in place of what was there; no words, no row."""
    db.session.execute(sa.delete(Motto).where(Motto.course_revision_id == course_revision_id))
    if text:
        db.session.add(Motto(course_revision_id=course_revision_id, text=text))
