"""Street addresses: the street and the number of a house, a flat, a lot.

Never here: a street, a quarter or a town alone, which many people share; what is told behind the number (``reach``); a home without
a street (``homes``), a kilometre of a road (``roads``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying import homes, roads
from bot.identifying.reach import INSIDE, reach
from bot.identifying.spans import Span

_STREET = (
    r"(?:calle|cll|cl|carrera|cra|kra|kr|cr|diagonal|diag|dg|transversal|transv|tv|avenida|avda|av|ave|"
    r"jiron|jr|pasaje|psje|pje|callejon|calzada|calz|privada|priv"
    r"|prolongacion|boulevard|blvd|bulevar|malecon|circunvalar|autopista|anillo|rua|r|travessa|alameda|"
    r"estrada|rodovia|ladeira|beco|viela|largo|vereda|c/|p\.?j\.?)"
)
_ENGLISH = (
    r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|court|ct|way|place|pl|trace|terrace|circle|cir|parkway|"
    r"pkwy|"
    r"highway|hwy|extension|ext|crescent|mews|crossing|turnpike)"
)
_NUMBERED_ROAD = (
    r"(?:(?:county|state|us|u\.s\.|interstate|ranch|rural|township|forest(?: service)?|farm to market|ranch to market|old|parish|"
    r"private)"
    r" (?:road|rd|route|rte?|highway|hwy)\.?|farm to market|(?:fm|rm|cr|sr|hwy|highway|rte|route)(?= ?\d{2}))"
)
#: Where houses are counted within something that is named.
_SETTLED = (
    r"(?:colonia|col|barrio|bairro|barriada|urb|urbanizacion|residencial|conjunto|condominio|cond|sector|aldea|vereda|"
    r"cooperativa|coop|"
    r"ciudadela|cdla|lotizacion|lotificacion|parcelamiento|loteamento|caserio|canton|comunidad|comunidade|"
    r"asentamiento(?: humano)?|"
    r"assentamento|aa\.? ?hh\.?|invasion|invasao|ocupacao|favela|vila|villa|fraccionamiento|fracc|reparto|ensanche|poblacion|"
    r"campamento|pueblo joven|unidad habitacional|parque habitacional|jardim|setor|trailer park|mobile home park|estate|gardens)"
)
#: "13h30" is when something happens, and no house.
_NUMBER = r"(?:n ?[o0]?[°º.]? ?|nro\.? ?|num\.? ?|numero ?|no\.? ?|# ?)?(?!\d{1,2} ?h(?:\d|s|rs?|oras?)?\b)\d{1,5}[a-z]?"
_SIGN = r"(?:#|n[°º]|no\.|nro\.?|num\.?|numero)"
_STOP = (
    r"hace|con|desde|hay|tengo|tiene|mis?|donde|porque|pero|que|es|son|para(?! \d)|sin|hasta|llevo|llevamos|somos|"
    r"dormimos|duermo|estoy|estamos|vivo|principal|central|ha|faz|com"
    r"|ate|so|apenas|va|vai|vao|van|abr[eio]\w{0,4}|fech\w{1,4}|cierr\w{1,3}|comec\w{1,3}|empie\w{2,4}|pass?a|inicia\w?|termina\w?|"
    r"funciona\w?|atiend\w{1,2}|atend\w{1,3}|a partir|until|till|opens?|closes?|starts?|ends?|"
    r"d(?:e|as)(?= \d{1,2} (?:a|as|ate|y|e)\b)"
    r"|moro|durmo|muy|son|nos|me|se|abajo|arriba|solo|sola|todo|toda|al|a las|en|y"
)
_WORD = rf"(?!(?:{_STOP})\b)[a-z][\w'.-]{{0,20}}"
#: What follows a number that is no number of a house.
_NOT_AFTER = (
    r"(?! ?(?:dias?|horas?|anos?|meses|mes|semanas?|noches?|personas?|hijos?|ninos?|minutos?|pesos|bs|usd|"
    r"dolares|am\b|pm\b|h\b|hrs?\b|km|metros|m\b|cuadras?|quadras?|veces|[/:,.]\d|%|de la (?:manana|tarde|"
    r"noche)))(?!\d)"
)

_PATTERNS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        # Calle 45 # 12-34, Cra 7 No. 14 - 20 sur, Av 68 con 13-20
        rf"\b{_STREET}\.? ?\d{{1,3}} ?[a-z]?(?: ?bis)?(?: (?:sur|norte|este|oeste))? ?,? ?(?:{_SIGN}|con|"
        rf"-)? ?\d{{1,3}} ?[a-z]? ?- ?\d{{1,3}}(?: (?:sur|norte|este|oeste))?",
        rf"\b{_STREET}\.? ?\d{{1,3}} ?[a-z]? ?{_SIGN} ?\d{{1,4}}[a-z]?",
        # Calle 8 Sur 214
        rf"\b{_STREET}\.? \d{{1,3}} ?(?:sur|norte|oriente|poniente|este|oeste|sul|"
        rf"leste),? (?:{_SIGN} ?)?\d{{2,5}}[a-z]?{_NOT_AFTER}",
        # Rua B, casa 7; calle Los Pinos casa 12
        rf"\b{_STREET}\.? (?:{_WORD} ?){{1,5}},? {INSIDE}",
        # Av. 6 de Diciembre N34-120
        rf"\b{_STREET}\.? (?:\d{{1,2}} de )?(?:{_WORD} ?){{1,5}},? ?[nseo]{{1,2}} ?\d{{1,3}}[a-z]? ?- ?\d{{1,4}}",
        # Colonia Las Palmas, casa 15; cooperativa Unión, bloque 4; Colonia 15 de Septiembre, pasaje 3
        rf"\b{_SETTLED}\.? (?:\d{{1,2}} de )?(?:{_WORD},? ){{0,3}}{_WORD},? {INSIDE}",
        # Rua 7 de Setembro 250
        rf"\b{_STREET}\.? \d{{1,2}} de {_WORD},? ?{_NUMBER}{_NOT_AFTER}",
        # calle Duarte 15, Rua das Flores, 123, jr. Puno 455, av. Juárez #20, int 3
        rf"\b{_STREET}\.? (?:{_WORD} ?){{1,5}},? ?{_NUMBER}{_NOT_AFTER}(?: ?-? ?\d{{1,3}}| {_SIGN} ?\d{{1,4}}[a-z]?)?",
        # calle Los Robles entre 3 y 4
        rf"\b{_STREET}\.? (?:{_WORD} ){{1,4}}entre (?:las? |calles? )?\d{{1,3}} (?:y|e) (?:la )?\d{{1,3}}\b",
        # San Pablo 2345, depto 802
        rf"\b(?:{_WORD} ){{1,3}}\d{{2,5}},? (?:depto|dpto|departamento|apto|apartamento|interior|int)\.? ?\d{{1,4}}[a-z]?\b",
        rf"\b{_STREET}\.? \d{{1,3}}(?: de {_WORD})?,? (?:casa|apto|apartamento|numero|num|nro|no\.?|n[°º.]|#|edificio|"
        rf"torre|lote|mz|manzana|interior|depto|entre)(?: |(?<=[°º.#]))?#? ?\w{{0,2}}\d{{1,4}}[a-z]?",
        # avenida Bolívar con calle 9, casa 26-90
        rf"\b{_STREET}\.? (?:{_WORD} ?){{1,4}} ?(?:con|y|entre|esquina|esq\.?) {_STREET}\.? \w{{1,12}},? "
        rf"{INSIDE}(?: ?- ?\d{{1,3}})?",
        # 6a avenida 12-33 zona 1 (GT)
        r"\b\d{1,2} ?\.?[ao]? (?:calle|avenida|av|ave|c)\.?(?: [a-z])? \d{1,3} ?- ?\d{1,3}(?:,? zona \d{1,2})?",
        # 3-45 de la 7a avenida (GT)
        r"(?<![\d-])\d{1,3}-\d{1,3},? (?:de |en )?(?:la )?\d{1,2} ?\.?[ao]? (?:calle|avenida|av|ave)\b(?: [a-z]\b)?",
        # 774 Grand Concourse, apt 6F
        r"(?<![\d#])\d{1,5} (?:[a-z][\w'.]{1,15} ?){1,3}, ?(?:apt|apartment|unit|suite|ste)\.? ?#?\d{1,4}[a-z]?\b",
        # casa 24, apto 301: a house within something that is named
        rf"\b(?:manzana|mz|mza|quadra|qd|bloque|bloco|torre|etapa|sector|super ?manzana|smz|"
        rf"zona)\.? ?#?\w{{1,3}},? ?(?:,|y|"
        rf"e)? ?{INSIDE}",
        r"\b(?:casa|apto|apt|apartamento|depto|lote) ?(?:#|n[°º]|no\.|numero|num|nro)\.? ?\d{1,4}[a-z]?\b",
        r"\b(?:apto|apt\.?|apartamento|apartment|depto|dpto) ?#? ?[a-z]?-?\d{1,4}[a-z]?\b",
        # 88 County Road 214, 2200 State Highway 71, 901 FM 1462
        rf"(?<![\d#-])\d{{1,5}}[a-z]? (?:[nsew]\.? |north |south |east |west )?{_NUMBERED_ROAD} ?\d{{1,4}}[a-z]?\b"
        r"(?: (?:north|south|east|west|[nsew]{1,2})\b)?",
        # Carretera Federal 200 #45, Ruta 68 número 1140; Camino Real 214
        rf"\b(?:carretera|ruta|autopista|rodovia|estrada|highway|route)(?: (?:federal|estatal|nacional|estadual|vieja|"
        r"antigua|velha))?"
        rf"(?: [a-z]{{1,2}})?[ -]?\d{{1,4}}(?: (?:norte|sur|sul))?,? {_SIGN} ?\d{{1,5}}[a-z]?\b",
        rf"\b(?:camino|caminho) (?:real|vecinal|viejo|nuevo|antiguo|velho)(?: (?:a|al|de|do|da) {_WORD})?,? "
        rf"(?:{_SIGN} ?)?\d{{2,5}}\b{_NOT_AFTER}",
        # 1234 N Main St, 12 Main Road
        r"(?<![\d#-])\d{1,5}(?:-\d{1,3})?[a-z]? (?:[nsew]\.?[ew]?\.? |north |south |east |west )?"
        r"(?:(?!(?:the|on|in|to|from|of|and|my|this|"
        r"that|at)\b)"
        rf"[a-z0-9][\w'.]{{0,15}} ){{1,3}}{_ENGLISH}\b\.?(?: (?:north|south|east|west|[nsew]{{1,2}})\b)?",
        # Eastern Main Road, house 212
        rf"\b(?:[a-z][\w'.]{{1,15}} ){{1,3}}{_ENGLISH}\b\.?,? (?:house|apartment|apt|building|bldg|unit|lot|lp|light pole|"
        rf"trailer|no\.|#)"
        r" ?#?\d{1,4}[a-z]?\b",
        r"\b(?:lp|light pole) ?#? ?\d{1,4}\b(?:,? (?:[a-z][\w'.]{0,15} ){1,3}(?:road|street|trace|rd|st)\b)?",
        r"\b(?:km|kilometro) ?\d{1,3}(?:[.,]\d)?,? (?:[a-z]\w{0,12} ){0,4}(?:casa|lote|finca|galpao|sitio) ?#? ?\d{1,4}",
        r"\bcep:? ?\d{5}-?\d{3}\b",
        r"\b(?:p\.? ?o\.? box|apartado(?: postal)?|caixa postal) ?#? ?\d{1,6}\b",
    )
)
_HOUSE = re.compile(r"\b(?:n[°º]|#|numero|num|nro|casa|apto|lote)|\d")
#: A corner, or a street whose houses have no number: an address with a house, a storey, a gate told behind it.
_CORNER = re.compile(
    rf"\b{_STREET}\.? (?:\w{{1,12}} ){{1,3}}(?:con|y|e|esquina|esq\.?|com) (?:la |a )?(?:{_STREET}\.? )?\w{{1,12}}(?! ?\d)"
    rf"|\b{_STREET}\.? (?:{_WORD} ){{1,4}}s/?n\b"
)
#: In English a house has its number first, and the town behind the street is part of the address.
_NUMBER_FIRST = re.compile(r"\d|(?:[a-z][\w'.]* ){1,4}(?:road|street|trace|avenue|rd|st)\b")
#: A direction in capitals makes a street of what follows it: "1409 N Alameda".
_DIRECTED = re.compile(
    r"(?<![\w#.,])\d{1,5}[A-Za-z]? [NSEW]\.?[EW]?\.? [A-Z][\w'.]{2,15}(?: (?!(?:I|My|He|She)\b)[A-Z][\w'.]{1,15}){0,2}"
)


def find(text: str, folded: str) -> Iterator[Span]:
    """Spans of addresses; ``folded`` is ``flat(text)``."""
    kept: list[Span] = []
    for span in sorted((*_streets(text, folded), *homes.find(text, folded), *roads.find(text, folded))):
        if kept and not folded[kept[-1].end : span.start].strip(" ,;("):  # the street told behind the house is the same address
            before = kept.pop()
            span = Span(before.start, max(before.end, span.end), "address")
        kept.append(span)
    yield from kept


def _streets(text: str, folded: str) -> Iterator[Span]:
    for pattern in _PATTERNS:
        for match in pattern.finditer(folded):
            if _HOUSE.search(match[0]):
                found = reach(text, folded, *match.span(), english=_NUMBER_FIRST.match(match[0]) is not None)
                yield Span(found.start, found.end, "address")
    for match in _CORNER.finditer(folded):
        found = reach(text, folded, *match.span())
        if "inside" in found.kinds or "part" in found.kinds:
            yield Span(found.start, found.end, "address")
    for match in _DIRECTED.finditer(text):
        found = reach(text, folded, *match.span(), english=True)
        yield Span(found.start, found.end, "address")
