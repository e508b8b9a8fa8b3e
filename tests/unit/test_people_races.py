"""Two clerks at the same moment: one is served, the other is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import sqlalchemy as sa
from flask import Flask

from lms import clock
from lms.db import db
from lms.demo import Cast
from lms.people.models import Person, Posting, Rank, RoleAssignment, Unit

Open = Callable[..., Any]
CLERKS = 4


def at_once(browser_of: Open, who: str, url: str, data: dict[str, Any]) -> list[int]:
    """Let clerks send the same form at the same moment, and return the answers' statuses."""
    browsers = [browser_of(who) for _clerk in range(CLERKS)]
    tokens = [browser.csrf_token() for browser in browsers]
    start = Barrier(CLERKS)

    def send(number: int) -> int:
        start.wait()
        answer = browsers[number].post(url, data={**data, "csrf_token": tokens[number]})
        return int(answer.status_code)

    with ThreadPoolExecutor(CLERKS) as pool:
        return sorted(pool.map(send, range(CLERKS)))


def ids(app: Flask) -> tuple[int, int]:
    """Return a unit and a rank."""
    with app.app_context():
        unit = db.session.scalars(sa.select(Unit.id).where(Unit.code == "ROVD-KARASUU")).one()
        return unit, db.session.scalars(sa.select(Rank.id).where(Rank.level == 10)).one()


def test_one_person_gets_a_service_number(app: Flask, browser_of: Open) -> None:
    unit, rank = ids(app)
    data = {
        "service_number": "100888",
        "family_name": "Абдыкадыров",
        "given_name": "Эркин",
        "sex": "m",
        "language": "ky",
        "unit": unit,
        "rank": rank,
        "from_on": "2024-02-01",
    }

    statuses = at_once(browser_of, "gulnara", "/people/officers/new", data)

    with app.app_context():
        people = db.session.scalars(sa.select(Person.id).where(Person.service_number == "100888")).all()
    assert statuses == [303, 422, 422, 422]
    assert len(people) == 1


def test_one_posting_is_recorded(app: Flask, cast: Cast, browser_of: Open) -> None:
    unit, rank = ids(app)
    data = {"unit": unit, "rank": rank, "job": "", "from_on": "2026-03-01"}

    statuses = at_once(browser_of, "gulnara", f"/people/{cast['bakyt']}/postings/new", data)

    with app.app_context():
        open_ones = db.session.scalars(
            sa.select(Posting.id).where(
                Posting.person_id == cast["bakyt"],
                Posting.superseded_at.is_(None),
                Posting.to_on.is_(None),
            )
        ).all()
    assert statuses == [303, 422, 422, 422]
    assert len(open_ones) == 1


def test_one_role_is_given(app: Flask, cast: Cast, browser_of: Open) -> None:
    data = {"role": "instructor", "region": "", "from_on": clock.today().isoformat(), "to_on": ""}

    statuses = at_once(browser_of, "elena", f"/people/{cast['bakyt']}/roles/new", data)

    with app.app_context():
        roles = db.session.scalars(
            sa.select(RoleAssignment.id).where(
                RoleAssignment.person_id == cast["bakyt"], RoleAssignment.role == "instructor"
            )
        ).all()
    assert statuses == [303, 422, 422, 422]
    assert len(roles) == 1
