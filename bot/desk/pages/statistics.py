"""Figures: one table at a time with its chart, and taking it out as a file with a second person's yes.

Here belong the page and its forms. Never here: how a table is drawn (``bot.desk.figures``), which tables there are and what they
hide (``bot.statistics``), who may (``bot.staff.roles``), how two people agree (``bot.staff.second_person``).

Whoever approves sees what exactly is asked for: the approval itself holds a digest only, and the page compares it with those of all
tables that there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.countries import served
from bot.desk.figures import Say, bars, groups, largest
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Malformed, NotHere, Visit
from bot.desk.words import family
from bot.staff import second_person
from bot.statistics import agreements, export
from bot.statistics.agreements import AgreementRefused
from bot.statistics.periods import FIRST, Kind, Period
from bot.statistics.tables import INDICATORS, REASONS, SHAPES, Figures, NotAnswered, Question, question, questions

SEES: Final = ANY_OF("see_statistics")
ASKS: Final = ANY_OF("export_statistics")
APPROVES: Final = ANY_OF("approve_export")
DONE: Final = ("asked", "approved", "recorded")

_TABLES: Final = tuple("_".join(shape) for shape in SHAPES)
family("desk.statistics.done", DONE)
family("desk.statistics.what", tuple(INDICATORS))
family("desk.statistics.table", _TABLES)
family("desk.statistics.refused", tuple(REASONS))
family("desk.statistics.wrong", ("code", "days", "there"))
for _what in ("need", "age", "way", "wait", "escalated", "outcome", "rating"):
    family(f"desk.statistics.{_what}", tuple(value.replace("-", "_") for value in INDICATORS[_what]))


@dataclass(frozen=True, slots=True)
class Choice:
    """One file that could be asked for."""

    question: Question
    format: export.Format
    agreement: str
    threshold: int

    @property
    def digest(self) -> bytes:
        asked = {
            "table": self.question.code,
            "period": self.question.newest.start.isoformat(),
            "format": self.format,
            "agreement": self.agreement,
            "threshold": str(self.threshold),
        }
        return second_person.digest(asked)


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
        wanted = await _chosen(visit, connection)
        if await second_person.ask(connection, visit.actor, "export_statistics", wanted.digest, visit.now) is None:
            raise NotHere
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
    async with visit.engine.connect() as connection:
        wanted = await _chosen(visit, connection)
    table = await _figures(visit).answer(wanted.question)
    async with visit.engine.begin() as connection:
        if not await second_person.use(connection, visit.actor, "export_statistics", wanted.digest, visit.now):
            raise NotHere
    named = {"content-disposition": f'attachment; filename="{export.name(table, wanted.format)}"'}
    return Response(export.written(table, wanted.format, wanted.agreement), 200, named, "text/csv")


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
    offered = _offered(visit)
    refused = ""
    try:
        asked = _asked(visit, offered, visit.query("table"), visit.query("period"))
    except NotAnswered as refusal:
        refused, status, asked = refusal.reason, 422, offered[0] if offered else None
    table = await _figures(visit).answer(asked) if asked else None
    country = visit.query("country")
    if table and country not in table.rows:
        country = largest(table) if asked and asked.by == ("country", "value") else ""
    async with visit.engine.connect() as connection:
        holding = await agreements.holding(connection, visit.now.date())
        waiting = await _waiting(visit, connection, holding)
        mine = [
            choice
            for choice in (_choices(visit, asked, holding) if asked else ())
            if await second_person.approved(connection, visit.actor, "export_statistics", choice.digest, visit.now)
        ]
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


def _figures(visit: Visit) -> Figures:
    settings = visit.desk.settings
    return Figures(visit.engine, countries=served(settings.countries), threshold=settings.statistics_threshold)


def _offered(visit: Visit) -> list[Question]:
    return questions(visit.now.date(), delay=visit.desk.settings.statistics_delay_days)


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


async def _chosen(visit: Visit, connection: AsyncConnection) -> Choice:
    """The file that a form names, if there is such a one. Raises NotHere."""
    holding = await agreements.holding(connection, visit.now.date())
    named = (visit.field("table"), visit.field("period"), visit.field("format"), visit.field("agreement"))
    for asked in _offered(visit):
        for choice in _choices(visit, asked, holding):
            if (asked.code, asked.newest.start.isoformat(), choice.format, choice.agreement) == named:
                return choice
    raise NotHere


def _choices(visit: Visit, asked: Question, holding: list[str]) -> Iterator[Choice]:
    threshold = visit.desk.settings.statistics_threshold
    return (Choice(asked, format, agreement, threshold) for agreement in holding for format in export.FORMATS)


async def _waiting(visit: Visit, connection: AsyncConnection, holding: list[str]) -> list[tuple[Any, Choice]]:
    """What others ask for, with what exactly that is."""
    rows = await second_person.waiting(connection, visit.actor, visit.now, "export_statistics")
    if not rows:
        return []
    known = {choice.digest: choice for asked in _offered(visit) for choice in _choices(visit, asked, holding)}
    return [(row, known[row.digest]) for row in rows if row.digest in known]


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
