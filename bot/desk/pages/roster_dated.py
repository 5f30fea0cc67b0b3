"""Forms of what deviates from the week: absences, extra shifts, holidays.

Here belong these forms. Never here: weekly shifts (``roster_week``), what a field may hold (``bot.roster.drafts``), what becomes of
a row (``bot.roster.planning``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from starlette.responses import Response

from bot.desk.pages.roster import MANAGES, by, country_of, heed, managed, read_roster, zones_of
from bot.desk.pages.roster_week import accounts, clock, focus_on, mark
from bot.desk.routing import page
from bot.desk.visit import NotHere, Visit
from bot.desk.words import family
from bot.roster import drafts, planning
from bot.roster.drafts import ChangeDraft, Faulty
from bot.roster.duty import Change
from bot.roster.snapshot import Member, RosterSnapshot
from bot.roster.tables import DUTIES
from bot.staff.roles import may

What = Literal["off", "extra"]
WHATS: Final[tuple[What, ...]] = ("off", "extra")
_TYPED: Final = ("account", "zone", "begins_day", "ends_day", "begins_clock", "ends_clock")
family("desk.roster.new", ("shift", *WHATS, "holiday"))
family("desk.roster.edit", ("shift", *WHATS, "holiday"))


# --- absences and extra shifts ---------------------------------------------------------------------------------------


@page("/roster/off", allow=MANAGES)
async def new_off(visit: Visit) -> Response:
    return await _new(visit, "off")


@page("/roster/extra", allow=MANAGES)
async def new_extra(visit: Visit) -> Response:
    return await _new(visit, "extra")


@page("/roster/off", methods=("POST",), allow=MANAGES)
async def add_off(visit: Visit) -> Response:
    return await _add(visit, "off")


@page("/roster/extra", methods=("POST",), allow=MANAGES)
async def add_extra(visit: Visit) -> Response:
    return await _add(visit, "extra")


async def _new(visit: Visit, what: What) -> Response:
    roster = await read_roster(visit)
    country = planned_country(visit, roster)
    draft = ChangeDraft(what, "", roster.zone_of(country), "", duty="primary" if what == "extra" else "")
    return _form(visit, roster, country, draft)


async def _add(visit: Visit, what: What) -> Response:
    roster = await read_roster(visit)
    country = planned_country(visit, roster)
    draft = _typed(visit, what)
    members = drafts.plannable(managed(visit, roster.rows.members, country), country)
    try:
        row = _checked(roster, drafts.change(draft, country, members, visit.now))
    except Faulty as faulty:
        return _form(visit, roster, country, draft, faults=faulty.faults)
    member = members[draft.account]
    async with visit.engine.begin() as connection:
        await planning.add_exception(connection, row, member.name, by(visit, country, member.organisation), visit.now)
    await heed(visit)
    return visit.go("/roster/plan", country=country, done="change")


@page("/roster/change/{id:uuid}", allow=MANAGES)
async def edit_change(visit: Visit) -> Response:
    roster = await read_roster(visit)
    row, origin, member = await _row(visit, roster)
    country = _of(visit, roster, row, member)
    return _form(visit, roster, country, _as_typed(row, roster.zone_of(country)), row=row, origin=origin)


@page("/roster/change/{id:uuid}", methods=("POST",), allow=MANAGES)
async def save_change(visit: Visit) -> Response:
    roster = await read_roster(visit)
    row, origin, member = await _row(visit, roster)
    country = _of(visit, roster, row, member)
    draft = _typed(visit, "extra" if row.what == "extra" else "off")
    if visit.field("was") != mark(row):
        return _stands(visit, roster, country, row, origin)
    members = drafts.plannable(managed(visit, roster.rows.members, country), country)
    try:
        new = _checked(roster, drafts.change(draft, country, members, visit.now, row.id))
    except Faulty as faulty:
        return _form(visit, roster, country, draft, row=row, origin=origin, faults=faulty.faults)
    planned = members[draft.account]
    async with visit.engine.begin() as connection:
        who = by(visit, country, planned.organisation)
        done = await planning.change_exception(connection, row, new, planned.name, who, visit.now)
    return await _saved(visit, country, done, "change")


@page("/roster/change/{id:uuid}/remove", methods=("POST",), allow=MANAGES)
async def remove_change(visit: Visit) -> Response:
    roster = await read_roster(visit)
    row, origin, member = await _row(visit, roster)
    country = _of(visit, roster, row, member)
    if visit.field("was") != mark(row):
        return _stands(visit, roster, country, row, origin)
    async with visit.engine.begin() as connection:
        who = by(visit, country, member.organisation)
        done = await planning.remove_exception(connection, row, origin, member.name, who, visit.now)
    return await _saved(visit, country, done, "change_gone")


async def _saved(visit: Visit, country: str, done: bool, what: str) -> Response:
    if not done:
        roster = await read_roster(visit)
        row, origin, _ = await _row(visit, roster)
        return _stands(visit, roster, country, row, origin)
    await heed(visit)
    return visit.go("/roster/plan", country=country, done=what)


def planned_country(visit: Visit, roster: RosterSnapshot | None) -> str:
    """The country for which something is planned. Raises NotHere where this person plans nothing there."""
    country = country_of(visit, roster)
    if not country or not may(visit.actor, "manage_roster", country=country):
        raise NotHere
    return country


async def _row(visit: Visit, roster: RosterSnapshot) -> tuple[Change, str, Member]:
    """What the path names, who wrote it and whose it is. Raises NotHere; also for one that was emptied or is over."""
    async with visit.engine.connect() as connection:
        found = await planning.exception(connection, visit.values["id"])
    member = roster.members.get(found[0].staff_id) if found else None
    if found is None or member is None or found[0].ends_at <= max(found[0].begins_at, visit.now):
        raise NotHere
    return found[0], found[1], member


def _of(visit: Visit, roster: RosterSnapshot, row: Change, member: Member) -> str:
    """The country for which it is planned: of an absence, any of the account's that this person plans. Raises NotHere."""
    listed = (row.country,) if row.what == "extra" else member.countries
    mine = [code for code in listed if may(visit.actor, "manage_roster", country=code, organisation=member.organisation)]
    asked = visit.field("country") or visit.query("country")
    if not mine:
        raise NotHere
    return asked if asked in mine else mine[0]


def _checked(roster: RosterSnapshot, row: Change) -> Change:
    if drafts.clashing(row, (each for each in roster.rows.changes if each.id != row.id)):
        raise Faulty({"begins_day": "clash"})
    return row


def _typed(visit: Visit, what: What) -> ChangeDraft:
    account, zone, first, last, opens, closes = (visit.field(name) for name in _TYPED)
    return ChangeDraft(what, account, zone, first, last, opens, closes, visit.field("duty") if what == "extra" else "")


def _as_typed(row: Change, zone: str) -> ChangeDraft:
    """In the zone of the country; whole days have no times."""
    begins, ends = (moment.astimezone(ZoneInfo(zone)) for moment in (row.begins_at, row.ends_at))
    opens, closes = begins.hour * 60 + begins.minute, ends.hour * 60 + ends.minute
    last: date = ends.date()
    if row.what == "off" and not opens and not closes:
        return ChangeDraft("off", row.staff_id.hex, zone, begins.date().isoformat(), (last - timedelta(days=1)).isoformat())
    return ChangeDraft(
        "extra" if row.what == "extra" else "off", row.staff_id.hex, zone, begins.date().isoformat(), last.isoformat(),
        clock(opens), clock(closes), row.duty,
    )  # fmt: skip


def _stands(visit: Visit, roster: RosterSnapshot, country: str, row: Change, origin: str) -> Response:
    """Somebody else was faster: how it stands now."""
    draft = _as_typed(row, roster.zone_of(country))
    return _form(visit, roster, country, draft, row=row, origin=origin, stale=True)


def _form(
    visit: Visit,
    roster: RosterSnapshot,
    country: str,
    draft: ChangeDraft,
    *,
    row: Change | None = None,
    origin: str = "",
    faults: Mapping[str, str] = {},
    stale: bool = False,
) -> Response:
    members = drafts.plannable(managed(visit, roster.rows.members, country), country)
    return visit.show(
        "roster_change.html",
        409 if stale else 422 if faults else 200,
        id=row.id if row else None,
        was=mark(row) if row else "",
        origin=origin,
        country=country,
        accounts=accounts(visit, members),
        duties=[(name, visit.t(f"desk.roster.duty.{name}")) for name in DUTIES],
        zones=zones_of(visit, country, draft.zone if row else ""),
        draft=draft,
        faults=faults,
        focus=focus_on(faults),
        stale=stale,
    )


# --- holidays --------------------------------------------------------------------------------------------------------


@page("/roster/holiday", allow=MANAGES)
async def new_holiday(visit: Visit) -> Response:
    return _holiday_form(visit, planned_country(visit, None))


@page("/roster/holiday", methods=("POST",), allow=MANAGES)
async def add_holiday(visit: Visit) -> Response:
    country, works = planned_country(visit, None), bool(visit.field("works"))
    try:
        day = drafts.day_of(visit.field("day"), visit.now)
        async with visit.engine.begin() as connection:
            if not await planning.add_holiday(connection, country, day, works, by(visit, country), visit.now):
                raise Faulty({"day": "same"})
    except Faulty as faulty:
        return _holiday_form(visit, country, day=visit.field("day"), works=works, faults=faulty.faults)
    await heed(visit)
    return visit.go("/roster/plan", country=country, done="holiday")


@page("/roster/holiday/{id:uuid}", allow=MANAGES)
async def edit_holiday(visit: Visit) -> Response:
    row = await _listed(visit)
    return _holiday_form(visit, row.country, row=row, works=row.works)


@page("/roster/holiday/{id:uuid}", methods=("POST",), allow=MANAGES)
async def save_holiday(visit: Visit) -> Response:
    row = await _listed(visit)
    done = visit.field("was") == mark(row)
    if done:
        async with visit.engine.begin() as connection:
            done = await planning.set_works(connection, row, bool(visit.field("works")), by(visit, row.country), visit.now)
    return await _holiday_saved(visit, done, row, "holiday")


@page("/roster/holiday/{id:uuid}/remove", methods=("POST",), allow=MANAGES)
async def remove_holiday(visit: Visit) -> Response:
    row = await _listed(visit)
    done = visit.field("was") == mark(row)
    if done:
        async with visit.engine.begin() as connection:
            done = await planning.remove_holiday(connection, row, by(visit, row.country), visit.now)
    return await _holiday_saved(visit, done, row, "holiday_gone")


async def _holiday_saved(visit: Visit, done: bool, row: planning.Day, what: str) -> Response:
    if not done:
        now = await _listed(visit)
        return _holiday_form(visit, now.country, row=now, works=now.works, stale=True)
    await heed(visit)
    return visit.go("/roster/plan", country=row.country, done=what)


async def _listed(visit: Visit) -> planning.Day:
    """The day that the path names. Raises NotHere where this person decides nothing in its country."""
    async with visit.engine.connect() as connection:
        row = await planning.holiday(connection, visit.values["id"])
    if row is None:
        raise NotHere
    by(visit, row.country)
    return row


def _holiday_form(
    visit: Visit,
    country: str,
    *,
    row: planning.Day | None = None,
    day: str = "",
    works: bool = False,
    faults: Mapping[str, str] = {},
    stale: bool = False,
) -> Response:
    return visit.show(
        "roster_holiday.html",
        409 if stale else 422 if faults else 200,
        id=row.id if row else None,
        listed=row,
        was=mark(row) if row else "",
        country=country,
        day=day,
        works=works,
        faults=faults,
        focus=focus_on(faults),
        stale=stale,
    )
