"""The register: that there was a complaint and what became of it, without content, for reporting between agencies.

Here belong who may see it, its entries and their sums. Never here: what was said, an organisation, an account, a day (T-3, T-4);
pages; files, which hold figures and no entry (``statistics``, T-2).

Only independent organisations see it: whoever works for one that gives help could otherwise learn from a number that there is a
complaint about it. What became of a complaint outlives its row, where it may be counted (``past``). One that is not to be counted
has an entry while there is work with it, and is in no sum (T-1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import String, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints import routing
from bot.complaints.deadlines import clocks
from bot.complaints.listing import COLUMNS
from bot.complaints.past import RECEIPTS, past
from bot.complaints.storing import OPEN, Complaints, complaint
from bot.staff.roles import Actor, may
from bot.tickets.counting import week_of
from bot.tickets.references import reference
from bot.tickets.sight import NotThere


class Entry(NamedTuple):
    """One complaint. A step is ``in_time``, ``late``, ``open`` (not yet, and not late), or empty: not due."""

    reference: str
    """Empty: the complaint is gone."""
    week: date
    """The Monday of the week in which it was sent."""
    country: str
    inbox: str
    about: str
    state: str
    outcome: str
    accepted: str
    forwarded: str
    received: int
    """Entities that confirmed that they have it."""
    answered: str
    contested: bool
    counted: bool
    """Its person said yes to that."""


class Sums(NamedTuple):
    """Of some entries, without those that are not to be counted."""

    all: int
    open: int
    late: int
    """Open ones with a step that is late."""
    closed: int


async def may_see(connection: AsyncConnection, actor: Actor) -> bool:
    """Whether this actor works for an independent organisation and sees the register and the figures about complaints."""
    by = await routing.ties(connection, actor)
    return may(actor, "see_register") and by.independent


async def entries(
    complaints: Complaints,
    actor: Actor,
    now: datetime,
    *,
    since: date | None = None,
    until: date | None = None,
    countries: Iterable[str] = (),
) -> list[Entry]:
    """The complaints of the actor's countries, oldest week first; what was withdrawn is among those that are gone. ``since``,
    ``until``: first and last Monday; ``countries``: only these. Nothing about an organisation to which the actor is tied, nor of
    what is there still from which they recused themselves.

    Raises NotThere for whoever may not see the register."""
    c = complaint.c
    wanted = [each for each in actor.countries if not (only := set(countries)) or each in only]
    async with complaints.engine.connect() as connection:
        if not await may_see(connection, actor):
            raise NotThere
        by = await routing.ties(connection, actor)
        asked = select(*COLUMNS, RECEIPTS.label("received")).where(
            c.country.in_(wanted),
            c.organisation.not_in(sorted(by.tied)),
            type_coerce(c.refused, String).not_like(f"%,{actor.id.hex},%"),
            c.forgotten_at.is_(None) | (c.forgotten_at > now),
            c.state != "withdrawn",
        )
        rows = (await connection.execute(asked)).all()
        gone = (await connection.execute(select(past).where(past.c.country.in_(wanted)))).all()
    found = [*(_entry(row, now) for row in rows), *(_past(row) for row in gone for _ in range(row.number))]
    within = [each for each in found if (since is None or each.week >= since) and (until is None or each.week <= until)]
    return sorted(within, key=lambda each: (each.week, each.reference))


def sums(of: Sequence[Entry]) -> Sums:
    """How many there are of them."""
    counted = [each for each in of if each.counted]
    open_ = [each for each in counted if each.state in OPEN]
    late = [each for each in open_ if "late" in (each.accepted, each.forwarded, each.answered)]
    return Sums(len(counted), len(open_), len(late), len(counted) - len(open_))


def _entry(row: Any, now: datetime) -> Entry:
    steps = {
        each.step: "late" if each.late else "in_time" if each.done_at else "open" if row.state in OPEN else ""
        for each in clocks(row, now)
    }
    return Entry(
        reference(row.id), week_of(row.created_at), row.country, row.inbox, row.about, row.state, row.outcome,
        steps.get("accept", ""), steps.get("forward", ""), row.received, steps.get("answer", ""), row.contested, row.counted,
    )  # fmt: skip


def _past(row: Any) -> Entry:
    return Entry(
        "", row.week, row.country, row.inbox, row.about, "withdrawn" if row.outcome == "withdrawn" else "closed", row.outcome,
        row.accepted, row.forwarded, row.received, row.answered, row.contested, True,
    )  # fmt: skip
