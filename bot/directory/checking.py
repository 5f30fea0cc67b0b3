"""Which entries are due for a check, and what is true of one that was checked (S-4).

Here belong the list of what is due, and the two things that may be said of an entry on the desk: all of it is right, or it is
closed for now. Both are said of its service, and so of all its places. Never here: another change of an entry (its organisation
imports it), how long one stays valid (``validity``), who may check where (``bot.staff.roles``).

**One's own organisation** is what the file of staff says: an employer that is an organisation of the directory (``dir-`` and its
id), or into which such a one was merged. Nothing else counts: whether somebody complained about an organisation, or whether two are
called the same, must not move what is listed here.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.complaints.names import OF_THE_DIRECTORY, directory_id
from bot.complaints.routing import Network
from bot.countries import served
from bot.directory import stamp, validity
from bot.directory.listing import OPEN, PAGE, VIEW, Listed, countries, entry, joined, location, pages, read, service
from bot.directory.tables import Location, Service
from bot.settings import Settings
from bot.staff import audit
from bot.staff.roles import Action, Actor, acting_as, may
from bot.staff.tables import Employer, Role

CHECKS: Final[Action] = "check_directory"
_BY: Final = 80
"""Letters of a role, as everywhere in the directory."""
_employer: Any = Employer.__table__  # type: ignore[attr-defined]


class Over(Exception):
    """Its activity has ended: only its organisation can say that it goes on."""


class _Scope(NamedTuple):
    """What one account may check."""

    everything: tuple[str, ...]
    """Countries in which it may check entries of any organisation."""
    own: tuple[str, ...]
    """Countries in which it may check those of ``organisations``."""
    organisations: frozenset[uuid.UUID]
    elsewhere: tuple[str, ...]
    """The other countries of this deployment."""

    def covers(self) -> ColumnElement[bool]:
        """Condition on an entry. What is given in another country too, as far as the desk sees, is for whoever checks in both."""
        there = exists(
            select(entry.key)
            .join(Location.__table__, location.id == entry.location_id)  # type: ignore[attr-defined]
            .where(entry.service_id == service.id, VIEW.entry(), location.country.in_(self.elsewhere))
            .correlate(Service.__table__)  # type: ignore[attr-defined]
        )
        return and_(
            or_(
                location.country.in_(self.everything),
                and_(location.country.in_(self.own), service.organization_id.in_(self.organisations)),
            ),
            ~there,
        )


async def due(engine: AsyncEngine, actor: Actor, settings: Settings, now: datetime, page: int = 1) -> Listed:
    """What the actor may check and is past its first limit: what is past the second first, the oldest check first."""
    today = now.date()
    async with engine.connect() as connection:
        where = _due(await _scope(connection, actor, settings), today, settings)
        total = (await connection.execute(joined(func.count()).where(where))).scalar_one()
        page = min(max(page, 1), pages(total))
        order = (case((validity.is_valid(service, today, settings), 1), else_=0), service.verified_on.nulls_first(), entry.key)
        asked = joined(entry.key).where(where).order_by(*order).limit(PAGE).offset((page - 1) * PAGE)
        keys = (await connection.execute(asked)).scalars().all()
        return Listed(tuple(await read(connection, keys, today, settings)), total, page)


async def number_due(engine: AsyncEngine, actor: Actor, settings: Settings, now: datetime) -> int:
    """How many the whole list has."""
    async with engine.connect() as connection:
        where = _due(await _scope(connection, actor, settings), now.date(), settings)
        return int((await connection.execute(joined(func.count()).where(where))).scalar_one())


async def right(engine: AsyncEngine, actor: Actor, settings: Settings, key: int, now: datetime) -> bool:
    """Somebody has checked it, and all of it is right: it begins anew. False: there is no such entry for this actor.

    Said twice on one day it is said once. Raises Over."""
    today = now.date()
    passed = service.review_on <= today
    values = {"verified_on": today, "status": "active", "review_on": case((passed, null()), else_=service.review_on)}
    stale = or_(service.verified_on.is_(None), service.verified_on != today, service.status != "active", passed)
    return await _say(engine, actor, settings, key, now, "directory_checked", values, stale)


async def close(engine: AsyncEngine, actor: Actor, settings: Settings, key: int, now: datetime) -> bool:
    """It is closed for now: the chat-bot tells nobody of it until all of it is right again. False as for ``right``; said twice it
    is said once."""
    values = {"status": "temporarily closed"}
    return await _say(engine, actor, settings, key, now, "directory_closed", values, service.status == "active")


async def _say(
    engine: AsyncEngine,
    actor: Actor,
    settings: Settings,
    key: int,
    now: datetime,
    what: str,
    values: dict[str, Any],
    otherwise: ColumnElement[bool],
) -> bool:
    """``otherwise``: it is not so yet."""
    if key.bit_length() > 63:
        return False  # no column holds it
    async with engine.begin() as connection:
        scope = await _scope(connection, actor, settings)
        asked = joined(service.id, service.organization_id, service.expires_on, location.country)
        found = asked.where(entry.key == key, VIEW.entry(), service.status.in_(OPEN), scope.covers())
        row = (await connection.execute(found)).first()
        role = _role(actor, scope, row.country, row.organization_id) if row is not None else None
        if row is None or role is None:
            return False
        if what == "directory_checked":
            if row.expires_on is not None and row.expires_on < now.date():
                raise Over
            values = values | {"verified_by": await _by(connection, role, actor)}
        changed = update(Service).where(service.id == row.id, service.status.in_(OPEN), otherwise).values(**values)
        if (await connection.execute(changed)).rowcount:
            await stamp.bump(connection)
            await audit.record(connection, actor.name, role, what, str(key), now)
    return True


def _due(scope: _Scope, today: date, settings: Settings) -> ColumnElement[bool]:
    return and_(VIEW.entry(), service.status.in_(OPEN), validity.is_due(service, today, settings), scope.covers())


async def _scope(connection: AsyncConnection, actor: Actor, settings: Settings) -> _Scope:
    """``OF_THE_DIRECTORY`` alone is nobody's key: it asks for any organisation."""
    there = countries(actor, settings, CHECKS)
    everything = tuple(code for code in there if may(actor, CHECKS, country=code, organisation=OF_THE_DIRECTORY))
    own = tuple(code for code in there if code not in everything)
    return _Scope(
        everything,
        own,
        await _organisations(connection, actor) if own else frozenset(),
        tuple(code for code in served(settings.countries) if code not in there),
    )


async def _organisations(connection: AsyncConnection, actor: Actor) -> frozenset[uuid.UUID]:
    """Ids in the directory of the actor's employer, and of what has become a part of it."""
    rows = await connection.execute(select(_employer.c.key, _employer.c.merged_into, _employer.c.independent))
    parts = Network({row.key: (row.merged_into, row.independent) for row in rows}).covered([actor.organisation])
    return frozenset(id for key in parts if (id := directory_id(key)) is not None)


def _role(actor: Actor, scope: _Scope, country: str, organisation: uuid.UUID) -> Role | None:
    """The role by which the actor may check an entry of this organisation, for the audit."""
    key = actor.organisation if organisation in scope.organisations else f"{OF_THE_DIRECTORY}{organisation.hex}"
    return acting_as(actor, CHECKS, country=country, organisation=key)


async def _by(connection: AsyncConnection, role: Role, actor: Actor) -> str:
    """ "coordinator of Red Norte": who checked, never a person."""
    asked = select(_employer.c.name).where(_employer.c.key == actor.organisation)
    name = (await connection.execute(asked)).scalar() or actor.organisation
    return f"{role.replace('_', ' ')} of {name}"[:_BY]
