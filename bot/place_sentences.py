"""Which part of an answer to "where are you?" says where somebody is now: not where they were, go to, or somebody else is.

Here belong the words around a place, in three languages. Never here: names of places (``bot.places``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.place_names import LONGEST, fold


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


#: Being here now, and (less telling) living here or having come here.
_AM = _words(
    "estoy toy stoy estamos tamos stamos ando andamos encuentro encontramos encontro llegando entrando quedamos quede quedo hallo",
    "estou tou tamo chegando am im are were staying stuck stranded sigo seguimos continuo sigue still",
)
_LIVE = _words(
    "moved mudei mude got crossed cruce cruzamos pasamos pase atravessei crucé vivo vivimos resido llegue "
    "llegamos moro moramos fico ficamos cheguei chegamos live living arrived reached"
)
_HERE = _words("aqui aca aki here ahora ahorita agora now hoy hoje")
#: Passing through is being there: "voy por Orizaba".
_PASSING = _words("voy vamos pasando passando going passing")
#: What leads to the name behind such a word, at most so many words later.
_LEADS = _words("en em in at near por cerca perto no na nos nas around outside close inside a al ao hacia until ate to")
_REACH = 5
_NOT = _words("no not nao nunca never isnt arent wasnt tampoco ni")
_OTHERS = _words("they you he she who ellos eles vocês ustedes")

_LEFT = _words("sali salimos vengo venimos vine vinimos soy somos desde from left came vim viemos venho sai saimos parti partimos")
_GOING = _words(
    "saliendo viajo viajamos voy vamos rumbo camino hacia going heading headed indo vou yendo viajando "
    "traveling travelling quiero quero"
)
_TOWARDS = _words("a al para pa hacia to towards ao pra rumbo hasta ate en")
_OF = _words("de del desde from do da in en em los las la el")

#: With these begins something else than the name.
_STOPS = _words(
    "pero mas but desde vengo venimos vine sali salimos soy somos voy vamos quiero quero necesito busco preciso from going coming",
    "porque con with com cerca perto near need looking yo mi my meu minha tengo tenho hace since ahora "
    "agora now ayer ontem yesterday",
    "hoy hoje today y e and esperando waiting rumbo hacia buscando procurando trabajando hasta gracias obrigado obrigada thanks",
    "estoy estou estamos im am donde onde where que who which sin sem without",
)

_BREAK = re.compile(r"[.,;:!?()\n\r…/|]+(?:\s|$)|\n")
_MARK = "|"

#: "the border with Mexico" tells where Mexico begins, not where somebody is.
_BESIDE = re.compile(
    r"\b(?:frontera|fronteira|border|limite|divisa|raya)(?: \|)? (?:con|with|com|y|hacia|para|to) (?:el |la |a |o |the |los |os )?"
)


class Said(NamedTuple):
    """What an answer says about being somewhere. Lists of words; ``"|"`` stands where a comma or full stop stood."""

    here: tuple[list[str], ...]
    """What follows "I am in", most telling first."""
    left: list[str]
    """What follows "I came from"."""
    going: list[str]
    """What follows "I am going to"."""


def marked(text: str) -> list[str]:
    """The words of a text, folded, with ``"|"`` for punctuation that parts."""
    words: list[str] = []
    for clause in _BREAK.split(text[:LONGEST]):
        found = fold(clause).split()
        if found:
            words += [_MARK, *found] if words else found
    return words


def plain(words: list[str]) -> list[str]:
    """Without the marks."""
    return [word for word in words if word != _MARK]


def read(words: list[str]) -> Said:
    """``words`` are those of ``marked``."""
    found: list[tuple[int, int, list[str]]] = []
    for at, word in enumerate(words):
        rank = 2 if word in _AM or word in _PASSING else 1 if word in _LIVE else 3 if word in _HERE else 0
        if not rank or _denied(words, at) or (at and words[at - 1] in _OTHERS):
            continue
        if word in ("are", "were") and (not at or words[at - 1] not in ("we", _MARK)) and word != "were":
            continue
        start = _passing(words, at) if word in _PASSING else _led(words, at, 1 if word in _HERE else _REACH)
        if start and start < len(words):
            found.append((rank, at, words[start:]))
    found.sort(key=lambda one: (-one[0], -one[1]))
    return Said(
        here=tuple(following for _, _, following in found),
        left=_following(words, _LEFT, _OF),
        going=_following(words, _GOING, _TOWARDS),
    )


def _denied(words: list[str], at: int) -> bool:
    for back in range(at - 1, max(-1, at - 4), -1):
        if words[back] == _MARK:
            return False
        if words[back] in _NOT:
            return True
    return False


def _led(words: list[str], at: int, reach: int) -> int:
    """Where the name begins behind a word of being, 0 for nowhere."""
    for ahead in range(at + 1, min(len(words), at + 1 + reach)):
        if words[ahead] == _MARK or words[ahead] in _GOING or (words[ahead] in _NOT and words[ahead] != "no"):
            return 0
        if words[ahead] in _LEADS:
            return ahead + 1
    return 0


def _passing(words: list[str], at: int) -> int:
    """Where the name begins behind "going ... by way of", 0 for nowhere."""
    ahead = words[at + 1 : at + 5]
    for lead in ("por", "through"):
        if lead in ahead and _MARK not in ahead[: ahead.index(lead)]:
            return at + 2 + ahead.index(lead)
    return 0


def between(words: list[str]) -> tuple[list[str], list[str]]:
    """The two names of "between X and Y" or "from X to Y", empty where there are none."""
    for at, word in enumerate(words):
        joints: frozenset[str] = frozenset()
        if word in ("entre", "between"):
            joints = _words("y e and")
        elif word in ("desde", "from") or (
            word == "de" and (not at or any(other in _GOING for other in words[max(0, at - 3) : at]))
        ):
            joints = _TOWARDS - {"en"}
        rest = plain(words[at + 1 :])
        middle = next((i for i, other in enumerate(rest) if other in joints), 0)
        if middle:
            return rest[:middle], cut(rest[middle + 1 :])
    return [], []


def _following(words: list[str], cues: frozenset[str], leads: frozenset[str]) -> list[str]:
    for at, word in enumerate(words):
        if word not in cues or _denied(words, at):
            continue
        start = at + 1
        while start < len(words) and start - at <= 3 and words[start] in leads | {"ir", "go", "llegar", "chegar"}:
            start += 1
        if start > at + 1 or word in ("desde", "from", "hacia", "rumbo"):
            return cut(words[start:])
    return []


def cut(words: list[str]) -> list[str]:
    """Up to where something else begins."""
    kept: list[str] = []
    for word in words:
        if (word in _STOPS or word in _LEFT) and kept:
            break
        kept.append(word)
    return kept


def pieces(words: list[str]) -> Iterator[list[str]]:
    """What may be the name at the beginning of ``words``: up to the next other thing, then up to the next comma."""
    until = cut(words)
    yield plain(until)
    if _MARK in until:
        yield until[: until.index(_MARK)]


def without_neighbour(words: list[str]) -> list[str]:
    """Without "the border with ..." and the word behind it."""
    text = " ".join(words)
    found = _BESIDE.search(text)
    if not found:
        return words
    rest = text[found.end() :].split()
    return [*text[: found.start()].split(), *rest[1:]]


_ENGLISH = _words("i im am we are the near staying my at is from live living")
_PORTUGUESE = _words("em estou perto moro cheguei estamos bairro na no tô cidade moramos fica rua")


def spoken(words: list[str]) -> str:
    """The country (``US``, ``BR``) to which the language of the words around a name points, or nothing."""
    there = set(words)
    if there & _ENGLISH and not there & {"en", "estoy", "de", "em"}:
        return "US"
    return "BR" if there & (_PORTUGUESE - {"no", "na", "estamos"}) and not there & {"en", "estoy"} else ""
