"""What a screen costs by SMS, drawn with the longest data that the directory allows, in each language."""

from __future__ import annotations

from datetime import date

import pytest

from bot import gsm7
from bot.layout import render
from flows.crisis import CLASSES
from flows.facts import LANGS, ComplaintChannel, Hours, Phone
from flows.kernel import Alarm, Command, Session
from flows.topics import GRAPH
from tests.flows.world import FILLED, SMS, SomeDirectory, facts, offer, wording

LONG = "Organización Internacional de Acompañamiento a Personas en Movilidad y sus Comunidades de Acogida del Norte"
LONGEST = [
    offer(
        key,
        "CO",
        "health",
        name=LONG,
        short_name="Centro de Atención Integral Norte"[:32],
        organisation=LONG,
        address="Avenida Libertadores número 1234, edificio Los Próceres, piso 4, oficina 402, barrio San Luis",
        phones=(Phone(number="+576075551234", shown="(607) 555 12 34"), Phone(number="+573105551234", shown="310 555 12 34")),
        hours=Hours(zone="America/Bogota", weekly=tuple((day, 420 + day, 1010 + day) for day in range(7))),
        texts={lang: f"{LONG}. {LONG}." for lang in LANGS},
        languages=("es", "en", "pt", "fr", "ht", "qu"),
        people={"women": True, "men": True, "children": True, "lgbtiq": False, "disabilities": None},
        min_age=0,
        max_age=120,
        authority="informs",
        check="due",
        url="https://example.org/servicios/atencion/norte-de-santander",
        report_to=f"{LONG}, 018000 555 0100",
        report_check="due",
        verified_on=date(2026, 9, 23),
    )
    for key in (1, 2, 3)
]
CHANNELS = [
    ComplaintChannel(
        organisation=LONG,
        how="email",
        value="comentarios.y.quejas@organizacion-de-ejemplo.example",
        independent=True,
        demo=True,
        hours=Hours(zone="America/Bogota", weekly=tuple((day, 420 + day, 1010 + day) for day in range(7))),
        languages=("es", "en", "pt", "fr", "ht", "qu"),
        read_by="network",
        verified_on=date(2026, 9, 23),
        check="due",
    )
] * 4

#: Not a question or a menu: something to read, which may take a third segment (L-2).
ANSWERS = {
    "services.results", "services.details", "services.further", "person.lines", "feedback.channels", "feedback.channel",
    "basics.where_to_ask",
    "start.other_languages",
    "request.who", "request.same", "request.who_more", "request.before", "request.child", "request.no_child", "request.ask_more",
    "request.card", "request.abroad_too", "request.check", "request.done",
    "complaint.nobody", "complaint.intro", "complaint.numbers", "complaint.target", "complaint.check", "complaint.done",
    "notices.rumour", "notices.changed",
}  # fmt: skip


def drawn(screen: str, lang: str) -> str:
    session = Session(id=b"0" * 16, screen=screen, turn=3, lang=lang, slots=FILLED | {"far": (145, 145, 145)}, back=("start.menu",))
    known = facts(SMS, SomeDirectory(LONGEST, CHANNELS), country_hint="DO")
    return render(GRAPH.view(session, known), lang, 3, SMS, wording()).text


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("screen", sorted(GRAPH.sheets))
def test_a_question_takes_two_segments_and_nothing_more_than_three(screen: str, lang: str) -> None:
    """Mutation: letting a name from the directory through uncut, or one more sentence on the menu."""
    text = drawn(screen, lang)
    assert gsm7.encoding(text) == "gsm7", sorted(gsm7.foreign(text))
    assert gsm7.segments(text) <= (3 if screen in ANSWERS else 2), (len(text), text)


@pytest.mark.requirement("E-5")
@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("screen", sorted(GRAPH.sheets))
def test_emergency_numbers_and_every_crisis_card_fit_before_the_same_question(screen: str, lang: str) -> None:
    """Mutation: putting the card before a long answer without letting asides give way."""
    session = Session(id=b"0" * 16, screen=screen, turn=3, lang=lang, slots=FILLED | {"far": (145, 145, 145)}, back=("start.menu",))
    known = facts(SMS, SomeDirectory(LONGEST, CHANNELS))

    for event in (Command("emergency"), *(Alarm(kind) for kind in CLASSES)):
        turn = GRAPH.step(session, event, known)
        assert turn.screen is not None
        text = render(turn.screen, lang, 4, SMS, wording()).text
        assert gsm7.segments(text) <= 3, (event, len(text), text)
        if event != Alarm("I"):
            assert "911" in text or "155" in text or event == Alarm("H")
