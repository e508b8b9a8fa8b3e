"""Forms of instructors and of the department."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    IntegerField,
    SearchField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from assessments.rules import LEAST_FACTOR_PERCENT, MOST_FACTOR_PERCENT, USUAL_FACTOR_PERCENT
from lms import clock
from lms.forms import BaseForm

SHORTEST_REASON, LONGEST_REASON = 10, 500
LONGEST_ANSWER = 1000
STATES = (
    ("not_tried", _l("Not tried yet")),
    ("under_way", _l("Under way")),
    ("passed", _l("Passed")),
    ("not_passed", _l("Tried and not passed")),
    ("used_up", _l("All attempts used")),
)


def _joined(text: str | None) -> str | None:
    return " ".join(text.replace("\0", "").split()) if text else text


def _reason() -> Any:
    return TextAreaField(
        _l("Reason"),
        [
            DataRequired(_l("Write the reason.")),
            Length(SHORTEST_REASON, LONGEST_REASON, _l("Write the reason in 10 to 500 characters.")),
        ],
        filters=[_joined],
        render_kw={"rows": 3, "maxlength": LONGEST_REASON},
    )


class _Get(BaseForm):
    """A form that only asks: its values stand in the address."""

    class Meta(BaseForm.Meta):
        """No token in addresses."""

        csrf = False


class FindForm(_Get):
    """What the officers of a quiz are filtered by."""

    name = SearchField(_l("Name or service number"), [Optional(), Length(max=100)], filters=[_joined])
    state = SelectField(_l("State"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state.choices = [SelectChoice("", _("All"))] + [SelectChoice(v, str(t)) for v, t in STATES]


class UnlockForm(BaseForm):
    """Why an officer gets one more attempt."""

    reason = _reason()


class AnswerForm(BaseForm):
    """What the instructor answers to a report of a question."""

    text = TextAreaField(
        _l("Answer to the officer"),
        [DataRequired(_l("Write an answer.")), Length(max=LONGEST_ANSWER)],
        description=_l(
            "What becomes of the question. Do not write the right answer: the officer may have attempts left."
        ),
        filters=[lambda text: text.replace("\0", "").strip() if text else text],
        render_kw={"rows": 4, "maxlength": LONGEST_ANSWER},
    )


class FindOfficerForm(_Get):
    """Whom extra time is for."""

    number = StringField(
        _l("Service number of the officer"),
        [DataRequired(_l("Type a service number.")), Length(max=40)],
        filters=[lambda text: _joined(text.upper()) if text else text],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )


class GrantForm(BaseForm):
    """How much time an officer gets, on which days, and why."""

    percent: Any = IntegerField(
        _l("Time in percent of the usual"),
        [InputRequired(_l("Type a number.")), NumberRange(LEAST_FACTOR_PERCENT, MOST_FACTOR_PERCENT)],
        default=USUAL_FACTOR_PERCENT,
        description=_l("150 means half as much again: 30 minutes instead of 20. From 100 to 300."),
        render_kw={"inputmode": "numeric"},
    )
    from_on: Any = DateField(_l("First day"), [InputRequired(_l("Choose a day."))], default=clock.today)
    to_on = DateField(_l("Last day"), [Optional()], description=_l("Empty: until it is ended."))
    reason = _reason()

    def validate_from_on(self, field: Any) -> None:
        """Refuse a day that is over: attempts made then keep the time they had."""
        if field.data and field.data < clock.today():
            raise ValidationError(_("This day is over. Choose today or a later one."))

    def validate_to_on(self, field: Any) -> None:
        """Refuse an end before the beginning."""
        if field.data and self.from_on.data and field.data < self.from_on.data:
            raise ValidationError(_("The last day comes before the first."))


class EndForm(BaseForm):
    """Why extra time is ended."""

    reason = _reason()
