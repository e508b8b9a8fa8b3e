"""An attempt: started once, saved answer by answer, closed and graded once."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from click.testing import CliRunner
from flask_babel import force_locale

from assessments import rules
from assessments.actions import attempts
from assessments.actions.attempts import Change
from assessments.commands import assessments as command
from assessments.demonstration import right_answer
from assessments.models import Attempt, AttemptQuestion, QuestionKey, TimeFactor, Unlock
from assessments.queries import requirements, take
from courses.actions import learning, records
from courses.models import Completion, Enrolment
from courses.queries.outline import outline_of
from lms import clock
from lms.audit import AuditEntry
from lms.db import db
from tests.packages import publish_package

CODE = "MINI-1"


def enrol(officer_id: int) -> Enrolment:
    """Enrol an officer in the small course."""
    course_id = db.session.scalars(sa.text("SELECT id FROM course")).first() or publish_package(CODE)
    enrolment = learning.enrol(officer_id, course_id, how="self", actor_id=officer_id)
    db.session.commit()
    return enrolment


def start(officer_id: int, module: str = "M1") -> Attempt:
    """Start an attempt, or go on with the one under way."""
    attempt = attempts.start(take.quiz_or_404(officer_id, CODE, module))
    db.session.commit()
    return attempt


def right_answers(attempt: Attempt) -> list[Change]:
    """Return changes that answer every question right."""
    return [
        Change(q.position, right_answer(q.question_revision.type, q.question_revision.key.key), q.saves)
        for q in take.questions_of(attempt.id, with_key=True)
    ]


def sit(officer_id: int, module: str = "M1", right: int | None = None) -> Attempt:
    """Take a quiz with so many right answers (none: all) and hand in."""
    attempt = start(officer_id, module)
    attempts.save(attempt, right_answers(attempt)[:right], language="ky")
    attempts.submit(attempt)
    db.session.commit()
    return attempt


def count(model: Any, **values: Any) -> int:
    """Return how many rows have the values."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).filter_by(**values)) or 0


def test_starting_draws_every_slot_once_and_sets_the_deadline(in_app, cast):
    enrol(cast["aigul"])

    attempt = start(cast["aigul"])

    questions = take.questions_of(attempt.id)
    assert [q.position for q in questions] == list(range(1, 9))
    assert len({q.slot_id for q in questions}) == 8
    assert (attempt.number, attempt.deadline_at - attempt.started_at) == (1, timedelta(minutes=20))
    assert count(AuditEntry, action="attempt.started", subject_id=str(attempt.id)) == 1


def test_an_attempt_begins_the_course(in_app, cast):
    enrolment = enrol(cast["aigul"])
    assert enrolment.begun_at is None

    attempt = start(cast["aigul"])

    assert enrolment.begun_at is not None
    assert enrolment.begun_at >= attempt.started_at


def test_starting_twice_goes_on_with_the_same_attempt(in_app, cast):
    enrol(cast["aigul"])

    assert start(cast["aigul"]).id == start(cast["aigul"]).id


def test_the_slower_of_two_starts_gets_the_attempt_of_the_faster(in_app, cast):
    enrol(cast["aigul"])
    pages = [take.quiz_or_404(cast["aigul"], CODE, "M1") for _ in range(3)]

    ids = {attempts.start(page).id for page in pages}

    assert len(ids) == count(Attempt) == count(AuditEntry, action="attempt.started") == 1


def test_nobody_starts_without_being_enrolled(in_app, cast):
    enrol(cast["aigul"])

    with pytest.raises(Exception, match="404"):
        take.quiz_or_404(cast["bakyt"], CODE, "M1")


def test_a_time_factor_lengthens_the_attempt(in_app, cast):
    enrol(cast["aigul"])
    db.session.add(
        TimeFactor(
            officer_id=cast["aigul"],
            percent=150,
            reason="Order 12",
            from_on=clock.today(),
            granted_by_id=cast["gulnara"],
        )
    )

    attempt = start(cast["aigul"])

    assert attempt.deadline_at - attempt.started_at == timedelta(minutes=30)


def test_answers_are_saved_one_by_one_with_the_language_they_were_given_in(in_app, cast):
    enrol(cast["aigul"])
    attempt = start(cast["aigul"])
    changes = right_answers(attempt)

    attempts.save(attempt, changes[:1], language="ky")
    saved = attempts.save(attempt, changes[1:2], language="ru")

    assert (saved.saves, saved.stale) == ({2: 1}, [])
    stored = [(q.saves, q.language, q.answer is not None) for q in take.questions_of(attempt.id)[:3]]
    assert stored == [(1, "ky", True), (1, "ru", True), (0, None, False)]


def test_a_stale_save_of_one_question_is_refused_and_the_others_are_kept(in_app, cast):
    enrol(cast["aigul"])
    attempt = start(cast["aigul"])
    first, second, *_rest = right_answers(attempt)
    attempts.save(attempt, [first], language="ky")

    saved = attempts.save(attempt, [Change(1, None, 0), second], language="ky")

    assert (saved.saves, saved.stale) == ({2: 1}, [1])
    assert take.questions_of(attempt.id)[0].answer == first.answer


def test_saving_the_same_answer_again_changes_nothing(in_app, cast):
    enrol(cast["aigul"])
    attempt = start(cast["aigul"])
    change = right_answers(attempt)[0]

    results = [attempts.save(attempt, [change], language="ky") for _ in range(2)]

    assert [(r.saves, r.stale) for r in results] == [({1: 1}, []), ({1: 1}, [])]


@pytest.mark.parametrize(("late", "kept"), [(0, True), (59, True), (61, False)])
def test_a_save_counts_until_a_minute_after_the_deadline(in_app, cast, late, kept):
    enrol(cast["aigul"])
    attempt = start(cast["aigul"])
    change = right_answers(attempt)[0]

    with time_machine.travel(attempt.deadline_at + timedelta(seconds=late), tick=False):
        try:
            attempts.save(attempt, [change], language="ky")
        except rules.AttemptClosed:
            assert not kept

    assert (take.questions_of(attempt.id)[0].answer == change.answer) is kept


def test_handing_in_twice_gives_one_result(in_app, cast):
    enrol(cast["aigul"])
    attempt = sit(cast["aigul"])

    again = attempts.submit(attempt)

    assert (again.id, again.percent, again.passed, again.closed_how) == (attempt.id, 100, True, "submitted")
    assert count(AuditEntry, action="attempt.closed") == 1
    assert {q.share for q in take.questions_of(attempt.id)} == {1}


def test_a_closed_attempt_takes_no_answer(in_app, cast):
    enrol(cast["aigul"])
    attempt = sit(cast["aigul"], right=2)

    with pytest.raises(rules.AttemptClosed):
        attempts.save(attempt, [Change(5, None, 0)], language="ky")


def test_the_database_refuses_to_change_a_closed_attempt(in_app, cast):
    enrol(cast["aigul"])
    sit(cast["aigul"])

    with pytest.raises(sa.exc.DBAPIError, match="a closed attempt never changes"):
        db.session.execute(sa.update(AttemptQuestion).values(share=0))


def test_an_attempt_left_open_is_closed_with_what_was_saved(in_app, cast):
    enrol(cast["aigul"])
    attempt = start(cast["aigul"])
    attempts.save(attempt, right_answers(attempt)[:6], language="ky")
    db.session.commit()

    with time_machine.travel(attempt.deadline_at + timedelta(seconds=61), tick=False):
        closed_now = attempts.close_overdue_on_read(attempt)

    kept = db.session.get_one(Attempt, attempt.id)
    assert (closed_now, kept.closed_how, kept.percent, kept.passed) == (True, "deadline", 75, True)
    assert count(AuditEntry, action="attempt.closed", actor_id=None) == 1


def test_the_command_closes_what_is_overdue_and_nothing_else(app, cast):
    with app.app_context():
        enrol(cast["aigul"])
        enrol(cast["nurbek"])
        overdue = start(cast["aigul"]).id
    with time_machine.travel(clock.now() + timedelta(minutes=21, seconds=30), tick=False):
        with app.app_context():
            going = start(cast["nurbek"]).id
        with app.app_context():
            result = CliRunner().invoke(command, ["close-overdue"])

    assert result.output.splitlines()[-1] == "Closed: 1."
    with app.app_context():
        closed = {a.id: a.closed_how for a in db.session.scalars(sa.select(Attempt))}
        assert closed == {overdue: "deadline", going: None}


def test_starting_again_closes_the_overdue_attempt_first(in_app, cast):
    enrol(cast["aigul"])
    first = start(cast["aigul"])

    with time_machine.travel(first.deadline_at + timedelta(hours=1), tick=False):
        second = start(cast["aigul"])

    closed = db.session.get_one(Attempt, first.id)
    assert (closed.closed_how, closed.percent, second.number) == ("deadline", 0, 2)


def test_the_pause_and_the_number_of_attempts_hold_until_an_unlock(in_app, cast):
    enrol(cast["aigul"])
    sit(cast["aigul"], right=1)
    sit(cast["aigul"], right=1)

    with pytest.raises(rules.PauseHolds):
        start(cast["aigul"])
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        third = sit(cast["aigul"], right=1)
        with pytest.raises(rules.AttemptsUsedUp):
            start(cast["aigul"])
        db.session.add(
            Unlock(
                officer_id=cast["aigul"],
                quiz_id=third.quiz_id,
                cycle=1,
                reason="Was ill",
                given_at=clock.now(),
                given_by_id=cast["daniyar"],
            )
        )
        fourth = sit(cast["aigul"])

    assert (fourth.number, fourth.passed) == (4, True)
    with pytest.raises(rules.AlreadyPassed):
        start(cast["aigul"])


def test_a_second_attempt_asks_other_variants(in_app, cast):
    enrol(cast["aigul"])

    asked = [
        {q.question_revision_id for q in take.questions_of(sit(cast["aigul"], right=0).id)} for _ in range(2)
    ]

    assert asked[0] & asked[1] == set()


def test_the_exam_draws_as_many_questions_as_its_policy_says(in_app, cast):
    enrol(cast["aigul"])

    assert len(take.questions_of(start(cast["aigul"], "exam").id)) == 3


def test_leaving_and_coming_back_gives_no_new_attempts(in_app, cast):
    enrolment = enrol(cast["aigul"])
    sit(cast["aigul"], right=1)
    learning.withdraw(enrolment, "", cast["aigul"])
    enrol(cast["aigul"])

    attempt = sit(cast["aigul"])

    assert attempt.number == 2


def test_the_requirements_say_in_words_how_each_quiz_stands(in_app, cast):
    enrolment = enrol(cast["aigul"])
    revision_id = enrolment.course_revision_id
    sit(cast["aigul"], "M1")
    sit(cast["aigul"], "M2", right=1)
    start(cast["aigul"], "exam")

    with in_app.test_request_context(), force_locale("en"):
        found = requirements.of_assessments(revision_id, [enrolment.id])[enrolment.id]

    assert [(r.key, r.met, r.score, r.detail.replace("\u00a0", " "), r.url) for r in found] == [
        ("quiz:M1", True, 100, "Passed with 100 %", f"/quizzes/{CODE}/M1"),
        ("quiz:M2", False, 50, "Best so far 50 %, 70 % needed", f"/quizzes/{CODE}/M2"),
        ("exam", False, None, "An attempt is under way", f"/quizzes/{CODE}/exam"),
    ]


def test_requirements_cost_the_same_for_one_and_for_many(in_app, cast, statements):
    enrolments = [enrol(cast[key]) for key in ("aigul", "nurbek", "timur")]
    for key in ("aigul", "nurbek", "timur"):
        sit(cast[key], right=1)
    revision_id = enrolments[0].course_revision_id
    counts = []

    for asked in (enrolments[:1], enrolments):
        ids = [enrolment.id for enrolment in asked]
        with statements() as ran:
            found = requirements.of_assessments(revision_id, ids)
        counts.append((len(ran), len(found)))

    assert counts[0][0] == counts[1][0]
    assert [asked for _ran, asked in counts] == [1, 3]


def test_the_last_quiz_completes_the_course_once(in_app, cast):
    enrolment = enrol(cast["aigul"])
    for module in outline_of(enrolment.course_revision).modules:
        for section in module.sections:
            learning.mark_read(enrolment, module.id, section)
    day = {"comment": "", "actor_id": cast["daniyar"]}
    records.record_attendance({enrolment.id: True}, day=1, held_on=clock.today(), **day)
    records.grade_task([enrolment.id], "plan", records.Points(4, 4, 4, 4), graded_on=clock.today(), **day)
    sit(cast["aigul"], "M1")
    sit(cast["aigul"], "M2")

    before = count(Completion, enrolment_id=enrolment.id)
    attempt = sit(cast["aigul"], "exam")
    attempts.submit(attempt)

    assert (before, count(Completion, enrolment_id=enrolment.id)) == (0, 1)


def test_keys_are_not_loaded_with_questions(in_app, cast):
    enrol(cast["aigul"])
    attempt = start(cast["aigul"])
    question = take.questions_of(attempt.id)[0]

    with pytest.raises(sa.exc.InvalidRequestError):
        _key: QuestionKey = question.question_revision.key
