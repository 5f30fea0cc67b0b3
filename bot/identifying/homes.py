"""Homes that are described without a street: "la casa azul frente a la bomba", "ramal do Cachoeira, km 17", "room 214 of the inn".

Here belongs what tells a home from a landmark, a bus stop or the office of a service. Never here: streets with numbers
(``addresses``), how far a description goes on (``reach``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying.reach import BESIDE, DISTANCE, INSIDE, KILOMETRE, ORDINAL, WORD, reach, words
from bot.identifying.spans import Span

_COLOUR = (
    r"(?:azul(?:es)?|celeste|verde|roj[oa]|blanc[oa]|negr[oa]|amarill[oa]|rosad[oa]|ros[ae]|gris|cafe|morad[oa]|naranja|"
    r"anaranjad[oa]|"
    r"beige|crema|marron|turquesa|lila|"
    r"vermelh[oa]|branc[oa]|pret[oa]|amarel[oa]|cinza|marrom|laranja|rox[oa]|bege|blue|green|red|white|black|yellow|pink|grey|"
    r"gray|"
    r"brown|orange|purple|beige|tan|abandonad[oa]|abandoned|vacant|viej[oa]|velh[oa]|old|grande|pequen[oa]|big|little|small|"
    r"wooden|"
    r"brick|empty|esquiner[oa]|alt[oa]|nuev[oa]|nov[oa])"
)
_NOUN = (
    r"(?:casa|casita|casinha|rancho|ranchito|rancheria|champa|chabola|covacha|barraco|barraca|carpa|maloca|palafito|galera|"
    r"cuarto|quarto|"
    r"pieza|vivienda|apartamento|apto|departamento|depa|edificio|predio|bodega|galpon|galpao|kitnet|sobrado|chacra|chacara|"
    r"finca|fazenda|"
    r"hacienda|sitio|quinta|parcela|house|home|room|trailer|mobile home|rv|shack|shed|tent|apartment|apt|basement|garage|flat|"
    r"duplex|"
    r"cabin|hut|barn|warehouse|building|galeron|mediagua|ruca|cambuche)"
)
_LIKE = (
    rf"(?:(?: color \w{{3,12}}| de (?:color )?(?:\w{{2,3}} )?\w{{3,12}}| {_COLOUR}){{1,3}}|(?: con| com| with)(?: the| el| la| o|"
    rf" a)?{words(1, 4)}){{1,2}}"
)
#: Houses of services.
_NOT_OF_A_SERVICE = (
    r"(?! (?:hogar|del? (?:la )?(?:migrante|mujer|cambio|paso|acogida|acolhida|passagem|apoio|apoyo|cultura|campo|todos)|"
    r"comunal|cural|"
    r"da mulher|do migrante|materna|lar)\b)"
)
_PERSONAL = re.compile(
    r"\b(?:viv\w{1,6}|moro|mora|moram\w*|quedando\w*|me quedo|nos quedamos|hosped\w+|aloj\w+|durm\w+|duerm\w+|dorm\w+|"
    r"sleep\w*|live[sd]?|"
    r"living|stay(?:s|ing|ed)?|rent(?:s|ing|ed|o|amos)?|alquil\w+|alug\w+|escond\w+|encerrad\w+|(?:lo|la|los|las|me|nos) tienen?|"
    r"guarda\w*|direccion|endereco|address|mi casa|minha casa|my (?:house|home|place|room)|la casa de $|took (?:her|him|me|"
    r"us) to|"
    r"hides?|kept|locked|preso|presa|secuestr\w+|sola en|alone in|sozinha n[ao]|(?:i'?m|i am|we are|she is|he is|"
    r"they are) (?:at|in)|"
    r"buscar(?:me)? en|estoy en|estamos en|esta en|estou n[ao]|esta n[ao]|se quedo|quedo en|me visit\w+)(?:\b|$)"
)
#: Who has guests and no residents: whatever is told of the way there is public.
_SERVICE = re.compile(
    r"\b(?:casa (?:hogar|del? (?:la )?(?:migrante|mujer|acogida|paso)|de (?:passagem|acolhida|apoio))|albergue|refugio|"
    r"shelter|abrigo|posto|clinic\w*|hospital|oficina|office|consulado|embajada|comedor|escuela|escola|school|"
    r"centro|center|centre|ong|acnur|unhcr|oim|iom|cruz roja|cruz vermelha|red cross|caritas|defensoria|migracion|consultorio|"
    r"ubs|upa|"
    r"cras|creas|parada|paradero|terminal|estacion|station|stop|bus|banco|bank|farmacia|pharmacy|biblioteca|library|iglesia|"
    r"igreja|church|"
    r"food bank|atienden|atende|atendem|abren|abre|opens?)\b"
)
_ROOM = re.compile(
    rf"\b(?:(?:the|el|la|o|a) )?(?:room|rm|habitacion|hab|cuarto|quarto|suite|apto|apartamento|apartment|depto|pieza|bed|"
    rf"cabana|cabin)\.? "
    rf"?(?:#|no\.? |n[°º] ?|numero )?[a-z]?\d{{1,4}}[a-z]?,? (?:(?:of|at|in|del?|en|d[aeo]|n[ao]) )(?:(?:the|el|la|o|a) )?"
    rf"(?:{WORD} ){{0,3}}?(?:hotel|hostal|hostel|motel|inn|pension|pousada|posada|hospedaje|lodge|residencial|edificio|predio|"
    rf"building|apartments|towers?|torres|apart ?hotel|dormitorio|vecindad|cuarteria|cortico|pensao|guest ?house|"
    rf"airbnb)\b{words(1, 5)}"
)
_HOUSE = re.compile(
    rf"\b(?:(?:la|el|una|un|o|a|uma|um|the|as|los) )?(?:{_COLOUR} ){{0,2}}{_NOUN}\b{_NOT_OF_A_SERVICE}(?P<like>{_LIKE})?"
    rf"(?P<where>,? (?:(?:que )?(?:esta|queda|fica|is) )?(?:(?:right|just|justo|bem|logo|ahi|de) )?(?:{BESIDE}{words(1, 7)}|"
    rf"{DISTANCE})"
    rf"|, {INSIDE}|, (?:a |la |el |o )?{ORDINAL} (?:puerta|porta|porton|gate|door))"
)
_NUMBERED = re.compile(
    rf"\b(?:(?:la|el|a|o|the) )?{ORDINAL} (?:(?:casa|puerta|porta|porteira|porton|portao|house|door|gate|trailer|building|"
    rf"edificio|calle|rua|"
    rf"pasaje|barraco|rancho|entrada)\b)?(?: ?(?:d[aeo]l?|de la|on|in)\b{words(1, 2)})? ?{BESIDE}{words(1, 7)}"
)
_RURAL = re.compile(
    rf"\b(?:(?:la|el|o|a|the|na|no) )?(?:ramal|vicinal|travessao|linha vicinal|sitio|fazenda|finca|hacienda|chacra|chacara|"
    rf"fundo|rancho|"
    rf"assentamento|comunidade|caserio|gleba|colonia|vereda|recinto|parcela|ranch|farm)\b\.?{words(1, 5)},? (?:en el |no |na |"
    rf"at |del )?{KILOMETRE}"
)
#: A way told from a landmark; only with a door, a roof, a second distance is it a home.
_WAY_THERE = re.compile(
    rf"\b(?:(?!(?:after|just after|before|over|past|under|between|off|entre|antes|despues|depois)\b){BESIDE}{words(1, 8)}|"
    rf"{DISTANCE}|(?:(?:el|o|the) )?{KILOMETRE})"
)


def find(text: str, folded: str) -> Iterator[Span]:
    """Spans of homes; ``folded`` is ``flat(text)``."""
    for pattern in (_ROOM, _RURAL):
        for match in pattern.finditer(folded):
            found = reach(text, folded, *match.span())
            yield Span(found.start, found.end, "address")
    for match in _HOUSE.finditer(folded):
        before = said_before(folded, match.start())
        if is_personal(before) or ((match["like"] or _coloured(match[0])) and not _SERVICE.search(before)):
            found = reach(text, folded, *match.span())
            yield Span(found.start, found.end, "address")
    for match in _NUMBERED.finditer(folded):
        before = said_before(folded, match.start())
        if is_personal(before) or not _SERVICE.search(before):
            found = reach(text, folded, *match.span())
            yield Span(found.start, found.end, "address")
    at = 0
    for match in _WAY_THERE.finditer(folded):
        if match.start() < at:
            continue
        found = reach(text, folded, *match.span())
        at = found.end
        before = said_before(folded, match.start())
        described = "part" in found.kinds or "inside" in found.kinds or found.kinds.count("placed") > 1
        public = _SERVICE.search(before) or _SERVICE.search(folded, match.end(), found.end)
        if not match[0][0].isdigit() and not match[0].startswith(
            ("de", "km")
        ):  # "frente a la oficina", and not "de la iglesia 100 metros"
            public = public or _SERVICE.search(match[0])
        if described and (is_personal(before) or ("part" in found.kinds and not public)):
            yield Span(found.start, found.end, "address")


def _coloured(phrase: str) -> bool:
    return re.match(rf"(?:\w{{1,3}} )?{_COLOUR} ", phrase) is not None


def said_before(folded: str, start: int) -> str:
    """What was said before in the same sentence."""
    before = folded[max(0, start - 90) : start]
    return re.split(r"[.!?;\n]", before)[-1]


def is_personal(before: str) -> bool:
    """Whether somebody is told to live or to be held there, and no service stands nearer."""
    personal = max((match.start() for match in _PERSONAL.finditer(before)), default=-1)
    service = max((match.start() for match in _SERVICE.finditer(before)), default=-1)
    return personal >= 0 and personal > service
