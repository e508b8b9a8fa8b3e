"""Every route, asked as everybody: what is declared is what happens.

The expectation is computed from `@access(...)`, so a route that somebody adds is asked at once; who finds which
object stands in addresses.py.
"""

import pytest
from flask import Flask
from werkzeug.routing import Rule

from lms import access
from tests.suite import sources
from tests.suite.addresses import ADDRESSES, Address, routes, url, without_address
from tests.suite.world import ACTORS, NOBODY, World

SAFE = {"GET"}
FORBIDDEN, NOT_FOUND, SIGN_IN = 403, 404, "to the sign-in"
# What a page may say to those who find it: shown, done, refused by a rule, refused for what was typed.
ANSWERS = frozenset({200, 302, 303, 400, 409, 413, 422, 429})
# What was answered so has changed nothing.
REFUSED = frozenset({400, 401, 403, 404, 409, 413, 422})


def expected(
    world: World, actor: access.Actor | None, key: str, rule: Rule, method: str, address: Address
) -> object:
    """Return the status a question must get: one number, or one of those of a page that was found."""
    needed = access.declared(world.app, rule.endpoint)
    assert needed, f"{rule.endpoint} has no @access(...)"
    if needed != access.PUBLIC:
        if actor is None:
            return SIGN_IN if method in SAFE else 401
        if not actor.may(needed):
            return FORBIDDEN
    if key not in address.finds:
        return NOT_FOUND
    return ANSWERS - {400} if method in SAFE else ANSWERS


def ask(world: World, key: str, method: str, where: str) -> object:
    """Return what somebody gets: a status, or `SIGN_IN`."""
    browser = world.browser(key)
    data = None if method in SAFE else {"csrf_token": browser.csrf_token()}
    answer = browser.open(where, method=method, data=data)
    answer.close()
    leads_to_sign_in = answer.status_code == 302 and answer.location.startswith("/sign-in")
    return SIGN_IN if leads_to_sign_in else answer.status_code


def fault(world: World, key: str, rule: Rule, method: str, address: Address) -> str | None:
    """Ask, and return what is wrong with the answer."""
    actor = world.actor(key)
    wanted = expected(world, actor, key, rule, method, address)
    where = url(world, rule, address)
    got = ask(world, key, method, where)
    if method not in SAFE and got not in REFUSED:
        world.restore()
    if got == SIGN_IN and rule.endpoint == "lms.home":
        return None  # the start page leads everybody to the first page of their work
    right = got in wanted if isinstance(wanted, frozenset) else got == wanted
    if right:
        return None
    said = sorted(wanted) if isinstance(wanted, frozenset) else wanted
    return f"{method} {where} as {key}: {got} instead of {said} ({rule.endpoint})"


def test_every_route_with_a_parameter_says_who_finds_what(world: World) -> None:
    assert without_address(world) == [], "add each to ADDRESSES in tests/suite/addresses.py"


def test_every_address_belongs_to_a_route(world: World) -> None:
    there = {rule.endpoint for rule in world.app.url_map.iter_rules() if rule.arguments}

    assert sorted(set(ADDRESSES) - there) == []


def test_every_address_has_somebody_who_finds_it_and_somebody_who_does_not(world: World) -> None:
    faults = []
    for rule, method, address in routes(world):
        needed = access.declared(world.app, rule.endpoint)
        if not rule.arguments or needed == access.PUBLIC:
            continue
        holders = {key for key in ACTORS if (actor := world.actor(key)) and actor.may(needed or "")}
        if not holders & address.finds:
            faults.append(f"nobody of the cast finds {method} {rule.rule}, so nothing proves that it works")

    assert sources.said(faults) == ""


@pytest.mark.parametrize("key", ACTORS)
def test_reading_and_being_refused_is_as_declared(world: World, key: str) -> None:
    """Ask for every page, and send every form that must be refused: neither changes the world."""
    actor = world.actor(key)
    faults = []
    for rule, method, address in routes(world):
        refused = not isinstance(expected(world, actor, key, rule, method, address), frozenset)
        if method in SAFE or refused:
            faults.append(fault(world, key, rule, method, address))

    assert sources.said(faults) == ""


@pytest.mark.parametrize("key", ACTORS)
def test_sending_a_form_one_may_send_is_not_refused(world: World, key: str) -> None:
    """Send every form that this person may send, each to a world as it was made."""
    actor = world.actor(key)
    faults = []
    for rule, method, address in routes(world):
        allowed = isinstance(expected(world, actor, key, rule, method, address), frozenset)
        if method not in SAFE and allowed:
            faults.append(fault(world, key, rule, method, address))

    assert sources.said(faults) == ""


@pytest.mark.parametrize("key", [NOBODY, "aigul", "elena"])
def test_a_form_without_its_csrf_token_is_refused(world: World, key: str) -> None:
    browser = world.browser(key)
    faults = []
    for rule in world.app.url_map.iter_rules():
        values: dict[str, object] = {name: 1 for name in rule.arguments}
        with world.app.test_request_context():
            where = world.app.url_for(rule.endpoint, **values)
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            for data in ({}, {"csrf_token": "forged"}):
                status = browser.open(where, method=method, data=data).status_code
                if status != 400:
                    faults.append(f"{method} {rule.rule} with {data or 'no token'}: {status} instead of 400")

    assert sources.said(faults) == ""


def test_an_address_that_is_nowhere_is_not_found(world: World) -> None:
    statuses = {key: world.browser(key).get("/nowhere").status_code for key in ACTORS}

    assert statuses == dict.fromkeys(ACTORS, 404)


def test_every_unsafe_route_is_reached_by_post_only(made_app: Flask) -> None:
    """Browsers send GET and POST; another method would be a route no form can use."""
    methods = {method for rule in made_app.url_map.iter_rules() for method in rule.methods or ()}

    assert methods == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_route_that_declares_nothing_stops_the_start(made_app: Flask) -> None:
    view = made_app.view_functions["lms.help"]
    declared = view.lms_access  # type: ignore[attr-defined]
    del view.lms_access  # type: ignore[attr-defined]
    try:
        with pytest.raises(
            access.UndeclaredRoute, match=r"::help has no @access\(\.\.\.\); add one, or @access\(PUBLIC\)"
        ):
            access.check_routes(made_app)
    finally:
        view.lms_access = declared  # type: ignore[attr-defined]


def test_signing_out_ends_the_session_on_the_server(world: World) -> None:
    stolen = world.browser("aigul")
    before = stolen.get("/me").status_code

    world.browser("aigul").submit("/sign-out")

    assert (before, stolen.get("/me").status_code) == (200, 302)
