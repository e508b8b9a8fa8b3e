"""What is asked about people and places. The regions a person may see are applied here."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from lms.db import db
from lms.people.models import Posting, Rank, Unit, UnitRegion

# The value of a filter that asks for units without a region.
CENTRAL = "central"


@dataclass(frozen=True)
class Place:
    """Where an officer serves on a day: the ids a completion keeps. Without a posting everything is None."""

    unit_id: int | None
    region_id: int | None  # None: Central
    rank_id: int | None


NOWHERE = Place(None, None, None)


def posted_on(day: date) -> sa.ColumnElement[bool]:
    """Return the condition that a posting is in force on a day, as known now."""
    return sa.and_(
        Posting.superseded_at.is_(None),
        Posting.from_on <= day,
        sa.or_(Posting.to_on.is_(None), Posting.to_on >= day),
    )


def in_region_on(day: date) -> sa.ColumnElement[bool]:
    """Return the condition that a unit's region is in force on a day; for an outer join from unit to unit_region."""
    return sa.and_(
        UnitRegion.unit_id == Unit.id,
        UnitRegion.from_on <= day,
        sa.or_(UnitRegion.to_on.is_(None), UnitRegion.to_on >= day),
    )


def place_of(person_id: int, day: date) -> Place:
    """Return where an officer serves on a day (one query)."""
    row = db.session.execute(
        sa.select(Posting.unit_id, UnitRegion.region_id, Posting.rank_id)
        .join(Unit, Unit.id == Posting.unit_id)
        .outerjoin(UnitRegion, in_region_on(day))
        .where(Posting.person_id == person_id, posted_on(day))
        .order_by(Posting.from_on.desc())
        .limit(1)
    ).first()
    return NOWHERE if row is None else Place(*row)


def rank_level_of(person_id: int, day: date) -> int | None:
    """Return the level of an officer's rank on a day, or None without a posting."""
    return db.session.scalar(
        sa.select(Rank.level)
        .join(Posting, Posting.rank_id == Rank.id)
        .where(Posting.person_id == person_id, posted_on(day))
        .order_by(Posting.from_on.desc())
        .limit(1)
    )


def persons_in_regions(region_ids: frozenset[int], day: date) -> "sa.Select[int]":
    """Return a SELECT of the ids of people posted in the regions on a day."""
    return (
        sa.select(Posting.person_id)
        .join(Unit, Unit.id == Posting.unit_id)
        .join(UnitRegion, in_region_on(day))
        .where(posted_on(day), UnitRegion.region_id.in_(region_ids))
    )


def subtree(unit_id: int) -> "sa.Select[int]":
    """Return a SELECT of the ids of a unit and of all units below it."""
    tree = sa.select(Unit.id).where(Unit.id == unit_id).cte("subtree", recursive=True)
    tree = tree.union_all(sa.select(Unit.id).join(tree, Unit.parent_id == tree.c.id))
    return sa.select(tree.c.id)
