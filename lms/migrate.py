"""Migrations: Alembic over the core's versions and those of the plug-ins, each plug-in from elsewhere a branch."""

import os
import warnings

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from lms import paths
from lms.db import db
from lms.plugins import Suite


def config(app: Flask) -> Config:
    """Return Alembic's configuration for an app."""
    suite: Suite = app.extensions["lms"]
    folders = [paths.MIGRATIONS / "versions"] + [m.migrations for m in suite.manifests if m.migrations]
    made = Config()
    made.set_main_option("script_location", str(paths.MIGRATIONS))
    made.set_main_option("path_separator", "os")
    made.set_main_option("version_locations", os.pathsep.join(str(folder) for folder in folders))
    return made


def upgrade(app: Flask, revision: str = "heads") -> None:
    """Bring the database to a revision; needs an app context."""
    db.session.remove()  # PostgreSQL waits for ever on a lock that an open session holds
    command.upgrade(config(app), revision)


def downgrade(app: Flask, revision: str) -> None:
    """Take the database back to a revision; needs an app context."""
    db.session.remove()
    command.downgrade(config(app), revision)


def is_current(app: Flask) -> bool:
    """Say whether every migration has run."""
    heads = set(ScriptDirectory.from_config(config(app)).get_heads())
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads


def difference(app: Flask) -> list[str]:
    """Return what the models have and the migrated database has not, or the other way round; one line each."""
    from alembic.autogenerate import (
        compare_metadata,
    )  # imports the whole autogenerate machinery; only `db check` needs it

    with db.engine.connect() as connection, warnings.catch_warnings():
        # SQLite does not tell the expressions of an index; tests/suite/test_migrations.py lists those indexes.
        warnings.filterwarnings("ignore", "autogenerate skipping .*expression-based index", UserWarning)
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(step) for step in compare_metadata(context, db.metadata)]
