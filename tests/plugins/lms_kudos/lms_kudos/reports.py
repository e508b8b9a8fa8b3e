"""The report."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from lms.access import Scope
from lms.people.models import Person
from lms.reports import Column, Report
from lms_kudos.models import Thanks


def _query(_chosen: Mapping[str, str], _scope: Scope) -> "sa.Select[Any]":
    return (
        sa.select(Person.family_name.label("name"), sa.func.count(Thanks.id).label("times"))
        .join(Thanks, Thanks.to_id == Person.id)
        .group_by(Person.id, Person.family_name, Person.sort_key)
        .order_by(Person.sort_key, Person.id)
    )


THANKS_PER_PERSON = Report(
    name="thanks",
    title=_l("Thanks per person"),
    help=_l("Who was thanked, and how often."),
    permission="kudos.count",
    filters=(),
    columns=(Column("name", _l("Name")), Column("times", _l("Times"), numeric=True)),
    query=_query,
)
