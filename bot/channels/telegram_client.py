"""The client of the Bot API: python-telegram-bot over aiohttp, and the few calls that Faro makes.

Here belong the transport, how a screen is written as a message, flood limits, errors, and the silence of the libraries. Never
here: persons, stores, what is answered and when (``telegram``).
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import aiohttp
import msgspec
import telegram
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from telegram.warnings import PTBDeprecationWarning

from bot import logs
from bot.channels.telegram_updates import ALLOWED, Update, decode
from bot.exchange import CannotStart, Message
from bot.http_batch import Posts

TEXT_LIMIT: Final = 4096
"""Characters of a message, counted as UTF-16 units to be on the safe side."""
DELETE_AT_ONCE: Final = 100
PATIENCE_SECONDS: Final = 10
"""A flood limit that is over sooner is waited for, once."""

T = TypeVar("T")

# The library tells everybody who meets a flood limit that its type will change; we read the value that will stay.
warnings.filterwarnings("ignore", message=".*attribute `retry_after`", category=PTBDeprecationWarning)

_JSON: Final = {"Content-Type": "application/json"}
_encode = msgspec.json.Encoder().encode


class Undeliverable(Exception):
    """The person blocked us or is gone: there is nobody to answer."""


# --- what a screen looks like ----------------------------------------------------------------------------------------


class Button(msgspec.Struct, gc=False):
    text: str
    callback_data: str


class Keyboard(msgspec.Struct, gc=False):
    inline_keyboard: list[list[Button]]


class _NoPreview(msgspec.Struct, gc=False):
    is_disabled: bool = True


class _Screen(msgspec.Struct, gc=False, omit_defaults=True):
    """What ``sendMessage`` and ``editMessageText`` have in common. Without ``reply_markup`` an edit takes the buttons away."""

    text: str
    link_preview_options: _NoPreview
    reply_markup: Keyboard | None = None
    disable_notification: bool = False


class Edit(msgspec.Struct, gc=False):
    """A screen that is to be put into a message of ours. ``prompt``: see ``keyboard``."""

    chat: int
    shown: int
    message: Message
    prompt: int = 0


_NO_PREVIEW: Final = _NoPreview()


def keyboard(message: Message, prompt: int, turn: str = "") -> Keyboard | None:
    """The buttons below a message. ``prompt`` is the message that carries the location button now, or 0. ``turn`` stands in for
    the message's turn."""
    if not message.rows:
        return None
    tail = f":{prompt}" if prompt else ""
    turn = turn or str(message.turn)
    return Keyboard([[Button(b.label, f"{turn}:{b.ordinal}{tail}") for b in row] for row in message.rows])


BODIES_REMEMBERED: Final = 512


class Bodies:
    """Writes an ``Edit`` as a webhook's response body. Of a message that many people get (``Message.common``) all but chat,
    message and turn is written once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, object], list[bytes]] = {}

    def body(self, edit: Edit) -> bytes:
        """``editMessageText`` with its parameters, as JSON."""
        message = edit.message
        if message.common and not edit.prompt:
            key = message.text, message.rows
            pieces = self._known.get(key)
            if pieces is None:
                if len(self._known) >= BODIES_REMEMBERED:
                    self._known.clear()
                pieces = self._known[key] = _encode(_screen(message, 0, turn="\0")).split(b"\\u0000")
            shown = (b"%d" % message.turn).join(pieces)
        else:
            shown = _encode(_screen(message, edit.prompt))
        return b'{"method":"editMessageText","chat_id":%d,"message_id":%d,%b' % (edit.chat, edit.shown, shown[1:])


def _screen(message: Message, prompt: int, turn: str = "") -> _Screen:
    return _Screen(message.text, _NO_PREVIEW, keyboard(message, prompt, turn))


def fits(text: str) -> bool:
    """Whether a text is one message."""
    return len(text) <= TEXT_LIMIT // 2 or len(split(text)) == 1


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
class Delivery:
    """What Telegram says of where it delivers updates."""

    url: str
    """Of the webhook; empty: updates are kept for polling."""
    complete: bool
    """Whether every kind of update that we read is delivered."""
    waiting: int
    """Updates that were not delivered yet."""
    failed_at: float
    """When a delivery failed last, in seconds since 1970; 0: never."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What Telegram shows about the bot outside a conversation, in one language (E-7: neutral words)."""

    commands: tuple[tuple[str, str], ...]
    """(command without slash, what it does)."""
    short_description: str
    """On the profile page, at most 120 characters."""
    description: str
    """In the empty chat, at most 512 characters."""


# --- transport -------------------------------------------------------------------------------------------------------


class _Ready(msgspec.Struct, gc=False):
    """The parameters of a call as JSON, in place of the library's ``RequestData``."""

    body: bytes
    contains_files: bool = False


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
        if isinstance(request_data, _Ready):
            return await self.post_json(url, request_data.body, float(seconds))
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
        update = decode(item)
        return {"update_id": update.update_id, "read": update}
    except msgspec.DecodeError:
        return {"update_id": msgspec.json.decode(item, type=_Id).update_id, "read": None}


class _Bot(telegram.Bot):
    """The library's client, which does not print the token."""

    def __repr__(self) -> str:
        return "Client(…)"


# --- calls -----------------------------------------------------------------------------------------------------------


class Client:
    """The calls of one bot. Every one raises TelegramError when it fails for good, without token or text in it, unless it
    says otherwise; CannotStart where the token or the set-up is refused."""

    def __init__(self, token: str, api_url: str = "") -> None:
        silence()
        base = f"{(api_url or 'https://api.telegram.org').rstrip('/')}/bot"
        self._requests = _Polling(pool=2), Transport()
        self._bot = _Bot(token, base_url=base, request=self._requests[1], get_updates_request=self._requests[0])
        self._send_url = f"{base}{token}/sendMessage"
        self._acks = Posts(f"{base}{token}/answerCallbackQuery")

    def __repr__(self) -> str:
        return "Client(…)"

    async def send(self, chat: int, text: str, buttons: Keyboard | None = None, *, silent: bool = True) -> int:
        """Send one message and give its id. Raises Undeliverable where there is nobody to get it.

        Once for each typed message, so it goes past the library's objects; its errors and the wait for a flood limit stay."""
        shown = _encode(_Screen(text, _NO_PREVIEW, buttons, disable_notification=silent))
        ready: Any = _Ready(b'{"chat_id":%d,%b' % (chat, shown[1:]))
        sent: Any = await self._deliver(lambda: self._requests[1].post(self._send_url, ready))
        return int(sent["message_id"])

    async def send_prompt(self, chat: int, label: str) -> int:
        """Send the message that carries the button for sharing a location, and give its id. Raises Undeliverable."""
        button = telegram.KeyboardButton(label, request_location=True)
        markup = telegram.ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)
        message = await self._deliver(
            lambda: self._bot.send_message(chat, label, disable_notification=True, reply_markup=markup, link_preview_options=_OFF)
        )
        return message.message_id

    @staticmethod
    async def _deliver(call: Callable[[], Awaitable[T]]) -> T:
        try:
            return await _again(call)
        except Forbidden:
            raise Undeliverable from None
        except BadRequest as error:
            if "chat not found" in error.message.lower():
                raise Undeliverable from None
            raise

    async def edit(self, wanted: Edit) -> int:
        """Put a screen into a message. What cannot be edited any more is sent anew; gives the new message's id then, else 0.
        Raises Undeliverable."""
        text, buttons = wanted.message.text, keyboard(wanted.message, wanted.prompt)
        try:
            await _again(
                lambda: self._bot.edit_message_text(
                    text,
                    wanted.chat,
                    wanted.shown,
                    reply_markup=_markup(buttons),
                    link_preview_options=_OFF,
                )
            )
        except Forbidden:
            raise Undeliverable from None
        except BadRequest as error:
            if "not modified" not in error.message.lower():
                return await self.send(wanted.chat, text, buttons)
        return 0

    async def delete(self, chat: int, ids: Iterable[int]) -> list[int]:
        """Delete messages, newest first; what Telegram does not let go (older than 48 hours) is passed over. Gives the ids that
        can be tried again later, because a call failed; raises nothing."""
        wanted = sorted(ids, reverse=True)
        batches = [wanted[at : at + DELETE_AT_ONCE] for at in range(0, len(wanted), DELETE_AT_ONCE)]
        later: list[int] = []
        while batches:
            some = batches.pop(0)
            try:
                await _again(lambda some=some: self._bot.delete_messages(chat, some))  # type: ignore[misc]
            except BadRequest:
                # One that is too old spoils its whole batch.
                half = len(some) // 2
                batches[:0] = [some[:half], some[half:]] if half else []
            except Forbidden:
                return []
            except TelegramError as error:
                logs.failure("deletion_failed", error, channel="telegram", count=len(some))
                later += some
        return later

    def acknowledge(self, query: str) -> None:
        """Stop the clock on a pressed button, without a word. Once a press, so it goes past the library."""
        self._acks.post(_encode({"callback_query_id": query}))

    async def leave(self, chat: int) -> None:
        await self._bot.leave_chat(chat)

    async def updates(self, offset: int | None, seconds: int) -> list[tuple[int, Update | None]]:
        """Wait ``seconds`` for updates from ``offset`` on; (id, update), None where it cannot be read."""
        try:
            batch = await self._bot.get_updates(offset=offset, limit=100, timeout=seconds, allowed_updates=list(ALLOWED))
        except InvalidToken:
            raise CannotStart(_WRONG_TOKEN) from None
        return [(item.update_id, item.api_kwargs.get("read")) for item in batch]

    # -- set-up

    async def delivery(self) -> Delivery:
        """Where updates are delivered now; changes nothing. Raises CannotStart where the token is refused."""
        try:
            info = await _again(lambda: self._bot.get_webhook_info())
        except InvalidToken:
            raise CannotStart(_WRONG_TOKEN) from None
        failed = info.last_error_date.timestamp() if info.last_error_date else 0.0
        return Delivery(info.url, set(ALLOWED) <= set(info.allowed_updates), info.pending_update_count, failed)

    async def deliver_to(self, url: str, secret: str, max_connections: int) -> None:
        """Have updates delivered to ``url``; empty: keep them for ``updates``. What waits is not thrown away."""
        try:
            if url:
                await _again(
                    lambda: self._bot.set_webhook(
                        url,
                        secret_token=secret,
                        allowed_updates=list(ALLOWED),
                        drop_pending_updates=False,
                        max_connections=max_connections,
                    )
                )
            else:
                await _again(lambda: self._bot.delete_webhook(drop_pending_updates=False))
        except InvalidToken:
            raise CannotStart(_WRONG_TOKEN) from None
        except BadRequest as error:
            raise CannotStart(f"Telegram refused the set-up: {error.message}") from None

    async def show(self, lang: str | None, profile: Profile) -> None:
        """Write what Telegram shows about the bot in one language (None: all others), where it differs."""
        bot, scope = self._bot, telegram.BotCommandScopeAllPrivateChats()
        commands = [telegram.BotCommand(name, text) for name, text in profile.commands]
        try:
            if list(await _again(lambda: bot.get_my_commands(scope, lang))) != commands:
                await _again(lambda: bot.set_my_commands(commands, scope, lang))
            if (await _again(lambda: bot.get_my_short_description(lang))).short_description != profile.short_description:
                await _again(lambda: bot.set_my_short_description(profile.short_description, lang))
            if (await _again(lambda: bot.get_my_description(lang))).description != profile.description:
                await _again(lambda: bot.set_my_description(profile.description, lang))
        except BadRequest as error:
            raise CannotStart(f"Telegram refused a text about the bot: {error.message}") from None

    async def settle(self) -> None:
        """Wait for acknowledgements."""
        await self._acks.settle()

    async def aclose(self) -> None:
        await self._acks.aclose()
        for request in self._requests:
            await request.shutdown()


_OFF: Final = telegram.LinkPreviewOptions(is_disabled=True)
_WRONG_TOKEN: Final = "Telegram does not accept the token: check TELEGRAM_TOKEN"


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


def _markup(buttons: Keyboard | None) -> telegram.InlineKeyboardMarkup | None:
    if buttons is None:
        return None
    return telegram.InlineKeyboardMarkup(
        [[telegram.InlineKeyboardButton(b.text, callback_data=b.callback_data) for b in row] for row in buttons.inline_keyboard]
    )


def silence() -> None:
    """The library writes texts and chat ids at DEBUG. ``bot.logs`` silences it for the program; this holds without it too."""
    for name in ("telegram", "httpx", "httpcore", "aiohttp"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.handlers[:] = [logging.NullHandler()]
