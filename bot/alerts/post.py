"""One alert to one account, on each of its ways.

Here belong opening the account's addresses, sending to each, and taking those away where nobody is to be had any more. Never here:
when it is sent and how often it is tried (``outbox``), what makes somebody wait.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import logs
from bot.alerts.addresses import replace
from bot.alerts.safe import Kept, Safe, Unreadable
from bot.alerts.senders import Senders
from bot.alerts.ways import Way
from bot.alerts.words import Texts
from bot.exchange import CannotDeliver, Unreachable

PATIENCE: Final = 30.0
"""Seconds that one way may take."""

_Outcome = Literal["sent", "later", "gone"]


class Post:
    """``secret``: the process secret, which opens the addresses."""

    def __init__(self, senders: Senders, secret: bytes, texts: Texts, *, patience: float = PATIENCE) -> None:
        self._senders, self._safe, self._texts, self._patience = senders, Safe(secret), texts, patience

    def __repr__(self) -> str:
        return "Post(…)"

    async def send(self, engine: AsyncEngine, staff_id: uuid.UUID, lang: str, sealed: bytes | None, now: datetime) -> bool | None:
        """True: at least one way took it. False: this account has no way, or none is left of it. None: try again later.

        An address at which nobody is any more (blocked bot, unsubscribed browser, no such mailbox) is taken away, so that the
        account's page and the doctor show that it has to be given anew."""
        try:
            kept = self._safe.open(staff_id, sealed)
        except Unreadable:
            logs.event("alert", outcome="unreadable", level=logging.ERROR)
            return False
        usable = [way for way in kept.addresses if way in self._senders]
        text = self._texts.waiting(lang)
        outcomes = await asyncio.gather(*(self._one(way, kept.addresses[way], text, now) for way in usable))
        gone = [way for way, outcome in zip(usable, outcomes, strict=True) if outcome == "gone"]
        if gone:
            left: dict[Way, str] = {way: address for way, address in kept.addresses.items() if way not in gone}
            await replace(engine, self._safe, staff_id, sealed, Kept(left, kept.asked))
        if "sent" in outcomes:
            return True
        return None if "later" in outcomes else False

    async def _one(self, way: Way, address: str, text: str, now: datetime) -> _Outcome:
        outcome: _Outcome = "later"
        try:
            async with asyncio.timeout(self._patience):
                await self._senders[way].send(address, text, now)
            outcome = "sent"
        except Unreachable:
            outcome = "gone"
        except CannotDeliver:
            outcome = "later"
        except Exception as error:
            logs.failure("alert", error, level=logging.WARNING, channel=way)
            return "later"
        logs.event("alert", channel=way, outcome=outcome)
        return outcome
