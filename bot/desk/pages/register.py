"""The register of complaints, without content, and the figures about them: for independent organisations only.

Here belong its pages, the choice of weeks and country, and files of figures that two people agree to. Never here: what an entry
holds (``bot.complaints.register``), how small numbers are hidden (``bot.statistics``), how a file is asked for and handed out
(``bot.desk.figure_files``), the rule of two (``bot.staff.second_person``).

The register itself is looked at and never leaves as a file: an entry has more than two dimensions, and often there is only one
like it (T-2, T-3). What leaves are the figures.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.complaints import register as kept
from bot.complaints.statistics import BOOK
from bot.complaints.tables import INBOXES, STATES
from bot.desk.figure_files import Choice, Files
from bot.desk.figures import Say, bars, groups, largest
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Malformed, NotHere, Visit
from bot.desk.words import family
from bot.staff import accounts, second_person
from bot.statistics import agreements, export
from bot.tickets.counting import week_of
from bot.tickets.sight import NotThere

SEES: Final = ANY_OF("see_register")
EXPORTS: Final = ANY_OF("export_register")
DONE: Final = ("asked", "approved")
FILES: Final = Files(BOOK, "export_register")
WEEKS: Final = (1, 4, 12, 26, 52)
"""How far back."""
COLUMNS: Final = ("reference", "week", "country", "inbox", "about", "accepted", "forwarded", "receipts", "answered", "state")

family("desk.register.done", DONE)
family("desk.register.column", COLUMNS)
family("desk.register.inbox", INBOXES)
family("desk.register.state", STATES)
family("desk.register.step", ("in_time", "late", "open"))
family("desk.register.what", tuple(BOOK.indicators))


# --- looking -----------------------------------------------------------------------------------------------------------


@page("/register", allow=SEES, nav=55)
async def register(visit: Visit) -> Response:
    """The entries of the chosen weeks. Whoever works for an organisation that gives help is told whom it is for, and no more."""
    async with visit.engine.connect() as connection:
        if not await kept.may_see(connection, visit.actor):
            return visit.show("register.html", entries=None)
        waiting = await _waiting(visit, connection)
    typed, country = visit.query("weeks"), visit.query("country")
    weeks = next((each for each in WEEKS if str(each) == typed), WEEKS[1])
    country = country if country in visit.actor.countries else ""
    until = week_of(visit.now)
    since, only = until - timedelta(weeks=weeks - 1), [country] if country else ()
    try:
        found = await kept.entries(visit.desk.parts.complaints, visit.actor, visit.now, since=since, until=until, countries=only)
    except NotThere:
        raise NotHere from None
    t = visit.t
    return visit.show(
        "register.html",
        entries=found,
        sums=kept.sums(found),
        uncounted=any(not each.counted for each in found),
        chosen_weeks=str(weeks),
        chosen_country=country,
        weeks=[(str(each), t.count("desk.register.weeks", each)) for each in WEEKS],
        countries=[(code, t.country(code)) for code in visit.actor.countries],
        columns=COLUMNS,
        waiting=len(waiting),
    )


@page("/register/figures", allow=SEES)
async def figures(visit: Visit) -> Response:
    """One table at a time, as of all figures: two dimensions at most, small numbers hidden."""
    offered = FILES.offered(visit)
    code, period, country = (visit.query(name) for name in ("table", "period", "country"))
    of_table = [each for each in offered if each.code == code] or offered
    asked = next((each for each in of_table if each.newest.start.isoformat() == period), of_table[0] if of_table else None)
    async with visit.engine.connect() as connection:
        if not await kept.may_see(connection, visit.actor):
            return visit.show("register.html", entries=None)
        holding = await agreements.holding(connection, visit.now.date())
        waiting = await _waiting(visit, connection)
        mine = await FILES.agreed(visit, connection, asked, holding)
    table = await FILES.figures(visit).answer(asked) if asked else None
    if table and country not in table.rows:
        country = largest(table) if asked and asked.by == ("country", "value") else ""
    say, done = _Say(visit.t), visit.query("done")
    return visit.show(
        "register_figures.html",
        groups=groups(offered, BOOK.indicators),
        moments=[each for each in offered if asked and each.code == asked.code],
        asked=asked,
        table=table,
        bars=bars(say, table, country) if table else [],
        country=country,
        say=say,
        delay=visit.desk.settings.statistics_delay_days,
        exports=EXPORTS(visit.actor),
        formats=export.FORMATS,
        holding=holding,
        waiting=waiting,
        mine=mine,
        done=done if done in DONE else "",
    )


# --- taking out ----------------------------------------------------------------------------------------------------------


@page("/register/ask", methods=("POST",), allow=EXPORTS)
async def ask(visit: Visit) -> Response:
    """Ask for a file: somebody else of an independent organisation has to agree within a day."""
    async with visit.engine.begin() as connection:
        await _only_independent(visit, connection)
        wanted = (await FILES.ask(visit, connection)).question
    return visit.go("/register/figures", table=wanted.code, period=wanted.newest.start.isoformat(), done="asked")


@page("/register/approve", methods=("POST",), allow=SEES)
async def approve(visit: Visit) -> Response:
    """Agree to what somebody else asked for."""
    try:
        id = UUID(visit.field("id"))
    except ValueError:
        raise Malformed from None
    async with visit.engine.begin() as connection:
        await _only_independent(visit, connection)
        if id not in {row.id for row, _ in await _waiting(visit, connection)}:
            raise NotHere
        if not await second_person.approve(connection, visit.actor, id, visit.now):
            raise NotHere
    return visit.go("/register/figures", done="approved")


@page("/register/file", methods=("POST",), allow=EXPORTS)
async def file(visit: Visit) -> Response:
    """The file, once for each approval."""
    async with visit.engine.connect() as connection:
        await _only_independent(visit, connection)
    return await FILES.handed_out(visit)


# --- within --------------------------------------------------------------------------------------------------------------


async def _only_independent(visit: Visit, connection: AsyncConnection) -> None:
    """Raises NotHere for whoever may not have the register."""
    if not await kept.may_see(connection, visit.actor):
        raise NotHere


async def _waiting(visit: Visit, connection: AsyncConnection) -> list[tuple[Any, Choice]]:
    """What others ask for who may have the register themselves."""
    holding = await agreements.holding(connection, visit.now.date())
    found = []
    for row, choice in await FILES.waiting(visit, connection, holding):
        asker = await accounts.actor_of(connection, row.asked_by)
        if asker is not None and await kept.may_see(connection, asker):
            found.append((row, choice))
    return found


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
