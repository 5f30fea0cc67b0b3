"""The periods for which there are figures: a week, four weeks, twelve weeks. They never overlap, and they never move.

Here belong their calendar and when they are released. Never here: numbers, stores, a clock.

A period is made of whole weeks, twelve weeks of whole four weeks, and all start on a Monday counted from ``FIRST``. So nobody
can ask for "the last 30 days" today and again tomorrow and take the one from the other (differencing). A quarter of the calendar
is not made of whole weeks; twelve weeks stand for it.

Figures come out together: those of four weeks and of the weeks in them when the four weeks are over and the delay has passed
(seven days or more, T-3); those of twelve weeks likewise. Before that there is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

Kind = Literal["week", "four_weeks", "twelve_weeks"]
WEEKS: Final[dict[Kind, int]] = {"week": 1, "four_weeks": 4, "twelve_weeks": 12}
FIRST: Final = date(2024, 1, 1)
"""A Monday."""
LEAST_DELAY: Final = 7
"""Days between the end of a period and its release (T-3)."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One of the fixed periods. Raises ValueError for a day on which no such period starts."""

    start: date
    kind: Kind

    def __post_init__(self) -> None:
        if (self.start - FIRST).days % (7 * WEEKS[self.kind]):
            raise ValueError(
                f"no period of this kind starts on {self.start}; they start every {WEEKS[self.kind]} weeks from {FIRST}"
            )

    @property
    def end(self) -> date:
        """The first day after it."""
        return self.start + timedelta(weeks=WEEKS[self.kind])

    @property
    def last(self) -> date:
        """Its last day, a Sunday."""
        return self.end - timedelta(days=1)

    def parts(self, kind: Kind) -> tuple[Period, ...]:
        """The shorter periods that it is made of, in order; itself for its own kind."""
        step = WEEKS[kind]
        return tuple(Period(self.start + timedelta(weeks=week), kind) for week in range(0, WEEKS[self.kind], step))

    def released(self, today: date, delay: int = LEAST_DELAY) -> bool:
        """Whether its figures are out. ``today``: in UTC. ``delay`` in days, never under ``LEAST_DELAY``."""
        whole = around("four_weeks", self.start) if self.kind == "week" else self
        return today >= whole.end + timedelta(days=max(delay, LEAST_DELAY))


def around(kind: Kind, day: date) -> Period:
    """The period of this kind in which the day lies."""
    step = 7 * WEEKS[kind]
    return Period(day - timedelta(days=(day - FIRST).days % step), kind)


def released(kind: Kind, today: date, *, delay: int = LEAST_DELAY, most: int) -> tuple[Period, ...]:
    """The newest periods whose figures are out, newest first, at most ``most``."""
    period = around(kind, today)
    found: list[Period] = []
    while len(found) < most and period.start >= FIRST:
        if period.released(today, delay):
            found.append(period)
        period = Period(period.start - timedelta(weeks=WEEKS[kind]), kind)
        if period.end <= FIRST:
            break
    return tuple(found)
