"""Taking a request in: from a person's yes to a row that outlasts a power cut.

Here belongs what is stored of a request, and that it is stored once, for somebody who can read it, or not at all. Never here: what
the person is asked (``flows``), how an address is boxed (``bot.relay``), sentences.

What happens between two steps
    Nothing is written before everything is sealed; then all of it is written in one transaction, alerts and counts included. Who
    stops before the commit has stored nothing, and the message comes again. Who stops after it finds the ticket there when the
    message comes again, and the same code with it.
"""

from __future__ import annotations

import dataclasses
import functools
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.outbox import enqueue
from bot.codes import Code, Derived
from bot.sealing import Envelope, Kind
from bot.staff import audit
from bot.tickets import own_key, storing
from bot.tickets.counting import count_ticket
from bot.tickets.guard import Windows
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.recipients import at_home, readers, recipients, sealed
from bot.tickets.references import reference
from bot.tickets.storing import Tickets
from bot.tickets.tables import AGES, WAYS, WISHES
from bot.tickets.telling import Telling, roster, telling
from flows.facts import COUNTRIES, KINDS, LANGS
from flows.kernel import Words

NEEDS: Final = (*KINDS, "other", "unsaid")
_MOST_COLLISIONS: Final = 16


class BadRequest(ValueError):
    """A request that must not be stored as it is: a mistake of whoever builds it. The text says which, without content."""


class Deriving(Protocol):
    """What intake needs of codes: ``bot.codes.Codes``, or the front of its line (``attempts.Line.intake``)."""

    def code(self, session: bytes, turn: int, collision: int = 0) -> Code: ...

    async def derived(self, code: Code) -> Derived: ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person agreed to hand over. Texts are sealed and never stored otherwise; everything else is of closed sets."""

    session_id: bytes
    """16 bytes of the conversation."""
    turn: int
    """In which the request was opened: with ``session_id`` it names the request, however often it is sent."""
    consent: bool
    """(a) "Hand my request to the person on duty": without a yes nothing is stored."""
    country: str
    lang: str
    way: str
    """``code``, ``here``, ``phone``: the last two are consent (b), and need ``contact_text`` and ``windows``."""
    countries: tuple[str, ...] = ()
    """Further ones, each with a yes of its own."""
    other_lang: str = ""
    wish: str = ""
    not_organisations: tuple[str, ...] = ()
    """Employers whose staff shall not see it: the one that the person named, and all that have become one with it."""
    age: str = "unsaid"
    child: bool = False
    urgent: bool = False
    tells_only: bool = False
    counted: bool = False
    """Consent (d)."""
    need: str = "unsaid"
    """For the counter only; it is not kept with the ticket."""
    windows: Windows | None = None
    contact_text: Words | Callable[[bytes], Words] | None = None
    """Or what makes it of the ticket's id, to which the box with an address is bound (``Vault.box``)."""
    card_text: Words | None = None
    note_text: Words | None = None
    message_id: str = ""
    """The provider's id of the message that brought the note."""
    training: bool = False
    """Invented."""


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """The request is stored, and ``codes.code(session_id, turn, collision)`` leads to it."""

    ticket_id: bytes
    collision: int
    fresh: bool = True
    """False: it was there already, and this is the same message again."""


@dataclasses.dataclass(frozen=True, slots=True)
class NoDuty:
    """Nobody has a key who may read this request. Nothing was stored."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    """The columns of a new ticket that rules ask about, before there is a row."""

    country: str
    countries: tuple[str, ...]
    child: bool
    urgent: bool
    not_organisations: tuple[str, ...]
    training: bool
    counted: bool
    level: str
    queued_at: datetime
    refused: tuple[str, ...] = ()
    alerted: tuple[str, ...] = ()


async def _always() -> None:
    """Nobody waits for the receipt in a conversation that could be lost."""


async def open_ticket(
    tickets: Tickets, codes: Deriving, request: Request, now: datetime, *, lasts: Callable[[], Awaitable[None]] = _always
) -> Opened | NoDuty:
    """Store the request, once, and return when it is on the disk.

    ``lasts``: asked after the slow part, just before anything is stored; raises where nobody could be told the code any more, and
    the person would ask again. Raises what it raises, BadRequest, ``bot.codes.Busy`` (nothing was stored; try again), CannotSeal (a
    text is too long; nothing was stored), and whatever the database raises (then nothing was stored, or it is found when the same
    request comes again).
    """
    _check(request)
    engine, guard, lifetimes = tickets.engine, tickets.guard, tickets.lifetimes
    opening = guard.opening(request.session_id, request.turn)
    async with engine.connect() as connection:
        found = await _find(connection, opening)
        if found is not None:
            return found
        prepared = await _prepare(connection, request, now, lifetimes)
    if prepared is None:
        return NoDuty()
    row, keys, telling = prepared
    ticket_id = secrets.token_bytes(16)
    envelopes = [await sealed(text, kind, ticket_id, keys) for kind, text in _texts(request, ticket_id)]
    for collision in range(_MOST_COLLISIONS):
        derived = await codes.derived(codes.code(request.session_id, request.turn, collision))
        values = {
            **_plain(request, row, telling, now, lifetimes),
            **own_key.keyed(derived, ticket_id),
            "id": ticket_id,
            "opening": opening,
            "collision": collision,
            "guarded": guard.seal(ticket_id, request.windows) if request.windows else None,
        }
        message = guard.message(ticket_id, request.message_id) if request.message_id else None
        await lasts()
        store = functools.partial(
            _store, request=request, row=row, values=values, envelopes=envelopes, message=message, telling=telling, now=now,
            life=lifetimes.contact,
        )  # fmt: skip
        try:
            await storing.transact(engine, store)
        except own_key.CodeTaken:
            continue
        except IntegrityError:
            async with engine.connect() as connection:
                found = await _find(connection, opening)
                if found is not None:
                    return found  # the same request, at the same moment, in another process
                if not await own_key.taken(connection, derived.lookup):
                    raise
            continue  # another ticket has this code
        return Opened(ticket_id, collision)
    raise RuntimeError(
        f"{_MOST_COLLISIONS} codes in a row belong to other tickets: chance does not do that; is SECRET_KEY in order?"
    )


# --- within ----------------------------------------------------------------------------------------------------------


async def _find(connection: AsyncConnection, opening: bytes) -> Opened | None:
    asked = select(storing.ticket.c.id, storing.ticket.c.collision).where(storing.ticket.c.opening == opening)
    row = (await connection.execute(asked)).first()
    return Opened(row.id, row.collision, fresh=False) if row else None


async def _prepare(
    connection: AsyncConnection, request: Request, now: datetime, lifetimes: Lifetimes
) -> tuple[_Row, list[bytes], Telling] | None:
    """Who may read it and who is told; None: nobody may."""
    row = _Row(
        country=request.country,
        countries=request.countries,
        child=request.child,
        urgent=request.urgent,
        not_organisations=request.not_organisations,
        training=request.training,
        counted=request.counted,
        level="primary",
        queued_at=now,
    )
    eligible = await readers(connection, row)
    if not eligible:
        return None
    if not await at_home(connection, eligible, request.country):
        row = dataclasses.replace(row, level="network")  # the person agreed to other countries, and only they can
    return row, await recipients(connection, row, eligible), telling(await roster(connection, now), row, now, lifetimes)


def _texts(request: Request, ticket_id: bytes) -> list[tuple[Kind, Words]]:
    contact = request.contact_text
    given: list[tuple[Kind, Words | None]] = [
        ("contact", contact(ticket_id) if callable(contact) else contact),
        ("card", request.card_text),
        ("note", request.note_text),
    ]
    return [(kind, text) for kind, text in given if text is not None]


def _plain(request: Request, row: _Row, telling: Telling, now: datetime, lifetimes: Lifetimes) -> dict[str, Any]:
    """The columns that may be read."""
    hurry = request.urgent or request.child
    same = ("country", "countries", "lang", "other_lang", "wish", "not_organisations", "age", "child", "urgent", "way")
    return {
        **{name: getattr(request, name) for name in same},
        "heavy": False,
        "tells_only": request.tells_only,
        "counted": request.counted,
        "training": request.training,
        "state": "waiting",
        "level": telling.level,
        "created_at": now,
        "heard_at": now,
        "written_at": now if request.way == "here" else None,
        "queued_at": now,
        "alerted": telling.alerted,
        "escalates_at": lifetimes.next_escalation(now, row.queued_at, hurry=hurry),
        "expires_at": now + lifetimes.unclaimed,
        "version": 1,
        "refused": (),
        "tries_left": request.windows.tries if request.windows else 0,
        "relay": "open" if request.way == "here" else "none",
        "outcome": "",
        "contested": False,
        "rated": False,
    }


async def _store(
    connection: AsyncConnection,
    *,
    request: Request,
    row: _Row,
    values: dict[str, Any],
    envelopes: list[Envelope],
    message: bytes | None,
    telling: Telling,
    now: datetime,
    life: timedelta,
) -> None:
    if await own_key.taken(connection, values["lookup"]) and await _find(connection, values["opening"]) is None:
        raise own_key.CodeTaken
    await connection.execute(insert(storing.ticket).values(**values))
    for envelope in envelopes:
        mark = message if envelope.kind == "note" else None
        await storing.put(connection, envelope, now, now + life, mark)
    lang = request.other_lang or request.lang
    counted = [("request", "all"), ("need", request.need), ("age", request.age), ("lang", lang), ("way", request.way)]
    await count_ticket(connection, row, now, counted)
    await enqueue(connection, telling.staff, now)
    await audit.record(connection, audit.PERSON, "", "requested", reference(values["id"]), now)


def _check(request: Request) -> None:
    """Raises BadRequest. What a person typed is in no text."""
    if request.consent is not True:
        raise BadRequest("nothing is stored of somebody who did not say yes to handing it over")
    if len(request.session_id) != 16 or request.turn < 0:
        raise BadRequest("a request is named by the 16 bytes of its conversation and the turn in which it was opened")
    for name, allowed in (("lang", LANGS), ("way", WAYS), ("wish", WISHES), ("age", AGES), ("need", NEEDS)):
        if getattr(request, name) not in allowed:
            raise BadRequest(f"{name} is one of {', '.join(filter(None, allowed))}")
    if not {request.country, *request.countries} <= set(COUNTRIES) or request.country in request.countries:
        raise BadRequest("countries are of the fourteen, and further ones differ from the first")
    if len(request.other_lang) > 8 or any(len(each) > 40 for each in request.not_organisations):
        raise BadRequest("a wished language is a code of at most 8 letters, an organisation a key of at most 40")
    if (request.way == "code") != (request.contact_text is None):
        raise BadRequest("a contact is stored for those who want to be written to or called, and for nobody else")
    if request.way != "code" and request.windows is None:
        raise BadRequest("somebody who is to be contacted says when")
    if request.tells_only and request.way != "code":
        raise BadRequest("who only wants to tell is not contacted")
