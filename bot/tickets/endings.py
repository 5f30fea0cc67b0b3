"""How a ticket stops being worked on: given back, without a contact, closed, lapsed.

Here belongs what is wiped and what remains at each of these, for a locked row, in the caller's transaction. Never here: who may
do it (``desk``), when the clock does it (``clock``), withdrawing (``code``).

After the commit, whoever called what wipes calls ``storing.gone``.
"""

from __future__ import annotations

import types
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.staff import audit
from bot.tickets import storing
from bot.tickets.counting import count_ticket
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.references import reference
from bot.tickets.tables import LEVELS, Outcome
from bot.tickets.telling import roster, telling


async def requeue(
    connection: AsyncConnection, lifetimes: Lifetimes, row: Any, now: datetime, *, not_told: str = "", **values: Any
) -> None:
    """Let a ticket wait again, for a whole life of waiting, and tell whoever is on duty for it.

    ``not_told``: id (hex) of who gave it back and need not be told. ``values``: further columns. Raises ``storing.Changed``.
    """
    state = {
        "state": "waiting",
        "claimed_by": None,
        "claimed_at": None,
        "touched_at": None,
        "queued_at": now,
        "alerted": (not_told,) if not_told else (),
        "escalates_at": lifetimes.next_escalation(now, now, hurry=row.urgent or row.child),
        "expires_at": max(row.expires_at, now + lifetimes.unclaimed),
    } | values
    after = types.SimpleNamespace(**{**row._mapping, **state})
    concerns = telling(await roster(connection, now), after, now, lifetimes)
    state |= {"level": concerns.level, "alerted": (*after.alerted, *concerns.alerted)}
    await storing.change(connection, row, **state)
    await enqueue(connection, concerns.staff, now)


async def lapse_claim(
    connection: AsyncConnection, lifetimes: Lifetimes, row: Any, now: datetime, *, level: str = LEVELS[0]
) -> None:
    """Who claimed a ticket does nothing about it, or is off duty: it waits for others too. ``level``: who hears of it at once.
    Raises ``storing.Changed``."""
    note = {"reason": "lapsed", "reached": "", "next_step": "", "risk": ""}
    await connection.execute(insert(storing.hand_over).values(id=uuid.uuid4(), ticket_id=row.id, at=now, **note))
    further = max(level, row.level, key=LEVELS.index)
    await requeue(connection, lifetimes, row, now, level=further)
    await audit.record(connection, audit.CLOCK, "", "claim_lapsed", reference(row.id), now)


async def forget_contact(connection: AsyncConnection, row: Any, **values: Any) -> None:
    """Wipe what leads to the person. The code goes on leading to the ticket. Raises ``storing.Changed``."""
    relay = "ended" if row.relay == "open" else row.relay
    await storing.change(connection, row, way="code", relay=relay, guarded=None, tries_left=0, **values)
    await storing.wipe(connection, row.id, ["contact"])


async def close(connection: AsyncConnection, lifetimes: Lifetimes, row: Any, outcome: Outcome, now: datetime) -> None:
    """Close a ticket with its outcome: contact, card, notes and all that was noted on the way go; the code, the outcome and
    the sealed answers stay until they were read, and a while longer (M-6).

    Raises ``storing.Changed``."""
    await _end(connection, lifetimes, row, "closed", outcome, now)


async def lapse(connection: AsyncConnection, lifetimes: Lifetimes, row: Any, now: datetime) -> None:
    """Nobody took it in time: the same, and the code says so. Raises ``storing.Changed``."""
    await _end(connection, lifetimes, row, "lapsed", "wiped_unclaimed", now)


async def _end(connection: AsyncConnection, lifetimes: Lifetimes, row: Any, state: str, outcome: Outcome, now: datetime) -> None:
    unread = bool(await storing.number_of(connection, row.id, "answer", unread=True))
    await storing.change(
        connection,
        row,
        state=state,
        outcome=outcome,
        closed_at=now,
        forgotten_at=lifetimes.forgotten_at(now, row.read_at, unread=unread),
        escalates_at=None,
        alerted=(),
        guarded=None,
        tries_left=0,
        relay="ended" if row.relay == "open" else row.relay,
        way="code",
    )
    await storing.wipe(connection, row.id, storing.ABOUT_THE_PERSON)
    await storing.wipe_course(connection, row.id)
    await count_ticket(connection, row, now, [("outcome", outcome)])
