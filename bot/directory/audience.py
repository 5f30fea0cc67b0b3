"""Who may see an entry or one of its fields: the one command that changes it.

Here belongs the decision of an organisation, recorded with role and date, and what it entails: a shelter-like entry that
is not public loses its address and its point for good. Never here: who sees what (``visibility``), approval (``approval``).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.directory import stamp
from bot.directory.tables import (
    FIELDS,
    LEVELS,
    AudienceChange,
    ComplaintChannel,
    Decision,
    Location,
    Service,
    ServiceAtLocation,
)
from bot.directory.visibility import carries_no_place
from bot.settings import Settings

#: For a field only: no level of its own any more.
AS_ENTRY = "as-entry"

_entry: Any = ServiceAtLocation.__table__  # type: ignore[attr-defined]
_service: Any = Service.__table__  # type: ignore[attr-defined]
_location: Any = Location.__table__  # type: ignore[attr-defined]
_channel: Any = ComplaintChannel.__table__  # type: ignore[attr-defined]
_decision: Any = Decision.__table__  # type: ignore[attr-defined]


class Refused(ValueError):
    """The change was not made; the message is a sentence that says why and what to do."""


def role(by: str) -> str:
    """The role that decides, checked: a role such as ``coordinator of the member``, never a person's address."""
    by = " ".join(by.split())
    if not by:
        raise Refused("Say which role decides, such as --by 'coordinator of Red Norte'.")
    if len(by) > 80 or "@" in by:
        raise Refused("--by takes a role of at most 80 characters, not a person's address.")
    return by


async def find(connection: AsyncConnection, entry: str) -> list[Any]:
    """Rows (key, id, sensitive, location_id, audiences …) that a key or a UUID names.

    The key or UUID of an entry gives that one; the UUID of a service or of an organisation gives all their entries. The
    rows are locked until the transaction ends, where the database can do that. Raises Refused when nothing has that name.
    """
    try:
        where = _entry.c.key == int(entry) if entry.strip().isdigit() else None
        if where is None:
            named = uuid.UUID(entry.strip())
            of_organisation = select(_service.c.id).where(_service.c.organization_id == named)
            where = (_entry.c.id == named) | (_entry.c.service_id == named) | _entry.c.service_id.in_(of_organisation)
    except ValueError:
        raise Refused(f"{entry!r} is neither the key nor the UUID of an entry.") from None
    rows = (await connection.execute(select(_entry).where(where).order_by(_entry.c.key).with_for_update())).all()
    if not rows:
        raise Refused(f"There is no entry {entry}; `python -m bot export` lists those that are public.")
    return list(rows)


async def change(engine: AsyncEngine, entry: str, audience: str, field: str | None, by: str) -> str:
    """Set the audience of an entry, or of one of its fields, and say in one or two sentences what that means.

    ``entry``: key or UUID of an entry, or the UUID of a service or organisation (all their entries) or of a complaint
    channel. ``audience``: one of LEVELS; for a field also ``as-entry``. Running conversations follow within a minute.
    Raises Refused, DatabaseDown.
    """
    by = role(by)
    levels = (*LEVELS, AS_ENTRY) if field else LEVELS
    if audience not in levels:
        raise Refused(f"{audience!r} is no level; it is one of {', '.join(levels)}.")
    if field is not None and field not in FIELDS:
        raise Refused(f"{field!r} is no field with a level of its own; it is one of {', '.join(FIELDS)}.")
    with db.explained(engine.url):
        async with engine.begin() as connection:
            if field is None and (said := await _change_channel(connection, entry, audience, by)):
                return said
            rows = await find(connection, entry)
            version = await stamp.bump(connection)
            column = f"audience_{field}" if field else "audience"
            after = None if audience == AS_ENTRY else audience
            wiped = 0
            for row in rows:
                if field is None and carries_no_place(row.sensitive, audience) and not row.discreet:
                    await _take_place_away(connection, row)
                    wiped += 1
                changed = update(_entry).where(_entry.c.key == row.key).values({column: after})
                await connection.execute(changed)
                await connection.execute(
                    insert(AudienceChange.__table__).values(  # type: ignore[attr-defined]
                        id=uuid.uuid4(),
                        service_at_location_id=row.id,
                        field=field,
                        before=getattr(row, column),
                        after=after,
                        by=by,
                        version=version,
                        at=db.now(),
                    )
                )
        if wiped:
            await db.checkpoint(engine)
    return _sentence(rows, audience, field, wiped)


def _sentence(rows: Sequence[Any], audience: str, field: str | None, wiped: int) -> str:
    many = "1 entry is" if len(rows) == 1 else f"{len(rows)} entries are"
    if field is None:
        said = [f"{many} now {audience.replace('_', ' ')}; conversations follow within a minute."]
        waiting = sum(row.approved_by is None or row.held_back is not None for row in rows)
        if audience != "hidden" and waiting:
            said.append(f"{waiting} of them will show only after approval (`python -m bot approve`).")
        if wiped:
            said.append(f"Address and point of {wiped} were deleted: a place that must stay discreet carries none.")
        return " ".join(said)
    if audience == AS_ENTRY:
        return f"The {field} of {len(rows)} entries follows the entry again; conversations follow within a minute."
    said = [f"The {field} of {len(rows)} entries is now {audience.replace('_', ' ')} at most."]
    if audience != "public":
        said.append("What would give it away (such as the description) is kept back too, unless it has its own level.")
    return " ".join(said)


async def _take_place_away(connection: AsyncConnection, row: Any) -> None:
    """Delete address and point of the entry's location; when others use the location, the entry gets one of its own."""
    empty = {"discreet": True, "address": None, "latitude": None, "longitude": None}
    count = select(func.count()).select_from(_entry).where(_entry.c.location_id == row.location_id)
    if (await connection.execute(count)).scalar() == 1:
        # The foreign key carries "discreet" over to the entry.
        await connection.execute(update(_location).where(_location.c.id == row.location_id).values(empty))
        return
    old = (await connection.execute(select(_location).where(_location.c.id == row.location_id))).one()
    fresh = {**old._mapping, **empty, "id": uuid.uuid4()}
    await connection.execute(insert(_location).values(fresh))
    moved = update(_entry).where(_entry.c.key == row.key).values(location_id=fresh["id"], discreet=True)
    await connection.execute(moved)


async def _change_channel(connection: AsyncConnection, entry: str, audience: str, by: str) -> str:
    if not await decide_channel(connection, entry, by, "audience", audience):
        return ""
    return f"The complaint channel is now {audience.replace('_', ' ')}; conversations follow within a minute."


async def decide_channel(
    connection: AsyncConnection, entry: str, by: str, what: str, audience: str | None, verified_on: date | None = None
) -> bool:
    """Grade (``what``: "audience") or approve ("approval") the complaint channel of this UUID, and record it.

    ``audience``: its level from now on, None for the one it has. ``verified_on``: the day on which the role checked it, None for
    the one it has. False when no complaint channel has this UUID.
    """
    try:
        named = uuid.UUID(entry.strip())
    except ValueError:
        return False
    channel = (await connection.execute(select(_channel).where(_channel.c.id == named).with_for_update())).first()
    if channel is None:
        return False
    at, after = db.now(), audience or channel.audience
    values = {"audience": after} | ({"approved_by": by, "approved_on": at} if what == "approval" else {})
    values |= {"verified_on": verified_on, "verified_by": by} if verified_on is not None else {}
    await connection.execute(update(_channel).where(_channel.c.id == named).values(values))
    version = await stamp.bump(connection)
    record = {"complaint_channel_id": named, "what": what, "before": channel.audience, "after": after, "entries": 1}
    await connection.execute(insert(_decision).values(id=uuid.uuid4(), by=by, version=version, at=at, **record))
    return True


def main(argv: Sequence[str], settings: Settings) -> int:
    """``python -m bot audience ENTRY LEVEL [--field FIELD] --by ROLE``; 0 when done, 1 when refused."""
    parser = argparse.ArgumentParser(prog="python -m bot audience", description="Change who may see an entry or a field.")
    parser.add_argument("entry", help="key or UUID of an entry; UUID of a service, organisation or complaint channel")
    parser.add_argument("level", choices=[*LEVELS, AS_ENTRY])
    parser.add_argument("--field", choices=FIELDS, help="only this field; it can only narrow the entry's level")
    parser.add_argument("--by", required=True, help="the role that decides")
    asked = parser.parse_args(argv)

    async def run() -> str:
        engine = db.open_engine(db.url_of(settings))
        try:
            return await change(engine, asked.entry, asked.level, asked.field, asked.by)
        finally:
            await engine.dispose()

    try:
        print(asyncio.run(run()))
    except (Refused, db.DatabaseDown) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
