"""Routes of the core itself: the start page, the language, whether the service runs."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from lms import audit_labels, audit_routes, report_routes
from lms.access import PUBLIC, access, find_actor
from lms.db import db
from lms.navigation import navigation
from lms.people.models import Person
from lms.settings import LANGUAGES

blueprint = Blueprint("lms", __name__)


@blueprint.get("/")
@access(PUBLIC)
def home() -> Response:
    """Lead to the first page of one's own work, or to the sign-in."""
    if find_actor() is None:
        return redirect(url_for("accounts.sign_in"))
    links = navigation()
    return redirect(links[0].url if links else url_for("accounts.me"))


@blueprint.get("/health")
@access(PUBLIC)
def health() -> dict[str, str]:
    """Say that the app and its database answer."""
    db.session.execute(sa.select(1))
    return {"status": "ok"}


@blueprint.get("/robots.txt")
@access(PUBLIC)
def robots() -> Response:
    """Ask search engines to stay away: nothing here is for them, and a certificate's page names a person."""
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")


@blueprint.get("/help")
@access(PUBLIC)
def help() -> str:
    """Show how to sign in, what to do without a password, and whom to ask."""
    return render_template("lms/help.html")


@blueprint.post("/language")
@access(PUBLIC)
def set_language() -> Response:
    """Choose the language of the pages; kept with the person, or in the cookie of a visitor."""
    language = request.form.get("language", "")
    if language in LANGUAGES:
        session["language"] = language
        if current_user.is_authenticated:
            db.session.execute(
                sa.update(Person).where(Person.id == current_user.person_id).values(language=language)
            )
            db.session.commit()
    return redirect(local_path(request.form.get("next", "")))


def local_path(target: str) -> str:
    """Return an address of this site to go back to; an address of another site becomes the start page."""
    try:
        parts = urlsplit(target.replace("\\", "/"))
    except ValueError:  # `//[` and the like
        return url_for("lms.home")
    # A line break would end the header of the redirect; browsers leave tabs out, so `/<tab>/` would be `//`.
    if not target.isprintable() or not target.startswith("/") or target.startswith("//"):
        return url_for("lms.home")
    if parts.scheme or parts.netloc:
        return url_for("lms.home")
    return target


# Declared in files of their own, called `lms.…` like the rest of the core.
blueprint.add_url_rule("/reports", view_func=report_routes.reports)
blueprint.add_url_rule("/reports/<name>", view_func=report_routes.report)
blueprint.add_url_rule("/reports/<name>.csv", view_func=report_routes.report_csv)
blueprint.add_url_rule("/audit", view_func=audit_routes.audit_log)
blueprint.add_app_template_global(audit_labels.action_label, "audit_action")
blueprint.add_app_template_global(audit_labels.field_label, "audit_field")
blueprint.add_app_template_global(audit_labels.is_worded, "audit_is_worded")
blueprint.add_app_template_global(audit_labels.value_label, "audit_word")
blueprint.add_app_template_global(audit_labels.readable, "audit_value")
