"""The contract of every channel: what a driver can do to a channel, and what it sees come back.

Here belong ``Driver``, ``Seen``, ``World`` and the way a driver is registered. Never here: a channel's own protocol
(``driver_telegram.py``, ``driver_twilio.py``, ``driver_simulator.py``) or the cases (``test_contract.py``).

**How a channel joins.** A module ``driver_<x>.py`` in this folder defines

    DRIVERS: dict[str, Open] = {"twilio sms": open_sms, "twilio whatsapp": open_whatsapp}

    @asynccontextmanager
    async def open_sms(world: World) -> AsyncIterator[Driver]:
        adapter = TwilioSms(..., handle=world.handle, vault=world.vault)
        async with serving(adapter) as url, FakeTwilio(...) as twilio:
            yield SmsDriver(...)

and its name is added to ``MODULES`` below. Everything goes over real HTTP: the driver plays the provider and the
person's phone, the adapter under test is served by uvicorn, and ``world.handle`` is the real conversation over embedded
sessions.
Each case opens a driver of its own, as a person who never wrote before. ``world.clock`` can be moved on.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

from bot.exchange import Handle, Inbound, Reply, StoreDown
from flows.facts import Traits

Kind = Literal["voice", "picture", "file", "contact", "sticker", "live", "edited", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MODULES = ("driver_telegram", "driver_twilio", "driver_simulator")


@dataclass(slots=True)
class Seen:
    """What one act of the person brought about, once everything that follows from it has settled."""

    texts: list[str] = field(default_factory=list)
    """Texts that newly appeared on the person's screen, oldest first: new messages, and edited ones with their new
    text. An SMS of several segments is one text. Where a message is replaced by the very same text, so that nothing
    changes on the screen, the text that stands there is reported."""
    buttons: list[str] = field(default_factory=list)
    """Labels that can be pressed now on the newest message, row by row; empty without buttons."""
    status: int = 0
    """HTTP status that the adapter gave the provider for this delivery."""
    deleted: int = 0
    """Messages that disappeared from the person's screen."""
    edited: int = 0
    """How many of ``texts`` replaced a message in place."""

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def silent(self) -> bool:
        return not self.texts


class Driver(Protocol):
    """One person with one phone on one channel."""

    name: str
    traits: Traits

    async def says(self, text: str) -> Seen:
        """Type and send. Any text at all, also longer than the channel takes in one message (it is cut as the
        channel cuts it, all parts are sent, and everything seen is reported)."""
        ...

    async def presses(self, what: str | int) -> Seen:
        """Press a button of the newest message: a label of ``Seen.buttons``, or a digit as ``position`` maps it. On a
        channel without buttons the digit is typed."""
        ...

    async def shares(self, lat: float, lon: float) -> Seen:
        """Share a location. Only called where ``can_share``."""
        ...

    async def sends(self, kind: Kind) -> Seen:
        """Send something that is not read. Only called with kinds of ``kinds``."""
        ...

    async def at_once(self, *texts: str) -> Seen:
        """Several messages at the same moment, each in a delivery of its own; ``status`` is the highest."""
        ...

    async def redelivers(self) -> Seen:
        """The provider delivers the person's last message (or press) again, exactly as before."""
        ...

    async def forges(self) -> Seen:
        """Somebody who does not hold the secret delivers a message in this person's name, once without any signature and
        once with a wrong one; ``status`` is the lowest of both."""
        ...

    @property
    def outbound(self) -> int:
        """Everything that ever went out to the person: calls that put something on the phone, answered deliveries."""
        ...

    @property
    def downloads(self) -> int:
        """Calls to the provider for the content of a file. Must stay 0."""
        ...

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What this channel can carry at all, out of ``KINDS``."""
        ...

    @property
    def can_share(self) -> bool:
        """Whether a location can arrive on this channel."""
        ...


def position(buttons: list[str], what: str | int) -> int:
    """Where a button stands among ``buttons``: by label, or by digit: 0 leave is the last, 9 emergency numbers the last
    but one, 1 to 5 the first to the fifth. Raises ValueError with the labels where there is no such button."""
    if isinstance(what, str) and what in buttons:
        return buttons.index(what)
    places = {0: len(buttons) - 1, 9: len(buttons) - 2} | {digit: digit - 1 for digit in range(1, 6)}
    place = places.get(int(what), -1) if str(what).isdigit() else -1
    if not 0 <= place < len(buttons):
        raise ValueError(f"there is no button {what!r} among {buttons}")
    return place


class Clock:
    """The time of a world: seconds since 1970, moved by hand."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, *, hours: float = 0, minutes: float = 0) -> None:
        self.now += hours * 3600 + minutes * 60


class World:
    """What an adapter is built over: the real conversation, with a switch that takes its store away."""

    def __init__(self, handle: Handle, *, vault: Any, leftovers: Any, clock: Clock, **more: Any) -> None:
        self._handle = handle
        self.vault = vault
        self.leftovers = leftovers
        self.clock = clock
        self.more = more
        self.store_is_down = False
        self.breaks: Exception | None = None
        """Raised instead of an answer: a fault of the program itself."""
        self.replies: list[Reply] = []
        """What the conversation answered, in order: tests that speak ids look at ``screen`` and ``outcome``."""

    async def handle(self, inbound: Inbound) -> Reply:
        if self.store_is_down:
            raise StoreDown("the store is away for this test")
        if self.breaks is not None:
            raise self.breaks
        reply = await self._handle(inbound)
        self.replies.append(reply)
        return reply


Open = Callable[[World], AbstractAsyncContextManager[Driver]]


def registered() -> dict[str, Open]:
    """Every driver of every module in ``MODULES``, by name."""
    found: dict[str, Open] = {}
    for module in MODULES:
        found |= importlib.import_module(f"tests.bot.channels.{module}").DRIVERS
    return found
