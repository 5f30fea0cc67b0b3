"""Whom a complaint concerns at a moment: who is alerted, and how far it has escalated (C-6).

Here belongs the joining of a complaint with those who may read it and with its clock. Never here: how an alert is sent
(``bot.alerts``), when it is looked at (``clock``), who may read what (``routing``).

Focal points keep no shifts: they are told at any hour. Nobody is told of a complaint that does not exist for them, so that a level
may be empty; then the next one is told in its place.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from bot.complaints.deadlines import Deadlines
from bot.complaints.routing import Reader, at_levels
from bot.complaints.tables import LEVELS


class Telling(NamedTuple):
    """What is to be done about an open complaint."""

    level: str
    """How far it has come: never back."""
    staff: tuple[uuid.UUID, ...]
    """Whom to alert now."""

    @property
    def alerted(self) -> tuple[str, ...]:
        return tuple(each.hex for each in self.staff)


def telling(
    among: Iterable[Reader], row: Any, now: datetime, deadlines: Deadlines, units: Iterable[str] = (), *, not_told: str = ""
) -> Telling:
    """Whom this open complaint concerns now. ``row`` has the columns of a complaint. ``not_told``: id (hex) of who gave it back.

    While nobody has accepted it, everybody up to its level, each once. When a deadline passes that was not met, and each day from
    then on (``escalates_at`` is over), coordinators are told again, and who holds it with them; where there is none for whom it
    exists, everybody who may read it."""
    people = at_levels(among, row, units)
    passed = [level for at, level in deadlines.milestones(row) if at <= now]
    level = _furthest(row.level, _first(people, row), *passed)
    late = row.escalates_at is not None and row.escalates_at <= now and "network" in passed
    known = {*row.alerted, not_told}
    found: list[uuid.UUID] = []
    if row.state == "received":
        upto = LEVELS[: LEVELS.index(level) + 1]
        found += [each for one in upto for each in people[one] if each.hex not in known]
    if late:
        found += people["network"] or [each for one in LEVELS for each in people[one]]
        found += [each for one in LEVELS for each in people[one] if each == row.held_by]
    return Telling(level, tuple(sorted(set(found), key=lambda each: each.bytes)))


def left_alone(among: Iterable[Reader], row: Any, now: datetime, deadlines: Deadlines, units: Iterable[str] = ()) -> bool:
    """Whether a deadline of this open complaint passed that was not met, and no coordinator is there for whom it exists: then
    whoever is told in their place does what a coordinator would."""
    late = any(at <= now and level == "network" for at, level in deadlines.milestones(row))
    return late and not at_levels(among, row, units)["network"]


def _first(people: dict[str, tuple[uuid.UUID, ...]], row: Any) -> str:
    """The level that is told from the beginning."""
    if row.inbox == "feedback" or not (people["focal"] or people["backup"]):
        return "network"
    return "backup" if row.urgent or row.child or not people["focal"] else "focal"


def _furthest(*levels: str) -> str:
    return max(levels, key=LEVELS.index)
