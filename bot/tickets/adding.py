"""Who comes back to a request, and what they add to it, sealed.

Here belongs what all that a code does (``code``) rests on: finding the ticket behind a code or a connected chat, and sealing and
writing something new. Never here: what a code shows, what ends a request.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.codes import Derived
from bot.sealing import Envelope, Kind
from bot.tickets import endings, storing
from bot.tickets.guard import Windows
from bot.tickets.recipients import readers, recipients, sealed
from bot.tickets.storing import Tickets, ticket
from bot.tickets.telling import free_for, roster
from flows.kernel import Words

MOST_NOTES: Final = 500
"""Messages of one person that wait at once. Nobody writes so many; a machine that does fills no disk."""

Result = Literal["saved", "wrong", "ended", "no_duty", "full", "refused"]
"""``saved``: done, on the disk, or found done. ``wrong``: no such code. ``ended``: the request is not open any more. ``no_duty``:
nobody is left to whom it could be sealed. ``full``: ``MOST_NOTES``. ``refused``: not at this stage. But for ``saved``, nothing
changed."""

Text = Words | Callable[[bytes], Words]
"""A text, or what makes it of the ticket's id (as in ``intake.Request``)."""

OPEN: Final = ("waiting", "claimed")


class Connected(NamedTuple):
    """A chat that is connected with a ticket ("write to me here"), known from its sealed pointer: stands for the code there.

    A chat that was given up for another one stands for nothing: whoever holds that phone must not write in their name."""

    ticket_id: bytes
    contact: bytes
    """Id of the envelope with the way back to this chat (16 bytes)."""

    @classmethod
    def unpack(cls, pointer: bytes) -> Connected:
        """From ``pack()``."""
        return cls(pointer[:16], pointer[16:])

    def pack(self) -> bytes:
        """32 bytes: what a pointer holds."""
        return self.ticket_id + self.contact


async def find(connection: AsyncConnection, by: Derived | Connected, now: datetime, *, lock: bool = False) -> Any:
    """The row behind a code or a connection, locked or not; None for one that never was, was withdrawn, or is over, and for a chat
    that was given up for another one."""
    where = ticket.c.lookup == by.lookup if isinstance(by, Derived) else ticket.c.id == by.ticket_id
    asked = select(ticket).where(where)
    row = (await connection.execute(asked.with_for_update() if lock else asked)).first()
    if row is None or row.state == "withdrawn" or (row.forgotten_at is not None and row.forgotten_at <= now):
        return None
    if isinstance(by, Connected) and row.relay == "open":
        contact = await storing.contact_of(connection, row.id)
        if contact is None or contact.bytes != by.contact:
            return None
    return row


def has_ended(row: Any, now: datetime) -> bool:
    """Closed or lapsed; also where the clock has not come by yet."""
    return row.state not in OPEN or (row.state == "waiting" and row.expires_at <= now)


async def seal_and_put(
    tickets: Tickets,
    by: Derived | Connected,
    texts: Mapping[Kind, Text],
    message_id: str,
    now: datetime,
    values: dict[str, Any],
    refusal: Callable[[Any], Result | None],
) -> Result:
    """Seal for whoever may read now, then write, if the ticket is still what it was: somebody may have recused in between."""
    for _ in range(8):
        async with tickets.engine.connect() as connection:
            row = await find(connection, by, now)
            if row is None or has_ended(row, now):
                return "wrong" if row is None else "ended"
            if (refused := refusal(row)) is not None:
                return refused
            mark = tickets.guard.message(row.id, message_id) if message_id else None
            if mark is not None and await storing.has_message(connection, row.id, mark):
                return "saved"
            if "note" in texts and await storing.number_of(connection, row.id, "note") >= MOST_NOTES:
                return "full"
            eligible = await readers(connection, row) if texts else {}
            if texts and not eligible:
                return "no_duty"
            keys = await recipients(connection, row, eligible) if texts else []
        given = [(kind, text(row.id) if callable(text) else text) for kind, text in texts.items()]
        envelopes = [await sealed(text, kind, row.id, keys) for kind, text in given]

        work = functools.partial(_write, tickets=tickets, row=row, envelopes=envelopes, mark=mark, values=values, now=now)

        try:
            if await storing.transact(tickets.engine, work):
                return "saved"
        except IntegrityError:
            # The same message at the same moment, in another process: the next look finds it. Anything else fails again.
            async with tickets.engine.connect() as connection:
                if mark is None or not await storing.has_message(connection, row.id, mark):
                    raise
    raise RuntimeError("this ticket changed eight times while one message was being sealed")


async def _write(
    connection: AsyncConnection,
    *,
    tickets: Tickets,
    row: Any,
    envelopes: list[Envelope],
    mark: bytes | None,
    values: dict[str, Any],
    now: datetime,
) -> bool:
    """False: the ticket has changed since ``row`` was read, and nothing was written."""
    changed = dict(values)
    windows: Windows | None = changed.pop("windows", None)
    if windows is not None:
        agreed = tickets.guard.open(row.id, row.guarded)
        if agreed is not None and "tries_left" not in changed:  # other hours are no other number of tries
            windows = dataclasses.replace(windows, tries=agreed.tries)
        changed["guarded"] = tickets.guard.seal(row.id, windows)
    if "way" in changed:
        changed["relay"] = "open" if changed["way"] == "here" else "ended" if row.relay == "open" else row.relay
    try:
        await storing.change(connection, row, **changed)
    except storing.Changed:
        return False
    kinds = {each.kind for each in envelopes}
    await storing.wipe(connection, row.id, kinds - {"card", "note"})
    if "card" in kinds:
        await storing.wipe_later_cards(connection, row.id)
    for envelope in envelopes:
        await storing.put(connection, envelope, now, now + tickets.lifetimes.contact, mark)
    if row.claimed_by is not None and not row.training:
        await _tell(connection, tickets, row.id, now)
    return True


async def _tell(connection: AsyncConnection, tickets: Tickets, ticket_id: bytes, now: datetime) -> None:
    """Who claimed it hears of it; where they are off duty, and somebody else is not, it waits for those at once (D-8)."""
    row = await storing.locked(connection, ticket_id)
    level = free_for(await roster(connection, now), row, now, tickets.lifetimes)
    if level is None:
        await enqueue(connection, [row.claimed_by], now)
    else:
        await endings.lapse_claim(connection, tickets.lifetimes, row, now, level=level)
