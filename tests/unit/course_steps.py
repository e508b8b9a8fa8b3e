"""Steps the tests of courses share: a course without questions, reading, grading."""

import shutil
from pathlib import Path

from courses.actions import learning, records
from courses.actions.packages import import_package, publish
from courses.actions.records import Points
from courses.models import Enrolment
from courses.package import read_folder
from courses.queries.outline import outline_of
from lms import clock
from lms.db import db
from tests.packages import FOLDER

GOOD = Points(4, 4, 4, 4)


def publish_without_questions(tmp_path: Path) -> int:
    """Publish MINI-1 with its reading, task and attendance but no quiz and no exam; return the course's id."""
    folder = tmp_path / "MINI-1"
    if not folder.exists():
        shutil.copytree(FOLDER / "MINI-1", folder, ignore=shutil.ignore_patterns("quiz.yaml", "exam.yaml"))
        lines = (folder / "course.yaml").read_text().splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(("quiz:", "exam:"))]
        (folder / "course.yaml").write_text("".join(kept))
    draft = import_package(read_folder(folder), actor_id=None)
    course_id = publish(draft.course_id, kind="major", note="First edition", actor_id=None).course_id
    db.session.commit()
    return course_id


def enrolled(officer_id: int, course_id: int) -> Enrolment:
    """Enrol an officer by own choice."""
    enrolment = learning.enrol(officer_id, course_id, how="self", actor_id=officer_id)
    db.session.commit()
    return enrolment


def read_all(enrolment: Enrolment) -> None:
    """Mark every section as read."""
    for module in outline_of(enrolment.course_revision).modules:
        for section in module.sections:
            learning.mark_read(enrolment, module.id, section)
    learning.refresh_completion(enrolment.id)


def attend(enrolment: Enrolment, instructor_id: int, *, present: bool = True) -> None:
    """Record the first face-to-face day."""
    records.record_attendance(
        {enrolment.id: present}, day=1, held_on=clock.today(), comment="", actor_id=instructor_id
    )


def grade(enrolment: Enrolment, instructor_id: int, points: Points = GOOD) -> None:
    """Grade the practical task."""
    records.grade_task(
        [enrolment.id], "plan", points, graded_on=clock.today(), comment="", actor_id=instructor_id
    )
