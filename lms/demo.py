"""Demonstration people: invented, one of every role, known to README and to the tests as the cast.

Aigul is enrolled, Bakyt is not, Chinara is a senior colleague of Aigul, Daniyar instructs, Elena administers;
Gulnara is the department, Farida audits everything, Ilyas audits Osh, Jyldyz audits Naryn, Kanat instructs
another course.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from lms import clock, plugins
from lms.accounts.models import Credential
from lms.accounts.passwords import make_hash
from lms.db import db
from lms.people import reference
from lms.people.keys import search_key_of, sort_key_of
from lms.people.models import Installation, Person, Posting, Rank, Region, RoleAssignment, Unit
from lms.people.rules import Names

PASSWORD = "demonstration-2026"


@dataclass(frozen=True)
class Member:
    """An invented person: names, role, unit, rank level, the region an auditor reads."""

    key: str
    number: str
    names: tuple[str, str, str]
    sex: str
    role: str
    unit: str | None = None
    level: int = 11
    region: str | None = None
    language: str = "ky"
    job: str = ""


@dataclass(frozen=True)
class Cast:
    """The ids of the demonstration people, by their key (`aigul`)."""

    ids: dict[str, int]

    def __getitem__(self, key: str) -> int:
        return self.ids[key]


# Code, kind, parent, region, names.
UNITS = (
    (
        "ROVD-UZGEN",
        "rovd",
        "UVD-O",
        "KG-O",
        ("Өзгөн РИИБ", "РОВД Узгенского района", "Uzgen district department"),
    ),
    (
        "ROVD-KARASUU",
        "rovd",
        "UVD-O",
        "KG-O",
        ("Кара-Суу РИИБ", "РОВД Кара-Сууйского района", "Kara-Suu district department"),
    ),
    (
        "ROVD-ATBASHY",
        "rovd",
        "UVD-N",
        "KG-N",
        ("Ат-Башы РИИБ", "РОВД Ат-Башинского района", "At-Bashy district department"),
    ),
    (
        "UVD-LENIN",
        "citydist",
        "GUVD-BISHKEK",
        "KG-GB",
        ("Ленин райондук ИИБ", "УВД Ленинского района", "Leninskiy district department"),
    ),
)
MEMBERS = (
    Member(
        "aigul",
        "100001",
        ("Асанова", "Айгүл", "Токтогуловна"),
        "f",
        "officer",
        "ROVD-UZGEN",
        12,
        job="аймактык инспектор",
    ),
    Member("bakyt", "100002", ("Жээнбеков", "Бакыт", "Өмүрбекович"), "m", "officer", "ROVD-UZGEN", 9),
    Member(
        "chinara",
        "100003",
        ("Сыдыкова", "Чынара", "Маратовна"),
        "f",
        "officer",
        "ROVD-ATBASHY",
        13,
        language="ru",
    ),
    Member("nurbek", "100004", ("Үсөнов", "Нурбек", "Таалайбекович"), "m", "officer", "ROVD-KARASUU", 12),
    Member(
        "salima",
        "100005",
        ("Каримова", "Салима", "Рустамовна"),
        "f",
        "officer",
        "UVD-LENIN",
        12,
        language="ru",
    ),
    Member("timur", "100006", ("Абдырахманов", "Тимур", "Эсенович"), "m", "officer", "ROVD-ATBASHY", 14),
    Member(
        "daniyar",
        "200001",
        ("Осмонов", "Данияр", "Кубатович"),
        "m",
        "instructor",
        "ACADEMY",
        13,
        language="ru",
    ),
    Member("kanat", "200002", ("Эшимов", "Канат", "Болотович"), "m", "instructor", "ACADEMY", 12),
    Member("elena", "300001", ("Петрова", "Елена", "Сергеевна"), "f", "administrator", language="ru"),
    Member(
        "gulnara", "300002", ("Токтосунова", "Гүлнара", "Жолдошбековна"), "f", "department_officer", "MOI", 13
    ),
    Member("farida", "300003", ("Исмаилова", "Фарида", "Азизовна"), "f", "department_auditor", language="ru"),
    Member("ilyas", "300004", ("Мамытов", "Илияс", "Рысбекович"), "m", "regional_auditor", region="KG-O"),
    Member("jyldyz", "300005", ("Бекова", "Жылдыз", "Асылбековна"), "f", "regional_auditor", region="KG-N"),
)


class PeopleThereAlready(Exception):
    """The database holds people who are not invented; the text is one sentence."""


def is_loaded() -> bool:
    """Say whether the database is stamped as a demonstration."""
    return db.session.get(Installation, "demonstration") is not None


def load(watch: Callable[[Sequence[Any]], AbstractContextManager[Iterable[Any]]] = nullcontext) -> Cast:
    """Add the people and what every plug-in adds for them, and stamp the database. The caller commits.

    `watch` may show progress: it is given the plug-ins' parts and hands them out one by one.

    :raises PeopleThereAlready: everybody knows the password of the invented administrator.
    """
    if db.session.scalar(sa.select(Person.id).limit(1)) is not None:
        raise PeopleThereAlready(
            "The database holds people already; demonstration people are loaded into an empty one only."
        )
    reference.load()
    db.session.add(Installation(key="demonstration", value=clock.today().isoformat()))
    cast = add_people()
    # What a plug-in adds stands on what those that it requires added.
    order = {manifest.name: number for number, manifest in enumerate(plugins.suite().manifests)}
    found = plugins.hooks().load_demonstration.get_hookimpls()
    with watch(sorted(found, key=lambda part: order[part.plugin.manifest().name])) as parts:
        for part in parts:
            part.function(cast=cast)
    return cast


def add_people() -> Cast:
    """Add the units and the people, with their password, roles and postings."""
    units = {unit.code: unit for unit in db.session.scalars(sa.select(Unit))}
    regions = {region.code: region for region in db.session.scalars(sa.select(Region))}
    ranks = {rank.level: rank for rank in db.session.scalars(sa.select(Rank))}
    for code, kind, parent, region, names in UNITS:
        units[code] = reference.add_unit(code, kind, units[parent], regions[region], names)
    kept = make_hash(PASSWORD)  # one hash for all: they are not secrets
    return Cast({member.key: _add(member, units, regions, ranks, kept) for member in MEMBERS})


def _add(
    member: Member, units: dict[str, Unit], regions: dict[str, Region], ranks: dict[int, Rank], kept: str
) -> int:
    now = clock.now()
    since = date(2015, 9, 1)
    family, given, patronymic = member.names
    names = Names(family, given, patronymic)
    person = Person(
        service_number=member.number,
        family_name=family,
        given_name=given,
        patronymic=patronymic,
        latin_name="",
        sex=member.sex,
        entered_service_on=since,
        language=member.language,
        created_at=now,
        search_key=search_key_of(names, member.number),
        sort_key=sort_key_of(names),
    )
    db.session.add(person)
    db.session.flush()
    db.session.add(Credential(person_id=person.id, password_hash=kept, set_at=now))
    region_id = regions[member.region].id if member.region else None
    db.session.add(RoleAssignment(person_id=person.id, role=member.role, region_id=region_id, from_on=since))
    if member.unit:
        db.session.add(
            Posting(
                person_id=person.id,
                unit_id=units[member.unit].id,
                rank_id=ranks[member.level].id,
                job=member.job,
                from_on=since,
                recorded_at=now,
            )
        )
    return person.id
