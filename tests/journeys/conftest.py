"""A running site: gunicorn with several workers on a fresh database with the cast, as people would reach it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page

from lms.db import db
from lms.demo import Cast
from lms.people.models import Person
from tests.conftest import Browser, make_environ

CLIENT = Path(__file__).with_name("client.py")


@dataclass
class Site:
    """A running site, and the app in this process on the same database, to look at what became of it."""

    url: str
    app: Flask
    cast: Cast
    browser_of: Callable[[str | None], Browser]

    def cookie_of(self, key: str) -> tuple[str, str]:
        """Return the session cookie and a CSRF token of a signed-in member of the cast."""
        browser = self.browser_of(key)
        token = browser.csrf_token()
        cookie = browser.get_cookie("lms")
        assert cookie is not None
        return cookie.value, token

    def post_at_once(self, requests: list[tuple[str, str, dict[str, str]]]) -> list[tuple[int, str]]:
        """Send the requests (member of the cast, path, form) at the same moment, each from a process of its own.

        Returns status and Location of each answer.
        """
        cookies = {key: self.cookie_of(key) for key, _path, _form in requests}
        started = []
        for key, path, form in requests:
            cookie, token = cookies[key]
            arguments = [self.url, path, cookie, token, *(f"{name}={value}" for name, value in form.items())]
            started.append(
                subprocess.Popen(
                    [sys.executable, "-S", str(CLIENT), *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = []
        for process in started:
            output, _nothing = process.communicate(timeout=120)
            status, _, location = output.strip().partition(" ")
            answers.append((int(status), location))
        return answers


@contextmanager
def running(app: Flask, folder: Path) -> Iterator[str]:
    """Run gunicorn with three workers on the database of an app; give the site's address."""
    # The socket listens before the server is there: the first request waits for it, nobody has to ask when it is up.
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = listener.getsockname()[1]
    environ: dict[str, Any] = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LMS_")},
        **make_environ(app.config["LMS_DATABASE_URL"], folder),
    }
    arguments = [
        "--bind",
        f"fd://{listener.fileno()}",
        "--worker-class",
        "gthread",
        "--workers",
        "3",
        "--threads",
        "4",
    ]
    with app.app_context():
        db.engine.dispose()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "lms.wsgi:make()",
            *arguments,
            "--preload",
            "--no-control-socket",
            "--log-level",
            "warning",
        ],
        env=environ,
        pass_fds=[listener.fileno()],
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        # At once, with its workers: nothing is left to do for them, and a polite end takes seconds.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        listener.close()


@pytest.fixture
def site(
    app: Flask, cast: Cast, browser_of: Callable[[str | None], Browser], tmp_path: Path
) -> Iterator[Site]:
    """Run the site on the test's database with three workers."""
    with running(app, tmp_path) as url:
        yield Site(url, app, cast, browser_of)


def speak(site: Site, key: str, language: str) -> None:
    """Let a member of the cast choose a language."""
    with site.app.app_context():
        db.session.execute(sa.update(Person).where(Person.id == site.cast[key]).values(language=language))
        db.session.commit()


def take_phone(context: BrowserContext, site: Site, key: str) -> Page:
    """Sign a member of the cast in on a device; return a page of it."""
    cookie, _token = site.cookie_of(key)
    context.add_cookies([{"name": "lms", "value": cookie, "url": site.url}])
    return context.new_page()


@pytest.fixture
def phone_of(
    site: Site, browser: Chromium, browser_context_args: dict[str, Any]
) -> Iterator[Callable[..., Page]]:
    """Return a function that gives a phone of its own on which a member of the cast is signed in."""
    contexts = []

    def open_for(key: str, *, width: int = 360) -> Page:
        size = {"width": width, "height": 740}
        contexts.append(browser.new_context(**{**browser_context_args, "viewport": size}))
        return take_phone(contexts[-1], site, key)

    yield open_for
    for context in contexts:
        context.close()


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Open pages as an officer's phone in Kyrgyzstan does."""
    return {
        **browser_context_args,
        "locale": "ky-KG",
        "timezone_id": "Asia/Bishkek",
        "viewport": {"width": 360, "height": 740},
    }
