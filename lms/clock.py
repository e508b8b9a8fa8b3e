"""The only reader of the clock: moments in UTC, civil days of Asia/Bishkek."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BISHKEK = ZoneInfo("Asia/Bishkek")


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the civil day in Asia/Bishkek: orders, postings and certificates are dated by it."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """Return the civil day in Asia/Bishkek on which an aware moment falls."""
    return moment.astimezone(BISHKEK).date()
