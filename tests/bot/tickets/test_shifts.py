"""What nobody does outside their shift (M-7), and what works at any hour."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from bot.roster.tables import ShiftException
from bot.sealing import Kind
from bot.tickets import desk, reading
from bot.tickets.desk import Refused
from tests.bot.tickets.world import ALL_DAY, HANDED, NOW, Worker, World, after

SECOND: Final = timedelta(seconds=1)
OVER: Final = timedelta(hours=2)
"""Dora's shift ends an hour after NOW, and an hour later she may no longer go on with anything."""


async def claim(world: World, dora: Worker, now: datetime) -> None:
    ticket_id, _ = await world.ask()
    await desk.claim(world.tickets, dora.actor, ticket_id, now)


def works(act: Callable[[World, Worker, bytes, datetime], Awaitable[Any]], **changes: Any) -> Callable[..., Awaitable[None]]:
    """An act on a request that she claimed while she was on shift."""

    async def does(world: World, dora: Worker, now: datetime) -> None:
        ticket_id, _ = await world.taken(dora, windows=ALL_DAY, **changes)
        await reading.released(world.tickets, dora.actor, ticket_id, "card", now)
        await act(world, dora, ticket_id, now)

    return does


async def answer(world: World, dora: Worker, ticket_id: bytes, now: datetime) -> None:
    await desk.send_answer(world.tickets, dora.actor, ticket_id, await world.answer(ticket_id), now)


def opens(kind: Kind) -> Callable[[World, Worker, bytes, datetime], Awaitable[Any]]:
    return lambda world, dora, id, now: reading.released(world.tickets, dora.actor, id, kind, now)  # type: ignore[arg-type]


NEEDS_SHIFT: Final = {
    "claim": claim,
    "contact": works(opens("contact")),
    "answer": works(answer),
    "relay": works(lambda world, dora, id, now: desk.permit_relay(world.tickets, dora.actor, id, now), way="here"),
    "try": works(lambda world, dora, id, now: desk.count_try(world.tickets, dora.actor, id, now)),
}
AT_ANY_HOUR: Final = {
    "card": works(opens("card")),
    "note": works(opens("note")),
    "release": works(lambda world, dora, id, now: desk.release(world.tickets, dora.actor, id, HANDED, now)),
    "recuse": works(lambda world, dora, id, now: desk.recuse(world.tickets, dora.actor, id, now)),
    "end relay": works(lambda world, dora, id, now: desk.end_relay(world.tickets, dora.actor, id, now), way="here"),
    "heavy": works(lambda world, dora, id, now: desk.mark_heavy(world.tickets, dora.actor, id, now)),
    "close": works(lambda world, dora, id, now: desk.close(world.tickets, dora.actor, id, "not_for_us", now)),
}


async def dora_until_eleven(world: World, *roles: str, country: str = "CO", **rest: Any) -> Worker:
    worker = await world.worker("dora", *roles, countries=(country,), **rest)
    await world.shifts(worker.id, country, "primary", 8 * 60, 11 * 60)
    return worker


@pytest.mark.requirement("M-7")
@pytest.mark.parametrize("act", [*NEEDS_SHIFT, *AT_ANY_HOUR])
async def test_nobody_is_contacted_outside_a_shift(world: World, act: str) -> None:
    """On shift, to the last second in which somebody may finish what they have begun, and after it.

    Mutation: any of the acts that does not ask the roster; one that asks although it contacts nobody; no time to finish."""
    dora = await dora_until_eleven(world)
    does = NEEDS_SHIFT.get(act) or AT_ANY_HOUR[act]
    await does(world, dora, NOW)
    await does(world, dora, NOW + OVER - SECOND)
    if act in AT_ANY_HOUR:
        await does(world, dora, NOW + OVER)
        return
    before = await world.audited()
    with pytest.raises(Refused, match="off_shift"):
        await does(world, dora, NOW + OVER)
    assert {what for _, what in (await world.audited())[len(before) :]} <= {"requested", "claimed", "opened_card"}


@pytest.mark.requirement("M-7")
@pytest.mark.parametrize("hurry", [{"urgent": True}, {"child": True, "age": "under18"}])
async def test_with_whoever_cannot_wait_there_is_half_the_time(world: World, hurry: dict[str, Any]) -> None:
    """Mutation: a claim that holds longer than others wait to get it."""
    dora = await dora_until_eleven(world, "child_protection" if "child" in hurry else "case_manager")
    if "child" in hurry:
        await world.shifts(dora.id, "CO", "child", 8 * 60, 11 * 60)
    ticket_id, _ = await world.taken(dora, **hurry)
    await answer(world, dora, ticket_id, after(minutes=90) - SECOND)
    with pytest.raises(Refused, match="off_shift"):
        await answer(world, dora, ticket_id, after(minutes=90))


@pytest.mark.requirement("M-7")
@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("nobody planned a shift there", True),
        ("a supervisor without shifts", True),
        ("a national focal point without shifts", True),
        ("a supervisor with shifts", False),
        ("a case manager without shifts", False),
        ("on duty in another country", False),
        ("on duty in a country that the person agreed to", True),
        ("an extra shift", True),
        ("away", False),
        ("practises", True),
    ],
)
async def test_who_may_work_when(world: World, ben: Worker, who: str, may: bool) -> None:
    """Ben is on duty in Colombia at all times, so that it has a roster. What the page shows is what then happens.

    Mutation: any of these cases; a page that offers what is refused, or hides what is not."""
    roles = {"a supervisor": "supervisor", "a national": "national_focal_point"}
    role = next((name for begins, name in roles.items() if who.startswith(begins)), "case_manager")
    country = "PE" if who.startswith("nobody") else "CO"
    dora = await world.worker("dora", role, countries=(country, "VE"))
    worker = dora
    if who == "practises":
        worker = dataclasses.replace(dora, actor=dataclasses.replace(dora.actor, training=True))
    if who == "a supervisor with shifts":
        await world.shifts(dora.id, "CO", "supervisor", 12 * 60, 20 * 60)
    if who.startswith("on duty"):
        await world.shifts(dora.id, "VE", "primary")
    if who == "away":
        await world.shifts(dora.id, "CO", "primary")
    if who in ("away", "an extra shift"):
        given = {"what": "off"} if who == "away" else {"what": "extra", "country": "CO", "duty": "primary"}
        change = ShiftException(staff_id=dora.id, begins_at=after(hours=-2), ends_at=after(hours=2), **given)
        async with world.engine.begin() as connection:
            await connection.execute(ShiftException.__table__.insert().values(**change.model_dump()))  # type: ignore[attr-defined]
    agreed = ("VE",) if "agreed" in who else ()
    training = who == "practises"
    ticket_id, _ = await world.ask(country=country, countries=agreed, training=training)
    if role == "national_focal_point":  # it never takes from the queue, but works on what another country hands over
        await world.set(ticket_id, state="claimed", claimed_by=dora.id, claimed_at=NOW, touched_at=NOW)
    assert (await reading.sheet(world.tickets, worker.actor, ticket_id, NOW)).off_shift is not may
    if not may:
        with pytest.raises(Refused, match="off_shift"):
            await desk.claim(world.tickets, worker.actor, ticket_id, NOW)
        return
    if role != "national_focal_point":
        await desk.claim(world.tickets, worker.actor, ticket_id, NOW)
    await answer(world, worker, ticket_id, NOW)
    seen = await reading.sheet(world.tickets, worker.actor, ticket_id, NOW)
    assert seen.contact == "" and await reading.may_see_contact(world.tickets, worker.actor, ticket_id, NOW)


@pytest.mark.requirement("M-7")
async def test_no_contact_is_handed_out_to_be_shared_outside_a_shift(world: World) -> None:
    """What a browser wraps for a colleague it can open as well. Mutation: a way round the shift by way of sharing."""
    dora = await dora_until_eleven(world)
    ticket_id, _ = await world.taken(dora, windows=ALL_DAY)
    await world.worker("late")
    for now, kinds in ((NOW, {"card", "contact", "note"}), (NOW + OVER, {"card", "note"})):
        missing = await desk.missing_wraps(world.tickets, dora.actor, ticket_id, now)
        assert {each.kind for each in missing} == kinds


async def test_the_page_says_why_there_is_no_contact(world: World) -> None:
    """Mutation: "outside their hours" for somebody who would not be let in either way; a look that promises more than there is."""
    dora = await dora_until_eleven(world)
    ticket_id, _ = await world.taken(dora)
    later = NOW + OVER
    seen = await reading.sheet(world.tickets, dora.actor, ticket_id, later)
    assert (seen.off_shift, seen.contact) == (True, "off_shift")
    assert not await reading.may_see_contact(world.tickets, dora.actor, ticket_id, later)
