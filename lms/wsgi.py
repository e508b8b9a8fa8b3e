"""What a server runs: `gunicorn "lms.wsgi:make()"`. Refuses to start on what production must not serve."""

import sqlalchemy as sa
from flask import Flask

from lms import migrate
from lms.app import create_app
from lms.db import db
from lms.people.models import Installation


class StartRefused(Exception):
    """The app must not serve this database; the text is one sentence."""


def make() -> Flask:
    """Return the app after checking its database.

    :raises StartRefused: for a database that is not migrated, or holds demonstration people in production.
    """
    app = create_app()
    with app.app_context():
        if not migrate.is_current(app):
            raise StartRefused("The database is not at the newest migration; run `lms db upgrade` first.")
        stamped = db.session.scalar(sa.select(Installation.value).where(Installation.key == "demonstration"))
        db.session.remove()
        db.engine.dispose()  # workers are forked from here and must not share connections
        if stamped and app.config["LMS_ENVIRONMENT"] == "production":
            raise StartRefused("The database holds demonstration people; production needs one of its own.")
    return app
