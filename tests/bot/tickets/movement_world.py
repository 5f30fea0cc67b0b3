"""A small network with a ticket in it, for the tests of movements.

Here belongs what several files use. Never here: fixtures, tests.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.focal_points import FocalPointBook, Record
from bot.sealing import Envelope, Kind, key_id, rewrap, seal
from bot.staff.roles import Actor
from bot.staff.tables import Employer, RecoveryKey, Staff, StaffKey
from bot.tickets import movements
from bot.tickets.guard import Guard, Windows
from bot.tickets.movements import Moves, Plan
from bot.tickets.storing import Tickets
from bot.tickets.tables import Movement, SealedItem, Ticket
from flows.facts import COUNTRIES
from flows.kernel import Words

NOW: Final = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
TODAY: Final = NOW.date()
GUARD: Final = Guard(bytes(range(32)))

ACCOUNTS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...], str]]] = {
    # label: roles, countries, organisation
    "case-manager-co-1": (("case_manager",), ("CO",), "north"),
    "case-manager-co-2": (("case_manager",), ("CO",), "north"),
    "child-protection-co-1": (("child_protection",), ("CO",), "north"),
    "supervisor-co-1": (("supervisor",), ("CO",), "north"),
    "supervisor-co-2": (("supervisor",), ("CO",), "south"),
    "case-manager-ve-1": (("case_manager",), ("VE",), "south"),
    "child-protection-ve-1": (("child_protection", "national_focal_point"), ("VE",), "south"),
    "focal-point-ve-1": (("national_focal_point",), ("VE",), "south"),
    "focal-point-ve-2": (("national_focal_point",), ("VE",), "north"),
    "focal-point-pe-1": (("national_focal_point",), ("PE",), "south"),
    "supervisor-ve-1": (("supervisor",), ("VE",), "south"),
    "coordinator-1": (("coordinator",), ("CO", "VE"), "north"),
    "psea-co-1": (("psea_focal_point",), ("CO", "VE"), "north"),
}
SENDER, SUPERVISOR, FIRST, BACKUP = "case-manager-co-1", "supervisor-co-1", "focal-point-ve-1", "focal-point-ve-2"


def book(**returns: str) -> FocalPointBook:
    """Records of every country. ``returns``: country -> label of who looks after wishes to return there."""
    first = {"VE": {"focal_point": FIRST, "backup": BACKUP}}
    return FocalPointBook(
        Record(
            country=each, risks=(), source="test", checked_on=date(2026, 1, 1), expires_on=date(2027, 1, 1),
            return_focal_point=returns.get(each, ""), **first.get(each, {}),
        )
        for each in COUNTRIES
    )  # fmt: skip


@dataclass
class World:
    """The accounts, their keys, and the means to act."""

    engine: AsyncEngine
    moves: Moves
    keys: dict[str, X25519PrivateKey] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    recovery: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)

    def __getitem__(self, label: str) -> Actor:
        return self.actors[label]

    async def ticket(
        self, *, owner: str = SENDER, texts: Sequence[tuple[Kind, str]] = (("card", "card"), ("note", "note")), **columns: Any
    ) -> bytes:
        """A claimed ticket of ``owner`` in CO, sealed to its owner, the supervisors there and the recovery key."""
        id = uuid.uuid4().bytes
        values = {
            "id": id, "opening": uuid.uuid4().bytes, "lookup": uuid.uuid4().bytes, "public": bytes(32), "private_sealed": b"-",
            "country": "CO", "lang": "es", "age": "adult", "way": "phone", "state": "claimed", "claimed_by": self[owner].id,
            "claimed_at": NOW, "touched_at": NOW, "created_at": NOW, "heard_at": NOW, "written_at": NOW, "queued_at": NOW,
            "expires_at": NOW + timedelta(days=7), "guarded": GUARD.seal(id, Windows("America/Bogota", ("any",))),
        }  # fmt: skip
        home = [label for label in ("supervisor-co-1", "supervisor-co-2") if label != owner]
        sealed_to = [self.keys[each].public_key().public_bytes_raw() for each in (owner, *home)]
        sealed_to.append(self.recovery.public_key().public_bytes_raw())
        async with self.engine.begin() as connection:
            await connection.execute(insert(Ticket).values(**Ticket(**values | columns).model_dump()))
            for kind, text in texts:
                envelope = seal(Words(text), kind, id, sealed_to).encode()
                row = SealedItem(ticket_id=id, kind=kind, envelope=envelope, created_at=NOW, expires_at=NOW + timedelta(days=7))
                await connection.execute(insert(SealedItem).values(**row.model_dump()))
        return id

    async def row(self, ticket_id: bytes) -> Any:
        async with self.engine.connect() as connection:
            return (await connection.execute(select(Ticket.__table__).where(Ticket.__table__.c.id == ticket_id))).one()  # type: ignore[attr-defined]

    async def change(self, ticket_id: bytes, **values: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(update(Ticket).where(Ticket.id == ticket_id).values(**values))  # type: ignore[arg-type]

    async def move(self, id: uuid.UUID) -> Any:
        table: Any = Movement.__table__  # type: ignore[attr-defined]
        async with self.engine.connect() as connection:
            return (await connection.execute(select(table).where(table.c.id == id))).one()

    async def envelopes(self, ticket_id: bytes) -> list[Envelope]:
        table: Any = SealedItem.__table__  # type: ignore[attr-defined]
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(table.c.envelope).where(table.c.ticket_id == ticket_id))).scalars().all()
        return [Envelope.decode(each) for each in rows]

    def key(self, label: str) -> bytes:
        """Id of an account's key."""
        return key_id(self.keys[label].public_key().public_bytes_raw())

    async def version(self, ticket_id: bytes) -> int:
        return int((await self.row(ticket_id)).version)

    async def draft(self, ticket_id: bytes, *, actor: str = SENDER, **plan: Any) -> uuid.UUID:
        """A draft that lacks nothing but its wraps, unless ``plan`` says otherwise."""
        good = {"what": "transfer", "to_country": "VE", "consent": "written", "consent_on": TODAY, "service_confirmed_on": TODAY}
        version = await self.version(ticket_id)
        return await movements.draft(self.moves, self[actor], ticket_id, Plan(**{**good, **plan}), NOW, version=version)  # type: ignore[arg-type]

    async def wrap(self, id: uuid.UUID, *, actor: str = SENDER, now: datetime = NOW) -> int:
        """What the sender's browser does."""
        made = {}
        for missing in await movements.wraps_needed(self.moves, self[actor], id, now):
            envelope = Envelope.decode(missing.envelope)
            own = self.keys[actor]
            made[missing.item_id] = [
                rewrap(envelope, own, public, kind=envelope.kind, ticket=envelope.ticket).encode() for public in missing.keys
            ]
        return await movements.add_wraps(self.moves, self[actor], id, made, now, version=await self._version_of(id))

    async def _version_of(self, id: uuid.UUID) -> int:
        return await self.version((await self.move(id)).ticket_id)

    async def act(self, name: str, actor: str, id: uuid.UUID, *args: Any, now: datetime = NOW, version: int | None = None) -> None:
        """One act, with the ticket's present version unless another is given."""
        known = await self._version_of(id) if version is None else version
        await getattr(movements, name)(self.moves, self[actor], id, *args, now, version=known)


async def build(engine: AsyncEngine, focal_points: FocalPointBook | None = None) -> World:
    """The accounts of ``ACCOUNTS`` in an empty database, each with a key."""
    world = World(engine, Moves(Tickets(engine, GUARD), focal_points or book(VE="supervisor-ve-1")))
    async with engine.begin() as connection:
        for key in ("north", "south"):
            await connection.execute(insert(Employer).values(key=key, name=key.title()))
        for label, (roles, countries, organisation) in ACCOUNTS.items():
            row = Staff(name=label, organisation=organisation, roles=roles, countries=countries)
            await connection.execute(insert(Staff).values(**row.model_dump()))
            private = X25519PrivateKey.generate()
            public = private.public_key().public_bytes_raw()
            await connection.execute(insert(StaffKey).values(id=key_id(public), staff_id=row.id, public=public, created_at=NOW))
            world.keys[label], world.actors[label] = private, Actor.of(row)
        public = world.recovery.public_key().public_bytes_raw()
        await connection.execute(insert(RecoveryKey).values(id=key_id(public), purpose="requests", public=public, created_at=NOW))
    return world
