"""Who can open an envelope: adding recipients at escalation, hand-over and transfer, and taking one away.

Here belongs what the server accepts of wraps that a browser made, and which are missing. Never here: making a wrap (only who can
open can), who may read a ticket (``bot.staff.roles``).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.sealing import BadEnvelope, CannotSeal, Envelope, Wrap, key_id
from bot.tickets import storing
from bot.tickets.rows import SealedRows
from bot.tickets.sight import Refused


class Missing(NamedTuple):
    """An envelope that somebody eligible cannot open yet."""

    item_id: uuid.UUID
    kind: str
    envelope: bytes
    """As released to whoever shall wrap it for the others."""
    keys: tuple[bytes, ...]
    """Public keys of those who lack a wrap."""


async def envelopes(connection: AsyncConnection, ticket_id: bytes) -> list[Any]:
    """The rows of a ticket's contact, card and notes, oldest first."""
    return await storing.rows.envelopes(connection, ticket_id, storing.ABOUT_THE_PERSON)


def released(raw: bytes, keys: Iterable[bytes]) -> bytes | None:
    """The envelope with the wrap of the first of these keys that has one, and no other; None: none has."""
    envelope = Envelope.decode(raw)
    found = (envelope.released(each) for each in keys)
    return next((each.encode() for each in found if each is not None), None)


def missing(rows: Iterable[Any], own: Collection[bytes], eligible: Mapping[uuid.UUID, bytes]) -> list[Missing]:
    """What the owner of the keys ``own`` could share with those eligible who cannot open it yet."""
    found = []
    for row in rows:
        theirs = set(Envelope.decode(row.envelope).recipients)
        mine = released(row.envelope, own)
        keys = tuple(public for public in eligible.values() if key_id(public) not in theirs)
        if mine is not None and keys:
            found.append(Missing(row.id, row.kind, mine, keys))
    return found


async def accept(
    connection: AsyncConnection,
    row: Any,
    wraps: Iterable[bytes],
    own: Collection[bytes],
    allowed: Collection[bytes],
    rows: SealedRows = storing.rows,
) -> int:
    """Put wraps into an envelope, which is given by its row; how many were new. The ticket (or complaint) is locked.

    ``own``: ids of the keys of who brings them: nobody passes on what they cannot open. ``allowed``: ids of the keys to which
    they may be made. A wrap that is there is never replaced, so that nobody can shut anybody out. Raises Refused."""
    envelope = Envelope.decode(row.envelope)
    there = set(envelope.recipients)
    if not there & set(own):
        raise Refused("bad_wrap")
    added = 0
    try:
        for raw in wraps:
            wrap = Wrap.decode(raw)
            if wrap.key_id not in allowed:
                raise Refused("not_eligible")
            if wrap.key_id not in there:
                envelope, added = envelope.added(wrap), added + 1
                there.add(wrap.key_id)
    except (BadEnvelope, CannotSeal):
        raise Refused("bad_wrap") from None
    if added:
        await rows.rewrite(connection, row, envelope)
    return added


async def take_away(
    connection: AsyncConnection, ticket_id: bytes, keys: Collection[bytes], rows: SealedRows = storing.rows
) -> None:
    """Remove these keys from every envelope of a locked ticket (or complaint), unless nobody else would be left to open it: what
    such an envelope holds is never released to who left, and whoever decides may still wipe it."""
    for row in await rows.envelopes(connection, ticket_id, storing.ABOUT_THE_PERSON):
        envelope: Envelope | None = Envelope.decode(row.envelope)
        for each in keys:
            envelope = envelope.removed(each) if envelope is not None else None
        if envelope is not None and envelope.encode() != row.envelope:
            await rows.rewrite(connection, row, envelope)
