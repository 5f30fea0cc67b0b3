"""Somebody else's calendar into exceptions of one account: times away, or duties in addition.

Here belongs what of a calendar is understood. Whatever is not, is refused with a sentence that counts the event and does not
quote it: titles of a private calendar are nobody's business, and nothing of them is kept. Nothing is taken in by halves.
Never here: writing calendars (``ical``), weekly shifts, pages.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

import recurring_ical_events  # type: ignore[import-untyped]
from icalendar import Calendar
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.directory.hours import zone
from bot.roster.calendar_faults import CalendarError, Fault
from bot.roster.duty import Change, Time, clipped, instant, joined
from bot.roster.snapshot import Member
from bot.roster.tables import ShiftException

DAYS: Final = 92
"""How far ahead a calendar is taken in."""
MOST_BYTES: Final = 1_000_000
MOST_TIMES: Final = 1000
_MOST_FAULTS: Final = 20
_LONGEST_DUTY: Final = timedelta(hours=25)
"""A day on which the clocks are set back, as a calendar of ours writes it."""
_LONGEST_AWAY: Final = timedelta(days=366)
_NAMES: Final = uuid.UUID("0b9f9d0e-6f4c-4a57-8f55-0f7c0a4d5c21")

_REPEATS: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_RULE: Final = frozenset(
    {"FREQ", "UNTIL", "COUNT", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYYEARDAY", "BYWEEKNO", "WKST"}
)
_ONCE: Final = ("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "STATUS", "TRANSP")

_change: Any = ShiftException.__table__  # type: ignore[attr-defined]


class Purpose(NamedTuple):
    """What the events of a calendar mean."""

    what: str
    """``off`` or ``extra``."""
    country: str = ""
    duty: str = ""
    """Both only for ``extra``."""
    zone: str = ""
    """IANA zone of whole days and of times without one, where the calendar names none; empty: such events are refused."""


class _Wrong(Exception):
    """What is wrong with the event at hand: a code of ``calendar_faults`` without its ``event_``, and a field's name."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code)
        self.code, self.name = code, name


def read(data: bytes, member: Member, purpose: Purpose, now: datetime) -> list[Change]:
    """The exceptions that a calendar file means for this account, from ``now`` for ``DAYS``, as few spans as possible.

    Raises ``CalendarError`` with everything that is not understood.
    """
    _check_purpose(member, purpose)
    calendar = _calendar(data)
    purpose = purpose._replace(zone=str(calendar.get("x-wr-timezone", purpose.zone)))
    faults: list[Fault] = []
    wanted: list[Any] = []
    seen: set[str] = set()
    for number, event in enumerate(calendar.walk("VEVENT"), 1):
        try:
            if _checked(event, purpose, seen):
                wanted.append(event)
        except _Wrong as wrong:
            faults.append(Fault(f"event_{wrong.code}", number, wrong.name))
    if not faults and not wanted:
        faults.append(Fault("empty"))
    if faults:
        more = [Fault("more", len(faults) - _MOST_FAULTS)] if len(faults) > _MOST_FAULTS else []
        raise CalendarError(*faults[:_MOST_FAULTS], *more)
    until = now + timedelta(days=DAYS)
    times = [each for each in joined(_times(calendar, wanted, purpose, now, until)) if clipped([each], now, until)]
    return _changes(member, purpose, times)


def agreed(times: Iterable[Time], member: Member, purpose: Purpose, now: datetime) -> list[Change]:
    """The same exceptions from the spans that ``read`` found, as somebody agreed to them. Raises ``CalendarError``."""
    _check_purpose(member, purpose)
    until = now + timedelta(days=DAYS)
    spans = [each for each in joined(times) if clipped([each], now, until)]
    if len(spans) > MOST_TIMES or any(ends - begins > _LONGEST_AWAY for begins, ends in spans):
        raise CalendarError(Fault("over"))
    return _changes(member, purpose, spans)


def _changes(member: Member, purpose: Purpose, times: Iterable[Time]) -> list[Change]:
    return [
        Change(
            uuid.uuid5(_NAMES, "\x1f".join(map(str, (member.id, purpose.what, purpose.country, purpose.duty, begins, ends)))),
            member.id, purpose.what, begins, ends, purpose.country, purpose.duty,
        )
        for begins, ends in times
    ]  # fmt: skip


async def save(connection: AsyncConnection, member: Member, purpose: Purpose, changes: Iterable[Change], now: datetime) -> int:
    """Put these in the place of what an earlier calendar said of the same account and purpose from ``now`` on; how many.

    In the caller's transaction. Raises ``CalendarError`` where the account would be away and on duty at once.
    """
    changes = list(changes)
    mine = _change.c.staff_id == member.id
    same = (
        mine
        & (_change.c.origin == "calendar")
        & (_change.c.what == purpose.what)
        & (_change.c.country == purpose.country)
        & (_change.c.duty == purpose.duty)
    )
    await connection.execute(delete(_change).where(same, _change.c.ends_at > now))
    other = "off" if purpose.what == "extra" else "extra"
    asked = select(_change.c.begins_at, _change.c.ends_at).where(mine, _change.c.what == other, _change.c.ends_at > now)
    there = [(row.begins_at, row.ends_at) for row in await connection.execute(asked)]
    for change in changes:
        if clash := clipped(there, change.begins_at, change.ends_at):
            raise CalendarError(Fault("clash", name=member.name, when=f"{clash[0][0]:%Y-%m-%d %H:%M}"))
    kept = set((await connection.execute(select(_change.c.id).where(mine))).scalars())
    rows = [{**change._asdict(), "origin": "calendar"} for change in changes if change.id not in kept]
    if rows:
        await connection.execute(insert(_change), rows)
    return len(rows)


# --- the file --------------------------------------------------------------------------------------------------------


def _check_purpose(member: Member, purpose: Purpose) -> None:
    if purpose.zone:
        try:
            zone(purpose.zone)
        except ValueError as error:
            raise CalendarError(str(error)) from None
    if purpose.what not in ("off", "extra"):
        raise CalendarError("A calendar holds times away (off) or duties in addition (extra). Say which.")
    if purpose.what == "off" and (purpose.country or purpose.duty):
        raise CalendarError("Times away hold for every duty. Leave country and duty out.")
    if purpose.what == "extra" and (why := member._replace(has_key=True).lacks(purpose.duty, purpose.country)):
        what = "has left" if why == "left" else f"cannot do duty {purpose.duty or '(none)'} for {purpose.country or '(no country)'}"
        raise CalendarError(f"{member.name} {what}: see its roles and countries, or say another duty.")


def _calendar(data: bytes) -> Calendar:
    if len(data) > MOST_BYTES:
        raise CalendarError(Fault("size", MOST_BYTES // 1000))
    try:
        found = Calendar.from_ical(data, multiple=True)
    except Exception:  # the parser's own errors quote the line
        raise CalendarError(Fault("unreadable")) from None
    if len(found) != 1 or not isinstance(found[0], Calendar):
        raise CalendarError(Fault("several"))
    (calendar,) = found
    strange = sorted({part.name or "?" for part in calendar.walk()} - _PARTS)
    if strange:
        raise CalendarError(Fault("parts"))
    if calendar.errors:
        raise CalendarError(Fault("head"))
    if str(calendar.get("method", "PUBLISH")).upper() not in ("PUBLISH", "REQUEST"):
        raise CalendarError(Fault("method"))
    named = calendar.get("x-wr-timezone")
    if named is not None:
        try:
            zone(str(named))
        except ValueError:
            raise CalendarError(Fault("zone")) from None
    return calendar


_PARTS: Final = frozenset({"VCALENDAR", "VEVENT", "VALARM", "VTIMEZONE", "STANDARD", "DAYLIGHT"})


# --- one event -------------------------------------------------------------------------------------------------------


def _checked(event: Any, purpose: Purpose, seen: set[str]) -> bool:
    """Whether the event takes time; raises _Wrong where it is not understood."""
    if event.errors:
        raise _Wrong("field")
    for name in _ONCE:
        if isinstance(event.get(name), list):
            raise _Wrong("twice", name)
    uid = str(event.get("uid", ""))
    if not uid:
        raise _Wrong("uid")
    override = event.get("recurrence-id")
    if override is None and uid in seen:
        raise _Wrong("same_uid")
    if override is None:
        seen.add(uid)
    elif "RANGE" in override.params:
        raise _Wrong("range")
    status = str(event.get("status", "CONFIRMED")).upper()
    if status == "CANCELLED" or str(event.get("transp", "OPAQUE")).upper() == "TRANSPARENT":
        # A cancelled time of a series still has to be taken out of it.
        return override is not None
    if status != "CONFIRMED":
        raise _Wrong("tentative")
    _check_times(event, purpose)
    _check_rule(event)
    _check_dates(event)
    return True


def _check_times(event: Any, purpose: Purpose) -> None:
    start, end, length = event.get("dtstart"), event.get("dtend"), event.get("duration")
    if start is None or (end is not None and length is not None):
        raise _Wrong("times")
    begins = start.dt
    if not isinstance(begins, datetime):
        if purpose.what == "extra":
            raise _Wrong("days")
        if not purpose.zone:
            raise _Wrong("days_zone")
    _check_zone(start, purpose)
    if end is not None:
        _check_zone(end, purpose)
        if isinstance(end.dt, datetime) != isinstance(begins, datetime):
            raise _Wrong("mixed")
        if isinstance(begins, datetime) and (end.dt.tzinfo is None) != (begins.tzinfo is None):
            raise _Wrong("half_zone")
        lasts = end.dt - begins
    else:
        lasts = length.dt if length is not None else timedelta(days=not isinstance(begins, datetime))
    if lasts <= timedelta():
        raise _Wrong("order")
    if lasts > (_LONGEST_DUTY if purpose.what == "extra" else _LONGEST_AWAY):
        raise _Wrong("duty_long" if purpose.what == "extra" else "away_long")


def _check_zone(moment: Any, purpose: Purpose) -> None:
    if not isinstance(moment.dt, datetime) or moment.dt.tzinfo is not None:
        return
    if "TZID" in moment.params:
        raise _Wrong("zone")
    if not purpose.zone:
        raise _Wrong("no_zone")


def _check_rule(event: Any) -> None:
    if "EXRULE" in event:
        raise _Wrong("exrule")
    rule = event.get("rrule")
    if rule is None:
        return
    if set(rule) - _RULE or rule.get("FREQ", [""])[0] not in _REPEATS:
        raise _Wrong("rule")


def _check_dates(event: Any) -> None:
    """An exception that is misread would put somebody on duty who is not there."""
    for name in ("RDATE", "EXDATE"):
        given = event.get(name, [])
        for listed in given if isinstance(given, list) else [given]:
            for each in listed.dts:
                if isinstance(each.dt, tuple) or isinstance(each.dt, datetime) != isinstance(event["dtstart"].dt, datetime):
                    raise _Wrong("dates", name)
                if isinstance(each.dt, datetime) and (each.dt.tzinfo is None) != (event["dtstart"].dt.tzinfo is None):
                    raise _Wrong("dates_zone", name)


# --- when ------------------------------------------------------------------------------------------------------------


def _times(calendar: Calendar, wanted: list[Any], purpose: Purpose, now: datetime, until: datetime) -> Iterator[Time]:
    """Every time of these events that may lie between ``now`` and ``until``, in UTC."""
    alone = Calendar()
    for name in ("version", "prodid", "x-wr-timezone"):
        if name in calendar:
            alone[name] = calendar[name]
    for event in wanted:
        alone.add_component(event)
    day = timedelta(days=1)
    try:
        # A day more at both ends: days and times without a zone are placed here, not by the library.
        found = recurring_ical_events.of(alone).between(now - day, until + day)
    except Exception:
        raise CalendarError(Fault("repeats")) from None
    if len(found) > MOST_TIMES:
        raise CalendarError(Fault("many", MOST_TIMES))
    for event in found:
        if str(event.get("status", "")).upper() == "CANCELLED" or str(event.get("transp", "")).upper() == "TRANSPARENT":
            continue
        begins, ends = _utc(event["dtstart"].dt, purpose), _utc(event["dtend"].dt, purpose)
        if begins < ends:  # not so where the whole time lies in an hour that the clocks skip
            yield begins, ends


def _utc(moment: date | datetime, purpose: Purpose) -> datetime:
    if not isinstance(moment, datetime):
        return instant(purpose.zone, moment, 0)
    if moment.tzinfo is None:
        return instant(purpose.zone, moment.date(), moment.hour * 60 + moment.minute) + timedelta(seconds=moment.second)
    return moment.astimezone(UTC)
