"""Figures as files: which there could be, asking for one, and handing it out with a second person's yes.

Here belongs what the figures about requests and those about complaints share (M-8, T-4). Never here: who may ask or agree (each
page says it), how a file is written (``bot.statistics.export``), which tables there are and what they hide (``bot.statistics``).

Whoever approves sees what exactly is asked for: the approval itself holds a digest only, and the page compares it with those of all
files that there could be. Without an agreement that holds there could be none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.countries import served
from bot.desk.visit import NotHere, Visit
from bot.staff import second_person
from bot.staff.roles import Action
from bot.statistics import agreements, export
from bot.statistics.tables import Book, Figures, Question, questions


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


@dataclass(frozen=True, slots=True)
class Files:
    """Those of one book of counts. ``what``: the action that takes two people."""

    book: Book
    what: Action

    def offered(self, visit: Visit) -> list[Question]:
        """Every table that is out."""
        return questions(visit.now.date(), delay=visit.desk.settings.statistics_delay_days, book=self.book)

    def figures(self, visit: Visit) -> Figures:
        settings = visit.desk.settings
        countries = served(settings.countries)
        return Figures(visit.engine, countries=countries, threshold=settings.statistics_threshold, book=self.book)

    async def agreed(
        self, visit: Visit, connection: AsyncConnection, asked: Question | None, holding: Sequence[str]
    ) -> list[Choice]:
        """Files of this table that the visitor asked for and may take out now."""
        return [
            choice
            for choice in (_choices(visit, asked, holding) if asked else ())
            if await second_person.approved(connection, visit.actor, self.what, choice.digest, visit.now)
        ]

    async def waiting(self, visit: Visit, connection: AsyncConnection, holding: Sequence[str]) -> list[tuple[Any, Choice]]:
        """What others ask for, with what exactly that is."""
        rows = await second_person.waiting(connection, visit.actor, visit.now, self.what)
        if not rows:
            return []
        known = {choice.digest: choice for asked in self.offered(visit) for choice in _choices(visit, asked, holding)}
        return [(row, known[row.digest]) for row in rows if row.digest in known]

    async def ask(self, visit: Visit, connection: AsyncConnection) -> Choice:
        """Ask for the file that a form names. Raises NotHere."""
        wanted = await self._chosen(visit, connection)
        if await second_person.ask(connection, visit.actor, self.what, wanted.digest, visit.now) is None:
            raise NotHere
        return wanted

    async def handed_out(self, visit: Visit) -> Response:
        """The file that a form names, once for each approval. Raises NotHere."""
        async with visit.engine.connect() as connection:
            wanted = await self._chosen(visit, connection)
        table = await self.figures(visit).answer(wanted.question)
        async with visit.engine.begin() as connection:
            if not await second_person.use(connection, visit.actor, self.what, wanted.digest, visit.now):
                raise NotHere
        named = {"content-disposition": f'attachment; filename="{export.name(table, wanted.format)}"'}
        return Response(export.written(table, wanted.format, wanted.agreement), 200, named, "text/csv")

    async def _chosen(self, visit: Visit, connection: AsyncConnection) -> Choice:
        """The file that a form names, if there is such a one. Raises NotHere."""
        holding = await agreements.holding(connection, visit.now.date())
        named = (visit.field("table"), visit.field("period"), visit.field("format"), visit.field("agreement"))
        for asked in self.offered(visit):
            for choice in _choices(visit, asked, holding):
                if (asked.code, asked.newest.start.isoformat(), choice.format, choice.agreement) == named:
                    return choice
        raise NotHere


def _choices(visit: Visit, asked: Question, holding: Sequence[str]) -> Iterator[Choice]:
    threshold = visit.desk.settings.statistics_threshold
    return (Choice(asked, format, agreement, threshold) for agreement in holding for format in export.FORMATS)
