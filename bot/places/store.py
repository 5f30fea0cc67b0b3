"""The places by id and by coordinates.

Here belong the rows of the extract, what is kept by hand beside them, and which place is nearest to a point. Never here: names
that people write (``bot.places.homes``).
"""

from __future__ import annotations

import math
from bisect import bisect_left

from bot.places.files import ByHand
from bot.places.geometry import KM_PER_DEGREE, countries_around, country_at, km_between, km_to_cell, km_to_meridian
from bot.places.lands import Region, regions
from flows.facts import COUNTRIES, Area, Place


class Store:
    """Rows stay text, as the file has them; a ``Place`` is built when it is asked for, so that 28,000 of them load fast."""

    __slots__ = ("_by_id", "_cells", "_largest", "_shown", "_starts", "posts", "rows")

    def __init__(self, blocks: dict[str, list[str]], by_id: dict[str, int], by_hand: ByHand) -> None:
        """``blocks``: those of the extract. ``by_id``: which row has which id."""
        self.rows = blocks["places"]
        cells = [line.split("\t") for line in blocks["cells"]]
        self._starts = [int(cell) for cell, _ in cells]
        self._cells = [int(row) for _, row in cells] + [len(self.rows)]
        self._largest = {line.rpartition("\t")[0]: line.rpartition("\t")[2] for line in blocks["regions"]}
        self._by_id = by_id
        self._shown = by_hand.shown
        self.posts = by_hand.posts

    def get(self, place_id: int) -> Place | None:
        """The place with that id, or None: a session may hold an id that a newer gazetteer no longer has."""
        if place_id < 0:
            return self.posts.get(place_id)
        number = self._by_id.get(str(place_id))
        return None if number is None else self.place(number)

    def place(self, number: int) -> Place:
        """The place of a row of the extract."""
        id_, name, country, code, lat, lon, people = self.rows[number].split("\t")
        region = regions()[country].get(code)
        return Place(
            id=int(id_),
            name=self._shown.get(int(id_), name),
            region=region.name if region else "",
            country=country,
            lat=float(lat),
            lon=float(lon),
            population=int(people),
        )

    def at(self, lat: float, lon: float) -> Area:
        """Which covered countries a point may lie in, and the nearest place in each.

        Near a border (a ring of eight points, 5 km away) both sides count, the nearest place's country first: the person
        is asked. In a country that is not covered, ``outside`` names it, and ``countries`` holds covered ones within 5 km.
        """
        own = country_at(lat, lon)
        if not own:
            return Area(countries=(), places={}, lat=lat, lon=lon)
        near = {own, *countries_around(lat, lon)}
        found = [(km, place) for code in COUNTRIES if code in near for km, place in self.nearest(lat, lon, code)]
        found.sort(key=lambda pair: (pair[0], pair[1].country))
        return Area(
            countries=tuple(place.country for _, place in found),
            places={place.country: place for _, place in found},
            outside="" if own in COUNTRIES else own,
            lat=lat,
            lon=lon,
        )

    def nearest(self, lat: float, lon: float, country: str) -> list[tuple[float, Place]]:
        """The nearest place of a country and its distance in kilometres; exact, looking at as few cells as it takes."""
        best, winner = math.inf, -1
        sign = f"\t{country}\t"
        row, column = math.floor(lat), math.floor(lon)
        for reach in range(181):
            # nothing in this ring of cells, or beyond it, can be nearer than its inner edge
            north = reach - 1 + min(lat - row, row + 1 - lat)
            east = reach - 1 + min(lon - column, column + 1 - lon)
            if reach and best < min(north * KM_PER_DEGREE, km_to_meridian(lat, east)):
                break
            for y in range(row - reach, row + reach + 1):
                step = 1 if abs(y - row) == reach else 2 * reach or 1
                for x in range(column - reach, column + reach + 1, step):
                    if km_to_cell(lat, lon, y, x) >= best:
                        continue
                    for number in self._cell(y, x):
                        line = self.rows[number]
                        if sign in line:
                            fields = line.split("\t")
                            km = km_between(lat, lon, float(fields[4]), float(fields[5]))
                            if km < best:
                                best, winner = km, number
        place = self.place(winner) if winner >= 0 else None
        for post in self.posts.values():
            if post.country == country and abs(post.lat - lat) * 110 < best:
                km = km_between(lat, lon, post.lat, post.lon)
                if km < best:
                    best, place = km, post
        return [(best, place)] if place else []

    def _cell(self, y: int, x: int) -> range:
        cell = (y + 90) * 360 + (x + 180) % 360
        at = bisect_left(self._starts, cell)
        if at == len(self._starts) or self._starts[at] != cell:
            return range(0)
        return range(self._cells[at], self._cells[at + 1])

    def largest(self, state: Region) -> list[Place]:
        """The largest towns of a state or department, largest first."""
        return [self.place(int(number)) for number in self._largest.get(f"{state.country}\t{state.code}", "").split()]
