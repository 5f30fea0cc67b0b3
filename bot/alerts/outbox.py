"""The outbox: an alert is written with what makes somebody wait, and leaves afterwards.

Here belong writing, leasing, trying again and dropping. Never here: how an alert is sent (``senders``), whom a ticket concerns, a
message to a person who writes (E-1).

**At least once.** A row is leased, sent, deleted, in that order and each in a transaction of its own; whoever stops in between has
the alert sent a second time after the lease. That is harmless: both say that something waits.

**One an account.** All that an alert can say is that something waits, so a second one beside the first would say nothing new.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bot.alerts.tables import Alert


async def enqueue(connection: AsyncConnection | AsyncSession, staff_ids: Iterable[uuid.UUID], now: datetime) -> int:
    """Something waits for these accounts from now on. In the caller's transaction: no ticket, no alert. How many accounts.

    Call it once in a transaction, with all accounts: rows are written in one order, so that two transactions never wait for each
    other. An id that is no account is an IntegrityError of the caller's transaction.
    """
    wanted = sorted(set(staff_ids), key=lambda each: each.bytes)
    if not wanted:
        return 0
    bind = connection.get_bind() if isinstance(connection, AsyncSession) else connection
    statement: Any = (postgresql.insert if bind.dialect.name == "postgresql" else sqlite.insert)(Alert)
    statement = statement.values(
        [{"id": uuid.uuid4(), "staff_id": each, "created_at": now, "due_at": now, "tries": 0, "asked": 1} for each in wanted]
    )
    table = Alert.__table__  # type: ignore[attr-defined]
    joined = {"created_at": now, "asked": table.c.asked + 1}
    await connection.execute(statement.on_conflict_do_update(index_elements=["staff_id"], set_=joined))
    return len(wanted)
