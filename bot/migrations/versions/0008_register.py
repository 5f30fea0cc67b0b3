"""Each complaint stands in a figure once, whatever is done to it again; what became of one that is gone, as a number."""

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

    op.create_table(
        "complaint_past",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("inbox", sa.String(length=8), nullable=False),
        sa.Column("about", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("accepted", sa.String(length=7), nullable=False),
        sa.Column("forwarded", sa.String(length=7), nullable=False),
        sa.Column("answered", sa.String(length=7), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("contested", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "week", "country", "inbox", "about", "outcome", "accepted", "forwarded", "answered", "received", "contested",
            name=op.f("pk_complaint_past"),
        ),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("complaint_past")
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
    passed = sa.table("forwarding", sa.column("complaint_id"))
    answered = sa.exists().where(item.c.complaint_id == complaint.c.id, item.c.kind == "answer")
    passed_on = sa.exists().where(passed.c.complaint_id == complaint.c.id)
    closed = (complaint.c.state == "closed") | complaint.c.contested.is_(True)
    met = {
        "complaint_accept": complaint.c.accepted_at.is_not(None) | answered | closed,
        "complaint_answer": answered | closed,
        "complaint_forward": passed_on,
        "complaint_outcome": closed,
    }
    here = complaint.c.state != "withdrawn"
    for what, when in met.items():
        begun = sa.case((complaint.c.in_figures == "", ","), else_=complaint.c.in_figures)
        op.execute(sa.update(complaint).where(here, when).values(in_figures=begun + f"{what},"))
