"""Who instructs which course: pages of the department and the administrator."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from courses.actions import instructors as actions
from courses.forms.author import EndForm, InstructorForm
from courses.queries import author as queries
from lms import clock
from lms.access import access, actor
from lms.db import db
from lms.errors import RuleError

Answer = str | tuple[str, int] | BaseResponse
SEE_OTHER = 303

blueprint = Blueprint("instructors", __name__, url_prefix="/instructors")


@blueprint.get("")
@access("courses.instructors")
def index() -> str:
    """Show every course with its instructors."""
    return render_template(
        "courses/author/instructors.html", courses=queries.instructed_courses(), today=clock.today()
    )


@blueprint.route("/<code>", methods=["GET", "POST"])
@access("courses.instructors")
def course(code: str) -> Answer:
    """Show the instructors of a course, and assign one."""
    found = queries.instructed_or_404(code)
    form = InstructorForm(data={"from_on": clock.today()})
    if form.validate_on_submit() and form.from_on.data:
        try:
            actions.assign_instructor(
                found.course.id,
                form.service_number.data or "",
                from_on=form.from_on.data,
                to_on=form.to_on.data,
                actor_id=actor().person_id,
            )
        except RuleError as refused:
            db.session.rollback()
            form.form_errors.append(f"{refused.title}. {refused.advice}")
            found = queries.instructed_or_404(code)
        else:
            flash(_("The instructor is assigned to the course."), "success")
            db.session.commit()
            return redirect(url_for(".course", code=code), SEE_OTHER)
    page = render_template("courses/author/instructors_of.html", found=found, form=form, today=clock.today())
    return (page, 422) if form.errors else page


@blueprint.route("/<code>/<int:assignment_id>/end", methods=["GET", "POST"])
@access("courses.instructors")
def end(code: str, assignment_id: int) -> Answer:
    """Let an assignment end with a day."""
    found = queries.instructed_or_404(code)
    assignment = queries.assignment_or_404(found.course.id, assignment_id)
    form = EndForm(data={"to_on": assignment.to_on or clock.today()})
    if form.validate_on_submit() and form.to_on.data:
        try:
            actions.end_assignment(assignment, form.to_on.data, actor_id=actor().person_id)
        except RuleError as refused:
            form.to_on.errors = [*form.to_on.errors, str(refused.title)]
        else:
            flash(_("The last day is recorded."), "success")
            db.session.commit()
            return redirect(url_for(".course", code=code), SEE_OTHER)
    page = render_template(
        "courses/author/end_instructor.html", found=found, assignment=assignment, form=form
    )
    return (page, 422) if form.errors else page
