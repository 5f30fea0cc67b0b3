"""When a person may be contacted, kept so that the server can hold everybody to it and a dump of the store does not show it.

Here belong the windows of a ticket, their arithmetic, and the keys that rest on the process secret: one for the windows, two
that turn ids into marks (``opening``, ``message``). Never here: an address, what the card says besides, tables.

Windows are named (``flows.facts.WINDOWS``) and mean the clock on the wall where the person is: at 09:00 the morning begins, on
the days as well on which the clocks change.
"""

from __future__ import annotations

import dataclasses
import hmac
import secrets
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.directory.hours import zone
from flows.facts import WINDOW_NAMES, WINDOWS

MIN_SECRET: Final = 32
MOST_TRIES: Final = 5
_ROOM: Final = 160
"""Bytes of a sealed text before its tag: the longest zone with all windows fits, so that no length says anything."""
_NONCE: Final = 12


@dataclasses.dataclass(frozen=True)
class Windows:
    """When, in whose time, how often. Raises ValueError for a zone, a window or a number that does not exist."""

    zone: str
    """IANA zone of the person."""
    names: tuple[str, ...] = ("any",)
    """Of ``WINDOWS``, in their order there."""
    tries: int = 2
    """How often somebody may try to call (D-5)."""

    def __post_init__(self) -> None:
        if not self.names or not set(self.names) <= set(WINDOW_NAMES):
            raise ValueError("windows are names of flows.facts.WINDOWS, and at least one is needed")
        if not 1 <= self.tries <= MOST_TRIES:
            raise ValueError(f"between one and {MOST_TRIES} tries can be agreed on")
        object.__setattr__(self, "names", tuple(name for name in WINDOW_NAMES if name in self.names))
        self._place  # noqa: B018 - an unknown zone shows now, not when somebody wants to call

    @cached_property
    def _place(self) -> ZoneInfo:
        return zone(self.zone)

    @cached_property
    def _spans(self) -> tuple[tuple[int, int], ...]:
        """Minutes of the day, joined."""
        found: list[tuple[int, int]] = []
        for opens, closes in sorted(WINDOWS[name] for name in self.names):
            if found and opens <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], closes))
            else:
                found.append((opens, closes))
        return tuple(found)

    def open_at(self, at: datetime) -> bool:
        """Whether the clock on the person's wall stands inside a window at this instant."""
        wall = at.astimezone(self._place)
        minute = wall.hour * 60 + wall.minute
        return any(opens <= minute < closes for opens, closes in self._spans)

    def until(self, at: datetime) -> datetime | None:
        """The end of the window that is open at this instant, in UTC; None: none is. All of the day open: a day ahead at most."""
        if not self.open_at(at):
            return None
        return next((moment for moment in self._turns(at) if moment > at and not self.open_at(moment)), None)

    def opens_at(self, at: datetime) -> datetime:
        """The first instant from this one on inside a window, in UTC: this one itself when one is open."""
        if self.open_at(at):
            return at.astimezone(UTC)
        return next(moment for moment in self._turns(at) if moment >= at and self.open_at(moment))

    def _turns(self, at: datetime) -> list[datetime]:
        """Edges of the windows of yesterday and the next days, in order.

        Nowhere do clocks jump over an edge by day, or back across one: they change at night, and on Easter Island and in Greenland
        between 21:00 and 24:00, where the same window is open before and after. Where midnight itself is jumped over, its place
        is the moment of the jump. (``open_at`` looks at the clock on the wall and needs none of this.)"""
        day = at.astimezone(self._place).date() - timedelta(days=1)
        edges = {edge for span in self._spans for edge in span}
        walls = (
            datetime.combine(day + timedelta(days=ahead), time()) + timedelta(minutes=edge) for ahead in range(4) for edge in edges
        )
        return sorted(wall.replace(tzinfo=self._place).astimezone(UTC) for wall in walls)


class Guard:
    """Seals and opens what the server has to know of a person's windows. ``secret`` is the process secret."""

    __slots__ = ("_messages", "_openings", "_windows")

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_SECRET:
            raise ValueError(f"the process secret has {len(secret)} bytes and needs at least {MIN_SECRET}: set SECRET_KEY")
        self._windows, self._openings, self._messages = (
            HKDF(SHA256(), 32, None, b"faro tickets 1 " + purpose).derive(secret)
            for purpose in (b"windows", b"openings", b"messages")
        )

    def __repr__(self) -> str:
        return "Guard(…)"

    def seal(self, ticket_id: bytes, windows: Windows) -> bytes:
        """The windows of this ticket for its row; always of the same length."""
        packed = msgspec.msgpack.encode({"zone": windows.zone, "windows": windows.names, "tries": windows.tries})
        if len(packed) > _ROOM - 1:
            raise ValueError("the name of this time zone is longer than any that there is")
        nonce = secrets.token_bytes(_NONCE)
        padded = (bytes([len(packed)]) + packed).ljust(_ROOM, b"\0")
        return nonce + AESGCM(self._windows).encrypt(nonce, padded, ticket_id)

    def open(self, ticket_id: bytes, guarded: bytes | None) -> Windows | None:
        """The windows of this ticket. None where there are none, or where another secret sealed them: then nobody may be
        contacted, since nobody knows when."""
        if not guarded:
            return None
        try:
            padded = AESGCM(self._windows).decrypt(guarded[:_NONCE], guarded[_NONCE:], ticket_id)
            kept: Any = msgspec.msgpack.decode(padded[1 : 1 + padded[0]])
            return Windows(kept["zone"], tuple(kept["windows"]), kept["tries"])
        except (InvalidTag, ValueError):
            return None

    def opening(self, session_id: bytes, turn: int) -> bytes:
        """The mark of a request: the same for the same conversation and turn, and nothing leads back."""
        return hmac.digest(self._openings, session_id + turn.to_bytes(8), "sha256")

    def message(self, ticket_id: bytes, message_id: str) -> bytes:
        """The mark of a provider's message within a ticket: the same message, delivered again, has the same one."""
        return hmac.digest(self._messages, ticket_id + message_id.encode(), "sha256")
