"""Create thanks."""

import sqlalchemy as sa
from alembic import op

revision = "kudos_0001"
down_revision = None
branch_labels = ("kudos",)
depends_on = "20261121_0900_core"


def upgrade() -> None:
    op.create_table(
        "kudos_thanks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=True),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name="fk_kudos_thanks_from_id_person"),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name="fk_kudos_thanks_to_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_kudos_thanks"),
    )
    op.create_index("ix_kudos_thanks_to_id", "kudos_thanks", ["to_id"])
    op.create_table(
        "kudos_motto",
        sa.Column("course_revision_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("course_revision_id", name="pk_kudos_motto"),
    )


def downgrade() -> None:
    op.drop_table("kudos_motto")
    op.drop_table("kudos_thanks")
