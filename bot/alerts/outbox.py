"""The outbox: an alert is written with what makes somebody wait, and leaves afterwards.

Here belong writing, leasing, trying again and dropping. Never here: how an alert is sent (``post``), whom a ticket concerns, a
message to a person who writes (E-1).

**At least once.** A row is leased, sent, deleted, in that order and each in a transaction of its own; whoever stops in between
has the alert sent a second time after the lease. That is harmless: both say that something waits.

**One an account.** All that an alert can say is that something waits, so a second one beside the first would say nothing new.

**Silent off shift** (M-7). Whoever is not on shift when the alert could leave gets none, and none later: the queue shows what waits
to whoever comes next, and its clock tells others.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from bot import db, logs
from bot.alerts.post import Post
from bot.alerts.tables import Alert
from bot.staff.tables import Staff

LIFE: Final = timedelta(hours=24)
"""Nobody got it in a day: it is dropped."""
LEASE: Final = timedelta(minutes=5)
"""Longer than a whole run may take: ``MOST_A_RUN`` alerts, ``AT_ONCE`` beside each other, ``post.PATIENCE`` seconds each."""
MOST_A_RUN: Final = 60
AT_ONCE: Final = 8
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=30)

OnShift = Callable[[uuid.UUID, datetime], bool | Awaitable[bool]]
"""Whether an account is on shift at an instant, such as ``RosterSnapshot.on_shift``."""

_alert: Any = Alert.__table__  # type: ignore[attr-defined]
_staff: Any = Staff.__table__  # type: ignore[attr-defined]


async def enqueue(connection: AsyncConnection | AsyncSession, staff_ids: Iterable[uuid.UUID], now: datetime) -> int:
    """Something waits for these accounts from now on. In the caller's transaction: no ticket, no alert. How many accounts.

    Call it once in a transaction, with all accounts: rows are written in one order, so that two transactions never wait for each
    other. An id that is no account is an IntegrityError of the caller's transaction.
    """
    wanted = sorted(set(staff_ids), key=lambda each: each.bytes)
    if not wanted:
        return 0
    bind = connection.get_bind() if isinstance(connection, AsyncSession) else connection
    statement = db.insert_or(bind.dialect, Alert).values(
        [{"id": uuid.uuid4(), "staff_id": each, "created_at": now, "due_at": now, "tries": 0, "asked": 1} for each in wanted]
    )
    joined = {"created_at": now, "asked": _alert.c.asked + 1}
    await connection.execute(statement.on_conflict_do_update(index_elements=["staff_id"], set_=joined))
    return len(wanted)


class _Due(NamedTuple):
    """A row that is to leave, with what its account says."""

    id: uuid.UUID
    tries: int
    asked: int
    staff_id: uuid.UUID
    active: bool
    lang: str
    sealed: bytes | None


async def send_due(engine: AsyncEngine, post: Post, now: datetime, on_shift: OnShift) -> int:
    """Send what is due; how many accounts were told. Any number of processes may do so at once.

    ``on_shift`` says whether an account is on shift at this instant. What cannot be sent is tried again later each time, for a
    day. Raises what the database raises before anything was sent; a failure with one alert is logged and holds up no other.
    """
    async with engine.begin() as connection:
        await connection.execute(delete(_alert).where(_alert.c.created_at <= now - LIFE))
    free = or_(_alert.c.leased_until.is_(None), _alert.c.leased_until <= now)
    wanted = (
        select(
            _alert.c.id, _alert.c.tries, _alert.c.asked, _alert.c.staff_id, _staff.c.active, _staff.c.lang, _staff.c.alert_sealed
        )
        .join_from(_alert, _staff, _alert.c.staff_id == _staff.c.id)
        .where(_alert.c.due_at <= now, free)
        .order_by(_alert.c.due_at, _alert.c.id)
        .limit(MOST_A_RUN)
    )  # fmt: skip
    async with engine.connect() as connection:
        due = [_Due(*row) for row in (await connection.execute(wanted)).all()]
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(row: _Due) -> bool:
        async with gate:
            try:
                return await _send(engine, post, row, now, on_shift)
            except Exception as error:
                # The lease keeps it for later. Most likely the database went away between two steps.
                logs.failure("alert", error, level=logging.WARNING)
                return False

    async with asyncio.TaskGroup() as group:  # whoever stops this waits until nothing of it goes on
        tasks = [group.create_task(one(row)) for row in due]
    return sum(task.result() for task in tasks if not task.cancelled())


async def _send(engine: AsyncEngine, post: Post, row: _Due, now: datetime, on_shift: OnShift) -> bool:
    until = now + LEASE
    here = _alert.c.id == row.id
    free = or_(_alert.c.leased_until.is_(None), _alert.c.leased_until <= now)
    ours = (here, _alert.c.tries == row.tries + 1, _alert.c.leased_until == until)
    lease = update(_alert).where(here, _alert.c.tries == row.tries, free).values(tries=row.tries + 1, leased_until=until)
    if not await _changed(engine, lease):
        return False  # another worker was faster
    shift = row.active and on_shift(row.staff_id, now)
    if not (await shift if inspect.isawaitable(shift) else shift):
        await _changed(engine, delete(_alert).where(*ours))
        return False
    # No transaction is open while a provider takes its time.
    told = await post.send(engine, row.staff_id, row.lang, row.sealed, now)
    if told is None:
        pause = min(FIRST_PAUSE * 2 ** min(row.tries, 16), LONGEST_PAUSE)
        await _changed(engine, update(_alert).where(*ours).values(leased_until=None, due_at=now + pause))
        return False
    if not await _changed(engine, delete(_alert).where(*ours, _alert.c.asked == row.asked)):
        # It was asked for again while it was on its way: what waits now may be newer than what was told.
        await _changed(engine, update(_alert).where(*ours).values(leased_until=None, tries=0, due_at=now))
    return told


async def _changed(engine: AsyncEngine, statement: Any) -> bool:
    async with engine.begin() as connection:
        return bool((await connection.execute(statement)).rowcount)
