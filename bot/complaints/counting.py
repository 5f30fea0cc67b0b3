"""Consented counts of complaints: an increment, and nothing that leads to whom it came from or whom it is about (T-1, T-4).

Here belongs what is counted: into which inbox it came, which kind of giver of help it is about, how soon something happened, how it
ended. Never here: showing counts (``statistics``), an organisation, what was done to anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints import routing
from bot.tickets.counting import count, week_of


async def count_complaint(connection: AsyncConnection, row: Any, now: datetime, counted: Iterable[tuple[str, str]]) -> None:
    """One more of each (what, value), in the caller's transaction: only where its person said yes, and not where it is about an
    organisation that watches over the others: its own people see the figures, and must not learn of it from them (C-4).

    In one order always, so that two transactions never wait for each other's rows."""
    if row.counted and not (await routing.network(connection)).independent(row.organisation):
        for what, value in sorted(counted):
            await count(connection, week_of(now), row.country, what, value)


def in_time(due: datetime | None, now: datetime) -> str:
    """The value of a step that was done now."""
    return "in_time" if due is None or now <= due else "late"
