"""Changes to the roster, one row at a time, as the desk makes them: in the caller's transaction, with an entry in the audit.

Here belongs what becomes of a row that a file or a calendar wrote: it is the desk's from then on, under the same id, so that
loading the file again leaves it alone. For the same reason such a row is not deleted but emptied; otherwise the next loading
would bring it back. Never here: what was typed (``drafts``), who may (``bot.staff.roles``).

Whoever changes a row says how it was when they read it; where it is another by now, nothing is done.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.roster.duty import Change, Weekly
from bot.roster.tables import Holiday, Shift, ShiftException
from bot.staff import audit

_shift: Any = Shift.__table__  # type: ignore[attr-defined]
_change: Any = ShiftException.__table__  # type: ignore[attr-defined]
_holiday: Any = Holiday.__table__  # type: ignore[attr-defined]


class By(NamedTuple):
    """Who changes the roster, for the audit: label of the account and the role by which it may."""

    name: str
    role: str


class Day(NamedTuple):
    """A listed holiday."""

    id: uuid.UUID
    country: str
    day: date
    works: bool
    origin: str


# --- weekly shifts ---------------------------------------------------------------------------------------------------


async def shift(connection: AsyncConnection, id: uuid.UUID) -> tuple[Weekly, str] | None:
    """A shift and who wrote it; None: there is none."""
    row = (await connection.execute(select(_shift).where(_shift.c.id == id))).first()
    return (Weekly(*(getattr(row, field) for field in Weekly._fields)), row.origin) if row else None


async def add_shifts(connection: AsyncConnection, rows: Iterable[Weekly], label: str, by: By, now: datetime) -> None:
    """``label``: of the account whose shifts they are."""
    await connection.execute(insert(_shift), [{**row._asdict(), "origin": "desk"} for row in rows])
    await audit.record(connection, by.name, by.role, "shift_changed", label, now)


async def change_shift(connection: AsyncConnection, was: Weekly, new: Weekly, label: str, by: By, now: datetime) -> bool:
    """False: somebody changed or removed it meanwhile."""
    values = {**new._asdict(), "origin": "desk"}
    done = await connection.execute(update(_shift).where(_as_read(_shift, was)).values(**values))
    if done.rowcount:
        await audit.record(connection, by.name, by.role, "shift_changed", label, now)
    return bool(done.rowcount)


async def remove_shift(connection: AsyncConnection, was: Weekly, origin: str, label: str, by: By, now: datetime) -> bool:
    """From now on. False: somebody changed or removed it meanwhile."""
    if origin == "desk":
        done = await connection.execute(delete(_shift).where(_as_read(_shift, was)))
    else:
        gone = {"valid_from": None, "valid_until": now.date() - timedelta(days=2), "origin": "desk"}
        done = await connection.execute(update(_shift).where(_as_read(_shift, was)).values(**gone))
    if done.rowcount:
        await audit.record(connection, by.name, by.role, "shift_changed", label, now)
    return bool(done.rowcount)


# --- dated changes ---------------------------------------------------------------------------------------------------


async def exception(connection: AsyncConnection, id: uuid.UUID) -> tuple[Change, str] | None:
    """A dated change and who wrote it; None: there is none."""
    row = (await connection.execute(select(_change).where(_change.c.id == id))).first()
    return (Change(*(getattr(row, field) for field in Change._fields)), row.origin) if row else None


async def add_exception(connection: AsyncConnection, row: Change, label: str, by: By, now: datetime) -> None:
    await connection.execute(insert(_change).values(**row._asdict(), origin="desk"))
    await audit.record(connection, by.name, by.role, "exception_added", label, now)


async def change_exception(connection: AsyncConnection, was: Change, new: Change, label: str, by: By, now: datetime) -> bool:
    """False: somebody changed or removed it meanwhile."""
    done = await connection.execute(update(_change).where(_as_read(_change, was)).values(**new._asdict(), origin="desk"))
    if done.rowcount:
        await audit.record(connection, by.name, by.role, "exception_added", label, now)
    return bool(done.rowcount)


async def remove_exception(connection: AsyncConnection, was: Change, origin: str, label: str, by: By, now: datetime) -> bool:
    """False: somebody changed or removed it meanwhile. What a calendar brought, the next calendar may bring again."""
    if origin == "file":
        empty = {"ends_at": was.begins_at, "origin": "desk"}
        done = await connection.execute(update(_change).where(_as_read(_change, was)).values(**empty))
    else:
        done = await connection.execute(delete(_change).where(_as_read(_change, was)))
    if done.rowcount:
        await audit.record(connection, by.name, by.role, "exception_removed", label, now)
    return bool(done.rowcount)


# --- holidays --------------------------------------------------------------------------------------------------------


async def holidays(connection: AsyncConnection, country: str, since: date) -> list[Day]:
    """The listed days of a country from ``since`` on, in order."""
    asked = select(*(_holiday.c[name] for name in Day._fields)).where(_holiday.c.country == country, _holiday.c.day >= since)
    return [Day(*row) for row in await connection.execute(asked.order_by(_holiday.c.day))]


async def holiday(connection: AsyncConnection, id: uuid.UUID) -> Day | None:
    """A listed day; None: there is none."""
    row = (await connection.execute(select(*(_holiday.c[name] for name in Day._fields)).where(_holiday.c.id == id))).first()
    return Day(*row) if row else None


async def add_holiday(connection: AsyncConnection, country: str, day: date, works: bool, by: By, now: datetime) -> bool:
    """False: the day is listed already."""
    there = select(_holiday.c.id).where(_holiday.c.country == country, _holiday.c.day == day)
    if (await connection.execute(there)).first() is not None:
        return False
    values = {"id": uuid.uuid4(), "country": country, "day": day, "works": works, "added_at": now, "origin": "desk"}
    try:
        async with connection.begin_nested():
            await connection.execute(insert(_holiday).values(**values))
    except IntegrityError:
        return False
    await audit.record(connection, by.name, by.role, "holiday_changed", country, now)
    return True


async def set_works(connection: AsyncConnection, was: Day, works: bool, by: By, now: datetime) -> bool:
    """Whether the weekly shifts hold on this day. False: somebody changed it meanwhile."""
    done = await connection.execute(update(_holiday).where(_as_read(_holiday, was)).values(works=works, origin="desk"))
    if done.rowcount:
        await audit.record(connection, by.name, by.role, "holiday_changed", was.country, now)
    return bool(done.rowcount)


async def remove_holiday(connection: AsyncConnection, was: Day, by: By, now: datetime) -> bool:
    """Only what the desk wrote: others are set to ``works``, or the next loading would bring them back. False: not done."""
    done = await connection.execute(delete(_holiday).where(_as_read(_holiday, was), _holiday.c.origin == "desk"))
    if done.rowcount:
        await audit.record(connection, by.name, by.role, "holiday_changed", was.country, now)
    return bool(done.rowcount)


# --- plumbing --------------------------------------------------------------------------------------------------------


def _as_read(table: Any, row: Weekly | Change | Day) -> Any:
    """Every column as it was when somebody read the row."""
    return and_(*(table.c[name].is_not_distinct_from(value) for name, value in row._asdict().items()))
