"""One text to one number over Twilio's REST interface: for what is not the answer to a message of the same moment.

Here belongs the one call that creates a message, with both retention parameters (P-4), and what its refusals mean. Never here: who
may be written to (``bot.relay``, ``bot.alerts``), answers (``twilio`` gives them in the webhook's response), anything kept.

The library's REST part is heavy and synchronous: it is imported with the first message and runs in a thread.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final, Protocol

from bot.channels.twilio_retention import rest_client
from bot.exchange import CannotDeliver, Unreachable

TIMEOUT: Final = 15.0
"""Seconds for one call."""
LONGEST_QUEUED: Final = 36_000
"""Seconds that Twilio keeps a message waiting at most."""

#: Twilio's codes. 21610: the person sent STOP. The others: no such number, or none that takes messages.
_NOBODY: Final = frozenset({21211, 21217, 21610, 21614, 63003, 63024})
#: Outside WhatsApp's time for answers.
_TOO_LATE: Final = frozenset({63016})
#: The account may not ask for its messages not to be kept. We do not send without.
_KEPT: Final = frozenset({30029, 30030})


class _Address(Protocol):
    channel: str

    def reveal(self) -> str: ...


class TwilioSender:
    """Sends on ``sms`` and ``whatsapp``.

    ``sms_from``, ``whatsapp_from``: the number (E.164) or, for SMS, the messaging service (``MG…``) that a message comes from;
    empty: nothing goes out there. ``client`` replaces the library's, for tests.
    """

    def __init__(
        self, account_sid: str, auth_token: str, *, sms_from: str = "", whatsapp_from: str = "", client: Any = None
    ) -> None:
        self._account = account_sid, auth_token
        self._from = {"sms": sms_from, "whatsapp": whatsapp_from.removeprefix("whatsapp:")}
        self._client = client

    def __repr__(self) -> str:
        return "TwilioSender(…)"

    async def send(self, address: _Address, text: str, seconds: float) -> None:
        """As ``bot.relay.Sender``: raises Unreachable or CannotDeliver."""
        await self.send_to(address.channel, address.reveal(), text, seconds)

    async def send_to(self, channel: str, number: str, text: str, seconds: float) -> None:
        """``number`` in E.164. Raises Unreachable or CannotDeliver."""
        sender = self._from.get(channel, "")
        if not sender:
            raise CannotDeliver("no_sender")
        await asyncio.to_thread(self._create, channel, sender, number, text, seconds)

    def _create(self, channel: str, sender: str, number: str, text: str, seconds: float) -> None:
        from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]  # noqa: PLC0415

        prefix = "whatsapp:" if channel == "whatsapp" else ""
        # Twilio would keep an SMS waiting for hours: what it cannot send in time is of no use, or worse.
        life = {"validity_period": max(1, min(int(seconds), LONGEST_QUEUED))} if channel == "sms" else {}
        origin = {"messaging_service_sid": sender} if re.fullmatch("MG[0-9a-f]{32}", sender) else {"from_": prefix + sender}
        try:
            self._open().messages.create(
                to=prefix + number, body=text, content_retention="discard", address_retention="obfuscate", **origin, **life
            )
        except TwilioRestException as error:
            code = error.code or 0
        except (TwilioException, OSError):  # requests' errors are OSErrors; they hold addresses
            raise CannotDeliver("not_reached") from None
        else:
            return
        if code in _NOBODY:
            raise Unreachable
        raise CannotDeliver("retention_refused" if code in _KEPT else "refused", too_late=code in _TOO_LATE)

    def _open(self) -> Any:
        if self._client is None:
            from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]  # noqa: PLC0415

            self._client = rest_client(*self._account, TwilioHttpClient(timeout=TIMEOUT))
        return self._client
