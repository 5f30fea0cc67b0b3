"""Who decided about a complaint channel, or about a whole source at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_channel_id", sa.Uuid(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("before", sa.String(length=10), nullable=False),
        sa.Column("after", sa.String(length=10), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("what IN ('audience', 'approval')", name=op.f("ck_decision_what")),
        sa.CheckConstraint("after IN ('public', 'on_request', 'members', 'hidden')", name=op.f("ck_decision_after")),
        sa.CheckConstraint("(complaint_channel_id IS NULL) <> (source_id IS NULL)", name=op.f("ck_decision_subject")),
        sa.ForeignKeyConstraint(
            ["complaint_channel_id"],
            ["complaint_channel.id"],
            name=op.f("fk_decision_complaint_channel_id_complaint_channel"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_decision_source_id_source"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_complaint_channel_id"), ["complaint_channel_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_source_id"), ["source_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_source_id"))
        batch_op.drop_index(batch_op.f("ix_decision_complaint_channel_id"))

    op.drop_table("decision")
