"""Making a recovery key: its three sheets, in the one answer that made it.

Here belong this page and its print. The private half lives in the memory of this one request; nothing keeps it or the sheets, and
an answer of the desk is stored nowhere. Never here: the state of the keys (``keys``); joining and rehearsing sheets, which are
typed into a command on a machine of one's own choice, never into a page.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Malformed, Visit
from bot.desk.words import family
from bot.staff import recovery
from bot.staff.roles import acting_as
from bot.staff.tables import RECOVERY_PURPOSES

MANAGES: Final = ANY_OF("manage_recovery")
family("desk.recovery.purpose", RECOVERY_PURPOSES)
family("desk.recovery.make", RECOVERY_PURPOSES)


@page("/keys/recovery", allow=MANAGES)
async def ask(visit: Visit) -> Response:
    """What it takes, before anything is made."""
    return await _asked(visit)


@page("/keys/recovery", methods=("POST",), allow=MANAGES)
async def make(visit: Visit) -> Response:
    """A new key, and its sheets this once. Sent twice, or over a key that is not the one that was shown, nothing is made."""
    purpose = visit.field("purpose")
    if purpose not in RECOVERY_PURPOSES:
        raise Malformed
    async with visit.engine.connect() as connection:
        present = await _marks(connection)
    if visit.field("replaces") != present[purpose]:
        return await _asked(visit, 409)
    role = acting_as(visit.actor, "manage_recovery") or ""
    sheets = await recovery.make(visit.engine, purpose, visit.now, by=visit.actor.name, role=role)
    return visit.show("recovery_sheets.html", sheets=sheets, check=sheets[0].made_on + recovery.REHEARSED_EVERY)


async def _asked(visit: Visit, status: int = 200) -> Response:
    async with visit.engine.connect() as connection:
        present = await _marks(connection)
    return visit.show("recovery.html", status, purposes=list(present.items()))


async def _marks(connection: AsyncConnection) -> dict[str, str]:
    """Purpose -> mark of its key in use; empty where there is none."""
    listed = await recovery.listed(connection)
    return {
        purpose: next((recovery.mark_of(row.id) for row in listed if row.purpose == purpose and row.retired_at is None), "")
        for purpose in RECOVERY_PURPOSES
    }
