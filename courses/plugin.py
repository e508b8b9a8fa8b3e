"""What the plug-in courses adds to the suite."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from courses import demonstration, reports
from courses.commands import courses as courses_command
from courses.queries import requirements
from courses.routes import author, enrolment, instructors, learn, records
from lms.demo import Cast
from lms.hookspecs import Manifest, NavItem, Permission, Requirement, hookimpl

LABELS = {"courses": _l("Courses"), "assessments": _l("Quizzes"), "certificates": _l("Certificates")}


@hookimpl
def manifest() -> Manifest:
    """Declare the plug-in."""
    return Manifest(
        name="courses",
        label=LABELS["courses"],
        requires=(),
        blueprints=(
            learn.blueprint,
            records.blueprint,
            enrolment.blueprint,
            author.blueprint,
            instructors.blueprint,
        ),
        commands=(courses_command,),
        navigation=(
            NavItem(_l("My learning"), "courses.my_learning", "courses.learn", order=10),
            NavItem(_l("Courses"), "courses.catalogue", "courses.learn", order=20),
            NavItem(_l("My courses"), "author.index", "courses.author", order=30),
            NavItem(_l("Instructors"), "instructors.index", "courses.instructors", order=65),
            NavItem(_l("Officers' records"), "records.index", "courses.record", order=40),
            NavItem(_l("Enrol officers"), "enrolment.index", "courses.enrol", order=45),
        ),
        permissions=(
            Permission(
                "courses.learn",
                "Take courses: read, enrol oneself, see the own progress.",
                frozenset({"officer"}),
            ),
            Permission(
                "courses.author",
                "Upload, preview and compare the own courses, review translations.",
                frozenset({"instructor"}),
            ),
            Permission("courses.publish", "Publish the own courses.", frozenset({"instructor"})),
            Permission(
                "courses.instructors",
                "Assign instructors to courses, and end it.",
                frozenset({"administrator", "department_officer"}),
            ),
            Permission(
                "courses.record",
                "Record attendance and grade practical tasks in the own courses.",
                frozenset({"instructor"}),
            ),
            Permission(
                "courses.enrol",
                "Enrol officers and withdraw them; an instructor in the own courses.",
                frozenset({"department_officer", "instructor"}),
            ),
        ),
        reports=(reports.PER_OFFICER, reports.PER_REGION),
        audit_labels={
            "accepted": _l("Accepted"),
            "clarity": _l("Clarity"),
            "completeness": _l("Completeness"),
            "completion": _l("Completion"),
            "day": _l("Day"),
            "digest": _l("Digest of the content"),
            "graded_on": _l("Graded on"),
            "held_on": _l("Held on"),
            "how": _l("How"),
            "how=self": _l("by the officer"),
            "how=instructor": _l("by an instructor"),
            "how=department": _l("by the department"),
            "legality": _l("Legality"),
            "module_text": _l("Text of a module"),
            "present": _l("Present"),
            "task": _l("Practical task"),
            "usefulness": _l("Usefulness"),
            "completed_on": _l("Completed on"),
            "cycle": _l("Cycle"),
            "due_on": _l("Due date"),
            "enrolments_moved": _l("Enrolments moved"),
            "language": _l("Language"),
            "revision": _l("Revision"),
            "score": _l("Score"),
            "title": _l("Title"),
            "withdrawn_at": _l("Withdrawn"),
            "course": _l("Course"),
            "enrolment": _l("Enrolment"),
            "attendance.recorded": _l("Attendance recorded"),
            "course.completed": _l("Course completed"),
            "course.imported": _l("Course imported"),
            "course.published": _l("Course published"),
            "enrolment.added": _l("Enrolled"),
            "enrolment.withdrawn": _l("Enrolment withdrawn"),
            "instructor.assigned": _l("Instructor assigned"),
            "instructor.ended": _l("Instructor's assignment ended"),
            "task.graded": _l("Practical task graded"),
            "text.reviewed": _l("Translation reviewed"),
        },
    )


@hookimpl
def completion_requirements(
    course_revision_id: int, enrolment_ids: Sequence[int]
) -> dict[int, list[Requirement]]:
    """Answer for reading, practical tasks and attendance."""
    return requirements.of_courses(course_revision_id, enrolment_ids)


@hookimpl
def load_demonstration(cast: Cast) -> None:
    """Publish LDR-01 and put officers on the road."""
    demonstration.load(cast)
