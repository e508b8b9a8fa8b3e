"""PDF from our own HTML: embedded fonts, named pictures, and nothing else that could be read or fetched.

xhtml2pdf reads whatever its HTML names, from disk or network, and only logs what it could not read. Here everything
but the named fonts and the named bytes is refused, and a refusal or a warning stops the rendering: a document with
a missing letter or picture is never given out.
"""

import base64
import io
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import Any

from lms import paths

MAX_HTML_BYTES = 2 * 1024 * 1024
MAX_SECONDS = 60
# Deeper nesting took 17 seconds before it was refused.
MAX_DEPTH = 60

MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml", "pdf": "application/pdf"}

# In any other order than bold italic, bold, italic, regular the last face also stands in for the others.
FACES = (
    ("LmsSans", "NotoSans-BoldItalic.ttf", "font-weight: bold; font-style: italic;"),
    ("LmsSans", "NotoSans-Bold.ttf", "font-weight: bold;"),
    ("LmsSans", "NotoSans-Italic.ttf", "font-style: italic;"),
    ("LmsSans", "NotoSans-Regular.ttf", ""),
    ("LmsSerif", "NotoSerif-Bold.ttf", "font-weight: bold;"),
    ("LmsSerif", "NotoSerif-Regular.ttf", ""),
)
FONT_CSS = "".join(
    f'@font-face {{ font-family: "{family}"; src: url({file}); {style} }}\n' for family, file, style in FACES
)
FONT_FILES = frozenset(file for _family, file, _style in FACES)

# ReportLab keeps fonts and caches in module globals; the handler below listens to the whole process.
_one_at_a_time = threading.Lock()


class PdfError(Exception):
    """The document cannot be rendered as it is; the text says what was refused or is missing."""


class _Complaints(logging.Handler):
    """Everything xhtml2pdf and its parts warn about during one rendering."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.texts.append(record.getMessage())


def render(
    html: str,
    *,
    title: str,
    author: str,
    language: str,
    images: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return the PDF of an HTML document: styles and what stands in the body, from our own templates only.

    Styles may use the font families LmsSans (regular, bold, italic, both) and LmsSerif (regular, bold). `images`
    are what `<img src>` and page backgrounds may name (`qr.png`; png, jpg, svg, and pdf for backgrounds).
    One document at a time per process; others wait.

    :raises PdfError: when the document is too large, names anything else, or a letter or picture cannot be drawn.
    """
    from xhtml2pdf import pisa  # 0.7 s and 30 MB that only a process that prints should pay
    from xhtml2pdf.config.resources import (  # the same
        RenderLimitError,
        ResourceAccessPolicy,
    )

    if len(html.encode()) > MAX_HTML_BYTES:
        raise PdfError("the document is too large")
    named = images or {}
    document = (
        f'<html lang="{escape(language)}"><head><meta charset="utf-8"><style>{FONT_CSS}</style></head>'
        f"<body>{html}</body></html>"
    )
    policy = ResourceAccessPolicy.server(
        None,
        extra_roots=tuple((paths.FONTS / file).resolve() for file in sorted(FONT_FILES)),
        allow_remote=False,
        allow_remote_pdf_backgrounds=True,  # means inline ones, too; ours are, and no others pass `find`
        max_render_seconds=MAX_SECONDS,
        max_depth=MAX_DEPTH,
    )

    def find(uri: Any, _base: Any) -> str:
        name = str(uri)
        if name in FONT_FILES:
            return str(paths.FONTS / name)
        suffix = name.rpartition(".")[2]
        if name not in named or suffix not in MEDIA_TYPES:
            raise PdfError(f"the document asks for {name[:120]!r}, which it was not given")
        return f"data:{MEDIA_TYPES[suffix]};base64,{base64.b64encode(named[name]).decode('ascii')}"

    out = io.BytesIO()
    with _one_at_a_time, _listening() as complaints:
        try:
            result = pisa.CreatePDF(
                document,
                dest=out,
                link_callback=find,
                resource_policy=policy,
                context_meta={"title": title, "author": author},
                encoding="utf-8",
            )
        except RenderLimitError as error:
            raise PdfError(str(error)) from error
    if result.err or complaints.texts:
        raise PdfError("; ".join(complaints.texts) or "the document has errors")
    return _compressed(out.getvalue())


def _compressed(content: bytes) -> bytes:
    """Compress what a page background was merged into; xhtml2pdf leaves it four times as large."""
    from pypdf import PdfWriter  # with xhtml2pdf, for the same reason

    writer = PdfWriter(clone_from=io.BytesIO(content))
    for page in writer.pages:
        page.compress_content_streams()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@contextmanager
def _listening() -> Iterator[_Complaints]:
    complaints = _Complaints()
    loggers = [logging.getLogger(name) for name in ("xhtml2pdf", "svglib", "reportlab")]
    for logger in loggers:
        logger.addHandler(complaints)
    try:
        yield complaints
    finally:
        for logger in loggers:
            logger.removeHandler(complaints)
