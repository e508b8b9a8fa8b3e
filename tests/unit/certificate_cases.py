"""Courses and completions for the tests of certificates, made through the models."""

from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa

from certificates.models import Certificate
from courses.models import Completion, Course, CourseRevision, CourseText, Enrolment, InstructorAssignment
from lms import plugins
from lms.db import db
from lms.people.queries import place_of

TITLES = {
    "LDR-01": {
        "en": "Leadership in the Police",
        "ru": "Лидерство в органах внутренних дел",
        "ky": "Ички иштер органдарындагы лидерлик",
    },
    "PD-LAW": {
        "en": "Criminal Legislation and Procedure for Police Practice",
        "ru": "Уголовное законодательство и процесс в практике милиции",
        "ky": "Милициянын практикасындагы кылмыш-жаза мыйзамдары жана процесси",
    },
    "PD-INV": {
        "en": "Criminal Investigation: Scene, Statements, Case File",
        "ru": "Расследование преступлений: место происшествия, показания, материалы дела",
        "ky": "Кылмыштарды тергөө: окуя болгон жер, көрсөтмөлөр, иштин материалдары",
    },
}
THE_DAY = date(2026, 11, 21)


def add_course(code: str = "LDR-01", policy: dict[str, Any] | None = None) -> int:
    """Add a published course that gives certificates as the policy says (None: none); return the revision's id."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    course = Course(code=code, created_at=moment)
    db.session.add(course)
    db.session.flush()
    definition: dict[str, Any] = {"code": code, "hours": {"online": 32, "face_to_face": 16}}
    if policy is not None:
        definition["certificate"] = policy
    revision = CourseRevision(
        course_id=course.id, state="draft", definition=definition, digest=code, imported_at=moment
    )
    db.session.add(revision)
    db.session.flush()
    for language, title in TITLES[code].items():
        db.session.add(
            CourseText(
                course_revision_id=revision.id,
                language=language,
                title=title,
                summary="",
                search_key=title,
                sort_key=title,
            )
        )
    db.session.flush()
    revision.state, revision.major, revision.minor, revision.published_at = "published", 1, 0, moment
    db.session.flush()
    return revision.id


def complete(
    officer_id: int,
    revision_id: int,
    day: date = THE_DAY,
    score: float | None = 91.4,
    cycle: int = 1,
    tell: bool = True,
) -> int:
    """Let an officer complete a course, and tell the plug-ins, as the course does; return the completion's id."""
    moment = datetime.combine(day, time(6), tzinfo=UTC)
    revision = db.session.get_one(CourseRevision, revision_id)
    enrolment = Enrolment(
        officer_id=officer_id,
        course_id=revision.course_id,
        course_revision_id=revision_id,
        cycle=cycle,
        how="self",
        enrolled_at=moment,
    )
    db.session.add(enrolment)
    db.session.flush()
    place = place_of(officer_id, day)
    completion = Completion(
        enrolment_id=enrolment.id,
        officer_id=officer_id,
        course_id=revision.course_id,
        course_revision_id=revision_id,
        cycle=cycle,
        completed_at=moment,
        completed_on=day,
        score=score,
        unit_id=place.unit_id,
        region_id=place.region_id,
        rank_id=place.rank_id,
    )
    db.session.add(completion)
    db.session.flush()
    if tell:
        plugins.hooks().course_completed(officer_id=officer_id, completion_id=completion.id)
    return completion.id


def assign(instructor_id: int, revision_id: int) -> None:
    """Let a person instruct the course of a revision."""
    revision = db.session.get_one(CourseRevision, revision_id)
    db.session.add(
        InstructorAssignment(person_id=instructor_id, course_id=revision.course_id, from_on=date(2020, 1, 1))
    )


def certificates() -> list[Certificate]:
    """Return all certificates in the order of their making."""
    return list(db.session.scalars(sa.select(Certificate).order_by(Certificate.id)))
