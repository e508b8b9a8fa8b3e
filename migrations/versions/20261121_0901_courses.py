"""Create courses, enrolments and completions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from lms import triggers

revision = "20261121_0901_courses"
down_revision = "20261121_0900_core"
branch_labels = None
depends_on = None

TABLES = (
    "course",
    "course_revision",
    "instructor_assignment",
    "module",
    "text_review",
    "course_text",
    "enrolment",
    "module_revision",
    "attendance",
    "completion",
    "module_image",
    "module_text",
    "reading",
    "revision_module",
    "task_result",
)


def upgrade() -> None:
    """Create the tables, then the triggers that keep what they promise."""
    op.create_table(
        "course",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("code", name=op.f("uq_course_code")),
    )
    op.create_table(
        "course_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("major", sa.Integer(), nullable=True),
        sa.Column("minor", sa.Integer(), nullable=True),
        sa.Column("definition", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("publication_note", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(state = 'published') = (major IS NOT NULL AND minor IS NOT NULL)",
            name=op.f("ck_course_revision_number"),
        ),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)", name=op.f("ck_course_revision_published")
        ),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_course_revision_state")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_revision_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["imported_by_id"], ["person.id"], name=op.f("fk_course_revision_imported_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["person.id"], name=op.f("fk_course_revision_published_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_revision")),
        sa.UniqueConstraint(
            "course_id", "major", "minor", name=op.f("uq_course_revision_course_id_major_minor")
        ),
    )
    op.create_index(op.f("ix_course_revision_course_id"), "course_revision", ["course_id"], unique=False)
    op.create_index(
        "uq_course_revision_draft",
        "course_revision",
        ["course_id"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
        sqlite_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "instructor_assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("given_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name=op.f("ck_instructor_assignment_days")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_instructor_assignment_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["person.id"], name=op.f("fk_instructor_assignment_given_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_instructor_assignment_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instructor_assignment")),
    )
    op.create_index(
        op.f("ix_instructor_assignment_person_id"), "instructor_assignment", ["person_id"], unique=False
    )
    op.create_index(
        "uq_instructor_assignment_open",
        "instructor_assignment",
        ["person_id", "course_id"],
        unique=True,
        postgresql_where=sa.text("to_on IS NULL"),
        sqlite_where=sa.text("to_on IS NULL"),
    )
    op.create_table(
        "module",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_module_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module")),
        sa.UniqueConstraint("course_id", "code", name=op.f("uq_module_course_id_code")),
    )
    op.create_table(
        "text_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text_digest", sa.String(), nullable=False),
        sa.Column("source_digest", sa.String(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["person.id"], name=op.f("fk_text_review_reviewed_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_review")),
        sa.UniqueConstraint(
            "text_digest", "source_digest", name=op.f("uq_text_review_text_digest_source_digest")
        ),
    )
    op.create_table(
        "course_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_revision_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.Column("sort_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_revision_id"],
            ["course_revision.id"],
            name=op.f("fk_course_text_course_revision_id_course_revision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_text")),
        sa.UniqueConstraint(
            "course_revision_id", "language", name=op.f("uq_course_text_course_revision_id_language")
        ),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("course_revision_id", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enrolled_by_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawal_reason", sa.String(), nullable=False),
        sa.CheckConstraint("how IN ('self', 'instructor', 'department')", name=op.f("ck_enrolment_how")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_enrolment_course_id_course")),
        sa.ForeignKeyConstraint(
            ["course_revision_id"],
            ["course_revision.id"],
            name=op.f("fk_enrolment_course_revision_id_course_revision"),
        ),
        sa.ForeignKeyConstraint(
            ["enrolled_by_id"], ["person.id"], name=op.f("fk_enrolment_enrolled_by_id_person")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["person.id"], name=op.f("fk_enrolment_officer_id_person")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["person.id"], name=op.f("fk_enrolment_withdrawn_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
    )
    op.create_index("ix_enrolment_course", "enrolment", ["course_id", "officer_id"], unique=False)
    op.create_index(op.f("ix_enrolment_officer_id"), "enrolment", ["officer_id"], unique=False)
    op.create_index(
        "uq_enrolment_open",
        "enrolment",
        ["officer_id", "course_id", "cycle"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "module_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("sections", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["module_id"], ["module.id"], name=op.f("fk_module_revision_module_id_module")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_revision")),
        sa.UniqueConstraint("module_id", "digest", name=op.f("uq_module_revision_module_id_digest")),
    )
    op.create_table(
        "attendance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("day >= 1", name=op.f("ck_attendance_day")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_attendance_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_attendance_recorded_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
    )
    op.create_index(op.f("ix_attendance_enrolment_id"), "attendance", ["enrolment_id"], unique=False)
    op.create_index(
        "uq_attendance_in_force",
        "attendance",
        ["enrolment_id", "day"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
        sqlite_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "completion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("course_revision_id", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("rank_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("score IS NULL OR score BETWEEN 0 AND 100", name=op.f("ck_completion_score")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_completion_course_id_course")),
        sa.ForeignKeyConstraint(
            ["course_revision_id"],
            ["course_revision.id"],
            name=op.f("fk_completion_course_revision_id_course_revision"),
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_completion_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["person.id"], name=op.f("fk_completion_officer_id_person")),
        sa.ForeignKeyConstraint(["rank_id"], ["rank.id"], name=op.f("fk_completion_rank_id_rank")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_completion_region_id_region")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_completion_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_completion")),
        sa.UniqueConstraint("enrolment_id", name=op.f("uq_completion_enrolment_id")),
        sa.UniqueConstraint(
            "officer_id", "course_id", "cycle", name=op.f("uq_completion_officer_id_course_id_cycle")
        ),
    )
    op.create_index(op.f("ix_completion_course_id"), "completion", ["course_id"], unique=False)
    op.create_index(op.f("ix_completion_officer_id"), "completion", ["officer_id"], unique=False)
    op.create_table(
        "module_image",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("module_revision_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["module_revision_id"],
            ["module_revision.id"],
            name=op.f("fk_module_image_module_revision_id_module_revision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_image")),
        sa.UniqueConstraint(
            "module_revision_id", "path", name=op.f("uq_module_image_module_revision_id_path")
        ),
    )
    op.create_index(op.f("ix_module_image_sha256"), "module_image", ["sha256"], unique=False)
    op.create_table(
        "module_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("module_revision_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("source_digest", sa.String(), nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.Column("sort_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["module_revision_id"],
            ["module_revision.id"],
            name=op.f("fk_module_text_module_revision_id_module_revision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_text")),
        sa.UniqueConstraint(
            "module_revision_id", "language", name=op.f("uq_module_text_module_revision_id_language")
        ),
    )
    op.create_table(
        "reading",
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_reading_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name=op.f("fk_reading_module_id_module")),
        sa.PrimaryKeyConstraint("enrolment_id", "module_id", "section", name=op.f("pk_reading")),
    )
    op.create_table(
        "revision_module",
        sa.Column("course_revision_id", sa.Integer(), nullable=False),
        sa.Column("module_revision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_revision_id"],
            ["course_revision.id"],
            name=op.f("fk_revision_module_course_revision_id_course_revision"),
        ),
        sa.ForeignKeyConstraint(
            ["module_revision_id"],
            ["module_revision.id"],
            name=op.f("fk_revision_module_module_revision_id_module_revision"),
        ),
        sa.PrimaryKeyConstraint("course_revision_id", "module_revision_id", name=op.f("pk_revision_module")),
        sa.UniqueConstraint(
            "course_revision_id", "position", name=op.f("uq_revision_module_course_revision_id_position")
        ),
    )
    op.create_table(
        "task_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("legality", sa.Integer(), nullable=False),
        sa.Column("completeness", sa.Integer(), nullable=False),
        sa.Column("usefulness", sa.Integer(), nullable=False),
        sa.Column("clarity", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("graded_on", sa.Date(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "legality BETWEEN 0 AND 5 AND completeness BETWEEN 0 AND 5 AND usefulness BETWEEN 0 AND 5 AND clarity BETWEEN 0 AND 5",
            name=op.f("ck_task_result_points"),
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_task_result_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_task_result_recorded_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_result")),
    )
    op.create_index(op.f("ix_task_result_enrolment_id"), "task_result", ["enrolment_id"], unique=False)
    op.create_index(
        "uq_task_result_in_force",
        "task_result",
        ["enrolment_id", "task"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
        sqlite_where=sa.text("superseded_at IS NULL"),
    )

    dialect = op.get_bind().dialect.name
    for table in ("module_revision", "module_text", "module_image", "text_review", "completion"):
        for statement in triggers.append_only(dialect, table):
            op.execute(statement)
    # A published revision never changes, nor what hangs on it.
    published = "OLD.state = 'published'"
    for statement in triggers.refuse(
        dialect,
        "course_revision",
        "published",
        "UPDATE DELETE",
        published,
        "a published revision never changes",
    ):
        op.execute(statement)
    # An UPDATE is looked at from both sides: a row must neither leave a published revision nor be moved into one.
    for table in ("course_text", "revision_module"):
        for operation, ids in (
            ("INSERT", "NEW.course_revision_id"),
            ("UPDATE", "OLD.course_revision_id, NEW.course_revision_id"),
            ("DELETE", "OLD.course_revision_id"),
        ):
            condition = (
                f"EXISTS (SELECT 1 FROM course_revision r WHERE r.id IN ({ids}) AND r.state = 'published')"
            )
            for statement in triggers.refuse(
                dialect, table, "published", operation, condition, "a published revision never changes"
            ):
                op.execute(statement)
    # Texts and pictures are added with their module revision, before any published revision lists it.
    for table in ("module_text", "module_image"):
        condition = (
            "EXISTS (SELECT 1 FROM revision_module m JOIN course_revision r ON r.id = m.course_revision_id"
            " WHERE m.module_revision_id = NEW.module_revision_id AND r.state = 'published')"
        )
        for statement in triggers.refuse(
            dialect, table, "published", "INSERT", condition, "a published revision never changes"
        ):
            op.execute(statement)
    for table in ("course_revision", "course_text", "revision_module"):
        for statement in triggers.no_truncate(dialect, table):
            op.execute(statement)
    for table in ("enrolment", "attendance", "task_result"):
        for statement in triggers.refuse(dialect, table, "kept", "DELETE", "", f"{table} is never deleted"):
            op.execute(statement)
        for statement in triggers.no_truncate(dialect, table):
            op.execute(statement)


def downgrade() -> None:
    """Drop the triggers' functions and the tables."""
    for statement in triggers.drop_all(op.get_bind().dialect.name, TABLES):
        op.execute(statement)
    op.drop_index(
        "uq_task_result_in_force",
        table_name="task_result",
        postgresql_where=sa.text("superseded_at IS NULL"),
        sqlite_where=sa.text("superseded_at IS NULL"),
    )
    op.drop_index(op.f("ix_task_result_enrolment_id"), table_name="task_result")
    op.drop_table("task_result")
    op.drop_table("revision_module")
    op.drop_table("reading")
    op.drop_table("module_text")
    op.drop_index(op.f("ix_module_image_sha256"), table_name="module_image")
    op.drop_table("module_image")
    op.drop_index(op.f("ix_completion_officer_id"), table_name="completion")
    op.drop_index(op.f("ix_completion_course_id"), table_name="completion")
    op.drop_table("completion")
    op.drop_index(
        "uq_attendance_in_force",
        table_name="attendance",
        postgresql_where=sa.text("superseded_at IS NULL"),
        sqlite_where=sa.text("superseded_at IS NULL"),
    )
    op.drop_index(op.f("ix_attendance_enrolment_id"), table_name="attendance")
    op.drop_table("attendance")
    op.drop_table("module_revision")
    op.drop_index(
        "uq_enrolment_open",
        table_name="enrolment",
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )
    op.drop_index(op.f("ix_enrolment_officer_id"), table_name="enrolment")
    op.drop_index("ix_enrolment_course", table_name="enrolment")
    op.drop_table("enrolment")
    op.drop_table("course_text")
    op.drop_table("text_review")
    op.drop_table("module")
    op.drop_index(
        "uq_instructor_assignment_open",
        table_name="instructor_assignment",
        postgresql_where=sa.text("to_on IS NULL"),
        sqlite_where=sa.text("to_on IS NULL"),
    )
    op.drop_index(op.f("ix_instructor_assignment_person_id"), table_name="instructor_assignment")
    op.drop_table("instructor_assignment")
    op.drop_index(
        "uq_course_revision_draft",
        table_name="course_revision",
        postgresql_where=sa.text("state = 'draft'"),
        sqlite_where=sa.text("state = 'draft'"),
    )
    op.drop_index(op.f("ix_course_revision_course_id"), table_name="course_revision")
    op.drop_table("course_revision")
    op.drop_table("course")
