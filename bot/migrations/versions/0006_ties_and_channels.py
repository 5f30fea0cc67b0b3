"""Which forwardings of a complaint count since it was contested."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


# What was contested before this was made may be passed on again, too.
_CONTESTED = """
    UPDATE forwarding SET earlier = TRUE
    WHERE complaint_id IN (SELECT id FROM complaint WHERE contested AND forwarded_at IS NULL)
"""


def upgrade() -> None:
    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("earlier", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(_CONTESTED)
    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.alter_column("earlier", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.drop_column("earlier")
