"""Settings: name, default, unit, help; read from `LMS_*`. A bad value or an unknown name stops the start.

`docs/settings.md` is generated from this list and checked by a test.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

LANGUAGES = ("ky", "ru", "en")
ENVIRONMENTS = ("production", "demonstration", "test")

# Read by the tests and the Makefile, not by the app.
NOT_OURS = frozenset({"LMS_TEST_DATABASE_URL", "LMS_CHROMIUM"})


class SettingError(Exception):
    """A setting is missing, unknown or has a value that cannot be used. The text is one sentence."""


@dataclass(frozen=True)
class Setting:
    """One setting. `parse` turns the text of the environment into the value, or raises ValueError with a reason."""

    name: str
    default: str
    help: str
    unit: str = ""
    parse: Callable[[str], Any] = str
    required_in_production: bool = False
    secret: bool = False


def one_of(*allowed: str) -> Callable[[str], str]:
    """Return a parser that takes one of the named values."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("must be one of: " + ", ".join(allowed))
        return text

    return parse


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a parser for a whole number in a range, both ends included."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def _database_url(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return text


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://learning.example.kg")
    return text.rstrip("/")


def _names(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


CORE = (
    Setting(
        "LMS_ENVIRONMENT",
        "production",
        "What the app is run for.",
        parse=one_of(*ENVIRONMENTS),
    ),
    Setting(
        "LMS_DATABASE_URL",
        "sqlite:///lms.db",
        "The database; a relative SQLite path is inside the instance folder.",
        parse=_database_url,
        required_in_production=True,
    ),
    Setting("LMS_INSTANCE_PATH", "instance", "The folder of the embedded database."),
    Setting(
        "LMS_SECRET_KEY",
        "",
        "Signs cookies and keys the digests of codes; 32 characters or more, random.",
        required_in_production=True,
        secret=True,
    ),
    Setting(
        "LMS_PUBLIC_URL",
        "http://127.0.0.1:8000",
        "The address people reach the site at; it is printed in the QR code of certificates.",
        parse=_public_url,
        required_in_production=True,
    ),
    Setting(
        "LMS_TRUSTED_PROXIES",
        "0",
        "How many proxies stand in front; X-Forwarded-* counts only from them.",
        unit="proxies",
        parse=whole_number(0, 5),
    ),
    Setting(
        "LMS_DEFAULT_LANGUAGE",
        "ky",
        "Language when neither person nor browser says.",
        parse=one_of(*LANGUAGES),
    ),
    Setting(
        "LMS_SESSION_HOURS", "12", "A sign-in ends after this time.", unit="hours", parse=whole_number(1, 72)
    ),
    Setting(
        "LMS_ACTIVATION_DAYS",
        "14",
        "An activation code is valid for this time.",
        unit="days",
        parse=whole_number(1, 90),
    ),
    Setting("LMS_UPLOAD_MB", "20", "Largest upload.", unit="MB", parse=whole_number(1, 200)),
    Setting(
        "LMS_PASSWORD_COST",
        "normal",
        "Cost of a password hash; `cheap` is for tests and refused in production.",
        parse=one_of("normal", "cheap"),
    ),
    Setting(
        "LMS_ACCESS_LOG",
        "off",
        "`on` makes `lms serve` write a line to standard output for every request.",
        parse=one_of("off", "on"),
    ),
    Setting("LMS_PLUGINS_OFF", "", "Names of plug-ins to leave out, separated by commas.", parse=_names),
)


def read(
    environ: Mapping[str, str], known: Iterable[Setting] = CORE, *, strict_names: bool = False
) -> dict[str, Any]:
    """Return the value of every known setting.

    With `strict_names`, an `LMS_*` name that nobody declared is refused too: a typing error in a name would
    otherwise leave the default in force unseen.

    :raises SettingError: one sentence that names the setting and says what is expected.
    """
    known = tuple(known)
    production = environ.get("LMS_ENVIRONMENT", "production") == "production"
    values: dict[str, Any] = {}
    for setting in known:
        text = environ.get(setting.name, "")
        if not text:
            if production and setting.required_in_production:
                raise SettingError(f"{setting.name} is required in production: {setting.help}")
            text = setting.default
        try:
            values[setting.name] = setting.parse(text)
        except ValueError as error:
            raise SettingError(f"{setting.name} {error}.") from None
    if strict_names:
        unknown = sorted(
            name
            for name in environ
            if name.startswith("LMS_")
            and name not in NOT_OURS
            and name not in {setting.name for setting in known}
        )
        if unknown:
            raise SettingError(f"{unknown[0]} is not a setting; docs/settings.md lists them.")
    _check_together(values)
    return values


def _check_together(values: dict[str, Any]) -> None:
    if "LMS_SECRET_KEY" not in values:
        return  # a plug-in's own settings are read after the core's
    production = values["LMS_ENVIRONMENT"] == "production"
    key = values["LMS_SECRET_KEY"]
    if production and (len(key) < 32 or len(set(key)) < 10):
        raise SettingError("LMS_SECRET_KEY is too weak: use 32 or more random characters.")
    if not key:
        values["LMS_SECRET_KEY"] = secrets.token_urlsafe(32)
    if production and not values["LMS_PUBLIC_URL"].startswith("https://"):
        raise SettingError(
            "LMS_PUBLIC_URL must begin with https:// in production: nobody can sign in without TLS."
        )
    if production and values["LMS_PASSWORD_COST"] != "normal":
        raise SettingError("LMS_PASSWORD_COST must be normal in production.")
