"""Names near a misspelt one: said alike, or one or two slips of the finger away.

Here belong how a name sounds, how many slips two names are apart, and the index by first letter and length that makes looking
fast. Never here: which place a name means, how sure one may be of it (``bot.places.slips``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.places.writing import one_edit

#: Rounds of putting one spelling for another, until what is said alike is written alike. Order matters: longer ones first.
_AS_SAID = "qu>k ph>f sh>x ch>x nh>n lh>y ll>y gue>ge gui>gi hua>ua gua>ua wa>ua hue>ge we>ge hui>gi wi>gi h> j>g v>b"
_SPELLINGS = tuple(tuple(pair.split(">")) for pair in _AS_SAID.split())
_SOFT = re.compile(r"c(?=[eiy])|[zç]")
_OPENING = re.compile(r"^u(?=[ei])", re.MULTILINE)
_DOUBLED = re.compile(r"([a-z])\1+")
_ACROSS = str.maketrans({"c": "k", "q": "k", "w": "u", "y": "i"})

#: Fewest letters of a name for one slip and for two to be forgiven.
ONE_SLIP, TWO_SLIPS = 5, 8
#: Longer texts are no name.
LONGEST = 40


def sound(names: str) -> str:
    """How folded names are said, letters only: b and v, s and z and soft c, k and qu, y and ll are one, h is silent.

    Lines stay apart, so that a whole list is turned in one go.

    >>> sound("guaquillas\\nhuakillas")
    'uakias\\nuakias'
    """
    text = names.replace(" ", "")
    text = _SOFT.sub("s", text)
    for written, said in _SPELLINGS:
        text = text.replace(written, said)
    text = _OPENING.sub("g", text.translate(_ACROSS))
    return _DOUBLED.sub(r"\1", text)


def slips(a: str, b: str, most: int) -> int:
    """How many letters are missing, wrong, too many or swapped with the next between two names; ``most`` + 1 where it is more."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        low, high = max(1, i - most), min(len(b), i + most)
        following = [most + 1] * (len(b) + 1)
        following[0] = i
        least = i if low == 1 else most + 1
        for j in range(low, high + 1):
            cost = row[j - 1] + (letter != b[j - 1])
            cost = min(cost, row[j] + 1, following[j - 1] + 1)
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == b[j - 1]:
                cost = min(cost, before[j - 2] + 1)
            following[j] = cost
            least = min(least, cost)
        if least > most:
            return most + 1
        before, row = row, following
    return min(row[-1], most + 1)


class Spellings:
    """All names by how they sound. Nothing is scanned as a whole: one look-up, some hundred look-ups, or one drawer of names that
    begin alike and are about as long."""

    def __init__(self, names: Iterable[str]) -> None:
        """``names`` are folded."""
        known = list(names)
        self._names: dict[str, list[str]] = {}
        for name, said in zip(known, sound("\n".join(known)).split("\n"), strict=True):
            self._names.setdefault(said, []).append(name)
        self._drawers: dict[tuple[str, int], list[str]] = {}
        for said in self._names:
            self._drawers.setdefault((said[:1], len(said)), []).append(said)

    def spaced(self, name: str) -> list[str]:
        """Other names that are the same but for the spaces ("villa nueva": "villanueva")."""
        letters = name.replace(" ", "")
        return [other for other in self._names.get(sound(name), ()) if other != name and other.replace(" ", "") == letters]

    def away(self, name: str, count: int) -> list[str]:
        """The names that are 0, 1 or 2 slips away from this one. 0: said alike, or written with other spaces."""
        said = sound(name)
        if not (3, ONE_SLIP, TWO_SLIPS)[count] <= len(said) <= LONGEST:
            return []
        if count == 0:
            return self._names.get(said, [])
        forms = self._two(said) if count == 2 else self._one(said)
        return list(dict.fromkeys(known for form in forms for known in self._names[form]))

    def _one(self, said: str) -> Iterator[str]:
        for form in dict.fromkeys(one_edit(said)):
            # hardly anybody mistypes the first letter of a short name
            if form in self._names and form != said and (form[0] == said[0] or len(said) > 6):
                yield form

    def _two(self, said: str) -> Iterator[str]:
        own, third = set(said), len(said) // 3
        first, second, last = said[:third], said[third : 2 * third], said[2 * third :]
        for length in range(len(said) - 2, len(said) + 3):
            for form in self._drawers.get((said[0], length), ()):
                # two slips leave one third of the name as it is, and each changes the set of letters by two at most
                if not (first in form or second in form or last in form):
                    continue
                if len(own.symmetric_difference(form)) <= 4 and slips(said, form, 2) == 2:
                    yield form
