"""The base of every form: messages of WTForms in the languages of the interface."""

from typing import Any

from flask_babel import get_domain, gettext
from flask_wtf import FlaskForm


class Translations:
    """WTForms' messages from our own catalogue; WTForms itself ships no Kyrgyz."""

    def gettext(self, string: str) -> str:
        """Return the message in the language of the request."""
        return str(gettext(string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Return the message for a number in the language of the request, its placeholders still open."""
        # Not Flask-Babel's own ngettext: it fills in `num` and stumbles over `max`, which WTForms fills in later.
        return str(get_domain().get_translations().ngettext(singular, plural, n))


class BaseForm(FlaskForm):
    """A form of the suite. CSRF is checked for every unsafe request by the app, so forms add only the token."""

    class Meta(FlaskForm.Meta):
        """Where messages come from."""

        def get_translations(self, form: Any) -> Translations:
            """Return our catalogue."""
            return Translations()
