"""Every rule of the check fires on a fault planted into a package that has none, at the right file and line."""

import random
from dataclasses import replace

import pytest
import yaml

from assessments.package.check import check as check_questions
from courses.package import SHIPPED, canonical, check, describe, load_yaml, not_canonical, read_folder
from courses.package.check_markdown import RESERVED
from tests.packages import FOLDER

MINI = dict(read_folder(FOLDER / "MINI-1").files)
IMAGE = MINI["M2/images/map.png"]


def faults_with(changes):
    """Return the faults of MINI-1 with other files; None takes a file away."""
    files = {**MINI, **changes}
    return [str(fault) for fault in check(describe({n: b for n, b in files.items() if b is not None}))]


@pytest.mark.parametrize("folder", [FOLDER / "MINI-1", FOLDER / "MINI-2", *sorted(SHIPPED.iterdir())])
def test_packages_of_ours_have_no_faults_and_are_canonical(folder):
    package = read_folder(folder)

    assert check(package) == []
    assert not_canonical(package) == []


# File, what is replaced, by what, the fault.
PLANTED = [
    ("course.yaml", "format: 1", "format: 2", "course.yaml:1: The format must be 1."),
    ("course.yaml", "format: 1\n", "", "course.yaml:1: “format” is missing."),
    (
        "course.yaml",
        "code: MINI-1",
        "code: mini",
        "course.yaml:2: A code is made of A-Z, digits and hyphens, at most 20.",
    ),
    (
        "course.yaml",
        "source_language: en",
        "source_language: de",
        "course.yaml:3: “de” is not a language of the suite: en, ru, ky.",
    ),
    (
        "course.yaml",
        'title: {en: "Small course", ',
        "title: {",
        "course.yaml:4: The text in the source language (en) is missing.",
    ),
    (
        "course.yaml",
        '"Small course"',
        '""',
        "course.yaml:4: A text must stand here; leave the line out when there is none yet.",
    ),
    (
        "course.yaml",
        '"Small course"',
        '"' + "x" * 201 + '"',
        "course.yaml:4: The text has 201 characters; at most 200 fit.",
    ),
    ("course.yaml", '"Small course"', '"Small\\ncourse"', "course.yaml:4: The text must stand on one line."),
    (
        "course.yaml",
        '"Small course", ru',
        '"Small course", de',
        "course.yaml:4: “de” is not a language of the suite: en, ru, ky.",
    ),
    (
        "course.yaml",
        "self_enrolment: true",
        "self_enrolment: yes",
        "course.yaml:8: true or false must stand here.",
    ),
    (
        "course.yaml",
        "{online: 4,",
        "{online: -4,",
        "course.yaml:7: A number from 0 to 1000 must stand here.",
    ),
    (
        "course.yaml",
        "prerequisites: []",
        "prerequisites: [MINI-1]",
        "course.yaml:9: The code of another course must stand here.",
    ),
    (
        "course.yaml",
        "modules: [M1, M2]",
        "modules: [M1, M2, M3]",
        "M3/module.yaml:1: The file M3/module.yaml is missing.",
    ),
    (
        "course.yaml",
        "modules: [M1, M2]",
        "modules: [M1, M2, M3]",
        "M3/en.md:1: The text in the source language (en) is missing.",
    ),
    (
        "course.yaml",
        "modules: [M1, M2]",
        "modules: [M1, M2, M2]",
        "course.yaml:10: The module M2 stands here twice.",
    ),
    (
        "course.yaml",
        "modules: [M1, M2]",
        "modules: [M1]",
        "M2/quiz.yaml:1: The folder M2 is not in the list of modules.",
    ),
    (
        "course.yaml",
        "modules: [M1, M2]",
        "modules: [m1, M2]",
        "course.yaml:10: The code of a module begins with a capital letter, as M1.",
    ),
    ("course.yaml", "modules: [M1, M2]", "modules: []", "course.yaml:10: A course has at least one module."),
    ("course.yaml", "modules: [M1, M2]", "modules: M1", "course.yaml:10: A list must stand here."),
    (
        "course.yaml",
        "{days: 1, percent: 100}",
        "{days: 1, percent: 101}",
        "course.yaml:12: A whole number from 1 to 100 must stand here.",
    ),
    ("course.yaml", "{days: 1, percent: 100}", "{days: 1}", "course.yaml:12: “percent” is missing."),
    (
        "course.yaml",
        "module: M2",
        "module: M9",
        "course.yaml:15: The module M9 is not in the list of modules.",
    ),
    (
        "course.yaml",
        "id: plan",
        "id: Plan!",
        "course.yaml:14: An id is made of a-z, 0-9 and hyphen, at most 40, and quoted if a number.",
    ),
    (
        "course.yaml",
        "{exam: 60, practical: 25, quizzes: 15}",
        "{exam: 60, practical: 25, quizzes: 20}",
        "course.yaml:17: The weights make 105 together; they must make 100.",
    ),
    (
        "course.yaml",
        "pass_percent: 70, attempts: 3",
        "pass_percent: 0, attempts: 3",
        "course.yaml:18: A whole number from 1 to 100 must stand here.",
    ),
    (
        "course.yaml",
        "pass_percent: 70, attempts: 3",
        "pass_percent: 70, attempts: 2.5",
        "course.yaml:18: A whole number from 1 to 20 must stand here.",
    ),
    (
        "course.yaml",
        "{validity_months: 60}",
        '{validity_months: "60"}',
        "course.yaml:20: A whole number from 0 to 600 must stand here.",
    ),
    (
        "course.yaml",
        "certificate:",
        "certificat:",
        "course.yaml:20: “certificat” is not known here. Known: audience, certificate, code, exam, format, hours,"
        " minimum_rank_level, minimum_service_years, modules, prerequisites, quiz, requirements, score,"
        " self_enrolment, source_language, summary, title.",
    ),
    ("course.yaml", "format: 1\n", "format: 1\nformat: 1\n", "course.yaml:2: “format” stands here twice."),
    (
        "course.yaml",
        "format: 1\n",
        "format: !!int 1\n",
        "course.yaml:1: Tags (!) are not allowed; put the text in quotes.",
    ),
    (
        "course.yaml",
        "hours: {online",
        "hours: &a {online",
        "course.yaml:7: Anchors and references (& and *) are not allowed; write the value out.",
    ),
    (
        "course.yaml",
        "format: 1\n",
        "format: 1\n---\n",
        "course.yaml:2: A file holds one document; remove the line “---”.",
    ),
    (
        "course.yaml",
        '"Small course"',
        '"Small\\u202ecourse"',
        "course.yaml:4: The text holds an invisible character; delete it.",
    ),
    ("M1/module.yaml", "hours: 2\n", "", "M1/module.yaml:1: “hours” is missing."),
    ("M1/module.yaml", "id: lo2", "id: lo1", "M1/module.yaml:6: The id “lo1” stands here twice."),
    (
        "M1/module.yaml",
        "code: L17",
        "code: l17",
        "M1/module.yaml:11: The code of a source is a letter and a number, as L17, or K.",
    ),
    (
        "M1/module.yaml",
        "2026-11-21",
        "21.11.2026",
        "M1/module.yaml:13: A day must stand here, as 2026-11-21.",
    ),
    (
        "M1/module.yaml",
        ', ky: "Ролдор"}',
        "}",
        "M1/module.yaml:1: There is ky.md, but no title in that language.",
    ),
    (
        "M1/en.md",
        "## Three roles {#roles}\n",
        "Text.\n\n## Three roles {#roles}\n",
        "M1/en.md:1: Text before the first section; begin with ## Title {#id}.",
    ),
    (
        "M1/en.md",
        "## Three roles {#roles}",
        "# Three roles",
        "M1/en.md:1: No heading of level 1: the title stands in module.yaml.",
    ),
    (
        "M1/en.md",
        "## Days {#days}",
        "## Days",
        "M1/en.md:10: A heading of level 2 begins a section and ends with its id: ## Title {#id}.",
    ),
    ("M1/en.md", "{#days}", "{#roles}", "M1/en.md:10: The section “roles” stands here twice."),
    (
        "M1/en.md",
        "{#days}",
        "{#print}",
        "M1/en.md:10: The id “print” is taken by a page of its own; choose another.",
    ),
    (
        "M1/en.md",
        "You lead",
        "```\n## Sample {#sample}\n```\n\nYou lead",
        "M1/en.md:4: This looks like a section but stands inside a code block or quotation.",
    ),
    (
        "M1/en.md",
        "[ten days]{.verify L17}",
        "[ten days]{.verify law}",
        "M1/en.md:12: The mark is written [text]{.verify L03}.",
    ),
    ("M1/ru.md", "{#days}", "{#dni}", "M1/ru.md:10: The section “dni” is not in M1/en.md."),
    ("M1/ru.md", "{#days}", "{#dni}", "M1/ru.md:10: The section “days” of M1/en.md is missing here."),
    (
        "M1/ru.md",
        "- сосчитать\n",
        "",
        "M1/ru.md:10: The section “days” has 1 list items here and 2 in M1/en.md.",
    ),
    (
        "M1/ky.md",
        "| Лидерлик | маани жок |\n",
        "",
        "M1/ky.md:1: The section “roles” has 2 table rows here and 3 in M1/en.md.",
    ),
    (
        "M1/ky.md",
        "## Күндөр {#days}\n",
        "## Күндөр {#days}\n\n### Саат\n",
        "M1/ky.md:10: The section “days” has 1 sub-headings here and 0 in M1/en.md.",
    ),
    ("M2/en.md", "images/map.png", "images/plan.png", "M2/en.md:5: There is no picture images/plan.png."),
    (
        "M2/en.md",
        "![The map of the district]",
        "![]",
        "M2/en.md:5: The picture needs an alternative text: ![what is to be seen](images/map.png).",
    ),
    (
        "M2/en.md",
        "images/map.png",
        "https://example.org/map.png",
        "M2/en.md:5: A picture must stand in the folder images of the module: ![…](images/name.png).",
    ),
    (
        "M2/ru.md",
        "![Карта района](images/map.png)",
        "Карта.",
        "M2/ru.md:1: The section “decision” shows other pictures than in M2/en.md.",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "fault"), PLANTED)
def test_a_planted_fault_is_found_where_it_is(name, old, new, fault):
    text = MINI[name].decode()
    assert old in text

    found = faults_with({name: text.replace(old, new, 1).encode()})

    assert fault in found


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"course.yaml": None}, "course.yaml:1: The file course.yaml is missing."),
        ({"course.yaml": b"- a\n"}, "course.yaml:1: The file must be a mapping of names to values."),
        ({"M1/en.md": None}, "M1/en.md:1: The text in the source language (en) is missing."),
        ({"M1/en.md": b""}, "M1/en.md:1: The text has no section; begin with ## Title {#id}."),
        (
            {"M1/en.md": b"## A {#a}\n\n## B {#b}\n\ntext\n"},
            "M1/en.md:1: The section “a” is empty.",
        ),
        (
            {"M1/ru.md": "## Б {#days}\n\nтекст\n\n## А {#roles}\n\nтекст\n".encode()},
            "M1/ru.md:1: The sections stand in another order than in M1/en.md, from “days” on.",
        ),
        (
            {"M1/en.md": b"## A {#a}\n\n\xff\n"},
            "M1/en.md:3: This is not UTF-8; save the file in that encoding.",
        ),
        (
            {"M1/en.md": "## A {#a}\n\nx\u202ey\n".encode()},
            "M1/en.md:3: The invisible character U+202E is not allowed; delete it.",
        ),
        (
            {"M1/en.md": b"## A {#a}\n" + b"x" * 200_001},
            "M1/en.md:1: The text has more than 200000 characters.",
        ),
        ({"notes.txt": b"x"}, "notes.txt:1: This file has no place in a package."),
        ({"M1/de.md": b"x"}, "M1/de.md:1: This file has no place in a package."),
        (
            {"M2/images/other.png": IMAGE},
            "M2/images/other.png:1: No text of the module shows this picture.",
        ),
        (
            {"M2/images/map.png": b"<svg/>"},
            "M2/images/map.png:1: A picture is a PNG or JPEG file with the ending png, jpg or jpeg.",
        ),
        (
            {"M2/images/map.svg": b"<svg/>"},
            "M2/images/map.svg:1: A picture is a PNG or JPEG file with the ending png, jpg or jpeg.",
        ),
        (
            {"M2/images/map.png": IMAGE + b"\0" * 1_000_000},
            "M2/images/map.png:1: A picture has at most 1000 kB.",
        ),
    ],
)
def test_a_missing_or_strange_file_is_found(changes, fault):
    found = faults_with(changes)

    assert fault in found


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_no_section_takes_the_address_of_another_page(name):
    found = faults_with({"M1/en.md": f"## A {{#{name}}}\n\ntext\n".encode()})

    assert f"M1/en.md:1: The id “{name}” is taken by a page of its own; choose another." in found


def test_yaml_that_cannot_be_read_is_one_fault_with_its_line():
    found = faults_with({"M1/module.yaml": b'title: {en: "a"\nhours: 2\n'})

    assert [line for line in found if line.startswith("M1/module.yaml")] == [
        "M1/module.yaml:2: This is not YAML that can be read: did not find expected ',' or '}'."
    ]


def test_a_file_out_of_canonical_form_is_named_with_the_first_line_and_the_remedy():
    package = read_folder(FOLDER / "MINI-1")
    files = {
        **package.files,
        "M1/module.yaml": package.files["M1/module.yaml"].replace(b"hours: 2", b"hours:   2"),
    }

    notes = not_canonical(replace(package, files=files))

    assert [str(note) for note in notes] == [
        "M1/module.yaml:2: This is not the canonical form; run “lms courses format” on the folder of the package."
    ]
    assert canonical(replace(package, files=files)).files == package.files


ODD = (
    None,
    True,
    -1,
    1.5,
    "",
    "x",
    "\\",
    [],
    {},
    [None],
    [[]],
    {"en": 1},
    {"x": {}},
    [{"id": []}],
    {"id": {}},
    "M1",
    10**14,
)


def spoiled(value, chance):
    """Return a value in which some parts are odd ones, and some are missing."""
    if chance.random() < 0.04:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: spoiled(part, chance) for key, part in value.items() if chance.random() > 0.02}
    if isinstance(value, list):
        return [spoiled(part, chance) for part in value if chance.random() > 0.02]
    return value


@pytest.mark.parametrize("seed", range(40, 90))
def test_whatever_stands_in_the_files_is_answered_by_faults_never_by_a_crash(seed):
    chance = random.Random(seed)
    files = dict(MINI)
    for name in files:
        if name.endswith(".yaml"):
            value = spoiled(load_yaml(files[name].decode()).value, chance)
            files[name] = yaml.safe_dump(value, allow_unicode=True).encode()
        elif name.endswith(".md") and chance.random() < 0.3:
            lines = files[name].splitlines(keepends=True)
            chance.shuffle(lines)
            files[name] = b"".join(lines)
    package = describe(files)

    found = check(package) + check_questions(package)

    assert all(fault.file and fault.line >= 1 and str(fault.message) for fault in found)
    canonical(package)
