"""Read what an officer's page sends: places in the shown order become ids; what was not offered is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from assessments import rules
from assessments.actions.attempts import Change
from assessments.models import AttemptQuestion
from assessments.queries.show import STATEMENT
from lms.forms import BaseForm

LONGEST_ANSWER = 200
LONGEST_REPORT = 1000

GetList = Callable[[str], Sequence[str]]


class NotOffered(Exception):
    """The request names an option, a place or a question that the page did not offer."""


@dataclass
class AnswersForm:
    """The answers of one page, or of one question when the script saves it."""

    changes: list[Change] = field(default_factory=list)
    errors: dict[int, str] = field(
        default_factory=dict
    )  # by position; those answers are not among the changes
    typed: dict[int, str] = field(default_factory=dict)  # what was refused, to be shown again

    @classmethod
    def read(cls, questions: Sequence[AttemptQuestion], getlist: GetList) -> "AnswersForm":
        """Return the answers to the questions that the page showed: those whose number of saves it sent.

        :raises NotOffered: for what no page of ours sends.
        """
        form = cls()
        for question in questions:
            sent = getlist(f"s{question.position}")
            if not sent:
                continue
            saves = _whole(sent[0])
            answer = _answer(question, getlist)
            if (
                question.question_revision.type == "numeric"
                and answer is not None
                and rules.number(answer) is None
            ):
                form.errors[question.position] = _("Write a number, for example 12 or 12.5.")
                form.typed[question.position] = answer
            elif isinstance(answer, str) and len(answer) > LONGEST_ANSWER:
                form.errors[question.position] = _("Write a shorter answer: one word or a few.")
                form.typed[question.position] = answer
            else:
                form.changes.append(Change(question.position, answer, saves))
        return form


def fields_of(sent: object) -> GetList:
    """Return a reader of the fields that the script sent as JSON: names with lists of texts.

    :raises NotOffered: for another shape.
    """
    if not isinstance(sent, Mapping) or not all(
        isinstance(values, list) and all(isinstance(value, str) for value in values)
        for values in sent.values()
    ):
        raise NotOffered
    fields: Mapping[str, Sequence[str]] = sent
    return lambda name: fields.get(name, [])


def _answer(question: AttemptQuestion, getlist: GetList) -> Any:
    type_, body, name = (
        question.question_revision.type,
        question.question_revision.body,
        f"q{question.position}",
    )
    order = question.order
    if type_ in ("numeric", "short_answer"):
        return " ".join("".join(getlist(name)[:1]).replace("\0", "").split()) or None
    if type_ == "single_choice":
        return _one(order["options"], getlist(name))
    if type_ == "true_false":
        return _one(STATEMENT, getlist(name))
    if type_ == "multiple_response":
        return sorted({_one(order["options"], [place]) for place in getlist(name) if place}) or None
    if type_ == "matching":
        return _lines(name, getlist, {left: order["right"] for left in order["left"]})
    if type_ == "ordering":
        places = range(1, len(order["items"]) + 1)
        return _lines(name, getlist, {item: places for item in order["items"]})
    return _lines(name, getlist, {step["id"]: order[step["id"]] for step in body["steps"]})


def _lines(name: str, getlist: GetList, offered: Mapping[str, Sequence[Any]]) -> dict[str, Any] | None:
    """Return the choice of each line that has one."""
    chosen = {
        key: _one(choices, getlist(f"{name}-{number}"))
        for number, (key, choices) in enumerate(offered.items(), 1)
    }
    return {key: value for key, value in chosen.items() if value is not None} or None


def _one(offered: Sequence[Any], sent: Sequence[str]) -> Any:
    """Return what stands at the place that was sent, None for nothing."""
    if not sent or sent[0] == "":
        return None
    place = _whole(sent[0])
    if not 1 <= place <= len(offered):
        raise NotOffered
    return offered[place - 1]


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise NotOffered
    return int(text)


class ReportForm(BaseForm):
    """What is wrong with a question."""

    text = TextAreaField(
        _l("What is wrong with the question?"),
        validators=[DataRequired(), Length(max=LONGEST_REPORT)],
        render_kw={"rows": 5, "maxlength": LONGEST_REPORT},
    )
