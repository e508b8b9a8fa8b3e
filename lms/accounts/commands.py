"""Commands about accounts: the first administrator of an installation, a new code, tidying up."""

from datetime import timedelta

import click
import sqlalchemy as sa

from lms import access, clock
from lms.accounts import actions, codes, throttle
from lms.accounts.models import SignIn
from lms.db import db
from lms.errors import RuleError
from lms.i18n import moment
from lms.people import actions as people
from lms.people.models import Person, Region
from lms.people.rules import Names, Span, normal_number
from lms.settings import LANGUAGES


@click.group()
def accounts() -> None:
    """Accounts of people."""


@accounts.command("create")
@click.argument("service_number")
@click.option("--family", required=True, help="Family name, as in the documents.")
@click.option("--given", required=True, help="Given name.")
@click.option("--patronymic", default="", help="Patronymic, if there is one.")
@click.option("--latin", default="", help="Name in Latin letters, for certificates in English.")
@click.option("--sex", required=True, type=click.Choice(["f", "m"]))
@click.option("--role", required=True, type=click.Choice(access.ROLES))
@click.option("--region", help="Code of the region of a regional auditor, such as KG-O.")
@click.option("--language", default="ky", show_default=True, type=click.Choice(LANGUAGES))
def create(
    service_number: str,
    family: str,
    given: str,
    patronymic: str,
    latin: str,
    sex: str,
    role: str,
    region: str | None,
    language: str,
) -> None:
    """Create a person with a role, and print the activation code.

    Makes the first administrator of an installation; people after that are created on the page People.
    """
    region_id = None
    if region is not None:
        region_id = db.session.scalar(sa.select(Region.id).where(Region.code == region))
        if region_id is None:
            known = ", ".join(db.session.scalars(sa.select(Region.code).order_by(Region.code)))
            raise click.ClickException(f"There is no region {region}; there are {known}.")
    new = people.NewPerson(
        service_number=service_number,
        names=Names(family=family, given=given, patronymic=patronymic, latin=latin),
        sex=sex,
        language=language,
    )
    try:
        person = people.create(new, actor_id=None)
        people.give_role(person.id, role, region_id, Span(clock.today(), None), actor_id=None)
        code = actions.issue_activation(person.id, "first", document_seen=False, actor_id=None)
    except RuleError as refused:
        raise _said(refused) from None
    _say(person.service_number, code)
    db.session.commit()


@accounts.command("activate")
@click.argument("service_number")
@click.option(
    "--document-seen",
    is_flag=True,
    help="You saw the person's identity document; needed when the account has a password already.",
)
def activate(service_number: str, document_seen: bool) -> None:
    """Print a new activation code; the one before is cancelled."""
    number = normal_number(service_number)
    person_id = db.session.scalar(sa.select(Person.id).where(Person.service_number == number))
    if person_id is None:
        raise click.ClickException(f"There is no person with the service number {number}.")
    try:
        code = actions.issue_activation(person_id, "first", document_seen=document_seen, actor_id=None)
    except RuleError as refused:
        raise _said(refused) from None
    _say(number, code)
    db.session.commit()


@accounts.command("purge")
@click.option("--days", default=90, show_default=True, type=click.IntRange(min=1), help="How long to keep.")
def purge(days: int) -> None:
    """Delete sign-ins that ended so many days ago and throttle counts that no longer count; audit entries stay."""
    before = clock.now() - timedelta(days=days)
    gone = db.session.execute(
        sa.delete(SignIn).where(sa.or_(SignIn.ended_at < before, SignIn.ends_at < before))
    )
    throttled = throttle.forget_old(clock.now())
    click.echo(
        f"Deleted {gone.rowcount} ended sign-ins and {throttled} throttle counts."  # type: ignore[attr-defined]
    )
    db.session.commit()


def _say(service_number: str, code: str) -> None:
    click.echo(f"Service number: {service_number}")
    click.echo(f"Activation code: {code}")
    click.echo(f"It works once, until {moment(codes.expires_at(clock.now()))}, on the page /activate.")


def _said(refused: RuleError) -> click.ClickException:
    return click.ClickException(f"{refused.title}. {refused.advice}".strip())
