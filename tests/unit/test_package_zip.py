"""An uploaded zip is not trusted: names, sizes, bombs, links, passwords."""

import io
import struct
import zipfile

import pytest

from courses.package import PackageRefused, read_folder, read_zip
from courses.package.files import LARGEST_FILE, MOST_FILES
from tests.packages import FOLDER


def zip_of(*entries, compression=zipfile.ZIP_DEFLATED):
    """Return a zip of (name or ZipInfo, content)."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return target.getvalue()


def refused(content):
    """Return the faults for which a zip is refused."""
    with pytest.raises(PackageRefused) as caught:
        read_zip(content)
    return [str(fault) for fault in caught.value.faults]


NAMES = "Names of files are made of Latin letters, digits, point, hyphen and underscore."


@pytest.mark.parametrize(
    "name",
    [
        "../course.yaml",
        "/etc/passwd",
        "a/../../b",
        "C:\\x",
        "a\\b",
        "курс.yaml",
        "a b",
        "a//b",
        "x" * 90,
        "a/b/c/d/e/f",
    ],
)
def test_a_strange_name_is_refused(name):
    found = refused(zip_of(("course.yaml", b"x"), (name, b"x")))

    assert [fault.partition(": ")[2] for fault in found] == [NAMES]


def test_a_bomb_is_refused_before_it_is_unpacked():
    found = refused(zip_of(("course.yaml", b"0" * 500_000_000)))

    assert found == [f"course.yaml:1: A file has at most {LARGEST_FILE // 1000} kB."]


def test_a_zip_that_lies_about_sizes_is_refused():
    content = bytearray(zip_of(("course.yaml", b"0" * (LARGEST_FILE * 3))))
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 10)  # the size it claims

    found = refused(bytes(content))

    assert len(found) == 1


def test_many_small_files_are_refused():
    found = refused(zip_of(*((f"M1/f{n}.md", b"") for n in range(MOST_FILES + 1))))

    assert found == [f":1: A package holds at most {MOST_FILES} files."]


def test_a_package_that_is_large_as_a_whole_is_refused():
    found = refused(zip_of(*((f"M1/f{n}.md", b"0" * LARGEST_FILE) for n in range(21))))

    assert found == ["M1/f20.md:1: A package has at most 40 MB."]


def test_a_link_is_refused():
    link = zipfile.ZipInfo("course.yaml")
    link.external_attr = 0o120777 << 16

    found = refused(zip_of((link, b"/etc/passwd")))

    assert found == ["course.yaml:1: Links and special files are not allowed in a package."]


def test_a_file_twice_is_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zip_of(("course.yaml", b"a"), ("course.yaml", b"b"))

    assert refused(content) == ["course.yaml:1: The zip holds this file twice."]


def test_a_password_is_refused():
    content = bytearray(zip_of(("course.yaml", b"a")))
    content[content.index(b"PK\x01\x02") + 8] |= 1

    assert refused(bytes(content)) == ["course.yaml:1: The zip is protected by a password; make one without."]


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_rare_compression_is_refused(compression):
    content = zip_of(("course.yaml", b"a"), compression=compression)

    assert refused(content) == ["zip:1: The file is not a zip that can be opened."]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        zip_of(("course.yaml", b"a" * 999))[:60],
        zip_of(("course.yaml", b"abc" * 999)).replace(b"\x01", b"\x02"),
    ],
)
def test_what_is_no_zip_is_refused(content):
    assert refused(content) == ["zip:1: The file is not a zip that can be opened."]


def test_litter_of_systems_is_left_out():
    package = read_zip(
        zip_of(
            ("LDR/course.yaml", b"code: X-1\n"),
            ("LDR/.DS_Store", b"x"),
            ("__MACOSX/LDR/._course.yaml", b"x"),
            ("LDR/Thumbs.db", b"x"),
        )
    )

    assert dict(package.files) == {"course.yaml": b"code: X-1\n"}
    assert package.code == "X-1"


def test_a_folder_with_a_link_is_refused(tmp_path):
    (tmp_path / "course.yaml").symlink_to("/etc/passwd")

    with pytest.raises(PackageRefused) as caught:
        read_folder(tmp_path)

    assert [str(fault) for fault in caught.value.faults] == [
        "course.yaml:1: Links and special files are not allowed in a package."
    ]


def test_a_folder_is_read_without_litter(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("x")
    (tmp_path / "course.yaml").write_text("code: X-1\n")

    assert dict(read_folder(tmp_path).files) == {"course.yaml": b"code: X-1\n"}


def test_the_modules_and_sections_are_known_to_other_plugins():
    package = read_folder(FOLDER / "MINI-1")

    assert package.modules == ("M1", "M2")
    assert package.sections == {"M1": ("roles", "days"), "M2": ("decision", "practice")}
