"""Persons, names, roles, postings, units, regions, ranks."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.db import Base

OPEN = sa.text("to_on IS NULL")


class Region(Base):
    """A first-level territorial unit, as dated reference data. Source: curriculum Annex B.1 (ISO 3166-2:KG)."""

    __tablename__ = "region"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name_ky: Mapped[str]
    name_ru: Mapped[str]
    name_en: Mapped[str]
    position: Mapped[int]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    def name(self, language: str) -> str:
        """Return the name in a language of the interface."""
        return str(getattr(self, f"name_{language}"))


class Rank(Base):
    """A special rank; rules use `level` (captain or higher = 11 and up). Source: curriculum Annex B.2."""

    __tablename__ = "rank"

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(unique=True)
    name_ky: Mapped[str]
    name_ru: Mapped[str]
    name_en: Mapped[str]

    def name(self, language: str) -> str:
        """Return the name in a language of the interface."""
        return str(getattr(self, f"name_{language}"))


class Unit(Base):
    """A unit of the service: Ministry → oblast or city department → district or town department → section."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    name_ky: Mapped[str]
    name_ru: Mapped[str]
    name_en: Mapped[str]
    closed_on: Mapped[date | None]

    def name(self, language: str) -> str:
        """Return the name in a language of the interface."""
        return str(getattr(self, f"name_{language}"))


class UnitRegion(Base):
    """The region a unit belongs to on given days; a unit without one counts under *Central*."""

    __tablename__ = "unit_region"
    __table_args__ = (
        Index("uq_unit_region_open", "unit_id", unique=True, postgresql_where=OPEN, sqlite_where=OPEN),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]


class Person(Base):
    """Who signs in. An officer is a person with postings; auditors and civilians need none."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("sex IN ('f', 'm')", name="sex"),
        CheckConstraint("language IN ('ky', 'ru', 'en')", name="language"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_number: Mapped[str] = mapped_column(unique=True)  # the login name
    family_name: Mapped[str]
    given_name: Mapped[str]
    patronymic: Mapped[str] = mapped_column(default="")
    latin_name: Mapped[str] = mapped_column(default="")
    sex: Mapped[str]
    entered_service_on: Mapped[date | None]
    language: Mapped[str] = mapped_column(default="ky")
    search_key: Mapped[str] = mapped_column(index=True)
    sort_key: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    suspension_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column()

    roles: Mapped[list["RoleAssignment"]] = relationship(
        back_populates="person", foreign_keys="RoleAssignment.person_id"
    )
    postings: Mapped[list["Posting"]] = relationship(
        foreign_keys="Posting.person_id", order_by="Posting.from_on", back_populates="person"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def full_name(self) -> str:
        """Return family name, given name and patronymic, as documents print them."""
        return " ".join(part for part in (self.family_name, self.given_name, self.patronymic) if part)


class NameChange(Base):
    """A correction of a person's names: what stood before, and why it was changed. Rows are only added."""

    __tablename__ = "name_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


class RoleAssignment(Base):
    """A role a person holds from a day to a day. A regional auditor's role names its region."""

    __tablename__ = "role_assignment"
    __table_args__ = (
        CheckConstraint(
            "role IN ('officer', 'instructor', 'regional_auditor', 'department_auditor', 'department_officer',"
            " 'administrator')",
            name="role",
        ),
        CheckConstraint("(role = 'regional_auditor') = (region_id IS NOT NULL)", name="region"),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="days"),
        Index(
            "uq_role_assignment_open",
            "person_id",
            "role",
            sa.text("coalesce(region_id, 0)"),
            unique=True,
            postgresql_where=OPEN,
            sqlite_where=OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str]
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]  # the last day on which the role is held
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(back_populates="roles", foreign_keys=[person_id])
    region: Mapped[Region | None] = relationship()


class Posting(Base):
    """Where an officer serves, from a day to a day, and when that was recorded.

    A correction of the past supersedes the row and adds another, so that a figure can be given as known on a day.
    """

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="days"),
        Index(
            "uq_posting_open",
            "person_id",
            unique=True,
            postgresql_where=sa.text("to_on IS NULL AND superseded_at IS NULL"),
            sqlite_where=sa.text("to_on IS NULL AND superseded_at IS NULL"),
        ),
        Index("ix_posting_unit_person", "unit_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    rank_id: Mapped[int] = mapped_column(ForeignKey("rank.id"))
    job: Mapped[str] = mapped_column(default="")  # the post, as the order words it
    from_on: Mapped[date]
    to_on: Mapped[date | None]  # the last day in the post
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    superseded_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id], back_populates="postings")
    unit: Mapped[Unit] = relationship()
    rank: Mapped[Rank] = relationship()


class Installation(Base):
    """Facts about this database itself; `demonstration` stamps one that holds invented people."""

    __tablename__ = "installation"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
