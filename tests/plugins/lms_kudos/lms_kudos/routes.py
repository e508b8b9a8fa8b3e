"""Pages of thanks."""

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lms.access import SIGNED_IN, access, actor
from lms.db import db
from lms_kudos import actions, queries

blueprint = Blueprint("kudos", __name__, url_prefix="/kudos")


@blueprint.get("/")
@access(SIGNED_IN)
def index() -> str:
    """Show the thanks one got."""
    return render_template("lms_kudos/index.html", thanks=queries.of_person(actor().person_id))


@blueprint.post("/")
@access("kudos.give")
def give() -> Response:
    """Thank a colleague."""
    to = queries.person_by_number(request.form.get("service_number", ""))
    text = request.form.get("text", "").strip()[: current_app.config["LMS_KUDOS_LENGTH"]]
    if to is None or not text:
        abort(400)
    actions.thank(from_id=actor().person_id, to_id=to.id, text=text)
    db.session.commit()
    return redirect(url_for("kudos.index"), 303)
