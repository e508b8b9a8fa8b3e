"""What must not be served stops the start: one sentence, exit code 2. Each test starts the real command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lms import settings
from tests.suite.sources import ROOT

pytestmark = pytest.mark.slow

# A port nobody listens on for long: every start here is refused before it listens.
SERVE = ("serve", "--port", "8179")
KEY = "kQ4s-8fZ0x_Lw7Rb2vTnY6uHcE1aMj9oPd3iGq5t"


def lms(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command `lms` with nothing in the environment but the given settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", "from lms.cli import main; main()", *arguments],
        cwd=folder,
        env=kept | {"LMS_INSTANCE_PATH": str(folder / "instance")} | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def production(folder: Path, **changed: str | None) -> dict[str, str]:
    """Return the settings of a good production start, changed in places; None takes one away."""
    environ: dict[str, str | None] = {
        "LMS_DATABASE_URL": f"sqlite:///{folder / 'lms.db'}",
        "LMS_SECRET_KEY": KEY,
        "LMS_PUBLIC_URL": "https://learning.example.kg",
    }
    return {name: value for name, value in (environ | changed).items() if value is not None}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"LMS_SECRET_KEY": None},
            "LMS_SECRET_KEY is required in production: Signs cookies and keys the digests of codes;"
            " 32 characters or more, random.",
        ),
        ({"LMS_SECRET_KEY": ""}, "LMS_SECRET_KEY is required in production: Signs cookies"),
        (
            {"LMS_SECRET_KEY": "short"},
            "LMS_SECRET_KEY is too weak: use 32 or more random characters.",
        ),
        (
            {"LMS_SECRET_KEY": "abc" * 20},
            "LMS_SECRET_KEY is too weak: use 32 or more random characters.",
        ),
        ({"LMS_PUBLIC_URL": None}, "LMS_PUBLIC_URL is required in production: "),
        (
            {"LMS_PUBLIC_URL": "learning.example.kg"},
            "LMS_PUBLIC_URL must be an address such as https://learning.example.kg.",
        ),
        (
            {"LMS_PUBLIC_URL": "http://127.0.0.1:8000"},
            "LMS_PUBLIC_URL must begin with https:// in production: nobody can sign in without TLS.",
        ),
        ({"LMS_DATABASE_URL": None}, "LMS_DATABASE_URL is required in production: "),
        (
            {"LMS_DATABASE_URL": "mysql://localhost/lms"},
            "LMS_DATABASE_URL must begin with sqlite:/// or postgresql://.",
        ),
        ({"LMS_SESION_HOURS": "8"}, "LMS_SESION_HOURS is not a setting; docs/settings.md lists them."),
        ({"LMS_SESSION_HOURS": "a day"}, "LMS_SESSION_HOURS must be a whole number from 1 to 72."),
        ({"LMS_SESSION_HOURS": "0"}, "LMS_SESSION_HOURS must be a whole number from 1 to 72."),
        ({"LMS_SESSION_HOURS": "٣"}, "LMS_SESSION_HOURS must be a whole number from 1 to 72."),
        ({"LMS_DEFAULT_LANGUAGE": "kg"}, "LMS_DEFAULT_LANGUAGE must be one of: ky, ru, en."),
        (
            {"LMS_ENVIRONMENT": "prod"},
            "LMS_ENVIRONMENT must be one of: production, demonstration, test.",
        ),
        ({"LMS_PASSWORD_COST": "cheap"}, "LMS_PASSWORD_COST must be normal in production."),
        ({"LMS_TRUSTED_PROXIES": "-1"}, "LMS_TRUSTED_PROXIES must be a whole number from 0 to 5."),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(
    tmp_path: Path, changed: dict[str, str | None], sentence: str
) -> None:
    ran = lms(tmp_path, *SERVE, **production(tmp_path, **changed))

    said = ran.stderr.splitlines()
    assert (ran.returncode, len(said)) == (2, 1), ran.stderr
    assert said[0].startswith(f"lms: {sentence}")


def test_a_database_that_is_not_migrated_stops_the_start(tmp_path: Path) -> None:
    ran = lms(tmp_path, *SERVE, **production(tmp_path))

    assert (ran.returncode, ran.stderr) == (
        2,
        "lms: The database is not at the newest migration; run `lms db upgrade` first.\n",
    )


def test_production_refuses_demonstration_people(tmp_path: Path) -> None:
    environ = production(tmp_path)
    made = lms(tmp_path, "db", "upgrade", **environ)
    stamp = (
        "from lms.app import create_app; from lms.db import db; from lms.people.models import Installation\n"
        "with create_app().app_context():\n"
        "    db.session.add(Installation(key='demonstration', value='2026-11-21')); db.session.commit()"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    subprocess.run([sys.executable, "-c", stamp], check=True, env=kept | environ, cwd=tmp_path)

    served = lms(tmp_path, *SERVE, **environ)
    loaded = lms(tmp_path, "demo", "load", **environ)

    assert made.returncode == 0, made.stderr
    assert (served.returncode, served.stderr) == (
        2,
        "lms: The database holds demonstration people; production needs one of its own.\n",
    )
    assert (loaded.returncode, "LMS_ENVIRONMENT=demonstration" in loaded.stderr) == (1, True)


def test_invented_people_do_not_join_real_ones(tmp_path: Path) -> None:
    """Everybody knows the password of the invented administrator."""
    environ = production(tmp_path)
    names = ("--family", "Асанов", "--given", "Эрмек", "--sex", "m", "--role", "administrator")
    made = [
        lms(tmp_path, *command, **environ).returncode
        for command in (("db", "upgrade"), ("accounts", "create", "A-000001", *names))
    ]

    demonstration = {**environ, "LMS_ENVIRONMENT": "demonstration"}
    loaded = lms(tmp_path, "demo", "load", **demonstration)
    started = lms(tmp_path, "start-demo", "--port", "8179", **demonstration)
    in_production = lms(tmp_path, "start-demo", "--port", "8179", **environ, LMS_ENVIRONMENT="production")

    refusal = (
        "Error: The database holds people already; demonstration people are loaded into an empty one only.\n"
    )
    assert made == [0, 0]
    assert (loaded.returncode, loaded.stderr) == (1, refusal)
    assert (started.returncode, started.stderr) == (1, refusal)
    assert (in_production.returncode, in_production.stderr) == (
        1,
        "Error: This is a production environment; `lms serve` starts it.\n",
    )


def test_a_database_that_cannot_be_reached_stops_the_start(tmp_path: Path) -> None:
    environ = production(tmp_path, LMS_DATABASE_URL="postgresql://lms:secret-word@127.0.0.1:1/lms")

    ran = lms(tmp_path, *SERVE, **environ)

    said = ran.stderr.splitlines()
    assert (ran.returncode, len(said), "secret-word" in ran.stderr) == (2, 1, False), ran.stderr
    assert said[0].startswith("lms: The database of LMS_DATABASE_URL cannot be reached: ")


def test_gunicorn_is_refused_with_one_sentence_too(tmp_path: Path) -> None:
    """4 is gunicorn's own code for an app that cannot be loaded: it ends instead of starting workers for ever."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}

    ran = subprocess.run(
        [sys.executable, "-c", "from lms.wsgi import make; make()"],
        cwd=tmp_path,
        env=kept | production(tmp_path, LMS_SECRET_KEY="short"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (
        4,
        "lms: LMS_SECRET_KEY is too weak: use 32 or more random characters.\n",
    )


def test_a_start_that_nothing_refuses_gets_as_far_as_the_server(tmp_path: Path) -> None:
    """The refusals above mean something only if the same settings, unspoilt, are not refused."""
    environ = production(tmp_path)
    made = lms(tmp_path, "db", "upgrade", **environ)

    ran = lms(tmp_path, "serve", "--port", "99999", **environ)  # gunicorn itself refuses that port

    assert made.returncode == 0, made.stderr
    assert ran.returncode != 2
    assert "lms: " not in ran.stderr
    assert "gunicorn" in ran.stderr


def test_the_environment_is_production_unless_it_says_otherwise() -> None:
    with pytest.raises(settings.SettingError, match="required in production"):
        settings.read({})


def test_every_default_can_be_parsed() -> None:
    assert [s.name for s in settings.CORE if s.default and s.parse(s.default) is None] == []


def test_settings_for_tools_are_no_settings_of_the_app() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    values = settings.read(
        {"LMS_ENVIRONMENT": "test", **dict.fromkeys(settings.NOT_OURS, "x")}, strict_names=True
    )

    assert not set(values) & settings.NOT_OURS
    assert "LMS_CHROMIUM" in makefile
