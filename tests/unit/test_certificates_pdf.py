"""The printed certificate: one page, right letters, a QR code that leads to the public page."""

import io
from datetime import date
from types import SimpleNamespace
from typing import Any

import pypdf
import pypdfium2
import pytest
import zxingcpp

from certificates import pdf, rules
from tests.unit.certificate_cases import TITLES

LONG_NAME = "Абдыманапова Гүлбарчын Өмүрзаковна"


def made_up(name: str, course: str, **changes: Any) -> Any:
    """Return what the printer reads of a certificate."""
    snapshot = {
        "name": name,
        "latin_name": "",
        "sex": "f",
        "course_code": course,
        "title": TITLES[course],
        "hours": {"online": 21, "face_to_face": 8},
        "score": 91.4,
        "revision": "2.1",
        "template": rules.TEMPLATE_REVISION,
    }
    return SimpleNamespace(
        snapshot={**snapshot, **changes},
        serial=f"{course}-2026-00012",
        verification_code="7KQ2M9TX4HWD8PZ10ABCEFGHJK",
        issued_on=date(2026, 11, 21),
        expires_on=date(2029, 11, 21),
    )


def text_of(content: bytes) -> str:
    """Return the text of a PDF of one page, with single spaces."""
    (page,) = pypdf.PdfReader(io.BytesIO(content)).pages
    return " ".join(page.extract_text().split())


def test_kyrgyz_and_russian_stand_side_by_side(in_app):
    text = text_of(pdf.draw(made_up(LONG_NAME, "PD-LAW"), "ky-ru"))

    for part in (
        "СЕРТИФИКАТ",
        "№ PD-LAW-2026-00012",
        LONG_NAME,
        "курсту ийгиликтүү аяктады",
        "успешно завершила курс",
        "«Милициянын практикасындагы кылмыш-жаза мыйзамдары жана процесси»",
        "29 акад. саат",
        "91,4 %",
        "21.11.2026",
        "21.11.2029",
        "PD-LAW, 2.1",
        "learning.example.kg/verify",
        "7KQ2M-9TX4H-WD8PZ-10ABC-EFGHJK",
        "Кесиптик даярдоо бөлүмүнүн башчысы",
    ):
        assert part in text


def test_english_on_demand(in_app):
    certificate = made_up("Үсөнов Нурбек Таалайбекович", "LDR-01", latin_name="Usonov Nurbek")
    certificate.expires_on = None

    text = text_of(pdf.draw(certificate, "en"))

    for part in (
        "CERTIFICATE",
        "Үсөнов Нурбек",
        "Usonov Nurbek",
        "Leadership in the Police",
        "21 November 2026",
        "no end date",
    ):
        assert part in text


def test_russian_agrees_with_the_officer_s_sex(in_app):
    text = text_of(pdf.draw(made_up("Жээнбеков Бакыт", "LDR-01", sex="m"), "ky-ru"))

    assert "успешно завершил курс" in text


@pytest.mark.parametrize("course", TITLES)
@pytest.mark.parametrize("language", rules.FILE_LANGUAGES)
@pytest.mark.parametrize(
    "name", ["Ли Ан", LONG_NAME, "Абдырахманова-Токтосунова Гүлбарчын-Айпери Өмүрзаковна-Жолдошбековна"]
)
def test_long_names_and_titles_keep_to_one_page(in_app, course, language, name):
    certificate = made_up(name, course, replaces=f"{course}-2025-00099")

    reader = pypdf.PdfReader(io.BytesIO(pdf.draw(certificate, language)))

    assert len(reader.pages) == 1
    assert [round(float(side) / 72 * 25.4) for side in reader.pages[0].mediabox[2:]] == [297, 210]


@pytest.mark.parametrize("language", rules.FILE_LANGUAGES)
def test_the_qr_code_on_the_page_leads_to_the_public_check(in_app, language):
    content = pdf.draw(made_up(LONG_NAME, "PD-LAW"), language)

    page = pypdfium2.PdfDocument(content)[0]
    (code,) = zxingcpp.read_barcodes(page.render(scale=2).to_pil())

    assert code.text == "https://learning.example.kg/verify/7KQ2M9TX4HWD8PZ10ABCEFGHJK"


def test_a_title_that_is_missing_in_a_language_is_printed_in_the_next(in_app):
    certificate = made_up("Ли Ан", "LDR-01", title={"ru": "Лидерство"})

    text = text_of(pdf.draw(certificate, "ky-ru"))

    assert text.count("«Лидерство»") == 2


def test_markup_in_a_name_is_text(in_app):
    text = text_of(pdf.draw(made_up('<img src="/etc/passwd"> & Ко', "LDR-01"), "ky-ru"))

    assert '<img src="/etc/passwd"> & Ко' in text


@pytest.mark.parametrize(
    ("score", "language", "text"),
    [
        (100.0, "en", "100"),
        (91.4, "en", "91.4"),
        (91.4, "ky-ru", "91,4"),
        (70.0, "ky-ru", "70"),
        (0.0, "en", "0"),
        (None, "en", ""),
    ],
)
def test_scores_are_written_as_people_do(score, language, text):
    assert pdf.score_text(score, language) == text
