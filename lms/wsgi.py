"""What a server runs: `gunicorn "lms.wsgi:make()"`. Refuses to start on what production must not serve."""

import sys

import sqlalchemy as sa
from flask import Flask

from lms import migrate
from lms.access import UndeclaredRoute
from lms.app import create_app
from lms.db import db
from lms.people.models import Installation
from lms.plugins import PluginError
from lms.settings import SettingError

# gunicorn's own code for an app that cannot be loaded: it ends, instead of starting workers for ever.
APP_LOAD_ERROR = 4


class StartRefused(Exception):
    """The app must not serve this database; the text is one sentence."""


# What stops the start with one sentence instead of a traceback.
REFUSALS = (SettingError, PluginError, UndeclaredRoute, StartRefused)


def make() -> Flask:
    """Return the app for a server, or say in one sentence why it must not be served, and end."""
    try:
        return checked()
    except REFUSALS as refused:
        print(f"lms: {refused}", file=sys.stderr)
        sys.exit(APP_LOAD_ERROR)


def checked() -> Flask:
    """Return the app after checking its database.

    :raises StartRefused: for a database that cannot be reached, is not migrated, or holds demonstration people in
        production.
    """
    app = create_app()
    with app.app_context():
        try:
            current = migrate.is_current(app)
        except sa.exc.OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise StartRefused(f"The database of LMS_DATABASE_URL cannot be reached: {reason}") from None
        if not current:
            raise StartRefused("The database is not at the newest migration; run `lms db upgrade` first.")
        stamped = db.session.scalar(sa.select(Installation.value).where(Installation.key == "demonstration"))
        db.session.remove()
        db.engine.dispose()  # workers are forked from here and must not share connections
        if stamped and app.config["LMS_ENVIRONMENT"] == "production":
            raise StartRefused("The database holds demonstration people; production needs one of its own.")
    return app
