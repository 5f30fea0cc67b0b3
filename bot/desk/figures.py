"""How a table of figures is drawn: its chart, its words, what is on offer.

Here belongs what the figures about requests and those about complaints share. Never here: which tables there are and what they hide
(``bot.statistics``), who may see them, pages.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from babel.dates import format_skeleton
from babel.numbers import format_decimal

from bot.desk.words import Voice
from bot.statistics.periods import Period
from bot.statistics.tables import Question, Table


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart. ``width`` in percent of the longest; a hidden number has the same width whatever it is."""

    label: str
    number: int | None
    width: float


def groups(offered: list[Question], indicators: Iterable[str]) -> list[tuple[str, list[Question]]]:
    """(Indicator, its tables), each table once."""
    newest = {each.code: each for each in reversed(offered)}
    return [(what, [each for each in newest.values() if each.what == what][::-1]) for what in indicators]


def largest(table: Table) -> str:
    """The country of which there is most to see."""
    return max(table.rows, key=lambda row: ((table.across or {}).get(row) or 0, -table.rows.index(row)))


def bars(say: Say, table: Table, country: str) -> list[Bar]:
    """The chart of a table: one number a line. Over time of values, the newest period; by country and value, one country."""
    by = table.question.by
    if by == ("country", "value"):
        numbers = [(say.value(table.question.what, value), table.cells[country, value]) for value in table.columns]
    else:
        numbers = [(say.row(table, row), table.cells[row, table.columns[-1]]) for row in table.rows]
    longest = max([number for _, number in numbers if number is not None] + [2 * table.threshold])
    width = [100 * (table.threshold - 1 if number is None else number) / longest for _, number in numbers]
    return [Bar(label, number, round(wide, 1)) for (label, number), wide in zip(numbers, width, strict=True)]


class Say(ABC):
    """The words of a table in one language. What is counted and its values each page names itself."""

    def __init__(self, t: Voice) -> None:
        self._t = t

    def table(self, asked: Question) -> str:
        return self._t("desk.statistics.table." + "_".join(asked.by))

    def title(self, asked: Question) -> str:
        return f"{self.what(asked.what)} · {self.table(asked)}"

    @abstractmethod
    def what(self, what: str) -> str:
        """What an indicator counts."""

    @abstractmethod
    def value(self, what: str, value: str) -> str:
        """One of its values."""

    def period(self, period: Period) -> str:
        return self._t("desk.statistics.from_to", first=self._t.short_day(period.start), last=self._t.short_day(period.last))

    def periods(self, table: Table) -> str:
        first, last = self._t.short_day(table.periods[0].start), self._t.short_day(table.periods[-1].last)
        return self._t("desk.statistics.from_to", first=first, last=last)

    def row(self, table: Table, row: str) -> str:
        if "country" in table.question.by:
            return self._t.country(row)
        return (
            self._t.short_day(date.fromisoformat(row)) if table.question.by == ("time",) else self.value(table.question.what, row)
        )

    def column(self, table: Table, column: str) -> str:
        if table.question.by == ("value", "time"):
            return format_skeleton("MMMd", date.fromisoformat(column), locale=self._t.lang)
        return self.value(table.question.what, column)

    def heading(self, table: Table) -> str:
        """Of the first column, which names the rows."""
        by = table.question.by
        if "country" in by:
            return self._t("desk.statistics.country")
        return self._t("desk.statistics.week" if by == ("time",) else "desk.statistics.four_weeks")

    def chart(self, table: Table, country: str) -> str:
        """What the chart shows of the table."""
        if country:
            return self._t.country(country)
        if table.question.by == ("value", "time"):
            return self.period(table.periods[-1])
        return self._t("desk.statistics.requests")

    def number(self, number: int | None, threshold: int) -> str:
        return f"<{threshold}" if number is None else format_decimal(number, locale=self._t.lang)
