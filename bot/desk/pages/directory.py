"""Places: the directory as the network may see it, and what of it is due for a check.

Here belong the list with its choices, the list of what is due, and its two buttons. Never here: what may be seen or told
(``bot.directory.listing``), who may check what (``bot.directory.checking``), a change of an entry (its organisation's). What
somebody looks for stands in the address of their own page, so that they can come back to it, and is kept nowhere.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from bot.desk.routing import ANY_OF, page
from bot.desk.visit import NotHere, Refused, Visit
from bot.desk.words import ask_for, family
from bot.directory import checking, listing
from bot.directory.listing import VIEW
from bot.directory.tables import AUTHORITIES
from flows.facts import KINDS, PEOPLE

SEES: Final = ANY_OF("see_directory")
CHECKS: Final = ANY_OF(checking.CHECKS)
DONE: Final = ("right", "closed")
_TRI: Final = ("yes", "no", "unknown")

family("desk.directory.done", DONE)
family("desk.directory.level", VIEW.levels)
family("desk.directory.may", ("tell", "desk"))
family("desk.directory.authority", tuple(each for each in AUTHORITIES if each))
family("desk.directory.people", PEOPLE)
family("desk.directory.costs", _TRI)
family("desk.directory.needs_papers", _TRI)
ask_for("desk.directory.over")


@page("/directory", allow=SEES, nav=35)
async def directory(visit: Visit) -> Response:
    settings = visit.desk.settings
    own = listing.countries(visit.actor, settings)
    country, kind, words = visit.query("country") or next(iter(own), ""), visit.query("kind"), visit.query("find").strip()
    kind, words = kind if kind in KINDS else "", words[: listing.LONGEST]
    found = await listing.listing(
        visit.engine, visit.actor, settings, visit.now, country, kind=kind, words=words, page=_number(visit.query("page"))
    )
    if found is None:
        raise NotHere
    chosen = {name: value for name, value in (("country", country), ("kind", kind), ("find", words)) if value}
    return visit.show(
        "directory.html",
        found=found,
        countries=[(code, visit.t.country(code)) for code in own],
        kinds=[(each, visit.t(f"desk.ticket.need.{each}")) for each in KINDS],
        country=country,
        kind=kind,
        words=words,
        longest=listing.LONGEST,
        chosen=urlencode(chosen),
        due=await checking.number_due(visit.engine, visit.actor, settings, visit.now) if CHECKS(visit.actor) else None,
    )


@page("/directory/due", allow=CHECKS)
async def due(visit: Visit) -> Response:
    done = visit.query("done")
    found = await checking.due(visit.engine, visit.actor, visit.desk.settings, visit.now, _number(visit.query("page")))
    return visit.show("directory_due.html", found=found, done=done if done in DONE else "")


@page("/directory/{key:int}/right", methods=("POST",), allow=CHECKS)
async def right(visit: Visit) -> Response:
    try:
        said = await checking.right(visit.engine, visit.actor, visit.desk.settings, visit.values["key"], visit.now)
    except checking.Over:
        raise Refused("desk.directory.over") from None
    if not said:
        raise NotHere
    return visit.go("/directory/due", done="right")


@page("/directory/{key:int}/closed", methods=("POST",), allow=CHECKS)
async def closed(visit: Visit) -> Response:
    if not await checking.close(visit.engine, visit.actor, visit.desk.settings, visit.values["key"], visit.now):
        raise NotHere
    return visit.go("/directory/due", done="closed")


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 1
