"""Import: files of other people's registers into the directory, through a quarantine, with a report.

Here belong the entry points and what ties reading (``files``, ``hsds``, ``maps``), judging (``quarantine``) and writing
(``loading``) together. Everything that is imported is hidden and unapproved. Never here: publishing; that is the named
role's act (``bot.directory.visibility``).
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.directory.importing import files, hsds, maps
from bot.directory.importing.candidate import Broken, Candidate, Channel, Draft, Held, Reason
from bot.directory.importing.files import FileError
from bot.directory.importing.loading import Loader
from bot.directory.importing.maps import Map, MapError
from bot.directory.importing.quarantine import inspect
from bot.directory.importing.report import Report
from bot.directory.stamp import bump
from bot.settings import Settings
from flows.facts import COUNTRIES

__all__ = [
    "FORMATS",
    "FileError",
    "MapError",
    "Report",
    "candidates",
    "import_file",
    "import_folder",
    "main",
    "map_for",
    "to_stderr",
]

#: Shipped maps: ours; the data that they describe is not.
MAPS = Path(__file__).parents[3] / "data" / "maps"
FORMATS: tuple[str, ...] = ("csv", "osm", "geojson", "hsds")

Progress = Callable[[str], None]


def quiet(line: str) -> None:
    """No progress."""


def map_for(path: Path, folder: Path | None = None) -> Path | None:
    """The shipped map whose ``file`` pattern fits a file's name."""
    for found in sorted((folder or MAPS).glob("*.toml")):
        pattern = maps.read_map(found).file
        if pattern and fnmatch(path.name, pattern):
            return found
    return None


def candidates(
    path: Path, spec: Map | None, report: Report, *, format: str, today: date, countries: Collection[str] = COUNTRIES
) -> Iterator[Candidate | Channel | Held]:
    """Every row of a file, judged and counted in ``report``. No database; ``FileError`` where the file ends early."""
    seen: set[str] = set()
    title = spec.title if spec else ""
    for draft in _drafts(path, spec, format):
        judged: Candidate | Channel | Held
        if isinstance(draft, Broken):
            judged = Held(draft.row, "", Reason.BROKEN, draft.why)
        elif draft.source_id and draft.source_id in seen:
            judged = Held(draft.row, draft.source_id, Reason.DUPLICATE)
        else:
            if draft.source_id:
                seen.add(draft.source_id)
            judged = inspect(draft, report.notes, today=today, countries=countries, organisation=title)
        if isinstance(judged, Held):
            report.hold(judged)
        else:
            report.take(judged)
        yield judged


def _drafts(path: Path, spec: Map | None, format: str) -> Iterator[Draft | Broken]:
    if format == "hsds":
        yield from hsds.drafts(path, spec)
        return
    if spec is None:
        raise MapError(f"A {format} file needs a map that says what its columns mean: --map FILE. data/maps holds examples.")
    columns = maps.columns(spec)
    if format == "csv":
        rows = files.csv_rows(path, columns, delimiter=spec.delimiter, encoding=spec.encoding)
    elif format == "osm":
        rows = files.osm_rows(path, columns)
    else:
        rows = files.geojson_rows(path, columns)
    read = maps.reader(spec)
    for row in rows:
        yield row if isinstance(row, Broken) else read(*row)


async def import_file(
    engine: AsyncEngine,
    path: Path,
    map_path: Path | None = None,
    *,
    format: str | None = None,
    report: Report | None = None,
    progress: Progress = quiet,
    today: date | None = None,
    countries: Collection[str] = COUNTRIES,
) -> Report:
    """Import one file, or one folder of tabular HSDS, in one transaction.

    Without a map a shipped one is looked for by the file's name; HSDS needs none. ``report`` is filled and returned.
    A file that breaks half-way leaves nothing behind: ``report.error`` says why. Raises ``MapError`` for a bad map.
    """
    report = report or Report(path.name)
    if not path.exists():
        raise FileError(f"There is no {path}; check the path.")
    map_path = map_path or (None if path.is_dir() else map_for(path))
    spec = maps.read_map(map_path) if map_path else None
    format = format or (spec.format if spec else "hsds" if path.is_dir() or path.suffix == ".json" else "csv")
    if format not in FORMATS:
        raise MapError(f"The format {format!r} is not known; use {', '.join(FORMATS)}.")
    report.source = spec.source if spec else f"hsds-{path.stem}"
    began = time.monotonic()
    try:
        async with engine.begin() as connection:
            if connection.dialect.name == "sqlite":  # identifiers come in no order: keep the trees in memory meanwhile
                await connection.exec_driver_sql("PRAGMA cache_size=-65536")
            loader = Loader(connection, report.source, spec, path.name, report)
            await loader.start()
            for judged in candidates(
                path, spec, report, format=format, today=today or datetime.now(UTC).date(), countries=countries
            ):
                if isinstance(judged, Candidate):
                    await loader.add(judged)
                elif isinstance(judged, Channel):
                    await loader.add_channel(judged)
                else:
                    await loader.hold(judged)
                if report.read % 10_000 == 0:
                    progress(f"  {path.name}: {report.read:,} rows, {time.monotonic() - began:.1f} s")
                    await asyncio.sleep(0)
            await loader.finish()
            await bump(connection)
    except FileError as error:
        report.error = str(error)
    return report


async def import_folder(
    engine: AsyncEngine, folder: Path, *, progress: Progress = quiet, today: date | None = None
) -> list[Report]:
    """Import every file of a folder that a shipped map recognises, largest last; what is not recognised is said."""
    if not folder.is_dir():
        raise FileError(f"There is no folder {folder}; set FARO_DATA to a folder of registers.")
    reports = []
    for path in sorted((path for path in folder.iterdir() if path.is_file()), key=lambda path: path.stat().st_size):
        if path.suffix not in (".csv", ".json"):
            continue
        if (found := map_for(path)) is None:
            progress(f"  {path.name}: no map in data/maps fits this name; left out")
            continue
        report = await import_file(engine, path, found, progress=progress, today=today)
        held = sum(report.held.values())
        progress(f"  {path.name}: {report.taken:,} taken, {held:,} held back" + (f"; {report.error}" if report.error else ""))
        reports.append(report)
    return reports


def main(argv: list[str], settings: Settings) -> int:
    """``python -m bot import FILE [--map M] [--format F]``; see ``command``."""
    from bot.directory.importing import command  # noqa: PLC0415 - it builds on this module

    return command.main(argv, settings)


def to_stderr(line: str) -> None:
    """Progress for a terminal."""
    print(line, file=sys.stderr, flush=True)
