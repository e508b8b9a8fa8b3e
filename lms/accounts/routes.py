"""Sign in, sign out, activate an account, one's own account."""

from flask import Blueprint

from lms.access import PUBLIC, SIGNED_IN, access

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/sign-in")
@access(PUBLIC)
def sign_in() -> str:
    """Show the form."""
    return ""


@blueprint.post("/sign-out")
@access(SIGNED_IN)
def sign_out() -> str:
    """End the session."""
    return ""


@blueprint.get("/me")
@access(SIGNED_IN)
def me() -> str:
    """Show one's own account."""
    return ""
