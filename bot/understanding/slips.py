"""Slips of the finger: "docter", "abgado", "remdio". A word that nobody knows is read as the known one that is a slip away.

Here belongs which words are mended, and into what. Never here: letters that sound alike (``sounds``), names of places
(``bot.places.slips``), a word of any language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from string import ascii_lowercase

from bot.understanding.meanings import Meanings

SHORTEST = 4
"""Letters of a word that is looked at; shorter ones are a slip away from too many."""
GRAVE = 6
"""The same for one that would speak of danger."""
MOST = 8
"""Words of one text that are looked at; a paste of noise costs no more."""


class Slips:
    """``mended`` words. Built once; read-only afterwards; keeps nothing of any text."""

    def __init__(self, meanings: Meanings, knows: Callable[[str], bool]) -> None:
        """``knows``: whether a word, in sounded spelling, was learned from the examples."""
        self._meanings = meanings
        self._knows = knows

    def mended(self, words: list[str]) -> list[str]:
        """The words of a text in sounded spelling, those that nobody knows replaced where one meaning is near."""
        looked = 0
        found = list(words)
        for at, word in enumerate(words):
            if len(word) < SHORTEST or not word.isalpha() or self._knows(word) or self._meanings.of(word):
                continue
            looked += 1
            if looked > MOST:
                break
            found[at] = self._mended(word)
        return found

    def _mended(self, word: str) -> str:
        """The known word that is a slip away; the same word where that could be several things."""
        near: dict[str, str] = {}
        for other in _a_slip_away(word):
            if self._knows(other) and (names := self._meanings.of(other)):
                near.setdefault(self._meanings.section[names[0]], other)
        grave = near.pop("danger", word)
        if not near:
            return grave if len(word) >= GRAVE else word
        wanted = [other for section, other in near.items() if section != "any"] or list(near.values())
        return wanted[0] if len(wanted) == 1 else word


def _a_slip_away(word: str) -> Iterator[str]:
    """Every spelling with one letter too few, too many, wrong, or two exchanged. The first letter stands: it is seldom missed."""
    for at in range(1, len(word)):
        before, after = word[:at], word[at:]
        yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in ascii_lowercase:
            yield before + letter + after[1:]
            yield before + letter + after
    for letter in ascii_lowercase:
        yield word + letter
