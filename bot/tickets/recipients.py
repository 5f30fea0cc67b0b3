"""To whose keys something of a ticket is sealed.

Here belongs the choice: everyone who may read it while it lives, and the offline recovery keys. Never here: who may read it
(``bot.staff.roles``), what is sealed, what is released to whom (``reading``).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.sealing import MOST_RECIPIENTS, Envelope, Kind, seal
from bot.staff.keys import eligible_keys, public_keys, recovery_keys
from bot.staff.tables import Staff
from flows.kernel import Words

_staff: Any = Staff.__table__  # type: ignore[attr-defined]


async def readers(connection: AsyncConnection, ticket: Any) -> dict[uuid.UUID, bytes]:
    """Account -> public key of everyone who may read this ticket, and of who has claimed it, which after a transfer may be a
    national focal point. ``ticket`` has the columns of a row."""
    found = await eligible_keys(
        connection,
        country=ticket.country,
        countries=ticket.countries,
        child=ticket.child,
        not_organisations=ticket.not_organisations,
        refused=ticket.refused,
    )
    claimer = getattr(ticket, "claimed_by", None)
    return found if claimer is None or claimer in found else {**found, **await public_keys(connection, [claimer])}


async def at_home(connection: AsyncConnection, staff: Iterable[uuid.UUID], country: str) -> set[uuid.UUID]:
    """Those of these accounts that answer in this country."""
    asked = select(_staff.c.id, _staff.c.countries).where(_staff.c.id.in_(list(staff)))
    return {row.id for row in await connection.execute(asked) if country in row.countries}


async def recipients(connection: AsyncConnection, ticket: Any, eligible: Mapping[uuid.UUID, bytes]) -> list[bytes]:
    """Public keys of a new envelope: the recovery keys, and of everyone eligible as many as an envelope has room for, those at
    home first."""
    recovery = list((await recovery_keys(connection, "requests")).values())
    home = await at_home(connection, eligible, ticket.country)
    ordered = sorted(eligible, key=lambda each: (each not in home, each.bytes))
    keys = dict.fromkeys([*recovery, *(eligible[each] for each in ordered)])
    return list(keys)[:MOST_RECIPIENTS]


async def sealed(text: Words, kind: Kind, ticket_id: bytes, keys: list[bytes]) -> Envelope:
    """An envelope, made in a thread: with many recipients it takes tens of milliseconds. Raises CannotSeal."""
    return await asyncio.to_thread(seal, text, kind, ticket_id, keys)
