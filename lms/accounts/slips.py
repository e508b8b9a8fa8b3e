"""Activation slips: cards to print, cut and hand out, each in the person's language and in Russian."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from lms.accounts.passwords import LEAST_LENGTH
from lms.i18n import moment
from lms.people.models import Person

# What everybody can read: a slip may be handed out by somebody with another language.
SECOND_LANGUAGE = "ru"


@dataclass(frozen=True)
class Wording:
    """The sentences of a slip in one language."""

    language: str
    number: str
    code: str
    until: str
    steps: str
    secret: str


@dataclass(frozen=True)
class Slip:
    """One card."""

    name: str
    service_number: str
    code: str
    wordings: tuple[Wording, ...]


def page(entries: Sequence[tuple[Person, str, datetime]], *, unit_name: str = "") -> str:
    """Return the page of slips for people with their code, in clear, and the moment it expires."""
    slips = [
        Slip(
            person.full_name,
            person.service_number,
            code,
            tuple(
                _wording(language, expires_at)
                for language in dict.fromkeys((person.language, SECOND_LANGUAGE))
            ),
        )
        for person, code, expires_at in entries
    ]
    return render_template("accounts/slips.html", slips=slips, unit_name=unit_name)


def _wording(language: str, expires_at: datetime) -> Wording:
    with force_locale(language):
        return Wording(
            language=language,
            number=_("Service number"),
            code=_("Activation code"),
            until=_("Valid until %(moment)s.", moment=moment(expires_at)),
            steps=_(
                "Open %(address)s, type both and choose a password of %(num)d characters or more.",
                address=f"{current_app.config['LMS_PUBLIC_URL']}/activate",
                num=LEAST_LENGTH,
            ),
            secret=_("The code works once. Show it to nobody."),
        )
