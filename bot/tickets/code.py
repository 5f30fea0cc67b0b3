"""What a code shows, and what can be done with it (D-10).

Here belongs everything that the person may do with a request after it was handed over, by its code or from the chat that it is
connected with. Never here: making and reading of codes (``bot.codes``), limits on attempts (``attempts``), sentences.

A code that never was, one that was withdrawn and one that was forgotten are one and the same (P-6): ``None``, or ``wrong``.
What was sent is never shown again, to nobody who holds a code.
"""

from __future__ import annotations

import secrets
import types
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.codes import Derived
from bot.roster.snapshot import RosterSnapshot
from bot.sealing import Kind
from bot.staff import audit
from bot.tickets import answers, storing, telling
from bot.tickets.adding import OPEN, Connected, Result, Text, find, has_ended, seal_and_put
from bot.tickets.counting import count_ticket
from bot.tickets.endings import forget_contact, requeue
from bot.tickets.guard import Windows
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.movement_rules import ENDED
from bot.tickets.movement_wraps import leave_behind
from bot.tickets.recipients import at_home
from bot.tickets.references import reference
from bot.tickets.storing import Tickets
from flows.facts import COUNTRIES, TicketView
from flows.kernel import Words

__all__ = [
    "Answer", "Connected", "Result", "Text", "add_note", "agree_to", "be_counted", "change_way", "change_windows", "connection",
    "contest", "end_connection", "is_connected", "look", "only_here", "rate", "read_answer", "withdraw",
]  # fmt: skip


NOBODY: Final = RosterSnapshot()
"""For whoever only asks whether there is a ticket."""


class Answer(NamedTuple):
    """What a person on duty wrote."""

    text: Words
    older: int
    """How many there are from before this one."""
    more: bool
    """Some of the older ones were not read yet."""


# --- looking ---------------------------------------------------------------------------------------------------------


async def connection(tickets: Tickets, ticket_id: bytes) -> Connected | None:
    """What stands for the code in the chat that this ticket leads back to now; None: it leads to none."""
    async with tickets.engine.connect() as connection:
        contact = await storing.contact_of(connection, ticket_id)
    return Connected(ticket_id, contact.bytes) if contact is not None else None


async def is_connected(tickets: Tickets, by: Connected, now: datetime) -> bool:
    """False: there is no such ticket any more, or it leads back to another chat by now."""
    async with tickets.engine.connect() as connection:
        return await find(connection, by, now) is not None


async def look(
    tickets: Tickets,
    by: Derived | Connected,
    now: datetime,
    on: RosterSnapshot = NOBODY,
    *,
    back: int = 0,
) -> TicketView | None:
    """What the code shows now; changes nothing. Without the code (``Connected``), no answer is in it, and there is nothing once
    either side ended the writing. ``on``: the roster, which says who is there for it, and in which country near this one somebody
    could take it too. ``back``: so many answers before the last one."""
    async with tickets.engine.connect() as connection:
        row = await find(connection, by, now)
        if row is None or (isinstance(by, Connected) and row.relay != "open"):
            return None
        waiting = await answers.waiting(storing.rows, connection, row.id, now)
        begun = await audit.has(connection, reference(row.id), "relayed", "answered")
        unmet = not telling.honours_wishes(on, row) or await _given_back_for_a_wish(connection, row)
    windows = tickets.guard.open(row.id, row.guarded)
    unread = [each for each in waiting if each.read_at is None]
    upto = answers.shown(waiting, back)
    ended = has_ended(row, now)
    return TicketView(
        status=_status(on, row, now, tickets.lifetimes, unread=bool(unread)),
        country=row.country,
        way=row.way if not ended else "code",
        desk=telling.desk_for(on, row, now),
        child=row.child,
        windows=windows.names if windows and not ended else (),
        relay=row.relay,
        begun=begun,
        answer=answers.opened(row, by, upto[-1]).reveal() if upto and isinstance(by, Derived) else "",
        unread=len(unread),
        more=any(each.read_at is None for each in upto[:-1]),
        tells_only=row.tells_only,
        over=ended,
        may_contest=row.state == "closed" and not row.contested,
        may_rate=row.state == "closed" and row.counted and not row.rated,
        abroad=() if ended else telling.nearby(on, row, now),
        agreed=() if ended else tuple(row.countries),
        counted=row.counted,
        wish_unmet=unmet and not ended,
    )


async def _given_back_for_a_wish(connection: AsyncConnection, row: Any) -> bool:
    """Whether it waits because who had it last was not who was wished for (D-12)."""
    if row.state != "waiting" or not (row.wish or row.other_lang):
        return False
    notes = storing.hand_over.c
    last = select(notes.reason).where(notes.ticket_id == row.id).order_by(notes.at.desc()).limit(1)
    return (await connection.execute(last)).scalar() in ("cannot_honour_wish", "other_language")


async def read_answer(tickets: Tickets, by: Derived, now: datetime, *, back: int = 0) -> Answer | None:
    """The last answer, or the one ``back`` before it; it counts as read from now on, and can be read again as long as it lives.

    None: a wrong code, or there is no such answer.
    """

    async def work(connection: AsyncConnection) -> Answer | None:
        row = await find(connection, by, now, lock=True)
        found = await answers.read(storing.rows, connection, row, tickets.lifetimes, now, back) if row is not None else None
        return None if found is None else Answer(answers.opened(row, by, found.item), found.older, found.more)

    return await storing.transact(tickets.engine, work)


def _status(
    on: RosterSnapshot, row: Any, now: datetime, lifetimes: Lifetimes, *, unread: bool
) -> Literal["received", "again", "nobody_yet", "told_further", "looked_at", "away", "answer_waiting", "closed", "lapsed"]:
    if unread:
        return "answer_waiting"
    if row.state == "closed":
        return "closed"
    if has_ended(row, now):
        return "lapsed"
    if row.state == "claimed":
        if not telling.unattended(on, row, now, lifetimes):
            return "looked_at"
        return "again" if telling.free_for(on, row, now, lifetimes) else "away"  # in a moment the clock lets it go
    if lifetimes.told_at("backup", row.queued_at, hurry=row.urgent or row.child) <= now:
        return "told_further" if telling.told_further(on, row, now) else "nobody_yet"
    return "received" if row.queued_at == row.created_at else "again"


# --- writing ---------------------------------------------------------------------------------------------------------


async def add_note(tickets: Tickets, by: Derived | Connected, text: Words, message_id: str, now: datetime) -> Result:
    """Further words of the person, sealed to everyone who may read the request. The same message, sent again, is kept once.

    Over a connection it is ``ended`` as soon as either side ended the writing. Raises CannotSeal for a text that is too long.
    """

    def refusal(row: Any) -> Result | None:
        return "ended" if isinstance(by, Connected) and row.relay != "open" else None

    values = {"heard_at": now} | ({"written_at": now} if isinstance(by, Connected) else {})
    return await seal_and_put(tickets, by, {"note": text}, message_id, now, values, refusal)


async def change_windows(tickets: Tickets, by: Derived, windows: Windows, now: datetime, card_text: Words | None = None) -> Result:
    """Other windows from now on; how often somebody may call stays what was agreed, and what is left of it (D-5). ``card_text``:
    how to reach the person, all anew; without it the old card stays, and the windows that the server holds everybody to are the new
    ones."""

    def refusal(row: Any) -> Result | None:
        return "refused" if row.way == "code" else None

    texts: dict[Kind, Words] = {"card": card_text} if card_text is not None else {}
    values = {"windows": windows, "heard_at": now}
    return await seal_and_put(tickets, by, texts, "", now, values, refusal)


async def change_way(
    tickets: Tickets,
    by: Derived,
    way: Literal["code", "here", "phone"],
    now: datetime,
    *,
    contact_text: Text | None = None,
    windows: Windows | None = None,
    card_text: Words | None = None,
) -> Result:
    """Another way. To the code alone: the contact is wiped at once. Else a new contact and windows are needed (ValueError).
    ``card_text``: how to reach the person; what the first card says of whom it is about, and of who else helps, still counts."""
    if way == "code":
        return await _forget_contact(tickets, by, now)
    if contact_text is None or windows is None:
        raise ValueError("whoever is to be written to or called says where and when")
    texts: dict[Kind, Text] = {"contact": contact_text}
    if card_text is not None:
        texts["card"] = card_text
    values = {"windows": windows, "tries_left": windows.tries, "heard_at": now, "way": way, "tells_only": False}
    values["written_at"] = now if way == "here" else None
    result = await seal_and_put(tickets, by, texts, "", now, values, lambda _: None)
    await storing.gone(tickets.engine)
    return result


async def end_connection(tickets: Tickets, by: Connected, now: datetime) -> Result:
    """The person left, or wants no more to be written to in this chat: what leads back to it is wiped; the request stays."""
    return await _forget_contact(tickets, by, now)


async def agree_to(tickets: Tickets, by: Derived, countries: Iterable[str], now: datetime) -> Result:
    """Further countries in which somebody may take it, when nobody at home does. What was written before stays closed to
    them until somebody who can open it shares it; what is written from now on is sealed to them too."""
    wanted = tuple(dict.fromkeys(countries))
    if not set(wanted) <= set(COUNTRIES):
        raise ValueError("further countries are of the fourteen")

    async def work(connection: AsyncConnection) -> Result:
        row = await find(connection, by, now, lock=True)
        if row is None or has_ended(row, now):
            return "wrong" if row is None else "ended"
        all_of_them = tuple(dict.fromkeys([*row.countries, *(each for each in wanted if each != row.country)]))
        await storing.change(connection, row, countries=all_of_them, heard_at=now)
        await audit.record(connection, audit.PERSON, "", "consent_changed", reference(row.id), now)
        return "saved"

    return await storing.transact(tickets.engine, work)


async def only_here(tickets: Tickets, by: Derived, now: datetime) -> Result:
    """The yes to further countries is taken back: nobody there reads on or is told, also where one of them has taken it, and what
    was on its way to another country stays here. For who answers at home nothing changes."""

    async def work(connection: AsyncConnection) -> Result:
        row = await find(connection, by, now, lock=True)
        if row is None or has_ended(row, now):
            return "wrong" if row is None else "ended"
        if not row.countries:
            return "saved"
        stays = row.claimed_by is None or bool(await at_home(connection, [row.claimed_by], row.country))
        after = {**row._mapping, "countries": (), "claimed_by": row.claimed_by if stays else None}
        await leave_behind(connection, types.SimpleNamespace(**after))
        movement = storing.movement
        abroad = (movement.c.ticket_id == row.id) & (movement.c.to_country != row.country) & movement.c.state.not_in(ENDED)
        await connection.execute(update(movement).where(abroad).values(state="cancelled"))
        if stays:
            await storing.change(connection, row, countries=(), heard_at=now)
        else:
            await requeue(connection, tickets.lifetimes, row, now, countries=(), heard_at=now)
        if row.claimed_by is not None and not row.training:
            await enqueue(connection, [row.claimed_by], now)
        await audit.record(connection, audit.PERSON, "", "consent_changed", reference(row.id), now)
        return "saved"

    result = await storing.transact(tickets.engine, work)
    await storing.gone(tickets.engine)  # envelopes may have lost wraps
    return result


async def be_counted(tickets: Tickets, by: Derived, counted: bool, now: datetime) -> Result:
    """Consent (d), from now on. What was counted is a number by now, of which nobody knows whose it is."""

    async def work(connection: AsyncConnection) -> Result:
        row = await find(connection, by, now, lock=True)
        if row is None or has_ended(row, now):
            return "wrong" if row is None else "ended"
        if row.counted != counted:
            await storing.change(connection, row, counted=counted, heard_at=now)
            await audit.record(connection, audit.PERSON, "", "consent_changed", reference(row.id), now)
        return "saved"

    return await storing.transact(tickets.engine, work)


async def _forget_contact(tickets: Tickets, by: Derived | Connected, now: datetime) -> Result:
    async def work(connection: AsyncConnection) -> Result:
        row = await find(connection, by, now, lock=True)
        if row is None or has_ended(row, now):
            return "wrong" if row is None else "ended"
        await forget_contact(connection, row, heard_at=now)
        return "saved"

    result = await storing.transact(tickets.engine, work)
    await storing.gone(tickets.engine)
    return result


# --- ending and coming back ------------------------------------------------------------------------------------------


async def withdraw(tickets: Tickets, by: Derived | Connected, now: datetime) -> Literal["saved"]:
    """Erase everything at once, before and after somebody took it. The code is then like any wrong one; the desk sees for a
    while that it was withdrawn.

    ``saved`` also where there was nothing: nothing is there afterwards, which is what was asked, and says nothing about codes.
    """

    async def work(connection: AsyncConnection) -> None:
        row = await find(connection, by, now, lock=True)
        if row is None:
            return
        await storing.wipe(connection, row.id, [*storing.ABOUT_THE_PERSON, "answer"])
        await storing.wipe_course(connection, row.id)
        await storing.change(
            connection,
            row,
            state="withdrawn",
            outcome="withdrawn",
            # Nothing leads here any more, not even in a dump with the secret and the code.
            lookup=secrets.token_bytes(32),
            public=b"",
            private_sealed=b"",
            guarded=None,
            relay="none",
            way="code",
            age="unsaid",
            wish="",
            other_lang="",
            countries=(),
            urgent=False,
            tells_only=False,
            tries_left=0,
            alerted=(),
            escalates_at=None,
            closed_at=now,
            read_at=None,
            forgotten_at=now + tickets.lifetimes.withdrawn,
        )
        if row.state in OPEN:
            await count_ticket(connection, row, now, [("outcome", "withdrawn")])
        if row.state == "claimed" and not row.training:
            await enqueue(connection, [row.claimed_by], now)
        await audit.record(connection, audit.PERSON, "", "withdrawn", reference(row.id), now)

    await storing.transact(tickets.engine, work)
    await storing.gone(tickets.engine)
    return "saved"


async def contest(tickets: Tickets, by: Derived, now: datetime) -> Result:
    """The person does not agree that it is closed: once, it waits again, for supervisors too. How to reach them was wiped at
    closing, so that only the code leads back until they say otherwise."""

    async def work(connection: AsyncConnection) -> Result:
        row = await find(connection, by, now, lock=True)
        if row is not None and row.contested and row.state in OPEN:
            return "saved"  # the same message, delivered again: it waits again since then
        if row is None or row.state != "closed" or row.contested:
            return "wrong" if row is None else "refused"
        reopened: dict[str, Any] = {
            "state": "waiting", "contested": True, "outcome": "", "closed_at": None, "forgotten_at": None, "claimed_by": None,
            "claimed_at": None, "touched_at": None, "level": "supervisor" if row.level != "network" else "network",
        }  # fmt: skip
        await requeue(connection, tickets.lifetimes, row, now, **reopened, way="code", relay="none")
        await audit.record(connection, audit.PERSON, "", "contested", reference(row.id), now)
        return "saved"

    return await storing.transact(tickets.engine, work)


async def rate(tickets: Tickets, by: Derived, stars: int, now: datetime) -> Result:
    """1 to 5, once, after it was closed; counted only where the person agreed to be counted, and kept nowhere else."""
    if not 1 <= stars <= 5:
        raise ValueError("a rating is a number from 1 to 5")

    async def work(connection: AsyncConnection) -> Result:
        row = await find(connection, by, now, lock=True)
        if row is None or row.state != "closed":
            return "wrong" if row is None else "refused"
        if not row.rated:
            await storing.change(connection, row, rated=True)
            await count_ticket(connection, row, now, [("rating", str(stars))])
        return "saved"

    return await storing.transact(tickets.engine, work)
