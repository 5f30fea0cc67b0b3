"""First names that stand in a text without a word before them that would tell.

Here belong names that the lists know, and what stands beside them. Never here: names that no list has (``capitals``).
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.identifying.flat import lists
from bot.identifying.known import common, is_place, plain, strange
from bot.identifying.spans import Span
from bot.identifying.words import BEFORE_PLACE, PARTICLES, SAINT, Word, beside, letters, named_after, told_as_place


def find(words: list[Word], text: str, shouted: bool) -> Iterator[Span]:
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
            or named_after(words, number, text)
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
        and not named_after(words, number, text)
        and not told_as_place(words, number)
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
