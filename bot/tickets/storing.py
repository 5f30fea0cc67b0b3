"""What all acts on tickets share: the transaction, the locked row, and the wiping of envelopes.

Here belongs what touches rows of tickets without knowing who asks. Never here: permissions (``sight``), codes, times of its own.

A transaction here is **durable** when it ends: SQLite waits for the disk (``bot.db``), and PostgreSQL is told to, whatever its
settings say. It reads a ticket's row locked, so that what was checked still holds when it writes; every change raises
``version``. Rows are taken in one order, always: staff, ticket, what belongs to the ticket, counters, alerts, audit.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import uuid
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.sealing import Envelope, Kind
from bot.tickets.guard import Guard
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.tables import HandOver, Movement, SealedItem, Ticket

ticket: Final[Any] = Ticket.__table__  # type: ignore[attr-defined]
item: Final[Any] = SealedItem.__table__  # type: ignore[attr-defined]
hand_over: Final[Any] = HandOver.__table__  # type: ignore[attr-defined]
movement: Final[Any] = Movement.__table__  # type: ignore[attr-defined]

#: What identifies or describes the person, or says how to reach them. Answers are the desk's words and only the code opens them.
ABOUT_THE_PERSON: Final[tuple[Kind, ...]] = ("contact", "card", "note")


@dataclasses.dataclass(frozen=True, slots=True)
class Tickets:
    """What every act on tickets needs. Made once a process, by the composition root."""

    engine: AsyncEngine
    guard: Guard
    lifetimes: Lifetimes = dataclasses.field(default_factory=Lifetimes)


_ATTEMPTS: Final = 5
_SHORT: Final = 0.02
_Result = TypeVar("_Result")


class Changed(RuntimeError):
    """Between reading a ticket and writing it, somebody else wrote. ``transact`` begins again."""

    def __init__(self) -> None:
        super().__init__("this ticket was changed by somebody else at the same moment: try again")


async def transact(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[_Result]]) -> _Result:
    """Do the work in one transaction that is on the disk when this returns, or not at all.

    Where two transactions stood in each other's way, it is done again from the start: ``work`` reads everything anew and does
    nothing outside of the database. Raises what ``work`` raises, after taking everything back.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with engine.connect() as connection:
                # SQLite's driver would begin at the first write only, after what was read could have changed.
                begin = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "SET LOCAL synchronous_commit = on"
                await connection.exec_driver_sql(begin)
                result = await work(connection)
                await connection.commit()
                return result
        except (DBAPIError, Changed) as error:
            if attempt == _ATTEMPTS or not _in_the_way(error):
                raise
        await asyncio.sleep(_SHORT * attempt * (1 + random.random()))
    raise AssertionError


def _in_the_way(error: DBAPIError | Changed) -> bool:
    if isinstance(error, Changed):
        return True
    said = f"{type(error.orig).__name__} {error.orig}".lower()
    return any(each in said for each in ("deadlockdetected", "serializationfailure", "database is locked"))


async def locked(connection: AsyncConnection, ticket_id: bytes) -> Any:
    """The row of a ticket, which nobody else can change until the transaction ends; None: there is none."""
    return (await connection.execute(select(ticket).where(ticket.c.id == ticket_id).with_for_update())).first()


async def change(connection: AsyncConnection, row: Any, **values: Any) -> None:
    """Change a ticket and raise its version. Raises Changed when it is no longer what it was when ``row`` was read."""
    as_read = (ticket.c.id == row.id) & (ticket.c.version == row.version)
    changed = await connection.execute(update(ticket).where(as_read).values(version=row.version + 1, **values))
    if not changed.rowcount:
        raise Changed


async def put(
    connection: AsyncConnection, envelope: Envelope, now: datetime, expires_at: datetime, message: bytes | None = None
) -> uuid.UUID:
    """Store an envelope of a ticket. ``message``: mark under which it is there once only."""
    made = uuid.uuid4()
    values = {"ticket_id": envelope.ticket, "kind": envelope.kind, "envelope": envelope.encode(), "message": message}
    await connection.execute(insert(item).values(id=made, **values, created_at=now, expires_at=expires_at))
    return made


async def has_message(connection: AsyncConnection, ticket_id: bytes, message: bytes) -> bool:
    """Whether the message with this mark was stored before."""
    asked = select(item.c.id).where(item.c.ticket_id == ticket_id, item.c.message == message)
    return (await connection.execute(asked)).first() is not None


async def contact_of(connection: AsyncConnection, ticket_id: bytes) -> uuid.UUID | None:
    """Id of the envelope with the way to the person, of which there is one at most; another way is another envelope."""
    found: uuid.UUID | None = (
        await connection.execute(select(item.c.id).where(item.c.ticket_id == ticket_id, item.c.kind == "contact"))
    ).scalar()
    return found


async def number_of(connection: AsyncConnection, ticket_id: bytes, kind: Kind, *, unread: bool = False) -> int:
    """How many envelopes of this kind a ticket has."""
    asked = select(func.count()).select_from(item).where(item.c.ticket_id == ticket_id, item.c.kind == kind)
    return int((await connection.execute(asked.where(item.c.read_at.is_(None)) if unread else asked)).scalar_one())


async def wipe(connection: AsyncConnection, ticket_id: bytes, kinds: Iterable[Kind]) -> int:
    """Delete a ticket's envelopes of these kinds; how many. ``gone`` after the commit: until then the log keeps their bytes."""
    where = (item.c.ticket_id == ticket_id) & item.c.kind.in_(list(kinds))
    return int((await connection.execute(delete(item).where(where))).rowcount)


async def wipe_course(connection: AsyncConnection, ticket_id: bytes) -> None:
    """Delete what the desk noted in fixed fields on the way: hand-overs and movements."""
    for table in (hand_over, movement):
        await connection.execute(delete(table).where(table.c.ticket_id == ticket_id))


async def gone(engine: AsyncEngine, patience: float = 1.0) -> bool:
    """After the commit of a wipe: take the bytes out of SQLite's write-ahead log too.

    False where somebody read from the log for longer than ``patience``, in seconds: somebody waits for the answer meanwhile, and
    the clock tries again at each tick. Never raises for that."""
    try:
        return await db.checkpoint(engine, patience)
    except DBAPIError as error:
        if not _in_the_way(error):
            raise
        return False
