"""Clockwork: what has to happen again and again.

Here belong the recurring jobs of the worker; when each last ended well is kept in ``bot.job_runs``. Never here: a message to a
person (E-1): nothing here may start a conversation.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db, logs
from bot.channels import twilio_retention
from bot.job_runs import hours_since, remember
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: float
    """Seconds between the end of one run and the start of the next."""
    run: Callable[[], Awaitable[int]]
    """Does the work; how many things it did."""


def jobs(settings: Settings) -> list[Job]:
    """The recurring jobs of this deployment."""
    found: list[Job] = []
    if settings.twilio_account_sid:
        found.append(Job("deletion", 6 * 3600, lambda: _delete_records(settings)))
    return found


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
        logs.event("job", job=job.name, count=count, outcome="done")
        pause = 30.0
        await sleep(job.every)


def run(settings: Settings) -> int:
    """The worker: recurring jobs, and polling where Telegram cannot reach us. Ends at a stop signal. Raises what kept it from
    starting."""
    logs.configure()
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> int:
    engine = db.open_engine(db.url_of(settings))
    if not settings.database_url:
        await db.create_all(engine)
    await db.ping(engine)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    work: list[asyncio.Task[Any]] = [asyncio.create_task(repeat(job, engine)) for job in jobs(settings)]
    polls = settings.telegram_token.get_secret_value() and not settings.public_url
    faro = None
    if polls:
        from bot.app import Faro  # noqa: PLC0415 - 30 MB that a worker without polling never needs

        faro = Faro(settings)
        await faro.start()
        assert faro.telegram is not None
        await faro.telegram.register("")
        work.append(asyncio.create_task(faro.telegram.poll()))
    logs.event("started", mode=settings.mode, count=len(work))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *work], return_when=asyncio.FIRST_COMPLETED)
    # Nothing here ends by itself: a task that did has failed, and whoever runs the worker starts it again.
    failed = [task for task in work if task.done()]
    for task in failed:
        if not task.cancelled() and (error := task.exception()) is not None:
            logs.failure("worker", error)
    for task in (stopped, *work):
        task.cancel()
    await asyncio.gather(stopped, *work, return_exceptions=True)
    if faro is not None:
        await faro.stop()
    await engine.dispose()
    logs.event("stopped", mode=settings.mode)
    return 1 if failed else 0


def asleep(settings: Settings, engine: AsyncEngine) -> Callable[[], Awaitable[Mapping[str, float | None]]]:
    """The doctor's question about the jobs."""
    return lambda: hours_since(engine, [job.name for job in jobs(settings)])
