"""A ticket: what may be seen of it, taking it and giving it back, opening what is sealed to me.

Here belong its page and what its forms and its script ask. Never here: answers and what else is done with it (``ticket_acts``), a
rule about who may or when (``bot.tickets``), a decrypted contact, card or note: the browser opens them, and nothing of them comes
back here but a box that this process alone can open.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from starlette.responses import Response

from bot.desk.pages.queue import WORKS, care_of, incoming_number, rows
from bot.desk.pages.signin import Packed, unpacked
from bot.desk.routing import page
from bot.desk.visit import NotHere, Refused, Visit
from bot.desk.words import ask_for, family
from bot.staff.passkeys import packed
from bot.staff.roles import may
from bot.tickets import desk, movement_views, reading
from bot.tickets.desk import CLOSINGS, REACHED, RELEASES, RISKS, STEPS, Leaving
from bot.tickets.movements import Unmet
from bot.tickets.sight import REASONS, NotThere, Stale
from bot.tickets.sight import Refused as TicketRefused
from bot.tickets.wraps import Missing
from flows.facts import KINDS, PRETEXTS, WINDOW_NAMES, WINDOWS

TEXT_LIMIT: Final = 1800
"""Characters of an answer; its envelope has room for 2,046 bytes."""
OF_COMPLAINTS: Final = frozenset({"no_answer", "no_unit", "not_forwarded"})
"""Reasons that no ticket is refused for."""
DONE: Final = ("claimed", "answered", "sent", "waits", "called_reached", "called_not_reached", "heavy", "ended")
"""What a page may say that has just been done."""

family("desk.ticket.done", DONE)
ask_for("desk.ticket.stale")
family("desk.ticket.refused", sorted(REASONS - OF_COMPLAINTS))
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
family("desk.ticket.contact.open", ("here", "phone"))
family("desk.ticket.relay", ("closed", "outside", "open_contact"))


class Opens(msgspec.Struct, forbid_unknown_fields=True):
    kind: reading.Opens


class Shares(msgspec.Struct, forbid_unknown_fields=True):
    wraps: dict[str, list[Packed]]
    """Item id -> wraps."""


@contextlib.contextmanager
def asking(said: str = "desk.ticket") -> Iterator[None]:
    """What ``bot.tickets`` or ``bot.complaints`` refuses, as the desk says it in the words of the page ``said``. Raises NotHere,
    Refused; ``Unmet`` is for the page to show."""
    try:
        yield
    except NotThere:
        raise NotHere from None
    except Stale:
        raise Refused(f"{said}.stale") from None
    except Unmet:
        raise
    except TicketRefused as refusal:
        raise Refused(f"{said}.refused.{refusal.reason}") from None


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
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


# --- the page ----------------------------------------------------------------------------------------------------------


@page("/ticket/{id}", allow=WORKS)
async def ticket(visit: Visit) -> Response:
    id, parts = ticket_id(visit), visit.desk.parts
    with asking():
        sheet = await reading.sheet(parts.tickets, visit.actor, id, visit.now)
        moves = await movement_views.of_ticket(parts.moves, visit.actor, id, visit.now) if sheet.mine else []
    done = visit.query("done")
    return visit.show(
        "ticket.html",
        sheet=sheet,
        id=id.hex(),
        public=packed(sheet.public),
        # Of what is there, what one of my keys opens: a wrap that is not there is known before anybody asks for it.
        kinds={each.kind for each in sheet.enclosed},
        mine_to_open={each.kind for each in sheet.enclosed if each.openable},
        releases=sheet.mine or (sheet.state == "claimed" and may(visit.actor, "release", country=sheet.country)),
        moves=moves,
        places=may(visit.actor, "see_directory", country=sheet.country),
        rows=await rows(visit),
        care=await care_of(visit),
        incoming=await incoming_number(visit),
        done=done if done in DONE else "",
        hours=_hours(sheet.hours.windows) if sheet.hours else "",
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
    try:
        with asking():
            await desk.claim(visit.desk.parts.tickets, visit.actor, id, visit.now)
    except Refused as refusal:
        # Two wanted to help at the same moment: whoever was second is told so on the list, not on a page of errors.
        if refusal.id == "desk.ticket.stale":
            return visit.go("/queue", done="taken")
        raise
    return visit.go(f"/ticket/{id.hex()}", done="claimed")


@page("/ticket/{id}/release", methods=("POST",), allow=WORKS)
async def release(visit: Visit) -> Response:
    id = ticket_id(visit)
    with asking():
        leaving = Leaving(*(visit.field(name) for name in ("reason", "reached", "next_step", "risk")))
        await desk.release(visit.desk.parts.tickets, visit.actor, id, leaving, visit.now, version=version(visit))
    return visit.go("/queue", done="released")


@page("/ticket/{id}/recuse", methods=("POST",), allow=WORKS)
async def recuse(visit: Visit) -> Response:
    """One click: nothing is asked, and it is not shown to this account again."""
    with asking():
        await desk.recuse(visit.desk.parts.tickets, visit.actor, ticket_id(visit), visit.now)
    return visit.go("/queue", done="recused")


# --- opening -----------------------------------------------------------------------------------------------------------


@page("/ticket/{id}/open", methods=("POST",), allow=WORKS)
async def open_sealed(visit: Visit) -> Response:
    """My own wrapped copies of one kind. That they were handed out is in the audit.

    ``version`` is the ticket's from before: whoever has read what is here may act on it."""
    id, tickets = ticket_id(visit), visit.desk.parts.tickets
    with asking():
        kind = visit.decoded(Opens).kind
        sheet = await reading.sheet(tickets, visit.actor, id, visit.now)
        copies = await reading.released(tickets, visit.actor, id, kind, visit.now)
    until = sheet.hours.until if kind == "contact" and sheet.way == "phone" and sheet.hours else None
    return visit.json(
        {
            "copies": copies_said(copies),
            "version": sheet.version,
            "seconds": (until - visit.now).total_seconds() if until else None,
        }
    )


@page("/ticket/{id}/wraps", methods=("GET",), allow=WORKS, passive=True)
async def lacking(visit: Visit) -> Response:
    """What those who may read it cannot open yet, as I may open it, for my browser to wrap for them."""
    with asking():
        missing = await desk.missing_wraps(visit.desk.parts.tickets, visit.actor, ticket_id(visit), visit.now)
    return visit.json({"missing": missing_said(missing)})


@page("/ticket/{id}/wraps", methods=("POST",), allow=WORKS, body_limit=1024 * 1024, passive=True)
async def share(visit: Visit) -> Response:
    with asking():
        made = wraps_of(visit)
        added = await desk.add_wraps(visit.desk.parts.tickets, visit.actor, ticket_id(visit), made, visit.now)
    return visit.json({"added": added})


def copies_said(copies: Iterable[Any]) -> list[dict[str, str]]:
    """My own wrapped copies, as the browser opens them."""
    return [{"item": each.item_id.hex, "at": each.created_at.isoformat(), "envelope": packed(each.envelope)} for each in copies]


def missing_said(missing: Iterable[Missing]) -> list[dict[str, Any]]:
    """What others lack, as the browser wraps it for them."""
    return [
        {"item": each.item_id.hex, "kind": each.kind, "envelope": packed(each.envelope), "keys": [packed(key) for key in each.keys]}
        for each in missing
    ]


def wraps_of(visit: Visit) -> dict[uuid.UUID, list[bytes]]:
    """The wraps that a browser made. Raises NotHere for an id that is none, Malformed."""
    sent = visit.decoded(Shares)
    return {uuid_of(item): [unpacked(each) for each in wraps] for item, wraps in sent.wraps.items()}


def uuid_of(text: str) -> uuid.UUID:
    """Raises NotHere for what is none."""
    try:
        return uuid.UUID(hex=text)
    except ValueError:
        raise NotHere from None


def _hours(windows: tuple[str, ...]) -> str:
    """ "09:00–15:00, 18:00–21:00": the windows, joined where they touch."""
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(WINDOWS[name] for name in windows):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return ", ".join(f"{opens // 60:02}:{opens % 60:02}–{closes // 60:02}:{closes % 60:02}" for opens, closes in joined)
