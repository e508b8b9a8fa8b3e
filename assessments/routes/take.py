"""The officer's pages: the quiz, the attempt, handing in, the result, a report of a faulty question."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_time, ngettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from assessments import rules
from assessments.actions import attempts, reports
from assessments.forms.take import AnswersForm, NotOffered, ReportForm, fields_of
from assessments.models import AttemptQuestion
from assessments.queries import show, take
from assessments.queries.take import OwnAttempt
from lms import clock, i18n
from lms.access import access, actor
from lms.db import db

blueprint = Blueprint("assessments", __name__)

# So many that a quiz of a module stands on one page and goes on being answered while the network is away.
PER_PAGE = 10

blueprint.add_app_template_filter(show.percent_text, "percent_text")
blueprint.add_app_template_filter(show.said, "said")


@blueprint.get("/quizzes/<code>/<module>")
@access("assessments.take")
def quiz(code: str, module: str) -> str:
    """Show how a quiz is taken, the own attempts, and one button to start or to go on."""
    person_id = actor().person_id
    page = take.quiz_or_404(person_id, code, module)
    if page.open_attempt is not None and attempts.close_overdue_on_read(page.open_attempt):
        page = take.quiz_or_404(person_id, code, module)
    now = clock.now()
    return render_template(
        "assessments/take/quiz.html", page=page, module_code=module, refusal=page.refusal(now), now=now
    )


@blueprint.post("/quizzes/<code>/<module>")
@access("assessments.take")
def start(code: str, module: str) -> BaseResponse:
    """Start an attempt, or go on with the one under way."""
    page = take.quiz_or_404(actor().person_id, code, module)
    attempt = attempts.start(page)
    target = url_for(".attempt", attempt_id=attempt.id)
    db.session.commit()
    return redirect(target, 303)


@blueprint.get("/attempts/<int:attempt_id>")
@access("assessments.take")
def attempt(attempt_id: int) -> str | BaseResponse:
    """Show a page of questions of the attempt under way."""
    own = take.own_attempt_or_404(actor().person_id, attempt_id)
    if _is_over(own):
        return redirect(url_for(".result", attempt_id=attempt_id), 303)
    return _attempt_page(own, take.questions_of(attempt_id), _page_number(), AnswersForm())


@blueprint.post("/attempts/<int:attempt_id>")
@access("assessments.take")
def save_page(attempt_id: int) -> Any:
    """Save the answers of a page and go to the next one, back, or to handing in."""
    own = take.own_attempt_or_404(actor().person_id, attempt_id, lock=True)
    questions = take.questions_of(attempt_id)
    number = _page_number()
    try:
        form = AnswersForm.read(questions, request.form.getlist)
        saved = attempts.save(own.attempt, form.changes, language=i18n.language())
    except NotOffered:
        abort(400)
    except rules.AttemptClosed:
        # What the page held came too late; what was saved before is graded.
        attempts.submit(own.attempt)
        flash(_("The time is over. What was saved before counts."), "warning")
        db.session.commit()
        return redirect(url_for(".result", attempt_id=attempt_id), 303)
    db.session.commit()
    if form.errors:
        own = take.own_attempt_or_404(actor().person_id, attempt_id)
        return _attempt_page(own, take.questions_of(attempt_id), number, form), 422
    if saved.stale:
        return redirect(_stale_target(attempt_id, number, saved.stale), 303)
    go = request.form.get("go", "")
    if go == "finish":
        return redirect(url_for(".finish", attempt_id=attempt_id), 303)
    if go.startswith("q"):
        return redirect(url_for(".attempt", attempt_id=attempt_id, page=number, _anchor=go), 303)
    return redirect(
        url_for(".attempt", attempt_id=attempt_id, page=number + (-1 if go == "back" else 1)), 303
    )


def _stale_target(attempt_id: int, number: int, stale: list[int]) -> str:
    flash(
        ngettext(
            "The answer to question %(list)s was changed on another device and stands here as it is now. Your change was not saved.",
            "The answers to questions %(list)s were changed on another device and stand here as they are now. Your changes were not saved.",
            len(stale),
            list=", ".join(str(position) for position in stale),
        ),
        "warning",
    )
    return url_for(".attempt", attempt_id=attempt_id, page=number, _anchor=f"q{stale[0]}")


@blueprint.post("/attempts/<int:attempt_id>/answers")
@access("assessments.take")
def save_answer(attempt_id: int) -> Response | tuple[dict[str, str], int]:
    """Save answers that the script sends while the officer works; says the new number of saves of each."""
    own = take.own_attempt_or_404(actor().person_id, attempt_id, lock=True)
    questions = take.questions_of(attempt_id)
    try:
        form = AnswersForm.read(questions, fields_of(request.get_json(silent=True)))
    except NotOffered:
        abort(400)
    if form.errors:
        return {"error": next(iter(form.errors.values()))}, 422
    saved = attempts.save(own.attempt, form.changes, language=i18n.language())
    if saved.stale:
        raise rules.StaleSave
    answer: Any = {"saves": saved.saves, "at": _clock_time(clock.now()), "left": _seconds_left(own)}
    db.session.commit()
    return answer


@blueprint.get("/attempts/<int:attempt_id>/finish")
@access("assessments.take")
def finish(attempt_id: int) -> str | BaseResponse:
    """Ask before handing in, and say which questions have no answer."""
    own = take.own_attempt_or_404(actor().person_id, attempt_id)
    if _is_over(own):
        return redirect(url_for(".result", attempt_id=attempt_id), 303)
    questions = take.questions_of(attempt_id)
    return render_template(
        "assessments/take/finish.html",
        own=own,
        map=_map(questions),
        missing=[question.position for question in questions if question.answer is None],
        minutes_left=_seconds_left(own) // 60,
    )


@blueprint.post("/attempts/<int:attempt_id>/finish")
@access("assessments.take")
def submit(attempt_id: int) -> BaseResponse:
    """Hand in; doing it twice gives the same result."""
    own = take.own_attempt_or_404(actor().person_id, attempt_id)
    attempts.submit(own.attempt)
    db.session.commit()
    return redirect(url_for(".result", attempt_id=attempt_id), 303)


@blueprint.get("/attempts/<int:attempt_id>/result")
@access("assessments.take")
def result(attempt_id: int) -> str | BaseResponse:
    """Show score, what to re-read and what is next; question by question once the key is released."""
    person_id = actor().person_id
    own = take.own_attempt_or_404(person_id, attempt_id)
    if own.attempt.closed_at is None:
        if not attempts.close_overdue_on_read(own.attempt):
            return redirect(url_for(".attempt", attempt_id=attempt_id), 303)
        own = take.own_attempt_or_404(person_id, attempt_id)
    standing = take.standing_of(own.attempt)
    released = standing.review.key
    questions = take.questions_of(attempt_id, with_key=released)
    following = own.outline.after(own.module) if own.module else None
    return render_template(
        "assessments/take/result.html",
        own=own,
        standing=standing,
        lost=take.sections_lost(own),
        released=released,
        questions=[show.review(question) for question in questions] if released else [],
        count=len(questions),
        answered=sum(question.answer is not None for question in questions),
        refusal=standing.refusal(clock.now()),
        reports=take.reports_of(attempt_id),
        following=following,
    )


@blueprint.get("/attempts/<int:attempt_id>/questions/<int:position>/report")
@access("assessments.take")
def ask_report(attempt_id: int, position: int) -> str:
    """Show the form by which an officer reports a faulty question."""
    own = take.own_attempt_or_404(actor().person_id, attempt_id)
    return _report_page(own, take.question_or_404(attempt_id, position), ReportForm())


@blueprint.post("/attempts/<int:attempt_id>/questions/<int:position>/report")
@access("assessments.take")
def report(attempt_id: int, position: int) -> Any:
    """Keep the report for the instructor."""
    own = take.own_attempt_or_404(actor().person_id, attempt_id)
    question = take.question_or_404(attempt_id, position)
    form = ReportForm()
    if not form.validate():
        return _report_page(own, question, form), 422
    if reports.report(own.attempt, question, str(form.text.data).strip()):
        flash(_("Thank you. The instructor of the course will read your report."), "success")
    else:
        flash(_("You have reported this question before. The instructor will read it."), "info")
    target = _back_from_report(own, position)
    db.session.commit()
    return redirect(target, 303)


def _report_page(own: OwnAttempt, question: AttemptQuestion, form: ReportForm) -> str:
    return render_template(
        "assessments/take/report.html",
        own=own,
        question=show.view(question),
        form=form,
        back=_back_from_report(own, question.position),
    )


def _back_from_report(own: OwnAttempt, position: int) -> str:
    if own.attempt.closed_at is not None:
        return url_for(".result", attempt_id=own.attempt.id)
    page = (position - 1) // PER_PAGE + 1
    return url_for(".attempt", attempt_id=own.attempt.id, page=page, _anchor=f"q{position}")


def _is_over(own: OwnAttempt) -> bool:
    return own.attempt.closed_at is not None or attempts.close_overdue_on_read(own.attempt)


def _page_number() -> int:
    return request.args.get("page", 1, type=int)


def _attempt_page(own: OwnAttempt, questions: list[AttemptQuestion], number: int, form: AnswersForm) -> str:
    pages = (len(questions) + PER_PAGE - 1) // PER_PAGE
    number = min(max(number, 1), pages)
    shown = questions[(number - 1) * PER_PAGE : number * PER_PAGE]
    return render_template(
        "assessments/take/attempt.html",
        own=own,
        questions=[show.view(question, typed=form.typed.get(question.position)) for question in shown],
        errors=form.errors,
        map=_map(questions),
        number=number,
        pages=pages,
        total=len(questions),
        saved_at=_clock_time(show.last_saved(questions)),
        seconds_left=_seconds_left(own),
    )


def _map(questions: list[AttemptQuestion]) -> list[dict[str, Any]]:
    """Return the list of questions: number, whether it is answered, the page it stands on."""
    return [
        {
            "position": question.position,
            "answered": question.answer is not None,
            "page": (question.position - 1) // PER_PAGE + 1,
        }
        for question in questions
    ]


def _seconds_left(own: OwnAttempt) -> int:
    return max(0, int((own.attempt.deadline_at - clock.now()).total_seconds()))


def _clock_time(value: datetime | None) -> str:
    return "" if value is None else str(format_time(value, "HH:mm"))
