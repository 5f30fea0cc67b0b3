"""The world that channels are tried in: the real conversation, embedded sessions, the fictitious directory of the demo.

Here belongs how it is put together. What is costly and never changes (catalogs, places, the directory) is read once a run.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from bot import app, db
from bot.directory.demo import load_demo
from bot.directory.snapshot import Snapshot, build
from bot.session_stores import EmbeddedStore
from bot.settings import Settings
from bot.vault import Vault
from tests.bot.channels.contract import Clock, World

START = Clock().now

T = TypeVar("T")


@cache
def content() -> app.Content:
    return app.Content.load(Settings(_env_file=None))  # type: ignore[call-arg]


@cache
def directory() -> Snapshot:
    return _apart(_read)


async def _read() -> Snapshot:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    with TemporaryDirectory() as folder:
        engine = db.open_engine(f"sqlite+aiosqlite:///{Path(folder) / 'demo.db'}")
        try:
            await db.create_all(engine)
            await load_demo(engine)
            return await build(engine, START, settings)
        finally:
            await engine.dispose()


def _apart(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run to the end beside the loop of the test that asked first."""
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(work())))
    thread.start()
    thread.join()
    return found[0]


@asynccontextmanager
async def a_world() -> AsyncIterator[World]:
    clock = Clock()
    store = EmbeddedStore(clock)
    settings = Settings(_env_file=None, messages_per_minute=10_000)  # type: ignore[call-arg]
    sessions = app.open_sessions(store, settings)
    conversation = app.conversation(content(), sessions, directory, settings, clock=clock)
    world = World(
        conversation.handle,
        vault=Vault(b"secret of these tests only " * 2),
        leftovers=sessions.leftovers,
        clock=clock,
        country_of=app.country_of_prefix,
        last_resort=lambda country, lang: app.last_resort(content(), country, lang),
        say=content().wording.text,
    )
    yield world
    await store.close()
