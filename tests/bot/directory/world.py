"""Entries for tests: one call makes an organisation, a service, a location and what belongs to them."""

from __future__ import annotations

import random
import uuid
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.directory import stamp
from bot.directory.tables import (
    FIELDS,
    LEVELS,
    ComplaintChannel,
    Location,
    Organization,
    Phone,
    Schedule,
    Service,
    ServiceAtLocation,
    ServiceText,
    entry_key,
)
from flows.facts import KINDS, PEOPLE

NOW = 1_800_000_000.0
TODAY = date(2027, 1, 15)


def entry_id(number: int) -> uuid.UUID:
    """The id of the entry with this number; the same in every run."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"entry {number}")


def key_of(number: int) -> int:
    return entry_key(entry_id(number))


def rows(number: int, **said: Any) -> list[Any]:
    """Rows of one entry, public and approved unless ``said`` otherwise. Every value carries the mark ``<field>-<number>``.

    ``said`` names columns of any of the tables, or ``people`` (dict), ``weekly`` / ``always`` / ``zone``.
    """
    people = said.pop("people", {})
    weekly = said.pop("weekly", None)
    always = said.pop("always", False)
    zone = said.pop("zone", "America/Bogota")
    texts = said.pop("texts", {"es": f"text-{number}"})
    complaint = said.pop("complaint", False)
    point = said.pop("point", (4.0 + number / 100, -74.0))
    made = Organization(id=uuid.uuid5(uuid.NAMESPACE_OID, f"o {number}"), name=f"organisation-{number}")
    service = {
        "name": f"name-{number}",
        "short_name": f"short-{number}",
        "kinds": ("health",),
        "languages": ("es",),
        "email": f"email-{number}@example.org",
        "url": f"https://url-{number}.example.org",
        "verified_on": TODAY,
        **{f"people_{group}": served for group, served in people.items()},
    }
    location = {
        "country": "CO",
        "address": f"address-{number}",
        "municipality": f"municipality-{number}",
        "latitude": point[0] if point else None,
        "longitude": point[1] if point else None,
    }
    entry = {"audience": "public", "approved_by": "coordinator", "approved_on": db.now()}
    for name, value in said.items():
        homes = [
            (table, columns)
            for table, columns in ((Service, service), (Location, location), (ServiceAtLocation, entry))
            if name in table.__table__.c  # type: ignore[attr-defined]
        ]
        assert homes, name
        for _, columns in homes:
            columns[name] = value
    if entry["approved_by"] is None:
        entry["approved_on"] = None
    the_service = Service(id=uuid.uuid5(uuid.NAMESPACE_OID, f"s {number}"), organization_id=made.id, **service)
    the_location = Location(id=uuid.uuid5(uuid.NAMESPACE_OID, f"l {number}"), **location)
    the_entry = ServiceAtLocation(
        id=entry_id(number), key=key_of(number), service_id=the_service.id, location_id=the_location.id, **entry
    )
    found: list[Any] = [made, the_service, the_location, the_entry]
    found.append(Phone(service_id=the_service.id, number=f"+57-phone-{number}", shown=f"phone-{number}"))
    original = next(iter(texts), None)
    found += [
        ServiceText(service_id=the_service.id, language=language, text=text, original=language == original)
        for language, text in texts.items()
    ]
    for days, opens, closes in weekly or ():
        found.append(
            Schedule(
                service_id=the_service.id,
                service_at_location_id=the_entry.id,
                zone=zone,
                weekdays=tuple(str(day) for day in days),
                opens=opens,
                closes=closes,
            )
        )
    if always:
        found.append(Schedule(service_id=the_service.id, zone=zone, always=True))
    if complaint:
        found.append(
            ComplaintChannel(
                organization_id=made.id,
                country=location["country"],
                how="phone",
                value=f"complaint-{number}",
                verified_on=TODAY,
                audience="public",
                approved_by="coordinator",
                approved_on=db.now(),
            )
        )
    return found


async def write(engine: AsyncEngine, *entries: list[Any]) -> None:
    """Write rows as every writer does: in one transaction with the change stamp."""
    async with db.sessions(engine)() as session:
        for part in (Organization, Service, Location, ServiceAtLocation, object):
            for entry in entries:
                session.add_all([row for row in entry if isinstance(row, part)])
            await session.flush()
        await stamp.bump(session)
        await session.commit()


def any_entry(chance: random.Random, number: int) -> list[Any]:
    """An entry of any level, with fields of any level, near two towns on a border."""
    home = chance.choice((("CO", 7.89, -72.50), ("VE", 7.81, -72.44)))
    level = chance.choice(("public", "public", *LEVELS))
    sensitive = chance.random() < 0.15
    discreet = sensitive and level != "public"
    spread = chance.choice((0.0001, 0.01, 0.3))
    said: dict[str, Any] = {
        "country": home[0],
        "point": None
        if discreet or chance.random() < 0.15
        else (home[1] + chance.gauss(0, spread), home[2] + chance.gauss(0, spread)),
        "audience": level,
        "sensitive": sensitive,
        "discreet": discreet,
        "kinds": tuple(chance.sample(KINDS, chance.choice((1, 1, 2)))),
        "languages": tuple(chance.sample(("es", "en", "pt", "ht"), chance.choice((0, 1, 2)))),
        "people": {group: chance.choice((True, False, None)) for group in PEOPLE},
        "specialised": chance.random() < 0.3,
        "remote": chance.random() < 0.1,
        "complaint": chance.random() < 0.5,
        "texts": {language: f"text-{number} {language}" for language in chance.sample(("es", "en", "pt"), 2)},
    }
    if discreet:
        said["address"] = None
    if chance.random() < 0.2:
        said["approved_by"] = None
    if chance.random() < 0.1:
        said["held_back"] = "wrong-country"
    if chance.random() < 0.1:
        said["status"] = chance.choice(("temporarily closed", "inactive", "defunct"))
    for field in FIELDS:
        if chance.random() < 0.15:
            said[f"audience_{field}"] = chance.choice(LEVELS)
    hours = chance.random()
    if hours < 0.2:
        said["always"] = True
    elif hours < 0.7:
        said["weekly"] = [((0, 1, 2, 3, 4), 480, 1020), ((5,), 1320, 1800)]
    return rows(number, **said)
