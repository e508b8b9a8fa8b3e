"""What the author's pages show: own courses, states of the texts, the draft, its differences from what is published.

Every function that takes a code returns only a course that is assigned to the instructor today.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import abort
from sqlalchemy.orm import undefer

from courses.models import (
    Course,
    CourseRevision,
    Enrolment,
    InstructorAssignment,
    Module,
    ModuleImage,
    ModuleRevision,
    ModuleText,
    RevisionModule,
    TextReview,
)
from courses.package import LANGUAGES
from courses.queries.enrolment import is_instructor_of
from courses.queries.outline import ModuleOutline, Outline, outline_of
from courses.queries.packages import waiting_enrolments
from lms import clock, markdown
from lms.db import db
from lms.people.models import Person

STATES = ("source", "reviewed", "draft", "outdated", "missing")


def text_state(*, is_source: bool, written: bool, made_from: str, source: str, reviewed: bool) -> str:
    """Return the state of a text: source, missing, reviewed, outdated or draft.

    `made_from` is the digest of the source text it was translated from, `source` that of the source text of today;
    `reviewed` says whether somebody reviewed this text beside that source. A review also mends an outdated text
    that needed no change.
    """
    if not written:
        return "missing"
    if is_source:
        return "source"
    if reviewed:
        return "reviewed"
    return "draft" if made_from == source else "outdated"


@dataclass(frozen=True)
class ModuleStates:
    """The texts of a module: title, and by language the state and the id of the row."""

    code: str
    titles: Mapping[str, str]
    states: Mapping[str, str]


@dataclass(frozen=True)
class Authored:
    """A course as its instructor sees it."""

    course: Course
    draft: CourseRevision | None
    latest: CourseRevision | None
    modules: list[ModuleStates] = field(default_factory=list)

    @property
    def newest(self) -> CourseRevision | None:
        """Return what is worked on: the draft, else the newest published revision."""
        return self.draft or self.latest

    @property
    def title(self) -> Mapping[str, str]:
        """Return the title as a text map."""
        newest = self.newest
        return newest.definition["title"] if newest else {"en": self.course.code}

    @property
    def differs(self) -> bool:
        """Say whether the draft holds anything that is not published."""
        if self.draft is None:
            return False
        return self.latest is None or self.latest.digest != self.draft.digest

    def counts(self, language: str) -> dict[str, int]:
        """Return how many texts of a language are in each state, in the order of `STATES`."""
        found = Counter(module.states[language] for module in self.modules)
        return {state: found[state] for state in STATES if found[state]}


def courses_of(person_id: int) -> list[Authored]:
    """Return the courses assigned to an instructor today, by code (four queries)."""
    courses = db.session.scalars(
        sa.select(Course).where(is_instructor_of(person_id, clock.today())).order_by(Course.code)
    ).all()
    return _authored(courses)


def own_course_or_404(person_id: int, code: str) -> Authored:
    """Return a course assigned to the instructor today, with the states of its texts (four queries).

    :raise 404: when there is no such course, or it is not assigned.
    """
    return _authored([_own_course_or_404(person_id, code)])[0]


def _own_course_or_404(person_id: int, code: str) -> Course:
    course = db.session.scalar(
        sa.select(Course).where(Course.code == code, is_instructor_of(person_id, clock.today()))
    )
    return course or abort(404)


def _authored(courses: Iterable[Course]) -> list[Authored]:
    by_id = {course.id: course for course in courses}
    drafts: dict[int, CourseRevision] = {}
    latest: dict[int, CourseRevision] = {}
    for revision in db.session.scalars(
        sa.select(CourseRevision)
        .where(CourseRevision.course_id.in_(by_id))
        .order_by(CourseRevision.major, CourseRevision.minor)
    ):
        (drafts if revision.state == "draft" else latest)[revision.course_id] = revision
    newest = {course_id: drafts.get(course_id) or latest.get(course_id) for course_id in by_id}
    modules = _modules([revision for revision in newest.values() if revision])
    found = []
    for course_id, course in by_id.items():
        present = newest[course_id]
        states = modules.get(present.id, []) if present else []
        found.append(Authored(course, drafts.get(course_id), latest.get(course_id), states))
    return found


def _modules(revisions: list[CourseRevision]) -> dict[int, list[ModuleStates]]:
    """Return the states of the texts of revisions (two queries)."""
    sources = {revision.id: revision.definition["source_language"] for revision in revisions}
    rows = db.session.execute(
        sa.select(
            RevisionModule.course_revision_id,
            Module.code,
            ModuleText.language,
            ModuleText.title,
            ModuleText.digest,
            ModuleText.source_digest,
            (ModuleText.body != "").label("written"),
        )
        .join(ModuleRevision, ModuleRevision.id == RevisionModule.module_revision_id)
        .join(Module, Module.id == ModuleRevision.module_id)
        .join(ModuleText, ModuleText.module_revision_id == ModuleRevision.id)
        .where(RevisionModule.course_revision_id.in_(sources))
        .order_by(RevisionModule.position, ModuleText.id)
    ).all()
    reviews = _reviews({row.digest for row in rows})
    texts: dict[int, dict[str, dict[str, Any]]] = {}  # by revision, code and language
    for row in rows:
        texts.setdefault(row.course_revision_id, {}).setdefault(row.code, {})[row.language] = row
    found: dict[int, list[ModuleStates]] = {}
    for revision_id, modules in texts.items():
        source = sources[revision_id]
        for code, languages in modules.items():
            now = languages[source].digest
            states = {
                language: text_state(
                    is_source=language == source,
                    written=row.written,
                    made_from=row.source_digest,
                    source=now,
                    reviewed=(row.digest, now) in reviews,
                )
                for language, row in languages.items()
            }
            titles = {language: row.title for language, row in languages.items()}
            states = {language: states.get(language, "missing") for language in LANGUAGES}
            found.setdefault(revision_id, []).append(ModuleStates(code, titles, states))
    return found


def _reviews(digests: set[str]) -> set[tuple[str, str]]:
    rows = db.session.execute(
        sa.select(TextReview.text_digest, TextReview.source_digest).where(TextReview.text_digest.in_(digests))
    )
    return {(text, source) for text, source in rows}


@dataclass(frozen=True)
class Draft:
    """What an instructor previews: the draft, or the newest published revision when there is none."""

    course: Course
    revision: CourseRevision
    outline: Outline


def preview_or_404(person_id: int, code: str) -> Draft:
    """Return the newest revision of an own course with its outline (three queries).

    :raise 404: when the course is not assigned or holds nothing yet.
    """
    course = _own_course_or_404(person_id, code)
    revision = db.session.scalar(
        sa.select(CourseRevision)
        .where(CourseRevision.course_id == course.id)
        .order_by(
            CourseRevision.state,  # draft before published
            CourseRevision.major.desc(),
            CourseRevision.minor.desc(),
        )
        .limit(1)
    )
    if revision is None:
        abort(404)
    return Draft(course, revision, outline_of(revision))


def module_or_404(draft: Draft, code: str) -> ModuleOutline:
    """Return a module of the previewed revision.

    :raise 404: when it has none with this code.
    """
    return draft.outline.find_module(code) or abort(404)


def image_or_404(module: ModuleOutline, name: str) -> ModuleImage:
    """Return a picture of a module with its content.

    :raise 404: when there is none.
    """
    found = db.session.scalar(
        sa.select(ModuleImage)
        .options(undefer(ModuleImage.content))
        .filter_by(module_revision_id=module.revision_id, path=f"images/{name}")
    )
    return found or abort(404)


@dataclass(frozen=True)
class Pair:
    """A translation beside its source, section by section."""

    text: ModuleText
    source: ModuleText
    state: str
    sections: list[tuple[markdown.Section, markdown.Section | None]]  # translation, source


def pair_or_404(draft: Draft, module: ModuleOutline, language: str) -> Pair:
    """Return a translation and its source (two queries).

    :raise 404: when the language is the source's, or nothing is written in it.
    """
    source_language = draft.revision.definition["source_language"]
    texts = {
        text.language: text
        for text in db.session.scalars(sa.select(ModuleText).filter_by(module_revision_id=module.revision_id))
    }
    text = texts.get(language)
    if text is None or not text.body or language == source_language:
        abort(404)
    source = texts[source_language]
    reviewed = (text.digest, source.digest) in _reviews({text.digest})
    state = text_state(
        is_source=False,
        written=True,
        made_from=text.source_digest,
        source=source.digest,
        reviewed=reviewed,
    )
    originals = {section.id: section for section in markdown.sections(source.body)}
    sections = [(section, originals.get(section.id)) for section in markdown.sections(text.body)]
    return Pair(text, source, state, sections)


@dataclass(frozen=True)
class Published:
    """A published revision in the list: who published it, how many officers are on it now."""

    revision: CourseRevision
    publisher: Person | None
    enrolled: int


def revisions_of(course_id: int) -> list[Published]:
    """Return the published revisions of a course, newest first (one query)."""
    enrolled = (
        sa.select(sa.func.count())
        .select_from(Enrolment)
        .where(Enrolment.course_revision_id == CourseRevision.id, Enrolment.withdrawn_at.is_(None))
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(CourseRevision, Person, enrolled)
        .outerjoin(Person, Person.id == CourseRevision.published_by_id)
        .where(CourseRevision.course_id == course_id, CourseRevision.state == "published")
        .order_by(CourseRevision.major.desc(), CourseRevision.minor.desc())
    )
    return [Published(revision, person, count) for revision, person, count in rows]


def own_revision_or_404(person_id: int, code: str, revision_id: int) -> CourseRevision:
    """Return a revision, draft or published, of an own course.

    :raise 404: when the course is not assigned or has no such revision.
    """
    course = _own_course_or_404(person_id, code)
    found = db.session.scalar(sa.select(CourseRevision).filter_by(id=revision_id, course_id=course.id))
    return found or abort(404)


@dataclass(frozen=True)
class Reach:
    """Whom a publication concerns: those whom a minor revision reaches at once, and all who study the course now."""

    minor: int
    all: int


def reach_of(course_id: int, latest: CourseRevision | None) -> Reach:
    """Return how many officers a publication concerns (two queries)."""
    if latest is None or latest.major is None:
        return Reach(0, 0)
    counted = sa.select(sa.func.count()).select_from(Enrolment)
    minor = db.session.scalar(counted.where(waiting_enrolments(course_id, latest.major)))
    everybody = db.session.scalar(counted.where(waiting_enrolments(course_id)))
    return Reach(minor or 0, everybody or 0)


@dataclass(frozen=True)
class Instructed:
    """A course with those who instruct it, now or in days to come or past."""

    course: Course
    title: Mapping[str, str]
    assignments: list[InstructorAssignment]


def instructed_courses() -> list[Instructed]:
    """Return every course with the assignments of its instructors, newest first (three queries)."""
    authored = {
        row.course.id: row for row in _titled(db.session.scalars(sa.select(Course).order_by(Course.code)))
    }
    assignments: dict[int, list[InstructorAssignment]] = {}
    for row in db.session.scalars(
        sa.select(InstructorAssignment)
        .options(sa.orm.joinedload(InstructorAssignment.person))
        .order_by(InstructorAssignment.from_on.desc(), InstructorAssignment.id.desc())
    ):
        assignments.setdefault(row.course_id, []).append(row)
    return [
        Instructed(row.course, row.title, assignments.get(course_id, []))
        for course_id, row in authored.items()
    ]


def _titled(courses: Iterable[Course]) -> list[Authored]:
    """Return courses with their newest revision, without the states of their texts."""
    by_id = {course.id: course for course in courses}
    newest: dict[int, CourseRevision] = {}
    for revision in db.session.scalars(
        sa.select(CourseRevision)
        .where(CourseRevision.course_id.in_(by_id))
        .order_by(CourseRevision.state.desc(), CourseRevision.major, CourseRevision.minor)
    ):
        newest[revision.course_id] = revision
    return [Authored(course, None, newest.get(course_id)) for course_id, course in by_id.items()]


def instructed_or_404(code: str) -> Instructed:
    """Return a course with its instructors.

    :raise 404: when there is no such course.
    """
    return next((row for row in instructed_courses() if row.course.code == code), None) or abort(404)


def assignment_or_404(course_id: int, assignment_id: int) -> InstructorAssignment:
    """Return an assignment of a course.

    :raise 404: when the course has none with this id.
    """
    found = db.session.scalar(
        sa.select(InstructorAssignment).filter_by(id=assignment_id, course_id=course_id)
    )
    return found or abort(404)
