"""The worker: jobs run again and again, are remembered, fail without a word of content, and never write to a person."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db, jobs
from bot.channels import twilio_retention
from bot.complaints.past import past
from bot.complaints.trail import TRAIL
from bot.job_runs import hours_since, remember
from bot.jobs import Job, asleep, repeat
from bot.roster.live import LiveRoster
from bot.settings import Settings
from bot.staff import audit
from bot.tickets.counting import week_of
from tests.fakes.twilio_api import ACCOUNT, TOKEN, Redirected, RestApi, record
from tests.logged import everything_logged
from tests.servers import serving

ROOT = Path(__file__).parents[2]
CANARY = "zarzaparrilla +573009876543"


class Enough(Exception):
    """Ends a job that would go on for ever."""


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = db.open_engine(f"sqlite+aiosqlite:///{tmp_path / 'jobs.db'}")
    await db.create_all(engine)
    yield engine
    await engine.dispose()


def nights(count: int) -> tuple[list[float], Callable[[float], Awaitable[None]]]:
    """A sleep that takes no time: the seconds asked for, and after ``count`` of them Enough."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == count:
            raise Enough

    return slept, sleep


def live(**changes: Any) -> Settings:
    return Settings(_env_file=None, **changes)  # type: ignore[call-arg]


# --- what is remembered ----------------------------------------------------------------------------------------------


async def test_when_a_job_last_ended_well_is_remembered(engine: AsyncEngine) -> None:
    """Mutation: a second row for the same job; hours as seconds; a job that never ran as one that just did."""
    assert await hours_since(engine, ["deletion", "other"]) == {"deletion": None, "other": None}
    await remember(engine, "deletion", datetime.now(UTC) - timedelta(hours=30))
    await remember(engine, "deletion", datetime.now(UTC) - timedelta(hours=3))
    hours = await hours_since(engine, ["deletion", "other"])
    assert hours["other"] is None and hours["deletion"] == pytest.approx(3, abs=0.01)
    assert await hours_since(engine, []) == {}


async def test_it_is_remembered_on_postgresql_too(fresh_postgres: str) -> None:
    db.migrate(fresh_postgres)
    engine = db.open_engine(fresh_postgres)
    await remember(engine, "deletion", datetime.now(UTC))
    await remember(engine, "deletion", datetime.now(UTC) - timedelta(hours=2))
    assert (await hours_since(engine, ["deletion"]))["deletion"] == pytest.approx(2, abs=0.01)
    await engine.dispose()


async def test_the_doctor_asks_about_the_jobs_of_this_deployment(engine: AsyncEngine) -> None:
    """Mutation: asking about jobs that do not run here."""
    every = dict.fromkeys(jobs.NAMES)
    assert await asleep(live(), engine)() == every
    assert await asleep(live(twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN), engine)() == {**every, "deletion": None}


# --- running ---------------------------------------------------------------------------------------------------------


async def test_a_job_runs_again_after_its_pause(engine: AsyncEngine) -> None:
    """Mutation: remembering before the work is done; the pause of a failure after a success."""
    ran: list[float | None] = []

    async def work() -> int:
        ran.append((await hours_since(engine, ["x"]))["x"])
        return 7

    slept, sleep = nights(3)
    with everything_logged() as log, pytest.raises(Enough):
        await repeat(Job("x", 3600, work), engine, sleep)
    assert slept == [3600, 3600, 3600]
    assert ran[0] is None and ran[1] is not None and len(ran) == 3
    assert log.getvalue().count('"outcome":"done"') == 3 and '"count":7' in log.getvalue()


@pytest.mark.requirement("P-2")
async def test_a_failure_is_tried_again_later_each_time_and_logged_without_content(engine: AsyncEngine) -> None:
    """Mutation: ending at the first failure; trying again at once for ever; str(error) in the log; remembering a failure."""
    attempts = 0

    async def work() -> int:
        nonlocal attempts
        attempts += 1
        if attempts <= 5:
            raise RuntimeError(CANARY)
        return 0

    slept, sleep = nights(7)
    with everything_logged() as log, pytest.raises(Enough):
        await repeat(Job("x", 200, work), engine, sleep)
    assert slept == [30, 60, 120, 200, 200, 200, 200]  # five failures, never rarer than the job itself, then two runs
    told = log.getvalue()
    assert told.count("RuntimeError") == 5 and '"job":"x"' in told
    assert "zarza" not in told and "300987" not in told


async def test_a_failure_is_not_remembered(engine: AsyncEngine) -> None:
    async def work() -> int:
        raise RuntimeError(CANARY)

    _, sleep = nights(2)
    with pytest.raises(Enough):
        await repeat(Job("x", 3600, work), engine, sleep)
    assert await hours_since(engine, ["x"]) == {"x": None}


async def test_a_database_that_is_down_is_a_failure_like_any_other(tmp_path: Path) -> None:
    """Mutation: remembering outside of what is tried again."""
    away = db.open_engine(f"sqlite+aiosqlite:///{tmp_path}/no/folder/x.db")

    async def work() -> int:
        return 1

    slept, sleep = nights(2)
    with pytest.raises(Enough):
        await repeat(Job("x", 3600, work), away, sleep)
    assert slept == [30, 60]


# --- P-3 -------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-3")
async def test_both_audits_have_an_end_and_nobody_learns_how_long_that_of_complaints_was(engine: AsyncEngine) -> None:
    """Nor how many complaints went from the register. Mutation: forgetting only the desk's; counting what went of the other."""
    settings, now = live(audit_days=90), datetime.now(UTC)
    for chain, what in ((audit.DESK, "claimed"), (TRAIL, "accepted")):
        async with engine.begin() as connection:
            await audit.record(connection, "somebody", "", what, "K7QD-2M9X", now - timedelta(days=92), chain)
    gone = {"country": "CO", "inbox": "psea", "about": "police", "outcome": "answered", "accepted": "late", "forwarded": ""}
    alike = gone | {"answered": "late", "received": 0, "contested": False, "number": 2}
    weeks = [week_of(now - timedelta(days=days)) for days in (98, 70)]
    async with engine.begin() as connection:
        await connection.execute(insert(past), [alike | {"week": week} for week in weeks])
    (sweep,) = (job for job in jobs.Clockwork(settings, engine, LiveRoster(engine, settings)).jobs() if job.name == "sweep")
    assert await sweep.run() == 0
    async with engine.connect() as connection:
        assert list((await connection.execute(select(past.c.week))).scalars()) == weeks[1:]
    for chain in (audit.DESK, TRAIL):
        async with engine.connect() as connection:
            left = (await connection.execute(select(chain.table.c.what))).scalars().all()
        assert left == [audit.FORGOTTEN] and await audit.verify(engine, chain=chain) is None


# --- E-1 -------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-1")
@pytest.mark.requirement("P-4")
async def test_two_days_of_every_job_send_nothing_to_anybody(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the worker asks of the outside in 48 hours is a list of old records and their deletion. (Nobody on the desk has
    an address for alerts here; ``tests/bot/alerts`` shows that alerts go to staff only.)

    Mutation: a job that posts a message, a reminder or a survey.
    """
    settings = live(twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN, telegram_token="1:x")
    roster = LiveRoster(engine, settings)
    rest = RestApi()
    rest.keep(*(record(number, datetime.now(UTC) - timedelta(days=3), media=number % 2) for number in range(4)))
    make = twilio_retention.rest_client
    with serving(rest, lifespan="off") as url:
        monkeypatch.setattr(twilio_retention, "rest_client", lambda sid, token: make(sid, token, Redirected(url)))
        now = [time.time()]
        found = jobs.Clockwork(settings, engine, roster, clock=lambda: now[0]).jobs()
        assert [job.name for job in found] == list(jobs.names(settings))
        for job in found:
            slept, count = nights(49)

            async def an_hour(seconds: float, count: Callable[[float], Awaitable[None]] = count) -> None:
                now[0] += 3600
                await count(seconds)

            with pytest.raises(Enough):
                await repeat(job, engine, an_hour)
            assert slept == [job.every] * 49, "it failed"
    assert not rest.messages, "nothing was deleted: the jobs did not reach the provider"
    assert {method for method, _ in rest.calls} == {"GET", "DELETE"}
    assert all(path.startswith(f"/2010-04-01/Accounts/{ACCOUNT}/Messages") for _, path in rest.calls)


@pytest.mark.requirement("E-1")
def test_a_worker_that_does_not_poll_knows_no_conversation(tmp_path: Path) -> None:
    """It could not answer anybody if it wanted to. Mutation: importing the composition root for a job."""
    rooms = ("bot.app", "bot.conversation", "bot.channels.telegram", "bot.channels.twilio")
    code = f"import sys, bot.jobs; print([name for name in {rooms} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- the process -----------------------------------------------------------------------------------------------------


def test_the_worker_stops_when_it_is_told_to(tmp_path: Path) -> None:
    """Mutation: waiting for the pause of a job to end; leaving with anything but 0."""
    environment = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    worker = subprocess.Popen(
        [sys.executable, "-m", "bot", "work"],
        cwd=ROOT,
        env={**environment, "VAR_DIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stderr
    try:
        assert any('"event":"started"' in line for line in worker.stderr)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        assert '"event":"stopped"' in worker.stderr.read()
    finally:
        worker.kill()
        worker.wait()
        worker.stderr.close()


async def test_a_task_that_ends_takes_the_worker_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the worker starts it again. Mutation: waiting for the signal only, while nothing is polled any more."""

    async def broken(*_: object) -> None:
        await asyncio.sleep(0)
        raise RuntimeError(CANARY)

    monkeypatch.setattr(jobs, "repeat", broken)
    with everything_logged() as log:
        status = await asyncio.wait_for(jobs._run(live(var_dir=tmp_path, twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN)), 20)
    assert status == 1
    assert "RuntimeError" in log.getvalue() and "zarza" not in log.getvalue()


async def test_an_older_embedded_database_is_not_filled_up_behind_the_back_of_migrations(tmp_path: Path) -> None:
    """Mutation: creating the missing tables and leaving the mark, so that the next migration finds them there."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"
    db.migrate(url, db.revisions()[0])
    engine = db.open_engine(url)
    with pytest.raises(db.DatabaseDown, match="run `python -m bot migrate`"):
        await db.create_all(engine)
    await engine.dispose()
    db.migrate(url)
    engine = db.open_engine(url)
    await db.create_all(engine)
    await engine.dispose()
