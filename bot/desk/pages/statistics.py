"""Figures: one table at a time with its chart, and taking it out as a file with a second person's yes.

Here belong the page and its forms. Never here: how a table is drawn (``bot.desk.figures``) or taken out
(``bot.desk.figure_files``), which tables there are and what they hide (``bot.statistics``), who may (``bot.staff.roles``).
"""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from starlette.responses import Response

from bot.desk.figure_files import Files
from bot.desk.figures import Say, bars, groups, largest
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Malformed, NotHere, Visit
from bot.desk.words import family
from bot.staff import second_person
from bot.statistics import agreements, export
from bot.statistics.agreements import AgreementRefused
from bot.statistics.periods import FIRST, Kind, Period
from bot.statistics.tables import INDICATORS, REASONS, REQUESTS, SHAPES, NotAnswered, Question, question

SEES: Final = ANY_OF("see_statistics")
ASKS: Final = ANY_OF("export_statistics")
APPROVES: Final = ANY_OF("approve_export")
DONE: Final = ("asked", "approved", "recorded")
FILES: Final = Files(REQUESTS, "export_statistics")

_TABLES: Final = tuple("_".join(shape) for shape in SHAPES)
family("desk.statistics.done", DONE)
family("desk.statistics.what", tuple(INDICATORS))
family("desk.statistics.table", _TABLES)
family("desk.statistics.refused", tuple(REASONS))
family("desk.statistics.wrong", ("code", "days", "there"))
for _what in ("need", "age", "way", "wait", "escalated", "outcome", "rating"):
    family(f"desk.statistics.{_what}", tuple(value.replace("-", "_") for value in INDICATORS[_what]))


# --- looking -------------------------------------------------------------------------------------------------------------


@page("/statistics", allow=SEES, nav=60)
async def statistics(visit: Visit) -> Response:
    """The chosen table, or the first; what is waiting for a second person; agreements."""
    return await _shown(visit)


# --- taking out ------------------------------------------------------------------------------------------------------------


@page("/statistics/ask", methods=("POST",), allow=ASKS)
async def ask(visit: Visit) -> Response:
    """Ask for a file: somebody else has to agree within a day."""
    async with visit.engine.begin() as connection:
        wanted = await FILES.ask(visit, connection)
    return _back(visit, wanted.question, "asked")


@page("/statistics/approve", methods=("POST",), allow=APPROVES)
async def approve(visit: Visit) -> Response:
    """Agree to what somebody else asked for."""
    try:
        id = UUID(visit.field("id"))
    except ValueError:
        raise Malformed from None
    async with visit.engine.begin() as connection:
        # Only what this page shows: a file of the register is agreed to by independent organisations alone (``register``).
        waiting = await second_person.waiting(connection, visit.actor, visit.now, "export_statistics")
        if id not in {row.id for row in waiting} or not await second_person.approve(connection, visit.actor, id, visit.now):
            raise NotHere
    return visit.go("/statistics", done="approved")


@page("/statistics/file", methods=("POST",), allow=ASKS)
async def file(visit: Visit) -> Response:
    """The file, once for each approval."""
    return await FILES.handed_out(visit)


@page("/statistics/agreement", methods=("POST",), allow=ASKS)
async def agreement(visit: Visit) -> Response:
    """Record that an agreement to share was signed."""
    given = {name: visit.field(name) for name in ("code", "signed_on", "ends_on")}
    try:
        signed_on, ends_on = date.fromisoformat(given["signed_on"]), date.fromisoformat(given["ends_on"])
        async with visit.engine.begin() as connection:
            if not await agreements.record(connection, visit.actor, given["code"], signed_on, ends_on, visit.now):
                raise NotHere
    except AgreementRefused as refusal:
        return await _shown(visit, given=given, wrong=refusal.reason, status=422)
    except ValueError:
        return await _shown(visit, given=given, wrong="days", status=422)
    return visit.go("/statistics", done="recorded")


# --- within ----------------------------------------------------------------------------------------------------------------


async def _shown(visit: Visit, *, given: dict[str, str] | None = None, wrong: str = "", status: int = 200) -> Response:
    offered = FILES.offered(visit)
    refused = ""
    try:
        asked = _asked(visit, offered, visit.query("table"), visit.query("period"))
    except NotAnswered as refusal:
        refused, status, asked = refusal.reason, 422, offered[0] if offered else None
    table = await FILES.figures(visit).answer(asked) if asked else None
    country = visit.query("country")
    if table and country not in table.rows:
        country = largest(table) if asked and asked.by == ("country", "value") else ""
    async with visit.engine.connect() as connection:
        holding = await agreements.holding(connection, visit.now.date())
        waiting = await FILES.waiting(visit, connection, holding)
        mine = await FILES.agreed(visit, connection, asked, holding)
    done = visit.query("done")
    return visit.show(
        "statistics.html",
        status,
        done=done if done in DONE else "",
        refused=refused,
        groups=groups(offered, INDICATORS),
        moments=[each for each in offered if asked and each.code == asked.code],
        asked=asked,
        table=table,
        bars=bars(_Say(visit.t), table, country) if table else [],
        country=country,
        say=_Say(visit.t),
        exports=ASKS(visit.actor),
        formats=export.FORMATS,
        holding=holding,
        waiting=waiting,
        mine=mine,
        given=given or {},
        wrong=wrong,
        delay=visit.desk.settings.statistics_delay_days,
    )


def _asked(visit: Visit, offered: list[Question], code: str, period: str) -> Question | None:
    """The question that an address or a form names; without a code the first on offer, without a period the newest. Raises
    NotAnswered."""
    if not code:
        return offered[0] if offered else None
    what, *by = code.split("-")
    of_table = [each for each in offered if each.code == code]
    found = next((each for each in of_table if each.newest.start.isoformat() == period), of_table[0] if of_table else None)
    if found is not None:
        return found
    kind: Kind = next((kind for shape, kind in SHAPES.items() if set(shape) == set(by)), "twelve_weeks")
    first = Period(FIRST, kind)  # long out: what is refused is the table itself
    question([what], by, first, visit.now.date())
    raise NotAnswered("not_out")


def _back(visit: Visit, asked: Question, done: str) -> Response:
    return visit.go("/statistics", table=asked.code, period=asked.newest.start.isoformat(), done=done)


class _Say(Say):
    """The words of figures about requests."""

    def what(self, what: str) -> str:
        return self._t(f"desk.statistics.what.{what}")

    def value(self, what: str, value: str) -> str:
        if what == "request":
            return self._t("desk.statistics.requests")
        if what == "lang":
            return self._t("desk.statistics.other") if value == "other" else self._t.language(value)
        return self._t(f"desk.statistics.{what}.{value.replace('-', '_')}")
