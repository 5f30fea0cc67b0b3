"""What happens to tickets by itself, because time passes (D-8, P-3).

Here belongs one tick: tell further people, let claims lapse, wipe what is over. ``bot.jobs`` calls it once a minute; any number of
workers may, at once. Never here: times of its own, a message to a person (E-1), pages.

Every ticket is one transaction that looks at the locked row again before it changes anything, so that a tick may stop anywhere, or
meet another one, or somebody who claims or withdraws at that moment. A ticket that fails does not keep the others waiting: the
tick goes on, and raises at its end.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.roster.snapshot import RosterSnapshot
from bot.staff import audit
from bot.tickets import endings, storing
from bot.tickets.counting import count_ticket
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.references import reference
from bot.tickets.storing import Tickets, item, ticket
from bot.tickets.telling import free_for, roster, telling

_ENDED: Final = ("closed", "lapsed", "withdrawn")


@dataclasses.dataclass(slots=True)
class Ticked:
    """How many of each."""

    told: int = 0
    """Tickets of which somebody further was told."""
    escalated: int = 0
    """Those of them that reached a further level."""
    lapsed_claims: int = 0
    lapsed: int = 0
    """Tickets that nobody took in time."""
    expired: int = 0
    """Envelopes whose time was over."""
    forgotten: int = 0
    """Rows that are gone."""
    clean: bool = True
    """Nothing of what was wiped is left in SQLite's log."""

    def total(self) -> int:
        """Everything that was done, for the log."""
        return self.told + self.lapsed_claims + self.lapsed + self.expired + self.forgotten


async def tick(tickets: Tickets, now: datetime) -> Ticked:
    """Do everything that is due. Doing it again changes nothing.

    Raises the first error that a ticket met with, after all the others were done."""
    done = Ticked()
    faults: list[Exception] = []
    for step in (_forget, _lapse, _lapse_claims, _expire, _tell):
        await step(tickets, now, done, faults)
    # Always: what a withdrawal or a close could not clear out because somebody was reading goes now.
    done.clean = await storing.gone(tickets.engine, patience=5.0)
    if faults:
        raise faults[0]
    return done


# --- what is over ----------------------------------------------------------------------------------------------------


async def _forget(tickets: Tickets, now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """Rows of tickets that ended long enough ago: with them everything that hangs on them."""

    async def work(connection: AsyncConnection) -> int:
        over = ticket.c.state.in_(_ENDED) & (ticket.c.forgotten_at <= now)
        return int((await connection.execute(delete(ticket).where(over))).rowcount)

    try:
        done.forgotten = await storing.transact(tickets.engine, work)
    except Exception as fault:
        faults.append(fault)


async def _lapse(tickets: Tickets, now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """Nobody took it in time."""

    async def act(connection: AsyncConnection, row: Any) -> int:
        await endings.lapse(connection, tickets.lifetimes, row, now)
        await audit.record(connection, audit.CLOCK, "", "wiped", reference(row.id), now)
        return 1

    due = (ticket.c.state == "waiting") & (ticket.c.expires_at <= now)
    done.lapsed = await storing.rows.each(tickets.engine, due, act, faults)


async def _expire(tickets: Tickets, now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """Envelopes whose own time is over. Where it was the contact, the code alone leads to the person from now on."""

    async def act(connection: AsyncConnection, row: Any) -> int:
        mine = (item.c.ticket_id == row.id) & (item.c.expires_at <= now)
        kinds = list((await connection.execute(select(item.c.kind).where(mine))).scalars())
        if "contact" in kinds:
            await endings.forget_contact(connection, row)
        await connection.execute(delete(item).where(mine))
        return len(kinds)

    due = ticket.c.id.in_(select(item.c.ticket_id).where(item.c.expires_at <= now))
    done.expired = await storing.rows.each(tickets.engine, due, act, faults)


async def _lapse_claims(tickets: Tickets, now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """A claim to which nothing was done for too long, or whose holder is off duty while others are on: the ticket waits for them,
    too."""

    async def act(connection: AsyncConnection, row: Any) -> int:
        await endings.lapse_claim(connection, tickets.lifetimes, row, now)
        return 1

    async def let_go(connection: AsyncConnection, row: Any) -> int:
        level = free_for(on, row, now, tickets.lifetimes)
        if level is not None:
            await endings.lapse_claim(connection, tickets.lifetimes, row, now, level=level)
        return int(level is not None)

    times = tickets.lifetimes
    # Whatever is missing of these times, no claim may hold a ticket for ever.
    last = func.coalesce(ticket.c.touched_at, ticket.c.claimed_at, ticket.c.queued_at)
    untouched = (last == func.coalesce(ticket.c.claimed_at, last)) & (last <= now - times.claim)
    due = (ticket.c.state == "claimed") & (untouched | (last <= now - times.idle_claim))
    done.lapsed_claims = await storing.rows.each(tickets.engine, due, act, faults)
    async with tickets.engine.connect() as connection:
        on = await roster(connection, now)
        held = (await connection.execute(select(ticket).where(ticket.c.state == "claimed"))).all()
    left = [row.id for row in held if free_for(on, row, now, tickets.lifetimes) is not None]
    if left:
        off = (ticket.c.state == "claimed") & ticket.c.id.in_(left)
        done.lapsed_claims += await storing.rows.each(tickets.engine, off, let_go, faults)


# --- who is to know --------------------------------------------------------------------------------------------------


async def _tell(tickets: Tickets, now: datetime, done: Ticked, faults: list[Exception]) -> None:
    """Escalate, and tell whoever has come on duty for what waits."""
    async with tickets.engine.connect() as connection:
        on = await roster(connection, now)
        waiting = (await connection.execute(select(*_ASKED).where(ticket.c.state == "waiting"))).all()
    concerned = [row.id for row in waiting if _news(on, row, now, tickets.lifetimes)]
    for each in concerned:

        async def work(connection: AsyncConnection, each: bytes = each) -> tuple[bool, bool]:
            return await _tell_one(connection, tickets.lifetimes, on, each, now)

        try:
            told, escalated = await storing.transact(tickets.engine, work)
        except Exception as fault:
            faults.append(fault)
            continue
        done.told += told
        done.escalated += escalated


_ASKED = [
    ticket.c[name]
    for name in (
        "id", "country", "countries", "child", "urgent", "training", "not_organisations", "refused", "level", "queued_at",
        "alerted", "escalates_at",
    )
]  # fmt: skip


def _news(on: RosterSnapshot, row: Any, now: datetime, lifetimes: Lifetimes) -> bool:
    concerns = telling(on, row, now, lifetimes)
    return bool(concerns.staff) or concerns.level != row.level or (row.escalates_at is not None and row.escalates_at <= now)


async def _tell_one(
    connection: AsyncConnection, lifetimes: Lifetimes, on: RosterSnapshot, ticket_id: bytes, now: datetime
) -> tuple[bool, bool]:
    row = await storing.locked(connection, ticket_id)
    if row is None or row.state != "waiting" or not _news(on, row, now, lifetimes):
        return False, False
    concerns = telling(on, row, now, lifetimes)
    escalated = concerns.level != row.level
    await storing.change(
        connection,
        row,
        level=concerns.level,
        alerted=(*row.alerted, *concerns.alerted),
        escalates_at=lifetimes.next_escalation(now, row.queued_at, hurry=row.urgent or row.child),
    )
    if escalated:
        await count_ticket(connection, row, now, [("escalated", concerns.level)])
    await enqueue(connection, concerns.staff, now)
    if escalated:
        await audit.record(connection, audit.CLOCK, "", "escalated", reference(row.id), now)
    return bool(concerns.staff), escalated
