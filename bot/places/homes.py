"""A name to its homes: the places that are called so.

Here belong the index of names, the forms in which one name is written, and how much speaks for each home. Never here: which of
the homes is meant (``bot.places.namesakes``), slips of the finger (``bot.places.slips``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.places.files import ByHand
from bot.places.sizes import FIRST_TOWN, TOWN
from bot.places.spelling import Spellings
from bot.places.store import Store
from bot.places.words import CITY_SHORT, WRITTEN_SHORT
from bot.places.writing import expansions, fold, respaced
from flows.facts import Place

#: Parts of cities, nicknames and border posts count as towns of this size when homes of one name are put in order; posts are never
#: left out as small.
POST_WEIGHT = 30_000

#: How much a home counts when the text is not its own name but another one, or only the beginning of it.
OTHER_NAME, BEGINNING = 0.1, 0.1

#: A place of more people may be meant by the beginning of its name even where one half its size is called just so.
LARGER = 500_000


class Home(NamedTuple):
    """One place that a name may mean, and how much speaks for it."""

    place: Place
    score: float


def merged(groups: Iterable[list[Home]]) -> list[Home]:
    """Each place once, with what speaks most for it."""
    found: dict[int, Home] = {}
    for homes in groups:
        for home in homes:
            if home.place.id not in found or found[home.place.id].score < home.score:
                found[home.place.id] = home
    return list(found.values())


class Homes:
    """Exact names are a dictionary; names with the same beginning stand together in a sorted list."""

    __slots__ = ("_called", "_keys", "_parts", "_spellings", "_store", "_text", "names")

    def __init__(self, keys: list[str], store: Store, by_hand: ByHand) -> None:
        """``keys``: the lines of names of the extract, sorted."""
        self._store = store
        self._called = by_hand.called
        self._parts = by_hand.parts
        self._keys = dict(line.split("\t") for line in keys)
        self.names = list(self._keys)
        self._text = "\n".join(("", *self.names, *self._called, ""))
        self._spellings = Spellings(dict.fromkeys((*self._keys, *self._called)))

    def in_extract(self, key: str) -> bool:
        """Whether the extract has that name."""
        return key in self._keys

    def by_hand(self, key: str) -> bool:
        """Whether a place is called so in the files that are kept by hand."""
        return key in self._called

    def called_by_hand(self, key: str, place_id: int) -> bool:
        """Whether that place is."""
        return place_id in self._called.get(key, ())

    def known(self, key: str) -> bool:
        """Whether it is a name at all."""
        return key in self._keys or key in self._called

    def of(self, key: str) -> list[Home]:
        """Every place of exactly that folded name."""
        found: dict[int, Home] = {}
        for place_id in self._called.get(key, ()):
            place = self._store.get(place_id)
            if place is not None:
                found[place.id] = Home(place, self._weight(key, place))
        for mark in self._keys.get(key, "").split():
            place = self._store.place(int(mark.lstrip("~")))
            score = place.population * (OTHER_NAME if mark[0] == "~" else 1.0)
            if place.id not in found:
                found[place.id] = Home(place, score)
        return list(found.values())

    def _weight(self, key: str, place: Place) -> float:
        """What speaks for a place under a name that is kept by hand."""
        if (key, place.id) in self._parts:
            return POST_WEIGHT
        return max(place.population, 1_000 if place.id <= FIRST_TOWN else POST_WEIGHT)

    def _longer(self, key: str, homes: list[Home]) -> list[Home]:
        """Large places whose name only begins so and that outweigh their country's homes of the exact name.

        "San Cristóbal" in Mexico mostly means San Cristóbal de las Casas, although some hamlets are called just so; "São José" in
        Brazil may be São José dos Campos, which is larger than the city of that name.
        """
        exact: dict[str, float] = {}
        for home in homes:
            exact[home.place.country] = max(exact.get(home.place.country, 0), home.score)

        def outweighs(home: Home) -> bool:
            own = exact.get(home.place.country, 0)
            if home.score * 0.3 > own:
                return True
            called = fold(home.place.name).startswith(key)  # not Durango, whose full name is "Victoria de Durango"
            return called and (home.score > own or home.place.population > max(LARGER, 2 * own))

        return [home for home in self.starting(key) if home.place.population >= 100_000 and outweighs(home)]

    def starting(self, key: str, limit: int = 300) -> Iterator[Home]:
        """Places whose own name goes on after these whole words."""
        start = bisect_left(self.names, key + " ")
        for name in self.names[start : start + limit]:
            if not name.startswith(key + " "):
                break
            for mark in self._keys[name].split():
                if mark[0] != "~":
                    place = self._store.place(int(mark))
                    yield Home(place, place.population * BEGINNING)

    def containing(self, key: str, limit: int = 40) -> list[Home]:
        """Places one of whose names has these whole words in it: "juchitan", "Heroica Ciudad de Juchitán de Zaragoza"."""
        found: list[list[Home]] = []
        at = 0
        while len(key) > 3 and len(found) < limit and (at := self._text.find(key, at)) >= 0:
            end = at + len(key)
            if self._text[at - 1] in " \n" and self._text[end] in " \n":
                name = self._text[self._text.rfind("\n", 0, at) + 1 : self._text.find("\n", at)]
                found.append([Home(h.place, h.score * BEGINNING) for h in self.of(name)])
            at = end
        return merged(found)

    def forms(self, words: list[str]) -> list[Home]:
        """Homes of the name as it stands, with abbreviations written out, with other spacing; the first that exists."""
        key = " ".join(words)
        homes = self.of(key)
        if homes:
            top = max(home.score for home in homes)
            # "vera cruz" is hardly meant by "veracruz"
            spaced = [h for name in self._spellings.spaced(key) for h in self.of(name) if h.score >= TOWN and h.score * 5 > top]
            there = {home.place.country for home in homes}
            written: list[Home] = []
            if (WRITTEN_SHORT | CITY_SHORT) & set(words):
                forms = [home for form in expansions(words) for home in self.of(form)]
                # "cd bolivar" is the city that is called so by hand, not a part of another one abroad
                written = [home for home in forms if home.place.country in there or not CITY_SHORT & set(words)]
            return merged((homes, self._longer(key, homes), spaced, written))
        for form in expansions(words):
            homes = homes + [h for h in self.of(form) if h not in homes]
        if homes:
            return homes
        for form in respaced(words):
            if homes := self.of(form):
                short = form.split()
                return merged((homes, *map(self.of, expansions(short)))) if WRITTEN_SHORT & set(short) else homes
        return []

    def with_letters(self, letters: str, limit: int) -> Iterator[str]:
        """Names that begin with these letters."""
        start = bisect_left(self.names, letters)
        for name in self.names[start : start + limit]:
            if not name.startswith(letters):
                break
            yield name

    def away(self, form: str, slips: int) -> list[Home]:
        """Homes of the names that are so many slips away."""
        return merged(self.of(name) for name in self._spellings.away(form, slips))
