"""Where something that must be nowhere could lie: what goes to the stores, what lies in them, the files, the server's own log.

Here belongs the reading of places as bytes. Never here: what is looked for (``tests.privacy.spellings``), tests.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

PAGE = 8192
"""Bytes of a page of PostgreSQL, in its tables and in its log of changes."""
_ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|(.))")
_NAMES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b"}


class Overheard:
    """Everything that is sent to a Redis server from now on, as it hears it (``MONITOR``)."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._socket.sendall(b"MONITOR\r\n")
        self._taken = bytearray()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while part := self._socket.recv(1 << 16):
            self._taken += part

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()

    @property
    def bytes(self) -> bytes:
        """As it was sent: the server writes unprintable bytes as ``\\x00``."""
        return _ESCAPE.sub(
            lambda found: bytes.fromhex(found[1].decode()) if found[1] else _NAMES.get(found[2], found[2]), self._taken
        )


class Spoken:
    """Every statement that goes to a database through this engine from now on, with its values, before any encryption at rest."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._said: list[bytes] = []
        event.listen(engine.sync_engine, "before_cursor_execute", self._hear)

    def _hear(self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        self._said += [statement.encode(), *_flat(parameters)]

    @property
    def bytes(self) -> bytes:
        return b"\n".join(self._said)


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, bytes | bytearray | memoryview):
        yield bytes(value)
    elif isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, Iterable):
        for each in value:
            yield from _flat(each)
    elif value is not None:
        yield str(value).encode()


async def tables(engine: AsyncEngine) -> bytes:
    """Every row of every table, value by value."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if engine.dialect.name != "sqlite":
        names = "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    async with engine.connect() as connection:
        held = []
        for name in (await connection.execute(text(names))).scalars().all():
            rows = await connection.execute(text(f'SELECT * FROM "{name}"'))
            held += [part for row in rows for part in _flat(tuple(row))]
    return b"\n".join(held)


def files(folder: Path) -> list[tuple[str, bytes]]:
    """(name, contents) of everything below a folder: SQLite's file, -wal and -shm, whatever was spilled."""
    return [(path.name, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]


class Disk:
    """What a PostgreSQL server has written since this was made: its tables, its log of changes, its log, its temporary files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = {hashlib.sha256(page).digest() for page in self._pages()}

    def _pages(self) -> Iterator[bytes]:
        for path in sorted(self._folder.rglob("*")):
            try:
                if path.is_file():
                    raw = path.read_bytes()
                    yield from (raw[at : at + PAGE] for at in range(0, len(raw), PAGE))
            except FileNotFoundError:  # it goes on working meanwhile
                continue

    async def written(self) -> bytes:
        """Pages that were not there before, in their order."""

        def read() -> bytes:
            return b"".join(page for page in self._pages() if hashlib.sha256(page).digest() not in self._before)

        return await asyncio.to_thread(read)
