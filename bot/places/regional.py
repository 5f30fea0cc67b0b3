"""How people say that they are somewhere in a state: "somewhere in texas", "interior do Ceará", "departamento de Arauca".

Here belong the words around the name of a state, department or province, in three languages. Never here: their names
(``bot.places.lands``), what such a name comes to (``bot.places.states``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.places.words import listed

#: What may stand before, and tells nothing about which state it is.
_BEFORE = listed(
    "hola hello hi oi ola buenas pues bueno well so ya i im am we are were is it its estoy toy estamos ando andamos",
    "estou tou to sigo seguimos sou me encuentro encontramos encontro quedo moro moramos mora vivo vivimos live living",
    "staying stay stuck lost perdido still todavia aun ainda ahora ahorita now agora here aqui aca",
    "en em in at around inside dentro no na nos nas por",
)
#: What may stand behind.
_BEHIND = listed(
    "todavia ahora ahorita now still right aun agora ainda hoy hoje today aqui aca here por creo acho maybe igual nomas",
    "somewhere",
)

#: Before these a name is the state's rather than that of a city which is called so, too.
_WIDE = re.compile(
    r"(?:el |la |o |the )?(?:interior|rural|zona rural|area rural|campo|costa|sierra|montanas|upstate|countryside|parte|partes)"
    r"(?: (?:de|del|do|da|of|in|en|no|na))? (?=\w)"
)
_OF = "de|del|do|da|of"
_SOME = "lugar|parte|lado|canto|pueblo|pueblito|ciudad|cidade|town|city|village|place"
_SIDES = "norte|sur|sul|este|leste|oeste|oriente|occidente|centro|north|south|east|west|middle"
#: These say only that the town is not told.
_VAGUE = re.compile(
    rf"(?:(?:some(?:where|place)|(?:algun|alguna|algum|alguma|un|una|um|uma|a|el) (?:small |pequen[oa] )?(?:{_SOME}))"
    rf" (?:{_OF}|no|na|in|en|em|near|around|por)|(?:ahi|alla|aca|aqui|la) (?:por|en|de|no|na|em)"
    rf"|(?:el |al |o |ao |the )?(?:{_SIDES}) (?:{_OF})|(?:north|south|east|west)(?:ern)?|central) (?=\w)"
)
#: What a division is called, and in which countries; elsewhere the word tells nothing.
_KINDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("estado", "edo"), ("MX", "VE", "BR", "US")),
    **dict.fromkeys(("departamento", "depto", "dpto", "department"), ("CO", "GT", "SV", "HN", "PE")),
    **dict.fromkeys(("provincia", "province"), ("EC", "CR", "DO")),
    **dict.fromkeys(("region",), ("CL", "PE", "TT")),
    "state": (),
}
_KIND_FIRST = re.compile(rf"(?:el |la |o |a |the )?({'|'.join(_KINDS)}) (?:(?:de|del|do|da|of) )?(?=\w)")
_KIND_LAST = re.compile(r" (state|province|region|department)$")

#: Abbreviations that are words as well, or hardly ever stand alone.
UNSAFE = listed(
    "in or me oh hi ok de la al id ma pa co mo ar as am es go se pe ba to ms mt ri il ca va",
    "ant ver son sin mor col cal camp tab pen dc",
)


class Region(NamedTuple):
    """What may be the name of a state, and what the words around it tell."""

    name: str
    wide: bool
    """It is the state rather than a city of that name."""
    countries: tuple[str, ...] = ()
    """Those whose divisions are called as the text calls this one; empty for all."""
    led: bool = False
    """Words of being somewhere stand before it."""


def regions_said(words: list[str]) -> Iterator[Region]:
    """What may be the name of a state in ``words``, the most literal first; the whole text is a name and the words around it."""
    words = words[:16]
    behind = len(words)
    while behind > 1 and words[behind - 1] in _BEHIND:
        behind -= 1
    for ends in dict.fromkeys((len(words), behind)):
        for start in range(ends):
            yield from _unframed(" ".join(words[start:ends]), led=start > 0)
            denied = words[start] == "no" and words[start + 1 : start + 2] and words[start + 1] in _BEFORE  # no Portuguese "in the"
            if words[start] not in _BEFORE or denied:
                break


def _unframed(text: str, *, led: bool) -> Iterator[Region]:
    yield Region(text, wide=False, led=led)
    for wide, frame in ((True, _WIDE), (False, _VAGUE)):
        if found := frame.match(text):
            yield Region(text[found.end() :], wide, led=True)
            yield from _of_kind(text[found.end() :])
    yield from _of_kind(text)


def _of_kind(text: str) -> Iterator[Region]:
    if found := _KIND_FIRST.match(text):
        yield Region(text[found.end() :], wide=True, countries=_KINDS[found[1]], led=True)
    if found := _KIND_LAST.search(text):
        yield Region(text[: found.start()], wide=True, led=True)
