"""Referral and transfer: what senders, receivers and supervisors do, each act in one durable transaction (M-3, M-4, M-5, D-9).

Here belongs every act: who may, whether movement and ticket are still what the page showed, what has to hold, the change, alerts,
audit. Never here: the machines themselves (``movement_rules``), who takes part (``movement_parties``), what pages show
(``movement_views``), sentences.

The *sender* is whoever has claimed the ticket now, the *receiver* the named account or, where none is named, the focal point or
back-up of the receiving country, whoever is first. A *supervisor* is one of the ticket's country.

Every act raises ``NotThere`` (no such movement, or not for this actor), ``Stale`` (it or the ticket has changed since), ``Unmet``
(what still has to be seen to), or ``Refused``. ``version`` is the ticket's, as the page had it: two receivers who accept at once
have the same one, so the second is told so.

A transfer moves what is sealed as well. Once the consent is recorded, the sender's browser wraps it for the receiver
(``wraps_needed``, ``add_wraps``); until all of it is, nobody can propose, accept or close. Closing makes the receiver the claimer.
Where the ticket moves to their country (``Plan.moves_country``), those left behind lose their wraps: what moved is closed to them,
in a dump as well. So do those who were to receive it when it is taken back, rejected or changed.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.focal_points import Receiver, able_to_receive
from bot.staff import audit
from bot.staff.roles import Actor
from bot.staff.tables import Staff
from bot.tickets import storing
from bot.tickets.movement_parties import (
    Moves,
    Unmet,
    allowed,
    arrived,
    check_version,
    facts,
    found_movement,
    receivers,
    sends,
)
from bot.tickets.movement_rules import CONSENTS, ENDED, WHATS, Act, Plan, unmet
from bot.tickets.movement_wraps import add_wraps, leave_behind, wraps_needed
from bot.tickets.references import reference
from bot.tickets.sight import NotThere, Refused, Stale, role_for
from bot.tickets.storing import Tickets, movement, ticket
from flows.facts import COUNTRIES

__all__ = [
    "Moves", "NotThere", "Plan", "Refused", "Stale", "Tickets", "Unmet", "accept", "add_wraps", "cancel", "close", "draft",
    "propose", "receive", "reject", "revise", "wraps_needed",
]  # fmt: skip

MOST_MOVEMENTS: Final = 20
"""Of one ticket, those that ended included."""

_AUDIT: Final[Mapping[Act, str]] = {
    "revise": "movement_drafted", "propose": "movement_proposed", "accept": "movement_accepted", "reject": "movement_rejected",
    "receive": "movement_received", "close": "movement_closed", "cancel": "movement_cancelled",
}  # fmt: skip
_TAKE_BACK: Final[frozenset[Act]] = frozenset({"revise", "reject", "cancel"})
"""Acts after which those who were to receive it are nobody yet, or no longer: what was wrapped for them is taken out again."""
_staff: Any = Staff.__table__  # type: ignore[attr-defined]


# --- the sender ------------------------------------------------------------------------------------------------------


async def draft(moves: Moves, actor: Actor, ticket_id: bytes, plan: Plan, now: datetime, *, version: int) -> uuid.UUID:
    """Begin a movement of a ticket that the actor has claimed. Refused: ``bad_field``, ``not_eligible``, ``too_many``,
    ``movement_open`` (another transfer is under way)."""

    async def work(connection: AsyncConnection) -> uuid.UUID:
        row = await storing.locked(connection, ticket_id)
        role = sends(actor, row) if row is not None else None
        if role is None:
            raise NotThere
        check_version(row, version)
        states = list(await connection.execute(select(movement.c.what, movement.c.state).where(movement.c.ticket_id == row.id)))
        if plan.what == "transfer" and any(what == "transfer" and state not in ENDED for what, state in states):
            raise Refused("movement_open")
        if len(states) >= MOST_MOVEMENTS:
            raise Refused("too_many")
        made = uuid.uuid4()
        values = await _values(connection, actor, row, plan)
        await connection.execute(insert(movement).values(id=made, ticket_id=row.id, state="draft", proposed_by=actor.id, **values))
        await storing.change(connection, row, touched_at=now)
        await audit.record(connection, actor.name, role, "movement_drafted", reference(row.id), now)
        return made

    return await storing.transact(moves.tickets.engine, work)


async def revise(moves: Moves, actor: Actor, id: uuid.UUID, plan: Plan, now: datetime, *, version: int) -> None:
    """Change a draft, or make a draft again of what was rejected. ``plan.what`` stays what it was. Refused as ``draft``."""
    await _act(moves, actor, id, "revise", now, version, plan=plan)


async def propose(moves: Moves, actor: Actor, id: uuid.UUID, now: datetime, *, version: int) -> None:
    """Ask the receiver. Whoever looks after a wish to return is told as well."""
    await _act(moves, actor, id, "propose", now, version)


async def cancel(moves: Moves, actor: Actor, id: uuid.UUID, now: datetime, *, version: int) -> None:
    """Take it back, at any time before the end: the person may change their mind."""
    await _act(moves, actor, id, "cancel", now, version)


# --- the receiver ----------------------------------------------------------------------------------------------------


async def accept(moves: Moves, actor: Actor, id: uuid.UUID, now: datetime, *, version: int) -> None:
    """Say yes; from then on the actor is the named receiver. Refused: ``cap`` (as many open tickets as one may have)."""
    await _act(moves, actor, id, "accept", now, version)


async def reject(moves: Moves, actor: Actor, id: uuid.UUID, reason: str, now: datetime, *, version: int) -> None:
    """Say no, with a reason of ``movement_rules.REASONS_TO_REJECT``; the movement is the sender's again."""
    await _act(moves, actor, id, "reject", now, version, reason=reason)


async def receive(moves: Moves, actor: Actor, id: uuid.UUID, now: datetime, *, version: int) -> None:
    """Confirm that what was agreed on has arrived."""
    await _act(moves, actor, id, "receive", now, version)


# --- the end ---------------------------------------------------------------------------------------------------------


async def close(moves: Moves, actor: Actor, id: uuid.UUID, now: datetime, *, version: int) -> None:
    """End it: a referral by its sender, a transfer by a supervisor, and then the receiver is the claimer of the ticket."""
    await _act(moves, actor, id, "close", now, version)


# --- within ----------------------------------------------------------------------------------------------------------


async def _act(
    moves: Moves, actor: Actor, id: uuid.UUID, act: Act, now: datetime, version: int, *, plan: Plan | None = None, reason: str = ""
) -> None:
    async def work(connection: AsyncConnection) -> None:
        row, move = await found_movement(connection, id)
        among = await receivers(connection, moves.book, row, move)
        found, role = await allowed(moves, connection, actor, row, move, act, among)
        check_version(row, version)
        mine = tuple(each for each in among if each.id == actor.id) if found.by == "receiver" else among
        lacking = unmet(found.guards, await facts(moves, connection, row, move, mine, now, actor, reason))
        if lacking:
            raise Unmet(lacking)
        values = await _changes(connection, actor, row, move, act, now, plan, reason)
        as_read = (movement.c.id == move.id) & (movement.c.state == move.state)
        if not (await connection.execute(update(movement).where(as_read).values(state=found.to, **values))).rowcount:
            raise Stale
        await _move_ticket(connection, row, move, act, now)
        if not row.training:
            await enqueue(connection, await _told(moves, connection, row, move, act, among), now)
        await audit.record(connection, actor.name, role, _AUDIT[act], reference(row.id), now)

    await storing.transact(moves.tickets.engine, work)
    if act in _TAKE_BACK or act == "close":
        await storing.gone(moves.tickets.engine)  # envelopes may have lost wraps


async def _values(connection: AsyncConnection, actor: Actor, row: Any, plan: Plan) -> dict[str, Any]:
    """The columns of a plan. Raises Refused."""
    if plan.what not in WHATS or plan.consent not in CONSENTS or plan.to_country not in COUNTRIES:
        raise Refused("bad_field")
    values = dataclasses.asdict(plan) | {"case_conference": plan.case_conference or plan.high_risk, "to_staff": None}
    if plan.to_staff:
        able = await able_to_receive(connection, plan.to_country, child=row.child, not_organisations=row.not_organisations)
        named = next((each.id for each in able if each.name == plan.to_staff and each.id.hex not in row.refused), None)
        if named is None or named == actor.id:
            raise Refused("not_eligible")
        values["to_staff"] = named
    return values


async def _changes(
    connection: AsyncConnection, actor: Actor, row: Any, move: Any, act: Act, now: datetime, plan: Plan | None, reason: str
) -> dict[str, Any]:
    """What an act changes in the movement besides its state."""
    if act == "revise":
        if plan is None or plan.what != move.what:
            raise Refused("bad_field")
        return {**await _values(connection, actor, row, plan), "reason": ""}
    if act == "propose":
        return {"proposed_by": actor.id, "proposed_at": now}
    if act == "accept":
        if move.what == "transfer":
            await _check_cap(connection, actor, row.training)
        return {"to_staff": actor.id, "answered_at": now}
    if act == "reject":
        return {"answered_at": now, "reason": reason}
    if act == "receive":
        return {"received_at": now}
    return {"closed_by": actor.id} if act == "close" else {}


async def _move_ticket(connection: AsyncConnection, row: Any, move: Any, act: Act, now: datetime) -> None:
    """What an act changes in the ticket: its version always, and its owner when a transfer is closed."""
    if (move.what, act) != ("transfer", "close"):
        await storing.change(connection, row, touched_at=now)
        if move.what == "transfer" and act in _TAKE_BACK:
            await leave_behind(connection, row)
        return
    after = arrived(row, move, move.to_staff)
    values = {name: getattr(after, name) for name in ("country", "countries", "level", "claimed_by")}
    await storing.change(connection, row, claimed_at=now, touched_at=now, **values)
    if move.moves_country and move.to_country != row.country:
        await leave_behind(connection, after)


async def _check_cap(connection: AsyncConnection, actor: Actor, training: bool) -> None:
    open_ones = (ticket.c.claimed_by == actor.id) & (ticket.c.state == "claimed") & (ticket.c.training == training)
    number = (await connection.execute(select(func.count()).select_from(ticket).where(open_ones))).scalar_one()
    if number >= (await connection.execute(select(_staff.c.load_cap).where(_staff.c.id == actor.id))).scalar_one():
        raise Refused("cap")


async def _told(
    moves: Moves, connection: AsyncConnection, row: Any, move: Any, act: Act, among: tuple[Receiver, ...]
) -> set[uuid.UUID]:
    """Whose turn it is after an act."""
    if act == "propose":
        point = (
            await moves.book.return_focal_point(connection, move.to_country, child=row.child)
            if move.voluntary_repatriation
            else None
        )
        return {each.id for each in among} | ({point.id} if point else set())
    if act == "receive" and move.what == "transfer":
        asked = select(_staff).where(
            _staff.c.active, _staff.c.id.not_in([each for each in (move.proposed_by, move.to_staff) if each])
        )
        everybody = (await connection.execute(asked)).all()
        return {each.id for each in everybody if role_for(Actor.of(each), row, "close_transfer") is not None}
    if act in ("accept", "reject", "receive"):
        return {row.claimed_by}
    if act == "cancel" and move.state in ("proposed", "accepted", "received"):
        return {each.id for each in among}
    return {row.claimed_by, move.to_staff} - {None} if act == "close" and move.what == "transfer" else set()
