"""A text as the features that the model weighs: words, pieces of text, meanings, and what stands beside what.

Here belongs how a text is cut into features. Never here: a weight, a list of what people say (``content``), anything that keeps
a text.
"""

from __future__ import annotations

from itertools import pairwise

from bot.understanding.meanings import Meanings
from bot.understanding.sounds import level, tokens

_ACROSS = (3, 4)
"""Letters of the pieces of a text; the spaces between words, its beginning and its end count as letters."""
_WITHIN = 5
"""Letters of the longer pieces, which do not reach beyond a word."""


def features(text: str, meanings: Meanings) -> set[str]:
    """All features of a text; empty when there is no word in it."""
    return bag(tokens(level(text), meanings.spellings), meanings)


def bag(words: list[str], meanings: Meanings) -> set[str]:
    """The features of words in sounded spelling."""
    found: set[str] = set()
    if not words:
        return found
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
    found.update(words)
    line = f"^{' '.join(words)}$"
    for size in _ACROSS:
        found.update(["~" + line[start : start + size] for start in range(len(line) - size + 1)])
    for word in words:
        edged = f"^{word}$"
        found.update(["~" + edged[start : start + _WITHIN] for start in range(len(edged) - _WITHIN + 1)])
    for one, two in pairwise(words):
        found.add(f"{one} {two}")
    for one, two in pairwise(signs):
        found.add(f"{one}+{two}")
    for one, two in zip(signs, signs[2:], strict=False):
        found.add(f"{one}_{two}")
    return found


_WORTH = {"@": 2, "%": 2, "~": 1}


def worth(feature: str) -> int:
    """How much a feature counts beside others that are as frequent: a meaning or a word more than a piece."""
    return _WORTH.get(feature[0], 2)
