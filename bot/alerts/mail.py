"""Alerts by e-mail: one plain letter, always of the same size, over a connection that is encrypted.

Here belong the letter and what a mail server's refusals mean. Never here: a word about a request, a name of this machine.
"""

from __future__ import annotations

import re
import secrets
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final, Literal

from bot.alerts.ways import BadAddress
from bot.exchange import CannotDeliver, Unreachable

TIMEOUT: Final = 15.0
"""Seconds for each step of a delivery."""
SUBJECT: Final = "Faro"
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}\Z")

Security = Literal["starttls", "tls", "none"]


class MailAlerts:
    """``origin``: the address that letters come from, perhaps with a name: ``Faro <desk@example.org>``. ``context`` replaces the
    machine's own list of authorities, for tests."""

    def __init__(
        self,
        host: str,
        port: int,
        origin: str,
        *,
        security: Security = "starttls",
        name: str = "",
        password: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._host, self._port, self._security, self._context = host, port, security, context
        self._account = (name or None, password or None)
        self._origin = origin
        self._sender = parseaddr(origin)[1]
        if not _ADDRESS.match(self._sender) or not origin.isprintable():
            raise ValueError("SMTP_FROM is no mail address: write one that the mail server lets this account send from")

    def __repr__(self) -> str:
        return "MailAlerts(…)"

    def checked(self, address: str) -> str:
        address = address.strip()
        if len(address) > 254 or not _ADDRESS.match(address):
            raise BadAddress("this is no mail address: look at it again, it has one @ and a domain behind it")
        return address

    async def send(self, address: str, text: str, now: datetime) -> None:
        import aiosmtplib  # noqa: PLC0415 - only where e-mail is set up

        try:
            await aiosmtplib.send(
                self._letter(address, text, now),
                sender=self._sender,
                recipients=[address],
                hostname=self._host,
                port=self._port,
                username=self._account[0],
                password=self._account[1],
                use_tls=self._security == "tls",
                # True demands it; None would go on in the clear where the server does not offer it.
                start_tls=self._security == "starttls",
                tls_context=self._context,
                # Otherwise the name of this machine would stand in the letter's first line.
                local_hostname=self._sender.rpartition("@")[2],
                timeout=TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            # The replies name the address; only their codes are looked at.
            if all(one.code >= 500 for one in refusal.recipients):
                raise Unreachable from None
            raise CannotDeliver("refused") from None
        except (aiosmtplib.SMTPException, OSError, ValueError):
            raise CannotDeliver("not_sent") from None

    def _letter(self, address: str, text: str, now: datetime) -> EmailMessage:
        letter = EmailMessage(policy=SMTP)
        letter["From"] = self._origin
        letter["To"] = address
        letter["Subject"] = SUBJECT
        letter["Date"] = format_datetime(now)
        letter["Message-ID"] = f"<{secrets.token_hex(16)}@{self._sender.rpartition('@')[2]}>"
        # No out-of-office answer for each alert.
        letter["Auto-Submitted"] = "auto-generated"
        # Base64: spaces at the end, which fill the text up, stay.
        letter.set_content(text + "\n", cte="base64")
        return letter

    async def aclose(self) -> None:
        """Nothing is held: each letter has its own connection."""
