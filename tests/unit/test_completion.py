"""Completing a course: what is asked, when it is met, written once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask_babel import force_locale

from courses.actions import learning
from courses.actions.records import Points, RecordsClosed
from courses.models import Attendance, Completion, Enrolment, TaskResult
from courses.queries import requirements
from lms import clock
from lms.audit import AuditEntry
from lms.db import db
from lms.people.queries import place_of
from tests.packages import publish_package
from tests.unit.course_steps import attend, enrolled, grade, publish_without_questions, read_all


def completions() -> list[Completion]:
    return list(db.session.scalars(sa.select(Completion)))


def audited(action: str) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == action)) or 0


def asked_of(enrolment):
    return requirements.asked(enrolment.course_revision_id, [enrolment.id])[enrolment.id]


def test_reading_the_only_section_completes_the_course(in_app, cast):
    enrolment = enrolled(cast["aigul"], publish_package("MINI-2"))

    read_all(enrolment)

    place = place_of(cast["aigul"], clock.today())
    [completion] = completions()
    assert (completion.officer_id, completion.score) == (cast["aigul"], None)
    assert (completion.unit_id, completion.region_id, completion.rank_id) == (
        place.unit_id,
        place.region_id,
        place.rank_id,
    )
    assert place.region_id is not None


def test_a_course_completes_once_however_often_it_is_refreshed(in_app, cast):
    enrolment = enrolled(cast["aigul"], publish_package("MINI-2"))
    read_all(enrolment)
    db.session.commit()

    again = [learning.refresh_completion(enrolment.id) for _ in range(3)]

    assert again == [None, None, None]
    assert len(completions()) == 1
    assert audited("course.completed") == 1


def test_task_and_attendance_are_needed_and_the_task_scores(in_app, cast, tmp_path):
    enrolment = enrolled(cast["aigul"], publish_without_questions(tmp_path))

    read_all(enrolment)
    attend(enrolment, cast["daniyar"])
    before = completions()
    grade(enrolment, cast["daniyar"], Points(4, 3, 3, 3))

    assert before == []
    assert [completion.score for completion in completions()] == [65.0]


def test_a_rejected_task_or_an_absence_leaves_the_course_open(in_app, cast, tmp_path):
    enrolment = enrolled(cast["aigul"], publish_without_questions(tmp_path))
    read_all(enrolment)

    attend(enrolment, cast["daniyar"])
    grade(enrolment, cast["daniyar"], Points(0, 5, 5, 5))
    with_bad_task = completions()
    grade(enrolment, cast["daniyar"])

    assert with_bad_task == []
    assert len(completions()) == 1


def test_corrections_supersede_and_keep_what_stood_before(in_app, cast, tmp_path):
    enrolment = enrolled(cast["aigul"], publish_without_questions(tmp_path))

    attend(enrolment, cast["daniyar"], present=False)
    attend(enrolment, cast["daniyar"], present=True)
    grade(enrolment, cast["daniyar"], Points(1, 1, 1, 1))
    grade(enrolment, cast["daniyar"])
    db.session.flush()

    days = db.session.execute(
        sa.select(Attendance.present, Attendance.superseded_at.is_(None)).order_by(Attendance.id)
    ).all()
    grades = db.session.execute(
        sa.select(TaskResult.accepted, TaskResult.superseded_at.is_(None)).order_by(TaskResult.id)
    ).all()
    assert [tuple(row) for row in days] == [(False, False), (True, True)]
    assert [tuple(row) for row in grades] == [(False, False), (True, True)]
    assert (audited("attendance.recorded"), audited("task.graded")) == (2, 2)


def test_the_same_attendance_again_writes_nothing(in_app, cast, tmp_path):
    enrolment = enrolled(cast["aigul"], publish_without_questions(tmp_path))

    attend(enrolment, cast["daniyar"])
    attend(enrolment, cast["daniyar"])

    assert db.session.scalar(sa.select(sa.func.count()).select_from(Attendance)) == 1


def test_records_of_a_completed_course_are_closed(in_app, cast):
    enrolment = enrolled(cast["aigul"], publish_package("MINI-2"))
    read_all(enrolment)

    with pytest.raises(RecordsClosed):
        attend(enrolment, cast["daniyar"])


def test_a_withdrawn_enrolment_does_not_complete(in_app, cast):
    enrolment = enrolled(cast["aigul"], publish_package("MINI-2"))
    learning.withdraw(enrolment, "", cast["aigul"])
    db.session.flush()

    assert learning.refresh_completion(enrolment.id) is None
    assert completions() == []


def test_requirements_say_in_words_what_is_missing(in_app, cast, tmp_path):
    enrolment = enrolled(cast["aigul"], publish_without_questions(tmp_path))
    first = enrolment.course_revision.modules[0].module_revision
    learning.mark_read(enrolment, first.module_id, first.sections[0])
    grade(enrolment, cast["daniyar"], Points(1, 1, 1, 1))
    with in_app.test_request_context(), force_locale("en"):
        own = requirements.of_courses(enrolment.course_revision_id, [enrolment.id])[enrolment.id]

    assert [(r.kind, r.met, r.score, r.detail, r.url) for r in own] == [
        ("reading", False, None, "1 section left to read", "/courses/MINI-1/M1/days"),
        ("reading", False, None, "2 sections left to read", "/courses/MINI-1/M2/decision"),
        (
            "practical_task",
            False,
            20.0,
            "Not accepted: 4 of 20 points. Improve it and show it to the instructor again.",
            None,
        ),
        ("attendance", False, None, "Present on 0 of 1 day; at least 1 needed", None),
    ]


def test_requirements_of_many_enrolments_cost_as_many_queries_as_of_one(in_app, cast, tmp_path, statements):
    course_id = publish_without_questions(tmp_path)
    enrolments = [enrolled(cast[key], course_id) for key in ("aigul", "bakyt", "chinara")]
    ids, revision_id = [e.id for e in enrolments], enrolments[0].course_revision_id
    requirements.asked(revision_id, ids)

    with statements() as for_one:
        requirements.asked(revision_id, ids[:1])
    with statements() as for_three:
        requirements.asked(revision_id, ids)

    assert len(for_three) == len(for_one)


def test_the_last_two_requirements_met_at_the_same_moment_complete_the_course_once(app, cast, tmp_path):
    with app.app_context():
        enrolment = enrolled(cast["aigul"], publish_without_questions(tmp_path))
        read_all(enrolment)
        db.session.commit()
        enrolment_id = enrolment.id
    start = threading.Barrier(4)

    def meet(step):
        with app.app_context():
            found = db.session.get_one(Enrolment, enrolment_id)
            db.session.rollback()
            start.wait()
            step(found)
            db.session.commit()

    steps = [
        lambda found: attend(found, cast["daniyar"]),
        lambda found: grade(found, cast["daniyar"]),
        lambda found: learning.refresh_completion(found.id),
        lambda found: learning.refresh_completion(found.id),
    ]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(meet, step) for step in steps]:
            done.result()

    with app.app_context():
        assert len(completions()) == 1
        assert audited("course.completed") == 1
