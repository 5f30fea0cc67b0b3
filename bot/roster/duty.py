"""Who is on duty at an instant, until when, and when somebody is next. Pure but for the zone data.

Here belongs the arithmetic of a roster: weekly shifts on the clocks of their own zone, dated exceptions, holidays. Never
here: tables, accounts, who is fit for a duty (``snapshot``), the present time.

How a shift meets the calendar
    It belongs to the day on which it begins, also when it passes midnight: a holiday takes away the shifts that begin on it.
    Where clocks skip an hour, a time in that hour is the moment of the jump. Where they show an hour twice, a time in it is
    the first of the two. So a shift that ends at 01:30 and one that begins at 01:30 meet on every night of the year, and a
    shift around the change lasts an hour more or less.
    Somebody who is away (``off``) is away from everything, also from an ``extra``: nobody waits in front of an empty desk.

All spans are half open: on duty at the first instant, no longer at the last.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from bot.directory.hours import zone

SEARCH: Final = timedelta(days=21)
"""How far ahead the next opening is looked for, and how far ``until`` reaches."""

_SECOND = timedelta(seconds=1)

Time = tuple[datetime, datetime]
"""From, until: half open."""
Holidays = Collection[tuple[str, date]]
"""(country, day) on which the weekly shifts do not hold; a set, best."""


class Weekly(NamedTuple):
    """A shift, every week the same; fields as in ``tables.Shift``."""

    id: uuid.UUID
    staff_id: uuid.UUID
    country: str
    duty: str
    weekday: int
    opens: int
    closes: int
    zone: str
    valid_from: date | None = None
    valid_until: date | None = None
    area: str = ""


class Change(NamedTuple):
    """A dated exception; fields as in ``tables.ShiftException``."""

    id: uuid.UUID
    staff_id: uuid.UUID
    what: str
    begins_at: datetime
    ends_at: datetime
    country: str = ""
    duty: str = ""


class Span(NamedTuple):
    """Somebody is on duty from ``begins`` until ``ends``, without a break."""

    staff_id: uuid.UUID
    country: str
    duty: str
    area: str
    begins: datetime
    ends: datetime


class OnDuty(NamedTuple):
    """Somebody is on duty now. ``until``: end of this duty, at most ``SEARCH`` ahead."""

    staff_id: uuid.UUID
    country: str
    duty: str
    area: str
    until: datetime


# --- the clock on the wall -------------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def instant(zone_name: str, day: date, minute: int) -> datetime:
    """The instant at which the clocks of that zone show ``minute`` after midnight of ``day`` (may pass 1440), in UTC.

    Shown twice: the first. Never shown: the moment at which they jump over it. Raises ValueError for an unknown zone.
    """
    place = zone(zone_name)
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    first = wall.replace(tzinfo=place).astimezone(UTC)
    if first.astimezone(place).replace(tzinfo=None) == wall:
        return first
    before = wall.replace(tzinfo=place, fold=1).astimezone(UTC)
    offset = before.astimezone(place).utcoffset()
    while first - before > _SECOND:
        middle = before + timedelta(seconds=(first - before) // _SECOND // 2)
        if middle.astimezone(place).utcoffset() == offset:
            before = middle
        else:
            first = middle
    return first


def occurrences(shift: Weekly, begins: datetime, ends: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    """Each time that the shift comes round and touches [begins, ends), whole: its day, from, until. Holidays are not asked."""
    place = zone(shift.zone)
    day = begins.astimezone(place).date() - timedelta(days=2)
    day += timedelta(days=(shift.weekday - day.weekday()) % 7)
    last = min(ends.astimezone(place).date(), shift.valid_until or date.max)
    while day <= last:
        if shift.valid_from is None or day >= shift.valid_from:
            opens, closes = instant(shift.zone, day, shift.opens), instant(shift.zone, day, shift.closes)
            if opens < closes and opens < ends and closes > begins:
                yield day, opens, closes
        day += timedelta(days=7)


# --- spans -----------------------------------------------------------------------------------------------------------


def joined(times: Iterable[Time]) -> list[Time]:
    """The same instants as spans that neither touch nor overlap, in order."""
    found: list[Time] = []
    for begins, ends in sorted(times):
        if begins >= ends:
            continue
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends)
        else:
            found.append((begins, ends))
    return found


def without(times: Iterable[Time], away: Iterable[Time]) -> list[Time]:
    """What is left of ``times`` outside ``away``, joined, in order."""
    gone = joined(away)
    left: list[Time] = []
    for begins, ends in joined(times):
        for gone_from, gone_until in gone:
            if gone_until <= begins or begins >= ends:
                continue
            if gone_from >= ends:
                break
            if gone_from > begins:
                left.append((begins, gone_from))
            begins = gone_until
        if begins < ends:
            left.append((begins, ends))
    return left


def clipped(times: Iterable[Time], begins: datetime, ends: datetime) -> list[Time]:
    """What lies in [begins, ends)."""
    return [(max(a, begins), min(b, ends)) for a, b in times if a < ends and b > begins]


def spans(
    shifts: Iterable[Weekly],
    exceptions: Iterable[Change],
    holidays: Holidays,
    begins: datetime,
    ends: datetime,
    *,
    country: str = "",
    duties: Collection[str] = (),
) -> list[Span]:
    """Everybody's time on duty within [begins, ends), by beginning. ``country``, ``duties``: empty for all."""
    away: dict[uuid.UUID, list[Time]] = {}
    held: dict[tuple[uuid.UUID, str, str, str], list[Time]] = {}
    for change in exceptions:
        if change.what == "off":
            away.setdefault(change.staff_id, []).append((change.begins_at, change.ends_at))
        elif country in ("", change.country) and (not duties or change.duty in duties):
            held.setdefault((change.staff_id, change.country, change.duty, ""), []).append((change.begins_at, change.ends_at))
    for shift in shifts:
        if country in ("", shift.country) and (not duties or shift.duty in duties):
            held.setdefault((shift.staff_id, shift.country, shift.duty, shift.area), []).extend(
                (opens, closes) for day, opens, closes in occurrences(shift, begins, ends) if (shift.country, day) not in holidays
            )
    found = [
        Span(*key, a, b) for key, times in held.items() for a, b in clipped(without(times, away.get(key[0], ())), begins, ends)
    ]
    return sorted(found, key=lambda span: (span.begins, span.ends, span.country, span.duty, span.staff_id, span.area))


def cover(some: Iterable[Span]) -> list[Time]:
    """When anybody of these is on duty, joined."""
    return joined((span.begins, span.ends) for span in some)


# --- questions -------------------------------------------------------------------------------------------------------


def on_duty(
    shifts: Iterable[Weekly],
    exceptions: Iterable[Change],
    holidays: Holidays,
    at: datetime,
    *,
    country: str = "",
    duties: Collection[str] = (),
) -> tuple[OnDuty, ...]:
    """Everybody who is on duty at ``at``. ``country``, ``duties``: empty for all."""
    ahead = spans(shifts, exceptions, holidays, at, at + SEARCH, country=country, duties=duties)
    return tuple(OnDuty(s.staff_id, s.country, s.duty, s.area, s.ends) for s in ahead if s.begins <= at)


def next_opening(
    shifts: Iterable[Weekly],
    exceptions: Iterable[Change],
    holidays: Holidays,
    at: datetime,
    *,
    country: str = "",
    duties: Collection[str] = (),
) -> datetime | None:
    """The first instant from ``at`` on at which somebody is on duty (``at`` itself, perhaps); None: not within ``SEARCH``."""
    ahead = spans(shifts, exceptions, holidays, at, at + SEARCH, country=country, duties=duties)
    return ahead[0].begins if ahead else None


def until(
    shifts: Iterable[Weekly],
    exceptions: Iterable[Change],
    holidays: Holidays,
    at: datetime,
    *,
    country: str = "",
    duties: Collection[str] = (),
) -> datetime | None:
    """The first instant after ``at`` at which nobody is on duty any more, at most ``SEARCH`` ahead; None: nobody is now."""
    covered = cover(spans(shifts, exceptions, holidays, at, at + SEARCH, country=country, duties=duties))
    return covered[0][1] if covered and covered[0][0] <= at else None
