"""What pages show of movements: those of one's tickets, those that come in, those that wait for a supervisor.

Here belongs what each party may see of a movement, and which acts are theirs now. Nothing sealed, no window, no contact. Never
here: acts (``movements``), sentences.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.duty_texts import DutyTextBook
from bot.focal_points import Briefing, able_to_receive
from bot.staff.roles import Actor
from bot.staff.tables import Staff
from bot.tickets.movement_parties import Moves, facts, receivers, role_of, sends
from bot.tickets.movement_rules import ENDED, MACHINES, Act, Guard, Party, unmet
from bot.tickets.references import reference
from bot.tickets.sight import NotThere
from bot.tickets.storing import movement, ticket

_staff: Any = Staff.__table__  # type: ignore[attr-defined]


class Moving(NamedTuple):
    """A movement, as one actor sees it."""

    id: uuid.UUID
    ticket_id: bytes
    version: int
    """Of the ticket; every act asks for it."""
    reference: str
    what: str
    state: str
    from_country: str
    to_country: str
    sender: str
    """Label of the account that has claimed the ticket."""
    to: str
    """Label of the named receiver; empty: the focal point, whoever is first."""
    lang: str
    other_lang: str
    wish: str
    age: str
    child: bool
    urgent: bool
    consent: str
    """``chat``: the desk says "verbal/chat request only" (M-4)."""
    consent_on: date | None
    service_confirmed_on: date | None
    best_interest_on: date | None
    to_authority: bool
    high_risk: bool
    case_conference: bool
    voluntary_repatriation: bool
    moves_country: bool
    reason: str
    """Of a rejection."""
    proposed_at: datetime | None
    answered_at: datetime | None
    received_at: datetime | None
    acts: Mapping[Act, tuple[Guard, ...]]
    """What this actor may do now -> what has to be seen to before; a reason to reject is given with the act."""


async def of_ticket(moves: Moves, actor: Actor, ticket_id: bytes, now: datetime) -> list[Moving]:
    """Movements of a ticket that the actor has claimed, newest first. Raises NotThere."""
    async with moves.tickets.engine.connect() as connection:
        row = (await connection.execute(select(ticket).where(ticket.c.id == ticket_id))).first()
        if row is None or sends(actor, row) is None:
            raise NotThere
        asked = select(movement).where(movement.c.ticket_id == ticket_id)
        found = [await _shown(moves, connection, actor, row, move, now) for move in (await connection.execute(asked)).all()]
    return sorted(found, key=lambda each: (each.state in ENDED, -(each.proposed_at or now).timestamp(), each.id))


async def incoming(moves: Moves, actor: Actor, now: datetime) -> list[Moving]:
    """What others propose to this actor, or what they have accepted and not seen the end of; oldest first."""
    named = or_(movement.c.to_staff == actor.id, movement.c.to_staff.is_(None))
    waiting = movement.c.state.in_(["proposed", "accepted", "received"]) & named & movement.c.to_country.in_(actor.countries)
    return await _those(moves, actor, waiting, "receiver", now)


async def to_close(moves: Moves, actor: Actor, now: datetime) -> list[Moving]:
    """Transfers that were received and wait for a supervisor; oldest first. Also those that somebody else has to close."""
    waiting = (movement.c.what == "transfer") & (movement.c.state == "received") & ticket.c.country.in_(actor.countries)
    return await _those(moves, actor, waiting, "supervisor", now)


async def one(moves: Moves, actor: Actor, id: uuid.UUID, now: datetime) -> Moving:
    """A movement of which the actor is a party. Raises NotThere."""
    async with moves.tickets.engine.connect() as connection:
        move = (await connection.execute(select(movement).where(movement.c.id == id))).first()
        row = move and (await connection.execute(select(ticket).where(ticket.c.id == move.ticket_id))).first()
        if move is None or row is None:
            raise NotThere
        among = await receivers(connection, moves.book, row, move)
        parties: list[Party] = ["sender"]
        if move.state not in ("draft", "rejected", "cancelled"):
            parties.append("receiver")
        if move.state == "received":
            parties.append("supervisor")
        if not any(role_of(party, actor, row, move, among) for party in parties):
            raise NotThere
        return await _shown(moves, connection, actor, row, move, now)


async def briefing(moves: Moves, actor: Actor, ticket_id: bytes, to: str, now: datetime, duty_texts: DutyTextBook) -> Briefing:
    """What the sender is shown of another country before a proposal. Raises NotThere, ValueError for no other country."""
    async with moves.tickets.engine.connect() as connection:
        row = (await connection.execute(select(ticket).where(ticket.c.id == ticket_id))).first()
        if row is None or sends(actor, row) is None:
            raise NotThere
        return await moves.book.briefing(connection, row.country, to, now, duty_texts, child=row.child)


async def can_be_named(moves: Moves, actor: Actor, ticket_id: bytes, to: str) -> list[tuple[str, str]]:
    """(Label, name of the organisation) of everybody there whom the sender may name as receiver. Raises NotThere."""
    async with moves.tickets.engine.connect() as connection:
        row = (await connection.execute(select(ticket).where(ticket.c.id == ticket_id))).first()
        if row is None or sends(actor, row) is None:
            raise NotThere
        able = await able_to_receive(connection, to, child=row.child, not_organisations=row.not_organisations)
    return [(each.name, each.organisation_name) for each in able if each.id != actor.id and each.id.hex not in row.refused]


async def _those(moves: Moves, actor: Actor, which: Any, party: Any, now: datetime) -> list[Moving]:
    joined = select(movement.c.id).join(ticket, ticket.c.id == movement.c.ticket_id)
    found: list[Moving] = []
    async with moves.tickets.engine.connect() as connection:
        for id in (await connection.execute(joined.where(which, ticket.c.training == actor.training))).scalars().all():
            move = (await connection.execute(select(movement).where(movement.c.id == id))).one()
            row = (await connection.execute(select(ticket).where(ticket.c.id == move.ticket_id))).one()
            if role_of(party, actor, row, move, await receivers(connection, moves.book, row, move)) is not None:
                found.append(await _shown(moves, connection, actor, row, move, now))
    return sorted(found, key=lambda each: (not (each.urgent or each.child), each.proposed_at or now, each.id))


async def _shown(moves: Moves, connection: AsyncConnection, actor: Actor, row: Any, move: Any, now: datetime) -> Moving:
    among = await receivers(connection, moves.book, row, move)
    acts: dict[Act, tuple[Guard, ...]] = {}
    for (state, act), step in MACHINES[move.what].items():
        if state == move.state and role_of(step.by, actor, row, move, among) is not None:
            mine = tuple(each for each in among if each.id == actor.id) if step.by == "receiver" else among
            lacking = unmet(step.guards, await facts(moves, connection, row, move, mine, now, actor))
            acts[act] = tuple(guard for guard in lacking if guard != "reason")
    labels = select(_staff.c.id, _staff.c.name).where(_staff.c.id.in_([each for each in (row.claimed_by, move.to_staff) if each]))
    names = {id: name for id, name in await connection.execute(labels)}
    same = {name: getattr(move, name) for name in Moving._fields if name in movement.c and name != "id"}
    return Moving(
        id=move.id,
        version=row.version,
        reference=reference(row.id),
        from_country=row.country,
        sender=names.get(row.claimed_by, ""),
        to=names.get(move.to_staff, ""),
        lang=row.lang,
        other_lang=row.other_lang,
        wish=row.wish,
        age=row.age,
        child=row.child,
        urgent=row.urgent,
        acts=acts,
        **same,
    )
