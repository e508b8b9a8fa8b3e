"""The instructor's records: own courses, officers and how they stand, attendance, grades of practical tasks."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2

from courses.actions import records
from courses.actions.records import Points
from courses.forms.records import AttendanceForm, BulkGradeForm, FindForm, GradeForm
from courses.queries import records as queries
from lms.access import access, actor
from lms.db import db
from lms.pages import number_of

blueprint = Blueprint("records", __name__, url_prefix="/records")

PRESENCE = {"yes": True, "no": False}


@blueprint.get("")
@access("courses.record")
def index() -> str:
    """List the instructor's courses."""
    return render_template("courses/records/index.html", taught=queries.taught_by(actor().person_id))


@blueprint.get("/<code>")
@access("courses.record")
def course(code: str) -> str:
    """List the officers of a course and how each stands."""
    revision, outline = queries.own_course_or_404(actor().person_id, code)
    form = FindForm(request.args)
    chosen = {"name": form.name.data or "", "state": form.state.data or ""}
    page = queries.lines_page(revision.course_id, number_of(request.args.get("page")), **chosen)
    kept: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    return render_template(
        "courses/records/course.html",
        code=code,
        outline=outline,
        form=form,
        active=len(kept),
        page=page,
        page_url=lambda number: url_for(".course", code=code, page=number, **kept),
    )


@blueprint.get("/<code>/officers/<int:enrolment_id>")
@access("courses.record")
def officer(code: str, enrolment_id: int) -> str:
    """Show what the course asks of an officer, how it stands and what was recorded."""
    line, outline = queries.own_line_or_404(actor().person_id, code, enrolment_id)
    return render_template(
        "courses/records/officer.html",
        code=code,
        outline=outline,
        line=line,
        history=queries.history_of(enrolment_id),
    )


@blueprint.route("/<code>/attendance/<int:day>", methods=["GET", "POST"])
@access("courses.record")
def attendance(code: str, day: int) -> Any:
    """Record who was present on a face-to-face day, for one or many officers."""
    person_id = actor().person_id
    revision, outline = queries.own_course_or_404(person_id, code)
    if not outline.attendance or not 1 <= day <= outline.attendance["days"]:
        abort(404)
    form = AttendanceForm()
    given = {
        int(name.removeprefix("presence-")): PRESENCE[value]
        for name, value in request.form.items()
        if name.startswith("presence-") and name[len("presence-") :].isdecimal() and value in PRESENCE
    }
    if form.validate_on_submit():
        if given:
            _refuse_foreign(revision.course_id, list(given))
            count = records.record_attendance(
                given, day=day, held_on=form.held_on.data, comment=form.comment.data or "", actor_id=person_id
            )
            flash(
                ngettext(
                    "Attendance of %(num)d officer recorded.",
                    "Attendance of %(num)d officers recorded.",
                    count,
                ),
                "success",
            )
            db.session.commit()
            return redirect(url_for(".course", code=code), 303)
        form.form_errors.append(_("Say for at least one officer whether he or she was present."))
    page = queries.open_lines_page(revision.course_id, number_of(request.args.get("page")))
    standing = queries.presence_of([line.enrolment.id for line in page.rows], day)
    held = next((row.held_on for row in standing.values()), None)
    if not form.is_submitted() and held:
        form.held_on.data = held
    return (
        render_template(
            "courses/records/attendance.html",
            code=code,
            outline=outline,
            number=day,
            form=form,
            page=page,
            standing=standing,
            given=given,
            page_url=lambda number: url_for(".attendance", code=code, day=day, page=number),
        ),
        422 if form.is_submitted() else 200,
    )


@blueprint.route("/<code>/tasks/<task>", methods=["GET", "POST"])
@access("courses.record")
def task(code: str, task: str) -> Any:
    """Grade a practical task of several officers with the same points."""
    person_id = actor().person_id
    revision, outline = queries.own_course_or_404(person_id, code)
    found = outline.find_task(task) or abort(404)
    page = queries.open_lines_page(revision.course_id, number_of(request.args.get("page")))
    standing = queries.grades_of([line.enrolment.id for line in page.rows], task)
    form = BulkGradeForm()
    form.officers.choices = [
        SelectChoice(str(line.enrolment.id), _described(line, standing.get(line.enrolment.id)))
        for line in page.rows
    ]
    if form.validate_on_submit():
        count = records.grade_task(
            form.officers.data or [],
            task,
            _points(form),
            graded_on=form.graded_on.data,
            comment=form.comment.data or "",
            actor_id=person_id,
        )
        flash(
            ngettext("Task of %(num)d officer graded.", "Tasks of %(num)d officers graded.", count), "success"
        )
        db.session.commit()
        return redirect(url_for(".course", code=code), 303)
    return (
        render_template(
            "courses/records/task.html",
            code=code,
            outline=outline,
            task=found,
            form=form,
            page=page,
            page_url=lambda number: url_for(".task", code=code, task=task, page=number),
        ),
        422 if form.is_submitted() else 200,
    )


@blueprint.route("/<code>/officers/<int:enrolment_id>/tasks/<task>", methods=["GET", "POST"])
@access("courses.record")
def grade(code: str, enrolment_id: int, task: str) -> Any:
    """Grade a practical task of one officer, or correct the grade."""
    person_id = actor().person_id
    line, outline = queries.own_line_or_404(person_id, code, enrolment_id)
    found = outline.find_task(task) or abort(404)
    if line.completion:
        abort(404)
    standing = queries.grades_of([enrolment_id], task).get(enrolment_id)
    form = GradeForm(obj=standing)
    if form.validate_on_submit():
        records.grade_task(
            [enrolment_id],
            task,
            _points(form),
            graded_on=form.graded_on.data,
            comment=form.comment.data or "",
            actor_id=person_id,
        )
        flash(_("The grade is recorded."), "success")
        db.session.commit()
        return redirect(url_for(".officer", code=code, enrolment_id=enrolment_id), 303)
    return (
        render_template(
            "courses/records/grade.html",
            code=code,
            outline=outline,
            line=line,
            task=found,
            form=form,
            standing=standing,
        ),
        422 if form.is_submitted() else 200,
    )


def _points(form: GradeForm) -> Points:
    return Points(form.legality.data, form.completeness.data, form.usefulness.data, form.clarity.data)


def _described(line: queries.Line, standing: Any) -> str:
    """Return an officer as the list of check boxes names them, with the grade that stands."""
    if standing is None:
        return f"{line.officer.full_name}, {line.officer.service_number}"
    points = standing.legality + standing.completeness + standing.usefulness + standing.clarity
    sentence = (
        _("%(name)s, %(number)s: accepted, %(points)s points")
        if standing.accepted
        else _("%(name)s, %(number)s: not accepted, %(points)s points")
    )
    return sentence % {
        "name": line.officer.full_name,
        "number": line.officer.service_number,
        "points": points,
    }


def _refuse_foreign(course_id: int, enrolment_ids: list[int]) -> None:
    """Answer 404 when one of the enrolments is not of this course: somebody wrote the form by hand."""
    if len(queries.own_enrolments(course_id, enrolment_ids)) != len(enrolment_ids):
        abort(404)
