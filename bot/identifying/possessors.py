"""Names of whose papers, telephone or family is spoken of: "la cédula de Sofía", "a certidão do Matheus", "Amina's passport".

Here belong the words for what somebody has. Never here: what follows a person ("mãe do Ryan", ``before_names``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying.before_names import KIN
from bot.identifying.extent import taken
from bot.identifying.flat import lists
from bot.identifying.known import foreign, is_land, is_place, looks_foreign, plain, strange, unknown
from bot.identifying.spans import Span
from bot.identifying.words import SAINT, Word, letters

#: Papers, and what people carry with them or wait for. Nothing that a bank, a shop or a town issues under its own name.
_THING = (
    r"(?:cedulas?|pasaportes?|actas?|partidas?|carn?ets?|cartillas?|documentos?|papeles|foto(?:s|copia)?|examen(?:es)?|resultados?|"
    r"celular|ropa|mochila|bolso|maleta|cita|caso|expediente|medicinas?|pastillas|receta|remedios?|cirugia|operacion|embarazo|"
    r"cumpleanos|identidad|dni|curp|certificado|vacunas|historia|muerte|desaparicion|cuerpo|voz|escuela|silla|cuna|panales|"
    r"passaporte|carteira|certidao|cartao de vacina|laudo|exames?|registro|identidade|rg|cpf|roupas?|mala|consulta|receita|"
    r"cirurgia|historico|matricula|boletim|gravidez|aniversario|prontuario|fraldas|celular)"
)
_OF_WHAT = (
    r"(?: de (?:vacuna(?:s|cion)?|nacimiento|identidad|salud|trabajo|estudio|nacido|defuncion|matrimonio|discapacidad|sangre|"
    r"vacin\w*|nascimento|identidade|saude|trabalho|escola|escolar|obito|casamento|sus|"
    r"migracion)| escolar| medic[oa]s?| clinic[oa])"
)
_OF = re.compile(rf"\b{_THING}{_OF_WHAT}{{0,2}} (?:de la|del|de|do|da) ")
_THINGS = (
    r"(?:birth certificates?|certificate|passport|papers?|id|visa|phone|bag|backpack|records?|documents?|appointment|case|medicine|"
    r"medication|meds|inhaler|clothes|surgery|results|prescription|vaccines?|vaccine card|card|hearing|surname|last name|birthday|"
    r"fever|insulin|wheelchair|crib|diapers|shoes|school record|transcript|blood|arm|leg|body|death|asylum|interview)"
)
_KIN = re.compile(KIN)
_GENITIVE = re.compile(rf"(?<![\w'’-])(?P<name>[a-z][\w-]{{1,20}})['’]s (?:[a-z-]{{2,12}}(?<!s) ){{0,2}}?(?:{_THINGS}|{KIN})\b")
_RECORD_OF = re.compile(rf"\b{_THINGS} of ")


def find(words: list[Word], starts: dict[int, int], text: str, folded: str, *, shouted: bool) -> Iterator[Span]:
    """Spans of names; ``starts`` is where each word of ``words`` begins."""
    for pattern in (_OF, _RECORD_OF):
        for match in pattern.finditer(folded):
            first = starts.get(match.end())
            if first is not None and _has(words[first], words[first].key, text, shouted) and (span := taken(words, first, text)):
                yield span
    for match in _GENITIVE.finditer(folded):
        first = starts.get(match.start())
        if first is not None and _has(words[first], match["name"], text, shouted) and not (first and words[first - 1].key in SAINT):
            begin = first
            while begin and words[begin - 1].capital and words[begin - 1].key in lists()["given"] and words[first].capital:
                begin -= 1
            yield Span(words[begin].start, match.end("name"), "name")


def _has(word: Word, key: str, text: str, shouted: bool) -> bool:
    """Whether something may belong to whom a word names: no country, no town, no office."""
    if key in lists()["never_names"] or _KIN.fullmatch(key) or is_land(key) or (letters(word, text) and not shouted):
        return False
    if key in lists()["given"]:
        return (word.capital and not shouted) or not plain(key)
    if plain(key) or is_place(key):
        return False
    return foreign(key) or (word.capital and unknown(key) and (looks_foreign(key) or strange(key)))
