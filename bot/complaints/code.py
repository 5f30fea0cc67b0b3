"""What the code of a complaint shows, and what can be done with it (C-7).

Here belongs everything that the person may do with a complaint after it was sent. Never here: making and reading of codes
(``bot.codes``), limits on attempts (``bot.tickets.attempts``), sentences.

A code that never was, one that was withdrawn and one that was forgotten are one and the same: ``None``, or ``wrong``. What was sent
is never shown again, to nobody who holds a code.
"""

from __future__ import annotations

import functools
import secrets
import types
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.codes import Derived
from bot.complaints import endings, past, routing, storing, trail
from bot.complaints.counting import count_step
from bot.complaints.deadlines import LONGEST, ends_at, next_step
from bot.complaints.storing import OPEN, SAID, Complaints, complaint
from bot.sealing import Envelope
from bot.tickets import answers
from bot.tickets.recipients import sealed
from bot.tickets.references import reference
from bot.tickets.rows import Changed, gone, transact
from flows.facts import ComplaintView
from flows.kernel import Words

MOST_NOTES: Final = 100
"""Messages of one person that wait at once."""

Result = Literal["saved", "wrong", "ended", "nobody", "full", "refused"]
"""``saved``: done, on the disk, or found done. ``wrong``: no such code. ``ended``: it is closed. ``nobody``: nobody is left to whom
it could be sealed. ``full``: ``MOST_NOTES``. ``refused``: not at this stage. But for ``saved``, nothing changed."""


class Answer(NamedTuple):
    """What was answered."""

    text: Words
    asks: bool
    """It is a question."""
    older: int
    """How many there are from before this one."""
    more: bool
    """Some of the older ones were not read yet."""


# --- looking ---------------------------------------------------------------------------------------------------------


async def look(complaints: Complaints, by: Derived, now: datetime, *, back: int = 0) -> ComplaintView | None:
    """What the code shows now; changes nothing. ``back``: so many answers before the last one."""
    async with complaints.engine.connect() as connection:
        row = await _find(connection, by, now)
        if row is None:
            return None
        waiting = await answers.waiting(storing.rows, connection, row.id, now)
        erased = await storing.is_erased(connection, row.id, now)
    unread = [each for each in waiting if each.read_at is None]
    upto = answers.shown(waiting, back)
    due = next_step(row)
    return ComplaintView(
        status=_status(row, unread),
        country=row.country,
        inbox=row.inbox,
        answer=answers.opened(row, by, upto[-1]).reveal() if upto else "",
        asks=bool(upto) and upto[-1].asks,
        unread=len(unread),
        more=any(each.read_at is None for each in upto[:-1]),
        over=row.state not in OPEN,
        may_contest=row.state == "closed" and not row.contested,
        erased=erased,
        due=due.timestamp() if due else None,
        late=due is not None and due < now,
    )


async def read_answer(complaints: Complaints, by: Derived, now: datetime, *, back: int = 0) -> Answer | None:
    """The last answer, or the one ``back`` before it; it counts as read from now on, and can be read again as long as it lives.

    None: a wrong code, or there is no such answer."""

    async def work(connection: AsyncConnection) -> Answer | None:
        row = await _find(connection, by, now, lock=True)
        found = await answers.read(storing.rows, connection, row, complaints.lifetimes, now, back) if row is not None else None
        return None if found is None else Answer(answers.opened(row, by, found.item), found.item.asks, found.older, found.more)

    return await transact(complaints.engine, work)


def _status(row: Any, unread: Sequence[Any]) -> Literal["received", "looked_at", "question_waiting", "answer_waiting", "closed"]:
    if unread:
        return "question_waiting" if unread[-1].asks else "answer_waiting"
    if row.state == "closed":
        return "closed"
    if row.asks:
        return "question_waiting"
    return "looked_at" if row.state == "accepted" else "received"


async def _find(connection: AsyncConnection, by: Derived, now: datetime, *, lock: bool = False) -> Any:
    """The row behind a code, locked or not; None for one that never was, was withdrawn, or is over."""
    asked = select(complaint).where(complaint.c.lookup == by.lookup)
    row = (await connection.execute(asked.with_for_update() if lock else asked)).first()
    if row is None or row.state == "withdrawn" or (row.forgotten_at is not None and row.forgotten_at <= now):
        return None
    return row


# --- writing ---------------------------------------------------------------------------------------------------------


async def add_note(complaints: Complaints, by: Derived, text: Words, message_id: str, now: datetime) -> Result:
    """Further words of the person, sealed to everyone who may read the complaint now. The same message, sent again, is kept once.

    Raises CannotSeal for a text that is too long."""
    for _ in range(8):
        async with complaints.engine.connect() as connection:
            row = await _find(connection, by, now)
            if row is None or row.state not in OPEN:
                return "wrong" if row is None else "ended"
            mark = complaints.guard.message(row.id, message_id) if message_id else None
            if mark is not None and await storing.rows.has_message(connection, row.id, mark):
                return "saved"
            if await storing.rows.number_of(connection, row.id, "note") >= MOST_NOTES:
                return "full"
            units = await routing.units_of(connection, row.id)
            readers = await routing.readers(connection)
            eligible = {each.actor.id: each.public for each in readers if each.level(row, units)}
            if not eligible:
                return "nobody"
            keys = await routing.recipients(connection, eligible)
        envelope = await sealed(text, "note", row.id, keys)
        told = endings.concerned(readers, row, units)
        write = functools.partial(_write, complaints=complaints, row=row, envelope=envelope, mark=mark, told=told, now=now)
        try:
            if await transact(complaints.engine, write):
                return "saved"
        except IntegrityError:
            # The same message at the same moment, in another process: the next look finds it. Anything else fails again.
            async with complaints.engine.connect() as connection:
                if mark is None or not await storing.rows.has_message(connection, row.id, mark):
                    raise
    raise RuntimeError("this complaint changed eight times while one message was being sealed")


async def _write(
    connection: AsyncConnection,
    *,
    complaints: Complaints,
    row: Any,
    envelope: Envelope,
    mark: bytes | None,
    told: Sequence[Any],
    now: datetime,
) -> bool:
    """False: the complaint has changed since ``row`` was read, and nothing was written."""
    values: dict[str, Any] = {"heard_at": now, "asks": False}
    if row.asks:  # the question is answered: the next answer is due, as the first one was
        due = complaints.deadlines.due(row.inbox, row.country, now, await storing.closed_days(connection, row.country))
        values |= {"answered_at": None, "answer_by": due.answer_by}
        after = types.SimpleNamespace(**{**row._mapping, **values})
        values["escalates_at"] = complaints.deadlines.next_after(after, now)
    last = ends_at(row.created_at, values.get("answer_by", row.answer_by))
    until = max(row.expires_at, min(complaints.deadlines.wiped_at(now), last))
    values["expires_at"] = until
    try:
        await storing.rows.change(connection, row, **values)
    except Changed:
        return False
    await storing.rows.put(connection, envelope, now, until, mark, asks=False)
    await enqueue(connection, told, now)
    await trail.record(connection, trail.PERSON, "", "noted", reference(row.id), now)
    return True


# --- ending and coming back ------------------------------------------------------------------------------------------


async def contest(complaints: Complaints, by: Derived, now: datetime) -> Result:
    """The person does not agree that it is closed: once, it waits again, for coordinators too, and its clocks begin anew."""

    async def work(connection: AsyncConnection) -> Result:
        row = await _find(connection, by, now, lock=True)
        if row is not None and row.contested and row.state in OPEN:
            return "saved"  # the same message, delivered again: it waits again since then
        if row is None or row.state != "closed" or row.contested:
            return "wrong" if row is None else "refused"
        closed = await storing.closed_days(connection, row.country)
        due = complaints.deadlines.due(row.inbox, row.country, now, closed)
        anew: dict[str, Any] = {
            "contested": True, "concluded": False, "outcome": "", "closed_at": None, "forgotten_at": None, "level": "network",
            "heard_at": now, "forwarded_at": None, "answered_at": None, "expires_at": row.created_at + LONGEST, **due._asdict(),
        }  # fmt: skip
        await storing.keep_said_again(connection, row.id, now, row.created_at + LONGEST)
        await storing.contest_course(connection, row.id)
        told = await endings.requeue(connection, complaints.deadlines, row, now, **anew)
        await enqueue(connection, told, now)
        await trail.record(connection, trail.PERSON, "", "contested", reference(row.id), now)
        return "saved"

    return await transact(complaints.engine, work)


async def withdraw(complaints: Complaints, by: Derived, now: datetime) -> Literal["saved"]:
    """Erase everything at once. The code is then like any wrong one; who may read it sees for a while that it was withdrawn.

    What stays until then is what keeps it from those whom it is about: kind and organisation. Where it may be counted, a number of
    complaints that became the same stays (``past``). ``saved`` also where there was nothing: nothing is there afterwards, which is
    what was asked, and says nothing about codes."""

    async def work(connection: AsyncConnection) -> None:
        row = await _find(connection, by, now, lock=True)
        if row is None:
            return
        # Whoever works on it, and whoever it was passed to, also where it waits again or is closed by now.
        passed = (await storing.forwarded_to(connection, [row.id])).get(row.id, [])
        units = {each.organisation for each in passed if each.way == "unit"}
        told = endings.concerned(await routing.readers(connection), row, units) if row.state in OPEN or passed else []
        received = await past.receipts(connection, row.id)
        await storing.rows.wipe(connection, row.id, [*SAID, "answer"])
        await storing.wipe_course(connection, row.id)
        if row.state in OPEN:
            await count_step(connection, row, now, "complaint_outcome", "withdrawn")
        await past.keep(connection, row, "withdrawn" if row.state in OPEN else row.outcome, received, now)
        await storing.rows.change(
            connection,
            row,
            state="withdrawn",
            outcome="withdrawn",
            # Nothing leads here any more, not even in a dump with the secret and the code.
            lookup=secrets.token_bytes(32),
            public=b"",
            private_sealed=b"",
            topic="other",
            child=False,
            urgent=False,
            asks=False,
            contested=False,
            concluded=False,
            in_figures=(),
            alerted=(),
            escalates_at=None,
            accept_by=None,
            forward_by=None,
            forwarded_at=None,
            answered_at=None,
            closed_at=now,
            read_at=None,
            expires_at=now,
            forgotten_at=now + complaints.lifetimes.withdrawn,
        )
        await enqueue(connection, told, now)
        await trail.record(connection, trail.PERSON, "", "withdrawn", reference(row.id), now)

    await transact(complaints.engine, work)
    await gone(complaints.engine)
    return "saved"
