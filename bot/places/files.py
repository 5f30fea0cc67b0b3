"""What the data files say about places, read once when the program starts.

Here belong the formats of the extract and of the files that are kept by hand beside it, and what makes an entry wrong. Never
here: looking anything up, downloading anything (``scripts/make_places.py`` makes the extract).
"""

from __future__ import annotations

import gzip
import tomllib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.countries import DATA
from bot.places.lands import regions
from bot.places.sizes import FIRST_TOWN
from bot.places.writing import fold
from flows.facts import Place


def blocks(path: Path) -> dict[str, list[str]]:
    """The blocks of a gazetteer file: name -> lines. See ``scripts/make_places.py`` for the format."""
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    found: dict[str, list[str]] = {}
    at = 1  # the first line is the attribution
    while at < len(lines) and lines[at]:
        name, count = lines[at].split(" ")
        found[name] = lines[at + 1 : at + 1 + int(count)]
        at += 1 + int(count)
    return found


class ByHand:
    """Border posts, towns of our own, other names and parts of cities.

    ``known``: the ids of the extract, as text.
    """

    __slots__ = ("_known", "called", "parts", "posts", "shown")

    def __init__(self, folder: Path, known: Collection[str]) -> None:
        self._known = known
        self.called: dict[str, tuple[int, ...]] = {}
        """Folded name -> ids of places."""
        self.shown: dict[int, str] = {}
        """The name to show in place of the one in the extract."""
        self.posts = {post.id: post for post in self._read_posts(folder / "border_posts.toml")}
        """Border posts and towns of our own."""
        self.posts |= {town.id: town for town in self._read_towns(folder / "more_places.toml")}
        self._read_other_names(folder / "place_names.toml")
        self.parts: set[tuple[str, int]] = set()
        """Names of ``called`` that are only a part of the city, or a nickname of it."""
        self._read_parts(folder / "neighbourhoods.toml")

    def _read_posts(self, path: Path) -> Iterator[Place]:
        seen: set[int] = set()
        for entry in tomllib.loads(path.read_text("utf-8"))["post"]:
            name, country = entry["name"], entry["country"]
            region = regions().get(country, {}).get(entry["region"])
            if entry["id"] >= 0 or entry["id"] in seen or region is None:
                raise ValueError(f"{path}: {name!r} needs an id of its own below 0, a covered country and one of its regions")
            seen.add(entry["id"])
            for other in (name, name.partition(" (")[0], *entry.get("other", ())):
                self._call(fold(other), entry["id"])
            yield Place(id=entry["id"], name=name, region=region.name, country=country, lat=entry["lat"], lon=entry["lon"])

    def _read_towns(self, path: Path) -> Iterator[Place]:
        for country, towns in tomllib.loads(path.read_text("utf-8")).items():
            for number, line in towns.items():
                name, code, lat, lon, people, *others = (field.strip() for field in line.split("|"))
                region = regions().get(country, {}).get(code)
                if int(number) > FIRST_TOWN or int(number) in self.posts or region is None:
                    raise ValueError(
                        f"{path}: {name!r} needs an id of its own below {FIRST_TOWN}, a covered country and one of its regions"
                    )
                for other in (name, *(other for listed in others for other in listed.split(","))):
                    self._call(fold(other), int(number))
                yield Place(
                    id=int(number),
                    name=name,
                    region=region.name,
                    country=country,
                    lat=float(lat),
                    lon=float(lon),
                    population=int(people),
                )

    def _read_parts(self, path: Path) -> None:
        for cities in tomllib.loads(path.read_text("utf-8")).values():
            for place_id, listed in cities.items():
                if place_id not in self._known:
                    raise ValueError(f"{path}: {place_id} ({listed[:20]} ...) is not in places.tsv.gz")
                for name in listed.split(","):
                    key = fold(name)
                    forms = [key, key.removeprefix("la ")] if key.count(" ") > 1 else [key]
                    if name.strip()[:1].islower():  # a nickname: "sultana del norte", "la sultana del norte"
                        forms.append(f"la {key}")
                    for form in forms:
                        if int(place_id) not in self.called.get(form, ()):
                            self.parts.add((form, int(place_id)))
                            self._call(form, int(place_id))

    def _read_other_names(self, path: Path) -> None:
        for section in tomllib.loads(path.read_text("utf-8")).values():
            for place_id, names in section.items():
                if place_id not in self._known:
                    raise ValueError(f"{path}: {place_id} ({names[0]}) is not in places.tsv.gz; make it a border post instead")
                self.shown[int(place_id)] = names[0]
                for name in names:
                    self._call(fold(name.partition(" (")[0]), int(place_id))

    def _call(self, key: str, place_id: int) -> None:
        if place_id not in self.called.get(key, ()):
            self.called[key] = (*self.called.get(key, ()), place_id)


@cache
def names_of_towns() -> frozenset[str]:
    """Every name of a town, a quarter or a border post, folded: for whoever asks only whether words name a place."""
    extract = blocks(DATA / "places.tsv.gz")
    by_hand = ByHand(DATA, {row.partition("\t")[0] for row in extract["places"]})
    return frozenset(line.partition("\t")[0] for line in extract["keys"]) | by_hand.called.keys()


class Words(NamedTuple):
    """Folded words and names that are not, or not only, places."""

    never: frozenset[str]
    """Everyday words, which are no place where they stand alone."""
    asked: frozenset[str]
    """Names of countries and places that are asked about whatever the size of their homes."""
    common: frozenset[str]
    """Names of places that are everyday words as well."""


def words_of(path: Path) -> frozenset[str]:
    """The words of a list: lines of words, and of comments that begin with ``#``."""
    return frozenset(word for line in path.read_text("utf-8").split("\n") if not line.startswith("#") for word in line.split())


def first_names(folder: Path) -> frozenset[str]:
    """First names of persons, folded, from ``identifying.toml``."""
    sections = tomllib.loads((folder / "identifying.toml").read_text("utf-8"))
    return frozenset(fold(name) for line in sections["given"].values() for name in line.split())


def words_by_hand(folder: Path) -> Words:
    """Reads ``place_words.toml`` and ``everyday_words.txt``."""
    words = tomllib.loads((folder / "place_words.toml").read_text("utf-8"))
    return Words(
        never=words_of(folder / "everyday_words.txt") | {fold(word) for line in words["never"].values() for word in line.split()},
        asked=frozenset(fold(name) for line in words["asked"].values() for name in line.split(",")),
        common=frozenset(fold(name) for line in words["common"].values() for name in line.split(",")),
    )
