"""Find the faults of the words themselves, in every text of a package: letters, marks, remains, numbers.

What is compared is compared with the source language; nothing here knows a dictionary.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from markdown_it import MarkdownIt

from courses.package.documents import LANGUAGES, Path, load_yaml
from courses.package.files import text_of
from courses.package.register import TITLES
from lms.hookspecs import Fault, PackageFiles
from lms.markdown import HEADING, LONGEST, VERIFY, sections

# Letters that are none of our languages' but look like ң, ө, ү (curriculum.md 0.3, rule 6).
LOOK_ALIKES = {
    **dict.fromkeys("ѳɵӫθ", "ө"),
    **dict.fromkeys("ѲƟӪΘ", "Ө"),
    **dict.fromkeys("ӈҥӊ", "ң"),
    **dict.fromkeys("ӇҤӉ", "Ң"),
    **dict.fromkeys("ұʏўγ", "ү"),
    **dict.fromkeys("ҰЎƳ", "Ү"),
}
# A Kyrgyz ending may follow a Latin abbreviation (LMSте), unless that could be meant in Cyrillic letters.
_ENDED = re.compile(r"([A-Z]{2,})[а-яёңөү]+")
_TWINS = frozenset("ABCEHKMOPTXY")
# A code in Cyrillic letters looks right and is found by no search.
_CODE = re.compile(r"\b[АВЕКМНОРСТХ][0-9]{1,2}\b")
_LATIN_TWINS = str.maketrans("АВЕКМНОРСТХ", "ABEKMHOPCTX")
LEAST_WORDS = 3  # fewer may be a name, a title or a term that is the same everywhere
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_WORD = re.compile(r"[^\W\d_]+")
_MARK = re.compile(r"\[\s*verify\b[^\]\n]*\]", re.IGNORECASE)
# What a reader does not read: addresses, code, ids of headings.
_UNREAD = re.compile(r"`[^`\n]*`|\]\([^)\n]*\)|https?://\S+|\{#[^}\n]*\}")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f,]\d{3})+(?![\d.,]?\d)")
# Texts send to modules by code where they like.
_MODULE = re.compile(r"\bM[0-9]{1,2}\b")
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@dataclass(frozen=True)
class Passage:
    """A paragraph, heading, list item or cell, or a text of a YAML file; `text` is what is read of it."""

    file: str
    line: int
    language: str
    text: str


def check_language(package: PackageFiles, source: str) -> list[Fault]:
    """Return the faults of all texts of a package."""
    faults: list[Fault] = []
    for name in package.files:
        if name.endswith(".md"):
            _markdown(package, name, source, faults)
        elif name.endswith(".yaml"):
            _yaml(package, name, source, faults)
    return faults


def numbers(text: str) -> Counter[str]:
    """Return the groups of digits of a text: 1,200 and 1 200 are one, 0.5 and 0,5 are the same two."""
    read = _MODULE.sub("M", _UNREAD.sub("]", text))
    joined = _THOUSANDS.sub(lambda match: re.sub(r"\D", "", match[0]), read)
    return Counter(re.findall(r"[0-9]+", joined))


def _markdown(package: PackageFiles, name: str, source: str, faults: list[Fault]) -> None:
    folder, _slash, leaf = name.rpartition("/")
    language = leaf.removesuffix(".md")
    text = text_of(package.files, name)
    if language not in LANGUAGES or len(text) > LONGEST:
        return  # said elsewhere
    passages = list(_passages(name, language, text))
    for passage in passages:
        _words(passage, package.modules, faults)
    for match in VERIFY.finditer(text):
        if match[2] not in TITLES:
            line = text[: match.start()].count("\n") + 1
            faults.append(Fault(name, line, unknown_code(match[2])))
    origin = f"{folder}/{source}.md"
    if language == source or origin not in package.files:
        return
    theirs = text_of(package.files, origin)
    known = {passage.text for passage in _passages(origin, source, theirs)}
    faults += [_remains(passage) for passage in passages if passage.text in known and _is_prose(passage.text)]
    if not (HEADING.search(text) and HEADING.search(theirs)):
        return
    before = {section.id: numbers(section.title + "\n" + section.body) for section in sections(theirs)}
    for section in sections(text):
        found = numbers(section.title + "\n" + section.body)
        if section.id in before and found != before[section.id]:
            line = text[: text.find(f"{{#{section.id}}}")].count("\n") + 1
            what = _("The section “%(id)s” has other numbers than %(name)s.", id=section.id, name=origin)
            faults.append(Fault(name, line, f"{what} {_differ(found, before[section.id])}"))


def _yaml(package: PackageFiles, name: str, source: str, faults: list[Fault]) -> None:
    document = load_yaml(text_of(package.files, name))
    for path, value in _text_maps(document.value, ()):
        for language in LANGUAGES:
            text = value.get(language)
            for number, answer in enumerate(text if isinstance(text, list) else []):
                line = document.line(*path, language, number)
                _words(Passage(name, line, language, str(answer)), package.modules, faults)
            if not isinstance(text, str):
                continue
            passage = Passage(name, document.line(*path, language), language, _UNREAD.sub(" ", text))
            # A book keeps the title under which it can be found.
            _words(passage, package.modules, faults, titles="sources" in path)
            origin = value.get(source)
            if language == source or not isinstance(origin, str):
                continue
            if text == origin and _is_prose(text) and "sources" not in path:
                faults.append(_remains(passage))
            if numbers(text) != numbers(origin):
                what = _(
                    "The text has other numbers than the one in the source language (%(code)s).", code=source
                )
                faults.append(Fault(name, passage.line, f"{what} {_differ(numbers(text), numbers(origin))}"))


def _text_maps(value: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield every mapping from languages to texts, with its path."""
    if isinstance(value, Mapping):
        if any(isinstance(value.get(language), str | list) for language in LANGUAGES):
            yield path, value
        for key, inner in value.items():
            yield from _text_maps(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _text_maps(inner, (*path, number))


def _passages(name: str, language: str, text: str) -> Iterator[Passage]:
    for token in _PARSER.parse(text):
        if token.type == "inline" and token.map:
            yield Passage(name, token.map[0] + 1, language, _UNREAD.sub(" ", token.content).strip())


def _words(passage: Passage, modules: Sequence[str], faults: list[Fault], titles: bool = False) -> None:
    """Check the letters of a passage, its alphabet, and that no mark of an author is left."""

    def note(message: str) -> None:
        faults.append(Fault(passage.file, passage.line, message))

    for letter in dict.fromkeys(character for character in passage.text if character in LOOK_ALIKES):
        note(
            _(
                "The letter %(letter)s (%(code)s) is not %(right)s, it only looks like it.",
                letter=letter,
                code=f"U+{ord(letter):04X}",
                right=LOOK_ALIKES[letter],
            )
        )
    for word in dict.fromkeys(_WORD.findall(passage.text)):
        if _LATIN.search(word) and _CYRILLIC.search(word) and not _is_ended(word):
            note(_("The word “%(word)s” mixes Latin and Cyrillic letters.", word=word))
    for code in dict.fromkeys(_CODE.findall(passage.text)):
        if code.translate(_LATIN_TWINS) in modules:
            note(_("The code “%(code)s” stands here in Cyrillic letters; write it in Latin ones.", code=code))
    if _MARK.search(passage.text):
        note(_("The mark [verify] is for authors; write around the fact, or mark it as [text]{.verify L03}."))
    if not titles and _is_foreign(passage):
        note(_("There are more words of another alphabet here than of the language; translate them."))


def _is_ended(word: str) -> bool:
    match = _ENDED.fullmatch(word)
    return match is not None and not _TWINS.issuperset(match[1])


def _is_foreign(passage: Passage) -> bool:
    """Say whether a passage is mostly in the other alphabet; words with a capital letter may be names or codes."""
    mine, other = (_LATIN, _CYRILLIC) if passage.language == "en" else (_CYRILLIC, _LATIN)
    words = _WORD.findall(VERIFY.sub(r"\1", passage.text))
    foreign = [word for word in words if word[0].islower() and other.match(word)]
    own = sum(len(word) for word in words if mine.match(word))
    return len(foreign) >= LEAST_WORDS and sum(map(len, foreign)) > own


def _is_prose(text: str) -> bool:
    words: list[str] = _WORD.findall(text)
    return sum(word[0].islower() and len(word) > 1 for word in words) >= LEAST_WORDS


def _remains(passage: Passage) -> Fault:
    message = _("This is the same as in the source language; translate it.")
    return Fault(passage.file, passage.line, message)


def _differ(here: Counter[str], there: Counter[str]) -> str:
    """Say which numbers are only on one side."""
    sentence: str = _(
        "Only here: %(here)s. Only there: %(there)s.",
        here=", ".join(sorted((here - there).elements(), key=int)) or "–",
        there=", ".join(sorted((there - here).elements(), key=int)) or "–",
    )
    return sentence


def unknown_code(code: str) -> str:
    """Return the sentence about a code that the register of sources lacks."""
    sentence: str = _("%(code)s is not in the register of sources (courses/package/register.py).", code=code)
    return sentence
