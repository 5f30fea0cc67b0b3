"""What a turn asks to be done outside, one idempotent handler an effect.

Here belong the handlers and their outcomes, a file a topic. Never here: which effect is asked for, what is shown afterwards
(``flows``), a provider's protocol.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol

from bot.drafts import Draft
from bot.exchange import Inbound, Person
from flows.facts import ComplaintView, TicketView
from flows.kernel import Effect, Session, SlotValue


class Done(NamedTuple):
    """What an effect came to."""

    result: str
    """``saved`` is the good outcome; every handler names its others."""
    slots: dict[str, SlotValue] = {}  # noqa: RUF012 - never changed
    """What the next screen needs to know of it."""


class Asked(NamedTuple):
    """An effect and what it may look at while it lasts."""

    effect: Effect
    session: Session
    inbound: Inbound
    draft: Draft
    """Handlers may change it; it is kept when the turn is."""
    lasts: Callable[[], Awaitable[None]]
    """Raises StoreDown where the conversation was lost meanwhile, so that what is done could never be told."""


Handler = Callable[[Asked], Awaitable[Done]]
"""Does it, or finds it done. Raises StoreDown where nothing could be kept: the provider delivers the message again."""


class Connections(Protocol):
    """What the conversation asks about tickets before a turn."""

    async def connected(self, person: Person) -> bytes:
        """The pointer of the ticket that this chat is connected with, or nothing."""
        ...

    async def view(self, draft: Draft, now: float) -> TicketView | None:
        """What the ticket in the draft shows; None: there is none any more."""
        ...

    async def complaint(self, draft: Draft) -> ComplaintView | None:
        """What the complaint in the draft shows; None: it is the code of a request, or there is none any more."""
        ...


class NoConnections:
    """Where nobody answers in person."""

    async def connected(self, person: Person) -> bytes:
        return b""

    async def view(self, draft: Draft, now: float) -> TicketView | None:
        return None

    async def complaint(self, draft: Draft) -> ComplaintView | None:
        return None


async def forget(asked: Asked) -> Done:
    """The person left. The session store forgets at the end of the turn, the channel deletes what it can after it."""
    return Done("left")


HANDLERS: Mapping[str, Handler] = {"forget": forget}


class Effects:
    """Runs effects by name."""

    def __init__(self, handlers: Mapping[str, Handler] = HANDLERS, connections: Connections | None = None) -> None:
        self._handlers = handlers
        self.connections = connections or NoConnections()

    async def run(self, asked: Asked) -> Done:
        return await self._handlers[asked.effect.name](asked)
