"""Whom a ticket concerns at a moment: who is alerted, how far it has escalated (D-8), whether who claimed it is there.

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

from bot.countries import neighbours
from bot.roster import snapshot
from bot.roster.snapshot import Member, RosterSnapshot
from bot.roster.tables import DUTIES
from bot.staff.roles import Actor, may_read
from bot.staff.tables import ROLES
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.tables import LEVELS
from flows.facts import OnCall

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


def told_further(on: RosterSnapshot, ticket: Any, now: datetime) -> bool:
    """Whether somebody is on duty now who heard of it because nobody took it in time."""
    further = LEVELS[1 : LEVELS.index(ticket.level) + 1]
    return any(each.hex in ticket.alerted for level in further for each in _on_duty(on, ticket, level, now))


def desk_for(on: RosterSnapshot, ticket: Any, now: datetime) -> OnCall:
    """What may be said of those who may read this ticket: at home; once everybody else was told in vain, or where nobody at home
    may, also of the countries that the person agreed to."""
    without = (*ticket.not_organisations, *ticket.refused)
    home, *abroad = (on.on_call(each, now.timestamp(), ticket.child, without) for each in (ticket.country, *ticket.countries))
    desks = [home, *abroad] if ticket.level == LEVELS[-1] or not home.answers else [home]
    return next((each for each in desks if each.open_now), next((each for each in desks if each.answers), home))


def nearby(on: RosterSnapshot, ticket: Any, now: datetime) -> tuple[str, ...]:
    """Countries near this one in which somebody takes a request like this at present, and which the person did not agree to."""
    without = (*ticket.not_organisations, *ticket.refused)
    near = (each for each in neighbours(ticket.country) if each not in (ticket.country, *ticket.countries))
    return tuple(each for each in near if on.on_call(each, now.timestamp(), ticket.child, without).open_now)


def honours_wishes(on: RosterSnapshot, ticket: Any) -> bool:
    """Whether who claimed the ticket, or somebody who could, is who the person wished for and speaks the wished language (D-12)."""
    if not ticket.wish and not ticket.other_lang:
        return True
    fit = (
        member
        for country in (ticket.country, *ticket.countries)
        for member in on.matching(
            country,
            wish=ticket.wish,
            language=ticket.other_lang,
            not_organisations=ticket.not_organisations,
            child=ticket.child,
        )
    )
    if ticket.claimed_by is not None:
        return any(member.id == ticket.claimed_by for member in fit)
    return any(member.id.hex not in ticket.refused for member in fit)


# --- a claim that outlasts a shift -----------------------------------------------------------------------------------


def is_off(on: RosterSnapshot, ticket: Any, staff: uuid.UUID | None, now: datetime, lifetimes: Lifetimes) -> bool:
    """Whether this account is neither on duty for the ticket nor has just been (M-7). What is invented is practised at any hour."""
    return _is_over(ticket, _off_since(on, ticket, staff, now), now, lifetimes)


def unattended(on: RosterSnapshot, ticket: Any, now: datetime, lifetimes: Lifetimes) -> bool:
    """Whether who claimed the ticket is off duty and the person would wait for them: for longer than they may still go on with it;
    or the person has written since, and they did not go on at all."""
    since = _off_since(on, ticket, ticket.claimed_by, now)
    last = ticket.touched_at or ticket.claimed_at or ticket.queued_at
    return _is_over(ticket, since, now, lifetimes) or (since is not None and last <= since < ticket.heard_at)


def _off_since(on: RosterSnapshot, ticket: Any, staff: uuid.UUID | None, now: datetime) -> datetime | None:
    return None if ticket.training else on.off_since(staff, (ticket.country, *ticket.countries), now)


def _is_over(ticket: Any, since: datetime | None, now: datetime, lifetimes: Lifetimes) -> bool:
    return since is not None and now - since >= lifetimes.after_shift(hurry=ticket.urgent or ticket.child)


def free_for(on: RosterSnapshot, ticket: Any, now: datetime, lifetimes: Lifetimes) -> str | None:
    """The level at which an unattended ticket waits for others again: the first one at which somebody else is on duty. None: it is
    attended, or nobody else is there, and then it stays with who knows it."""
    if not unattended(on, ticket, now, lifetimes):
        return None
    levels = LEVELS if ticket.level == LEVELS[-1] else LEVELS[:-1]
    return next((each for each in levels if _on_duty(on, ticket, each, now) - {ticket.claimed_by}), None)


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
