"""Measure pages beside a bare Flask view that returns the same bytes (`make bench`).

Builds a ministry of 10,000 officers on SQLite (or on the PostgreSQL of LMS_TEST_DATABASE_URL) in a temporary folder,
serves it with gunicorn, and asks for the module page, the course page and the submit of a quiz as a signed-in officer.
Beside it the same gunicorn, with the same workers and compression, serves a bare Flask app that returns the very
bytes. Both are asked in turn, three times; the table shows medians. Nothing here is a test: no target can fail it.
"""

import http.client
import multiprocessing
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import brotli
import sqlalchemy as sa
from flask import Flask, Response, request
from flask_compress import Compress

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assessments.actions.attempts import start as start_attempt  # noqa: E402 - the path is set above
from assessments.queries.take import quiz_or_404  # noqa: E402
from courses.actions.learning import enrol  # noqa: E402
from courses.models import Course, Enrolment  # noqa: E402
from lms import clock, demo, migrate, paths  # noqa: E402
from lms.accounts.models import SignIn  # noqa: E402
from lms.accounts.sessions import digest  # noqa: E402
from lms.app import asset, create_app  # noqa: E402
from lms.db import db, search_key, sort_key  # noqa: E402
from lms.people.models import Person, Posting, Rank, RoleAssignment, Unit  # noqa: E402

OFFICERS = 10_000
ROUNDS = 3
REQUESTS = 400  # of one kind, in one round
SUBMITS = 60  # each needs an attempt of its own
CLIENTS = 4
WORKERS, THREADS = 2, 4
COURSE, MODULE, SECTION = "LDR-01", "M1", "three-roles"
MODULE_PAGE = f"/courses/{COURSE}/{MODULE}/{SECTION}"
COURSE_PAGE = f"/courses/{COURSE}"


@dataclass
class Request:
    """One request of a client: method, path, cookie, form."""

    method: str
    path: str
    cookie: str
    body: str = ""


@dataclass
class Figures:
    """What the rounds of one row measured."""

    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


def bare() -> Flask:
    """Return a Flask app with one view that returns the bytes of the file named by BENCH_BODY."""
    app = Flask("bare")
    body = Path(os.environ["BENCH_BODY"]).read_bytes()
    app.config.update(
        COMPRESS_MIMETYPES=["text/html"], COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_BR_LEVEL=4
    )
    Compress(app)

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    @app.route("/<path:path>", methods=["GET", "POST"])
    def same_bytes(path: str) -> Response:
        if request.method == "POST":
            return Response(status=303, headers={"Location": "/"})
        return Response(body, mimetype="text/html")

    return app


def environ(folder: Path) -> dict[str, str]:
    """Return the settings of the measured app."""
    return {
        "LMS_ENVIRONMENT": "demonstration",
        "LMS_INSTANCE_PATH": str(folder),
        "LMS_DATABASE_URL": os.environ.get("LMS_TEST_DATABASE_URL", f"sqlite:///{folder}/bench.db"),
        "LMS_SECRET_KEY": secrets.token_urlsafe(48),
        "LMS_DEFAULT_LANGUAGE": "ru",
    }


def build(app: Flask) -> list[int]:
    """Fill the database; return the ids of officers who are enrolled."""
    migrate.upgrade(app)
    demo.load()
    units = [unit.id for unit in db.session.scalars(sa.select(Unit).where(Unit.kind != "ministry"))]
    rank_id = db.session.scalar(sa.select(Rank.id).where(Rank.level == 13))
    now, since = clock.now(), date(2015, 1, 1)
    first = (db.session.scalar(sa.select(sa.func.max(Person.id))) or 0) + 1
    people = [
        {
            "id": first + number, "service_number": f"9{number:06}", "family_name": "Өмүрзакова",
            "given_name": "Айжаңыл", "patronymic": f"{number}", "latin_name": "", "sex": "fm"[number % 2],
            "entered_service_on": since, "language": "ru", "search_key": search_key("Өмүрзакова", str(number)),
            "sort_key": sort_key("Өмүрзакова", str(number)), "created_at": now, "version": 1,
        }
        for number in range(OFFICERS)
    ]  # fmt: skip
    db.session.execute(sa.insert(Person), people)
    ids = [row["id"] for row in people]
    db.session.execute(
        sa.insert(RoleAssignment), [{"person_id": i, "role": "officer", "from_on": since} for i in ids]
    )
    db.session.execute(
        sa.insert(Posting),
        [
            {"person_id": i, "unit_id": units[i % len(units)], "rank_id": rank_id, "job": "", "from_on": since,
             "recorded_at": now}
            for i in ids
        ],
    )  # fmt: skip
    course = db.session.scalars(sa.select(Course).where(Course.code == COURSE)).one()
    revision_id = db.session.scalar(
        sa.select(Enrolment.course_revision_id).where(Enrolment.course_id == course.id).limit(1)
    )
    taken = ids[SUBMITS * ROUNDS + 1 :]
    db.session.execute(
        sa.insert(Enrolment),
        [
            {"officer_id": i, "course_id": course.id, "course_revision_id": revision_id, "cycle": 1,
             "how": "department", "enrolled_at": now, "withdrawal_reason": ""}
            for i in taken
        ],
    )  # fmt: skip
    for officer_id in ids[: SUBMITS * ROUNDS + 1]:  # those who ask, by the real action
        enrol(officer_id, course.id, how="department", actor_id=None)
    db.session.commit()
    return ids


def cookie_of(app: Flask, officer_id: int) -> tuple[str, str]:
    """Return the session cookie and a CSRF token of an officer who is signed in."""
    token, raw = secrets.token_urlsafe(32), secrets.token_hex(20)
    now = clock.now()
    db.session.add(
        SignIn(person_id=officer_id, token_digest=digest(token), started_at=now, ends_at=now + timedelta(hours=12),
               address="127.0.0.1")
    )  # fmt: skip
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    session = {"_user_id": token, "_fresh": True, "csrf_token": raw, "_permanent": True}
    from itsdangerous import URLSafeTimedSerializer  # as Flask-WTF signs its token

    csrf = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(raw)
    return f"lms={signer.dumps(session)}", str(csrf)


def _ask(address: tuple[str, int], requests: list[Request], start: Any, results: Any) -> None:
    """Send requests one after another over one connection; runs in a process of its own."""
    connection = http.client.HTTPConnection(*address, timeout=60)
    connection.connect()
    start.wait()
    wrong = 0
    for asked in requests:
        headers = {"Cookie": asked.cookie, "Accept-Encoding": "br"}
        if asked.body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(asked.method, asked.path, body=asked.body or None, headers=headers)
        answer = connection.getresponse()
        answer.read()
        wrong += answer.status not in (200, 302, 303)
    results.put(wrong)


def cpu_seconds(leader: int) -> float:
    """Return the CPU time that a server and its workers have used so far."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == leader or stat.parent.name == str(leader):
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


class Server:
    """A gunicorn of its own."""

    def __init__(self, application: str, settings: dict[str, str]) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = self.listener.getsockname()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", application, "--bind", f"fd://{self.listener.fileno()}",
             "--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS), "--preload",
             "--no-control-socket", "--log-level", "error", "--pythonpath", str(ROOT / "scripts")],
            env={**kept, **settings}, pass_fds=[self.listener.fileno()], cwd=ROOT,
        )  # fmt: skip

    def measure(self, requests: list[Request], figures: Figures) -> None:
        """Send the requests from several clients at once and note the figures."""
        context = multiprocessing.get_context("fork")
        start, results = context.Barrier(CLIENTS + 1), context.Queue()
        clients = [
            context.Process(target=_ask, args=(self.address, requests[number::CLIENTS], start, results))
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        before = cpu_seconds(self.process.pid)
        start.wait()
        began = time.perf_counter()
        wrong = sum(results.get() for _client in clients)
        took = time.perf_counter() - began
        for client in clients:
            client.join()
        if wrong:
            raise SystemExit(f"{wrong} of {len(requests)} answers were refused ({requests[0].path})")
        figures.per_second.append(len(requests) / took)
        figures.cpu_ms.append((cpu_seconds(self.process.pid) - before) * 1000 / len(requests))

    def stop(self) -> None:
        """Stop the server."""
        self.process.terminate()
        self.process.wait()
        self.listener.close()


def statements_of(app: Flask, path: str, cookie: str) -> tuple[int, bytes]:
    """Return how many SQL statements a page runs, and its bytes."""
    ran: list[str] = []
    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: ran.append(arguments[2]))
    name, _, value = cookie.partition("=")
    client = app.test_client()
    client.set_cookie(name, value)
    client.get(path)  # what is read once and kept is not what an officer waits for
    ran.clear()
    answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}")
    return len(ran), answer.data


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory(prefix="lms-bench-") as temporary:
        folder = Path(temporary)
        settings = environ(folder)
        app = create_app(settings)
        print(f"Building a ministry of {OFFICERS:,} officers …", flush=True)
        with app.app_context():
            ids = build(app)
            reader, _csrf = cookie_of(app, ids[0])
            submits = []
            for officer_id in ids[1 : SUBMITS * ROUNDS + 1]:
                attempt = start_attempt(quiz_or_404(officer_id, COURSE, MODULE))
                cookie, csrf = cookie_of(app, officer_id)
                submits.append(
                    Request("POST", f"/attempts/{attempt.id}/finish", cookie, f"csrf_token={csrf}")
                )
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        pages = {"module page": MODULE_PAGE, "course page": COURSE_PAGE}
        seen = {name: statements_of(app, path, reader) for name, path in pages.items()}
        ours, others = Server("lms.wsgi:make()", settings), {}
        rows = {name: (Figures(), Figures()) for name in [*pages, "quiz submit"]}
        try:
            for name in rows:
                body = folder / f"{name}.html"
                body.write_bytes(seen[name][1] if name in seen else b"")
                others[name] = Server("bench:bare()", {"BENCH_BODY": str(body)})
            for number in range(ROUNDS):
                for name, path in pages.items():
                    requests = [Request("GET", path, reader)] * REQUESTS
                    ours.measure(requests, rows[name][0])
                    others[name].measure(requests, rows[name][1])
                part = submits[number * SUBMITS : (number + 1) * SUBMITS]
                ours.measure(part, rows["quiz submit"][0])
                others["quiz submit"].measure(part, rows["quiz submit"][1])
        finally:
            for server in (ours, *others.values()):
                server.stop()
    report(rows, seen)


def report(rows: dict[str, tuple[Figures, Figures]], seen: dict[str, tuple[int, bytes]]) -> None:
    """Print the medians."""
    middle = statistics.median
    print(f"\n{'':<14}{'req/s':>9}{'bare':>9}{'ratio':>8}{'CPU ms':>9}{'bare':>8}{'SQL':>6}{'HTML br':>10}")
    for name, (our, other) in rows.items():
        ratio = middle(our.per_second) / middle(other.per_second)
        count, body = seen.get(name, ("", b""))
        size = len(brotli.compress(body, quality=4)) if body else ""
        print(
            f"{name:<14}{middle(our.per_second):>9.0f}{middle(other.per_second):>9.0f}{f'1/{1 / ratio:.1f}':>8}"
            f"{middle(our.cpu_ms):>9.2f}{middle(other.cpu_ms):>8.2f}{count!s:>6}{size!s:>10}"
        )
    style = (paths.STATIC / "app.css.br").stat().st_size
    print(
        f"\n{WORKERS} workers × {THREADS} threads, {CLIENTS} clients, median of {ROUNDS} rounds of {REQUESTS} requests;"
    )
    print(
        f"{OFFICERS:,} officers on {'PostgreSQL' if 'LMS_TEST_DATABASE_URL' in os.environ else 'SQLite'}. Style sheet: {style} bytes as brotli ({asset('app.css')})."
    )
    print("Target: module page at least 1/8 of bare Flask.")


if __name__ == "__main__":
    main()
