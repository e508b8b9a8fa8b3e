"""PDF from HTML: letters survive, nothing but named fonts and bytes is read."""

import io
import socket
import threading

import pypdf
import pytest

from lms import pdf

LETTERS = "Гүлбарчын Өмүрзаковна ң ө ү Ң Ө Ү ё № « » — “ ” … €"


def pages_of(content: bytes) -> pypdf.PdfReader:
    """Return a reader of the PDF."""
    return pypdf.PdfReader(io.BytesIO(content))


@pytest.mark.parametrize("family", ["LmsSans", "LmsSerif"])
@pytest.mark.parametrize(
    "style", ["", "font-weight: bold;", "font-style: italic;", "font-weight: bold; font-style: italic;"]
)
def test_kyrgyz_letters_survive_in_every_face(family, style):
    html = f'<p style="font-family: {family}; {style}">{LETTERS}</p>'

    content = pdf.render(html, title="Өмүр", author="Ички иштер министрлиги", language="ky")

    reader = pages_of(content)
    assert reader.pages[0].extract_text().strip() == LETTERS
    assert reader.metadata["/Title"] == "Өмүр"
    assert reader.metadata["/Author"] == "Ички иштер министрлиги"
    assert reader.trailer["/Root"]["/Lang"] == "ky"


def test_each_style_is_drawn_with_its_own_face():
    html = (
        "<style>p { font-family: LmsSans; }</style>"
        "<p>a</p><p><b>b</b></p><p><i>c</i></p><p><b><i>d</i></b></p>"
    )

    fonts = pages_of(pdf.render(html, title="", author="", language="en")).pages[0]["/Resources"]["/Font"]

    embedded = {font["/BaseFont"].partition("+")[2] for font in (ref.get_object() for ref in fonts.values())}
    assert embedded - {""} == {"NotoSans-Regular", "NotoSans-Bold", "NotoSans-Italic", "NotoSans-BoldItalic"}


SECRET = "root:x:0:0"
REFUSED = (
    '<img src="{file}">',
    '<img src="file://{file}">',
    '<img src="../../{file}">',
    '<img src="{web}/a.png">',
    '<img src="data:image/png;base64,iVBORw0KGgo=">',
    '<img src="not-given.png">',
    "<style>@import url({web}/a.css);</style>x",
    "<style>@import url(file://{file});</style>x",
    '<link rel="stylesheet" href="{web}/a.css">x',
    '<link rel="stylesheet" href="{file}">x',
    "<style>@font-face {{ font-family: X; src: url({file}); }}</style>x",
    "<style>@font-face {{ font-family: X; src: url({web}/a.ttf); }}</style>x",
    "<style>@page {{ background-image: url({file}); }}</style>x",
    "<style>@page {{ background-image: url({web}/a.pdf); }}</style>x",
    '<p style="background-image: url(file://{file})">x</p>',
    '<p style="background-image: url({web}/a.png)">x</p>',
    "<style>ul {{ list-style-image: url({file}); }}</style><ul><li>x</ul>",
    '<pdf:font name="X" src="{file}"></pdf:font>x',
)
IGNORED = (
    '<iframe src="{web}/a.html"></iframe>x',
    '<iframe src="file://{file}"></iframe>x',
    '<embed src="file://{file}">x',
    '<object data="{file}">x</object>',
    '<pdf:insert src="{file}"></pdf:insert>x',
    '<pdf:watermark src="{file}"></pdf:watermark>x',
    '<script src="{web}/a.js"></script>x',
)


@pytest.fixture
def listener():
    """Return the address of a port that counts who comes."""
    visits = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def wait() -> None:
            while not stop.is_set():
                try:
                    visitor, _address = server.accept()
                except TimeoutError:
                    continue
                visits.append(1)
                visitor.close()

        thread = threading.Thread(target=wait)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", visits
        stop.set()
        thread.join()


@pytest.mark.parametrize("html", REFUSED)
def test_what_was_not_given_is_refused(html, tmp_path, listener):
    web, visits = listener
    secret = tmp_path / "secret.ttf"
    secret.write_text(SECRET)

    with pytest.raises(pdf.PdfError):
        pdf.render(html.format(file=secret, web=web), title="", author="", language="en")

    assert visits == []


@pytest.mark.parametrize("html", IGNORED)
def test_other_ways_in_read_nothing(html, tmp_path, listener):
    web, visits = listener
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)

    content = pdf.render(html.format(file=secret, web=web), title="", author="", language="en")

    assert SECRET.encode() not in content
    assert SECRET not in "".join(page.extract_text() for page in pages_of(content).pages)
    assert visits == []


def test_a_letter_without_a_glyph_is_refused_not_printed_as_a_box():
    with pytest.raises(pdf.PdfError, match="U\\+2713"):
        pdf.render('<p style="font-family: LmsSans">\u2713</p>', title="", author="", language="en")


def test_too_large_and_too_deep_documents_are_refused():
    with pytest.raises(pdf.PdfError, match="too large"):
        pdf.render("x" * (pdf.MAX_HTML_BYTES + 1), title="", author="", language="en")
    with pytest.raises(pdf.PdfError, match="levels"):
        pdf.render("<div>" * 3000, title="", author="", language="en")


def test_threads_render_one_after_another_and_each_gets_its_own():
    made = {}

    def make(name: str) -> None:
        html = f'<p style="font-family: LmsSans">{name}</p>'
        made[name] = pages_of(pdf.render(html, title=name, author="", language="ky")).pages[0].extract_text()

    threads = [threading.Thread(target=make, args=(name,)) for name in ("Ата", "Эне", "Бала", "Өмүр")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {name: text.strip() for name, text in made.items()} == {name: name for name in made}
    assert len(made) == 4
