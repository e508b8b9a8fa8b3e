"""One-time activation codes: made at random, typed from paper, kept as a keyed digest."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from flask import current_app

# No I, O, 0, 1: on paper they are taken for one another. 32 characters x 16 places = 80 bits.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
GROUPS = 4
GROUP = 4
# Cyrillic letters that look like ours: the code is Latin, the keyboard of many is not.
_LOOK_ALIKE = str.maketrans("АВСЕНКМРТХУЅЈ", "ABCEHKMPTXYSJ")


def make() -> str:
    """Return a new code as it is printed: four groups of four."""
    return "-".join("".join(secrets.choice(ALPHABET) for _place in range(GROUP)) for _group in range(GROUPS))


def normal(typed: str) -> str:
    """Return the characters of a typed code without groups, in capitals, Cyrillic look-alikes as Latin."""
    capitals = typed.upper().translate(_LOOK_ALIKE)
    return "".join(character for character in capitals if character in ALPHABET)


def digest(typed: str) -> str:
    """Return what is kept of a code.

    Keyed, so that a stolen database alone opens no account. No slow password hash: 80 random bits cannot be
    guessed, and twenty thousand codes must not take an hour and a half.
    """
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, b"activation code:" + normal(typed).encode(), hashlib.sha256).hexdigest()


def expires_at(issued_at: datetime) -> datetime:
    """Return until when a code can be used that is issued at a moment."""
    return issued_at + timedelta(days=current_app.config["LMS_ACTIVATION_DAYS"])
