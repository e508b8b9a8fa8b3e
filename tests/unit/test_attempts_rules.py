"""When an attempt may start, until when it saves, what it draws, what may be reviewed: truth tables."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assessments import rules
from assessments.rules import Policy, Tried

QUIZ = Policy(pass_percent=70, attempts=3, pause_after=2, pause_hours=24, minutes=20)
EXAM = Policy(pass_percent=70, attempts=2, pause_after=1, pause_hours=168, minutes=60, draw=30)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FAILED = Tried(NOON, False)
PASSED = Tried(NOON, True)
OPEN = Tried(None, None)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("policy", "tries", "unlocks", "now", "refusal"),
    [
        (QUIZ, [], 0, NOON, None),
        (QUIZ, [OPEN], 0, NOON, rules.AttemptOpen),
        (QUIZ, [FAILED], 0, NOON, None),  # no pause after the first
        (QUIZ, [FAILED] * 2, 0, NOON + 24 * HOUR - timedelta(seconds=1), rules.PauseHolds),
        (QUIZ, [FAILED] * 2, 0, NOON + 24 * HOUR, None),
        (QUIZ, [FAILED] * 3, 0, NOON + 1000 * HOUR, rules.AttemptsUsedUp),
        (QUIZ, [FAILED] * 3, 1, NOON, None),  # unlocked: without a pause
        (QUIZ, [FAILED] * 4, 1, NOON, rules.AttemptsUsedUp),
        (QUIZ, [FAILED, PASSED], 0, NOON, rules.AlreadyPassed),
        (QUIZ, [FAILED] * 3 + [PASSED], 2, NOON, rules.AlreadyPassed),
        (EXAM, [FAILED], 0, NOON + 167 * HOUR, rules.PauseHolds),
        (EXAM, [FAILED], 0, NOON + 168 * HOUR, None),
        (EXAM, [FAILED] * 2, 0, NOON + 168 * HOUR, rules.AttemptsUsedUp),
    ],
)
def test_starting_is_refused_by_name(
    policy: Policy, tries: list[Tried], unlocks: int, now: datetime, refusal: Any
) -> None:
    assert type(rules.may_start(policy, tries, unlocks, now)) is (refusal or type(None))


def test_the_pause_says_when_the_next_attempt_is_possible() -> None:
    refusal = rules.may_start(QUIZ, [FAILED, Tried(NOON + HOUR, False)], 0, NOON + 2 * HOUR)

    assert isinstance(refusal, rules.PauseHolds)
    assert refusal.until == NOON + 25 * HOUR


@pytest.mark.parametrize(("percent", "minutes"), [(100, 20), (150, 30), (125, 25), (300, 60)])
def test_the_personal_factor_lengthens_the_time(percent: int, minutes: int) -> None:
    assert rules.deadline(NOON, 20, percent) == NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(("late", "accepted"), [(-1, True), (0, True), (60, True), (60.001, False)])
def test_saves_count_until_a_minute_after_the_deadline(late: float, accepted: bool) -> None:
    assert rules.accepts_save(NOON, NOON + timedelta(seconds=late)) is accepted


@pytest.mark.parametrize(
    ("tries", "unlocks", "key"),
    [
        ([], 0, False),
        ([FAILED], 0, False),
        ([FAILED, FAILED], 0, False),
        ([FAILED, FAILED, FAILED], 0, True),  # the last attempt
        ([FAILED, FAILED, FAILED], 1, False),  # a further one was unlocked: hidden again
        ([FAILED, FAILED, OPEN], 0, False),
        ([PASSED], 0, True),
        ([FAILED, PASSED], 0, True),
    ],
)
def test_the_key_is_released_after_a_pass_or_the_last_attempt(
    tries: list[Tried], unlocks: int, key: bool
) -> None:
    assert rules.release(tries, QUIZ, unlocks) == rules.Review(score=True, sections=True, key=key)


SLOTS = {str(n): [f"q{n}a", f"q{n}b", f"q{n}c"] for n in range(1, 10)}


def test_one_variant_of_every_slot_is_drawn() -> None:
    drawn = rules.draw(SLOTS, {}, 7)

    assert sorted(slot for slot, _question in drawn) == sorted(SLOTS)
    assert all(question in SLOTS[slot] for slot, question in drawn)


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_bank() -> None:
    turned = {slot: list(reversed(SLOTS[slot])) for slot in reversed(SLOTS)}

    assert rules.draw(turned, {}, 7) == rules.draw(SLOTS, {}, 7)


def test_seeds_differ() -> None:
    assert len({tuple(rules.draw(SLOTS, {}, seed)) for seed in range(20)}) == 20


def test_a_variant_seen_less_often_is_preferred() -> None:
    seen = Counter({f"q{n}a": 1 for n in range(1, 10)}) + Counter({f"q{n}b": 2 for n in range(1, 10)})

    assert {q[-1] for _slot, q in rules.draw(SLOTS, seen, 7)} == {"c"}
    seen.update({f"q{n}c": 3 for n in range(1, 10)})
    assert {q[-1] for _slot, q in rules.draw(SLOTS, seen, 7)} == {"a"}


def test_an_exam_draws_as_many_slots_as_it_says() -> None:
    drawn = rules.draw(SLOTS, {}, 7, 4)

    assert len({slot for slot, _question in drawn}) == 4


def test_options_are_shuffled_from_sorted_ids() -> None:
    order = rules.shown_order({"options": ["d", "b", "a", "c"]}, 7, "m1-1a")

    assert sorted(order["options"]) == ["a", "b", "c", "d"]
    assert order == rules.shown_order({"options": ["a", "b", "c", "d"]}, 7, "m1-1a")
    assert len({str(rules.shown_order({"options": list("abcd")}, s, "m1-1a")) for s in range(200)}) == 24
