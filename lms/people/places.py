"""Queries about places: the tree of units with its people, regions, the lists that forms and filters offer."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from flask import abort

from lms import clock
from lms.access import Scope
from lms.db import db
from lms.people.models import Posting, Rank, Region, Unit, UnitRegion
from lms.people.queries import in_region_on, posted_on


@dataclass(frozen=True)
class Branch:
    """A unit in the tree: how deep it stands, its region now, people posted there now, and with the units below."""

    unit: Unit
    depth: int
    region: Region | None
    own: int
    below: int

    @property
    def total(self) -> int:
        """Return the people of the unit and of all units below."""
        return self.own + self.below


def tree(scope: Scope, day: date) -> list[Branch]:
    """Return the units that may be seen, parents before children, with the people of a day (two queries).

    A regional auditor sees the units of the own region; the highest of them become the roots.
    """
    statement = (
        sa.select(Unit, Region)
        .outerjoin(UnitRegion, in_region_on(day))
        .outerjoin(Region, Region.id == UnitRegion.region_id)
        .order_by(Unit.id)
    )
    if not scope.everywhere:
        statement = statement.where(UnitRegion.region_id.in_(scope.region_ids))
    rows = db.session.execute(statement).all()
    counted = {
        unit_id: people
        for unit_id, people in db.session.execute(
            sa.select(Posting.unit_id, sa.func.count()).where(posted_on(day)).group_by(Posting.unit_id)
        )
    }
    shown = {unit.id for unit, _region in rows}
    children: dict[int | None, list[tuple[Unit, Region | None]]] = defaultdict(list)
    for unit, region in rows:
        children[unit.parent_id if unit.parent_id in shown else None].append((unit, region))
    branches: list[Branch] = []
    _grow(None, 0, children, counted, branches)
    return branches


def _grow(
    parent_id: int | None,
    depth: int,
    children: dict[int | None, list[tuple[Unit, Region | None]]],
    counted: dict[int, int],
    branches: list[Branch],
) -> int:
    """Append the branches below a parent, and return how many people they have."""
    people = 0
    for unit, region in children[parent_id]:
        place = len(branches)
        own = counted.get(unit.id, 0)
        branches.append(Branch(unit, depth, region, own, 0))
        below = _grow(unit.id, depth + 1, children, counted, branches)
        branches[place] = Branch(unit, depth, region, own, below)
        people += own + below
    return people


def unit_or_404(unit_id: int) -> Unit:
    """Return a unit."""
    unit = db.session.get(Unit, unit_id)
    if unit is None:
        abort(404)
    return unit


def region_or_404(region_id: int) -> Region:
    """Return a region."""
    region = db.session.get(Region, region_id)
    if region is None:
        abort(404)
    return region


def regions() -> list[Region]:
    """Return all regions, also former ones, in their order."""
    return list(db.session.scalars(sa.select(Region).order_by(Region.position, Region.id)))


def regions_on(day: date) -> list[Region]:
    """Return the regions that exist on a day, in their order."""
    return [
        region
        for region in regions()
        if (region.valid_from is None or region.valid_from <= day)
        and (region.valid_to is None or region.valid_to >= day)
    ]


def regions_of(scope: Scope) -> list[Region]:
    """Return the regions of today that may be seen."""
    return [r for r in regions_on(clock.today()) if scope.everywhere or r.id in scope.region_ids]


def ranks() -> list[Rank]:
    """Return all ranks, the lowest first."""
    return list(db.session.scalars(sa.select(Rank).order_by(Rank.level)))


def region_history(unit_id: int) -> list[UnitRegion]:
    """Return the days a unit belonged to regions, the latest first."""
    return list(
        db.session.scalars(
            sa.select(UnitRegion).where(UnitRegion.unit_id == unit_id).order_by(UnitRegion.from_on.desc())
        )
    )
