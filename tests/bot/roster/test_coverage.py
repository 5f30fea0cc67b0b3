"""Two weeks ahead: every hole has a name, a beginning and an end, and nothing runs out unsaid."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from bot.roster.coverage import Coverage, coverage
from bot.roster.tables import DUTIES
from tests.bot.roster.oracle import MINUTE, STAFF, minutes, rosters
from tests.bot.roster.world import NOW, at, extra, member, off, roster, weekly

FAR = [("CO", date(2027, 12, 25), False)]
START = at(2026, 12, 7, 5)  # Monday, midnight in Bogotá


def holes(picture: Coverage, what: str, value: str = "") -> list[tuple[Any, Any]]:
    return [(hole.begins, hole.ends) for hole in picture.holes if (hole.what, hole.value) == (what, value)]


@pytest.mark.requirement("D-7")
@settings(max_examples=25)
@given(drawn=rosters())
def test_every_hole_is_named_from_its_first_to_its_last_minute(drawn: Any) -> None:
    """Against a slow reading of the clocks. Mutation: a hole that swallows a covered minute, two that touch, one left out at
    an edge, one person counted twice, a wish that only a supervisor honours."""
    shifts, changes, holidays, middle = drawn
    honours = dict(zip(STAFF, ("woman", "man", ""), strict=True))
    spoken = dict(zip(STAFF, (("es",), ("es", "en"), ("pt",)), strict=True))
    people = [member(str(i), id=i, countries=("CO", "CL"), honours=honours[i], languages=spoken[i]) for i in STAFF]
    planned = roster(people, shifts, changes, [(country, day, False) for country, day in holidays])
    begins = middle - timedelta(hours=12)
    picture = coverage(planned, "CO", begins, days=1)
    told = {
        when: {key for key in held if key[1] == "CO"} for when, held in minutes(shifts, changes, holidays, begins, picture.ends)
    }

    def expected(what: str, value: str, held: set[Any]) -> bool:
        people = {key[0] for key in held}
        if what == "duty":
            return value not in {key[2] for key in held}
        if what == "nobody":
            return not people
        if what == "one":
            return {str(each) for each in people} == {value}
        if what == "wish":
            return bool(people) and value not in {honours[each] for each in people}
        return bool(people) and value not in {language for each in people for language in spoken[each]}

    kinds = [("nobody", ""), *(("duty", duty) for duty in DUTIES), *(("one", str(each)) for each in STAFF)]
    kinds += [("wish", "woman"), ("wish", "man"), ("language", "es"), ("language", "en"), ("language", "pt")]
    assert {(hole.what, hole.value) for hole in picture.holes} <= set(kinds)
    for what, value in kinds:
        missing = {when for when, held in told.items() if expected(what, value, held)}
        found = holes(picture, what, value)
        assert {when for when in told if any(a <= when < b for a, b in found)} == missing, (what, value)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(found))
    assert picture.stretches[0].begins == begins and picture.stretches[-1].ends == picture.ends
    assert all(one.ends == other.begins for one, other in zip(picture.stretches, picture.stretches[1:], strict=False))
    for stretch in picture.stretches:
        assert {(p.name, p.duty) for p in stretch.people} == {(str(key[0]), key[2]) for key in told[stretch.begins]}


@pytest.mark.requirement("D-7")
def test_a_week_with_one_gap_reads_as_one_gap() -> None:
    """Mutation: fourteen days that end early, or a hole cut at each midnight."""
    people = [member("ana", honours="woman"), member("luis", languages=("es", "en", "pt"), honours="man")]
    shifts = [*weekly("ana", opens=0, closes=1440), *weekly("luis", opens=0, closes=1440, duty="backup")]
    day = lambda number: START + timedelta(days=number)  # noqa: E731
    away = [off("ana", day(3), day(5)), off("luis", day(4), day(6))]
    picture = coverage(roster(people, shifts, away, FAR), "CO", START)
    assert picture.ends == START + timedelta(days=14) and picture.zone == "America/Bogota" and picture.warnings == ()
    assert holes(picture, "nobody") == [(day(4), day(5))]
    assert holes(picture, "one", "luis") == [(day(3), day(4))] and holes(picture, "one", "ana") == [(day(5), day(6))]
    assert holes(picture, "duty", "primary") == [(day(3), day(5))] and holes(picture, "duty", "backup") == [(day(4), day(6))]
    assert holes(picture, "duty", "child") == holes(picture, "duty", "supervisor") == [(day(0), day(14))]
    assert holes(picture, "wish", "woman") == [(day(3), day(4))] and holes(picture, "wish", "man") == [(day(5), day(6))]
    assert holes(picture, "language", "en") == holes(picture, "language", "pt") == [(day(5), day(6))]
    assert holes(picture, "language", "es") == []
    assert [s.languages for s in picture.stretches] == [("en", "es", "pt"), ("en", "es", "pt"), (), ("es",), ("en", "es", "pt")]


@pytest.mark.requirement("D-7")
def test_whoever_does_not_pick_up_fills_no_hole() -> None:
    """Mutation: a supervisor or child protection as a second person, a language or a wish of theirs."""
    roles = {"sup": "supervisor", "nina": "child_protection"}
    others = [member(name, roles=(role,), languages=("es", "en", "pt"), honours="woman") for name, role in roles.items()]
    always = {"opens": 0, "closes": 1440}
    shifts = [*weekly("sup", duty="supervisor", **always), *weekly("nina", duty="child", **always)]
    alone = coverage(roster([*others, member("ana")], [*shifts, *weekly("ana", **always)], holidays=FAR), "CO", START)
    whole = [(START, alone.ends)]
    assert holes(alone, "one", "ana") == holes(alone, "wish", "woman") == holes(alone, "language", "en") == whole
    assert holes(alone, "duty", "supervisor") == holes(alone, "duty", "child") == holes(alone, "nobody") == []
    assert holes(coverage(roster(others, shifts, holidays=FAR), "CO", START), "nobody") == whole


@pytest.mark.requirement("L-4")
def test_other_languages_can_be_asked_for() -> None:
    """Mutation: looking for Faro's own three only."""
    planned = roster([member("ana", languages=("es", "ht"))], weekly("ana", opens=0, closes=1440))
    picture = coverage(planned, "CO", START, languages=("ht", "guc"))
    assert not holes(picture, "language", "ht") and holes(picture, "language", "guc") == [(START, picture.ends)]


@pytest.mark.requirement("D-7")
@pytest.mark.parametrize(
    ("last", "said"),
    [
        (date(2027, 3, 8), ""),
        (date(2027, 3, 6), "holidays_short"),
        (date(2027, 2, 5), "holidays_short"),
        (date(2027, 2, 4), "holidays_end"),
    ],
)
def test_a_list_of_holidays_that_runs_out_is_said(last: date, said: str) -> None:
    """90 and 60 days ahead, for each country by itself. Mutation: either limit a day off, or the list of another country."""
    days = [("CO", last, False), ("VE", date(2027, 12, 25), False)]
    warned = coverage(roster([member("ana")], weekly("ana"), holidays=days), "CO", START).warnings
    assert [(each.what, each.day) for each in warned] == ([(said, last)] if said else [])
    nothing = coverage(roster([member("ana")], weekly("ana")), "CO", START).warnings
    assert [each.what for each in nothing] == ["no_holidays"]


@pytest.mark.requirement("D-7")
def test_what_ends_or_does_not_count_is_said() -> None:
    """Mutation: telling of shifts that are over, a warning for each day of the week, or none for somebody without a key."""
    people = [member("ana"), member("luz", has_key=False), member("gone", active=False), member("abroad", countries=("VE",))]
    shifts = [
        *weekly("ana", valid_until=date(2027, 1, 5)),
        *weekly("ana", valid_until=date(2027, 1, 6), duty="backup"),
        *weekly("ana", valid_until=date(2026, 12, 6), opens=0, closes=60),
        *weekly("luz"),
        *weekly("gone", valid_until=date(2026, 12, 6)),
    ]
    extras = [extra("abroad", START, START + MINUTE), extra("gone", START - MINUTE, START)]
    warned = coverage(roster(people, shifts, extras, FAR), "CO", START).warnings
    assert [(each.what, each.subject, each.day) for each in warned] == [
        ("shift_ends", "ana", date(2027, 1, 5)),
        ("country", "abroad", None),
        ("key", "luz", None),
    ]
    empty = coverage(roster([member("luz", has_key=False)], holidays=FAR), "CO", NOW)
    assert [each.what for each in empty.warnings] == ["no_answer"]
    assert holes(empty, "nobody") == [(NOW, empty.ends)] and empty.stretches[0].people == ()
