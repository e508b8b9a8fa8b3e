"""Sessions: what ends them, and one's own account and password."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from lms import clock
from lms.accounts import sessions
from lms.accounts.models import SignIn
from lms.audit import AuditEntry
from lms.db import db
from lms.demo import PASSWORD, Cast
from lms.people import actions as people
from lms.people.models import RoleAssignment

CHOSEN = "тоо жана деңиз"
NOON = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)

Open = Callable[[str | None], Any]


def signed_in(browser: Any) -> bool:
    """Say whether the browser's session still counts."""
    return browser.get("/me").status_code == 200


def change(browser: Any, current: str = PASSWORD, new: str = CHOSEN, again: str | None = None) -> Any:
    """Send the form for a new password."""
    data = {"current": current, "password": new, "again": again or new}
    return browser.submit("/me/password", data)


def test_signing_out_ends_the_session_on_the_server_too(browser_of: Open) -> None:
    browser = browser_of("aigul")
    stolen = browser.get_cookie("lms").value

    response = browser.submit("/sign-out")

    assert (response.status_code, response.location) == (303, "/sign-in")
    thief = browser_of(None)
    thief.set_cookie("lms", stolen)
    assert not signed_in(thief)


def test_signing_out_leaves_other_browsers_signed_in(browser_of: Open) -> None:
    phone, desk = browser_of("aigul"), browser_of("aigul")

    phone.submit("/sign-out")

    assert signed_in(desk)


def test_a_sign_in_ends_by_itself(browser_of: Open) -> None:
    browser = browser_of("aigul")

    with time_machine.travel(clock.now() + timedelta(hours=12, minutes=1)):
        assert not signed_in(browser)


def test_suspension_ends_every_session(app: Flask, cast: Cast, browser_of: Open) -> None:
    browser, other = browser_of("aigul"), browser_of("bakyt")

    with app.app_context():
        people.suspend(cast["aigul"], reason="Приказ № 1", actor_id=cast["elena"])
        db.session.commit()

    assert (signed_in(browser), signed_in(other)) == (False, True)


def test_the_loss_of_a_role_ends_every_session(app: Flask, cast: Cast, browser_of: Open) -> None:
    browser = browser_of("ilyas")
    with app.app_context():
        role = db.session.scalars(
            sa.select(RoleAssignment).where(RoleAssignment.person_id == cast["ilyas"])
        ).one()
        people.end_role(role, None, actor_id=cast["elena"])
        db.session.commit()

    assert not signed_in(browser)


def test_what_one_may_do_is_computed_at_every_request(app: Flask, cast: Cast, browser_of: Open) -> None:
    browser = browser_of("farida")
    before = browser.get("/people").status_code
    with app.app_context():
        db.session.execute(
            sa.update(RoleAssignment)
            .where(RoleAssignment.person_id == cast["farida"])
            .values(to_on=date(2020, 1, 1))
        )
        db.session.commit()

    assert (before, browser.get("/people").status_code) == (200, 403)
    assert signed_in(browser)


def test_a_new_password_ends_every_session_but_renews_this_one(
    app: Flask, cast: Cast, browser_of: Open
) -> None:
    here, elsewhere = browser_of("aigul"), browser_of("aigul")
    stolen = here.get_cookie("lms").value

    response = change(here)

    assert (response.status_code, response.location) == (303, "/me")
    thief = browser_of(None)
    thief.set_cookie("lms", stolen)
    assert (signed_in(here), signed_in(elsewhere), signed_in(thief)) == (True, False, False)
    with app.app_context():
        assert [
            (entry.actor_id, entry.person_id)
            for entry in db.session.scalars(
                sa.select(AuditEntry).where(AuditEntry.action == "account.password_changed")
            )
        ] == [(cast["aigul"], cast["aigul"])]


@pytest.mark.parametrize(
    ("current", "new", "again"),
    [
        ("wrong password", CHOSEN, CHOSEN),
        (PASSWORD, "short", "short"),
        (PASSWORD, "qwertyuiop", "qwertyuiop"),
        (PASSWORD, "Айгүл Асанова", "Айгүл Асанова"),
        (PASSWORD, CHOSEN, "another one"),
        (PASSWORD, "", ""),
    ],
)
def test_a_refused_change_changes_nothing(browser_of: Open, current: str, new: str, again: str) -> None:
    here, elsewhere = browser_of("aigul"), browser_of("aigul")

    response = change(here, current, new, again)

    assert response.status_code == 422
    assert (signed_in(here), signed_in(elsewhere)) == (True, True)


def test_guessing_the_present_password_at_an_unlocked_computer_is_slowed_down(browser_of: Open) -> None:
    browser = browser_of("aigul")

    with time_machine.travel(NOON, tick=False):
        browser = browser_of("aigul")
        statuses = [change(browser, "guess").status_code for _try in range(6)]

    assert statuses == [422] * 5 + [429]


def test_one_ends_the_other_sign_ins_of_ones_own(app: Flask, cast: Cast, browser_of: Open) -> None:
    here, elsewhere, somebody = browser_of("aigul"), browser_of("aigul"), browser_of("bakyt")

    here.submit("/me/sign-ins/end")

    assert [signed_in(browser) for browser in (here, elsewhere, somebody)] == [True, False, True]
    with app.app_context():
        entry = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "account.signed_out_everywhere")
        ).one()
        assert (entry.person_id, entry.after) == (cast["aigul"], {"ended": 1})


def test_my_account_shows_name_rank_unit_roles_and_sign_ins(browser_of: Open) -> None:
    browser_of("aigul")
    browser = browser_of("aigul")

    page = browser.get("/me", headers={"Accept-Language": "en"}).text

    for part in ("Асанова Айгүл Токтогуловна", "100001", "Өзгөн РИИБ", "Кыргызча", "127.0.0.1"):
        assert part in page
    assert page.count('<th scope="row">') == 2


def test_my_account_shows_the_region_of_a_regional_auditor(browser_of: Open) -> None:
    assert "Ош облусу" in browser_of("ilyas").get("/me").text


def test_my_account_costs_the_same_for_one_sign_in_and_for_three(
    browser_of: Open, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    browser = browser_of("aigul")
    browser.get("/me")

    with statements() as alone:
        browser.get("/me")
    browser_of("aigul"), browser_of("aigul")
    with statements() as three:
        browser.get("/me")

    assert len(alone) == len(three)
    assert len(alone) <= 7  # SQLite's BEGIN among them


def test_the_session_token_is_kept_as_a_digest_only(app: Flask, browser_of: Open) -> None:
    browser = browser_of(None)
    browser.submit("/sign-in", {"service_number": "100001", "password": PASSWORD})

    with browser.session_transaction() as stored:
        token = stored["_user_id"]
    with app.app_context():
        assert db.session.scalars(sa.select(SignIn.token_digest)).all() == [sessions.digest(token)]
