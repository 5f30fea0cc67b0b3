"""Free text to what it seems to be about. It only ever chooses a screen, and never guesses against what is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding import Understanding
from flows.facts import KINDS, LANGS
from flows.kernel import Understood, Words
from flows.services import TOPICS
from tests.flows.phrases import ORDINARY
from tests.flows.test_kernel import typed
from tests.flows.world import CUCUTA, SAN_CRISTOBAL_MX, SAN_CRISTOBAL_VE, TAPACHULA, SomePlaces, lexicon

UNDERSTANDING = Understanding(lexicon(), SomePlaces())


def read(text: str, country: str = "") -> Understood:
    return UNDERSTANDING.read(Words(text), country)


@pytest.mark.parametrize(
    ("text", "kinds", "places"),
    [
        ("necesito un DOCTOR en Tapachula, por favor!!", ("health",), (TAPACHULA,)),
        ("doctora tapachula", ("health",), (TAPACHULA,)),
        ("tapachula: donde hay un abogado", ("legal",), (TAPACHULA,)),
        ("where can i find a lawyer in cucuta", ("legal",), (CUCUTA,)),
        ("preciso de um psicólogo em cúcuta", ("mhpss",), (CUCUTA,)),
        ("abogado y doctor", ("legal", "health"), ()),
        ("somewhere to stay tonight", ("safety",), ()),
        ("busco a mi hermano", ("family-tracing",), ()),
        ("xyzzy", (), ()),
        ("", (), ()),
    ],
)
def test_needs_and_places_inside_a_sentence(text: str, kinds: tuple[str, ...], places: tuple[object, ...]) -> None:
    """Mutation: looking for the whole text only, or leaving the words of a need in the search for a place."""
    found = read(text)
    assert found.kinds == kinds
    assert found.mention.places == places


def test_the_country_that_is_known_narrows_a_name() -> None:
    """Mutation: not handing it on."""
    assert read("doctor en cucuta", "CO").mention.places == (CUCUTA,)
    assert read("doctor en cucuta", "MX").mention.places == ()
    assert SAN_CRISTOBAL_MX.name == SAN_CRISTOBAL_VE.name


@pytest.mark.parametrize("lang", LANGS)
def test_every_phrase_of_a_need_is_found_in_the_middle_of_a_text(lang: str) -> None:
    """Mutation: a longest phrase shorter than those of the catalogs; the first word of a phrase taken for another need."""
    for kind in KINDS:
        for phrase in typed(lang, f"words.kind.{kind.replace('-', '_')}"):
            assert kind in read(f"xx {phrase} yy").kinds, phrase
    for topic in TOPICS:
        for phrase in typed(lang, f"words.topic.{topic}"):
            assert topic in read(f"xx {phrase} yy").topics, phrase


@pytest.mark.requirement("E-10")
@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("person", "no quiero que me llamen"),
        ("person", "por favor no me quiero hablar con alguien"),
        ("person", "i don't want to talk to a person"),
        ("person", "please do not call me"),
        ("person", "não quero falar com alguém"),
        ("person", "nunca falar com uma pessoa"),
        ("feedback", "no tengo queja"),
        ("feedback", "this is not a complaint"),
        ("feedback", "no quiero quejarme"),
        ("feedback", "não é uma reclamação"),
        ("feedback", "sin queja"),
    ],
)
def test_a_call_or_a_complaint_that_is_denied_is_never_guessed(topic: str, text: str) -> None:
    """Mutation: leaving out the denial, or looking only at the word right before."""
    assert topic not in read(text).topics


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("person", "quiero hablar con una persona ya"),
        ("feedback", "tengo una queja del albergue"),
        ("feedback", "i want to make a complaint"),
        ("rights", "cuales son mis derechos aqui"),
        ("basics", "no tengo comida"),
        ("privacy", "my data please"),
    ],
)
def test_what_is_asked_for_is_found(topic: str, text: str) -> None:
    """Mutation: taking every text with a "no" for a denial: "no tengo comida" asks for food."""
    assert topic in read(text).topics


@pytest.mark.requirement("L-4")
@pytest.mark.parametrize("lang", LANGS)
def test_ordinary_sentences_tell_their_language_or_nothing(lang: str) -> None:
    """Mutation: the first language on a tie; single words that two languages share."""
    told = [UNDERSTANDING.language_of(Words(phrase)) for phrase in ORDINARY[lang]]
    wrong = [phrase for phrase, found in zip(ORDINARY[lang], told, strict=True) if found not in (lang, "")]
    assert len(wrong) / len(told) <= 0.03, wrong
    assert sum(found == lang for found in told) / len(told) >= 0.4


@pytest.mark.parametrize("text", ["", "hospital", "no", "ok", "12", "doctor", "👍"])
def test_what_tells_no_language_tells_none(text: str) -> None:
    """Mutation: guessing from a word that several languages share."""
    assert UNDERSTANDING.language_of(Words(text)) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0412 375 908 269", True),
        ("mi codigo es 0412-375-908-269 y busco un doctor", True),
        ("0412 375 908 264", False),
        ("tengo un codigo", False),
        ("hola " * 400 + "0412 375 908 269", False),
    ],
)
def test_a_code_in_a_text_is_seen_and_is_none_of_what_is_understood(text: str, code: bool) -> None:
    """Mutation: thirteen digits without a look at the last one; reading without a bound; the digits among what is told."""
    found = read(text)
    assert found.code is code
    assert "0412" not in repr(found)


@given(st.text(max_size=200))
def test_any_text_is_read_into_closed_sets(text: str) -> None:
    """Nothing of the text itself can come out. Mutation: a free word among the kinds or topics."""
    found = read(text)
    assert set(found.kinds) <= set(KINDS)
    assert set(found.topics) <= set(TOPICS)
    assert found.lang in ("", *LANGS)
