"""What is fixed about countries: how people write them, how they dial, which lies next to which. From ``data/countries.toml``.

Here belong the fourteen countries of the network, the names of those that are not covered, and the first-order divisions
(states, departments). Never here: places (``bot.places``), numbers to call (``bot.helplines``).
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

from babel import Locale

from bot.place_names import fold
from bot.place_spelling import Spellings
from flows.facts import COUNTRIES, LANGS, Lang

DATA = Path(__file__).parents[1] / "data"


class Country(NamedTuple):
    """One country of the network."""

    code: str
    prefixes: tuple[str, ...]
    """Digits with which its international numbers begin."""
    language: Lang
    """Language in which a first message is answered when nothing else is known."""
    neighbours: tuple[str, ...]
    """Countries of the network behind a land border, or the usual next stop, nearest first (S-7)."""
    zones: tuple[str, ...]
    """IANA time zones that people there live by, most people first."""


class _Countries(NamedTuple):
    by_code: dict[str, Country]
    prefixes: dict[str, str]
    names: dict[str, str]
    outside: dict[str, str]
    outside_towns: dict[str, str]


class Region(NamedTuple):
    """A first-order division: country, GeoNames' code and the name to show."""

    country: str
    code: str
    name: str


@cache
def _countries() -> _Countries:
    path = DATA / "countries.toml"
    raw = tomllib.loads(path.read_text("utf-8"))
    by_code: dict[str, Country] = {}
    prefixes = dict.fromkeys(raw["elsewhere"]["prefixes"], "")
    names: dict[str, str] = {}
    for code in COUNTRIES:
        if code not in raw:
            raise ValueError(f"{path}: [{code}] is missing; every country of flows.facts.COUNTRIES needs an entry")
        entry = raw[code]
        by_code[code] = Country(
            code, tuple(entry["prefixes"]), cast(Lang, entry["language"]), tuple(entry["neighbours"]), tuple(entry["zones"])
        )
        prefixes |= dict.fromkeys(entry["prefixes"], code)
        for name in entry["names"]:
            if names.setdefault(fold(name), code) != code:
                raise ValueError(f"{path}: [{code}] has the name {name!r}, which another country has already")
    outside = {fold(name): code for code, listed in raw["outside"].items() for name in listed}
    towns = {fold(name): code for code, line in raw["outside_towns"].items() for name in line.split(",")}
    return _Countries(by_code, prefixes, names, outside, towns)


@cache
def _world() -> dict[str, str]:
    """Every other country of the world in es, en and pt, for an honest "not covered". Built on first use."""
    own = _countries()
    world: dict[str, str] = {}
    for lang in LANGS:
        for code, name in Locale(lang).territories.items():
            key = fold(name)
            if len(code) == 2 and code.isalpha() and code not in COUNTRIES and key not in own.names and code != "ZZ":
                world.setdefault(key, code)
    return world


@cache
def _spellings() -> tuple[Spellings, dict[str, str]]:
    """Names of countries that may be misspelt, by how they sound; short ones and abbreviations are left out."""
    own = _countries()
    far = {name: code for name, code in _world().items() if code in own.outside.values()}
    names = {name: code for name, code in (far | own.names).items() if len(name) >= 4}
    return Spellings(names), names


def country_near(key: str, farthest: int = 1) -> str:
    """ISO code of the country whose misspelt name a folded text is ("venesuela", "guatemla"), so many slips away at most, or ""."""
    near, names = _spellings()
    for slips in range(farthest + 1):
        codes = {names[name] for name in near.away(key, slips) if slips == 0 or len(name) >= 7}
        if len(codes) == 1:
            return codes.pop()
    return ""


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


def country_of_prefix(e164: str) -> str:
    """The country that a telephone number points to, such as "+573001234567" -> "CO"; "" when it is none of the fourteen.

    A guess only, to be confirmed: people carry their numbers across borders (S-1). Reads at most the first four digits.
    """
    digits = e164.lstrip("+")[:4]
    if not (digits.isascii() and digits.isdigit()):
        return ""
    known = _countries().prefixes
    for length in range(len(digits), 0, -1):
        code = known.get(digits[:length])
        if code is not None:
            # "+1" and an area code we do not see whole is no reason to guess
            return "" if code == "US" and len(digits) < 4 else code
    return ""


def usual_language(country: str) -> Lang | None:
    """Language in which a person in that country is answered when nothing else is known; None for other countries."""
    known = _countries().by_code.get(country)
    return known.language if known else None


def neighbours(country: str) -> tuple[str, ...]:
    """Countries of the network that are the usual next stop, nearest first; empty for other countries."""
    known = _countries().by_code.get(country)
    return known.neighbours if known else ()


def zones(country: str) -> tuple[str, ...]:
    """IANA time zones that people in that country live by, most people first; UTC for other countries."""
    known = _countries().by_code.get(country)
    return known.zones if known else ("UTC",)


def country_named(key: str) -> str:
    """ISO code of the one of the fourteen that a folded name means, or ""."""
    return _countries().names.get(key, "")


def outside_named(key: str, *, whole_world: bool = False) -> str:
    """ISO code of a country that is not covered and that a folded name, or the name of a town in it, means; or ""."""
    found = _countries().outside.get(key, "")
    return found or (_world().get(key, "") if whole_world else "")


def outside_town(key: str) -> str:
    """ISO code of a country that is not covered and that has a large town of that folded name, or ""."""
    return _countries().outside_towns.get(key, "")
