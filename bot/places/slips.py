"""Names that are not quite said: an article more or less, said alike, cut off, a slip or two of the finger away.

Here belongs which misspelt names are forgiven, for which places. Nothing that is found here is ever certain. Never here: how
far apart two names are (``bot.places.spelling``).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from bot.places.everyday import Everyday
from bot.places.homes import Home, Homes, merged
from bot.places.lands import country_near
from bot.places.namesakes import Namesakes
from bot.places.sizes import LARGE, TOWN
from bot.places.words import BEFORE, IN_NAMES, LEAD, SMALL
from bot.places.writing import articled, expansions
from flows.facts import COUNTRIES, Mention, Place

#: How much more a name counts that is said like the text than one that is a slip away.
ALIKE = 5.0


def _least(home: Home, country: str, slips: int) -> float:
    """A slip of the finger is forgiven for places of some size only, smaller ones where the country is known."""
    if home.place.country == country:
        return (0, 1_000, 5_000)[slips]
    return (1_000, 10_000, 40_000)[slips] * (1 if not country else 5)


class Slips:
    """Misspelt names to places."""

    __slots__ = ("_everyday", "_homes", "_namesakes")

    def __init__(self, homes: Homes, everyday: Everyday, namesakes: Namesakes) -> None:
        self._homes = homes
        self._everyday = everyday
        self._namesakes = namesakes

    def misspelt(self, words: list[str], country: str, wanted: Callable[[Home, int], bool], farthest: int = 2) -> Mention | None:
        """Towns whose name is near to these words; the fewest slips count, and then the size."""
        if all(word in self._everyday.never or word in SMALL or word in BEFORE for word in words):
            return None
        if any((word in self._everyday.never or word in LEAD) and word not in IN_NAMES for word in words):
            farthest = 0  # what is spelt right is no slip
        if len(words) > 4:
            farthest = min(farthest, 1)
        own = " ".join(words)
        for form in (own, *islice(expansions(words), 4)):
            homes: list[Home] = []
            for slips in range(farthest + 1 if form == own else min(farthest, 1) + 1):
                if slips == 2 and homes:
                    break
                found = [h for h in self._homes.away(form, slips) if wanted(h, slips)]
                homes = merged((homes, [Home(h.place, h.score * (ALIKE if slips == 0 else 1.0)) for h in found]))
            if places := self._namesakes.foremost(homes, country):
                near = len(places) == 1 and country in ("", places[0].country)
                return Mention(places=places, certain=False, likely=near)
        return None

    def inexact(self, words: list[str], country: str) -> Mention | None:
        """Countries and towns with an article more or less, said alike, or a slip or two of the finger away; never certain."""
        if len(words) > 6 or (len(words) == 1 and words[0] in self._everyday.never):
            return None
        if len(words) > 1:
            homes = merged(self._homes.of(form) for form in articled(words))
            if places := self._namesakes.choose([h for h in homes if h.score >= 1_000], country, exact=False):
                return Mention(places=places, certain=False, likely=len(places) == 1 and country in ("", places[0].country))
        key = " ".join(words)
        if not 4 <= len(key) <= 40 or (len(words) == 1 and key in self._everyday.common) or any(c.isdigit() for c in key):
            return None
        if code := country_near(key):
            return Mention(countries=(code,)) if code in COUNTRIES else Mention(outside=code, certain=False)
        if found := self.misspelt(words, country, lambda home, slips: home.score >= _least(home, country, slips), farthest=0):
            return found
        if found := self._shortened(key, country):
            return found
        return self.misspelt(words, country, lambda home, slips: home.score >= _least(home, country, slips))

    def _shortened(self, key: str, country: str) -> Mention | None:
        """A town whose name is cut off in the middle of a word: "zacateco", "chalate", where the country is known."""
        if not country or len(key) < 5:
            return None
        homes: list[Home] = []
        for name in self._homes.with_letters(key, 200):
            homes += [h for h in self._homes.of(name) if h.place.country == country and h.score >= 5_000]
        places = self._namesakes.foremost(merged((homes,)), country)
        return Mention(places=places, certain=False, likely=len(places) == 1) if len(places) == 1 else None

    def own_rather(self, words: list[str], places: tuple[Place, ...], country: str) -> Mention | None:
        """A place of the known country that is said like a small one abroad: "kenedy" in Colombia is no village in Texas."""
        if not country or not places or any(p.country == country or p.population >= LARGE for p in places):
            return None
        return self.misspelt(words, country, lambda home, _: home.place.country == country and home.score >= TOWN, farthest=0)
