"""Reports of questions: the officer writes, the instructor of the course answers, the officer reads it."""

import pytest
import sqlalchemy as sa

from assessments.models import QuestionReport
from lms.audit import AuditEntry
from lms.db import db
from tests.unit.results_steps import CODE, assign, enrol, sit
from tests.unit.test_attempts import count

TEXT = "Two of the answers are right."
ANSWER = "Thank you, the next revision has one right answer."
REPORTS = f"/results/{CODE}/reports"


@pytest.fixture
def reported(app, cast, browser_of):
    """Return the id of the attempt in which Aigul reported the second question."""
    with app.app_context():
        enrol(cast["aigul"])
        assign(cast["daniyar"])
        attempt_id = sit(cast["aigul"], right=4).id
    browser_of("aigul").submit(f"/attempts/{attempt_id}/questions/2/report", {"text": TEXT})
    return attempt_id


def report_page(app) -> str:
    """Return the address of the only report."""
    with app.app_context():
        return f"{REPORTS}/{db.session.scalars(sa.select(QuestionReport.id)).one()}"


def test_the_instructor_finds_and_answers_a_report_and_the_officer_reads_the_answer(
    app, cast, reported, browser_of
):
    daniyar, aigul = browser_of("daniyar"), browser_of("aigul")
    address = report_page(app)
    before = aigul.get(f"/attempts/{reported}/result").text

    listed = daniyar.get(REPORTS).text
    page = daniyar.get(address)
    done = daniyar.submit(address, {"text": ANSWER})

    assert (TEXT in listed, f'href="{address}"' in listed) == (True, True)
    assert (page.status_code, done.status_code) == (200, 303)
    assert TEXT in page.text
    assert TEXT not in daniyar.get(REPORTS).text
    assert TEXT in daniyar.get(f"{REPORTS}?state=answered").text
    assert (ANSWER in before, ANSWER in aigul.get(f"/attempts/{reported}/result").text) == (False, True)
    with app.app_context():
        entry = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "question.report_answered")
        ).one()
        assert (entry.actor_id, entry.person_id) == (cast["daniyar"], cast["aigul"])


def test_a_report_is_answered_once(app, reported, browser_of):
    daniyar = browser_of("daniyar")
    address = report_page(app)
    daniyar.submit(address, {"text": ANSWER})

    again = daniyar.submit(address, {"text": "Something else."})

    assert again.status_code == 409
    assert ANSWER in daniyar.get(address).text
    with app.app_context():
        assert count(AuditEntry, action="question.report_answered") == 1


def test_an_empty_answer_is_refused(app, reported, browser_of):
    assert browser_of("daniyar").submit(report_page(app), {"text": " "}).status_code == 422


def test_the_course_says_how_many_reports_wait(app, reported, browser_of):
    daniyar = browser_of("daniyar")
    waiting = [REPORTS in daniyar.get(way).text for way in ("/results",)]
    daniyar.submit(report_page(app), {"text": ANSWER})

    assert (waiting, REPORTS in daniyar.get("/results").text) == ([True], False)


@pytest.mark.parametrize(("key", "status"), [("kanat", 404), ("aigul", 403), ("gulnara", 403), (None, 302)])
def test_nobody_else_reads_reports(app, reported, browser_of, key, status):
    browser = browser_of(key)

    assert [browser.get(way).status_code for way in (REPORTS, report_page(app))] == [status] * 2


def test_a_report_of_another_course_is_not_found(reported, browser_of):
    assert browser_of("daniyar").get(f"{REPORTS}/999").status_code == 404
