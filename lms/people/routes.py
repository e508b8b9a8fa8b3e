"""People: find, create, postings, roles, names, suspension, activation slips."""

from flask import Blueprint

from lms.access import access

blueprint = Blueprint("people", __name__, url_prefix="/people")


@blueprint.get("/")
@access("people.view")
def index() -> str:
    """Find people."""
    return ""
