"""Street addresses: the street and the number of a house, a flat, a lot.

Never here: a street, a quarter or a town alone, which many people share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying.spans import Span

_STREET = (
    r"(?:calle|cll|cl|carrera|cra|kra|kr|cr|diagonal|diag|dg|transversal|transv|tv|avenida|avda|av|ave|"
    r"jiron|jr|pasaje|psje|pje|callejon|calzada|calz|privada|priv"
    r"|prolongacion|boulevard|blvd|bulevar|malecon|circunvalar|autopista|anillo|rua|r|travessa|alameda|"
    r"estrada|rodovia|ladeira|beco|viela|largo|vereda|c/|p\.?j\.?)"
)
_NUMBER = r"(?:n ?[o0]?[°º.]? ?|nro\.? ?|num\.? ?|numero ?|no\.? ?|# ?)?\d{1,5}[a-z]?"
_SIGN = r"(?:#|n[°º]|no\.|nro\.?|num\.?|numero)"
_STOP = (
    r"hace|con|desde|hay|tengo|tiene|mis?|donde|porque|pero|que|es|son|para|sin|hasta|llevo|llevamos|somos|"
    r"dormimos|duermo|estoy|estamos|vivo|principal|central|ha|faz|com"
    r"|moro|durmo|muy|son|nos|me|se|abajo|arriba|solo|sola|todo|toda|al|a las|en|y"
)
_WORD = rf"(?!(?:{_STOP})\b)[a-z][\w'.-]{{0,20}}"
#: What follows a number that is no number of a house.
_NOT_AFTER = (
    r"(?! ?(?:dias?|horas?|anos?|meses|mes|semanas?|noches?|personas?|hijos?|ninos?|minutos?|pesos|bs|usd|"
    r"dolares|am\b|pm\b|h\b|hrs?\b|km|metros|m\b|cuadras?|quadras?|veces|[/:,.]\d|%|de la (?:manana|tarde|"
    r"noche)))(?!\d)"
)

_INSIDE = (
    r"(?:(?:casa|apto|apt|apartamento|apartment|depto|dpto|departamento|dep|interior|int|torre|bloque|"
    r"bloco|blk|piso|local|oficina|of|manzana|mz|mza|lote|lt|quadra|qd|lote|etapa|unit|room|cuarto|"
    r"edificio|edif|casa n|sala|puerta|porta|fundos)\b\.? ?(?:#|n[o°º]?\.? ?)? ?\w{0,3}\d{0,4}[a-z]?)"
)


_PATTERNS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        # Calle 45 # 12-34, Cra 7 No. 14 - 20 sur, Av 68 con 13-20
        rf"\b{_STREET}\.? ?\d{{1,3}} ?[a-z]?(?: ?bis)?(?: (?:sur|norte|este|oeste))? ?,? ?(?:{_SIGN}|con|"
        rf"-)? ?\d{{1,3}} ?[a-z]? ?- ?\d{{1,3}}(?: (?:sur|norte|este|oeste))?(?:,? {_INSIDE}){{0,3}}",
        rf"\b{_STREET}\.? ?\d{{1,3}} ?[a-z]? ?{_SIGN} ?\d{{1,4}}[a-z]?(?:,? {_INSIDE}){{0,3}}",
        # Rua B, casa 7; calle Los Pinos casa 12
        rf"\b{_STREET}\.? (?:{_WORD} ?){{1,5}},? {_INSIDE}(?<=[\d])(?:,? {_INSIDE}){{0,3}}",
        # Av. 6 de Diciembre N34-120
        rf"\b{_STREET}\.? (?:\d{{1,2}} de )?(?:{_WORD} ?){{1,5}},? ?[nseo]{{1,2}} ?\d{{1,3}}[a-z]? ?- ?\d{{1,4}}",
        # Colonia Las Palmas, casa 15
        rf"\b(?:colonia|col|barrio|bairro|urb|urbanizacion|residencial|conjunto|sector|aldea|vereda)\.? (?:{_WORD} ?){{1,4}},? "
        rf"{_INSIDE}(?<=[\d])(?:,? {_INSIDE}){{0,3}}",
        # Rua 7 de Setembro 250
        rf"\b{_STREET}\.? \d{{1,2}} de {_WORD},? ?{_NUMBER}{_NOT_AFTER}(?:,? {_INSIDE}){{0,3}}",
        # calle Duarte 15, Rua das Flores, 123, jr. Puno 455, av. Juárez #20, int 3
        rf"\b{_STREET}\.? (?:{_WORD} ?){{1,5}},? ?{_NUMBER}{_NOT_AFTER}(?: ?-? ?\d{{1,3}}| {_SIGN} ?\d{{1,4}}[a-z]?)?"
        rf"(?:,? {_INSIDE}){{0,3}}",
        # San Pablo 2345, depto 802
        rf"\b(?:{_WORD} ){{1,3}}\d{{2,5}},? (?:depto|dpto|departamento|apto|apartamento|interior|int)\.? ?\d{{1,4}}[a-z]?\b",
        rf"\b{_STREET}\.? \d{{1,3}}(?: de {_WORD})?,? (?:casa|apto|apartamento|numero|num|nro|no\.|#|edificio|"
        rf"torre|lote|mz|manzana|interior|depto|entre)\b ?#? ?\w{{0,2}}\d{{1,4}}[a-z]?(?:,? {_INSIDE}){{0,3}}",
        # avenida Bolívar con calle 9, casa 26-90
        rf"\b{_STREET}\.? (?:{_WORD} ?){{1,4}} ?(?:con|y|entre|esquina|esq\.?) {_STREET}\.? \w{{1,12}},? "
        rf"{_INSIDE}(?<=[\d])(?: ?- ?\d{{1,3}})?",
        # 6a avenida 12-33 zona 1 (GT)
        r"\b\d{1,2} ?\.?[ao]? (?:calle|avenida|av|ave|c)\.?(?: [a-z])? \d{1,3} ?- ?\d{1,3}(?:,? zona \d{1,2})?",
        # 774 Grand Concourse, apt 6F
        r"(?<![\d#])\d{1,5} (?:[a-z][\w'.]{1,15} ?){1,3}, ?(?:apt|apartment|unit|suite|ste)\.? ?#?\d{1,4}[a-z]?\b",
        # casa 24, apto 301: a house within something that is named
        rf"\b(?:manzana|mz|mza|quadra|qd|bloque|bloco|torre|etapa|sector|super ?manzana|smz|"
        rf"zona)\.? ?#?\w{{1,3}},? ?(?:,|y|"
        rf"e)? ?{_INSIDE.replace(chr(92) + 'w{0,3}', chr(92) + 'w{0,1}')}(?<=[\d])(?:,? {_INSIDE}){{0,3}}",
        r"\b(?:casa|apto|apt|apartamento|depto|lote) ?(?:#|n[°º]|no\.|numero|num|nro)\.? ?\d{1,4}[a-z]?\b",
        r"\b(?:apto|apt\.?|apartamento|apartment|depto|dpto) ?#? ?\d{1,4}[a-z]?\b",
        # 1234 N Main St, 12 Main Road
        r"(?<![\d#])\d{1,5}[a-z]? (?:[nsew]\.?[ew]?\.? |north |south |east |"
        r"west )?(?:(?!(?:the|on|in|my|this|that|at)\b)"
        r"[a-z0-9][\w'.]{0,15} ){1,3}(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|"
        r"court|ct|way|place|pl|trace|terrace|circle|cir|parkway|pkwy|highway|hwy|extension|"
        r"ext)\b\.?(?:,? ?(?:#|apt\.?|apartment|unit|suite|ste)\.? ?\w{1,5}|,? \d(?:st|nd|rd|th) floor)?",
        r"\b(?:lp|light pole) ?#? ?\d{1,4}\b(?:,? (?:[a-z][\w'.]{0,15} ){1,3}(?:road|street|trace|rd|st)\b)?",
        r"\b(?:km|kilometro) ?\d{1,3}(?:[.,]\d)?,? (?:[a-z]\w{0,12} ){0,4}(?:casa|lote|finca|galpao|sitio) ?#? ?\d{1,4}",
        r"\bcep:? ?\d{5}-?\d{3}\b",
    )
)
_HOUSE = re.compile(r"\b(?:n[°º]|#|numero|num|nro|casa|apto|lote|\d)")


def find(text: str, folded: str) -> Iterator[Span]:
    """Spans of addresses; ``folded`` is ``flat(text)``."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(folded):
            if _HOUSE.search(match[0]):
                yield Span(*match.span(), "address")
