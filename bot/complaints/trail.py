"""Who did what to which complaint: a chain of its own.

Here belong what may be recorded, recording and reading it. Never here: content, a code, an address; the chain of the desk
(``bot.staff.audit``), which supervisors and administrators read, who must not even learn how many complaints there are (C-4).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints.tables import ComplaintEntry
from bot.staff import audit

WHATS: Final[frozenset[str]] = frozenset(
    {
        "complained", "noted", "contested", "withdrawn",
        "accepted", "released", "given", "given_to", "recused", "opened_card", "opened_note", "received_to_share", "rewrapped",
        "forwarded_unit", "forwarded_outside", "receipt_confirmed", "asked", "answered", "closed",
        "escalated", "freed", "wiped",
    }
)  # fmt: skip
"""``asked``: a question was left under the code. ``given``: to a colleague, whose name is on the line ``given_to``. ``freed``: who
held it may not read it any more, or has left; it waits again."""

TRAIL: Final = audit.Chain(ComplaintEntry.__table__, WHATS, 0x4641524F434F4D50)  # type: ignore[attr-defined]


PERSON: Final = audit.PERSON
CLOCK: Final = audit.CLOCK


class Entry(NamedTuple):
    """One line of a complaint's history."""

    at: datetime
    actor: str
    """Label of an account, ``clock``, ``person`` or ``command``."""
    what: str


async def record(connection: AsyncConnection, actor: str, role: str, what: str, reference: str, now: datetime) -> None:
    """As ``audit.record``: last in the transaction."""
    await audit.record(connection, actor, role, what, reference, now, TRAIL)


async def history(connection: AsyncConnection, reference: str) -> tuple[Entry, ...]:
    """What was done to a complaint, oldest first."""
    entry: Any = TRAIL.table.c
    asked = select(entry.at, entry.actor, entry.what).where(entry.subject == reference).order_by(entry.number)
    return tuple(Entry(*row) for row in await connection.execute(asked))
