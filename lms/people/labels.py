"""How roles and kinds of units are called on pages."""

from flask_babel import lazy_gettext as _l

ROLES = {
    "officer": _l("Officer"),
    "instructor": _l("Instructor"),
    "regional_auditor": _l("Regional auditor"),
    "department_auditor": _l("Department auditor"),
    "department_officer": _l("Department officer"),
    "administrator": _l("Administrator"),
}
KINDS = {
    "ministry": _l("Ministry"),
    "central": _l("Central service"),
    "academy": _l("Academy"),
    "oblast": _l("Oblast department"),
    "city": _l("City department"),
    "rovd": _l("District department"),
    "citydist": _l("City district department"),
    "town": _l("Town department"),
    "section": _l("Section"),
}
