"""Names of people: behind "me llamo", "my son", "Dra.", at the end of a letter, or a first name and a family name.

Here belongs what makes a word behind such words a name. Never here: those words (``before_names``), where a name ends (``extent``),
names told behind a comma or of whose things is spoken (``appositions``, ``possessors``), which names there are
(``data/identifying.toml``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.identifying import appositions, bare_names, capitals, nicknames, possessors
from bot.identifying.before_names import AM, CONTACT, FORM, HOLY, INTRODUCES, KIN, KIN_BEHIND, KIN_OF, NAMED, RELATION, SAYS, TITLE
from bot.identifying.extent import ends, taken, town
from bot.identifying.flat import lists
from bot.identifying.known import did, foreign, is_place, looks_foreign, may_be_of_a_name, plain, strange
from bot.identifying.spans import Span
from bot.identifying.words import LOOSELY, PARTICLES, Word, beside, letters, named_after, split

_KIN = re.compile(KIN)
#: Something may be said of the name as well.
_NAME_IS = re.compile(r"\bn(?:ames?|ombres?|ome) ?(?:del[ea] )?(?:is|are|es|son|e) +$")
#: Behind the name of who writes.
_STILL = frozenset(("again", "otra", "outra", "from", "here", "aqui", "aca"))


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
        if first is not None and _NAME_IS.search(match[0]) and _said_of_it(words[first]):
            continue
        if first is not None and words[first].key in ("el", "la", "o", "a") and first + 1 < len(words) and words[first + 1].capital:
            if span := taken(words, first + 1, text, loose=True):  # "le dicen El Chino"
                yield Span(words[first].start, span.end, "name")
        elif first is not None and (span := taken(words, first, text, loose=True)):
            yield span
    for pattern in (NAMED, FORM):
        for match in pattern.finditer(folded):
            first = at(match.end())
            if first is not None and (
                may_be_of_a_name(words[first].key)
                or (words[first].capital and not shouted and pattern is NAMED and not _placed(words, first, text, plainly=True))
            ):
                span = taken(words, first, text, loose=True)
                if span and (pattern is NAMED or span.end > words[first].end):
                    yield span
    for match in CONTACT.finditer(folded):
        first = at(match.end())
        if (
            first is not None
            and not shouted
            and words[first].capital
            and not letters(words[first], text)
            and not _placed(words, first, text)
        ) and (span := taken(words, first, text)):
            yield span
    for match in RELATION.finditer(folded):
        first = at(match.end())
        if (
            first is not None
            and (_likely(words[first], given, shouted) or _spoken_of(words, first, text))
            and (span := taken(words, first, text))
        ):
            yield span
    for match in KIN_OF.finditer(folded):
        first = at(match.end())
        if (
            first is not None
            and not (letters(words[first], text) and not shouted)
            and _likely(words[first], given, shouted)
            and (words[first].key in given or not town(words, first))
            and (span := taken(words, first, text))
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
            (word.key in given and (word.capital or second or ends(words, first, text)))
            or (
                word.capital
                and not shouted
                and (second or strange(word.key))
                and not (letters(word, text) and len(word.key) <= 5)  # "eu sou LGBT"
            )
            or (INTRODUCES.search(match[0]) and _introduced(words, first, text))
            or (foreign(word.key) or (strange(word.key) and ends(words, first, text)))
        ) and (span := taken(words, first, text)):
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
            and not named_after(words, starts.get(match.start(), first), text)
            and (span := taken(words, first, text))
        ):
            short = match.end() - match.start() <= 6  # "Sra. Molina", "Don Ramiro", and not "la doctora"
            yield Span(match.start() if short else span.start, span.end, "name")
    yield from appositions.find(words, starts, text, folded, shouted=shouted)
    yield from possessors.find(words, starts, text, folded, shouted=shouted)
    yield from nicknames.find(words, starts, text, folded, shouted=shouted)
    yield from bare_names.find(words, text, shouted)
    if not shouted:
        yield from capitals.find(words, text)
    yield from _signed(words, text)


def _placed(words: list[Word], first: int, text: str, *, plainly: bool = False) -> bool:
    """Whether capitals begin the name of an office, a place or a group rather than a person's; ``plainly``: by a word for such."""
    key = words[first].key
    if plainly:
        return key in PARTICLES or any(key in lists()[name] for name in ("never_names", "named_after", "organisations"))
    return key in PARTICLES or (key not in lists()["known"] and (plain(key) or is_place(key))) or key in lists()["never_names"]


def _said_of_it(word: Word) -> bool:
    """Whether a word says how a name is: "my name is spelled wrong"."""
    return not word.capital and plain(word.key) and word.key not in lists()["known"]


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
    if then == "de":  # "es kender de nuevo", and not "es tachirense de Rubio"
        return first + 2 < len(words) and words[first + 2].key in ("nuevo", "novo", "ayer", "ontem")
    return _KIN.fullmatch(then) is not None or then in _STILL


def _spoken_of(words: list[Word], first: int, text: str) -> bool:
    """Whether a word in small letters behind "my sister" is her name: one that is strange, and then what she did."""
    word = words[first]
    if word.capital or word.key in lists()["never_names"] or plain(word.key) or did(word.key) or text[word.end - 1] in "óòôú":
        return False
    if is_place(word.key) and looks_foreign(word.key):  # "mi cuñada nazareth": no place comes there without "in" or "from"
        return True
    then = words[first + 1].key if first + 1 < len(words) and beside(words, first + 1, text) else ""
    return strange(word.key) and then in lists()["somebody"] - LOOSELY


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
