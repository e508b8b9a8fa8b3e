"""Count what a package holds, module by module, for `lms courses report`."""

import re
from collections.abc import Iterable, Iterator, Sequence

from markdown_it import MarkdownIt

from courses.package.documents import LANGUAGES
from courses.package.files import text_of
from lms.hookspecs import Fault, PackageFigure, PackageFiles
from lms.markdown import VERIFY

WHOLE = "course, exam"  # the row of what belongs to no module
NOTHING = "–"
_MARKUP = re.compile(r"\]\([^)\n]*\)|\{#[^}\n]*\}")
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def figures(package: PackageFiles) -> list[PackageFigure]:
    """Return the words of each language and the sections of each module."""
    found: list[PackageFigure] = []
    for module in package.modules:
        for language in LANGUAGES:
            text = text_of(package.files, f"{module}/{language}.md")
            found.append(PackageFigure(module, f"words {language}", str(words(text)) if text else NOTHING))
        found.append(PackageFigure(module, "sections", str(len(package.sections.get(module, ())))))
    return found


def words(text: str) -> int:
    """Count the words that a reader sees; a number is a word, an address or the id of a heading is none."""
    inline = (token.content for token in _PARSER.parse(text) if token.type == "inline")
    read = (_MARKUP.sub("] ", VERIFY.sub(r"\1", part)) for part in inline)
    return sum(any(letter.isalnum() for letter in word) for part in read for word in part.split())


def table(reports: Sequence[tuple[PackageFiles, Iterable[PackageFigure], Sequence[Fault]]]) -> list[str]:
    """Return the lines of a Markdown table: a row a module, and one for what belongs to none."""
    names: dict[str, None] = {}
    cells: dict[tuple[str, str | None, str], str] = {}
    for package, found, _faults in reports:
        for figure in found:
            names.setdefault(figure.name)
            cells[package.code, figure.module, figure.name] = figure.value
    rows = [["course", "module", *names, "faults"]]
    for package, _figures, faults in reports:
        for module in (*package.modules, None):
            mine = [cells.get((package.code, module, name), NOTHING) for name in names]
            count = sum(_module_of(fault, package) == module for fault in faults)
            rows.append([package.code, module or WHOLE, *mine, str(count)])
    return list(_lines(rows))


def _module_of(fault: Fault, package: PackageFiles) -> str | None:
    folder, slash, _name = fault.file.partition("/")
    return folder if slash and folder in package.modules else None


def _lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
