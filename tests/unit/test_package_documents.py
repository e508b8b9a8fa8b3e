"""YAML of packages: what is read, and the one form in which it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.package import dump_yaml, load_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", 1),
        ("a: -1.5", -1.5),
        ("a: true", True),
        ("a: yes", "yes"),  # YAML 1.1 makes a truth value of it
        ("a: on", "on"),
        ("a: 12:30", "12:30"),  # and 750 of this
        ("a: 010", "010"),
        ("a: 1e3", "1e3"),
        ("a: 2026-11-21", "2026-11-21"),
        ('a: "1"', "1"),
        ("a: ~", None),
        ("a: |\n  x\n  y\n", "x\ny\n"),
    ],
)
def test_a_plain_value_is_read_as_people_mean_it(text, value):
    assert load_yaml(text).value == {"a": value}


def test_the_line_of_every_part_is_known():
    document = load_yaml("slots:\n  - id: a\n  - id: b\n    questions:\n      - {id: q}\n")

    assert document.line("slots") == 1
    assert document.line("slots", 1, "id") == 3
    assert document.line("slots", 1, "questions", 0, "id") == 5
    assert document.line("slots", 1, "missing") == 3


def test_a_tower_of_brackets_is_refused():
    document = load_yaml("a: " + "[" * 50_000)

    assert document.value is None
    assert [line for line, _message in document.faults] == [1]


def test_a_bomb_of_references_stays_small():
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]

    document = load_yaml("\n".join(lines))

    assert document.value["a59"] == ["", ""]
    assert len(document.faults) == 60 + 2 * 59


def test_the_canonical_form_shows_every_rule():
    value = {
        "key": {"l2": "r1", "l10": "r2", "l1": "r1"},
        "text": {"ky": "кыска", "en": "short", "ru": "коротко"},
        "id": "m1-1a",
        "zeta": "x",
        "case": {"en": "One.\n\nTwo."},
        "options": {"a": {"en": "x" * 60, "ru": "y" * 60}},
        "tolerance": 0.0,
        "number": "72",
        "no": "no",
        "items": [],
    }

    assert dump_yaml(value) == (
        "id: m1-1a\n"
        "case:\n"
        "  en: |-\n"
        "    One.\n"
        "\n"
        "    Two.\n"
        'text: {en: "short", ru: "коротко", ky: "кыска"}\n'
        "options:\n"
        "  a:\n"
        f'    en: "{"x" * 60}"\n'
        f'    ru: "{"y" * 60}"\n'
        "items: []\n"
        "key: {l1: r1, l2: r1, l10: r2}\n"
        "tolerance: 0\n"
        '"no": "no"\n'
        'number: "72"\n'
        "zeta: x\n"
    )


plain_text = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Cf"), whitelist_characters="\n"), max_size=30
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | plain_text,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(plain_text.filter(lambda k: "\n" not in k), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["en", "ru", "text", "a", "b1", "true", "1", "key"]), values, max_size=5)
)
def test_what_is_written_is_read_back_the_same(value):
    document = load_yaml(dump_yaml(value))

    assert document.faults == ()
    assert (document.value or {}) == value


@given(st.dictionaries(st.sampled_from(["en", "ru", "text", "a", "b1", "b10", "key"]), values, max_size=5))
def test_the_order_of_keys_does_not_matter(value):
    backwards = dict(reversed(value.items()))

    assert dump_yaml(backwards) == dump_yaml(value)
