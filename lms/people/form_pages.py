"""How the pages about people show a form, ask before what cannot be undone, and answer."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template
from werkzeug.wrappers import Response

from lms.db import db
from lms.errors import RuleError

Answer = str | tuple[str, int] | Response
SEE_OTHER = 303


def form_page(form: Any, title: str, *, label: str, cancel: str, lead: str = "", caption: str = "") -> Answer:
    """Show a form, or show it again with its faults and what was typed."""
    page = render_template(
        "people/form.html", form=form, title=title, label=label, cancel=cancel, lead=lead, caption=caption
    )
    return (page, 422) if form.errors else page


def confirm_form(
    form: Any, title: str, text: str, *, label: str, cancel: str, kind: str = "danger"
) -> Answer:
    """Ask before what cannot be undone, or ask again with the faults."""
    page = render_template(
        "people/confirm.html", form=form, title=title, text=text, label=label, cancel=cancel, kind=kind
    )
    return (page, 422) if form.errors else page


def accepted(form: Any, act: Callable[[], object]) -> bool:
    """Say whether the action was done; a rule's refusal becomes a fault of the form, nothing was changed."""
    try:
        act()
    except RuleError as refused:
        db.session.rollback()
        form.form_errors.append(str(refused.advice or refused.title))
        return False
    return True


def done(message: Any, url: str) -> Response:
    """Lead to a page that says what was done."""
    flash(str(message), "success")
    return redirect(url, SEE_OTHER)
