"""Serve: the web process of a deployment, and the port that it has in common with the demo.

Here belongs how the server runs. Never here: what it serves (``bot.app``), whether it may start (``bot.checkup``).
"""

from __future__ import annotations

import asyncio
import errno
import gc
import socket

import uvicorn

from bot import logs
from bot.app import Faro
from bot.exchange import CannotStart
from bot.settings import Settings

Listener = socket.socket
"""A port that is taken. Nobody but the server below does anything with it."""


def listen(settings: Settings) -> Listener:
    """Take the port before anything else is begun. Raises CannotStart; the server's own way would end in a log without words."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise CannotStart(f"HOST names {settings.host}, which is no address of this machine: use 127.0.0.1 or 0.0.0.0.") from None
    family, kind, protocol, _, address = found[0]
    # The protocol is named, or asyncio would leave Nagle on: 40 ms a call.
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise CannotStart(_sentence(error, settings)) from None
    return listener


def _sentence(error: OSError, settings: Settings) -> str:
    port = f"Port {settings.port} of {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return f"{port} is in use: end the program that listens there, or choose another port with the setting PORT."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{port} is not open to this account: choose one above 1023 with the setting PORT."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"HOST names {settings.host}, which is no address of this machine: use 127.0.0.1 or 0.0.0.0."
    return f"{port} cannot be listened on ({type(error).__name__}): choose others with the settings HOST and PORT."


def address_of(listener: Listener) -> str:
    """The address as a person may open it in a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def until_stopped(server: uvicorn.Server, faro: Faro, listener: Listener) -> int:
    """Run the server; the exit status. Raises what kept ``faro`` from starting, where the server would only end with a number."""
    try:
        await server.serve(sockets=[listener])
    except SystemExit:
        if faro.failure is None:
            raise
    if faro.failure is not None:
        raise faro.failure
    return 0 if server.started else 1


def run(settings: Settings) -> int:
    """Serve until a stop signal; what is under way is finished first. Raises what kept it from starting."""
    logs.configure()
    with listen(settings) as listener:
        faro = Faro(settings)
        config = uvicorn.Config(faro, timeout_graceful_shutdown=20, proxy_headers=False, **logs.UVICORN)
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            return runner.run(until_stopped(_Server(config), faro, listener))


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is in memory now (catalogs, places, the directory) stays: the collector need not look through it again and again,
        # and the little that turns leave behind may wait for it longer.
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)
