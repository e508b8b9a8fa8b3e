"""Find every fault of a package that `courses` reads, with file and line. Reads no database."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from flask_babel import gettext as _

from courses.package.check_language import check_language, unknown_code
from courses.package.check_markdown import MarkdownText, check_parallel, check_text
from courses.package.documents import LANGUAGES, Document, load_yaml
from courses.package.files import as_mapping, text_of
from courses.package.register import TITLES
from lms.hookspecs import Fault, PackageFiles

COURSE_CODE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
MODULE_CODE = re.compile(r"[A-Z][A-Za-z0-9]{0,9}")
SOURCE_CODE = re.compile(r"[A-Z]{1,3}[0-9]{0,3}")
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
LONGEST_CODE = 20
LONGEST = {"title": 200, "summary": 600, "audience": 1000, "text": 500, "term": 100, "source": 500}
# Bounds of the policy of a quiz or of the exam.
POLICY = (
    ("pass_percent", 1, 100),
    ("attempts", 1, 20),
    ("pause_hours", 0, 24 * 90),
    ("pause_after", 0, 20),
    ("minutes", 1, 600),
    ("draw", 1, 500),
)
LARGEST_IMAGE = 1_000_000
SIGNATURES = {"png": (b"\x89PNG\r\n\x1a\n",), "jpg": (b"\xff\xd8\xff",), "jpeg": (b"\xff\xd8\xff",)}
KNOWN_FILES = frozenset({"course.yaml", "exam.yaml"})
KNOWN_MODULE_FILES = re.compile(r"module\.yaml|quiz\.yaml|(en|ru|ky)\.md|images/[A-Za-z0-9._-]+")


def check(package: PackageFiles, read_by_others: Sequence[str] = ()) -> list[Fault]:
    """Return the faults of the parts that `courses` reads; other plug-ins add theirs by `check_package`.

    `read_by_others` are the files that plug-ins from elsewhere read (`Manifest.package_files`).
    """
    faults: list[Fault] = []
    for name, body in package.files.items():
        faults += _encoding(name, body)
    course = YamlFile(package, "course.yaml", faults)
    source = _course(course)
    listed = course.value.get("modules")
    codes = [code for code in listed if isinstance(code, str)] if isinstance(listed, list) else []
    _files(package, codes, faults, read_by_others)
    for code in dict.fromkeys(codes):
        _module(package, code, source, faults)
    faults += check_language(package, source)
    return sorted(set(faults), key=lambda fault: (fault.file, fault.line, fault.message))


def _encoding(name: str, body: bytes) -> list[Fault]:
    if not name.endswith((".yaml", ".md")):
        return []
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        return [Fault(name, line, _("This is not UTF-8; save the file in that encoding."))]
    # Control characters break YAML and PDF; the direction marks hide what a text says.
    hidden = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000-\uf8ff\u202a-\u202e\u2066-\u2069]", text)
    if hidden is None:
        return []
    line = text[: hidden.start()].count("\n") + 1
    code = f"U+{ord(hidden[0]):04X}"
    return [Fault(name, line, _("The invisible character %(code)s is not allowed; delete it.", code=code))]


class YamlFile:
    """A YAML file under check: notes faults at the line of a part."""

    def __init__(self, package: PackageFiles, name: str, faults: list[Fault]) -> None:
        self.name = name
        self.faults = faults
        self.document: Document = load_yaml(text_of(package.files, name))
        self.value: dict[str, Any] = as_mapping(self.document.value)
        self.source = "en"
        if name not in package.files:
            self.note(_("The file %(name)s is missing.", name=name))
            return
        faults += [Fault(name, line, str(message)) for line, message in self.document.faults]
        if not self.document.faults and not isinstance(self.document.value, dict):
            self.note(_("The file must be a mapping of names to values."))

    @property
    def readable(self) -> bool:
        """Say whether there is something to check."""
        return bool(self.value)

    def note(self, message: str, *path: str | int) -> None:
        """Note a fault."""
        self.faults.append(Fault(self.name, self.document.line(*path), message))

    def get(self, *path: str | int) -> Any:
        """Return a part, None when it is not there."""
        value: Any = self.value
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def keys(self, path: tuple[str | int, ...], needed: str = "", optional: str = "") -> bool:
        """Check that a part is a mapping with these keys and no others."""
        value = self.get(*path)
        if not isinstance(value, dict):
            self.note(_("A mapping of names to values must stand here."), *path)
            return False
        for key in needed.split():
            if key not in value:
                self.note(_("“%(key)s” is missing.", key=key), *path)
        allowed = {*needed.split(), *optional.split()}
        for key in value:
            if key not in allowed:
                self.note(
                    _(
                        "“%(key)s” is not known here. Known: %(known)s.",
                        key=key,
                        known=", ".join(sorted(allowed)),
                    ),
                    *path,
                    key,
                )
        return True

    def text_map(self, path: tuple[str | int, ...], longest: int) -> None:
        """Check a text in several languages: the source language is needed, each is one line of bounded length."""
        value = self.get(*path)
        if value is None and self.get(*path[:-1]) is not None and path[-1] not in self.get(*path[:-1]):
            return  # a missing key is noted by `keys`
        if not isinstance(value, dict):
            self.note(_("Texts by language must stand here: {en: …, ru: …, ky: …}."), *path)
            return
        if self.source not in value:
            self.note(_("The text in the source language (%(code)s) is missing.", code=self.source), *path)
        for language, text in value.items():
            if language not in LANGUAGES:
                self.note(
                    _("“%(key)s” is not a language of the suite: en, ru, ky.", key=language), *path, language
                )
            elif not isinstance(text, str) or not text.strip():
                self.note(
                    _("A text must stand here; leave the line out when there is none yet."), *path, language
                )
            elif len(text) > longest:
                self.note(
                    _(
                        "The text has %(length)s characters; at most %(most)s fit.",
                        length=len(text),
                        most=longest,
                    ),
                    *path,
                    language,
                )
            elif "\n" in text:
                self.note(_("The text must stand on one line."), *path, language)

    def number(
        self, path: tuple[str | int, ...], low: int, high: int, *, whole: bool = True
    ) -> int | float | None:
        """Check a number between two bounds, both included."""
        value = self.get(*path)
        if value is None and path[-1] not in as_mapping(self.get(*path[:-1])):
            return None
        kinds: Any = int if whole else int | float
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            message = _("A number from %(low)s to %(high)s must stand here.", low=low, high=high)
            if whole:
                message = _("A whole number from %(low)s to %(high)s must stand here.", low=low, high=high)
            self.note(message, *path)
            return None
        return value  # type: ignore[no-any-return]

    def items(self, path: tuple[str | int, ...]) -> list[Any]:
        """Return a list; anything else is a fault."""
        value = self.get(*path)
        if value is None and path[-1] not in as_mapping(self.get(*path[:-1])):
            return []
        if not isinstance(value, list):
            self.note(_("A list must stand here."), *path)
            return []
        return value

    def ids(self, path: tuple[str | int, ...]) -> None:
        """Check that the items of a list have ids, each once."""
        seen = set()
        listed = self.get(*path)
        for number, item in enumerate(listed if isinstance(listed, list) else []):
            found = item.get("id") if isinstance(item, dict) else None
            if found is None:
                continue
            if not isinstance(found, str) or not ID.fullmatch(found):
                self.note(
                    _("An id is made of a-z, 0-9 and hyphen, at most 40, and quoted if a number."),
                    *path,
                    number,
                    "id",
                )
            elif found in seen:
                self.note(_("The id “%(id)s” stands here twice.", id=found), *path, number, "id")
            seen.add(str(found))


def _course(file: YamlFile) -> str:
    """Check course.yaml; return the source language."""
    if not file.readable:
        return "en"
    file.keys(
        (),
        "format code source_language title summary hours modules",
        "audience self_enrolment prerequisites minimum_rank_level minimum_service_years requirements score quiz exam"
        " certificate",
    )
    if file.get("format") != 1:
        file.note(_("The format must be 1."), "format")
    source = file.get("source_language")
    if source not in LANGUAGES:
        file.note(_("“%(key)s” is not a language of the suite: en, ru, ky.", key=source), "source_language")
        source = "en"
    file.source = source
    code = file.get("code")
    if not isinstance(code, str) or not COURSE_CODE.fullmatch(code) or len(code) > LONGEST_CODE:
        file.note(
            _("A code is made of A-Z, digits and hyphens, at most %(most)s.", most=LONGEST_CODE), "code"
        )
    for key in ("title", "summary", "audience"):
        file.text_map((key,), LONGEST[key])
    if "hours" in file.value and file.keys(("hours",), "online", "face_to_face"):
        for key in ("online", "face_to_face"):
            file.number(("hours", key), 0, 1000, whole=False)
    if not isinstance(file.value.get("self_enrolment", False), bool):
        file.note(_("true or false must stand here."), "self_enrolment")
    file.number(("minimum_rank_level",), 0, 30)
    file.number(("minimum_service_years",), 0, 40)
    for number, other in enumerate(file.items(("prerequisites",))):
        if not isinstance(other, str) or not COURSE_CODE.fullmatch(other) or other == code:
            file.note(_("The code of another course must stand here."), "prerequisites", number)
    codes = file.items(("modules",))
    if not codes and "modules" in file.value:
        file.note(_("A course has at least one module."), "modules")
    for number, module in enumerate(codes):
        if not isinstance(module, str) or not MODULE_CODE.fullmatch(module):
            file.note(_("The code of a module begins with a capital letter, as M1."), "modules", number)
        elif module in codes[:number]:
            file.note(_("The module %(code)s stands here twice.", code=module), "modules", number)
    _requirements(file, codes)
    _policies(file)
    return str(source)


def _requirements(file: YamlFile, codes: list[Any]) -> None:
    if "requirements" not in file.value or not file.keys(("requirements",), "", "attendance practical_tasks"):
        return
    where: tuple[str | int, ...] = ("requirements", "attendance")
    if "attendance" in file.value["requirements"] and file.keys(where, "days percent"):
        file.number((*where, "days"), 1, 60)
        file.number((*where, "percent"), 1, 100)
    where = ("requirements", "practical_tasks")
    for number, _task in enumerate(file.items(where)):
        if file.keys((*where, number), "id title", "module"):
            file.text_map((*where, number, "title"), LONGEST["title"])
            module = file.get(*where, number, "module")
            if module is not None and module not in codes:
                file.note(
                    _("The module %(code)s is not in the list of modules.", code=module),
                    *where,
                    number,
                    "module",
                )
    file.ids(where)


def _policies(file: YamlFile) -> None:
    if "score" in file.value and file.keys(("score",), "", "exam practical quizzes"):
        weights = [file.number(("score", key), 0, 100) or 0 for key in ("exam", "practical", "quizzes")]
        if sum(weights) != 100:
            file.note(_("The weights make %(sum)s together; they must make 100.", sum=sum(weights)), "score")
    # Whether the questions for a policy are there is checked by the plug-in that reads them.
    for key in ("quiz", "exam"):
        needed = "pass_percent attempts pause_hours pause_after minutes"
        if key in file.value and file.keys((key,), needed, "draw" if key == "exam" else ""):
            for name, low, high in POLICY:
                file.number((key, name), low, high)
    if "certificate" in file.value and file.keys(("certificate",), "validity_months"):
        file.number(("certificate", "validity_months"), 0, 600)


def _files(
    package: PackageFiles, codes: list[str], faults: list[Fault], read_by_others: Sequence[str]
) -> None:
    """Check that there is no file that nobody reads."""
    for name, body in package.files.items():
        if any(fnmatchcase(name, pattern) for pattern in read_by_others):
            continue
        folder, slash, leaf = name.partition("/")
        if not slash:
            if name not in KNOWN_FILES:
                faults.append(Fault(name, 1, _("This file has no place in a package.")))
        elif folder not in codes:
            faults.append(
                Fault(name, 1, _("The folder %(code)s is not in the list of modules.", code=folder))
            )
        elif not KNOWN_MODULE_FILES.fullmatch(leaf):
            faults.append(Fault(name, 1, _("This file has no place in a package.")))
        elif leaf.startswith("images/"):
            faults += _image(name, body)


def _image(name: str, body: bytes) -> list[Fault]:
    ending = name.rpartition(".")[2]
    if ending not in SIGNATURES or not body.startswith(SIGNATURES[ending]):
        # No SVG: it can hold scripts, and the PDF cannot show it.
        return [Fault(name, 1, _("A picture is a PNG or JPEG file with the ending png, jpg or jpeg."))]
    if len(body) > LARGEST_IMAGE:
        return [Fault(name, 1, _("A picture has at most %(most)s kB.", most=LARGEST_IMAGE // 1000))]
    return []


def _module(package: PackageFiles, code: str, source: str, faults: list[Fault]) -> None:
    file = YamlFile(package, f"{code}/module.yaml", faults)
    file.source = source
    if file.readable:
        _module_yaml(file)
    texts: dict[str, MarkdownText] = {}
    for language in LANGUAGES:
        name = f"{code}/{language}.md"
        if name in package.files:
            images = {
                path.removeprefix(f"{code}/") for path in package.files if path.startswith(f"{code}/images/")
            }
            texts[language] = check_text(name, text_of(package.files, name), images, faults)
            if file.readable and language not in as_mapping(file.get("title")):
                file.note(
                    _("There is %(name)s, but no title in that language.", name=f"{language}.md"), "title"
                )
        elif language == source:
            faults.append(
                Fault(name, 1, _("The text in the source language (%(code)s) is missing.", code=source))
            )
    if source in texts:
        for language, text in texts.items():
            if language != source:
                check_parallel(texts[source], text, faults)
    used = {path for text in texts.values() for path in text.images}
    for name in package.files:
        if name.startswith(f"{code}/images/") and name.removeprefix(f"{code}/") not in used:
            faults.append(Fault(name, 1, _("No text of the module shows this picture.")))


def _module_yaml(file: YamlFile) -> None:
    file.keys((), "title hours outcomes", "key_terms sources law_checked_on")
    file.text_map(("title",), LONGEST["title"])
    file.number(("hours",), 0, 500, whole=False)
    for number, _outcome in enumerate(file.items(("outcomes",))):
        if file.keys(("outcomes", number), "id text"):
            file.text_map(("outcomes", number, "text"), LONGEST["text"])
    file.ids(("outcomes",))
    for number, _term in enumerate(file.items(("key_terms",))):
        file.text_map(("key_terms", number), LONGEST["term"])
    for number, _source in enumerate(file.items(("sources",))):
        if file.keys(("sources", number), "code title"):
            file.text_map(("sources", number, "title"), LONGEST["source"])
            code = file.get("sources", number, "code")
            if code is not None and not (isinstance(code, str) and SOURCE_CODE.fullmatch(code)):
                file.note(
                    _("The code of a source is a letter and a number, as L17, or K."),
                    "sources",
                    number,
                    "code",
                )
            elif isinstance(code, str) and code not in TITLES:
                file.note(unknown_code(code), "sources", number, "code")
    day = file.get("law_checked_on")
    if "law_checked_on" in file.value and not (isinstance(day, str) and DAY.fullmatch(day)):
        file.note(_("A day must stand here, as 2026-11-21."), "law_checked_on")
