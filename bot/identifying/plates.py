"""Plates of vehicles: behind the word, behind a vehicle ("moto vermelha QZA 5C27"), or by their shape in capitals alone.

A plate of a country is one line of ``_SHAPES``. Here belong those and the words for vehicles. Never here: numbers of documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying.known import plain
from bot.identifying.spans import Span

_PLATE = re.compile(
    r"\b(?:placas?|plates?|patente|matricula|license plate|chapa|tablilla|tag|tags)\b[^\d\n]{0,18}?"
    r"((?:[a-z]{1,4}[ -]?\d{1,4}(?:-?[a-z]{1,3}| (?![ayeo]\b)[a-z](?!\w)| [a-z]{3}(?= ?$)|-?\d{1,4})?\d{0,4}|"
    r"[a-z]{2}-[a-z]{2}-\d{2}|[a-z]\d[a-z]-?\d{3}|\d[a-z]{3}\d{3}|\d{1,4}[ -]?[a-z]{1,3}[ -]?\d{0,4}))(?![\w])"
)
_BARE = re.compile(
    r"(?<![\w-])(?:[A-Z]{3}[- ]?\d{3,4}|[A-Z]{3}\d[A-Z]\d{2}|[A-Z]{2}\d{3}[A-Z]{2}|"
    r"[PCM][- ]?\d{3}[- ]?[A-Z]{3}|[A-Z]{3}-\d{2}-\d{2}|[A-Z]{4}[- ]\d{2}|"
    r"[A-Z]{2,3}-\d{3,4}-[A-Z]|[A-Z]-\d{3}-[A-Z]{3}|\d{2}-[A-Z]{3}-\d|\d{3}-[A-Z]{3}|[A-Z]{3} ?\d{2}[A-Z]|"
    r"[A-Z]{2}-[A-Z]{2}-\d{2}|[A-Z]\d[A-Z]-\d{3}|\d[A-Z]{3}\d{3})(?![\w-])"
)
#: Three capitals and a number that are no plate.
_NO_PLATE = re.compile(
    r"(?:COVID|CBP|ICE|OIM|IOM|HIV|VIH|ONU|NRC|MSF|SUS|UPA|UBS|BR|KM|LEY|ART|RES|SMS|USD|COP|TPS|DOC|TEL|"
    r"CEL|NUM|APT|LOC|INT|EXT|DNI|RUT|CPF|PPT|PEP|DUI|DPI|SSN|UTC|GMT|SAN|CLL|CRA|KRA|NRO|NUM|DES|MIN|MIL)",
    re.I,
)
#: Motorcycles and cars whose model has the shape of a plate.
_MODEL = re.compile(r"(?:xtz|ybr|crf|cbr|cbx|gsx|gsr|xre|nxr|bros|ktm|akt|rtx|gtr|fzn|ybx|dt|gs|pcx|nmax|agl|crv|hrv|rav)")

_VEHICLE = (
    r"(?:carro|carrito|coche|auto|automovil|camioneta|camionetica|camion|camiao|caminhao|caminhonete|caminhoneta|guagua|"
    r"moto|motos|motocicleta|motoneta|motico|motor|motorbike|motorcycle|mototaxi|motoconcho|motoboy|tuk ?tuk|bajaj|scooter|taxi|"
    r"uber|van|buseta|microbus|"
    r"minibus|bus|onibus|autobus|buseton|combi|micro|rapidito|chiva|pickup|pick up|truck|trailer|rastra|trailero|mula|"
    r"gandola|car|suv|sedan|minivan|jeep|yipeta|jeepeta|patrulla|viatura|perua|kombi|lancha|barco|vehiculo|veiculo|vehicle|maxi|"
    r"toyota|nissan|chevrolet|chevy|ford|honda|hyundai|kia|mazda|renault|fiat|volkswagen|vw|jetta|gol|onix|"
    r"corolla|civic|tsuru|versa|sentra|tacoma|hilux|mitsubishi|suzuki|yamaha|dodge|charger|camry|accord|altima|corsa|palio|"
    r"strada|saveiro|tiida|march|aveo|spark|logan|sandero|duster|yaris|tida|elantra|accent|rio|picanto|montero|prado|"
    r"pulsar|discover|isuzu|freightliner|impala|malibu|explorer|expedition|escape|mustang|silverado|ram|tundra|wagon|"
    r"celta|prisma|argo|uno|siena|kwid|polo|fox|hb20)"
)
_DESCRIBED = (
    r"(?:[ ,(:-]{1,2}(?!(?:a|y|e|and|que|hay|cuesta|cobra|ruta|numero|num|nro|no|km|linea|linha|route|costs?)\b)"
    r"[a-z][a-z'.-]{0,14}){0,5}?"
)
_SHAPES = (
    r"[a-z]{3}[ -]?\d{3,4}",  # CO EC PE VE MX HN GT CR TT and most states of the US
    r"[a-z]{3}[ -]?\d{2}[ -]?[a-z]",  # motorcycles (CO)
    r"[a-z]{3}[ -]?\d[a-z]\d{2}",  # BR
    r"[a-z]{2}[ -]?\d{3}[ -]?[a-z]{2}",  # VE
    r"[a-z]{2}[ -]?\d{4}",  # CL, older
    r"[a-z]{2}[ -]?\d{3}[ -]?[a-z]",  # motorcycles (EC VE)
    r"[a-z]{4}[ -]?\d{2}",  # CL
    r"[a-z]{2}-[a-z]{2}-\d{2}",  # CL
    r"[a-z][ -]?\d{3}[ -]?[a-z]{3}",  # GT, MX
    r"[a-z][ -]?\d{3}[ -]\d{3}",  # SV
    r"[a-z]\d{5,7}",  # DO, SV
    r"[a-z]\d[a-z][ -]?\d{3}",  # PE
    r"\d{4}[ -]?[a-z]{2}",  # motorcycles (PE)
    r"[a-z]{3}-\d{2}-\d{2}",  # MX
    r"[a-z]{2,3}-\d{3,4}-[a-z]\d?",  # MX
    r"\d{2}-[a-z]{3}-\d",  # MX
    r"\d{3,4}[ -]?[a-z]{3}",  # US
    r"\d[a-z]{3}\d{3}",  # California
    r"\d[a-z]{2}[ -]?\d{4}",  # US
)
_BEHIND_VEHICLE = re.compile(rf"\b{_VEHICLE}s?\b{_DESCRIBED}[ ,(:-]{{1,2}}((?:{'|'.join(_SHAPES)}))(?![\w-])")


def find(text: str, folded: str) -> Iterator[Span]:
    """Spans of plates; ``folded`` is ``flat(text)``."""
    for match in _PLATE.finditer(folded):
        if any(map(str.isdigit, match[1])):
            yield Span(*match.span(1), "plate")
    for match in _BEHIND_VEHICLE.finditer(folded):
        written = text[match.start(1) : match.end(1)]
        # in small letters only what is written together, or with letters that are no word: "con 300" is no plate
        if (
            (written.isupper() or " " not in written or _no_word(written.lower()))
            and not _NO_PLATE.match(written)
            and not (_MODEL.match(match[1]) and re.search(r"(?<!\d)\d{3}$", match[1]))
        ):
            yield Span(*match.span(1), "plate")
    for match in _BARE.finditer(text):
        if not _NO_PLATE.match(match[0]):
            yield Span(*match.span(), "plate")


def _no_word(written: str) -> bool:
    """Whether the letters of a plate are no word: "pkv 2947", and not "son 300"."""
    letters = "".join(re.findall(r"[a-z]+", written))
    return len(letters) == 3 and not plain(letters) and letters not in ("usd", "cop", "mil", "kms", "mts", "hrs")
