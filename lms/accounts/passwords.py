"""Password hashes (argon2id) and the rule of what makes a password good enough."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

NORMAL = PasswordHasher()
# For tests only; settings refuse it in production.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def _hasher() -> PasswordHasher:
    return CHEAP if current_app.config["LMS_PASSWORD_COST"] == "cheap" else NORMAL


def make_hash(password: str) -> str:
    """Return the hash to keep."""
    return _hasher().hash(password)


@cache
def _decoy(cost: str) -> str:
    return (CHEAP if cost == "cheap" else NORMAL).hash("no account has this password")


def matches(password: str, kept: str | None) -> bool:
    """Say whether a password is the one that was hashed.

    Makes exactly one hash, also when there is no account (`kept` is None), so that the time tells nothing.
    """
    try:
        _hasher().verify(kept or _decoy(current_app.config["LMS_PASSWORD_COST"]), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None
