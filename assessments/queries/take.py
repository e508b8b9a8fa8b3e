"""What the officer's pages of a quiz need: the quiz with its policy, the own attempts, the questions that were drawn.

The key is not read here before it is released: `QuestionRevision.key` raises when it was not asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import sqlalchemy as sa
from flask import abort
from sqlalchemy.orm import contains_eager, joinedload

from assessments import rules
from assessments.models import (
    Attempt,
    AttemptQuestion,
    Question,
    QuestionKey,
    QuestionReport,
    QuestionRevision,
    Quiz,
    QuizRevision,
    QuizSlot,
    SlotQuestion,
    TimeFactor,
    Unlock,
)
from courses.models import Course, CourseRevision, Enrolment, Module, ModuleText
from courses.queries import learn
from courses.queries.outline import ModuleOutline, Outline, outline_of
from lms import clock, i18n
from lms.db import db
from lms.markdown import HEADING

EXAM = "exam"  # stands for the module's code in the address of the final exam


@dataclass(frozen=True)
class QuizPage:
    """A quiz as an officer has it: policy, own attempts of this cycle, and whether another may start."""

    outline: Outline
    module: ModuleOutline | None
    enrolment: Enrolment
    quiz_revision: QuizRevision
    questions: int
    attempts: Sequence[Attempt]
    unlocks: int
    factor_percent: int

    @property
    def policy(self) -> rules.Policy:
        """Return the policy of the revision."""
        return policy_of(self.quiz_revision)

    @property
    def minutes(self) -> int:
        """Return the officer's time, with the personal factor."""
        return self.policy.minutes * self.factor_percent // 100

    @property
    def open_attempt(self) -> Attempt | None:
        """Return the attempt under way."""
        return next((a for a in self.attempts if a.closed_at is None), None)

    @property
    def best(self) -> Attempt | None:
        """Return the closed attempt with the highest score."""
        closed = [a for a in self.attempts if a.percent is not None]
        return max(closed, key=lambda a: (a.percent or 0, -a.number), default=None)

    @property
    def left(self) -> int:
        """Return how many attempts may still be made."""
        return max(0, rules.allowed(self.policy, self.unlocks) - len(self.attempts))

    def refusal(self, now: datetime) -> rules.CannotStart | None:
        """Return why a new attempt may not start, or None."""
        return rules.may_start(self.policy, tries_of(self.attempts), self.unlocks, now)


@dataclass(frozen=True)
class OwnAttempt:
    """An attempt with the course it belongs to."""

    attempt: Attempt
    revision: CourseRevision
    module_code: str | None

    @cached_property
    def outline(self) -> Outline:
        """Return the course revision's outline."""
        return outline_of(self.revision)

    @property
    def module(self) -> ModuleOutline | None:
        """Return the module whose quiz it is; None for the final exam."""
        return None if self.module_code is None else self.outline.find_module(self.module_code)

    @property
    def place(self) -> dict[str, str]:
        """Return what the address of the quiz page is made of."""
        return {"code": str(self.revision.definition["code"]), "module": self.module_code or EXAM}


@dataclass(frozen=True)
class Lost:
    """A section to re-read, because a question about it did not earn its whole point."""

    module: ModuleOutline
    section: str
    title: str
    language: str


@dataclass(frozen=True)
class Standing:
    """How a closed attempt stands among the others of its cycle."""

    attempts: Sequence[Attempt]
    unlocks: int
    policy: rules.Policy

    @property
    def review(self) -> rules.Review:
        """Return what may be shown."""
        return rules.release(tries_of(self.attempts), self.policy, self.unlocks)

    def refusal(self, now: datetime) -> rules.CannotStart | None:
        """Return why a new attempt may not start, or None."""
        return rules.may_start(self.policy, tries_of(self.attempts), self.unlocks, now)


def policy_of(found: QuizRevision) -> rules.Policy:
    """Return how a quiz is taken."""
    return rules.Policy(
        found.pass_percent, found.attempts, found.pause_after, found.pause_hours, found.minutes, found.draw
    )


def tries_of(attempts: Sequence[Attempt]) -> list[rules.Tried]:
    """Return what the rules need to know of attempts."""
    return [rules.Tried(attempt.closed_at, attempt.passed) for attempt in attempts]


def quiz_or_404(officer_id: int, code: str, module_code: str) -> QuizPage:
    """Return a quiz of a course in which the officer is enrolled (four queries).

    :raise 404: when there is none, or the officer is not enrolled.
    """
    study, enrolment = learn.enrolled_or_404(officer_id, code)
    module = None if module_code == EXAM else learn.module_or_404(study, module_code)
    slots = sa.select(sa.func.count()).where(QuizSlot.quiz_revision_id == QuizRevision.id).scalar_subquery()
    row = db.session.execute(
        sa.select(QuizRevision, slots)
        .join(Quiz, Quiz.id == QuizRevision.quiz_id)
        .where(
            QuizRevision.course_revision_id == study.revision.id,
            Quiz.module_id.is_(None) if module is None else Quiz.module_id == module.id,
        )
    ).first()
    if row is None:
        abort(404)
    quiz_revision, slot_count = row
    unlocks, factor = allowances(officer_id, quiz_revision.quiz_id, enrolment.cycle)
    return QuizPage(
        outline=study.outline,
        module=module,
        enrolment=enrolment,
        quiz_revision=quiz_revision,
        questions=slot_count if quiz_revision.draw is None else min(quiz_revision.draw, slot_count),
        attempts=attempts_of(officer_id, quiz_revision.quiz_id, enrolment.cycle),
        unlocks=unlocks,
        factor_percent=factor,
    )


def attempts_of(officer_id: int, quiz_id: int, cycle: int) -> list[Attempt]:
    """Return an officer's attempts at a quiz in a cycle, in the order in which they were made."""
    return list(
        db.session.scalars(
            sa.select(Attempt)
            .where(Attempt.officer_id == officer_id, Attempt.quiz_id == quiz_id, Attempt.cycle == cycle)
            .order_by(Attempt.number)
        )
    )


def allowances(officer_id: int, quiz_id: int, cycle: int) -> tuple[int, int]:
    """Return how many further attempts were unlocked, and the officer's time factor in percent."""
    today = clock.today()
    unlocks = (
        sa.select(sa.func.count())
        .select_from(Unlock)
        .where(Unlock.officer_id == officer_id, Unlock.quiz_id == quiz_id, Unlock.cycle == cycle)
        .scalar_subquery()
    )
    factor = (
        sa.select(sa.func.max(TimeFactor.percent))
        .where(
            TimeFactor.officer_id == officer_id,
            TimeFactor.from_on <= today,
            sa.or_(TimeFactor.to_on.is_(None), TimeFactor.to_on >= today),
        )
        .scalar_subquery()
    )
    count, percent = db.session.execute(sa.select(unlocks, factor)).one()
    return count, percent or 100


def own_attempt_or_404(officer_id: int, attempt_id: int, *, lock: bool = False) -> OwnAttempt:
    """Return an officer's own attempt (one query); with `lock`, nobody else changes it until the commit.

    :raise 404: when there is none, or it is somebody else's.
    """
    query = (
        sa.select(Attempt, CourseRevision, Module.code)
        .join(Attempt.quiz)
        .join(Attempt.quiz_revision)
        .join(CourseRevision, CourseRevision.id == QuizRevision.course_revision_id)
        .outerjoin(Module, Module.id == Quiz.module_id)
        .where(Attempt.id == attempt_id, Attempt.officer_id == officer_id)
        .options(contains_eager(Attempt.quiz), contains_eager(Attempt.quiz_revision))
    )
    if lock:
        query = query.with_for_update(of=Attempt).execution_options(populate_existing=True)
    row = db.session.execute(query).first()
    if row is None:
        abort(404)
    attempt, revision, module_code = row
    return OwnAttempt(attempt, revision, module_code)


def questions_of(attempt_id: int, *, with_key: bool = False) -> list[AttemptQuestion]:
    """Return the drawn questions in the order in which they are asked (one query).

    `with_key` is for grading and for what was released.
    """
    revision = joinedload(AttemptQuestion.question_revision, innerjoin=True)
    return list(
        db.session.scalars(
            sa.select(AttemptQuestion)
            .where(AttemptQuestion.attempt_id == attempt_id)
            .order_by(AttemptQuestion.position)
            .options(revision.joinedload(QuestionRevision.key) if with_key else revision)
            .execution_options(populate_existing=True)
        )
    )


def question_or_404(attempt_id: int, position: int) -> AttemptQuestion:
    """Return one drawn question of an attempt.

    :raise 404: when the attempt has no such place.
    """
    return db.session.scalar(
        sa.select(AttemptQuestion)
        .where(AttemptQuestion.attempt_id == attempt_id, AttemptQuestion.position == position)
        .options(joinedload(AttemptQuestion.question_revision, innerjoin=True))
    ) or abort(404)


def standing_of(attempt: Attempt) -> Standing:
    """Return how an attempt stands among those of its officer, quiz and cycle (two queries)."""
    unlocks, _factor = allowances(attempt.officer_id, attempt.quiz_id, attempt.cycle)
    return Standing(
        attempts_of(attempt.officer_id, attempt.quiz_id, attempt.cycle),
        unlocks,
        policy_of(attempt.quiz_revision),
    )


def sections_lost(own: OwnAttempt) -> list[Lost]:
    """Return the sections to re-read, in the order of the course (two queries).

    Reads the feedback without the key. Not in the order of the questions, which would tell which were wrong.
    """
    feedbacks = db.session.scalars(
        sa.select(QuestionKey.feedback)
        .join(AttemptQuestion, AttemptQuestion.question_revision_id == QuestionKey.question_revision_id)
        .where(AttemptQuestion.attempt_id == own.attempt.id, AttemptQuestion.share < 1)
    )
    wanted = {(feedback.get("module") or own.module_code, feedback["section"]) for feedback in feedbacks}
    modules = [module for module in own.outline.modules if module.code in {code for code, _section in wanted}]
    titles = section_titles(modules)
    return [
        Lost(module, section, *titles[module.code].get(section, (section, "en")))
        for module in modules
        for section in module.sections
        if (module.code, section) in wanted
    ]


def section_titles(modules: Sequence[ModuleOutline]) -> dict[str, dict[str, tuple[str, str]]]:
    """Return title and language of every section, by module code and section id (one query)."""
    rows = db.session.execute(
        sa.select(ModuleText.module_revision_id, ModuleText.language, ModuleText.body).where(
            ModuleText.module_revision_id.in_([module.revision_id for module in modules]),
            ModuleText.body != "",
        )
    )
    bodies: dict[int, dict[str, str]] = {module.revision_id: {} for module in modules}
    for revision_id, language, body in rows:
        bodies[revision_id][language] = body
    found = {}
    for module in modules:
        titles: dict[str, tuple[str, str]] = {}
        for language in reversed(i18n.FALLBACK[i18n.language()]):
            for match in HEADING.finditer(bodies[module.revision_id].get(language, "")):
                titles[match["id"]] = (match["title"], language)
        found[module.code] = titles
    return found


def slots_of(quiz_revision_id: int) -> list[tuple[int, str, int, str]]:
    """Return the variants of a blueprint: slot id and code, question revision id, question code (one query)."""
    rows = db.session.execute(
        sa.select(QuizSlot.id, QuizSlot.code, SlotQuestion.question_revision_id, Question.code)
        .join(SlotQuestion, SlotQuestion.slot_id == QuizSlot.id)
        .join(QuestionRevision, QuestionRevision.id == SlotQuestion.question_revision_id)
        .join(Question, Question.id == QuestionRevision.question_id)
        .where(QuizSlot.quiz_revision_id == quiz_revision_id)
        .order_by(QuizSlot.position, SlotQuestion.position)
    )
    return [(slot_id, slot, revision_id, question) for slot_id, slot, revision_id, question in rows]


def times_seen(officer_id: int, course_id: int) -> dict[str, int]:
    """Return how often the officer was asked each question of a course, in any quiz, exam and cycle."""
    rows = db.session.execute(
        sa.select(Question.code, sa.func.count())
        .select_from(AttemptQuestion)
        .join(Attempt, Attempt.id == AttemptQuestion.attempt_id)
        .join(QuestionRevision, QuestionRevision.id == AttemptQuestion.question_revision_id)
        .join(Question, Question.id == QuestionRevision.question_id)
        .where(Attempt.officer_id == officer_id, Question.course_id == course_id)
        .group_by(Question.code)
    )
    return {code: count for code, count in rows}


def find_open_attempt(officer_id: int, quiz_id: int) -> Attempt | None:
    """Return the officer's attempt under way, or None."""
    return db.session.scalar(
        sa.select(Attempt).where(
            Attempt.officer_id == officer_id, Attempt.quiz_id == quiz_id, Attempt.closed_at.is_(None)
        )
    )


def overdue_ids(now: datetime) -> list[int]:
    """Return the ids of open attempts whose time and grace are over."""
    return list(
        db.session.scalars(
            sa.select(Attempt.id)
            .where(Attempt.closed_at.is_(None), Attempt.deadline_at < now - rules.GRACE)
            .order_by(Attempt.id)
        )
    )


def find_enrolment_id(attempt: Attempt) -> int | None:
    """Return the enrolment in force for which an attempt counts; the officer may have left and come back."""
    return db.session.scalar(
        sa.select(Enrolment.id)
        .join(Quiz, Quiz.course_id == Enrolment.course_id)
        .where(
            Quiz.id == attempt.quiz_id,
            Enrolment.officer_id == attempt.officer_id,
            Enrolment.cycle == attempt.cycle,
            Enrolment.withdrawn_at.is_(None),
        )
    )


def reports_of(attempt_id: int) -> list[tuple[int, QuestionReport]]:
    """Return the officer's reports from an attempt with the place of each question, and their answers (one query)."""
    rows = db.session.execute(
        sa.select(AttemptQuestion.position, QuestionReport)
        .join(
            QuestionReport,
            sa.and_(
                QuestionReport.attempt_id == AttemptQuestion.attempt_id,
                QuestionReport.question_revision_id == AttemptQuestion.question_revision_id,
            ),
        )
        .where(AttemptQuestion.attempt_id == attempt_id)
        .order_by(AttemptQuestion.position)
    )
    return [(position, report) for position, report in rows]


def name_of(quiz_id: int) -> str:
    """Return how the audit trail names a quiz: course and module, or course and `exam`."""
    course, module = db.session.execute(
        sa.select(Course.code, Module.code)
        .select_from(Quiz)
        .join(Course, Course.id == Quiz.course_id)
        .outerjoin(Module, Module.id == Quiz.module_id)
        .where(Quiz.id == quiz_id)
    ).one()
    return f"{course} {module or EXAM}"
