"""Referral and transfer: the sender's form, the receiver's answer, the supervisor's closing.

Here belong these pages and what their script asks. Never here: who may, when, and what has to be seen to first
(``bot.tickets.movements``), a text that somebody types: a movement has closed fields and days only.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final, cast, get_args

from starlette.responses import Response

from bot.desk.pages.queue import WORKS
from bot.desk.pages.ticket import asking, missing_said, ticket_id, version, wraps_of
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Malformed, NotHere, Refused, Visit
from bot.desk.words import family
from bot.duty_texts import VARIANTS
from bot.focal_points import NOT_CHECKED, RISKS, Briefing
from bot.tickets import movement_views, movements, reading
from bot.tickets.movement_rules import (
    CONSENTS_FOR_ADULT,
    CONSENTS_FOR_CHILD,
    REASONS_TO_REJECT,
    STATES,
    WHATS,
    Consent,
    Guard,
    What,
)
from bot.tickets.movement_views import Moving
from bot.tickets.movements import Plan, Unmet
from flows.facts import COUNTRIES

TAKES_PART: Final = ANY_OF("see_queue", "accept_movement", "close_transfer")
DONE: Final = ("drafted", "revised", "proposed", "accepted", "rejected", "received", "closed", "cancelled", "unmet")
DAYS: Final = ("consent_on", "service_confirmed_on", "best_interest_on")
FLAGS: Final = ("to_authority", "high_risk", "case_conference", "voluntary_repatriation")

family("desk.moving.done", DONE)
family("desk.moving.what", WHATS)
family("desk.moving.state", STATES)
family("desk.moving.guard", get_args(Guard))
family("desk.moving.consent", ("chat", *CONSENTS_FOR_ADULT, "assent"))
family("desk.moving.flag", FLAGS)
family("desk.moving.reject", REASONS_TO_REJECT)
family("desk.moving.risk", (NOT_CHECKED, *RISKS))
family("desk.moving.duty", tuple(each.replace(".", "_") for each in VARIANTS))
family("desk.moving.wrong", ("day", "consent", "not_eligible", "bad_field"))


# --- lists -------------------------------------------------------------------------------------------------------------


@page("/moving", allow=TAKES_PART, nav=20)
async def overview(visit: Visit) -> Response:
    """What others want to hand to me, and what waits for a supervisor."""
    moves, done = visit.desk.parts.moves, visit.query("done")
    return visit.show(
        "moving.html",
        done=done if done in DONE else "",
        incoming=await movement_views.incoming(moves, visit.actor, visit.now),
        closing=await movement_views.to_close(moves, visit.actor, visit.now),
    )


# --- the sender --------------------------------------------------------------------------------------------------------


@page("/ticket/{id}/moves", allow=WORKS)
async def begin(visit: Visit) -> Response:
    """The form of a new movement, once it is said what it is and where to; before, these two questions."""
    id = ticket_id(visit)
    what, to = visit.query("what"), visit.query("to")
    with asking():
        sheet = await reading.sheet(visit.desk.parts.tickets, visit.actor, id, visit.now)
    if not sheet.mine:
        raise NotHere
    if what not in WHATS or to not in COUNTRIES:
        return visit.show("moving_begin.html", sheet=sheet, id=id.hex(), whats=WHATS, countries=_countries(visit, sheet.country))
    return await _form(visit, id, _blank(what, to, sheet.version), sheet)


@page("/ticket/{id}/moves", methods=("POST",), allow=WORKS)
async def draft(visit: Visit) -> Response:
    id, moves = ticket_id(visit), visit.desk.parts.moves
    with asking():
        sheet = await reading.sheet(visit.desk.parts.tickets, visit.actor, id, visit.now)
    if not sheet.mine:
        raise NotHere
    given, wrong = _given(visit)
    if not wrong:
        try:
            with asking():
                made = await movements.draft(moves, visit.actor, id, _plan(given), visit.now, version=_version(visit))
            return visit.go(f"/moving/{made}", done="drafted")
        except Refused as refusal:
            wrong = _beside_field(refusal)
    return await _form(visit, id, given, sheet, wrong=wrong, status=422)


@page("/moving/{id:uuid}/change", allow=WORKS)
async def change(visit: Visit) -> Response:
    """The form of a draft, or of what came back."""
    move = await _mine(visit)
    with asking():
        sheet = await reading.sheet(visit.desk.parts.tickets, visit.actor, move.ticket_id, visit.now)
    given = {name: getattr(move, name) for name in Plan.__dataclass_fields__ if name != "to_staff"}
    return await _form(visit, move.ticket_id, {**given, "to_staff": move.to, "version": move.version}, sheet, move=move)


@page("/moving/{id:uuid}/change", methods=("POST",), allow=WORKS)
async def revise(visit: Visit) -> Response:
    move = await _mine(visit)
    given, wrong = _given(visit)
    if not wrong:
        try:
            with asking():
                await movements.revise(
                    visit.desk.parts.moves, visit.actor, move.id, _plan(given), visit.now, version=_version(visit)
                )
            return visit.go(f"/moving/{move.id}", done="revised")
        except Refused as refusal:
            wrong = _beside_field(refusal)
    with asking():
        sheet = await reading.sheet(visit.desk.parts.tickets, visit.actor, move.ticket_id, visit.now)
    return await _form(visit, move.ticket_id, given, sheet, move=move, wrong=wrong, status=422)


# --- one movement ------------------------------------------------------------------------------------------------------


@page("/moving/{id:uuid}", allow=TAKES_PART)
async def one(visit: Visit) -> Response:
    move = await _found(visit)
    done = visit.query("done")
    return visit.show(
        "moving_one.html",
        move=move,
        reasons=REASONS_TO_REJECT,
        flags=FLAGS,
        done=done if done in DONE else "",
        mine=_sends(move, visit),
    )


Act = Callable[..., Awaitable[None]]


async def _do(visit: Visit, act: Act, done: str, *given: Any) -> Response:
    """One act, from a form that carries the ticket's version; then the page of the movement, while it is still there to be seen."""
    id: uuid.UUID = visit.values["id"]
    try:
        with asking():
            await act(visit.desk.parts.moves, visit.actor, id, *given, visit.now, version=_version(visit))
    except Unmet:
        return visit.go(f"/moving/{id}", done="unmet")
    try:
        await movement_views.one(visit.desk.parts.moves, visit.actor, id, visit.now)
    except movements.NotThere:
        return visit.go("/moving", done=done)  # it is somebody else's again
    return visit.go(f"/moving/{id}", done=done)


@page("/moving/{id:uuid}/propose", methods=("POST",), allow=WORKS)
async def propose(visit: Visit) -> Response:
    return await _do(visit, movements.propose, "proposed")


@page("/moving/{id:uuid}/cancel", methods=("POST",), allow=WORKS)
async def cancel(visit: Visit) -> Response:
    return await _do(visit, movements.cancel, "cancelled")


@page("/moving/{id:uuid}/accept", methods=("POST",), allow=TAKES_PART)
async def accept(visit: Visit) -> Response:
    return await _do(visit, movements.accept, "accepted")


@page("/moving/{id:uuid}/reject", methods=("POST",), allow=TAKES_PART)
async def reject(visit: Visit) -> Response:
    return await _do(visit, movements.reject, "rejected", visit.field("reason"))


@page("/moving/{id:uuid}/receive", methods=("POST",), allow=TAKES_PART)
async def receive(visit: Visit) -> Response:
    return await _do(visit, movements.receive, "received")


@page("/moving/{id:uuid}/close", methods=("POST",), allow=TAKES_PART)
async def close(visit: Visit) -> Response:
    return await _do(visit, movements.close, "closed")


@page("/moving/{id:uuid}/wraps", allow=WORKS, passive=True)
async def lacking(visit: Visit) -> Response:
    """What my browser has to wrap, so that the receiver can open what moves."""
    with asking():
        missing = await movements.wraps_needed(visit.desk.parts.moves, visit.actor, visit.values["id"], visit.now)
    return visit.json({"missing": missing_said(missing)})


@page("/moving/{id:uuid}/wraps/{version:int}", methods=("POST",), allow=WORKS, body_limit=1024 * 1024)
async def share(visit: Visit) -> Response:
    id, parts, known = visit.values["id"], visit.desk.parts, visit.values["version"]
    with asking():
        try:
            await movements.add_wraps(parts.moves, visit.actor, id, wraps_of(visit), visit.now, version=known)
        except Unmet:
            raise Refused("desk.moving.done.unmet") from None
        move = await movement_views.one(parts.moves, visit.actor, id, visit.now)
    return visit.json({"version": move.version, "wrapped": "wraps" not in move.acts.get("propose", ())})


# --- within ------------------------------------------------------------------------------------------------------------


async def _found(visit: Visit) -> Moving:
    with asking():
        return await movement_views.one(visit.desk.parts.moves, visit.actor, visit.values["id"], visit.now)


async def _mine(visit: Visit) -> Moving:
    """A movement that this actor may still change. Raises NotHere."""
    move = await _found(visit)
    if "revise" not in move.acts:
        raise NotHere
    return move


def _sends(move: Moving, visit: Visit) -> bool:
    return move.sender == visit.actor.name


def _version(visit: Visit) -> int:
    """Every act of a movement needs one. Raises Malformed."""
    found = version(visit)
    if found is None:
        raise Malformed
    return found


def _countries(visit: Visit, home: str) -> list[tuple[str, str]]:
    """(code, name), the ticket's own first."""
    listed = sorted(((each, visit.t.country(each)) for each in COUNTRIES if each != home), key=lambda pair: pair[1])
    return [(home, visit.t.country(home)), *listed]


def _blank(what: str, to: str, known: int) -> dict[str, Any]:
    days: dict[str, Any] = dict.fromkeys(DAYS)
    flags = dict.fromkeys(FLAGS, False)
    given = {"what": what, "to_country": to, "to_staff": "", "consent": "chat", "version": known, "moves_country": True}
    return given | days | flags


def _given(visit: Visit) -> tuple[dict[str, Any], dict[str, str]]:
    """What was typed, and what is wrong with it: field -> end of a catalog id. Raises Malformed."""
    given: dict[str, Any] = {
        "what": visit.field("what"),
        "to_country": visit.field("to_country"),
        "to_staff": visit.field("to_staff"),
        "consent": visit.field("consent") or "chat",
        "moves_country": visit.field("moves_country") != "no",
        "version": _version(visit),
        **{flag: visit.field(flag) == "yes" for flag in FLAGS},
    }
    wrong: dict[str, str] = {}
    for name in DAYS:
        typed = visit.field(name)
        try:
            given[name] = date.fromisoformat(typed) if typed else None
        except ValueError:
            given[name], wrong[name] = None, "day"
        if given[name] is not None and given[name] > visit.now.date():
            wrong[name] = "day"
    if given["what"] not in WHATS or given["to_country"] not in COUNTRIES:
        raise Malformed
    if given["consent"] != "chat" and given["consent_on"] is None and "consent_on" not in wrong:
        wrong["consent_on"] = "consent"
    return given, wrong


def _plan(given: Mapping[str, Any]) -> Plan:
    return Plan(
        what=cast(What, given["what"]),
        consent=cast(Consent, given["consent"]),
        **{name: given[name] for name in Plan.__dataclass_fields__ if name not in ("what", "consent")},
    )


def _beside_field(refusal: Refused) -> dict[str, str]:
    """Beside which field it belongs. Raises the refusal itself, where it is about no field."""
    reason = refusal.id.rpartition(".")[2]
    field = {"not_eligible": "to_staff", "bad_field": "consent"}.get(reason)
    if field is None:
        raise refusal
    return {field: reason}


async def _form(
    visit: Visit,
    id: bytes,
    given: Mapping[str, Any],
    sheet: reading.Sheet,
    *,
    move: Moving | None = None,
    wrong: Mapping[str, str] = {},
    status: int = 200,
) -> Response:
    parts, to = visit.desk.parts, given["to_country"]
    abroad = to != sheet.country
    brief: Briefing | None = None
    with asking():
        if abroad:
            brief = await movement_views.briefing(parts.moves, visit.actor, id, to, visit.now, parts.duties)
        named = await movement_views.can_be_named(parts.moves, visit.actor, id, to)
    return visit.show(
        "moving_form.html",
        status,
        sheet=sheet,
        id=id.hex(),
        given=given,
        move=move,
        wrong=wrong,
        abroad=abroad,
        brief=brief,
        duties=[each.replace(".", "_") for each in brief.duty.variants] if brief and brief.duty else [],
        named=named,
        consents=("chat", *(CONSENTS_FOR_CHILD if sheet.child else CONSENTS_FOR_ADULT)),
        flags=FLAGS,
        today=visit.now.date().isoformat(),
    )
