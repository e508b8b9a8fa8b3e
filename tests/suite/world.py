"""One world for the tests that ask every route as everybody: objects of Aigul, Daniyar's course, another's course.

It is made once per database, mostly by the pages themselves, and kept as a snapshot; `restore()` brings it back.
"""

import re
import secrets
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from assessments.models import Attempt, QuestionReport, Quiz, TimeFactor
from certificates.models import Certificate
from courses.actions import learning
from courses.actions.packages import import_package, publish
from courses.models import Course, CourseRevision, Enrolment, InstructorAssignment, Module
from courses.package import read_folder
from lms import access, clock, demo
from lms.accounts.models import SignIn
from lms.accounts.sessions import digest
from lms.db import db
from lms.people.models import Person, Posting, Rank, Region, RoleAssignment, Unit
from lms.plugins import hooks
from tests.conftest import Browser

PACKAGES = Path(__file__).resolve().parents[1] / "packages"
NOBODY = "signed-out"
ACTORS = (
    NOBODY,
    "aigul",
    "bakyt",
    "daniyar",
    "kanat",
    "ilyas",
    "jyldyz",
    "farida",
    "gulnara",
    "elena",
)
# Daniyar's course with everything, Daniyar's that Aigul has completed, and Kanat's.
FULL, DONE, OTHER = "MINI-1", "DONE-01", "MINI-2"
CERTIFICATE = "\ncertificate: {validity_months: 60}\n"


class Copies:
    """A database that can be put aside under a name and brought back."""

    def __init__(self, app: Flask, databases: Any) -> None:
        self.app = app
        self.databases = databases

    def keep(self, name: str) -> None:
        """Put the database in use aside."""
        self.let_go()
        if hasattr(self.databases, "used"):
            shutil.copyfile(self.databases.used, self.databases.folder / f"{name}.db")
        else:
            self._replace(f"lms_{name}", self.databases.names[False])
            self.databases.names[name] = f"lms_{name}"  # dropped with the others at the end

    def bring_back(self, name: str) -> None:
        """Make the database in use a copy of what was put aside."""
        self.let_go()
        if hasattr(self.databases, "used"):
            for leftover in self.databases.folder.glob("used.db*"):
                leftover.unlink()
            shutil.copyfile(self.databases.folder / f"{name}.db", self.databases.used)
        else:
            self._replace(self.databases.names[False], f"lms_{name}")

    def let_go(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def _replace(self, name: str, template: str) -> None:
        self.databases._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.databases._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


class World:
    """The app, the ids that addresses need, and browsers of everybody."""

    def __init__(self, app: Flask, copies: Copies, folder: Path, worker: str) -> None:
        self.app = app
        self.copies = copies
        self.folder = folder
        self.name = f"world_{worker}"
        self.kept: set[str] = set()  # further copies that tests have put aside
        self.cast: dict[str, int] = {}
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, Any] = {}
        app.test_client_class = Browser
        with app.app_context():
            self._people()
            self._courses()
            db.session.commit()
        self._learning()
        with app.app_context():
            self._find_ids()
        copies.keep(self.name)

    def restore(self) -> None:
        """Bring the world back as it was made."""
        self.copies.bring_back(self.name)

    def browser(self, actor: str) -> Browser:
        """Return a browser of a member of the cast, signed in; of nobody for `NOBODY`."""
        browser = self.app.test_client()
        assert isinstance(browser, Browser)
        if actor != NOBODY:
            with browser.session_transaction() as stored:
                stored["_user_id"] = self.tokens[actor]
                stored["_fresh"] = True
        return browser

    def speaks(self, language: str) -> None:
        """Let everybody choose a language."""
        with self.app.app_context():
            db.session.execute(sa.update(Person).values(language=language))
            db.session.commit()

    def actor(self, key: str) -> access.Actor | None:
        """Return what a member of the cast may do."""
        if key == NOBODY:
            return None
        with self.app.app_context():
            return access.actor_of(db.session(), self.cast[key], self.app.extensions["lms"])

    def _people(self) -> None:
        numbers = {member.number: member.key for member in demo.MEMBERS}
        for person in db.session.scalars(sa.select(Person)):
            if person.service_number in numbers:
                self.cast[numbers[person.service_number]] = person.id
        # The people are in every test database; what the plug-ins add for them is not.
        for implementation in reversed(hooks().load_demonstration.get_hookimpls()):
            implementation.function(cast=demo.Cast(self.cast))
        now = clock.now()
        for key, person_id in self.cast.items():
            self.tokens[key] = secrets.token_urlsafe(32)
            db.session.add(
                SignIn(
                    person_id=person_id,
                    token_digest=digest(self.tokens[key]),
                    started_at=now,
                    ends_at=now + timedelta(hours=12),
                    address="127.0.0.1",
                )
            )

    def _courses(self) -> None:
        for code, source, instructor in (
            (FULL, FULL, "daniyar"),
            (OTHER, OTHER, "kanat"),
            (DONE, OTHER, "daniyar"),
        ):
            self.add_course(code, source, instructor, with_draft=True)

    def add_course(self, code: str, source: str, instructor: str, *, with_draft: bool = False) -> int:
        """Publish a copy of a test package under another code, for an instructor; return the course's id."""
        folder = self.folder / code
        if not folder.exists():
            shutil.copytree(PACKAGES / source, folder)
            definition = folder / "course.yaml"
            text = re.sub(r"^code: .*$", f"code: {code}", definition.read_text(encoding="utf-8"), flags=re.M)
            if code.startswith("DONE") and "certificate:" not in text:
                text = text.rstrip() + CERTIFICATE
            definition.write_text(text, encoding="utf-8")
        draft = import_package(read_folder(folder), actor_id=None)
        publish(draft.course_id, kind="major", note="Биринчи басылышы", actor_id=None)
        course_id = int(draft.course_id)
        if with_draft:
            for text_file in folder.glob("M1/en.md"):
                text_file.write_text(
                    text_file.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8"
                )
            import_package(read_folder(folder), actor_id=None)
        today = clock.today()
        db.session.add(
            InstructorAssignment(
                person_id=self.cast[instructor], course_id=course_id, from_on=today - timedelta(days=9)
            )
        )
        return course_id

    def _learning(self) -> None:
        """Let Aigul learn on the pages: one quiz done, one under way, one course completed."""
        aigul = self.browser("aigul")
        self._done(aigul, f"/courses/{FULL}/enrol")
        self._done(aigul, f"/courses/{DONE}/enrol")
        self.report(aigul, self.take_quiz(aigul, FULL, "M1", finish=True))
        self.take_quiz(aigul, FULL, "M2", finish=False)
        self.take_quiz(aigul, FULL, "exam", finish=True)  # failed, so that the instructor may unlock one more
        self.complete("aigul", DONE)
        self.give_time("aigul")

    def report(self, browser: Browser, attempt: str) -> None:
        """Report the first question of an attempt as faulty."""
        self._done(browser, f"{attempt}/questions/1/report", {"text": "Эки жооп тең туура."})

    def give_time(self, key: str) -> None:
        """Let the department give a member of the cast more time."""
        data = {
            "percent": "150",
            "from_on": clock.today().isoformat(),
            "reason": "Дарыгерлердин чечими боюнча",
        }
        self._done(self.browser("gulnara"), f"/extra-time/officers/{self.cast[key]}", data)

    def take_quiz(self, browser: Browser, code: str, module: str, *, finish: bool) -> str:
        """Start an attempt, perhaps hand it in with nothing answered; return its address."""
        address = str(self._done(browser, f"/quizzes/{code}/{module}").location)
        if finish:
            self._done(browser, f"{address}/finish")
        return address

    def complete(self, key: str, code: str) -> None:
        """Let a member of the cast read a course that asks for nothing else."""
        browser = self.browser(key)
        page = browser.get(f"/courses/{code}").text
        for address in sorted(set(re.findall(rf'href="(/courses/{code}/M\d+/[\w-]+)[#"?]', page))):
            if not address.endswith(("/print", "/withdraw")):
                self._done(browser, address, {"action": "read"})

    def _done(self, browser: Browser, url: str, data: dict[str, str] | None = None) -> Any:
        answer = browser.submit(url, data)
        assert answer.status_code in {302, 303}, f"POST {url}: {answer.status_code}\n{answer.text[-2500:]}"
        return answer

    def _find_ids(self) -> None:
        """Note the ids that addresses are made of."""
        aigul = self.cast["aigul"]
        full = db.session.scalars(sa.select(Course.id).where(Course.code == FULL)).one()
        attempts = list(
            db.session.scalars(
                sa.select(Attempt)
                .join(Quiz, Quiz.id == Attempt.quiz_id)
                .where(Attempt.officer_id == aigul, Quiz.course_id == full)
                .order_by(Attempt.id)
            )
        )
        certificate = db.session.scalars(sa.select(Certificate).where(Certificate.officer_id == aigul)).one()
        revisions = dict(
            db.session.execute(
                sa.select(CourseRevision.state, sa.func.max(CourseRevision.id))
                .where(CourseRevision.course_id == full)
                .group_by(CourseRevision.state)
            ).all()
        )
        self.ids = {
            "person": aigul,
            "posting": self._one(Posting.id, Posting.person_id == aigul),
            "role": self._one(RoleAssignment.id, RoleAssignment.person_id == aigul),
            "region": self._one(Region.id, Region.code == "KG-O"),
            "unit": self._one(Unit.id, Unit.code == "ROVD-UZGEN"),
            "course": full,
            "enrolment": self._one(Enrolment.id, Enrolment.officer_id == aigul, Enrolment.course_id == full),
            "closed_attempt": next(a.id for a in attempts if a.closed_at is not None),
            "open_attempt": next(a.id for a in attempts if a.closed_at is None),
            "quiz": self._one(
                Quiz.id,
                Quiz.course_id == full,
                Quiz.module_id.in_(sa.select(Module.id).where(Module.code == "M1")),
            ),
            "certificate": certificate.id,
            "certificate_code": certificate.verification_code,
            "published": revisions["published"],
            "draft": revisions.get("draft"),
            "assignment": self._one(
                InstructorAssignment.id,
                InstructorAssignment.course_id == full,
                InstructorAssignment.person_id == self.cast["daniyar"],
            ),
            "report": self._one(QuestionReport.id, QuestionReport.officer_id == aigul),
            "time_factor": self._one(TimeFactor.id, TimeFactor.officer_id == aigul),
            "section": self._section(),
        }

    def _one(self, column: Any, *conditions: Any) -> Any:
        return db.session.scalars(sa.select(column).where(*conditions).order_by(column)).first()

    def _section(self) -> str:
        page = self.browser("aigul").get(f"/courses/{FULL}").text
        found = re.search(rf'href="/courses/{FULL}/M1/([\w-]+)[#"?]', page)
        assert found, page
        return found[1]

    def grow(self) -> None:
        """Make two more of everything that lists show: courses, people, attempts, certificates, records."""
        with self.app.app_context():
            ids = [self.add_course(f"{FULL}-{n}", FULL, "daniyar") for n in (2, 3)]
            done = [self.add_course(f"DONE-0{n}", OTHER, "daniyar") for n in (2, 3)]
            for course_id in ids + done:
                learning.enrol(self.cast["aigul"], course_id, how="self", actor_id=self.cast["aigul"])
            for key in ("nurbek", "salima"):
                learning.enrol(self.cast[key], self.ids["course"], how="self", actor_id=self.cast[key])
            db.session.commit()
        for n in (2, 3):
            self.complete("aigul", f"DONE-0{n}")
            self.take_quiz(self.browser("aigul"), f"{FULL}-{n}", "M1", finish=True)
            self.take_quiz(self.browser("aigul"), f"{FULL}-{n}", "M2", finish=False)
        for key in ("nurbek", "salima"):
            self.report(self.browser(key), self.take_quiz(self.browser(key), FULL, "M1", finish=True))
            self.take_quiz(self.browser(key), FULL, "M2", finish=False)
            self.give_time(key)
        with self.app.app_context():
            self._more_people()
            db.session.commit()

    def _more_people(self) -> None:
        units = {unit.code: unit for unit in db.session.scalars(sa.select(Unit))}
        regions = {region.code: region for region in db.session.scalars(sa.select(Region))}
        ranks = {rank.level: rank for rank in db.session.scalars(sa.select(Rank))}
        for number in ("900001", "900002"):
            member = demo.Member(
                f"new{number}", number, ("Токтогулов", "Эмил", ""), "m", "officer", "ROVD-UZGEN", 9
            )
            demo._add(member, units, regions, ranks, "x")
