"""Alerts on Telegram, by a bot of their own: the one that people write to never writes to staff.

Here belong sending to a chat, and finding the chat from which somebody sent our phrase to the bot. Never here: answers.

A bot cannot write first. So an account is given a phrase, sends it to the bot from its own Telegram, and is found by it: nobody
has to know the number of a chat, and whoever is found there reads there.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from telegram.error import TelegramError

from bot import logs
from bot.alerts.ways import BadAddress
from bot.channels.telegram_client import Client, Undeliverable
from bot.exchange import CannotDeliver, CannotStart, Unreachable

NEWEST: Final = 100
"""Updates that are looked through; older ones are forgotten at Telegram."""


class TelegramAlerts:
    """``token``: of the alerts' own bot, which has no webhook. ``api_url`` as in ``Client``."""

    def __init__(self, token: str, api_url: str = "") -> None:
        self._client = Client(token, api_url)

    def __repr__(self) -> str:
        return "TelegramAlerts(…)"

    def checked(self, address: str) -> str:
        if not (address.isascii() and address.isdigit() and 0 < int(address) < 1 << 53):
            raise BadAddress("this is no private chat of Telegram: send the phrase to the bot from your own account")
        return address

    async def send(self, address: str, text: str, now: datetime) -> None:
        try:
            await self._client.send(int(address), text, silent=False)
        except Undeliverable:
            raise Unreachable from None
        except (TelegramError, CannotStart) as error:
            logs.failure("alert", error, level=logging.WARNING, channel="telegram")
            raise CannotDeliver("refused") from None

    async def sent_by(self, phrase: str) -> str | None:
        """The chat from which exactly this phrase was sent to the bot in private; None: from none, yet. Raises CannotDeliver."""
        try:
            # The newest, counted from the end: whoever floods the bot hides nobody's phrase for longer than a hundred messages.
            updates = await self._client.updates(-NEWEST, 0)
        except (TelegramError, CannotStart) as error:
            logs.failure("alert", error, level=logging.WARNING, channel="telegram")
            raise CannotDeliver("not_asked") from None
        for _, update in reversed(updates):
            message = update.message if update is not None else None
            if message is None or message.chat.type != "private" or message.sender is None or message.sender.is_bot:
                continue
            if message.text.strip().upper().removeprefix("/START ") == phrase:
                return str(message.chat.id)
        return None

    async def aclose(self) -> None:
        await self._client.aclose()


async def faults(token: str, api_url: str = "") -> list[str]:
    """What is wrong with the alerts' bot as Telegram knows it, for the doctor; changes nothing. Raises TelegramError where Telegram
    cannot be asked."""
    client = Client(token, api_url)
    try:
        known = await client.delivery()
    except CannotStart:
        return ["Telegram does not accept ALERTS_TELEGRAM_TOKEN: take the token of the alerts' bot from @BotFather again."]
    finally:
        await client.aclose()
    if known.url:
        return [
            "The alerts' bot delivers its messages to some webhook, so no account can connect its Telegram: see whether another "
            "program uses this bot, and take its webhook away."
        ]
    return []
