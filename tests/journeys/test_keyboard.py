"""From the sign-in page to the certificate by keyboard alone, and the focus is always to be seen.

Aigul has everything of MINI-1 but the final exam. Nothing is clicked, and no address is typed after the first one.
Seen red on planted bugs: a focus without its ring, buttons out of the tab order, a quiz bar that covers the page.
"""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from lms.demo import MEMBERS, PASSWORD
from tests.journeys.answers import right_fields
from tests.journeys.conftest import Site
from tests.journeys.test_at_once import all_but_the_exam

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.parametrize("app", ["sqlite"], indirect=True),  # only the pages are in question
]

MOST_STOPS = 60  # between two things one wants on a page
PRIMARY = "main .btn-primary:visible"

# What is wrong with the focus now: not on a control, not marked by a ring, or hidden below something else.
FAULTS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return "";
  const name = element.tagName.toLowerCase() + (element.id ? "#" + element.id : "") + " " + (element.name || element.textContent.trim().slice(0, 30));
  const shown = element.closest(".option") || element;
  const style = getComputedStyle(shown);
  if (!element.matches(":focus-visible")) return name + ": not :focus-visible";
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return name + ": no ring";
  for (const other of document.querySelectorAll("main a, main .btn, main input"))
    if (!shown.contains(other) && !other.contains(shown) && getComputedStyle(other).outlineStyle !== "none") return name + ": not the only ring";
  const box = shown.getBoundingClientRect();
  for (const across of [.1, .5, .9])
    for (const down of [.1, .5, .9]) {
      const found = document.elementFromPoint(box.left + box.width * across, box.top + box.height * down);
      if (found && (shown.contains(found) || found.contains(shown))) return "";
    }
  return name + ": out of sight";
}"""


class Keyboard:
    """Two hands on the keys of a page; looks after every press where the focus is."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: set[str] = set()

    def press(self, key: str) -> None:
        """Press a key."""
        self.page.keyboard.press(key)

    def look(self) -> None:
        """Note what is wrong with the focus."""
        found = self.page.evaluate(FAULTS)
        if found:
            self.faults.add(f"{urlsplit(self.page.url).path}: {found}")

    def go_to(self, target: Locator, *, key: str = "Tab") -> None:
        """Press Tab until the focus is on the target (of radio buttons: in its group)."""
        expect(target).to_be_visible()
        for _stop in range(MOST_STOPS):
            if target.evaluate("(wanted) => wanted === document.activeElement"):
                return
            self.press(key)
            self.look()
        raise AssertionError(f"Tab does not reach {target} on {self.page.url}; {self.faults}")

    def follow(self, target: Locator) -> None:
        """Go to a link or a button and press Enter; wait for the page it leads to."""
        self.go_to(target)
        with self.page.expect_navigation():
            self.press("Enter")

    def answer(self, name: str, value: str) -> None:
        """Answer one field of a quiz."""
        chosen = self.page.locator(f'[name="{name}"][value="{value}"]:not([type=hidden])')
        select = self.page.locator(f'select[name="{name}"]')
        if select.count():
            self.go_to(select)
            while select.input_value() != value:
                self.press("ArrowDown")
        elif not chosen.count():
            self.go_to(self.page.locator(f'input[name="{name}"]'))
            self.page.keyboard.type(value)
        elif chosen.get_attribute("type") == "checkbox":
            self.go_to(chosen)
            self.press("Space")
        else:
            # The first stop in a group of radio buttons is its first one; the arrows choose.
            self.go_to(self.page.locator(f'[name="{name}"][type=radio]').first)
            self.press("Space")
            for _step in range(int(value) - 1):
                self.press("ArrowDown")
                self.look()
            expect(chosen).to_be_checked()


def test_by_keyboard_alone_from_sign_in_to_the_certificate(
    site: Site, page: Page, browser_context_args: dict[str, Any]
) -> None:
    with site.app.app_context():
        all_but_the_exam(site.cast["aigul"], site.cast["daniyar"])
    number = next(member.number for member in MEMBERS if member.key == "aigul")
    page.goto(f"{site.url}/sign-in")
    keyboard = Keyboard(page)

    keyboard.go_to(page.locator("[name=service_number]"))
    page.keyboard.type(number)
    keyboard.go_to(page.locator("[name=password]"))
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        keyboard.press("Enter")
    # The skip link leads past the header into the page.
    keyboard.go_to(page.locator(".skip"))
    keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    keyboard.follow(page.locator(PRIMARY).first)
    seen = [urlsplit(page.url).path]
    while not re.fullmatch(r"/attempts/\d+", seen[-1]):
        keyboard.follow(page.locator(PRIMARY).first)
        seen.append(urlsplit(page.url).path)
    attempt_id = int(seen[-1].rsplit("/", 1)[1])
    with site.app.app_context():
        fields = right_fields(attempt_id)
    for name, values in fields.items():
        for value in values:
            keyboard.answer(name, value)
    # Back to the first question and forth again: no key is a trap.
    first = page.locator(".question").first.locator("input:checked, input:not([type])").first
    keyboard.go_to(first, key="Shift+Tab")
    keyboard.follow(page.locator(PRIMARY).last)
    keyboard.follow(page.locator(PRIMARY).last)
    assert urlsplit(page.url).path == f"/attempts/{attempt_id}/result"
    keyboard.follow(page.locator(PRIMARY).first)
    keyboard.go_to(page.locator(".site-menu summary"), key="Shift+Tab")
    keyboard.press("Enter")
    keyboard.follow(page.locator(".site-nav a[href='/certificates']"))
    keyboard.go_to(page.locator("a[href$='ky-ru.pdf']"))
    with page.expect_download() as started:
        keyboard.press("Enter")

    assert started.value.path().read_bytes()[:5] == b"%PDF-"
    assert keyboard.faults == set()
