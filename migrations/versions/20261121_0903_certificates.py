"""Create certificates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from lms import triggers

revision = "20261121_0903_certificates"
down_revision = "20261121_0902_assessments"
branch_labels = None
depends_on = None

TABLES = (
    "serial_counter",
    "certificate",
    "certificate_file",
)


def upgrade() -> None:
    """Create the tables, then the triggers that keep what they promise."""
    op.create_table(
        "serial_counter",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_serial_counter_course_id_course")
        ),
        sa.PrimaryKeyConstraint("course_id", "year", name=op.f("pk_serial_counter")),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("completion_id", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("running_number", sa.Integer(), nullable=False),
        sa.Column("verification_code", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("snapshot", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("revoked_by_id", sa.Integer(), nullable=True),
        sa.Column("revocation_reason", sa.String(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revocation_reason IS NULL)", name=op.f("ck_certificate_revocation")
        ),
        sa.ForeignKeyConstraint(
            ["completion_id"], ["completion.id"], name=op.f("fk_certificate_completion_id_completion")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_certificate_course_id_course")),
        sa.ForeignKeyConstraint(["officer_id"], ["person.id"], name=op.f("fk_certificate_officer_id_person")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["certificate.id"], name=op.f("fk_certificate_replaces_id_certificate")
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by_id"], ["person.id"], name=op.f("fk_certificate_revoked_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint(
            "course_id", "year", "running_number", name=op.f("uq_certificate_course_id_year_running_number")
        ),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_certificate_replaces_id")),
        sa.UniqueConstraint("serial", name=op.f("uq_certificate_serial")),
        sa.UniqueConstraint("verification_code", name=op.f("uq_certificate_verification_code")),
    )
    op.create_index(op.f("ix_certificate_completion_id"), "certificate", ["completion_id"], unique=False)
    op.create_index(op.f("ix_certificate_course_id"), "certificate", ["course_id"], unique=False)
    op.create_index(op.f("ix_certificate_officer_id"), "certificate", ["officer_id"], unique=False)
    op.create_index(
        "uq_certificate_first",
        "certificate",
        ["completion_id"],
        unique=True,
        postgresql_where=sa.text("replaces_id IS NULL"),
        sqlite_where=sa.text("replaces_id IS NULL"),
    )
    op.create_index(
        "uq_certificate_in_force",
        "certificate",
        ["officer_id", "course_id", "cycle"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL AND superseded_at IS NULL"),
        sqlite_where=sa.text("revoked_at IS NULL AND superseded_at IS NULL"),
    )
    op.create_table(
        "certificate_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_certificate_file_certificate_id_certificate"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_file")),
        sa.UniqueConstraint(
            "certificate_id", "language", name=op.f("uq_certificate_file_certificate_id_language")
        ),
    )
    op.create_index(
        op.f("ix_certificate_file_certificate_id"), "certificate_file", ["certificate_id"], unique=False
    )
    op.create_index(op.f("ix_certificate_file_sha256"), "certificate_file", ["sha256"], unique=False)

    dialect = op.get_bind().dialect.name
    for statement in triggers.append_only(dialect, "certificate_file"):
        op.execute(statement)
    for statement in triggers.refuse(
        dialect, "certificate", "kept", "DELETE", "", "certificate is never deleted"
    ):
        op.execute(statement)
    for statement in triggers.no_truncate(dialect, "certificate"):
        op.execute(statement)
    # What was issued never changes; revoking and superseding fill their own columns, once.
    text = {"sqlite": "{row}.snapshot", "postgresql": "{row}.snapshot::text"}[dialect]
    issued = (
        "officer_id",
        "course_id",
        "completion_id",
        "cycle",
        "serial",
        "year",
        "running_number",
        "verification_code",
        "issued_at",
        "issued_on",
    )
    changed = " OR ".join(
        [f"NEW.{column} <> OLD.{column}" for column in issued]
        + [
            f"{text.format(row='NEW')} <> {text.format(row='OLD')}",
            "coalesce(NEW.expires_on, '0001-01-01') <> coalesce(OLD.expires_on, '0001-01-01')",
            "coalesce(NEW.replaces_id, 0) <> coalesce(OLD.replaces_id, 0)",
            "(OLD.revoked_at IS NOT NULL AND (NEW.revoked_at IS NULL OR NEW.revoked_at <> OLD.revoked_at"
            " OR NEW.revocation_reason <> OLD.revocation_reason))",
            "(OLD.superseded_at IS NOT NULL AND (NEW.superseded_at IS NULL OR NEW.superseded_at <> OLD.superseded_at))",
        ]
    )
    for statement in triggers.refuse(
        dialect, "certificate", "issued", "UPDATE", changed, "an issued certificate never changes"
    ):
        op.execute(statement)


def downgrade() -> None:
    """Drop the triggers' functions and the tables."""
    for statement in triggers.drop_all(op.get_bind().dialect.name, TABLES):
        op.execute(statement)
    op.drop_index(op.f("ix_certificate_file_sha256"), table_name="certificate_file")
    op.drop_index(op.f("ix_certificate_file_certificate_id"), table_name="certificate_file")
    op.drop_table("certificate_file")
    op.drop_index(
        "uq_certificate_in_force",
        table_name="certificate",
        postgresql_where=sa.text("revoked_at IS NULL AND superseded_at IS NULL"),
        sqlite_where=sa.text("revoked_at IS NULL AND superseded_at IS NULL"),
    )
    op.drop_index(
        "uq_certificate_first",
        table_name="certificate",
        postgresql_where=sa.text("replaces_id IS NULL"),
        sqlite_where=sa.text("replaces_id IS NULL"),
    )
    op.drop_index(op.f("ix_certificate_officer_id"), table_name="certificate")
    op.drop_index(op.f("ix_certificate_course_id"), table_name="certificate")
    op.drop_index(op.f("ix_certificate_completion_id"), table_name="certificate")
    op.drop_table("certificate")
    op.drop_table("serial_counter")
