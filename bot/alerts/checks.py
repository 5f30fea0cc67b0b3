"""What is wrong about alerts, for the doctor: each a sentence that says what to do.

Here belong these questions. Never here: mending anything, an address, the value of a secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.safe import Safe, Unreadable
from bot.alerts.senders import senders
from bot.alerts.ways import Way
from bot.alerts.words import Texts
from bot.settings import Settings
from bot.staff.tables import Staff
from bot.wording import ContentError

TOLD: Final = frozenset({"case_manager", "child_protection", "supervisor", "psea_focal_point", "coordinator"})
"""Roles for which something can wait: a request, a complaint."""

_staff: Any = Staff.__table__  # type: ignore[attr-defined]


def setting_faults(settings: Settings) -> Iterator[str]:
    """What is wrong with the settings of alerts."""
    ways: dict[Way, object] = {}
    try:
        ways.update(senders(settings))
    except ValueError as error:
        yield f"{error}."
    else:
        if not ways:
            yield (
                "Staff get no alerts, so a request waits until somebody looks: set ALERTS_TELEGRAM_TOKEN, ALERTS_SMS_FROM, "
                "SMTP_HOST or PUSH_KEY."
            )
    try:
        Texts.load()
    except ContentError as error:
        yield str(error)
    if settings.alerts_sms_from and not settings.twilio_account_sid:
        yield "ALERTS_SMS_FROM is set and no Twilio account is: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
    if settings.alerts_sms_from and settings.alerts_sms_from == settings.twilio_sms_from:
        yield "Alerts to staff come from the number that people on the move write to: give ALERTS_SMS_FROM a number of its own."
    if settings.smtp_host:
        if settings.smtp_security == "none" and not _is_here(settings.smtp_host):
            yield "SMTP_SECURITY is none, so the mail server's password and alerts travel readable: set starttls or tls."
        if bool(settings.smtp_name) is not bool(settings.smtp_password.get_secret_value()):
            yield "Only one of SMTP_NAME and SMTP_PASSWORD is set: set both, or none for a server that wants neither."


async def telegram_faults(settings: Settings) -> list[str]:
    """What is wrong with the alerts' bot as Telegram knows it; changes nothing there. Raises TelegramError where Telegram cannot be
    asked."""
    token = settings.alerts_telegram_token.get_secret_value()
    if not token:
        return []
    from bot.alerts.telegram import faults  # noqa: PLC0415 - only where Telegram is used

    return await faults(token, settings.telegram_api)


async def without_way(engine: AsyncEngine, settings: Settings, secret: bytes) -> list[str]:
    """Accounts for which something can wait and that no alert would reach. ``secret``: the process secret. Raises what the
    database raises."""
    try:
        offered = set(senders(settings))
    except ValueError:
        return []  # ``setting_faults`` says it
    if not offered:
        return []
    safe, silent, sealed_elsewhere = Safe(secret), [], []
    wanted = (
        select(_staff.c.id, _staff.c.name, _staff.c.roles, _staff.c.alert_sealed).where(_staff.c.active).order_by(_staff.c.name)
    )
    async with engine.connect() as connection:
        rows = (await connection.execute(wanted)).all()
    for staff_id, name, roles, sealed in rows:
        if not TOLD & set(roles):
            continue
        try:
            if not offered & set(safe.open(staff_id, sealed).addresses):
                silent.append(name)
        except Unreadable:
            sealed_elsewhere.append(name)
    found = []
    if silent:
        found.append(f"No alert reaches {_listed(silent)}: each of them names an address on their account page.")
    if sealed_elsewhere:
        found.append(
            f"The alert addresses of {_listed(sealed_elsewhere)} were sealed under another SECRET_KEY: set that one again, or have "
            "them named anew."
        )
    return found


def _listed(names: list[str], most: int = 10) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
