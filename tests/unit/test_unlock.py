"""One more attempt, unlocked by the instructor with a reason."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from assessments import rules
from assessments.actions import attempts, staff
from assessments.models import Unlock
from assessments.queries import results, take
from lms import clock
from lms.audit import AuditEntry
from lms.db import db
from tests.unit.results_steps import CODE, QUIZ, REASON, assign, enrol, enrolment_id, sit
from tests.unit.test_attempts import count, start
from tests.unit.test_attempts_rules import FAILED, HOUR, NOON, OPEN, PASSED
from tests.unit.test_attempts_rules import QUIZ as POLICY


@pytest.mark.parametrize(
    ("tries", "unlocks", "hours", "may"),
    [
        ([], 0, 0, False),
        ([FAILED], 0, 0, False),  # the next one may start anyway
        ([OPEN], 0, 0, False),
        ([FAILED] * 2, 0, 1, True),  # a pause holds
        ([FAILED] * 2, 0, 25, False),
        ([FAILED] * 2, 1, 1, False),  # unlocked already
        ([FAILED] * 3, 0, 1, True),
        ([FAILED] * 3, 1, 1, False),
        ([FAILED] * 4, 1, 1, True),
        ([FAILED, PASSED], 0, 1, False),
    ],
)
def test_an_attempt_is_unlocked_when_none_is_left_or_a_pause_holds(tries, unlocks, hours, may):
    refusal = rules.may_unlock(POLICY, tries, unlocks, NOON + hours * HOUR)

    assert (refusal is None) is may


def test_what_is_unlocked_during_a_pause_starts_without_waiting():
    assert type(rules.may_start(POLICY, [FAILED] * 2, 0, NOON)) is rules.PauseHolds
    assert rules.may_start(POLICY, [FAILED] * 2, 1, NOON) is None


def use_up(officer_id: int) -> None:
    """Fail three times, each a week after the one before, the last one now."""
    now = clock.now()
    for days in (14, 7, 0):
        with time_machine.travel(now - timedelta(days=days)):
            sit(officer_id, right=4)


def line_of(person_id: int, officer_id: int) -> results.Line:
    """Return Aigul's line as the instructor finds it."""
    return results.line_or_404(results.quiz_or_404(person_id, CODE, "M1"), enrolment_id(officer_id))


def test_an_unlocked_attempt_is_audited_and_the_officer_may_start_it(in_app, cast):
    enrol(cast["aigul"])
    assign(cast["daniyar"])
    use_up(cast["aigul"])
    refused = take.quiz_or_404(cast["aigul"], CODE, "M1").refusal(clock.now())

    staff.unlock(line_of(cast["daniyar"], cast["aigul"]), reason=REASON, actor_id=cast["daniyar"])
    db.session.commit()

    assert type(refused) is rules.AttemptsUsedUp
    page = take.quiz_or_404(cast["aigul"], CODE, "M1")
    assert (page.left, page.refusal(clock.now())) == (1, None)
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "attempt.unlocked")).one()
    assert (entry.actor_id, entry.person_id, entry.reason) == (cast["daniyar"], cast["aigul"], REASON)
    assert entry.after == {"quiz": f"{CODE} M1", "number": 4, "cycle": 1}
    assert start(cast["aigul"]).number == 4


def test_unlocking_twice_is_refused_until_the_attempt_is_used(in_app, cast):
    enrol(cast["aigul"])
    assign(cast["daniyar"])
    use_up(cast["aigul"])
    staff.unlock(line_of(cast["daniyar"], cast["aigul"]), reason=REASON, actor_id=cast["daniyar"])

    with pytest.raises(rules.NothingToUnlock):
        staff.unlock(line_of(cast["daniyar"], cast["aigul"]), reason=REASON, actor_id=cast["daniyar"])

    assert count(Unlock) == 1


def test_an_unlock_during_an_attempt_is_refused(in_app, cast):
    enrol(cast["aigul"])
    assign(cast["daniyar"])
    attempts.start(take.quiz_or_404(cast["aigul"], CODE, "M1"))

    with pytest.raises(rules.NothingToUnlock):
        staff.unlock(line_of(cast["daniyar"], cast["aigul"]), reason=REASON, actor_id=cast["daniyar"])


@pytest.fixture
def unlock_page(app, cast):
    """Return the address of the page that unlocks an attempt of Aigul, who has none left."""
    with app.app_context():
        enrol(cast["aigul"])
        assign(cast["daniyar"])
        use_up(cast["aigul"])
        return f"{QUIZ}/officers/{enrolment_id(cast['aigul'])}/unlock"


def test_the_page_asks_for_the_reason_and_unlocks(app, unlock_page, browser_of):
    daniyar, aigul = browser_of("daniyar"), browser_of("aigul")

    asked = daniyar.get(unlock_page)
    without = daniyar.submit(unlock_page, {"reason": "short"})
    done = daniyar.submit(unlock_page, {"reason": REASON})

    assert [asked.status_code, without.status_code, done.status_code] == [200, 422, 303]
    assert ">short</textarea>" in without.text.replace("\r\n", "")
    assert REASON in daniyar.get(done.location).text
    assert aigul.submit(f"/quizzes/{CODE}/M1").status_code == 303
    with app.app_context():
        assert count(Unlock) == 1


def test_a_second_click_is_refused_by_name(app, unlock_page, browser_of):
    daniyar = browser_of("daniyar")
    daniyar.submit(unlock_page, {"reason": REASON})

    assert daniyar.submit(unlock_page, {"reason": REASON}).status_code == rules.NothingToUnlock.status
    assert daniyar.get(unlock_page).status_code == rules.NothingToUnlock.status
    with app.app_context():
        assert count(Unlock) == 1


@pytest.mark.parametrize(("key", "status"), [("kanat", 404), ("aigul", 403), ("gulnara", 403)])
def test_nobody_else_unlocks(app, unlock_page, browser_of, key, status):
    assert browser_of(key).submit(unlock_page, {"reason": REASON}).status_code == status
    with app.app_context():
        assert count(Unlock) == 0
