"""What the organisations are called that complaints are about.

Here belongs looking up a public name by the key that a complaint holds. Never here: who is tied to whom (``routing``).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.directory.tables import Organization
from bot.staff.tables import Employer

OF_THE_DIRECTORY: Final = "dir-"
"""Begins the key of an organisation that is in the directory only; the rest is its id."""

_employer: Any = Employer.__table__  # type: ignore[attr-defined]
_organization: Any = Organization.__table__  # type: ignore[attr-defined]


async def names(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, str]:
    """Key -> public name; a key that nothing is called by any more stands for itself."""
    wanted = {key for key in keys if key}
    ids = {id: key for key in wanted if (id := directory_id(key)) is not None}
    asked = select(_employer.c.key, _employer.c.name).where(_employer.c.key.in_(sorted(wanted)))
    found = {row.key: row.name for row in await connection.execute(asked)}
    of_directory = select(_organization.c.id, _organization.c.name).where(_organization.c.id.in_(list(ids)))
    found |= {ids[row.id]: row.name for row in await connection.execute(of_directory)}
    return {key: found.get(key, key) for key in wanted}


def directory_id(key: str) -> uuid.UUID | None:
    """The id in the directory of the organisation with this key; None where it has none."""
    try:
        return uuid.UUID(hex=key.removeprefix(OF_THE_DIRECTORY)) if key.startswith(OF_THE_DIRECTORY) else None
    except ValueError:
        return None
