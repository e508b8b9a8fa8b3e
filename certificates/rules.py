"""What holds for certificates: pure functions of values."""

import calendar
import secrets
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

# The wording and layout that is printed; a new one gets a new number and new files in templates/certificates/print.
TEMPLATE_REVISION = 1

# What can be printed: Kyrgyz and Russian side by side, or English.
FILE_LANGUAGES = ("ky-ru", "en")

# Crockford's base 32: no I, L, O, U, so that a code read from paper has one spelling.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_BITS = 128
CODE_LENGTH = 26
CODE_GROUPS = (5, 5, 5, 5, 6)
# What people type for a letter or digit of the alphabet, also with a Russian or Kyrgyz keyboard left on.
LOOK_ALIKES = str.maketrans(
    {
        "O": "0",
        "I": "1",
        "L": "1",
        "А": "A",
        "В": "B",
        "Е": "E",
        "З": "3",
        "К": "K",
        "М": "M",
        "Н": "H",
        "О": "0",
        "Р": "P",
        "С": "C",
        "Т": "T",
        "У": "Y",
        "Х": "X",
        "-": "",
        "‐": "",
        "‑": "",
        "–": "",
        "—": "",
    }
)


class State(StrEnum):
    """How a certificate stands on a day."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Standing:
    """What the state of a certificate depends on."""

    expires_on: date | None
    revoked: bool = False
    superseded: bool = False


def expires_on(issued_on: date, validity_months: int | None) -> date | None:
    """Return the last day on which a certificate is valid; None means that it never expires.

    A month that has no such day ends on its last one (31 August + 6 months = 28 or 29 February).
    Source: curriculum 0.5, validity by course; 0 or nothing in course.yaml is for ever (docs/course-package.md).
    """
    if not validity_months:
        return None
    months = issued_on.year * 12 + issued_on.month - 1 + validity_months
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(issued_on.day, last))


def state_on(standing: Standing, day: date) -> State:
    """Return how a certificate stands on a day. The last day of its validity counts as valid.

    One that was revoked by mistake and issued anew is superseded: the newer one tells what holds.
    """
    if standing.superseded:
        return State.SUPERSEDED
    if standing.revoked:
        return State.REVOKED
    if standing.expires_on is not None and day > standing.expires_on:
        return State.EXPIRED
    return State.VALID


def may_revoke(standing: Standing) -> bool:
    """Say whether a certificate can still be revoked. An expired one can: it may have been issued wrongly."""
    return not standing.revoked and not standing.superseded


def may_reissue(standing: Standing, *, name_differs: bool) -> bool:
    """Say whether a certificate may be replaced by a new one: after a corrected name or a revocation by mistake.

    Each is replaced at most once; the newest of a chain is the one to replace.
    """
    return not standing.superseded and (standing.revoked or name_differs)


def may_print(standing: Standing) -> bool:
    """Say whether a file may be printed for the first time. What was printed before stays in the register."""
    return not standing.revoked and not standing.superseded


def serial(course_code: str, year: int, running_number: int) -> str:
    """Return the serial number, `<code>-<year>-<running number>`."""
    return f"{course_code}-{year}-{running_number:05d}"


def new_code() -> str:
    """Return 128 random bits in an alphabet that can be typed."""
    bits = secrets.randbits(CODE_BITS)
    return "".join(ALPHABET[(bits >> (5 * place)) & 31] for place in reversed(range(CODE_LENGTH)))


def grouped(code: str) -> str:
    """Return a code as it is printed, in groups."""
    groups, start = [], 0
    for length in CODE_GROUPS:
        groups.append(code[start : start + length])
        start += length
    return "-".join(groups)


def normalise_code(text: str) -> str | None:
    """Return the code that a person typed or scanned, or None for what cannot be one.

    Case, spaces, hyphens, O for 0, I and L for 1, and Cyrillic letters that look alike make no difference.
    """
    code = "".join(text.upper().split()).translate(LOOK_ALIKES)
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else None
