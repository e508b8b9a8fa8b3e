"""The database: typed models on one base, real transactions on SQLite and PostgreSQL.

A route, a command or a job commits once, as its last line. The few writes that belong to a read or must survive
a refusal (last seen, throttle counts, closing an overdue attempt) go through `own_transaction()`.
"""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session
from sqlalchemy.types import TypeDecorator

# Constraint names are needed by SQLite's batch migrations and by the messages of refused writes.
NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[dt.datetime]):
    """A moment: aware on both sides, UTC in the database.

    :raises ValueError: for a naive value; SQLite would silently drop the zone.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


JSON = sa.JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """The base of every model of the suite and of its plug-ins."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {
        dt.datetime: UTCDateTime(),
        dict[str, Any]: JSON,
        list[Any]: JSON,
        str: sa.String(),
    }


db = SQLAlchemy(metadata=Base.metadata, engine_options={"pool_pre_ping": True})

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@event.listens_for(Engine, "connect")
def _set_up_connection(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # we send BEGIN ourselves, see below
        for pragma in (
            "foreign_keys=ON",
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL loses acknowledged commits when the power fails
            "busy_timeout=15000",
            "recursive_triggers=ON",  # or INSERT OR REPLACE slips past the append-only triggers
        ):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Take SQLite's write lock at the start of a request that may write.

    A transaction that reads first and writes later is refused at once when somebody wrote in between.
    """
    if connection.dialect.name != "sqlite":
        return
    reads_only = has_request_context() and request.method in SAFE_METHODS
    if connection.get_execution_options().get("lms_writes"):
        reads_only = False
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


@event.listens_for(Session, "after_flush")
def _remember_flush(session: Session, _context: Any) -> None:
    session.info["wrote"] = True


@event.listens_for(Session, "do_orm_execute")
def _remember_statement(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info["wrote"] = True


@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_rollback")
def _forget_writes(session: Session) -> None:
    session.info.pop("wrote", None)


@contextmanager
def own_transaction() -> Iterator[Session]:
    """Give a session of its own that commits at the end, whatever becomes of the request.

    For the few writes that belong to a read or must survive a refusal. Inside the block it is `db.session`, so
    that actions can be called. The request's own transaction must not have written yet: it is ended first, because
    on SQLite it may hold the one write lock.

    :raises RuntimeError: when the request has unsaved writes, which would be lost.
    """
    current = db.session()
    if current.info.get("wrote") or current.new or current.dirty or current.deleted:
        raise RuntimeError("own_transaction() inside a request that has already written")
    current.rollback()
    with Session(db.engine.execution_options(lms_writes=True)) as session, session.begin():
        # Actions and the audit trail write into `db.session`; a plain session on the same engine serves them.
        db.session.registry.set(session)  # type: ignore[arg-type]
        try:
            yield session
        finally:
            db.session.registry.set(current)


def search_key(*parts: str | None) -> str:
    """Return the text by which a name or title is searched: lower case of all three alphabets, ё as е.

    SQLite lowers ASCII only, and the PostgreSQL of the tests has no ICU, so the key is made here.
    """
    joined = " ".join(part for part in parts if part)
    return " ".join(joined.casefold().replace("ё", "е").split())


# The Kyrgyz alphabet holds every Russian letter; Latin sorts before Cyrillic.
_ALPHABET = "abcdefghijklmnopqrstuvwxyzабвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя"
_WEIGHT = {letter: chr(0x100 + number) for number, letter in enumerate(_ALPHABET)}


def sort_key(*parts: str | None) -> str:
    """Return the text by which a name or title is sorted, in the order of the Kyrgyz alphabet.

    Code points would put Өмүр after Яна.
    """
    joined = " ".join(" ".join(part for part in parts if part).casefold().split())
    return "".join(_WEIGHT.get(letter, letter) for letter in joined)


def like_pattern(text: str) -> str:
    r"""Return a LIKE pattern that finds the text anywhere; `%`, `_` and `\` mean themselves (escape is `\`)."""
    escaped = search_key(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
