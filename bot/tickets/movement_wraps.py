"""Sealed things on their way to a receiver: what the sender's browser has to wrap, and what the server takes of it.

Here belongs the choice of keys and envelopes of a transfer. Never here: what a wrap is (``wraps``), who may receive
(``movement_parties``). A referral moves nothing that is sealed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.sealing import Envelope, key_id
from bot.staff import audit
from bot.staff.keys import key_ids, recovery_keys
from bot.staff.roles import Actor
from bot.tickets import storing, wraps
from bot.tickets.movement_parties import Moves, Unmet, arrived, check_version, facts, found_movement, receivers, sends
from bot.tickets.movement_rules import BEFORE_WRAPS, ENDED, unmet
from bot.tickets.reading import shareable
from bot.tickets.recipients import readers
from bot.tickets.references import reference
from bot.tickets.sight import NotThere, Refused, Stale


async def wraps_needed(moves: Moves, actor: Actor, id: uuid.UUID, now: datetime) -> list[wraps.Missing]:
    """What the sender's browser has to wrap, and for which keys: those of the receivers, and of whoever will be able to read the
    ticket where it goes to. Empty for a referral, which moves nothing, and before a consent that suffices is recorded.

    A contact that the sender may not open now (off shift, a number outside its window) is left out, and waits. What is handed out
    is recorded. Raises NotThere."""

    async def work(connection: AsyncConnection) -> list[wraps.Missing]:
        row, move = await found_movement(connection, id)
        role = sends(actor, row)
        if role is None:
            raise NotThere
        among = await receivers(connection, moves.book, row, move)
        if not _moves_wraps(move) or unmet(BEFORE_WRAPS, await facts(moves, connection, row, move, among, now, actor)):
            return []
        wanted = {each.id: each.public for each in among}
        wanted |= await readers(connection, arrived(row, move, actor.id))
        rows = await shareable(connection, moves.tickets, actor, row, await wraps.envelopes(connection, row.id), now)
        found = wraps.missing(rows, await key_ids(connection, actor.id), wanted)
        if found:  # whatever it is meant for: this browser can open it
            await audit.record(connection, actor.name, role, "received_to_share", reference(row.id), now)
        return found

    return await storing.transact(moves.tickets.engine, work)


async def add_wraps(
    moves: Moves, actor: Actor, id: uuid.UUID, made: Mapping[uuid.UUID, Iterable[bytes]], now: datetime, *, version: int
) -> int:
    """Put in what the sender's browser wrapped: item id -> encoded wraps; how many were new. For the keys of ``wraps_needed``
    alone, after the consent and before the movement ends. Raises Unmet before it. Refused: ``bad_wrap``, ``not_eligible``."""

    async def work(connection: AsyncConnection) -> int:
        row, move = await found_movement(connection, id)
        role = sends(actor, row)
        if role is None:
            raise NotThere
        check_version(row, version)
        if not _moves_wraps(move):
            raise Stale
        among = await receivers(connection, moves.book, row, move)
        if lacking := unmet(BEFORE_WRAPS, await facts(moves, connection, row, move, among, now, actor)):
            raise Unmet(lacking)
        allowed = {key_id(each.public) for each in among}
        allowed |= {key_id(public) for public in (await readers(connection, arrived(row, move, actor.id))).values()}
        own = await key_ids(connection, actor.id)
        rows = {each.id: each for each in await wraps.envelopes(connection, row.id)}
        if not made.keys() <= rows.keys():
            raise Refused("bad_wrap")
        added = sum([await wraps.accept(connection, rows[each], made[each], own, allowed) for each in made])
        if added:
            await storing.change(connection, row, touched_at=now)
            await audit.record(connection, actor.name, role, "rewrapped", reference(row.id), now)
        return added

    return await storing.transact(moves.tickets.engine, work)


def _moves_wraps(move: Any) -> bool:
    """Whether anything sealed is on its way: not with a referral, and not with what was rejected, until it is a draft again."""
    return move.what == "transfer" and move.state not in ENDED | {"rejected"}


async def leave_behind(connection: AsyncConnection, after: Any) -> None:
    """Take out of every envelope the wraps of those who can no longer read the ticket; recovery keys stay."""
    kept = set(await recovery_keys(connection, "requests"))
    for staff_id in {*await readers(connection, after), after.claimed_by} - {None}:
        kept.update(await key_ids(connection, staff_id))
    sealed_to = {key for row in await wraps.envelopes(connection, after.id) for key in Envelope.decode(row.envelope).recipients}
    await wraps.take_away(connection, after.id, sealed_to - kept)
