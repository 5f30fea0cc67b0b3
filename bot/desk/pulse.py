"""Whether anything changed that a list may show: one look at the database for all open pages of this process.

Here belongs noticing *that* something changed, and saying so to an open page. Never here: what (pages ask for what they may see).

Requests and complaints have a pulse each, and whoever may not see a complaint must not even hear that one changed (C-4): a page of
complaints is told only when its own list is another one than before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import logs
from bot.complaints.tables import Complaint, Forwarding
from bot.staff import desk_sessions
from bot.tickets.storing import movement, ticket

if TYPE_CHECKING:
    from bot.desk.visit import Visit

EVERY: Final = 1.5
"""Seconds between two looks, as long as anybody listens."""
PING: Final = 15.0
"""Seconds after which a stream says that it lives, and asks whether its session does."""

_complaint: Any = Complaint.__table__  # type: ignore[attr-defined]
_forwarding: Any = Forwarding.__table__  # type: ignore[attr-defined]

Look = Callable[[AsyncConnection], Awaitable[Sequence[int]]]


async def requests(connection: AsyncConnection) -> Sequence[int]:
    """Numbers of which one changes with every request, referral and transfer."""
    counted = select(func.count(), func.coalesce(func.sum(ticket.c.version), 0))
    moved = select(func.count(), func.count(movement.c.answered_at), func.count(movement.c.received_at))
    return (*(await connection.execute(counted)).one(), *(await connection.execute(moved.select_from(movement))).one())


async def complaints(connection: AsyncConnection) -> Sequence[int]:
    """The same with every complaint."""
    counted = select(func.count(), func.coalesce(func.sum(_complaint.c.version), 0))
    passed = select(func.count(), func.count(_forwarding.c.received_at)).select_from(_forwarding)
    return (*(await connection.execute(counted)).one(), *(await connection.execute(passed)).one())


class Pulse:
    """``beat`` grows with each change that was noticed. ``await next(beat, seconds)`` waits for a further one.

    It looks only while somebody waits, so that an empty desk asks the database nothing."""

    def __init__(self, engine: AsyncEngine, look: Look = requests) -> None:
        self._engine, self._numbers = engine, look
        self._changed = asyncio.Condition()
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None
        self._seen: tuple[int, ...] | None = None
        self.beat = 0

    async def begun(self) -> int:
        """The number of the present beat, counted from a look that is not later than this call: a page that reads its list after it
        misses nothing that happens from then on."""
        if self._seen is None:
            await self._tried()
        return self.beat

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
            await self._tried()
            await asyncio.sleep(EVERY)

    async def _tried(self) -> None:
        try:
            await self._look()
        except Exception as error:  # the database is away: pages say so themselves when they ask
            logs.failure("desk", error, level=logging.WARNING, outcome="pulse")

    async def _look(self) -> None:
        async with self._engine.connect() as connection:
            seen = tuple(int(each) for each in await self._numbers(connection))
        if seen != self._seen:
            self._seen = seen
            async with self._changed:
                self.beat += 1
                self._changed.notify_all()


async def stream(visit: Visit, pulse: Pulse, own: Callable[[], Awaitable[object]] | None = None) -> AsyncIterator[str]:
    """The lines of an event stream: ``changed`` when something did, ``over`` when the session is.

    ``own``: gives what this page shows, to be compared. While that stays what it was nothing is sent, and nothing is sent earlier
    or later than it would have been."""
    loop = asyncio.get_running_loop()
    beat, shown = await pulse.begun(), await own() if own is not None else None
    yield "retry: 3000\n\n"
    while True:
        until, changed = loop.time() + PING, False
        while not changed and (left := until - loop.time()) > 0:
            now = await pulse.next(beat, left)
            if now == beat:
                continue
            beat, changed = now, True
            if own is not None:
                was, shown = shown, await own()
                changed = was != shown
        if await desk_sessions.find(visit.engine, visit.token, visit.desk.now()) is None:
            yield "event: over\ndata: \n\n"
            return
        yield "event: changed\ndata: \n\n" if changed else ": \n\n"
