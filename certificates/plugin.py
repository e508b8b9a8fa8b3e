"""What the plug-in certificates adds to the suite."""

from flask import render_template
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from certificates import actions, queries
from certificates.routes import own, staff, verify
from lms import clock
from lms.hookspecs import Manifest, NavItem, Panel, Permission, hookimpl

# How many certificates *My learning* shows; the page of certificates shows all.
ON_HOME = 3
PANEL_ORDER = 40


@hookimpl
def manifest() -> Manifest:
    """Declare the plug-in."""
    return Manifest(
        name="certificates",
        label=_l("Certificates"),
        requires=("courses",),
        blueprints=(own.blueprint, verify.blueprint, staff.blueprint),
        navigation=(
            NavItem(_l("My certificates"), "my_certificates.index", "certificates.own", order=25),
            NavItem(_l("Certificates"), "certificate_register.index", "certificates.view", order=65),
        ),
        permissions=(
            Permission(
                "certificates.own", "See and download one's own certificates.", frozenset({"officer"})
            ),
            Permission(
                "certificates.view",
                "Find certificates: an instructor those of the own courses, a regional auditor those of the own region.",
                frozenset({"instructor", "department_officer", "department_auditor", "regional_auditor"}),
            ),
            Permission(
                "certificates.revoke",
                "Revoke certificates, and issue them anew after a corrected name.",
                frozenset({"department_officer"}),
            ),
        ),
        audit_labels={
            "completion_id": _l("Completion"),
            "expires_on": _l("Valid until"),
            "issued_on": _l("Issued on"),
            "name": _l("Name"),
            "revoked_on": _l("Revoked on"),
            "serial": _l("Certificate number"),
            "certificate": _l("Certificate"),
            "certificate.issued": _l("Certificate issued"),
            "certificate.reissued": _l("Certificate reissued"),
            "certificate.revoked": _l("Certificate revoked"),
        },
    )


@hookimpl
def course_completed(officer_id: int, completion_id: int) -> None:
    """Issue the certificate, in the transaction that completed the course."""
    actions.issue(completion_id)


@hookimpl
def course_panels(course_id: int, officer_id: int) -> list[Panel]:
    """Show the officer's certificate on the page of its course."""
    certificate = queries.own_of_course(officer_id, course_id)
    if certificate is None:
        return []
    shown = queries.shown(certificate, clock.today())
    return [Panel(PANEL_ORDER, Markup(render_template("certificates/course_panel.html", shown=shown)))]


@hookimpl
def home_panels(person_id: int) -> list[Panel]:
    """Show the officer's newest certificates on *My learning*."""
    today = clock.today()
    found = [queries.shown(certificate, today) for certificate in queries.own_in_force(person_id, ON_HOME)]
    if not found:
        return []
    return [Panel(PANEL_ORDER, Markup(render_template("certificates/home_panel.html", certificates=found)))]
