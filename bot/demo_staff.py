"""The people of the demo's desk: accounts named by their role, a roster on which they are on duty, keys, and one-click sign-in.

Here belongs what makes them. Never here: anything that a live deployment uses; there, nobody knows another one's passphrase.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyotp
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.roster import holidays, loading
from bot.staff import recovery
from bot.staff.accounts import load_staff
from bot.staff.enrolling import ROUNDS, DemoAccount, enrol_for_demo
from bot.staff.locks import Locks
from bot.staff.tables import Employer, Staff

FOLDER: Final = Path(__file__).parents[1] / "data" / "demo_desk"
_employer: Any = Employer.__table__  # type: ignore[attr-defined]
_staff: Any = Staff.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, repr=False)
class DemoStaff:
    """Who may be entered as with one click."""

    engine: AsyncEngine
    passphrase: str
    accounts: dict[str, DemoAccount]

    async def listed(self) -> list[Any]:
        """Rows (name, roles, organisation) in the order of the file."""
        wanted = select(_staff.c.name, _staff.c.roles, _employer.c.name.label("organisation")).join(_employer)
        async with self.engine.connect() as connection:
            rows = {row.name: row for row in (await connection.execute(wanted)).all()}
        return [rows[name] for name in self.accounts]

    async def entrance(self, name: str, now: datetime) -> tuple[str, str]:
        """What this account would type: its passphrase and the six digits of this moment. Raises KeyError.

        Six digits count once; here they may be used again, since nobody can wait half a minute for each look around."""
        account = self.accounts[name]
        async with self.engine.begin() as connection:
            await connection.execute(update(_staff).where(_staff.c.id == account.staff_id).values(totp_step=0))
        return self.passphrase, pyotp.TOTP(account.totp_secret).at(now)


async def people_demo(engine: AsyncEngine, secret: bytes, now: datetime, *, rounds: int = ROUNDS) -> DemoStaff:
    """Load the accounts and the roster of ``data/demo_desk`` into an empty database, and enrol everybody. About a second.

    ``rounds``: fewer than a browser derives with, where nobody will sign in."""
    enrolments = await load_staff(engine, FOLDER / "staff.toml", now)
    await loading.load(engine, (FOLDER / "roster.toml").read_text("utf-8"), holidays.load(), now)
    for purpose in ("requests", "complaints"):
        await recovery.make(engine, purpose, now)  # its sheets are thrown away: nothing in a demo needs rescuing
    passphrase, locks = secrets.token_urlsafe(18), Locks(secret)
    names = [enrolment.name for enrolment in enrolments]
    accounts = [await enrol_for_demo(engine, locks, name, passphrase, now, rounds=rounds) for name in names]
    return DemoStaff(engine, passphrase, dict(zip(names, accounts, strict=True)))
