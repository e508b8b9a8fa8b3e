"""Commands of quizzes: `lms assessments …`."""

import click

from assessments.actions import attempts
from assessments.queries import take
from lms import clock
from lms.db import db


@click.group("assessments")
def assessments() -> None:
    """Quizzes and exams."""


@assessments.command("close-overdue")
def close_overdue() -> None:
    """Close attempts whose time is over, with what was saved; for a timer, say every ten minutes."""
    ids = take.overdue_ids(clock.now())
    with click.progressbar(ids, label="Closing attempts") as listed:
        for attempt_id in listed:
            attempts.close_overdue(attempt_id)
            # One at a time: an attempt that cannot be closed keeps the others from nothing.
            db.session.commit()
    click.echo(f"Closed: {len(ids)}.")
