"""Drivers for SMS and WhatsApp: a telephone at the fake Twilio, and the adapter behind a proxy as in production.

Here belongs what a person can do on these channels. Never here: cases (``test_contract``), Twilio's own promises
(``tests.fakes.twilio_api``, ``test_twilio``).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal

from bot.channels.twilio import FALLBACK_PATH, SMS, SMS_PATH, WHATSAPP, WHATSAPP_PATH, Twilio
from flows.facts import Traits
from tests.bot.channels.contract import Driver, Kind, Open, Seen, World
from tests.fakes.twilio_api import ACCOUNT, TOKEN, Delivery, FakeTwilio, Phone, RestApi
from tests.servers import serving

PUBLIC = "https://faro.example.org"

#: (content type, body, WhatsApp's MessageType) of one message of each kind.
FILES: dict[Kind, tuple[str, str, str]] = {
    "voice": ("audio/ogg", "", "audio"),
    "picture": ("image/jpeg", "", "image"),
    "file": ("application/pdf", "a form.pdf", "document"),
    "contact": ("text/vcard", "", "contacts"),
    "sticker": ("image/webp", "", "sticker"),
}


class TwilioDriver:
    """One person with one telephone. Without buttons: a press is a typed digit."""

    def __init__(self, name: str, traits: Traits, phone: Phone, rest: RestApi) -> None:
        self.name, self.traits, self.phone, self._rest = name, traits, phone, rest
        self._outbound = 0

    async def says(self, text: str) -> Seen:
        parts = [text[start : start + 1600] for start in range(0, len(text), 1600)] or [""]
        return _joined([self._seen(await self.phone.says(part)) for part in parts])

    async def presses(self, what: str | int) -> Seen:
        return await self.says(str(what))

    async def shares(self, lat: float, lon: float) -> Seen:
        return self._seen(await self.phone.shares(lat, lon))

    async def sends(self, kind: Kind) -> Seen:
        if kind == "other":
            return self._seen(await self.phone.says("", MessageType="unsupported"))
        content_type, body, message_type = FILES[kind]
        return self._seen(await self.phone.sends_file(content_type, body, message_type))

    async def at_once(self, *texts: str) -> Seen:
        return _joined([self._seen(each) for each in await asyncio.gather(*(self.phone.says(text) for text in texts))])

    async def redelivers(self) -> Seen:
        return self._seen(await self.phone.redelivers())

    async def forges(self) -> Seen:
        twilio, fields = self.phone.twilio, self.phone.fields("1")
        deliveries = [await twilio.deliver(fields, sign=sign) for sign in ("", "d3JvbmcgYnV0IHdlbGwgZm9ybWVkISE=")]
        seen = _joined([self._seen(each) for each in deliveries])
        seen.status = min(each.status for each in deliveries)
        return seen

    def _seen(self, delivery: Delivery) -> Seen:
        self._outbound += len(delivery.texts)
        return Seen(texts=list(delivery.texts), status=delivery.status)

    @property
    def outbound(self) -> int:
        return self._outbound

    @property
    def downloads(self) -> int:
        return self._rest.downloads

    @property
    def kinds(self) -> tuple[Kind, ...]:
        files: tuple[Kind, ...] = ("voice", "picture", "file", "contact")
        return (*files, "sticker", "other") if self.traits is WHATSAPP else files

    @property
    def can_share(self) -> bool:
        return self.traits is WHATSAPP


def _joined(seen: list[Seen]) -> Seen:
    return Seen(texts=[text for each in seen for text in each.texts], status=max(each.status for each in seen))


def last_resort(country: str, lang: str) -> str:
    """Stands in for the constant text, which is content and is tested there."""
    return "Not saved. Try again. Emergency: 911"


def _open(name: str, channel: Literal["sms", "whatsapp"], traits: Traits, path: str) -> Open:
    @asynccontextmanager
    async def opened(world: World) -> AsyncIterator[Driver]:
        country_of: Callable[[str], str] = world.more.get("country_of", lambda number: "")
        text = world.more.get("last_resort", last_resort)
        adapter = Twilio(ACCOUNT, TOKEN, PUBLIC, world.handle, world.vault, country_of, text)
        rest = RestApi()
        with serving(adapter) as reach, serving(rest) as elsewhere:
            async with FakeTwilio(
                PUBLIC + path, reach, fallback_url=PUBLIC + FALLBACK_PATH, media_url=f"{elsewhere}/media"
            ) as twilio:
                yield TwilioDriver(name, traits, Phone(twilio, channel, f"+5730{random.randrange(10**8):08}"), rest)

    result: Callable[[World], AbstractAsyncContextManager[Driver]] = opened
    return result


DRIVERS: dict[str, Open] = {
    "twilio sms": _open("twilio sms", "sms", SMS, SMS_PATH),
    "twilio whatsapp": _open("twilio whatsapp", "whatsapp", WHATSAPP, WHATSAPP_PATH),
}
