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
when the store is down, and after any other fault: Telegram delivers again. At the ``PATIENCE_TIMES``-th time the update is
given up with ``last_words``: else one bad update would lock a person out, and whoever wrote to a store that stays away would
read nothing, and then hours later an answer that lights the phone up. Leaving is never given up: it sends nothing.

A pressed button is answered in the body of the response: its message is edited in place. That gives no error back, and
loses nothing: "not modified" means that the right screen stands there; a message that cannot be edited is known before
(inaccessible, or near the 48 hours after which it could no longer be deleted on leaving) and a new one is sent instead.
Typed messages are answered by a call, because the new message's id is needed for deletion.

A message carries either inline buttons or a keyboard, and one that carries a keyboard cannot be edited any more. So the
button that shares a location comes in a message of its own, the *prompt*; its id travels in the inline buttons of the
screen (``turn:ordinal:prompt``) and, under a digest of the chat, is remembered for a while. When the person moves on the
prompt is deleted, which takes the keyboard away in Telegram's apps.

Every message is plain text, silent (it answers somebody who is looking), without link preview. ``protect_content`` is not
used: a person must be able to pass an address on, and it protects nobody from whoever holds the phone.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import os
import re
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from telegram.error import Conflict, RetryAfter, TelegramError

from bot import logs
from bot.channels.telegram_client import Bodies, Client, Edit, Profile, Undeliverable, fits, keyboard, split
from bot.channels.telegram_updates import Callback, Update, chat_of, decode, inbound, lang_of, sender_of
from bot.channels.telegram_updates import Message as Written
from bot.exchange import CannotStart, Handle, Inbound, Message, NotLeft, Person, Press, StoreDown
from flows.facts import Traits

__all__ = ["TRAITS", "Profile", "Telegram", "faults", "webhook_url"]

TRAITS: Final = Traits("telegram", form="chat", buttons=True, location=True, edits=True, forgets=True)

BODY_LIMIT: Final = 1 << 20
EDIT_WITHIN: Final = 47 * 3600
"""Older messages are not edited: what is put into them could soon not be deleted any more."""
PATIENCE_TIMES: Final = 5
"""How often one update may fail before it is given up."""
KEEP_SECONDS: Final = 1200
"""What is remembered about a chat or an album between two updates is forgotten after this, although nobody asks."""
KEEP_FAILURES_SECONDS: Final = 6 * 3600
"""Telegram may come back with a failed update after hours."""

FAILED_WITHIN: Final = 3600
"""Seconds for which a failed delivery is worth a word of the doctor."""
MOST_WAITING: Final = 100

_INSIDE: Final = ("member", "administrator", "restricted")
_DATA = re.compile(r"([0-9]{1,9}):([0-9]{1,3})(?::([0-9]{1,12}))?\Z")


class _Vault(Protocol):
    def address(self, channel: str, value: str) -> Any: ...

    def person(self, address: Any) -> Person: ...


class _Leftovers(Protocol):
    async def add(self, person: Any, ids: Sequence[int]) -> None: ...

    async def take(self, person: Any) -> list[int]: ...


class _NotDeletedYet(Exception):
    """The person left, and not everything could be deleted. The update must come again; nothing may be said."""


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
        self._client = Client(token, api_url)
        self._bodies = Bodies()
        self._tasks: set[asyncio.Task[None]] = set()
        self._albums = _Brief(KEEP_SECONDS, clock)
        self._failures = _Brief(KEEP_FAILURES_SECONDS, clock)
        self._prompts = _Brief(KEEP_SECONDS, clock)
        self._salt = os.urandom(32)

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
            update = decode(body)
        except msgspec.DecodeError:
            logs.event("update_dropped", channel="telegram", outcome="unreadable")
            return await _respond(send, 200)
        try:
            wanted = await self.process(update)
        except Exception as fault:
            return await _respond(send, 200 if await self._failed(update, fault) else 503)
        return await _respond(send, 200, self._bodies.body(wanted) if wanted is not None else b"")

    async def _failed(self, update: Update, fault: Exception) -> bool:
        """Count a fault. True when the update is to be given up; the person then got the last words, unless they left."""
        count = self._failures.pop(update.update_id) + 1
        given_up = count >= PATIENCE_TIMES and not isinstance(fault, NotLeft)
        if isinstance(fault, StoreDown):
            outcome = "store_down_for_long" if given_up else "store_down"
            logs.event("update_put_off", channel="telegram", outcome=outcome, level=logging.WARNING)
        else:
            logs.failure("turn_failed", fault, channel="telegram", outcome="given_up" if given_up else "put_off", count=count)
        if not given_up:
            self._failures.put(update.update_id, count)
            return False
        text = self._last_words.get(lang_of(sender_of(update)), next(iter(self._last_words.values()), ""))
        chat = chat_of(update)
        if text and chat is not None and chat.type == "private" and not isinstance(fault, _NotDeletedYet):
            try:
                await self._client.send(chat.id, text)
            except (TelegramError, Undeliverable):
                logs.event("last_words_lost", channel="telegram", level=logging.ERROR)
        return True

    # -- one update

    async def process(self, update: Update) -> Edit | None:
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
            self._spawn(self._client.leave(change.chat.id))
        return None

    async def _pressed(self, update_id: int, query: Callback) -> Edit | None:
        shown = query.message
        if query.sender.is_bot or shown is None or shown.chat.type != "private":
            self._client.acknowledge(query.id)
            if shown is not None and shown.chat.type != "private":
                self._spawn(self._client.leave(shown.chat.id))
            return None
        chat = shown.chat.id
        data = _DATA.match(query.data)
        press = Press(int(data[1]), int(data[2])) if data else Press(-1, 0)
        prompt = int(data[3] or 0) if data else 0
        person = self._person(chat)
        reply = await self._handle(Inbound(person, TRAITS, str(update_id), press=press, lang_hint=lang_of(query.sender)))
        self._client.acknowledge(query.id)
        if reply.forget:
            await self._forget(person, chat, (shown.message_id, prompt))
        message = reply.message
        if message is None:
            return None
        up = 0
        if message.location_label or prompt or self._prompts:
            up = await self._keep_prompt(person, chat, prompt, message)
        young = shown.date > 0 and self._clock() - shown.date < EDIT_WITHIN
        if reply.edit and young and fits(message.text):
            return Edit(chat, shown.message_id, message, up)
        await self._send(person, chat, message, up, ())
        return None

    async def _wrote(self, update_id: int, written: Written, *, edited: bool) -> None:
        chat = written.chat.id
        if written.chat.type != "private":
            self._spawn(self._client.leave(chat))
            return
        if written.sender is None or written.sender.is_bot:
            return
        person = self._person(chat)
        if written.media_group_id and not edited:
            album = self._digest(written.media_group_id)
            first = self._albums.get(album)
            if not first:
                self._albums.put(album, update_id)
            elif first != update_id:
                await self._leave_behind(person, (written.message_id,))
                return
        said = inbound(update_id, person, TRAITS, written, edited=edited)
        if said is None:
            return
        reply = await self._handle(said)
        replied = written.reply_to_message
        prompt = replied.message_id if replied is not None and written.location is not None else 0
        if reply.forget:
            await self._forget(person, chat, (written.message_id, prompt))
        elif reply.message is not None:
            up = await self._keep_prompt(person, chat, prompt, reply.message)
            await self._send(person, chat, reply.message, up, (written.message_id,))

    def _digest(self, named: int | str) -> bytes:
        """Under this a chat or an album is remembered until it is swept. Only who holds this process could try numbers on it."""
        return hashlib.blake2b(str(named).encode(), key=self._salt, digest_size=16).digest()

    def _person(self, chat: int) -> Person:
        return self._vault.person(self._vault.address("telegram", str(chat)))

    # -- sending

    async def _send(self, person: Person, chat: int, message: Message, up: int, incoming: tuple[int, ...]) -> None:
        """Send a screen as new messages and remember all ids for deletion."""
        sent: list[int] = []
        parts = split(message.text)
        try:
            for part in parts[:-1]:
                sent.append(await self._client.send(chat, part))
            sent.append(await self._client.send(chat, parts[-1], keyboard(message, up)))
        except Undeliverable:
            logs.event("answer_lost", channel="telegram", outcome="blocked")
        finally:
            await self._leave_behind(person, (*incoming, *sent))

    async def _keep_prompt(self, person: Person, chat: int, known: int, message: Message) -> int:
        """Put the message with the location keyboard there or take it away. Gives its id, or 0 where there is none now."""
        here = self._digest(chat)
        remembered = self._prompts.pop(here)
        known = known or remembered
        if message.location_label:
            if not known:
                try:
                    known = await self._client.send_prompt(chat, message.location_label)
                except Undeliverable:
                    return 0
                await self._leave_behind(person, (known,))
            self._prompts.put(here, known)
            return known
        if known:
            self._spawn(self._drop(chat, known))
        return 0

    async def _drop(self, chat: int, prompt: int) -> None:
        await self._client.delete(chat, (prompt,))

    # -- leaving

    async def _forget(self, person: Person, chat: int, ids: Iterable[int]) -> None:
        """Delete what can be deleted of this conversation; nothing is sent. What Telegram did not do is kept for the redelivery
        that the error brings about."""
        wanted = {*ids, self._prompts.pop(self._digest(chat))} - {0}
        try:
            wanted |= set(await self._leftovers.take(person))
        except StoreDown:
            await self._client.delete(chat, wanted)
            raise NotLeft("what is left to delete is not known now") from None
        if later := await self._client.delete(chat, wanted):
            await self._leave_behind(person, later)
            raise _NotDeletedYet("messages are left to delete")

    async def _leave_behind(self, person: Person, ids: Sequence[int]) -> None:
        """Remember ids of messages for leaving. The answer is already out, so a store that is down changes nothing."""
        if not ids:
            return
        try:
            await self._leftovers.add(person, ids)
        except StoreDown:
            logs.event("leftovers_lost", channel="telegram", outcome="store_down", level=logging.WARNING)

    # -- polling

    async def poll(self, *, seconds: int = 30) -> None:
        """Ask for updates until cancelled. Each person's updates are answered in their order, different persons' side by side;
        an update is confirmed to Telegram only after its answer. Raises CannotStart when the token is wrong."""
        offset: int | None = None
        pause, ready = 1.0, False
        while True:
            try:
                if not ready:
                    await self._client.deliver_to("", "", 1)
                    ready = True
                batch = await self._client.updates(offset, seconds)
                pause = 1.0
            except TelegramError as error:
                if isinstance(error, Conflict):
                    # Somebody else polls, or set a webhook in the meantime: two programs must not fight over a bot.
                    logs.event("polling_conflict", channel="telegram", level=logging.ERROR)
                else:
                    logs.failure("polling_failed", error, channel="telegram", level=logging.WARNING)
                await asyncio.sleep(error._retry_after.total_seconds() if isinstance(error, RetryAfter) else pause)
                pause = min(pause * 2, 60.0)
                continue
            lines: dict[int, list[Update]] = {}
            for _, update in batch:
                if update is None:
                    logs.event("update_dropped", channel="telegram", outcome="unreadable")
                else:
                    chat = chat_of(update)
                    lines.setdefault(chat.id if chat else 0, []).append(update)
            await asyncio.gather(*(self._one_after_another(line) for line in lines.values()))
            if batch:
                offset = batch[-1][0] + 1

    async def _one_after_another(self, updates: list[Update]) -> None:
        for update in updates:
            pause = 0.5
            while True:
                try:
                    wanted = await self.process(update)
                    if wanted is not None:
                        await self._edit(wanted)
                    break
                except Exception as fault:
                    if await self._failed(update, fault):
                        break
                await asyncio.sleep(pause)
                pause = min(pause * 2, 30.0)

    async def _edit(self, wanted: Edit) -> None:
        """Make an edit by a call, where there is no response body to put it in."""
        try:
            sent = await self._client.edit(wanted)
        except Undeliverable:
            return
        if sent:
            await self._leave_behind(self._person(wanted.chat), (sent,))

    # -- set-up and end

    async def register(self, url: str, profiles: Mapping[str, Profile] | None = None, *, max_connections: int = 64) -> None:
        """Tell Telegram where to deliver (``url``, empty: nowhere, for polling) and what to show about the bot.

        ``profiles`` maps languages to texts; the first one is also the default for all other languages. Only what differs
        from what Telegram already has is written. Raises CannotStart when Telegram refuses or cannot be reached."""
        if url and not self._secret:
            raise CannotStart("TELEGRAM_SECRET is empty: a webhook without a secret would take forged messages")
        try:
            await self._client.deliver_to(url, self._secret.decode(), max_connections)
            for number, (lang, profile) in enumerate((profiles or {}).items()):
                if number == 0:
                    await self._client.show(None, profile)
                await self._client.show(lang, profile)
        except TelegramError as error:
            raise CannotStart(
                f"Telegram could not be told where to deliver ({type(error).__name__}): see that it can be reached from here, "
                "and start again."
            ) from None

    async def settle(self) -> None:
        """Wait for what runs beside the answers: acknowledged buttons, deleted prompts, groups that are left."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.settle()

    async def aclose(self) -> None:
        """Finish what is under way, at most five seconds each, and close all connections."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        for brief in (self._albums, self._failures, self._prompts):
            brief.clear()
        await self._client.aclose()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def webhook_url(public_url: str) -> str:
    """The address that Telegram is told; empty where there is no public one, which means polling."""
    return f"{public_url.rstrip('/')}/telegram" if public_url else ""


async def faults(token: str, url: str, api_url: str = "", clock: Callable[[], float] = time.time) -> list[str]:
    """What is wrong with how Telegram delivers to us, for the doctor, one sentence each. ``url`` as ``webhook_url`` gives it.

    Changes nothing at Telegram. Raises TelegramError where it cannot be asked. No sentence holds an address or a token.
    """
    client = Client(token, api_url)
    try:
        known = await client.delivery()
    except CannotStart as refused:
        return [f"{refused}."]
    finally:
        await client.aclose()
    if known.url != url:
        if not url:
            return ["Telegram still delivers to a webhook, though PUBLIC_URL is empty: start python -m bot work, which ends that."]
        if not known.url:
            return ["Telegram has no webhook for this bot yet, so it delivers nothing: start python -m bot serve, which sets it."]
        return [
            "Telegram delivers this bot's messages to another address than PUBLIC_URL: start python -m bot serve once more, and "
            "see that no other program has the token."
        ]
    found = []
    if url and not known.complete:
        found.append("Telegram does not deliver every kind of message that is read here: start python -m bot serve once more.")
    if url and clock() - known.failed_at < FAILED_WITHIN:
        found.append("Within the last hour Telegram could not deliver a message: see that PUBLIC_URL leads here and is well.")
    if known.waiting > MOST_WAITING:
        found.append(
            f"{known.waiting} messages wait at Telegram for an answer: see that web processes, or the worker, are running."
        )
    return found


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


class _Brief:
    """Numbers that are remembered for ``seconds``, ``most`` at once, and then forgotten although nobody asks. 0 is nothing."""

    SWEEP_SECONDS = 30.0

    def __init__(self, seconds: float, clock: Callable[[], float], most: int = 4096) -> None:
        self._seconds, self._clock, self._most = seconds, clock, most
        self._held: dict[bytes | int, tuple[int, float]] = {}  # oldest first
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: bytes | int) -> int:
        number, ends = self._held.get(key, (0, 0.0))
        return number if ends > self._clock() else 0

    def pop(self, key: bytes | int) -> int:
        number = self.get(key)
        self._held.pop(key, None)
        return number

    def put(self, key: bytes | int, number: int) -> None:
        self._held.pop(key, None)
        self._held[key] = number, self._clock() + self._seconds
        if len(self._held) > self._most:
            del self._held[next(iter(self._held))]
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.SWEEP_SECONDS, self._sweep)

    def clear(self) -> None:
        self._held.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sweep(self) -> None:
        self._timer = None
        now = self._clock()
        self._held = {key: kept for key, kept in self._held.items() if kept[1] > now}
        if self._held:
            self._timer = asyncio.get_running_loop().call_later(self.SWEEP_SECONDS, self._sweep)
