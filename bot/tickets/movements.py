"""Referral and transfer: what senders, receivers and supervisors do, each act in one durable transaction (M-3, M-4, M-5, D-9).

Here belongs every act: who may, whether movement and ticket are still what the page showed, what has to hold, the change, alerts,
audit. Never here: the machines themselves (``movement_rules``), what pages show (``movement_views``), sentences.

The *sender* is whoever has claimed the ticket now, the *receiver* the named account or, where none is named, the focal point or
back-up of the receiving country, whoever is first. A *supervisor* is one of the ticket's country.

Every act raises ``NotThere`` (no such movement, or not for this actor), ``Stale`` (it or the ticket has changed since), ``Unmet``
(what still has to be seen to), or ``Refused``. ``version`` is the ticket's, as the page had it: two receivers who accept at once have
the same one, so the second is told so.

A transfer moves what is sealed as well. The sender's browser wraps it for the receiver (``wraps_needed``, ``add_wraps``); until all
of it is, nobody can propose, accept or close. Closing makes the receiver the claimer. Where the ticket moves to their country
(``Plan.moves_country``), those left behind lose their wraps: what moved is closed to them, in a dump as well.
"""

from __future__ import annotations

import dataclasses
import types
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.focal_points import FocalPointBook, Receiver, able_to_receive, may_receive
from bot.sealing import Envelope, key_id
from bot.staff import audit
from bot.staff.keys import key_ids, recovery_keys
from bot.staff.roles import Actor, acting_as
from bot.staff.tables import Role, Staff
from bot.tickets import movement_rules, storing, wraps
from bot.tickets.movement_rules import CONSENTS, ENDED, STATES, WHATS, Act, Facts, Guard, Party, Plan, Step, unmet
from bot.tickets.reading import no_contact
from bot.tickets.recipients import readers
from bot.tickets.references import reference
from bot.tickets.sight import NotThere, Refused, Stale, claims, role_for
from bot.tickets.storing import Tickets, item, movement, ticket
from flows.facts import COUNTRIES

MOST_MOVEMENTS: Final = 20
"""Of one ticket, those that ended included."""

_AUDIT: Final[Mapping[Act, str]] = {
    "revise": "movement_drafted", "propose": "movement_proposed", "accept": "movement_accepted", "reject": "movement_rejected",
    "receive": "movement_received", "close": "movement_closed", "cancel": "movement_cancelled",
}  # fmt: skip
_staff: Any = Staff.__table__  # type: ignore[attr-defined]


class Unmet(Refused):
    """Something has to be seen to first. ``guards`` names it all, in the words of ``movement_rules.Guard``."""

    def __init__(self, guards: tuple[Guard, ...]) -> None:
        RuntimeError.__init__(self, f"This is not possible yet: {', '.join(guards)}.")
        self.reason, self.guards = "unmet", guards


@dataclasses.dataclass(frozen=True, slots=True)
class Moves:
    """What every act on movements needs. Made once a process, by the composition root."""

    tickets: Tickets
    book: FocalPointBook


# --- the sender ------------------------------------------------------------------------------------------------------


async def draft(moves: Moves, actor: Actor, ticket_id: bytes, plan: Plan, now: datetime, *, version: int) -> uuid.UUID:
    """Begin a movement of a ticket that the actor has claimed. Refused: ``bad_field``, ``not_eligible``, ``too_many``,
    ``movement_open`` (another transfer is under way)."""

    async def work(connection: AsyncConnection) -> uuid.UUID:
        row = await storing.locked(connection, ticket_id)
        role = _sends(actor, row) if row is not None else None
        if role is None:
            raise NotThere
        _check_version(row, version)
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
    await storing.gone(moves.tickets.engine)  # envelopes may have lost wraps


# --- sealed things ---------------------------------------------------------------------------------------------------


async def wraps_needed(moves: Moves, actor: Actor, id: uuid.UUID, now: datetime) -> list[wraps.Missing]:
    """What the sender's browser has to wrap, and for which keys: those of the receivers, and of whoever will be able to read the
    ticket where it goes to. Empty for a referral, which moves nothing.

    A contact that the sender may not open now (a telephone number outside its window) is left out, and waits. Raises NotThere."""

    async def work(connection: AsyncConnection) -> list[wraps.Missing]:
        row, move = await _found(connection, id)
        if _sends(actor, row) is None:
            raise NotThere
        if move.what != "transfer" or move.state in ENDED:
            return []
        wanted = {each.id: each.public for each in await receivers(connection, moves.book, row, move)}
        wanted |= await readers(connection, _arrived(row, move, actor.id))
        rows = await wraps.envelopes(connection, row.id)
        there = any(each.kind == "contact" for each in rows)
        shareable = [each for each in rows if each.kind != "contact" or not no_contact(moves.tickets, row, now, there)]
        return wraps.missing(shareable, await key_ids(connection, actor.id), wanted)

    return await storing.transact(moves.tickets.engine, work)


async def add_wraps(
    moves: Moves, actor: Actor, id: uuid.UUID, made: Mapping[uuid.UUID, Iterable[bytes]], now: datetime, *, version: int
) -> int:
    """Put in what the sender's browser wrapped: item id -> encoded wraps; how many were new. For the keys of ``wraps_needed``
    alone, before the movement ends. Refused: ``bad_wrap``, ``not_eligible``."""

    async def work(connection: AsyncConnection) -> int:
        row, move = await _found(connection, id)
        role = _sends(actor, row)
        if role is None:
            raise NotThere
        _check_version(row, version)
        if move.what != "transfer" or move.state in ENDED:
            raise Stale
        allowed = {key_id(each.public) for each in await receivers(connection, moves.book, row, move)}
        allowed |= {key_id(public) for public in (await readers(connection, _arrived(row, move, actor.id))).values()}
        own = await key_ids(connection, actor.id)
        rows = {each.id: each for each in await wraps.envelopes(connection, row.id)}
        if not made.keys() <= rows.keys():
            raise Refused("bad_wrap")
        added = sum([await wraps.accept(connection, rows[each], made[each], own, allowed) for each in made])
        if added:
            await storing.change(connection, row, touched_at=now)
            await audit.record(connection, actor.name, role, "rewrapped", reference(row.id), now)
        return added

    return await storing.transact(moves.tickets.engine, work)


# --- what acts and pages share ---------------------------------------------------------------------------------------


async def receivers(connection: AsyncConnection, book: FocalPointBook, row: Any, move: Any) -> tuple[Receiver, ...]:
    """Everybody who may receive this movement now; empty: nobody, or nobody any more."""
    if move.to_staff is not None:
        able = await able_to_receive(connection, move.to_country, child=row.child, not_organisation=row.not_organisation)
        found = [each for each in able if each.id == move.to_staff]
    else:
        points = await book.receivers(connection, move.to_country, child=row.child, not_organisation=row.not_organisation)
        found = list(points.all)
    return tuple(each for each in found if each.id.hex not in row.refused and each.id != row.claimed_by)


async def facts(
    moves: Moves,
    connection: AsyncConnection,
    row: Any,
    move: Any,
    among: tuple[Receiver, ...],
    now: datetime,
    actor: Actor,
    reason: str = "",
) -> Facts:
    """What the guards look at. ``among``: the receivers that it is about."""
    returns = move.voluntary_repatriation and await moves.book.return_focal_point(connection, move.to_country, child=row.child)
    return Facts(
        what=move.what,
        child=row.child,
        today=now.astimezone(UTC).date(),
        consent=move.consent,
        consent_on=move.consent_on,
        service_confirmed_on=move.service_confirmed_on,
        best_interest_on=move.best_interest_on,
        to_authority=move.to_authority,
        high_risk=move.high_risk,
        case_conference=move.case_conference,
        voluntary_repatriation=move.voluntary_repatriation,
        has_receiver=bool(among),
        has_return_focal_point=bool(returns),
        wraps_missing=await _wraps_missing(connection, row, among),
        reason=reason,
        someone_else=actor.id not in (move.proposed_by, move.to_staff, row.claimed_by),
    )


def role_of(party: Party, actor: Actor, row: Any, move: Any, among: tuple[Receiver, ...]) -> Role | None:
    """By which role the actor is this party of the movement, for the audit; None: is not."""
    if party == "sender":
        return _sends(actor, row)
    if bool(row.training) != actor.training or row.state != "claimed":
        return None
    if party == "supervisor":
        return role_for(actor, row, "close_transfer")
    if not may_receive(actor, move.to_country, child=row.child, not_organisation=row.not_organisation, refused=row.refused):
        return None
    asked = actor.id in [each.id for each in among]
    return acting_as(actor, "accept_movement", country=move.to_country) if asked else None


# --- within ----------------------------------------------------------------------------------------------------------


async def _act(
    moves: Moves, actor: Actor, id: uuid.UUID, act: Act, now: datetime, version: int, *, plan: Plan | None = None, reason: str = ""
) -> None:
    async def work(connection: AsyncConnection) -> None:
        row, move = await _found(connection, id)
        among = await receivers(connection, moves.book, row, move)
        found, role = _allowed(actor, row, move, act, among)
        _check_version(row, version)
        mine = tuple(each for each in among if each.id == actor.id) if found.by == "receiver" else among
        lacking = unmet(found, await facts(moves, connection, row, move, mine, now, actor, reason))
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


async def _found(connection: AsyncConnection, id: uuid.UUID) -> tuple[Any, Any]:
    """The ticket, locked, and the movement. Raises NotThere."""
    owner = (await connection.execute(select(movement.c.ticket_id).where(movement.c.id == id))).scalar()
    row = await storing.locked(connection, owner) if owner is not None else None
    move = (await connection.execute(select(movement).where(movement.c.id == id))).first() if row is not None else None
    if row is None or move is None:
        raise NotThere
    return row, move


def _sends(actor: Actor, row: Any) -> Role | None:
    return role_for(actor, row, "refer") if claims(actor, row) else None


def _allowed(actor: Actor, row: Any, move: Any, act: Act, among: tuple[Receiver, ...]) -> tuple[Step, Role]:
    """The step and the role by which the actor takes it. Raises NotThere, or Stale for an act that has become impossible to
    somebody who has a part in this movement."""
    found = movement_rules.step(move.what, move.state, act)
    if found is None:
        parties = {each.by for (_, asked), each in movement_rules.MACHINES[move.what].items() if asked == act}
        raise Stale if any(role_of(party, actor, row, move, among) for party in parties) else NotThere
    role = role_of(found.by, actor, row, move, among)
    if role is None:
        raise NotThere
    return found, role


def _check_version(row: Any, version: int) -> None:
    if row.version != version:
        raise Stale


async def _values(connection: AsyncConnection, actor: Actor, row: Any, plan: Plan) -> dict[str, Any]:
    """The columns of a plan. Raises Refused."""
    if plan.what not in WHATS or plan.consent not in CONSENTS or plan.to_country not in COUNTRIES:
        raise Refused("bad_field")
    values = dataclasses.asdict(plan) | {"case_conference": plan.case_conference or plan.high_risk, "to_staff": None}
    if plan.to_staff:
        able = await able_to_receive(connection, plan.to_country, child=row.child, not_organisation=row.not_organisation)
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
        return
    after = _arrived(row, move, move.to_staff)
    values = {name: getattr(after, name) for name in ("country", "countries", "level", "claimed_by")}
    await storing.change(connection, row, claimed_at=now, touched_at=now, **values)
    if move.moves_country and move.to_country != row.country:
        await _leave_behind(connection, after)


def _arrived(row: Any, move: Any, owner: uuid.UUID | None) -> Any:
    """The ticket as it will be once the transfer is closed."""
    values: dict[str, Any] = {"claimed_by": owner}
    if move.to_country != row.country and move.moves_country:
        rest = tuple(each for each in row.countries if each != move.to_country)
        values |= {"country": move.to_country, "countries": rest, "level": "primary"}
    elif move.to_country != row.country:
        values |= {"countries": tuple(dict.fromkeys((*row.countries, move.to_country)))}
    return types.SimpleNamespace(**{**row._mapping, **values})


async def _leave_behind(connection: AsyncConnection, after: Any) -> None:
    """Take out of every envelope the wraps of those who can no longer read the ticket; recovery keys stay."""
    kept = set(await recovery_keys(connection, "requests"))
    for staff_id in {*await readers(connection, after), after.claimed_by}:
        kept.update(await key_ids(connection, staff_id))
    for row in await wraps.envelopes(connection, after.id):
        await wraps.take_away(connection, after.id, set(Envelope.decode(row.envelope).recipients) - kept)


async def _wraps_missing(connection: AsyncConnection, row: Any, among: tuple[Receiver, ...]) -> bool:
    """Whether one of these receivers could not open something that is still of use."""
    spent = (row.way == "phone" and row.tries_left <= 0) or (row.way == "here" and row.relay != "open")
    wanted = {key_id(each.public) for each in among}
    rows = [each for each in await wraps.envelopes(connection, row.id) if not (each.kind == "contact" and spent)]
    return any(not wanted <= set(Envelope.decode(each.envelope).recipients) for each in rows)


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
