"""The outbox of staff alerts: one row to be sent, without content.

Never here: a person who writes, a country, a code.
"""

import uuid
from datetime import datetime

from sqlmodel import Field

from bot.db import Table, UTCDateTime, now


class Alert(Table, table=True):
    """Something waits for this account. Written in the transaction that makes it wait; sent by ``bot.jobs``."""

    __tablename__ = "alert"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    due_at: datetime = Field(default_factory=now, sa_type=UTCDateTime, index=True)
    """Not before this: later tries wait longer."""
    tries: int = 0
    leased_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """A sender has it; after this another may."""
