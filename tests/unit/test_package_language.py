"""Every rule about the words of a package fires on a fault planted into one that has none, and on nothing else."""

from collections import Counter

import pytest

from courses.package import check, describe, read_folder
from courses.package.check_language import LOOK_ALIKES, numbers
from courses.package.register import TITLES
from tests.packages import FOLDER

MINI = dict(read_folder(FOLDER / "MINI-1").files)


def faults_with(name, old, new):
    """Return the faults of MINI-1 with a text replaced in one file."""
    text = MINI[name].decode()
    assert old in text
    return [str(fault) for fault in check(describe({**MINI, name: text.replace(old, new, 1).encode()}))]


def faults_of_both(english, russian):
    """Return the faults when a sentence is added to the English and to the Russian text of a module."""
    files = dict(MINI)
    for name, text in (("M1/en.md", english), ("M1/ru.md", russian)):
        files[name] = MINI[name] + f"\n{text}\n".encode()
    return [str(fault) for fault in check(describe(files)) if not fault.file.startswith("M1/ky")]


PLANTED = [
    (
        "M1/ru.md",
        "Вы руководите",
        "Вы рукoводите",
        "M1/ru.md:3: The word “рукoводите” mixes Latin and Cyrillic letters.",
    ),
    ("M1/en.md", "You lead", "Yоu lead", "M1/en.md:3: The word “Yоu” mixes Latin and Cyrillic letters."),
    (
        "M1/en.md",
        "| danger |",
        "| dаnger |",
        "M1/en.md:7: The word “dаnger” mixes Latin and Cyrillic letters.",
    ),
    ("M1/ky.md", "## ", "## ѳз ", "M1/ky.md:1: The letter ѳ (U+0473) is not ө, it only looks like it."),
    (
        "course.yaml",
        'ky: "',
        'ky: "Ɵз ',
        "course.yaml:4: The letter Ɵ (U+019F) is not Ө, it only looks like it.",
    ),
    (
        "M1/ru.md",
        "Вы руководите",
        "АКTтын",
        "M1/ru.md:3: The word “АКTтын” mixes Latin and Cyrillic letters.",
    ),
    (
        "M1/ru.md",
        "Вы руководите",
        "ACтин",
        "M1/ru.md:3: The word “ACтин” mixes Latin and Cyrillic letters.",
    ),
    (
        "M1/ru.md",
        "Вы руководите",
        "См. М2: вы руководите",
        "M1/ru.md:3: The code “М2” stands here in Cyrillic letters; write it in Latin ones.",
    ),
    (
        "M1/en.md",
        "You lead",
        "You lead [verify the article]",
        "M1/en.md:3: The mark [verify] is for authors; write around the fact, or mark it as [text]{.verify L03}.",
    ),
    (
        "M1/ru.md",
        "{.verify L17}",
        "{.verify L99}",
        "M1/ru.md:12: L99 is not in the register of sources (courses/package/register.py).",
    ),
    (
        "M1/module.yaml",
        "code: L17",
        "code: I28",
        "M1/module.yaml:11: I28 is not in the register of sources (courses/package/register.py).",
    ),
    (
        "M1/ru.md",
        "Вы руководите тремя способами.",
        "You lead in three ways.",
        "M1/ru.md:3: This is the same as in the source language; translate it.",
    ),
    (
        "M1/ru.md",
        "Вы руководите тремя способами.",
        "Командир must lead his people in three ways.",
        "M1/ru.md:3: There are more words of another alphabet here than of the language; translate them.",
    ),
    (
        "M1/en.md",
        "You lead in three ways.",
        "Вы руководите тремя способами.",
        "M1/en.md:3: There are more words of another alphabet here than of the language; translate them.",
    ),
    (
        "M1/ru.md",
        "Вы руководите тремя",
        "Вы руководите 3 или 4",
        "M1/ru.md:1: The section “roles” has other numbers than M1/en.md. Only here: 3, 4. Only there: –.",
    ),
    (
        "course.yaml",
        'ru: "',
        'ru: "12 ',
        "course.yaml:4: The text has other numbers than the one in the source language (en)."
        " Only here: 12. Only there: –.",
    ),
    (
        "M1/quiz.yaml",
        '["leadership", "leader"]',
        '["leadership", "lеader"]',
        "M1/quiz.yaml:{line}: The word “lеader” mixes Latin and Cyrillic letters.",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "fault"), PLANTED)
def test_a_planted_fault_is_found_where_it_is(name, old, new, fault):
    line = MINI[name].decode().split(old)[0].count("\n") + 1

    assert fault.replace("{line}", str(line)) in faults_with(name, old, new)


@pytest.mark.parametrize("letter", LOOK_ALIKES)
def test_every_look_alike_is_none_of_our_letters(letter):
    assert letter not in "ңөүҢӨҮ"
    assert LOOK_ALIKES[letter] in "ңөүҢӨҮ"
    assert any(f"U+{ord(letter):04X}" in fault for fault in faults_with("M1/ky.md", "## ", f"## {letter} "))


@pytest.mark.parametrize(
    ("english", "russian"),
    [
        ("See M1, GROW and SMART.", "См. M1, GROW и SMART."),
        ("Weight: 1,250.5 kg", "Вес: 1 250,5 кг"),
        ("On 31 December 2024 at 9:30", "31 декабря 2024 года в 9:30"),
        ("See M2.", "Смотрите другой модуль."),
        ("In the LMS.", "LMSте."),
        ("*Why People Obey the Law*", "*Why People Obey the Law*"),
        ("Look at <https://example.org/2024>.", "Смотрите <https://example.org/2025>."),
        ("Ask [this]{.verify I12}.", "Спросите [это]{.verify I12}."),
    ],
)
def test_what_is_right_is_no_fault(english, russian):
    assert faults_of_both(english, russian) == []


def test_a_book_may_keep_its_title():
    title = "How to write about what you have seen"
    text = MINI["M1/module.yaml"].decode() + ""
    source = f'  - code: K\n    title: {{en: "{title}", ru: "{title}", ky: "{title}"}}\n'

    package = describe({**MINI, "M1/module.yaml": text.replace("sources:\n", "sources:\n" + source).encode()})

    assert check(package) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,200 and 1 200 and 1200", {"1200": 3}),
        ("0.5 or 0,5", {"0": 2, "5": 2}),
        ("2, 300", {"2": 1, "300": 1}),
        ("in 2019 300 officers", {"2019": 1, "300": 1}),
        ("M3 sends to S2 and [there](images/7.png) {#day-4}", {"2": 1}),
    ],
)
def test_numbers_are_compared_as_a_reader_would(text, found):
    assert numbers(text) == Counter(found)


def test_the_register_holds_the_codes_of_the_curriculum():
    wanted = [f"S{n}" for n in range(5)]
    wanted += [f"L{n:02}" for n in range(1, 31)] + [f"I{n:02}" for n in range(1, 28)] + ["K"]

    assert list(TITLES) == wanted
