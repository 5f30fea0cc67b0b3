"""A notice waits until somebody of another organisation has agreed to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agreed_by", sa.String(length=40), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("days", sa.Integer(), nullable=False, server_default="0"))
    notice = sa.table("notice", sa.column("by", sa.String()), sa.column("agreed_by", sa.String()))
    # What was published before took one person: who that was stands in both places, and it goes on standing.
    op.execute(sa.update(notice).values(agreed_by=notice.c.by))
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.alter_column("agreed_by", server_default=None)
        batch_op.alter_column("days", server_default=None)


def downgrade() -> None:
    notice = sa.table("notice", sa.column("agreed_by", sa.String()))
    # Without the column, everybody would read what waits.
    op.execute(sa.delete(notice).where(notice.c.agreed_by == ""))
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_column("days")
        batch_op.drop_column("agreed_by")
