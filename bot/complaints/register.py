"""The register: that there was a complaint and what became of it, without content, for reporting between agencies.

Here belong who may see it, its entries, and the rows of an export. Never here: what was said, an organisation, an account,
a day (T-3, T-4); files and pages.

Only independent organisations see it: whoever works for one that gives help could otherwise learn from a number that there is a
complaint about it. An entry lives as long as its complaint's row (P-3); what is older is in the figures (``statistics``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints import routing
from bot.complaints.deadlines import clocks
from bot.complaints.listing import COLUMNS
from bot.complaints.storing import OPEN, Complaints, complaint, forwarding
from bot.staff.roles import Actor, may
from bot.tickets.counting import week_of
from bot.tickets.references import reference
from bot.tickets.sight import NotThere

#: Tags of the Humanitarian Exchange Language beside the columns of an export.
HEADS: Final = (
    ("reference", "#meta+id"), ("week", "#date+received+week"), ("country", "#country+code"), ("inbox", "#subject+kind"),
    ("about", "#actor+kind"), ("state", "#status+state"), ("outcome", "#status+outcome"), ("accepted", "#indicator+accepted"),
    ("forwarded", "#indicator+forwarded"), ("received", "#indicator+received"), ("answered", "#indicator+answered"),
    ("contested", "#indicator+contested"),
)  # fmt: skip


class Entry(NamedTuple):
    """One complaint. A step is ``in_time``, ``late``, ``open`` (not yet, and not late), or empty: not due."""

    reference: str
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


class Sums(NamedTuple):
    """Of some entries."""

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
    """The complaints of the actor's countries, oldest week first. ``since``, ``until``: first and last Monday; ``countries``: only
    these. Nothing about an organisation to which the actor is tied, nor from which they recused themselves.

    Raises NotThere for whoever may not see the register."""
    c = complaint.c
    wanted = [each for each in actor.countries if not (only := set(countries)) or each in only]
    received = (
        select(func.count())
        .select_from(forwarding)
        .where(forwarding.c.complaint_id == c.id, forwarding.c.received_at.is_not(None))
        .scalar_subquery()
    )
    async with complaints.engine.connect() as connection:
        if not await may_see(connection, actor):
            raise NotThere
        by = await routing.ties(connection, actor)
        asked = select(*COLUMNS, received.label("received")).where(
            c.country.in_(wanted),
            c.organisation.not_in(sorted(by.tied)),
            type_coerce(c.refused, String).not_like(f"%,{actor.id.hex},%"),
            c.forgotten_at.is_(None) | (c.forgotten_at > now),
        )
        rows = (await connection.execute(asked)).all()
    found = [_entry(row, now) for row in rows]
    within = [each for each in found if (since is None or each.week >= since) and (until is None or each.week <= until)]
    return sorted(within, key=lambda each: (each.week, each.reference))


def sums(of: Sequence[Entry]) -> Sums:
    """How many there are."""
    open_ = [each for each in of if each.state in OPEN]
    late = [each for each in open_ if "late" in (each.accepted, each.forwarded, each.answered)]
    return Sums(len(of), len(open_), len(late), len(of) - len(open_))


def export_rows(of: Iterable[Entry]) -> list[tuple[str, ...]]:
    """For a file: names of the columns, their tags, then a row an entry."""
    names, tags = zip(*HEADS, strict=True)
    return [tuple(names), tuple(tags), *(tuple(_written(getattr(each, name)) for name in names) for each in of)]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def _entry(row: Any, now: datetime) -> Entry:
    steps = {
        each.step: "late" if each.late else "in_time" if each.done_at else "open" if row.state in OPEN else ""
        for each in clocks(row, now)
    }
    if row.state == "withdrawn":
        steps = {}
    return Entry(
        reference(row.id), week_of(row.created_at), row.country, row.inbox, row.about, row.state, row.outcome,
        steps.get("accept", ""), steps.get("forward", ""), row.received, steps.get("answer", ""), row.contested,
    )  # fmt: skip
