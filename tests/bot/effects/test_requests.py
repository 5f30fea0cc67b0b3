"""Requests over the whole path of a message: from hello to what a browser opens on the desk, and back by code or chat."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot import app
from bot.complaints.deadlines import Deadlines
from bot.complaints.limits import Limits
from bot.complaints.live import LiveHearing
from bot.complaints.storing import Complaints
from bot.drafts import Draft
from bot.effects import requests
from bot.effects.means import Means
from bot.exchange import Inbound, Reply, StoreDown
from bot.notices.live import LiveNotices
from bot.roster.live import LiveRoster
from bot.session_stores import EmbeddedStore
from bot.settings import Settings
from bot.staff import keys
from bot.tickets import code, desk
from bot.tickets.attempts import Line
from bot.tickets.tables import SealedItem, Ticket
from bot.vault import Vault
from bot.wall_clock import zones_at
from flows.facts import Traits
from flows.kernel import Words
from tests.bot.channels.contract import Clock
from tests.bot.channels.world import content, directory
from tests.bot.tickets.world import NOW, SECRET, Worker, World
from tests.flows.world import SMS, TELEGRAM, ids

NUMBER = "310 765 4321"


class Pile:
    """One process: the conversation over one world, and a store that can be taken away."""

    def __init__(self, world: World) -> None:
        self.world, self.clock = world, Clock()
        self.clock.now = NOW.timestamp()
        settings = self.settings = Settings(_env_file=None, messages_per_minute=10_000)  # type: ignore[call-arg]
        self.store = EmbeddedStore(self.clock)
        self.sessions = app.open_sessions(self.store, settings)
        self.roster = LiveRoster(world.engine, settings, self.clock)
        self.vault = Vault(SECRET)
        self.complaints = Complaints(world.engine, world.tickets.guard, Deadlines.of(settings), world.tickets.lifetimes)
        self.hearing = LiveHearing(world.engine, settings, self.clock, lambda country: directory().organisations(country))
        self.notices = LiveNotices(world.engine, settings, self.clock)
        means = Means(
            tickets=world.tickets,
            complaints=self.complaints,
            limits=Limits(clock=self.clock),
            line=Line(world.codes),
            vault=self.vault,
            pointers=self.sessions.pointers,
            roster=lambda: self.roster.current,
            zones=lambda country, place: zones_at(content().places, country, place),
            say=lambda lang, id: content().wording.text(lang, id),
            clock=self.clock,
        )
        self.conversation = app.conversation(
            content(), self.sessions, directory, settings, clock=self.clock, effects=requests.effects(means),
            duty=lambda: self.roster, code=lambda session, turn, collision: world.codes.code(session, turn, collision).shown(),
            hearing=lambda: self.hearing, notices=lambda: self.notices,
        )  # fmt: skip
        self._messages = itertools.count(1)

    def phone(self, number: str, channel: Traits = SMS) -> Phone:
        return Phone(self, number, channel)


class Phone:
    """Somebody who answers what is on the screen, by its ids."""

    def __init__(self, pile: Pile, number: str, channel: Traits) -> None:
        self.pile, self.channel = pile, channel
        self.person = pile.vault.person(pile.vault.address(channel.name, number))
        self.last: Inbound | None = None
        self.reply = Reply(None)

    async def says(self, text: str) -> Phone:
        self.last = Inbound(self.person, self.channel, f"m{next(self.pile._messages)}", words=Words(text))
        self.reply = await self.pile.conversation.handle(self.last)
        return self

    async def again(self) -> Phone:
        """The provider delivers the last message once more."""
        assert self.last is not None
        self.reply = await self.pile.conversation.handle(self.last)
        return self

    @property
    def here(self) -> str:
        return self.reply.screen

    @property
    def text(self) -> str:
        return self.reply.message.text if self.reply.message else ""

    @property
    def said(self) -> set[str]:
        return ids([part for part in self.reply.parts if not isinstance(part, str)])

    async def picks(self, option: str) -> Phone:
        """The number or digit that means this option now."""
        opened = await self.pile.sessions.open(self.person, "a look")
        await self.pile.sessions.release(opened)
        conversation = self.pile.conversation
        inbound = Inbound(self.person, self.channel, "a look", words=Words("x"))
        facts = await conversation._facts(inbound, Draft.unpack(opened.draft))
        for option_shown in conversation._graph.options(opened.session, facts):
            if option_shown.id == option:
                return await self.says(str(option_shown.digit))
        raise AssertionError(f"{option} is not on {opened.session.screen}")

    async def to_check(self, way: str) -> Phone:
        """From hello to the screen that sends."""
        for text in ("hola", "1", "2", "1"):
            await self.says(text)
        await self.picks("yes")
        await self.picks("on")
        await self.picks("adult")
        await self.picks("yes")
        await self.picks(way)
        for _ in range(12):
            if self.here == "request.check":
                return self
            if self.here == "request.number":
                await self.says(NUMBER)
            elif self.here == "request.count" or "yes" in (names := await self.options()):
                await self.picks("yes")
            else:
                await self.picks(next(name for name in ("on", "right", "mine", "ok", "go") if name in names))
        raise AssertionError(f"stuck at {self.here}")

    async def options(self) -> list[str]:
        opened = await self.pile.sessions.open(self.person, "a look")
        await self.pile.sessions.release(opened)
        inbound = Inbound(self.person, self.channel, "a look", words=Words("x"))
        facts = await self.pile.conversation._facts(inbound, Draft.unpack(opened.draft))
        return [option.id for option in self.pile.conversation._graph.options(opened.session, facts)]

    @property
    def code(self) -> str:
        found = re.search(r"\d{4} \d{3} \d{3} \d{3}", self.text)
        assert found, self.text
        return found[0]

    async def comes_back(self, number: str) -> Phone:
        """Types a code on this phone, from the first message on."""
        await self.says(number)
        while self.here in ("code.known", "code.safe"):
            await self.picks("yes")
        return self


@pytest_asyncio.fixture(loop_scope="session")
async def pile(world: World) -> AsyncIterator[Pile]:
    made = Pile(world)
    yield made
    await made.store.close()


@pytest_asyncio.fixture(loop_scope="session")
async def ana(world: World, pile: Pile) -> Worker:
    """Somebody is on duty in Colombia."""
    worker = await world.worker("case-manager-co-1", duty="primary")
    await pile.roster.refresh()
    return worker


async def only_ticket(world: World) -> Any:
    (row,) = await world.rows(Ticket)
    return row


@pytest.mark.requirement("D-4")
async def test_by_code_only_nothing_about_the_person_is_kept(world: World, pile: Pile, ana: Worker) -> None:
    """Mutation: a contact envelope for every way; connecting every chat."""
    phone = await pile.phone("+573001234567").to_check("code")
    await phone.picks("send")
    assert phone.here == "request.done" and phone.code
    row = await only_ticket(world)
    assert (row.way, row.country, row.relay, row.guarded) == ("code", "CO", "none", None)
    assert {item.kind for item in await world.rows(SealedItem)} == {"card"}
    assert await pile.sessions.pointers.get(phone.person) is None


@pytest.mark.requirement("D-4")
@pytest.mark.requirement("D-5")
async def test_a_call_is_sealed_with_the_number_and_the_card(world: World, pile: Pile, ana: Worker) -> None:
    """The number travels from the draft into the envelope and nowhere else. Mutation: leaving the draft after sending."""
    phone = await pile.phone("+573001234567").to_check("phone")
    assert "4321" not in phone.text.replace(" ", "") or "321" in phone.text
    await phone.picks("send")
    row = await only_ticket(world)
    await desk.claim(world.tickets, ana.actor, row.id, NOW)
    contact = json.loads((await world.reads(ana, row.id, "contact"))[0])
    assert contact == {"way": "phone", "number": "+573107654321", "someone_else": False}
    card = json.loads((await world.reads(ana, row.id, "card"))[0])
    assert (card["answer_by_other"], card["leave_message"], card["tries"], card["if_dropped"]) == (False, False, 2, "no_call")
    assert card["zone"] == "America/Bogota" and len({card["word_desk"], card["word_person"], card["word_stop"]}) == 3
    opened = await pile.sessions.open(phone.person, "a look")
    assert opened.draft == b""
    everything = repr(await world.rows(Ticket)) + repr([(item.envelope, item.message) for item in await world.rows(SealedItem)])
    assert "3107654321" not in everything


async def test_a_number_that_cannot_be_called_is_asked_for_again(pile: Pile, ana: Worker) -> None:
    """Mutation: keeping whatever was typed."""
    phone = pile.phone("+573001234567")
    for text in ("hola", "1", "2", "1"):
        await phone.says(text)
    for option in ("yes", "on", "adult", "yes", "phone"):
        await phone.picks(option)
    while phone.here != "request.number":
        await phone.picks("yes")
    await phone.says("12345678")
    assert phone.here != "request.number" and "number" in phone.here


@pytest.mark.requirement("D-10")
async def test_writing_here_connects_the_chat_both_ways_until_the_person_leaves(world: World, pile: Pile, ana: Worker) -> None:
    """Mutation: a box of another ticket; not connecting; words kept before somebody wrote; staying connected after leaving."""
    phone = await pile.phone("555", TELEGRAM).to_check("here")
    await phone.picks("send")
    row = await only_ticket(world)
    await desk.claim(world.tickets, ana.actor, row.id, NOW)
    contact = json.loads((await world.reads(ana, row.id, "contact"))[0])
    assert contact["way"] == "here" and contact["channel"] == "telegram"
    assert pile.vault.unbox(contact["box"], row.id).reveal() == "555"

    pile.clock.advance(minutes=40)  # the conversation is long forgotten
    await phone.says("¿hay alguien?")
    assert phone.here == "relay.not_yet"  # nobody has confirmed what people in Colombia have to report, and nobody has written yet
    await desk.permit_relay(world.tickets, ana.actor, row.id, NOW + timedelta(minutes=40))
    await phone.says("sí, ahora está bien")
    assert phone.here == "relay.passed"
    later = NOW + timedelta(minutes=41)
    assert "sí, ahora está bien" in await world.reads(ana, row.id, "note", later)
    await phone.again()
    assert len((await world.items(row.id))["note"]) == 1

    await phone.says("0")
    assert phone.reply.message is None
    assert await pile.sessions.pointers.get(phone.person) is None
    with pytest.raises(desk.Refused):
        await desk.permit_relay(world.tickets, ana.actor, row.id, later)
    await phone.says("hola")
    assert phone.here == "start.hello"


@pytest.mark.requirement("D-7")
@pytest.mark.requirement("D-9")
async def test_a_child_reads_when_somebody_trained_for_children_is_there(world: World, pile: Pile, ana: Worker) -> None:
    """From the first screen to the code, while Ana is on duty for adults; and nobody is alerted who may not read it.

    Mutation: the adults' desk asked on any of these screens; a country offered where nobody may read a child's request."""
    kids = await world.worker("child-co-1", "child_protection")
    await world.shifts(kids.id, "CO", "child", 18 * 60, 22 * 60)
    await world.worker("case-manager-ec-1", countries=("EC",), duty="primary")
    await pile.roster.refresh()
    phone = pile.phone("+573001234567")
    for text in ("hola", "1", "2", "1"):
        await phone.says(text)
    await phone.picks("yes")
    assert "request.who.open_adults" in phone.said
    await phone.picks("on")
    await phone.picks("under18")
    assert "request.done.closed" in phone.said
    for option in ("on", "yes", "code", "no", "send"):
        await phone.picks(option)
    assert phone.here == "request.done" and "request.done.closed" in phone.said
    assert await world.alerted() == set()
    other = await pile.phone("777", TELEGRAM).comes_back(phone.code)
    assert {"code.status.received", "request.done.closed", "request.when.today"} <= other.said
    assert "abroad" not in await other.options()


@pytest.mark.requirement("D-8")
async def test_whoever_writes_after_the_shift_of_their_person_is_heard_by_others(world: World, pile: Pile) -> None:
    """An urgent request, claimed at ten; the shift ends at eleven, and the person writes in the connected chat at half past.

    Mutation: a chat that says that it was passed on, to somebody who hears of it tomorrow; a code that says they look at it."""
    dora = await world.worker("case-manager-co-1")
    await world.shifts(dora.id, "CO", "primary", 8 * 60, 11 * 60)
    ben = await world.worker("case-manager-co-2", duty="primary")
    await pile.roster.refresh()
    phone = await pile.phone("555", TELEGRAM).to_check("here")
    for option in ("details", "urgent_yes", "send"):
        await phone.picks(option)
    number, row = phone.code, await only_ticket(world)
    await desk.claim(world.tickets, dora.actor, row.id, NOW)
    await world.reads(dora, row.id, "card", NOW + timedelta(minutes=2))
    await desk.permit_relay(world.tickets, dora.actor, row.id, NOW + timedelta(minutes=3))
    await world.alerted()
    pile.clock.advance(minutes=75)
    await phone.says("Por favor contesten, no estoy bien hoy")
    assert phone.here == "relay.passed" and await world.alerted() == {ben.id}
    other = await pile.phone("777", SMS).comes_back(number)
    assert {"code.status.again", "request.done.open"} <= other.said
    await desk.claim(world.tickets, ben.actor, row.id, NOW + timedelta(minutes=76))
    assert len(await world.reads(ben, row.id, "note", NOW + timedelta(minutes=76))) == 1
    assert "code.status.looked_at" in (await pile.phone("888", SMS).comes_back(number)).said


@pytest.mark.requirement("P-6")
@pytest.mark.requirement("D-10")
async def test_the_code_works_on_any_phone_and_withdrawing_makes_it_a_wrong_one(world: World, pile: Pile, ana: Worker) -> None:
    """Mutation: another answer for a withdrawn code; a code that works in one chat only."""
    phone = await pile.phone("+573001234567").to_check("phone")
    await phone.picks("send")
    number = phone.code
    other = await pile.phone("777", TELEGRAM).comes_back(number.replace(" ", ""))
    assert other.here == "code.status" and "code.status.received" in other.said
    wrong = await pile.phone("888", TELEGRAM).comes_back("0000 000 000 000")
    await other.picks("withdraw")
    await other.picks("yes")
    assert not [item for item in await world.rows(SealedItem)]
    again = await pile.phone("999", TELEGRAM).comes_back(number)
    assert (again.here, again.text) == (wrong.here, wrong.text)


@pytest.mark.requirement("D-5")
@pytest.mark.requirement("D-10")
async def test_another_way_by_code_brings_a_card_for_it(world: World, pile: Pile, ana: Worker) -> None:
    """From "code only" to "call me", on another phone: nobody calls without the hours, the tries and the words.
    Mutation: a contact without a card; the card of before."""
    phone = await pile.phone("+573001234567").to_check("code")
    await phone.picks("send")
    pile.clock.advance(minutes=1)
    other = await pile.phone("777", TELEGRAM).comes_back(phone.code)
    await other.picks("change")
    await other.picks("way")
    await other.picks("phone")
    await other.says(f"+57 {NUMBER}")
    for _ in range(8):
        if other.here == "code.changed":
            break
        names = await other.options()
        await other.picks(next(name for name in ("mine", "yes", "#0") if name in names))
    assert other.here == "code.changed"
    row = await only_ticket(world)
    assert row.way == "phone"
    await desk.claim(world.tickets, ana.actor, row.id, NOW)
    about, card = [json.loads(text) for text in await world.reads(ana, row.id, "card")]
    assert about["for"] == "self" and "windows" not in about and "for" not in card
    assert (card["answer_by_other"], card["leave_message"], card["tries"]) == (False, False, 2)
    assert card["zone"] == "America/Bogota" and card["word_desk"] and card["word_person"] and card["word_stop"]


@pytest.mark.requirement("D-10")
async def test_consents_are_changed_by_code(world: World, pile: Pile, ana: Worker) -> None:
    """No to being counted, no to being called, no to people of another country. Mutation: a handler that does something else."""
    phone = await pile.phone("+573001234567").to_check("phone")
    await phone.picks("send")
    row = await only_ticket(world)
    assert (row.counted, row.way) == (True, "phone")
    async with world.engine.begin() as connection:
        await connection.execute(update(Ticket).values(countries=("PE",)))
    other = await pile.phone("777", TELEGRAM).comes_back(phone.code)
    await other.picks("change")
    await other.picks("consents")
    for options in (("count_no",), ("contact_no",), ("home", "yes")):
        for option in options:
            await other.picks(option)
        assert other.here == "code.consented"
        await other.picks("consents")
    row = await only_ticket(world)
    assert (row.counted, row.way, row.countries, row.guarded) == (False, "code", (), None)
    assert set(await world.items(row.id)) == {"card"}


async def test_an_answer_is_read_by_code_and_nowhere_else(world: World, pile: Pile, ana: Worker) -> None:
    """Mutation: showing an answer in a connected chat without the code."""
    phone = await pile.phone("555", TELEGRAM).to_check("here")
    await phone.picks("send")
    number = phone.code
    row = await only_ticket(world)
    await desk.claim(world.tickets, ana.actor, row.id, NOW)
    await desk.send_answer(world.tickets, ana.actor, row.id, await world.answer(row.id, "Nos vemos el lunes, zarzamora"), NOW)
    here = await code.connection(world.tickets, row.id)
    assert here is not None
    view = await code.look(world.tickets, here, NOW)
    assert view is not None and view.answer == ""
    other = await pile.phone("777", TELEGRAM).comes_back(number)
    assert "zarzamora" not in other.text
    await other.picks("answer")
    assert "zarzamora" in other.text
    view = await code.look(world.tickets, here, NOW)
    assert view is not None and view.unread == 0


async def test_answers_that_came_before_the_last_one_are_read_too(world: World, pile: Pile, ana: Worker) -> None:
    """Mutation: forgetting how far back somebody has read; beginning anywhere but with the last one."""
    phone = await pile.phone("+573001234567").to_check("code")
    await phone.picks("send")
    number = phone.code
    row = await only_ticket(world)
    await desk.claim(world.tickets, ana.actor, row.id, NOW)
    for minute, text in enumerate(("uno", "dos", "tres")):
        at = NOW + timedelta(minutes=minute)
        await desk.send_answer(world.tickets, ana.actor, row.id, await world.answer(row.id, f"zarza {text}"), at)
    pile.clock.advance(minutes=5)
    other = await pile.phone("777", TELEGRAM).comes_back(number)
    for option, text in (("answer", "tres"), ("older", "dos"), ("older", "uno")):
        await other.picks(option)
        assert f"zarza {text}" in other.text
    assert "older" not in await other.options()
    await other.picks("status")
    await other.picks("answer")
    assert "zarza tres" in other.text


@pytest.mark.requirement("D-8")
async def test_without_anybody_who_could_read_it_nothing_is_taken(world: World, pile: Pile) -> None:
    """The roster said somebody answers; the key is gone by the time of sending. Mutation: trusting the snapshot."""
    worker = await world.worker("case-manager-co-1", duty="primary")
    await pile.roster.refresh()
    phone = await pile.phone("+573001234567").to_check("code")
    async with world.engine.begin() as connection:
        await keys.retire(connection, worker.id, NOW)
    await phone.picks("send")
    assert phone.here not in ("request.done", "request.check")
    assert not await world.rows(Ticket)


Break = Callable[[Pile, pytest.MonkeyPatch], None]


def database_away(pile: Pile, patch: pytest.MonkeyPatch) -> None:
    """Before anything is written."""

    async def away(*_: Any, **__: Any) -> Any:
        raise OSError("the database is away: zarzaparrilla")

    patch.setattr("bot.effects.requests.open_ticket", away)


def store_away_after(pile: Pile, patch: pytest.MonkeyPatch) -> None:
    """The ticket is on the disk, and the session cannot be saved."""

    async def away(*_: Any, **__: Any) -> bool:
        raise StoreDown("away")

    patch.setattr(pile.store, "save", away)


def pointer_away(pile: Pile, patch: pytest.MonkeyPatch) -> None:
    """The ticket is on the disk, and the chat cannot be connected."""

    async def away(*_: Any, **__: Any) -> None:
        raise StoreDown("away")

    patch.setattr(pile.store, "keep", away)


@pytest.mark.parametrize("breaks", [database_away, store_away_after, pointer_away])
async def test_a_store_that_fails_between_two_steps_loses_and_doubles_nothing(
    world: World, pile: Pile, ana: Worker, breaks: Break
) -> None:
    """The same message, delivered again where no session could be kept, or sent once more behind 8: one ticket, one code.
    Mutation: a ticket keyed by chance, or by the turn of the second try; moving the session on before the effect."""
    phone = await pile.phone("555", TELEGRAM).to_check("here")
    with pytest.MonkeyPatch.context() as patch:
        breaks(pile, patch)
        if breaks is store_away_after:
            with pytest.raises(StoreDown):
                await phone.picks("send")
        else:
            await phone.picks("send")
            unsure = ".unsure" if breaks is pointer_away else ""
            assert phone.here == "request.not_saved" and f"request.not_saved{unsure}" in phone.said
    pile.clock.advance(minutes=0.4)  # the lease of a message that came to nothing is over
    if phone.here == "request.not_saved":
        await phone.says("8")
        await phone.picks("send")
    else:
        await phone.again()
    assert phone.here == "request.done"
    number = phone.code
    await phone.again()
    assert phone.code == number
    row = await only_ticket(world)
    here = await code.connection(world.tickets, row.id)
    assert here is not None and await pile.sessions.pointers.get(phone.person) == here.pack()
    other = await pile.phone("777").comes_back(number)
    assert other.here == "code.status"


@pytest.mark.requirement("E-2")
async def test_leaving_works_while_the_database_is_away(world: World, pile: Pile, ana: Worker) -> None:
    """Nothing is sent, nothing is remembered but that the ticket has to hear of it; it does when a new conversation begins.
    Mutation: leaving that fails with the database; a pointer that still leads to the ticket; one that says nothing."""
    phone = await pile.phone("555", TELEGRAM).to_check("here")
    await phone.picks("send")
    row = await only_ticket(world)

    async def away(*_: Any, **__: Any) -> Any:
        raise OSError("away")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.tickets.code.end_connection", away)
        await phone.says("0")
        assert phone.reply.message is None and phone.reply.forget
        assert await pile.sessions.pointers.get(phone.person) is None
        left = await pile.sessions.pointers.left(phone.person)
        assert left is not None and left.startswith(row.id)
        await phone.says("hola")
        assert phone.here == "start.hello"
    assert (await world.row(row.id)).relay == "open"
    pile.clock.advance(minutes=40)
    await phone.says("hola")
    assert (await world.row(row.id)).relay == "ended" and await pile.sessions.pointers.left(phone.person) is None


async def test_who_types_the_number_again_instead_finds_the_same_request(world: World, pile: Pile, ana: Worker) -> None:
    """By SMS nothing is delivered again for long: the person reads "not saved" and writes once more."""
    phone = await pile.phone("+573001234567").to_check("code")
    with pytest.MonkeyPatch.context() as patch:
        store_away_after(pile, patch)
        with pytest.raises(StoreDown):
            await phone.picks("send")
    pile.clock.advance(minutes=0.4)
    await phone.picks("send")
    assert phone.here == "request.done"
    assert len(await world.rows(Ticket)) == 1


@pytest.mark.requirement("D-3")
async def test_nothing_is_stored_before_the_yes(world: World, pile: Pile, ana: Worker) -> None:
    """Mutation: a ticket that is opened early and filled in later."""
    phone = await pile.phone("+573001234567").to_check("phone")
    assert not await world.rows(Ticket) and not await world.rows(SealedItem)
    await phone.says("0")
    assert not await world.rows(Ticket)
    assert (await pile.sessions.open(phone.person, "a look")).draft == b""
