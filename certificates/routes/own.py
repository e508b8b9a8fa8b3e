"""An officer's own certificates."""

from flask import Blueprint, Response, abort, render_template

from certificates import actions, pdf, queries, rules
from certificates.models import Certificate
from lms import clock
from lms.access import access, actor

blueprint = Blueprint("my_certificates", __name__, url_prefix="/certificates")


@blueprint.get("")
@access("certificates.own")
def index() -> str:
    """Show one's own certificates."""
    today = clock.today()
    return render_template(
        "certificates/mine.html",
        certificates=[queries.shown(certificate, today) for certificate in queries.own(actor().person_id)],
    )


@blueprint.get("/<int:certificate_id>/<language>.pdf")
@access("certificates.own")
def download(certificate_id: int, language: str) -> Response:
    """Give the file of one's own certificate."""
    return send_file(queries.own_or_404(actor().person_id, certificate_id), language)


def send_file(certificate: Certificate, language: str) -> Response:
    """Return the file of a certificate, printed at the first demand and the same bytes ever after."""
    if language not in rules.FILE_LANGUAGES:
        abort(404)
    name = f"{certificate.serial}-{language}.pdf"
    response = Response(actions.keep_file(certificate, language, pdf.draw), mimetype="application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
