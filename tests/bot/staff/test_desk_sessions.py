"""Sessions of the desk: what a token opens, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.staff import desk_sessions
from bot.staff.roles import Actor
from bot.staff.tables import DeskSession, Staff
from tests.bot.staff.world import NOW, after, employ, rows

_staff: Any = Staff.__table__  # type: ignore[attr-defined]


async def opened(engine: AsyncEngine, name: str = "case-manager-co-1", training: bool = False) -> tuple[Actor, bytes]:
    async with engine.begin() as connection:
        found = await employ(connection, name)
        return found, await desk_sessions.begin(connection, found.id, NOW, training=training)


async def test_a_token_finds_its_account_and_the_table_does_not_hold_it(engine: AsyncEngine) -> None:
    """Mutation: storing the token itself as the key of the row."""
    somebody, token = await opened(engine)
    found = await desk_sessions.find(engine, token, after(minutes=1))
    assert found is not None and found.actor == somebody and found.session.staff_id == somebody.id
    (row,) = await rows(engine, DeskSession)
    assert len(token) == 32 and token not in row.id and row.id == found.session.id


@pytest.mark.parametrize("wrong", [bytes(32), b"", b"x" * 33], ids=["nought", "empty", "long"])
async def test_other_bytes_find_nobody(engine: AsyncEngine, wrong: bytes) -> None:
    """Mutation: finding the newest session for a token that matches none."""
    await opened(engine)
    assert await desk_sessions.find(engine, wrong, NOW) is None


@pytest.mark.parametrize(("minutes", "alive"), [(14.98, True), (15, False), (60, False)])
async def test_fifteen_minutes_of_silence_end_it(engine: AsyncEngine, minutes: float, alive: bool) -> None:
    """Mutation: a longer silence; ``>`` for ``>=``."""
    _, token = await opened(engine)
    assert (await desk_sessions.find(engine, token, after(minutes=minutes)) is not None) is alive


async def test_signs_of_life_keep_it_open_for_twelve_hours_and_no_longer(engine: AsyncEngine) -> None:
    """Mutation: no absolute end, so that a page left open stays signed in for ever; ``find`` counting as a sign of life."""
    _, token = await opened(engine)
    for minutes in range(10, 12 * 60, 10):
        found = await desk_sessions.find(engine, token, after(minutes=minutes))
        assert found is not None, f"ended after {minutes} minutes although somebody was there"
        await desk_sessions.touch(engine, found.session, after(minutes=minutes))
    assert await desk_sessions.find(engine, token, after(hours=12)) is None
    assert await desk_sessions.find(engine, token, after(minutes=719)) is not None


async def test_looking_is_no_sign_of_life(engine: AsyncEngine) -> None:
    """Mutation: ``find`` moving ``seen_at``: a page that reloads itself would never be signed out."""
    _, token = await opened(engine)
    for minutes in (5, 10, 14):
        assert await desk_sessions.find(engine, token, after(minutes=minutes)) is not None
    assert await desk_sessions.find(engine, token, after(minutes=16)) is None


async def test_a_sign_of_life_is_written_at_most_once_a_minute(engine: AsyncEngine) -> None:
    """Mutation: a write for every click."""
    _, token = await opened(engine)
    written: list[str] = []
    note: Callable[..., None] = lambda *given: written.append(given[2]) if given[2].startswith("UPDATE") else None  # noqa: E731
    event.listen(engine.sync_engine, "before_cursor_execute", note)
    for seconds in range(0, 125, 5):
        found = await desk_sessions.find(engine, token, after(seconds=seconds))
        assert found is not None
        await desk_sessions.touch(engine, found.session, after(seconds=seconds))
    assert len(written) == 2


async def test_signing_out_ends_this_session_and_no_other(engine: AsyncEngine) -> None:
    """Mutation: ending every session of the account, or none; an error for a token that is worth nothing."""
    somebody, token = await opened(engine)
    async with engine.begin() as connection:
        other = await desk_sessions.begin(connection, somebody.id, NOW)
    await desk_sessions.end(engine, token)
    await desk_sessions.end(engine, token)
    assert await desk_sessions.find(engine, token, NOW) is None
    assert await desk_sessions.find(engine, other, NOW) is not None


async def test_all_sessions_of_an_account_can_be_ended_but_one(engine: AsyncEngine) -> None:
    """Mutation: ending those of others too; ending the one that stays."""
    somebody, token = await opened(engine)
    _, others = await opened(engine, "case-manager-co-2")
    async with engine.begin() as connection:
        second = await desk_sessions.begin(connection, somebody.id, NOW)
    found = await desk_sessions.find(engine, token, NOW)
    assert found is not None
    async with engine.begin() as connection:
        assert await desk_sessions.end_all(connection, somebody.id, but=found.session.id) == 1
    assert await desk_sessions.find(engine, second, NOW) is None
    assert await desk_sessions.find(engine, token, NOW) is not None
    async with engine.begin() as connection:
        assert await desk_sessions.end_all(connection, somebody.id) == 1
    assert await desk_sessions.find(engine, token, NOW) is None
    assert await desk_sessions.find(engine, others, NOW) is not None


async def test_whoever_has_left_is_signed_in_nowhere(engine: AsyncEngine) -> None:
    """Mutation: not asking whether the account is active."""
    somebody, token = await opened(engine)
    async with engine.begin() as connection:
        await connection.execute(update(_staff).where(_staff.c.id == somebody.id).values(active=False))
    assert await desk_sessions.find(engine, token, NOW) is None


async def test_roles_hold_as_they_are_now_and_training_as_the_session_says(engine: AsyncEngine) -> None:
    """Mutation: keeping the roles of the moment of signing in; a training session that sees real requests."""
    somebody, token = await opened(engine, training=True)
    async with engine.begin() as connection:
        await connection.execute(update(_staff).where(_staff.c.id == somebody.id).values(roles=("member",)))
    found = await desk_sessions.find(engine, token, NOW)
    assert found is not None and found.actor.roles == ("member",) and found.actor.training
    await desk_sessions.train(engine, found.session, False)
    found = await desk_sessions.find(engine, token, NOW)
    assert found is not None and not found.actor.training


async def test_what_is_over_is_swept_away(engine: AsyncEngine) -> None:
    """Mutation: sweeping sessions that are still open."""
    somebody, token = await opened(engine)
    async with engine.begin() as connection:
        for age in (timedelta(minutes=15), timedelta(hours=13)):
            await desk_sessions.begin(connection, somebody.id, NOW - age)
    assert await desk_sessions.sweep(engine, NOW) == 2
    assert await desk_sessions.find(engine, token, NOW) is not None


def test_a_forms_token_follows_from_the_session_and_from_no_other() -> None:
    """Mutation: the same token for every session; the cookie itself in the page."""
    one, other = bytes(32), bytes([1]) * 32
    assert desk_sessions.csrf_matches(one, desk_sessions.csrf(one))
    for wrong in (desk_sessions.csrf(other), "", "\ud800", desk_sessions.csrf(one)[:-1], one.hex()):
        assert not desk_sessions.csrf_matches(one, wrong)
    assert one.hex() not in desk_sessions.csrf(one)
