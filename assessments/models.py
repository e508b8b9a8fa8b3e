"""Question banks, quizzes, attempts, and what people decide about them."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.db import JSON, Base

# Python's None is SQL NULL here, not the JSON value null: an unanswered question has no answer.
NULLABLE_JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
IS_OPEN = sa.text("closed_at IS NULL")


class Question(Base):
    """A question of a course, whatever its revision."""

    __tablename__ = "question"
    __table_args__ = (UniqueConstraint("course_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    code: Mapped[str]  # the id of the package


class QuestionRevision(Base):
    """A question as it was asked. Found by its digest, only ever added.

    `body` is all that may be shown while it is asked (text, options, sides, items, case, steps; text maps by
    language). What must stay hidden until release is in `QuestionKey`, so that no page can show it by mistake.
    """

    __tablename__ = "question_revision"
    __table_args__ = (UniqueConstraint("question_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    digest: Mapped[str]
    type: Mapped[str]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    question: Mapped[Question] = relationship()
    key: Mapped["QuestionKey"] = relationship(lazy="raise", back_populates="question_revision")


class QuestionKey(Base):
    """The key and the feedback of a question revision. Only grading, released reviews and authors read it."""

    __tablename__ = "question_key"

    question_revision_id: Mapped[int] = mapped_column(ForeignKey("question_revision.id"), primary_key=True)
    key: Mapped[Any] = mapped_column(JSON)  # by type, as in docs/course-package.md
    tolerance: Mapped[float] = mapped_column(default=0)
    feedback: Mapped[
        dict[str, Any]
    ]  # {"right": text map, "wrong": text map, "module": code or None, "section": id}

    question_revision: Mapped[QuestionRevision] = relationship(back_populates="key")


class Quiz(Base):
    """A module's quiz, or the final exam of the course (no module). Attempts are counted by it."""

    __tablename__ = "quiz"
    __table_args__ = (
        UniqueConstraint("course_id", "module_id"),
        Index(
            "uq_quiz_exam",
            "course_id",
            unique=True,
            postgresql_where=sa.text("module_id IS NULL"),
            sqlite_where=sa.text("module_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    module_id: Mapped[int | None] = mapped_column(ForeignKey("module.id"))


class QuizRevision(Base):
    """A quiz as one course revision has it, with the policy of that revision."""

    __tablename__ = "quiz_revision"
    __table_args__ = (UniqueConstraint("course_revision_id", "quiz_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quiz.id"))
    course_revision_id: Mapped[int] = mapped_column(ForeignKey("course_revision.id"))
    pass_percent: Mapped[int]
    attempts: Mapped[int]
    pause_after: Mapped[int]  # after this many attempts, and each later one, the pause holds
    pause_hours: Mapped[int]
    minutes: Mapped[int]
    draw: Mapped[int | None]  # how many slots are drawn; none: every slot

    quiz: Mapped[Quiz] = relationship()
    slots: Mapped[list["QuizSlot"]] = relationship(
        back_populates="quiz_revision", order_by="QuizSlot.position"
    )


class QuizSlot(Base):
    """A place of the blueprint; an attempt draws one of its questions."""

    __tablename__ = "quiz_slot"
    __table_args__ = (UniqueConstraint("quiz_revision_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    quiz_revision_id: Mapped[int] = mapped_column(ForeignKey("quiz_revision.id"))
    position: Mapped[int]
    code: Mapped[str]
    module: Mapped[str | None]  # code; none for an integrated item
    outcome: Mapped[str | None]
    level: Mapped[str]

    quiz_revision: Mapped[QuizRevision] = relationship(back_populates="slots")
    questions: Mapped[list["SlotQuestion"]] = relationship(
        back_populates="slot", order_by="SlotQuestion.position"
    )


class SlotQuestion(Base):
    """A variant of a slot."""

    __tablename__ = "slot_question"
    __table_args__ = (UniqueConstraint("slot_id", "position"),)

    slot_id: Mapped[int] = mapped_column(ForeignKey("quiz_slot.id"), primary_key=True)
    question_revision_id: Mapped[int] = mapped_column(ForeignKey("question_revision.id"), primary_key=True)
    position: Mapped[int]

    slot: Mapped[QuizSlot] = relationship(back_populates="questions")
    question_revision: Mapped[QuestionRevision] = relationship()


class Attempt(Base):
    """One try of an officer at a quiz: open, or closed with a result, never between.

    Numbered per officer, quiz and cycle, never reset by withdrawing or re-enrolling. The draw, its order, the
    deadline and the answers are the server's. Triggers refuse any change of a closed attempt.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("officer_id", "quiz_id", "cycle", "number"),
        Index(
            "uq_attempt_open",
            "officer_id",
            "quiz_id",
            unique=True,
            postgresql_where=IS_OPEN,
            sqlite_where=IS_OPEN,
        ),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(
            "(closed_at IS NULL AND closed_how IS NULL AND percent IS NULL AND passed IS NULL)"
            " OR (closed_at IS NOT NULL AND closed_how IN ('submitted', 'deadline')"
            " AND percent BETWEEN 0 AND 100 AND passed IS NOT NULL)",
            name="open_or_graded",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quiz.id"), index=True)
    quiz_revision_id: Mapped[int] = mapped_column(ForeignKey("quiz_revision.id"))
    cycle: Mapped[int]
    number: Mapped[int]
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_how: Mapped[str | None]
    percent: Mapped[float | None]
    passed: Mapped[bool | None]
    version: Mapped[int] = mapped_column()

    quiz: Mapped[Quiz] = relationship()
    quiz_revision: Mapped[QuizRevision] = relationship()
    questions: Mapped[list["AttemptQuestion"]] = relationship(
        back_populates="attempt", order_by="AttemptQuestion.position"
    )

    __mapper_args__ = {"version_id_col": version}


class AttemptQuestion(Base):
    """A drawn question: its place, the order of its options, the answer saved so far, and at the end its points.

    The browser knows options by their place in `order`, never by their id. `saves` numbers the saves: a save that
    was made from an older page is refused.
    """

    __tablename__ = "attempt_question"
    __table_args__ = (CheckConstraint("share IS NULL OR share BETWEEN 0 AND 1", name="share"),)

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("quiz_slot.id"))
    question_revision_id: Mapped[int] = mapped_column(ForeignKey("question_revision.id"), index=True)
    order: Mapped[dict[str, Any]]  # by part of the question: list of ids in the order shown
    answer: Mapped[Any | None] = mapped_column(NULLABLE_JSON)
    saves: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime | None]
    language: Mapped[str | None]  # in which the question was shown when it was answered
    share: Mapped[float | None]  # of the point that was earned, 0 to 1; set when the attempt closes

    attempt: Mapped[Attempt] = relationship(back_populates="questions")
    question_revision: Mapped[QuestionRevision] = relationship()
    slot: Mapped[QuizSlot] = relationship()


class Unlock(Base):
    """One more attempt, given by an instructor with a reason. Rows are only added."""

    __tablename__ = "unlock"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quiz.id"))
    cycle: Mapped[int]
    reason: Mapped[str]
    given_at: Mapped[datetime]
    given_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class TimeFactor(Base):
    """More time for an officer, granted by the department, shown to nobody else (curriculum 0.5: 1.5)."""

    __tablename__ = "time_factor"
    __table_args__ = (
        CheckConstraint("percent BETWEEN 100 AND 300", name="percent"),
        Index(
            "uq_time_factor_open",
            "officer_id",
            unique=True,
            postgresql_where=sa.text("to_on IS NULL"),
            sqlite_where=sa.text("to_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    percent: Mapped[int]
    reason: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    granted_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class QuestionReport(Base):
    """An officer says that a question is faulty; the instructor reads it and answers."""

    __tablename__ = "question_report"
    __table_args__ = (UniqueConstraint("attempt_id", "question_revision_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question_revision_id: Mapped[int] = mapped_column(ForeignKey("question_revision.id"), index=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str]
    reported_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[str] = mapped_column(default="")
