"""What one actor may see and open of one complaint: their own wrapped copies, and nothing of anybody else's.

Here belongs a complaint's page and the release of envelopes. Nothing here decrypts. Never here: changes (``desk``), lists
(``listing``), who may read it (``routing``).

Card and notes go to who accepted it, and to the investigation unit to which it was forwarded; each release is in the trail.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints import routing, storing, telling, trail
from bot.complaints.listing import LISTED, Row, shown
from bot.complaints.routing import Ties
from bot.complaints.storing import OPEN, SAID, Complaints, complaint, forwarding
from bot.complaints.trail import Entry
from bot.sealing import Envelope
from bot.staff.keys import key_ids
from bot.staff.roles import Actor
from bot.staff.tables import Role, Staff
from bot.tickets import wraps
from bot.tickets.reading import Copy, Enclosed
from bot.tickets.references import reference
from bot.tickets.rows import transact
from bot.tickets.sight import NotThere, Stale

Opens = Literal["card", "note"]
Act = Literal["accept", "release", "give", "recuse", "open", "forward", "confirm", "answer", "close"]

_WHAT: Final = {"card": "opened_card", "note": "opened_note"}
_PAGE: Final[Any] = LISTED.add_columns(complaint.c.public)
_PLAIN: Final[Any] = select(complaint)
_staff: Any = Staff.__table__  # type: ignore[attr-defined]


class Passed(NamedTuple):
    """That it was passed to the entity concerned."""

    id: uuid.UUID
    organisation: str
    """Key; empty: outside of the network."""
    way: str
    """``unit`` or ``outside``."""
    at: datetime
    by: str
    """Label of the account; empty: it is gone."""
    received_at: datetime | None
    mine: bool
    """To the unit that the actor is."""
    earlier: bool
    """Before it was contested: it may be passed there again."""


class Colleague(NamedTuple):
    """Somebody to whom it may be given."""

    id: uuid.UUID
    name: str
    organisation: str
    """Key."""


class Sheet(NamedTuple):
    """A complaint's page, without what is sealed."""

    row: Row
    unit: bool
    """The actor sees it as the investigation unit to which it was forwarded, and not otherwise."""
    may: frozenset[Act]
    """What the actor may do to it now."""
    last: bool
    """The actor may step aside, and then nobody would be left who may read it."""
    public: bytes
    """The complaint's public key: answers are sealed to it. Empty where the actor may not answer."""
    enclosed: tuple[Enclosed, ...]
    """Card and notes that there are, where the actor may open them."""
    answers: int
    unread: int
    """Answers that the person did not read yet."""
    concluded: bool
    """Something was answered that is no question: it may be closed."""
    chain: tuple[str, ...]
    """Keys of the organisation that it is about and of those of which it became a part: to whose unit it may be forwarded."""
    forwardings: tuple[Passed, ...]
    history: tuple[Entry, ...]
    """Empty for a unit."""
    colleagues: tuple[Colleague, ...]
    """To whom the actor may give it now."""


class Met(NamedTuple):
    """A complaint that exists for an actor."""

    row: Any
    role: Role
    units: tuple[str, ...]
    """To which investigation units it was forwarded."""
    plainly: bool
    """Not only as an investigation unit."""
    unit: bool
    """As the investigation unit to which it was forwarded."""


async def meet(
    connection: AsyncConnection, actor: Actor, complaint_id: bytes, *, lock: bool = False, listed: bool = False
) -> tuple[Met, Ties]:
    """The complaint, locked or not, if it exists for this actor. ``listed``: with the columns of ``listing.LISTED``. Raises
    NotThere: what is asked of the database is the same for what is not there and for what is not for this actor."""
    by = await routing.ties(connection, actor)
    asked: Any = _PAGE if listed else _PLAIN
    asked = asked.where(complaint.c.id == complaint_id, routing.visible(actor, by))
    row = (await connection.execute(asked.with_for_update(of=complaint) if lock else asked)).first()
    if row is None:
        raise NotThere
    units = await routing.units_of(connection, row.id)
    role = routing.role_for(actor, by, row, units)
    if role is None:
        raise NotThere
    return Met(row, role, units, routing.may_read(actor, by, row), routing.investigates(by, row, units)), by


async def left_alone(connection: AsyncConnection, complaints: Complaints, actor: Actor, met: Met, now: datetime) -> bool:
    """``telling.left_alone``, where it is somebody else who holds it."""
    if met.row.state != "accepted" or met.row.held_by == actor.id:
        return False
    return telling.left_alone(await routing.readers(connection), met.row, now, complaints.deadlines, met.units)


def acts(actor: Actor, met: Met, *, alone: bool = False) -> frozenset[Act]:
    """What this actor may do to a complaint that exists for them, as it is now. ``alone``: as ``left_alone`` says; without, giving
    it back for somebody else is left out for whoever is no coordinator."""
    row, found = met.row, set[Act]()
    held = row.held_by == actor.id and met.plainly
    if row.state == "received" and met.plainly:
        found |= {"accept", "recuse"}
    if row.state == "accepted" and held:
        found |= {"release", "recuse", "open", "forward", "confirm", "answer", "close"}
    if row.state == "accepted" and not held and met.plainly:
        found |= {"recuse"}
        if alone or ("coordinator" in actor.roles and row.level == "network"):
            found |= {"release"}  # whoever holds it may be away
    if row.inbox == "feedback" and found & {"accept", "release"}:
        found |= {"give"}  # what is said about behaviour is taken by those whom the clock tells, and given to nobody
    if met.unit and row.state in OPEN:
        found |= {"recuse", "open", "confirm", "answer"}
    if met.unit and row.state == "closed":
        found |= {"open", "confirm"}
    return frozenset(found)


async def sheet(complaints: Complaints, actor: Actor, complaint_id: bytes, now: datetime) -> Sheet:
    """The complaint as this actor may see it. Raises NotThere."""
    async with complaints.engine.connect() as connection:
        met, by = await meet(connection, actor, complaint_id, listed=True)
        row = met.row
        if row.forgotten_at is not None and row.forgotten_at <= now:
            raise NotThere
        may = acts(actor, met, alone=await left_alone(connection, complaints, actor, met, now))
        keys = await key_ids(connection, actor.id)
        among = await routing.network(connection)
        return Sheet(
            row=shown(row, actor, now),
            unit=not met.plainly,
            may=may,
            last="recuse" in may and not {*await routing.eligible(connection, row, met.units)} - {actor.id},
            public=row.public if "answer" in may else b"",
            enclosed=await _enclosed(connection, row.id, keys, now) if "open" in may else (),
            answers=await storing.rows.number_of(connection, row.id, "answer"),
            unread=await storing.rows.number_of(connection, row.id, "answer", unread=True),
            concluded=row.concluded,
            chain=among.chain(row.organisation) if row.organisation else (),
            forwardings=await _passed(connection, row.id, by),
            history=await trail.history(connection, reference(row.id)) if met.plainly else (),
            colleagues=tuple(
                Colleague(each.actor.id, each.actor.name, each.actor.organisation)
                for each in (await routing.colleagues(connection, row, (actor.id, row.held_by)) if "give" in may else ())
            ),
        )


async def released(complaints: Complaints, actor: Actor, complaint_id: bytes, kind: Opens, now: datetime) -> list[Copy]:
    """The actor's own copies of the envelopes of this kind, oldest first; those not sealed to the actor are left out.

    Recorded before it is handed out. Raises NotThere, Stale (the actor has not accepted it, or not any more)."""

    async def work(connection: AsyncConnection) -> list[Copy]:
        met, _ = await meet(connection, actor, complaint_id, lock=True)
        if "open" not in acts(actor, met):
            raise Stale
        there = await storing.rows.envelopes(connection, met.row.id, [kind])
        keys = await key_ids(connection, actor.id)
        copies = [
            Copy(each.id, each.kind, each.created_at, mine)
            for each in there
            if each.expires_at > now and (mine := wraps.released(each.envelope, keys)) is not None
        ]
        await trail.record(connection, actor.name, met.role, _WHAT[kind], reference(met.row.id), now)
        return copies

    return await transact(complaints.engine, work)


async def _enclosed(
    connection: AsyncConnection, complaint_id: bytes, keys: Collection[bytes], now: datetime
) -> tuple[Enclosed, ...]:
    return tuple(
        Enclosed(each.id, each.kind, each.created_at, bool(set(Envelope.decode(each.envelope).recipients) & set(keys)))
        for each in await storing.rows.envelopes(connection, complaint_id, SAID)
        if each.expires_at > now
    )


async def _passed(connection: AsyncConnection, complaint_id: bytes, by: Ties) -> tuple[Passed, ...]:
    """A unit sees what was passed to it; others all."""
    asked = select(forwarding, _staff.c.name).outerjoin(_staff, _staff.c.id == forwarding.c.by)
    rows = await connection.execute(
        asked.where(forwarding.c.complaint_id == complaint_id).order_by(forwarding.c.at, forwarding.c.id)
    )
    return tuple(
        Passed(
            each.id, each.organisation, each.way, each.at, each.name or "", each.received_at,
            mine=each.way == "unit" and each.organisation in by.covers, earlier=each.earlier,
        )
        for each in rows
    )  # fmt: skip
