"""Figures as files: plain CSV, and CSV with HXL hashtags for the platforms that read those.

Here belongs how a table is written down. Whoever makes a file has an agreement that holds (``agreements``) and a second person's
yes (``bot.staff.second_person``); the page sees to both. Never here: which numbers may be seen (``tables``), words of pages.

Both formats have the same columns and one row a number, in codes that mean the same in every language. Above them stands a notice
in a row of its own; HXL allows rows above its hashtags. A hidden number is ``<5`` (or ``<10``) whatever hid it, and no column
tells organisations, workers or services, since nothing of them is counted (T-4).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Final, Literal

from bot.statistics.periods import Period
from bot.statistics.tables import Table

Format = Literal["csv", "hxl"]
FORMATS: Final[tuple[Format, ...]] = ("csv", "hxl")

HEADINGS: Final = ("indicator", "value", "country", "start", "end", "number")
HASHTAGS: Final = ("#indicator+code", "#indicator+value", "#country+code+v_iso2", "#date+start", "#date+end", "#value+num")
ALL: Final = "all"
"""Stands for every value, and for the whole network where a country would stand."""


def written(table: Table, format: Format, agreement: str) -> str:
    """The file. ``agreement``: code of the one under which it is shared; it stands in the notice."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    lines.writerow([notice(table, agreement)])
    lines.writerow(HEADINGS)
    if format == "hxl":
        lines.writerow(HASHTAGS)
    lines.writerows(_rows(table))
    return out.getvalue()


def name(table: Table, format: Format) -> str:
    """The file's name."""
    return f"faro-{table.question.code}-{table.periods[0].start.isoformat()}-{table.periods[-1].last.isoformat()}.{format}.csv"


def notice(table: Table, agreement: str) -> str:
    """What whoever opens the file has to know, in one sentence after another."""
    return (
        f"Shared under the agreement {agreement}; not to be passed on outside of it. "
        f"Counted with the consent of the person, and only then: these are not all that there were. "
        f"'<{table.threshold}' is a number under {table.threshold}, nought included, or one held back so that nobody can work out "
        f"another. 'all' as country is the whole network. Do not try to find out who is behind a number."
    )


def _rows(table: Table) -> Iterator[tuple[str, ...]]:
    for row in table.rows:
        for column in table.columns:
            yield _line(table, row, column, table.cells[row, column])
        if table.across is not None:
            yield _line(table, row, ALL, table.across[row])
    for column, number in (table.down or {}).items():
        yield _line(table, "", column, number)


def _line(table: Table, row: str, column: str, number: int | None) -> tuple[str, ...]:
    """``row`` empty: the total of a column."""
    by = table.question.by
    period = Period(table.periods[0].start, table.periods[0].kind)
    value, country = ALL, ALL
    if by == ("time",):
        period = _period(table, row)
    elif by == ("value", "time"):
        value, period = row or ALL, _period(table, column)
    else:
        country, value = row or ALL, column
    shown = f"<{table.threshold}" if number is None else str(number)
    return table.question.what, value, country, period.start.isoformat(), period.last.isoformat(), shown


def _period(table: Table, start: str) -> Period:
    return Period(date.fromisoformat(start), table.periods[0].kind)
