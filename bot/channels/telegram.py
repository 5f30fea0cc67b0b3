"""Telegram: updates of the Bot API in, messages out, by webhook or by polling.

Here belong the shapes of updates as far as they are needed, what each kind of update means, how a screen looks in a chat,
and what is deleted on leaving. Never here: what is answered (``bot.conversation``), sentences, anything stored.

What each update gets (L-5). Nothing is ever downloaded; the transport below refuses to.

======================================================  ==============================================================
text, also forwarded; caption of a picture or file      read as words (a caption may be the cry for help)
pressed button                                          its screen; data that is not ours counts as an old turn's button
location, venue                                         the point; the conversation rounds it at once
voice, audio, round video / picture, video, animation   ``voice`` / ``picture``
document / sticker / contact / live location            ``file`` / ``sticker`` / ``contact`` (never decoded) / ``live``
edited text                                             ``edited``; movements of a live location and edited media: nothing
poll, dice, game, story and whatever comes next         ``other``
album                                                   one answer for the whole group (known within one process)
pinned, auto-delete timer and other notices of the app  nothing: the person said nothing
group, supergroup, channel                              nothing, and we leave it: others read there
bots, blocking and unblocking, inline queries           nothing
======================================================  ==============================================================

How a delivery is answered. 403 for a missing or wrong secret, before anything is read. 200 with nothing for what cannot
be read: it would be the same on redelivery, and Telegram holds back a person's later messages until it is accepted. 503
when the store is down, without limit: Telegram delivers again. 503 also after any other fault, but at the
``PATIENCE_TIMES``-th time the update is given up with ``last_words`` (else one bad update would lock a person out).

A pressed button is answered in the body of the response: its message is edited in place. That gives no error back, and
loses nothing: "not modified" means that the right screen stands there; a message that cannot be edited is known before
(inaccessible, or near the 48 hours after which it could no longer be deleted on leaving) and a new one is sent instead.
Typed messages are answered by a call, because the new message's id is needed for deletion.

A message carries either inline buttons or a keyboard, and one that carries a keyboard cannot be edited any more. So the
button that shares a location comes in a message of its own, the *prompt*; its id travels in the inline buttons of the
screen (``turn:ordinal:prompt``) and for a while in memory, and when the person moves on the prompt is deleted, which takes
the keyboard away in Telegram's apps.

Every message is plain text, silent (it answers somebody who is looking), without link preview. ``protect_content`` is not
used: a person must be able to pass an address on, and it protects nobody from whoever holds the phone.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import time
import warnings
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import aiohttp
import msgspec
import telegram
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from telegram.warnings import PTBDeprecationWarning

from bot import logs
from bot.exchange import Handle, Inbound, Message, Person, Point, Press, Reply, StoreDown, What
from flows.facts import Traits
from flows.kernel import Words

TRAITS: Final = Traits("telegram", form="chat", buttons=True, location=True, edits=True, forgets=True)

ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")
TEXT_LIMIT: Final = 4096
"""Characters of a message, counted as UTF-16 units to be on the safe side."""
BODY_LIMIT: Final = 1 << 20
DELETE_WITHIN: Final = 48 * 3600
EDIT_WITHIN: Final = 47 * 3600
"""Older messages are not edited: what is put into them could soon not be deleted any more."""
DELETE_AT_ONCE: Final = 100
PATIENCE_SECONDS: Final = 10
"""A flood limit that is over sooner is waited for, once."""
PATIENCE_TIMES: Final = 5
KEEP_PROMPTS_SECONDS: Final = 1800
LANGUAGES: Final = ("es", "en", "pt")

T = TypeVar("T")

# The library tells everybody who meets a flood limit that its type will change; we read the value that will stay.
warnings.filterwarnings("ignore", message=".*attribute `retry_after`", category=PTBDeprecationWarning)


# --- updates, as far as they are needed ------------------------------------------------------------------------------


class _There(msgspec.Struct, gc=False):
    """Something that is only looked at for being there; its content is skipped undecoded."""


class _Chat(msgspec.Struct, gc=False):
    id: int
    type: str = ""


class _From(msgspec.Struct, gc=False):
    id: int
    is_bot: bool = False
    language_code: str = ""


class _Location(msgspec.Struct, gc=False):
    latitude: float
    longitude: float
    live_period: int = 0


class _Venue(msgspec.Struct, gc=False):
    location: _Location


class _Replied(msgspec.Struct, gc=False):
    message_id: int = 0
    sender: _From | None = msgspec.field(default=None, name="from")


class _Message(msgspec.Struct, gc=False):
    message_id: int
    chat: _Chat
    sender: _From | None = msgspec.field(default=None, name="from")
    text: str = ""
    caption: str = ""
    location: _Location | None = None
    venue: _Venue | None = None
    voice: _There | None = None
    audio: _There | None = None
    video_note: _There | None = None
    photo: list[_There] | None = None
    video: _There | None = None
    animation: _There | None = None
    document: _There | None = None
    sticker: _There | None = None
    contact: _There | None = None
    media_group_id: str = ""
    reply_to_message: _Replied | None = None
    # Notices of the app. The person said nothing.
    pinned_message: _There | None = None
    message_auto_delete_timer_changed: _There | None = None
    chat_background_set: _There | None = None
    write_access_allowed: _There | None = None
    connected_website: str = ""
    new_chat_title: str = ""
    forum_topic_created: _There | None = None
    forum_topic_edited: _There | None = None
    successful_payment: _There | None = None

    def __repr__(self) -> str:
        return "_Message(…)"


class _Shown(msgspec.Struct, gc=False):
    """The message that carries a pressed button; ``date`` 0 means that we cannot reach it any more."""

    message_id: int
    chat: _Chat
    date: int = 0


class _Callback(msgspec.Struct, gc=False):
    id: str
    sender: _From = msgspec.field(name="from")
    message: _Shown | None = None
    data: str = ""

    def __repr__(self) -> str:
        return "_Callback(…)"


class _Member(msgspec.Struct, gc=False):
    status: str = ""


class _MemberChange(msgspec.Struct, gc=False):
    chat: _Chat
    new_chat_member: _Member = msgspec.field(default_factory=_Member)


class Update(msgspec.Struct, gc=False):
    """One update. Names, titles, files and numbers of contacts are not among the fields, so they are never decoded."""

    update_id: int
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _Callback | None = None
    my_chat_member: _MemberChange | None = None

    def __repr__(self) -> str:
        return "Update(…)"


_decode = msgspec.json.Decoder(Update).decode


# --- what a screen looks like ----------------------------------------------------------------------------------------


class _Button(msgspec.Struct, gc=False):
    text: str
    callback_data: str


class _Keyboard(msgspec.Struct, gc=False):
    inline_keyboard: list[list[_Button]]


class _NoPreview(msgspec.Struct, gc=False):
    is_disabled: bool = True


class _Edit(msgspec.Struct, gc=False, omit_defaults=True, tag_field="method", tag="editMessageText"):
    """``editMessageText`` as a webhook's response body. Without ``reply_markup`` Telegram takes the buttons away."""

    chat_id: int
    message_id: int
    text: str
    link_preview_options: _NoPreview
    reply_markup: _Keyboard | None = None


_NO_PREVIEW: Final = _NoPreview()
_INSIDE: Final = ("member", "administrator", "restricted")
_encode = msgspec.json.Encoder().encode
_DATA = re.compile(r"([0-9]{1,9}):([0-9]{1,3})(?::([0-9]{1,12}))?\Z")
_COMMAND = re.compile(r"/([A-Za-z_]{1,32})(?:@\w+)?(?:\s+(.*))?\Z", re.DOTALL)
_START = re.compile(r"(es|en|pt)?(?:[-_]?([a-z]{2}))?\Z", re.IGNORECASE)


def _keyboard(message: Message, prompt: int) -> _Keyboard | None:
    if not message.rows:
        return None
    tail = f":{prompt}" if prompt else ""
    return _Keyboard([[_Button(b.label, b.data + tail) for b in row] for row in message.rows])


def split(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """Cut a text into messages of at most ``limit`` UTF-16 units, between paragraphs, lines or words where it can be done."""
    parts: list[str] = []
    rest = text
    while len(rest) > limit // 2 and len(rest.encode("utf-16-le")) // 2 > limit:
        head = rest.encode("utf-16-le")[: limit * 2].decode("utf-16-le", "ignore")
        at = next((cut for mark in ("\n\n", "\n", " ") if (cut := head.rfind(mark)) > len(head) // 4), len(head))
        if piece := head[:at].strip():
            parts.append(piece)
        rest = rest[at:].lstrip()
    return [*parts, rest] if rest or not parts else parts


@dataclass(frozen=True, slots=True)
class Profile:
    """What Telegram shows about the bot outside a conversation, in one language (E-7: neutral words)."""

    commands: tuple[tuple[str, str], ...]
    """(command without slash, what it does)."""
    short_description: str
    """On the profile page, at most 120 characters."""
    description: str
    """In the empty chat, at most 512 characters."""


# --- the client ------------------------------------------------------------------------------------------------------


class Transport(BaseRequest):
    """python-telegram-bot's calls over aiohttp: a third of the CPU of its default. Errors never carry the address called,
    because the token is part of it. Fetching a file is refused."""

    __slots__ = ("_pool", "_seconds", "_session")

    def __init__(self, seconds: float = 10.0, pool: int = 64) -> None:
        self._seconds = seconds
        self._pool = pool
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return self._seconds

    async def initialize(self) -> None:
        """Nothing: the session is made by the first call, in the loop that makes it."""

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Telegram closes idle connections; ours are given up before that.
            connector = aiohttp.TCPConnector(limit=self._pool, keepalive_timeout=45)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def post_json(self, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """One call. Raises TimedOut or NetworkError without the address in it."""
        session = self._open()
        timeout = aiohttp.ClientTimeout(total=seconds + 5, sock_connect=5, sock_read=seconds)
        for attempt in (1, 2):
            try:
                async with session.post(url, data=body, headers=_JSON, timeout=timeout, allow_redirects=False) as answer:
                    return answer.status, await answer.read()
            except TimeoutError:
                raise TimedOut from None
            except (aiohttp.ServerDisconnectedError, ConnectionResetError, BrokenPipeError):
                # A connection that was kept alive had been closed at the other end.
                if attempt == 2:
                    raise NetworkError("the connection to the Bot API was closed") from None
            except (aiohttp.ClientError, OSError):
                raise NetworkError("the Bot API cannot be reached") from None
        raise AssertionError

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        if method != "POST" or (request_data is not None and request_data.contains_files):
            raise TelegramError("files are neither fetched nor sent")
        seconds = read_timeout if isinstance(read_timeout, int | float) else self._seconds
        return await self.post_json(url, _encode(request_data.parameters if request_data else {}), float(seconds))

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        try:
            return msgspec.json.decode(payload)
        except msgspec.DecodeError:
            # The library's own version logs the whole payload.
            raise TelegramError("the Bot API answered something that is not JSON") from None


class _RawUpdates(msgspec.Struct):
    ok: bool = False
    result: list[msgspec.Raw] = []
    description: str = ""
    parameters: dict[str, Any] = {}


class _Id(msgspec.Struct):
    update_id: int


class _Polling(Transport):
    """For ``getUpdates``: hands on our own ``Update`` inside the library's, so that names are not decoded here either."""

    __slots__ = ()

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        try:
            raw = msgspec.json.decode(payload, type=_RawUpdates)
        except msgspec.DecodeError:
            return Transport.parse_json_payload(payload)
        if not raw.ok:
            return {"ok": False, "description": raw.description, "parameters": raw.parameters}
        return {"ok": True, "result": [_wrap(item) for item in raw.result]}


def _wrap(item: msgspec.Raw) -> dict[str, Any]:
    try:
        update = _decode(item)
        return {"update_id": update.update_id, "read": update}
    except msgspec.DecodeError:
        return {"update_id": msgspec.json.decode(item, type=_Id).update_id, "read": None}


_JSON: Final = {"Content-Type": "application/json"}


class _Client(telegram.Bot):
    """The library's client, which does not print the token."""

    def __repr__(self) -> str:
        return "Client(…)"


class _Vault(Protocol):
    def address(self, channel: str, value: str) -> Any: ...

    def person(self, address: Any) -> Person: ...


class _Leftovers(Protocol):
    async def add(self, person: Any, ids: Sequence[int]) -> None: ...

    async def take(self, person: Any) -> list[int]: ...


class _Undeliverable(Exception):
    """The person blocked us or is gone: there is nobody to answer."""


# --- the channel -----------------------------------------------------------------------------------------------------


class Telegram:
    """One bot. ``webhook`` is an ASGI application, ``poll`` the same without a public address; use one of them.

    ``token`` and ``secret`` are the bot's token and the secret of the webhook (1 to 256 of A-Z a-z 0-9 _ -; not needed for
    polling). ``api_url`` replaces Telegram's own address, for a local Bot API server. ``last_words`` (language -> text) is
    sent when an update had to be given up. ``clock`` gives seconds since 1970.
    """

    traits = TRAITS

    def __init__(
        self,
        token: str,
        secret: str,
        handle: Handle,
        vault: _Vault,
        leftovers: _Leftovers,
        api_url: str = "",
        *,
        last_words: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not token:
            raise ValueError("TELEGRAM_TOKEN is empty: take it from @BotFather, or leave Telegram out")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise ValueError("TELEGRAM_SECRET may hold only A-Z a-z 0-9 _ and -, at most 256 characters")
        self._secret = secret.encode()
        self._handle = handle
        self._vault = vault
        self._leftovers = leftovers
        self._last_words = dict(last_words or {})
        self._clock = clock
        self._transport = Transport()
        base = f"{(api_url or 'https://api.telegram.org').rstrip('/')}/bot"
        _silence()
        self._bot = _Client(token, base_url=base, request=self._transport, get_updates_request=_Polling(pool=2))
        self._ack_url = f"{base}{token}/answerCallbackQuery"
        self._tasks: set[asyncio.Task[None]] = set()
        self._albums: OrderedDict[str, int] = OrderedDict()
        self._failures: OrderedDict[int, int] = OrderedDict()
        self._prompts: OrderedDict[int, tuple[int, float]] = OrderedDict()

    def __repr__(self) -> str:
        return "Telegram(…)"

    # -- webhook

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The same as ``webhook``, in the form that Starlette's ``Route`` takes for an ASGI application."""
        await self.webhook(scope, receive, send)

    async def webhook(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI application for the one address that ``register`` tells Telegram."""
        if scope["method"] != "POST":
            return await _respond(send, 405)
        given = b""
        for name, value in scope["headers"]:
            if name == b"x-telegram-bot-api-secret-token":
                given = value
        if not self._secret or not hmac.compare_digest(given, self._secret):
            return await _respond(send, 403)
        event = await receive()
        body = event.get("body", b"")
        while event.get("more_body"):
            if len(body) > BODY_LIMIT:
                logs.event("update_dropped", channel="telegram", outcome="too_large")
                return await _respond(send, 200)
            event = await receive()
            body += event.get("body", b"")
        if event["type"] == "http.disconnect":
            return None
        try:
            update = _decode(body)
        except msgspec.DecodeError:
            logs.event("update_dropped", channel="telegram", outcome="unreadable")
            return await _respond(send, 200)
        try:
            edit = await self.process(update)
        except StoreDown:
            logs.event("update_put_off", channel="telegram", outcome="store_down", level=logging.WARNING)
            return await _respond(send, 503)
        except Exception as fault:
            return await _respond(send, 200 if await self._failed(update, fault) else 503)
        if edit is None:
            return await _respond(send, 200)
        return await _respond(send, 200, _encode(edit))

    async def _failed(self, update: Update, fault: Exception) -> bool:
        """Count a fault. True when the update is to be given up; the person then got the last words, where there are any."""
        count = self._failures.pop(update.update_id, 0) + 1
        given_up = count >= PATIENCE_TIMES
        logs.failure("turn_failed", fault, channel="telegram", outcome="given_up" if given_up else "put_off", count=count)
        if not given_up:
            _remember(self._failures, update.update_id, count)
            return False
        text = self._last_words.get(_lang(_sender_of(update)), next(iter(self._last_words.values()), ""))
        chat = _chat_of(update)
        if text and chat is not None and chat.type == "private":
            try:
                await self._send_text(chat.id, text, None)
            except (TelegramError, _Undeliverable):
                logs.event("last_words_lost", channel="telegram", level=logging.ERROR)
        return True

    # -- one update

    async def process(self, update: Update) -> _Edit | None:
        """Answer one update. What is left to do is returned: the edit of the message whose button was pressed.

        Raises StoreDown when nothing could be done, TelegramError when the answer could not be sent, and whatever the
        conversation raises; in each case the same update may be processed again."""
        if update.callback_query is not None:
            return await self._pressed(update.update_id, update.callback_query)
        if update.message is not None:
            await self._wrote(update.update_id, update.message, edited=False)
        elif update.edited_message is not None:
            await self._wrote(update.update_id, update.edited_message, edited=True)
        change = update.my_chat_member
        if change is not None and change.chat.type != "private" and change.new_chat_member.status in _INSIDE:
            self._quit(change.chat.id)
        return None

    async def _pressed(self, update_id: int, query: _Callback) -> _Edit | None:
        shown = query.message
        if query.sender.is_bot or shown is None:
            self._spawn(self._acknowledge(query.id))
            return None
        if shown.chat.type != "private":
            self._spawn(self._acknowledge(query.id))
            self._quit(shown.chat.id)
            return None
        chat = shown.chat.id
        data = _DATA.match(query.data)
        if data:
            press, prompt = Press(int(data[1]), int(data[2])), int(data[3] or 0)
        else:
            press, prompt = Press(-1, 0), 0
        person = self._vault.person(self._vault.address("telegram", str(chat)))
        lang = _lang(query.sender)
        reply = await self._handle(Inbound(person, TRAITS, str(update_id), press=press, lang_hint=lang))
        self._spawn(self._acknowledge(query.id))
        if reply.forget:
            await self._forget(person, chat, (shown.message_id, prompt))
            return None
        message = reply.message
        if message is None:
            return None
        if not message.location_label and not prompt and not self._prompts:
            up = 0
        else:
            up = await self._keep_prompt(person, chat, prompt, message)
        in_place = reply.edit and shown.date > 0 and self._clock() - shown.date < EDIT_WITHIN
        if in_place and (len(message.text) <= TEXT_LIMIT // 2 or len(split(message.text)) == 1):
            return _Edit(chat, shown.message_id, message.text, _NO_PREVIEW, _keyboard(message, up))
        await self._send(person, chat, message, up, ())
        return None

    async def _wrote(self, update_id: int, message: _Message, *, edited: bool) -> None:
        chat = message.chat
        if chat.type != "private":
            self._quit(chat.id)
            return
        sender = message.sender
        if sender is None or sender.is_bot:
            return
        person = self._vault.person(self._vault.address("telegram", str(chat.id)))
        if message.media_group_id and not edited:
            first = self._albums.get(message.media_group_id)
            if first is None:
                _remember(self._albums, message.media_group_id, update_id)
            elif first != update_id:
                await self._leave_behind(person, (message.message_id,))
                return
        inbound = self._read(update_id, person, message, _lang(sender), edited)
        if inbound is None:
            return
        reply = await self._handle(inbound)
        await self._answer(person, message, reply)

    async def _answer(self, person: Person, message: _Message, reply: Reply) -> None:
        chat = message.chat.id
        replied = message.reply_to_message
        prompt = replied.message_id if replied is not None and message.location is not None else 0
        if reply.forget:
            await self._forget(person, chat, (message.message_id, prompt))
        elif reply.message is not None:
            up = await self._keep_prompt(person, chat, prompt, reply.message)
            await self._send(person, chat, reply.message, up, (message.message_id,))

    @staticmethod
    def _read(update_id: int, person: Person, message: _Message, lang: str, edited: bool) -> Inbound | None:
        """What a message means to the conversation; None where the person said nothing."""
        where = message.location or (message.venue.location if message.venue else None)
        if edited:
            if where is not None or not (message.text or message.caption):
                return None
            return Inbound(person, TRAITS, str(update_id), unreadable="edited", lang_hint=lang)
        country = ""
        text = message.text or message.caption
        if text:
            if message.text.startswith("/") and (command := _COMMAND.match(message.text)):
                text = command[1]
                if text.lower() == "start":
                    # The only thing a link may carry: a language, a country. It is a hint, as a telephone prefix is.
                    payload = _START.match((command[2] or "").strip())
                    if payload:
                        lang, country = (payload[1] or lang).lower(), (payload[2] or "").upper()
                elif command[2]:
                    text = f"{text} {command[2]}"
            return Inbound(
                person, TRAITS, str(update_id), words=Words(text), lang_hint=lang, country_hint=country
            )
        if where is not None:
            if where.live_period:
                return Inbound(person, TRAITS, str(update_id), unreadable="live", lang_hint=lang)
            return Inbound(person, TRAITS, str(update_id), point=Point(where.latitude, where.longitude), lang_hint=lang)
        what = _what(message)
        return None if what is None else Inbound(person, TRAITS, str(update_id), unreadable=what, lang_hint=lang)

    # -- sending

    async def _send(self, person: Person, chat: int, message: Message, up: int, incoming: tuple[int, ...]) -> None:
        """Send a screen as new messages and remember all ids for deletion."""
        sent: list[int] = []
        parts = split(message.text)
        try:
            for part in parts[:-1]:
                sent.append(await self._send_text(chat, part, None))
            sent.append(await self._send_text(chat, parts[-1], _markup(_keyboard(message, up))))
        except _Undeliverable:
            logs.event("answer_lost", channel="telegram", outcome="blocked")
            return
        finally:
            await self._leave_behind(person, (*incoming, *sent))

    async def _keep_prompt(self, person: Person, chat: int, known: int, message: Message) -> int:
        """Put the message with the location keyboard there or take it away. Gives its id, or 0 where there is none now."""
        entry = self._prompts.get(chat)
        if entry is not None and entry[1] < self._clock():
            entry = None
        known = known or (entry[0] if entry else 0)
        if message.location_label:
            if not known:
                try:
                    known = await self._send_text(chat, message.location_label, telegram.ReplyKeyboardMarkup(
                        [[telegram.KeyboardButton(message.location_label, request_location=True)]],
                        resize_keyboard=True, one_time_keyboard=True))
                except _Undeliverable:
                    return 0
                await self._leave_behind(person, (known,))
            self._note_prompt(chat, known)
            return known
        self._prompts.pop(chat, None)
        if known:
            self._spawn(self._delete(chat, (known,)))
        return 0

    def _note_prompt(self, chat: int, prompt: int) -> None:
        now = self._clock()
        while self._prompts and next(iter(self._prompts.values()))[1] < now:
            self._prompts.popitem(last=False)
        _remember(self._prompts, chat, (prompt, now + KEEP_PROMPTS_SECONDS))

    async def _send_text(self, chat: int, text: str, markup: Any) -> int:
        """Send one message and give its id. Raises _Undeliverable, or TelegramError after one more try where that helps."""
        try:
            message = await self._again(lambda: self._bot.send_message(
                chat, text, disable_notification=True, reply_markup=markup,
                link_preview_options=telegram.LinkPreviewOptions(is_disabled=True)))
        except Forbidden:
            raise _Undeliverable from None
        except BadRequest as error:
            if "chat not found" in error.message.lower():
                raise _Undeliverable from None
            raise
        return message.message_id

    @staticmethod
    async def _again(call: Callable[[], Awaitable[T]]) -> T:
        """Make a call; wait for a short flood limit, once."""
        try:
            return await call()
        except RetryAfter as limit:
            seconds = limit._retry_after.total_seconds()
            if seconds > PATIENCE_SECONDS:
                raise
            await asyncio.sleep(seconds)
            return await call()

    async def _acknowledge(self, query: str) -> None:
        """Stop the clock on the pressed button. Once a press, so it goes past the library's request objects."""
        await self._transport.post_json(self._ack_url, _encode({"callback_query_id": query}), 10.0)

    # -- leaving

    async def _forget(self, person: Person, chat: int, ids: Iterable[int]) -> None:
        """Delete what can be deleted of this conversation, newest first. Best effort; nothing new is sent."""
        known: list[int] = []
        try:
            known = await self._leftovers.take(person)
        except StoreDown:
            logs.event("leftovers_lost", channel="telegram", outcome="store_down", level=logging.WARNING)
        prompt = self._prompts.pop(chat, None)
        await self._delete(chat, {*known, *ids, prompt[0] if prompt else 0} - {0})

    async def _delete(self, chat: int, ids: Iterable[int]) -> None:
        wanted = sorted(ids, reverse=True)
        batches = [wanted[at : at + DELETE_AT_ONCE] for at in range(0, len(wanted), DELETE_AT_ONCE)]
        while batches:
            some = batches.pop(0)
            try:
                await self._again(lambda some=some: self._bot.delete_messages(chat, some))  # type: ignore[misc]
            except BadRequest:
                # One message older than 48 hours spoils its whole batch.
                half = len(some) // 2
                batches[:0] = [some[:half], some[half:]] if half else []
            except TelegramError as error:
                logs.failure("deletion_failed", error, channel="telegram", count=len(some))

    async def _leave_behind(self, person: Person, ids: Sequence[int]) -> None:
        """Remember ids of messages for leaving. The answer is already out, so a store that is down changes nothing."""
        if not ids:
            return
        try:
            await self._leftovers.add(person, ids)
        except StoreDown:
            logs.event("leftovers_lost", channel="telegram", outcome="store_down", level=logging.WARNING)

    def _quit(self, chat: int) -> None:
        self._spawn(self._leave_chat(chat))

    async def _leave_chat(self, chat: int) -> None:
        await self._bot.leave_chat(chat)

    # -- polling

    async def poll(self, *, seconds: int = 30) -> None:
        """Ask for updates until cancelled. Each person's updates are answered in their order, different persons' side by side;
        an update is confirmed to Telegram only after its answer."""
        offset: int | None = None
        pause = 1.0
        await self._until_done(lambda: self._bot.delete_webhook(drop_pending_updates=False))
        while True:
            try:
                batch = await self._bot.get_updates(
                    offset=offset, limit=100, timeout=seconds, allowed_updates=list(ALLOWED_UPDATES)
                )
                pause = 1.0
            except InvalidToken:
                raise RuntimeError("Telegram does not accept the token: check TELEGRAM_TOKEN") from None
            except TelegramError as error:
                if isinstance(error, Conflict):
                    logs.event("polling_conflict", channel="telegram", level=logging.ERROR)
                else:
                    logs.failure("polling_failed", error, channel="telegram", level=logging.WARNING)
                await asyncio.sleep(error._retry_after.total_seconds() if isinstance(error, RetryAfter) else pause)
                pause = min(pause * 2, 60.0)
                continue
            if not batch:
                continue
            lines: dict[int, list[Update]] = {}
            for item in batch:
                update = item.api_kwargs.get("read")
                if update is None:
                    logs.event("update_dropped", channel="telegram", outcome="unreadable")
                else:
                    chat = _chat_of(update)
                    lines.setdefault(chat.id if chat else 0, []).append(update)
            await asyncio.gather(*(self._one_after_another(line) for line in lines.values()))
            offset = batch[-1].update_id + 1

    async def _one_after_another(self, updates: list[Update]) -> None:
        for update in updates:
            pause = 0.5
            while True:
                try:
                    edit = await self.process(update)
                    if edit is not None:
                        await self._edit(update, edit)
                    break
                except StoreDown:
                    logs.event("update_put_off", channel="telegram", outcome="store_down", level=logging.WARNING)
                except Exception as fault:
                    if await self._failed(update, fault):
                        break
                await asyncio.sleep(pause)
                pause = min(pause * 2, 30.0)

    async def _edit(self, update: Update, edit: _Edit) -> None:
        """Make an edit by a call, where there is no response body to put it in; what cannot be edited is sent anew."""
        markup = _markup(edit.reply_markup)
        try:
            await self._again(lambda: self._bot.edit_message_text(
                edit.text, edit.chat_id, edit.message_id, reply_markup=markup,
                link_preview_options=telegram.LinkPreviewOptions(is_disabled=True)))
        except Forbidden:
            return
        except BadRequest as error:
            if "not modified" in error.message.lower():
                return
            try:
                sent = await self._send_text(edit.chat_id, edit.text, markup)
            except _Undeliverable:
                return
            await self._leave_behind(self._vault.person(self._vault.address("telegram", str(edit.chat_id))), (sent,))

    @staticmethod
    async def _until_done(call: Callable[[], Awaitable[Any]]) -> None:
        pause = 1.0
        while True:
            try:
                await call()
                return
            except InvalidToken:
                raise RuntimeError("Telegram does not accept the token: check TELEGRAM_TOKEN") from None
            except TelegramError as error:
                logs.failure("polling_failed", error, channel="telegram", level=logging.WARNING)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 60.0)

    # -- set-up and end

    async def register(
        self, url: str, profiles: Mapping[str, Profile] | None = None, *, max_connections: int = 64
    ) -> None:
        """Tell Telegram where to deliver (``url``, empty: nowhere, for polling) and what to show about the bot.

        ``profiles`` maps languages to texts; the first one is also the default for all other languages. Only what differs
        from what Telegram already has is written. Raises RuntimeError with a sentence when Telegram refuses."""
        try:
            if url:
                if not self._secret:
                    raise RuntimeError("TELEGRAM_SECRET is empty: a webhook without a secret would take forged messages")
                await self._again(lambda: self._bot.set_webhook(
                    url, secret_token=self._secret.decode(), allowed_updates=list(ALLOWED_UPDATES),
                    drop_pending_updates=False, max_connections=max_connections))
            else:
                await self._again(lambda: self._bot.delete_webhook(drop_pending_updates=False))
            for number, (code, profile) in enumerate((profiles or {}).items()):
                if number == 0:
                    await self._show(None, profile)
                await self._show(code, profile)
        except InvalidToken:
            raise RuntimeError("Telegram does not accept the token: check TELEGRAM_TOKEN") from None
        except BadRequest as error:
            raise RuntimeError(f"Telegram refused the set-up: {error.message}") from None

    async def _show(self, code: str | None, profile: Profile) -> None:
        bot = self._bot
        scope = telegram.BotCommandScopeAllPrivateChats()
        commands = [telegram.BotCommand(name, text) for name, text in profile.commands]
        if list(await self._again(lambda: bot.get_my_commands(scope, code))) != commands:
            await self._again(lambda: bot.set_my_commands(commands, scope, code))
        if (await self._again(lambda: bot.get_my_short_description(code))).short_description != profile.short_description:
            await self._again(lambda: bot.set_my_short_description(profile.short_description, code))
        if (await self._again(lambda: bot.get_my_description(code))).description != profile.description:
            await self._again(lambda: bot.set_my_description(profile.description, code))

    async def settle(self) -> None:
        """Wait for what runs beside the answers: acknowledged buttons, deleted prompts."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Finish what is under way, at most five seconds, and close all connections."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        await self._bot.shutdown()
        for request in self._bot._request:
            await request.shutdown()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


# --- small things ----------------------------------------------------------------------------------------------------


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except TelegramError as error:
        logs.failure("call_failed", error, channel="telegram", level=logging.INFO)
    except Exception as error:
        logs.failure("call_failed", error, channel="telegram")


async def _respond(send: Any, status: int, body: bytes = b"") -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    if body:
        headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _silence() -> None:
    """The library writes texts and chat ids at DEBUG. ``bot.logs`` silences it for the program; this holds without it too."""
    for name in ("telegram", "httpx", "httpcore", "aiohttp"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.handlers[:] = [logging.NullHandler()]


def _remember(where: OrderedDict[Any, Any], key: Any, value: Any, most: int = 4096) -> None:
    where[key] = value
    where.move_to_end(key)
    if len(where) > most:
        where.popitem(last=False)


def _lang(sender: _From | None) -> str:
    code = sender.language_code[:2].lower() if sender is not None else ""
    return code if code in LANGUAGES else ""


def _chat_of(update: Update) -> _Chat | None:
    message = update.message or update.edited_message
    if message is not None:
        return message.chat
    query = update.callback_query
    return query.message.chat if query is not None and query.message is not None else None


def _sender_of(update: Update) -> _From | None:
    message = update.message or update.edited_message
    if message is not None:
        return message.sender
    return update.callback_query.sender if update.callback_query is not None else None


def _markup(keyboard: _Keyboard | None) -> telegram.InlineKeyboardMarkup | None:
    if keyboard is None:
        return None
    rows = [[telegram.InlineKeyboardButton(b.text, callback_data=b.callback_data) for b in row]
            for row in keyboard.inline_keyboard]
    return telegram.InlineKeyboardMarkup(rows)


def _what(message: _Message) -> What | None:
    if message.voice is not None or message.audio is not None or message.video_note is not None:
        return "voice"
    if message.photo is not None or message.video is not None or message.animation is not None:
        return "picture"
    if message.document is not None:
        return "file"
    if message.sticker is not None:
        return "sticker"
    if message.contact is not None:
        return "contact"
    notices = (
        message.pinned_message, message.message_auto_delete_timer_changed, message.chat_background_set,
        message.write_access_allowed, message.forum_topic_created, message.forum_topic_edited, message.successful_payment,
    )  # fmt: skip
    if message.connected_website or message.new_chat_title or any(notice is not None for notice in notices):
        return None
    return "other"
