"""The words of the code and of the connected chat: what each message must carry, what none may say, and what it costs by SMS."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot import gsm7
from bot.layout import LABEL, render
from flows.crisis import CLASSES
from flows.facts import COUNTRIES, LANGS, WINDOW_NAMES
from flows.graph import texts
from flows.kernel import Alarm, Command, Data, Session
from flows.topics import GRAPH
from tests.content import lint
from tests.content.test_request_texts import PROMISES, carries, said
from tests.flows.coming_back import TICKETS, ticket
from tests.flows.standing import CHANNELS
from tests.flows.world import SMS, SomeDuty, facts, wording

MINE = [id for id in texts(GRAPH) if id.startswith(("code.", "relay."))]
SCREENS = sorted(screen for screen in GRAPH.sheets if screen.startswith(("code.", "relay.")))
VIEWS: dict[str, Any] = {
    **TICKETS,
    "every window": ticket(windows=WINDOW_NAMES[1:], way="here", abroad=("VE", "EC", "DO", "TT"), agreed=COUNTRIES[1:]),
}
SLOTS: dict[str, Any] = {"country": "CO", "place": 0, "abroad": "DO", "way": "phone", "windows": (1, 2, 3, 4, 5, 6), "safe": "yes"}
ANSWERS = {
    "code.status", "code.answer", "code.abroad_duty", "code.card", "code.changed", "code.change", "code.consents", "code.consented",
    "relay.choices",
}  # fmt: skip
"""Something to read, which may take a third segment (L-2)."""


def standing(screen: str, lang: str, view: Any, channel=SMS) -> tuple[Session, Any]:
    known = facts(
        channel, ticket=view, draft={"number": Data("draft.number", "··· ··· 321")}, duty=SomeDuty(texts=("CO", "MX", "DO"))
    )
    return Session(id=b"0" * 16, screen=screen, turn=3, lang=lang, slots=SLOTS, back=("start.menu",)), known


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_fits_whatever_the_ticket(screen: str, lang: str) -> None:
    """Mutation: one more sentence in a status; a list of windows that is not bounded."""
    for name, view in VIEWS.items():
        text = render(GRAPH.view(*standing(screen, lang, view)), lang, 3, SMS, wording()).text
        assert gsm7.encoding(text) == "gsm7", sorted(gsm7.foreign(text))
        assert gsm7.segments(text) <= (3 if screen in ANSWERS else 2), (name, len(text), text)


@pytest.mark.requirement("E-5")
@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("screen", SCREENS)
def test_numbers_and_cards_fit_before_it(screen: str, lang: str) -> None:
    """Mutation: a status that does not give way to the card of a crisis."""
    for view in VIEWS.values():
        session, known = standing(screen, lang, view)
        for event in (Command("emergency"), *(Alarm(kind) for kind in CLASSES)):
            turn = GRAPH.step(session, event, known)
            assert turn.screen is not None
            text = render(turn.screen, lang, 4, SMS, wording()).text
            assert gsm7.segments(text) <= 3, (event, len(text), text)


@pytest.mark.requirement("E-7")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_a_locked_screen_shows_nothing_of_what_it_is_about(channel, lang: str) -> None:
    """Whatever the ticket, the first forty letters of the whole message. Mutation: an answer that comes before its opening."""
    for screen in SCREENS:
        for view in VIEWS.values():
            text = render(GRAPH.view(*standing(screen, lang, view, channel)), lang, 3, channel, wording()).text
            assert lint.telling(text[:40]) == [], (screen, text[:40])
            assert "Zarzamora" not in text[:40]


@pytest.mark.requirement("E-7")
@pytest.mark.parametrize("lang", LANGS)
def test_the_opening_of_an_answer_takes_up_a_locked_screen(lang: str) -> None:
    """Mutation: a short form with a short opening."""
    for text in said(lang, "code.answer"):
        assert len(gsm7.fold(text.partition("{answer}")[0])) >= 40


@pytest.mark.parametrize("lang", LANGS)
def test_labels_of_computed_choices_fit_on_a_button(lang: str) -> None:
    """Mutation: a long name for a rating."""
    for id in (*(f"code.rate.{rating}" for rating in range(1, 6)), *(f"request.windows.{name}" for name in WINDOW_NAMES)):
        assert len(wording().text(lang, id)) <= LABEL
    assert len({wording().text(lang, f"code.rate.{rating}") for rating in range(1, 6)}) == 5


@pytest.mark.requirement("D-7")
@pytest.mark.requirement("P-7")
@pytest.mark.parametrize("lang", LANGS)
def test_no_text_promises_help_safety_speed_or_secrecy(lang: str) -> None:
    """Mutation: "they will answer you soon"."""
    for id in MINE:
        for text in said(lang, id):
            assert not re.search(PROMISES[lang], text, re.IGNORECASE), (id, text)


@pytest.mark.requirement("D-1")
@pytest.mark.parametrize(
    ("lang", "nothing", "names"),
    [
        ("es", "No hace falta contar qué pasó", "Sin nombres"),
        ("en", "need not tell what happened", "No names"),
        ("pt", "Não precisa contar o que aconteceu", "Sem nomes"),
    ],
)
def test_the_note_is_introduced_without_names_and_without_what_happened(lang: str, nothing: str, names: str) -> None:
    """Mutation: "tell us more"."""
    carries(lang, "code.note", nothing, names, r"\{letters\}")


@pytest.mark.requirement("D-10")
@pytest.mark.parametrize(
    ("lang", "erased", "contact", "answers", "code"),
    [
        ("es", "Se borra todo", "contacto", "respuestas", "código deja de servir"),
        ("en", "Everything is erased", "contact", "answers", "code stops working"),
        ("pt", "Tudo é apagado", "contato", "respostas", "código deixa de valer"),
    ],
)
def test_the_consequence_of_taking_it_back_is_said_whole(lang, erased, contact, answers, code) -> None:
    """Also that whoever read it may remember it. Mutation: "nobody will ever know"."""
    carries(lang, "code.withdraw", erased, contact, answers, code, "recordar|remember|lembrar")


@pytest.mark.requirement("D-8")
@pytest.mark.parametrize(
    ("lang", "nobody", "erased"), [("es", "nadie", "borró"), ("en", "nobody", "erased"), ("pt", "ninguém", "apagado")]
)
def test_what_ran_out_says_that_nobody_took_it_and_that_it_is_erased(lang: str, nobody: str, erased: str) -> None:
    """Mutation: "closed" for a request that nobody looked at."""
    carries(lang, "code.status.lapsed", nobody, erased)
    for state in ("nobody_yet", "told_further"):
        carries(lang, f"code.status.{state}", nobody)


@pytest.mark.requirement("T-1")
@pytest.mark.parametrize(("lang", "because"), [("es", "dijiste que sí"), ("en", "you said yes"), ("pt", "você disse sim")])
def test_a_rating_says_that_only_the_number_counts_and_why(lang: str, because: str) -> None:
    """Mutation: counting without a word about it."""
    carries(lang, "code.rate", because, "número|number")
