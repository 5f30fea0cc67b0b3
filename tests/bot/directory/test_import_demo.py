"""The fictitious directory: invented, dialable by nobody, quiet, and whole in every country."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db, gsm7
from bot.directory import neutral, snapshot
from bot.directory.demo import FOLDER, Country, Row, is_demo_database, load_demo, read_countries, read_offers, shown
from bot.directory.snapshot import Snapshot
from bot.places import country_at
from bot.settings import Settings
from flows.facts import COUNTRIES, KINDS, LANGS, Query

DEMO = read_countries()
OFFERS, HOURS = read_offers()
NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)

ASKED_ABOUT = {
    "CO": "Cúcuta Necoclí Ipiales Maicao Bogotá Medellín", "MX": "Tapachula|Ciudad Juárez|Tijuana|Ciudad de México|Monterrey",
    "EC": "Tulcán Quito Guayaquil", "PE": "Tumbes Desaguadero Tacna Lima", "CL": "Arica Colchane Iquique Santiago",
    "BR": "Pacaraima|Boa Vista|Manaus|São Paulo", "VE": "San Cristóbal|San Antonio del Táchira",
    "GT": "Ciudad de Guatemala|Tecún Umán", "SV": "San Salvador|San Miguel", "HN": "Tegucigalpa|San Pedro Sula|Danlí",
    "CR": "San José|Paso Canoas", "DO": "Santo Domingo|Dajabón", "TT": "Port of Spain|Chaguanas",
    "US": "El Paso|Houston|Miami|New York",
}  # fmt: skip


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """What the public sees of the demo, loaded today."""

    async def make() -> Snapshot:
        engine = db.open_engine(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}")
        await db.create_all(engine)
        await load_demo(engine, today=NOW.date())
        made = await snapshot.build(engine, NOW.timestamp(), Settings(_env_file=None))  # type: ignore[call-arg]
        await engine.dispose()
        return made

    return asyncio.run(make())


def rows(country: Country, *levels: str) -> list[tuple[str, Row]]:
    return [(town.name, row) for town in country.towns for row in town.services if row.level in levels]


async def test_it_replaces_itself_and_is_known_as_a_demo(engine: AsyncEngine) -> None:
    """Mutation: not deleting the earlier rows."""
    count = await load_demo(engine)
    assert count == sum(len(town.services) for country in DEMO for town in country.towns)
    assert await load_demo(engine) == count
    assert "demo" in (await is_demo_database(engine) or "")


def test_every_country_has_all_kinds_levels_and_towns() -> None:
    assert {country.country for country in DEMO} == set(COUNTRIES)
    for country in DEMO:
        here = [row for town in country.towns for row in town.services]
        assert {row.level for row in here} == {"public", "on_request", "members", "hidden"}, country.country
        kinds = Counter(kind for row in here if row.level == "public" for kind in OFFERS[row.offer].kinds)
        assert all(kinds[kind] >= 2 for kind in KINDS), country.country
        towns = {town.name for town in country.towns}
        named = ASKED_ABOUT[country.country]
        assert set(named.split("|") if "|" in named else named.split()) <= towns, country.country
        hidden = [OFFERS[row.offer] for row in here if row.level == "hidden"]
        assert any(offer.sensitive and offer.people.get("lgbtiq") for offer in hidden)
        assert any(offer.sensitive and "safety" in offer.kinds for offer in hidden)
        assert any(row.status != "active" for row in here) and any(row.verified > 180 for row in here)
        assert any(90 < row.verified <= 180 for row in here) and any(row.audiences for row in here)
        assert {offer for row in here if (offer := row.offer).startswith("desk_")}
        assert any(OFFERS[row.offer].remote for row in here)
        assert any(row.only for row in here) and any(row.whatsapp for row in here)
        bodies = country.organisations
        assert all(body.complaints for body in bodies)
        assert any(channel.independent for body in bodies for channel in body.complaints)


def test_numbers_cannot_ring() -> None:
    """Mutation: one real-looking number in one file. Only 555-0100 to 555-0199 may be valid, and only in US and TT."""
    fiction = re.compile(r"\+1\d{3}55501\d\d")
    for country in DEMO:
        numbers = [row.phone for town in country.towns for row in town.services]
        numbers += [c.value for body in country.organisations for c in body.complaints if c.how in ("phone", "text")]
        assert numbers and all(number.startswith("+") for number in numbers)
        for number in numbers:
            if country.country in ("US", "TT"):
                assert fiction.fullmatch(number), number
            else:
                assert not phonenumbers.is_valid_number(phonenumbers.parse(number)), number
            assert len(shown(number, country.country)) >= 8


@pytest.mark.requirement("E-7")
def test_names_are_invented_neutral_and_short() -> None:
    """Mutation: calling one of them "Albergue Demo"."""
    for country in DEMO:
        names = [row.name for town in country.towns for row in town.services]
        assert len(names) == len(set(names)), country.country
        for name in names + [body.name for body in country.organisations]:
            assert "Demo" in name and not neutral.loud(name) and not neutral.offers_shelter(name), name
            short = neutral.short_name(name)
            assert short and len(short) <= 32 and gsm7.septets(gsm7.fold(short)) == len(short), name


def test_points_are_in_their_country_and_hours_in_real_zones() -> None:
    for country in DEMO:
        for town in country.towns:
            ZoneInfo(town.zone or country.zone)
            for row in town.services:
                offer = OFFERS[row.offer]
                assert not offer.hours or offer.hours in HOURS
                if row.at is None:
                    assert offer.remote or offer.sensitive, row.name
                else:
                    assert country_at(*row.at) == country.country, row.name
                    assert not (offer.sensitive and row.level != "public"), "what is discreet has no place"


def test_texts_are_in_three_languages_without_numbers() -> None:
    for name, offer in OFFERS.items():
        assert set(offer.texts) <= set(LANGS)
        assert name == "unknown" or set(offer.texts) == set(LANGS), name
        assert not any(re.search(r"\d", text) for text in offer.texts.values()), name


def test_each_town_gives_three_results_nearby_and_each_kind_two_in_the_country(public: Snapshot) -> None:
    """Mutation: hiding a point through an audience of the address; letting a town's clinic grow stale."""
    for country in DEMO:
        for town in country.towns:
            if not town.name:
                continue
            lat, lon = next(row.at for row in town.services if row.at)
            for kind in ("health", "mhpss", "legal"):
                found = public.search(Query(country=country.country, lat=lat, lon=lon, kinds=(kind,), limit=3))
                near = [one for one in found if one.km is not None and one.km <= 10]
                assert len(near) == 3, (town.name, kind)
                assert not all(one.offer.specialised for one in near)
        for kind in KINDS:
            assert len(public.search(Query(country=country.country, kinds=(kind,), limit=9))) >= 2, (country.country, kind)
        channels = public.complaint_channels(country.country)
        assert any(channel.independent for channel in channels) and all(channel.demo for channel in channels)


@pytest.mark.requirement("S-2")
def test_what_is_not_public_never_shows(public: Snapshot) -> None:
    """Mutation: loading every row with audience "public"."""
    held = public.encoded().decode("utf-8", "replace")
    for country in DEMO:
        for _, row in rows(country, "on_request", "members", "hidden"):
            assert row.name not in held and row.phone not in held, row.name
        for _, row in rows(country, "public"):
            gone = row.verified > 180 or row.status != "active"
            kept_back = row.audiences.get("phones", "public") != "public"
            assert (row.phone in held) == (not gone and not kept_back), row.name


def test_everything_shown_is_marked_and_varied(public: Snapshot) -> None:
    offers = [found.offer for country in COUNTRIES for found in public.search(Query(country=country, limit=10_000))]
    assert len(offers) > 500 and all(offer.demo for offer in offers)
    seen: defaultdict[str, set[object]] = defaultdict(set)
    for offer in offers:
        seen["check"].add(offer.check)
        seen["authority"].add(offer.authority)
        seen["hours"].add(None if offer.hours is None else offer.hours.always)
        seen["papers"].add(offer.papers)
        seen["free"].add(offer.free)
        seen["texts"].add(len(offer.texts))
        seen["address"].add(offer.address is None)
        seen["phones"].add(bool(offer.phones))
        seen["organisation"].add(bool(offer.organisation))
        seen["point"].add(offer.lat is None)
        seen["report_to"].add(offer.report_to is not None)
    assert seen["check"] == {"fresh", "due"} and seen["authority"] == {"", "police", "migration", "informs"}
    assert seen["hours"] == {None, True, False} and seen["papers"] == seen["free"] == {True, False, None}
    assert seen["texts"] >= {1, 3} and seen["address"] == seen["point"] == {True, False}
    assert seen["phones"] == seen["organisation"] == {True, False} and True in seen["report_to"]
    night = [offer for offer in offers if offer.hours and (offer.hours.always or any(c > 1440 for *_, c in offer.hours.weekly))]
    assert {offer.country for offer in night} == set(COUNTRIES)


def test_files_hold_no_stray_number_or_address() -> None:
    """Every e-mail and link of the demo is in the reserved domain."""
    for path in Path(FOLDER).glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        assert all(box.endswith(".example") for box in re.findall(r"[\w.]+@([\w.-]+)", text)), path.name
        assert all(host.endswith(".example") for host in re.findall(r"https?://([\w.-]+)", text)), path.name
    assert json.dumps(sorted(OFFERS))
