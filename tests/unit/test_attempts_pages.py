"""The officer's pages of a quiz: without a script, with it, and what others may not see."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from assessments.actions import attempts
from assessments.models import Attempt, QuestionReport
from assessments.queries import show, take
from lms import clock
from lms.db import db
from tests.unit.test_attempts import CODE, enrol, right_answers, start

QUIZ = f"/quizzes/{CODE}/M1"


@pytest.fixture
def aigul(app, cast, browser_of):
    """Return the browser of Aigul, who is enrolled in the small course."""
    with app.app_context():
        enrol(cast["aigul"])
    return browser_of("aigul")


def begin(browser) -> int:
    """Start an attempt; return its id."""
    response = browser.submit(QUIZ)
    assert response.status_code == 303
    return int(response.location.rsplit("/", 1)[1])


def fields(app, attempt_id: int, count: int = 8) -> dict[str, object]:
    """Return what a page sends when the first questions are answered right."""
    with app.app_context():
        attempt = db.session.get_one(Attempt, attempt_id)
        right = {change.position: change.answer for change in right_answers(attempt)}
        sent: dict[str, object] = {}
        for question in take.questions_of(attempt_id):
            sent[f"s{question.position}"] = str(question.saves)
            if question.position > count:
                continue
            view = show.view(question, typed=right[question.position])
            if view.value:
                sent[view.name] = view.value
            elif view.choices:
                sent[view.name] = [str(c.place) for c in view.choices if c.chosen]
            for row in view.rows:
                sent[f"{view.name}-{row.number}"] = [str(c.place) for c in row.choices if c.chosen]
        return sent


@pytest.mark.parametrize(
    ("module", "pause"), [("M1", "2-аракеттен кийин кийинкисин 24 сааттан"), ("exam", "кийинкисин 7 күндөн")]
)
def test_a_long_pause_is_given_in_days(aigul, module, pause):
    assert pause in aigul.get(f"/quizzes/{CODE}/{module}").text


def test_a_quiz_is_taken_without_a_script(app, aigul):
    attempt_id = begin(aigul)

    saved = aigul.submit(f"/attempts/{attempt_id}", {**fields(app, attempt_id), "go": "finish"})
    ask = aigul.get(saved.location)
    handed_in = aigul.submit(f"/attempts/{attempt_id}/finish")
    result = aigul.get(handed_in.location)

    assert [r.status_code for r in (saved, ask, handed_in, result)] == [303, 200, 303, 200]
    assert "100\u00a0%" in result.text
    assert result.text.count('class="answer-note answer-right"') == 8


def test_what_was_answered_stands_on_the_page_again(app, aigul):
    attempt_id = begin(aigul)
    aigul.submit(f"/attempts/{attempt_id}", {**fields(app, attempt_id), "go": "q3"})

    page = aigul.get(f"/attempts/{attempt_id}").text

    assert page.count('class="answered"') == 8
    with app.app_context():
        stored = {q.position: q.saves for q in take.questions_of(attempt_id)}
    assert stored == dict.fromkeys(range(1, 9), 1)
    assert {int(n): int(s) for n, s in re.findall(r'name="s(\d+)" value="(\d+)"', page)} == stored


def test_handing_in_says_how_many_questions_are_left_out(app, aigul):
    attempt_id = begin(aigul)
    aigul.submit(f"/attempts/{attempt_id}", fields(app, attempt_id, 5))

    page = aigul.get(f"/attempts/{attempt_id}/finish", headers={"Accept-Language": "en"}).text

    assert page.count("<li><a") - page.count('class="answered"') >= 3
    assert page.count('class="answered"') == 5


@pytest.mark.parametrize("way", ["", "/finish", "/result", "/questions/1/report"])
def test_somebody_elses_attempt_is_not_found(aigul, browser_of, way):
    attempt_id = begin(aigul)

    assert browser_of("bakyt").get(f"/attempts/{attempt_id}{way}").status_code == 404
    assert browser_of("daniyar").get(f"/attempts/{attempt_id}{way}").status_code == 403


def test_somebody_elses_attempt_takes_no_answers(app, aigul, browser_of):
    attempt_id = begin(aigul)
    bakyt = browser_of("bakyt")

    answers = [
        bakyt.submit(f"/attempts/{attempt_id}", fields(app, attempt_id)).status_code,
        bakyt.submit(f"/attempts/{attempt_id}/finish").status_code,
        send(bakyt, attempt_id, {"s1": ["0"]}).status_code,
    ]

    assert answers == [404, 404, 404]


def send(browser, attempt_id: int, body: object):
    """Send answers as the script does."""
    return browser.post(
        f"/attempts/{attempt_id}/answers", json=body, headers={"X-CSRFToken": browser.csrf_token()}
    )


def listed(app, attempt_id: int, position: int) -> dict[str, list[str]]:
    """Return the fields of one question as the script sends them."""
    sent = {}
    for name, value in fields(app, attempt_id).items():
        if re.fullmatch(rf"[qs]{position}(-\d+)?", name):
            sent[name] = value if isinstance(value, list) else [value]
    return sent


def test_the_script_saves_one_question_and_hears_its_number_of_saves(app, aigul):
    attempt_id = begin(aigul)

    answer = send(aigul, attempt_id, listed(app, attempt_id, 3))

    assert answer.status_code == 200
    assert answer.json["saves"] == {"3": 1}
    assert sorted(answer.json) == ["at", "left", "saves"]


def test_a_stale_save_of_the_script_is_refused(app, aigul):
    attempt_id = begin(aigul)
    sent = listed(app, attempt_id, 3)
    send(aigul, attempt_id, sent)

    answer = send(aigul, attempt_id, {"s3": ["0"]})

    assert (answer.status_code, sorted(answer.json)) == (409, ["advice", "error", "id"])


def test_a_stale_page_keeps_the_other_answers_and_says_which_was_refused(app, aigul):
    attempt_id = begin(aigul)
    send(aigul, attempt_id, listed(app, attempt_id, 3))
    page = {**fields(app, attempt_id), "s3": "0", "q3": "", "q3-1": "", "q3-2": "", "q3-3": ""}

    answer = aigul.submit(f"/attempts/{attempt_id}", page)

    assert answer.location.endswith(f"/attempts/{attempt_id}?page=1#q3")
    with app.app_context():
        assert [q.saves for q in take.questions_of(attempt_id)] == [1] * 8


@pytest.mark.parametrize(
    "body",
    [None, [], {"s1": "0"}, {"s1": ["0"], "q1": [7]}, {"s1": ["x"]}, "text"],
)
def test_what_no_page_sends_is_not_understood(aigul, body):
    attempt_id = begin(aigul)

    assert send(aigul, attempt_id, body).status_code == 400


def test_an_option_that_was_not_offered_is_refused(app, aigul):
    attempt_id = begin(aigul)
    with app.app_context():
        types = {q.question_revision.type: q.position for q in take.questions_of(attempt_id)}
    wrong = [
        {f"q{types['single_choice']}": ["5"]},
        {f"q{types['single_choice']}": ["0"]},
        {f"q{types['single_choice']}": ["b"]},
        {f"q{types['true_false']}": ["3"]},
        {f"q{types['multiple_response']}": ["1", "6"]},
        {f"q{types['matching']}-1": ["4"]},
        {f"q{types['ordering']}-1": ["4"]},
        {f"q{types['scenario']}-2": ["5"]},
    ]

    answers = []
    for body in wrong:
        position = re.match(r"q(\d+)", next(iter(body)))[1]
        answers.append(send(aigul, attempt_id, {**body, f"s{position}": ["0"]}).status_code)

    assert answers == [400] * len(wrong)


def test_text_where_a_number_is_asked_is_refused_and_kept_on_the_page(app, aigul):
    attempt_id = begin(aigul)
    with app.app_context():
        types = {q.question_revision.type: q.position for q in take.questions_of(attempt_id)}
    position = types["numeric"]
    page = {**fields(app, attempt_id), f"q{position}": "three days"}

    answer = aigul.submit(f"/attempts/{attempt_id}", page)
    by_script = send(aigul, attempt_id, {f"s{position}": ["0"], f"q{position}": ["three days"]})

    assert (answer.status_code, by_script.status_code) == (422, 422)
    assert 'value="three days"' in answer.text
    with app.app_context():
        assert [q.position for q in take.questions_of(attempt_id) if q.answer is None] == [position]


def test_after_the_time_the_page_leads_to_the_result(app, aigul):
    attempt_id = begin(aigul)
    aigul.submit(f"/attempts/{attempt_id}", fields(app, attempt_id, 6))

    with time_machine.travel(clock.now() + timedelta(minutes=22), tick=False):
        late = send(aigul, attempt_id, listed(app, attempt_id, 8))
        page = aigul.get(f"/attempts/{attempt_id}")
        result = aigul.get(page.location)

    assert (late.status_code, page.status_code, result.status_code) == (410, 303, 200)
    with app.app_context():
        kept = db.session.get_one(Attempt, attempt_id)
        assert (kept.closed_how, kept.percent) == ("deadline", 75)


def test_a_late_page_without_a_script_closes_the_attempt(app, aigul):
    attempt_id = begin(aigul)
    page = fields(app, attempt_id)

    with time_machine.travel(clock.now() + timedelta(minutes=22), tick=False):
        answer = aigul.submit(f"/attempts/{attempt_id}", page)

    assert answer.location == f"/attempts/{attempt_id}/result"
    with app.app_context():
        assert db.session.get_one(Attempt, attempt_id).percent == 0


def test_before_release_the_result_names_sections_and_no_answers(app, aigul):
    attempt_id = begin(aigul)
    aigul.submit(f"/attempts/{attempt_id}", fields(app, attempt_id, 4))
    aigul.submit(f"/attempts/{attempt_id}/finish")

    page = aigul.get(f"/attempts/{attempt_id}/result").text

    assert "50\u00a0%" in page
    assert 'class="answer-note' not in page
    assert f"/courses/{CODE}/M1/" in page


def test_a_switch_of_language_changes_nothing_of_the_attempt(app, cast, aigul):
    attempt_id = begin(aigul)
    aigul.submit(f"/attempts/{attempt_id}", fields(app, attempt_id))
    places = re.compile(r'<input type="(?:radio|checkbox)"[^>]*>|<option value="\d*"(?: selected)?')
    before = places.findall(aigul.get(f"/attempts/{attempt_id}").text)

    aigul.submit("/language", {"language": "ru", "next": f"/attempts/{attempt_id}"})
    page = aigul.get(f"/attempts/{attempt_id}").text

    assert '<html lang="ru">' in page
    assert "Расположите шаги по порядку" in page
    assert places.findall(page) == before


def test_a_faulty_question_is_reported_once(app, aigul):
    attempt_id = begin(aigul)
    url = f"/attempts/{attempt_id}/questions/2/report"

    empty = aigul.submit(url, {"text": " "})
    answers = [aigul.submit(url, {"text": "Two answers are right."}) for _ in range(2)]

    assert empty.status_code == 422
    assert [a.location for a in answers] == [f"/attempts/{attempt_id}?page=1#q2"] * 2
    with app.app_context():
        assert db.session.scalars(sa.select(QuestionReport.text)).all() == ["Two answers are right."]


@pytest.mark.parametrize("done", [1, 3])
def test_pages_cost_the_same_few_statements(app, cast, aigul, statements, done):
    with app.app_context():
        for number in range(done):
            with time_machine.travel(clock.now() + timedelta(hours=25 * number)):
                attempt = start(cast["aigul"])
                attempts.save(attempt, right_answers(attempt)[:2], language="ky")
                attempts.submit(attempt)
                db.session.commit()
        closed = attempt.id
    counts = {}
    for name, url in (("quiz", QUIZ), ("result", f"/attempts/{closed}/result")):
        aigul.get(url)
        with statements() as ran:
            assert aigul.get(url).status_code == 200
        counts[name] = sum(not text.startswith("BEGIN") for text in ran.texts)
    if done == 1:
        attempt_id = begin(aigul)
        for name, url in (
            ("attempt", f"/attempts/{attempt_id}"),
            ("finish", f"/attempts/{attempt_id}/finish"),
        ):
            with statements() as ran:
                assert aigul.get(url).status_code == 200
            counts[name] = sum(not text.startswith("BEGIN") for text in ran.texts)

    expected = {"quiz": 6, "result": 9, "attempt": 4, "finish": 4}
    assert counts == {name: expected[name] for name in counts}
