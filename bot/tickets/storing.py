"""What all acts on tickets share: the locked row, and the wiping of envelopes.

Here belongs what touches rows of tickets without knowing who asks. Never here: permissions (``sight``), codes, times of its own;
the transaction and all that complaints do alike (``rows``).
"""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.sealing import Kind
from bot.tickets.guard import Guard
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.rows import Changed, SealedRows, gone, transact
from bot.tickets.tables import HandOver, Movement, SealedItem, Ticket

__all__ = [
    "ABOUT_THE_PERSON", "Changed", "Tickets", "change", "contact_of", "gone", "hand_over", "has_message", "item", "locked",
    "movement", "number_of", "put", "rows", "ticket", "transact", "wipe", "wipe_course",
    "wipe_later_cards",
]  # fmt: skip

ticket: Final[Any] = Ticket.__table__  # type: ignore[attr-defined]
item: Final[Any] = SealedItem.__table__  # type: ignore[attr-defined]
hand_over: Final[Any] = HandOver.__table__  # type: ignore[attr-defined]
movement: Final[Any] = Movement.__table__  # type: ignore[attr-defined]

rows: Final = SealedRows(ticket, item, "ticket_id")
locked, change, put, has_message, number_of, wipe = (
    rows.locked, rows.change, rows.put, rows.has_message, rows.number_of, rows.wipe,
)  # fmt: skip

#: What identifies or describes the person, or says how to reach them. Answers are the desk's words and only the code opens them.
ABOUT_THE_PERSON: Final[tuple[Kind, ...]] = ("contact", "card", "note")


@dataclasses.dataclass(frozen=True, slots=True)
class Tickets:
    """What every act on tickets needs. Made once a process, by the composition root."""

    engine: AsyncEngine
    guard: Guard
    lifetimes: Lifetimes = dataclasses.field(default_factory=Lifetimes)


async def contact_of(connection: AsyncConnection, ticket_id: bytes) -> uuid.UUID | None:
    """Id of the envelope with the way to the person, of which there is one at most; another way is another envelope."""
    found: uuid.UUID | None = (
        await connection.execute(select(item.c.id).where(item.c.ticket_id == ticket_id, item.c.kind == "contact"))
    ).scalar()
    return found


async def wipe_later_cards(connection: AsyncConnection, ticket_id: bytes) -> None:
    """Delete the cards of later ways to reach the person. The first one stays: it also says for whom it is asked, what for and who
    else helps, which is never asked again."""
    later = [each.id for each in await rows.envelopes(connection, ticket_id, ("card",))][1:]
    if later:
        await connection.execute(delete(item).where(item.c.id.in_(later)))


async def wipe_course(connection: AsyncConnection, ticket_id: bytes) -> None:
    """Delete what the desk noted in fixed fields on the way: hand-overs and movements."""
    for table in (hand_over, movement):
        await connection.execute(delete(table).where(table.c.ticket_id == ticket_id))
