"""A state, department or province alone: the town of the same name, or its largest towns to choose from.

Here belongs when the name of a division means the division, and when a town. Never here: the words around it
(``bot.places.regional``), a town and its state (``bot.places.inside``).
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.places.everyday import Everyday
from bot.places.homes import Homes
from bot.places.lands import Region, country_named, region_names, within_state
from bot.places.namesakes import CHOICES, Namesakes, mention_of
from bot.places.regional import UNSAFE
from bot.places.store import Store
from bot.places.words import SMALL
from bot.places.writing import fold
from flows.facts import Mention, Place

#: A town stands for the state that is called after it when the state's largest town is at most so many times larger.
_RIVAL = 15
#: A namesake elsewhere counts beside a state when the state's largest town is at most so many times larger.
_FAR_LARGER = 20
_ARTICLES = ("el ", "la ", "o ", "a ", "the ", "los ", "las ")


class States:
    """Divisions to towns."""

    __slots__ = ("_everyday", "_homes", "_namesakes", "_store")

    def __init__(self, store: Store, homes: Homes, everyday: Everyday, namesakes: Namesakes) -> None:
        self._store = store
        self._homes = homes
        self._everyday = everyday
        self._namesakes = namesakes

    def called(self, key: str, country: str) -> list[Region]:
        """The divisions of that name: those of the known country if it has any. An abbreviation counts where a country is known."""
        names = (key, *(key.removeprefix(article) for article in _ARTICLES if key.startswith(article)))
        found = next((list(region_names()[name]) for name in names if name in region_names()), [])
        own = [region for region in found if region.country == country]
        if len(key) <= 3 and (key in UNSAFE or self._everyday.single([key]) or self._homes.known(key)):
            return []
        return own or ([] if len(key) <= 3 else found)

    def country_of(self, words: list[str]) -> tuple[list[str], str]:
        """The words without a country that stands behind them, and that country: "madre de dios peru"."""
        for count in (3, 2, 1):
            if len(words) > count and (code := country_named(" ".join(words[-count:]))):
                rest = words[:-count]
                while rest and rest[-1] in ("en", "in", "no", "na", "em", "de", "do", "da"):
                    rest = rest[:-1]
                return rest, code
        return words, ""

    def plain(self, words: list[str], states: Iterable[Region], country: str, *, led: bool) -> bool:
        """Whether the name is no everyday word, or what is around it tells: "no Pará" in Brazil, "en Madre de Dios"."""
        if led and len(words) > 1 and words[0] not in SMALL:
            return True
        return not self._everyday.are(words) or any(state.country == country for state in states)

    def alone(self, key: str, states: list[Region], country: str) -> Mention:
        """What the name comes to as a whole answer: the town that is called so where it is large, else the largest towns.

        A town that is called so, but is small beside others of its state ("Goiás", "Maule"), or lies elsewhere ("Washington"),
        is one of those to choose from.
        """
        places = self._namesakes.exactly(key.split(), country)
        own_names = {h.place.id for h in self._homes.of(key) if h.score >= h.place.population}
        named = tuple(place for place in places if place.id in own_names or self._by_hand(key, place, states))
        codes = {state.country for state in states}
        if own := [place for place in named if self._stands_for(key, place, states)]:
            if country in codes:
                least = _RIVAL * max(place.population for place in own)
                places = tuple(place for place in places if place.country == country or place.population > least)
            if len(places) > 1 and {place.country for place in places} == codes:
                return self.towns(states, places[:2])
            return mention_of((*places, *self._elsewhere(states, places))[:CHOICES], country)
        top = max((town.population for state in states for town in self._store.largest(state)[:1]), default=0)
        rivals = tuple(
            place for place in named if (place.country in codes or country not in codes) and place.population * _FAR_LARGER >= top
        )
        if any(place.country not in codes for place in rivals):
            return mention_of((*places, *self._elsewhere(states, places))[:CHOICES], country)
        if not rivals and (capital := self._capital(states)):
            return mention_of((capital,), country)
        return self.towns(states, rivals[:2])

    def towns(self, states: list[Region], places: tuple[Place, ...] = ()) -> Mention:
        """The largest towns of the states, behind ``places``, to choose from; never the first of them without asking."""
        largest = sorted((town for state in states for town in self._store.largest(state)), key=lambda p: -p.population)
        codes = tuple(dict.fromkeys(state.country for state in states))
        merged = tuple(dict.fromkeys((*places, *largest)))[:CHOICES]
        plain = len(codes) == 1 and all(place.country == codes[0] for place in places)
        return Mention(places=merged, countries=codes if plain else (), certain=False)

    def _by_hand(self, key: str, place: Place, states: list[Region]) -> bool:
        """Whether that town is called so by hand, and lies in one of the states: "huehue"."""
        return self._homes.called_by_hand(key, place.id) and any(within_state(place, state) for state in states)

    def _stands_for(self, key: str, place: Place, states: list[Region]) -> bool:
        if self._by_hand(key, place, states):
            return True
        beside = [self._store.largest(state)[:1] for state in states if state.country == place.country]
        if beside and all(town.population * 2 < place.population for towns in beside for town in towns):
            return True  # the capital of the Dominican Republic lies beside the province of Santo Domingo
        own = [state for state in states if within_state(place, state)]
        return any(town.population <= _RIVAL * place.population for state in own for town in self._store.largest(state)[:1])

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
        if (
            towns
            and f" {fold(state.name)} " in f" {fold(towns[0].name)} "
            and all(p.population * 3 <= towns[0].population for p in towns[1:])
        ):
            return towns[0]
        return None
