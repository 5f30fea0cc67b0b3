"""Which organisation of the directory is which employer: found by their name, and kept from then on (C-4).

Here belongs finding and keeping it. Names change, and sources are loaded anew: what was found once stays, so that whoever works
there stays tied to what is said about it under any of its names. Never here: what follows from it (``bot.complaints.routing``).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import db
from bot.directory.tables import Organization
from bot.places import fold
from bot.staff.tables import Employer, EmployerListing

Pair = tuple[uuid.UUID, str]
"""Id of an organisation of the directory, key of the employer that it is."""

_organization: Any = Organization.__table__  # type: ignore[attr-defined]
_employer: Any = Employer.__table__  # type: ignore[attr-defined]
_listing: Any = EmployerListing.__table__  # type: ignore[attr-defined]


async def kept(connection: AsyncConnection) -> list[Pair]:
    """What was ever found, in a fixed order."""
    rows = await connection.execute(select(_listing.c.organization_id, _listing.c.employer))
    return sorted((row.organization_id, row.employer) for row in rows)


async def alike(connection: AsyncConnection, employers: Iterable[Any], which: ColumnElement[bool]) -> list[Pair]:
    """What is called alike now, in a fixed order. ``employers``: rows with ``key`` and ``name``; ``which``: of the directory."""
    called: dict[str, list[str]] = {}
    for row in employers:
        called.setdefault(fold(row.name), []).append(row.key)
    called.pop("", None)  # in no letters that are compared here
    listed = await connection.execute(select(_organization.c.id, _organization.c.name).where(which))
    return sorted((row.id, key) for row in listed for key in called.get(fold(row.name), ()))


async def keep(connection: AsyncConnection, pairs: Collection[Pair]) -> None:
    """Keep these. Twice is once, also in two processes at the same moment."""
    if pairs:
        made = db.insert_or(connection.dialect, _listing)
        rows = [{"organization_id": organization_id, "employer": employer} for organization_id, employer in pairs]
        await connection.execute(made.on_conflict_do_nothing(), rows)


async def keep_found(connection: AsyncConnection, which: ColumnElement[bool] | None = None) -> None:
    """Keep what is called alike now. ``which``: of the directory; all of it where it is left out, for whoever changes names."""
    employers = (await connection.execute(select(_employer.c.key, _employer.c.name))).all()
    found = await alike(connection, employers, true() if which is None else which)
    await keep(connection, sorted({*found} - {*await kept(connection)}))


async def keep_renamed(connection: AsyncConnection, renamed: Mapping[uuid.UUID, Collection[uuid.UUID]]) -> None:
    """``renamed``: organisation of the directory -> those that have taken its place there. They are whoever that one was."""
    if renamed:
        await keep(connection, [(new, key) for old, key in await kept(connection) for new in renamed.get(old, ())])
