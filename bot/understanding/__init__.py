"""Free text to what it seems to be about: what is wanted, kinds of help, topics, places, language. It only ever chooses a screen
(E-9).

Here belongs the recognition inside a sentence: reviewed words and phrases of the catalogs, and the model that weighs the rest.
Never here: commands (``flows.reading`` asks them first), a sentence that a person sees, anything that leaves this process or is
kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot import codes
from bot.understanding.finding import found_in, is_denied
from bot.understanding.sense import Sense, Weighed
from flows.facts import Mention, Places
from flows.intents import INTENT_OF_KIND, INTENT_OF_TOPIC
from flows.kernel import Alarm, Command, Said, Understood, Words
from flows.reading import READ_AT_MOST, fold

if TYPE_CHECKING:
    from bot.lexicon import Lexicon

#: Topics that are never guessed from a sentence that denies them ("no quiero que me llamen").
_NOT_WHEN_DENIED = frozenset({"person", "feedback"})
_NOT_MEANT = {"callback": "person", "complaint": "feedback"}

SURE = 1.3
"""So far the first want leads where it is taken without a question: then it is right 19 times of 20."""
LIKELY = -2.5
"""A want with less is not offered."""
CLEAR = -0.5
"""Nor is one with less where only pieces of words speak for it, as in the name of a town."""
BESIDE = 3.0
"""What is so much less likely than the first is not offered beside it."""
MOST = 3
"""Choices that are offered at most."""
TOLD = 7.0
"""So far a language leads where a text of two words or more tells it."""
ASKS_FOR_IT = 6
"""In a longer text a language that is named is not one that is asked for."""


class Understanding:
    """``read`` a sentence. Reviewed phrases, longest first, and the model beside them."""

    def __init__(self, lexicon: Lexicon, places: Places, sense: Sense | None = None) -> None:
        self._lexicon = lexicon
        self._places = places
        self.sense = sense or Sense.load()

    def event(self, words: Words, country: str = "") -> Said | Command:
        """What words are that are no command by themselves: a language that is asked for ("english please"), or a sentence."""
        understood = self.read(words, country)
        if understood.switch:
            return Command(understood.switch, words)
        return Said(words, understood)

    def alarmed(self, alarm: Alarm) -> Alarm:
        """The same, with what else its words seem to be about."""
        return replace(alarm, understood=self.read(alarm.words)) if alarm.words is not None else alarm

    def read(self, words: Words, country: str = "", weighed: Weighed | None = None) -> Understood:
        """``country`` (ISO code) narrows the places when it is known; ``weighed`` where that was done already."""
        folded = fold(words.reveal())
        tokens = folded.split()
        code = codes.reading(words.reveal()[:READ_AT_MOST]) is not None
        kinds, taken = found_in(tokens, self._lexicon.kinds)
        topics, taken_too = found_in(tokens, self._lexicon.topics)
        denied = {topic for at, topic in topics if topic in _NOT_WHEN_DENIED and is_denied(tokens, at)}
        topics = [(at, topic) for at, topic in topics if not (topic in _NOT_WHEN_DENIED and is_denied(tokens, at))]
        whom = found_in(tokens, self._lexicon.whom)[0]
        remarks = [(at, topic) for at, topic in found_in(tokens, self._lexicon.remarks)[0] if not is_denied(tokens, at)]
        rest = " ".join(token for at, token in enumerate(tokens) if at not in taken and at not in taken_too)
        mention = self._places.mentioned(rest, country) if rest else Mention()
        weighed = weighed or self.sense.weigh(words.reveal())
        named = tuple(INTENT_OF_KIND[kind] for kind in _distinct(kinds)) + tuple(
            INTENT_OF_TOPIC[topic] for topic in _distinct(topics) if topic in INTENT_OF_TOPIC
        )
        intents, sure = self._wanted(weighed, named, denied, tokens)
        foreign = self._lexicon.foreign(tokens)
        return Understood(
            kinds=_distinct(kinds),
            topics=_distinct(topics),
            rumours=_distinct(found_in(tokens, self._lexicon.rumours)[0]),
            intents=intents,
            sure=sure,
            named=bool(intents) and intents[0] in named,
            mention=mention,
            lang=self._language(folded, weighed),
            switch="" if foreign else self._switch(tokens, intents),
            foreign=foreign,
            code=code,
            another=bool(found_in(tokens, self._lexicon.another)[0]),
            whom=_distinct(whom),
            remarks=_distinct(remarks),
        )

    def _wanted(
        self, weighed: Weighed | None, named: tuple[str, ...], denied: set[str], tokens: list[str]
    ) -> tuple[tuple[str, ...], bool]:
        """Wants to offer, likeliest first, and whether the first is plain. A reviewed phrase says what is offered beside the
        likeliest, and what is meant where the model does not know."""
        ranked = [] if weighed is None else [
            (score, intent)
            for score, intent in weighed.wants
            if _NOT_MEANT.get(intent) not in denied and not (intent in _NOT_MEANT and _any_denied(tokens))
        ]  # fmt: skip
        if weighed is None or not ranked or ranked[0][0] < (LIKELY if weighed.evident else CLEAR):
            return named[:MOST], len(named) == 1
        (best, first), (next, _) = ranked[0], ranked[1]
        near = [intent for score, intent in ranked if score >= LIKELY and best - score <= BESIDE]
        offered = tuple(dict.fromkeys((first, *(intent for intent in near if intent in named), *near, *named)))
        return offered[:MOST], best - next >= SURE or named == (first,)

    # -- language

    def language_of(self, words: Words) -> str:
        """The language that a first message is written in, where that is plain."""
        return self._language(fold(words.reveal()), self.sense.weigh(words.reveal()))

    def _language(self, folded: str, weighed: Weighed | None) -> str:
        """The language of a text where its words tell it, else empty. A tie tells nothing."""
        tokens = set(folded.split())
        score = sorted(((len(tokens & marks), lang) for lang, marks in self._lexicon.marks.items()), reverse=True)
        if score[0][0] > score[1][0] + 1:
            return score[0][1]
        if weighed is not None and weighed.lead >= TOLD and len(tokens) > 1:
            return weighed.lang
        return score[0][1] if score[0][0] > score[1][0] else ""

    def _switch(self, tokens: list[str], intents: tuple[str, ...]) -> str:
        """The one of our languages that a short text asks for, in whichever language; empty where it names none or several."""
        if len(tokens) > ASKS_FOR_IT or "language_switch" not in intents[:1]:
            return ""
        named = {code: at for at, token in enumerate(tokens) if (code := self._lexicon.language(token))}
        asked = [code for code, at in named.items() if not is_denied(tokens, at)]
        return asked[0] if len(asked) == 1 else ""


def _any_denied(tokens: list[str]) -> bool:
    """Whether a "no" stands close before a word of calling or complaining."""
    return any(
        is_denied(tokens, at) for at, token in enumerate(tokens) if token.startswith(_CALLS_AND_COMPLAINTS)
    )  # fmt: skip


_CALLS_AND_COMPLAINTS = ("llam", "call", "lig", "contact", "contat", "quej", "queix", "reclam", "compla", "denunci")


def _distinct(found: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(meaning for _, meaning in found))
