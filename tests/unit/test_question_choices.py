"""The check finds what gives the keys of single choices away; the bounds themselves are allowed."""

import pytest

from assessments.package import check
from courses.package import describe, dump_yaml, load_yaml, read_folder
from tests.packages import FOLDER

MINI = dict(read_folder(FOLDER / "MINI-1").files)


@pytest.fixture
def in_english(app):
    """Run inside a request, whose language is English."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def question(name, key="a", key_text="Short", option=None):
    """Return a single choice whose options have the same length, but for the key."""
    texts = {letter: f"Word{letter}" for letter in "abcd"} | {key: key_text}
    if option:
        texts["d"] = option
    return {
        "id": name,
        "type": "single_choice",
        "text": {"en": "Which?"},
        "options": {letter: {"en": text} for letter, text in texts.items()},
        "key": key,
        "feedback": {"right": {"en": "Yes."}, "wrong": {"en": "No."}, "section": "roles"},
    }


def faults_of(*questions):
    """Return the faults of a quiz of one slot, as sentences."""
    slot = {"id": "1", "outcome": "lo1", "level": "U", "questions": list(questions)}
    files = {**MINI, "M1/quiz.yaml": dump_yaml({"slots": [slot]}).encode()}
    return [str(fault) for fault in check.check(describe(files))]


@pytest.mark.parametrize(
    ("longest", "of_all", "found"),
    [
        (2, 6, []),
        (
            3,
            6,
            [
                "M1/quiz.yaml:1: The key is the longest option in 3 of 6 single choices (50 %); at most a third"
                " may be. Shorten keys or lengthen other options."
            ],
        ),
        (5, 5, []),
    ],
    ids=["a third", "more", "too few"],
)
def test_keys_are_not_the_longest_option_as_a_rule(in_english, longest, of_all, found):
    texts = ["Much longer"] * longest + ["Short"] * (of_all - longest)

    faults = faults_of(*(question(f"q{n}", "abcd"[n % 4], text) for n, text in enumerate(texts)))

    assert faults == found


def test_a_key_as_long_as_another_option_is_not_the_longest(in_english):
    questions = [question(f"q{n}", "abc"[n % 3], "Much longer", "Also longer") for n in range(6)]

    assert faults_of(*questions) == []


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("bbbbbaaaccdd", []),
        (
            "bbbbbbaaccdd",
            [
                "M1/quiz.yaml:1: The key stands at place 2 in 6 of 12 single choices (50 %); at most 45 % may be."
                " Move some."
            ],
        ),
        ("bbbbbbbbbbb", []),
    ],
    ids=["balanced", "not balanced", "too few"],
)
def test_keys_are_spread_over_the_places(in_english, keys, found):
    assert faults_of(*(question(f"q{n}", key) for n, key in enumerate(keys))) == found


def test_steps_of_scenarios_count_as_single_choices(in_english):
    def step(number):
        inner = question("x", "a", "Much longer")
        return {"id": f"s{number}", "text": inner["text"], "options": inner["options"], "key": "a"}

    rest = question("x")
    scenario = {"type": "scenario", "case": {"en": "A case."}, "feedback": rest["feedback"]}
    first = {**scenario, "id": "q1", "steps": [step(1), step(2), step(3)]}
    second = {**scenario, "id": "q2", "steps": [step(1), step(2), step(3)]}

    assert ["longest option in 6 of 6" in fault for fault in faults_of(first, second)] == [True]


@pytest.mark.parametrize(
    ("text", "is_fault"),
    [
        ("All of the above", True),
        ("All of the above.", True),
        ("Any of the options", True),
        ("Всё перечисленное", True),
        ("все перечисленное верно", True),
        ("Все варианты верны", True),
        ("Баары туура", True),
        ("Жогоруда айтылгандардын баары", True),
        ("Keep to all of the rules", False),
        ("Баары дароо макул болду", False),
    ],
)
@pytest.mark.parametrize("language", ["en", "ru", "ky"])
def test_all_of_the_above_is_no_option(in_english, text, is_fault, language):
    odd = question("q1")
    odd["options"]["c"][language] = text
    lines = dump_yaml(
        {"slots": [{"id": "1", "outcome": "lo1", "level": "U", "questions": [odd, question("q2")]}]}
    )
    line = load_yaml(lines).line("slots", 0, "questions", 0, "options", "c", language)

    faults = faults_of(odd, question("q2"))

    wanted = f"M1/quiz.yaml:{line}: “All of the above” is no option: it rewards guessing. Write an answer of its own."
    assert faults == ([wanted] if is_fault else [])
