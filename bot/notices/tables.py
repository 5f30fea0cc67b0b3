"""The table of notices. What people read is typed by a named role, checked, and agreed to by somebody of another organisation
before it is published (E-9, M-8).

Never here: anything about a person or a complaint.
"""

import uuid
from datetime import datetime

from sqlmodel import Field

from bot.db import Table, UTCDateTime, now


class Notice(Table, table=True):
    """One short text in three languages, with an end."""

    __tablename__ = "notice"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    kind: str = Field(max_length=8)
    """``rumour``: a question that went round, and its answer. ``changed``: what the network changed."""
    country: str = Field(default="", max_length=2)
    """Empty: every country."""
    title_es: str = Field(max_length=60)
    title_en: str = Field(max_length=60)
    title_pt: str = Field(max_length=60)
    text_es: str = Field(max_length=300)
    text_en: str = Field(max_length=300)
    text_pt: str = Field(max_length=300)
    by: str = Field(max_length=40)
    """Label of the account that wrote it."""
    agreed_by: str = Field(default="", max_length=40)
    """Label of the account of another organisation that agreed; empty: it waits, and nobody reads it."""
    days: int = 0
    """For how long it stands, from the moment at which somebody agreed."""
    published_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    """While it waits: when somebody else was asked."""
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)
    """Shown until then, at most 180 days. While it waits: until when somebody may agree."""
    paused_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When somebody first asked to take it back."""
