"""The roster, read slowly: minute by minute on the clocks on the wall, without any conversion from wall to instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from bot.roster.duty import Change, Holidays, Weekly

MINUTE = timedelta(minutes=1)
ZONES = ("America/Santiago", "America/New_York", "America/Tijuana", "America/Sao_Paulo", "America/Bogota")
CHANGES = (
    datetime(2027, 4, 4, 3, tzinfo=UTC),  # Santiago, back, at midnight
    datetime(2027, 9, 5, 4, tzinfo=UTC),  # Santiago, forward, at midnight
    datetime(2027, 3, 14, 7, tzinfo=UTC),  # New York, forward
    datetime(2027, 11, 7, 6, tzinfo=UTC),  # New York, back
    datetime(2027, 3, 14, 10, tzinfo=UTC),  # Tijuana, forward
    datetime(2027, 11, 7, 9, tzinfo=UTC),  # Tijuana, back
    datetime(2027, 6, 16, 12, tzinfo=UTC),  # nothing
)

Held = frozenset[tuple[UUID, str, str]]


def minutes(
    shifts: list[Weekly], changes: list[Change], holidays: Holidays, begins: datetime, ends: datetime
) -> Iterator[tuple[datetime, Held]]:
    """For each whole minute in [begins, ends): who is on duty, as (staff, country, duty).

    The hands of a clock that is set back wait where they were until the time is reached again.
    """
    hands: dict[str, datetime] = {}
    at = begins - timedelta(hours=30)
    while at < ends:
        for name in {shift.zone for shift in shifts}:
            wall = at.astimezone(ZoneInfo(name)).replace(tzinfo=None)
            hands[name] = max(wall, hands.get(name, wall))
        if at >= begins:
            held = {(s.staff_id, s.country, s.duty) for s in shifts if _holds(s, hands[s.zone], holidays)}
            held |= {(c.staff_id, c.country, c.duty) for c in changes if c.what == "extra" and c.begins_at <= at < c.ends_at}
            away = {c.staff_id for c in changes if c.what == "off" and c.begins_at <= at < c.ends_at}
            yield at, frozenset(key for key in held if key[0] not in away)
        at += MINUTE


def _holds(shift: Weekly, hands: datetime, holidays: Holidays) -> bool:
    for back in (0, 1):
        day = hands.date() - timedelta(days=back)
        since = hands.hour * 60 + hands.minute + 1440 * back
        if day.weekday() != shift.weekday or not shift.opens <= since < shift.closes or (shift.country, day) in holidays:
            continue
        if (shift.valid_from is None or day >= shift.valid_from) and (shift.valid_until is None or day <= shift.valid_until):
            return True
    return False


# --- rosters to try --------------------------------------------------------------------------------------------------

STAFF = tuple(UUID(int=number) for number in range(1, 4))


@st.composite
def rosters(draw: st.DrawFn) -> tuple[list[Weekly], list[Change], frozenset[tuple[str, object]], datetime]:
    """Shifts, exceptions, holidays and a moment in the middle: close to a change of clocks, and close to hours that it moves."""
    middle = draw(st.sampled_from(CHANGES)) + draw(st.integers(-8, 8)) * timedelta(hours=1)
    minute = st.one_of(st.sampled_from((0, 1, 30, 60, 90, 119, 120, 150, 179, 180, 1380, 1410, 1439)), st.integers(0, 1439))
    near = st.integers(-1, 1).map(lambda days: (middle + timedelta(days=days)).date())

    def weekly(number: int) -> Weekly:
        opens = draw(minute)
        closes = draw(st.one_of(minute, st.just(opens)))
        day = draw(near)
        return Weekly(
            UUID(int=100 + number),
            draw(st.sampled_from(STAFF)),
            draw(st.sampled_from(("CO", "CL"))),
            draw(st.sampled_from(("primary", "backup"))),
            day.weekday(),
            opens,
            closes if closes > opens else closes + 1440,
            draw(st.sampled_from(ZONES)),
            draw(st.sampled_from((None, None, day, day + timedelta(days=1)))),
            draw(st.sampled_from((None, None, day, day - timedelta(days=1)))),
        )

    def change(number: int) -> Change:
        begins = middle + draw(st.integers(-1440, 1440)) * MINUTE
        ends = begins + draw(st.integers(1, 1000)) * MINUTE
        what = draw(st.sampled_from(("off", "extra")))
        extra = ("CO", "primary") if what == "extra" else ("", "")
        return Change(UUID(int=200 + number), draw(st.sampled_from(STAFF)), what, begins, ends, *extra)

    shifts = [weekly(number) for number in range(draw(st.integers(0, 4)))]
    changes = [change(number) for number in range(draw(st.integers(0, 3)))]
    holidays = draw(st.frozensets(st.tuples(st.sampled_from(("CO", "CL")), near), max_size=2))
    return shifts, changes, holidays, middle
