"""Pages of a long list: the database counts and slices, a page shows its rows and where it stands."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, TypeVarTuple

import sqlalchemy as sa

from lms.db import db

Row = TypeVar("Row")
Columns = TypeVarTuple("Columns")
PAGE_SIZE = 25


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list, as the macro `pagination` reads it. `number` counts from 1."""

    rows: list[Row]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """Return how many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def has_prev(self) -> bool:
        """Say whether a page stands before this one."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Say whether a page follows this one."""
        return self.number < self.pages


def number_of(text: str | None) -> int:
    """Return the page's number from an address; what is not a number, or absurd, is the first page."""
    # isdecimal alone would let other scripts' digits through, which int() reads, too: harmless.
    return max(1, int(text)) if text and text.isdecimal() and len(text) < 7 else 1


def total_of(statement: "sa.Select[*tuple[Any, ...]]") -> int:
    """Return how many rows a SELECT has (one query)."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(statement.order_by(None).subquery())) or 0


def page_of(statement: "sa.Select[*Columns]", number: int, size: int = PAGE_SIZE) -> "Page[sa.Row[*Columns]]":
    """Return a page of a SELECT's rows (two queries). A number after the last page gives the last page.

    The SELECT must have a total order, or a row may stand on two pages.
    """
    total = total_of(statement)
    number = _within(number, total, size)
    rows = db.session.execute(statement.limit(size).offset((number - 1) * size)).all()
    return Page(list(rows), number, size, total)


def scalars_page_of(statement: "sa.Select[Row]", number: int, size: int = PAGE_SIZE) -> Page[Row]:
    """Return a page of a SELECT of one entity or column (two queries, and those of its loader options)."""
    total = total_of(statement)
    number = _within(number, total, size)
    found = db.session.scalars(statement.limit(size).offset((number - 1) * size)).all()
    return Page(list(found), number, size, total)


def _within(number: int, total: int, size: int) -> int:
    return min(max(1, number), max(1, -(-total // size)))
