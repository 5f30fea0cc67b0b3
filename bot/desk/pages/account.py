"""One's own account: language, passphrase, passkeys, recovery codes, alerts.

Here belong its page and forms. Never here: other people's accounts, how a passphrase or a passkey is checked (``bot.staff``).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import update
from starlette.responses import Response

from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Malformed, Visit
from bot.staff.tables import Staff
from flows.facts import LANGS

_staff: Final[Any] = Staff.__table__  # type: ignore[attr-defined]


@page("/account", allow=ANY_OF("own_account"), nav=90)
async def account(visit: Visit) -> Response:
    return visit.show("account.html")


@page("/account/language", methods=("POST",), allow=ANY_OF("own_account"))
async def language(visit: Visit) -> Response:
    wanted = visit.field("lang")
    if wanted not in LANGS:
        raise Malformed
    async with visit.engine.begin() as connection:
        await connection.execute(update(_staff).where(_staff.c.id == visit.actor.id).values(lang=wanted))
    return visit.go("/account")
