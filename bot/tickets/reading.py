"""What one actor may open of one ticket, now: their own wrapped copy, and nothing of anybody else's.

Here belongs the release of envelopes and what a ticket's page shows beside them. Nothing here decrypts. Never here: changes of a
ticket (``desk``), the list (``listing``).

The contact goes to who claimed the ticket, to nobody else, and in their shift only (M-7); a telephone number only while the
person's own window is open and a try is left (D-5). Card and notes go to the claimer and to supervisors. Each release is in the
audit.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.sealing import Envelope
from bot.staff import audit
from bot.staff.keys import key_ids
from bot.staff.roles import Action, Actor
from bot.tickets import storing, wraps
from bot.tickets.references import reference
from bot.tickets.sight import NotThere, Refused, Stale, claims, may_ever_read, role_for, sees
from bot.tickets.storing import Tickets, hand_over, item, ticket
from bot.tickets.tables import HandOver
from bot.tickets.telling import is_off, roster

Opens = Literal["contact", "card", "note"]

_ACTION: dict[str, Action] = {"contact": "open_contact", "card": "open_ticket", "note": "open_ticket"}
_WHAT = {"contact": "opened_contact", "card": "opened_card", "note": "opened_note"}


class Hours(NamedTuple):
    """When the person may be contacted: what the server holds everybody to."""

    zone: str
    windows: tuple[str, ...]
    open_now: bool
    opens_at: datetime
    """Now, when it is open."""
    until: datetime | None
    """End of the open window; None: it is closed."""


class Copy(NamedTuple):
    """An envelope, as it is released to one actor."""

    item_id: uuid.UUID
    kind: str
    created_at: datetime
    envelope: bytes
    """``bot.sealing.Envelope.encode()`` with one wrap: the browser opens it."""


class Enclosed(NamedTuple):
    """That there is an envelope; not the envelope."""

    item_id: uuid.UUID
    kind: str
    created_at: datetime
    openable: bool
    """It has a wrap for one of the actor's keys."""


class Sheet(NamedTuple):
    """A ticket's page, without what is sealed."""

    id: bytes
    version: int
    reference: str
    state: str
    mine: bool
    country: str
    countries: tuple[str, ...]
    lang: str
    other_lang: str
    wish: str
    age: str
    level: str
    urgent: bool
    child: bool
    contested: bool
    since: datetime
    opened: bool
    """The actor may open card and notes; where not, everything below is empty."""
    off_shift: bool = False
    """The actor may neither take it nor contact the person now."""
    way: str = ""
    tells_only: bool = False
    heavy: bool = False
    written_at: datetime | None = None
    """When the person last wrote in the chat in which they want to be written to."""
    hours: Hours | None = None
    tries_left: int = 0
    relay: str = "none"
    public: bytes = b""
    """The ticket's public key: answers are sealed to it."""
    contact: str = ""
    """Why there is no contact to open now (a reason of ``Refused``); empty: there is."""
    enclosed: tuple[Enclosed, ...] = ()
    answers: int = 0
    unread: int = 0
    """Answers that the person did not read yet."""
    hand_overs: tuple[HandOver, ...] = ()
    """Oldest first."""


async def sheet(tickets: Tickets, actor: Actor, ticket_id: bytes, now: datetime) -> Sheet:
    """The ticket as this actor may see it. Raises NotThere."""
    async with tickets.engine.connect() as connection:
        row = (await connection.execute(select(ticket).where(ticket.c.id == ticket_id))).first()
        if row is None or not sees(actor, row) or (row.state != "waiting" and not _may_follow(actor, row)):
            raise NotThere
        listed = Sheet(
            row.id, row.version, reference(row.id), row.state, claims(actor, row), row.country, row.countries, row.lang,
            row.other_lang, row.wish, row.age, row.level, row.urgent, row.child, row.contested, row.created_at,
            opened=_may_open(actor, row), off_shift=await is_off_shift(connection, tickets, actor, row, now),
        )  # fmt: skip
        if not listed.opened:
            return listed
        keys = await key_ids(connection, actor.id)
        enclosed = await wraps.envelopes(connection, row.id)
        notes = select(hand_over).where(hand_over.c.ticket_id == row.id).order_by(hand_over.c.at)
        return listed._replace(
            way=row.way,
            tells_only=row.tells_only,
            heavy=row.heavy,
            written_at=row.written_at,
            hours=hours(tickets, row, now),
            tries_left=row.tries_left,
            relay=row.relay,
            public=row.public,
            contact=no_contact(tickets, row, now, any(each.kind == "contact" for each in enclosed), off_shift=listed.off_shift),
            enclosed=tuple(
                Enclosed(each.id, each.kind, each.created_at, bool(set(Envelope.decode(each.envelope).recipients) & set(keys)))
                for each in enclosed
            ),
            answers=await storing.number_of(connection, row.id, "answer"),
            unread=await storing.number_of(connection, row.id, "answer", unread=True),
            hand_overs=tuple(HandOver(**each._mapping) for each in await connection.execute(notes)),
        )


async def released(tickets: Tickets, actor: Actor, ticket_id: bytes, kind: Opens, now: datetime) -> list[Copy]:
    """The actor's own copies of the envelopes of this kind, oldest first; those not sealed to the actor are left out.

    Recorded before it is handed out. Raises NotThere, Stale (the claim is over, or the person withdrew), Refused.
    """

    async def work(connection: AsyncConnection) -> list[Copy]:
        row = await storing.locked(connection, ticket_id)
        if row is None or not sees(actor, row):
            raise NotThere
        role = role_for(actor, row, _ACTION[kind])
        if role is None or row.state not in ("waiting", "claimed"):
            raise Stale if may_ever_read(actor, row) or row.claimed_by == actor.id else NotThere
        enclosed = [each for each in await wraps.envelopes(connection, row.id) if each.expires_at > now]
        there = [each for each in enclosed if each.kind == kind]
        if kind == "contact":
            off_shift = await is_off_shift(connection, tickets, actor, row, now)
            if reason := no_contact(tickets, row, now, bool(there), off_shift=off_shift):
                raise Refused(reason)
            if not await _knows_card(connection, actor, row, enclosed):
                raise Refused("card_first")
        keys = await key_ids(connection, actor.id)
        copies = [
            Copy(each.id, each.kind, each.created_at, mine)
            for each in there
            if (mine := wraps.released(each.envelope, keys)) is not None
        ]
        if claims(actor, row):
            await touch(connection, row, now)
        await audit.record(connection, actor.name, role, _WHAT[kind], reference(row.id), now)
        return copies

    return await storing.transact(tickets.engine, work)


async def may_see_contact(tickets: Tickets, actor: Actor, ticket_id: bytes, now: datetime) -> bool:
    """Whether ``released(…, "contact")`` would hand it out; looks only."""
    async with tickets.engine.connect() as connection:
        row = (await connection.execute(select(ticket).where(ticket.c.id == ticket_id))).first()
        if row is None or row.state != "claimed" or role_for(actor, row, "open_contact") is None:
            return False
        asked = select(item.c.id).where(item.c.ticket_id == row.id, item.c.kind == "contact", item.c.expires_at > now)
        there = (await connection.execute(asked)).first() is not None
        off_shift = await is_off_shift(connection, tickets, actor, row, now)
    return not no_contact(tickets, row, now, there, off_shift=off_shift)


async def _knows_card(connection: AsyncConnection, actor: Actor, row: Any, enclosed: Iterable[Any]) -> bool:
    """D-5: whoever reaches the person has first opened, since they took the ticket, what makes it safe as it is now. What cannot
    be opened by the actor keeps nobody from the contact: the page says what they have to know of it."""
    keys = await key_ids(connection, actor.id)
    cards = [each for each in enclosed if each.kind == "card" and wraps.released(each.envelope, keys) is not None]
    if not cards:
        return True
    since = max(row.claimed_at or row.queued_at, *(each.created_at for each in cards))
    seen = await audit.latest(connection, subject=reference(row.id), actor=actor.name, since=since)
    return any(entry.what == _WHAT["card"] for entry in seen)


def hours(tickets: Tickets, row: Any, now: datetime) -> Hours | None:
    """None: the person is not to be contacted, or nobody can tell any more when."""
    windows = tickets.guard.open(row.id, row.guarded)
    if windows is None:
        return None
    return Hours(windows.zone, windows.names, windows.open_at(now), windows.opens_at(now), windows.until(now))


async def is_off_shift(connection: AsyncConnection, tickets: Tickets, actor: Actor, row: Any, now: datetime) -> bool:
    """Whether the actor may take nothing like this ticket, and contact nobody, for it is not their shift (``telling.is_off``)."""
    return is_off(await roster(connection, now), row, actor.id, now, tickets.lifetimes)


async def shareable(
    connection: AsyncConnection, tickets: Tickets, actor: Actor, row: Any, rows: Iterable[Any], now: datetime
) -> list[Any]:
    """Of these envelopes, what the actor may hand on: neither what is over nor a contact that could not be opened now."""
    living = [each for each in rows if each.expires_at > now]
    there = any(each.kind == "contact" for each in living)
    off_shift = await is_off_shift(connection, tickets, actor, row, now)
    hidden = no_contact(tickets, row, now, there, off_shift=off_shift)
    return [each for each in living if each.kind != "contact" or not hidden]


def no_contact(tickets: Tickets, row: Any, now: datetime, there: bool, *, off_shift: bool) -> str:
    """Why the contact of a ticket is not to be opened now, a reason of ``Refused``; empty: it may be. ``there``: it exists."""
    if row.way == "code" or not there:
        return "no_contact"
    if off_shift:
        return "off_shift"
    if row.way == "here":
        return "" if row.relay == "open" else "no_relay"
    windows = tickets.guard.open(row.id, row.guarded)
    if windows is None or not windows.open_at(now):
        return "outside_window"
    return "" if row.tries_left > 0 else "no_tries_left"


async def touch(connection: AsyncConnection, row: Any, now: datetime) -> None:
    """The claimer did something: the claim does not lapse. No change that makes a form old: the version stays."""
    await connection.execute(update(ticket).where(ticket.c.id == row.id).values(touched_at=now))


def _may_open(actor: Actor, row: Any) -> bool:
    return row.state in ("waiting", "claimed") and role_for(actor, row, "open_ticket") is not None


def _may_follow(actor: Actor, row: Any) -> bool:
    """A ticket that somebody works on is their own, and the supervisors'; one that ended is nobody's page but its claimer's."""
    return row.claimed_by == actor.id or (row.state == "claimed" and _may_open(actor, row))
