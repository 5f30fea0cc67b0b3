"""Where a sentence leads: straight to its screen where it is plain, to a choice where it is not or where it is sensitive."""

from __future__ import annotations

import pytest

from flows.facts import INTENTS, LANGS
from flows.intents import KIND_OF, LABEL_OF, SENSITIVE, TOPIC_OF
from flows.kernel import Phrase, Said, Understood, Words
from flows.services import TOPICS
from tests.flows.standing import CHANNELS, drawn, standing
from tests.flows.world import CUCUTA, SMS, Mention, Play


def hears(play: Play, *intents: str, sure: bool = True, named: bool = False, **rest: object) -> Play:
    return play.does(Said(Words("…"), Understood(intents=intents, sure=sure, named=named, **rest)))  # type: ignore[arg-type]


@pytest.mark.requirement("S-1")
@pytest.mark.parametrize("intent", KIND_OF)
def test_a_plain_need_with_its_place_gets_results_at_once(intent: str) -> None:
    """In a first message too. Mutation: asking where although it was said."""
    named = intent in SENSITIVE  # these are never taken from a sentence that does not say so
    play = hears(Play(SMS), intent, named=named, mention=Mention(places=(CUCUTA,)))
    assert play.here in ("services.results", "services.nothing")
    assert (play.session.slot("kind"), play.session.slot("place")) == (KIND_OF[intent], CUCUTA.id)


@pytest.mark.parametrize("intent", TOPIC_OF)
def test_a_topic_said_in_so_many_words_opens(intent: str) -> None:
    """Mutation: a topic without a screen."""
    assert hears(standing("start.menu", slots={}), intent, named=True).here == TOPICS[TOPIC_OF[intent]]


@pytest.mark.requirement("E-4")
@pytest.mark.parametrize("intent", sorted(SENSITIVE))
def test_what_is_sensitive_is_offered_first_and_opens_when_chosen(intent: str) -> None:
    """However sure the model is. Mutation: taking it at its word; forgetting the place that was named beside it."""
    play = hears(standing("start.menu", slots={}), intent, mention=Mention(places=(CUCUTA,)))
    assert play.here == "heard.which"
    assert drawn(play).options[0].label == Phrase(LABEL_OF.get(intent, "heard.which.leave"))
    assert play.session.slot("place") == CUCUTA.id
    play.says("1")
    assert play.here != "heard.which" and not any(id.startswith("unclear.") for id in play.ids)


@pytest.mark.requirement("E-4")
def test_whoever_looks_for_a_school_is_not_sent_to_homes_for_children_without_family() -> None:
    """What is offered beside them leads to all kinds of help. Mutation: the homes at once; a choice of one."""
    for intents in (("child_care",), ("child_care", "family"), ("child_care", "family", "legal"), ("child_care", "services_near")):
        play = hears(standing("start.menu", slots={}), *intents)
        own = [option.label for option in drawn(play).options if option.id not in ("back", "emergency", "leave")]
        assert play.here == "heard.which" and len(own) <= 4
        assert own[0] == Phrase(LABEL_OF["child_care"]) and own.count(Phrase(LABEL_OF["services_near"])) == 1


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_what_is_unsure_is_a_choice_of_two_to_four(channel: object) -> None:
    """The wants and something else, each label once. Mutation: two choices with one label; no way past them."""
    play = standing("start.menu", channel, slots={})  # type: ignore[arg-type]
    hears(play, "complaint", "feedback", "legal", sure=False)
    own = [option for option in drawn(play).options if option.id not in ("back", "emergency", "leave")]
    assert [option.label for option in own] == [
        Phrase("start.menu.feedback"), Phrase("services.kind.legal"), Phrase("heard.which.none"),
    ]  # fmt: skip
    assert play.picks("none").here == "start.menu"


def test_what_has_no_screen_or_no_meaning_is_not_guessed() -> None:
    """Mutation: offering "other", or the menu as if it were an answer."""
    for play in (hears(standing("start.menu"), "other"), hears(standing("start.menu"), sure=False)):
        assert (play.here, "unclear.text" in play.ids) == ("start.menu", True)


@pytest.mark.requirement("E-3")
def test_whoever_only_asks_for_help_first_is_greeted() -> None:
    """Mutation: a question for the country before the first screen with its five facts."""
    assert hears(Play(SMS), "services_near").here == "start.hello"
    assert hears(standing("start.menu", slots={}), "services_near").here == "services.where"


@pytest.mark.requirement("L-4")
@pytest.mark.parametrize("lang", LANGS)
def test_another_language_gets_its_sentence_and_the_choice_of_ours(lang: str) -> None:
    """Mutation: "I did not understand"."""
    for text, foreign in (("bonjou mwen bezwen èd", "ht"), ("bonjour je cherche un docteur", "fr")):
        play = standing("start.menu", SMS, lang).says(text)
        assert (play.here, play.screen.parts) == ("start.foreign", (Phrase(f"start.foreign.{foreign}"),))
        assert play.says("2").session.lang == "en"


@pytest.mark.requirement("L-4")
def test_a_language_is_changed_by_a_sentence_and_nothing_else_moves() -> None:
    """Mutation: leading to the list of languages, or to the menu."""
    play = standing("services.details", SMS, "es").says("english please")
    assert (play.here, play.session.lang) == ("services.details", "en")
    assert standing("services.town", SMS, "pt").says("necesito un doctor por favor").session.lang == "pt"


def test_every_intent_has_a_label_or_is_known_to_have_none() -> None:
    """Mutation: a new intent that the choice cannot name."""
    assert set(INTENTS) == {*LABEL_OF, "stop_exit", "other"}


@pytest.mark.requirement("C-7")
@pytest.mark.parametrize(
    "text",
    ["tengo un código", "hola, tengo un código de antes", "ver mi respuesta", "quiero ver mi respuesta", "I have a code",
     "see my answer", "I want to read my answer", "tenho um código", "ver minha resposta", "quero ver a minha resposta"],
)  # fmt: skip
@pytest.mark.parametrize("begun", [False, True], ids=["first message", "at the menu"])
def test_whoever_comes_back_is_led_to_their_code_also_in_a_first_message(text: str, begun: bool) -> None:
    """Behind the question whether the phone is safe. Mutation: a first message read as a choice of a menu that nobody sees yet."""
    play = Play()
    if begun:
        play.says("hola", "1")
    assert play.says(text).here == "code.safe"


@pytest.mark.parametrize(
    "text", ["mi respuesta es no", "espero respuesta de la embajada", "my answer is no", "minha resposta é não"]
)
def test_an_answer_of_another_kind_leads_to_no_code(text: str) -> None:
    """Mutation: the word "answer" alone."""
    assert Play().says("hola", "1", text).here != "code.safe"


@pytest.mark.requirement("C-9")
@pytest.mark.parametrize(
    "text",
    ["quiero escribir por una amiga", "escribo por otra persona", "escribo en nombre de mi hermana", "I write for somebody else",
     "I'm writing for a friend", "writing on behalf of my sister", "escrevo por outra pessoa", "quero escrever pela minha irmã"],
)  # fmt: skip
def test_whoever_writes_for_somebody_else_may_complain_as_well_as_talk_to_a_person(text: str) -> None:
    """Mutation: the word "person" in it, which offers only that."""
    play = Play().says("hola", "1", text)
    assert play.here == "heard.which"
    assert {"callback", "complaint"} <= {INTENTS[number] for number in play.session.slot("guesses")}


@pytest.mark.parametrize(
    ("text", "here"),
    [("quiero quejarme por una amiga", "complaint.kind"), ("quiero hablar con una persona", "person.where"),
     ("escribo para pedir comida", "basics.where_to_ask"), ("I want to complain for a friend", "complaint.kind"),
     ("talk to a person", "person.where"), ("quero reclamar por uma amiga", "complaint.kind"),
     ("falar com uma pessoa", "person.where"), ("busco a mi hermana", "services.where")],
)  # fmt: skip
def test_who_says_what_for_is_led_there_and_asked_nothing(text: str, here: str) -> None:
    """Mutation: offering three things to whoever named one; persons without the words that say that one writes for them."""
    assert Play().says("hola", "1", text).here == here
