"""Accounts: who answers, in which role, for which countries, and whose key is missing.

Here belong the list and an administrator's forms. A code is shown in the answer that made it and nowhere else. Never here: what a
field may hold, which accounts are changed by command only (``bot.staff.changing``), what leaving entails (``bot.staff.leaving``),
keys (``keys``), one's own account (``account``).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.desk.pages.roster import heed
from bot.desk.pages.roster_week import focus_on
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Malformed, NotHere, Refused, Visit
from bot.desk.words import family
from bot.roster.tables import Shift
from bot.staff import accounts, changing, keys, leaving
from bot.staff.accounts import StaffRefused
from bot.staff.changing import FAULTS, FIELDS, OFFERED, AccountDraft, CodeStep, Faulty, NotAgreed, by_command, manages
from bot.staff.roles import Actor, acting_as, may
from bot.staff.tables import DeskSession, Staff, StaffKey
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.references import reference
from bot.tickets.tables import Ticket
from flows.facts import COUNTRIES

SEES: Final = ANY_OF("manage_staff", "see_load")
MANAGES: Final = ANY_OF("manage_staff")
RENEWS: Final = ANY_OF("renew_enrolment")
AGREES: Final = ANY_OF("approve_enrolment")
DONE: Final = ("changed", "asked", "agreed")

family("desk.staff.done", DONE)
family("desk.staff.fault", FAULTS)
family("desk.staff.honours", ("none", "woman", "man"))

_staff: Final[Any] = Staff.__table__  # type: ignore[attr-defined]
_key: Final[Any] = StaffKey.__table__  # type: ignore[attr-defined]
_session: Final[Any] = DeskSession.__table__  # type: ignore[attr-defined]
_ticket: Final[Any] = Ticket.__table__  # type: ignore[attr-defined]
_shift: Final[Any] = Shift.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Holder:
    """An account as the list shows it."""

    account: Actor
    organisation: str
    """Its public name."""
    languages: tuple[str, ...]
    honours: str
    cap: int
    since: datetime | None
    """When the key in use was made; None: there is none."""
    waits: bool
    """A one-time code is out."""
    mine: bool
    """This person may change it."""


# --- the list --------------------------------------------------------------------------------------------------------


@page("/staff", allow=SEES, nav=65)
async def overview(visit: Visit) -> Response:
    async with visit.engine.connect() as connection:
        rows = await accounts.everybody(connection)
        employers = await accounts.employers(connection)
        asked = select(_key.c.staff_id, _key.c.created_at).where(_key.c.retired_at.is_(None))
        since = {row.staff_id: row.created_at for row in (await connection.execute(asked)).all()}
        independent = await accounts.independent(connection)
        waiting = await changing.waiting(connection, visit.actor, visit.now) if AGREES(visit.actor) else []
    administers, done = may(visit.actor, "manage_staff"), visit.query("done")
    seen = [row for row in rows if _knows(visit.actor, Actor.of(row))]
    holders = [
        Holder(
            Actor.of(row),
            employers.get(row.organisation, row.organisation),
            row.languages,
            row.honours,
            row.load_cap,
            since.get(row.id),
            row.enrolment_hash is not None,
            administers and manages(visit.actor, row.countries) and not by_command(row.roles, row.organisation, independent),
        )
        for row in seen
        if row.active
    ]
    return visit.show(
        "staff.html",
        makes=administers,
        holders=holders,
        keyless=[each.account.name for each in holders if each.since is None and _reads(each.account)],
        gone=[row for row in seen if not row.active and row.left_at is not None] if administers else [],
        waiting=[(asked, row, employers.get(row.organisation, row.organisation)) for asked, row in waiting],
        done=done if done in DONE else "",
    )


def _knows(actor: Actor, other: Actor) -> bool:
    """An administrator: whoever is in one of the own countries, or in none. A supervisor: the own team."""
    if may(actor, "manage_staff"):
        return not other.countries or any(may(actor, "manage_staff", country=country) for country in other.countries)
    return any(may(actor, "see_load", country=country, organisation=other.organisation) for country in other.countries)


def _reads(account: Actor) -> bool:
    """A key matters to this account: it reads requests, or receives what is handed over, or complaints."""
    return any(may(account, action) for action in ("open_ticket", "accept_movement", "see_complaints"))


# --- a new account ---------------------------------------------------------------------------------------------------


@page("/staff/new", allow=MANAGES)
async def new(visit: Visit) -> Response:
    return await _form(visit, AccountDraft("", "", (), (), "", "", "5", visit.lang))


@page("/staff/new", methods=("POST",), allow=MANAGES)
async def make(visit: Visit) -> Response:
    """The new account's code, this once."""
    draft = _typed(visit, visit.field("name"))
    try:
        values = changing.checked(draft, visit.actor, await _employers(visit))
        made = await changing.make(visit.engine, values, visit.actor, visit.now)
    except Faulty as faulty:
        return await _form(visit, draft, faults=faulty.faults)
    return visit.show("staff_code.html", made=made)


# --- one account -----------------------------------------------------------------------------------------------------


@page("/staff/{id:uuid}", allow=MANAGES)
async def edit(visit: Visit) -> Response:
    row = await _row(visit)
    return await _form(visit, _as_typed(row), row=row)


@page("/staff/{id:uuid}", methods=("POST",), allow=MANAGES)
async def change(visit: Visit) -> Response:
    row = await _row(visit)
    draft = _typed(visit, row.name)
    if visit.field("was") != _mark(row):
        return await _form(visit, _as_typed(row), row=row, stale=True)
    try:
        values = changing.checked(draft, visit.actor, await _employers(visit))
        done = await changing.change(visit.engine, row, values, visit.actor, visit.now)
    except Faulty as faulty:
        return await _form(visit, draft, row=row, faults=faulty.faults)
    if not done:
        row = await _row(visit)
        return await _form(visit, _as_typed(row), row=row, stale=True)
    await heed(visit)
    return visit.go("/staff", done="changed")


@page("/staff/{id:uuid}/ask", methods=("POST",), allow=RENEWS)
async def ask_code(visit: Visit) -> Response:
    """Ask for a new code for an account in use: somebody else has to agree within a day."""
    await changing.ask_code(visit.engine, await _row(visit), visit.actor, visit.now)
    return visit.go("/staff", done="asked")


@page("/staff/agree", methods=("POST",), allow=AGREES)
async def agree(visit: Visit) -> Response:
    """Agree to a new code that somebody else asked for."""
    try:
        id = uuid.UUID(visit.field("id"))
    except ValueError:
        raise Malformed from None
    if not await changing.agree(visit.engine, id, visit.actor, visit.now):
        raise NotHere
    return visit.go("/staff", done="agreed")


@page("/staff/{id:uuid}/code", methods=("POST",), allow=MANAGES)
async def code(visit: Visit) -> Response:
    """A new code for an account, this once."""
    row = await _row(visit)
    try:
        made = await changing.new_code(visit.engine, row.id, visit.actor, visit.now)
    except NotAgreed:
        raise Refused("desk.staff.code.not_agreed") from None
    except StaffRefused:  # it left at this very moment
        raise NotHere from None
    return visit.show("staff_code.html", made=made)


@page("/staff/{id:uuid}/leave", allow=MANAGES)
async def ask_leave(visit: Visit) -> Response:
    """What closing the account entails, before it is done."""
    row = await _row(visit)
    if row.id == visit.actor.id:
        raise Refused("desk.staff.leave.self")
    return await _leaving(visit, row)


@page("/staff/{id:uuid}/leave", methods=("POST",), allow=MANAGES)
async def leave(visit: Visit) -> Response:
    row = await _row(visit)
    if row.id == visit.actor.id:
        raise Refused("desk.staff.leave.self")
    async with visit.engine.connect() as connection:
        shifts = await _shifts(connection, row.id, visit)
    try:
        left = await leaving.leave(
            visit.engine,
            row.name,
            visit.now,
            lifetimes=Lifetimes.of(visit.desk.settings),
            by=visit.actor.name,
            role=_role(visit),
        )
    except StaffRefused:
        return await _leaving(visit, row, status=409)
    await heed(visit)
    return visit.show("staff_left.html", left=left, shifts=shifts)


async def _leaving(visit: Visit, row: Any, status: int = 200) -> Response:
    async with visit.engine.connect() as connection:
        counted = select(func.count()).where(_session.c.staff_id == row.id)
        sessions = (await connection.execute(counted)).scalar_one()
        held = select(_ticket.c.id).where(_ticket.c.claimed_by == row.id, _ticket.c.state == "claimed")
        references = sorted(reference(id) for id in (await connection.execute(held)).scalars())
        has_key = await keys.in_use_since(connection, row.id) is not None
        shifts = await _shifts(connection, row.id, visit)
        active = (await connection.execute(select(_staff.c.id, _staff.c.roles).where(_staff.c.active))).all()
    administrators = [each.id for each in active if "administrator" in each.roles]
    return visit.show(
        "staff_leave.html",
        status,
        id=row.id,
        name=row.name,
        sessions=sessions,
        references=references,
        has_key=has_key,
        shifts=shifts,
        last=administrators == [row.id],
    )


async def _shifts(connection: AsyncConnection, id: uuid.UUID, visit: Visit) -> int:
    """Weekly shifts of the account that are not over."""
    ahead = _shift.c.valid_until.is_(None) | (_shift.c.valid_until >= visit.now.date())
    counted = select(func.count()).where(_shift.c.staff_id == id, ahead)
    return int((await connection.execute(counted)).scalar_one())


# --- plumbing --------------------------------------------------------------------------------------------------------


async def _row(visit: Visit) -> Any:
    """The active account that the path names, if this administrator decides about it, on a page. Raises NotHere, Refused."""
    async with visit.engine.connect() as connection:
        asked = select(_staff).where(_staff.c.id == visit.values["id"], _staff.c.active)
        row = (await connection.execute(asked)).first()
        independent = await accounts.independent(connection)
    if row is None or not manages(visit.actor, row.countries):
        raise NotHere
    if by_command(row.roles, row.organisation, independent):
        raise Refused("desk.staff.by_command")
    return row


async def _employers(visit: Visit) -> dict[str, str]:
    async with visit.engine.connect() as connection:
        return await changing.employers(connection)


async def _code_step(visit: Visit, row: Any) -> CodeStep:
    async with visit.engine.connect() as connection:
        return await changing.code_step(connection, row, visit.actor, visit.now)


def _role(visit: Visit) -> str:
    return acting_as(visit.actor, "manage_staff") or ""


def _mark(row: Any) -> str:
    """Of what a form changes, as it was read."""
    return hashlib.sha256(repr([getattr(row, field) for field in FIELDS]).encode()).hexdigest()[:24]


def _typed(visit: Visit, name: str) -> AccountDraft:
    return AccountDraft(
        name, visit.field("organisation"), visit.fields("roles"), visit.fields("countries"), visit.field("languages"),
        visit.field("honours"), visit.field("load_cap"), visit.field("lang"),
    )  # fmt: skip


def _as_typed(row: Any) -> AccountDraft:
    languages = ", ".join(row.languages)
    return AccountDraft(row.name, row.organisation, row.roles, row.countries, languages, row.honours, str(row.load_cap), row.lang)


async def _form(
    visit: Visit, draft: AccountDraft, *, row: Any = None, faults: Mapping[str, str] = {}, stale: bool = False
) -> Response:
    t = visit.t
    own = [code for code in COUNTRIES if may(visit.actor, "manage_staff", country=code)]
    return visit.show(
        "staff_account.html",
        409 if stale else 422 if faults else 200,
        id=row.id if row else None,
        own=row is not None and row.id == visit.actor.id,
        was=_mark(row) if row else "",
        code=await _code_step(visit, row) if row else "",
        draft=draft,
        employers=list((await _employers(visit)).items()),
        roles=[(role, t(f"desk.common.role.{role}")) for role in OFFERED],
        countries=[(country, t.country(country)) for country in own],
        faults=faults,
        focus=focus_on(faults),
        stale=stale,
    )
