"""The nearest search gives the answer of looking at every entry in turn, whatever is asked."""

from __future__ import annotations

import math
import random
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.directory import hours as opening
from bot.directory.search import Index, chord_km, rounded_km, unit
from flows.facts import KINDS, PEOPLE, Hours, Query

NOW = 1_800_000_000.0
TODAY = int(NOW // 86400)
ZONES = ("America/Bogota", "America/Santiago", "America/New_York", "America/Caracas")


class Made:
    """One entry as the reference sees it."""

    def __init__(self, chance: random.Random, clusters: list[tuple[str, float, float]], rare: float) -> None:
        country, lat, lon = chance.choice(clusters)
        spread = chance.choice((0.0, 0.001, 0.05, 1.0))
        self.country = country
        self.point = None if chance.random() < 0.1 else (lat + chance.gauss(0, spread), lon + chance.gauss(0, spread))
        self.kinds = tuple(chance.sample(KINDS, chance.choice((0, 1, 1, 1, 2))))
        self.languages = tuple(chance.sample(("es", "en", "pt"), chance.choice((0, 1, 2)))) + (
            ("ht",) if chance.random() < rare else ()
        )
        self.people = tuple(group for group in PEOPLE if chance.random() < 0.2)
        self.general = chance.random() < 0.8
        self.remote = chance.random() < 0.05
        self.hours: Hours | None = None
        if (choice := chance.random()) < rare:
            self.hours = Hours(zone=chance.choice(ZONES), always=True)
        elif choice < 0.7:
            start = chance.randrange(0, 1440, 15)
            spans = [(day, start, start + chance.choice((15, 480, 900))) for day in chance.sample(range(7), 3)]
            self.hours = Hours(zone=chance.choice(ZONES), weekly=tuple(sorted(spans)))
        self.last_day = TODAY + chance.choice((-1, 0, 1, 100, 100))


def index_of(made: list[Made], now: float = NOW) -> Index:
    index = Index(now)
    for one in made:
        pattern = index.pattern(one.hours) if one.hours else -1
        mask = index.mask(one.kinds, one.languages, one.people, one.general)
        index.add(one.country, *(one.point or (None, None)), mask, one.remote, pattern, one.last_day)
    return index.finish()


def reference(made: list[Made], query: Query, withdrawn: frozenset[int]) -> list[tuple[int, float | None]]:
    """Every entry in turn, by the words of ``flows.facts.Query``."""
    fits = []
    for rank, one in enumerate(made):
        if one.country != query.country or one.last_day < TODAY or rank in withdrawn:
            continue
        if query.kinds and not set(query.kinds) & set(one.kinds):
            continue
        if query.language and query.language not in one.languages:
            continue
        if not set(query.people) <= set(one.people) or (query.general and not one.general):
            continue
        if query.open_at is not None and not (one.hours and opening.is_open(one.hours, query.open_at)):
            continue
        fits.append(rank)
    if query.lat is None or query.lon is None:
        fits.sort(key=lambda rank: (not made[rank].remote, rank))
        return [(rank, None) for rank in fits][query.skip : query.skip + query.limit]
    here = unit(query.lat, query.lon)

    def square(rank: int) -> float:
        dx, dy, dz = (a - b for a, b in zip(unit(*made[rank].point), here, strict=True))  # type: ignore[misc]
        return dx * dx + dy * dy + dz * dz

    near = sorted((square(rank), rank) for rank in fits if made[rank].point)
    rest = sorted((not made[rank].remote, rank) for rank in fits if not made[rank].point)
    hits: list[tuple[int, float | None]] = [(rank, chord_km(far)) for far, rank in near]
    hits += [(rank, None) for _, rank in rest]
    return hits[query.skip : query.skip + query.limit]


@pytest.mark.parametrize(("seed", "size", "rare"), [(1, 5, 0.5), (2, 300, 0.02), (3, 3000, 0.002), (4, 3000, 0.2)])
def test_same_answer_as_looking_at_every_entry(seed: int, size: int, rare: float) -> None:
    """Mutation: ``>=`` for ``>`` where a subtree is left out (ties); ``&`` for the union of masks; not widening the half
    hours; a wrong order of what has no point."""
    chance = random.Random(seed)
    clusters = [(country, lat + n, lon - n) for country, lat, lon in (("CO", 4, -74), ("VE", 8, -70)) for n in range(4)]
    made = [Made(chance, clusters, rare) for _ in range(size)]
    index = index_of(made)
    withdrawn = frozenset(chance.sample(range(size), size // 50))
    compared = 0
    for _ in range(500):
        country, lat, lon = chance.choice(clusters)
        wide = chance.choice((0.0, 0.1, 5.0))
        pointed = chance.random() < 0.8
        query = Query(
            country=chance.choice((country, "CO", "PE")),
            lat=lat + chance.gauss(0, wide) if pointed else None,
            lon=lon + chance.gauss(0, wide) if pointed else None,
            kinds=tuple(chance.sample(KINDS, chance.choice((0, 1, 1, 3)))),
            language=chance.choice(("", "", "es", "ht", "qu")),
            open_at=NOW + chance.choice((chance.randrange(-40, 400), chance.randrange(7 * 86400), 200 * 86400))
            if chance.random() < 0.4
            else None,
            people=tuple(chance.sample(PEOPLE, chance.choice((0, 0, 1, 2)))),
            general=chance.random() < 0.4,
            skip=chance.choice((0, 0, 1, 3, 40)),
            limit=chance.choice((1, 3, 3, 20)),
        )
        some = withdrawn if chance.random() < 0.5 else frozenset()
        answer = index.search(query, TODAY, some)
        assert answer == reference(made, query, some), query
        compared += bool(answer)
    assert compared > 20


def test_many_entries_at_one_point_come_in_rank_order_page_by_page() -> None:
    """Mutation: leaving a leaf of one point at the first entry that does not fit, or not sorting it by rank."""
    chance = random.Random(9)
    made = [Made(chance, [("CO", 4.0, -74.0)], 0.1) for _ in range(900)]
    for one in made:
        one.point, one.kinds, one.last_day = (4.0, -74.0), ("health",), TODAY
    index = index_of(made)
    for skip in range(0, 60, 3):
        for general in (False, True):
            query = Query(country="CO", lat=4.5, lon=-74.2, kinds=("health",), general=general, skip=skip)
            assert index.search(query, TODAY) == reference(made, query, frozenset())


def test_chords_order_and_measure_like_haversine() -> None:
    """Distances on the ground, also across the date line and at the poles."""
    chance = random.Random(5)
    for _ in range(500):
        one, other = ((chance.uniform(-90, 90), chance.uniform(-180, 180)) for _ in range(2))
        (p1, l1), (p2, l2) = (tuple(map(math.radians, point)) for point in (one, other))
        h = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin((l2 - l1) / 2) ** 2
        square = sum((a - b) ** 2 for a, b in zip(unit(*one), unit(*other), strict=True))
        assert chord_km(square) == pytest.approx(2 * 6371.0088 * math.asin(math.sqrt(h)), abs=0.001, rel=1e-6)


@pytest.mark.requirement("S-8")
@given(st.floats(min_value=0, max_value=20_000))
def test_distances_are_rounded(km: float) -> None:
    """Mutation: returning the distance as it is; rounding to half kilometres."""
    shown = rounded_km(km)
    assert shown >= 1 and shown == int(shown)
    assert abs(shown - km) <= (1 if km < 20 else 2.5 if km < 100 else 5)
    assert shown % (1 if km < 19.5 else 5 if km < 97.5 else 10) == 0


@pytest.mark.parametrize(
    ("zone", "moment", "open_then"),
    [
        ("America/Bogota", (2027, 1, 15, 22, 0), True),  # a Friday, opens at 22:00 …
        ("America/Bogota", (2027, 1, 16, 5, 59), True),  # … and closes on Saturday at 6:00
        ("America/Bogota", (2027, 1, 16, 6, 0), False),
        ("America/Bogota", (2027, 1, 15, 21, 59), False),
        ("America/Bogota", (2027, 1, 17, 2, 0), False),
        ("America/New_York", (2027, 3, 12, 23, 0), True),  # two days before clocks go forward
        ("America/New_York", (2027, 3, 13, 5, 0), True),
        ("America/Santiago", (2027, 4, 2, 22, 30), True),
    ],
)
def test_hours_across_midnight_and_changes_of_the_clocks(zone: str, moment: tuple[int, ...], open_then: bool) -> None:
    """Mutation: forgetting the span of the day before; using one offset for the whole year."""
    hours = Hours(zone=zone, weekly=((4, 1320, 1800),))
    at = datetime(*moment, tzinfo=ZoneInfo(zone)).timestamp()  # type: ignore[arg-type,misc]
    assert opening.is_open(hours, at) is open_then
    assert not opening.is_open(hours, at + 2 * 86400)


def test_hours_over_the_end_of_the_week() -> None:
    """Sunday night belongs to Monday morning."""
    hours = Hours(zone="America/Lima", weekly=((6, 1320, 1800),))
    monday = datetime(2027, 1, 18, 5, 0, tzinfo=ZoneInfo("America/Lima")).timestamp()
    assert opening.is_open(hours, monday) and not opening.is_open(hours, monday + 3600)


@pytest.mark.parametrize("zone", ZONES)
def test_half_hours_cover_every_open_minute_until_the_clocks_change(zone: str) -> None:
    """Mutation: rounding the end of a span down to the half hour."""
    hours = Hours(zone=zone, weekly=((0, 485, 1015), (6, 1330, 1795)))
    for start in (NOW, datetime(2027, 3, 10, tzinfo=ZoneInfo("UTC")).timestamp()):
        since, until = opening.same_offset(zone, start)
        mask = opening.slots(hours, opening.offset_minutes(zone, start))
        at = since
        while at < until:
            assert not opening.is_open(hours, at) or mask >> opening.slot_at(at) & 1
            at += 420
    since, until = opening.same_offset("America/New_York", datetime(2027, 3, 10, tzinfo=ZoneInfo("UTC")).timestamp())
    assert until <= datetime(2027, 3, 14, 7, 0, tzinfo=ZoneInfo("UTC")).timestamp() < until + 2
