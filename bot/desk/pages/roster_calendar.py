"""A calendar of somebody's own into the roster: chosen, looked at, and only then saved.

Here belong these three steps. The file is read once and forgotten; between looking and saving only spans of time travel, and they
are checked again. Never here: what of a calendar is understood (``bot.roster.ical_import``), giving one out (``roster``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import Response

from bot.desk.pages.roster import MANAGES, by, heed, managed, read_roster, zones_of
from bot.desk.pages.roster_dated import WHATS, planned_country
from bot.desk.pages.roster_week import accounts, focus_on
from bot.desk.routing import page
from bot.desk.visit import Malformed, Visit
from bot.desk.words import family
from bot.roster import drafts, ical_import
from bot.roster.calendar_faults import SENTENCES, CalendarError
from bot.roster.duty import Time
from bot.roster.ical_import import MOST_BYTES, Purpose
from bot.roster.snapshot import Member, RosterSnapshot
from bot.roster.tables import DUTIES
from bot.staff import audit

family("desk.roster.import.what", WHATS)
family("desk.roster.preview", WHATS)
family("desk.roster.calendar", tuple(SENTENCES))

#: A file a little too large is refused with a sentence of ours.
_BODY: Final = MOST_BYTES + 100_000
_FIELDS: Final = ("account", "what", "duty", "zone")


@page("/roster/import", allow=MANAGES)
async def choose(visit: Visit) -> Response:
    roster = await read_roster(visit)
    country = planned_country(visit, roster)
    chosen = {"account": "", "what": "off", "duty": "primary", "zone": roster.zone_of(country)}
    return _form(visit, roster, country, chosen)


@page("/roster/import", methods=("POST",), allow=MANAGES, body_limit=_BODY)
async def look(visit: Visit) -> Response:
    roster = await read_roster(visit)
    country = planned_country(visit, roster)
    chosen = {field: visit.field(field) for field in _FIELDS}
    member, faults = _who(visit, roster, country, chosen)
    data = visit.sent.files.get("file", b"")
    if not data:
        faults["file"] = "file"
    if member is None or faults:
        return _form(visit, roster, country, chosen, faults=faults)
    try:
        changes = ical_import.read(data, member, _purpose(country, chosen), visit.now)
    except CalendarError as error:
        return _form(visit, roster, country, chosen, sentences=_said(visit, error))
    times = [(change.begins_at, change.ends_at) for change in changes]
    return visit.show(
        "roster_preview.html",
        country=country,
        chosen=chosen,
        name=member.name,
        times=times,
        packed=msgspec.json.encode([(int(a.timestamp()), int(b.timestamp())) for a, b in times]).decode(),
        place=ZoneInfo,
    )


@page("/roster/import/save", methods=("POST",), allow=MANAGES)
async def save(visit: Visit) -> Response:
    roster = await read_roster(visit)
    country = planned_country(visit, roster)
    chosen = {field: visit.field(field) for field in _FIELDS}
    member, faults = _who(visit, roster, country, chosen)
    if member is None or faults:
        return _form(visit, roster, country, chosen, faults=faults)
    purpose = _purpose(country, chosen)
    try:
        async with visit.engine.begin() as connection:
            who = by(visit, country, member.organisation)
            changes = ical_import.agreed(_times(visit.field("times")), member, purpose, visit.now)
            await ical_import.save(connection, member, purpose, changes, visit.now)
            await audit.record(connection, who.name, who.role, "exception_added", member.name, visit.now)
    except CalendarError as error:
        return _form(visit, roster, country, chosen, sentences=_said(visit, error))
    await heed(visit)
    return visit.go("/roster/plan", country=country, done="calendar")


def _who(visit: Visit, roster: RosterSnapshot, country: str, chosen: Mapping[str, str]) -> tuple[Member | None, dict[str, str]]:
    """The account, and what is wrong with the choices about it."""
    faults: dict[str, str] = {}
    member = drafts.plannable(managed(visit, roster.rows.members, country), country).get(chosen["account"])
    if chosen["what"] not in WHATS:
        raise Malformed
    if member is None:
        faults["account"] = "account"
    elif chosen["what"] == "extra" and member._replace(has_key=True).lacks(chosen["duty"], country):
        faults["duty"] = "role"
    if chosen["zone"] not in dict(zones_of(visit, country, roster.zone_of(country))):
        faults["zone"] = "zone"
    return member, faults


def _purpose(country: str, chosen: Mapping[str, str]) -> Purpose:
    extra = chosen["what"] == "extra"
    return Purpose(chosen["what"], country if extra else "", chosen["duty"] if extra else "", chosen["zone"])


def _said(visit: Visit, error: CalendarError) -> list[str]:
    """Why the calendar was refused, in the reader's language. Raises Malformed for choices that this page never offers."""
    if not error.faults:
        raise Malformed
    return [visit.t(f"desk.roster.calendar.{each.code}", **each._asdict()) for each in error.faults]


def _times(packed: str) -> list[Time]:
    """What the page of looking sent along. Raises Malformed."""
    try:
        spans = msgspec.json.decode(packed.encode(), type=list[tuple[int, int]])
        return [(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC)) for begins, ends in spans]
    except (msgspec.MsgspecError, OverflowError, ValueError, OSError):
        raise Malformed from None


def _form(
    visit: Visit,
    roster: RosterSnapshot,
    country: str,
    chosen: Mapping[str, str],
    *,
    faults: Mapping[str, str] = {},
    sentences: Sequence[str] = (),
) -> Response:
    members = drafts.plannable(managed(visit, roster.rows.members, country), country)
    return visit.show(
        "roster_import.html",
        422 if faults or sentences else 200,
        country=country,
        accounts=accounts(visit, members),
        duties=[(name, visit.t(f"desk.roster.duty.{name}")) for name in DUTIES],
        zones=zones_of(visit, country, roster.zone_of(country)),
        chosen=chosen,
        faults=faults,
        sentences=sentences,
        focus=focus_on(faults),
    )
