"""What the tables of requests and complaints hold now, row by row, for the demo's panel: the proof is better than the promise.

Here belongs the reading of rows as they are. Never here: opening anything, a live deployment (only the demo mounts it).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db import Table

#: In the order in which a request, then a complaint, passes through them.
TABLES: Final = (
    "ticket", "sealed_item", "hand_over", "movement", "complaint", "complaint_item", "forwarding", "remark", "notice", "alert",
    "counter", "complaint_past", "audit_entry", "complaint_entry",
)  # fmt: skip
MOST_ROWS: Final = 12
"""Of each table, the newest."""
_BYTES_SHOWN: Final = 12


async def stored(engine: AsyncEngine) -> list[dict[str, Any]]:
    """``[{"table", "count", "rows": [[column, value], …]}]``; sealed bytes as their number and how they begin."""
    found = []
    async with engine.connect() as connection:
        for name in TABLES:
            table = Table.metadata.tables[name]
            rows = (await connection.execute(select(table))).mappings().all()
            rows = sorted(rows, key=_age, reverse=True)
            shown = [[[column, _shown(value)] for column, value in row.items() if _says(value)] for row in rows[:MOST_ROWS]]
            found.append({"table": name, "count": len(rows), "rows": shown})
    return found


def _age(row: Any) -> str:
    return next((value.isoformat() for value in row.values() if isinstance(value, datetime)), "")


def _says(value: Any) -> bool:
    """Empty columns would only hide the others."""
    return value not in (None, "", b"", (), False)


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        rest = "…" if len(value) > _BYTES_SHOWN else ""
        return f"{len(value)} B: {value[:_BYTES_SHOWN].hex(' ')}{rest}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value)
