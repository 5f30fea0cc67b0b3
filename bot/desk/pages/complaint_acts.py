"""What is done with a complaint or a piece of feedback: accepting, giving, stepping aside, answering, passing on, closing.

Here belong what these forms and scripts ask. Never here: its pages and what is opened (``complaint``), a rule about who may or when
(``bot.complaints``), a text that is kept: a preview forgets it, an answer comes sealed.
"""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from bot import relay_words
from bot.complaints import desk
from bot.desk.pages.complaint import INBOXES, READS, sheet_of
from bot.desk.pages.ticket import TEXT_LIMIT, asking, ticket_id, uuid_of, version
from bot.desk.pages.ticket_acts import Drafted, envelope_of
from bot.desk.routing import page
from bot.desk.visit import Refused, Visit

WORDS: Final = "desk.complaint"


class Answers(msgspec.Struct, forbid_unknown_fields=True):
    envelope: str
    version: int
    asks: bool


class Forwards(msgspec.Struct, forbid_unknown_fields=True):
    organisation: str
    version: int


# --- taking and giving back ----------------------------------------------------------------------------------------------


@page("/complaint/{id}/accept", methods=("POST",), allow=READS)
async def accept(visit: Visit) -> Response:
    id = ticket_id(visit)
    inbox = INBOXES[(await sheet_of(visit)).row.inbox]
    try:
        with asking(WORDS):
            await desk.accept(visit.desk.parts.complaints, visit.actor, id, visit.now)
    except Refused as refusal:
        # Two wanted it at the same moment: whoever was second is told so on the list, not on a page of errors.
        if refusal.id == "desk.complaint.stale":
            return visit.go(inbox, done="taken")
        raise
    return visit.go(f"/complaint/{id.hex()}", done="accepted")


@page("/complaint/{id}/release", methods=("POST",), allow=READS)
async def release(visit: Visit) -> Response:
    inbox = INBOXES[(await sheet_of(visit)).row.inbox]
    with asking(WORDS):
        await desk.release(visit.desk.parts.complaints, visit.actor, ticket_id(visit), visit.now, version=version(visit))
    return visit.go(inbox, done="released")


@page("/complaint/{id}/give", methods=("POST",), allow=READS)
async def give(visit: Visit) -> Response:
    """A piece of feedback to a colleague who may read it."""
    inbox = INBOXES[(await sheet_of(visit)).row.inbox]
    with asking(WORDS):
        to = uuid_of(visit.field("to"))
        await desk.give(visit.desk.parts.complaints, visit.actor, ticket_id(visit), to, visit.now, version=version(visit))
    return visit.go(inbox, done="given")


@page("/complaint/{id}/recuse", methods=("POST",), allow=READS)
async def recuse(visit: Visit) -> Response:
    """One click: nothing is asked, and it is not shown to this account again."""
    inbox = INBOXES[(await sheet_of(visit)).row.inbox]
    with asking(WORDS):
        await desk.recuse(visit.desk.parts.complaints, visit.actor, ticket_id(visit), visit.now)
    return visit.go(inbox, done="recused")


# --- answering -------------------------------------------------------------------------------------------------------------


@page("/complaint/{id}/preview", methods=("POST",), allow=READS)
async def preview(visit: Visit) -> Response:
    """What would be read under the code, and what is wrong with it. Nothing of it is kept."""
    drafted = visit.decoded(Drafted)
    sheet = await sheet_of(visit)
    shown = visit.desk.parts.relay.preview(drafted.text[:TEXT_LIMIT], "", sheet.row.lang)
    faults = [
        {"part": drafted.text[each.start : each.end], "rule": each.rule, "stops": each.rule not in relay_words.WARNINGS}
        for each in shown.faults
    ]
    return visit.json({"text": shown.text, "locked": shown.locked, "segments": 0, "changed": shown.changed, "faults": faults})


@page("/complaint/{id}/answer", methods=("POST",), allow=READS)
async def answer(visit: Visit) -> Response:
    """An answer, or a question, under the code, sealed by the browser."""
    sent = visit.decoded(Answers)
    id, envelope = ticket_id(visit), envelope_of(sent.envelope)
    parts = visit.desk.parts.complaints
    with asking(WORDS):
        await desk.send_answer(parts, visit.actor, id, envelope, visit.now, asks=sent.asks, version=sent.version)
    return visit.json({"done": "asked" if sent.asks else "answered"})


# --- passing on and closing ------------------------------------------------------------------------------------------------


@page("/complaint/{id}/forward", methods=("POST",), allow=READS)
async def forward(visit: Visit) -> Response:
    """To the investigation unit; the browser then makes its wraps."""
    sent, id = visit.decoded(Forwards), ticket_id(visit)
    parts = visit.desk.parts.complaints
    with asking(WORDS):
        await desk.forward(parts, visit.actor, id, visit.now, way="unit", organisation=sent.organisation, version=sent.version)
    return visit.json({"done": "forwarded"})


@page("/complaint/{id}/passed", methods=("POST",), allow=READS)
async def passed(visit: Visit) -> Response:
    """By the entity's own channel: that it was, and when."""
    id = ticket_id(visit)
    with asking(WORDS):
        await desk.forward(visit.desk.parts.complaints, visit.actor, id, visit.now, way="outside", version=version(visit))
    return visit.go(f"/complaint/{id.hex()}", done="forwarded")


@page("/complaint/{id}/confirm", methods=("POST",), allow=READS)
async def confirm(visit: Visit) -> Response:
    id = ticket_id(visit)
    with asking(WORDS):
        forwarding = uuid_of(visit.field("forwarding"))
        await desk.confirm_receipt(visit.desk.parts.complaints, visit.actor, id, visit.now, forwarding_id=forwarding)
    return visit.go(f"/complaint/{id.hex()}", done="receipt")


@page("/complaint/{id}/close", methods=("POST",), allow=READS)
async def close(visit: Visit) -> Response:
    inbox = INBOXES[(await sheet_of(visit)).row.inbox]
    with asking(WORDS):
        outcome = visit.field("outcome")
        await desk.close(visit.desk.parts.complaints, visit.actor, ticket_id(visit), outcome, visit.now, version=version(visit))
    return visit.go(inbox, done="closed")
