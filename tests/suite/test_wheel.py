"""The wheel, installed into an empty environment: nothing of the checkout is needed to run the suite."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.suite import sources

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


def clean_environ() -> dict[str, str]:
    """Return an environment in which nothing of this one is found."""
    dropped = ("LMS_", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


def done(*command: str | Path, folder: Path, **environ: str) -> str:
    """Run a command to its end and return what it said.

    :raises AssertionError: when it fails, with what it said.
    """
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=clean_environ() | environ,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from a copy: a build leaves files beside the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "copy"
    for path in sources.files():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(sources.ROOT / path, copy / path)
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--no-index", "--no-deps", "--no-build-isolation")
    done(*pip, "--wheel-dir", folder / "made", copy, folder=folder)
    (made,) = (folder / "made").glob("*.whl")
    return made


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment that holds the locked run-time packages and the wheel, nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    done(sys.executable, "-m", "venv", "--without-pip", folder / "venv", folder=folder)
    python = folder / "venv" / "bin" / "python"
    install = (sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps")
    done(*install, "--require-hashes", "-r", sources.ROOT / "requirements.txt", folder=folder)
    done(*install, "--no-index", wheel, folder=folder)
    return folder


def test_the_wheel_holds_everything_the_suite_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = set()
    for path in sources.files():
        if path.parts[0] in {"templates", "migrations"}:
            wanted.add(f"lms/{path}")
        elif path.parts[0] in sources.SHIPPED and path.suffix != ".po" and "src" not in path.parts:
            wanted.add(str(path))
    documents = {
        name for name in wanted if Path(name).name in {"README.md", "LICENSE", "LICENSE.txt", "OFL.txt"}
    }

    assert sorted(wanted - documents - held) == []
    assert sorted(name for name in held if name.split("/")[0] not in sources.SHIPPED) == []
    assert [name for name in held if re.search(r"(^|/)tests?/|\.pyc$|\.po$", name)] == []


def test_the_metadata_names_no_address_and_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        said = archive.read(points).decode()

    assert "lms = lms.cli:main" in said
    assert re.findall(r"^(\w+) = \w+\.plugin$", said, re.M) == ["assessments", "certificates", "courses"]


def settings(folder: Path) -> dict[str, str]:
    """Return the settings of a demonstration in a folder."""
    return {
        "LMS_ENVIRONMENT": "demonstration",
        "LMS_DATABASE_URL": f"sqlite:///{folder / 'lms.db'}",
        "LMS_INSTANCE_PATH": str(folder),
        "LMS_PUBLIC_URL": "http://127.0.0.1:8178",
    }


@pytest.fixture(scope="session")
def demonstration(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a database that the installed commands made."""
    folder = tmp_path_factory.mktemp("demonstration")
    lms = environment / "venv" / "bin" / "lms"
    for command in (("db", "upgrade"), ("db", "check"), ("demo", "load")):
        done(lms, *command, folder=folder, **settings(folder))
    return folder


def free_port() -> int:
    """Return a port of this computer that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def served(environment: Path, demonstration: Path) -> Iterator[str]:
    """Return the address of the installed suite, served by gunicorn."""
    port = free_port()
    process = subprocess.Popen(
        [str(environment / "venv" / "bin" / "lms"), "serve", "--port", str(port), "--workers", "1"],
        cwd=demonstration,
        env=clean_environ() | settings(demonstration),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        ends = time.monotonic() + 30
        while time.monotonic() < ends and process.poll() is None:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=5).close()
                break
            except urllib.error.URLError:
                time.sleep(0.2)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        said = process.communicate(timeout=30)[1]
        print(said)


def read(url: str) -> tuple[int, str]:
    """Return status and text of an address."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, answer.read().decode()


def test_the_installed_suite_answers(served: str) -> None:
    health = read(f"{served}/health")
    status, page = read(f"{served}/sign-in")
    style = re.search(r'<link rel="stylesheet" href="([^"]+)"', page)

    assert health == (200, '{"status":"ok"}\n')
    assert status == 200
    assert 'name="csrf_token"' in page
    assert style
    assert read(served + style[1])[0] == 200


def test_the_installed_suite_runs_nothing_of_the_checkout(environment: Path, tmp_path: Path) -> None:
    code = (
        "import lms.paths as p, courses, assessments, certificates;"
        "print(p.TEMPLATES, p.MIGRATIONS, p.FONTS, p.STATIC, courses.__file__, sep='\\n')"
    )

    said = done(
        environment / "venv" / "bin" / "python", "-W", "error", "-c", code, folder=tmp_path
    ).splitlines()

    assert [line for line in said if not line.startswith(str(environment))] == []
    assert [line for line in said if not Path(line).exists()] == []


def test_the_shipped_courses_can_be_checked(environment: Path, tmp_path: Path) -> None:
    python = environment / "venv" / "bin" / "python"
    where = done(python, "-c", "import courses; print(courses.__path__[0])", folder=tmp_path).strip()

    packages = sorted(path for path in (Path(where) / "curriculum").iterdir() if path.is_dir())

    assert [path.name for path in packages] == sorted(
        {path.parts[2] for path in sources.files() if path.parts[:2] == ("courses", "curriculum")}
    )
