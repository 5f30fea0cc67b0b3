"""Names of people: behind "me llamo", "my son", "Dra.", at the end of a letter, or a first name and a family name.

Here belongs where a name ends, and what makes a word one. Never here: the words before it (``before_names``), which names there are
(``data/identifying.toml``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.identifying import bare_names, capitals, nicknames
from bot.identifying.before_names import AM, CONTACT, HOLY, INTRODUCES, KIN, KIN_BEHIND, KIN_OF, RELATION, SAYS, TITLE
from bot.identifying.flat import lists
from bot.identifying.known import did, foreign, is_place, looks_foreign, plain, strange
from bot.identifying.spans import Span
from bot.identifying.words import LOOSELY, PARTICLES, Word, beside, letters, named_after, split

_KIN = re.compile(KIN)
#: "hussein al-rubaye"
_ARABIC = re.compile(r"(?:al|el|bin|ben|abu|ould|abdel?|abdul)-\w{3}", re.I)


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

    for match in SAYS.finditer(folded):
        first = at(match.end())
        if first is not None and words[first].key in ("el", "la", "o", "a") and first + 1 < len(words) and words[first + 1].capital:
            if span := _taken(words, first + 1, text, loose=True):  # "le dicen El Chino"
                yield Span(words[first].start, span.end, "name")
        elif first is not None and (span := _taken(words, first, text, loose=True)):
            yield span
    for match in CONTACT.finditer(folded):
        first = at(match.end())
        if (
            first is not None
            and not shouted
            and words[first].capital
            and not letters(words[first], text)
            and not _placed(words, first, text)
        ) and (span := _taken(words, first, text)):
            yield span
    for match in RELATION.finditer(folded):
        first = at(match.end())
        if (
            first is not None
            and (_likely(words[first], given, shouted) or _spoken_of(words, first, text))
            and (span := _taken(words, first, text))
        ):
            yield span
    for match in KIN_OF.finditer(folded):
        first = at(match.end())
        if (
            first is not None
            and not (letters(words[first], text) and not shouted)
            and _likely(words[first], given, shouted)
            and (words[first].key in given or not _town(words, first))
            and (span := _taken(words, first, text))
        ):
            yield span
    for match in KIN_BEHIND.finditer(folded):
        first = starts.get(match.start("name"))
        if first is not None and words[first].key not in lists()["never_names"]:
            key = words[first].key
            if key in given or (strange(key) and not did(key)):
                yield Span(words[first].start, words[first].end, "name")
    for match in AM.finditer(folded):
        first = at(match.end())
        if first is None or words[first].key in lists()["never_names"]:
            continue
        word = words[first]
        second = first + 1 < len(words) and words[first + 1].key in known and beside(words, first + 1, text)
        if (
            (word.key in given and (word.capital or second or _ends(words, first, text)))
            or (
                word.capital
                and not shouted
                and (second or strange(word.key))
                and not (letters(word, text) and len(word.key) <= 5)  # "eu sou LGBT"
            )
            or (INTRODUCES.search(match[0]) and _introduced(words, first, text))
            or (foreign(word.key) or (strange(word.key) and _ends(words, first, text)))
        ) and (span := _taken(words, first, text)):
            yield span
    for match in TITLE.finditer(folded):
        first = at(match.end())
        if first is None or (match.start() and text[match.start() - 1].isalnum()):
            continue
        word = words[first]
        if word.key in HOLY or text[: match.start()].rstrip().lower().endswith(("nossa", "nuestra")):
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
    yield from nicknames.find(words, starts, text, folded, shouted=shouted)
    yield from bare_names.find(words, text, shouted)
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


def _introduced(words: list[Word], first: int, text: str) -> bool:
    """Whether somebody says who writes: a first name, or a word that is none of every day and of whom is told who that is."""
    key = words[first].key
    if key in lists()["given"]:
        return key not in lists()["doubtful"]
    if not strange(key) or did(key) or first + 1 >= len(words):
        return False
    then = words[first + 1].key
    if then in ("la", "el", "a", "o", "the", "mi", "my") and first + 2 < len(words):
        then = words[first + 2].key
    return _KIN.fullmatch(then) is not None or then in ("again", "otra", "outra", "from")


def _spoken_of(words: list[Word], first: int, text: str) -> bool:
    """Whether a word in small letters behind "my sister" is her name: one that is strange, and then what she did."""
    word = words[first]
    if word.capital or word.key in lists()["never_names"] or plain(word.key) or did(word.key) or text[word.end - 1] in "óòôú":
        return False
    if is_place(word.key) and looks_foreign(word.key):  # "mi cuñada nazareth": no place comes there without "in" or "from"
        return True
    then = words[first + 1].key if first + 1 < len(words) and beside(words, first + 1, text) else ""
    return strange(word.key) and then in lists()["somebody"] - LOOSELY


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
        if (
            not capital
            and word.key not in known
            and not _ARABIC.match(text, word.start)
            and not (loose and number == first + 1 and _ends(words, number, text))
        ):
            break
        last = number
    return Span(words[first].start, words[last].end, "name")


def _town(words: list[Word], number: int) -> bool:
    """Whether a place begins at a word: "Eleuterio Chub de Alta Verapaz"."""
    return is_place(words[number].key) or (number + 1 < len(words) and is_place(words[number].key, words[number + 1].key))


def _ends(words: list[Word], number: int, text: str) -> bool:
    """Whether a sentence ends behind a word, or something else begins: "me llamo yulimar tovarez, tengo ..."."""
    end = words[number].end
    return (
        end >= len(text) or text[end] in ",.;\n!?)" or (number + 1 < len(words) and words[number + 1].key in lists()["never_names"])
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
