"""What the clock on the wall says where somebody is.

Here belongs which IANA zones a person may live by, and the hour there. Never here: opening hours of services
(``bot.directory.hours``), shifts (``bot.roster``).
"""

from __future__ import annotations

from datetime import datetime

import tzfpy

from bot.countries import zones
from bot.directory.hours import zone as zone_named
from flows.facts import Places


def zones_at(places: Places, country: str, place_id: int) -> tuple[str, ...]:
    """IANA zones that people live by there, most people first: one where it is plain, several to choose from.

    ``place_id``: a place that the person named, or 0. A place in another country than ``country`` says nothing.
    """
    known = zones(country)
    if len(known) == 1:
        return known
    place = places.get(place_id) if place_id else None
    if place is None or place.country != country:
        return known
    found = tzfpy.get_tz(place.lon, place.lat)
    return (found,) if found else known


def time_in(zone: str, now: float) -> tuple[int, int]:
    """Hour and minute on the wall of an IANA zone. ``now``: seconds since 1970. Raises ValueError for no such zone."""
    there = datetime.fromtimestamp(now, zone_named(zone))
    return there.hour, there.minute
