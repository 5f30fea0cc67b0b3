"""A small network for tests of tickets: people on duty with real keys, shifts around the clock, requests in few words.

Here belongs what several files use. Never here: fixtures, tests.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.tables import Alert
from bot.codes import Codes, Cost, Derived
from bot.roster.tables import Shift
from bot.sealing import Envelope, Kind, key_id, rewrap, seal, unseal
from bot.staff.roles import Actor
from bot.staff.tables import AuditEntry, Employer, RecoveryKey, Staff, StaffKey
from bot.tickets.desk import Leaving, claim
from bot.tickets.guard import Guard, Windows
from bot.tickets.intake import Opened, Request, open_ticket
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.reading import Opens, released
from bot.tickets.storing import Tickets
from bot.tickets.tables import Counter, HandOver, SealedItem, Ticket
from flows.kernel import Words

SECRET: Final = bytes(range(32))
CHEAP: Final = Cost(memory=64, passes=1)
#: A Tuesday, 10:00 in Bogotá: inside the morning.
NOW: Final = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
BOGOTA: Final = "America/Bogota"
MORNING: Final = Windows(BOGOTA, ("morning",), 2)
ALL_DAY: Final = Windows(BOGOTA, ("early", "morning", "midday", "afternoon", "evening", "night"), 2)
NUMBER: Final = "+573001234567"
CONTACT: Final = json.dumps({"way": "phone", "number": NUMBER, "someone_else": False})
CARD: Final = json.dumps({"word_person": "zarzamora", "word_desk": "trompeta", "word_stop": "pastel"})
NOTE: Final = "una palabra rara: hipopotomonstroses"
HANDED: Final = Leaving("shift_ends", "tried", "call", "watch")


def after(**time: float) -> datetime:
    """NOW and so much later."""
    return NOW + timedelta(**time)


@dataclasses.dataclass(frozen=True, slots=True)
class Worker:
    """Somebody with an account and a key."""

    actor: Actor
    private: X25519PrivateKey

    @property
    def id(self) -> uuid.UUID:
        return self.actor.id

    @property
    def key(self) -> bytes:
        return key_id(self.public)

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    def opens(self, raw: bytes, kind: Kind, ticket_id: bytes) -> str:
        """What their browser shows."""
        return unseal(Envelope.decode(raw), self.private, kind=kind, ticket=ticket_id).reveal()

    def wraps(self, raw: bytes, kind: Kind, ticket_id: bytes, public: bytes) -> bytes:
        """What their browser posts for one recipient more."""
        return rewrap(Envelope.decode(raw), self.private, public, kind=kind, ticket=ticket_id).encode()


class World:
    """One database with people in it, and the process that serves it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.codes = Codes(SECRET, cost=CHEAP)
        self.tickets = Tickets(engine, Guard(SECRET), Lifetimes())
        self.recovery: X25519PrivateKey | None = None
        self._turns = itertools.count(1)

    # --- people

    async def worker(
        self,
        name: str,
        *roles: str,
        countries: Sequence[str] = ("CO",),
        organisation: str = "red-norte",
        duty: str = "",
        cap: int = 5,
        key: bool = True,
    ) -> Worker:
        """An account with a key and, with a ``duty``, on duty in its first country at all times."""
        private = X25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        scope: dict[str, Any] = {"organisation": organisation, "roles": roles or ("case_manager",), "countries": tuple(countries)}
        row = Staff(name=name, load_cap=cap, **scope)
        async with self.engine.begin() as connection:
            if (await connection.execute(select(Employer).where(Employer.key == organisation))).first() is None:  # type: ignore[arg-type]
                await connection.execute(insert(Employer).values(key=organisation, name=organisation))
            await connection.execute(insert(Staff).values(**row.model_dump()))
            if key:
                await connection.execute(insert(StaffKey).values(id=key_id(public), staff_id=row.id, public=public, created_at=NOW))
        if duty:
            await self.shifts(row.id, countries[0], duty)
        return Worker(Actor.of(row), private)

    async def shifts(
        self, staff_id: uuid.UUID, country: str, duty: str, opens: int = 0, closes: int = 1440, days: Sequence[int] = range(7)
    ) -> None:
        """Weekly shifts, in minutes of the day in Bogotá."""
        rows = [
            Shift(staff_id=staff_id, country=country, duty=duty, weekday=day, opens=opens, closes=closes, zone=BOGOTA).model_dump()
            for day in days
        ]
        async with self.engine.begin() as connection:
            await connection.execute(insert(Shift), rows)

    async def recovery_key(self) -> X25519PrivateKey:
        """An offline key for requests."""
        self.recovery = X25519PrivateKey.generate()
        public = self.recovery.public_key().public_bytes_raw()
        values = {"id": key_id(public), "purpose": "requests", "public": public, "created_at": NOW}
        async with self.engine.begin() as connection:
            await connection.execute(insert(RecoveryKey).values(**values))
        return self.recovery

    # --- requests

    def request(self, **changes: Any) -> Request:
        """Somebody in Colombia who wants to be called in the morning, and agreed to be counted."""
        values: dict[str, Any] = {
            "session_id": bytes(range(16)), "turn": next(self._turns), "consent": True, "country": "CO", "lang": "es",
            "way": "phone", "counted": True, "need": "health", "windows": MORNING, "contact_text": Words(CONTACT),
            "card_text": Words(CARD), "note_text": Words(NOTE), "message_id": "m1",
        }  # fmt: skip
        values |= changes
        if values["way"] == "code":
            values |= {"contact_text": None, "windows": None}
        return Request(**values)

    async def open(self, now: datetime = NOW, **changes: Any) -> Opened:
        """A request that was taken."""
        opened = await open_ticket(self.tickets, self.codes, self.request(**changes), now)
        assert isinstance(opened, Opened)
        return opened

    async def ask(self, now: datetime = NOW, **changes: Any) -> tuple[bytes, Derived]:
        """The id of a request that was taken, and the halves of its code."""
        request = self.request(**changes)
        opened = await open_ticket(self.tickets, self.codes, request, now)
        assert isinstance(opened, Opened)
        code = self.codes.code(request.session_id, request.turn, opened.collision)
        return opened.ticket_id, await self.codes.derived(code)

    async def taken(self, worker: Worker, now: datetime = NOW, **changes: Any) -> tuple[bytes, Derived]:
        """The same, claimed."""
        ticket_id, derived = await self.ask(now, **changes)
        await claim(self.tickets, worker.actor, ticket_id, now)
        return ticket_id, derived

    async def answer(self, ticket_id: bytes, text: str = "Estamos para escucharte") -> bytes:
        """What a browser posts as an answer."""
        return seal(Words(text), "answer", ticket_id, [(await self.row(ticket_id)).public]).encode()

    async def reads(self, worker: Worker, ticket_id: bytes, kind: Opens, now: datetime = NOW) -> list[str]:
        """What this worker's browser shows of a ticket. Before a contact it opens the card, as the page does."""
        if kind == "contact":
            await released(self.tickets, worker.actor, ticket_id, "card", now)
        copies = await released(self.tickets, worker.actor, ticket_id, kind, now)
        return [worker.opens(copy.envelope, kind, ticket_id) for copy in copies]

    # --- what the store holds

    async def rows(self, table: Any) -> list[Any]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(select(table.__table__))).all())

    async def row(self, ticket_id: bytes) -> Any:
        """The row of a ticket; None: there is none."""
        return next((row for row in await self.rows(Ticket) if row.id == ticket_id), None)

    async def items(self, ticket_id: bytes) -> dict[str, list[Any]]:
        """Kind -> rows of envelopes, oldest first."""
        found: dict[str, list[Any]] = {}
        for row in sorted(await self.rows(SealedItem), key=lambda row: row.created_at):
            if row.ticket_id == ticket_id:
                found.setdefault(row.kind, []).append(row)
        return found

    async def alerted(self, *, clear: bool = True) -> set[uuid.UUID]:
        """Accounts for which an alert waits; sent, as it were."""
        found = {row.staff_id for row in await self.rows(Alert)}
        if clear:
            async with self.engine.begin() as connection:
                await connection.execute(Alert.__table__.delete())  # type: ignore[attr-defined]
        return found

    async def audited(self) -> list[tuple[str, str]]:
        """(actor, what), oldest first."""
        return [(row.actor, row.what) for row in sorted(await self.rows(AuditEntry), key=lambda row: row.number)]

    async def counted(self) -> dict[tuple[str, str], int]:
        """(what, value) -> number."""
        return {(row.what, row.value): row.number for row in await self.rows(Counter)}

    async def hand_overs(self, ticket_id: bytes) -> list[Any]:
        return [row for row in await self.rows(HandOver) if row.ticket_id == ticket_id]

    async def set(self, ticket_id: bytes, **values: Any) -> None:
        """Change a ticket's row behind everybody's back."""
        async with self.engine.begin() as connection:
            await connection.execute(update(Ticket).where(Ticket.id == ticket_id).values(**values))  # type: ignore[arg-type]
