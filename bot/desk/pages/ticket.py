"""A ticket: what may be seen of it, opening what is sealed to me, and what can be done.

Here belong its page and what its forms and its script ask. Never here: a rule about who may or when (``bot.tickets``), a decrypted
contact, card or note: the browser opens them, and nothing of them comes back here but a box that this process alone can open.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Final

import msgspec
from starlette.responses import Response

from bot import relay, relay_words
from bot.desk.pages.queue import WORKS, care_of, rows
from bot.desk.pages.signin import Packed, unpacked
from bot.desk.routing import page
from bot.desk.visit import NotHere, Refused, Visit
from bot.desk.words import family
from bot.relay import Delivery
from bot.staff.passkeys import packed
from bot.tickets import desk, reading
from bot.tickets.desk import CLOSINGS, REACHED, RELEASES, RISKS, STEPS, Leaving
from bot.tickets.sight import REASONS, NotThere, Stale
from bot.tickets.sight import Refused as TicketRefused
from flows.facts import KINDS, PRETEXTS, WINDOW_NAMES, WINDOWS

TEXT_LIMIT: Final = 1800
"""Characters of an answer; its envelope has room for 2,046 bytes."""
DONE: Final = ("claimed", "answered", "sent", "tried", "heavy", "ended", "shared")

family("desk.ticket.done", DONE)
family("desk.ticket.refused", sorted(REASONS))
family("desk.ticket.reason", (*RELEASES, "recused", "lapsed"))
family("desk.ticket.reached", REACHED)
family("desk.ticket.step", STEPS)
family("desk.ticket.risk", RISKS)
family("desk.ticket.outcome", CLOSINGS)
family("desk.ticket.window", WINDOW_NAMES)
family("desk.ticket.present", PRETEXTS)
family("desk.ticket.need", (*KINDS, "other", "unsaid"))
family("desk.ticket.for", ("self", "other", "friend"))
family("desk.ticket.way", ("code", "here", "phone"))
family("desk.ticket.rule", ("empty", "telling", "promise", "opening", "organisation", "too_long", "link", "phone"))
family("desk.ticket.delivery", tuple(str(each) for each in Delivery))


class Opens(msgspec.Struct, forbid_unknown_fields=True):
    kind: reading.Opens


class Drafted(msgspec.Struct, forbid_unknown_fields=True):
    """A text that somebody is writing."""

    text: str
    channel: str = ""


class Answers(msgspec.Struct, forbid_unknown_fields=True):
    envelope: str
    version: int


class Writes(msgspec.Struct, forbid_unknown_fields=True):
    """An answer into the person's chat. ``envelope``: the same, sealed, for where it can only wait under the code."""

    text: str
    box: Packed
    channel: str
    envelope: str
    version: int


class Shares(msgspec.Struct, forbid_unknown_fields=True):
    wraps: dict[str, list[Packed]]
    """Item id -> wraps."""


@contextlib.contextmanager
def asking() -> Iterator[None]:
    """What ``bot.tickets`` refuses, as the desk says it. Raises NotHere, Refused."""
    try:
        yield
    except NotThere:
        raise NotHere from None
    except Stale:
        raise Refused("desk.ticket.stale") from None
    except TicketRefused as refusal:
        raise Refused(f"desk.ticket.refused.{refusal.reason}") from None


def ticket_id(visit: Visit) -> bytes:
    """Of the address. Raises NotHere for what cannot be one."""
    try:
        id = bytes.fromhex(str(visit.values["id"]))
    except ValueError:
        raise NotHere from None
    if len(id) != 16:
        raise NotHere
    return id


def version(visit: Visit) -> int | None:
    """The version that the form was made from."""
    given = visit.field("version")
    return int(given) if given.isascii() and given.isdigit() else None


# --- the page ----------------------------------------------------------------------------------------------------------


@page("/ticket/{id}", allow=WORKS)
async def ticket(visit: Visit) -> Response:
    id, tickets = ticket_id(visit), visit.desk.parts.tickets
    with asking():
        sheet = await reading.sheet(tickets, visit.actor, id, visit.now)
    done = visit.query("done")
    return visit.show(
        "ticket.html",
        sheet=sheet,
        id=id.hex(),
        public=packed(sheet.public),
        rows=await rows(visit),
        care=await care_of(visit),
        done=done if done in DONE else "",
        spans=[(name, *WINDOWS[name]) for name in WINDOW_NAMES],
        reasons=RELEASES,
        reached=REACHED,
        steps=STEPS,
        risks=RISKS,
        outcomes=CLOSINGS,
        limit=TEXT_LIMIT,
    )


# --- taking and giving back --------------------------------------------------------------------------------------------


@page("/ticket/{id}/claim", methods=("POST",), allow=WORKS)
async def claim(visit: Visit) -> Response:
    id = ticket_id(visit)
    with asking():
        await desk.claim(visit.desk.parts.tickets, visit.actor, id, visit.now)
    return visit.go(f"/ticket/{id.hex()}", done="claimed")


@page("/ticket/{id}/release", methods=("POST",), allow=WORKS)
async def release(visit: Visit) -> Response:
    id = ticket_id(visit)
    with asking():
        leaving = Leaving(*(visit.field(name) for name in ("reason", "reached", "next_step", "risk")))
        await desk.release(visit.desk.parts.tickets, visit.actor, id, leaving, visit.now, version=version(visit))
    return visit.go("/queue")


@page("/ticket/{id}/recuse", methods=("POST",), allow=WORKS)
async def recuse(visit: Visit) -> Response:
    """One click: nothing is asked, and it is not shown to this account again."""
    with asking():
        await desk.recuse(visit.desk.parts.tickets, visit.actor, ticket_id(visit), visit.now)
    return visit.go("/queue")


# --- opening -----------------------------------------------------------------------------------------------------------


@page("/ticket/{id}/open", methods=("POST",), allow=WORKS)
async def open_sealed(visit: Visit) -> Response:
    """My own wrapped copies of one kind. That they were handed out is in the audit."""
    with asking():
        kind = visit.decoded(Opens).kind
        copies = await reading.released(visit.desk.parts.tickets, visit.actor, ticket_id(visit), kind, visit.now)
    return visit.json({"copies": [{"at": visit.t.moment(each.created_at), "envelope": packed(each.envelope)} for each in copies]})


@page("/ticket/{id}/wraps", methods=("GET",), allow=WORKS)
async def lacking(visit: Visit) -> Response:
    """What those who may read it cannot open yet, as I may open it, for my browser to wrap for them."""
    with asking():
        missing = await desk.missing_wraps(visit.desk.parts.tickets, visit.actor, ticket_id(visit))
    said = [
        {"item": each.item_id.hex, "kind": each.kind, "envelope": packed(each.envelope), "keys": [packed(key) for key in each.keys]}
        for each in missing
    ]
    return visit.json({"missing": said})


@page("/ticket/{id}/wraps", methods=("POST",), allow=WORKS, body_limit=1024 * 1024)
async def share(visit: Visit) -> Response:
    sent = visit.decoded(Shares)
    made = {uuid_of(item): [unpacked(each) for each in wraps] for item, wraps in sent.wraps.items()}
    with asking():
        added = await desk.add_wraps(visit.desk.parts.tickets, visit.actor, ticket_id(visit), made, visit.now)
    return visit.json({"added": added})


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
    id, envelope = ticket_id(visit), unpacked_long(sent.envelope)
    with asking():
        await desk.send_answer(visit.desk.parts.tickets, visit.actor, id, envelope, visit.now, version=sent.version)
    return visit.json({"done": "answered"})


@page("/ticket/{id}/write", methods=("POST",), allow=WORKS)
async def write(visit: Visit) -> Response:
    """An answer into the person's chat. Where the channel's time is over it waits under the code, and the desk is told so."""
    sent, parts, id = visit.decoded(Writes), visit.desk.parts, ticket_id(visit)
    with asking():
        sheet = await reading.sheet(parts.tickets, visit.actor, id, visit.now)
        if sent.version != sheet.version:
            raise Stale
        if relay_words.stopping(parts.relay.preview(sent.text, sent.channel, sheet.lang).faults):
            raise Refused("desk.ticket.unfit")
        permit = await desk.permit_relay(parts.tickets, visit.actor, id, visit.now, version=sent.version)
    assert sheet.heard_at is not None
    try:
        delivery = await parts.relay.send(permit, sent.box, sent.text, visit.now, heard_at=sheet.heard_at, lang=sheet.lang)
    except relay.Unfit:
        raise Refused("desk.ticket.unfit") from None
    except ValueError:  # the box is not of this ticket
        raise Refused("desk.ticket.refused.no_relay") from None
    if delivery is Delivery.SENT:
        with contextlib.suppress(Exception):  # it is out; an answer that finds no way back still has its code
            await parts.connected(sent.box, id)
    elif delivery is Delivery.TOO_LATE:
        with asking():
            await desk.send_answer(parts.tickets, visit.actor, id, unpacked_long(sent.envelope), visit.now)
    return visit.json({"delivery": str(delivery), "said": visit.t(f"desk.ticket.delivery.{delivery}")})


@page("/ticket/{id}/end-relay", methods=("POST",), allow=WORKS)
async def end_relay(visit: Visit) -> Response:
    id = ticket_id(visit)
    with asking():
        await desk.end_relay(visit.desk.parts.tickets, visit.actor, id, visit.now, version=version(visit))
    return visit.go(f"/ticket/{id.hex()}", done="ended")


# --- noting and closing ------------------------------------------------------------------------------------------------


@page("/ticket/{id}/tried", methods=("POST",), allow=WORKS)
async def tried(visit: Visit) -> Response:
    id = ticket_id(visit)
    with asking():
        await desk.count_try(visit.desk.parts.tickets, visit.actor, id, visit.now, version=version(visit))
    return visit.go(f"/ticket/{id.hex()}", done="tried")


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
    return visit.go("/queue")


# --- within ------------------------------------------------------------------------------------------------------------


def uuid_of(text: str) -> uuid.UUID:
    """An item's id from its 32 letters. Raises NotHere."""
    try:
        return uuid.UUID(hex=text)
    except ValueError:
        raise NotHere from None


def unpacked_long(text: str) -> bytes:
    """An envelope from base64url: longer than other bytes that scripts send."""
    return unpacked(text) if len(text) <= 8192 else b""
