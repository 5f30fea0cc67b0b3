"""Which of the places of one name is meant, and which are worth a question.

Here belong the rules that leave a home out, put the others in order and look across borders. Never here: how homes are found
(``bot.places.homes``).
"""

from __future__ import annotations

from bot.countries import neighbours
from bot.places.everyday import Everyday
from bot.places.geometry import km_between
from bot.places.homes import Home, Homes
from bot.places.sizes import FIRST_TOWN, LARGE, SIZEABLE, TOWN
from bot.places.store import Store
from flows.facts import Mention, Place

#: A choice has at most this many answers.
CHOICES = 4

#: Where a country is known, a city of so many people leaves out a namesake that is a fifth of it and no larger than some 70,000.
METROPOLIS = 200_000
#: Where a country is known, one of so many people leaves out every namesake in it that is a tenth of it.
GIANT = 1_000_000
#: A place of fewer people is left out wherever a namesake is ten times larger.
VILLAGE = 2_000
#: A ``LARGE`` namesake across a border is offered unless the home of the known country is this many times larger;
FAR_LARGER = 10
#: across the sea, to or from one of these, only one that is that much larger itself.
ISLANDS = frozenset({"DO", "TT"})
#: and so is a ``TOWN`` that is itself that much larger and this near to the known country, in kilometres.
NEAR_KM = 150.0


def _looks_same(a: Place, b: Place) -> bool:
    """Two records of one town (the registers list some twice), or two that nobody could tell apart in a list of choices."""
    return a.country == b.country and ((a.region == b.region and a.name == b.name) or km_between(a.lat, a.lon, b.lat, b.lon) < 25)


def mention_of(places: tuple[Place, ...], country: str, certain: bool = True) -> Mention:
    """Places that were found; not certain when they lie elsewhere than the person said before."""
    return Mention(places=places, certain=certain and country in ("", *(p.country for p in places)))


class Namesakes:
    """Chooses among homes."""

    __slots__ = ("_everyday", "_homes", "_store")

    def __init__(self, store: Store, homes: Homes, everyday: Everyday) -> None:
        self._store = store
        self._homes = homes
        self._everyday = everyday

    def choose(self, homes: list[Home], country: str, *, exact: bool = True, all_of: bool = False) -> tuple[Place, ...]:
        """Up to four of the homes, best first. One alone means that the name is not ambiguous.

        The country that is known narrows the homes when it has any. A home is left out when it weighs less than a twentieth of
        the largest (a tenth within a known country) and either of the two makes it plain which is meant: the home is a
        small town, or the largest a city. A border post, or a city of ``SIZEABLE``, is never left out.

        Behind the homes of the known country come namesakes across its borders (``_across``): whoever said "Colombia" and
        then "San Cristóbal" may well stand in the Venezuelan city and not in the village.
        """
        here = [h for h in homes if h.place.country == country]
        abroad = [h for h in homes if h.place.country != country] if exact else []
        homes = sorted(here or homes, key=lambda h: (-h.score, h.place.country, h.place.id))
        kept: list[Home] = []
        for home in homes:
            top = homes[0].score
            inside = here or home.place.country == homes[0].place.country
            share = 10 if inside else 20 if not all_of else 1_000
            small = home.score * share < top and home.score < SIZEABLE and (home.score < 10_000 or top >= 100_000)
            small = small or bool(here and exact and top >= METROPOLIS and home.score * 5 < top and home.score < 70_000)
            small = small or bool(here and exact and top >= GIANT and home.score * 10 < top)
            small = small or (exact and not all_of and home.score < VILLAGE and home.score * 10 < top)
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

    def _across(self, homes: list[Home], top: float, country: str) -> list[Home]:
        """Homes in the countries next to a known one that its own homes, of ``top`` at most, do not make implausible."""
        found: list[Home] = []
        for home in sorted(homes, key=lambda h: (-h.score, h.place.country, h.place.id)):
            if home.place.country not in neighbours(country) or home.score * FAR_LARGER < top:
                continue
            if ISLANDS & {country, home.place.country} and home.score < FAR_LARGER * top:
                continue
            if home.score < LARGE:
                if home.score < max(TOWN, FAR_LARGER * top):
                    continue
                if not any(km <= NEAR_KM for km, _ in self._store.nearest(home.place.lat, home.place.lon, country)):
                    continue
            if not any(_looks_same(home.place, other.place) for other in found):
                found.append(home)
        return found

    def foremost(self, homes: list[Home], country: str) -> tuple[Place, ...]:
        """Among names that were not quite said: one large town outweighs small ones sooner."""
        places = self.choose(homes, country, exact=False)
        by_size = sorted((h.score for h in homes if h.place in places), reverse=True)
        if len(by_size) > 1 and by_size[0] >= TOWN and by_size[0] >= 5 * by_size[1]:
            return tuple(h.place for h in homes if h.score == by_size[0])[:1]
        return places

    def exactly(self, words: list[str], country: str) -> tuple[Place, ...]:
        """Places whose name, written out, is exactly this."""
        return self.choose(self._homes.forms(words), country, all_of=" ".join(words) in self._everyday.asked)

    def beginning(self, key: str, country: str, *, strict: bool = False) -> tuple[Place, ...]:
        """Places whose name goes on after these words; ``strict``: in that country only."""
        if len(key) < 4:
            return ()
        homes = list(self._homes.starting(key))
        if strict:
            homes = [h for h in homes if h.place.country == country]
        return self.choose(homes, country)
