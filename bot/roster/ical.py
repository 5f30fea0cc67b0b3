"""The roster as a calendar that other programs read (RFC 5545). Importing one is ``ical_import``.

Here belongs how a roster is written as events: one a weekly shift, repeated, and whatever deviates as events of its own. An
event says a role label and a duty, nothing about a request. Never here: who is on duty (``duty``), tables.

Calendars disagree about nights in which the clocks change, and RFC 5545 repeats a length, not an end. So every time that is
not exactly the shift (a change of clocks, a holiday, somebody away in the middle of it) is taken out of the series by an
exception date, and what is left of it stands as an event in UTC. A series ends where the written time ends: beyond that the
holidays are not known.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from icalendar import Calendar, Event, vRecur

from bot.directory.hours import zone
from bot.roster.duty import Change, Time, Weekly, occurrences, without
from bot.roster.snapshot import RosterSnapshot

DAYS = 366
"""How far ahead is written."""


class _Occurrence(NamedTuple):
    """One time that a shift comes round: its day, what is held of it, and whether that is the whole shift by the clock."""

    day: date
    held: list[Time]
    regular: bool


def export(
    roster: RosterSnapshot,
    now: datetime,
    *,
    countries: Collection[str] = (),
    staff_id: uuid.UUID | None = None,
    days: int = DAYS,
) -> bytes:
    """The duties of these countries (empty: all) and this account (None: everybody) from ``now`` on, as a calendar file.

    Only what counts is written: expanded, the calendar is exactly the time on duty.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Faro//Roster//EN")
    calendar.add("version", "2.0")
    until = now + timedelta(days=days)
    away: dict[uuid.UUID, list[Time]] = {}
    for change in roster.changes:
        if change.what == "off":
            away.setdefault(change.staff_id, []).append((change.begins_at, change.ends_at))

    def asked(row: Weekly | Change) -> bool:
        return (not countries or row.country in countries) and staff_id in (None, row.staff_id)

    events = [
        event
        for shift in roster.shifts
        if asked(shift)
        for event in _series(roster, shift, away.get(shift.staff_id, []), now, until)
    ]
    for change in roster.changes:
        if change.what == "extra" and asked(change) and change.ends_at > now and change.begins_at < until:
            held = without([(change.begins_at, change.ends_at)], away.get(change.staff_id, []))
            events += _pieces(roster, change, str(change.id), held, now)
    for event in events:
        calendar.add_component(event)
    calendar.add_missing_timezones(first_date=now.date() - timedelta(days=366), last_date=until.date() + timedelta(days=366))
    return bytes(calendar.to_ical())


def _series(roster: RosterSnapshot, shift: Weekly, away: list[Time], now: datetime, until: datetime) -> Iterator[Event]:
    times = [_occurrence(roster, shift, away, day, (a, b)) for day, a, b in occurrences(shift, now, until)]
    regular = [each.day for each in times if each.regular]
    if regular:
        place = zone(shift.zone)

        def wall(day: date, minute: int) -> datetime:
            return (datetime.combine(day, time()) + timedelta(minutes=minute)).replace(tzinfo=place)

        event = _event(roster, shift, str(shift.id), now)
        event.add("dtstart", wall(regular[0], shift.opens))
        event.add("dtend", wall(regular[0], shift.closes))
        event.add("rrule", vRecur({"FREQ": "WEEKLY", "UNTIL": wall(regular[-1], shift.opens).astimezone(UTC)}))
        taken_out = [each.day for each in times if not each.regular and regular[0] < each.day < regular[-1]]
        if taken_out:
            event.add("exdate", [wall(day, shift.opens) for day in taken_out])
        yield event
    for each in times:
        if not each.regular:
            yield from _pieces(roster, shift, f"{shift.id}-{each.day:%Y%m%d}", each.held, now)


def _occurrence(roster: RosterSnapshot, shift: Weekly, away: list[Time], day: date, whole: Time) -> _Occurrence:
    if (shift.country, day) in roster.closed:
        return _Occurrence(day, [], False)
    held = without([whole], away)
    place = zone(shift.zone)
    walls = [(instant.astimezone(place).replace(tzinfo=None) - datetime.combine(day, time())) for instant in whole]
    by_the_clock = walls == [timedelta(minutes=shift.opens), timedelta(minutes=shift.closes)]
    exact = by_the_clock and whole[1] - whole[0] == timedelta(minutes=shift.closes - shift.opens)
    return _Occurrence(day, held, exact and held == [whole])


def _pieces(roster: RosterSnapshot, row: Weekly | Change, name: str, held: list[Time], now: datetime) -> Iterator[Event]:
    for number, (begins, ends) in enumerate(held, 1):
        event = _event(roster, row, f"{name}-{number}", now)
        event.add("dtstart", begins)
        event.add("dtend", ends)
        yield event


def _event(roster: RosterSnapshot, row: Weekly | Change, name: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", name)
    event.add("dtstamp", now)
    event.add("summary", f"{roster.name(row.staff_id)} ({row.duty}, {row.country})")
    event.add("class", "PRIVATE")
    return event
