"""Public holidays that the program brings along: dated lists of ``data/holidays.toml``, and how far a list reaches.

Here belong the file's shape and checks. Never here: what a holiday does to a shift (``duty``), tables, other days off.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from bot.countries import DATA
from flows.facts import COUNTRIES

HOLIDAYS = DATA / "holidays.toml"


class HolidayError(ValueError):
    """A list that may not be loaded. The message names the file, the country and what to do."""


class Day(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One holiday; ``name`` is for whoever checks the list."""

    day: date
    name: str


class HolidayList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The list of one country as the file has it; the head of ``data/holidays.toml`` says what each field means."""

    code: str
    source: str
    until: date
    status: Literal["unconfirmed", "confirmed"]
    days: tuple[Day, ...]


def load(path: Path = HOLIDAYS) -> dict[str, HolidayList]:
    """Country -> its list. Raises ``HolidayError``."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise HolidayError(f"{path}: cannot be read ({type(error).__name__}). Name a readable list of holidays.") from None
    except tomllib.TOMLDecodeError as error:
        raise HolidayError(f"{path}: not readable as TOML: {error}. Correct the line that it names.") from error
    lists: dict[str, HolidayList] = {}
    for entry in raw.get("country", []):
        found = _checked(path, entry)
        if found.code in lists:
            raise HolidayError(f"{path}: {found.code} is there twice. Keep one of the two.")
        lists[found.code] = found
    return lists


def _checked(path: Path, entry: Any) -> HolidayList:
    where = f"{path}, {entry.get('code', '?') if isinstance(entry, Mapping) else '?'}"
    try:
        found = msgspec.convert(entry, HolidayList)
    except msgspec.ValidationError as error:
        raise HolidayError(f"{where}: {error}. Correct that field; the head of the file explains each.") from error
    if found.code not in COUNTRIES:
        raise HolidayError(f"{where}: not one of the fourteen countries. Use one of {', '.join(COUNTRIES)}.")
    if not found.source.strip():
        raise HolidayError(f"{where}: there is no source. Say what the list rests on.")
    days = [each.day for each in found.days]
    if not days or days != sorted(set(days)):
        raise HolidayError(f"{where}: the days must stand in order, each once, and at least one.")
    if days[-1] > found.until:
        raise HolidayError(f"{where}: {days[-1]} lies after `until`. Correct one of the two.")
    return found


def reaches(days: Iterable[tuple[str, date, bool]], country: str) -> date | None:
    """The last listed day of a country among (country, day, whether people work); None: it has no list."""
    return max((day for code, day, _ in days if code == country), default=None)
