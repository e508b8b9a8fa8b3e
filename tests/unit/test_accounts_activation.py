"""Activation: from the slip of paper to the first page, once; forgotten passwords; who may issue a code."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from click.testing import CliRunner, Result
from flask import Flask
from werkzeug.test import TestResponse

from lms import clock
from lms.accounts import actions, codes, slips
from lms.accounts.models import ActivationCode, Credential, SignIn
from lms.audit import AuditEntry
from lms.cli import assemble
from lms.db import db
from lms.demo import PASSWORD, Cast
from lms.people.models import Person, RoleAssignment
from lms.people.rules import AdministratorsOnly, NotYourself

NUMBER = "100002"  # Bakyt's
CHOSEN = "төө минген жолоочу"
NOON = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)

Open = Callable[[str | None], Any]


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """Stop the clock."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def newcomer(app: Flask, cast: Cast) -> int:
    """Return Bakyt, who has not chosen a password yet."""
    with app.app_context():
        db.session.execute(sa.delete(Credential).where(Credential.person_id == cast["bakyt"]))
        db.session.commit()
    return cast["bakyt"]


def issue(app: Flask, person_id: int, *, seen: bool = False) -> str:
    """Return a code issued by a command."""
    with app.app_context():
        code = actions.issue_activation(person_id, "first", document_seen=seen, actor_id=None)
        db.session.commit()
        return code


def activate(browser: Any, code: str, password: str = CHOSEN, **other: str) -> TestResponse:
    """Send the form."""
    data = {"service_number": NUMBER, "code": code, "password": password, "again": password, **other}
    response = browser.submit("/activate", data, headers={"Accept-Language": "en"})
    assert isinstance(response, TestResponse)
    return response


def sign_in_status(browser: Any, password: str) -> int:
    """Return the answer to number and password."""
    status = browser.submit("/sign-in", {"service_number": NUMBER, "password": password}).status_code
    assert isinstance(status, int)
    return status


def test_a_code_has_eighty_random_bits_and_no_letters_that_look_alike() -> None:
    made = {codes.make() for _n in range(500)}

    assert len(made) == 500
    assert all(re.fullmatch(r"[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){3}", code) for code in made)
    assert len(codes.ALPHABET) ** (codes.GROUPS * codes.GROUP) == 2**80


@pytest.mark.parametrize(
    "typed",
    ["7KQ2-M9TX-4HWD-BCPE", "7kq2m9tx4hwdbcpe", " 7KQ2 M9TX 4HWD BCPE ", "7КQ2–М9ТХ–4НWD–ВСРЕ"],
)
def test_a_code_is_understood_however_it_is_typed(typed: str) -> None:
    assert codes.normal(typed) == "7KQ2M9TX4HWDBCPE"


def test_an_officer_activates_the_account_and_is_signed_in(
    app: Flask, newcomer: int, browser_of: Open
) -> None:
    browser = browser_of(None)
    code = issue(app, newcomer)

    response = activate(browser, code)

    assert (response.status_code, response.location) == (303, "/")
    assert browser.get("/me").status_code == 200
    assert sign_in_status(browser_of(None), CHOSEN) == 303
    with app.app_context():
        entries = db.session.execute(
            sa.select(AuditEntry.action, AuditEntry.actor_id).where(AuditEntry.person_id == newcomer)
        ).all()
    assert [tuple(entry) for entry in entries] == [
        ("activation.issued", None),
        ("account.activated", newcomer),
        ("account.signed_in", newcomer),
    ]


def test_the_code_is_kept_nowhere_in_clear(app: Flask, newcomer: int) -> None:
    code = issue(app, newcomer)

    with app.app_context():
        kept = [
            str(tuple(row))
            for table in ("activation_code", "audit_entry")
            for row in db.session.execute(sa.text(f"SELECT * FROM {table}"))
        ]
    assert len(kept) > 1
    assert [row for row in kept if code in row or codes.normal(code) in row] == []


def test_used_cancelled_expired_and_wrong_codes_get_one_answer(
    app: Flask, newcomer: int, browser_of: Open, noon: time_machine.Traveller
) -> None:
    used = issue(app, newcomer)
    activate(browser_of(None), used)
    cancelled = issue(app, newcomer, seen=True)
    expired = issue(app, newcomer, seen=True)
    noon.shift(timedelta(days=14))

    answers = [activate(browser_of(None), code) for code in (used, cancelled, expired, codes.make())]
    stranger = activate(browser_of(None), expired, service_number="999999")

    assert {answer.status_code for answer in (*answers, stranger)} == {422}
    assert [("do not fit together" in answer.text) for answer in (*answers, stranger)] == [True] * 5


def test_a_code_of_a_suspended_person_opens_nothing(app: Flask, newcomer: int, browser_of: Open) -> None:
    code = issue(app, newcomer)
    with app.app_context():
        db.session.execute(sa.update(Person).where(Person.id == newcomer).values(suspended_at=clock.now()))
        db.session.commit()

    assert activate(browser_of(None), code).status_code == 422


def test_a_code_works_with_its_own_number_only(app: Flask, newcomer: int, browser_of: Open) -> None:
    code = issue(app, newcomer)

    assert activate(browser_of(None), code, service_number="100003").status_code == 422


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "10 characters or more"),
        ("1234567890", "1234567890", "tried first"),
        ("Бакыт Жээнбеков", "Бакыт Жээнбеков", "your own name"),
        ("number 100002", "number 100002", "your own name"),
        (CHOSEN, "something else", "not the same"),
    ],
)
def test_a_bad_new_password_is_refused_and_the_code_stays_good(
    app: Flask, newcomer: int, browser_of: Open, password: str, again: str, said: str
) -> None:
    browser = browser_of(None)
    code = issue(app, newcomer)

    refused = [activate(browser, code, password, again=again) for _try in range(7)][-1]
    accepted = activate(browser, code)

    assert refused.status_code == 422
    assert said in refused.text
    assert f'value="{code}"' in refused.text
    assert accepted.status_code == 303


def test_guessing_codes_is_slowed_down(
    app: Flask, newcomer: int, browser_of: Open, noon: time_machine.Traveller
) -> None:
    code = issue(app, newcomer)
    for _try in range(5):
        activate(browser_of(None), codes.make())

    refused = activate(browser_of(None), code)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")


def test_a_new_code_cancels_the_one_before(app: Flask, newcomer: int) -> None:
    issue(app, newcomer)
    issue(app, newcomer)

    with app.app_context():
        rows = db.session.scalars(sa.select(ActivationCode).order_by(ActivationCode.id)).all()
        assert [row.cancelled_at is None for row in rows] == [False, True]


def test_a_forgotten_password_is_replaced_and_old_sign_ins_end(
    app: Flask, cast: Cast, browser_of: Open
) -> None:
    elsewhere = browser_of("bakyt")
    code = issue(app, cast["bakyt"], seen=True)
    before = sign_in_status(browser_of(None), PASSWORD)

    activate(browser_of(None), code)

    assert before == 303  # until the new one is chosen
    assert sign_in_status(browser_of(None), PASSWORD) == 422
    assert elsewhere.get("/me").status_code == 302
    with app.app_context():
        assert db.session.scalars(sa.select(ActivationCode.reason)).all() == ["forgotten"]


def test_a_password_is_not_replaced_before_the_document_was_seen(in_app: Flask, cast: Cast) -> None:
    with pytest.raises(actions.DocumentNotSeen):
        actions.issue_activation(cast["bakyt"], "first", document_seen=False, actor_id=cast["gulnara"])


def test_a_suspended_account_gets_no_code(in_app: Flask, cast: Cast) -> None:
    db.session.get_one(Person, cast["bakyt"]).suspended_at = clock.now()

    with pytest.raises(actions.AccountSuspended):
        actions.issue_activation(cast["bakyt"], "first", document_seen=True, actor_id=cast["gulnara"])


def test_the_department_cannot_take_over_an_administrators_account(in_app: Flask, cast: Cast) -> None:
    with pytest.raises(AdministratorsOnly):
        actions.issue_activation(cast["elena"], "forgotten", document_seen=True, actor_id=cast["gulnara"])


def test_nobody_issues_a_code_for_themselves(in_app: Flask, cast: Cast) -> None:
    with pytest.raises(NotYourself):
        actions.issue_activation(cast["elena"], "forgotten", document_seen=True, actor_id=cast["elena"])


def test_a_slip_says_everything_in_the_persons_language_and_in_russian(in_app: Flask, cast: Cast) -> None:
    bakyt = db.session.get_one(Person, cast["bakyt"])
    salima = db.session.get_one(Person, cast["salima"])

    with in_app.test_request_context(headers={"Accept-Language": "en"}):
        page = slips.page([(bakyt, "7KQ2-M9TX-4HWD-BCPE", NOON), (salima, "2222-3333-4444-5555", NOON)])

    first, second = re.findall(r'<section class="slip".*?</section>', page, re.DOTALL)
    assert [part in first for part in ("Жээнбеков", "100002", "7KQ2-M9TX-4HWD-BCPE", "20.11.2026 12:00")] == [
        True
    ] * 4
    assert re.findall(r'<p lang="(..)">', first) == ["ky", "ru"]
    assert re.findall(r'<p lang="(..)">', second) == ["ru"]
    assert first.count("https://learning.example.kg/activate") == 2


def run(app: Flask, *arguments: str) -> Result:
    """Run the command `lms accounts …`."""
    with app.app_context():
        return CliRunner().invoke(assemble(app), ["accounts", *arguments])


ELENA_2 = ("create", "mb-900", "--family", "Асанова", "--given", "Нуржан", "--sex", "f")


def test_the_first_administrator_is_made_by_a_command(app: Flask, browser_of: Open) -> None:
    browser = browser_of(None)

    result = run(app, *ELENA_2, "--role", "administrator")

    assert result.exit_code == 0
    found = re.search(r"Activation code: (\S+)", result.output)
    assert found is not None
    assert activate(browser, found[1], service_number="MB-900").status_code == 303
    assert browser.get("/people").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--role", "regional_auditor"), ""),
        (("--role", "regional_auditor", "--region", "KG-X"), "There is no region KG-X"),
        (("--role", "officer", "--region", "KG-O"), ""),
    ],
)
def test_a_command_that_does_not_fit_leaves_nothing(
    app: Flask, arguments: tuple[str, ...], said: str
) -> None:
    result = run(app, *ELENA_2, *arguments)

    assert result.exit_code == 1
    assert said in result.output
    with app.app_context():
        assert db.session.scalar(sa.select(Person.id).where(Person.service_number == "MB-900")) is None


def test_a_regional_auditor_is_made_with_the_region(app: Flask) -> None:
    result = run(app, *ELENA_2, "--role", "regional_auditor", "--region", "KG-O")

    assert result.exit_code == 0
    with app.app_context():
        assignment = db.session.scalars(
            sa.select(RoleAssignment).join(RoleAssignment.person).where(Person.service_number == "MB-900")
        ).one()
        assert assignment.region is not None
        assert assignment.region.code == "KG-O"


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        ((NUMBER, "--document-seen"), 0),
        ((NUMBER,), 1),  # has a password, so the document counts
        (("nobody",), 1),
    ],
)
def test_a_new_code_by_a_command(app: Flask, arguments: tuple[str, ...], exit_code: int) -> None:
    assert run(app, "activate", *arguments).exit_code == exit_code


def test_purge_deletes_what_ended_long_ago(app: Flask, cast: Cast, browser_of: Open) -> None:
    browser_of("aigul")
    with app.app_context():
        db.session.execute(sa.update(SignIn).values(ends_at=clock.now() - timedelta(days=91)))
        db.session.commit()
    browser_of("bakyt")

    result = run(app, "purge")

    assert result.output == "Deleted 1 ended sign-ins and 0 throttle counts.\n"
    with app.app_context():
        assert db.session.scalars(sa.select(SignIn.person_id)).all() == [cast["bakyt"]]
