"""Slips of the finger: a word that nobody knows is read as the one that is meant, where that is plain."""

from __future__ import annotations

import pytest

from bot.understanding.meanings import Meanings
from bot.understanding.sense import Sense
from bot.understanding.slips import MOST, Slips
from bot.understanding.sounds import sounded

WORDS = {
    "doctor": "doctor",
    "abogado": "lawyer",
    "ahogado": "drowned",
    "comida": "food",
    "amenaza": "threat",
    "mata": "kill",
    "casa": "home",
    "cama": "bed",
    "mesa": "",
}
KNOWN = {sounded(word): [name] if name else [] for word, name in WORDS.items()}
SECTIONS = {"doctor": "health", "lawyer": "legal", "drowned": "danger", "food": "food_water_money", "threat": "danger",
            "kill": "danger", "home": "shelter", "bed": "health"}  # fmt: skip


class SomeMeanings(Meanings):
    def __init__(self) -> None:
        self.section = SECTIONS

    def of(self, token: str) -> list[str]:
        return KNOWN.get(token, [])


SLIPS = Slips(SomeMeanings(), KNOWN.__contains__)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("docter", "doctor"),
        ("doctr", "doctor"),
        ("dcotor", "doctor"),
        ("doctoor", "doctor"),
        ("doctorr", "doctor"),
        ("comidas", "comida"),
        ("amenza", "amenaza"),
        ("abgado", "abogado"),
    ],
)
def test_a_letter_wrong_missing_doubled_or_exchanged_is_forgiven(typed: str, meant: str) -> None:
    """Mutation: any one of the four kinds of slip left out; danger preferred where something plain is as near."""
    assert SLIPS.mended([sounded(typed)]) == [sounded(meant)]


@pytest.mark.parametrize("typed", ["doctor", "mesa", "dictar", "matas", "cam", "caza", "cata", "octor", "4comida", "marta"])
def test_other_words_stay_as_they_are(typed: str) -> None:
    """Known ones, those two slips away, short ones, short ones that would speak of danger, those that could be two things, and
    those that begin otherwise. Mutation: any of these limits."""
    assert SLIPS.mended([sounded(typed)]) == [sounded(typed)]


def test_only_so_many_words_of_a_text_are_looked_at() -> None:
    """Mutation: no limit, so that a paste of noise costs a look at each of its words."""
    noise = [f"{'x' * 9}{chr(97 + number)}" for number in range(MOST)]
    typed, meant = sounded("docter"), sounded("doctor")
    assert SLIPS.mended([*noise, typed])[-1] == typed
    assert SLIPS.mended([*noise[1:], typed])[-1] == meant


@pytest.mark.requirement("L-3")
@pytest.mark.parametrize(
    ("typed", "intent"),
    [
        ("docter", "health"),
        ("mdico", "health"),
        ("remdio", "health"),
        ("abgado", "legal"),
        ("advogdo", "legal"),
        ("shleter", "shelter"),
        ("comdia", "food_water_money"),
        ("pscologa", "psychosocial"),
    ],
)
def test_one_misspelt_word_is_enough(typed: str, intent: str) -> None:
    """With the committed words and weights. Mutation: weighing words as they were typed."""
    weighed = Sense.load().weigh(typed)
    assert weighed is not None and weighed.wants[0][1] == intent and weighed.evident
