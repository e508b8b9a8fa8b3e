"""The audit trail: what is written stays, on every path; the page and its filters."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from lms import audit, audit_labels
from lms.audit import AuditEntry
from lms.db import db
from lms.demo import Cast

Open = Callable[..., Any]
NOON = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # noon in Bishkek


def write(app: Flask, action: str = "person.suspended", **values: Any) -> int:
    """Write an entry and return its id."""
    with app.app_context():
        audit.record(
            action,
            values.pop("subject", "person"),
            subject_id=7,
            actor_id=values.pop("actor_id", None),
            **values,
        )
        db.session.commit()
        return int(db.session.scalar(sa.select(sa.func.max(AuditEntry.id))) or 0)


def count(app: Flask) -> int:
    """Return how many entries there are."""
    with app.app_context():
        return int(db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) or 0)


REPLACE = (
    "INSERT OR REPLACE INTO audit_entry (id, at, action, subject, subject_id, before, after, reason, address)"
    " SELECT id, at, 'other', subject, subject_id, before, after, reason, address FROM audit_entry"
)
UPSERT = (
    "INSERT INTO audit_entry (id, at, action, subject, subject_id, before, after, reason, address)"
    " SELECT id, at, 'other', subject, subject_id, before, after, reason, address FROM audit_entry WHERE id > 0"
    " ON CONFLICT (id) DO UPDATE SET action = 'other'"
)
STATEMENTS = {
    "sqlite": (
        "UPDATE audit_entry SET action = 'other'",
        "DELETE FROM audit_entry",
        REPLACE,
        "REPLACE " + REPLACE.removeprefix("INSERT OR REPLACE "),
        "UPDATE OR REPLACE audit_entry SET action = 'other'",
        UPSERT,
    ),
    "postgresql": (
        "UPDATE audit_entry SET action = 'other'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry CASCADE",
        UPSERT,
    ),
}


def test_no_statement_changes_or_removes_an_entry(app: Flask) -> None:
    write(app)

    refused = []
    with app.app_context():
        statements = STATEMENTS[db.engine.dialect.name]
        for statement in statements:
            try:
                with db.engine.begin() as connection:
                    connection.execute(sa.text(statement))
            except sa.exc.DBAPIError as error:
                refused.append("append-only" in str(error))
        left = db.session.scalars(sa.select(AuditEntry.action)).all()

    assert refused == [True] * len(statements)
    assert left == ["person.suspended"]


def change_attribute(entry: AuditEntry) -> None:
    """Change a loaded entry."""
    entry.reason = "other"
    db.session.flush()


def delete(entry: AuditEntry) -> None:
    """Delete a loaded entry."""
    db.session.delete(entry)
    db.session.flush()


def update_all(_entry: AuditEntry) -> None:
    """Change all entries by one statement."""
    db.session.execute(sa.update(AuditEntry).values(reason="other"))


def delete_all(_entry: AuditEntry) -> None:
    """Delete all entries by one statement."""
    db.session.execute(sa.delete(AuditEntry))


@pytest.mark.parametrize("tamper", [change_attribute, delete, update_all, delete_all])
def test_no_way_of_the_orm_changes_or_removes_an_entry(
    app: Flask, tamper: Callable[[AuditEntry], None]
) -> None:
    entry_id = write(app)

    with app.app_context():
        entry = db.session.get_one(AuditEntry, entry_id)
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            tamper(entry)
        db.session.rollback()
        left = db.session.get_one(AuditEntry, entry_id).reason

    assert left == ""


def test_an_entry_goes_with_the_change_it_tells_of(app: Flask) -> None:
    with app.app_context():
        audit.record("person.suspended", "person", subject_id=7, actor_id=None)
        db.session.rollback()

    assert count(app) == 0


def test_an_entry_says_who_when_what_and_from_where(app: Flask, cast: Cast, browser_of: Open) -> None:
    with time_machine.travel(NOON, tick=False):
        browser_of("gulnara").submit(f"/people/{cast['aigul']}/suspend", {"reason": "Проверка"})

    with app.app_context():
        entry = db.session.scalars(sa.select(AuditEntry)).one()
        found = (entry.at, entry.actor_id, entry.action, entry.subject, entry.subject_id, entry.person_id)
        told = (entry.before, entry.after, entry.reason, entry.address)
    assert found == (NOON, cast["gulnara"], "person.suspended", "person", str(cast["aigul"]), cast["aigul"])
    assert told == ({"suspended": False}, {"suspended": True}, "Проверка", "127.0.0.1")


def fill(app: Flask, cast: Cast) -> None:
    """Write three entries of different people, actions and days."""
    with time_machine.travel(datetime(2026, 11, 18, 17, 59, tzinfo=UTC), tick=False):  # 23:59 in Bishkek
        write(app, "first.done", actor_id=cast["elena"], person_id=cast["aigul"], after={"job": "<b>"})
    with time_machine.travel(datetime(2026, 11, 18, 18, 0, tzinfo=UTC), tick=False):  # 0:00 on the 19th
        write(app, "second.done", actor_id=cast["gulnara"], person_id=cast["bakyt"], subject="role")
    with time_machine.travel(NOON, tick=False):
        write(app, "third.done", person_id=cast["aigul"], reason="Приказ 5")


ALL = {"first.done", "second.done", "third.done"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ALL),
        ({"who": "300001"}, {"first.done"}),
        ({"who": "Токтосунова"}, {"second.done"}),
        ({"about": "айгул"}, {"first.done", "third.done"}),
        ({"about": "100002"}, {"second.done"}),
        ({"action": "third.done"}, {"third.done"}),
        ({"subject": "role"}, {"second.done"}),
        ({"from_on": "2026-11-19"}, {"second.done", "third.done"}),  # the day begins in Bishkek
        ({"to_on": "2026-11-18"}, {"first.done"}),
        ({"from_on": "2026-11-19", "to_on": "2026-11-19"}, {"second.done"}),
        ({"about": "100002", "action": "third.done"}, set()),
    ],
)
def test_the_trail_is_filtered(
    app: Flask, cast: Cast, browser_of: Open, query: dict[str, str], found: set[str]
) -> None:
    fill(app, cast)

    page = browser_of("farida").get("/audit", query_string=query)

    assert page.status_code == 200
    listed = page.text.partition("<tbody>")[2]
    assert {action for action in ALL if action in listed} == found


@pytest.mark.parametrize("query", [{"from_on": "yesterday"}, {"action": "none.such"}])
def test_a_filter_that_cannot_be_used_is_refused_with_a_message(
    browser_of: Open, query: dict[str, str]
) -> None:
    page = browser_of("farida").get("/audit", query_string=query)

    assert page.status_code == 422
    assert "error-summary" in page.text


def test_the_trail_shows_what_changed_and_escapes_it(app: Flask, cast: Cast, browser_of: Open) -> None:
    fill(app, cast)

    page = browser_of("farida").get("/audit").text

    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "Приказ 5" in page


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("2026-11-21", "21 November 2026"),
        ("2026-11-21T20:00:00+00:00", "22 November 2026, 02:00"),  # the clock of Bishkek
        ("2026-11-21T20:00:00", "2026-11-21T20:00:00"),  # a moment without a zone says nothing
        ("2026 pages", "2026 pages"),
        ("ROVD-UZGEN", "ROVD-UZGEN"),
        (12, 12),
        (None, None),
    ],
)
def test_days_and_moments_are_shown_as_people_write_them(app: Flask, kept: Any, shown: Any) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert audit_labels.readable(kept) == shown


@pytest.mark.parametrize(
    ("field", "kept", "word"),
    [
        ("role", "regional_auditor", "Regional auditor"),
        ("sex", "m", "Male"),
        ("job", "m", None),
        ("how", "self", "by the officer"),  # a word of a plug-in
        ("how", "none such", None),
        ("count", 12, None),
    ],
)
def test_codes_are_shown_in_words(app: Flask, field: str, kept: Any, word: str | None) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert audit_labels.value_label(field, kept) == word


def test_actions_and_fields_have_words_and_unknown_ones_their_name(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        found = [audit_labels.action_label(name) for name in ("role.given", "none.such")]
        fields = [audit_labels.field_label(name) for name in ("job", "none_such")]

    assert found == ["Role given", "none.such"]
    assert fields == ["Position", "none_such"]


def test_the_trail_is_paged_by_the_database(
    app: Flask, cast: Cast, browser_of: Open, statements: Callable[[], Any]
) -> None:
    fill(app, cast)
    farida = browser_of("farida")
    with statements() as few:
        farida.get("/audit")
    for _number in range(60):
        write(app, "many.done", actor_id=cast["elena"])

    with statements() as many:
        first = farida.get("/audit")
    last = farida.get("/audit", query_string={"page": "99"})

    assert len(few) == len(many)
    assert len(many) <= 10
    assert (first.text.count("<tr>") - 1, last.text.count("<tr>") - 1) == (25, 13)
    assert "first.done" in last.text


@pytest.mark.parametrize(
    ("who", "status"),
    [("aigul", 403), ("daniyar", 403), ("ilyas", 403), ("farida", 200), ("gulnara", 200), ("elena", 200)],
)
def test_who_reads_the_trail(browser_of: Open, who: str, status: int) -> None:
    assert browser_of(who).get("/audit").status_code == status
