"""Commands."""

import click
import sqlalchemy as sa

from lms.db import db
from lms_kudos.models import Thanks


@click.group()
def kudos() -> None:
    """Thanks of officers."""


@kudos.command()
def count() -> None:
    """Say how many thanks there are."""
    click.echo(db.session.scalar(sa.select(sa.func.count()).select_from(Thanks)))
