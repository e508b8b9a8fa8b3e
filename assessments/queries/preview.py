"""What an author's preview shows of a quiz: its policy and every slot with all its variants, key and feedback.

Reads the key. Whoever calls this has made sure that the reader is an instructor of the course.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from assessments import rules
from assessments.models import Question, QuestionRevision, Quiz, QuizRevision, QuizSlot, SlotQuestion
from assessments.queries import show, take
from assessments.queries.show import Choice, QuestionView, Said
from courses.models import CourseRevision, Module
from courses.queries.outline import ModuleOutline, Outline, outline_of
from lms import i18n
from lms.db import db


@dataclass(frozen=True)
class Variant:
    """A question of a slot as it is asked, and what only graders and authors know of it."""

    number: int
    code: str
    question: QuestionView  # its choices know whether they are right
    accepted: tuple[str, ...]  # right numbers or short answers
    tolerance: str  # empty: none
    right: Said
    wrong: Said
    module_code: str  # of the section to read again
    section: str

    @property
    def pairs(self) -> list[tuple[Said, Choice]]:
        """Return each line with its right choice; the lines of an ordering in their right order."""
        found = [
            (row.said, choice) for row in self.question.rows for choice in row.choices if choice.right is True
        ]
        return sorted(found, key=lambda pair: pair[1].place) if self.question.type == "ordering" else found


@dataclass(frozen=True)
class PreviewedSlot:
    """A place of the blueprint with all its variants."""

    position: int
    module: ModuleOutline | None  # none for an integrated item
    outcome: str | None
    level: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True)
class PreviewedQuiz:
    """The quiz of a module, or the final exam (no module)."""

    outline: Outline
    module: ModuleOutline | None
    policy: rules.Policy
    questions: int  # in one attempt
    slots: tuple[PreviewedSlot, ...]

    @cached_property
    def views(self) -> list[QuestionView]:
        """Return the questions of all variants."""
        return [variant.question for slot in self.slots for variant in slot.variants]

    @property
    def counts(self) -> list[tuple[ModuleOutline | None, int]]:
        """Return how many slots each module has, in the order of the course; at the end those of several modules."""
        modules = [slot.module for slot in self.slots]
        return [
            (module, modules.count(module)) for module in (*self.outline.modules, None) if module in modules
        ]


def find_quiz(course_revision_id: int, module: str | None) -> PreviewedQuiz | None:
    """Return the quiz of a module, or the final exam, of any revision (at most four queries); None without one."""
    row = db.session.execute(
        sa.select(QuizRevision, CourseRevision)
        .join(CourseRevision, CourseRevision.id == QuizRevision.course_revision_id)
        .join(Quiz, Quiz.id == QuizRevision.quiz_id)
        .outerjoin(Module, Module.id == Quiz.module_id)
        .where(
            QuizRevision.course_revision_id == course_revision_id,
            Quiz.module_id.is_(None) if module is None else Module.code == module,
        )
    ).first()
    if row is None:
        return None
    quiz_revision, revision = row
    outline = outline_of(revision)
    slots = _slots(quiz_revision.id, {each.code: each for each in outline.modules}, module)
    return PreviewedQuiz(
        outline=outline,
        module=None if module is None else outline.find_module(module),
        policy=take.policy_of(quiz_revision),
        questions=len(slots) if quiz_revision.draw is None else min(quiz_revision.draw, len(slots)),
        slots=slots,
    )


def _slots(
    quiz_revision_id: int, modules: Mapping[str, ModuleOutline], quiz_module: str | None
) -> tuple[PreviewedSlot, ...]:
    """Return the slots of a quiz with their variants (one query)."""
    rows = db.session.execute(
        sa.select(QuizSlot, QuestionRevision, Question.code)
        .join(SlotQuestion, SlotQuestion.slot_id == QuizSlot.id)
        .join(QuestionRevision, QuestionRevision.id == SlotQuestion.question_revision_id)
        .join(QuestionRevision.key)
        .join(Question, Question.id == QuestionRevision.question_id)
        .where(QuizSlot.quiz_revision_id == quiz_revision_id)
        .order_by(QuizSlot.position, SlotQuestion.position)
        .options(contains_eager(QuestionRevision.key))
    )
    variants: dict[QuizSlot, list[Variant]] = {}
    for slot, revision, code in rows:
        listed = variants.setdefault(slot, [])
        listed.append(_variant(revision, code, slot, len(listed) + 1, quiz_module))
    return tuple(
        PreviewedSlot(
            slot.position, modules.get(slot.module or ""), slot.outcome, slot.level, tuple(variants[slot])
        )
        for slot in variants
    )


def _variant(
    revision: QuestionRevision, code: str, slot: QuizSlot, number: int, quiz_module: str | None
) -> Variant:
    key = revision.key
    accepted: tuple[str, ...] = ()
    if revision.type == "numeric":
        accepted = (f"{key.key:g}",)
    elif revision.type == "short_answer":
        accepted = tuple(str(answer) for answer in i18n.pick(key.key)[0])
    return Variant(
        number=number,
        code=code,
        question=show.authored(revision, slot.position, number),
        accepted=accepted,
        tolerance=f"{key.tolerance:g}" if key.tolerance else "",
        right=Said(*i18n.pick(key.feedback["right"])),
        wrong=Said(*i18n.pick(key.feedback["wrong"])),
        module_code=key.feedback.get("module") or slot.module or quiz_module or "",
        section=key.feedback["section"],
    )
