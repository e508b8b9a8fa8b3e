"""The pages of people and places: who sees whom, what is done, what is refused, how many queries."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask

from lms import clock
from lms.accounts.models import ActivationCode, Credential, SignIn
from lms.audit import AuditEntry
from lms.db import db
from lms.demo import Cast
from lms.people.models import NameChange, Person, Posting, Rank, Region, RoleAssignment, Unit

Open = Callable[..., Any]
GET_PAGES = (
    "/people",
    "/people/officers/new",
    "/people/staff/new",
    "/people/units",
    "/people/units/new",
    "/people/regions",
    "/people/regions/1",
    "/people/units/1/region",
    "/people/units/1/slips",
    "/audit",
)


def id_of(app: Flask, statement: Any) -> Any:
    """Return the one value of a query, outside any request."""
    with app.app_context():
        return db.session.scalar(statement)


def unit_id(app: Flask, code: str) -> int:
    """Return the id of a unit."""
    return int(id_of(app, sa.select(Unit.id).where(Unit.code == code)))


def rank_id(app: Flask, level: int) -> int:
    """Return the id of a rank."""
    return int(id_of(app, sa.select(Rank.id).where(Rank.level == level)))


def officer(app: Flask, number: str = "100777", **changes: Any) -> dict[str, Any]:
    """Return the form of a new officer in Uzgen."""
    return {
        "service_number": number,
        "family_name": "Абдыкадыров",
        "given_name": "Эркин",
        "patronymic": "",
        "sex": "m",
        "language": "ky",
        "unit": unit_id(app, "ROVD-UZGEN"),
        "rank": rank_id(app, 9),
        "from_on": "2024-02-01",
        **changes,
    }


def entries(app: Flask, action: str) -> list[AuditEntry]:
    """Return the audit entries of an action."""
    with app.app_context():
        return list(db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)))


@pytest.mark.parametrize("path", GET_PAGES)
def test_the_administrator_sees_every_page(browser_of: Open, path: str) -> None:
    answer = browser_of("elena").get(path)

    assert answer.status_code == 200
    assert answer.text.count("<h1>") == 1


@pytest.mark.parametrize("words", ["асанова", "Айгүл", "АЙГУЛ", "100001", "токтогул асан", "айгүл 1000"])
def test_a_person_is_found_by_any_name_form_and_number(browser_of: Open, words: str) -> None:
    answer = browser_of("gulnara").get("/people", query_string={"q": words})

    assert "Асанова" in answer.text
    assert "Жээнбеков" not in answer.text


@pytest.mark.parametrize("words", ["\0", "а\0йгүл", "'", "\\", "_" * 101, "%%%", "\ud83d\ude80"])
@pytest.mark.parametrize("path", ["/people?q=", "/audit?who=", "/audit?about="])
def test_no_text_that_is_looked_for_breaks_a_page(browser_of: Open, path: str, words: str) -> None:
    text = quote(words.encode("utf-16", "surrogatepass").decode("utf-16"))

    answer = browser_of("gulnara").get(path + text)

    assert answer.status_code == (422 if len(words) > 100 else 200)


def test_a_text_with_a_nul_is_kept_without_it(app: Flask, browser_of: Open) -> None:
    answer = browser_of("gulnara").submit(
        "/people/officers/new", officer(app, job="ин\0спектор", family_name="Аса\0нов")
    )

    with app.app_context():
        person = db.session.scalars(sa.select(Person).where(Person.service_number == "100777")).one()
        found = (person.family_name, person.postings[0].job)
    assert answer.status_code == 303
    assert found == ("Асанов", "инспектор")


def test_nobody_found_is_said(browser_of: Open) -> None:
    answer = browser_of("gulnara").get("/people", query_string={"q": "%"})

    assert answer.status_code == 200
    assert 'class="empty"' in answer.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"unit": "UVD-O"}, {"aigul", "bakyt", "nurbek"}),  # with the units below
        ({"unit": "ROVD-KARASUU"}, {"nurbek"}),
        ({"region": "KG-N"}, {"chinara", "timur"}),
        ({"region": "central"}, {"daniyar", "kanat", "gulnara"}),
        ({"role": "regional_auditor"}, {"ilyas", "jyldyz"}),
        ({"role": "officer", "region": "KG-GB"}, {"salima"}),
    ],
)
def test_people_are_filtered_by_unit_region_and_role(
    app: Flask, cast: Cast, browser_of: Open, query: dict[str, str], found: set[str]
) -> None:
    if "unit" in query:
        query = {**query, "unit": str(unit_id(app, query["unit"]))}
    if query.get("region", "").startswith("KG"):
        query = {
            **query,
            "region": str(id_of(app, sa.select(Region.id).where(Region.code == query["region"]))),
        }

    answer = browser_of("elena").get("/people", query_string=query)

    assert {key for key in cast.ids if f'/people/{cast[key]}"' in answer.text} == found


@pytest.mark.parametrize("query", [{"unit": "x"}, {"unit": "99999"}, {"region": "KG"}, {"role": "king"}])
def test_a_filter_that_is_not_offered_is_refused_with_a_message(
    browser_of: Open, query: dict[str, str]
) -> None:
    answer = browser_of("elena").get("/people", query_string=query)

    assert answer.status_code == 422
    assert "error-summary" in answer.text


def test_a_regional_auditor_sees_the_own_region_only(cast: Cast, browser_of: Open) -> None:
    ilyas = browser_of("ilyas")

    listed = ilyas.get("/people").text
    own = ilyas.get(f"/people/{cast['aigul']}")
    other = ilyas.get(f"/people/{cast['chinara']}")

    assert {key for key in cast.ids if f'/people/{cast[key]}"' in listed} == {"aigul", "bakyt", "nurbek"}
    assert (own.status_code, other.status_code) == (200, 404)


def test_a_regional_auditor_sees_units_of_the_own_region_only(browser_of: Open) -> None:
    page = browser_of("ilyas").get("/people/units", headers={"Accept-Language": "en"})

    assert "Өзгөн РИИБ" in page.text
    assert "Ат-Башы РИИБ" not in page.text


def test_an_officer_who_moves_leaves_the_auditors_sight(app: Flask, cast: Cast, browser_of: Open) -> None:
    today = clock.today()
    browser_of("elena").submit(
        f"/people/{cast['aigul']}/postings/new",
        {
            "unit": unit_id(app, "ROVD-ATBASHY"),
            "rank": rank_id(app, 12),
            "job": "",
            "from_on": today.isoformat(),
        },
    )

    osh = browser_of("ilyas").get(f"/people/{cast['aigul']}").status_code
    naryn = browser_of("jyldyz").get(f"/people/{cast['aigul']}").status_code

    assert (osh, naryn) == (404, 200)


@pytest.mark.parametrize("who", ["ilyas", "farida"])
def test_auditors_read_and_change_nothing(cast: Cast, browser_of: Open, who: str) -> None:
    browser = browser_of(who)

    shown = browser.get(f"/people/{cast['aigul']}")
    answers = [
        browser.submit(f"/people/{cast['aigul']}/{path}").status_code
        for path in ("name", "suspend", "postings/new", "code", "roles/new")
    ]

    assert shown.status_code == 200
    assert "/suspend" not in shown.text
    assert answers == [403] * 5


def test_an_officer_has_no_people_page(browser_of: Open) -> None:
    assert browser_of("aigul").get("/people").status_code == 403


def test_an_officer_is_created_with_posting_and_role(app: Flask, browser_of: Open) -> None:
    answer = browser_of("gulnara").submit("/people/officers/new", officer(app, " 100777 "))

    with app.app_context():
        person = db.session.scalars(sa.select(Person).where(Person.service_number == "100777")).one()
        postings = [(p.unit.code, p.rank.level, p.from_on, p.to_on) for p in person.postings]
        roles = [r.role for r in person.roles]
    assert answer.status_code == 303
    assert postings == [("ROVD-UZGEN", 9, date(2024, 2, 1), None)]
    assert roles == ["officer"]
    assert [e.after["service_number"] for e in entries(app, "person.created")] == ["100777"]


def test_staff_are_created_without_posting_and_role(app: Flask, browser_of: Open) -> None:
    data = officer(app, "300777")

    answer = browser_of("elena").submit(
        "/people/staff/new",
        {name: data[name] for name in ("service_number", "family_name", "given_name", "sex", "language")},
    )

    with app.app_context():
        person = db.session.scalars(sa.select(Person).where(Person.service_number == "300777")).one()
        counted = (len(person.postings), len(person.roles))
    assert answer.status_code == 303
    assert counted == (0, 0)


def test_a_service_number_twice_is_refused_and_what_was_typed_stays(app: Flask, browser_of: Open) -> None:
    answer = browser_of("gulnara").submit("/people/officers/new", officer(app, "100001", job="участковый"))

    assert answer.status_code == 422
    assert 'href="#service_number"' in answer.text
    assert "участковый" in answer.text
    assert entries(app, "person.created") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"family_name": " "},
        {"service_number": "1<"},
        {"sex": "x"},
        {"unit": "x"},
        {"unit": ""},
        {"rank": "99999"},
        {"from_on": "01.02.2024"},
        {"from_on": "2224-02-01"},
        {"from_on": "2024-02-01", "entered_service_on": "2024-02-02"},
        {"language": "de"},
        {"given_name": "Э" * 81},
    ],
)
def test_a_wrong_value_of_a_new_officer_is_refused_by_name(
    app: Flask, browser_of: Open, changes: dict[str, str]
) -> None:
    answer = browser_of("gulnara").submit("/people/officers/new", officer(app, **changes))

    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert entries(app, "person.created") == []


def test_a_new_posting_ends_the_one_before_and_keeps_what_was_known(
    app: Flask, cast: Cast, browser_of: Open
) -> None:
    answer = browser_of("gulnara").submit(
        f"/people/{cast['bakyt']}/postings/new",
        {"unit": unit_id(app, "ROVD-KARASUU"), "rank": rank_id(app, 10), "job": "", "from_on": "2026-03-01"},
    )

    with app.app_context():
        rows = db.session.scalars(
            sa.select(Posting).where(Posting.person_id == cast["bakyt"]).order_by(Posting.id)
        ).all()
        found = [(p.unit.code, p.to_on, p.superseded_at is not None) for p in rows]
    assert answer.status_code == 303
    assert found == [
        ("ROVD-UZGEN", None, True),
        ("ROVD-UZGEN", date(2026, 2, 28), False),
        ("ROVD-KARASUU", None, False),
    ]
    [entry] = entries(app, "posting.recorded")
    assert (entry.before["unit"], entry.after["unit"]) == ("ROVD-UZGEN", "ROVD-KARASUU")
    assert entry.actor_id == cast["gulnara"]


def test_a_posting_before_the_present_one_is_refused(app: Flask, cast: Cast, browser_of: Open) -> None:
    answer = browser_of("gulnara").submit(
        f"/people/{cast['bakyt']}/postings/new",
        {"unit": unit_id(app, "ROVD-KARASUU"), "rank": rank_id(app, 10), "job": "", "from_on": "2015-09-01"},
    )

    assert answer.status_code == 422
    assert entries(app, "posting.recorded") == []


def test_a_corrected_posting_supersedes_the_row(app: Flask, cast: Cast, browser_of: Open) -> None:
    posting = id_of(app, sa.select(Posting.id).where(Posting.person_id == cast["bakyt"]))
    data = {
        "unit": unit_id(app, "ROVD-KARASUU"),
        "rank": rank_id(app, 9),
        "job": "",
        "from_on": "2016-01-01",
        "to_on": "",
        "reason": "Приказ прочитан неверно",
    }

    first = browser_of("gulnara").submit(f"/people/{cast['bakyt']}/postings/{posting}", data)
    again = browser_of("gulnara").submit(f"/people/{cast['bakyt']}/postings/{posting}", data)

    with app.app_context():
        rows = db.session.scalars(
            sa.select(Posting).where(Posting.person_id == cast["bakyt"]).order_by(Posting.id)
        ).all()
        found = [(p.unit.code, p.from_on, p.superseded_at is not None) for p in rows]
    assert (first.status_code, again.status_code) == (303, 404)  # a superseded row is not there to correct
    assert found == [("ROVD-UZGEN", date(2015, 9, 1), True), ("ROVD-KARASUU", date(2016, 1, 1), False)]


def test_a_posting_of_somebody_else_is_not_found(app: Flask, cast: Cast, browser_of: Open) -> None:
    posting = id_of(app, sa.select(Posting.id).where(Posting.person_id == cast["bakyt"]))

    answer = browser_of("gulnara").get(f"/people/{cast['aigul']}/postings/{posting}")

    assert answer.status_code == 404


def test_a_corrected_name_keeps_the_name_before(app: Flask, cast: Cast, browser_of: Open) -> None:
    version = id_of(app, sa.select(Person.version).where(Person.id == cast["aigul"]))
    data = {
        "family_name": "Өмүрова",
        "given_name": "Айгүл",
        "patronymic": "Токтогуловна",
        "latin_name": "Omurova Aigul",
        "reason": "Брак",
        "version": version,
    }
    browser = browser_of("gulnara")

    first = browser.submit(f"/people/{cast['aigul']}/name", data)
    stale = browser.submit(f"/people/{cast['aigul']}/name", {**data, "family_name": "Другая"})

    found = {
        words: "Өмүрова" in browser.get("/people", query_string={"q": words}).text
        for words in ("омурова", "Асанова", "aigul")
    }
    with app.app_context():
        change = db.session.scalars(sa.select(NameChange)).one()
        before = (change.before["family_name"], change.after["family_name"], change.reason)
    assert (first.status_code, stale.status_code) == (303, 422)
    assert before == ("Асанова", "Өмүрова", "Брак")
    assert found == {"омурова": True, "Асанова": True, "aigul": True}
    assert "Асанова" in browser.get(f"/people/{cast['aigul']}").text


def test_a_suspension_signs_out_and_is_lifted_with_a_reason(app: Flask, cast: Cast, browser_of: Open) -> None:
    aigul, gulnara = browser_of("aigul"), browser_of("gulnara")

    asked = gulnara.submit(f"/people/{cast['aigul']}/suspend", {"reason": ""})
    suspended = gulnara.submit(f"/people/{cast['aigul']}/suspend", {"reason": "Служебная проверка"})
    twice = gulnara.submit(f"/people/{cast['aigul']}/suspend", {"reason": "Ещё раз"})
    out = aigul.get("/me").status_code
    lifted = gulnara.submit(f"/people/{cast['aigul']}/lift-suspension", {"reason": "Проверка закончена"})

    assert [a.status_code for a in (asked, suspended, twice, lifted)] == [422, 303, 422, 303]
    assert out == 302
    assert [e.reason for e in entries(app, "person.suspended")] == ["Служебная проверка"]
    assert [e.reason for e in entries(app, "person.suspension_lifted")] == ["Проверка закончена"]


def test_nobody_suspends_the_own_account_and_no_clerk_an_administrator(cast: Cast, browser_of: Open) -> None:
    gulnara = browser_of("gulnara")

    own = gulnara.submit(f"/people/{cast['gulnara']}/suspend", {"reason": "x"})
    administrator = gulnara.submit(f"/people/{cast['elena']}/suspend", {"reason": "x"})
    code = gulnara.submit(f"/people/{cast['elena']}/code", {"document_seen": "y"})

    assert [a.status_code for a in (own, administrator, code)] == [409, 403, 403]


def test_a_role_is_given_and_ended_at_once(app: Flask, cast: Cast, browser_of: Open) -> None:
    elena, chinara = browser_of("elena"), browser_of("chinara")
    data = {"role": "instructor", "region": "", "from_on": clock.today().isoformat(), "to_on": ""}

    given = elena.submit(f"/people/{cast['chinara']}/roles/new", data)
    twice = elena.submit(f"/people/{cast['chinara']}/roles/new", data)
    officer_role = id_of(
        app,
        sa.select(RoleAssignment.id).where(
            RoleAssignment.person_id == cast["chinara"], RoleAssignment.role == "officer"
        ),
    )
    ended = elena.submit(f"/people/{cast['chinara']}/roles/{officer_role}/end", {"last_day": ""})

    with app.app_context():
        to_on = db.session.get_one(RoleAssignment, officer_role).to_on
    assert [a.status_code for a in (given, twice, ended)] == [303, 422, 303]
    assert to_on == clock.today() - timedelta(days=1)
    assert chinara.get("/me").status_code == 302  # the sessions have ended
    assert [e.after["role"] for e in entries(app, "role.given")] == ["instructor"]


def test_a_role_given_by_mistake_today_is_taken_back(app: Flask, cast: Cast, browser_of: Open) -> None:
    elena = browser_of("elena")
    elena.submit(
        f"/people/{cast['bakyt']}/roles/new",
        {"role": "administrator", "region": "", "from_on": clock.today().isoformat(), "to_on": ""},
    )
    role = sa.select(RoleAssignment.id).where(
        RoleAssignment.person_id == cast["bakyt"], RoleAssignment.role == "administrator"
    )
    given = id_of(app, role)

    answer = elena.submit(f"/people/{cast['bakyt']}/roles/{given}/end", {"last_day": ""})

    assert answer.status_code == 303
    assert id_of(app, role) is None
    assert [e.before["role"] for e in entries(app, "role.ended")] == ["administrator"]


def test_the_own_administrator_role_cannot_be_ended(app: Flask, cast: Cast, browser_of: Open) -> None:
    role = id_of(app, sa.select(RoleAssignment.id).where(RoleAssignment.person_id == cast["elena"]))

    answer = browser_of("elena").submit(f"/people/{cast['elena']}/roles/{role}/end", {"last_day": ""})

    assert answer.status_code == 422
    assert entries(app, "role.ended") == []


def test_a_department_officer_gives_no_roles(cast: Cast, browser_of: Open) -> None:
    answer = browser_of("gulnara").submit(f"/people/{cast['gulnara']}/roles/new", {"role": "administrator"})

    assert answer.status_code == 403


def test_a_new_code_needs_the_document_to_be_seen(app: Flask, cast: Cast, browser_of: Open) -> None:
    gulnara = browser_of("gulnara")

    refused = gulnara.submit(f"/people/{cast['aigul']}/code", {})
    issued = gulnara.submit(f"/people/{cast['aigul']}/code", {"document_seen": "y"})

    with app.app_context():
        code = db.session.scalars(sa.select(ActivationCode)).one()
        found = (code.person_id, code.reason, code.document_seen, code.issued_by_id)
    assert (refused.status_code, issued.status_code) == (422, 200)
    assert found == (cast["aigul"], "forgotten", True, cast["gulnara"])
    assert "100001" in issued.text
    assert issued.headers["Cache-Control"] == "no-store"


def test_slips_are_printed_for_those_of_a_unit_who_never_activated(
    app: Flask, cast: Cast, browser_of: Open
) -> None:
    with app.app_context():
        db.session.execute(
            sa.delete(Credential).where(Credential.person_id.in_([cast["bakyt"], cast["nurbek"]]))
        )
        db.session.commit()
    osh, naryn = unit_id(app, "UVD-O"), unit_id(app, "UVD-N")
    gulnara = browser_of("gulnara")

    before = gulnara.get(f"/people/units/{osh}/slips")
    codes_before = id_of(app, sa.select(sa.func.count()).select_from(ActivationCode))
    slips = gulnara.submit(f"/people/units/{osh}/slips")
    nobody = gulnara.get(f"/people/units/{naryn}/slips")

    with app.app_context():
        people = set(db.session.scalars(sa.select(ActivationCode.person_id)))
    assert (before.status_code, codes_before) == (200, 0)  # asking issues nothing
    assert people == {cast["bakyt"], cast["nurbek"]}
    assert [number in slips.text for number in ("100001", "100002", "100004")] == [False, True, True]
    assert 'class="empty"' in nobody.text


def test_a_unit_is_added_and_a_code_is_unique(app: Flask, browser_of: Open) -> None:
    elena = browser_of("elena")
    data = {
        "parent": unit_id(app, "UVD-N"),
        "kind": "rovd",
        "code": "ROVD-KOCHKOR",
        "name_ky": "Кочкор РИИБ",
        "name_ru": "РОВД Кочкорского района",
        "name_en": "Kochkor district department",
        "region": id_of(app, sa.select(Region.id).where(Region.code == "KG-N")),
        "from_on": "2026-01-01",
    }

    first = elena.submit("/people/units/new", data)
    second = elena.submit("/people/units/new", data)

    assert (first.status_code, second.status_code) == (303, 422)
    assert "Кочкор РИИБ" in browser_of("jyldyz").get("/people/units").text


def test_a_unit_changes_its_region_from_a_day_on(app: Flask, cast: Cast, browser_of: Open) -> None:
    elena = browser_of("elena")
    url = f"/people/units/{unit_id(app, 'ROVD-UZGEN')}/region"
    naryn = id_of(app, sa.select(Region.id).where(Region.code == "KG-N"))

    same_day = elena.submit(url, {"region": naryn, "from_on": "2003-01-01"})
    moved = elena.submit(url, {"region": naryn, "from_on": clock.today().isoformat()})

    assert (same_day.status_code, moved.status_code) == (422, 303)
    assert browser_of("ilyas").get(f"/people/{cast['aigul']}").status_code == 404
    assert browser_of("jyldyz").get(f"/people/{cast['aigul']}").status_code == 200
    assert [e.after["region"] for e in entries(app, "unit.region_given")] == ["KG-N"]


def test_a_region_is_edited_and_that_is_on_record(app: Flask, browser_of: Open) -> None:
    region = id_of(app, sa.select(Region.id).where(Region.code == "KG-N"))
    data = {"name_ky": "Нарын", "name_ru": "Нарын", "name_en": "Naryn", "valid_from": "2003-01-01"}

    turned = browser_of("elena").submit(f"/people/regions/{region}", {**data, "valid_to": "2002-01-01"})
    saved = browser_of("elena").submit(f"/people/regions/{region}", data)

    [entry] = entries(app, "region.edited")
    assert (turned.status_code, saved.status_code) == (422, 303)
    assert (entry.before["name_en"], entry.after["name_en"]) == ("Naryn Region", "Naryn")


def test_lists_ask_the_database_as_often_for_three_rows_as_for_one(
    app: Flask, cast: Cast, browser_of: Open, statements: Callable[[], Any]
) -> None:
    elena = browser_of("elena")
    counts = []

    for query in ({"unit": unit_id(app, "ROVD-KARASUU")}, {"unit": unit_id(app, "UVD-O")}):
        with statements() as ran:
            assert elena.get("/people", query_string=query).status_code == 200
        counts.append(len(ran))

    assert counts[0] == counts[1]
    assert counts[0] <= 10


def test_a_record_asks_the_database_as_often_for_a_long_history(
    app: Flask, cast: Cast, browser_of: Open, statements: Callable[[], Any]
) -> None:
    elena = browser_of("elena")
    with statements() as short:
        elena.get(f"/people/{cast['bakyt']}")
    for day in ("2020-01-01", "2021-01-01"):
        elena.submit(
            f"/people/{cast['bakyt']}/postings/new",
            {"unit": unit_id(app, "ROVD-ATBASHY"), "rank": rank_id(app, 10), "job": "", "from_on": day},
        )

    with statements() as long:
        elena.get(f"/people/{cast['bakyt']}")

    assert len(short) == len(long)
    assert len(long) <= 10


def test_ending_sessions_is_kept_with_its_reason(app: Flask, cast: Cast, browser_of: Open) -> None:
    browser_of("aigul")

    browser_of("gulnara").submit(f"/people/{cast['aigul']}/suspend", {"reason": "Проверка"})

    assert id_of(app, sa.select(SignIn.ended_because).where(SignIn.person_id == cast["aigul"])) == "suspended"
