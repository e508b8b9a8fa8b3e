"""The author's preview shows the quizzes: every variant as officers see it, with key and feedback; the exam by module."""

import copy
import html
import re

import html5lib
import pytest
import sqlalchemy as sa

from assessments.models import QuizRevision, QuizSlot
from assessments.queries import preview
from courses.actions.packages import import_package
from courses.models import CourseRevision
from courses.package import read_folder
from courses.package.documents import dump_yaml, load_yaml
from courses.package.files import describe
from lms.db import db
from lms.plugins import hooks
from tests.packages import FOLDER
from tests.unit.results_steps import assign

COURSE = "/author/courses/MINI-1/preview"
MODULE = f"{COURSE}/M1"
MOST_STATEMENTS = 10  # of a page of an instructor


@pytest.fixture
def daniyar(app, cast, browser_of, mini_course):
    """Return the browser of the instructor of MINI-1, with pages in English."""
    with app.app_context():
        assign(cast["daniyar"])
    browser = browser_of("daniyar")
    browser.submit("/language", {"language": "en", "next": "/"})
    return browser


def import_draft(app, files):
    """Make a draft of the small course of these files."""
    with app.app_context():
        import_package(describe(files), actor_id=None)
        db.session.commit()


def words(page):
    """Return what a page says, without markup, from the heading of the quiz on."""
    panel = page.text.partition('id="preview-quiz">')[2].partition("</section>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", panel)).split())


def test_the_preview_of_a_module_shows_both_variants_with_key_and_feedback(daniyar):
    page = daniyar.get(MODULE)

    html5lib.HTMLParser(strict=True).parse(page.text)
    said = words(page)
    assert said.startswith("Quiz of module 1 Questions 8 Time 20 minutes Pass mark 70 % Attempts 3")
    first = said.partition("Slot 1")[2].partition("Slot 2")[0]
    answer = "Right: Command Right. Right. Wrong. Read again. Section to read again: M1#roles"
    options = "Choose one answer. Leadership Command Management None of them"
    assert (
        first.split()
        == (
            "Outcome lo1 Understand"
            f" Variant 1 m1-1a Question 1 Danger now. Which role? (1) {options} {answer}"
            f" Variant 2 m1-1b Question 1 Danger now. Which role? (2) {options} {answer}"
        ).split()
    )
    assert page.text.count("<fieldset disabled>") == 16
    assert f'href="{MODULE}#roles"' in page.text


@pytest.mark.parametrize(
    ("slot", "key"),
    [
        (2, "Right: Leadership Command Management Right."),
        (3, "Right: False Right."),
        (4, "Right: 72 hours Right."),
        (5, "Right: leadership, leader Right."),
        (6, "Right: Fire → Command Roster → Management Flood → Command Right."),
    ],
)
def test_the_key_of_every_type_is_in_words(daniyar, slot, key):
    shown = words(daniyar.get(MODULE)).partition(f"Slot {slot} ")[2].partition(f"Slot {slot + 1}")[0]

    assert shown.count(key) == 2


def test_an_ordering_stands_in_its_right_order_and_a_scenario_by_its_steps(app, mini_course):
    with app.app_context():
        revision_id = db.session.scalars(sa.select(CourseRevision.id)).one()
        with app.test_request_context():
            quiz = preview.find_quiz(revision_id, "M1")
        variants = {slot.variants[0].question.type: slot.variants[0] for slot in quiz.slots}
        keys = {
            variant.question.type: (variant.question.name, [choice.place for _said, choice in variant.pairs])
            for variant in (variants["ordering"], variants["scenario"])
        }
        bank = load_yaml((FOLDER / "MINI-1" / "M1" / "quiz.yaml").read_text(encoding="utf-8")).value

    questions = {
        slot["questions"][0]["type"]: (number, slot["questions"][0])
        for number, slot in enumerate(bank["slots"], 1)
    }
    number, ordering = questions["ordering"]
    assert keys["ordering"] == (f"q{number}v1", list(range(1, len(ordering["key"]) + 1)))
    number, scenario = questions["scenario"]
    steps = [list(step["options"]).index(step["key"]) + 1 for step in scenario["steps"]]
    assert keys["scenario"] == (f"q{number}v1", steps)


def test_a_tolerance_is_said(app, daniyar):
    found = read_folder(FOLDER / "MINI-1")
    # A copy: what was read once is kept for whoever reads the same text again.
    bank = copy.deepcopy(load_yaml(found.files["M1/quiz.yaml"].decode()).value)
    bank["slots"][3]["questions"][0]["tolerance"] = 0.5
    import_draft(app, {**found.files, "M1/quiz.yaml": dump_yaml(bank).encode()})

    assert words(daniyar.get(MODULE)).count("Right: 72 hours (as much as 0.5 more or less)") == 1


def test_the_preview_of_the_course_counts_the_slots_of_the_exam_by_module(app, daniyar):
    page = daniyar.get(COURSE)

    html5lib.HTMLParser(strict=True).parse(page.text)
    said = words(page)
    assert said.startswith("Final exam Questions ")
    with app.app_context():
        slots = db.session.scalars(
            sa.select(QuizSlot.module)
            .join(QuizRevision)
            .where(QuizSlot.quiz_revision_id == sa.select(sa.func.max(QuizRevision.id)).scalar_subquery())
        ).all()
        quiz = preview.find_quiz(db.session.scalars(sa.select(CourseRevision.id)).one(), None)
        counted = {module.code if module else None: count for module, count in quiz.counts}
    assert counted == {module: slots.count(module) for module in set(slots)}
    assert "<summary>All questions with key and feedback</summary>" in page.text
    assert "Variant 2" in said.partition("All questions with key and feedback")[2]


def test_in_russian_the_questions_are_russian(daniyar):
    daniyar.submit("/language", {"language": "ru", "next": "/"})

    assert "Сейчас опасность. Какая роль? (2)" in words(daniyar.get(MODULE))


@pytest.mark.parametrize("url", [COURSE, MODULE])
@pytest.mark.parametrize(("who", "status"), [("aigul", 403), ("gulnara", 403), ("kanat", 404)])
def test_nobody_but_an_instructor_of_the_course_reaches_the_key(browser_of, daniyar, who, status, url):
    assert browser_of(who).get(url).status_code == status


@pytest.mark.parametrize("url", [COURSE, MODULE])
def test_the_panel_costs_the_same_for_a_few_slots_as_for_all(app, daniyar, statements, url):
    files = dict(read_folder(FOLDER / "MINI-1").files)
    fewer = {
        name: dump_yaml({"slots": load_yaml(files[name].decode()).value["slots"][:count]}).encode()
        for name, count in (("M1/quiz.yaml", 2), ("exam.yaml", 3))
    }
    import_draft(app, {**files, "M1/en.md": files["M1/en.md"].replace(b"three ways", b"many ways")})
    with statements() as many:
        daniyar.get(url)
    import_draft(app, {**files, **fewer})

    with statements() as few:
        page = daniyar.get(url)

    assert len(re.findall("<h3>Slot ", page.text)) == (3 if url == COURSE else 2)
    assert (len(many), len(many) <= MOST_STATEMENTS) == (len(few), True)


def test_the_hook_preview_panels_answers_nothing_where_there_is_no_quiz(app, mini_course):
    with app.test_request_context():
        revision_id = db.session.scalars(sa.select(CourseRevision.id)).one()

        found = hooks().preview_panels(course_revision_id=revision_id, module="NONE")

    assert found == [[]]
