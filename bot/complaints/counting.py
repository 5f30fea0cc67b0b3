"""Consented counts of complaints: an increment, and nothing that leads to whom it came from or whom it is about (T-1, T-4).

Here belongs what is counted: into which inbox it came, which kind of giver of help it is about, how soon something happened, how it
ended. Never here: showing counts (``statistics``), an organisation, what was done to anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints import routing
from bot.complaints.storing import complaint
from bot.tickets.counting import count, week_of


async def may_count(connection: AsyncConnection, row: Any) -> bool:
    """Only where its person said yes, and not where it is about an organisation that watches over the others: its own people see
    the figures and the register, and must not learn of it from them (C-4)."""
    return bool(row.counted) and not (await routing.network(connection)).independent(row.organisation)


async def count_new(connection: AsyncConnection, said: Any, now: datetime, counted: Iterable[tuple[str, str]]) -> None:
    """One more of each (what, value) of a complaint that comes in now, in the caller's transaction, where it may be counted.

    In one order always, so that two transactions never wait for each other's rows."""
    if await may_count(connection, said):
        for what, value in sorted(counted):
            await count(connection, week_of(now), said.country, what, value)


async def count_step(connection: AsyncConnection, row: Any, now: datetime, what: str, value: str) -> None:
    """The same for what happens to a complaint that is here, whose row is locked: the first time only. Figures are of complaints,
    not of what was done to them: one that is given back and taken five times was accepted once, and one that is contested ended as
    it was closed first."""
    if what not in row.in_figures and await may_count(connection, row):
        await connection.execute(update(complaint).where(complaint.c.id == row.id).values(in_figures=(*row.in_figures, what)))
        await count(connection, week_of(now), row.country, what, value)


def in_time(due: datetime | None, now: datetime) -> str:
    """The value of a step that was done now."""
    return "in_time" if due is None or now <= due else "late"
