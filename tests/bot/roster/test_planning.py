"""One row changed by the desk: as it was read or not at all, and what a file says again later."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.roster import planning, snapshot
from bot.roster.loading import load
from bot.roster.planning import By
from bot.roster.snapshot import RosterSnapshot
from bot.roster.tables import Holiday, Shift, ShiftException
from bot.staff.tables import AuditEntry
from tests.bot.roster.world import NOW, at, extra, member, off, uid, weekly, write

BY = By("sup", "supervisor")
FILE = """
[[shift]]
staff = "ana"
country = "CO"
duty = "primary"
days = ["mon"]
from = "08:00"
to = "20:00"
zone = "America/Bogota"

[[off]]
staff = "ana"
from = 2026-12-24
to = 2026-12-24
zone = "America/Bogota"
"""


async def roster(engine: AsyncEngine) -> RosterSnapshot:
    async with engine.connect() as connection:
        return RosterSnapshot(await snapshot.read(connection, NOW))


async def recorded(engine: AsyncEngine) -> list[tuple[str, str, str, str]]:
    async with engine.connect() as connection:
        rows = (await connection.execute(select(AuditEntry.__table__))).all()  # type: ignore[attr-defined]
    return [(row.actor, row.role, row.what, row.subject) for row in rows]


async def origins(engine: AsyncEngine, table: Any) -> list[str]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(table.origin))).scalars())


async def test_a_shift_added_changed_and_removed(engine: AsyncEngine) -> None:
    """Each with its entry in the audit. Mutation: a change without an entry; one that leaves the old row."""
    await write(engine, [member("ana")])
    (row,) = weekly("ana", [0])
    new = row._replace(opens=540, area="norte")
    async with engine.begin() as connection:
        await planning.add_shifts(connection, [row], "ana", BY, NOW)
        assert await planning.shift(connection, row.id) == (row, "desk")
        assert await planning.change_shift(connection, row, new, "ana", BY, NOW)
        assert not await planning.change_shift(connection, row, row, "ana", BY, NOW), "it is another by now"
        assert not await planning.remove_shift(connection, row, "desk", "ana", BY, NOW)
    assert (await roster(engine)).rows.shifts == (new,)
    async with engine.begin() as connection:
        assert await planning.remove_shift(connection, new, "desk", "ana", BY, NOW)
    assert (await roster(engine)).rows.shifts == ()
    assert await recorded(engine) == [("sup", "supervisor", "shift_changed", "ana")] * 3


@pytest.mark.requirement("D-7")
async def test_what_the_desk_changed_or_removed_a_file_does_not_bring_back(engine: AsyncEngine) -> None:
    """Mutation: deleting a row of a file; leaving its origin; an emptied shift that still counts."""
    await write(engine, [member("ana"), member("bea", roles=("supervisor",))])
    await load(engine, FILE, {}, NOW)
    before = await roster(engine)
    (shift,), (away,) = before.rows.shifts, before.rows.changes
    assert before.spans("CO", at(2026, 12, 7), at(2026, 12, 9))
    async with engine.begin() as connection:
        assert await planning.remove_shift(connection, shift, "file", "ana", BY, NOW)
        assert await planning.remove_exception(connection, away, "file", "ana", BY, NOW)
    await load(engine, FILE, {}, NOW)
    after = await roster(engine)
    assert await origins(engine, Shift) == await origins(engine, ShiftException) == ["desk"]
    assert after.spans("CO", at(2026, 12, 2), at(2026, 12, 30)) == []
    assert [change for change in after.rows.changes if change.begins_at < change.ends_at] == []


async def test_a_changed_row_of_a_file_stays_changed(engine: AsyncEngine) -> None:
    """Mutation: another id for it, so that the file adds its own beside it."""
    await write(engine, [member("ana")])
    await load(engine, FILE, {}, NOW)
    before = await roster(engine)
    (shift,), (away,) = before.rows.shifts, before.rows.changes
    later, shorter = shift._replace(opens=600), away._replace(ends_at=at(2026, 12, 24, 12))
    async with engine.begin() as connection:
        assert await planning.change_shift(connection, shift, later, "ana", BY, NOW)
        assert await planning.change_exception(connection, away, shorter, "ana", BY, NOW)
        assert not await planning.change_exception(connection, away, away, "ana", BY, NOW)
    await load(engine, FILE, {}, NOW)
    rows = (await roster(engine)).rows
    assert (rows.shifts, rows.changes) == ((later,), (shorter,))


async def test_an_absence_and_an_extra_shift(engine: AsyncEngine) -> None:
    """Mutation: an audit that names what was not done."""
    await write(engine, [member("ana")])
    away, more = off("ana", at(2026, 12, 10), at(2026, 12, 11)), extra("ana", at(2026, 12, 12), at(2026, 12, 13))
    async with engine.begin() as connection:
        for row in (away, more):
            await planning.add_exception(connection, row, "ana", BY, NOW)
        assert await planning.exception(connection, more.id) == (more, "desk")
        assert await planning.exception(connection, uid("none")) is None
        assert await planning.remove_exception(connection, away, "desk", "ana", BY, NOW)
        assert not await planning.remove_exception(connection, away, "desk", "ana", BY, NOW)
    assert (await roster(engine)).rows.changes == (more,)
    assert [what for _, _, what, _ in await recorded(engine)] == ["exception_added", "exception_added", "exception_removed"]


async def test_a_holiday_on_which_people_work_and_one_of_the_desk(engine: AsyncEngine) -> None:
    """Mutation: deleting a day of the law, which the next loading brings back; two rows for a day."""
    await write(engine, [member("ana")], holidays=[("CO", date(2026, 12, 8), False)])
    async with engine.begin() as connection:
        await connection.execute(update(Holiday.__table__).values(origin="law"))  # type: ignore[attr-defined]
        (law,) = await planning.holidays(connection, "CO", date(2026, 12, 8))
        assert await planning.holidays(connection, "CO", date(2026, 12, 9)) == []
        assert not await planning.add_holiday(connection, "CO", date(2026, 12, 8), False, BY, NOW)
        assert not await planning.remove_holiday(connection, law, BY, NOW), "it is not the desk's"
        assert await planning.set_works(connection, law, True, BY, NOW)
        assert not await planning.set_works(connection, law, True, BY, NOW), "it is another by now"
        assert await planning.add_holiday(connection, "CO", date(2026, 12, 31), False, BY, NOW)
    snap = await roster(engine)
    assert snap.closed == {("CO", date(2026, 12, 31))}
    async with engine.begin() as connection:
        own = (await planning.holidays(connection, "CO", date(2026, 12, 9)))[0]
        assert await planning.holiday(connection, own.id) == own
        assert await planning.remove_holiday(connection, own, BY, NOW)
        assert await planning.holiday(connection, own.id) is None
    assert await recorded(engine) == [("sup", "supervisor", "holiday_changed", "CO")] * 3
