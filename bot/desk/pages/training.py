"""Practising with invented requests: going into training and out of it, and having one invented.

Here belong these pages. Never here: situations (``bot.tickets.training``), what keeps the invented and the real apart
(``bot.tickets.sight``, ``bot.staff.roles``).
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from bot.desk.routing import ANY_OF, page
from bot.desk.visit import NotHere, Refused, Visit
from bot.desk.words import ask_for, family
from bot.staff import audit, desk_sessions
from bot.tickets import training
from bot.tickets.intake import NoDuty
from bot.tickets.sight import NotThere
from flows.facts import LANGS

PRACTISES: Final = ANY_OF("train")
family("desk.training.title", training.SITUATIONS)
family("desk.training.story", training.SITUATIONS)
for _word in ("word_person", "word_desk", "word_stop"):
    ask_for(f"desk.training.{_word}")


@page("/training", allow=PRACTISES, nav=60)
async def overview(visit: Visit) -> Response:
    return visit.show("training.html", situations=training.situations(visit.actor), picked=visit.lang)


@page("/training", methods=("POST",), allow=PRACTISES)
async def switch(visit: Visit) -> Response:
    """From now on every page of this session shows invented requests only, or real ones only; in other windows as well."""
    on, session = visit.field("training") == "on", visit.session
    if session is None:
        raise NotHere
    await desk_sessions.train(visit.engine, session, on)
    async with visit.engine.begin() as connection:
        await audit.record(connection, visit.actor.name, "", "training_begun" if on else "training_ended", "", visit.now)
    return visit.go("/training" if on else "/queue", **({} if on else {"done": "training_off"}))


@page("/training/invent", methods=("POST",), allow=PRACTISES)
async def invent(visit: Visit) -> Response:
    name, lang, parts = visit.field("situation"), visit.field("lang"), visit.desk.parts
    if lang not in LANGS:
        raise NotHere
    voice = visit.desk.words.voice(lang)

    def say(what: str) -> str:
        return voice(f"desk.training.story.{name}" if what == "story" else f"desk.training.{what}")

    try:
        made = await training.invent(parts.tickets, parts.codes, visit.actor, name, lang, say, visit.now)
    except NotThere:
        raise NotHere from None
    if isinstance(made, NoDuty):
        raise Refused("desk.training.no_key")
    return visit.go("/queue", done="invented")
