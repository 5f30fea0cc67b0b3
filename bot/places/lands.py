"""Countries and their states as people write them: the fourteen, those that are not covered, first-order divisions.

Here belong their names and abbreviations, misspelt ones too. Never here: towns of the fourteen (``bot.places.homes``), what is
fixed about a country (``bot.countries``).
"""

from __future__ import annotations

import tomllib
from functools import cache
from typing import NamedTuple

from babel import Locale

from bot.countries import DATA, PATH, entries
from bot.places.spelling import Spellings
from bot.places.writing import fold
from flows.facts import COUNTRIES, LANGS, Place


class Region(NamedTuple):
    """A first-order division: country, GeoNames' code and the name to show."""

    country: str
    code: str
    name: str


class _Names(NamedTuple):
    """Folded name -> ISO code."""

    own: dict[str, str]
    outside: dict[str, str]
    outside_towns: dict[str, str]


@cache
def _names() -> _Names:
    raw = entries()
    own: dict[str, str] = {}
    for code in COUNTRIES:
        for name in raw[code]["names"]:
            if own.setdefault(fold(name), code) != code:
                raise ValueError(f"{PATH}: [{code}] has the name {name!r}, which another country has already")
    outside = {fold(name): code for code, listed in raw["outside"].items() for name in listed}
    towns = {fold(name): code for code, line in raw["outside_towns"].items() for name in line.split(",")}
    return _Names(own, outside, towns)


@cache
def _world() -> dict[str, str]:
    """Every other country of the world in es, en and pt, for an honest "not covered". Built on first use."""
    own = _names().own
    world: dict[str, str] = {}
    for lang in LANGS:
        for code, name in Locale(lang).territories.items():
            key = fold(name)
            if len(code) == 2 and code.isalpha() and code not in COUNTRIES and key not in own and code != "ZZ":
                world.setdefault(key, code)
    return world


@cache
def _spellings() -> tuple[Spellings, dict[str, str]]:
    """Names of countries that may be misspelt, by how they sound; short ones and abbreviations are left out."""
    listed = _names()
    far = {name: code for name, code in _world().items() if code in listed.outside.values()}
    names = {name: code for name, code in (far | listed.own).items() if len(name) >= 4}
    return Spellings(names), names


def country_named(key: str) -> str:
    """ISO code of the one of the fourteen that a folded name means, or ""."""
    return _names().own.get(key, "")


def country_near(key: str, farthest: int = 1) -> str:
    """ISO code of the country whose misspelt name a folded text is ("venesuela", "guatemla"), so many slips away at most, or ""."""
    near, names = _spellings()
    for slips in range(farthest + 1):
        codes = {names[name] for name in near.away(key, slips) if slips == 0 or len(name) >= 7}
        if len(codes) == 1:
            return codes.pop()
    return ""


def outside_named(key: str, *, whole_world: bool = False) -> str:
    """ISO code of a country that is not covered and that a folded name, or the name of a town in it, means; or ""."""
    found = _names().outside.get(key, "")
    return found or (_world().get(key, "") if whole_world else "")


def outside_town(key: str) -> str:
    """ISO code of a country that is not covered and that has a large town of that folded name, or ""."""
    return _names().outside_towns.get(key, "")


@cache
def regions() -> dict[str, dict[str, Region]]:
    """country -> GeoNames' code -> region."""
    return {country: {code: region for code, (region, _) in rows.items()} for country, rows in _regions().items()}


@cache
def region_names() -> dict[str, tuple[Region, ...]]:
    """Folded name or abbreviation -> regions that are written so ("amazonas": BR, CO, PE, VE)."""
    found: dict[str, tuple[Region, ...]] = {}
    for rows in _regions().values():
        for region, names in rows.values():
            for name in dict.fromkeys(map(fold, names)):
                found[name] = (*found.get(name, ()), region)
    return found


@cache
def _regions() -> dict[str, dict[str, tuple[Region, list[str]]]]:
    raw = tomllib.loads((DATA / "regions.toml").read_text("utf-8"))
    return {
        country: {code: (Region(country, code, names.partition("|")[0]), names.split("|")) for code, names in rows.items()}
        for country, rows in raw.items()
    }


def within_state(place: Place, state: Region) -> bool:
    """Whether a place lies in that division."""
    return place.country == state.country and place.region == state.name
