"""The register of certificates: find, read, revoke, issue anew."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from certificates import actions, queries, rules
from certificates.forms import RegisterForm, ReissueForm, RevokeForm
from certificates.queries import Wanted
from certificates.routes.own import send_file
from certificates.rules import State
from lms import clock
from lms.access import access, actor
from lms.db import db
from lms.pages import number_of

blueprint = Blueprint("certificate_register", __name__, url_prefix="/certificate-register")


@blueprint.get("")
@access("certificates.view")
def index() -> Any:
    """Find certificates."""
    today = clock.today()
    form = RegisterForm(request.args)
    form.offer(queries.courses_with_certificates(actor(), today))
    if not form.validate():
        return render_template("certificates/register.html", form=form, page=None, wanted=Wanted()), 422
    wanted = Wanted(
        text=(form.q.data or "").strip(),
        course_id=int(form.course.data) if form.course.data else None,
        state=State(form.state.data) if form.state.data else None,
    )
    page = queries.register(actor(), wanted, number_of(request.args.get("page")), today)
    return render_template(
        "certificates/register.html",
        form=form,
        page=page,
        certificates=[queries.shown(certificate, today) for certificate in page.rows],
        wanted=wanted,
        page_url=lambda number: url_for(".index", **{**request.args.to_dict(), "page": number}),
    )


@blueprint.get("/<int:certificate_id>")
@access("certificates.view")
def show(certificate_id: int) -> str:
    """Show a certificate: what was issued, to whom, its files, what became of it."""
    today = clock.today()
    certificate = queries.visible_or_404(actor(), certificate_id, today)
    standing = queries.standing_of(certificate)
    replaced, successor = queries.relatives(certificate)
    return render_template(
        "certificates/show.html",
        shown=queries.shown(certificate, today),
        replaced=replaced,
        successor=successor,
        languages_to_print=rules.FILE_LANGUAGES
        if rules.may_print(standing)
        else [file.language for file in certificate.files],
        may_revoke=rules.may_revoke(standing),
        may_reissue=rules.may_reissue(standing, name_differs=actions.name_differs(certificate)),
    )


@blueprint.get("/<int:certificate_id>/<language>.pdf")
@access("certificates.view")
def download(certificate_id: int, language: str) -> Response:
    """Give the file of a certificate."""
    return send_file(queries.visible_or_404(actor(), certificate_id, clock.today()), language)


@blueprint.route("/<int:certificate_id>/revoke", methods=["GET", "POST"])
@access("certificates.revoke")
def revoke(certificate_id: int) -> Any:
    """Ask for the reason, then revoke."""
    form = RevokeForm()
    if form.validate_on_submit():
        certificate = queries.locked_or_404(actor(), certificate_id, clock.today())
        actions.revoke(certificate, actor_id=actor().person_id, reason=form.reason.data or "")
        flash(_("The certificate was revoked. The public page says so from now on."), "success")
        target = url_for(".show", certificate_id=certificate.id)
        db.session.commit()
        return redirect(target, 303)
    certificate = queries.visible_or_404(actor(), certificate_id, clock.today())
    if not rules.may_revoke(queries.standing_of(certificate)):
        raise actions.NotInForce
    shown = queries.shown(certificate, clock.today())
    return render_template("certificates/revoke.html", form=form, shown=shown), 422 if form.errors else 200


@blueprint.route("/<int:certificate_id>/reissue", methods=["GET", "POST"])
@access("certificates.revoke")
def reissue(certificate_id: int) -> Any:
    """Ask for the reason, then issue anew with the name of today."""
    form = ReissueForm()
    if form.validate_on_submit():
        certificate = queries.locked_or_404(actor(), certificate_id, clock.today())
        new = actions.reissue(certificate, actor_id=actor().person_id, reason=form.reason.data or "")
        flash(_("The new certificate was issued: %(serial)s", serial=new.serial), "success")
        target = url_for(".show", certificate_id=new.id)
        db.session.commit()
        return redirect(target, 303)
    certificate = queries.visible_or_404(actor(), certificate_id, clock.today())
    if not rules.may_reissue(
        queries.standing_of(certificate), name_differs=actions.name_differs(certificate)
    ):
        raise actions.NothingToCorrect
    shown = queries.shown(certificate, clock.today())
    return render_template("certificates/reissue.html", form=form, shown=shown), 422 if form.errors else 200
