"""Names of persons in an answer: "me llamo Santiago", "my name is Jordan", "soy Carolina", "Carlos" alone.

Here belong the words before somebody's name, and which names are first names rather than small towns. Never here: finding what
identifies a person (``bot.identifying``).
"""

from __future__ import annotations

from bot.places.sentences import MARK
from bot.places.words import listed

_SAYS = (
    "me llamo", "mi nombre es", "mi nombre", "se llama", "se llaman", "llamado", "llamada", "le dicen", "me dicen",
    "my name is", "my names", "name is", "names", "named", "is called", "call me",
    "meu nome e", "meu nome", "me chamo", "se chama", "chamado", "chamada",
)  # fmt: skip
_SAYS_WORDS = tuple(tuple(phrase.split()) for phrase in sorted(_SAYS, key=lambda phrase: -len(phrase)))
#: Behind these a first name may follow, and "de" where somebody comes from.
_AM = listed("soy sou")
#: With these begins something else than the name.
_ENDS = listed(
    "y e and i im estoy estou tengo tenho vivo moro soy sou en em in from vengo venho ando busco necesito preciso need",
    "tiene tem has is esta",
)
_LONGEST = 5


def without_persons(words: list[str], first_names: frozenset[str]) -> list[str]:
    """``words``, as ``sentences.marked`` has them, without names of persons that the words before them tell."""
    kept: list[str] = []
    at = 0
    while at < len(words):
        said = next((phrase for phrase in _SAYS_WORDS if tuple(words[at : at + len(phrase)]) == phrase), ())
        start = at + len(said)
        if not said and words[at] in _AM:
            start = at + 1 + (words[at + 1 : at + 2] in (["o"], ["a"], ["la"], ["el"]))
            if not (start < len(words) and words[start] in first_names):
                start = at
        if start == at:
            kept.append(words[at])
            at += 1
            continue
        at = start
        while at < len(words) and at - start < _LONGEST and words[at] not in _ENDS and words[at] != MARK:
            at += 1
    return kept
