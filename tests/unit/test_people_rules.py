"""Postings, roles, suspensions and names: the rules as tables."""

from datetime import date

import pytest

from lms.people import keys, rules
from lms.people.rules import Held, Names, Span

TODAY = date(2026, 11, 21)


def d(text: str | None) -> date | None:
    """Return a day, or None."""
    return date.fromisoformat(text) if text else None


def spans(*pairs: tuple[str, str | None]) -> list[Span]:
    """Return spans of days."""
    return [Span(date.fromisoformat(first), d(last)) for first, last in pairs]


@pytest.mark.parametrize(
    ("existing", "from_on", "closes_on"),
    [
        ([], "2026-11-21", None),  # the first posting
        ([], "2027-11-22", None),  # an order may be dated ahead, a year at most
        ([("2015-09-01", None)], "2026-03-01", "2026-02-28"),
        ([("2015-09-01", None)], "2015-09-02", "2015-09-01"),  # one day in the post
        ([("2015-09-01", "2020-01-31")], "2020-02-01", None),  # the day after the last
        ([("2015-09-01", "2020-01-31")], "2024-02-01", None),  # a gap: away from the service
        ([("2015-09-01", "2020-01-31"), ("2020-02-01", None)], "2024-02-01", "2024-01-31"),
    ],
)
def test_a_new_posting_ends_the_open_one_on_the_day_before(
    existing: list[tuple[str, str | None]], from_on: str, closes_on: str | None
) -> None:
    assert rules.closing_day(date.fromisoformat(from_on), spans(*existing), today=TODAY) == d(closes_on)


@pytest.mark.parametrize(
    ("existing", "from_on", "entered_on"),
    [
        ([], "2027-11-23", None),  # more than a year ahead
        ([], "2015-08-31", "2015-09-01"),  # before the service
        ([("2015-09-01", None)], "2015-09-01", None),  # the day of the present one
        ([("2015-09-01", None)], "2014-01-01", None),  # before it
        ([("2015-09-01", "2020-01-31")], "2020-01-31", None),  # its last day
        ([("2015-09-01", "2020-01-31"), ("2020-02-01", None)], "2018-01-01", None),
    ],
)
def test_a_new_posting_does_not_change_the_past(
    existing: list[tuple[str, str | None]], from_on: str, entered_on: str | None
) -> None:
    with pytest.raises(rules.PostingRefused):
        rules.closing_day(
            date.fromisoformat(from_on), spans(*existing), today=TODAY, entered_on=d(entered_on)
        )


@pytest.mark.parametrize(
    ("days", "others", "fits"),
    [
        (("2016-01-01", None), [], True),
        (("2016-01-01", "2016-01-01"), [], True),  # one day
        (("2016-01-01", "2015-12-31"), [], False),  # turned round
        (("2016-01-01", "2027-11-23"), [], False),  # ends more than a year ahead
        (("2028-01-01", None), [], False),
        (("2014-01-01", None), [], False),  # before the service (September 2015)
        (("2016-01-01", "2017-12-31"), [("2018-01-01", None)], True),
        (("2016-01-01", "2018-01-01"), [("2018-01-01", None)], False),
        (("2016-01-01", None), [("2018-01-01", None)], False),
        (("2020-01-01", None), [("2016-01-01", "2019-12-31")], True),
        (("2019-12-31", None), [("2016-01-01", "2019-12-31")], False),
        (("2017-01-01", "2017-02-01"), [("2016-01-01", "2019-12-31")], False),
    ],
)
def test_a_corrected_posting_shares_no_day_with_another(
    days: tuple[str, str | None], others: list[tuple[str, str | None]], fits: bool
) -> None:
    [span] = spans(days)
    try:
        rules.check_corrected(span, spans(*others), today=TODAY, entered_on=date(2015, 9, 1))
        found = True
    except rules.PostingRefused:
        found = False

    assert found == fits


@pytest.mark.parametrize(
    ("role", "region_id", "days", "held", "given"),
    [
        ("instructor", None, ("2026-11-21", None), [], True),
        ("instructor", None, ("2026-11-21", "2026-11-21"), [], True),
        ("instructor", 3, ("2026-11-21", None), [], False),  # a region is for regional auditors
        ("regional_auditor", None, ("2026-11-21", None), [], False),
        ("regional_auditor", 3, ("2026-11-21", None), [], True),
        ("regional_auditor", 3, ("2026-11-21", None), [("regional_auditor", 4, "2020-01-01", None)], True),
        ("regional_auditor", 3, ("2026-11-21", None), [("regional_auditor", 3, "2020-01-01", None)], False),
        ("instructor", None, ("2026-11-20", None), [], False),  # days gone by
        ("instructor", None, ("2027-11-23", None), [], False),
        ("instructor", None, ("2026-11-22", "2026-11-21"), [], False),
        ("instructor", None, ("2026-11-21", None), [("instructor", None, "2020-01-01", "2026-11-20")], True),
        ("instructor", None, ("2026-11-21", None), [("instructor", None, "2020-01-01", "2026-11-21")], False),
        ("instructor", None, ("2026-11-21", None), [("instructor", None, "2027-01-01", None)], False),
        ("instructor", None, ("2026-11-21", "2026-12-31"), [("instructor", None, "2027-01-01", None)], True),
        ("instructor", None, ("2026-11-21", None), [("officer", None, "2020-01-01", None)], True),
    ],
)
def test_a_role_is_given_once_from_today_on(
    role: str,
    region_id: int | None,
    days: tuple[str, str | None],
    held: list[tuple[str, int | None, str, str | None]],
    given: bool,
) -> None:
    [span] = spans(days)
    others = [Held(r, region, *spans((first, last))) for r, region, first, last in held]
    try:
        rules.check_new_role(role, region_id, span, others, today=TODAY)
        found = True
    except rules.RoleRefused:
        found = False

    assert found == given


REFUSED = "refused"


@pytest.mark.parametrize(
    ("days", "wanted", "last_day"),
    [
        (("2015-09-01", None), None, "2026-11-20"),  # at once: yesterday was the last whole day
        (("2026-11-20", None), None, "2026-11-20"),
        (("2026-11-21", None), None, None),  # begun today: taken back
        (("2026-12-01", None), None, None),  # not begun: taken back
        (("2015-09-01", None), "2026-11-21", "2026-11-21"),
        (("2015-09-01", None), "2026-12-31", "2026-12-31"),
        (("2015-09-01", None), "2026-11-20", REFUSED),  # gone
        (("2026-12-01", None), "2026-11-30", REFUSED),  # before it begins
        (("2015-09-01", "2026-11-20"), None, REFUSED),  # ended before
        (("2015-09-01", "2026-12-31"), "2026-12-31", REFUSED),  # ends then already
        (("2015-09-01", "2026-12-31"), "2026-12-30", "2026-12-30"),
    ],
)
def test_a_role_ends_at_once_or_on_a_day_to_come(
    days: tuple[str, str | None], wanted: str | None, last_day: str | None
) -> None:
    [span] = spans(days)
    found: date | str | None
    try:
        found = rules.last_day_of_role(span, d(wanted), today=TODAY)
    except rules.RoleRefused:
        found = REFUSED

    assert found == (REFUSED if last_day == REFUSED else d(last_day))


@pytest.mark.parametrize(
    ("own", "target_is_administrator", "actor_is_administrator", "refusal"),
    [
        (False, False, False, None),
        (False, False, True, None),
        (False, True, True, None),
        (False, True, False, rules.AdministratorsOnly),
        (True, False, False, rules.NotYourself),
        (True, True, True, rules.NotYourself),
    ],
)
def test_who_may_touch_an_account(
    own: bool, target_is_administrator: bool, actor_is_administrator: bool, refusal: type | None
) -> None:
    try:
        rules.check_account_change(
            own=own,
            target_is_administrator=target_is_administrator,
            actor_is_administrator=actor_is_administrator,
        )
        found = None
    except (rules.AdministratorsOnly, rules.NotYourself) as refused:
        found = type(refused)

    assert found == refusal


@pytest.mark.parametrize(("role", "own", "may"), [("administrator", True, False), ("officer", True, True)])
def test_the_own_administrator_role_stays(role: str, own: bool, may: bool) -> None:
    try:
        rules.check_ending(role, own=own)
        found = True
    except rules.NotYourself:
        found = False

    assert found == may


@pytest.mark.parametrize(
    ("existing", "from_on", "closes_on"),
    [
        ([], "2026-11-21", None),
        ([("2003-01-01", None)], "2026-11-21", "2026-11-20"),
        ([("2003-01-01", None)], "2003-01-01", REFUSED),
        ([("2003-01-01", "2026-12-31")], "2026-12-31", REFUSED),
        ([], "2027-11-23", REFUSED),
    ],
)
def test_a_unit_has_one_region_a_day(
    existing: list[tuple[str, str | None]], from_on: str, closes_on: str | None
) -> None:
    found: date | str | None
    try:
        found = rules.region_closing_day(date.fromisoformat(from_on), spans(*existing), today=TODAY)
    except rules.RegionRefused:
        found = REFUSED

    assert found == (REFUSED if closes_on == REFUSED else d(closes_on))


@pytest.mark.parametrize(
    ("typed", "kept"), [("100001", "100001"), (" mb-10 234 ", "MB-10234"), ("мв1", "МВ1")]
)
def test_a_service_number_is_kept_without_spaces_in_capitals(typed: str, kept: str) -> None:
    assert rules.normal_number(typed) == kept


def test_the_search_key_holds_every_form_and_each_word_once() -> None:
    names = Names("Өмүрова", "Айгүл", "Токтогуловна", "Omurova Aigul")

    key = keys.search_key_of(names, "MB-1", ["Асанова", "Айгүл"])

    assert key == "өмүрова айгүл токтогуловна omurova aigul mb-1 асанова омурова айгул"


def test_people_are_sorted_in_the_kyrgyz_order() -> None:
    families = ["Яна", "Өмүров", "Осмонов", "Ормонов", "Үсөнов", "Усенов"]

    found = sorted(families, key=lambda family: keys.sort_key_of(Names(family, "Асан")))

    assert found == ["Ормонов", "Осмонов", "Өмүров", "Усенов", "Үсөнов", "Яна"]


def test_every_refusal_says_what_it_is() -> None:
    refusals = [
        value
        for value in vars(rules).values()
        if isinstance(value, type) and issubclass(value, rules.RuleError) and value is not rules.RuleError
    ]

    assert [r.__name__ for r in refusals if r.title is rules.RuleError.title] == []
    assert rules.PostingRefused in refusals
