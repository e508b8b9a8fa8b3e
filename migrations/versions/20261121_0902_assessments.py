"""Create question banks, quizzes and attempts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from lms import triggers

revision = "20261121_0902_assessments"
down_revision = "20261121_0901_courses"
branch_labels = None
depends_on = None

TABLES = (
    "question",
    "time_factor",
    "question_revision",
    "quiz",
    "question_key",
    "quiz_revision",
    "unlock",
    "attempt",
    "quiz_slot",
    "attempt_question",
    "question_report",
    "slot_question",
)


def upgrade() -> None:
    """Create the tables, then the triggers that keep what they promise."""
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_question_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("course_id", "code", name=op.f("uq_question_course_id_code")),
    )
    op.create_table(
        "time_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("granted_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("percent BETWEEN 100 AND 300", name=op.f("ck_time_factor_percent")),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["person.id"], name=op.f("fk_time_factor_granted_by_id_person")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["person.id"], name=op.f("fk_time_factor_officer_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_factor")),
    )
    op.create_index(op.f("ix_time_factor_officer_id"), "time_factor", ["officer_id"], unique=False)
    op.create_index(
        "uq_time_factor_open",
        "time_factor",
        ["officer_id"],
        unique=True,
        postgresql_where=sa.text("to_on IS NULL"),
        sqlite_where=sa.text("to_on IS NULL"),
    )
    op.create_table(
        "question_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_question_revision_question_id_question")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_revision")),
        sa.UniqueConstraint("question_id", "digest", name=op.f("uq_question_revision_question_id_digest")),
    )
    op.create_table(
        "quiz",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_quiz_course_id_course")),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name=op.f("fk_quiz_module_id_module")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz")),
        sa.UniqueConstraint("course_id", "module_id", name=op.f("uq_quiz_course_id_module_id")),
    )
    op.create_index(
        "uq_quiz_exam",
        "quiz",
        ["course_id"],
        unique=True,
        postgresql_where=sa.text("module_id IS NULL"),
        sqlite_where=sa.text("module_id IS NULL"),
    )
    op.create_table(
        "question_key",
        sa.Column("question_revision_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("tolerance", sa.Double(), nullable=False),
        sa.Column("feedback", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_revision_id"],
            ["question_revision.id"],
            name=op.f("fk_question_key_question_revision_id_question_revision"),
        ),
        sa.PrimaryKeyConstraint("question_revision_id", name=op.f("pk_question_key")),
    )
    op.create_table(
        "quiz_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("quiz_id", sa.Integer(), nullable=False),
        sa.Column("course_revision_id", sa.Integer(), nullable=False),
        sa.Column("pass_percent", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("pause_after", sa.Integer(), nullable=False),
        sa.Column("pause_hours", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("draw", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_revision_id"],
            ["course_revision.id"],
            name=op.f("fk_quiz_revision_course_revision_id_course_revision"),
        ),
        sa.ForeignKeyConstraint(["quiz_id"], ["quiz.id"], name=op.f("fk_quiz_revision_quiz_id_quiz")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_revision")),
        sa.UniqueConstraint(
            "course_revision_id", "quiz_id", name=op.f("uq_quiz_revision_course_revision_id_quiz_id")
        ),
    )
    op.create_table(
        "unlock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("quiz_id", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["given_by_id"], ["person.id"], name=op.f("fk_unlock_given_by_id_person")),
        sa.ForeignKeyConstraint(["officer_id"], ["person.id"], name=op.f("fk_unlock_officer_id_person")),
        sa.ForeignKeyConstraint(["quiz_id"], ["quiz.id"], name=op.f("fk_unlock_quiz_id_quiz")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unlock")),
    )
    op.create_index(op.f("ix_unlock_officer_id"), "unlock", ["officer_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("quiz_id", sa.Integer(), nullable=False),
        sa.Column("quiz_revision_id", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_how", sa.String(), nullable=True),
        sa.Column("percent", sa.Double(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL AND closed_how IS NULL AND percent IS NULL AND passed IS NULL) OR (closed_at IS NOT NULL AND closed_how IN ('submitted', 'deadline') AND percent BETWEEN 0 AND 100 AND passed IS NOT NULL)",
            name=op.f("ck_attempt_open_or_graded"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_attempt_number")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_attempt_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["person.id"], name=op.f("fk_attempt_officer_id_person")),
        sa.ForeignKeyConstraint(["quiz_id"], ["quiz.id"], name=op.f("fk_attempt_quiz_id_quiz")),
        sa.ForeignKeyConstraint(
            ["quiz_revision_id"], ["quiz_revision.id"], name=op.f("fk_attempt_quiz_revision_id_quiz_revision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint(
            "officer_id",
            "quiz_id",
            "cycle",
            "number",
            name=op.f("uq_attempt_officer_id_quiz_id_cycle_number"),
        ),
    )
    op.create_index(op.f("ix_attempt_enrolment_id"), "attempt", ["enrolment_id"], unique=False)
    op.create_index(op.f("ix_attempt_officer_id"), "attempt", ["officer_id"], unique=False)
    op.create_index(op.f("ix_attempt_quiz_id"), "attempt", ["quiz_id"], unique=False)
    op.create_index(
        "uq_attempt_open",
        "attempt",
        ["officer_id", "quiz_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "quiz_slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("quiz_revision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("module", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["quiz_revision_id"],
            ["quiz_revision.id"],
            name=op.f("fk_quiz_slot_quiz_revision_id_quiz_revision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_slot")),
        sa.UniqueConstraint(
            "quiz_revision_id", "position", name=op.f("uq_quiz_slot_quiz_revision_id_position")
        ),
    )
    op.create_table(
        "attempt_question",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("question_revision_id", sa.Integer(), nullable=False),
        sa.Column("order", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("answer", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("saves", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("share", sa.Double(), nullable=True),
        sa.CheckConstraint("share IS NULL OR share BETWEEN 0 AND 1", name=op.f("ck_attempt_question_share")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_attempt_question_attempt_id_attempt")
        ),
        sa.ForeignKeyConstraint(
            ["question_revision_id"],
            ["question_revision.id"],
            name=op.f("fk_attempt_question_question_revision_id_question_revision"),
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["quiz_slot.id"], name=op.f("fk_attempt_question_slot_id_quiz_slot")
        ),
        sa.PrimaryKeyConstraint("attempt_id", "position", name=op.f("pk_attempt_question")),
    )
    op.create_index(
        op.f("ix_attempt_question_question_revision_id"),
        "attempt_question",
        ["question_revision_id"],
        unique=False,
    )
    op.create_table(
        "question_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_revision_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["person.id"], name=op.f("fk_question_report_answered_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_question_report_attempt_id_attempt")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["person.id"], name=op.f("fk_question_report_officer_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["question_revision_id"],
            ["question_revision.id"],
            name=op.f("fk_question_report_question_revision_id_question_revision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_report")),
        sa.UniqueConstraint(
            "attempt_id",
            "question_revision_id",
            name=op.f("uq_question_report_attempt_id_question_revision_id"),
        ),
    )
    op.create_index(
        op.f("ix_question_report_question_revision_id"),
        "question_report",
        ["question_revision_id"],
        unique=False,
    )
    op.create_table(
        "slot_question",
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("question_revision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_revision_id"],
            ["question_revision.id"],
            name=op.f("fk_slot_question_question_revision_id_question_revision"),
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["quiz_slot.id"], name=op.f("fk_slot_question_slot_id_quiz_slot")
        ),
        sa.PrimaryKeyConstraint("slot_id", "question_revision_id", name=op.f("pk_slot_question")),
        sa.UniqueConstraint("slot_id", "position", name=op.f("uq_slot_question_slot_id_position")),
    )

    dialect = op.get_bind().dialect.name
    for table in ("question_revision", "question_key", "unlock"):
        for statement in triggers.append_only(dialect, table):
            op.execute(statement)
    message = "a published revision never changes"
    revision_of = {
        "quiz_revision": "r.id = {row}.course_revision_id",
        "quiz_slot": "r.id = (SELECT q.course_revision_id FROM quiz_revision q WHERE q.id = {row}.quiz_revision_id)",
        "slot_question": (
            "r.id = (SELECT q.course_revision_id FROM quiz_revision q JOIN quiz_slot s ON s.quiz_revision_id = q.id"
            " WHERE s.id = {row}.slot_id)"
        ),
    }
    for table, which in revision_of.items():
        for operation, rows in (("INSERT", ["NEW"]), ("UPDATE", ["OLD", "NEW"]), ("DELETE", ["OLD"])):
            either = " OR ".join(which.format(row=row) for row in rows)
            condition = f"EXISTS (SELECT 1 FROM course_revision r WHERE ({either}) AND r.state = 'published')"
            for statement in triggers.refuse(dialect, table, "published", operation, condition, message):
                op.execute(statement)
    for table in revision_of:
        for statement in triggers.no_truncate(dialect, table):
            op.execute(statement)
    # An attempt is open or graded; once graded, nothing of it changes, and nothing of it is ever deleted.
    for statement in triggers.refuse(
        dialect, "attempt", "closed", "UPDATE", "OLD.closed_at IS NOT NULL", "a closed attempt never changes"
    ):
        op.execute(statement)
    closed = "EXISTS (SELECT 1 FROM attempt a WHERE a.id = {row}.attempt_id AND a.closed_at IS NOT NULL)"
    for operation, row in (("INSERT", "NEW"), ("UPDATE", "OLD")):
        for statement in triggers.refuse(
            dialect,
            "attempt_question",
            "closed",
            operation,
            closed.format(row=row),
            "a closed attempt never changes",
        ):
            op.execute(statement)
    for table in ("attempt", "attempt_question"):
        for statement in triggers.refuse(dialect, table, "kept", "DELETE", "", f"{table} is never deleted"):
            op.execute(statement)
        for statement in triggers.no_truncate(dialect, table):
            op.execute(statement)


def downgrade() -> None:
    """Drop the triggers' functions and the tables."""
    for statement in triggers.drop_all(op.get_bind().dialect.name, TABLES):
        op.execute(statement)
    op.drop_table("slot_question")
    op.drop_index(op.f("ix_question_report_question_revision_id"), table_name="question_report")
    op.drop_table("question_report")
    op.drop_index(op.f("ix_attempt_question_question_revision_id"), table_name="attempt_question")
    op.drop_table("attempt_question")
    op.drop_table("quiz_slot")
    op.drop_index(
        "uq_attempt_open",
        table_name="attempt",
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.drop_index(op.f("ix_attempt_quiz_id"), table_name="attempt")
    op.drop_index(op.f("ix_attempt_officer_id"), table_name="attempt")
    op.drop_index(op.f("ix_attempt_enrolment_id"), table_name="attempt")
    op.drop_table("attempt")
    op.drop_index(op.f("ix_unlock_officer_id"), table_name="unlock")
    op.drop_table("unlock")
    op.drop_table("quiz_revision")
    op.drop_table("question_key")
    op.drop_index(
        "uq_quiz_exam",
        table_name="quiz",
        postgresql_where=sa.text("module_id IS NULL"),
        sqlite_where=sa.text("module_id IS NULL"),
    )
    op.drop_table("quiz")
    op.drop_table("question_revision")
    op.drop_index(
        "uq_time_factor_open",
        table_name="time_factor",
        postgresql_where=sa.text("to_on IS NULL"),
        sqlite_where=sa.text("to_on IS NULL"),
    )
    op.drop_index(op.f("ix_time_factor_officer_id"), table_name="time_factor")
    op.drop_table("time_factor")
    op.drop_table("question")
