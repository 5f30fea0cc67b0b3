"""The words of complaints: what each message must carry (C-1, C-2, C-5), what none may ask (C-3), and what it costs by SMS."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Any

import pytest

from bot import gsm7
from bot.helplines import PURPOSES, HelplineBook
from bot.layout import render
from bot.relay_words import lists
from flows.facts import COUNTRIES, LANGS, Notice
from flows.graph import texts
from flows.kernel import Data, Session
from flows.out_of_scope import MATTERS
from flows.topics import GRAPH
from tests.content import lint
from tests.content.test_budget import ANSWERS, CHANNELS, LONG, LONGEST
from tests.content.test_request_texts import PROMISES, carries, longest, said
from tests.flows.coming_back import COMPLAINTS
from tests.flows.standing import CHANNELS as STANDING
from tests.flows.world import NOW, SMS, SomeDirectory, SomeHearing, facts, wording

WORDING = wording()
TOPICS = ("complaint.", "notices.", "code.complaint")
MINE = [id for id in texts(GRAPH) if id.startswith(TOPICS)]
SCREENS = sorted(screen for screen in GRAPH.sheets if screen.startswith(TOPICS))


# --- what must be there ----------------------------------------------------------------------------------------------

FORBIDDEN = {
    "es": ("prohibido", "sexo", "favores", "fotos", "ayuda", "trabajo", "documentos", "paso", r"acto sexual.*18", "dinero",
           "golpear", "amenazar", "insultar", "No es culpa tuya", "aunque hayas dicho que sí", "otra persona"),
    "en": ("forbidden", r"\bsex\b", "favours", "pictures", "aid", "work", "papers", "passage", "sexual act.*18", "money", "hitting",
           "threats", "insults", "not your fault", "even if you said yes", "someone else"),
    "pt": ("proibido", "sexo", "favores", "fotos", "ajuda", "trabalho", "documentos", "passagem", "ato sexual.*18", "dinheiro",
           "bater", "ameaçar", "insultar", "Não é culpa sua", "mesmo que tenha dito sim", "outra pessoa"),
}  # fmt: skip
TO_A_CHILD = {
    "es": ("prohibido", "sexo", "fotos", "favores", r"18.*acto sexual", "dinero", "pegarte", "insultarte", "No es tu culpa",
           "dijeras que sí"),
    "en": ("forbidden", r"\bsex\b", "pictures", "favours", "18.*sexual act", "money", "hit you", "insult you", "not your fault",
           "even if you said yes"),
    "pt": ("proibido", "sexo", "fotos", "favores", "18.*ato sexual", "dinheiro", "bater", "insultar", "Não é culpa sua",
           "dito sim"),
}  # fmt: skip


@pytest.mark.requirement("C-2")
@pytest.mark.parametrize("lang", LANGS)
def test_what_is_forbidden_is_said_by_examples_and_that_it_is_nobody_s_own_fault(lang: str) -> None:
    """Behind 40 neutral letters. Mutation: one example of the list left out in one language; a fault with an "if"."""
    carries(lang, "complaint.intro", *FORBIDDEN[lang])
    carries(lang, "complaint.intro.child", *TO_A_CHILD[lang])
    for id in ("complaint.intro", "complaint.intro.child"):
        for text in said(lang, id):
            assert lint.telling(text[:40]) == []


RECEIPT = {
    "es": ("código|número", "equipo de conducta", "[Pp]uede pasarlo a quien investiga", "sus colegas",
           "No podemos prometer secreto total", "ayuda no depende",
           "retirar", r"desde \{when\}", "nadie puede recuperarlo"),
    "en": ("number", "conduct team", "may pass it to who(ever)? investigates", "colleagues",
           "cannot promise full secrecy", "Help does not depend",
           "withdraw", r"from \{when\}", "nobody can get it back"),
    "pt": ("número", "equipe de conduta", "[Pp]ode passar a quem investiga", "colegas",
           "Não podemos prometer sigilo total", "ajuda não depende",
           "retir", r"a partir de \{when\}", "ninguém pode recuperar"),
}  # fmt: skip


@pytest.mark.requirement("C-5")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", ["chat", "sms"])
def test_the_receipt_says_what_happens_next_who_reads_and_what_cannot_be_promised(lang: str, form: Any) -> None:
    """Mutation: the code alone; "confidential"; a promise of an answer."""
    parts = ("", ".psea", ".when", ".limits", ".lost")
    text = " ".join(WORDING.text(lang, f"complaint.done{part}", form) for part in parts)
    assert "{code}" in text
    for fact in RECEIPT[lang]:
        assert re.search(fact, text), (fact, text)
    for id in MINE:
        for each in said(lang, id):
            assert not re.search(PROMISES[lang], each, re.IGNORECASE), (id, each)


@pytest.mark.requirement("C-5")
@pytest.mark.parametrize(
    ("lang", "not_sent", "other"),
    [("es", "no se envió nada", "otros canales"), ("en", "nothing was sent", "other channels"),
     ("pt", "nada foi enviado", "outros canais")],
)  # fmt: skip
def test_what_was_not_saved_is_said_with_another_channel(lang: str, not_sent: str, other: str) -> None:
    """Mutation: "try again" alone."""
    carries(lang, "complaint.not_saved", not_sent, other, r"\b9\b")


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize(
    ("lang", "a_no"),
    [("es", "Si dices que no, .*también puede leerlo"), ("en", "If you say no, .* can read it too"),
     ("pt", "Se você disser não, .*também podem ler")],
)  # fmt: skip
def test_whoever_is_asked_whether_it_goes_round_somebody_reads_what_a_no_means(lang: str, a_no: str) -> None:
    """Mutation: "send it as it is" alone."""
    for id in ("complaint.round", "complaint.round.named"):
        carries(lang, id, a_no)


@pytest.mark.requirement("C-8")
@pytest.mark.parametrize(("lang", "mine"), [("es", "es tuya,"), ("en", "it is yours,"), ("pt", "é sua,")])
def test_help_is_said_to_be_theirs_whether_they_tell_or_not(lang: str, mine: str) -> None:
    """Mutation: help for those who complain."""
    for id in ("complaint.help", "complaint.help.child"):
        carries(lang, id, mine)


@pytest.mark.requirement("C-9")
@pytest.mark.parametrize(
    ("lang", "proof"), [("es", "[Nn]o hacen falta pruebas"), ("en", "No proof is needed"), ("pt", "[Nn]ão precisa de provas")]
)
def test_no_proof_is_needed(lang: str, proof: str) -> None:
    """Mutation: "if you can prove it"."""
    for id in ("complaint.happened", "complaint.happened.child"):
        carries(lang, id, proof)


@pytest.mark.requirement("C-6")
@pytest.mark.parametrize(
    ("lang", "claim"),
    [
        ("es", "(se avisa a|lo ve) más (personas|gente)"),
        ("en", "more people( of the network)? (see|are)"),
        ("pt", "mais gente( da rede)?( também)? (vê|é)"),
    ],
)
def test_nothing_says_that_more_people_are_told_than_are(lang: str, claim: str) -> None:
    """Of feedback, and where nobody else may read it, those who know are told once more. Mutation: "more people are told"."""
    for id in ("code.complaint.late", "code.complaint_contest", "code.complaint_contested"):
        assert not [text for text in said(lang, id) if re.search(rf"\b{claim}\b", text, re.IGNORECASE)], id


# --- what is never asked -----------------------------------------------------------------------------------------------

NEVER_ASKED = {
    "es": r"\bquién|\bquien (te|lo|fue)|por qué|nombre|cómo se llama|qué (pasó|te hi)|qué hizo|pruebas|testig|fotos?\b|estás segur|"
    r"dirección|edad|nacionalidad|policía|denunci",
    "en": r"\bwho\b|\bwhom\b|\bwhy\b|name|what (happened|did)|proof|evidence|witness|photos?|pictures?|are you sure|address|"
    r"how old|nationality|police|report",
    "pt": r"\bquem\b|por que|por quê|nome|como se chama|o que (aconteceu|fez|fizeram)|provas?|testemunh|fotos?\b|tem certeza|"
    r"endereço|idade|nacionalidade|polícia|denunci",
}


@pytest.mark.requirement("C-3")
@pytest.mark.requirement("P-1")
@pytest.mark.parametrize("lang", LANGS)
def test_no_question_asks_who_why_what_or_for_proof(lang: str) -> None:
    """Mutation: "who did it?", "what happened?", "are you sure?"."""
    questions = 0
    for id in MINE:
        if not id.startswith("complaint.other"):
            for text in said(lang, id):
                for sentence in re.findall(r"[^.!?:;\n]*\?", text):
                    questions += 1
                    assert not re.search(NEVER_ASKED[lang], sentence, re.IGNORECASE), (id, sentence)
    assert questions >= 15


@pytest.mark.requirement("C-3")
@pytest.mark.parametrize(
    ("lang", "optional", "names", "nothing"),
    [
        ("es", "Si quieres", "nombres", "No hace falta contar qué pasó"),
        ("en", "If you like", "No names", "need not tell what happened"),
        ("pt", "Se quiser", "nomes", "Não precisa contar o que aconteceu"),
    ],
)
def test_the_note_is_optional_without_names_and_without_what_happened(lang: str, optional: str, names: str, nothing: str) -> None:
    """Mutation: "tell us your story"."""
    for id in ("complaint.note.conduct", "complaint.note.child", "code.complaint_note"):
        carries(lang, id, optional, names, nothing)
    for id in ("complaint.note.feedback", "complaint.note.rumour"):
        carries(lang, id, names, r"\{most\}")


@pytest.mark.requirement("C-3")
@pytest.mark.parametrize(
    ("lang", "why"), [("es", "para que no llegue"), ("en", "so that it does not go"), ("pt", "para que não chegue")]
)
def test_it_is_said_why_it_is_asked_whom_it_is_about(lang: str, why: str) -> None:
    """Mutation: the list alone."""
    carries(lang, "complaint.who", why)


@pytest.mark.requirement("D-9")
@pytest.mark.parametrize("lang", LANGS)
def test_a_child_reads_shorter_sentences(lang: str) -> None:
    """Mutation: the text for adults with another headline."""
    for id in ("complaint.intro", "complaint.who", "complaint.helped"):
        child, others = WORDING.text(lang, f"{id}.child"), WORDING.text(lang, id)
        assert longest(child) <= longest(others), id
    assert lint.ease(lang, WORDING.text(lang, "complaint.intro.child")) >= 65


# --- what it costs ---------------------------------------------------------------------------------------------------


class Worst(SomeHearing):
    """As much to say as the records allow."""

    def organisations(self, country: str) -> tuple[tuple[str, str], ...]:
        return tuple((f"org-{number}", f"{number} {LONG}") for number in range(9))

    def reads(self, country: str, inbox: str, about: str, organisation: str) -> bool:
        return True


class Long:
    """Notices at their longest (``bot.notices.tables``)."""

    def listed(self, kind: str, country: str, lang: str, now: float) -> tuple[Notice, ...]:
        return tuple(
            Notice(kind=kind, title=("título " * 9)[:60], text=("palabras " * 34)[:300], published_on=date(2026, 9, 23))  # type: ignore[arg-type]
            for _ in range(6)
        )


SITUATIONS: list[dict[str, Any]] = [
    {"path": "conduct"},
    {"path": "conduct", "minor": "yes", "about": "responders"},
    {
        "path": "conduct", "about": "organisation", "organisation": "org-1", "happened": "other", "when": "longer", "danger": "yes",
        "child": "yes", "helped": "yes", "answered": "yes", "count": "yes", "spot": 1,
    },
    {"path": "service", "about": "service", "organisation": "org-1", "topic": "wrong_information", "service": 1, "count": "yes"},
    {"path": "other", "topic": "rumour", "named": "org-1", "notice": 2, "matter": "papers"},
    {"path": "other", "topic": "thanks", "matter": "office"},
]  # fmt: skip


@cache
def known(view: str) -> Any:
    zones = ("America/Mexico_City", "America/Ciudad_Juarez")
    return facts(
        SMS,
        SomeDirectory(LONGEST, CHANNELS),
        hearing=Worst(),
        notices=Long(),
        complaint=COMPLAINTS[view],
        draft={"note": Data("draft.note", "···")},
        zones=lambda country, place: zones,
        now=NOW,
    )


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_of_a_complaint_keeps_to_its_segments_at_its_longest(screen: str, lang: str) -> None:
    """Mutation: organisations by their whole names; one more sentence in the receipt."""
    most = 3 if screen in ANSWERS | {"code.complaint", "code.complaint_answer"} else 2
    for view in COMPLAINTS if screen.startswith("code.") else ("received",):
        for situation in SITUATIONS:
            slots = {"safe": "yes", "country": "DO", "opened": (3, 0), "candidates": (2, 3), **situation}
            session = Session(id=b"0123456789abcdef", screen=screen, turn=3, lang=lang, slots=slots, back=("start.menu",))
            text = render(GRAPH.view(session, known(view)), lang, 3, SMS, WORDING).text
            assert gsm7.encoding(text) == "gsm7", sorted(gsm7.foreign(text))
            assert gsm7.segments(text) <= most, (len(text), text)
            if screen == "complaint.done":
                assert "0412 375 908 264" in text


@pytest.mark.requirement("C-8")
@pytest.mark.requirement("C-11")
@pytest.mark.parametrize("lang", LANGS)
def test_help_is_in_the_receipt_also_where_an_sms_has_little_room(lang: str) -> None:
    """Mutation: the ways to help as a paragraph that gives way, and nowhere else."""
    slots = {"safe": "yes", "country": "CO", "opened": (3, 0), "path": "conduct", "about": "police"}
    session = Session(id=b"0123456789abcdef", screen="complaint.done", turn=3, lang=lang, slots=slots)
    text = render(GRAPH.view(session, known("received")), lang, 3, SMS, WORDING).text
    for option in ("lines", "person", "health"):
        label = WORDING.text(lang, f"complaint.done.{option}", "sms")
        assert gsm7.to_gsm7(label) in text


@pytest.mark.requirement("E-7")
@pytest.mark.parametrize("lang", LANGS)
def test_the_opening_of_what_somebody_typed_takes_up_a_locked_screen(lang: str) -> None:
    """Of a question by code, an answer to a rumour, a change, an organisation. Mutation: a short form with a short opening."""
    openings = (
        ("code.complaint_question", "{answer}"), ("notices.rumour", "{title}"), ("notices.changed", "{title}"),
        ("complaint.round.named", "{organisation}"),
    )  # fmt: skip
    for id, hole in openings:
        for text in said(lang, id):
            assert len(gsm7.fold(text.partition(hole)[0])) >= 40, id


@pytest.mark.requirement("E-7")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("channel", STANDING, ids=lambda traits: traits.name)
def test_a_locked_screen_shows_nothing_of_what_a_complaint_is_about(channel: Any, lang: str) -> None:
    """The first forty letters of the whole message, whatever was chosen. Mutation: whom it is about as the first line."""
    for screen in SCREENS:
        for situation in SITUATIONS:
            slots = {"safe": "yes", "country": "CO", "opened": (3, 0), "candidates": (2, 3), **situation}
            session = Session(id=b"0123456789abcdef", screen=screen, turn=3, lang=lang, slots=slots, back=("start.menu",))
            seen = facts(channel, hearing=Worst(), notices=Long(), complaint=COMPLAINTS["question waiting"])
            text = render(GRAPH.view(session, seen), lang, 3, channel, WORDING).text
            assert lint.telling(text[:40]) == [], (screen, text[:40])
            assert "Zarzamora" not in text[:40]


# --- who settles it --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-10")
@pytest.mark.parametrize("lang", LANGS)
def test_every_purpose_of_a_line_has_words(lang: str) -> None:
    """Mutation: a purpose that the catalogs, or the list of what may be said, do not know."""
    known = texts(GRAPH)
    words = [WORDING.text(lang, f"helpline.purpose.{purpose}") for purpose in PURPOSES]
    assert all(f"helpline.purpose.{purpose}" in known for purpose in PURPOSES)
    assert len(set(words)) == len(PURPOSES)


@pytest.mark.requirement("C-10")
@pytest.mark.requirement("E-7")
@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
def test_who_settles_it_takes_two_segments_and_tells_nothing_on_a_locked_screen(lang: str) -> None:
    """With every name that the program brings along. Mutation: the address in the name; a heading that says what it is about."""
    book = HelplineBook.load()
    for country in COUNTRIES:
        for matter in MATTERS:
            session = Session(
                id=b"0" * 16, screen="complaint.target", turn=3, lang=lang, slots={"country": country, "matter": matter}
            )
            for channel in STANDING:
                view = GRAPH.view(session, facts(channel, SomeDirectory([], []), helplines=book))
                text = render(view, lang, 3, channel, WORDING).text
                assert lint.telling(text) == [], (country, matter, text)
                assert not re.search(lists().opening[lang], text[:40], re.IGNORECASE), (country, matter, text[:40])
                if channel is SMS:
                    assert gsm7.encoding(text) == "gsm7" and gsm7.segments(text) <= 2, (country, matter, text)
