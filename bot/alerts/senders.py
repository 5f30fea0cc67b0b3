"""The ways that this deployment has.

Here belongs which settings make which sender. Never here: a sender.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.alerts.ways import Sender, Way
from bot.settings import Settings

Senders = Mapping[Way, Sender]


def senders(settings: Settings) -> dict[Way, Sender]:
    """A sender for each way that is set up. Raises ValueError, whose sentence names the setting that cannot be used."""
    found: dict[Way, Sender] = {}
    if token := settings.alerts_telegram_token.get_secret_value():
        if token == settings.telegram_token.get_secret_value():
            raise ValueError("ALERTS_TELEGRAM_TOKEN is that of the bot that people write to: alerts need a bot of their own")
        from bot.alerts.telegram import TelegramAlerts  # noqa: PLC0415 - each library only where its way is used

        found["telegram"] = TelegramAlerts(token, settings.telegram_api)
    if settings.alerts_sms_from and settings.twilio_account_sid:
        from bot.alerts.sms import SmsAlerts  # noqa: PLC0415
        from bot.channels.twilio_sending import TwilioSender  # noqa: PLC0415

        auth = settings.twilio_auth_token.get_secret_value()
        found["sms"] = SmsAlerts(TwilioSender(settings.twilio_account_sid, auth, sms_from=settings.alerts_sms_from))
    if settings.smtp_host:
        from bot.alerts.mail import MailAlerts  # noqa: PLC0415

        found["email"] = MailAlerts(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_from,
            security=settings.smtp_security,
            name=settings.smtp_name,
            password=settings.smtp_password.get_secret_value(),
        )
    if key := settings.push_key.get_secret_value():
        from bot.alerts.push import PushAlerts  # noqa: PLC0415

        found["push"] = PushAlerts(key, settings.push_contact)
    return found


async def close(senders: Senders) -> None:
    """End the connections of all ways."""
    for sender in senders.values():
        await sender.aclose()
