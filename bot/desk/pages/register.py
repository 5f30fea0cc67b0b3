"""The register of complaints, without content, and the figures about them: for independent organisations only.

Here belong its pages, the choice of weeks and country, and a file that two people agree to. Never here: what an entry holds
(``bot.complaints.register``), how small numbers are hidden (``bot.statistics``), the rule of two (``bot.staff.second_person``).

Whoever approves sees what exactly is asked for: an approval holds a digest only, and the page compares it with those of all files
that could be asked for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.complaints import register as kept
from bot.complaints.register import Entry
from bot.complaints.statistics import BOOK
from bot.complaints.tables import INBOXES, STATES
from bot.countries import served
from bot.desk.figures import Say, bars, groups, largest
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Malformed, NotHere, Visit
from bot.desk.words import family
from bot.staff import accounts, second_person
from bot.staff.roles import Actor
from bot.statistics.tables import Figures, questions
from bot.tickets.counting import week_of
from bot.tickets.sight import NotThere

SEES: Final = ANY_OF("see_register")
EXPORTS: Final = ANY_OF("export_register")
DONE: Final = ("asked", "approved")
WEEKS: Final = (1, 4, 12, 26)
"""How far back; entries live no longer."""
FORMATS: Final = ("csv", "hxl")
COLUMNS: Final = ("reference", "week", "country", "inbox", "about", "accepted", "forwarded", "receipts", "answered", "state")

family("desk.register.done", DONE)
family("desk.register.column", COLUMNS)
family("desk.register.inbox", INBOXES)
family("desk.register.state", STATES)
family("desk.register.step", ("in_time", "late", "open"))
family("desk.register.what", tuple(BOOK.indicators))


@dataclass(frozen=True, slots=True)
class Choice:
    """One file that could be asked for."""

    weeks: int
    until: date
    """The Monday of the last week."""
    country: str
    """Empty: all of the asker's."""
    format: str

    @property
    def since(self) -> date:
        return self.until - timedelta(weeks=self.weeks - 1)

    def digest(self, asker: Actor) -> bytes:
        asked = {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "countries": [self.country] if self.country else sorted(asker.countries),
            "format": self.format,
        }
        return second_person.digest(asked)


# --- looking -----------------------------------------------------------------------------------------------------------


@page("/register", allow=SEES, nav=55)
async def register(visit: Visit) -> Response:
    """The entries of the chosen weeks. Whoever works for an organisation that gives help is told whom it is for, and no more."""
    async with visit.engine.connect() as connection:
        if not await kept.may_see(connection, visit.actor):
            return visit.show("register.html", entries=None)
        waiting = await _waiting(visit, connection)
        until = week_of(visit.now)
        mine = [
            choice
            for choice in _choices(visit.actor, until)
            if await second_person.approved(connection, visit.actor, "export_register", choice.digest(visit.actor), visit.now)
        ]
    weeks = _number(visit.query("weeks"))
    country = visit.query("country") if visit.query("country") in visit.actor.countries else ""
    chosen = Choice(weeks if weeks in WEEKS else WEEKS[1], until, country, FORMATS[0])
    found = await _entries(visit, chosen)
    done = visit.query("done")
    t = visit.t
    return visit.show(
        "register.html",
        entries=found,
        sums=kept.sums(found),
        chosen=chosen,
        weeks=[(str(each), t.count("desk.register.weeks", each)) for each in WEEKS],
        countries=[(code, t.country(code)) for code in visit.actor.countries],
        columns=COLUMNS,
        formats=[(each, each.upper()) for each in FORMATS],
        exports=EXPORTS(visit.actor),
        waiting=waiting,
        mine=mine,
        say=lambda choice: _named(visit, choice, visit.actor),
        done=done if done in DONE else "",
    )


@page("/register/figures", allow=SEES)
async def figures(visit: Visit) -> Response:
    """One table at a time, as of all figures: two dimensions at most, small numbers hidden."""
    async with visit.engine.connect() as connection:
        if not await kept.may_see(connection, visit.actor):
            return visit.show("register.html", entries=None)
    settings = visit.desk.settings
    offered = questions(visit.now.date(), delay=settings.statistics_delay_days, book=BOOK)
    code, period, country = (visit.query(name) for name in ("table", "period", "country"))
    of_table = [each for each in offered if each.code == code] or offered
    asked = next((each for each in of_table if each.newest.start.isoformat() == period), of_table[0] if of_table else None)
    book = Figures(visit.engine, countries=served(settings.countries), threshold=settings.statistics_threshold, book=BOOK)
    table = await book.answer(asked) if asked else None
    if table and country not in table.rows:
        country = largest(table) if asked and asked.by == ("country", "value") else ""
    say = _Say(visit.t)
    return visit.show(
        "register_figures.html",
        groups=groups(offered, BOOK.indicators),
        moments=[each for each in offered if asked and each.code == asked.code],
        asked=asked,
        table=table,
        bars=bars(say, table, country) if table else [],
        country=country,
        say=say,
        delay=settings.statistics_delay_days,
    )


# --- taking out ----------------------------------------------------------------------------------------------------------


@page("/register/ask", methods=("POST",), allow=EXPORTS)
async def ask(visit: Visit) -> Response:
    """Ask for a file: somebody else of an independent organisation has to agree within a day."""
    async with visit.engine.begin() as connection:
        wanted = await _chosen(visit, connection)
        if await second_person.ask(connection, visit.actor, "export_register", wanted.digest(visit.actor), visit.now) is None:
            raise NotHere
    return visit.go("/register", done="asked")


@page("/register/approve", methods=("POST",), allow=SEES)
async def approve(visit: Visit) -> Response:
    """Agree to what somebody else asked for."""
    try:
        id = UUID(visit.field("id"))
    except ValueError:
        raise Malformed from None
    async with visit.engine.begin() as connection:
        if not await kept.may_see(connection, visit.actor):
            raise NotHere
        if id not in {row.id for row, _ in await _waiting(visit, connection)}:
            raise NotHere
        if not await second_person.approve(connection, visit.actor, id, visit.now):
            raise NotHere
    return visit.go("/register", done="approved")


@page("/register/file", methods=("POST",), allow=EXPORTS)
async def file(visit: Visit) -> Response:
    """The file, once for each approval."""
    async with visit.engine.connect() as connection:
        wanted = await _chosen(visit, connection)
    found = await _entries(visit, wanted)
    async with visit.engine.begin() as connection:
        exactly = wanted.digest(visit.actor)
        if not await second_person.use(connection, visit.actor, "export_register", exactly, visit.now):
            raise NotHere
    names, tags, *rows = kept.export_rows(found)
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([names, *([tags] if wanted.format == "hxl" else []), *rows])
    named = f"register-{wanted.since}-{wanted.until}{f'-{wanted.country}' if wanted.country else ''}.{wanted.format}.csv"
    return Response(out.getvalue(), 200, {"content-disposition": f'attachment; filename="{named}"'}, "text/csv")


# --- within --------------------------------------------------------------------------------------------------------------


async def _entries(visit: Visit, chosen: Choice) -> list[Entry]:
    only = [chosen.country] if chosen.country else ()
    try:
        return await kept.entries(
            visit.desk.parts.complaints, visit.actor, visit.now, since=chosen.since, until=chosen.until, countries=only
        )
    except NotThere:
        raise NotHere from None


async def _chosen(visit: Visit, connection: AsyncConnection) -> Choice:
    """The file that a form names, if this actor may have such a one. Raises NotHere."""
    if not await kept.may_see(connection, visit.actor):
        raise NotHere
    named = (visit.field("weeks"), visit.field("until"), visit.field("country"), visit.field("format"))
    for choice in _choices(visit.actor, week_of(visit.now)):
        if (str(choice.weeks), choice.until.isoformat(), choice.country, choice.format) == named:
            return choice
    raise NotHere


def _choices(asker: Actor, until: date) -> Iterator[Choice]:
    """Every file on offer to this asker; those of the week before too, since an approval may last into a new week."""
    return (
        Choice(weeks, last, country, format)
        for last in (until, until - timedelta(weeks=1))
        for weeks in WEEKS
        for country in ("", *asker.countries)
        for format in FORMATS
    )


async def _waiting(visit: Visit, connection: AsyncConnection) -> list[tuple[Any, str]]:
    """What others ask for, with what exactly that is in words: of those who may have the register."""
    found = []
    for row in await second_person.waiting(connection, visit.actor, visit.now, "export_register"):
        asker = await accounts.actor_of(connection, row.asked_by)
        if asker is None or not await kept.may_see(connection, asker):
            continue
        choice = next((each for each in _choices(asker, week_of(visit.now)) if each.digest(asker) == row.digest), None)
        if choice is not None:
            found.append((row, _named(visit, choice, asker)))
    return found


def _named(visit: Visit, choice: Choice, asker: Actor) -> str:
    """ "Weeks of 2 Nov to 23 Nov 2026, Colombia, HXL"."""
    t = visit.t
    places = t.listed(t.country(code) for code in ([choice.country] if choice.country else sorted(asker.countries)))
    days = {"first": t.short_day(choice.since), "last": t.short_day(choice.until)}
    return t("desk.register.named", **days, country=places, format=choice.format.upper())


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0


class _Say(Say):
    """The words of figures about complaints."""

    def what(self, what: str) -> str:
        return self._t(f"desk.register.what.{what}")

    def value(self, what: str, value: str) -> str:
        stem = {
            "complaint": "desk.register.inbox",
            "complaint_about": "desk.complaints.about",
            "complaint_outcome": "desk.complaints.outcome",
        }
        return self._t(f"{stem.get(what, 'desk.register.step')}.{value}")
