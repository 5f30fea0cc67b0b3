"""The tables of the directory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "directory_stamp",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_stamp")),
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("licence", sa.String(length=200), nullable=False),
        sa.Column("attribution", sa.String(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_table(
        "complaint_channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("independent", sa.Boolean(), nullable=False),
        sa.Column("free", sa.Boolean(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.String(length=10), server_default="hidden", nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_on", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience IN ('public', 'on_request', 'members', 'hidden')", name=op.f("ck_complaint_channel_audience")),
        sa.CheckConstraint("how IN ('phone', 'email', 'box', 'desk', 'web', 'text')", name=op.f("ck_complaint_channel_how")),
        sa.CheckConstraint("(approved_by IS NULL) = (approved_on IS NULL)", name=op.f("ck_complaint_channel_approved")),
        sa.CheckConstraint("length(country) = 2 AND country = upper(country)", name=op.f("ck_complaint_channel_country")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_complaint_channel_organization_id_organization"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_channel")),
    )
    with op.batch_alter_table("complaint_channel", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaint_channel_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "location",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("location_type", sa.String(length=8), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("municipality", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("wheelchair", sa.Boolean(), nullable=True),
        sa.Column("sign_language", sa.Boolean(), nullable=True),
        sa.Column("discreet", sa.Boolean(), nullable=False),
        sa.CheckConstraint("location_type IN ('physical', 'postal', 'virtual')", name=op.f("ck_location_location_type")),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_location_point")),
        sa.CheckConstraint(
            "NOT discreet OR (address IS NULL AND latitude IS NULL AND longitude IS NULL)", name=op.f("ck_location_discreet")
        ),
        sa.CheckConstraint("latitude IS NULL OR (latitude BETWEEN -90 AND 90)", name=op.f("ck_location_latitude")),
        sa.CheckConstraint("length(country) = 2 AND country = upper(country)", name=op.f("ck_location_country")),
        sa.CheckConstraint("longitude IS NULL OR (longitude BETWEEN -180 AND 180)", name=op.f("ck_location_longitude")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_location_organization_id_organization"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("id", "discreet", name=op.f("uq_location_id_discreet")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_location_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "service",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.Column("specialised", sa.Boolean(), nullable=False),
        sa.Column("languages", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("free", sa.Boolean(), nullable=True),
        sa.Column("cost", sa.String(), nullable=True),
        sa.Column("papers", sa.Boolean(), nullable=True),
        sa.Column("papers_text", sa.String(), nullable=True),
        sa.Column("people_women", sa.Boolean(), nullable=True),
        sa.Column("people_men", sa.Boolean(), nullable=True),
        sa.Column("people_children", sa.Boolean(), nullable=True),
        sa.Column("people_lgbtiq", sa.Boolean(), nullable=True),
        sa.Column("people_disabilities", sa.Boolean(), nullable=True),
        sa.Column("min_age", sa.Integer(), nullable=True),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column("authority", sa.String(length=16), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("verified_by", sa.String(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.CheckConstraint("authority IN ('', 'police', 'migration', 'informs')", name=op.f("ck_service_authority")),
        sa.CheckConstraint("status IN ('active', 'temporarily closed', 'inactive', 'defunct')", name=op.f("ck_service_status")),
        sa.CheckConstraint("length(short_name) <= 32", name=op.f("ck_service_short_name")),
        sa.CheckConstraint("min_age IS NULL OR max_age IS NULL OR min_age <= max_age", name=op.f("ck_service_ages")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_service_organization_id_organization"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("service", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_service_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "service_at_location",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("discreet", sa.Boolean(), nullable=False),
        sa.Column("remote", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.String(length=10), server_default="hidden", nullable=False),
        sa.Column("audience_name", sa.String(length=10), nullable=True),
        sa.Column("audience_organisation", sa.String(length=10), nullable=True),
        sa.Column("audience_address", sa.String(length=10), nullable=True),
        sa.Column("audience_point", sa.String(length=10), nullable=True),
        sa.Column("audience_municipality", sa.String(length=10), nullable=True),
        sa.Column("audience_phones", sa.String(length=10), nullable=True),
        sa.Column("audience_email", sa.String(length=10), nullable=True),
        sa.Column("audience_url", sa.String(length=10), nullable=True),
        sa.Column("audience_hours", sa.String(length=10), nullable=True),
        sa.Column("audience_texts", sa.String(length=10), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("source_row", sa.String(), nullable=False),
        sa.Column("held_back", sa.String(), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_on", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("NOT sensitive OR audience = 'public' OR discreet", name=op.f("ck_service_at_location_sensitive")),
        sa.CheckConstraint(
            "audience IN ('public', 'on_request', 'members', 'hidden')", name=op.f("ck_service_at_location_audience")
        ),
        sa.CheckConstraint(
            "audience_address IN ('public', 'on_request', 'members', 'hidden') OR audience_address IS NULL",
            name=op.f("ck_service_at_location_audience_address"),
        ),
        sa.CheckConstraint(
            "audience_email IN ('public', 'on_request', 'members', 'hidden') OR audience_email IS NULL",
            name=op.f("ck_service_at_location_audience_email"),
        ),
        sa.CheckConstraint(
            "audience_hours IN ('public', 'on_request', 'members', 'hidden') OR audience_hours IS NULL",
            name=op.f("ck_service_at_location_audience_hours"),
        ),
        sa.CheckConstraint(
            "audience_municipality IN ('public', 'on_request', 'members', 'hidden') OR audience_municipality IS NULL",
            name=op.f("ck_service_at_location_audience_municipality"),
        ),
        sa.CheckConstraint(
            "audience_name IN ('public', 'on_request', 'members', 'hidden') OR audience_name IS NULL",
            name=op.f("ck_service_at_location_audience_name"),
        ),
        sa.CheckConstraint(
            "audience_organisation IN ('public', 'on_request', 'members', 'hidden') OR audience_organisation IS NULL",
            name=op.f("ck_service_at_location_audience_organisation"),
        ),
        sa.CheckConstraint(
            "audience_phones IN ('public', 'on_request', 'members', 'hidden') OR audience_phones IS NULL",
            name=op.f("ck_service_at_location_audience_phones"),
        ),
        sa.CheckConstraint(
            "audience_point IN ('public', 'on_request', 'members', 'hidden') OR audience_point IS NULL",
            name=op.f("ck_service_at_location_audience_point"),
        ),
        sa.CheckConstraint(
            "audience_texts IN ('public', 'on_request', 'members', 'hidden') OR audience_texts IS NULL",
            name=op.f("ck_service_at_location_audience_texts"),
        ),
        sa.CheckConstraint(
            "audience_url IN ('public', 'on_request', 'members', 'hidden') OR audience_url IS NULL",
            name=op.f("ck_service_at_location_audience_url"),
        ),
        sa.CheckConstraint("(approved_by IS NULL) = (approved_on IS NULL)", name=op.f("ck_service_at_location_approved")),
        sa.ForeignKeyConstraint(
            ["location_id", "discreet"],
            ["location.id", "location.discreet"],
            name=op.f("fk_service_at_location_location_id_discreet_location"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_service_at_location_service_id_service"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_service_at_location_source_id_source")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_service_at_location")),
        sa.UniqueConstraint("id", name=op.f("uq_service_at_location_id")),
        sa.UniqueConstraint("service_id", "location_id", name=op.f("uq_service_at_location_service_id_location_id")),
    )
    with op.batch_alter_table("service_at_location", schema=None) as batch_op:
        batch_op.create_index("ix_service_at_location_location_id_discreet", ["location_id", "discreet"], unique=False)
        batch_op.create_index(batch_op.f("ix_service_at_location_source_id"), ["source_id"], unique=False)

    op.create_table(
        "service_text",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("original", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_service_text_service_id_service"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("service_id", "language", name=op.f("pk_service_text")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audience_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_at_location_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(length=16), nullable=True),
        sa.Column("before", sa.String(length=10), nullable=True),
        sa.Column("after", sa.String(length=10), nullable=True),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "after IN ('public', 'on_request', 'members', 'hidden') OR after IS NULL", name=op.f("ck_audience_change_after")
        ),
        sa.ForeignKeyConstraint(
            ["service_at_location_id"],
            ["service_at_location.id"],
            name=op.f("fk_audience_change_service_at_location_id_service_at_location"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audience_change")),
    )
    with op.batch_alter_table("audience_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audience_change_service_at_location_id"), ["service_at_location_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audience_change_version"), ["version"], unique=False)

    op.create_table(
        "phone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("service_at_location_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("shown", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Boolean(), nullable=False),
        sa.Column("whatsapp", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_at_location_id"],
            ["service_at_location.id"],
            name=op.f("fk_phone_service_at_location_id_service_at_location"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_phone_service_id_service"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone")),
    )
    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_service_at_location_id"), ["service_at_location_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_phone_service_id"), ["service_id"], unique=False)

    op.create_table(
        "schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("service_at_location_id", sa.Uuid(), nullable=True),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("weekdays", sa.String(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.Column("always", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "always OR (opens >= 0 AND opens < 1440 AND closes > opens AND closes <= 2880)", name=op.f("ck_schedule_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["service_at_location_id"],
            ["service_at_location.id"],
            name=op.f("fk_schedule_service_at_location_id_service_at_location"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_schedule_service_id_service"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
    )
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedule_service_at_location_id"), ["service_at_location_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_schedule_service_id"), ["service_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schedule_service_id"))
        batch_op.drop_index(batch_op.f("ix_schedule_service_at_location_id"))

    op.drop_table("schedule")
    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_phone_service_id"))
        batch_op.drop_index(batch_op.f("ix_phone_service_at_location_id"))

    op.drop_table("phone")
    with op.batch_alter_table("audience_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audience_change_version"))
        batch_op.drop_index(batch_op.f("ix_audience_change_service_at_location_id"))

    op.drop_table("audience_change")
    op.drop_table("service_text")
    with op.batch_alter_table("service_at_location", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_at_location_source_id"))
        batch_op.drop_index("ix_service_at_location_location_id_discreet")

    op.drop_table("service_at_location")
    with op.batch_alter_table("service", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_organization_id"))

    op.drop_table("service")
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_location_organization_id"))

    op.drop_table("location")
    with op.batch_alter_table("complaint_channel", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_complaint_channel_organization_id"))

    op.drop_table("complaint_channel")
    op.drop_table("source")
    op.drop_table("organization")
    op.drop_table("directory_stamp")
