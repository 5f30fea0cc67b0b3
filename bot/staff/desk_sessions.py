"""Who is signed in: a random token in the browser, its hash in the table.

Here belong beginning, finding and ending; 15 minutes of silence end a session, 12 hours end it in any case. Never here: how
somebody proves who they are (``bot.staff.signin``), cookies and headers (``bot.desk``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.staff.roles import Actor
from bot.staff.tables import DeskSession, Staff

IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=12)
TOUCHED_EVERY: Final = timedelta(minutes=1)
TOKEN_LENGTH: Final = 32

_session: Any = DeskSession.__table__  # type: ignore[attr-defined]
_staff: Any = Staff.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Open:
    """An open session, as the table has it."""

    id: bytes
    staff_id: uuid.UUID
    created_at: datetime
    seen_at: datetime
    training: bool


class Found(NamedTuple):
    """Who is signed in, and by which session."""

    actor: Actor
    session: Open


async def begin(connection: AsyncConnection, staff_id: uuid.UUID, now: datetime, *, training: bool = False) -> bytes:
    """Open a session in the caller's transaction. The 32 bytes go to the browser once, and are kept nowhere."""
    raw = secrets.token_bytes(TOKEN_LENGTH)
    values = {"id": _id(raw), "staff_id": staff_id, "created_at": now, "seen_at": now, "training": training}
    await connection.execute(insert(_session).values(values))
    return raw


async def find(engine: AsyncEngine, token: bytes, now: datetime) -> Found | None:
    """Who this token signs in at this moment; None for a wrong, an ended, a silent session, and for who has left.

    Does not count as a sign of life: ``touch`` does, and is called for what somebody did, not for what the page does by itself.
    """
    columns = (*_staff.c, *(column.label(f"session_{column.name}") for column in _session.c))
    asked = select(*columns).join(_staff, _staff.c.id == _session.c.staff_id).where(_session.c.id == _id(token), _staff.c.active)
    async with engine.connect() as connection:
        row = (await connection.execute(asked)).first()
    if row is None or _over(row.session_created_at, row.session_seen_at, now):
        return None
    opened = Open(row.session_id, row.id, row.session_created_at, row.session_seen_at, row.session_training)
    return Found(Actor.of(row, training=row.session_training), opened)


async def touch(engine: AsyncEngine, session: Open, now: datetime) -> None:
    """Somebody did something. Written at most once a minute, so that silence is counted to the minute."""
    if now - session.seen_at < TOUCHED_EVERY:
        return
    async with engine.begin() as connection:
        at = (_session.c.id == session.id) & (_session.c.seen_at < now)
        await connection.execute(update(_session).where(at).values(seen_at=now))


async def end(engine: AsyncEngine, token: bytes) -> None:
    """Sign out: the token is worth nothing from now on. A token that is worth nothing already is no error."""
    async with engine.begin() as connection:
        await connection.execute(delete(_session).where(_session.c.id == _id(token)))


async def end_all(connection: AsyncConnection, staff_id: uuid.UUID, *, but: bytes = b"") -> int:
    """End every session of an account, in the caller's transaction; how many there were. ``but``: id of one that stays."""
    ended = await connection.execute(delete(_session).where(_session.c.staff_id == staff_id, _session.c.id != but))
    return int(ended.rowcount)


async def train(engine: AsyncEngine, session: Open, training: bool) -> None:
    """From now on this session sees invented requests only, or real ones only."""
    async with engine.begin() as connection:
        await connection.execute(update(_session).where(_session.c.id == session.id).values(training=training))


async def sweep(engine: AsyncEngine, now: datetime) -> int:
    """Delete the rows of sessions that are over; how many. For a job."""
    async with engine.begin() as connection:
        over = (_session.c.seen_at <= now - IDLE) | (_session.c.created_at <= now - LONGEST)
        return int((await connection.execute(delete(_session).where(over))).rowcount)


def csrf(token: bytes) -> str:
    """What every form of this session carries. Follows from the token, and does not lead back to it."""
    return base64.urlsafe_b64encode(hmac.digest(token, b"faro desk form 1", "sha256")[:24]).decode()


def csrf_matches(token: bytes, given: str) -> bool:
    """Whether a form came from a page of this session."""
    return hmac.compare_digest(csrf(token).encode(), given.encode("utf-8", "replace"))


def _over(created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    return now - seen_at >= IDLE or now - created_at >= LONGEST


def _id(raw: bytes) -> bytes:
    return hashlib.sha256(b"faro desk session 1\0" + raw).digest()
