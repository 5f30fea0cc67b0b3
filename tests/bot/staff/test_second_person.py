"""What takes two people."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.staff import second_person
from bot.staff.roles import Actor
from bot.staff.tables import Approval, AuditEntry
from tests.bot.staff.world import NOW, after, employ, rows

WHAT: Any = "export_statistics"
MARCH = second_person.digest({"months": ["2026-03"], "countries": ["CO", "PE"]})
APRIL = second_person.digest({"months": ["2026-04"], "countries": ["CO", "PE"]})


async def people(engine: AsyncEngine, **roles: str) -> list[Actor]:
    async with engine.begin() as connection:
        return [await employ(connection, name.replace("_", "-"), role) for name, role in roles.items()]


async def used(engine: AsyncEngine, actor: Actor, exactly: bytes = MARCH, now: Any = NOW) -> bool:
    async with engine.begin() as connection:
        return await second_person.use(connection, actor, WHAT, exactly, now)


@pytest.mark.requirement("M-8")
@pytest.mark.parametrize("second", ["coordinator", "supervisor"])
async def test_nothing_is_exported_until_a_second_person_agreed_and_then_once(engine: AsyncEngine, second: str) -> None:
    """Mutation: agreeing to one's own; not using an approval up; not asking for one."""
    asks, agrees = await people(engine, one="coordinator", two=second)
    assert not await used(engine, asks)
    async with engine.begin() as connection:
        id = await second_person.ask(connection, asks, WHAT, MARCH, NOW)
        assert id is not None
        assert not await second_person.approve(connection, asks, id, NOW)
        assert await second_person.waiting(connection, asks, NOW) == []
    assert not await used(engine, asks)
    async with engine.begin() as connection:
        assert [(row.id, row.asked_name) for row in await second_person.waiting(connection, agrees, NOW)] == [(id, "one")]
        assert await second_person.approve(connection, agrees, id, NOW)
        assert not await second_person.approve(connection, agrees, id, NOW), "once"
        assert await second_person.approved(connection, asks, WHAT, MARCH, NOW)
    assert not await used(engine, agrees), "for whoever asked, not for who agreed"
    assert not await used(engine, asks, APRIL), "for exactly what was asked"
    assert await used(engine, asks)
    assert not await used(engine, asks)
    whats = [(row.actor, row.what) for row in await rows(engine, AuditEntry)]
    assert whats == [("one", "export_asked"), ("two", "export_approved"), ("one", "exported")]


@pytest.mark.requirement("M-8")
async def test_who_may_not_export_asks_for_nothing_and_who_may_not_agree_sees_nothing(engine: AsyncEngine) -> None:
    """Mutation: asking the role nowhere."""
    asks, *others = await people(engine, a="coordinator", b="case_manager", c="member", d="psea_focal_point", e="administrator")
    async with engine.begin() as connection:
        id = await second_person.ask(connection, asks, WHAT, MARCH, NOW)
        assert id is not None
        assert await second_person.ask(connection, asks, "see_statistics", MARCH, NOW) is None
        for other in others:
            assert await second_person.ask(connection, other, WHAT, MARCH, NOW) is None
            assert await second_person.waiting(connection, other, NOW) == []
            assert not await second_person.approve(connection, other, id, NOW)
    assert len(await rows(engine, Approval)) == 1


async def test_what_was_asked_for_is_over_after_a_day(engine: AsyncEngine) -> None:
    """Mutation: an approval that waits for ever."""
    asks, agrees = await people(engine, a="coordinator", b="supervisor")
    async with engine.begin() as connection:
        first = await second_person.ask(connection, asks, WHAT, MARCH, NOW)
        second = await second_person.ask(connection, asks, WHAT, APRIL, NOW)
        assert first is not None and second is not None
        assert await second_person.approve(connection, agrees, first, after(hours=23))
        assert not await second_person.approve(connection, agrees, second, after(hours=24))
    assert not await used(engine, asks, now=after(hours=24))
    assert await used(engine, asks, now=after(hours=23))
    async with engine.begin() as connection:
        assert await second_person.sweep(connection, after(hours=23)) == 0
        assert await second_person.sweep(connection, after(hours=24)) == 2


async def test_two_tabs_export_once(engine: AsyncEngine) -> None:
    """Mutation: looking whether it was used, and writing afterwards."""
    asks, agrees = await people(engine, a="coordinator", b="supervisor")
    async with engine.begin() as connection:
        id = await second_person.ask(connection, asks, WHAT, MARCH, NOW)
        assert id is not None and await second_person.approve(connection, agrees, id, NOW)
    assert sorted(await asyncio.gather(*(used(engine, asks) for _ in range(3)))) == [False, False, True]


def test_another_choice_is_another_thing_and_the_order_of_fields_is_not() -> None:
    """Mutation: hashing the names of the fields only, or text joined without ends."""
    assert second_person.digest({"a": "1", "b": "2"}) == second_person.digest({"b": "2", "a": "1"})
    different: list[dict[str, Any]] = [{"a": "1"}, {"a": ["1"]}, {"a": ["1", "2"]}, {"a": ["12"]}, {"a": "12"}, {"b": "1"}]
    assert len({second_person.digest(each) for each in different}) == len(different)
