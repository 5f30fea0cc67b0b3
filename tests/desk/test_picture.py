"""The drawing of two weeks: every minute of it once, by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from bot.desk.picture import Bar, rows
from bot.roster.coverage import coverage
from tests.bot.roster.oracle import STAFF, rosters
from tests.bot.roster.world import at, member, off, roster, weekly

ANA, LUZ = member("ana"), member("luz", roles=("case_manager", "child_protection"))


def drawn(known: Any, now: datetime, country: str = "CO", days: int = 14) -> list[Any]:
    return rows(coverage(known, country, now, days=days))


@pytest.mark.requirement("D-7")
def test_a_day_is_cut_where_the_number_of_people_changes() -> None:
    """From now, to the end of the last day. Mutation: hours of UTC; a bar over midnight; before now drawn as covered."""
    known = roster([ANA, LUZ], [*weekly("ana"), *weekly("luz", opens=480, closes=720, duty="backup")])
    days = drawn(known, at(2026, 12, 2, 15))  # 10:00 in Bogotá
    assert [row.day for row in days] == [date(2026, 12, 2) + timedelta(days=step) for step in range(15)]
    assert days[0].bars == [Bar(600, 720, 2), Bar(720, 1200, 1), Bar(1200, 1440, 0)]
    assert days[1].bars == [Bar(0, 480, 0), Bar(480, 720, 2), Bar(720, 1200, 1), Bar(1200, 1440, 0)]
    assert days[-1].bars == [Bar(0, 480, 0), Bar(480, 600, 2)]
    assert (Bar(360, 720, 1).x, Bar(360, 720, 1).width, Bar(1080, 1440, 0).clocks) == ("25.00%", "25.00%", "18:00–24:00")


def test_lanes_tell_duties_apart() -> None:
    """Mutation: child protection counted among those who pick up at once; one person in two duties counted twice."""
    known = roster([ANA, LUZ], [*weekly("ana"), *weekly("ana", duty="backup"), *weekly("luz", duty="child", opens=0, closes=1440)])
    day = drawn(known, at(2026, 12, 2, 5))[0]
    assert [bar.people for bar in day.bars] == [0, 1, 0]
    assert day.lanes["child"] == [Bar(0, 1440, 1)] and day.lanes["supervisor"] == [Bar(0, 1440, 0)]


def test_an_absence_takes_its_hours_out() -> None:
    """Mutation: drawing what is planned instead of who is there."""
    known = roster([ANA], weekly("ana", opens=0, closes=1440), [off("ana", at(2026, 12, 3, 15), at(2026, 12, 3, 17))])
    assert drawn(known, at(2026, 12, 2, 5))[1].bars == [Bar(0, 600, 1), Bar(600, 720, 0), Bar(720, 1440, 1)]


@pytest.mark.parametrize(("month", "day"), [(9, 5), (4, 4)])
def test_when_clocks_change_noon_stands_in_the_middle(month: int, day: int) -> None:
    """Chile, both ways. Mutation: places by hours since midnight, which shift everything on a day of 23 hours."""
    year = 2027
    planned = weekly("ana", opens=720, closes=840, country="CL", zone="America/Santiago")
    known = roster([member("ana", countries=("CL",))], planned)
    begins = datetime(year, month, day - 1, 12, tzinfo=ZoneInfo("America/Santiago")).astimezone(UTC)
    for row in drawn(known, begins, "CL", 4)[1:4]:
        assert [(bar.opens, bar.closes) for bar in row.bars if bar.people] == [(720, 840)], row.day
        assert (row.bars[0].opens, row.bars[-1].closes) == (0, 1440)


@settings(max_examples=40, deadline=None)
@given(drawn_roster=rosters())
def test_bars_are_whole_and_in_order(drawn_roster: Any) -> None:
    """Whatever the roster and the zone. Mutation: a stretch lost or drawn twice around midnight or a change of clocks."""
    shifts, changes, holidays, middle = drawn_roster
    people = [member(str(i), id=i, countries=("CO", "CL")) for i in STAFF]
    known = roster(people, shifts, changes, [(country, day, False) for country, day in holidays])
    for country in ("CO", "CL"):
        picture = rows(coverage(known, country, middle - timedelta(days=3), days=6))
        assert [row.day for row in picture] == sorted({row.day for row in picture})
        for place, row in enumerate(picture):
            for bars in row.lanes.values():
                assert all(0 <= bar.opens < bar.closes <= 1440 for bar in bars)
                if 0 < place < len(picture) - 1:
                    # The hour that is shown twice is drawn once; an hour that is skipped leaves its place empty.
                    assert bars[0].opens in (0, 60) and bars[-1].closes == 1440
                assert all(abs(after.opens - before.closes) <= 60 for before, after in pairwise(bars))
