"""The words that people may type: of all languages at once, each with one meaning; lists that cannot be used are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.lexicon import COMMANDS, Lexicon, folded_cue, load_cues, words_of
from bot.wording import CONTENT, ContentError, Wording, country_name
from flows.facts import COUNTRIES, KINDS, LANGS
from flows.kernel import Country, Data, Listing, Option, Phrase
from flows.reading import fold
from flows.services import TOPICS
from tests.flows.world import lexicon, wording


@pytest.mark.requirement("L-3")
def test_words_of_all_languages_count_at_once() -> None:
    """Mutation: a lexicon of the set language, or words that are not folded."""
    for lang in LANGS:
        for digit in range(10):
            for word in words_of(wording().text(lang, f"words.digit.{digit}")):
                assert lexicon().digit(word) == digit
        for command in (*COMMANDS, *LANGS, *TOPICS):
            id = f"words.{command}"
            id = f"words.lang.{command}" if command in LANGS else f"words.topic.{command}" if command in TOPICS else id
            for word in words_of(wording().text(lang, id)):
                assert lexicon().command(word) == command, (lang, word)
        for kind in KINDS:
            for word in words_of(wording().text(lang, f"words.kind.{kind.replace('-', '_')}")):
                assert lexicon().kinds[word] == kind, (lang, word)
    assert words_of(" Dónde , ¿Qué?,, ") == ["donde", "que"]
    assert lexicon().digit("veintidos") is None
    assert lexicon().command("xyzzy") == ""


@pytest.mark.requirement("L-3")
def test_no_word_is_a_digit_and_something_else() -> None:
    """Mutation: "segundo" for a digit and for an option."""
    for lang in LANGS:
        for digit in range(10):
            for word in words_of(wording().text(lang, f"words.digit.{digit}")):
                assert lexicon().command(word) == "", word
                assert lexicon().cue(word) == "", word
    for command in COMMANDS:
        for lang in LANGS:
            for word in words_of(wording().text(lang, f"words.{command}")):
                # "policía" and "me voy" mean what they mean, whatever the list of cues would say.
                assert lexicon().cue(word) == "" or command in ("emergency", "leave"), word


def test_names_of_options() -> None:
    """In every language and both forms. Mutation: the label of the set language only."""
    names = lexicon().names(Phrase("start.menu.feedback"))
    for lang in LANGS:
        for form in ("chat", "sms"):
            assert fold(wording().text(lang, "start.menu.feedback", form)) in names  # type: ignore[arg-type]
    for code in COUNTRIES:
        assert {fold(country_name(lang, code)) for lang in LANGS} <= lexicon().names(Country(code))
    place = Phrase("place.full", {"place": Listing((Data("place", "San José"), Data("place", "Azuay"), Country("EC")))})
    assert {"san jose", "san jose azuay ecuador", "san jose azuay equador"} <= lexicon().names(place)
    line = Phrase("service.line", {"facts": Listing((Data("service.short_name", "Centro Úno"), Phrase("service.free")))})
    assert lexicon().names(Phrase("service.numbered", {"number": 1, "line": line})) == {"centro uno"}
    assert lexicon().names(3) == frozenset()
    assert Option("a", 1, Country("CO")).label == Country("CO")


def broken(tmp_path: Path, lang: str, change) -> Path:
    folder = tmp_path / "content"
    shutil.copytree(CONTENT, folder)
    path = folder / lang / "cues.toml"
    changed = change(path.read_text("utf-8"))
    path.unlink() if changed is None else path.write_text(changed, "utf-8")
    return folder


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: None, "missing"),
        (lambda text: text.replace("A = [", "A = ", 1), "cannot be read"),
        (lambda text: text.replace("A = [", "Z = [", 1), "Z is no class"),
        (lambda text: "A = []\n" + text.replace("A = [", "idioms_ = [", 1), "no class"),
        (lambda text: text.replace("A = [", 'A = ["x {nobody}",', 1), "nobody"),
        (lambda text: text.replace("A = [", 'A = ["me*",', 1), "three letters"),
        (lambda text: text.replace("A = [", 'A = ["_ x",', 1), "first word"),
        (lambda text: text.replace("A = [", 'A = ["¿?",', 1), "first word"),
    ],
)
def test_a_list_of_cues_that_cannot_be_used_stops_the_start_and_is_named(tmp_path: Path, lang: str, change, complaint: str) -> None:
    """Mutation: skipping what cannot be read, so that cues of a language go unseen."""
    folder = broken(tmp_path, lang, change)
    with pytest.raises(ContentError) as error:
        load_cues(folder)
    assert complaint in str(error.value)
    assert f"{lang}/cues.toml" in str(error.value)


def test_an_empty_class_is_refused(tmp_path: Path) -> None:
    """Mutation: a language without a single cue of a class."""
    folder = broken(tmp_path, "pt", lambda text: text.replace("\nK = [", "\nK = []\nJ_ = [", 1))
    with pytest.raises(ContentError):
        load_cues(folder)


def test_cues_are_folded_like_texts_and_keep_their_marks() -> None:
    """Mutation: folding that eats the star of a stem."""
    assert folded_cue("Mátame* _ ¡ya!") == "matame* _ ya"
    assert folded_cue("=él|ELLA está? aquí*") == "=el|ella esta? aqui*"


def test_a_word_with_two_meanings_is_refused_with_both() -> None:
    """Mutation: the later entry silently winning."""
    entries = {lang: dict(wording().texts[lang]) for lang in LANGS}
    entries["pt"]["", "words.topic.rights"] += ", salir"
    with pytest.raises(ContentError, match=r"content/pt, words\.topic\.rights: the word “salir” already means leave"):
        Lexicon(Wording(entries), load_cues())
