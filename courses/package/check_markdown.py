"""Find the faults of a module's text, and of a translation beside its source."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from markdown_it import MarkdownIt

from lms.hookspecs import Fault
from lms.markdown import HEADING, LONGEST, VERIFY

LONGEST_ID = 40
# Addresses beside those of the sections, and ids of other parts of the pages.
RESERVED = frozenset({"print", "images", "main", "outcomes", "key-terms", "sources", "next", "asked"})
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@dataclass
class MarkdownSection:
    """What is counted in a section; every language must have as many."""

    id: str
    line: int
    items: int = 0
    rows: int = 0
    headings: int = 0
    images: list[str] = field(default_factory=list)
    text: bool = False


@dataclass
class MarkdownText:
    """A module's text as it was counted."""

    name: str
    sections: list[MarkdownSection] = field(default_factory=list)

    @property
    def images(self) -> list[str]:
        """Return the pictures that the text shows."""
        return [path for section in self.sections for path in section.images]


def check_text(name: str, text: str, images: AbstractSet[str], faults: list[Fault]) -> MarkdownText:
    """Note the faults of a module's Markdown; return what was counted in it."""
    found = MarkdownText(name)
    if len(text) > LONGEST:
        faults.append(Fault(name, 1, _("The text has more than %(most)s characters.", most=LONGEST)))
        return found
    headings = {text[: match.start()].count("\n") + 1: match["id"] for match in HEADING.finditer(text)}
    seen: set[str] = set()
    real = set()
    for token in _PARSER.parse(text):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "heading_open" and token.level == 0 and line in headings:
            real.add(line)
            found.sections.append(MarkdownSection(headings[line], line))
            if headings[line] in seen:
                faults.append(
                    Fault(name, line, _("The section “%(id)s” stands here twice.", id=headings[line]))
                )
            if headings[line] in RESERVED:
                faults.append(
                    Fault(
                        name,
                        line,
                        _(
                            "The id “%(id)s” is taken by a page of its own; choose another.",
                            id=headings[line],
                        ),
                    )
                )
            if len(headings[line]) > LONGEST_ID:
                faults.append(Fault(name, line, _("The id of a section has at most 40 characters.")))
            seen.add(headings[line])
        elif token.type == "heading_open" and token.tag == "h1":
            message = _("No heading of level 1: the title stands in module.yaml.")
            faults.append(Fault(name, line, message))
        elif token.type == "heading_open" and token.tag == "h2":
            message = _("A heading of level 2 begins a section and ends with its id: ## Title {#id}.")
            faults.append(Fault(name, line, message))
        elif line and not found.sections and token.nesting >= 0:
            faults.append(Fault(name, line, _("Text before the first section; begin with ## Title {#id}.")))
            found.sections.append(MarkdownSection("", line))
        elif found.sections:
            _count(token, line, found, images, faults)
    found.sections = [section for section in found.sections if section.id]
    for line in sorted(set(headings) - real):
        faults.append(
            Fault(name, line, _("This looks like a section but stands inside a code block or quotation."))
        )
    for section in found.sections:
        if not section.text:
            faults.append(Fault(name, section.line, _("The section “%(id)s” is empty.", id=section.id)))
    if not found.sections:
        faults.append(Fault(name, 1, _("The text has no section; begin with ## Title {#id}.")))
    _marks(name, text, faults)
    return found


def _count(token: Any, line: int, found: MarkdownText, images: AbstractSet[str], faults: list[Fault]) -> None:
    section = found.sections[-1]
    section.items += token.type == "list_item_open"
    section.rows += token.type == "tr_open"
    section.headings += token.type == "heading_open"
    section.text = section.text or (token.type in ("inline", "fence", "code_block") and line != section.line)
    for child in token.children or []:
        if child.type != "image":
            continue
        path = str(child.attrs.get("src", ""))
        section.images.append(path)
        if not re.fullmatch(r"images/[A-Za-z0-9._-]+", path):
            message = _("A picture must stand in the folder images of the module: ![…](images/name.png).")
            faults.append(Fault(found.name, line, message))
        elif path not in images:
            faults.append(Fault(found.name, line, _("There is no picture %(path)s.", path=path)))
        if not child.content.strip():
            message = _("The picture needs an alternative text: ![what is to be seen](%(path)s).", path=path)
            faults.append(Fault(found.name, line, message))


def _marks(name: str, text: str, faults: list[Fault]) -> None:
    """Check the marks of facts that must be verified."""
    right = {match.end() for match in VERIFY.finditer(text)}
    for match in re.finditer(r"\{\s*\.?verify[^}\n]*\}?", text):
        if match.end() not in right:
            line = text[: match.start()].count("\n") + 1
            faults.append(Fault(name, line, _("The mark is written [text]{.verify L03}.")))


def check_parallel(source: MarkdownText, text: MarkdownText, faults: list[Fault]) -> None:
    """Note where a translation is built otherwise than its source."""
    ours = [section.id for section in text.sections]
    theirs = [section.id for section in source.sections]
    if ours != theirs:
        _sections_differ(source, text, faults)
        return
    for mine, other in zip(text.sections, source.sections, strict=True):
        if mine.items != other.items:
            message = _(
                "The section “%(id)s” has %(mine)s list items here and %(other)s in %(name)s.",
                id=mine.id, mine=mine.items, other=other.items, name=source.name,
            )  # fmt: skip
            faults.append(Fault(text.name, mine.line, message))
        if mine.rows != other.rows:
            message = _(
                "The section “%(id)s” has %(mine)s table rows here and %(other)s in %(name)s.",
                id=mine.id, mine=mine.rows, other=other.rows, name=source.name,
            )  # fmt: skip
            faults.append(Fault(text.name, mine.line, message))
        if mine.headings != other.headings:
            message = _(
                "The section “%(id)s” has %(mine)s sub-headings here and %(other)s in %(name)s.",
                id=mine.id, mine=mine.headings, other=other.headings, name=source.name,
            )  # fmt: skip
            faults.append(Fault(text.name, mine.line, message))
        if mine.images != other.images:
            message = _(
                "The section “%(id)s” shows other pictures than in %(name)s.", id=mine.id, name=source.name
            )
            faults.append(Fault(text.name, mine.line, message))


def _sections_differ(source: MarkdownText, text: MarkdownText, faults: list[Fault]) -> None:
    ours = {section.id: section.line for section in text.sections}
    theirs = {section.id: section.line for section in source.sections}
    before = len(faults)
    for id_, line in ours.items():
        if id_ not in theirs:
            faults.append(
                Fault(
                    text.name, line, _("The section “%(id)s” is not in %(name)s.", id=id_, name=source.name)
                )
            )
    for id_, line in theirs.items():
        if id_ not in ours:
            message = _("The section “%(id)s” of %(name)s is missing here.", id=id_, name=source.name)
            faults.append(Fault(text.name, min(line, max(ours.values(), default=1)), message))
    if len(faults) == before:
        first = next(
            mine for mine, other in zip(text.sections, source.sections, strict=False) if mine.id != other.id
        )
        message = _(
            "The sections stand in another order than in %(name)s, from “%(id)s” on.",
            name=source.name,
            id=first.id,
        )
        faults.append(Fault(text.name, first.line, message))
