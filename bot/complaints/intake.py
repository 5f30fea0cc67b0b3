"""Taking a complaint in: from "send" to a row that outlasts a power cut.

Here belongs what is stored of a complaint, and that it is stored once, for somebody who may read it, or not at all. Never here:
what the person is asked (``flows``), sentences. The steps are those of ``bot.tickets.intake``: nothing is written before everything
is sealed; then all of it is, in one transaction, alerts included.
"""

from __future__ import annotations

import dataclasses
import functools
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.codes import Busy
from bot.complaints import routing, storing, trail
from bot.complaints.counting import count_new
from bot.complaints.deadlines import LONGEST
from bot.complaints.storing import Complaints, complaint
from bot.complaints.tables import ABOUT, INBOXES, TOPICS
from bot.complaints.telling import Telling, telling
from bot.sealing import Envelope, Kind
from bot.staff import listings
from bot.tickets import own_key
from bot.tickets.intake import Deriving
from bot.tickets.recipients import sealed
from bot.tickets.references import reference
from bot.tickets.rows import transact
from flows.facts import COUNTRIES, LANGS
from flows.kernel import Words

_MOST_COLLISIONS: Final = 16
_LONGEST_KEY: Final = 40


class BadComplaint(ValueError):
    """A complaint that must not be stored as it is: a mistake of whoever builds it. The text says which, without content."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person sent; that they sent it is their consent. Texts are sealed; everything else is of closed sets."""

    session_id: bytes
    """16 bytes of the conversation."""
    turn: int
    """In which the complaint was begun: with ``session_id`` it names the complaint, however often it is sent."""
    country: str
    lang: str
    inbox: str
    about: str
    organisation: str = ""
    """Key of the organisation that it is about: its own (``Employer.key``), or ``dir-`` and the id of one of the directory."""
    topic: str
    child: bool = False
    urgent: bool = False
    counted: bool = False
    card_text: Words
    """The closed fields that are nobody else's business, as JSON."""
    note_text: Words | None = None
    message_id: str = ""
    """The provider's id of the message that brought the note."""


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """The complaint is stored, and ``codes.code(session_id, turn, collision)`` leads to it."""

    complaint_id: bytes
    collision: int
    answer_by: datetime
    """By when the first answer is due."""
    fresh: bool = True
    """False: it was there already, and this is the same message again."""


@dataclasses.dataclass(frozen=True, slots=True)
class NobodyReads:
    """Nobody has a key who may read this complaint. Nothing was stored."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    """The columns of a new complaint that rules ask about, before there is a row."""

    inbox: str
    country: str
    about: str
    organisation: str
    child: bool
    urgent: bool
    accept_by: datetime | None
    forward_by: datetime | None
    answer_by: datetime
    state: str = "received"
    level: str = "focal"
    refused: tuple[str, ...] = ()
    alerted: tuple[str, ...] = ()
    escalates_at: datetime | None = None
    forwarded_at: datetime | None = None
    answered_at: datetime | None = None
    held_by: None = None


async def _always() -> None:
    """Nobody waits for the receipt in a conversation that could be lost."""


async def open_complaint(
    complaints: Complaints,
    codes: Deriving,
    said: Said,
    now: datetime,
    *,
    lasts: Callable[[], Awaitable[None]] = _always,
    admits: Callable[[], bool] = lambda: True,
) -> Opened | NobodyReads:
    """Store the complaint, once, and return when it is on the disk.

    ``lasts``: as in ``bot.tickets.intake.open_ticket``. ``admits``: asked for a new complaint only, never for one that is sent
    again (``limits.Limits``). Raises what ``lasts`` raises, BadComplaint, ``bot.codes.Busy`` (nothing was stored; try again),
    CannotSeal, and whatever the database raises (then nothing was stored, or it is found when the same complaint comes again).
    """
    _check(said)
    engine, guard = complaints.engine, complaints.guard
    opening = guard.opening(said.session_id, said.turn)
    async with engine.connect() as connection:
        if (found := await _find(connection, opening)) is not None:
            return found
        row = await _row(connection, complaints, said, now)
        readers = await routing.readers(connection, row.organisation)
        eligible = {each.actor.id: each.public for each in readers if each.level(row)}
        if not eligible:
            return NobodyReads()
        keys = await routing.recipients(connection, eligible)
    if not admits():
        raise Busy
    told = telling(readers, row, now, complaints.deadlines)
    complaint_id = secrets.token_bytes(16)
    texts: list[tuple[Kind, Words | None]] = [("card", said.card_text), ("note", said.note_text)]
    envelopes = [await sealed(text, kind, complaint_id, keys) for kind, text in texts if text is not None]
    message = guard.message(complaint_id, said.message_id) if said.message_id else None
    for collision in range(_MOST_COLLISIONS):
        derived = await codes.derived(codes.code(said.session_id, said.turn, collision))
        values = {
            **_plain(complaints, said, row, told, now),
            **own_key.keyed(derived, complaint_id),
            "id": complaint_id,
            "opening": opening,
            "collision": collision,
        }
        await lasts()
        store = functools.partial(_store, said=said, values=values, envelopes=envelopes, message=message, told=told, now=now)
        try:
            await transact(engine, store)
        except own_key.CodeTaken:
            continue
        except IntegrityError:
            async with engine.connect() as connection:
                if (found := await _find(connection, opening)) is not None:
                    return found  # the same complaint, at the same moment, in another process
                if not await own_key.taken(connection, derived.lookup):
                    raise
            continue  # something else has this code
        return Opened(complaint_id, collision, row.answer_by)
    raise RuntimeError(f"{_MOST_COLLISIONS} codes in a row are taken: chance does not do that; is SECRET_KEY in order?")


# --- within ----------------------------------------------------------------------------------------------------------


async def _find(connection: AsyncConnection, opening: bytes) -> Opened | None:
    asked = select(complaint.c.id, complaint.c.collision, complaint.c.answer_by).where(complaint.c.opening == opening)
    row = (await connection.execute(asked)).first()
    return Opened(row.id, row.collision, row.answer_by, fresh=False) if row else None


async def _row(connection: AsyncConnection, complaints: Complaints, said: Said, now: datetime) -> _Row:
    closed = await storing.closed_days(connection, said.country)
    due = complaints.deadlines.due(said.inbox, said.country, now, closed)
    # Somebody's staff, and nobody knows whose: then it may be anybody's.
    about = "unknown" if said.about == "organisation" and not said.organisation else said.about
    return _Row(said.inbox, said.country, about, said.organisation, said.child, said.urgent, *due)


def _plain(complaints: Complaints, said: Said, row: _Row, told: Telling, now: datetime) -> dict[str, Any]:
    """The columns that may be read."""
    same = ("inbox", "country", "about", "organisation", "child", "urgent", "accept_by", "forward_by", "answer_by", "refused")
    return {
        **{name: getattr(row, name) for name in same},
        "lang": said.lang,
        "topic": said.topic,
        "counted": said.counted,
        "state": "received",
        "level": told.level,
        "created_at": now,
        "heard_at": now,
        "asks": False,
        "escalates_at": complaints.deadlines.next_after(row, now),
        "alerted": told.alerted,
        "version": 1,
        "outcome": "",
        "contested": False,
        "concluded": False,
        "expires_at": now + LONGEST,
    }


async def _store(
    connection: AsyncConnection,
    *,
    said: Said,
    values: dict[str, Any],
    envelopes: list[Envelope],
    message: bytes | None,
    told: Telling,
    now: datetime,
) -> None:
    if await own_key.taken(connection, values["lookup"]) and await _find(connection, values["opening"]) is None:
        raise own_key.CodeTaken
    await connection.execute(insert(complaint).values(**values))
    await listings.keep_found(connection, routing.named())
    for envelope in envelopes:
        mark = message if envelope.kind == "note" else None
        await storing.rows.put(connection, envelope, now, now + LONGEST, mark, asks=False)
    await count_new(connection, said, now, [("complaint", said.inbox), ("complaint_about", values["about"])])
    await enqueue(connection, told.staff, now)
    await trail.record(connection, trail.PERSON, "", "complained", reference(values["id"]), now)


def _check(said: Said) -> None:
    """Raises BadComplaint. What a person typed is in no text."""
    if len(said.session_id) != 16 or said.turn < 0:
        raise BadComplaint("a complaint is named by the 16 bytes of its conversation and the turn in which it was begun")
    sets = (("country", COUNTRIES), ("lang", LANGS), ("inbox", INBOXES), ("about", ABOUT), ("topic", TOPICS))
    for name, allowed in sets:
        if getattr(said, name) not in allowed:
            raise BadComplaint(f"{name} is one of {', '.join(allowed)}")
    if len(said.organisation) > _LONGEST_KEY:
        raise BadComplaint(f"an organisation is a key of at most {_LONGEST_KEY} characters")
