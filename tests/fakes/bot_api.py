"""A strict Bot API over HTTP, and the phones of the persons who write to the bot.

Here belong the rules of Telegram's Bot API as far as Faro meets them. Never here: anything of Faro.

Rules of the real API that are held:

- a wrong token is 401, an unknown method 404; answers are ``{"ok": …, "result" | "error_code", "description"}``;
- a bot cannot write to somebody who never wrote to it, or who blocked it (403);
- a text has 1 to 4096 characters, callback data 1 to 64 bytes, an inline row at least one button with a text and one action;
- only a bot's own messages without markup or with inline buttons can be edited; an edit that changes nothing is
  "message is not modified", a missing message "message to edit not found"; leaving ``reply_markup`` out takes the buttons away;
- a callback query is answered once, and only if it exists; a press is shown as waiting until then;
- messages older than 48 hours cannot be deleted; ``deleteMessages`` takes 1 to 100 ids, skips unknown ones and fails as a
  whole when one cannot be deleted; deleting the message that brought a keyboard takes the keyboard away;
- ``getUpdates`` confirms everything below its offset (a negative one counts from the end), and is 409 while a webhook is set;
  ``setWebhook`` wants https (plain http only on the loopback address, for tests) and a secret of 1 to 256 of A-Z a-z 0-9 _ -;
- the webhook gets the secret header; anything but 2xx is delivered again, the later updates of the same chat wait; a
  ``method`` in the response's body is carried out and its result, good or bad, is told to nobody;
- only update types in ``allowed_updates`` are delivered; a flood limit is 429 with ``retry_after``.

Stricter than the real one: parameters that a method does not have are refused (the real one ignores them), and every call
and error is kept for the test in ``calls``, ``errors`` and ``body_errors``. ``fail`` makes the next calls fail.

Names, titles and numbers in updates are canaries (``CANARIES``): they must never turn up anywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "7654321098:AAcanaryTokenThatMustStayInside-_xyz"
BOT_ID = 7654321098
CANARIES = (TOKEN, TOKEN.split(":")[1], "canary-first", "canary-last", "canary_username", "canary-contact", "+15550100777")
TWO_DAYS = 48 * 3600

Json = dict[str, Any]


class Refused(Exception):
    """An answer that is not ok."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


@dataclass
class Shown:
    """A message as it stands in a chat."""

    id: int
    own: bool
    """Written by the bot."""
    date: int
    text: str = ""
    markup: Json | None = None
    silent: bool = False
    edits: int = 0
    preview: bool = True
    protected: bool = False
    parse_mode: str = ""

    @property
    def buttons(self) -> list[Json]:
        return [button for row in (self.markup or {}).get("inline_keyboard", []) for button in row]


@dataclass
class Chat:
    """A private chat as the person sees it."""

    id: int
    language: str = "es"
    messages: dict[int, Shown] = field(default_factory=dict)
    keyboard: int = 0
    """Message that brought the keyboard below the text field; 0: the ordinary one."""
    lit: int = 0
    """How often the phone rang or buzzed."""
    arrived: int = 0
    """How many messages the bot put there."""
    blocked: bool = False
    events: list[tuple[str, int, str]] = field(default_factory=list)
    """("sent" | "edited" | "same" | "deleted", message id, text) in order."""

    @property
    def newest(self) -> Shown | None:
        """The newest message of the bot that has buttons, else its newest one."""
        own = [message for message in self.messages.values() if message.own]
        return next((m for m in reversed(own) if m.buttons), own[-1] if own else None)

    @property
    def location_button(self) -> str:
        """Label of the button below the text field that shares the location, or empty."""
        carrier = self.messages.get(self.keyboard)
        rows = (carrier.markup or {}).get("keyboard", []) if carrier else []
        return next((b["text"] for row in rows for b in row if b.get("request_location")), "")


@dataclass
class Delivery:
    """What the webhook answered to one update, attempt by attempt."""

    update: Json
    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.statuses[-1] if self.statuses else 0


class _Server(uvicorn.Server):
    """Ends at once instead of looking every tenth of a second whether it should."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ends = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.ends.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """The usual way sleeps a tenth of a second first."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def hosted(app: Any) -> AsyncIterator[str]:
    """Serve an ASGI application on a free port in the running loop; gives ``http://127.0.0.1:port``."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # without it, asyncio leaves Nagle on: 40 ms a call
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = _Server(config)
    task = asyncio.create_task(server._serve([listener]))
    try:
        while not server.started:
            if task.done():
                task.result()
                raise RuntimeError("the server under test did not start")
            await asyncio.sleep(0.002)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.ends.set()
        await task
        listener.close()


class BotApi:
    """The API of one bot. ``clock`` gives seconds since 1970. Use ``async with api.running():``."""

    def __init__(self, clock: Callable[[], float], *, attempts: int = 3) -> None:
        self.clock = clock
        self.attempts = attempts
        """How often an update is delivered before this fake gives up; the real one goes on for a day."""
        self.chats: dict[int, Chat] = {}
        self.calls: list[tuple[str, Json]] = []
        self.raw: list[tuple[str, bytes]] = []
        """Method and body of every call over HTTP, as it came."""
        self.errors: list[tuple[str, str]] = []
        self.body_errors: list[tuple[str, str]] = []
        self.left: list[int] = []
        self.profile: dict[tuple[str, str], Any] = {}
        self.webhook: Json = {}
        self.url = ""
        self.unconfirmed: deque[Json] = deque()
        self.failed_at = 0
        """When a delivery to the webhook failed last; 0: never."""
        self.waiting: set[str] = set()
        """Callback queries that were not answered yet."""
        self._next_message = 100
        self._next_update = 900_000_000
        self._failures: deque[tuple[str, Refused]] = deque()
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._news = asyncio.Event()
        self._http: aiohttp.ClientSession | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Serve the API; gives its address."""
        routes = [
            Route("/bot{token}/{method}", self._endpoint, methods=["GET", "POST"]),
            Route("/file/{rest:path}", self._file, methods=["GET"]),
        ]
        async with hosted(Starlette(routes=routes)) as url, aiohttp.ClientSession() as self._http:
            self.url = url
            yield url

    @property
    def downloads(self) -> int:
        return sum(method in ("getFile", "file") for method, _ in self.calls)

    def called(self, method: str) -> list[Json]:
        return [parameters for name, parameters in self.calls if name == method]

    def fail(self, method: str, code: int, description: str, *, times: int = 1, **parameters: Any) -> None:
        """Make the next ``times`` calls of ``method`` fail, e.g. 429 with ``retry_after=1``."""
        self._failures.extend([(method, Refused(code, description, **parameters))] * times)

    # -- over HTTP

    async def _file(self, request: Request) -> Response:
        self.calls.append(("file", {}))
        return Response(status_code=404)

    async def _endpoint(self, request: Request) -> Response:
        method = request.path_params["method"]
        self.raw.append((method, await request.body()))
        try:
            if request.path_params["token"] != TOKEN:
                raise Refused(401, "Unauthorized")
            result = await self._call(method, await _parameters(request))
        except Refused as no:
            self.errors.append((method, no.description))
            answer = {"ok": False, "error_code": no.code, "description": no.description}
            if no.parameters:
                answer["parameters"] = no.parameters
            return JSONResponse(answer, status_code=no.code)
        return JSONResponse({"ok": True, "result": result})

    async def _call(self, method: str, parameters: Json) -> Any:
        function, allowed = METHODS.get(method, (None, ()))
        if function is None:
            self.calls.append((method, parameters))
            raise Refused(404, "Not Found")
        self.calls.append((method, parameters))
        if self._failures and self._failures[0][0] == method:
            raise self._failures.popleft()[1]
        unknown = set(parameters) - set(allowed)
        if unknown:
            raise Refused(400, f"Bad Request: fake: {method} has no parameter {sorted(unknown)}")
        result = function(self, **parameters)
        return await result if asyncio.iscoroutine(result) else result

    # -- methods

    def _chat(self, chat_id: Any) -> Chat:
        chat = self.chats.get(int(chat_id))
        if chat is None:
            raise Refused(400, "Bad Request: chat not found")
        if chat.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if not any(not message.own for message in chat.messages.values()) and not chat.events:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def get_me(self) -> Json:
        return {
            "id": BOT_ID,
            "is_bot": True,
            "first_name": "Faro",
            "username": "faro_test_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def send_message(
        self,
        chat_id: int,
        text: str = "",
        reply_markup: Json | None = None,
        parse_mode: str = "",
        disable_notification: bool = False,
        protect_content: bool = False,
        link_preview_options: Json | None = None,
    ) -> Json:
        chat = self._chat(chat_id)
        _check_text(text)
        _check_markup(reply_markup)
        shown = Shown(
            self._id(),
            True,
            int(self.clock()),
            text,
            reply_markup,
            disable_notification,
            0,
            not (link_preview_options or {}).get("is_disabled", False),
            protect_content,
            parse_mode,
        )
        chat.messages[shown.id] = shown
        chat.events.append(("sent", shown.id, text))
        chat.arrived += 1
        chat.lit += not disable_notification
        if reply_markup and "keyboard" in reply_markup:
            chat.keyboard = shown.id
        elif reply_markup and reply_markup.get("remove_keyboard"):
            chat.keyboard = 0
        return self._message(chat, shown)

    def edit_message_text(
        self,
        text: str = "",
        chat_id: int = 0,
        message_id: int = 0,
        reply_markup: Json | None = None,
        parse_mode: str = "",
        link_preview_options: Json | None = None,
    ) -> Json:
        chat = self._chat(chat_id)
        shown = self._editable(chat, message_id)
        _check_text(text)
        _check_markup(reply_markup, inline_only=True)
        if (text, reply_markup or None) == (shown.text, shown.markup or None):
            chat.events.append(("same", shown.id, text))
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message",
            )
        shown.text, shown.markup, shown.edits = text, reply_markup, shown.edits + 1
        shown.preview = not (link_preview_options or {}).get("is_disabled", False)
        chat.events.append(("edited", shown.id, text))
        return self._message(chat, shown) | {"edit_date": int(self.clock())}

    def edit_message_reply_markup(self, chat_id: int = 0, message_id: int = 0, reply_markup: Json | None = None) -> Json:
        chat = self._chat(chat_id)
        shown = self._editable(chat, message_id)
        _check_markup(reply_markup, inline_only=True)
        if (reply_markup or None) == (shown.markup or None):
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message",
            )
        shown.markup = reply_markup
        return self._message(chat, shown)

    @staticmethod
    def _editable(chat: Chat, message_id: int) -> Shown:
        shown = chat.messages.get(int(message_id))
        if shown is None:
            raise Refused(400, "Bad Request: message to edit not found")
        if not shown.own or (shown.markup is not None and "inline_keyboard" not in shown.markup):
            raise Refused(400, "Bad Request: message can't be edited")
        return shown

    def answer_callback_query(self, callback_query_id: str, text: str = "", show_alert: bool = False, cache_time: int = 0) -> bool:
        if callback_query_id not in self.waiting:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if len(text) > 200:
            raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
        self.waiting.discard(callback_query_id)
        return True

    def delete_message(self, chat_id: int, message_id: int) -> bool:
        chat = self._chat(chat_id)
        shown = chat.messages.get(int(message_id))
        if shown is None:
            raise Refused(400, "Bad Request: message to delete not found")
        self._deletable(shown)
        self._remove(chat, shown)
        return True

    def delete_messages(self, chat_id: int, message_ids: list[int]) -> bool:
        chat = self._chat(chat_id)
        if not 1 <= len(message_ids) <= 100:
            raise Refused(400, "Bad Request: there must be from 1 to 100 message identifiers")
        found = [chat.messages[one] for one in message_ids if one in chat.messages]
        for shown in found:
            self._deletable(shown)
        for shown in found:
            self._remove(chat, shown)
        return True

    def _deletable(self, shown: Shown) -> None:
        if self.clock() - shown.date > TWO_DAYS:
            raise Refused(400, "Bad Request: message can't be deleted for everyone")

    @staticmethod
    def _remove(chat: Chat, shown: Shown) -> None:
        del chat.messages[shown.id]
        chat.events.append(("deleted", shown.id, shown.text))
        if chat.keyboard == shown.id:
            chat.keyboard = 0

    def leave_chat(self, chat_id: int) -> bool:
        if int(chat_id) > 0:
            raise Refused(400, "Bad Request: chat not found")
        self.left.append(int(chat_id))
        return True

    def send_chat_action(self, chat_id: int, action: str) -> bool:
        self._chat(chat_id)
        return True

    def set_webhook(
        self,
        url: str,
        secret_token: str = "",
        allowed_updates: list[str] | None = None,
        drop_pending_updates: bool = False,
        max_connections: int = 40,
    ) -> bool:
        parts = urlsplit(url)
        if url and parts.scheme != "https" and parts.hostname != "127.0.0.1":
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if secret_token and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret_token):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        if not 1 <= max_connections <= 100:
            raise Refused(400, "Bad Request: max_connections must be 1 to 100")
        if drop_pending_updates:
            self.unconfirmed.clear()
        self.webhook = {"url": url, "secret": secret_token, "allowed": allowed_updates, "max_connections": max_connections}
        return True

    def delete_webhook(self, drop_pending_updates: bool = False) -> bool:
        if drop_pending_updates:
            self.unconfirmed.clear()
        self.webhook = {}
        return True

    def get_webhook_info(self) -> Json:
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.unconfirmed),
            "allowed_updates": self.webhook.get("allowed") or [],
            **({"last_error_date": self.failed_at, "last_error_message": "Wrong response"} if self.failed_at else {}),
        }

    async def get_updates(
        self, offset: int = 0, limit: int = 100, timeout: int = 0, allowed_updates: list[str] | None = None
    ) -> list[Json]:
        if self.webhook.get("url"):
            raise Refused(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        if offset < 0:
            offset = self.unconfirmed[max(0, len(self.unconfirmed) + offset)]["update_id"] if self.unconfirmed else 0
        while self.unconfirmed and self.unconfirmed[0]["update_id"] < offset:
            self.unconfirmed.popleft()
        if not self.unconfirmed and timeout:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(timeout, 0.3))
        return [u for u in self.unconfirmed if not allowed_updates or set(u) & set(allowed_updates)][:limit]

    def set_my_commands(self, commands: list[Json], scope: Json | None = None, language_code: str = "") -> bool:
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.profile["commands", language_code] = commands
        return True

    def get_my_commands(self, scope: Json | None = None, language_code: str = "") -> list[Json]:
        return self.profile.get(("commands", language_code), [])

    def _setter(what: str, limit: int) -> Callable[..., bool]:  # type: ignore[misc]
        def put(self: BotApi, language_code: str = "", **given: str) -> bool:
            text = given.get(what, "")
            if len(text) > limit:
                raise Refused(400, f"Bad Request: {what} is too long")
            self.profile[what, language_code] = text
            return True

        return put

    def _getter(what: str) -> Callable[..., Json]:  # type: ignore[misc]
        return lambda self, language_code="": {what: self.profile.get((what, language_code), "")}

    set_my_description, get_my_description = _setter("description", 512), _getter("description")
    set_my_short_description, get_my_short_description = _setter("short_description", 120), _getter("short_description")
    set_my_name, get_my_name = _setter("name", 64), _getter("name")

    def get_file(self, file_id: str) -> Json:
        raise Refused(400, "Bad Request: fake: files are not for downloading")

    # -- updates

    def _id(self) -> int:
        self._next_message += 1
        return self._next_message

    def _message(self, chat: Chat, shown: Shown) -> Json:
        sender = self.get_me() if shown.own else _person(chat)
        body: Json = {
            "message_id": shown.id,
            "from": {k: v for k, v in sender.items() if not k.startswith(("can_", "supports"))},
            "chat": _chat_json(chat),
            "date": shown.date,
            "text": shown.text,
        }
        if shown.markup and "inline_keyboard" in shown.markup:
            body["reply_markup"] = shown.markup
        return body

    def update(self, kind: str, body: Json) -> Json:
        self._next_update += 1
        return {"update_id": self._next_update, kind: body}

    def incoming(self, chat: Chat, **content: Any) -> Json:
        """A message of the person, put into the chat; ``content`` is what makes it a text, a voice note …"""
        shown = Shown(self._id(), False, int(self.clock()), content.get("text", ""))
        chat.messages[shown.id] = shown
        return {"message_id": shown.id, "from": _person(chat), "chat": _chat_json(chat), "date": shown.date, **content}

    def press(self, chat: Chat, button: Json, message: Shown, *, reachable: bool = True) -> Json:
        """The person presses ``button`` of ``message``."""
        query = f"{chat.id}{self._next_update}"
        self.waiting.add(query)
        carried = self._message(chat, message) if reachable else {"message_id": message.id, "chat": _chat_json(chat), "date": 0}
        return self.update(
            "callback_query",
            {"id": query, "from": _person(chat), "message": carried, "chat_instance": "-42", "data": button["callback_data"]},
        )

    def wants(self, update: Json) -> bool:
        allowed = self.webhook.get("allowed")
        return not allowed or bool(set(update) & set(allowed))

    async def deliver(self, update: Json, *, headers: dict[str, str] | None = None, in_turn: bool = True) -> Delivery:
        """Deliver one update to the webhook, again and again until it is accepted, and carry out what its body asks for.
        ``headers`` replaces the secret header, ``in_turn=False`` does not wait for the chat's earlier updates."""
        delivery = Delivery(update)
        if not self.wants(update):
            return delivery
        body = next(value for key, value in update.items() if key != "update_id")
        chat = body.get("chat") or body.get("message", {}).get("chat", {"id": 0})
        async with self._locks[chat["id"]] if in_turn else contextlib.AsyncExitStack():
            for attempt in range(self.attempts):
                if attempt:
                    await asyncio.sleep(0.01)
                await self.post(json.dumps(update).encode(), delivery, headers)
                if 200 <= delivery.status < 300 or headers is not None:
                    break
        return delivery

    async def post(self, body: bytes, delivery: Delivery, headers: dict[str, str] | None = None) -> None:
        assert self._http is not None
        if headers is None:
            headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret"]} if self.webhook["secret"] else {}
        headers = {"Content-Type": "application/json", **headers}
        async with self._http.post(self.webhook["url"], data=body, headers=headers) as answer:
            content = await answer.read()
            delivery.statuses.append(answer.status)
            delivery.bodies.append(content)
            if not 200 <= answer.status < 300:
                self.failed_at = int(self.clock())
            if not 200 <= answer.status < 300 or not answer.headers.get("content-type", "").startswith("application/json"):
                return
        parameters = json.loads(content)
        method = parameters.pop("method")
        try:
            await self._call(method, parameters)
        except Refused as no:
            self.body_errors.append((method, no.description))

    def queue(self, update: Json) -> None:
        """Keep an update for ``getUpdates``."""
        self.unconfirmed.append(update)
        self._news.set()


def _parameters_of(text: str) -> Json:
    found: Json = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        try:
            found[key] = value if key in ("text", "description", "short_description") else json.loads(value)
        except ValueError:
            found[key] = value
    return found


async def _parameters(request: Request) -> Json:
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        return dict(json.loads(body or b"{}"))
    return _parameters_of(body.decode()) | _parameters_of(request.url.query)


def _person(chat: Chat) -> Json:
    return {
        "id": chat.id,
        "is_bot": False,
        "first_name": "canary-first",
        "last_name": "canary-last",
        "username": "canary_username",
        "language_code": chat.language,
    }


def _chat_json(chat: Chat) -> Json:
    return {
        "id": chat.id,
        "first_name": "canary-first",
        "last_name": "canary-last",
        "username": "canary_username",
        "type": "private",
    }


def _check_text(text: Any) -> None:
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if len(text) > 4096:
        raise Refused(400, "Bad Request: message is too long")


def _check_markup(markup: Any, *, inline_only: bool = False) -> None:
    if markup is None:
        return
    if not isinstance(markup, dict):
        raise Refused(400, "Bad Request: object expected as reply markup")
    if "inline_keyboard" in markup:
        for row in markup["inline_keyboard"]:
            if not row:
                raise Refused(400, "Bad Request: fake: empty row of buttons")
            for button in row:
                if not button.get("text"):
                    raise Refused(400, "Bad Request: inline keyboard button text is empty")
                if set(button) - {"text", "callback_data"}:
                    raise Refused(400, "Bad Request: fake: only buttons with callback data are expected")
                if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
                    raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        return
    if inline_only:
        raise Refused(400, "Bad Request: inline keyboard expected")
    if "keyboard" in markup:
        if set(markup) - {"keyboard", "resize_keyboard", "one_time_keyboard", "is_persistent", "selective"}:
            raise Refused(400, "Bad Request: fake: unknown field of a keyboard")
        if not any(button.get("text") for row in markup["keyboard"] for button in row):
            raise Refused(400, "Bad Request: keyboard button text is empty")
        return
    if markup.get("remove_keyboard") is not True:
        raise Refused(400, "Bad Request: can't parse reply keyboard markup JSON object")


Kind = Literal[
    "voice",
    "audio",
    "video_note",
    "photo",
    "video",
    "animation",
    "document",
    "sticker",
    "contact",
    "live",
    "venue",
    "poll",
    "dice",
    "game",
    "story",
    "unheard_of",
    "pinned",
    "timer",
    "photo_with_caption",
    "forwarded",
]

_FILE = {"file_id": "AgACfile", "file_unique_id": "u1", "file_size": 1000}
CONTENT: dict[str, Json] = {
    "voice": {"voice": {**_FILE, "duration": 4, "mime_type": "audio/ogg"}},
    "audio": {"audio": {**_FILE, "duration": 4, "title": "canary-first"}},
    "video_note": {"video_note": {**_FILE, "duration": 4, "length": 240}},
    "photo": {"photo": [{**_FILE, "width": 90, "height": 90}, {**_FILE, "width": 900, "height": 900}]},
    "video": {"video": {**_FILE, "width": 9, "height": 9, "duration": 4}},
    "animation": {"animation": {**_FILE, "width": 9, "height": 9, "duration": 4}, "document": {**_FILE}},
    "document": {"document": {**_FILE, "file_name": "canary-first.pdf"}},
    "sticker": {"sticker": {**_FILE, "width": 9, "height": 9, "is_animated": False, "is_video": False, "type": "regular"}},
    "contact": {"contact": {"phone_number": "+15550100777", "first_name": "canary-contact", "user_id": 4242}},
    "live": {"location": {"latitude": 14.9, "longitude": -92.26, "live_period": 900}},
    "venue": {
        "venue": {"location": {"latitude": 14.9, "longitude": -92.26}, "title": "canary-first", "address": "canary-last"},
        "location": {"latitude": 14.9, "longitude": -92.26},
    },
    "poll": {
        "poll": {
            "id": "1",
            "question": "?",
            "options": [{"text": "a", "voter_count": 0, "persistent_id": "0"}],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": False,
            "members_only": False,
        }
    },
    "dice": {"dice": {"emoji": "🎲", "value": 3}},
    "game": {"game": {"title": "t", "description": "d", "photo": []}},
    "story": {"story": {"id": 1, "chat": {"id": 5, "type": "private"}}},
    "unheard_of": {"hologram_of_2031": {"depth": [1, {"a": None}]}},
    "pinned": {"pinned_message": {"message_id": 1, "date": 0, "chat": {"id": 5, "type": "private"}}},
    "timer": {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
    "photo_with_caption": {"photo": [{**_FILE, "width": 90, "height": 90}], "caption": "caption-words"},
    "forwarded": {
        "text": "forwarded-words",
        "forward_origin": {"type": "hidden_user", "sender_user_name": "canary-contact", "date": 1},
    },
}
"""What makes a message of each kind, in the shape of the real API."""

_MARKUP = ("reply_markup", "parse_mode", "link_preview_options")
METHODS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "getMe": (BotApi.get_me, ()),
    "sendMessage": (BotApi.send_message, ("chat_id", "text", "disable_notification", "protect_content", *_MARKUP)),
    "editMessageText": (BotApi.edit_message_text, ("chat_id", "message_id", "text", *_MARKUP)),
    "editMessageReplyMarkup": (BotApi.edit_message_reply_markup, ("chat_id", "message_id", "reply_markup")),
    "answerCallbackQuery": (BotApi.answer_callback_query, ("callback_query_id", "text", "show_alert", "cache_time")),
    "deleteMessage": (BotApi.delete_message, ("chat_id", "message_id")),
    "deleteMessages": (BotApi.delete_messages, ("chat_id", "message_ids")),
    "leaveChat": (BotApi.leave_chat, ("chat_id",)),
    "sendChatAction": (BotApi.send_chat_action, ("chat_id", "action")),
    "setWebhook": (BotApi.set_webhook, ("url", "secret_token", "allowed_updates", "drop_pending_updates", "max_connections")),
    "deleteWebhook": (BotApi.delete_webhook, ("drop_pending_updates",)),
    "getWebhookInfo": (BotApi.get_webhook_info, ()),
    "getUpdates": (BotApi.get_updates, ("offset", "limit", "timeout", "allowed_updates")),
    "setMyCommands": (BotApi.set_my_commands, ("commands", "scope", "language_code")),
    "getMyCommands": (BotApi.get_my_commands, ("scope", "language_code")),
    "setMyDescription": (BotApi.set_my_description, ("description", "language_code")),
    "getMyDescription": (BotApi.get_my_description, ("language_code",)),
    "setMyShortDescription": (BotApi.set_my_short_description, ("short_description", "language_code")),
    "getMyShortDescription": (BotApi.get_my_short_description, ("language_code",)),
    "setMyName": (BotApi.set_my_name, ("name", "language_code")),
    "getMyName": (BotApi.get_my_name, ("language_code",)),
    "getFile": (BotApi.get_file, ("file_id",)),
}
