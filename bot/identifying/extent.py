"""Where a name ends that begins at a word.

Never here: what makes a word the beginning of a name (``names``, ``appositions``, ``possessors``).
"""

from __future__ import annotations

import re

from bot.identifying.flat import lists
from bot.identifying.known import is_place, may_be_of_a_name
from bot.identifying.spans import Span
from bot.identifying.words import PARTICLES, Word, letters

#: "hussein al-rubaye"
_ARABIC = re.compile(r"(?:al|el|bin|ben|abu|ould|abdel?|abdul)-\w{3}", re.I)

#: "li na zhang"
_SYLLABLES = frozenset(("na", "an"))


def taken(words: list[Word], first: int, text: str, *, loose: bool = False) -> Span | None:
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
                and not town(words, number + 1)
                and not letters(following, text)
            )
            if not goes_on and following.key not in PARTICLES:
                break
            continue
        if loose and not capital and word.key in _SYLLABLES and number + 1 < len(words) and may_be_of_a_name(words[number + 1].key):
            continue
        if word.key in never or (capital and not word.capital and word.key not in known):
            break
        if (
            not capital
            and word.key not in known
            and not _ARABIC.match(text, word.start)
            and not (loose and (may_be_of_a_name(word.key) or (number == first + 1 and ends(words, number, text))))
        ):
            break
        last = number
    return Span(words[first].start, words[last].end, "name")


def town(words: list[Word], number: int) -> bool:
    """Whether a place begins at a word: "Eleuterio Chub de Alta Verapaz"."""
    return is_place(words[number].key) or (number + 1 < len(words) and is_place(words[number].key, words[number + 1].key))


def ends(words: list[Word], number: int, text: str) -> bool:
    """Whether a sentence ends behind a word, or something else begins: "me llamo yulimar tovarez, tengo ..."."""
    end = words[number].end
    return (
        end >= len(text) or text[end] in ",.;\n!?)" or (number + 1 < len(words) and words[number + 1].key in lists()["never_names"])
    )
