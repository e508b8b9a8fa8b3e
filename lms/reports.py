"""Reports: a plug-in declares one, the core shows and exports any of them.

A report is a permission, filters, columns and one SQL query. The page shows a slice of it, the CSV streams all of it,
from the same query with the same filters, so the lines agree.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.access import Scope


@dataclass(frozen=True)
class Choice:
    """A value one can choose in a filter."""

    value: str
    label: str


@dataclass(frozen=True)
class Filter:
    """A filter of a report: a list of choices (`choices` is asked at every request), or a date when it is None."""

    name: str
    label: Any
    choices: Callable[[Scope], Sequence[Choice]] | None = None


@dataclass(frozen=True)
class Column:
    """A column: the label of the query's column it shows, its heading, and how a value is written.

    `write` turns the value of the database into what people read (a date, a state in words); numbers stay numbers.
    """

    name: str
    label: Any
    write: Callable[[Any], Any] | None = None
    numeric: bool = False


@dataclass(frozen=True)
class Report:
    """A report as a plug-in declares it in its manifest.

    `query` gets the chosen filters (only those that were chosen, by name) and the scope of who asks, and returns a
    SELECT whose column labels are the columns' names, in a fixed total order. The scope is applied in it, always.
    """

    name: str
    title: Any
    help: Any
    permission: str
    filters: tuple[Filter, ...]
    columns: tuple[Column, ...]
    query: Callable[[Mapping[str, str], Scope], "sa.Select[*tuple[Any, ...]]"]
