"""The tables that there are: which questions the counters answer, and the answers, safe to show.

Here belongs the closed list of indicators and of tables, the refusal of every other question, and reading the counters. Never here:
how numbers are hidden (``suppression``, ``releases``), words, files (``export``).

A table has two dimensions at most, time included (T-3):

    by time              every week, the whole network           requests only
    by value, time       every four weeks, the whole network     need, age, language, way, outcome, …
    by country           twelve weeks                            requests only
    by country, value    twelve weeks                            need, age, language, way, outcome, …

Two indicators are never crossed, since they are never counted together: there is no age by need, by place or not. There is no
organisation, no worker, no service, no place finer than a country anywhere in the counters, so no table can have one (T-4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal, get_args

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.statistics.periods import FIRST, LEAST_DELAY, Kind, Period, around, released
from bot.statistics.releases import Counts, TwelveWeeks, four_weeks, twelve_weeks
from bot.statistics.suppression import THRESHOLDS
from bot.tickets.tables import AGES, LEVELS, OUTCOMES, WAYS, Counter
from flows.facts import COUNTRIES, KINDS, LANGS

Dimension = Literal["time", "country", "value"]
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)

OTHER: Final = "other"
#: Indicator -> every value that it knows, in the order in which tables show them. What else is counted counts as ``OTHER``, where
#: that is a value.
INDICATORS: Final[Mapping[str, tuple[str, ...]]] = {
    "request": ("all",),
    "need": (*KINDS, OTHER, "unsaid"),
    "age": AGES,
    "lang": (*LANGS, OTHER),
    "way": WAYS,
    "wait": ("under_30m", "under_2h", "under_12h", "under_1d", "longer"),
    "escalated": LEVELS[1:],
    "outcome": OUTCOMES,
    "rating": ("1", "2", "3", "4", "5"),
}
#: Counted, but shown in no table.
NOT_SHOWN: Final = frozenset({"shown"})
#: Indicators that count the same requests, each once: what hides a country in one hides it in all (``releases``).
FAMILIES: Final[tuple[tuple[str, ...], ...]] = (
    ("request", "need", "age", "lang", "way"), ("wait",), ("escalated",), ("outcome",), ("rating",),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Book:
    """The indicators of one kind of counts. Those of another are never shown beside them, nor to the same people."""

    indicators: Mapping[str, tuple[str, ...]]
    families: tuple[tuple[str, ...], ...]


REQUESTS: Final = Book(INDICATORS, FAMILIES)
SHAPES: Final[Mapping[tuple[Dimension, ...], Kind]] = {
    ("time",): "week",
    ("value", "time"): "four_weeks",
    ("country",): "twelve_weeks",
    ("country", "value"): "twelve_weeks",
}
#: How many periods a table over time shows.
WEEKS_SHOWN: Final = 12
FOUR_WEEKS_SHOWN: Final = 3

_counter: Any = Counter.__table__  # type: ignore[attr-defined]


class NotAnswered(ValueError):
    """A question to which there is no table. ``reason`` is one of ``REASONS``; the text says it in a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason


REASONS: Final[Mapping[str, str]] = {
    "unknown": "There is no such figure; choose one of the list.",
    "two_indicators": "Two things that are counted are never crossed, such as age and need; ask for each by itself.",
    "three_dimensions": "A table has two dimensions at most, time included; leave one out.",
    "place": "Places are countries, nothing finer; ask by country.",
    "time": "Countries are shown for twelve weeks together, values for four, only the sum of all for a week; take a longer period.",
    "shape": "There is no table of this form; choose one of the list.",
    "not_out": "These figures are not out yet: they come out seven days or more after their period is over.",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One table, of one moment. Made by ``question``, which refuses what must not be."""

    what: str
    by: tuple[Dimension, ...]
    newest: Period
    """The period, or the last one of a table over time."""

    @property
    def code(self) -> str:
        """How addresses and files name the table, such as ``need-country-value``."""
        return "-".join((self.what, *self.by))


@dataclass(frozen=True, slots=True)
class Table:
    """An answer. A number is None where it is hidden."""

    question: Question
    periods: tuple[Period, ...]
    """Oldest first; more than one only over time."""
    threshold: int
    rows: tuple[str, ...]
    """Countries, values, or first days of periods (ISO)."""
    columns: tuple[str, ...]
    """Values, first days of periods, or ``all``."""
    cells: Mapping[tuple[str, str], int | None]
    across: Mapping[str, int | None] | None = None
    """Totals of rows, where they are shown."""
    down: Mapping[str, int | None] | None = None
    """Totals of columns, where they are shown."""


def question(
    whats: Sequence[str],
    by: Sequence[str],
    newest: Period,
    today: date,
    *,
    delay: int = LEAST_DELAY,
    book: Book = REQUESTS,
) -> Question:
    """The question for these indicators by these dimensions in this period. Raises NotAnswered for all that has no table."""
    if any(each not in book.indicators for each in whats) or not whats:
        raise NotAnswered("unknown")
    if len(whats) > 1:
        raise NotAnswered("two_indicators")
    if any(each not in DIMENSIONS for each in by):
        raise NotAnswered("place" if set(by) & {"region", "department", "municipality", "place"} else "unknown")
    if len(set(by)) > 2:
        raise NotAnswered("three_dimensions")
    what = whats[0]
    shape = next((each for each in SHAPES if set(each) == set(by) and len(by) == len(each)), None)
    if shape is None or ("value" in shape) != (len(book.indicators[what]) > 1):
        raise NotAnswered("shape")
    if newest.kind != SHAPES[shape]:
        raise NotAnswered("time")
    if not newest.released(today, delay):
        raise NotAnswered("not_out")
    return Question(what, shape, newest)


def questions(today: date, *, delay: int = LEAST_DELAY, most: int = 4, book: Book = REQUESTS) -> list[Question]:
    """Every table that is out, newest first within each: ``most`` moments of each, so that older figures can be had too."""
    found: list[Question] = []
    for what, values in book.indicators.items():
        for shape, kind in SHAPES.items():
            if ("value" in shape) == (len(values) > 1):
                step = WEEKS_SHOWN if kind == "week" else FOUR_WEEKS_SHOWN if kind == "four_weeks" else 1
                out = released(kind, today, delay=delay, most=most * step)
                if kind != "twelve_weeks":  # tables over time end where twelve weeks end, or with what is out now
                    out = tuple(
                        each for at, each in enumerate(out) if at == 0 or around("twelve_weeks", each.start).end == each.end
                    )
                found += [Question(what, shape, each) for each in out[:most]]
    return found


class Figures:
    """Answers questions from the counters of one database. ``countries``: those of the deployment, each in every table."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        countries: Sequence[str] = COUNTRIES,
        threshold: int = THRESHOLDS[0],
        book: Book = REQUESTS,
    ) -> None:
        """Raises ValueError for a threshold that is none of ``THRESHOLDS``."""
        if threshold not in THRESHOLDS:
            raise ValueError(f"numbers under {' or '.join(map(str, THRESHOLDS))} are hidden; {threshold} is neither")
        self._engine, self._countries, self._threshold, self._book = engine, tuple(countries), threshold, book

    async def answer(self, question: Question) -> Table:
        """The table, with every number hidden that must be."""
        if question.newest.kind == "twelve_weeks":
            family = next(each for each in self._book.families if question.what in each)
            counts = await self._read(family, question.newest)
            given = {what: (counts[what], self._book.indicators[what]) for what in family}
            answers = await asyncio.to_thread(twelve_weeks, given, question.newest, self._countries, self._threshold)
            return self._by_country(question, answers[question.what])
        whole = around("four_weeks", question.newest.start)
        number = WEEKS_SHOWN // 4 if question.newest.kind == "week" else FOUR_WEEKS_SHOWN
        starts = [whole.start - timedelta(weeks=4 * back) for back in reversed(range(number))]
        periods = [Period(start, "four_weeks") for start in starts if start >= FIRST]
        return await self._over_time(question, periods)

    def _by_country(self, question: Question, answer: TwelveWeeks) -> Table:
        values = self._book.indicators[question.what]
        if "value" not in question.by:
            cells = {(country, values[0]): number for country, number in answer.countries.items()}
            return Table(
                question, (question.newest,), self._threshold, self._countries, values, cells, down={values[0]: answer.total}
            )
        return Table(question, (question.newest,), self._threshold, self._countries, values, answer.cells, across=answer.countries)

    async def _over_time(self, question: Question, periods: list[Period]) -> Table:
        values = self._book.indicators[question.what]
        columns: list[str] = []
        cells: dict[tuple[str, str], int | None] = {}
        down: dict[str, int | None] = {}
        weeks: list[Period] = []
        for period in periods:
            counts = (await self._read((question.what,), period))[question.what]
            shown = four_weeks(counts, period, self._countries, values, self._threshold)
            if question.newest.kind == "week":
                weeks += period.parts("week")
                cells |= {(week.isoformat(), values[0]): number for week, number in shown.weeks.items()}
            else:
                columns.append(period.start.isoformat())
                cells |= {(value, period.start.isoformat()): number for value, number in shown.values.items()}
                down[period.start.isoformat()] = shown.total
        if question.newest.kind == "week":
            rows = tuple(week.start.isoformat() for week in weeks)
            return Table(question, tuple(weeks), self._threshold, rows, values, cells)
        return Table(question, tuple(periods), self._threshold, values, tuple(columns), cells, down=down)

    async def _read(self, whats: Sequence[str], period: Period) -> dict[str, Counts]:
        asked = select(_counter.c.week, _counter.c.country, _counter.c.what, _counter.c.value, _counter.c.number)
        within = (_counter.c.week >= period.start) & (_counter.c.week < period.end) & _counter.c.what.in_(list(whats))
        found: dict[str, dict[tuple[date, str, str], int]] = {what: {} for what in whats}
        async with self._engine.connect() as connection:
            for week, country, what, value, number in (await connection.execute(asked.where(within))).all():
                known = self._book.indicators[what]
                named = value if value in known or OTHER not in known else OTHER
                key = (week, country, named)
                found[what][key] = found[what].get(key, 0) + number
        return dict(found)
