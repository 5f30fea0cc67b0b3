"""Tables of the roster.

Never here: queries, anything about a person who writes.
"""

import uuid
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlmodel import Field

from bot.db import Table, UTCDateTime, now

Duty = Literal["primary", "backup", "supervisor", "child"]
DUTIES: Final[tuple[Duty, ...]] = ("primary", "backup", "supervisor", "child")
Origin = Literal["desk", "file", "calendar", "law"]
"""Who wrote a row: a page of the desk, the roster file, an imported calendar, the holidays that the program brings along.
Loading again replaces what it wrote itself, and nothing else."""


class Shift(Table, table=True):
    """Every week the same, in the shift's own zone. ``closes`` may pass 1440 (midnight)."""

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("opens BETWEEN 0 AND 1439", name="opens"),
        CheckConstraint("closes > opens AND closes <= opens + 1440", name="closes"),
    )

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", ondelete="CASCADE", index=True)
    country: str = Field(max_length=2)
    area: str = Field(default="", max_length=60)
    """A part of the country in words, for whoever plans; empty: all of it."""
    duty: str = Field(max_length=10)
    weekday: int
    """0 = Monday."""
    opens: int
    """Minutes after midnight, wall clock."""
    closes: int
    zone: str = Field(max_length=40)
    """IANA time zone."""
    valid_from: date | None = None
    valid_until: date | None = None
    """Last day, inclusive; empty: until changed."""
    origin: str = Field(default="desk", max_length=8)


class ShiftException(Table, table=True):
    """A dated change: somebody is away (``off``), or on duty in addition (``extra``)."""

    __tablename__ = "shift_exception"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", ondelete="CASCADE", index=True)
    what: str = Field(max_length=5)
    """``off`` or ``extra``."""
    begins_at: datetime = Field(sa_type=UTCDateTime)
    ends_at: datetime = Field(sa_type=UTCDateTime)
    country: str = Field(default="", max_length=2)
    duty: str = Field(default="", max_length=10)
    """Both only for ``extra``."""
    origin: str = Field(default="desk", max_length=8)


class Holiday(Table, table=True):
    """A day on which the weekly shifts of a country do not hold (an ``extra`` does)."""

    __tablename__ = "holiday"
    __table_args__ = (UniqueConstraint("country", "day"),)

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    country: str = Field(max_length=2)
    day: date
    works: bool = False
    """True: listed so that the list is complete, but people are on duty."""
    added_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    origin: str = Field(default="desk", max_length=8)


class HeavyMark(Table, table=True):
    """Somebody on duty found a request heavy (M-7). It outlives close and hand-over, so that the count stays right, and
    names no ticket: ``mark`` is a hash of its random id, so that marking twice counts once."""

    __tablename__ = "heavy_mark"

    staff_id: uuid.UUID = Field(foreign_key="staff.id", ondelete="CASCADE", primary_key=True)
    mark: bytes = Field(sa_type=LargeBinary, primary_key=True)
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime, index=True)
    paused: bool = False
    """A pause was taken since: counts for the day, no longer for the prompt."""
