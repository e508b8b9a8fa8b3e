"""What the demonstration people do in quizzes: one fails, one is on the way, one completes LDR-01."""

import sqlalchemy as sa

from assessments.actions import attempts
from assessments.actions.attempts import Change
from assessments.models import QuestionKey
from assessments.queries import take
from courses.models import Course
from courses.queries import learn
from lms import i18n
from lms.db import db
from lms.demo import Cast

CODE = "LDR-01"
PASSED_BY_NURBEK = ("M1", "M2", "M3")


def load(cast: Cast) -> None:
    """Let Aigul fail the first quiz, Nurbek pass three, and Timur pass everything, so that he completes the course."""
    if db.session.scalar(sa.select(Course.id).where(Course.code == CODE)) is None:
        return  # courses added no course to take
    _sit(cast["aigul"], "M1", right=4)
    for module in PASSED_BY_NURBEK:
        _sit(cast["nurbek"], module)
    study, _enrolment = learn.enrolled_or_404(cast["timur"], CODE)
    for outline in study.outline.modules:
        _sit(cast["timur"], outline.code)
    _sit(cast["timur"], take.EXAM)


def _sit(officer_id: int, module: str, right: int | None = None) -> None:
    """Take a quiz with as many right answers (none: all of them); the other questions stay unanswered."""
    attempt = attempts.start(take.quiz_or_404(officer_id, CODE, module))
    questions = take.questions_of(attempt.id)[:right]
    keys = {
        revision_id: key
        for revision_id, key in db.session.execute(
            sa.select(QuestionKey.question_revision_id, QuestionKey).where(
                QuestionKey.question_revision_id.in_([q.question_revision_id for q in questions])
            )
        )
    }
    changes = [
        Change(q.position, right_answer(q.question_revision.type, keys[q.question_revision_id].key), q.saves)
        for q in questions
    ]
    attempts.save(attempt, changes, language=i18n.language())
    attempts.submit(attempt)


def right_answer(type_: str, key: object) -> object:
    """Return the answer that earns the whole point."""
    if type_ == "numeric":
        return str(key)
    if type_ == "short_answer" and isinstance(key, dict):
        return next(iter(key.values()))[0]
    if type_ == "ordering" and isinstance(key, list):
        return {item: place for place, item in enumerate(key, 1)}
    return key
