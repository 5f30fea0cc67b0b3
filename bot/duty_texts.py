"""Duty-to-report texts: which of the reviewed sentences are said in a country, and until when (D-2).

Here belong the records of ``data/duty_to_report.toml``, the checks on loading them and what they allow on a day. Never here:
the sentences (catalogs hold those, as ``duty.variant.<id>``), what follows from a missing text (``flows``), legal advice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from bot.countries import DATA
from flows.facts import COUNTRIES, DutyText

if TYPE_CHECKING:
    from bot.settings import Settings

DUTY_TEXTS = DATA / "duty_to_report.toml"
"""What the program brings along: candidates that nobody confirmed. Deployments confirm them in a copy (``DUTY_TEXTS_FILE``)."""

VARIANTS: Final[tuple[str, ...]] = (
    "children.everyone",
    "children.workers",
    "violence.health",
    "violence.everyone",
    "officials",
    "danger",
)
"""Everything that can be said; the head of ``data/duty_to_report.toml`` tells what each means."""

_MOST_VARIANTS = 4
_LONGEST = timedelta(days=366)
"""A record is looked at again within a year."""
_SOON = timedelta(days=30)


class DutyTextError(ValueError):
    """A record that may not be loaded. The message names the file, the record and what to do."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One country as the file has it; the head of ``data/duty_to_report.toml`` says what each field means."""

    country: str
    variants: tuple[str, ...]
    laws: tuple[str, ...]
    source: str
    checked_on: date
    expires_on: date
    status: Literal["unconfirmed", "confirmed"]
    confirmed_by: tuple[str, ...] = ()


class DutyTextBook:
    """The duty to report of the fourteen countries."""

    def __init__(self, records: Iterable[Record], *, live: bool) -> None:
        """``live``: only confirmed records count."""
        self._by = {record.country: record for record in records}
        self._live = live

    @classmethod
    def load(cls, path: Path = DUTY_TEXTS, *, live: bool) -> DutyTextBook:
        """The book of a file. Raises ``DutyTextError`` for the first record that may not be shown to anybody."""
        try:
            raw = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise DutyTextError(
                f"{path}: cannot be read ({type(error).__name__}). Name a readable copy of data/duty_to_report.toml."
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise DutyTextError(f"{path}: not readable as TOML: {error}. Correct the line that it names.") from error
        listed = raw.get("country", [])
        if not isinstance(listed, list) or any(not isinstance(entry, dict) for entry in listed):
            raise DutyTextError(f"{path}: each country is a table [[country]]. Write it as in data/duty_to_report.toml.")
        records = [_checked(path, number, entry) for number, entry in enumerate(listed, 1)]
        for number, record in enumerate(records, 1):
            if any(record.country == other.country for other in records[: number - 1]):
                raise DutyTextError(f"{path}, record {number}: {record.country} is there already. Keep one of the two.")
        return cls(records, live=live)

    @classmethod
    def of(cls, settings: Settings) -> DutyTextBook:
        """The book that these settings name. Raises ``DutyTextError``."""
        return cls.load(settings.duty_texts_file or DUTY_TEXTS, live=settings.mode == "live")

    def text(self, country: str, now: float) -> DutyText | None:
        """What is said in ``country`` at ``now`` (seconds since 1970).

        None where nothing may be said: no record, past its last day (of UTC, which ends before that of our countries), or not
        confirmed in a live deployment. Then people get the stricter general text and no box for a note.
        """
        record = self._by.get(country)
        if record is None or self._fault(record, datetime.fromtimestamp(now, UTC).date()):
            return None
        return DutyText(country=country, variants=record.variants, confirmed=record.status == "confirmed")

    def _fault(self, record: Record | None, today: date) -> str:
        """Why a record is not shown on that day, as the end of a sentence; "" when it is."""
        if record is None:
            return "has no record"
        if today > record.expires_on:
            return f"has expired on {record.expires_on}"
        if today < record.checked_on:
            return f"is dated {record.checked_on}, which is still to come"
        if self._live and record.status != "confirmed":
            return "is not confirmed"
        return ""

    def faults(self, countries: Iterable[str], today: date) -> list[str]:
        """For the doctor: a sentence for each of these countries (none given: all) whose text is not shown, or soon no longer."""
        said = []
        asked = frozenset(countries)
        for country in (code for code in COUNTRIES if not asked or code in asked):
            record = self._by.get(country)
            if fault := self._fault(record, today):
                said.append(
                    f"The duty to report of {country} {fault}: people there get the stricter general text and no box for a note. "
                    "Have a local lawyer and a second role confirm it in the copy that DUTY_TEXTS_FILE names."
                )
            elif record is not None and today > record.expires_on - _SOON:
                said.append(
                    f"The duty to report of {country} is shown until {record.expires_on} only: have it confirmed anew before that."
                )
        return said

    def records(self) -> list[Record]:
        """Every record, in the order of the file; for the people who confirm them."""
        return list(self._by.values())


def _checked(path: Path, number: int, entry: Mapping[str, Any]) -> Record:
    """One record of the file, or ``DutyTextError``."""
    where = f"{path}, record {number} ({entry.get('country', '?')})"
    try:
        record = msgspec.convert(dict(entry), Record)
    except msgspec.ValidationError as error:
        raise DutyTextError(f"{where}: {error}. Correct that field; the head of the file explains each.") from error
    if problem := _problem(record):
        raise DutyTextError(f"{where}: {problem}")
    return record


def _problem(record: Record) -> str:
    """What forbids a record, as a sentence; "" for nothing."""
    if record.country not in COUNTRIES:
        return f"country {record.country!r} is not one of the fourteen. Use one of {', '.join(COUNTRIES)}."
    if not 1 <= len(record.variants) <= _MOST_VARIANTS or len(set(record.variants)) < len(record.variants):
        return f"it needs one to {_MOST_VARIANTS} different variants, so that it can be said in one message."
    if strange := [variant for variant in record.variants if variant not in VARIANTS]:
        return f"variant {strange[0]!r} has no sentence in the catalogs. Use those of {', '.join(VARIANTS)}."
    if {"children.everyone", "children.workers"} <= set(record.variants):
        return "children.everyone says more than children.workers. Keep the one that is true."
    if not record.laws or not all(law.strip() for law in record.laws):
        return "it names no law. Say what it rests on; without that nobody can confirm it."
    if not record.source.strip():
        return "there is no source. Say where it was read; without it nobody can check it."
    if not record.checked_on < record.expires_on <= record.checked_on + _LONGEST:
        return "`expires_on` must lie after `checked_on`, by a year at most, so that it is looked at again."
    roles = [" ".join(role.split()).casefold() for role in record.confirmed_by]
    if record.status == "confirmed":
        if len(roles) < 2 or len(set(roles)) < 2 or not all(roles):
            return "it is `confirmed` without two different roles in `confirmed_by`. A lawyer and a second role must confirm it."
        if any("@" in role for role in roles):
            return "`confirmed_by` names roles, not people's addresses."
    elif roles:
        return 'it has `confirmed_by` but is `unconfirmed`. Set `status = "confirmed"` once both have confirmed it, or remove them.'
    return ""
