"""Names and coordinates to places: what a person writes or shares, turned into a town, a country, or a question back.

Here belong the gazetteer, how a text is matched with it, and which country a point lies in. Everything is a pure look-up
in memory. Never here: a person's answer kept, logged or sent anywhere; a guess passed off as certain.
"""

from __future__ import annotations

import gzip
import math
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import tzfpy
from babel.core import get_global

from bot.countries import (
    DATA,
    Region,
    country_named,
    country_near,
    neighbours,
    outside_named,
    outside_town,
    region_names,
    regions,
    usual_language,
)
from bot.place_answers import Answer, answered, unsure
from bot.place_names import articled, expansions, fold, respaced
from bot.place_sentences import (
    between,
    cut,
    headed,
    marked,
    names_border,
    names_landmark,
    neighbour,
    pieces,
    plain,
    spoken,
    tailed,
    with_los_angeles,
    without_blessings,
    without_neighbour,
)
from bot.place_sentences import read as read_sentence
from bot.place_spelling import Spellings
from flows.facts import COUNTRIES, Area, Mention, Place

# --- coordinates -----------------------------------------------------------------------------------------------------

#: Zones that Babel's table of zones and territories lacks.
_NEW_ZONES = {"America/Coyhaique": "CL", "Antarctica/Troll": "AQ"}

#: Within this distance of a border the person is asked for the side.
RING_KM = 5.0
_KM_PER_DEGREE = 111.195
_RING = tuple((math.cos(math.radians(a)), math.sin(math.radians(a))) for a in range(0, 360, 45))


@cache
def _territories() -> dict[str, str]:
    """IANA zone -> ISO 3166-1 code, for the zones that belong to a country (not ``Etc/GMT+9`` and its kin)."""
    known = {zone: code for zone, code in get_global("zone_territories").items() if code.isalpha() and code != "ZZ"}
    return _NEW_ZONES | known


def country_at(lat: float, lon: float) -> str:
    """The country of a point in degrees (WGS 84): its ISO 3166-1 code, or "" at sea or for impossible numbers.

    The polygons are those of the time zones, drawn from OpenStreetMap: right at borders to some hundred metres, and
    including a country's coastal waters. Within 5 km of a border ask the person; see ``Gazetteer.at``.
    """
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # also refuses NaN
        return ""
    return _territories().get(tzfpy.get_tz(lon, lat) or "", "")


def km_between(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance of two points in kilometres (mean radius of the Earth)."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    h = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(h)))


def _km_to_meridian(lat: float, degrees: float) -> float:
    """Distance from a point to the meridian that lies so many degrees east or west of it."""
    return 6371.0 * math.asin(math.cos(math.radians(lat)) * math.sin(math.radians(min(degrees, 90.0))))


def cell_of(lat: float, lon: float) -> int:
    """Number of the one-degree cell that holds a point; neighbours to the east differ by 1, to the north by 360."""
    return (math.floor(lat) + 90) * 360 + (math.floor(lon) + 180) % 360


# --- names -----------------------------------------------------------------------------------------------------------

#: A choice has at most this many answers.
CHOICES = 4

#: Parts of cities, nicknames and border posts count as towns of this size when homes of one name are put in order; posts are never
#: left out as small.
POST_WEIGHT = 30_000

#: A namesake of so many people across a border is offered beside the homes of the known country,
LARGE = 50_000
#: no namesake of so many people is left out where no country is known,
SIZEABLE = 60_000
#: (where one is known, a city of so many people leaves out a namesake that is a fifth of it and no larger than some 70,000)
METROPOLIS = 200_000
#: unless they are this many times larger;
FAR_LARGER = 10
#: and so is one of this many that is itself that much larger and this near to the known country, in kilometres.
TOWN, NEAR_KM = 10_000, 150.0

#: Towns of our own have ids below this one, border posts above it.
FIRST_TOWN = -1_000

#: A place counts as one that others are told by when it has so many people; others are told by it so far away, in kilometres.
CITY, BESIDE_KM = 30_000, 45.0

#: How much a home counts when the text is not its own name but another one, or only the beginning of it.
OTHER_NAME, BEGINNING = 0.1, 0.1
#: How much more a name counts that is said like the text than one that is a slip away.
ALIKE = 5.0

_IN = "in"  # after "en", "in", "em", "cerca de": says where somebody is
_TO = "to"  # after "a", "para", "por": may say where
_FROM = "from"  # after "de", "from": may say where somebody comes from
_BARE = ""


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_BEFORE: dict[str, str] = {
    **dict.fromkeys(("en", "in", "em", "near", "hacia", "at", "around", "ate", "hasta", "perto", "cerca", "desde"), _IN),
    **dict.fromkeys(("a", "al", "para", "por", "to", "pra", "pro", "no", "na", "via", "towards", "rumbo", "into"), _TO),
    **dict.fromkeys(("de", "from", "do", "da", "of", "del"), _FROM),
}
#: Between a word of ``_BEFORE`` and the name: "cerca de", "en la ciudad de", "in the town of", "perto da".
_BETWEEN = _words(
    "de del da do dos das of the la el los las o a ciudad cidade city town pueblo municipio municipality frontera border",
    "fronteira centro puente bridge terminal aeropuerto zona barrio bairro colonia parque region estado state",
    "hospital iglesia catedral plaza mercado estacion rodoviaria albergue refugio",
    "departamento provincia",
)
_NEGATIONS = _words("no not nao ya never nunca sin isnt wasnt arent dont")

#: What people put before the name when they answer "where are you?".
_LEAD = _words(
    "estoy en soy vivo ando voy me encuentro encontro ahora aqui aca ahorita i am im m we are is at in near from to the",
    "here currently now estou em no na moro fico hoje estamos somos nos y ya casi llegando cerca de del por para pra a al",
    "desde hacia perto da do mi ciudad es my city hola hello oi hi ola bueno pues",
)


class _Home(NamedTuple):
    """One place that a name may mean, and how much speaks for it."""

    place: Place
    score: float


class Gazetteer:
    """The places of the fourteen countries by name and by coordinates. Implements ``flows.facts.Places``.

    Rows and names stay text, as the file has them; a ``Place`` is built when it is asked for. So 28,000 places load in
    well under a tenth of a second. Exact names are a dictionary; names with the same beginning stand together in a sorted
    list, by which prefixes are found and which later steps can use to look for names near a misspelt one.
    """

    __slots__ = (
        "_asked",
        "_by_id",
        "_cells",
        "_common",
        "_extra",
        "_keys",
        "_largest",
        "_never",
        "_parts",
        "_posts",
        "_rows",
        "_shown",
        "_sorted",
        "_spellings",
        "_starts",
        "_text",
    )

    def __init__(self, folder: Path = DATA) -> None:
        """Read what ``folder`` has about places: the extract, and what is kept by hand beside it."""
        blocks = _blocks(folder / "places.tsv.gz")
        self._rows = blocks["places"]
        cells = [line.split("\t") for line in blocks["cells"]]
        self._starts = [int(cell) for cell, _ in cells]
        self._cells = [int(row) for _, row in cells] + [len(self._rows)]
        self._largest = {line.rpartition("\t")[0]: line.rpartition("\t")[2] for line in blocks["regions"]}
        self._keys = dict(line.split("\t") for line in blocks["keys"])
        self._sorted = list(self._keys)  # the file is sorted
        self._by_id = {row[: row.index("\t")]: number for number, row in enumerate(self._rows)}
        self._extra: dict[str, tuple[int, ...]] = {}
        self._shown: dict[int, str] = {}
        self._posts = {post.id: post for post in self._read_posts(folder / "border_posts.toml")}
        self._posts |= {town.id: town for town in self._read_towns(folder / "more_places.toml")}
        self._read_other_names(folder / "place_names.toml")
        self._parts: set[tuple[str, int]] = set()
        self._read_parts(folder / "neighbourhoods.toml")
        words = tomllib.loads((folder / "place_words.toml").read_text("utf-8"))
        everyday = (folder / "everyday_words.txt").read_text("utf-8").split("\n")
        plain = frozenset(word for line in everyday if not line.startswith("#") for word in line.split())
        self._never = plain | {fold(word) for line in words["never"].values() for word in line.split()}
        self._asked = frozenset(fold(name) for line in words["asked"].values() for name in line.split(","))
        self._common = frozenset(fold(name) for line in words["common"].values() for name in line.split(","))
        self._text = "\n".join(("", *self._sorted, *self._extra, ""))
        self._spellings = Spellings(dict.fromkeys((*self._keys, *self._extra)))
        country_near("")
        region_names()  # read now, not in somebody's turn

    @classmethod
    def load(cls) -> Gazetteer:
        """The gazetteer of ``data/``."""
        return cls()

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
                if int(number) > FIRST_TOWN or int(number) in self._posts or region is None:
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
                if place_id not in self._by_id:
                    raise ValueError(f"{path}: {place_id} ({listed[:20]} ...) is not in places.tsv.gz")
                for name in listed.split(","):
                    key = fold(name)
                    forms = [key, key.removeprefix("la ")] if key.count(" ") > 1 else [key]
                    if name.strip()[:1].islower():  # a nickname: "sultana del norte", "la sultana del norte"
                        forms.append(f"la {key}")
                    for form in forms:
                        if int(place_id) not in self._extra.get(form, ()):
                            self._parts.add((form, int(place_id)))
                            self._call(form, int(place_id))

    def _read_other_names(self, path: Path) -> None:
        for section in tomllib.loads(path.read_text("utf-8")).values():
            for place_id, names in section.items():
                if place_id not in self._by_id:
                    raise ValueError(f"{path}: {place_id} ({names[0]}) is not in places.tsv.gz; make it a border post instead")
                self._shown[int(place_id)] = names[0]
                for name in names:
                    self._call(fold(name.partition(" (")[0]), int(place_id))

    def _call(self, key: str, place_id: int) -> None:
        if place_id not in self._extra.get(key, ()):
            self._extra[key] = (*self._extra.get(key, ()), place_id)

    # --- by id and by coordinates

    def get(self, place_id: int) -> Place | None:
        """The place with that id, or None: a session may hold an id that a newer gazetteer no longer has."""
        if place_id < 0:
            return self._posts.get(place_id)
        number = self._by_id.get(str(place_id))
        return None if number is None else self._place(number)

    def _place(self, number: int) -> Place:
        id_, name, country, code, lat, lon, people = self._rows[number].split("\t")
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
        near = {own}
        stretch = max(math.cos(math.radians(lat)), 0.01)
        for north, east in _RING:
            step = RING_KM / _KM_PER_DEGREE
            near.add(country_at(lat + north * step, (lon + east * step / stretch + 180) % 360 - 180))
        found = [(km, place) for code in COUNTRIES if code in near for km, place in self._nearest(lat, lon, code)]
        found.sort(key=lambda pair: (pair[0], pair[1].country))
        return Area(
            countries=tuple(place.country for _, place in found),
            places={place.country: place for _, place in found},
            outside="" if own in COUNTRIES else own,
            lat=lat,
            lon=lon,
        )

    def _nearest(self, lat: float, lon: float, country: str) -> list[tuple[float, Place]]:
        """The nearest place of a country and its distance in kilometres; exact, looking at as few cells as it takes."""
        best, winner = math.inf, -1
        sign = f"\t{country}\t"
        row, column = math.floor(lat), math.floor(lon)
        for reach in range(181):
            # nothing in this ring of cells, or beyond it, can be nearer than its inner edge
            north = reach - 1 + min(lat - row, row + 1 - lat)
            east = reach - 1 + min(lon - column, column + 1 - lon)
            if reach and best < min(north * _KM_PER_DEGREE, _km_to_meridian(lat, east)):
                break
            for y in range(row - reach, row + reach + 1):
                step = 1 if abs(y - row) == reach else 2 * reach or 1
                for x in range(column - reach, column + reach + 1, step):
                    if self._km_to_cell(lat, lon, y, x) >= best:
                        continue
                    for number in self._cell(y, x):
                        line = self._rows[number]
                        if sign in line:
                            fields = line.split("\t")
                            km = km_between(lat, lon, float(fields[4]), float(fields[5]))
                            if km < best:
                                best, winner = km, number
        place = self._place(winner) if winner >= 0 else None
        for post in self._posts.values():
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

    @staticmethod
    def _km_to_cell(lat: float, lon: float, y: int, x: int) -> float:
        """A distance that no point of a cell is nearer than."""
        north = max(y - lat, lat - y - 1, 0.0)
        east = max(x - lon, lon - x - 1, 0.0)
        return max(north * _KM_PER_DEGREE, _km_to_meridian(lat, east)) * 0.999

    # --- by name

    def named(self, text: str, country: str = "") -> Mention:
        """The whole ``text`` answers "where are you?". ``country`` narrows it when it is known; what the text says wins.

        Country names give countries; a state alone gives its largest towns to choose from; an inexact match is not
        ``certain``. Nothing that looks like a place gives an empty mention.
        """
        return self._told(self._named(text, country), text)

    def _named(self, text: str, country: str) -> Mention:
        said = self._thankless(marked(text), country)
        if all(word.isdigit() for word in plain(said)):
            return Mention()
        if country == "US":
            said = with_los_angeles(said)
        words = without_neighbour(said)
        if found := self._at_border(words, neighbour(said), country):
            return found
        sentence = read_sentence(words)
        for following in sentence.here:
            if found := self._here(following, country):
                return found
        if not sentence.here and (found := self._headed(words, country)):
            return found
        ends = between(words)
        if not any(ends):
            ends = (sentence.left, sentence.going)
        if not sentence.here and any(ends):
            left, going = (self._here(part, country) if part else None for part in ends)
            if left and going and left.places and going.places:
                both = dict.fromkeys((*going.places[:2], *left.places[:2]))
                return Mention(places=tuple(both), certain=False)
            if going or left:
                return unsure(going or left or Mention())
        words = plain(words)
        if not words:
            return Mention()
        if len(words) <= 9:
            found = self._answer(words, country)
            if found is not None:
                return found
            start = next((i for i, word in enumerate(words) if word not in _LEAD and word not in _ARTICLES), len(words))
            while start and words[start - 1] in _ARTICLES and self._with_article(" ".join(words[start - 1 :])):
                start -= 1
            if 0 < start < len(words) and not self._single(words[start:]) and not _NEGATIONS & set(words[: start - 1]):
                said_where = (
                    words[start - 1] in _BEFORE or words[start - 1] in _ARTICLES or " ".join(words[start:]) not in self._common
                )
                found = self._answer(words[start:], country) if said_where else None
                if found is not None:
                    # "in the temple", "na loja": hardly a town
                    return unsure(found) if words[start - 1] in _VAGUE and " ".join(words[start:]) in self._common else found
        return self._within(words, country, answering=True)

    def _thankless(self, words: list[str], country: str) -> list[str]:
        """Without thanks to God, unless they are the name of a place in the known country, and the whole text."""
        key = " ".join(words)
        if country and any(region.country == country for region in region_names().get(key, ())):
            return words
        if country and any(home.place.country == country for home in self._homes(key)):
            return words
        return without_blessings(words)

    def _at_border(self, words: list[str], beyond: list[str], country: str) -> Mention | None:
        """A town of several that are called so, told by what lies across the border: "san antonio, border with cucuta"."""
        if not beyond:
            return None
        own = [word for word in plain(words) if word not in _BEFORE and word not in _BETWEEN]
        if code := country_named(" ".join(own)):
            return Mention(countries=(code,))
        across = [home.place for home in self._homes(" ".join(beyond)) if home.score >= TOWN]
        near = [h for h in self._homes(" ".join(own)) if any(_near(h.place, place) for place in across)]
        places = self._choose(near, country)
        return Mention(places=places) if len(places) == 1 else None

    def _headed(self, words: list[str], country: str) -> Mention | None:
        """What an answer means that has the place at its beginning or end, and else where in it, or where to."""
        parts = headed(words) or tailed(words)
        if parts is None or len(parts.place) > 5 or self._everyday(parts.place) or self._lookup(plain(words), country):
            return None
        found = self._answer(parts.place, country)
        if found is None or not (found.certain or found.likely or len(found.places) > 1):
            return None
        if parts.moving:
            return found
        ends = parts.place == words[-len(parts.place) :]
        if ends and not (found.certain and len(found.places) == 1 and found.places[0].population >= CITY):
            return None
        more = _trimmed([word for word in plain(parts.more) if word not in _SMALL], front=True)
        key = " ".join(more)
        if names_border(parts.more) and found.places and (code := country_named(key) or outside_named(key)):
            return found if all(place.country != code for place in found.places) else None
        there = tuple(p for p in found.places if any(_within_state(p, region) for region in region_names().get(key, ())))
        if there:
            return Mention(places=there)
        if not found.places or found.countries or country_named(key) or outside_named(key) or key in region_names():
            return None
        for count in range(min(5, len(more)), 0, -1):
            for start in range(len(more) - count + 1):
                gram = more[start : start + count]
                if count == 1 and (gram[0] in self._never or len(gram[0]) < 4):
                    continue
                homes = [h for h in self._forms(gram) if h.score and any(_near(h.place, place) for place in found.places)]
                if places := self._choose([h for h in homes if any(_beside(h.place, p) for p in found.places)], country):
                    return Mention(places=places[:1])
                if across := next((p for p in found.places if any(_near(h.place, p) for h in homes)), None):
                    return Mention(places=(across,))
        if names_landmark(parts.more) or (ends and " ".join(plain(parts.more)[1:2]) in _SMALL):
            return found
        other = self._within(["en", *plain(parts.more)], country, answering=True)
        return None if other.places or other.countries or other.outside else found

    def _here(self, words: list[str], country: str) -> Mention | None:
        """What stands behind "I am in"; None for no place."""
        for piece in pieces(words):
            while piece and piece[0] in _ARTICLES and not self._with_article(" ".join(piece)):
                piece = piece[1:]
            if piece and len(piece) <= 9 and not self._single(piece) and (found := self._answer(piece, country)):
                if found.places or found.outside or len(piece) == len(plain(words)):
                    return found
                break
        for part in (cut(words), words):
            if (found := self._within(["en", *plain(part)], country, answering=True)) != Mention() and (
                found.places or part is words
            ):
                return found
        return None

    def _with_article(self, key: str) -> bool:
        """Whether a name that begins with an article is known just so."""
        return key in self._extra or bool(outside_named(key))

    def _told(self, found: Mention, text: str) -> Mention:
        """Of homes in several countries the one that the language of the answer points to, where it is a large one."""
        if len(found.countries) > 1 and not found.places and spoken(fold(text).split()) == "US":
            english = [code for code in found.countries if usual_language(code) == "en"]
            return Mention(countries=tuple(english[:1])) if english[:1] == list(found.countries[:1]) else found
        if len({place.country for place in found.places}) < 2:
            return found
        country, top = spoken(fold(text).split()), max(found.places, key=lambda place: place.population)
        rest = [place.population for place in found.places if place is not top]
        if country == top.country and top.population >= LARGE and top.population >= 5 * max(rest):
            return Mention(places=(top,), certain=found.certain)
        return found

    def answer(self, text: str, country: str = "") -> Answer:
        """The whole ``text`` answers "where are you?", as one place, one country, or a question back."""
        return answered(self.named(text, country))

    def mentioned(self, text: str, country: str = "") -> Mention:
        """A place somewhere inside a longer sentence, such as "doctor en tapachula". Prefers no answer to a wrong one."""
        return self._within(self._thankless(fold(text).split(), country), country, answering=False)

    def _answer(self, words: list[str], country: str) -> Mention | None:
        """What a text means that is nothing but a name; None when it is no name."""
        key = " ".join(words)
        code = country_named(key)
        if code and key in self._asked and code != country:
            # "Trinidad" is a town in other countries, too
            others = (h.place.country for h in sorted(self._homes(key), key=lambda h: -h.score) if h.score >= 1_000)
            return Mention(countries=tuple(dict.fromkeys((code, *(c for c in others if country in ("", c)))))[:CHOICES])
        if code:
            capital = self._choose([h for h in self._homes(key) if h.place.country == code], country) if code == country else ()
            return Mention(countries=(code,), places=capital)
        if outside := outside_named(key):
            return Mention(outside=outside)
        if key not in self._keys and key not in self._extra and (code := country_near(key, farthest=0)):
            return Mention(countries=(code,)) if code in COUNTRIES else Mention(outside=code)
        if far := self._far(key, country):
            return Mention(outside=far)
        if self._everyday(words):
            return None
        if beside := self._quarter(words, country):
            return beside
        places = self._lookup(words, country) or self._turned(words, country)
        if own := self._own_rather(words, places, country):
            return own
        if len(words) == 1 and key in self._common:
            places = places if any(p.population >= TOWN or p.id < 0 for p in places) else ()
        if key in self._common and not country and len(places) == 1 and places[0].population < SIZEABLE:
            return unsure(self._mention(places, country))
        state = key if key in region_names() or any(p.population >= LARGE for p in places) else _bare(key)
        states = [r for r in region_names().get(state, ()) if country in ("", r.country)] if len(key) > 3 else []
        if states:
            return self._state(state, states, places, country)
        if places:
            return self._mention(places, country)
        qualified = self._qualified(words, country)
        if qualified is not None:
            if not qualified.places and not qualified.outside and len(words) > 2:
                within = self._within(words, qualified.countries[0], answering=True)
                return within if within.places and within.places[0].country == qualified.countries[0] else qualified
            return qualified
        beginnings = self._beginnings(key, country)
        if beginnings and not (len(words) == 1 and (words[0] in self._never or words[0] in self._common)):
            return self._mention(beginnings, country, len(beginnings) == 1 and len(key) >= 5)
        if outside := outside_named(key, whole_world=True):
            return Mention(outside=outside)
        parts = self._choose([h for h in self._containing(key) if h.score * 10 >= TOWN], country)
        if len(parts) == 1 and not self._single(words) and key not in self._common:
            return self._mention(parts, country)
        return self._inexact(words, country)

    def _far(self, key: str, country: str) -> str:
        """ISO code of a country that is not covered, whose name or large town has only small namesakes in covered ones; or ""."""
        town = outside_town(key)
        code = town or ("" if key in region_names() else outside_named(key, whole_world=True))
        if not code or (key in self._asked and not town):
            return ""
        homes = self._homes(key)
        if any(home.place.country == country and home.score >= 1_000 for home in homes):
            return ""
        return "" if any(home.score >= (LARGE if town or country else TOWN) for home in homes) else code

    def _turned(self, words: list[str], country: str) -> tuple[Place, ...]:
        """A name that is kept by hand with its city behind it, where the text has the city first: "pereira cuba"."""
        turned = (" ".join((*words[at:], *words[:at])) for at in range(1, len(words)))
        homes = [home for form in turned if form in self._extra for home in self._homes(form)]
        return self._choose(homes, country)

    def _own_rather(self, words: list[str], places: tuple[Place, ...], country: str) -> Mention | None:
        """A place of the known country that is said like a small one abroad: "kenedy" in Colombia is no village in Texas."""
        if not country or not places or any(p.country == country or p.population >= LARGE for p in places):
            return None
        return self._misspelt(words, country, lambda home, _: home.place.country == country and home.score >= TOWN, farthest=0)

    def _single(self, words: list[str]) -> bool:
        """Whether it is one everyday word, which is a name at most where nothing else is said: "rio"."""
        return len(words) == 1 and words[0] in self._never

    def _everyday(self, words: list[str]) -> bool:
        """Whether these words are everyday ones, and no name of a town of some size ("Campo Grande", not "el monte")."""
        key = " ".join(words)
        if key in self._common or key in self._extra:
            return False
        if not all(word in self._never or word in _SMALL or word in _BEFORE or word in _LEAD for word in words):
            return False
        telling = [word for word in words if word in self._never and word not in _SMALL]
        return len(telling) < 2 or all(home.score < TOWN for home in self._homes(key))

    def _mention(self, places: tuple[Place, ...], country: str, certain: bool = True) -> Mention:
        """Places that were found; not certain when they lie elsewhere than the person said before."""
        return Mention(places=places, certain=certain and country in ("", *(p.country for p in places)))

    def _state(self, key: str, states: list[Region], places: tuple[Place, ...], country: str) -> Mention:
        """A state or department alone: its town of the same name if that is large, else its largest towns to choose from."""
        named = {state.name for state in states}
        # not by another name, unless it is kept by hand and the town lies there: "huehue"
        called = {
            h.place.id
            for h in self._homes(key)
            if h.score >= h.place.population or (h.place.region in named and h.place.id in self._extra.get(key, ()))
        }
        if any(p.id in called and (p.population >= 20_000 or p.region in named) for p in places):
            return self._mention((*places, *self._elsewhere(states, places))[:CHOICES], country)
        if capital := self._capital(states):
            return self._mention((capital,), country)
        towns = [
            self._place(int(number))
            for state in states
            for number in self._largest.get(f"{state.country}\t{state.code}", "").split()
        ]
        towns.sort(key=lambda p: -p.population)
        merged = list(dict.fromkeys((*places, *towns)))[:CHOICES]
        codes = tuple(dict.fromkeys(state.country for state in states))
        return Mention(places=tuple(merged), countries=codes if len(codes) == 1 else (), certain=False)

    def _elsewhere(self, states: list[Region], places: tuple[Place, ...]) -> list[Place]:
        """The largest town of each state of that name in a country where no town is called so: "Córdoba" is a city in Mexico, and a
        department of Colombia."""
        countries = {place.country for place in places}
        largest = (self._largest.get(f"{s.country}\t{s.code}", "").split() for s in states if s.country not in countries)
        return [self._place(int(numbers[0])) for numbers in largest if numbers]

    def _capital(self, states: list[Region]) -> Place | None:
        """The town that a state's name means as well: its largest by far, and called after it ("Santiago de Querétaro")."""
        if len(states) != 1:
            return None
        state = states[0]
        towns = [self._place(int(number)) for number in self._largest.get(f"{state.country}\t{state.code}", "").split()]
        if towns and fold(state.name) in fold(towns[0].name) and all(p.population * 3 <= towns[0].population for p in towns[1:]):
            return towns[0]
        return None

    def _qualified(self, words: list[str], country: str) -> Mention | None:
        """A name and what it lies in: "tapachula chiapas", "san cristobal, venezuela", "venezuela san cristobal"."""
        only: Mention | None = None
        for count in (4, 3, 2, 1):
            if count >= len(words) and count > 1:
                continue
            last, first = " ".join(words[-count:]), " ".join(words[:count])
            rest = _trimmed(words[:-count])
            if rest and (code := outside_named(last)) and not self._lookup(words, country):
                slip = self._misspelt(words, country, lambda home, _: home.score >= CITY, farthest=1)
                return slip or Mention(outside=code)
            far = "" if not rest or len(last) < 4 or last in region_names() else outside_named(last, whole_world=True)
            if far and all(home.score < TOWN for key in (last, " ".join(words)) for home in self._homes(key)):
                return Mention(outside=far)
            for key, others in ((last, rest), (first, _trimmed(words[count:]))):
                code = country_named(key)
                if not code and len(key) >= 6 and key not in self._keys and (said := country_near(key, farthest=0)) in COUNTRIES:
                    code = said
                if others and code:
                    inside = self._inside(others, code)
                    if inside is not None:
                        return inside
                    if len(key) > 3:
                        only = only or Mention(countries=(code,), certain=False)
            for key, others in ((last, rest), (first, _trimmed(words[count:], front=True))):
                states = [r for r in region_names().get(key, ()) if country in ("", r.country)] or region_names().get(key, ())
                if others and states and (found := self._in_state(others, states, country)):
                    return found
        return self._in_city(words, country) or only

    def _in_state(self, words: list[str], states: Iterable[Region], country: str) -> Mention | None:
        """A town of a state or department that the text names."""

        def there(home: _Home) -> bool:
            return any(_within_state(home.place, state) for state in states)

        everyday = self._everyday(words)
        homes = [h for h in self._forms(words) if there(h) and not (everyday and h.score < TOWN)]
        if places := self._choose(homes, country):
            return Mention(places=places)
        if everyday or country_named(" ".join(words)):
            return None
        if places := self._choose([h for h in self._containing(" ".join(words)) if there(h)], country):
            return Mention(places=places)
        return self._misspelt(words, country, lambda home, _: there(home))

    def _containing(self, key: str, limit: int = 40) -> list[_Home]:
        """Places one of whose names has these whole words in it: "juchitan", "Heroica Ciudad de Juchitán de Zaragoza"."""
        found: list[list[_Home]] = []
        at = 0
        while len(key) > 3 and len(found) < limit and (at := self._text.find(key, at)) >= 0:
            end = at + len(key)
            if self._text[at - 1] in " \n" and self._text[end] in " \n":
                name = self._text[self._text.rfind("\n", 0, at) + 1 : self._text.find("\n", at)]
                found.append([_Home(h.place, h.score * BEGINNING) for h in self._homes(name)])
            at = end
        return _merged(found)

    def _quarter(self, words: list[str], country: str) -> Mention | None:
        """The city behind "barrio ... de", "colonia ...": the part of it need not be known."""
        words = words[next((i for i, word in enumerate(words) if word not in _SMALL and word not in _BEFORE), len(words)) :]
        if len(words) < 3 or words[0] not in _QUARTERS:
            return None
        for count in range(min(4, len(words) - 2), 0, -1):
            city = words[-count:]
            if city[0] in _SMALL or all(word in self._never for word in city) or " ".join(words[1:]) in self._extra:
                continue
            homes = [h for h in self._homes(" ".join(city)) if h.score >= CITY]
            if len(city) > 1 or not (homes and city[0] in self._common):
                if found := self._in_city(words[1:], country):
                    return found
                if places := self._choose(homes, country):
                    return self._mention(places, country)
        return None

    def _in_city(self, words: list[str], country: str) -> Mention | None:
        """A part of a city, or a town beside it, and the city: "rocinha rio", "san martin de porres, lima"."""
        for count in range(min(4, len(words) - 1), 0, -1):
            for city, part in ((words[-count:], _trimmed(words[:-count])), (words[:count], _trimmed(words[count:], front=True))):
                if not part or all(word in self._never for word in city):
                    continue
                around = [h for h in self._homes(" ".join(city)) if h.score >= CITY and country in ("", h.place.country)]
                if not around:
                    continue
                homes = [h for h in self._forms(part) if any(_beside(h.place, other.place) for other in around)]
                if places := self._choose(homes, country):
                    return Mention(places=places[:1])
        return None

    def _inside(self, words: list[str], code: str) -> Mention | None:
        """What words mean in a country that the text itself names; None for nothing."""
        everyday = self._everyday(words)
        homes = [h for h in self._forms(words) if h.place.country == code and not (everyday and h.score < TOWN / 2)]
        places = self._choose(homes, code)
        if everyday:
            return Mention(places=places) if places else None
        key = " ".join(words)
        states = [r for r in region_names().get(key, ()) if r.country == code]
        if states:
            return self._state(key, states, places, code)
        if places:
            return Mention(places=places)
        nested = self._qualified(words, code) if len(words) > 1 else None
        if nested is not None and nested.places:
            return nested
        places = self._beginnings(key, code, strict=True)
        if places:
            return Mention(places=places, certain=len(places) == 1)
        if places := self._choose([h for h in self._containing(key) if h.place.country == code], code):
            return Mention(places=places, certain=len(places) == 1)
        if not self._plausible(words):
            return None
        return self._misspelt(words, code, lambda home, _: home.place.country == code)

    def _plausible(self, words: list[str]) -> bool:
        """Whether words may be a misspelt name at all."""
        return len(words) <= 5 and not any(word in self._never for word in words if len(words) == 1)

    def _lookup(self, words: list[str], country: str) -> tuple[Place, ...]:
        """Places whose name, written out, is exactly this."""
        return self._choose(self._forms(words), country, all_of=" ".join(words) in self._asked)

    def _forms(self, words: list[str]) -> list[_Home]:
        """Homes of the name as it stands, with abbreviations written out, with other spacing; the first that exists."""
        key = " ".join(words)
        homes = self._homes(key)
        if homes:
            spaced = [h for name in self._spellings.spaced(key) for h in self._homes(name) if h.score >= TOWN]
            written = [h for form in expansions(words) for h in self._homes(form)] if _WRITTEN_SHORT & set(words) else []
            return _merged((homes, self._longer(key, homes), spaced, written))
        for form in expansions(words):
            homes = homes + [h for h in self._homes(form) if h not in homes]
        if homes:
            return homes
        for form in respaced(words):
            if homes := self._homes(form):
                short = form.split()
                return _merged((homes, *map(self._homes, expansions(short)))) if _WRITTEN_SHORT & set(short) else homes
        return []

    def _homes(self, key: str) -> list[_Home]:
        """Every place of exactly that folded name."""
        found: dict[int, _Home] = {}
        for place_id in self._extra.get(key, ()):
            place = self.get(place_id)
            if place is not None:
                found[place.id] = _Home(place, self._weight(key, place))
        for mark in self._keys.get(key, "").split():
            place = self._place(int(mark.lstrip("~")))
            score = place.population * (OTHER_NAME if mark[0] == "~" else 1.0)
            if place.id not in found:
                found[place.id] = _Home(place, score)
        return list(found.values())

    def _weight(self, key: str, place: Place) -> float:
        """What speaks for a place under a name that is kept by hand."""
        if (key, place.id) in self._parts:
            return POST_WEIGHT
        return max(place.population, 1_000 if place.id <= FIRST_TOWN else POST_WEIGHT)

    def _longer(self, key: str, homes: list[_Home]) -> list[_Home]:
        """Large places whose name only begins so and that outweigh their country's homes of the exact name.

        "San Cristóbal" in Mexico mostly means San Cristóbal de las Casas, although some hamlets are called just so.
        """
        exact: dict[str, float] = {}
        for home in homes:
            exact[home.place.country] = max(exact.get(home.place.country, 0), home.score)
        return [
            home
            for home in self._starting(key)
            if home.place.population >= 100_000 and home.score * 0.3 > exact.get(home.place.country, 0)
        ]

    def _starting(self, key: str, limit: int = 300) -> Iterator[_Home]:
        """Places whose own name goes on after these whole words."""
        start = bisect_left(self._sorted, key + " ")
        for name in self._sorted[start : start + limit]:
            if not name.startswith(key + " "):
                break
            for mark in self._keys[name].split():
                if mark[0] != "~":
                    place = self._place(int(mark))
                    yield _Home(place, place.population * BEGINNING)

    def _beginnings(self, key: str, country: str, *, strict: bool = False) -> tuple[Place, ...]:
        if len(key) < 4:
            return ()
        homes = list(self._starting(key))
        if strict:
            homes = [h for h in homes if h.place.country == country]
        return self._choose(homes, country)

    def _inexact(self, words: list[str], country: str) -> Mention | None:
        """Countries and towns with an article more or less, said alike, or a slip or two of the finger away; never certain."""
        if len(words) > 6 or (len(words) == 1 and words[0] in self._never):
            return None
        if len(words) > 1:
            homes = _merged(self._homes(form) for form in articled(words))
            if places := self._choose([h for h in homes if h.score >= 1_000], country, exact=False):
                return Mention(places=places, certain=False, likely=len(places) == 1 and country in ("", places[0].country))
        key = " ".join(words)
        if not 4 <= len(key) <= 40 or (len(words) == 1 and key in self._common) or any(c.isdigit() for c in key):
            return None
        if code := country_near(key):
            return Mention(countries=(code,)) if code in COUNTRIES else Mention(outside=code, certain=False)
        if found := self._misspelt(words, country, lambda home, slips: home.score >= _least(home, country, slips), farthest=0):
            return found
        if found := self._shortened(key, country):
            return found
        return self._misspelt(words, country, lambda home, slips: home.score >= _least(home, country, slips))

    def _shortened(self, key: str, country: str) -> Mention | None:
        """A town whose name is cut off in the middle of a word: "zacateco", "chalate", where the country is known."""
        if not country or len(key) < 5:
            return None
        start = bisect_left(self._sorted, key)
        homes: list[_Home] = []
        for name in self._sorted[start : start + 200]:
            if not name.startswith(key):
                break
            homes += [h for h in self._homes(name) if h.place.country == country and h.score >= 5_000]
        places = self._foremost(_merged((homes,)), country)
        return Mention(places=places, certain=False, likely=len(places) == 1) if len(places) == 1 else None

    def _misspelt(self, words: list[str], country: str, wanted: Callable[[_Home, int], bool], farthest: int = 2) -> Mention | None:
        """Towns whose name is near to these words; the fewest slips count, and then the size."""
        if all(word in self._never or word in _SMALL or word in _BEFORE for word in words):
            return None
        if any((word in self._never or word in _LEAD) and word not in _IN_NAMES for word in words):
            farthest = 0  # what is spelt right is no slip
        if len(words) > 4:
            farthest = min(farthest, 1)
        own = " ".join(words)
        for form in (own, *islice(expansions(words), 4)):
            homes: list[_Home] = []
            for slips in range(farthest + 1 if form == own else min(farthest, 1) + 1):
                if slips == 2 and homes:
                    break
                names = self._spellings.away(form, slips)
                found = [h for h in _merged(self._homes(name) for name in names) if wanted(h, slips)]
                homes = _merged((homes, [_Home(h.place, h.score * (ALIKE if slips == 0 else 1.0)) for h in found]))
            if places := self._foremost(homes, country):
                near = len(places) == 1 and country in ("", places[0].country)
                return Mention(places=places, certain=False, likely=near)
        return None

    def _foremost(self, homes: list[_Home], country: str) -> tuple[Place, ...]:
        """Among names that were not quite said: one large town outweighs small ones sooner."""
        places = self._choose(homes, country, exact=False)
        by_size = sorted((h.score for h in homes if h.place in places), reverse=True)
        if len(by_size) > 1 and by_size[0] >= TOWN and by_size[0] >= 5 * by_size[1]:
            return tuple(h.place for h in homes if h.score == by_size[0])[:1]
        return places

    def _choose(
        self, homes: list[_Home], country: str, *, strict: bool = False, exact: bool = True, all_of: bool = False
    ) -> tuple[Place, ...]:
        """Up to four of the homes, best first. One alone means that the name is not ambiguous.

        The country that is known narrows the homes when it has any. A home is left out when it weighs less than a twentieth of
        the largest (a tenth within a known country) and either of the two makes it plain which is meant: the home is a
        small town, or the largest a city. A border post, or a city of ``SIZEABLE``, is never left out.

        Behind the homes of the known country come namesakes across its borders (``_across``): whoever said "Colombia" and
        then "San Cristóbal" may well stand in the Venezuelan city and not in the village.
        """
        here = [h for h in homes if h.place.country == country]
        if strict and not here:
            return ()
        abroad = [h for h in homes if h.place.country != country] if exact else []
        homes = sorted(here or homes, key=lambda h: (-h.score, h.place.country, h.place.id))
        kept: list[_Home] = []
        for home in homes:
            top = homes[0].score
            inside = here or home.place.country == homes[0].place.country
            share = 10 if inside else 20 if not all_of else 1_000
            small = home.score * share < top and home.score < SIZEABLE and (home.score < 10_000 or top >= 100_000)
            small = small or bool(here and exact and top >= METROPOLIS and home.score * 5 < top and home.score < 70_000)
            if small and not FIRST_TOWN < home.place.id < 0:
                continue
            if any(_looks_same(home.place, other.place) for other in kept):
                continue
            kept.append(home)
        if not here and len(kept) > CHOICES:
            # let each country have its best home before any has two
            first = {h.place.country: h for h in reversed(kept)}
            kept = sorted(kept, key=lambda h: first[h.place.country] is not h)
        if here:
            across = self._across(abroad, kept[0].score, country)
            while across and len(kept) >= CHOICES and across[0].score > FAR_LARGER * kept[CHOICES - 1].score:
                kept = [*kept[: CHOICES - 1], across.pop(0)]
            kept = [*kept[:CHOICES], *across]
        return tuple(home.place for home in kept[:CHOICES])

    def _across(self, homes: list[_Home], top: float, country: str) -> list[_Home]:
        """Homes in the countries next to a known one that its own homes, of ``top`` at most, do not make implausible."""
        found: list[_Home] = []
        for home in sorted(homes, key=lambda h: (-h.score, h.place.country, h.place.id)):
            if home.place.country not in neighbours(country) or home.score * FAR_LARGER < top:
                continue
            if home.score < LARGE:
                if home.score < max(TOWN, FAR_LARGER * top):
                    continue
                if not any(km <= NEAR_KM for km, _ in self._nearest(home.place.lat, home.place.lon, country)):
                    continue
            if not any(_looks_same(home.place, other.place) for other in found):
                found.append(home)
        return found

    # --- inside a sentence

    def _within(self, words: list[str], country: str, *, answering: bool) -> Mention:
        """The best-supported name among the words; ``answering`` lowers the bar, because the text is about a place."""
        words = words[:160]
        best: tuple[tuple[int, ...], Mention] | None = None
        named: dict[str, int] = {}
        outside = ""
        start = 0
        while start < len(words):
            taken = 1
            for count in range(min(5, len(words) - start), 0, -1):
                gram = words[start : start + count]
                key = " ".join(gram)
                before, negated = _context(words, start)
                code = country_named(key)
                if (code or outside_named(key)) and (len(key) > 3 or before == _IN):
                    plain = len(key) > 3 and not negated and before != _FROM
                    if code and not negated and (plain or before == _IN):
                        named[code] = max(named.get(code, 0), 2 if before == _IN else 1)
                    elif not code and plain and (before or answering):
                        outside = outside or outside_named(key)
                    taken = count
                    break
                found = self._sure(gram, before, country, answering)
                if found is not None:
                    mention, weight = self._narrowed(words, start, count, found, country)
                    rank = (0 if negated else 1, *weight, {_IN: 3, _TO: 2, _BARE: 1, _FROM: 0}[before], count)
                    if not negated and (best is None or rank[:-1] > best[0][:-1]):
                        best = (rank, mention)
                    elif not negated and best is not None and rank[:-1] == best[0][:-1] and before == _IN:
                        if len(best[1].places) == 1 < len(mention.places):
                            taken = count
                            break  # "in Cúcuta, in La Libertad": the first tells which of the others
                        # two places, equally well supported: the person is asked which
                        both = dict.fromkeys((*best[1].places[:2], *mention.places))
                        best = (best[0], Mention(places=tuple(both)[:CHOICES], outside=best[1].outside))
                    elif not negated and best is not None and rank > best[0]:
                        best = (rank, mention)
                    taken = count
                    break
            start += taken
        if best is not None:
            return best[1]
        if not named and not outside and (misspelt := self._slip(words, country)):
            return misspelt
        if outside and not named:
            return Mention(outside=outside)
        if named:
            top = max(named.values())
            return Mention(countries=tuple(code for code, rank in named.items() if rank == top))
        return Mention()

    def _sure(self, gram: list[str], before: str, country: str, answering: bool) -> Mention | None:
        """The mention when these words, in that context, are specific enough to be a place; None otherwise."""
        key = " ".join(gram)
        if (
            (len(gram) == 1 and key in self._never)
            or self._everyday(gram)
            or key.isdigit()
            or (len(key) < 4 and key not in self._extra)
        ):
            return None
        loose = gram[0] in _BEFORE or gram[-1] in _BETWEEN or gram[-1] in _BEFORE
        if len(gram) > 1 and loose and key not in self._keys and key not in self._extra:
            return None
        homes = self._forms(gram) if len(gram) < 3 or any(len(w) <= 3 for w in gram) else self._homes(key)
        if not homes:
            return None
        common = key in self._common
        known = key in self._extra and not common
        top = max(h.score if country in ("", h.place.country) else h.score / 10 for h in homes)
        if common and before != _IN and not (before == _TO and (answering or top >= 1_000_000)):
            return None
        exact = known or key in self._keys
        floor = self._floor(len(gram), before, answering)
        if top < floor and not (known and before):
            return None
        if not exact and before != _IN and not answering:
            return None
        places = self._choose(homes, country)
        if not places:
            return None
        certain = top >= 100_000 and before == _IN if common else (bool(before) or len(gram) > 1 or known or top >= 100_000)
        return self._mention(places, country, certain)

    @staticmethod
    def _floor(count: int, before: str, answering: bool) -> float:
        """How large a place must be for a name of ``count`` words in that context to be taken for it."""
        if before == _IN:
            return 0 if count > 1 else 300
        if before == _TO:
            return 500 if count > 1 else (2_000 if answering else 10_000)
        if count > 1:
            return 1_000 if answering else 5_000
        return 8_000 if answering else 50_000

    def _narrowed(self, words: list[str], start: int, count: int, found: Mention, country: str) -> tuple[Mention, tuple[int, ...]]:
        """The mention narrowed by a state or country right behind it ("san cristobal de venezuela"), and its weight."""
        gram = words[start : start + count]
        after = _trimmed(words[start + count : start + count + 5], front=True)
        for length in (3, 2, 1):
            tail = after[:length]
            if len(tail) == length and (country_named(" ".join(tail)) or " ".join(tail) in region_names()):
                narrowed = self._qualified([*gram, *tail], country)
                if narrowed is not None and narrowed.places:
                    return narrowed, (1,)
            if len(tail) == length and (code := outside_named(" ".join(tail))):
                return Mention(outside=code), (1,)
        if words[start + count : start + count + 1] and words[start + count] in ("de", "do", "da", "of", "en", "em", "in"):
            for length in (3, 2, 1):
                city = " ".join(after[:length])
                if len(after) < length or city in self._common or all(word in self._never for word in after[:length]):
                    continue
                homes = [h for h in self._homes(city) if h.score >= CITY and country in ("", h.place.country)]
                if places := self._choose(homes, country):
                    beside = [p for p in found.places if any(_beside(p, other) for other in places)]
                    return (Mention(places=tuple(beside[:1])) if beside else self._mention(places, country)), (1,)
        return found, (0,)

    def _slip(self, words: list[str], country: str) -> Mention | None:
        """A misspelt town after "en", "in", "em": at most four tries, towns of 20,000 and more, never certain."""
        tries = 0
        for start in range(len(words)):
            before, negated = _context(words, start)
            if before != _IN or negated or words[start] in _BETWEEN or tries >= 4:
                continue
            for count in (3, 2, 1):
                gram = words[start : start + count]
                key = " ".join(gram)
                if len(gram) < count or len(key) < 6 or any(w in self._never or w in self._common for w in gram):
                    continue
                if any(w in _BEFORE for w in (gram[0], gram[-1])) or any(c.isdigit() for c in key):
                    continue
                tries += 1
                if found := self._misspelt(gram, country, lambda home, slips: home.score >= 20_000 * (1 + slips), farthest=1):
                    return found
        return None


def _blocks(path: Path) -> dict[str, list[str]]:
    """The blocks of a gazetteer file: name -> lines. See ``scripts/make_places.py`` for the format."""
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    blocks: dict[str, list[str]] = {}
    at = 1  # the first line is the attribution
    while at < len(lines) and lines[at]:
        name, count = lines[at].split(" ")
        blocks[name] = lines[at + 1 : at + 1 + int(count)]
        at += 1 + int(count)
    return blocks


@cache
def names_of_towns() -> frozenset[str]:
    """Every name of a town, a quarter or a border post, folded: for whoever asks only whether words name a place."""
    parts = tomllib.loads((DATA / "neighbourhoods.toml").read_text("utf-8")).values()
    towns = tomllib.loads((DATA / "more_places.toml").read_text("utf-8")).values()
    posts = tomllib.loads((DATA / "border_posts.toml").read_text("utf-8"))["post"]
    by_hand = [name for cities in parts for listed in cities.values() for name in listed.split(",")]
    by_hand += [line.partition("|")[0] for country in towns for line in country.values()]
    by_hand += [name.partition(" (")[0] for post in posts for name in (post["name"], *post.get("other", ()))]
    return frozenset(line.partition("\t")[0] for line in _blocks(DATA / "places.tsv.gz")["keys"]) | frozenset(map(fold, by_hand))


def _trimmed(words: list[str], *, front: bool = False) -> list[str]:
    """Without "de", "en", "in" ... at the end (or at the front)."""
    if front:
        return words[next((i for i, w in enumerate(words) if w not in _JOINTS), len(words)) :]
    while words and words[-1] in _JOINTS:
        words = words[:-1]
    return words


#: What parts of cities and villages are called.
_QUARTERS = _words(
    "barrio bairro col colonia urb urbanizacion sector comuna residencial barriada invasion asentamiento "
    "vereda reparto ensanche localidad",
    "alcaldia delegacion parroquia distrito conjunto jardim vila parque lotificacion comunidad comunidade "
    "favela villa barrios neighborhood",
)
_ARTICLES = _words("la los las un una unos unas o os as um uma num numa the an")

#: Articles that rarely stand before the name of a town.
_VAGUE = _words("the un una um uma an a no na num numa")

#: Abbreviations that are no words: a name with one is its name written out as well.
_WRITTEN_SHORT = _words("sta sto snta snto sn pto pta gral nva nvo vlla")

#: Everyday words that names are made of.
_IN_NAMES = _words(
    "ciudad cidade city puerto porto rio rios campo campos isla ilha monte nueva nuevo nova novo new "
    "norte sul sur sud este oeste real",
    "grande bom boa bon buena bueno bella belo alto alta centro paso cruz san santa sao villa vila el la "
    "de del do da dos los las north south",
    "east west mar lago park beach point hill valle segundo primero dia piedra paz jose luz sol mayo agua "
    "aguas dulce caliente santo caballeros",
)
_SMALL = frozenset(
    (
        "el",
        "la",
        "los",
        "las",
        "un",
        "una",
        "de",
        "del",
        "o",
        "a",
        "os",
        "as",
        "um",
        "uma",
        "the",
        "an",
        "mi",
        "my",
        "en",
        "in",
        "em",
    )
)

_JOINTS = frozenset(
    (
        "de",
        "en",
        "in",
        "em",
        "da",
        "do",
        "of",
        "frontera",
        "border",
        "fronteira",
        "lado",
        "side",
        "edo",
        "estado",
        "state",
        "depto",
        "departamento",
        "del",
    )
)


def _context(words: list[str], start: int) -> tuple[str, bool]:
    """What stands before a name: the kind of preposition, and whether a negation goes before that."""
    at = start - 1
    while at >= 0 and words[at] in _BETWEEN and start - at <= 4:
        if words[at] in ("de", "da", "do", "del", "of", "a") and (
            at == 0 or (words[at - 1] not in _BEFORE and words[at - 1] not in _NEAR and words[at - 1] not in _SPOTS)
        ):
            break
        at -= 1
    if at < 0:
        return _BARE, False
    before = _BEFORE.get(words[at], _BARE)
    earlier = words[max(0, at - 3) : at]
    negated = bool(before) and any(w in ("no", "not", "nao", "isnt", "arent", "never", "nunca", "dont") for w in earlier)
    return before, negated


#: What lies in a town and is named after it: "the bus station of Quito".
_SPOTS = _words(
    "terminal puente bridge aeropuerto centro plaza parque estacion rodoviaria frontera hospital iglesia catedral mercado"
)

_NEAR: dict[str, str] = dict.fromkeys(("ciudad", "cidade", "city", "town", "pueblo", "municipio", "frontera", "border"), _IN)


def _beside(a: Place, b: Place) -> bool:
    return a.country == b.country and km_between(a.lat, a.lon, b.lat, b.lon) <= BESIDE_KM


def _near(a: Place, b: Place) -> bool:
    """Like ``_beside``, across a border too."""
    return km_between(a.lat, a.lon, b.lat, b.lon) <= BESIDE_KM


def _bare(key: str) -> str:
    """Without an article in front: "el tachira"."""
    return key.partition(" ")[2] if key.startswith(("el ", "la ", "o ", "a ", "the ")) else key


def _within_state(place: Place, state: Region) -> bool:
    return place.country == state.country and place.region == state.name


def _looks_same(a: Place, b: Place) -> bool:
    """Two records of one town (the registers list some twice), or two that nobody could tell apart in a list of choices."""
    return a.country == b.country and ((a.region == b.region and a.name == b.name) or km_between(a.lat, a.lon, b.lat, b.lon) < 25)


def _merged(groups: Iterable[list[_Home]]) -> list[_Home]:
    found: dict[int, _Home] = {}
    for homes in groups:
        for home in homes:
            if home.place.id not in found or found[home.place.id].score < home.score:
                found[home.place.id] = home
    return list(found.values())


def _least(home: _Home, country: str, slips: int) -> float:
    """A slip of the finger is forgiven for places of some size only, smaller ones where the country is known."""
    if home.place.country == country:
        return (0, 1_000, 5_000)[slips]
    return (1_000, 10_000, 40_000)[slips] * (1 if not country else 5)
