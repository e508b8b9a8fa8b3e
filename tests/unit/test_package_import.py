"""Importing a package: all or nothing, once, only what changed."""

import pytest
import sqlalchemy as sa

from courses.actions import packages
from courses.actions.packages import import_package
from courses.models import (
    Course,
    CourseRevision,
    CourseText,
    Module,
    ModuleRevision,
    ModuleText,
    RevisionModule,
)
from courses.package import PackageRefused, canonical, describe, read_folder, write_zip
from courses.package.files import read_zip
from courses.queries.author import text_state
from courses.queries.packages import files_of
from lms.audit import AuditEntry
from lms.db import db
from tests.packages import FOLDER, publish_package

MINI = dict(read_folder(FOLDER / "MINI-1").files)


def with_changes(**changes):
    """Return MINI-1 with words replaced: `M1_en_md=("old", "new")`."""
    files = dict(MINI)
    for name, (old, new) in changes.items():
        folder, _underscore, rest = name.partition("_")
        path = f"{folder}/{rest.replace('_', '.')}" if folder.startswith("M") else name.replace("_", ".")
        assert old in files[path].decode()
        files[path] = files[path].decode().replace(old, new, 1).encode()
    return describe(files)


def rows(model):
    """Return how many rows a table has."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def module_revisions(course_revision):
    """Return the module revisions that a course revision lists, by code of the module."""
    listed = db.session.execute(
        sa.select(Module.code, ModuleRevision.id)
        .join(ModuleRevision, ModuleRevision.module_id == Module.id)
        .join(RevisionModule, RevisionModule.module_revision_id == ModuleRevision.id)
        .where(RevisionModule.course_revision_id == course_revision.id)
        .order_by(RevisionModule.position)
    )
    return {code: revision_id for code, revision_id in listed}


def made_from(course_revision, code, language):
    """Return whether a translation was made from the source text beside it."""
    texts = {
        text.language: text
        for text in db.session.scalars(
            sa.select(ModuleText).filter_by(module_revision_id=module_revisions(course_revision)[code])
        )
    }
    return texts[language].source_digest == texts["en"].digest


def test_importing_the_same_package_twice_changes_nothing(in_app):
    first = import_package(read_folder(FOLDER / "MINI-1"), actor_id=None)
    db.session.commit()
    imported_at, counted = first.imported_at, [rows(m) for m in (AuditEntry, CourseRevision, ModuleText)]

    second = import_package(read_folder(FOLDER / "MINI-1"), actor_id=None)
    db.session.commit()

    assert (second.id, second.imported_at) == (first.id, imported_at)
    assert [rows(m) for m in (AuditEntry, CourseRevision, ModuleText)] == counted


def test_importing_what_is_published_makes_no_draft(in_app):
    publish_package("MINI-1")

    revision = import_package(read_folder(FOLDER / "MINI-1"), actor_id=None)
    db.session.commit()

    assert revision.number == "1.0"
    assert rows(CourseRevision) == 1


@pytest.mark.parametrize("name", ["MINI-1", "MINI-2"])
def test_what_is_exported_is_what_was_imported_byte_for_byte(in_app, name):
    publish_package(name)
    revision = db.session.scalars(sa.select(CourseRevision)).one()

    files = files_of(revision.id)

    assert files == dict(read_folder(FOLDER / name).files)


def test_a_package_in_another_form_is_the_same_package(in_app):
    first = import_package(read_folder(FOLDER / "MINI-1"), actor_id=None)
    db.session.commit()
    untidy = dict(MINI)
    untidy["M1/en.md"] = b"\xef\xbb\xbf\n\n" + MINI["M1/en.md"].replace(b"\n", b"\r\n") + b"\r\n\r\n"
    untidy["course.yaml"] = MINI["course.yaml"].replace(b"hours: {online: 4, face_to_face: 2}", b"") + (
        b"hours:\n    face_to_face:   2\n    online: 4\n"
    )
    digest = first.digest

    second = import_package(describe(untidy), actor_id=None)

    assert (second.id, second.digest) == (first.id, digest)


def test_a_draft_is_replaced_and_stays_one(in_app):
    publish_package("MINI-1")
    import_package(with_changes(M1_en_md=("three ways", "many ways")), actor_id=None)
    db.session.commit()

    draft = import_package(
        with_changes(course_yaml=('en: "Small course"', 'en: "Little course"')), actor_id=None
    )
    db.session.commit()

    assert [r.state for r in db.session.scalars(sa.select(CourseRevision).order_by(CourseRevision.id))] == [
        "published",
        "draft",
    ]
    titles = db.session.scalars(
        sa.select(CourseText.title).filter_by(course_revision_id=draft.id).order_by(CourseText.language)
    )
    assert list(titles) == ["Little course", "Чакан курс", "Малый курс"]


def test_an_unchanged_module_keeps_its_revision(in_app):
    publish_package("MINI-1")
    published = db.session.scalars(sa.select(CourseRevision)).one()

    draft = import_package(with_changes(M2_en_md=("Decide, say it", "Decide, then say it")), actor_id=None)

    before, after = module_revisions(published), module_revisions(draft)
    assert after["M1"] == before["M1"]
    assert after["M2"] != before["M2"]


def test_a_changed_quiz_leaves_the_module_revision(in_app):
    publish_package("MINI-1")
    published = db.session.scalars(sa.select(CourseRevision)).one()

    draft = import_package(
        with_changes(M1_quiz_yaml=("Fear is respect. (1)", "Fear is respect (1).")), actor_id=None
    )

    assert module_revisions(draft) == module_revisions(published)
    assert draft.digest != published.digest


def test_a_translation_that_stays_while_the_source_changes_is_outdated(in_app):
    publish_package("MINI-1")

    draft = import_package(
        with_changes(M1_en_md=("three ways", "many ways"), M1_ky_md=("үч жол", "көп жол")), actor_id=None
    )

    assert made_from(draft, "M1", "ky") is True  # it changed too
    assert made_from(draft, "M1", "ru") is False
    assert made_from(draft, "M2", "ru") is True


def test_an_outdated_translation_stays_outdated_over_further_drafts(in_app):
    publish_package("MINI-1")
    import_package(with_changes(M1_en_md=("three ways", "many ways")), actor_id=None)
    db.session.commit()

    draft = import_package(with_changes(M1_en_md=("three ways", "a few ways")), actor_id=None)

    assert made_from(draft, "M1", "ru") is False


@pytest.mark.parametrize(
    ("written", "made_from_now", "reviewed", "state"),
    [
        (False, True, False, "missing"),
        (False, True, True, "missing"),
        (True, True, False, "draft"),
        (True, True, True, "reviewed"),
        (True, False, False, "outdated"),
        (True, False, True, "reviewed"),  # the source changed, somebody said the translation is still right
    ],
)
def test_the_state_of_a_translation(written, made_from_now, reviewed, state):
    found = text_state(
        is_source=False,
        written=written,
        made_from="now" if made_from_now else "before",
        source="now",
        reviewed=reviewed,
    )

    assert found == state


def test_a_package_with_a_fault_changes_nothing(in_english):
    publish_package("MINI-1")
    counted = [rows(m) for m in (AuditEntry, CourseRevision, ModuleRevision, ModuleText)]

    with pytest.raises(PackageRefused) as refused:
        import_package(
            with_changes(M1_en_md=("three ways", "many ways"), M2_ru_md=("{#practice}", "{#praktika}")),
            actor_id=None,
        )
    db.session.commit()

    assert [str(fault) for fault in refused.value.faults] == [
        "M2/ru.md:7: The section “practice” of M2/en.md is missing here.",
        "M2/ru.md:7: The section “praktika” is not in M2/en.md.",
    ]
    assert [rows(m) for m in (AuditEntry, CourseRevision, ModuleRevision, ModuleText)] == counted


def test_a_fault_in_a_part_of_another_plugin_changes_nothing(in_app):
    with pytest.raises(PackageRefused) as refused:
        import_package(with_changes(M1_quiz_yaml=("key: b", "key: z")), actor_id=None)
    db.session.commit()

    assert {fault.file for fault in refused.value.faults} == {"M1/quiz.yaml"}
    assert rows(Course) == 0


def test_a_failure_in_the_middle_leaves_nothing(in_app, monkeypatch):
    publish_package("MINI-1")
    counted = [rows(m) for m in (AuditEntry, CourseRevision, ModuleRevision, ModuleText)]
    # The last step of an import; the crash stands for a full disk.
    monkeypatch.setattr(packages, "keep_files", lambda *_arguments: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        import_package(with_changes(M1_en_md=("three ways", "many ways")), actor_id=None)
    db.session.rollback()

    assert [rows(m) for m in (AuditEntry, CourseRevision, ModuleRevision, ModuleText)] == counted


def test_an_import_is_audited_with_what_stood_before(in_app, cast):
    publish_package("MINI-2")
    files = dict(read_folder(FOLDER / "MINI-2").files)
    files["M1/en.md"] += b"\nAnd more.\n"

    draft = import_package(describe(files), actor_id=cast["daniyar"])

    entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    before = db.session.scalars(sa.select(CourseRevision.digest).filter_by(state="published")).one()
    assert (entry.action, entry.actor_id) == ("course.imported", cast["daniyar"])
    assert entry.before == {"digest": before, "number": "1.0"}
    assert entry.after == {"code": "MINI-2", "digest": draft.digest}


def test_a_zip_holds_the_same_package_as_its_folder(in_app):
    package = read_folder(FOLDER / "MINI-1")

    zipped = write_zip(package.files, "MINI-1")

    assert dict(read_zip(zipped).files) == dict(package.files)
    assert write_zip(dict(reversed(package.files.items())), "MINI-1") == zipped
    assert canonical(read_zip(zipped)).files == dict(package.files)
