"""Commands about accounts."""

import click


@click.group()
def accounts() -> None:
    """Accounts of people."""
