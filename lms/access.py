"""Who may do what: every route declares it, every request computes it.

`@access("people.manage")`, `@access(SIGNED_IN)` or `@access(PUBLIC)` stands on every view; a route without one stops
the start. What one may do is computed at every request from the roles of that day, so a transfer or the loss of a
role acts at once. An object that is not yours is not found (404); a page that is not of your role is refused (403).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from lms import clock
from lms.db import db
from lms.hookspecs import Permission
from lms.people.models import RoleAssignment
from lms.plugins import Suite, suite

PUBLIC = "public"
SIGNED_IN = "signed in"
ROLES = (
    "officer",
    "instructor",
    "regional_auditor",
    "department_auditor",
    "department_officer",
    "administrator",
)

View = TypeVar("View", bound=Callable[..., Any])

CORE_PERMISSIONS = (
    Permission(
        "people.view",
        "Find people and see their records; a regional auditor sees the own region.",
        frozenset({"department_officer", "department_auditor", "administrator", "regional_auditor"}),
    ),
    Permission(
        "people.manage",
        "Create people, record postings, correct names, suspend, issue activation codes.",
        frozenset({"department_officer", "administrator"}),
    ),
    Permission("people.roles", "Give and end roles.", frozenset({"administrator"})),
    Permission(
        "audit.view",
        "Read the audit trail.",
        frozenset({"department_officer", "department_auditor", "administrator"}),
    ),
    Permission(
        "reports.view",
        "Read and export reports; a regional auditor those of the own region.",
        frozenset({"department_officer", "department_auditor", "regional_auditor"}),
    ),
)


@dataclass(frozen=True)
class Scope:
    """Which regions a person may see records of: all of them, or the named ones."""

    everywhere: bool
    region_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Actor:
    """Who acts in this request, and what that person may do today."""

    person_id: int
    roles: frozenset[str]
    permissions: frozenset[str]
    region_ids: frozenset[int] = field(default_factory=frozenset)

    def may(self, permission: str) -> bool:
        """Say whether the permission is held."""
        return permission == SIGNED_IN or permission in self.permissions

    @property
    def scope(self) -> Scope:
        """Return which regions the person's auditing covers."""
        everywhere = bool(self.roles & {"department_officer", "department_auditor", "administrator"})
        return Scope(everywhere, frozenset() if everywhere else self.region_ids)


def access(permission: str) -> Callable[[View], View]:
    """Declare who may call a view: a permission's name, `SIGNED_IN` or `PUBLIC`."""

    def declare(view: View) -> View:
        view.lms_access = permission  # type: ignore[attr-defined]
        return view

    return declare


def held_on(day: date | sa.BindParameter[date]) -> sa.ColumnElement[bool]:
    """Return the condition that a role assignment holds on a day."""
    return sa.and_(
        RoleAssignment.from_on <= day, sa.or_(RoleAssignment.to_on.is_(None), RoleAssignment.to_on >= day)
    )


# Built once: every request of everybody runs it.
ROLES_HELD = sa.select(RoleAssignment.role, RoleAssignment.region_id).where(
    RoleAssignment.person_id == sa.bindparam("person_id"), held_on(sa.bindparam("day", type_=sa.Date()))
)


def actor_of(session: Session, person_id: int, found: Suite) -> Actor:
    """Compute what a person may do today (one query)."""
    rows = session.execute(ROLES_HELD, {"person_id": person_id, "day": clock.today()}).all()
    roles = frozenset(role for role, _region in rows)
    granted = frozenset(p.name for p in permissions(found) if p.roles & roles)
    return Actor(person_id, roles, granted, frozenset(region for _role, region in rows if region is not None))


def permissions(found: Suite) -> tuple[Permission, ...]:
    """Return every permission of the core and of the plug-ins."""
    return CORE_PERMISSIONS + tuple(p for manifest in found.manifests for p in manifest.permissions)


def actor() -> Actor:
    """Return who acts in this request; only for views that are not PUBLIC."""
    found = find_actor()
    if found is None:
        abort(401)
    return found


def find_actor() -> Actor | None:
    """Return who acts in this request, or None when nobody is signed in. Computed once a request."""
    if "lms_actor" not in g:
        g.lms_actor = (
            actor_of(db.session(), current_user.person_id, suite()) if current_user.is_authenticated else None
        )
    return cast("Actor | None", g.lms_actor)


def may(permission: str) -> bool:
    """Say whether who acts in this request holds the permission; for templates."""
    found = find_actor()
    return found is not None and found.may(permission)


def declared(app: Flask, endpoint: str) -> str | None:
    """Return what a route declares, or None."""
    return getattr(app.view_functions[endpoint], "lms_access", None)


class UndeclaredRoute(Exception):
    """A route does not say who may call it, or names a permission that nobody declares."""


def check_routes(app: Flask) -> None:
    """Stop the start when a route does not declare its access.

    :raises UndeclaredRoute: naming the view and what to add.
    """
    known = {PUBLIC, SIGNED_IN} | {p.name for p in permissions(app.extensions["lms"])}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        found = declared(app, rule.endpoint)
        where = f"{view.__module__}::{view.__name__}"
        if found is None:
            raise UndeclaredRoute(f"{where} has no @access(...); add one, or @access(PUBLIC)")
        if found not in known:
            raise UndeclaredRoute(f"{where} asks for the permission {found}, which no manifest declares")


def init_app(app: Flask) -> None:
    """Guard every request."""
    app.before_request(_guard)
    app.jinja_env.globals["may"] = may


def _guard() -> Any:
    if request.endpoint is None:
        return None  # no such address: the 404 page answers
    needed = declared(current_app, request.endpoint)
    if needed == PUBLIC:
        return None
    found = find_actor()
    if found is None:
        if request.method == "GET" and not request.is_json:
            return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
        abort(401)
    if needed is None or not found.may(needed):
        abort(403)
    return None
