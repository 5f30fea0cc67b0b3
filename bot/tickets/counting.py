"""Consented counts: an increment, and nothing that leads to whom it came from (T-1).

Here belong the closed set of what is counted and adding to it. Never here: showing counts (``statistics``), a ticket's id, a
time finer than a week, an incident type.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import db
from bot.tickets.tables import Counter

WHATS: Final[frozenset[str]] = frozenset(
    {"request", "need", "age", "lang", "way", "outcome", "rating", "wait", "escalated", "shown"}
)
COMPLAINT_WHATS: Final[frozenset[str]] = frozenset(
    {"complaint", "complaint_about", "complaint_accept", "complaint_forward", "complaint_answer", "complaint_outcome"}
)
"""Shown to independent organisations only, apart from all the others (``bot.complaints.statistics``)."""
_LONGEST: Final = 24
_counter: Any = Counter.__table__  # type: ignore[attr-defined]

#: How long a request waited until somebody claimed it.
_WAITS: Final = (
    (timedelta(minutes=30), "under_30m"),
    (timedelta(hours=2), "under_2h"),
    (timedelta(hours=12), "under_12h"),
    (timedelta(days=1), "under_1d"),
)


def week_of(now: datetime) -> date:
    """The Monday of its week, in UTC."""
    day = now.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def wait(waited: timedelta) -> str:
    """The value of ``wait`` for a request that waited so long."""
    return next((name for limit, name in _WAITS if waited < limit), "longer")


async def count(connection: AsyncConnection, week: date, country: str, what: str, value: str) -> None:
    """One more, in the caller's transaction: only after a yes to being counted, never for what is invented.

    ``week``: its Monday. ``what``: of WHATS or COMPLAINT_WHATS. ``value``: a member of a closed set. Raises ValueError."""
    if what not in WHATS | COMPLAINT_WHATS or len(value) > _LONGEST or week.weekday():
        raise ValueError(f"nothing is counted as {what!r} with such a value or week; see WHATS in bot/tickets/counting.py")
    made = db.insert_or(connection.dialect, _counter).values(week=week, country=country, what=what, value=value, number=1)
    one_more = {"number": _counter.c.number + 1}
    await connection.execute(made.on_conflict_do_update(index_elements=["week", "country", "what", "value"], set_=one_more))


async def count_ticket(connection: AsyncConnection, ticket: Any, now: datetime, counted: Iterable[tuple[str, str]]) -> None:
    """The same for (what, value) of a ticket, given by its row: only where its person said yes, never in training.

    In one order always, so that two transactions never wait for each other's rows."""
    if ticket.counted and not ticket.training:
        for what, value in sorted(counted):
            await count(connection, week_of(now), ticket.country, what, value)
