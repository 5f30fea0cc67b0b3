"""The picture of the next two weeks: who covers which hours of a country, and every hole in it.

Here belong what counts as a hole and what is warned of. Pure. Never here: who is on duty (``duty``), who counts
(``snapshot``), pages, requests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from bot.roster.duty import Change, Span, Time, Weekly, joined
from bot.roster.holidays import reaches
from bot.roster.snapshot import ANSWERING, RosterSnapshot
from bot.roster.tables import DUTIES
from flows.facts import LANGS

DAYS: Final = 14
WISHES: Final = ("woman", "man")

HOLIDAYS_SHORT: Final = timedelta(days=90)
"""A country's list of holidays reaches so far ahead, or somebody is told."""
HOLIDAYS_END: Final = timedelta(days=60)
"""Nearer than this, it is told as urgent."""
SHIFT_ENDS: Final = timedelta(days=30)
"""A shift whose last day is nearer than this is told."""

Gap = Literal["nobody", "duty", "one", "wish", "language"]
"""``nobody``: no primary and no back-up. ``duty``: nobody in this duty. ``one``: a single person, who must not fall ill.
``wish`` and ``language``: somebody is there, but nobody who honours this wish or speaks this language."""
Notice = Literal[
    "no_answer", "no_holidays", "holidays_short", "holidays_end", "shift_ends", "left", "key", "country", "role", "zone"
]
"""``no_answer``: no account at all could read a request. ``left`` to ``zone``: a shift does not count (``snapshot.Lack``)."""


class Person(NamedTuple):
    """Somebody on duty; ``name`` is a role label."""

    name: str
    duty: str
    area: str


class Stretch(NamedTuple):
    """Hours in which the same people are on duty. ``languages`` and ``wishes``: of those who pick requests up at once."""

    begins: datetime
    ends: datetime
    people: tuple[Person, ...]
    languages: tuple[str, ...]
    wishes: tuple[str, ...]


class Hole(NamedTuple):
    """From when until when something is missing. ``value``: duty, name, wish or language, as ``what`` has it; else empty."""

    what: Gap
    value: str
    begins: datetime
    ends: datetime


class Warned(NamedTuple):
    """Something to mend. ``subject``: name of an account, or empty. ``day``: when it ends; None where that says nothing."""

    what: Notice
    subject: str = ""
    day: date | None = None


class Coverage(NamedTuple):
    """The picture of one country. ``zone``: IANA zone in which its times are best said."""

    country: str
    zone: str
    begins: datetime
    ends: datetime
    stretches: tuple[Stretch, ...]
    holes: tuple[Hole, ...]
    warnings: tuple[Warned, ...]


def coverage(
    roster: RosterSnapshot, country: str, now: datetime, *, days: int = DAYS, languages: Collection[str] = LANGS
) -> Coverage:
    """The picture from ``now`` on. ``languages``: ISO 639 codes that somebody on duty ought to speak."""
    begins, ends = now, now + timedelta(days=days)
    stretches = tuple(_stretches(roster, roster.spans(country, begins, ends), begins, ends))
    zone = roster.zone_of(country)
    return Coverage(
        country=country,
        zone=zone,
        begins=begins,
        ends=ends,
        stretches=stretches,
        holes=tuple(_holes(stretches, languages)),
        warnings=tuple(_warnings(roster, country, now, now.astimezone(ZoneInfo(zone)).date())),
    )


def _stretches(roster: RosterSnapshot, spans: list[Span], begins: datetime, ends: datetime) -> Iterator[Stretch]:
    edges = sorted({begins, ends, *(s.begins for s in spans), *(s.ends for s in spans)})
    for start, end in pairwise(edges):
        here = [s for s in spans if s.begins <= start < s.ends]
        answering = [roster.members[s.staff_id] for s in here if s.duty in ANSWERING]
        yield Stretch(
            begins=start,
            ends=end,
            people=tuple(sorted({Person(roster.members[s.staff_id].name, s.duty, s.area) for s in here})),
            languages=tuple(sorted({language for member in answering for language in member.languages})),
            wishes=tuple(wish for wish in WISHES if any(member.honours == wish for member in answering)),
        )


def _holes(stretches: Iterable[Stretch], languages: Collection[str]) -> Iterator[Hole]:
    found: dict[tuple[Gap, str], list[Time]] = {}
    for stretch in stretches:
        for what, value in _missing(stretch, languages):
            found.setdefault((what, value), []).append((stretch.begins, stretch.ends))
    holes = [Hole(what, value, begins, ends) for (what, value), times in found.items() for begins, ends in joined(times)]
    order = ("nobody", "one", "duty", "language", "wish")
    yield from sorted(holes, key=lambda hole: (order.index(hole.what), hole.begins, hole.value))


def _missing(stretch: Stretch, languages: Collection[str]) -> Iterator[tuple[Gap, str]]:
    for duty in DUTIES:
        if not any(person.duty == duty for person in stretch.people):
            yield "duty", duty
    names = {person.name for person in stretch.people if person.duty in ANSWERING}
    if not names:
        yield "nobody", ""
        return
    if len(names) == 1:
        yield "one", min(names)
    for wish in WISHES:
        if wish not in stretch.wishes:
            yield "wish", wish
    for language in languages:
        if language not in stretch.languages:
            yield "language", language


def _warnings(roster: RosterSnapshot, country: str, now: datetime, today: date) -> Iterator[Warned]:
    if not roster.fit(country, (*ANSWERING, "supervisor")):
        yield Warned("no_answer")
    last = reaches(roster.rows.holidays, country)
    if last is None:
        yield Warned("no_holidays")
    elif last < today + HOLIDAYS_END:
        yield Warned("holidays_end", day=last)
    elif last < today + HOLIDAYS_SHORT:
        yield Warned("holidays_short", day=last)
    ending = {
        (shift.valid_until, roster.name(shift.staff_id))
        for shift in roster.rows.shifts
        if shift.country == country and shift.valid_until and today <= shift.valid_until < today + SHIFT_ENDS
        if not roster.lacks(shift)
    }
    yield from (Warned("shift_ends", name, day) for day, name in sorted(ending))
    uncounted = {
        Warned(why, roster.name(row.staff_id))
        for row, why in roster.uncounted()
        if why and row.country == country and not _over(row, now, today)
    }
    yield from sorted(uncounted)


def _over(row: Weekly | Change, now: datetime, today: date) -> bool:
    if isinstance(row, Weekly):
        return row.valid_until is not None and row.valid_until < today
    return row.ends_at <= now
