"""Names of people: behind "me llamo", "my son", "Dra.", at the end of a letter, or a first name and a family name.

Here belong the words before a name and where a name ends. Never here: which names there are (``data/identifying.toml``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.identifying.flat import lists
from bot.identifying.spans import Span

_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_PARTICLES = frozenset(("de", "del", "la", "las", "los", "da", "do", "dos", "das", "y", "e", "san", "santa", "van", "von"))

#: Behind these a name follows, written in capitals or not.
_SAYS = re.compile(
    r"\b(?:me llamo|mi nombre(?: completo)? es|mi nombre|nombre(?: completo)? ?[:=]|se llama(?:ba|n)?|"
    r"llamad[oa]s?|de nombre|a nombre de|responde al nombre de|nombre y apellidos?:?|apellidos?:?|le dicen|"
    r"me dicen|lo llaman"
    r"|\w+'?s names? (?:is|are)|names are|my (?:full )?name is|my name'?s|name ?[:=]|is called|named|goes "
    r"by|called|i am called|his name is|her name is|their name is"
    r"|meu nome(?: completo)? [eé]|meu nome|me chamo|nome(?: completo)? ?[:=]|se chama(?:va|m)?|chamad[oa]|"
    r"o nome del[ea] [eé]|em nome de"
    r"|su nombre es|los nombres? (?:es|son)|el nombre de (?:mi|el|la|ella) \w+ es|firma(?:do)?:?|atte\.?:?|"
    r"att\.?:?|atentamente,?|habla|quien escribe es|ass\.?:?|assinado:?|signed:?|sincerely,?|regards,?) +"
)
#: Behind these a name follows when it is written with a capital letter and is no organisation.
_CONTACT = re.compile(
    r"\b(?:pregunt\w+ por|(?:llam|avis|dig|marqu|escrib|localic|encuentr|ayud)\w+ a|(?:avis|lig|diz|digam?|"
    r"chamem)\w* (?:a|para|o)|habl\w+ con|comuni\w+ con|cont[aá]ct\w+ (?:a|con)|ask for|speak (?:to|with)|"
    r"talk "
    r"to|call|tell|fal\w+ com|procur\w+ (?:por|a|o)|chama\w* (?:a|o)"
    r"|quej\w+ (?:contra|de|por)|queixa contra|reclam\w+ (?:contra|de|por)|denunci\w+ (?:a|contra|o)|"
    r"complain\w* (?:about|against)|acus\w+ (?:a|de)|llev\w+ a|mat\w+ a|busc\w+ a|looking for|"
    r"procurando (?:a|o)?) +"
)
#: Behind these a name follows when it is written with a capital letter, or is a known first name.
_RELATION = re.compile(
    r"\b(?:(?:mi|mis|my|meu|minha|meus|su|his|her|sua|seu|nuestr[oa]|our|nosso|nossa|tu|el|la|o|a|un|una|"
    r"the|ex|mi ex|del|al|los|dos)\s+)(?:hij[oa]s?|hijit[oa]|nen[ea]|niñ[oa]|nin[oa]s?|bebe|hermanit[oa]|"
    r"herman[oa]s?|espos[oa]|marido|mujer|pareja|novi[oa]|ex"
    r"|prim[oa]s?|ti[oa]s?|sobrin[oa]s?|niet[oa]s?|abuel[oa]|abuelit[oa]|mama|papa|padre|madre|suegr[oa]|"
    r"cunad[oa]|padrastro|madrastra|vecin[oa]|jef[ea]|patron[a]?|amig[oa]s?|companer[oa]|coyote|pollero|"
    r"padrino|madrina|compadre|comadre"
    r"|son|daughter|kids?|baby|brother|sister|husband|wife|partner|boyfriend|girlfriend|cousin|uncle|aunt|"
    r"nephew|niece|grandson|granddaughter|grandma|grandmother|grandfather|mother|father|mom|mum|dad|boss|"
    r"friend|neighbou?r|stepfather|child|children"
    r"|filh[oa]s?|filhinh[oa]|irma|irmao|irmaos|marido|companheir[oa]|namorad[oa]|primo|prima|sobrinh[oa]|"
    r"net[oa]|avo|mae|pai|sogr[oa]|padrasto|madrasta|vizinh[oa]|chefe|patrao|patroa|amig[oa]|crianca"
    r"|agente|oficial|senor[a]?|officer|guardia|trabajadora social|psicolog[oa]|abogad[oa]|doctor[a]?|"
    r"profesor[a]?|maestr[oa]|enfermer[oa])(?: (?:de \d{1,2} anos|mayor|menor|pequen[oa]|se llama|"
    r"llamad[oa]|called|named|chamad[oa]|es|is))?,? +"
)
_TITLE = re.compile(
    r"\b(?:sr|sra|srta|dr|dra|lic|lcdo|lcda|ing|prof|profa|abg|mr|mrs|ms|miss|don|dona|senor|senora|"
    r"senorita|doctor|doctora|licenciad[oa]|ingenier[oa]|profesor|profesora|abogad[oa]|padre|pastor|"
    r"hermana|hermano|sor|fray|madre|senhor|senhora|seu|dona"
    r"|doutor|doutora|professor|professora|advogad[oa]|officer|sargento|cabo|teniente|capitan|agente|"
    r"inspector|juez|jueza|comandante|policia|policial|policeman|guarda|guardia|soldado|chofer|motorista|"
    r"taxista|director|directora|coordinador|coordinadora|encargad[oa]|funcionari[oa]|supervisor|gerente|"
    r"manager|nurse|enfermer[oa]|psicolog[oa]|trabajadora social|worker|case manager|assistente social|"
    r"sister|father|brother|judge|detective|comisario|coyote|alias|aka)\.? +"
)
_AM = re.compile(
    r"(?:^|[.,;:!?\n(] *|\b(?:hola|hi|hello|oi|ola|y|buenas|buenos dias|buenas tardes|buenas noches|bom "
    r"dia|boa tarde|boa noite)[ ,]+)(?:yo |eu |mi |aqui )?(?:soy|sou|i am|i'm|im|habla|aqui|this is|le "
    r"escribe|les escribe|le habla|quien escribe es|fala|aqui e|e a|e o)(?: el| la| a| o)? +"
)
_SAINT = frozenset(("san", "santo", "santa", "sao", "st", "saint", "virgen"))
#: Words before a place. Those that stand before a person as often are left out.
_BEFORE_PLACE = frozenset(("en", "in", "em", "hacia", "desde", "near", "ate", "hasta", "at"))


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
        if (
            first is not None
            and not shouted
            and words[first].capital
            and not _letters(words[first], text)
            and not _placed(words, first, text)
        ) and (span := _taken(words, first, text)):
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
        if (
            (word.key in given and (word.capital or second or _alone(words, first, text)))
            or (word.capital and not shouted and second)
        ) and (span := _taken(words, first, text)):
            yield span
    for match in _TITLE.finditer(folded):
        first = at(match.end())
        if first is None or (match.start() and text[match.start() - 1].isalnum()):
            continue
        word = words[first]
        if (
            (
                (word.key in known and (word.capital or word.key in given))
                or (word.capital and not shouted and word.key not in lists()["never_names"])
            )
            and not _named_after(words, starts.get(match.start(), first))
            and (span := _taken(words, first, text))
        ):
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
        return word.capital and not shouted and word.key in given  # "mi hija Abril"
    return word.key in given or (word.capital and not shouted)


def _taken(words: list[_Word], first: int, text: str, *, loose: bool = False) -> Span | None:
    """The name that begins at a word: up to five words, to a mark, a word that is no name, or where capitals end."""
    never, known = lists()["never_names"], lists()["given"] | lists()["family_names"]
    month = words[first].capital and words[first].key in lists()["given"]  # or a day: "Abril", "Domingo"
    if len(words[first].key) < 2 or (words[first].key in never and not month):
        return None
    capital = words[first].capital
    last = first
    for number in range(first + 1, min(len(words), first + 6)):
        word = words[number]
        gap = text[words[number - 1].end : word.start]
        if gap not in (" ", "  ", "\u00a0", ". ") or (text[words[number - 1].end - 1] == "." and len(words[number - 1].key) > 3):
            break
        if word.key in _PARTICLES:
            following = words[number + 1] if number + 1 < len(words) else None
            if following is None:
                break
            goes_on = following.key in known or (capital and following.capital and following.key not in never)
            if not goes_on and following.key not in _PARTICLES:
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
    return (
        end >= len(text) or text[end] in ",.;\n!?)" or (number + 1 < len(words) and words[number + 1].key in lists()["never_names"])
    )


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
        if _rare(words, number, text) and not shouted:
            yield Span(word.start, words[number + 1].end, "name")
            number += 2
            continue
        if word.key not in given or (word.key in never and not _family_follows(words, number)):
            number += 1
            continue
        count = 1
        while (
            number + count < len(words) and count < 5 and text[words[number + count - 1].end : words[number + count].start] == " "
        ):
            following = words[number + count]
            if following.key in never or not (
                following.key in given
                or following.key in family
                or (following.key in _PARTICLES and count + number + 1 < len(words) and words[number + count + 1].key in family)
            ):
                break
            count += 1
        group = words[number : number + count]
        before = words[number - 1].key if number and text[words[number - 1].end : word.start] == " " else ""
        capital = all(one.capital for one in group if one.key not in _PARTICLES)
        surname = any(one.key in family for one in group[1:])
        certain = surname and (capital or word.key not in doubtful or count > 2)
        alone = capital and not shouted and word.key not in doubtful
        several = count > 1 and capital and not shouted
        # "en Santiago Rodríguez", "de San José": places are called after people
        place = before in _SAINT or _named_after(words, number) or (before in _BEFORE_PLACE and word.key in doubtful)
        if (certain or alone or several) and not place:
            if capital and not shouted and _goes_on(words, number + count, text):
                count += 1
            yield Span(word.start, words[number + count - 1].end, "name")
        number += count


def _rare(words: list[_Word], number: int, text: str) -> bool:
    """A first name that no list has, before a family name that one has: "Yubraska Colmenares"."""
    word, following = words[number], words[number + 1] if number + 1 < len(words) else None
    return (
        following is not None
        and word.capital
        and following.capital
        and len(word.key) > 3
        and not _letters(word, text)
        and text[word.end : following.start] == " "
        and following.key in lists()["family_names"]
        and not any(word.key in lists()[name] for name in ("given", "never_names", "named_after", "family_names"))
        and not _named_after(words, number)
        and not (number and words[number - 1].key in (_BEFORE_PLACE | _SAINT) and words[number - 1].end + 1 == word.start)
    )


def _goes_on(words: list[_Word], number: int, text: str) -> bool:
    """Whether a word belongs to the name right before it, although no list has it."""
    if number >= len(words):
        return False
    word = words[number]
    return word.capital and text[words[number - 1].end : word.start] == " " and word.key not in lists()["never_names"]


def _signed(words: list[_Word], text: str) -> Iterator[Span]:
    """A name alone in the last line, or behind a dash or thanks at the end."""
    tail = re.search(
        r"(?:\n|[-–—] ?|\b(?:[Gg]racias|[Tt]hanks|[Tt]hank you|[Oo]brigad[oa]|[Aa]tte|[Bb]endiciones|"
        r"[Ss]aludos|[Aa]braços|[Bb]ye)[.,!]* +)([^\n\d]{2,50})$",
        text.rstrip(),
    )
    if not tail:
        return
    inside = [word for word in words if word.start >= tail.start(1)]
    telling = [word for word in inside if word.key not in _PARTICLES]
    known = lists()["given"] | lists()["family_names"]
    if (
        1 <= len(telling) <= 4
        and all(word.capital for word in telling)
        and not any(word.key in lists()["never_names"] for word in telling)
    ) and any(word.key in known for word in telling):
        yield Span(inside[0].start, inside[-1].end, "name")
