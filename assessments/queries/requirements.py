"""What quizzes and the exam ask of enrolments, and how each stands. Bulk: four queries for one or for thousands."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from flask import has_request_context, url_for
from flask_babel import gettext as _

from assessments.models import Attempt, Quiz, QuizRevision
from assessments.queries.show import percent_text
from assessments.queries.take import EXAM
from courses.models import CourseRevision, Enrolment
from courses.queries.outline import ModuleOutline, outline_of
from courses.rules import READING_ORDER
from lms.db import db
from lms.hookspecs import Requirement

EXAM_ORDER = 950  # after everything that is done before it


class _Tried(NamedTuple):
    """What an enrolment's officer reached at a quiz in this cycle."""

    closed: int
    best: float | None
    passed: bool
    open: bool


NOTHING = _Tried(0, None, False, False)


def of_assessments(course_revision_id: int, enrolment_ids: Sequence[int]) -> dict[int, list[Requirement]]:
    """Return the quizzes and the exam of each enrolment. Attempts count for their officer and cycle."""
    found: dict[int, list[Requirement]] = {enrolment_id: [] for enrolment_id in enrolment_ids}
    revision = db.session.get_one(CourseRevision, course_revision_id)
    quizzes = db.session.execute(
        sa.select(QuizRevision.quiz_id, Quiz.module_id, QuizRevision.pass_percent)
        .join(Quiz, Quiz.id == QuizRevision.quiz_id)
        .where(QuizRevision.course_revision_id == course_revision_id)
    ).all()
    if not quizzes or not found:
        return found
    modules = {module.id: module for module in outline_of(revision).modules}
    reached = _reached([quiz_id for quiz_id, _module_id, _mark in quizzes], list(enrolment_ids))
    code = str(revision.definition["code"])
    for quiz_id, module_id, pass_percent in quizzes:
        module = modules.get(module_id) if module_id is not None else None
        # Without a request (a command) there is nobody to be led anywhere.
        url = (
            url_for("assessments.quiz", code=code, module=module.code if module else EXAM)
            if has_request_context()
            else None
        )
        for enrolment_id in found:
            tried = reached.get((enrolment_id, quiz_id), NOTHING)
            found[enrolment_id].append(_requirement(module, pass_percent, tried, url))
    return found


def _reached(quiz_ids: list[int], enrolment_ids: list[int]) -> dict[tuple[int, int], _Tried]:
    rows = db.session.execute(
        sa.select(
            Enrolment.id,
            Attempt.quiz_id,
            sa.func.count(Attempt.closed_at),
            sa.func.max(Attempt.percent),
            sa.func.max(sa.case((Attempt.passed.is_(True), 1), else_=0)),
            sa.func.max(sa.case((Attempt.closed_at.is_(None), 1), else_=0)),
        )
        .join(Attempt, sa.and_(Attempt.officer_id == Enrolment.officer_id, Attempt.cycle == Enrolment.cycle))
        .where(Enrolment.id.in_(enrolment_ids), Attempt.quiz_id.in_(quiz_ids))
        .group_by(Enrolment.id, Attempt.quiz_id)
    )
    return {
        (enrolment_id, quiz_id): _Tried(closed, best, bool(passed), bool(under_way))
        for enrolment_id, quiz_id, closed, best, passed, under_way in rows
    }


def _requirement(
    module: ModuleOutline | None, pass_percent: int, tried: _Tried, url: str | None
) -> Requirement:
    if module is None:
        kind, key, label, order = EXAM, EXAM, _("Final exam"), EXAM_ORDER
    else:
        kind, key, order = "quiz", f"quiz:{module.code}", READING_ORDER + 10 * module.position + 5
        label = _("Module %(number)s: pass the quiz", number=module.number)
    return Requirement(
        kind=kind,
        key=key,
        label=label,
        met=tried.passed,
        order=order,
        score=tried.best,
        module=module.code if module else None,
        detail=_detail(tried, pass_percent),
        url=url,
    )


def _detail(tried: _Tried, pass_percent: int) -> str:
    needed = percent_text(pass_percent)
    if tried.passed:
        return str(_("Passed with %(percent)s", percent=percent_text(tried.best)))
    if tried.open:
        return str(_("An attempt is under way"))
    if tried.closed:
        best = percent_text(tried.best)
        return str(_("Best so far %(percent)s, %(needed)s needed", percent=best, needed=needed))
    return str(_("Not tried yet, %(needed)s needed", needed=needed))
