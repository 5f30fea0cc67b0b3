"""Accounts one at a time, as an administrator makes and changes them on the desk.

Here belong the checks of one form, which account an administrator may change, and a new code for one. Never here: the file of
staff (``accounts``), leaving (``leaving``), sentences (each fault is a code; the page has the words).

**By command only.** Whoever could make, change, re-enrol or close an account that hears complaints could let themselves in, or shut
out whoever listens (C-4). So pages of the desk do nothing to such accounts and make none (``by_command``).

**A new code** for an account in use would let whoever asks for it sign in as somebody else: it takes a second person (M-8).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.staff import accounts, second_person
from bot.staff.accounts import LANGUAGE, MOST_AT_ONCE, Enrolment, StaffRefused, account_name, save_account, save_enrolment
from bot.staff.roles import Actor, acting_as, hears, may
from bot.staff.tables import ROLES, Staff
from bot.tickets.rows import transact
from flows.facts import COUNTRIES, LANGS

Fault = Literal[
    "name", "taken", "organisation", "roles", "command", "countries", "outside", "languages", "honours", "cap", "lang", "last"
]
"""``taken``: an account had this name, perhaps long ago. ``command``: accounts that hear complaints are made by command.
``outside``: a country for which this administrator does not decide. ``last``: nobody would be administrator."""
FAULTS: Final[tuple[Fault, ...]] = (
    "name", "taken", "organisation", "roles", "command", "countries", "outside", "languages", "honours", "cap", "lang", "last",
)  # fmt: skip
OFFERED: Final = tuple(role for role in ROLES if not hears((role,)))
"""Roles that a page of the desk gives."""
#: What a form changes; the rest of the row (how it signs in, its keys) is its owner's.
FIELDS: Final = ("organisation", "roles", "countries", "languages", "honours", "load_cap", "lang")
_staff: Any = Staff.__table__  # type: ignore[attr-defined]


class Faulty(ValueError):
    """Nothing was changed. ``faults``: name of a field -> what is wrong with it."""

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        super().__init__("the form has faults: " + ", ".join(sorted(faults)))
        self.faults = dict(faults)


class AccountDraft(NamedTuple):
    """An account as it was typed; the fields are those of the form."""

    name: str
    organisation: str
    roles: tuple[str, ...]
    countries: tuple[str, ...]
    languages: str
    """ISO 639 codes, with blanks or commas between."""
    honours: str
    load_cap: str
    lang: str


def manages(actor: Actor, countries: Collection[str]) -> bool:
    """Whether this administrator decides about an account of these countries: all of them, and of none only one without limits."""
    if not countries:
        return may(actor, "manage_staff") and not actor.countries
    return all(may(actor, "manage_staff", country=country) for country in countries)


def by_command(roles: Collection[str], organisation: str, independent: Collection[str]) -> bool:
    """Whether no page of the desk makes, changes, re-enrols or closes such an account, but whoever operates the machine does, by
    ``python -m bot staff`` (C-4). ``independent``: ``accounts.independent``."""
    return hears(roles) or organisation in independent


async def employers(connection: AsyncConnection) -> dict[str, str]:
    """Key -> public name of the organisations to whose accounts a page of the desk may do something."""
    independent = await accounts.independent(connection)
    return {key: name for key, name in (await accounts.employers(connection)).items() if not by_command((), key, independent)}


def checked(draft: AccountDraft, actor: Actor, employers: Collection[str]) -> dict[str, Any]:
    """The account's fields as the table has them. ``employers``: keys of ``employers``. Raises Faulty."""
    faults: dict[str, Fault] = {}
    name = account_name(draft.name)
    if not name:
        faults["name"] = "name"
    if draft.organisation not in employers:
        faults["organisation"] = "organisation"
    roles = tuple(role for role in ROLES if role in draft.roles)
    if not roles or len(roles) < len(set(draft.roles)):
        faults["roles"] = "roles"
    elif not set(roles) <= set(OFFERED):
        faults["roles"] = "command"
    countries = tuple(code for code in COUNTRIES if code in draft.countries)
    if len(countries) < len(set(draft.countries)) or (not countries and "administrator" not in roles):
        faults["countries"] = "countries"
    elif not manages(actor, countries):
        faults["countries"] = "outside"
    languages = tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", draft.languages.lower()) if part))
    if not all(LANGUAGE.match(each) for each in languages):
        faults["languages"] = "languages"
    if draft.honours not in ("", "woman", "man"):
        faults["honours"] = "honours"
    cap = int(draft.load_cap) if draft.load_cap.isascii() and draft.load_cap.isdigit() and len(draft.load_cap) < 4 else 0
    if not 1 <= cap <= MOST_AT_ONCE:
        faults["load_cap"] = "cap"
    if draft.lang not in LANGS:
        faults["lang"] = "lang"
    if faults:
        raise Faulty(faults)
    return {
        "name": name, "organisation": draft.organisation, "roles": roles, "countries": countries, "languages": languages,
        "honours": draft.honours, "load_cap": cap, "lang": draft.lang,
    }  # fmt: skip


async def make(engine: AsyncEngine, values: Mapping[str, Any], actor: Actor, now: datetime) -> Enrolment:
    """A new account, and the code with which it is taken into use. Raises Faulty where the name is or was another's."""
    made = None
    try:
        with db.explained(engine.url):
            async with engine.begin() as connection:
                there = select(_staff.c.id).where(_staff.c.name == values["name"])
                if (await connection.execute(there)).first() is None:
                    role = acting_as(actor, "manage_staff") or ""
                    made = await save_account(connection, values, None, now, by=actor.name, role=role)
    except IntegrityError:  # somebody else made it at the same moment
        made = None
    if made is None:
        raise Faulty({"name": "taken"})
    return made


async def change(engine: AsyncEngine, was: Any, values: Mapping[str, Any], actor: Actor, now: datetime) -> bool:
    """``was``: the account's row as somebody read it. False: it is another by now, or has left; nothing was done.

    Raises Faulty where nobody would be administrator any more."""
    with db.explained(engine.url):
        async with engine.begin() as connection:
            # All who are active are locked, so that of two administrators one at least stays.
            active = select(_staff).where(_staff.c.active).order_by(_staff.c.id).with_for_update()
            rows = {row.id: row for row in (await connection.execute(active)).all()}
            row = rows.get(was.id)
            if row is None or any(getattr(row, field) != getattr(was, field) for field in FIELDS):
                return False
            others = [each.roles for id, each in rows.items() if id != was.id]
            if not any("administrator" in roles for roles in (values["roles"], *others)):
                raise Faulty({"roles": "last"})
            role = acting_as(actor, "manage_staff") or ""
            await save_account(
                connection, {field: values[field] for field in FIELDS} | {"name": row.name}, row, now, by=actor.name, role=role
            )
    return True


# --- a new code ------------------------------------------------------------------------------------------------------


class NotAgreed(Exception):
    """The account is in use, and nobody else has agreed to a new code, or not within the day."""


def exactly(account_id: uuid.UUID) -> bytes:
    """What somebody agrees to: a new code for this account."""
    return second_person.digest({"account": account_id.hex})


def agrees(actor: Actor, countries: Collection[str]) -> bool:
    """Whether this actor may agree to a new code for an account of these countries: a supervisor of one of them, or whoever could
    give the code."""
    return manages(actor, countries) or any(may(actor, "approve_enrolment", country=country) for country in countries)


CodeStep = Literal["make", "ask", "waits", "agreed"]
"""What can be done now for a new code: make it (nobody uses the account yet), ask somebody, wait for them, make it since they
agreed."""


async def code_step(connection: AsyncConnection, row: Any, actor: Actor, now: datetime) -> CodeStep:
    """``row``: of the account."""
    if not await accounts.in_use(connection, row):
        return "make"
    if await second_person.approved(connection, actor, "renew_enrolment", exactly(row.id), now):
        return "agreed"
    return "waits" if await second_person.asked(connection, actor, "renew_enrolment", exactly(row.id), now) else "ask"


async def ask_code(engine: AsyncEngine, row: Any, actor: Actor, now: datetime) -> None:
    """Ask for a new code for an account in use; twice is once. ``row``: of the account."""

    async def work(connection: AsyncConnection) -> None:
        if await code_step(connection, row, actor, now) == "ask":
            await second_person.ask(connection, actor, "renew_enrolment", exactly(row.id), now, subject=row.name)

    with db.explained(engine.url):
        await transact(engine, work)


async def waiting(connection: AsyncConnection, actor: Actor, now: datetime) -> list[tuple[Any, Any]]:
    """(what was asked, row of the account) of the new codes that others ask for and this actor may agree to, oldest first."""
    found = []
    independent = await accounts.independent(connection)
    active = (await connection.execute(select(_staff).where(_staff.c.active))).all()
    rows = {exactly(row.id): row for row in active if not by_command(row.roles, row.organisation, independent)}
    for asked in await second_person.waiting(connection, actor, now, "renew_enrolment"):
        row = rows.get(asked.digest)
        if row is not None and agrees(actor, row.countries):
            found.append((asked, row))
    return found


async def agree(engine: AsyncEngine, id: uuid.UUID, actor: Actor, now: datetime) -> bool:
    """Agree to a new code. False: nobody asks for it, or not of this actor."""

    async def work(connection: AsyncConnection) -> bool:
        row = next((row for asked, row in await waiting(connection, actor, now) if asked.id == id), None)
        return row is not None and await second_person.approve(connection, actor, id, now, subject=row.name)

    with db.explained(engine.url):
        return await transact(engine, work)


async def new_code(engine: AsyncEngine, account_id: uuid.UUID, actor: Actor, now: datetime) -> Enrolment:
    """A new code: at once for an account that nobody has taken into use, else where somebody else agreed. Raises NotAgreed,
    StaffRefused."""

    async def work(connection: AsyncConnection) -> Enrolment:
        row = (await connection.execute(select(_staff).where(_staff.c.id == account_id).with_for_update())).first()
        if row is None or by_command(row.roles, row.organisation, await accounts.independent(connection)):
            raise StaffRefused("There is no such account for a page of the desk.")
        alone = not await accounts.in_use(connection, row)
        if not (alone or await second_person.use(connection, actor, "renew_enrolment", exactly(row.id), now)):
            raise NotAgreed
        return await save_enrolment(connection, row.name, now, by=actor.name, role=acting_as(actor, "manage_staff") or "")

    with db.explained(engine.url):
        return await transact(engine, work)
