"""What each of one's colleagues carries, for supervisors: numbers, never what a request is about (M-7).

Here belongs this page. Never here: the counts (``bot.roster.load``), what may be listed of a ticket (``bot.tickets.listing``).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Visit
from bot.roster import load
from bot.roster.load import Load
from bot.staff import accounts
from bot.staff.roles import Actor, may
from bot.tickets import listing


@dataclass(frozen=True, slots=True)
class Carrying:
    name: str
    carries: Load
    on_shift: bool


@page("/load", allow=ANY_OF("see_load"), nav=30)
async def overview(visit: Visit) -> Response:
    """Whoever carries most for their cap comes first."""
    async with visit.engine.connect() as connection:
        people = await _people(connection, visit)
    return visit.show("load.html", people=people, held=await listing.held(visit.desk.parts.tickets, visit.actor))


async def _people(connection: AsyncConnection, visit: Visit) -> list[Carrying]:
    known = [Actor.of(row) for row in await accounts.everybody(connection) if row.active]
    mine = [each for each in known if may(each, "claim") and _supervises(visit.actor, each)]
    found = await load.loads(connection, [each.id for each in mine], visit.now)
    roster = visit.desk.parts.roster.current
    people = [Carrying(each.name, found[each.id], roster.on_shift(each.id, visit.now)) for each in mine if each.id in found]
    return sorted(people, key=lambda each: (-each.carries.open / max(1, each.carries.cap), each.name))


def _supervises(actor: Actor, other: Actor) -> bool:
    return any(may(actor, "see_load", country=country, organisation=other.organisation) for country in other.countries)
