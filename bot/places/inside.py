"""A place told by what it lies in or beside: a country, a state, a city.

Here belong "tapachula chiapas" and "barrio ... de Cali". Never here: a name alone (``bot.places.names``), a state alone
(``bot.places.states``), sentences around it.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.places.everyday import Everyday
from bot.places.geometry import is_beside
from bot.places.homes import Home, Homes
from bot.places.lands import Region, country_named, country_near, outside_named, region_names, within_state
from bot.places.namesakes import Namesakes, mention_of
from bot.places.sizes import CITY, TOWN
from bot.places.slips import Slips
from bot.places.states import States
from bot.places.words import BEFORE, QUARTERS, SMALL, trimmed
from flows.facts import COUNTRIES, Mention


class Inside:
    """Names with what they lie in to places."""

    __slots__ = ("_everyday", "_homes", "_namesakes", "_slips", "_states")

    def __init__(self, homes: Homes, everyday: Everyday, namesakes: Namesakes, slips: Slips, states: States) -> None:
        self._states = states
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
            return self._states.alone(key, states, code)
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
