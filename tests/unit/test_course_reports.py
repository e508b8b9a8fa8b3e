"""The two completion reports: same lines, same sums, only one's own regions."""

import pytest
import sqlalchemy as sa

from courses import reports
from courses.actions import learning
from courses.models import Enrolment
from lms.access import Scope
from lms.db import db
from lms.people.models import Posting, Region, Unit
from tests.packages import publish_package
from tests.unit.course_steps import enrolled, publish_without_questions, read_all

ALL = Scope(everywhere=True)


@pytest.fixture
def ministry(in_app, cast, tmp_path):
    """Two courses; Aigul completed the tiny one, Nurbek and Salima are enrolled, Chinara left, Timur has no post."""
    tiny, small = publish_package("MINI-2"), publish_without_questions(tmp_path)
    read_all(enrolled(cast["aigul"], tiny))
    for key in ("nurbek", "salima", "chinara", "timur"):
        enrolled(cast[key], tiny)
    begun = enrolled(cast["nurbek"], small)
    learning.mark_read(begun, begun.course_revision.modules[0].module_revision.module_id, "roles")
    left = db.session.scalars(sa.select(Enrolment).where(Enrolment.officer_id == cast["chinara"])).one()
    learning.withdraw(left, "", cast["chinara"])
    db.session.execute(
        sa.update(Posting).where(Posting.person_id == cast["timur"]).values(to_on=sa.text("from_on"))
    )
    db.session.commit()


def region_id(code):
    return db.session.scalar(sa.select(Region.id).where(Region.code == code))


def officers(scope=ALL, **filters):
    rows = db.session.execute(reports.per_officer(filters, scope)).all()
    return [(row.number, row.course.split()[0], row.state) for row in rows]


def in_regions(scope=ALL, **filters):
    rows = db.session.execute(reports.per_region(filters, scope)).all()
    return [
        (row.region, row.course.split(" ")[0], row.enrolled, row.not_started, row.in_progress, row.completed)
        for row in rows
    ]


def test_every_officer_and_course_is_one_line_by_name(ministry):
    assert officers() == [
        ("100006", "MINI-2", "not_started"),
        ("100001", "MINI-2", "completed"),
        ("100005", "MINI-2", "not_started"),
        ("100004", "MINI-1", "in_progress"),
        ("100004", "MINI-2", "not_started"),
    ]


def test_regions_add_up_to_the_total(ministry):
    assert in_regions() == [
        ("Ош облусу", "MINI-1", 1, 0, 1, 0),
        ("Ош облусу", "MINI-2", 2, 1, 0, 1),
        ("Бишкек шаары", "MINI-2", 1, 1, 0, 0),
        ("Борбордук аппарат", "MINI-2", 1, 1, 0, 0),
        ("Жалпы", "", 5, 3, 1, 1),
    ]


@pytest.mark.parametrize("filters", [{}, {"course": "MINI-2"}, {"region": "KG-O"}, {"region": "central"}])
def test_the_region_report_counts_the_lines_of_the_officer_report(ministry, filters):
    if filters.get("region", "").startswith("KG"):
        filters = {"region": str(region_id(filters["region"]))}

    lines, counted = officers(**filters), in_regions(**filters)

    assert lines != []
    assert sum(row[2] for row in counted[:-1]) == counted[-1][2] == len(lines)
    for place, state in ((3, "not_started"), (4, "in_progress"), (5, "completed")):
        assert counted[-1][place] == sum(line[2] == state for line in lines)


def test_a_regional_auditor_sees_the_own_region_only(ministry):
    osh = Scope(False, frozenset({region_id("KG-O")}))
    naryn = Scope(False, frozenset({region_id("KG-N")}))

    assert {number for number, _course, _state in officers(osh)} == {"100001", "100004"}
    assert in_regions(osh)[-1] == ("Жалпы", "", 3, 1, 1, 1)
    assert officers(naryn) == []
    assert in_regions(naryn) == []
    # Asking for another region, or for the central services, widens nothing.
    assert officers(naryn, region=str(region_id("KG-O"))) == []
    assert officers(osh, region="central") == []


def test_filters_choose_lines(ministry):
    uzgen = db.session.scalar(sa.select(Unit.id).where(Unit.code == "ROVD-UZGEN"))
    oblast = db.session.scalar(sa.select(Unit.id).where(Unit.code == "UVD-O"))

    assert [line[0] for line in officers(unit=str(uzgen))] == ["100001"]
    assert len(officers(unit=str(oblast))) == 3
    assert [line[0] for line in officers(state="in_progress")] == ["100004"]
    assert officers(unit="nonsense") == []


def test_a_completion_shows_where_it_was_earned_after_a_transfer(ministry, cast):
    leninskiy = db.session.scalar(sa.select(Unit).where(Unit.code == "UVD-LENIN"))
    db.session.execute(
        sa.update(Posting).where(Posting.person_id == cast["aigul"]).values(unit_id=leninskiy.id)
    )

    row = db.session.execute(reports.per_officer({"state": "completed"}, ALL)).one()

    assert (row.region, row.region_then) == ("Бишкек шаары", "Ош облусу")
    assert (row.unit, row.unit_then) == (leninskiy.name_ky, "Өзгөн РИИБ")


def test_columns_are_what_the_queries_give(ministry):
    for report in (reports.PER_OFFICER, reports.PER_REGION):
        found = db.session.execute(report.query({}, ALL)).keys()

        assert list(found) == [column.name for column in report.columns]


def test_a_report_is_one_statement_and_its_cells_can_be_written(ministry, statements):
    db.session.execute(sa.select(1))  # the transaction has begun

    with statements() as ran:
        rows = db.session.execute(reports.per_officer({}, ALL)).all()

    assert len(ran) == 1
    written = [
        [
            column.write(getattr(row, column.name)) if column.write else getattr(row, column.name)
            for column in reports.PER_OFFICER.columns
        ]
        for row in rows
    ]
    assert len(written) == 5


def test_an_empty_report_has_no_total(in_app, cast):
    assert in_regions() == []


def test_choices_of_filters_follow_the_scope(ministry):
    osh = Scope(False, frozenset({region_id("KG-O")}))

    assert [choice.label for choice in reports.regions(osh)] == ["Ош облусу"]
    assert len(reports.regions(ALL)) == 10
    assert {choice.value for choice in reports.courses(ALL)} == {"MINI-1", "MINI-2"}
    assert 0 < len(reports.units(osh)) < len(reports.units(ALL))


@pytest.mark.parametrize(
    ("language", "shares"),
    [("ky", ["0", "33,3", "25"]), ("ru", ["0", "33,3", "25"]), ("en", ["0", "33.3", "25"])],
)
def test_shares_are_written_as_people_of_the_language_write_them(app, language, shares):
    """A spreadsheet in Russian takes 12.5 for the twelfth of May."""
    write = {column.name: column.write for column in reports.PER_REGION.columns}["rate"]

    with app.test_request_context(headers={"Accept-Language": language}):
        written = [write(share) for share in (0.0, 100 / 3, 25.0)]

    assert written == shares
