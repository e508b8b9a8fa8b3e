"""Fifty clients at the same moment, each a process of its own, against a site with several workers.

The unique constraints and the row locks of the database decide, so the answer is the same on both databases. Seen red
on planted bugs (PostgreSQL): without `uq_attempt_open` and the unique attempt number fifty starts gave four attempts;
without the lock on the attempt's row the slower submits ended in errors.
"""

import re
from collections.abc import Iterable
from typing import Any

import pytest
import sqlalchemy as sa

from assessments.actions import attempts
from assessments.models import Attempt
from assessments.queries import take
from certificates.models import Certificate
from courses.actions import learning
from courses.models import Completion, Enrolment
from lms.audit import AuditEntry
from lms.db import db
from tests.journeys.conftest import Site
from tests.packages import publish_package
from tests.unit.course_steps import attend, enrolled, grade, read_all
from tests.unit.test_attempts import right_answers, sit

MANY = 50


def count(model: Any, *conditions: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions)) or 0


def audited(*actions: str) -> dict[str, int]:
    found = db.session.execute(
        sa.select(AuditEntry.action, sa.func.count())
        .where(AuditEntry.action.in_(actions))
        .group_by(AuditEntry.action)
    )
    return {action: number for action, number in found}


def all_but_the_exam(officer_id: int, instructor_id: int) -> Enrolment:
    """Let an officer meet every requirement of MINI-1 but the final exam."""
    course_id = publish_package("MINI-1")
    enrolment = enrolled(officer_id, course_id)
    read_all(enrolment)
    attend(enrolment, instructor_id)
    grade(enrolment, instructor_id)
    for module in ("M1", "M2"):
        sit(officer_id, module)
    db.session.commit()
    return enrolment


def statuses(answers: Iterable[tuple[int, str]]) -> set[int]:
    return {status for status, _location in answers}


@pytest.mark.slow
def test_fifty_starts_give_one_attempt(site: Site) -> None:
    with site.app.app_context():
        all_but_the_exam(site.cast["aigul"], site.cast["daniyar"])
        before = count(Attempt)

    answers = site.post_at_once([("aigul", "/quizzes/MINI-1/exam", {})] * MANY)

    assert statuses(answers) == {303}
    assert len({location for _status, location in answers}) == 1
    with site.app.app_context():
        assert count(Attempt) == before + 1
        assert audited("attempt.started") == {"attempt.started": before + 1}


@pytest.mark.slow
def test_fifty_submits_give_one_score_one_completion_one_certificate(site: Site) -> None:
    with site.app.app_context():
        all_but_the_exam(site.cast["aigul"], site.cast["daniyar"])
        attempt = attempts.start(take.quiz_or_404(site.cast["aigul"], "MINI-1", take.EXAM))
        attempts.save(attempt, right_answers(attempt), language="ky")
        attempt_id = attempt.id
        db.session.commit()
        closed_before = audited("attempt.closed")["attempt.closed"]

    answers = site.post_at_once([("aigul", f"/attempts/{attempt_id}/finish", {})] * MANY)

    assert answers == [(303, f"/attempts/{attempt_id}/result")] * MANY
    with site.app.app_context():
        attempt = db.session.get_one(Attempt, attempt_id)
        assert (attempt.percent, attempt.passed, attempt.closed_how) == (100, True, "submitted")
        assert count(Completion) == 1
        assert count(Certificate) == 1
        assert audited("attempt.closed", "course.completed", "certificate.issued") == {
            "attempt.closed": closed_before + 1,
            "course.completed": 1,
            "certificate.issued": 1,
        }


@pytest.mark.slow
def test_six_officers_finish_at_the_same_moment_and_get_running_serial_numbers(site: Site) -> None:
    with site.app.app_context():
        course_id = publish_package("MINI-1")
        ready = []
        for key in ("aigul", "bakyt", "chinara", "nurbek", "salima", "timur"):
            enrolment = learning.enrol(site.cast[key], course_id, how="department", actor_id=None)
            db.session.commit()
            read_all(enrolment)
            attend(enrolment, site.cast["daniyar"])
            grade(enrolment, site.cast["daniyar"])
            for module in ("M1", "M2"):
                sit(site.cast[key], module)
            attempt = attempts.start(take.quiz_or_404(site.cast[key], "MINI-1", take.EXAM))
            attempts.save(attempt, right_answers(attempt), language="ky")
            ready.append((key, f"/attempts/{attempt.id}/finish", {}))
            db.session.commit()

    answers = site.post_at_once(ready)

    assert statuses(answers) == {303}
    with site.app.app_context():
        serials = sorted(db.session.scalars(sa.select(Certificate.serial)))
        numbers = [int(re.sub(r".*-", "", serial)) for serial in serials]
        assert numbers == list(range(1, len(ready) + 1))
