"""Where parts meet that nobody owns alone: a phone that is picked up by somebody else, a database that is away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.drafts import Draft
from bot.effects.means import or_again
from bot.exchange import StoreDown
from bot.tickets import desk, storing
from bot.tickets.tables import Ticket
from tests.bot.effects.test_requests import Phone, Pile, ana, pile
from tests.bot.tickets.world import NOW, Worker, World
from tests.flows.world import TELEGRAM

__all__ = ["ana", "pile"]


async def away(*_: Any, **__: Any) -> Any:
    raise OSError("the database is away: zarzaparrilla")


async def draft_of(pile: Pile, phone: Phone) -> Draft:
    opened = await pile.sessions.open(phone.person, "a look")
    await pile.sessions.release(opened)
    return Draft.unpack(opened.draft)


@pytest.mark.requirement("E-4")
async def test_the_menu_forgets_the_code_however_one_came_there(pile: Pile, ana: Worker) -> None:
    """Whoever picks the phone up goes back and sees no answer. Mutation: keeping the code while a way back leads to it."""
    number = (await (await pile.phone("555", TELEGRAM).to_check("code")).picks("send")).code
    phone = await pile.phone("777", TELEGRAM).comes_back(number)
    assert (await draft_of(pile, phone)).key, "as long as somebody looks at it"
    await phone.picks("menu")
    draft = await draft_of(pile, phone)
    assert (draft.ticket, draft.key) == (b"", b"")
    await phone.says("volver")
    assert not {each for each in phone.said if each.startswith("code.status")}


@pytest.mark.requirement("E-1")
@pytest.mark.parametrize("text", ["9", "me quiero morir"])
async def test_without_the_database_emergency_numbers_and_cards_still_come(
    pile: Pile, ana: Worker, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a code open; anything else is told that it did not work, and no choice is read that nobody could see. Mutation: asking
    the database before anything else; the choices of a code that was not found."""
    number = (await (await pile.phone("555", TELEGRAM).to_check("code")).picks("send")).code
    phone = await pile.phone("777", TELEGRAM).comes_back(number)
    monkeypatch.setattr("bot.tickets.code.look", away)
    await phone.says(text)
    assert any(each.startswith(("crisis", "emergency")) for each in phone.said)
    await phone.says("1")
    assert phone.here == "code.not_saved" and "code.not_saved" in phone.said
    await phone.says("menú")
    assert phone.here == "start.menu", "what needs no database goes on"


async def test_without_the_database_one_can_still_leave(pile: Pile, ana: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: the same; a code that stays open because its request cannot be looked at."""
    number = (await (await pile.phone("555", TELEGRAM).to_check("code")).picks("send")).code
    phone = await pile.phone("777", TELEGRAM).comes_back(number)
    monkeypatch.setattr("bot.tickets.code.look", away)
    await phone.says("0")
    assert phone.reply.forget and not (await draft_of(pile, phone)).key


async def test_words_in_a_connected_chat_bring_their_card_without_the_database(
    world: World, pile: Pile, ana: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They cannot be passed on, which is said below the card. Mutation: silence until the database is back."""
    phone = await pile.phone("555", TELEGRAM).to_check("here")
    await phone.picks("send")
    (row,) = await world.rows(Ticket)
    await desk.claim(world.tickets, ana.actor, row.id, NOW)
    await desk.permit_relay(world.tickets, ana.actor, row.id, NOW)
    pile.clock.advance(minutes=40)
    for name in ("look", "add_note"):
        monkeypatch.setattr(f"bot.tickets.code.{name}", away)
    await phone.says("me quiero morir")
    assert any(each.startswith("crisis") for each in phone.said) and phone.here == "relay.not_saved"


@pytest.mark.requirement("D-10")
async def test_a_chat_that_was_given_up_for_another_one_is_connected_no_longer(world: World, pile: Pile, ana: Worker) -> None:
    """Somebody lets themselves be written to on another phone, since this one is not safe any more. Whoever holds it now is greeted
    like anybody, and cannot write in their name. Mutation: a pointer that holds the ticket alone."""
    phone = await pile.phone("555", TELEGRAM).to_check("here")
    await phone.picks("send")
    other = await pile.phone("777", TELEGRAM).comes_back(phone.code)
    for option in ("change", "way", "code", "status", "change", "way", "here"):
        await other.picks(option)
    while other.here != "code.changed":
        names = await other.options()
        await other.picks("yes" if "yes" in names else "skip")
    (row,) = await world.rows(Ticket)
    assert (row.way, row.relay) == ("here", "open")
    await desk.claim(world.tickets, ana.actor, row.id, NOW)
    await desk.permit_relay(world.tickets, ana.actor, row.id, NOW)
    pile.clock.advance(minutes=40)
    await phone.says("hola, soy yo")
    assert phone.here == "start.hello" and await pile.sessions.pointers.get(phone.person) is None
    later = NOW + timedelta(minutes=41)
    await desk.claim(world.tickets, ana.actor, row.id, later)
    await desk.permit_relay(world.tickets, ana.actor, row.id, later)
    await other.says("ahora escribo desde aquí")
    assert other.here == "relay.passed"
    assert len((await world.items(row.id))["note"]) == 1


@pytest.mark.requirement("D-10")
async def test_whoever_withdraws_on_a_phone_that_two_use_disconnects_their_own_request_only(
    world: World, pile: Pile, ana: Worker
) -> None:
    """A daughter takes hers back in the chat in which her mother is written to. Mutation: dropping whatever the chat leads to."""
    number = (await (await pile.phone("777", TELEGRAM).to_check("code")).picks("send")).code
    phone = await pile.phone("555", TELEGRAM).to_check("here")
    mother = (await phone.picks("send")).code
    await phone.comes_back(number)
    for option in ("withdraw", "yes"):
        await phone.picks(option)
    assert phone.here == "code.withdrawn" and await pile.sessions.pointers.get(phone.person)
    await phone.comes_back(mother)
    for option in ("withdraw", "yes"):
        await phone.picks(option)
    assert phone.here == "code.withdrawn" and await pile.sessions.pointers.get(phone.person) is None


@pytest.mark.parametrize("error", [PoolTimeout("zarza"), storing.Changed()])
async def test_no_connection_left_is_a_store_that_is_down(error: Exception) -> None:
    """The provider delivers again. Mutation: a fault of the program, after a few of which a message is given up."""
    with pytest.raises(StoreDown) as raised, or_again():
        raise error
    assert "zarza" not in str(raised.value)
