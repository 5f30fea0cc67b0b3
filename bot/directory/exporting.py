"""Export: the public directory as HSDS 3.0, canonical JSON (a list of full services) or a tabular package.

What is written is what the public snapshot holds, service by service and field by field: what is not public is absent,
not flagged, and not counted. Here belong the shapes of HSDS. Never here: another audience, a query of its own.

Human Services Data Specification: an Open Referral resource. Identifiers are UUIDv5 of our own, the same on every run.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.directory import snapshot
from bot.directory.importing.hsds import (
    CHANNEL_TAXONOMY,
    KIND_TAXONOMY,
    LANGUAGE_TAXONOMY,
    NOT_STATED,
    PEOPLE_TAXONOMY,
    TERMS_TAXONOMY,
)
from bot.directory.importing.loading import ENTRY
from bot.directory.tables import stable_id
from bot.directory.visibility import visible_to
from bot.settings import Settings
from flows.facts import COUNTRIES, ComplaintChannel, Hours, Offer

Node = dict[str, Any]

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

#: Our taxonomies: what each is, and what its terms mean.
TAXONOMIES: dict[str, str] = {
    KIND_TAXONOMY: "The seven kinds of service of the Essential Package.",
    PEOPLE_TAXONOMY: "Groups that a service says it serves, or does not.",
    TERMS_TAXONOMY: "Terms of use: cost, papers, access, who runs it.",
    LANGUAGE_TAXONOMY: "The language of a service's description.",
    CHANNEL_TAXONOMY: "Ways to complain about services: how, and who reads it. A service with such a term is nothing else.",
}
TERMS: dict[str, str] = {
    "health": "Health care",
    "mhpss": "Mental health and psychosocial support",
    "legal": "Legal aid and documents",
    "safety": "Safety",
    "family-tracing": "Family tracing",
    "alternative-care": "Care for children on their own",
    "case-management": "Case management",
    "free": "Free of charge",
    "not-free": "Not free of charge",
    "papers": "Papers are needed",
    "no-papers": "No papers are needed",
    "specialised": "Serves one group or one matter only",
    "wheelchair": "Accessible by wheelchair",
    "no-wheelchair": "Not accessible by wheelchair",
    "sign-language": "Sign language is used",
    "no-sign-language": "Sign language is not used",
    "authority-police": "Run by police",
    "authority-migration": "Run by migration control",
    "authority-informs": "Obliged to inform police or migration control",
    "independent": "Does not depend on those complained about",
    "how-phone": "Complaints by phone",
    "how-text": "Complaints by text message",
    "how-email": "Complaints by e-mail",
    "how-web": "Complaints on a site",
    "how-box": "Complaints in a box",
    "how-desk": "Complaints at a desk",
    "read-by-staff": "Read by those who work there",
    "read-by-team": "Read by people of theirs who do nothing else",
    "read-by-independent": "Read by an independent body",
    "read-by-network": "Read by the focal points of the network",
    "read-by-authority": "Read by a public office",
}


DEMO = "DEMO: this service is invented."


def _columns(names: str) -> tuple[str, ...]:
    return tuple(names.split())


#: HSDS 3.0 tables that are written, their files and their columns in the order of the specification.
TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "organization": (
        "organizations.csv",
        _columns(
            "id name alternate_name description email website tax_status tax_id year_incorporated legal_status logo "
            "uri parent_organization_id"
        ),
    ),
    "service": (
        "services.csv",
        _columns(
            "id organization_id program_id name alternate_name description url email status interpretation_services "
            "application_process fees_description wait_time fees accreditations eligibility_description minimum_age "
            "maximum_age assured_date assurer_email licenses alert last_modified"
        ),
    ),
    "attribute": ("attributes.csv", _columns("id link_id taxonomy_term_id link_type link_entity value")),
    "service_at_location": ("service_at_location.csv", _columns("id service_id location_id description")),
    "location": (
        "locations.csv",
        _columns(
            "id location_type url organization_id name alternate_name description transportation latitude longitude "
            "external_identifier external_identifier_type"
        ),
    ),
    "phone": (
        "phones.csv",
        _columns("id location_id service_id organization_id contact_id service_at_location_id number extension type description"),
    ),
    "address": (
        "addresses.csv",
        _columns("id location_id attention address_1 address_2 city region state_province postal_code country address_type"),
    ),
    "schedule": (
        "schedules.csv",
        _columns(
            "id service_id location_id service_at_location_id valid_from valid_to dtstart timezone until count wkst "
            "freq interval byday byweekno bymonthday byyearday description opens_at closes_at schedule_link "
            "attending_type notes"
        ),
    ),
    "service_area": ("service_areas.csv", _columns("id service_id name description extent extent_type uri")),
    "required_document": ("required_documents.csv", _columns("id service_id document uri")),
    "language": ("languages.csv", _columns("id service_id location_id phone_id name code note")),
    "taxonomy_term": ("taxonomy_terms.csv", _columns("id code name description parent_id taxonomy language taxonomy_id term_uri")),
    "cost_option": ("cost_options.csv", _columns("id service_id valid_from valid_to option currency amount amount_description")),
    "taxonomy": ("taxonomies.csv", _columns("id name description uri version")),
}
_NUMBERS = frozenset({"year_incorporated", "minimum_age", "maximum_age", "latitude", "longitude", "extension", "timezone", "count",
                      "interval", "amount"})  # fmt: skip
_LINKS = {
    "service": {"organization_id": "organization"},
    "attribute": {"taxonomy_term_id": "taxonomy_term"},
    "service_at_location": {"service_id": "service", "location_id": "location"},
    "phone": {"service_id": "service"},
    "address": {"location_id": "location"},
    "schedule": {"service_id": "service"},
    "service_area": {"service_id": "service"},
    "required_document": {"service_id": "service"},
    "language": {"service_id": "service"},
    "taxonomy_term": {"taxonomy_id": "taxonomy"},
    "cost_option": {"service_id": "service"},
}


async def public_services(engine: AsyncEngine, settings: Settings, *, now: float | None = None) -> Iterator[Node]:
    """Every service that anybody may see now, then every way to complain, each as a full HSDS 3.0 service.

    Raises ``bot.db.DatabaseDown``."""
    now = time.time() if now is None else now
    public = await snapshot.build(engine, now, settings)
    async with engine.connect() as connection:
        query = select(ENTRY.c.key).where(visible_to("public").entry()).order_by(ENTRY.c.key)
        keys = [row[0] for row in await connection.execute(query)]
    moment = datetime.fromtimestamp(now, UTC)
    offers = (full(offer, moment) for key in keys if (offer := public.get(key)) is not None)
    channels = (full_channel(each, code, moment) for code in COUNTRIES for each in public.complaint_channels(code))
    return chain(offers, channels)


async def export_json(engine: AsyncEngine, settings: Settings, path: Path, *, now: float | None = None) -> int:
    """Write a JSON list of full services; how many."""
    count = 0
    services = await public_services(engine, settings, now=now)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("[")
        for service in services:
            stream.write(",\n" if count else "\n")
            json.dump(service, stream, ensure_ascii=False)
            count += 1
        stream.write("\n]\n")
    return count


async def export_tables(engine: AsyncEngine, settings: Settings, folder: Path, *, now: float | None = None) -> int:
    """Write a tabular package: one CSV a table that has rows, and a ``datapackage.json`` trimmed to them; how many services."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, dict[str, Node]] = {table: {} for table in TABLES}
    for service in await public_services(engine, settings, now=now):
        _flatten(rows, service)
    for table, (name, columns) in TABLES.items():
        (folder / name).unlink(missing_ok=True)
        if rows[table]:
            with (folder / name).open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, columns, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows[table].values())
    package = datapackage([table for table in TABLES if rows[table]])
    (folder / "datapackage.json").write_text(json.dumps(package, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(rows["service"])


# --- one service -----------------------------------------------------------------------------------------------------


def full(offer: Offer, moment: datetime) -> Node:
    """A public offer as an HSDS 3.0 service with its organisation, location and everything else inside."""
    code = str(offer.key)

    def identity(kind: str, *parts: str) -> str:
        return str(stable_id(f"export-{kind}", code, *parts))

    terms = [(KIND_TAXONOMY, kind) for kind in offer.kinds]
    terms += [
        (PEOPLE_TAXONOMY, group if served else f"not-{group}") for group, served in offer.people.items() if served is not None
    ]
    terms += [(TERMS_TAXONOMY, term) for term, true in (
        ("free", offer.free is True), ("not-free", offer.free is False), ("papers", offer.papers is True),
        ("no-papers", offer.papers is False), ("specialised", offer.specialised),
        (f"authority-{offer.authority}", bool(offer.authority)),
    ) if true]  # fmt: skip
    language, text = next(iter(offer.texts.items()), ("", ""))
    if language:
        terms.append((LANGUAGE_TAXONOMY, language))
    here = [(TERMS_TAXONOMY, term) for term, true in (
        ("wheelchair", offer.wheelchair is True), ("no-wheelchair", offer.wheelchair is False),
        ("sign-language", offer.sign_language is True), ("no-sign-language", offer.sign_language is False),
    ) if true]  # fmt: skip
    location_id = identity("location")
    physical = not offer.remote or offer.lat is not None
    location = _set(
        id=location_id,
        location_type="physical" if physical else "virtual",
        name=offer.municipality,
        latitude=offer.lat,
        longitude=offer.lon,
        addresses=[
            {
                "id": identity("address"),
                "address_1": offer.address or NOT_STATED,
                "city": offer.municipality or NOT_STATED,
                "state_province": NOT_STATED,
                "postal_code": NOT_STATED,
                "country": offer.country,
                "address_type": "physical" if physical else "virtual",
            }
        ]
        if offer.address or offer.municipality
        else None,
        attributes=[_attribute(identity, "location", location_id, *term) for term in here] or None,
    )
    organisation = offer.organisation or NOT_STATED
    service_id = identity("service")
    return _set(
        id=service_id,
        name=offer.name or offer.short_name or NOT_STATED,
        alternate_name=offer.short_name or None,
        description=text or None,
        url=offer.url,
        email=offer.email,
        status="active",
        fees_description=offer.cost,
        minimum_age=offer.min_age,
        maximum_age=offer.max_age,
        assured_date=offer.verified_on.isoformat() if offer.verified_on else None,
        alert=DEMO if offer.demo else None,
        organization=_organisation(organisation, offer.country, demo=offer.demo),
        phones=[
            _set(
                id=identity("phone", phone.number),
                number=phone.number,
                type="text" if phone.text else "voice",
                description="WhatsApp" if phone.whatsapp else None,
            )
            for phone in offer.phones
        ]
        or None,
        schedules=list(_schedules(offer.hours, moment, identity)) or None,
        service_areas=_whole(offer.country, identity) if offer.remote else None,
        service_at_locations=[{"id": identity("service_at_location"), "location": location}],
        languages=_languages(offer.languages, identity),
        required_documents=[{"id": identity("required_document"), "document": "Papers are needed; ask which."}]
        if offer.papers
        else None,
        cost_options=[_set(id=identity("cost_option"), option="Not free", amount_description=offer.cost)]
        if offer.free is False
        else None,
        attributes=[_attribute(identity, "service", service_id, *term) for term in terms],
    )


def full_channel(channel: ComplaintChannel, country: str, moment: datetime) -> Node:
    """A public way to complain as an HSDS 3.0 service: HSDS has no object of its own for it."""

    def identity(kind: str, *parts: str) -> str:
        return str(stable_id(f"export-{kind}", "channel", country, channel.organisation, channel.how, channel.value, *parts))

    value = {channel.how: channel.value}
    terms = [(CHANNEL_TAXONOMY, term) for term, true in (
        (f"how-{channel.how}", True), ("independent", channel.independent), (f"read-by-{channel.read_by}", bool(channel.read_by)),
    ) if true]  # fmt: skip
    terms += [(TERMS_TAXONOMY, "free" if channel.free else "not-free")] if channel.free is not None else []
    service_id = identity("service")
    number = value.get("phone") or value.get("text")
    return _set(
        id=service_id,
        name=_term(*terms[0])["name"],
        description=value.get("box") or value.get("desk"),
        url=value.get("web"),
        email=value.get("email"),
        status="active",
        assured_date=channel.verified_on.isoformat() if channel.verified_on else None,
        alert=DEMO if channel.demo else None,
        organization=_organisation(channel.organisation, country, demo=channel.demo),
        phones=[{"id": identity("phone"), "number": number, "type": "voice" if channel.how == "phone" else "text"}]
        if number
        else None,
        schedules=list(_schedules(channel.hours, moment, identity)) or None,
        service_areas=_whole(country, identity),
        service_at_locations=[],
        languages=_languages(channel.languages, identity),
        attributes=[_attribute(identity, "service", service_id, *term) for term in terms],
    )


def _organisation(name: str, country: str, *, demo: bool) -> Node:
    described = "Invented, for a demo." if demo else NOT_STATED
    return {"id": str(stable_id("export-organization", name, country)), "name": name, "description": described}


def _whole(country: str, identity: Any) -> list[Node]:
    """The whole country as the area of a service."""
    return [{"id": identity("service_area"), "name": country, "extent": country, "extent_type": "country"}]


def _languages(codes: tuple[str, ...], identity: Any) -> list[Node] | None:
    return [_set(id=identity("language", code), code=code, name=_language(code)) for code in codes] or None


def _set(**values: Any) -> Node:
    """An object without what is not known: HSDS has no null."""
    return {key: value for key, value in values.items() if value is not None}


def _attribute(identity: Any, entity: str, link: str, taxonomy: str, code: str) -> Node:
    return {
        "id": identity("attribute", entity, taxonomy, code),
        "link_id": link,
        "taxonomy_term_id": _term(taxonomy, code)["id"],
        "link_entity": entity,
        "taxonomy_term": _term(taxonomy, code),
    }


@lru_cache
def _term(taxonomy: str, code: str) -> Node:
    group = code.removeprefix("not-")
    if taxonomy == PEOPLE_TAXONOMY:
        name = f"Serves {group}" if group == code else f"Does not serve {group}"
    else:
        name = TERMS.get(code) or _language(code) or code
    detail = {
        "id": str(stable_id("export-taxonomy", taxonomy)),
        "name": taxonomy,
        "description": TAXONOMIES[taxonomy],
        "version": "1",
    }
    return {
        "id": str(stable_id("export-taxonomy_term", taxonomy, code)),
        "code": code if taxonomy != LANGUAGE_TAXONOMY else f"text-{code}",
        "name": name,
        "description": f"{name}.",
        "taxonomy": taxonomy,
        "language": "en",
        "taxonomy_id": detail["id"],
        "taxonomy_detail": detail,
    }


@lru_cache
def _language(code: str) -> str | None:
    name = Locale("en").languages.get(code)
    return str(name) if name else None


def _schedules(hours: Hours | None, moment: datetime, identity: Any) -> Iterator[Node]:
    if hours is None:
        return
    offset = moment.astimezone(ZoneInfo(hours.zone)).utcoffset()
    days: dict[tuple[int, int], list[int]] = {}
    for day, opens, closes in [(day, 0, 1440) for day in range(7)] if hours.always else hours.weekly:
        days.setdefault((opens, closes), []).append(day)
    for (opens, closes), numbers in sorted(days.items()):
        yield {
            "id": identity("schedule", f"{opens}-{closes}"),
            "timezone": (offset.total_seconds() / 3600 if offset else 0),
            "wkst": "MO",
            "freq": "WEEKLY",
            "interval": 1,
            "byday": ",".join(DAYS[day] for day in sorted(numbers)),
            "opens_at": _clock(opens),
            "closes_at": _clock(closes),
            "notes": hours.zone,
        }


def _clock(minutes: int) -> str:
    if minutes == 1440:
        return "23:59:00"
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}:00"


# --- tabular ---------------------------------------------------------------------------------------------------------


def _flatten(rows: dict[str, dict[str, Node]], service: Node) -> None:
    """Put a nested service into the tables; what is in several services is there once."""

    def put(table: str, node: Node, **links: str) -> None:
        columns = TABLES[table][1]
        rows[table].setdefault(node["id"], {key: value for key, value in {**node, **links}.items() if key in columns})

    identity = service["id"]
    put("organization", service["organization"])
    put("service", service, organization_id=service["organization"]["id"])
    for table, name in (
        ("phone", "phones"), ("schedule", "schedules"), ("service_area", "service_areas"), ("language", "languages"),
        ("required_document", "required_documents"), ("cost_option", "cost_options"),
    ):  # fmt: skip
        for node in service.get(name, ()):
            put(table, node, service_id=identity)
    attributes = list(service["attributes"])
    for link in service["service_at_locations"]:
        location = link["location"]
        put("service_at_location", link, service_id=identity, location_id=location["id"])
        put("location", location)
        attributes += location.get("attributes", ())
        for node in location.get("addresses", ()):
            put("address", node, location_id=location["id"])
    for attribute in attributes:
        put("attribute", attribute)
        put("taxonomy_term", attribute["taxonomy_term"])
        put("taxonomy", attribute["taxonomy_term"]["taxonomy_detail"])


def datapackage(tables: list[str]) -> Node:
    """Tabular Data Package metadata for these tables: names, types, keys; written by us, after HSDS 3.0."""
    types = {"assured_date": "date", "opens_at": "time", "closes_at": "time"}
    return {
        "name": "human_services_data",
        "title": "Public directory of services, HSDS 3.0",
        "profile": "tabular-data-package",
        "resources": [
            {
                "name": table,
                "path": TABLES[table][0],
                "profile": "tabular-data-resource",
                "schema": {
                    "primaryKey": "id",
                    "fields": [
                        {"name": column, "type": "number" if column in _NUMBERS else types.get(column, "string")}
                        for column in TABLES[table][1]
                    ],
                    "foreignKeys": [
                        {"fields": column, "reference": {"resource": other, "fields": "id"}}
                        for column, other in _LINKS.get(table, {}).items()
                        if other in tables
                    ],
                },
            }
            for table in tables
        ],
    }


def is_identifier(text: str) -> bool:
    """Whether a text is a UUID, as every identifier of HSDS must be."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def main(argv: list[str], settings: Settings) -> int:
    """``python -m bot export TARGET``: a ``.json`` file, or a folder for the tabular package. 0 when written."""
    parser = argparse.ArgumentParser(prog="bot export", description="Write the public directory as HSDS 3.0.")
    parser.add_argument("target", type=Path, help="a file ending in .json, or a folder for CSV files")
    arguments = parser.parse_args(argv)
    return asyncio.run(_run(arguments.target, settings))


async def _run(target: Path, settings: Settings) -> int:
    engine = db.open_engine(db.url_of(settings))
    try:
        write = export_json if target.suffix == ".json" else export_tables
        count = await write(engine, settings, target)
    except db.DatabaseDown as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{target} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    finally:
        await engine.dispose()
    print(f"{count:,} public services written to {target}")
    return 0
