"""What focal points, coordinators and investigation units do with a complaint.

Here belongs every act: who may, whether the complaint is still what they think it is, the change, its line in the trail, in one
durable transaction. Never here: lists (``listing``), opening envelopes (``reading``), pages.

Every act raises ``NotThere`` (also for what does not exist for this actor), ``Stale`` (somebody was faster, or the person withdrew)
or ``Refused`` with a reason. ``version``, where a page knows it, makes an act Stale when anything changed since the page was made.
"""

from __future__ import annotations

import hashlib
import types
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.complaints import endings, routing, storing, trail
from bot.complaints.counting import count_step, in_time
from bot.complaints.deadlines import LONGEST
from bot.complaints.reading import Act, Met, acts, left_alone, meet
from bot.complaints.storing import SAID, Complaints, forwarding
from bot.complaints.tables import OUTCOMES
from bot.sealing import BadEnvelope, Envelope, key_id
from bot.staff.keys import key_ids
from bot.staff.roles import Actor, acting_as
from bot.staff.tables import Staff
from bot.tickets import sight, wraps
from bot.tickets.references import reference
from bot.tickets.rows import gone, transact
from bot.tickets.sight import NotThere, Stale

__all__ = [
    "CLOSINGS", "REASONS", "WAYS", "NotThere", "Refused", "Stale", "accept", "add_wraps", "close", "confirm_receipt", "forward",
    "give", "missing_wraps", "recuse", "release", "send_answer",
]  # fmt: skip

CLOSINGS: Final = tuple(each for each in OUTCOMES if each != "withdrawn")
"""Outcomes that are chosen on the desk; ``published`` for feedback only."""
WAYS: Final = ("unit", "outside")
MOST_ANSWERS: Final = 200
REASONS: Final = frozenset(
    {
        "bad_field",  # a value that is in no list
        "bad_envelope",  # what the browser sent is no envelope for this complaint and this purpose
        "bad_wrap",
        "not_eligible",  # a wrap for somebody who may not read it
        "too_many",  # more answers than one complaint takes
        "outcome",  # one that is not chosen here
        "no_answer",  # closed only with an answer that is no question
        "no_unit",  # nobody investigates for that organisation, or nobody of them has a key
        "not_forwarded",  # there is nothing whose receipt could be confirmed; or the outcome says that there is
    }
)
_staff: Any = Staff.__table__  # type: ignore[attr-defined]


class Refused(sight.Refused):
    """As for requests, for reasons of its own. What is refused of wraps is the parent's."""

    @classmethod
    def reasons(cls) -> frozenset[str]:
        return REASONS


# --- taking and giving back ------------------------------------------------------------------------------------------


async def accept(complaints: Complaints, actor: Actor, complaint_id: bytes, now: datetime, *, version: int | None = None) -> None:
    """Take it, for oneself alone. Doing it twice is doing it once."""

    async def work(connection: AsyncConnection) -> None:
        # First the account: who has left accepts nothing.
        account = (_staff.c.id == actor.id) & _staff.c.active
        if not (await connection.execute(update(_staff).where(account).values(load_cap=_staff.c.load_cap))).rowcount:
            raise NotThere
        met, _ = await meet(connection, actor, complaint_id, lock=True)
        row = met.row
        if row.held_by == actor.id and row.state == "accepted" and met.plainly:
            return
        _check(actor, met, "accept", version)
        taken = {"state": "accepted", "held_by": actor.id, "accepted_at": now, "alerted": ()}
        await _change(connection, complaints, row, now, **taken)
        await count_step(connection, row, now, "complaint_accept", in_time(row.accept_by, now))
        await trail.record(connection, actor.name, met.role, "accepted", reference(row.id), now)

    await transact(complaints.engine, work)


async def release(complaints: Complaints, actor: Actor, complaint_id: bytes, now: datetime, *, version: int | None = None) -> None:
    """Give it back; it waits again. Once it was escalated, a coordinator may do it for who holds it; where there is none for whom
    it exists, anybody who reads it, once a deadline was missed. Who held it is told like the others."""

    async def work(connection: AsyncConnection) -> None:
        met, _ = await meet(connection, actor, complaint_id, lock=True)
        _check(actor, met, "release", version, alone=await left_alone(connection, complaints, actor, met, now))
        told = await endings.requeue(connection, complaints.deadlines, met.row, now, not_told=actor.id.hex)
        await enqueue(connection, told, now)
        await trail.record(connection, actor.name, met.role, "released", reference(met.row.id), now)

    await transact(complaints.engine, work)


async def give(
    complaints: Complaints, actor: Actor, complaint_id: bytes, to: uuid.UUID, now: datetime, *, version: int | None = None
) -> None:
    """Give a piece of feedback to a colleague who may read it: from then on they hold it, and are told.

    Refused: ``not_eligible``."""

    async def work(connection: AsyncConnection) -> None:
        # First the account: who has left is given nothing.
        account = (_staff.c.id == to) & _staff.c.active
        there = (await connection.execute(update(_staff).where(account).values(load_cap=_staff.c.load_cap))).rowcount
        met, _ = await meet(connection, actor, complaint_id, lock=True)
        _check(actor, met, "give", version)
        row = met.row
        among = await routing.colleagues(connection, row, (actor.id, row.held_by))
        colleague = next((each.actor for each in among if each.actor.id == to), None)
        if not there or colleague is None:
            raise Refused("not_eligible")
        role = acting_as(colleague, routing.ACTION[row.inbox], country=row.country) or ""
        taken = {"state": "accepted", "held_by": to, "accepted_at": row.accepted_at or now, "alerted": ()}
        await _change(connection, complaints, row, now, **taken)
        await count_step(connection, row, now, "complaint_accept", in_time(row.accept_by, now))
        await enqueue(connection, [to], now)
        await trail.record(connection, actor.name, met.role, "given", reference(row.id), now)
        await trail.record(connection, colleague.name, role, "given_to", reference(row.id), now)

    await transact(complaints.engine, work)


async def recuse(complaints: Complaints, actor: Actor, complaint_id: bytes, now: datetime) -> None:
    """Never again for this actor ("I know somebody in this"), from the list or of one's own; others are told at once (M-8).

    The actor's wraps are taken out of every envelope, so that not even a dump opens to their key."""

    async def work(connection: AsyncConnection) -> None:
        met, _ = await meet(connection, actor, complaint_id, lock=True)
        _check(actor, met, "recuse", None)
        row, refused = met.row, (*met.row.refused, actor.id.hex)
        await wraps.take_away(connection, row.id, await key_ids(connection, actor.id), storing.rows)
        told: tuple[uuid.UUID, ...] = ()
        if row.held_by == actor.id:
            told = await endings.requeue(connection, complaints.deadlines, row, now, not_told=actor.id.hex, refused=refused)
        elif row.state == "received":  # it goes on waiting, as long as before; but perhaps nobody is left who was told
            same = {"refused": refused, "accept_by": row.accept_by, "alerted": row.alerted, "escalates_at": row.escalates_at}
            told = await endings.requeue(connection, complaints.deadlines, row, now, not_told=actor.id.hex, **same)
        else:
            await storing.rows.change(connection, row, refused=refused)
        await enqueue(connection, told, now)
        await trail.record(connection, actor.name, met.role, "recused", reference(row.id), now)

    await transact(complaints.engine, work)
    await gone(complaints.engine)


# --- passing on ------------------------------------------------------------------------------------------------------


async def forward(
    complaints: Complaints,
    actor: Actor,
    complaint_id: bytes,
    now: datetime,
    *,
    way: str,
    organisation: str = "",
    version: int | None = None,
) -> None:
    """Note that it was passed to the entity concerned.

    ``unit``: to the investigation unit that the network designated for the organisation that it is about, or for one of which that
    became a part (empty: the last of these); from now on it exists for the unit; the browser makes its wraps (``missing_wraps``).
    ``outside``: by the entity's own channel; ``organisation`` may be empty. The same twice is once, until it is contested. Refused:
    ``bad_field``, ``no_unit``."""

    async def work(connection: AsyncConnection) -> None:
        met, _ = await meet(connection, actor, complaint_id, lock=True)
        _check(actor, met, "forward", None)
        row = met.row
        chain = (await routing.network(connection)).chain(row.organisation) if row.organisation else ()
        to = organisation or (chain[-1] if chain and way == "unit" else "")
        if way not in WAYS or (to and to not in chain):
            raise Refused("bad_field")
        if any(each.way == way and each.organisation == to for each in await _forwarded(connection, row.id)):
            return
        _check_version(row, version)
        told = await _unit(connection, row, (*met.units, to), to) if way == "unit" else []
        if way == "unit" and not told:
            raise Refused("no_unit")
        until = min(row.expires_at, complaints.deadlines.wiped_at(now))
        await _change(connection, complaints, row, now, forwarded_at=row.forwarded_at or now, expires_at=until)
        await storing.keep_said_until(connection, row.id, until)
        values = {"complaint_id": row.id, "organisation": to, "way": way, "at": now, "by": actor.id}
        await connection.execute(insert(forwarding).values(id=uuid.uuid4(), **values))
        if row.forward_by is not None:
            await count_step(connection, row, now, "complaint_forward", in_time(row.forward_by, now))
        await enqueue(connection, told, now)
        await trail.record(connection, actor.name, met.role, f"forwarded_{way}", reference(row.id), now)

    await transact(complaints.engine, work)


async def confirm_receipt(
    complaints: Complaints, actor: Actor, complaint_id: bytes, now: datetime, *, forwarding_id: uuid.UUID | None = None
) -> None:
    """The entity has it: said by its unit about what was passed to it, or noted by who holds the complaint about what was passed
    outside. ``forwarding_id``: this one; None: each of them. Doing it twice is doing it once. Refused: ``not_forwarded``."""

    async def work(connection: AsyncConnection) -> None:
        met, by = await meet(connection, actor, complaint_id, lock=True)
        _check(actor, met, "confirm", None)
        ways = {"outside"} if met.plainly else set()
        mine = [
            each
            for each in await _forwardings(connection, met.row.id)
            if (each.way in ways or (each.way == "unit" and each.organisation in by.covers)) and forwarding_id in (None, each.id)
        ]
        if not mine:
            raise Refused("not_forwarded")
        open_ = [each.id for each in mine if each.received_at is None]
        if not open_:
            return
        await connection.execute(update(forwarding).where(forwarding.c.id.in_(open_)).values(received_at=now))
        await storing.rows.change(connection, met.row)
        if met.unit and met.row.held_by is not None:
            await enqueue(connection, [met.row.held_by], now)
        await trail.record(connection, actor.name, met.role, "receipt_confirmed", reference(met.row.id), now)

    await transact(complaints.engine, work)


# --- answering and closing -------------------------------------------------------------------------------------------


async def send_answer(
    complaints: Complaints,
    actor: Actor,
    complaint_id: bytes,
    envelope: bytes,
    now: datetime,
    *,
    asks: bool,
    version: int | None = None,
) -> None:
    """Leave an answer, or a question (``asks``), under the code. ``envelope``: sealed by the browser to the complaint's public key,
    and to nobody else. The same bytes, sent again, are kept once. Refused: ``bad_envelope``, ``too_many``."""
    try:
        given = Envelope.decode(envelope)
    except BadEnvelope:
        raise Refused("bad_envelope") from None
    mark = hashlib.sha256(b"faro answer" + envelope).digest()

    async def work(connection: AsyncConnection) -> None:
        met, _ = await meet(connection, actor, complaint_id, lock=True)
        _check(actor, met, "answer", None)
        row = met.row
        if await storing.rows.has_message(connection, row.id, mark):
            return
        _check_version(row, version)
        if (given.kind, given.ticket) != ("answer", row.id) or given.recipients != (key_id(row.public),):
            raise Refused("bad_envelope")
        if await storing.rows.number_of(connection, row.id, "answer") >= MOST_ANSWERS:
            raise Refused("too_many")
        told = {"answered_at": row.answered_at or now, "asks": asks, "concluded": row.concluded or not asks}
        await _change(connection, complaints, row, now, **told)
        life = max(row.created_at + LONGEST, now) + complaints.lifetimes.closed
        await storing.rows.put(connection, given, now, life, mark, asks=asks)
        await count_step(connection, row, now, "complaint_answer", in_time(row.answer_by, now))
        if met.unit and row.held_by is not None and row.held_by != actor.id:
            await enqueue(connection, [row.held_by], now)
        await trail.record(connection, actor.name, met.role, "asked" if asks else "answered", reference(row.id), now)

    await transact(complaints.engine, work)


async def close(
    complaints: Complaints, actor: Actor, complaint_id: bytes, outcome: str, now: datetime, *, version: int | None = None
) -> None:
    """Close with one of CLOSINGS, once something was answered that is no question (C-7).

    Refused: ``outcome``, ``no_answer``, ``not_forwarded`` (the outcome says that it was)."""

    async def work(connection: AsyncConnection) -> None:
        met, _ = await meet(connection, actor, complaint_id, lock=True)
        _check(actor, met, "close", version)
        row = met.row
        if outcome not in CLOSINGS or (outcome == "published" and row.inbox != "feedback"):
            raise Refused("outcome")
        if not row.concluded:
            raise Refused("no_answer")
        if outcome == "forwarded" and not await _forwarded(connection, row.id):
            raise Refused("not_forwarded")
        await endings.close(connection, complaints, row, outcome, now)
        await trail.record(connection, actor.name, met.role, "closed", reference(row.id), now)

    await transact(complaints.engine, work)


# --- sharing ---------------------------------------------------------------------------------------------------------


async def missing_wraps(complaints: Complaints, actor: Actor, complaint_id: bytes, now: datetime) -> list[wraps.Missing]:
    """What who holds it could share, and with which keys of those who may read it and cannot open it yet. Recorded."""

    async def work(connection: AsyncConnection) -> list[wraps.Missing]:
        met, _ = await meet(connection, actor, complaint_id, lock=True)
        _check(actor, met, "open", None)
        eligible = await routing.eligible(connection, met.row, met.units)
        rows = [each for each in await storing.rows.envelopes(connection, met.row.id, SAID) if each.expires_at > now]
        found = wraps.missing(rows, await key_ids(connection, actor.id), eligible)
        if found:  # whatever it is meant for: this browser can open it
            await trail.record(connection, actor.name, met.role, "received_to_share", reference(met.row.id), now)
        return found

    return await transact(complaints.engine, work)


async def add_wraps(
    complaints: Complaints, actor: Actor, complaint_id: bytes, made: Mapping[uuid.UUID, Iterable[bytes]], now: datetime
) -> int:
    """Put in wraps that the actor's browser made: item id -> encoded wraps; how many were new.

    Accepted only for keys of those who may read it now, from somebody who can open the envelope; and never in place of a wrap that
    is there. Refused: ``bad_wrap``, ``not_eligible``."""

    async def work(connection: AsyncConnection) -> int:
        met, _ = await meet(connection, actor, complaint_id, lock=True)
        _check(actor, met, "open", None)
        allowed = {key_id(public) for public in (await routing.eligible(connection, met.row, met.units)).values()}
        own = await key_ids(connection, actor.id)
        there = {each.id: each for each in await storing.rows.envelopes(connection, met.row.id, SAID)}
        if not made.keys() <= there.keys():
            raise Refused("bad_wrap")
        added = sum([await wraps.accept(connection, there[each], made[each], own, allowed, storing.rows) for each in made])
        if added:
            await trail.record(connection, actor.name, met.role, "rewrapped", reference(met.row.id), now)
        return added

    return await transact(complaints.engine, work)


# --- within ----------------------------------------------------------------------------------------------------------


def _check(actor: Actor, met: Met, act: Act, version: int | None, *, alone: bool = False) -> None:
    """It exists for the actor; where the act is not possible now, somebody was faster. Raises Stale."""
    if act not in acts(actor, met, alone=alone):
        raise Stale
    _check_version(met.row, version)


def _check_version(row: Any, version: int | None) -> None:
    if version is not None and row.version != version:
        raise Stale


async def _change(connection: AsyncConnection, complaints: Complaints, row: Any, now: datetime, **values: Any) -> None:
    """Change it, and set the clock for what is due from then on."""
    after = types.SimpleNamespace(**{**row._mapping, **values})
    await storing.rows.change(connection, row, **values, escalates_at=complaints.deadlines.next_after(after, now))


async def _forwardings(connection: AsyncConnection, complaint_id: bytes) -> list[Any]:
    return list((await connection.execute(select(forwarding).where(forwarding.c.complaint_id == complaint_id))).all())


async def _forwarded(connection: AsyncConnection, complaint_id: bytes) -> list[Any]:
    """Those that count: of an earlier round, before it was contested, none does."""
    return [each for each in await _forwardings(connection, complaint_id) if not each.earlier]


async def _unit(connection: AsyncConnection, row: Any, units: Iterable[str], to: str) -> list[uuid.UUID]:
    """Accounts with a key that are the investigation unit of this organisation, and for which it would exist."""
    passed = tuple(units)
    readers = await routing.readers(connection)
    return [
        each.actor.id
        for each in readers
        if to in each.ties.covers and routing.investigates(each.ties, row, passed) and each.level(row, passed)
    ]
