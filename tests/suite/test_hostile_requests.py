"""Requests that no page of ours makes: numbers no row has, NUL, days outside every calendar, stale forms."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, request
from werkzeug.exceptions import BadRequest

TOO_LARGE = ("2147483648", "9223372036854775808", "99999999999999999999")
BrowserOf = Callable[[str], Any]


@pytest.mark.parametrize("number", TOO_LARGE)
def test_an_id_that_no_row_can_have_is_not_found(browser_of: BrowserOf, number: str) -> None:
    browser = browser_of("gulnara")

    addresses = (f"/people/{number}", f"/people/regions/{number}", f"/certificate-register/{number}")
    answers = {browser.get(address).status_code for address in addresses}
    posted = browser.submit(f"/people/{number}/suspend", {"reason": "x"}).status_code

    assert (answers, posted) == ({404}, 404)


def test_an_address_with_nul_is_not_found(browser_of: BrowserOf) -> None:
    browser = browser_of("aigul")

    addresses = ("/courses/%00", "/courses/LDR-01%00/M1", "/verify/%00", "/reports/%00", "/nowhere%00")
    answers = [browser.get(address).status_code for address in addresses]

    assert answers == [404] * 5


def test_nul_in_a_field_is_left_out(browser_of: BrowserOf) -> None:
    browser = browser_of("gulnara")

    found = browser.get("/people?q=%D0%90%D1%81%D0%B0%00%D0%BD%D0%BE%D0%B2%D0%B0")
    register = browser.get("/certificate-register?q=%00")

    assert (found.status_code, register.status_code) == (200, 200)
    assert "100001" in found.get_data(as_text=True)


def test_half_a_character_in_json_is_refused(made_app: Flask) -> None:
    with (
        made_app.test_request_context(
            method="POST", data=b'{"q1": ["\\ud800"]}', content_type="application/json"
        ),
        pytest.raises(BadRequest),
    ):
        request.get_json(silent=True)

    with made_app.test_request_context(
        method="POST", data=b'{"q1": ["\\ud83d\\udca3"]}', content_type="application/json"
    ):
        assert request.get_json() == {"q1": ["\U0001f4a3"]}


def test_without_a_database_a_signed_in_person_sees_the_page_of_the_fault(
    browser_of: BrowserOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page asks who is signed in, which is asked of the database that is gone."""
    browser = browser_of("aigul")
    gone = sa.exc.OperationalError("SELECT 1", {}, Exception("the server closed the connection"))

    def fail(*_args: Any, **_options: Any) -> None:
        raise gone

    monkeypatch.setattr(sa.engine.Connection, "execute", fail)
    browser.application.config["PROPAGATE_EXCEPTIONS"] = False
    answer = browser.get("/learning")
    browser.application.config["PROPAGATE_EXCEPTIONS"] = None

    assert answer.status_code == 500
    assert re.search(r'<span class="code">[0-9a-f]{8}</span>', answer.get_data(as_text=True))


@pytest.mark.parametrize("asked", ["from_on=0001-01-01", "to_on=9999-12-31", "to_on=9000-01-01"])
def test_the_audit_trail_takes_any_day(browser_of: BrowserOf, asked: str) -> None:
    answer = browser_of("elena").get(f"/audit?{asked}")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "target", ["//[", "//elsewhere.kg", "/\t/elsewhere.kg", "/a\r\nX-Evil: 1", "/\\elsewhere.kg"]
)
def test_going_back_leads_to_this_site_only(browser_of: BrowserOf, target: str) -> None:
    answer = browser_of("aigul").submit("/language", {"language": "ru", "next": target})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_form_whose_token_no_longer_fits_may_be_sent_again(browser_of: BrowserOf, cast: Any) -> None:
    browser = browser_of("gulnara")
    address = f"/people/{cast['timur']}/suspend"
    own = {"Sec-Fetch-Site": "same-origin"}

    refused = browser.post(
        address, data={"csrf_token": "stale", "reason": "Утеря «билета» & <b>"}, headers=own
    )
    page = refused.get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[-1]
    again = browser.post(address, data={"csrf_token": token, "reason": "Утеря «билета»"}, headers=own)

    assert (refused.status_code, again.status_code) == (400, 303)
    assert f'action="{address}"' in page
    assert 'name="reason" value="Утеря «билета» &amp; &lt;b&gt;"' in page
    assert 'value="stale"' not in page


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.kg"}]
)
def test_a_form_of_another_site_is_not_offered_again(
    browser_of: BrowserOf, cast: Any, headers: dict[str, str]
) -> None:
    address = f"/people/{cast['timur']}/suspend"

    refused = browser_of("gulnara").post(address, data={"reason": "planted"}, headers=headers)

    assert (refused.status_code, "planted" in refused.get_data(as_text=True)) == (400, False)


def test_a_password_never_comes_back_in_a_page(browser_of: BrowserOf) -> None:
    own = {"Sec-Fetch-Site": "same-origin"}

    refused = browser_of("aigul").post("/me/password", data={"current": "secret-of-aigul"}, headers=own)

    assert (refused.status_code, "secret-of-aigul" in refused.get_data(as_text=True)) == (400, False)
