"""The one path of every message, over embedded sessions: redelivery, old buttons, overtaking, limits, a store that is away."""

from __future__ import annotations

import asyncio
import itertools
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from bot import app
from bot.conversation import Conversation
from bot.effects import HANDLERS, Asked, Done, Effects, drafting
from bot.exchange import Inbound, NotLeft, Point, Press, Reply, StoreDown
from bot.layout import ANYTIME
from bot.session_stores import EmbeddedStore
from bot.sessions import Sessions
from bot.settings import Settings
from bot.vault import Vault
from flows.facts import Traits
from flows.kernel import EMERGENCY, LEAVE, Phrase, Session, Words
from flows.topics import GRAPH
from tests.bot.channels.contract import Clock
from tests.bot.channels.world import content, directory
from tests.flows.standing import CHANNELS
from tests.flows.test_kernel import EFFECTS
from tests.flows.world import SMS, TELEGRAM, ids

LAT, LON = 7.893912, -72.507834
"""In Cúcuta, not far from its border."""


class Store(EmbeddedStore):
    """The embedded store, which can be taken away, before or after what it was asked to do."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.away: set[str] = set()
        self.saved = 0

    async def load(self, *args: Any, **kwargs: Any) -> Any:
        if "load" in self.away:
            raise StoreDown("away")
        loaded = await super().load(*args, **kwargs)
        await asyncio.sleep(0)  # as over a network: others come in between
        return loaded

    async def save(self, *args: Any, **kwargs: Any) -> bool:
        if "save" in self.away:
            raise StoreDown("away")
        self.saved += 1
        return await super().save(*args, **kwargs)

    def dump(self) -> bytes:
        """Everything that it holds, as bytes."""
        rows = [(name, row.body, row.count, row.minute, row.ends, row.token) for name, row in self._rows.items()]
        return pickle.dumps((rows, self._epochs, self._slices))


class Phone:
    """One person with one phone."""

    def __init__(
        self, conversation: Conversation, sessions: Sessions, store: Store, clock: Clock, number: str, channel: Traits
    ) -> None:
        self.conversation, self.sessions, self.store, self.clock = conversation, sessions, store, clock
        vault = Vault(b"secret of these tests only " * 2)
        self.person = vault.person(vault.address(channel.name, number))
        self.channel = channel
        self.number = itertools.count(1)
        self.last: Inbound | None = None
        self.hints: dict[str, str] = {}

    async def _send(self, **what: Any) -> Reply:
        self.last = Inbound(self.person, self.channel, f"m{next(self.number)}", **what, **self.hints)
        return await self.conversation.handle(self.last)

    async def says(self, *texts: str) -> Reply:
        for text in texts:
            reply = await self._send(words=Words(text))
        return reply

    async def presses(self, turn: int, ordinal: int) -> Reply:
        return await self._send(press=Press(turn, ordinal))

    async def shares(self, lat: float, lon: float) -> Reply:
        return await self._send(point=Point(lat, lon))

    async def sends(self, what: Any) -> Reply:
        return await self._send(unreadable=what)

    async def again(self) -> Reply:
        """The provider delivers the last message once more."""
        assert self.last is not None
        return await self.conversation.handle(self.last)

    async def session(self) -> Session:
        """What is kept, opened with the person's own key."""
        opened = await self.sessions.open(self.person, "a look")
        await self.sessions.release(opened)
        return opened.session

    async def put(self, **session: Any) -> None:
        """Stand somewhere else."""
        opened = await self.sessions.open(self.person, "a move")
        await self.sessions.close(opened, msgspec.structs.replace(opened.session, **session))


Dial = Callable[..., Phone]


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """Gives phones that reach one process; ``per_minute`` is its limit."""
    clock = Clock()
    stores: list[Store] = []

    def make(channel: Traits = SMS, number: str = "+573001234567", per_minute: int = 10_000) -> Phone:
        store = Store(clock)
        stores.append(store)
        settings = Settings(_env_file=None, messages_per_minute=per_minute)  # type: ignore[call-arg]
        sessions = app.open_sessions(store, settings)
        conversation = app.conversation(content(), sessions, directory, settings, clock=clock)
        return Phone(conversation, sessions, store, clock, number, channel)

    yield make
    for store in stores:
        await store.close()


# --- once, and once only ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
@pytest.mark.parametrize("way", [("hola",), ("hola", "1"), ("hola", "1", "1"), ("doctor en cucuta",), ("hola", "1", "xyzzy")])
async def test_a_redelivered_message_draws_the_same_screen_and_takes_no_second_step(dial: Dial, channel: Traits, way) -> None:
    """Mutation: stepping again, or not keeping the digests of messages."""
    phone = dial(channel)
    first = await phone.says(*way)
    before = await phone.session()
    for _ in range(3):
        second = await phone.again()
        assert second.outcome == "redelivered"
        assert second.screen == first.screen
        assert second.message is not None
        after = await phone.session()
        assert msgspec.structs.replace(after, seen=()) == msgspec.structs.replace(before, seen=())
    assert "kernel.automatic" not in ids(second.parts)
    assert set(ids(second.parts)) <= set(ids(first.parts))


@pytest.mark.requirement("E-5")
@pytest.mark.requirement("E-6")
@pytest.mark.parametrize("words", ["9", "sos", "emergencia", "me va a matar"])
async def test_redelivered_emergencies_show_the_numbers_again(dial: Dial, words: str) -> None:
    """It may be that the first answer never arrived. Mutation: drawing the bare screen for every redelivery."""
    phone = dial()
    await phone.says("hola", "1", "1", "colombia")
    first = await phone.says(words)
    assert "helpline.line" in ids(first.parts)
    second = await phone.again()
    assert "helpline.line" in ids(second.parts)
    assert second.screen == first.screen


@pytest.mark.requirement("E-2")
async def test_after_leaving_a_late_redelivery_stays_silent_and_a_new_message_begins_anew(dial: Dial) -> None:
    """Mutation: forgetting the digests with the session; answering the redelivered "0" with the first screen."""
    phone = dial()
    await phone.says("hola", "1", "1", "cucuta")
    older = phone.last
    reply = await phone.says("0")
    assert (reply.message, reply.forget) == (None, True)
    kept = await phone.session()
    assert kept == Session(id=kept.id, seen=kept.seen, left=True)
    for _ in range(2):
        again = await phone.again()
        assert (again.message, again.forget) == (None, True)
    assert older is not None
    late = await phone.conversation.handle(older)
    assert late.message is None
    fresh = await phone.says("hola")
    assert fresh.screen == "start.hello"
    assert "start.hello" in ids(fresh.parts)
    assert (await phone.session()).slots == {}


@pytest.mark.requirement("P-3")
@pytest.mark.requirement("S-1")
async def test_a_silent_conversation_is_forgotten(dial: Dial) -> None:
    """Mutation: a session without an end."""
    phone = dial()
    await phone.says("hola", "1", "1", "cucuta")
    phone.clock.advance(minutes=19)
    assert (await phone.says("xyzzy")).screen == "services.kind"
    phone.clock.advance(minutes=21)
    assert (await phone.says("1")).screen == "start.hello"


# --- buttons ---------------------------------------------------------------------------------------------------------


async def test_a_button_is_a_choice_of_its_own_turn_only(dial: Dial) -> None:
    """An old one draws where the person is now. Mutation: reading the place without the turn."""
    phone = dial(TELEGRAM)
    hello = await phone.says("hola")
    assert hello.message is not None
    labels = [button.label for row in hello.message.rows for button in row]
    assert labels[0] == "Español"
    menu = await phone.presses(hello.message.turn, 0)
    assert (menu.screen, menu.edit) == ("start.menu", True)
    assert menu.message is not None
    for turn, place in ((hello.message.turn, 1), (99, 0), (-1, 0), (menu.message.turn, 60), (menu.message.turn, -1)):
        old = await phone.presses(turn, place)
        assert (old.screen, old.edit, old.outcome) == ("start.menu", True, "redelivered")
        assert old.message == menu.message
    assert (await phone.presses(menu.message.turn, 0)).screen == "services.where"


@pytest.mark.requirement("E-2")
@pytest.mark.requirement("E-5")
async def test_leave_and_emergency_work_on_every_old_message(dial: Dial) -> None:
    """Mutation: the turn asked for first, so that an old button for leaving only draws a screen."""
    phone = dial(TELEGRAM)
    hello = await phone.says("hola")
    assert hello.message is not None
    ordinals = [button.ordinal for row in hello.message.rows for button in row]
    assert ordinals[-2:] == [ANYTIME + EMERGENCY, ANYTIME + LEAVE]
    await phone.says("1", "1", "colombia")
    numbers = await phone.presses(hello.message.turn, ANYTIME + EMERGENCY)
    assert "helpline.line" in ids(numbers.parts)
    assert numbers.screen == "services.town"
    gone = await phone.presses(hello.message.turn, ANYTIME + LEAVE)
    assert (gone.message, gone.forget, gone.outcome) == (None, True, "left")


@pytest.mark.requirement("E-3")
@pytest.mark.parametrize("left", [True, False])
async def test_a_button_of_a_conversation_that_is_over_begins_with_the_first_screen(dial: Dial, left: bool) -> None:
    """Mutation: drawing the menu of a session that does not exist."""
    phone = dial(TELEGRAM)
    menu = await phone.says("hola", "1")
    assert menu.message is not None
    if left:
        await phone.says("0")
    else:
        phone.clock.advance(hours=3)
    reply = await phone.presses(menu.message.turn, 0)
    assert reply.screen == "start.hello"
    assert "start.hello" in ids(reply.parts)
    assert not (await phone.session()).left


@pytest.mark.parametrize("what", ["voice", "picture", "file", "contact", "sticker", "live", "edited", "other"])
async def test_what_cannot_be_read_is_answered_with_a_sentence_and_the_same_screen(dial: Dial, what: str) -> None:
    """Mutation: an exception or silence for an inbound without words."""
    phone = dial(TELEGRAM)
    await phone.says("hola", "1")
    reply = await phone.sends(what)
    assert reply.screen == "start.menu"
    assert f"unclear.{what}" in ids(reply.parts)
    assert reply.outcome == "unclear"


# --- language --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-1")
@pytest.mark.parametrize(
    ("words", "hint", "lang"),
    [
        ("hola, necesito ayuda", "en", "es"),
        ("hello, i need help", "es", "en"),
        ("olá, preciso de ajuda", "es", "pt"),
        ("?", "pt", "pt"),
        ("?", "", "es"),
    ],
)
async def test_the_first_screen_is_in_a_guessed_language(dial: Dial, words: str, hint: str, lang: str) -> None:
    """The words tell it, else the hint of the channel. Mutation: asking the hint first."""
    phone = dial()
    phone.hints = {"lang_hint": hint}
    reply = await phone.says(words)
    assert (reply.screen, reply.lang) == ("start.hello", lang)


# --- several at once -------------------------------------------------------------------------------------------------


async def test_two_messages_at_the_same_moment_are_two_turns(dial: Dial) -> None:
    """Mutation: loading without a lease."""
    phone = dial()
    await phone.says("hola", "1")
    before = (await phone.session()).turn
    replies = await asyncio.gather(*(phone.says(words) for words in ("xyzzy", "qwert", "9", "asdfg")))
    assert (await phone.session()).turn == before + 4
    assert all(reply.screen == "start.menu" for reply in replies)
    assert len((await phone.session()).seen) == 6


@pytest.mark.requirement("E-2")
async def test_leaving_wins_over_what_came_in_at_the_same_moment(dial: Dial) -> None:
    """Mutation: saving the session of a message that was read before the person left."""
    for words in ("1", "xyzzy", "9"):
        phone = dial()
        await phone.says("hola", "1", "1", "cucuta")
        await asyncio.gather(phone.says("0"), phone.says(words))
        session = await phone.session()
        assert "place" not in session.slots


async def test_a_turn_that_was_overtaken_starts_over(dial: Dial) -> None:
    """Mutation: answering from a session that was not saved."""
    phone = dial()
    await phone.says("hola", "1", "1", "cucuta")
    ran: list[str] = []

    async def slow(asked: Asked) -> Done:
        ran.append(asked.effect.name)
        if len(ran) == 1:
            phone.clock.advance(minutes=1)  # the lease is over; another message comes in between
            await phone.says("1")
        return Done("left")

    phone.conversation._effects = Effects({"forget": slow})
    leaving = Inbound(phone.person, phone.channel, "leaving", words=Words("0"))
    reply = await phone.conversation.handle(leaving)
    assert reply.message is None
    assert ran == ["forget", "forget"]
    assert (await phone.session()).left


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-2")
@pytest.mark.requirement("E-5")
@pytest.mark.requirement("E-6")
async def test_too_many_messages_wait_but_never_emergencies_crisis_or_leaving(dial: Dial) -> None:
    """Mutation: limiting before reading; a limit that moves the conversation."""
    phone = dial(TELEGRAM, per_minute=5)
    await phone.says("hola", "1", "1", "colombia")
    before = await phone.session()
    for _ in range(4):
        await phone.says("xyzzy")
    reply = await phone.says("1")
    assert reply.outcome == "limited"
    assert ids(reply.parts) == {"kernel.wait"}
    assert (await phone.session()).screen == before.screen
    for words, sees in (("9", "helpline.line"), ("emergencia", "helpline.line"), ("no respira", "crisis.D")):
        assert sees in ids((await phone.says(words)).parts)
    assert (await phone.says("me revisa el celular")).parts == (Phrase("crisis.I"),)
    assert "helpline.line" in ids((await phone.presses(1, ANYTIME + EMERGENCY)).parts)
    assert (await phone.says("xyzzy")).outcome == "limited"
    phone.clock.advance(minutes=1)
    assert (await phone.says("1")).outcome == "answered"
    for _ in range(8):
        await phone.says("xyzzy")
    assert (await phone.says("0")).message is None


async def test_the_limit_is_of_one_person(dial: Dial) -> None:
    """Mutation: one count for all."""
    loud = dial(per_minute=5)
    for _ in range(9):
        reply = await loud.says("xyzzy")
    assert reply.outcome == "limited"
    quiet = Phone(loud.conversation, loud.sessions, loud.store, loud.clock, "+573007654321", SMS)
    assert (await quiet.says("hola")).screen == "start.hello"


# --- a store that is away --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["load", "save"])
async def test_without_the_store_nothing_is_half_done(dial: Dial, call: str) -> None:
    """Mutation: answering although nothing could be kept."""
    phone = dial()
    await phone.says("hola", "1", "1")
    before = await phone.session()
    phone.store.away = {call}
    with pytest.raises(StoreDown):
        await phone.says("colombia")
    phone.store.away = set()
    phone.clock.advance(minutes=1)
    assert await phone.session() == before
    reply = await phone.again()
    assert (reply.screen, reply.outcome) == ("services.town", "answered")
    assert (await phone.session()).turn == before.turn + 1


@pytest.mark.requirement("E-2")
async def test_whoever_leaves_while_the_store_is_away_is_told_apart(dial: Dial) -> None:
    """The channels write nothing to them. Mutation: a word of another language, or the digit, that does not count as leaving; one
    that only begins like it, which does."""
    phone = dial()
    await phone.says("hola", "1", "1")
    phone.store.away = {"load"}
    for text in ("0", "salir", "Sair", "STOP", "exit"):
        with pytest.raises(NotLeft):
            await phone.says(text)
    for text in ("9", "1", "salir de Cúcuta mañana"):
        with pytest.raises(StoreDown) as raised:
            await phone.says(text)
        assert not isinstance(raised.value, NotLeft), text


async def test_an_error_gives_the_floor_back(dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: leaving the lease with a turn that failed."""
    phone = dial()
    await phone.says("hola")
    before = await phone.session()

    def broken(*args: Any) -> Any:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(GRAPH, "step", broken)
        with pytest.raises(RuntimeError):
            await phone.says("1")
    assert await phone.session() == before
    assert (await phone.again()).screen == "start.menu"


# --- nothing stays ---------------------------------------------------------------------------------------------------

CANARIES = ("zarzaparrilla", "3107654321", "+57 310 765 4321", "María Zarza Morada", "7.893912", "-72.507834", "cc 1020304050")


@pytest.mark.requirement("P-1")
@pytest.mark.requirement("P-2")
@pytest.mark.requirement("S-8")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
async def test_words_names_numbers_and_points_typed_on_every_screen_are_kept_nowhere(dial: Dial, channel: Traits) -> None:
    """Not even in the session that the person's own key opens; a number, a note and a code word wait in the sealed draft. Mutation:
    the text, the point or the name in a slot."""

    async def saved(asked: Asked) -> Done:
        return Done("saved")

    phone = dial(channel)
    phone.conversation._effects = Effects({**HANDLERS, **dict.fromkeys(EFFECTS, saved), **drafting.HANDLERS})
    await phone.says("hola", "1", "1", "cucuta", "1", "1")
    where = (await phone.session()).slots
    seen: list[bytes] = []

    async def look(reply: Awaitable[Reply]) -> None:
        answer = await reply
        for words in CANARIES:
            assert answer.message is None or words not in answer.message.text
        seen.append(phone.store.dump() + msgspec.json.encode(await phone.session()) + repr(await phone.session()).encode())

    for screen in sorted(GRAPH.sheets):
        for words in CANARIES:
            await phone.put(screen=screen, slots=where, back=(), turn=3)
            await look(phone.says(f"{words} doctor {words}"))
        await phone.put(screen=screen, slots=where, back=(), turn=3)
        await look(phone.shares(LAT, LON))
    held = b"".join(seen)
    for words in (*CANARIES, "zarza", "7654321", "7.8939", "72.5078", "+573001234567", "3001234567"):
        assert words.encode() not in held, words
        assert words.encode("utf-16-le") not in held, words


@pytest.mark.requirement("P-2")
async def test_an_inbound_message_shows_nothing_when_printed(dial: Dial) -> None:
    """Mutation: a repr of words, of a point or of a person that shows what is inside."""
    phone = dial()
    await phone.says("zarzaparrilla")
    await phone.shares(LAT, LON)
    shown = f"{Inbound(phone.person, SMS, 'm', words=Words('zarzaparrilla'))!r} {phone.last!r} {Point(LAT, LON)}"
    for words in ("zarza", "7.89", "72.5", "57300"):
        assert words not in shown
    with pytest.raises(TypeError):
        pickle.dumps(Point(LAT, LON))


async def test_a_button_of_an_earlier_conversation_does_not_fit_the_turn_of_a_new_one(dial: Dial) -> None:
    """Both are at their first turn. Mutation: carrying the turn alone."""
    phone = dial(TELEGRAM)
    old = await phone.says("hola")
    await phone.says("0")
    new = await phone.says("hola")
    assert old.message is not None and new.message is not None
    assert old.message.turn != new.message.turn
    reply = await phone.presses(old.message.turn, 0)
    assert (reply.screen, reply.outcome) == ("start.hello", "redelivered")
