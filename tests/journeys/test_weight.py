"""What a page weighs on a phone with a paid megabyte: bytes and requests as Chromium counts them on the wire.

Measured with the shipped course LDR-01, whose texts are as long as an officer will read, in Kyrgyz and in Russian.
Seen red on planted bugs: static files that no browser may keep (repeat visit), three more stylesheets (requests).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from assessments.actions import attempts
from assessments.queries import take
from courses.actions import learning
from courses.actions.packages import import_package, publish
from courses.package import read_folder
from courses.queries import learn
from lms.db import db
from tests.journeys.conftest import Site, speak

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.parametrize("app", ["sqlite"], indirect=True),  # a page weighs the same on both databases
]

SHIPPED = Path(__file__).resolve().parents[2] / "courses" / "curriculum" / "LDR-01"
KILOBYTE = 1000
FIRST, REPEAT, REQUESTS = 40 * KILOBYTE, 12 * KILOBYTE, 5
NARROWEST = 320


class Scales:
    """Bytes that came over the network, headers included, and how many requests they took."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: set[str] = set()
        self.cached: set[str] = set()
        self.bytes = 0
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", lambda said: self.requests.add(said["requestId"]))
        session.on("Network.requestServedFromCache", lambda said: self.cached.add(said["requestId"]))
        session.on("Network.loadingFinished", self._weigh)
        session.send("Network.enable")

    def _weigh(self, said: dict[str, Any]) -> None:
        self.bytes += int(said["encodedDataLength"])

    def visit(self, url: str) -> tuple[int, int]:
        """Open a page; return bytes and requests of that visit."""
        self.requests, self.cached, self.bytes = set(), set(), 0
        answer = self.page.goto(url, wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200
        assert self.bytes > 0
        return self.bytes, len(self.requests - self.cached)


@pytest.fixture
def studying(site: Site) -> tuple[list[str], str]:
    """Let Aigul take the shipped course; return the addresses of the sections of M1 and of an attempt under way."""
    aigul = site.cast["aigul"]
    with site.app.app_context():
        draft = import_package(read_folder(SHIPPED), actor_id=None)
        course_id = publish(draft.course_id, kind="major", note="First edition", actor_id=None).course_id
        learning.enrol(aigul, course_id, how="department", actor_id=site.cast["gulnara"])
        db.session.commit()
        attempt = attempts.start(take.quiz_or_404(aigul, "LDR-01", "M1"))
        db.session.commit()
        module = learn.module_or_404(learn.study_or_404(aigul, "LDR-01"), "M1")
        return [f"/courses/LDR-01/M1/{section}" for section in module.sections], f"/attempts/{attempt.id}"


def test_pages_of_the_shipped_course_are_light_and_fit_a_small_phone(
    site: Site, studying: tuple[list[str], str], phone_of: Callable[..., Page]
) -> None:
    sections, attempt = studying
    too_heavy, too_wide = [], []
    for language in ("ky", "ru"):
        speak(site, "aigul", language)
        reader = site.browser_of("aigul")
        heaviest = max(sections, key=lambda path: len(reader.get(path).data))
        for path in (heaviest, "/quizzes/LDR-01/M1", attempt):
            page = phone_of("aigul", width=NARROWEST)
            scales = Scales(page)
            first, requests = scales.visit(site.url + path)
            repeat, _requests = scales.visit(site.url + path)
            expect(page.locator("html")).to_have_attribute("lang", language)
            most_again = REPEAT if path == heaviest else FIRST
            if first > FIRST or repeat > most_again or requests > REQUESTS:
                too_heavy.append((language, path, first, requests, repeat))
            if path != attempt:
                continue
            for section in [*sections, attempt]:
                page.goto(site.url + section)
                if page.evaluate("document.documentElement.scrollWidth") > NARROWEST:
                    too_wide.append((language, section))

    assert too_heavy == []
    assert too_wide == []
