"""The week of a country as it is planned, and the form of one weekly shift.

Here belong the page of the plan and shifts. Never here: dated changes and holidays (``roster_dated``), what a field may hold
(``bot.roster.drafts``), what becomes of a row (``bot.roster.planning``).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.responses import Response

from bot.desk.pages.roster import MANAGES, SEES, by, countries_of, country_of, heed, managed, read_roster, zones_of
from bot.desk.routing import page
from bot.desk.visit import NotHere, Visit
from bot.desk.words import family
from bot.roster import drafts, planning
from bot.roster.drafts import FAULTS, Faulty, ShiftDraft
from bot.roster.duty import Change, Weekly
from bot.roster.snapshot import Member, RosterSnapshot
from bot.roster.tables import DUTIES
from bot.staff.roles import may

#: What was done, said on the plan to which a form leads back.
DONE: Final = ("shift", "shift_gone", "change", "change_gone", "holiday", "holiday_gone", "calendar")
family("desk.roster.done", DONE)
family("desk.roster.fault", FAULTS)
family("desk.roster.plan", ("off", "extra"))

_TYPED: Final = ("account", "duty", "opens", "closes", "zone", "area", "valid_from", "valid_until")
_NEW: Final = ShiftDraft("", "primary", (), "", "", "")


# --- what forms of the roster share ----------------------------------------------------------------------------------


def mark(row: Weekly | Change | planning.Day) -> str:
    """Of a row as it was read, for the form: what is saved over must be what was seen."""
    return hashlib.sha256(repr(tuple(row)).encode()).hexdigest()[:24]


def accounts(visit: Visit, members: Mapping[str, Member]) -> list[tuple[str, str]]:
    """(id, what the list says) of those who may be planned."""
    return [(id, m.name if m.has_key else visit.t("desk.roster.account.no_key", name=m.name)) for id, m in members.items()]


def focus_on(faults: Mapping[str, str]) -> Any:
    """Gives the attributes that put the reader at the first field that is wrong."""
    first = next(iter(faults), "")
    return lambda field: {"autofocus": "autofocus"} if field == first else {}


def clock(minute: int) -> str:
    """ "08:00" of minutes after midnight."""
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def typed_day(day: date | None) -> str:
    return day.isoformat() if day else ""


# --- the plan --------------------------------------------------------------------------------------------------------


@page("/roster/plan", allow=SEES)
async def plan(visit: Visit) -> Response:
    roster = await read_roster(visit)
    country = country_of(visit, roster)
    if not country:
        return visit.show("roster_nowhere.html")
    zone = roster.zone_of(country)
    today = visit.now.astimezone(ZoneInfo(zone)).date()
    async with visit.engine.connect() as connection:
        holidays = await planning.holidays(connection, country, today)
    mine = {member.id for member in managed(visit, roster.rows.members, country)}
    done = visit.query("done")
    return visit.show(
        "roster_plan.html",
        country=country,
        countries=countries_of(visit),
        zone=zone,
        place=ZoneInfo,
        week=_week(roster, country, today, mine),
        changes=_changes(visit, roster, country, mine),
        holidays=holidays,
        manages=bool(mine),
        decides=may(visit.actor, "manage_roster", country=country),
        done=done if done in DONE else "",
    )


def _week(roster: RosterSnapshot, country: str, today: date, mine: set[uuid.UUID]) -> list[dict[str, Any]]:
    """Each day with its shifts: those that are over are left out, those to come are there."""
    listed = [
        shift for shift in roster.rows.shifts if shift.country == country and not (shift.valid_until and shift.valid_until < today)
    ]
    listed.sort(key=lambda shift: (shift.opens, DUTIES.index(shift.duty), roster.name(shift.staff_id)))
    return [
        {"number": number, "shifts": [_shown(roster, shift, mine) for shift in listed if shift.weekday == number]}
        for number in range(7)
    ]


def _shown(roster: RosterSnapshot, shift: Weekly, mine: set[uuid.UUID]) -> dict[str, Any]:
    ends = "24:00" if shift.closes == 1440 else clock(shift.closes)
    return shift._asdict() | {
        "clocks": f"{clock(shift.opens)}–{ends}",
        "next_day": shift.closes > 1440,
        "name": roster.name(shift.staff_id),
        "lacks": roster.lacks(shift),
        "mine": shift.staff_id in mine,
    }


def _changes(visit: Visit, roster: RosterSnapshot, country: str, mine: set[uuid.UUID]) -> list[dict[str, Any]]:
    """Absences of whoever works in this country, and duties in addition there, that are not over."""
    here = {member.id for member in roster.rows.members if country in member.countries}
    return [
        change._asdict() | {"name": roster.name(change.staff_id), "mine": change.staff_id in mine}
        for change in roster.rows.changes
        if change.begins_at < change.ends_at and change.ends_at > visit.now
        if (change.country == country if change.what == "extra" else change.staff_id in here)
    ]


# --- one shift -------------------------------------------------------------------------------------------------------


@page("/roster/shift/new", allow=MANAGES)
async def new_shift(visit: Visit) -> Response:
    roster = await read_roster(visit)
    country = _country(visit, roster)
    return _form(visit, roster, country, _NEW._replace(zone=roster.zone_of(country)))


@page("/roster/shift/new", methods=("POST",), allow=MANAGES)
async def add_shift(visit: Visit) -> Response:
    roster = await read_roster(visit)
    country = _country(visit, roster)
    draft = _typed(visit)
    members = drafts.plannable(managed(visit, roster.rows.members, country), country)
    try:
        rows = _checked(roster, drafts.shifts(draft, country, members))
    except Faulty as faulty:
        return _form(visit, roster, country, draft, faults=faulty.faults)
    member = members[draft.account]
    async with visit.engine.begin() as connection:
        await planning.add_shifts(connection, rows, member.name, by(visit, country, member.organisation), visit.now)
    await heed(visit)
    return visit.go("/roster/plan", country=country, done="shift")


@page("/roster/shift/{id:uuid}", allow=MANAGES)
async def edit_shift(visit: Visit) -> Response:
    roster = await read_roster(visit)
    row, origin = await _row(visit, roster)
    return _form(visit, roster, row.country, _as_typed(row), row=row, origin=origin)


@page("/roster/shift/{id:uuid}", methods=("POST",), allow=MANAGES)
async def change_shift(visit: Visit) -> Response:
    roster = await read_roster(visit)
    row, origin = await _row(visit, roster)
    draft = _typed(visit)
    members = drafts.plannable(managed(visit, roster.rows.members, row.country), row.country)
    if visit.field("was") != mark(row):
        return _form(visit, roster, row.country, _as_typed(row), row=row, origin=origin, stale=True)
    try:
        found = drafts.shifts(draft._replace(days=draft.days[:1]), row.country, members, [row.id])
        (new,) = _checked(roster, found)
    except Faulty as faulty:
        return _form(visit, roster, row.country, draft, row=row, origin=origin, faults=faulty.faults)
    member = members[draft.account]
    async with visit.engine.begin() as connection:
        who = by(visit, row.country, member.organisation)
        done = await planning.change_shift(connection, row, new, member.name, who, visit.now)
    if not done:
        return await _overtaken(visit)
    await heed(visit)
    return visit.go("/roster/plan", country=row.country, done="shift")


@page("/roster/shift/{id:uuid}/remove", methods=("POST",), allow=MANAGES)
async def remove_shift(visit: Visit) -> Response:
    roster = await read_roster(visit)
    row, origin = await _row(visit, roster)
    if visit.field("was") != mark(row):
        return _form(visit, roster, row.country, _as_typed(row), row=row, origin=origin, stale=True)
    member = roster.members[row.staff_id]
    async with visit.engine.begin() as connection:
        who = by(visit, row.country, member.organisation)
        done = await planning.remove_shift(connection, row, origin, member.name, who, visit.now)
    if not done:
        return await _overtaken(visit)
    await heed(visit)
    return visit.go("/roster/plan", country=row.country, done="shift_gone")


def _country(visit: Visit, roster: RosterSnapshot) -> str:
    """The country for which something is planned. Raises NotHere where this person plans nothing there."""
    country = country_of(visit, roster)
    if not country or not may(visit.actor, "manage_roster", country=country):
        raise NotHere
    return country


async def _row(visit: Visit, roster: RosterSnapshot) -> tuple[Weekly, str]:
    """The shift that the path names, if this person plans it. Raises NotHere."""
    async with visit.engine.connect() as connection:
        found = await planning.shift(connection, visit.values["id"])
    member = roster.members.get(found[0].staff_id) if found else None
    # One that was emptied (``planning.remove_shift``) is not there any more.
    over = found is not None and found[0].valid_until is not None and found[0].valid_until < visit.now.date() - timedelta(days=1)
    if found is None or member is None or over:
        raise NotHere
    by(visit, found[0].country, member.organisation)
    return found


async def _overtaken(visit: Visit) -> Response:
    """Between looking and saving, somebody else was faster: how it stands now."""
    roster = await read_roster(visit)
    row, origin = await _row(visit, roster)
    return _form(visit, roster, row.country, _as_typed(row), row=row, origin=origin, stale=True)


def _checked(roster: RosterSnapshot, rows: list[Weekly]) -> list[Weekly]:
    if any(drafts.repeated(row, roster.rows.shifts) for row in rows):
        raise Faulty({"days": "same"})
    return rows


def _typed(visit: Visit) -> ShiftDraft:
    account, duty, opens, closes, zone, area, since, until = (visit.field(name) for name in _TYPED)
    return ShiftDraft(account, duty, visit.fields("days"), opens, closes, zone, area, since, until)


def _as_typed(row: Weekly) -> ShiftDraft:
    return ShiftDraft(
        row.staff_id.hex, row.duty, (str(row.weekday),), clock(row.opens), clock(row.closes), row.zone, row.area,
        typed_day(row.valid_from), typed_day(row.valid_until),
    )  # fmt: skip


def _form(
    visit: Visit,
    roster: RosterSnapshot,
    country: str,
    draft: ShiftDraft,
    *,
    row: Weekly | None = None,
    origin: str = "",
    faults: Mapping[str, str] = {},
    stale: bool = False,
) -> Response:
    members = drafts.plannable(managed(visit, roster.rows.members, country), country)
    return visit.show(
        "roster_shift.html",
        409 if stale else 422 if faults else 200,
        id=row.id if row else None,
        was=mark(row) if row else "",
        origin=origin,
        country=country,
        accounts=accounts(visit, members),
        duties=[(name, visit.t(f"desk.roster.duty.{name}")) for name in DUTIES],
        days=[(str(number), visit.t.weekday(number)) for number in range(7)],
        zones=zones_of(visit, country, row.zone if row else ""),
        draft=draft,
        faults=faults,
        focus=focus_on(faults),
        stale=stale,
    )
