"""Accounts with addresses, and ways out that only write down."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.addresses import replace
from bot.alerts.safe import Kept, Safe
from bot.alerts.tables import Alert
from bot.alerts.ways import BadAddress, Way
from bot.staff.tables import Employer, Staff

SECRET = bytes(range(1, 33))
NOW = datetime(2026, 11, 27, 15, 30, tzinfo=UTC)
ROWS: Any = Alert.__table__  # type: ignore[attr-defined]
STAFF: Any = Staff.__table__  # type: ignore[attr-defined]


async def always(_: uuid.UUID, __: datetime) -> bool:
    return True


async def emptied(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for table in (Alert, Staff, Employer):
            await connection.execute(delete(table))


async def account(
    engine: AsyncEngine,
    name: str = "case-manager-co-1",
    *,
    lang: str = "es",
    roles: tuple[str, ...] = ("case_manager",),
    countries: tuple[str, ...] = ("CO",),
    active: bool = True,
    secret: bytes = SECRET,
    **addresses: str,
) -> uuid.UUID:
    """An account whose addresses are confirmed; ``addresses`` by way."""
    staff_id = uuid.uuid4()
    async with engine.begin() as connection:
        if not (await connection.execute(select(Employer.key))).first():  # type: ignore[call-overload]
            await connection.execute(insert(Employer).values(key="one", name="One"))
        row = Staff(
            id=staff_id, name=name, organisation="one", roles=roles, countries=countries, lang=lang, active=active
        ).model_dump()
        await connection.execute(insert(Staff).values(row))
    if addresses:
        assert await replace(engine, Safe(secret), staff_id, None, Kept(dict(addresses)))  # type: ignore[arg-type]
    return staff_id


async def rows(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(ROWS).order_by(ROWS.c.created_at))).all())


async def kept(engine: AsyncEngine, staff_id: uuid.UUID) -> Kept:
    async with engine.connect() as connection:
        sealed = (await connection.execute(select(STAFF.c.alert_sealed).where(STAFF.c.id == staff_id))).scalar_one()
    return Safe(SECRET).open(staff_id, sealed)


@dataclass
class Written:
    """A way out that writes down what it was given. ``then`` runs before it answers and may raise."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    then: Callable[[str], Awaitable[None]] | None = None

    def checked(self, address: str) -> str:
        if not address:
            raise BadAddress("nothing")
        return address

    async def send(self, address: str, text: str, now: datetime) -> None:
        if self.then is not None:
            await self.then(address)
        self.sent.append((address, text))

    async def aclose(self) -> None:
        return


def ways(**senders: Written) -> dict[Way, Any]:
    return dict(senders)  # type: ignore[arg-type]
