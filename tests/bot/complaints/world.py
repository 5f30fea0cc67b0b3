"""A small network for tests of complaints: focal points and others with real keys, complaints in few words.

Here belongs what several files use. Never here: fixtures, tests.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, event, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.tables import Alert
from bot.codes import Codes, Derived
from bot.complaints import clock, code, desk, reading
from bot.complaints.deadlines import Deadlines
from bot.complaints.intake import Opened, Said, open_complaint
from bot.complaints.names import OF_THE_DIRECTORY
from bot.complaints.storing import Complaints
from bot.complaints.tables import Complaint, ComplaintEntry, ComplaintItem, Forwarding
from bot.directory.tables import Organization
from bot.roster.tables import Holiday
from bot.sealing import Envelope, key_id, seal
from bot.staff import listings
from bot.staff.roles import Actor
from bot.staff.tables import Employer, RecoveryKey, Staff, StaffKey
from bot.tickets.guard import Guard
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.tables import Counter
from flows.kernel import Words
from tests.bot.tickets.world import CHEAP, SECRET, Worker

Person = Worker
#: A Tuesday, 10:00 in Bogotá.
NOW: Final = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
CARD: Final = json.dumps({"whose": "own", "place": "zarzamora", "when": "week", "danger": "no", "child": "no", "help": "yes"})
NOTE: Final = "una palabra rara: hipopotomonstroses"


def after(**time: float) -> datetime:
    """NOW and so much later."""
    return NOW + timedelta(**time)


class World:
    """One database with people in it, and the process that serves it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.codes = Codes(SECRET, cost=CHEAP)
        self.complaints = Complaints(engine, Guard(SECRET), Deadlines(), Lifetimes())
        self._turns = itertools.count(1)

    # --- people

    async def employer(self, key: str, *, into: str = "", independent: bool = False, name: str = "") -> None:
        """An organisation, made or changed."""
        values = {"name": name or f"Organisation {key}", "merged_into": into, "independent": independent}
        async with self.engine.begin() as connection:
            changed = await connection.execute(update(Employer).where(Employer.key == key).values(**values))  # type: ignore[arg-type]
            if not changed.rowcount:
                await connection.execute(insert(Employer).values(key=key, **values))

    async def listed(self, name: str, *, found: bool = True) -> str:
        """Key of an organisation of the directory, new under this name. ``found``: as after an import or a load of staff."""
        made = Organization(name=name)
        async with self.engine.begin() as connection:
            await connection.execute(insert(Organization).values(**made.model_dump()))
            if found:
                await listings.keep_found(connection)
        return f"{OF_THE_DIRECTORY}{made.id.hex}"

    async def relisted(self, key: str, name: str) -> None:
        """It has another name now."""
        at = Organization.id == uuid.UUID(hex=key.removeprefix(OF_THE_DIRECTORY))
        async with self.engine.begin() as connection:
            await connection.execute(update(Organization).where(at).values(name=name))  # type: ignore[arg-type]

    async def person(
        self,
        name: str,
        *roles: str,
        countries: Sequence[str] = ("CO",),
        organisation: str = "red-norte",
        independent: bool = False,
        stands_in: bool = False,
        investigates: Sequence[str] = (),
        key: bool = True,
    ) -> Person:
        """An account with a key."""
        private = X25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        scope: dict[str, Any] = {"organisation": organisation, "roles": roles, "countries": tuple(countries)}
        row = Staff(name=name, stands_in=stands_in, investigates=tuple(investigates), **scope)
        async with self.engine.connect() as connection:
            there = (await connection.execute(select(Employer).where(Employer.key == organisation))).first()  # type: ignore[arg-type]
        if there is None:
            await self.employer(organisation, independent=independent)
        async with self.engine.begin() as connection:
            await connection.execute(insert(Staff).values(**row.model_dump()))
            if key:
                await connection.execute(insert(StaffKey).values(id=key_id(public), staff_id=row.id, public=public, created_at=NOW))
        return Person(Actor.of(row), private)

    async def leaves(self, person: Person) -> None:
        """Behind everybody's back."""
        async with self.engine.begin() as connection:
            await connection.execute(update(Staff).where(Staff.id == person.id).values(active=False))  # type: ignore[arg-type]

    async def rotates(self, person: Person) -> Person:
        """A new key in the place of the old one, which still opens what it opened."""
        fresh = Person(person.actor, X25519PrivateKey.generate())
        async with self.engine.begin() as connection:
            await connection.execute(update(StaffKey).where(StaffKey.staff_id == person.id).values(retired_at=NOW))  # type: ignore[arg-type]
            values = {"id": fresh.key, "staff_id": person.id, "public": fresh.public, "created_at": NOW}
            await connection.execute(insert(StaffKey).values(**values))
        return fresh

    async def recovery_key(self, purpose: str = "complaints") -> X25519PrivateKey:
        """An offline key."""
        private = X25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        values = {"id": key_id(public), "purpose": purpose, "public": public, "created_at": NOW}
        async with self.engine.begin() as connection:
            await connection.execute(insert(RecoveryKey).values(**values))
        return private

    async def holidays(self, *days: date, country: str = "CO") -> None:
        rows = [Holiday(country=country, day=day).model_dump() for day in days]
        async with self.engine.begin() as connection:
            await connection.execute(insert(Holiday), rows)

    # --- complaints

    def said(self, **changes: Any) -> Said:
        """Somebody in Colombia about the staff of an organisation, who agreed to be counted."""
        values: dict[str, Any] = {
            "session_id": bytes(range(16)), "turn": next(self._turns), "country": "CO", "lang": "es", "inbox": "psea",
            "about": "organisation", "organisation": "casa-sur", "topic": "money", "counted": True, "card_text": Words(CARD),
            "note_text": Words(NOTE), "message_id": "m1",
        }  # fmt: skip
        return Said(**values | changes)

    def feedback(self, **changes: Any) -> Said:
        """Somebody who waited for hours."""
        return self.said(**{"inbox": "feedback", "about": "service", "topic": "waited", **changes})

    async def send(self, said: Said | None = None, now: datetime = NOW, **changes: Any) -> tuple[bytes, Derived]:
        """The id of a complaint that was taken, and the halves of its code."""
        given = said or self.said(**changes)
        opened = await open_complaint(self.complaints, self.codes, given, now)
        assert isinstance(opened, Opened)
        return opened.complaint_id, await self.codes.derived(self.codes.code(given.session_id, given.turn, opened.collision))

    async def held(self, person: Person, now: datetime = NOW, **changes: Any) -> tuple[bytes, Derived]:
        """The same, accepted."""
        complaint_id, derived = await self.send(now=now, **changes)
        await desk.accept(self.complaints, person.actor, complaint_id, now)
        return complaint_id, derived

    async def answer(self, complaint_id: bytes, text: str = "Gracias, lo estamos viendo") -> bytes:
        """What a browser posts as an answer."""
        return seal(Words(text), "answer", complaint_id, [(await self.row(complaint_id)).public]).encode()

    async def answered(
        self, person: Person, complaint_id: bytes, now: datetime = NOW, *, asks: bool = False, text: str = "Gracias"
    ) -> None:
        await desk.send_answer(self.complaints, person.actor, complaint_id, await self.answer(complaint_id, text), now, asks=asks)

    async def reads(self, person: Person, complaint_id: bytes, kind: Any = "note", now: datetime = NOW) -> list[str]:
        """What this person's browser shows of a complaint."""
        copies = await reading.released(self.complaints, person.actor, complaint_id, kind, now)
        return [person.opens(copy.envelope, kind, complaint_id) for copy in copies]

    async def reads_after_accepting(self, person: Person, complaint_id: bytes, now: datetime = NOW) -> list[str]:
        await desk.accept(self.complaints, person.actor, complaint_id, now)
        return await self.reads(person, complaint_id, now=now)

    async def shares(self, person: Person, complaint_id: bytes, now: datetime = NOW) -> int:
        """What this person's browser does for those who cannot open it yet; how many wraps were new."""
        made = {
            each.item_id: [person.wraps(each.envelope, each.kind, complaint_id, public) for public in each.keys]  # type: ignore[arg-type]
            for each in await desk.missing_wraps(self.complaints, person.actor, complaint_id, now)
        }
        return await desk.add_wraps(self.complaints, person.actor, complaint_id, made, now)

    async def looks(self, derived: Derived, now: datetime = NOW, *, back: int = 0) -> Any:
        """What the code shows."""
        return await code.look(self.complaints, derived, now, back=back)

    async def tick(self, now: datetime) -> clock.Ticked:
        return await clock.tick(self.complaints, now)

    # --- what the store holds

    async def rows(self, table: Any) -> list[Any]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(select(table.__table__))).all())

    async def row(self, complaint_id: bytes) -> Any:
        """The row of a complaint; None: there is none."""
        return next((row for row in await self.rows(Complaint) if row.id == complaint_id), None)

    async def items(self, complaint_id: bytes) -> dict[str, list[Any]]:
        """Kind -> rows of envelopes, oldest first."""
        found: dict[str, list[Any]] = {}
        for row in sorted(await self.rows(ComplaintItem), key=lambda row: row.created_at):
            if row.complaint_id == complaint_id:
                found.setdefault(row.kind, []).append(row)
        return found

    async def recipients(self, complaint_id: bytes) -> dict[str, set[bytes]]:
        """Kind -> public keys to which it is sealed, of those of accounts and recovery keys."""
        known = {row.id: row.public for table in (StaffKey, RecoveryKey) for row in await self.rows(table)}
        return {
            kind: {known[each] for row in found for each in Envelope.decode(row.envelope).recipients}
            for kind, found in (await self.items(complaint_id)).items()
            if kind != "answer"
        }

    async def pass_on(self, complaint_id: bytes, organisation: str) -> None:
        """To its investigation unit, behind everybody's back."""
        values = Forwarding(complaint_id=complaint_id, organisation=organisation, way="unit").model_dump()
        async with self.engine.begin() as connection:
            await connection.execute(insert(Forwarding).values(**values))

    async def moved(self, person: Person, organisation: str) -> None:
        """To another employer."""
        async with self.engine.begin() as connection:
            await connection.execute(update(Staff).where(Staff.id == person.id).values(organisation=organisation))  # type: ignore[arg-type]

    async def forwardings(self) -> list[Any]:
        return await self.rows(Forwarding)

    async def alerted(self) -> set[uuid.UUID]:
        """Accounts for which an alert waits; sent, as it were."""
        found = {row.staff_id for row in await self.rows(Alert)}
        async with self.engine.begin() as connection:
            await connection.execute(delete(Alert))
        return found

    async def trail(self) -> list[tuple[str, str]]:
        """(actor, what), oldest first."""
        return [(row.actor, row.what) for row in sorted(await self.rows(ComplaintEntry), key=lambda row: row.number)]

    async def counted(self) -> dict[tuple[str, str], int]:
        """(what, value) -> number."""
        return {(row.what, row.value): row.number for row in await self.rows(Counter)}

    async def set(self, complaint_id: bytes, **values: Any) -> None:
        """Change a complaint's row behind everybody's back."""
        async with self.engine.begin() as connection:
            await connection.execute(update(Complaint).where(Complaint.id == complaint_id).values(**values))  # type: ignore[arg-type]

    @contextlib.contextmanager
    def statements(self) -> Iterator[list[tuple[str, str]]]:
        """(text, bound values) of everything that the database is asked."""
        found: list[tuple[str, str]] = []

        def heard(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            found.append((statement, repr(_plain(parameters))))

        event.listen(self.engine.sync_engine, "before_cursor_execute", heard)
        try:
            yield found
        finally:
            event.remove(self.engine.sync_engine, "before_cursor_execute", heard)


def _plain(value: Any) -> Any:
    """Bound values as they can be compared, whatever a driver wraps them in."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    value = getattr(value, "obj", value)  # psycopg's Binary, and a memoryview
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value
