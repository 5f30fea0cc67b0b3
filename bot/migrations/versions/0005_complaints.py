"""Complaints and feedback, what is sealed of them, remarks on the directory, notices, and who is tied to whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


# Whoever upgrades has accounts and organisations already: they are tied to nothing but themselves.
def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("title_es", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("title_pt", sa.String(length=60), nullable=False),
        sa.Column("text_es", sa.String(length=300), nullable=False),
        sa.Column("text_en", sa.String(length=300), nullable=False),
        sa.Column("text_pt", sa.String(length=300), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "remark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("day", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
        sa.UniqueConstraint("service_id", "what", "day", name=op.f("uq_remark_service_id_what_day")),
    )
    with op.batch_alter_table("remark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remark_country"), ["country"], unique=False)
        batch_op.create_index(batch_op.f("ix_remark_service_id"), ["service_id"], unique=False)

    op.create_table(
        "complaint",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("opening", sa.LargeBinary(), nullable=False),
        sa.Column("collision", sa.Integer(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("inbox", sa.String(length=8), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("about", sa.String(length=12), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("child", sa.Boolean(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accept_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forward_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forwarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("escalates_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alerted", sa.String(), nullable=False),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("refused", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contested", sa.Boolean(), nullable=False),
        sa.Column("concluded", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "about IN ('organisation', 'responders', 'official', 'police', 'soldier', 'smuggler', 'employer', 'other', "
            "'unknown', 'service', 'none')",
            name=op.f("ck_complaint_about"),
        ),
        sa.CheckConstraint("inbox IN ('psea', 'feedback')", name=op.f("ck_complaint_inbox")),
        sa.CheckConstraint("level IN ('focal', 'backup', 'network')", name=op.f("ck_complaint_level")),
        sa.CheckConstraint("state IN ('received', 'accepted', 'closed', 'withdrawn')", name=op.f("ck_complaint_state")),
        sa.CheckConstraint(
            "topic IN ('sexual', 'money', 'violence', 'threat', 'discrimination', 'papers', 'other_behaviour', "
            "'waited', 'turned_away', 'asked_money', 'disrespect', 'wrong_information', 'closed', 'thanks', "
            "'idea', 'rumour', 'other')",
            name=op.f("ck_complaint_topic"),
        ),
        sa.ForeignKeyConstraint(["held_by"], ["staff.id"], name=op.f("fk_complaint_held_by_staff"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("lookup", name=op.f("uq_complaint_lookup")),
        sa.UniqueConstraint("opening", name=op.f("uq_complaint_opening")),
    )
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaint_country"), ["country"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_escalates_at"), ["escalates_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_forgotten_at"), ["forgotten_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_held_by"), ["held_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_inbox"), ["inbox"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_state"), ["state"], unique=False)

    op.create_table(
        "complaint_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=7), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_item_complaint_id_complaint"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_item")),
        sa.UniqueConstraint("complaint_id", "message", name=op.f("uq_complaint_item_complaint_id_message")),
    )
    with op.batch_alter_table("complaint_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaint_item_complaint_id"), ["complaint_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_item_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "forwarding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.LargeBinary(), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_forwarding_by_staff"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_forwarding_complaint_id_complaint"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forwarding")),
    )
    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_forwarding_complaint_id"), ["complaint_id"], unique=False)

    op.create_table(
        "complaint_entry",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_complaint_entry")),
    )
    with op.batch_alter_table("complaint_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaint_entry_subject"), ["subject"], unique=False)

    with op.batch_alter_table("employer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into", sa.String(length=40), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("independent", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stands_in", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("investigates", sa.String(), nullable=False, server_default=""))
    # The defaults were for the rows that were there; the program gives every new row its values.
    for table, columns in (("employer", ("merged_into", "independent")), ("staff", ("stands_in", "investigates"))):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.alter_column(column, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_column("investigates")
        batch_op.drop_column("stands_in")

    with op.batch_alter_table("employer", schema=None) as batch_op:
        batch_op.drop_column("independent")
        batch_op.drop_column("merged_into")

    with op.batch_alter_table("complaint_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_complaint_entry_subject"))

    op.drop_table("complaint_entry")
    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_forwarding_complaint_id"))

    op.drop_table("forwarding")
    with op.batch_alter_table("complaint_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_complaint_item_expires_at"))
        batch_op.drop_index(batch_op.f("ix_complaint_item_complaint_id"))

    op.drop_table("complaint_item")
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_complaint_state"))
        batch_op.drop_index(batch_op.f("ix_complaint_inbox"))
        batch_op.drop_index(batch_op.f("ix_complaint_held_by"))
        batch_op.drop_index(batch_op.f("ix_complaint_forgotten_at"))
        batch_op.drop_index(batch_op.f("ix_complaint_expires_at"))
        batch_op.drop_index(batch_op.f("ix_complaint_escalates_at"))
        batch_op.drop_index(batch_op.f("ix_complaint_country"))

    op.drop_table("complaint")
    with op.batch_alter_table("remark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_remark_service_id"))
        batch_op.drop_index(batch_op.f("ix_remark_country"))

    op.drop_table("remark")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_expires_at"))

    op.drop_table("notice")
