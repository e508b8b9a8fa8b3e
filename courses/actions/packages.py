"""Import a package into a course's draft; publish the draft. Nothing here commits."""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from courses.models import (
    Course,
    CourseRevision,
    CourseText,
    Enrolment,
    Module,
    ModuleImage,
    ModuleRevision,
    ModuleText,
    RevisionModule,
    TextReview,
)
from courses.package import (
    LANGUAGES,
    MEDIA_TYPES,
    ModuleContent,
    PackageRefused,
    canonical,
    check,
    digest_of,
    module_content,
)
from courses.queries.packages import (
    draft_of,
    files_to_compare,
    keep_files,
    latest_of,
    major_reasons,
    module_texts_before,
    waiting_enrolments,
)
from lms import audit, clock
from lms.db import db, search_key, sort_key
from lms.errors import ChangedMeanwhile, RuleError
from lms.hookspecs import Fault, PackageFiles
from lms.plugins import hooks, suite

Kind = Literal["major", "minor"]


class NothingToPublish(RuleError):
    """There is no draft, or it says the same as the published revision."""

    title = _l("There is nothing to publish")
    advice = _l("The course has no draft that differs from the published revision. Upload a package first.")


class NoteMissing(RuleError):
    """Publishing asks for a note: what changed, for those who look back."""

    status = 422
    title = _l("Say what changed")
    advice = _l("Write in one sentence what this revision changes.")


class MajorNeeded(RuleError):
    """The draft changes what is taught or asked, which must not happen under the hands of enrolled officers."""

    title = _l("This draft needs a major revision")


class PrerequisiteUnknown(RuleError):
    """The draft asks for a course that has no published revision, so nobody could enrol."""

    title = _l("A course that must be completed before is not published")


def all_faults(package: PackageFiles) -> list[Fault]:
    """Return every fault of a package: ours, and those of the plug-ins that read its other files."""
    claimed = [pattern for manifest in suite().manifests for pattern in manifest.package_files]
    found = set(check(package, claimed))
    for faults in hooks().check_package(package=package):
        found.update(faults)
    return sorted(found, key=lambda fault: (fault.file, fault.line, fault.message))


def import_package(package: PackageFiles, *, actor_id: int | None) -> CourseRevision:
    """Write a package into the draft of its course, all of it or nothing; return the revision that holds it.

    The same content again changes nothing: the draft, or the published revision when there is no draft, is returned
    as it is. The package is checked before the database is asked.

    :raises PackageRefused: with every fault.
    """
    faults = all_faults(package)
    if faults:
        raise PackageRefused(faults)
    package = canonical(package)
    digest = digest_of(package.files)
    course = _course(package.code)
    draft, latest = draft_of(course.id), latest_of(course.id)
    newest = draft or latest
    if newest is not None and newest.digest == digest:
        return newest
    before = {"digest": newest.digest, "number": newest.number} if newest else {}
    contents = [module_content(package, code) for code in package.modules]
    known = module_texts_before(newest.id if newest else None)
    draft = _emptied_draft(course, draft, package.course, digest, actor_id)
    _add_course_texts(draft, package.course)
    for position, content in enumerate(contents):
        revision = _module_revision(course, content, str(package.course["source_language"]), known)
        db.session.add(
            RevisionModule(course_revision_id=draft.id, module_revision_id=revision.id, position=position)
        )
    db.session.flush()
    hooks().load_package(course_revision_id=draft.id, package=package)
    keep_files(digest, package.files)
    audit.record(
        "course.imported",
        "course",
        subject_id=course.id,
        actor_id=actor_id,
        before=before,
        after={"code": course.code, "digest": digest},
    )
    db.session.flush()
    return draft


def _course(code: str) -> Course:
    """Return the course with its row locked, so that two imports or publications come one after another."""
    found = sa.select(Course).where(Course.code == code).with_for_update()
    course = db.session.scalar(found)
    if course is None:
        try:
            with db.session.begin_nested():
                db.session.add(Course(code=code, created_at=clock.now()))
        except sa.exc.IntegrityError:
            pass  # somebody else made it a moment ago
        course = db.session.execute(found).scalar_one()
    return course


def _emptied_draft(
    course: Course,
    draft: CourseRevision | None,
    definition: Mapping[str, Any],
    digest: str,
    actor_id: int | None,
) -> CourseRevision:
    """Return the one draft of the course without its texts and modules."""
    if draft is None:
        draft = CourseRevision(course_id=course.id, state="draft", definition=dict(definition), digest=digest)
        db.session.add(draft)
    else:
        db.session.execute(sa.delete(CourseText).where(CourseText.course_revision_id == draft.id))
        db.session.execute(sa.delete(RevisionModule).where(RevisionModule.course_revision_id == draft.id))
        db.session.expire(draft, ["texts", "modules"])
    draft.definition = dict(definition)
    draft.digest = digest
    draft.imported_at = clock.now()
    draft.imported_by_id = actor_id
    db.session.flush()
    return draft


def _add_course_texts(draft: CourseRevision, definition: Mapping[str, Any]) -> None:
    for language in LANGUAGES:
        title = definition["title"].get(language)
        if title:
            db.session.add(
                CourseText(
                    course_revision_id=draft.id,
                    language=language,
                    title=title,
                    summary=definition["summary"].get(language, ""),
                    search_key=search_key(title),
                    sort_key=sort_key(title),
                )
            )


def _module_revision(
    course: Course, content: ModuleContent, source: str, known: Mapping[tuple[str, str], ModuleText]
) -> ModuleRevision:
    """Return the module revision with this content: the one that is there, or a new one."""
    module = db.session.scalar(sa.select(Module).filter_by(course_id=course.id, code=content.code))
    if module is None:
        module = Module(course_id=course.id, code=content.code)
        db.session.add(module)
        db.session.flush()
    found = db.session.scalar(sa.select(ModuleRevision).filter_by(module_id=module.id, digest=content.digest))
    if found is not None:
        return found
    revision = ModuleRevision(
        module_id=module.id,
        digest=content.digest,
        definition=content.definition,
        sections=list(content.sections),
        created_at=clock.now(),
    )
    db.session.add(revision)
    db.session.flush()
    now_source = content.texts[source].digest
    for language, text in content.texts.items():
        old = known.get((content.code, language))
        # A translation that did not change was made from the source it was made from: that is how it gets outdated.
        kept = old is not None and language != source and old.digest == text.digest
        db.session.add(
            ModuleText(
                module_revision_id=revision.id,
                language=language,
                title=text.title,
                body=text.body,
                digest=text.digest,
                source_digest=old.source_digest if old is not None and kept else now_source,
                search_key=search_key(text.title),
                sort_key=sort_key(text.title),
            )
        )
    for path, body in content.images.items():
        db.session.add(
            ModuleImage(
                module_revision_id=revision.id,
                path=path,
                media_type=MEDIA_TYPES[path.rpartition(".")[2]],
                sha256=hashlib.sha256(body).hexdigest(),
                content=body,
            )
        )
    db.session.flush()
    return revision


def next_number(latest: CourseRevision | None, kind: Kind) -> str:
    """Return the number of the next publication; the first is 1.0, whatever its kind."""
    if latest is None or latest.major is None or latest.minor is None:
        return "1.0"
    return f"{latest.major}.{latest.minor + 1}" if kind == "minor" else f"{latest.major + 1}.0"


def publish(
    course_id: int, *, kind: Kind, note: str, actor_id: int | None, digest: str | None = None
) -> CourseRevision:
    """Publish the draft of a course; from then on it never changes.

    A minor revision reaches the officers enrolled on its major at once, but not those who completed the course; a
    major one only those who enrol later. `digest` names the draft that was looked at.

    :raises ChangedMeanwhile: when the draft is no longer that one.
    :raises NothingToPublish: when there is no draft that says anything new.
    :raises MajorNeeded: when a minor revision would change what is taught or asked.
    :raises PrerequisiteUnknown: when a course that the draft asks for is not published.
    :raises NoteMissing: when the note is empty.
    """
    if not note.strip():
        raise NoteMissing
    db.session.execute(sa.select(Course.id).where(Course.id == course_id).with_for_update())
    draft, latest = draft_of(course_id), latest_of(course_id)
    if draft is None or (latest is not None and latest.digest == draft.digest):
        raise NothingToPublish
    if digest is not None and digest != draft.digest:
        raise ChangedMeanwhile
    _check_prerequisites(draft)
    moved = 0
    if latest is not None and kind == "minor":
        reasons = major_reasons(*files_to_compare([latest, draft]))
        if reasons:
            raise MajorNeeded(
                _(
                    "It changes what is taught or asked (%(where)s). Publish it as major.",
                    where=", ".join(reasons),
                )
            )
    draft.major, draft.minor = (int(part) for part in next_number(latest, kind).split("."))
    draft.state = "published"
    draft.published_at = clock.now()
    draft.published_by_id = actor_id
    draft.publication_note = note.strip()
    db.session.flush()
    if draft.minor:
        result = db.session.execute(
            sa.update(Enrolment)
            .where(waiting_enrolments(course_id, draft.major))
            .values(course_revision_id=draft.id)
            .execution_options(synchronize_session="fetch")
        )
        moved = int(result.rowcount)  # type: ignore[attr-defined]
    audit.record(
        "course.published",
        "course",
        subject_id=course_id,
        actor_id=actor_id,
        before={"number": latest.number} if latest else {},
        after={"number": draft.number, "digest": draft.digest, "enrolments_moved": moved},
        reason=draft.publication_note,
    )
    db.session.flush()
    return draft


def _check_prerequisites(draft: CourseRevision) -> None:
    wanted = draft.definition.get("prerequisites") or []
    published = set(
        db.session.scalars(
            sa.select(Course.code)
            .join(CourseRevision)
            .where(CourseRevision.state == "published", Course.code.in_(wanted))
        )
    )
    missing = sorted(set(wanted) - published)
    if missing:
        raise PrerequisiteUnknown(
            _(
                "Publish these courses first or take them out of the list: %(codes)s.",
                codes=", ".join(missing),
            )
        )


def review_text(text: ModuleText, *, source_digest: str, actor_id: int) -> None:
    """Note that a person who speaks the language read a translation beside its source. Twice is once."""
    there = sa.select(TextReview.id).filter_by(text_digest=text.digest, source_digest=source_digest)
    if db.session.scalar(there) is not None:
        return
    try:
        with db.session.begin_nested():
            db.session.add(
                TextReview(
                    text_digest=text.digest,
                    source_digest=source_digest,
                    reviewed_at=clock.now(),
                    reviewed_by_id=actor_id,
                )
            )
    except sa.exc.IntegrityError:
        return  # a second click, or a second reviewer in the same moment
    audit.record(
        "text.reviewed",
        "module_text",
        subject_id=text.id,
        actor_id=actor_id,
        after={"language": text.language, "title": text.title, "digest": text.digest},
    )
