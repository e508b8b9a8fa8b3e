"""What the officer's pages show: my learning, catalogue, course, section, print view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort, current_app

from courses import rules
from courses.models import Completion, Course, CourseRevision, Enrolment, ModuleImage, ModuleText, Reading
from courses.queries import requirements
from courses.queries.enrolment import candidate_for, candidate_of, is_latest
from courses.queries.outline import ModuleOutline, Outline, outline_of, outlines_of
from lms import clock, i18n, markdown
from lms.db import db
from lms.hookspecs import Requirement
from lms.plugins import hooks


@dataclass(frozen=True)
class Study:
    """A course as an officer has it: on the revision enrolled in, or the latest one when not enrolled."""

    revision: CourseRevision
    outline: Outline
    enrolment: Enrolment | None
    completion: Completion | None

    @property
    def code(self) -> str:
        """Return the code of the course."""
        return str(self.revision.definition["code"])

    @property
    def state(self) -> str:
        """Return completed, late, enrolled or none."""
        if self.enrolment is None:
            return "none"
        if self.completion is not None:
            return "completed"
        late = self.enrolment.due_on is not None and self.enrolment.due_on < clock.today()
        return "late" if late else "enrolled"


@dataclass(frozen=True)
class Learning:
    """A course on *My learning*."""

    study: Study
    read: int  # sections


@dataclass(frozen=True)
class Offer:
    """A course in the catalogue, and why one cannot enrol; enrolled ones have no reasons."""

    study: Study
    refusals: tuple[rules.Refusal, ...]


@dataclass(frozen=True)
class ModuleState:
    """A module on the course page: how far it was read, and its quiz when it has one."""

    module: ModuleOutline
    reading: Requirement | None
    quizzes: tuple[Requirement, ...]


@dataclass(frozen=True)
class ModuleTexts:
    """The text of a module in the language that is there: its sections by id, and the language."""

    language: str
    sections: Mapping[str, markdown.Section]


KEPT_TEXTS = 300  # modules in a language, some 20 kB each

# Made once: putting it together takes longer than running it, and every page of an officer asks it.
STUDY = (
    sa.select(CourseRevision, Enrolment, Completion)
    .join(Course, Course.id == CourseRevision.course_id)
    .outerjoin(
        Enrolment,
        sa.and_(
            Enrolment.course_id == Course.id,
            Enrolment.officer_id == sa.bindparam("officer_id"),
            Enrolment.withdrawn_at.is_(None),
        ),
    )
    .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
    .where(
        Course.code == sa.bindparam("code"),
        sa.or_(
            Enrolment.course_revision_id == CourseRevision.id,
            sa.and_(Enrolment.id.is_(None), is_latest()),
        ),
    )
    .order_by(Enrolment.cycle.desc())
    .limit(1)
)


def study_or_404(officer_id: int, code: str) -> Study:
    """Return a course as the officer has it (one query, and one when its outline was not read before).

    :raise 404: when there is no such published course.
    """
    row = db.session.execute(STUDY, {"officer_id": officer_id, "code": code}).first()
    if row is None:
        abort(404)
    revision, enrolment, completion = row
    return Study(revision, outline_of(revision), enrolment, completion)


def enrolled_or_404(officer_id: int, code: str) -> tuple[Study, Enrolment]:
    """Return a course in which the officer is enrolled, and the enrolment.

    :raise 404: when there is no such course, or the officer does not take it.
    """
    study = study_or_404(officer_id, code)
    if study.enrolment is None:
        abort(404)
    return study, study.enrolment


def module_or_404(study: Study, code: str) -> ModuleOutline:
    """Return a module of the course.

    :raise 404: when the revision has none with this code.
    """
    return study.outline.find_module(code) or abort(404)


def learning_of(officer_id: int) -> list[Learning]:
    """Return the courses an officer takes or completed: what is due first, then by day of enrolment, completed last."""
    read = (
        sa.select(sa.func.count())
        .select_from(Reading)
        .where(Reading.enrolment_id == Enrolment.id)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(Enrolment, CourseRevision, Completion, read)
        .join(CourseRevision, CourseRevision.id == Enrolment.course_revision_id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(Enrolment.officer_id == officer_id, Enrolment.withdrawn_at.is_(None))
        .order_by(
            Completion.id.is_not(None),
            Enrolment.due_on.is_(None),
            Enrolment.due_on,
            Enrolment.enrolled_at,
            Enrolment.id,
        )
    ).all()
    outlines = outlines_of(revision for _enrolment, revision, _completion, _read in rows)
    return [
        # What is no longer in the revision may have been read, too.
        Learning(
            Study(revision, outlines[revision.id], enrolment, completion),
            min(count, outlines[revision.id].section_count),
        )
        for enrolment, revision, completion, count in rows
    ]


def next_of(courses: Sequence[Learning]) -> tuple[Learning, Requirement] | None:
    """Return the one thing to do next, and its course, or None when nothing is open.

    The course due first is asked what is missing. When that waits for the instructor, reading in another comes first.
    """
    open_ones = [course for course in courses if course.study.completion is None]
    for course in open_ones[:1]:
        step = rules.next_step(requirements_of(course.study))
        if step is None:
            return None
        if step.url:
            return course, step
        for other in open_ones[1:]:
            if other.read < other.study.outline.section_count:
                own = rules.next_step(_own_requirements(other.study))
                if own and own.url:
                    return other, own
        return course, step
    return None


def requirements_of(study: Study) -> list[Requirement]:
    """Return what the course asks of the officer, from all plug-ins; nothing when not enrolled."""
    if study.enrolment is None:
        return []
    return requirements.asked(study.revision.id, [study.enrolment.id])[study.enrolment.id]


def _own_requirements(study: Study) -> list[Requirement]:
    if study.enrolment is None:
        return []
    return requirements.of_courses(study.revision.id, [study.enrolment.id])[study.enrolment.id]


def catalogue_for(officer_id: int) -> list[Offer]:
    """Return every published course with the officer's place in it, by code."""
    rows = db.session.execute(
        sa.select(CourseRevision, Enrolment, Completion)
        .join(Course, Course.id == CourseRevision.course_id)
        .outerjoin(
            Enrolment,
            sa.and_(
                Enrolment.course_id == Course.id,
                Enrolment.officer_id == officer_id,
                Enrolment.withdrawn_at.is_(None),
            ),
        )
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(is_latest())
        .order_by(Course.code, Enrolment.cycle)
    ).all()
    candidate, today = candidate_of(officer_id), clock.today()
    outlines = outlines_of(revision for revision, _enrolment, _completion in rows)
    found: dict[str, Offer] = {}
    for revision, enrolment, completion in rows:
        study = Study(revision, outlines[revision.id], enrolment, completion)
        conditions = rules.Conditions.of(revision.definition)
        reasons = (
            () if enrolment else rules.refusals(study.code, conditions, candidate, how="self", today=today)
        )
        found[study.code] = Offer(study, reasons)  # of two cycles the later one
    return list(found.values())


def refusals_for(officer_id: int, study: Study) -> tuple[rules.Refusal, ...]:
    """Return why the officer cannot enrol; empty when nothing stands against it."""
    candidate = candidate_for(officer_id, study.revision.course_id)
    conditions = rules.Conditions.of(study.revision.definition)
    return rules.refusals(study.code, conditions, candidate, how="self", today=clock.today())


def module_states(study: Study, asked: Sequence[Requirement]) -> list[ModuleState]:
    """Return the modules in order with the requirements that belong to each."""
    return [
        ModuleState(
            module,
            next((r for r in asked if r.kind == "reading" and r.module == module.code), None),
            tuple(r for r in asked if r.kind == "quiz" and r.module == module.code),
        )
        for module in study.outline.modules
    ]


def module_texts_or_404(revision: CourseRevision, module: ModuleOutline) -> ModuleTexts:
    """Return the text of a module in the language of the page, or the next that is there.

    One query; none when a published revision's text was read before, since it never changes.

    :raise 404: when the module has no text at all.
    """
    language = i18n.language()
    kept: dict[Any, ModuleTexts] = current_app.extensions.setdefault("courses.texts", {})
    # Digest and day are part of the key because one app can meet several databases (tests do).
    key = (revision.id, revision.digest, revision.published_at, module.revision_id, language)
    if key not in kept:
        found = _read_texts_or_404(module, language)
        if revision.state != "published":
            return found
        if len(kept) > KEPT_TEXTS:
            kept.clear()
        kept[key] = found
    return kept[key]


def _read_texts_or_404(module: ModuleOutline, language: str) -> ModuleTexts:
    order = {code: place for place, code in enumerate(i18n.FALLBACK[language])}
    row = db.session.execute(
        sa.select(ModuleText.language, ModuleText.body)
        .where(ModuleText.module_revision_id == module.revision_id, ModuleText.body != "")
        .order_by(sa.case(order, value=ModuleText.language, else_=len(order)))
        .limit(1)
    ).first()
    if row is None:
        abort(404)
    return ModuleTexts(row.language, {section.id: section for section in markdown.sections(row.body)})


READ_SECTIONS = sa.select(Reading.section).where(
    Reading.enrolment_id == sa.bindparam("enrolment_id"), Reading.module_id == sa.bindparam("module_id")
)


def read_sections(enrolment_id: int, module_id: int) -> frozenset[str]:
    """Return the sections of a module that were marked as read (one query)."""
    return frozenset(
        db.session.scalars(READ_SECTIONS, {"enrolment_id": enrolment_id, "module_id": module_id})
    )


def image_or_404(module: ModuleOutline, path: str) -> ModuleImage:
    """Return a picture of a module.

    :raise 404: when the module has none at this path.
    """
    found = db.session.scalar(
        sa.select(ModuleImage)
        .options(sa.orm.undefer(ModuleImage.content))
        .where(ModuleImage.module_revision_id == module.revision_id, ModuleImage.path == path)
    )
    return found or abort(404)


def course_panels(study: Study, officer_id: int) -> list[Any]:
    """Return what other plug-ins add to the course page, in order."""
    found = hooks().course_panels(course_id=study.revision.course_id, officer_id=officer_id)
    return _in_order(found)


def home_panels(person_id: int) -> list[Any]:
    """Return what other plug-ins add to *My learning*, in order."""
    return _in_order(hooks().home_panels(person_id=person_id))


def preview_panels(course_revision_id: int, module: str | None) -> list[Any]:
    """Return what other plug-ins add to an author's preview of a module, or of the course (None), in order."""
    return _in_order(hooks().preview_panels(course_revision_id=course_revision_id, module=module))


def _in_order(answers: Sequence[Sequence[Any]]) -> list[Any]:
    return sorted((panel for answer in answers for panel in answer), key=lambda panel: panel.order)
