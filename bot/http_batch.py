"""Small calls to one address whose answers nobody reads: many of them share a write and a connection.

Here belongs how calls become HTTP/1.1 on kept connections. Never here: what is called or why (``bot.channels.telegram``:
each press of a button needs one ``answerCallbackQuery`` beside its answer), an answer's meaning.

The calls of a moment leave in one write and their answers are only counted: a tenth of the CPU of an ordinary client,
which would cost more than the rest of the turn. A call that got no answer is made once more and then given up, so only
calls belong here that may be lost or come twice. Errors carry no address: a token may be part of it.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import deque
from typing import Final, cast
from urllib.parse import urlsplit

CONNECTIONS: Final = 8
"""A server answers the calls of one connection one after the other, so a queue on all of them opens another one."""
QUEUE: Final = 16
"""Unanswered calls on a connection before another one is opened."""
WAITING: Final = 10_000
"""Calls that may wait for a connection; more are dropped, because they would come too late."""
GATHER_SECONDS: Final = 0.01
"""Calls of so long leave in one write. Nobody waits for them; each write and each read costs as much as the rest of a call."""
SECONDS: Final = 10.0
"""Without any answer for so long, a connection is given up."""

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close\r\n", re.IGNORECASE)


class _Call:
    __slots__ = ("body", "tries")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.tries = 0


class _Connection(asyncio.Protocol):
    """Answers come in the order of the calls; each is a head with a length, and a body that is skipped."""

    def __init__(self, posts: Posts) -> None:
        self._posts = posts
        self.unanswered: deque[_Call] = deque()
        self._transport: asyncio.Transport | None = None
        self._read = b""
        self._watch: asyncio.TimerHandle | None = None
        self._counted = -1
        self.over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class

    def write(self, calls: list[_Call], head: bytes) -> None:
        assert self._transport is not None
        self.unanswered.extend(calls)
        self._transport.write(b"".join([b"%b%d\r\n\r\n%b" % (head, len(call.body), call.body) for call in calls]))
        if self._watch is None:
            self._watch = self._posts.loop.call_later(SECONDS, self._look)

    def _look(self) -> None:
        """Give the connection up where nothing was answered since the last look."""
        self._watch = None
        if self.unanswered:
            if self._counted == self._posts.answered:
                self.drop()
                return
            self._counted = self._posts.answered
            self._watch = self._posts.loop.call_later(SECONDS, self._look)

    def data_received(self, data: bytes) -> None:
        read = self._read + data if self._read else data
        at = 0
        while (end := read.find(b"\r\n\r\n", at)) >= 0:
            length = _LENGTH.search(read, at, end + 2)
            if length is None or not self.unanswered:
                self.drop()  # not an answer that we know how to skip
                return
            after = end + 4 + int(length[1])
            if after > len(read):
                break
            self.unanswered.popleft()
            self._posts.answered += 1
            if _CLOSE.search(read, at, end + 2):
                self.drop()
                return
            at = after
        self._read = read[at:]
        if not self.unanswered:
            self._posts.check()

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self.over = True
        if self._watch is not None:
            self._watch.cancel()
        self._posts.lost(self)


class Posts:
    """``post`` a body to one address and forget about it. ``url`` begins with http:// or https://. Use within one loop."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = parts.scheme == "https"
        self._head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\nContent-Length: "
        ).encode()
        self._calls: deque[_Call] = deque()
        self._connections: list[_Connection] = []
        self._opening: asyncio.Task[None] | None = None
        self._planned = False
        self._closed = False
        self._idle = asyncio.Event()
        self.answered = 0
        self.dropped = 0
        """Calls that were given up."""

    def __repr__(self) -> str:
        return "Posts(…)"

    def post(self, body: bytes) -> None:
        """Call with this body some time soon."""
        if self._closed or len(self._calls) >= WAITING:
            self.dropped += 1
            return
        self._calls.append(_Call(body))
        if not self._planned:
            self._planned = True
            self.loop = asyncio.get_running_loop()
            self._idle.clear()
            self.loop.call_later(GATHER_SECONDS, self._flush)

    def _flush(self) -> None:
        self._planned = False
        if not self._calls:
            self.check()
            return
        free = min(self._connections, key=lambda connection: len(connection.unanswered), default=None)
        if free is not None:
            calls = list(self._calls)
            self._calls.clear()
            for call in calls:
                call.tries += 1
            free.write(calls, self._head)
        if (free is None or len(free.unanswered) > QUEUE) and len(self._connections) < CONNECTIONS and self._opening is None:
            self._opening = self.loop.create_task(self._open())

    async def _open(self) -> None:
        context = ssl.create_default_context() if self._tls else None
        try:
            async with asyncio.timeout(SECONDS):
                _, connection = await self.loop.create_connection(
                    lambda: _Connection(self), self._host, self._port, ssl=context, server_hostname=self._host if context else None
                )
        except (OSError, TimeoutError):
            if not self._connections:
                self.dropped += len(self._calls)
                self._calls.clear()
        else:
            if not connection.over:
                self._connections.append(connection)
        finally:
            self._opening = None
            self._flush()

    def lost(self, connection: _Connection) -> None:
        """A connection ended: what it left unanswered is called once more."""
        if connection in self._connections:
            self._connections.remove(connection)
        again = [call for call in connection.unanswered if call.tries < 2 and not self._closed]
        self.dropped += len(connection.unanswered) - len(again)
        connection.unanswered.clear()
        self._calls.extendleft(reversed(again))
        self._flush()

    def check(self) -> None:
        if not self._calls and self._opening is None and not any(each.unanswered for each in self._connections):
            self._idle.set()

    async def settle(self) -> None:
        """Wait until every call was answered or given up."""
        if self._planned or self._calls or self._opening is not None or any(each.unanswered for each in self._connections):
            await self._idle.wait()

    async def aclose(self) -> None:
        """Wait five seconds at most for what is under way, then close all connections."""
        try:
            async with asyncio.timeout(5):
                await self.settle()
        except TimeoutError:
            self.dropped += len(self._calls)
            self._calls.clear()
        self._closed = True
        for connection in list(self._connections):
            connection.drop()
