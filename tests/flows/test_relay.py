"""A connected chat: words reach the person on duty, whoever holds the phone learns nothing, and either side ends it."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.layout import render
from bot.sealing import ROOM
from flows.crisis import CLASSES
from flows.facts import LANGS
from flows.graph import edges
from flows.kernel import Alarm, Command, Effect, Phrase, Unclear, Words
from flows.relay import BYTES, TALK
from flows.reserved import STOP_LIKE
from flows.topics import GRAPH
from tests.content import lint
from tests.flows.coming_back import CODE, TICKETS, all_walks, back, connected, ticket
from tests.flows.standing import CHANNELS, SCREENS
from tests.flows.test_kernel import typed
from tests.flows.world import CUCUTA, TELEGRAM, Play, SomeDuty, data, ids, wording

by_channel = pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
SAID = Effect("say_relay")


def shown(play: Play, lang: str) -> str:
    return render(play.screen, lang, play.session.turn, play.facts.channel, wording()).text


# --- words reach somebody --------------------------------------------------------------------------------------------

#: What people answer somebody who asks them something. Elsewhere most of it is a command, a choice or nothing.
ANSWERS = (
    "sí puedo", "hola", "gracias", "muchas gracias", "ok", "vale", "bueno", "no", "si", "2", "dos", "3", "12", "❤️", "👍🏽", "??",
    "persona", "comida", "llamar", "mi código se perdió", "más", "volver", "regresar", "doctor en cúcuta", "colombia", "queja",
    "estoy en tapachula", "good morning", "obrigada", "a las 5", "300 123 4567", "privacidad",
)  # fmt: skip


@by_channel
@pytest.mark.parametrize("screen", [f"relay.{name}" for name in TALK])
def test_whatever_an_answer_may_be_is_passed_on(channel, screen: str) -> None:
    """Mutation: "gracias" that repeats the screen, "2" that is no option, "comida" that opens a topic, a heart that is not
    understood."""
    for text in ANSWERS:
        play = connected(channel).at(screen).says(text)
        assert (play.here, play.asked) == ("relay.passed", [SAID]), text


@by_channel
def test_the_first_words_of_a_new_conversation_are_passed_on(channel) -> None:
    """Also a greeting: it was meant for somebody. Mutation: greeting back, which leaves the person on duty without an answer."""
    for text in ANSWERS:
        play = connected(channel).says(text)
        assert (play.here, play.asked) == ("relay.passed", [SAID]), text
        assert play.session.turn == 1


@pytest.mark.requirement("E-2")
@pytest.mark.requirement("E-5")
@by_channel
def test_leaving_numbers_back_menu_and_languages_keep_their_meaning(channel) -> None:
    """Mutation: a message "0" to the person on duty."""
    for lang in LANGS:
        for word in (*typed(lang, "words.leave"), "0", "cero", *STOP_LIKE):
            play = connected(channel).at("relay.passed").says(word)
            assert (play.session.left, play.asked) == (True, [Effect("forget")]), word
        for word in (*typed(lang, "words.emergency"), "9", "nueve"):
            play = connected(channel).at("relay.passed").says(word)
            assert (play.here, play.asked) == ("relay.passed", []), word
            assert {"emergency.row"} <= play.ids
        for word in (*typed(lang, "words.menu"), "help", "info", "start"):
            assert connected(channel).at("relay.passed").says(word).here == "start.menu", word
        for word in typed(lang, f"words.lang.{lang}"):
            assert connected(channel).at("relay.passed").says(word).session.lang == lang
    assert connected(channel).says("hola", "otra cosa", "8").here == "relay.open"
    assert connected(channel).says("ya").says("7").here == "relay.safe"


@pytest.mark.requirement("E-6")
@by_channel
@pytest.mark.parametrize("kind", CLASSES)
def test_a_cry_gets_its_card_first_and_reaches_the_person_on_duty(channel, kind: str) -> None:
    """They are whom it was written to. For somebody who is watched the neutral line stands alone. Mutation: the card instead of the
    message; the receipt before the numbers; a card that names the receipt."""
    for begin in (connected(channel), connected(channel).at("relay.passed")):
        play = begin.does(Alarm(kind, Words("zarzaparrilla")))
        assert (play.here, play.asked) == ("relay.passed", [SAID])
        assert play.session.alarms == {kind: int(play.facts.now // 60)}
        if kind == "I":
            assert (play.screen.parts, play.screen.options) == ((Phrase("crisis.I"),), ())
            continue
        read = [id for part in play.screen.parts for id in ids((part,))]
        assert read.index(f"crisis.{kind}") < read.index("relay.passed")
        assert not ids(play.screen.parts[:1]) & {"relay.passed"}
        assert "zarza" not in repr(play.turn)
    repeated = play.does(Alarm(kind, Words("otra vez")))
    assert repeated.asked == [SAID, SAID]


@pytest.mark.requirement("E-6")
def test_a_cry_that_could_not_be_passed_on_gets_its_card_all_the_same() -> None:
    """And says so. Mutation: the card only with a receipt."""
    for outcome, screen in (("ended", "relay.ended"), ("gone", "relay.ended"), ("down", "relay.not_saved")):
        play = connected()
        play.outcome = outcome
        play.says("me va a matar")
        assert play.here == screen
        assert {"crisis.B", screen} <= play.ids
    assert {"crisis.B", "relay.long"} <= connected().says("me va a matar " * 400).ids


@pytest.mark.requirement("L-5")
@pytest.mark.parametrize("what", ["voice", "picture", "file", "contact", "sticker", "live", "edited", "other"])
def test_what_cannot_be_read_is_not_passed_on_and_that_is_said(what) -> None:
    """Mutation: a receipt for a voice note that nobody hears."""
    for play in (connected(), connected(TELEGRAM).at("relay.passed")):
        here = play.here
        play.does(Unclear(what))
        assert (play.here, play.asked) == (here, [])
        assert f"unclear.{what}" in play.ids


@pytest.mark.requirement("S-8")
def test_a_shared_place_is_not_sent_to_anybody() -> None:
    """Mutation: passing coordinates on."""
    play = connected(TELEGRAM).at("relay.passed").shares(CUCUTA)
    assert play.asked == []


def test_what_does_not_fit_into_an_envelope_is_said_to_be_too_long() -> None:
    """Mutation: cutting it; an exception when it is sealed."""
    assert ROOM["note"] - 2 >= BYTES
    assert connected().says("ñ" * (BYTES // 2)).asked == [SAID]
    play = connected().says("ñ" * (BYTES // 2 + 1))
    assert (play.here, play.asked) == ("relay.long", [])
    assert play.says("más corto").asked == [SAID]


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=60))
def test_nothing_of_a_message_is_kept_or_shown(text: str) -> None:
    """Mutation: an echo on the receipt; the words in a slot."""
    play = connected().says(f"zarza{text}parrilla")
    if play.session.left:
        return
    assert b"zarza" not in msgspec.msgpack.encode(play.session)
    assert not [field for field in data(play.screen.parts) if "zarza" in field.text]
    assert "zarza" not in repr(play.turn)


# --- before the person can know what may have to be told -------------------------------------------------------------


def unread(channel=TELEGRAM, lang: str = "es", **changes) -> Play:
    """In touch with a country of whose duties to report there is no text that holds."""
    return connected(channel, lang, ticket=ticket(country="VE", status="looked_at", way="here", relay="open", **changes))


@pytest.mark.requirement("D-2")
@by_channel
@pytest.mark.parametrize("lang", LANGS)
def test_without_a_text_nothing_is_passed_on_before_somebody_has_written(channel, lang: str) -> None:
    """And that is said, without saying what this is about. Mutation: a connected chat that is an open box for notes; a receipt for
    words that nobody gets; a first screen that invites to write."""
    for screen in (f"relay.{name}" for name in TALK):
        play = unread(channel, lang).at(screen).says("Zarzaparrilla")
        assert (play.here, play.asked, ids(play.screen.parts) & {"relay.not_yet"}) == ("relay.not_yet", [], {"relay.not_yet"})
    kept = {"es": "no se guardó", "en": "not kept", "pt": "não foi guardado"}
    assert kept[lang] in wording().text(lang, "relay.not_yet")
    first = unread(channel, lang)
    screen = GRAPH.view(first.session, first.facts)
    assert ids(screen.parts) == {"relay.open.neutral.wait"}
    for drawn in (screen, unread(channel, lang).says("hola").screen):
        about = render(drawn, lang, 1, channel, wording()).text
        assert not re.search(TELLS[lang], about, re.IGNORECASE) and lint.telling(about) == []
    behind = unread(channel, lang).says("hola", "7", "1")
    assert behind.here == "relay.choices" and "relay.choices.wait" in behind.ids
    assert "chat" not in {option.id for option in behind.screen.options}
    assert back(channel, lang, ticket=behind.facts.ticket).at("request.done", country="VE").says("xyzzy qwrt").asked == []


@pytest.mark.requirement("D-2")
def test_whom_somebody_on_duty_has_written_to_may_answer() -> None:
    """It is a talk with a human from then on. Mutation: keeping the chat shut for good; in the code's note as well."""
    assert unread(begun=True).says("hola").asked == [SAID]
    for view, there in ((TICKETS["no text"], False), (ticket(status="looked_at", country="VE", begun=True), True)):
        play = back(ticket=view).at("code.status", safe="yes")
        assert ("write" in play.graph.ids(play.session, play.facts)) is there


@pytest.mark.requirement("D-2")
@pytest.mark.requirement("E-6")
def test_a_cry_that_is_not_kept_gets_its_card_all_the_same() -> None:
    """Mutation: "that was not kept" and no numbers."""
    play = unread().does(Alarm("B", Words("zarzaparrilla")))
    read = [id for part in play.screen.parts for id in ids((part,))]
    assert play.asked == [] and read.index("crisis.B") < read.index("relay.not_yet")


@pytest.mark.requirement("D-2")
@pytest.mark.requirement("D-4")
def test_that_the_team_writes_first_is_said_before_the_yes_to_this_way() -> None:
    """In the request and with the code. Mutation: "write to me here" as if one could write at once."""
    for texts, there in ((("CO",), False), ((), True)):
        duty = SomeDuty(texts=texts)
        asked = Play(TELEGRAM, duty=duty).at("request.contact_here", country="CO", safe="yes", age="adult")
        changed = Play(TELEGRAM, duty=duty, ticket=ticket(way="code", windows=())).at("code.way", country="CO", safe="yes")
        for play in (asked, changed):
            assert ("request.way.here.wait" in ids(GRAPH.view(play.session, play.facts).parts)) is there


# --- whoever holds the phone -----------------------------------------------------------------------------------------

#: What would tell somebody else that a person answers here, or why.
TELLS = {
    "es": r"equipo|turno|solicitud|petición|contacto|te escriben",
    "en": r"\bduty\b|team|request|contact|they write|in touch",
    "pt": r"equipe|plantão|pedido|contato|escrevem",
}


@pytest.mark.requirement("E-7")
@by_channel
@pytest.mark.parametrize("lang", LANGS)
def test_a_new_conversation_shows_whoever_holds_the_phone_nothing(channel, lang: str) -> None:
    """Whatever is sent first: the words of a receipt, the screen behind the numbers, what comes back for a voice note.
    Mutation: "you are in touch with the person on duty" on the first screen or on the receipt."""
    for play in (
        connected(channel, lang).says("hola"),
        connected(channel, lang).says("quién eres"),
        connected(channel, lang).does(Command("again")),
        connected(channel, lang).says("menu"),
        connected(channel, lang).says("9"),
        connected(channel, lang).says("7"),
        connected(channel, lang).does(Unclear("voice")),
        connected(channel, lang).does(Unclear("text")),
        connected(channel, lang).says("y" * 3000),
    ):
        text = shown(play, lang)
        about = "\n".join(line for line in text.splitlines() if not re.match(r"2 |.*(Hablar con|Talk to|Falar com)", line))
        assert not re.search(TELLS[lang], about, re.IGNORECASE), (play.here, about)
        assert lint.telling(text) == []
        for found in data(play.screen.parts):
            assert found.source == "helpline"


@pytest.mark.requirement("E-4")
@by_channel
def test_what_says_more_lies_behind_the_question_and_is_asked_for_once(channel) -> None:
    """Mutation: the choices without it; the question again on every look."""
    play = connected(channel).says("hola", "7")
    assert (play.here, "request.safe" in play.ids) == ("relay.safe", True)
    assert play.says("1").here == "relay.choices"
    assert play.picks("chat").here == "relay.open"
    assert "relay.open.neutral" not in play.ids and "relay.open" in play.ids
    assert play.says("7").here == "relay.choices"
    assert connected(channel).says("hola", "7", "2").here == "request.not_now"


@pytest.mark.requirement("E-7")
@by_channel
def test_by_the_menu_whoever_is_in_touch_comes_back_to_the_same_neutral_screen(channel) -> None:
    """Mutation: an option of its own on the menu, or the question for a country."""
    play = connected(channel).says("menu", "1")
    others = Play(channel).says("hola", "1")
    assert [option.label for option in play.screen.options] == [option.label for option in others.screen.options]
    assert play.says("2").here == "relay.open"
    assert ids(play.screen.parts) == {"relay.open.neutral"}
    assert others.says("2").here == "person.where"


# --- elsewhere in the conversation -----------------------------------------------------------------------------------


@by_channel
def test_where_nothing_was_asked_words_that_mean_nothing_to_faro_are_for_the_person_on_duty(channel) -> None:
    """They wrote while the receipt was still on the screen. Mutation: "I did not understand"; passing on what answers
    a question."""
    for screen in ("start.menu", "request.done", "person.lines", "privacy.answer"):
        play = back(channel, ticket=TICKETS["looked at"]).at(screen, country="CO").says("xyzzy qwrt")
        assert (play.here, play.asked) == ("relay.passed", [SAID]), screen
    for screen in ("services.town", "code.ask", "code.status", "relay.choices", "relay.safe"):
        play = back(channel, ticket=TICKETS["looked at"]).at(screen, country="CO").says("xyzzy qwrt")
        assert play.asked == [], screen
    for text, screen in (("doctor en cúcuta", "services.results"), ("derechos", "rights.asylum"), ("cucuta", "services.kind")):
        play = back(channel, ticket=TICKETS["looked at"]).says(text)
        assert (play.here, play.asked) == (screen, []), text
    for nobody in (None, TICKETS["nobody yet"], ticket(relay="ended")):
        assert back(channel, ticket=nobody).says("xyzzy qwrt").asked == []


def test_a_code_that_stands_alone_is_tried_and_is_not_sent_to_anybody() -> None:
    """With words or a plus beside it it is a number like others. Mutation: telling the person on duty the code."""
    play = connected().at("relay.passed").says(CODE)
    assert (play.here, play.asked) == ("code.known", [Effect("try_code")])
    for text in ("mi hermana tiene el 0412 375 908 269", "+0412 375 908 269"):
        assert connected().at("relay.passed").says(text).asked == [SAID]


# --- the end ---------------------------------------------------------------------------------------------------------


@by_channel
def test_the_person_ends_it_in_a_step_that_cannot_happen_by_mistake(channel) -> None:
    """Mutation: ending on a digit of another screen; a slot or a way back that stays."""
    play = connected(channel).says("hola", "7", "1")
    number = next(option.digit for option in play.screen.options if option.id == "end")
    assert (number >= 10) == (not channel.buttons)
    play.says(str(number))
    assert (play.here, play.asked) == ("relay.closed", [SAID, Effect("end_relay")])
    assert (play.session.slots, play.session.back) == ({}, ())
    failed = connected(channel).says("hola", "7", "1")
    failed.outcome = "down"
    assert failed.picks("end").here == "relay.not_saved"


@pytest.mark.requirement("P-6")
def test_when_the_other_side_has_ended_it_that_is_said_once_and_the_code_still_leads_on() -> None:
    """Mutation: telling why; words that go on being taken; no way to the code."""
    answers = set()
    for outcome in ("ended", "gone"):
        play = connected(TELEGRAM)
        play.outcome = outcome
        play.says("hola")
        answers.add((play.here, shown(play, "es")))
        assert GRAPH.sheets[play.here].hears is None
        assert play.picks("code").here == "code.safe"
    assert len(answers) == 1
    for lang, code in (("es", "código"), ("en", "code"), ("pt", "código")):
        assert code in wording().text(lang, "relay.ended")
        assert code in wording().text(lang, "relay.closed")


@pytest.mark.requirement("E-1")
def test_nothing_is_passed_on_or_ended_but_by_words_or_a_choice() -> None:
    """Mutation: an effect on drawing; ending when somebody looks at the choices."""
    for step in all_walks():
        for effect in step.play.asked:
            if effect.name == "say_relay":
                assert step.by == "(words)"
            if effect.name == "end_relay":
                assert (step.before.screen, step.by) == ("relay.choices", "end")


@pytest.mark.requirement("E-2")
def test_every_screen_of_the_chat_has_a_way_on() -> None:
    """Mutation: an ending without a way to the code or the menu."""
    ways = {edge.start for edge in edges(GRAPH)}
    assert {screen for screen in SCREENS if screen.startswith("relay.")} <= ways
    for screen in ("relay.closed", "relay.ended", "relay.choices"):
        assert "start.menu" in {edge.end for edge in edges(GRAPH) if edge.start == screen}
