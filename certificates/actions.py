"""What is done with certificates: issue, keep a printed file, revoke, reissue. Nothing is ever deleted."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from certificates import queries, rules
from certificates.models import Certificate, CertificateFile, SerialCounter
from courses.models import Course
from lms import audit, clock
from lms.db import db, own_transaction
from lms.errors import RuleError
from lms.people.models import Region, Unit


class NotInForce(RuleError):
    """The certificate was revoked or replaced before."""

    title = _l("This certificate is not in force any more")
    advice = _l("It was revoked or replaced before. Open its page to see when and why.")


class NothingToCorrect(RuleError):
    """The name is as printed and the certificate was not revoked, or it was replaced before."""

    title = _l("There is nothing to issue anew")
    advice = _l(
        "A certificate is issued anew after the officer's name was corrected, or after it was revoked by mistake, and"
        " only once."
    )


class NothingPrinted(RuleError):
    """A revoked or replaced certificate is not printed for the first time."""

    status = 404
    title = _l("There is no such file")
    advice = _l("The certificate was revoked or replaced before anybody had it printed in this language.")


def issue(completion_id: int) -> Certificate | None:
    """Issue the certificate of a completion in the running transaction; return it.

    None when the course revision gives no certificate (no `certificate` in course.yaml). The same completion never
    gives a second one: the one that is there is returned, and the unique index refuses what races past that.
    """
    facts = queries.get_facts(completion_id)
    policy = facts.revision.definition.get("certificate")
    if policy is None:
        return None
    completion = facts.completion
    number = _Number(facts.course, completion.completed_on.year)
    # Asked under the counter's lock, so that a rival's certificate is seen and no number is lost.
    found = queries.find_first(completion_id)
    if found is not None:
        return found
    certificate = _add(
        number,
        officer_id=completion.officer_id,
        completion_id=completion.id,
        cycle=completion.cycle,
        issued_on=completion.completed_on,
        expires_on=rules.expires_on(completion.completed_on, policy.get("validity_months")),
        snapshot=_snapshot(facts),
    )
    audit.record(
        "certificate.issued",
        "certificate",
        subject_id=certificate.id,
        actor_id=None,  # whoever met the last requirement has an entry of that; issuing follows from the rules
        person_id=certificate.officer_id,
        after=_audited(certificate),
    )
    return certificate


def revoke(certificate: Certificate, *, actor_id: int, reason: str) -> None:
    """Revoke a certificate, whose row is locked, for a reason that the public page shows.

    :raises NotInForce: when it was revoked or replaced before.
    """
    if not rules.may_revoke(queries.standing_of(certificate)):
        raise NotInForce
    # Not deleted: an inspector may ask for a revoked certificate years later.
    certificate.revoked_at = clock.now()
    certificate.revoked_on = clock.today()
    certificate.revoked_by_id = actor_id
    certificate.revocation_reason = reason
    audit.record(
        "certificate.revoked",
        "certificate",
        subject_id=certificate.id,
        actor_id=actor_id,
        person_id=certificate.officer_id,
        after={"serial": certificate.serial, "revoked_on": certificate.revoked_on.isoformat()},
        reason=reason,
    )


def reissue(certificate: Certificate, *, actor_id: int, reason: str) -> Certificate:
    """Replace a certificate, whose row is locked, by a new one with the officer's name of today; return the new one.

    What was earned, and until when it counts, stays as it was.

    :raises NothingToCorrect: when the name is as printed and it was not revoked, or it was replaced before.
    """
    officer = certificate.officer
    if not rules.may_reissue(queries.standing_of(certificate), name_differs=name_differs(certificate)):
        raise NothingToCorrect
    course = db.session.get_one(Course, certificate.course_id)
    today = clock.today()
    certificate.superseded_at = clock.now()
    db.session.flush()  # before the new one: only one may be in force
    new = _add(
        _Number(course, today.year),
        officer_id=certificate.officer_id,
        completion_id=certificate.completion_id,
        cycle=certificate.cycle,
        issued_on=today,
        expires_on=certificate.expires_on,
        snapshot={
            **certificate.snapshot,
            "name": officer.full_name,
            "latin_name": officer.latin_name,
            "sex": officer.sex,
            "template": rules.TEMPLATE_REVISION,
            "replaces": certificate.serial,
        },
        replaces_id=certificate.id,
    )
    audit.record(
        "certificate.reissued",
        "certificate",
        subject_id=new.id,
        actor_id=actor_id,
        person_id=new.officer_id,
        before=_audited(certificate),
        after=_audited(new),
        reason=reason,
    )
    return new


def name_differs(certificate: Certificate) -> bool:
    """Say whether the officer's name of today is another than the printed one."""
    return bool(certificate.officer.full_name != certificate.snapshot["name"])


def keep_file(certificate: Certificate, language: str, draw: Callable[[Certificate, str], bytes]) -> bytes:
    """Return the bytes of the certificate's file; `draw` makes them once, at the first demand.

    Belongs to a read, so the row is written in a transaction of its own. Of two first demands at once both draw,
    the database keeps one, and both get that.

    :raises NothingPrinted: for the first file of a revoked or superseded certificate.
    """
    kept = queries.find_file(certificate.id, language)
    if kept is not None:
        return kept
    if not rules.may_print(queries.standing_of(certificate)):
        raise NothingPrinted
    certificate_id = certificate.id
    content = draw(certificate, language)
    try:
        with own_transaction() as session:
            session.add(
                CertificateFile(
                    certificate_id=certificate_id,
                    language=language,
                    sha256=hashlib.sha256(content).hexdigest(),
                    rendered_at=clock.now(),
                    content=content,
                )
            )
    except IntegrityError:
        winner = queries.find_file(certificate_id, language)
        if winner is None:
            raise
        return winner
    return content


class _Number:
    """The next running number of a course and year; taken under the lock of the counter's row.

    The lock lasts until the commit, and a rollback gives the number back: numbers run without gaps.
    """

    def __init__(self, course: Course, year: int) -> None:
        self.course = course
        self.year = year
        self.counter = self._locked() or self._first()

    def _locked(self) -> SerialCounter | None:
        return db.session.scalar(
            sa.select(SerialCounter)
            .where(SerialCounter.course_id == self.course.id, SerialCounter.year == self.year)
            .with_for_update()
            .execution_options(populate_existing=True)
        )

    def _first(self) -> SerialCounter:
        try:
            with db.session.begin_nested():
                db.session.execute(
                    sa.insert(SerialCounter).values(course_id=self.course.id, year=self.year, last=0)
                )
        except IntegrityError:
            pass  # another transaction's first certificate of the year came in between; its row is there now
        counter = self._locked()
        if counter is None:
            raise RuntimeError("the counter of serial numbers vanished")
        return counter

    def take(self) -> int:
        """Return the number; it is taken when the transaction commits."""
        self.counter.last += 1
        return self.counter.last


def _add(
    number: _Number,
    *,
    officer_id: int,
    completion_id: int,
    cycle: int,
    issued_on: date,
    expires_on: date | None,
    snapshot: dict[str, Any],
    replaces_id: int | None = None,
) -> Certificate:
    running = number.take()
    certificate = Certificate(
        officer_id=officer_id,
        course_id=number.course.id,
        completion_id=completion_id,
        cycle=cycle,
        serial=rules.serial(number.course.code, number.year, running),
        year=number.year,
        running_number=running,
        verification_code=rules.new_code(),
        issued_at=clock.now(),
        issued_on=issued_on,
        expires_on=expires_on,
        snapshot=snapshot,
        replaces_id=replaces_id,
    )
    db.session.add(certificate)
    db.session.flush()
    return certificate


def _snapshot(facts: queries.Facts) -> dict[str, Any]:
    """Return what is printed, and where and when it was earned, as plain values."""
    completion = facts.completion
    unit = db.session.get(Unit, completion.unit_id) if completion.unit_id else None
    region = db.session.get(Region, completion.region_id) if completion.region_id else None
    hours = facts.revision.definition.get("hours", {})
    return {
        "name": facts.officer.full_name,
        "latin_name": facts.officer.latin_name,
        "sex": facts.officer.sex,  # Russian says who completed a course in two forms
        "course_code": facts.course.code,
        "title": dict(facts.titles),
        "summary": dict(facts.summaries),
        "hours": {"online": hours.get("online", 0), "face_to_face": hours.get("face_to_face", 0)},
        "score": completion.score,
        "revision": facts.revision.number,
        "completed_on": completion.completed_on.isoformat(),
        "unit": queries.names_by_language(unit),
        "region": queries.names_by_language(region),
        "template": rules.TEMPLATE_REVISION,
    }


def _audited(certificate: Certificate) -> dict[str, Any]:
    return {
        "serial": certificate.serial,
        "name": certificate.snapshot["name"],
        "completion_id": certificate.completion_id,
        "issued_on": certificate.issued_on.isoformat(),
        "expires_on": certificate.expires_on.isoformat() if certificate.expires_on else None,
    }
