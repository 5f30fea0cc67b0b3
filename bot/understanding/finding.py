"""Finding reviewed phrases in a text, and whether a "no" stands before them.

Never here: a phrase (they are content), what follows from one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

LONGEST = 6
"""Words in the longest phrase that is looked for."""
#: "t" is what is left of "don't" and "won't".
_NEGATIONS = frozenset({"no", "not", "t", "nao", "n", "nunca", "never", "dont", "don", "sin", "sem", "without"})

Meaning = TypeVar("Meaning")


def found_in(tokens: list[str], phrases: Mapping[str, Meaning]) -> tuple[list[tuple[int, Meaning]], set[int]]:
    """(position, meaning) of the phrases in a text, longer ones first at each position, and the positions they take."""
    found: list[tuple[int, Meaning]] = []
    taken: set[int] = set()
    at = 0
    while at < len(tokens):
        for length in range(min(LONGEST, len(tokens) - at), 0, -1):
            meaning = phrases.get(" ".join(tokens[at : at + length]))
            if meaning is not None:
                found.append((at, meaning))
                taken.update(range(at, at + length))
                at += length - 1
                break
        at += 1
    return found, taken


def is_denied(tokens: list[str], at: int) -> bool:
    return any(token in _NEGATIONS for token in tokens[max(0, at - 3) : at])
