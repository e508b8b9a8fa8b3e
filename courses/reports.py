"""The two completion reports: per officer and per region. Places are those of today unless a heading says *then*."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import aliased

from courses.models import (
    Completion,
    Course,
    CourseRevision,
    CourseText,
    Enrolment,
)
from lms import clock, i18n
from lms.access import Scope
from lms.db import db
from lms.people.models import Person, Posting, Rank, Region, Unit, UnitRegion
from lms.people.places import tree
from lms.people.queries import posted_on, subtree
from lms.reports import Choice, Column, Filter, Report

CENTRAL = "central"  # the filter's value for units without a region
STATES = {
    "not_started": _l("Not started"),
    "in_progress": _l("In progress"),
    "completed": _l("Completed"),
}
NO_BREAK_SPACE = "\u00a0"
LAST = 1_000_000  # places after every region


def _name(table: Any) -> Any:
    """Return the column of a name in the language of the page."""
    return getattr(table, f"name_{i18n.language()}")


def _place_now() -> "sa.Subquery":
    """Return unit, region and rank of everybody posted today, one row a person.

    Of two posts at once the later counts, as in `place_of`.
    """
    today = clock.today()
    later = aliased(Posting)
    also_later = sa.exists().where(
        later.person_id == Posting.person_id,
        later.superseded_at.is_(None),
        later.from_on <= today,
        sa.or_(later.to_on.is_(None), later.to_on >= today),
        sa.or_(
            later.from_on > Posting.from_on, sa.and_(later.from_on == Posting.from_on, later.id > Posting.id)
        ),
    )
    in_force = sa.and_(
        UnitRegion.unit_id == Posting.unit_id,
        UnitRegion.from_on <= today,
        sa.or_(UnitRegion.to_on.is_(None), UnitRegion.to_on >= today),
    )
    return (
        sa.select(Posting.person_id, Posting.unit_id, Posting.rank_id, UnitRegion.region_id)
        .outerjoin(UnitRegion, in_force)
        .where(posted_on(today), ~also_later)
        .subquery("place_now")
    )


def _state() -> "sa.Case[str]":
    """Return the state of an enrolment."""
    return sa.case(
        (Completion.id.is_not(None), "completed"),
        (Enrolment.begun_at.is_not(None), "in_progress"),
        else_="not_started",
    )


def _course_name() -> "sa.ColumnElement[str]":
    """Return code and title of a course, in the language of the page or the next that is there."""
    order = {code: place for place, code in enumerate(i18n.FALLBACK[i18n.language()])}
    title = (
        sa.select(CourseText.title)
        .join(CourseRevision, CourseRevision.id == CourseText.course_revision_id)
        .where(
            CourseRevision.course_id == Course.id, CourseRevision.state == "published", CourseText.title != ""
        )
        .order_by(
            CourseRevision.major.desc(),
            CourseRevision.minor.desc(),
            sa.case(order, value=CourseText.language, else_=len(order)),
        )
        .limit(1)
        .correlate(Course)
        .scalar_subquery()
    )
    return Course.code + " " + sa.func.coalesce(title, "")


def _enrolments(columns: Sequence[Any], filters: Mapping[str, str], scope: Scope) -> "sa.Select[Any]":
    """Return the lines both reports count: one for each officer and course, of the latest cycle.

    A withdrawn enrolment is history and no line.
    """
    now = _place_now()
    newer = aliased(Enrolment)
    query = (
        sa.select(
            *columns,
            now.c.region_id.label("region_id"),
            now.c.unit_id.label("unit_id"),
            now.c.rank_id.label("rank_id"),
            _state().label("state"),
        )
        .select_from(Enrolment)
        .join(Person, Person.id == Enrolment.officer_id)
        .join(Course, Course.id == Enrolment.course_id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .outerjoin(now, now.c.person_id == Person.id)
        .where(
            Enrolment.withdrawn_at.is_(None),
            ~sa.exists().where(
                newer.officer_id == Enrolment.officer_id,
                newer.course_id == Enrolment.course_id,
                newer.withdrawn_at.is_(None),
                newer.cycle > Enrolment.cycle,
            ),
        )
    )
    if not scope.everywhere:
        query = query.where(now.c.region_id.in_(scope.region_ids))
    if region := filters.get("region"):
        query = query.where(
            now.c.region_id.is_(None) if region == CENTRAL else now.c.region_id == _number(region)
        )
    if unit := filters.get("unit"):
        query = query.where(now.c.unit_id.in_(subtree(_number(unit))))
    if course := filters.get("course"):
        query = query.where(Course.code == course)
    if state := filters.get("state"):
        query = query.where(_state() == state)
    return query


def _number(text: str) -> int:
    """Return the id a filter holds; what is no id finds nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def per_officer(filters: Mapping[str, str], scope: Scope) -> "sa.Select[Any]":
    """Return a line for each officer and course, by name."""
    line = _enrolments(
        [
            Person.sort_key.label("sort_key"),
            Person.family_name,
            Person.given_name,
            Person.patronymic,
            Person.service_number.label("number"),
            Course.code.label("course"),
            Enrolment.enrolled_at,
            Completion.completed_on,
            Completion.score,
            Completion.id.label("completion_id"),
            Completion.unit_id.label("unit_then_id"),
            Completion.region_id.label("region_then_id"),
        ],
        filters,
        scope,
    ).subquery("line")
    unit_then, region_then = aliased(Unit), aliased(Region)
    central = sa.literal(str(i18n.CENTRAL))
    name = line.c.family_name + " " + line.c.given_name + " " + line.c.patronymic
    return (
        sa.select(
            sa.func.trim(name).label("name"),
            line.c.number,
            _name(Rank).label("rank"),
            _name(Unit).label("unit"),
            sa.func.coalesce(_name(Region), central).label("region"),
            line.c.course,
            line.c.state,
            line.c.enrolled_at.label("enrolled_on"),
            line.c.completed_on,
            line.c.score,
            _name(unit_then).label("unit_then"),
            sa.case(
                (line.c.completion_id.is_not(None), sa.func.coalesce(_name(region_then), central)), else_=None
            ).label("region_then"),
        )
        .select_from(line)
        .outerjoin(Rank, Rank.id == line.c.rank_id)
        .outerjoin(Unit, Unit.id == line.c.unit_id)
        .outerjoin(Region, Region.id == line.c.region_id)
        .outerjoin(unit_then, unit_then.id == line.c.unit_then_id)
        .outerjoin(region_then, region_then.id == line.c.region_then_id)
        .order_by(line.c.sort_key, line.c.number, line.c.course)
    )


def per_region(filters: Mapping[str, str], scope: Scope) -> "sa.Select[Any]":
    """Return a line for each region and course, and the total of the lines as the last one."""
    # A CTE, because regions and total count the same lines.
    line = _enrolments([Course.code.label("code")], filters, scope).cte("line")
    # NULL regions meet here, in one group, whatever unit they come from.
    place = sa.func.coalesce(Region.position, LAST)
    counted = [sa.func.count().label("enrolled")] + [
        sa.func.coalesce(sa.func.sum(sa.case((line.c.state == state, 1), else_=0)), 0).label(state)
        for state in STATES
    ]
    by_region = (
        sa.select(
            sa.func.coalesce(_name(Region), sa.literal(str(i18n.CENTRAL))).label("region"),
            *counted,
            place.label("place"),
            line.c.code,
        )
        .select_from(line)
        .outerjoin(Region, Region.id == line.c.region_id)
        .group_by(_name(Region), Region.position, line.c.code)
    )
    total = sa.select(
        sa.literal(_("Total")).label("region"),
        *counted,
        sa.literal(LAST + 1).label("place"),
        sa.literal("").label("code"),
    ).select_from(line)
    rows = sa.union_all(by_region, total).subquery("rows")
    return (
        sa.select(
            rows.c.region,
            sa.func.coalesce(_course_name(), "").label("course"),
            rows.c.enrolled,
            *(rows.c[state] for state in STATES),
            sa.case(
                (rows.c.enrolled > 0, sa.cast(rows.c.completed, sa.Float) * 100 / rows.c.enrolled), else_=None
            ).label("rate"),
        )
        .select_from(rows)
        .outerjoin(Course, Course.code == rows.c.code)
        .where(rows.c.enrolled > 0)  # without a line there is no total either
        .order_by(rows.c.place, rows.c.code)
    )


def regions(scope: Scope) -> list[Choice]:
    """Return the regions one may see; those who see all can choose the central services, too."""
    query = sa.select(Region).order_by(Region.position)
    if not scope.everywhere:
        query = query.where(Region.id.in_(scope.region_ids))
    found = [Choice(str(region.id), region.name(i18n.language())) for region in db.session.scalars(query)]
    return [*found, Choice(CENTRAL, str(i18n.CENTRAL))] if scope.everywhere else found


def units(scope: Scope) -> list[Choice]:
    """Return the units one may see as a tree; a unit counts with those below it."""
    return [
        Choice(str(branch.unit.id), NO_BREAK_SPACE * 3 * branch.depth + branch.unit.name(i18n.language()))
        for branch in tree(scope, clock.today())
        if branch.unit.closed_on is None
    ]


def courses(_scope: Scope) -> list[Choice]:
    """Return the courses somebody was enrolled in."""
    query = (
        sa.select(Course.code, _course_name())
        .where(sa.exists().where(Enrolment.course_id == Course.id))
        .order_by(Course.code)
    )
    return [Choice(code, name) for code, name in db.session.execute(query)]


def states(_scope: Scope) -> list[Choice]:
    """Return the states of an enrolment."""
    return [Choice(state, str(label)) for state, label in STATES.items()]


def _enrolled_on(value: datetime | None) -> str:
    return i18n.day(clock.day_of(value)) if value else ""


REGION = Filter("region", _l("Region now"), regions)
UNIT = Filter("unit", _l("Unit now, with the units below it"), units)
COURSE = Filter("course", _l("Course"), courses)
STATE = Filter("state", _l("State"), states)

PER_OFFICER = Report(
    name="completion-officers",
    title=_l("Completion per officer"),
    help=_l("Who is enrolled in which course and how it stands. Withdrawn enrolments are not counted."),
    permission="reports.view",
    filters=(REGION, UNIT, COURSE, STATE),
    columns=(
        Column("name", _l("Officer")),
        Column("number", _l("Service number")),
        Column("rank", _l("Rank now")),
        Column("unit", _l("Unit now")),
        Column("region", _l("Region now")),
        Column("course", _l("Course")),
        Column("state", _l("State"), lambda state: str(STATES[state])),
        Column("enrolled_on", _l("Enrolled on"), _enrolled_on),
        Column("completed_on", _l("Completed on"), i18n.day),
        Column("score", _l("Score, percent"), i18n.decimal, numeric=True),
        Column("unit_then", _l("Unit on the day of completion")),
        Column("region_then", _l("Region on the day of completion")),
    ),
    query=per_officer,
)
PER_REGION = Report(
    name="completion-regions",
    title=_l("Completion per region"),
    help=_l(
        "How many officers of each region, by their unit now, are enrolled in a course and completed it."
    ),
    permission="reports.view",
    filters=(REGION, COURSE),
    columns=(
        Column("region", _l("Region now")),
        Column("course", _l("Course")),
        Column("enrolled", _l("Enrolled"), numeric=True),
        Column("not_started", _l("Not started"), numeric=True),
        Column("in_progress", _l("In progress"), numeric=True),
        Column("completed", _l("Completed"), numeric=True),
        Column("rate", _l("Completed, percent"), i18n.decimal, numeric=True),
    ),
    query=per_region,
)
