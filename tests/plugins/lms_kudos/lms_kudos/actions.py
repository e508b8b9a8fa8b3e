"""What people do."""

from lms import audit, clock
from lms.db import db
from lms_kudos.models import Thanks


def thank(*, from_id: int | None, to_id: int, text: str) -> Thanks:
    """Write the thanks; the caller commits."""
    thanks = Thanks(from_id=from_id, to_id=to_id, text=text, at=clock.now())
    db.session.add(thanks)
    db.session.flush()
    audit.record("kudos.given", "kudos", subject_id=thanks.id, actor_id=from_id, person_id=to_id)
    return thanks
