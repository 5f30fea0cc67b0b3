"""Whom a waiting ticket concerns at a moment: who is alerted, and how far it has escalated (D-8).

Here belongs the joining of a ticket with the roster. Never here: how an alert is written and sent (``bot.alerts``), when it is
looked at (``clock``), what a level may see (``sight``).

Nobody is told of a request who is off duty, or may not read it. A level that is due but empty at that hour is told as soon as
somebody of it comes on duty; so is whoever comes on duty later in a level that was told before.
"""

from __future__ import annotations

import dataclasses
import uuid
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.roster import snapshot
from bot.roster.snapshot import Member, RosterSnapshot
from bot.roster.tables import DUTIES
from bot.staff.roles import Actor, may_read
from bot.staff.tables import ROLES
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.tables import LEVELS

_DUTIES_OF: Final[dict[str, tuple[str, ...]]] = {
    "primary": ("primary",),
    "backup": ("backup",),
    "supervisor": ("supervisor",),
    "network": DUTIES,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Telling:
    """What is to be done about a ticket that waits."""

    level: str
    """How far it has come: never back, and never to a level with nobody on duty."""
    staff: tuple[uuid.UUID, ...]
    """Whom to alert now: nobody who was told since it waits."""

    @property
    def alerted(self) -> tuple[str, ...]:
        return tuple(each.hex for each in self.staff)


async def roster(connection: AsyncConnection, now: datetime) -> RosterSnapshot:
    """The roster as the database has it."""
    return RosterSnapshot(await snapshot.read(connection, now))


def telling(on: RosterSnapshot, ticket: Any, now: datetime, lifetimes: Lifetimes) -> Telling:
    """Whom this ticket concerns now. ``ticket`` has the columns of a row; it is taken to be waiting."""
    if ticket.training:
        return Telling(ticket.level, ())
    by_clock = lifetimes.level_at(now, ticket.queued_at, hurry=ticket.urgent or ticket.child)
    furthest = max(LEVELS.index(by_clock), LEVELS.index(ticket.level))
    reached, found = LEVELS.index(ticket.level), set[uuid.UUID]()
    for index, level in enumerate(LEVELS[: furthest + 1]):
        people = _on_duty(on, ticket, level, now)
        found |= people
        reached = max(reached, index) if people else reached
    untold = sorted((each for each in found if each.hex not in ticket.alerted), key=lambda each: each.bytes)
    return Telling(LEVELS[reached], tuple(untold))


def _on_duty(on: RosterSnapshot, ticket: Any, level: str, now: datetime) -> set[uuid.UUID]:
    duties = _DUTIES_OF[level]
    if ticket.child and level == "primary":
        duties = ("child",)
    countries = (ticket.country, *ticket.countries) if level == "network" else (ticket.country,)
    found = {each.staff_id for country in countries for each in on.on_duty(country, now, duties)}
    return {each for each in found if each in on.members and _reads(on.members[each], ticket)}


def _reads(member: Member, ticket: Any) -> bool:
    roles = tuple(role for role in ROLES if role in member.roles)
    actor = Actor(member.id, member.name, member.organisation, roles, member.countries)
    return may_read(
        actor,
        country=ticket.country,
        countries=ticket.countries,
        child=ticket.child,
        not_organisations=ticket.not_organisations,
        refused=ticket.refused,
    )
