"""Pages of certificates: one's own, the public check, the register."""

import hashlib
import io
import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from certificates import forms
from certificates.models import Certificate, CertificateFile
from lms import plugins
from lms.audit import AuditEntry
from lms.db import db
from lms.people.models import Person, Region, RoleAssignment
from tests.unit.certificate_cases import add_course, assign, certificates, complete

POLICY = {"validity_months": 60}
REASON = "Экзамен сдан другим лицом"


@pytest.fixture
def stories(app, cast):
    """Certify Aigul (Osh) and Timur (Naryn) in LDR-01 and Salima (Bishkek) in PD-LAW; Daniyar instructs LDR-01."""
    with app.app_context():
        leadership, law = add_course("LDR-01", POLICY), add_course("PD-LAW", {"validity_months": 36})
        complete(cast["aigul"], leadership)
        complete(cast["timur"], leadership)
        complete(cast["salima"], law)
        assign(cast["daniyar"], leadership)
        assign(cast["kanat"], law)
        db.session.commit()
        return {
            certificate.officer_id: (certificate.id, certificate.serial, certificate.verification_code)
            for certificate in certificates()
        }


@pytest.fixture
def aigul_s(stories, cast):
    """Return id, serial and code of Aigul's certificate."""
    return stories[cast["aigul"]]


def revoke(browser_of, certificate_id, reason=REASON):
    """Revoke a certificate as the department."""
    answer = browser_of("gulnara").submit(
        f"/certificate-register/{certificate_id}/revoke", {"reason": reason}
    )
    assert answer.status_code == 303


def test_an_officer_sees_and_downloads_only_their_own(browser_of, aigul_s):
    certificate_id, serial, _code = aigul_s
    address = f"/certificates/{certificate_id}/ky-ru.pdf"

    mine = browser_of("aigul").get("/certificates")
    other = browser_of("bakyt").get("/certificates")
    file = browser_of("aigul").get(address)

    assert serial in mine.text
    assert serial not in other.text
    assert (file.status_code, file.mimetype) == (200, "application/pdf")
    assert file.headers["Content-Disposition"] == f"attachment; filename={serial}-ky-ru.pdf"
    assert file.headers["Cache-Control"] == "no-store"
    assert browser_of("bakyt").get(address).status_code == 404
    assert browser_of("aigul").get(f"/certificates/{certificate_id}/ru.pdf").status_code == 404


def test_the_second_download_gives_the_same_bytes_and_the_register_keeps_their_digest(
    app, browser_of, aigul_s
):
    certificate_id, _serial, _code = aigul_s
    browser = browser_of("aigul")

    files = [
        browser.get(f"/certificates/{certificate_id}/{language}.pdf").data for language in ("ky-ru", "en")
    ]
    again = [
        browser.get(f"/certificates/{certificate_id}/{language}.pdf").data for language in ("ky-ru", "en")
    ]
    by_staff = browser_of("gulnara").get(f"/certificate-register/{certificate_id}/en.pdf").data

    assert again == files
    assert by_staff == files[1]
    with app.app_context():
        kept = db.session.execute(sa.select(CertificateFile.language, CertificateFile.sha256)).all()
    assert dict(map(tuple, kept)) == {
        "ky-ru": hashlib.sha256(files[0]).hexdigest(),
        "en": hashlib.sha256(files[1]).hexdigest(),
    }


def test_anybody_sees_that_a_certificate_is_valid_and_nothing_more_about_the_person(app, browser_of, aigul_s):
    certificate_id, serial, code = aigul_s
    file = browser_of("aigul").get(f"/certificates/{certificate_id}/ky-ru.pdf").data

    answer = browser_of(None).get(f"/verify/{code}", headers={"Accept-Language": "en"})

    assert answer.status_code == 200
    for fact in (
        "The certificate is valid",
        "Асанова Айгүл Токтогуловна",
        "Leadership in the Police",
        "48",
        serial,
        "21 November 2026",
        "21 November 2031",
        "LDR-01, 1.0",
        hashlib.sha256(file).hexdigest(),
    ):
        assert fact in answer.text
    # What the register knows of her, and the public must not.
    for secret in ("100001", "91.4", "Uzgen", "Osh", "Өзгөн", "майор", "Major", "инспектор"):
        assert secret not in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "The certificate is valid"), ("ru", "Лидерство в органах"), ("ky", "Ички иштер органдарындагы")],
)
def test_the_public_page_speaks_the_visitor_s_language(browser_of, aigul_s, language, sentence):
    answer = browser_of(None).get(f"/verify/{aigul_s[2]}", headers={"Accept-Language": language})

    assert f'<html lang="{language}">' in answer.text
    assert sentence in answer.text


def test_a_typed_code_leads_to_the_certificate(browser_of, aigul_s):
    typed = " " + aigul_s[2][:7].lower() + "-" + aigul_s[2][7:] + " "

    answer = browser_of(None).get("/verify", query_string={"code": typed})

    assert answer.status_code == 302
    assert answer.location == f"/verify/{aigul_s[2]}"


@pytest.mark.parametrize("typed", ["", "7KQ2", "<script>alert(1)</script>"])
def test_what_cannot_be_a_code_is_refused_with_what_was_typed(browser_of, aigul_s, typed):
    answer = browser_of(None).get("/verify", query_string={"code": typed})

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert 'class="error-summary"' in answer.text


def test_an_unknown_code_is_said_to_be_unknown_and_slowed_down(browser_of, aigul_s):
    unknown = "0" * 26
    browser = browser_of(None)

    answers = [browser.get(f"/verify/{unknown}", headers={"Accept-Language": "en"}) for _ in range(21)]

    assert [answer.status_code for answer in answers] == [404] * 20 + [429]
    assert "No certificate with this code" in answers[0].text
    assert browser.get("/verify/short").status_code == 404


def test_known_codes_never_slow_down(browser_of, aigul_s):
    browser = browser_of(None)

    assert {browser.get(f"/verify/{aigul_s[2]}").status_code for _ in range(30)} == {200}


def test_the_staff_sees_the_facts_of_the_day(browser_of, aigul_s):
    page = browser_of("daniyar").get(f"/certificate-register/{aigul_s[0]}").text

    for fact in (
        "Асанова Айгүл Токтогуловна",
        "91,4\u00a0%",
        "РОВД Узгенского района",
        "Ошская область",
        "Лидерство",
    ):
        assert fact in page


@pytest.mark.parametrize(
    ("days", "sentence"), [(0, "The certificate is valid"), (1, "The certificate has expired")]
)
def test_the_last_day_counts_as_valid(browser_of, aigul_s, days, sentence):
    last_day = date(2031, 11, 21)

    with time_machine.travel(last_day + timedelta(days=days), tick=False):
        answer = browser_of(None).get(f"/verify/{aigul_s[2]}", headers={"Accept-Language": "en"})

    assert sentence in answer.text


def test_a_revoked_certificate_shows_day_and_reason_everywhere(browser_of, aigul_s):
    certificate_id, serial, code = aigul_s
    revoke(browser_of, certificate_id, "Экзамен сдан <b>другим</b> лицом")

    public = browser_of(None).get(f"/verify/{code}", headers={"Accept-Language": "en"}).text
    own = browser_of("aigul").get("/certificates").text
    staff = browser_of("daniyar").get(f"/certificate-register/{certificate_id}").text

    assert "The certificate was revoked" in public
    for page in (public, own, staff):
        assert "Экзамен сдан &lt;b&gt;другим&lt;/b&gt; лицом" in page
        assert serial in page
    assert browser_of("aigul").get(f"/certificates/{certificate_id}/en.pdf").status_code == 404


def test_only_the_department_revokes_and_only_with_a_reason(app, browser_of, aigul_s):
    address = f"/certificate-register/{aigul_s[0]}/revoke"

    others = [
        browser_of(key).submit(address, {"reason": REASON}).status_code
        for key in ("aigul", "daniyar", "farida", "elena")
    ]
    without = browser_of("gulnara").submit(address, {"reason": " "})

    assert others == [403, 403, 403, 403]
    assert without.status_code == 422
    with app.app_context():
        assert [certificate.revoked_at for certificate in certificates()] == [None, None, None]


def test_revoking_twice_revokes_once(app, browser_of, aigul_s):
    revoke(browser_of, aigul_s[0])

    again = browser_of("gulnara").submit(
        f"/certificate-register/{aigul_s[0]}/revoke", {"reason": "Другая причина"}
    )

    assert again.status_code == 409
    with app.app_context():
        assert db.session.get_one(Certificate, aigul_s[0]).revocation_reason == REASON
        entries = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "certificate.revoked")
        ).all()
        assert [entry.reason for entry in entries] == [REASON]


def test_a_corrected_name_gives_a_new_certificate_and_the_old_one_says_so(app, browser_of, cast, aigul_s):
    certificate_id, serial, code = aigul_s
    with app.app_context():
        db.session.get_one(Person, cast["aigul"]).family_name = "Токтогулова"
        db.session.commit()
    gulnara = browser_of("gulnara")

    asked = gulnara.get(f"/certificate-register/{certificate_id}/reissue")
    done = gulnara.submit(f"/certificate-register/{certificate_id}/reissue", {"reason": "Сменила фамилию"})

    assert "Токтогулова Айгүл Токтогуловна" in asked.text
    assert done.status_code == 303
    with app.app_context():
        new = certificates()[-1]
    assert (new.replaces_id, new.snapshot["name"]) == (certificate_id, "Токтогулова Айгүл Токтогуловна")
    old_page = browser_of(None).get(f"/verify/{code}", headers={"Accept-Language": "en"}).text
    new_page = (
        browser_of(None).get(f"/verify/{new.verification_code}", headers={"Accept-Language": "en"}).text
    )
    assert "A newer certificate was issued in its place" in old_page
    assert new.serial in old_page
    # The old paper does not open the new one, nor the new name.
    assert new.verification_code not in old_page
    assert "Токтогулова" not in old_page
    assert "The certificate is valid" in new_page
    assert serial not in new_page


def test_an_uploaded_file_is_told_from_a_doctored_one(browser_of, aigul_s, monkeypatch):
    certificate_id, serial, _code = aigul_s
    issued = browser_of("aigul").get(f"/certificates/{certificate_id}/ky-ru.pdf").data
    doctored = issued.replace(b"/Author", b"/Auth0r")
    appended = issued + b"\n%"

    def check(content: bytes, name: str = "certificate.pdf"):
        visitor = browser_of(None)
        return visitor.submit(
            "/verify/file", {"file": (io.BytesIO(content), name)}, headers={"Accept-Language": "en"}
        )

    assert doctored != issued
    assert "The file is exactly the one that was issued" in check(issued).text
    assert serial in check(issued).text
    for changed in (doctored, appended, issued[:-1]):
        assert "This file was not issued" in check(changed).text
        assert serial not in check(changed).text
    assert check(b"hello").status_code == 422
    monkeypatch.setattr(forms, "MAX_PDF_BYTES", len(issued))  # the test client leaves larger files open
    assert check(issued).status_code == 200
    assert check(issued + b"0").status_code == 422
    assert browser_of(None).submit("/verify/file").status_code == 422


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("gulnara", {"aigul", "timur", "salima"}),
        ("farida", {"aigul", "timur", "salima"}),
        ("ilyas", {"aigul"}),
        ("jyldyz", {"timur"}),
        ("daniyar", {"aigul", "timur"}),
        ("kanat", {"salima"}),
    ],
)
def test_the_register_shows_each_their_own_part(browser_of, cast, stories, who, seen):
    browser = browser_of(who)

    listed = browser.get("/certificate-register").text
    opened = {
        key
        for key in ("aigul", "timur", "salima")
        if browser.get(f"/certificate-register/{stories[cast[key]][0]}").status_code == 200
    }
    files = {
        key
        for key in ("aigul", "timur", "salima")
        if browser.get(f"/certificate-register/{stories[cast[key]][0]}/en.pdf").status_code == 200
    }

    assert {key for key in ("aigul", "timur", "salima") if stories[cast[key]][1] in listed} == seen
    assert opened == seen
    assert files == seen


@pytest.mark.parametrize("who", ["aigul", "elena"])
def test_the_register_is_not_for_officers_and_administrators(browser_of, stories, who):
    assert browser_of(who).get("/certificate-register").status_code == 403


def test_a_regional_auditor_reads_what_was_earned_in_the_region_then(app, browser_of, cast, stories):
    with app.app_context():
        talas = db.session.scalar(sa.select(Region.id).where(Region.code == "KG-T"))
        role = db.session.scalar(sa.select(RoleAssignment).where(RoleAssignment.person_id == cast["ilyas"]))
        role.region_id = talas
        db.session.commit()

    assert stories[cast["aigul"]][1] not in browser_of("ilyas").get("/certificate-register").text


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"q": "айгүл"}, {"aigul"}),
        ({"q": "АСАНОВА токтог"}, {"aigul"}),
        ({"q": "100006"}, {"timur"}),
        ({"q": "ldr-01-2026"}, {"aigul", "timur"}),
        ({"q": "%"}, set()),
        ({"state": "valid"}, {"aigul", "salima"}),
        ({"state": "revoked"}, {"timur"}),
        ({"state": "expired"}, set()),
        ({"state": "superseded"}, set()),
        ({"q": "салима", "state": "valid"}, {"salima"}),
    ],
)
def test_the_register_is_searched_by_name_number_and_state(browser_of, cast, stories, filters, found):
    revoke(browser_of, stories[cast["timur"]][0])

    page = browser_of("gulnara").get("/certificate-register", query_string=filters).text

    assert {key for key in ("aigul", "timur", "salima") if stories[cast[key]][1] in page} == found


def test_the_register_is_filtered_by_course(app, browser_of, cast, stories):
    with app.app_context():
        course_id = db.session.get_one(Certificate, stories[cast["salima"]][0]).course_id
    browser = browser_of("gulnara")

    page = browser.get("/certificate-register", query_string={"course": course_id}).text

    assert {key for key in ("aigul", "timur", "salima") if stories[cast[key]][1] in page} == {"salima"}
    assert browser.get("/certificate-register?course=999").status_code == 422
    assert browser.get("/certificate-register?state=none").status_code == 422


def test_pages_cost_the_same_few_statements_for_one_and_for_many(app, browser_of, cast, statements):
    with app.app_context():
        revision_id = add_course("LDR-01", POLICY)
        complete(cast["aigul"], revision_id)
        assign(cast["daniyar"], revision_id)
        db.session.commit()
        code = certificates()[0].verification_code
    counts = {}

    def count(key, address):
        browser = browser_of(key)
        with statements() as ran:
            assert browser.get(address).status_code == 200
        return len(ran)

    pages = [
        ("aigul", "/certificates"),
        ("daniyar", "/certificate-register"),
        ("gulnara", "/certificate-register"),
    ]
    pages += [("daniyar", "/certificate-register/1"), (None, f"/verify/{code}")]
    counts["one"] = [count(*page) for page in pages]
    with app.app_context():
        complete(cast["bakyt"], revision_id)
        complete(cast["timur"], revision_id)
        complete(cast["aigul"], add_course("PD-LAW", POLICY))
        complete(cast["aigul"], add_course("PD-INV", POLICY))
        db.session.commit()
    counts["many"] = [count(*page) for page in pages]

    assert counts["one"] == counts["many"]
    assert max(counts["many"]) <= 10


def test_panels_show_the_certificate_on_the_course_page_and_on_my_learning(app, cast, stories):
    certificate_id, serial, _code = stories[cast["aigul"]]
    with app.app_context():
        course_id = db.session.get_one(Certificate, certificate_id).course_id
    hooks = plugins_of(app)

    with app.test_request_context("/"):
        on_course = [
            panel.html
            for panels in hooks.course_panels(course_id=course_id, officer_id=cast["aigul"])
            for panel in panels
        ]
        on_home = [panel.html for panels in hooks.home_panels(person_id=cast["aigul"]) for panel in panels]
        without = [
            panel.html
            for panels in hooks.course_panels(course_id=course_id, officer_id=cast["bakyt"])
            + hooks.home_panels(person_id=cast["bakyt"])
            for panel in panels
        ]

    link = re.escape(f"/certificates/{certificate_id}/ky-ru.pdf")
    assert [html for html in on_course if serial in html and re.search(link, html)] != []
    assert [html for html in on_home if serial in html and re.search(link, html)] != []
    assert [html for html in without if "LDR-01-2026" in html] == []


def plugins_of(app):
    """Return the hooks of the app."""
    with app.app_context():
        return plugins.hooks()
