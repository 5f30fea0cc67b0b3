"""What belongs to no page: where somebody arrives, leaving, signs of life, static files.

Never here: signing in (``signin``), what any page shows.
"""

from __future__ import annotations

from starlette.responses import Response

from bot.desk.routing import PUBLIC, REGISTRY, SIGNED_IN, page
from bot.desk.visit import NotHere, Visit
from bot.staff import audit, desk_sessions


@page("/", allow=SIGNED_IN)
async def arrive(visit: Visit) -> Response:
    """The first page of one's own menu."""
    return visit.go(next(REGISTRY.menu(visit.actor)).path)


@page("/sign-out", methods=("POST",), allow=SIGNED_IN)
async def sign_out(visit: Visit) -> Response:
    """Ends the session, in the browser as well: cookie, cache and storage."""
    await desk_sessions.end(visit.engine, visit.token)
    async with visit.engine.begin() as connection:
        await audit.record(connection, visit.actor.name, "", "signed_out", "", visit.now)
    response = visit.json({}) if visit.wants_json else visit.go("/left")
    visit.desk.surroundings.forget(visit.request, response)
    return response


@page("/left", allow=PUBLIC)
async def left(visit: Visit) -> Response:
    """An empty page, which says nothing about what was here."""
    return visit.show("left.html")


@page("/awake", methods=("POST",), allow=SIGNED_IN)
async def awake(visit: Visit) -> Response:
    """Somebody moves on a page that asks the server for nothing."""
    return visit.json({"seconds": int(desk_sessions.IDLE.total_seconds())})


@page("/static/{name}", allow=PUBLIC, passive=True)
async def static(visit: Visit) -> Response:
    """A file of ``static/``. Nothing in it says anything about anybody, so a browser may keep it until somebody signs out."""
    name = visit.values["name"]
    found = visit.desk.rendering.files.get(name)
    if found is None:
        raise NotHere
    mark = visit.desk.rendering.marks[name]
    kept = visit.request.headers.get("if-none-match") == mark
    content, kind = found
    answered = {"etag": mark, "cache-control": "no-cache"}
    return Response(b"" if kept else content, 304 if kept else 200, answered, None if kept else kind)
