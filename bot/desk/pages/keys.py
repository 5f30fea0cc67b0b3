"""Whose keys are in use, what that means for each country, and the state of the printed recovery key.

Here belong these overviews and retiring somebody's key. Never here: one's own key (``account``), whose key is retired by command
only (``bot.staff.changing``), making, joining or rehearsing the recovery key: its sheets are typed into a command on a machine of
one's own choice, never into a page.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.desk.routing import ANY_OF, page
from bot.desk.visit import NotHere, Refused, Visit
from bot.desk.words import family
from bot.staff import accounts, audit, changing, keys, recovery
from bot.staff.changing import by_command
from bot.staff.roles import Actor, acting_as, may
from bot.staff.tables import RECOVERY_PURPOSES, StaffKey
from flows.facts import COUNTRIES

family("desk.keys.purpose", RECOVERY_PURPOSES)
family("desk.keys.due", ("missing", "never_rehearsed", "rehearsed_long_ago"))

#: Supervisors see whose key is missing, since nobody without one can be given work.
SEES: Final = ANY_OF("manage_keys", "see_load")
MANAGES: Final = ANY_OF("manage_keys")
_key: Final[Any] = StaffKey.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Holder:
    """An account and its key in use."""

    account: Actor
    since: datetime | None
    """When the key was made; None: there is none."""
    waits: bool
    """A one-time code is out: not taken into use yet."""
    mine: bool
    """This person may retire its key."""


@dataclass(frozen=True, slots=True)
class Readers:
    """How many can open a request of a country. Without any, none is taken there."""

    country: str
    adults: int
    children: int


@page("/keys", allow=SEES, nav=70)
async def overview(visit: Visit) -> Response:
    recovers = may(visit.actor, "manage_recovery")
    async with visit.engine.connect() as connection:
        holders = await _holders(connection, visit)
        countries = [code for code in COUNTRIES if recovers or code in visit.actor.countries]
        readers = [await _readers(connection, code) for code in countries]
        listed = await recovery.listed(connection) if recovers else []
        due = await recovery.due(connection, visit.now, await recovery.purposes(connection)) if recovers else []
    return visit.show(
        "keys.html",
        recovers=recovers,
        holders=holders,
        readers=[each for each in readers if not recovers or each.adults or each.children or _serves(holders, each.country)],
        recovery=[(row, recovery.mark_of(row.id)) for row in listed if row.retired_at is None],
        due=due,
        done=visit.query("done") == "retired",
    )


@page("/keys/{id:uuid}/retire", allow=MANAGES)
async def ask_retire(visit: Visit) -> Response:
    """What retiring this key entails, before it is done."""
    async with visit.engine.connect() as connection:
        actor = await _with_key(connection, visit)
    return visit.show("keys_retire.html", account=actor)


@page("/keys/{id:uuid}/retire", methods=("POST",), allow=MANAGES)
async def retire(visit: Visit) -> Response:
    """Nothing more is sealed to this account, until it makes a new key."""
    async with visit.engine.begin() as connection:
        actor = await _with_key(connection, visit)
        await keys.retire(connection, actor.id, visit.now)
        role = acting_as(visit.actor, "manage_keys") or ""
        await audit.record(connection, visit.actor.name, role, "key_retired", actor.name, visit.now)
    return visit.go("/keys", done="retired")


async def _with_key(connection: AsyncConnection, visit: Visit) -> Actor:
    """The account that the path names, if it has a key in use that this person may retire on a page. Raises NotHere, Refused."""
    id: uuid.UUID = visit.values["id"]
    actor = await accounts.actor_of(connection, id)
    if actor is None or await keys.in_use_since(connection, id) is None or not _retires(visit.actor, actor):
        raise NotHere
    if by_command(actor.roles, actor.organisation, await accounts.independent(connection)):
        raise Refused("desk.staff.by_command")
    return actor


async def _holders(connection: AsyncConnection, visit: Visit) -> list[Holder]:
    """The accounts that this person may know of, those without a key first."""
    asked = select(_key.c.staff_id, _key.c.created_at).where(_key.c.retired_at.is_(None))
    since = {row.staff_id: row.created_at for row in (await connection.execute(asked)).all()}
    independent = await accounts.independent(connection)
    found = [
        Holder(
            Actor.of(row),
            since.get(row.id),
            row.enrolment_hash is not None,
            _retires(visit.actor, Actor.of(row)) and not by_command(row.roles, row.organisation, independent),
        )
        for row in await accounts.everybody(connection)
        if row.active and _knows(visit.actor, Actor.of(row))
    ]
    return sorted(found, key=lambda holder: (holder.since is not None, holder.account.name))


def _retires(actor: Actor, other: Actor) -> bool:
    """Whether they decide about this account: the same rule as that of the page of accounts."""
    return may(actor, "manage_keys") and changing.manages(actor, other.countries)


def _knows(actor: Actor, other: Actor) -> bool:
    if _retires(actor, other) or any(may(actor, "manage_keys", country=country) for country in other.countries):
        return True
    return any(may(actor, "see_load", country=country, organisation=other.organisation) for country in other.countries)


def _serves(holders: Sequence[Holder], country: str) -> bool:
    return any(country in holder.account.countries for holder in holders)


async def _readers(connection: AsyncConnection, country: str) -> Readers:
    adults = await keys.eligible_keys(connection, country=country)
    children = await keys.eligible_keys(connection, country=country, child=True)
    return Readers(country, len(adults), len(children))
