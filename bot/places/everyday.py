"""Everyday words that look like places: "piso", "rio", "el monte".

Here belongs whether words may name a place at all. Never here: the words themselves (``data/place_words.toml``,
``data/everyday_words.txt``), which place a name means.
"""

from __future__ import annotations

from bot.places.files import Words
from bot.places.homes import Homes
from bot.places.sizes import TOWN
from bot.places.words import BEFORE, LEAD, SMALL


class Everyday:
    """Which words are everyday ones. ``never``, ``asked`` and ``common`` are those of ``Words``, ``persons`` first names."""

    __slots__ = ("_homes", "asked", "common", "never", "persons")

    def __init__(self, words: Words, persons: frozenset[str], homes: Homes) -> None:
        self.persons = persons
        self.never, self.asked, self.common = words
        self._homes = homes

    def single(self, words: list[str]) -> bool:
        """Whether it is one everyday word, which is a name at most where nothing else is said: "rio"."""
        return len(words) == 1 and words[0] in self.never

    def are(self, words: list[str]) -> bool:
        """Whether these words are everyday ones, and no name of a town of some size ("Campo Grande", not "el monte")."""
        key = " ".join(words)
        if key in self.common or self._homes.by_hand(key):
            return False
        if not all(word in self.never or word in SMALL or word in BEFORE or word in LEAD for word in words):
            return False
        telling = [word for word in words if word in self.never and word not in SMALL]
        return len(telling) < 2 or all(home.score < TOWN for home in self._homes.of(key))

    def person(self, words: list[str], country: str) -> bool:
        """Whether it is a first name, and no town of some size is called so: "Carlos"."""
        if len(words) != 1 or words[0] not in self.persons:
            return False
        return all(home.score < (TOWN if home.place.country == country else 2 * TOWN) for home in self._homes.of(words[0]))

    def plausible(self, words: list[str]) -> bool:
        """Whether words may be a misspelt name at all."""
        return len(words) <= 5 and not any(word in self.never for word in words if len(words) == 1)
