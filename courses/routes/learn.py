"""The officer's pages: my learning, catalogue, course, section, print view."""

from collections.abc import Mapping
from datetime import date, datetime

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    get_template_attribute,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as BaseResponse

from courses import rules
from courses.actions import learning
from courses.queries import learn as queries
from lms import clock, i18n, markdown
from lms.access import access, actor
from lms.db import db

# Seconds a browser may show a picture of a course without asking; nobody else may keep it.
PICTURE_KEPT = 3600

blueprint = Blueprint("courses", __name__)


@blueprint.get("/learning")
@access("courses.learn")
def my_learning() -> str:
    """Show what is next, the officer's courses, and what other plug-ins add."""
    person_id = actor().person_id
    courses = queries.learning_of(person_id)
    return render_template(
        "courses/learn/my_learning.html",
        courses=courses,
        step=queries.next_of(courses),
        panels=queries.home_panels(person_id),
    )


@blueprint.get("/courses")
@access("courses.learn")
def catalogue() -> str:
    """Show every published course, and why one cannot enrol."""
    return render_template("courses/learn/catalogue.html", offers=queries.catalogue_for(actor().person_id))


@blueprint.get("/courses/<code>")
@access("courses.learn")
def course(code: str) -> str:
    """Show a course: its modules with state, what is missing for the certificate, or how to enrol."""
    person_id = actor().person_id
    study = queries.study_or_404(person_id, code)
    asked = queries.requirements_of(study)
    return render_template(
        "courses/learn/course.html",
        study=study,
        modules=queries.module_states(study, asked),
        asked=asked,
        percent=rules.percent_done(asked),
        step=None if study.completion else rules.next_step(asked),
        refusals=() if study.enrolment else queries.refusals_for(person_id, study),
        panels=queries.course_panels(study, person_id) if study.enrolment else [],
    )


@blueprint.post("/courses/<code>/enrol")
@access("courses.learn")
def enrol(code: str) -> BaseResponse:
    """Enrol oneself."""
    person_id = actor().person_id
    study = queries.study_or_404(person_id, code)
    # A double click enrols once, and the second one is led to the same page.
    if study.enrolment is None:
        learning.enrol(person_id, study.revision.course_id, how="self", actor_id=person_id)
        flash(_("You are enrolled."), "success")
        db.session.commit()
    return redirect(url_for(".course", code=code), 303)


@blueprint.get("/courses/<code>/withdraw")
@access("courses.learn")
def ask_withdraw(code: str) -> str:
    """Ask before leaving a course."""
    study, enrolment = queries.enrolled_or_404(actor().person_id, code)
    if study.completion or enrolment.how != "self":
        abort(404)
    return render_template("courses/learn/withdraw.html", study=study)


@blueprint.post("/courses/<code>/withdraw")
@access("courses.learn")
def withdraw(code: str) -> BaseResponse:
    """Leave a course."""
    person_id = actor().person_id
    _study, enrolment = queries.enrolled_or_404(person_id, code)
    learning.withdraw(enrolment, "", person_id)
    flash(_("You have left the course. What you did in it is kept."), "success")
    db.session.commit()
    return redirect(url_for(".course", code=code), 303)


@blueprint.get("/courses/<code>/<module>/<section>")
@access("courses.learn")
def section(code: str, module: str, section: str) -> str:
    """Show a section of a module."""
    study, enrolment = queries.enrolled_or_404(actor().person_id, code)
    found = queries.module_or_404(study, module)
    if section not in found.sections:
        abort(404)
    texts = queries.module_texts_or_404(study.revision, found)
    place = found.sections.index(section)
    return render_template(
        "courses/learn/section.html",
        study=study,
        module=found,
        texts=texts,
        here=texts.sections.get(section) or abort(404),
        read=queries.read_sections(enrolment.id, found.id),
        previous=found.sections[place - 1] if place else None,
        following=found.sections[place + 1] if place + 1 < len(found.sections) else None,
        module_before=study.outline.before(found),
        module_after=study.outline.after(found),
    )


@blueprint.post("/courses/<code>/<module>/<section>")
@access("courses.learn")
def mark_read(code: str, module: str, section: str) -> BaseResponse:
    """Keep that a section was read, and lead to what comes next."""
    person_id = actor().person_id
    study, enrolment = queries.enrolled_or_404(person_id, code)
    found = queries.module_or_404(study, module)
    if section not in found.sections:
        abort(404)
    learning.mark_read(enrolment, found.id, section)
    place = found.sections.index(section)
    if place + 1 < len(found.sections):
        target = url_for(".section", code=code, module=module, section=found.sections[place + 1])
    else:
        learning.refresh_completion(enrolment.id)
        target = _after_module(study, module)
    db.session.commit()
    return redirect(target, 303)


def _after_module(study: queries.Study, module: str) -> str:
    """Return where an officer goes on after the last section: to the module's quiz, to what is next, to the course."""
    asked = queries.requirements_of(study)
    unread = next((r for r in asked if r.kind == "reading" and r.module == module and not r.met), None)
    quiz = next((r for r in asked if r.kind == "quiz" and r.module == module and not r.met), None)
    step = unread or quiz or rules.next_step(asked)
    return step.url if step and step.url else url_for(".course", code=study.code)


@blueprint.get("/courses/<code>/<module>/print")
@access("courses.learn")
def print_module(code: str, module: str) -> str:
    """Show a whole module for paper."""
    study, _enrolment = queries.enrolled_or_404(actor().person_id, code)
    found = queries.module_or_404(study, module)
    return render_template(
        "courses/learn/print.html",
        study=study,
        module=found,
        texts=queries.module_texts_or_404(study.revision, found),
    )


@blueprint.get("/courses/<code>/<module>/images/<name>")
@access("courses.learn")
def image(code: str, module: str, name: str) -> BaseResponse:
    """Send a picture of a module."""
    study, _enrolment = queries.enrolled_or_404(actor().person_id, code)
    found = queries.image_or_404(queries.module_or_404(study, module), f"images/{name}")
    response = Response(found.content, mimetype=found.media_type)
    response.set_etag(found.sha256)
    response.cache_control.private = True
    response.cache_control.max_age = PICTURE_KEPT
    return response.make_conditional(request)


@blueprint.app_template_filter("worded")
def worded(texts: Mapping[str, str]) -> Markup:
    """Return a text of a text map, marked with its language when that is not the language of the page."""
    found, language = i18n.pick(texts)
    if language == i18n.language():
        return escape(found)
    marked: Markup = get_template_attribute("courses/learn/worded.html", "marked")(found, language)
    return marked


@blueprint.app_template_filter("plain")
def plain(texts: Mapping[str, str]) -> str:
    """Return a text of a text map without a mark, for titles and attributes."""
    return i18n.text(texts)


@blueprint.app_template_filter("rendered")
def rendered(body: str, code: str, module: str) -> Markup:
    """Return the safe HTML of a section, with the pictures of the officer's own revision."""
    images = url_for("courses.image", code=code, module=module, name="").removesuffix("images/")
    return markdown.render(body, images, _("check the current text"))


@blueprint.app_template_filter("bishkek_day")
def bishkek_day(moment: datetime) -> date:
    """Return the civil day of a moment."""
    return clock.day_of(moment)


@blueprint.app_template_filter("iso_day")
def iso_day(value: str | date) -> date:
    """Return the day of a course package, which JSON keeps as text."""
    return value if isinstance(value, date) else date.fromisoformat(value)
