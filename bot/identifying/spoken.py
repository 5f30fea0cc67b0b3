"""Telephone numbers as they are told: in words ("tres doce ocho ..."), or in pieces ("300 y luego 718 y termina en 4460").

Here belong the words for digits and the words between pieces. Never here: a number written in one run (``numbers``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying.spans import Span

#: Number words, by how many digits they stand for in a number that is read aloud.
_DIGITS = {
    1: "cero uno una un dos tres cuatro cinco seis siete ocho nueve zero um uma dois duas quatro sete oito nove meia one two "
    "three four five six seven "
    "eight nine oh",
    2: "diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintiun veintidos "
    "veintitres "
    "veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve treinta cuarenta cincuenta sesenta setenta "
    "ochenta noventa "
    "dez onze doze treze catorze quatorze quinze dezesseis dezessete dezoito dezenove vinte trinta quarenta cinquenta "
    "sessenta oitenta "
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty "
    "seventy eighty ninety",
    3: "cien ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos "
    "cem cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos hundred",
}
_COUNTS = {word: count for count, words in _DIGITS.items() for word in words.split()}
_WORDS = "|".join(sorted(_COUNTS, key=len, reverse=True))
_TENS = re.compile(r"(?:[a-z]+(?:nta|inte)|twenty|[a-z]+ty)$")
#: Digits and words may stand side by side, even without a blank: "seven8six".
_PIECE = rf"(?:(?:{_WORDS})(?![a-z])|\d{{1,4}}(?!\d))"
_SPELT = re.compile(
    rf"\b{_PIECE}(?:(?:[ ,.-]{{1,3}}|\n|(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d))(?:(?:y|e|and|doble|doubl[eo]|dobles|duplo|triple|"
    rf"triplo) )?{_PIECE}){{3,19}}(?!\w)"
)
#: What is said between two pieces of a number.
_BETWEEN = (
    r"(?:y|e|and|luego|despues|depois|ai|entonces|entao|then|next|sigue|siguen|seguido de|seguido por|seguido|followed by|vem|"
    r"viene|termina(?:do|da|ndo)?(?: en| em| con| com)?|acaba(?: en| em)?|(?:en|in|with) (?:el )?final|al final|no fim|no final|"
    r"at the end|ends? (?:in|with)|ending (?:in|with)|por ultimo|finalmente|finally|the last (?:part|bit|four|two|digits)"
    r"(?: digits)?(?: is| are)?|(?:los|las|os|as) (?:ultim[oa]s)(?: (?:dos|tres|cuatro|dois|quatro|numeros))?(?: son| sao)?|"
    r"otra vez|de nuevo|again|mas|mais|plus|guion|traco|dash|espacio|espaco|space|pausa)"
)
_PIECES = re.compile(rf"(?<![\w.,/$])\d{{1,5}}(?:[ ,.;:-]{{1,3}}(?:{_BETWEEN}[ ,:]{{1,2}}){{0,3}}\d{{1,5}}(?![\w%/])){{1,9}}")
_TOLD = re.compile(rf"\d[ ,.;:-]{{1,3}}{_BETWEEN}[ ,:]")
#: Before a number in pieces one of these is needed: "entre 300 y 400, luego 50 mas" are people.
_OF_A_TELEPHONE = re.compile(
    r"\b(?:tel\w{0,8}|fono|fone|phone|cel|celu|celular|movil|mobile|cell|num(?:ero|ber)?|nro|number|whats\w{0,4}|wasap|guasap|"
    r"zap|wpp|llam\w{1,6}|marc?[aq]\w{1,6}|call|dial|disca\w{0,3}|lig(?:a|ar|ue|uem)|text|reach|"
    r"contact\w{0,4}|contat\w{0,3}|escrib\w{1,6}|an[oó]t\w{1,5}|apunt\w{1,4}|mensaj\w{1,2}|mensage[mn]s?)\b[^\d\n.;]{0,30}$"
)
_AMOUNT = re.compile(r" ?(?:pesos?|bs|usd|dol|reais|soles|quetzal|lempira|colon|personas|people|pessoas|euros?|bucks)")


def find(folded: str) -> Iterator[Span]:
    """Spans of telephones; ``folded`` is ``flat`` of the text."""
    for match in _SPELT.finditer(folded):
        told = _OF_A_TELEPHONE.search(folded[max(0, match.start() - 50) : match.start()]) is not None
        if _read_aloud(match[0], told) and not (told and _AMOUNT.match(folded[match.end() : match.end() + 12])):
            yield Span(*match.span(), "phone")
    for match in _PIECES.finditer(folded):
        digits = sum(map(str.isdigit, match[0]))
        if (
            7 <= digits <= 13
            and _TOLD.search(match[0])
            and _OF_A_TELEPHONE.search(folded[max(0, match.start() - 50) : match.start()])
            and not _AMOUNT.match(folded[match.end() : match.end() + 12])
        ):
            yield Span(*match.span(), "phone")


def _read_aloud(spelt: str, told: bool) -> bool:
    """Whether words for numbers are enough digits for a telephone: one by one, in pairs ("cuarenta y cinco") or in hundreds.

    ``told``: a telephone was spoken of, and most of it may be written in figures ("tres uno cuatro 606 29 87")."""
    digits, count, before = 0, 0, ""
    for word in re.findall(r"[a-z]+|\d+", spelt):
        if word.isdigit():
            digits += len(word)
        elif _COUNTS.get(word, 0) == 1 and _TENS.match(before):
            pass  # "cuarenta y cinco" is two digits, not three
        else:
            digits += _COUNTS.get(word, 0) or word.startswith(("dob", "dou", "dup", "tri"))
        count += word in _COUNTS
        before = word if word not in ("y", "e", "and") else before
    return digits >= 7 and (count >= 4 or (told and count > 0 and digits <= 13))
