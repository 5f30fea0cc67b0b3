"""The weights: made by one command out of the examples, quick to read and to use, and never upset by what arrives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding import Understanding, examples
from bot.understanding.building import build, made
from bot.understanding.danger import Danger
from bot.understanding.features import features
from bot.understanding.meanings import Meanings
from bot.understanding.model import FILE, Model, packed, unpacked
from bot.understanding.questions import COLUMNS, DANGERS
from bot.understanding.sense import Sense
from bot.understanding.sounds import MOST_WORDS, level, sounded, tokens
from bot.wording import CONTENT, ContentError
from flows.crisis import CLASSES, Cues
from flows.facts import INTENTS, LANGS
from flows.kernel import Words
from flows.reading import clauses
from tests.flows.world import SomePlaces, lexicon

SENSE = Sense.load()
UNDERSTANDING = Understanding(lexicon(), SomePlaces())


def test_the_committed_weights_are_those_of_the_examples() -> None:
    """However the file is compressed. Mutation: a new example without ``python -m bot understand --build``."""
    again, _ = made()
    assert unpacked(again) == unpacked(FILE.read_bytes()), "run: python -m bot understand --build"


def test_there_are_examples_enough_of_everything() -> None:
    """Mutation: an intent or a class that one language forgot."""
    found = examples.load()
    assert len(found) >= 1_500
    for lang in LANGS:
        own = [one for one in found if one.lang == lang]
        assert all(sum(intent in one.intents for one in own) >= 25 for intent in INTENTS)
        assert all(sum(kind == one.danger for one in own) >= 15 for kind in DANGERS)


def test_a_wrong_example_is_named(tmp_path: Path) -> None:
    """Whoever adds one and does not program must be told which line to mend. Mutation: skipping what is unknown."""
    for lang in LANGS:
        folder = tmp_path / lang / "examples"
        folder.mkdir(parents=True)
        (folder / "intents.toml").write_text('health = "doctor"\n', encoding="utf-8")
        (folder / "danger.toml").write_text('none = "hola"\n', encoding="utf-8")
    assert {one.text for one in examples.load(tmp_path)} == {"doctor", "hola"}
    wrong = tmp_path / "pt" / "examples"
    for file, text, says in (
        ("intents.toml", 'helth = "x"\n', "helth is no intent"),
        ("intents.toml", 'health = "meu {kin}"\n', "names the group kin"),
        ("intents.toml", "health = x\n", "cannot be read"),
        ("danger.toml", 'Z = "x"\n', "Z is no class of danger"),
    ):
        kept = (wrong / file).read_text(encoding="utf-8")
        (wrong / file).write_text(text, encoding="utf-8")
        with pytest.raises(ContentError, match=says):
            examples.load(tmp_path)
        (wrong / file).write_text(kept, encoding="utf-8")
    with pytest.raises(ContentError, match=r"words\.toml is missing"):
        Meanings.load(tmp_path)
    with pytest.raises(ContentError, match="no section"):
        Meanings({"helth": {}}, tmp_path)
    with pytest.raises(ContentError, match="fewer than three"):
        Meanings({"health": {"a": "ab*"}}, tmp_path)
    with pytest.raises(ContentError, match="two sections"):
        Meanings({"health": {"a": "x"}, "legal": {"a": "y"}}, tmp_path)


def test_a_sentence_in_both_files_is_wanted_as_one_says_and_dangerous_as_the_other_does() -> None:
    """Mutation: the file that is read first wins."""
    both = [one for one in examples.load() if one.intents and one.danger in CLASSES]
    assert {one.danger for one in both} >= {"E"}


def test_weights_survive_being_written_and_read(tmp_path: Path) -> None:
    """Mutation: columns and features exchanged, or a weight that wraps around."""
    rows = [[(column * 7 + at * 11) % 255 - 127 for column in range(len(COLUMNS))] for at in range(3)]
    file = tmp_path / "weights"
    file.write_bytes(packed(["@a", "b", "~c"], rows, 0.5))
    model = Model.load(file)
    assert model.scores({"unknown"}) is None
    for name, row in zip(("@a", "b", "~c"), rows, strict=True):
        assert model.scores({name}) == [weight * 0.5 for weight in row]
    file.write_bytes(b"nothing")
    with pytest.raises(ContentError, match="--build"):
        Model.load(file)
    with pytest.raises(ContentError, match="--build"):
        Model.load(tmp_path / "missing")


def test_one_command_writes_the_file(tmp_path: Path) -> None:
    """Mutation: weights that depend on the order of a set. Built from three sentences, twice."""
    for lang in LANGS:
        folder = tmp_path / lang / "examples"
        folder.mkdir(parents=True)
        (folder / "intents.toml").write_text('health = "un doctor\\nuna doctora"\nlegal = "un abogado"\n', encoding="utf-8")
        (folder / "danger.toml").write_text('A = "quiero morir"\nnone = "hola"\n', encoding="utf-8")
    (tmp_path / "words.toml").write_text((CONTENT / "words.toml").read_text(encoding="utf-8"), encoding="utf-8")
    one, two = tmp_path / "one", tmp_path / "two"
    assert "sentences" in build(tmp_path, one)
    build(tmp_path, two)
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("kiero", "quiero"),
        ("qiero", "quiero"),
        ("nesesito", "necesito"),
        ("aser", "hacer"),
        ("bacuna", "vacuna"),
        ("caye", "calle"),
    ],
)
def test_what_sounds_alike_is_one_word(typed: str, same: str) -> None:
    """Mutation: dropping a row of the sounds."""
    assert sounded(typed) == sounded(same)


def test_chat_spelling_is_written_out_and_ages_of_children_are_seen() -> None:
    """Mutation: looking up the sounded word instead of the typed one."""
    spelt = SENSE.meanings.spellings
    assert tokens(level("xq u no pls"), spelt) == tokens(level("porque you no please"), spelt)
    assert tokens("13", spelt) == tokens("9", spelt) != tokens("40", spelt)


@pytest.mark.requirement("E-10")
@pytest.mark.parametrize(
    "text",
    [
        "no quiero que me llamen", "por favor no me llamen", "que nadie me llame", "no me quejo", "no es una queja",
        "i dont want a call", "please do not call me", "this is not a complaint", "im not complaining",
        "nao quero que me liguem", "ninguem me ligue por favor", "nao é uma reclamação", "nao to reclamando",
    ],
)  # fmt: skip
def test_a_call_or_a_complaint_that_is_denied_is_offered_by_no_model(text: str) -> None:
    """Mutation: looking for denials in the reviewed phrases only."""
    assert not {"callback", "complaint"} & set(UNDERSTANDING.read(Words(text)).intents)


@pytest.mark.requirement("E-6")
def test_a_cue_is_doubted_only_by_a_model_that_is_all_but_sure() -> None:
    """And the model is believed without one. Mutation: either opinion alone."""
    heard = Danger(Cues([("B", "zarza")], (), ()), SENSE)
    assert heard.find("zarza") == "B", "what the model does not know is left to the cue"
    assert heard.find(clauses("donde hay una zarza para mi hija, necesito pañales y comida para el bebe")) == ""
    assert heard.find(clauses("mi marido me esta pegando con un palo")) == "B"
    assert heard.find(clauses("quiero quitarme la vida esta noche")) == "A"
    assert heard.find(clauses("busco un doctor")) == ""


@pytest.mark.requirement("E-6")
def test_somebody_who_is_watched_is_never_guessed_without_a_telling_word() -> None:
    """Class I hides everything else. Mutation: taking the model's class as it is."""
    heard = Danger(Cues([("A", "nothing like that")], (), ()), SENSE)
    assert heard.find(clauses("mi marido esta leyendo lo que escribo")) == "I"
    for text in ("mi marido esta aqui en la casa", "no puedo hablar hoy", "my husband is here with me", "ele esta aqui comigo"):
        assert heard.find(clauses(text)) != "I", text


@pytest.mark.requirement("L-4")
@pytest.mark.parametrize(
    ("text", "switch"),
    [
        ("english please", "en"), ("en español por favor", "es"), ("quero em português", "pt"), ("can you speak spanish", "es"),
        ("no hablo ingles", ""), ("inglés o portugués", ""), ("perdí mi pasaporte español", ""),
    ],
)  # fmt: skip
def test_a_language_is_asked_for_in_a_short_text(text: str, switch: str) -> None:
    """Mutation: any text that names one; a language that is denied."""
    assert UNDERSTANDING.read(Words(text)).switch == switch


@pytest.mark.requirement("L-4")
@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("bonjou mwen bezwen èd", "ht"), ("bonjour je cherche un médecin", "fr"), ("kote lopital la ye tanpri", "ht"),
        ("hola necesito un doctor", ""), ("de que me sirve", ""), ("", ""), ("mi mamá", ""),
    ],
)  # fmt: skip
def test_a_language_that_faro_has_a_sentence_in_is_known(text: str, foreign: str) -> None:
    """Mutation: one word is enough, or words that Spanish shares."""
    assert UNDERSTANDING.read(Words(text)).foreign == foreign


ANYTHING = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="no quiero me llamen 😭\u200b\u202e\u0000\u0301ñãéدहи漢١²", max_size=300),
    st.lists(st.sampled_from(["me", "mata", "doctor", "\u200f", "<b>", "🙏🏽", "12", "\x07", "Ωμέγα"]), max_size=80).map(" ".join),
)


@given(ANYTHING)
@settings(max_examples=150, deadline=None)
def test_any_text_is_weighed_or_not_and_never_upsets(text: str) -> None:
    """Mutation: an exception on a text without a letter, of other scripts, of control characters."""
    found = UNDERSTANDING.read(Words(text))
    assert set(found.intents) <= set(INTENTS) and len(found.intents) <= 3
    assert found.switch in ("", *LANGS)
    assert lexicon().cue(clauses(text)) in ("", *CLASSES)
    assert UNDERSTANDING.language_of(Words(text)) in ("", *LANGS)


PASTES = {
    "words": "me mata " * 5_000,
    "one word": "a" * 10_000,
    "emoji": "😭" * 10_000,
    "ligatures": "ﷺ" * 10_000,
    "denials": "no quiero que me llamen " * 500,
    "digits": "12 " * 4_000,
    "invisible": "\u200f\u0000" * 5_000,
}


@pytest.mark.parametrize("paste", PASTES.values(), ids=PASTES.keys())
def test_a_paste_costs_bounded_work(paste: str) -> None:
    """Counted in calls, not in time. Mutation: weighing every word of a paste, or every piece of a word of any length."""
    called = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal called
        called += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        UNDERSTANDING.read(Words(paste))
        lexicon().cue(clauses(paste))
    finally:
        sys.setprofile(None)
    assert 0 < called < 400_000
    assert len(tokens(level(paste), {})) <= MOST_WORDS
    assert len(features(paste, SENSE.meanings)) < 12_000
