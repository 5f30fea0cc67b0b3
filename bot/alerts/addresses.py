"""How an account says where its alerts go: name an address, show that it is yours, take it away again.

Here belong these acts, their limits and what is shown of an address. Never here: sealing (``safe``), alerts, who may act: an
account acts for itself, and whoever calls this has made sure of that. No address or code is in an exception, a log line or a URL.

An address counts once its owner typed the code that was sent there. With Telegram it is the other way round, because a bot
cannot write first: the desk shows a phrase, and whatever sent it to the bot is the address.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.safe import Asked, Kept, Safe, Unreadable
from bot.alerts.senders import Senders
from bot.alerts.ways import WAYS, Finder, Way
from bot.alerts.words import CODE_DIGITS, Texts
from bot.staff.tables import Staff

CODE_SECONDS: Final = 600
MOST_MISSES: Final = 5
PAUSE_SECONDS: Final = 60
"""Between two codes that are sent for an account: nobody floods a stranger's telephone from here."""
_PHRASE: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PHRASE_LENGTH: Final = 10
_TRIES: Final = 3

_staff: Any = Staff.__table__  # type: ignore[attr-defined]


class NotOffered(ValueError):
    """This deployment has no such way."""

    def __init__(self) -> None:
        super().__init__("alerts are not sent on this way here: choose one of those that are offered")


class TooSoon(ValueError):
    """A code was sent a moment ago."""

    def __init__(self) -> None:
        super().__init__("a code was sent a moment ago: wait a minute before you ask for another one")


class Shown(NamedTuple):
    """A way, for the account's own page."""

    way: Way
    address: str
    """Confirmed, with most of it hidden; empty: none."""
    asked: bool
    """One was named and waits for its code."""


class Addresses:
    """``secret``: the process secret. ``chance`` draws below a number."""

    def __init__(
        self,
        engine: AsyncEngine,
        secret: bytes,
        senders: Senders,
        texts: Texts,
        *,
        chance: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._engine, self._safe, self._senders, self._texts, self._chance = engine, Safe(secret), senders, texts, chance

    def __repr__(self) -> str:
        return "Addresses(…)"

    @property
    def push_key(self) -> str:
        """``applicationServerKey`` for a browser that subscribes; empty where this deployment has no web push."""
        return str(getattr(self._senders.get("push"), "public_key", ""))

    async def shown(self, staff_id: uuid.UUID, now: datetime) -> list[Shown]:
        """The ways of this deployment, and what this account has on each."""
        kept, _, _ = await self._read(staff_id)
        waits = kept.asked.way if kept.asked is not None and not _over(kept.asked, now) else None
        return [Shown(way, hidden(way, kept.addresses.get(way, "")), way == waits) for way in WAYS if way in self._senders]

    async def begin(self, staff_id: uuid.UUID, way: Way, address: str, now: datetime) -> str:
        """Send a code to this address; for Telegram (``address`` is not looked at) give the phrase to be sent to the bot.

        Gives the phrase, or "". Raises NotOffered, BadAddress, TooSoon; Unreachable or CannotDeliver where no code left."""
        sender = self._senders.get(way)
        if sender is None:
            raise NotOffered
        finds = isinstance(sender, Finder)
        to = "" if finds else sender.checked(address)
        code = "".join(_PHRASE[self._chance(32)] for _ in range(PHRASE_LENGTH)) if finds else self._digits()
        lang = ""

        def ask(kept: Kept, spoken: str) -> None:
            nonlocal lang
            lang = spoken
            if kept.asked is not None and 0 <= now.timestamp() - kept.asked.began < PAUSE_SECONDS:
                raise TooSoon
            kept.asked = Asked(way, to, code, now.timestamp())

        # Kept before it is sent: the pause between two codes holds whatever becomes of the first.
        await self._change(staff_id, ask)
        if finds:
            return code
        await sender.send(to, self._texts.code(lang, code), now)
        return ""

    async def confirm(self, staff_id: uuid.UUID, code: str, now: datetime) -> bool:
        """Whether the address that was named last is confirmed now: by the code that was sent there, or (Telegram; ``code`` is not
        looked at) because the phrase came from there. A code counts once, ten minutes, five tries. Raises CannotDeliver where
        Telegram could not be asked."""
        kept, _, _ = await self._read(staff_id)
        asked = kept.asked
        if asked is None or _over(asked, now):
            return False
        sender = self._senders.get(asked.way)
        found = asked.to
        if not found:
            found = await sender.sent_by(asked.code) or "" if isinstance(sender, Finder) else ""
            right = bool(found)
        else:
            right = hmac.compare_digest(asked.code.encode(), "".join(code.split()).encode("utf-8", "replace"))
        settled = False

        def settle(kept: Kept, _: str) -> None:
            nonlocal settled
            now_asked = kept.asked
            # What counts is what lies there at this moment: tries beside each other have counted too.
            same = now_asked is not None and (now_asked.code, now_asked.began) == (asked.code, asked.began)
            settled = right and same and not _over(asked if now_asked is None else now_asked, now)
            if settled:
                kept.addresses[asked.way] = found
                kept.asked = None
            elif same and now_asked is not None and now_asked.to:
                now_asked.misses += 1

        await self._change(staff_id, settle)
        return settled

    async def remove(self, staff_id: uuid.UUID, way: Way) -> None:
        """No alerts on this way any more; a code that is out for it is worth nothing."""

        def forget(kept: Kept, _: str) -> None:
            kept.addresses.pop(way, None)
            if kept.asked is not None and kept.asked.way == way:
                kept.asked = None

        await self._change(staff_id, forget)

    # -- the row

    def _digits(self) -> str:
        return f"{self._chance(10**CODE_DIGITS):0{CODE_DIGITS}d}"

    async def _read(self, staff_id: uuid.UUID) -> tuple[Kept, bytes | None, str]:
        wanted = select(_staff.c.alert_sealed, _staff.c.lang).where(_staff.c.id == staff_id)
        async with self._engine.connect() as connection:
            sealed, lang = (await connection.execute(wanted)).one()
        try:
            return self._safe.open(staff_id, sealed), sealed, lang
        except Unreadable:
            return Kept(), sealed, lang

    async def _change(self, staff_id: uuid.UUID, act: Callable[[Kept, str], None]) -> None:
        """Change what is kept, anew when somebody changed it in between."""
        for _ in range(_TRIES):
            kept, before, lang = await self._read(staff_id)
            act(kept, lang)
            if await replace(self._engine, self._safe, staff_id, before, kept):
                return
        raise RuntimeError("the addresses for alerts of one account are changed from several places at once: try again")


async def replace(engine: AsyncEngine, safe: Safe, staff_id: uuid.UUID, before: bytes | None, kept: Kept) -> bool:
    """Keep ``kept`` where ``before`` lay. False: somebody else changed it since, and nothing was done."""
    same = _staff.c.alert_sealed.is_(None) if before is None else _staff.c.alert_sealed == before
    ways = tuple(way for way in WAYS if way in kept.addresses)
    changed = update(_staff).where(_staff.c.id == staff_id, same)
    async with engine.begin() as connection:
        result = await connection.execute(changed.values(alert_sealed=safe.seal(staff_id, kept), alert_ways=ways))
    return bool(result.rowcount)


def hidden(way: Way, address: str) -> str:
    """As much of an address as its owner needs to know it again."""
    if not address or way == "push":
        return "•" if address else ""
    if way == "email":
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}•••@{domain}"
    return f"•••{address[-2:]}"


def _over(asked: Asked, now: datetime) -> bool:
    return not 0 <= now.timestamp() - asked.began < CODE_SECONDS or asked.misses >= MOST_MISSES
