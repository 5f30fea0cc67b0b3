"""The notices that conversations read: a snapshot at most half a minute old.

Here belongs when to read again. Never here: what may be published (``publishing``), a sentence around a notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.notices.tables import Notice as Row
from bot.settings import Settings
from flows.facts import Notice

log = logging.getLogger(__name__)

OLDEST = 30.0
"""Seconds: notices are read again at least this often, whatever ``refresh_seconds`` says."""
_notice: Any = Row.__table__  # type: ignore[attr-defined]


class LiveNotices:
    """Implements ``flows.facts.Notices``. ``await start()`` first, ``await stop()`` at the end.

    While the database cannot be reached the last snapshot stays in use; what ends meanwhile ends by the clock all the same.
    """

    def __init__(self, engine: AsyncEngine, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        """``clock``: seconds since 1970."""
        self._engine, self._clock = engine, clock
        self._every = min(float(settings.refresh_seconds), OLDEST)
        self._rows: Sequence[Any] = ()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read the notices and go on in the background. Raises ``bot.db.DatabaseDown``."""
        await self.refresh()
        self._task = asyncio.create_task(self._follow(), name="notices")

    async def stop(self) -> None:
        """End the background task."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def listed(self, kind: str, country: str, lang: str, now: float) -> tuple[Notice, ...]:
        """Newest first, those of the country and of every country, of which the time is not over at ``now``."""
        moment = datetime.fromtimestamp(now, UTC)
        return tuple(
            Notice(
                cast(Literal["rumour", "changed"], row.kind),
                getattr(row, f"title_{lang}"),
                getattr(row, f"text_{lang}"),
                row.published_at.date(),
            )
            for row in self._rows
            if row.kind == kind and row.country in ("", country) and row.published_at <= moment < row.expires_at
        )

    async def refresh(self) -> None:
        """Read once. Raises ``bot.db.DatabaseDown``."""
        moment = datetime.fromtimestamp(self._clock(), UTC)
        asked = select(_notice).where(_notice.c.expires_at > moment).order_by(_notice.c.published_at.desc(), _notice.c.id)
        with db.explained(self._engine.url):
            async with self._engine.connect() as connection:
                self._rows = (await connection.execute(asked)).all()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.refresh()
            except Exception as error:
                # Whatever it was, the next look may succeed. Only the kind is logged: messages may quote data.
                log.warning("notices not refreshed", extra={"error": type(error).__name__})
