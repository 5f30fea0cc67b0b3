"""Each complaint stands in a figure once, whatever is done to it again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.add_column(sa.Column("in_figures", sa.String(), nullable=False, server_default=""))
    _what_was_counted()
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.alter_column("in_figures", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.drop_column("in_figures")


def _what_was_counted() -> None:
    """Of complaints that are here already, as far as their rows tell: what was counted is not counted again. One that was accepted,
    given back and neither answered nor closed may be, once."""
    complaint = sa.table(
        "complaint",
        sa.column("id"),
        sa.column("state"),
        sa.column("accepted_at"),
        sa.column("contested", sa.Boolean()),
        sa.column("in_figures", sa.String()),
    )
    item = sa.table("complaint_item", sa.column("complaint_id"), sa.column("kind"))
    answered = sa.exists().where(item.c.complaint_id == complaint.c.id, item.c.kind == "answer")
    closed = (complaint.c.state == "closed") | complaint.c.contested.is_(True)
    met = {
        "complaint_accept": complaint.c.accepted_at.is_not(None) | answered | closed,
        "complaint_answer": answered | closed,
        "complaint_outcome": closed,
    }
    here = complaint.c.state != "withdrawn"
    for what, when in met.items():
        begun = sa.case((complaint.c.in_figures == "", ","), else_=complaint.c.in_figures)
        op.execute(sa.update(complaint).where(here, when).values(in_figures=begun + f"{what},"))
