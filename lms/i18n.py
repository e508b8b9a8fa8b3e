"""Languages: which one a page is in, how days and moments are written, which text stands in for a missing one."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import Babel, format_date, format_datetime, format_decimal, get_locale
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from lms import paths
from lms.plugins import Suite
from lms.settings import LANGUAGES

OWN_NAMES = {"ky": "Кыргызча", "ru": "Русский", "en": "English"}
# Which text is shown when one is missing, with a visible mark.
FALLBACK = {"ky": ("ky", "ru", "en"), "ru": ("ru", "ky", "en"), "en": ("en", "ru", "ky")}
# Kyrgyz short dates of CLDR read 8/3/26, which is ambiguous here.
DAY_FORMATS = {"ky": "dd.MM.y", "ru": "dd.MM.y", "en": "d MMMM y"}
MOMENT_FORMATS = {"ky": "dd.MM.y HH:mm", "ru": "dd.MM.y HH:mm", "en": "d MMMM y, HH:mm"}

CENTRAL = _l("Central services")


def init_app(app: Flask, suite: Suite) -> None:
    """Set up languages: the catalogues of the core and of the plug-ins."""
    folders = [str(paths.TRANSLATIONS)] + [str(m.translations) for m in suite.manifests if m.translations]
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(folders)
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Bishkek"
    # One for each app: it keeps the catalogues it has read, and another app may have other plug-ins.
    Babel().init_app(app, locale_selector=_select, default_locale=app.config["LMS_DEFAULT_LANGUAGE"])
    app.jinja_env.globals.update(day=day, moment=moment, decimal=decimal, languages=list(OWN_NAMES.items()))
    app.context_processor(lambda: {"language": language()})


def _select() -> str:
    if not has_request_context():
        return str(current_app.config["LMS_DEFAULT_LANGUAGE"])  # a command
    chosen = g.get("language") or (
        current_user.language if current_user.is_authenticated else session.get("language")
    )
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or str(current_app.config["LMS_DEFAULT_LANGUAGE"])


def language() -> str:
    """Return the code of the language of this request: ky, ru or en."""
    return str(get_locale() or "ky")


def pick(texts: Mapping[str, Any], wanted: str | None = None) -> tuple[Any, str]:
    """Return a text of a text map and the language it is in: the wanted one or the next that is there.

    :raises KeyError: when the map holds no text at all.
    """
    for code in FALLBACK[wanted or language()]:
        if texts.get(code):
            return texts[code], code
    raise KeyError("a text map without any text")


def text(texts: Mapping[str, Any], wanted: str | None = None) -> str:
    """Return a text of a text map in the language of this request, or the next that is there."""
    return str(pick(texts, wanted)[0])


def day(value: date | None) -> str:
    """Write a civil day as people do: 21.11.2026, or 21 November 2026 in English."""
    return "" if value is None else str(format_date(value, DAY_FORMATS[language()]))


def moment(value: datetime | None) -> str:
    """Write a moment as the clock in Bishkek shows it."""
    return "" if value is None else str(format_datetime(value, MOMENT_FORMATS[language()]))


def decimal(value: float | None) -> str:
    """Write a number with at most one decimal: 33,3 in Kyrgyz and Russian, 33.3 in English, 25 when it is whole."""
    return "" if value is None else str(format_decimal(value, "0.#"))
