"""How fast the nearest search is, how long a snapshot takes and how much memory: at 1,000, 50,000 and 1,000,000 services.

``measure(n)`` runs in a process of its own, so that memory is that of one snapshot; run the file for a table. The services
are made up around the real clusters of towns, with a fixed seed.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

NOW = 1_800_000_000.0
DAY = "2027-01-10"
#: (country, IANA zone, towns as (lat, lon, weight))
TOWNS: tuple[tuple[str, str, tuple[tuple[float, float, int], ...]], ...] = (
    ("BR", "America/Sao_Paulo",
     ((-23.55, -46.63, 12), (-22.91, -43.17, 7), (-3.12, -60.02, 2), (2.82, -60.67, 1), (-12.97, -38.50, 3))),
    ("MX", "America/Mexico_City",
     ((19.43, -99.13, 9), (14.90, -92.26, 2), (25.67, -100.31, 4), (32.52, -117.02, 3), (20.67, -103.35, 4))),
    ("US", "America/New_York",
     ((40.71, -74.00, 8), (25.77, -80.19, 4), (29.76, -95.37, 4), (34.05, -118.24, 6), (31.76, -106.49, 1))),
    ("CO", "America/Bogota", ((4.61, -74.08, 8), (7.89, -72.50, 2), (6.25, -75.56, 4), (1.21, -77.28, 1), (-4.21, -69.94, 1))),
    ("PE", "America/Lima", ((-12.05, -77.04, 9), (-18.01, -70.25, 1), (-3.57, -80.45, 1))),
    ("CL", "America/Santiago", ((-33.45, -70.67, 6), (-18.48, -70.32, 1), (-53.16, -70.92, 1))),
    ("VE", "America/Caracas", ((10.49, -66.88, 5), (10.65, -71.64, 2), (7.77, -72.22, 1))),
    ("EC", "America/Guayaquil", ((-0.22, -78.51, 3), (-2.19, -79.89, 3), (0.81, -77.72, 1))),
    ("GT", "America/Guatemala", ((14.63, -90.51, 3), (14.68, -92.15, 1))),
    ("HN", "America/Tegucigalpa", ((14.08, -87.21, 2), (15.50, -88.03, 2))),
    ("SV", "America/El_Salvador", ((13.69, -89.19, 2),)),
    ("CR", "America/Costa_Rica", ((9.93, -84.08, 2),)),
    ("DO", "America/Santo_Domingo", ((18.47, -69.90, 2),)),
    ("TT", "America/Port_of_Spain", ((10.65, -61.51, 1),)),
)  # fmt: skip
KINDS = ("health", "mhpss", "legal", "safety", "family-tracing", "alternative-care", "case-management")


def _make(path: str, n: int) -> None:
    from bot import db  # noqa: PLC0415

    async def tables() -> None:
        engine = db.open_engine(f"sqlite+aiosqlite:///{path}")
        await db.create_all(engine)
        await engine.dispose()

    asyncio.run(tables())
    _fill(path, n)


def _fill(path: str, n: int) -> None:
    """Write n made-up public services with the plain driver, quickly."""
    chance = random.Random(n)
    homes = [(country, zone, *town) for country, zone, towns in TOWNS for town in towns]
    weights = [home[4] for home in homes]
    connection = sqlite3.connect(path)
    for pragma in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-524288"):
        connection.execute(f"PRAGMA {pragma}")
    made = [0]

    def hexes() -> str:
        """Rising ids, which SQLite writes from front to back; they are read in the order of keys, which is not theirs."""
        made[0] += 1
        return f"{made[0] << 96 | chance.getrandbits(96):032x}"

    from bot.directory.tables import entry_key  # noqa: PLC0415

    organisations = [hexes() for _ in range(max(1, n // 20))]
    connection.executemany(
        "INSERT INTO organization (id, name, description, demo) VALUES (?,?,'',0)",
        [(one, f"Organisation {number}") for number, one in enumerate(organisations)],
    )
    for start in range(0, n, 20_000):
        services, locations, entries, texts, phones, schedules = [], [], [], [], [], []
        for number in range(start, min(n, start + 20_000)):
            service, location, entry = hexes(), hexes(), hexes()
            country, zone, lat, lon, _ = chance.choices(homes, weights)[0]
            spread = chance.choice((0.02, 0.1, 0.6, 2.0))
            kinds = chance.sample(KINDS, chance.choice((1, 1, 1, 1, 2)))
            languages = chance.choices(("es", "es,en", "pt", "en", "es,pt", "es,fr", "ht"), (60, 12, 20, 5, 2, 0.5, 0.5))[0]
            three = lambda odds: chance.choices((None, 1, 0), (1 - 2 * odds, odds * 1.5, odds / 2))[0]  # noqa: E731
            services.append(
                (
                    service,
                    chance.choice(organisations),
                    f"Service number {number}",
                    f"Point {number}",
                    f",{','.join(kinds)},",
                    chance.random() < 0.1,
                    f",{languages},",
                    three(0.3),
                    three(0.3),
                    three(0.3),
                    three(0.3),
                    three(0.2),
                    three(0.05),
                    three(0.1),
                    DAY,
                )
            )
            remote = chance.random() < 0.01
            point = (None, None) if remote else (lat + chance.gauss(0, spread), lon + chance.gauss(0, spread))
            locations.append((location, country, f"Town {number % 977}", f"Street {number}, number 12", *point))
            entries.append((entry, entry_key(uuid.UUID(entry)), service, location, remote))
            texts.append((service, "es", f"What the service number {number} offers, in one sentence of usual length."))
            phones.append((hexes(), service, f"+0000{number}", f"000 {number}"))
            if hours := chance.choices(
                (None, "all", (480, 1020), (450, 990), (540, 1080), (1320, 1800)), (30, 1.5, 30, 20, 18, 0.5)
            )[0]:
                days = ",0,1,2,3,4," if chance.random() < 0.8 else ",0,1,2,3,4,5,"
                schedules.append((hexes(), service, zone, days, *((0, 1, 1) if hours == "all" else (*hours, 0))))
        entries.sort(key=lambda entry: entry[1])
        connection.executemany(
            "INSERT INTO service (id, organization_id, name, short_name, status, kinds, specialised, languages, free, papers,"
            " people_women, people_men, people_children, people_lgbtiq, people_disabilities, authority, verified_on, verified_by)"
            " VALUES (?,?,?,?,'active',?,?,?,?,?,?,?,?,?,?,'',?,'')",
            services,
        )
        connection.executemany(
            "INSERT INTO location (id, location_type, country, municipality, address, latitude, longitude, discreet)"
            " VALUES (?,'physical',?,?,?,?,?,0)",
            locations,
        )
        connection.executemany(
            "INSERT INTO service_at_location (id, key, service_id, location_id, remote, discreet, demo, sensitive, audience,"
            " source_row, approved_by, approved_on) VALUES (?,?,?,?,?,0,0,0,'public','','bench','2027-01-01')",
            entries,
        )
        connection.executemany("INSERT INTO service_text VALUES (?,?,?,1)", texts)
        connection.executemany(
            "INSERT INTO phone (id, service_id, position, number, shown, text, whatsapp) VALUES (?,?,0,?,?,0,0)", phones
        )
        connection.executemany(
            "INSERT INTO schedule (id, service_id, zone, weekdays, opens, closes, always) VALUES (?,?,?,?,?,?,?)", schedules
        )
        connection.commit()
    connection.close()


def _queries(count: int) -> list[Any]:
    from flows.facts import Query  # noqa: PLC0415

    chance = random.Random(1)
    homes = [(country, *town) for country, _, towns in TOWNS for town in towns]
    weights = [home[3] for home in homes]
    found = []
    for _ in range(count):
        country, lat, lon, _ = chance.choices(homes, weights)[0]
        wide = chance.choice((0.05, 0.3, 3.0))
        found.append(Query(
            country=country,
            lat=lat + chance.gauss(0, wide),
            lon=lon + chance.gauss(0, wide),
            kinds=(chance.choice(KINDS),),
            language=chance.choices(("", "es", "pt", "en", "ht"), (60, 15, 15, 8, 2))[0],
            open_at=NOW + chance.randrange(7 * 86400) if chance.random() < 0.25 else None,
            people=(chance.choice(("women", "men", "children", "lgbtiq", "disabilities")),) if chance.random() < 0.2 else (),
            general=chance.random() < 0.5,
            skip=chance.choice((0, 0, 0, 3, 6)),
        ))  # fmt: skip
    return found


def _rss_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else ():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _measure_here(path: str, asked: int) -> dict[str, float]:
    from bot import db  # noqa: PLC0415
    from bot.directory.snapshot import build  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    async def make() -> Any:
        engine = db.open_engine(f"sqlite+aiosqlite:///{path}")
        try:
            return await build(engine, NOW, Settings(_env_file=None))  # type: ignore[call-arg]
        finally:
            await engine.dispose()

    started, used = time.perf_counter(), time.process_time()
    snapshot = asyncio.run(make())
    build_seconds, build_cpu_seconds = time.perf_counter() - started, time.process_time() - used
    index, queries = snapshot._index, _queries(asked)
    today = int(NOW // 86400)

    def run(call: Any) -> list[float]:
        times = []
        for query in queries:
            before = time.thread_time_ns()
            call(query)
            times.append((time.thread_time_ns() - before) / 1000)
        return sorted(times)

    first = run(lambda query: index.search(query, today))
    search = run(lambda query: index.search(query, today))
    answer = run(snapshot.search)
    at = lambda times, share: times[min(len(times) - 1, math.ceil(len(times) * share) - 1)]  # noqa: E731
    return {
        "services": len(snapshot),
        "p50": at(search, 0.5),
        "p99": at(search, 0.99),
        "worst": search[-1],
        "first_p99": at(first, 0.99),
        "answer_p50": at(answer, 0.5),
        "answer_p99": at(answer, 0.99),
        "build_seconds": build_seconds,
        "build_cpu_seconds": build_cpu_seconds,
        "rss_mb": _rss_mb(),
    }


def measure(n: int, asked: int = 5000) -> dict[str, float]:
    """Microseconds ``p50`` and ``p99`` of a nearest search with filters (``answer_…``: with the three offers decoded;
    ``first_…``: each question asked for the first time), of the processor: a search waits for nothing, and what else runs
    on the machine is left out. ``build_seconds`` (``build_cpu_seconds``) of a snapshot out of SQLite, peak ``rss_mb`` of
    the process that built and searched it."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "bench.db")
        made = "import sys; from bench import search; search._make(sys.argv[1], int(sys.argv[2]))"
        root = Path(__file__).parents[1]
        subprocess.run([sys.executable, "-c", made, path, str(n)], check=True, cwd=root)
        asks = "import sys, json; from bench import search\n"
        asks += "print(json.dumps(search._measure_here(sys.argv[1], int(sys.argv[2]))))"
        done = subprocess.run(
            [sys.executable, "-c", asks, path, str(asked)], check=True, cwd=root, stdout=subprocess.PIPE, text=True
        )
        return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    for size in [int(size) for size in sys.argv[1:]] or [1_000, 50_000, 1_000_000]:
        print(size, {name: round(value, 1) for name, value in measure(size).items()}, flush=True)
