"""What people on duty do with a ticket.

Here belongs every act: who may, whether the ticket is still what they think it is, the change, its audit entry, in one durable
transaction. Never here: the list (``listing``), opening envelopes (``reading``), referral and transfer (``movements``), pages.

Every act raises ``NotThere`` (also for what is not for this actor), ``Stale`` (somebody was faster, or the person withdrew) or
``Refused`` with a reason. ``version``, where a page knows it, makes an act Stale when anything changed since the page was made,
such as words of the person that nobody has read yet.
"""

from __future__ import annotations

import dataclasses
import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.relay_permit import Permit
from bot.roster import load
from bot.sealing import BadEnvelope, Envelope, key_id
from bot.staff import audit
from bot.staff.keys import key_ids
from bot.staff.roles import Action, Actor
from bot.staff.tables import Role, Staff
from bot.tickets import endings, storing, wraps
from bot.tickets.counting import count_ticket, wait
from bot.tickets.listing import Row, queue
from bot.tickets.reading import is_off_shift, no_contact, shareable, touch
from bot.tickets.recipients import readers
from bot.tickets.references import reference
from bot.tickets.sight import NotThere, Refused, Stale, claims, may_ever_read, place, role_for, sees
from bot.tickets.storing import Tickets, hand_over, item, movement
from bot.tickets.tables import Outcome

__all__ = [
    "CLOSINGS", "REACHED", "RELEASES", "RISKS", "STEPS", "Leaving", "NotThere", "Refused", "Row", "Stale", "add_wraps", "claim",
    "close", "count_try", "end_relay", "mark_heavy", "missing_wraps", "permit_relay", "queue", "recuse", "release", "send_answer",
]  # fmt: skip

RELEASES: Final = ("shift_ends", "cannot_honour_wish", "other_language", "load")
"""Reasons to give a ticket back."""
REACHED: Final = ("not_tried", "tried", "reached")
STEPS: Final = ("call", "write", "wait_for_person", "refer", "transfer", "close")
RISKS: Final = ("none_known", "watch", "high")
CLOSINGS: Final[tuple[Outcome, ...]] = (
    "reached_needs_met", "reached_referred", "transferred", "could_not_reach_safely", "not_for_us",
)  # fmt: skip
"""Outcomes that are chosen on the desk (M-6)."""
MOST_ANSWERS: Final = 200

_staff: Any = Staff.__table__  # type: ignore[attr-defined]


@dataclasses.dataclass(frozen=True, slots=True)
class Leaving:
    """What a worker leaves for the next one, in fixed fields (M-2). Raises Refused for a value that is in no list."""

    reason: str
    reached: str
    next_step: str
    risk: str

    def __post_init__(self) -> None:
        for value, allowed in ((self.reason, RELEASES), (self.reached, REACHED), (self.next_step, STEPS), (self.risk, RISKS)):
            if value not in allowed:
                raise Refused("bad_field")


# --- taking and giving back ------------------------------------------------------------------------------------------


async def claim(tickets: Tickets, actor: Actor, ticket_id: bytes, now: datetime) -> None:
    """Take a waiting ticket, for oneself alone. Doing it twice is doing it once. Refused: ``off_shift``, ``cap``."""

    async def work(connection: AsyncConnection) -> None:
        # First the account: two claims of one person come one after the other, and who has left claims nothing.
        account = (_staff.c.id == actor.id) & _staff.c.active
        if not (await connection.execute(update(_staff).where(account).values(load_cap=_staff.c.load_cap))).rowcount:
            raise NotThere
        row = await storing.locked(connection, ticket_id)
        if row is None or not sees(actor, row) or (role := role_for(actor, row, "claim")) is None:
            raise NotThere
        if claims(actor, row):
            return
        if row.state != "waiting" or row.expires_at <= now:
            raise Stale
        await _check_shift(connection, tickets, actor, row, now)
        await _check_cap(connection, actor)
        await storing.change(
            connection, row, state="claimed", claimed_by=actor.id, claimed_at=now, touched_at=now, escalates_at=None, alerted=()
        )
        await count_ticket(connection, row, now, [("wait", wait(now - row.queued_at))])
        await audit.record(connection, actor.name, role, "claimed", reference(row.id), now)

    await storing.transact(tickets.engine, work)


async def release(
    tickets: Tickets, actor: Actor, ticket_id: bytes, leaving: Leaving, now: datetime, *, version: int | None = None
) -> None:
    """Give a claimed ticket back; it waits again, sealed as it was. A supervisor may do it for who claimed it."""

    async def work(connection: AsyncConnection) -> None:
        row, role = await _held(connection, actor, ticket_id, "release", version)
        await _leave(connection, row, now, **dataclasses.asdict(leaving))
        await endings.requeue(connection, tickets.lifetimes, row, now, not_told=row.claimed_by.hex if row.claimed_by else "")
        await audit.record(connection, actor.name, role, "released", reference(row.id), now)

    await storing.transact(tickets.engine, work)


async def recuse(tickets: Tickets, actor: Actor, ticket_id: bytes, now: datetime) -> None:
    """Never again for this actor ("I know this person"): from the list, or of a ticket of one's own, which waits again (M-8).

    The actor's wraps are taken out of every envelope, so that not even a dump opens to their key."""

    async def work(connection: AsyncConnection) -> None:
        row = await storing.locked(connection, ticket_id)
        if row is None or not sees(actor, row) or (role := role_for(actor, row, "recuse")) is None:
            raise NotThere
        if row.state not in ("waiting", "claimed") or (row.state == "claimed" and not claims(actor, row)):
            raise Stale
        refused = (*row.refused, actor.id.hex)
        await wraps.take_away(connection, row.id, await key_ids(connection, actor.id))
        if claims(actor, row):
            await _leave(connection, row, now, reason="recused")
            await endings.requeue(connection, tickets.lifetimes, row, now, not_told=actor.id.hex, refused=refused)
        else:
            await storing.change(connection, row, refused=refused)
        await audit.record(connection, actor.name, role, "recused", reference(row.id), now)

    await storing.transact(tickets.engine, work)
    await storing.gone(tickets.engine)


# --- answering -------------------------------------------------------------------------------------------------------


async def send_answer(
    tickets: Tickets, actor: Actor, ticket_id: bytes, envelope: bytes, now: datetime, *, version: int | None = None
) -> None:
    """Leave an answer under the code. ``envelope``: sealed by the browser to the ticket's public key, and to nobody else.

    The same bytes, sent again, are kept once. Refused: ``off_shift``, ``bad_envelope``, ``too_many``."""
    try:
        given = Envelope.decode(envelope)
    except BadEnvelope:
        raise Refused("bad_envelope") from None
    mark = hashlib.sha256(b"faro answer" + envelope).digest()

    async def work(connection: AsyncConnection) -> None:
        row, role = await _held(connection, actor, ticket_id, "send_answer", None)
        if await storing.has_message(connection, row.id, mark):
            return
        _check_version(row, version)
        await _check_shift(connection, tickets, actor, row, now)
        if (given.kind, given.ticket) != ("answer", row.id) or given.recipients != (key_id(row.public),):
            raise Refused("bad_envelope")
        if await storing.number_of(connection, row.id, "answer") >= MOST_ANSWERS:
            raise Refused("too_many")
        await storing.change(connection, row, touched_at=now)
        await storing.put(connection, given, now, now + tickets.lifetimes.closed, mark)
        await audit.record(connection, actor.name, role, "answered", reference(row.id), now)

    await storing.transact(tickets.engine, work)


async def permit_relay(
    tickets: Tickets,
    actor: Actor,
    ticket_id: bytes,
    now: datetime,
    *,
    version: int | None = None,
    contact: uuid.UUID | None = None,
) -> Permit:
    """Leave to write to the person once, in the chat from which they wrote, inside their own window (M-8, E-1).

    ``contact``: the envelope that the page has opened; Stale where the person gave another way back since, since the chat that
    they left may be in other hands. Recorded as ``relayed`` before anything goes out. Refused: ``no_contact``, ``no_relay``,
    ``off_shift``, ``outside_window``."""

    async def work(connection: AsyncConnection) -> Permit:
        row, role = await _held(connection, actor, ticket_id, "send_answer", version)
        if row.way != "here" or row.relay != "open":
            raise Refused("no_relay")
        off_shift = await is_off_shift(connection, tickets, actor, row, now)
        if reason := no_contact(tickets, row, now, await _has_contact(connection, row, now), off_shift=off_shift):
            raise Refused(reason)
        if contact is not None and await storing.contact_of(connection, row.id) != contact:
            raise Stale
        windows = tickets.guard.open(row.id, row.guarded)
        until = windows.until(now) if windows else None
        if until is None:
            raise Refused("outside_window")
        await touch(connection, row, now)
        await audit.record(connection, actor.name, role, "relayed", reference(row.id), now)
        return Permit(row.id, until)

    return await storing.transact(tickets.engine, work)


async def end_relay(tickets: Tickets, actor: Actor, ticket_id: bytes, now: datetime, *, version: int | None = None) -> None:
    """End the writing to the person's chat: what leads there is wiped, the code stays. Refused: ``no_relay``."""

    async def work(connection: AsyncConnection) -> None:
        row, role = await _held(connection, actor, ticket_id, "send_answer", version)
        if row.relay != "open":
            raise Refused("no_relay")
        await endings.forget_contact(connection, row, touched_at=now)
        await audit.record(connection, actor.name, role, "relay_ended", reference(row.id), now)

    await storing.transact(tickets.engine, work)
    await storing.gone(tickets.engine)


async def count_try(tickets: Tickets, actor: Actor, ticket_id: bytes, now: datetime, *, version: int | None = None) -> int:
    """A call was tried; how many tries are left. After the last one the number stays hidden. Refused: ``off_shift``,
    ``not_phone``, ``no_tries_left``."""

    async def work(connection: AsyncConnection) -> int:
        row, role = await _held(connection, actor, ticket_id, "open_contact", version)
        await _check_shift(connection, tickets, actor, row, now)
        if row.way != "phone":
            raise Refused("not_phone")
        if row.tries_left <= 0:
            raise Refused("no_tries_left")
        await storing.change(connection, row, tries_left=row.tries_left - 1, touched_at=now)
        await audit.record(connection, actor.name, role, "tried", reference(row.id), now)
        return int(row.tries_left - 1)

    return await storing.transact(tickets.engine, work)


# --- noting and closing ----------------------------------------------------------------------------------------------


async def mark_heavy(tickets: Tickets, actor: Actor, ticket_id: bytes, now: datetime) -> None:
    """The actor found it heavy (M-7); no reason is asked. Doing it twice is doing it once."""

    async def work(connection: AsyncConnection) -> None:
        row, role = await _held(connection, actor, ticket_id, "send_answer", None)
        if not row.training:
            await load.mark_heavy(connection, actor.id, row.id, now)
        if not row.heavy:
            await storing.change(connection, row, heavy=True, touched_at=now)
            await audit.record(connection, actor.name, role, "marked_heavy", reference(row.id), now)

    await storing.transact(tickets.engine, work)


async def close(
    tickets: Tickets, actor: Actor, ticket_id: bytes, outcome: str, now: datetime, *, version: int | None = None
) -> None:
    """Close with one of CLOSINGS. Everything but the code, the outcome and the answers is wiped (M-6).

    Refused: ``outcome``, ``needs_transfer``, ``movement_open`` (a referral or transfer waits for somebody's answer)."""

    async def work(connection: AsyncConnection) -> None:
        row, role = await _held(connection, actor, ticket_id, "close", version)
        chosen = next((each for each in CLOSINGS if each == outcome), None)
        if chosen is None:
            raise Refused("outcome")
        states = await _movements(connection, row.id)
        if any(state in ("proposed", "accepted") for _, state in states) or ("transfer", "received") in states:
            raise Refused("movement_open")
        if chosen == "transferred" and ("transfer", "closed") not in states:
            raise Refused("needs_transfer")
        await endings.close(connection, tickets.lifetimes, row, chosen, now)
        await audit.record(connection, actor.name, role, "closed", reference(row.id), now)

    await storing.transact(tickets.engine, work)
    await storing.gone(tickets.engine)


# --- sharing ---------------------------------------------------------------------------------------------------------


async def missing_wraps(
    tickets: Tickets, actor: Actor, ticket_id: bytes, now: datetime, *, receivers: Mapping[uuid.UUID, bytes] | None = None
) -> list[wraps.Missing]:
    """What the actor could share, and with which keys of those who may read the ticket and cannot open it yet.

    What could not be opened now (a contact outside one's shift, a number outside its window, what is over) is not handed out for
    this either, and what is handed out is recorded. ``receivers``: account -> public key of further people who may (of a transfer,
    as ``movements`` settles it)."""

    async def work(connection: AsyncConnection) -> list[wraps.Missing]:
        row, role = await _held(connection, actor, ticket_id, "open_ticket", None, also_waiting=True)
        eligible = {**await readers(connection, row), **(receivers or {})}
        rows = await shareable(connection, tickets, actor, row, await _shareable(connection, actor, row), now)
        found = wraps.missing(rows, await key_ids(connection, actor.id), eligible)
        if found:  # whatever it is meant for: this browser can open it
            await audit.record(connection, actor.name, role, "received_to_share", reference(row.id), now)
        return found

    return await storing.transact(tickets.engine, work)


async def add_wraps(
    tickets: Tickets,
    actor: Actor,
    ticket_id: bytes,
    made: Mapping[uuid.UUID, Iterable[bytes]],
    now: datetime,
    *,
    receivers: Collection[bytes] = (),
) -> int:
    """Put in wraps that the actor's browser made: item id -> encoded wraps; how many were new.

    Accepted only for keys of people who may read the ticket now, and ``receivers`` (public keys, see ``missing_wraps``); from
    somebody who can open the envelope; and never in place of a wrap that is there. Refused: ``bad_wrap``, ``not_eligible``."""

    async def work(connection: AsyncConnection) -> int:
        row, role = await _held(connection, actor, ticket_id, "open_ticket", None, also_waiting=True)
        allowed = {key_id(public) for public in (*(await readers(connection, row)).values(), *receivers)}
        own = await key_ids(connection, actor.id)
        there = {each.id: each for each in await _shareable(connection, actor, row)}
        if not made.keys() <= there.keys():
            raise Refused("bad_wrap")
        added = sum([await wraps.accept(connection, there[each], made[each], own, allowed) for each in made])
        if claims(actor, row):
            await touch(connection, row, now)
        if added:
            await audit.record(connection, actor.name, role, "rewrapped", reference(row.id), now)
        return added

    return await storing.transact(tickets.engine, work)


# --- within ----------------------------------------------------------------------------------------------------------


async def _held(
    connection: AsyncConnection,
    actor: Actor,
    ticket_id: bytes,
    action: Action,
    version: int | None,
    *,
    also_waiting: bool = False,
) -> tuple[Any, Role]:
    """The locked row of a claimed ticket and the role by which the actor may do this to it. Raises NotThere, Stale."""
    row = await storing.locked(connection, ticket_id)
    if row is None or not sees(actor, row):
        raise NotThere
    states = ("waiting", "claimed") if also_waiting else ("claimed",)
    role = role_for(actor, row, action)
    if role is None or row.state not in states:
        # Whoever may read tickets like this one saw it in the list, or had it: somebody was faster. For others it never was.
        raise Stale if row.claimed_by == actor.id or (may_ever_read(actor, row) and place(actor, row)) else NotThere
    _check_version(row, version)
    return row, role


def _check_version(row: Any, version: int | None) -> None:
    if version is not None and row.version != version:
        raise Stale


async def _check_shift(connection: AsyncConnection, tickets: Tickets, actor: Actor, row: Any, now: datetime) -> None:
    if await is_off_shift(connection, tickets, actor, row, now):
        raise Refused("off_shift")


async def _check_cap(connection: AsyncConnection, actor: Actor) -> None:
    if not await load.may_claim(connection, actor.id, training=actor.training):
        raise Refused("cap")


async def _leave(connection: AsyncConnection, row: Any, now: datetime, **fields: str) -> None:
    await connection.execute(insert(hand_over).values(id=uuid.uuid4(), ticket_id=row.id, at=now, **_blank(fields)))


def _blank(fields: Mapping[str, str]) -> dict[str, str]:
    return {"reached": "", "next_step": "", "risk": "", **fields}


async def _has_contact(connection: AsyncConnection, row: Any, now: datetime) -> bool:
    asked = select(item.c.id).where(item.c.ticket_id == row.id, item.c.kind == "contact", item.c.expires_at > now)
    return (await connection.execute(asked)).first() is not None


async def _movements(connection: AsyncConnection, ticket_id: bytes) -> set[tuple[str, str]]:
    asked = select(movement.c.what, movement.c.state).where(movement.c.ticket_id == ticket_id)
    return {(what, state) for what, state in await connection.execute(asked)}


async def _shareable(connection: AsyncConnection, actor: Actor, row: Any) -> list[Any]:
    """A contact is shared by who claimed the ticket only: nobody else may open it."""
    kinds = storing.ABOUT_THE_PERSON if claims(actor, row) else ("card", "note")
    return [each for each in await wraps.envelopes(connection, row.id) if each.kind in kinds]
