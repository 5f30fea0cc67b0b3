"""Accounts: loaded from a file by command, so that there is no first password and no page that anybody could reach first.

Here belong reading and checking the file of staff, making and changing accounts, and enrolment codes. Never here: signing in
(``bot.staff.signin``), leaving (``bot.staff.leaving``), what a role may do (``bot.staff.roles``).

The file is TOML::

    [[employer]]
    key = "red-norte"
    name = "Red Norte"
    merged_into = "red-grande"          # it has become a part of that one: their staff are tied to each other (C-4)
    independent = true                  # watches over the others and gives no help itself; leave out for all others

    [[staff]]
    name = "case-manager-co-1"          # a role, never a person's name
    organisation = "red-norte"
    roles = ["case_manager"]
    countries = ["CO"]
    languages = ["es", "guc"]           # ISO 639, also those that Faro does not speak
    honours = "woman"                   # the wish that this account honours; leave out for none
    load_cap = 5
    lang = "es"                         # of the desk's pages
    stands_in = true                    # a PSEA focal point who is told second (C-6); leave out for the first
    investigates = ["red-norte"]        # a PSEA focal point who is the investigation unit of these; leave out for none

An organisation that people know from the directory, and that has no accounts here under that name, is an employer too where it
belongs to one: ``key = "dir-"`` and its id there without dashes, ``merged_into`` the one that it belongs to. Accounts of either may
then check its entries (``bot.directory.checking``). Who is tied to whom and who investigates is the network's decision: no page of
the desk changes it. Nor does any make or change an account that hears complaints or feedback, or one of an independent organisation
(``changing.by_command``): this file and the commands do.

Loading it again changes what differs and nothing else. Who is missing from it stays: leaving is a command of its own.
"""

from __future__ import annotations

import re
import tomllib
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.staff import audit, listings, one_time
from bot.staff.roles import Actor, role_fault
from bot.staff.tables import Employer, Passkey, Staff
from flows.facts import COUNTRIES, LANGS

ENROLMENT_LIFE: Final = timedelta(hours=72)

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
LANGUAGE: Final = re.compile(r"[a-z]{2,3}\Z")
_EMPLOYER_FIELDS: Final = frozenset({"key", "name", "merged_into", "independent"})
_STAFF_FIELDS: Final = frozenset(
    {
        "name", "organisation", "roles", "countries", "languages", "honours", "load_cap", "lang", "stands_in", "investigates",
    }
)  # fmt: skip
MOST_AT_ONCE: Final = 50

_employer: Any = Employer.__table__  # type: ignore[attr-defined]
_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_passkey: Any = Passkey.__table__  # type: ignore[attr-defined]


class StaffRefused(ValueError):
    """Nothing was changed; each line of the text is a sentence that names the account, what is wrong and what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """A code with which an account is taken into use, once and within 72 hours. Shown once; only its hash is kept."""

    name: str
    code: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class _File:
    employers: tuple[dict[str, Any], ...]
    staff: tuple[dict[str, Any], ...]


async def load_staff(engine: AsyncEngine, path: Path, now: datetime) -> list[Enrolment]:
    """Make and change the accounts of a file; an enrolment for each new one. All of the file or nothing.

    Raises StaffRefused with every fault of the file, DatabaseDown.
    """
    file = read_staff(path)
    with db.explained(engine.url):
        async with engine.begin() as connection:
            known = {row.key: _of_row(row) for row in (await connection.execute(select(_employer))).all()}
            present = {row.name: row for row in (await connection.execute(select(_staff))).all()}
            faults = _against(file, known, present)
            if faults:
                raise StaffRefused("\n".join(faults))
            await _save_employers(connection, file.employers, known)
            await listings.keep_found(connection)
            changes = [entry for entry in file.staff if _differs(entry, present.get(entry["name"]))]
            return [
                made
                for entry in changes
                if (made := await save_account(connection, entry, present.get(entry["name"]), now)) is not None
            ]


async def issue_enrolment(engine: AsyncEngine, name: str, now: datetime, *, by: str = audit.COMMAND, role: str = "") -> Enrolment:
    """A new enrolment code for an account: its first one ran out, or its passphrase or device is lost.

    What it signs in with stays until the code is used; then all of it, and its keys, are replaced. Raises StaffRefused.
    """
    with db.explained(engine.url):
        async with engine.begin() as connection:
            return await save_enrolment(connection, name, now, by=by, role=role)


async def in_use(connection: AsyncConnection, row: Any) -> bool:
    """Whether the account of this row was taken into use: something signs in to it."""
    passkey = select(_passkey.c.id).where(_passkey.c.staff_id == row.id).limit(1)
    return row.proof_hash is not None or (await connection.execute(passkey)).first() is not None


async def actor_of(connection: AsyncConnection, staff_id: uuid.UUID) -> Actor | None:
    """The account as the rules see it; None when there is none, or it has left."""
    row = (await connection.execute(select(_staff).where(_staff.c.id == staff_id, _staff.c.active))).first()
    return Actor.of(row) if row else None


async def everybody(connection: AsyncConnection) -> list[Any]:
    """Rows of all accounts, those that left too, by name."""
    return list((await connection.execute(select(_staff).order_by(_staff.c.name))).all())


async def employers(connection: AsyncConnection) -> dict[str, str]:
    """Key -> public name of every organisation of the network whose staff answer."""
    return {row.key: row.name for row in (await connection.execute(select(_employer).order_by(_employer.c.key))).all()}


async def independent(connection: AsyncConnection) -> frozenset[str]:
    """Keys of those that watch over the others."""
    return frozenset((await connection.execute(select(_employer.c.key).where(_employer.c.independent))).scalars())


# --- the file ----------------------------------------------------------------------------------------------------------


def read_staff(path: Path) -> _File:
    """What the file says, checked on its own. Raises StaffRefused."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StaffRefused(f"{path} cannot be read ({error.strerror}); name the file of staff.") from None
    except UnicodeDecodeError:
        raise StaffRefused(f"{path} is not in UTF-8; save it again as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise StaffRefused(f"{path} is not TOML: {error}. Correct that line.") from None
    faults = [
        f"{path}: [{key}] means nothing here; write [[employer]] and [[staff]]." for key in raw.keys() - {"employer", "staff"}
    ]
    employers, staff = raw.get("employer", []), raw.get("staff", [])
    for kind, listed in (("employer", employers), ("staff", staff)):
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise StaffRefused(f"{path}: write [[{kind}]] with two brackets before each entry.")
    for place, entry in enumerate(employers, 1):
        faults += _employer_faults(f"{path}: {_called('employer', entry.get('key'), place)}", entry)
    for place, entry in enumerate(staff, 1):
        faults += _staff_faults(f"{path}: {_called('account', entry.get('name'), place)}", entry)
    faults += [f"{path}: employer {key!r} is there twice; keep one." for key in _twice(employers, "key")]
    faults += [f"{path}: account {name!r} is there twice; keep one." for name in _twice(staff, "name")]
    if faults:
        raise StaffRefused("\n".join(faults))
    return _File(tuple(_employer_of(entry) for entry in employers), tuple(_whole(entry) for entry in staff))


def _called(kind: str, name: object, place: int) -> str:
    return f"{kind} {name!r}" if isinstance(name, str) and name else f"{kind} number {place}"


def _twice(entries: list[dict[str, Any]], field: str) -> list[str]:
    named = [entry.get(field) for entry in entries]
    return sorted({name for name in named if isinstance(name, str) and named.count(name) > 1})


def _whole(entry: dict[str, Any]) -> dict[str, Any]:
    """With what was left out, and lists as the table has them."""
    usual = {
        "countries": [], "languages": [], "honours": "", "load_cap": 5, "lang": "es", "stands_in": False, "investigates": [],
    }  # fmt: skip
    return {field: tuple(value) if isinstance(value, list) else value for field, value in (usual | entry).items()}


def _employer_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The same for an employer."""
    return {"merged_into": "", "independent": False, **entry, "name": entry["name"].strip()}


def _of_row(row: Any) -> dict[str, Any]:
    """An employer of the database, as ``_employer_of`` has those of the file."""
    return {field: getattr(row, field) for field in _EMPLOYER_FIELDS}


def _employer_faults(who: str, entry: Mapping[str, Any]) -> list[str]:
    faults = [f"{who} has a field {field!r} that means nothing; remove it." for field in entry.keys() - _EMPLOYER_FIELDS]
    key, name = entry.get("key"), entry.get("name")
    if not _label(key):
        faults.append(f"{who} needs a key of small letters, digits and dashes, at most 40, such as key = 'red-norte'.")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 120:
        faults.append(f"{who} needs a name of at most 120 characters, as people on the move know it.")
    into = entry.get("merged_into", "")
    if into != "" and (not _label(into) or into == key):
        faults.append(f"{who}: merged_into is the key of another employer, or is left out.")
    if not isinstance(entry.get("independent", False), bool):
        faults.append(f"{who}: independent is true, or is left out.")
    return faults


def _staff_faults(who: str, entry: Mapping[str, Any]) -> list[str]:
    faults = [f"{who} has a field {field!r} that means nothing; remove it." for field in sorted(entry.keys() - _STAFF_FIELDS)]
    if not _label(entry.get("name")):
        faults.append(f"{who} needs a name of small letters, digits and dashes, at most 40: a role, such as 'case-manager-co-1'.")
    if not _label(entry.get("organisation")):
        faults.append(f"{who} needs an organisation: the key of an [[employer]].")
    roles = entry.get("roles", ())
    if not _strings(roles):
        faults.append(f"{who} needs roles, a list such as ['case_manager'].")
    elif fault := role_fault(roles):
        faults.append(f"{who} {fault}.")
    faults += _scope_faults(who, entry, roles if _strings(roles) else ())
    return faults + _hearing_faults(who, entry, roles if _strings(roles) else ())


def _hearing_faults(who: str, entry: Mapping[str, Any], roles: Collection[str]) -> list[str]:
    """What only those who hear complaints may have."""
    faults = []
    stands_in, investigates = entry.get("stands_in", False), entry.get("investigates", [])
    if not isinstance(stands_in, bool) or (stands_in and "psea_focal_point" not in roles):
        faults.append(f"{who}: stands_in is true for a psea_focal_point who is told second, or is left out.")
    if not _strings(investigates) or not all(_label(each) for each in investigates):
        faults.append(f"{who}: investigates is a list of keys of employers, such as ['red-norte'].")
    elif investigates and "psea_focal_point" not in roles:
        faults.append(f"{who}: only a psea_focal_point investigates; give the account that role, or leave investigates out.")
    return faults


def _scope_faults(who: str, entry: Mapping[str, Any], roles: Collection[str]) -> list[str]:
    faults = []
    countries, languages = entry.get("countries", []), entry.get("languages", [])
    if not _strings(countries) or not set(countries) <= set(COUNTRIES):
        faults.append(f"{who}: countries is a list of {', '.join(COUNTRIES)}.")
    elif not countries and "administrator" not in roles:
        faults.append(f"{who} needs countries; only an administrator may have none, which means all.")
    if not _strings(languages) or not all(LANGUAGE.match(each) for each in languages):
        faults.append(f"{who}: languages is a list of ISO 639 codes, such as ['es', 'guc'].")
    if entry.get("honours", "") not in ("", "woman", "man"):
        faults.append(f"{who}: honours is 'woman' or 'man', or is left out.")
    cap = entry.get("load_cap", 5)
    if not isinstance(cap, int) or isinstance(cap, bool) or not 1 <= cap <= MOST_AT_ONCE:
        faults.append(f"{who}: load_cap is a number from 1 to {MOST_AT_ONCE}.")
    if entry.get("lang", "es") not in LANGS:
        faults.append(f"{who}: lang, the language of the desk's pages, is one of {', '.join(LANGS)}.")
    return faults


def _label(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 40 and _NAME.match(value) is not None


def account_name(typed: str) -> str:
    """The name that somebody typed, as accounts have it; empty for what can be no name of an account."""
    name = typed.strip().lower()
    return name if _label(name) else ""


def _strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


# --- the tables --------------------------------------------------------------------------------------------------------


def _against(file: _File, known: Mapping[str, Mapping[str, Any]], present: Mapping[str, Any]) -> list[str]:
    """Faults that only the database shows."""
    faults = []
    after_load = {**known, **{entry["key"]: entry for entry in file.employers}}
    keys = after_load.keys()
    faults += _merging_faults({key: entry["merged_into"] for key, entry in after_load.items()})
    for entry in file.staff:
        name, row = entry["name"], present.get(entry["name"])
        if entry["organisation"] not in keys:
            faults.append(f"account {name!r}: there is no employer {entry['organisation']!r}; add it as an [[employer]].")
        faults += [
            f"account {name!r}: there is no employer {each!r} to investigate for; add it as an [[employer]]."
            for each in entry["investigates"]
            if each not in keys
        ]
        if row is not None and not row.active:
            faults.append(f"account {name!r} has left, and the audit knows it; give whoever comes next another name.")
    after = {name: row.roles for name, row in present.items() if row.active} | {each["name"]: each["roles"] for each in file.staff}
    if not any("administrator" in roles for roles in after.values()):
        faults.append("Nobody would be administrator; give one account the role 'administrator'.")
    return faults


def _merging_faults(into: Mapping[str, str]) -> list[str]:
    """``into``: key -> what it was merged into, or nothing."""
    faults = []
    for key, target in sorted(into.items()):
        if target and target not in into:
            faults.append(f"employer {key!r}: there is no employer {target!r} to be merged into; add it as an [[employer]].")
        seen, at = {key}, target
        while at in into and at not in seen:
            seen.add(at)
            at = into[at]
        if at == key:
            faults.append(f"employer {key!r} would become a part of itself; take merged_into out where the circle begins.")
    return faults


def _differs(entry: Mapping[str, Any], row: Any) -> bool:
    return row is None or any(getattr(row, field) != value for field, value in entry.items())


async def _save_employers(
    connection: AsyncConnection, entries: Collection[Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]]
) -> None:
    for entry in entries:
        if entry["key"] not in known:
            await connection.execute(insert(_employer).values(**entry))
        elif known[entry["key"]] != entry:
            await connection.execute(update(_employer).where(_employer.c.key == entry["key"]).values(**entry))


async def save_account(
    connection: AsyncConnection, entry: Mapping[str, Any], row: Any, now: datetime, *, by: str = audit.COMMAND, role: str = ""
) -> Enrolment | None:
    """The enrolment of a new account; None for one that was changed. ``entry`` was checked; ``row``: how it is, or None."""
    if row is not None:
        await connection.execute(update(_staff).where(_staff.c.id == row.id).values(**entry))
        await audit.record(connection, by, role, "account_changed", entry["name"], now)
        return None
    made = Enrolment(entry["name"], one_time.enrolment_code(), now + ENROLMENT_LIFE)
    secret = {"enrolment_hash": one_time.enrolment_hash(made.code), "enrolment_ends_at": made.ends_at}
    unsaid = {"stands_in": False, "investigates": ()}
    fixed = {"id": uuid.uuid4(), "active": True, "created_at": now, "totp_step": 0, "recovery_hashes": (), "alert_ways": ()}
    await connection.execute(insert(_staff).values(**(unsaid | dict(entry)), **fixed, **secret))
    await audit.record(connection, by, role, "account_created", entry["name"], now)
    return made


async def save_enrolment(connection: AsyncConnection, name: str, now: datetime, *, by: str, role: str) -> Enrolment:
    """A new code, as ``issue_enrolment`` gives one. Raises StaffRefused."""
    code, ends_at = one_time.enrolment_code(), now + ENROLMENT_LIFE
    values = {"enrolment_hash": one_time.enrolment_hash(code), "enrolment_ends_at": ends_at}
    at = (_staff.c.name == name) & _staff.c.active
    if not (await connection.execute(update(_staff).where(at).values(values))).rowcount:
        raise StaffRefused(f"There is no active account {name!r}; `python -m bot staff list` shows all.")
    await audit.record(connection, by, role, "enrolment_issued", name, now)
    return Enrolment(name, code, ends_at)
