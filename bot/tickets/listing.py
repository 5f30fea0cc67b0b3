"""The list of the desk: what waits, and what the actor has claimed.

Here belongs what a list may show of a ticket (M-1) and its order. Never here: content, contact, windows, who else has claimed what.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import select

from bot.staff.roles import Actor
from bot.tickets.references import reference
from bot.tickets.sight import role_for, sees
from bot.tickets.storing import Tickets, ticket


class Row(NamedTuple):
    """What a list shows of a ticket."""

    id: bytes
    """For links and forms; it says nothing."""
    version: int
    state: Literal["waiting", "claimed", "withdrawn"]
    """``claimed`` and ``mine`` go together."""
    reference: str
    country: str
    lang: str
    other_lang: str
    """A wished language that Faro does not speak; empty: none."""
    wish: str
    age: str
    since: datetime
    """When the request was made."""
    waiting: float
    """Seconds since then."""
    level: str
    urgent: bool
    child: bool
    contested: bool
    mine: bool
    written: bool
    """Mine only: the person wrote since I last did anything to it."""


#: No envelope and nothing that is sealed is even read for a list.
_COLUMNS = [each for each in ticket.c if each.name not in ("opening", "lookup", "public", "private_sealed", "guarded")]


async def queue(tickets: Tickets, actor: Actor, now: datetime) -> list[Row]:
    """What the actor may pick up, what they work on, and what was withdrawn of both: urgent requests and those of children
    first, then who has waited longest."""
    waiting = (ticket.c.state == "waiting") & (ticket.c.expires_at > now)
    withdrawn = (ticket.c.state == "withdrawn") & ticket.c.claimed_by.is_(None) & (ticket.c.forgotten_at > now)
    at_home = ticket.c.country.in_(actor.countries) | (ticket.c.level == "network")
    mine = (ticket.c.claimed_by == actor.id) & ticket.c.state.in_(["claimed", "withdrawn"])
    asked = select(*_COLUMNS).where(ticket.c.training == actor.training, ((waiting | withdrawn) & at_home) | mine)
    async with tickets.engine.connect() as connection:
        rows = (await connection.execute(asked)).all()
    found = [_shown(row, actor, now) for row in rows if _may_list(actor, row)]
    return sorted(found, key=lambda row: (row.state == "withdrawn", not (row.urgent or row.child), row.since, row.id))


def _may_list(actor: Actor, row: Any) -> bool:
    return sees(actor, row) and (row.claimed_by == actor.id or role_for(actor, row, "see_queue") is not None)


def _shown(row: Any, actor: Actor, now: datetime) -> Row:
    mine = row.claimed_by == actor.id
    return Row(
        id=row.id,
        version=row.version,
        state=row.state,
        reference=reference(row.id),
        country=row.country,
        lang=row.lang,
        other_lang=row.other_lang,
        wish=row.wish,
        age=row.age,
        since=row.created_at,
        waiting=(now - row.created_at).total_seconds(),
        level=row.level,
        urgent=row.urgent,
        child=row.child,
        contested=row.contested,
        mine=mine,
        written=mine and row.touched_at is not None and row.heard_at > row.touched_at,
    )
