"""Server-side sessions: the browser holds a random token, the database holds its digest and whether it still counts."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask, current_app, request, session
from flask_login import LoginManager, UserMixin, login_user, logout_user

from lms import clock
from lms.accounts.models import SignIn
from lms.db import db
from lms.people.models import Person

login_manager = LoginManager()


@dataclass(frozen=True)
class Account(UserMixin):  # type: ignore[misc]
    """Who is signed in, as pages need it. Flask-Login's id is the session's token, not the person's."""

    person_id: int
    display_name: str
    service_number: str
    language: str
    sign_in_id: int
    token: str

    def get_id(self) -> str:
        """Return what Flask-Login keeps in the cookie."""
        return self.token


def digest(token: str) -> str:
    """Return the digest under which a random token is kept; it is random enough to need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def init_app(app: Flask) -> None:
    """Let Flask-Login find the session of a request."""
    login_manager.session_protection = None  # officers' phones change address on the road
    login_manager.init_app(app)
    login_manager.user_loader(_load)


# Built once, and of single columns: every request of everybody runs it.
OPEN_SIGN_IN = (
    sa.select(
        SignIn.id, Person.id, Person.family_name, Person.given_name, Person.service_number, Person.language
    )
    .join(Person, SignIn.person_id == Person.id)
    .where(
        SignIn.token_digest == sa.bindparam("digest"),
        SignIn.ended_at.is_(None),
        SignIn.ends_at > sa.bindparam("now"),
        Person.suspended_at.is_(None),
    )
)


def _load(token: str) -> Account | None:
    row = db.session.execute(OPEN_SIGN_IN, {"digest": digest(token), "now": clock.now()}).first()
    if row is None:
        return None
    sign_in_id, person_id, family_name, given_name, service_number, language = row
    return Account(person_id, f"{family_name} {given_name}", service_number, language, sign_in_id, token)


def start(person: Person) -> None:
    """Sign a person in on this browser: a new session row and a new cookie."""
    now = clock.now()
    token = secrets.token_urlsafe(32)
    row = SignIn(
        person_id=person.id,
        token_digest=digest(token),
        started_at=now,
        ends_at=now + timedelta(hours=current_app.config["LMS_SESSION_HOURS"]),
        address=request.remote_addr or "",
    )
    db.session.add(row)
    db.session.flush()
    language = session.get("language")
    session.clear()  # a fresh CSRF token too: nothing of the visitor before is kept but the language
    if language:
        session["language"] = language
    session.permanent = True
    short = f"{person.family_name} {person.given_name}"
    login_user(Account(person.id, short, person.service_number, person.language, row.id, token))


def end_this(sign_in_id: int) -> None:
    """Sign this browser out."""
    db.session.execute(
        sa.update(SignIn)
        .where(SignIn.id == sign_in_id)
        .values(ended_at=clock.now(), ended_because="signed out")
    )
    logout_user()
    session.clear()


def end_all(person_id: int, because: str) -> None:
    """End every session of a person: after a password change, a suspension, the loss of a role."""
    db.session.execute(
        sa.update(SignIn)
        .where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
        .values(ended_at=clock.now(), ended_because=because)
    )
