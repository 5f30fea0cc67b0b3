"""Naming: which organisations of a list somebody names in what they type.

Here belongs the comparison of words with public names. Never here: where it leads, a name that is in no list (it is not kept).
"""

from __future__ import annotations

from collections.abc import Sequence

from flows.reading import fold

Listed = Sequence[tuple[str, str]]
"""(key, public name) of organisations (``facts.Hearing.organisations``)."""


def chosen(typed: str, there: Listed) -> list[str]:
    """Keys of those whose whole name this is, or else of those of whose name it is a part."""
    folded = fold(typed)
    return [key for key, name in there if folded == fold(name)] or [
        key for key, name in there if len(folded) > 3 and f" {folded} " in f" {fold(name)} "
    ]


def within(typed: str, there: Listed) -> list[str]:
    """Keys of those who are named in a sentence. A name that is only a part of a longer one that stands there is not meant."""
    sentence = f" {fold(typed)} "
    named = {key: f" {folded} " for key, name in there if (folded := fold(name)) and f" {folded} " in sentence}
    found = []
    for key, name in named.items():
        rest = sentence
        for longer in {other for other in named.values() if name != other and name in other}:
            rest = rest.replace(longer, " . ")
        if name in rest:
            found.append(key)
    return found or chosen(typed, there)
