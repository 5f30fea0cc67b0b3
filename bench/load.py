"""The load: many people writing at once over kept connections, and the Telegram that hears the answers.

Here belong the client, the pretended Bot API and the reading of CPU time. Never here: what is measured, or a provider's shapes.
Both are written for speed alone, so that what is measured is the server and not the bench.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONNECTIONS = 64

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.I)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.I)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.I)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of one server gave."""

    turns: int
    seconds: float
    bodies: list[bytes]
    """The last answer of each connection."""

    @property
    def rate(self) -> float:
        """Turns a second."""
        return self.turns / self.seconds


class _Line(asyncio.Protocol):
    """One connection that sends a request as soon as the answer before it is there."""

    def __init__(self, feed: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self.feed, self.done = feed, done
        self.buffer = b""
        self.count = 0
        self.last = b""
        self.pending: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self._next()

    def _next(self) -> None:
        request = next(self.feed, None)
        if request is None:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, mark, body = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        length = _LENGTH.search(head)
        if length is not None:
            if len(body) < int(length[1]):
                return
        elif _CHUNKED.search(head) and not body.endswith(b"0\r\n\r\n"):
            return
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204")):
            self._fail(f"the server said {head[:40]!r}")
            return
        if _CLOSES.search(head):
            self._fail("the server closes connections after an answer; give it keep-alive")
            return
        self.last = body
        self.count += 1
        self.buffer = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        self._fail("the server hung up")

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))


async def run(port: int, journeys: Sequence[Sequence[bytes]], connections: int = CONNECTIONS) -> Round:
    """Let every journey happen, each on one connection, ``connections`` side by side. Raises RuntimeError for an answer but 200."""
    loop = asyncio.get_running_loop()
    feeds: list[list[bytes]] = [[] for _ in range(connections)]
    for number, journey in enumerate(journeys):
        feeds[number % connections].extend(journey)
    ends = [loop.create_future() for _ in feeds]
    lines = [_Line(iter(feed), end) for feed, end in zip(feeds, ends, strict=True)]
    began = time.perf_counter()
    await asyncio.gather(*(loop.create_connection(lambda line=line: line, "127.0.0.1", port) for line in lines))  # type: ignore[misc]
    await asyncio.gather(*ends)
    return Round(sum(line.count for line in lines), time.perf_counter() - began, [line.last for line in lines if line.count])


def post(path: str, body: bytes, kind: str, **headers: str) -> bytes:
    """One request as bytes."""
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-type: {kind}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


# --- Telegram ---------------------------------------------------------------------------------------------------------

_ME = {"id": 123456789, "is_bot": True, "first_name": "Faro", "username": "faro_bot", "can_join_groups": False}
_MESSAGE = {"message_id": 7, "date": 1780000000, "chat": {"id": 1, "type": "private", "first_name": "A"}, "text": "-"}


def _answer(result: Any) -> bytes:
    body = json.dumps({"ok": True, "result": result}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


class Telegram(asyncio.Protocol):
    """A Bot API that says yes. Every message that is sent gets the same id, so that journeys can be prepared."""

    calls = 0
    remember = False
    """Whether bodies are kept in ``sent``."""
    sent: list[bytes] = []  # noqa: RUF012 - one for all connections
    _answers = (
        (b"sendmessage", _answer(_MESSAGE)),
        (b"editmessagetext", _answer(_MESSAGE)),
        (b"getme", _answer(_ME)),
        (b"getwebhookinfo", _answer({"url": "", "has_custom_certificate": False, "pending_update_count": 0})),
        (b"getmycommands", _answer([])),
        (b"getmyshortdescription", _answer({"short_description": ""})),
        (b"getmydescription", _answer({"description": ""})),
        (b"", _answer(True)),
    )

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, mark, body = self.buffer.partition(b"\r\n\r\n")
            if not mark:
                return
            length = _LENGTH.search(head)
            size = int(length[1]) if length else 0
            if len(body) < size:
                return
            self.buffer = body[size:]
            Telegram.calls += 1
            method = head[: head.index(b"\r")].split(b" ")[1].rpartition(b"/")[2].lower()
            if Telegram.remember:
                Telegram.sent.append(body[:size])
            self.transport.write(next(answer for name, answer in self._answers if method.startswith(name)))


async def telegram() -> tuple[asyncio.Server, str]:
    """A listening Bot API and its address."""
    server = await asyncio.get_running_loop().create_server(Telegram, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


# --- what it cost -----------------------------------------------------------------------------------------------------


def family(pid: int) -> Iterable[int]:
    """A process and its children."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from family(int(child))


def cpu_seconds(pid: int) -> float:
    """CPU time that a process and its children took so far."""
    total = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Memory that a process holds, in MB (10^6 bytes)."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+([0-9]+)", status)
    return int(found[1]) * 1024 / 1e6 if found else 0.0
