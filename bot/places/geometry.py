"""Points on the Earth: which country one lies in, how far apart two are, which cell holds one.

Here belong pure functions of degrees and kilometres, also of two places. Never here: names, the data files, a location kept or
logged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import tzfpy
from babel.core import get_global

from flows.facts import Place

#: Zones that Babel's table of zones and territories lacks.
_NEW_ZONES = {"America/Coyhaique": "CL", "Antarctica/Troll": "AQ"}

#: Within this distance of a border the person is asked for the side.
RING_KM = 5.0
KM_PER_DEGREE = 111.195
_RING = tuple((math.cos(math.radians(a)), math.sin(math.radians(a))) for a in range(0, 360, 45))

#: Others are told by a city so far away, in kilometres.
BESIDE_KM = 45.0


@cache
def territories() -> dict[str, str]:
    """IANA zone -> ISO 3166-1 code, for the zones that belong to a country (not ``Etc/GMT+9`` and its kin)."""
    known = {zone: code for zone, code in get_global("zone_territories").items() if code.isalpha() and code != "ZZ"}
    return _NEW_ZONES | known


def country_at(lat: float, lon: float) -> str:
    """The country of a point in degrees (WGS 84): its ISO 3166-1 code, or "" at sea or for impossible numbers.

    The polygons are those of the time zones, drawn from OpenStreetMap: right at borders to some hundred metres, and
    including a country's coastal waters. Within 5 km of a border ask the person; see ``Gazetteer.at``.
    """
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # also refuses NaN
        return ""
    return territories().get(tzfpy.get_tz(lon, lat) or "", "")


def countries_around(lat: float, lon: float) -> Iterator[str]:
    """The countries of eight points on a ring around a point, ``RING_KM`` away; "" at sea."""
    stretch = max(math.cos(math.radians(lat)), 0.01)
    for north, east in _RING:
        step = RING_KM / KM_PER_DEGREE
        yield country_at(lat + north * step, (lon + east * step / stretch + 180) % 360 - 180)


def km_between(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance of two points in kilometres (mean radius of the Earth)."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    h = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(h)))


def km_to_meridian(lat: float, degrees: float) -> float:
    """Distance from a point to the meridian that lies so many degrees east or west of it."""
    return 6371.0 * math.asin(math.cos(math.radians(lat)) * math.sin(math.radians(min(degrees, 90.0))))


def cell_of(lat: float, lon: float) -> int:
    """Number of the one-degree cell that holds a point; neighbours to the east differ by 1, to the north by 360."""
    return (math.floor(lat) + 90) * 360 + (math.floor(lon) + 180) % 360


def km_to_cell(lat: float, lon: float, y: int, x: int) -> float:
    """A distance that no point of a cell is nearer than."""
    north = max(y - lat, lat - y - 1, 0.0)
    east = max(x - lon, lon - x - 1, 0.0)
    return max(north * KM_PER_DEGREE, km_to_meridian(lat, east)) * 0.999


def is_beside(a: Place, b: Place) -> bool:
    """Whether one place may be told by the other: near enough, and in the same country."""
    return a.country == b.country and km_between(a.lat, a.lon, b.lat, b.lon) <= BESIDE_KM


def is_near(a: Place, b: Place) -> bool:
    """Like ``is_beside``, across a border too."""
    return km_between(a.lat, a.lon, b.lat, b.lon) <= BESIDE_KM
