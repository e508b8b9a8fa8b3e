"""What the demonstration people do in courses: an instructor, officers at every stage of LDR-01."""

from datetime import timedelta

from courses.actions import learning, records
from courses.actions.packages import import_package, publish
from courses.actions.records import Points
from courses.models import CourseRevision, Enrolment, InstructorAssignment
from courses.package import SHIPPED, read_folder
from courses.queries.outline import outline_of
from courses.queries.packages import course_id_of, latest_of
from lms import clock
from lms.db import db
from lms.demo import Cast

CODE = "LDR-01"
INSTRUCTED_DAYS = 300
DUE_DAYS = 30
NOTE = "Портал менен кошо келет. Поставляется с порталом."


def load(cast: Cast) -> None:
    """Publish the shipped courses, give LDR-01 to Daniyar, and put four officers on its road.

    Aigul has read the first module, Nurbek everything; Salima was enrolled by the department and has not begun;
    Timur lacks only quizzes and exam, which assessments adds.
    """
    revision = _published()
    today = clock.today()
    instructor = cast["daniyar"]
    db.session.add(
        InstructorAssignment(
            person_id=instructor,
            course_id=revision.course_id,
            from_on=today - timedelta(days=INSTRUCTED_DAYS),
            given_by_id=cast["elena"],
        )
    )
    db.session.flush()
    aigul, nurbek, timur = (
        learning.enrol(cast[key], revision.course_id, how="self", actor_id=cast[key])
        for key in ("aigul", "nurbek", "timur")
    )
    learning.enrol(
        cast["salima"],
        revision.course_id,
        how="department",
        actor_id=cast["gulnara"],
        due_on=today + timedelta(days=DUE_DAYS),
    )
    modules = len(outline_of(revision).modules)
    _read(aigul, revision, 1)
    _read(nurbek, revision, modules)
    _read(timur, revision, modules)
    _record([nurbek, timur], revision, instructor)


def _published() -> CourseRevision:
    """Publish every shipped course that nobody published yet; return LDR-01."""
    for folder in sorted(SHIPPED.iterdir()):
        course_id = course_id_of(folder.name)
        if course_id is not None and latest_of(course_id) is not None:
            continue
        draft = import_package(read_folder(folder), actor_id=None)
        publish(draft.course_id, kind="major", note=NOTE, actor_id=None)
    course_id = course_id_of(CODE)
    found = latest_of(course_id) if course_id is not None else None
    if found is None:
        raise LookupError(f"{CODE} is not among the shipped courses")
    return found


def _read(enrolment: Enrolment, revision: CourseRevision, modules: int) -> None:
    for module in outline_of(revision).modules[:modules]:
        for section in module.sections:
            learning.mark_read(enrolment, module.id, section)


def _record(enrolments: list[Enrolment], revision: CourseRevision, instructor_id: int) -> None:
    ids = [enrolment.id for enrolment in enrolments]
    outline, today = outline_of(revision), clock.today()
    for day in range(1, (outline.attendance or {"days": 0})["days"] + 1):
        records.record_attendance(
            dict.fromkeys(ids, True), day=day, held_on=today, comment="", actor_id=instructor_id
        )
    for task in outline.tasks:
        records.grade_task(
            ids, task["id"], Points(4, 4, 4, 3), graded_on=today, comment="", actor_id=instructor_id
        )
