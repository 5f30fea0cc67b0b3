"""Whether anything changed that a list may show: one look at the database for all open pages of this process.

Here belongs noticing *that* something changed. Never here: what (pages ask for what they may see), who listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import logs
from bot.tickets.storing import movement, ticket

EVERY: Final = 1.5
"""Seconds between two looks, as long as anybody listens."""


class Pulse:
    """``beat`` grows with each change that was noticed. ``await next(beat, seconds)`` waits for a further one.

    It looks only while somebody waits, so that an empty desk asks the database nothing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._changed = asyncio.Condition()
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None
        self._seen: tuple[int, ...] | None = None
        self.beat = 0

    async def next(self, beat: int, seconds: float) -> int:
        """The number of the present beat, as soon as it is another than ``beat``, or after ``seconds``."""
        self._listeners += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_again(), name="pulse")
        try:
            async with self._changed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait_for(lambda: self.beat != beat), seconds)
            return self.beat
        finally:
            self._listeners -= 1

    async def _look_again(self) -> None:
        while self._listeners:
            try:
                await self._look()
            except Exception as error:  # the database is away: pages say so themselves when they ask
                logs.failure("desk", error, level=logging.WARNING, outcome="pulse")
            await asyncio.sleep(EVERY)

    async def _look(self) -> None:
        counted = select(func.count(), func.coalesce(func.sum(ticket.c.version), 0))
        moved = select(func.count(), func.count(movement.c.answered_at), func.count(movement.c.received_at))
        async with self._engine.connect() as connection:
            seen = (*(await connection.execute(counted)).one(), *(await connection.execute(moved.select_from(movement))).one())
        if seen != self._seen:
            first, self._seen = self._seen is None, tuple(int(each) for each in seen)
            if not first:
                async with self._changed:
                    self.beat += 1
                    self._changed.notify_all()
