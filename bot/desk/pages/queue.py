"""The live list: what waits, what I work on.

Here belong the list's page, its rows for the script, and the stream that says "something changed". Never here: what a row may show
(``bot.tickets.listing``), content, contact, an act on a ticket (``ticket``).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response, StreamingResponse

from bot.desk.pulse import stream
from bot.desk.routing import ANY_OF, ROOT, page
from bot.desk.visit import Visit
from bot.desk.words import family
from bot.roster import load
from bot.tickets import desk, movement_views
from bot.tickets.desk import Row
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.tables import AGES, LEVELS, WISHES

WORKS: Final = ANY_OF("see_queue", "accept_movement")

DONE: Final = ("taken", "released", "recused", "closed", "paused", "training_off", "invented")
"""What the list may say that has just been done."""
family("desk.queue.done", DONE)
GROUPS: Final = ("mine", "waiting", "withdrawn")
family("desk.queue.group", GROUPS)
family("desk.queue.age", AGES)
family("desk.queue.wish", tuple(wish for wish in WISHES if wish))
family("desk.queue.told", LEVELS)
family("desk.queue.tells", LEVELS[1:])


@page("/queue", allow=WORKS, nav=10)
async def queue(visit: Visit) -> Response:
    done = visit.query("done")
    return visit.show(
        "queue.html",
        rows=await rows(visit),
        care=await care_of(visit),
        incoming=await incoming_number(visit),
        done=done if done in DONE else "",
    )


@page("/queue/rows", allow=WORKS, passive=True)
async def live_rows(visit: Visit) -> Response:
    """The same rows, for the script that keeps the list fresh."""
    return visit.json({"rows": await rows(visit), "incoming": await incoming_number(visit)})


@page("/queue/events", allow=WORKS, passive=True)
async def events(visit: Visit) -> Response:
    """Says that something changed, and nothing else."""
    return StreamingResponse(stream(visit, visit.desk.pulse), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def care_of(visit: Visit) -> load.Care:
    """What the desk says to whoever works here about their own load (M-7)."""
    async with visit.engine.connect() as connection:
        return await load.care(
            connection,
            visit.desk.parts.roster.current,
            visit.actor.id,
            visit.now,
            heavy_before_pause=visit.desk.settings.heavy_before_pause,
        )


async def incoming_number(visit: Visit) -> int:
    """How many referrals and transfers wait for this actor's answer."""
    parts = visit.desk.parts
    incoming = await movement_views.incoming(parts.moves, visit.actor, visit.now)
    closing = await movement_views.to_close(parts.moves, visit.actor, visit.now)
    return sum(bool(each.acts) for each in (*incoming, *closing))


async def rows(visit: Visit) -> list[dict[str, Any]]:
    """The list as this actor may see it, in words."""
    tickets = visit.desk.parts.tickets
    return [_said(visit, row, tickets.lifetimes) for row in await desk.queue(tickets, visit.actor, visit.now)]


def _said(visit: Visit, row: Row, lifetimes: Lifetimes) -> dict[str, Any]:
    t = visit.t
    spoken = t.language(row.other_lang or row.lang)
    about = [t.country(row.country), spoken, t(f"desk.queue.age.{row.age}")]
    if row.wish:
        about.append(t(f"desk.queue.wish.{row.wish}"))
    return {
        "id": row.id.hex(),
        "href": f"{ROOT}/ticket/{row.id.hex()}",
        "version": row.version,
        "reference": row.reference,
        "group": "withdrawn" if row.state == "withdrawn" else "mine" if row.mine else "waiting",
        "about": " · ".join(about),
        "waits": _waits(visit, row, lifetimes),
        "urgent": row.urgent and row.state != "withdrawn",
        "child": row.child and row.state != "withdrawn",
        "written": row.written,
        "contested": row.contested and row.state != "withdrawn",
    }


def _waits(visit: Visit, row: Row, lifetimes: Lifetimes) -> str:
    """ "Waiting 12 minutes, back-up is told in 3"."""
    t = visit.t
    if row.state == "withdrawn":
        return t("desk.queue.withdrawn")
    waited = t("desk.queue.waits", time=t.span(row.waiting))
    if row.mine:
        return t("desk.queue.since", time=t.span(row.waiting))
    at = LEVELS.index(row.level)
    if at + 1 == len(LEVELS):
        return t("desk.queue.waits_told", waits=waited, told=t(f"desk.queue.told.{row.level}"))
    further = LEVELS[at + 1]
    due = lifetimes.told_at(further, row.queued, hurry=row.urgent or row.child)
    left = (due - visit.now) / timedelta(seconds=1)
    if left <= 0:
        return t("desk.queue.waits_told", waits=waited, told=t(f"desk.queue.told.{row.level}"))
    return t("desk.queue.waits_tells", waits=waited, tells=t(f"desk.queue.tells.{further}", time=t.span(left)))


@page("/pause", methods=("POST",), allow=WORKS)
async def pause(visit: Visit) -> Response:
    """Whoever was asked to pause did so."""
    async with visit.engine.begin() as connection:
        await load.pause_taken(connection, visit.actor.id)
    return visit.go("/queue", done="paused")
