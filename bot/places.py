"""Names and coordinates to places: what a person writes or shares, turned into a town, a country, or a question back.

Here belong the gazetteer, how a name is read, and which country a point lies in. Everything is a pure look-up in memory.
Never here: a person's answer kept, logged or sent anywhere; a guess passed off as certain.
"""

from __future__ import annotations

from functools import cache

import tzfpy
from babel.core import get_global

#: Zones that Babel's table of zones and territories lacks.
_NEW_ZONES = {"America/Coyhaique": "CL", "Antarctica/Troll": "AQ"}


@cache
def _territories() -> dict[str, str]:
    """IANA zone -> ISO 3166-1 code, for the zones that belong to a country (not ``Etc/GMT+9`` and its kin)."""
    known = {zone: code for zone, code in get_global("zone_territories").items() if code.isalpha() and code != "ZZ"}
    return _NEW_ZONES | known


def country_at(lat: float, lon: float) -> str:
    """The country of a point in degrees (WGS 84): its ISO 3166-1 code, or "" on the high seas or for impossible numbers.

    The polygons are those of the time zones, drawn from OpenStreetMap: right at borders to some hundred metres, and
    including a country's coastal waters. Within 5 km of a border ask the person; see ``Gazetteer.at``.
    """
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # also refuses NaN
        return ""
    return _territories().get(tzfpy.get_tz(lon, lat) or "", "")
