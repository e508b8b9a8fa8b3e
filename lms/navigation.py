"""The main navigation: what the core and the plug-ins declare, for those who may go there."""

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import lazy_gettext as _l

from lms.access import SIGNED_IN, find_actor
from lms.hookspecs import NavItem
from lms.plugins import suite

CORE = (
    NavItem(_l("People"), "people.index", "people.view", order=60),
    NavItem(_l("Reports"), "lms.reports", "reports.view", order=70),
    NavItem(_l("Audit log"), "lms.audit_log", "audit.view", order=80),
)


@dataclass(frozen=True)
class Link:
    """A link of the navigation as a page shows it."""

    label: str
    url: str
    current: bool


def navigation() -> list[Link]:
    """Return the links that who acts in this request may follow, in order."""
    found = find_actor()
    if found is None:
        return []
    items = CORE + tuple(item for manifest in suite().manifests for item in manifest.navigation)
    links = []
    for item in sorted(items, key=lambda item: item.order):
        if item.permission == SIGNED_IN or found.may(item.permission):
            url = url_for(item.endpoint)
            links.append(
                Link(str(item.label), url, request.path == url or request.path.startswith(url + "/"))
            )
    return links
