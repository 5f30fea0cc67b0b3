"""One complaint or piece of feedback: what may be seen of it, opening what is sealed to me, a sheet to print.

Here belong its pages and what opening asks. Never here: what is done with it (``complaint_acts``), for whom it exists
(``bot.complaints.routing``), a decrypted card or note: the browser opens them, and nothing of them comes back here.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.responses import Response

from bot.complaints import desk, reading, trail
from bot.complaints.names import names
from bot.complaints.reading import Sheet
from bot.desk.pages.complaints import rows
from bot.desk.pages.ticket import TEXT_LIMIT, asking, copies_said, missing_said, ticket_id, wraps_of
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import NotHere, Visit
from bot.desk.words import ask_for, family
from bot.staff.audit import CLOCK, COMMAND, PERSON
from bot.staff.passkeys import packed
from bot.staff.roles import may

READS: Final = ANY_OF("see_complaints", "see_feedback")
DONE: Final = ("accepted", "answered", "asked", "forwarded", "receipt")
INBOXES: Final = {"psea": "/complaints", "feedback": "/feedback"}
"""Inbox -> its page."""

REFUSED: Final = (
    "bad_envelope", "bad_wrap", "not_eligible", "bad_field", "outcome", "too_many", "no_answer", "no_unit", "not_forwarded",
)  # fmt: skip
ask_for("desk.complaint.stale")
family("desk.complaint.refused", REFUSED)
family("desk.complaint.done", DONE)
family("desk.complaint.what", sorted(trail.WHATS))
family("desk.complaint.clock", ("accept", "forward", "answer"))
family("desk.complaint.whose", ("own", "other", "heard", "unsaid"))
family("desk.complaint.when", ("today", "week", "month", "longer", "unsaid"))
family("desk.complaint.said", ("yes", "no", "unsaid"))


class Opens(msgspec.Struct, forbid_unknown_fields=True):
    kind: reading.Opens


@page("/complaint/{id}", allow=READS)
async def complaint(visit: Visit) -> Response:
    sheet = await sheet_of(visit)
    row = sheet.row
    done = visit.query("done")
    return visit.show(
        "complaint.html",
        **await _shown(visit, sheet),
        rows=await rows(visit, row.inbox),
        inbox=INBOXES[row.inbox],
        done=done if done in DONE else "",
        people={name: visit.t(f"desk.audit.account.{name}") for name in (CLOCK, PERSON, COMMAND)},
        outcomes=[each for each in desk.CLOSINGS if each != "published" or row.inbox == "feedback"],
        publishes=row.inbox == "feedback" and may(visit.actor, "publish_notice", country=row.country),
        limit=TEXT_LIMIT,
    )


@page("/complaint/{id}/paper", allow=READS)
async def paper(visit: Visit) -> Response:
    """A sheet for an entity outside of the network: without content, or with what this browser opens."""
    sheet = await sheet_of(visit)
    if "forward" not in sheet.may:
        raise NotHere
    return visit.show("complaint_paper.html", **await _shown(visit, sheet))


@page("/complaint/{id}/open", methods=("POST",), allow=READS)
async def open_sealed(visit: Visit) -> Response:
    """My own wrapped copies of one kind. That they were handed out is in the trail.

    ``version`` is the complaint's from before: whoever has read what is here may act on it."""
    id, parts = ticket_id(visit), visit.desk.parts.complaints
    kind = visit.decoded(Opens).kind
    sheet = await sheet_of(visit)
    with asking("desk.complaint"):
        copies = await reading.released(parts, visit.actor, id, kind, visit.now)
    return visit.json({"copies": copies_said(copies), "version": sheet.row.version})


@page("/complaint/{id}/wraps", methods=("GET",), allow=READS, passive=True)
async def lacking(visit: Visit) -> Response:
    """What those who may read it cannot open yet, as I may open it, for my browser to wrap for them."""
    with asking("desk.complaint"):
        missing = await desk.missing_wraps(visit.desk.parts.complaints, visit.actor, ticket_id(visit), visit.now)
    return visit.json({"missing": missing_said(missing)})


@page("/complaint/{id}/wraps", methods=("POST",), allow=READS, body_limit=1024 * 1024, passive=True)
async def share(visit: Visit) -> Response:
    with asking("desk.complaint"):
        made = wraps_of(visit)
        added = await desk.add_wraps(visit.desk.parts.complaints, visit.actor, ticket_id(visit), made, visit.now)
    return visit.json({"added": added})


async def sheet_of(visit: Visit) -> Sheet:
    """The complaint of the address, as it exists for this actor. Raises NotHere."""
    with asking("desk.complaint"):
        return await reading.sheet(visit.desk.parts.complaints, visit.actor, ticket_id(visit), visit.now)


async def _shown(visit: Visit, sheet: Sheet) -> dict[str, Any]:
    """What both pages show."""
    passed, given = ([each.organisation for each in sheet.forwardings], [each.organisation for each in sheet.colleagues])
    keys = (sheet.row.organisation, *sheet.chain, *passed, *given)
    async with visit.engine.connect() as connection:
        called = await names(connection, keys)
    return {
        "sheet": sheet,
        "row": sheet.row,
        "id": sheet.row.id.hex(),
        "public": packed(sheet.public),
        "called": called,
        # Of what is there, what one of my keys opens: a wrap that is not there is known before anybody asks for it.
        "kinds": {each.kind for each in sheet.enclosed},
        "mine_to_open": {each.kind for each in sheet.enclosed if each.openable},
    }
