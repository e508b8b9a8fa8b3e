"""Every page, as everybody who may see it: whole HTML, safe headers, few queries, no sentence left in English."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element  # only the type of html5lib's tree; nothing is parsed with it

import html5lib
import pytest
from babel.messages.catalog import Catalog
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from lms import access, paths
from lms.app import CONTENT_SECURITY_POLICY, create_app
from lms.db import db
from tests.conftest import Statements, make_environ
from tests.suite import sources
from tests.suite.addresses import Address, routes, url
from tests.suite.world import ACTORS, NOBODY, World

MOST_QUERIES = 10
# Whose pages must stay light; the others' only have to cost the same for any number of rows.
LIGHT = frozenset({"aigul", "bakyt", "daniyar", "kanat"})
VOID_OF_LABEL = {"hidden", "submit", "button", "image", "reset"}
XHTML = "{http://www.w3.org/1999/xhtml}"


def pages_of(world: World, key: str) -> Iterator[tuple[Rule, Address, str]]:
    """Give every page that a member of the cast finds."""
    actor = world.actor(key)
    for rule, method, address in routes(world):
        needed = access.declared(world.app, rule.endpoint) or ""
        may = needed == access.PUBLIC or (actor is not None and actor.may(needed))
        if method == "GET" and may and key in address.finds:
            yield rule, address, url(world, rule, address)


def is_html(answer: TestResponse) -> bool:
    """Say whether an answer is a page."""
    return answer.mimetype == "text/html" and answer.status_code not in {302, 303}


class Page:
    """A page, parsed as browsers do, and asked what it must hold."""

    def __init__(self, text: str) -> None:
        self.text = text
        parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=False)
        self.root: Element = parser.parse(text)
        self.errors = [f"{place}: {code}" for place, code, _values in parser.errors]
        self.parents = {child: parent for parent in self.root.iter() for child in parent}

    def all(self, *names: str) -> list[Element]:
        """Return the elements of some kinds, in the order of the page."""
        wanted = {XHTML + name for name in names}
        return [element for element in self.root.iter() if element.tag in wanted]

    def inside(self, element: Element, *names: str) -> Element | None:
        """Return the nearest element of some kinds around an element, or None."""
        wanted = {XHTML + name for name in names}
        while element in self.parents:
            element = self.parents[element]
            if element.tag in wanted:
                return element
        return None

    def faults(self) -> Iterator[str]:
        """Give what is wrong with the page."""
        yield from self.errors
        yield from self._frame()
        yield from self._identities()
        yield from self._forms()
        yield from self._addresses()
        yield from self._tables_and_pictures()

    def _frame(self) -> Iterator[str]:
        if not re.match(r"\s*<!doctype html>", self.text, re.I):
            yield "no <!doctype html> at the beginning"
        if self.root.get("lang") not in {"ky", "ru", "en"}:
            yield f"lang of <html> is {self.root.get('lang')!r}"
        for name in ("h1", "title", "main"):
            found = [element for element in self.all(name) if self.inside(element, "svg") is None]
            if len(found) != 1:
                yield f"{len(found)} <{name}> instead of one"
            elif not words_of(found[0]):
                yield f"<{name}> is empty"
        level = 0
        for heading in self.all("h1", "h2", "h3", "h4", "h5", "h6"):
            now = int(str(heading.tag)[-1])
            if now > level + 1 and level:
                yield f"<h{now}> {words_of(heading)!r} follows <h{level}>"
            level = now
        for element in self.all("script", "style"):
            if element.tag == f"{XHTML}style" or not element.get("src"):
                yield f"inline <{str(element.tag).removeprefix(XHTML)}>"
        for element in self.root.iter():
            for name in element.attrib:
                if name == "style" or name.startswith("on"):
                    yield f"attribute {name} on <{str(element.tag).removeprefix(XHTML)}>"

    def _identities(self) -> Iterator[str]:
        seen: set[str] = set()
        for element in self.root.iter():
            found = element.get("id")
            if found is not None and found in seen:
                yield f"two elements have the id {found!r}"
            if found is not None and not found.strip():
                yield "an empty id"
            if found:
                seen.add(found)
        for element in self.root.iter():
            for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
                for target in (element.get(name) or "").split():
                    if target not in seen:
                        yield f"{name}={target!r} leads nowhere"
            target = element.get("href") or ""
            if target.startswith("#") and len(target) > 1 and target[1:] not in seen:
                yield f"the link {target!r} leads nowhere"

    def _forms(self) -> Iterator[str]:
        labelled = {element.get("for") for element in self.all("label")}
        for control in self.all("input", "select", "textarea"):
            if control.get("type") in VOID_OF_LABEL or control.get("hidden") is not None:
                continue
            named = (
                control.get("aria-label") or control.get("aria-labelledby") or control.get("id") in labelled
            )
            if not named and self.inside(control, "label") is None:
                yield f"the field {control.get('name')!r} has no label"
        for button in self.all("button", "a"):
            named = words_of(button) or button.get("aria-label") or any(i.get("alt") for i in button.iter())
            if not named:
                yield f"a <{str(button.tag).removeprefix(XHTML)}> without words"
        for form in self.all("form"):
            tokens = [
                f for f in form.iter(f"{XHTML}input") if f.get("name") == "csrf_token" and f.get("value")
            ]
            method = (form.get("method") or "get").lower()
            if (len(tokens) == 1) != (method == "post"):
                yield f"a form by {method} has {len(tokens)} CSRF tokens ({form.get('action')})"

    def _addresses(self) -> Iterator[str]:
        for element in self.root.iter():
            for name in ("src", "href", "action", "srcset", "formaction", "data", "poster"):
                where = element.get(name)
                if where is None:
                    continue
                in_content = element.tag == f"{XHTML}a" and self._in_content(element)
                if re.match(r"(?!mailto:)([a-z]+:|//)", where, re.I) and not in_content:
                    yield f"{name}={where!r} is the address of another site"

    def _in_content(self, element: Element) -> bool:
        while element in self.parents:
            if "prose" in (element.get("class") or "").split():
                return True
            element = self.parents[element]
        return False

    def _tables_and_pictures(self) -> Iterator[str]:
        for picture in self.all("img"):
            if picture.get("alt") is None:
                yield f"the picture {picture.get('src')!r} has no alt"
        for cell in self.all("th"):
            if not cell.get("scope"):
                yield f"the head cell {words_of(cell)!r} has no scope"
        for table in self.all("table"):
            if "table-stack" in (table.get("class") or ""):
                for cell in table.iter(f"{XHTML}td"):
                    if cell.get("data-label") is None and cell.get("colspan") is None:
                        yield f"the cell {words_of(cell)!r} of a table-stack has no data-label"
        for parent, kinds in (("ul", {"li"}), ("ol", {"li"}), ("dl", {"div", "dt", "dd"})):
            for listed in self.all(parent):
                wrong = {str(child.tag).removeprefix(XHTML) for child in listed} - kinds
                if wrong:
                    yield f"<{parent}> holds {sorted(wrong)}"


def words_of(element: Element) -> str:
    """Return the text below an element."""
    return " ".join("".join(element.itertext()).split())


def header_faults(rule: Rule, answer: TestResponse, app: Any) -> Iterator[str]:
    """Give what is wrong with the headers of an answer."""
    wanted = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    }
    for name, value in wanted.items():
        if answer.headers.get(name) != value:
            yield f"{name} is {answer.headers.get(name)!r}"
    kept = answer.headers.get("Cache-Control", "")
    if access.declared(app, rule.endpoint) == access.PUBLIC and "public" in kept:
        return
    # A picture of a course may stay in the officer's own browser; a page with names may not.
    if "no-store" not in kept and (answer.mimetype == "text/html" or "private" not in kept):
        yield f"Cache-Control is {kept!r}"


def test_the_policy_of_content_allows_nothing_unsafe() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("key", ACTORS)
def test_every_page_is_whole_and_its_headers_are_safe(world: World, key: str) -> None:
    browser = world.browser(key)
    faults = []
    for rule, _address, where in pages_of(world, key):
        answer = browser.get(where, base_url="https://localhost")
        if is_html(answer):
            faults += [f"{where} ({rule.endpoint}): {text}" for text in Page(answer.text).faults()]
        faults += [f"{where} ({rule.endpoint}): {text}" for text in header_faults(rule, answer, world.app)]
        answer.close()

    assert sources.said(faults) == ""


@pytest.mark.parametrize("key", ["aigul", "daniyar", "gulnara", "elena", NOBODY])
def test_a_refused_form_is_whole_too(world: World, key: str) -> None:
    """A form that was sent empty comes back as 422 with its faults on top, as whole as before."""
    browser = world.browser(key)
    actor = world.actor(key)
    faults = []
    for rule, method, address in routes(world):
        needed = access.declared(world.app, rule.endpoint) or ""
        may = needed == access.PUBLIC or (actor is not None and actor.may(needed))
        if method != "POST" or not may or key not in address.finds:
            continue
        answer = browser.submit(url(world, rule, address))
        where = f"POST {rule.rule} ({rule.endpoint})"
        if is_html(answer):
            faults += [f"{where}: {text}" for text in Page(answer.text).faults()]
        # A refusal on a page without a form says what to do in its own words.
        to_correct = answer.status_code == 422 and is_html(answer) and "novalidate" in answer.text
        if to_correct and 'class="error-summary"' not in answer.text:
            faults.append(f"{where}: 422 without a summary of the faults")
        answer.close()
        if answer.status_code < 400:
            world.restore()

    assert sources.said(faults) == ""


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_the_pages_of_errors_are_whole(world: World, status: int) -> None:
    browser = world.browser("aigul")
    ask: dict[int, Callable[[], TestResponse]] = {
        400: lambda: browser.post("/sign-out"),
        401: lambda: world.browser(NOBODY).submit("/sign-out"),
        403: lambda: browser.get("/people"),
        404: lambda: browser.get("/nowhere"),
        405: lambda: browser.get("/sign-out"),
    }

    answer = ask[status]()

    assert answer.status_code == status
    assert list(Page(answer.text).faults()) == []


def costs(
    world: World, key: str, count: Callable[[], AbstractContextManager[Statements]]
) -> dict[tuple[str, str], list[str]]:
    """Return the statements of every page of a member of the cast; each is asked twice, caches being warm then."""
    browser = world.browser(key)
    found = {}
    for _rule, _address, where in pages_of(world, key):
        browser.get(where).close()
        with count() as ran, browser.get(where) as answer:
            kind = "page" if is_html(answer) else "file"
        found[where, kind] = list(ran.texts)
    return found


@pytest.mark.parametrize("key", ACTORS)
def test_a_page_costs_the_same_for_more_rows(world: World, key: str) -> None:
    def count() -> Statements:
        with world.app.app_context():
            return Statements(db.engine)

    before = costs(world, key, count)
    grown = f"{world.name}_grown"
    if grown not in world.kept:
        world.grow()
        world.copies.keep(grown)
        world.kept.add(grown)
    world.copies.bring_back(grown)
    after = costs(world, key, count)

    differ = [
        f"{where[0]}: {len(before[where])} statements, {len(after[where])} with more rows; the new ones begin with"
        f" {[text[:90] for text in after[where] if text not in before[where]][:2] or after[where][-1][:90]}"
        for where in before
        if where in after and len(before[where]) != len(after[where])
    ]
    heavy = [
        f"{where}: {len(ran)} statements, {MOST_QUERIES} allowed"
        for (where, kind), ran in before.items()
        if key in LIGHT and kind == "page" and len(ran) > MOST_QUERIES
    ]

    assert sources.said(differ + heavy) == ""


# The letters of a sentence that went through the catalogue are Cyrillic; what is left in Latin did not go through.
PSEUDO = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "абцдефгхижклмнопярстувшхузАБЦДЕФГХИЖКЛМНОПЯРСТУВШХУЗ",
)
KEPT = re.compile(r"%\(\w+\)[sd]|<[^>]*>|%%")
# Words that stay Latin in every language, and names of formats.
LATIN = {
    "PDF", "CSV", "ZIP", "QR", "SHA", "XLSX", "JSON", "YAML", "PNG", "MB", "KB", "ISO", "KG", "English",
    "LDR", "MINI", "DONE", "Noto", "ky", "ru", "en", "zip", "pdf", "csv", "yaml", "md", "Ctrl", "ID", "OK",
    "days", "roles", "plan",  # ids of sections and tasks in the test packages
}  # fmt: skip


def pseudo(text: str) -> str:
    """Return a sentence in letters that only a translated sentence has; placeholders and tags stay."""
    parts, end = [], 0
    for match in KEPT.finditer(text):
        parts += [text[end : match.start()].translate(PSEUDO), match.group(0)]
        end = match.end()
    return "".join([*parts, text[end:].translate(PSEUDO)])


@pytest.fixture(scope="module")
def pseudo_translations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of catalogues in which every sentence of the sources is translated into nonsense."""
    translations = sources.script("translations")
    folder = tmp_path_factory.mktemp("pseudo")
    catalog: Catalog = translations.empty("ru")
    for message in translations.extract():
        if isinstance(message.id, str):
            catalog.add(message.id, pseudo(message.id), context=message.context)
        else:
            catalog.add(
                message.id, tuple(pseudo(message.id[1]) for _form in range(3)), context=message.context
            )
    target = folder / "ru" / "LC_MESSAGES"
    target.mkdir(parents=True)
    (target / "messages.mo").write_bytes(translations.compiled(catalog))
    shutil.copytree(target, folder / "ky" / "LC_MESSAGES")
    return folder


class Sentences(HTMLParser):
    """Collects the sentences of a page that its own language should be in."""

    SILENT = frozenset({"script", "style", "code", "kbd", "pre"})
    VOID = frozenset({"meta", "link", "input", "img", "br", "hr", "source", "col", "wbr", "area", "base"})
    SAID = frozenset({"alt", "aria-label", "title", "placeholder", "data-label"})

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.open: list[tuple[str, bool]] = []
        self.found: list[str] = []

    @property
    def quiet(self) -> bool:
        """Say whether what comes is content, code or another language."""
        return any(silent for _tag, silent in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = set((given.get("class") or "").split())
        other = given.get("lang") not in {None, self.language}
        content = bool(classes & {"prose", "code", "slip"}) or "data-content" in given
        silent = tag in self.SILENT or other or content
        if not self.quiet and not silent:
            self.found += [value for name, value in attrs if name in self.SAID and value]
        if tag not in self.VOID:
            self.open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            if self.open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.quiet and data.strip():
            self.found.append(" ".join(data.split()))


def english_left(text: str, language: str) -> list[str]:
    """Return the sentences of a page that hold a Latin word which is no name and no format."""
    reader = Sentences(language)
    reader.feed(text)
    return [
        sentence
        for sentence in reader.found
        if any(
            word not in LATIN and not re.fullmatch(r"[IVXLM]+", word)
            for word in re.findall(r"(?<![\w/.@-])[A-Za-z]{2,}(?![\w/.@-]*[/_\d])", sentence)
        )
    ]


@pytest.mark.parametrize("key", ACTORS)
def test_no_sentence_of_a_page_is_left_untranslated(
    worlds: Callable[[str], World], pseudo_translations: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is not in the catalogue stays English here, also what no catalogue will ever hold."""
    world = worlds("sqlite")
    world.restore()
    world.speaks("ru")
    monkeypatch.setattr(paths, "TRANSLATIONS", pseudo_translations)
    app = create_app(make_environ(world.copies.databases.url(), world.folder))
    app.test_client_class = world.app.test_client_class
    normal, world.app = world.app, app
    try:
        browser = world.browser(key)
        faults = []
        for rule, _address, where in pages_of(world, key):
            answer = browser.get(where, headers={"Accept-Language": "ru"})
            if is_html(answer):
                left = english_left(answer.text, "ru")
                faults += [f"{where} ({rule.endpoint}): {sentence!r}" for sentence in left]
            answer.close()
    finally:
        world.app = normal
        with app.app_context():
            db.session.remove()
            db.engine.dispose()

    assert sources.said(faults) == ""


@pytest.mark.parametrize(
    ("fragment", "fault"),
    [
        ("<p>x</span></p>", "unexpected-end-tag"),
        ("<h1>Two</h1>", "2 <h1> instead of one"),
        ("<h3>Gap</h3>", "follows <h1>"),
        ('<p id="a"></p><p id="a"></p>', "two elements have the id"),
        ('<input name="x">', "the field 'x' has no label"),
        ('<form method="post"></form>', "has 0 CSRF tokens"),
        ('<form><input type="hidden" name="csrf_token" value="1"></form>', "a form by get has 1 CSRF tokens"),
        ('<img src="/x.png">', "has no alt"),
        ('<a href="https://example.com/">x</a>', "address of another site"),
        ('<img alt="" src="//example.com/x.png">', "address of another site"),
        ('<p style="color:red">x</p>', "attribute style"),
        ('<p onclick="x()">x</p>', "attribute onclick"),
        ("<script>x()</script>", "inline <script>"),
        ('<a href="#nowhere">x</a>', "leads nowhere"),
        ('<button type="submit"></button>', "without words"),
        ("<table><tr><th>x</th></tr></table>", "has no scope"),
        ("<ul><p>x</p></ul>", "<ul> holds ['p']"),
    ],
)
def test_a_planted_fault_of_a_page_is_found(fragment: str, fault: str) -> None:
    frame = '<!doctype html><html lang="ky"><head><title>t</title></head><body><main><h1>One</h1>{}</main></body></html>'

    assert list(Page(frame.format("<p>good</p>")).faults()) == []
    assert any(fault in found for found in Page(frame.format(fragment)).faults())


def test_a_sentence_left_in_english_is_found() -> None:
    page = (
        '<p>Сохранить <b lang="en">English text</b> PDF LDR-01</p><p title="Click here">тест</p>'
        '<div class="prose">Any English</div><p>Saved</p><code>lms serve</code>'
    )

    assert english_left(page, "ru") == ["Click here", "Saved"]
    assert pseudo("Wait %(num)d <b>second</b>") == "Шаит %(num)d <b>сецонд</b>"
