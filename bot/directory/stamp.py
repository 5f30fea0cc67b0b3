"""The change stamp of the directory: raised by every writer in its own transaction, polled by ``live``."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bot.directory.tables import DirectoryStamp

_table = DirectoryStamp.__table__  # type: ignore[attr-defined]
_RAISE = update(_table).where(_table.c.id == 1).values(version=_table.c.version + 1).returning(_table.c.version)
READ = select(_table.c.version).where(_table.c.id == 1)


async def bump(connection: AsyncConnection | AsyncSession) -> int:
    """Say that the directory changed; gives the new version. Call it inside the transaction that changes it."""
    version = (await connection.execute(_RAISE)).scalar()
    if version is None:
        await connection.execute(insert(_table).values(id=1, version=1))
        return 1
    return int(version)


def bump_sync(connection: Connection) -> int:
    """The same for a synchronous connection."""
    version = connection.execute(_RAISE).scalar()
    if version is None:
        connection.execute(insert(_table).values(id=1, version=1))
        return 1
    return int(version)
