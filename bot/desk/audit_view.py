"""Which entries of the audit somebody sees, and a month of them as a file.

Here belong the scope of a supervisor and the shape of the file. Never here: the chain (``bot.staff.audit``), pages, who agrees.

An administrator sees everything. A supervisor sees what concerns their countries: entries about a request of one of them, and what
accounts of their countries did otherwise. Of a request that is forgotten nobody knows the country any more: its entries are seen by
whoever sees the account that made them, if that account works in no other country.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.staff import accounts, audit
from bot.staff.roles import Actor
from bot.staff.tables import AuditEntry
from bot.tickets.references import reference
from bot.tickets.tables import Ticket

#: Read at once while looking for as many as a page shows.
_BATCH: Final = 500
_REFERENCE: Final = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}\Z")
_entry: Any = AuditEntry.__table__  # type: ignore[attr-defined]
_ticket: Any = Ticket.__table__  # type: ignore[attr-defined]


class Seen(NamedTuple):
    """What one person may see. ``countries``: empty for everything."""

    countries: frozenset[str]
    accounts: dict[str, tuple[str, ...]]
    """Name -> countries, of every account that there is or was."""
    tickets: dict[str, frozenset[str]]
    """Reference -> countries, of every request that is not forgotten."""

    def __call__(self, row: Any) -> bool:
        if not self.countries:
            return True
        if row.subject in self.tickets:
            return bool(self.tickets[row.subject] & self.countries)
        of_actor = set(self.accounts.get(row.actor, ()))
        if _REFERENCE.match(row.subject):
            return bool(of_actor) and of_actor <= self.countries
        of_subject = set(self.accounts.get(row.subject, ()))
        return bool((of_subject or of_actor) & self.countries)

    @property
    def names(self) -> list[str]:
        """Accounts by which this person may filter."""
        return sorted(name for name, countries in self.accounts.items() if not self.countries or self.countries & set(countries))


async def seen_by(connection: AsyncConnection, actor: Actor) -> Seen:
    """The scope of somebody who may see the audit."""
    everything = "administrator" in actor.roles
    known = {row.name: tuple(row.countries) for row in await accounts.everybody(connection)}
    if everything:
        return Seen(frozenset(), known, {})
    rows = (await connection.execute(select(_ticket.c.id, _ticket.c.country, _ticket.c.countries))).all()
    return Seen(frozenset(actor.countries), known, {reference(row.id): frozenset((row.country, *row.countries)) for row in rows})


async def entries(
    connection: AsyncConnection,
    seen: Seen,
    *,
    limit: int,
    before: int | None = None,
    subject: str = "",
    actor: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[list[Any], int | None]:
    """The newest entries that this person sees, and the number before which there may be more; None: there are none."""
    found: list[Any] = []
    while True:
        rows = await audit.latest(connection, limit=_BATCH, before=before, subject=subject, actor=actor, since=since, until=until)
        for row in rows:
            if seen(row):
                if len(found) == limit:
                    return found, int(found[-1].number)
                found.append(row)
        if len(rows) < _BATCH:
            return found, None
        before = rows[-1].number


async def months(connection: AsyncConnection, now: datetime) -> list[str]:
    """Every month since the first entry, newest first, as ``2026-11``."""
    first = (await connection.execute(select(_entry.c.at).order_by(_entry.c.number).limit(1))).scalar()
    if first is None:
        return []
    last, at = now.astimezone(UTC), first.astimezone(UTC)
    count = (last.year - at.year) * 12 + last.month - at.month
    return [f"{at.year + (at.month - 1 + step) // 12}-{(at.month - 1 + step) % 12 + 1:02}" for step in range(count, -1, -1)]


def bounds(month: str) -> tuple[datetime, datetime]:
    """From, until: of a month as ``months`` names it, in UTC."""
    year, number = (int(part) for part in month.split("-"))
    return datetime(year, number, 1, tzinfo=UTC), datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def written(rows: Iterable[Any]) -> str:
    """The file: oldest first, each with its mark, so that it can be held against the chain."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("number", "at", "actor", "role", "what", "subject", "digest"))
    for row in rows:
        writer.writerow(
            (
                row.number,
                row.at.astimezone(UTC).isoformat(timespec="seconds"),
                row.actor,
                row.role,
                row.what,
                row.subject,
                row.digest.hex(),
            )
        )
    return out.getvalue()


def scope(seen: Seen) -> Collection[str]:
    """What an approval is bound to, beside the month: the file of other countries is another file."""
    return sorted(seen.countries)
