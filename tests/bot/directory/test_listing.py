"""The directory as the desk sees it: what is there for whom, what is absent, what words find, what may be told."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.directory.listing import PAGE, SHOWN, Listed, Place, countries, listing, read
from bot.directory.tables import LEVELS, Location, Organization, Schedule, ServiceAtLocation
from bot.settings import Settings
from bot.staff.roles import Actor
from bot.staff.tables import ROLES
from flows.facts import COUNTRIES, Hours, Phone
from tests.bot.directory.world import NOW, TODAY, any_entry, key_of, rows, write
from tests.bot.staff.world import actor

AT: Final = datetime.fromtimestamp(NOW, UTC)
WORKER: Final = actor("case_manager")


async def listed(engine: AsyncEngine, settings: Settings, somebody: Actor = WORKER, country: str = "CO", **asked: Any) -> Listed:
    found = await listing(engine, somebody, settings, AT, country, **asked)
    assert found is not None
    return found


async def numbers(engine: AsyncEngine, settings: Settings, words: str) -> list[int]:
    """Numbers of the entries that these words find."""
    found = await listed(engine, settings, words=words)
    assert found.total == len(found.places)
    return sorted(number for number in range(20) for place in found.places if place.key == key_of(number))


def entry_of(made: list[Any]) -> dict[str, Any]:
    return next(row for row in made if isinstance(row, ServiceAtLocation)).model_dump()


def marks(place: Place) -> str:
    return repr(place)


@pytest.mark.requirement("S-2")
@pytest.mark.parametrize("role", ROLES)
async def test_every_level_for_every_role_in_every_country(engine: AsyncEngine, settings: Settings, role: str) -> None:
    """What is hidden, not approved, held back or given up is absent, not counted; another country is like none at all. Mutation:
    leaving out ``VIEW.entry()``, the country, the status or the question who may see a country."""
    made, seen = [], {"CO": set[int](), "PE": set[int]()}
    for country in ("CO", "PE", "CL"):
        for level in LEVELS:
            for said in ({}, {"approved_by": None}, {"held_back": "wrong-country"}, {"status": "defunct"}, {"status": "inactive"}):
                number = len(made)
                made.append(rows(number, country=country, audience=level, **said))
                if not said and level != "hidden" and country in seen:
                    seen[country].add(key_of(number))
    await write(engine, *made)
    somebody = actor(role, countries=("CO", "PE"))
    for country, keys in seen.items():
        found = await listed(engine, settings, somebody, country)
        assert {place.key for place in found.places} == keys
        assert found.total == len(keys) == 3
        assert {place.level for place in found.places} == {"public", "on_request", "members"}
        assert {place.country for place in found.places} == {country}
    for country in ("CL", "ZZ", ""):
        assert await listing(engine, somebody, settings, AT, country) is None
    everywhere = await listing(engine, actor(role, countries=()), settings, AT, "CL")
    assert (everywhere is not None) is (role == "administrator")


@pytest.mark.requirement("S-2")
async def test_no_value_of_a_field_that_the_desk_may_not_see(engine: AsyncEngine, settings: Settings) -> None:
    """Entries with fields of any level: each mark is there exactly where the field's level, and those that would give it away,
    allow it; and no word finds what is not there. Mutation: a column without ``view.column``, a child without ``view.shows``, a
    search in what is stored instead of in what is shown, a region beside a municipality that is kept back."""
    chance = random.Random(20)
    made = {number: any_entry(chance, number) for number in range(60)}
    for number, one in made.items():
        next(row for row in one if isinstance(row, Location)).region = f"region-{number}"
    await write(engine, *made.values())
    kept = {"name": "name", "organisation": "organisation", "municipality": "municipality", "address": "address", "phones": "phone"}
    words = {"name": ("name", "short"), "organisation": ("organisation",), "municipality": ("municipality", "region")}
    looked = 0
    for country in ("CO", "VE"):
        somebody = actor("case_manager", countries=(country,))
        first = await listed(engine, settings, somebody, country)
        found = [
            place
            for page in range(first.pages)
            for place in (await listed(engine, settings, somebody, country, page=page + 1)).places
        ]
        assert len(found) == first.total
        by_key = {place.key: place for place in found}
        for number, one in made.items():
            entry = entry_of(one)
            if entry["key"] not in by_key:
                assert not re.search(rf"-{number}\b", "".join(map(marks, found)))
                continue
            place = by_key[entry["key"]]
            shows = {field: _shows(entry, field) for field in (*SHOWN, "email", "url")}
            for field, mark in kept.items():
                there = shows[field] and not (field == "address" and entry["discreet"])
                assert (f"{mark}-{number}" in marks(place)) is there, (number, field)
            assert bool(place.texts) is shows["texts"]
            assert place.hours is None or shows["hours"]
            assert f"email-{number}" not in marks(place) and f"url-{number}" not in marks(place)
            for field, each in words.items():
                for mark in each:
                    again = await listed(engine, settings, somebody, country, words=f"{mark} {number}")
                    assert (place.key in {other.key for other in again.places}) is shows[field], (number, mark)
            looked += 1
    assert looked > 20


def _shows(entry: dict[str, Any], field: str) -> bool:
    """Written down apart from the program: no level of its own or of what would give it away is narrower than members."""
    if (own := entry[f"audience_{field}"]) is not None:
        return own != "hidden"
    with_it = {
        "name": ["organisation"], "address": ["point"], "email": ["name", "organisation"], "url": ["name", "organisation"],
        "texts": ["name", "organisation", "address", "point", "municipality", "phones", "email", "url", "hours"],
    }.get(field, [])  # fmt: skip
    return all(entry[f"audience_{other}"] != "hidden" for other in with_it)


@pytest.mark.requirement("S-2")
async def test_what_was_hidden_meanwhile_is_gone(engine: AsyncEngine, settings: Settings) -> None:
    """Between the list of keys and the reading of a page. Mutation: ``read`` that trusts the keys."""
    await write(engine, rows(1), rows(2, audience="hidden"), rows(3, approved_by=None))
    async with engine.connect() as connection:
        found = await read(connection, [key_of(number) for number in (3, 2, 1)], TODAY, settings)
    assert [place.key for place in found] == [key_of(1)]


@pytest.mark.requirement("S-2")
async def test_what_may_be_told_and_what_stays_on_the_desk(engine: AsyncEngine, settings: Settings) -> None:
    """A place for members, and a members' number of a public place, are for the desk only. Mutation: asking for the entry's level
    alone; ``on_request`` taken for what stays here."""
    await write(
        engine,
        rows(1),
        rows(2, audience="on_request"),
        rows(3, audience="members"),
        rows(4, audience_phones="members"),
        rows(5, audience_phones="on_request"),
        rows(6, audience="on_request", audience_organisation="members"),
        rows(7, audience_phones="members", audience_texts="public"),
    )
    found = {place.key: place for place in (await listed(engine, settings)).places}
    assert {number: found[key_of(number)].may_be_told for number in range(1, 8)} == {number: number != 3 for number in range(1, 8)}
    assert {number: set(found[key_of(number)].desk_only) for number in (1, 2, 4, 5, 6, 7)} == {
        1: set(), 2: set(), 4: {"phones", "texts"}, 5: set(), 6: {"name", "organisation", "texts"}, 7: {"phones"},
    }  # fmt: skip
    assert found[key_of(4)].phones and found[key_of(4)].texts


@pytest.mark.requirement("S-4")
async def test_what_is_too_old_is_not_among_what_may_be_told(engine: AsyncEngine, settings: Settings) -> None:
    """Labelled after the first limit or on the day of a promised review, gone after the second, when the activity has ended, and
    where nobody ever checked. Mutation: either limit a day off; what nobody checked; ``expires_on`` or ``review_on`` forgotten."""
    due, stale = settings.service_due_days, settings.service_stale_days
    ages = {1: 0, 2: due - 1, 3: due, 4: stale - 1, 5: stale, 6: stale + 100}
    await write(
        engine,
        *(rows(number, verified_on=TODAY - timedelta(days=age)) for number, age in ages.items()),
        rows(7, verified_on=None),
        rows(8, review_on=TODAY),
        rows(9, review_on=TODAY + timedelta(days=1)),
        rows(10, expires_on=TODAY),
        rows(11, expires_on=TODAY - timedelta(days=1)),
        rows(12, status="temporarily closed"),
    )
    found = await listed(engine, settings)
    by_key = {place.key: place for place in found.places}
    labels = {number: by_key[key_of(number)].due for number in range(1, 13) if key_of(number) in by_key}
    assert labels == {1: False, 2: False, 3: True, 4: True, 8: True, 9: False, 10: False, 12: False}
    assert found.total == len(labels) and not any(place.too_old or place.ended_on for place in found.places)
    assert [number for number in labels if by_key[key_of(number)].closed] == [12]
    assert by_key[key_of(3)].checked_on == TODAY - timedelta(days=due)


async def test_words_are_found_whatever_their_accents_and_capitals(engine: AsyncEngine, settings: Settings) -> None:
    """All of them, wherever each of them is. Mutation: one word enough; a comparison of letters as they are written; words that
    were nothing but marks taken for no words."""
    await write(
        engine,
        rows(1, name="Clínica São José", municipality="Bogotá"),
        rows(2, name="CLINICA ÑANDÚ", municipality="Medellín", region="Antioquia"),
        rows(3, name="Oficina", short_name="Ofi Rocío", municipality="Cúcuta"),
    )
    for words, expected in {
        "clinica": [1, 2], "CLÍNICA": [1, 2], "clinica bogota": [1], "bogotá  CLÍ": [1], "nandu": [2], "antióquia": [2],
        "rocio": [3], "organisation-3": [3], "clinica cucuta": [], "%": [], "_": [], "العيادة": [], "": [1, 2, 3], "  ": [1, 2, 3],
        "sao jose " + "x" * 200: [],
    }.items():  # fmt: skip
        assert await numbers(engine, settings, words) == expected, words


async def test_one_kind_of_help(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: an entry's first kind asked alone; a kind that does not exist hiding everything."""
    await write(engine, rows(1, kinds=("health", "legal")), rows(2, kinds=("alternative-care",)), rows(3, kinds=()))
    for kind, expected in {
        "health": {1},
        "alternative-care": {2},
        "legal": {1},
        "safety": set(),
        "care": {1, 2, 3},
        "": {1, 2, 3},
    }.items():
        found = await listed(engine, settings, kind=kind)
        assert {place.key for place in found.places} == {key_of(number) for number in expected}, kind
    assert (await listed(engine, settings, kind="legal")).places[0].kinds == ("health", "legal")


async def test_pages_in_the_order_of_municipality_and_name(engine: AsyncEngine, settings: Settings) -> None:
    """Each entry once, as people sort, and how many there are. Mutation: the order of the database, where Á stands after Z; a
    page that begins one too late; what is beyond the end as an empty page."""
    towns = ["Ábrego", "abejorral", "Zipaquirá", "Bogotá"]
    made = [rows(number, municipality=towns[number % 4], name=f"n{number:02}") for number in range(PAGE * 2 + 5)]
    await write(engine, *random.Random(3).sample(made, len(made)))
    pages = [await listed(engine, settings, page=page) for page in (1, 2, 3, 4, 99)]
    assert [len(page.places) for page in pages] == [PAGE, PAGE, 5, 5, 5]
    assert [page.page for page in pages] == [1, 2, 3, 3, 3] and {page.total for page in pages} == {45}
    assert {page.pages for page in pages} == {3} and pages[2].places == pages[3].places
    shown = [(place.municipality, place.name) for page in pages[:3] for place in page.places]
    order = ["abejorral", "Ábrego", "Bogotá", "Zipaquirá"]
    assert shown == sorted(shown, key=lambda place: (order.index(place[0]), place[1])) and len(set(shown)) == 45
    assert await listed(engine, settings, page=0) == await listed(engine, settings, page=-7) == pages[0]


@pytest.mark.requirement("S-5", "S-6")
async def test_a_row_says_what_is_known_and_no_more(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: not known taken for no; the numbers of another place of the service; hours in the zone of the reader; a text in
    another language than the original's; the mark of an authority forgotten."""
    await write(
        engine,
        rows(
            1,
            kinds=("legal", "health"),
            weekly=[((0, 1), 480, 720), ((4,), 1320, 1800)],
            texts={"pt": "em português", "es": "en español"},
            free=True,
            papers=False,
            languages=("es", "wayuu"),
            people={"women": True, "men": False},
            min_age=12,
            authority="informs",
        ),
        rows(2, audience="members", sensitive=True, discreet=True, address=None, point=None, texts={}, always=True),
    )
    one, two = sorted((await listed(engine, settings)).places, key=lambda place: place.name)
    assert (one.name, one.organisation, one.municipality, one.address) == (
        "name-1",
        "organisation-1",
        "municipality-1",
        "address-1",
    )
    assert one.phones == (Phone(number="+57-phone-1", shown="phone-1"),)
    assert one.hours == Hours(zone="America/Bogota", weekly=((0, 480, 720), (1, 480, 720), (4, 1320, 1800)))
    assert (one.free, one.papers, one.kinds, one.languages) == (True, False, ("health", "legal"), ("es", "wayuu"))
    assert (one.people, one.min_age, one.max_age, one.authority) == ({"women": True, "men": False}, 12, None, "informs")
    assert (one.text("es"), one.text("en")) == (("es", "en español"), ("pt", "em português"))
    assert (two.free, two.papers, two.people, two.authority, two.address, two.text("es")) == (None, None, {}, "", "", ("", ""))
    assert two.hours == Hours(zone="America/Bogota", always=True)


async def test_a_number_or_hours_of_one_place_stay_there(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: ``belongs`` that looks at the service only."""
    first, second = rows(1), rows(2, weekly=[((0,), 480, 720)])
    for row in second:
        if hasattr(row, "service_id"):
            row.service_id = first[1].id
    of_its_own = (Organization, Location, ServiceAtLocation, Schedule)
    await write(engine, first, [row for row in second if isinstance(row, of_its_own)])
    found = {place.key: place for place in (await listed(engine, settings)).places}
    here, there = found[key_of(1)], found[key_of(2)]
    assert here.hours is None and there.hours is not None and len(here.phones) == len(there.phones) == 1


def test_countries_to_choose_from(settings: Settings) -> None:
    """Mutation: a country that this deployment does not serve; none taken for all."""
    one = settings.model_copy(update={"countries": "pe, co"})
    assert countries(actor("member", countries=("VE", "PE", "CO")), one) == ("PE", "CO")
    assert countries(actor("member", countries=("VE",)), one) == countries(actor("member", countries=()), one) == ()
    assert countries(actor("administrator", countries=()), one) == ("CO", "PE")
    assert countries(actor("administrator", countries=()), settings) == COUNTRIES
