"""Which employer an organisation of the directory is, what a complaint channel says of itself and when it was checked, and which
forwardings of a complaint count since it was contested."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.places import fold

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


_READ_BY = "read_by IN ('', 'staff', 'team', 'independent', 'network', 'authority')"
_SUBJECT = "(service_id IS NULL) <> (complaint_channel_id IS NULL)"
# What was contested before this was made may be passed on again, too.
_CONTESTED = """
    UPDATE forwarding SET earlier = TRUE
    WHERE complaint_id IN (SELECT id FROM complaint WHERE contested AND forwarded_at IS NULL)
"""


def upgrade() -> None:
    listing = op.create_table(
        "employer_listing",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("employer", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "employer", name=op.f("pk_employer_listing")),
    )
    # What is called alike now was tied by that alone: it stays tied when one of them is renamed.
    organisation = sa.table("organization", sa.column("id", sa.Uuid()), sa.column("name", sa.String()))
    called: dict[str, list[str]] = {}
    for key, name in op.get_bind().execute(sa.text("SELECT key, name FROM employer")):
        called.setdefault(fold(name), []).append(key)
    called.pop("", None)
    if called:
        listed = op.get_bind().execute(sa.select(organisation.c.id, organisation.c.name)).all()
        found = [(id, key) for id, name in listed for key in called.get(fold(name), ())]
        op.bulk_insert(listing, [{"organization_id": id, "employer": key} for id, key in found])

    with op.batch_alter_table("complaint_channel", schema=None) as batch_op:
        batch_op.add_column(sa.Column("languages", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("read_by", sa.String(length=11), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("verified_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("verified_by", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("review_on", sa.Date(), nullable=True))
    # Who approved it looked at it on that day. Without a day it would not be shown any more.
    op.execute("UPDATE complaint_channel SET verified_on = date(approved_on), verified_by = approved_by WHERE approved_by <> ''")
    with op.batch_alter_table("complaint_channel", schema=None) as batch_op:
        for column in ("languages", "read_by", "verified_by"):
            batch_op.alter_column(column, server_default=None)
        batch_op.create_check_constraint(batch_op.f("ck_complaint_channel_read_by"), _READ_BY)

    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.alter_column("service_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.add_column(sa.Column("complaint_channel_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_schedule_complaint_channel_id_complaint_channel"),
            "complaint_channel",
            ["complaint_channel_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch_op.create_check_constraint(batch_op.f("ck_schedule_subject"), _SUBJECT)
        batch_op.create_index(batch_op.f("ix_schedule_complaint_channel_id"), ["complaint_channel_id"], unique=False)

    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("earlier", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(_CONTESTED)
    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.alter_column("earlier", server_default=None)


def downgrade() -> None:
    op.drop_table("employer_listing")
    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.drop_column("earlier")

    op.execute("DELETE FROM schedule WHERE service_id IS NULL")
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schedule_complaint_channel_id"))
        batch_op.drop_constraint(batch_op.f("ck_schedule_subject"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_schedule_complaint_channel_id_complaint_channel"), type_="foreignkey")
        batch_op.drop_column("complaint_channel_id")
        batch_op.alter_column("service_id", existing_type=sa.Uuid(), nullable=False)

    with op.batch_alter_table("complaint_channel", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_complaint_channel_read_by"), type_="check")
        for column in ("review_on", "verified_by", "verified_on", "read_by", "languages"):
            batch_op.drop_column(column)
