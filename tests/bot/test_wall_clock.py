"""Which zone somebody lives by, and what time it is there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.countries import zones
from bot.directory.hours import zone
from bot.places import Gazetteer
from bot.wall_clock import time_in, zones_at
from flows.facts import COUNTRIES


@pytest.fixture(scope="module")
def places() -> Gazetteer:
    return Gazetteer.load()


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_has_zones_that_exist(country: str) -> None:
    """Mutation: a zone with a typing mistake in data/countries.toml."""
    assert zones(country)
    for name in zones(country):
        assert zone(name).key == name


@pytest.mark.parametrize(
    ("country", "town", "expected"),
    [("MX", "tijuana", "America/Tijuana"), ("BR", "boa vista", "America/Boa_Vista"), ("US", "el paso", "America/Denver")],
)
def test_a_named_place_says_the_zone(places: Gazetteer, country: str, town: str, expected: str) -> None:
    """Mutation: the country's first zone whatever the place is."""
    place = places.named(town, country).places[0]
    assert zones_at(places, country, place.id) == (expected,)


def test_without_a_place_of_that_country_all_its_zones_are_to_choose_from(places: Gazetteer) -> None:
    """Mutation: the zone of a place in another country, which the person left."""
    abroad = places.named("cucuta", "CO").places[0].id
    assert zones_at(places, "MX", 0) == zones_at(places, "MX", abroad) == zones("MX")
    assert zones_at(places, "CO", 0) == ("America/Bogota",)


def test_the_hour_there_follows_the_change_of_clocks() -> None:
    """Mutation: a fixed offset from UTC."""
    winter, summer = datetime(2027, 1, 15, 17, 5, tzinfo=UTC).timestamp(), datetime(2027, 7, 15, 17, 5, tzinfo=UTC).timestamp()
    assert time_in("America/New_York", winter) == (12, 5)
    assert time_in("America/New_York", summer) == (13, 5)
    with pytest.raises(ValueError, match="IANA"):
        time_in("America/Nowhere", winter)
