"""What is done to people: create, post, correct names, suspend, give and end roles. The caller commits.

Every function takes the row lock of the person first, so that two clerks cannot leave two open postings.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from lms import audit, clock
from lms.accounts import sessions
from lms.db import db
from lms.errors import ChangedMeanwhile
from lms.people import directory, keys, rules
from lms.people.models import NameChange, Person, Posting, RoleAssignment, Unit
from lms.people.rules import Held, Names, Span


@dataclass(frozen=True)
class NewPosting:
    """A posting as an order gives it."""

    unit_id: int
    rank_id: int
    job: str
    from_on: date


@dataclass(frozen=True)
class NewPerson:
    """A person to be created. Without a posting it is staff, who get their role afterwards."""

    service_number: str
    names: Names
    sex: str
    language: str
    entered_service_on: date | None = None
    posting: NewPosting | None = None


def create(new: NewPerson, *, actor_id: int | None) -> Person:
    """Add a person; an officer with the posting and the role *officer*.

    :raises ServiceNumberTaken: when somebody has the number.
    :raises PostingRefused: when the day of the posting does not fit.
    """
    number = rules.normal_number(new.service_number)
    if db.session.scalar(sa.select(Person.id).where(Person.service_number == number)) is not None:
        raise rules.ServiceNumberTaken
    if new.posting is not None:
        _check_unit(new.posting.unit_id, new.posting.from_on)
        rules.closing_day(new.posting.from_on, [], today=clock.today(), entered_on=new.entered_service_on)
    person = Person(
        service_number=number,
        family_name=new.names.family,
        given_name=new.names.given,
        patronymic=new.names.patronymic,
        latin_name=new.names.latin,
        sex=new.sex,
        entered_service_on=new.entered_service_on,
        language=new.language,
        search_key=keys.search_key_of(new.names, number),
        sort_key=keys.sort_key_of(new.names),
        created_at=clock.now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(person)
    except IntegrityError:  # somebody created the same number between the question and the answer
        raise rules.ServiceNumberTaken from None
    audit.record(
        "person.created",
        "person",
        subject_id=person.id,
        person_id=person.id,
        actor_id=actor_id,
        after={
            "service_number": number,
            **new.names.as_record(),
            "sex": new.sex,
            "entered_service_on": _iso(new.entered_service_on),
        },
    )
    if new.posting is not None:
        _add_posting(person.id, new.posting, to_on=None, actor_id=actor_id, action="posting.recorded")
        _add_role(person.id, "officer", None, Span(clock.today(), None), actor_id=actor_id)
    return person


def _check_unit(unit_id: int, day: date) -> None:
    unit = db.session.get(Unit, unit_id)
    if unit is None or (unit.closed_on is not None and unit.closed_on < day):
        raise rules.PostingRefused(rules.UNIT_CLOSED)


def _add_posting(
    person_id: int,
    new: NewPosting,
    *,
    to_on: date | None,
    actor_id: int | None,
    action: str,
    before: dict[str, Any] | None = None,
    reason: str = "",
) -> Posting:
    posting = _row_of(person_id, new, to_on=to_on, actor_id=actor_id)
    db.session.add(posting)
    db.session.flush()
    audit.record(
        action,
        "posting",
        subject_id=posting.id,
        person_id=person_id,
        actor_id=actor_id,
        before=before,
        after=_posting_record(posting),
        reason=reason,
    )
    return posting


def _row_of(person_id: int, new: NewPosting, *, to_on: date | None, actor_id: int | None) -> Posting:
    return Posting(
        person_id=person_id,
        unit_id=new.unit_id,
        rank_id=new.rank_id,
        job=new.job,
        from_on=new.from_on,
        to_on=to_on,
        recorded_at=clock.now(),
        recorded_by_id=actor_id,
    )


def _posting_record(posting: Posting) -> dict[str, Any]:
    return {
        "unit": posting.unit.code,
        "rank": posting.rank.name_ru,
        "job": posting.job,
        "from_on": _iso(posting.from_on),
        "to_on": _iso(posting.to_on),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _locked(person_id: int) -> Person:
    statement = sa.select(Person).where(Person.id == person_id).with_for_update()
    # What the page read before the lock may be old by now.
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


def _postings_in_force(person_id: int) -> list[Posting]:
    return list(
        db.session.scalars(
            sa.select(Posting).where(Posting.person_id == person_id, Posting.superseded_at.is_(None))
        )
    )


def record_posting(person_id: int, new: NewPosting, *, actor_id: int | None) -> Posting:
    """Post a person from a day on; the posting that is open ends on the day before.

    The open row is superseded by a closed copy, so that it stays known what was known when.

    :raises PostingRefused: when the day does not fit what is recorded, or the unit is closed.
    """
    person = _locked(person_id)
    existing = _postings_in_force(person_id)
    closes_on = rules.closing_day(
        new.from_on,
        [Span(p.from_on, p.to_on) for p in existing],
        today=clock.today(),
        entered_on=person.entered_service_on,
    )
    _check_unit(new.unit_id, new.from_on)
    before = None
    for posting in existing:
        if posting.to_on is None:
            before = _posting_record(posting)
            _supersede(posting)
            closed = _row_of(person_id, _as_new(posting), to_on=closes_on, actor_id=actor_id)
            db.session.add(closed)
    return _add_posting(
        person_id, new, to_on=None, actor_id=actor_id, action="posting.recorded", before=before
    )


def _as_new(posting: Posting) -> NewPosting:
    return NewPosting(posting.unit_id, posting.rank_id, posting.job, posting.from_on)


def _supersede(posting: Posting) -> None:
    posting.superseded_at = clock.now()
    db.session.flush()  # before another is added: the database lets one posting be open


def correct_posting(
    posting: Posting, new: NewPosting, to_on: date | None, *, reason: str, actor_id: int | None
) -> Posting:
    """Replace a posting that was recorded wrongly; the row stays, superseded, with the moment of the correction.

    :raises PostingRefused: when the days do not fit the person's other postings, or the unit is closed.
    :raises NothingChanged: when nothing differs.
    """
    person = _locked(posting.person_id)
    db.session.refresh(posting)
    if posting.superseded_at is not None:
        raise ChangedMeanwhile
    if (_as_new(posting), posting.to_on) == (new, to_on):
        raise rules.NothingChanged
    rules.check_corrected(
        Span(new.from_on, to_on),
        [Span(p.from_on, p.to_on) for p in _postings_in_force(person.id) if p.id != posting.id],
        today=clock.today(),
        entered_on=person.entered_service_on,
    )
    _check_unit(new.unit_id, new.from_on)
    before = _posting_record(posting)
    _supersede(posting)
    return _add_posting(
        person.id,
        new,
        to_on=to_on,
        actor_id=actor_id,
        action="posting.corrected",
        before=before,
        reason=reason,
    )


def correct_name(
    person_id: int, names: Names, *, reason: str, expected_version: int, actor_id: int | None
) -> None:
    """Change a person's names; what stood before stays in the history, and the person is still found by it.

    :raises ChangedMeanwhile: when the person was changed since the form was opened.
    :raises NothingChanged: when nothing differs.
    """
    person = _locked(person_id)
    if person.version != expected_version:
        raise ChangedMeanwhile
    before = Names(person.family_name, person.given_name, person.patronymic, person.latin_name)
    if before == names:
        raise rules.NothingChanged
    person.family_name, person.given_name = names.family, names.given
    person.patronymic, person.latin_name = names.patronymic, names.latin
    former = [str(value) for row in _former_names(person_id) for value in row.values()]
    former += [str(value) for value in before.as_record().values()]
    person.search_key = keys.search_key_of(names, person.service_number, former)
    person.sort_key = keys.sort_key_of(names)
    db.session.add(
        NameChange(
            person_id=person_id,
            changed_at=clock.now(),
            changed_by_id=actor_id,
            reason=reason,
            before=before.as_record(),
            after=names.as_record(),
        )
    )
    audit.record(
        "person.name_corrected",
        "person",
        subject_id=person_id,
        person_id=person_id,
        actor_id=actor_id,
        before=before.as_record(),
        after=names.as_record(),
        reason=reason,
    )


def _former_names(person_id: int) -> list[dict[str, Any]]:
    return list(db.session.scalars(sa.select(NameChange.before).where(NameChange.person_id == person_id)))


def check_account_change(person_id: int, *, actor_id: int) -> None:
    """Check that the actor may suspend a person or give a new code.

    :raises NotYourself: for one's own account.
    :raises AdministratorsOnly: when only an administrator may.
    """
    rules.check_account_change(
        own=person_id == actor_id,
        target_is_administrator=directory.is_administrator(person_id),
        actor_is_administrator=directory.is_administrator(actor_id),
    )


def suspend(person_id: int, *, reason: str, actor_id: int) -> None:
    """Keep a person from signing in, and end every session.

    :raises NotYourself: for one's own account.
    :raises AdministratorsOnly: for an administrator's account.
    :raises AlreadySuspended: when that was done before.
    """
    check_account_change(person_id, actor_id=actor_id)
    person = _locked(person_id)
    if person.suspended_at is not None:
        raise rules.AlreadySuspended
    person.suspended_at, person.suspension_reason = clock.now(), reason
    sessions.end_all(person_id, "suspended")
    audit.record(
        "person.suspended",
        "person",
        subject_id=person_id,
        person_id=person_id,
        actor_id=actor_id,
        before={"suspended": False},
        after={"suspended": True},
        reason=reason,
    )


def lift_suspension(person_id: int, *, reason: str, actor_id: int) -> None:
    """Let a suspended person sign in again.

    :raises NotSuspended: when no suspension is in force.
    """
    check_account_change(person_id, actor_id=actor_id)
    person = _locked(person_id)
    if person.suspended_at is None:
        raise rules.NotSuspended
    person.suspended_at = person.suspension_reason = None
    audit.record(
        "person.suspension_lifted",
        "person",
        subject_id=person_id,
        person_id=person_id,
        actor_id=actor_id,
        before={"suspended": True},
        after={"suspended": False},
        reason=reason,
    )


def give_role(
    person_id: int, role: str, region_id: int | None, span: Span, *, actor_id: int | None
) -> RoleAssignment:
    """Give a person a role for days.

    :raises RoleRefused: when region or days do not fit, or the role is held already.
    """
    _locked(person_id)
    held = [
        Held(a.role, a.region_id, Span(a.from_on, a.to_on))
        for a in db.session.scalars(sa.select(RoleAssignment).where(RoleAssignment.person_id == person_id))
    ]
    rules.check_new_role(role, region_id, span, held, today=clock.today())
    return _add_role(person_id, role, region_id, span, actor_id=actor_id)


def _add_role(
    person_id: int, role: str, region_id: int | None, span: Span, *, actor_id: int | None
) -> RoleAssignment:
    assignment = RoleAssignment(
        person_id=person_id,
        role=role,
        region_id=region_id,
        from_on=span.from_on,
        to_on=span.to_on,
        given_by_id=actor_id,
    )
    db.session.add(assignment)
    db.session.flush()
    audit.record(
        "role.given",
        "role",
        subject_id=assignment.id,
        person_id=person_id,
        actor_id=actor_id,
        after=_role_record(assignment),
    )
    return assignment


def _role_record(assignment: RoleAssignment) -> dict[str, Any]:
    return {
        "role": assignment.role,
        "region": assignment.region.code if assignment.region else None,
        "from_on": _iso(assignment.from_on),
        "to_on": _iso(assignment.to_on),
    }


def end_role(assignment: RoleAssignment, last_day: date | None, *, actor_id: int) -> None:
    """End a role on a day to come, or at once; at once ends the person's sessions, too.

    A role that has not counted for a whole day is taken back: its row goes, the audit trail keeps it.

    :raises NotYourself: for one's own administrator role.
    :raises RoleRefused: when it has ended, or the day does not fit.
    """
    _locked(assignment.person_id)
    db.session.refresh(assignment)
    rules.check_ending(assignment.role, own=assignment.person_id == actor_id)
    ends_on = rules.last_day_of_role(
        Span(assignment.from_on, assignment.to_on), last_day, today=clock.today()
    )
    before = _role_record(assignment)
    if ends_on is None:
        db.session.delete(assignment)
    else:
        assignment.to_on, assignment.ended_by_id = ends_on, actor_id
    if last_day is None:
        sessions.end_all(assignment.person_id, "role ended")
    audit.record(
        "role.ended",
        "role",
        subject_id=assignment.id,
        person_id=assignment.person_id,
        actor_id=actor_id,
        before=before,
        after={} if ends_on is None else {**before, "to_on": _iso(ends_on)},
    )
