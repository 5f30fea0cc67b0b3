"""The driver of the channel contract for Telegram: the fake Bot API plays Telegram and the person's phone.

Here belong the acts of a person on Telegram as updates. Never here: cases of the contract.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.channels.telegram import TRAITS, Telegram
from bot.channels.telegram_updates import ALLOWED
from tests.bot.channels.contract import KINDS, Kind, Open, Seen, World, position
from tests.fakes.bot_api import CONTENT, TOKEN, BotApi, Chat, Delivery, Shown, hosted

SECRET = "canary-secret_0123456789"
_ids = itertools.count(7_100_000_001)
_AS = {
    "voice": "voice",
    "picture": "photo",
    "file": "document",
    "contact": "contact",
    "sticker": "sticker",
    "live": "live",
    "other": "dice",
}


class TelegramDriver:
    name = "telegram"
    traits = TRAITS
    kinds = KINDS
    can_share = True

    def __init__(self, api: BotApi, telegram: Telegram, language: str = "es") -> None:
        self.api = api
        self.telegram = telegram
        self.chat = Chat(next(_ids), language)
        api.chats[self.chat.id] = self.chat
        self.last: dict[str, Any] = {}
        self.shown: Shown | None = None

    # -- acts

    async def says(self, text: str) -> Seen:
        seen = Seen()
        for at in range(0, max(len(text), 1), 4096):
            seen = _plus(seen, await self.does("message", text=text[at : at + 4096]))
        return seen

    async def presses(self, what: str | int) -> Seen:
        shown = self.present
        assert shown is not None, "there is nothing to press yet"
        buttons = shown.buttons
        button = buttons[position([b["text"] for b in buttons], what)]
        return await self.delivered(self.api.press(self.chat, button, shown))

    async def shares(self, lat: float, lon: float) -> Seen:
        return await self.does("message", location={"latitude": lat, "longitude": lon})

    async def sends(self, kind: Kind) -> Seen:
        if kind == "edited":
            written = next((m for m in reversed(self.chat.messages.values()) if not m.own), None)
            body = self.api.incoming(self.chat, text="edited words")
            if written is not None:
                del self.chat.messages[body["message_id"]]
                body["message_id"] = written.id
            return await self.delivered(self.api.update("edited_message", body | {"edit_date": body["date"]}))
        return await self.does("message", **CONTENT[_AS[kind]])

    async def at_once(self, *texts: str) -> Seen:
        mark = len(self.chat.events)
        updates = [self.api.update("message", self.api.incoming(self.chat, text=text)) for text in texts]
        deliveries = await asyncio.gather(*(self.api.deliver(update, in_turn=False) for update in updates))
        self.last = updates[-1]
        return await self._seen(mark, max(d.status for d in deliveries))

    async def redelivers(self) -> Seen:
        return await self.delivered(self.last)

    async def forges(self) -> Seen:
        mark = len(self.chat.events)
        forged = self.api.update("message", self.api.incoming(self.chat, text="9"))
        self.chat.messages.popitem()  # nothing of it ever was in this person's chat
        statuses = []
        for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": SECRET[:-1] + "x"}):
            statuses.append((await self.api.deliver(forged, headers=headers)).status)
        return await self._seen(mark, min(statuses))

    # -- what comes of them

    async def does(self, kind: str, **content: Any) -> Seen:
        return await self.delivered(self.api.update(kind, self.api.incoming(self.chat, **content)))

    async def delivered(self, update: dict[str, Any]) -> Seen:
        mark = len(self.chat.events)
        self.last = update
        delivery: Delivery = await self.api.deliver(update)
        return await self._seen(mark, delivery.status)

    async def _seen(self, mark: int, status: int) -> Seen:
        await self.telegram.settle()
        events = self.chat.events[mark:]
        for what, ident, _ in events:
            shown = self.chat.messages.get(ident)
            if what != "deleted" and shown is not None and shown.buttons:
                self.shown = shown
        present = self.present
        return Seen(
            [text for what, _, text in events if what != "deleted"],
            [button["text"] for button in present.buttons] if present else [],
            status,
            sum(what == "deleted" for what, _, _ in events),
            sum(what in ("edited", "same") for what, _, _ in events),
        )

    @property
    def present(self) -> Shown | None:
        """The message with buttons that was sent or edited last and still stands there."""
        if self.shown is not None and self.shown.id in self.chat.messages:
            return self.shown
        return None

    @property
    def outbound(self) -> int:
        return sum(what != "deleted" for what, _, _ in self.chat.events)

    @property
    def downloads(self) -> int:
        return self.api.downloads


def _plus(one: Seen, other: Seen) -> Seen:
    return Seen(
        [*one.texts, *other.texts],
        other.buttons,
        max(one.status, other.status),
        one.deleted + other.deleted,
        one.edited + other.edited,
    )


@asynccontextmanager
async def opened(world: Any, api: BotApi | None = None, **more: Any) -> AsyncIterator[TelegramDriver]:
    """An adapter over ``world`` behind real HTTP, and a person who never wrote before."""
    api = api or BotApi(world.clock)
    async with api.running() as url:
        telegram = Telegram(TOKEN, SECRET, world.handle, world.vault, world.leftovers, url, clock=world.clock, **more)
        async with hosted(telegram) as address:
            api.webhook = {"url": f"{address}/telegram", "secret": SECRET, "allowed": list(ALLOWED)}
            try:
                yield TelegramDriver(api, telegram)
            finally:
                await telegram.aclose()


@asynccontextmanager
async def _open(world: World) -> AsyncIterator[TelegramDriver]:
    async with opened(world) as driver:
        yield driver


DRIVERS: dict[str, Open] = {"telegram": _open}
