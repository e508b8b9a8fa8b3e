"""The files of a package: read from a folder or from an uploaded zip without trusting it, written back."""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from courses.package.documents import LANGUAGES, load_yaml
from lms.errors import RuleError
from lms.hookspecs import Fault, PackageFiles
from lms.markdown import HEADING

SHIPPED = Path(__file__).resolve().parents[1] / "curriculum"  # one folder per course; in the wheel too
MOST_FILES = 500
LARGEST_FILE = 2_000_000  # bytes
LARGEST_PACKAGE = 40_000_000
PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,80}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,80}){0,4}")
# What systems leave in folders; they hold nothing of an author.
LITTER = frozenset({"Thumbs.db", "desktop.ini", "__MACOSX"})


class PackageRefused(RuleError):
    """The package has faults; nothing was written. `faults` says where and what."""

    status = 422
    title = _l("The package has faults")
    advice = _l("Nothing was changed. Correct the files and import the package again.")

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__()
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


def read_folder(folder: Path) -> PackageFiles:
    """Read a package from a folder.

    :raises PackageRefused: when it is no folder, or holds links, strange names or too much.
    """
    if not folder.is_dir():
        raise PackageRefused([Fault(str(folder), 1, _("There is no such folder."))])
    files: dict[str, bytes] = {}
    faults: list[Fault] = []
    size = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if _is_litter(name) or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() or not path.is_file():
            faults.append(Fault(name, 1, _("Links and special files are not allowed in a package.")))
        elif fault := _refused_entry(name, path.stat().st_size, len(files), size):
            faults.append(fault)
        else:
            files[name] = path.read_bytes()
            size += len(files[name])
    if faults:
        raise PackageRefused(faults)
    return describe(files, folder.resolve().name)


def read_zip(content: bytes) -> PackageFiles:
    """Read a package from a zip, whose files may stand in one folder of any name.

    Sizes are counted while unpacking, never believed; nothing is written to the disk.

    :raises PackageRefused: when it is no zip, or holds links, passwords, strange names or too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = _unpack(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise PackageRefused([Fault("zip", 1, _("The file is not a zip that can be opened."))]) from error
    tops = {name.split("/")[0] for name in files}
    if "course.yaml" not in files and len(tops) == 1:
        files = {name.partition("/")[2]: body for name, body in files.items() if "/" in name}
    return describe(files, next(iter(tops), ""))


def _unpack(archive: zipfile.ZipFile) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    faults: list[Fault] = []
    size = 0
    if len(archive.infolist()) > 2 * MOST_FILES:
        raise PackageRefused([_too_many()])
    for entry in archive.infolist():
        name = entry.filename
        if entry.is_dir() or _is_litter(name):
            continue
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError("a rare compression, which can unpack without end")
        if entry.flag_bits & 1:
            raise PackageRefused([Fault(name, 1, _("The zip is protected by a password; make one without."))])
        if (entry.external_attr >> 16) & 0o170000 == 0o120000:
            faults.append(Fault(name, 1, _("Links and special files are not allowed in a package.")))
            continue
        if name in files:
            faults.append(Fault(name, 1, _("The zip holds this file twice.")))
            continue
        # One byte past the limit is enough to know; the rest of a bomb stays packed.
        with archive.open(entry) as source:
            body = source.read(LARGEST_FILE + 1)
        if fault := _refused_entry(name, len(body), len(files), size):
            faults.append(fault)
            if len(body) > LARGEST_FILE or size + len(body) > LARGEST_PACKAGE or len(files) >= MOST_FILES:
                break
            continue
        files[name] = body
        size += len(body)
    if faults:
        raise PackageRefused(faults)
    return files


def _is_litter(name: str) -> bool:
    return any(
        (part.startswith(".") and part != "..") or part in LITTER for part in PurePosixPath(name).parts
    )


def _too_many() -> Fault:
    return Fault("", 1, _("A package holds at most %(most)s files.", most=MOST_FILES))


def _refused_entry(name: str, size: int, count: int, total: int) -> Fault | None:
    if not PATH.fullmatch(name):
        message = _("Names of files are made of Latin letters, digits, point, hyphen and underscore.")
        return Fault(name.encode("ascii", "backslashreplace").decode(), 1, message)
    if size > LARGEST_FILE:
        return Fault(name, 1, _("A file has at most %(most)s kB.", most=LARGEST_FILE // 1000))
    if count >= MOST_FILES:
        return _too_many()
    if total + size > LARGEST_PACKAGE:
        return Fault(name, 1, _("A package has at most %(most)s MB.", most=LARGEST_PACKAGE // 1_000_000))
    return None


def describe(files: Mapping[str, bytes], fallback_code: str = "") -> PackageFiles:
    """Return the package that these files are: its code, modules and sections as far as they can be read."""
    course = as_mapping(load_yaml(text_of(files, "course.yaml")).value)
    listed = course.get("modules")
    modules = tuple(code for code in listed if isinstance(code, str)) if isinstance(listed, list) else ()
    source = course.get("source_language")
    order = (source, *LANGUAGES) if source in LANGUAGES else LANGUAGES
    sections = {}
    for module in modules:
        texts = [text_of(files, f"{module}/{language}.md") for language in order]
        sections[module] = tuple(match["id"] for match in HEADING.finditer(next(filter(None, texts), "")))
    code = course.get("code")
    return PackageFiles(
        code=code if isinstance(code, str) else fallback_code,
        files=dict(files),
        modules=modules,
        sections=sections,
        course=course,
    )


def text_of(files: Mapping[str, bytes], name: str) -> str:
    """Return the text of a file, empty when there is none; unreadable bytes become question marks.

    The check says where the bytes are wrong, so nothing unreadable passes it.
    """
    return files.get(name, b"").decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def as_mapping(value: Any) -> dict[str, Any]:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a package into a folder; other files in it stay."""
    for name, body in sorted(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def write_zip(files: Mapping[str, bytes], code: str) -> bytes:
    """Return a zip of the files in a folder named by the code; the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{code}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, body)
    return target.getvalue()
