"""The coverage of two weeks as a drawing: a bar a day, in hundredths of its width, and the same in a sentence.

Here belongs geometry. Pure. Never here: what a hole is (``bot.roster.coverage``), colours (``static/desk.css``), words.

Three lanes: how many pick requests up at once (height says it: nobody, one, more), whether a supervisor is on duty, whether child
protection is. Places are by the clock on the wall, so that noon stands in the middle also on a day of 23 hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from bot.roster.coverage import Coverage, Stretch
from bot.roster.snapshot import ANSWERING

Lane = Literal["answer", "supervisor", "child"]
LANES: Final[tuple[Lane, ...]] = ("answer", "supervisor", "child")
MINUTES: Final = 1440


class Bar(NamedTuple):
    """A stretch of one day in one lane. ``opens`` and ``closes``: minutes on the wall, 0 to 1440."""

    opens: int
    closes: int
    people: int
    """How many; of the picture only 0, 1 and more are told apart."""

    @property
    def x(self) -> str:
        return f"{self.opens * 100 / MINUTES:.2f}%"

    @property
    def width(self) -> str:
        return f"{(self.closes - self.opens) * 100 / MINUTES:.2f}%"

    @property
    def clocks(self) -> str:
        """ "06:00–24:00"."""
        return f"{self.opens // 60:02}:{self.opens % 60:02}–{self.closes // 60:02}:{self.closes % 60:02}"


class DayRow(NamedTuple):
    """One day. Before the picture's beginning and after its end there are no bars."""

    day: date
    lanes: dict[Lane, list[Bar]]

    @property
    def bars(self) -> list[Bar]:
        """Of those who pick requests up."""
        return self.lanes["answer"]


def rows(coverage: Coverage) -> list[DayRow]:
    """A row for each day that the picture touches, in the country's time."""
    zone = ZoneInfo(coverage.zone)
    first, last = coverage.begins.astimezone(zone).date(), (coverage.ends - timedelta(seconds=1)).astimezone(zone).date()
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    found: dict[date, dict[Lane, list[Bar]]] = {day: {lane: [] for lane in LANES} for day in days}
    for stretch in coverage.stretches:
        for lane in LANES:
            number = _people(stretch, lane)
            for day, opens, closes in _by_day(stretch.begins.astimezone(zone), stretch.ends.astimezone(zone)):
                _append(found[day][lane], Bar(opens, closes, number))
    return [DayRow(day, lanes) for day, lanes in found.items()]


def _people(stretch: Stretch, lane: Lane) -> int:
    wanted = ANSWERING if lane == "answer" else (lane,)
    return len({person.name for person in stretch.people if person.duty in wanted})


def _by_day(begins: datetime, ends: datetime) -> Iterator[tuple[date, int, int]]:
    """The parts of a stretch, day by day: minutes on the wall."""
    day, opens = begins.date(), begins.hour * 60 + begins.minute
    while day < ends.date():
        yield day, opens, MINUTES
        day, opens = day + timedelta(days=1), 0
    closes = ends.hour * 60 + ends.minute
    if closes > opens:  # not so in the hour that the clocks show twice
        yield day, opens, closes


def _append(bars: list[Bar], bar: Bar) -> None:
    """One bar for as long as nothing changes."""
    if bars and bars[-1].people == bar.people and bars[-1].closes >= bar.opens:
        bars[-1] = bars[-1]._replace(closes=max(bar.closes, bars[-1].closes))
    else:
        bars.append(bar)
