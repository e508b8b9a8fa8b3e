"""The author's pages, over HTTP: who may, what is shown, what is kept."""

import io
import re
from datetime import date, timedelta

import html5lib
import pytest
import sqlalchemy as sa

from courses.models import CourseRevision, InstructorAssignment, TextReview
from courses.package import read_folder, read_zip, write_zip
from lms import clock
from lms.audit import AuditEntry
from lms.db import db
from tests.packages import FOLDER, publish_package

MINI = dict(read_folder(FOLDER / "MINI-1").files)
PAGES = (
    "/author/courses/MINI-1",
    "/author/courses/MINI-1/upload",
    "/author/courses/MINI-1/preview",
    "/author/courses/MINI-1/preview/M2",
    "/author/courses/MINI-1/differences",
    "/author/courses/MINI-1/publish",
    "/author/courses/MINI-1/publish?kind=minor&note=Words",
    "/author/courses/MINI-1/texts/M1/ru",
)
ROW = re.compile(r"<tr><th scope=\"row\"><span class=\"code\">([^<]*)</span></th><td[^>]*>([^<]*)</td></tr>")


def assign(app, person_id, course_id, **days):
    """Assign a course to an instructor."""
    with app.app_context():
        row = {"from_on": date(2020, 1, 1), **days}
        db.session.add(InstructorAssignment(person_id=person_id, course_id=course_id, **row))
        db.session.commit()


def hidden(page):
    """Return the hidden fields of the last form of a page."""
    form = page.text.rpartition("<form")[2]
    return {
        name: value
        for name, value in re.findall(r'name="([a-z_]+)" type="hidden" value="([^"]*)"', form)
        if name != "csrf_token"
    }


@pytest.fixture
def daniyar(app, cast, browser_of, mini_course):
    """Return the browser of the instructor of MINI-1, with pages in English."""
    assign(app, cast["daniyar"], mini_course)
    browser = browser_of("daniyar")
    browser.submit("/language", {"language": "en", "next": "/"})
    return browser


def upload(browser, files, name="MINI-1"):
    """Upload a zip of files."""
    return browser.submit(
        "/author/courses/MINI-1/upload",
        {"package": (io.BytesIO(write_zip(files, name)), "course.zip")},
        content_type="multipart/form-data",
    )


def changed():
    """Return MINI-1 with another sentence."""
    return {**MINI, "M1/en.md": MINI["M1/en.md"].replace(b"three ways", b"many ways")}


def test_every_page_is_valid_and_costs_at_most_ten_statements(daniyar, statements):
    upload(daniyar, changed())
    counted = {}

    for url in ("/author/courses", *PAGES):
        with statements() as ran:
            page = daniyar.get(url)
        assert page.status_code == 200, url
        html5lib.HTMLParser(strict=True).parse(page.text)
        counted[url] = len(ran)

    assert {url: number for url, number in counted.items() if number > 10} == {}


def test_the_list_of_courses_costs_the_same_for_one_and_for_two(app, cast, daniyar, statements):
    with statements() as one:
        daniyar.get("/author/courses")
    with app.app_context():
        other = publish_package("MINI-2")
    assign(app, cast["daniyar"], other)

    with statements() as two:
        page = daniyar.get("/author/courses")

    assert page.text.count('class="card"') == 2
    assert len(two) == len(one)


@pytest.mark.parametrize("url", PAGES)
def test_another_instructors_course_is_not_found(browser_of, daniyar, url):
    upload(daniyar, changed())

    assert browser_of("kanat").get(url).status_code == 404


@pytest.mark.parametrize(
    "days",
    [
        {"to_on": clock.today() - timedelta(days=1)},
        {"from_on": clock.today() + timedelta(days=1)},
    ],
)
def test_an_assignment_counts_on_its_days_only(app, cast, browser_of, mini_course, days):
    assign(app, cast["kanat"], mini_course, **days)

    assert browser_of("kanat").get("/author/courses/MINI-1").status_code == 404


@pytest.mark.parametrize("who", ["aigul", "elena", "gulnara", "farida", "ilyas"])
def test_the_authors_pages_are_not_of_other_roles(browser_of, daniyar, who):
    assert browser_of(who).get("/author/courses").status_code == 403


@pytest.mark.parametrize("who", ["daniyar", "aigul", "farida", "ilyas"])
def test_who_instructs_is_decided_by_department_and_administrator_only(browser_of, mini_course, who):
    browser = browser_of(who)

    assert browser.get("/instructors").status_code == 403
    assert browser.submit("/instructors/MINI-1", {"service_number": "200002"}).status_code == 403


def test_a_faulty_upload_names_every_fault_and_changes_nothing(app, daniyar):
    files = {
        **changed(),
        "M2/ru.md": MINI["M2/ru.md"].replace(b"{#practice}", b"{#praktika}"),
        "M1/quiz.yaml": MINI["M1/quiz.yaml"].replace(b"key: b", b"key: z", 1),
    }

    page = upload(daniyar, files)

    assert page.status_code == 422
    html5lib.HTMLParser(strict=True).parse(page.text)
    places = [place for place, _message in ROW.findall(page.text)]
    assert [place.partition(":")[0] for place in places] == ["M1/quiz.yaml", "M2/ru.md", "M2/ru.md"]
    assert places[1:] == ["M2/ru.md:7", "M2/ru.md:7"]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(CourseRevision)) == 1


def test_a_file_that_is_no_zip_is_refused(daniyar):
    page = daniyar.submit(
        "/author/courses/MINI-1/upload",
        {"package": (io.BytesIO(b"hello"), "course.zip")},
        content_type="multipart/form-data",
    )

    assert (page.status_code, ROW.findall(page.text)) == (
        422,
        [("zip:1", "The file is not a zip that can be opened.")],
    )


def test_no_file_is_refused(daniyar):
    assert daniyar.submit("/author/courses/MINI-1/upload").status_code == 422


def test_the_package_of_another_course_is_refused(daniyar):
    page = upload(daniyar, read_folder(FOLDER / "MINI-2").files)

    assert page.status_code == 422
    assert ROW.findall(page.text) == [
        ("course.yaml:2", "This is the package of another course (MINI-2, not MINI-1).")
    ]


def test_the_same_package_again_says_that_nothing_changed(app, daniyar):
    answer = upload(daniyar, MINI)

    assert answer.status_code == 303
    assert "The package says the same as what is here." in daniyar.get("/author/courses/MINI-1").text
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(CourseRevision)) == 1


def test_the_differences_show_words(daniyar):
    upload(daniyar, changed())

    page = daniyar.get("/author/courses/MINI-1/differences")

    assert "You lead in <del>three</del><ins>many</ins> ways." in page.text
    assert "Changed sections: roles." in page.text


def test_what_an_author_writes_is_escaped_everywhere(daniyar):
    evil = b"<script>alert()</script>"  # no number: the check compares numbers across languages
    files = {
        **MINI,
        "M1/en.md": MINI["M1/en.md"].replace(b"three ways", evil),
        "course.yaml": MINI["course.yaml"]
        .replace(b"Small course", evil)
        .replace("Малый курс".encode(), evil + " для молодых сотрудников".encode()),
    }
    assert upload(daniyar, files).status_code == 303

    for url in ("/author/courses", *PAGES, "/author/courses/MINI-1/preview/M1"):
        assert "<script>alert" not in daniyar.get(url).text


def test_the_preview_shows_the_draft_with_its_picture(daniyar):
    upload(
        daniyar, {**MINI, "M2/en.md": MINI["M2/en.md"].replace(b"Decide, say it", b"Decide, say it aloud")}
    )

    page = daniyar.get("/author/courses/MINI-1/preview/M2")
    picture = daniyar.get("/author/courses/MINI-1/preview/M2/images/map.png")

    assert "Decide, say it aloud" in page.text
    assert 'src="/author/courses/MINI-1/preview/M2/images/map.png"' in page.text
    assert (picture.data, picture.mimetype) == (MINI["M2/images/map.png"], "image/png")
    assert daniyar.get("/author/courses/MINI-1/preview/M2/images/other.png").status_code == 404


def test_publishing_goes_through_a_confirmation(app, daniyar):
    upload(daniyar, changed())
    assert daniyar.get("/author/courses/MINI-1/publish?kind=minor&note=").status_code == 422
    page = daniyar.get("/author/courses/MINI-1/publish?kind=minor&note=Words")
    with app.app_context():
        states = db.session.scalars(sa.select(CourseRevision.state).order_by(CourseRevision.id)).all()
    assert states == ["published", "draft"]

    answer = daniyar.submit("/author/courses/MINI-1/publish", hidden(page))

    assert answer.status_code == 303
    with app.app_context():
        revision = db.session.scalars(sa.select(CourseRevision).filter_by(minor=1)).one()
        assert (revision.number, revision.publication_note) == ("1.1", "Words")


def test_a_minor_publication_of_another_question_is_refused_before_the_confirmation(daniyar):
    upload(daniyar, {**MINI, "M1/quiz.yaml": MINI["M1/quiz.yaml"].replace(b"key: b", b"key: c", 1)})

    page = daniyar.get("/author/courses/MINI-1/publish?kind=minor&note=Words")

    assert page.status_code == 422
    assert "This draft changes what is taught or asked (M1/quiz.yaml). Publish it as major." in page.text
    assert daniyar.get("/author/courses/MINI-1/publish?kind=major&note=Words").status_code == 200


def test_a_draft_that_changed_after_the_confirmation_was_shown_is_not_published(app, daniyar):
    upload(daniyar, changed())
    page = daniyar.get("/author/courses/MINI-1/publish?kind=minor&note=Words")
    upload(daniyar, {**MINI, "M1/en.md": MINI["M1/en.md"].replace(b"three ways", b"a few ways")})

    answer = daniyar.submit("/author/courses/MINI-1/publish", hidden(page))

    assert answer.status_code == 409
    with app.app_context():
        assert db.session.scalars(sa.select(CourseRevision).filter_by(state="draft")).one()


def test_publishing_again_says_that_there_is_nothing(daniyar):
    upload(daniyar, changed())
    form = hidden(daniyar.get("/author/courses/MINI-1/publish?kind=minor&note=Words"))
    daniyar.submit("/author/courses/MINI-1/publish", form)

    assert daniyar.submit("/author/courses/MINI-1/publish", form).status_code == 409


def test_a_revision_is_downloaded_in_canonical_form(app, daniyar):
    with app.app_context():
        revision_id = db.session.scalars(sa.select(CourseRevision.id)).one()

    answer = daniyar.get(f"/author/courses/MINI-1/revisions/{revision_id}.zip")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="MINI-1-1.0.zip"'
    assert dict(read_zip(answer.data).files) == MINI


def test_the_revision_of_another_course_is_not_downloaded(app, daniyar):
    with app.app_context():
        publish_package("MINI-2")
        other = db.session.scalars(sa.select(CourseRevision.id).order_by(CourseRevision.id.desc())).first()

    assert daniyar.get(f"/author/courses/MINI-1/revisions/{other}.zip").status_code == 404


def test_a_translation_is_marked_as_reviewed(app, cast, daniyar):
    page = daniyar.get("/author/courses/MINI-1/texts/M1/ky")

    answer = daniyar.submit("/author/courses/MINI-1/texts/M1/ky", hidden(page))

    assert answer.status_code == 303
    assert daniyar.get("/author/courses/MINI-1").text.count(">Reviewed<") == 1
    with app.app_context():
        assert db.session.scalars(sa.select(TextReview.reviewed_by_id)).all() == [cast["daniyar"]]


def test_a_review_of_a_text_that_changed_meanwhile_is_refused(app, daniyar):
    page = daniyar.get("/author/courses/MINI-1/texts/M1/ky")
    upload(daniyar, changed())

    answer = daniyar.submit("/author/courses/MINI-1/texts/M1/ky", hidden(page))

    assert answer.status_code == 409
    with app.app_context():
        assert db.session.scalars(sa.select(TextReview)).all() == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_only_translations_are_reviewed(daniyar, language):
    assert daniyar.get(f"/author/courses/MINI-1/texts/M1/{language}").status_code == 404


def test_an_assigned_instructor_opens_the_course_and_an_ended_one_does_not(
    app, cast, browser_of, mini_course
):
    gulnara, kanat = browser_of("gulnara"), browser_of("kanat")
    today = clock.today()
    assert kanat.get("/author/courses/MINI-1").status_code == 404

    gulnara.submit("/instructors/MINI-1", {"service_number": "200002", "from_on": today.isoformat()})

    assert kanat.get("/author/courses/MINI-1").status_code == 200
    with app.app_context():
        assignment = db.session.scalars(sa.select(InstructorAssignment)).one()
        entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert (entry.action, entry.person_id, entry.actor_id) == (
            "instructor.assigned",
            cast["kanat"],
            cast["gulnara"],
        )
        address = f"/instructors/MINI-1/{assignment.id}/end"
        assignment.from_on = today - timedelta(days=5)
        db.session.commit()

    answer = gulnara.submit(address, {"to_on": (today - timedelta(days=1)).isoformat()})

    assert answer.status_code == 303
    assert kanat.get("/author/courses/MINI-1").status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"service_number": "999999", "from_on": "2026-01-01"}, "Nobody has this service number"),
        ({"service_number": "100001", "from_on": "2026-01-01"}, "This person is not an instructor"),
        (
            {"service_number": "200001", "from_on": "2026-01-01"},
            "This person is assigned to the course already",
        ),
        (
            {"service_number": "200002", "from_on": "2026-02-01", "to_on": "2026-01-01"},
            "The last day lies before the first",
        ),
        ({"service_number": "", "from_on": "2026-01-01"}, "Enter the service number."),
        ({"service_number": "200002", "from_on": "soon"}, "There is a problem"),
    ],
)
def test_an_assignment_that_makes_no_sense_is_refused(app, cast, browser_of, daniyar, fields, said):
    gulnara = browser_of("gulnara")
    gulnara.submit("/language", {"language": "en", "next": "/"})

    page = gulnara.submit("/instructors/MINI-1", fields)

    assert page.status_code == 422
    html5lib.HTMLParser(strict=True).parse(page.text)
    assert said in page.text
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(InstructorAssignment)) == 1


def test_the_pages_of_the_department_are_valid_and_cheap(app, browser_of, daniyar, statements):
    with app.app_context():
        assignment_id = db.session.scalars(sa.select(InstructorAssignment.id)).one()
    elena = browser_of("elena")
    counted = {}

    for url in ("/instructors", "/instructors/MINI-1", f"/instructors/MINI-1/{assignment_id}/end"):
        with statements() as ran:
            page = elena.get(url)
        assert page.status_code == 200, url
        html5lib.HTMLParser(strict=True).parse(page.text)
        counted[url] = len(ran)

    assert {url: number for url, number in counted.items() if number > 10} == {}
    assert elena.get("/instructors/MINI-1/9999/end").status_code == 404
    assert elena.get("/instructors/NONE-1").status_code == 404
