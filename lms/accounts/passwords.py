"""Password hashes (argon2id) and the rule of what makes a password good enough.

The rule follows NIST SP 800-63B: length, and not among the passwords everybody tries; no rule of composition
(one capital, one digit), which only makes people write `Password1!`, and no expiry.
"""

import unicodedata
from collections.abc import Iterable
from enum import Enum
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

NORMAL = PasswordHasher()
# For tests only; settings refuse it in production.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

# Hashes of random passwords that were thrown away, verified where there is no account; as costly as real ones.
DECOYS = {
    "normal": "$argon2id$v=19$m=65536,t=3,p=4$TsaIQBHvW8Xsdoci/kN4ZQ$aUGDIWOuo1wxddLMgub95K/o7/F6Y9Sl+ivq1q5AHoc",
    "cheap": "$argon2id$v=19$m=8,t=1,p=1$W5HzazqO2OxM58WAZSl3cg$1c+pWces4hTUe38HqdCWKhC8rodo6/aNWSsPdKoyFEw",
}

LEAST_LENGTH = 10
# A bound on the work of hashing, far above any sentence.
MOST_LENGTH = 200
LEAST_DIFFERENT = 5
COMMON = Path(__file__).with_name("common_passwords.txt")


class Weakness(Enum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    REPEATED = "repeated"
    PERSONAL = "personal"


def _hasher() -> PasswordHasher:
    return CHEAP if current_app.config["LMS_PASSWORD_COST"] == "cheap" else NORMAL


def _normal(password: str) -> str:
    """Return one form of the same letters: phones and computers write й and ё in different ways."""
    return unicodedata.normalize("NFKC", password)


def make_hash(password: str) -> str:
    """Return the hash to keep."""
    return _hasher().hash(_normal(password))


def matches(password: str, kept: str | None) -> bool:
    """Say whether a password is the one that was hashed.

    Makes exactly one hash, also when there is no account (`kept` is None), so that the time tells nothing.
    """
    try:
        _hasher().verify(kept or DECOYS[current_app.config["LMS_PASSWORD_COST"]], _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def weakness(password: str, service_number: str, names: Iterable[str]) -> Weakness | None:
    """Return why a password is not good enough for this person, or None."""
    password = _normal(password)
    folded = password.casefold().strip()
    if len(password) < LEAST_LENGTH:
        return Weakness.SHORT
    if len(password) > MOST_LENGTH:
        return Weakness.LONG
    if folded in common():
        return Weakness.COMMON
    if len(set(folded)) < LEAST_DIFFERENT:
        return Weakness.REPEATED
    if _is_personal(folded, service_number.casefold(), {name.casefold() for name in names if name}):
        return Weakness.PERSONAL
    return None


def _is_personal(folded: str, service_number: str, names: set[str]) -> bool:
    """Say whether a password is the person's number or names, whatever signs and digits stand around them."""
    if service_number and service_number in folded:
        return True
    letters = rest = "".join(character for character in folded if character.isalpha())
    # Longest first, or a name inside another would leave a remainder.
    for name in sorted(("".join(filter(str.isalpha, name)) for name in names), key=len, reverse=True):
        if name:
            rest = rest.replace(name, "")
    return letters != rest == ""


@cache
def common() -> frozenset[str]:
    """Return the passwords that are tried first (made by `scripts/common_passwords.py`)."""
    return frozenset(COMMON.read_text("utf-8").split("\n"))
