"""Markdown to safe HTML: markdown-it-py without raw HTML, then nh3. Used for every text an author writes."""

import re
from dataclasses import dataclass
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

LONGEST = 200_000  # characters; a table of 20,000 rows takes seconds
HEADING = re.compile(r"^## (?P<title>.+?)\s*\{#(?P<id>[a-z0-9][a-z0-9-]*)\}\s*$", re.MULTILINE)
VERIFY = re.compile(r"\[([^\[\]]+)\]\{\.verify ([A-Z]\d{2})\}")
# Stand for the badge's two ends while the text passes the parser; private-use characters occur in no text.
_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"


@dataclass(frozen=True)
class Section:
    """A section of a module's text: its id (the same in every language), its title, its Markdown."""

    id: str
    title: str
    body: str


def sections(text: str) -> tuple[Section, ...]:
    """Split the Markdown of a module at its level-2 headings with ids."""
    found = list(HEADING.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return tuple(
        Section(match["id"], match["title"], text[match.end() : end].strip())
        for match, end in zip(found, ends, strict=True)
    )


def _classes_for_alignment(state: StateCore) -> None:
    """Turn the alignment of table cells from an inline style, which the CSP blocks, into a class."""
    for token in state.tokens:
        if token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))
            if style.startswith("text-align:"):
                token.attrJoin("class", "ta-" + style[len("text-align:") :])
            if token.type == "th_open":
                token.attrSet("scope", "col")


def _scrolling_tables(state: StateCore) -> None:
    """Put every table into a box that scrolls by itself, so that a wide one does not widen the page of a phone."""
    tokens: list[Token] = []
    for token in state.tokens:
        if token.type == "table_open":
            box = Token(
                "box_open", "div", 1, attrs={"class": "table-scroll", "tabindex": "0", "role": "group"}
            )
            tokens += [box, token]
        elif token.type == "table_close":
            tokens += [token, Token("box_close", "div", -1)]
        else:
            tokens.append(token)
    state.tokens = tokens


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable(
        ["table", "strikethrough"]
    )
    parser.core.ruler.push("alignment", _classes_for_alignment)
    parser.core.ruler.push("tables", _scrolling_tables)
    return parser


_PARSER = _parser()
_CLEANER = nh3.Cleaner(
    tags={
        "p",
        "h3",
        "h4",
        "h5",
        "ul",
        "ol",
        "li",
        "strong",
        "em",
        "s",
        "code",
        "pre",
        "blockquote",
        "hr",
        "br",
        "a",
        "img",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "div",
    },
    attributes={
        "a": {"href"},
        "img": {"src", "alt"},
        "th": {"scope"},
        "ol": {"start"},
        "div": {"tabindex", "role"},
    },
    allowed_classes={
        "th": {"ta-left", "ta-center", "ta-right"},
        "td": {"ta-left", "ta-center", "ta-right"},
        "div": {"table-scroll"},
    },
    url_schemes={"https", "http", "tel", "mailto"},
    link_rel="noopener noreferrer",
)


@lru_cache(maxsize=512)
def render(text: str, images: str = "", badge: str = "") -> Markup:
    """Return the safe HTML of a Markdown text.

    `images` is the address before `images/…` of a picture; a picture from anywhere else is dropped. `badge` is the
    translated text of the mark "check the current text" on `[…]{.verify L03}`; empty leaves the mark out.

    :raises ValueError: for a text of more than 200,000 characters.
    """
    if len(text) > LONGEST:
        raise ValueError("the text is too long")
    marked = VERIFY.sub(rf"{_OPEN}\1{_MIDDLE}\2{_CLOSE}", text)
    html = _CLEANER.clean(_PARSER.render(marked))
    html = re.sub(r'<img src="([^"]*)"([^>]*)>', lambda m: _image(m, images), html)
    if badge:
        html = re.sub(
            f"{_OPEN}(.*?){_MIDDLE}(.*?){_CLOSE}",
            rf'<span class="verify">\1 <span class="verify-badge">{Markup.escape(badge)} \2</span></span>',
            html,
            flags=re.DOTALL,
        )
    else:
        html = re.sub(f"{_MIDDLE}.*?{_CLOSE}", "", html).replace(_OPEN, "")
    return Markup(html)


def _image(match: re.Match[str], images: str) -> str:
    source = match[1]
    if not images or not re.fullmatch(r"images/[A-Za-z0-9._-]+", source):
        return ""
    # A badge is an element; in the description of a picture only its words can stand.
    rest = re.sub(f"{_MIDDLE}.*?{_CLOSE}", "", match[2]).replace(_OPEN, "")
    return f'<img src="{images}{source}"{rest} loading="lazy">'
