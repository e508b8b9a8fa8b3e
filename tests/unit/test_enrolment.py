"""Enrolling and withdrawing: oneself, by a list, by a unit."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from courses.actions import learning
from courses.models import Enrolment, InstructorAssignment, Reading
from courses.queries import enrolment as queries
from lms import clock
from lms.audit import AuditEntry
from lms.db import db
from lms.people.models import Person, Unit
from tests.packages import publish_package
from tests.unit.course_steps import attend, enrolled, grade, publish_without_questions, read_all


def test_enrolling_twice_is_refused_with_its_reason(in_app, cast):
    course_id = publish_package("MINI-2")
    enrolled(cast["aigul"], course_id)

    with pytest.raises(learning.NotEnrollable) as refused:
        learning.enrol(cast["aigul"], course_id, how="self", actor_id=cast["aigul"])

    assert [refusal.name for refusal in refused.value.refusals] == ["enrolled"]


def test_the_database_refuses_a_second_open_enrolment(in_app, cast):
    course_id = publish_package("MINI-2")
    revision = queries.find_latest(course_id)
    enrolled(cast["aigul"], course_id)

    with pytest.raises(learning.NotEnrollable):  # as if the check had been passed by two requests at once
        learning._add([cast["aigul"]], revision, how="self", actor_id=None, due_on=None)


def test_a_draft_cannot_be_enrolled_in(in_app, cast):
    with pytest.raises(learning.NotPublished):
        learning.enrol(cast["aigul"], 999, how="self", actor_id=cast["aigul"])


def test_who_is_no_serving_officer_cannot_be_enrolled(in_app, cast):
    course_id = publish_package("MINI-2")

    with pytest.raises(learning.NotEnrollable) as refused:
        learning.enrol(cast["elena"], course_id, how="department", actor_id=cast["gulnara"])

    assert [refusal.name for refusal in refused.value.refusals] == ["not_an_officer"]


def test_withdrawing_keeps_history_and_enrolling_again_goes_on_in_the_same_cycle(in_app, cast, tmp_path):
    first = enrolled(cast["aigul"], publish_without_questions(tmp_path))
    attend(first, cast["daniyar"])
    grade(first, cast["daniyar"])
    learning.mark_read(first, first.course_revision.modules[0].module_revision.module_id, "roles")
    learning.withdraw(first, "", cast["aigul"])
    db.session.commit()

    second = enrolled(cast["aigul"], first.course_id)
    read_all(second)

    kept = db.session.scalars(sa.select(Reading.section).where(Reading.enrolment_id == first.id)).all()
    assert kept == ["roles"]
    assert first.withdrawn_at is not None
    assert second.cycle == first.cycle == 1
    assert second.id != first.id
    # Attendance and task were recorded before the withdrawal and still count.
    assert db.session.get_one(Enrolment, second.id).completion is not None


def test_an_officer_cannot_leave_what_the_department_ordered(in_app, cast):
    course_id = publish_package("MINI-2")
    ordered = learning.enrol(cast["aigul"], course_id, how="department", actor_id=cast["gulnara"])

    with pytest.raises(learning.OnlyByOthers):
        learning.withdraw(ordered, "", cast["aigul"])
    learning.withdraw(ordered, "Moved to other duties", cast["gulnara"])

    assert ordered.withdrawal_reason == "Moved to other duties"


def test_a_completed_course_cannot_be_withdrawn_from(in_app, cast):
    enrolment = enrolled(cast["aigul"], publish_package("MINI-2"))
    read_all(enrolment)

    with pytest.raises(learning.AlreadyCompleted):
        learning.withdraw(enrolment, "", cast["aigul"])


def test_marking_a_section_twice_is_once(in_app, cast):
    enrolment = enrolled(cast["aigul"], publish_package("MINI-2"))
    module = enrolment.course_revision.modules[0].module_revision.module_id

    learning.mark_read(enrolment, module, "page")
    learning.mark_read(enrolment, module, "page")

    assert db.session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 1


def test_a_list_is_split_into_accepted_refused_and_unknown(in_app, cast):
    course_id = publish_package("MINI-2")
    enrolled(cast["bakyt"], course_id)
    revision = queries.find_latest(course_id)
    numbers = ["100001", "100002", "300001", "999999"]

    shown = learning.preview(queries.by_numbers(numbers), revision, "department", numbers)

    assert [officer.service_number for officer in shown.accepted] == ["100001"]
    assert {o.service_number: [r.name for r in why] for o, why in shown.refused} == {
        "100002": ["enrolled"],
        "300001": ["not_an_officer"],
    }
    assert shown.unknown == ["999999"]


def test_a_unit_means_its_officers_and_those_of_the_units_below(in_app, cast):
    course_id = publish_package("MINI-2")
    revision = queries.find_latest(course_id)
    oblast = db.session.scalar(sa.select(Unit.id).where(Unit.code == "UVD-O"))

    shown = learning.preview(queries.by_unit(oblast), revision, "department", [])

    assert {officer.id for officer in shown.accepted} == {cast["aigul"], cast["bakyt"], cast["nurbek"]}
    assert shown.refused == []


def test_a_confirmed_list_is_enrolled_and_audited_one_by_one(in_app, cast):
    revision = queries.find_latest(publish_package("MINI-2"))
    shown = learning.preview(queries.by_numbers(["100001", "100003"]), revision, "department", [])
    due = clock.today() + timedelta(days=30)

    added = learning.enrol_many(
        shown, revision, digest=shown.digest, how="department", actor_id=cast["gulnara"], due_on=due
    )
    db.session.flush()

    entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "enrolment.added")).all()
    assert {(e.officer_id, e.how, e.due_on) for e in added} == {
        (cast["aigul"], "department", due),
        (cast["chinara"], "department", due),
    }
    assert {(entry.actor_id, entry.person_id) for entry in entries} == {
        (cast["gulnara"], cast["aigul"]),
        (cast["gulnara"], cast["chinara"]),
    }


def test_a_list_that_changed_since_the_preview_enrols_nobody(in_app, cast):
    revision = queries.find_latest(publish_package("MINI-2"))
    seen = learning.preview(queries.by_numbers(["100001", "100003"]), revision, "department", [])
    enrolled(cast["aigul"], revision.course_id)
    now = learning.preview(queries.by_numbers(["100001", "100003"]), revision, "department", [])

    with pytest.raises(learning.ListChanged):
        learning.enrol_many(now, revision, digest=seen.digest, how="department", actor_id=cast["gulnara"])

    assert db.session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 1


# ------------------------------------------------------------------------------------------ pages


@pytest.fixture
def course_id(app, cast):
    with app.app_context():
        found = publish_package("MINI-2")
        db.session.add(
            InstructorAssignment(person_id=cast["daniyar"], course_id=found, from_on=clock.today())
        )
        db.session.commit()
        return found


def open_enrolments(app) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).where(Enrolment.withdrawn_at.is_(None))) or 0


def test_the_department_previews_a_list_and_confirms_it(app, course_id, browser_of):
    browser = browser_of("gulnara")
    typed = {"numbers": "100001, 100002\n999999", "unit": "", "due_on": ""}

    page = browser.submit("/enrolment/MINI-2/add", typed)
    seen = open_enrolments(app)
    digest = page.text.split('name="digest" value="')[1].split('"')[0]
    done = browser.submit("/enrolment/MINI-2/confirm", {**typed, "digest": digest})

    assert page.status_code == 200
    assert "999999" in page.text
    assert seen == 0
    assert (done.status_code, done.location) == (303, "/enrolment/MINI-2")
    assert open_enrolments(app) == 2


def test_a_confirmation_with_an_old_digest_shows_the_new_list(app, course_id, browser_of):
    done = browser_of("gulnara").submit("/enrolment/MINI-2/confirm", {"numbers": "100001", "digest": "old"})

    assert done.status_code == 409
    assert open_enrolments(app) == 0


@pytest.mark.parametrize(
    "typed",
    [
        {"numbers": ""},
        {"numbers": "  ,; ", "unit": ""},
        {"numbers": "100001", "unit": "1"},
        {"unit": "not a number"},
        {"numbers": "100001", "due_on": "2001-01-01"},
    ],
)
def test_an_incomplete_enrolment_form_is_refused_and_keeps_what_was_typed(course_id, browser_of, typed):
    page = browser_of("gulnara").submit("/enrolment/MINI-2/add", typed)

    assert page.status_code == 422
    assert typed.get("numbers", "") in page.text


def test_an_instructor_enrols_in_own_courses_only(course_id, browser_of):
    assert browser_of("daniyar").get("/enrolment/MINI-2/add").status_code == 200
    assert browser_of("kanat").get("/enrolment/MINI-2/add").status_code == 404
    assert browser_of("aigul").get("/enrolment/MINI-2/add").status_code == 403


def test_the_department_withdraws_with_a_reason(app, cast, course_id, browser_of):
    with app.app_context():
        enrolment_id = enrolled(cast["aigul"], course_id).id
    browser = browser_of("gulnara")
    address = f"/enrolment/MINI-2/officers/{enrolment_id}/withdraw"

    without = browser.submit(address, {"reason": ""})
    done = browser.submit(address, {"reason": "Ill for months"})

    assert (without.status_code, done.status_code) == (422, 303)
    assert browser.get(address).status_code == 404
    assert open_enrolments(app) == 0


def test_an_enrolment_of_another_course_is_not_found(app, cast, course_id, browser_of, tmp_path):
    with app.app_context():
        foreign = enrolled(cast["aigul"], publish_without_questions(tmp_path)).id

    assert browser_of("daniyar").get(f"/enrolment/MINI-2/officers/{foreign}/withdraw").status_code == 404


def test_a_suspended_officer_is_not_enrolled(app, cast, course_id, browser_of):
    with app.app_context():
        db.session.get_one(Person, cast["aigul"]).suspended_at = clock.now()
        db.session.commit()

    page = browser_of("gulnara").submit("/enrolment/MINI-2/add", {"numbers": "100001"})

    assert 'name="digest"' not in page.text
