"""A mail server (RFC 5321) in the running loop: greets, encrypts where told to, asks for a password, takes letters.

Here belong the rules of SMTP as far as Faro meets them. Never here: anything of Faro.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import email
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message
from email.policy import default


@dataclass(frozen=True, slots=True)
class Letter:
    """What a client handed over."""

    origin: str
    to: tuple[str, ...]
    raw: bytes
    encrypted: bool
    hello: str
    """What the client called itself."""

    @property
    def read(self) -> Message:
        return email.message_from_bytes(self.raw, policy=default)


class MailServer:
    """``account``: (name, password) that a client must show; None: nobody must. ``context``: for STARTTLS; None: not offered.
    ``refused`` maps a recipient to the reply that it gets, such as ``550 5.1.1 unknown``. Use ``async with server.running():``."""

    def __init__(self, *, account: tuple[str, str] | None = None, context: ssl.SSLContext | None = None) -> None:
        self.account, self.context = account, context
        self.refused: dict[str, str] = {}
        self.letters: list[Letter] = []
        self.lines: list[str] = []
        """Every line of every client, and whether it came encrypted."""
        self.port = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[MailServer]:
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        encrypted = signed_in = False
        hello, origin = "", ""
        to: list[str] = []

        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        try:
            await say("220 mail.example.org ESMTP")
            while line := (await reader.readline()).decode().rstrip("\r\n"):
                self.lines.append(f"{'tls' if encrypted else 'clear'} {line}")
                verb = line.split(" ")[0].upper()
                if verb in ("EHLO", "HELO"):
                    hello = line.partition(" ")[2]
                    offers = ["mail.example.org"]
                    offers += ["STARTTLS"] if self.context is not None and not encrypted else []
                    offers += ["AUTH PLAIN"] if self.account is not None else []
                    for number, offer in enumerate(offers):
                        await say(f"250{' ' if number == len(offers) - 1 else '-'}{offer}")
                elif verb == "STARTTLS" and self.context is not None and not encrypted:
                    await say("220 go ahead")
                    await writer.start_tls(self.context)
                    encrypted = True
                elif verb == "AUTH" and self.account is not None:
                    given = base64.b64decode(line.split(" ")[2]).decode().split("\0")[1:]
                    signed_in = tuple(given) == self.account
                    await say("235 welcome" if signed_in else "535 5.7.8 no")
                elif verb == "MAIL":
                    if self.account is not None and not signed_in:
                        await say("530 5.7.0 sign in first")
                        continue
                    origin, to = line.partition("<")[2].partition(">")[0], []
                    await say("250 ok")
                elif verb == "RCPT":
                    recipient = line.partition("<")[2].partition(">")[0]
                    if recipient in self.refused:
                        await say(f"{self.refused[recipient]} <{recipient}>")
                    else:
                        to.append(recipient)
                        await say("250 ok")
                elif verb == "DATA":
                    if not to:
                        await say("554 5.5.1 no recipients")
                        continue
                    await say("354 end with a dot")
                    raw = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                    self.letters.append(Letter(origin, tuple(to), raw.replace(b"\r\n..", b"\r\n."), encrypted, hello))
                    await say("250 taken")
                elif verb == "QUIT":
                    await say("221 bye")
                    return
                elif verb == "RSET":
                    await say("250 ok")
                else:
                    await say("502 5.5.1 unknown")
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
