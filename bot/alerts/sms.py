"""Alerts by SMS, over Twilio, with both retention parameters like everything that leaves there (P-4).

Here belongs what a number may look like. Never here: Twilio's interface (``channels.twilio_sending``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import phonenumbers

from bot.alerts.ways import BadAddress
from bot.channels.twilio_sending import TwilioSender

LIFE_SECONDS: Final = 3600
"""Later than this nobody needs it: the desk shows what waits."""


class SmsAlerts:
    """``twilio`` sends as the number of the alerts, which need not be that of the conversations."""

    def __init__(self, twilio: TwilioSender) -> None:
        self._twilio = twilio

    def __repr__(self) -> str:
        return "SmsAlerts(…)"

    def checked(self, address: str) -> str:
        try:
            number = phonenumbers.parse(address, None)
        except phonenumbers.NumberParseException:
            raise BadAddress("this is no telephone number: write it with + and the country's prefix") from None
        if not phonenumbers.is_valid_number(number):
            raise BadAddress("this telephone number does not exist: look at each of its digits")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    async def send(self, address: str, text: str, now: datetime) -> None:
        await self._twilio.send_to("sms", address, text, LIFE_SECONDS)

    async def aclose(self) -> None:
        """Nothing is held."""
