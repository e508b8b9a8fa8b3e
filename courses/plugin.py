"""What the plug-in courses adds to the suite."""

from flask_babel import lazy_gettext as _l

from lms.hookspecs import Manifest, hookimpl

LABELS = {"courses": _l("Courses"), "assessments": _l("Quizzes"), "certificates": _l("Certificates")}


@hookimpl
def manifest() -> Manifest:
    """Declare the plug-in."""
    return Manifest(name="courses", label=LABELS["courses"], requires=())
