"""Clockwork: what has to happen again and again.

Here belong the recurring jobs of the worker; when each last ended well is kept in ``bot.job_runs``. Never here: a message to a
person (E-1): nothing here may start a conversation. Alerts go to staff only, from the outbox.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db, logs, remarks
from bot.alerts import outbox
from bot.alerts.post import Post
from bot.alerts.senders import close, senders
from bot.alerts.words import Texts
from bot.channels import twilio_retention
from bot.complaints import clock as complaints_clock
from bot.complaints import past
from bot.complaints.deadlines import Deadlines
from bot.complaints.storing import Complaints
from bot.complaints.trail import TRAIL
from bot.job_runs import hours_since, remember
from bot.notices import publishing
from bot.roster import load
from bot.roster.live import LiveRoster
from bot.secret import process_secret
from bot.settings import Settings
from bot.staff import audit, desk_sessions, keys, second_person
from bot.tickets import clock as tickets_clock
from bot.tickets.guard import Guard
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.storing import Tickets


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: float
    """Seconds between the end of one run and the start of the next."""
    run: Callable[[], Awaitable[int]]
    """Does the work; how many things it did."""


NAMES = ("tickets", "complaints", "alerts", "sweep")
"""Jobs that every deployment has."""


def names(settings: Settings) -> tuple[str, ...]:
    """Names of the recurring jobs of this deployment."""
    return (*NAMES, "deletion") if settings.twilio_account_sid else NAMES


class Clockwork:
    """The recurring jobs of this deployment and what they share. ``clock``: seconds since 1970. ``await aclose()`` at the end."""

    def __init__(
        self,
        settings: Settings,
        engine: AsyncEngine,
        roster: LiveRoster,
        *,
        secret: bytes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raises ValueError, BadSecret or ContentError, whose texts are sentences."""
        secret = secret or process_secret(settings)
        self._settings, self._engine, self._roster, self._clock = settings, engine, roster, clock
        self._tickets = Tickets(engine, Guard(secret), Lifetimes.of(settings))
        self._complaints = Complaints(engine, self._tickets.guard, Deadlines.of(settings), self._tickets.lifetimes)
        self._senders = senders(settings)
        self._post = Post(self._senders, secret, Texts.load())

    def jobs(self) -> list[Job]:
        found = [
            Job("tickets", 15, self._tick),
            Job("complaints", 15, self._hear),
            Job("alerts", 5, self._alert),
            Job("sweep", 600, self._sweep),
        ]
        if self._settings.twilio_account_sid:
            found.append(Job("deletion", 6 * 3600, lambda: _delete_records(self._settings)))
        return found

    async def aclose(self) -> None:
        await close(self._senders)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    async def _tick(self) -> int:
        """P-3, D-8: what waits too long is told to others, what is over is wiped."""
        return (await tickets_clock.tick(self._tickets, self._now())).total()

    async def _hear(self) -> int:
        """P-3, C-6: the same for complaints. It says of nothing how many there were: whoever reads the log may work for an
        organisation that one of them is about (C-4)."""
        await complaints_clock.tick(self._complaints, self._now())
        return 0

    async def _alert(self) -> int:
        return await outbox.send_due(
            self._engine, self._post, self._now(), lambda staff, at: self._roster.current.may_be_told(staff, at)
        )

    async def _sweep(self) -> int:
        """Rows of the desk that are over: sessions, keys to which nothing is sealed any more, questions to a second person,
        marks of heavy requests, notices, remarks, what the audits hold for too long."""
        now = self._now()
        count = await desk_sessions.sweep(self._engine, now)
        async with self._engine.begin() as connection:
            count += await keys.sweep(connection, now) + await second_person.sweep(connection, now)
            count += await publishing.sweep(connection, now) + await remarks.sweep(connection, now)
            count += await load.forget_marks(connection, now)
        await self._forget(now)
        return count

    async def _forget(self, now: datetime) -> None:
        """Of both chains, and of what became of complaints; how many is not said, since that is about complaints (C-4)."""
        life = timedelta(days=self._settings.audit_days)
        for chain in (audit.DESK, TRAIL):
            async with self._engine.begin() as connection:
                await audit.forget(connection, life, now, chain)
        async with self._engine.begin() as connection:
            await past.forget(connection, life, now)


def _client(settings: Settings) -> Any:
    return twilio_retention.rest_client(settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value())


async def _delete_records(settings: Settings) -> int:
    """P-4: the provider's own records of messages go as soon as it lets them."""
    removed = await twilio_retention.remove_older_records(_client(settings), db.now() - timedelta(days=1))
    return removed.deleted


def twilio_faults(settings: Settings) -> Callable[[], Awaitable[Iterable[str]]] | None:
    """The doctor's question to the Twilio account, where there is one."""
    if not settings.twilio_account_sid:
        return None
    return lambda: twilio_retention.faults(_client(settings), settings.public_url)


async def repeat(job: Job, engine: AsyncEngine, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Run a job for ever. A failure is logged without content and tried again, later each time up to ``every``."""
    pause = 30.0
    while True:
        try:
            count = await job.run()
            await remember(engine, job.name, db.now())
        except Exception as error:
            logs.failure("job", error, job=job.name)
            await sleep(min(pause, job.every))
            pause *= 2
            continue
        if count or job.every >= 3600:  # what comes every few seconds and finds nothing to do is no news
            logs.event("job", job=job.name, count=count, outcome="done")
        pause = 30.0
        await sleep(job.every)


def run(settings: Settings) -> int:
    """The worker: recurring jobs, and polling where Telegram cannot reach us. Ends at a stop signal. Raises what kept it from
    starting."""
    logs.configure()
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> int:
    async with AsyncExitStack() as closing:
        # Whatever ends it or keeps it from starting, what was opened is closed: SQLite's connections are threads, and one that is
        # left open keeps the process from ending.
        engine = db.open_engine(db.url_of(settings))
        closing.push_async_callback(engine.dispose)
        if not settings.database_url:
            await db.create_all(engine)
        await db.ping(engine)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        roster = LiveRoster(engine, settings)
        closing.push_async_callback(roster.stop)
        await roster.start()
        clockwork = Clockwork(settings, engine, roster)
        closing.push_async_callback(clockwork.aclose)
        polls = []
        if settings.telegram_token.get_secret_value() and not settings.public_url:
            from bot.app import Faro  # noqa: PLC0415 - 30 MB that a worker without polling never needs

            faro = Faro(settings)
            closing.push_async_callback(faro.stop)
            await faro.start()
            assert faro.telegram is not None
            await faro.telegram.register("")
            polls.append(faro.telegram.poll())
        endless = [*polls, *(repeat(job, engine) for job in clockwork.jobs())]
        logs.event("started", mode=settings.mode, count=len(endless))
        failed = await _until(stop, endless)
    logs.event("stopped", mode=settings.mode)
    return 1 if failed else 0


async def _until(stop: asyncio.Event, endless: Iterable[Coroutine[Any, Any, Any]]) -> bool:
    """Work until told to stop. Whether it ended for another reason: nothing here ends by itself, so what did has failed, and
    whoever runs the worker starts it again."""
    work = [asyncio.create_task(each) for each in endless]
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *work], return_when=asyncio.FIRST_COMPLETED)
    failed = [task for task in work if task.done()]
    for task in failed:
        if not task.cancelled() and (error := task.exception()) is not None:
            logs.failure("worker", error)
    for task in (stopped, *work):
        task.cancel()
    await asyncio.gather(stopped, *work, return_exceptions=True)
    return bool(failed)


def asleep(settings: Settings, engine: AsyncEngine) -> Callable[[], Awaitable[Mapping[str, float | None]]]:
    """The doctor's question about the jobs."""
    return lambda: hours_since(engine, names(settings))
