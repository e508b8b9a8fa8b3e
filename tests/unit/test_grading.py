"""Grading is a pure function; the tables say what each type of question gives."""

from fractions import Fraction
from typing import Any

import pytest

from assessments import rules

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("type_", "key", "answer", "share"),
    [
        ("single_choice", "b", "b", 1),
        ("single_choice", "b", "a", 0),
        ("single_choice", "b", None, 0),
        ("true_false", True, True, 1),
        ("true_false", False, True, 0),
        ("true_false", False, False, 1),
        ("true_false", False, None, 0),  # an answer left out is not "false"
        ("multiple_response", ["a", "c"], ["a", "c"], 1),
        ("multiple_response", ["a", "c"], ["c", "a"], 1),
        ("multiple_response", ["a", "c"], ["a"], HALF),
        ("multiple_response", ["a", "c"], ["a", "c", "b"], HALF),
        ("multiple_response", ["a", "c"], ["a", "b"], 0),
        ("multiple_response", ["a", "c"], ["b", "d"], 0),  # never below 0
        ("multiple_response", ["a", "c"], ["a", "b", "c", "d"], 0),  # choosing everything earns nothing
        ("multiple_response", ["a", "c"], None, 0),
        ("matching", {"l1": "r2", "l2": "r1", "l3": "r2"}, {"l1": "r2", "l2": "r1", "l3": "r2"}, 1),
        ("matching", {"l1": "r2", "l2": "r1", "l3": "r2"}, {"l1": "r2"}, Fraction(1, 3)),
        ("matching", {"l1": "r2", "l2": "r1"}, {"l1": "r1", "l2": "r2"}, 0),
        ("matching", {"l1": "r2"}, None, 0),
        ("scenario", {"s1": "a", "s2": "b"}, {"s1": "a", "s2": "b"}, 1),
        ("scenario", {"s1": "a", "s2": "b"}, {"s1": "a", "s2": "a"}, HALF),
        ("scenario", {"s1": "a", "s2": "b"}, {"s2": "b"}, HALF),
        ("scenario", {"s1": "a"}, None, 0),
    ],
)
def test_choices_and_pairs_earn_their_share(type_: str, key: Any, answer: Any, share: Any) -> None:
    assert rules.grade(type_, key, 0, answer) == share


@pytest.mark.parametrize(
    ("places", "share"),
    [
        ({"c": 1, "a": 2, "b": 3, "d": 4}, 1),
        ({"d": 1, "c": 2, "a": 3, "b": 4}, Fraction(2, 3)),  # one step too early, the rest in sequence
        ({"d": 1, "b": 2, "a": 3, "c": 4}, 0),  # the other way round
        ({"c": 1, "a": 2}, Fraction(1, 3)),
        ({"c": 1, "a": 2, "b": 2, "d": 3}, 0),  # two items on one place: neither stands anywhere
        ({"c": 1, "a": 2, "b": 4, "d": 4}, Fraction(1, 3)),
        ({}, 0),
    ],
)
def test_ordering_earns_the_share_of_neighbours_in_sequence(places: dict[str, int], share: Any) -> None:
    assert rules.grade("ordering", ["c", "a", "b", "d"], 0, places) == share


@pytest.mark.parametrize(
    ("key", "tolerance", "answer", "share"),
    [
        (72, 0, "72", 1),
        (72, 0, " 72,0 ", 1),
        (72, 0, "72.5", 0),
        (0.3, 0.1, "0,2", 1),  # the edge of the tolerance counts, binary fractions or not
        (0.3, 0.1, "0.4", 1),
        (0.3, 0.1, "0.41", 0),
        (1000, 0, "1 000", 1),
        (-5, 0, "−5", 1),  # the minus of a text editor
        (72, 0, "seventy-two", 0),
        (72, 0, "7e1", 0),
        (72, 0, "nan", 0),
        (72, 0, "", 0),
        (72, 0, "٧٢", 0),
        (72, 0, None, 0),
    ],
)
def test_a_number_is_right_within_its_tolerance(key: Any, tolerance: Any, answer: Any, share: int) -> None:
    assert rules.grade("numeric", key, tolerance, answer) == share


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("Счётная палата", 1),
        ("  счетная   ПАЛАТА. ", 1),
        ("«Счётная палата»", 1),
        ("Счётная-палата", 1),
        ("счe\u0308тная палата", 0),  # a Latin e with dots is another letter
        ("сче\u0308тная палата", 1),  # ё in two code points is the same letter
        ("палата", 0),
        ("Эсептөө палатасы", 1),
        ("audit chamber!", 1),
        ("", 0),
        (None, 0),
    ],
)
def test_a_short_answer_is_compared_without_case_and_punctuation(answer: str | None, share: int) -> None:
    key = {"ru": ["Счётная палата"], "ky": ["эсептөө палатасы"], "en": ["Audit Chamber"]}

    assert rules.grade("short_answer", key, 0, answer) == share


@pytest.mark.parametrize(("answer", "share"), [("2,5", 1), ("2.50", 1), ("25", 0), ("two and a half", 0)])
def test_a_short_answer_that_is_a_number_is_compared_as_a_number(answer: str, share: int) -> None:
    assert rules.grade("short_answer", {"en": ["2.5"]}, 0, answer) == share


def test_an_unknown_type_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no such type"):
        rules.grade("essay", "a", 0, "a")


@pytest.mark.parametrize(
    ("shares", "pass_percent", "passed", "shown"),
    [
        ([1] * 7 + [0] * 3, 70, True, 70),  # exactly the pass mark passes
        ([1] * 6 + [Fraction(2, 3), Fraction(1, 3)] + [0, 0], 70, True, 70),  # thirds add up exactly
        ([1] * 6 + [Fraction(99, 100)] + [0] * 3, 70, False, 69),  # 69.9 is not shown as 70
        ([Fraction(1, 3)] * 3, 70, False, 33),
        ([0, 0], 0, True, 0),
        ([1], 100, True, 100),
    ],
)
def test_the_pass_mark_has_no_float_traps(
    shares: list[Any], pass_percent: int, passed: bool, shown: int
) -> None:
    reached = rules.percent([Fraction(share) for share in shares])

    assert (rules.passed(reached, pass_percent), rules.shown_percent(float(reached))) == (passed, shown)
