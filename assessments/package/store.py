"""Write quizzes of a checked package into a draft revision, and give them back in canonical form."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from assessments.models import (
    Question,
    QuestionKey,
    QuestionRevision,
    Quiz,
    QuizRevision,
    QuizSlot,
    SlotQuestion,
)
from assessments.package.check import EXAM, quiz_files
from courses.models import CourseRevision, Module
from courses.package.documents import dump_yaml, load_yaml
from courses.package.files import text_of
from lms import clock
from lms.db import db
from lms.hookspecs import PackageFiles

# What the officer's page may know of a question; everything else goes into its key.
BODY = ("text", "case", "unit", "options", "left", "right", "items")
POLICY = ("pass_percent", "attempts", "pause_after", "pause_hours", "minutes")


def split(question: Mapping[str, Any]) -> tuple[dict[str, Any], Any, float, dict[str, Any]]:
    """Return body, key, tolerance and feedback of a question as it stands in the package."""
    body: dict[str, Any] = {name: question[name] for name in BODY if name in question}
    key = question.get("key")
    if question["type"] == "scenario":
        body["steps"] = [{n: step[n] for n in ("id", "text", "options")} for step in question["steps"]]
        key = {step["id"]: step["key"] for step in question["steps"]}
    return body, key, float(question.get("tolerance", 0)), dict(question["feedback"])


def join(code: str, revision: QuestionRevision) -> dict[str, Any]:
    """Return a question as it stands in the package; the opposite of `split`."""
    found: dict[str, Any] = {"id": code, "type": revision.type, **revision.body}
    if revision.type == "scenario":
        found["steps"] = [{**step, "key": revision.key.key[step["id"]]} for step in revision.body["steps"]]
    else:
        found["key"] = revision.key.key
    if revision.type == "numeric":
        found["tolerance"] = revision.key.tolerance
    return {**found, "feedback": revision.key.feedback}


def digest_of(type_: str, body: Any, key: Any, tolerance: float, feedback: Any) -> str:
    """Return the digest by which a question revision is found again."""
    parts = [type_, body, key, tolerance, feedback]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def load(course_revision_id: int, package: PackageFiles) -> None:
    """Replace the quizzes of a draft revision by those of a checked package.

    Questions that did not change keep their revision: only what is new is added.
    """
    revision = db.session.get_one(CourseRevision, course_revision_id)
    _clear(course_revision_id)
    banks = {
        module: load_yaml(text_of(package.files, file)).value for file, module in quiz_files(package).items()
    }
    stored = _store_questions(
        revision.course_id,
        [q for bank in banks.values() for slot in bank["slots"] for q in slot["questions"]],
    )
    quizzes = _quizzes(revision.course_id, list(banks))
    for module, bank in banks.items():
        policy = package.course["exam" if module is None else "quiz"]
        quiz_revision = QuizRevision(
            quiz_id=quizzes[module],
            course_revision_id=course_revision_id,
            draw=policy.get("draw"),
            **{name: policy[name] for name in POLICY},
        )
        quiz_revision.slots = [
            QuizSlot(
                position=position,
                code=slot["id"],
                module=slot.get("module") if module is None else module,
                outcome=slot.get("outcome"),
                level=slot["level"],
                questions=[
                    SlotQuestion(question_revision_id=stored[question["id"]], position=number)
                    for number, question in enumerate(slot["questions"], 1)
                ],
            )
            for position, slot in enumerate(bank["slots"], 1)
        ]
        db.session.add(quiz_revision)
    db.session.flush()


def _clear(course_revision_id: int) -> None:
    quizzes = sa.select(QuizRevision.id).where(QuizRevision.course_revision_id == course_revision_id)
    slots = sa.select(QuizSlot.id).where(QuizSlot.quiz_revision_id.in_(quizzes))
    for statement in (
        sa.delete(SlotQuestion).where(SlotQuestion.slot_id.in_(slots)),
        sa.delete(QuizSlot).where(QuizSlot.quiz_revision_id.in_(quizzes)),
        sa.delete(QuizRevision).where(QuizRevision.course_revision_id == course_revision_id),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": "fetch"})


def _quizzes(course_id: int, modules: list[str | None]) -> dict[str | None, int]:
    """Return the ids of the course's quizzes by module, made where they are new."""
    module_ids = {
        code: id_
        for id_, code in db.session.execute(
            sa.select(Module.id, Module.code).where(Module.course_id == course_id)
        )
    }
    there = {q.module_id: q for q in db.session.scalars(sa.select(Quiz).where(Quiz.course_id == course_id))}
    for module in modules:
        module_id = None if module is None else module_ids[module]
        if module_id not in there:
            there[module_id] = Quiz(course_id=course_id, module_id=module_id)
            db.session.add(there[module_id])
    db.session.flush()
    return {module: there[None if module is None else module_ids[module]].id for module in modules}


def _store_questions(course_id: int, questions: list[Mapping[str, Any]]) -> dict[str, int]:
    """Return the id of the revision of each question, by the question's code; adds those that are new."""
    known = {
        q.code: q for q in db.session.scalars(sa.select(Question).where(Question.course_id == course_id))
    }
    for question in questions:
        if question["id"] not in known:
            known[question["id"]] = Question(course_id=course_id, code=question["id"])
            db.session.add(known[question["id"]])
    db.session.flush()
    revisions = {
        (revision.question_id, revision.digest): revision
        for revision in db.session.scalars(
            sa.select(QuestionRevision).join(Question).where(Question.course_id == course_id)
        )
    }
    now = clock.now()
    stored = {}
    for question in questions:
        body, key, tolerance, feedback = split(question)
        digest = digest_of(question["type"], body, key, tolerance, feedback)
        question_id = known[question["id"]].id
        revision = revisions.get((question_id, digest))
        if revision is None:
            revision = QuestionRevision(
                question_id=question_id, digest=digest, type=question["type"], body=body, created_at=now
            )
            revision.key = QuestionKey(key=key, tolerance=tolerance, feedback=feedback)
            db.session.add(revision)
        stored[question["id"]] = revision
    db.session.flush()
    return {code: revision.id for code, revision in stored.items()}


def parts(course_revision_id: int) -> dict[str, bytes]:
    """Return quiz.yaml of every module and exam.yaml of a revision, in canonical form."""
    rows = db.session.execute(
        sa.select(QuizRevision, Module.code)
        .join(Quiz, Quiz.id == QuizRevision.quiz_id)
        .outerjoin(Module, Module.id == Quiz.module_id)
        .where(QuizRevision.course_revision_id == course_revision_id)
        .options(
            selectinload(QuizRevision.slots)
            .selectinload(QuizSlot.questions)
            .joinedload(SlotQuestion.question_revision)
            .options(joinedload(QuestionRevision.key), joinedload(QuestionRevision.question))
        )
    ).all()
    files: dict[str, bytes] = {}
    for quiz_revision, module in rows:
        slots = [_slot(slot, exam=module is None) for slot in quiz_revision.slots]
        files[EXAM if module is None else f"{module}/quiz.yaml"] = dump_yaml({"slots": slots}).encode()
    return files


def _slot(slot: QuizSlot, *, exam: bool) -> dict[str, Any]:
    values: dict[str, Any] = {"id": slot.code}
    if exam and slot.module is not None:
        values["module"] = slot.module
    if slot.outcome is not None:
        values["outcome"] = slot.outcome
    values["level"] = slot.level
    values["questions"] = [
        join(chosen.question_revision.question.code, chosen.question_revision) for chosen in slot.questions
    ]
    return values
