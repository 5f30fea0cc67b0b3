"""What happens to complaints by itself, because time passes (C-6, P-3).

Here belongs one tick: tell further people, free what nobody can work on any more, wipe what is over. ``bot.jobs`` calls it; any
number of workers may, at once. Never here: times of its own, a message to a person (E-1), pages.

Every complaint is one transaction that looks at the locked row again before it changes anything. A complaint that fails does not
keep the others waiting: the tick goes on, and raises at its end.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.complaints import endings, past, routing, storing, trail
from bot.complaints.deadlines import GRACE, LONGEST
from bot.complaints.routing import Reader
from bot.complaints.storing import OPEN, Complaints, complaint, item
from bot.complaints.telling import telling
from bot.staff import listings
from bot.staff.keys import key_ids
from bot.tickets import wraps
from bot.tickets.references import reference
from bot.tickets.rows import gone, transact


@dataclasses.dataclass(slots=True)
class Ticked:
    """How many of each."""

    told: int = 0
    """Complaints of which somebody further was told, or somebody again."""
    escalated: int = 0
    """Those of them that reached a further level."""
    freed: int = 0
    """Complaints that wait again, since who held them may not read them any more."""
    expired: int = 0
    """Envelopes whose time was over."""
    ended: int = 0
    """Complaints that nobody closed within the longest time that anything is kept."""
    forgotten: int = 0
    """Rows that are gone."""
    clean: bool = True
    """Nothing of what was wiped is left in SQLite's log."""

    def total(self) -> int:
        """Everything that was done, for the log."""
        return self.told + self.freed + self.expired + self.ended + self.forgotten


async def tick(complaints: Complaints, now: datetime) -> Ticked:
    """Do everything that is due. Doing it again changes nothing.

    Raises the first error that a complaint met with, after all the others were done."""
    done = Ticked()
    faults: list[Exception] = []
    for step in (_forget, _end, _expire, _tie):
        await step(complaints, now, done, faults)
    async with complaints.engine.connect() as connection:
        readers = await routing.readers(connection)
    await _free(complaints, readers, now, done, faults)
    await _tell(complaints, readers, now, done, faults)
    done.clean = await gone(complaints.engine, patience=5.0)
    if faults:
        raise faults[0]
    return done


# --- what is over ----------------------------------------------------------------------------------------------------


async def _forget(complaints: Complaints, now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """Rows of what ended long enough ago: with them everything that hangs on them. What became of it stays, as a number; what was
    withdrawn is in it since then."""

    async def act(connection: AsyncConnection, row: Any) -> int:
        if row.state != "withdrawn":
            await past.keep(connection, row, row.outcome, await past.receipts(connection, row.id), now)
        return int((await connection.execute(delete(complaint).where(complaint.c.id == row.id))).rowcount)

    over = complaint.c.state.not_in(OPEN) & (complaint.c.forgotten_at <= now)
    done.forgotten = await storing.rows.each(complaints.engine, over, act, faults)


async def _end(complaints: Complaints, now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """Nobody closed it within the longest time that anything is kept, however often they were told: it ends without an outcome."""

    async def act(connection: AsyncConnection, row: Any) -> int:
        await endings.close(connection, complaints, row, "", now)
        await trail.record(connection, trail.CLOCK, "", "wiped", reference(row.id), now)
        return 1

    old = (complaint.c.created_at <= now - LONGEST) & (complaint.c.answer_by <= now - GRACE)  # as ``deadlines.ends_at``
    done.ended = await storing.rows.each(complaints.engine, complaint.c.state.in_(OPEN) & old, act, faults)


async def _expire(complaints: Complaints, now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """Envelopes whose own time is over."""

    async def act(connection: AsyncConnection, row: Any) -> int:
        over = (item.c.complaint_id == row.id) & (item.c.expires_at <= now)
        return int((await connection.execute(delete(item).where(over))).rowcount)

    due = complaint.c.id.in_(select(item.c.complaint_id).where(item.c.expires_at <= now))
    done.expired = await storing.rows.each(complaints.engine, due, act, faults)


async def _tie(complaints: Complaints, now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """Whoever is called like an organisation that a complaint names stays tied to it, whatever they are called tomorrow."""
    try:
        await transact(complaints.engine, lambda connection: listings.keep_found(connection, routing.named()))
    except Exception as fault:
        faults.append(fault)


async def _free(complaints: Complaints, readers: list[Reader], now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """Who holds it has left, or may not read it any more (their organisation became one with another, their account changed): their
    wraps are taken away, and it waits for others."""
    by_account = {each.actor.id: each for each in readers}

    async def act(connection: AsyncConnection, row: Any) -> int:
        holder = by_account.get(row.held_by)
        if holder is not None and routing.may_read(holder.actor, holder.ties, row):
            return 0
        if row.held_by is not None:
            await wraps.take_away(connection, row.id, await key_ids(connection, row.held_by), storing.rows)
        told = await endings.requeue(connection, complaints.deadlines, row, now)
        await enqueue(connection, told, now)
        await trail.record(connection, trail.CLOCK, "", "freed", reference(row.id), now)
        return 1

    done.freed = await storing.rows.each(complaints.engine, complaint.c.state == "accepted", act, faults)


# --- who is to know --------------------------------------------------------------------------------------------------


async def _tell(complaints: Complaints, readers: list[Reader], now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """Escalate, and tell whoever has come since for what waits."""

    async def act(connection: AsyncConnection, row: Any) -> int:
        told, escalated = await _tell_one(connection, complaints, readers, row, now)
        done.escalated += escalated
        return told

    done.told = await storing.rows.each(complaints.engine, complaint.c.state.in_(OPEN), act, faults)


async def _tell_one(
    connection: AsyncConnection, complaints: Complaints, readers: list[Reader], row: Any, now: datetime
) -> tuple[bool, bool]:
    units = await routing.units_of(connection, row.id)
    concerns = telling(readers, row, now, complaints.deadlines, units)
    escalated = concerns.level != row.level
    escalates_at = complaints.deadlines.next_after(row, now)
    if not (concerns.staff or escalated or escalates_at != row.escalates_at):
        return False, False
    alerted = tuple(dict.fromkeys((*row.alerted, *concerns.alerted)))
    await storing.rows.change(connection, row, level=concerns.level, alerted=alerted, escalates_at=escalates_at)
    await enqueue(connection, concerns.staff, now)
    if escalated:
        await trail.record(connection, trail.CLOCK, "", "escalated", reference(row.id), now)
    return bool(concerns.staff), escalated
