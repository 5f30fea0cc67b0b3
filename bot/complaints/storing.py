"""What all acts on complaints share: the rows, and the wiping of what was said.

Here belongs what touches rows of complaints without knowing who asks. Never here: who may (``routing``), codes, times of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.complaints.deadlines import Deadlines
from bot.complaints.tables import Complaint, ComplaintItem, Forwarding
from bot.roster.tables import Holiday
from bot.sealing import Kind
from bot.tickets.guard import Guard
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.rows import SealedRows

complaint: Final[Any] = Complaint.__table__  # type: ignore[attr-defined]
item: Final[Any] = ComplaintItem.__table__  # type: ignore[attr-defined]
forwarding: Final[Any] = Forwarding.__table__  # type: ignore[attr-defined]
_holiday: Final[Any] = Holiday.__table__  # type: ignore[attr-defined]

rows: Final = SealedRows(complaint, item, "complaint_id")

#: What was said. Answers are the desk's words and only the code opens them.
SAID: Final[tuple[Kind, ...]] = ("card", "note")
OPEN: Final = ("received", "accepted")


@dataclasses.dataclass(frozen=True, slots=True)
class Complaints:
    """What every act on complaints needs. Made once a process, by the composition root. ``guard`` and ``lifetimes`` are those of
    requests: marks of messages, and how long a code lives."""

    engine: AsyncEngine
    guard: Guard
    deadlines: Deadlines = dataclasses.field(default_factory=Deadlines)
    lifetimes: Lifetimes = dataclasses.field(default_factory=Lifetimes)


async def closed_days(connection: AsyncConnection, country: str) -> frozenset[date]:
    """Days on which nobody works there."""
    asked = select(_holiday.c.day).where(_holiday.c.country == country, ~_holiday.c.works)
    return frozenset((await connection.execute(asked)).scalars())


def _said(complaint_id: bytes, at: datetime) -> Any:
    """Card and notes that are still there at that time."""
    return (item.c.complaint_id == complaint_id) & item.c.kind.in_(SAID) & (item.c.expires_at > at)


async def is_erased(connection: AsyncConnection, complaint_id: bytes, now: datetime) -> bool:
    """Whether nothing is left of what the person sent."""
    return (await connection.execute(select(item.c.id).where(_said(complaint_id, now)).limit(1))).first() is None


async def keep_said_until(connection: AsyncConnection, complaint_id: bytes, at: datetime) -> None:
    """Card and notes go then, or when they would have gone, whichever is earlier."""
    await connection.execute(update(item).where(_said(complaint_id, at)).values(expires_at=at))


async def keep_said_again(connection: AsyncConnection, complaint_id: bytes, now: datetime, at: datetime) -> None:
    """It is worked on again: what is still there of card and notes stays until then, as if it had never been closed; what would
    stay longer anyway does."""
    shorter = _said(complaint_id, now) & (item.c.expires_at < at)
    await connection.execute(update(item).where(shorter).values(expires_at=at))


async def keep_answers_until(connection: AsyncConnection, complaint_id: bytes, at: datetime) -> None:
    """The same for answers."""
    answers = (item.c.complaint_id == complaint_id) & (item.c.kind == "answer") & (item.c.expires_at > at)
    await connection.execute(update(item).where(answers).values(expires_at=at))


async def contest_course(connection: AsyncConnection, complaint_id: bytes) -> None:
    """What it was passed to so far is of before it was contested."""
    await connection.execute(update(forwarding).where(forwarding.c.complaint_id == complaint_id).values(earlier=True))


async def wipe_course(connection: AsyncConnection, complaint_id: bytes) -> None:
    """Delete to whom it was passed."""
    await connection.execute(delete(forwarding).where(forwarding.c.complaint_id == complaint_id))


async def forwarded_to(connection: AsyncConnection, complaint_ids: Iterable[bytes]) -> dict[bytes, list[Any]]:
    """Complaint -> its forwardings, oldest first."""
    asked = select(forwarding).where(forwarding.c.complaint_id.in_(list(complaint_ids)))
    found: dict[bytes, list[Any]] = {}
    for row in await connection.execute(asked.order_by(forwarding.c.at, forwarding.c.id)):
        found.setdefault(row.complaint_id, []).append(row)
    return found
