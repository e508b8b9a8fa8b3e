"""Reference data: regions and ranks, as curriculum Annex B lists them, and the top of the unit tree."""

from datetime import date

import sqlalchemy as sa

from lms.db import db
from lms.people.models import Rank, Region, Unit, UnitRegion

# ISO 3166-2 code, ky, ru, en, centre left out. Source: Annex B.1, short names of the interface.
REGIONS = (
    ("KG-B", "Баткен облусу", "Баткенская область", "Batken Region"),
    ("KG-C", "Чүй облусу", "Чуйская область", "Chuy Region"),
    ("KG-J", "Жалал-Абад облусу", "Джалал-Абадская область", "Jalal-Abad Region"),
    ("KG-N", "Нарын облусу", "Нарынская область", "Naryn Region"),
    ("KG-O", "Ош облусу", "Ошская область", "Osh Region"),
    ("KG-T", "Талас облусу", "Таласская область", "Talas Region"),
    ("KG-Y", "Ысык-Көл облусу", "Иссык-Кульская область", "Issyk-Kul Region"),
    ("KG-GB", "Бишкек шаары", "город Бишкек", "Bishkek City"),
    ("KG-GO", "Ош шаары", "город Ош", "Osh City"),
)
# Level, ky, ru, en. Source: Annex B.2; level 0 are civilians.
RANKS = (
    (0, "жалданма кызматкер", "вольнонаёмный состав", "Civilian staff"),
    (1, "милициянын катардагысы", "рядовой милиции", "Private"),
    (2, "милициянын кенже сержанты", "младший сержант милиции", "Junior sergeant"),
    (3, "милициянын сержанты", "сержант милиции", "Sergeant"),
    (4, "милициянын улук сержанты", "старший сержант милиции", "Senior sergeant"),
    (5, "милициянын старшинасы", "старшина милиции", "Starshina"),
    (6, "милициянын прапорщиги", "прапорщик милиции", "Praporshchik"),
    (7, "милициянын улук прапорщиги", "старший прапорщик милиции", "Senior praporshchik"),
    (8, "милициянын кенже лейтенанты", "младший лейтенант милиции", "Junior lieutenant"),
    (9, "милициянын лейтенанты", "лейтенант милиции", "Lieutenant"),
    (10, "милициянын улук лейтенанты", "старший лейтенант милиции", "Senior lieutenant"),
    (11, "милициянын капитаны", "капитан милиции", "Captain"),
    (12, "милициянын майору", "майор милиции", "Major"),
    (13, "милициянын подполковниги", "подполковник милиции", "Lieutenant colonel"),
    (14, "милициянын полковниги", "полковник милиции", "Colonel"),
    (15, "милициянын генерал-майору", "генерал-майор милиции", "Major general"),
    (16, "милициянын генерал-лейтенанты", "генерал-лейтенант милиции", "Lieutenant general"),
    (17, "милициянын генерал-полковниги", "генерал-полковник милиции", "Colonel general"),
)
# Code, kind, parent, region, ky, ru, en. The tree below the first level is the department's own to enter.
UNITS = (
    (
        "MOI",
        "ministry",
        None,
        None,
        "Ички иштер министрлиги",
        "Министерство внутренних дел",
        "Ministry of Internal Affairs",
    ),
    ("ACADEMY", "academy", "MOI", None, "ИИМдин Академиясы", "Академия МВД", "Academy of the Ministry"),
    (
        "UVD-B",
        "oblast",
        "MOI",
        "KG-B",
        "Баткен облустук ИИБ",
        "УВД Баткенской области",
        "Batken oblast department",
    ),
    (
        "UVD-C",
        "oblast",
        "MOI",
        "KG-C",
        "Чүй облустук ИИББ",
        "ГУВД Чуйской области",
        "Chuy oblast main department",
    ),
    (
        "UVD-J",
        "oblast",
        "MOI",
        "KG-J",
        "Жалал-Абад облустук ИИБ",
        "УВД Джалал-Абадской области",
        "Jalal-Abad oblast department",
    ),
    (
        "UVD-N",
        "oblast",
        "MOI",
        "KG-N",
        "Нарын облустук ИИБ",
        "УВД Нарынской области",
        "Naryn oblast department",
    ),
    ("UVD-O", "oblast", "MOI", "KG-O", "Ош облустук ИИБ", "УВД Ошской области", "Osh oblast department"),
    (
        "UVD-T",
        "oblast",
        "MOI",
        "KG-T",
        "Талас облустук ИИБ",
        "УВД Таласской области",
        "Talas oblast department",
    ),
    (
        "UVD-Y",
        "oblast",
        "MOI",
        "KG-Y",
        "Ысык-Көл облустук ИИБ",
        "УВД Иссык-Кульской области",
        "Issyk-Kul oblast department",
    ),
    (
        "GUVD-BISHKEK",
        "city",
        "MOI",
        "KG-GB",
        "Бишкек шаардык ИИББ",
        "ГУВД города Бишкек",
        "Bishkek main department",
    ),
    ("UVD-OSH", "city", "MOI", "KG-GO", "Ош шаардык ИИБ", "УВД города Ош", "Osh city department"),
)
# The nine regions are as old as the list that the Ministry uses; units belong to them from this day on.
SINCE = date(2003, 1, 1)


def load() -> None:
    """Add what is missing; what is there stays as the department has changed it."""
    regions = set(db.session.scalars(sa.select(Region.code)))
    for position, (code, ky, ru, en) in enumerate(REGIONS):
        if code not in regions:
            db.session.add(
                Region(code=code, name_ky=ky, name_ru=ru, name_en=en, position=position, valid_from=SINCE)
            )
    levels = set(db.session.scalars(sa.select(Rank.level)))
    for level, ky, ru, en in RANKS:
        if level not in levels:
            db.session.add(Rank(level=level, name_ky=ky, name_ru=ru, name_en=en))
    db.session.flush()
    by_code = {region.code: region for region in db.session.scalars(sa.select(Region))}
    units = {unit.code: unit for unit in db.session.scalars(sa.select(Unit))}
    for code, kind, parent, region, ky, ru, en in UNITS:
        if code not in units:
            units[code] = add_unit(
                code, kind, units.get(parent or ""), by_code.get(region or ""), (ky, ru, en)
            )


def add_unit(
    code: str,
    kind: str,
    parent: Unit | None,
    region: Region | None,
    names: tuple[str, str, str],
    since: date = SINCE,
) -> Unit:
    """Add a unit under a parent, in a region from a day on; no region means *Central*."""
    ky, ru, en = names
    unit = Unit(
        code=code, kind=kind, parent_id=parent.id if parent else None, name_ky=ky, name_ru=ru, name_en=en
    )
    db.session.add(unit)
    db.session.flush()
    if region is not None:
        db.session.add(UnitRegion(unit_id=unit.id, region_id=region.id, from_on=since))
    return unit
