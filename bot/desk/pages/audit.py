"""The audit: who opened what, whether the chain is whole, and a month of it as a file that two people agree to.

Here belongs the page. What is looked for travels in a form, not in an address. Never here: what somebody sees of it
(``bot.desk.audit_view``), what is recorded (``bot.staff.audit``), how two people agree (``bot.staff.second_person``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.desk import audit_view
from bot.desk.audit_view import Seen
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Malformed, NotHere, Visit
from bot.desk.words import family
from bot.staff import accounts, audit, second_person
from bot.staff.audit import CLOCK, COMMAND, PERSON, WHATS
from bot.staff.tables import ROLES

SEES: Final = ANY_OF("see_audit")
EXPORTS: Final = ANY_OF("export_audit")

DONE: Final = ("asked", "agreed")
#: Actors that are no accounts.
OTHERS: Final = (CLOCK, PERSON, COMMAND)
family("desk.audit.done", DONE)
family("desk.audit.what", sorted(WHATS))
family("desk.audit.account", ("all", *OTHERS))

SHOWN: Final = 50
#: Up to so many entries the chain is checked whenever the page is opened: a fraction of a second.
CHECKED_AT_ONCE: Final = 5_000
_MOST: Final = 1_000_000
_FIELDS: Final = ("account", "reference", "day")


@page("/audit", allow=SEES, nav=80)
async def newest(visit: Visit) -> Response:
    return await _shown(visit, dict.fromkeys(_FIELDS, ""))


@page("/audit", methods=("POST",), allow=SEES)
async def filtered(visit: Visit) -> Response:
    """The same page for one account, subject or day, or further back."""
    before = visit.field("before")
    if before and not (before.isascii() and before.isdigit() and len(before) < 16):
        raise Malformed
    return await _shown(visit, {name: visit.field(name) for name in _FIELDS}, int(before) if before else None)


@page("/audit/ask", methods=("POST",), allow=EXPORTS)
async def ask(visit: Visit) -> Response:
    """Ask for the file of a month: somebody else has to agree within a day."""
    async with visit.engine.begin() as connection:
        exactly = await _exactly(visit, connection)
        if await second_person.ask(connection, visit.actor, "export_audit", exactly, visit.now) is None:
            raise NotHere
    return visit.go("/audit", done="asked")


@page("/audit/agree", methods=("POST",), allow=SEES)
async def agree(visit: Visit) -> Response:
    try:
        id = UUID(visit.field("id"))
    except ValueError:
        raise Malformed from None
    async with visit.engine.begin() as connection:
        waiting = await second_person.waiting(connection, visit.actor, visit.now, "export_audit")
        if id not in {row.id for row in waiting} or not await second_person.approve(connection, visit.actor, id, visit.now):
            raise NotHere
    return visit.go("/audit", done="agreed")


@page("/audit/file", methods=("POST",), allow=EXPORTS)
async def file(visit: Visit) -> Response:
    """The file, once for each approval."""
    month = visit.field("month")
    async with visit.engine.connect() as connection:
        exactly = await _exactly(visit, connection)
        seen = await audit_view.seen_by(connection, visit.actor)
        since, until = audit_view.bounds(month)
        rows, _ = await audit_view.entries(connection, seen, limit=_MOST, since=since, until=until)
    async with visit.engine.begin() as connection:
        if not await second_person.use(connection, visit.actor, "export_audit", exactly, visit.now):
            raise NotHere
    named = {"content-disposition": f'attachment; filename="audit-{month}.csv"'}
    return Response(audit_view.written(reversed(rows)), 200, named, "text/csv")


# --- plumbing --------------------------------------------------------------------------------------------------------


async def _shown(visit: Visit, wanted: Mapping[str, str], before: int | None = None) -> Response:
    since = _day(wanted["day"])
    async with visit.engine.connect() as connection:
        seen = await audit_view.seen_by(connection, visit.actor)
        rows, older = await audit_view.entries(
            connection,
            seen,
            limit=SHOWN,
            before=before,
            subject=_subject(wanted["reference"], seen),
            actor=wanted["account"],
            since=since,
            until=since + timedelta(days=1) if since else None,
        )
        months = await audit_view.months(connection, visit.now)
        own = [each for month in months if (each := await _own(visit, connection, month, seen)) is not None]
        waiting = await _waiting(visit, connection, months)
    head = await audit.head(visit.engine)
    checked = head is not None and (bool(visit.field("check")) or head.number <= CHECKED_AT_ONCE)
    broken = await audit.verify(visit.engine) if checked else None
    t = visit.t
    others = {name: t(f"desk.audit.account.{name}") for name in OTHERS}
    done = visit.query("done")
    return visit.show(
        "audit.html",
        entries=rows,
        older=older,
        wanted=wanted,
        filtered=any(wanted.values()),
        accounts=[("", t("desk.audit.account.all")), *((name, name) for name in seen.names), *others.items()],
        names=others,
        roles=ROLES,
        whats=WHATS,
        head=head,
        days=visit.desk.settings.audit_days,
        mark=head.digest.hex()[:16] if head else "",
        chain="unchecked" if not checked else "whole" if broken is None else "broken",
        broken=broken,
        months=[(month, month) for month in months if month not in {each["month"] for each in own}] if EXPORTS(visit.actor) else [],
        own=own,
        waiting=waiting,
        done=done if done in DONE else "",
    )


def _day(typed: str) -> datetime | None:
    """Midnight of that day in UTC; None for none, and for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(typed), time(), UTC)
    except ValueError:
        return None


def _subject(typed: str, seen: Seen) -> str:
    """The name of an account, or a reference in any case and with or without its dash."""
    letters = typed.upper().replace(" ", "").replace("-", "")
    if typed not in seen.accounts and len(letters) == 8 and letters.isascii() and letters.isalnum():
        return f"{letters[:4]}-{letters[4:]}"
    return typed[:40]


def _digest(month: str, seen: Seen) -> bytes:
    return second_person.digest({"month": month, "countries": list(audit_view.scope(seen))})


async def _exactly(visit: Visit, connection: AsyncConnection) -> bytes:
    """What an approval of this month's file is bound to. Raises NotHere for a month without entries."""
    month = visit.field("month")
    if month not in await audit_view.months(connection, visit.now):
        raise NotHere
    return _digest(month, await audit_view.seen_by(connection, visit.actor))


async def _own(visit: Visit, connection: AsyncConnection, month: str, seen: Seen) -> dict[str, Any] | None:
    """How one's own request for a month stands; None: there is none."""
    exactly = _digest(month, seen)
    if await second_person.approved(connection, visit.actor, "export_audit", exactly, visit.now):
        return {"month": month, "ready": True}
    if await second_person.asked(connection, visit.actor, "export_audit", exactly, visit.now):
        return {"month": month, "ready": False}
    return None


async def _waiting(visit: Visit, connection: AsyncConnection, months: list[str]) -> list[dict[str, Any]]:
    """What others ask for, with the month that their digest stands for."""
    found = []
    for row in await second_person.waiting(connection, visit.actor, visit.now, "export_audit"):
        asker = await accounts.actor_of(connection, row.asked_by)
        if asker is not None:
            seen = await audit_view.seen_by(connection, asker)
            month = next((month for month in months if _digest(month, seen) == row.digest), "")
            if month:
                found.append({"id": row.id, "name": row.asked_name, "month": month})
    return found
