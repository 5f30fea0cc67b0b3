"""The weights: made by one command out of the examples, quick to read and to use, and never upset by what arrives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding import Understanding, examples
from bot.understanding.building import build, digest, sources
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
from flows.reading import clauses, fold
from tests.evaluation.sentences import sentences
from tests.flows.world import SomePlaces, lexicon

SENSE = Sense.load()
UNDERSTANDING = Understanding(lexicon(), SomePlaces())


def test_the_committed_weights_are_those_of_the_examples() -> None:
    """Mutation: a new example without ``python -m bot understand --build``."""
    assert unpacked(FILE.read_bytes())[0]["of"] == digest(), "run: python -m bot understand --build"


def test_every_file_of_which_weights_are_made_counts(tmp_path: Path) -> None:
    """Mutation: a digest over the names of files, or over the examples alone; one that
    knows the clone's folder."""
    folder = small(tmp_path / "content")
    before = digest(folder)
    assert digest(small(tmp_path / "elsewhere" / "content")) == before
    assert {path.name for path in sources(folder)} >= {"words.toml", "health.txt", "features.py", "training.py"}
    for path in (folder / "words.toml", folder / "pt" / "examples" / "health.txt"):
        kept = path.read_text(encoding="utf-8")
        path.write_text(kept + "# x\n", encoding="utf-8")
        assert digest(folder) != before
        path.write_text(kept, encoding="utf-8")
    assert digest(folder) == before


def test_there_are_examples_enough_of_everything() -> None:
    """Mutation: an intent or a class that one language forgot."""
    found = examples.load()
    for lang in LANGS:
        own = [one for one in found if one.lang == lang]
        assert all(sum(intent in one.intents for one in own) >= 250 for intent in INTENTS)
        assert all(sum(kind == one.danger for one in own) >= 250 for kind in DANGERS)


def test_what_is_measured_with_was_not_learned() -> None:
    """Spelt in another way it is the same sentence. Mutation: a sentence of the evaluation among the examples."""
    learned = {(one.lang, fold(one.text)) for one in examples.load()}
    assert [one.text for one in sentences() if (one.lang, fold(one.text)) in learned] == []


def small(folder: Path) -> Path:
    """Content of a few sentences, which are read and learned at once."""
    for lang in LANGS:
        (folder / lang / "examples").mkdir(parents=True)
        lines = "# what is said\nhealth | - | un doctor\nhealth | - | una doctora\nhealth legal | - | una doctora o un abogado\n"
        (folder / lang / "examples" / "health.txt").write_text(lines, encoding="utf-8")
        lines = "psychosocial | A | quiero morir\n | A | morir | o no\nother | ~ | me muero de risa\n"
        (folder / lang / "examples" / "danger_a.txt").write_text(lines, encoding="utf-8")
    (folder / "words.toml").write_text((CONTENT / "words.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def test_a_line_says_what_is_wanted_and_whether_it_is_danger(tmp_path: Path) -> None:
    """Mutation: a bar in a sentence that ends it; a look-alike that is danger; a comment that is an example."""
    found = {one.text: (one.intents, one.danger) for one in examples.load(small(tmp_path)) if one.lang == "pt"}
    assert found == {
        "un doctor": (("health",), "none"),
        "una doctora": (("health",), "none"),
        "una doctora o un abogado": (("health", "legal"), "none"),
        "quiero morir": (("psychosocial",), "A"),
        "morir | o no": ((), "A"),
        "me muero de risa": (("other",), "none"),
    }


def test_a_wrong_example_is_named(tmp_path: Path) -> None:
    """Whoever adds one and does not program must be told which line to mend. Mutation: skipping what is unknown."""
    folder = small(tmp_path)
    path = folder / "pt" / "examples" / "health.txt"
    for line, says in (
        ("helth | - | x", "line 2: helth is no intent"),
        ("health | Z | x", "line 2: Z is no class of danger"),
        ("health | x", "line 2: write intents"),
        ("health | - |", "line 2: write intents"),
        ("health | - | quiero morir", "stands in danger_a.txt too"),
    ):
        path.write_text(f"health | - | un medico\n{line}\n", encoding="utf-8")
        with pytest.raises(ContentError, match=says):
            examples.load(folder)
    for file in path.parent.iterdir():
        file.unlink()
    with pytest.raises(ContentError, match="holds no sentence"):
        examples.load(folder)
    with pytest.raises(ContentError, match=r"words\.toml is missing"):
        Meanings.load(tmp_path / "elsewhere")
    with pytest.raises(ContentError, match="no section"):
        Meanings({"helth": {}}, tmp_path)
    with pytest.raises(ContentError, match="fewer than three"):
        Meanings({"health": {"a": "ab*"}}, tmp_path)
    with pytest.raises(ContentError, match="two sections"):
        Meanings({"health": {"a": "x"}, "legal": {"a": "y"}}, tmp_path)


def test_weights_survive_being_written_and_read(tmp_path: Path) -> None:
    """Mutation: columns and features exchanged, a weight that wraps around, or sums that run into each other."""
    rows = [[(column * 7 + at * 11) % 255 - 127 for column in range(len(COLUMNS))] for at in range(3)]
    base = [column / 8 for column in range(len(COLUMNS))]
    file = tmp_path / "weights"
    file.write_bytes(packed(["@a", "b", "~c"], [5.0, 5.0, 2.5], rows, 0.5, base, "today"))
    model = Model.load(file)
    assert unpacked(file.read_bytes())[0]["of"] == "today"
    assert model.scores({"unknown"}) is None
    for name, value, row in zip(("@a", "b", "~c"), (5.0, 5.0, 2.5), rows, strict=True):
        found = [start + weight * 0.5 / value for start, weight in zip(base, row, strict=True)]
        assert model.scores({name}) == pytest.approx(found, rel=0.01, abs=0.02)
    file.write_bytes(b"nothing")
    with pytest.raises(ContentError, match="--build"):
        Model.load(file)
    with pytest.raises(ContentError, match="--build"):
        Model.load(tmp_path / "missing")


def test_a_thousand_features_are_added_without_running_over(tmp_path: Path) -> None:
    """Mutation: more bytes added than their field holds."""
    names = [f"f{at:04}" for at in range(1_000)]
    file = tmp_path / "weights"
    file.write_bytes(packed(names, [1.0] * 1_000, [[127, -127] + [0] * (len(COLUMNS) - 2)] * 1_000, 1.0, [0.0] * len(COLUMNS), ""))
    scores = Model.load(file).scores(names)
    assert scores is not None
    assert scores[:3] == pytest.approx([127 * 1_000 / 1_000**0.5, -127 * 1_000 / 1_000**0.5, 0])


def test_one_command_writes_the_file(tmp_path: Path) -> None:
    """And learns what the examples say. Mutation: weights that depend on the order of a set; columns of another question."""
    folder = small(tmp_path / "content")
    one, two = tmp_path / "one", tmp_path / "two"
    assert "sentences" in build(folder, one)
    build(folder, two)
    assert one.read_bytes() == two.read_bytes()
    learned = Sense(Meanings.load(folder), Model.load(one)).weigh("un doctor")
    assert learned is not None and learned.wants[0][1] == "health" and learned.alarm < 0


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
    for text in ("mi marido esta aqui en la casa", "no puedo hablar hoy", "my husband is here with me"):
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
