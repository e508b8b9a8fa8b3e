"""The check of quiz.yaml and exam.yaml says where and what; loading and exporting keep every byte."""

import pytest
import sqlalchemy as sa

from assessments.models import QuestionKey, QuestionRevision, QuizRevision, QuizSlot
from assessments.package import check, store
from courses.actions.packages import import_package
from courses.models import CourseRevision
from courses.package import SHIPPED, read_folder
from courses.package.files import describe
from lms.db import db
from lms.hookspecs import PackageFiles
from tests.packages import FOLDER, publish_package


def changed(file: str, old: str, new: str) -> PackageFiles:
    """Return MINI-1 with the first occurrence of a text in one file replaced."""
    files = dict(read_folder(FOLDER / "MINI-1").files)
    text = files[file].decode()
    assert old in text
    files[file] = text.replace(old, new, 1).encode()
    return describe(files)


def test_good_packages_have_no_faults(in_app):
    assert [check.check(read_folder(folder)) for folder in (FOLDER / "MINI-1", FOLDER / "MINI-2")] == [[], []]
    assert check.check(read_folder(SHIPPED / "LDR-01")) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "words"),
    [
        ("M1/quiz.yaml", "type: single_choice", "type: essay", "type: essay", "The type must be one of"),
        ("M1/quiz.yaml", "id: m1-1a", "id: M1-1A", "id: M1-1A", "An id is made of small Latin letters"),
        (
            "M1/quiz.yaml",
            "id: m1-2a",
            "id: m1-1a",
            "level: R+2",
            "was used before, in M1/quiz.yaml line 6",
        ),
        ("exam.yaml", "id: x-m1-1a", "id: m1-1a", "id: m1-1a", "was used before, in M1/quiz.yaml line 6"),
        ("M1/quiz.yaml", "key: b", "key: x", "key: x", "The key must be the id of one of the options"),
        ("M1/quiz.yaml", "key: [a, b, c]", "key: [a, b, x]", "key: [a, b, x]", "and not all of them"),
        ("M1/quiz.yaml", "key: [a, b, c]", "key: [a, a]", "key: [a, a]", "each once"),
        (
            "M1/quiz.yaml",
            "key: [a, b, c]",
            "key: [a, b, c, d, e]",
            "key: [a, b, c, d, e]",
            "and not all of them",
        ),
        ("M1/quiz.yaml", "key: false", "key: wrong", "key: wrong", "The key must be true or false"),
        ("M1/quiz.yaml", "key: 72", 'key: "72"', 'key: "72"', "The key must be a number"),
        ("M1/quiz.yaml", "tolerance: 0", "tolerance: -1", "tolerance: -1", "0 or more"),
        ("M1/quiz.yaml", "l2: r2, l3: r1}", "l2: r2}", "l2: r2}", "every left id one right id"),
        ("M1/quiz.yaml", "l2: r2, l3: r1}", "l2: r2, l3: x}", "l3: x}", "every left id one right id"),
        ("M1/quiz.yaml", "key: [b, c, a]", "key: [b, c]", "key: [b, c]", "the list of all items"),
        ("M1/quiz.yaml", '["leadership", "leader"]', '["!"]', '["!"]', "accepted answers for each language"),
        ("M1/quiz.yaml", "outcome: lo1", "outcome: lo9", "outcome: lo9", "Module M1 has no outcome “lo9”"),
        ("M1/quiz.yaml", "level: U", "level: X", "level: X", "The level must be one of"),
        ("M1/quiz.yaml", "section: roles", "section: rolls", "section: rolls", "has no section “rolls”"),
        (
            "exam.yaml",
            "module: M1\n          s",
            "module: M9\n          s",
            "module: M9",
            "must name a module",
        ),
        ("M1/quiz.yaml", '"Danger now. Which role? (1)"', '""', 'en: ""', "The text is empty"),
        (
            "M1/quiz.yaml",
            'right: {en: "Right.", ru',
            'right: {ru: "Right.", ky',
            "right: {ru",
            "source language",
        ),
        ("M1/quiz.yaml", "          d: {en", "          e: {en", "", ""),
        ("M1/quiz.yaml", "          d: {en", "          D: {en", "D: {en", "An id is made of"),
        (
            "M1/quiz.yaml",
            '"Никакая", ky: "Эч кайсынысы"}',
            '"Никакая"}\n          e: {en: "x"}',
            "options:",
            "4 entries",
        ),
        (
            "M1/quiz.yaml",
            "        key: b",
            "        hint: x\n        key: b",
            "hint: x",
            "“hint” is not known here",
        ),
        ("M1/quiz.yaml", "        key: b\n", "", "- id: m1-1a", "“key” is missing"),
        ("course.yaml", "draw: 3", "draw: 9", "draw: 9", "draws 9 questions but exam.yaml has 4 slots"),
        ("course.yaml", "exam: {pass", "exam_: {pass", "format: 1", "does not say how it is taken"),
    ],
)
def test_a_fault_is_named_with_file_and_line(in_english, file, old, new, where, words):
    package = changed(file, old, new)
    lines = package.files[file].decode().splitlines()
    snippet, _plus, further = where.partition("+")
    expected = [
        (file, number + int(further or 0))
        for number, line in enumerate(lines, 1)
        if words and snippet in line
    ][:1]

    faults = check.check(package)

    assert [
        (fault.file, fault.line) for fault in faults if not words or words in fault.message
    ] == expected, faults


def test_a_slot_needs_two_variants(in_english):
    text = read_folder(FOLDER / "MINI-1").files["M2/quiz.yaml"].decode()
    second = text[text.index("      - id: m2-1b") : text.index('  - id: "2"')]

    faults = check.check(changed("M2/quiz.yaml", second, ""))

    assert [str(fault) for fault in faults] == [
        "M2/quiz.yaml:5: A slot needs at least two variants of its question."
    ]


def test_the_body_of_a_question_holds_neither_key_nor_feedback(in_app):
    publish_package("MINI-1")

    revisions = db.session.scalars(sa.select(QuestionRevision)).all()

    found = {(r.type, *sorted(r.body)) for r in revisions}
    assert found == {
        ("matching", "left", "right", "text"),
        ("multiple_response", "options", "text"),
        ("numeric", "text", "unit"),
        ("ordering", "items", "text"),
        ("scenario", "case", "steps", "text"),
        ("short_answer", "text"),
        ("single_choice", "options", "text"),
        ("true_false", "text"),
    }
    steps = {tuple(sorted(step)) for r in revisions for step in r.body.get("steps", [])}
    assert steps == {("id", "options", "text")}


def test_the_export_of_the_shipped_course_is_its_import(in_app):
    package = read_folder(SHIPPED / "LDR-01")
    draft = import_package(package, actor_id=None)

    parts = store.parts(draft.id)

    again = import_package(describe({**package.files, **parts}), actor_id=None)
    assert (again.id, sorted(parts)) == (
        draft.id,
        sorted([*(f"M{n}/quiz.yaml" for n in range(1, 9)), "exam.yaml"]),
    )
    assert store.parts(again.id) == parts


def test_importing_again_keeps_the_questions_that_did_not_change(in_app):
    publish_package("MINI-1")
    before = set(db.session.scalars(sa.select(QuestionRevision.id)))

    import_package(changed("M1/quiz.yaml", "key: b", "key: c"), actor_id=None)

    after = set(db.session.scalars(sa.select(QuestionRevision.id)))
    assert len(after - before) == 1
    assert before <= after
    new = db.session.get_one(QuestionKey, (after - before).pop())
    assert new.key == "c"
    drafts = db.session.scalars(
        sa.select(sa.func.count())
        .select_from(QuizSlot)
        .join(QuizRevision)
        .join(CourseRevision, CourseRevision.id == QuizRevision.course_revision_id)
        .group_by(CourseRevision.state)
    ).all()
    assert drafts == [14, 14]  # the published revision keeps its own slots
