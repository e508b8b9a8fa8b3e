"""YAML of a package: read with the line of every value, written in one canonical form.

Only the safe subset: mappings, lists, texts, whole and decimal numbers, true and false, nothing else. A date stays the
text that was typed (2026-11-21), and `yes`, `on`, `12:30` are texts too. Read from the parser's events, one after
another, so that neither a bomb of anchors nor a tower of brackets can hurt.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml
from flask_babel import lazy_gettext as _l

LANGUAGES = ("en", "ru", "ky")  # the order in which text maps are written
WIDTH = 110  # of a line that holds a whole mapping or list
DEEPEST = 20
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, ten times faster

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Other readers of YAML take these for truth values or nothing, so they are written in quotes.
_NOT_PLAIN = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]')
_UNSAFE_BLOCK = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")

# In which order keys are written, wherever they occur. Others (ids of options) follow, sorted: JSONB keeps no order.
KEY_ORDER = (
    *LANGUAGES,
    *("format", "code", "source_language", "id", "type", "case", "text", "unit", "options", "steps", "items"),
    *("left", "right", "wrong", "module", "section", "outcome", "level", "title", "summary", "audience"),
    *("hours", "online", "face_to_face", "self_enrolment", "prerequisites", "minimum_rank_level"),
    *("minimum_service_years", "modules", "requirements", "attendance", "days", "percent", "practical_tasks"),
    *("score", "quiz", "exam", "practical", "quizzes", "pass_percent", "attempts", "pause_hours"),
    *("pause_after", "minutes", "draw", "certificate", "validity_months"),
    *("outcomes", "key_terms", "sources", "law_checked_on"),
    *("slots", "questions", "key", "tolerance", "feedback"),
)
_RANK = {key: number for number, key in enumerate(KEY_ORDER)}

# Control characters break PDF and PostgreSQL, direction marks hide what a text says; `"\0"` brings them in.
_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A YAML text as it was read: its value, the line of each part, and what was wrong with its form.

    `value` is None when the text cannot be read at all. The value is shared: never change it.
    """

    value: Any
    lines: Mapping[Path, int] = field(default_factory=dict)
    faults: tuple[tuple[int, Any], ...] = ()  # line, lazy sentence

    def line(self, *path: str | int) -> int:
        """Return the line of a part, as `document.line("slots", 0, "id")`; of the nearest part around a missing one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@lru_cache(maxsize=128)
def load_yaml(text: str) -> Document:
    """Read a YAML text. Raises nothing: what is wrong stands in `faults`, with its line."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 1
        problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
        return Document(
            None, {}, ((line, _l("This is not YAML that can be read: %(problem)s.", problem=problem)),)
        )
    return Document(builder.value, builder.lines, tuple(builder.faults))


@dataclass
class _Open:
    """A mapping or list whose end has not come yet."""

    value: Any
    path: Path
    key: str | None = None
    wants_key: bool = True


class _Builder:
    """Build the value of a document from the events of the parser."""

    def __init__(self) -> None:
        self.value: Any = None
        self.lines: dict[Path, int] = {}
        self.faults: list[tuple[int, Any]] = []
        self.stack: list[_Open] = []
        self.documents = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents == 2:
                self.faults.append((line, _l("A file holds one document; remove the line “---”.")))
        elif isinstance(event, yaml.AliasEvent):
            self.faults.append(
                (line, _l("Anchors and references (& and *) are not allowed; write the value out."))
            )
            self._place("", line)
        elif isinstance(event, yaml.ScalarEvent):
            self._forms(event, line)
            if _HIDDEN.search(event.value):
                self.faults.append((line, _l("The text holds an invisible character; delete it.")))
            self._place(_scalar(event), line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._forms(event, line)
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [], line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()

    def _forms(self, event: Any, line: int) -> None:
        if event.tag is not None:
            self.faults.append((line, _l("Tags (!) are not allowed; put the text in quotes.")))
        if event.anchor is not None:
            self.faults.append(
                (line, _l("Anchors and references (& and *) are not allowed; write the value out."))
            )

    def _open(self, value: Any, line: int) -> None:
        if len(self.stack) >= DEEPEST:
            raise yaml.YAMLError("there are too many levels")
        self.stack.append(_Open(value, self._place(value, line)))

    def _place(self, value: Any, line: int) -> Path:
        """Put a value where it belongs; return its path."""
        if not self.stack:
            if self.documents == 1:
                self.value = value
            self.lines.setdefault((), line)
            return ()
        around = self.stack[-1]
        if isinstance(around.value, list):
            path: Path = (*around.path, len(around.value))
            around.value.append(value)
        elif around.wants_key:
            self._key(around, value, line)
            return (*around.path, around.key or "")
        else:
            path = (*around.path, around.key or "")
            around.value[around.key] = value
            around.wants_key = True
            return path
        self.lines[path] = line
        return path

    def _key(self, around: _Open, value: Any, line: int) -> None:
        if isinstance(value, dict | list):
            self.faults.append((line, _l("The name of a value must be a text.")))
            key = "?"
        else:
            # `1:` and `true:` are names like any other.
            key = value if isinstance(value, str) else _plain_name(value)
        if key in around.value:
            self.faults.append((line, _l("“%(key)s” stands here twice.", key=key)))
        around.key = key
        around.wants_key = False
        self.lines[(*around.path, key)] = line


def _plain_name(value: Any) -> str:
    return (
        {True: "true", False: "false", None: "null"}.get(value, str(value))
        if not _is_number(value)
        else str(value)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.style is not None and event.style != "":
        return text  # quoted, or a block of lines
    if text in _NULL:
        return None
    if text in ("true", "false"):
        return text == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def dump_yaml(value: Mapping[str, Any]) -> str:
    """Write a mapping in the canonical form: the same value gives the same bytes, whatever order its keys are in.

    Keys stand in `KEY_ORDER`. A mapping or list without inner mappings stands on one line when that is at most
    `WIDTH` wide. A text stands in double quotes on one line, or as a block when it has several lines; an id, a code
    or a date (`[A-Za-z][A-Za-z0-9_-]*`, 2026-11-21) stands plain, but never as the text of a language.

    :raises TypeError: for a value that YAML of a package cannot hold.
    """
    return "".join(line + "\n" for line in _mapping(value, 0)) or "{}\n"


def in_order(keys: Iterable[str]) -> list[str]:
    """Return keys in the order in which they are written: known ones as listed, then l1, l2, l10."""
    return sorted(keys, key=lambda key: (_RANK.get(key, len(_RANK)), _natural(key), key))


def _natural(key: str) -> list[tuple[int, int, str]]:
    """Return what sorts numbers inside a key by their value: their length and digits, without zeros in front."""
    parts = [part for part in re.split(r"([0-9]+)", key) if part]
    return [
        (0, len(part.lstrip("0")), part.lstrip("0")) if part[0] in "0123456789" else (1, 0, part)
        for part in parts
    ]


def _mapping(value: Mapping[str, Any], indent: int, quoted: bool = False) -> list[str]:
    lines: list[str] = []
    for key in in_order(value):
        lines += _entry(f"{' ' * indent}{_text(key)}:", value[key], indent, quoted or key in LANGUAGES)
    return lines


def _entry(start: str, value: Any, indent: int, quoted: bool) -> list[str]:
    """Write what follows a `key:` or a `-`."""
    if isinstance(value, str) and "\n" in value and _fits_block(value):
        mark = "|" if value.endswith("\n") else "|-"
        return [f"{start} {mark}"] + [
            f"{' ' * (indent + 2)}{line}" if line else "" for line in value.removesuffix("\n").split("\n")
        ]
    flow = _flow(value, quoted)
    if flow is not None and (
        not isinstance(value, dict | list) or not value or len(start) + 1 + len(flow) <= WIDTH
    ):
        return [f"{start} {flow}"]
    if isinstance(value, Mapping):
        return [start, *_mapping(value, indent + 2, quoted)]
    return [start, *_items(value, indent + 2, quoted)]


def _items(value: list[Any], indent: int, quoted: bool) -> list[str]:
    lines: list[str] = []
    for item in value:
        dash = f"{' ' * indent}-"
        flow = _flow(item, quoted)
        if isinstance(item, Mapping) and item and (flow is None or len(dash) + 1 + len(flow) > WIDTH):
            first, *rest = _mapping(item, indent + 2, quoted)
            lines += [f"{dash} {first.lstrip()}", *rest]
        else:
            lines += _entry(dash, item, indent, quoted)
    return lines


def _flow(value: Any, quoted: bool) -> str | None:
    """Write a value on one line; None when it holds inner mappings or a text of several lines."""
    if isinstance(value, Mapping):
        parts = [(key, _flow(value[key], quoted or key in LANGUAGES)) for key in in_order(value)]
        if any(part is None or isinstance(value[key], Mapping) for key, part in parts):
            return None
        return "{" + ", ".join(f"{_text(key)}: {part}" for key, part in parts) + "}"
    if isinstance(value, list | tuple):
        inner = [_flow(item, quoted) for item in value]
        if any(part is None or isinstance(item, Mapping) for part, item in zip(inner, value, strict=True)):
            return None
        return "[" + ", ".join(part or "" for part in inner) + "]"
    if isinstance(value, str):
        return None if "\n" in value and _fits_block(value) else _text(value, quoted)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        # A column of decimal numbers gives 72.0 where the author wrote 72.
        return str(int(value)) if value.is_integer() else f"{value:.15f}".rstrip("0")
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a package")


def _fits_block(text: str) -> bool:
    return not (_UNSAFE_BLOCK.search(text) or text[0] in " \n" or text.endswith("\n\n"))


def _text(text: str, quoted: bool = False) -> str:
    if not quoted and _PLAIN.fullmatch(text) and text.casefold() not in _NOT_PLAIN:
        return text
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}.get(character)
    return short or (f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}")
