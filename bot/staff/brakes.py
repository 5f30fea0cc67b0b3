"""Slows down whoever guesses, and keeps no right person out for long.

Here belong the brakes on signing in with a passphrase. Never here: what is checked, who it is, an address of whoever tries.

Every try takes its turn before anything is checked, so that a thousand at once are as slow as one after another. Per name there
are three free tries, then waits of 2 s, 4 s … to 60 s; a right one sets that back to nothing. Together, names that come from no
known browser have 30 tries a minute. A browser that signed in before carries a mark and takes its turn apart from everybody
else: whoever hammers on a name from elsewhere does not make its owner wait. Passkeys and enrolment codes cannot be guessed and
are not slowed.

The turns are rows in the database, so that all processes share them; there is a fixed number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.staff.locks import Locks
from bot.staff.tables import SignInBrake

FREE_TRIES: Final = 3
LONGEST_WAIT: Final = timedelta(seconds=60)
FORGIVEN_AFTER: Final = timedelta(minutes=15)
"""Failures count no more after so long without a try."""
TOGETHER_EVERY: Final = timedelta(seconds=2)
TOGETHER_AT_ONCE: Final = timedelta(seconds=60)

_EVERYBODY: Final = b"all"
_BUCKETS: Final = 4096
_ATTEMPTS: Final = 8
_brake: Any = SignInBrake.__table__  # type: ignore[attr-defined]


def bucket_of_name(locks: Locks, name: str) -> bytes:
    """Where tries for a name, of whoever, take their turn."""
    return b"n" + _place(locks.mac("brake name", name.encode("utf-8", "replace")))


def bucket_of_browser(locks: Locks, mark: bytes) -> bytes:
    """Where tries from a browser with a mark of its own take their turn."""
    return b"b" + _place(locks.mac("brake browser", mark))


async def admitted(engine: AsyncEngine, bucket: bytes, now: datetime, *, with_everybody: bool) -> timedelta | None:
    """Take a turn. None: go ahead, and this try counts as failed until ``released``; else how long to wait.

    ``with_everybody``: the try comes from a browser that is not known, and takes a turn among all such tries too."""
    asked = (bucket, _EVERYBODY) if with_everybody else (bucket,)
    for _ in range(_ATTEMPTS):
        async with engine.connect() as connection:
            found = {row.bucket: row for row in (await connection.execute(select(_brake).where(_brake.c.bucket.in_(asked)))).all()}
            await connection.rollback()
            missing = [each for each in asked if each not in found]
            if missing:
                await _make(connection, missing, now)
                continue
            wait = _due(found, bucket, now)
            if wait > timedelta(0):
                return wait
            if await _taken(connection, found, bucket, now):
                await connection.commit()
                return None
            await connection.rollback()  # somebody else took a turn meanwhile
    return timedelta(seconds=1)


async def released(connection: AsyncConnection, bucket: bytes, now: datetime) -> None:
    """The try was right: nothing counts against this bucket any more. In the caller's transaction."""
    await connection.execute(update(_brake).where(_brake.c.bucket == bucket).values(failures=0, free_at=now))


def _wait(failures: int) -> timedelta:
    if failures <= FREE_TRIES:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - FREE_TRIES, 10)), LONGEST_WAIT)


def _due(found: Mapping[bytes, Any], bucket: bytes, now: datetime) -> timedelta:
    """How long until both turns are free."""
    own: timedelta = min(found[bucket].free_at - now, LONGEST_WAIT)
    if own > timedelta(0) or _EVERYBODY not in found:
        return own
    together: timedelta = max(found[_EVERYBODY].free_at, now) + TOGETHER_EVERY - now - TOGETHER_AT_ONCE
    return together


async def _taken(connection: AsyncConnection, found: Mapping[bytes, Any], bucket: bytes, now: datetime) -> bool:
    """Write the next turns; False where somebody else took one of them since they were read."""
    own = found[bucket]
    failures = 1 if now - own.free_at >= FORGIVEN_AFTER else own.failures + 1
    done = await _moved(connection, own, failures, now + _wait(failures))
    if done and (all_ := found.get(_EVERYBODY)) is not None:
        done = await _moved(connection, all_, all_.failures + 1, max(all_.free_at, now) + TOGETHER_EVERY)
    return done


def _place(mac: bytes) -> bytes:
    return (int.from_bytes(mac[:2]) % _BUCKETS).to_bytes(2)


async def _make(connection: AsyncConnection, buckets: Sequence[bytes], now: datetime) -> None:
    try:
        await connection.execute(insert(_brake), [{"bucket": each, "failures": 0, "free_at": now} for each in buckets])
        await connection.commit()
    except IntegrityError:  # somebody else was first
        await connection.rollback()


async def _moved(connection: AsyncConnection, row: Any, failures: int, free_at: datetime) -> bool:
    as_read = (_brake.c.bucket == row.bucket) & (_brake.c.failures == row.failures) & (_brake.c.free_at == row.free_at)
    changed = update(_brake).where(as_read).values(failures=failures, free_at=free_at)
    return bool((await connection.execute(changed)).rowcount)
