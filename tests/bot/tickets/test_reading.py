"""What is released to whom, and when: one's own wrapped copy, and a contact only inside the person's window."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import update

from bot.sealing import Envelope, key_id
from bot.staff.tables import StaffKey
from bot.tickets import code, desk, reading
from bot.tickets.desk import NotThere, Refused, Stale
from bot.tickets.guard import Guard, Windows
from bot.tickets.reading import Opens, may_see_contact, released, sheet
from bot.tickets.storing import item
from flows.kernel import Words
from tests.bot.tickets.world import BOGOTA, CARD, CONTACT, HANDED, NOTE, NOW, SECRET, Worker, World, after

KINDS: tuple[Opens, ...] = ("contact", "card", "note")


async def test_each_is_handed_their_own_copy_only(world: World, ana: Worker, ben: Worker, sol: Worker) -> None:
    """Mutation: the whole envelope, from which anybody's wrap can be taken."""
    ticket_id, _ = await world.taken(ana)
    await world.reads(ana, ticket_id, "card")
    for kind, words in zip(KINDS, (CONTACT, CARD, NOTE), strict=True):
        (copy,) = await released(world.tickets, ana.actor, ticket_id, kind, NOW)
        assert Envelope.decode(copy.envelope).recipients == (ana.key,)
        assert ana.opens(copy.envelope, kind, ticket_id) == words
    assert ben.key in Envelope.decode((await world.items(ticket_id))["note"][0].envelope).recipients


@pytest.mark.requirement("M-1")
async def test_who_opens_what(world: World, ana: Worker, ben: Worker, sol: Worker) -> None:
    """The claimer everything; the supervisor all but the contact, until claiming it; everybody else nothing.

    Mutation: a contact for a supervisor; content for a colleague, or before claiming."""
    ticket_id, _ = await world.ask()
    claimed, _ = await world.taken(ana)
    peru = await world.worker("pe", "supervisor", countries=["PE"])
    focal = await world.worker("nfp", "national_focal_point")
    opened: dict[tuple[str, str], list[str]] = {}
    for who, worker in (("ana", ana), ("ben", ben), ("sol", sol), ("peru", peru), ("focal", focal)):
        for name, each in (("waiting", ticket_id), ("claimed", claimed)):
            for kind in KINDS:
                try:
                    found = "open" if await world.reads(worker, each, kind) else "none"
                except (NotThere, Stale) as refused:
                    found = type(refused).__name__
                opened.setdefault((who, name), []).append(found)
    assert opened == {
        ("ana", "waiting"): ["Stale"] * 3, ("ana", "claimed"): ["open"] * 3,
        ("ben", "waiting"): ["Stale"] * 3, ("ben", "claimed"): ["Stale"] * 3,
        ("sol", "waiting"): ["Stale", "open", "open"], ("sol", "claimed"): ["Stale", "open", "open"],
        ("peru", "waiting"): ["NotThere"] * 3, ("peru", "claimed"): ["NotThere"] * 3,
        ("focal", "waiting"): ["NotThere"] * 3, ("focal", "claimed"): ["NotThere"] * 3,
    }  # fmt: skip
    await desk.claim(world.tickets, sol.actor, ticket_id, NOW)
    assert await world.reads(sol, ticket_id, "contact") == [CONTACT]


@pytest.mark.requirement("D-5")
async def test_the_card_comes_before_the_number(world: World, ana: Worker, ben: Worker) -> None:
    """At the server, for each who takes it, and again after the card has changed. Mutation: leaving the order to the page; a card
    that a colleague opened; one from before the change."""
    ticket_id, _ = await world.taken(ana)

    async def opens(worker: Worker, now: datetime = NOW) -> bool:
        try:
            return bool(await released(world.tickets, worker.actor, ticket_id, "contact", now))
        except Refused as refusal:
            assert refusal.reason == "card_first"
            return False

    assert not await opens(ana)
    await world.reads(ana, ticket_id, "card")
    assert await opens(ana)
    later = NOW + timedelta(minutes=2)
    async with world.engine.begin() as connection:
        await connection.execute(update(item).where(item.c.kind == "card").values(created_at=later))
    assert not await opens(ana, later)
    await world.reads(ana, ticket_id, "card", later)
    assert await opens(ana, later)
    await desk.release(world.tickets, ana.actor, ticket_id, HANDED, later)
    await desk.claim(world.tickets, ben.actor, ticket_id, later + timedelta(minutes=1))
    assert not await opens(ben, later + timedelta(minutes=1))


@pytest.mark.requirement("D-5")
async def test_the_number_is_hidden_outside_the_window(world: World, ana: Worker) -> None:
    """To the second, on the person's own clock. Mutation: the desk's clock, or the server's; a window that includes its end."""
    opening = NOW.replace(hour=14, minute=0)
    ticket_id, _ = await world.taken(ana, opening - timedelta(hours=1))  # mornings in Bogotá: 14:00 to 17:00 UTC
    for at, shown in (
        (opening - timedelta(seconds=1), False), (opening, True), (opening + timedelta(hours=3, seconds=-1), True),
        (opening + timedelta(hours=3), False), (opening + timedelta(days=1), True),
    ):  # fmt: skip
        assert await may_see_contact(world.tickets, ana.actor, ticket_id, at) is shown
        if shown:
            assert await world.reads(ana, ticket_id, "contact", at) == [CONTACT]
        else:
            with pytest.raises(Refused, match="outside_window"):
                await world.reads(ana, ticket_id, "contact", at)
        assert await world.reads(ana, ticket_id, "card", at) == [CARD]  # before the number, at any time


@pytest.mark.requirement("D-5")
async def test_the_window_follows_the_clocks_that_change(world: World, ana: Worker) -> None:
    """New York, 8 March 2026: the same hour on the wall is an hour earlier in UTC. Mutation: an offset kept from the beginning."""
    start = after(days=4)
    ticket_id, _ = await world.taken(ana, start, windows=Windows("America/New_York", ("morning",)))
    saturday, sunday = start.replace(hour=13, minute=30), start.replace(hour=13, minute=30) + timedelta(days=1)
    assert not await may_see_contact(world.tickets, ana.actor, ticket_id, saturday)
    assert await may_see_contact(world.tickets, ana.actor, ticket_id, sunday)


async def test_windows_that_nobody_can_read_any_more_stay_shut(world: World, ana: Worker) -> None:
    """SECRET_KEY was changed. Mutation: "no windows" taken for "always"."""
    ticket_id, _ = await world.taken(ana)
    elsewhere = dataclasses.replace(world.tickets, guard=Guard(SECRET[::-1]))
    assert not await may_see_contact(elsewhere, ana.actor, ticket_id, NOW)
    with pytest.raises(Refused, match="outside_window"):
        await released(elsewhere, ana.actor, ticket_id, "contact", NOW)
    assert (await sheet(elsewhere, ana.actor, ticket_id, NOW)).hours is None


async def test_a_key_that_was_changed_still_opens_what_was_sealed_to_it(world: World, ana: Worker) -> None:
    """P-5. Mutation: looking for the key in use only."""
    ticket_id, derived = await world.taken(ana)
    new = Worker(ana.actor, X25519PrivateKey.generate())
    async with world.engine.begin() as connection:
        table = StaffKey.__table__  # type: ignore[attr-defined]
        await connection.execute(table.update().values(retired_at=NOW))
        await connection.execute(table.insert().values(id=new.key, staff_id=ana.id, public=new.public, created_at=after(minutes=1)))
    await code.add_note(world.tickets, derived, Words("later"), "m2", after(minutes=2))
    first, second = await released(world.tickets, ana.actor, ticket_id, "note", after(minutes=3))
    assert ana.opens(first.envelope, "note", ticket_id) == NOTE
    assert new.opens(second.envelope, "note", ticket_id) == "later"


async def test_what_is_not_sealed_to_me_is_left_out_and_i_am_told(world: World, ana: Worker) -> None:
    """Mutation: an empty envelope, or somebody else's; a page that looks as if there were nothing."""
    ticket_id, derived = await world.ask()
    late = await world.worker("late", duty="primary")
    await code.add_note(world.tickets, derived, Words("later"), "m2", after(minutes=1))
    await desk.claim(world.tickets, late.actor, ticket_id, after(minutes=2))
    assert await world.reads(late, ticket_id, "note", after(minutes=2)) == ["later"]
    page = await sheet(world.tickets, late.actor, ticket_id, after(minutes=2))
    assert sorted((each.kind, each.openable) for each in page.enclosed) == [
        ("card", False), ("contact", False), ("note", False), ("note", True),
    ]  # fmt: skip


async def test_opening_is_an_act_and_what_is_over_is_not_released(world: World, ana: Worker) -> None:
    """Mutation: a claim that lapses while somebody reads; an envelope past its time, before the clock came by."""
    ticket_id, _ = await world.taken(ana)
    await world.reads(ana, ticket_id, "card", after(minutes=50))
    assert (await world.row(ticket_id)).touched_at == after(minutes=50)
    assert await world.reads(ana, ticket_id, "card", after(days=7)) == []
    with pytest.raises(Refused, match="no_contact"):
        await world.reads(ana, ticket_id, "contact", after(days=7))


async def test_a_page_shows_what_its_reader_may_know(world: World, ana: Worker, ben: Worker, sol: Worker) -> None:
    """Mutation: windows or hand-overs for somebody who has not claimed it; a colleague's ticket; one that is over."""
    ticket_id, derived = await world.taken(ana)
    await desk.release(world.tickets, ana.actor, ticket_id, HANDED, NOW)
    waiting = await sheet(world.tickets, ben.actor, ticket_id, NOW)
    assert not waiting.opened and waiting.hours is None and waiting.enclosed == () and waiting.hand_overs == ()
    assert waiting.public == b"" and waiting.way == ""
    await desk.claim(world.tickets, ana.actor, ticket_id, NOW)
    await desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id), NOW)
    page = await sheet(world.tickets, ana.actor, ticket_id, NOW)
    assert page.opened and page.mine and page.contact == "" and page.tries_left == 2 and (page.answers, page.unread) == (1, 1)
    assert page.hours == reading.Hours(BOGOTA, ("morning",), True, NOW, after(hours=2))
    assert [note.reason for note in page.hand_overs] == ["shift_ends"] and len(page.enclosed) == 3
    assert key_id(page.public) == key_id((await world.row(ticket_id)).public)
    over = await sheet(world.tickets, sol.actor, ticket_id, after(hours=3))
    assert over.opened and not over.mine and over.contact == "outside_window"
    assert over.hours is not None and not over.hours.open_now and over.hours.opens_at == after(hours=23)
    with pytest.raises(NotThere):
        await sheet(world.tickets, ben.actor, ticket_id, NOW)
    await code.withdraw(world.tickets, derived, NOW)
    assert (await sheet(world.tickets, ana.actor, ticket_id, NOW)).state == "withdrawn"
    for other in (ben, sol):
        with pytest.raises(NotThere):
            await sheet(world.tickets, other.actor, ticket_id, NOW)
    with pytest.raises(NotThere):
        await sheet(world.tickets, ana.actor, bytes(16), NOW)


async def test_an_id_that_never_was_and_one_that_is_not_mine_are_the_same(world: World, ana: Worker) -> None:
    """Every act. Mutation: an error that says which."""
    await world.worker("cp", "child_protection")
    child, _ = await world.ask(child=True, age="under18")
    said = set()
    for ticket_id in (child, bytes(16)):
        for act in (
            desk.claim(world.tickets, ana.actor, ticket_id, NOW),
            desk.release(world.tickets, ana.actor, ticket_id, HANDED, NOW),
            desk.recuse(world.tickets, ana.actor, ticket_id, NOW),
            desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", NOW),
            desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(child), NOW),
            desk.count_try(world.tickets, ana.actor, ticket_id, NOW),
            desk.permit_relay(world.tickets, ana.actor, ticket_id, NOW),
            desk.end_relay(world.tickets, ana.actor, ticket_id, NOW),
            desk.mark_heavy(world.tickets, ana.actor, ticket_id, NOW),
            desk.add_wraps(world.tickets, ana.actor, ticket_id, {}, NOW),
            desk.missing_wraps(world.tickets, ana.actor, ticket_id, NOW),
            sheet(world.tickets, ana.actor, ticket_id, NOW),
            *(released(world.tickets, ana.actor, ticket_id, kind, NOW) for kind in KINDS),
        ):
            with pytest.raises(NotThere) as caught:
                await act
            said.add(str(caught.value))
        assert not await may_see_contact(world.tickets, ana.actor, ticket_id, NOW)
    assert len(said) == 1
