"""What a code shows and does, and that a wrong one, a withdrawn one and a forgotten one are the same."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.codes import Derived
from bot.sealing import Envelope, key_id
from bot.staff.tables import Staff
from bot.tickets import adding, code, desk, reading, recipients, storing
from bot.tickets.clock import tick
from bot.tickets.code import Connected
from bot.tickets.guard import Windows
from bot.tickets.tables import HandOver, Movement, SealedItem, Ticket
from bot.tickets.telling import roster
from flows.facts import TicketView
from flows.kernel import Words
from tests.bot.tickets.world import ALL_DAY, BOGOTA, CARD, HANDED, MORNING, NOTE, NOW, Worker, World, after

WRONG = Derived(bytes(32), bytes(32))


async def chat(world: World, ticket_id: bytes) -> Connected:
    """What a connected chat is known by."""
    found = await code.connection(world.tickets, ticket_id)
    assert found is not None
    return found


async def view(world: World, derived: Derived, **later: float) -> TicketView:
    found = await code.look(world.tickets, derived, after(**later))
    assert found is not None
    return found


async def answered(world: World, worker: Worker, ticket_id: bytes, text: str, **later: float) -> None:
    await desk.send_answer(world.tickets, worker.actor, ticket_id, await world.answer(ticket_id, text), after(**later))


# --- status ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-8")
async def test_the_code_says_honestly_how_it_stands(world: World, ana: Worker) -> None:
    """Mutation: a status that says "received" while nobody takes it; "looked at" after it was given back."""
    ticket_id, derived = await world.ask()
    assert (await view(world, derived)).status == "received"
    assert (await view(world, derived, minutes=29)).status == "received"
    assert (await view(world, derived, minutes=30)).status == "nobody_yet"
    await desk.claim(world.tickets, ana.actor, ticket_id, after(minutes=40))
    assert (await view(world, derived, minutes=40)).status == "looked_at"
    await desk.release(world.tickets, ana.actor, ticket_id, HANDED, after(minutes=50))
    assert (await view(world, derived, minutes=50)).status == "again"
    assert (await view(world, derived, minutes=80)).status == "nobody_yet"
    await desk.claim(world.tickets, ana.actor, ticket_id, after(minutes=90))
    await answered(world, ana, ticket_id, "a", minutes=91)
    assert (await view(world, derived, minutes=91)).status == "answer_waiting"
    await code.read_answer(world.tickets, derived, after(minutes=92))
    assert (await view(world, derived, minutes=92)).status == "looked_at"
    await desk.close(world.tickets, ana.actor, ticket_id, "reached_needs_met", after(minutes=93))
    shown = await view(world, derived, minutes=93)
    assert (shown.status, shown.over, shown.may_contest, shown.may_rate) == ("closed", True, True, True)


@pytest.mark.requirement("D-8")
async def test_it_says_that_more_people_were_told_only_where_they_were(world: World, ana: Worker) -> None:
    """Mutation: the clock alone; a back-up who came on duty and has not heard of it yet; one who heard of it and went home."""

    async def said(**later: float) -> str:
        async with world.engine.connect() as connection:
            found = await code.look(world.tickets, derived, after(**later), await roster(connection, after(**later)))
        assert found is not None
        return found.status

    _, derived = await world.ask()
    await tick(world.tickets, after(minutes=30))
    assert await said(minutes=30) == "nobody_yet"
    backup = await world.worker("backup")
    await world.shifts(backup.id, "CO", "backup", 0, 12 * 60)
    assert await said(minutes=31) == "nobody_yet"
    await tick(world.tickets, after(minutes=32))
    assert await said(minutes=32) == "told_further"
    assert await said(hours=2) == "nobody_yet"  # noon in Bogotá


@pytest.mark.requirement("D-7")
@pytest.mark.requirement("D-9")
@pytest.mark.requirement("D-12")
async def test_who_is_there_and_where_else_is_asked_of_those_only_who_may_read_it(world: World, ana: Worker) -> None:
    """Ana is on duty for adults in Colombia, somebody for adults in Venezuela, somebody for children in Ecuador.

    Mutation: a country offered in which nobody may read a child's request, or in which the organisation works that was left out;
    who is there, asked of everybody; somebody who stepped aside, taken for somebody who is there."""
    await world.worker("ve", organisation="casa-sur", countries=("VE",), duty="primary")
    await world.worker("ec", "child_protection", countries=("EC",), duty="child")
    await world.worker("kids", "child_protection")
    await world.worker("ben", organisation="casa-sur")

    async def shown(by: Derived) -> TicketView:
        async with world.engine.connect() as connection:
            found = await code.look(world.tickets, by, NOW, await roster(connection, NOW))
        assert found is not None
        return found

    plain_id, plain = await world.ask()
    _, child = await world.ask(child=True, age="under18")
    _, wish = await world.ask(not_organisations=("red-norte",))
    _, other = await world.ask(not_organisations=("casa-sur",))
    views = [await shown(by) for by in (plain, child, wish, other)]
    assert [view.desk.open_now for view in views] == [True, False, False, True]
    assert [view.desk.answers for view in views] == [True, True, True, True]
    assert [view.abroad for view in views] == [("VE",), ("EC",), ("VE",), ()]
    await desk.recuse(world.tickets, ana.actor, plain_id, NOW)
    assert not (await shown(plain)).desk.open_now
    await code.agree_to(world.tickets, child, ("EC",), NOW)
    assert (await shown(child)).abroad == () and not (await shown(child)).desk.open_now
    await tick(world.tickets, after(hours=6))  # everybody at home was told in vain
    assert (await shown(child)).desk.country == "EC" and (await shown(child)).desk.open_now


@pytest.mark.requirement("D-12")
async def test_it_says_when_a_wish_cannot_be_honoured(world: World, ana: Worker) -> None:
    """By the roster while it waits, by who has it once somebody took it, and by why it was given back.

    Mutation: one wish honoured by one account and the language by another; whoever stepped aside still counts; a claim by
    somebody else that passes for what was wished; the reason of the last hand-over forgotten, or kept for who takes it then."""
    eva, luz = await world.worker("eva", duty="primary"), await world.worker("luz", duty="backup")
    async with world.engine.begin() as connection:
        await connection.execute(update(Staff).where(Staff.id == eva.id).values(honours="woman"))  # type: ignore[arg-type]
        await connection.execute(update(Staff).where(Staff.id == luz.id).values(languages=("es", "guc")))  # type: ignore[arg-type]

    async def unmet(by: Derived) -> bool:
        async with world.engine.connect() as connection:
            found = await code.look(world.tickets, by, after(minutes=5), await roster(connection, NOW))
        assert found is not None
        return found.wish_unmet

    asked = [
        await world.ask(**wish) for wish in ({}, {"wish": "woman"}, {"other_lang": "guc"}, {"wish": "woman", "other_lang": "guc"})
    ]
    assert [await unmet(by) for _, by in asked] == [False, False, False, True]
    ticket_id, by = asked[1]
    await desk.claim(world.tickets, ana.actor, ticket_id, NOW)
    assert await unmet(by), "Ana is not who was wished for"
    await desk.release(world.tickets, ana.actor, ticket_id, replace(HANDED, reason="load"), NOW)
    assert not await unmet(by), "Eva could still take it"
    await desk.claim(world.tickets, ana.actor, ticket_id, after(minutes=1))
    await desk.release(world.tickets, ana.actor, ticket_id, replace(HANDED, reason="cannot_honour_wish"), after(minutes=1))
    assert await unmet(by)
    await desk.claim(world.tickets, eva.actor, ticket_id, after(minutes=2))
    assert not await unmet(by)
    await desk.recuse(world.tickets, eva.actor, ticket_id, after(minutes=3))
    assert await unmet(by), "nobody else is a woman who could take it"


async def test_urgent_requests_wait_half_as_long_until_the_code_says_so(world: World, ana: Worker) -> None:
    """Mutation: one pace for all."""
    _, derived = await world.ask(urgent=True)
    assert (await view(world, derived, minutes=14)).status == "received"
    assert (await view(world, derived, minutes=15)).status == "nobody_yet"


async def test_what_was_sent_is_not_shown(world: World, ana: Worker) -> None:
    """Mutation: a view with the note, the number or the code words in it."""
    _, derived = await world.ask()
    shown = repr(await view(world, derived))
    assert "hipopotomonstroses" not in shown and "573001234567" not in shown and "zarzamora" not in shown
    assert (await view(world, derived)).windows == ("morning",)


# --- answers ---------------------------------------------------------------------------------------------------------


async def test_answers_open_with_the_code_and_can_be_read_again(world: World, ana: Worker) -> None:
    """A reply that is lost on its way to the phone loses no answer.

    Mutation: an answer that is gone once it was read; the oldest taken for the last."""
    ticket_id, derived = await world.taken(ana)
    for number, text in enumerate(("one", "two", "three")):
        await answered(world, ana, ticket_id, text, minutes=number)
    shown = await view(world, derived, minutes=5)
    assert (shown.status, shown.unread, shown.answer, shown.more) == ("answer_waiting", 3, "three", True)
    for back, text, more in ((1, "two", True), (2, "one", False)):
        looked = await code.look(world.tickets, derived, after(minutes=5), back=back)
        assert looked is not None and (looked.answer, looked.more, looked.unread) == (text, more, 3)
    seen = []
    for back in (0, 0, 1, 2):
        answer = await code.read_answer(world.tickets, derived, after(minutes=6), back=back)
        assert answer is not None
        seen.append((answer.text.reveal(), answer.older, answer.more))
    assert seen == [("three", 2, True), ("three", 2, True), ("two", 1, True), ("one", 0, False)]
    for back, text in ((0, "three"), (1, "two"), (2, "one"), (9, "one")):
        looked = await code.look(world.tickets, derived, after(minutes=7), back=back)
        assert looked is not None and (looked.answer, looked.more) == (text, False)
    assert (await view(world, derived, minutes=7)).unread == 0
    assert await code.read_answer(world.tickets, derived, after(minutes=6), back=3) is None
    assert await code.read_answer(world.tickets, derived, after(minutes=6), back=-1) is None


async def test_who_is_connected_but_has_no_code_sees_no_answer(world: World, ana: Worker) -> None:
    """Mutation: an answer in the view of a chat that somebody else may hold in their hands."""
    ticket_id, derived = await world.taken(ana, way="here")
    await answered(world, ana, ticket_id, "secret")
    shown = await code.look(world.tickets, await chat(world, ticket_id), NOW)
    assert shown is not None and shown.answer == "" and shown.unread == 1 and shown.relay == "open"
    assert (await view(world, derived)).answer == "secret"


@pytest.mark.requirement("D-2")
async def test_whether_somebody_on_duty_has_written_yet(world: World, ana: Worker) -> None:
    """In the chat or under the code, and nothing else counts. Mutation: taking a claim for it; an answer in another ticket."""
    ticket_id, derived = await world.taken(ana, way="here", windows=ALL_DAY)
    other, other_derived = await world.taken(ana, way="here", windows=ALL_DAY)
    assert not (await view(world, derived)).begun
    await desk.permit_relay(world.tickets, ana.actor, ticket_id, NOW)
    seen = await code.look(world.tickets, await chat(world, ticket_id), NOW)
    assert seen is not None and seen.begun and not (await view(world, other_derived)).begun
    await answered(world, ana, other, "hello")
    assert (await view(world, other_derived)).begun


# --- writing again ---------------------------------------------------------------------------------------------------


async def test_further_words_are_sealed_to_who_may_read_now(world: World, ana: Worker) -> None:
    """Mutation: sealing to those of the beginning; an alert to everybody instead of who works on it."""
    ticket_id, derived = await world.taken(ana)
    late = await world.worker("late", duty="primary")
    await world.alerted()
    assert await code.add_note(world.tickets, derived, Words("more"), "m2", after(minutes=1)) == "saved"
    first, second = (await world.items(ticket_id))["note"]
    assert late.key not in Envelope.decode(first.envelope).recipients
    assert late.opens(second.envelope, "note", ticket_id) == "more"
    assert await world.reads(ana, ticket_id, "note", after(minutes=2)) == [NOTE, "more"]
    assert await world.alerted() == {ana.id}
    assert (await world.row(ticket_id)).heard_at == after(minutes=1)


async def test_the_same_message_again_is_kept_once(world: World, ana: Worker) -> None:
    """Also at the same moment, and also the note that came with the request.

    Mutation: no mark of the message; a mark that is the same for two tickets."""
    ticket_id, derived = await world.ask(message_id="m1")
    other, other_derived = await world.ask(message_id="m1")
    assert await code.add_note(world.tickets, derived, Words(NOTE), "m1", NOW) == "saved"
    again = [code.add_note(world.tickets, derived, Words("more"), "m2", NOW) for _ in range(4)]
    assert await asyncio.gather(*again) == ["saved"] * 4
    assert await code.add_note(world.tickets, other_derived, Words("more"), "m2", NOW) == "saved"
    assert len((await world.items(ticket_id))["note"]) == 2 and len((await world.items(other))["note"]) == 2


async def test_somebody_recuses_while_a_message_is_sealed(
    world: World, ana: Worker, ben: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: writing what was sealed to somebody who may no longer read it."""
    ticket_id, derived = await world.ask()
    real = recipients.sealed

    async def slowly(*args: Any) -> Any:
        monkeypatch.setattr(adding, "sealed", real)
        await desk.recuse(world.tickets, ben.actor, ticket_id, NOW)
        return await real(*args)

    monkeypatch.setattr(adding, "sealed", slowly)
    assert await code.add_note(world.tickets, derived, Words("more"), "m2", NOW) == "saved"
    for item in (await world.items(ticket_id))["note"]:
        assert Envelope.decode(item.envelope).recipients == (ana.key,)


async def test_nobody_left_to_read_it(world: World, ana: Worker) -> None:
    """Mutation: sealing to the recovery key alone, or saying "saved"."""
    await world.recovery_key()
    ticket_id, derived = await world.ask()
    await desk.recuse(world.tickets, ana.actor, ticket_id, NOW)
    assert await code.add_note(world.tickets, derived, Words("more"), "m2", NOW) == "no_duty"
    assert len((await world.items(ticket_id))["note"]) == 1


async def test_a_flood_of_messages_fills_no_disk(world: World, ana: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: no bound."""
    monkeypatch.setattr(adding, "MOST_NOTES", 2)
    ticket_id, derived = await world.ask()
    results = [await code.add_note(world.tickets, derived, Words("x"), f"m{n}", NOW) for n in range(2, 5)]
    assert results == ["saved", "full", "full"] and len((await world.items(ticket_id))["note"]) == 2


# --- changing one's mind ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-10")
async def test_another_window_holds_at_once(world: World, ana: Worker) -> None:
    """Before and after somebody took it. Mutation: a server that goes on holding everybody to the old windows."""
    ticket_id, derived = await world.ask()
    evening = Windows(BOGOTA, ("evening",), 2)
    assert await code.change_windows(world.tickets, derived, evening, NOW) == "saved"
    await desk.claim(world.tickets, ana.actor, ticket_id, NOW)
    with pytest.raises(desk.Refused, match="outside_window"):
        await world.reads(ana, ticket_id, "contact")
    assert await code.change_windows(world.tickets, derived, MORNING, NOW, Words("a new card")) == "saved"
    assert len(await world.reads(ana, ticket_id, "contact")) == 1
    assert sorted(await world.reads(ana, ticket_id, "card")) == sorted([CARD, "a new card"])
    assert (await world.row(ticket_id)).tries_left == 2


@pytest.mark.requirement("D-5")
async def test_other_hours_are_no_other_number_of_tries(world: World, ana: Worker) -> None:
    """What was agreed, and what is left of it. Mutation: two tries where one was agreed; a try that was used and comes back."""
    once, derived = await world.taken(ana, windows=Windows(BOGOTA, ("morning",), 1))
    thrice, other = await world.taken(ana, windows=Windows(BOGOTA, ("morning",), 3))
    await desk.count_try(world.tickets, ana.actor, thrice, NOW)
    for each in (derived, other):
        assert await code.change_windows(world.tickets, each, Windows(BOGOTA, ("evening",)), NOW) == "saved"
    for ticket_id, tries, left in ((once, 1, 1), (thrice, 3, 2)):
        row = await world.row(ticket_id)
        assert world.tickets.guard.open(row.id, row.guarded) == Windows(BOGOTA, ("evening",), tries)
        assert row.tries_left == left


@pytest.mark.requirement("D-10")
async def test_back_to_the_code_alone_wipes_the_contact(world: World, ana: Worker) -> None:
    """Mutation: a contact that stays in the store, or stays open for who took the ticket."""
    ticket_id, derived = await world.taken(ana)
    assert await code.change_way(world.tickets, derived, "code", NOW) == "saved"
    assert set(await world.items(ticket_id)) == {"card", "note"}
    row = await world.row(ticket_id)
    assert (row.way, row.guarded, row.tries_left) == ("code", None, 0)
    with pytest.raises(desk.Refused, match="no_contact"):
        await world.reads(ana, ticket_id, "contact")
    assert await code.change_windows(world.tickets, derived, MORNING, NOW) == "refused"
    assert (await view(world, derived)).way == "code"


@pytest.mark.requirement("D-10")
async def test_another_way_takes_the_place_of_the_old_one(world: World, ana: Worker) -> None:
    """Mutation: two contacts in the store; a chat that stays open for writing after "call me"."""
    ticket_id, derived = await world.taken(ana, way="here")
    old = await chat(world, ticket_id)
    made = lambda ticket: Words(f"new {ticket.hex()}")  # noqa: E731
    assert await code.change_way(world.tickets, derived, "phone", NOW, contact_text=made, windows=ALL_DAY) == "saved"
    assert await world.reads(ana, ticket_id, "contact") == [f"new {ticket_id.hex()}"]
    assert len((await world.items(ticket_id))["contact"]) == 1
    assert (await world.row(ticket_id)).relay == "ended"
    assert await code.add_note(world.tickets, old, Words("x"), "m9", NOW) == "ended"
    assert await code.look(world.tickets, old, NOW) is None
    assert await code.change_way(world.tickets, derived, "here", NOW, contact_text=Words("chat"), windows=ALL_DAY) == "saved"
    assert (await world.row(ticket_id)).relay == "open"
    assert await code.add_note(world.tickets, old, Words("x"), "m8", NOW) == "wrong", "the old phone may be in other hands"
    assert await code.end_connection(world.tickets, old, NOW) == "wrong" and await code.look(world.tickets, old, NOW) is None
    assert await code.add_note(world.tickets, await chat(world, ticket_id), Words("x"), "m9", NOW) == "saved"
    with pytest.raises(ValueError, match="where and when"):
        await code.change_way(world.tickets, derived, "here", NOW)


@pytest.mark.requirement("D-10")
@pytest.mark.requirement("D-3")
async def test_another_way_leaves_what_the_first_card_says_of_the_person(world: World, ana: Worker) -> None:
    """For whom it is, who represents them, that another team helps: that is asked once. Of later cards only the last counts.

    Mutation: wiping every card; keeping them all; a number that can be seen before the new card was read."""
    ticket_id, derived = await world.taken(ana, windows=ALL_DAY)
    for minute, text in ((1, "second"), (2, "third")):
        more = {"contact_text": Words(NOTE), "windows": ALL_DAY, "card_text": Words(text)}
        assert await code.change_way(world.tickets, derived, "phone", after(minutes=minute), **more) == "saved"  # type: ignore[arg-type]
    with pytest.raises(desk.Refused, match="card_first"):
        await reading.released(world.tickets, ana.actor, ticket_id, "contact", after(minutes=3))
    assert await world.reads(ana, ticket_id, "card", after(minutes=3)) == [CARD, "third"]
    assert len((await world.items(ticket_id))["contact"]) == 1


async def test_leaving_the_chat_wipes_what_leads_to_it(world: World, ana: Worker) -> None:
    """Mutation: a desk that may go on writing to a phone whose owner left."""
    ticket_id, derived = await world.taken(ana, way="here", windows=ALL_DAY)
    assert (await desk.permit_relay(world.tickets, ana.actor, ticket_id, NOW)).ticket == ticket_id
    assert await code.end_connection(world.tickets, await chat(world, ticket_id), NOW) == "saved"
    with pytest.raises(desk.Refused, match="no_relay"):
        await desk.permit_relay(world.tickets, ana.actor, ticket_id, NOW)
    assert set(await world.items(ticket_id)) == {"card", "note"}
    assert (await view(world, derived)).relay == "ended"


async def test_a_further_yes_lets_a_further_country_take_it(world: World, ana: Worker) -> None:
    """Not at once: when everybody at home was told in vain. Mutation: showing it abroad at once, or never."""
    abroad = await world.worker("pe", countries=["PE"], duty="primary")
    ticket_id, derived = await world.ask()
    assert await code.agree_to(world.tickets, derived, ["PE", "CO"], NOW) == "saved"
    assert (await world.row(ticket_id)).countries == ("PE",)
    assert await desk.queue(world.tickets, abroad.actor, NOW) == []
    with pytest.raises(desk.NotThere):
        await desk.claim(world.tickets, abroad.actor, ticket_id, NOW)
    await tick(world.tickets, after(hours=12))
    assert [row.id for row in await desk.queue(world.tickets, abroad.actor, after(hours=12))] == [ticket_id]
    assert abroad.id in await world.alerted()
    await desk.claim(world.tickets, abroad.actor, ticket_id, after(hours=12))
    with pytest.raises(ValueError, match="fourteen"):
        await code.agree_to(world.tickets, derived, ["AR"], NOW)


@pytest.mark.requirement("D-10")
@pytest.mark.parametrize("stage", ["waiting", "claimed at home", "claimed abroad"])
async def test_a_yes_to_further_countries_is_taken_back(world: World, ana: Worker, stage: str) -> None:
    """Nobody there reads on, is told or takes it; what was on its way there stays. At home nothing changes.

    Mutation: emptying the countries alone; leaving the claim with somebody abroad; a movement that goes on; no entry."""
    await world.recovery_key()
    abroad = await world.worker("pe", countries=["PE"], duty="primary")
    late = await world.worker("pe-2", countries=["PE"], duty="primary")
    ticket_id, derived = await world.ask(countries=("PE",))
    await tick(world.tickets, after(hours=12))
    now = after(hours=13)
    if stage != "waiting":
        await desk.claim(world.tickets, (ana if stage == "claimed at home" else abroad).actor, ticket_id, now)
    async with world.engine.begin() as connection:
        for to in ("PE", "CO"):
            move = Movement(ticket_id=ticket_id, what="referral", to_country=to, state="proposed")
            await connection.execute(storing.movement.insert().values(**move.model_dump()))
    await world.alerted()
    shown = await view(world, derived, hours=13)
    assert shown.agreed == ("PE",)

    assert [await code.only_here(world.tickets, each, now) for each in (derived, derived, WRONG)] == ["saved", "saved", "wrong"]
    row = await world.row(ticket_id)
    at_home = stage == "claimed at home"
    assert (row.countries, row.state, row.claimed_by) == ((), "claimed" if at_home else "waiting", ana.id if at_home else None)
    for item in [each for kind in (await world.items(ticket_id)).values() for each in kind]:
        keys = set(Envelope.decode(item.envelope).recipients)
        assert ana.key in keys and not keys & {abroad.key, late.key}
    for worker in (abroad, late):
        assert await desk.queue(world.tickets, worker.actor, now) == []
        with pytest.raises(desk.NotThere):
            await world.reads(worker, ticket_id, "card", now)
    assert {move.to_country: move.state for move in await world.rows(Movement)} == {"PE": "cancelled", "CO": "proposed"}
    told = await world.alerted()
    assert told == {"waiting": set(), "claimed at home": {ana.id}, "claimed abroad": {ana.id, abroad.id}}[stage]
    await tick(world.tickets, after(days=2))
    assert not await world.alerted() & {late.id}
    assert [what for _, what in await world.audited()].count("consent_changed") == 1
    assert (await view(world, derived, hours=13)).agreed == ()


@pytest.mark.requirement("D-10")
@pytest.mark.requirement("T-1")
async def test_being_counted_is_said_yes_and_no_to_at_any_time(world: World, ana: Worker) -> None:
    """From then on; nothing that was counted leads back to anybody. Mutation: a no that counts the outcome all the same; a yes
    that counts what was before."""
    ticket_id, derived = await world.ask(counted=True)
    _, other = await world.ask(counted=False)
    before = await world.counted()
    assert await code.be_counted(world.tickets, derived, False, NOW) == "saved"
    assert [await code.be_counted(world.tickets, other, True, NOW) for _ in range(2)] == ["saved", "saved"]
    assert await world.counted() == before
    assert ((await view(world, derived)).counted, (await view(world, other)).counted) == (False, True)
    await desk.claim(world.tickets, ana.actor, ticket_id, NOW)
    await desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", NOW)
    assert await world.counted() == before
    await code.withdraw(world.tickets, other, NOW)
    assert {what: number for what, number in (await world.counted()).items() if what not in before} == {("outcome", "withdrawn"): 1}
    assert await code.be_counted(world.tickets, derived, True, NOW) == "ended"
    assert await code.be_counted(world.tickets, WRONG, True, NOW) == "wrong"
    assert [what for _, what in await world.audited()].count("consent_changed") == 2


# --- withdrawing -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-10")
@pytest.mark.parametrize("stage", ["waiting", "claimed", "closed", "lapsed"])
async def test_withdrawing_erases_everything_at_once(world: World, ana: Worker, stage: str) -> None:
    """Mutation: an answer, a hand-over, a movement, the key pair or the look-up value that stays."""
    ticket_id, derived = await world.ask(wish="woman", other_lang="guc", not_organisations=("x",), countries=("PE",))
    if stage in ("claimed", "closed"):
        await desk.claim(world.tickets, ana.actor, ticket_id, NOW)
        await desk.release(world.tickets, ana.actor, ticket_id, HANDED, NOW)
        await desk.claim(world.tickets, ana.actor, ticket_id, NOW)
        await answered(world, ana, ticket_id, "hello")
        async with world.engine.begin() as connection:
            draft = Movement(ticket_id=ticket_id, what="referral", to_country="PE", state="draft")
            await connection.execute(storing.movement.insert().values(**draft.model_dump()))
    if stage == "closed":
        await desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", NOW)
    at = after(days=7) if stage == "lapsed" else NOW
    if stage == "lapsed":
        await tick(world.tickets, at)
    before = await world.row(ticket_id)
    assert before is not None
    assert await code.withdraw(world.tickets, derived, at) == "saved"
    for table in (SealedItem, HandOver, Movement):
        assert await world.rows(table) == []
    row = await world.row(ticket_id)
    assert row.state == "withdrawn" and row.lookup not in (before.lookup, derived.lookup)
    assert (row.public, row.private_sealed, row.guarded, row.wish, row.other_lang, row.countries) == (b"", b"", None, "", "", ())
    assert (row.age, row.urgent, row.tells_only, row.alerted) == ("unsaid", False, False, ())
    assert await code.look(world.tickets, derived, at) is None
    outcomes = {what: number for what, number in (await world.counted()).items() if what[0] == "outcome"}
    expected = {"closed": ("outcome", "not_for_us"), "lapsed": ("outcome", "wiped_unclaimed")}
    assert outcomes == {expected.get(stage, ("outcome", "withdrawn")): 1}
    await tick(world.tickets, at + timedelta(days=2))
    assert await world.rows(Ticket) == []


@pytest.mark.requirement("D-10")
async def test_the_desk_sees_that_it_was_withdrawn(world: World, ana: Worker, ben: Worker) -> None:
    """Mutation: a ticket that is suddenly not there; a page that can still be worked on."""
    ticket_id, derived = await world.taken(ana)
    waiting, waiting_derived = await world.ask()
    await world.alerted()
    await code.withdraw(world.tickets, derived, NOW)
    await code.withdraw(world.tickets, waiting_derived, NOW)
    states = {row.id: (row.state, row.mine) for row in await desk.queue(world.tickets, ana.actor, NOW)}
    assert states == {ticket_id: ("withdrawn", True), waiting: ("withdrawn", False)}
    assert [row.id for row in await desk.queue(world.tickets, ben.actor, NOW)] == [waiting]
    assert await world.alerted() == {ana.id}
    for act in (
        desk.send_answer(world.tickets, ana.actor, ticket_id, bytes(9), NOW),
        desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", NOW),
        desk.count_try(world.tickets, ana.actor, ticket_id, NOW),
        desk.claim(world.tickets, ben.actor, waiting, NOW),
        world.reads(ana, ticket_id, "card"),
    ):
        with pytest.raises((desk.Stale, desk.Refused)) as caught:
            await act
        assert not isinstance(caught.value, desk.Refused) or caught.value.reason == "bad_envelope"


async def test_withdrawing_twice_or_with_a_wrong_code_says_the_same(world: World, ana: Worker) -> None:
    """Mutation: an answer that tells a right code from a wrong one, or a redelivery from the first time."""
    _, derived = await world.ask()
    results = [await code.withdraw(world.tickets, each, NOW) for each in (WRONG, derived, derived)]
    assert results == ["saved"] * 3
    assert [what for _, what in await world.audited()].count("withdrawn") == 1


# --- after closing ---------------------------------------------------------------------------------------------------


async def test_contesting_lets_it_wait_again_once(world: World, ana: Worker, sol: Worker) -> None:
    """Mutation: a contact that comes back from somewhere; contesting without end; only the same colleague being told."""
    ticket_id, derived = await world.taken(ana)
    assert await code.contest(world.tickets, derived, NOW) == "refused"
    await desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", NOW)
    await world.alerted()
    assert await code.contest(world.tickets, derived, after(days=20)) == "saved"
    row = await world.row(ticket_id)
    assert (row.state, row.way, row.contested, row.outcome, row.claimed_by, row.forgotten_at) == (
        "waiting",
        "code",
        True,
        "",
        None,
        None,
    )
    assert row.expires_at == after(days=27)
    assert await code.contest(world.tickets, derived, after(days=20)) == "saved", "the same message, delivered again"
    assert await world.row(ticket_id) == row
    assert await world.alerted() == {ana.id, sol.id}
    (listed,) = await desk.queue(world.tickets, sol.actor, after(days=20))
    assert listed.contested
    await desk.claim(world.tickets, sol.actor, ticket_id, after(days=20))
    assert await code.add_note(world.tickets, derived, Words("still"), "m5", after(days=20)) == "saved"
    await desk.close(world.tickets, sol.actor, ticket_id, "not_for_us", after(days=20))
    assert await code.contest(world.tickets, derived, after(days=20)) == "refused"
    assert not (await view(world, derived, days=20)).may_contest


@pytest.mark.requirement("M-6")
@pytest.mark.parametrize("counted", [True, False])
async def test_a_rating_is_a_count_and_nothing_else(world: World, ana: Worker, counted: bool) -> None:
    """Mutation: stars in the ticket's row; a count without consent; counting twice."""
    ticket_id, derived = await world.taken(ana, counted=counted)
    assert await code.rate(world.tickets, derived, 4, NOW) == "refused"
    await desk.close(world.tickets, ana.actor, ticket_id, "reached_needs_met", NOW)
    assert (await view(world, derived)).may_rate is counted
    before = dict((await world.row(ticket_id))._mapping)
    assert [await code.rate(world.tickets, derived, stars, NOW) for stars in (4, 4, 5)] == ["saved"] * 3
    ratings = {what: number for what, number in (await world.counted()).items() if what[0] == "rating"}
    assert ratings == ({("rating", "4"): 1} if counted else {})
    changed = {name for name, value in dict((await world.row(ticket_id))._mapping).items() if value != before[name]}
    assert changed == {"rated", "version"}
    assert not (await view(world, derived)).may_rate
    for stars in (0, 6):
        with pytest.raises(ValueError, match="1 to 5"):
            await code.rate(world.tickets, derived, stars, NOW)


# --- equality --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-6")
async def test_wrong_withdrawn_and_forgotten_are_one_answer(world: World, ana: Worker) -> None:
    """Every act, with four codes: one that never was, one that was withdrawn, one whose time is over although the clock did not
    come by, and one whose row is gone.

    Mutation: a status "withdrawn" or "expired"; an error for one of them."""
    withdrawn_id, withdrawn = await world.taken(ana)
    over_id, over = await world.taken(ana)
    gone_id, gone = await world.taken(ana)
    await code.withdraw(world.tickets, withdrawn, NOW)
    for each in (over_id, gone_id):
        await desk.close(world.tickets, ana.actor, each, "not_for_us", NOW)
    late = after(days=60)
    async with world.engine.begin() as connection:
        await connection.execute(storing.ticket.delete().where(storing.ticket.c.id == gone_id))
    tried = {}
    for derived in (WRONG, withdrawn, over, gone):
        tried[derived.lookup] = [
            await code.look(world.tickets, derived, late),
            await code.read_answer(world.tickets, derived, late),
            await code.add_note(world.tickets, derived, Words("x"), "m7", late),
            await code.change_windows(world.tickets, derived, MORNING, late),
            await code.change_way(world.tickets, derived, "code", late),
            await code.change_way(world.tickets, derived, "here", late, contact_text=Words("x"), windows=MORNING),
            await code.agree_to(world.tickets, derived, ["PE"], late),
            await code.only_here(world.tickets, derived, late),
            await code.be_counted(world.tickets, derived, True, late),
            await code.contest(world.tickets, derived, late),
            await code.rate(world.tickets, derived, 3, late),
            await code.withdraw(world.tickets, derived, late),
        ]
    assert len({repr(each) for each in tried.values()}) == 1
    assert tried[WRONG.lookup][:6] == [None, None, "wrong", "wrong", "wrong", "wrong"]
    assert (await world.row(over_id)).state == "closed"
    assert (await world.row(withdrawn_id)).state == "withdrawn"


async def test_the_ids_of_a_connection_open_nothing_that_is_over(world: World, ana: Worker) -> None:
    """Mutation: a chat that leads to a withdrawn ticket."""
    ticket_id, derived = await world.ask(way="here")
    here = await chat(world, ticket_id)
    await code.withdraw(world.tickets, here, NOW)
    assert await code.look(world.tickets, here, NOW) is None
    assert await code.look(world.tickets, derived, NOW) is None
    assert await code.add_note(world.tickets, here, Words("x"), "m1", NOW) == "wrong"
    assert await code.look(world.tickets, Connected(bytes(16), bytes(16)), NOW) is None


async def test_what_has_ended_takes_no_more_words(world: World, ana: Worker) -> None:
    """Also when the clock has not come by. Mutation: words that nobody will ever read, and "saved"."""
    ticket_id, derived = await world.taken(ana)
    await desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", NOW)
    _, waiting = await world.ask()
    for each, at in ((derived, NOW), (waiting, after(days=7))):
        assert await code.add_note(world.tickets, each, Words("x"), "m8", at) == "ended"
        assert await code.change_way(world.tickets, each, "code", at) == "ended"
        assert await code.agree_to(world.tickets, each, ["PE"], at) == "ended"
        assert await code.only_here(world.tickets, each, at) == "ended"
        shown = await code.look(world.tickets, each, at)
        assert shown is not None and shown.over and shown.way == "code" and shown.windows == ()
    assert (await view(world, waiting, days=7)).status == "lapsed"


async def test_keys_of_a_ticket_are_its_own(world: World, ana: Worker) -> None:
    """Mutation: one key pair for all; an answer for one ticket accepted for another."""
    (one, _), (other, derived) = await world.taken(ana), await world.taken(ana)
    assert (await world.row(one)).public != (await world.row(other)).public
    with pytest.raises(desk.Refused, match="bad_envelope"):
        await desk.send_answer(world.tickets, ana.actor, other, await world.answer(one), NOW)
    assert key_id((await world.row(one)).public) != ana.key
    assert (await view(world, derived)).unread == 0
