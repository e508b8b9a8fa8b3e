"""What holds for names, postings, roles and suspensions. Pure functions: no session, no request, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from lms.errors import RuleError

# An order may name a day ahead; further off is a slip of the pen.
MAX_DAYS_AHEAD = 366
# Slips are cut from paper by hand, and the codes of a print are all issued at one moment.
MAX_SLIPS = 500


DAYS_TURNED_ROUND = _l("The last day is before the first day.")
UNIT_CLOSED = _l("This unit is closed on that day. Choose another unit.")


class PostingRefused(RuleError):
    """The days of a posting do not fit the officer's service."""

    title = _l("The posting cannot be recorded")


class RoleRefused(RuleError):
    """The role cannot be given or ended like this."""

    title = _l("The role cannot be changed like this")


class NotYourself(RuleError):
    """What takes one's own access away is done by somebody else."""

    title = _l("You cannot do this to your own account")
    advice = _l("Ask another administrator.")


class AdministratorsOnly(RuleError):
    """Only an administrator touches the account of an administrator: a new code would be a way to take it over."""

    status = 403
    title = _l("Only an administrator may do this to an administrator")
    advice = _l("Ask an administrator.")


class ServiceNumberTaken(RuleError):
    """Two people never share a service number."""

    title = _l("This service number belongs to somebody already")
    advice = _l("Another person has this service number. Find the person, or check the number.")


class AlreadySuspended(RuleError):
    """A suspension is lifted before there is another."""

    title = _l("This person is suspended already")


class NotSuspended(RuleError):
    """Only a suspension that is in force can be lifted."""

    title = _l("This person is not suspended")


class NothingChanged(RuleError):
    """A correction that corrects nothing would only fill the history."""

    title = _l("Nothing was changed")
    advice = _l("Change a value, or go back without changing anything.")


class TooManySlips(RuleError):
    """More slips than can be printed and handed out at once."""

    title = _l("There are too many people for one print")
    advice = _l("Choose a smaller unit.")


class RegionRefused(RuleError):
    """The days of a unit's region do not fit those before."""

    title = _l("The region cannot be recorded")


class CodeTaken(RuleError):
    """Two units never share a code."""

    title = _l("This code belongs to another unit already")
    advice = _l("Another unit has this code. Choose another code.")


@dataclass(frozen=True)
class Names:
    """A person's names as the law has them; the Latin form as in the passport, or empty."""

    family: str
    given: str
    patronymic: str = ""
    latin: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return the names as history and the audit trail keep them."""
        return {
            "family_name": self.family,
            "given_name": self.given,
            "patronymic": self.patronymic,
            "latin_name": self.latin,
        }


@dataclass(frozen=True)
class Span:
    """Days from the first to the last, both included; an open one has no last day."""

    from_on: date
    to_on: date | None

    def overlaps(self, other: "Span") -> bool:
        """Say whether a day belongs to both."""
        return (other.to_on is None or self.from_on <= other.to_on) and (
            self.to_on is None or other.from_on <= self.to_on
        )


def normal_number(text: str) -> str:
    """Return a service number as it is kept: without spaces, capital letters."""
    return "".join(text.split()).upper()


def closing_day(
    from_on: date, existing: Sequence[Span], *, today: date, entered_on: date | None = None
) -> date | None:
    """Return the day on which the open posting ends when another begins, or None when none is open.

    :raises PostingRefused: when the day is too far ahead, before the service, or not after what is recorded.
    """
    _check_day(from_on, today=today, entered_on=entered_on)
    if any(
        span.from_on >= from_on or (span.to_on is not None and span.to_on >= from_on) for span in existing
    ):
        raise PostingRefused(
            _l("The day is not after the postings that are recorded. To change the past, correct its entry.")
        )
    return from_on - timedelta(days=1) if any(span.to_on is None for span in existing) else None


def check_corrected(
    span: Span, others: Sequence[Span], *, today: date, entered_on: date | None = None
) -> None:
    """Check the days of a corrected posting against the person's other postings.

    :raises PostingRefused: when the last day is before the first, too far ahead, or days belong to two postings.
    """
    _check_day(span.from_on, today=today, entered_on=entered_on)
    if span.to_on is not None and span.to_on < span.from_on:
        raise PostingRefused(DAYS_TURNED_ROUND)
    if span.to_on is not None and span.to_on > today + timedelta(days=MAX_DAYS_AHEAD):
        raise PostingRefused(_l("The last day is more than a year ahead."))
    if any(span.overlaps(other) for other in others):
        raise PostingRefused(_l("Some of these days belong to another posting of the same person."))


def _check_day(from_on: date, *, today: date, entered_on: date | None) -> None:
    if from_on > today + timedelta(days=MAX_DAYS_AHEAD):
        raise PostingRefused(_l("The day is more than a year ahead."))
    if entered_on is not None and from_on < entered_on:
        raise PostingRefused(_l("The day is before the person entered service."))


@dataclass(frozen=True)
class Held:
    """A role that a person holds or held, or will hold."""

    role: str
    region_id: int | None
    span: Span


def check_new_role(
    role: str, region_id: int | None, span: Span, held: Sequence[Held], *, today: date
) -> None:
    """Check that a role can be given.

    :raises RoleRefused: without a region for a regional auditor, with one for others, for days gone by or turned
        round, and when the same role is held on some of the days.
    """
    if (role == "regional_auditor") != (region_id is not None):
        raise RoleRefused(
            _l("A regional auditor needs a region.")
            if region_id is None
            else _l("Only a regional auditor has a region.")
        )
    if span.from_on < today:
        raise RoleRefused(_l("A role begins today or later; it cannot be given for days gone by."))
    if span.from_on > today + timedelta(days=MAX_DAYS_AHEAD):
        raise RoleRefused(_l("The day is more than a year ahead."))
    if span.to_on is not None and span.to_on < span.from_on:
        raise RoleRefused(DAYS_TURNED_ROUND)
    if any(h.role == role and h.region_id == region_id and span.overlaps(h.span) for h in held):
        raise RoleRefused(_l("The person holds this role on some of these days already."))


def last_day_of_role(span: Span, wanted: date | None, *, today: date) -> date | None:
    """Return the last day of a role that is being ended; None when it has never begun to count and is withdrawn.

    `wanted` is the last day as it was asked for; None ends the role at once, so yesterday was its last whole day.

    :raises RoleRefused: when the role has ended already, or the wanted day is gone or later than what is recorded.
    """
    if span.to_on is not None and span.to_on < today:
        raise RoleRefused(_l("This role has ended already."))
    if wanted is None:
        return None if span.from_on >= today else today - timedelta(days=1)
    if wanted < today or wanted < span.from_on:
        raise RoleRefused(_l("The last day is over already; leave it empty to end the role at once."))
    if span.to_on is not None and wanted >= span.to_on:
        raise RoleRefused(_l("The role ends on that day or before already."))
    return wanted


def check_ending(role: str, *, own: bool) -> None:
    """Check that who ends a role does not lock everybody out.

    :raises NotYourself: for one's own administrator role.
    """
    if own and role == "administrator":
        raise NotYourself


def check_account_change(*, own: bool, target_is_administrator: bool, actor_is_administrator: bool) -> None:
    """Check that an account may be suspended, or given a new code, by who asks.

    :raises NotYourself: for one's own account.
    :raises AdministratorsOnly: when an administrator's account is touched by somebody who is none.
    """
    if own:
        raise NotYourself
    if target_is_administrator and not actor_is_administrator:
        raise AdministratorsOnly


def region_closing_day(from_on: date, existing: Sequence[Span], *, today: date) -> date | None:
    """Return the last day of a unit's region when another follows, or None when it has none open.

    :raises RegionRefused: when the day is too far ahead or not after the days of the regions before.
    """
    if from_on > today + timedelta(days=MAX_DAYS_AHEAD):
        raise RegionRefused(_l("The day is more than a year ahead."))
    if any(
        span.from_on >= from_on or (span.to_on is not None and span.to_on >= from_on) for span in existing
    ):
        raise RegionRefused(_l("The day is not after the days of the region that is recorded."))
    return from_on - timedelta(days=1) if any(span.to_on is None for span in existing) else None
