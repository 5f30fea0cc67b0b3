"""``python -m bot import``: a file or folder into the directory, and the report on the terminal.

Here belongs the command line of the import. Never here: the import itself.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from bot import db
from bot.directory import importing
from bot.settings import Settings


def main(argv: list[str], settings: Settings) -> int:
    """Import and print the report. 0: done; 1: nothing stored, a sentence says why; 2: wrong arguments."""
    parser = argparse.ArgumentParser(
        prog="bot import",
        description="Bring a register into the directory. What comes in is hidden until a named role approves it.",
    )
    parser.add_argument("file", type=Path, help="a file, a folder of tabular HSDS, or with --all a folder of registers")
    parser.add_argument("--map", type=Path, help="column map; without it a shipped one is looked for by the file's name")
    parser.add_argument("--format", choices=importing.FORMATS, help="when neither the map nor the file's name says it")
    parser.add_argument("--all", action="store_true", help="import every file of the folder that a shipped map recognises")
    arguments = parser.parse_args(argv)
    if arguments.all and (arguments.map or arguments.format):
        parser.error("--all takes maps and formats from data/maps; leave out --map and --format")
    return asyncio.run(_run(arguments, settings))


async def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    engine = db.open_engine(db.url_of(settings))
    try:
        with db.explained(engine.url):
            if arguments.all:
                reports = await importing.import_folder(engine, arguments.file, progress=importing.to_stderr)
            else:
                reports = [
                    await importing.import_file(
                        engine, arguments.file, arguments.map, format=arguments.format, progress=importing.to_stderr
                    )
                ]
    except (importing.FileError, importing.MapError, db.DatabaseDown) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename} cannot be read: {error.strerror}.", file=sys.stderr)
        return 1
    finally:
        await engine.dispose()
    for report in reports:
        print(report.text())
    if not reports:
        print(f"No file of {arguments.file} has a map in data/maps; nothing was imported.", file=sys.stderr)
    return 1 if not reports or any(report.error for report in reports) else 0
