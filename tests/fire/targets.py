"""What is killed and comes back: processes of the program and the stores, on a set of sockets and ports of their own.

Never here: people, what is reckoned.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from bot import db
from bot.demo_staff import DemoStaff, people_demo
from bot.directory.demo import load_demo
from tests.servers import Postgres, Redis, free_port

ROOT = Path(__file__).parents[2]
SID, AUTH, URL = "AC" + "0" * 32, "t" * 32, "https://faro.example.org"
#: What the disk is waited for; the other test servers do not.
DURABLE = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\nmax_connections = 120\n"
UP_AGAIN = 120.0
"""Seconds in which something that was killed has to run again."""


class Target(Protocol):
    name: str

    def kill(self) -> None: ...

    def start(self) -> None: ...


class Process:
    """One process of the program. ``kill`` asks it nothing; ``stop`` lets it end what is under way, as a deployment does."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name, self._command, self._environment, self._log = name, command, environment, log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "bot", *self._command], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    @property
    def alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()

    def stop(self) -> None:
        if self._running is not None and self.alive:
            self._running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running.wait(30)
        self.kill()


class Database(Postgres):
    name = "postgres"


class Store(Redis):
    """Killed, it has forgotten everything."""

    name = "valkey"

    def kill(self) -> None:
        self.stop()


@dataclass
class World:
    folder: Path
    webs: list[Process]
    worker: Process
    store: Store
    database: Database
    ports: list[int]
    staff: DemoStaff
    secret: bytes

    @property
    def targets(self) -> list[Target]:
        return [*self.webs, self.worker, self.store, self.database]

    def logs(self) -> str:
        """What the program's processes said, the last of it; for whoever looks for a fault."""
        return "\n".join(f"{path.name}\n{path.read_text()[-3000:]}" for path in sorted(self.folder.glob("*.log")))


@contextlib.contextmanager
def world(folder: Path, secret: bytes) -> Iterator[World]:
    """Stores with tables, services and people on duty who have keys; two web processes and a worker over them."""
    database, store = Database(folder, DURABLE), Store(folder)
    processes: list[Process] = []
    try:
        started(database)
        started(store)
        ports = [free_port(), free_port()]
        common = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
            "PYTHONPATH": str(ROOT), "MODE": "demo", "SIMULATOR": "true", "PUBLIC_URL": URL,
            "SECRET_KEY": base64.b64encode(secret).decode(), "DATABASE_URL": database.url, "REDIS_URL": store.url,
            "VAR_DIR": str(folder), "MESSAGES_PER_MINUTE": "4000",
        }  # fmt: skip
        web = {**common, "TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": AUTH}  # the worker would ask Twilio what to delete
        webs = [
            Process(f"web {number}", ["serve"], {**web, "PORT": str(port)}, folder / f"web{number}.log")
            for number, port in enumerate(ports, 1)
        ]
        worker = Process("worker", ["work"], common, folder / "worker.log")
        processes = [*webs, worker]
        staff = asyncio.run(_people(database.url, secret))
        for process in processes:
            process.start()
        yield World(folder, webs, worker, store, database, ports, staff, secret)
    finally:
        for process in processes:
            process.kill()
        store.kill()
        database.stop()


async def _people(url: str, secret: bytes) -> DemoStaff:
    await asyncio.to_thread(db.migrate, url)
    engine = db.open_engine(url)
    await load_demo(engine)
    staff = await people_demo(engine, secret, datetime.now(UTC))
    await engine.dispose()
    return staff


def started(target: Target) -> None:
    """Start it, again and again where it needs time to recover. Raises what kept it down for ``UP_AGAIN`` seconds."""
    give_up = time.monotonic() + UP_AGAIN
    while True:
        try:
            return target.start()
        except Exception:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.5)


# --- the killer ------------------------------------------------------------------------------------------------------


class Killer:
    """Ends one target after another and starts it a moment later: as often as ``due`` says by now.

    Most are killed; of the program's processes a third is stopped as a deployment stops them. None is spared: each is shot at
    once before any is shot at twice."""

    def __init__(self, targets: list[Target], chance: random.Random, due: Callable[[], int]) -> None:
        self._targets, self._chance, self._due = targets, chance, due
        self._order: list[Target] = []
        self.kills: Counter[str] = Counter()
        self.stops: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def shooting(self) -> AsyncIterator[None]:
        """While this lasts. At its end everything runs again."""
        over = asyncio.Event()
        task = asyncio.create_task(self._shoot(over))
        try:
            yield
        finally:
            over.set()
            await task

    async def _shoot(self, over: asyncio.Event) -> None:
        done = 0
        while not over.is_set():
            await asyncio.sleep(0.05)
            if done < self._due():
                done += 1
                self._order = self._order or self._chance.sample(self._targets, len(self._targets))
                await self._one(self._order.pop())

    async def _one(self, target: Target) -> None:
        gently = isinstance(target, Process) and self._chance.random() < 1 / 3
        way: Any = target.stop if gently and isinstance(target, Process) else target.kill
        await asyncio.to_thread(way)
        (self.stops if gently else self.kills)[target.name.partition(" ")[0]] += 1
        await asyncio.sleep(self._chance.uniform(0.05, 1.0))
        await asyncio.to_thread(started, target)
