"""Two at the same moment: exactly one wins, and nothing is left half done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from bot.sealing import Envelope
from bot.staff import audit
from bot.tickets import code, desk, storing
from bot.tickets.clock import tick
from bot.tickets.desk import NotThere, Refused, Stale
from bot.tickets.tables import SealedItem
from flows.kernel import Words
from tests.bot.tickets.world import HANDED, NOW, Worker, World, after

ROUNDS = 4


async def together(*acts: Awaitable[Any]) -> list[Any]:
    """What each came to; refusals are given as their type. Anything else is a fault of ours."""
    found = await asyncio.gather(*acts, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, (Stale, Refused, NotThere)):
            raise each
    return [type(each) if isinstance(each, BaseException) else each for each in found]


@pytest.mark.requirement("M-2")
async def test_two_claimers_race(world: World, ana: Worker, ben: Worker) -> None:
    """Mutation: looking at the state and then writing, without a lock or a version that settles it."""
    for _ in range(ROUNDS):
        ticket_id, _ = await world.ask()
        found = await together(*(desk.claim(world.tickets, each.actor, ticket_id, NOW) for each in (ana, ben, ana, ben)))
        row = await world.row(ticket_id)
        winner = ana if row.claimed_by == ana.id else ben
        assert row.claimed_by == winner.id and found.count(Stale) == 2 and found.count(None) == 2
        await desk.close(world.tickets, winner.actor, ticket_id, "not_for_us", NOW)
    assert [what for _, what in await world.audited()].count("claimed") == ROUNDS
    assert await audit.verify(world.engine) is None


@pytest.mark.requirement("M-7")
async def test_one_person_claims_two_at_once_with_room_for_one(world: World) -> None:
    """Two tabs. Mutation: counting before the account is locked."""
    dora = await world.worker("dora", cap=1)
    ids = [(await world.ask())[0] for _ in range(4)]
    found = await together(*(desk.claim(world.tickets, dora.actor, each, NOW) for each in ids))
    assert found.count(None) == 1 and found.count(Refused) == 3


@pytest.mark.requirement("D-10")
async def test_claim_against_withdraw(world: World, ana: Worker) -> None:
    """Whoever comes first, nothing is left, and the desk sees it. Mutation: a claim that brings a withdrawn ticket back."""
    for _ in range(ROUNDS):
        ticket_id, derived = await world.ask()
        _, withdrawn = await together(
            desk.claim(world.tickets, ana.actor, ticket_id, NOW), code.withdraw(world.tickets, derived, NOW)
        )
        assert withdrawn == "saved" and (await world.row(ticket_id)).state == "withdrawn"
        assert await world.rows(SealedItem) == []


@pytest.mark.requirement("D-10")
async def test_withdraw_against_everything_that_writes(world: World, ana: Worker) -> None:
    """Mutation: an answer, a note, a contact or a wrap that comes back after everything was erased."""
    for number in range(ROUNDS):
        ticket_id, derived = await world.taken(ana)
        late = await world.worker(f"late-{number}")
        (missing, *_) = await desk.missing_wraps(world.tickets, ana.actor, ticket_id, NOW)
        wraps = {missing.item_id: [ana.wraps(missing.envelope, missing.kind, ticket_id, late.public)]}  # type: ignore[arg-type]
        await together(
            desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id), NOW),
            code.add_note(world.tickets, derived, Words("x"), "m2", NOW),
            desk.add_wraps(world.tickets, ana.actor, ticket_id, wraps, NOW),
            code.withdraw(world.tickets, derived, NOW),
            code.change_way(world.tickets, derived, "code", NOW),
            desk.release(world.tickets, ana.actor, ticket_id, HANDED, NOW),
        )
        assert (await world.row(ticket_id)).state == "withdrawn"
        assert await world.rows(SealedItem) == [] and await world.hand_overs(ticket_id) == []


async def test_close_against_the_clock(world: World, ana: Worker) -> None:
    """A claim that lapses at the moment of closing: one of the two, whole. Mutation: a closed ticket that waits again."""
    for _ in range(ROUNDS):
        ticket_id, _ = await world.taken(ana)
        closed, ticked = await together(
            desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", after(hours=1)), tick(world.tickets, after(hours=1))
        )
        row = await world.row(ticket_id)
        if closed is None:
            assert (row.state, row.claimed_by, ticked.lapsed_claims) == ("closed", ana.id, 0)
            assert await world.items(ticket_id) == {}
        else:
            assert (closed, row.state, row.claimed_by, ticked.lapsed_claims) == (Stale, "waiting", None, 1)
            assert len(await world.items(ticket_id)) == 3
            await desk.claim(world.tickets, ana.actor, ticket_id, after(hours=1))
            await desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", after(hours=1))
    assert (await world.counted())["outcome", "not_for_us"] == ROUNDS


async def test_claim_against_the_wipe(world: World, ana: Worker) -> None:
    """The last moment. Mutation: a claimed ticket whose envelopes are gone, or one that was wiped and is worked on."""
    for _ in range(ROUNDS):
        ticket_id, _ = await world.ask(NOW - timedelta(days=7))
        claimed, _ = await together(
            desk.claim(world.tickets, ana.actor, ticket_id, NOW - timedelta(seconds=1)), tick(world.tickets, NOW)
        )
        row = await world.row(ticket_id)
        assert row.state == ("lapsed" if claimed is Stale else "claimed")
        if claimed is None:
            await desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", NOW)


async def test_what_is_over_is_not_claimed_although_the_clock_did_not_come_by(world: World, ana: Worker) -> None:
    """Mutation: a request that is claimed and wiped a minute later; a list that offers it."""
    ticket_id, _ = await world.ask()
    assert [row.id for row in await desk.queue(world.tickets, ana.actor, after(days=7, seconds=-1))] == [ticket_id]
    assert await desk.queue(world.tickets, ana.actor, after(days=7)) == []
    with pytest.raises(Stale):
        await desk.claim(world.tickets, ana.actor, ticket_id, after(days=7))


async def test_two_share_the_same_envelope(world: World, ana: Worker, sol: Worker) -> None:
    """Mutation: the later write taking back the earlier one."""
    ticket_id, _ = await world.taken(ana)
    late = [await world.worker(f"late-{n}") for n in range(2)]
    (note,) = (await world.items(ticket_id))["note"]
    found = await together(
        *(
            desk.add_wraps(
                world.tickets, by.actor, ticket_id, {note.id: [by.wraps(note.envelope, "note", ticket_id, each.public)]}, NOW
            )
            for by, each in ((ana, late[0]), (sol, late[1]))
        )
    )
    assert found == [1, 1]
    (after_both,) = (await world.items(ticket_id))["note"]
    assert {each.key for each in late} < set(Envelope.decode(after_both.envelope).recipients)


async def test_recusing_against_sharing(world: World, ana: Worker, sol: Worker) -> None:
    """Mutation: a wrap that comes back, or is made, for somebody who has just recused."""
    for number in range(ROUNDS):
        ticket_id, _ = await world.ask()
        late = await world.worker(f"late-{number}")
        (note,) = (await world.items(ticket_id))["note"]
        wrap = sol.wraps(note.envelope, "note", ticket_id, late.public)
        shared, recused = await together(
            desk.add_wraps(world.tickets, sol.actor, ticket_id, {note.id: [wrap]}, NOW),
            desk.recuse(world.tickets, late.actor, ticket_id, NOW),
        )
        (note,) = (await world.items(ticket_id))["note"]
        assert shared in (1, Refused) and recused is None
        assert set(Envelope.decode(note.envelope).recipients) >= {ana.key, sol.key}
        assert late.key not in Envelope.decode(note.envelope).recipients


async def test_reading_against_answering(world: World, ana: Worker) -> None:
    """Mutation: an answer that counts as read although nobody saw it, so that its row goes too early."""
    ticket_id, derived = await world.taken(ana)
    await desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id, "one"), NOW)
    read, _ = await together(
        code.read_answer(world.tickets, derived, after(seconds=2)),
        desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id, "two"), after(seconds=1)),
    )
    await desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", after(seconds=3))
    row = await world.row(ticket_id)
    unread = [each for each in (await world.items(ticket_id))["answer"] if each.read_at is None]
    assert read.text.reveal() in ("one", "two") and len(unread) == 1
    assert row.forgotten_at == after(days=60, seconds=3)


async def test_transactions_wait_for_each_other_and_do_not_begin_again(world: World, ana: Worker) -> None:
    """Ten that read a ticket and then change it. Mutation: a transaction of SQLite that begins at its first write, so that under
    load somebody's five attempts are used up."""
    ticket_id, _ = await world.ask()
    begun = []

    async def work(connection: Any) -> None:
        begun.append(1)
        row = await storing.locked(connection, ticket_id)
        await asyncio.sleep(0.005)
        await storing.change(connection, row, tries_left=row.tries_left + 1)

    await asyncio.gather(*(storing.transact(world.engine, work) for _ in range(10)))
    assert (await world.row(ticket_id)).tries_left == 12 and len(begun) == 10


async def test_a_transaction_that_was_in_the_way_is_done_again(world: World, ana: Worker) -> None:
    """Mutation: an error shown to somebody because another was a millisecond faster; trying for ever."""
    ticket_id, _ = await world.ask()
    tries = []

    async def work(connection: Any) -> str:
        tries.append(1)
        row = await storing.locked(connection, ticket_id)
        if len(tries) < 3:
            raise storing.Changed
        await storing.change(connection, row, urgent=True)
        return "done"

    assert await storing.transact(world.engine, work) == "done" and len(tries) == 3
    row = await world.row(ticket_id)
    assert row.urgent and row.version == 2

    async def never(_: Any) -> None:
        tries.append(1)
        raise storing.Changed

    tries.clear()
    with pytest.raises(storing.Changed):
        await storing.transact(world.engine, never)
    assert len(tries) == 5
