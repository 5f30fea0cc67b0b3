"""One text to one chat of Telegram: for what is not the answer to a message of the same moment.

Here belongs sending it, and remembering it for leaving. Never here: who may be written to (``bot.relay``), answers (``telegram``).

The message is silent and plain like every other, and its id joins those that leaving deletes (E-2).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Protocol

from telegram.error import TelegramError

from bot import logs
from bot.channels.telegram_client import Client, Undeliverable, split
from bot.exchange import CannotDeliver, CannotStart, Person, StoreDown, Unreachable


class _Vault(Protocol):
    def person(self, address: Any) -> Person: ...


class _Leftovers(Protocol):
    async def add(self, person: Any, ids: Sequence[int]) -> None: ...


class _Address(Protocol):
    def reveal(self) -> str: ...


class TelegramSender:
    """``token`` is that of the bot to which people write: another one could not write to them. ``api_url`` as in ``Client``."""

    def __init__(self, token: str, vault: _Vault, leftovers: _Leftovers, api_url: str = "") -> None:
        self._client = Client(token, api_url)
        self._vault = vault
        self._leftovers = leftovers

    def __repr__(self) -> str:
        return "TelegramSender(…)"

    async def send(self, address: _Address, text: str, seconds: float) -> None:
        """As ``bot.relay.Sender``: raises Unreachable or CannotDeliver."""
        sent: list[int] = []
        try:
            for part in split(text):
                sent.append(await self._client.send(int(address.reveal()), part))
        except Undeliverable:
            raise Unreachable from None
        except (TelegramError, CannotStart) as error:
            logs.failure("call_failed", error, channel="telegram", level=logging.WARNING)
            raise CannotDeliver("refused") from None
        finally:
            await self._leave_behind(address, sent)

    async def _leave_behind(self, address: _Address, ids: Sequence[int]) -> None:
        if not ids:
            return
        try:
            await self._leftovers.add(self._vault.person(address), ids)
        except StoreDown:
            # It is out and cannot be called back: leaving will not find it, and whoever runs Faro sees that.
            logs.event("leftovers_lost", channel="telegram", outcome="store_down", level=logging.WARNING)

    async def aclose(self) -> None:
        await self._client.aclose()
