"""Who would read a complaint, for conversations: a snapshot at most half a minute old.

Here belongs when to read again, and what the public may know of it. Never here: the rule (``routing``), complaints themselves.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.complaints import routing
from bot.complaints.deadlines import Deadlines
from bot.complaints.routing import Reader
from bot.places import fold
from bot.refreshing import OLDEST, Refreshing
from bot.roster.tables import Holiday
from bot.settings import Settings
from bot.staff.tables import Employer, Staff

log = logging.getLogger(__name__)

Organisations = Callable[[str], Iterable[tuple[str, str]]]
"""Country -> (key, public name) of the organisations of the public directory that give help there."""

_employer: Any = Employer.__table__  # type: ignore[attr-defined]
_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_holiday: Any = Holiday.__table__  # type: ignore[attr-defined]


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    """A complaint that somebody might send."""

    inbox: str
    country: str
    about: str
    organisation: str
    level: str = "network"
    refused: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class _Read:
    readers: tuple[Reader, ...] = ()
    helping: Mapping[str, tuple[tuple[str, str], ...]] = dataclasses.field(default_factory=dict)
    """Country -> (key, name) of the network's organisations whose accounts work there."""
    among: routing.Network = dataclasses.field(default_factory=lambda: routing.Network({}))
    """Every organisation of the network."""
    closed: Mapping[str, frozenset[date]] = dataclasses.field(default_factory=dict)


class LiveHearing:
    """Implements ``flows.facts.Hearing``. ``await start()`` first, ``await stop()`` at the end.

    While the database cannot be reached the last snapshot stays in use: what is accepted is accepted by ``intake``."""

    def __init__(
        self,
        engine: AsyncEngine,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        directory: Organisations = lambda country: (),
    ) -> None:
        """``clock``: seconds since 1970."""
        self._engine, self._clock, self._directory = engine, clock, directory
        self._deadlines = Deadlines.of(settings)
        self._read = _Read()
        self._listed: dict[str, tuple[_Read, object, tuple[tuple[str, str], ...]]] = {}
        self.checked_at = 0.0
        self._going_on = Refreshing("hearing", min(float(settings.refresh_seconds), OLDEST), self.refresh, log)

    async def start(self) -> None:
        """Read and go on in the background. Raises ``bot.db.DatabaseDown``."""
        await self.refresh()
        self._going_on.start()

    async def stop(self) -> None:
        """End the background task."""
        await self._going_on.stop()

    # --- flows.facts.Hearing

    def organisations(self, country: str) -> tuple[tuple[str, str], ...]:
        """Those that work there, by name, each name once. Also those that watch over the others: what is about somebody who is not
        in the list is read by exactly them. One of the directory that has the name of one of the network is that one, of several
        that are called alike the one that works there: else its staff would not be tied to what is said about it."""
        read, listed = self._read, self._directory(country)
        kept = self._listed.get(country)
        if kept is not None and kept[0] is read and kept[1] is listed:
            return kept[2]
        employers = {name: key for key, name in sorted(read.among.called.items(), reverse=True)}
        found: dict[str, tuple[str, str]] = {}
        for key, name in sorted(read.helping.get(country, ())):
            found.setdefault(fold(name) or key, (key, name))
        there = {key for key, _ in found.values()}
        for key, name in listed:
            same = employers.get(fold(name), key)
            if same not in there:  # under another name, as the directory has it
                found.setdefault(fold(name) or same, (same, name))
        made = tuple(sorted(found.values(), key=lambda each: (fold(each[1]), each[0])))
        self._listed[country] = read, listed, made
        return made

    def one_with(self, organisations: Collection[str]) -> frozenset[str]:
        """Keys of these and of all of the network that are tied to them."""
        return frozenset().union(*(self._read.among.tied(key) for key in organisations))

    def reads(self, country: str, inbox: str, about: str, organisation: str) -> bool:
        """Whether somebody has a key who may read it."""
        row = _Row(inbox, country, "unknown" if about == "organisation" and not organisation else about, organisation)
        return any(reader.level(row) for reader in self._read.readers)

    def due(self, country: str, inbox: str, now: float) -> float:
        """When the first answer to one that is sent now is due, seconds since 1970."""
        closed = self._read.closed.get(country, frozenset())
        return self._deadlines.due(inbox, country, datetime.fromtimestamp(now, UTC), closed).answer_by.timestamp()

    # --- reading

    async def refresh(self) -> None:
        """Look once. Raises ``bot.db.DatabaseDown``."""
        now = self._clock()
        with db.explained(self._engine.url):
            async with self._engine.connect() as connection:
                readers = await routing.readers(connection)
                employers = (await connection.execute(select(_employer))).all()
                places = (await connection.execute(select(_staff.c.organisation, _staff.c.countries).where(_staff.c.active))).all()
                days = (await connection.execute(select(_holiday.c.country, _holiday.c.day).where(~_holiday.c.works))).all()
        among = routing.Network.of(employers)
        public = {row.key: row.name for row in employers}
        helping: dict[str, dict[str, str]] = {}
        for organisation, countries in places:
            root = next((key for key in reversed(among.chain(organisation)) if key in public), organisation)
            for country in countries:
                helping.setdefault(country, {})[root] = public.get(root, root)
        closed: dict[str, set[date]] = {}
        for country, day in days:
            closed.setdefault(country, set()).add(day)
        self._read = _Read(
            tuple(readers),
            {country: tuple(found.items()) for country, found in helping.items()},
            among,
            {country: frozenset(found) for country, found in closed.items()},
        )
        self.checked_at = now
