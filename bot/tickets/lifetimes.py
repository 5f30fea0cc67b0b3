"""How long everything of a ticket lives, and when somebody further is told of it.

Here belong these durations and what follows from them alone. Never here: the present time, tables, who is on duty.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Final, Self

from bot.settings import Settings
from bot.tickets.tables import LEVELS

HURRY: Final = 2
"""Urgent requests and those of children escalate, and are let go after a shift, so many times faster (D-8)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Lifetimes:
    """P-3 and D-8. Every field is a setting (``of``); the defaults are those of the requirements."""

    contact: timedelta = timedelta(days=7)
    """Contact, card and notes, from when each was written, if the ticket does not end before."""
    unclaimed: timedelta = timedelta(days=7)
    """How long a ticket waits to be claimed before it is wiped."""
    backup: timedelta = timedelta(minutes=30)
    supervisor: timedelta = timedelta(hours=2)
    network: timedelta = timedelta(hours=12)
    claim: timedelta = timedelta(minutes=60)
    """A claim without a single act lapses after this."""
    idle_claim: timedelta = timedelta(hours=24)
    """A claim with an act lapses this long after the last one."""
    shift_grace: timedelta = timedelta(minutes=60)
    """So long after the end of a shift somebody may go on with a request; then the claim lapses (``after_shift``)."""
    read: timedelta = timedelta(days=30)
    """An answer, and the row of a closed ticket, after reading."""
    closed: timedelta = timedelta(days=60)
    """The row of a ticket that ended, at most."""
    withdrawn: timedelta = timedelta(days=2)
    """How long the desk sees that a ticket was withdrawn. Its code is unknown at once."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            contact=timedelta(days=settings.contact_days),
            unclaimed=timedelta(days=settings.unclaimed_days),
            backup=timedelta(minutes=settings.backup_minutes),
            supervisor=timedelta(minutes=settings.supervisor_minutes),
            network=timedelta(minutes=settings.network_minutes),
            claim=timedelta(minutes=settings.claim_minutes),
            idle_claim=timedelta(hours=settings.idle_claim_hours),
            shift_grace=timedelta(minutes=settings.shift_grace_minutes),
            read=timedelta(days=settings.read_days),
            closed=timedelta(days=settings.closed_days),
            withdrawn=timedelta(days=settings.withdrawn_days),
        )

    def after_shift(self, *, hurry: bool) -> timedelta:
        """How long after the end of a shift somebody may go on with a ticket."""
        return self.shift_grace / HURRY if hurry else self.shift_grace

    def told_at(self, level: str, queued_at: datetime, *, hurry: bool) -> datetime:
        """When the people of this level may be told of a ticket that waits since ``queued_at``."""
        after = (timedelta(0), self.backup, self.supervisor, self.network)[LEVELS.index(level)]
        return queued_at + (after / HURRY if hurry else after)

    def level_at(self, now: datetime, queued_at: datetime, *, hurry: bool) -> str:
        """The furthest level that may be told by now, from the clock alone."""
        return [level for level in LEVELS if self.told_at(level, queued_at, hurry=hurry) <= now or level == LEVELS[0]][-1]

    def next_escalation(self, now: datetime, queued_at: datetime, *, hurry: bool) -> datetime | None:
        """The next of these times after now; None when there is none."""
        times = (self.told_at(level, queued_at, hurry=hurry) for level in LEVELS)
        return min((time for time in times if time > now), default=None)

    def forgotten_at(self, closed_at: datetime, read_at: datetime | None, *, unread: bool) -> datetime:
        """When the row of a ticket that ended goes: ``read`` after both the end and the reading, ``closed`` after the end at
        the latest. ``unread``: there are answers that were not read."""
        last = closed_at + self.closed
        return last if read_at is None or unread else min(last, max(read_at, closed_at) + self.read)
