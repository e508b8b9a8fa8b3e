"""What is done to places: add a unit, give it a region, keep the list of regions true. The caller commits."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from lms import audit, clock
from lms.db import db
from lms.people import rules
from lms.people.models import Region, Unit, UnitRegion
from lms.people.rules import Span


@dataclass(frozen=True)
class NewUnit:
    """A unit to be added under another; without a region it counts under *Central*."""

    code: str
    kind: str
    parent_id: int
    names: tuple[str, str, str]  # Kyrgyz, Russian, English
    region_id: int | None
    from_on: date


def add_unit(new: NewUnit, *, actor_id: int) -> Unit:
    """Add a unit.

    :raises CodeTaken: when another unit has the code.
    :raises RegionRefused: when the day of the region is too far ahead.
    """
    if db.session.scalar(sa.select(Unit.id).where(Unit.code == new.code)) is not None:
        raise rules.CodeTaken
    rules.region_closing_day(new.from_on, [], today=clock.today())
    ky, ru, en = new.names
    unit = Unit(code=new.code, kind=new.kind, parent_id=new.parent_id, name_ky=ky, name_ru=ru, name_en=en)
    try:
        with db.session.begin_nested():
            db.session.add(unit)
    except IntegrityError:  # added by somebody else between the question and the answer
        raise rules.CodeTaken from None
    if new.region_id is not None:
        db.session.add(UnitRegion(unit_id=unit.id, region_id=new.region_id, from_on=new.from_on))
    audit.record(
        "unit.added",
        "unit",
        subject_id=unit.id,
        actor_id=actor_id,
        after={
            "code": new.code,
            "kind": new.kind,
            "parent": _unit_code(new.parent_id),
            "name_ky": ky,
            "name_ru": ru,
            "name_en": en,
            "region": _region_code(new.region_id),
            "from_on": new.from_on.isoformat(),
        },
    )
    return unit


def give_region(unit_id: int, region_id: int | None, from_on: date, *, actor_id: int) -> None:
    """Let a unit belong to a region from a day on, or to none (*Central*); the present one ends the day before.

    :raises NothingChanged: when the unit belongs to that region.
    :raises RegionRefused: when the day does not fit.
    """
    db.session.scalars(sa.select(Unit.id).where(Unit.id == unit_id).with_for_update()).one()
    rows = list(db.session.scalars(sa.select(UnitRegion).where(UnitRegion.unit_id == unit_id)))
    present = next((row for row in rows if row.to_on is None), None)
    if (present.region_id if present else None) == region_id:
        raise rules.NothingChanged
    closes_on = rules.region_closing_day(
        from_on, [Span(row.from_on, row.to_on) for row in rows], today=clock.today()
    )
    if present is not None:
        present.to_on = closes_on
        db.session.flush()  # before another is added: the database lets one region be open
    if region_id is not None:
        db.session.add(UnitRegion(unit_id=unit_id, region_id=region_id, from_on=from_on))
    audit.record(
        "unit.region_given",
        "unit",
        subject_id=unit_id,
        actor_id=actor_id,
        before={"region": _region_code(present.region_id if present else None)},
        after={"region": _region_code(region_id), "from_on": from_on.isoformat()},
    )


def _unit_code(unit_id: int) -> str | None:
    return db.session.scalar(sa.select(Unit.code).where(Unit.id == unit_id))


def _region_code(region_id: int | None) -> str | None:
    return db.session.scalar(sa.select(Region.code).where(Region.id == region_id)) if region_id else None


@dataclass(frozen=True)
class RegionFacts:
    """What may be edited of a region; the ISO code never changes."""

    name_ky: str
    name_ru: str
    name_en: str
    valid_from: date | None
    valid_to: date | None

    def as_record(self) -> dict[str, str | None]:
        """Return the facts as the audit trail keeps them."""
        return {
            "name_ky": self.name_ky,
            "name_ru": self.name_ru,
            "name_en": self.name_en,
            "valid_from": self.valid_from.isoformat() if self.valid_from else None,
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
        }


def edit_region(region: Region, facts: RegionFacts, *, actor_id: int) -> None:
    """Change names and days of a region.

    :raises RegionRefused: when the last day is before the first.
    :raises NothingChanged: when nothing differs.
    """
    if facts.valid_from and facts.valid_to and facts.valid_to < facts.valid_from:
        raise rules.RegionRefused(rules.DAYS_TURNED_ROUND)
    before = RegionFacts(region.name_ky, region.name_ru, region.name_en, region.valid_from, region.valid_to)
    if before == facts:
        raise rules.NothingChanged
    region.name_ky, region.name_ru, region.name_en = facts.name_ky, facts.name_ru, facts.name_en
    region.valid_from, region.valid_to = facts.valid_from, facts.valid_to
    audit.record(
        "region.edited",
        "region",
        subject_id=region.id,
        actor_id=actor_id,
        before=before.as_record(),
        after=facts.as_record(),
    )
