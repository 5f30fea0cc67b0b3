"""Remarks on entries of the directory ("this place is closed"): work for whoever keeps it, without a trace of who said it.

Here belong adding one, the list of what is open, and that it is done. Never here: who said it, when in the week, in which words;
a complaint (``bot.complaints``); a change of an entry itself (that is the organisation's).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.complaints.tables import Remark
from bot.directory.tables import Location, Organization, Service, ServiceAtLocation
from bot.staff import audit
from bot.staff.roles import Actor, acting_as, may

WHATS: Final = ("closed", "moved", "number", "hours", "not_free", "turned_away")
"""What may be said of an entry."""
MOST: Final = 10_000
"""A remark counts no further within a week: a flood changes nothing."""
OPEN_FOR: Final = timedelta(days=180)
"""What nobody looked into for so long is said again by whoever meets it."""
DONE_FOR: Final = timedelta(days=30)

_remark: Any = Remark.__table__  # type: ignore[attr-defined]
_entry: Any = ServiceAtLocation.__table__  # type: ignore[attr-defined]
_service: Any = Service.__table__  # type: ignore[attr-defined]
_organization: Any = Organization.__table__  # type: ignore[attr-defined]
_location: Any = Location.__table__  # type: ignore[attr-defined]


class Work(NamedTuple):
    """What was said of one entry, of all weeks together."""

    service_id: str
    country: str
    what: str
    name: str
    """Of the service; empty: the entry is gone, or hidden since."""
    organisation: str
    municipality: str
    times: int
    since: datetime
    """Monday of the first week in which it was said."""
    last: datetime
    """Monday of the last."""


def week(now: datetime) -> datetime:
    """The Monday of its week, at midnight UTC."""
    day = now.astimezone(UTC).date()
    return datetime.combine(day - timedelta(days=day.weekday()), time(), UTC)


async def add(engine: AsyncEngine, service_id: str, country: str, what: str, now: datetime) -> None:
    """One more time in this week. ``service_id``: ``flows.facts.Offer.key`` in digits. Raises ValueError for what is no remark.

    What was done in the same week is open again: somebody still met it."""
    if what not in WHATS or not (service_id.isascii() and service_id.isdigit() and len(service_id) <= 20) or len(country) != 2:
        raise ValueError("a remark names an entry of the directory by its key, a country, and one of WHATS in bot/remarks.py")
    said = Remark(service_id=service_id, country=country, what=what, day=week(now)).model_dump()
    made = db.insert_or(engine.dialect, _remark).values(said)
    again = {"times": _remark.c.times + 1, "done_at": None}
    keys = ["service_id", "what", "day"]
    asked = made.on_conflict_do_update(index_elements=keys, set_=again, where=_remark.c.times < MOST)
    async with engine.begin() as connection:
        await connection.execute(asked)


async def listing(engine: AsyncEngine, actor: Actor, now: datetime) -> list[Work]:
    """What is open in the actor's countries, what was said most often first."""
    since = week(now - OPEN_FOR)
    asked = select(_remark).where(_remark.c.done_at.is_(None), _remark.c.day >= since)
    async with engine.connect() as connection:
        rows = [row for row in (await connection.execute(asked)).all() if may(actor, "see_remarks", country=row.country)]
        named = await _named(connection, {row.service_id for row in rows})
    together: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        together.setdefault((row.service_id, row.what), []).append(row)
    found = [_work(of_one, named) for of_one in together.values()]
    return sorted(found, key=lambda work: (-work.times, work.country, work.name, work.service_id, WHATS.index(work.what)))


async def done(engine: AsyncEngine, actor: Actor, service_id: str, what: str, now: datetime) -> bool:
    """Somebody has looked into it. False: there is no such open remark for this actor."""
    there = (_remark.c.service_id == service_id) & (_remark.c.what == what) & _remark.c.done_at.is_(None)
    async with engine.begin() as connection:
        countries = (await connection.execute(select(_remark.c.country).where(there).distinct())).scalars().all()
        role = acting_as(actor, "see_remarks", country=countries[0]) if countries else None
        if role is None or not all(may(actor, "see_remarks", country=each) for each in countries):
            return False
        await connection.execute(update(_remark).where(there).values(done_at=now))
        await audit.record(connection, actor.name, role, "remark_done", "", now)
    return True


async def sweep(connection: AsyncConnection, now: datetime) -> int:
    """Delete what is done for a while, and what nobody looked into for half a year; how many. For a job."""
    over = (_remark.c.done_at <= now - DONE_FOR) | (_remark.c.day < week(now - OPEN_FOR))
    return int((await connection.execute(delete(_remark).where(over))).rowcount)


def _work(rows: list[Any], named: Mapping[str, Any]) -> Work:
    first = min(rows, key=lambda row: row.day)
    entry = named.get(first.service_id)
    name, organisation, place = (entry.name, entry.organisation, entry.municipality or "") if entry is not None else ("", "", "")
    return Work(
        first.service_id,
        first.country,
        first.what,
        name,
        organisation,
        place,
        times=sum(row.times for row in rows),
        since=first.day,
        last=max(row.day for row in rows),
    )


async def _named(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, Any]:
    """What the entries are called, of those that anybody may still see. A place that is kept back stays so here too."""
    asked = (
        select(
            _entry.c.key,
            _service.c.name,
            _organization.c.name.label("organisation"),
            _location.c.municipality,
        )
        .join(_service, _service.c.id == _entry.c.service_id)
        .join(_organization, _organization.c.id == _service.c.organization_id)
        .join(_location, _location.c.id == _entry.c.location_id)
        .where(_entry.c.key.in_([int(each) for each in keys]), _entry.c.audience != "hidden", ~_location.c.discreet)
    )
    return {str(row.key): row for row in (await connection.execute(asked)).all()}
