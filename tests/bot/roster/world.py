"""Rosters made by hand: accounts of each role, shifts, and writing them into a database."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.roster.duty import Change, Weekly
from bot.roster.snapshot import Member, Read, RosterSnapshot
from bot.roster.tables import Holiday, Shift, ShiftException
from bot.staff.tables import Employer, Staff, StaffKey

NOW = datetime(2026, 12, 2, 15, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Bogotá


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type,misc]


def uid(name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, name)


def member(name: str, **given: Any) -> Member:
    return Member(
        **{
            "id": uid(name),
            "name": name,
            "organisation": "org-a",
            "organisation_name": "Organisation A",
            "roles": ("case_manager",),
            "countries": ("CO",),
            "languages": ("es",),
            "honours": "",
            "active": True,
            "has_key": True,
        }
        | given
    )


def weekly(staff: str, days: Iterable[int] = range(7), opens: int = 480, closes: int = 1200, **given: Any) -> list[Weekly]:
    """Shifts of one account, from 08:00 to 20:00 in Bogotá unless something else is said."""
    rest = {"country": "CO", "duty": "primary", "zone": "America/Bogota"} | given
    return [
        Weekly(
            uid(f"{staff} {day} {opens} {sorted(map(str, rest.items()))}"),
            uid(staff),
            weekday=day,
            opens=opens,
            closes=closes,
            **rest,
        )
        for day in days
    ]


def off(staff: str, begins: datetime, ends: datetime) -> Change:
    return Change(uid(f"off {staff} {begins}"), uid(staff), "off", begins, ends)


def extra(staff: str, begins: datetime, ends: datetime, country: str = "CO", duty: str = "primary") -> Change:
    return Change(uid(f"extra {staff} {begins}"), uid(staff), "extra", begins, ends, country, duty)


def roster(
    members: Iterable[Member],
    shifts: Iterable[Weekly] = (),
    changes: Iterable[Change] = (),
    holidays: Iterable[tuple[str, date, bool]] = (),
) -> RosterSnapshot:
    return RosterSnapshot(Read(tuple(members), tuple(shifts), tuple(changes), tuple(holidays)))


async def write(
    engine: AsyncEngine,
    members: Iterable[Member] = (),
    shifts: Iterable[Weekly] = (),
    changes: Iterable[Change] = (),
    holidays: Iterable[tuple[str, date, bool]] = (),
) -> None:
    """Put a roster into the tables; accounts with a key get one made of their name."""
    members = list(members)
    employers = {m.organisation: m.organisation_name for m in members}
    own = ("id", "name", "organisation", "roles", "countries", "languages", "honours", "active")
    keys = [
        {"id": m.id.bytes[:8], "staff_id": m.id, "public": hashlib.sha256(m.id.bytes).digest(), "created_at": NOW}
        for m in members
        if m.has_key
    ]
    rows: list[tuple[Any, list[dict[str, Any]]]] = [
        (Employer, [{"key": key, "name": name} for key, name in employers.items()]),
        (Staff, [{column: getattr(m, column) for column in own} | {"created_at": NOW} for m in members]),
        (StaffKey, keys),
        (Shift, [shift._asdict() for shift in shifts]),
        (ShiftException, [change._asdict() for change in changes]),
        (Holiday, [{"id": uid(f"{c} {d}"), "country": c, "day": d, "works": w, "added_at": NOW} for c, d, w in holidays]),
    ]
    async with engine.begin() as connection:
        for table, some in rows:
            if some:
                await connection.execute(insert(table), some)
