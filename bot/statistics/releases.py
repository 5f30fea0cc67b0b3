"""What may be seen of one indicator: the figures that come out every four weeks and every twelve, kept safe together.

Here belongs which numbers come out at all, and which of them are hidden so that they cannot be worked out from one another, nor
from what came out earlier. Never here: stores, words, pages, how numbers are hidden in general (``suppression``).

**The finer the time, the coarser the place.** What comes out of a cube of counts (country, value, week):

- every week: the total of the whole network;
- every four weeks: the total, and the number of each value in the whole network;
- every twelve weeks: the total of each country, and the number of each value in each country.

There is nothing else, so no country is ever seen at less than twelve weeks, and nothing has more than two dimensions (T-3).

**Across time and tables.** The figures are sums of the same counts, so what is hidden in one must not follow from the others:

- *Weeks* add up to the total of their four weeks. They come out with it, so enough of them are hidden together.
- *Totals of countries* add up to the known total of twelve weeks. A country whose total is hidden is hidden in every table, its
  row entirely, and at least two are: what came from the one could as well have come from the other, and nothing visible would
  change. That holds for all indicators of the same requests at once (a *family*: their totals are the same). To the rows of the
  other countries they are one row, of which only what the rest leaves is known.
- *Values in countries* add up, over the countries, to the values of three times four weeks that are out already. Each hidden
  number is held against all the worlds in which, in each four weeks, requests of one and the same country had other values, and
  everything that is visible or came out earlier stays as it is (``suppression``, one slice for four weeks). Those worlds leave
  the totals of countries and weeks alone. Therefore they are also possible whatever other indicators of the same requests show.
- There are no totals of values over twelve weeks: they would tie what came out at three moments.
- Four weeks in which the whole total is small make their twelve weeks stay shut.

What came out stays out only as long as the counters of past weeks do not change, and they do not: ``bot.tickets.counting``
counts into the week in which it counts. The threshold is to be changed at the beginning of twelve weeks only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.statistics.periods import Period
from bot.statistics.suppression import TOTAL, CannotHide, Network, Part, hidden_in_row

Counts = Mapping[tuple[date, str, str], int]
"""(Monday, country, value) -> number; what is not there is nought."""


@dataclass(frozen=True, slots=True)
class FourWeeks:
    """Figures of the whole network in four weeks. None: hidden."""

    period: Period
    total: int | None
    weeks: Mapping[date, int | None]
    values: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class TwelveWeeks:
    """Figures by country in twelve weeks. None: hidden."""

    period: Period
    total: int | None
    countries: Mapping[str, int | None]
    cells: Mapping[tuple[str, str], int | None]
    """(Country, value) -> number."""


def four_weeks(counts: Counts, period: Period, countries: Collection[str], values: Sequence[str], threshold: int) -> FourWeeks:
    """The figures of a period of that kind. ``countries``: those that are listed; what was counted elsewhere is in no figure.
    ``values``: all that the indicator knows."""
    weeks = [week.start for week in period.parts("week")]
    by_week: dict[date, int] = dict.fromkeys(weeks, 0)
    by_value: dict[str, int] = dict.fromkeys(values, 0)
    for (week, country, value), number in counts.items():
        if week in by_week and country in countries and value in by_value:
            by_week[week] += number
            by_value[value] += number
    total = sum(by_week.values())
    if total < threshold:
        return FourWeeks(period, None, dict.fromkeys(weeks), dict.fromkeys(values))
    hidden = hidden_in_row({week.isoformat(): number for week, number in by_week.items()}, threshold)
    shut = hidden_in_row(by_value, threshold)
    if TOTAL in hidden | shut:  # the total is known from the one to whoever reads the other
        return FourWeeks(period, None, dict.fromkeys(weeks), dict.fromkeys(values))
    return FourWeeks(
        period,
        total,
        {week: None if week.isoformat() in hidden else number for week, number in by_week.items()},
        {value: None if value in shut else number for value, number in by_value.items()},
    )


def twelve_weeks(
    family: Mapping[str, tuple[Counts, Sequence[str]]], period: Period, countries: Sequence[str], threshold: int
) -> dict[str, TwelveWeeks]:
    """The figures of a period of that kind, for indicators that count the same requests: what hides a country in one hides it in
    all, since its total is the same.

    ``family``: indicator -> its counts and all its values; one that was never counted says nothing about the others.
    ``countries``: all that are listed, with or without a count."""
    cubes = {what: _cube(counts, period, countries, values) for what, (counts, values) in family.items()}
    shut = {what: _shut(period, countries, values) for what, (_, values) in family.items()}
    family = {what: family[what] for what, cube in cubes.items() if any(cube.values())}
    earlier = {
        what: [four_weeks(counts, part, countries, values, threshold) for part in period.parts("four_weeks")]
        for what, (counts, values) in family.items()
    }
    totals = {what: _totals(cubes[what], countries) for what in family}
    if not family or any(part.total is None for parts in earlier.values() for part in parts):
        return shut
    apart: set[str] = set()
    for each in totals.values():
        apart |= hidden_in_row(each, threshold)
    while TOTAL not in apart and len(apart) < len(countries):
        try:
            cells = {
                what: _network(cubes[what], earlier[what], countries, apart, values).hide(
                    threshold, _before(earlier[what], apart, values)
                )
                for what, (_, values) in family.items()
                if len(values) > 1
            }
        except CannotHide as fault:
            apart = _wider(apart, totals, fault.cell)
            continue
        return shut | {
            what: _shown(period, cubes[what], totals[what], values, apart, cells.get(what, frozenset()))
            for what, (_, values) in family.items()
        }
    return shut


def _cube(counts: Counts, period: Period, countries: Sequence[str], values: Sequence[str]) -> dict[tuple[int, str, str], int]:
    """(Number of the four weeks, country, value) -> number."""
    weeks = {week.start: number for number, part in enumerate(period.parts("four_weeks")) for week in part.parts("week")}
    cube: dict[tuple[int, str, str], int] = defaultdict(int)
    for (week, country, value), number in counts.items():
        if week in weeks and country in countries and value in values:
            cube[weeks[week], country, value] += number
    return cube


def _totals(cube: Mapping[tuple[int, str, str], int], countries: Sequence[str]) -> dict[str, int]:
    totals = dict.fromkeys(countries, 0)
    for (_, country, _), number in cube.items():
        totals[country] += number
    return totals


def _shut(period: Period, countries: Sequence[str], values: Sequence[str]) -> TwelveWeeks:
    return TwelveWeeks(
        period, None, dict.fromkeys(countries), {(country, value): None for country in countries for value in values}
    )


def _shown(
    period: Period,
    cube: Mapping[tuple[int, str, str], int],
    totals: Mapping[str, int],
    values: Sequence[str],
    apart: set[str],
    hidden: frozenset[Any],
) -> TwelveWeeks:
    def number(country: str, value: str) -> int | None:
        if country in apart or (country, value) in hidden:
            return None
        return sum(cube.get((part, country, value), 0) for part in range(len(period.parts("four_weeks"))))

    return TwelveWeeks(
        period,
        sum(totals.values()),
        {country: None if country in apart else total for country, total in totals.items()},
        {(country, value): number(country, value) for country in totals for value in values},
    )


_APART = ("countries", "apart")
_REST = "rest"


def _network(
    cube: Mapping[tuple[int, str, str], int],
    earlier: Sequence[FourWeeks],
    countries: Sequence[str],
    apart: set[str],
    values: Sequence[str],
) -> Network:
    """A slice for each four weeks: requests flow from their country to their value, and what was hidden of a value may give way."""
    slices: list[list[Part]] = []
    for number, part in enumerate(earlier):
        parts: list[Part] = []
        for value in values:
            for country in countries:
                if country not in apart:
                    parts.append(Part((country, value), country, ("value", value), cube.get((number, country, value), 0)))
            together = sum(cube.get((number, country, value), 0) for country in apart)
            if apart:
                parts.append(Part((_APART, value), _APART, ("value", value), together))
            if part.values[value] is None:
                everywhere = together + sum(each.value for each in parts if each.head == ("value", value) and each.tail != _APART)
                parts.append(Part((number, value), ("value", value), _REST, everywhere))
        slices.append(parts)
    return Network(slices, upward_only=[(_APART, value) for value in values])


def _before(earlier: Sequence[FourWeeks], apart: set[str], values: Sequence[str]) -> list[Any]:
    """Cells of the network that are hidden before anything is chosen."""
    out = [(number, value) for number, part in enumerate(earlier) for value in values if part.values[value] is None]
    return out + ([(_APART, value) for value in values] if apart else [])


def _wider(apart: set[str], totals: Mapping[str, Mapping[str, int]], cell: Any) -> set[str]:
    """Countries more whose rows are hidden: the one of the cell that could not be kept safe, else the smallest; two at least."""
    largest = {country: max(each[country] for each in totals.values()) for country in next(iter(totals.values()))}
    left = sorted(
        (country for country in largest if country not in apart),
        key=lambda country: (cell[0] != country, largest[country], country),
    )
    return apart | set(left[: 2 if not apart else 1])
