"""The report mechanism: who sees what, filters, pages, and a file that holds exactly what the page shows."""

import csv
import io
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from lms import clock, tables
from lms.access import Scope
from lms.audit import AuditEntry
from lms.db import db
from lms.demo import Cast
from lms.hookspecs import Manifest
from lms.people.directory import visible
from lms.people.models import Person, Region, RoleAssignment
from lms.reports import Choice, Column, Filter, Report

Open = Callable[..., Any]
MANY_ROWS = 20_000
# A file of many rows fits in far less than its rows would take together.
MOST_BYTES = 3_000_000


def people(filters: Mapping[str, str], scope: Scope) -> "sa.Select[*tuple[Any, ...]]":
    """Return the people of a role, as a plug-in's report would ask."""
    statement = (
        sa.select(
            Person.family_name.label("name"),
            Person.service_number.label("number"),
            Person.id.label("points"),
            Person.sex.label("sex"),
        )
        .where(visible(scope, clock.today()))
        .order_by(Person.sort_key, Person.id)
    )
    if "role" in filters:
        statement = statement.join(RoleAssignment, RoleAssignment.person_id == Person.id).where(
            RoleAssignment.role == filters["role"]
        )
    if "since" in filters:
        statement = statement.where(Person.created_at >= sa.func.coalesce(None, Person.created_at))
    return statement


def numbers(_filters: Mapping[str, str], _scope: Scope) -> "sa.Select[*tuple[Any, ...]]":
    """Return many rows out of nothing."""
    counted = sa.select(sa.literal(1).label("n")).cte("counted", recursive=True)
    counted = counted.union_all(sa.select(counted.c.n + 1).where(counted.c.n < MANY_ROWS))
    return sa.select(counted.c.n.label("n"), sa.literal("х" * 200).label("text")).order_by(counted.c.n)


def regions_of(scope: Scope) -> list[Choice]:
    """Return the roles that can be chosen; an auditor of a region may choose officers only."""
    roles = ["officer", "instructor"] if scope.everywhere else ["officer"]
    return [Choice(role, role.title()) for role in roles]


PEOPLE = Report(
    "probe-people",
    "Probe of people",
    "People, to try the mechanism.",
    "reports.view",
    (Filter("role", "Role", regions_of), Filter("since", "Since")),
    (
        Column("name", "Family name"),
        Column("number", "Number"),
        Column("points", "Points", numeric=True),
        Column("sex", "Sex", lambda sex: {"f": "=female", "m": "male"}[sex]),
    ),
    people,
)
NUMBERS = Report(
    "probe-numbers", "Numbers", "", "reports.view", (), (Column("n", "N"), Column("text", "T")), numbers
)
SECRET = Report("probe-secret", "Secret", "", "people.roles", (), (Column("n", "N"),), numbers)


@pytest.fixture(autouse=True)
def declared(app: Flask) -> Iterator[None]:
    """Declare the reports as a plug-in would."""
    suite = app.extensions["lms"]
    before = suite.manifests
    suite.manifests = (*before, Manifest("probe", reports=(PEOPLE, NUMBERS, SECRET)))
    yield
    suite.manifests = before


def rows_of(answer: Any) -> list[list[str]]:
    """Return the rows of a CSV answer, the heading first."""
    text = answer.data.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";"))


@pytest.mark.parametrize(
    ("who", "status"),
    [("aigul", 403), ("daniyar", 403), ("elena", 403), ("ilyas", 200), ("farida", 200), ("gulnara", 200)],
)
def test_who_sees_reports(browser_of: Open, who: str, status: int) -> None:
    browser = browser_of(who)

    paths = ("/reports", "/reports/probe-people", "/reports/probe-people.csv")

    assert [browser.get(path).status_code for path in paths] == [status] * 3


def test_the_list_shows_the_reports_that_one_may_see(browser_of: Open) -> None:
    page = browser_of("gulnara").get("/reports").text

    assert "/reports/probe-people" in page
    assert "/reports/probe-secret" not in page


@pytest.mark.parametrize("path", ["/reports/none", "/reports/none.csv", "/reports/probe-secret"])
def test_a_report_that_is_not_there_or_not_ones_own_is_not_found(browser_of: Open, path: str) -> None:
    assert browser_of("gulnara").get(path).status_code == 404


def test_the_scope_is_applied_to_page_and_file(browser_of: Open) -> None:
    ilyas = browser_of("ilyas")

    page = ilyas.get("/reports/probe-people").text
    file = rows_of(ilyas.get("/reports/probe-people.csv"))

    assert [name in page for name in ("Асанова", "Сыдыкова")] == [True, False]
    assert [row[1] for row in file[1:]] == ["100001", "100002", "100004"]


def test_the_file_holds_exactly_what_the_filter_shows(cast: Cast, browser_of: Open) -> None:
    answer = browser_of("farida").get("/reports/probe-people.csv?role=instructor")

    assert rows_of(answer) == [
        ["Family name", "Number", "Points", "Sex"],
        ["Осмонов", "200001", str(cast["daniyar"]), "male"],
        ["Эшимов", "200002", str(cast["kanat"]), "male"],
    ]
    name = f"probe-people-{clock.today().isoformat()}.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_link_to_the_file_keeps_the_filter(browser_of: Open) -> None:
    page = browser_of("farida").get("/reports/probe-people?role=instructor&page=1").text

    assert 'href="/reports/probe-people.csv?role=instructor"' in page
    assert '<option value="instructor" selected>' in page


@pytest.mark.parametrize(
    "query",
    [
        {"role": "king"},
        {"role": "' OR 1=1"},
        {"since": "yesterday"},
        {"since": "2026-02-30"},
        {"since": "20260201"},
    ],
)
@pytest.mark.parametrize("path", ["/reports/probe-people", "/reports/probe-people.csv"])
def test_a_filter_value_that_cannot_be_used_is_named(
    browser_of: Open, path: str, query: dict[str, str]
) -> None:
    answer = browser_of("farida").get(path, query_string=query)

    [name] = query
    assert answer.status_code == 422
    assert f'href="#f-{name}"' in answer.text
    assert "Асанова" not in answer.text


def test_a_choice_that_the_scope_does_not_offer_is_refused(browser_of: Open) -> None:
    assert browser_of("ilyas").get("/reports/probe-people?role=instructor").status_code == 422


def test_an_export_is_on_record_with_its_filter(app: Flask, cast: Cast, browser_of: Open) -> None:
    browser_of("farida").get("/reports/probe-people.csv?role=officer&since=")

    with app.app_context():
        entry = db.session.scalars(sa.select(AuditEntry)).one()
        found = (entry.action, entry.subject_id, entry.actor_id, entry.after)
    assert found == (
        "report.exported",
        "probe-people",
        cast["farida"],
        {"format": "csv", "role": "officer"},
    )


def test_a_refused_export_is_not_on_record(app: Flask, browser_of: Open) -> None:
    browser_of("farida").get("/reports/probe-people.csv?role=king")

    with app.app_context():
        assert db.session.scalars(sa.select(AuditEntry)).all() == []


def test_a_report_without_rows_says_so(app: Flask, cast: Cast, browser_of: Open) -> None:
    with app.app_context():
        region = db.session.scalars(sa.select(Region.id).where(Region.code == "KG-T")).one()
        db.session.execute(
            sa.update(RoleAssignment)
            .where(RoleAssignment.person_id == cast["ilyas"])
            .values(region_id=region)
        )
        db.session.commit()

    page = browser_of("ilyas").get("/reports/probe-people")

    assert page.status_code == 200
    assert 'class="empty"' in page.text


def test_a_report_is_paged_by_the_database(browser_of: Open, statements: Callable[[], Any]) -> None:
    farida = browser_of("farida")

    with statements() as ran:
        second = farida.get("/reports/probe-numbers?page=2").text
    last = farida.get("/reports/probe-numbers?page=800").text

    assert [f'<th scope="row">{n}</th>' in second for n in (25, 26, 50, 51)] == [False, True, True, False]
    assert f'<th scope="row">{MANY_ROWS}</th>' in last
    assert len(ran) <= 10


@pytest.mark.slow
def test_a_long_file_streams_in_little_memory(browser_of: Open) -> None:
    farida = browser_of("farida")
    farida.get("/reports/probe-numbers")  # templates and statements are compiled

    tracemalloc.start()
    answer = farida.get("/reports/probe-numbers.csv", buffered=False)
    lines = size = 0
    for piece in answer.iter_encoded():
        lines += piece.count(b"\n")
        size += len(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    answer.close()

    assert lines == MANY_ROWS + 1
    assert size > 2 * MOST_BYTES
    assert peak < MOST_BYTES


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+996", "'+996"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("\uff1d1", "'\uff1d1"),
        ("\uff0b1", "'\uff0b1"),
        ("\uff0d1", "'\uff0d1"),
        ("\uff201", "'\uff201"),
        ("a=1", "a=1"),
        ("", ""),
        (None, ""),
        (-5, -5),
        (-0.5, -0.5),
        (True, "True"),
    ],
)
def test_a_cell_is_never_a_formula_and_numbers_stay(value: Any, cell: Any) -> None:
    assert tables.safe(value) == cell


def test_a_cell_with_separators_stays_one_cell() -> None:
    text = "".join(tables.csv_lines([["а;б", 'в"г', "д\nе", -3]]))

    assert list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";")) == [
        ["а;б", 'в"г', "д\nе", "-3"]
    ]
