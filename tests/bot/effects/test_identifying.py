"""A note with a name or a number in it: asked about once, before it is kept or sent, and nowhere but in the draft meanwhile."""

from __future__ import annotations

import pytest

from bot.drafts import Draft
from bot.tickets import desk
from bot.tickets.tables import Ticket
from flows.facts import DutyText
from flows.kernel import Session
from tests.bot.effects.test_requests import Phone, Pile, ana, pile
from tests.bot.tickets.world import NOW, Worker, World
from tests.flows.world import TELEGRAM

__all__ = ["ana", "pile"]

NOTE = "Llamen a Eulogia Zurriaga al 310 555 0147, por favor"
BLANKED = "Llamen a ··· al ···, por favor"


@pytest.fixture(autouse=True)
def told(pile: Pile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are taken only where people have read what may have to be passed on (D-2)."""
    monkeypatch.setattr(pile.roster, "text", lambda country, now: DutyText(country=country, variants=("children.workers",)))


async def waiting(phone: Phone) -> tuple[Session, Draft]:
    """What lies there between two turns."""
    opened = await phone.pile.sessions.open(phone.person, "a look")
    await phone.pile.sessions.release(opened)
    return opened.session, Draft.unpack(opened.draft)


async def asked(pile: Pile) -> Phone:
    """Somebody who typed a note with a name and a number, and is asked about it."""
    phone = await pile.phone("+573001234567").to_check("code")
    await phone.picks("details")
    await phone.picks("note")
    return await phone.says(NOTE)


async def sealed_notes(world: World, ana: Worker) -> list[str]:
    """What a person on duty can open of the one request there is."""
    (row,) = await world.rows(Ticket)
    await desk.claim(world.tickets, ana.actor, row.id, NOW)
    return await world.reads(ana, row.id, "note")


@pytest.mark.requirement("D-1")
async def test_a_note_that_identifies_somebody_waits_in_the_draft_only(pile: Pile, ana: Worker) -> None:
    """Mutation: keeping it in a slot of the session, or as the note while nobody has answered."""
    phone = await asked(pile)
    assert phone.here == "request.identifying"
    session, draft = await waiting(phone)
    assert (draft.typed, draft.note) == (NOTE, "")
    assert "Zurriaga" not in repr(session.slots) and "0147" not in repr(session.slots)
    assert "Zurriaga" not in phone.text and "0147" not in phone.text, "nor is it said again"


@pytest.mark.requirement("D-1")
@pytest.mark.parametrize(("option", "kept"), [("#1", BLANKED), ("#2", NOTE)])
async def test_it_is_kept_as_the_person_chose_after_one_more_turn(pile: Pile, ana: Worker, option: str, kept: str) -> None:
    """Mutation: blanking out without having been asked to; asking about the same note again."""
    phone = await asked(pile)
    await phone.picks(option)
    assert phone.here == "request.check"
    _, draft = await waiting(phone)
    assert (draft.note, draft.typed) == (kept, "")


@pytest.mark.requirement("D-1")
@pytest.mark.parametrize("way_out", ["#0", "skip", "back", "0"])
async def test_it_is_gone_with_the_screen_that_asks(pile: Pile, ana: Worker, way_out: str) -> None:
    """Mutation: a draft that settles only when the topic is left."""
    phone = await asked(pile)
    await (phone.says("0") if way_out == "0" else phone.picks(way_out))
    _, draft = await waiting(phone)
    assert (draft.note, draft.typed) == ("", "")
    if way_out == "#0":
        assert phone.here == "request.note"
        await phone.says("necesito un lugar para dormir")
        assert phone.here == "request.check"
        assert (await waiting(phone))[1].note == "necesito un lugar para dormir"


@pytest.mark.requirement("D-1")
async def test_whoever_types_instead_of_choosing_has_written_again(pile: Pile, ana: Worker) -> None:
    """Mutation: a screen that hears nothing, so that the new text is lost and the old one kept."""
    phone = await asked(pile)
    await phone.says("mejor: necesito hablar con alguien")
    assert phone.here == "request.check"
    _, draft = await waiting(phone)
    assert (draft.note, draft.typed) == ("mejor: necesito hablar con alguien", "")


@pytest.mark.requirement("D-1")
async def test_the_same_answer_delivered_twice_keeps_one_note(pile: Pile, ana: Worker) -> None:
    """Mutation: an effect that takes the waiting text before the turn is kept."""
    phone = await asked(pile)
    await phone.picks("#1")
    await phone.again()
    assert (await waiting(phone))[1].note == BLANKED


@pytest.mark.requirement("D-10")
@pytest.mark.parametrize(("option", "kept"), [("#1", BLANKED), ("#2", NOTE)])
async def test_a_note_by_code_is_sent_after_the_answer_only(world: World, pile: Pile, ana: Worker, option: str, kept: str) -> None:
    """Mutation: sealing the note first and asking afterwards."""
    phone = await pile.phone("+573001234567").to_check("code")
    await phone.picks("send")
    other = await pile.phone("+573009999999").comes_back(phone.code)
    await other.picks("write")
    await other.says(NOTE)
    assert other.here == "code.identifying"
    assert await sealed_notes(world, ana) == []
    await other.picks(option)
    assert other.here == "code.noted"
    (note,) = await sealed_notes(world, ana)
    assert kept in note
    assert (await waiting(other))[1].typed == ""


async def test_what_waited_and_is_gone_is_asked_for_again(pile: Pile, ana: Worker) -> None:
    """Mutation: keeping an empty note."""
    phone = await asked(pile)
    opened = await pile.sessions.open(phone.person, "lost")
    draft = Draft.unpack(opened.draft)
    draft.typed = ""
    assert await pile.sessions.close(opened, opened.session, draft.pack())
    await phone.picks("#2")
    assert phone.here == "request.note"
    assert (await waiting(phone))[1].note == ""


@pytest.mark.requirement("D-10")
async def test_a_connected_chat_is_not_interrupted(pile: Pile, ana: Worker) -> None:
    """Numbers are told there on purpose. Mutation: the question of notes before what is said to the person on duty."""
    phone = await pile.phone("555", TELEGRAM).to_check("here")
    await phone.picks("send")
    pile.clock.advance(minutes=40)
    await phone.says("hola")
    await phone.says("mi número es 310 555 0147")
    assert phone.here == "relay.passed"
