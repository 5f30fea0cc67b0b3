"""How much the people on duty carry: open tickets against their cap, heavy requests, pauses, the end of a shift (M-7).

Here belong the counts and what follows from them for the one who works. Numbers only: never what a ticket is about, and never
a list of who found what heavy. Never here: claiming (``bot.tickets``), who is on duty (``duty``), pages.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.roster.snapshot import RosterSnapshot
from bot.roster.tables import HeavyMark
from bot.staff.tables import Staff
from bot.tickets.tables import Ticket

HEAVY_BEFORE_PAUSE: Final = 3
"""Default of ``Settings.heavy_before_pause``."""
DEBRIEF_BEFORE: Final = timedelta(minutes=30)
"""So long before the end of a shift somebody is reminded to debrief."""
DEBRIEF_AFTER: Final = timedelta(minutes=60)
"""And so long after it, while they are still signed in."""
OFF_SHIFT_SINCE: Final = timedelta(hours=12)
"""Heavy requests of somebody who is not on shift are counted over this time."""
MARKS_KEPT: Final = timedelta(days=2)

_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_ticket: Any = Ticket.__table__  # type: ignore[attr-defined]
_mark: Any = HeavyMark.__table__  # type: ignore[attr-defined]


class Load(NamedTuple):
    """What one account carries now: numbers for a supervisor, without content."""

    open: int
    """Tickets that it holds."""
    cap: int
    heavy: int
    """Requests that it found heavy in the last ``OFF_SHIFT_SINCE``."""

    @property
    def full(self) -> bool:
        return self.open >= self.cap


class Care(NamedTuple):
    """What the desk says to somebody about their own work."""

    open: int
    cap: int
    heavy: int
    """Requests found heavy since this shift began."""
    pause: bool
    """So many heavy ones since the last pause that a pause is due."""
    ends_at: datetime | None
    """When this shift ends; None: not on shift."""
    debrief: bool
    """The shift ends soon, or has just ended: talk it over with somebody."""
    hand_over: bool
    """Off shift with open tickets: they wait for somebody who is on."""


# --- open tickets ----------------------------------------------------------------------------------------------------


async def open_tickets(connection: AsyncConnection, staff_id: uuid.UUID, *, training: bool = False) -> int:
    """How many tickets the account holds; invented ones are counted apart (``training``)."""
    held = (_ticket.c.claimed_by == staff_id) & (_ticket.c.state == "claimed") & (_ticket.c.training == training)
    return int((await connection.execute(select(func.count()).where(held))).scalar_one())


async def may_claim(connection: AsyncConnection, staff_id: uuid.UUID, *, training: bool = False) -> bool:
    """Whether the account holds fewer tickets than its cap. False for an account that is gone.

    Exact only while nobody else claims for the same account: whoever asks in order to claim locks the account's row first.
    """
    cap = (await connection.execute(select(_staff.c.load_cap).where(_staff.c.id == staff_id))).scalar()
    return cap is not None and await open_tickets(connection, staff_id, training=training) < cap


async def loads(connection: AsyncConnection, staff_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, Load]:
    """Account -> what it carries, for those of these accounts that exist."""
    caps = {
        key: cap for key, cap in await connection.execute(select(_staff.c.id, _staff.c.load_cap).where(_staff.c.id.in_(staff_ids)))
    }
    held = (_ticket.c.state == "claimed") & (_ticket.c.training.is_(False)) & _ticket.c.claimed_by.in_(caps)
    asked = select(_ticket.c.claimed_by, func.count()).where(held).group_by(_ticket.c.claimed_by)
    open_ones = {key: number for key, number in await connection.execute(asked)}
    recent = _mark.c.staff_id.in_(caps) & (_mark.c.at > now - OFF_SHIFT_SINCE) & (_mark.c.at <= now)
    found = select(_mark.c.staff_id, func.count()).where(recent).group_by(_mark.c.staff_id)
    heavy = {key: number for key, number in await connection.execute(found)}
    return {key: Load(open_ones.get(key, 0), cap, heavy.get(key, 0)) for key, cap in caps.items()}


# --- heavy requests --------------------------------------------------------------------------------------------------


async def mark_heavy(connection: AsyncConnection, staff_id: uuid.UUID, ticket_id: bytes, now: datetime) -> None:
    """The account found this request heavy; twice is once. In the caller's transaction."""
    mark = hashlib.sha256(b"faro heavy" + ticket_id).digest()[:16]
    there = select(_mark.c.mark).where(_mark.c.staff_id == staff_id, _mark.c.mark == mark)
    if (await connection.execute(there)).first() is None:
        await connection.execute(insert(_mark).values(staff_id=staff_id, mark=mark, at=now, paused=False))


async def pause_taken(connection: AsyncConnection, staff_id: uuid.UUID) -> None:
    """The account took its pause: the prompt counts from here on. In the caller's transaction."""
    await connection.execute(update(_mark).where(_mark.c.staff_id == staff_id).values(paused=True))


async def forget_marks(connection: AsyncConnection, now: datetime) -> int:
    """Delete marks older than ``MARKS_KEPT``; how many. For a job."""
    return int((await connection.execute(delete(_mark).where(_mark.c.at <= now - MARKS_KEPT))).rowcount)


# --- one's own work --------------------------------------------------------------------------------------------------


async def care(
    connection: AsyncConnection,
    roster: RosterSnapshot,
    staff_id: uuid.UUID,
    now: datetime,
    *,
    heavy_before_pause: int = HEAVY_BEFORE_PAUSE,
) -> Care:
    """What the desk says to this account at ``now``. ``heavy_before_pause``: the setting of that name."""
    carried = (await loads(connection, [staff_id], now)).get(staff_id, Load(0, 0, 0))
    shift = roster.shift_of(staff_id, now)
    since = shift[0] if shift else now - OFF_SHIFT_SINCE
    asked = select(_mark.c.paused).where(_mark.c.staff_id == staff_id, _mark.c.at >= since, _mark.c.at <= now)
    paused = list((await connection.execute(asked)).scalars())
    ends_at = shift[1] if shift else None
    ending = ends_at is not None and ends_at - now <= DEBRIEF_BEFORE
    return Care(
        open=carried.open,
        cap=carried.cap,
        heavy=len(paused),
        pause=paused.count(False) >= heavy_before_pause,
        ends_at=ends_at,
        debrief=ending or (shift is None and roster.on_shift(staff_id, now - DEBRIEF_AFTER)),
        hand_over=shift is None and carried.open > 0,
    )
