"""The public check of certificates: anybody, without signing in."""

import hashlib
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from certificates import queries, rules
from certificates.forms import CodeForm, FileForm
from certificates.models import Certificate
from lms import clock
from lms.access import PUBLIC, access
from lms.accounts import throttle

# Codes of 128 bits are not guessed; this only keeps a machine from trying all day. Short, because a whole
# department may stand behind the one address.
UNKNOWN_CODES = throttle.Purpose(
    "certificate code",
    free=20,
    longest=timedelta(minutes=1),
    forget=timedelta(hours=1),
)

blueprint = Blueprint("certificates", __name__, url_prefix="/verify")


@blueprint.after_request
def _not_for_search_engines(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.get("")
@access(PUBLIC)
def verify() -> Any:
    """Ask for the code, or for a file; lead to the certificate when the code can be one."""
    if "code" not in request.args:
        return _ask(CodeForm(), FileForm())
    form = CodeForm(request.args)
    if not form.validate():
        return _ask(form, FileForm()), 422
    return redirect(url_for(".verify_code", code=rules.normalise_code(form.code.data or "")))


@blueprint.get("/<code>")
@access(PUBLIC)
def verify_code(code: str) -> BaseResponse:
    """Say whether a certificate is valid, and what it was issued with."""
    wanted = rules.normalise_code(code)
    if wanted is None:
        return _unknown()
    throttle.check(UNKNOWN_CODES, throttle.address())
    certificate = queries.find_by_code(wanted)
    if certificate is None:
        throttle.failed(UNKNOWN_CODES, throttle.address())
        return _unknown()
    return _result(certificate)


@blueprint.post("/file")
@access(PUBLIC)
def check_file() -> Any:
    """Say whether the bytes of a file are exactly those of an issued one. The file is not kept."""
    form = FileForm()
    if not form.validate_on_submit():
        return _ask(CodeForm(), form), 422
    certificate = queries.find_by_file(hashlib.sha256(form.content).hexdigest())
    if certificate is None:
        return make_response(render_template("certificates/not_issued.html"))
    return _result(certificate, by_file=True)


def _ask(code_form: CodeForm, file_form: FileForm) -> str:
    return render_template("certificates/verify.html", code_form=code_form, file_form=file_form)


def _unknown() -> BaseResponse:
    return make_response(render_template("certificates/unknown.html"), 404)


def _result(certificate: Certificate, *, by_file: bool = False) -> BaseResponse:
    _before, after = queries.relatives(certificate)
    return make_response(
        render_template(
            "certificates/result.html",
            shown=queries.shown(certificate, clock.today()),
            successor=after.serial if after else None,
            by_file=by_file,
        )
    )
