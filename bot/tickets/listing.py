"""The lists of the desk: what waits, what the actor has claimed, and, for supervisors, what others work on.

Here belongs what a list may show of a ticket (M-1) and its order. Never here: content, contact, windows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import select

from bot.staff.roles import Actor
from bot.staff.tables import Staff
from bot.tickets.references import reference
from bot.tickets.sight import role_for, sees
from bot.tickets.storing import Tickets, ticket

_staff: Any = Staff.__table__  # type: ignore[attr-defined]


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
    queued: datetime
    """Since when it waits to be claimed: escalation counts from here."""
    waiting: float
    """Seconds since the request was made."""
    level: str
    urgent: bool
    child: bool
    contested: bool
    mine: bool
    written: bool
    """Mine only: the person wrote since I last did anything to it."""


class Held(NamedTuple):
    """What a supervisor's list shows of a ticket that somebody works on."""

    id: bytes
    reference: str
    country: str
    holder: str
    """Label of the account."""
    claimed_at: datetime
    touched_at: datetime
    """The claimer's last act."""
    urgent: bool
    child: bool


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


async def held(tickets: Tickets, actor: Actor) -> list[Held]:
    """What others work on and this actor may look into as a supervisor; who was silent longest comes first."""
    asked = (
        select(*_COLUMNS, _staff.c.name.label("holder"))
        .join(_staff, _staff.c.id == ticket.c.claimed_by)
        .where(ticket.c.training == actor.training, ticket.c.state == "claimed", ticket.c.claimed_by != actor.id)
    )
    async with tickets.engine.connect() as connection:
        rows = (await connection.execute(asked)).all()
    found = [
        Held(
            row.id,
            reference(row.id),
            row.country,
            row.holder,
            row.claimed_at,
            row.touched_at or row.claimed_at,
            row.urgent,
            row.child,
        )
        for row in rows
        if role_for(actor, row, "open_ticket") is not None
    ]
    return sorted(found, key=lambda each: (each.touched_at, each.id))


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
        queued=row.queued_at,
        waiting=(now - row.created_at).total_seconds(),
        level=row.level,
        urgent=row.urgent,
        child=row.child,
        contested=row.contested,
        mine=mine,
        written=mine and row.touched_at is not None and row.heard_at > row.touched_at,
    )
