"""What is asked about certificates. Ownership and the scope of who asks are applied here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import abort
from flask_babel import format_decimal
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import contains_eager, selectinload

from certificates.models import Certificate, CertificateFile
from certificates.rules import Standing, State, grouped, state_on
from courses.models import Completion, Course, CourseRevision, CourseText, InstructorAssignment
from lms.access import Actor
from lms.db import db, like_pattern
from lms.i18n import CENTRAL, pick
from lms.pages import Page, scalars_page_of
from lms.people.models import Person

# Roles that see every certificate.
EVERYWHERE = frozenset({"department_officer", "department_auditor"})

STATE_LABELS = {
    State.VALID: _l("Valid"),
    State.EXPIRED: _l("Expired"),
    State.REVOKED: _l("Revoked"),
    State.SUPERSEDED: _l("Superseded"),
}
# The colours of docs/interface.md; the word carries the meaning.
STATE_KINDS = {
    State.VALID: "done",
    State.EXPIRED: "late",
    State.REVOKED: "late",
    State.SUPERSEDED: "off",
}


@dataclass(frozen=True)
class Shown:
    """A certificate as pages show it: with its state of the day and its title in the language of the request."""

    certificate: Certificate
    state: State
    title: str
    title_language: str

    @property
    def state_label(self) -> str:
        """Return the state in a word."""
        return str(STATE_LABELS[self.state])

    @property
    def state_kind(self) -> str:
        """Return the kind of the macro `status`."""
        return STATE_KINDS[self.state]

    @property
    def hours(self) -> int:
        """Return the academic hours of the course."""
        hours = self.certificate.snapshot["hours"]
        return int(hours["online"] + hours["face_to_face"])

    @property
    def score(self) -> str:
        """Return the course score in percent as the language of the request writes it, or nothing."""
        score = self.certificate.snapshot["score"]
        return "" if score is None else f"{format_decimal(score, format='0.#')}\u00a0%"

    @property
    def completed_on(self) -> date:
        """Return the day of completion; a reissued certificate is dated later."""
        return date.fromisoformat(self.certificate.snapshot["completed_on"])

    @property
    def code(self) -> str:
        """Return the verification code as it is printed."""
        return grouped(self.certificate.verification_code)

    @property
    def unit(self) -> str:
        """Return the unit of the day of completion, in the language of the request, or nothing."""
        return _in_language(self.certificate.snapshot["unit"])

    @property
    def region(self) -> str:
        """Return the region of the day of completion; units without one count under Central."""
        return _in_language(self.certificate.snapshot["region"]) or str(CENTRAL)


def shown(certificate: Certificate, day: date) -> Shown:
    """Return a certificate as pages show it on a day."""
    title, language = pick(certificate.snapshot["title"])
    return Shown(certificate, state_on(standing_of(certificate), day), title, language)


def _in_language(names: Mapping[str, str]) -> str:
    return str(pick(names)[0]) if names else ""


@dataclass(frozen=True)
class Wanted:
    """What the register is searched for; an empty value asks for nothing."""

    text: str = ""
    course_id: int | None = None
    state: State | None = None

    @property
    def active(self) -> int:
        """Return how many filters are set."""
        return sum(bool(value) for value in (self.text, self.course_id, self.state))


@dataclass(frozen=True)
class CourseChoice:
    """A course that has certificates: its code and its title in the language of the request."""

    course_id: int
    code: str
    title: str


@dataclass(frozen=True)
class Facts:
    """What a certificate is made of, as of the day of completion."""

    completion: Completion
    course: Course
    revision: CourseRevision
    officer: Person
    titles: Mapping[str, str]
    summaries: Mapping[str, str]


def standing_of(certificate: Certificate) -> Standing:
    """Return what the state of a certificate depends on."""
    return Standing(
        expires_on=certificate.expires_on,
        revoked=certificate.revoked_at is not None,
        superseded=certificate.superseded_at is not None,
    )


def in_state(state: State, day: date) -> sa.ColumnElement[bool]:
    """Return the condition that a certificate stands so on a day; the same cases as `rules.state_on`."""
    superseded = Certificate.superseded_at.is_not(None)
    revoked = Certificate.revoked_at.is_not(None)
    expired = Certificate.expires_on < day
    if state is State.SUPERSEDED:
        return superseded
    if state is State.REVOKED:
        return sa.and_(~superseded, revoked)
    if state is State.EXPIRED:
        return sa.and_(~superseded, ~revoked, expired)
    return sa.and_(~superseded, ~revoked, sa.or_(Certificate.expires_on.is_(None), ~expired))


def visible_to(actor: Actor, day: date) -> sa.ColumnElement[bool]:
    """Return the condition that who acts may see a certificate of somebody else.

    The department sees all; a regional auditor what was earned in the own region *then*; an instructor what was
    earned in the own courses.
    """
    if actor.roles & EVERYWHERE:
        return sa.true()
    parts: list[sa.ColumnElement[bool]] = []
    if "regional_auditor" in actor.roles:
        earned_there = sa.select(Completion.id).where(Completion.region_id.in_(actor.region_ids))
        parts.append(Certificate.completion_id.in_(earned_there))
    if "instructor" in actor.roles:
        own_courses = sa.select(InstructorAssignment.course_id).where(
            InstructorAssignment.person_id == actor.person_id,
            InstructorAssignment.from_on <= day,
            sa.or_(InstructorAssignment.to_on.is_(None), InstructorAssignment.to_on >= day),
        )
        parts.append(Certificate.course_id.in_(own_courses))
    return sa.or_(sa.false(), *parts)


def own(person_id: int) -> list[Certificate]:
    """Return a person's certificates, the newest first (one query)."""
    return list(
        db.session.scalars(
            sa.select(Certificate)
            .where(Certificate.officer_id == person_id)
            .order_by(Certificate.issued_on.desc(), Certificate.id.desc())
        )
    )


def own_in_force(person_id: int, limit: int) -> list[Certificate]:
    """Return a person's newest certificates that are neither revoked nor superseded (one query)."""
    return list(
        db.session.scalars(
            sa.select(Certificate)
            .where(
                Certificate.officer_id == person_id,
                Certificate.revoked_at.is_(None),
                Certificate.superseded_at.is_(None),
            )
            .order_by(Certificate.issued_on.desc(), Certificate.id.desc())
            .limit(limit)
        )
    )


def own_of_course(person_id: int, course_id: int) -> Certificate | None:
    """Return a person's newest certificate of a course that is not superseded, or None (one query)."""
    return db.session.scalar(
        sa.select(Certificate)
        .where(
            Certificate.officer_id == person_id,
            Certificate.course_id == course_id,
            Certificate.superseded_at.is_(None),
        )
        .order_by(Certificate.cycle.desc(), Certificate.id.desc())
        .limit(1)
    )


def own_or_404(person_id: int, certificate_id: int) -> Certificate:
    """Return a person's own certificate; somebody else's is not found."""
    found = db.session.scalar(
        sa.select(Certificate).where(Certificate.id == certificate_id, Certificate.officer_id == person_id)
    )
    if found is None:
        abort(404)
    return found


def visible_or_404(actor: Actor, certificate_id: int, day: date) -> Certificate:
    """Return a certificate with its officer and files, if who acts may see it."""
    found = db.session.scalar(_visible(actor, certificate_id, day).options(selectinload(Certificate.files)))
    if found is None:
        abort(404)
    return found


def locked_or_404(actor: Actor, certificate_id: int, day: date) -> Certificate:
    """Return a certificate that is about to change, its row locked until the commit."""
    found = db.session.scalar(
        _visible(actor, certificate_id, day)
        .with_for_update(of=Certificate)
        .execution_options(populate_existing=True)
    )
    if found is None:
        abort(404)
    return found


def _visible(actor: Actor, certificate_id: int, day: date) -> "sa.Select[Certificate]":
    return (
        sa.select(Certificate)
        .join(Certificate.officer)
        .options(contains_eager(Certificate.officer))
        .where(Certificate.id == certificate_id, visible_to(actor, day))
    )


def register(actor: Actor, wanted: Wanted, number: int, day: date) -> Page[Certificate]:
    """Return a page of the certificates who acts may see, the newest first (two queries)."""
    found = (
        sa.select(Certificate)
        .join(Certificate.officer)
        .options(contains_eager(Certificate.officer))
        .where(visible_to(actor, day))
        .order_by(Certificate.issued_on.desc(), Certificate.id.desc())
    )
    for word in wanted.text.split():
        pattern = like_pattern(word)
        found = found.where(
            sa.or_(
                Person.search_key.like(pattern, escape="\\"),
                sa.func.lower(Certificate.serial).like(pattern, escape="\\"),
            )
        )
    if wanted.course_id:
        found = found.where(Certificate.course_id == wanted.course_id)
    if wanted.state:
        found = found.where(in_state(wanted.state, day))
    return scalars_page_of(found, number)


def courses_with_certificates(actor: Actor, day: date) -> list[CourseChoice]:
    """Return the courses of the certificates who acts may see, by code (one query)."""
    newest = (
        sa.select(sa.func.max(CourseRevision.id))
        .where(CourseRevision.state == "published")
        .group_by(CourseRevision.course_id)
    )
    with_certificates = sa.select(Certificate.course_id).where(visible_to(actor, day))
    rows = db.session.execute(
        sa.select(Course.id, Course.code, CourseText.language, CourseText.title)
        .join(CourseRevision, CourseRevision.course_id == Course.id)
        .join(CourseText, CourseText.course_revision_id == CourseRevision.id)
        .where(Course.id.in_(with_certificates), CourseRevision.id.in_(newest))
        .order_by(Course.code)
    )
    titles: dict[tuple[int, str], dict[str, str]] = {}
    for course_id, code, language, title in rows:
        titles.setdefault((course_id, code), {})[language] = title
    return [CourseChoice(course_id, code, pick(texts)[0]) for (course_id, code), texts in titles.items()]


def relatives(certificate: Certificate) -> tuple[Certificate | None, Certificate | None]:
    """Return the certificate this one replaced and the one that replaced it (one query)."""
    before: Certificate | None = None
    after: Certificate | None = None
    for other in db.session.scalars(
        sa.select(Certificate).where(
            sa.or_(
                Certificate.id == (certificate.replaces_id or 0), Certificate.replaces_id == certificate.id
            )
        )
    ):
        if other.id == certificate.replaces_id:
            before = other
        else:
            after = other
    return before, after


def find_by_code(code: str) -> Certificate | None:
    """Return the certificate with a verification code, with the digests of its files, or None."""
    return db.session.scalar(
        sa.select(Certificate)
        .where(Certificate.verification_code == code)
        .options(selectinload(Certificate.files))
    )


def find_by_file(sha256: str) -> Certificate | None:
    """Return the certificate of which a file with exactly these bytes was issued, or None."""
    return db.session.scalar(
        sa.select(Certificate)
        .join(CertificateFile, CertificateFile.certificate_id == Certificate.id)
        .where(CertificateFile.sha256 == sha256)
        .options(selectinload(Certificate.files))
    )


def find_file(certificate_id: int, language: str) -> bytes | None:
    """Return the bytes of a file that was printed before, or None."""
    return db.session.scalar(
        sa.select(CertificateFile.content).where(
            CertificateFile.certificate_id == certificate_id, CertificateFile.language == language
        )
    )


def find_first(completion_id: int) -> Certificate | None:
    """Return the certificate that a completion gave, or None."""
    return db.session.scalar(
        sa.select(Certificate).where(
            Certificate.completion_id == completion_id, Certificate.replaces_id.is_(None)
        )
    )


def get_facts(completion_id: int) -> Facts:
    """Return what the certificate of a completion is made of (two queries).

    :raises sqlalchemy.exc.NoResultFound: without such a completion.
    """
    completion, course, revision, officer = db.session.execute(
        sa.select(Completion, Course, CourseRevision, Person)
        .join(Course, Course.id == Completion.course_id)
        .join(CourseRevision, CourseRevision.id == Completion.course_revision_id)
        .join(Person, Person.id == Completion.officer_id)
        .where(Completion.id == completion_id)
    ).one()
    texts = db.session.scalars(
        sa.select(CourseText)
        .where(CourseText.course_revision_id == revision.id)
        .order_by(CourseText.language)
    ).all()
    return Facts(
        completion=completion,
        course=course,
        revision=revision,
        officer=officer,
        titles={text.language: text.title for text in texts},
        summaries={text.language: text.summary for text in texts},
    )


def names_by_language(record: Any) -> dict[str, str]:
    """Return the names of a unit, region or rank by language; nothing for None."""
    return {} if record is None else {code: record.name(code) for code in ("ky", "ru", "en")}
