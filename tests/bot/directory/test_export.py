"""HSDS 3.0 out of the public directory: valid, stable, readable by our own importer, and without what is not public."""

from __future__ import annotations

import asyncio
import csv
import json
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import frictionless
import jsonschema
import pytest
import referencing
import referencing.jsonschema
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.directory import importing
from bot.directory.demo import load_demo, read_countries
from bot.directory.exporting import DAYS, TABLES, TERMS, export_json, export_tables, is_identifier, main
from bot.directory.importing.candidate import Candidate, Reason
from bot.directory.tables import FIELDS, HOWS, LEVELS
from bot.settings import Settings
from flows.facts import KINDS, READERS
from tests.bot.directory import world

HSDS = Path(__file__).parents[4] / "shared" / "data" / "hsds-3.0"
NOW = datetime(2026, 11, 21, 15, tzinfo=UTC).timestamp()
SETTINGS = Settings(_env_file=None)  # type: ignore[call-arg]

official = pytest.mark.skipif(not HSDS.is_dir(), reason="the HSDS schemas of ../shared/data are not beside this clone")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the export of the demo: ``services.json`` and the package in ``tables``."""
    folder = tmp_path_factory.mktemp("export")

    async def write() -> None:
        engine = db.open_engine(f"sqlite+aiosqlite:///{folder / 'demo.db'}")
        await db.create_all(engine)
        await load_demo(engine, today=date(2026, 11, 21))
        count = await export_json(engine, SETTINGS, folder / "services.json", now=NOW)
        assert count == await export_tables(engine, SETTINGS, folder / "tables", now=NOW) > 500
        await engine.dispose()

    asyncio.run(write())
    return folder


def services(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "services.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from nodes(part)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "tables" / TABLES[name][0]).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_shapes_of_a_full_service(written: Path) -> None:
    """What the official schemas demand, stated by hand. Mutation: leaving out ``status``; a free closing time."""
    seen: set[str] = set()
    ways = 0
    for service in services(written):
        assert {"id", "name", "status", "organization", "service_at_locations", "attributes"} <= set(service)
        assert service["status"] == "active" and service["alert"].startswith("DEMO")
        assert date.fromisoformat(service["assured_date"])
        assert all(is_identifier(node["id"]) for node in nodes(service))
        assert None not in [value for node in nodes(service) for value in node.values()]
        for schedule in service.get("schedules", ()):
            assert set(schedule["byday"].split(",")) <= set(DAYS) and isinstance(schedule["timezone"], float | int)
            assert all(len(schedule[at].split(":")) == 3 for at in ("opens_at", "closes_at"))
            assert schedule["opens_at"] != schedule["closes_at"], "round the clock ends at 23:59"
        for address in (a for link in service["service_at_locations"] for a in link["location"].get("addresses", ())):
            assert all(address[key] for key in ("address_1", "city", "state_province", "postal_code", "country", "address_type"))
        terms = [(node["taxonomy"], node["code"]) for node in nodes(service["attributes"]) if "taxonomy_detail" in node]
        seen |= {code for _, code in terms}
        if any(taxonomy == "rssn-complaint-channel" for taxonomy, _ in terms):
            ways += 1
            assert service["service_at_locations"] == [], "a way to complain is no place"
            continue
        assert any(taxonomy == "rssn-essential-package" and code in KINDS for taxonomy, code in terms)
    assert set(KINDS) <= seen and {"women", "lgbtiq", "free", "authority-police", "text-pt"} <= seen
    assert set(KINDS) <= set(TERMS) and ways > 20
    assert {f"how-{how}" for how in HOWS} | {f"read-by-{reader}" for reader in READERS} <= set(TERMS)


def test_tables_have_the_columns_of_the_specification_and_sound_links(written: Path) -> None:
    """Mutation: an extra column; a link to a row that is not there."""
    package = json.loads((written / "tables" / "datapackage.json").read_text(encoding="utf-8"))
    ids = {name: [row["id"] for row in table(written, name)] for name in (r["name"] for r in package["resources"])}
    assert {"service", "organization", "location", "service_at_location", "phone", "schedule", "taxonomy_term"} <= set(ids)
    for resource in package["resources"]:
        name = resource["name"]
        assert len(ids[name]) == len(set(ids[name])), name
        rows = table(written, name)
        assert tuple(rows[0]) == TABLES[name][1]
        assert [field["name"] for field in resource["schema"]["fields"]] == list(TABLES[name][1])
        for link in resource["schema"]["foreignKeys"]:
            known = set(ids[link["reference"]["resource"]])
            assert {row[link["fields"]] for row in rows} <= known, (name, link)
    assert len(ids["service"]) == len(services(written))


async def test_identifiers_are_the_same_every_time(written: Path, tmp_path: Path) -> None:
    """Mutation: uuid4."""
    engine = db.open_engine(f"sqlite+aiosqlite:///{tmp_path / 'again.db'}")
    await db.create_all(engine)
    await load_demo(engine, today=date(2026, 11, 21))
    await export_json(engine, SETTINGS, tmp_path / "again.json", now=NOW)
    await engine.dispose()
    assert (tmp_path / "again.json").read_bytes() == (written / "services.json").read_bytes()


@pytest.mark.parametrize("form", ["services.json", "tables"])
def test_our_importer_reads_it_back(written: Path, form: str) -> None:
    """JSON and tabular give the same candidates; hours, terms and points survive. Mutation: reading closes_at as written."""
    report = importing.Report(form)
    judged = list(importing.candidates(written / form, None, report, format="hsds", today=date(2026, 11, 21)))
    taken = [one for one in judged if isinstance(one, Candidate)]
    assert len(judged) == len(services(written))
    assert set(report.held) <= {Reason.NO_WAY}, "numbers of the demo cannot ring: what is nothing else is held back"
    by_name = {(one.country, one.name): one for one in taken}
    clinic = by_name["CO", next(row.name for row in _row("CO", "Cúcuta") if row.offer == "family_health")]
    assert clinic.kinds == ("health", "mhpss") and clinic.free is True and clinic.papers is False and clinic.wheelchair is True
    assert clinic.people == {"women": True, "men": True, "children": True, "disabilities": True}
    assert clinic.hours is not None and clinic.hours.zone == "America/Bogota"
    assert clinic.hours.weekly == tuple((day, 420, 1140) for day in range(6))
    assert clinic.municipality == "Cúcuta" and clinic.organisation == "Fundación Demo Aurora"
    line = next(one for one in taken if one.remote and one.country == "CL" and one.kinds == ("mhpss",))
    assert line.hours is not None and line.hours.always and line.lat is None
    assert any(one.hours and one.hours.weekly and one.hours.weekly[0][1:] == (1080, 1800) for one in taken), "past midnight"
    assert {one.authority for one in taken} == {"", "police", "migration", "informs"}


def _row(country: str, town: str) -> list[Any]:
    found = next(one for one in read_countries() if one.country == country)
    return next(one.services for one in found.towns if one.name == town)


# --- what must not be there ------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-2")
async def test_nothing_that_is_not_public_is_in_the_bytes(engine: AsyncEngine, tmp_path: Path) -> None:
    """No discreet id, name, phone or point, for any mix of levels of entries and fields.

    Mutation: reading names from the table instead of the snapshot; exporting ``on_request``.
    """
    chance = random.Random(5)
    secrets: list[str] = []
    entries = []
    for number in range(100, 160):
        level = LEVELS[number % 4]
        lat = 4 + number / 100 + 0.0007
        audiences = {field: chance.choice([None, None, *LEVELS]) for field in FIELDS}
        approved = number % 9 != 0
        entry = {"audience": level, "point": (lat, -74.0), "verified_on": date(2026, 11, 1)}
        entry |= {f"audience_{field}": audience for field, audience in audiences.items()}
        if not approved:
            entry["approved_by"] = None
        entries.append(world.rows(number, **entry))
        values = {
            "name": f"name-{number}", "organisation": f"organisation-{number}", "address": f"address-{number}",
            "municipality": f"municipality-{number}", "phones": f"phone-{number}", "email": f"email-{number}",
            "url": f"url-{number}", "texts": f"text-{number}", "point": f"{lat:.4f}",
        }  # fmt: skip
        if level != "public" or not approved:
            secrets += [*values.values(), str(world.entry_id(number)), str(world.key_of(number))]
        else:
            secrets += [value for field, value in values.items() if audiences[field] not in (None, "public")]
    await world.write(engine, *entries)
    await export_json(engine, SETTINGS, tmp_path / "out.json", now=NOW)
    await export_tables(engine, SETTINGS, tmp_path / "out", now=NOW)
    everything = b"".join(path.read_bytes() for path in [tmp_path / "out.json", *(tmp_path / "out").iterdir()])
    assert b'"id"' in everything and len(secrets) > 100
    for secret in secrets:
        assert secret.encode() not in everything, secret
    assert len(json.loads((tmp_path / "out.json").read_bytes())) == sum(n % 4 == 0 and n % 9 != 0 for n in range(100, 160))


@pytest.mark.requirement("S-2")
def test_nothing_discreet_of_the_demo_is_in_the_bytes(written: Path) -> None:
    """Mutation: reading the tables in ``exporting`` instead of the public snapshot."""
    everything = b"".join(path.read_bytes() for path in [written / "services.json", *(written / "tables").iterdir()])
    for country in read_countries():
        for town in country.towns:
            for row in town.services:
                if row.level != "public":
                    assert row.name.encode() not in everything and row.phone.encode() not in everything
                    assert json.dumps(row.name).encode() not in everything
                    assert row.at is None or f"{row.at[0]},{row.at[1]}".encode() not in everything


async def test_an_empty_directory_gives_an_empty_list(engine: AsyncEngine, tmp_path: Path) -> None:
    assert await export_json(engine, SETTINGS, tmp_path / "none.json") == 0
    assert json.loads((tmp_path / "none.json").read_bytes()) == []
    assert await export_tables(engine, SETTINGS, tmp_path / "none") == 0


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(_env_file=None, var_dir=tmp_path)  # type: ignore[call-arg]
    assert main([str(tmp_path / "out.json")], settings) == 1
    assert "migrate" in capsys.readouterr().err


# --- the official schemas --------------------------------------------------------------------------------------------


@official
def test_json_validates_against_the_21_schemas(written: Path) -> None:
    schemas = {path.name: json.loads(path.read_bytes()) for path in (HSDS / "schema").glob("*.json") if path.stem != "openapi"}
    assert len(schemas) == 21
    registry: Any = referencing.Registry().with_resources(
        (name, referencing.Resource(contents=schema, specification=referencing.jsonschema.DRAFT202012))
        for name, schema in schemas.items()
    )
    validator = jsonschema.Draft202012Validator(
        {"$ref": "service.json"}, registry=registry, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    for service in services(written):
        validator.validate(service)
    bad = {**services(written)[0], "status": "open"}
    assert not validator.is_valid(bad), "the validator does look"


@official
def test_tables_validate_against_the_official_package(written: Path, tmp_path: Path) -> None:
    folder = tmp_path / "package"
    shutil.copytree(written / "tables", folder)
    ours = {resource["name"] for resource in json.loads((folder / "datapackage.json").read_bytes())["resources"]}
    package = json.loads((HSDS / "datapackage.json").read_bytes())
    package["resources"] = [resource for resource in package["resources"] if resource["name"] in ours]
    for resource in package["resources"]:
        links = resource["schema"].get("foreignKeys", [])
        resource["schema"]["foreignKeys"] = [link for link in links if link["reference"]["resource"] in ours]
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])[:5]


def test_tables_validate_against_our_own_package(written: Path) -> None:
    report = frictionless.validate(str(written / "tables" / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])[:5]


@official
@pytest.mark.parametrize(
    "name", ["service_full.json", "organization_full.json", "service_at_location_full.json", "tabular.json", "csv"]
)
def test_the_official_examples_are_read(name: str) -> None:
    """Their only service lies at latitude 100: it is read, and held back for that alone."""
    report = importing.Report(name)
    list(importing.candidates(HSDS / "examples" / name, None, report, format="hsds", today=date(2004, 1, 1)))
    assert report.read == 1 and [reason.name for reason in report.held] == ["IMPOSSIBLE"]
