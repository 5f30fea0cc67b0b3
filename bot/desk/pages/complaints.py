"""The inbox of complaints about behaviour: what waits, and until when what has to happen.

Here belong the list's page, its rows for the script, and the stream that says "something changed"; the inbox of feedback shares
them (``feedback``). Never here: which complaints exist for whom (``bot.complaints.routing``), content, acts (``complaint_acts``).
"""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response, StreamingResponse

from bot.complaints import listing
from bot.complaints.listing import Row
from bot.complaints.names import names
from bot.complaints.storing import OPEN
from bot.complaints.tables import ABOUT, LEVELS, OUTCOMES, TOPICS
from bot.desk.pulse import stream
from bot.desk.routing import ANY_OF, ROOT, page
from bot.desk.visit import Visit
from bot.desk.words import family

READS: Final = ANY_OF("see_complaints")

DONE: Final = ("taken", "released", "given", "recused", "closed")
"""What a list may say that has just been done."""
ENDED: Final = "ended"
"""In place of an outcome: nobody closed it within the longest time that anything is kept, and the clock did."""
GROUPS: Final = ("mine", "waiting", "others", "over")
family("desk.complaints.done", DONE)
family("desk.complaints.group", GROUPS)
family("desk.complaints.about", ABOUT)
family("desk.complaints.topic", TOPICS)
family("desk.complaints.level", LEVELS)
family("desk.complaints.outcome", (*OUTCOMES, ENDED))
for _step in ("accept", "forward", "answer"):
    family(f"desk.complaints.due.{_step}", ("left", "late"))


@page("/complaints", allow=READS, nav=12)
async def complaints(visit: Visit) -> Response:
    done = visit.query("done")
    return visit.show("complaints.html", rows=await rows(visit, "psea"), done=done if done in DONE else "")


@page("/complaints/rows", allow=READS, passive=True)
async def live_rows(visit: Visit) -> Response:
    """The same rows, for the script that keeps the list fresh."""
    return visit.json({"rows": await rows(visit, "psea")})


@page("/complaints/events", allow=READS, passive=True)
async def events(visit: Visit) -> Response:
    """Says that something changed in this actor's list, and nothing else."""
    return following(visit, "psea")


def following(visit: Visit, inbox: str) -> Response:
    """The stream of one inbox. What changes elsewhere is not even heard of (C-4)."""

    async def own() -> object:
        return [(row.id, row.version) for row in await _listed(visit, inbox)]

    lines = stream(visit, visit.desk.complaints_pulse, own)
    return StreamingResponse(lines, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def rows(visit: Visit, inbox: str, topic: str = "") -> list[dict[str, Any]]:
    """The inbox as it exists for this actor, in words. ``topic``: only what is about this."""
    found = [row for row in await _listed(visit, inbox) if topic in ("", row.topic)]
    async with visit.engine.connect() as connection:
        called = await names(connection, (row.organisation for row in found))
    return [_said(visit, row, called) for row in found]


async def _listed(visit: Visit, inbox: str) -> list[Row]:
    parts = visit.desk.parts.complaints
    open_ = await listing.inbox(parts, visit.actor, inbox, visit.desk.now())
    return open_ + await listing.inbox(parts, visit.actor, inbox, visit.desk.now(), ended=True)


def _said(visit: Visit, row: Row, called: dict[str, str]) -> dict[str, Any]:
    t, open_ = visit.t, row.state in OPEN
    about = [t.country(row.country), t.language(row.lang), called.get(row.organisation) or t(f"desk.complaints.about.{row.about}")]
    return {
        "id": row.id.hex(),
        "href": f"{ROOT}/complaint/{row.id.hex()}",
        "version": row.version,
        "reference": row.reference,
        "group": "over" if not open_ else "mine" if row.mine else "others" if row.state == "accepted" else "waiting",
        "about": " · ".join([*about, t(f"desk.complaints.topic.{row.topic}")]),
        "waits": waits(visit, row),
        "urgent": row.urgent and open_,
        "child": row.child and open_,
        "late": row.late,
        "contested": row.contested and open_,
        "asks": row.asks and open_,
        "written": row.written,
    }


def waits(visit: Visit, row: Row) -> str:
    """ "Accept: 3 hours left; back-up was told too"."""
    t = visit.t
    if row.state == "withdrawn":
        return t("desk.complaints.withdrawn")
    if row.state == "closed":
        return t("desk.complaints.closed", outcome=t(f"desk.complaints.outcome.{row.outcome or ENDED}"))
    next_due = next((clock for clock in row.clocks if clock.done_at is None), None)
    if next_due is None:
        return t("desk.complaints.due.none")
    left = (next_due.due - visit.now).total_seconds()
    said = t(f"desk.complaints.due.{next_due.step}.{'left' if left > 0 else 'late'}", time=t.span(abs(left)))
    return f"{said} · {t(f'desk.complaints.level.{row.level}')}" if row.inbox == "psea" else said
