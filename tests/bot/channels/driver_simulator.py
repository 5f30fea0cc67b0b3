"""Drivers for the simulator: its page's part played over plain HTTP, once for each kind of phone.

Here belongs what the page does with an answer (``simulator_page/static/phone.js``), without a browser. Never here: cases of
the contract (``test_contract``), how the page looks and feels (``test_simulator_browser``).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette

from bot.channels import simulator
from tests.bot.channels.contract import KINDS, Driver, Kind, Open, Seen, World, position
from tests.servers import serving


class SimulatorDriver:
    """One phone of one page."""

    def __init__(self, channel: str, client: httpx.AsyncClient) -> None:
        self.name = f"simulator {channel}"
        self.channel = channel
        self.traits = simulator.PHONES[channel]
        self.client = client
        self.screen: list[dict[str, Any]] = []
        """What is to be seen, oldest first: messages of Faro as they came, and {} for each of the person's."""
        self._phone = ""
        self._last: tuple[dict[str, Any], dict[str, Any] | None] | None = None
        self._outbound = 0

    # -- acts

    async def says(self, text: str) -> Seen:
        limit = simulator.TEXT_LIMIT[self.channel]
        parts = [text[start : start + limit] for start in range(0, len(text), limit)] or [""]
        return _joined([await self._sends({"kind": "text", "text": part}) for part in parts])

    async def presses(self, what: str | int) -> Seen:
        if not self.traits.buttons:
            return await self.says(str(what))
        carrier = next(message for message in reversed(self.screen) if message)
        keys = _keys(carrier)
        key = keys[position([key["label"] for key in keys], what)]
        return await self._sends({"kind": "press", "data": key["data"]}, carrier)

    async def shares(self, lat: float, lon: float) -> Seen:
        return await self._sends({"kind": "location", "lat": lat, "lon": lon})

    async def sends(self, kind: Kind) -> Seen:
        return await self._sends({"kind": kind})

    async def at_once(self, *texts: str) -> Seen:
        return _joined(list(await asyncio.gather(*(self._sends({"kind": "text", "text": text}) for text in texts))))

    async def redelivers(self) -> Seen:
        assert self._last is not None, "nothing was sent yet"
        body, carrier = self._last
        return await self._delivered(body, carrier)

    async def forges(self) -> Seen:
        """Another site's page in the same browser, which somehow knows the phone."""
        body = await self._body({"kind": "text", "text": "9"})
        answers = [
            await self.client.post("/simulator/message", json=body, headers=headers)
            for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"})
        ]
        return Seen(texts=[answer.text for answer in answers if answer.text], status=min(a.status_code for a in answers))

    # -- the wire

    async def _body(self, what: dict[str, Any]) -> dict[str, Any]:
        if not self._phone:
            self._phone = (await self.client.post("/simulator/phone", json={})).json()["phone"]
        return {"phone": self._phone, "channel": self.channel, "id": str(uuid.uuid4()), "lang": "es", **what}

    async def _sends(self, what: dict[str, Any], carrier: dict[str, Any] | None = None) -> Seen:
        body = await self._body(what)
        self._last = body, carrier
        if what["kind"] not in ("press", "edited"):
            self.screen.append({})
        return await self._delivered(body, carrier)

    async def _delivered(self, body: dict[str, Any], carrier: dict[str, Any] | None) -> Seen:
        answer = await self.client.post("/simulator/message", json=body)
        seen = Seen(status=answer.status_code)
        if answer.status_code != 200:
            seen.texts = [answer.json()["error"]]
            return seen
        shown = answer.json()
        for message in shown["messages"]:
            self._outbound += 1
            seen.texts.append(message["text"])
            if shown["edit"] and carrier in self.screen:
                seen.edited += carrier["text"] != message["text"] or carrier["rows"] != message["rows"]
                carrier.update(message)
            else:
                self.screen.append(message)
        if shown["forget"]:
            seen.deleted, self.screen = len(self.screen), []
        newest = next((message for message in reversed(self.screen) if message), None)
        seen.buttons = [key["label"] for key in _keys(newest)] if newest else []
        return seen

    @property
    def outbound(self) -> int:
        return self._outbound

    @property
    def downloads(self) -> int:
        return 0  # a file never leaves the page: only its kind is told

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in KINDS if kind in simulator.ATTACHMENTS[self.channel])

    @property
    def can_share(self) -> bool:
        return "location" in simulator.ATTACHMENTS[self.channel]


def _keys(message: dict[str, Any]) -> list[dict[str, str]]:
    """Buttons in the order of the options, wherever the rows put them."""
    return sorted((key for row in message["rows"] for key in row), key=lambda key: int(key["data"].partition(":")[2]))


def _joined(seen: list[Seen]) -> Seen:
    return Seen(
        texts=[text for each in seen for text in each.texts],
        buttons=seen[-1].buttons,
        status=max(each.status for each in seen),
        deleted=sum(each.deleted for each in seen),
        edited=sum(each.edited for each in seen),
    )


def _open(channel: str) -> Open:
    @asynccontextmanager
    async def opened(world: World) -> AsyncIterator[Driver]:
        routes = simulator.routes(
            handle=world.handle,
            vault=world.vault,
            say=lambda lang, name: name,
            last_resort=world.more.get("last_resort", lambda country, lang: "Not saved. Try again. Emergency: 911"),
        )
        with serving(Starlette(routes=routes)) as url:
            async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
                yield SimulatorDriver(channel, client)

    return opened


DRIVERS: dict[str, Open] = {f"simulator {channel}": _open(channel) for channel in simulator.PHONES}
