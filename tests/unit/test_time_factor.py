"""Extra time: granted by the department, seen by nobody else."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from assessments import rules
from assessments.actions import staff
from assessments.models import TimeFactor
from assessments.queries import extra_time, take
from assessments.rules import Days
from lms import clock
from lms.audit import AuditEntry
from lms.db import db
from lms.people.models import Person
from tests.unit.results_steps import CODE, QUIZ, assign, enrol, enrolment_id, sit
from tests.unit.test_attempts import count

REASON = "Medical commission, order 12 of this year."
D = date(2026, 11, 1)


def on(first: int, last: int | None) -> Days:
    """Return days of November."""
    return Days(date(2026, 11, first), None if last is None else date(2026, 11, last))


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (on(1, 5), on(6, 9), False),
        (on(1, 6), on(6, 9), True),
        (on(1, None), on(6, 9), True),
        (on(10, None), on(6, 9), False),
        (on(1, None), on(6, None), True),
        (on(7, 8), on(6, 9), True),
        (on(7, 6), on(1, 9), False),  # taken back before it began
    ],
)
def test_days_overlap_when_one_of_them_belongs_to_both(one, other, overlap):
    assert (one.overlaps(other), other.overlaps(one)) == (overlap, overlap)


@pytest.mark.parametrize(
    ("days", "last"),
    [(on(1, None), 9), (on(1, 20), 9), (on(1, 10), 9), (on(10, None), 9), (on(12, 20), 11)],
)
def test_what_is_ended_holds_no_more_from_today_on(days, last):
    assert rules.last_day_when_ended(days, date(2026, 11, 10)) == date(2026, 11, last)


def test_what_is_over_cannot_be_ended():
    with pytest.raises(rules.TimeFactorEnded):
        rules.last_day_when_ended(on(1, 9), date(2026, 11, 10))


def grant(cast, *, from_on: date | None = None, to_on: date | None = None, percent: int = 150) -> TimeFactor:
    """Grant Aigul extra time."""
    return staff.grant_time(
        db.session.get_one(Person, cast["aigul"]),
        percent=percent,
        from_on=from_on or clock.today(),
        to_on=to_on,
        reason=REASON,
        actor_id=cast["gulnara"],
    )


def minutes(cast) -> int:
    """Return how long Aigul's next attempt lasts."""
    return take.quiz_or_404(cast["aigul"], CODE, "M1").minutes


def test_extra_time_holds_from_its_first_day_until_it_is_ended(in_app, cast):
    enrol(cast["aigul"])
    usual = minutes(cast)

    factor = grant(cast)
    granted = minutes(cast)
    staff.end_time(factor, reason=REASON, actor_id=cast["gulnara"])
    db.session.commit()

    assert (usual, granted, minutes(cast)) == (20, 30, 20)
    entries = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.subject == "time_factor").order_by(AuditEntry.id)
    ).all()
    assert [(e.action, e.person_id, e.reason) for e in entries] == [
        ("time_factor.granted", cast["aigul"], REASON),
        ("time_factor.ended", cast["aigul"], REASON),
    ]
    assert entries[0].after == {"percent": 150, "from_on": clock.today().isoformat(), "to_on": None}


def test_extra_time_of_later_days_does_not_count_yet(in_app, cast):
    enrol(cast["aigul"])

    grant(cast, from_on=clock.today() + timedelta(days=1))

    assert minutes(cast) == 20


def test_a_second_grant_on_the_same_days_is_refused(in_app, cast):
    grant(cast, to_on=clock.today() + timedelta(days=5))

    with pytest.raises(rules.TimeFactorOverlaps):
        grant(cast, from_on=clock.today() + timedelta(days=5))
    grant(cast, from_on=clock.today() + timedelta(days=6), percent=200)

    assert [granted.factor.percent for granted in extra_time.history_of(cast["aigul"])] == [200, 150]


def test_after_an_end_extra_time_can_be_granted_again_on_the_same_day(in_app, cast):
    staff.end_time(grant(cast), reason=REASON, actor_id=cast["gulnara"])

    grant(cast, percent=200)

    assert [granted.factor.percent for granted in extra_time.in_force_page(1).rows] == [200]


def form(**values: str) -> dict[str, str]:
    """Return what the page of an officer sends."""
    return {"percent": "150", "from_on": clock.today().isoformat(), "to_on": "", "reason": REASON, **values}


def test_the_department_finds_an_officer_grants_and_ends(app, cast, browser_of):
    gulnara = browser_of("gulnara")
    with app.app_context():
        number = db.session.get_one(Person, cast["aigul"]).service_number.lower()

    found = gulnara.get(f"/extra-time?number={number}")
    asked = gulnara.get(found.location)
    granted = gulnara.submit(found.location, form())
    listed = gulnara.get("/extra-time").text
    with app.app_context():
        factor_id = db.session.scalars(sa.select(TimeFactor.id)).one()
    confirm = gulnara.get(f"/extra-time/{factor_id}/end")
    ended = gulnara.submit(f"/extra-time/{factor_id}/end", {"reason": REASON})

    assert [r.status_code for r in (found, asked, granted, confirm, ended)] == [302, 200, 303, 200, 303]
    assert (REASON in listed, REASON in gulnara.get("/extra-time").text) == (True, False)
    assert REASON in gulnara.get(found.location).text  # the history stays
    assert gulnara.get(f"/extra-time/{factor_id}/end").status_code == rules.TimeFactorEnded.status


def test_an_unknown_number_is_said_and_kept(browser_of):
    page = browser_of("gulnara").get("/extra-time?number=ZZ-1")

    assert page.status_code == 422
    assert 'value="ZZ-1"' in page.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": "99"},
        {"percent": "301"},
        {"percent": "half"},
        {"from_on": "2020-01-01"},
        {"to_on": "2020-01-01"},
        {"reason": "no"},
    ],
)
def test_what_cannot_be_granted_is_refused(app, cast, browser_of, wrong):
    answer = browser_of("gulnara").submit(f"/extra-time/officers/{cast['aigul']}", form(**wrong))

    assert answer.status_code == 422
    with app.app_context():
        assert count(TimeFactor) == 0


def test_an_overlap_is_said_on_the_form_with_what_was_typed(app, cast, browser_of):
    gulnara = browser_of("gulnara")
    gulnara.submit(f"/extra-time/officers/{cast['aigul']}", form())

    again = gulnara.submit(f"/extra-time/officers/{cast['aigul']}", form(percent="175"))

    assert again.status_code == 422
    assert 'value="175"' in again.text
    with app.app_context():
        assert count(TimeFactor) == count(AuditEntry, action="time_factor.granted") == 1


def test_extra_time_is_for_officers_only(cast, browser_of):
    assert browser_of("gulnara").get(f"/extra-time/officers/{cast['daniyar']}").status_code == 404


@pytest.mark.parametrize(
    ("key", "status"),
    [("aigul", 403), ("daniyar", 403), ("ilyas", 403), ("farida", 403), ("elena", 403), (None, 302)],
)
def test_nobody_but_the_department_sees_extra_time(cast, browser_of, key, status):
    browser = browser_of(key)

    ways = ("/extra-time", f"/extra-time/officers/{cast['aigul']}", "/extra-time/1/end")
    assert [browser.get(way).status_code for way in ways] == [status] * 3


def test_no_page_of_the_instructor_tells_of_extra_time(app, cast, browser_of):
    with app.app_context():
        enrol(cast["aigul"])
        assign(cast["daniyar"])
        grant(cast, percent=237)
        db.session.commit()
        attempt_id = sit(cast["aigul"], right=4).id
        enrolment = enrolment_id(cast["aigul"])
    daniyar = browser_of("daniyar")

    pages = [
        daniyar.get(way).text
        for way in (
            "/results",
            f"/results/{CODE}",
            QUIZ,
            f"{QUIZ}/questions",
            f"{QUIZ}/officers/{enrolment}",
            f"/results/{CODE}/attempts/{attempt_id}",
            f"/records/{CODE}",
            f"/records/{CODE}/officers/{enrolment}",
        )
    ]

    assert [word for page in pages for word in ("237", "47", REASON) if word in page] == []


def test_the_list_costs_the_same_for_one_and_for_three(app, cast, browser_of, statements):
    gulnara = browser_of("gulnara")

    def cost(keys: tuple[str, ...]) -> int:
        with app.app_context():
            for key in keys:
                db.session.add(
                    TimeFactor(
                        officer_id=cast[key],
                        percent=150,
                        reason=REASON,
                        from_on=clock.today(),
                        granted_by_id=cast["gulnara"],
                    )
                )
            db.session.commit()
        with statements() as ran:
            gulnara.get("/extra-time")
        return len(ran)

    first = cost(("aigul",))

    assert cost(("nurbek", "salima")) == first <= 10
