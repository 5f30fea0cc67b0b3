"""The directory that conversations search: a snapshot that is read again when something changed.

Here belongs when to read again. A poll asks one row (the change stamp) every ``refresh_seconds``; what was narrowed since
is taken out of the present snapshot at once, and a new snapshot is built in a thread and put in its place. Never here:
what is public (``visibility``), how it is read (``snapshot``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.directory import snapshot, stamp
from bot.directory.tables import AudienceChange, ServiceAtLocation
from bot.refreshing import Refreshing
from bot.settings import Settings

log = logging.getLogger(__name__)

_change = AudienceChange.__table__.c  # type: ignore[attr-defined]
_entry = ServiceAtLocation.__table__.c  # type: ignore[attr-defined]
_NARROWED = (
    select(_entry.key)
    .join(AudienceChange.__table__, _change.service_at_location_id == _entry.id)  # type: ignore[attr-defined]
    .where(_change.version > bindparam("stamp"), _change.after != "public")
    .distinct()
)


class LiveDirectory:
    """Keeps ``current`` fresh. ``await start()`` before the first turn, ``await stop()`` at the end.

    While the database cannot be reached the last snapshot stays in use (its limits of S-4 follow the clock all the
    same); ``checked_at`` says when the database last answered, in seconds of ``clock``, for health and metrics.
    """

    def __init__(self, engine: AsyncEngine, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self.current = snapshot.Snapshot(clock(), clock)
        self.checked_at = 0.0
        self._going_on = Refreshing("directory", settings.refresh_seconds, self.refresh, log)

    async def start(self) -> None:
        """Build the first snapshot and go on in the background. Raises ``bot.db.DatabaseDown``."""
        await self._rebuild()
        self._going_on.start()

    async def stop(self) -> None:
        """End the background task."""
        await self._going_on.stop()

    async def refresh(self) -> bool:
        """Look once; True when a new snapshot took the place of the old. Raises ``bot.db.DatabaseDown``."""
        with db.explained(self._engine.url):
            async with self._engine.connect() as connection:
                version = (await connection.execute(stamp.READ)).scalar() or 0
                if version != self.current.stamp:
                    # Building takes a while with a million services. What was narrowed is gone before that.
                    narrowed = await connection.execute(_NARROWED, {"stamp": self.current.stamp})
                    self.current.withdraw({key for (key,) in narrowed})
        now = self._clock()
        self.checked_at = now
        if version == self.current.stamp and now < self.current.good_until:
            return False
        await self._rebuild()
        return True

    async def _rebuild(self) -> None:
        now = self._clock()
        self.current = await snapshot.build(self._engine, now, self._settings, self._clock)
        self.checked_at = now
