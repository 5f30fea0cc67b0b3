"""How typed text is levelled: accents, capitals, repeated letters, chat spelling, letters that sound alike.

Never here: a meaning, a word of any language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from flows.reading import fold

MOST_WORDS = 160
"""Words of one text that are weighed; a paste of thousands costs no more."""
LONGEST_WORD = 24
"""Letters of a word that are looked at."""
_CHILD = range(6, 18)

_CONTRACTED = re.compile(r"\b([a-z]+) (t|s|m|ll|re|ve)\b")
"""English: "can't" is written with and without its mark."""
_RUNS = re.compile(r"([a-z])\1{2,}")
_PAIRS = re.compile(r"([a-z])\1")
#: Letters that people exchange because they sound alike in Spanish or Portuguese, once accents are gone.
_SOUNDS = (
    (re.compile(r"(?<=[aeiou])ll(?=[aeiou])|^ll(?=[aeiou])"), "y"),
    (_PAIRS, r"\1"),
    (re.compile(r"(?<=[nl])h"), "y"),
    (re.compile(r"(?<![sc])h"), ""),
    (re.compile(r"qu(?=[ei])|q(?=[ei])|c(?=[^ehi]|$)|q"), "k"),
    (re.compile(r"c(?=[ei])|z|x(?=[aeiou])"), "s"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"v|w(?=[aeiou])"), "b"),
    (re.compile(r"y$"), "i"),
)


def level(text: str) -> str:
    """A text without accents, capitals and marks, bounded like all that is read."""
    return _CONTRACTED.sub(r"\1\2", fold(text))


def sounded(word: str) -> str:
    """A levelled word in one spelling for what sounds alike: "kiero", "qiero" and "quiero" are one."""
    word = _RUNS.sub(r"\1", word)
    for pattern, into in _SOUNDS:
        word = pattern.sub(into, word)
    return word


def tokens(levelled: str, spellings: Mapping[str, str]) -> list[str]:
    """The words of a levelled text, chat spelling written out ("xq" -> "porque"), in their sounded spelling."""
    found: list[str] = []
    for word in levelled.split()[:MOST_WORDS]:
        for one in spellings.get(word, word).split():
            if one.isdigit():
                found.append("0age" if len(one) < 3 and int(one) in _CHILD else f"0{min(len(one), 4)}")
            else:
                found.append(sounded(one[:LONGEST_WORD]) or one[:1])
    return found
