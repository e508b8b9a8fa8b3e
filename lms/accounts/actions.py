"""What changes accounts: sign in, activate, choose a password, issue a code, end sign-ins. Commits nothing."""

from typing import Literal

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from lms import audit, clock
from lms.accounts import codes, devices, passwords, queries, sessions, throttle
from lms.accounts.models import ActivationCode, Credential, KnownDevice, SignIn
from lms.accounts.queries import Login, OpenCode
from lms.db import db, own_transaction
from lms.errors import RuleError
from lms.people.actions import check_account_change
from lms.people.models import Person

Reason = Literal["first", "forgotten"]

SIGN_IN = throttle.Purpose("sign in")
ACTIVATION = throttle.Purpose("activation")
PASSWORD_CHANGE = throttle.Purpose("password change")


class DocumentNotSeen(RuleError):
    """A code that replaces a password needs the identity document to have been seen."""

    title = _l("See the identity document first")
    advice = _l(
        "This account has a password already. Whoever gets a new code takes the account over,"
        " so check the identity document and say that you did."
    )


class AccountSuspended(RuleError):
    """A suspended account is not opened by a new code."""

    title = _l("This account is suspended")
    advice = _l("End the suspension first; then issue the activation code.")


class CodeUsedMeanwhile(RuleError):
    """The activation code was used or cancelled while the form was being filled in."""

    title = _l("This activation code can no longer be used")
    advice = _l("It was used or replaced a moment ago. If it was not you, tell your department at once.")


def sign_in_key(login: Login) -> str:
    """Return the key under which failures count: account and address, or account and known device."""
    apart = "known device" if login.known_device else throttle.address()
    return f"{login.service_number}\n{apart}"


def check_password(service_number: str, password: str, device: str) -> Login | None:
    """Return the account that the password opens, or None with one and the same effort whatever is wrong.

    Ends the request's transaction: SQLite's one write lock is not held while the hash is made.

    :raises TooManyTries: the answer for an account that does not exist, too.
    """
    login = queries.find_login(service_number, device)
    throttle.attempt(SIGN_IN, sign_in_key(login))
    right = passwords.matches(password, login.password_hash)
    if right and not login.suspended:
        return login
    if login.person_id is not None:
        why = "suspended" if right else "wrong password" if login.password_hash else "not activated"
        with own_transaction():
            audit.record(
                "account.sign_in_failed",
                "account",
                subject_id=login.person_id,
                actor_id=None,
                person_id=login.person_id,
                reason=why,
            )
    return None


def sign_in(login: Login, device: str) -> bool:
    """Sign in on this browser; False when password or suspension changed while the hash was made."""
    if login.person_id is None or login.password_hash is None:
        return False
    person = queries.lock_active(login.person_id, login.password_hash)
    if person is None:
        return False
    throttle.cleared(SIGN_IN, sign_in_key(login))
    _start(person, device, known=login.known_device)
    audit.record(
        "account.signed_in", "account", subject_id=person.id, actor_id=person.id, person_id=person.id
    )
    return True


def check_activation(service_number: str, typed: str) -> OpenCode | None:
    """Return the code when it may be used, and count a failure when it may not. Ends the request's transaction.

    :raises TooManyTries: the answer for an account that does not exist, too.
    """
    key = f"{service_number}\n{throttle.address()}"
    throttle.attempt(ACTIVATION, key)
    found = queries.find_open_code(service_number, typed)
    if found is not None:
        # The code is right; a new password that is refused now is no guess at the code.
        with own_transaction():
            throttle.cleared(ACTIVATION, key)
    return found


def activate(code: OpenCode, password_hash: str, device: str) -> None:
    """Use the code up, keep the password, sign in. What was signed in before with the old password ends.

    :raises CodeUsedMeanwhile: when another request was faster.
    """
    now = clock.now()
    used = db.session.execute(
        sa.update(ActivationCode)
        .where(
            ActivationCode.id == code.id,
            ActivationCode.used_at.is_(None),
            ActivationCode.cancelled_at.is_(None),
        )
        .values(used_at=now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise CodeUsedMeanwhile()
    _keep(code.person.id, password_hash)
    _forget_devices(code.person.id)
    sessions.end_all(code.person.id, "password changed")
    _start(db.session.get_one(Person, code.person.id), device)
    audit.record(
        "account.activated",
        "account",
        subject_id=code.person.id,
        actor_id=code.person.id,
        person_id=code.person.id,
        after={"reason": code.reason},
    )


def check_current_password(person_id: int, password: str) -> bool:
    """Say whether a signed-in person knows the own password; guesses at an unlocked computer are slowed down.

    Ends the request's transaction.

    :raises TooManyTries: with the seconds to wait.
    """
    kept = queries.password_hash_of(person_id)
    throttle.attempt(PASSWORD_CHANGE, str(person_id))
    right = passwords.matches(password, kept)
    if right:
        with own_transaction():
            throttle.cleared(PASSWORD_CHANGE, str(person_id))
    return right


def change_password(person_id: int, password_hash: str, device: str) -> None:
    """Keep a new password; every sign-in ends, this browser gets a new one, other known devices are forgotten."""
    _keep(person_id, password_hash)
    _cancel_codes(person_id)
    _forget_devices(person_id)
    sessions.end_all(person_id, "password changed")
    _start(db.session.get_one(Person, person_id), device)
    audit.record(
        "account.password_changed", "account", subject_id=person_id, actor_id=person_id, person_id=person_id
    )


def sign_out_elsewhere(person_id: int, sign_in_id: int) -> int:
    """End every sign-in of a person but this one; return how many ended."""
    ended = db.session.execute(
        sa.update(SignIn)
        .where(
            SignIn.person_id == person_id,
            SignIn.id != sign_in_id,
            SignIn.ended_at.is_(None),
            SignIn.ends_at > clock.now(),
        )
        .values(ended_at=clock.now(), ended_because="ended elsewhere")
    )
    count = int(ended.rowcount)  # type: ignore[attr-defined]
    audit.record(
        "account.signed_out_everywhere",
        "account",
        subject_id=person_id,
        actor_id=person_id,
        person_id=person_id,
        after={"ended": count},
    )
    return count


def issue_activation(person_id: int, reason: Reason, *, document_seen: bool, actor_id: int | None) -> str:
    """Return a new activation code, this once; an open one before it is cancelled.

    `actor_id` is None for a command. The code can be used until `codes.expires_at(now)`.

    :raises DocumentNotSeen: when it would replace a password and the document was not seen.
    :raises NotYourself: for one's own account.
    :raises AdministratorsOnly: for an administrator's account by anybody else.
    :raises AccountSuspended: for a suspended person.
    """
    now = clock.now()
    # The lock makes two codes issued at once one after the other: the later cancels the earlier.
    person = db.session.scalars(sa.select(Person).where(Person.id == person_id).with_for_update()).one()
    if person.suspended_at is not None:
        raise AccountSuspended()
    if actor_id is not None:
        # Or a department officer could become an administrator.
        check_account_change(person_id, actor_id=actor_id)
    if queries.password_hash_of(person_id) is not None:
        reason = "forgotten"  # whatever was asked: it replaces a password
    if reason == "forgotten" and not document_seen:
        raise DocumentNotSeen()
    cancelled = _cancel_codes(person_id)
    code = codes.make()
    db.session.add(
        ActivationCode(
            person_id=person_id,
            digest=codes.digest(code),
            reason=reason,
            document_seen=document_seen,
            issued_at=now,
            issued_by_id=actor_id,
            expires_at=codes.expires_at(now),
        )
    )
    audit.record(
        "activation.issued",
        "account",
        subject_id=person_id,
        actor_id=actor_id,
        person_id=person_id,
        before={"open_codes_cancelled": cancelled},
        after={
            "reason": reason,
            "document_seen": document_seen,
            "expires_at": codes.expires_at(now).isoformat(),
        },
    )
    return code


def _cancel_codes(person_id: int) -> int:
    cancelled = db.session.execute(
        sa.update(ActivationCode)
        .where(
            ActivationCode.person_id == person_id,
            ActivationCode.used_at.is_(None),
            ActivationCode.cancelled_at.is_(None),
        )
        .values(cancelled_at=clock.now())
    )
    return int(cancelled.rowcount)  # type: ignore[attr-defined]


def _start(person: Person, device: str, *, known: bool = False) -> None:
    if current_user.is_authenticated:
        sessions.end_this(current_user.sign_in_id)  # somebody else may have used this browser before
    sessions.start(person)
    if known:
        return
    try:
        with db.session.begin_nested():
            db.session.add(
                KnownDevice(
                    person_id=person.id,
                    token_digest=devices.digest(person.service_number, device),
                    first_seen_at=clock.now(),
                )
            )
    except IntegrityError:
        pass  # known since a moment ago: a double click


def _keep(person_id: int, password_hash: str) -> None:
    now = clock.now()
    credential = db.session.get(Credential, person_id, with_for_update=True)
    if credential is None:
        db.session.add(Credential(person_id=person_id, password_hash=password_hash, set_at=now))
    else:
        credential.password_hash = password_hash
        credential.set_at = now


def _forget_devices(person_id: int) -> None:
    db.session.execute(sa.delete(KnownDevice).where(KnownDevice.person_id == person_id))
