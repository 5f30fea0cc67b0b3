"""The live roster: at most half a minute old, through a lost database, and read again before a request is accepted."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.duty_texts import DutyTextBook
from bot.refreshing import OLDEST
from bot.roster.live import LiveRoster
from bot.roster.tables import Shift
from bot.settings import Settings
from bot.staff.tables import Employer, StaffKey
from flows.facts import Duty
from tests.bot.roster.world import NOW, member, weekly, write

AT = NOW.timestamp()


def live(engine: AsyncEngine, settings: Settings, texts: DutyTextBook | None = None) -> LiveRoster:
    return LiveRoster(engine, settings, lambda: AT, texts)


@pytest.mark.requirement("D-7")
async def test_the_roster_follows_the_database(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: never reading again, or building a new snapshot though nothing changed."""
    await write(engine, [member("ana")], weekly("ana"))
    duty = live(engine, settings.model_copy(update={"refresh_seconds": 1}))
    as_facts: Duty = duty
    assert not as_facts.on_call("CO", AT).answers
    await duty.start()
    try:
        assert as_facts.on_call("CO", AT).open_now and duty.checked_at == AT
        before = duty.current
        assert not await duty.refresh() and duty.current is before
        async with engine.begin() as connection:
            await connection.execute(delete(Shift))
        async with asyncio.timeout(5):
            while duty.current is before:
                await asyncio.sleep(0.05)
        told = as_facts.on_call("CO", AT)
        assert told.answers and not told.open_now
    finally:
        await duty.stop()


@pytest.mark.requirement("D-7")
@pytest.mark.requirement("D-9")
async def test_it_answers_for_whoever_asks_and_can_read_the_roster_again(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: answering from the snapshot; a child, or a wish for another organisation, that does not reach the snapshot; what
    has become of an organisation that is not read."""
    await write(engine, [member("ana"), member("nina", roles=("child_protection",))], weekly("ana"))
    async with engine.begin() as connection:
        values = {"key": "org-old", "name": "Organisation Old", "merged_into": "org-a"}
        await connection.execute(insert(Employer).values(**values))
    duty = live(engine, settings)
    await duty.refresh()
    child = duty.on_call("CO", AT, child=True)
    assert child.answers and not child.open_now and duty.on_call("CO", AT).open_now
    for key in ("org-a", "org-old"):
        assert not duty.on_call("CO", AT, without=(key,)).answers
    async with engine.begin() as connection:
        await connection.execute(update(StaffKey).where(StaffKey.staff_id == member("ana").id).values(retired_at=NOW))  # type: ignore[arg-type]
    assert duty.on_call("CO", AT).answers
    told = (await duty.fresh()).on_call("CO", AT)
    assert not told.answers and not told.open_now
    assert not duty.on_call("CO", AT).answers and duty.on_call("CO", AT, child=True).answers


async def test_a_lost_database_is_said_and_survived(
    engine: AsyncEngine, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: ending the background task, forgetting who is on duty, logging what an exception says."""
    await write(engine, [member("ana")], weekly("ana"))
    duty = live(engine, settings)
    await duty.start()
    try:
        duty._going_on.every = 0.01
        await duty.stop()
        before = duty.current
        failing = [0]

        async def fail(*_: object) -> None:
            failing[0] += 1
            raise OSError("secret-host")

        monkeypatch.setattr("bot.roster.live.snapshot.read", fail)
        with pytest.raises(db.DatabaseDown):
            await duty.fresh()
        with caplog.at_level(logging.WARNING):
            duty._going_on.start()
            async with asyncio.timeout(5):
                while failing[0] < 4:
                    await asyncio.sleep(0.01)
        assert duty.current is before and duty.on_call("CO", AT).open_now
        assert "roster not refreshed" in caplog.text and "secret-host" not in caplog.text
    finally:
        await duty.stop()


def test_a_snapshot_is_never_older_than_half_a_minute(settings: Settings) -> None:
    """Mutation: taking the setting as it is."""
    engine = db.open_engine("sqlite+aiosqlite:///unused.db")
    assert live(engine, settings.model_copy(update={"refresh_seconds": 60}))._going_on.every == OLDEST == 30
    assert live(engine, settings.model_copy(update={"refresh_seconds": 5}))._going_on.every == 5


@pytest.mark.requirement("D-2")
def test_it_gives_the_text_of_the_book(settings: Settings) -> None:
    """Mutation: a text in a live deployment that nobody confirmed."""
    engine = db.open_engine("sqlite+aiosqlite:///unused.db")
    assert live(engine, settings).text("CO", AT) is not None
    assert live(engine, settings).text("CO", AT + timedelta(days=400).total_seconds()) is None
    assert live(engine, settings.model_copy(update={"mode": "live"})).text("CO", AT) is None
    assert live(engine, settings, DutyTextBook([], live=False)).text("CO", AT) is None
