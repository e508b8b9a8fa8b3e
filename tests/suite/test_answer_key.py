"""Two banks that differ in nothing but the key give the same bytes to an officer until the key is released.

The same officer walks the same road twice, each time on a fresh database: once with the small course as it is, once
with another key for every question of every type. Everything that the server sends is compared: pages, redirects,
answers to the script, headers. Time and the seed of the draw are the same; tokens of a session are not compared.
"""

import copy
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from assessments.queries import take
from assessments.rules import TYPES
from courses.actions import learning
from courses.actions.packages import import_package, publish
from courses.package import read_folder
from courses.package.documents import dump_yaml, load_yaml
from courses.package.files import describe
from lms.db import db
from lms.hookspecs import PackageFiles
from tests.packages import FOLDER

MORNING = datetime(2026, 11, 23, 4, tzinfo=UTC)
SEED = 20261123
BANKS = ("M1/quiz.yaml", "M2/quiz.yaml", "exam.yaml")
# Another key for each question of the small course, so chosen that `EARNS_NOTHING` earns nothing with either.
OTHER_KEY: dict[str, Any] = {
    "single_choice": "c",
    "multiple_response": ["a", "b", "d"],
    "true_false": True,
    "numeric": 73,
    "short_answer": {"en": ["command"], "ru": ["командование"], "ky": ["буйрук"]},
    "matching": {"l1": "r2", "l2": "r1", "l3": "r2"},
    "ordering": ["a", "c", "b"],
}
OTHER_STEPS = {"s1": "c", "s2": "a"}
ANSWERS: dict[str, Any] = {
    "single_choice": "b",
    "multiple_response": ["a", "b", "c"],
    "true_false": False,
    "numeric": "72",
    "short_answer": "leadership",
    "matching": {"l1": "r1", "l2": "r2", "l3": "r1"},
    "ordering": {"b": 1, "c": 2, "a": 3},
    "scenario": {"s1": "b", "s2": "d"},
}
EARNS_NOTHING: dict[str, Any] = {
    "single_choice": "a",
    "multiple_response": ["e"],
    "true_false": None,
    "numeric": "5",
    "short_answer": "silence",
    "matching": {"l1": "r3", "l2": "r3", "l3": "r3"},
    "ordering": {"c": 1},
    "scenario": {"s1": "a", "s2": "b"},
}
# Pages around the quiz on which something of it could show.
AROUND = ("/learning", "/courses", "/courses/MINI-1", "/courses/MINI-1/M1/roles", "/courses/MINI-1/M1/print")


def package(*, other_key: bool) -> PackageFiles:
    """Return the small course, or the same with another key for every question."""
    found = read_folder(FOLDER / "MINI-1")
    files = dict(found.files)
    for name in BANKS if other_key else ():
        bank = copy.deepcopy(load_yaml(files[name].decode()).value)
        for question in (question for slot in bank["slots"] for question in slot["questions"]):
            if question["type"] == "scenario":
                for step in question["steps"]:
                    step["key"] = OTHER_STEPS[step["id"]]
            else:
                question["key"] = OTHER_KEY[question["type"]]
        files[name] = dump_yaml(bank).encode()
    return describe(files)


class Road:
    """An officer's way through the quizzes, and everything the server sent on it."""

    def __init__(self, browser: Any, app: Flask) -> None:
        self.browser = browser
        self.app = app
        self.sent: list[tuple[str, bytes]] = []

    def keep(self, name: str, response: TestResponse) -> TestResponse:
        """Note a response as it went over the wire, without what differs from session to session."""
        headers = [f"{key}: {value}" for key, value in response.headers if key != "Set-Cookie"]
        body = re.sub(rb'(name="csrf_token"[^>]* value=")[^"]*', rb"\1", response.get_data())
        self.sent.append(
            (name, f"{response.status}\n".encode() + "\n".join(headers).encode() + b"\n\n" + body)
        )
        return response

    def get(self, url: str) -> TestResponse:
        """Open a page."""
        return self.keep(f"GET {url}", self.browser.get(url))

    def post(self, url: str, data: dict[str, Any] | None = None) -> TestResponse:
        """Send a form."""
        return self.keep(f"POST {url}", self.browser.submit(url, data))

    def save(self, attempt_id: int, fields: dict[str, list[str]]) -> TestResponse:
        """Save an answer as the script does."""
        url = f"/attempts/{attempt_id}/answers"
        headers = {"X-CSRFToken": self.browser.csrf_token()}
        return self.keep(f"POST {url} {fields}", self.browser.post(url, json=fields, headers=headers))

    def look_around(self, *urls: str) -> None:
        """Open the pages around the quiz, and the given ones, in each language."""
        for language in ("ky", "ru", "en"):
            self.browser.submit("/language", {"language": language})
            for url in (*AROUND, "/quizzes/MINI-1/M1", "/quizzes/MINI-1/exam", *urls):
                self.get(url)

    def fields(self, attempt_id: int, answers: dict[str, Any]) -> dict[int, dict[str, list[str]]]:
        """Return by question what a page sends for the answers: places in the order that was drawn."""
        with self.app.app_context():
            found = {}
            for question in take.questions_of(attempt_id):
                name, order = f"q{question.position}", question.order
                sent = {f"s{question.position}": [str(question.saves)]}
                answer = answers[question.question_revision.type]
                match question.question_revision.type:
                    case "single_choice":
                        sent[name] = [str(order["options"].index(answer) + 1)]
                    case "multiple_response":
                        sent[name] = [str(order["options"].index(option) + 1) for option in answer]
                    case "true_false":
                        sent[name] = [] if answer is None else ["1" if answer else "2"]
                    case "numeric" | "short_answer":
                        sent[name] = [answer]
                    case "matching":
                        for line, left in enumerate(order["left"], 1):
                            sent[f"{name}-{line}"] = [str(order["right"].index(answer[left]) + 1)]
                    case "ordering":
                        for line, item in enumerate(order["items"], 1):
                            sent[f"{name}-{line}"] = [str(answer.get(item, ""))]
                    case "scenario":
                        for line, step in enumerate(question.question_revision.body["steps"], 1):
                            place = order[step["id"]].index(answer[step["id"]]) + 1
                            sent[f"{name}-{line}"] = [str(place)]
                found[question.position] = sent
            return found

    def sit(self, quiz: str) -> int:
        """Take an attempt: answer by script and by page, change everything, hand in; return its id."""
        attempt_id = int(self.post(quiz).location.rsplit("/", 1)[1])
        own = f"/attempts/{attempt_id}"
        self.look_around(own)
        for sent in self.fields(attempt_id, ANSWERS).values():
            assert self.save(attempt_id, sent).status_code == 200
        stale = next(iter(self.fields(attempt_id, EARNS_NOTHING).values()))
        old = {name: ["0"] if name[0] == "s" else value for name, value in stale.items()}
        assert self.save(attempt_id, old).status_code == 409
        self.look_around(own, f"{own}/finish", f"{own}/result", f"{own}/questions/1/report")
        page = self.fields(attempt_id, EARNS_NOTHING)
        self.post(own, {name: values for sent in page.values() for name, values in sent.items()})
        self.look_around(own)
        self.post(f"{own}/finish")
        assert self.save(attempt_id, stale).status_code == 410
        self.look_around(own, f"{own}/finish", f"{own}/result")
        return attempt_id


@pytest.fixture
def walk(
    app: Flask,
    backends: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Callable[[PackageFiles], dict[str, list[tuple[str, bytes]]]]]:
    """Return a function that walks the road on a fresh database with a package."""
    databases, _made = backends(request.node.callspec.params["app"])
    cast, browser_of = request.getfixturevalue("cast"), request.getfixturevalue("browser_of")
    monkeypatch.setattr("secrets.randbits", lambda _bits: SEED)

    def run(content: PackageFiles) -> dict[str, list[tuple[str, bytes]]]:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        databases.renew()
        with time_machine.travel(MORNING, tick=False) as time:
            with app.app_context():
                draft = import_package(content, actor_id=None)
                course_id = publish(draft.course_id, kind="major", note="First", actor_id=None).course_id
                learning.enrol(cast["aigul"], course_id, how="self", actor_id=cast["aigul"])
                db.session.commit()
            found = {}
            road = Road(browser_of("aigul"), app)
            road.sit("/quizzes/MINI-1/exam")
            road.sit("/quizzes/MINI-1/M1")
            road.sit("/quizzes/MINI-1/M1")
            time.shift(timedelta(hours=25))
            third = Road(browser_of("aigul"), app)
            last = int(third.post("/quizzes/MINI-1/M1").location.rsplit("/", 1)[1])
            third.look_around(f"/attempts/{last}")
            found["before release"] = road.sent + third.sent
            released = Road(browser_of("aigul"), app)
            released.post(f"/attempts/{last}/finish")
            released.get(f"/attempts/{last}/result")
            found["after release"] = released.sent
            return found

    yield run
    with app.app_context():
        db.session.remove()


def test_nothing_of_the_key_shows_before_its_release(walk):
    one, other = walk(package(other_key=False)), walk(package(other_key=True))

    differing = [
        (name, _first_difference(ours, theirs))
        for (name, ours), (_name, theirs) in zip(one["before release"], other["before release"], strict=True)
        if ours != theirs
    ]
    assert differing == []
    # The comparison sees a key where one is shown.
    assert one["after release"] != other["after release"]


def test_the_road_meets_every_type_of_question():
    bank = load_yaml((FOLDER / "MINI-1" / "M1" / "quiz.yaml").read_text()).value

    assert {q["type"] for slot in bank["slots"] for q in slot["questions"]} == set(TYPES)


def test_what_hides_the_key_in_code_is_the_model(in_app):
    loads = sa.inspect(take.QuestionRevision).relationships["key"].lazy

    assert loads == "raise"


def _first_difference(ours: bytes, theirs: bytes) -> str:
    place = next((n for n, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), 0)
    return f"{ours[place - 60 : place + 60]!r} | {theirs[place - 60 : place + 60]!r}"
