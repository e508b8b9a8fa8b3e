"""What differs between two packages, in a form that a person can read: file by file, word by word."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from lms.markdown import sections

MOST_CHANGES = 200  # of one file that are shown


@dataclass(frozen=True)
class Part:
    """A piece of a changed line: kept, removed or added."""

    kind: str  # kept | removed | added
    text: str


@dataclass(frozen=True)
class Change:
    """A changed, removed or added line: its number (in the new file; in the old one when removed) and its pieces."""

    line: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class FileDifference:
    """A file that differs. `sections` names the ids of a text's changed sections; a picture has no changes."""

    name: str
    kind: str  # changed | added | removed
    sections: tuple[str, ...]
    changes: tuple[Change, ...]
    left_out: int


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[FileDifference]:
    """Return the files that differ between two canonical packages, by name."""
    return [
        _file(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _file(name: str, before: bytes | None, after: bytes | None) -> FileDifference:
    kind = "added" if before is None else "removed" if after is None else "changed"
    if not name.endswith((".md", ".yaml")):
        return FileDifference(name, kind, (), (), 0)
    old, new = (before or b"").decode(), (after or b"").decode()
    changes = _lines(old.splitlines(), new.splitlines())
    shown = tuple(changes[:MOST_CHANGES])
    touched = _sections(old, new) if name.endswith(".md") else ()
    return FileDifference(name, kind, touched, shown, len(changes) - len(shown))


def _sections(old: str, new: str) -> tuple[str, ...]:
    theirs = {section.id: section for section in sections(old)}
    ours = {section.id: section for section in sections(new)}
    return tuple(id_ for id_ in {**ours, **theirs} if ours.get(id_) != theirs.get(id_))


def _lines(old: list[str], new: list[str]) -> list[Change]:
    changes: list[Change] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        pairs = min(i_end - i, j_end - j)
        for step in range(pairs):
            changes.append(Change(j + step + 1, _words(old[i + step], new[j + step])))
        for step in range(i + pairs, i_end):
            changes.append(Change(step + 1, (Part("removed", old[step]),)))
        for step in range(j + pairs, j_end):
            changes.append(Change(step + 1, (Part("added", new[step]),)))
    return [change for change in changes if any(part.text.strip() for part in change.parts)]


def _words(old: str, new: str) -> tuple[Part, ...]:
    before, after = re.findall(r"\s+|[^\s]+", old), re.findall(r"\s+|[^\s]+", new)
    parts: list[Part] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(Part("kept", "".join(before[i:i_end])))
            continue
        if i < i_end:
            parts.append(Part("removed", "".join(before[i:i_end])))
        if j < j_end:
            parts.append(Part("added", "".join(after[j:j_end])))
    return tuple(parts)
