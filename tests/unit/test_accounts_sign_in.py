"""Sign-in: one answer and one hash for whatever is wrong, growing delay, known devices, no open door behind `next`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lms import clock
from lms.accounts.models import Credential, KnownDevice, SignIn, Throttle
from lms.accounts.sessions import digest
from lms.audit import AuditEntry
from lms.db import db
from lms.demo import PASSWORD, Cast
from lms.people.models import Person

AIGUL, BAKYT, NOBODY = "100001", "100002", "999999"
OFFICE, ELSEWHERE = "212.42.96.1", "31.186.48.7"
NOON = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)

Open = Callable[[str | None], Any]


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the work of argon2: every hash that is really made."""
    made: list[str] = []
    verify, make = PasswordHasher.verify, PasswordHasher.hash

    def counted_verify(self: PasswordHasher, *arguments: Any) -> bool:
        made.append("verify")
        return verify(self, *arguments)

    def counted_hash(self: PasswordHasher, *arguments: Any, **options: Any) -> str:
        made.append("hash")
        return make(self, *arguments, **options)

    monkeypatch.setattr(PasswordHasher, "verify", counted_verify)
    monkeypatch.setattr(PasswordHasher, "hash", counted_hash)
    return made


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """Stop the clock."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def sign_in(
    browser: Any, number: str, password: str = PASSWORD, *, address: str = OFFICE, to: str = "/sign-in"
) -> TestResponse:
    """Send the form."""
    response = browser.submit(
        to,
        {"service_number": number, "password": password},
        headers={"Accept-Language": "en"},
        environ_base={"REMOTE_ADDR": address},
    )
    assert isinstance(response, TestResponse)
    return response


def set_apart(app: Flask, *, suspended: int, not_activated: int) -> None:
    """Suspend one person, and take another's password away."""
    with app.app_context():
        db.session.execute(sa.update(Person).where(Person.id == suspended).values(suspended_at=clock.now()))
        db.session.execute(sa.delete(Credential).where(Credential.person_id == not_activated))
        db.session.commit()


def without_token(response: TestResponse) -> str:
    """Return the page without what differs in every answer."""
    return "\n".join(line for line in response.text.splitlines() if "csrf_token" not in line)


def entries(app: Flask, action: str) -> list[AuditEntry]:
    """Return the audit entries of an action."""
    with app.app_context():
        return list(db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)))


def test_number_and_password_sign_in(app: Flask, cast: Cast, browser_of: Open) -> None:
    browser = browser_of(None)

    response = sign_in(browser, AIGUL)

    assert (response.status_code, response.location) == (303, "/")
    assert browser.get("/me").status_code == 200
    assert [(e.person_id, e.actor_id, e.address) for e in entries(app, "account.signed_in")] == [
        (cast["aigul"], cast["aigul"], OFFICE)
    ]


def test_spaces_in_the_number_are_forgiven(browser_of: Open) -> None:
    assert sign_in(browser_of(None), " 100 001 ").status_code == 303


def test_who_is_signed_in_already_goes_on(browser_of: Open) -> None:
    assert browser_of("aigul").get("/sign-in?next=/me").location == "/me"


@pytest.mark.parametrize(
    ("number", "password"),
    [
        (AIGUL, "wrong password"),
        (NOBODY, PASSWORD),
        ("100002", PASSWORD),  # suspended
        ("100003", PASSWORD),  # not activated
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same_and_one_hash_is_made(
    app: Flask, cast: Cast, browser_of: Open, hashes: list[str], number: str, password: str
) -> None:
    set_apart(app, suspended=cast["bakyt"], not_activated=cast["chinara"])
    reference = sign_in(browser_of(None), "888888", "something else")
    hashes.clear()

    response = sign_in(browser_of(None), number, password)

    assert response.status_code == 422
    assert without_token(response) == without_token(reference).replace("888888", number)
    assert hashes == ["verify"]
    assert browser_of(None).get("/me").status_code == 302


def test_a_refused_form_keeps_the_number_and_never_the_password(browser_of: Open) -> None:
    response = sign_in(browser_of(None), AIGUL, "my wrong password")

    assert response.status_code == 422
    assert 'value="100001"' in response.text
    assert "my wrong password" not in response.text
    assert "The service number or the password is wrong." in response.text


@pytest.mark.parametrize("number", ["", "1\x002", "x" * 1000, "' OR 1=1 --", "😀"])
def test_odd_numbers_are_refused_like_others(browser_of: Open, number: str) -> None:
    assert sign_in(browser_of(None), number).status_code == 422


def test_a_failure_is_on_record_for_existing_accounts_only(app: Flask, cast: Cast, browser_of: Open) -> None:
    set_apart(app, suspended=cast["bakyt"], not_activated=cast["chinara"])

    for number in (AIGUL, BAKYT, "100003", NOBODY):
        sign_in(browser_of(None), number, PASSWORD if number == BAKYT else "wrong password")

    assert [(e.person_id, e.reason) for e in entries(app, "account.sign_in_failed")] == [
        (cast["aigul"], "wrong password"),
        (cast["bakyt"], "suspended"),
        (cast["chinara"], "not activated"),
    ]


def test_after_five_failures_the_next_try_waits_ever_longer(
    browser_of: Open, noon: time_machine.Traveller, hashes: list[str]
) -> None:
    statuses = [sign_in(browser_of(None), AIGUL, "wrong password").status_code for _try in range(5)]
    hashes.clear()
    refused = sign_in(browser_of(None), AIGUL)
    noon.shift(timedelta(seconds=5))
    again = sign_in(browser_of(None), AIGUL, "wrong password").status_code
    later = sign_in(browser_of(None), AIGUL)
    noon.shift(timedelta(seconds=10))
    right = sign_in(browser_of(None), AIGUL)

    assert statuses == [422] * 5
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    assert "Wait 5 seconds and try again." in refused.text
    assert 'value="100001"' in refused.text
    assert again == 422
    assert (later.status_code, later.headers["Retry-After"]) == (429, "10")
    assert right.status_code == 303
    assert hashes == ["verify", "verify"]  # a try that waits costs no hash


def test_an_unknown_account_waits_like_a_known_one(browser_of: Open, noon: time_machine.Traveller) -> None:
    answers = {
        number: [
            (response.status_code, response.headers.get("Retry-After"))
            for response in (sign_in(browser_of(None), number, "wrong password") for _try in range(7))
        ]
        for number in (AIGUL, NOBODY)
    }

    assert answers[AIGUL] == answers[NOBODY] == [(422, None)] * 5 + [(429, "5")] * 2


def test_forty_officers_behind_one_address_sign_in_while_one_of_them_is_attacked_from_there(
    app: Flask, cast: Cast, browser_of: Open, noon: time_machine.Traveller
) -> None:
    numbers = [str(500_000 + n) for n in range(40)]
    with app.app_context():
        kept = db.session.scalars(sa.select(Credential.password_hash)).first()
        for number in numbers:
            person = Person(
                service_number=number,
                family_name="Офицер",
                given_name=number,
                sex="m",
                search_key="",
                sort_key="",
                created_at=NOON,
            )
            db.session.add(person)
            db.session.flush()
            db.session.add(Credential(person_id=person.id, password_hash=kept, set_at=NOON))
        db.session.commit()
    attacked = [sign_in(browser_of(None), AIGUL, "guess").status_code for _try in range(20)]

    statuses = {sign_in(browser_of(None), number).status_code for number in numbers}

    assert attacked == [422] * 5 + [429] * 15
    assert statuses == {303}


def test_the_victim_signs_in_from_another_address_while_attacked(
    browser_of: Open, noon: time_machine.Traveller
) -> None:
    for _try in range(20):
        sign_in(browser_of(None), AIGUL, "guess", address=ELSEWHERE)

    assert sign_in(browser_of(None), AIGUL, address=OFFICE).status_code == 303


def test_the_victims_own_device_is_not_slowed_by_an_attack_from_the_same_address(
    browser_of: Open, noon: time_machine.Traveller
) -> None:
    own = browser_of(None)
    sign_in(own, AIGUL)
    own.submit("/sign-out")
    for _try in range(20):
        sign_in(browser_of(None), AIGUL, "guess")

    assert sign_in(browser_of(None), AIGUL).status_code == 429
    assert sign_in(own, AIGUL).status_code == 303


def test_a_known_device_that_guesses_is_slowed_too(browser_of: Open, noon: time_machine.Traveller) -> None:
    own = browser_of(None)
    sign_in(own, AIGUL)
    own.submit("/sign-out")

    statuses = [sign_in(own, AIGUL, "guess").status_code for _try in range(6)]

    assert statuses == [422] * 5 + [429]


def test_a_device_known_to_one_account_is_strange_to_another(
    app: Flask, browser_of: Open, noon: time_machine.Traveller
) -> None:
    own = browser_of(None)
    sign_in(own, AIGUL)
    own.submit("/sign-out")
    for _try in range(5):
        sign_in(browser_of(None), BAKYT, "guess")

    assert sign_in(own, BAKYT).status_code == 429


def test_a_forged_device_cookie_is_worth_nothing(browser_of: Open, noon: time_machine.Traveller) -> None:
    for _try in range(5):
        sign_in(browser_of(None), AIGUL, "guess")
    browser = browser_of(None)
    browser.set_cookie("known_device", "ImludmVudGVkIg.invented")

    assert sign_in(browser, AIGUL).status_code == 429


def test_a_device_is_remembered_once_with_a_cookie_that_scripts_cannot_read(
    app: Flask, browser_of: Open
) -> None:
    browser = browser_of(None)
    first = sign_in(browser, AIGUL)
    browser.submit("/sign-out")
    sign_in(browser, AIGUL)

    cookie = next(c for c in first.headers.getlist("Set-Cookie") if c.startswith("known_device="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(KnownDevice)) == 1


def test_a_success_forgets_the_failures(app: Flask, browser_of: Open) -> None:
    for _try in range(4):
        sign_in(browser_of(None), AIGUL, "wrong password")

    sign_in(browser_of(None), AIGUL)

    with app.app_context():
        assert db.session.scalars(sa.select(Throttle)).all() == []


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/me", "/me"),
        ("/courses/?q=1", "/courses/?q=1"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("me", "/"),
    ],
)
def test_sign_in_leads_to_addresses_of_this_site_only(browser_of: Open, target: str, location: str) -> None:
    browser = browser_of(None)
    with browser.application.test_request_context():
        from flask import url_for  # needs the context

        address = url_for("accounts.sign_in", next=target)

    assert sign_in(browser, AIGUL, to=address).location == location


@pytest.mark.parametrize("path", ["/sign-in", "/activate", "/me/password", "/me/sign-ins/end", "/sign-out"])
def test_a_form_without_its_token_is_refused(browser_of: Open, path: str) -> None:
    assert browser_of("aigul").post(path, data={"service_number": AIGUL}).status_code == 400


def test_sign_in_gives_a_new_session_and_a_new_csrf_token(app: Flask, browser_of: Open) -> None:
    browser: FlaskClient = browser_of(None)
    browser.get("/sign-in")
    with browser.session_transaction() as stored:
        stored["planted"] = "by somebody"
        stored["csrf_token"] = "planted"
        stored["_user_id"] = "planted token"

    sign_in(browser, AIGUL)

    with browser.session_transaction() as stored:
        token = stored["_user_id"]
        assert "planted" not in stored
        assert stored.get("csrf_token") != "planted"
    assert token != "planted token"
    with app.app_context():
        assert db.session.scalars(sa.select(SignIn.token_digest)).all() == [digest(token)]


def test_signing_in_over_another_person_ends_that_sign_in(app: Flask, cast: Cast, browser_of: Open) -> None:
    browser = browser_of("bakyt")

    sign_in(browser, AIGUL)

    with app.app_context():
        rows = db.session.execute(sa.select(SignIn.person_id, SignIn.ended_because).order_by(SignIn.id)).all()
    assert [tuple(row) for row in rows] == [(cast["bakyt"], "signed out"), (cast["aigul"], None)]
