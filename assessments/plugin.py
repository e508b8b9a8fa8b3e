"""What the plug-in assessments adds to the suite."""

from collections.abc import Sequence

from flask import render_template
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from assessments import demonstration
from assessments.commands import assessments
from assessments.package import check, figures, store
from assessments.queries import preview, requirements
from assessments.routes import extra_time, results, take
from lms.demo import Cast
from lms.hookspecs import (
    Fault,
    Manifest,
    NavItem,
    PackageFigure,
    PackageFiles,
    Panel,
    Permission,
    Requirement,
    hookimpl,
)

PANEL_ORDER = 20
LABELS = {"courses": _l("Courses"), "assessments": _l("Quizzes"), "certificates": _l("Certificates")}


@hookimpl
def manifest() -> Manifest:
    """Declare the plug-in."""
    return Manifest(
        name="assessments",
        label=LABELS["assessments"],
        requires=("courses",),
        blueprints=(take.blueprint, results.blueprint, extra_time.blueprint),
        navigation=(
            NavItem(_l("Results"), "results.index", "assessments.results", order=45),
            NavItem(_l("Extra time"), "extra_time.index", "assessments.time_factor", order=75),
        ),
        commands=(assessments,),
        permissions=(
            Permission(
                "assessments.take",
                "Take quizzes and exams, see the own results, report a faulty question.",
                frozenset({"officer"}),
            ),
            Permission(
                "assessments.results",
                "See results and reports of questions in the own courses, unlock a further attempt.",
                frozenset({"instructor"}),
            ),
            Permission(
                "assessments.time_factor",
                "Grant an officer more time for quizzes and exams.",
                frozenset({"department_officer"}),
            ),
        ),
        audit_labels={
            "attempt.unlocked": _l("Further attempt unlocked"),
            "how=submitted": _l("submitted"),
            "how=deadline": _l("closed by the deadline"),
            "question.report_answered": _l("Report of a question answered"),
            "time_factor": _l("Extra time"),
            "time_factor.granted": _l("Extra time granted"),
            "time_factor.ended": _l("Extra time ended"),
            "deadline_at": _l("Deadline"),
            "number": _l("Number"),
            "passed": _l("Passed"),
            "percent": _l("Score, percent"),
            "quiz": _l("Quiz"),
            "attempt": _l("Attempt"),
            "question": _l("Question"),
            "attempt.started": _l("Attempt started"),
            "attempt.closed": _l("Attempt submitted"),
            "question.reported": _l("Faulty question reported"),
        },
    )


@hookimpl
def completion_requirements(
    course_revision_id: int, enrolment_ids: Sequence[int]
) -> dict[int, list[Requirement]]:
    """Answer for the quizzes and the final exam."""
    return requirements.of_assessments(course_revision_id, enrolment_ids)


@hookimpl
def preview_panels(course_revision_id: int, module: str | None) -> list[Panel]:
    """Show an author the quiz of a module, or the final exam, with key and feedback."""
    quiz = preview.find_quiz(course_revision_id, module)
    if quiz is None:
        return []
    return [Panel(PANEL_ORDER, Markup(render_template("assessments/author/preview_panel.html", quiz=quiz)))]


@hookimpl
def check_package(package: PackageFiles) -> list[Fault]:
    """Find the faults of quiz.yaml and exam.yaml."""
    return check.check(package)


@hookimpl
def package_figures(package: PackageFiles) -> list[PackageFigure]:
    """Count questions, levels and variants."""
    return figures.figures(package)


@hookimpl
def load_package(course_revision_id: int, package: PackageFiles) -> None:
    """Write quizzes and exam into the draft."""
    store.load(course_revision_id, package)


@hookimpl
def package_parts(course_revision_id: int) -> dict[str, bytes]:
    """Give quiz.yaml and exam.yaml of a revision."""
    return store.parts(course_revision_id)


@hookimpl
def load_demonstration(cast: Cast) -> None:
    """Let the demonstration people take quizzes."""
    demonstration.load(cast)
