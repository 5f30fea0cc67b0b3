"""The figures of docs/evaluation.md do not fall, and sentences reach an answer in few turns. Limits are a little below today's."""

from __future__ import annotations

import pytest

from bot.understanding.examples import ALIKE
from flows.crisis import CLASSES
from flows.facts import INTENTS, LANGS
from flows.reading import fold
from tests.evaluation.sentences import HALVES, figures, sentences, share, together
from tests.evaluation.stories import told
from tests.evaluation.turns import middle


def test_there_are_sentences_enough_of_every_intent_in_both_halves() -> None:
    """Mutation: an intent that nobody measures; a sentence in both halves."""
    for half in HALVES:
        found = sentences(half)
        for lang, least in zip(LANGS, (250, 150, 200), strict=True):
            assert len([one for one in found if one.lang == lang]) >= least
        assert {intent for one in found for intent in one.intents} == set(INTENTS)
        assert len([one for one in found if one.kind in CLASSES]) >= 150
        assert len([one for one in found if one.kind == ALIKE]) >= 90
    assert len({(one.lang, fold(one.text)) for one in sentences()}) == len(sentences())


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("half", HALVES)
def test_the_first_intent_is_acceptable(half: str, lang: str) -> None:
    """Mutation: leaving out the meanings of words, the pieces of words, or the examples of a language."""
    found = figures(half)
    assert share(found.first[lang]) >= FIRST[half], lang


#: Today's figures, less what a handful of sentences may move.
FIRST = {"development": 0.91, "test": 0.87}


@pytest.mark.requirement("E-6")
@pytest.mark.parametrize("half", HALVES)
def test_danger_is_seen_and_seldom_where_there_is_none(half: str) -> None:
    """Mutation: the cues alone (recall 0.67), or no examples of figures of speech."""
    found = figures(half)
    assert share(together(found.danger)) >= 0.97
    assert share(found.ordinary) <= 0.045
    assert share(found.alike) <= 0.14
    assert share(found.card) >= 0.93


@pytest.mark.requirement("L-4")
@pytest.mark.parametrize("half", HALVES)
def test_the_language_is_told(half: str) -> None:
    """Mutation: the language of the lists of marks alone."""
    assert share(together(figures(half).language)) >= 0.97


@pytest.mark.requirement("S-1")
def test_an_answer_takes_few_turns_and_segments() -> None:
    """Every fourth sentence of the test half. Mutation: asking for the country before what was said is looked at."""
    walks = told(sentences("test")[::4], ("sms",))["sms"]
    turns, segments, answered = middle(walks)
    assert turns <= 2
    assert segments <= 4
    assert answered >= 0.9
