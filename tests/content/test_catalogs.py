"""The catalogs: complete, equal in the three languages, short enough, neutral on a locked screen, and readable."""

from __future__ import annotations

import re
import shutil
from itertools import combinations

import pytest

from bot import gsm7
from bot.catalogs import PROFILE, faults, needed, write_missing
from bot.layout import LABEL
from bot.lexicon import Lexicon, load_cues, words_of
from bot.wording import CONTENT, ContentError, Wording
from flows.facts import FOREIGN, LANGS
from flows.graph import labels, texts, texts_behind, typed
from flows.kernel import Phrase
from flows.reading import fold
from flows.reserved import RESERVED
from flows.topics import GRAPH
from tests.content import lint

WORDING = Wording.load()
SEEN = [id for id in texts(GRAPH) if id != "place.full"]
"""Ids of everything that a person may see in a conversation."""
BEHIND = texts_behind(GRAPH)
"""Ids that nobody sees who did not say that this phone is safe now."""
OPTIONS = sorted(
    {label for sheet in GRAPH.sheets.values() for label in labels(sheet)}
    | {f"nav.{n}" for n in ("more", "back", "emergency", "leave")}
)


def said(lang: str, id: str) -> list[str]:
    """Both forms of an entry."""
    forms = [WORDING.text(lang, id)]
    if ("sms", id) in WORDING.texts[lang]:
        forms.append(WORDING.text(lang, id, "sms"))
    return forms


@pytest.mark.requirement("L-1")
def test_every_id_is_written_in_every_language_with_the_same_parameters() -> None:
    """Mutation: deleting any entry of one language, or a {placeholder} in it."""
    assert faults(WORDING) == []


@pytest.mark.parametrize("lang", LANGS)
def test_a_missing_entry_and_a_different_parameter_are_named(lang: str) -> None:
    entries = {other: dict(WORDING.texts[other]) for other in LANGS}
    del entries[lang]["", "start.menu"]
    entries[lang]["", "services.town"] = "?"
    found = " ".join(faults(Wording(entries)))
    assert "start.menu" in found
    assert "services.town" in found


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda text: text.replace('msgid "start.menu"', '#, fuzzy\nmsgid "start.menu"', 1), "fuzzy"),
        (lambda text: re.sub(r'(msgid "start\.menu"\nmsgstr) ".*"', r'\1 ""', text, count=1), "empty"),
        (lambda text: text + '\nmsgid "start.menu"\nmsgstr "x"\n', "twice"),
        (lambda text: text + '\nmsgid "broken\n', "line"),
    ],
)
@pytest.mark.requirement("L-1")
def test_a_broken_catalog_stops_the_start_and_names_the_place(tmp_path, damage, complaint) -> None:
    """Mutation: ignoring the fuzzy mark in ``wording._read``."""
    shutil.copytree(CONTENT, tmp_path / "content")
    path = tmp_path / "content" / "en" / "LC_MESSAGES" / "messages.po"
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    with pytest.raises(ContentError) as error:
        Wording.load(tmp_path / "content")
    assert complaint in str(error.value)
    assert "messages.po" in str(error.value)


def test_missing_ids_are_added_as_entries_to_be_written(tmp_path) -> None:
    shutil.copytree(CONTENT, tmp_path / "content")
    path = tmp_path / "content" / "pt" / "LC_MESSAGES" / "messages.po"
    path.write_text(path.read_text("utf-8").replace('msgid "nav.on"\n', 'msgid "nav.gone"\n'), "utf-8")
    list(write_missing(tmp_path / "content"))
    assert 'msgid "nav.on"\nmsgstr ""\n' in path.read_text("utf-8")
    with pytest.raises(ContentError):
        Wording.load(tmp_path / "content")


@pytest.mark.requirement("L-1")
@pytest.mark.parametrize("id", SEEN)
def test_numbers_are_the_same_in_every_language(id: str) -> None:
    """Mutation: 120 hours in one language and 72 in another."""
    for form in ("chat", "sms"):
        found = {tuple(sorted(re.findall(r"\d+", WORDING.text(lang, id, form)))) for lang in LANGS}  # type: ignore[arg-type]
        assert len(found) == 1, (id, found)


@pytest.mark.parametrize("lang", LANGS)
def test_labels_fit_on_a_button(lang: str) -> None:
    for id in OPTIONS:
        assert len(WORDING.text(lang, id)) <= LABEL, WORDING.text(lang, id)


@pytest.mark.requirement("L-3")
def test_what_a_person_types_means_one_thing_on_each_screen() -> None:
    """Mutation: the same label for two options of a screen."""
    lexicon = Lexicon.load(WORDING)
    for sheet in GRAPH.sheets.values():
        for a, b in combinations(labels(sheet), 2):
            assert not lexicon.names(Phrase(a)) & lexicon.names(Phrase(b)), (a, b)


@pytest.mark.parametrize("lang", LANGS)
def test_a_word_with_two_meanings_stops_the_start(lang: str) -> None:
    entries = {other: dict(WORDING.texts[other]) for other in LANGS}
    entries[lang]["", "words.back"] += ", " + entries[lang]["", "words.menu"].split(",")[0]
    with pytest.raises(ContentError, match=r"already means"):
        Lexicon(Wording(entries), load_cues())


@pytest.mark.requirement("E-8")
@pytest.mark.parametrize("lang", LANGS)
def test_no_word_of_ours_is_a_carrier_s_word(lang: str) -> None:
    """Mutation: announcing STOP, or taking INFO as a word for the menu."""
    # words.mark only tells languages apart.
    for id in set(typed(GRAPH)) - {"words.mark"}:
        assert not {word.upper() for word in words_of(WORDING.text(lang, id))} & RESERVED, id
    for id in SEEN:
        for text in said(lang, id):
            # START is what a line in the US asks for, on its own number; it is no word of ours.
            announced = set(re.findall(r"\b[A-Z]{3,}\b", text)) - ({"START"} if id == "helpline.note.text_start" else set())
            assert not announced & RESERVED, id


@pytest.mark.parametrize("lang", LANGS)
def test_short_forms_are_short_and_every_letter_is_gsm7_once_folded(lang: str) -> None:
    for id in [*SEEN, *PROFILE]:
        for text in said(lang, id):
            if id.startswith(("profile.", "services.share.button")):
                continue
            assert not gsm7.foreign(gsm7.fold(text)), (id, gsm7.foreign(gsm7.fold(text)))
        if ("sms", id) in WORDING.texts[lang]:
            assert len(WORDING.text(lang, id, "sms")) <= len(WORDING.text(lang, id)) + 12, id


# --- what must not be read -------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-7")
@pytest.mark.parametrize("lang", LANGS)
def test_the_first_forty_characters_are_neutral(lang: str) -> None:
    """A locked screen shows them. Mutation: opening a crisis card with the name of what happened."""
    for id in [*SEEN, *PROFILE]:
        for text in said(lang, id):
            assert lint.telling(text[:40]) == [], (id, text[:40])


@pytest.mark.requirement("E-7")
@pytest.mark.parametrize("lang", LANGS)
def test_no_text_before_a_chosen_sensitive_branch_tells_what_it_is_about(lang: str) -> None:
    """What lies behind the question of E-4 follows from the map; the cards of a crisis answer the person's own words.
    Mutation: "violence" in a menu; a way past the question to a screen that says it."""
    for id in [*SEEN, *PROFILE]:
        if not id.startswith("crisis.") and id not in BEHIND:
            for text in said(lang, id):
                # S-9 demands these words in the line about free help.
                plain = text if id != "services.help_is_free" else re.sub(r"favou?re?s sexua(?:is|les)|sexual favours", "", text)
                assert lint.telling(plain) == [], (id, lint.telling(plain))


@pytest.mark.requirement("P-7")
@pytest.mark.requirement("L-7")
@pytest.mark.parametrize("lang", LANGS)
def test_no_promise_no_blame_no_stigma_no_pressure(lang: str) -> None:
    """Mutation: "we guarantee", "you must", "illegal", "no trace" anywhere."""
    for id in [*SEEN, *PROFILE]:
        for text in said(lang, id):
            assert lint.harmful(lang, text) == [], (id, text)


@pytest.mark.requirement("L-7")
@pytest.mark.parametrize("lang", LANGS)
def test_words_fit_every_person_and_one_register(lang: str) -> None:
    """Mutation: "Bienvenido/a", "usted", "vos", "obrigado(a)"."""
    for id in [*SEEN, *PROFILE]:
        for text in said(lang, id):
            assert lint.gendered(text) == [], (id, text)
            assert lint.wrong_register(lang, text) == [], (id, text)


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
def test_sentences_are_short_and_easy(lang: str) -> None:
    """Mutation: a sentence of thirty words, or office language."""
    long, words = [], []
    for id in SEEN:
        if id in (f"start.foreign.{other}" for other in FOREIGN):
            continue  # in that other language
        text = WORDING.text(lang, id)
        for sentence in lint.sentences(text):
            if len(sentence.split()) > 24:
                long.append((id, sentence))
        if len(text.split()) >= 12 and lint.ease(lang, text) < 60:
            words.append((id, round(lint.ease(lang, text))))
    assert long == []
    assert words == []
    assert lint.ease(lang, " ".join(WORDING.text(lang, id) for id in SEEN if len(WORDING.text(lang, id).split()) >= 8)) >= 70


def test_the_easiness_formula_tells_plain_from_office_language() -> None:
    """Mutation: a formula that finds everything easy."""
    assert lint.ease("es", "Puedes ir hoy. Es gratis. Abre a las ocho.") > 85
    assert (
        lint.ease("es", "La tramitación administrativa correspondiente a la regularización documentaria requiere certificaciones.")
        < 40
    )
    assert lint.ease("pt", "Você pode ir hoje. É grátis. Abre às oito.") > 80
    assert (
        lint.ease(
            "pt", "A tramitação administrativa correspondente à regularização documental requer certificações institucionais."
        )
        < 40
    )
    assert lint.ease("en", "You can go today. It is free. It opens at eight.") > 85
    assert (
        lint.ease("en", "Administrative regularisation necessitates documentary certification by institutional authorities.") < 40
    )


# --- what must be there ----------------------------------------------------------------------------------------------

HELLO = {
    "es": (
        "automátic",
        "[Nn]o (es un servicio de|atiende) emergencias",
        "no ve dónde estás",
        "ayuda",
        r"0 salir|Salir: 0",
        r"9 números|emergencia: 9",
    ),
    "en": (
        "automatic",
        "not an emergency service",
        "cannot see where you are",
        "send help",
        r"0 leave|Leave: 0",
        r"9 emergency|numbers: 9",
    ),
    "pt": (
        "automátic",
        "[Nn]ão (é um serviço de emergência|atende emergências)",
        "vê onde você está",
        "ajuda",
        r"0 sair|Sair: 0",
        r"9 números|emergência: 9",
    ),
}


@pytest.mark.requirement("E-3")
@pytest.mark.requirement("L-1")
@pytest.mark.parametrize("lang", LANGS)
def test_the_first_screen_says_its_five_facts(lang: str) -> None:
    """Automatic, not an emergency service, sees and sends nothing, how to leave, emergency numbers; and how long it keeps.
    Mutation: dropping any of them from the long or the short form."""
    for text in said(lang, "start.hello"):
        for fact in HELLO[lang]:
            assert re.search(fact, text, re.IGNORECASE), (fact, text)
        assert "{minutes}" in text


PRIVACY = {
    "es": (
        "nombre", "cifrad", "{minutes}", "0", "guardan", "copias", "organizaciones", "quejarte",
        "tu sí", "{days}", "{closed}", "código", "autoridad", "equipo de turno",
    ),
    "en": (
        "name", "encrypted", "{minutes}", "0", "not kept", "copies", "organisations", "complain",
        "your yes", "{days}", "{closed}", "code", "authority", "people on duty",
    ),
    "pt": (
        "nome", "cifrad", "{minutes}", "0", "guardad", "cópias", "organizações", "reclamar",
        "seu sim", "{days}", "{closed}", "código", "autoridade", "quipe de plantão",
    ),
}  # fmt: skip


@pytest.mark.requirement("P-7")
@pytest.mark.requirement("P-4")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", ["chat", "sms"])
def test_the_privacy_answer_says_what_why_how_long_and_who(lang: str, form) -> None:
    """Mutation: leaving out that the phone and the company keep copies, or what a request keeps."""
    text = "".join(WORDING.text(lang, f"privacy.{page}", form) for page in ("answer", "request", "phone"))
    for fact in PRIVACY[lang]:
        assert fact in text, (fact, text)


@pytest.mark.requirement("S-9")
@pytest.mark.parametrize("lang", LANGS)
def test_the_line_about_free_help_names_money_papers_favours_and_the_way_to_tell(lang: str) -> None:
    """The word it names opens where to complain. Mutation: a word that is not in ``words.topic.feedback``."""
    lexicon = Lexicon.load(WORDING)
    for text in said(lang, "services.help_is_free"):
        word = re.findall(r"[«“](.+?)[»”]|: ([A-Z]{4,})", text)[-1]
        assert lexicon.command(fold("".join(word))) == "feedback"
        assert re.search(r"dinero|money|dinheiro", text)
        assert re.search(r"sexual|sexuais", text)


@pytest.mark.requirement("L-4")
@pytest.mark.parametrize("lang", LANGS)
def test_each_language_is_named_in_itself(lang: str) -> None:
    """Mutation: translating "Español"."""
    assert [WORDING.text(lang, f"start.hello.{code}") for code in LANGS] == ["Español", "English", "Português"]


@pytest.mark.requirement("E-9")
def test_the_program_asks_for_no_id_that_is_not_written() -> None:
    """Mutation: an id built from two variables that no registry knows."""
    assert set(needed()) == set(WORDING.ids())
