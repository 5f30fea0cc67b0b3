"""What passes between a channel adapter and the conversation: one ``Inbound`` in, one ``Reply`` out.

Here belong these two shapes and what they are made of, so that adapters and the conversation need not know each other.
Never here: behaviour, protocols of a provider, words of any language.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, NoReturn, Protocol

import msgspec

from flows.facts import Traits
from flows.kernel import Words

What = Literal["voice", "picture", "file", "contact", "sticker", "live", "edited", "other"]


class Person(Protocol):
    """Whoever writes, as the stores may know them. Made by ``bot.vault``; only it and channels read the address inside."""

    def pseudonym(self, epoch: bytes, purpose: bytes) -> bytes:
        """16 bytes that lead to what is kept for this person in this epoch, different for each purpose."""
        ...

    def key(self, epoch: bytes, purpose: bytes) -> bytes:
        """32 bytes that open it."""
        ...


class Point:
    """Exact coordinates of a shared location. Read once, never printed, pickled or stored (S-8)."""

    __slots__ = ("_lat", "_lon")

    def __init__(self, lat: float, lon: float) -> None:
        self._lat, self._lon = lat, lon

    def reveal(self) -> tuple[float, float]:
        return self._lat, self._lon

    def __repr__(self) -> str:
        return "Point(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an exact point is never stored")


class Press(msgspec.Struct, frozen=True, gc=False):
    """A pressed button: the turn that showed it and its place (from 0) among the options of that turn's screen."""

    turn: int
    ordinal: int


class Inbound(msgspec.Struct, frozen=True, gc=False):
    """One message of one person, on any channel. Exactly one of ``words``, ``press``, ``point``, ``unreadable`` is set."""

    person: Person
    traits: Traits
    message_id: str
    """The provider's id of the message: the same for a redelivery, different for everything else."""
    words: Words | None = None
    press: Press | None = None
    point: Point | None = None
    unreadable: What | None = None
    """Something that is not read; it is never downloaded (L-5)."""
    country_hint: str = ""
    """ISO code guessed from the address (telephone prefix), or empty."""
    lang_hint: str = ""
    """``es``, ``en``, ``pt`` or empty."""


class Button(msgspec.Struct, frozen=True, gc=False):
    label: str
    """At most 20 characters."""
    ordinal: int
    """Its place among the options of the screen (``Press.ordinal``); means nothing outside its turn."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """A rendered screen."""

    text: str
    """All that is read; where the channel has no buttons, the options are written out in it. On SMS: GSM-7 letters only."""
    rows: tuple[tuple[Button, ...], ...] = ()
    """Buttons, row by row; empty on channels without buttons."""
    location_label: str = ""
    """Label of the button that shares a location, on channels with ``traits.location`` when the screen asks for one."""
    turn: int = 0
    """The turn that its buttons belong to (``Press.turn``)."""
    common: bool = False
    """Nothing on it but entries of the catalogs, numbers and countries: what an adapter made of its rows may serve again."""

    def data(self, button: Button) -> str:
        """What a button carries: ``turn:ordinal``."""
        return f"{self.turn}:{button.ordinal}"


class Reply(msgspec.Struct, frozen=True, gc=False):
    """What goes back for one inbound message."""

    message: Message | None
    """None: silence (leaving, or the late redelivery of something already answered by leaving)."""
    lang: str = ""
    edit: bool = False
    """The message that carried the pressed button is to be replaced by this one, where the channel can."""
    forget: bool = False
    """The person left: delete what the channel can delete of this conversation."""
    screen: str = ""
    """Screen id, for logs and metrics."""
    outcome: str = ""
    """``answered``, ``left``, ``redelivered``, ``limited`` …, for logs and metrics."""
    parts: tuple[object, ...] = ()
    """The phrases behind the text, for tests that speak ids."""


Handle = Callable[[Inbound], Awaitable[Reply]]
"""``Conversation.handle``: all that an adapter knows of the conversation."""


class CannotStart(RuntimeError):
    """A part cannot begin its work. The text is a sentence for the operator: what is wrong and what to do, without secrets."""


class StoreDown(Exception):
    """A store cannot be reached; nothing was changed. Adapters answer so that the provider tries again."""


class NotLeft(StoreDown):
    """Somebody leaves, and their conversation could not be forgotten, or what is left to delete is not known. It is never given up,
    and nothing is written to them."""


class Unsure(StoreDown):
    """A store broke off while something was handed to it, or behind that: it may be kept."""


class Unreachable(Exception):
    """Nobody is to be had at an address that was written to: blocked, gone, no such number. Trying again is of no use."""


class CannotDeliver(Exception):
    """A provider did not take a message; it may be tried again, unless ``too_late``. Never holds an address, a text, a token."""

    def __init__(self, why: str, *, too_late: bool = False) -> None:
        super().__init__(why)
        self.too_late = too_late
        """The channel's time for free answers is over."""
