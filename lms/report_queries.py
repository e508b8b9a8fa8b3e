"""Run a declared report: read the filters of an address, a page of rows, all rows as they stream by."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import abort
from flask_babel import gettext as _

from lms.access import Actor, Scope
from lms.db import db
from lms.pages import Page, page_of
from lms.plugins import suite
from lms.reports import Choice, Filter, Report

# Rows fetched at once while a file streams: memory stays the same for a hundred rows and for a million.
CHUNK = 500


@dataclass(frozen=True)
class Part:
    """A filter as the page shows it: what can be chosen, what was asked for, what is wrong with it."""

    name: str
    label: str
    choices: tuple[Choice, ...] | None  # None: a date
    value: str
    error: str = ""


@dataclass(frozen=True)
class Question:
    """A report with the filters of one request. `chosen` holds only usable values; `faults` the others."""

    report: Report
    parts: tuple[Part, ...]

    @property
    def chosen(self) -> dict[str, str]:
        """Return the chosen filters by name."""
        return {part.name: part.value for part in self.parts if part.value and not part.error}

    @property
    def faults(self) -> list[Part]:
        """Return the filters whose value cannot be used."""
        return [part for part in self.parts if part.error]


def reports_for(actor: Actor) -> list[Report]:
    """Return the declared reports that a person may see, in the order of the plug-ins."""
    return [
        report
        for manifest in suite().manifests
        for report in manifest.reports
        if actor.may(report.permission)
    ]


def report_or_404(name: str, actor: Actor) -> Report:
    """Return a report that the person may see; another is not found."""
    found = next((report for report in reports_for(actor) if report.name == name), None)
    if found is None:
        abort(404)
    return found


def asked(report: Report, values: Mapping[str, str], scope: Scope) -> Question:
    """Return the report with the filters that an address gives; a value that cannot be chosen is a fault."""
    return Question(report, tuple(_part(f, values.get(f.name, "").strip(), scope) for f in report.filters))


def _part(declared: Filter, value: str, scope: Scope) -> Part:
    label = str(declared.label)
    if declared.choices is None:
        error = "" if not value or _is_day(value) else _("%(filter)s: enter a date.", filter=label)
        return Part(declared.name, label, None, value, error)
    choices = tuple(declared.choices(scope))
    known = not value or value in {choice.value for choice in choices}
    error = "" if known else _("%(filter)s: choose one of the list.", filter=label)
    return Part(declared.name, label, choices, value, error)


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def page(question: Question, scope: Scope, number: int) -> Page[Any]:
    """Return a page of the report's rows (two queries)."""
    return page_of(question.report.query(question.chosen, scope), number)


@contextmanager
def streamed(question: Question, scope: Scope) -> Iterator[Iterator[sa.RowMapping]]:
    """Give all rows of the report, a chunk in memory at a time, over a connection of their own.

    The session's connection would be given back before the last row is sent.
    """
    statement = question.report.query(question.chosen, scope)
    with db.engine.connect().execution_options(stream_results=True, yield_per=CHUNK) as connection:
        yield (row for row in connection.execute(statement).mappings())


def shown(report: Report, row: sa.RowMapping) -> list[Any]:
    """Return the cells of a row as people read them; numbers stay numbers."""
    return [
        column.write(row[column.name]) if column.write is not None else row[column.name]
        for column in report.columns
    ]
