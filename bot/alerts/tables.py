"""The outbox of staff alerts: one row to be sent, without content.

Never here: a person who writes, a country, a code.
"""

import uuid
from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from bot.db import Table, UTCDateTime, now


class Alert(Table, table=True):
    """Something waits for this account. Written in the transaction that makes it wait; sent by ``bot.jobs``.

    An account has one at most: a second request that comes before the first alert is out joins it."""

    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("staff_id"),)

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", ondelete="CASCADE")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    """When it was asked for last; a day later it is dropped."""
    due_at: datetime = Field(default_factory=now, sa_type=UTCDateTime, index=True)
    """Not before this: later tries wait longer."""
    tries: int = 0
    asked: int = 1
    """How often it was asked for. What is asked for while it is being sent shall be sent once more."""
    leased_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """A sender has it; after this another may."""
