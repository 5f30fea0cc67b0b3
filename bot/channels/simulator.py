"""The phone in the browser: a channel of the demo that looks like Telegram, SMS or WhatsApp and takes the same way inwards.

Here belong its routes, what it accepts, and the protection of its page. Never here: the conversation, sentences (they are
asked for by id), anything that keeps a person: an address is made for each opened page, lives in that page's memory, comes
along in the body of each message, and is written nowhere. There is no cookie, no storage in the browser, no value in a URL,
no request to anybody else. ``MODE=live`` never mounts these routes.

The page's words are the entries ``simulator.*`` (``IDS``); the page itself lies beside this module, in ``simulator_page``.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

import jinja2
import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot import gsm7, logs
from bot.browser_language import language_of
from bot.channels.simulator_inbox import Inbox
from bot.exchange import Handle, Inbound, Message, Person, Point, Press, Reply, StoreDown, What
from flows.facts import COUNTRIES, LANGS, Lang, Traits
from flows.kernel import Words

TELEGRAM_LIKE = Traits(name="simulator", form="chat", buttons=True, location=True, edits=True, forgets=True)
SMS_LIKE = Traits(name="simulator", form="sms")
WHATSAPP_LIKE = Traits(name="simulator", form="chat", location=True, reach="day")

PHONES: Final[dict[str, Traits]] = {"telegram": TELEGRAM_LIKE, "sms": SMS_LIKE, "whatsapp": WHATSAPP_LIKE}

#: Characters that a phone sends as one message; a longer text is cut by the phone, as real ones do.
TEXT_LIMIT: Final = {"telegram": 4096, "sms": 1600, "whatsapp": 4096}
#: Bytes of a request. 4,096 characters of four bytes, escaped, and the rest of a message.
BODY_LIMIT: Final = 64 * 1024

#: Points that can be shared without typing, in the order in which they are offered: (last part of the id of the name, lat, lon).
PRESETS: Final = (
    ("cucuta", 7.8939, -72.5078),
    ("la_parada", 7.8142, -72.4492),
    ("tapachula", 14.9056, -92.2634),
    ("boa_vista", 2.8235, -60.6758),
    ("ciudad_juarez", 31.7387, -106.4870),
    ("bogota", 4.6097, -74.0817),
    ("panama", 8.9824, -79.5199),
)

#: Steps by which the clock of the demo goes on: (last part of the id of the name, minutes).
STEPS: Final = (("quarter", 15), ("hours", 180), ("day", 1440))

#: What each phone can attach beside text and buttons, in the order of its menu.
ATTACHMENTS: Final[dict[str, tuple[str, ...]]] = {
    "telegram": ("location", "picture", "voice", "file", "contact", "sticker", "live", "edited", "other"),
    "sms": ("picture", "file", "other"),
    "whatsapp": ("location", "picture", "voice", "file", "contact", "sticker", "live", "other"),
}

#: Every sentence that the page can show. ``say(lang, id)`` gives each; ``{names}`` in braces are filled in the page.
IDS: Final[tuple[str, ...]] = tuple(
    f"simulator.{name}"
    for name in [
        *"""
        demo skip close close.why language noscript left refused bad offline not_delivered
        phones phone telegram sms whatsapp under.telegram under.sms under.whatsapp
        chat input send attach cancel edited from.faro from.me empty try.hello try.need try.place
        counter counter.wide bubble bubble.wide
        attachment.location attachment.picture attachment.voice attachment.file attachment.contact
        attachment.sticker attachment.live attachment.edited attachment.other
        share share.note share.coordinates share.send share.mine share.wrong share.denied
        chats chats.gone chats.new about about.demo about.path about.browser lock lock.why lock.none
        costs costs.faro costs.person costs.free costs.texts costs.texts.one costs.own
        kept kept.none kept.row kept.what after after.telegram after.sms after.whatsapp
        desk desk.title desk.why time time.now stored stored.why stored.none stored.rows
        try again again.why again.done new number number.none
        """.split(),  # noqa: SIM905 - as quoted strings they would be three times as long
        *(f"place.{name}" for name, _, _ in PRESETS),
        *(f"time.{name}" for name, _ in STEPS),
    ]
)

Say = Callable[[str, str], str]
"""(language, id) -> the entry as it stands in the catalog, its ``{names}`` untouched."""


LastResort = Callable[[str, str], str]
"""(country, language) -> the constant text "not saved"; both may be empty."""


class Kept(NamedTuple):
    """Something that the server holds for this phone at this moment."""

    size: int
    """Sealed bytes."""
    seconds: int
    """Until they expire."""


class Clock(Protocol):
    """A clock that can be put forward (``bot.demo_clock``)."""

    ahead: float

    def advance(self, seconds: float) -> float: ...


Stored = Callable[[], Awaitable[list[dict[str, Any]]]]
"""What the tables of requests hold, row by row (``bot.stored``)."""

Look = Callable[[Person], Awaitable[Sequence[Kept]]]
"""What the stores hold for a person, for the panel beside the phone."""


class Room(Protocol):
    """The part of ``bot.vault.Vault`` that an adapter needs."""

    def address(self, channel: str, value: str) -> Any: ...

    def person(self, address: Any) -> Person: ...


class Sent(msgspec.Struct, forbid_unknown_fields=True):
    """What the page sends for one message of the person."""

    phone: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
    """The address: what ``POST /simulator/phone`` gave to this page."""
    channel: Literal["telegram", "sms", "whatsapp"]
    kind: Literal["text", "press", "location", What]
    id: Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z-]{1,64}\Z")]
    """Of the message: the same again means a redelivery."""
    lang: Literal["es", "en", "pt"] = "es"
    """Language of the page, which is the language that a Telegram-like phone tells."""
    country: str = ""
    """ISO code of the country of the phone's number (SMS and WhatsApp-like)."""
    text: str = ""
    data: Annotated[str, msgspec.Meta(max_length=64)] = ""
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Whose rows the panel asks for."""

    phone: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
    channel: Literal["telegram", "sms", "whatsapp"]


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """How far the clock of the demo is put forward."""

    minutes: Annotated[int, msgspec.Meta(ge=0, le=7 * 24 * 60)]


class Refused(Exception):
    """A request that is not answered in the chat: its status, and what whoever set the demo up should know."""

    def __init__(self, status: int, why: str = "") -> None:
        super().__init__(why)
        self.status = status


#: One per line, so that a difference is easy to see.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

HEADERS: Final[dict[str, str]] = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "permissions-policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

_PAGE: Final = Path(__file__).parent / "simulator_page"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


def routes(
    *,
    handle: Handle,
    vault: Room,
    say: Say,
    last_resort: LastResort,
    sms_price: str = "0.05 USD",
    hosts: Collection[str] = _LOOPBACK,
    look: Look | None = None,
    inbox: Inbox | None = None,
    stored: Stored | None = None,
    clock: Clock | None = None,
    desk: str = "",
) -> list[BaseRoute]:
    """The routes of the page and of its phone, to be mounted at the root of a demo.

    ``last_resort`` gives the one sentence for a store that is down. ``hosts`` are the names under which the page may be asked for,
    without port (``*``: any); others get 403, so that a foreign page cannot reach a local demo by a name of its own. ``look``
    says what the stores hold for a phone; without it the panel does not speak of it. ``inbox`` holds what people on duty wrote.
    ``stored`` shows the rows of requests, ``clock`` can be put forward, ``desk`` is the address of the desk beside the phone: all
    three belong to a demo only.
    Raises ValueError where ``sms_price`` is not a number and a currency.
    """
    extras = Extras(inbox, stored, clock, desk)
    return Simulator(handle, vault, say, last_resort, price_of(sms_price), hosts, look, extras).routes()


def price_of(text: str) -> tuple[Decimal, str]:
    """``0.05 USD`` -> (Decimal("0.05"), "USD")."""
    try:
        amount, currency = text.split()
        price = Decimal(amount)
    except (ValueError, InvalidOperation):
        price, currency = Decimal(-1), ""
    if not price.is_finite() or price < 0 or len(currency) != 3 or not currency.isalpha() or not currency.isupper():
        raise ValueError(f"SMS_PRICE is {text!r}: write a number and a currency of three letters, such as 0.05 USD")
    return price, currency


class Extras(NamedTuple):
    """What a demo shows beside the phone."""

    inbox: Inbox | None = None
    stored: Stored | None = None
    clock: Clock | None = None
    desk: str = ""


class Simulator:
    """The routes and what they share. It holds nothing about anybody."""

    def __init__(
        self,
        handle: Handle,
        vault: Room,
        say: Say,
        last_resort: LastResort,
        price: tuple[Decimal, str],
        hosts: Collection[str],
        look: Look | None,
        extras: Extras,
    ) -> None:
        self._extras = extras
        self._handle, self._vault, self._say, self._last_resort, self._look = handle, vault, say, last_resort, look
        self._price, self._currency = price
        self._hosts = frozenset(name.lower() for name in hosts)
        pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_PAGE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
        )
        self._words = {lang: {name.removeprefix("simulator."): say(lang, name) for name in IDS} for lang in LANGS}
        self._pages = {lang: self._drawn(pages, "phone.html", lang) for lang in LANGS}
        self._left = {lang: self._drawn(pages, "left.html", lang) for lang in LANGS}
        self._files = {
            file.name: (file.read_bytes(), _TYPES[file.suffix]) for file in (_PAGE / "static").iterdir() if file.suffix in _TYPES
        }

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._guarded(self._page), methods=["GET"]),
            Route("/simulator/left", self._guarded(self._leave), methods=["GET"]),
            Route("/simulator/static/{name}", self._guarded(self._file), methods=["GET"]),
            Route("/simulator/phone", self._guarded(self._phone), methods=["POST"]),
            Route("/simulator/message", self._guarded(self._message), methods=["POST"]),
            Route("/simulator/kept", self._guarded(self._kept), methods=["POST"]),
            Route("/simulator/inbox", self._guarded(self._inbox), methods=["POST"]),
            Route("/simulator/stored", self._guarded(self._stored), methods=["POST"]),
            Route("/simulator/clock", self._guarded(self._clock), methods=["POST"]),
        ]

    # -- pages and files

    def _drawn(self, pages: jinja2.Environment, name: str, lang: Lang) -> bytes:
        known = {
            "words": self._words,
            "presets": [{"name": place, "lat": lat, "lon": lon} for place, lat, lon in PRESETS],
            "steps": [{"name": step, "minutes": minutes} for step, minutes in STEPS],
            "attachments": ATTACHMENTS,
            "limits": TEXT_LIMIT,
            "countries": COUNTRIES,
            "keeps": self._look is not None,
            "inbox": self._extras.inbox is not None,
            "stored": self._extras.stored is not None,
            "clock": self._extras.clock is not None,
            "desk": self._extras.desk,
            "currency": self._currency,
        }
        return pages.get_template(name).render(lang=lang, t=self._words[lang], known=known, langs=LANGS).encode()

    async def _page(self, request: Request) -> Response:
        return _answer(self._pages[_lang(request)], "text/html")

    async def _leave(self, request: Request) -> Response:
        return _answer(self._left[_lang(request)], "text/html")

    async def _file(self, request: Request) -> Response:
        found = self._files.get(request.path_params["name"])
        if found is None:
            raise Refused(404)
        return _answer(*found)

    # -- the phone

    async def _phone(self, request: Request) -> Response:
        """A new phone: 128 random bits that nobody else can guess. It is made here and kept in the page only."""
        await _body(request)
        return _json({"phone": secrets.token_hex(16)})

    async def _message(self, request: Request) -> Response:
        body = await _body(request)
        try:
            sent = msgspec.json.decode(body, type=Sent)
            inbound = self._inbound(sent)
        except (msgspec.MsgspecError, UnicodeError, ValueError):
            return _json({"error": self._say(_lang(request), "simulator.bad")}, 400)
        sorry = {"error": self._last_resort(sent.country, sent.lang)}
        try:
            reply = await self._handle(inbound)
        except StoreDown:
            logs.event("constant_answer", level=logging.WARNING, channel="simulator", outcome="store_down")
            return _json(sorry, 503)
        except Exception as fault:
            logs.failure("constant_answer", fault, channel="simulator", outcome="failed")
            return _json(sorry, 500)
        return _json(self._shown(sent, reply))

    def _inbound(self, sent: Sent) -> Inbound:
        """Raises ValueError for what a phone of this kind could not have sent."""
        traits = PHONES[sent.channel]
        words = press = point = unreadable = None
        if sent.kind == "text":
            if len(sent.text) > TEXT_LIMIT[sent.channel]:
                raise ValueError("longer than one message")
            words = Words(sent.text)
        elif sent.kind == "press":
            turn, _, ordinal = sent.data.partition(":")
            if not traits.buttons or not (turn.isascii() and turn.isdigit() and ordinal.isascii() and ordinal.isdigit()):
                raise ValueError("no button of ours")
            press = Press(int(turn), int(ordinal))
        elif sent.kind == "location":
            if sent.lat is None or sent.lon is None:
                raise ValueError("half a point")
            point = Point(sent.lat, sent.lon)
        else:
            unreadable = sent.kind
        numbered = sent.channel != "telegram"
        if sent.country and sent.country not in COUNTRIES:
            raise ValueError("no country that is covered")
        return Inbound(
            person=self._person(sent.channel, sent.phone),
            traits=traits,
            message_id=sent.id,
            words=words,
            press=press,
            point=point,
            unreadable=unreadable,
            # A number tells a country and no language, an account of Telegram the other way round.
            country_hint=sent.country if numbered else "",
            lang_hint="" if numbered else sent.lang,
        )

    def _person(self, channel: str, phone: str) -> Person:
        return self._vault.person(self._vault.address(f"simulator-{channel}", phone))

    def _shown(self, sent: Sent, reply: Reply) -> dict[str, Any]:
        """What the page is to show, as JSON."""
        traits = PHONES[sent.channel]
        sms = traits.form == "sms"
        return {
            "messages": [] if reply.message is None else [self._bubble(reply.message, traits)],
            "edit": reply.edit and traits.edits and sent.kind == "press",
            "forget": reply.forget and traits.forgets,
            "left": reply.forget,
            "lang": reply.lang,
            "screen": reply.screen,
            "outcome": reply.outcome,
            "sent": self._cost(sent.text) if sms and sent.kind == "text" else None,
        }

    def _bubble(self, message: Message, traits: Traits) -> dict[str, Any]:
        return {
            "text": message.text,
            "rows": [[{"label": button.label, "data": message.data(button)} for button in row] for row in message.rows],
            "location_label": message.location_label if traits.location else "",
            "sms": self._cost(message.text) if traits.form == "sms" else None,
        }

    def _cost(self, text: str) -> dict[str, Any]:
        """What one SMS costs, counted as a carrier counts."""
        count = gsm7.segments(text)
        return {"segments": count, "encoding": gsm7.encoding(text), "price": str(self._price * count), "currency": self._currency}

    async def _kept(self, request: Request) -> Response:
        body = await _body(request)
        try:
            asked = msgspec.json.decode(body, type=Asked)
        except (msgspec.MsgspecError, UnicodeError):
            return _json({"error": self._say(_lang(request), "simulator.bad")}, 400)
        if self._look is None:
            raise Refused(404)
        try:
            rows = await self._look(self._person(asked.channel, asked.phone))
        except StoreDown:
            return _json({"error": self._last_resort("", _lang(request))}, 503)
        return _json({"rows": [{"size": row.size, "seconds": row.seconds} for row in rows]})

    # -- what a demo shows beside the phone

    async def _inbox(self, request: Request) -> Response:
        """What a person on duty wrote to this phone and was not shown yet."""
        body = await _body(request)
        try:
            asked = msgspec.json.decode(body, type=Asked)
        except (msgspec.MsgspecError, UnicodeError):
            return _json({"error": self._say(_lang(request), "simulator.bad")}, 400)
        if self._extras.inbox is None:
            raise Refused(404)
        traits = PHONES[asked.channel]
        texts = self._extras.inbox.take(asked.channel, asked.phone)
        return _json({"messages": [self._bubble(Message(text), traits) for text in texts]})

    async def _stored(self, request: Request) -> Response:
        await _body(request)
        if self._extras.stored is None:
            raise Refused(404)
        return _json({"tables": await self._extras.stored()})

    async def _clock(self, request: Request) -> Response:
        """Puts the clock of the demo forward; by nought it only says how far it is ahead."""
        body = await _body(request)
        if self._extras.clock is None:
            raise Refused(404)
        try:
            ahead = self._extras.clock.advance(60 * msgspec.json.decode(body, type=Step).minutes)
        except (msgspec.MsgspecError, UnicodeError, ValueError):
            return _json({"error": self._say(_lang(request), "simulator.bad")}, 400)
        return _json({"ahead": int(ahead)})

    # -- protection

    def _guarded(self, endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            try:
                self._refuse_strangers(request)
                return await endpoint(request)
            except Refused as refusal:
                return _answer(str(refusal).encode(), "text/plain", refusal.status)
            except (HTTPException, ClientDisconnect):
                return _answer(b"", "text/plain", 400)
            except Exception as fault:
                logs.failure("no_answer", fault, channel="simulator", outcome="failed")
                return _answer(b"", "text/plain", 500)

        return guarded

    def _refuse_strangers(self, request: Request) -> None:
        """Another name than ours, or another site's page behind the request: 403. A body that no form can send: else 415."""
        host = request.headers.get("host", "").lower()
        if "*" not in self._hosts and _name(host) not in self._hosts:
            names = ", ".join(sorted(self._hosts))
            raise Refused(403, f"This demo answers only under: {names}. PUBLIC_URL with SIMULATOR=true adds a name.")
        if request.method != "POST":
            return
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        if site not in (None, "same-origin") or (origin is not None and urlsplit(origin).netloc.lower() != host):
            raise Refused(403)
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Refused(415)


def _name(host: str) -> str:
    """``localhost:8000`` -> ``localhost``; brackets of an IPv6 address stay."""
    return host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]


def _lang(request: Request) -> Lang:
    return language_of(request.headers.get("accept-language", ""))


async def _body(request: Request) -> bytes:
    """The body, read no further than the limit."""
    taken = bytearray()
    async for part in request.stream():
        taken += part
        if len(taken) > BODY_LIMIT:
            raise Refused(413)
    return bytes(taken)


def _json(what: dict[str, Any], status: int = 200) -> Response:
    return _answer(msgspec.json.encode(what), "application/json", status)


def _answer(content: bytes, media_type: str, status: int = 200) -> Response:
    return Response(content, status, HEADERS, media_type)
