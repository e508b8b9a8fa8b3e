"""What makes a password good enough, and that hashes cost the same whoever asks."""

import pytest
from argon2 import PasswordHasher

from lms.accounts import passwords
from lms.accounts.passwords import Weakness, weakness

NAMES = ("Жээнбеков", "Бакыт", "Өмүрбекович", "Bakyt", "Zheenbekov")


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("төө минген", None),  # ten characters, a space among them
        ("тоо жана деңиз", None),
        ("correct horse battery", None),
        ("0555 482 913", None),  # digits are no rule of ours
        ("short", Weakness.SHORT),
        ("123456789", Weakness.SHORT),
        ("x" * 201, Weakness.LONG),
        ("1234567890", Weakness.COMMON),
        ("qwertyuiop", Weakness.COMMON),
        ("QwertyUiop", Weakness.COMMON),  # capitals change nothing
        ("йцукенгшщз", Weakness.COMMON),
        ("пароль2026", Weakness.COMMON),
        ("gfhjkm2026", Weakness.COMMON),  # the same with the keyboard left in Latin
        ("сырсөз2026", Weakness.COMMON),
        ("кыргызстан", Weakness.COMMON),
        ("абвабвабвабв", Weakness.REPEATED),
        ("MB-10234!x", Weakness.PERSONAL),
        ("my mb-10234", Weakness.PERSONAL),
        ("Бакыт Жээнбеков", Weakness.PERSONAL),
        ("бакыт.жээнбеков.1990", Weakness.PERSONAL),
        ("Zheenbekov1!", Weakness.PERSONAL),
        ("Бакыт жана тоо", None),  # a name among other words is not the name
    ],
)
def test_the_rule_of_passwords(password: str, expected: Weakness | None) -> None:
    assert weakness(password, "MB-10234", NAMES) == expected


def test_the_list_of_common_passwords_holds_only_what_the_length_does_not_refuse_already() -> None:
    found = passwords.common()

    assert 5_000 < len(found) < 20_000
    assert {entry for entry in found if len(entry) < passwords.LEAST_LENGTH} - {""} == set()


@pytest.mark.parametrize(("cost", "hasher"), [("normal", passwords.NORMAL), ("cheap", passwords.CHEAP)])
def test_the_hash_for_missing_accounts_costs_what_a_real_one_costs(cost: str, hasher: PasswordHasher) -> None:
    assert hasher.check_needs_rehash(passwords.DECOYS[cost]) is False
