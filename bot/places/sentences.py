"""Which part of an answer to "where are you?" says where somebody is now: not where they were, go to, or somebody else is.

Here belong the words around a place, in three languages. Never here: names of places (``bot.places.homes``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.places.words import STOPS, listed
from bot.places.writing import LONGEST, fold

#: Being here now, and (less telling) living here or having come here.
_AM = listed(
    "estoy toy stoy estamos tamos stamos ando andamos encuentro encontramos encontro llegando entrando quedamos quede quedo hallo",
    "estou tou tamo chegando am im are were staying stuck stranded sigo seguimos continuo sigue still todavia ainda",
)
_LIVE = listed(
    "moved mudei mude got crossed cruce cruzamos pasamos pase atravessei crucé vivo vivimos resido llegue "
    "llegamos moro moramos fico ficamos cheguei chegamos live living arrived reached"
)
#: Having been brought somewhere, or having slept or stopped there: the last of such places is where somebody is.
_CAME = listed(
    "amaneci amanecimos amanecemos desperte despertamos dormi dormimos acampe acampamos pernocte pernoctamos pare paramos",
    "baje bajamos bajaron dejo dejaron mandaron trajeron llevaron trasladaron deportaron devolvieron regresaron regrese",
    "regresamos volvi volvimos aterrice aterrizamos entramos acordei acordamos parei pousei pousamos desci descemos",
    "desembarquei deixaram trouxeram levaram mandaram voltei voltamos",
    "woke slept landed made stopped dropped deported returned brought sent transferred camped ended",
)
_HERE = listed("aqui aca aki here ahora ahorita agora now hoy hoje")
#: Passing through is being there: "voy por Orizaba".
_PASSING = listed("voy vamos pasando passando going passing")
#: What leads to the name behind such a word, at most so many words later.
_CAME_TO = listed("pra para pa al into off onto")
_LEADS = listed("en em in at near por cerca perto no na nos nas around outside close inside a al ao hacia until ate to")
_REACH = 5
_NOT = listed("no not nao nunca never isnt arent wasnt tampoco ni")
_OTHERS = listed("they you he she who ellos eles vocês ustedes")

_LEFT = listed(
    "sali salimos vengo venimos vine vinimos soy somos desde from left came vim viemos venho sai saimos parti partimos",
    "deje dejamos deixei deixamos",
)
_GOING = listed(
    "saliendo viajo viajamos voy vamos rumbo camino hacia going heading headed indo vou yendo viajando "
    "traveling travelling quiero quero"
)
_TOWARDS = listed("a al para pa hacia to towards ao pra rumbo hasta ate en")
#: "since yesterday" is no place left.
_WHEN = listed("ayer hoy anoche hace lunes martes miercoles jueves viernes sabado domingo ontem hoje yesterday today semana mes")
_OF = listed("de del desde from do da in en em los las la el")

_BREAK = re.compile(r"[.,;:!?()\n\r…/|]+(?:\s|$)|\n")
#: Stands among words where something parted them.
MARK = "|"

#: "the border with Mexico", "the border of Colombia with Ecuador" tell where the other country begins, not where somebody is.
_BESIDE = re.compile(
    r"\b(?:frontera|fronteira|border|limite|divisa|raya)( (?:de|do|da|of) (?:\w+ ){0,2}?\w+)?(?: \|)?"
    r" (?:con|with|com|y|hacia|para|to) (?:el |la |a |o |the |los |os )?"
)

#: Thanks and blessings, in which no place is named: "Gracias a Dios" is a department of Honduras as well.
_BLESSINGS = re.compile(
    r"\b(?<!\ben )(?<!\bin )(?<!\bfrontera )(?:"
    r"gra(?:cia|ca)s (?:a|al) (?:(?:mi )?(?:dios|deus)|senor|cielo)(?: (?:todo )?bien)?|a dios gracias|gracias dios"
    r"|dios mediante|primero dios|(?:si|se) (?:dios|deus) (?:quiere|lo quiere|quiser|permite|lo permite)"
    r"|(?:con el|por el) favor de dios|bendito (?:sea )?dios|gloria a (?:dios|deus)"
    r"|(?:que )?(?:dios|deus) (?:(?:me|te|le|lo|la|los|las|les|nos|vos) )?(?:bendiga|bendigan|abencoe|guarde|cuide)"
    r"|(?:muchas )?bendiciones|amen|en (?:el nombre|nombre|manos|la gloria) de (?:dios|jesus)"
    r"|thank god|thanks to god|god bless(?: you| us)?|god willing|lord willing|praise (?:god|the lord)"
    r")\b(?! (?:nenton|frontera|lempira))"
)

#: What lies in a town; behind its name such a word begins what is told more closely.
_LANDMARKS = listed(
    "barrio bairro colonia sector comuna urbanizacion residencial plaza terminal parque zona centro center centre downtown "
    "estacion station metro aeropuerto aeroporto airport rodoviaria mercado albergue refugio shelter abrigo hotel hostal "
    "hospital iglesia church basilica catedral puente ponte bridge cancha estadio universidad oficina consulado casa "
    "comedor obelisco malecon embarcadero muelle playa praia savannah bus greyhound norte sur sul leste oeste "
    "north south east west frontera fronteira border",
)
_SIDES = listed("norte sur sul leste este oeste oriente occidente north south east west")
#: "the south of Quito", "Chicago's south side": the city.
_SIDE_OF = re.compile(rf"\b(?:el |al |o |ao |the )?(?:{'|'.join(sorted(_SIDES))}) (?:de|of|do) (?:la |el )?(?!santander)")
_OWN_SIDE = re.compile(r"['’´`]s (?=(?:south|north|east|west|down)[ a-z])")
#: A stop of buses is no "La Parada".
_STOP = re.compile(r"\bparada d(?:e|el|o) (?:bus|buses|autobus|autobuses|buseta|camion|camiones|metro|onibus|taxi|taxis)\b")
#: Portuguese "tô", which loses its accent and looks like English "to".
_TO_AM = re.compile(r"\bto (?=(?:em|na|no|aqui)\b)")
#: With a comma before it these lead to a place nearby or within; without one only the first few do.
_NEAR = listed("por cerca perto near frente junto beside behind outside afuera detras atras cruzando cruzado alrededor")
_INSIDE = _NEAR | listed("en in at em no na al by del dentro puerto")
_STATES = listed("estado edo state departamento depto provincia region")
#: With a comma before it, what tells that somebody means to go on.
_WAITING = listed("via casi almost quase voy vamos")
_BEFORE_NAME = listed(
    "estoy toy estou en em in at por el la i im am we are ya aqui aca aki hola hi hello oi ola buenas desde na no on the"
)


#: With these somebody tells what they like or long for, in which a word may be a thing rather than a town.
_LIKING = re.compile(
    r"^(?:a mi |yo |eu |i |we )?"
    r"(?:(?:me |nos )(?:gusta|gustan|encanta|encantan|fascina)|gosto|gostamos|adoro|amo|like|love|enjoy|hate|odio)\b"
)


def tells_liking(words: list[str]) -> bool:
    """Whether a text says what somebody likes, and nothing of being somewhere."""
    return bool(_LIKING.match(" ".join(words))) and not any(word in ("en", "em", "in", "at") for word in words)


class Said(NamedTuple):
    """What an answer says about being somewhere. Lists of words; ``"|"`` stands where a comma or full stop stood."""

    here: tuple[list[str], ...]
    """What follows "I am in", most telling first."""
    left: list[str]
    """What follows "I came from"."""
    going: list[str]
    """What follows "I am going to"."""
    denied: bool
    """It says that somebody is not somewhere."""


def marked(text: str) -> list[str]:
    """The words of a text, folded, with ``"|"`` for punctuation that parts."""
    words: list[str] = []
    for clause in _BREAK.split(_OWN_SIDE.sub(" ", text[:LONGEST])):
        found = simpler(fold(clause)).split()
        if found:
            words += [MARK, *found] if words else found
    return words


def simpler(text: str) -> str:
    """A folded text without what only looks like a name or like another word."""
    return _TO_AM.sub("tou ", _STOP.sub("terminal", _SIDE_OF.sub("", text)))


def names_border(words: list[str]) -> bool:
    """Whether what is told more closely is that a border is there."""
    return words[:1] in (["frontera"], ["fronteira"], ["border"])


def plain(words: list[str]) -> list[str]:
    """Without the marks."""
    return [word for word in words if word != MARK]


def read(words: list[str]) -> Said:
    """``words`` are those of ``marked``."""
    found: list[tuple[int, int, list[str]]] = []
    denied = False
    for at, word in enumerate(words):
        rank = 2 if word in _AM or word in _PASSING else 1 if word in _LIVE | _CAME else 3 if word in _HERE else 0
        if word in ("yo", "eu") and words[at + 1 : at + 2] in (["en"], ["em"]):
            rank = 2  # "my sister is in Quito and I in Guayaquil"
        if rank == 2 and (_denied(words, at) or words[at + 1 : at + 2] == ["not"]):
            denied = True
            continue
        if not rank or _denied(words, at) or (at and words[at - 1] in _OTHERS):
            continue
        if word in ("are", "were") and (not at or words[at - 1] not in ("we", MARK)) and word != "were":
            continue
        start = _passing(words, at) if word in _PASSING else _led(words, at, 1 if word in _HERE else _REACH)
        if word in _HERE and not start and _after_leaving(words, at):
            rank, start = 0, at + 1
        if start and start < len(words):
            found.append((rank, at, words[start:]))
    found.sort(key=lambda one: (-one[0], -one[1]))
    return Said(
        here=tuple(following for _, _, following in found),
        left=_following(words, _LEFT, _OF),
        going=_following(words, _GOING, _TOWARDS),
        denied=denied,
    )


def _denied(words: list[str], at: int) -> bool:
    for back in range(at - 1, max(-1, at - 4), -1):
        if words[back] == MARK:
            return False
        if words[back] in _NOT:
            return True
    return False


def _led(words: list[str], at: int, reach: int) -> int:
    """Where the name begins behind a word of being, 0 for nowhere."""
    for ahead in range(at + 1, min(len(words), at + 1 + reach)):
        if words[ahead] == MARK or words[ahead] in _GOING or (words[ahead] in _NOT and words[ahead] != "no"):
            return 0
        if words[ahead] in _LEADS or (words[at] in _CAME and words[ahead] in _CAME_TO):
            return ahead + 1
    return 0


def _after_leaving(words: list[str], at: int) -> bool:
    """Whether a "now" stands between a place that was left and nothing but a name: "left Brownsville, now Houston"."""
    behind = words[at + 1 :]
    left = any(word in _LEFT for word in words[:at])
    return (
        left
        and words[at - 1] in (MARK, "y", "and", "e", "ya")
        and 0 < len(behind) <= 4
        and not set(behind) & (_NOT | _GOING | STOPS)
    )


def _passing(words: list[str], at: int) -> int:
    """Where the name begins behind "going ... by way of", 0 for nowhere."""
    ahead = words[at + 1 : at + 5]
    for lead in ("por", "through"):
        if lead in ahead and MARK not in ahead[: ahead.index(lead)]:
            return at + 2 + ahead.index(lead)
    return 0


def between(words: list[str]) -> tuple[list[str], list[str]]:
    """The two names of "between X and Y" or "from X to Y", empty where there are none."""
    for at, word in enumerate(words):
        joints: frozenset[str] = frozenset()
        if word in ("entre", "between"):
            joints = listed("y e and")
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
        if word not in cues or _denied(words, at) or _WHEN & set(words[at + 1 : at + 3]):
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
        if (word in STOPS or word in _LEFT) and kept:
            break
        kept.append(word)
    return kept


def pieces(words: list[str]) -> Iterator[list[str]]:
    """What may be the name at the beginning of ``words``: up to the next other thing, then up to the next comma."""
    until = cut(words)
    yield plain(until)
    if MARK in until:
        yield until[: until.index(MARK)]


class Headed(NamedTuple):
    """A place, and more about it: where in it somebody is, or where they came from or go to. Lists of words."""

    place: list[str]
    more: list[str]
    moving: bool


def headed(words: list[str]) -> Headed | None:
    """An answer that begins with the place: "tacna, leaving for chile", "esquipulas, by the basilica"."""
    for at, word in enumerate(words):
        if not at and (word in _LEFT or (word in _GOING and word not in _BEFORE_NAME)):
            return None
        parted = word == MARK
        rest = words[at + parted :]
        while parted and rest and rest[0] in ("ya", "y", "pero", "i", "im", "we", "are", "estoy", "and", "me", "but", "mas"):
            rest = rest[1:]
        if not at or not rest or words[at - 1] in _OF - {"en", "em", "in"}:
            continue
        spot = next((other for other in rest[1:] if other not in _OF | {"the", "o", "a", "al", "lado"}), "")
        moving = rest[0] in _GOING | _LEFT | {"esperando", "waiting"} or (parted and rest[0] in _WAITING)
        near = rest[0] in _LANDMARKS | _NEAR or (rest[0] in _INSIDE and (parted or spot in _LANDMARKS))
        if not (moving or near or parted):
            continue
        place = plain(words[:at])
        if rest[0] in _SIDES and rest[1:2] and rest[1] in _OF:
            return None  # "rio grande do norte de ..."
        if not (moving or near) or _NOT & set(place) - {"no"} or place[0] == "no" or (_GOING | _LEFT | _LANDMARKS) & set(place):
            return None
        while place and place[0] in _BEFORE_NAME and len(place) > 1 and place[0] not in ("la", "el"):
            place = place[1:]
        if place and not all(word in _BEFORE_NAME | _OF for word in place):
            return Headed(place, rest, moving)
    return None


def tailed(words: list[str]) -> Headed | None:
    """An answer that ends with the place, behind where in it: "por la bahia, guayaquil"."""
    if MARK not in words:
        return None
    last = len(words) - 1 - words[::-1].index(MARK)
    more, place = words[:last], words[last + 1 :]
    if not more or more[0] not in _INSIDE | _LANDMARKS | _STATES or _NOT & set(words) - {"no"} or more[0] == "no":
        return None
    return Headed(place, more, moving=False)


def names_landmark(words: list[str]) -> bool:
    """Whether what is told more closely is a station, a church, "the" something: no other town."""
    return bool(_LANDMARKS & set(words[:5])) or "the" in words[:3]


def without_blessings(words: list[str]) -> list[str]:
    """Without thanks to God and the like."""
    return _BLESSINGS.sub(" ", " ".join(words)).strip(" |").split()


def with_los_angeles(words: list[str]) -> list[str]:
    """ "LA" at the end is the city: no article stands there."""
    before = words[-2] if len(words) > 1 else ""
    if words[-1:] == ["la"] and before in (
        "",
        "in",
        "near",
        "from",
        "of",
        "at",
        "downtown",
        "south",
        "east",
        "to",
        "around",
        MARK,
    ):
        return [*words[:-1], "los", "angeles", "california"]
    return words


def without_neighbour(words: list[str]) -> list[str]:
    """Without "the border with ..." and the word behind it."""
    text = " ".join(words)
    found = _BESIDE.search(text)
    if not found:
        return words
    rest = text[found.end() :].split()
    return [*text[: found.start()].split(), *(found[1] or "").split(), *rest[1:]]


def neighbour(words: list[str]) -> list[str]:
    """What stands behind "the border with", up to the next other thing."""
    text = " ".join(words)
    found = _BESIDE.search(text)
    return plain(cut(text[found.end() :].split())) if found else []


_ENGLISH = listed("in i im am we are the near staying my at is from live living")
_PORTUGUESE = listed("em estou perto moro cheguei estamos bairro na no tô cidade moramos fica rua")


def spoken(words: list[str]) -> str:
    """The country (``US``, ``BR``) to which the language of the words around a name points, or nothing."""
    there = set(words)
    if there & _ENGLISH and not there & {"en", "estoy", "de", "em"}:
        return "US"
    return "BR" if there & (_PORTUGUESE - {"no", "na", "estamos"}) and not there & {"en", "estoy"} else ""
