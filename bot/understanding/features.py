"""A text as the features that the model weighs: words, pieces of words, meanings, and what stands beside what.

Here belongs how a text is cut into features. Never here: a weight, a list of what people say (``content``), anything that keeps
a text.
"""

from __future__ import annotations

from itertools import pairwise

from bot.understanding.meanings import Meanings
from bot.understanding.sounds import level, tokens

_SIZES = (3, 4, 5)
"""Letters of the pieces of a word; its beginning and end count as letters."""


def features(text: str, meanings: Meanings) -> set[str]:
    """All features of a text; empty when there is no word in it."""
    return bag(tokens(level(text), meanings.spellings), meanings)


def bag(words: list[str], meanings: Meanings) -> set[str]:
    """The features of words in sounded spelling."""
    found: set[str] = set()
    signs: list[str] = []
    """The text as meanings, words where there is none, without words that carry none."""
    at = 0
    for names, taken in meanings.found(words):
        for name in names:
            found.add("@" + name)
            found.add("%" + meanings.section[name])
        part = words[at : at + taken]
        at += taken
        if names:
            signs.append("@" + names[0])
        else:
            signs += [word for word in part if word not in meanings.dropped]
    for word in words:
        found.add(word)
        edged = f"^{word}$"
        for size in _SIZES:
            for start in range(len(edged) - size + 1):
                found.add("~" + edged[start : start + size])
    for one, two in pairwise(words):
        found.add(f"{one} {two}")
    for one, two in pairwise(signs):
        found.add(f"{one}+{two}")
    for one, two in zip(signs, signs[2:], strict=False):
        found.add(f"{one}_{two}")
    return found


_WORTH = {"@": 2, "%": 2, "~": 1}


def worth(feature: str) -> int:
    """How much a feature counts beside others: a meaning more than a word, a word more than a piece of one."""
    return _WORTH.get(feature[0], 2)
