"""Caps, heavy requests, pauses and the end of a shift (M-7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.roster import load
from bot.roster.tables import HeavyMark
from bot.settings import Settings
from bot.staff.tables import Staff
from bot.tickets.tables import Ticket
from tests.bot.roster.world import NOW, at, member, off, roster, uid, weekly, write

ANA, LUZ = member("ana"), member("luz")
PLANNED = roster([ANA, LUZ], weekly("ana"))  # 13:00 to 01:00 UTC; luz has no shift


async def ticket(connection: AsyncConnection, number: int, staff: str = "ana", **given: Any) -> bytes:
    key = number.to_bytes(16)
    values = {
        "id": key, "opening": key, "lookup": key, "public": key, "private_sealed": key, "country": "CO", "lang": "es",
        "age": "unsaid", "way": "code", "state": "claimed", "claimed_by": uid(staff), "expires_at": NOW + timedelta(days=7),
    } | given  # fmt: skip
    await connection.execute(insert(Ticket).values([Ticket(**values).model_dump()]))
    return key


@pytest.mark.requirement("M-7")
async def test_a_cap_counts_what_is_held_now(engine: AsyncEngine) -> None:
    """Mutation: ``<=`` for the cap, counting closed tickets, those of others, or invented ones."""
    await write(engine, [ANA, LUZ])
    async with engine.begin() as connection:
        await connection.execute(update(Staff).where(Staff.id == ANA.id).values(load_cap=2))  # type: ignore[arg-type]
        await ticket(connection, 1)
        for number, given in enumerate(({"state": "closed"}, {"state": "waiting"}, {"staff": "luz"}, {"training": True}), 10):
            await ticket(connection, number, **given)  # type: ignore[arg-type]
        assert await load.open_tickets(connection, ANA.id) == 1 and await load.may_claim(connection, ANA.id)
        assert await load.open_tickets(connection, ANA.id, training=True) == 1
        await ticket(connection, 2)
        assert await load.open_tickets(connection, ANA.id) == 2 and not await load.may_claim(connection, ANA.id)
        assert await load.may_claim(connection, ANA.id, training=True) and await load.may_claim(connection, LUZ.id)
        assert not await load.may_claim(connection, uid("nobody"))
        told = await load.loads(connection, [ANA.id, LUZ.id, uid("nobody")], NOW)
        assert told == {ANA.id: load.Load(2, 2, 0), LUZ.id: load.Load(1, 5, 0)}
        assert told[ANA.id].full and not told[LUZ.id].full


@pytest.mark.requirement("M-7")
async def test_a_pause_is_due_after_the_third_heavy_request_and_until_it_is_taken(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: a prompt at the second or fourth, one that stays after the pause, a request that counts twice."""
    assert settings.heavy_before_pause == load.HEAVY_BEFORE_PAUSE == 3
    await write(engine, [ANA, LUZ])
    async with engine.begin() as connection:
        said = lambda: load.care(connection, PLANNED, ANA.id, NOW)  # noqa: E731
        seen = []
        for number in (1, 1, 2, 3, 4):
            await load.mark_heavy(connection, ANA.id, number.to_bytes(16), NOW - timedelta(minutes=9 - number))
            now = await said()
            seen.append((now.heavy, now.pause))
        assert seen == [(1, False), (1, False), (2, False), (3, True), (4, True)]
        await load.pause_taken(connection, ANA.id)
        now = await said()
        assert (now.heavy, now.pause) == (4, False)
        await load.mark_heavy(connection, ANA.id, (1).to_bytes(16), NOW)
        assert (await said()).heavy == 4
        for number in (5, 6, 7):
            await load.mark_heavy(connection, ANA.id, number.to_bytes(16), NOW)
        assert (await said()).pause
        assert (await load.care(connection, PLANNED, LUZ.id, NOW)).heavy == 0
        assert not (await load.care(connection, PLANNED, ANA.id, NOW, heavy_before_pause=4)).pause
        assert (await load.loads(connection, [ANA.id], NOW))[ANA.id].heavy == 7


@pytest.mark.requirement("M-7")
async def test_heavy_requests_are_those_of_this_shift(engine: AsyncEngine) -> None:
    """Mutation: counting since midnight, or for ever; marks that outlive two days, or that name a ticket."""
    await write(engine, [ANA, LUZ])
    began = at(2026, 12, 2, 13)
    async with engine.begin() as connection:
        for number, when in enumerate((began - timedelta(seconds=1), began, NOW, NOW + timedelta(seconds=1))):
            await load.mark_heavy(connection, ANA.id, bytes(15) + bytes([number]), when)
            await load.mark_heavy(connection, LUZ.id, bytes(15) + bytes([number]), when)
        assert (await load.care(connection, PLANNED, ANA.id, NOW)).heavy == 2
        assert (await load.care(connection, PLANNED, LUZ.id, NOW)).heavy == 3, "off shift: the last twelve hours"
        assert (await load.care(connection, PLANNED, LUZ.id, began + timedelta(hours=12))).heavy == 3
        marks = (await connection.execute(select(HeavyMark.mark))).scalars().all()  # type: ignore[call-overload]
        assert not any(bytes(15) in mark for mark in marks)
        assert await load.forget_marks(connection, began + load.MARKS_KEPT) == 4
        assert (await connection.execute(select(func.count()).select_from(HeavyMark))).scalar() == 4


@pytest.mark.requirement("M-7")
async def test_the_end_of_a_shift_is_said_before_and_after(engine: AsyncEngine) -> None:
    """And a ticket that is open after it is to be handed over. Mutation: a limit a minute off, or hand-over while on shift."""
    await write(engine, [ANA])
    ends = at(2026, 12, 3, 1)
    told = []
    async with engine.begin() as connection:
        for held in (False, True):
            if held:
                await ticket(connection, 1)
            for minutes in (-31, -30, -1, 0, 59, 60):
                said = await load.care(connection, PLANNED, ANA.id, ends + timedelta(minutes=minutes))
                assert said.ends_at == (ends if minutes < 0 else None) and said.open == held
                told.append((minutes, said.debrief, said.hand_over))
    assert told == [
        *((-31, False, False), (-30, True, False), (-1, True, False), (0, True, False), (59, True, False), (60, False, False)),
        *((-31, False, False), (-30, True, False), (-1, True, False), (0, True, True), (59, True, True), (60, False, True)),
    ]


@pytest.mark.requirement("M-7")
def test_notices_are_silent_off_shift() -> None:
    """Off by the clock, by an absence, on a holiday, and for an account that does not count. Mutation: always on."""
    assert PLANNED.on_shift(ANA.id, NOW) and not PLANNED.on_shift(ANA.id, at(2026, 12, 3, 1)) and not PLANNED.on_shift(LUZ.id, NOW)
    assert not PLANNED.on_shift(uid("nobody"), NOW)
    away = roster([ANA], weekly("ana"), [off("ana", NOW, NOW + timedelta(minutes=1))])
    assert not away.on_shift(ANA.id, NOW) and away.on_shift(ANA.id, NOW + timedelta(minutes=1))
    assert not roster([ANA], weekly("ana"), holidays=[("CO", NOW.date(), False)]).on_shift(ANA.id, NOW)
    assert roster([ANA], weekly("ana"), holidays=[("CO", NOW.date(), True)]).on_shift(ANA.id, NOW)
    assert not roster([ANA._replace(has_key=False)], weekly("ana")).on_shift(ANA.id, NOW)
