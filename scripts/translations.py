"""Keep the catalogues of the interface: extract, compile, check.

    python scripts/translations.py extract   write new sentences into ky and ru, keep what is translated
    python scripts/translations.py compile   make the .mo files that the app reads
    python scripts/translations.py check     say everything that is missing, wrong or out of date

English is the language of the sources, so there is no catalogue for it. `make translations` extracts and compiles.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "lms" / "translations"
# How many forms a number has, and which one it takes. Babel's own rule for Russian has a fourth form for fractions.
PLURALS = {
    "ky": (2, "(n != 1)"),
    "ru": (3, "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)"),
}
LANGUAGES = tuple(PLURALS)
PACKAGES = ("lms", "courses", "assessments", "certificates")
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "_n": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
NOTE = "Translators:"
PLACEHOLDER = re.compile(r"%\((\w+)\)([a-z])|%[sdif]|%%")
LATIN_IN_CYRILLIC = re.compile(
    r"[А-Яа-яЁёҢңӨөҮү]+[A-Za-zÖöÜü]+[А-Яа-яЁёҢңӨөҮү]*|[A-Za-zÖöÜü]+[А-Яа-яЁёҢңӨөҮү]+"
)
# Look-alikes of ң ө ү from neighbouring alphabets (ѳ, ҥ, Greek γ) are in none of ours.
OUR_LETTERS = frozenset("абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя")
MARKUP = re.compile(r"<[^>]*>")


def sources() -> Iterator[tuple[Path, str]]:
    """Give every file with sentences, and how to read it."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, "python"
    for path in sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt")):
        yield path, "jinja2.ext:babel_extract"


def wtforms_messages() -> Iterator[tuple[str | tuple[str, str], list[str]]]:
    """Give WTForms' own messages, which it asks us for: it ships no Kyrgyz."""
    import wtforms  # only here: the app itself does not need to know where WTForms lies

    folder = Path(wtforms.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        for _line, message, _comments, _context in extract_from_file(
            "python", str(path), keywords={"gettext": None, "ngettext": (1, 2)}
        ):
            if message:
                yield message, []


def extract() -> Catalog:
    """Return every sentence of the sources, without translations."""
    template = Catalog(charset="utf-8")
    options = {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
    for path, method in sources():
        name = str(path.relative_to(ROOT))
        for _line, message, comments, context in extract_from_file(
            method,
            str(path),
            keywords=KEYWORDS,
            comment_tags=(NOTE,),
            options=options,
            strip_comment_tags=True,
        ):
            # Line numbers would change the catalogues with every edit of a source.
            template.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    for message, comments in wtforms_messages():
        template.add(message, None, [("wtforms", 0)], auto_comments=comments)
    return template


def path_of(language: str) -> Path:
    """Return where the catalogue of a language is."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def empty(language: str) -> Catalog:
    """Return a catalogue without sentences."""
    made = Catalog(
        locale=language,
        project="lms-kg-police",
        version="1",
        charset="utf-8",
        fuzzy=False,
        header_comment="# Sentences of the interface. Written by `make translations`; translate the msgstr lines.",
    )
    number, expression = PLURALS[language]
    made._num_plurals, made._plural_expr = number, expression
    return made


def read(language: str) -> Catalog:
    """Return the catalogue of a language as it is written.

    :raises PoFileError: when the file cannot be read.
    """
    with path_of(language).open("rb") as file:
        found = read_po(file, locale=language, charset="utf-8", abort_invalid=True)
    number, expression = PLURALS[language]
    found._num_plurals, found._plural_expr = number, expression
    return found


def merged(language: str) -> Catalog:
    """Return the catalogue with the sentences of today: new ones empty, old ones gone, no guesses."""
    old = read(language) if path_of(language).exists() else empty(language)
    made = empty(language)
    forms = PLURALS[language][0]
    for message in extract():
        if not message.id:
            continue
        kept = old.get(message.id, message.context)
        blank: str | tuple[str, ...] = ("",) * forms if isinstance(message.id, tuple | list) else ""
        translated = kept.string if kept is not None and kept.string else blank
        if isinstance(blank, tuple) and (isinstance(translated, str) or len(translated) != forms):
            translated = blank
        made.add(
            message.id,
            translated,
            [(name, 0) for name in sorted({name for name, _line in message.locations})],
            flags=message.flags - {"fuzzy"} | (kept.flags & {"fuzzy"} if kept is not None else set()),
            auto_comments=message.auto_comments,
            user_comments=kept.user_comments if kept is not None else (),
            context=message.context,
        )
    return made


def written(catalog: Catalog) -> bytes:
    """Return the text of a .po file: the same for the same sentences, without dates."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, omit_header=True, sort_by_file=False, include_lineno=False)
    plural = f"nplurals={catalog.num_plurals}; plural={catalog.plural_expr};"
    head = (
        f"{catalog.header_comment}\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalog.locale_identifier}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {plural}\\n"\n\n'
    )
    return head.encode() + buffer.getvalue().rstrip(b"\n") + b"\n"


def compiled(catalog: Catalog) -> bytes:
    """Return the .mo file of a catalogue."""
    stripped = empty(str(catalog.locale_identifier))
    for message in catalog:
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and all(texts) and not message.fuzzy:
            stripped.add(message.id, message.string, context=message.context)
    # The header of a compiled catalogue carries dates unless they are fixed.
    plural = f"nplurals={stripped.num_plurals}; plural={stripped.plural_expr};"
    head = f"Language: {catalog.locale_identifier}\nContent-Type: text/plain; charset=utf-8\nPlural-Forms: {plural}\n"
    buffer = io.BytesIO()
    write_mo(buffer, _with_header(stripped, head))
    return buffer.getvalue()


class _Fixed(Catalog):
    """A catalogue whose header is a given text."""

    head = ""

    def __iter__(self) -> Iterator[Message]:
        yield Message("", self.head)
        yield from self._messages.values()


def _with_header(catalog: Catalog, head: str) -> Catalog:
    made = _Fixed(locale=catalog.locale, charset="utf-8")
    made._messages = catalog._messages
    made._num_plurals, made._plural_expr = catalog._num_plurals, catalog._plural_expr
    made.head = head
    return made


def placeholders(text: str) -> list[str]:
    """Return the placeholders of a sentence, sorted."""
    return sorted(match.group(0) for match in PLACEHOLDER.finditer(text) if match.group(0) != "%%")


def words(text: str) -> str:
    """Return a sentence without placeholders and markup: what is written in an alphabet."""
    return MARKUP.sub(" ", PLACEHOLDER.sub(" ", text))


def faults_of(language: str, message: Message) -> Iterator[str]:
    """Give what is wrong with one translated sentence."""
    sentence = message.id if isinstance(message.id, str) else message.id[0]
    texts = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    if message.fuzzy:
        yield f"fuzzy: {sentence!r}"
    if len(texts) != (1 if isinstance(message.id, str) else PLURALS[language][0]):
        yield f"{len(texts)} plural forms: {sentence!r}"
    for text in texts:
        if not text:
            yield f"empty: {sentence!r}"
            return
        wanted = placeholders(message.id if isinstance(message.id, str) else message.id[-1])
        # A form for one thing may leave its number out ("one question"), but nothing else.
        spare = (
            set() if isinstance(message.id, str) else {p for p in wanted if p.endswith("d") or p == "%(num)s"}
        )
        if set(placeholders(text)) - set(wanted) or set(wanted) - set(placeholders(text)) - spare:
            yield f"placeholders {placeholders(text)} instead of {wanted}: {sentence!r}"
        if text.strip() != text or "  " in text:
            outer = sentence.strip() != sentence
            if not outer:
                yield f"spaces at an end or doubled: {text!r}"
        for mixed in LATIN_IN_CYRILLIC.findall(words(text)):
            yield f"Latin letters in a Cyrillic word: {mixed!r} in {text!r}"
        for letter in sorted(
            {letter for letter in words(text).lower() if letter.isalpha() and not letter.isascii()}
        ):
            if letter not in OUR_LETTERS:
                yield f"the letter {letter!r} (U+{ord(letter):04X}) is not of our alphabets: {text!r}"
        if language == "ru" and set(words(text)) & set("ңөүҢӨҮ"):
            yield f"a Kyrgyz letter in a Russian sentence: {text!r}"
        if sentence.count("<") != text.count("<"):
            yield f"markup differs: {text!r}"


def key(message: Message) -> tuple[object, str | None]:
    """Return what tells a sentence from another."""
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


def check(language: str) -> list[str]:
    """Return everything that is wrong with a catalogue, a line each."""
    try:
        catalog = read(language)
    except (OSError, PoFileError, UnicodeDecodeError) as error:
        return [f"{language}: {error}"]
    wanted = {key(message): message for message in extract() if message.id}
    found = {key(message): message for message in catalog if message.id}
    faults = [f"missing: {sentence!r}" for sentence, _context in wanted.keys() - found.keys()]
    faults += [f"obsolete: {sentence!r}" for sentence, _context in found.keys() - wanted.keys()]
    faults += [f"obsolete: {message.id!r}" for message in catalog.obsolete.values()]
    for message in found.values():
        faults += faults_of(language, message)
    compiled_file = path_of(language).with_suffix(".mo")
    if not compiled_file.exists() or compiled_file.read_bytes() != compiled(catalog):
        faults.append("messages.mo is out of date; run `make translations`")
    return sorted(f"{language}: {fault}" for fault in faults)


def write_all() -> None:
    """Write the catalogues with the sentences of today."""
    for language in LANGUAGES:
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        path_of(language).write_bytes(written(merged(language)))


def compile_all() -> None:
    """Write the files that the app reads."""
    for language in LANGUAGES:
        path_of(language).with_suffix(".mo").write_bytes(compiled(read(language)))


def main() -> None:
    """Do what is asked, in the order in which it is asked."""
    asked = sys.argv[1:]
    if not asked or set(asked) - {"extract", "compile", "check"}:
        sys.exit((__doc__ or "").strip())
    if "extract" in asked:
        write_all()
    if "compile" in asked:
        compile_all()
    if "check" in asked:
        faults = [fault for language in LANGUAGES for fault in check(language)]
        print("\n".join(faults) or "The catalogues are complete.")
        sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
