"""A published revision never changes: every path by which SQL could change it is refused, on both databases."""

import pytest
import sqlalchemy as sa

from courses.actions.packages import import_package
from courses.models import Course, CourseRevision, CourseText, ModuleRevision, ModuleText
from courses.package import describe, read_folder
from lms import clock
from lms.db import db
from tests.packages import FOLDER, publish_package

PUBLISHED = "(SELECT id FROM course_revision WHERE state = 'published')"
DRAFT = "(SELECT id FROM course_revision WHERE state = 'draft')"
FORBIDDEN = [
    "UPDATE course_revision SET publication_note = 'x' WHERE state = 'published'",
    "UPDATE course_revision SET state = 'draft', major = NULL, minor = NULL, published_at = NULL"
    " WHERE state = 'published'",
    "UPDATE course_revision SET definition = '{}' WHERE state = 'published'",
    "DELETE FROM course_revision WHERE state = 'published'",
    f"UPDATE course_text SET title = 'x' WHERE course_revision_id = {PUBLISHED}",
    f"DELETE FROM course_text WHERE course_revision_id = {PUBLISHED}",
    "INSERT INTO course_text (course_revision_id, language, title, summary, search_key, sort_key)"
    f" VALUES ({PUBLISHED}, 'de', 'x', 'x', 'x', 'x')",
    f"UPDATE course_text SET course_revision_id = {PUBLISHED}, language = 'de' WHERE course_revision_id = {DRAFT}"
    " AND language = 'en'",
    f"UPDATE course_text SET course_revision_id = {DRAFT}, language = 'de'"
    f" WHERE course_revision_id = {PUBLISHED} AND language = 'en'",
    f"UPDATE revision_module SET position = position + 10 WHERE course_revision_id = {PUBLISHED}",
    f"DELETE FROM revision_module WHERE course_revision_id = {PUBLISHED}",
    "INSERT INTO revision_module (course_revision_id, module_revision_id, position)"
    f" VALUES ({PUBLISHED}, (SELECT max(id) FROM module_revision), 9)",
    f"UPDATE revision_module SET course_revision_id = {PUBLISHED}, position = 9 WHERE course_revision_id = {DRAFT}"
    " AND module_revision_id = (SELECT max(id) FROM module_revision)",
    "UPDATE module_revision SET digest = 'x'",
    "DELETE FROM module_revision",
    "UPDATE module_text SET body = 'x'",
    "DELETE FROM module_text",
    "INSERT INTO module_text (module_revision_id, language, title, body, digest, source_digest, search_key, sort_key)"
    " VALUES ((SELECT min(id) FROM module_revision), 'de', 'x', 'x', 'x', 'x', 'x', 'x')",
    "UPDATE module_image SET sha256 = 'x'",
    "DELETE FROM module_image",
    "UPDATE quiz_revision SET pass_percent = 1 WHERE course_revision_id = " + PUBLISHED,
    f"UPDATE quiz_revision SET course_revision_id = {PUBLISHED} WHERE course_revision_id = {DRAFT}",
    "DELETE FROM quiz_revision WHERE course_revision_id = " + PUBLISHED,
    "UPDATE question_revision SET body = '{}'",
    "UPDATE question_key SET tolerance = 1",
    "DELETE FROM question_key",
]
ONLY_SQLITE = [
    "INSERT OR REPLACE INTO course_text (id, course_revision_id, language, title, summary, search_key, sort_key)"
    " SELECT id, course_revision_id, language, 'x', summary, search_key, sort_key FROM course_text"
    f" WHERE course_revision_id = {PUBLISHED}",
    "REPLACE INTO module_revision (id, module_id, digest, definition, sections, created_at)"
    " SELECT id, module_id, digest, '{}', sections, created_at FROM module_revision",
]
ONLY_POSTGRESQL = [
    "TRUNCATE course_text",
    "TRUNCATE revision_module",
    "TRUNCATE course_revision CASCADE",
    "TRUNCATE module_revision CASCADE",
    "TRUNCATE module_text",
    "TRUNCATE module_image",
    "INSERT INTO course_text (id, course_revision_id, language, title, summary, search_key, sort_key)"
    " SELECT id, course_revision_id, language, 'x', summary, search_key, sort_key FROM course_text"
    f" WHERE course_revision_id = {PUBLISHED} ON CONFLICT (id) DO UPDATE SET title = 'x'",
]


@pytest.fixture
def with_draft(in_app):
    """Publish MINI-1 and import a draft in which the second module is another one."""
    publish_package("MINI-1")
    files = dict(read_folder(FOLDER / "MINI-1").files)
    files["M2/en.md"] = files["M2/en.md"].replace(b"Decide, say it", b"Decide, say it aloud")
    import_package(describe(files), actor_id=None)
    db.session.commit()
    return in_app


def _everything():
    """Return all rows that hang on the published revision."""
    tables = (
        *(
            "course_revision",
            "course_text",
            "revision_module",
            "module_revision",
            "module_text",
            "module_image",
        ),
        *("quiz_revision", "quiz_slot", "slot_question", "question_revision", "question_key"),
    )
    return {
        table: [
            tuple(str(value) for value in row)
            for row in db.session.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1, 2, 3"))
        ]
        for table in tables
    }


def test_sql_cannot_change_what_is_published(with_draft):
    dialect = db.engine.dialect.name
    before = _everything()
    db.session.commit()
    let_through = []

    for statement in FORBIDDEN + (ONLY_SQLITE if dialect == "sqlite" else ONLY_POSTGRESQL):
        try:
            db.session.execute(sa.text(statement))
            let_through.append(statement)
        except sa.exc.DBAPIError as refused:
            reasons = ("never changes", "append-only", "never deleted")
            if not any(reason in str(refused.orig) for reason in reasons):
                let_through.append(f"{statement}: {refused.orig}")
        db.session.rollback()

    assert let_through == []
    assert _everything() == before


def test_the_draft_can_be_changed_and_deleted_by_an_import(with_draft):
    course = db.session.scalars(sa.select(Course)).one()
    draft = db.session.scalars(sa.select(CourseRevision).filter_by(state="draft")).one()

    db.session.execute(sa.delete(CourseText).where(CourseText.course_revision_id == draft.id))
    draft.definition = {**draft.definition, "self_enrolment": False}
    db.session.commit()

    assert [revision.state for revision in course.revisions] == ["published", "draft"]


def test_texts_can_be_added_to_a_module_revision_that_is_not_published(with_draft):
    new = db.session.scalars(sa.select(ModuleRevision).order_by(ModuleRevision.id.desc()).limit(1)).one()
    revision = ModuleRevision(
        module_id=new.module_id, digest="other", definition={}, sections=[], created_at=clock.now()
    )
    db.session.add(revision)
    db.session.flush()

    db.session.add(
        ModuleText(
            module_revision_id=revision.id,
            language="en",
            title="x",
            body="x",
            digest="x",
            source_digest="x",
            search_key="x",
            sort_key="x",
        )
    )
    db.session.commit()

    assert [text.language for text in revision.texts] == ["en"]
