"""Who is on duty: now, for oneself, and in the picture of the next two weeks with every hole.

Here belong reading pages of the roster, and what its other pages share (the country looked at, the roster as it stands). Never
here: changes (``roster_week``, ``roster_dated``), calendars brought in (``roster_calendar``), holes (``bot.roster.coverage``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from starlette.responses import Response

from bot.countries import zones
from bot.desk import picture
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import NotHere, Visit
from bot.desk.words import family
from bot.doctor import served
from bot.roster import snapshot
from bot.roster.coverage import DAYS, WISHES, Coverage, Hole, coverage
from bot.roster.duty import Span, spans
from bot.roster.ical import export
from bot.roster.planning import By
from bot.roster.snapshot import Member, RosterSnapshot
from bot.roster.tables import DUTIES
from bot.staff.roles import acting_as, may
from flows.facts import COUNTRIES

SEES: Final = ANY_OF("see_roster")
MANAGES: Final = ANY_OF("manage_roster")

family("desk.roster.duty", DUTIES)
family("desk.roster.wish", WISHES)
family(
    "desk.roster.warned",
    ("no_answer", "no_holidays", "holidays_short", "holidays_end", "shift_ends", "left", "key", "country", "role", "zone"),
)


class Gap(NamedTuple):
    """Everything of one kind that is missing."""

    what: str
    said: str
    times: list[Hole]
    open: bool
    """Shown without asking: nobody is there at all, or little else."""


class Opening(NamedTuple):
    """Whether somebody picks requests up now, and when next; None: not in sight."""

    open: bool
    at: datetime | None


# --- what the roster's pages share -----------------------------------------------------------------------------------


async def read_roster(visit: Visit) -> RosterSnapshot:
    """The roster as the database has it at this moment: what was just saved is in it."""
    async with visit.engine.connect() as connection:
        return RosterSnapshot(await snapshot.read(connection, visit.now))


async def heed(visit: Visit) -> None:
    """Let this process follow a change at once; others do within half a minute."""
    if visit.desk.parts.roster is not None:
        await visit.desk.parts.roster.refresh()


def countries_of(visit: Visit) -> list[str]:
    """Countries of this deployment whose roster this person sees."""
    named = served(visit.desk.settings)
    return [code for code in COUNTRIES if (not named or code in named) and may(visit.actor, "see_roster", country=code)]


def country_of(visit: Visit, roster: RosterSnapshot | None = None) -> str:
    """The country that was asked for; else the first with shifts. Raises NotHere where this person may not see it."""
    seen = countries_of(visit)
    asked = visit.field("country") or visit.query("country")
    if asked:
        if asked not in seen:
            raise NotHere
        return asked
    planned = {shift.country for shift in roster.shifts} if roster else set()
    return next((code for code in seen if code in planned), seen[0] if seen else "")


def managed(visit: Visit, members: Sequence[Member], country: str) -> list[Member]:
    """Those whose shifts in a country this person plans."""
    return [m for m in members if may(visit.actor, "manage_roster", country=country, organisation=m.organisation)]


def by(visit: Visit, country: str, organisation: str = "") -> By:
    """Who changes it, and by which role. Raises NotHere where this person may not."""
    role = acting_as(visit.actor, "manage_roster", country=country, organisation=organisation)
    if role is None:
        raise NotHere
    return By(visit.actor.name, role)


def zones_of(visit: Visit, country: str, present: str = "") -> list[tuple[str, str]]:
    """(IANA zone, its city) of a country, and the one that a row has already."""
    listed = zones(country)
    return [(name, visit.t.city(name)) for name in (*listed, *((present,) if present and present not in listed else ()))]


# --- pages -----------------------------------------------------------------------------------------------------------


@page("/roster", allow=SEES, nav=30)
async def overview(visit: Visit) -> Response:
    roster = await read_roster(visit)
    country = country_of(visit, roster)
    if not country:
        return visit.show("roster_nowhere.html")
    drawn = coverage(roster, country, visit.now)
    return visit.show(
        "roster.html",
        country=country,
        countries=countries_of(visit),
        zone=drawn.zone,
        place=ZoneInfo,
        on_duty=[
            {"name": roster.name(each.staff_id), "duty": each.duty, "area": each.area, "until": each.until}
            for each in sorted(roster.on_duty(country, visit.now), key=lambda each: DUTIES.index(each.duty))
        ],
        opening=_opening(roster, country, visit.now),
        mine=_mine(roster, visit),
        picture=picture.rows(drawn),
        stretches=drawn.stretches,
        gaps=_gaps(visit, drawn),
        warnings=drawn.warnings,
    )


@page("/roster/mine.ics", allow=SEES)
async def own_calendar(visit: Visit) -> Response:
    """One's own shifts for a year, for whoever is signed in: no address that somebody else could keep asking."""
    roster = await read_roster(visit)
    data = export(roster, visit.now, staff_id=visit.actor.id)
    return Response(data, media_type="text/calendar", headers={"content-disposition": 'attachment; filename="shifts.ics"'})


def _opening(roster: RosterSnapshot, country: str, now: datetime) -> Opening:
    at = roster.next_opening(country, now)
    return Opening(at is not None and at <= now, at)


def _mine(roster: RosterSnapshot, visit: Visit) -> list[dict[str, Any]]:
    """One's own time on duty in the next two weeks; one line for what is the same at once in several countries."""
    own = [shift for shift in roster.shifts if shift.staff_id == visit.actor.id]
    changes = [change for change in roster.changes if change.staff_id == visit.actor.id]
    found: list[Span] = spans(own, changes, roster.closed, visit.now, visit.now + timedelta(days=DAYS))
    lines: dict[tuple[datetime, datetime, str], list[str]] = {}
    for span in found:
        lines.setdefault((span.begins, span.ends, span.duty), []).append(span.country)
    return [
        {
            "begins": begins,
            "ends": ends,
            "runs": begins <= visit.now,
            "duty": duty,
            "countries": countries,
            "zone": roster.zone_of(countries[0], visit.actor.id),
        }
        for (begins, ends, duty), countries in lines.items()
    ]


def _gaps(visit: Visit, drawn: Coverage) -> list[Gap]:
    """Holes by what is missing, in the order of ``coverage``."""
    t = visit.t
    said = {
        "nobody": lambda value: t("desk.roster.gap.nobody"),
        "one": lambda value: t("desk.roster.gap.one", name=value),
        "duty": lambda value: t("desk.roster.gap.duty", duty=t(f"desk.roster.duty.{value}")),
        "wish": lambda value: t("desk.roster.gap.wish", wish=t(f"desk.roster.wish.{value}")),
        "language": lambda value: t("desk.roster.gap.language", language=t.language(value)),
    }
    order = list(said)
    ordered = sorted(drawn.holes, key=lambda hole: (order.index(hole.what), hole.value, hole.begins))
    found = [(key, list(holes)) for key, holes in groupby(ordered, key=lambda hole: (hole.what, hole.value))]
    return [Gap(what, said[what](value), holes, what == "nobody" or len(holes) <= 2) for (what, value), holes in found]
