"""The inboxes of the desk: complaints about behaviour, and everything else that people say.

Here belongs what a list may show of a complaint, and its order. Never here: content, who may read it (``routing``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select

from bot.complaints import routing
from bot.complaints.deadlines import Clock, clocks
from bot.complaints.storing import OPEN, Complaints, complaint, item
from bot.complaints.tables import INBOXES
from bot.staff.roles import Actor
from bot.staff.tables import Staff
from bot.tickets.references import reference

_staff: Any = Staff.__table__  # type: ignore[attr-defined]


class Row(NamedTuple):
    """What a list shows of a complaint."""

    id: bytes
    """For links and forms; it says nothing."""
    version: int
    reference: str
    inbox: str
    state: str
    country: str
    lang: str
    about: str
    organisation: str
    """Key of whom it is about; empty: not an organisation, or nobody knows which."""
    topic: str
    child: bool
    urgent: bool
    level: str
    contested: bool
    since: datetime
    """When it was sent."""
    heard_at: datetime
    clocks: tuple[Clock, ...]
    late: bool
    """A deadline of an open complaint has passed that was not met."""
    holder: str
    """Label of the account that works on it; empty: nobody does."""
    mine: bool
    asks: bool
    """A question waits for the person."""
    written: bool
    """The person wrote since it was sent or last answered."""
    outcome: str
    closed_at: datetime | None


#: No envelope and nothing that is sealed is even read for a list.
COLUMNS: Final = [each for each in complaint.c if each.name not in ("opening", "lookup", "public", "private_sealed")]
_answered: Final[Any] = (
    select(func.max(item.c.created_at)).where(item.c.complaint_id == complaint.c.id, item.c.kind == "answer").scalar_subquery()
)
LISTED: Final[Any] = select(*COLUMNS, _staff.c.name.label("holder"), _answered.label("last_answer")).select_from(
    complaint.outerjoin(_staff, _staff.c.id == complaint.c.held_by)
)


async def inbox(complaints: Complaints, actor: Actor, inbox: str, now: datetime, *, ended: bool = False) -> list[Row]:
    """What exists of ``psea`` or ``feedback`` for this actor and is open, and what was withdrawn of late; ``ended``: was closed.

    Urgent ones and those about children first, then those whose next deadline comes first. Raises ValueError for another inbox."""
    if inbox not in INBOXES:
        raise ValueError(f"{inbox!r} is no inbox; they are {', '.join(INBOXES)}")
    there = complaint.c.state == "closed" if ended else complaint.c.state.in_((*OPEN, "withdrawn"))
    living = complaint.c.forgotten_at.is_(None) | (complaint.c.forgotten_at > now)
    async with complaints.engine.connect() as connection:
        by = await routing.ties(connection, actor)
        asked = LISTED.where(complaint.c.inbox == inbox, there, living, routing.visible(actor, by))
        rows = (await connection.execute(asked)).all()
    found = [shown(row, actor, now) for row in rows]
    return sorted(found, key=_order)


def shown(row: Any, actor: Actor, now: datetime) -> Row:
    """A row of ``LISTED``, for this actor, who may read it."""
    open_ = row.state in OPEN
    times = clocks(row, now)
    return Row(
        id=row.id,
        version=row.version,
        reference=reference(row.id),
        inbox=row.inbox,
        state=row.state,
        country=row.country,
        lang=row.lang,
        about=row.about,
        organisation=row.organisation,
        topic=row.topic,
        child=row.child,
        urgent=row.urgent,
        level=row.level,
        contested=row.contested,
        since=row.created_at,
        heard_at=row.heard_at,
        clocks=times if row.state != "withdrawn" else (),
        late=open_ and any(each.late and each.done_at is None for each in times),
        holder=row.holder or "",
        mine=row.held_by == actor.id,
        asks=row.asks,
        written=open_ and row.heard_at > max(each for each in (row.created_at, row.last_answer) if each is not None),
        outcome=row.outcome,
        closed_at=row.closed_at,
    )


def _order(row: Row) -> tuple[Any, ...]:
    due = [each.due for each in row.clocks if each.done_at is None]
    return row.state not in OPEN, not (row.urgent or row.child), min(due, default=row.since), row.since, row.id
