"""One connection to Redis over which all turns under way share their round trips.

Here belong bytes, replies and the connection's life: what is sent during one pass of the event loop goes out as one write,
and answers come back in order. Never here: what is stored, scripts, sessions. Pub/sub, blocking commands and transactions
over several calls do not work on a shared connection and are not offered.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from collections.abc import Awaitable
from typing import Any

import hiredis
from redis.asyncio.connection import SSLConnection, parse_url

from bot.exchange import StoreDown

ReplyError = hiredis.ReplyError
"""What the server answers when it refuses a command (``NOSCRIPT …``, ``OOM …``)."""

_NOTHING = object()


class BatchedRedis:
    """A connection that is made when first needed, and again after it was lost.

    ``url`` is ``redis://``, ``rediss://`` or ``unix://`` with the options that redis-py knows. ``timeout`` (seconds) is how
    long a server may take to connect or to answer; after that, everything pending fails and the connection is dropped.
    Bound to the event loop that it is first used on.
    """

    def __init__(self, url: str, *, timeout: float = 2.0) -> None:
        try:
            self._options: dict[str, Any] = dict(parse_url(url))
        except ValueError:
            # The parser's own message may carry the URL, and with it a password.
            raise ValueError("the address of the session store must begin with redis://, rediss:// or unix://") from None
        self._timeout = timeout
        self._link: _Link | None = None
        self._connecting: asyncio.Task[_Link] | None = None
        self._not_before = 0.0
        self._closed = False

    def execute(self, *command: bytes | str | int | float) -> Awaitable[Any]:
        """Send one command with the others of this pass of the loop; await the answer.

        Raises StoreDown when there is no connection, or when it is lost before the answer: the command may or may not have
        run. Raises ReplyError when the server refuses it.
        """
        link = self._link
        if link is not None and link.open:
            return link.send(command)
        return self._connect_and_send(command)

    async def _connect_and_send(self, command: tuple[Any, ...]) -> Any:
        link = await self._connect()
        return await link.send(command)

    async def _connect(self) -> _Link:
        if self._closed:
            raise StoreDown("the connection to the session store was closed")
        if self._link is not None and self._link.open:
            return self._link
        if self._connecting is None:
            loop = asyncio.get_running_loop()
            if loop.time() < self._not_before:
                raise StoreDown("the session store could not be reached a moment ago")
            self._connecting = loop.create_task(self._dial())
            self._connecting.add_done_callback(self._dialled)
        # A turn that gives up must not take the connection away from the others who wait for it.
        return await asyncio.shield(self._connecting)

    def _dialled(self, task: asyncio.Task[_Link]) -> None:
        self._connecting = None
        if task.cancelled() or task.exception() is not None:
            self._not_before = task.get_loop().time() + 0.1
        else:
            self._link = task.result()

    async def _dial(self) -> _Link:
        options = self._options
        loop = asyncio.get_running_loop()
        link = _Link(loop, self._timeout)
        try:
            async with asyncio.timeout(self._timeout):
                if "path" in options:
                    await loop.create_unix_connection(lambda: link, options["path"])
                else:
                    host, port = options.get("host", "localhost"), options.get("port", 6379)
                    await loop.create_connection(lambda: link, host, port, ssl=_tls(options))
                if options.get("password") is not None:
                    named = [options["username"]] if options.get("username") else []
                    await link.send(("AUTH", *named, options["password"]))
                if options.get("db"):
                    await link.send(("SELECT", int(options["db"])))
        except ReplyError as error:
            link.drop()
            # The first word is the server's code, such as WRONGPASS; the rest may quote what we sent.
            raise StoreDown(f"the session store refuses us: {str(error).split(' ', 1)[0]}") from None
        except (OSError, TimeoutError) as error:
            link.drop()
            raise StoreDown(f"the session store cannot be reached: {type(error).__name__}") from error
        except BaseException:
            link.drop()
            raise
        return link

    async def close(self) -> None:
        """Wait for what was sent, at most ``timeout`` seconds, then hang up. Everything later raises StoreDown."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError, StoreDown):
                await self._connecting
        link, self._link = self._link, None
        if link is not None:
            await link.finish()


def _tls(options: dict[str, Any]) -> ssl.SSLContext | None:
    """The TLS settings of the URL, read by redis-py itself."""
    kind = options.get("connection_class")
    if not (isinstance(kind, type) and issubclass(kind, SSLConnection)):
        return None
    rest = {key: value for key, value in options.items() if key != "connection_class"}
    context: ssl.SSLContext = kind(**rest).ssl_context.get()
    return context


class _Link(asyncio.Protocol):
    """One connected socket: commands in, answers out, in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, timeout: float) -> None:
        self.open = False
        self._loop = loop
        self._timeout = timeout
        self._transport: asyncio.Transport | None = None
        self._reader = hiredis.Reader(notEnoughData=_NOTHING)
        self._out: list[bytes] = []
        self._pending: deque[asyncio.Future[Any]] = deque()
        self._answered = 0
        self._watch: asyncio.TimerHandle | None = None
        self._idle: asyncio.Future[None] | None = None

    # -- commands

    def send(self, command: tuple[Any, ...]) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        if not self.open:
            future.set_exception(StoreDown("the connection to the session store was lost"))
            return future
        packed = hiredis.pack_command(command)
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packed)
        self._pending.append(future)
        if self._watch is None:
            self._watch = self._loop.call_later(self._timeout, self._look, self._answered + len(self._pending))
        return future

    def _flush(self) -> None:
        out, self._out = self._out, []
        if out and self._transport is not None:
            self._transport.write(b"".join(out))

    def _look(self, due: int) -> None:
        """Runs ``timeout`` after command number ``due`` went out: whoever has not answered that one by now is gone."""
        self._watch = None
        if self._answered < due:
            self._fail("the session store does not answer")
            if self._transport is not None:
                self._transport.abort()
        elif self._pending:
            self._watch = self._loop.call_later(self._timeout, self._look, self._answered + len(self._pending))

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.open = True
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        reader, pending = self._reader, self._pending
        reader.feed(data)
        try:
            while (answer := reader.gets()) is not _NOTHING:
                self._answered += 1
                future = pending.popleft()
                if future.done():  # whoever asked has gone
                    continue
                if isinstance(answer, ReplyError):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
        except (hiredis.ProtocolError, IndexError):
            self._fail("the session store answers in a way that is not Redis")
            if self._transport is not None:
                self._transport.abort()
        if not pending and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail("the connection to the session store was lost")

    # -- the end

    def _fail(self, why: str) -> None:
        self.open = False
        self._out.clear()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        while self._pending:
            future = self._pending.popleft()
            if not future.done():
                future.set_exception(StoreDown(why))
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def drop(self) -> None:
        """Hang up at once."""
        self._fail("the connection to the session store was given up")
        if self._transport is not None:
            self._transport.abort()

    async def finish(self) -> None:
        """Hang up when the last answer is here."""
        if self._pending:
            self._idle = self._loop.create_future()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle, self._timeout)
        self._fail("the connection to the session store was closed")
        if self._transport is not None:
            self._transport.close()
