"""What is fixed about countries: how they dial, what they speak, which lies next to which. From ``data/countries.toml``.

Here belong the fourteen countries of the network. Never here: how people write them, their states and their places
(``bot.places``), numbers to call (``bot.helplines``).
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from flows.facts import COUNTRIES, Lang

DATA = Path(__file__).parents[1] / "data"
PATH = DATA / "countries.toml"


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


@cache
def entries() -> dict[str, Any]:
    """``data/countries.toml`` as it is written."""
    raw = tomllib.loads(PATH.read_text("utf-8"))
    for code in COUNTRIES:
        if code not in raw:
            raise ValueError(f"{PATH}: [{code}] is missing; every country of flows.facts.COUNTRIES needs an entry")
    return raw


@cache
def _countries() -> _Countries:
    raw = entries()
    by_code: dict[str, Country] = {}
    prefixes = dict.fromkeys(raw["elsewhere"]["prefixes"], "")
    for code in COUNTRIES:
        entry = raw[code]
        by_code[code] = Country(
            code, tuple(entry["prefixes"]), cast(Lang, entry["language"]), tuple(entry["neighbours"]), tuple(entry["zones"])
        )
        prefixes |= dict.fromkeys(entry["prefixes"], code)
    return _Countries(by_code, prefixes)


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


def served(named: str) -> tuple[str, ...]:
    """Countries of the setting ``COUNTRIES``, in the network's order; all of them where it names none."""
    codes = [code.strip().upper() for code in named.split(",")]
    return tuple(code for code in COUNTRIES if code in codes) or COUNTRIES
