"""Writing back to a person who asked for it ("write to me here"): one message, to one address, inside one open window.

Here belong the last checks before a message to a person goes out, and what came of it. Never here: whether this person may be
written to (``bot.tickets`` says so with a ``Permit``), a queue (a message that cannot go now is told to whoever wrote it, and
waits under the code), an address that is kept: it comes out of its box for one call.

This is the only way on which anything leaves that was not asked for by a message of the same moment (E-1); a test holds every other
module off the senders.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot import logs, relay_words
from bot.exchange import CannotDeliver, Unreachable
from bot.relay_permit import Permit
from bot.vault import Address, Vault

WHATSAPP_HOURS: Final = 24
"""A business may answer freely for so long after the person's last message; later ones would be refused, or cost a template."""
PATIENCE: Final = 20.0
"""Seconds that a provider may take."""


class Delivery(enum.StrEnum):
    """What came of a message."""

    SENT = "sent"
    """The provider took it. Whether the phone showed it nobody here knows."""
    BLOCKED = "refused_blocked"
    """The person blocked Faro or is gone: there is no use in trying again."""
    TOO_LATE = "too_late"
    """The channel's time for answers is over. Nothing was sent; an answer can wait under the code."""
    FAILED = "failed"
    """Not known to have been sent; it may be tried again."""


class NotPermitted(Exception):
    """There is no leave to write to this person now. Nothing was sent."""


class Unfit(ValueError):
    """The text breaks a rule that stops it (``faults``). Nothing was sent. Says which rules, never a word of the text."""

    def __init__(self, faults: Iterable[relay_words.Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"the text breaks {', '.join(sorted({fault.rule for fault in self.faults}))}: change it and send it again")


class Sender(Protocol):
    """The outgoing side of a channel."""

    async def send(self, address: Address, text: str, seconds: float) -> None:
        """Send one message. ``seconds``: for so long it is still of use. Raises Unreachable where there is nobody to get it,
        CannotDeliver or anything else where it was not sent."""
        ...


class Relay:
    """``senders``: first part of a channel's name (``telegram``, ``sms``, ``whatsapp``, ``simulator``) -> its outgoing side.

    ``organisations`` gives further names that must not be written, asked for with each message."""

    def __init__(
        self,
        vault: Vault,
        senders: Mapping[str, Sender],
        *,
        organisations: Callable[[], Iterable[str]] = tuple,
        patience: float = PATIENCE,
    ) -> None:
        self._vault = vault
        self._senders = dict(senders)
        self._organisations = organisations
        self._patience = patience

    def __repr__(self) -> str:
        return "Relay(…)"

    def reaches(self, channel: str) -> bool:
        """Whether a person on this channel can be written to at all: asked before that way is offered."""
        return channel.partition("-")[0] in self._senders

    def organisations(self) -> tuple[str, ...]:
        """Further names that must not be written to anybody."""
        return tuple(self._organisations())

    def preview(self, text: str, channel: str, lang: str) -> relay_words.Preview:
        """What would arrive on ``channel`` (as in the contact), and what keeps it from being sent."""
        return relay_words.preview(text, channel, lang, self._organisations())

    async def send(self, permit: Permit, box: str, text: str, now: datetime, *, written_at: datetime, lang: str) -> Delivery:
        """Send ``text``, in the form that ``preview`` showed, to the address in ``box``.

        ``written_at``: when the person last wrote in that chat. Raises NotPermitted, Unfit, ``vault.CannotUnbox`` and sends
        nothing then; every other trouble is an outcome."""
        if not isinstance(permit, Permit) or now >= permit.until:
            raise NotPermitted("the person's window is closed, or nobody gave leave to write: nothing was sent")
        address = self._vault.unbox(box, permit.ticket)
        if stopping := relay_words.stopping(self.preview(text, address.channel, lang).faults):
            raise Unfit(stopping)
        channel, _, kind = address.channel.partition("-")
        if "whatsapp" in (channel, kind) and now - written_at > timedelta(hours=WHATSAPP_HOURS):
            return self._told(channel, Delivery.TOO_LATE)
        sender = self._senders.get(channel)
        if sender is None:
            return self._told(channel, Delivery.FAILED)
        life = (permit.until - now).total_seconds()
        try:
            async with asyncio.timeout(self._patience):
                await sender.send(address, relay_words.arrives(text, address.channel), life)
        except Unreachable:
            return self._told(channel, Delivery.BLOCKED)
        except CannotDeliver as refusal:
            return self._told(channel, Delivery.TOO_LATE if refusal.too_late else Delivery.FAILED)
        except Exception as error:
            logs.failure("relay", error, level=logging.WARNING, channel=channel)
            return Delivery.FAILED
        return self._told(channel, Delivery.SENT)

    @staticmethod
    def _told(channel: str, delivery: Delivery) -> Delivery:
        logs.event("relay", channel=channel, outcome=str(delivery))
        return delivery
