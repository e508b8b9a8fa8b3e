"""SQL of the triggers that keep what the records promise, for SQLite and PostgreSQL. Used by migrations.

A function here is never changed once a migration that calls it has been released; write another.
"""


def _statements(
    dialect: str, table: str, name: str, operation: str, condition: str, message: str
) -> list[str]:
    """Return the statements that make one BEFORE trigger which refuses `operation` where `condition` holds.

    `condition` speaks of OLD and NEW; an empty one always holds.
    """
    trigger = f"{table}_{name}_{operation.lower()}"
    if dialect == "sqlite":
        when = f" WHEN {condition}" if condition else ""
        return [
            f"CREATE TRIGGER {trigger} BEFORE {operation} ON {table}{when}"
            f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
        ]
    returned = "OLD" if operation == "DELETE" else "NEW"
    test = f"IF {condition} THEN RAISE EXCEPTION '{message}'; END IF; RETURN {returned};"
    body = test if condition else f"RAISE EXCEPTION '{message}';"
    return [
        f"CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
        f"CREATE TRIGGER {trigger} BEFORE {operation} ON {table} FOR EACH ROW EXECUTE FUNCTION {trigger}()",
    ]


def refuse(dialect: str, table: str, name: str, operations: str, condition: str, message: str) -> list[str]:
    """Return the statements that refuse operations ('INSERT UPDATE DELETE') on rows where a condition holds."""
    return [
        statement
        for operation in operations.split()
        for statement in _statements(dialect, table, name, operation, condition, message)
    ]


def append_only(dialect: str, table: str) -> list[str]:
    """Return the statements that let rows of a table only be added: no UPDATE, DELETE, REPLACE, TRUNCATE.

    SQLite's INSERT OR REPLACE deletes first, which the DELETE trigger sees because `recursive_triggers` is on.
    """
    return refuse(
        dialect, table, "append_only", "UPDATE DELETE", "", f"{table} is append-only"
    ) + no_truncate(dialect, table)


def no_truncate(dialect: str, table: str) -> list[str]:
    """Return the statements that refuse TRUNCATE on PostgreSQL; SQLite has none."""
    if dialect == "sqlite":
        return []
    name = f"{table}_append_only_truncate"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{table} is append-only'; END $$",
        f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]


def drop_all(dialect: str, tables: tuple[str, ...]) -> list[str]:
    """Return the statements that drop the functions of the tables' triggers before the tables themselves go.

    On SQLite a trigger goes with its table. On PostgreSQL the function stays, so it is dropped with its trigger.
    """
    if dialect == "sqlite":
        return []
    names = ",".join(f"'{table}'" for table in tables)
    return [
        "DO $$ DECLARE found record; BEGIN FOR found IN"
        " SELECT p.proname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
        f" WHERE NOT t.tgisinternal AND c.relname IN ({names})"
        " LOOP EXECUTE 'DROP FUNCTION ' || quote_ident(found.proname) || '() CASCADE'; END LOOP; END $$"
    ]
