""" "I heard this, is it true?": reviewed answers beside what was published, by digits and by words, in three languages."""

from __future__ import annotations

import pytest

from flows.facts import LANGS, RUMOURS, NoNotices, Reviewed, Traits
from flows.kernel import ELSE, MORE, Data, Option, Phrase
from flows.notices import QUESTIONS, REPLIES
from tests.flows.complaining import at, complaining
from tests.flows.standing import CHANNELS, drawn
from tests.flows.world import NOW, SMS, TELEGRAM, Play, SomeReviewed, data, facts, ids

by_channel = pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)


class Standing(SomeReviewed):
    """All but these stand."""

    def __init__(self, *gone: str) -> None:
        self.gone = gone

    def listed(self, now: float) -> tuple[Reviewed, ...]:
        return tuple(answer for answer in super().listed(now) if answer.name not in self.gone)


def listed(channel: Traits = SMS, lang: str = "es", country: str = "MX", **rest: object) -> Play:
    """Before the list, of a country where nothing was published unless another is named."""
    return at(complaining(channel, lang, **rest).picks("other"), country).picks("rumour")


def questions(play: Play) -> list[Option]:
    return [option for option in drawn(play).options if option.id.startswith("#")]


# --- by digits -------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-1")
@pytest.mark.requirement("E-10")
@by_channel
@pytest.mark.parametrize("lang", LANGS)
def test_every_answer_is_reached_by_digits(channel: Traits, lang: str) -> None:
    """Five a page, 7 more, 8 back, 6 something else. Mutation: a page of eight; the same five on every page; no way to ask."""
    found = []
    for page in range(2):
        play = listed(channel, lang).says(*[str(MORE)] * page)
        assert [option.digit for option in questions(play)] == [*range(1, 6)][: len(RUMOURS) - 5 * page]
        assert {ELSE, MORE, 8} <= {option.digit for option in drawn(play).options}
        for option in questions(play):
            there = listed(channel, lang).says(*[str(MORE)] * page, str(option.digit))
            assert there.here == "notices.rumour"
            [text] = [part for part in there.screen.parts if isinstance(part, Phrase)]
            found += [name for name in RUMOURS if REPLIES[name] in ids([text])]
            assert option.label == Phrase(QUESTIONS[found[-1]])
            assert "day" in text.params
    assert tuple(found) == RUMOURS


@pytest.mark.requirement("C-1")
def test_what_was_published_for_the_country_stands_before_what_holds_everywhere() -> None:
    """Six were published in CO. Mutation: one list instead of both; the general answer first."""
    play = listed(country="CO")
    assert [option.label for option in questions(play)] == [Data("notice.label", f"Pregunta {number}") for number in range(1, 6)]
    play.says(str(MORE))
    assert [option.label for option in questions(play)][:2] == [
        Data("notice.label", "Pregunta 6"),
        Phrase(QUESTIONS[RUMOURS[0]]),
    ]
    assert Data("notice.text", "Respuesta 6.") in data(listed(country="CO").says(str(MORE), "1").screen.parts)


def test_on_a_phone_with_buttons_the_questions_are_written_out_in_whole() -> None:
    """A button holds 20 letters. Mutation: the questions on the buttons only."""
    assert {QUESTIONS[name] for name in RUMOURS[:5]} <= ids(listed(TELEGRAM).screen.parts)
    assert {QUESTIONS[name] for name in RUMOURS[5:]} <= ids(listed(TELEGRAM).says(str(MORE)).screen.parts)


@pytest.mark.requirement("C-10")
@by_channel
def test_every_answer_leads_on_to_people_to_a_complaint_and_to_the_list(channel: Traits) -> None:
    """Mutation: an answer as a dead end."""
    for option, screen in (
        ("others", "notices.rumours"), ("ask", "complaint.safe"), ("feedback", "complaint.kind"), ("person", "person.where"),
        ("menu", "start.menu"),
    ):  # fmt: skip
        for name in RUMOURS:
            play = listed(channel).at("notices.rumour", notice=name)
            assert play.picks(option).here == screen


# --- in words --------------------------------------------------------------------------------------------------------

HEARD = {
    "help_costs": ("es verdad que hay que pagar por la ayuda?", "is it true that you have to pay for help",
                   "é verdade que cobram pela ajuda?"),
    "complaining_costs": ("es cierto que si me quejo me quitan el apoyo", "is it true I get nothing more if I complain?",
                          "é verdade que se eu reclamar perco tudo"),
    "sold_places": ("es verdad que venden citas en la oficina", "is it true they give visas for money",
                    "é verdade que vendem vagas na fila"),
    "asylum_costs": ("es cierto que hay que pagar para pedir asilo", "is it true that you pay to apply for asylum",
                     "é verdade que pedir refúgio é de graça?"),
    "border": ("es verdad que mañana van a cerrar la frontera", "is it true that the border is closed now?",
               "é verdade que vão fechar a fronteira?"),
    "money_today": ("es verdad que hoy están dando plata allá", "is it true that they are giving money today",
                    "é verdade que estão dando dinheiro hoje"),
    "offers": ("es verdad que ofrecen trabajo y piden un adelanto", "is it true, this job offer I got?",
               "é verdade essa oferta de emprego?"),
    "no_papers": ("es cierto que atienden sin papeles", "is it true that I can see a doctor without papers",
                  "é verdade que atendem sem documentos?"),
}  # fmt: skip


@pytest.mark.requirement("C-1")
@pytest.mark.requirement("L-3")
@pytest.mark.parametrize("number", range(len(LANGS)), ids=LANGS)
@pytest.mark.parametrize("name", RUMOURS)
def test_every_answer_is_reached_in_words(name: str, number: int) -> None:
    """In a first message, from the menu, and whatever language the phone speaks. Mutation: the list for every question; words that
    count in the language of the session only; a complaint made of "if I complain"."""
    text = HEARD[name][number]
    for play in (Play(SMS), Play(TELEGRAM, "en").says("hola", "1"), Play(SMS, "pt").at("services.kind", country="CO")):
        play.says(text)
        assert play.here == "notices.rumour"
        assert {QUESTIONS[name], REPLIES[name]} <= ids(play.screen.parts)


@pytest.mark.requirement("C-1")
@pytest.mark.parametrize(
    "text",
    [
        "es verdad que van a quitar el permiso especial", "is it true that babies get a passport", "é verdade que vai chover?",
        "es verdad que venden citas y van a cerrar la frontera?",
    ],
)  # fmt: skip
def test_words_that_name_no_answer_or_several_lead_to_the_list(text: str) -> None:
    """Mutation: the first of several; the likeliest by a word or two."""
    play = Play(SMS).says("hola", "1", text)
    assert play.here == "notices.where"
    assert at(play, "MX").here == "notices.rumours"  # type: ignore[arg-type]


def test_whoever_does_not_ask_whether_it_is_true_is_not_answered_like_that_but_before_the_list() -> None:
    """Mutation: every sentence with a border in it taken for a question; digits alone before the list."""
    for text in ("van a cerrar la frontera, necesito un albergue", "if I complain, where do I go?"):
        assert Play(SMS).says("hola", "1", text).here != "notices.rumour"
    assert listed().says("lo de cerrar la frontera").session.slot("notice") == "border"


@pytest.mark.requirement("C-1")
def test_whoever_was_not_asked_for_a_country_is_asked_before_the_list_and_before_a_question_is_sent() -> None:
    """Mutation: a question sent to the coordinators of no country."""
    for option in ("others", "ask"):
        play = Play(SMS).says("hola", "1", "es verdad que hay que pagar por la ayuda").picks(option)
        assert play.here == "notices.where"
        assert at(play, "CO").here == "notices.rumours"  # type: ignore[arg-type]


# --- one that does not stand -----------------------------------------------------------------------------------------


@pytest.mark.requirement("C-1")
def test_an_answer_that_was_taken_back_is_neither_offered_nor_found_nor_kept() -> None:
    """Mutation: a stale answer found by its words; another answer in its place for whoever just reads it."""
    left = facts(SMS, reviewed=Standing("border"))
    play = Play(SMS, known=left).says("hola", "1", "es verdad que van a cerrar la frontera?")
    assert play.here == "notices.where"
    play = listed(reviewed=Standing("border"))
    assert QUESTIONS["border"] not in {id for option in questions(play) for id in ids([option.label])}
    assert ids(drawn(play.at("notices.rumour", notice="border")).parts) == {"notices.gone"}


def test_where_nothing_stands_that_is_said_with_the_way_to_ask() -> None:
    """Mutation: an empty list."""
    play = listed(reviewed=Standing(*RUMOURS), notices=NoNotices())
    assert "notices.rumours.none" in play.ids
    assert play.says(str(ELSE)).here == "complaint.safe"


def test_the_day_under_an_answer_is_the_one_of_its_review() -> None:
    """Mutation: today."""
    [answer] = [one for one in SomeReviewed().listed(NOW) if one.name == "offers"]
    [text] = drawn(listed().at("notices.rumour", notice="offers")).parts
    assert isinstance(text, Phrase) and text.params["day"].day == answer.checked_on
