"""The roster that conversations and the desk ask: a snapshot at most half a minute old, and the duty-to-report texts.

Here belongs when to read again. Never here: who counts for what (``snapshot``), the arithmetic of shifts (``duty``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.duty_texts import DutyTextBook
from bot.refreshing import OLDEST, Refreshing
from bot.roster import snapshot
from bot.roster.snapshot import RosterSnapshot
from bot.settings import Settings
from flows.facts import DutyText, OnCall

log = logging.getLogger(__name__)


class LiveRoster:
    """Keeps ``current`` fresh; implements ``flows.facts.Duty``. ``await start()`` first, ``await stop()`` at the end.

    While the database cannot be reached the last snapshot stays in use: shifts follow the clock all the same, and what is
    accepted is accepted by ``intake``, which needs the database. ``checked_at`` says when the database last answered, in seconds
    of ``clock``, for health and metrics.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        texts: DutyTextBook | None = None,
    ) -> None:
        """``clock``: seconds since 1970. ``texts``: None reads the file that ``settings`` names (raises ``DutyTextError``)."""
        self._engine, self._clock = engine, clock
        self._texts = texts if texts is not None else DutyTextBook.of(settings)
        self.current = RosterSnapshot()
        self.checked_at = 0.0
        self._going_on = Refreshing("roster", min(float(settings.refresh_seconds), OLDEST), self.refresh, log)

    async def start(self) -> None:
        """Read the roster and go on in the background. Raises ``bot.db.DatabaseDown``."""
        await self.refresh()
        self._going_on.start()

    async def stop(self) -> None:
        """End the background task."""
        await self._going_on.stop()

    # --- flows.facts.Duty

    def on_call(self, country: str, now: float, child: bool = False, without: Collection[str] = ()) -> OnCall:
        """What may be said of a country's desk at ``now`` (seconds since 1970), as ``RosterSnapshot.on_call`` has it."""
        return self.current.on_call(country, now, child, without)

    def text(self, country: str, now: float) -> DutyText | None:
        """The country's duty to report; None when it is missing or expired, or in a live deployment not confirmed."""
        return self._texts.text(country, now)

    # --- reading

    async def fresh(self) -> RosterSnapshot:
        """The roster as the database has it at this moment. Raises ``bot.db.DatabaseDown``."""
        now = self._clock()
        with db.explained(self._engine.url):
            async with self._engine.connect() as connection:
                rows = await snapshot.read(connection, datetime.fromtimestamp(now, UTC))
        self.checked_at = now
        if rows != self.current.rows:
            self.current = RosterSnapshot(rows)
        return self.current

    async def refresh(self) -> bool:
        """Look once; True when a new snapshot took the place of the old. Raises ``bot.db.DatabaseDown``."""
        before = self.current
        return await self.fresh() is not before
