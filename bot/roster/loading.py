"""A roster file into the database, and the holidays that the program brings along. Loading it again changes nothing.

Here belongs what is replaced by what: loading replaces what an earlier file said, and nothing that the desk or a calendar
added. Never here: the file's shape (``reading``), pages.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.roster import snapshot
from bot.roster.duty import Change, Weekly
from bot.roster.holidays import HolidayList
from bot.roster.reading import Plan, read
from bot.roster.tables import Holiday, Shift, ShiftException
from bot.staff import audit

_shift: Any = Shift.__table__  # type: ignore[attr-defined]
_change: Any = ShiftException.__table__  # type: ignore[attr-defined]
_holiday: Any = Holiday.__table__  # type: ignore[attr-defined]


class Loaded(NamedTuple):
    """What loading did."""

    added: int
    """Rows: shifts of one day of the week, exceptions, holidays."""
    removed: int
    plan: Plan


async def load(engine: AsyncEngine, text: str, lists: Mapping[str, HolidayList], now: datetime) -> Loaded:
    """Take in the text of a roster file and lists of holidays, in one transaction or not at all.

    A holiday of the file goes before one of the lists, one of the desk before both. Raises ``reading.RosterError``,
    ``bot.db.DatabaseDown``.
    """
    with db.explained(engine.url):
        async with engine.begin() as connection:
            plan = read(text, (await snapshot.read(connection, now)).members)
            counts = [
                await _replace(connection, _shift, [_row(Weekly, shift) for shift in plan.shifts]),
                await _replace(connection, _change, [_row(Change, change) for change in plan.changes]),
                await _replace_holidays(connection, _wanted(plan.holidays, lists), now),
            ]
            added, removed = (sum(each) for each in zip(*counts, strict=True))
            if added or removed:
                await audit.record(connection, audit.COMMAND, "", "roster_loaded", "", now)
    return Loaded(added, removed, plan)


def _row(kind: type[Weekly] | type[Change], row: Weekly | Change) -> dict[str, Any]:
    return {**dict(zip(kind._fields, row, strict=True)), "origin": "file"}


async def _replace(connection: AsyncConnection, table: Any, rows: Iterable[dict[str, Any]]) -> tuple[int, int]:
    """Make the table's rows of origin ``file`` these; how many were added and removed.

    Ids tell what is there already: a row that the desk made its own since is left as it is.
    """
    wanted = {row["id"]: row for row in rows}
    there: dict[uuid.UUID, str] = {key: origin for key, origin in await connection.execute(select(table.c.id, table.c.origin))}
    gone = [key for key, origin in there.items() if origin == "file" and key not in wanted]
    if gone:
        await connection.execute(delete(table).where(table.c.id.in_(gone)))
    new = [row for key, row in wanted.items() if key not in there]
    if new:
        await connection.execute(insert(table), new)
    return len(new), len(gone)


def _wanted(said: Mapping[tuple[str, date], bool], lists: Mapping[str, HolidayList]) -> dict[tuple[str, date], tuple[str, bool]]:
    """(country, day) -> origin, whether people work."""
    wanted = {(code, each.day): ("law", False) for code, listed in lists.items() for each in listed.days}
    return wanted | {key: ("file", works) for key, works in said.items()}


async def _replace_holidays(
    connection: AsyncConnection, wanted: dict[tuple[str, date], tuple[str, bool]], now: datetime
) -> tuple[int, int]:
    columns = (_holiday.c.id, _holiday.c.country, _holiday.c.day, _holiday.c.works, _holiday.c.origin)
    there = {(row.country, row.day): row for row in (await connection.execute(select(*columns))).all()}
    ours = {key: row for key, row in there.items() if row.origin in ("file", "law")}
    gone = [row.id for key, row in ours.items() if key not in wanted]
    if gone:
        await connection.execute(delete(_holiday).where(_holiday.c.id.in_(gone)))
    changed = 0
    for key, row in ours.items():
        if key in wanted and wanted[key] != (row.origin, row.works):
            origin, works = wanted[key]
            await connection.execute(update(_holiday).where(_holiday.c.id == row.id).values(origin=origin, works=works))
            changed += 1
    new = [
        {"id": uuid.uuid4(), "country": country, "day": day, "works": works, "origin": origin, "added_at": now}
        for (country, day), (origin, works) in wanted.items()
        if (country, day) not in there
    ]
    if new:
        await connection.execute(insert(_holiday), new)
    return len(new) + changed, len(gone) + changed
