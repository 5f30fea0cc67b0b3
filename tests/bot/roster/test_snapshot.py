"""What a roster says of a country: who counts, whether somebody is there, when somebody is next (D-7, D-12, L-4)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.countries import zones
from bot.roster import snapshot
from bot.roster.snapshot import Organisation, RosterSnapshot
from bot.staff.keys import eligible_keys
from bot.staff.tables import ROLES
from flows.facts import COUNTRIES, OnCall
from tests.bot.roster.oracle import STAFF, minutes, rosters
from tests.bot.roster.world import NOW, at, extra, member, off, roster, uid, weekly, write

LATE = at(2026, 12, 3, 3)  # 22:00 in Bogotá


def seconds(moment: datetime) -> float:
    return moment.timestamp()


@pytest.mark.requirement("D-7")
@pytest.mark.parametrize("country", COUNTRIES)
def test_each_country_says_honestly_when_somebody_is_there(country: str) -> None:
    """Roster empty, one person, a holiday, and a Sunday on which clocks may change, on the clocks of that country.

    Mutation: open without anybody, a holiday that does not count, the next opening in another zone or an hour off.
    """
    zone = zones(country)[0]
    wall = lambda day, hour: datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone))  # noqa: E731
    assert RosterSnapshot().on_call(country, seconds(NOW)) == OnCall(country=country, zone=zone)
    one = member("one", countries=(country,))
    alone = roster([one]).on_call(country, seconds(NOW))
    assert (alone.answers, alone.open_now, alone.opens_at) == (True, False, None)
    shifts = weekly("one", country=country, zone=zone)
    for sunday in (date(2027, 3, 14), date(2027, 4, 4), date(2027, 9, 5), date(2027, 11, 7)):
        monday = sunday + timedelta(days=1)
        planned = roster([one], shifts, holidays=[(country, monday, False)])
        told = planned.on_call(country, seconds(wall(sunday, 8)))
        assert told.open_now and told.opens_at is None and told.zone == zone
        assert not planned.on_call(country, seconds(wall(sunday, 8)) - 1).open_now
        assert planned.on_call(country, seconds(wall(sunday, 0))).opens_at == seconds(wall(sunday, 8))
        closed = planned.on_call(country, seconds(wall(sunday, 20)))
        assert not closed.open_now and closed.opens_at == seconds(wall(monday + timedelta(days=1), 8))


@pytest.mark.requirement("D-7")
@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ({}, True),
        ({"active": False}, False),
        ({"has_key": False}, False),
        ({"countries": ("VE",)}, False),
        ({"roles": ("child_protection",)}, False),
        ({"roles": ("coordinator", "member", "administrator", "national_focal_point")}, False),
        ({"roles": ("case_manager", "psea_focal_point")}, False),
        ({"roles": ("case_manager", "supervisor")}, True),
    ],
)
def test_an_account_counts_only_when_it_could_read_a_request(given: dict[str, Any], counts: bool) -> None:
    """Mutation: leaving out any part of ``Member.lacks``."""
    planned = roster([member("ana", **given)], weekly("ana"))
    told = planned.on_call("CO", seconds(NOW))
    assert (told.answers, told.open_now, bool(told.languages)) == (counts, counts, counts)
    assert planned.on_shift(uid("ana"), NOW) is counts
    assert bool(planned.uncounted()) is not counts
    duties = {duty for duty in ("primary", "backup", "supervisor", "child") if planned.on_duty("CO", NOW, (duty,))}
    assert duties == ({"primary"} if counts else set())


@pytest.mark.requirement("D-7")
def test_a_supervisor_alone_answers_later_and_not_now() -> None:
    """Mutation: counting a supervisor as open, or not as somebody to whom a request can be sealed."""
    told = roster([member("sup", roles=("supervisor",))], weekly("sup", duty="supervisor")).on_call("CO", seconds(NOW))
    assert (told.answers, told.open_now, told.opens_at, told.languages) == (True, False, None, ())
    told = roster([member("ana")], weekly("ana", duty="backup")).on_call("CO", seconds(NOW))
    assert told.open_now


@pytest.mark.requirement("D-9")
def test_child_protection_is_a_desk_of_its_own() -> None:
    """Mutation: opening the adults' desk with somebody for children, or the children's with a case manager."""
    people = [member("ana"), member("nina", roles=("child_protection",), languages=("pt",), honours="woman")]
    planned = roster(people, [*weekly("ana"), *weekly("nina", opens=0, closes=480, duty="child")])
    adults, children = planned.on_call("CO", seconds(NOW)), planned.on_call("CO", seconds(NOW), child=True)
    assert (adults.open_now, adults.languages, adults.women) == (True, ("es",), False)
    assert (children.open_now, children.opens_at, children.languages) == (False, seconds(at(2026, 12, 3, 5)), ("pt",))
    assert children.women and children.answers
    nobody = roster([member("ana"), member("sup", roles=("supervisor",))], weekly("ana")).on_call("CO", seconds(NOW), child=True)
    assert nobody == OnCall(country="CO", zone="America/Bogota")


@pytest.mark.requirement("D-12")
def test_who_is_left_out_is_not_there() -> None:
    """Organisations, those that have become one with them or are called like them, and accounts that stepped aside.

    Mutation: the wish for another organisation forgotten when somebody asks who is there; only the very one that was named; a list
    to choose from that no longer names the one that was chosen."""
    people = [member("ana"), member("ben", organisation="org-b", organisation_name="Organisation B")]
    shifts = [*weekly("ana"), *weekly("ben", opens=0, closes=480)]
    planned = roster(people, shifts)
    for without in (("org-a",), (uid("ana").hex,)):
        told = planned.on_call("CO", seconds(NOW), without=without)
        assert (told.answers, told.open_now, told.opens_at) == (True, False, seconds(at(2026, 12, 3, 5)))
        assert [key for key, _ in told.organisations] == ["org-a", "org-b"]
    assert planned.on_call("CO", seconds(NOW), without=("org-b",)).open_now
    for a, b in (("org-b", ""), ("", "org-a"), ("org-c", "org-c")):
        became = (Organisation("org-a", merged_into=a), Organisation("org-b", merged_into=b), Organisation("org-c"))
        told = RosterSnapshot(planned.rows._replace(organisations=became)).on_call("CO", seconds(NOW), without=("org-b",))
        assert (told.answers, told.open_now, told.opens_at) == (False, False, None)
    alike = (Organisation("org-a", "Cáritas"), Organisation("org-b", "CARITAS"))
    told = RosterSnapshot(planned.rows._replace(organisations=alike)).on_call("CO", seconds(NOW), without=("org-b",))
    assert not told.answers


@pytest.mark.requirement("D-12")
@pytest.mark.requirement("L-4")
def test_wishes_are_matched_with_who_could_answer() -> None:
    """A language that Faro does not speak, a woman, another organisation, and all of it at once.

    Mutation: matching each wish with a different person, or with somebody who is not in that country.
    """
    people = [
        member("ana", languages=("es", "ht"), honours="woman"),
        member("luis", languages=("es", "guc"), honours="man", organisation="org-b", organisation_name="Organisation B"),
        member("eva", languages=("quc",), honours="woman", countries=("GT",)),
        member("nina", languages=("kek",), roles=("child_protection",)),
        member("gone", languages=("ay",), active=False),
    ]
    planned = roster(people)
    told = planned.on_call("CO", seconds(NOW))
    assert told.languages == ("es", "guc", "ht") and told.women and told.men
    assert told.organisations == (("org-a", "Organisation A"), ("org-b", "Organisation B"))
    names = lambda **wish: [each.name for each in planned.matching("CO", **wish)]  # noqa: E731
    assert names() == ["ana", "luis"]
    assert names(language="ht") == names(wish="woman") == names(not_organisations=("org-b",)) == ["ana"]
    assert names(wish="woman", language="guc") == names(wish="man", not_organisations=("org-b",)) == names(language="quc") == []
    assert names(child=True) == names(child=True, language="kek") == ["nina"]


@pytest.mark.requirement("D-7")
@settings(max_examples=40)
@given(drawn=rosters(), step=st.integers(0, 600))
def test_the_snapshot_says_the_same_as_the_clocks(drawn: Any, step: int) -> None:
    """Mutation: a window that begins or ends within a shift, or spans of one country in another."""
    shifts, changes, holidays, middle = drawn
    people = [member(str(i), id=i, countries=("CO", "CL")) for i in STAFF]
    planned = roster(people, shifts, changes, [(country, day, False) for country, day in holidays])
    now = middle - timedelta(minutes=step)
    told = list(minutes(shifts, changes, holidays, now, now + timedelta(hours=12)))
    for country in ("CO", "CL"):
        here = [when for when, held in told if any(key[1] == country for key in held)]
        on_call = planned.on_call(country, seconds(now))
        assert on_call.open_now is (here[:1] == [now])
        if here and here[0] != now:
            assert on_call.opens_at == seconds(here[0])
        assert {each[:3] for each in planned.on_duty(country, now)} == {key for key in told[0][1] if key[1] == country}
    for person in people:
        mine = [when for when, held in told if any(key[0] == person.id for key in held)]
        span = planned.shift_of(person.id, now)
        assert (span is not None) is (mine[:1] == [now])
        if span is not None:
            gone = next((when for when, held in told if not any(key[0] == person.id for key in held)), None)
            assert span[0] <= now < span[1] and (gone is None or span[1] == gone)


def test_a_shift_has_one_beginning_whatever_the_day() -> None:
    """Mutation: a beginning that is cut at midnight of UTC, where the window of the present day begins."""
    planned = roster([member("ana", countries=("CO", "VE"))], [*weekly("ana", [2], 1200, 1200 + 1440)])
    for now in (LATE, LATE + timedelta(hours=21, minutes=30)):
        assert planned.shift_of(uid("ana"), now) == (at(2026, 12, 3, 1), at(2026, 12, 4, 1))
    assert planned.shift_of(uid("ana"), at(2026, 12, 4, 1)) is None and planned.shift_of(uid("nobody"), LATE) is None


def test_the_next_opening_is_said_in_the_zone_of_who_opens() -> None:
    """Mutation: always the capital's zone, or that of the first shift of the country."""
    people = [member("tij", countries=("MX",)), member("can", countries=("MX",))]
    shifts = [*weekly("tij", country="MX", zone="America/Tijuana"), *weekly("can", country="MX", zone="America/Cancun")]
    assert roster(people, shifts).on_call("MX", seconds(at(2026, 12, 3, 10))).zone == "America/Cancun"
    assert roster(people, shifts[:7]).on_call("MX", seconds(at(2026, 12, 3, 10))).zone == "America/Tijuana"
    assert roster(people).on_call("MX", seconds(LATE)).zone == "America/Mexico_City"


@pytest.mark.requirement("D-7")
def test_the_next_opening_is_known_three_weeks_ahead_whatever_the_hour() -> None:
    """Mutation: a search to the end of the window instead of 21 days, or a window that is too short late in the day."""
    for now in (at(2026, 12, 2), LATE, at(2026, 12, 2, 23, 59)):
        far = now + timedelta(days=21)
        last = roster([member("ana")], changes=[extra("ana", far - timedelta(minutes=1), far + timedelta(hours=1))])
        assert last.on_call("CO", seconds(now)).opens_at == seconds(far - timedelta(minutes=1)) == seconds(_opening(last, now))
        beyond = roster([member("ana")], changes=[extra("ana", far, far + timedelta(hours=1))])
        assert beyond.on_call("CO", seconds(now)).opens_at is None and beyond.next_opening("CO", now) is None


def _opening(planned: RosterSnapshot, now: datetime) -> datetime:
    opening = planned.next_opening("CO", now)
    assert opening is not None
    return opening


def test_a_shift_in_an_unknown_zone_silences_nobody_else() -> None:
    """Mutation: letting the error of one row end everybody's duty."""
    planned = roster([member("ana"), member("luz")], [*weekly("luz", zone="Mars/Olympus"), *weekly("ana")])
    assert planned.on_call("CO", seconds(NOW)).open_now
    assert {why for _, why in planned.uncounted()} == {"zone"}


@pytest.mark.requirement("P-5")
async def test_who_counts_is_who_gets_an_envelope(engine: AsyncEngine) -> None:
    """The roster and the keys must agree, or a request would be taken that nobody can open. Mutation: any difference."""
    people = [
        member(f"{role} {key} {active}", roles=(role,), has_key=key, active=active, countries=("CO", "VE"))
        for role in ROLES
        for key in (True, False)
        for active in (True, False)
    ]
    people += [member("both", roles=("case_manager", "psea_focal_point")), member("abroad", countries=("PE",))]
    await write(engine, people)
    async with engine.connect() as connection:
        planned = RosterSnapshot(await snapshot.read(connection, NOW))
        for country in ("CO", "VE", "PE", "BR"):
            for child, duties in ((False, ("primary", "supervisor")), (True, ("child",))):
                keys = await eligible_keys(connection, country=country, child=child)
                assert {each.id for each in planned.fit(country, duties)} == set(keys)
    assert {each.id for each in planned.rows.members} == {each.id for each in people}


async def test_the_rows_are_read_as_they_are(engine: AsyncEngine) -> None:
    """Mutation: a column in the place of another, exceptions that are long over, the time zone of an instant lost."""
    people = [member("ana", languages=("es", "ht"), honours="woman"), member("luis", organisation="org-b", organisation_name="B")]
    shifts = weekly("ana", [0, 3], area="Cauca", valid_from=date(2026, 1, 1), valid_until=date(2027, 1, 1))
    old = off("luis", NOW - timedelta(days=9), NOW - timedelta(days=8))
    changes = [off("ana", NOW, NOW + timedelta(days=1)), extra("luis", NOW, NOW + timedelta(hours=1))]
    days = [("CO", date(2026, 12, 8), False), ("CO", date(2026, 12, 25), True)]
    await write(engine, people, shifts, [*changes, old], days)
    async with engine.connect() as connection:
        rows = await snapshot.read(connection, NOW)
        assert rows == await snapshot.read(connection, NOW + timedelta(seconds=30))
    assert rows.members == tuple(people) and set(rows.shifts) == set(shifts) and set(rows.changes) == set(changes)
    assert list(rows.holidays) == days and RosterSnapshot(rows).closed == {("CO", date(2026, 12, 8))}
