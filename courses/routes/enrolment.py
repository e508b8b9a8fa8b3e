"""Enrolment by others: an instructor in own courses, the department in all. Preview first, then confirm."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from courses import rules
from courses.actions import learning
from courses.forms.records import EnrolForm, WithdrawForm
from courses.models import CourseRevision
from courses.queries import enrolment as queries
from courses.queries.records import enrolment_to_withdraw_or_404
from lms import clock
from lms.access import Actor, Scope, access, actor
from lms.db import db
from lms.pages import number_of
from lms.people.places import tree

blueprint = Blueprint("enrolment", __name__, url_prefix="/enrolment")

EVERYWHERE = Scope(everywhere=True)  # whoever may enrol may enrol officers of every region


@blueprint.get("")
@access("courses.enrol")
def index() -> str:
    """List the courses in which one may enrol officers."""
    return render_template(
        "courses/records/enrolment_index.html", revisions=queries.enrolling_courses(actor())
    )


@blueprint.get("/<code>")
@access("courses.enrol")
def course(code: str) -> str:
    """List who is enrolled."""
    revision = queries.enrolling_course_or_404(actor(), code)
    return render_template(
        "courses/records/enrolled.html",
        code=code,
        definition=revision.definition,
        page=queries.enrolled_page(revision.course_id, number_of(request.args.get("page"))),
        page_url=lambda number: url_for(".course", code=code, page=number),
    )


@blueprint.get("/<code>/add")
@access("courses.enrol")
def add(code: str) -> str:
    """Ask whom to enrol."""
    revision = queries.enrolling_course_or_404(actor(), code)
    return _form_page(code, revision, _form())


@blueprint.post("/<code>/add")
@access("courses.enrol")
def preview(code: str) -> Any:
    """Show who would be enrolled, who not and why. Writes nothing."""
    who = actor()
    revision = queries.enrolling_course_or_404(who, code)
    form = _form()
    if not form.validate():
        return _form_page(code, revision, form), 422
    return _preview_page(code, revision, form, _shown(form, revision, who))


@blueprint.post("/<code>/confirm")
@access("courses.enrol")
def confirm(code: str) -> Any:
    """Enrol those whom the preview showed, all of them or nobody."""
    who = actor()
    revision = queries.enrolling_course_or_404(who, code)
    form = _form()
    if not form.validate():
        return _form_page(code, revision, form), 422
    shown = _shown(form, revision, who)
    if form.digest.data != shown.digest:
        flash(str(learning.ListChanged.title), "warning")
        return _preview_page(code, revision, form, shown), 409
    added = learning.enrol_many(
        shown,
        revision,
        digest=form.digest.data,
        how=_how(who),
        actor_id=who.person_id,
        due_on=form.due_on.data,
    )
    flash(ngettext("%(num)d officer enrolled.", "%(num)d officers enrolled.", len(added)), "success")
    db.session.commit()
    return redirect(url_for(".course", code=code), 303)


@blueprint.route("/<code>/officers/<int:enrolment_id>/withdraw", methods=["GET", "POST"])
@access("courses.enrol")
def withdraw(code: str, enrolment_id: int) -> Any:
    """Withdraw an officer from a course, with a reason."""
    who = actor()
    revision = queries.enrolling_course_or_404(who, code)
    found = enrolment_to_withdraw_or_404(revision.course_id, enrolment_id)
    if found.officer_id == who.person_id:
        abort(404)  # one's own enrolment is left on the course page
    form = WithdrawForm()
    if form.validate_on_submit():
        learning.withdraw(found, form.reason.data or "", who.person_id)
        flash(_("The enrolment is withdrawn. What the officer did in the course is kept."), "success")
        db.session.commit()
        return redirect(url_for(".course", code=code), 303)
    return (
        render_template(
            "courses/records/withdraw.html",
            code=code,
            definition=revision.definition,
            enrolment=found,
            form=form,
        ),
        422 if form.is_submitted() else 200,
    )


def _form() -> EnrolForm:
    form = EnrolForm()
    form.offer(tree(EVERYWHERE, clock.today()))
    return form


def _how(who: Actor) -> str:
    return "department" if "department_officer" in who.roles else "instructor"


def _shown(form: EnrolForm, revision: CourseRevision, who: Actor) -> learning.Preview:
    numbers = form.number_list
    people = queries.by_numbers(numbers) if numbers else queries.by_unit(form.unit.data)
    return learning.preview(people, revision, _how(who), numbers)


def _form_page(code: str, revision: CourseRevision, form: EnrolForm) -> str:
    return render_template("courses/records/enrol.html", code=code, definition=revision.definition, form=form)


def _preview_page(code: str, revision: CourseRevision, form: EnrolForm, shown: learning.Preview) -> str:
    conditions, today = rules.Conditions.of(revision.definition), clock.today()
    return render_template(
        "courses/records/enrol_preview.html",
        code=code,
        definition=revision.definition,
        form=form,
        shown=shown,
        nominated={
            officer.id
            for officer in shown.accepted
            if rules.needs_nomination(conditions, officer.candidate, today=today)
        },
    )
