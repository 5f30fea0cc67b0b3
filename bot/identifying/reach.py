"""How far an address reaches: the flat, the storey, the colour of the gate and the corner that are told behind the house.

Here belong the pieces by which people describe a house further, and where such a piece ends. Never here: what begins an address
(``addresses``, ``homes``).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.identifying.known import is_place

#: Words that end a description: something else is said from here.
_STOP = (
    r"y|e|and|o|ou|or|pero|mas|but|que|q|porque|pq|because|cuando|quando|when|while|mientras|donde|onde|where|who|quien|quem|"
    r"si|if|"
    r"no|nao|not|hay|ha|there|tengo|tiene|tienen|tenho|tem|has|have|had|esta|estan|estoy|estamos|is|are|was|were|son|es|soy|"
    r"somos|"
    r"vivo|vive|vivimos|moro|mora|moramos|live|lives|me|te|se|le|nos|lhe|mi|mis|meu|minha|my|su|his|her|i|he|she|we|they|it|"
    r"someone|"
    r"ahi|alli|aqui|here|ali|llegaron|vino|vinieron|desde|hace|faz|hasta|until|since|para|pra|pro|to|sin|sem|without|ya|ja|"
    r"please|porfa|gracias|todos|todo|all|every|como|as|also|tambien|tambem|les|next"
)
#: One word of a description, which is none of these.
WORD = (
    rf"(?!(?:{_STOP})(?![\w'-]))(?:[a-z][\w'’.-]{{0,20}}|\d{{1,5}}[a-z]?"
    r"(?! ?(?:dias?|horas?|anos?|meses|mes|semanas?|noches?|personas|pesos|reais|dolares|am\b|pm\b|h\b|hrs?\b|[:/.]\d|%)))(?<!\.)"
)


def words(least: int, most: int) -> str:
    """So many words of a description, with a space before each."""
    return rf"(?: {WORD}){{{least},{most}}}"


ORDINAL = (
    r"(?:primer[oa]?|segund[oa]|tercer[oa]?|cuart[oa]|quint[oa]|ultim[oa]|penultim[oa]|primeir[oa]|terceir[oa]|quart[oa]|"
    r"first|second|"
    r"third|fourth|fifth|last|\d{1,2}(?:er|do|ro|to|da|ra|ta|st|nd|rd|th|[°ºoa]))"
)
_ARTICLE = r"(?:(?:el|la|lo|los|las|un|una|o|a|os|as|um|uma|the|an|en|na|no|on|in|de|del|da|do|con|com|with) ){0,3}"
#: A part of a house by which it is told from the next.
PART = (
    r"(?:casa|casas|casita|casinha|house|porton|portoncito|puerta|portal|portao|porta|porteira|portera|muro|tapia|barda|techo|"
    r"telhado|"
    r"teto|pared|paredes|parede|fachada|reja|rejas|grade|zaguan|ventana|ventanas|janela|timbre|interfone|campainha|interfono|"
    r"garage|garaje|garagem|cochera|gate|door|wall|fence|roof|porch|buzzer|bell|doorbell|driveway|tarp|tent|trailer|carpa|lona|"
    r"barraca|barraco|champa|chabola|rancho|ranchito|gradas|escaleras|escalera|escada|stairs|steps|shack|shed|cuarto|quarto|"
    r"pieza|"
    r"altos|bajos|azotea|patio|quintal|sobrado|kitnet|basement|attic|corredor|pasillo|quinta|sitio|fazenda|finca|chacara|"
    r"chacra|edificio|predio|cortinas?|curtains?|verjas?|balcon|balcony|bandera|flag|letrero|sign|cerca|arbol|tree|arvore|"
    r"dumpster|mailbox)"
)
#: Where something stands beside something else.
BESIDE = (
    r"(?:(?:en )?frente (?:al?|de|del)|enfrente (?:de|del)|al lado (?:de|del)|a (?:la )?par (?:de|del)|junto (?:al?|ao)|"
    r"(?:por )?(?:detras|atras|tras) (?:de|del|da|do)|pegad[oa] (?:al?|a la)|cerca (?:de|del)|despues (?:de|del)|antes (?:de|"
    r"del|da|do)|"
    r"a la vuelta (?:de|del)|diagonal (?:al?|a la)|contigu[oa] (?:al?|a la)|costado (?:\w{3,6} )?(?:de|del)|"
    r"(?:debajo|encima|arriba|abajo) (?:de|del)|"
    r"esquina (?:con|de|del|opuesta)|perto d[aeo]|em frente (?:ao?|d[aeo])|(?:ao|do) lado d[aeo]|depois d[aeo]|na esquina d[aeo]|"
    r"proxim[oa] (?:ao?|de|do|da)|debaixo d[aeo]|embaixo d[aeo]|em cima d[aeo]|"
    r"entre(?: (?:las?|el|as?|ruas?|calles?))?(?: \w{1,15}){1,3} (?:y|e)(?: (?:la|el|a|calle|rua))?|"
    r"next to|(?:right )?behind|across from|across the street from|in front of|near|(?:right |just )?after|before|over|above|"
    r"below|"
    r"under|beside|off|opposite|at the corner of|on the corner of|corner of|between|past)"
)
_DIRECTION = (
    r"(?:(?:al?|hacia|para|ao|pro|to the|a la|a mano)? ?(?:norte|sur|sul|este|oeste|leste|lago|arriba|abajo|north|south|east|"
    r"west|derecha|"
    r"izquierda|direita|esquerda|adentro|adelante|montana))"
)
#: So far in a direction: "75 varas arriba", "a 300 metros del molino", "del portón 200 metros al sur".
DISTANCE = (
    rf"(?:(?:de la|del?|da|do) {WORD}(?: {WORD}){{0,4}},? )?(?:a |como |unos |unas |uns |umas )?(?:\d{{1,4}}|dos|tres|cuatro|"
    rf"cinco|dois|una|media) "
    rf"(?:cuadras?|varas|vrs|metros|mts?|quadras?|blocks|yards|pasos) ?(?:{_DIRECTION}\b|(?:de|del|da|do|antes|despues|depois|"
    rf"from)\b)"
    rf"(?:,? (?:y |e )?\d{{1,4}}(?: (?:cuadras?|varas|vrs|metros|mts?))? {_DIRECTION}\b)?{words(0, 5)}"
)
KILOMETRE = (
    rf"(?:(?:br|am|pa|rr|ac|mt|ca|rn|cr|ruta|carretera|highway|hwy|route|rodovia)[ -]?\d{{1,4}},? )?(?:km|kilometro|"
    rf"quilometro|mile)\.? ?\d{{1,4}}(?:[.,+]\d{{1,3}})?{words(0, 5)}"
)
#: A flat, a lot, a block: always with its number or letter.
INSIDE = (
    r"(?:(?:casa|apto|ap|apt|apartamento|apartment|depto|dpto|departamento|dep|interior|int|torre|bloque|blq|block|"
    r"bloco|blk|bl|bldg|building|piso|andar|nivel|local|oficina|of|manzana|mz|mza|lote|lt|lot|quadra|qd|etapa|unit|suite|ste|"
    r"room|rm|"
    r"cuarto|quarto|habitacion|hab|puesto|villa|poligono|pol|senda|peatonal|space|spc|floor|modulo|solar|parcela|house|flat|"
    r"edificio|edif|sala|puerta|porta|numero|num|nro|pasaje|pje|psje|beco|viela|box|timbre|escalera|grupo)\b\.? ?"
    r"(?:#|n[o°º]?\.? ?|numero |num\.? ?|nro\.? ?)? ?(?:[a-z]{0,2}-?\d{1,5}(?:-?[a-z]\b)?|[b-df-np-xz]\b|[aeo](?= ?[,;.)]|"
    r" lote| lt| casa))(?![\w])|#+ ?[a-z]{0,2}\d{1,5}[a-z]?\b"
    r"|(?:lp|light pole) ?#? ?\d{1,4}\b(?: (?:[a-z][\w'.]{0,15} ){1,3}(?:road|street|trace|rd|st)\b)?)"
    rf"(?: (?:pintad|escrit|marcad|painted|marked)\w{{0,2}}{words(0, 4)})?"
)
_STOREY = (
    rf"(?:(?:en |no |na |on |in )?(?:el |la |o |a |the )?{ORDINAL} (?:piso|andar|nivel|planta|floor|pavimento|story|bloque|"
    rf"casa|cuarto)|"
    r"planta (?:baja|alta)|parte (?:de )?(?:atras|adelante|baja|alta|trasera|de cima|de baixo)|(?:ground|top) floor|terreo|"
    r"upstairs|downstairs|(?:in |at |on )?(?:the )?(?:basement|rear|back|"
    r"attic)(?! to)|"
    r"(?:al|el|no) fondo|(?:(?:en )?los |nos |casa d[eo]s |de )?fundos|los altos|los bajos|(?:a )?mano (?:derecha|izquierda)|"
    r"(?:a |al |del |por el )?lado (?:derecho|izquierdo|direito|esquerdo)|(?:a la|a|on the) (?:derecha|izquierda|direita|"
    r"esquerda|left|right))\b"
)
_QUARTER = (
    r"(?:(?:el |la |no |na |o |a )?(?:barrio|bairro|bo|urb|urbanizacion|colonia|col|sector|setor|asentamiento humano|"
    r"asentamiento|aa\.? ?hh|"
    r"fraccionamiento|fracc|reparto|residencial|conjunto|vereda|aldea|caserio|canton|comunidad|comunidade|invasion|invasao|"
    r"ciudadela|cdla|cooperativa|coop|villa|vila|loteamento|jardim|parque|poblacion|pob|comuna|parroquia|conjunto habitacional|"
    r"lotificacion|ensanche)\.? "
    rf"{WORD}{words(0, 3)}|(?:el |o )?centro\b(?! (?:de|da|do)\b)|zona \d{{1,2}}\b|cep:? ?\d{{5}}-?\d{{3}}|(?:c\.?p\.?|"
    rf"zip(?: code)?) ?\d{{4,5}})"
)
_FREE = rf"(?:{_ARTICLE}(?:{ORDINAL} |(?:[a-z]{{3,12}} )?){PART}\b{words(0, 7)})"
_PLACED = rf"(?:{BESIDE}{words(1, 7)}|{DISTANCE}|{KILOMETRE})"
_FURTHER: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("inside", re.compile(rf"[ ,;(]{{1,3}}(?:y |e |and )?{INSIDE}")),
    ("storey", re.compile(rf"[ ,;(]{{1,3}}{_STOREY}")),
    ("quarter", re.compile(rf" ?[,;-] ?{_QUARTER}|,? (?:zona \d{{1,2}}\b|cep:? ?\d{{5}}-?\d{{3}})")),
    ("part", re.compile(rf"(?:[,;(] ?(?:es |is |e )?| ){_FREE}")),
    ("placed", re.compile(rf"[ ,;(]{{1,3}}{_PLACED}")),
)
#: A town with the letters of its state or its postal code, or before them.
_TOWN = re.compile(
    r",? ?[A-ZÁÉÍÓÚÂÊÔÃÕÇ][\w'’-]{2,20}(?: (?:de|do|da|del|[A-ZÁÉÍÓÚÂÊÔÃÕÇ][\w'’.-]{1,20})){0,4}"
    r"(?:(?:, ?| ?- ?|/| )[A-Z]{2}(?:,? \d{5}(?:-\d{3,4})?)?(?!\w)|,? (?:CEP|cep|Cep):? ?\d{5}-?\d{3}|"
    r",? \d{5}(?:-\d{4})?(?![\w-]))"
)
_ENGLISH_TOWN = re.compile(r", ([A-Z][\w'’-]{2,20}(?: [A-Z][\w'’-]{2,20}){0,2})")
#: What stands before the street and belongs to it: the quarter, the flat, what sort of home it is.
_BEFORE = re.compile(
    rf"(?<!\w)(?:(?:la |el |the |a |o |an |un |una |um |uma )?(?:{INSIDE},? (?:de |del |da |do |of |at |on |en |in |na |"
    rf"no )?(?:la |el |the )?|{_QUARTER}, ?|"
    r"(?:(?:upstairs|downstairs|basement|back|front|rear|second floor|top floor|garage|small|blue|green|white|yellow|red) ){0,2}"
    r"(?:apartment|room|house|flat|basement|garage|trailer|unit) (?:at|of|in|on|behind) (?:the )?"
    r"|(?:fondo|altos|bajos|fundos|garaje|sotano) (?:de |del |da |do )(?:la |el )?|la |el |the |a |o ))$"
)


class Reached(NamedTuple):
    """From where to where, and the kinds of pieces that were found."""

    start: int
    end: int
    kinds: tuple[str, ...]


def reach(text: str, folded: str, start: int, end: int, *, english: bool = False) -> Reached:
    """The address at ``start`` to ``end`` with all that is told of it; ``english``: the town follows the street."""
    kinds: list[str] = []
    while start < end and folded[end - 1] in " ,":
        end -= 1
    while len(kinds) < 8:
        if town := _TOWN.match(text, end):
            kinds, end = [*kinds, "town"], town.end()
            continue
        for kind, pattern in _FURTHER:
            if match := pattern.match(folded, end):
                kinds, end = [*kinds, kind], match.end()
                break
        else:
            break
    if english and (town := _ENGLISH_TOWN.match(text, end)) and is_place(town[1].lower()):
        end = town.end()
    for _ in range(3):
        near = max(0, start - 70)
        match = _BEFORE.search(folded[near:start])
        if not match or (match.start() and folded[near + match.start() - 1].isalnum()):
            break
        start = near + match.start()
    return Reached(start, end, tuple(kinds))
