"""The canonical form of a package, and what is read from it: the same content gives the same bytes.

YAML is written by `dump_yaml`. Markdown keeps its words and gets plain line ends, one line end at its end and no empty
lines before its start. Letters are composed (NFC): й typed on a Mac is two characters that look like one.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from courses.package.documents import LANGUAGES, dump_yaml, load_yaml
from courses.package.files import as_mapping, describe, text_of
from lms.hookspecs import Fault, PackageFiles
from lms.markdown import HEADING

MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"}


def canonical(package: PackageFiles) -> PackageFiles:
    """Return the package in canonical form; a file that cannot be read stays as it is."""
    return describe(
        {name: canonical_file(name, body) for name, body in sorted(package.files.items())}, package.code
    )


def canonical_file(name: str, body: bytes) -> bytes:
    """Return the canonical form of one file."""
    if name.endswith(".yaml"):
        text = unicodedata.normalize("NFC", text_of({name: body}, name))
        document = load_yaml(text)
        if document.faults or not isinstance(document.value, dict):
            return body
        return dump_yaml(document.value).encode()
    if name.endswith(".md"):
        text = unicodedata.normalize("NFC", text_of({name: body}, name))
        return canonical_markdown(text).encode()
    return body


def canonical_markdown(text: str) -> str:
    """Return a Markdown text with plain line ends, no empty lines around it, and one line end at its end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    while lines and not lines[-1].strip():
        del lines[-1]
    return "".join(line + "\n" for line in lines)


def not_canonical(package: PackageFiles) -> list[Fault]:
    """Return a note for each file that is not in canonical form, at the first line that differs.

    No hindrance to an import, which writes the canonical form itself.
    """
    notes = []
    for name, body in sorted(package.files.items()):
        wanted = canonical_file(name, body)
        if wanted != body:
            ours, theirs = wanted.split(b"\n"), body.split(b"\n")
            same = next((n for n, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]), 0)  # noqa: B905
            message = _(
                "This is not the canonical form; run “lms courses format” on the folder of the package."
            )
            notes.append(Fault(name, same + 1, message))
    return notes


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 over the names and bytes of files."""
    total = hashlib.sha256()
    for name, body in sorted(files.items()):
        total.update(f"{name}\0{len(body)}\0".encode())
        total.update(body)
    return total.hexdigest()


@dataclass(frozen=True)
class TextContent:
    """What a module says in one language."""

    title: str
    body: str  # canonical Markdown; empty: not written yet
    digest: str


@dataclass(frozen=True)
class ModuleContent:
    """A module as a canonical package holds it, without what other plug-ins read."""

    code: str
    definition: dict[str, Any]
    sections: tuple[str, ...]
    texts: dict[str, TextContent]
    images: dict[str, bytes]
    digest: str


def module_content(package: PackageFiles, code: str) -> ModuleContent:
    """Read a module of a checked package in canonical form."""
    definition = as_mapping(load_yaml(text_of(package.files, f"{code}/module.yaml")).value)
    own = {
        name.removeprefix(f"{code}/"): body
        for name, body in package.files.items()
        if name.startswith(f"{code}/") and is_core_file(name.removeprefix(f"{code}/"))
    }
    texts = {}
    for language in LANGUAGES:
        title = definition.get("title", {}).get(language, "")
        body = text_of(package.files, f"{code}/{language}.md")
        if title or body:
            said = json.dumps([_said(definition, language), body], ensure_ascii=False)
            texts[language] = TextContent(title, body, hashlib.sha256(said.encode()).hexdigest())
    return ModuleContent(
        code=code,
        definition=definition,
        sections=package.sections.get(code, ()),
        texts=texts,
        images={name: body for name, body in own.items() if name.startswith("images/")},
        digest=digest_of(own),
    )


def is_core_file(name: str) -> bool:
    """Say whether a file of a module belongs to `courses`, by its path in the module's folder."""
    return name == "module.yaml" or name.endswith(".md") or name.startswith("images/")


def _said(value: Any, language: str) -> list[str]:
    """Return the texts of one language in a definition, in order."""
    if isinstance(value, dict):
        if value and value.keys() <= set(LANGUAGES):
            return [str(value.get(language, ""))]
        return [text for part in value.values() for text in _said(part, language)]
    if isinstance(value, list):
        return [text for part in value for text in _said(part, language)]
    return []


def structure(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what a package teaches and asks, without its words: what a minor revision must leave as it is.

    Two packages of equal structure differ in texts, translations, pictures and feedback only, and in what concerns
    those who are not enrolled yet (who may enrol) or nobody's result (the day the law was checked).
    """
    found: dict[str, Any] = {}
    for name, body in files.items():
        if name.endswith(".yaml"):
            found[name] = _bare(load_yaml(text_of({name: body}, name)).value)
    for name in files:
        module, _slash, leaf = name.partition("/")
        if leaf == "module.yaml":
            texts = [text_of(files, f"{module}/{language}.md") for language in LANGUAGES]
            found[f"{module}/sections"] = [
                match["id"] for match in HEADING.finditer(next(filter(None, texts), ""))
            ]
    return found


FREE = frozenset(
    {
        *("feedback", "law_checked_on", "sources", "key_terms", "source_language"),
        *("audience", "self_enrolment", "prerequisites", "minimum_rank_level", "minimum_service_years"),
    }
)


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        if value and value.keys() <= set(LANGUAGES):
            return "text"
        return {key: _bare(part) for key, part in value.items() if key not in FREE}
    if isinstance(value, list):
        return [_bare(part) for part in value]
    return value
