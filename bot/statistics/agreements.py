"""Recorded agreements to share figures beyond the network (T-4): without one that holds, no file of figures is made.

Here belong their table, recording one, and asking whether one holds. The agreement itself is a signed paper kept elsewhere; here is
a short code for it, and its days. Never here: figures, who may record (``bot.staff.roles`` says it, the page asks).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import Field

from bot.db import Table, UTCDateTime
from bot.staff import audit
from bot.staff.roles import Actor, acting_as

LONGEST: Final = timedelta(days=731)
"""An agreement is looked at again after two years."""
_CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


class SharingAgreement(Table, table=True):
    """A written agreement to share figures, as it was recorded."""

    __tablename__: ClassVar[str] = "sharing_agreement"

    code: str = Field(primary_key=True, max_length=40)
    """How the network names the paper, such as ``regional-platform-2026``."""
    signed_on: date
    ends_on: date
    """The last day on which it holds."""
    recorded_by: str = Field(max_length=40)
    """Label of an account."""
    recorded_at: datetime = Field(sa_type=UTCDateTime)


class AgreementRefused(ValueError):
    """It cannot be recorded. ``reason`` is the end of a catalog id: ``code``, ``days``, ``there``."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(said)
        self.reason = reason


_agreement: Any = SharingAgreement.__table__  # type: ignore[attr-defined]


async def record(connection: AsyncConnection, actor: Actor, code: str, signed_on: date, ends_on: date, now: datetime) -> bool:
    """Record a signed agreement, in the caller's transaction. False: the actor may not. Raises AgreementRefused.

    Whoever may ask for an export may record; what is exported under it takes a second person all the same."""
    role = acting_as(actor, "export_statistics")
    if role is None:
        return False
    if len(code) > 40 or not _CODE.match(code):
        raise AgreementRefused("code", "An agreement is named by small letters, digits and hyphens, 40 at most.")
    if not signed_on <= now.date() <= ends_on or ends_on - signed_on > LONGEST:
        raise AgreementRefused("days", "It is signed already, still holds, and ends two years after signing at the latest.")
    values = {"code": code, "signed_on": signed_on, "ends_on": ends_on, "recorded_by": actor.name, "recorded_at": now}
    try:
        async with connection.begin_nested():
            await connection.execute(insert(_agreement).values(**values))
    except IntegrityError:
        raise AgreementRefused("there", "An agreement of this name is recorded already; name the new one differently.") from None
    await audit.record(connection, actor.name, role, "agreement_recorded", "", now)
    return True


async def holding(connection: AsyncConnection, today: date) -> list[str]:
    """Codes of the agreements that hold on that day."""
    holds = (_agreement.c.signed_on <= today) & (_agreement.c.ends_on >= today)
    return list((await connection.execute(select(_agreement.c.code).where(holds).order_by(_agreement.c.code))).scalars())
