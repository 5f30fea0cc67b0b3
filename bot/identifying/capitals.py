"""Names that no list has: words in a row that begin with a capital letter and are no place, office or everyday word.

Here belongs what the capitals themselves tell. Never here: the words before a name (``names``).
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.identifying.flat import lists
from bot.identifying.known import common, did, foreign, is_place, plain, strange, unknown
from bot.identifying.spans import Span
from bot.identifying.words import BEFORE_PLACE, LOOSELY, PARTICLES, SAINT, Word, beside, letters, named_after, told_as_place

_TOWARDS = frozenset(("de", "del", "a", "al", "para", "pra", "por", "do", "da", "no", "na", "to", "of"))
_AND = frozenset(("y", "e", "and"))
#: Between somebody and what somebody does, or between two people: a single capital behind these is a name.
_TELLING = _AND | frozenset(
    (
        "con",
        "with",
        "com",
        "cuando",
        "when",
        "quando",
        "porque",
        "because",
        "que",
        "that",
        "es",
        "is",
        "si",
        "if",
        "mientras",
        "while",
        "enquanto",
    )
)
#: Somebody may follow what somebody did: "vino Wiliams", "disse Enmanuel".
_SAID = frozenset(
    (
        "vino",
        "llego",
        "dijo",
        "murio",
        "llamo",
        "fue",
        "veio",
        "chegou",
        "disse",
        "ligou",
        "morreu",
        "salio",
        "volvio",
        "escribio",
        "aviso",
        "said",
    )
)
#: "está" without its accent, and what is given to somebody.
_THIS = frozenset(("esta", "les", "le", "se"))
_ARTICLES = frozenset(("el", "la", "lo", "los", "las", "o", "a", "os", "as", "un", "una", "um", "uma", "the", "an"))


def find(words: list[Word], text: str) -> Iterator[Span]:
    """Spans of names; ``words`` are those of ``text``, which is not written in capitals throughout."""
    number = 0
    while number < len(words):
        if not words[number].capital or letters(words[number], text):
            number += 1
            continue
        last = number
        for following in range(number + 1, min(len(words), number + 8)):
            if not beside(words, following, text):
                break
            if words[following].capital:
                last = following
            elif words[following].key not in PARTICLES:
                break
        yield from _named(words, number, last, text)
        number = last + 1


def _named(words: list[Word], first: int, last: int, text: str) -> Iterator[Span]:
    opening = _opens(words, first, text)
    if opening and first < last and _set_aside(words[first]):
        first += 1  # "Ayer Farida Noorzai", "Client Farida Noorzai"
        while first < last and words[first].key in PARTICLES:
            first += 1
        opening = False
    telling = [word for word in words[first : last + 1] if word.key not in PARTICLES]
    if (
        not telling
        or any(letters(word, text) for word in telling)
        or named_after(words, first, text)
        or told_as_place(words, first)
    ):
        return
    if any(_plain(word) for word in telling):
        return
    known = [word for word in telling if word.key in lists()["known"]]
    before = words[first - 1].key if beside(words, first, text) else ""
    if before in SAINT or words[first].key in SAINT or (not known and _goes_there(words, first, before)):
        return
    if len(telling) == 1:
        if _single(words, words.index(telling[0], first), text, opening, before):
            yield Span(telling[0].start, telling[0].end, "name")
        return
    if not known and any(len(word.key) < 3 for word in telling[1:]):
        return
    if _somewhere(words[first : last + 1], telling, known):
        return
    yield Span(words[first].start, words[last].end, "name")


def _single(words: list[Word], number: int, text: str, opening: bool, before: str) -> bool:
    """Whether one capital alone is somebody, by what stands around it."""
    key = words[number].key
    then = words[number + 1].key if number + 1 < len(words) and beside(words, number + 1, text) else ""
    if opening and then:  # "Keyberth y su hermano", "Yurbis me pasó"
        if then not in lists()["somebody"] or _listed(words, number, text) or did(key):
            return False
        first_person = key.endswith("o") and then in _THIS  # "Firmo esta queja", and not "Wilmar esta enfermo"
        return foreign(key) if then in LOOSELY or first_person else unknown(key)  # "Colchoneta y cobija", "Racismo no posto"
    if opening and _between_commas(words, number, text):  # "la enfermera jefe, Rosmira, me cerró la puerta"
        return words[number + 1].key in lists()["somebody"] and strange(key)
    if opening:  # "Gracias por todo. Maigualida"
        signed = number + 1 == len(words) and number > 2 and text[: words[number].start].rstrip()[-1:] in ".!\n"
        return signed and unknown(key) and not did(key)
    does = then in lists()["somebody"] and then not in _AND
    if before in _ARTICLES or words[number - 1].capital:  # "A Yuliannys está com dor"
        return (does and strange(key)) or (not words[number - 1].capital and foreign(key))
    if before in _TOWARDS or (before in _AND and _shop(words[number - 2])):
        return False
    return (does or before in _TELLING or before in _SAID) and strange(key)


def _shop(word: Word) -> bool:
    """Whether what stands before "and" has a name of its own and is nobody: "FlixBus and Megabus"."""
    return word.capital and word.key not in lists()["known"]


def _opens(words: list[Word], number: int, text: str) -> bool:
    """Whether a word begins a sentence, where everybody writes a capital."""
    return number == 0 or not beside(words, number, text)


def _listed(words: list[Word], number: int, text: str) -> bool:
    """Whether a word comes behind a comma and another name: "Greyhound, FlixBus and Megabus", and not "Buenas, Yurbis me pasó"."""
    before = words[number - 1] if number and text[: words[number].start].rstrip(" ").endswith(",") else None
    return before is not None and before.capital and before.key not in lists()["never_names"] and before.key not in common()


def _between_commas(words: list[Word], number: int, text: str) -> bool:
    """Whether a word stands alone between two commas, behind one in small letters: said of somebody who was just spoken of."""
    return (
        0 < number < len(words) - 1
        and not words[number - 1].capital
        and text[words[number - 1].end : words[number].start] == ", "
        and text[words[number].end : words[number + 1].start] == ", "
    )


def _set_aside(word: Word) -> bool:
    if word.key in lists()["known"] or word.key in lists()["named_after"]:
        return word.key in lists()["never_names"]
    return word.key in lists()["never_names"] or word.key in common() or did(word.key)


def _plain(word: Word) -> bool:
    """Whether a word of a row makes it no name: one of everyday, of an office, a country ..."""
    return word.key not in lists()["known"] and plain(word.key)


def _goes_there(words: list[Word], first: int, before: str) -> bool:
    if before in BEFORE_PLACE or before == "from":
        return True
    return before in _TOWARDS and first > 1 and words[first - 2].key in lists()["coming"]


def _somewhere(row: list[Word], telling: list[Word], known: list[Word]) -> bool:
    """Whether a row of words is a place, begins with one, is something of a place, or is made of nothing else."""
    keys = [word.key for word in telling]
    if row[0].key in SAINT or is_place(*(word.key for word in row)) or is_place(*keys) or (len(keys) > 2 and is_place(*keys[:2])):
        return True
    if len(row) > 2 and row[-2].key in ("de", "do", "da", "del") and row[0].key not in lists()["known"]:
        return row[-1].key in lists()["never_names"] or is_place(row[-1].key)
    return len(known) < len(telling) and all(is_place(key) for key in keys)
