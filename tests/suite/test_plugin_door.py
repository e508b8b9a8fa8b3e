"""The plug-in door, used by a plug-in from elsewhere: tests/plugins/lms_kudos is really installed and used.

Each test runs processes of its own, in which the plug-in is installed and the suite knows nothing of tests.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import make_environ
from tests.suite.sources import ROOT

pytestmark = pytest.mark.slow

ALL_OFF = "courses,assessments,certificates,kudos"
LMS = "from lms.cli import main; main()"

# What every program begins with: an app, its database with the cast, and browsers of the cast.
BEGIN = """
import json, os, secrets
from datetime import timedelta
import sqlalchemy as sa
from lms import clock, demo, migrate
from lms.accounts.models import SignIn
from lms.accounts.sessions import digest
from lms.app import create_app
from lms.db import db
from lms.people.models import Person

app = create_app()

def prepare():
    migrate.upgrade(app)
    demo.reference.load()
    cast = demo.add_people()
    db.session.commit()
    return cast

def browser_of(person_id, language):
    token, now = secrets.token_urlsafe(32), clock.now()
    person = db.session.get(Person, person_id)
    person.language = language
    db.session.add(SignIn(person_id=person_id, token_digest=digest(token), started_at=now,
                          ends_at=now + timedelta(hours=1), address=""))
    db.session.commit()
    browser = app.test_client()
    with browser.session_transaction() as stored:
        stored["_user_id"] = token
    return browser

def thank_aigul(cast):
    from lms_kudos import plugin  # only where it is installed and not left out
    plugin.load_demonstration(cast=cast)

def tables():
    return sorted(name for name in sa.inspect(db.engine).get_table_names() if name.startswith("kudos"))
"""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder into which the sample plug-in was installed, as pip does it."""
    folder = tmp_path_factory.mktemp("door")
    source = folder / "source"
    shutil.copytree(ROOT / "tests" / "plugins" / "lms_kudos", source)
    target = folder / "installed"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(source)], check=True, cwd=folder, capture_output=True)
    return target


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[str]:
    """Return the address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'door.db'}"
        return
    server = sa.make_url(request.getfixturevalue("pg_url")).set(drivername="postgresql+psycopg")
    name = f"lms_door_{worker_id}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    yield server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    engine.dispose()


def run(
    folder: Path, url: str, code: str, *arguments: str, plugins: Path, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a program with the plug-in installed."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    environ |= (
        make_environ(url, folder)
        | settings
        | {"PYTHONPATH": os.pathsep.join([str(plugins), *filter(None, [os.environ.get("PYTHONPATH")])])}
    )
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def told(ran: subprocess.CompletedProcess[str]) -> Any:
    """Return what a program printed as its last line, as JSON."""
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_a_plug_in_from_elsewhere_is_used(installed: Path, tmp_path: Path, database: str) -> None:
    """Page, menu, setting, languages, audit; and it hears course_completed when Aigul has read a course."""
    program = """
from pathlib import Path
from courses.actions import learning
from courses.actions.packages import import_package, publish
from courses.package import read_folder
from courses.queries.outline import outline_of
from lms import audit, plugins

with app.app_context():
    cast = prepare()
    thank_aigul(cast)
    revision = publish(import_package(read_folder(Path("course")), actor_id=None).course_id,
                       kind="major", note="First", actor_id=None)
    enrolment = learning.enrol(cast["aigul"], revision.course_id, how="self", actor_id=cast["aigul"])
    for module in outline_of(revision).modules:
        for section in module.sections:
            learning.mark_read(enrolment, module.id, section)
    learning.refresh_completion(enrolment.id)
    revision_id, enrolment_id = revision.id, enrolment.id
    db.session.commit()
    aigul, gulnara = browser_of(cast["aigul"], "ru"), browser_of(cast["gulnara"], "ky")
    db.session.remove()
page = aigul.get("/kudos/")
with app.app_context():
    answered = plugins.hooks().completion_requirements(course_revision_id=revision_id, enrolment_ids=[enrolment_id])
    kinds = [entry.action for entry in db.session.scalars(sa.select(audit.AuditEntry))]
print(json.dumps({
    "page": page.status_code,
    "title": "<h1>Благодарности</h1>" in page.text,
    "link": 'href="/kudos/"' in page.text,
    "for_the_help": "for the help with the report" in page.text,
    "may_not": gulnara.post("/kudos/").status_code,
    "kyrgyz": "Ыраазычылык" in gulnara.get("/kudos/").text,
    "signed_out": app.test_client().get("/kudos/").status_code,
    "setting": app.config["LMS_KUDOS_LENGTH"],
    "asks_nothing": {enrolment_id: []} in answered,
    "thanked_for_the_course": "course completed" in page.text,
    "audited": kinds.count("kudos.given"),
    "report": [r.name for m in plugins.Suite(frozenset()).manifests for r in m.reports if m.name == "kudos"],
    "tables": (app.app_context().push(), tables())[1],
}))
"""
    shutil.copytree(ROOT / "tests" / "packages" / "MINI-2", tmp_path / "course")

    ran = run(tmp_path, database, BEGIN + program, plugins=installed, LMS_KUDOS_LENGTH="40")

    assert told(ran) == {
        "page": 200,
        "title": True,
        "link": True,
        "for_the_help": True,
        "may_not": 400,  # no CSRF token; the next test has one
        "kyrgyz": True,
        "signed_out": 302,
        "setting": 40,
        "asks_nothing": True,
        "thanked_for_the_course": True,
        "audited": 2,
        "report": ["thanks"],
        "tables": ["kudos_motto", "kudos_thanks"],
    }


def test_the_permission_of_a_plug_in_guards_its_route(installed: Path, tmp_path: Path) -> None:
    program = """
import re
with app.app_context():
    cast = prepare()
    browsers = [browser_of(cast["bakyt"], "en"), browser_of(cast["gulnara"], "en")]
    db.session.remove()
codes = []
for browser in browsers:
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/kudos/").text)[1]
    data = {"csrf_token": token, "service_number": "100001", "text": "well done"}
    codes.append(browser.post("/kudos/", data=data).status_code)
print(json.dumps(codes))
"""
    ran = run(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", BEGIN + program, plugins=installed)

    assert told(ran) == [303, 403]


def test_the_report_of_a_plug_in_is_shown_and_exported(installed: Path, tmp_path: Path) -> None:
    program = """
from lms import plugins
with app.app_context():
    cast = prepare()
    thank_aigul(cast)
    db.session.commit()
    gulnara = browser_of(cast["gulnara"], "ky")
    db.session.remove()
listed = gulnara.get("/reports").text
page = gulnara.get("/reports/thanks")
print(json.dumps([
    "Ар бир адамга айтылган ыраазычылык" in listed, page.status_code, "Асанова" in page.text,
]))
"""
    ran = run(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", BEGIN + program, plugins=installed)

    assert told(ran) == [True, 200, True]


def test_a_plug_in_reads_and_writes_its_part_of_a_course_package(installed: Path, tmp_path: Path) -> None:
    """The hooks check_package, load_package and package_parts, through import and export."""
    program = """
from pathlib import Path
from courses.actions.packages import PackageRefused, import_package
from courses.package import read_folder
from lms import plugins
folder = Path("course")
with app.app_context():
    prepare()
    (folder / "kudos.txt").write_text("mott: Thanks\\n")
    try:
        import_package(read_folder(folder), actor_id=None)
        refused = []
    except PackageRefused as error:
        refused = [str(fault) for fault in error.faults]
    (folder / "kudos.txt").write_text("motto:   Thanks to all\\n")
    draft = import_package(read_folder(folder), actor_id=None)
    db.session.commit()
    parts = [p["kudos.txt"].decode() for p in plugins.hooks().package_parts(course_revision_id=draft.id)
             if "kudos.txt" in p]
print(json.dumps([refused, parts]))
"""
    shutil.copytree(ROOT / "tests" / "packages" / "MINI-2", tmp_path / "course")

    ran = run(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", BEGIN + program, plugins=installed)

    assert told(ran) == [["kudos.txt:1: write `motto:` and the words of thanks"], ["motto: Thanks to all\n"]]


def test_the_migrations_of_a_plug_in_are_a_branch_of_their_own(
    installed: Path, tmp_path: Path, database: str
) -> None:
    program = """
with app.app_context():
    prepare()
    states = [tables(), migrate.is_current(app), [line for line in migrate.difference(app) if "kudos" in line]]
    migrate.downgrade(app, "kudos@base")
    states += [tables(), migrate.is_current(app), db.session.scalar(sa.select(sa.func.count()).select_from(Person)) > 0]
    migrate.upgrade(app)
    states += [tables(), migrate.is_current(app)]
print(json.dumps(states))
"""
    ran = run(tmp_path, database, BEGIN + program, plugins=installed)

    both = ["kudos_motto", "kudos_thanks"]
    assert told(ran) == [both, True, [], [], False, True, both, True]


def test_a_plug_in_is_left_out_by_a_setting(installed: Path, tmp_path: Path) -> None:
    program = """
with app.app_context():
    prepare()
    found = tables()
print(json.dumps([[m.name for m in app.extensions["lms"].manifests], found,
                  [rule.rule for rule in app.url_map.iter_rules() if "kudos" in rule.rule]]))
"""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    ran = run(tmp_path, url, BEGIN + program, plugins=installed, LMS_PLUGINS_OFF="kudos")

    assert told(ran) == [["courses", "assessments", "certificates"], [], []]


def test_a_setting_of_a_plug_in_that_is_left_out_is_unknown(installed: Path, tmp_path: Path) -> None:
    ran = run(
        tmp_path,
        f"sqlite:///{tmp_path / 'x.db'}",
        LMS,
        "plugins",
        plugins=installed,
        LMS_PLUGINS_OFF="kudos",
        LMS_KUDOS_LENGTH="40",
    )

    assert (ran.returncode, ran.stderr) == (
        2,
        "lms: LMS_KUDOS_LENGTH is not a setting; docs/settings.md lists them.\n",
    )


def test_the_core_starts_alone(installed: Path, tmp_path: Path, database: str) -> None:
    program = """
with app.app_context():
    cast = prepare()
    elena, aigul = browser_of(cast["elena"], "ru"), browser_of(cast["aigul"], "ky")
    db.session.remove()
print(json.dumps([
    len(app.extensions["lms"].manifests),
    app.test_client().get("/health").json,
    app.test_client().get("/sign-in").status_code,
    elena.get("/people").status_code,
    elena.get("/audit").status_code,
    elena.get("/", follow_redirects=True).status_code,
    aigul.get("/", follow_redirects=True).status_code,
]))
"""
    ran = run(tmp_path, database, BEGIN + program, plugins=installed, LMS_PLUGINS_OFF=ALL_OFF)

    assert told(ran) == [0, {"status": "ok"}, 200, 200, 200, 200, 200]


def test_courses_alone_work_without_quizzes_and_certificates(installed: Path, tmp_path: Path) -> None:
    program = """
with app.app_context():
    cast = prepare()
    aigul, gulnara = browser_of(cast["aigul"], "ky"), browser_of(cast["gulnara"], "ru")
    db.session.remove()
print(json.dumps([aigul.get("/", follow_redirects=True).status_code, gulnara.get("/reports").status_code]))
"""
    ran = run(
        tmp_path,
        f"sqlite:///{tmp_path / 'x.db'}",
        BEGIN + program,
        plugins=installed,
        LMS_PLUGINS_OFF="assessments,certificates,kudos",
    )

    assert told(ran) == [200, 200]


def test_leaving_out_what_another_needs_stops_the_start(installed: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    ran = run(tmp_path, url, LMS, "plugins", plugins=installed, LMS_PLUGINS_OFF="courses")

    assert ran.returncode == 2
    assert ran.stderr in {
        "lms: The plug-in assessments needs courses, which is not there.\n",
        "lms: The plug-in certificates needs courses, which is not there.\n",
    }


def planted(installed: Path, tmp_path: Path, file: str, old: str, new: str) -> Path:
    """Return a copy of the installed plug-in with a fault in it."""
    copy = tmp_path / "planted"
    shutil.copytree(installed, copy)
    path = copy / "lms_kudos" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return copy


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            "routes.py",
            '@access("kudos.give")\n',
            "",
            "lms_kudos.routes::give has no @access(...); add one, or @access(PUBLIC)",
        ),
        (
            "routes.py",
            '@access("kudos.give")',
            '@access("kudos.gift")',
            "lms_kudos.routes::give asks for the permission kudos.gift, which no manifest declares",
        ),
        ("plugin.py", 'name="kudos"', 'name="courses"', "Two plug-ins have the same name."),
        (
            "plugin.py",
            'name="kudos",',
            'name="kudos", requires=("mentoring",),',
            "The plug-in kudos needs mentoring, which is not there.",
        ),
        (
            "plugin.py",
            '"200",',
            '"2",',
            "LMS_KUDOS_LENGTH must be a whole number from 10 to 2000.",
        ),
    ],
    ids=["undeclared route", "unknown permission", "double name", "missing plug-in", "bad setting"],
)
def test_a_faulty_plug_in_stops_the_start_with_a_sentence(
    installed: Path, tmp_path: Path, file: str, old: str, new: str, sentence: str
) -> None:
    plugins = planted(installed, tmp_path, file, old, new)

    ran = run(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", LMS, "plugins", plugins=plugins)

    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"lms: {sentence}\n")


def test_the_commands_of_a_plug_in_are_there(installed: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"

    up = run(tmp_path, url, LMS, "db", "upgrade", plugins=installed)
    count = run(tmp_path, url, LMS, "kudos", "count", plugins=installed)
    listed = run(tmp_path, url, LMS, "plugins", plugins=installed)

    assert (up.returncode, count.returncode, count.stdout) == (0, 0, "0\n"), up.stderr + count.stderr
    assert "kudos: " in listed.stdout
