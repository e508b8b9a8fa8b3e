"""What the instructor's pages of quizzes show: results by course, quiz and officer, questions, reports of them.

Nothing here tells how much time an officer has: no deadline, no minute of a save or of handing in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import abort
from sqlalchemy.orm import contains_eager, joinedload

from assessments import rules
from assessments.models import (
    Attempt,
    AttemptQuestion,
    Question,
    QuestionReport,
    QuestionRevision,
    Quiz,
    QuizRevision,
    QuizSlot,
    SlotQuestion,
    Unlock,
)
from assessments.queries import take
from assessments.queries.take import EXAM
from courses.models import CourseRevision, Enrolment, Module
from courses.queries.outline import ModuleOutline, Outline
from courses.queries.records import own_course_or_404
from lms.db import db, like_pattern
from lms.pages import Page, page_of
from lms.people.models import Person

# What the list of officers is filtered by.
STATES = ("not_tried", "under_way", "passed", "not_passed", "used_up")


@dataclass(frozen=True)
class OwnCourse:
    """A published course of the instructor."""

    revision: CourseRevision
    outline: Outline

    @property
    def id(self) -> int:
        """Return the id of the course, whatever its revision."""
        return self.revision.course_id

    @property
    def code(self) -> str:
        """Return the code of the course."""
        return str(self.outline.definition["code"])


@dataclass(frozen=True)
class OwnQuiz:
    """A quiz of such a course. `module` is None for the exam, and for a module that is taught no more."""

    course: OwnCourse
    id: int
    module_code: str  # or EXAM
    module: ModuleOutline | None


@dataclass(frozen=True)
class QuizResult:
    """How a quiz went: officers who tried, who passed, the mean of their best scores in percent."""

    quiz: OwnQuiz
    tried: int
    passed: int
    mean_best: float | None


@dataclass(frozen=True)
class Line:
    """An officer and a quiz: the attempts of this cycle, and what may happen next."""

    enrolment: Enrolment
    officer: Person
    quiz_revision: QuizRevision
    unlocks: int
    attempts: Sequence[Attempt] = ()

    @property
    def best(self) -> float | None:
        """Return the highest score in percent, None while nothing is graded."""
        return max((a.percent for a in self.attempts if a.percent is not None), default=None)

    @property
    def allowed(self) -> int:
        """Return how many attempts the officer has, unlocked ones too."""
        return rules.allowed(take.policy_of(self.quiz_revision), self.unlocks)

    def may_unlock(self, now: datetime) -> rules.NothingToUnlock | None:
        """Return why a further attempt may not be unlocked, or None."""
        return rules.may_unlock(
            take.policy_of(self.quiz_revision), take.tries_of(self.attempts), self.unlocks, now
        )

    def state(self, now: datetime) -> str:
        """Return how it stands, in one word.

        Not until when a pause lasts: that would tell the minute in which the last attempt was closed.
        """
        if not self.attempts:
            return "not_tried"
        refusal = rules.may_start(
            take.policy_of(self.quiz_revision), take.tries_of(self.attempts), self.unlocks, now
        )
        words: dict[type[rules.CannotStart], str] = {
            rules.AlreadyPassed: "passed",
            rules.AttemptOpen: "under_way",
            rules.AttemptsUsedUp: "used_up",
            rules.PauseHolds: "pause",
        }
        return "not_passed" if refusal is None else words[type(refusal)]


@dataclass(frozen=True)
class QuestionStatistics:
    """How often a question was asked in closed attempts, and how much of its point was earned, 0 to 1."""

    question_revision: QuestionRevision
    code: str
    asked: int
    mean_share: float | None
    whole: int  # how many earned the whole point


@dataclass(frozen=True)
class Detail:
    """An attempt with its officer and quiz; the questions only when it is closed."""

    quiz: OwnQuiz
    attempt: Attempt
    officer: Person
    questions: Sequence[AttemptQuestion]
    reports: dict[int, QuestionReport]  # by question revision

    def time_used(self, question: AttemptQuestion) -> int | None:
        """Return which share of the officer's time was over when the answer was saved last, in percent."""
        if question.saved_at is None:
            return None
        return rules.time_used(self.attempt.started_at, self.attempt.deadline_at, question.saved_at)


@dataclass(frozen=True)
class ReportLine:
    """A report of a question, with where it was met."""

    report: QuestionReport
    question_revision: QuestionRevision
    officer: Person
    question: AttemptQuestion
    quiz: OwnQuiz


def open_reports_of(course_ids: Sequence[int]) -> dict[int, int]:
    """Return how many reports of questions have no answer yet, by course (one query); none is left out."""
    rows = db.session.execute(
        sa.select(Question.course_id, sa.func.count())
        .select_from(QuestionReport)
        .join(QuestionRevision, QuestionRevision.id == QuestionReport.question_revision_id)
        .join(Question, Question.id == QuestionRevision.question_id)
        .where(Question.course_id.in_(course_ids), QuestionReport.answered_at.is_(None))
        .group_by(Question.course_id)
    )
    return {course_id: count for course_id, count in rows}


def course_or_404(person_id: int, code: str) -> OwnCourse:
    """Return a published course that is assigned to an instructor today.

    :raise 404: when there is none, or it is somebody else's.
    """
    return OwnCourse(*own_course_or_404(person_id, code))


def quiz_or_404(person_id: int, code: str, module_code: str) -> OwnQuiz:
    """Return a quiz of a course of the instructor (two queries).

    :raise 404: when there is none in any published revision, or the course is somebody else's.
    """
    course = course_or_404(person_id, code)
    condition = Quiz.module_id.is_(None) if module_code == EXAM else Module.code == module_code
    found = db.session.scalar(_quizzes(course.id).with_only_columns(Quiz.id).where(condition))
    if found is None:
        abort(404)
    return _own_quiz(course, found, None if module_code == EXAM else module_code)


def _quizzes(course_id: int) -> "sa.Select[int, str | None]":
    """Return the quizzes that a published revision of the course has or had, with the code of their module."""
    published = (
        sa.exists()
        .where(QuizRevision.quiz_id == Quiz.id, CourseRevision.state == "published")
        .where(CourseRevision.id == QuizRevision.course_revision_id)
    )
    return (
        sa.select(Quiz.id, Module.code)
        .select_from(Quiz)
        .outerjoin(Module, Module.id == Quiz.module_id)
        .where(Quiz.course_id == course_id, published)
    )


def _own_quiz(course: OwnCourse, quiz_id: int, module_code: str | None) -> OwnQuiz:
    module = None if module_code is None else course.outline.find_module(module_code)
    return OwnQuiz(course, quiz_id, module_code or EXAM, module)


def quizzes_of(course: OwnCourse) -> list[QuizResult]:
    """Return the quizzes of a course in its order, the exam last, with how they went (two queries)."""
    best = (
        sa.select(
            Attempt.quiz_id,
            sa.func.max(Attempt.percent).label("best"),
            sa.func.max(sa.case((Attempt.passed.is_(True), 1), else_=0)).label("passed"),
        )
        .join(Enrolment, _in_force(course.id))
        .group_by(Attempt.quiz_id, Attempt.officer_id, Attempt.cycle)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(
            best.c.quiz_id, sa.func.count(), sa.func.sum(best.c.passed), sa.func.avg(best.c.best)
        ).group_by(best.c.quiz_id)
    )
    counted = {quiz_id: (tried, int(passed), mean) for quiz_id, tried, passed, mean in rows}
    quizzes = [_own_quiz(course, quiz_id, code) for quiz_id, code in db.session.execute(_quizzes(course.id))]
    return [QuizResult(quiz, *counted.get(quiz.id, (0, 0, None))) for quiz in sorted(quizzes, key=_order)]


def _order(quiz: OwnQuiz) -> tuple[bool, int, str]:
    number = quiz.module.number if quiz.module else len(quiz.course.outline.modules) + 1
    return quiz.module_code == EXAM, number, quiz.module_code


def _in_force(course_id: int) -> sa.ColumnElement[bool]:
    """Return the condition that an attempt counts for an enrolment in force."""
    return sa.and_(
        Enrolment.course_id == course_id,
        Enrolment.withdrawn_at.is_(None),
        Enrolment.officer_id == Attempt.officer_id,
        Enrolment.cycle == Attempt.cycle,
    )


def _own_attempts(quiz_id: int, *conditions: Any) -> sa.Exists:
    return sa.exists().where(
        Attempt.quiz_id == quiz_id,
        Attempt.officer_id == Enrolment.officer_id,
        Attempt.cycle == Enrolment.cycle,
        *conditions,
    )


def _made(table: type[Attempt] | type[Unlock], quiz_id: int) -> "sa.ScalarSelect[int]":
    """Return how many attempts were made, or unlocked, at a quiz for an enrolment's officer and cycle."""
    return (
        sa.select(sa.func.count())
        .select_from(table)
        .where(
            table.quiz_id == quiz_id,
            table.officer_id == Enrolment.officer_id,
            table.cycle == Enrolment.cycle,
        )
        .correlate(Enrolment)
        .scalar_subquery()
    )


def _lines(quiz: OwnQuiz) -> "sa.Select[Enrolment, Person, QuizRevision, int]":
    """Return the officers whose revision has the quiz, by name, with how many attempts were unlocked."""
    return (
        sa.select(Enrolment, Person, QuizRevision, _made(Unlock, quiz.id))
        .join(Person, Person.id == Enrolment.officer_id)
        .join(
            QuizRevision,
            sa.and_(
                QuizRevision.course_revision_id == Enrolment.course_revision_id,
                QuizRevision.quiz_id == quiz.id,
            ),
        )
        .where(Enrolment.course_id == quiz.course.id, Enrolment.withdrawn_at.is_(None))
        .order_by(Person.sort_key, Person.service_number, Enrolment.id)
    )


def lines_page(quiz: OwnQuiz, number: int, *, name: str = "", state: str = "") -> Page[Line]:
    """Return a page of the officers of a quiz, with name or number and state chosen (three queries)."""
    query = _lines(quiz)
    for word in name.split()[:8]:
        query = query.where(Person.search_key.like(like_pattern(word), escape="\\"))
    passed = _own_attempts(quiz.id, Attempt.passed.is_(True))
    under_way = _own_attempts(quiz.id, Attempt.closed_at.is_(None))
    if state == "not_tried":
        query = query.where(~_own_attempts(quiz.id))
    elif state == "under_way":
        query = query.where(under_way)
    elif state == "passed":
        query = query.where(passed)
    elif state == "not_passed":
        query = query.where(_own_attempts(quiz.id), ~passed)
    elif state == "used_up":
        query = query.where(
            ~passed, ~under_way, _made(Attempt, quiz.id) >= QuizRevision.attempts + _made(Unlock, quiz.id)
        )
    page = page_of(query, number)
    return Page(_with_attempts(quiz.id, page.rows), page.number, page.size, page.total)


def _with_attempts(quiz_id: int, rows: Sequence[Any]) -> list[Line]:
    made: dict[tuple[int, int], list[Attempt]] = {}
    for attempt in db.session.scalars(
        sa.select(Attempt)
        .where(Attempt.quiz_id == quiz_id, Attempt.officer_id.in_([row[0].officer_id for row in rows]))
        .order_by(Attempt.number)
    ):
        made.setdefault((attempt.officer_id, attempt.cycle), []).append(attempt)
    return [
        Line(enrolment, officer, revision, unlocks, made.get((enrolment.officer_id, enrolment.cycle), ()))
        for enrolment, officer, revision, unlocks in rows
    ]


def line_or_404(quiz: OwnQuiz, enrolment_id: int, *, lock: bool = False) -> Line:
    """Return an officer and a quiz (two queries); with `lock`, nobody else unlocks until the commit.

    :raise 404: when the enrolment is not of this course, was withdrawn, or its revision has no such quiz.
    """
    if lock:
        db.session.execute(sa.select(Enrolment.id).where(Enrolment.id == enrolment_id).with_for_update())
    rows = db.session.execute(_lines(quiz).where(Enrolment.id == enrolment_id)).all()
    if not rows:
        abort(404)
    return _with_attempts(quiz.id, rows)[0]


def unlocks_of(line: Line) -> list[tuple[Unlock, Person]]:
    """Return the attempts unlocked for an officer, with who did it (one query)."""
    rows = db.session.execute(
        sa.select(Unlock, Person)
        .join(Person, Person.id == Unlock.given_by_id)
        .where(
            Unlock.officer_id == line.enrolment.officer_id,
            Unlock.quiz_id == line.quiz_revision.quiz_id,
            Unlock.cycle == line.enrolment.cycle,
        )
        .order_by(Unlock.id)
    )
    return [(unlock, person) for unlock, person in rows]


def questions_page(quiz: OwnQuiz, number: int) -> Page[QuestionStatistics]:
    """Return a page of the questions of a quiz, the weakest first, never asked ones last (two queries)."""
    asked = (
        sa.select(
            AttemptQuestion.question_revision_id,
            sa.func.count().label("asked"),
            sa.func.avg(AttemptQuestion.share).label("mean"),
            sa.func.sum(sa.case((AttemptQuestion.share == 1, 1), else_=0)).label("whole"),
        )
        .join(Attempt, Attempt.id == AttemptQuestion.attempt_id)
        .where(Attempt.quiz_id == quiz.id, Attempt.closed_at.is_not(None))
        .group_by(AttemptQuestion.question_revision_id)
        .subquery()
    )
    in_use = (
        sa.select(SlotQuestion.question_revision_id)
        .join(QuizSlot, QuizSlot.id == SlotQuestion.slot_id)
        .join(QuizRevision, QuizRevision.id == QuizSlot.quiz_revision_id)
        .where(QuizRevision.quiz_id == quiz.id, QuizRevision.course_revision_id == quiz.course.revision.id)
    )
    page = page_of(
        sa.select(
            QuestionRevision,
            Question.code,
            sa.func.coalesce(asked.c.asked, 0),
            asked.c.mean,
            sa.func.coalesce(asked.c.whole, 0),
        )
        .join(Question, Question.id == QuestionRevision.question_id)
        .outerjoin(asked, asked.c.question_revision_id == QuestionRevision.id)
        .where(sa.or_(asked.c.asked.is_not(None), QuestionRevision.id.in_(in_use)))
        # By hand, since the two databases disagree on where NULL sorts.
        .order_by(
            sa.case((asked.c.mean.is_(None), 1), else_=0), asked.c.mean, Question.code, QuestionRevision.id
        ),
        number,
    )
    return Page([QuestionStatistics(*row) for row in page.rows], page.number, page.size, page.total)


def detail_or_404(person_id: int, code: str, attempt_id: int) -> Detail:
    """Return an attempt in a course of the instructor, of an officer who left, too (four queries).

    :raise 404: when there is none, or the course is somebody else's.
    """
    course = course_or_404(person_id, code)
    row = db.session.execute(
        sa.select(Attempt, Person, Module.code)
        .join(Attempt.quiz)
        .join(Attempt.quiz_revision)
        .join(Person, Person.id == Attempt.officer_id)
        .outerjoin(Module, Module.id == Quiz.module_id)
        .where(Attempt.id == attempt_id, Quiz.course_id == course.id)
        .options(contains_eager(Attempt.quiz), contains_eager(Attempt.quiz_revision))
    ).first()
    if row is None:
        abort(404)
    attempt, officer, module_code = row
    detail = Detail(_own_quiz(course, attempt.quiz_id, module_code), attempt, officer, (), {})
    if attempt.closed_at is None:
        return detail
    reports = db.session.scalars(sa.select(QuestionReport).where(QuestionReport.attempt_id == attempt.id))
    return replace(
        detail,
        questions=take.questions_of(attempt.id, with_key=True),
        reports={report.question_revision_id: report for report in reports},
    )


def _reports(
    course_id: int,
) -> "sa.Select[QuestionReport, QuestionRevision, Person, AttemptQuestion, int, str | None]":
    return (
        sa.select(QuestionReport, QuestionRevision, Person, AttemptQuestion, Quiz.id, Module.code)
        .join(QuestionRevision, QuestionRevision.id == QuestionReport.question_revision_id)
        .join(Question, Question.id == QuestionRevision.question_id)
        .join(Person, Person.id == QuestionReport.officer_id)
        .join(Attempt, Attempt.id == QuestionReport.attempt_id)
        .join(Quiz, Quiz.id == Attempt.quiz_id)
        .outerjoin(Module, Module.id == Quiz.module_id)
        .join(
            AttemptQuestion,
            sa.and_(
                AttemptQuestion.attempt_id == QuestionReport.attempt_id,
                AttemptQuestion.question_revision_id == QuestionReport.question_revision_id,
            ),
        )
        .where(Question.course_id == course_id)
    )


def _report_line(course: OwnCourse, row: Any) -> ReportLine:
    report, question_revision, officer, question, quiz_id, module_code = row
    return ReportLine(report, question_revision, officer, question, _own_quiz(course, quiz_id, module_code))


def reports_page(course: OwnCourse, number: int, *, answered: bool) -> Page[ReportLine]:
    """Return a page of the reports of a course, open ones the oldest first, answered ones the newest (two queries)."""
    if answered:
        query = _reports(course.id).where(QuestionReport.answered_at.is_not(None))
        query = query.order_by(QuestionReport.answered_at.desc(), QuestionReport.id)
    else:
        query = _reports(course.id).where(QuestionReport.answered_at.is_(None)).order_by(QuestionReport.id)
    page = page_of(query, number)
    return Page([_report_line(course, row) for row in page.rows], page.number, page.size, page.total)


def report_or_404(course: OwnCourse, report_id: int, *, lock: bool = False) -> ReportLine:
    """Return a report with the key of its question; with `lock`, nobody else answers it until the commit.

    :raise 404: when there is none in this course.
    """
    query = (
        _reports(course.id)
        .where(QuestionReport.id == report_id)
        .options(joinedload(AttemptQuestion.question_revision).joinedload(QuestionRevision.key))
    )
    if lock:
        query = query.with_for_update(of=QuestionReport).execution_options(populate_existing=True)
    row = db.session.execute(query).first()
    return _report_line(course, row) if row is not None else abort(404)


def answered_by(report: QuestionReport) -> Person | None:
    """Return who answered a report, or None."""
    return None if report.answered_by_id is None else db.session.get(Person, report.answered_by_id)
