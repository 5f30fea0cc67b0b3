"""What somebody types into a form of the roster: to rows, or to what is wrong with each field.

Here belong the checks of one shift, one dated change, one holiday. Pure. Never here: the roster file (``reading``), the tables
(``planning``), sentences (each fault is a code; the page has the words).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from bot.directory.hours import zone
from bot.roster.duty import Change, Weekly, instant
from bot.roster.snapshot import Member
from bot.roster.tables import DUTIES

Fault = Literal["account", "duty", "role", "days", "clock", "zone", "area", "day", "order", "long", "past", "same", "clash"]
"""``account``: none of those that may be planned here. ``role``: the account may not do this duty. ``order``: the end is not
after the beginning. ``long``: longer than a year. ``same``: the roster has it already. ``clash``: away and on duty at once."""
FAULTS: Final[tuple[Fault, ...]] = (
    "account", "duty", "role", "days", "clock", "zone", "area", "day", "order", "long", "past", "same", "clash",
)  # fmt: skip
LONGEST_AREA: Final = 60
LONGEST: Final = timedelta(days=366)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:00)?\Z")


class Faulty(ValueError):
    """Nothing was changed. ``faults``: name of a field -> what is wrong with it."""

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        super().__init__("the form has faults: " + ", ".join(sorted(faults)))
        self.faults = dict(faults)


class ShiftDraft(NamedTuple):
    """A weekly shift as it was typed; the fields are those of the form."""

    account: str
    """Id of the account, in hex."""
    duty: str
    days: tuple[str, ...]
    """"0" for Monday to "6"."""
    opens: str
    """Times of the day as ``HH:MM``. An end that is not after the beginning lies on the next day; the same time is 24 hours."""
    closes: str
    zone: str
    area: str = ""
    valid_from: str = ""
    """Days as ``YYYY-MM-DD``; empty: no limit."""
    valid_until: str = ""


class ChangeDraft(NamedTuple):
    """Somebody is away, or on duty in addition, as it was typed."""

    what: Literal["off", "extra"]
    account: str
    zone: str
    begins_day: str
    ends_day: str = ""
    """Empty: the day on which it begins; for an ``extra`` whose end is not after its beginning, the next one."""
    begins_clock: str = ""
    """Of an absence both may be empty: whole days, the last one too."""
    ends_clock: str = ""
    duty: str = ""
    """Only for ``extra``."""


def shifts(draft: ShiftDraft, country: str, members: Mapping[str, Member], ids: Iterable[uuid.UUID] = ()) -> list[Weekly]:
    """One row for each day. ``members``: who may be planned, by id in hex. ``ids``: of the rows, where they exist already.

    Raises Faulty."""
    faults: dict[str, Fault] = {}
    member = _member(draft.account, draft.duty, country, members, faults)
    days = sorted({int(day) for day in draft.days if day in "0123456" and len(day) == 1})
    if not days or len(days) < len(draft.days):
        faults["days"] = "days"
    opens, closes = _minutes("opens", draft.opens, faults), _minutes("closes", draft.closes, faults)
    if closes <= opens:
        closes += 1440
    _zone(draft.zone, faults)
    if len(draft.area) > LONGEST_AREA:
        faults["area"] = "area"
    since, until = _day("valid_from", draft.valid_from, faults), _day("valid_until", draft.valid_until, faults)
    if since and until and until < since:
        faults["valid_until"] = "order"
    if member is None or faults:
        raise Faulty(faults)
    known = iter(ids)
    return [
        Weekly(
            next(known, None) or uuid.uuid4(), member.id, country, draft.duty, day, opens, closes, draft.zone,
            since, until, draft.area,
        )
        for day in days
    ]  # fmt: skip


def change(draft: ChangeDraft, country: str, members: Mapping[str, Member], now: datetime, id: uuid.UUID | None = None) -> Change:
    """The row. ``country`` is that of an ``extra``; an absence holds everywhere. Raises Faulty."""
    faults: dict[str, Fault] = {}
    extra = draft.what == "extra"
    member = _member(draft.account, draft.duty if extra else None, country, members, faults)
    _zone(draft.zone, faults)
    first = _day("begins_day", draft.begins_day, faults)
    last = _day("ends_day", draft.ends_day, faults) or first
    if first is None:
        faults.setdefault("begins_day", "day")
    opens = _minutes("begins_clock", draft.begins_clock, faults) if extra or draft.begins_clock else 0
    closes = _minutes("ends_clock", draft.ends_clock, faults) if extra or draft.ends_clock else 1440
    if member is None or first is None or last is None or faults:
        raise Faulty(faults)
    if extra and not draft.ends_day and closes <= opens:
        last += timedelta(days=1)
    begins, ends = instant(draft.zone, first, opens), instant(draft.zone, last, closes)
    end = "ends_clock" if last == first and draft.ends_clock else "ends_day"
    if ends <= begins:
        raise Faulty({end: "order"})
    if ends - begins > LONGEST:
        raise Faulty({end: "long"})
    if ends <= now:
        raise Faulty({end: "past"})
    return Change(id or uuid.uuid4(), member.id, draft.what, begins, ends, country if extra else "", draft.duty if extra else "")


def day_of(typed: str, now: datetime) -> date:
    """The day of a holiday: not before yesterday, so that in no time zone a running day is refused. Raises Faulty."""
    faults: dict[str, Fault] = {}
    found = _day("day", typed, faults)
    if found is None or faults:
        raise Faulty(faults or {"day": "day"})
    if found < (now.astimezone(UTC) - timedelta(days=1)).date():
        raise Faulty({"day": "past"})
    return found


def plannable(members: Iterable[Member], country: str) -> dict[str, Member]:
    """Id in hex -> those of these accounts that can have a duty in a country, in the order given."""
    return {
        member.id.hex: member
        for member in members
        if any(not member._replace(has_key=True).lacks(each, country) for each in DUTIES)
    }


def clashing(new: Change, there: Iterable[Change]) -> Change | None:
    """What the roster says to the contrary: away while on duty in addition, or the other way round."""
    other = "off" if new.what == "extra" else "extra"
    return next(
        (
            each
            for each in there
            if each.staff_id == new.staff_id
            and each.what == other
            and each.begins_at < new.ends_at
            and new.begins_at < each.ends_at
        ),
        None,
    )


def repeated(new: Weekly, there: Iterable[Weekly]) -> bool:
    """Whether the roster has this shift already, under another id."""
    return any(each.id != new.id and each[1:] == new[1:] for each in there)


# --- one field -------------------------------------------------------------------------------------------------------


def _member(account: str, duty: str | None, country: str, members: Mapping[str, Member], faults: dict[str, Fault]) -> Member | None:
    member = members.get(account)
    if member is None:
        faults["account"] = "account"
    if duty is not None and duty not in DUTIES:
        faults["duty"] = "duty"
    elif duty is not None and member is not None and member._replace(has_key=True).lacks(duty, country):
        faults["duty"] = "role"
    return member


def _minutes(field: str, typed: str, faults: dict[str, Fault]) -> int:
    found = _CLOCK.match(typed)
    if found is None:
        faults[field] = "clock"
        return 0
    return int(found[1]) * 60 + int(found[2])


def _day(field: str, typed: str, faults: dict[str, Fault]) -> date | None:
    if not typed:
        return None
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        faults[field] = "day"
        return None
    if not 2000 <= found.year <= 2100:
        faults[field] = "day"
        return None
    return found


def _zone(name: str, faults: dict[str, Fault]) -> None:
    try:
        zone(name)
    except ValueError:
        faults["zone"] = "zone"
