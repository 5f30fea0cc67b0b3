"""Accounts one at a time, as an administrator makes and changes them on the desk.

Here belong the checks of one form and which account an administrator may change. Never here: the file of staff (``accounts``),
leaving (``leaving``), sentences (each fault is a code; the page has the words).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.staff.accounts import LANGUAGE, MOST_AT_ONCE, Enrolment, account_name, save_account
from bot.staff.roles import Actor, acting_as, may, role_fault
from bot.staff.tables import ROLES, Staff
from flows.facts import COUNTRIES, LANGS

Fault = Literal[
    "name", "taken", "organisation", "roles", "together", "countries", "outside", "languages", "honours", "cap", "lang", "last"
]
"""``taken``: an account had this name, perhaps long ago. ``together``: complaints and requests in one account. ``outside``: a
country for which this administrator does not decide. ``last``: nobody would be administrator."""
FAULTS: Final[tuple[Fault, ...]] = (
    "name", "taken", "organisation", "roles", "together", "countries", "outside", "languages", "honours", "cap", "lang", "last",
)  # fmt: skip
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


def checked(draft: AccountDraft, actor: Actor, employers: Collection[str]) -> dict[str, Any]:
    """The account's fields as the table has them. ``employers``: keys of the organisations that there are. Raises Faulty."""
    faults: dict[str, Fault] = {}
    name = account_name(draft.name)
    if not name:
        faults["name"] = "name"
    if draft.organisation not in employers:
        faults["organisation"] = "organisation"
    roles = tuple(role for role in ROLES if role in draft.roles)
    if not roles or len(roles) < len(set(draft.roles)):
        faults["roles"] = "roles"
    elif role_fault(roles):
        faults["roles"] = "together"
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
