"""What became of a complaint, kept for reporting once its row is gone: a number of complaints that are alike in closed values.

Here belongs adding to these numbers, reading and forgetting them. Never here: what leads to a complaint (its id, its reference, the
organisation that it is about, a day), one that its person did not want counted, who sees it (``register``).

It is written in the transaction that forgets a complaint or wipes it for its person. A number and not a row for each: there is
nothing in it that says which of two complaints that are alike came first (T-1).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import db
from bot.complaints.counting import may_count
from bot.complaints.deadlines import clocks
from bot.complaints.storing import complaint, forwarding
from bot.complaints.tables import ComplaintPast
from bot.tickets.counting import week_of

past: Final[Any] = ComplaintPast.__table__  # type: ignore[attr-defined]
#: How many entities confirmed that they have it, as a column of a query of complaints.
RECEIPTS: Final[Any] = (
    select(func.count())
    .select_from(forwarding)
    .where(forwarding.c.complaint_id == complaint.c.id, forwarding.c.received_at.is_not(None))
    .correlate(complaint)
    .scalar_subquery()
)
_VALUES: Final = tuple(column.name for column in past.primary_key)


async def receipts(connection: AsyncConnection, complaint_id: bytes) -> int:
    """How many entities confirmed that they have it."""
    return int((await connection.execute(select(RECEIPTS).where(complaint.c.id == complaint_id))).scalar_one())


async def keep(connection: AsyncConnection, row: Any, outcome: str, received: int, now: datetime) -> None:
    """One more like this complaint, in the caller's transaction, if it may be counted. ``row``: as it was before it was wiped."""
    if not await may_count(connection, row):
        return
    steps = {each.step: "late" if each.late else "in_time" if each.done_at else "" for each in clocks(row, now)}
    values = {
        "week": week_of(row.created_at), "country": row.country, "inbox": row.inbox, "about": row.about, "outcome": outcome,
        "accepted": steps.get("accept", ""), "forwarded": steps.get("forward", ""), "answered": steps.get("answer", ""),
        "received": received, "contested": row.contested,
    }  # fmt: skip
    made = db.insert_or(connection.dialect, past)
    one_more = {"number": past.c.number + 1}
    await connection.execute(made.values(**values, number=1).on_conflict_do_update(index_elements=_VALUES, set_=one_more))


async def forget(connection: AsyncConnection, life: timedelta, now: datetime) -> None:
    """Take away what was sent in weeks that began longer ago than ``life``. How many is not said: whoever reads the worker's log
    may work for an organisation that one was about (C-4)."""
    await connection.execute(delete(past).where(past.c.week < (now - life).date()))
