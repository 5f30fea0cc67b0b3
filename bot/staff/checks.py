"""What ``python -m bot check`` says about staff: sentences, each with what to do.

Here belongs the question what is missing or broken about accounts, recovery keys and the audit. Never here: mending it, printing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.complaints.trail import TRAIL
from bot.staff import audit, recovery
from bot.staff.recovery import Due
from bot.staff.tables import Staff

_staff: Any = Staff.__table__  # type: ignore[attr-defined]


async def any_account(engine: AsyncEngine) -> bool:
    """Whether somebody has an account that is open."""
    async with engine.connect() as connection:
        return (await connection.execute(select(_staff.c.id).where(_staff.c.active).limit(1))).first() is not None


async def faults(engine: AsyncEngine, now: datetime) -> list[str]:
    """Everything to mend, most urgent first. Empty while there are no accounts at all: then there is no desk to see to."""
    if not await any_account(engine):
        return []
    async with engine.connect() as connection:
        due = await recovery.due(connection, now, await recovery.purposes(connection))
    broken = {"audit": await audit.verify(engine), "trail of complaints": await audit.verify(engine, chain=TRAIL)}
    said = [
        f"The {name} was changed: entry {number} does not follow from the one before; find out by whom."
        for name, number in broken.items()
        if number is not None
    ]
    return said + [_sentence(each) for each in due]


def _sentence(due: Due) -> str:
    if due.why == "missing":
        return (
            f"There is no recovery key for {due.purpose}: what only one colleague can open would be lost with their passphrase. "
            f"Run python -m bot staff recovery make --purpose {due.purpose}."
        )
    since = f"{due.since:%Y-%m-%d}" if due.since else ""
    told = "was never rehearsed" if due.why == "never_rehearsed" else f"was last rehearsed on {since}"
    return f"The recovery key for {due.purpose} {told}: take two sheets and run python -m bot staff recovery rehearse."
