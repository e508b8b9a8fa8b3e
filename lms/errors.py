"""Refusals a person can act on, and the one page that shows them. A bug stays a 500 with an id to quote."""

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, render_template, request
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from lms.db import db


class RuleError(Exception):
    """A rule refuses what was asked. Subclasses are named after the rule and say what to do.

    `title` and `advice` are translatable sentences; `advice` may be given per case.
    """

    status = 409
    title: Any = _l("This cannot be done")
    advice: Any = ""
    retry_after: int | None = None  # seconds; sent as Retry-After

    def __init__(self, advice: Any = None) -> None:
        super().__init__(str(type(self).__name__))
        if advice is not None:
            self.advice = advice


class ChangedMeanwhile(RuleError):
    """Somebody else changed the same record between reading and saving."""

    title = _l("Somebody else changed this record")
    advice = _l(
        "Nothing was saved. Open the page again, look at the change and repeat yours if it is still needed."
    )


PAGES: dict[int, tuple[Any, Any]] = {
    400: (_l("The request was not understood"), _l("Go back, reload the page and try again.")),
    401: (_l("Sign in first"), _l("Your session has ended. Sign in and try again.")),
    403: (
        _l("This page is not part of your role"),
        _l("If you need it for your work, ask the administrator."),
    ),
    404: (_l("Page not found"), _l("Check the address, or go back to the start page.")),
    405: (_l("This address does not take that request"), _l("Go back and use the button on the page.")),
    413: (_l("The file is too large"), _l("Choose a smaller file and try again.")),
    429: (_l("Too many tries"), _l("Wait a little and try again.")),
    500: (
        _l("Something went wrong on our side"),
        _l("Nothing was saved. Try again; if it happens again, tell the administrator the number below."),
    ),
}


# Of whom a form asks for secrets: these are typed again, never sent back in a page.
SECRET_FORMS = "accounts"


@dataclass(frozen=True)
class Resend:
    """A form whose token no longer fits, to be sent once more as it was typed."""

    action: str
    fields: list[tuple[str, str]]


def init_app(app: Flask) -> None:
    """Register the error pages."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(RuleError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(500, _bug)


def _page(
    status: int, title: Any, advice: Any, error_id: str | None = None, resend: Resend | None = None
) -> tuple[Any, int]:
    db.session.rollback()
    if request.accept_mimetypes.best == "application/json" or request.is_json:
        return {"error": str(title), "advice": str(advice), "id": error_id}, status
    return (
        render_template(
            "lms/error.html", status=status, title=title, text=advice, error_id=error_id, resend=resend
        ),
        status,
    )


def _stale_form(_error: CSRFError) -> Any:
    """Answer a form without a token that fits: somebody signed in or out since the page was opened.

    What was typed may be sent again, but only when the browser says that the form was a page of this site.
    """
    title = _l("This page was open for too long")
    if (
        not _is_own_page()
        or request.blueprint == SECRET_FORMS
        or any(f.filename for f in request.files.values())
    ):
        return _page(400, title, _l("Nothing was saved. Open the page again and repeat what you did."))
    fields = [
        (name, value)
        for name, values in request.form.lists()
        for value in values
        if name != current_app.config["WTF_CSRF_FIELD_NAME"]
    ]
    advice = (
        _l("Nothing was saved yet. What you typed is kept on this page; send it again.")
        if current_user.is_authenticated
        else _l(
            "You are signed out, and nothing was saved yet. Sign in in another tab; then send it again here."
        )
    )
    return _page(400, title, advice, resend=Resend(request.full_path.rstrip("?"), fields))


def _is_own_page() -> bool:
    """Say whether the browser, not the page, tells that the form came from this site."""
    if "Sec-Fetch-Site" in request.headers:
        return request.headers["Sec-Fetch-Site"] == "same-origin"
    return request.headers.get("Origin") == request.host_url.rstrip("/")


def _refused(error: RuleError) -> Any:
    page = _page(error.status, error.title, error.advice)
    return page if error.retry_after is None else (*page, {"Retry-After": str(error.retry_after)})


def _stale(_error: StaleDataError) -> Any:
    return _refused(ChangedMeanwhile())


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error  # a redirect raised as an exception
    title, advice = PAGES.get(error.code, PAGES[400])
    response, status = _page(error.code, title, advice)
    if error.code == 429 and isinstance(getattr(error, "retry_after", None), int):
        return response, status, {"Retry-After": str(error.retry_after)}  # type: ignore[attr-defined]
    return response, status


def _bug(error: Exception) -> tuple[Any, int]:
    error_id = secrets.token_hex(4)
    cause = getattr(error, "original_exception", None) or error
    current_app.logger.error("error %s at %s", error_id, request.path, exc_info=cause)
    try:
        return _page(500, *PAGES[500], error_id=error_id)
    except SQLAlchemyError:  # the page itself asks who is signed in; without a database nobody is
        g._login_user, g.lms_actor = AnonymousUserMixin(), None
        return _page(500, *PAGES[500], error_id=error_id)
