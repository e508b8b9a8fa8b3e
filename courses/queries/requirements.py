"""What a course revision asks of enrolments and how it stands: asked of every plug-in, and the part of courses."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import has_request_context, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from courses import rules
from courses.models import Attendance, CourseRevision, Reading, TaskResult
from courses.queries.outline import ModuleOutline, Outline, outline_of
from lms import i18n
from lms.db import db
from lms.hookspecs import Requirement
from lms.plugins import hooks


@dataclass
class Records:
    """What one enrolment has: sections read by module id, presence by day, points and verdict by task."""

    read: dict[int, set[str]] = field(default_factory=dict)
    days: dict[int, bool] = field(default_factory=dict)
    tasks: dict[str, tuple[int, bool]] = field(default_factory=dict)

    @property
    def section_count(self) -> int:
        """Return how many sections were read."""
        return sum(len(sections) for sections in self.read.values())


def asked(course_revision_id: int, enrolment_ids: Sequence[int]) -> dict[int, list[Requirement]]:
    """Return the requirements of each enrolment in the order of the course page, from all plug-ins."""
    found: dict[int, list[Requirement]] = {enrolment_id: [] for enrolment_id in enrolment_ids}
    if not found:
        return found
    answers = hooks().completion_requirements(
        course_revision_id=course_revision_id, enrolment_ids=list(enrolment_ids)
    )
    for answer in answers:
        for enrolment_id, requirements in answer.items():
            found[enrolment_id] += requirements
    return {enrolment_id: rules.in_order(requirements) for enrolment_id, requirements in found.items()}


def of_courses(course_revision_id: int, enrolment_ids: Sequence[int]) -> dict[int, list[Requirement]]:
    """Return reading, practical tasks and attendance of each enrolment (one query when the revision is loaded)."""
    revision = db.session.get_one(CourseRevision, course_revision_id)
    outline = outline_of(revision)
    code = revision.definition["code"]
    records = records_of(enrolment_ids)
    return {
        enrolment_id: _requirements(code, outline, records[enrolment_id]) for enrolment_id in enrolment_ids
    }


def records_of(enrolment_ids: Sequence[int]) -> dict[int, Records]:
    """Return what enrolments have (one query for all)."""
    found = {enrolment_id: Records() for enrolment_id in enrolment_ids}
    ids = list(enrolment_ids)
    points = TaskResult.legality + TaskResult.completeness + TaskResult.usefulness + TaskResult.clarity
    rows = db.session.execute(
        sa.union_all(
            sa.select(
                Reading.enrolment_id,
                sa.literal("read").label("kind"),
                Reading.module_id.label("number"),
                Reading.section.label("name"),
                sa.true().label("good"),
            ).where(Reading.enrolment_id.in_(ids)),
            sa.select(
                Attendance.enrolment_id,
                sa.literal("day"),
                Attendance.day,
                sa.literal(""),
                Attendance.present,
            ).where(Attendance.enrolment_id.in_(ids), Attendance.superseded_at.is_(None)),
            sa.select(
                TaskResult.enrolment_id, sa.literal("task"), points, TaskResult.task, TaskResult.accepted
            ).where(TaskResult.enrolment_id.in_(ids), TaskResult.superseded_at.is_(None)),
        )
    )
    for enrolment_id, kind, number, name, good in rows:
        records = found[enrolment_id]
        if kind == "read":
            records.read.setdefault(number, set()).add(name)
        elif kind == "day":
            records.days[number] = bool(good)
        else:
            records.tasks[name] = (number, bool(good))
    return found


def _requirements(code: str, outline: Outline, records: Records) -> list[Requirement]:
    found = [_reading(code, module, records.read.get(module.id, set())) for module in outline.modules]
    for position, task in enumerate(outline.tasks):
        found.append(_task(task["id"], i18n.text(task["title"]), task.get("module"), position, records.tasks))
    if outline.attendance:
        found.append(_attendance(outline.attendance["days"], outline.attendance["percent"], records.days))
    return found


def _reading(code: str, module: ModuleOutline, read: set[str]) -> Requirement:
    left = [section for section in module.sections if section not in read]
    go_on = left[0] if left else next(iter(module.sections), None)
    return Requirement(
        kind="reading",
        key=f"reading:{module.code}",
        label=_("Module %(number)s: read all sections", number=module.number),
        met=not left,
        order=rules.READING_ORDER + 10 * module.position,
        module=module.code,
        detail=ngettext("%(num)d section left to read", "%(num)d sections left to read", len(left))
        if left
        else _("Read"),
        # Without a request (a command) there is nobody to be led anywhere.
        url=url_for("courses.section", code=code, module=module.code, section=go_on)
        if go_on and has_request_context()
        else None,
    )


def _task(
    task_id: str, title: str, module: str | None, position: int, graded: dict[str, tuple[int, bool]]
) -> Requirement:
    points, accepted = graded.get(task_id, (None, False))
    if points is None:
        detail = _("Not graded yet. Show your work to the instructor.")
    elif accepted:
        detail = _("Accepted: %(points)s of %(maximum)s points", points=points, maximum=rules.RUBRIC_MAXIMUM)
    else:
        detail = _(
            "Not accepted: %(points)s of %(maximum)s points. Improve it and show it to the instructor again.",
            points=points,
            maximum=rules.RUBRIC_MAXIMUM,
        )
    return Requirement(
        kind="practical_task",
        key=f"task:{task_id}",
        label=_("Practical task: %(title)s", title=title),
        met=accepted,
        order=rules.TASK_ORDER + position,
        score=None if points is None else rules.rubric_percent(points),
        module=module,
        detail=detail,
    )


def _attendance(days: int, percent: int, recorded: dict[int, bool]) -> Requirement:
    present = sum(recorded.get(day, False) for day in range(1, days + 1))
    return Requirement(
        kind="attendance",
        key="attendance",
        label=_("Attendance of the face-to-face days"),
        met=rules.attendance_met(present, days, percent),
        order=rules.ATTENDANCE_ORDER,
        detail=ngettext(
            "Present on %(present)s of %(num)d day; at least %(needed)s needed",
            "Present on %(present)s of %(num)d days; at least %(needed)s needed",
            days,
            present=present,
            needed=rules.days_to_attend(days, percent),
        ),
    )
