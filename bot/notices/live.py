"""The notices that conversations read: a snapshot at most half a minute old.

Here belongs when to read again. Never here: what may be published (``publishing``), a sentence around a notice.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.notices import publishing
from bot.notices.tables import Notice as Row
from bot.refreshing import OLDEST, Refreshing
from bot.settings import Settings
from flows.facts import Notice

log = logging.getLogger(__name__)

_notice: Any = Row.__table__  # type: ignore[attr-defined]


class LiveNotices:
    """Implements ``flows.facts.Notices``. ``await start()`` first, ``await stop()`` at the end.

    While the database cannot be reached the last snapshot stays in use; what ends meanwhile ends by the clock all the same.
    """

    def __init__(self, engine: AsyncEngine, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        """``clock``: seconds since 1970."""
        self._engine, self._clock = engine, clock
        self._rows: Sequence[Any] = ()
        self._paused: Mapping[uuid.UUID, datetime] = {}
        self._going_on = Refreshing("notices", min(float(settings.refresh_seconds), OLDEST), self.refresh, log)

    async def start(self) -> None:
        """Read the notices and go on in the background. Raises ``bot.db.DatabaseDown``."""
        await self.refresh()
        self._going_on.start()

    async def stop(self) -> None:
        """End the background task."""
        await self._going_on.stop()

    def listed(self, kind: str, country: str, lang: str, now: float) -> tuple[Notice, ...]:
        """Newest first, those of the country and of every country, of which the time is not over at ``now`` and which nobody
        asked to take back."""
        moment = datetime.fromtimestamp(now, UTC)
        return tuple(
            Notice(
                cast(Literal["rumour", "changed"], row.kind),
                getattr(row, f"title_{lang}"),
                getattr(row, f"text_{lang}"),
                row.published_at.date(),
            )
            for row in self._rows
            if row.kind == kind
            and row.country in ("", country)
            and row.published_at <= moment < row.expires_at
            and moment >= self._paused.get(row.id, moment)
        )

    async def refresh(self) -> None:
        """Read once. Raises ``bot.db.DatabaseDown``."""
        moment = datetime.fromtimestamp(self._clock(), UTC)
        published = (_notice.c.expires_at > moment) & (_notice.c.agreed_by != "")
        asked = select(_notice).where(published).order_by(_notice.c.published_at.desc(), _notice.c.id)
        with db.explained(self._engine.url):
            async with self._engine.connect() as connection:
                rows = (await connection.execute(asked)).all()
                self._rows, self._paused = rows, await publishing.paused(connection, rows, moment)
