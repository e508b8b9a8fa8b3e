"""What is done with an officer's study: enrol, withdraw, mark as read, complete."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from courses import rules
from courses.models import Attendance, Completion, CourseRevision, Enrolment, Reading, TaskResult
from courses.queries import enrolment as enrolment_queries
from courses.queries import requirements
from courses.queries.enrolment import Named
from lms import audit, clock
from lms.db import db
from lms.errors import RuleError
from lms.people.queries import place_of
from lms.plugins import hooks


class NotEnrollable(RuleError):
    """An enrolment was refused; the advice lists why."""

    title = _l("Enrolment is not possible")

    def __init__(self, refusals: Iterable[rules.Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__(" ".join(str(refusal.text) for refusal in self.refusals))


class NotPublished(RuleError):
    """The course has no published revision."""

    title = _l("Enrolment is not possible")
    advice = _l("The course is not published yet. Its instructor publishes it.")


class ListChanged(RuleError):
    """Who can be enrolled changed between the preview and the confirmation."""

    title = _l("The list has changed since you looked at it")
    advice = _l("Nobody was enrolled. Look at the new list and confirm it again.")


class AlreadyCompleted(RuleError):
    """A completed course cannot be withdrawn from, nor its records changed."""

    title = _l("The course is completed")
    advice = _l("A completion is written once and stays as it is.")


class WasWithdrawn(RuleError):
    """The enrolment was withdrawn, perhaps in another window."""

    title = _l("The enrolment was withdrawn")
    advice = _l("Enrol again to go on.")


class OnlyByOthers(RuleError):
    """Who was enrolled by the department or an instructor cannot leave the course alone."""

    title = _l("You cannot leave this course yourself")
    advice = _l("You were enrolled by the department or an instructor. Ask them to withdraw you.")


@dataclass(frozen=True)
class Preview:
    """Who of a list would be enrolled, who not and why, which numbers are unknown."""

    accepted: list[Named] = field(default_factory=list)
    refused: list[tuple[Named, tuple[rules.Refusal, ...]]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Return what a confirmation must repeat, so that it enrols exactly those who were shown."""
        ids = ",".join(str(officer.id) for officer in self.accepted)
        return hashlib.sha256(ids.encode()).hexdigest()[:16]


def enrol(
    officer_id: int, course_id: int, *, how: str, actor_id: int | None, due_on: date | None = None
) -> Enrolment:
    """Enrol an officer on the latest published revision.

    :raises NotPublished: when there is none.
    :raises NotEnrollable: naming every reason; also when the officer was enrolled at the same moment elsewhere.
    """
    revision = enrolment_queries.find_latest(course_id)
    if revision is None:
        raise NotPublished
    found = enrolment_queries.candidate_for(officer_id, course_id)
    refusals = _refusals(revision, found, how)
    if refusals:
        raise NotEnrollable(refusals)
    return _add([officer_id], revision, how=how, actor_id=actor_id, due_on=due_on)[0]


def preview(people: "sa.Select[int]", revision: CourseRevision, how: str, numbers: Sequence[str]) -> Preview:
    """Say who of the people would be enrolled in a course, and why the others not.

    `numbers` are the service numbers that were typed, to name those which nobody has; empty for a unit.
    """
    found = Preview()
    known = set()
    for officer in enrolment_queries.named(people, revision.course_id):
        known.add(officer.service_number)
        refusals = _refusals(revision, officer.candidate, how)
        if refusals:
            found.refused.append((officer, refusals))
        else:
            found.accepted.append(officer)
    found.unknown.extend(number for number in dict.fromkeys(numbers) if number not in known)
    return found


def enrol_many(
    shown: Preview,
    revision: CourseRevision,
    *,
    digest: str,
    how: str,
    actor_id: int,
    due_on: date | None = None,
) -> list[Enrolment]:
    """Enrol all whom a fresh preview accepts, or nobody.

    :raises ListChanged: when they are not those of the confirmed preview, whose digest comes back from its page.
    """
    if digest != shown.digest:
        raise ListChanged
    if not shown.accepted:
        return []
    ids = [officer.id for officer in shown.accepted]
    try:
        return _add(ids, revision, how=how, actor_id=actor_id, due_on=due_on)
    except NotEnrollable as error:
        raise ListChanged from error  # somebody was enrolled in this very moment


def _refusals(revision: CourseRevision, candidate: rules.Candidate, how: str) -> tuple[rules.Refusal, ...]:
    definition = revision.definition
    return rules.refusals(
        definition["code"], rules.Conditions.of(definition), candidate, how=how, today=clock.today()
    )


def _add(
    officer_ids: Sequence[int],
    revision: CourseRevision,
    *,
    how: str,
    actor_id: int | None,
    due_on: date | None,
) -> list[Enrolment]:
    """Write enrolments in one go; the unique index is the guard against two at once."""
    earlier = {
        row.officer_id: row
        for row in db.session.scalars(
            sa.select(Enrolment)
            .where(Enrolment.officer_id.in_(officer_ids), Enrolment.course_id == revision.course_id)
            .order_by(Enrolment.cycle, Enrolment.id)
        )
    }
    now = clock.now()
    added = [
        Enrolment(
            officer_id=officer_id,
            course_id=revision.course_id,
            course_revision_id=revision.id,
            # Withdrawing does not start a new cycle, or it would give new attempts at the exam.
            cycle=earlier[officer_id].cycle if officer_id in earlier else 1,
            how=how,
            enrolled_at=now,
            enrolled_by_id=actor_id,
            due_on=due_on,
            begun_at=earlier[officer_id].begun_at if officer_id in earlier else None,
        )
        for officer_id in officer_ids
    ]
    try:
        with db.session.begin_nested():
            db.session.add_all(added)
    except IntegrityError as error:
        raise NotEnrollable([rules.Refusal("enrolled", _l("Already enrolled in this course."))]) from error
    for enrolment in added:
        before = earlier.get(enrolment.officer_id)
        if before is not None:
            _carry_over(before.id, enrolment.id)
        audit.record(
            "enrolment.added",
            "enrolment",
            subject_id=enrolment.id,
            actor_id=actor_id,
            person_id=enrolment.officer_id,
            after={
                "course": revision.definition["code"],
                "revision": revision.number,
                "how": how,
                "cycle": enrolment.cycle,
                "due_on": due_on.isoformat() if due_on else None,
            },
        )
    return added


def _carry_over(before_id: int, enrolment_id: int) -> None:
    """Copy what was read and recorded before a withdrawal: it was done in the same cycle and still counts.

    The old rows stay with the withdrawn enrolment, as history.
    """
    for model in (Reading, Attendance, TaskResult):
        columns = [column for column in model.__table__.columns if column.name not in ("id", "enrolment_id")]
        kept = [model.__table__.c.enrolment_id == before_id]
        if "superseded_at" in model.__table__.c:
            kept.append(model.__table__.c.superseded_at.is_(None))
        rows = sa.select(sa.literal(enrolment_id), *columns).where(*kept)
        names = ["enrolment_id", *(column.name for column in columns)]
        db.session.execute(sa.insert(model).from_select(names, rows))


def withdraw(enrolment: Enrolment, reason: str, actor_id: int) -> None:
    """End an enrolment; it stays as history, with everything that was done in it.

    :raises OnlyByOthers: when the officer leaves a course into which others enrolled.
    :raises AlreadyCompleted: when the course is completed.
    :raises WasWithdrawn: when it was withdrawn before.
    """
    locked = _locked(enrolment.id)
    if locked.withdrawn_at is not None:
        raise WasWithdrawn
    if _completion_of(locked.id) is not None:
        raise AlreadyCompleted
    if actor_id == locked.officer_id and locked.how != "self":
        raise OnlyByOthers
    locked.withdrawn_at = clock.now()
    locked.withdrawn_by_id = actor_id
    locked.withdrawal_reason = reason
    audit.record(
        "enrolment.withdrawn",
        "enrolment",
        subject_id=locked.id,
        actor_id=actor_id,
        person_id=locked.officer_id,
        before={"withdrawn_at": None},
        after={"withdrawn_at": locked.withdrawn_at.isoformat()},
        reason=reason,
    )


def mark_begun(enrolment: Enrolment) -> None:
    """Keep when an officer did the first thing in a course: read, tried a quiz, had a day or a grade recorded."""
    if enrolment.begun_at is None:
        enrolment.begun_at = clock.now()


def mark_read(enrolment: Enrolment, module_id: int, section: str) -> None:
    """Keep that a section was read, once. Not audited: it is the officer's own reading, with its time in the row.

    :raises WasWithdrawn: when the enrolment was withdrawn meanwhile.
    """
    if enrolment.withdrawn_at is not None:
        raise WasWithdrawn
    key = (enrolment.id, module_id, section)
    if db.session.get(Reading, key) is not None:
        return
    try:
        with db.session.begin_nested():
            db.session.add(
                Reading(enrolment_id=enrolment.id, module_id=module_id, section=section, read_at=clock.now())
            )
    except IntegrityError:
        return  # a double click: the other one wrote it
    mark_begun(enrolment)


def refresh_completion(enrolment_id: int) -> Completion | None:
    """Complete the course when nothing is missing, exactly once; return the new completion, or None.

    Called after everything that can meet a requirement, in the same transaction. The lock makes two of them wait
    for each other, so that both of two last requirements met at once are seen; the unique constraint is the guard.
    """
    enrolment = _locked(enrolment_id)
    if enrolment.withdrawn_at is not None or _completion_of(enrolment_id) is not None:
        return None
    asked = requirements.asked(enrolment.course_revision_id, [enrolment_id])[enrolment_id]
    if not rules.is_complete(asked):
        return None
    revision = db.session.get_one(CourseRevision, enrolment.course_revision_id)
    now, today = clock.now(), clock.today()
    place = place_of(enrolment.officer_id, today)
    completion = Completion(
        enrolment_id=enrolment.id,
        officer_id=enrolment.officer_id,
        course_id=enrolment.course_id,
        course_revision_id=enrolment.course_revision_id,
        cycle=enrolment.cycle,
        completed_at=now,
        completed_on=today,
        score=rules.course_score(revision.definition.get("score") or {}, asked),
        unit_id=place.unit_id,
        region_id=place.region_id,
        rank_id=place.rank_id,
    )
    db.session.add(completion)
    db.session.flush()
    audit.record(
        "course.completed",
        "completion",
        subject_id=completion.id,
        actor_id=None,
        person_id=enrolment.officer_id,
        after=_facts(completion, revision),
    )
    hooks().course_completed(officer_id=enrolment.officer_id, completion_id=completion.id)
    return completion


def _facts(completion: Completion, revision: CourseRevision) -> dict[str, Any]:
    return {
        "course": revision.definition["code"],
        "revision": revision.number,
        "cycle": completion.cycle,
        "score": completion.score,
        "completed_on": completion.completed_on.isoformat(),
    }


def _locked(enrolment_id: int) -> Enrolment:
    return db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.id == enrolment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _completion_of(enrolment_id: int) -> Completion | None:
    return db.session.scalar(sa.select(Completion).where(Completion.enrolment_id == enrolment_id))
