"""Who takes part in a movement, and what there is to know of it before anything is done.

Here belongs the joining of a movement with its ticket, the accounts and the focal points, for a locked ticket, in the caller's
transaction. Never here: changes (``movements``), rules (``movement_rules``), pages.
"""

from __future__ import annotations

import dataclasses
import types
import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.focal_points import FocalPointBook, Receiver, able_to_receive, may_receive
from bot.sealing import Envelope, key_id
from bot.staff.roles import Actor, acting_as
from bot.staff.tables import Role
from bot.tickets import storing, wraps
from bot.tickets.movement_rules import MACHINES, Act, Facts, Guard, Party, Step, step
from bot.tickets.sight import NotThere, Refused, Stale, claims, role_for
from bot.tickets.storing import Tickets, movement


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


async def found_movement(connection: AsyncConnection, id: uuid.UUID) -> tuple[Any, Any]:
    """The ticket, locked, and the movement. Raises NotThere."""
    owner = (await connection.execute(select(movement.c.ticket_id).where(movement.c.id == id))).scalar()
    row = await storing.locked(connection, owner) if owner is not None else None
    move = (await connection.execute(select(movement).where(movement.c.id == id))).first() if row is not None else None
    if row is None or move is None:
        raise NotThere
    return row, move


def sends(actor: Actor, row: Any) -> Role | None:
    """By which role the actor may move this ticket, being its claimer; None: may not."""
    return role_for(actor, row, "refer") if claims(actor, row) else None


async def allowed(
    moves: Moves, connection: AsyncConnection, actor: Actor, row: Any, move: Any, act: Act, among: tuple[Receiver, ...]
) -> tuple[Step, Role]:
    """The step and the role by which the actor takes it. Raises NotThere, or Stale for an act that has become impossible to
    somebody who has, or had, a part in this movement."""
    found = step(move.what, move.state, act)
    if found is not None:
        role = role_of(found.by, actor, row, move, among)
        if role is None:
            raise NotThere
        return found, role
    points = await moves.book.receivers(connection, move.to_country, child=row.child, not_organisations=row.not_organisations)
    parties = {each.by for (_, asked), each in MACHINES[move.what].items() if asked == act}
    known = any(role_of(party, actor, row, move, (*among, *points.all)) for party in parties)
    raise Stale if known else NotThere


def check_version(row: Any, version: int) -> None:
    """Raises Stale when the ticket is no longer what the page showed."""
    if row.version != version:
        raise Stale


async def receivers(connection: AsyncConnection, book: FocalPointBook, row: Any, move: Any) -> tuple[Receiver, ...]:
    """Everybody who may receive this movement now; empty: nobody, or nobody any more."""
    if move.to_staff is not None:
        able = await able_to_receive(connection, move.to_country, child=row.child, not_organisations=row.not_organisations)
        found = [each for each in able if each.id == move.to_staff]
    else:
        points = await book.receivers(connection, move.to_country, child=row.child, not_organisations=row.not_organisations)
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
        wraps_missing=await wraps_missing(connection, row, among),
        reason=reason,
        someone_else=actor.id not in (move.proposed_by, move.to_staff, row.claimed_by),
    )


def role_of(party: Party, actor: Actor, row: Any, move: Any, among: tuple[Receiver, ...]) -> Role | None:
    """By which role the actor is this party of the movement, for the audit; None: is not."""
    if party == "sender":
        return sends(actor, row)
    if bool(row.training) != actor.training or row.state != "claimed":
        return None
    if party == "supervisor":
        return role_for(actor, row, "close_transfer")
    if not may_receive(actor, move.to_country, child=row.child, not_organisations=row.not_organisations, refused=row.refused):
        return None
    asked = actor.id in [each.id for each in among]
    return acting_as(actor, "accept_movement", country=move.to_country) if asked else None


def arrived(row: Any, move: Any, owner: uuid.UUID | None) -> Any:
    """The ticket as it will be once the transfer is closed."""
    values: dict[str, Any] = {"claimed_by": owner}
    if move.to_country != row.country and move.moves_country:
        rest = tuple(each for each in row.countries if each != move.to_country)
        values |= {"country": move.to_country, "countries": rest, "level": "primary"}
    elif move.to_country != row.country:
        values |= {"countries": tuple(dict.fromkeys((*row.countries, move.to_country)))}
    return types.SimpleNamespace(**{**row._mapping, **values})


async def wraps_missing(connection: AsyncConnection, row: Any, among: tuple[Receiver, ...]) -> bool:
    """Whether one of these receivers could not open something that is still of use."""
    spent = (row.way == "phone" and row.tries_left <= 0) or (row.way == "here" and row.relay != "open")
    wanted = {key_id(each.public) for each in among}
    rows = [each for each in await wraps.envelopes(connection, row.id) if not (each.kind == "contact" and spent)]
    return any(not wanted <= set(Envelope.decode(each.envelope).recipients) for each in rows)
