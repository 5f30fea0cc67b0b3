"""What the model makes of a text: the wants in their order, how near to danger it is, and its language.

Here belongs how the scores are read. Never here: a screen, an event, a text that is kept.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from bot.understanding.features import bag
from bot.understanding.meanings import Meanings
from bot.understanding.model import Model
from bot.understanding.questions import DANGER, DANGERS, LANGUAGE, WANTS
from bot.understanding.slips import Slips
from bot.understanding.sounds import level, tokens
from flows.facts import INTENTS, LANGS

_SPEAKING = frozenset(f"%{intent}" for intent in INTENTS if intent != "other")

_SEVERAL = 2

WINDOW = 36
"""Words of a long text that are looked at together for danger, beside all of them: one cry in a long story is not drowned."""
STEP = 24


class Weighed(NamedTuple):
    """A text, weighed."""

    wants: tuple[tuple[float, str], ...]
    """(score, intent), likeliest first."""
    danger: str
    """The class of danger that it is most like."""
    alarm: float
    """How much more it is like that than like no danger; below 0 for most texts."""
    dangers: dict[str, float]
    """Class of danger -> how much more it is like that than like none."""
    lang: str
    lead: float
    """How far that language leads before the next."""
    evident: bool
    """A word or phrase with a known meaning speaks of a want; else only pieces of words do."""
    grave: bool
    """One speaks of danger, or several of anything."""


class Sense:
    """The meanings of words and the model. Built once; read-only afterwards; keeps nothing of any text."""

    def __init__(self, meanings: Meanings, model: Model) -> None:
        self.meanings = meanings
        self._model = model
        self._slips = Slips(meanings, model.knows)

    @classmethod
    @cache
    def load(cls) -> Sense:
        """The committed one, once in a process. Raises ContentError, which says what to do."""
        return cls(Meanings.load(), Model.load())

    def weigh(self, text: str, *, as_typed: bool = False) -> Weighed | None:
        """None where nothing in the text is known. ``as_typed``: slips of the finger are not mended."""
        words = tokens(level(text), self.meanings.spellings)
        if not as_typed:
            words = self._slips.mended(words)
        if not any(word.isalpha() for word in words):
            return None
        whole = self._weighed(words)
        if whole is None or len(words) <= WINDOW:
            return whole
        for start in range(0, len(words) - STEP, STEP):
            part = self._weighed(words[start : start + WINDOW])
            if part is not None and part.alarm > whole.alarm:
                whole = whole._replace(danger=part.danger, alarm=part.alarm, dangers=part.dangers, grave=part.grave)
        return whole

    def _weighed(self, words: list[str]) -> Weighed | None:
        features = bag(words, self.meanings)
        scores = self._model.scores(features)
        if scores is None:
            return None
        none, *classes = scores[DANGER]
        dangers = {kind: score - none for kind, score in zip(DANGERS[1:], classes, strict=True)}
        danger = max(dangers, key=dangers.__getitem__)
        (first, lang), (second, _), *_ = sorted(zip(scores[LANGUAGE], LANGS, strict=True), reverse=True)
        wants = tuple(sorted(zip(scores[WANTS], INTENTS, strict=True), reverse=True))
        grave = "%danger" in features or sum(feature.startswith("@") for feature in features) >= _SEVERAL
        evident = not _SPEAKING.isdisjoint(features)
        return Weighed(wants, danger, dangers[danger], dangers, lang, first - second, evident, grave)

    def names(self, text: str, meaning: str) -> bool:
        """Whether a word or phrase of this meaning is in the text."""
        words = tokens(level(text), self.meanings.spellings)
        return any(meaning in names for names, _ in self.meanings.found(words))
