"""Every page of the app in Chromium at 320 pixels, as somebody who may see it: axe finds nothing, nothing sticks out.

The pages come from the URL map (`tests/suite/addresses.py`), so a new page is asked without a line here. Seen red on
planted bugs: a grey too light for its ground, labels that name no field, tables that are not stacked on a phone.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from assessments.actions import attempts
from assessments.models import Attempt
from lms.db import db
from tests.journeys.conftest import running
from tests.suite.test_pages import is_html, pages_of
from tests.suite.world import NOBODY, Copies, World
from tests.unit.test_attempts import right_answers

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A page is asked once, as the first of them who may see it.
READERS = ("aigul", NOBODY, "daniyar", "gulnara", "elena", "ilyas", "farida")
OFFICER = "aigul"
RULES = """() => axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
  resultTypes: ["violations"],
}).then((found) => found.violations.map((one) => one.id + ": " + one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")))"""
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def everything(
    backends: Callable[[str], tuple[Any, Flask]], tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> World:
    """Return the world of the suite on a database of its own; pages are the same on both databases."""
    databases, app = backends("sqlite")
    copies = Copies(app, databases)
    copies.let_go()
    databases.renew()
    return World(app, copies, tmp_path_factory.mktemp("packages"), f"{worker_id}_journeys")


@pytest.fixture
def address(everything: World, tmp_path: Path) -> Iterator[str]:
    """Run the site on the world as it was made; give its address."""
    everything.restore()
    with running(everything.app, tmp_path) as url:
        yield url
    everything.copies.let_go()


@pytest.fixture
def open_as(
    everything: World, address: str, browser: Chromium, browser_context_args: dict[str, Any]
) -> Iterator[Callable[[str, int], Page]]:
    """Return a function that gives a phone of a width on which a member of the cast is signed in."""
    contexts = []

    def start(key: str, width: int) -> Page:
        size = {"width": width, "height": 740}
        context = browser.new_context(**{**browser_context_args, "viewport": size})
        contexts.append(context)
        if key != NOBODY:
            cookie = everything.browser(key).get_cookie("lms")
            assert cookie is not None
            context.add_cookies([{"name": "lms", "value": cookie.value, "url": address}])
        return context.new_page()

    yield start
    for context in contexts:
        context.close()


def faults_of(page: Page, where: str, width: int) -> Iterator[str]:
    """Open a page; give what axe and the ruler find."""
    said: list[str] = []

    def note(message: Any) -> None:
        if message.type == "error":
            said.append(message.text)

    page.on("console", note)
    page.goto(where)
    yield from look_at(page, width)
    page.remove_listener("console", note)
    yield from said


def look_at(page: Page, width: int) -> Iterator[str]:
    """Give what axe and the ruler find on the page that is open."""
    wide = page.evaluate(WIDTH)
    if wide > width:
        yield f"{wide} pixels wide"
    page.evaluate(AXE_SCRIPT)
    yield from page.evaluate(RULES)


def pages(world: World, key: str, seen: set[str]) -> list[str]:
    """Return the addresses of the pages that a member of the cast finds and nobody has asked yet."""
    reader = world.browser(key)
    found = []
    for _rule, _address, where in pages_of(world, key):
        if where in seen:
            continue
        answer = reader.get(where)
        if answer.status_code == 200 and is_html(answer):
            seen.add(where)
            found.append(where)
        answer.close()
    return found


def test_axe_finds_nothing_and_nothing_sticks_out_on_any_page_at_320_pixels(
    everything: World, address: str, open_as: Callable[[str, int], Page]
) -> None:
    seen: set[str] = set()
    faults = []
    for key in READERS:
        page = open_as(key, 320)
        for where in pages(everything, key, seen):
            faults += [f"{where} as {key}: {fault}" for fault in faults_of(page, address + where, 320)]

    assert len(seen) > 50
    assert "\n".join(faults) == ""


def test_the_officers_pages_are_as_good_in_russian_at_360_pixels(
    everything: World, address: str, open_as: Callable[[str, int], Page]
) -> None:
    everything.speaks("ru")
    page = open_as(OFFICER, 360)
    faults = []
    for where in pages(everything, OFFICER, set()):
        faults += [f"{where}: {fault}" for fault in faults_of(page, address + where, 360)]
        assert page.locator("html").get_attribute("lang") == "ru"

    assert "\n".join(faults) == ""


def test_pages_that_are_not_in_the_map_are_as_good(
    everything: World, address: str, open_as: Callable[[str, int], Page]
) -> None:
    attempt_id = everything.ids["open_attempt"]
    with everything.app.app_context():
        attempt = db.session.get_one(Attempt, attempt_id)
        attempts.save(attempt, right_answers(attempt), language="ky")
        attempts.submit(attempt)
        db.session.commit()
    officer, stranger = open_as(OFFICER, 320), open_as(NOBODY, 320)
    faults: dict[str, list[str]] = {}

    def look(name: str, page: Page) -> None:
        faults[name] = list(look_at(page, 320))

    officer.goto(f"{address}/attempts/{attempt_id}/result")
    expect(officer.locator(".answer-right").first).to_be_visible()
    look("a result with its key", officer)
    officer.goto(f"{address}/attempts/999999")
    look("not found", officer)
    officer.goto(f"{address}/reports")
    look("not allowed", officer)
    stranger.goto(f"{address}/verify/ABCD-EFGH")
    look("an unknown certificate", stranger)
    stranger.goto(f"{address}/sign-in")
    stranger.locator("main .btn-primary").click()
    expect(stranger.locator(".error-summary")).to_be_visible()
    look("a refused form", stranger)

    assert {name: found for name, found in faults.items() if found} == {}
