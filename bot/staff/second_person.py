"""What takes two people (M-8): somebody asks, somebody else agrees, and it is done once.

Here belong asking, agreeing and using up. Never here: what is done then (an export is made where statistics are), to which of
several things somebody may agree (``waiting`` knows roles; each page and module looks at country and organisation itself).

What exactly is asked for goes in as a digest: an approval of one choice of months and countries is none of another.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.staff import audit
from bot.staff.roles import Action, Actor, acting_as, may
from bot.staff.tables import Approval, Staff

LIFE: Final = timedelta(hours=24)


class Rule(NamedTuple):
    """How two people do one thing. ``asked``, ``agreed``, ``used``: what the audit says of each step."""

    needs: Action
    """What the second person must be allowed."""
    asked: str
    agreed: str
    used: str
    """Empty: what is done then is recorded where it is done."""
    life: timedelta = LIFE


_FILE: Final = ("export_asked", "export_approved", "exported")
RULES: Final[Mapping[Action, Rule]] = {
    "export_statistics": Rule("approve_export", *_FILE),
    "export_audit": Rule("see_audit", *_FILE),
    "export_register": Rule("see_register", *_FILE),
    "renew_enrolment": Rule("approve_enrolment", "enrolment_asked", "enrolment_agreed", ""),
    "publish_notice": Rule("publish_notice", "notice_asked", "notice_agreed", "", timedelta(days=7)),  # who keeps no shifts
}
"""What takes a second person."""

_approval: Any = Approval.__table__  # type: ignore[attr-defined]
_staff: Any = Staff.__table__  # type: ignore[attr-defined]


def digest(choices: Mapping[str, str | Sequence[str]]) -> bytes:
    """Of what exactly is asked for: the fields of the form and what was chosen in them."""
    return hashlib.sha256(json.dumps(choices, sort_keys=True, ensure_ascii=True, default=list).encode()).digest()


async def ask(
    connection: AsyncConnection, actor: Actor, what: Action, exactly: bytes, now: datetime, *, subject: str = ""
) -> uuid.UUID | None:
    """Ask for it; good for ``Rule.life``. None: the actor may not do this at all. ``subject``: of the audit's line, such as
    the name of an account."""
    role = acting_as(actor, what)
    if role is None or what not in RULES:
        return None
    id = uuid.uuid4()
    values = {"id": id, "what": what, "digest": exactly, "asked_by": actor.id, "asked_at": now}
    await connection.execute(insert(_approval).values(**values, ends_at=now + RULES[what].life))
    await audit.record(connection, actor.name, role, RULES[what].asked, subject, now)
    return id


async def open_asks(connection: AsyncConnection, whats: Collection[Action], now: datetime) -> list[Any]:
    """Everything of these kinds that anybody asked for and that waits: rows of ``approval`` with ``asked_name``, oldest first."""
    open_ = _approval.c.approved_by.is_(None) & (_approval.c.ends_at > now) & _approval.c.what.in_(whats)
    asked = select(_approval, _staff.c.name.label("asked_name")).join(_staff, _staff.c.id == _approval.c.asked_by)
    return list((await connection.execute(asked.where(open_, _staff.c.active).order_by(_approval.c.asked_at))).all())


async def waiting(connection: AsyncConnection, actor: Actor, now: datetime, what: Action | None = None) -> list[Any]:
    """What others ask for and this actor may agree to: rows of ``approval`` with ``asked_name``, oldest first.

    ``what``: only this; each page shows what it can name."""
    whats = [each for each, rule in RULES.items() if may(actor, rule.needs) and what in (None, each)]
    return [each for each in await open_asks(connection, whats, now) if each.asked_by != actor.id]


async def asked(connection: AsyncConnection, actor: Actor, what: Action, exactly: bytes, now: datetime) -> bool:
    """Whether the actor's own request for exactly this waits for somebody else."""
    own = (_approval.c.asked_by == actor.id) & (_approval.c.what == what) & (_approval.c.digest == exactly)
    open_ = own & _approval.c.approved_by.is_(None) & (_approval.c.ends_at > now)
    return (await connection.execute(select(_approval.c.id).where(open_))).first() is not None


async def approve(connection: AsyncConnection, actor: Actor, id: uuid.UUID, now: datetime, *, subject: str = "") -> bool:
    """Agree to what somebody else asked for. False: there is no such thing for this actor, it is over, or it was one's own."""
    row = next((each for each in await waiting(connection, actor, now) if each.id == id), None)
    role = acting_as(actor, RULES[row.what].needs) if row is not None else None
    if row is None or role is None:
        return False
    open_ = (_approval.c.id == id) & _approval.c.approved_by.is_(None)
    if not (await connection.execute(update(_approval).where(open_).values(approved_by=actor.id, approved_at=now))).rowcount:
        return False
    await audit.record(connection, actor.name, role, RULES[row.what].agreed, subject, now)
    return True


async def give_up(connection: AsyncConnection, actor: Actor, id: uuid.UUID) -> bool:
    """Ask for it no more. False: the actor asked for no such thing, or somebody has agreed."""
    own = (_approval.c.id == id) & (_approval.c.asked_by == actor.id) & _approval.c.approved_by.is_(None)
    return bool((await connection.execute(delete(_approval).where(own))).rowcount)


async def approved(connection: AsyncConnection, actor: Actor, what: Action, exactly: bytes, now: datetime) -> bool:
    """Whether the actor's own request for exactly this was agreed to, and is neither used nor over."""
    return (await connection.execute(select(_approval.c.id).where(_good(actor, what, exactly, now)))).first() is not None


async def use(connection: AsyncConnection, actor: Actor, what: Action, exactly: bytes, now: datetime) -> bool:
    """Use an approval up, in the transaction that does it. False: there is none; nothing may be done then."""
    role = acting_as(actor, what)
    row = (await connection.execute(select(_approval.c.id).where(_good(actor, what, exactly, now)).limit(1))).first()
    if role is None or row is None:
        return False
    unused = (_approval.c.id == row.id) & _approval.c.used_at.is_(None)
    if not (await connection.execute(update(_approval).where(unused).values(used_at=now))).rowcount:
        return False
    if RULES[what].used:
        await audit.record(connection, actor.name, role, RULES[what].used, "", now)
    return True


async def sweep(connection: AsyncConnection, now: datetime) -> int:
    """Delete what is over; how many. For a job."""
    return int((await connection.execute(delete(_approval).where(_approval.c.ends_at <= now))).rowcount)


def _good(actor: Actor, what: Action, exactly: bytes, now: datetime) -> Any:
    named = (_approval.c.asked_by == actor.id) & (_approval.c.what == what) & (_approval.c.digest == exactly)
    second = _approval.c.approved_by.is_not(None) & (_approval.c.approved_by != actor.id)
    return named & second & _approval.c.used_at.is_(None) & (_approval.c.ends_at > now)
