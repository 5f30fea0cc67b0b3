"""The change stamp of the directory: raised by every writer in its own transaction, polled by ``live``."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bot.directory.tables import DirectoryStamp

_RAISE = update(DirectoryStamp).where(DirectoryStamp.id == 1).values(version=DirectoryStamp.version + 1)  # type: ignore[arg-type]
READ = select(DirectoryStamp.version).where(DirectoryStamp.id == 1)  # type: ignore[call-overload]


async def bump(connection: AsyncConnection | AsyncSession) -> None:
    """Say that the directory changed. Call it inside the transaction that changes it, with or without other changes."""
    if not (await connection.execute(_RAISE)).rowcount:  # type: ignore[union-attr]
        await connection.execute(insert(DirectoryStamp).values(id=1, version=1))


def bump_sync(connection: Connection) -> None:
    """The same for a synchronous connection."""
    if not connection.execute(_RAISE).rowcount:
        connection.execute(insert(DirectoryStamp).values(id=1, version=1))
