"""The instructor's pages: results of quizzes and officers, questions, attempts as officers saw them."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from assessments import rules
from assessments.actions import attempts, staff
from assessments.models import Attempt, TimeFactor
from assessments.queries import results, take
from lms import clock
from lms.db import db
from tests.unit.results_steps import CODE, QUIZ, REASON, assign, enrol, enrolment_id, sit
from tests.unit.test_attempts import right_answers, start

LANGUAGE = {"Accept-Language": "en"}


@pytest.fixture
def daniyar(app, cast, browser_of):
    """Return the browser of Daniyar, whose course Aigul passed and Nurbek failed; Salima has not tried."""
    with app.app_context():
        for key in ("aigul", "nurbek", "salima"):
            enrol(cast[key])
        assign(cast["daniyar"])
        sit(cast["aigul"], right=4)
        sit(cast["aigul"])
        sit(cast["nurbek"], right=2)
    return speaking(browser_of("daniyar"))


def speaking(browser, language: str = "en"):
    """Choose the language of the interface."""
    browser.submit("/language", {"language": language, "next": "/"})
    return browser


def cells(page: str) -> list[list[str]]:
    """Return the words of the cells of the rows of the first table."""
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.S)
    assert body, page
    return [
        [
            " ".join(re.sub(r"<[^>]*>", " ", cell).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", body[1], re.S)
    ]


def test_the_course_tells_who_tried_who_passed_and_the_mean_of_the_best(daniyar):
    quiz, other, exam = cells(daniyar.get(f"/results/{CODE}").text)

    assert quiz[1:4] == ["2", "1", "62 %"]  # the mean of 100 and 25, rounded down
    assert other[1:4] == exam[1:4] == ["0", "0", "–"]


def test_the_quiz_lists_every_officer_with_attempts_best_score_and_state(daniyar):
    rows = cells(daniyar.get(QUIZ).text)

    assert sorted(row[1:] for row in rows) == [
        ["Not passed", "1 of 3", "25 %"],
        ["Not tried yet", "0 of 3", "–"],
        ["Passed", "2 of 3", "100 %"],
    ]


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("", ["aigul", "nurbek", "salima"]),
        ("not_tried", ["salima"]),
        ("passed", ["aigul"]),
        ("not_passed", ["nurbek"]),
        ("under_way", []),
        ("used_up", []),
    ],
)
def test_officers_are_found_by_state(app, cast, daniyar, state, found):
    with app.app_context():
        quiz = results.quiz_or_404(cast["daniyar"], CODE, "M1")
        page = results.lines_page(quiz, 1, state=state)

        assert sorted(line.officer.id for line in page.rows) == sorted(cast[key] for key in found)
        assert page.total == len(found)


def test_officers_whose_attempts_are_used_up_are_found_until_one_is_unlocked(app, cast, daniyar):
    with app.app_context():
        for days in (2, 4):
            with time_machine.travel(clock.now() + timedelta(days=days)):
                sit(cast["nurbek"], right=2)
        quiz = results.quiz_or_404(cast["daniyar"], CODE, "M1")

        lines = results.lines_page(quiz, 1, state="used_up").rows

        assert [line.officer.id for line in lines] == [cast["nurbek"]]
        assert lines[0].state(clock.now()) == "used_up"
        staff.unlock(lines[0], reason=REASON, actor_id=cast["daniyar"])
        assert results.lines_page(quiz, 1, state="used_up").rows == []


def test_officers_are_found_by_name_or_number(daniyar):
    rows = cells(daniyar.get(f"{QUIZ}?name=асанова").text)
    number = rows[0][0].split()[-1]

    assert len(rows) == 1
    assert cells(daniyar.get(f"{QUIZ}?name={number}").text) == rows
    assert "Nobody found" in daniyar.get(f"{QUIZ}?name=nobody").text


def test_an_officer_who_withdrew_is_not_counted(app, cast, daniyar):
    with app.app_context():
        db.session.execute(
            sa.text("UPDATE enrolment SET withdrawn_at = enrolled_at WHERE officer_id = :id"),
            {"id": cast["nurbek"]},
        )
        db.session.commit()

    assert cells(daniyar.get(f"/results/{CODE}").text)[0][1:4] == ["1", "1", "100 %"]
    assert len(cells(daniyar.get(QUIZ).text)) == 2


def test_questions_are_listed_the_weakest_first_and_never_asked_ones_last(app, cast, daniyar):
    with app.app_context():
        quiz = results.quiz_or_404(cast["daniyar"], CODE, "M1")
        rows = results.questions_page(quiz, 1).rows

    asked = [row for row in rows if row.asked]
    assert sum(row.asked for row in asked) == 3 * 8
    assert rows[: len(asked)] == asked
    assert [row.mean_share for row in asked] == sorted(row.mean_share for row in asked)
    assert sum(row.whole for row in asked) == 4 + 8 + 2


def test_an_attempt_is_shown_in_the_order_and_with_the_answers_of_the_officer(app, cast, daniyar, browser_of):
    with app.app_context():
        closed = db.session.scalars(
            sa.select(Attempt).where(Attempt.officer_id == cast["aigul"], Attempt.number == 2)
        ).one()
        attempt_id = closed.id
    own = speaking(browser_of("aigul")).get(f"/attempts/{attempt_id}/result").text

    page = daniyar.get(f"/results/{CODE}/attempts/{attempt_id}").text

    def questions(text: str) -> list[str]:
        found = re.findall(r'class="question-text" id="q\d+-text">(.*?)</h\d>', text, re.S)
        return [" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in found]

    def options(text: str) -> list[str]:
        items = re.findall(r"<li>(.*?)(?: <strong>– .*?</strong>)?</li>", text.split("question-text", 1)[1])
        return [item for item in items if "href" not in item]

    assert questions(page) == questions(own)
    assert len(questions(page)) == 8
    assert options(page) == options(own)
    assert page.count('class="answer-note answer-right"') == 8


def test_an_attempt_under_way_shows_no_questions(app, cast, daniyar):
    with app.app_context():
        attempt_id = start(cast["salima"]).id

    page = daniyar.get(f"/results/{CODE}/attempts/{attempt_id}")

    assert page.status_code == 200
    assert 'class="question"' not in page.text
    assert cells(daniyar.get(f"{QUIZ}?state=under_way").text)[0][1:] == ["Under way", "1 of 3", "–"]


@pytest.mark.parametrize(("minutes", "closed"), [(21, False), (59, False), (61.1, True)])
def test_looking_at_an_open_attempt_closes_it_only_when_nobody_could_have_time_left(
    app, cast, daniyar, minutes, closed
):
    """Sooner, the page would tell who has extra time."""
    with app.app_context():
        attempt_id = start(cast["salima"]).id
        begun = db.session.get_one(Attempt, attempt_id).started_at

    with time_machine.travel(begun + timedelta(minutes=minutes)):
        daniyar.get(f"/results/{CODE}/attempts/{attempt_id}")

    with app.app_context():
        assert (db.session.get_one(Attempt, attempt_id).closed_at is not None) is closed


def test_the_same_attempt_with_and_without_extra_time_looks_the_same_to_the_instructor(app, cast, daniyar):
    """Both save at half of their own time and hand in at its end; the days, the seed and the answers are the same."""
    with app.app_context():
        db.session.add(
            TimeFactor(
                officer_id=cast["salima"],
                percent=150,
                reason="Order 12",
                from_on=clock.today() - timedelta(days=2),
                granted_by_id=cast["gulnara"],
            )
        )
        enrol(cast["timur"])
        pages = []
        noon = clock.now().replace(hour=6, minute=0, second=0)
        for key in ("salima", "timur"):
            with time_machine.travel(noon, tick=False):
                attempt = attempts.start(take.quiz_or_404(cast[key], CODE, "M1"), seed=7)
                whole = attempt.deadline_at - attempt.started_at
            with time_machine.travel(noon + whole / 2, tick=False):
                attempts.save(attempt, right_answers(attempt), language="ky")
            with time_machine.travel(noon + whole, tick=False):
                attempts.submit(attempt)
            db.session.commit()
            pages.append((attempt.id, whole, enrolment_id(cast[key])))

    assert [whole for _id, whole, _enrolment in pages] == [timedelta(minutes=30), timedelta(minutes=20)]
    shown = []
    for (attempt_id, _whole, enrolment), key in zip(pages, ("salima", "timur"), strict=True):
        attempt_page = daniyar.get(f"/results/{CODE}/attempts/{attempt_id}").text
        officer_page = daniyar.get(f"{QUIZ}/officers/{enrolment}").text
        text = attempt_page + officer_page
        with app.app_context():
            name, number = db.session.execute(
                sa.text("SELECT family_name, service_number FROM person WHERE id = :id"), {"id": cast[key]}
            ).one()
        assert name in text
        full = re.search(r"<h1>(.*?)</h1>", officer_page)
        assert full
        for own in (full[1], number, f"attempts/{attempt_id}", f"officers/{enrolment}"):
            text = text.replace(own, "…")
        shown.append(re.sub(r'name="csrf_token" value="[^"]*"', "", text))
    assert shown[0] == shown[1]
    assert "50\u00a0%" in shown[0]


@pytest.mark.parametrize(("after", "percent"), [(-1, 0), (0, 0), (5, 25), (20, 100), (20.9, 100)])
def test_the_time_used_is_a_share_of_the_own_time(after, percent):
    noon = clock.now()

    used = rules.time_used(noon, noon + timedelta(minutes=20), noon + timedelta(minutes=after))

    assert used == percent


def test_somebody_elses_course_is_not_found(app, cast, daniyar, browser_of):
    with app.app_context():
        attempt_id = db.session.scalars(sa.select(Attempt.id)).first()
        enrolment = enrolment_id(cast["aigul"])
    ways = (
        f"/results/{CODE}",
        QUIZ,
        f"{QUIZ}/questions",
        f"{QUIZ}/officers/{enrolment}",
        f"{QUIZ}/officers/{enrolment}/unlock",
        f"/results/{CODE}/attempts/{attempt_id}",
        f"/results/{CODE}/reports",
    )

    kanat, aigul = browser_of("kanat"), browser_of("aigul")

    assert [kanat.get(way).status_code for way in ways] == [404] * len(ways)
    assert [aigul.get(way).status_code for way in ways] == [403] * len(ways)
    assert CODE not in kanat.get("/results").text
    assert CODE in daniyar.get("/results").text


@pytest.mark.parametrize(
    "way", [f"/results/{CODE}/M9", f"/results/{CODE}/attempts/999", f"{QUIZ}/officers/999"]
)
def test_what_the_course_has_not_is_not_found(daniyar, way):
    assert daniyar.get(way).status_code == 404


def test_pages_cost_the_same_for_one_officer_and_for_three(app, cast, daniyar, statements):
    with app.app_context():
        attempt_id = db.session.scalars(
            sa.select(Attempt.id).where(Attempt.officer_id == cast["aigul"])
        ).first()
        ways = [
            "/results",
            f"/results/{CODE}",
            QUIZ,
            f"{QUIZ}/questions",
            f"{QUIZ}/officers/{enrolment_id(cast['aigul'])}",
            f"/results/{CODE}/attempts/{attempt_id}",
            f"/results/{CODE}/reports",
        ]

    def costs() -> list[int]:
        found = []
        for way in ways:
            daniyar.get(way)
            with statements() as ran:
                daniyar.get(way)
            found.append(len(ran))
        return found

    before = costs()
    with app.app_context():
        for key in ("timur", "bakyt"):
            enrol(cast[key])
            sit(cast[key], right=3)

    assert costs() == before
    assert max(before) <= 10
