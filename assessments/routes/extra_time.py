"""The department's pages: who has more time for quizzes and exams. Nobody else sees any of it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from assessments import rules
from assessments.actions import staff
from assessments.forms.staff import EndForm, FindOfficerForm, GrantForm
from assessments.queries import extra_time as queries
from lms import clock
from lms.access import access, actor
from lms.db import db
from lms.pages import number_of

blueprint = Blueprint("extra_time", __name__, url_prefix="/extra-time")


@blueprint.get("")
@access("assessments.time_factor")
def index() -> Any:
    """List the extra time that holds now or later; find an officer by number."""
    form = FindOfficerForm(request.args)
    if "number" in request.args and form.validate():
        found = queries.find_officer(form.number.data or "")
        if found is not None:
            return redirect(url_for(".officer", person_id=found.id))
        form.number.errors = [_("No officer has this service number today.")]
    page = render_template(
        "assessments/extra_time/index.html",
        form=form,
        today=clock.today(),
        page=queries.in_force_page(number_of(request.args.get("page"))),
        page_url=lambda number: url_for(".index", page=number),
    )
    return page, 422 if form.errors else 200


@blueprint.route("/officers/<int:person_id>", methods=["GET", "POST"])
@access("assessments.time_factor")
def officer(person_id: int) -> Any:
    """Show what an officer was granted, and grant more time."""
    form = GrantForm()
    officer = queries.officer_or_404(person_id, lock=request.method == "POST")
    if form.validate_on_submit():
        try:
            staff.grant_time(
                officer,
                percent=form.percent.data,
                from_on=form.from_on.data,
                to_on=form.to_on.data,
                reason=form.reason.data or "",
                actor_id=actor().person_id,
            )
        except rules.TimeFactorOverlaps as refused:
            # On the form, so that what was typed is not lost.
            form.form_errors.append(f"{refused.title}. {refused.advice}")
        else:
            flash(
                _("The extra time is granted. It holds for attempts that start from its first day on."),
                "success",
            )
            db.session.commit()
            return redirect(url_for(".index"), 303)
    page = render_template(
        "assessments/extra_time/officer.html",
        form=form,
        officer=officer,
        today=clock.today(),
        history=queries.history_of(person_id),
    )
    return page, 422 if form.errors else 200


@blueprint.route("/<int:factor_id>/end", methods=["GET", "POST"])
@access("assessments.time_factor")
def end(factor_id: int) -> Any:
    """Ask for the reason, then end extra time."""
    form = EndForm()
    granted = queries.factor_or_404(factor_id, lock=request.method == "POST")
    if form.validate_on_submit():
        staff.end_time(granted.factor, reason=form.reason.data or "", actor_id=actor().person_id)
        flash(_("The extra time is ended. New attempts have the usual time."), "success")
        db.session.commit()
        return redirect(url_for(".index"), 303)
    rules.last_day_when_ended(granted.days, clock.today())  # refuses what is over
    page = render_template("assessments/extra_time/end.html", form=form, granted=granted)
    return page, 422 if form.errors else 200
