"""The author's pages: own courses, upload, preview, differences, publication, review of translations."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from courses.actions import packages as actions
from courses.forms.author import ConfirmPublishForm, PublishForm, ReviewForm, UploadForm
from courses.package import LANGUAGES, PackageRefused, differences, load_yaml, read_zip, text_of, write_zip
from courses.queries import author as queries
from courses.queries import learn as learned
from courses.queries import packages
from lms import i18n, markdown
from lms.access import access, actor
from lms.db import db
from lms.errors import ChangedMeanwhile
from lms.hookspecs import Fault, PackageFiles

Answer = str | tuple[str, int] | BaseResponse
SEE_OTHER = 303

blueprint = Blueprint("author", __name__, url_prefix="/author")


@blueprint.get("/courses")
@access("courses.author")
def index() -> str:
    """Show the courses assigned to the instructor, and how their translations stand."""
    return render_template("courses/author/index.html", courses=queries.courses_of(actor().person_id))


@blueprint.get("/courses/<code>")
@access("courses.author")
def course(code: str) -> str:
    """Show a course to its instructor: draft, revisions, states of the texts."""
    authored = queries.own_course_or_404(actor().person_id, code)
    return render_template(
        "courses/author/course.html", authored=authored, revisions=queries.revisions_of(authored.course.id)
    )


@blueprint.route("/courses/<code>/upload", methods=["GET", "POST"])
@access("courses.author")
def upload(code: str) -> Answer:
    """Import an uploaded package into the draft: all of it, or nothing and a list of faults."""
    person_id = actor().person_id
    authored = queries.own_course_or_404(person_id, code)
    form = UploadForm()
    faults: list[Fault] = []
    if form.validate_on_submit():
        before = authored.newest.digest if authored.newest else None
        # Reading and checking a package takes a second or two, in which SQLite's one write lock is not held.
        db.session.rollback()
        try:
            package = _of_course(read_zip(form.package.data.read()), code)
            revision = actions.import_package(package, actor_id=person_id)
        except PackageRefused as refused:
            db.session.rollback()
            faults = refused.faults
            form.form_errors.append(str(refused.advice))
        else:
            if revision.digest == before:
                flash(_("The package says the same as what is here. Nothing was changed."), "info")
            else:
                flash(_("The draft holds the package now. Look at it before you publish it."), "success")
            db.session.commit()
            return redirect(url_for(".course", code=code), SEE_OTHER)
    page = render_template(
        "courses/author/upload.html",
        form=form,
        code=code,
        faults=faults,
        most=current_app.config["LMS_UPLOAD_MB"],
    )
    return (page, 422) if form.errors else page


def _of_course(package: PackageFiles, code: str) -> PackageFiles:
    """Return the package if it is one of this course.

    :raises PackageRefused: when it is another course's: an instructor writes into the own ones only.
    """
    if package.code != code and isinstance(package.course.get("code"), str):
        line = load_yaml(text_of(package.files, "course.yaml")).line("code")
        message = _(
            "This is the package of another course (%(other)s, not %(code)s).", other=package.code, code=code
        )
        raise PackageRefused([Fault("course.yaml", line, message)])
    return package


@blueprint.get("/courses/<code>/preview")
@access("courses.author")
def preview(code: str) -> str:
    """Show the draft's course page as the officer will see it."""
    draft = queries.preview_or_404(actor().person_id, code)
    panels = learned.preview_panels(draft.revision.id, None)
    return render_template("courses/author/preview.html", draft=draft, panels=panels)


@blueprint.get("/courses/<code>/preview/<module>")
@access("courses.author")
def preview_module(code: str, module: str) -> str:
    """Show a module of the draft as the officer will read it, all sections on one page."""
    draft = queries.preview_or_404(actor().person_id, code)
    found = queries.module_or_404(draft, module)
    return render_template(
        "courses/author/preview_module.html",
        draft=draft,
        module=found,
        texts=learned.module_texts_or_404(draft.revision, found),
        before=draft.outline.before(found),
        after=draft.outline.after(found),
        panels=learned.preview_panels(draft.revision.id, found.code),
    )


@blueprint.get("/courses/<code>/preview/<module>/images/<name>")
@access("courses.author")
def preview_image(code: str, module: str, name: str) -> Response:
    """Send a picture of the draft."""
    draft = queries.preview_or_404(actor().person_id, code)
    image = queries.image_or_404(queries.module_or_404(draft, module), name)
    return Response(image.content, mimetype=image.media_type)


@blueprint.get("/courses/<code>/differences")
@access("courses.author")
def compare(code: str) -> str:
    """Show what differs between the draft and the newest published revision."""
    authored = queries.own_course_or_404(actor().person_id, code)
    found = []
    if authored.draft and authored.latest:
        found = differences(*packages.files_to_compare([authored.latest, authored.draft]))
    return render_template("courses/author/differences.html", authored=authored, files=found)


@blueprint.get("/courses/<code>/publish")
@access("courses.publish")
def publish(code: str) -> Answer:
    """Ask what kind of revision the draft is and what changed, then show what publishing does to whom."""
    authored = queries.own_course_or_404(actor().person_id, code)
    if not authored.differs:
        raise actions.NothingToPublish
    first = authored.latest is None
    form = PublishForm(request.args if request.args else None)
    if not request.args or not form.validate() or not _may_be(authored, form):
        page = render_template("courses/author/publish.html", authored=authored, form=form, first=first)
        return (page, 422) if form.errors else page
    return render_template(
        "courses/author/confirm_publish.html",
        authored=authored,
        number=actions.next_number(authored.latest, form.kind.data),
        form=ConfirmPublishForm(
            formdata=None,
            data={"kind": form.kind.data, "note": form.note.data, "digest": authored.draft.digest},  # type: ignore[union-attr]
        ),
        reach=queries.reach_of(authored.course.id, authored.latest),
    )


def _may_be(authored: queries.Authored, form: PublishForm) -> bool:
    """Say whether the draft may be published as the kind that was chosen; else note why in the form."""
    if form.kind.data != "minor" or authored.latest is None or authored.draft is None:
        return True
    reasons = packages.major_reasons(*packages.files_to_compare([authored.latest, authored.draft]))
    if reasons:
        form.kind.errors = [
            _(
                "This draft changes what is taught or asked (%(where)s). Publish it as major.",
                where=", ".join(reasons),
            )
        ]
    return not reasons


@blueprint.post("/courses/<code>/publish")
@access("courses.publish")
def do_publish(code: str) -> BaseResponse:
    """Publish the draft that was looked at."""
    person_id = actor().person_id
    authored = queries.own_course_or_404(person_id, code)
    form = ConfirmPublishForm()
    if not form.validate():
        raise actions.NoteMissing
    revision = actions.publish(
        authored.course.id,
        kind="minor" if form.kind.data == "minor" else "major",
        note=form.note.data or "",
        actor_id=person_id,
        digest=form.digest.data,
    )
    flash(_("Revision %(number)s is published.", number=revision.number), "success")
    db.session.commit()
    return redirect(url_for(".course", code=code), SEE_OTHER)


@blueprint.get("/courses/<code>/revisions/<int:revision_id>.zip")
@access("courses.author")
def export(code: str, revision_id: int) -> Response:
    """Send a revision as a package in canonical form."""
    revision = queries.own_revision_or_404(actor().person_id, code, revision_id)
    name = f"{code}-{revision.number or 'draft'}.zip"
    return Response(
        write_zip(packages.files_of(revision.id), code),
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.get("/courses/<code>/texts/<module>/<language>")
@access("courses.author")
def text(code: str, module: str, language: str) -> str:
    """Show a translation beside its source."""
    draft = queries.preview_or_404(actor().person_id, code)
    found = queries.module_or_404(draft, module)
    pair = queries.pair_or_404(draft, found, language)
    form = ReviewForm(
        formdata=None, data={"text_digest": pair.text.digest, "source_digest": pair.source.digest}
    )
    return render_template("courses/author/text.html", draft=draft, module=found, pair=pair, form=form)


@blueprint.post("/courses/<code>/texts/<module>/<language>")
@access("courses.author")
def review(code: str, module: str, language: str) -> BaseResponse:
    """Mark a translation as reviewed, as it stood on the page."""
    person_id = actor().person_id
    draft = queries.preview_or_404(person_id, code)
    pair = queries.pair_or_404(draft, queries.module_or_404(draft, module), language)
    form = ReviewForm()
    if not form.validate() or (form.text_digest.data, form.source_digest.data) != (
        pair.text.digest,
        pair.source.digest,
    ):
        raise ChangedMeanwhile
    actions.review_text(pair.text, source_digest=pair.source.digest, actor_id=person_id)
    flash(_("The translation is marked as reviewed."), "success")
    db.session.commit()
    return redirect(url_for(".course", code=code), SEE_OTHER)


@blueprint.app_template_filter("previewed")
def previewed(body: str, code: str, module: str) -> Markup:
    """Return the safe HTML of a section with the pictures of the draft."""
    images = url_for("author.preview_image", code=code, module=module, name="").removesuffix("images/")
    return markdown.render(body, images, _("check the current text"))


@blueprint.context_processor
def _names() -> dict[str, Any]:
    return {
        "text_states": {
            "source": (_("Source text"), "done"),
            "reviewed": (_("Reviewed"), "done"),
            "draft": (_("Not reviewed"), "open"),
            "outdated": (_("Outdated"), "late"),
            "missing": (_("Missing"), "todo"),
        },
        "text_languages": [(code, i18n.OWN_NAMES[code]) for code in LANGUAGES],
    }
