"""The fictitious directory of the demo, and the mark that a database holds what nobody checked.

Here belong the loading of ``data/demo``, the approval of imported rows for a demo, and the question whether a database
is one. Never here: anything that a live deployment needs; ``MODE=live`` refuses a database of which
``is_demo_database`` says something.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
import phonenumbers
from sqlalchemy import Table as SqlTable
from sqlalchemy import and_, delete, exists, func, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.db import now
from bot.directory import neutral
from bot.directory.approval import record_bulk
from bot.directory.importing import hours as opening
from bot.directory.importing.loading import ENTRY, LOCATION, ORGANISATION, PHONE, SCHEDULE, SERVICE, TEXT
from bot.directory.stamp import bump
from bot.directory.tables import AudienceChange, ComplaintChannel, entry_key, stable_id
from bot.places import country_at
from flows.facts import LANGS, PEOPLE

#: The role that stands in the place of a person who checked. Nobody did.
DEMO_ROLE = "demo: nobody checked this"

FOLDER = Path(__file__).parents[2] / "data" / "demo"

CHANNEL: SqlTable = ComplaintChannel.__table__  # type: ignore[attr-defined]
CHANGE: SqlTable = AudienceChange.__table__  # type: ignore[attr-defined]

Values = dict[str, Any]


# --- the files -------------------------------------------------------------------------------------------------------


class _File(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Base: a slip in a file is an error, not a default."""


class Opening(_File, forbid_unknown_fields=True, kw_only=True):
    days: str = ""
    opens: str = ""
    closes: str = ""
    always: bool = False


class Offering(_File, forbid_unknown_fields=True, kw_only=True):
    """Of ``offers.toml``: what several services have in common."""

    kinds: tuple[str, ...]
    texts: dict[str, str]
    specialised: bool = False
    sensitive: bool = False
    remote: bool = False
    free: bool | None = None
    cost: str | None = None
    papers: bool | None = None
    papers_text: str | None = None
    hours: str = ""
    people: dict[str, bool] = {}
    min_age: int | None = None
    max_age: int | None = None
    wheelchair: bool | None = None
    sign_language: bool | None = None
    authority: str = ""


class Row(_File, forbid_unknown_fields=True, kw_only=True):
    """A service at its place. ``verified`` is days before the day of loading, so that the demo never grows stale."""

    name: str
    by: str
    offer: str
    phone: str
    verified: int
    at: tuple[float, float] | None = None
    where: str | None = None
    only: str = ""
    """The one language in which its text exists."""
    languages: tuple[str, ...] = ()
    whatsapp: bool = False
    text: bool = False
    email: str | None = None
    level: Literal["public", "on_request", "members", "hidden"] = "public"
    audiences: dict[str, Literal["public", "on_request", "members", "hidden"]] = {}
    status: Literal["active", "inactive", "defunct", "temporarily closed"] = "active"


class Town(_File, forbid_unknown_fields=True, kw_only=True):
    """``name`` is empty for what is reached from the whole country."""

    name: str
    services: list[Row]
    zone: str = ""


class Complaints(_File, forbid_unknown_fields=True, kw_only=True):
    """``verified`` as of a service; ``hours``: a name of ``offers.toml``."""

    how: Literal["phone", "email", "box", "desk", "web", "text"]
    value: str
    verified: int
    free: bool | None = None
    independent: bool = False
    hours: str = ""
    languages: tuple[str, ...] = ()
    read_by: str = ""


class Body(_File, forbid_unknown_fields=True, kw_only=True):
    id: str
    name: str
    complaints: list[Complaints] = []


class Country(_File, forbid_unknown_fields=True, kw_only=True):
    country: str
    zone: str
    language: str
    organisations: list[Body]
    towns: list[Town]


def read_offers(folder: Path = FOLDER) -> tuple[dict[str, Offering], dict[str, Opening]]:
    """What ``offers.toml`` says: the offers by name, and the opening hours by name."""
    raw = msgspec.toml.decode((folder / "offers.toml").read_bytes())
    hours = msgspec.convert(raw.pop("hours"), dict[str, Opening])
    return msgspec.convert(raw, dict[str, Offering]), hours


def read_countries(folder: Path = FOLDER) -> list[Country]:
    """The files of the countries, in the order of their codes."""
    return [msgspec.toml.decode(path.read_bytes(), type=Country) for path in sorted(folder.glob("*.toml")) if path.stem != "offers"]


# --- loading ---------------------------------------------------------------------------------------------------------


async def load_demo(engine: AsyncEngine, *, today: date | None = None) -> int:
    """Put the fictitious directory in, as of today, in place of an earlier one; how many entries.

    Every row is marked ``demo``. Other rows of the database are not touched.
    """
    offers, hours = read_offers()
    today = today or datetime.now(UTC).date()
    rows: dict[SqlTable, list[Values]] = {
        table: [] for table in (ORGANISATION, SERVICE, LOCATION, ENTRY, TEXT, PHONE, CHANNEL, SCHEDULE)
    }
    for country in read_countries():
        _country(rows, country, offers, hours, today)
    async with engine.begin() as connection:
        await _clear(connection)
        for table, values in rows.items():
            for some in _alike(values):
                await connection.execute(insert(table), some)
        await bump(connection)
    return len(rows[ENTRY])


async def _clear(connection: AsyncConnection) -> None:
    old = select(ENTRY.c.location_id).where(ENTRY.c.demo)
    await connection.execute(delete(LOCATION).where(LOCATION.c.id.in_(old)))
    await connection.execute(delete(ORGANISATION).where(ORGANISATION.c.demo))


def _alike(values: list[Values]) -> list[list[Values]]:
    """Rows with the same columns together, as one insert needs them."""
    groups: dict[tuple[str, ...], list[Values]] = {}
    for row in values:
        groups.setdefault(tuple(row), []).append(row)
    return list(groups.values())


def _country(
    rows: dict[SqlTable, list[Values]], country: Country, offers: dict[str, Offering], hours: dict[str, Opening], today: date
) -> None:
    at = now()
    approval = {"approved_by": DEMO_ROLE, "approved_on": at}
    bodies = {body.id: stable_id("organization", "demo", country.country, body.id) for body in country.organisations}
    for body in country.organisations:
        rows[ORGANISATION].append({"id": bodies[body.id], "name": body.name, "description": "", "demo": True})
        for number, channel in enumerate(body.complaints):
            value = shown(channel.value, country.country) if channel.value.startswith("+") else channel.value
            identity = stable_id("complaint_channel", "demo", country.country, body.id, str(number))
            if channel.hours:
                rows[SCHEDULE] += _schedule("complaint_channel_id", identity, hours[channel.hours], country.zone)
            rows[CHANNEL].append(
                {
                    "id": identity,
                    "organization_id": bodies[body.id],
                    "country": country.country,
                    "how": channel.how,
                    "value": value,
                    "independent": channel.independent,
                    "free": channel.free,
                    "languages": channel.languages,
                    "read_by": channel.read_by,
                    "verified_on": today - timedelta(days=channel.verified),
                    "verified_by": DEMO_ROLE,
                    "demo": True,
                    "audience": "public",
                    **approval,
                }
            )
    for town in country.towns:
        for row in town.services:
            _row(rows, country, town, row, offers[row.offer], hours, bodies[row.by], today, approval)


def _row(
    rows: dict[SqlTable, list[Values]],
    country: Country,
    town: Town,
    row: Row,
    offer: Offering,
    hours: dict[str, Opening],
    organisation: Any,
    today: date,
    approval: Values,
) -> None:
    code = (country.country, town.name, row.name)
    service, location, entry = (stable_id(kind, "demo", *code) for kind in ("service", "location", "service_at_location"))
    if row.at is not None and country_at(*row.at) != country.country:
        raise ValueError(f"data/demo: {row.name} of {town.name} does not lie in {country.country}; correct its point.")
    rows[SERVICE].append(
        {
            "id": service,
            "organization_id": organisation,
            "name": row.name,
            "short_name": neutral.short_name(row.name),
            "status": row.status,
            "kinds": offer.kinds,
            "specialised": offer.specialised,
            "languages": row.languages or ((country.language,) if offer.hours else ()),
            "email": row.email,
            "free": offer.free,
            "cost": offer.cost,
            "papers": offer.papers,
            "papers_text": offer.papers_text,
            **{f"people_{group}": offer.people.get(group) for group in PEOPLE},
            "min_age": offer.min_age,
            "max_age": offer.max_age,
            "authority": offer.authority,
            "verified_on": today - timedelta(days=row.verified),
            "verified_by": DEMO_ROLE,
        }
    )
    discreet = offer.sensitive and row.level != "public"
    rows[LOCATION].append(
        {
            "id": location,
            "organization_id": organisation,
            "location_type": "physical" if row.at else "virtual",
            "country": country.country,
            "municipality": town.name or None,
            "address": row.where,
            "latitude": row.at[0] if row.at else None,
            "longitude": row.at[1] if row.at else None,
            "wheelchair": offer.wheelchair,
            "sign_language": offer.sign_language,
            "discreet": discreet,
        }
    )
    rows[ENTRY].append(
        {
            "id": entry,
            "key": entry_key(entry),
            "service_id": service,
            "location_id": location,
            "discreet": discreet,
            "remote": offer.remote,
            "demo": True,
            "sensitive": offer.sensitive,
            "audience": row.level,
            "source_row": "/".join(code),
            **{f"audience_{field}": level for field, level in row.audiences.items()},
            **approval,
        }
    )
    for language in LANGS:
        if language in offer.texts and row.only in ("", language):
            original = language == (row.only or country.language) or len(offer.texts) == 1
            rows[TEXT].append({"service_id": service, "language": language, "text": offer.texts[language], "original": original})
    rows[PHONE].append(
        {
            "id": stable_id("phone", "demo", *code),
            "service_id": service,
            "position": 0,
            "number": row.phone,
            "shown": shown(row.phone, country.country),
            "text": row.text,
            "whatsapp": row.whatsapp,
        }
    )
    if offer.hours:
        rows[SCHEDULE] += _schedule("service_id", service, hours[offer.hours], town.zone or country.zone)


def _schedule(column: str, owner: Any, hours: Opening, zone: str) -> list[Values]:
    base = {column: owner, "zone": zone, "id": stable_id("schedule", owner.hex)}
    if hours.always:
        return [{**base, "weekdays": (), "opens": 0, "closes": 1440, "always": True}]
    weekly = opening.span(hours.days, hours.opens, hours.closes)
    if not isinstance(weekly, tuple):
        raise ValueError(f"data/demo: the hours {hours.days} {hours.opens}-{hours.closes} cannot be read.")
    _, opens, closes = weekly[0]
    return [{**base, "weekdays": tuple(str(day) for day, *_ in weekly), "opens": opens, "closes": closes, "always": False}]


def shown(number: str, country: str) -> str:
    """An invented E.164 number as a person in the country would read it."""
    code = str(phonenumbers.country_code_for_region(country))
    digits = number.removeprefix("+").removeprefix(code)
    if code == "1":
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"


# --- imported rows in a demo -----------------------------------------------------------------------------------------


async def approve_for_demo(engine: AsyncEngine, *, today: date | None = None) -> int:
    """Make public, for a demo, what an import brought and did not hold back; how many entries.

    Shelter-like entries stay hidden, texts stay unseen, and the database is marked: ``is_demo_database``. Entries that
    somebody already graded or approved are left as they are.
    """
    today = today or datetime.now(UTC).date()
    fresh = and_(
        ENTRY.c.source_id.is_not(None),
        ENTRY.c.approved_by.is_(None),
        ENTRY.c.audience.in_(("hidden", "public")),
        ENTRY.c.held_back.is_(None),
        ENTRY.c.sensitive.is_(False),
        ENTRY.c.discreet.is_(False),
        not_(exists().where(CHANGE.c.service_at_location_id == ENTRY.c.id)),
    )
    ours = select(ENTRY.c.service_id).where(ENTRY.c.approved_by == DEMO_ROLE, ENTRY.c.source_id.is_not(None))
    async with engine.begin() as connection:
        await record_bulk(connection, fresh, "public", DEMO_ROLE, await bump(connection))
        done = await connection.execute(
            update(ENTRY).where(fresh).values(audience="public", approved_by=DEMO_ROLE, approved_on=now())
        )
        await connection.execute(
            update(SERVICE)
            .where(SERVICE.c.id.in_(ours), or_(SERVICE.c.verified_on.is_(None), SERVICE.c.verified_by == DEMO_ROLE))
            .values(verified_on=today, verified_by=DEMO_ROLE)
        )
    return done.rowcount


async def is_demo_database(engine: AsyncEngine) -> str | None:
    """Why this database must not serve people, in one sentence; ``None`` if nothing in it is of a demo.

    It is told from the rows themselves, so no mark can be forgotten or wiped apart from them.
    """
    unchecked = select(func.count()).select_from(ENTRY).where(or_(ENTRY.c.approved_by == DEMO_ROLE, ENTRY.c.demo))
    posing = select(func.count()).select_from(SERVICE).where(SERVICE.c.verified_by == DEMO_ROLE)
    channels = select(func.count()).select_from(CHANNEL).where(or_(CHANNEL.c.demo, CHANNEL.c.approved_by == DEMO_ROLE))
    async with engine.connect() as connection:
        counts = [(await connection.execute(query)).scalar_one() for query in (unchecked, posing, channels)]
    if not any(counts):
        return None
    return (
        f"The database holds {max(counts):,} entries of a demo, invented or checked by nobody; "
        "use a database of its own for live service."
    )
