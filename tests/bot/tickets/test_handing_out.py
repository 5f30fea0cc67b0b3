"""What is handed out to be wrapped for others can be opened by whoever gets it: it is held to the same rules."""

from __future__ import annotations

import pytest

from bot.tickets import code, desk, reading
from bot.tickets.sight import Stale
from flows.kernel import Words
from tests.bot.tickets.world import ALL_DAY, NOW, Worker, World, after


async def kinds(world: World, by: Worker, ticket_id: bytes, **later: float) -> list[str]:
    """What a browser gets to share, as it could open it."""
    missing = await desk.missing_wraps(world.tickets, by.actor, ticket_id, after(**later))
    assert all(by.opens(each.envelope, each.kind, ticket_id) for each in missing)  # type: ignore[arg-type]
    return sorted(each.kind for each in missing)


@pytest.mark.requirement("D-5")
async def test_a_number_is_not_handed_out_at_night_to_be_shared(world: World, ana: Worker) -> None:
    """Nor without a try left. Mutation: a second door to the contact, which nobody watches."""
    ticket_id, _ = await world.taken(ana)
    await world.worker("late")
    assert "contact" in await kinds(world, ana, ticket_id)
    assert await kinds(world, ana, ticket_id, hours=12) == ["card", "note"]
    for _ in range(2):
        await desk.count_try(world.tickets, ana.actor, ticket_id, NOW)
    assert await kinds(world, ana, ticket_id) == ["card", "note"]


@pytest.mark.requirement("P-3")
async def test_what_is_over_is_not_handed_out_although_the_clock_has_not_come_by(world: World, ana: Worker) -> None:
    """Mutation: counting on the worker alone."""
    ticket_id, _ = await world.taken(ana)
    await world.worker("late")
    assert await kinds(world, ana, ticket_id, days=7) == []


@pytest.mark.requirement("M-1")
async def test_what_is_handed_out_to_be_shared_is_in_the_audit(world: World, ana: Worker, sol: Worker) -> None:
    """A supervisor who reads by asking what is missing. Mutation: recording the wraps only that come back, and none has to."""
    ticket_id, _ = await world.ask()
    await kinds(world, sol, ticket_id)
    assert [what for name, what in await world.audited() if name == sol.actor.name] == [], "nobody lacks anything"
    await world.worker("late")
    assert await kinds(world, sol, ticket_id) == ["card", "note"]
    assert [what for name, what in await world.audited() if name == sol.actor.name] == ["received_to_share"]


@pytest.mark.requirement("M-8")
async def test_nobody_is_written_to_in_a_chat_that_they_gave_up(world: World, ana: Worker) -> None:
    """A page that has the old way on it still. Mutation: looking at the version only, which the page may have learned meanwhile."""
    ticket_id, derived = await world.taken(ana, way="here", windows=ALL_DAY)
    await world.reads(ana, ticket_id, "card")
    (old,) = await reading.released(world.tickets, ana.actor, ticket_id, "contact", NOW)
    assert await desk.permit_relay(world.tickets, ana.actor, ticket_id, NOW, contact=old.item_id)
    await code.change_way(world.tickets, derived, "here", NOW, contact_text=Words("another chat"), windows=ALL_DAY)
    with pytest.raises(Stale):
        await desk.permit_relay(world.tickets, ana.actor, ticket_id, NOW, contact=old.item_id)
    (new,) = await reading.released(world.tickets, ana.actor, ticket_id, "contact", NOW)
    assert await desk.permit_relay(world.tickets, ana.actor, ticket_id, NOW, contact=new.item_id)
