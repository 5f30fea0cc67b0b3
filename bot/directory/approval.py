"""Approval: nothing is public before a named role approved it, one by one or a whole source at once.

Shelter-like entries are never approved in bulk, nor is what the import holds back or what an organisation decided about
itself. Never here: which entries are shelter-like (the import says so), who sees what (``visibility``).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, exists, func, insert, not_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.directory import stamp
from bot.directory.audience import Refused, decide_channel, find, role
from bot.directory.tables import LEVELS, AudienceChange, Decision, Service, ServiceAtLocation, Source
from bot.directory.visibility import carries_no_place
from bot.settings import Settings

_entry: Any = ServiceAtLocation.__table__  # type: ignore[attr-defined]
_service: Any = Service.__table__  # type: ignore[attr-defined]
_source: Any = Source.__table__  # type: ignore[attr-defined]
_change: Any = AudienceChange.__table__  # type: ignore[attr-defined]
_decision: Any = Decision.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Approved:
    """What an approval did: entries approved, and those left out, by reason."""

    count: int
    sensitive: int = 0
    held_back: int = 0
    decided: int = 0
    """Left out of a bulk change of audience, because the organisation decided about them itself."""

    def __str__(self) -> str:
        said = f"{self.count} approved."
        if self.sensitive:
            said += f" {self.sensitive} must be looked at one by one: they may have to stay discreet."
        if self.held_back:
            said += f" {self.held_back} are held back by the import; its report says why."
        if self.decided:
            said += f" {self.decided} were left as their organisations decided."
        return said


async def approve(
    engine: AsyncEngine,
    entry: str,
    by: str,
    audience: str | None = None,
    verified_on: date | None = None,
    release: bool = False,
) -> Approved:
    """Approve one entry (key or UUID; the UUID of a complaint channel as well), also a shelter-like one.

    ``audience``: set it too. ``verified_on``: the day on which the role checked it (S-4). ``release``: approve
    although the import holds it back. Raises Refused, DatabaseDown.
    """
    by = role(by)
    _check_level(audience)
    with db.explained(engine.url):
        async with engine.begin() as connection:
            if await decide_channel(connection, entry, by, "approval", audience, verified_on):
                return Approved(1)
            rows = await find(connection, entry)
            if len(rows) > 1:
                raise Refused(f"{entry} has {len(rows)} entries; approve them one by one, or their source with --source.")
            (row,) = rows
            if row.held_back is not None and not release:
                raise Refused(f"The import holds it back ({row.held_back}); look at it, then approve it with --release.")
            level = audience or row.audience
            if carries_no_place(row.sensitive, level) and not row.discreet:
                raise Refused(f"A place that must stay discreet carries no address; set its audience to {level} first.")
            version = await stamp.bump(connection)
            values = {"approved_by": by, "approved_on": db.now(), "held_back": None, "audience": level}
            await connection.execute(update(_entry).where(_entry.c.key == row.key).values(values))
            if verified_on is not None:
                verified = {"verified_on": verified_on, "verified_by": by}
                await connection.execute(update(_service).where(_service.c.id == row.service_id).values(verified))
            if level != row.audience:
                await connection.execute(
                    insert(_change).values(
                        id=uuid.uuid4(),
                        service_at_location_id=row.id,
                        before=row.audience,
                        after=level,
                        by=by,
                        version=version,
                        at=db.now(),
                    )
                )
    return Approved(1)


async def approve_source(
    engine: AsyncEngine, source: str, by: str, audience: str | None = None, verified_on: date | None = None
) -> Approved:
    """Approve all entries of a source (``Source.name``) that are not approved yet, but never shelter-like ones; recorded once.

    Raises Refused when there is no such source; DatabaseDown.
    """
    by = role(by)
    _check_level(audience)
    with db.explained(engine.url):
        async with engine.begin() as connection:
            source_id = (await connection.execute(select(_source.c.id).where(_source.c.name == source))).scalar()
            if source_id is None:
                raise Refused(f"There is no source {source!r}; the report of the import names it.")
            waiting = and_(_entry.c.source_id == source_id, _entry.c.approved_by.is_(None))
            decided = exists(select(_change.c.id).where(_change.c.service_at_location_id == _entry.c.id))
            left = (
                await connection.execute(
                    select(
                        _count(_entry.c.sensitive),
                        _count(and_(not_(_entry.c.sensitive), _entry.c.held_back.is_not(None))),
                        _count(and_(not_(_entry.c.sensitive), _entry.c.held_back.is_(None), decided)),
                    ).where(waiting)
                )
            ).one()
            plain = and_(waiting, not_(_entry.c.sensitive), _entry.c.held_back.is_(None), not_(decided))
            if verified_on is not None:
                those = select(_entry.c.service_id).where(plain)
                verified = {"verified_on": verified_on, "verified_by": by}
                await connection.execute(update(_service).where(_service.c.id.in_(those)).values(verified))
            values: dict[str, Any] = {"approved_by": by, "approved_on": db.now()}
            if audience is not None:
                values["audience"] = audience
            await record_bulk(connection, plain, audience, by, await stamp.bump(connection))
            done = await connection.execute(update(_entry).where(plain).values(values))
    return Approved(done.rowcount, *(int(number or 0) for number in left))


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _check_level(audience: str | None) -> None:
    if audience is not None and audience not in LEVELS:
        raise Refused(f"{audience!r} is no level; it is one of {', '.join(LEVELS)}.")


async def record_bulk(connection: AsyncConnection, which: Any, audience: str | None, by: str, version: int) -> None:
    """Record that a role is about to approve the entries that meet a condition: one row for each source and present level.

    Call it before they change, in the same transaction. ``audience``: their level from then on, None for the one they have.
    """
    counted = (
        select(_entry.c.source_id, _entry.c.audience, func.count()).where(which).group_by(_entry.c.source_id, _entry.c.audience)
    )
    records = [
        {
            "id": uuid.uuid4(),
            "source_id": source_id,
            "what": "approval",
            "before": level,
            "after": audience or level,
            "entries": number,
            "by": by,
            "version": version,
            "at": db.now(),
        }
        for source_id, level, number in (await connection.execute(counted)).all()
    ]
    if records:
        await connection.execute(insert(_decision), records)


def main(argv: Sequence[str], settings: Settings) -> int:
    """``python -m bot approve (ENTRY | --source NAME) --by ROLE [--audience LEVEL] …``; 0 when done, 1 when refused."""
    parser = argparse.ArgumentParser(prog="python -m bot approve", description="Approve entries, so that they may be shown.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("entry", nargs="?", help="key or UUID of one entry, or UUID of a complaint channel")
    what.add_argument("--source", help="all entries of this source, but for those that may have to stay discreet")
    parser.add_argument("--by", required=True, help="the role that approves")
    parser.add_argument("--audience", choices=LEVELS, help="set their audience as well")
    parser.add_argument("--verified-on", type=date.fromisoformat, help="day on which they were checked, such as 2026-11-30")
    parser.add_argument("--release", action="store_true", help="also if the import holds the entry back (one by one only)")
    asked = parser.parse_args(argv)
    if asked.source and asked.release:
        parser.error("--release goes with one entry: what the import holds back is looked at one by one.")

    async def run() -> Approved:
        engine = db.open_engine(db.url_of(settings))
        try:
            if asked.source:
                return await approve_source(engine, asked.source, asked.by, asked.audience, asked.verified_on)
            return await approve(engine, asked.entry, asked.by, asked.audience, asked.verified_on, asked.release)
        finally:
            await engine.dispose()

    try:
        print(asyncio.run(run()))
    except (Refused, db.DatabaseDown) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
