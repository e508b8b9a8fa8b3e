"""What the plug-in kudos adds to the suite."""

from collections.abc import Sequence
from pathlib import Path

from flask import render_template
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from lms.access import SIGNED_IN
from lms.demo import Cast
from lms.hookspecs import Fault, Manifest, NavItem, PackageFiles, Panel, Permission, Requirement, hookimpl
from lms.settings import Setting, whole_number
from lms_kudos import actions, queries
from lms_kudos import package as package_file
from lms_kudos.commands import kudos
from lms_kudos.reports import THANKS_PER_PERSON
from lms_kudos.routes import blueprint

HERE = Path(__file__).resolve().parent


@hookimpl
def manifest() -> Manifest:
    """Declare the plug-in."""
    return Manifest(
        name="kudos",
        label=_l("Thanks"),
        blueprints=(blueprint,),
        permissions=(
            Permission("kudos.give", "Thank a colleague.", frozenset({"officer", "instructor"})),
            Permission("kudos.count", "See who was thanked.", frozenset({"department_officer"})),
        ),
        navigation=(NavItem(_l("Thanks"), "kudos.index", SIGNED_IN, order=90),),
        settings=(
            Setting(
                "LMS_KUDOS_LENGTH",
                "200",
                "Longest text of thanks.",
                unit="characters",
                parse=whole_number(10, 2000),
            ),
        ),
        reports=(THANKS_PER_PERSON,),
        commands=(kudos,),
        package_files=(package_file.NAME,),
        audit_labels={"kudos.given": _l("Thanks given")},
        migrations=HERE / "migrations",
        templates=HERE / "templates",
        translations=HERE / "translations",
    )


@hookimpl
def completion_requirements(enrolment_ids: Sequence[int]) -> dict[int, list[Requirement]]:
    """Ask nothing of any enrolment."""
    return {enrolment_id: [] for enrolment_id in enrolment_ids}


@hookimpl
def course_completed(officer_id: int) -> None:
    """Thank for the work, in the transaction of the completion."""
    actions.thank(from_id=None, to_id=officer_id, text="course completed")


@hookimpl
def home_panels(person_id: int) -> list[Panel]:
    """Show how often a person was thanked."""
    html = render_template("lms_kudos/panel.html", count=queries.count_for(person_id))
    return [Panel(90, Markup(html))]


@hookimpl
def check_package(package: PackageFiles) -> list[Fault]:
    """Find the faults of kudos.txt."""
    return package_file.faults(package)


@hookimpl
def load_package(course_revision_id: int, package: PackageFiles) -> None:
    """Write the words into the draft."""
    actions.keep_motto(course_revision_id, package_file.motto(package))


@hookimpl
def package_parts(course_revision_id: int) -> dict[str, bytes]:
    """Give kudos.txt of a revision."""
    words = queries.motto_of(course_revision_id)
    return {package_file.NAME: package_file.written(words)} if words else {}


@hookimpl
def load_demonstration(cast: Cast) -> None:
    """Let Bakyt thank Aigul."""
    actions.thank(from_id=cast["bakyt"], to_id=cast["aigul"], text="for the help with the report")
