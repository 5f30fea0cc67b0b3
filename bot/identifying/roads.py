"""Homes and workplaces told by the kilometre of a road: "km 14 de la vía a Daule", "km 38 da BR-174", "mile 12 on highway 20".

Found only where somebody is told to live, to work or to be held there: a bus breaks down at a kilometre too. Never here: houses
with numbers on a road (``addresses``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying.homes import is_personal, said_before
from bot.identifying.reach import WORD, reach
from bot.identifying.spans import Span

_ROAD = (
    r"(?:via|carretera|ruta|autopista|(?:pan|inter)americana|troncal|circunvalacion|camino|estrada|rodovia|vicinal|ramal|linha|"
    r"transamazonica|highway|hwy|route|rte|interstate|road|rd|(?:county|state|ranch|farm to market) (?:road|highway)|fm)"
)
#: "BR-174", "CA-4", "I-35", and names with the word behind: "Western Main Road".
_CALLED = r"(?:[a-z]{1,3}-? ?\d{1,4}\b|(?:[a-z][\w'.]{1,14} ){1,3}(?:road|highway|hwy|rd)\b)"
_KILOMETRE = re.compile(
    rf"\b(?:(?:el|o|the) )?(?:km|kilometro|quilometro|mile(?: ?(?:marker|post))?|mm)\.? ?\d{{1,4}}(?:[.,+]\d{{1,3}})?\b"
    r"(?! ?(?:h\b|/))"
    rf"(?:,? (?:(?:de|del|d[aeo]|on|off|of|along|en|n[ao]|por|sobre|in) )?(?:(?:la|el|the|a|o) )?"
    rf"(?:{_ROAD}\b(?:[ -]\d{{1,4}}\b)?(?: (?:(?:a|al|de|do|da|to|hacia|para) )?(?:(?:la|el) )?"
    r"(?!(?:in|with|behind|debajo|junto)\b)"
    rf"{WORD}(?: (?:de )?(?!(?:in|with|behind|debajo|junto)\b){WORD})?)?|{_CALLED}))?"
)
#: Who works somewhere or is held there is found there as well; ``homes`` knows who lives there.
_THERE = re.compile(
    r"\b(?:trabaj\w+|trabalh\w+|laboro|works?|working|encerr\w+|reten\w+|deten\w+|preso?s?|presas?|detidos?|kept|held|hold(?:s|ing)?|"
    r"keep(?:s|ing)?|acamp\w+|camp(?:ed|ing)?|campamento|ficamos|estamos|atrapad\w+|m[io] (?:casa|rancho|finca)|nuestra casa|"
    r"(?:a|nossa|minha) (?:casa|gente dorme))\b"
)
#: Nobody stays where these happen.
_PASSING = re.compile(
    r"\b(?:camin\w+|pas\w+ por|para(?:r?on|ram|mos)|stopped|broke|quebr\w+|dan[oó]|accident\w*|acident\w+|reten|checkpoint|blitz)\b"
)


def find(text: str, folded: str) -> Iterator[Span]:
    """Spans of homes and workplaces; ``folded`` is ``flat(text)``."""
    for match in _KILOMETRE.finditer(folded):
        before = said_before(folded, match.start())
        if (is_personal(before) or _THERE.search(before)) and not _PASSING.search(before):
            found = reach(text, folded, *match.span())
            yield Span(found.start, found.end, "address")
