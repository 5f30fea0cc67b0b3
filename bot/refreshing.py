"""Something that is read again in the background, every so many seconds, until it is stopped.

Here belongs the going on. Never here: what is read, how old it may be (those who keep a snapshot say so).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

OLDEST: Final = 30.0
"""Seconds: what conversations know of people and organisations is read again at least this often, whatever ``refresh_seconds``
says."""


class Refreshing:
    """Calls ``refresh`` every ``every`` seconds between ``start()`` and ``await stop()``. A failure is logged as ``name``, and the
    next look may succeed."""

    def __init__(self, name: str, every: float, refresh: Callable[[], Awaitable[object]], log: logging.Logger) -> None:
        self._name, self.every, self._refresh, self._log = name, every, refresh, log
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Go on from here; the first look was somebody else's."""
        self._task = asyncio.create_task(self._follow(), name=self._name)

    async def stop(self) -> None:
        """End it. What never started has ended."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self.every)
            try:
                await self._refresh()
            except Exception as error:
                # Whatever it was, the next look may succeed. Only the kind is logged: messages may quote data.
                self._log.warning("%s not refreshed", self._name, extra={"error": type(error).__name__})
