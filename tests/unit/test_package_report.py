"""`lms courses report` counts what packages hold, without a database, also where they have faults."""

import shutil
from pathlib import Path

import pytest

from assessments.package.figures import figures as figures_of_questions
from courses.package import describe, figures, read_folder
from courses.package.figures import words
from lms.hookspecs import PackageFigure
from lms.plugins import hooks
from tests.packages import FOLDER
from tests.unit.test_package_commands import lms

MINI = dict(read_folder(FOLDER / "MINI-1").files)


def cells(line):
    """Return the cells of a line of a table."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_report_needs_no_database_and_has_a_row_a_module(tmp_path):
    code, out, err = lms(
        "courses", "report", FOLDER / "MINI-1", FOLDER / "MINI-2", cwd=tmp_path, LMS_DATABASE_URL="nonsense"
    )

    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert cells(lines[0]) == [
        "course", "module", "words en", "words ru", "words ky", "sections",
        "slots", "questions", "levels", "least variants", "faults",
    ]  # fmt: skip
    assert [cells(line)[:2] for line in lines[2:]] == [
        ["MINI-1", "M1"],
        ["MINI-1", "M2"],
        ["MINI-1", "course, exam"],
        ["MINI-2", "M1"],
        ["MINI-2", "course, exam"],
    ]
    assert cells(lines[3])[5:] == ["2", "2", "4: TF 2, OR 2", "4: U 2, Ap 2", "2", "0"]
    assert cells(lines[5])[6:] == ["–", "–", "–", "–", "0"]
    assert list(tmp_path.iterdir()) == []


def test_faults_are_counted_where_they_are(tmp_path):
    folder = Path(shutil.copytree(FOLDER / "MINI-1", tmp_path / "MINI-1"))
    for name in ("M1/en.md", "course.yaml"):
        text = (folder / name).read_text()
        changed = text.replace("You lead", "Yоu lead").replace("format: 1", "format: 2")  # the о is Cyrillic
        (folder / name).write_text(changed)

    code, out, _err = lms("courses", "report", "MINI-1", cwd=tmp_path)

    assert code == 0
    assert [cells(line)[-1] for line in out.splitlines()[2:]] == ["1", "0", "1"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("## Three roles {#roles}\n\nYou lead.", 4),
        ("Ask [in 48 hours]{.verify L03} – or not.", 6),
        ("| Role | What |\n|---|---|\n| 1 | – |", 3),
        ("![Two roads](images/a.png) and [more](https://example.org)", 4),
        ("1. say–do *gap*\n- кызматкердин «иши»", 4),
        ("", 0),
    ],
)
def test_words_are_what_a_reader_sees(text, count):
    assert words(text) == count


def test_a_missing_text_is_shown_and_not_counted_as_nothing():
    files = {name: body for name, body in MINI.items() if name != "M1/ky.md"}

    assert PackageFigure("M1", "words ky", "–") in figures(describe(files))


@pytest.mark.parametrize(
    "body", ["", "slots: 3\n", "slots: [1, {questions: 2}, {questions: [3]}]\n", "- [\n"]
)
def test_what_cannot_be_read_is_not_counted(body):
    package = describe({**MINI, "M1/quiz.yaml": body.encode()})

    found = {figure.name: figure.value for figure in figures_of_questions(package) if figure.module == "M1"}

    assert (found["questions"], found["levels"], found["least variants"]) == ("0", "0", "0")


def test_other_plug_ins_add_their_columns_by_package_figures(in_app):
    answers = hooks().package_figures(package=describe(MINI))

    assert PackageFigure("M2", "least variants", "2") in [figure for answer in answers for figure in answer]
