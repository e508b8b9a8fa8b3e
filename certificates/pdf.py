"""The printed certificate: landscape A4, a vector frame without emblem, the facts of the snapshot, a QR code."""

import io
import math
import re
from datetime import date
from functools import cache
from typing import Any

import segno
from flask import current_app, render_template

from certificates import rules
from certificates.models import Certificate
from lms import pdf
from lms.i18n import pick

AUTHOR = {
    "ky-ru": "Кыргыз Республикасынын Ички иштер министрлиги / Министерство внутренних дел Кыргызской Республики",
    "en": "Ministry of Internal Affairs of the Kyrgyz Republic",
}
TITLE = {"ky-ru": "Сертификат № {serial}", "en": "Certificate No. {serial}"}

# Sizes of the officer's name and of the course's title by the length of the text, so that each keeps to its place.
NAME_SIZES = ((24, "30pt"), (34, "27pt"), (44, "23pt"), (60, "19pt"))
SMALLEST_NAME = "15pt"
TITLE_SIZES = ((30, "17pt"), (48, "15pt"), (66, "13pt"), (100, "11.5pt"))
SMALLEST_TITLE = "9.5pt"

NAVY = (0.082, 0.188, 0.29)
OCHRE = (0.784, 0.576, 0.169)
PALE = (0.89, 0.91, 0.935)
MM = 72 / 25.4
WIDTH, HEIGHT = 297 * MM, 210 * MM


def draw(certificate: Certificate, language: str) -> bytes:
    """Return the PDF of a certificate: `ky-ru`, Kyrgyz and Russian side by side, or `en`."""
    snapshot: dict[str, Any] = certificate.snapshot
    address = verify_address(certificate.verification_code)
    html = render_template(
        f"certificates/print/{snapshot['template']}-{language}.pdf.html",
        certificate=certificate,
        snapshot=snapshot,
        hours=snapshot["hours"]["online"] + snapshot["hours"]["face_to_face"],
        titles={code: _keep_short_words(pick(snapshot["title"], code)[0]) for code in ("ky", "ru", "en")},
        title_size=_size(max(map(len, snapshot["title"].values())), TITLE_SIZES, SMALLEST_TITLE),
        name_size=_size(len(snapshot["name"]), NAME_SIZES, SMALLEST_NAME),
        score=score_text(snapshot["score"], language),
        code=rules.grouped(certificate.verification_code),
        address=address,
        site=address.partition("://")[2].rpartition("/")[0],
        printed_day=printed_day if language == "ky-ru" else printed_day_en,
    )
    return pdf.render(
        html,
        title=TITLE[language].format(serial=certificate.serial),
        author=AUTHOR[language],
        language=language.partition("-")[0],
        images={"frame.pdf": _frame(), "qr.png": _qr(address)},
    )


def verify_address(code: str) -> str:
    """Return the address of the public page of a certificate: what the QR code holds, for ever."""
    return f"{current_app.config['LMS_PUBLIC_URL']}/verify/{code}"


def printed_day(day: date | None) -> str:
    """Write a day as Kyrgyz and Russian documents do."""
    return "" if day is None else day.strftime("%d.%m.%Y")


def printed_day_en(day: date | None) -> str:
    """Write a day as English documents do, whatever the language of the request."""
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    return "" if day is None else f"{day.day} {months[day.month - 1]} {day.year}"


def score_text(score: float | None, language: str) -> str:
    """Write a score in percent, with one decimal when it has one."""
    if score is None:
        return ""
    text = f"{score:.1f}".removesuffix(".0")
    return text if language == "en" else text.replace(".", ",")


def _keep_short_words(text: str) -> str:
    """Tie words of one letter to the next: a line does not end in a preposition."""
    return re.sub(r"\b(\w) ", "\\1\u00a0", text)


def _size(length: int, sizes: tuple[tuple[int, str], ...], smallest: str) -> str:
    return next((size for most, size in sizes if length <= most), smallest)


def _qr(address: str) -> bytes:
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="png", scale=10, border=2, dark="#15304a", light="#ffffff"
    )
    return out.getvalue()


@cache
def _frame() -> bytes:
    """Return the page's background as a PDF: border, guilloche band, corners, a pale rosette behind the text."""
    from reportlab.pdfgen.canvas import Canvas  # only a process that prints should pay for it

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), pageCompression=1)
    canvas.setLineJoin(1)
    _rosette(canvas, WIDTH / 2, HEIGHT / 2 - 4 * MM, 62 * MM)
    canvas.setStrokeColorRGB(*NAVY)
    canvas.setLineWidth(1.6)
    _rectangle(canvas, 8 * MM)
    canvas.setLineWidth(0.5)
    _rectangle(canvas, 9.4 * MM)
    _rectangle(canvas, 15.6 * MM)
    _band(canvas, 12.5 * MM)
    canvas.setStrokeColorRGB(*OCHRE)
    canvas.setLineWidth(1.1)
    _rectangle(canvas, 17 * MM)
    for x in (12.5 * MM, WIDTH - 12.5 * MM):
        for y in (12.5 * MM, HEIGHT - 12.5 * MM):
            _corner(canvas, x, y)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _rectangle(canvas: Any, inset: float) -> None:
    canvas.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)


def _polyline(canvas: Any, points: list[tuple[float, float]]) -> None:
    path = canvas.beginPath()
    for number, (x, y) in enumerate(points):
        # Two decimals of a point are 4 µm; more would only swell the file.
        (path.lineTo if number else path.moveTo)(round(x, 2), round(y, 2))
    canvas.drawPath(path, stroke=1, fill=0)


def _band(canvas: Any, inset: float) -> None:
    """Draw interwoven waves along the four sides."""
    canvas.setLineWidth(0.28)
    amplitude, step = 2.15 * MM, 0.75 * MM
    sides = (
        ((inset, inset), (1, 0), WIDTH - 2 * inset),
        ((inset, HEIGHT - inset), (1, 0), WIDTH - 2 * inset),
        ((inset, inset), (0, 1), HEIGHT - 2 * inset),
        ((WIDTH - inset, inset), (0, 1), HEIGHT - 2 * inset),
    )
    for (x, y), (dx, dy), length in sides:
        waves = round(length / (9 * MM))
        count = int(length / step)
        for number in range(6):
            canvas.setStrokeColorRGB(*(OCHRE if number % 3 == 2 else NAVY))
            phase = number * math.pi / 3
            points = []
            for place in range(count + 1):
                along = length * place / count
                off = amplitude * math.sin(2 * math.pi * waves * along / length + phase)
                points.append((x + dx * along + dy * off, y + dy * along + dx * off))
            _polyline(canvas, points)


def _corner(canvas: Any, x: float, y: float) -> None:
    """Draw a small rosette on a white disc over the meeting of two bands."""
    canvas.setFillColorRGB(1, 1, 1)
    canvas.setStrokeColorRGB(*NAVY)
    canvas.setLineWidth(0.9)
    canvas.circle(x, y, 5.4 * MM, stroke=1, fill=1)
    canvas.setLineWidth(0.3)
    for number in range(6):
        canvas.setStrokeColorRGB(*(OCHRE if number % 2 else NAVY))
        points = []
        for place in range(181):
            angle = 2 * math.pi * place / 180
            radius = (3.1 + 1.5 * math.cos(8 * angle + number * math.pi / 3)) * MM
            points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
        _polyline(canvas, points)
    canvas.setFillColorRGB(*OCHRE)
    canvas.circle(x, y, 0.9 * MM, stroke=0, fill=1)


def _rosette(canvas: Any, x: float, y: float, size: float) -> None:
    """Draw the pale rosette behind the text."""
    canvas.setLineWidth(0.4)
    canvas.setStrokeColorRGB(*PALE)
    for number in range(10):
        points = []
        for place in range(361):
            angle = 2 * math.pi * place / 360
            radius = size * (0.72 + 0.26 * math.cos(12 * angle + number * math.pi / 5))
            points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
        _polyline(canvas, points)
