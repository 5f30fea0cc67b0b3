"""What requests and complaints share: a durable transaction, a locked row, its envelopes, and the clearing of disks.

Here belongs what touches rows without knowing what they are about or who asks. Never here: permissions, codes, times of its own.

A transaction here is **durable** when it ends: SQLite waits for the disk (``bot.db``), and PostgreSQL is told to, whatever its
settings say. It reads a row locked, so that what was checked still holds when it writes; every change raises ``version``. Rows are
taken in one order, always: staff, ticket or complaint, what belongs to it, counters, alerts, audit.
"""

from __future__ import annotations

import asyncio
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

Act = Callable[[AsyncConnection, Any], Awaitable[int]]
"""Something done to a locked row; how much it was."""

_ATTEMPTS: Final = 5
_SHORT: Final = 0.02
_Result = TypeVar("_Result")


class Changed(RuntimeError):
    """Between reading a row and writing it, somebody else wrote. ``transact`` begins again."""

    def __init__(self) -> None:
        super().__init__("this was changed by somebody else at the same moment: try again")


async def transact(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[_Result]]) -> _Result:
    """Do the work in one transaction that is on the disk when this returns, or not at all.

    Where two transactions stood in each other's way, it is done again from the start: ``work`` reads everything anew and does
    nothing outside of the database. Raises what ``work`` raises, after taking everything back, and ``db.NoAnswer`` where nobody
    can say whether it is on the disk.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with engine.connect() as connection:
                # SQLite's driver would begin at the first write only, after what was read could have changed.
                begin = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "SET LOCAL synchronous_commit = on"
                await connection.exec_driver_sql(begin)
                result = await work(connection)
                await _commit(connection)
                return result
        except (DBAPIError, Changed) as error:
            if attempt == _ATTEMPTS or not _in_the_way(error):
                raise
        await asyncio.sleep(_SHORT * attempt * (1 + random.random()))
    raise AssertionError


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except (DBAPIError, OSError) as error:
        if isinstance(error, DBAPIError) and _in_the_way(error):
            raise
        raise db.NoAnswer(f"the database did not say whether it kept this ({type(error).__name__})") from None


def _in_the_way(error: DBAPIError | Changed) -> bool:
    if isinstance(error, Changed):
        return True
    said = f"{type(error.orig).__name__} {error.orig}".lower()
    return any(each in said for each in ("deadlockdetected", "serializationfailure", "database is locked"))


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


class SealedRows:
    """A table whose rows have a ``version``, and the table of the envelopes that hang on each of them.

    ``owner``: name of the column of ``items`` that names the row."""

    def __init__(self, table: Any, items: Any, owner: str) -> None:
        self.table, self.items = table, items
        self._owner = items.c[owner]

    async def locked(self, connection: AsyncConnection, id: bytes) -> Any:
        """The row, which nobody else can change until the transaction ends; None: there is none."""
        return (await connection.execute(select(self.table).where(self.table.c.id == id).with_for_update())).first()

    async def change(self, connection: AsyncConnection, row: Any, **values: Any) -> None:
        """Change a row and raise its version. Raises Changed when it is no longer what it was when ``row`` was read."""
        as_read = (self.table.c.id == row.id) & (self.table.c.version == row.version)
        changed = await connection.execute(update(self.table).where(as_read).values(version=row.version + 1, **values))
        if not changed.rowcount:
            raise Changed

    async def put(
        self,
        connection: AsyncConnection,
        envelope: Envelope,
        now: datetime,
        expires_at: datetime,
        message: bytes | None = None,
        **further: Any,
    ) -> uuid.UUID:
        """Store an envelope of a row. ``message``: mark under which it is there once only. ``further``: other columns."""
        made = uuid.uuid4()
        values = {self._owner.name: envelope.ticket, "kind": envelope.kind, "envelope": envelope.encode(), "message": message}
        stored = insert(self.items).values(id=made, **values, created_at=now, expires_at=expires_at, **further)
        await connection.execute(stored)
        return made

    async def has_message(self, connection: AsyncConnection, id: bytes, message: bytes) -> bool:
        """Whether the message with this mark was stored before."""
        asked = select(self.items.c.id).where(self._owner == id, self.items.c.message == message)
        return (await connection.execute(asked)).first() is not None

    async def number_of(self, connection: AsyncConnection, id: bytes, kind: Kind, *, unread: bool = False) -> int:
        """How many envelopes of this kind hang on a row."""
        asked = select(func.count()).select_from(self.items).where(self._owner == id, self.items.c.kind == kind)
        return int((await connection.execute(asked.where(self.items.c.read_at.is_(None)) if unread else asked)).scalar_one())

    async def envelopes(self, connection: AsyncConnection, id: bytes, kinds: Iterable[Kind]) -> list[Any]:
        """Rows of the envelopes of these kinds, oldest first."""
        asked = select(self.items).where(self._owner == id, self.items.c.kind.in_(list(kinds)))
        in_order = asked.order_by(self.items.c.created_at, self.items.c.kind, self.items.c.id)
        return list((await connection.execute(in_order)).all())

    async def wipe(self, connection: AsyncConnection, id: bytes, kinds: Iterable[Kind]) -> int:
        """Delete the envelopes of these kinds; how many. ``gone`` after the commit: until then the log keeps their bytes."""
        where = (self._owner == id) & self.items.c.kind.in_(list(kinds))
        return int((await connection.execute(delete(self.items).where(where))).rowcount)

    async def each(self, engine: AsyncEngine, due: Any, act: Act, faults: list[Exception]) -> int:
        """Do ``act`` to each row that ``due`` selects, in a transaction of its own that looks at the locked row again; the sum of
        what it says that it did. ``faults``: takes what went wrong, so that the other rows do not wait for that one."""
        async with engine.connect() as connection:
            ids = list((await connection.execute(select(self.table.c.id).where(due).order_by(self.table.c.id))).scalars())
        done = 0
        for id in ids:

            async def work(connection: AsyncConnection, id: bytes = id) -> int:
                asked = select(self.table).where(self.table.c.id == id, due).with_for_update()
                row = (await connection.execute(asked)).first()
                return 0 if row is None else await act(connection, row)

            try:
                done += await transact(engine, work)
            except Exception as fault:
                faults.append(fault)
        return done

    async def rewrite(self, connection: AsyncConnection, item: Any, envelope: Envelope) -> None:
        """Put an envelope with other wraps in the place of the one in ``item``. The row on which it hangs is locked."""
        await connection.execute(update(self.items).where(self.items.c.id == item.id).values(envelope=envelope.encode()))
