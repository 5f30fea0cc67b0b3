"""Remarks on the directory: counted by the week, work for whoever keeps it, and nothing of who said it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import remarks
from bot.complaints.tables import Remark
from bot.staff.audit import latest
from tests.bot.directory.world import key_of, rows, write
from tests.bot.staff.world import NOW, actor, after

COORDINATOR = actor("coordinator", countries=("CO",))
KEEPER = actor("administrator", countries=())
PLACE = str(key_of(1))


@pytest.mark.requirement("P-1", "T-1")
async def test_a_remark_leaves_no_trace_of_who_said_it(engine: AsyncEngine) -> None:
    """The same row whoever says it, at whatever minute of the week. Mutation: a row each; the day or the hour in it."""
    monday = remarks.week(NOW)
    assert monday.weekday() == 0 and (monday.hour, monday.minute) == (0, 0)
    for moment in (NOW, after(minutes=7), after(days=2)):
        await remarks.add(engine, PLACE, "CO", "closed", moment)
    async with engine.connect() as connection:
        [row] = (await connection.execute(select(Remark.__table__))).all()  # type: ignore[attr-defined]
    assert (row.service_id, row.country, row.what, row.day, row.times, row.done_at) == (PLACE, "CO", "closed", monday, 3, None)
    assert set(row._mapping) == {"id", "service_id", "country", "what", "day", "times", "done_at"}


async def test_two_at_the_same_moment_are_both_counted(engine: AsyncEngine) -> None:
    """Mutation: reading the number, then writing it."""
    await asyncio.gather(*(remarks.add(engine, PLACE, "CO", "moved", NOW) for _ in range(8)))
    [work] = await remarks.listing(engine, COORDINATOR, NOW)
    assert work.times == 8


async def test_a_flood_ends_at_the_limit(engine: AsyncEngine) -> None:
    """Mutation: a number that grows for ever."""
    await remarks.add(engine, PLACE, "CO", "hours", NOW)
    async with engine.begin() as connection:
        await connection.execute(update(Remark).values(times=remarks.MOST))
    await remarks.add(engine, PLACE, "CO", "hours", NOW)
    [work] = await remarks.listing(engine, COORDINATOR, NOW)
    assert work.times == remarks.MOST


@pytest.mark.parametrize(
    ("service_id", "country", "what"),
    [("x' or 1", "CO", "closed"), ("", "CO", "closed"), ("7", "Colombia", "closed"), ("7", "CO", "bad")],
)  # fmt: skip
async def test_what_is_no_remark(engine: AsyncEngine, service_id: str, country: str, what: str) -> None:
    """Mutation: typed text in a column."""
    with pytest.raises(ValueError):
        await remarks.add(engine, service_id, country, what, NOW)


async def test_the_list_names_what_anybody_may_see(engine: AsyncEngine) -> None:
    """One line for an entry and what was said of it, weeks together, most often first. Mutation: the name of what was hidden
    since, or of a discreet place; another country's remarks."""
    await write(
        engine,
        rows(1),
        rows(2, audience="hidden"),
        rows(3, audience="members", discreet=True, sensitive=True, address=None, point=None),
    )
    await remarks.add(engine, PLACE, "CO", "closed", NOW - timedelta(days=14))
    for _ in range(2):
        await remarks.add(engine, PLACE, "CO", "closed", NOW)
    await remarks.add(engine, PLACE, "CO", "number", NOW)
    for number in (2, 3, 4):
        await remarks.add(engine, str(key_of(number)), "CO", "closed", NOW)
    await remarks.add(engine, str(key_of(1)), "PE", "hours", NOW)
    first, *others = await remarks.listing(engine, COORDINATOR, NOW)
    assert (first.name, first.organisation, first.municipality) == ("name-1", "organisation-1", "municipality-1")
    assert (first.times, first.what, first.since, first.last) == (
        3, "closed", remarks.week(NOW - timedelta(days=14)), remarks.week(NOW)
    )  # fmt: skip
    assert sorted((work.name, work.municipality, work.what) for work in others) == [
        ("", "", "closed"), ("", "", "closed"), ("", "", "closed"), ("name-1", "municipality-1", "number")
    ]  # fmt: skip
    assert len(await remarks.listing(engine, KEEPER, NOW)) == 6
    assert await remarks.listing(engine, actor("case_manager"), NOW) == []


async def test_done_and_said_again(engine: AsyncEngine) -> None:
    """Done closes all weeks of it, once, by whoever keeps that country; said again, it is work again. Mutation: an act on another
    country's remark, a remark that stays done."""
    for moment in (NOW - timedelta(days=7), NOW):
        await remarks.add(engine, PLACE, "CO", "closed", moment)
    assert not await remarks.done(engine, actor("coordinator", countries=("PE",)), PLACE, "closed", NOW)
    assert not await remarks.done(engine, COORDINATOR, PLACE, "moved", NOW)
    assert await remarks.done(engine, COORDINATOR, PLACE, "closed", NOW)
    assert not await remarks.done(engine, COORDINATOR, PLACE, "closed", NOW)
    assert await remarks.listing(engine, COORDINATOR, NOW) == []
    async with engine.connect() as connection:
        assert [(row.what, row.subject) for row in await latest(connection)] == [("remark_done", "")]
    await remarks.add(engine, PLACE, "CO", "closed", NOW)
    assert len(await remarks.listing(engine, COORDINATOR, NOW)) == 1


async def test_what_is_over_is_deleted(engine: AsyncEngine) -> None:
    """Mutation: keeping what is done, or deleting what is open and new."""
    await remarks.add(engine, PLACE, "CO", "closed", NOW)
    await remarks.add(engine, PLACE, "CO", "moved", NOW)
    await remarks.done(engine, COORDINATOR, PLACE, "moved", NOW)
    async with engine.begin() as connection:
        assert await remarks.sweep(connection, after(days=29)) == 0
        assert await remarks.sweep(connection, after(days=30)) == 1
        assert await remarks.sweep(connection, after(days=190)) == 1
