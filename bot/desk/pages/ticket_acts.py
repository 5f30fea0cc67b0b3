"""What is done with a ticket that one has claimed: answering, counting tries, marking, closing.

Here belong what these forms and scripts ask. Never here: the page itself and what is opened (``ticket``), a rule about who may or
when (``bot.tickets``), a text that is kept: a preview forgets it, an answer comes sealed.
"""

from __future__ import annotations

import contextlib
from typing import Final

import msgspec
from starlette.responses import Response

from bot import relay, relay_words
from bot.desk.pages.queue import WORKS
from bot.desk.pages.signin import Packed, unpacked
from bot.desk.pages.ticket import TEXT_LIMIT, asking, ticket_id, uuid_of, version
from bot.desk.routing import page
from bot.desk.visit import Refused, Visit
from bot.desk.words import family
from bot.exchange import StoreDown
from bot.relay import Delivery
from bot.tickets import desk, reading
from bot.tickets.sight import Stale

LONGEST_ENVELOPE: Final = 8192
"""Letters of base64url that are looked at as an envelope; one of an answer has some 3,000."""

family("desk.ticket.rule", ("empty", "telling", "promise", "opening", "organisation", "too_long", "link", "phone"))
family("desk.ticket.delivery", ("refused_blocked", "failed"))


class Drafted(msgspec.Struct, forbid_unknown_fields=True):
    """A text that somebody is writing."""

    text: str
    channel: str = ""


class Answers(msgspec.Struct, forbid_unknown_fields=True):
    envelope: str
    version: int


class Writes(msgspec.Struct, forbid_unknown_fields=True):
    """An answer into the person's chat. ``contact``: the envelope from which the box came. ``envelope``: the same text, sealed, for
    where it can only wait under the code."""

    text: str
    box: Packed
    contact: Packed
    channel: str
    envelope: str
    version: int


# --- answering ---------------------------------------------------------------------------------------------------------


@page("/ticket/{id}/preview", methods=("POST",), allow=WORKS)
async def preview(visit: Visit) -> Response:
    """Exactly what would arrive, and what is wrong with it. Nothing of it is kept."""
    drafted, tickets = visit.decoded(Drafted), visit.desk.parts.tickets
    with asking():
        sheet = await reading.sheet(tickets, visit.actor, ticket_id(visit), visit.now)
    shown = visit.desk.parts.relay.preview(drafted.text[:TEXT_LIMIT], drafted.channel, sheet.lang)
    faults = [
        {"part": drafted.text[each.start : each.end], "rule": each.rule, "stops": each.rule not in relay_words.WARNINGS}
        for each in shown.faults
    ]
    return visit.json(
        {"text": shown.text, "locked": shown.locked, "segments": shown.segments, "changed": shown.changed, "faults": faults}
    )


@page("/ticket/{id}/answer", methods=("POST",), allow=WORKS)
async def answer(visit: Visit) -> Response:
    """An answer under the code, sealed by the browser."""
    sent = visit.decoded(Answers)
    id, envelope = ticket_id(visit), envelope_of(sent.envelope)
    with asking():
        await desk.send_answer(visit.desk.parts.tickets, visit.actor, id, envelope, visit.now, version=sent.version)
    return visit.json({"done": "answered"})


@page("/ticket/{id}/write", methods=("POST",), allow=WORKS)
async def write(visit: Visit) -> Response:
    """An answer into the person's chat. Where the channel's time is over it waits under the code, and the desk is told so."""
    sent, parts, id = visit.decoded(Writes), visit.desk.parts, ticket_id(visit)
    contact = uuid_of(sent.contact)
    if len(sent.text) > TEXT_LIMIT:  # no rule looks at more: some would look for minutes
        raise Refused("desk.ticket.unfit")
    with asking():
        sheet = await reading.sheet(parts.tickets, visit.actor, id, visit.now)
        if sent.version != sheet.version:
            raise Stale
        if relay_words.stopping(parts.relay.preview(sent.text, sent.channel, sheet.lang).faults):
            raise Refused("desk.ticket.unfit")
        permit = await desk.permit_relay(parts.tickets, visit.actor, id, visit.now, version=sent.version, contact=contact)
        if not visit.actor.training and await has_left(visit, sent.box, id):
            await desk.end_relay(parts.tickets, visit.actor, id, visit.now)
            raise Refused("desk.ticket.refused.no_relay")
    assert sheet.written_at is not None  # as long as there is a way back
    if visit.actor.training:  # invented: nothing leaves, whatever the box says
        return visit.json({"done": "sent"})
    try:
        delivery = await parts.relay.send(permit, sent.box, sent.text, visit.now, written_at=sheet.written_at, lang=sheet.lang)
    except relay.Unfit:
        raise Refused("desk.ticket.unfit") from None
    except ValueError:  # the box is not of this ticket
        raise Refused("desk.ticket.refused.no_relay") from None
    if delivery is Delivery.SENT:
        with contextlib.suppress(Exception):  # it is out; an answer that finds no way back still has its code
            await parts.connected(sent.box, id, contact.bytes)
        return visit.json({"done": "sent"})
    if delivery is Delivery.TOO_LATE:
        with asking():
            await desk.send_answer(parts.tickets, visit.actor, id, envelope_of(sent.envelope), visit.now)
        return visit.json({"done": "waits"})
    raise Refused(f"desk.ticket.delivery.{delivery}")


async def has_left(visit: Visit, box: str, id: bytes) -> bool:
    """Whether the person left the chat. Raises Refused where that cannot be asked now, or the box is of another ticket."""
    try:
        return bool(await visit.desk.parts.left(box, id))
    except StoreDown:
        raise Refused(f"desk.ticket.delivery.{Delivery.FAILED}") from None
    except ValueError:
        raise Refused("desk.ticket.refused.no_relay") from None


@page("/ticket/{id}/end-relay", methods=("POST",), allow=WORKS)
async def end_relay(visit: Visit) -> Response:
    id = ticket_id(visit)
    with asking():
        await desk.end_relay(visit.desk.parts.tickets, visit.actor, id, visit.now, version=version(visit))
    return visit.go(f"/ticket/{id.hex()}", done="ended")


# --- noting and closing ------------------------------------------------------------------------------------------------


@page("/ticket/{id}/tried", methods=("POST",), allow=WORKS)
async def tried(visit: Visit) -> Response:
    """A call counts whether somebody was reached or not; which of the two only changes what the page says next."""
    id = ticket_id(visit)
    with asking():
        await desk.count_try(visit.desk.parts.tickets, visit.actor, id, visit.now, version=version(visit))
    return visit.go(f"/ticket/{id.hex()}", done="called_reached" if visit.field("reached") == "yes" else "called_not_reached")


@page("/ticket/{id}/heavy", methods=("POST",), allow=WORKS)
async def heavy(visit: Visit) -> Response:
    id = ticket_id(visit)
    with asking():
        await desk.mark_heavy(visit.desk.parts.tickets, visit.actor, id, visit.now)
    return visit.go(f"/ticket/{id.hex()}", done="heavy")


@page("/ticket/{id}/close", methods=("POST",), allow=WORKS)
async def close(visit: Visit) -> Response:
    with asking():
        outcome = visit.field("outcome")
        await desk.close(visit.desk.parts.tickets, visit.actor, ticket_id(visit), outcome, visit.now, version=version(visit))
    return visit.go("/queue", done="closed")


# --- within ------------------------------------------------------------------------------------------------------------


def envelope_of(text: str) -> bytes:
    """An envelope from base64url: longer than other bytes that scripts send."""
    return unpacked(text) if len(text) <= LONGEST_ENVELOPE else b""
