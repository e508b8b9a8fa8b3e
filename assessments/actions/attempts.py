"""An officer's attempt: start, save answers, submit, close what was left open.

An attempt's row is locked first by whoever changes it or its answers, so a save and a submit at the same moment
come one after the other: an answer is either graded or refused, never lost in between.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assessments import rules
from assessments.models import Attempt, AttemptQuestion, QuestionRevision
from assessments.queries import take
from assessments.queries.take import QuizPage
from courses.actions.learning import mark_begun, refresh_completion
from lms import audit, clock
from lms.db import db, own_transaction

SEED_BITS = 62  # of a signed 64-bit column


@dataclass(frozen=True)
class Change:
    """An answer as the officer's page sends it. `saves` is the number of saves that the page knew of."""

    position: int
    answer: Any  # by the ids of the package; None: nothing answered
    saves: int


@dataclass
class Saved:
    """What became of the changes: the new number of saves by position, and which were stale."""

    saves: dict[int, int] = field(default_factory=dict)
    stale: list[int] = field(default_factory=list)


def start(page: QuizPage, *, seed: int | None = None) -> Attempt:
    """Start an attempt, or return the one under way: a double click, a second device and a reload start one.

    The questions, their order and the deadline are fixed here. `seed` is for tests; people get a random one.

    :raises CannotStart: naming the rule.
    """
    now = clock.now()
    enrolment, quiz_id = page.enrolment, page.quiz_revision.quiz_id
    under_way = page.open_attempt
    if under_way is not None:
        if rules.accepts_save(under_way.deadline_at, now):
            return under_way
        close_overdue(under_way.id)
    attempts = take.attempts_of(enrolment.officer_id, quiz_id, enrolment.cycle)
    refusal = rules.may_start(page.policy, take.tries_of(attempts), page.unlocks, now)
    if refusal is not None and not isinstance(refusal, rules.AttemptOpen):
        raise refusal
    try:
        with db.session.begin_nested():
            attempt = _add(page, number=len(attempts) + 1, seed=seed, now=now)
    except IntegrityError:
        # Somebody (the same officer, a moment ago) was faster: unique number, unique open attempt.
        winner = take.find_open_attempt(enrolment.officer_id, quiz_id)
        if winner is None:
            raise
        return winner
    mark_begun(enrolment)
    audit.record(
        "attempt.started",
        "attempt",
        subject_id=attempt.id,
        actor_id=enrolment.officer_id,
        person_id=enrolment.officer_id,
        after={
            "quiz": take.name_of(quiz_id),
            "number": attempt.number,
            "cycle": attempt.cycle,
            "deadline_at": attempt.deadline_at.isoformat(),
        },
    )
    return attempt


def _add(page: QuizPage, *, number: int, seed: int | None, now: datetime) -> Attempt:
    enrolment, policy = page.enrolment, page.policy
    seed = secrets.randbits(SEED_BITS) if seed is None else seed
    attempt = Attempt(
        officer_id=enrolment.officer_id,
        enrolment_id=enrolment.id,
        quiz_id=page.quiz_revision.quiz_id,
        quiz_revision_id=page.quiz_revision.id,
        cycle=enrolment.cycle,
        number=number,
        seed=seed,
        started_at=now,
        deadline_at=rules.deadline(now, policy.minutes, page.factor_percent),
    )
    attempt.questions = _draw(page, seed)
    db.session.add(attempt)
    return attempt


def _draw(page: QuizPage, seed: int) -> list[AttemptQuestion]:
    variants = take.slots_of(page.quiz_revision.id)
    slots: dict[str, list[str]] = {}
    for _slot_id, slot, _revision_id, question in variants:
        slots.setdefault(slot, []).append(question)
    seen = take.times_seen(page.enrolment.officer_id, page.enrolment.course_id)
    drawn = rules.draw(slots, seen, seed, page.policy.draw)
    ids = {(slot, question): (slot_id, revision_id) for slot_id, slot, revision_id, question in variants}
    revisions = {
        revision.id: revision
        for revision in db.session.scalars(
            sa.select(QuestionRevision).where(QuestionRevision.id.in_([ids[pair][1] for pair in drawn]))
        )
    }
    questions = []
    for position, (slot, code) in enumerate(drawn, 1):
        slot_id, revision_id = ids[slot, code]
        revision = revisions[revision_id]
        questions.append(
            AttemptQuestion(
                position=position,
                slot_id=slot_id,
                question_revision_id=revision_id,
                order=rules.shown_order(rules.parts_of(revision.type, revision.body), seed, code),
            )
        )
    return questions


def save(attempt: Attempt, changes: Sequence[Change], *, language: str) -> Saved:
    """Keep answers of an open attempt, each on its own: a stale one is refused, the others are kept.

    An answer that already stands is no change, so sending it twice does no harm.

    :raises AttemptClosed: when it was submitted, or its time and grace are over.
    """
    now = clock.now()
    locked = _locked(attempt.id)
    if locked.closed_at is not None or not rules.accepts_save(locked.deadline_at, now):
        raise rules.AttemptClosed
    stand = {question.position: question for question in take.questions_of(locked.id)}
    result = Saved()
    for change in changes:
        question = stand[change.position]
        if question.answer == change.answer:
            result.saves[change.position] = question.saves
        elif question.saves != change.saves:
            result.stale.append(change.position)
        else:
            question.answer = change.answer
            question.saves = change.saves + 1
            question.saved_at = now
            question.language = language
            result.saves[change.position] = question.saves
    db.session.flush()
    return result


def submit(attempt: Attempt) -> Attempt:
    """Close an attempt and grade it; the same submit again gives the same result.

    What was saved counts. After deadline and grace it is closed as left open, with the same grading.
    """
    locked = _locked(attempt.id)
    if locked.closed_at is None:
        now = clock.now()
        _close(locked, "submitted" if rules.accepts_save(locked.deadline_at, now) else "deadline", now)
    return locked


def close_overdue(attempt_id: int) -> None:
    """Close an attempt that was left open until its time and grace were over, with what was saved."""
    locked = _locked(attempt_id)
    now = clock.now()
    if locked.closed_at is None and not rules.accepts_save(locked.deadline_at, now):
        _close(locked, "deadline", now)


def close_overdue_on_read(attempt: Attempt) -> bool:
    """Close an overdue attempt that a page comes across; say whether it did.

    In a transaction of its own, since a page that is only read writes nothing else.
    """
    if attempt.closed_at is not None or rules.accepts_save(attempt.deadline_at, clock.now()):
        return False
    attempt_id = attempt.id
    with own_transaction():
        close_overdue(attempt_id)
    return True


def _locked(attempt_id: int) -> Attempt:
    return db.session.scalars(
        sa.select(Attempt)
        .where(Attempt.id == attempt_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _close(attempt: Attempt, how: str, now: datetime) -> None:
    shares: list[Fraction] = []
    for question in take.questions_of(attempt.id, with_key=True):
        revision = question.question_revision
        share = rules.grade(revision.type, revision.key.key, revision.key.tolerance, question.answer)
        question.share = float(share)
        shares.append(share)
    # The questions first: once the attempt is closed, the database refuses any change of them.
    db.session.flush()
    reached = rules.percent(shares)
    # All four at once: the database knows open and graded, and nothing between.
    is_passed = rules.passed(reached, attempt.quiz_revision.pass_percent)
    attempt.percent = float(reached)
    attempt.passed = is_passed
    attempt.closed_at = now
    attempt.closed_how = how
    db.session.flush()
    audit.record(
        "attempt.closed",
        "attempt",
        subject_id=attempt.id,
        actor_id=attempt.officer_id if how == "submitted" else None,
        person_id=attempt.officer_id,
        after={
            "quiz": take.name_of(attempt.quiz_id),
            "number": attempt.number,
            "how": how,
            "percent": attempt.percent,
            "passed": attempt.passed,
        },
    )
    enrolment_id = take.find_enrolment_id(attempt)
    if enrolment_id is not None:
        refresh_completion(enrolment_id)
