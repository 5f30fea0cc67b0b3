"""Helplines: which numbers may be shown now, in which country, for what (S-6, S-10, E-5).

Here belong the records of ``data/helplines.toml``, the checks on loading them, and the choice by clock and calendar. Never
here: sentences about them (catalogs hold those; a record carries at most the id of one), services of the directory.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from bot.countries import DATA
from flows.facts import COUNTRIES, SETTLING, Helpline, Hours, Purpose, Tri

Operator = Literal["police", "civil", "migration"]

#: Ids of the reviewed notes that records may carry; the catalogs hold a text for each.
NOTES: tuple[str, ...] = (
    "helpline.note.bogota",  # answers in Bogotá only, or first
    "helpline.note.geolocates",  # sees automatically where the call comes from
    "helpline.note.instead",  # stands in: nothing else is valid, open or known for what was asked
    "helpline.note.mexico_city",  # works in Mexico City only
    "helpline.note.migration_reports",  # also takes reports about people without papers, or their transport
    "helpline.note.old",  # past its date, shown only because there is no other emergency number
    "helpline.note.option1",  # press 1
    "helpline.note.option5",  # press 5
    "helpline.note.option6",  # press 6
    "helpline.note.press2_spanish",  # press 2 for Spanish
    "helpline.note.shares_with_police",  # may pass on what it hears to the police
    "helpline.note.text_start",  # text the word START
)

HELPLINES = DATA / "helplines.toml"
"""What the program brings along: candidates that nobody has dialled. Deployments confirm numbers in a copy (``HELPLINES_FILE``)."""

#: Numbers that must never be shown as help, as digits, by country ("" = any). The tip line of the US Department of Homeland
#: Security circulates as an "anti-trafficking" line; Chile's 134 is the PDI, which also does migration control.
BLOCKED: frozenset[tuple[str, str]] = frozenset({("", "8663472423"), ("CL", "134")})

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOW = re.compile(r"(?P<first>[A-Z][a-z]{2})(?:-(?P<last>[A-Z][a-z]{2}))? (?P<opens>\d\d:\d\d)-(?P<closes>\d\d:\d\d)")


class HelplineError(ValueError):
    """A record that may not be loaded. The message names the file, the record and what to do."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number as the file has it; the head of ``data/helplines.toml`` says what each field means."""

    country: str
    purpose: Purpose
    number: str
    operator: Operator
    name: str = ""
    run_by: str = ""
    text_to: str = ""
    hours: str = ""
    zone: str = ""
    cost: Literal["", "free", "normal"] = ""
    languages: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    source: str
    seen_on: date
    page_year: int = 0
    expires_on: date
    status: Literal["unconfirmed", "confirmed"]
    verified_on: date | None = None
    verified_by: str = ""
    second_checker: str = ""
    note: str = ""
    card: bool = False


class HelplineBook:
    """The helplines of the fourteen countries. Implements ``flows.facts.Helplines``."""

    def __init__(self, records: Iterable[tuple[Record, Hours | None]], *, due_days: int = 180, stale_days: int = 365) -> None:
        """``due_days`` after its check a confirmed number counts as unconfirmed again; ``stale_days`` after it was checked
        (or only seen) it expires, whatever its own date says."""
        self._due, self._stale = timedelta(days=due_days), timedelta(days=stale_days)
        self._by: dict[tuple[str, str], list[tuple[Record, Hours | None]]] = {}
        for record, hours in records:
            self._by.setdefault((record.country, record.purpose), []).append((record, hours))

    @classmethod
    def load(cls, path: Path = HELPLINES, *, due_days: int = 180, stale_days: int = 365) -> HelplineBook:
        """The book of a file. Raises ``HelplineError`` for the first record that may not be shown to anybody."""
        try:
            raw = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise HelplineError(
                f"{path}: cannot be read ({type(error).__name__}). Name a readable copy of data/helplines.toml."
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise HelplineError(f"{path}: not readable as TOML: {error}. Correct the line that it names.") from error
        lines = raw.get("line", [])
        book = cls(
            (_checked(path, number, entry) for number, entry in enumerate(lines, 1)),
            due_days=due_days,
            stale_days=stale_days,
        )
        for country in COUNTRIES:
            if not any(r.operator != "migration" for r, _ in book._by.get((country, "emergency"), ())):
                raise HelplineError(f"{path}: {country} has no emergency number. Add one, with source and date.")
        return book

    def lines(self, country: str, purposes: tuple[Purpose, ...], now: float) -> list[Helpline]:
        """Numbers that may be shown in ``country`` at ``now`` (seconds since 1970), in the order of ``purposes``.

        Several purposes give the best number for each; one purpose alone gives all of its numbers, known open ones first.
        Where a purpose has no valid number, or only closed ones, the emergency line stands in, once, with the note
        ``helpline.note.instead``. A number past its date is never given, except the emergency number itself when there is no other:
        it comes as not confirmed, with ``helpline.note.old``. Lines of migration control are never given.
        Empty only for a country that is not covered.
        """
        moment = datetime.fromtimestamp(now, UTC)
        chosen: list[Helpline] = []
        for purpose in purposes:
            found = self._open(country, purpose, moment)
            if not found:
                emergency = self._emergency(country, moment)
                if purpose != "emergency":
                    emergency = [msgspec.structs.replace(line, note=line.note or "helpline.note.instead") for line in emergency[:1]]
                found = emergency
            for line in found if len(purposes) == 1 else found[:1]:
                if not any(_same_number(line, other) for other in chosen):
                    chosen.append(line)
        return chosen

    def _open(self, country: str, purpose: str, moment: datetime) -> list[Helpline]:
        """Valid numbers of one purpose: known open ones, then those of unknown hours; the latter alone only if none is closed."""
        known: list[Helpline] = []
        unknown: list[Helpline] = []
        closed = False
        for record, hours in self._by.get((country, purpose), ()):
            if record.operator == "migration" or self._expired(record, _day(moment, hours)):
                continue
            is_open = _is_open(hours, moment)
            if is_open is False:
                closed = True
            elif is_open:
                known.append(self._line(record, hours, True, moment))
            else:
                unknown.append(self._line(record, hours, None, moment))
        return known + unknown if known or not closed else []

    def _emergency(self, country: str, moment: datetime) -> list[Helpline]:
        """The general emergency number, whatever its date: silence would be worse than an old number (E-5)."""
        valid = self._open(country, "emergency", moment)
        if valid:
            return valid
        kept = [pair for pair in self._by.get((country, "emergency"), ()) if pair[0].operator != "migration"]
        return [
            msgspec.structs.replace(
                self._line(record, hours, _is_open(hours, moment), moment), confirmed=False, note="helpline.note.old"
            )
            for record, hours in kept[:1]
        ]

    def _line(self, record: Record, hours: Hours | None, is_open: Tri, moment: datetime) -> Helpline:
        checked = record.verified_on
        return Helpline(
            country=record.country,
            purpose=record.purpose,
            number=record.number,
            name=record.name,
            operator=record.operator,
            text_to=record.text_to,
            hours=hours,
            open_now=is_open,
            confirmed=record.status == "confirmed" and checked is not None and _day(moment, hours) <= checked + self._due,
            note=record.note,
        )

    def _expired(self, record: Record, today: date) -> bool:
        return today > min(record.expires_on, (record.verified_on or record.seen_on) + self._stale)

    def everywhere(self) -> list[tuple[str, tuple[str, ...]]]:
        """Emergency number -> countries, the number of most countries first, then in the order of ``COUNTRIES``.

        Where another record carries ``card`` (an ambulance with a number of its own) it follows after a slash: "190/192".
        """
        countries: dict[str, list[str]] = {}
        for country in COUNTRIES:
            first = next((r.number for r, _ in self._by.get((country, "emergency"), ()) if r.operator != "migration"), "")
            more = [r.number for (code, _), rows in self._by.items() if code == country for r, _ in rows if r.card]
            if first:
                countries.setdefault("/".join(dict.fromkeys((first, *more))), []).append(country)
        ordered = sorted(countries.items(), key=lambda pair: -len(pair[1]))
        return [(number, tuple(codes)) for number, codes in ordered]

    def unconfirmed(self, countries: Iterable[str], today: date) -> dict[str, list[str]]:
        """Country -> its numbers that could be shown on that day though no two roles have confirmed them in time.

        Asks for every number, whatever it is for: which one a card shows depends on the hour, and each may stand in a crisis card.
        Numbers that are never shown (past their date, or of migration control) need no check; but the emergency number and those
        with ``card`` are shown even when they are old, so they do. A country without any emergency number has the entry "none".
        """
        found: dict[str, list[str]] = {}
        for country in countries:
            rows = [r for (code, _), some in self._by.items() if code == country for r, _ in some if r.operator != "migration"]
            first = next((r for r in rows if r.purpose == "emergency"), None)
            missing = [] if first else ["none"]
            for record in rows:
                expired = self._expired(record, today)
                if expired and record is not first and not record.card:
                    continue
                checked = record.verified_on if record.status == "confirmed" else None
                if expired or checked is None or today > checked + self._due:
                    missing += [record.number, *([record.text_to] if record.text_to else [])]
            if missing:
                found[country] = list(dict.fromkeys(missing))
        return found

    def records(self) -> list[Record]:
        """Every record, in the order of the file; for exports and for the people who check numbers."""
        return [record for rows in self._by.values() for record, _ in rows]


def _checked(path: Path, number: int, entry: Mapping[str, Any]) -> tuple[Record, Hours | None]:
    """One record of the file, or ``HelplineError``."""
    where = f"{path}, record {number} ({entry.get('country', '?')} {entry.get('purpose', '?')} {entry.get('number', '?')})"
    try:
        record = msgspec.convert(dict(entry), Record)
    except msgspec.ValidationError as error:
        raise HelplineError(f"{where}: {error}. Correct that field; the head of the file explains each.") from error
    problem = _problem(record)
    if problem:
        raise HelplineError(f"{where}: {problem}")
    try:
        hours = _hours(record)
    except ValueError as error:
        raise HelplineError(f"{where}: {error}") from error
    return record, hours


def _problem(record: Record) -> str:
    """What forbids a record, as a sentence; "" for nothing."""
    if record.country not in COUNTRIES:
        return f"country {record.country!r} is not one of the fourteen. Use one of {', '.join(COUNTRIES)}."
    if not re.fullmatch(r"[*+(]?[0-9][0-9 ()-]*", record.number):
        return f"number {record.number!r} cannot be dialled. Use digits, spaces and dashes, with * or + in front at most."
    for dialled in (record.number, record.text_to):
        digits = re.sub(r"\D", "", dialled)
        if any(
            country in ("", record.country) and digits.endswith(bad) and len(digits) - len(bad) in (0, 1, 3)
            for country, bad in BLOCKED
        ):
            return f"{dialled} is on the list of numbers that must never be shown as help (S-6). Remove the record."
    if not record.source.strip():
        return "there is no source. Say where the number was read; without it nobody can check it (S-10)."
    if record.expires_on <= record.seen_on:
        return "it expires before it was seen. Correct `expires_on` or `seen_on`."
    if record.note and record.note not in NOTES:
        return f"note {record.note!r} is not one of bot.helplines.NOTES. Add it there and to the catalogs, or leave it out."
    if problem := _settling_problem(record):
        return problem
    if record.status == "confirmed":
        if record.verified_on is None or not record.verified_by.strip() or not record.second_checker.strip():
            return "it is `confirmed` without `verified_on`, `verified_by` and `second_checker`. Two roles must check it (S-10)."
        if record.verified_by.strip() == record.second_checker.strip():
            return "`verified_by` and `second_checker` are the same. Two different roles must have checked it (S-10)."
        if record.verified_on < record.seen_on:
            return "it was verified before it was seen. Correct `verified_on` or `seen_on`."
    elif record.verified_on or record.verified_by or record.second_checker:
        return (
            'it has a check but is `unconfirmed`. Set `status = "confirmed"` once both roles have checked it, or remove the check.'
        )
    return ""


def _settling_problem(record: Record) -> str:
    """What forbids a record as somebody who settles a matter (C-10), or as somebody who does not; "" for nothing."""
    if record.purpose not in SETTLING:
        return "`name` is shown for " + ", ".join(SETTLING) + " only. Use `run_by`." if record.name else ""
    if not record.name.strip():
        return f"a record for {record.purpose} needs the `name` of the institution: people are sent to it by that name (C-10)."
    if record.operator != "civil":
        return f"nobody is sent to the {record.operator} with a matter that is out of scope (C-10). Remove the record."
    if record.hours not in ("", "always"):
        return "hours would hide who settles it whenever they are closed. Leave `hours` out."
    return ""


def _hours(record: Record) -> Hours | None:
    """The hours of a record; None when they are not known. Raises ``ValueError`` with a sentence."""
    if not record.hours:
        return None
    if record.hours == "always":
        return Hours(zone=record.zone or "UTC", always=True)
    try:
        ZoneInfo(record.zone)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f'zone {record.zone!r} is not an IANA zone. Hours need one, such as "America/Santiago".') from error
    weekly: list[tuple[int, int, int]] = []
    for part in record.hours.split(","):
        window = _WINDOW.fullmatch(part.strip())
        if window is None or window["first"] not in _DAYS or (window["last"] or "Mon") not in _DAYS:
            raise ValueError(f'hours {part.strip()!r} are not like "Mon-Fri 08:00-24:00". Several windows are parted by commas.')
        first, last = _DAYS.index(window["first"]), _DAYS.index(window["last"] or window["first"])
        opens, closes = _minutes(window["opens"]), _minutes(window["closes"])
        if opens >= 1440 or closes > 1440 or opens == closes:
            raise ValueError(f"hours {part.strip()!r} are not two different times of a day. Use 00:00 to 24:00.")
        weekly += [
            (day % 7, opens, closes if closes > opens else closes + 1440)
            for day in range(first, last + 1 if last >= first else last + 8)
        ]
    return Hours(zone=record.zone, weekly=tuple(weekly))


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _is_open(hours: Hours | None, moment: datetime) -> Tri:
    """Whether somebody answers at that moment; None when the hours are not known."""
    if hours is None:
        return None
    if hours.always:
        return True
    local = moment.astimezone(ZoneInfo(hours.zone))
    minute = local.hour * 60 + local.minute
    today = local.weekday()
    return any(
        (day == today and opens <= minute < closes) or ((day + 1) % 7 == today and minute + 1440 < closes)
        for day, opens, closes in hours.weekly
    )


def _day(moment: datetime, hours: Hours | None) -> date:
    """The calendar day on which a record is judged: in its own zone where that is known."""
    return moment.astimezone(ZoneInfo(hours.zone)).date() if hours else moment.date()


def _same_number(a: Helpline, b: Helpline) -> bool:
    return a.number == b.number and a.country == b.country


PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
"""Every purpose, in the order of ``flows.facts``."""
