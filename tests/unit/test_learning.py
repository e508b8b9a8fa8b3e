"""The officer's pages and the instructor's records, in the browser."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from courses.actions import learning
from courses.models import Attendance, Completion, Enrolment, InstructorAssignment, Reading, TaskResult
from lms import clock
from lms.db import db
from lms.people.models import Person
from tests.packages import publish_package
from tests.unit.course_steps import attend, enrolled, grade, publish_without_questions

MOST_STATEMENTS = 11  # ten, and SQLite's BEGIN


@pytest.fixture
def small(app, cast, tmp_path):
    """MINI-1 without questions, of Daniyar; Aigul is enrolled."""
    with app.app_context():
        course_id = publish_without_questions(tmp_path)
        assign(cast["daniyar"], course_id)
        for person in db.session.scalars(sa.select(Person)):
            person.language = "en"
        db.session.commit()
        return enrolled(cast["aigul"], course_id).id


def assign(person_id, course_id):
    db.session.add(InstructorAssignment(person_id=person_id, course_id=course_id, from_on=clock.today()))


def count(app, model, *conditions):
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions))


def test_reading_leads_from_section_to_section_to_the_next_module_to_the_course(app, small, browser_of):
    browser = browser_of("aigul")
    places = ["M1/roles", "M1/days", "M2/decision", "M2/practice"]

    led = [browser.submit(f"/courses/MINI-1/{place}").location for place in places]

    assert led == [f"/courses/MINI-1/{place}" for place in places[1:]] + ["/courses/MINI-1"]
    assert count(app, Reading) == 4


def test_the_last_section_leads_to_the_quiz_of_its_module(app, cast, browser_of):
    with app.app_context():
        enrolled(cast["aigul"], publish_package("MINI-1"))
    browser = browser_of("aigul")
    browser.submit("/courses/MINI-1/M1/roles")

    location = browser.submit("/courses/MINI-1/M1/days").location

    assert "/courses/" not in location
    assert browser.get(location).status_code == 200


def test_my_learning_leads_to_where_the_officer_stopped(small, browser_of):
    browser = browser_of("aigul")
    browser.submit("/courses/MINI-1/M1/roles")

    page = browser.get("/learning").text

    assert page.count("btn-primary") == 1
    assert 'class="btn btn-primary btn-wide" href="/courses/MINI-1/M1/days"' in page
    assert "1 of 4 sections read (25 %)" in page


def test_an_untouched_course_is_not_started_until_the_first_section_is_read(small, browser_of):
    browser = browser_of("aigul")

    before = browser.get("/learning").text
    browser.submit("/courses/MINI-1/M1/roles")
    after = browser.get("/learning").text

    assert ("Not started" in before, "In progress" in before) == (True, False)
    assert ("Not started" in after, "In progress" in after) == (False, True)


def test_a_section_shows_what_was_read_and_keeps_its_place_when_the_language_changes(small, browser_of):
    browser = browser_of("aigul")
    browser.submit("/courses/MINI-1/M1/roles")

    page = browser.get("/courses/MINI-1/M1/roles").text

    assert '<p class="read-tick mb-0">Read</p>' in page
    assert "1 of 2 read" in page
    assert 'name="next" value="/courses/MINI-1/M1/roles"' in page


def test_the_module_ends_with_key_terms_sources_and_the_law_note(small, browser_of):
    browser = browser_of("aigul")

    first, last = (browser.get(f"/courses/MINI-1/M1/{section}").text for section in ("roles", "days"))

    assert ("tell roles apart" in first, "tell roles apart" in last) == (True, False)
    assert ("лидерлик" in first, "лидерлик" in last) == (False, True)
    assert "Law on bodies" in last
    assert "Last legal check: 21 November 2026" in last


def test_the_print_view_holds_the_whole_module(small, browser_of):
    page = browser_of("aigul").get("/courses/MINI-1/M1/print").text

    assert [words in page for words in ("Three roles", "Days", "tell roles apart", "Law on bodies")] == [
        True
    ] * 4


def test_a_picture_is_sent_to_those_enrolled_only(small, browser_of):
    picture = browser_of("aigul").get("/courses/MINI-1/M2/images/map.png")

    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert browser_of("aigul").get("/courses/MINI-1/M2/images/other.png").status_code == 404
    assert browser_of("bakyt").get("/courses/MINI-1/M2/images/map.png").status_code == 404


def test_a_picture_stays_in_the_browser_and_nowhere_else(small, browser_of):
    browser = browser_of("aigul")

    picture = browser.get("/courses/MINI-1/M2/images/map.png")
    asked = {"If-None-Match": picture.headers["ETag"]}
    again = browser.get("/courses/MINI-1/M2/images/map.png", headers=asked)

    assert picture.headers["Cache-Control"] == "private, max-age=3600"
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "address",
    [
        "/courses/NONE",
        "/courses/MINI-1/M9/roles",
        "/courses/MINI-1/M1/nowhere",
        "/courses/MINI-1/M9/print",
    ],
)
def test_what_is_not_there_is_not_found(small, browser_of, address):
    assert browser_of("aigul").get(address).status_code == 404


def test_who_is_not_enrolled_reads_nothing(small, browser_of):
    browser = browser_of("bakyt")

    assert browser.get("/courses/MINI-1/M1/roles").status_code == 404
    assert browser.submit("/courses/MINI-1/M1/roles").status_code == 404
    assert browser.get("/courses/MINI-1").status_code == 200


def test_enrolling_and_leaving_on_the_course_page(app, small, browser_of):
    browser = browser_of("bakyt")
    mine = Enrolment.officer_id != 1

    browser.submit("/courses/MINI-1/enrol")
    again = browser.submit("/courses/MINI-1/enrol")  # a double click
    asked = browser.get("/courses/MINI-1/withdraw")
    left = browser.submit("/courses/MINI-1/withdraw")

    assert (again.status_code, asked.status_code, left.status_code) == (303, 200, 303)
    assert count(app, Enrolment, mine) == 1
    assert count(app, Enrolment, mine, Enrolment.withdrawn_at.is_(None)) == 0


def test_the_catalogue_says_why_one_cannot_enrol(app, cast, browser_of):
    with app.app_context():
        from courses import demonstration  # publishes LDR-01, which asks for rank and service

        demonstration._published()
        db.session.get_one(Person, cast["bakyt"]).language = "en"
        db.session.commit()

    page = browser_of("bakyt").get("/courses").text
    course = browser_of("bakyt").get("/courses/LDR-01").text
    posted = browser_of("bakyt").submit("/courses/LDR-01/enrol")

    reason = "The rank is lower than the course asks for."
    assert reason in page
    assert reason in course
    assert posted.status_code == 409
    assert reason in posted.text


def test_the_course_page_says_what_is_missing(small, browser_of):
    page = browser_of("aigul").get("/courses/MINI-1").text

    assert "Not graded yet. Show your work to the instructor." in page
    assert "Present on 0 of 1 day; at least 1 needed" in page
    assert page.count("btn-primary") == 1


@pytest.mark.parametrize("address", ["/learning", "/courses", "/courses/MINI-1", "/courses/MINI-1/M1/roles"])
def test_an_officers_page_takes_few_statements_for_one_course_and_for_three(
    app, cast, small, browser_of, statements, address
):
    browser = browser_of("aigul")
    browser.get(address)
    with statements() as for_one:
        browser.get(address)
    with app.app_context():
        enrolled(cast["aigul"], publish_package("MINI-2"))
        learning.enrol(
            cast["bakyt"],
            db.session.scalar(sa.select(Enrolment.course_id)),
            how="self",
            actor_id=cast["bakyt"],
        )
        db.session.commit()
    browser.get(address)

    with statements() as for_more:
        browser.get(address)

    assert len(for_more) == len(for_one)
    assert len(for_more) <= MOST_STATEMENTS


# ------------------------------------------------------------------------------------------ records


def test_an_instructor_records_attendance_for_many(app, cast, small, browser_of):
    with app.app_context():
        other = enrolled(cast["bakyt"], db.session.get_one(Enrolment, small).course_id).id

    answer = browser_of("daniyar").submit(
        "/records/MINI-1/attendance/1",
        {"held_on": str(clock.today()), f"presence-{small}": "yes", f"presence-{other}": "no", "comment": ""},
    )

    assert answer.status_code == 303
    with app.app_context():
        rows = db.session.execute(sa.select(Attendance.enrolment_id, Attendance.present)).all()
        assert {tuple(row) for row in rows} == {(small, True), (other, False)}


def test_an_instructor_grades_one_officer_and_several(app, cast, small, browser_of):
    with app.app_context():
        other = enrolled(cast["bakyt"], db.session.get_one(Enrolment, small).course_id).id
    browser = browser_of("daniyar")
    points = {"legality": 4, "completeness": 4, "usefulness": 3, "clarity": 3}
    typed = {**points, "graded_on": str(clock.today()), "comment": "Good"}

    one = browser.submit(f"/records/MINI-1/officers/{small}/tasks/plan", typed)
    many = browser.submit("/records/MINI-1/tasks/plan", {**typed, "officers": [small, other]})

    assert (one.status_code, many.status_code) == (303, 303)
    assert count(app, TaskResult) == 3
    assert count(app, TaskResult, TaskResult.superseded_at.is_(None), TaskResult.accepted.is_(True)) == 2


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("attendance/1", {"held_on": "2026-01-01"}),  # nobody answered for
        ("attendance/1", {"held_on": "", "presence-1": "yes"}),
        ("attendance/1", {"held_on": str(clock.today() + timedelta(days=1)), "presence-1": "yes"}),
        ("officers/1/tasks/plan", {"legality": "6", "completeness": "1", "usefulness": "1", "clarity": "1"}),
        ("officers/1/tasks/plan", {"legality": "", "completeness": "x", "usefulness": "1", "clarity": "1"}),
        ("tasks/plan", {"legality": 1, "completeness": 1, "usefulness": 1, "clarity": 1}),  # nobody chosen
    ],
)
def test_a_record_with_a_fault_is_refused_with_the_page(app, small, browser_of, address, typed):
    page = browser_of("daniyar").submit(
        f"/records/MINI-1/{address}", {"graded_on": str(clock.today()), **typed}
    )

    assert page.status_code == 422
    assert "There is a problem" in page.text
    assert (count(app, Attendance), count(app, TaskResult)) == (0, 0)


def test_every_missing_point_of_a_grade_is_named_in_the_summary(small, browser_of):
    answer = browser_of("daniyar").submit(f"/records/MINI-1/officers/{small}/tasks/plan", {"legality": "4"})

    summary = answer.text.split('class="error-summary"', 1)[1].split("</div>", 1)[0]
    assert [line.split("<")[0] for line in summary.split("Choose the points for ")[1:]] == [
        "completeness and accuracy.",
        "practical usefulness.",
        "the clarity of the record.",
    ]


def test_the_record_of_another_course_is_not_found(app, cast, small, browser_of):
    with app.app_context():
        course_id = publish_package("MINI-2")
        assign(cast["kanat"], course_id)
        foreign = enrolled(cast["bakyt"], course_id).id
    daniyar, kanat = browser_of("daniyar"), browser_of("kanat")
    today = str(clock.today())

    assert daniyar.get("/records/MINI-2").status_code == 404
    assert daniyar.get(f"/records/MINI-1/officers/{foreign}").status_code == 404
    written = daniyar.submit("/records/MINI-1/attendance/1", {"held_on": today, f"presence-{foreign}": "yes"})
    assert written.status_code == 404
    assert kanat.get("/records/MINI-1").status_code == 404
    assert kanat.get(f"/records/MINI-2/officers/{small}").status_code == 404
    assert browser_of("gulnara").get("/records/MINI-1").status_code == 403
    assert count(app, Attendance) == 0


def test_the_last_record_completes_the_course(app, cast, small, browser_of):
    aigul = browser_of("aigul")
    for place in ("M1/roles", "M1/days", "M2/decision", "M2/practice"):
        aigul.submit(f"/courses/MINI-1/{place}")
    with app.app_context():
        attend(db.session.get_one(Enrolment, small), cast["daniyar"])
        db.session.commit()

    browser_of("daniyar").submit(
        f"/records/MINI-1/officers/{small}/tasks/plan",
        {"legality": 5, "completeness": 5, "usefulness": 5, "clarity": 5, "graded_on": str(clock.today())},
    )

    assert count(app, Completion) == 1
    assert "You completed this course" in aigul.get("/courses/MINI-1").text


def test_the_list_of_officers_is_filtered_by_name_and_state(app, cast, small, browser_of):
    with app.app_context():
        course_id = db.session.get_one(Enrolment, small).course_id
        grade(enrolled(cast["nurbek"], course_id), cast["daniyar"])
        db.session.commit()
    browser = browser_of("daniyar")

    def names(query):
        page = browser.get(f"/records/MINI-1?{query}").text
        return ["Асанова" in page, "Үсөнов" in page]

    assert names("") == [True, True]
    assert names("name=үсөнов") == [False, True]
    assert names("state=not_started") == [True, False]
    assert names("state=in_progress") == [False, True]
    assert names("state=completed") == [False, False]


@pytest.mark.parametrize(
    "address",
    [
        "/records",
        "/records/MINI-1",
        "/records/MINI-1/officers/1",
        "/records/MINI-1/attendance/1",
        "/records/MINI-1/tasks/plan",
        "/enrolment/MINI-1",
        "/enrolment/MINI-1/add",
    ],
)
def test_an_instructors_page_takes_few_statements_for_one_officer_and_for_three(
    app, cast, small, browser_of, statements, address
):
    browser = browser_of("daniyar")
    browser.get(address)
    with statements() as for_one:
        browser.get(address)
    with app.app_context():
        course_id = db.session.get_one(Enrolment, small).course_id
        for key in ("bakyt", "nurbek"):
            enrolled(cast[key], course_id)

    with statements() as for_three:
        browser.get(address)

    assert len(for_three) == len(for_one)
    assert len(for_three) <= MOST_STATEMENTS
