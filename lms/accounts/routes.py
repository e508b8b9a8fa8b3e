"""Sign in, sign out, activate an account, one's own account and password."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.access import PUBLIC, SIGNED_IN, access
from lms.accounts import actions, devices, passwords, queries, sessions
from lms.accounts.forms import (
    WRONG_CODE,
    WRONG_CURRENT,
    WRONG_SIGN_IN,
    ActivationForm,
    ChangePasswordForm,
    NewPasswordForm,
    SignInForm,
    typed,
)
from lms.accounts.throttle import TooManyTries
from lms.db import db
from lms.i18n import OWN_NAMES
from lms.people import labels
from lms.routes import local_path

blueprint = Blueprint("accounts", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@access(PUBLIC)
def sign_in() -> Any:
    """Sign in, or say that number or password is wrong: the same for every reason."""
    page = "accounts/sign_in.html"
    form = SignInForm()
    if request.method == "GET":
        return redirect(_next()) if current_user.is_authenticated else render_template(page, form=form)
    if not form.validate():
        return _again(page, form)
    device = devices.token()
    try:
        login = actions.check_password(typed(form.service_number), typed(form.password), device)
    except TooManyTries as refused:
        return _slow_down(page, form, refused)
    if login is None or not actions.sign_in(login, device):
        form.form_errors.append(WRONG_SIGN_IN)
        return _again(page, form)
    db.session.commit()
    return devices.remember(redirect(_next(), 303), device)


@blueprint.post("/sign-out")
@access(SIGNED_IN)
def sign_out() -> Response:
    """End the session."""
    sessions.end_this(current_user.sign_in_id)
    db.session.commit()
    flash(_("You are signed out."), "success")
    return redirect(url_for("accounts.sign_in"), 303)


@blueprint.route("/activate", methods=["GET", "POST"])
@access(PUBLIC)
def activate() -> Any:
    """Choose the own password with the one-time code, and be signed in."""
    page = "accounts/activate.html"
    form = ActivationForm()
    if request.method == "GET":
        return render_template(page, form=form, **_password_rule())
    if not form.validate():
        return _again(page, form)
    try:
        code = actions.check_activation(typed(form.service_number), typed(form.code))
    except TooManyTries as refused:
        return _slow_down(page, form, refused)
    if code is None:
        form.form_errors.append(WRONG_CODE)
        return _again(page, form)
    if not form.accept(code.person.service_number, code.person.names):
        return _again(page, form)
    device = devices.token()
    actions.activate(code, passwords.make_hash(typed(form.password)), device)
    flash(_("Your password is set and you are signed in."), "success")
    db.session.commit()
    return devices.remember(redirect(url_for("lms.home"), 303), device)


@blueprint.get("/me")
@access(SIGNED_IN)
def me() -> str:
    """Show one's own account."""
    profile = queries.profile(current_user.person_id, current_user.sign_in_id)
    return render_template(
        "accounts/me.html",
        profile=profile,
        role_names=labels.ROLES,
        own_language=OWN_NAMES[profile.person.language],
    )


@blueprint.post("/me/sign-ins/end")
@access(SIGNED_IN)
def end_sign_ins() -> Response:
    """End every sign-in of one's own but this one."""
    ended = actions.sign_out_elsewhere(current_user.person_id, current_user.sign_in_id)
    db.session.commit()
    flash(
        ngettext("%(num)d other sign-in was ended.", "%(num)d other sign-ins were ended.", ended),
        "success",
    )
    return redirect(url_for("accounts.me"), 303)


@blueprint.route("/me/password", methods=["GET", "POST"])
@access(SIGNED_IN)
def password() -> Any:
    """Change the own password; every other sign-in ends."""
    page = "accounts/password.html"
    form = ChangePasswordForm()
    if request.method == "GET":
        return render_template(page, form=form, **_password_rule())
    if not form.validate():
        return _again(page, form)
    person = queries.identity_of(current_user.person_id)
    try:
        right = actions.check_current_password(person.id, typed(form.current))
    except TooManyTries as refused:
        return _slow_down(page, form, refused)
    if not right:
        form.current.errors = [WRONG_CURRENT]
        return _again(page, form)
    if not form.accept(person.service_number, person.names):
        return _again(page, form)
    device = devices.token()
    actions.change_password(person.id, passwords.make_hash(typed(form.password)), device)
    flash(_("Your password is changed. Every other sign-in of yours was ended."), "success")
    db.session.commit()
    return devices.remember(redirect(url_for("accounts.me"), 303), device)


def _next() -> str:
    target = request.args.get("next")
    return local_path(target) if target else url_for("lms.home")


def _password_rule() -> dict[str, int]:
    return {"least_length": passwords.LEAST_LENGTH}


def _again(page: str, form: SignInForm | NewPasswordForm) -> tuple[str, int]:
    return render_template(page, form=form, **_password_rule()), 422


def _slow_down(
    page: str, form: SignInForm | NewPasswordForm, refused: TooManyTries
) -> tuple[str, int, dict[str, str]]:
    form.form_errors.append(f"{refused.title}. {refused.advice}")
    return (
        render_template(page, form=form, **_password_rule()),
        refused.status,
        {"Retry-After": str(refused.retry_after)},
    )
