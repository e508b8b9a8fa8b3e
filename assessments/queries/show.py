"""A drawn question as a page shows it: texts in one language, options by their place in the shown order.

No id of an option, no key and no feedback is in here before release; `review` adds them afterwards, and `authored`
for the author.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from assessments import rules
from assessments.models import AttemptQuestion, QuestionKey, QuestionRevision
from lms import i18n

# The two answers to a statement always stand in this order; there is nothing to shuffle.
STATEMENT = (True, False)


@dataclass(frozen=True)
class Said:
    """A text and the language it is in, which may not be the page's."""

    text: str
    language: str


@dataclass(frozen=True)
class Choice:
    """An option: its place in the shown order, from 1. `right` is None before release."""

    place: int
    said: Said | None  # none for true and false, and for the places of an ordering
    chosen: bool = False
    right: bool | None = None


@dataclass(frozen=True)
class Row:
    """A line with a choice of its own: a left side, an item to place, a step of a scenario."""

    number: int
    said: Said
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Feedback:
    """What is said about an answer after release."""

    share: float
    said: Said
    accepted: tuple[str, ...] = ()  # right numbers or short answers, as text


@dataclass(frozen=True)
class QuestionView:
    """A question as a page shows it."""

    position: int
    type: str
    saves: int
    answered: bool
    text: Said | None
    case: Said | None = None
    unit: Said | None = None
    value: str = ""
    choices: tuple[Choice, ...] = ()
    rows: tuple[Row, ...] = field(default=())
    feedback: Feedback | None = None
    variant: int | None = None  # when several variants of a slot stand on one page

    @property
    def name(self) -> str:
        """Return the name of the question's field; lines have `-1`, `-2` … after it."""
        return f"q{self.position}" if self.variant is None else f"q{self.position}v{self.variant}"

    @property
    def language(self) -> str:
        """Return the language the question is shown in, which may not be the page's."""
        shown = self.text or self.case
        return shown.language if shown else i18n.language()


def said(texts: Mapping[str, Any] | None) -> Said | None:
    """Return a text of a text map in the language of the page, or the next that is there."""
    if not texts:
        return None
    text, language = i18n.pick(texts)
    return Said(str(text), language)


def views(questions: Iterable[AttemptQuestion]) -> list[QuestionView]:
    """Return drawn questions as they are asked."""
    return [view(question) for question in questions]


def view(question: AttemptQuestion, *, typed: Any = None) -> QuestionView:
    """Return one drawn question as it is asked; `typed` stands in for the saved answer when a page was refused."""
    return _view(question, question.answer if typed is None else typed, None)


def review(question: AttemptQuestion) -> QuestionView:
    """Return one drawn question with key and feedback; only for what was released."""
    return _view(question, question.answer, question.question_revision.key)


def authored(revision: QuestionRevision, position: int, variant: int) -> QuestionView:
    """Return a question that nobody drew, with its key, in the order in which its author wrote it; only for authors."""
    # Never added to the session: the shape of a drawn question, so that the author sees what an officer sees.
    drawn = AttemptQuestion(
        position=position,
        order=rules.parts_of(revision.type, revision.body),
        answer=None,
        saves=0,
        share=None,
    )
    drawn.question_revision = revision
    return replace(review(drawn), variant=variant)


def _view(question: AttemptQuestion, answer: Any, key: QuestionKey | None) -> QuestionView:
    revision = question.question_revision
    body, type_ = revision.body, revision.type
    right = None if key is None else key.key
    choices: tuple[Choice, ...] = ()
    rows: tuple[Row, ...] = ()
    if type_ in ("single_choice", "multiple_response"):
        choices = _choices(question.order["options"], body["options"], answer, right)
    elif type_ == "true_false":
        choices = tuple(
            Choice(place, None, answer is value, None if right is None else right is value)
            for place, value in enumerate(STATEMENT, 1)
        )
    elif type_ == "matching":
        rows = tuple(
            Row(
                number,
                _text(body["left"][left]),
                _choices(
                    question.order["right"], body["right"], (answer or {}).get(left), (right or {}).get(left)
                ),
            )
            for number, left in enumerate(question.order["left"], 1)
        )
    elif type_ == "ordering":
        rows = tuple(
            _placed(question, item, number, answer, right)
            for number, item in enumerate(question.order["items"], 1)
        )
    elif type_ == "scenario":
        rows = tuple(
            Row(
                number,
                _text(step["text"]),
                _choices(
                    question.order[step["id"]],
                    step["options"],
                    (answer or {}).get(step["id"]),
                    (right or {}).get(step["id"]),
                ),
            )
            for number, step in enumerate(body["steps"], 1)
        )
    return QuestionView(
        position=question.position,
        type=type_,
        saves=question.saves,
        answered=answer is not None,
        text=said(body.get("text")),
        case=said(body.get("case")),
        unit=said(body.get("unit")),
        value=str(answer) if answer is not None and type_ in ("numeric", "short_answer") else "",
        choices=choices,
        rows=rows,
        feedback=None if key is None else _feedback(question, key),
    )


def _text(texts: Mapping[str, Any]) -> Said:
    return Said(*i18n.pick(texts))


def _choices(order: list[str], texts: Mapping[str, Any], answer: Any, right: Any) -> tuple[Choice, ...]:
    """Return options in the shown order; answer and key are one id or a list of them."""
    return tuple(
        Choice(
            place,
            _text(texts[option]),
            chosen=_is_among(option, answer),
            right=None if right is None else _is_among(option, right),
        )
        for place, option in enumerate(order, 1)
    )


def _is_among(option: str, ids: Any) -> bool:
    return option in ids if isinstance(ids, list) else option == ids


def _placed(question: AttemptQuestion, item: str, number: int, answer: Any, right: Any) -> Row:
    given = (answer or {}).get(item)
    wanted = None if right is None else right.index(item) + 1
    return Row(
        number,
        _text(question.question_revision.body["items"][item]),
        tuple(
            Choice(place, None, place == given, None if wanted is None else place == wanted)
            for place in range(1, len(question.order["items"]) + 1)
        ),
    )


def _feedback(question: AttemptQuestion, key: QuestionKey) -> Feedback:
    type_ = question.question_revision.type
    share = question.share or 0
    accepted: tuple[str, ...] = ()
    if type_ == "numeric":
        # A column of numbers gives 72.0 where the author wrote 72.
        accepted = (f"{key.key:g}",)
    elif type_ == "short_answer":
        accepted = (str(i18n.pick(key.key)[0][0]),)
    return Feedback(share, _text(key.feedback["right" if share == 1 else "wrong"]), accepted)


def last_saved(questions: Iterable[AttemptQuestion]) -> Any:
    """Return when the newest answer was saved, or None."""
    return max((q.saved_at for q in questions if q.saved_at is not None), default=None)


def percent_text(reached: float | None) -> str:
    """Return a score as people read it: a whole number, rounded down, and % after a no-break space."""
    return f"{rules.shown_percent(reached or 0)}\u00a0%"
