"""Rosters as calendars: what is written means exactly the time on duty, and what is read is understood or refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from hypothesis import given, settings
from icalendar import Calendar
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.roster import duty, snapshot
from bot.roster.calendar_faults import CalendarError
from bot.roster.duty import joined
from bot.roster.ical import export
from bot.roster.ical_import import Purpose, read, save
from tests.bot.roster.oracle import STAFF, rosters
from tests.bot.roster.world import NOW, at, extra, member, off, roster, uid, weekly, write

EXTRA = Purpose("extra", "CO", "primary")
OFF = Purpose("off", zone="America/Bogota")
ANA = member("ana")


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar file of events, each given as its lines without UID."""
    body = "".join(f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{head}{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def times(data: bytes, purpose: Purpose = EXTRA, now: datetime = NOW) -> list[tuple[datetime, datetime]]:
    return [(change.begins_at, change.ends_at) for change in read(data, ANA, purpose, now)]


# --- out and in again ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-7")
@settings(max_examples=60)
@given(drawn=rosters())
def test_a_written_calendar_is_the_time_on_duty_and_reads_back_as_such(drawn: Any) -> None:
    """Expanded by an independent library, and taken in again. Mutation: no exception dates for holidays or nights in which the
    clocks change, UNTIL before the last regular time, forgetting what is left of a shift that somebody misses in part."""
    shifts, changes, holidays, middle = drawn
    days = 12
    begins = middle - timedelta(days=4)
    people = [member(str(i), id=i, roles=("case_manager",), countries=("CO", "CL")) for i in STAFF]
    known = roster(people, shifts, changes, [(country, day, False) for country, day in holidays])
    window = begins, begins + timedelta(days=days)
    for person in people:
        for country in ("CO", "CL"):
            for name in ("primary", "backup"):
                alone = roster(people, [s for s in shifts if s.duty == name], [c for c in changes if c.duty in ("", name)],
                               known.rows.holidays)  # fmt: skip
                data = export(alone, begins, countries=(country,), staff_id=person.id, days=days)
                expected = duty.clipped(
                    joined((s.begins, s.ends) for s in alone.spans(country, *window) if s.staff_id == person.id), *window
                )
                if not Calendar.from_ical(data).walk("VEVENT"):
                    assert not expected
                    continue
                told = [
                    # In UTC: in an hour that is shown twice, times of two zones are never equal to Python.
                    (event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC))
                    for event in recurring_ical_events.of(Calendar.from_ical(data)).between(*window)
                ]
                assert duty.clipped(joined(told), *window) == expected
                back = read(data, person, Purpose("extra", country, name), begins)
                assert duty.clipped([(c.begins_at, c.ends_at) for c in back], *window) == expected


def test_an_event_says_a_label_and_nothing_else() -> None:
    """Mutation: writing the area, the organisation, or events of accounts and countries that were not asked for."""
    both = [ANA, member("luz", countries=("CO", "VE"))]
    planned = [*weekly("ana", area="El Centro"), *weekly("luz"), *weekly("luz", country="VE", zone="America/Caracas")]
    known = roster(both, planned, [extra("ana", at(2026, 12, 5, 4), at(2026, 12, 5, 6))])
    everything = Calendar.from_ical(export(known, NOW))
    assert {str(e["summary"]) for e in everything.walk("VEVENT")} == {"ana (primary, CO)", "luz (primary, CO)", "luz (primary, VE)"}
    allowed = {"UID", "DTSTAMP", "SUMMARY", "CLASS", "DTSTART", "DTEND", "RRULE", "EXDATE"}
    assert all(set(event) <= allowed for event in everything.walk("VEVENT"))
    text = export(known, NOW, countries=("VE",)).decode()
    assert "luz (primary" in text and ", CO)" not in text and "Centro" not in export(known, NOW).decode()
    assert "luz" not in export(known, NOW, staff_id=uid("ana")).decode()
    weeks = [event for event in everything.walk("VEVENT") if "RRULE" in event]
    assert len(weeks) == 21 and {str(tz["tzid"]) for tz in everything.walk("VTIMEZONE")} == {"America/Bogota", "America/Caracas"}


def test_only_what_counts_is_written() -> None:
    """Mutation: exporting the shift of somebody without a key."""
    known = roster([member("ana", has_key=False)], weekly("ana"), [extra("ana", at(2026, 12, 5, 4), at(2026, 12, 5, 6))])
    assert b"VEVENT" not in export(known, NOW)


# --- somebody else's calendar ----------------------------------------------------------------------------------------


def test_what_is_understood_becomes_spans_in_utc() -> None:
    """Mutation: taking in what has gone by or lies too far ahead, cancelled or free times, or the day of an exception."""
    lunch = "DTSTART;TZID=America/Bogota:20261207T100000\nDTEND;TZID=America/Bogota:20261207T120000"
    assert times(calendar(lunch)) == [(at(2026, 12, 7, 15), at(2026, 12, 7, 17))]
    series = lunch + "\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=America/Bogota:20261214T100000"
    assert times(calendar(series)) == [(at(2026, 12, 7, 15), at(2026, 12, 7, 17)), (at(2026, 12, 21, 15), at(2026, 12, 21, 17))]
    assert times(calendar(lunch + "\nSTATUS:CANCELLED", series)) == times(calendar(series))
    assert times(calendar(lunch + "\nTRANSP:TRANSPARENT", series)) == times(calendar(series))
    override = "BEGIN:VEVENT\nUID:0\nRECURRENCE-ID;TZID=America/Bogota:20261221T100000\n"
    moved = override + "DTSTART:20261222T100000Z\nDTEND:20261222T110000Z\nEND:VEVENT\n"
    assert times(calendar(series, head=moved))[1] == (at(2026, 12, 22, 10), at(2026, 12, 22, 11))
    gone = moved.replace("END:VEVENT", "STATUS:CANCELLED\nEND:VEVENT")
    assert times(calendar(series, head=gone)) == [(at(2026, 12, 7, 15), at(2026, 12, 7, 17))]
    touching = lunch.replace("T100000", "T120000").replace(
        "1207T120000\nDTEND;TZID=America/Bogota:20261207T120000", "1207T120000\nDURATION:PT1H"
    )
    assert times(calendar(lunch, touching)) == [(at(2026, 12, 7, 15), at(2026, 12, 7, 18))]
    old = "DTSTART:20261202T100000Z\nDTEND:20261202T150000Z"
    far = "DTSTART:20270305T100000Z\nDTEND:20270305T120000Z"
    assert times(calendar(old, far, lunch)) == times(calendar(lunch))
    assert times(calendar(old.replace("T150000", "T150001"), lunch))[0] == (at(2026, 12, 2, 10), at(2026, 12, 2, 15, 0, 1))


def test_days_and_times_without_a_zone_are_placed_where_somebody_said() -> None:
    """Mutation: whole days in UTC, or a zone that nobody named."""
    away = "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227"
    assert times(calendar(away), OFF) == [(at(2026, 12, 24, 5), at(2026, 12, 27, 5))]
    floating = "DTSTART:20261207T100000\nDTEND:20261207T120000"
    assert times(calendar(floating), EXTRA._replace(zone="America/Bogota")) == [(at(2026, 12, 7, 15), at(2026, 12, 7, 17))]
    named = "X-WR-TIMEZONE:America/Santiago\n"
    assert times(calendar(floating, head=named)) == [(at(2026, 12, 7, 13), at(2026, 12, 7, 15))]
    assert times(calendar(away, head=named), OFF._replace(zone="")) == [(at(2026, 12, 24, 3), at(2026, 12, 27, 3))]


def test_a_series_keeps_to_the_clocks_on_the_wall() -> None:
    """Mutation: repeating in UTC, or in the zone of whoever imports."""
    night = "DTSTART;TZID=America/New_York:20270306T220000\nDTEND;TZID=America/New_York:20270306T230000\nRRULE:FREQ=WEEKLY;COUNT=2"
    begins = [begin.astimezone(ZoneInfo("America/New_York")).hour for begin, _ in times(calendar(night), now=at(2027, 3, 1))]
    assert begins == [22, 22] and times(calendar(night), now=at(2027, 3, 1))[1][0] == at(2027, 3, 14, 3)


LUNCH = "DTSTART:20261207T100000Z\nDTEND:20261207T120000Z"


@pytest.mark.parametrize(
    ("data", "purpose", "said"),
    [
        (b"", EXTRA, "exactly one calendar"),
        (b"\xff\xfe\x00", EXTRA, "not readable|exactly one"),
        (b"secret words\r\n", EXTRA, "not readable|exactly one"),
        (calendar(LUNCH)[:-20], EXTRA, "not readable|exactly one"),
        (calendar(LUNCH) * 2, EXTRA, "exactly one calendar"),
        (calendar(), EXTRA, "no event"),
        (calendar(LUNCH + "\nTRANSP:TRANSPARENT"), EXTRA, "no event"),
        (calendar(LUNCH, head="BEGIN:VTODO\nUID:9\nEND:VTODO\n"), EXTRA, "more than events"),
        (calendar(LUNCH, head="METHOD:REPLY\n"), EXTRA, "answer or a cancellation"),
        (calendar(LUNCH, head="X-WR-TIMEZONE:Mars/Olympus\n"), EXTRA, "not known"),
        (calendar("DTEND:20261207T120000Z"), EXTRA, "Event 1 needs a beginning"),
        (calendar(LUNCH, LUNCH.replace("10", "xx", 1)), EXTRA, "Event 2 has a field that cannot be read"),
        (calendar(LUNCH + "\nDURATION:PT1H"), EXTRA, "one of an end and a length"),
        (calendar(LUNCH + "\nDTSTART:20261208T100000Z"), EXTRA, "DTSTART more than once"),
        (calendar(LUNCH + "\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY"), EXTRA, "RRULE more than once"),
        (calendar("DTSTART:20261207T100000Z"), EXTRA, "ends before it has begun"),
        (calendar("DTSTART:20261207T100000Z\nDTEND:20261207T090000Z"), EXTRA, "ends before it has begun"),
        (calendar("DTSTART:20261207T100000Z\nDTEND:20261208T110001Z"), EXTRA, "longer than a day"),
        (calendar("DTSTART:20261207T100000Z\nDTEND:20271209T100000Z"), OFF, "longer than a year"),
        (calendar("DTSTART;VALUE=DATE:20261224"), EXTRA, "a duty has hours"),
        (calendar("DTSTART;VALUE=DATE:20261224"), OFF._replace(zone=""), "in which time zone"),
        (calendar("DTSTART;VALUE=DATE:20261224\nDTEND:20261226T100000Z"), OFF, "mixes a day with a time"),
        (calendar("DTSTART:20261207T100000\nDTEND:20261207T120000"), EXTRA, "has no time zone"),
        (calendar("DTSTART;TZID=Mars/Olympus:20261207T100000\nDURATION:PT1H"), OFF, "time zone that is not known"),
        (calendar("DTSTART:20261207T100000Z\nDTEND:20261207T120000"), OFF, "one of beginning and end only"),
        (calendar(LUNCH + "\nSTATUS:TENTATIVE"), EXTRA, "not certain yet"),
        (calendar(LUNCH + "\nRRULE:FREQ=HOURLY"), EXTRA, "repeats in a way"),
        (calendar(LUNCH + "\nRRULE:FREQ=DAILY;BYHOUR=1,2,3"), EXTRA, "repeats in a way"),
        (calendar(LUNCH + "\nRRULE:FREQ=DAILY;RSCALE=CHINESE"), EXTRA, "repeats in a way"),
        (calendar(LUNCH + "\nRRULE:FREQ=WEEKLY;BYDAY=XX"), EXTRA, "cannot be read"),
        (calendar(LUNCH + "\nEXRULE:FREQ=WEEKLY"), EXTRA, "EXRULE"),
        (calendar(LUNCH + "\nRRULE:FREQ=DAILY\nEXDATE:20261208"), EXTRA, "cannot be read|another kind"),
        (calendar(LUNCH + "\nRRULE:FREQ=DAILY\nEXDATE;VALUE=DATE:20261208"), EXTRA, "another kind"),
        (calendar(LUNCH + "\nRRULE:FREQ=DAILY\nEXDATE;TZID=Mars/Olympus:20261208T100000"), EXTRA, "EXDATE. without a time zone"),
        (calendar(LUNCH + "\nRDATE;VALUE=PERIOD:20261209T100000Z/PT1H"), EXTRA, "another kind"),
        (calendar(LUNCH + "\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261207T100000Z"), EXTRA, "RANGE"),
        (calendar(LUNCH, head="BEGIN:VEVENT\nUID:0\n" + LUNCH + "\nEND:VEVENT\n"), EXTRA, "same UID"),
        (calendar(LUNCH).replace(b"UID:0\r\n", b""), EXTRA, "no UID"),
        (calendar(*[LUNCH + "\nRRULE:FREQ=DAILY"] * 12), EXTRA, "more than 1000 times"),
        (calendar(LUNCH + "\nX-LONG:" + "x" * 1_000_000), EXTRA, "more than 1000 kB"),
        (calendar(LUNCH), Purpose("extra", "VE", "primary"), "cannot do duty primary for VE"),
        (calendar(LUNCH), Purpose("extra", "CO", "child"), "cannot do duty child"),
        (calendar(LUNCH), Purpose("extra"), "cannot do duty"),
        (calendar(LUNCH), Purpose("off", "CO"), "every duty"),
        (calendar(LUNCH), Purpose("holiday"), "Say which"),
        (calendar(LUNCH), Purpose("off", zone="Mars/Olympus"), "IANA"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(data: bytes, purpose: Purpose, said: str) -> None:
    """Mutation: any one of the checks left out."""
    with pytest.raises(CalendarError, match=said):
        read(data, ANA, purpose, NOW)


def test_a_refusal_quotes_nothing_and_names_every_event() -> None:
    """Mutation: stopping at the first event, or putting a title into the sentence."""
    bad = "SUMMARY:dinner with Rosa\nLOCATION:Calle 5\nDTSTART:20261207T100000\nDURATION:PT1H"
    with pytest.raises(CalendarError) as refused:
        read(calendar(bad, LUNCH, bad), ANA, EXTRA, NOW)
    said = str(refused.value)
    assert "Event 1 " in said and "Event 3 " in said and "Event 2" not in said
    assert not any(word in said for word in ("Rosa", "dinner", "Calle", "20261207"))
    with pytest.raises(CalendarError, match="… and 5 more"):
        read(calendar(*[bad] * 25), ANA, EXTRA, NOW)


async def test_a_calendar_replaces_what_an_earlier_one_said(engine: AsyncEngine) -> None:
    """Mutation: adding to the earlier import, taking away what the desk wrote or what is over, or another account's rows."""
    luz = member("luz")
    by_hand = extra("ana", at(2026, 12, 20, 1), at(2026, 12, 20, 2))
    await write(engine, [ANA, luz], changes=[by_hand])
    async with engine.begin() as connection:
        first = read(calendar(LUNCH, LUNCH.replace("1207T", "1209T")), ANA, EXTRA, NOW)
        assert await save(connection, ANA, EXTRA, first, NOW) == 2
        theirs = read(calendar(LUNCH), luz, EXTRA, NOW)
        assert await save(connection, luz, EXTRA, theirs, NOW) == 1
    later = at(2026, 12, 8)
    async with engine.begin() as connection:
        second = read(calendar(LUNCH.replace("1207T", "1210T")), ANA, EXTRA, later)
        assert await save(connection, ANA, EXTRA, second, later) == 1
        assert await save(connection, ANA, EXTRA, second, later) == 1
    async with engine.connect() as connection:
        there = (await snapshot.read(connection, NOW)).changes
    assert {(c.staff_id, c.begins_at.day) for c in there} == {(ANA.id, 20), (ANA.id, 7), (luz.id, 7), (ANA.id, 10)}


async def test_nobody_is_away_and_on_duty_at_once(engine: AsyncEngine) -> None:
    """Mutation: not looking at what is there, or looking at everybody's."""
    luz = member("luz")
    await write(engine, [ANA, luz], changes=[off("ana", at(2026, 12, 7), at(2026, 12, 8))])
    changes = read(calendar(LUNCH), ANA, EXTRA, NOW)
    async with engine.connect() as connection:
        with pytest.raises(CalendarError, match="ana would be away and on duty around 2026-12-07 10:00 UTC"):
            await save(connection, ANA, EXTRA, changes, NOW)
        assert await save(connection, luz, EXTRA, read(calendar(LUNCH), luz, EXTRA, NOW), NOW) == 1
        assert date(2026, 12, 7).weekday() == 0
