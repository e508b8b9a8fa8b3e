"""Tables as files: CSV that a spreadsheet opens without running anything that stands in it."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

BOM = "\ufeff"  # without it Excel reads Cyrillic as Latin
SEPARATOR = ";"  # what Excel in Russian and Kyrgyz expects
# What makes a cell a formula, also as full-width forms; tab and line ends hide one at the start.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula. Numbers stay untouched, nothing is an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = str(value)
        return "'" + text if text.startswith(_FORMULA) else text
    return value


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Give the file line by line, beginning with the byte order mark."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=SEPARATOR)
    yield BOM
    for row in rows:
        writer.writerow([safe(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
