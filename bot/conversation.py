"""The one path of every message: load, read, step, effects, save, reply. Short on purpose.

Never here: what is said next (``flows``), words (``bot.wording``), a provider's protocol (``bot.channels``), a table.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import msgspec

from bot import logs
from bot.drafts import Draft
from bot.effects import Asked, Done, Effects
from bot.exchange import Inbound, NotLeft, Reply, StoreDown, Unsure
from bot.layout import ANYTIME, Layout
from bot.lexicon import Lexicon
from bot.sessions import Opened, Sessions
from bot.understanding import Understanding
from bot.wording import Wording
from flows.facts import (
    COUNTRIES,
    Directory,
    Duty,
    Facts,
    Hearing,
    Helplines,
    Hours,
    NobodyHears,
    NoDuty,
    NoNotices,
    NoReviewed,
    Notices,
    Places,
    ReviewedAnswers,
    Traits,
)
from flows.kernel import (
    EMERGENCY,
    LEAVE,
    Alarm,
    Chose,
    Command,
    Event,
    Go,
    Graph,
    Located,
    Outcome,
    Phrase,
    Said,
    Screen,
    Session,
    SlotValue,
    Turn,
    Unclear,
)
from flows.reading import leaves, read, urgent

OUTCOMES_IN_A_ROW = 3


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Where the facts of a turn come from. ``directory`` gives the present snapshot."""

    directory: Callable[[], Directory]
    places: Places
    helplines: Helplines
    neighbours: dict[str, tuple[str, ...]]
    countries: tuple[str, ...] = COUNTRIES
    is_open: Callable[[Hours, float], bool]
    clock: Callable[[], float] = time.time
    keep_minutes: int = 20
    mode: Any = "live"
    duty: Callable[[], Duty] = NoDuty
    """Gives the present snapshot of the roster."""
    code: Callable[[bytes, int, int], str] = lambda session, turn, collision: ""
    ticket_days: int = 7
    closed_days: int = 60
    complaint_days: int = 30
    hearing: Callable[[], Hearing] = NobodyHears
    """Gives the present snapshot of who reads complaints."""
    notices: Callable[[], Notices] = NoNotices
    reviewed: ReviewedAnswers = NoReviewed()
    zones: Callable[[str, int], tuple[str, ...]] = lambda country, place: ("UTC",)
    time_in: Callable[[str, float], tuple[int, int]] = lambda zone, now: (0, 0)

    reaches: Callable[[str], bool] = lambda channel: True
    """Whether somebody on this channel can be written to later."""


@lru_cache(maxsize=16)
def _unreachable(traits: Traits) -> Traits:
    return msgspec.structs.replace(traits, reach="none")


CONNECTED = "relay.open"
"""Where a conversation begins anew in a chat that is connected with a person on duty."""


_UNSURE: dict[str, SlotValue] = {"unsure": "yes"}
_SURE: dict[str, SlotValue] = {"unsure": ""}
"""What ``flows.ticket.unkept`` needs to know."""


def _tells(screen: str) -> bool:
    """Whether it shows the request or complaint that was sent. Those that say that something failed do not."""
    topic, _, name = screen.partition(".")
    return topic in ("code", "relay") and name != "not_saved"


class Conversation:
    """``handle`` is all that channels know of it."""

    def __init__(
        self,
        graph: Graph,
        sessions: Sessions,
        wording: Wording,
        lexicon: Lexicon,
        understanding: Understanding,
        world: World,
        effects: Effects | None = None,
    ) -> None:
        self._graph = graph
        self._sessions = sessions
        self._layout = Layout(wording)
        self._lexicon = lexicon
        self._understanding = understanding
        self._world = world
        self._effects = effects or Effects()

    async def handle(self, inbound: Inbound) -> Reply:
        """One message of one person. Raises StoreDown when nothing could be kept; the provider then delivers again."""
        try:
            return await self._handled(inbound)
        except StoreDown as down:
            if not self._leaves(inbound):
                raise
            raise NotLeft(str(down)) from None

    def _leaves(self, inbound: Inbound) -> bool:
        if inbound.press is not None:
            return inbound.press.ordinal == ANYTIME + LEAVE
        return leaves(inbound.words, self._lexicon)

    async def _handled(self, inbound: Inbound) -> Reply:
        for _ in range(3):
            opened = await self._sessions.open(inbound.person, inbound.message_id)
            draft = Draft.unpack(opened.draft)
            try:
                session, reply = await self._turn(opened, draft, inbound)
            except BaseException:
                await self._sessions.release(opened)
                raise
            draft.settle(session)
            if await self._sessions.close(opened, session, draft.pack()):
                return reply
        raise StoreDown("another message of the same person overtook this one three times")

    async def _turn(self, opened: Opened, draft: Draft, inbound: Inbound) -> tuple[Session, Reply]:
        session = opened.session
        if not session.screen and not session.left:
            session = await self._connected(session, draft, inbound)
        try:
            facts, away = await self._facts(inbound, draft), False
        except StoreDown:  # nobody can say how far the request or complaint in the draft is
            facts, away = msgspec.structs.replace(self._known(inbound), draft=draft.shown()), True
        if session.left and opened.redelivered:
            return session, Reply(None, forget=True, outcome="redelivered")
        if not session.lang:
            session = msgspec.structs.replace(session, lang=self._language(inbound))
        event = self._event(session, inbound, facts)
        if event is None and not session.screen:
            event = Command("again")  # a button of a conversation that is over begins a new one
        always = isinstance(event, Alarm) or (isinstance(event, Command) and event.name in ("leave", "emergency"))
        if opened.limited and not always and not urgent(inbound.words, self._lexicon):
            here = self._graph.view(session, facts)
            # The choices stay: a button that leaves must not vanish because somebody pressed too often.
            wait = msgspec.structs.replace(here, parts=(Phrase("kernel.wait"),), hears=False, asks_location=False)
            return opened.session, self._reply(session, wait, inbound, "limited")
        blind = away and not always
        if ((opened.redelivered and not always) or event is None) and not (blind and _tells(session.screen)):
            return session, self._reply(session, self._graph.view(session, facts), inbound, "redelivered")
        turn = (
            self._blind(session, event or Unclear(), facts) if blind or event is None else self._graph.step(session, event, facts)
        )
        turn = await self._done(turn, opened, draft, inbound, facts)
        if turn.screen is None:
            return turn.session, Reply(None, lang=session.lang, forget=turn.session.left, screen=session.screen, outcome="left")
        outcome = "unclear" if isinstance(event, Unclear) or turn.session.misses else "answered"
        return turn.session, self._reply(turn.session, turn.screen, inbound, outcome)

    def _blind(self, session: Session, event: Event, facts: Facts) -> Turn:
        """A step while nobody can say how far the request or complaint in the draft is. Screens that show it are not drawn, and no
        choice on them is read: what stood there is not known."""
        turn = None
        if not _tells(session.screen) or isinstance(event, Command):
            turn = self._graph.step(session, event, facts)
        if turn is not None and (turn.effects or not _tells(turn.session.screen)):
            return turn
        at = session.screen if turn is None else turn.session.screen
        return self._graph.step(session, Outcome("look", "not_saved", Go(at), _SURE), facts)

    async def _connected(self, session: Session, draft: Draft, inbound: Inbound) -> Session:
        """A chat that a person on duty writes to goes on where they are (topic ``relay``)."""
        ticket = await self._effects.connections.connected(inbound.person)
        if not ticket:
            return session
        draft.ticket = ticket
        return session.at(CONNECTED)

    async def _done(self, turn: Turn, opened: Opened, draft: Draft, inbound: Inbound, facts: Facts) -> Turn:
        """Run the effects of a turn; an outcome that chooses the screen is the next event of the same turn."""
        lasts = partial(self._sessions.lasts, inbound.person, opened)
        for _ in range(OUTCOMES_IN_A_ROW):
            if not turn.effects:
                return turn
            for effect in turn.effects:
                done = await self._run(Asked(effect, turn.session, inbound, draft, lasts), turn.cause)
            if turn.cause is None:
                return turn
            with contextlib.suppress(StoreDown):  # then what was known before stands
                facts = await self._drafted(facts, draft)
            turn = self._graph.step(turn.session, Outcome(turn.effects[-1].name, done.result, turn.cause, done.slots), facts)
        return turn

    async def _run(self, asked: Asked, cause: Go | None) -> Done:
        """Do it, or say that it was not done, where there is a screen for that and the conversation itself is there to go on.
        Whoever cries for help sees the card in any case."""
        try:
            return await self._effects.run(asked)
        except StoreDown as down:
            if cause is None:
                raise
            if not cause.alarm:
                await asked.lasts()
            logs.event("not_kept", channel=asked.inbound.traits.name, error=type(down).__name__, level=logging.WARNING)
            return Done("not_saved", _UNSURE if isinstance(down, Unsure) else _SURE)

    # -- reading

    def _event(self, session: Session, inbound: Inbound, facts: Facts) -> Event | None:
        """What a message means where the person is; None for a button of an earlier turn."""
        if inbound.press is not None:
            ordinal = inbound.press.ordinal
            if ordinal == ANYTIME + LEAVE:
                return Command("leave")
            if ordinal == ANYTIME + EMERGENCY:
                return Command("emergency")
            options = self._graph.options(session, facts)
            if inbound.press.turn != _stamp(session) or not 0 <= ordinal < len(options):
                return None
            return Chose(options[ordinal].id)
        if inbound.point is not None:
            return Located(self._world.places.at(*inbound.point.reveal()))
        if inbound.words is None:
            return Unclear(inbound.unreadable or "other")
        event = read(inbound.words, self._graph.readable(session, facts), self._lexicon)
        if isinstance(event, Said):
            return self._understanding.event(inbound.words, str(session.slot("country")))
        return self._understanding.alarmed(event) if isinstance(event, Alarm) else event

    def _language(self, inbound: Inbound) -> str:
        """A guess for the first screen: the words themselves, the person's app or prefix, else Spanish."""
        guess = ""
        if inbound.words is not None:
            guess = self._understanding.language_of(inbound.words)
        return guess or inbound.lang_hint or "es"

    async def _drafted(self, facts: Facts, draft: Draft) -> Facts:
        """The facts with what is in the draft now."""
        connections = self._effects.connections
        ticket = await connections.view(draft, facts.now) if draft.ticket else None
        complaint = await connections.complaint(draft) if draft.ticket else None
        return msgspec.structs.replace(facts, draft=draft.shown(), ticket=ticket, complaint=complaint)

    async def _facts(self, inbound: Inbound, draft: Draft) -> Facts:
        facts = self._known(inbound)
        return await self._drafted(facts, draft) if draft.pack() else facts

    def _known(self, inbound: Inbound) -> Facts:
        world = self._world
        return Facts(
            now=world.clock(),
            channel=self._traits(inbound),
            places=world.places,
            directory=world.directory(),
            helplines=world.helplines,
            country_hint=inbound.country_hint,
            lang_hint=inbound.lang_hint,
            keep_minutes=world.keep_minutes,
            mode=world.mode,
            neighbours=world.neighbours,
            countries=world.countries,
            is_open=world.is_open,
            duty=world.duty(),
            ticket_days=world.ticket_days,
            closed_days=world.closed_days,
            complaint_days=world.complaint_days,
            hearing=world.hearing(),
            notices=world.notices(),
            reviewed=world.reviewed,
            code=world.code,
            zones=world.zones,
            time_in=world.time_in,
        )

    def _traits(self, inbound: Inbound) -> Traits:
        """What the channel can do here: where nothing can be sent later, that way is not offered."""
        traits = inbound.traits
        return traits if traits.reach == "none" or self._world.reaches(traits.name) else _unreachable(traits)

    # -- replying

    def _reply(self, session: Session, screen: Screen, inbound: Inbound, outcome: str) -> Reply:
        return Reply(
            message=self._layout.render(screen, session.lang, _stamp(session), inbound.traits),
            lang=session.lang,
            edit=inbound.press is not None and inbound.traits.edits,
            screen=screen.id,
            outcome=outcome,
            parts=screen.parts,
        )


def _stamp(session: Session) -> int:
    """The turn as a button carries it: conversations begin anew at turn 1, and the button of an earlier one must not fit."""
    return int.from_bytes(session.id[:2]) * 10_000 + session.turn % 10_000
