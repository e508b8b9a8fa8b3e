"""Slow down guessing: after a few failures each further try has to wait, twice as long every time.

    REGISTER = throttle.Purpose("certificate code", free=20)

    throttle.check(REGISTER, throttle.address())    # raises TooManyTries: the page 429 with the seconds to wait
    if certificate is None:
        throttle.failed(REGISTER, throttle.address())

Nothing is ever locked: the longest wait is `longest`, and failures older than `forget` do not count. The key decides
whom it slows down. An account alone would let anybody lock a victim out, and an address alone would slow forty
officers behind one office router; so sign-in takes both together. Counts live in the database, for all workers.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import sqlalchemy as sa
from flask import request
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms import clock
from lms.accounts.models import Throttle
from lms.db import db, own_transaction
from lms.errors import RuleError

MINUTE = 60
# Above this, minutes are what people say.
SECONDS_SAID = 2 * MINUTE


@dataclass(frozen=True)
class Purpose:
    """What is guessed at, and how patient we are: `free` failures, then `first`, 2 x `first`, 4 x … up to `longest`."""

    name: str
    free: int = 5
    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(minutes=15)
    forget: timedelta = timedelta(hours=24)


class TooManyTries(RuleError):
    """Too many failures under this key: the next try has to wait."""

    status = 429
    title = _l("Too many tries")

    def __init__(self, wait: timedelta) -> None:
        self.retry_after = max(1, ceil(wait.total_seconds()))
        super().__init__(_advice(self.retry_after))


def _advice(seconds: int) -> str:
    if seconds <= SECONDS_SAID:
        said = ngettext("Wait %(num)d second and try again.", "Wait %(num)d seconds and try again.", seconds)
    else:
        said = ngettext(
            "Wait %(num)d minute and try again.",
            "Wait %(num)d minutes and try again.",
            ceil(seconds / MINUTE),
        )
    return str(said)


def delay_after(purpose: Purpose, failures: int) -> timedelta:
    """Return how long the next try has to wait after so many failures."""
    over = failures - purpose.free
    if over < 0:
        return timedelta(0)
    # Twenty doublings are past any `longest`; many more would overflow a timedelta.
    return min(purpose.longest, purpose.first * (1 << min(over, 20)))


def wait_left(purpose: Purpose, failures: int, last_at: datetime, now: datetime) -> timedelta:
    """Return how long a try has to wait now; zero when it may go ahead."""
    delay = delay_after(purpose, failures)
    # Without a delay nothing is compared: the clocks of two workers may differ a little.
    if not delay or now - last_at >= purpose.forget:
        return timedelta(0)
    return max(timedelta(0), last_at + delay - now)


def address() -> str:
    """Return the address of the request as a key: of IPv6 the network, whose 2**64 addresses belong to one line."""
    text = request.remote_addr or ""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return text
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return text


def _kept(key: str) -> str:
    """Return the digest that is kept: of fixed length, and no list of who failed from where."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def check(purpose: Purpose, key: str) -> None:
    """Refuse when the key has to wait (one query, writes nothing).

    :raises TooManyTries: with the seconds to wait.
    """
    row = db.session.execute(
        sa.select(Throttle.failures, Throttle.last_at).where(
            Throttle.purpose == purpose.name, Throttle.key == _kept(key)
        )
    ).first()
    if row is not None:
        _refuse(purpose, row[0], row[1], clock.now())


def failed(purpose: Purpose, key: str) -> None:
    """Count a failure, whatever becomes of the request. The request must not have written yet."""
    with own_transaction() as session:
        _count(session, purpose, key, check_first=False)


def attempt(purpose: Purpose, key: str) -> None:
    """Check and count the try as a failure in one step, before it is known whether it is one.

    Where the answer takes time (a password hash), twenty tries sent at once would all pass `check` before the first
    of them is counted. Call `cleared` when the try succeeds.

    :raises TooManyTries: with the seconds to wait; such a try is not counted.
    """
    with own_transaction() as session:
        _count(session, purpose, key, check_first=True)


def cleared(purpose: Purpose, key: str) -> None:
    """Forget the failures of a key after a success, in the running transaction."""
    db.session.execute(
        sa.delete(Throttle).where(Throttle.purpose == purpose.name, Throttle.key == _kept(key))
    )


def forget_old(now: datetime, older_than: timedelta = timedelta(days=7)) -> int:
    """Delete counts that no purpose looks at any more; return how many."""
    result = db.session.execute(sa.delete(Throttle).where(Throttle.last_at < now - older_than))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _refuse(purpose: Purpose, failures: int, last_at: datetime, now: datetime) -> None:
    wait = wait_left(purpose, failures, last_at, now)
    if wait:
        raise TooManyTries(wait)


def _count(session: Session, purpose: Purpose, key: str, *, check_first: bool) -> None:
    row = _locked(session, purpose, key)
    if row is None:
        first = Throttle(purpose=purpose.name, key=_kept(key), failures=1, last_at=clock.now())
        try:
            with session.begin_nested():
                session.add(first)
        except IntegrityError:
            row = _locked(session, purpose, key)  # somebody else's first failure came in between
        else:
            return
    if row is None:
        return  # and a success cleared it at once
    now = clock.now()  # read when the lock is held, or the last failure would lie in the future
    if check_first:
        _refuse(purpose, row.failures, row.last_at, now)
    row.failures = 1 if now - row.last_at >= purpose.forget else row.failures + 1
    row.last_at = now


def _locked(session: Session, purpose: Purpose, key: str) -> Throttle | None:
    return session.scalar(
        sa.select(Throttle)
        .where(Throttle.purpose == purpose.name, Throttle.key == _kept(key))
        .with_for_update()
    )
