"""Files to rows: CSV, Overpass JSON, GeoJSON features. Read as streams; a broken row costs that row only.

Here belongs what is peculiar to a file format. A row holds only the columns that were asked for. Never here: meaning.
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from bot.directory.importing.candidate import Broken

#: Lines that one quoted cell may span before its opening quote is taken for a slip.
_CELL_LINES = 50

Rows = Iterator[tuple[int, dict[str, str]] | Broken]


class FileError(ValueError):
    """A file that cannot be read at all. The message says what to do."""


def csv_rows(path: Path, columns: list[str], *, delimiter: str, encoding: str) -> Rows:
    """Rows of a CSV file with a heading. Letters that are not in the encoding become U+FFFD and are judged later."""
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        records = _records(stream, delimiter)
        first = next(records, None)
        if first is None:
            raise FileError(f"{path.name} is empty; give a file with a heading and rows.")
        heading = [cell.strip() for cell in first[1] or ()]
        if missing := [column for column in columns if column not in heading]:
            raise FileError(
                f"{path.name} has no column named {', '.join(repr(name) for name in missing)}; correct the map or its delimiter."
            )
        wanted = [(column, heading.index(column)) for column in columns]
        width = len(heading)
        for line, cells in records:
            if cells is None:
                yield Broken(line, "a quote is opened and not closed")
            elif len(cells) != width:
                if len(cells) > 1 or cells[0].strip():
                    yield Broken(line, f"{len(cells)} cells, where the heading has {width}")
            else:
                yield line, {column: cells[i] for column, i in wanted}


def _records(stream: TextIO, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """(line, cells) of each record; ``None`` where quotes never close. A record may span lines inside quotes."""
    waiting: deque[str] = deque()
    line = 0

    def take() -> str | None:
        return waiting.popleft() if waiting else next(stream, None)

    while (text := take()) is not None:
        line += 1
        text = text.replace("\0", "\ufffd")
        if '"' not in text:
            if text.strip():
                yield line, text.rstrip("\r\n").split(delimiter)
            continue
        lines = [text]
        quotes = text.count('"')
        while quotes % 2 and len(lines) < _CELL_LINES and (more := take()) is not None:
            lines.append(more)
            quotes += more.count('"')
        if quotes % 2:
            waiting.extendleft(reversed(lines[1:]))
            yield line, None
            continue
        try:
            cells = next(csv.reader(["".join(lines)] if len(lines) == 1 else lines, delimiter=delimiter), [])
        except csv.Error:
            yield line, None
        else:
            yield line, cells
        line += len(lines) - 1


def json_items(path: Path, key: str = "", encoding: str = "utf-8-sig") -> Iterator[tuple[int, Any]]:
    """Elements of the list at the top of a JSON file or, where the top is an object, of its list ``key``; from 1.

    The file is never held as a whole. ``FileError`` where it ends or breaks; what came before has been given out.
    """
    decoder = json.JSONDecoder()
    with path.open(encoding=encoding, errors="replace") as stream:
        buffer, at = "", 0

        def more() -> bool:
            nonlocal buffer, at
            chunk = stream.read(1 << 18)
            buffer, at = buffer[at:] + chunk, 0
            return bool(chunk)

        def skip(marks: str = "") -> str:
            """The next mark that is not white space nor one of ``marks``; "" at the end."""
            nonlocal at
            while True:
                while at < len(buffer):
                    if not (buffer[at].isspace() or buffer[at] in marks):
                        return buffer[at]
                    at += 1
                if not more():
                    return ""

        def value() -> Any:
            nonlocal at
            skip()
            while True:
                try:
                    found, end = decoder.raw_decode(buffer, at)
                except ValueError as error:
                    if not more():
                        raise FileError(f"{path.name} is not JSON after element {count}: {error.args[0]}.") from None
                    continue
                if end == len(buffer) and more():  # a number may go on
                    continue
                at = end
                return found

        count = 0
        mark = skip()
        if mark == "{" and key:
            at += 1
            while True:
                if skip(",") in ("}", ""):
                    raise FileError(f"{path.name} has no list named {key!r} at its top; is the format right?")
                name = value()
                skip(":")
                if name == key:
                    break
                value()
            mark = skip()
        if mark != "[":
            raise FileError(f"{path.name} does not hold a list; is the format right?")
        at += 1
        while (mark := skip(",")) != "]":
            if not mark:
                raise FileError(f"{path.name} ends before its list does, after element {count}.")
            item = value()
            count += 1
            yield count, item


def top_mark(path: Path, encoding: str = "utf-8-sig") -> str:
    """The first mark of a JSON file: "[" or "{"."""
    with path.open(encoding=encoding, errors="replace") as stream:
        return stream.read(4096).lstrip()[:1]


def osm_rows(path: Path, columns: list[str]) -> Rows:
    """Elements of an Overpass answer. ``@id`` is "node/1", ``@lat`` and ``@lon`` the point or the centre; the rest tags."""
    for number, element in json_items(path, "elements"):
        if not isinstance(element, dict) or not isinstance(element.get("tags", {}), dict):
            yield Broken(number, "not an element with tags")
            continue
        tags = element.get("tags", {})
        point = element.get("center") or element
        row = {column: _text(tags.get(column)) for column in columns}
        own = {
            "@id": f"{element['type']}/{element['id']}" if "type" in element and "id" in element else "",
            "@lat": _text(point.get("lat")),
            "@lon": _text(point.get("lon")),
        }
        row.update((column, value) for column, value in own.items() if column in row)
        yield number, row


def geojson_rows(path: Path, columns: list[str]) -> Rows:
    """Features, bare or in a collection. ``@id``, ``@lat``, ``@lon``; the rest are properties.

    A property that is an object of yes and no becomes its yes keys, joined by "|".
    """
    for number, feature in json_items(path, "features"):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            yield Broken(number, "not a feature with properties")
            continue
        geometry = feature.get("geometry") or {}
        point = geometry.get("coordinates") if geometry.get("type") == "Point" else None
        lon, lat = point[:2] if isinstance(point, list) and len(point) >= 2 else ("", "")
        row = {column: _text(properties.get(column)) for column in columns}
        own = {"@id": _text(feature.get("id")), "@lat": _text(lat), "@lon": _text(lon)}
        row.update((column, value) for column, value in own.items() if column in row)
        yield number, row


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "|".join(key for key, yes in value.items() if yes)
    if isinstance(value, list):
        return "|".join(str(part) for part in value)
    return "" if value is None or isinstance(value, bool) else str(value)
