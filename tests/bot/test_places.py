"""Places: which country a point lies in, what is near it, and what a typed name may mean."""

from __future__ import annotations

import math

import tzfpy

from bot.places import country_at


def test_every_zone_maps_to_a_country() -> None:
    """Mutation: dropping the zones that Babel lacks (Coyhaique would be nowhere)."""
    from bot import places

    known = places._territories()
    assert [z for z in tzfpy.timezonenames() if z not in known and not z.startswith("Etc/")] == []
    assert known["America/Coyhaique"] == "CL"
    assert all(len(code) == 2 and code != "ZZ" for code in known.values())


def test_impossible_and_ocean_points_have_no_country() -> None:
    """Mutation: passing what a phone sends straight to the polygons."""
    for lat, lon in ((math.nan, 0), (0, math.nan), (91, 0), (0, 181), (math.inf, 0), (0, -140), (-14.9, -92.26)):
        assert country_at(lat, lon) == ""
