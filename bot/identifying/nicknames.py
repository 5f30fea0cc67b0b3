"""What people are called by others: "alias el garrobo", "que chamam de Pastel", "lil marco", "un tal pichirilo".

Here belong names that are everyday words, which only the words around them tell. Never here: those words (``before_names``), names
that are names everywhere (``names``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying import before_names
from bot.identifying.flat import lists
from bot.identifying.known import common, did, foreign, strange
from bot.identifying.spans import Span
from bot.identifying.words import PARTICLES, Word, beside, letters

_ARTICLES = frozenset(("el", "la", "los", "las", "o", "a", "the"))
#: A word like these is said with the name: "lil marco", "auntie bibi".
_WITH = frozenset(
    ("lil", "li'l", "big", "little", "young", "ol", "old", "auntie", "aunty", "uncle", "miss", "don", "dona",
     "tio", "tia", "seu", "mama", "papa")
)  # fmt: skip
_LIL = re.compile(r"(?<![\w'])(?:lil|li'l|lil'|lil’) +(?=[a-z])")


def find(words: list[Word], starts: dict[int, int], text: str, folded: str, *, shouted: bool) -> Iterator[Span]:
    """Spans of names; ``starts`` is where each word of ``words`` begins."""
    for match in _LIL.finditer(folded):
        number = starts.get(match.end())
        if number is not None and (
            words[number].key in lists()["given"] or words[number].capital or words[number].key not in common()
        ):
            yield Span(match.start(), words[number].end, "name")
    for pattern, certain in ((before_names.ALIAS, True), (before_names.NICKNAME, False)):
        for match in pattern.finditer(folded):
            first = starts.get(match.end() + (folded[match.end() : match.end() + 1] in "\"'“«("))
            tal = " tal" in match[0] or match[0].startswith("tal")
            if first is not None and (span := _called(words, first, text, certain=certain, tal=tal, shouted=shouted)):
                yield span


def _called(words: list[Word], first: int, text: str, *, certain: bool, tal: bool, shouted: bool) -> Span | None:
    """The name that begins at a word: capitals, an article and a noun, or one word that nobody uses every day."""
    number = first
    while number + 1 < len(words) and words[number].key in _ARTICLES | _WITH and beside(words, number + 1, text):
        number += 1
    word, never = words[number], lists()["never_names"]
    if (
        len(word.key) < 2
        or (word.key in never and not (certain and word.capital and not shouted))
        or (letters(word, text) and not shouted)
    ):
        return None
    if word.key in lists()["organisations"] or word.key in lists()["named_after"]:
        return None
    if word.capital and not shouted:
        last = number
        for following in range(number + 1, min(len(words), number + 5)):
            if not beside(words, following, text):
                break
            if words[following].capital and words[following].key not in never and not letters(words[following], text):
                last = following
            elif words[following].key not in PARTICLES:
                break
        if any(one.key in lists()["named_after"] or one.key in lists()["organisations"] for one in words[number : last + 1]):
            return None
        return Span(words[first].start, words[last].end, "name")
    with_article = number > first
    if (certain and with_article) or (with_article and words[first].key in _WITH):
        return Span(words[first].start, word.end, "name")
    if word.key in lists()["given"] or foreign(word.key):
        return Span(words[first].start, word.end, "name")
    if strange(word.key) and not did(word.key) and (certain or tal or with_article):
        return Span(words[first].start, word.end, "name")
    return None
