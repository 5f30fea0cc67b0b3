"""Names of people: behind "me llamo", "my son", "Dra.", at the end of a letter, or a first name and a family name.

Here belong the words before a name and where a name ends. Never here: which names there are (``data/identifying.toml``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.identifying import capitals
from bot.identifying.flat import lists
from bot.identifying.known import common, foreign, is_place, plain, strange
from bot.identifying.spans import Span
from bot.identifying.words import BEFORE_PLACE, PARTICLES, SAINT, Word, beside, letters, named_after, split

#: Behind these a name follows, written in capitals or not.
_SAYS = re.compile(
    r"\b(?:me llamo|mi nombre(?: completo)? es|mi nombre|nombre(?: completo)? ?[:=]|se llama(?:ba|n)?|"
    r"llamad[oa]s?|de nombre|a nombre de|responde al nombre de|nombre y apellidos?:?|apellidos?:?|le dicen|"
    r"me dicen|l[aoe] (?:llaman|dicen|decian|conocen (?:como|por))|conhecid[oa] (?:como|por)|conocid[oa] (?:como|por)|"
    r"apodad[oa]|apelidad[oa]|"
    r"known as|goes by|chamam (?:ele|ela) de"
    r"|\w+'?s names? (?:is|are)|names are|my (?:full )?name is|my name'?s|name ?[:=]|is called|named|goes "
    r"by|called|i am called|his name is|her name is|their name is"
    r"|meu nome(?: completo)? [eé]|meu nome|me chamo|nome(?: completo)? ?[:=]|se chama(?:va|m)?|chamad[oa]|"
    r"o nome del[ea] [eé]|em nome de"
    r"|su nombre es|los nombres? (?:es|son)|el nombre de (?:mi|el|la|ella) \w+ es|firma(?:do)?:?|atte\.?:?|"
    r"att\.?:?|atentamente,?|quien escribe es|ass\.?:?|assinado:?|signed:?|sincerely,?|regards,?) +"
)
#: Behind these a name follows when it is written with a capital letter and is no organisation.
_CONTACT = re.compile(
    r"\b(?:pregunt\w+ por|(?:llam|avis|dig|marqu|escrib|localic|encuentr|ayud)\w+ a|(?:avis|lig|diz|digam?|"
    r"chamem)\w* (?:a|para|o)|habl\w+ con|comuni\w+ con|cont[aá]ct\w+ (?:a|con)|ask for|speak (?:to|with)|"
    r"talk "
    r"to|call|tell|fal\w+ com|procur\w+ (?:por|a|o)|chama\w* (?:a|o)"
    r"|quej\w+ (?:contra|de|por)|queixa contra|reclam\w+ (?:contra|de|por)|denunci\w+ (?:a|contra|o)|"
    r"complain\w* (?:about|against)|acus\w+ (?:a|de)|llev\w+ a|mat\w+ a|busc\w+ a|looking for|"
    r"procurando (?:a|o)?|(?:client[ae]?|cliente|pacient[ae]|patient|beneficiari[oa]|usuari[oa]|titular|hij[oa]|espos[oa]|"
    r"padre|madre|"
    r"tia|tio|contact|contacto|contato|tutora?|acudiente|representante|solicitante|applicant|sponsor|testigo|detenid[oa]|"
    r"filh[oa]|mae|pai|son|daughter|wife|husband|encaminhar|remitir|responsable|responsavel|caso de|case of|firmado por|"
    r"signed by|segun|according to|de parte de|da parte de|on behalf of|"
    r"name|nombre|nome|they call (?:him|her|me)|write|message|email|visit|el de (?:ella|el|mi \w+)(?: es)?|o del[ea](?: e)?|"
    r"por culpa de|gave (?:it|"
    r"the money) to|paid|pagu?e a|pagamos a|entreg\w+ a|"
    r"conoc\w+ a|vi a|vimos a|"
    r"met|saw|perd\w+ contacto con|"
    r"junto (?:a|com)|casad[oa] con):?) +"
)
#: Behind these a name follows when it is written with a capital letter, or is a known first name.
_RELATION = re.compile(
    r"\b(?:(?:mi|mis|my|meu|minha|meus|su|his|her|sua|seu|nuestr[oa]|our|nosso|nossa|tu|el|la|o|a|un|una|"
    r"the|ex|mi ex|del|al|los|dos|las|as|um|uma|estes|mis|its)\s+)(?:hij[oa]s?|hijit[oa]|nen[ea]|niñ[oa]|nin[oa]s?|bebe|"
    r"hermanit[oa]|"
    r"herman[oa]s?|espos[oa]|marido|mujer|pareja|novi[oa]|ex"
    r"|prim[oa]s?|ti[oa]s?|sobrin[oa]s?|niet[oa]s?|abuel[oa]|abuelit[oa]|mama|papa|padre|madre|suegr[oa]|"
    r"cunh?ad[oa]|padrastro|madrastra|vecin[oa]|jef[ea]|patron[a]?|amig[oa]s?|companer[oa]|coyote|pollero|"
    r"padrino|madrina|compadre|comadre"
    r"|son|daughter|kids?|baby|brother|sister|husband|wife|partner|boyfriend|girlfriend|cousin|uncle|aunt|"
    r"nephew|niece|grandson|granddaughter|grandma|grandmother|grandfather|mother|father|mom|mum|dad|boss|"
    r"friend|neighbou?r|stepfather|child|children"
    r"|filh[oa]s?|filhinh[oa]|irma|irmao|irmaos|marido|companheir[oa]|namorad[oa]|primo|prima|sobrinh[oa]|"
    r"net[oa]|avo|mae|pai|sogr[oa]|padrasto|madrasta|vizinh[oa]|chefe|patrao|patroa|amig[oa]|crianca"
    r"|agente|oficial|senor[a]?|officer|guardia|trabajadora social|psicolog[oa]|abogad[oa]|doctor[a]?|"
    r"profesor[a]?|maestr[oa]|enfermer[oa]|yerno|nuera|genro|nora|landlord|landlady|room ?mate|lawyer|attorney|"
    r"client[ae]?|cliente|paciente|patient|conductor|driver|hijastr[oa]|entead[oa]|stepson|stepdaughter|duen[oa]|caser[oa]|"
    r"capataz|encarregad[oa]|advogad[oa]|medic[oa]|bisabuel[oa]|gemel[oa]s?|melliz[oa]s?|twins?|fiancee?|noiv[oa]|"
    r"caseworker|tal(?: d[eoa])?|profe|"
    r"comadre|ahijad[oa]|afilhad[oa]|bebita|bebito|chamit[oa]|chamo|muchach[oa]|mocinha|rapaz|menin[oa]|boy|girl)(?: (?:de "
    r"\d{1,2} anos|mayor|menor|pequen[oa]|se llama|"
    r"llamad[oa]|called|named|chamad[oa]|(?:es|e)(?: el| la| o| a)?|is))?,? +"
)
_TITLE = re.compile(
    r"\b(?:sr|sra|srta|dr|dra|lic|lcdo|lcda|ing|prof|profa|abg|mr|mrs|ms|miss|don|dona|senor|senora|"
    r"senorita|doctor|doctora|licenciad[oa]|ingenier[oa]|profesor|profesora|abogad[oa]|padre|pastor|"
    r"hermana|hermano|sor|fray|madre|senhor|senhora|seu|dona"
    r"|doutor|doutora|professor|professora|advogad[oa]|officer|sargento|cabo|teniente|capitan|agente|"
    r"inspector|juez|jueza|comandante|policia|policial|policeman|guarda|guardia|soldado|chofer|motorista|"
    r"taxista|director|directora|sindic[oa]|vizinh[oa]|vecin[oa]|diretora?|coordenadora?|coordinador|coordinadora|"
    r"encargad[oa]|funcionari[oa]|supervisor|gerente|"
    r"manager|nurse|enfermer[oa]|psicolog[oa]|trabajadora social|worker|case manager|assistente social|"
    r"sister|father|brother|reverend|rev|pastora|auntie?|uncle|granny|tante|tia|tio|judge|detective|comisario|coyote|alias|"
    r"aka)\.? +"
)
#: "Señor Jesús", "Padre Dios": whom people pray to.
_HOLY = frozenset(("jesus", "jesucristo", "cristo", "dios", "deus", "god", "jehova", "jeova"))
_AM = re.compile(
    r"(?:^|[.,;:!?\n(] *|\b(?:hola|hi|hello|oi|ola|y|buenas|buenos dias|buenas tardes|buenas noches|bom "
    r"dia|boa tarde|boa noite)[ ,]+)(?:yo |eu |mi |aqui )?(?:soy|sou|i am|i'm|im|habla|aqui|this is|le "
    r"escribe|les escribe|le habla|quien escribe es|fala|aqui e|e a|e o|it's|it is)(?: el| la| a| o)? +"
)


def find(text: str, folded: str, others: Sequence[Span]) -> Iterator[Span]:
    """Spans of names; ``folded`` is ``flat(text)``, ``others`` is what was found before and is no name."""
    words = split(text, folded)
    starts = {word.start: number for number, word in enumerate(words)}
    # a name and two words more are no shouting
    shouted = len(words) > 3 and sum(word.capital for word in words) > (0.7 if len(words) > 6 else 0.9) * len(words)
    given, known = lists()["given"], lists()["known"]

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
            and not letters(words[first], text)
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
        word = words[first]
        second = first + 1 < len(words) and words[first + 1].key in known and beside(words, first + 1, text)
        if (
            (word.key in given and (word.capital or second or _ends(words, first, text)))
            or (word.capital and not shouted and (second or strange(word.key)))
            or (foreign(word.key) or (strange(word.key) and _ends(words, first, text)))
        ) and (span := _taken(words, first, text)):
            yield span
    for match in _TITLE.finditer(folded):
        first = at(match.end())
        if first is None or (match.start() and text[match.start() - 1].isalnum()):
            continue
        word = words[first]
        if word.key in _HOLY or text[: match.start()].rstrip().lower().endswith(("nossa", "nuestra")):
            continue
        if (
            (
                (word.key in known and (word.capital or word.key in given))
                or (word.capital and not shouted and word.key not in lists()["never_names"])
            )
            and not named_after(words, starts.get(match.start(), first))
            and (span := _taken(words, first, text))
        ):
            short = match.end() - match.start() <= 6  # "Sra. Molina", "Don Ramiro", and not "la doctora"
            yield Span(match.start() if short else span.start, span.end, "name")
    yield from _bare(words, text, shouted)
    if not shouted:
        yield from capitals.find(words, text)
    yield from _signed(words, text)


def _placed(words: list[Word], first: int, text: str) -> bool:
    """Whether capitals begin the name of an office, a place or a group rather than a person's."""
    key = words[first].key
    return key in PARTICLES or (key not in lists()["known"] and (plain(key) or is_place(key))) or key in lists()["never_names"]


def _likely(word: Word, given: frozenset[str], shouted: bool) -> bool:
    if word.key in lists()["never_names"]:
        return word.capital and not shouted and word.key in given  # "mi hija Abril"
    if not word.capital:
        return word.key in given or foreign(word.key)
    return not shouted and (
        word.key in lists()["known"] or not (word.key in lists()["named_after"] or word.key in lists()["organisations"])
    )


def _taken(words: list[Word], first: int, text: str, *, loose: bool = False) -> Span | None:
    """The name that begins at a word: up to five words, to a mark, a word that is no name, or where capitals end."""
    never, known = lists()["never_names"], lists()["known"]
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
        if word.key in PARTICLES:
            following = words[number + 1] if number + 1 < len(words) else None
            if following is None:
                break
            goes_on = following.key in known or (
                capital
                and following.capital
                and following.key not in never
                and not _town(words, number + 1)
                and not letters(following, text)
            )
            if not goes_on and following.key not in PARTICLES:
                break
            continue
        if word.key in never or (capital and not word.capital and word.key not in known):
            break
        if not capital and word.key not in known and not (loose and number == first + 1 and _ends(words, number, text)):
            break
        last = number
    return Span(words[first].start, words[last].end, "name")


def _town(words: list[Word], number: int) -> bool:
    """Whether a place begins at a word: "Eleuterio Chub de Alta Verapaz"."""
    return is_place(words[number].key) or (number + 1 < len(words) and is_place(words[number].key, words[number + 1].key))


def _family_follows(words: list[Word], first: int) -> bool:
    """Whether a first name that is a month or a day as well stands before a family name: "Julio Ramírez"."""
    following = words[first + 1] if first + 1 < len(words) else None
    return (
        following is not None
        and words[first].key in lists()["given"]
        and words[first].capital
        and following.capital
        and following.key in lists()["family_names"]
    )


def _ends(words: list[Word], number: int, text: str) -> bool:
    """Whether a sentence ends behind a word, or something else begins: "me llamo yulimar tovarez, tengo ..."."""
    end = words[number].end
    return (
        end >= len(text) or text[end] in ",.;\n!?)" or (number + 1 < len(words) and words[number + 1].key in lists()["never_names"])
    )


def _bare(words: list[Word], text: str, shouted: bool) -> Iterator[Span]:
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
                or (following.key in PARTICLES and count + number + 1 < len(words) and words[number + count + 1].key in family)
            ):
                break
            count += 1
        group = words[number : number + count]
        before = words[number - 1].key if number and text[words[number - 1].end : word.start] == " " else ""
        capital = all(one.capital for one in group if one.key not in PARTICLES)
        surname = any(one.key in family for one in group[1:])
        certain = surname and (capital or word.key not in doubtful or count > 2)
        alone = capital and not shouted and word.key not in doubtful
        several = count > 1 and capital and not shouted
        # "en Santiago Rodríguez", "de San José": places are called after people
        place = (
            before in SAINT
            or named_after(words, number)
            or (
                (before in BEFORE_PLACE or _from(words, number, text))
                and (word.key in doubtful or is_place(*(one.key for one in group)))
            )
        )
        if shouted and not place and word.key not in doubtful and _stranger_follows(words, number + count, text):
            count += 1
            certain = True
        if (certain or alone or several) and not place:
            while capital and not shouted and count < 6 and _goes_on(words, number + count, text):
                count += 1
            first = number
            while (
                capital
                and not shouted
                and beside(words, first, text)
                and words[first - 1].capital
                and beside(words, first - 1, text)
            ):
                first -= 1  # "ask for Big Mike"
            yield Span(words[first].start, words[number + count - 1].end, "name")
        number += count


def _from(words: list[Word], number: int, text: str) -> bool:
    """Whether somebody comes from there: "..., de Leticia"."""
    return (
        number > 0
        and words[number - 1].key in ("de", "do", "da", "from")
        and beside(words, number, text)
        and text[: words[number - 1].start].rstrip(" ").endswith(",")
    )


def _stranger_follows(words: list[Word], number: int, text: str) -> bool:
    """Whether a word that nobody uses every day comes next: where everything is in capitals, only that tells a family name."""
    return number < len(words) and beside(words, number, text) and strange(words[number].key)


def _rare(words: list[Word], number: int, text: str) -> bool:
    """A first name that no list has, before a family name that one has: "Yubraska Colmenares"."""
    word, following = words[number], words[number + 1] if number + 1 < len(words) else None
    return (
        following is not None
        and word.capital
        and following.capital
        and len(word.key) > 3
        and not letters(word, text)
        and text[word.end : following.start] == " "
        and following.key in lists()["family_names"]
        and word.key not in lists()["known"]
        and not plain(word.key)
        and not is_place(word.key, following.key)
        and not named_after(words, number)
        and not (number and words[number - 1].key in (BEFORE_PLACE | SAINT) and words[number - 1].end + 1 == word.start)
    )


def _goes_on(words: list[Word], number: int, text: str) -> bool:
    """Whether a word belongs to the name right before it, although no list has it."""
    if number >= len(words):
        return False
    word = words[number]
    if not word.capital or not beside(words, number, text):
        return False
    return word.key in lists()["known"] or not any(
        word.key in one for one in (common(), lists()["never_names"], lists()["named_after"])
    )


def _signed(words: list[Word], text: str) -> Iterator[Span]:
    """A name alone in the last line, or behind a dash or thanks at the end."""
    tail = re.search(
        r"(?:\n|[-–—] ?|\b(?:[Gg]racias|[Tt]hanks|[Tt]hank you|[Oo]brigad[oa]|[Aa]tte|[Bb]endiciones|"
        r"[Ss]aludos|[Aa]braços|[Bb]ye)[.,!]* +)([^\n\d]{2,50})$",
        text.rstrip(),
    )
    if not tail:
        return
    inside = [word for word in words if word.start >= tail.start(1)]
    telling = [word for word in inside if word.key not in PARTICLES]
    known = lists()["known"]
    if (
        1 <= len(telling) <= 4
        and all(word.capital for word in telling)
        and not any(word.key in lists()["never_names"] for word in telling)
    ) and any(word.key in known for word in telling):
        yield Span(inside[0].start, inside[-1].end, "name")
