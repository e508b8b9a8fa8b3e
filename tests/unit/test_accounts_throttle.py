"""The throttle: who waits, for how long, and who does not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from lms.accounts import throttle
from lms.accounts.models import Throttle
from lms.db import db

NOON = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
PURPOSE = throttle.Purpose("test", free=5, first=timedelta(seconds=5), longest=timedelta(minutes=15))


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        (0, 0),
        (4, 0),
        (5, 5),  # the free failures are used up
        (6, 10),
        (7, 20),
        (8, 40),
        (12, 640),
        (13, 900),  # never longer
        (10_000, 900),
    ],
)
def test_each_further_failure_doubles_the_wait(failures: int, seconds: int) -> None:
    assert throttle.delay_after(PURPOSE, failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("failures", "passed", "left"),
    [
        (4, timedelta(0), timedelta(0)),
        (4, timedelta(seconds=-1), timedelta(0)),  # counted by a worker whose clock is ahead
        (7, timedelta(0), timedelta(seconds=20)),
        (7, timedelta(seconds=15), timedelta(seconds=5)),
        (7, timedelta(seconds=20), timedelta(0)),
        (7, timedelta(minutes=5), timedelta(0)),
        (10_000, timedelta(minutes=14), timedelta(minutes=1)),
        (10_000, timedelta(hours=24), timedelta(0)),  # forgotten
    ],
)
def test_the_wait_runs_from_the_last_failure(failures: int, passed: timedelta, left: timedelta) -> None:
    assert throttle.wait_left(PURPOSE, failures, NOON, NOON + passed) == left


@pytest.mark.parametrize(
    ("remote", "key"),
    [
        ("212.42.96.1", "212.42.96.1"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),  # the same line
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
    ],
)
def test_an_address_is_a_line_not_one_of_its_numbers(app: Flask, remote: str, key: str) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": remote}):
        assert throttle.address() == key


def test_failures_add_up_per_purpose_and_key(in_app: Flask) -> None:
    other = throttle.Purpose("other")

    for _try in range(5):
        throttle.failed(PURPOSE, "a")

    with pytest.raises(throttle.TooManyTries) as refused:
        throttle.check(PURPOSE, "a")
    assert refused.value.retry_after == 5
    throttle.check(PURPOSE, "b")
    throttle.check(other, "a")


def test_a_try_that_has_to_wait_is_not_counted(in_app: Flask) -> None:
    with time_machine.travel(NOON, tick=False):
        for _try in range(5):
            throttle.attempt(PURPOSE, "a")
        for _try in range(3):
            with pytest.raises(throttle.TooManyTries):
                throttle.attempt(PURPOSE, "a")

    with time_machine.travel(NOON + timedelta(seconds=5), tick=False):
        throttle.attempt(PURPOSE, "a")

        assert db.session.scalars(sa.select(Throttle.failures)).all() == [6]


def test_of_twenty_tries_at_once_only_the_free_ones_go_ahead(app: Flask) -> None:
    together = Barrier(20)
    purpose = throttle.Purpose("at once", first=timedelta(minutes=5))  # longer than a loaded machine takes

    def try_once(_n: int) -> bool:
        with app.app_context():
            together.wait(timeout=30)
            try:
                throttle.attempt(purpose, "a")
            except throttle.TooManyTries:
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(20) as pool:
        went_ahead = list(pool.map(try_once, range(20)))

    assert sum(went_ahead) == purpose.free


def test_a_success_clears_the_failures_of_its_key_only(in_app: Flask) -> None:
    for key in ("a", "b"):
        for _try in range(5):
            throttle.failed(PURPOSE, key)

    throttle.cleared(PURPOSE, "a")

    throttle.check(PURPOSE, "a")
    with pytest.raises(throttle.TooManyTries):
        throttle.check(PURPOSE, "b")


def test_old_failures_are_forgotten_and_counting_starts_anew(in_app: Flask) -> None:
    with time_machine.travel(NOON, tick=False):
        for _try in range(9):
            throttle.failed(PURPOSE, "a")

    with time_machine.travel(NOON + PURPOSE.forget, tick=False):
        throttle.check(PURPOSE, "a")
        throttle.failed(PURPOSE, "a")

        assert db.session.scalars(sa.select(Throttle.failures)).all() == [1]


def test_the_wait_is_said_in_words(in_app: Flask) -> None:
    with in_app.test_request_context(headers={"Accept-Language": "en"}):
        assert throttle.TooManyTries(timedelta(seconds=1)).advice == "Wait 1 second and try again."
        assert throttle.TooManyTries(timedelta(seconds=39.2)).advice == "Wait 40 seconds and try again."
        assert throttle.TooManyTries(timedelta(minutes=15)).advice == "Wait 15 minutes and try again."
