"""The right answers of an attempt under way, as the fields of the officer's page."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from assessments.demonstration import right_answer
from assessments.models import AttemptQuestion, QuestionKey
from assessments.queries import take
from assessments.queries.show import STATEMENT
from lms.db import db


def right_fields(attempt_id: int) -> dict[str, list[str]]:
    """Return names and values of the fields that earn every point; needs an app context."""
    fields: dict[str, list[str]] = {}
    for question in take.questions_of(attempt_id):
        key = db.session.scalars(
            sa.select(QuestionKey).where(QuestionKey.question_revision_id == question.question_revision_id)
        ).one()
        type_ = question.question_revision.type
        fields |= _fields(question, type_, right_answer(type_, key.key))
    db.session.rollback()
    return fields


def _fields(question: AttemptQuestion, type_: str, answer: Any) -> dict[str, list[str]]:
    name, order = f"q{question.position}", question.order
    if type_ in ("numeric", "short_answer"):
        return {name: [str(answer)]}
    if type_ == "single_choice":
        return {name: [_place(order["options"], answer)]}
    if type_ == "true_false":
        return {name: [_place(STATEMENT, answer)]}
    if type_ == "multiple_response":
        return {name: [_place(order["options"], one) for one in answer]}
    if type_ == "ordering":
        return {f"{name}-{n}": [str(answer[item])] for n, item in enumerate(order["items"], 1)}
    if type_ == "matching":
        return {
            f"{name}-{n}": [_place(order["right"], answer[left])] for n, left in enumerate(order["left"], 1)
        }
    steps = [step["id"] for step in question.question_revision.body["steps"]]
    return {f"{name}-{n}": [_place(order[step], answer[step])] for n, step in enumerate(steps, 1)}


def _place(offered: Sequence[Any], chosen: Any) -> str:
    return str(list(offered).index(chosen) + 1)
