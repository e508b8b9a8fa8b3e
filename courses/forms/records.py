"""Forms of instructors' records and of enrolment by others."""

import re
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from courses.rules import CRITERION_MAXIMUM
from lms import clock
from lms.forms import BaseForm
from lms.i18n import language
from lms.people.places import Branch

TEXT_LENGTH = 500
MOST_NUMBERS = 500
NO_BREAK_SPACE = "\u00a0"
STATES = (
    ("not_started", _l("Not started")),
    ("in_progress", _l("In progress")),
    ("completed", _l("Completed")),
)


def _not_in_the_future(_form: Any, field: Any) -> None:
    if field.data and field.data > clock.today():
        raise ValidationError(_("This day has not come yet."))


def _day(label: Any) -> Any:
    return DateField(label, [InputRequired(_l("Enter the date.")), _not_in_the_future], default=clock.today)


def _comment() -> Any:
    return TextAreaField(_l("Comment"), [Optional(), Length(max=TEXT_LENGTH)], render_kw={"rows": 2})


def _points(label: Any, help_text: Any, missing: Any) -> Any:
    choices = [SelectChoice("", _l("Choose"))] + [SelectChoice(str(n)) for n in range(CRITERION_MAXIMUM + 1)]
    return SelectField(
        label, [InputRequired(missing)], choices=choices, coerce=_number, description=help_text
    )


def _number(value: Any) -> int | None:
    """Return a chosen number, or None for the empty choice; anything else is a ValueError, which WTForms reports."""
    return int(value) if value not in ("", None) else None


class FindForm(BaseForm):
    """What the list of officers is filtered by; sent by GET."""

    class Meta(BaseForm.Meta):
        """Nothing is written, so there is no token in the address."""

        csrf = False

    name = StringField(_l("Name or service number"), [Optional(), Length(max=100)])
    state = SelectField(_l("State"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state.choices = [SelectChoice("", _("All"))] + [SelectChoice(v, str(t)) for v, t in STATES]


class AttendanceForm(BaseForm):
    """Who was present on a face-to-face day. The officers' answers are fields `presence-<enrolment id>`."""

    held_on = _day(_l("Date"))
    comment = _comment()


class GradeForm(BaseForm):
    """Points of a practical task on the common rubric (curriculum 0.6)."""

    legality = _points(
        _l("Legality and rights"),
        _l("Acts inside the law, protects the rights of all parties."),
        _l("Choose the points for legality and rights."),
    )
    completeness = _points(
        _l("Completeness and accuracy"),
        _l("All required elements are there, the facts are right."),
        _l("Choose the points for completeness and accuracy."),
    )
    usefulness = _points(
        _l("Practical usefulness"),
        _l("A colleague could act on it."),
        _l("Choose the points for practical usefulness."),
    )
    clarity = _points(
        _l("Clarity of the record"),
        _l("Structure, neutral language, dates, times, signatures."),
        _l("Choose the points for the clarity of the record."),
    )
    graded_on = _day(_l("Date"))
    comment = _comment()


class BulkGradeForm(GradeForm):
    """The same points for several officers."""

    officers = SelectMultipleField(
        _l("Officers"),
        [DataRequired(_l("Choose at least one officer."))],
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class EnrolForm(BaseForm):
    """Whom to enrol: a list of numbers or a unit, and until when they should be ready."""

    numbers = TextAreaField(
        _l("Service numbers"),
        [Optional(), Length(max=MOST_NUMBERS * 30)],
        description=_l(
            "One on each line, or separated by commas or spaces. Leave this empty to enrol a unit."
        ),
        render_kw={"rows": 5, "autocomplete": "off"},
    )
    unit = SelectField(
        _l("Or a unit, with the units below it"),
        [Optional()],
        coerce=_number,
    )
    due_on = DateField(_l("To be completed by"), [Optional()])
    digest = HiddenField()

    def offer(self, branches: Iterable[Branch]) -> None:
        """Fill the list of units."""
        self.unit.choices = [SelectChoice("", _("Choose"))] + [
            SelectChoice(
                str(branch.unit.id), NO_BREAK_SPACE * 3 * branch.depth + branch.unit.name(language())
            )
            for branch in branches
            if branch.unit.closed_on is None
        ]

    @property
    def number_list(self) -> list[str]:
        """Return the numbers that were typed, each once."""
        # PostgreSQL has no NUL in a text, so it parts numbers like a space.
        return list(dict.fromkeys(re.findall(r"[^\s,;\0]+", self.numbers.data or "")))

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for numbers or a unit, and not both.

        Not as a check of one field, because WTForms skips those of a field that may be empty when it is.
        """
        valid = super().validate(extra_validators)
        fault = ""
        if not self.number_list and not self.unit.data and not self.unit.errors:
            fault = _("Type service numbers or choose a unit.")
        elif self.number_list and self.unit.data:
            fault = _("Type service numbers or choose a unit, not both.")
        elif len(self.number_list) > MOST_NUMBERS:
            fault = _("At most %(most)s numbers at once.", most=MOST_NUMBERS)
        if fault:
            self.numbers.errors = [*self.numbers.errors, fault]
        return valid and not fault

    def validate_due_on(self, field: Any) -> None:
        """Refuse a day that is over."""
        if field.data and field.data < clock.today():
            raise ValidationError(_("This day is over. Choose a later one."))


class WithdrawForm(BaseForm):
    """Why an enrolment is withdrawn."""

    reason = TextAreaField(
        _l("Reason"), [DataRequired(_l("Write the reason.")), Length(max=TEXT_LENGTH)], render_kw={"rows": 3}
    )
