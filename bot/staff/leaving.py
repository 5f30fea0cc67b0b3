"""Somebody leaves: from that moment their account opens nothing, and nothing waits for them.

Here belongs all that leaving entails, in one transaction. Never here: what becomes of a ticket that is free again
(``bot.tickets``), shifts (``bot.roster``); complaints: their own clock frees those that a leaver held
(``bot.complaints.clock``), so that whoever closes an account neither learns of them nor asks the database for them (C-4).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.alerts.tables import Alert
from bot.sealing import Envelope
from bot.staff import audit, desk_sessions, keys
from bot.staff.accounts import StaffRefused
from bot.staff.tables import Passkey, Staff
from bot.tickets.endings import requeue
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.references import reference
from bot.tickets.storing import transact
from bot.tickets.tables import Movement, SealedItem, Ticket

_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_passkey: Any = Passkey.__table__  # type: ignore[attr-defined]
_ticket: Any = Ticket.__table__  # type: ignore[attr-defined]
_item: Any = SealedItem.__table__  # type: ignore[attr-defined]
_movement: Any = Movement.__table__  # type: ignore[attr-defined]
_alert: Any = Alert.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Left:
    """What leaving changed. Tickets are named by their reference."""

    name: str
    sessions_ended: int
    wraps_deleted: int
    """Ways to open a key of the account."""
    released: tuple[str, ...]
    """Tickets that the account had claimed; they wait again."""
    still_wrapped: tuple[str, ...]
    """Open tickets with an envelope that is also sealed to the account: opens for it no more, since its key is gone."""
    stranded: tuple[str, ...]
    """Those of them that no colleague's key opens: two sheets of the recovery key do (``python -m bot staff recovery rescue``)."""


async def leave(
    engine: AsyncEngine,
    name: str,
    now: datetime,
    *,
    lifetimes: Lifetimes | None = None,
    by: str = audit.COMMAND,
    role: str = "",
) -> Left:
    """Close an account for good. ``by`` and ``role``: who decides, for the audit. Raises StaffRefused, DatabaseDown.

    Its name is never given again: the audit knows it.
    """
    times = lifetimes or Lifetimes()

    async def work(connection: AsyncConnection) -> Left:
        row = await _leaver(connection, name)
        mine = await keys.key_ids(connection, row.id)
        await connection.execute(update(_staff).where(_staff.c.id == row.id).values(**_GONE, left_at=now))
        sessions = await desk_sessions.end_all(connection, row.id)
        await connection.execute(delete(_passkey).where(_passkey.c.staff_id == row.id))
        await connection.execute(delete(_alert).where(_alert.c.staff_id == row.id))
        wraps = await keys.lose(connection, row.id, now)
        tickets = await _release(connection, times, row.id, now)
        wrapped, stranded = await _sealed_to(connection, set(mine))
        for ticket in tickets:
            await audit.record(connection, by, role, "released", reference(ticket), now)
        await audit.record(connection, by, role, "account_left", name, now)
        told = [tuple(sorted(reference(each) for each in ids)) for ids in (tickets, wrapped, stranded)]
        return Left(name, sessions, wraps, told[0], told[1], told[2])

    with db.explained(engine.url):
        left = await transact(engine, work)
    await db.checkpoint(engine)
    return left


#: What is emptied in the account's row.
_GONE: dict[str, Any] = {
    "active": False, "enrolment_hash": None, "enrolment_ends_at": None, "salt": None, "proof_hash": None, "totp_sealed": None,
    "recovery_hashes": (), "alert_ways": (), "alert_sealed": None,
}  # fmt: skip


async def _leaver(connection: AsyncConnection, name: str) -> Any:
    """The account's row. All who are active are locked, so that of two administrators one at least stays."""
    active = select(_staff).where(_staff.c.active).order_by(_staff.c.id).with_for_update()
    rows = {row.name: row for row in (await connection.execute(active)).all()}
    if name not in rows:
        raise StaffRefused(f"There is no active account {name!r}; `python -m bot staff list` shows all.")
    if [each for each, row in rows.items() if "administrator" in row.roles] == [name]:
        raise StaffRefused(f"{name!r} is the only administrator; load another one first (`python -m bot staff load`).")
    return rows[name]


async def _release(connection: AsyncConnection, lifetimes: Lifetimes, staff_id: uuid.UUID, now: datetime) -> list[bytes]:
    """Let what the account had claimed wait again, and send proposals made to it to the focal point of the country."""
    claimed = select(_ticket).where(_ticket.c.claimed_by == staff_id, _ticket.c.state == "claimed").order_by(_ticket.c.id)
    rows = (await connection.execute(claimed.with_for_update())).all()
    for row in rows:
        await requeue(connection, lifetimes, row, now)
    waits = (_movement.c.to_staff == staff_id) & (_movement.c.state == "proposed")
    await connection.execute(update(_movement).where(waits).values(to_staff=None))
    return [row.id for row in rows]


async def _sealed_to(connection: AsyncConnection, mine: set[bytes]) -> tuple[set[bytes], set[bytes]]:
    """Open tickets with an envelope sealed to one of these keys; and those that no key in use opens any more."""
    asked = select(_item.c.ticket_id, _item.c.envelope).join(_ticket, _ticket.c.id == _item.c.ticket_id)
    rows = (await connection.execute(asked.where(_ticket.c.state.in_(("waiting", "claimed")), _item.c.kind != "answer"))).all()
    others = await keys.openable(connection)
    wrapped, stranded = set(), set()
    for row in rows:
        recipients = set(Envelope.decode(row.envelope).recipients)
        if recipients & mine:
            wrapped.add(row.ticket_id)
            if not recipients & others:
                stranded.add(row.ticket_id)
    return wrapped, stranded
