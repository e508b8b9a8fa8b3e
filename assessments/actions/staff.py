"""What instructors and the department decide: a further attempt, an answer to a report, more time."""

from datetime import date

from sqlalchemy.exc import IntegrityError

from assessments import rules
from assessments.models import QuestionReport, TimeFactor, Unlock
from assessments.queries import extra_time, take
from assessments.queries.results import Line
from lms import audit, clock
from lms.db import db
from lms.people.models import Person


def unlock(line: Line, *, reason: str, actor_id: int) -> Unlock:
    """Give an officer one more attempt at a quiz; it may start at once. The enrolment's row is locked.

    :raises NothingToUnlock: after a pass, during an attempt, and when one may start anyway.
    """
    now = clock.now()
    refusal = line.may_unlock(now)
    if refusal is not None:
        raise refusal
    given = Unlock(
        officer_id=line.enrolment.officer_id,
        quiz_id=line.quiz_revision.quiz_id,
        cycle=line.enrolment.cycle,
        reason=reason,
        given_at=now,
        given_by_id=actor_id,
    )
    db.session.add(given)
    db.session.flush()
    audit.record(
        "attempt.unlocked",
        "quiz",
        subject_id=given.quiz_id,
        actor_id=actor_id,
        person_id=given.officer_id,
        after={"quiz": take.name_of(given.quiz_id), "number": len(line.attempts) + 1, "cycle": given.cycle},
        reason=reason,
    )
    return given


def answer(report: QuestionReport, text: str, *, actor_id: int) -> None:
    """Answer a report, whose row is locked; the officer reads it on the page of the result.

    :raises ReportAnswered: when somebody answered before.
    """
    if report.answered_at is not None:
        raise rules.ReportAnswered
    report.answer = text
    report.answered_at = clock.now()
    report.answered_by_id = actor_id
    audit.record(
        "question.report_answered",
        "question",
        subject_id=report.question_revision_id,
        actor_id=actor_id,
        person_id=report.officer_id,
        after={"report": report.id},
    )


def grant_time(
    officer: Person, *, percent: int, from_on: date, to_on: date | None, reason: str, actor_id: int
) -> TimeFactor:
    """Give an officer, whose row is locked, more time for the attempts that start on these days.

    :raises TimeFactorOverlaps: when something is granted on one of them.
    """
    wanted = rules.Days(from_on, to_on)
    if any(wanted.overlaps(granted.days) for granted in extra_time.history_of(officer.id)):
        raise rules.TimeFactorOverlaps
    factor = TimeFactor(
        officer_id=officer.id,
        percent=percent,
        reason=reason,
        from_on=from_on,
        to_on=to_on,
        granted_by_id=actor_id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(factor)
    except IntegrityError as error:
        raise rules.TimeFactorOverlaps from error
    audit.record(
        "time_factor.granted",
        "time_factor",
        subject_id=factor.id,
        actor_id=actor_id,
        person_id=officer.id,
        after=_record(factor),
        reason=reason,
    )
    return factor


def end_time(factor: TimeFactor, *, reason: str, actor_id: int) -> None:
    """End extra time, whose row is locked, at once; an attempt under way keeps its deadline.

    :raises TimeFactorEnded: when it is over.
    """
    before = _record(factor)
    factor.to_on = rules.last_day_when_ended(rules.Days(factor.from_on, factor.to_on), clock.today())
    audit.record(
        "time_factor.ended",
        "time_factor",
        subject_id=factor.id,
        actor_id=actor_id,
        person_id=factor.officer_id,
        before=before,
        after=_record(factor),
        reason=reason,
    )


def _record(factor: TimeFactor) -> dict[str, object]:
    return {
        "percent": factor.percent,
        "from_on": factor.from_on.isoformat(),
        "to_on": None if factor.to_on is None else factor.to_on.isoformat(),
    }
