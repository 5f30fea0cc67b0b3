"""Roster files and lists of holidays: taken in whole or not at all, again without a change, faults with their lines."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from dateutil.easter import easter
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.roster import holidays, snapshot
from bot.roster.holidays import HolidayError, HolidayList, reaches
from bot.roster.loading import load
from bot.roster.reading import RosterError, read
from bot.roster.snapshot import RosterSnapshot
from bot.roster.tables import Shift
from bot.staff.tables import AuditEntry
from flows.facts import COUNTRIES
from tests.bot.roster.world import NOW, at, extra, member, weekly, write

ANA, NINA, SUP = member("ana"), member("nina", roles=("child_protection",)), member("sup", roles=("supervisor",), has_key=False)
PEOPLE = [ANA, NINA, SUP, member("gone", active=False), member("ear", roles=("case_manager", "psea_focal_point"))]
SHIFT = {
    "staff": "ana",
    "country": "CO",
    "duty": "primary",
    "days": ["mon"],
    "from": "08:00",
    "to": "20:00",
    "zone": "America/Bogota",
}
FILE = """
[[shift]]
staff = "ana"
country = "CO"
duty = "primary"
days = ["mon-wed", "sat"]
from = "20:00"
to = "08:00"
zone = "America/Bogota"
area = "Norte de Santander"
valid_until = 2027-06-30

[[off]]
staff = "ana"
from = 2026-12-24
to = 2026-12-26
zone = "America/Bogota"

[[extra]]
staff = "nina"
country = "CO"
duty = "child"
from = 2026-12-25T08:00:00-05:00
to = 2026-12-25T14:00:00
zone = "America/Bogota"

[[holiday]]
country = "CO"
day = 2026-12-08
works = true

[[holiday]]
country = "CO"
day = 2026-12-31
"""


def one(kind: str, **fields: object) -> str:
    """A file of one entry."""
    lines = [f"{key} = {value if not isinstance(value, (str, list)) else repr(value)}" for key, value in fields.items()]
    return f"# a comment\n[[{kind}]]\n" + "\n".join(lines) + "\n"


def test_a_file_is_read_as_it_says() -> None:
    """Mutation: an end in the morning on the same day, the last day of an absence left out, a wall time in UTC."""
    plan = read(FILE, PEOPLE)
    assert [(s.weekday, s.opens, s.closes, s.duty, s.country) for s in plan.shifts] == [
        (day, 1200, 1920, "primary", "CO") for day in (0, 1, 2, 5)
    ]
    assert {(s.staff_id, s.zone, s.area, s.valid_from, s.valid_until) for s in plan.shifts} == {
        (ANA.id, "America/Bogota", "Norte de Santander", None, date(2027, 6, 30))
    }
    away, more = plan.changes
    assert away[2:] == ("off", at(2026, 12, 24, 5), at(2026, 12, 27, 5), "", "")
    assert more[2:] == ("extra", at(2026, 12, 25, 13), at(2026, 12, 25, 19), "CO", "child")
    assert plan.holidays == {("CO", date(2026, 12, 8)): True, ("CO", date(2026, 12, 31)): False}
    assert plan.without_key == () and len({row.id for row in (*plan.shifts, *plan.changes)}) == 6
    assert read(one("shift", **SHIFT | {"staff": "sup", "duty": "supervisor"}), PEOPLE).without_key == ("sup",)
    for clock, span in ((("00:00", "24:00"), (0, 1440)), (("08:00", "08:00"), (480, 1920)), (("00:00", "00:00"), (0, 1440))):
        (shift,) = read(one("shift", **SHIFT | dict(zip(("from", "to"), clock, strict=True))), PEOPLE).shifts
        assert (shift.opens, shift.closes) == span
    assert [s.weekday for s in read(one("shift", **SHIFT | {"days": ["sat-mon"]}), PEOPLE).shifts] == [5, 6, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (one("shift", **SHIFT | {"staff": "nobody"}), r"line 2 \(\[\[shift\]\] of nobody\): there is no account"),
        ("\n\n" + one("shift", **SHIFT | {"duty": "night"}), r"line 4 .* duty 'night' is none"),
        (FILE + one("shift", **SHIFT | {"country": "AR"}), rf"line {len(FILE.splitlines()) + 2} .* one of the fourteen"),
        (one("shift", **SHIFT | {"staff": "gone"}), "has left"),
        (one("shift", **SHIFT | {"country": "VE"}), "does not work for VE"),
        (one("shift", **SHIFT | {"duty": "child"}), "role child_protection"),
        (one("shift", **SHIFT | {"staff": "nina"}), "role case_manager"),
        (one("shift", **SHIFT | {"staff": "ear"}), "none that hears complaints"),
        (one("shift", **SHIFT | {"zone": "Mars/Olympus"}), "IANA"),
        (one("shift", **SHIFT | {"from": "8:00"}), "no time of a day"),
        (one("shift", **SHIFT | {"from": "24:00"}), "no time of a day"),
        (one("shift", **SHIFT | {"to": "24:01"}), "no time of a day"),
        (one("shift", **SHIFT | {"days": ["mon", "mon-fri"]}), "each once"),
        (one("shift", **SHIFT | {"days": []}), "each once"),
        (one("shift", **SHIFT | {"days": ["monday"]}), "is no day"),
        (one("shift", **SHIFT | {"area": "x" * 61}), "60 characters"),
        (one("shift", **SHIFT, valid_from=date(2027, 2, 1), valid_until=date(2027, 1, 1)), "lies before"),
        (one("shift", **SHIFT, note="mine"), "unknown field `note`"),
        (one("shift", staff="ana"), "missing required field"),
        (one("shift", **SHIFT) * 2, r"line 11 .* in the file already"),
        (one("off", **{"staff": "ana", "from": date(2026, 12, 24)}), "needs a zone"),
        (one("off", **{"staff": "ana", "from": "2026-12-24"}), "without quotes"),
        (one("off", **{"staff": "ana", "from": "2026-12-24", "zone": "America/Bogota"}), "without quotes"),
        (one("off", **{"staff": "ana", "from": "@"}).replace("'@'", "2026-12-24T10:00:00Z"), "by a year at most"),
        (one("off", **{"staff": "ana", "from": date(2026, 12, 24), "to": date(2027, 12, 25), "zone": "UTC"}), "by a year at most"),
        (one("off", **{"staff": "ana", "from": date(2026, 12, 24), "zone": "UTC"}) * 2, "in the file already"),
        (one("extra", **{"staff": "ana", "from": date(2026, 12, 24), "zone": "UTC"}), "one of the fourteen"),
        (
            one("extra", **{"staff": "ana", "country": "CO", "duty": "primary", "from": date(2026, 12, 24), "zone": "UTC"})
            + one("off", **{"staff": "ana", "from": date(2026, 12, 24), "to": date(2026, 12, 26), "zone": "UTC"}),
            "ana is both .* around 2026-12-24 00:00 UTC",
        ),
        (one("holiday", country="AR", day=date(2026, 12, 24)), "one of the fourteen"),
        (one("holiday", country="CO", day=date(2026, 12, 24)) * 2, "in the file already"),
        (one("holyday", country="CO", day=date(2026, 12, 24)), "'holyday'"),
        ("[shift]\nstaff = 'ana'", "two brackets"),
        ("[[shift]\n", "not readable as TOML.*line 1"),
        ("shift = [{ staff = 'ana' }, { staff = 'nobody' }]", r"entry 2 \(\[\[shift\]\] of nobody\)"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line_and_its_account(text: str, said: str) -> None:
    """Mutation: any check left out, or lines counted over entries of another kind."""
    with pytest.raises(RosterError, match=said):
        read(text, PEOPLE)


def test_every_fault_is_told_at_once() -> None:
    """Mutation: stopping at the first."""
    with pytest.raises(RosterError) as refused:
        read(one("shift", **SHIFT | {"duty": "night"}) + one("off", staff="ana") + one("shift", **SHIFT | {"zone": "x"}), PEOPLE)
    assert [line.split(" ")[1] for line in str(refused.value).splitlines()] == ["2", "14", "11"]
    with pytest.raises(RosterError, match="… and 3 more"):
        read(one("shift", **SHIFT | {"duty": "night"}) * 23, PEOPLE)


async def _there(engine: AsyncEngine) -> snapshot.Read:
    async with engine.connect() as connection:
        return await snapshot.read(connection, NOW)


async def test_loading_again_changes_nothing_and_keeps_what_others_wrote(engine: AsyncEngine) -> None:
    """Mutation: new ids at each load, deleting rows of the desk, leaving those of an earlier file, a holiday of the desk
    overwritten, no audit entry."""
    by_hand = extra("ana", at(2026, 12, 20, 1), at(2026, 12, 20, 2))
    await write(engine, PEOPLE, weekly("ana", [6]), [by_hand], [("CO", date(2026, 12, 25), True)])
    lists = {"CO": _list("CO", "2026-12-08", "2026-12-25"), "VE": _list("VE", "2026-12-24")}
    loaded = await load(engine, FILE, lists, NOW)
    assert (loaded.added, loaded.removed) == (9, 0)
    first = await _there(engine)
    assert len(first.shifts) == 5 and len(first.changes) == 3
    assert first.holidays == (
        ("CO", date(2026, 12, 8), True),
        ("CO", date(2026, 12, 25), True),
        ("CO", date(2026, 12, 31), False),
        ("VE", date(2026, 12, 24), False),
    )
    again = await load(engine, FILE, lists, NOW)
    assert (again.added, again.removed) == (0, 0) and await _there(engine) == first
    shorter = await load(engine, one("shift", **SHIFT), lists, NOW)
    assert (shorter.added, shorter.removed) == (2, 8)
    rest = await _there(engine)
    assert sorted(s.weekday for s in rest.shifts) == [0, 6] and [c.id for c in rest.changes] == [by_hand.id]
    assert rest.holidays == ((*first.holidays[0][:2], False), first.holidays[1], first.holidays[3])
    async with engine.connect() as connection:
        entries = (await connection.execute(select(AuditEntry.actor, AuditEntry.what))).all()  # type: ignore[call-overload]
    assert [tuple(entry) for entry in entries] == [("command", "roster_loaded")] * 2


async def test_what_the_desk_took_over_is_left_alone(engine: AsyncEngine) -> None:
    """Mutation: putting a row of the file in again under its id although the desk changed it."""
    await write(engine, PEOPLE)
    text = one("shift", **SHIFT)
    await load(engine, text, {}, NOW)
    async with engine.begin() as connection:
        await connection.execute(update(Shift).values(origin="desk", opens=540))
    assert (await load(engine, text, {}, NOW))[:2] == (0, 0)
    assert [shift.opens for shift in (await _there(engine)).shifts] == [540]
    assert (await load(engine, "", {}, NOW))[:2] == (0, 0)


async def test_a_file_with_a_fault_changes_nothing(engine: AsyncEngine) -> None:
    """Mutation: committing what came before the fault."""
    await write(engine, PEOPLE)
    await load(engine, FILE, {}, NOW)
    before = await _there(engine)
    with pytest.raises(RosterError):
        await load(engine, one("shift", **SHIFT) + one("shift", **SHIFT | {"staff": "nobody"}), {}, NOW)
    assert await _there(engine) == before


# --- holidays --------------------------------------------------------------------------------------------------------


def _list(code: str, *days: str) -> HolidayList:
    named = tuple(holidays.Day(date.fromisoformat(day), "a day") for day in days)
    return HolidayList(code=code, source="law", until=date(2027, 12, 31), status="unconfirmed", days=named)


def _days(code: str) -> set[date]:
    return {each.day for each in holidays.load()[code].days}


@pytest.mark.requirement("D-7")
def test_the_lists_that_ship_cover_every_country_until_the_end_of_2027() -> None:
    """Computed from the rules of the laws where they are rules. Mutation: a movable day on the wrong day."""
    lists = holidays.load()
    assert tuple(lists) == COUNTRIES
    good_friday = easter(2027) - timedelta(days=2)
    for code, listed in lists.items():
        days = [each.day for each in listed.days]
        assert listed.until == date(2027, 12, 31) and listed.status == "unconfirmed" and listed.source.startswith("law")
        assert date(2026, 12, 1) <= days[0] and date(2027, 12, 25) <= days[-1] <= listed.until
        assert {date(2026, 12, 25), date(2027, 1, 1), date(2027, 12, 25)} <= set(days), code
        assert (good_friday in days) is (code not in ("MX", "US")), code
        assert (good_friday - timedelta(days=1) in days) is (code in ("CO", "VE", "PE", "GT", "HN", "SV", "CR")), code
    nth = lambda month, weekday, n: [  # noqa: E731
        day for day in (date(2027, month, d) for d in range(1, 29)) if day.weekday() == weekday
    ][n - 1]
    assert {nth(2, 0, 1), nth(3, 0, 3), nth(11, 0, 3)} <= _days("MX")
    assert {nth(1, 0, 3), nth(2, 0, 3), nth(9, 0, 1), nth(10, 0, 2), nth(11, 3, 4)} <= _days("US")
    carnival = {easter(2027) - timedelta(days=48), easter(2027) - timedelta(days=47)}
    assert carnival <= _days("VE") and carnival <= _days("EC") and not carnival & _days("BR")
    corpus = easter(2027) + timedelta(days=60)
    assert corpus in _days("DO") and corpus in _days("TT") and easter(2027) + timedelta(days=1) in _days("TT")
    # Ley 51 of Colombia: the Monday on or after.
    feasts = [(1, 6), (3, 19), (6, 29), (8, 15), (10, 12), (11, 1), (11, 11)]
    moved = [date(2027, month, day) for month, day in feasts] + [easter(2027) + timedelta(days=n) for n in (39, 60, 68)]
    assert {day + timedelta(days=-day.weekday() % 7) for day in moved} <= _days("CO")


async def test_the_shipped_lists_load_and_warn_in_time(engine: AsyncEngine) -> None:
    """Mutation: loading one country only, or a reach that is that of another."""
    await load(engine, "", holidays.load(), NOW)
    there = (await _there(engine)).holidays
    assert {code for code, _, _ in there} == set(COUNTRIES) and not any(works for _, _, works in there)
    assert all((reaches(there, code) or NOW.date()) >= date(2027, 12, 25) for code in COUNTRIES)
    assert reaches(there, "AR") is None
    assert ("CO", date(2026, 12, 8)) in RosterSnapshot(await _there(engine)).closed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('code = "AR"', "one of the fourteen"),
        ('source = " "', "no source"),
        ("days = []", "at least one"),
        ("days = [{ day = 2026-12-25, name = 'b' }, { day = 2026-12-24, name = 'a' }]", "stand in order"),
        ("until = 2026-12-01", "after `until`"),
        ('status = "perhaps"', "Correct that field"),
        ("extra = 1", "unknown field"),
    ],
)
def test_a_list_that_cannot_be_trusted_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """Mutation: any one of the checks left out."""
    fields = {"code": '"CO"', "source": '"law"', "until": "2027-12-31", "status": '"unconfirmed"'}
    fields["days"] = "[{ day = 2026-12-24, name = 'a' }]"
    path = tmp_path / "holidays.toml"
    whole = lambda: "[[country]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items())  # noqa: E731
    path.write_text(whole(), encoding="utf-8")
    assert set(holidays.load(path)) == {"CO"}
    path.write_text(whole() * 2, encoding="utf-8")
    with pytest.raises(HolidayError, match="twice"):
        holidays.load(path)
    key, value = text.split(" = ", 1)
    fields[key] = value
    path.write_text(whole(), encoding="utf-8")
    with pytest.raises(HolidayError, match=said):
        holidays.load(path)


def test_a_list_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    """Mutation: letting the parser's own error through."""
    with pytest.raises(HolidayError, match="Name a readable list"):
        holidays.load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[[", encoding="utf-8")
    with pytest.raises(HolidayError, match="Correct the line"):
        holidays.load(tmp_path / "bad.toml")


async def test_ids_of_a_file_are_stable(engine: AsyncEngine) -> None:
    """Mutation: an id that depends on the order of the file or on the account's id instead of its name."""
    await write(engine, PEOPLE)
    await load(engine, FILE, {}, NOW)
    parts = FILE.split("\n\n")
    assert (await load(engine, "\n\n".join(reversed(parts)), {}, NOW))[:2] == (0, 0)
    async with engine.begin() as connection:
        await connection.execute(insert(Shift).values(**weekly("ana", [4])[0]._asdict()))
    assert (await load(engine, FILE, {}, NOW))[:2] == (0, 0)
