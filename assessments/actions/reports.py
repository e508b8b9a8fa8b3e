"""An officer says that a question is faulty."""

from sqlalchemy.exc import IntegrityError

from assessments.models import Attempt, AttemptQuestion, QuestionReport
from lms import audit, clock
from lms.db import db


def report(attempt: Attempt, question: AttemptQuestion, text: str) -> bool:
    """Keep a report of a question for the instructor; False when the officer reported it before."""
    try:
        with db.session.begin_nested():
            found = QuestionReport(
                question_revision_id=question.question_revision_id,
                attempt_id=attempt.id,
                officer_id=attempt.officer_id,
                text=text,
                reported_at=clock.now(),
            )
            db.session.add(found)
    except IntegrityError:
        return False
    audit.record(
        "question.reported",
        "question",
        subject_id=question.question_revision_id,
        actor_id=attempt.officer_id,
        person_id=attempt.officer_id,
        after={"attempt": attempt.id, "position": question.position, "report": found.id},
    )
    return True
