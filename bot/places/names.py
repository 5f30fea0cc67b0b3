"""A text that is nothing but a name, or a name with its state or country.

Here belongs the order in which a name is tried: countries, places, states, beginnings, slips. Never here: each of those trials,
sentences.
"""

from __future__ import annotations

from bot.places.answers import unsure
from bot.places.everyday import Everyday
from bot.places.homes import Homes
from bot.places.inside import Inside
from bot.places.lands import country_named, country_near, outside_named, outside_town, region_names
from bot.places.mentions import Mentions
from bot.places.namesakes import CHOICES, Namesakes, mention_of
from bot.places.sizes import LARGE, SIZEABLE, TOWN
from bot.places.slips import Slips
from bot.places.states import States
from flows.facts import COUNTRIES, Mention, Place


def _bare(key: str) -> str:
    """Without an article in front: "el tachira"."""
    return key.partition(" ")[2] if key.startswith(("el ", "la ", "o ", "a ", "the ")) else key


class Names:
    """What a name means."""

    __slots__ = ("_everyday", "_homes", "_inside", "_mentions", "_namesakes", "_slips", "_states")

    def __init__(
        self,
        homes: Homes,
        everyday: Everyday,
        namesakes: Namesakes,
        slips: Slips,
        inside: Inside,
        states: States,
        mentions: Mentions,
    ) -> None:
        self._states = states
        self._homes = homes
        self._everyday = everyday
        self._namesakes = namesakes
        self._slips = slips
        self._inside = inside
        self._mentions = mentions

    def meaning(self, words: list[str], country: str) -> Mention | None:
        """What a text means that is nothing but a name; None when it is no name."""
        key = " ".join(words)
        code = country_named(key)
        if code and key in self._everyday.asked and code != country:
            # "Trinidad" is a town in other countries, too
            others = (h.place.country for h in sorted(self._homes.of(key), key=lambda h: -h.score) if h.score >= 1_000)
            return Mention(countries=tuple(dict.fromkeys((code, *(c for c in others if country in ("", c)))))[:CHOICES])
        if code:
            capital = (
                self._namesakes.choose([h for h in self._homes.of(key) if h.place.country == code], country)
                if code == country
                else ()
            )
            return Mention(countries=(code,), places=capital)
        if outside := outside_named(key):
            return Mention(outside=outside)
        if not self._homes.known(key) and (code := country_near(key, farthest=0)):
            return Mention(countries=(code,)) if code in COUNTRIES else Mention(outside=code)
        if far := self._far(key, country):
            return Mention(outside=far)
        if self._everyday.are(words):
            return None
        if beside := self._inside.quarter(words, country):
            return beside
        places = self._namesakes.exactly(words, country) or self._turned(words, country)
        if own := self._slips.own_rather(words, places, country):
            return own
        if len(words) == 1 and key in self._everyday.common:
            places = places if any(p.population >= TOWN or p.id < 0 for p in places) else ()
        if key in self._everyday.common and not country and len(places) == 1 and places[0].population < SIZEABLE:
            return unsure(mention_of(places, country))
        state = key if key in region_names() or any(p.population >= LARGE for p in places) else _bare(key)
        states = [r for r in region_names().get(state, ()) if country in ("", r.country)] if len(key) > 3 else []
        if states:
            return self._states.alone(state, states, country)
        if places:
            return mention_of(places, country)
        qualified = self._inside.qualified(words, country)
        if qualified is not None:
            if not qualified.places and not qualified.outside and len(words) > 2:
                within = self._mentions.find(words, qualified.countries[0], answering=True)
                return within if within.places and within.places[0].country == qualified.countries[0] else qualified
            return qualified
        beginnings = self._namesakes.beginning(key, country)
        if beginnings and not (len(words) == 1 and (words[0] in self._everyday.never or words[0] in self._everyday.common)):
            return mention_of(beginnings, country, len(beginnings) == 1 and len(key) >= 5)
        if outside := outside_named(key, whole_world=True):
            return Mention(outside=outside)
        parts = self._namesakes.choose([h for h in self._homes.containing(key) if h.score * 10 >= TOWN], country)
        if len(parts) == 1 and not self._everyday.single(words) and key not in self._everyday.common:
            return mention_of(parts, country)
        return self._slips.inexact(words, country)

    def _far(self, key: str, country: str) -> str:
        """ISO code of a country that is not covered, whose name or large town has only small namesakes in covered ones; or ""."""
        town = outside_town(key)
        code = town or ("" if key in region_names() else outside_named(key, whole_world=True))
        if not code or (key in self._everyday.asked and not town):
            return ""
        homes = self._homes.of(key)
        if any(home.place.country == country and home.score >= 1_000 for home in homes):
            return ""
        return "" if any(home.score >= (LARGE if town or country else TOWN) for home in homes) else code

    def _turned(self, words: list[str], country: str) -> tuple[Place, ...]:
        """A name that is kept by hand with its city behind it, where the text has the city first: "pereira cuba"."""
        turned = (" ".join((*words[at:], *words[:at])) for at in range(1, len(words)))
        homes = [home for form in turned if self._homes.by_hand(form) for home in self._homes.of(form)]
        return self._namesakes.choose(homes, country)
