"""Weeks, four weeks and twelve weeks together: what comes out at one time gives nothing away of what came out at another."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.statistics.periods import FIRST, Period, around, released
from bot.statistics.releases import FourWeeks, TwelveWeeks, four_weeks, twelve_weeks
from tests.bot.statistics.oracle import Feasible

PERIOD = around("twelve_weeks", date(2026, 7, 1))
PARTS = PERIOD.parts("four_weeks")
COUNTRIES = ("CO", "PE", "TT")
VALUES = ("health", "legal", "unsaid")

amounts = st.integers(0, 3) | st.integers(0, 12) | st.sampled_from([0, 0, 0, 1, 30])


@st.composite
def counted(draw: st.DrawFn) -> Counter[tuple[date, str, str]]:
    """Counts of twelve weeks, in one week of each four: which of them makes no difference to countries and values."""
    counts: Counter[tuple[date, str, str]] = Counter()
    for part, country, value in itertools.product(PARTS, COUNTRIES, VALUES):
        counts[part.start + timedelta(weeks=draw(st.integers(0, 3))), country, value] += draw(amounts)
    return counts


class Reader:
    """Everybody who has kept everything that ever came out of one indicator. The variables: country x value x four weeks."""

    def __init__(self, fours: list[FourWeeks], twelve: TwelveWeeks) -> None:
        self.names = list(itertools.product(range(3), COUNTRIES, VALUES))
        known: list[tuple[list[int], int]] = []
        for number, four in enumerate(fours):
            if four.total is not None:
                known.append((self.where(part=number), four.total))
            known += [(self.where(part=number, value=value), each) for value, each in four.values.items() if each is not None]
        if twelve.total is not None:
            known.append((self.where(), twelve.total))
        known += [(self.where(country=country), each) for country, each in twelve.countries.items() if each is not None]
        known += [
            (self.where(country=country, value=value), each) for (country, value), each in twelve.cells.items() if each is not None
        ]
        self.feasible = Feasible(known, len(self.names))

    def where(self, part: int | None = None, country: str = "", value: str = "") -> list[int]:
        return [
            index
            for index, (its_part, its_country, its_value) in enumerate(self.names)
            if part in (None, its_part) and country in ("", its_country) and value in ("", its_value)
        ]

    def cannot_tell(self, true: int, threshold: int, part: int | None = None, country: str = "", value: str = "") -> None:
        names = self.where(part, country, value)
        low, high = self.feasible.least(names), self.feasible.most(names)
        assert high - low > threshold - 1 - 1e-6, (part, country, value, true, low, high)
        if true < threshold:
            assert low < 1e-6 and high > threshold - 1 - 1e-6, (part, country, value, true, low, high)


def truth(counts: Counter[tuple[date, str, str]], start: date, weeks: int, country: str = "", value: str = "") -> int:
    end = start + timedelta(weeks=weeks)
    return sum(
        number
        for (week, its_country, its_value), number in counts.items()
        if start <= week < end and country in ("", its_country) and value in ("", its_value)
    )


#: Two small countries that need one thing only: that they need nothing else would follow from what is left of the whole network.
LEFT_OVER = Counter({(part.start, "PE", value): 20 for part in PARTS for value in VALUES})
LEFT_OVER.update({(PARTS[0].start, "CO", "health"): 3, (PARTS[0].start, "TT", "health"): 3})


@pytest.mark.requirement("T-2")
@settings(max_examples=120, deadline=None)
@given(counted(), st.sampled_from([5, 10]))
@example(LEFT_OVER, 5)
def test_nothing_hidden_follows_from_everything_that_ever_came_out(counts: Counter[tuple[date, str, str]], threshold: int) -> None:
    """Mutation: slices are joined, totals of values come out too, a hidden country's row is shown, ``upward_only`` is dropped."""
    fours = [four_weeks(counts, part, COUNTRIES, VALUES, threshold) for part in PARTS]
    twelve = twelve_weeks({"need": (counts, VALUES)}, PERIOD, COUNTRIES, threshold)["need"]
    reader = Reader(fours, twelve)
    for number, four in enumerate(fours):
        for value, shown in four.values.items():
            true = truth(counts, PARTS[number].start, 4, value=value)
            assert shown in (None, true) and (shown is None or shown >= threshold)
            if shown is None:
                reader.cannot_tell(true, threshold, part=number, value=value)
        if four.total is None:
            reader.cannot_tell(truth(counts, PARTS[number].start, 4), threshold, part=number)
    for country, shown in twelve.countries.items():
        true = truth(counts, PERIOD.start, 12, country)
        assert shown in (None, true) and (shown is None or shown >= threshold)
        if shown is None:
            reader.cannot_tell(true, threshold, country=country)
    for (country, value), shown in twelve.cells.items():
        true = truth(counts, PERIOD.start, 12, country, value)
        assert shown in (None, true) and (shown is None or shown >= threshold)
        if shown is None:
            reader.cannot_tell(true, threshold, country=country, value=value)
        assert shown is None or twelve.countries[country] is not None, "a hidden country shows none of its row"


@pytest.mark.requirement("T-2")
@settings(max_examples=60, deadline=None)
@given(st.lists(amounts, min_size=4, max_size=4), st.sampled_from([5, 10]))
def test_weeks_do_not_give_one_another_away(weekly: list[int], threshold: int) -> None:
    """Mutation: a single week is hidden beside the total of its four weeks."""
    counts = {(week.start, "CO", "all"): number for week, number in zip(PARTS[0].parts("week"), weekly, strict=True)}
    shown = four_weeks(counts, PARTS[0], COUNTRIES, ("all",), threshold)
    assert shown.total == (sum(weekly) if sum(weekly) >= threshold else None)
    known = [([index], each) for index, each in enumerate(shown.weeks.values()) if each is not None]
    if shown.total is not None:
        known.append(([0, 1, 2, 3], shown.total))
    feasible = Feasible(known, 4)
    for index, (each, true) in enumerate(zip(shown.weeks.values(), weekly, strict=True)):
        assert each is not None or feasible.most([index]) - feasible.least([index]) > threshold - 1 - 1e-6
        assert each is None or each == true >= threshold


@pytest.mark.requirement("T-2")
@settings(max_examples=60, deadline=None)
@given(counted(), counted())
def test_a_country_hidden_in_one_figure_is_hidden_in_all_of_the_same_requests(
    needs: Counter[tuple[date, str, str]], ages: Counter[tuple[date, str, str]]
) -> None:
    """Mutation: each indicator of a family hides countries by itself; the total in the one gives away that in the other."""
    both = twelve_weeks({"need": (needs, VALUES), "age": (ages, VALUES)}, PERIOD, COUNTRIES, 5)
    hidden = [{country for country, shown in each.countries.items() if shown is None} for each in both.values()]
    assert hidden[0] == hidden[1] and len(hidden[0]) != 1
    if both["need"].total is None:
        assert hidden[0] == set(COUNTRIES) and all(shown is None for shown in both["need"].cells.values())


@settings(max_examples=40, deadline=None)
@given(counted(), counted())
def test_what_came_out_does_not_change_with_what_comes_after(
    counts: Counter[tuple[date, str, str]], later: Counter[tuple[date, str, str]]
) -> None:
    """Mutation: four weeks are hidden by looking at the weeks after them."""
    first = PARTS[0]
    longer = Counter({key: number for key, number in counts.items() if key[0] < first.end})
    longer.update({key: number for key, number in later.items() if key[0] >= first.end})
    assert four_weeks(counts, first, COUNTRIES, VALUES, 5) == four_weeks(longer, first, COUNTRIES, VALUES, 5)


def test_a_network_with_many_requests_shows_nearly_everything() -> None:
    """Mutation: everything is hidden, which is safe and of no use."""
    counts = {(week.start, country, value): 9 for week in PERIOD.parts("week") for country in COUNTRIES for value in VALUES}
    counts[PARTS[1].start, "TT", "legal"] = 0
    for week in PERIOD.parts("week"):
        counts[week.start, "PE", "unsaid"] = 0
    twelve = twelve_weeks({"need": (counts, VALUES)}, PERIOD, COUNTRIES, 5)["need"]
    hidden = {cell for cell, shown in twelve.cells.items() if shown is None}
    assert ("PE", "unsaid") in hidden and len(hidden) == 4, "the small one, and the three around it"
    assert twelve.cells["CO", "health"] is not None or twelve.cells["TT", "health"] is not None
    assert None not in twelve.countries.values()


@pytest.mark.requirement("T-3")
def test_periods_are_fixed_and_come_out_late() -> None:
    """Mutation: a period moves with the day on which one asks, or comes out before seven days have passed."""
    for kind, weeks in (("week", 1), ("four_weeks", 4), ("twelve_weeks", 12)):
        period = around(kind, date(2026, 11, 27))  # type: ignore[arg-type]
        assert period.start.weekday() == 0 and (period.end - period.start).days == 7 * weeks
        assert period.last == period.end - timedelta(days=1)
        assert all(around(kind, period.start + timedelta(days=day)) == period for day in range(7 * weeks))  # type: ignore[arg-type]
        whole = around("four_weeks", period.start) if kind == "week" else period
        assert not period.released(whole.end + timedelta(days=6))
        assert period.released(whole.end + timedelta(days=7))
        assert not period.released(whole.end + timedelta(days=6), delay=0), "no setting makes it earlier"
        assert not period.released(whole.end + timedelta(days=29), delay=30)
        with pytest.raises(ValueError, match="no period of this kind"):
            Period(period.start + timedelta(days=1), kind)  # type: ignore[arg-type]
    twelve = around("twelve_weeks", date(2026, 11, 27))
    assert [len(twelve.parts(kind)) for kind in ("week", "four_weeks", "twelve_weeks")] == [12, 3, 1]
    assert {week.start for four in twelve.parts("four_weeks") for week in four.parts("week")} == {
        week.start for week in twelve.parts("week")
    }


def test_the_newest_periods_that_are_out() -> None:
    """Mutation: an unreleased period is listed, or those before the first."""
    today = date(2026, 11, 27)
    for kind in ("week", "four_weeks", "twelve_weeks"):
        found = released(kind, today, most=3)  # type: ignore[arg-type]
        assert len(found) == 3 and all(period.released(today) for period in found)
        following = around(kind, found[0].end)  # type: ignore[arg-type]
        assert not following.released(today)
        assert [period.end for period in found[1:]] == [period.start for period in found[:-1]]
    assert released("week", FIRST + timedelta(days=34), most=9) == ()
    assert len(released("week", FIRST + timedelta(days=35), most=9)) == 4
