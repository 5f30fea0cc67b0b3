"""Numbers of people: telephones and documents, and coordinates.

Here belongs the shape of such a thing and the words around it. Never here: plates (``plates``), numbers told in words or in pieces
(``spoken``), accounts (``accounts``), street addresses (``addresses``), names (``names``).

A document format is one line of ``_DOCUMENTS`` (with letters) or of ``_SHAPES`` (digits and marks only); the words that stand
before a document are ``DOCUMENT_WORDS``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache

from bot.countries import DATA
from bot.identifying.spans import Span

_DEGREES = (
    r"\d{1,3} ?(?:[°o]|grados|graus|degrees|deg) ?(?:\d{1,2}(?:[.,]\d{1,4})? ?(?:['’′]|minutos|minutes|min)? ?)?"
    r"(?:\d{1,2}(?:[.,]\d{1,4})? ?(?:[\"”″'’′]{1,2}|segundos|seconds|seg))? ?"
    r"(?:norte|north|sur|sul|south|este|leste|east|oeste|west|[nsewo])"
)
_COORDINATES = re.compile(
    r"(?<![\d.])-?\d{1,2}\.\d{3,12}(?![\d.])(?: ?[°o](?![a-z]))? ?[nsewo]?\s?[,;/]?\s{0,2}(?:(?:y|e|and|,)? ?(?:lon|lng|long|"
    r"longitud|longitude)\.?:? ?)?-?\d{1,3}\.\d{3,12}"
    r"(?: ?[°o](?![a-z]))?(?: ?[nsewo](?![a-z]))?(?!\d|\.\d)"
    rf"|(?<![\w.]){_DEGREES}\b[ ,;y]{{0,3}}{_DEGREES}\b"
    r"|(?<![\d.])-?\d{1,2},\d{4,8}[ ;,]{1,3}-?\d{1,3},\d{4,8}(?![\d,])"
    r"|(?<!\w)[23456789cfghjmpqrvwx]{4,8}\+[23456789cfghjmpqrvwx]{2,3}(?!\w)"
)
_DOCUMENTS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rf"(?<![\w]){shape}(?![\w])")
    for shape in (
        r"[a-z]{4}\d{6}[hmx][a-z]{5}[a-z0-9]\d",  # CURP (MX)
        r"[a-z]{6}\d{8}[hm]\d{3}",  # clave de elector (MX)
        r"[a-zn&]{3,4}-?\d{6}-?[a-z0-9]{3}",  # RFC (MX)
        r"[ve] ?-? ?\d{1,2}[. ]?\d{3}[. ]?\d{3}",  # cédula (VE)
        r"a ?#? ?-? ?\d{3}[- ]?\d{3}[- ]?\d{2,3}",  # A-number (US)
        r"\d{1,2}\.?\d{3}\.?\d{3} ?- ?[\dk]",  # RUT, RUN (CL)
        r"[a-z]{3} ?-?\d{10}",  # receipts of USCIS (US)
        r"[a-z]\d{6}-?[a-z0-9]",  # RNM, CRNM (BR)
        r"[a-z]{2,3}\d{6,9}",  # passports of most countries
        r"[a-z]{2,5}-\d{2,4}-\d{4,8}",  # of families, of programmes
        r"[a-z]\d{3}-\d{3,4}(?:-\d{1,4}){1,3}",  # driving licences (US)
        r"[a-z]\d{7,9}",  # passports with one letter
        r"\d{2}\.?\d{3}\.?\d{3}-?x",  # RG with X (BR)
        r"\d{5,7}/(?:19|20)\d{2}",  # files of courts and offices
        r"\d{5}\.\d{6}/(?:19|20)\d{2}-\d{2}",  # protocols of the federal police (BR)
        r"\d{7}-\d{2}\.\d{4}\.\d\.\d{2}\.\d{4}",  # cases of courts (BR)
        r"\d:\d{2}-[a-z]{2}-\d{3,6}",  # cases of federal courts (US)
        r"\d{2,4}-[a-z]{1,4}-\d{4,8}(?:-[a-z0-9]{1,6})?",  # files and cards with letters in the middle (CR, courts)
        r"(?:19|20)\d{2}[/-]\d{1,4}[/-]\d{4,8}",  # files that begin with the year
        r"\d{5}-(?:19|20)\d{2}-\d{4,6}",  # cases of courts (EC)
    )
)
#: Digits with letters or marks among them: a document behind a word for documents.
_MIXED = re.compile(r"(?<![\w@.-])(?=[a-z0-9./:-]{0,14}\d)[a-z0-9]{1,18}(?:[./:-][a-z0-9]{1,12}){0,5}(?![\w@])")
_SHAPES = re.compile(
    r"\d{3}\.\d{3}\.\d{3} ?- ?\d{2}|\d{8}-\d|\d{3}-\d{7}-\d|\d{4}[- ]\d{4}[- ]\d{5}|\d{4} \d{5} \d{4}|"
    r"\d{3}-\d{2}-\d{4}|\d-\d{4}-\d{4}"
    r"|\d{1,2}\.\d{3}\.\d{3}-\d|\d{13}|\d{4}-\d{6}-\d{4}[a-z]?|\d{3}-\d{6}-\d{4}[a-z]?"
)
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{3}){2,3}")

DOCUMENT_WORDS = re.compile(
    r"\b(?:cedula|documento|documentacion|dni|d\.n\.i|c\.? ?i\.?|c\.? ?c\.?|ced|identidad|identidade|"
    r"identificacion|id|pasaporte|passaporte|passport"
    r"|expediente|carn?et|partida|folio|nui|nss|imss|curp|rfc|rut|run|dui|dpi|cui|cpf|rg|rne|rnm|crnm|"
    r"protocolo|sus|ppt|pep|pip|rumv|alien|a number"
    r"|a-number|ssn|social security|visa|visto|green card|licencia|licen[cs]e|habilitacao|cnh|dimex|siuben|"
    r"nit|salvoconducto|case number|numero de caso"
    r"|ead|i-?94|uscis|asylum number|ine|credencial|tarjeta|cartao|cuenta|conta|account|card|clabe|iban|"
    r"titulo|certificado|ptp|cpp|tramite|permiso|proteccion temporal|receipt|recibo|carteira(?: de trabalho)?|ruc|a#|"
    r"siscon\w*|ctps|pis|nis|nut|pieza|caso|case|processo|proceso|docket|boletim|carpeta|causa|radicado|inquerito|c/c|cta|ag|"
    r"agencia|"
    r"acta|registro|registration|registered|solicitud|solicitacao|application|permit|asylum file|referencia|reference|"
    r"matricula consular)"
    r"\b[^\d\n]{0,28}$"
)
_PHONE_WORDS = re.compile(
    r"\b(?:tel|tel[eé]?f?o?n?o?s?|fono|fone|phone|cel|celu|celular|movil|mobile|cell|numero|num|nro|number|"
    r"whats\w*|wh?ats?app?|wasap|wasa|guasap|wpp|wsp|wtsp|zap|zapzap|llam\w+|marca\w*|marque\w*|"
    r"comunica\w*"
    r"|contact\w*|call|text|reach|ring|escrib\w+|liga|ligar|ligue|chama|telefonema|sms|mensaj\w+|mensagem|"
    r"linea personal|al|at|meu|mi|my)\b[^\d\n]{0,24}$"
)
_OWN = re.compile(
    r"\b(?:mi|my|meu|minha|su|his|her|mis|llamenme|llamame|call me|me liga|me llama\w*|whats\w*|wasap|celular|cel)\b[^\n]{0,30}$"
)
_PUBLIC = re.compile(
    r"\b(?:linea|linha|line|hotline|helpline|emergencias?|emergency|policia|police|bomberos|ambulancia|"
    r"disque|acnur|unhcr|oim|iom|cruz roja|cruz vermelha|red cross|msf|icbf|comar|unicef"
    r"|defensoria|fiscalia|embajada|consulado|embassy|consulate|alcaldia|prefeitura|hospital|clinica|"
    r"oficina|office|ong|ngo|gratuita|gratis|toll free|0800|caritas|personeria|inami|sename|cvv)"
    r"\b[^\d\n]{0,30}$"
)
_LAW = re.compile(
    r"\b(?:ley|lei|law|decreto|decree|resolucion|resolution|articulo|art|articles?|sentencia|acuerdo|norma|"
    r"portaria|inciso|codigo postal|zip|cep|c\.p|cp)\b\.?[^\d\n]{0,14}$"
)
_WAY = re.compile(
    r"\b(?:ruta|rota|route|bus|buses|onibus|autobus|colectivo|combi|linea|linha|line|vuelo|voo|flight|km|"
    r"kilometro|habitacion|cuarto|room|quarto|sala|cama|piso|puerta|porta|turno|ticket|ficha|senha|fila|"
    r"mesa"
    r"|pagina|anden|gate|asiento|interestatal|highway|autopista|carretera|br|ir|sala|lote|bloque|torre|"
    r"codigo|code|pin|clave|senha)\b[^\d\n]{0,12}$"
)
_MONEY_BEFORE = re.compile(
    r"(?:\$|us\$|r\$|rd\$|s/\.?|usd|cop|bs\.?f?|₡|€|(?<!\w)(?:q|l|lps?|precio|cuesta|cost[os]?|vale|valor|"
    r"pago|pague|paguei|debo|deuda|cobra\w*|ganaba|gano|monto|total|paid|pay|"
    r"charge\w*)\b)[ .:]{0,2}(?:\w{1,8} ){0,2}$"
)
_UNIT_AFTER = re.compile(
    r" ?(?:pesos?|bol[ií]vares|bs|usd|d[oó]l\w+|reais|real|soles|quetzales|lempiras|colones|mil|millon\w*|"
    r"millones|milh\w+|million|cop|k\b|euros?|%|bucks|varos"
    r"|dias|days|horas|hours|hrs|anos|years|meses|months|semanas|weeks|personas|people|pessoas|km|kilom\w+|"
    r"metros|meters|kilos|kg|gramos|mg|ml|litros|veces|times|hijos|kids|noches|am\b|pm\b|migrantes|"
    r"habitantes)"
)
_DATE = re.compile(
    r"(?<![\d-])(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d{2}|(?:19|20)\d{2}[/.-]\d{1,2}[/.-]\d{1,2}|"
    r"\d{1,2}(?: de)? ?(?:ene|feb|mar|abr|may|jun|jul|ago|set|sep|oct|out|nov|dic|dez|jan|apr|aug|"
    r"dec)[a-z]*(?: (?:de|del|do))? ?(?:19|20)\d{2}"
    r"|(?:19|20)\d{2} ?(?:-|a|al|to) ?(?:19|20)\d{2}|\d{1,2}:\d{2}(?::\d{2})?)(?![\d-])"
)
#: "text HELP to 741741": the short number of a service.
_SHORT_CODE = re.compile(r"\b(?:text|send|sms|envi\w+|mand\w+)\b[^\d\n]{0,20} (?:to|al?|para|pro) +$")
_RUN = re.compile(r"(?<![\w.])(?:\+ ?)?\(?\d(?:[ .()-]{0,3}\d){3,40}")
#: What may belong to the number of a document before and behind its digits: "135-RE-" and "/2024-B".
_PREFIX, _SUFFIX = (
    re.compile(r"(?:(?<![a-z0-9])(?:[a-z0-9]{1,6}[-/.]){1,4}[a-z]{0,3}|(?<![a-z0-9])[a-z]{1,3})?$"),
    re.compile(r"(?:[/.:-]\d{1,8}|[/-][a-z]{1,4}(?=[-/]\d)){0,5}(?:[-/][a-z](?![a-z]))?"),
)
_TOLL_FREE = re.compile(r"0?1?8(?:00|33|44|55|66|77|88)\d{5,8}|0?1?8000\d{3,8}|0[38]00\d{6,8}|1?900\d{6,7}|01800\d{6,8}")


@cache
def _helplines() -> frozenset[str]:
    """Every number of ``data/helplines.toml``, as digits."""
    lines = tomllib.loads((DATA / "helplines.toml").read_text("utf-8"))["line"]
    listed = (line.get(key, "") for line in lines for key in ("number", "text_to"))
    return frozenset(digits for digits in (re.sub(r"\D", "", str(number)) for number in listed) if digits)


def find(text: str, folded: str, others: Sequence[Span]) -> Iterator[Span]:
    """Spans of everything here; ``folded`` is ``flat(text)``, ``others`` are plates, which have the shape of documents as well."""
    plates = {(span.start, span.end) for span in others}
    for match in _COORDINATES.finditer(folded):
        yield Span(*match.span(), "coordinates")
    for pattern in _DOCUMENTS:
        for match in pattern.finditer(folded):
            if match.span() not in plates and _is_document(match, text, folded):
                yield Span(*_whole(folded, *match.span()), "document")
    for match in _MIXED.finditer(folded):
        digits = sum(map(str.isdigit, match[0]))
        if (
            digits >= 4
            and match.span() not in plates
            and not (digits == 4 == len(match[0]))
            and not _DATE.search(folded[max(0, match.start() - 8) : match.end() + 6])
            and DOCUMENT_WORDS.search(folded[max(0, match.start() - 60) : match.start()])
        ):
            yield Span(*match.span(), "document")
    yield from _runs(folded)


def _is_document(match: re.Match[str], text: str, folded: str) -> bool:
    """Letters and digits in the shape of a document: capitals, a long shape or a word for documents make it one."""
    before = folded[max(0, match.start() - 60) : match.start()]
    letters = sum(map(str.isalpha, match[0]))
    if DOCUMENT_WORDS.search(before):
        return True
    if "/" in match[0]:
        return not _LAW.search(before)
    if letters > 6 or match[0][-1] in "kx" or (letters == 0 and _valid_rut(match[0])):
        return True
    written = text[match.start() : match.end()]
    digits = sum(map(str.isdigit, match[0]))
    if match[0][0] in "ve" and letters == 1 and ("." in match[0] or "-" in match[0] or written[0].isupper()):
        return digits >= 7
    return letters > 0 and written.upper() == written and digits >= 7 and not _WAY.search(before)


def _runs(folded: str) -> Iterator[Span]:
    """Runs of digits, by their shape and by the words around them."""
    dates = [match.span() for match in _DATE.finditer(folded)]
    at = 0
    for match in _RUN.finditer(folded):
        start, end = max(match.start(), at), match.end()
        for left, right in dates:
            if left < end and right > start:  # what stands before a date, or behind it
                start, end = (right, end) if left - start < end - right else (start, left)
        if end - start < 5:
            continue
        kind = _kind(folded, start, end)
        if kind == "document":
            start, end = _whole(folded, start, end)
        if kind:
            yield Span(start, end, kind)
            at = end


def _whole(folded: str, start: int, end: int) -> tuple[int, int]:
    """A document with what belongs to its number on both sides."""
    before, behind = _PREFIX.search(folded[max(0, start - 24) : start]), _SUFFIX.match(folded[end : end + 24])
    return start - (len(before[0]) if before else 0), end + (len(behind[0]) if behind else 0)


def _kind(folded: str, start: int, end: int) -> str:
    raw = folded[start:end].strip(" .()-")
    digits = re.sub(r"\D", "", raw)
    before, after = folded[max(0, start - 60) : start], folded[end : end + 16]
    if len(digits) <= 6 and _SHORT_CODE.search(before):
        return ""
    if len(digits) < 5 or digits in _helplines() or (_TOLL_FREE.fullmatch(digits) and not _OWN.search(before)):
        return ""
    document, phone = DOCUMENT_WORDS.search(before), _PHONE_WORDS.search(before)
    if document and (not phone or document.start() > phone.start() or len(digits) < 7):
        return "document"
    if _LAW.search(before) or _UNIT_AFTER.match(after) or (_MONEY_BEFORE.search(before) and not _OWN.search(before[-14:])):
        return ""
    if _PUBLIC.search(before) and not _OWN.search(before):
        return ""
    if raw[:1] == "+" or folded[start : start + 1] == "+":
        return "phone" if len(digits) >= 8 else ""
    if _SHAPES.fullmatch(raw):
        return "document"
    if _DOTTED.fullmatch(raw) and not (raw[0] == "9" and len(digits) == 9 and phone):  # 999.417.025 is a mobile (PE, CL)
        return "" if digits.endswith("000") and not phone else "document"
    way = _WAY.search(before)
    if way and len(digits) <= 8 and not (phone and phone.start() > way.start() and len(digits) >= 7):
        return ""
    if all(len(part) == 1 for part in re.split(r"\D+", raw)) and len(digits) < (7 if phone else 9):
        return ""
    if phone and len(digits) >= 6:
        return "phone"
    if len(digits) == 11 and _valid_cpf(digits):
        return "document"
    if len(digits) == 10 and digits[:2] < "25" and digits[:2] != "09" and _valid_ec(digits):
        return "document"
    if len(digits) < 7 or (digits.endswith("000") and len(digits) < 9):
        return ""
    return "phone" if len(digits) <= 13 else "document"


def _valid_cpf(digits: str) -> bool:
    """Brazil: two check digits."""
    for length in (9, 10):
        total = sum(int(digit) * (length + 1 - i) for i, digit in enumerate(digits[:length]))
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return len(set(digits)) > 1


def _valid_ec(digits: str) -> bool:
    """Ecuador: one check digit."""
    doubled = (int(digit) * (2 if i % 2 == 0 else 1) for i, digit in enumerate(digits[:9]))
    return (10 - sum(n - 9 if n > 9 else n for n in doubled) % 10) % 10 == int(digits[9])


def _valid_rut(text: str) -> bool:
    """Chile: one check digit, 0 to 9 or K."""
    body, check = re.sub(r"\D", "", text[:-1]), text[-1]
    total = sum(int(digit) * (2 + i % 6) for i, digit in enumerate(reversed(body)))
    return "0123456789k0"[11 - total % 11] == check
