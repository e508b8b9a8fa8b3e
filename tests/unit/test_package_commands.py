"""The commands `lms courses`, run as people run them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packages import FOLDER


def lms(*arguments, cwd, **settings):
    """Run the command; return exit code, output and errors."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    done = subprocess.run(
        [sys.executable, "-c", "from lms.cli import main; main()", *map(str, arguments)],
        cwd=cwd,
        env={**environ, **settings, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def mini(tmp_path):
    """Return a copy of MINI-1 that a test may spoil."""
    return Path(shutil.copytree(FOLDER / "MINI-1", tmp_path / "MINI-1"))


def test_check_needs_no_database_and_no_settings(mini, tmp_path):
    code, out, err = lms("courses", "check", mini, cwd=tmp_path, LMS_DATABASE_URL="nonsense")

    assert (code, out, err) == (0, "No faults in 1 package.\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["MINI-1"]


def test_check_says_file_and_line_and_fails(mini, tmp_path):
    (mini / "M1" / "ru.md").write_text("## Роли {#roles}\n\nтекст\n")

    code, out, err = lms("courses", "check", "MINI-1", cwd=tmp_path)

    assert (code, out, err) == (
        1,
        "MINI-1/M1/ru.md:1: The section “days” of M1/en.md is missing here.\n",
        "Error: 1 fault.\n",
    )


def test_check_asks_for_the_canonical_form_and_format_gives_it(mini, tmp_path):
    file = mini / "course.yaml"
    canonical = file.read_text()
    file.write_text(
        canonical.replace("hours: {online: 4, face_to_face: 2}", "hours: {face_to_face: 2, online: 4}")
    )
    code, out, _err = lms("courses", "check", "MINI-1", cwd=tmp_path)
    assert code == 1
    assert out == (
        "MINI-1/course.yaml:7: This is not the canonical form; run “lms courses format” on the folder of the"
        " package.\n"
    )

    code, out, _err = lms("courses", "format", "MINI-1", cwd=tmp_path)

    assert (code, out) == (0, "MINI-1: 1 of 13 files rewritten.\n")
    assert file.read_text() == canonical
    assert lms("courses", "check", "MINI-1", cwd=tmp_path)[0] == 0


def test_import_publish_and_export_give_the_same_files_back(mini, tmp_path):
    settings = {"LMS_ENVIRONMENT": "test", "LMS_INSTANCE_PATH": str(tmp_path / "instance")}
    assert lms("db", "upgrade", cwd=tmp_path, **settings)[0] == 0

    first = lms("courses", "import", "MINI-1", FOLDER / "MINI-2", "--publish", cwd=tmp_path, **settings)
    second = lms("courses", "import", "MINI-1", FOLDER / "MINI-2", "--publish", cwd=tmp_path, **settings)
    exported = lms("courses", "export", "MINI-1", "out", cwd=tmp_path, **settings)

    assert first == (
        0,
        "MINI-1: the draft holds what was imported.\nMINI-2: the draft holds what was imported.\n"
        "MINI-1: published as 1.0.\nMINI-2: published as 1.0.\n",
        "",
    )
    assert second == (0, "MINI-1: nothing changed.\nMINI-2: nothing changed.\n", "")
    assert exported == (0, "MINI-1 1.0: 13 files in out.\n", "")
    assert {p.relative_to(mini): p.read_bytes() for p in mini.rglob("*.*")} == {
        p.relative_to(tmp_path / "out"): p.read_bytes() for p in (tmp_path / "out").rglob("*.*")
    }


def test_one_faulty_package_stops_the_import_of_all(mini, tmp_path):
    settings = {"LMS_ENVIRONMENT": "test", "LMS_INSTANCE_PATH": str(tmp_path / "instance")}
    lms("db", "upgrade", cwd=tmp_path, **settings)
    (mini / "course.yaml").write_text("format: 2\n")

    code, _out, err = lms("courses", "import", FOLDER / "MINI-2", "MINI-1", cwd=tmp_path, **settings)

    assert code == 1
    assert "course.yaml:1: The format must be 1." in err
    code, _out, err = lms("courses", "export", "MINI-2", "out", cwd=tmp_path, **settings)
    assert (code, err) == (1, "Error: There is no course MINI-2.\n")


def test_the_shipped_courses_are_imported_without_naming_a_folder(tmp_path):
    settings = {"LMS_ENVIRONMENT": "test", "LMS_INSTANCE_PATH": str(tmp_path / "instance")}
    assert lms("db", "upgrade", cwd=tmp_path, **settings)[0] == 0

    code, out, _err = lms("courses", "import", "--shipped", "--publish", cwd=tmp_path, **settings)

    assert code == 0
    assert "LDR-01" in out


def test_importing_nothing_says_what_to_name(tmp_path):
    code, _out, err = lms("courses", "import", cwd=tmp_path, LMS_ENVIRONMENT="test")

    assert code == 2
    assert "--shipped" in err
