"""What instructors record: presence on face-to-face days, grades of practical tasks. Corrections supersede."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from courses import rules
from courses.actions.learning import mark_begun, refresh_completion
from courses.models import Attendance, Completion, Enrolment, TaskResult
from courses.queries import requirements
from lms import audit, clock
from lms.db import db
from lms.errors import RuleError


class RecordsClosed(RuleError):
    """The course is completed or was withdrawn from: what it was earned on stays as it is."""

    title = _l("The record is closed")
    advice = _l(
        "Somebody in the list has completed the course or was withdrawn from it. Nothing was saved; open the list again."
    )


@dataclass(frozen=True)
class Points:
    """Points of a practical task on the four criteria of the common rubric, 0 to 5 each (curriculum 0.6)."""

    legality: int
    completeness: int
    usefulness: int
    clarity: int

    @property
    def total(self) -> int:
        """Return the points together."""
        return self.legality + self.completeness + self.usefulness + self.clarity

    @property
    def accepted(self) -> bool:
        """Say whether the task passes."""
        return rules.rubric_accepted(self.legality, self.completeness, self.usefulness, self.clarity)

    def as_dict(self) -> dict[str, int]:
        """Return the points by criterion."""
        return {
            "legality": self.legality,
            "completeness": self.completeness,
            "usefulness": self.usefulness,
            "clarity": self.clarity,
        }


def record_attendance(
    presence: Mapping[int, bool], *, day: int, held_on: date, comment: str, actor_id: int
) -> int:
    """Record who was present on a face-to-face day; return how many records are new or different.

    `presence` is by enrolment id. What stands already as given is left alone; what differs is superseded.

    :raises RecordsClosed: when one of the enrolments is completed or withdrawn; nothing is recorded then.
    """
    enrolments = _open_enrolments(presence)
    standing = {
        row.enrolment_id: row
        for row in db.session.scalars(
            sa.select(Attendance).where(
                Attendance.enrolment_id.in_(enrolments),
                Attendance.day == day,
                Attendance.superseded_at.is_(None),
            )
        )
    }
    now, changed = clock.now(), []
    for enrolment_id, present in presence.items():
        before = standing.get(enrolment_id)
        if before is not None and (before.present, before.held_on) == (present, held_on) and not comment:
            continue
        changed.append(enrolment_id)
        if before is not None:
            before.superseded_at = now
    db.session.flush()  # the old rows leave the unique index before the new ones come
    for enrolment_id in changed:
        before = standing.get(enrolment_id)
        row = Attendance(
            enrolment_id=enrolment_id,
            day=day,
            present=presence[enrolment_id],
            held_on=held_on,
            comment=comment,
            recorded_at=now,
            recorded_by_id=actor_id,
        )
        db.session.add(row)
        mark_begun(enrolments[enrolment_id])
        audit.record(
            "attendance.recorded",
            "enrolment",
            subject_id=enrolment_id,
            actor_id=actor_id,
            person_id=enrolments[enrolment_id].officer_id,
            before=_attendance(before) if before else {},
            after=_attendance(row),
            reason=comment,
        )
    _refresh([enrolments[enrolment_id] for enrolment_id in changed])
    return len(changed)


def grade_task(
    enrolment_ids: Sequence[int], task: str, points: Points, *, graded_on: date, comment: str, actor_id: int
) -> int:
    """Grade a practical task of one or many officers with the same points; return how many were graded.

    :raises RecordsClosed: when one of the enrolments is completed or withdrawn; nothing is recorded then.
    """
    enrolments = _open_enrolments(enrolment_ids)
    standing = {
        row.enrolment_id: row
        for row in db.session.scalars(
            sa.select(TaskResult).where(
                TaskResult.enrolment_id.in_(enrolments),
                TaskResult.task == task,
                TaskResult.superseded_at.is_(None),
            )
        )
    }
    now = clock.now()
    for before in standing.values():
        before.superseded_at = now
    db.session.flush()  # the old rows leave the unique index before the new ones come
    for enrolment_id, enrolment in enrolments.items():
        earlier = standing.get(enrolment_id)
        row = TaskResult(
            enrolment_id=enrolment_id,
            task=task,
            **points.as_dict(),
            accepted=points.accepted,
            graded_on=graded_on,
            comment=comment,
            recorded_at=now,
            recorded_by_id=actor_id,
        )
        db.session.add(row)
        mark_begun(enrolment)
        audit.record(
            "task.graded",
            "enrolment",
            subject_id=enrolment_id,
            actor_id=actor_id,
            person_id=enrolment.officer_id,
            before=_grade(earlier) if earlier else {},
            after=_grade(row),
            reason=comment,
        )
    _refresh(list(enrolments.values()))
    return len(enrolments)


def _open_enrolments(enrolment_ids: Sequence[int] | Mapping[int, bool]) -> dict[int, Enrolment]:
    """Lock the enrolments in the order of their ids, so that two instructors cannot wait for each other."""
    rows = db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.id.in_(list(enrolment_ids)))
        .order_by(Enrolment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    completed = db.session.scalar(
        sa.select(sa.func.count()).where(Completion.enrolment_id.in_([row.id for row in rows]))
    )
    if completed or len(rows) != len(set(enrolment_ids)) or any(row.withdrawn_at for row in rows):
        raise RecordsClosed
    return {row.id: row for row in rows}


def _refresh(enrolments: Sequence[Enrolment]) -> None:
    """Complete the course for those who miss nothing now; asked of all at once, so that forty cost as much as one."""
    db.session.flush()
    by_revision: dict[int, list[int]] = {}
    for enrolment in enrolments:
        by_revision.setdefault(enrolment.course_revision_id, []).append(enrolment.id)
    for revision_id, enrolment_ids in by_revision.items():
        for enrolment_id, asked in requirements.asked(revision_id, enrolment_ids).items():
            if rules.is_complete(asked):
                refresh_completion(enrolment_id)


def _attendance(row: Attendance) -> dict[str, Any]:
    return {"day": row.day, "present": row.present, "held_on": row.held_on.isoformat()}


def _grade(row: TaskResult) -> dict[str, Any]:
    return {
        "task": row.task,
        "legality": row.legality,
        "completeness": row.completeness,
        "usefulness": row.usefulness,
        "clarity": row.clarity,
        "accepted": row.accepted,
        "graded_on": row.graded_on.isoformat(),
    }
