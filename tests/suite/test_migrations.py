"""Migrations go up and down, with data, on both databases; what Alembic does not see is listed here.

A batch migration on SQLite rebuilds a table and silently drops its triggers and partial indexes, and autogenerate
neither sees triggers nor indexes of expressions. So both are written out below: a change of them is a change here.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask

from lms import demo, migrate
from lms.app import create_app
from lms.db import db
from tests.conftest import BACKENDS, make_environ
from tests.suite import sources

INDEXES = {
    "uq_activation_code_open": "activation_code",
    "uq_attempt_open": "attempt",
    "uq_attendance_in_force": "attendance",
    "uq_certificate_first": "certificate",
    "uq_certificate_in_force": "certificate",
    "uq_course_revision_draft": "course_revision",
    "uq_enrolment_open": "enrolment",
    "uq_instructor_assignment_open": "instructor_assignment",
    "uq_posting_open": "posting",
    "uq_quiz_exam": "quiz",
    "uq_role_assignment_open": "role_assignment",
    "uq_task_result_in_force": "task_result",
    "uq_time_factor_open": "time_factor",
    "uq_unit_region_open": "unit_region",
}
APPEND_ONLY = (
    "audit_entry",
    "certificate_file",
    "completion",
    "module_image",
    "module_revision",
    "module_text",
    "name_change",
    "question_key",
    "question_revision",
    "text_review",
    "unlock",
)
NEVER_DELETED = ("attempt", "attempt_question", "attendance", "certificate", "enrolment", "task_result")
FROZEN_WHEN_PUBLISHED = ("course_text", "quiz_revision", "quiz_slot", "revision_module", "slot_question")
TRIGGERS = (
    {f"{table}_append_only_{operation}" for table in APPEND_ONLY for operation in ("update", "delete")}
    | {f"{table}_kept_delete" for table in NEVER_DELETED}
    | {
        f"{table}_published_{operation}"
        for table in FROZEN_WHEN_PUBLISHED
        for operation in ("insert", "update", "delete")
    }
    | {"course_revision_published_update", "course_revision_published_delete"}
    | {"attempt_closed_update", "attempt_question_closed_insert", "attempt_question_closed_update"}
    | {"certificate_issued_update", "module_image_published_insert", "module_text_published_insert"}
)
# SQLite has no TRUNCATE.
TRUNCATE_TRIGGERS = {
    f"{table}_append_only_truncate"
    for table in (*APPEND_ONLY, *NEVER_DELETED, *FROZEN_WHEN_PUBLISHED, "course_revision")
}


@pytest.fixture(params=BACKENDS)
def fresh(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[Flask]:
    """Return an app on an empty database."""
    drop: Callable[[], None] = lambda: None  # noqa: E731
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'fresh.db'}"
    else:
        server = sa.make_url(request.getfixturevalue("pg_url")).set(drivername="postgresql+psycopg")
        name = f"lms_fresh_{worker_id}"
        engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")

        def drop() -> None:
            with engine.connect() as connection:
                connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

        drop()
        with engine.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
        url = server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    made = create_app(make_environ(url, tmp_path))
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()
    drop()
    if request.param != "sqlite":
        engine.dispose()


def tables() -> set[str]:
    """Return the tables of the database."""
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def triggers() -> set[str]:
    """Return the triggers of the database."""
    statement = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[db.engine.dialect.name]
    with db.engine.connect() as connection:
        return set(connection.scalars(sa.text(statement)))


def partial_indexes() -> dict[str, str]:
    """Return the partial indexes of the database, with their table; the unique ones only."""
    statement = {
        "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexname, tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }[db.engine.dialect.name]
    with db.engine.connect() as connection:
        rows = connection.execute(sa.text(statement)).all()
    return {name: table for name, table, sql in rows if " WHERE " in sql and "UNIQUE" in sql}


def leftover_functions() -> list[str]:
    """Return the functions that stayed behind; SQLite has none."""
    if db.engine.dialect.name == "sqlite":
        return []
    with db.engine.connect() as connection:
        return list(
            connection.scalars(
                sa.text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1")
            )
        )


def fill() -> None:
    """Put a row into every table, whatever its columns; triggers and constraints hold."""
    demo.reference.load()
    demo.add_people()
    db.session.commit()
    with db.engine.begin() as connection:
        for table in db.metadata.sorted_tables:
            if not connection.scalar(sa.select(sa.func.count()).select_from(table)):
                connection.execute(table.insert().values(row_for(table, connection)))


# Columns whose values a CHECK constraint narrows, so that a row of any table can be made.
SAID: dict[str, dict[str, Any]] = {
    "activation_code": {"reason": "first", "document_seen": False},
    "attempt": {"closed_at": None, "closed_how": None, "percent": None, "passed": None},
    "course_revision": {"state": "draft", "published_at": None, "major": None, "minor": None},
    "enrolment": {"how": "self"},
    "certificate": {
        "revoked_at": None,
        "revocation_reason": None,
        "replaces_id": None,
        "superseded_at": None,
    },
    "time_factor": {"percent": 150},
    "role_assignment": {"region_id": None},
}


def row_for(table: sa.Table, connection: sa.Connection) -> dict[str, Any]:
    """Return values for a row: of every column that needs one, parents taken from the tables before."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name in SAID.get(table.name, {}):
            row[column.name] = SAID[table.name][column.name]
        elif column.foreign_keys:
            target = next(iter(column.foreign_keys)).column
            row[column.name] = connection.scalar(sa.select(target).limit(1))
        elif column.nullable or (column.primary_key and isinstance(column.type, sa.Integer)):
            if column.primary_key and column.autoincrement is not True and len(table.primary_key.columns) > 1:
                row[column.name] = 1
        else:
            row[column.name] = value_for(column)
    return row


def value_for(column: sa.Column[Any]) -> Any:
    """Return some value of a column's type."""
    kind = column.type
    if isinstance(kind, sa.types.TypeDecorator):
        return dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
    if isinstance(kind, sa.JSON):
        return {}
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.Date):
        return dt.date(2026, 11, 21)
    if isinstance(kind, sa.Integer | sa.Float):
        return 1
    if isinstance(kind, sa.LargeBinary):
        return b"x"
    return "x"


def counts() -> dict[str, int]:
    """Return the number of rows of every table."""
    with db.engine.connect() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in db.metadata.sorted_tables
        }


def test_migrations_go_up_down_and_up_again_with_data(fresh: Flask) -> None:
    migrate.upgrade(fresh)
    fill()
    filled = counts()
    migrate.downgrade(fresh, "base")
    left = (tables(), triggers(), leftover_functions())
    migrate.upgrade(fresh)
    fill()

    assert [name for name, rows in filled.items() if rows == 0] == []
    assert left == (set(), set(), [])
    assert counts() == filled
    assert migrate.is_current(fresh)


def test_every_migration_goes_down_and_up_alone_with_data(fresh: Flask) -> None:
    scripts = ScriptDirectory.from_config(migrate.config(fresh))
    ways = [(s.revision, s.down_revision or "base") for s in scripts.walk_revisions()]
    migrate.upgrade(fresh)
    fill()
    seen = [(tables(), triggers(), set(partial_indexes()))]

    for _revision, below in ways:
        migrate.downgrade(fresh, str(below))
        seen.append((tables(), triggers(), set(partial_indexes())))
    back = [(tables(), triggers(), set(partial_indexes()))]
    for revision, _below in reversed(ways):
        migrate.upgrade(fresh, revision)
        back.append((tables(), triggers(), set(partial_indexes())))

    assert back == list(reversed(seen))


def test_the_migrated_database_agrees_with_the_models(fresh: Flask) -> None:
    migrate.upgrade(fresh)

    assert migrate.difference(fresh) == []
    assert tables() == set(db.metadata.tables)


def test_lms_db_check_says_so(fresh: Flask) -> None:
    from lms.cli import assemble  # the group is shared by the process; asked only where it is used

    runner = fresh.test_cli_runner()
    before = runner.invoke(assemble(fresh), ["db", "check"])
    migrate.upgrade(fresh)
    after = runner.invoke(assemble(fresh), ["db", "check"])

    assert (before.exit_code, before.output) == (1, "Error: Migrations are missing; run `lms db upgrade`.\n")
    assert (after.exit_code, after.output) == (0, "The database agrees with the models.\n")


def test_the_triggers_are_exactly_these(fresh: Flask) -> None:
    migrate.upgrade(fresh)

    wanted = TRIGGERS | (TRUNCATE_TRIGGERS if db.engine.dialect.name == "postgresql" else set())

    assert sorted(triggers() - wanted) == []
    assert sorted(wanted - triggers()) == []


def test_the_partial_indexes_are_exactly_these(fresh: Flask) -> None:
    migrate.upgrade(fresh)

    assert partial_indexes() == INDEXES


def test_the_models_ask_for_the_same_partial_indexes(made_app: Flask) -> None:
    assert made_app  # its plug-ins have brought their models
    asked = {
        str(index.name): table.name
        for table in db.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"].get("where") is not None
    }

    assert asked == INDEXES


def test_a_fresh_and_a_twice_upgraded_database_are_the_same(fresh: Flask) -> None:
    migrate.upgrade(fresh)
    demo.reference.load()
    db.session.commit()
    once = counts()
    migrate.upgrade(fresh)
    demo.reference.load()
    db.session.commit()

    assert counts() == once


@pytest.mark.parametrize(
    "path", [p for p in sources.migrations() if "versions" in p.parts], ids=lambda p: p.name
)
def test_a_migration_is_named_by_time_and_looks_at_no_model(path: Path) -> None:
    text = sources.text(path)
    imported = set(re.findall(r"^(?:from|import) ([\w.]+)", text, re.M))
    documented = re.match(r'"""[A-Z][^\n]+\.', text) is not None

    assert re.fullmatch(r"\d{8}_\d{4}_[a-z0-9_]+\.py", path.name)
    assert documented, "the first line says what the migration does"
    assert imported <= {"sqlalchemy", "alembic", "sqlalchemy.dialects", "lms"}
    assert "from lms import triggers" in text or "lms" not in imported
    assert f'revision = "{path.stem}"' in text
    assert re.search(r"^def downgrade\(\) -> None:", text, re.M)
