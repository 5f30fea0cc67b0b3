"""The answers that wait under a code, whether it is that of a request or of a complaint.

Here belong finding, opening and reading them. Never here: who holds the code, what else it shows, writing an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.codes import Derived
from bot.sealing import Envelope, unseal
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.own_key import unlock_private
from bot.tickets.rows import SealedRows
from flows.kernel import Words


class Read(NamedTuple):
    """An answer that was read."""

    item: Any
    """Its row."""
    older: int
    """How many there are from before this one."""
    more: bool
    """Some of the older ones were not read yet."""


async def waiting(rows: SealedRows, connection: AsyncConnection, id: bytes, now: datetime) -> list[Any]:
    """Rows of the answers of a request or a complaint whose time is not over, oldest first."""
    return [each for each in await rows.envelopes(connection, id, ["answer"]) if each.expires_at > now]


def shown(answers: Sequence[Any], back: int) -> Sequence[Any]:
    """The answers up to the one that is on the screen: so many before the last one, the first at the earliest."""
    return answers[: len(answers) - back] or answers[:1]


def opened(row: Any, by: Derived, answer: Any) -> Words:
    """What is written in it, by the key of the code."""
    private = unlock_private(by.key, row.id, row.private_sealed)
    return unseal(Envelope.decode(answer.envelope), private, kind="answer", ticket=row.id)


async def read(
    rows: SealedRows, connection: AsyncConnection, row: Any, lifetimes: Lifetimes, now: datetime, back: int
) -> Read | None:
    """The last answer of a locked row, or the one ``back`` before it. It counts as read from now on, and can be read again as long
    as it lives. None: there is no such answer."""
    answers = await waiting(rows, connection, row.id, now)
    if not 0 <= back < len(answers):
        return None
    older, answer = answers[: len(answers) - 1 - back], answers[len(answers) - 1 - back]
    if answer.read_at is None:
        life = min(answer.expires_at, now + lifetimes.read)
        here = rows.items.c.id == answer.id
        await connection.execute(update(rows.items).where(here).values(read_at=now, expires_at=life))
        if not any(each.read_at is None for each in answers if each is not answer):
            await _all_read(rows, connection, row, lifetimes, now)
    return Read(answer, len(older), any(each.read_at is None for each in older))


async def _all_read(rows: SealedRows, connection: AsyncConnection, row: Any, lifetimes: Lifetimes, now: datetime) -> None:
    """Not a change that the desk has to look at: the version stays."""
    values: dict[str, Any] = {"read_at": now}
    if row.closed_at is not None:
        values["forgotten_at"] = lifetimes.forgotten_at(row.closed_at, now, unread=False)
    await connection.execute(update(rows.table).where(rows.table.c.id == row.id).values(**values))
