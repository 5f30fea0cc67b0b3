"""Who is on duty when: against a slow reading of the clocks, and by hand where a change of clocks bites."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.roster import duty
from bot.roster.duty import Change, OnDuty, Weekly, instant, joined, next_opening, on_duty, spans, until, without
from tests.bot.roster.oracle import MINUTE, STAFF, minutes, rosters

ANA, LUZ, _ = STAFF
NONE: frozenset[tuple[str, date]] = frozenset()


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type,misc]


def weekly(opens: int, closes: int, weekday: int, zone: str, **rest: Any) -> Weekly:
    given = {"id": UUID(int=9), "staff_id": ANA, "country": "CL", "duty": "primary"} | rest
    return Weekly(weekday=weekday, opens=opens, closes=closes, zone=zone, **given)


@pytest.mark.requirement("D-7")
@settings(max_examples=120)
@given(roster=rosters())
def test_every_minute_is_as_the_clocks_say(roster: Any) -> None:
    """Mutation: using fold=1 for an hour shown twice, not looking for the jump, taking holidays by the instant's day, letting
    an ``extra`` win over ``off``, looking back one week too few, or forgetting ``valid_until``."""
    shifts, changes, holidays, middle = roster
    begins, ends = middle - timedelta(hours=14), middle + timedelta(hours=14)
    told = list(minutes(shifts, changes, holidays, begins, ends))
    found = spans(shifts, changes, holidays, begins, ends)
    for now, held in told:
        assert {(s.staff_id, s.country, s.duty) for s in found if s.begins <= now < s.ends} == held, now
    # The questions, at the beginning of the window and in its middle.
    for number in (0, len(told) // 2):
        now, held = told[number]
        rest = told[number:]
        assert {tuple(o[:3]) for o in on_duty(shifts, changes, holidays, now)} == held
        for country in ("CO", "CL"):
            here = [when for when, some in rest if any(key[1] == country for key in some)]
            opening = next_opening(shifts, changes, holidays, now, country=country)
            assert (opening == here[0]) if here else (opening is None or opening >= ends)
            gone = next((when for when, some in rest if not any(key[1] == country for key in some)), None)
            shuts = until(shifts, changes, holidays, now, country=country)
            if here and here[0] == now:
                assert shuts is not None
                assert (shuts == gone) if gone else shuts >= ends
            else:
                assert shuts is None


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_spans_are_sets_of_instants(some: list[tuple[int, int]], gone: list[tuple[int, int]]) -> None:
    """Mutation: ``without`` forgetting the second absence, or ``joined`` leaving two spans that touch."""
    day = at(2027, 1, 1)
    times = [(day + a * MINUTE, day + b * MINUTE) for a, b in some]
    away = [(day + a * MINUTE, day + b * MINUTE) for a, b in gone]
    expected = {n for n in range(40) if any(a <= n < b for a, b in some) and not any(a <= n < b for a, b in gone)}
    left = without(times, away)
    assert {n for n in range(40) if any(a <= day + n * MINUTE < b for a, b in left)} == expected
    assert all(a < b for a, b in left) and all(one[1] < other[0] for one, other in pairwise(left))
    assert joined(times) == without(times, [])


@pytest.mark.requirement("D-7")
@pytest.mark.parametrize(
    ("zone", "day", "minute", "expected"),
    [
        ("America/New_York", date(2027, 3, 14), 119, at(2027, 3, 14, 6, 59)),
        ("America/New_York", date(2027, 3, 14), 120, at(2027, 3, 14, 7)),  # skipped: the jump
        ("America/New_York", date(2027, 3, 14), 179, at(2027, 3, 14, 7)),
        ("America/New_York", date(2027, 3, 14), 180, at(2027, 3, 14, 7)),
        ("America/New_York", date(2027, 11, 7), 90, at(2027, 11, 7, 5, 30)),  # twice: the first
        ("America/New_York", date(2027, 11, 7), 120, at(2027, 11, 7, 7)),
        ("America/Santiago", date(2027, 9, 5), 0, at(2027, 9, 5, 4)),  # midnight does not exist
        ("America/Santiago", date(2027, 4, 3), 1410, at(2027, 4, 4, 2, 30)),  # 23:30 twice
        ("America/Santiago", date(2027, 4, 3), 1440, at(2027, 4, 4, 4)),
        ("America/Tijuana", date(2027, 3, 13), 1440 + 150, at(2027, 3, 14, 10)),
        ("America/Sao_Paulo", date(2027, 10, 17), 0, at(2027, 10, 17, 3)),  # once changed in October; no longer
    ],
)
def test_a_time_on_the_wall_is_one_instant(zone: str, day: date, minute: int, expected: datetime) -> None:
    """Mutation: the second of two equal times, or the offset before the jump instead of the jump."""
    assert instant(zone, day, minute) == expected


@pytest.mark.requirement("D-7")
def test_shifts_meet_in_the_night_in_which_the_clocks_change() -> None:
    """Two shifts that meet at 01:30 leave no hole and do not overlap, whatever the clocks do. Mutation: another fold for an
    end than for a beginning."""
    for sunday in (date(2027, 3, 14), date(2027, 11, 7), date(2027, 6, 6)):
        for zone in ("America/New_York", "America/Tijuana"):
            late = weekly(1200, 1440 + 90, 5, zone, staff_id=ANA)
            early = weekly(90, 480, 6, zone, staff_id=LUZ)
            begins = instant(zone, sunday - timedelta(days=1), 1200)
            first, second = spans([late, early], [], NONE, begins, begins + timedelta(hours=20))
            assert (first.staff_id, second.staff_id) == (ANA, LUZ)
            assert first.ends == second.begins


@pytest.mark.requirement("D-7")
def test_a_holiday_takes_away_the_shift_that_begins_on_it() -> None:
    """Mutation: cutting the shift of the eve at midnight, or taking the holiday of another country."""
    nights = [weekly(1320, 1440 + 360, day, "America/Santiago") for day in range(7)]  # 22:00 to 06:00, three hours behind UTC
    christmas = frozenset({("CL", date(2026, 12, 25))})
    inside_eve = at(2026, 12, 25, 5)
    assert [o.until for o in on_duty(nights, [], christmas, inside_eve)] == [at(2026, 12, 25, 9)]
    evening = at(2026, 12, 26, 2)
    assert on_duty(nights, [], christmas, evening) == ()
    assert on_duty(nights, [], frozenset({("CO", date(2026, 12, 25))}), evening) != ()
    assert next_opening(nights, [], christmas, at(2026, 12, 25, 9), country="CL") == at(2026, 12, 27, 1)
    extra = Change(UUID(int=1), ANA, "extra", evening, evening + MINUTE, "CL", "primary")
    assert on_duty(nights, [extra], christmas, evening) == (OnDuty(ANA, "CL", "primary", "", evening + MINUTE),)


@pytest.mark.requirement("D-7")
def test_the_next_opening_is_looked_for_three_weeks_ahead() -> None:
    """Mutation: a search of 20 days, or one without end."""
    now = at(2027, 1, 1)
    far = at(2027, 1, 22)
    assert far - now == duty.SEARCH
    extra = lambda begins: Change(UUID(int=1), ANA, "extra", begins, begins + MINUTE, "CO", "primary")  # noqa: E731
    assert next_opening([], [extra(far - MINUTE)], NONE, now, country="CO") == far - MINUTE
    assert next_opening([], [extra(far)], NONE, now, country="CO") is None
    assert next_opening([], [extra(now)], NONE, now, country="VE") is None


def test_until_follows_shifts_that_touch() -> None:
    """Eight hours three times a day are one duty without end. Mutation: ``until`` of the present shift only."""
    days = [weekly(opens, opens + 480, day, "America/Bogota") for day in range(7) for opens in (0, 480, 960)]
    (now,) = on_duty(days, [], NONE, at(2027, 1, 1, 12))
    assert now.until == at(2027, 1, 1, 12) + duty.SEARCH
    away = Change(UUID(int=1), ANA, "off", at(2027, 1, 2), at(2027, 1, 3))
    assert until(days, [away], NONE, at(2027, 1, 1, 12)) == at(2027, 1, 2)
    assert on_duty(days, [away], NONE, at(2027, 1, 2)) == ()
    assert next_opening(days, [away], NONE, at(2027, 1, 2)) == at(2027, 1, 3)


def test_an_unknown_zone_is_a_sentence() -> None:
    """Mutation: letting ``ZoneInfoNotFoundError`` through."""
    with pytest.raises(ValueError, match="not an IANA time zone"):
        instant("America/Nowhere", date(2027, 1, 1), 0)
