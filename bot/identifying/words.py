"""The words of a text with where they stand, and what is asked about one of them.

Here belong single words and their neighbours. Never here: which words are names (``names``, ``capitals``).
"""

from __future__ import annotations

import re

from bot.identifying.flat import lists

_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_MARK = re.compile(r"[,;:!?(\n]")
PARTICLES = frozenset(("de", "del", "la", "las", "los", "da", "do", "dos", "das", "y", "e", "san", "santa", "van", "von"))
SAINT = frozenset(("san", "santo", "santa", "sao", "st", "saint", "virgen"))
#: Words before a place. Those that stand before a person as often are left out.
BEFORE_PLACE = frozenset(("en", "in", "em", "hacia", "desde", "near", "ate", "hasta", "at"))

#: These follow things as often as people.
LOOSELY = frozenset(("y", "e", "and", "no", "me", "te", "se", "le", "nos", "nao", "es", "is"))
_IS = frozenset(("es", "era", "fue", "is", "was", "e", "foi"))
_SOMEWHERE = frozenset(("place", "town", "city", "country", "stop", "lugar", "pueblo", "ciudad", "pais", "parada", "cidade"))


class Word:
    """One word of the text."""

    __slots__ = ("capital", "end", "key", "start")

    def __init__(self, match: re.Match[str], folded: str) -> None:
        self.start, self.end = match.span()
        self.capital = match[0][0].isupper()
        key = folded[self.start : self.end].rstrip(".")
        first = key.partition("-")[0]
        self.key = first if first != key and first in lists()["given"] else key  # "Jean-Robert" is known as Jean is


def split(text: str, folded: str) -> list[Word]:
    """All words, in order."""
    return [Word(match, folded) for match in _TOKEN.finditer(text)]


def letters(word: Word, text: str) -> bool:
    """Whether a word is written in capitals alone, as organisations are."""
    return len(word.key) > 1 and text[word.start : word.end].isupper()


def beside(words: list[Word], number: int, text: str) -> bool:
    """Whether a word and the one before it stand side by side, with nothing but a space between."""
    return (
        number > 0
        and text[words[number - 1].end : words[number].start] in (" ", "\u00a0", "  ")
        and not (text[words[number - 1].end - 1] == "." and len(words[number - 1].key) > 3)
    )


def named_after(words: list[Word], first: int, text: str) -> bool:
    """Whether what stands before makes it the name of a hospital, a square, a saint ..."""
    for number in range(first - 1, max(-1, first - 4), -1):
        if _MARK.search(text, words[number].end, words[number + 1].start):  # "la dueña de la casa, Marlene"
            return False
        if words[number].key in lists()["named_after"]:
            return True
        if not words[number].capital and words[number].key not in PARTICLES:
            return False
    return False


def told_as_place(words: list[Word], first: int) -> bool:
    """Whether it was said before that a place follows: "the last place was Otay Mesa"."""
    return first > 1 and words[first - 1].key in _IS and words[first - 2].key in _SOMEWHERE
