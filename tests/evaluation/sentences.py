"""The sentences to measure with, and the figures of any of them.

Here belongs how ``development/<lang>.txt`` and ``test/<lang>.txt`` are read and counted. Never here: a sentence, a limit. Those of
``development`` may be looked at: words and limits are chosen by them. Those of ``test`` were written apart from all others and are
only counted; whoever mends something because of one of them moves it to the others, and writes another.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from bot.understand_command import Reader
from bot.understanding.examples import ALIKE, lines
from flows.crisis import CLASSES
from flows.facts import LANGS

HERE = Path(__file__).parent
HALVES = ("development", "test")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and what is right for it."""

    lang: str
    intents: tuple[str, ...]
    kind: str
    """A class of danger, ``ORDINARY``, or ``ALIKE``: what only sounds urgent."""
    text: str
    half: str
    """``development`` or ``test``."""


@cache
def sentences(half: str = "") -> tuple[Sentence, ...]:
    """All of them, or one half. Raises ContentError, which names the line that is wrong."""
    return tuple(
        Sentence(lang, line.intents, line.kind, line.text, part)
        for part in HALVES
        for lang in LANGS
        for line in lines(HERE / part / f"{lang}.txt")
        if half in ("", part)
    )


@dataclass(slots=True)
class Figures:
    """What was right of some sentences."""

    first: dict[str, list[bool]] = field(default_factory=dict)
    """language -> for each sentence: the first intent is one of the acceptable"""
    language: dict[str, list[bool]] = field(default_factory=dict)
    danger: dict[str, list[bool]] = field(default_factory=dict)
    """language -> for each sentence about danger: a card"""
    card: list[bool] = field(default_factory=list)
    """For each card where there is danger: of the right class."""
    ordinary: list[bool] = field(default_factory=list)
    """For each ordinary sentence: a card all the same."""
    alike: list[bool] = field(default_factory=list)
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(acceptable, taken for), of those that went wrong"""
    wrong: list[str] = field(default_factory=list)


@cache
def reader() -> Reader:
    return Reader()


@cache
def figures(half: str) -> Figures:
    """The figures of one half, by the same way that ``python -m bot understand`` takes."""
    told = Figures()
    for one in sentences(half):
        answer = reader().answer({"text": one.text}, "intent")
        right = answer["intents"][0] in one.intents
        told.first.setdefault(one.lang, []).append(right)
        told.language.setdefault(one.lang, []).append(answer["lang"] == one.lang)
        if not right:
            told.confused[one.intents[0], answer["intents"][0]] += 1
            told.wrong.append(f"{one.text} -> {answer['intents'][0]}, not {' or '.join(one.intents)}")
        if one.kind in CLASSES:
            told.danger.setdefault(one.lang, []).append(answer["crisis"])
            if answer["crisis"]:
                told.card.append(answer["crisis_class"] == one.kind)
            else:
                told.wrong.append(f"{one.text} -> no card, not {one.kind}")
        else:
            (told.alike if one.kind == ALIKE else told.ordinary).append(answer["crisis"])
            if answer["crisis"]:
                told.wrong.append(f"{one.text} -> card {answer['crisis_class']}, not none")
    return told


def share(answers: list[bool]) -> float:
    """Of one, what part is true."""
    return sum(answers) / len(answers) if answers else 0.0


def together(by_lang: dict[str, list[bool]]) -> list[bool]:
    return [one for answers in by_lang.values() for one in answers]
