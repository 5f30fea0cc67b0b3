"""Remarks on entries of the directory: what people met that was otherwise, as work for whoever keeps it.

Here belong the list and its one form. Never here: who said it (nobody knows), a change of an entry (its organisation's).
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from bot import remarks as work
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import NotHere, Visit
from bot.desk.words import family

KEEPS: Final = ANY_OF("see_remarks")

family("desk.remarks.what", work.WHATS)


@page("/remarks", allow=KEEPS, nav=50)
async def remarks(visit: Visit) -> Response:
    found = await work.listing(visit.engine, visit.actor, visit.now)
    return visit.show("remarks.html", remarks=found, done=visit.query("done") == "done")


@page("/remarks/done", methods=("POST",), allow=KEEPS)
async def done(visit: Visit) -> Response:
    if not await work.done(visit.engine, visit.actor, visit.field("entry"), visit.field("what"), visit.now):
        raise NotHere
    return visit.go("/remarks", done="done")
