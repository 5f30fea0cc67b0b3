"""Names of people: behind "me llamo", "my son", "Dra.", at the end of a letter, or a first name and a family name.

Here belong the words before a name and where a name ends. Never here: which names there are (``data/identifying.toml``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.identifying.flat import lists
from bot.identifying.spans import Span

_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_PARTICLES = frozenset("de del la las los da do dos das y e san santa van von".split())

#: Behind these a name follows, written in capitals or not.
_SAYS = re.compile(
    r"\b(?:me llamo|mi nombre(?: completo)? es|mi nombre|nombre(?: completo)? ?[:=]|se llama(?:ba|n)?|llamad[oa]s?|de nombre|a nombre de|responde al nombre de|nombre y apellidos?:?|apellidos?:?|le dicen|me dicen|lo llaman"
    r"|\w+'?s names? (?:is|are)|names are|my (?:full )?name is|my name'?s|name ?[:=]|is called|named|goes by|called|i am called|his name is|her name is|their name is"
    r"|meu nome(?: completo)? [eé]|meu nome|me chamo|nome(?: completo)? ?[:=]|se chama(?:va|m)?|chamad[oa]|o nome del[ea] [eé]|em nome de"
    r"|su nombre es|los nombres? (?:es|son)|el nombre de (?:mi|el|la|ella) \w+ es|firma(?:do)?:?|atte\.?:?|att\.?:?|atentamente,?|ass\.?:?|assinado:?|signed:?|sincerely,?|regards,?) +"
)
#: Behind these a name follows when it is written with a capital letter, or is a known first name.
#: Behind these a name follows when it is written with a capital letter and is no organisation.
_CONTACT = re.compile(
    r"\b(?:pregunt\w+ por|habl\w+ con|comuni\w+ con|cont[aá]ct\w+ (?:a|con)|ask for|speak (?:to|with)|talk to|call|tell|fal\w+ com|procur\w+ (?:por|a|o)|chama\w* (?:a|o)"
    r"|quej\w+ (?:contra|de|por)|queixa contra|reclam\w+ (?:contra|de|por)|denunci\w+ (?:a|contra|o)|complain\w* (?:about|against)|acus\w+ (?:a|de)|llev\w+ a|mat\w+ a|busc\w+ a|looking for|procurando (?:a|o)?) +"
)
_RELATION = re.compile(
    r"\b(?:(?:mi|mis|my|meu|minha|meus|su|his|her|sua|seu|nuestr[oa]|our|nosso|nossa|tu|el|la|o|a|un|una|the|ex|mi ex|del|al|los|dos)\s+)(?:hij[oa]s?|hijit[oa]|niñ[oa]|nin[oa]s?|bebe|hermanit[oa]|herman[oa]s?|espos[oa]|marido|mujer|pareja|novi[oa]|ex"
    r"|prim[oa]s?|ti[oa]s?|sobrin[oa]s?|niet[oa]s?|abuel[oa]|abuelit[oa]|mama|papa|padre|madre|suegr[oa]|cunad[oa]|padrastro|madrastra|vecin[oa]|jef[ea]|patron[a]?|amig[oa]s?|companer[oa]|coyote|pollero|padrino|madrina|compadre|comadre"
    r"|son|daughter|kids?|baby|brother|sister|husband|wife|partner|boyfriend|girlfriend|cousin|uncle|aunt|nephew|niece|grandson|granddaughter|grandma|grandmother|grandfather|mother|father|mom|mum|dad|boss|friend|neighbou?r|stepfather|child|children"
    r"|filh[oa]s?|filhinh[oa]|irma|irmao|irmaos|marido|companheir[oa]|namorad[oa]|primo|prima|sobrinh[oa]|net[oa]|avo|mae|pai|sogr[oa]|padrasto|madrasta|vizinh[oa]|chefe|patrao|patroa|amig[oa]|crianca"
    r"|agente|oficial|senor[a]?|officer|guardia|trabajadora social|psicolog[oa]|abogad[oa]|doctor[a]?|profesor[a]?|maestr[oa]|enfermer[oa])(?: (?:de \d{1,2} anos|mayor|menor|pequen[oa]|se llama|llamad[oa]|called|named|chamad[oa]|es|is))?,? +"
)
_TITLE = re.compile(
    r"\b(?:sr|sra|srta|dr|dra|lic|lcdo|lcda|ing|prof|profa|abg|mr|mrs|ms|miss|don|dona|senor|senora|senorita|doctor|doctora|licenciad[oa]|ingenier[oa]|profesor|profesora|abogad[oa]|padre|pastor|hermana|hermano|sor|fray|madre|senhor|senhora|seu|dona"
    r"|doutor|doutora|professor|professora|advogad[oa]|officer|sargento|cabo|teniente|capitan|agente|inspector|juez|jueza|comandante|policia|policial|policeman|guarda|guardia|soldado|chofer|motorista|taxista|director|directora|coordinador|coordinadora|encargad[oa]|funcionari[oa]|supervisor|gerente|manager|nurse|enfermer[oa]|psicolog[oa]|trabajadora social|worker|case manager|assistente social|sister|father|brother|judge|detective|comisario|coyote|alias|aka)\.? +"
)
_AM = re.compile(r"(?:^|[.,;:!?\n(] *|\b(?:hola|hi|hello|oi|ola|y|buenas|buenos dias|buenas tardes|buenas noches|bom dia|boa tarde|boa noite)[ ,]+)(?:yo |eu |mi |aqui )?(?:soy|sou|i am|i'm|im|habla|aqui|this is|le escribe|les escribe|le habla|quien escribe es|fala|aqui e|e a|e o)(?: el| la| a| o)? +")
_SAINT = frozenset("san santo santa sao st saint virgen".split())
_BEFORE_PLACE = frozenset("en in em a to hacia de desde from para near ate hasta por at".split())


class _Word:
    """One word of the text."""

    __slots__ = ("capital", "end", "key", "start")

    def __init__(self, match: re.Match[str], folded: str) -> None:
        self.start, self.end = match.span()
        self.capital = match[0][0].isupper()
        self.key = folded[self.start : self.end].rstrip(".")


def find(text: str, folded: str, others: Sequence[Span]) -> Iterator[Span]:
    """Spans of names; ``folded`` is ``flat(text)``, ``others`` is what was found before and is no name."""
    words = [_Word(match, folded) for match in _TOKEN.finditer(text)]
    starts = {word.start: number for number, word in enumerate(words)}
    capitals = sum(word.capital for word in words)
    shouted = len(words) > 3 and capitals > 0.7 * len(words)
    given, known = lists()["given"], lists()["given"] | lists()["family_names"]

    def at(position: int) -> int | None:
        while position < len(text) and text[position] in " \"'“«(:,-":
            position += 1
        return starts.get(position)

    for match in _SAYS.finditer(folded):
        first = at(match.end())
        if first is not None and words[first].key in ("el", "la", "o", "a") and first + 1 < len(words) and words[first + 1].capital:
            if span := _taken(words, first + 1, text, loose=True):  # "le dicen El Chino"
                yield Span(words[first].start, span.end, "name")
        elif first is not None and (span := _taken(words, first, text, loose=True)):
            yield span
    for match in _CONTACT.finditer(folded):
        first = at(match.end())
        if first is not None and not shouted and words[first].capital and not _letters(words[first], text) and not _placed(words, first, text):
            if span := _taken(words, first, text):
                yield span
    for match in _RELATION.finditer(folded):
        first = at(match.end())
        if first is not None and _likely(words[first], given, shouted) and (span := _taken(words, first, text)):
            yield span
    for match in _AM.finditer(folded):
        first = at(match.end())
        if first is None or words[first].key in lists()["never_names"]:
            continue
        word, following = words[first], words[first + 1] if first + 1 < len(words) else None
        second = following is not None and following.key in known and following.start - word.end == 1
        if (word.key in given and (word.capital or second or _alone(words, first, text))) or (word.capital and not shouted and second):
            if span := _taken(words, first, text):
                yield span
    for match in _TITLE.finditer(folded):
        first = at(match.end())
        if first is None or (match.start() and text[match.start() - 1].isalnum()):
            continue
        word = words[first]
        if word.key in known and (word.capital or word.key in given) or (word.capital and not shouted and word.key not in lists()["never_names"]):
            if not _named_after(words, starts.get(match.start(), first)) and (span := _taken(words, first, text)):
                short = match.end() - match.start() <= 6  # "Sra. Molina", "Don Ramiro", and not "la doctora"
                yield Span(match.start() if short else span.start, span.end, "name")
    yield from _bare(words, text, shouted)
    yield from _signed(words, text)


def _letters(word: _Word, text: str) -> bool:
    """Whether a word is written in capitals alone, as organisations are."""
    return word.end - word.start > 1 and text[word.start : word.end].isupper()


def _placed(words: list[_Word], first: int, text: str) -> bool:
    """Whether capitals begin the name of an office, a place or a group rather than a person's."""
    key = words[first].key
    return key in lists()["named_after"] or key in lists()["never_names"] or key in _PARTICLES


def _likely(word: _Word, given: frozenset[str], shouted: bool) -> bool:
    if word.key in lists()["never_names"]:
        return False
    return word.key in given or (word.capital and not shouted)


def _taken(words: list[_Word], first: int, text: str, *, loose: bool = False) -> Span | None:
    """The name that begins at a word: up to five words, to a mark, a word that is no name, or where capitals end."""
    never, known = lists()["never_names"], lists()["given"] | lists()["family_names"]
    if len(words[first].key) < 2 or (words[first].key in never and not _family_follows(words, first)):
        return None
    capital = words[first].capital
    last = first
    for number in range(first + 1, min(len(words), first + 6)):
        word = words[number]
        gap = text[words[number - 1].end : word.start]
        if gap not in (" ", "  ", "\u00a0", ". ") or text[words[number - 1].end - 1] == "." and len(words[number - 1].key) > 3:
            break
        if word.key in _PARTICLES:
            following = words[number + 1] if number + 1 < len(words) else None
            if following is None or not (following.key in known or (capital and following.capital and following.key not in never)):
                if not (following is not None and following.key in _PARTICLES):
                    break
            continue
        if word.key in never or (capital and not word.capital and word.key not in known):
            break
        if not capital and word.key not in known and not (loose and number == first + 1 and _ends(words, number, text)):
            break
        last = number
    return Span(words[first].start, words[last].end, "name")


def _family_follows(words: list[_Word], first: int) -> bool:
    """Whether a first name that is a month or a day as well stands before a family name: "Julio Ramírez"."""
    following = words[first + 1] if first + 1 < len(words) else None
    return (
        following is not None
        and words[first].key in lists()["given"]
        and words[first].capital
        and following.capital
        and following.key in lists()["family_names"]
    )


def _ends(words: list[_Word], number: int, text: str) -> bool:
    """Whether a sentence ends behind a word, or something else begins: "me llamo yulimar tovarez, tengo ..."."""
    end = words[number].end
    return end >= len(text) or text[end] in ",.;\n!?)" or (number + 1 < len(words) and words[number + 1].key in lists()["never_names"])


def _alone(words: list[_Word], first: int, text: str) -> bool:
    return _ends(words, first, text)


def _named_after(words: list[_Word], first: int) -> bool:
    """Whether what stands before makes it the name of a hospital, a square, a saint ..."""
    for number in range(first - 1, max(-1, first - 4), -1):
        if words[number].key in lists()["named_after"]:
            return True
        if not words[number].capital and words[number].key not in _PARTICLES:
            return False
    return False


def _bare(words: list[_Word], text: str, shouted: bool) -> Iterator[Span]:
    """First names that stand in the text without a word before them that would tell."""
    given, family, doubtful, never = (lists()[name] for name in ("given", "family_names", "doubtful", "never_names"))
    number = 0
    while number < len(words):
        word = words[number]
        if word.key not in given or (word.key in never and not _family_follows(words, number)):
            number += 1
            continue
        count = 1
        while number + count < len(words) and count < 5 and text[words[number + count - 1].end : words[number + count].start] == " ":
            following = words[number + count]
            if following.key in never or not (following.key in given or following.key in family or (following.key in _PARTICLES and count + number + 1 < len(words) and words[number + count + 1].key in family)):
                break
            count += 1
        group = words[number : number + count]
        before = words[number - 1].key if number and text[words[number - 1].end : word.start] == " " else ""
        capital = all(one.capital for one in group if one.key not in _PARTICLES)
        surname = any(one.key in family and one.key not in given for one in group[1:]) or (count > 1 and any(one.key in family for one in group[1:]))
        certain = surname and (capital or word.key not in doubtful or count > 2)
        alone = capital and not shouted and word.key not in doubtful
        several = count > 1 and capital and not shouted
        if (certain or alone or several) and before not in _SAINT and not _named_after(words, number):
            # "en Santiago Rodríguez", "de San José": places are called after people
            if not (before in _BEFORE_PLACE - {"a", "de", "para", "por", "from", "to"} and word.key in doubtful):
                end = group[-1].end
                following = words[number + count] if number + count < len(words) else None
                if capital and not shouted and following and following.capital and text[end : following.start] == " " and following.key not in never:
                    end = following.end
                    count += 1
                yield Span(word.start, end, "name")
        number += count


def _signed(words: list[_Word], text: str) -> Iterator[Span]:
    """A name alone in the last line, or behind a dash or thanks at the end."""
    tail = re.search(r"(?:\n|[-–—] ?|\b(?:[Gg]racias|[Tt]hanks|[Tt]hank you|[Oo]brigad[oa]|[Aa]tte|[Bb]endiciones|[Ss]aludos|[Aa]braços|[Bb]ye)[.,!]* +)([^\n\d]{2,50})$", text.rstrip())
    if not tail:
        return
    inside = [word for word in words if word.start >= tail.start(1)]
    telling = [word for word in inside if word.key not in _PARTICLES]
    known = lists()["given"] | lists()["family_names"]
    if 1 <= len(telling) <= 4 and all(word.capital for word in telling) and not any(word.key in lists()["never_names"] for word in telling):
        if any(word.key in known for word in telling):
            yield Span(inside[0].start, inside[-1].end, "name")
