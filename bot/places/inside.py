"""A place told by what it lies in or beside: a country, a state, a city.

Here belong "tapachula chiapas", "barrio ... de Cali", and a state or department alone. Never here: a name alone
(``bot.places.names``), sentences around it.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.places.everyday import Everyday
from bot.places.geometry import is_beside
from bot.places.homes import Home, Homes
from bot.places.lands import Region, country_named, country_near, outside_named, region_names, within_state
from bot.places.namesakes import CHOICES, Namesakes, mention_of
from bot.places.sizes import CITY, TOWN
from bot.places.slips import Slips
from bot.places.store import Store
from bot.places.words import BEFORE, QUARTERS, SMALL, trimmed
from bot.places.writing import fold
from flows.facts import COUNTRIES, Mention, Place


class Inside:
    """Names with what they lie in to places."""

    __slots__ = ("_everyday", "_homes", "_namesakes", "_slips", "_store")

    def __init__(self, store: Store, homes: Homes, everyday: Everyday, namesakes: Namesakes, slips: Slips) -> None:
        self._store = store
        self._homes = homes
        self._everyday = everyday
        self._namesakes = namesakes
        self._slips = slips

    def qualified(self, words: list[str], country: str) -> Mention | None:
        """A name and what it lies in: "tapachula chiapas", "san cristobal, venezuela", "venezuela san cristobal"."""
        only: Mention | None = None
        for count in (4, 3, 2, 1):
            if count >= len(words) and count > 1:
                continue
            last, first = " ".join(words[-count:]), " ".join(words[:count])
            rest = trimmed(words[:-count])
            if rest and (code := outside_named(last)) and not self._namesakes.exactly(words, country):
                slip = self._slips.misspelt(words, country, lambda home, _: home.score >= CITY, farthest=1)
                return slip or Mention(outside=code)
            far = "" if not rest or len(last) < 4 or last in region_names() else outside_named(last, whole_world=True)
            if far and all(home.score < TOWN for key in (last, " ".join(words)) for home in self._homes.of(key)):
                return Mention(outside=far)
            for key, others in ((last, rest), (first, trimmed(words[count:]))):
                code = country_named(key)
                if (
                    not code
                    and len(key) >= 6
                    and not self._homes.in_extract(key)
                    and (said := country_near(key, farthest=0)) in COUNTRIES
                ):
                    code = said
                if others and code:
                    inside = self._in_country(others, code)
                    if inside is not None:
                        return inside
                    if len(key) > 3:
                        only = only or Mention(countries=(code,), certain=False)
            for key, others in ((last, rest), (first, trimmed(words[count:], front=True))):
                states = [r for r in region_names().get(key, ()) if country in ("", r.country)] or region_names().get(key, ())
                if others and states and (found := self._in_state(others, states, country)):
                    return found
        return self.in_city(words, country) or only

    def _in_state(self, words: list[str], states: Iterable[Region], country: str) -> Mention | None:
        """A town of a state or department that the text names."""

        def there(home: Home) -> bool:
            return any(within_state(home.place, state) for state in states)

        everyday = self._everyday.are(words)
        homes = [h for h in self._homes.forms(words) if there(h) and not (everyday and h.score < TOWN)]
        if places := self._namesakes.choose(homes, country):
            return Mention(places=places)
        if everyday or country_named(" ".join(words)):
            return None
        if places := self._namesakes.choose([h for h in self._homes.containing(" ".join(words)) if there(h)], country):
            return Mention(places=places)
        return self._slips.misspelt(words, country, lambda home, _: there(home))

    def _in_country(self, words: list[str], code: str) -> Mention | None:
        """What words mean in a country that the text itself names; None for nothing."""
        everyday = self._everyday.are(words)
        homes = [h for h in self._homes.forms(words) if h.place.country == code and not (everyday and h.score < TOWN / 2)]
        places = self._namesakes.choose(homes, code)
        if everyday:
            return Mention(places=places) if places else None
        key = " ".join(words)
        states = [r for r in region_names().get(key, ()) if r.country == code]
        if states:
            return self.state(key, states, places, code)
        if places:
            return Mention(places=places)
        nested = self.qualified(words, code) if len(words) > 1 else None
        if nested is not None and nested.places:
            return nested
        places = self._namesakes.beginning(key, code, strict=True)
        if places:
            return Mention(places=places, certain=len(places) == 1)
        if places := self._namesakes.choose([h for h in self._homes.containing(key) if h.place.country == code], code):
            return Mention(places=places, certain=len(places) == 1)
        if not self._everyday.plausible(words):
            return None
        return self._slips.misspelt(words, code, lambda home, _: home.place.country == code)

    def in_city(self, words: list[str], country: str) -> Mention | None:
        """A part of a city, or a town beside it, and the city: "rocinha rio", "san martin de porres, lima"."""
        for count in range(min(4, len(words) - 1), 0, -1):
            for city, part in ((words[-count:], trimmed(words[:-count])), (words[:count], trimmed(words[count:], front=True))):
                if not part or all(word in self._everyday.never for word in city):
                    continue
                around = [h for h in self._homes.of(" ".join(city)) if h.score >= CITY and country in ("", h.place.country)]
                if not around:
                    continue
                homes = [h for h in self._homes.forms(part) if any(is_beside(h.place, other.place) for other in around)]
                if places := self._namesakes.choose(homes, country):
                    return Mention(places=places[:1])
        return None

    def quarter(self, words: list[str], country: str) -> Mention | None:
        """The city behind "barrio ... de", "colonia ...": the part of it need not be known."""
        words = words[next((i for i, word in enumerate(words) if word not in SMALL and word not in BEFORE), len(words)) :]
        if len(words) < 3 or words[0] not in QUARTERS:
            return None
        for count in range(min(4, len(words) - 2), 0, -1):
            city = words[-count:]
            if city[0] in SMALL or all(word in self._everyday.never for word in city) or self._homes.by_hand(" ".join(words[1:])):
                continue
            homes = [h for h in self._homes.of(" ".join(city)) if h.score >= CITY]
            if len(city) > 1 or not (homes and city[0] in self._everyday.common):
                if found := self.in_city(words[1:], country):
                    return found
                if places := self._namesakes.choose(homes, country):
                    return mention_of(places, country)
        return None

    def state(self, key: str, states: list[Region], places: tuple[Place, ...], country: str) -> Mention:
        """A state or department alone: its town of the same name if that is large, else its largest towns to choose from."""
        named = {state.name for state in states}
        # not by another name, unless it is kept by hand and the town lies there: "huehue"
        called = {
            h.place.id
            for h in self._homes.of(key)
            if h.score >= h.place.population or (h.place.region in named and self._homes.called_by_hand(key, h.place.id))
        }
        if any(p.id in called and (p.population >= 20_000 or p.region in named) for p in places):
            return mention_of((*places, *self._elsewhere(states, places))[:CHOICES], country)
        if capital := self._capital(states):
            return mention_of((capital,), country)
        towns = [town for state in states for town in self._store.largest(state)]
        towns.sort(key=lambda p: -p.population)
        merged = list(dict.fromkeys((*places, *towns)))[:CHOICES]
        codes = tuple(dict.fromkeys(state.country for state in states))
        return Mention(places=tuple(merged), countries=codes if len(codes) == 1 else (), certain=False)

    def _elsewhere(self, states: list[Region], places: tuple[Place, ...]) -> list[Place]:
        """The largest town of each state of that name in a country where no town is called so: "Córdoba" is a city in Mexico, and a
        department of Colombia."""
        countries = {place.country for place in places}
        largest = (self._store.largest(state) for state in states if state.country not in countries)
        return [towns[0] for towns in largest if towns]

    def _capital(self, states: list[Region]) -> Place | None:
        """The town that a state's name means as well: its largest by far, and called after it ("Santiago de Querétaro")."""
        if len(states) != 1:
            return None
        state = states[0]
        towns = self._store.largest(state)
        if towns and fold(state.name) in fold(towns[0].name) and all(p.population * 3 <= towns[0].population for p in towns[1:]):
            return towns[0]
        return None
