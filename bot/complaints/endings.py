"""How a complaint stops being worked on: it waits again, or is closed.

Here belongs what is changed and what remains at each of these, for a locked row, in the caller's transaction. Never here: who may
do it (``desk``), when the clock does it (``clock``), withdrawing (``code``).
"""

from __future__ import annotations

import types
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints import routing, storing
from bot.complaints.counting import count_step
from bot.complaints.deadlines import Deadlines
from bot.complaints.storing import Complaints
from bot.complaints.telling import telling


async def requeue(
    connection: AsyncConnection, deadlines: Deadlines, row: Any, now: datetime, *, not_told: str = "", **values: Any
) -> tuple[uuid.UUID, ...]:
    """Let a complaint wait to be accepted again; whom to alert of it. Its other deadlines go on.

    ``not_told``: id (hex) of who gave it back. ``values``: further columns. Raises ``rows.Changed``."""
    state = {
        "state": "received",
        "held_by": None,
        "accepted_at": None,
        "accept_by": None if row.accept_by is None else now + deadlines.accept,
        "alerted": (),
        "escalates_at": None,
    } | values
    after = types.SimpleNamespace(**{**row._mapping, **state})
    units = await routing.units_of(connection, row.id)
    told = telling(await routing.readers(connection), after, now, deadlines, units, not_told=not_told)
    alerted = (*after.alerted, *([not_told] if not_told else []), *told.alerted)
    state |= {"level": told.level, "alerted": alerted, "escalates_at": deadlines.next_after(after, now)}
    await storing.rows.change(connection, row, **state)
    return told.staff


async def close(connection: AsyncConnection, complaints: Complaints, row: Any, outcome: str, now: datetime) -> None:
    """Close it. Card and notes go some weeks later, so that it can be contested; the code, the outcome and the sealed answers stay
    until they were read, and a while longer. Raises ``rows.Changed``."""
    unread = bool(await storing.rows.number_of(connection, row.id, "answer", unread=True))
    until = min(row.expires_at, complaints.deadlines.wiped_at(now))
    await storing.rows.change(
        connection,
        row,
        state="closed",
        outcome=outcome,
        closed_at=now,
        forgotten_at=complaints.lifetimes.forgotten_at(now, row.read_at, unread=unread),
        expires_at=until,
        escalates_at=None,
        alerted=(),
        asks=False,
    )
    await storing.keep_said_until(connection, row.id, until)
    await storing.keep_answers_until(connection, row.id, now + complaints.lifetimes.closed)
    if outcome:
        await count_step(connection, row, now, "complaint_outcome", outcome)


def concerned(among: Iterable[routing.Reader], row: Any, units: Iterable[str]) -> list[uuid.UUID]:
    """Who is told that the person wrote: who holds it, and the units to which it was forwarded."""
    passed = tuple(units)
    return [
        each.actor.id
        for each in among
        if each.level(row, passed) and (each.actor.id == row.held_by or routing.investigates(each.ties, row, passed))
    ]
