"""The composition root: the only module that builds things and knows all of them.

Here belongs which part gets which. Never here: behaviour of a part, a setting that is not read from ``Settings``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from bot import db, doctor, health, logs
from bot.alerts.addresses import Addresses
from bot.alerts.senders import close as close_alerts
from bot.alerts.senders import senders as alert_senders
from bot.alerts.words import Texts as AlertTexts
from bot.channels import simulator
from bot.channels.simulator_inbox import Inbox
from bot.channels.telegram import Profile, Telegram, webhook_url
from bot.channels.telegram_sending import TelegramSender
from bot.channels.twilio import Twilio
from bot.channels.twilio_sending import TwilioSender
from bot.codes import Codes
from bot.complaints.deadlines import Deadlines
from bot.complaints.limits import Limits
from bot.complaints.live import LiveHearing
from bot.complaints.storing import Complaints
from bot.conversation import Conversation, World
from bot.countries import country_of_prefix, neighbours
from bot.demo_clock import DemoClock
from bot.desk.app import Desk, Parts
from bot.directory.hours import is_open
from bot.directory.live import LiveDirectory
from bot.duty_texts import DutyTextBook
from bot.effects import Effects, requests
from bot.effects.means import Means
from bot.exchange import CannotStart, Handle, Inbound, Person, Reply, StoreDown
from bot.focal_points import FocalPointBook
from bot.helplines import HELPLINES, HelplineBook
from bot.layout import render
from bot.lexicon import Lexicon
from bot.metrics import Metrics, endpoint
from bot.notices.live import LiveNotices
from bot.notices.reviewed import Answers
from bot.places import Gazetteer
from bot.relay import Relay, Sender
from bot.roster.live import LiveRoster
from bot.secret import process_secret
from bot.session_stores import EmbeddedStore, RedisStore, Store
from bot.sessions import Sessions
from bot.settings import Settings
from bot.stored import stored
from bot.tickets.attempts import Line
from bot.tickets.code import Connected
from bot.tickets.guard import Guard
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.movements import Moves
from bot.tickets.storing import Tickets
from bot.understanding import Understanding
from bot.vault import Vault
from bot.wall_clock import time_in, zones_at
from bot.wording import ContentError, Wording
from flows.facts import (
    COUNTRIES,
    LANGS,
    Directory,
    Duty,
    Hearing,
    Helplines,
    NobodyHears,
    NoDuty,
    NoNotices,
    Notices,
    Places,
    Traits,
)
from flows.kernel import Data, Listing, Phrase, Screen
from flows.topics import GRAPH


@dataclass(slots=True)
class Content:
    """What is read once at start and never changes: catalogs, words, places, helplines, which reviewed answers stand."""

    wording: Wording
    lexicon: Lexicon
    places: Gazetteer
    helplines: HelplineBook
    reviewed: Answers

    @classmethod
    def load(cls, settings: Settings) -> Content:
        """Raises CannotStart, whose text names the file and the line that is wrong."""
        try:
            wording, book = Wording.load(), helplines(settings)
            lexicon = Lexicon.load(wording, numbers=(number for number, _ in book.everywhere()))
            return cls(wording, lexicon, Gazetteer.load(), book, Answers.load())
        except OSError as error:
            raise CannotStart(f"{error.filename} cannot be read ({type(error).__name__}): install Faro again.") from None
        except (ContentError, ValueError) as error:
            raise CannotStart(str(error)) from None


def helplines(settings: Settings) -> HelplineBook:
    """The numbers of this deployment, with its limits. Raises ``bot.helplines.HelplineError``."""
    return HelplineBook.load(
        settings.helplines_file or HELPLINES, due_days=settings.helpline_due_days, stale_days=settings.helpline_stale_days
    )


def served_countries(settings: Settings) -> tuple[str, ...]:
    """ISO codes that this deployment serves, in the order in which they are offered."""
    named = doctor.served(settings)
    return tuple(code for code in COUNTRIES if not named or code in named)


def open_sessions(store: Store, settings: Settings, chance: Callable[[int], bytes] = os.urandom) -> Sessions:
    """Sessions over this store, as long-lived as the settings say."""
    return Sessions(
        store,
        idle_seconds=settings.session_minutes * 60,
        per_minute=settings.messages_per_minute,
        epoch_seconds=settings.epoch_hours * 3600,
        chance=chance,
    )


def conversation(
    content: Content,
    sessions: Sessions,
    directory: Callable[[], Directory],
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    places: Places | None = None,
    helplines: Helplines | None = None,
    effects: Effects | None = None,
    duty: Callable[[], Duty] = NoDuty,
    code: Callable[[bytes, int, int], str] = lambda session, turn, collision: "",
    reaches: Callable[[str], bool] = lambda channel: True,
    hearing: Callable[[], Hearing] = NobodyHears,
    notices: Callable[[], Notices] = NoNotices,
) -> Conversation:
    """The one path of every message. Without ``effects`` and ``duty`` nobody answers in person; without ``hearing`` nobody reads
    complaints."""
    places = places or content.places
    world = World(
        directory=directory,
        places=places,
        helplines=helplines or content.helplines,
        neighbours={country: neighbours(country) for country in COUNTRIES},
        countries=served_countries(settings),
        is_open=is_open,
        clock=clock,
        keep_minutes=settings.session_minutes,
        mode=settings.mode,
        duty=duty,
        code=code,
        zones=partial(zones_at, places),
        time_in=time_in,
        ticket_days=settings.unclaimed_days,
        reaches=reaches,
        closed_days=settings.closed_days,
        complaint_days=settings.complaint_days,
        hearing=hearing,
        notices=notices,
        reviewed=content.reviewed,
    )
    understanding = Understanding(content.lexicon, places)
    return Conversation(GRAPH, sessions, content.wording, content.lexicon, understanding, world, effects)


def observed(handle: Handle, metrics: Metrics) -> Handle:
    """The same path, counted and logged: channel, screen, outcome, duration, and nothing else (P-2)."""

    async def handle_and_tell(inbound: Inbound) -> Reply:
        began = time.perf_counter()
        name = inbound.traits.name
        try:
            reply = await handle(inbound)
        except Exception as error:
            metrics.turn(name, "failed", time.perf_counter() - began)
            if isinstance(error, StoreDown):
                metrics.store_failed("sessions")
            logs.failure("turn", error, channel=name)
            raise
        seconds = time.perf_counter() - began
        metrics.turn(name, reply.outcome, seconds)
        logs.turn(name, reply.screen, reply.outcome, seconds)
        return reply

    return handle_and_tell


class Faro:
    """One process: its stores, its channels, its surface. ``start`` and ``stop`` frame its life; calling it serves ASGI."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store | None = None,
        engine: AsyncEngine | None = None,
        clock: Callable[[], float] = time.time,
        chance: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Raises CannotStart, BadSecret or DatabaseDown, whose texts are sentences."""
        self.settings = settings
        self.failure: Exception | None = None
        """Why the start of the server failed, for whoever ran it."""
        self.content = Content.load(settings)
        self.store = store or (RedisStore(settings.redis_url) if settings.redis_url else EmbeddedStore(clock))
        self.engine = engine or db.open_engine(db.url_of(settings))
        self.directory = LiveDirectory(self.engine, settings, clock)
        self._clock = clock
        self.metrics = Metrics(age=self._directory_age, build=lambda: self.directory.current.stamp)
        secret = self.secret = process_secret(settings)
        self.vault = Vault(secret)
        self.sessions = open_sessions(self.store, settings, chance)
        self.roster = LiveRoster(self.engine, settings, clock)
        self.codes = Codes(secret)
        self.line = Line(self.codes)
        self.tickets = Tickets(self.engine, Guard(secret), Lifetimes.of(settings))
        self.complaints = Complaints(self.engine, self.tickets.guard, Deadlines.of(settings), self.tickets.lifetimes)
        self.complaint_limits = Limits()
        self.hearing = LiveHearing(self.engine, settings, clock, lambda country: self.directory.current.organisations(country))
        self.notices = LiveNotices(self.engine, settings, clock)
        self.inbox = Inbox(clock)
        self.conversation = conversation(
            self.content,
            self.sessions,
            lambda: self.directory.current,
            settings,
            clock=clock,
            effects=self._effects(),
            duty=lambda: self.roster,
            code=lambda session, turn, collision: self.codes.code(session, turn, collision).shown(),
            reaches=lambda channel: self.relay.reaches(channel),
            hearing=lambda: self.hearing,
            notices=lambda: self.notices,
        )
        self.handle = observed(self.conversation.handle, self.metrics)
        self.stopping = False
        self._closing: list[Callable[[], Awaitable[None]]] = []
        try:
            self.relay = self._relay()
            self.desk = self._desk(secret)
            self.telegram = self._telegram()
            self.twilio = self._twilio()
            self._hot = self._hot_paths()
            self._surface = Starlette(routes=self._routes())
        except (ContentError, ValueError) as error:  # a setting or a catalog that a part cannot use; its sentence names it
            raise CannotStart(str(error)) from None

    # -- parts

    def _effects(self) -> Effects:
        """What a turn may ask to be done outside."""
        return requests.effects(
            Means(
                tickets=self.tickets,
                complaints=self.complaints,
                limits=self.complaint_limits,
                line=self.line,
                vault=self.vault,
                pointers=self.sessions.pointers,
                roster=lambda: self.roster.current,
                zones=partial(zones_at, self.content.places),
                say=lambda lang, id: self.content.wording.text(lang, id),
                clock=self._clock,
            )
        )

    def _relay(self) -> Relay:
        """The way back to those who said "write to me here"."""
        settings = self.settings
        senders: dict[str, Sender] = {}
        if token := settings.telegram_token.get_secret_value():
            senders["telegram"] = telegram = TelegramSender(token, self.vault, self.sessions.leftovers, settings.telegram_api)
            self._closing.append(telegram.aclose)
        if settings.twilio_account_sid:
            twilio = TwilioSender(
                settings.twilio_account_sid,
                settings.twilio_auth_token.get_secret_value(),
                sms_from=settings.twilio_sms_from,
                whatsapp_from=settings.twilio_whatsapp_from,
            )
            senders |= {"sms": twilio} if settings.twilio_sms_from else {}
            senders |= {"whatsapp": twilio} if settings.twilio_whatsapp_from else {}
        if settings.mode == "demo":
            senders["simulator"] = self.inbox
        return Relay(self.vault, senders, organisations=self._employers)

    def _employers(self) -> set[str]:
        """Names that nobody on duty may write to a person: those of the network's organisations."""
        return {member.organisation_name for member in self.roster.current.rows.members}

    def _desk(self, secret: bytes) -> Desk | None:
        if self.settings.surfaces not in ("desk", "both"):
            return None
        demo = self.settings.mode == "demo"
        ways = alert_senders(self.settings)
        self._closing.append(partial(close_alerts, ways))
        alerts = Addresses(self.engine, secret, ways, AlertTexts.load())
        parts = Parts(
            roster=self.roster,
            tickets=self.tickets,
            complaints=self.complaints,
            relay=self.relay,
            connected=self._connect,
            left=self._left,
            moves=Moves(self.tickets, FocalPointBook.of(self.settings)),
            duties=DutyTextBook.of(self.settings),
            codes=self.line.intake,
            alerts=alerts,
        )
        return Desk(self.engine, self.settings, secret, clock=self._clock, parts=parts, frame="self" if demo else "none")

    async def _connect(self, box: str, ticket: bytes, contact: bytes) -> None:
        """A person on duty wrote into this chat: what is answered there finds its way for as long as keys of the store live.

        Whatever was on the screen before: the message stands below it, and what is written next answers the message."""
        person = self.vault.person(self.vault.unbox(box, ticket))
        pointer = Connected(ticket, contact).pack()
        opened = await self.sessions.open(person, os.urandom(8).hex())
        if not opened.session.left:  # whoever left while it was on its way is connected no longer
            await self.sessions.pointers.set(person, pointer, self.tickets.lifetimes.contact.total_seconds())
        if opened.session.screen:
            await self.sessions.close(opened, opened.session.at("", back=(), slots={}, misses=0))
        else:  # there is no conversation, or the person left
            await self.sessions.release(opened)

    async def _left(self, box: str, ticket: bytes) -> bool:
        """Whether the person of this chat left and the ticket could not be told."""
        left = await self.sessions.pointers.left(self.vault.person(self.vault.unbox(box, ticket)))
        return left is not None and Connected.unpack(left).ticket_id == ticket

    def _telegram(self) -> Telegram | None:
        token = self.settings.telegram_token.get_secret_value()
        if not token:
            return None
        return Telegram(
            token,
            self.settings.telegram_secret.get_secret_value(),
            self.handle,
            self.vault,
            self.sessions.leftovers,
            self.settings.telegram_api,
            last_words={lang: self.last_resort("", lang) for lang in LANGS},
        )

    def _twilio(self) -> Twilio | None:
        settings = self.settings
        if not settings.twilio_account_sid:
            return None
        return Twilio(
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            settings.public_url,
            self.handle,
            self.vault,
            country_of_prefix,
            self.last_resort,
        )

    def last_resort(self, country: str, lang: str) -> str:
        """The constant answer where nothing can be kept: not saved, and the emergency numbers (in GSM-7 letters)."""
        return last_resort(self.content, country, lang, served_countries(self.settings))

    def _hot_paths(self) -> dict[str, Any]:
        """Webhooks are looked up in a table before any router."""
        paths: dict[str, Any] = {}
        if self.settings.surfaces in ("public", "both"):
            if self.telegram is not None:
                paths["/telegram"] = self.telegram.webhook
            if self.twilio is not None:
                paths |= dict.fromkeys(self.twilio.paths, self.twilio)
        return paths

    def _routes(self) -> list[BaseRoute]:
        probes: dict[str, health.Probe] = {
            "sessions": self.store.ping,
            "database": partial(db.ping, self.engine),
            "directory": health.fresh(self._directory_age, 10 * self.settings.refresh_seconds),
            "roster": health.fresh(lambda: self._clock() - self.roster.checked_at, 10 * self.settings.refresh_seconds),
        }
        routes: list[BaseRoute] = [
            *health.routes(probes, lambda: self.stopping),
            Route("/metrics", endpoint(self.metrics, self.settings)),
        ]
        wanted = self.settings.mode == "demo" if self.settings.simulator is None else self.settings.simulator
        if wanted and self.settings.surfaces in ("public", "both"):
            routes += simulator.routes(
                handle=self.handle,
                vault=self.vault,
                say=lambda lang, id: self.content.wording.text(lang, id),
                last_resort=self.last_resort,
                sms_price=self.settings.sms_price,
                hosts=self._hosts(),
                look=self._kept,
                inbox=self.inbox,
                stored=partial(stored, self.engine) if self.settings.mode == "demo" else None,
                clock=self._clock if isinstance(self._clock, DemoClock) else None,
                desk="/desk/demo" if self.desk is not None else "",
            )
        if self.desk is not None:
            routes += self.desk.routes()
        return routes

    def _directory_age(self) -> float:
        """Seconds since the database last said that what is shown is up to date."""
        return self._clock() - self.directory.checked_at

    def _hosts(self) -> tuple[str, ...]:
        """Names under which the demo's page may be asked for: this machine's; the public one only where somebody said so."""
        public = urlsplit(self.settings.public_url).hostname if self.settings.simulator else None
        return ("127.0.0.1", "localhost", "[::1]", *((public,) if public else ()))

    async def _kept(self, person: Person) -> Sequence[simulator.Kept]:
        """What the stores hold for a person of the simulator: sizes and remaining life of sealed rows."""
        return [simulator.Kept(size, seconds) for size, seconds in await self.sessions.held(person)]

    # -- life

    async def start(self) -> None:
        """Open the stores, read the directory, tell Telegram where we are. Raises errors whose text is a sentence."""
        await self.directory.start()
        await self.roster.start()
        await self.hearing.start()
        await self.notices.start()
        if self.telegram is not None and self.settings.public_url and self.settings.surfaces in ("public", "both"):
            await self.telegram.register(webhook_url(self.settings.public_url), profiles(self.content.wording))
        logs.event("started", mode=self.settings.mode, port=self.settings.port)

    async def stop(self) -> None:
        """Let what is under way end, then close everything."""
        self.stopping = True
        if self.telegram is not None:
            await self.telegram.aclose()
        for aclose in self._closing:
            await aclose()
        await self.directory.stop()
        await self.roster.stop()
        await self.hearing.stop()
        await self.notices.stop()
        self.codes.close()
        await self.store.close()
        await self.engine.dispose()
        logs.event("stopped", mode=self.settings.mode)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            hot = self._hot.get(scope["path"])
            if hot is not None:
                await hot(scope, receive, send)
                return
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        await self._surface(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.start()
                except Exception as error:
                    self.failure = error
                    logs.failure("start", error)
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                with suppress(Exception):
                    await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def profiles(wording: Wording) -> dict[str, Profile]:
    """What Telegram shows about the bot outside a conversation, in each language."""
    return {
        lang: Profile(
            commands=tuple((name, wording.text(lang, f"profile.command.{name}")) for name in ("start", "menu", "language", "exit")),
            short_description=wording.text(lang, "profile.short"),
            description=wording.text(lang, "profile.description"),
        )
        for lang in LANGS
    }


def last_resort(content: Content, country: str, lang: str, served: tuple[str, ...] = COUNTRIES) -> str:
    """ "We cannot answer now", with the emergency numbers of the country or of all."""
    rows = [(number, [code for code in codes if code in served]) for number, codes in content.helplines.everywhere()]
    rows = [row for row in rows if row[1]]
    numbers = [number for number, countries in rows if country in countries]
    shown = (
        Listing(tuple(Data("helpline", number) for number in numbers))
        if numbers
        else Listing(
            tuple(
                Phrase(
                    "emergency.row", {"number": Data("helpline", number), "countries": Listing(tuple(Data("iso", c) for c in cs))}
                )
                for number, cs in rows
            )
        )
    )
    screen = Screen(id="", parts=(Phrase("kernel.not_saved", {"numbers": shown}),))
    message = render(screen, lang if lang in LANGS else "es", 0, Traits(name="sms", form="sms"), content.wording)
    return message.text


@asynccontextmanager
async def running(faro: Faro) -> Any:
    """``start`` and ``stop`` around a block, for commands and tests."""
    async with AsyncExitStack() as stack:
        await faro.start()
        stack.push_async_callback(faro.stop)
        yield faro
