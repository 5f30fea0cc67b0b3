"""The people who write: from hello to the receipt, whatever happens in between, and back again with the code.

Here belongs what they do and what they see. Never here: the stores, who is killed.
"""

from __future__ import annotations

import asyncio
import random
import re
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from html import unescape

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot import codes
from flows.kernel import BACK
from flows.ticket import unkept_says
from flows.topics import GRAPH
from tests.fire.targets import AUTH, SID, URL
from tests.screens import NotOnScreen, Screens

PATIENCE = 180.0
"""Seconds after which somebody who gets no answer gives up."""

LOST_ANSWERS, TWICE_AT_ONCE = 0.03, 0.03
"""Shares of messages whose answer is lost on its way, so that they are delivered again, and that a provider delivers to both web
processes at the same time."""

#: Screen -> the choice that is made there.
WAY = {
    "start.hello": "start.hello.es",
    "start.menu": "start.menu.person",
    "person.where": "Colombia",
    "request.safe": "request.safe.yes",
    "request.who": "request.who.on",
    "request.before": "request.before.adult",
    "request.ask": "request.ask.yes",
    "request.way": "request.way.code",
    "request.count": "request.count.no",
    "request.details": "request.details.note",
    "request.check": "request.check.send",
}
STATES = tuple(
    f"code.status.{state}" for state in ("received", "again", "nobody_yet", "told_further", "looked_at", "away", "answer_waiting")
)

for _screen, _option in WAY.items():
    if _option.startswith(_screen) and _option.rpartition(".")[2] not in GRAPH.sheets[_screen].options:
        raise LookupError(f"the screen {_screen} has no choice {_option} any more: correct tests/fire/people.py")


@dataclass
class Person:
    """Somebody with a telephone of their own, and with another one for later."""

    number: str
    later: str
    note: str
    further: str
    """What they add by their code."""
    code: str = ""
    seconds: float = 0.0
    began_anew: int = 0
    left_behind: int = 0
    """How often the conversation was gone when the message that sends had been on its way."""
    came_back: bool = False


@dataclass
class Traffic:
    messages: int = 0
    redelivered: int = 0
    twice: int = 0
    """Delivered to both web processes at once."""
    unsaved: int = 0
    """Answers "not saved, write again"."""
    strange: Counter[str] = field(default_factory=Counter)
    """Openings of screens on which nobody knew what to do; nothing is lost by them, but a fault may show there."""


class Network:
    """Messages to whichever web process answers, delivered again until one does."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = ports
        self.traffic = Traffic()
        self._client = httpx.AsyncClient(timeout=20, limits=httpx.Limits(max_connections=200))
        self._validator = RequestValidator(AUTH)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def ready(self, seconds: float = 120.0) -> None:
        """Return when every web process says that it is. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            for port in self._ports:
                while not await self._is_ready(port):
                    await asyncio.sleep(0.1)

    async def _is_ready(self, port: int) -> bool:
        try:
            return (await self._client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200
        except httpx.HTTPError:
            return False

    async def message(self, number: str, text: str) -> str:
        """The answer to one message. Raises TimeoutError."""
        form = {
            "MessageSid": f"SM{secrets.token_hex(16)}", "AccountSid": SID, "From": number, "To": "+15005550006", "Body": text,
            "NumMedia": "0",
        }  # fmt: skip
        headers = {"x-twilio-signature": self._validator.compute_signature(f"{URL}/twilio/sms", form)}
        give_up = time.monotonic() + PATIENCE
        self.traffic.messages += 1
        while time.monotonic() < give_up:
            ports = self._ports if random.random() < TWICE_AT_ONCE else [random.choice(self._ports)]
            answers = await asyncio.gather(*(self._delivered(port, form, headers) for port in ports))
            self.traffic.twice += len(ports) > 1
            answered = [text for text in answers if text is not None]
            if answered and random.random() >= LOST_ANSWERS:
                return answered[0]
            self.traffic.redelivered += 1
            await asyncio.sleep(random.uniform(0.1, 0.6))
        raise TimeoutError(f"no web process answered a message for {PATIENCE:.0f} s")

    async def _delivered(self, port: int, form: dict[str, str], headers: dict[str, str]) -> str | None:
        """The text that came back; None: nothing did."""
        try:
            answer = await self._client.post(f"http://127.0.0.1:{port}/twilio/sms", data=form, headers=headers)
        except httpx.HTTPError:
            return None
        if answer.status_code != 200:
            return None
        return unescape("".join(re.findall(r"<Message>(.*?)</Message>", answer.text, re.DOTALL)))


class Phone:
    """What is typed on one telephone, and once more where the answer is "not saved"."""

    def __init__(self, number: str, network: Network, screens: Screens) -> None:
        self._number, self._network, self._screens = number, network, screens

    async def says(self, text: str) -> str:
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            shown = await self._network.message(self._number, text)
            if not self._screens.says(shown, "kernel.not_saved") and not self._screens.says(shown, "code.busy"):
                return shown
            self._network.traffic.unsaved += 1
            await asyncio.sleep(random.uniform(0.2, 1.0))
        raise TimeoutError(f"nothing could be saved for {PATIENCE:.0f} s")


async def ask(person: Person, network: Network, screens: Screens) -> None:
    """From hello to the receipt. Raises TimeoutError."""
    phone, began = Phone(person.number, network, screens), time.monotonic()
    shown, began_before, sending, noted = await phone.says("hola"), False, False, False
    while time.monotonic() - began < 4 * PATIENCE:
        if screens.says(shown, "request.done") and (code := codes.reading(shown)) is not None:
            person.code, person.seconds = code.reveal(), time.monotonic() - began
            return
        if any(screens.says(shown, id) for id in unkept_says("request")):
            network.traffic.unsaved += 1
            await asyncio.sleep(random.uniform(0.2, 1.0))
            shown = await phone.says(str(BACK))
            continue
        try:
            screen = screens.screen(shown, (*WAY, "request.note"))
            option = WAY.get(screen, "")
            if screen == "start.hello":
                person.began_anew += began_before
                person.left_behind += sending
                began_before, sending, noted = True, False, False
            if screen == "request.check" and not noted:
                option = "request.check.details"
            typed = screens.digit(shown, option) if option else person.note
        except NotOnScreen:
            network.traffic.strange[shown[:60]] += 1
            # What was typed arrived at a conversation that had begun anew, and was heard as its first words: nothing of it is kept.
            person.left_behind += sending
            sending, noted = False, False
            shown = await phone.says("menu")
            continue
        noted = noted or screen == "request.note"
        sending = sending or option == "request.check.send"
        shown = await phone.says(typed)
    raise TimeoutError("no receipt")


async def come_back(person: Person, network: Network, screens: Screens) -> bool:
    """Type the code on a telephone that never wrote before, see how far the request is, add something. False: no such code."""
    phone = Phone(person.later, network, screens)
    for _ in range(20):
        shown = await phone.says(person.code)
        if screens.says(shown, "code.wrong"):
            return False
        if any(screens.says(shown, id) for id in unkept_says("code")):
            network.traffic.unsaved += 1
            await asyncio.sleep(random.uniform(0.2, 1.0))
            continue
        try:
            shown = await phone.says(screens.digit(shown, "code.known.yes"))
            if not any(screens.says(shown, state) for state in STATES):
                raise NotOnScreen(shown)
            await phone.says(screens.digit(shown, "code.status.write"))
            shown = await phone.says(person.further)
        except NotOnScreen as strange:
            network.traffic.strange[str(strange)[:90]] += 1
            await asyncio.sleep(random.uniform(0.2, 1.0))
            continue
        if screens.says(shown, "code.noted"):
            person.came_back = True
            return True
    return False
