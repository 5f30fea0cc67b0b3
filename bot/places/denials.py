"""A place that somebody says they are not in, and what is said beside it: "no en Bogotá, en Bucaramanga", "houston, not dallas".

Here belong the words of denying and of correcting oneself, in three languages. Never here: whether what is denied is a place
(``bot.places.replies``): "no" is Portuguese for "in the", too.
"""

from __future__ import annotations

from typing import NamedTuple

from bot.places.sentences import MARK
from bot.places.words import listed

_NOT = listed("no not nao isnt arent wasnt nunca never tampoco ni")
#: What may stand before the denial.
_BEFORE = listed(
    "ya i im am we are were its it is that thats estoy estamos ando toy estou tou es e era fue foi me",
    "sorry perdon perdao desculpa disculpa",
    "actually ahora ahorita agora now hoy hoje y and pero but hola oi hello hi bueno eu yo nosotros",
)
#: What may stand between the denial and the name, and leaves no doubt that one is denied.
_BEING = listed("estoy estamos ando andamos toy estou tou es e era fue foi en em in at im am were mas mais longer ya")
_BEHIND = listed("anymore longer mas mais ya now sino")
#: With these what is meant begins, where nothing parts it from what is denied.
_INSTEAD = listed("sino but pero its im estoy estamos estou tou ahora ahorita agora now")
_LONGEST = 4


class Denial(NamedTuple):
    """What a text denies, and the rest of it. Lists of words, as ``sentences.marked`` has them."""

    names: tuple[list[str], ...]
    """What is denied."""
    doubtful: bool
    """Nothing but a "no" beside the name says that it is denied."""
    meant: list[str]
    """What stands behind what is denied, or else before it."""


def denial(words: list[str]) -> Denial | None:
    """What is denied in ``words``, and what is left when it is gone; None where nothing is denied, or nothing is left."""
    parts = [part for clause in _clauses(words) for part in _parted(clause)]
    names: list[list[str]] = []
    doubtful = False
    rest: list[list[str]] = []
    behind = 0
    for part in parts:
        found = _denied(part)
        if found is None:
            if not all(word in _NOT | _BEFORE for word in part):
                rest.append(part)
        else:
            names.append(found[0])
            doubtful = doubtful or found[1]
            behind = len(rest)
    meant = rest[behind:] or rest
    if not names or not meant:
        return None
    joined: list[str] = []
    for part in meant:
        while part and part[0] in ("sino", "but", "pero", "que", "y", "and"):
            part = part[1:]
        joined += [MARK, *part] if joined else part
    return Denial(tuple(names), doubtful, joined) if joined else None


def affirmed(words: list[str]) -> list[str]:
    """The clauses in which nothing is denied."""
    kept = [clause for clause in _clauses(words) if not any(word in _NOT for word in clause)]
    return [word for clause in kept for word in (MARK, *clause)][1:]


def _clauses(words: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for word in words:
        if word == MARK:
            found.append([])
        else:
            found[-1].append(word)
    return [clause for clause in found if clause]


def _parted(clause: list[str]) -> list[list[str]]:
    """A clause that denies one thing and goes on to another without a comma, in two: "ya no estoy en X | sino en Y"."""
    at = next((i for i, word in enumerate(clause) if word in _NOT), len(clause))
    named = False
    for i in range(at + 1, len(clause)):
        word, following = clause[i], clause[i + 1 : i + 2]
        other = (
            word in ("mas", "y", "e")
            and following
            and following[0] in ("en", "em", "in", "no", "na", "estou", "estoy", "agora", "ahora")
        )
        if named and (word in _INSTEAD or other) and following:
            return [clause[:i], clause[i:]]
        named = named or word not in _BEING | _BEFORE
    return [clause]


def _denied(part: list[str]) -> tuple[list[str], bool] | None:
    """The name that a part denies, and whether that is in doubt."""
    at = next((i for i, word in enumerate(part) if word in _NOT), len(part))
    if at < len(part) and all(word in _BEFORE for word in part[:at]):
        start = at + 1
        while start < len(part) and part[start] in _BEING:
            start += 1
        ends = len(part)
        while ends > start and part[ends - 1] in _BEHIND:
            ends -= 1
        if start < ends <= start + _LONGEST:
            return part[start:ends], start == at + 1
        return None
    ends = len(part)
    while ends and part[ends - 1] in _BEHIND:
        ends -= 1
    if ends > 1 and part[ends - 1] in _NOT:
        start = 0
        while part[start] in _BEFORE | _BEING:
            start += 1
        if 0 < ends - 1 - start <= _LONGEST:
            return part[start : ends - 1], True
    return None
