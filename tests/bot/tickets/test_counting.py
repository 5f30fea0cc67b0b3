"""Counts are increments of closed sets, week by week, and lead to nobody."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tickets.counting import WHATS, count, wait, week_of
from bot.tickets.storing import transact
from bot.tickets.tables import Counter
from tests.bot.tickets.world import NOW, World

WEEK = week_of(NOW)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_a_week_begins_on_its_monday(at: datetime) -> None:
    """Mutation: a day instead of a week; the following Monday."""
    week = week_of(at.replace(tzinfo=UTC))
    assert week.weekday() == 0 and 0 <= (at.date() - week).days < 7


@pytest.mark.requirement("T-1")
async def test_one_more_each_time_also_at_once(world: World) -> None:
    """Mutation: reading a number and writing it back."""

    async def one(number: int) -> None:
        async def work(connection: object) -> None:
            await count(connection, WEEK, "CO", "need", "health" if number % 3 else "legal")  # type: ignore[arg-type]

        await transact(world.engine, work)

    await asyncio.gather(*(one(number) for number in range(12)))
    assert await world.counted() == {("need", "health"): 8, ("need", "legal"): 4}
    columns = {each.name for each in Counter.__table__.c}  # type: ignore[attr-defined]
    assert columns == {"week", "country", "what", "value", "number"}


@pytest.mark.requirement("T-1")
async def test_nothing_else_is_counted(world: World) -> None:
    """Mutation: an incident type; a day; what somebody typed."""
    for week, what, value in ((WEEK, "incident", "x"), (WEEK + timedelta(days=1), "need", "x"), (WEEK, "need", "x" * 25)):

        async def work(connection: object, week: date = week, what: str = what, value: str = value) -> None:
            await count(connection, week, "CO", what, value)  # type: ignore[arg-type]

        with pytest.raises(ValueError, match="counted"):
            await transact(world.engine, work)
    assert await world.counted() == {}
    assert sorted(WHATS) == ["age", "escalated", "lang", "need", "outcome", "rating", "request", "shown", "wait", "way"]


def test_how_long_somebody_waited_is_rough() -> None:
    """Mutation: minutes."""
    waits = [wait(timedelta(minutes=minutes)) for minutes in (0, 29, 30, 119, 120, 719, 720, 1439, 1440, 99_999)]
    assert waits == ["under_30m"] * 2 + ["under_2h"] * 2 + ["under_12h"] * 2 + ["under_1d"] * 2 + ["longer"] * 2
