"""Opening hours: whether they hold at a moment, and in which half hours of the week they may.

Here belongs the arithmetic of weekly hours in IANA zones: across midnight, across a change of the clocks. Pure but for
the zone data. Never here: how hours are written for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from flows.facts import Hours

DAY = 1440
WEEK = 7 * DAY
SLOT = 30
SLOTS = WEEK // SLOT
ALL_SLOTS = (1 << SLOTS) - 1

_MONDAY = 4 * DAY
"""Minutes from 1970-01-01, a Thursday, to the first Monday."""


def together(spans: Iterable[tuple[str, Iterable[str], int, int, bool]]) -> Hours | None:
    """The hours that rows of ``schedule`` (zone, weekdays, opens, closes, always) make together; None for none."""
    rows = list(spans)
    zone = min((row[0] for row in rows), default="")
    if any(always for *_, always in rows):
        return Hours(zone=zone, always=True)
    weekly = sorted({(int(day), opens, closes) for _, days, opens, closes, _ in rows for day in days})
    return Hours(zone=zone, weekly=tuple(weekly)) if weekly else None


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The IANA zone. Raises ValueError with a sentence when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone; write one such as America/Bogota.") from None


def local_minute(zone_name: str, at: float) -> int:
    """Minutes since Monday 00:00 on the clocks of that zone at ``at`` (seconds since 1970)."""
    return _local(zone_name, int(at // 60))


@lru_cache(maxsize=256)  # every open-or-closed of the same minute asks for the same few zones
def _local(zone_name: str, minute: int) -> int:
    local = datetime.fromtimestamp(minute * 60, zone(zone_name))
    return local.weekday() * DAY + local.hour * 60 + local.minute


def holds(weekly: Iterable[tuple[int, int, int]], minute: int) -> bool:
    """Whether one of the weekly spans covers this minute of the week. A span that passes midnight belongs to its first day."""
    for weekday, opens, closes in weekly:
        since = (minute - weekday * DAY) % WEEK
        if opens <= since < closes or opens <= since + WEEK < closes:
            return True
    return False


def is_open(hours: Hours, at: float) -> bool:
    """Whether these hours hold at ``at`` (seconds since 1970), on the clocks of the service's own zone."""
    return hours.always or holds(hours.weekly, local_minute(hours.zone, at))


def offset_minutes(zone_name: str, at: float) -> int:
    """Minutes that the zone's clocks are ahead of UTC at ``at``."""
    offset = datetime.fromtimestamp(at, zone(zone_name)).utcoffset() or timedelta()
    return int(offset.total_seconds() // 60)


def same_offset(zone_name: str, at: float, back_days: int = 2, ahead_days: int = 8) -> tuple[float, float]:
    """The span around ``at``, at most so many days, in which the zone's clocks are not changed: (from, until)."""
    here = offset_minutes(zone_name, at)

    def edge(days: int, step: int) -> float:
        inside = at
        for _ in range(days):
            outside = inside + step * 86400
            if offset_minutes(zone_name, outside) != here:
                while abs(outside - inside) > 1:
                    middle = (inside + outside) / 2
                    if offset_minutes(zone_name, middle) == here:
                        inside = middle
                    else:
                        outside = middle
                return inside
            inside = outside
        return inside

    return edge(back_days, -1), edge(ahead_days, 1)


def slots(hours: Hours, offset: int) -> int:
    """Bit per half hour of the week in UTC (bit 0: Monday 00:00) in which these hours hold for at least a minute.

    ``offset``: minutes that the zone is ahead of UTC. A superset of the truth by less than half an hour at each end.
    """
    if hours.always:
        return ALL_SLOTS
    found = 0
    for weekday, opens, closes in hours.weekly:
        start = weekday * DAY + opens - offset
        for slot in range(start // SLOT, (start + closes - opens - 1) // SLOT + 1):
            found |= 1 << (slot % SLOTS)
    return found


def slot_at(at: float) -> int:
    """The bit of ``slots`` for this moment."""
    return (int(at // 60) - _MONDAY) % WEEK // SLOT
