"""The officer's road: activation, course, quizzes, exam, certificate, public check, the region's figure.

The officer works in Chromium on a phone, with and without JavaScript, in Kyrgyz and in Russian, and follows nothing
but the one primary button of each page. Staff work on the HTTP level. Everything runs on both databases.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pypdfium2
import pytest
import sqlalchemy as sa
import zxingcpp
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from courses.actions import learning
from courses.models import Enrolment, InstructorAssignment
from lms import clock
from lms.db import db
from lms.people.models import Person, Rank, Unit
from tests.journeys.answers import right_fields
from tests.journeys.conftest import Site
from tests.packages import publish_package

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NUMBER, PASSWORD = "777001", "tulpar-jayloo-suusamyr"
NAME = "Өмүрзакова Гүлбарчын Жеңишовна"
PRIMARY = "main .btn-primary:visible"
MOST_STEPS = 30  # pages between enrolment and the exam's result


@pytest.fixture
def open_page(browser: Chromium, browser_context_args: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a phone; afterwards nothing may have been said on the console."""
    said: list[str] = []
    contexts = []

    def start(*, script: bool, language: str) -> Page:
        context = browser.new_context(
            **{**browser_context_args, "locale": {"ky": "ky-KG", "ru": "ru-RU"}[language]},
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield start
    for context in contexts:
        context.close()
    assert said == []


def region_figures(site: Site) -> dict[str, int]:
    """Return the department's figures of Osh oblast in the test's course, from the export."""
    answer = site.browser_of("gulnara").get("/reports/completion-regions.csv?course=MINI-1")
    assert answer.status_code == 200
    rows = csv.reader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";")
    (row,) = [row for row in rows if row[0] == "Ош облусу"]
    names = ("enrolled", "not_started", "in_progress", "completed")
    return dict(zip(names, map(int, row[2:6]), strict=True))


def hire(site: Site) -> tuple[str, int]:
    """Let the department create an officer in Uzgen and print the slip; return the code and the person's id."""
    gulnara = site.browser_of("gulnara")
    with site.app.app_context():
        unit_id = db.session.scalar(sa.select(Unit.id).where(Unit.code == "ROVD-UZGEN"))
        rank_id = db.session.scalar(sa.select(Rank.id).where(Rank.level == 12))
    family, given, patronymic = NAME.split()
    created = gulnara.submit(
        "/people/officers/new",
        {
            "service_number": NUMBER, "family_name": family, "given_name": given, "patronymic": patronymic,
            "sex": "f", "language": "ky", "unit": unit_id, "rank": rank_id, "from_on": "2015-09-01",
            "entered_service_on": "2015-09-01",
        },
    )  # fmt: skip
    assert created.status_code == 303, created.text
    with site.app.app_context():
        person_id = db.session.scalar(sa.select(Person.id).where(Person.service_number == NUMBER))
    assert person_id is not None
    slip = gulnara.submit(f"/people/{person_id}/code", {})
    code = re.search(r"\b(?:[0-9A-Z]{4}[-–]){3,}[0-9A-Z]{4}\b", slip.text)
    assert code, slip.text
    return code[0], person_id


def record_presence_and_task(site: Site, officer_id: int) -> None:
    """Let the instructor record the face-to-face day and grade the practical task."""
    with site.app.app_context():
        enrolment_id = db.session.scalar(sa.select(Enrolment.id).where(Enrolment.officer_id == officer_id))
    daniyar, today = site.browser_of("daniyar"), clock.today().isoformat()
    present = daniyar.submit(
        "/records/MINI-1/attendance/1", {"held_on": today, f"presence-{enrolment_id}": "yes"}
    )
    points = {"legality": "4", "completeness": "4", "usefulness": "3", "clarity": "4"}
    graded = daniyar.submit(
        f"/records/MINI-1/officers/{enrolment_id}/tasks/plan", {"graded_on": today, **points}
    )
    assert (present.status_code, graded.status_code) == (303, 303)


def answer_everything(site: Site, page: Page, *, script: bool) -> None:
    """Answer every question rightly on one or several pages, then hand in."""
    attempt_id = int(urlsplit(page.url).path.rsplit("/", 1)[1])
    with site.app.app_context():
        fields = right_fields(attempt_id)
    while re.fullmatch(r"/attempts/\d+", urlsplit(page.url).path):
        page.wait_for_load_state()  # counting does not wait: a field that is not there yet would be passed over
        for name, values in fields.items():
            for value in values:
                chosen = page.locator(f'[name="{name}"][value="{value}"]')
                select = page.locator(f'select[name="{name}"]')
                typed = page.locator(f'input:not([type])[name="{name}"]')
                if chosen.count():
                    chosen.check()
                elif select.count():
                    select.select_option(value)
                elif typed.count():
                    typed.fill(value)
        if script:
            page.locator("h1").click()  # leaves the last field
            expect(page.locator(".save-state")).to_have_attribute("data-state", "saved", timeout=5000)
        page.locator(PRIMARY).click()
    assert re.fullmatch(r"/attempts/\d+/finish", urlsplit(page.url).path)
    page.locator(PRIMARY).click()
    assert page.url.endswith(f"/attempts/{attempt_id}/result")


def follow_the_button(site: Site, page: Page, *, script: bool) -> list[str]:
    """Do what each page offers as the next step until the exam is passed; return the pages that were seen."""
    seen = []
    for _step in range(MOST_STEPS):
        path = urlsplit(page.url).path
        seen.append(path)
        if re.fullmatch(r"/attempts/\d+", path):
            answer_everything(site, page, script=script)
            if seen[-2] == "/quizzes/MINI-1/exam":
                return seen
        else:
            page.locator(PRIMARY).first.click()
    raise AssertionError(f"the exam was never reached: {seen}")


@pytest.mark.parametrize(("language", "script"), [("ky", True), ("ru", True), ("ky", False)])
def test_an_officer_is_certified(
    site: Site, open_page: Callable[..., Page], language: str, script: bool
) -> None:
    with site.app.app_context():
        course_id = publish_package("MINI-1")
        db.session.add(
            InstructorAssignment(
                person_id=site.cast["daniyar"], course_id=course_id, from_on=clock.today(), to_on=None
            )
        )
        # A colleague in the same region, so that there is a figure before.
        learning.enrol(site.cast["nurbek"], course_id, how="department", actor_id=site.cast["gulnara"])
        db.session.commit()
    code, person_id = hire(site)
    before = region_figures(site)

    page = open_page(script=script, language=language)
    page.goto(f"{site.url}/activate")
    page.locator("[name=service_number]").fill(NUMBER)
    page.locator("[name=code]").fill(code.lower())
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=again]").fill(PASSWORD)
    page.locator(PRIMARY).click()
    page.goto(f"{site.url}/courses/MINI-1")
    page.locator("main form[action$='/enrol'] button").first.click()
    record_presence_and_task(site, person_id)
    page.goto(f"{site.url}/learning")
    seen = follow_the_button(site, page, script=script)

    assert "/quizzes/MINI-1/M1" in seen
    assert "/quizzes/MINI-1/M2" in seen
    page.goto(f"{site.url}/certificates")
    link = page.locator("a[href$='ky-ru.pdf']").get_attribute("href")
    assert link is not None
    printed = page.request.get(site.url + link).body()
    assert page.request.get(site.url + link).body() == printed
    text = " ".join("".join(part.extract_text() for part in PdfReader(io.BytesIO(printed)).pages).split())
    assert NAME in text
    document = pypdfium2.PdfDocument(printed)
    picture = document[0].render(scale=3).to_pil()
    (qr,) = zxingcpp.read_barcodes(picture)
    document.close()
    assert qr.text.startswith("https://learning.example.kg/verify/")
    page.context.clear_cookies()  # anyone may check
    page.goto(site.url + urlsplit(qr.text).path)
    expect(page.locator("main")).to_contain_text(NAME)
    expect(page.locator("main")).to_contain_text("MINI-1-")
    after = region_figures(site)
    assert after == {**before, "enrolled": before["enrolled"] + 1, "completed": before["completed"] + 1}
