"""Names told behind a comma of whom was just spoken of: "la dueña de la casa, Marlene, ...", "my brother's friend, Kofi, ...".

Here belong the words for people and what may stand between them and the comma. Never here: a name right behind the word
(``before_names``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying.before_names import KIN
from bot.identifying.extent import taken
from bot.identifying.flat import lists
from bot.identifying.known import did, is_land, plain, strange
from bot.identifying.spans import Span
from bot.identifying.words import Word, letters

#: Who somebody is where people wait, sleep and work, beside those who stand right before a name.
_PEOPLE = (
    r"(?:owner|don[oa]|manager|lady|m[ao]c[oa]|man|woman|guy|hombre|mulher|homem|tipo|cara|fulano|person|persona|pessoa|dama|"
    r"coordinador[a]?|coordenador[a]?|director[a]?|diretor[a]?|administrador[a]?|supervisor[a]?|gerente|guard|security|"
    r"vigilante|porter[oa]|porteir[oa]|cook|cociner[oa]|cozinheir[oa]|secretari[oa]|recepcionista|receptionist|teacher|nurse|"
    r"worker|volunteer|voluntari[oa]|host|pastor[a]?|sister|judge|juez[a]?|juiz[a]?|clerk|cashier|supervisor|foreman|farmer|"
    r"trabajador|funcionari[oa]|atendente|assistente|sindic[oa]|lider|leader|chofer|motorista|taxista|inquilin[oa]|tenant|"
    r"roommate|psicolog[oa]|case manager|social worker|assistente social)"
)
_ONE = (
    r"(?:(?:mi|my|meu|minha|su|his|her|sua|seu|nuestr[oa]|our|nosso|nossa|their|el|la|o|a|un|una|um|uma|the)\s+(?:[\w-]+['’]s )?)"
)
#: "de la casa", "at the desk", "que manda", "who runs the house".
_OF_WHAT = r"(?: (?:d[aeo]s?|del|of|at|in|on|en|n[ao]s?|who|que|from|con|com|with|for|para|that)(?: [\w'-]+){1,5}?)"
_SPOKEN_OF = re.compile(
    rf"\b{_ONE}(?:\w+ )?(?:{KIN}|{_PEOPLE})(?: social)?{_OF_WHAT}?, (?:(?:don|dona|sr|sra|mr|mrs|ms|seu|um tal|un tal)\.? )?"
)


def find(words: list[Word], starts: dict[int, int], text: str, folded: str, *, shouted: bool) -> Iterator[Span]:
    """Spans of names; ``starts`` is where each word of ``words`` begins."""
    for match in _SPOKEN_OF.finditer(folded):
        first = starts.get(match.end())
        if first is None or not _somebody(words[first], text, shouted):
            continue
        span = taken(words, first, text)
        if span is None:
            continue
        following = starts.get(span.end + 1)
        then = words[following].key if following is not None and text[span.end] == " " else ""
        if text[span.end : span.end + 1] in (",", "", ")", "\n") or (words[first].capital and then in lists()["somebody"]):
            yield span


def _somebody(word: Word, text: str, shouted: bool) -> bool:
    """Whether a word may be somebody's name: a first name, or one that is strange and says nothing about the person."""
    key = word.key
    if letters(word, text) and not shouted:
        return False
    if key in lists()["given"]:
        return key not in lists()["never_names"] and (word.capital or key not in lists()["doubtful"]) and not is_land(key)
    if plain(key) or did(key):
        return False
    return strange(key)
