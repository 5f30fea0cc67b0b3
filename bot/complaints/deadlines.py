"""The clocks of complaints (C-6) and how long what is sealed of them lives (P-3): arithmetic, and nothing else.

Here belong the hours and working days, and what follows from them for one complaint. Never here: a store, a clock of its own,
who is told (``telling``).

Complaints about behaviour run round the clock, on Sundays and holidays too. Feedback counts working days of its country: the day on
which it came does not count, and it is due when the last of them ends there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal, NamedTuple, Self

from bot.countries import zones
from bot.directory.hours import zone
from bot.settings import Settings

AGAIN: Final = timedelta(hours=24)
"""How long after a deadline that was not met, and then each time, coordination is told again."""
LONGEST: Final = timedelta(days=180)
"""Nothing that was said is kept longer, whatever is still open then."""
GRACE: Final = timedelta(days=30)
"""After the last deadline of a complaint that nobody ever closed."""
_SATURDAY: Final = 5


Step = Literal["accept", "forward", "answer"]


class Clock(NamedTuple):
    """One deadline of a complaint, for its page."""

    step: Step
    due: datetime
    done_at: datetime | None
    late: bool
    """Not done in time, whether or not it was done since."""


class Due(NamedTuple):
    """When which step is due."""

    accept_by: datetime | None
    forward_by: datetime | None
    answer_by: datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Deadlines:
    """C-6 and P-3. Every field is a setting (``of``); the defaults are those of the requirements."""

    accept: timedelta = timedelta(hours=12)
    forward: timedelta = timedelta(hours=24)
    answer: timedelta = timedelta(hours=48)
    working_days: int = 5
    content: timedelta = timedelta(days=30)
    """Card and notes, after it was forwarded or closed."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            accept=timedelta(hours=settings.sea_accept_hours),
            forward=timedelta(hours=settings.sea_forward_hours),
            answer=timedelta(hours=settings.sea_answer_hours),
            working_days=settings.feedback_working_days,
            content=timedelta(days=settings.complaint_days),
        )

    def due(self, inbox: str, country: str, now: datetime, closed: Collection[date] = ()) -> Due:
        """The deadlines of what comes, or begins anew, now. ``closed``: days on which nobody works in that country."""
        if inbox == "psea":
            return Due(now + self.accept, now + self.forward, now + self.answer)
        return Due(None, None, self.end_of_working_days(country, now, closed))

    def end_of_working_days(self, country: str, now: datetime, closed: Collection[date]) -> datetime:
        """The midnight that ends the last of the working days after today, on the country's clocks; in UTC."""
        place = zone(zones(country)[0])
        day, left = now.astimezone(place).date(), self.working_days
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < _SATURDAY and day not in closed
        return datetime.combine(day + timedelta(days=1), time(), place).astimezone(UTC)

    def backup_at(self, accept_by: datetime) -> datetime:
        """When whoever stands in is told of what nobody accepted: half of the time before ``accept_by``."""
        return accept_by - self.accept / 2

    def milestones(self, row: Any) -> list[tuple[datetime, str]]:
        """(when, level to be told then) of every deadline of an open complaint that is not met, in order."""
        found: list[tuple[datetime, str]] = []
        if row.state == "received" and row.accept_by is not None:
            found += [(self.backup_at(row.accept_by), "backup"), (row.accept_by, "network")]
        if row.forward_by is not None and row.forwarded_at is None:
            found.append((row.forward_by, "network"))
        if row.answered_at is None:
            found.append((row.answer_by, "network"))
        return sorted(found)

    def next_after(self, row: Any, now: datetime) -> datetime | None:
        """When somebody is to be told next: at the next of these times after now, or each ``AGAIN`` after the last deadline
        that was not met. None: nothing is due."""
        times = self.milestones(row)
        missed = max((at for at, level in times if at <= now and level == "network"), default=None)
        found = [at for at, _ in times if at > now]
        if missed is not None:
            found.append(missed + ((now - missed) // AGAIN + 1) * AGAIN)
        return min(found, default=None)

    def wiped_at(self, since: datetime) -> datetime:
        """When card and notes go of what was forwarded, closed or added to at ``since``."""
        return since + self.content


def ends_at(created_at: datetime, answer_by: datetime) -> datetime:
    """When a complaint that nobody closes ends, and all that was said in it: ``LONGEST`` after it came, or ``GRACE`` after the last
    deadline where it began anew late."""
    return max(created_at + LONGEST, answer_by + GRACE)


def clocks(row: Any, now: datetime) -> tuple[Clock, ...]:
    """The deadlines of a complaint, in order; one that ended has none but those that were met or missed."""
    steps: list[tuple[Step, datetime | None, datetime | None]] = [
        ("accept", row.accept_by, row.accepted_at),
        ("forward", row.forward_by, row.forwarded_at),
        ("answer", row.answer_by, row.answered_at),
    ]
    ended = row.closed_at or now
    return tuple(Clock(step, due, done, (done or ended) > due) for step, due, done in steps if due is not None)


def next_step(row: Any) -> datetime | None:
    """By when the person was told that something happens: accepted, then answered; None: nothing is due."""
    if row.state not in ("received", "accepted"):
        return None
    if row.state == "received" and row.accept_by is not None and row.answered_at is None:
        due: datetime = row.accept_by
        return due
    answer_by: datetime = row.answer_by
    return answer_by if row.answered_at is None else None
