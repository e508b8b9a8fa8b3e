"""The instructor's pages: results by quiz and officer, attempts as officers saw them, unlocking, reports of questions."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from assessments import rules
from assessments.actions import attempts, staff
from assessments.forms.staff import AnswerForm, FindForm, UnlockForm
from assessments.queries import results as queries
from assessments.queries import show
from courses.queries.records import taught_by
from lms import clock
from lms.access import access, actor
from lms.db import db
from lms.pages import number_of

blueprint = Blueprint("results", __name__, url_prefix="/results")


@blueprint.get("")
@access("assessments.results")
def index() -> str:
    """List the instructor's courses."""
    taught = taught_by(actor().person_id)
    waiting = queries.open_reports_of([course.revision.course_id for course in taught])
    return render_template("assessments/results/index.html", taught=taught, waiting=waiting)


@blueprint.get("/<code>")
@access("assessments.results")
def course(code: str) -> str:
    """List the quizzes of a course and how they went."""
    course = queries.course_or_404(actor().person_id, code)
    return render_template(
        "assessments/results/course.html",
        course=course,
        results=queries.quizzes_of(course),
        waiting=queries.open_reports_of([course.id]).get(course.id, 0),
    )


@blueprint.get("/<code>/<module>")
@access("assessments.results")
def quiz(code: str, module: str) -> str:
    """List the officers of a quiz: attempts, best score, state."""
    quiz = queries.quiz_or_404(actor().person_id, code, module)
    form = FindForm(request.args)
    chosen = {"name": form.name.data or "", "state": form.state.data or ""}
    kept: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    return render_template(
        "assessments/results/quiz.html",
        quiz=quiz,
        form=form,
        active=len(kept),
        page=queries.lines_page(quiz, number_of(request.args.get("page")), **chosen),
        now=clock.now(),
        page_url=lambda number: url_for(".quiz", code=code, module=module, page=number, **kept),
    )


@blueprint.get("/<code>/<module>/questions")
@access("assessments.results")
def questions(code: str, module: str) -> str:
    """List the questions of a quiz, the weakest first."""
    quiz = queries.quiz_or_404(actor().person_id, code, module)
    return render_template(
        "assessments/results/questions.html",
        quiz=quiz,
        page=queries.questions_page(quiz, number_of(request.args.get("page"))),
        page_url=lambda number: url_for(".questions", code=code, module=module, page=number),
    )


@blueprint.get("/<code>/<module>/officers/<int:enrolment_id>")
@access("assessments.results")
def officer(code: str, module: str, enrolment_id: int) -> str:
    """Show the attempts of an officer at a quiz and what was unlocked."""
    quiz = queries.quiz_or_404(actor().person_id, code, module)
    line = queries.line_or_404(quiz, enrolment_id)
    now = clock.now()
    return render_template(
        "assessments/results/officer.html",
        quiz=quiz,
        line=line,
        unlocks=queries.unlocks_of(line),
        now=now,
        unlockable=line.may_unlock(now) is None,
    )


@blueprint.route("/<code>/<module>/officers/<int:enrolment_id>/unlock", methods=["GET", "POST"])
@access("assessments.results")
def unlock(code: str, module: str, enrolment_id: int) -> Any:
    """Ask for the reason, then give an officer one more attempt."""
    person_id = actor().person_id
    quiz = queries.quiz_or_404(person_id, code, module)
    form = UnlockForm()
    line = queries.line_or_404(quiz, enrolment_id, lock=request.method == "POST")
    if form.validate_on_submit():
        staff.unlock(line, reason=form.reason.data or "", actor_id=person_id)
        flash(_("One more attempt is unlocked. The officer can start it at once."), "success")
        db.session.commit()
        return redirect(url_for(".officer", code=code, module=module, enrolment_id=enrolment_id), 303)
    refusal = line.may_unlock(clock.now())
    if refusal is not None:
        raise refusal
    page = render_template("assessments/results/unlock.html", quiz=quiz, line=line, form=form)
    return page, 422 if form.errors else 200


@blueprint.get("/<code>/attempts/<int:attempt_id>")
@access("assessments.results")
def attempt(code: str, attempt_id: int) -> str:
    """Show a closed attempt as the officer saw it, with answers and key."""
    person_id = actor().person_id
    detail = queries.detail_or_404(person_id, code, attempt_id)
    # Closing it when the officer's own time is over would tell how long that is.
    if detail.attempt.closed_at is None and rules.surely_over(
        detail.attempt.started_at, detail.attempt.quiz_revision.minutes, clock.now()
    ):
        attempts.close_overdue_on_read(detail.attempt)
        detail = queries.detail_or_404(person_id, code, attempt_id)
    return render_template(
        "assessments/results/attempt.html",
        detail=detail,
        quiz=detail.quiz,
        shown=[(show.review(question), question) for question in detail.questions],
    )


@blueprint.get("/<code>/reports")
@access("assessments.results")
def reports(code: str) -> str:
    """List the reports of questions: those without an answer, or the answered ones."""
    course = queries.course_or_404(actor().person_id, code)
    answered = request.args.get("state") == "answered"
    return render_template(
        "assessments/results/reports.html",
        course=course,
        answered=answered,
        page=queries.reports_page(course, number_of(request.args.get("page")), answered=answered),
        page_url=lambda number: url_for(
            ".reports", code=code, page=number, state="answered" if answered else None
        ),
    )


@blueprint.route("/<code>/reports/<int:report_id>", methods=["GET", "POST"])
@access("assessments.results")
def report(code: str, report_id: int) -> Any:
    """Show a report with its question, and answer it."""
    person_id = actor().person_id
    course = queries.course_or_404(person_id, code)
    form = AnswerForm()
    line = queries.report_or_404(course, report_id, lock=request.method == "POST")
    if form.validate_on_submit():
        staff.answer(line.report, form.text.data or "", actor_id=person_id)
        flash(_("The answer is kept. The officer sees it on the page of the result."), "success")
        db.session.commit()
        return redirect(url_for(".reports", code=code), 303)
    page = render_template(
        "assessments/results/report.html",
        course=course,
        line=line,
        form=form,
        question=show.review(line.question),
        answered_by=queries.answered_by(line.report),
    )
    return page, 422 if form.errors else 200
