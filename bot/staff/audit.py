"""Who did what, without content, as a chain: each entry holds a hash of the one before it (M-1).

Here belong the closed set of what is recorded, appending and checking. Never here: what a ticket says, an address, a code of a
person, a sentence.

A chain shows a change or a removal within it. Whoever can write the database could make the whole chain anew, or cut its end:
``head`` gives number and hash of the last entry, to be kept elsewhere (the worker writes it to its log), and ``verify`` holds
the chain against it. Entries have an end date too (P-3): ``forget`` takes the oldest away and leaves an entry that says up to
which one, and its hash, so that the rest still follows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from bot.db import UTCDateTime
from bot.staff.tables import ROLES, AuditEntry

WHATS: Final[frozenset[str]] = frozenset(
    {
        # accounts and keys
        "account_created", "account_changed", "account_left", "enrolment_asked", "enrolment_agreed",
        "enrolment_issued", "enrolled", "signed_in", "signed_out",
        "recovery_code_used", "recovery_codes_renewed", "passphrase_changed", "passkey_added", "passkey_removed",
        "key_registered", "key_rotated", "key_retired", "key_lost",
        "recovery_key_made", "recovery_key_retired", "recovery_rehearsed", "recovery_used",
        # tickets
        "requested", "claimed", "released", "claim_lapsed", "recused", "opened_card", "opened_note", "opened_contact",
        "received_to_share", "rewrapped",
        "answered", "relayed", "relay_ended", "tried", "marked_heavy", "escalated", "closed", "withdrawn", "wiped", "contested",
        "consent_changed",
        # movements
        "movement_drafted", "movement_proposed", "movement_accepted", "movement_rejected", "movement_received", "movement_closed",
        "movement_cancelled",
        # the rest of the desk
        "roster_loaded", "shift_changed", "exception_added", "exception_removed", "holiday_changed", "duty_text_confirmed",
        "export_asked", "export_approved", "exported", "agreement_recorded", "training_begun", "training_ended", "alerts_changed",
        "notice_asked", "notice_agreed", "notice_published", "notice_ended", "remark_done", "directory_checked", "directory_closed",
        "forgotten",
    }
)  # fmt: skip
"""Everything that can be recorded. A further code is a line here, and ``desk.audit.what.<code>`` in the desk's catalogs."""

#: Actors that are no accounts.
CLOCK: Final = "clock"
PERSON: Final = "person"
COMMAND: Final = "command"

FORGOTTEN: Final = "forgotten"
"""By the clock; the subject is the number of the last entry that was taken away, and the beginning of its hash."""

_START: Final = bytes(32)
_entry: Any = AuditEntry.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Chain:
    """A table of entries, what may stand in it beside ``forgotten``, and the lock of its end."""

    table: Any
    whats: frozenset[str]
    lock: int


DESK: Final = Chain(_entry, WHATS, 0x4641524F41554449)
"""The chain of the desk. Complaints have one of their own (``bot.complaints.trail``): whoever sees this one must not see, or count,
theirs."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain at some moment."""

    number: int
    digest: bytes


async def record(
    connection: AsyncConnection | AsyncSession,
    actor_name: str,
    role: str,
    what: str,
    subject: str,
    now: datetime,
    chain: Chain = DESK,
) -> int:
    """Append an entry in the caller's transaction, and return its number.

    ``actor_name``: label of an account, ``clock``, ``person`` or ``command``. ``role``: by which it was allowed
    (``roles.acting_as``), or empty. ``what``: one of the chain's. ``subject``: reference of a ticket, name of an account, key of an
    entry of the directory, or empty.

    Appending waits for whoever else appends, until they commit. Call it last in the transaction: whoever holds the end of the
    chain and then waits for a row of somebody who waits for the chain would wait for ever (PostgreSQL ends one of the two).
    Raises ValueError for a code that the chain does not know, for a role that does not exist, and for text that does not fit.
    """
    if what not in chain.whats and what != FORGOTTEN:
        raise ValueError(f"{what!r} is nothing that is recorded; WHATS in bot/staff/audit.py lists what is.")
    if role and role not in ROLES:
        raise ValueError(f"{role!r} is no role; the roles are {', '.join(ROLES)}.")
    if not 0 < len(actor_name) <= 40 or len(subject) > 40 or "@" in actor_name + subject:
        raise ValueError("actor and subject of an audit entry are labels of at most 40 characters, not addresses")
    within = await connection.connection() if isinstance(connection, AsyncSession) else connection
    await _hold_the_end(within, chain)
    last = (await within.execute(_end(chain))).first()
    number, before = (last.number + 1, last.digest) if last else (1, _START)
    digest = _digest(before, number, now, actor_name, role, what, subject)
    values = {"number": number, "at": now, "actor": actor_name, "role": role, "what": what, "subject": subject}
    await within.execute(insert(chain.table).values(**values, before=before, digest=digest))
    return int(number)


async def latest(
    connection: AsyncConnection,
    *,
    limit: int = 50,
    before: int | None = None,
    subject: str = "",
    actor: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Sequence[Any]:
    """Rows of the newest entries, newest first; only those with a number below ``before``, of a subject, by an actor, from
    ``since`` on and before ``until``."""
    asked = select(_entry).order_by(_entry.c.number.desc()).limit(limit)
    for column, value in ((_entry.c.subject, subject), (_entry.c.actor, actor)):
        if value:
            asked = asked.where(column == value)
    if before is not None:
        asked = asked.where(_entry.c.number < before)
    if since is not None:
        asked = asked.where(_entry.c.at >= since)
    if until is not None:
        asked = asked.where(_entry.c.at < until)
    return (await connection.execute(asked)).all()


async def has(connection: AsyncConnection, subject: str, *whats: str) -> bool:
    """Whether one of these was ever recorded of this subject."""
    asked = select(_entry.c.number).where(_entry.c.subject == subject, _entry.c.what.in_(whats)).limit(1)
    return (await connection.execute(asked)).first() is not None


async def head(engine: AsyncEngine, chain: Chain = DESK) -> Head | None:
    """The last entry's number and hash; None while there is none."""
    async with engine.connect() as connection:
        row = (await connection.execute(_end(chain))).first()
    return Head(row.number, row.digest) if row else None


async def forget(connection: AsyncConnection, life: timedelta, now: datetime, chain: Chain = DESK) -> int:
    """Take away the entries of days that ended longer ago than ``life``, but none that follows a younger one; how many.

    Whole days (UTC), so that at most one entry a day tells of it. In the caller's transaction, as ``record``.
    """
    entry = chain.table.c
    midnight = (now - life).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    stays = (await connection.execute(select(func.min(entry.number)).where(entry.at >= midnight))).scalar()
    over = select(entry.number, entry.digest).where(entry.at < midnight).order_by(entry.number.desc()).limit(1)
    last = (await connection.execute(over if stays is None else over.where(entry.number < stays))).first()
    if last is None:
        return 0
    await record(connection, CLOCK, "", FORGOTTEN, _said_of(last.number, last.digest), now, chain)
    return int((await connection.execute(delete(chain.table).where(entry.number <= last.number))).rowcount)


async def verify(engine: AsyncEngine, kept: Head | None = None, chain: Chain = DESK) -> int | None:
    """The number of the first entry that was changed, is missing or does not follow; None when the chain is whole.

    ``kept``: an end of the chain that was written down earlier; a chain that no longer leads to it is broken there, unless it
    was forgotten since.
    """
    expected, before = 1, _START
    async with engine.connect() as connection:
        first = (await connection.execute(select(chain.table).order_by(chain.table.c.number).limit(1))).first()
        if first is not None and first.number > 1 and await _forgotten_before(connection, first, chain):
            expected, before = first.number, first.before
        rows = await connection.stream(select(chain.table).order_by(chain.table.c.number))
        async for row in rows:
            digest = _digest(before, row.number, row.at, row.actor, row.role, row.what, row.subject)
            if row.number != expected or row.before != before or row.digest != digest:
                return expected
            if kept is not None and kept.number == row.number and kept.digest != digest:
                return expected
            expected, before = expected + 1, digest
    return expected if kept is not None and kept.number >= expected else None


async def _forgotten_before(connection: AsyncConnection, first: Any, chain: Chain) -> bool:
    """Whether the last entry that tells of forgetting says that the entry before ``first`` was the last to go."""
    entry = chain.table.c
    told = select(entry.subject).where(entry.what == FORGOTTEN).order_by(entry.number.desc()).limit(1)
    said = (await connection.execute(told)).scalar()
    return said is not None and said == _said_of(first.number - 1, first.before)


def _said_of(number: int, digest: bytes) -> str:
    return f"{number} {digest.hex()[:16]}"


def _end(chain: Chain) -> Any:
    entry = chain.table.c
    return select(entry.number, entry.digest).order_by(entry.number.desc()).limit(1)


async def _hold_the_end(connection: AsyncConnection, chain: Chain) -> None:
    """One appends at a time, until the transaction ends; what is read next is what the one before committed."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": chain.lock})
    else:
        # Changes nothing, but makes this transaction SQLite's only writer.
        await connection.execute(update(chain.table).where(chain.table.c.number == 0).values(number=0))


def _digest(before: bytes, number: int, at: datetime, *texts: str) -> bytes:
    instant = UTCDateTime().process_bind_param(at, None)  # type: ignore[arg-type]  # in UTC, whatever the caller's zone
    assert instant is not None
    fields = (number.to_bytes(8), instant.isoformat(timespec="microseconds").encode(), *(each.encode() for each in texts))
    # Each with its length, so that no two lists of fields run together.
    return hashlib.sha256(b"faro audit 1\0" + before + b"".join(len(each).to_bytes(4) + each for each in fields)).digest()
