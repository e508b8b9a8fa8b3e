"""The audit trail in the words of its readers. What has no label yet is shown by its name in the code."""

from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from lms import i18n
from lms.people import labels
from lms.plugins import suite

ACTIONS = {
    "account.activated": _l("Account activated"),
    "account.password_changed": _l("Password changed"),
    "account.sign_in_failed": _l("Sign-in failed"),
    "account.signed_in": _l("Signed in"),
    "account.signed_out_everywhere": _l("Signed out everywhere"),
    "activation.issued": _l("Activation code issued"),
    "person.created": _l("Person created"),
    "person.name_corrected": _l("Name corrected"),
    "person.suspended": _l("Person suspended"),
    "person.suspension_lifted": _l("Suspension lifted"),
    "posting.recorded": _l("Posting recorded"),
    "posting.corrected": _l("Posting corrected"),
    "region.edited": _l("Region edited"),
    "report.exported": _l("Report exported"),
    "role.ended": _l("Role ended"),
    "role.given": _l("Role given"),
    "unit.added": _l("Unit added"),
    "unit.region_given": _l("Region of a unit changed"),
}
FIELDS = {
    "account": _l("Account"),
    "code": _l("Code"),
    "comment": _l("Comment"),
    "document_seen": _l("Identity document seen"),
    "entered_service_on": _l("Entered service on"),
    "expires_at": _l("Can be used until"),
    "family_name": _l("Family name"),
    "from_on": _l("First day"),
    "given_name": _l("Given name"),
    "job": _l("Position"),
    "kind": _l("Kind"),
    "latin_name": _l("Name in Latin letters"),
    "name_en": _l("Name in English"),
    "name_ky": _l("Name in Kyrgyz"),
    "name_ru": _l("Name in Russian"),
    "open_codes_cancelled": _l("Codes cancelled"),
    "parent": _l("Belongs to"),
    "patronymic": _l("Patronymic"),
    "person": _l("Person"),
    "posting": _l("Posting"),
    "rank": _l("Rank"),
    "reason": _l("Reason"),
    "region": _l("Region"),
    "report": _l("Report"),
    "role": _l("Role"),
    "service_number": _l("Service number"),
    "sex": _l("Sex"),
    "suspended": _l("Suspended"),
    "to_on": _l("Last day"),
    "unit": _l("Unit"),
    "valid_from": _l("First day"),
    "valid_to": _l("Last day"),
}

VALUES = {
    "role": labels.ROLES,
    "kind": labels.KINDS,
    "sex": {"f": _l("Female"), "m": _l("Male")},
    "reason": {"first": _l("first sign-in"), "forgotten": _l("forgotten password")},
}


def action_label(action: str) -> str:
    """Return what an action is called."""
    return _declared(action) or str(ACTIONS.get(action, action))


def field_label(name: str) -> str:
    """Return what a field of before and after, or a subject, is called."""
    return _declared(name) or str(FIELDS.get(name, name))


def is_worded(name: str) -> bool:
    """Say whether a field has a word of its own; the name of one that has none is code."""
    return _declared(name) is not None or name in FIELDS


def value_label(field: str, value: Any) -> str | None:
    """Return the word for a value that is a code (`how=submitted`), or None for a text that says what it is."""
    if not isinstance(value, str):
        return None
    found = VALUES.get(field, {}).get(value)
    return str(found) if found is not None else _declared(f"{field}={value}")


def _declared(name: str) -> str | None:
    for manifest in suite().manifests:
        if name in manifest.audit_labels:
            return str(manifest.audit_labels[name])
    return None


def readable(value: Any) -> Any:
    """Return a value as people write it: ISO moments and days as dates of Bishkek; others stay."""
    if not isinstance(value, str) or not value[:4].isdigit():
        return value
    try:
        if len(value) == len("2026-11-21"):
            return i18n.day(date.fromisoformat(value))
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if moment.tzinfo is None else i18n.moment(moment)
