"""The rules of certificates as truth tables."""

from datetime import date

import pytest

from certificates import rules
from certificates.rules import Standing, State

DAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("issued_on", "months", "last_day"),
    [
        (date(2026, 11, 21), 60, date(2031, 11, 21)),
        (date(2026, 11, 21), 36, date(2029, 11, 21)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 11, 21), 0, None),
        (date(2026, 11, 21), None, None),
    ],
)
def test_a_certificate_ends_on_the_same_day_or_the_month_s_last(issued_on, months, last_day):
    assert rules.expires_on(issued_on, months) == last_day


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        (Standing(None), State.VALID),
        (Standing(date(2026, 11, 22)), State.VALID),
        (Standing(date(2026, 11, 21)), State.VALID),  # the last day counts
        (Standing(date(2026, 11, 20)), State.EXPIRED),
        (Standing(None, revoked=True), State.REVOKED),
        (Standing(date(2026, 11, 20), revoked=True), State.REVOKED),
        (Standing(None, superseded=True), State.SUPERSEDED),
        (Standing(date(2026, 11, 20), superseded=True), State.SUPERSEDED),
        (Standing(None, revoked=True, superseded=True), State.SUPERSEDED),
    ],
)
def test_the_state_of_a_certificate_on_a_day(standing, state):
    assert rules.state_on(standing, DAY) == state


@pytest.mark.parametrize(
    ("standing", "revoke", "reissue_same_name", "reissue_other_name", "print_file"),
    [
        (Standing(None), True, False, True, True),
        (Standing(date(2000, 1, 1)), True, False, True, True),
        (Standing(None, revoked=True), False, True, True, False),
        (Standing(None, superseded=True), False, False, False, False),
        (Standing(None, revoked=True, superseded=True), False, False, False, False),
    ],
)
def test_what_may_be_done_with_a_certificate(
    standing, revoke, reissue_same_name, reissue_other_name, print_file
):
    assert rules.may_revoke(standing) == revoke
    assert rules.may_reissue(standing, name_differs=False) == reissue_same_name
    assert rules.may_reissue(standing, name_differs=True) == reissue_other_name
    assert rules.may_print(standing) == print_file


CODE = "7KQ2M9TX4HWD8PZ10ABCEFGHJK"


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        rules.grouped(CODE),
        "7KQ2M 9TX4H WD8PZ 10ABC EFGHJK",
        " 7kq2m - 9tx4h-wd8pz – 10abc\tefghjk\n",
        "7KQ2M9TX4HWD8PZ1OABCEFGHJK",  # O for 0
        "7KQ2M9TX4HWD8PZI0ABCEFGHJK",  # I for 1
        "7kq2m9tx4hwd8pzl0abcefghjk",  # l for 1
        "7КQ2М9ТХ4НWD8РZ1ОАВСЕFGНJК",  # letters of a Russian keyboard
    ],
)
def test_a_code_has_many_spellings_on_input(typed):
    assert rules.normalise_code(typed) == CODE


@pytest.mark.parametrize(
    "typed", ["", " ", CODE[:-1], CODE + "0", CODE[:-1] + "U", CODE[:-1] + "ж", "<script>", "../"]
)
def test_what_cannot_be_a_code_is_none(typed):
    assert rules.normalise_code(typed) is None


def test_a_new_code_has_128_random_bits_and_reads_back():
    codes = {rules.new_code() for _ in range(500)}

    assert len(codes) == 500
    assert {len(code) for code in codes} == {rules.CODE_LENGTH}
    assert all(rules.normalise_code(rules.grouped(code).lower()) == code for code in codes)
    # 26 characters hold 130 bits: the first has only 3 of its 5.
    assert {code[0] for code in codes} == set("01234567")


def test_serial_numbers_have_five_digits():
    assert rules.serial("LDR-01", 2026, 7) == "LDR-01-2026-00007"
    assert rules.serial("LDR-01", 2026, 123456) == "LDR-01-2026-123456"
