"""Windows mean the clock on the person's wall, and a dump does not show them."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.tickets.guard import Guard, Windows
from bot.tickets.references import reference
from flows.facts import WINDOW_NAMES, WINDOWS
from tests.bot.tickets.world import BOGOTA, SECRET

TICKET = bytes(range(16))
MINUTE = timedelta(minutes=1)

#: Zones whose clocks change at night, at midnight, by half an hour, never; and Troll, by two hours.
ZONES = (
    BOGOTA, "America/Santiago", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Antarctica/Troll",
    "America/Nuuk", "Pacific/Easter", "Asia/Beirut", "America/Sao_Paulo", "UTC",
)  # fmt: skip
zones = st.sampled_from(ZONES)
names = st.sets(st.sampled_from(WINDOW_NAMES), min_size=1).map(tuple)
#: Two years in which all of these change their clocks.
instants = st.datetimes(datetime(2024, 1, 1), datetime(2025, 12, 20)).map(
    lambda at: at.replace(second=0, microsecond=0, tzinfo=UTC)
)


def inside(windows: Windows, at: datetime) -> bool:
    """Slowly and plainly."""
    wall = at.astimezone(ZoneInfo(windows.zone)).time()
    return any(wall.hour * 60 + wall.minute in range(*WINDOWS[name]) for name in windows.names)


def changes(zone: str, year: int) -> list[datetime]:
    """The hours of a year around which the clocks of a zone change."""
    place, start = ZoneInfo(zone), datetime(year, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=hour) for hour in range(24 * 366)]
    return [a for a, b in itertools.pairwise(hours) if a.astimezone(place).utcoffset() != b.astimezone(place).utcoffset()]


@given(zone=zones, names=names, at=instants)
@settings(max_examples=30)
def test_every_minute_of_two_days_agrees_with_the_wall(zone: str, names: tuple[str, ...], at: datetime) -> None:
    """Mutation: reckoning in UTC, or with the offset of another day; a window that includes its end."""
    windows = Windows(zone, names)
    agree(windows, at)


@pytest.mark.requirement("D-5")
@pytest.mark.parametrize("zone", [zone for zone in ZONES if zone not in (BOGOTA, "UTC", "America/Sao_Paulo")])
@pytest.mark.parametrize("names", [("night", "early"), ("evening", "midday")])
def test_on_the_days_on_which_clocks_change_too(zone: str, names: tuple[str, ...]) -> None:
    """Opening and end, minute by minute, from the evening before each change until the evening after it.

    Mutation: a wall time that never was, or was twice, taken for the first instant that comes to mind."""
    found = changes(zone, 2024)
    assert found
    for change in found:
        agree(Windows(zone, names), change - timedelta(hours=20), step=53)


def agree(windows: Windows, at: datetime, step: int = 97) -> None:
    minutes = [at + timedelta(minutes=each) for each in range(2 * 1440 + 1)]
    open_ones = [inside(windows, each) for each in minutes]
    assert [windows.open_at(each) for each in minutes[::11]] == open_ones[::11]
    ahead = [*open_ones, None]
    for index in range(0, 1440, step):
        opening = next((minutes[each] for each in range(index, len(minutes)) if open_ones[each]), None)
        closing = next((minutes[each] for each in range(index, len(minutes)) if ahead[each] is False), None)
        if opening is not None:
            assert windows.opens_at(minutes[index]) == opening
        if not open_ones[index]:
            assert windows.until(minutes[index]) is None
        elif closing is not None:
            assert windows.until(minutes[index]) == closing


@pytest.mark.parametrize("wrong", [("Mars/Olympus", ("any",), 2), ("../../etc/passwd", ("any",), 2), ("", ("any",), 2)])
def test_a_zone_that_does_not_exist_is_refused(wrong: tuple[str, tuple[str, ...], int]) -> None:
    """Mutation: finding out when somebody is to be called."""
    with pytest.raises(ValueError, match="not an IANA time zone"):
        Windows(*wrong)


@pytest.mark.parametrize(("names", "tries"), [((), 2), (("noon",), 2), (("any",), 0), (("any",), 6)])
def test_windows_and_tries_are_of_closed_sets(names: tuple[str, ...], tries: int) -> None:
    """Mutation: a check left out."""
    with pytest.raises(ValueError, match=r"needed|agreed"):
        Windows(BOGOTA, names, tries)


@given(zone=st.sampled_from(sorted(available_timezones())), names=names, tries=st.integers(1, 5))
@settings(max_examples=60)
def test_what_was_sealed_is_opened_and_its_length_says_nothing(zone: str, names: tuple[str, ...], tries: int) -> None:
    """Mutation: a text that is not padded to one size; an order of windows that says how they were chosen."""
    guard, windows = Guard(SECRET), Windows(zone, names, tries)
    guarded = guard.seal(TICKET, windows)
    assert guard.open(TICKET, guarded) == windows
    assert len(guarded) == len(guard.seal(TICKET, Windows("UTC")))
    assert guard.open(TICKET, guarded) == Windows(zone, tuple(reversed(names)), tries)


def test_it_opens_for_this_ticket_and_this_secret_only() -> None:
    """Where nobody knows when, nobody is contacted. Mutation: no additional data; an exception, or windows out of thin air."""
    guard = Guard(SECRET)
    guarded = guard.seal(TICKET, Windows(BOGOTA))
    assert guard.open(bytes(16), guarded) is None
    assert Guard(SECRET[::-1]).open(TICKET, guarded) is None
    assert guard.open(TICKET, None) is None and guard.open(TICKET, b"") is None and guard.open(TICKET, b"short") is None
    for at in range(0, len(guarded), 9):
        changed = bytearray(guarded)
        changed[at] ^= 1
        assert guard.open(TICKET, bytes(changed)) is None


def test_the_secret_is_long_and_is_not_shown() -> None:
    """Mutation: a short secret; a key in the repr."""
    with pytest.raises(ValueError, match="SECRET_KEY"):
        Guard(b"short")
    assert repr(Guard(SECRET)) == "Guard(…)"


def test_marks_lead_nowhere_and_differ() -> None:
    """Mutation: one key for openings and messages; a hash that anybody can make; fields that run into each other."""
    guard, other = Guard(SECRET), Guard(SECRET[::-1])
    marks = {
        guard.opening(TICKET, 1), guard.opening(TICKET, 2), guard.opening(bytes(16), 1), other.opening(TICKET, 1),
        guard.message(TICKET, "\0\0\0\0\0\0\0\1"), guard.message(TICKET, "1"), guard.message(bytes(16), "1"),
        other.message(TICKET, "1"),
    }  # fmt: skip
    assert len(marks) == 8 and all(len(mark) == 32 for mark in marks)


def test_a_reference_can_be_read_out() -> None:
    """Mutation: letters that are taken for digits; the bytes of the id itself."""
    assert reference(TICKET) == reference(TICKET) != reference(bytes(16))
    for number in range(200):
        ticket_id = number.to_bytes(16)
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", reference(ticket_id))
    assert len({reference(number.to_bytes(16)) for number in range(20_000)}) == 20_000
