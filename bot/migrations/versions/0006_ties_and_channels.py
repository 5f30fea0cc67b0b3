"""Which employer an organisation of the directory is; which forwardings of a complaint count since it was contested."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.places import fold

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

    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("earlier", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(_CONTESTED)
    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.alter_column("earlier", server_default=None)


def downgrade() -> None:
    op.drop_table("employer_listing")
    with op.batch_alter_table("forwarding", schema=None) as batch_op:
        batch_op.drop_column("earlier")
