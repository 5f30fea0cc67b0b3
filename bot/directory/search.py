"""Nearest search in memory: exact, with filters, over k-d trees of points on the unit sphere, one per country and kind.

Here belongs the index and nothing else: it knows entries by their rank (0, 1, 2 … in an order that reveals nothing),
never their names. The same answer as looking at every entry in turn, which is how the tests look. Pure: no clock, no I/O.

How the work stays bounded:

* Each entry has a mask: a bit for each kind, language and group of people, and "general"; and the half hours of the week
  in which it may be open. Each subtree has the union of both, so what cannot hold a match is not entered.
* Filters that few entries of a country pass together (a rare language, open at three in the morning) would still make a
  search wander. Entries with equal masks and hours are grouped, and inverted bitmaps over the groups say in a few
  microseconds how many pass; when they are few, they are simply looked at, all of them.
* Entries at one and the same point are one leaf, in rank order, left at the first that comes too late.
"""

from __future__ import annotations

import math
from array import array
from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bot.directory import hours as opening
from flows.facts import KINDS, PEOPLE, Hours, Query

EARTH_KM = 6371.0088
LEAF = 8

_KIND_BIT = {kind: 1 << place for place, kind in enumerate(KINDS)}
_KINDS = sum(_KIND_BIT.values())
_PEOPLE_BIT = {group: 1 << (len(KINDS) + place) for place, group in enumerate(PEOPLE)}
_GENERAL = 1 << (len(KINDS) + len(PEOPLE))
_FIRST_LANGUAGE = len(KINDS) + len(PEOPLE) + 1

_NOWHERE = (math.nan, math.nan, math.nan)

Node = tuple[int, int, int, Any, Any, Any]
"""(mask, half hours, axis, split, below, above), or for a leaf (mask, half hours, -1, entries, all at one point, None) with
entries as (x, y, z, mask, rank): one stretch of memory, read without a look-up."""
Fits = Callable[[int], bool] | None
Hit = tuple[int, float | None]
"""(rank, kilometres not yet rounded, or None)"""


def unit(lat: float, lon: float) -> tuple[float, float, float]:
    """The point on the unit sphere. Distances between such points order like distances on the ground."""
    phi, lam = math.radians(lat), math.radians(lon)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)


def chord_km(square: float) -> float:
    """Kilometres on the ground (haversine) for a squared chord of the unit sphere."""
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(square) / 2))


def rounded_km(km: float) -> float:
    """As it may be shown (S-8): at least 1; to 1 km below 20, to 5 km below 100, else to 10 km."""
    step = 1 if km < 20 else 5 if km < 100 else 10
    return float(max(1, math.floor(km / step + 0.5) * step))


def grow(shared: Index, ranks: list[int]) -> Node:
    """A k-d tree over entries that have a point. Takes ``ranks`` for itself."""
    if len(ranks) > LEAF:
        axis = _widest(shared, ranks)
        if axis >= 0:
            along = shared.axes[axis].__getitem__
            ranks.sort(key=along)
            middle = len(ranks) // 2
            split = along(ranks[middle])
            below = grow(shared, ranks[:middle])
            above = grow(shared, ranks[middle:])
            slots = shared.intern(below[1] | above[1])
            return (shared.intern(below[0] | above[0]), slots, axis, split, below, above)
    ranks.sort()
    xs, ys, zs, masks = shared.xs, shared.ys, shared.zs, shared.masks
    mask = slots = 0
    for rank in ranks:
        mask |= masks[rank]
    for pattern in {shared.hours_of[rank] for rank in ranks}:
        if pattern >= 0:
            slots |= shared.slots[pattern]
    entries = tuple([(xs[rank], ys[rank], zs[rank], masks[rank], rank) for rank in ranks])
    return (shared.intern(mask), shared.intern(slots), -1, entries, len(ranks) > LEAF, None)


def _widest(shared: Index, ranks: list[int]) -> int:
    """The axis along which they are spread most; -1 when they are all at one point. A sample will do to choose."""
    for some in (ranks[:: len(ranks) // 64], ranks) if len(ranks) > 128 else (ranks,):
        spreads = []
        for along in shared.axes:
            values = [along[rank] for rank in some]
            spreads.append(max(values) - min(values))
        widest = max(spreads)
        if widest > 0.0:
            return spreads.index(widest)
    return -1


class Country:
    """The entries of one country: trees by kind, those without a point, and the groups of equal masks and hours."""

    def __init__(self, shared: Index, ranks: Sequence[int]) -> None:
        self._in = shared
        xs, remote, masks = shared.xs, shared.remote, shared.masks
        #: In the order in which they are offered when there is no point to start from.
        self.unplaced_order = array("i", sorted(ranks, key=lambda rank: (not remote[rank], rank)))
        #: Entries without a point, in the order in which they follow the others.
        self.nowhere = array("i", (rank for rank in self.unplaced_order if xs[rank] != xs[rank]))
        by_kind: dict[str, list[int]] = {kind: [] for kind in (*KINDS, "")}
        for rank in ranks:
            if xs[rank] == xs[rank]:
                kinds = _KINDS_OF[masks[rank] & _KINDS]
                for kind in kinds:
                    by_kind[kind].append(rank)
        self.trees = {kind: grow(shared, those) for kind, those in by_kind.items() if those}
        self._group(ranks)

    def _group(self, ranks: Sequence[int]) -> None:
        groups: dict[tuple[int, int], array[int]] = {}
        masks, hours_of = self._in.masks, self._in.hours_of
        for rank in ranks:
            group = (masks[rank], hours_of[rank])
            if group in groups:
                groups[group].append(rank)
            else:
                groups[group] = array("i", (rank,))
        self.groups = list(groups.values())
        size = len(self.groups) // 8 + 1
        rows: dict[int, bytearray] = {}
        patterns: dict[int, bytearray] = {}
        for number, (mask, pattern) in enumerate(groups):
            at, bit = number >> 3, 1 << (number & 7)
            if pattern >= 0:
                patterns.setdefault(pattern, bytearray(size))[at] |= bit
            while mask:
                low = mask & -mask
                if low not in rows:
                    rows[low] = bytearray(size)
                rows[low][at] |= bit
                mask ^= low
        self.bitmaps = {bit: int.from_bytes(row, "little") for bit, row in rows.items()}
        self.pattern_bitmaps = [(self._in.slots[pattern], int.from_bytes(row, "little")) for pattern, row in patterns.items()]
        self.everything = (1 << len(self.groups)) - 1
        #: Up to so many, looking at each is cheaper than searching: about the root of the size of the country.
        self.few = max(64, int(math.sqrt(len(ranks))))
        self._asked: dict[tuple[int, int, int], array[int] | None] = {}

    def candidates(self, need: int, kinds: int, slot: int) -> array[int] | None:
        """Ranks of all entries that have every bit of ``need``, one of ``kinds`` (0: any), and may be open in the half hour
        of ``slot`` (a bit; 0: any time). None: they are too many to be looked at one by one."""
        asked = (need, kinds, slot)
        if asked in self._asked:
            return self._asked[asked]
        fit = self.everything
        rest = need
        while rest and fit:
            low = rest & -rest
            fit &= self.bitmaps.get(low, 0)
            rest ^= low
        if kinds:
            fit &= _union(bitmap for bit, bitmap in self.bitmaps.items() if bit & kinds)
        if slot:
            fit &= _union(bitmap for slots, bitmap in self.pattern_bitmaps if slots & slot)
        found: array[int] | None = None
        if fit.bit_count() <= self.few:
            found = array("i")
            for number in _bits(fit):
                found.extend(self.groups[number])
                if len(found) > self.few:
                    found = None
                    break
        if len(self._asked) >= 4096:
            self._asked.clear()
        self._asked[asked] = found
        return found


_KINDS_OF = {mask: tuple(kind for kind, bit in _KIND_BIT.items() if mask & bit) or ("",) for mask in range(_KINDS + 1)}


def _union(bitmaps: Iterable[int]) -> int:
    found = 0
    for bitmap in bitmaps:
        found |= bitmap
    return found


def _bits(number: int) -> list[int]:
    digits = f"{number:b}"[::-1]
    found, at = [], digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return found


class Index:
    """Entries by rank. ``add`` them in rank order, then ``finish``; after that it never changes."""

    def __init__(self, now: float) -> None:
        self.xs, self.ys, self.zs = array("d"), array("d"), array("d")
        self.axes = (self.xs, self.ys, self.zs)
        self.masks: list[int] = []
        self.hours_of = array("i")
        self.last_day = array("i")
        self.remote = bytearray()
        self.patterns: list[Hours] = []
        #: The half hours in the masks are right in this span (until clocks are changed somewhere).
        self.slots_from, self.slots_until = now - 86400.0 * 2, now + 86400.0 * 8
        self._now = now
        #: Half hours of each pattern.
        self.slots: list[int] = []
        self._numbers: dict[Hours, int] = {}
        self._languages: dict[str, int] = {}
        self._masks: dict[int, int] = {}
        self._ranks: dict[str, array[int]] = {}
        self._countries: dict[str, Country] = {}
        #: Day until which no entry becomes stale.
        self._all_until = 0
        self._open: tuple[int, dict[int, bool]] = (0, {})

    def __len__(self) -> int:
        return len(self.masks)

    def intern(self, mask: int) -> int:
        """One object for equal masks."""
        return self._masks.setdefault(mask, mask)

    def pattern(self, hours: Hours) -> int:
        """The number of these hours; equal hours have one number."""
        number = self._numbers.get(hours)
        if number is None:
            number = self._numbers[hours] = len(self.patterns)
            self.patterns.append(hours)
            slots = opening.ALL_SLOTS
            if not hours.always:
                since, until = opening.same_offset(hours.zone, self._now)
                self.slots_from, self.slots_until = max(self.slots_from, since), min(self.slots_until, until)
                slots = opening.slots(hours, opening.offset_minutes(hours.zone, self._now))
            self.slots.append(slots)
        return number

    def mask(self, kinds: Iterable[str], languages: Iterable[str], people: Iterable[str], general: bool) -> int:
        """What filters look at, as bits. ``people``: groups known to be served."""
        mask = _GENERAL if general else 0
        for kind in kinds:
            mask |= _KIND_BIT.get(kind, 0)
        for group in people:
            mask |= _PEOPLE_BIT.get(group, 0)
        for language in languages:
            bit = self._languages.get(language)
            if bit is None:
                bit = self._languages[language] = 1 << (_FIRST_LANGUAGE + len(self._languages))
            mask |= bit
        return self.intern(mask)

    def add(self, country: str, lat: float | None, lon: float | None, mask: int, remote: bool, pattern: int, last_day: int) -> None:
        """The next entry. ``mask`` and ``pattern`` from the methods of that name, -1 for unknown hours; ``last_day``: the
        last day, counted from 1970-01-01 UTC, on which it may be shown."""
        ranks = self._ranks.get(country)
        if ranks is None:
            ranks = self._ranks[country] = array("i")
        ranks.append(len(self.masks))
        self.masks.append(mask)
        x, y, z = unit(lat, lon) if lat is not None and lon is not None else _NOWHERE
        self.xs.append(x)
        self.ys.append(y)
        self.zs.append(z)
        self.hours_of.append(pattern)
        self.last_day.append(last_day)
        self.remote.append(remote)

    def finish(self) -> Index:
        """Build the trees."""
        for country, ranks in self._ranks.items():
            self._countries[country] = Country(self, ranks)
        self._all_until = min(self.last_day, default=0)
        self._ranks.clear()
        self._masks.clear()
        return self

    def search(self, query: Query, today: int, withdrawn: frozenset[int] = frozenset()) -> list[Hit]:
        """``query.limit`` entries after the first ``query.skip``: nearest first, equal distances in rank order, then those
        without a point (reached from afar first). Without a point in the query: reached from afar first, then by rank.

        ``today``: days since 1970-01-01 UTC; ``withdrawn``: ranks that are not to be shown any more."""
        skip = max(0, query.skip)
        wanted = skip + max(0, query.limit)
        country = self._countries.get(query.country)
        if country is None or wanted == skip:
            return []
        need, kinds, slot = self._mask_of(query)
        if need < 0:
            return []
        fits = self._fits(query, today, withdrawn)
        few = country.candidates(need, kinds, slot) if need or kinds or slot else None
        remote = self.remote
        if query.lat is None or query.lon is None:
            if few is not None:
                those = sorted((rank for rank in few if fits is None or fits(rank)), key=lambda rank: (not remote[rank], rank))
                return [(rank, None) for rank in those[skip:wanted]]
            return [(rank, None) for rank in self._first(country.unplaced_order, need, kinds, fits, wanted)[skip:]]
        point = unit(query.lat, query.lon)
        if few is not None:
            near = self._each(few, point, fits)
            hits: list[Hit] = [(rank, chord_km(square)) for square, rank in near[skip:wanted]]
            if len(near) < wanted:
                xs = self.xs
                rest = [rank for rank in few if xs[rank] != xs[rank] and (fits is None or fits(rank))]
                rest.sort(key=lambda rank: (not remote[rank], rank))
                hits += [(rank, None) for rank in rest[max(0, skip - len(near)) : wanted - len(near)]]
            return hits
        trees = query.kinds or tuple(country.trees)
        near = self._nearest(country, trees, point, need, slot, wanted, fits)
        hits = [(rank, chord_km(square)) for square, rank in near[skip:]]
        if len(near) < wanted:
            rest = self._first(country.nowhere, need, kinds, fits, wanted - len(near))
            hits += [(rank, None) for rank in rest[max(0, skip - len(near)) :]]
        return hits

    def _mask_of(self, query: Query) -> tuple[int, int, int]:
        """(bits that are all needed, bits of which one is needed, bit of the half hour); negative where nothing can match."""
        need = _GENERAL if query.general else 0
        kinds = 0
        for kind in query.kinds:
            kinds |= _KIND_BIT.get(kind, 0)
        if query.kinds and not kinds:
            return -1, 0, 0
        for group in query.people:
            bit = _PEOPLE_BIT.get(group)
            if bit is None:
                return -1, 0, 0
            need |= bit
        if query.language:
            bit = self._languages.get(query.language)
            if bit is None:
                return -1, 0, 0
            need |= bit
        if query.open_at is not None and self.slots_from <= query.open_at < self.slots_until:
            return need, kinds, 1 << opening.slot_at(query.open_at)
        return need, kinds, 0

    def _fits(self, query: Query, today: int, withdrawn: frozenset[int]) -> Fits:
        """What masks do not say exactly: not yet stale, not withdrawn, open at that very minute; None: all fit."""
        last_day, hours_of, patterns = self.last_day, self.hours_of, self.patterns
        at = query.open_at
        if at is None:
            if withdrawn:
                return lambda rank: last_day[rank] >= today and rank not in withdrawn
            if today <= self._all_until:
                return None
            return lambda rank: last_day[rank] >= today
        minute = int(at // 60)
        if self._open[0] != minute:
            self._open = (minute, {-1: False})
        known = self._open[1]

        def open_then(rank: int) -> bool:
            if last_day[rank] < today or rank in withdrawn:
                return False
            pattern = hours_of[rank]
            answer = known.get(pattern)
            if answer is None:
                answer = known[pattern] = opening.is_open(patterns[pattern], at)
            return answer

        return open_then

    def _first(self, order: array[int], need: int, kinds: int, fits: Fits, wanted: int) -> list[int]:
        masks = self.masks
        found: list[int] = []
        for rank in order:
            mask = masks[rank]
            if mask & need == need and (not kinds or mask & kinds) and (fits is None or fits(rank)):
                found.append(rank)
                if len(found) == wanted:
                    break
        return found

    def _each(self, ranks: array[int], point: tuple[float, float, float], fits: Fits) -> list[tuple[float, int]]:
        xs, ys, zs = self.xs, self.ys, self.zs
        qx, qy, qz = point
        found = []
        for rank in ranks:
            dx = xs[rank] - qx
            if dx == dx and (fits is None or fits(rank)):
                dy, dz = ys[rank] - qy, zs[rank] - qz
                found.append((dx * dx + dy * dy + dz * dz, rank))
        found.sort()
        return found

    def _nearest(
        self,
        country: Country,
        kinds: Sequence[str],
        point: tuple[float, float, float],
        need: int,
        slot: int,
        wanted: int,
        fits: Fits,
    ) -> list[tuple[float, int]]:
        qx, qy, qz = point
        best: list[tuple[float, int]] = []
        worst, last = math.inf, 0
        several = len(kinds) > 1  # an entry of two kinds is met twice
        for kind in dict.fromkeys(kinds):
            tree = country.trees.get(kind)
            if tree is None or tree[0] & need != need or (slot and not tree[1] & slot):
                continue
            stack = [(0.0, tree)]
            while stack:
                bound, node = stack.pop()
                # Equal bounds are entered: an entry as far as the last one may come before it by rank.
                if bound > worst:
                    continue
                _, _, axis, split, below, above = node
                while axis >= 0:
                    gap = point[axis] - split
                    if gap < 0.0:
                        near, far = below, above
                    else:
                        near, far = above, below
                    gap *= gap
                    if gap <= worst and far[0] & need == need and (not slot or far[1] & slot):
                        stack.append((gap, far))
                    if near[0] & need != need or (slot and not near[1] & slot):
                        break
                    _, _, axis, split, below, above = near
                else:
                    # A leaf: ``split`` are its entries, ``below`` says that all are at one point.
                    for x, y, z, mask, rank in split:
                        if mask & need != need:
                            continue
                        x -= qx
                        y -= qy
                        z -= qz
                        square = x * x + y * y + z * z
                        if square < worst or (square == worst and rank < last):
                            if (fits is not None and not fits(rank)) or (several and (square, rank) in best):
                                continue
                            insort(best, (square, rank))
                            if len(best) > wanted:
                                best.pop()
                            if len(best) == wanted:
                                worst, last = best[-1]
                        elif below:
                            break
        return best
