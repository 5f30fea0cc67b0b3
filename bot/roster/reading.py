"""A roster file: TOML text to rows, or every fault in it as a sentence with its line.

Here belong the file's shape and checks. Never here: the database, whether somebody is on duty. A file looks like this::

    [[shift]]                           # every week; ends on the next day where ``to`` is not after ``from``
    staff = "case-manager-co-1"
    country = "CO"
    duty = "primary"                    # or backup, supervisor, child
    days = ["mon-fri"]
    from = "20:00"
    to = "08:00"
    zone = "America/Bogota"
    valid_until = 2027-06-30            # may be left out, as valid_from and area may

    [[off]]                             # away; dates are whole days, also the last
    staff = "case-manager-co-1"
    from = 2026-12-24
    to = 2026-12-26
    zone = "America/Bogota"

    [[extra]]                           # on duty in addition, also on a holiday
    staff = "case-manager-co-2"
    country = "CO"
    duty = "primary"
    from = 2026-12-25T08:00:00-05:00
    to = 2026-12-25T14:00:00-05:00

    [[holiday]]                         # works = true: a holiday on which the shifts hold
    country = "CO"
    day = 2026-12-31
"""

from __future__ import annotations

import re
import tomllib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from bot.directory.hours import zone
from bot.roster.duty import Change, Weekly, instant
from bot.roster.snapshot import ROLE_OF_DUTY, Member
from bot.roster.tables import DUTIES
from flows.facts import COUNTRIES

#: Rows of a file have ids made of what they say: loading the same file again changes nothing.
_NAMES: Final = uuid.UUID("6f1c3a52-8a0e-4b3b-9d53-3f0c7a1e7d10")
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")
_HEADER = re.compile(r"\s*\[\[\s*\"?(\w+)\"?\s*\]\]")
_MOST_FAULTS: Final = 20
_LONGEST = timedelta(days=366)


class RosterError(ValueError):
    """The roster was not taken in. The message is one sentence a line: which line or account, what is wrong, what to do."""


class Plan(NamedTuple):
    """What a roster file says."""

    shifts: tuple[Weekly, ...]
    changes: tuple[Change, ...]
    holidays: Mapping[tuple[str, date], bool]
    """(country, day) -> whether people work."""
    without_key: tuple[str, ...]
    """Accounts that are planned and have no key yet: they do not count until they have signed in for the first time."""


class _Shift(msgspec.Struct, forbid_unknown_fields=True):
    staff: str
    country: str
    duty: str
    days: list[str]
    zone: str
    opens: str = msgspec.field(name="from")
    closes: str = msgspec.field(name="to")
    area: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


class _Off(msgspec.Struct, forbid_unknown_fields=True):
    staff: str
    begins: Any = msgspec.field(name="from")
    ends: Any = msgspec.field(name="to", default=None)
    zone: str = ""


class _Extra(_Off, forbid_unknown_fields=True):
    country: str = ""
    duty: str = ""


class _Holiday(msgspec.Struct, forbid_unknown_fields=True):
    country: str
    day: date
    works: bool = False


_SHAPES: Final[dict[str, type[msgspec.Struct]]] = {"shift": _Shift, "off": _Off, "extra": _Extra, "holiday": _Holiday}


class _Fault(Exception):
    """What is wrong with the entry at hand, as a sentence."""


def read(text: str, members: Iterable[Member]) -> Plan:
    """The plan that a roster file lays down for these accounts. Raises ``RosterError`` with everything that is wrong."""
    known = {member.name: member for member in members}
    shifts: dict[uuid.UUID, Weekly] = {}
    changes: list[Change] = []
    holidays: dict[tuple[str, date], bool] = {}
    faults: list[str] = []
    for kind, where, entry in _entries(text):
        try:
            _take(kind, entry, known, shifts, changes, holidays)
        except _Fault as fault:
            faults.append(f"{where}: {fault}")
    faults += _contradictions(changes, known)
    if faults:
        more = [f"… and {len(faults) - _MOST_FAULTS} more."] if len(faults) > _MOST_FAULTS else []
        raise RosterError("\n".join([*faults[:_MOST_FAULTS], *more]))
    planned = {shift.staff_id for shift in shifts.values()} | {change.staff_id for change in changes}
    without_key = sorted(member.name for member in known.values() if member.id in planned and not member.has_key)
    return Plan(tuple(shifts.values()), tuple(changes), holidays, tuple(without_key))


def _entries(text: str) -> Iterator[tuple[str, str, Any]]:
    """Each entry with its kind and where it stands."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RosterError(f"The file is not readable as TOML: {error}. Correct that line.") from None
    strange = [name for name in raw if name not in _SHAPES]
    if strange:
        raise RosterError(
            f"The file has {strange[0]!r}, which is no part of a roster. It takes [[shift]], [[off]], [[extra]], [[holiday]]."
        )
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            lines.setdefault(header[1], []).append(number)
    for kind, entries in raw.items():
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise RosterError(f"{kind} must be written as [[{kind}]], with two brackets, once for each.")
        numbers = lines.get(kind, [])
        for place, entry in enumerate(entries):
            # Without a header a line (an inline table), the count has to do.
            where = f"line {numbers[place]}" if len(numbers) == len(entries) else f"entry {place + 1}"
            yield kind, f"{where} ([[{kind}]]{_of(entry)})", entry


def _of(entry: Mapping[str, Any]) -> str:
    name = entry.get("staff", entry.get("country", ""))
    return f" of {name}" if isinstance(name, str) and 0 < len(name) <= 40 else ""


def _take(
    kind: str,
    entry: Mapping[str, Any],
    known: Mapping[str, Member],
    shifts: dict[uuid.UUID, Weekly],
    changes: list[Change],
    holidays: dict[tuple[str, date], bool],
) -> None:
    try:
        said = msgspec.convert(entry, _SHAPES[kind])
    except msgspec.ValidationError as error:
        raise _Fault(f"{error}. Correct that field.") from None
    if isinstance(said, _Shift):
        for shift in _weekly(said, known):
            if shifts.setdefault(shift.id, shift) is not shift:
                raise _Fault("this shift is in the file already. Keep one of the two.")
    elif isinstance(said, _Off):
        change = _change(kind, said, known)
        if change in changes:
            raise _Fault("this is in the file already. Keep one of the two.")
        changes.append(change)
    elif isinstance(said, _Holiday):
        _country(said.country)
        if (said.country, said.day) in holidays:
            raise _Fault("this holiday is in the file already. Keep one of the two.")
        holidays[said.country, said.day] = said.works


# --- one entry -------------------------------------------------------------------------------------------------------


def _weekly(said: _Shift, known: Mapping[str, Member]) -> Iterator[Weekly]:
    member = _fit(known, said.staff, said.country, said.duty)
    _zone(said.zone)
    opens, closes = _minutes(said.opens), _minutes(said.closes, end=True)
    if closes <= opens:
        closes += 1440
    if len(said.area) > 60:
        raise _Fault("area takes at most 60 characters.")
    if said.valid_from and said.valid_until and said.valid_until < said.valid_from:
        raise _Fault("valid_until lies before valid_from. Correct one of the two.")
    days = [day for name in said.days for day in _days(name)]
    if not days or len(set(days)) < len(days):
        raise _Fault('days names the days of the week, each once, such as ["mon", "tue"] or ["mon-fri"].')
    for day in days:
        key = (member.name, said.country, said.duty, said.area, day, opens, closes, said.zone, said.valid_from, said.valid_until)
        yield Weekly(
            _named("shift", *key), member.id, said.country, said.duty, day, opens, closes, said.zone,
            said.valid_from, said.valid_until, said.area,
        )  # fmt: skip


def _change(kind: str, said: _Off, known: Mapping[str, Member]) -> Change:
    country, duty = (said.country, said.duty) if isinstance(said, _Extra) else ("", "")
    member = _fit(known, said.staff, country, duty) if kind == "extra" else _member(known, said.staff)
    begins = _moment(said.begins, said.zone, end=False)
    ends = _moment(said.begins if said.ends is None else said.ends, said.zone, end=True)
    if not begins < ends <= begins + _LONGEST:
        raise _Fault("to must lie after from, by a year at most.")
    return Change(_named(kind, member.name, begins, ends, country, duty), member.id, kind, begins, ends, country, duty)


def _member(known: Mapping[str, Member], name: str) -> Member:
    member = known.get(name)
    if member is None:
        raise _Fault("there is no account of that name. Load accounts first (python -m bot staff load), or correct the name.")
    if not member.active:
        raise _Fault("this account has left. Plan somebody else.")
    return member


def _fit(known: Mapping[str, Member], name: str, country: str, duty: str) -> Member:
    """The account, if it may do this duty there; that it has no key yet is no fault of the file."""
    _country(country)
    if duty not in DUTIES:
        raise _Fault(f"duty {duty!r} is none. Use one of {', '.join(DUTIES)}.")
    member = _member(known, name)
    why = member._replace(has_key=True).lacks(duty, country)
    if why == "country":
        raise _Fault(f"this account does not work for {country}. Change its countries, or plan somebody else.")
    if why:
        raise _Fault(f"duty {duty} needs an account with the role {ROLE_OF_DUTY[duty]}, and none that hears complaints.")
    return member


def _country(code: str) -> None:
    if code not in COUNTRIES:
        raise _Fault(f"country {code!r} is not one of the fourteen. Use one of {', '.join(COUNTRIES)}.")


def _zone(name: str) -> None:
    try:
        zone(name)
    except ValueError as error:
        raise _Fault(str(error)) from None
    if len(name) > 40:
        raise _Fault("zone takes at most 40 characters.")


def _minutes(clock: str, *, end: bool = False) -> int:
    if end and clock == "24:00":
        return 1440
    match = _CLOCK.match(clock)
    if match is None:
        raise _Fault(f'{clock!r} is no time of a day. Write it like "08:00"; an end may be "24:00".')
    return int(match[1]) * 60 + int(match[2])


def _days(name: str) -> Iterable[int]:
    first, dash, last = name.partition("-")
    if first not in _WEEK or (dash and last not in _WEEK):
        raise _Fault(f'{name!r} is no day. Use {", ".join(_WEEK)}, or two of them like "mon-fri".')
    begin, end = _WEEK.index(first), _WEEK.index(last or first)
    return ((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def _moment(given: Any, zone_name: str, *, end: bool) -> datetime:
    """An instant. A date is the whole day, also the last one."""
    if isinstance(given, datetime) and given.tzinfo is not None:
        return given.astimezone(UTC)
    if not isinstance(given, date):
        raise _Fault("from and to are dates or times without quotes, such as 2026-12-24 or 2026-12-24T08:00:00.")
    if not zone_name:
        raise _Fault('it needs a zone, such as zone = "America/Bogota", or times that carry their offset.')
    _zone(zone_name)
    if isinstance(given, datetime):
        return instant(zone_name, given.date(), given.hour * 60 + given.minute)
    return instant(zone_name, given, 1440 if end else 0)


def _contradictions(changes: Iterable[Change], known: Mapping[str, Member]) -> list[str]:
    names = {member.id: member.name for member in known.values()}
    kinds: Callable[[str], list[Change]] = lambda what: [change for change in changes if change.what == what]  # noqa: E731
    return [
        f"{names[extra.staff_id]} is both [[off]] and [[extra]] around {max(extra.begins_at, off.begins_at):%Y-%m-%d %H:%M} UTC. "
        "Decide which; away would win."
        for extra in kinds("extra")
        for off in kinds("off")
        if extra.staff_id == off.staff_id and extra.begins_at < off.ends_at and off.begins_at < extra.ends_at
    ]


def _named(*parts: object) -> uuid.UUID:
    return uuid.uuid5(_NAMES, "\x1f".join("" if part is None else str(part) for part in parts))
