"""Forms of sign-in, activation and the password."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, ValidationError

from lms.accounts.passwords import LEAST_LENGTH, MOST_LENGTH, Weakness, weakness
from lms.forms import BaseForm
from lms.people.rules import normal_number

WEAKNESS_TEXT: dict[Weakness, Any] = {
    Weakness.SHORT: _l("The password must have %(num)d characters or more.", num=LEAST_LENGTH),
    Weakness.LONG: _l("The password must have %(num)d characters or fewer.", num=MOST_LENGTH),
    Weakness.COMMON: _l("This password is one of those that are tried first. Choose another."),
    Weakness.REPEATED: _l("This password repeats a few characters. Choose another."),
    Weakness.PERSONAL: _l("This password is your own name or service number. Choose another."),
}
WRONG_SIGN_IN = _l("The service number or the password is wrong.")
WRONG_CODE = _l(
    "This service number and activation code do not fit together, or the code was used, replaced or has expired."
    " Check both; if they are right, ask your department for a new code."
)
WRONG_CURRENT = _l("This is not your present password.")

# Enough for any number of ours; longer input is nobody's number.
NUMBER_LENGTH = 40


def number(text: str | None) -> str:
    """Return a typed service number as it is kept, without the NUL that PostgreSQL refuses."""
    return normal_number((text or "").replace("\0", ""))


def typed(field: StringField) -> str:
    """Return what was typed into a field."""
    return field.data or ""


class SignInForm(BaseForm):
    """Service number and password."""

    service_number = StringField(
        _l("Service number"),
        filters=[number],
        validators=[InputRequired(_l("Enter your service number.")), Length(max=NUMBER_LENGTH)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"),
        validators=[InputRequired(_l("Enter your password.")), Length(max=MOST_LENGTH)],
        render_kw={"autocomplete": "current-password"},
    )


class NewPasswordForm(BaseForm):
    """A new password, typed twice."""

    password = PasswordField(
        _l("New password"),
        validators=[InputRequired(_l("Enter a new password."))],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("New password again"),
        validators=[
            InputRequired(_l("Enter the new password again.")),
            EqualTo("password", _l("The two passwords are not the same.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )

    def validate_password(self, field: PasswordField) -> None:
        """Say at once what needs no knowledge of the person; `accept` looks at names when we know who it is."""
        found = weakness(typed(field), "", ())
        if found is not None:
            raise ValidationError(WEAKNESS_TEXT[found])

    def accept(self, service_number: str, names: Iterable[str]) -> bool:
        """Say whether the password is good enough for this person; if not, the field says why."""
        found = weakness(typed(self.password), service_number, names)
        if found is not None:
            self.password.errors = [WEAKNESS_TEXT[found]]
        return found is None


class ActivationForm(NewPasswordForm):
    """Service number, activation code, new password twice."""

    service_number = StringField(
        _l("Service number"),
        filters=[number],
        validators=[InputRequired(_l("Enter your service number.")), Length(max=NUMBER_LENGTH)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    code = StringField(
        _l("Activation code"),
        validators=[
            InputRequired(_l("Enter the activation code from your slip.")),
            Length(max=NUMBER_LENGTH),
        ],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"},
    )


class ChangePasswordForm(NewPasswordForm):
    """The present password, and a new one twice."""

    current = PasswordField(
        _l("Present password"),
        validators=[InputRequired(_l("Enter your present password.")), Length(max=MOST_LENGTH)],
        render_kw={"autocomplete": "current-password"},
    )
