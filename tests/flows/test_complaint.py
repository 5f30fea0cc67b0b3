"""A complaint on the phone: three plain choices, help first, few questions that can each be passed over, and what may leave.

Promises are checked over a walk that takes every edge of the topic with every outcome.
"""

from __future__ import annotations

import json
import re
from collections import deque

import pytest

from bot.complaints import tables
from bot.helplines import HelplineBook
from bot.lexicon import words_of
from flows import accused, complaint_fields
from flows.complaint_fields import WHO
from flows.crisis import CLASSES
from flows.facts import COUNTRIES, LANGS, SETTLING, ComplaintChannel
from flows.graph import behind, edges
from flows.heard import ENDS
from flows.kernel import MORE, Data, Phrase
from flows.out_of_scope import MATTERS, TARGETS
from flows.topics import GRAPH
from tests.flows.complaining import CHANNELS, HEAVY, about, at, complaining, conduct, walk
from tests.flows.standing import drawn, standing
from tests.flows.world import (
    CUCUTA,
    SMS,
    TELEGRAM,
    Play,
    SomeDirectory,
    SomeHearing,
    SomeHelplines,
    data,
    facts,
    ids,
    offer,
    wording,
)

QUESTIONS = ("happened", "spot", "spot_unknown", "which_spot", "when", "danger", "child", "helped", "answered")
"""What is asked of how somebody behaved, beside whom it is about."""
BOOK = HelplineBook.load()
"""The lines that the program brings along."""
OFFICIALS = ("police", "official", "soldier", "smuggler", "employer")


@pytest.fixture(scope="module")
def steps():
    return {channel.name: list(walk(channel)) for channel in (SMS, TELEGRAM)}


def everything(steps):
    return [step for channel in steps.values() for step in channel]


def reached(start: str, without: str) -> set[str]:
    """Screens of the topic to which choices lead from ``start`` if one screen is never passed."""
    ways: dict[str, set[str]] = {}
    for edge in edges(GRAPH):
        ways.setdefault(edge.start, set()).add(edge.end)
    seen: set[str] = set()
    queue = deque([start])
    while queue:
        screen = queue.popleft()
        if screen not in seen and screen != without and screen.startswith("complaint."):
            seen.add(screen)
            queue.extend(ways.get(screen, ()))
    return seen


# --- C-1: one entry, three choices -----------------------------------------------------------------------------------


@pytest.mark.requirement("C-1")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_the_menu_s_third_digit_opens_three_plain_choices_that_lead_to_three_ways(channel) -> None:
    """And the channels as information. Mutation: another digit; two kinds on one screen; the channels only."""
    play = Play(channel).says("hola", "1", "3")
    assert play.here == "complaint.kind"
    digits = {option.id: option.digit for option in play.screen.options}
    assert {name: digits[name] for name in ("service", "conduct", "other", "how")} == {
        "service": 1,
        "conduct": 2,
        "other": 3,
        "how": 7,
    }
    for option, screen in (("service", "what"), ("conduct", "safe"), ("other", "other")):
        assert at(complaining(channel).picks(option), "CO").here == f"complaint.{screen}"
    assert complaining(channel).picks("how").here == "feedback.where"


@pytest.mark.requirement("C-1")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", ["chat", "sms"])
def test_the_choices_say_that_help_does_not_change_that_no_name_is_needed_and_who_reads(lang: str, form) -> None:
    """Mutation: the question alone."""
    text = wording().text(lang, "complaint.kind", form)
    for fact in {
        "es": ("[Nn]o cambia la ayuda", "no hace falta tu nombre", "coordinación", "equipo aparte"),
        "en": ("does not change the help", "no name", "coordinators|coordination", "separate team"),
        "pt": ("[Nn]ão muda a ajuda", "não precisa do seu nome", "coordenação", "equipe à parte"),
    }[lang]:
        assert re.search(fact, text), (fact, text)


@pytest.mark.requirement("C-1")
@pytest.mark.requirement("L-3")
@pytest.mark.parametrize(
    ("text", "screen"),
    [
        ("queja", "complaint.kind"), ("quiero denunciar", "complaint.kind"), ("me trataron mal en el hospital", "complaint.kind"),
        ("quiero poner una queja del doctor", "complaint.kind"), ("complain", "complaint.kind"),
        ("they treated me badly at the clinic", "complaint.kind"), ("I want to complain", "complaint.kind"),
        ("reclamação", "complaint.kind"), ("quero reclamar do hospital", "complaint.kind"), ("fui mal atendida", "complaint.kind"),
        ("es verdad que dan comida en cucuta?", "notices.where"), ("is it true that they give papers", "notices.where"),
        ("é verdade que dão documentos", "notices.where"), ("rumor", "notices.where"),
        ("cómo va mi queja", "code.safe"), ("tengo respuesta de mi queja?", "code.safe"), ("withdraw my complaint", "code.safe"),
        ("is there an answer to my complaint", "code.safe"), ("quero ver minha reclamação", "code.safe"),
        ("quiero poner mi queja", "complaint.kind"), ("I want to make my complaint", "complaint.kind"),
        ("qué cambiaron", "notices.changes"), ("what did you change", "notices.changes"), ("o que mudou", "notices.changes"),
        ("el policía me pidió plata", "complaint.told"), ("la policía nos quitó el dinero", "complaint.told"),
        ("um policial pediu dinheiro", "complaint.told"),
    ],
)  # fmt: skip
def test_free_text_in_three_languages_leads_there(text: str, screen: str) -> None:
    """Whatever kind of help stands in the sentence. Mutation: kinds of help asked first."""
    assert Play(SMS).says("hola", "1", text).here == screen


@pytest.mark.parametrize("text", ["no quiero poner una queja", "I do not want to complain", "não quero reclamar"])
def test_a_complaint_that_is_denied_is_not_guessed(text: str) -> None:
    """Mutation: looking for the word alone."""
    assert Play(SMS).says("hola", "1", text).here != "complaint.kind"


# --- E-4: the gate ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-4")
def test_nothing_is_told_noted_or_sent_before_the_question_whether_the_phone_is_safe(steps) -> None:
    """Mutation: an option of another topic that leads to the note; the yes of an earlier conversation."""
    hidden = {screen for screen in behind(GRAPH) if screen.startswith("complaint.")}
    for name in ("intro", "readers", "help", "who", "which", *QUESTIONS, "numbers", "note", "note_long", "check", "done"):
        assert f"complaint.{name}" in hidden, name
    sent = 0
    for step in everything(steps):
        for effect in step.play.asked:
            if effect.name in ("open_complaint", "keep_note"):
                sent += 1
                assert step.before.slot("safe") == "yes", (step.before.screen, step.by)
    assert sent > 20


@pytest.mark.requirement("E-4")
def test_not_now_gives_the_shortest_advice_and_keeps_nothing() -> None:
    """Mutation: a way on from "not now"."""
    play = at(complaining(SMS).picks("conduct"), "CO").picks("no")
    assert play.here == "request.not_now"
    assert play.says("1").here == "start.menu"


@pytest.mark.requirement("E-7")
def test_what_stands_before_the_gate_is_the_same_whatever_was_chosen() -> None:
    """Mutation: "before you tell us what they did" on the gate."""
    for option in ("conduct", "other"):
        play = at(complaining(TELEGRAM).picks(option), "CO")
        if option == "other":
            play.picks("idea")
        assert play.screen.parts == (Phrase("request.safe"),)


# --- C-3: what is asked ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-3")
@pytest.mark.requirement("P-1")
def test_exactly_the_fields_of_c3_leave_as_closed_values(steps) -> None:
    """Mutation: a field for what happened; a word of the person in a slot or in an effect."""
    values = {
        "whose": {"own", "other", "heard", "unsaid"}, "when": {"today", "week", "month", "longer", "unsaid"},
        **{name: {"yes", "no", "unsaid"} for name in ("danger", "child", "help", "contact", "paper")},
        "place": {"Cúcuta", "San Cristóbal", "Boa Vista", ""},
        "about": set(complaint_fields.ABOUT), "topic": set(complaint_fields.TOPICS),
    }  # fmt: skip
    sent = [params for step in everything(steps) for params in step.play.sent]
    assert len(sent) > 20
    for params in sent:
        fields = set(params["card"]) - {"service"}
        assert fields == set(values)
        assert all(params["card"][name] in values[name] for name in values), params
        assert set(params) == {
            "country", "inbox", "about", "organisation", "topic", "child", "urgent", "counted", "card", "note",
        }  # fmt: skip
        if params["inbox"] == "psea":
            assert params["topic"] == "other_behaviour"
            assert "service" not in params["card"]
        assert "xyzzy" not in json.dumps(params, default=str)


def test_closed_values_are_those_that_are_stored() -> None:
    """Mutation: a choice that no row can hold."""
    assert complaint_fields.ABOUT == tables.ABOUT
    stored = set(complaint_fields.TOPICS) - {"moved", "number", "hours", "not_free"}  # remarks, which are no complaints
    assert stored <= set(tables.TOPICS)


@pytest.mark.requirement("C-3")
@pytest.mark.requirement("E-10")
def test_each_question_can_be_passed_over_and_ended_by_the_same_digits(steps) -> None:
    """Mutation: a question without 6; an end on another digit."""
    seen = set()
    for step in everything(steps):
        name = step.play.here.removeprefix("complaint.")
        if name in QUESTIONS and step.play.turn.screen is not None and step.play.session.turn > step.before.turn:
            seen.add(name)
            digits = {option.id: option.digit for option in GRAPH.view(step.play.session, step.play.facts).options}
            assert (digits["skip"], digits["end"]) == (6, 5)
    assert seen == set(QUESTIONS)
    play = about("unknown", SMS)
    for _ in ("happened", "spot", "when", "danger", "child", "helped", "answered"):
        play.says("6")
    assert play.here == "complaint.note"
    assert play.says("6").here == "complaint.check"


@pytest.mark.requirement("C-9")
@pytest.mark.parametrize("who", [*WHO, "unknown"])
def test_one_choice_is_enough(who: str) -> None:
    """Mutation: an answer that is needed before the last look."""
    play = about(who)
    if who == "organisation":
        play.picks("skip")
    play.picks("end", "send")
    assert play.here == "complaint.done"
    (sent,) = play.sent
    assert sent["about"] == ("unknown" if who == "organisation" else who)
    assert sent["card"]["whose"] == "unsaid"


@pytest.mark.requirement("C-9")
@pytest.mark.parametrize("whose", ["own", "other", "heard"])
def test_what_was_only_heard_is_taken_like_what_was_lived(whose: str) -> None:
    """Mutation: a longer way, or another inbox, for a rumour."""
    play = about("soldier").picks(whose, "end", "send")
    assert play.here == "complaint.done"
    assert (play.sent[0]["inbox"], play.sent[0]["card"]["whose"]) == ("psea", whose)


@pytest.mark.requirement("S-8")
@pytest.mark.parametrize(
    ("text", "screen", "place"),
    [("Cúcuta", "when", "Cúcuta"), ("cucutta", "which_spot", ""), ("tapachula", "spot_unknown", ""), ("xyzzy", "spot_unknown", "")],
)
def test_a_place_is_a_municipality_of_that_country_or_nothing(text: str, screen: str, place: str) -> None:
    """Mutation: a search that begins because a town was named; the words kept."""
    play = about("police").picks("own").says(text)
    assert play.here == f"complaint.{screen}"
    assert play.picks("end", "send").sent[0]["card"]["place"] == place


def test_the_organisation_may_be_typed_and_is_said_not_to_get_it() -> None:
    """Mutation: a name that nobody knows kept as it was typed."""
    play = about("organisation", SMS)
    assert play.says("de ninguna parte").here == "complaint.which"
    play.says("organizacion demo B").picks("end")
    assert Data("complaint.organisation", "Organización Demo B") in data(play.screen.parts)
    play.picks("send")
    assert (play.sent[0]["about"], play.sent[0]["organisation"]) == ("organisation", "org-b")


# --- C-4: nobody reads -----------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("P-5")
def test_what_nobody_may_read_is_not_taken_and_others_are_named() -> None:
    """At the country, at whom it is about, at the organisation, and at the last moment. Mutation: asking all the same."""
    assert at(complaining().picks("conduct"), "MX").here == "complaint.nobody"
    assert about("soldier", country="VE").here == "complaint.nobody"
    play = about("organisation", country="VE").picks("#0")
    assert play.here == "complaint.nobody"
    assert {"complaint.nobody", "feedback.row.independent"} <= play.ids
    assert [option.id for option in play.screen.options if 0 < option.digit < 8] == ["channels", "lines", "menu"]
    assert about("organisation", country="VE").picks("#1").here == "complaint.happened"
    late = about("police").picks("end")
    late.outcome = "nobody"
    assert late.picks("send").here == "complaint.nobody"


@pytest.mark.requirement("C-4")
def test_the_channel_of_those_whom_it_is_about_is_not_the_first_that_is_named() -> None:
    """Mutation: channels as the directory lists them."""
    play = about("organisation", country="VE").picks("#0")
    named = [field.text for field in reversed(data(play.screen.parts)) if field.source == "complaint_channel.organisation"]
    assert named[0] == "Organización Demo 3"  # independent


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize("sent", [True, False])
def test_later_requests_of_the_conversation_leave_the_staff_out(sent: bool) -> None:
    """Of every organisation that was complained about, sent or not, whatever is wished besides. Mutation: a menu that forgets it;
    the second complaint in the place of the first; a wish passed over that clears it."""
    play = about("organisation").picks("#0")
    if sent:
        play.picks("end", "send")
    play.says("queja").picks("conduct", "#0", "yes", "on", "on", "organisation", "#1", "end", "send")
    play.says("menu").picks("person").picks("#0", "yes", "on", "adult", "yes", "code", "no")
    play.picks("details", "wishes", "organisation", "#1", "details", "wishes", "skip")
    assert play.here == "request.check"
    named = {value.text for value in data(play.screen.parts) if value.source == "organisation"}
    assert named == {"Organización Demo A", "Organización Demo B"}
    play.picks("send")
    (request,) = [effect.params for effect in play.asked if effect.name == "open_request"]
    assert request["not_orgs"] == ("org-a", "org-b")
    assert play.says("0").session.slots == {}


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("C-8")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_who_complains_about_those_who_answer_here_is_not_sent_to_them(channel) -> None:
    """And is told who answers requests here. Mutation: "talk to someone" beside every receipt."""
    play = about("responders", channel).picks("end", "help")
    for _ in range(2):
        assert "complaint.responders" in play.ids
        assert "person" not in {option.id for option in play.screen.options}
        assert "lines" in {option.id for option in play.screen.options} and numbers(play)
        play = about("responders", channel).picks("end", "send")
    assert "person" in {option.id for option in about("police", channel).picks("end", "send").screen.options}


def spoke_of_answerers(channel=TELEGRAM, sent=True):
    """Something was said about the people who answer here, and the menu was asked for since."""
    play = about("responders", channel)
    if sent:
        play.picks("end", "send")
    return play.says("menu")


BODIES = [
    ComplaintChannel(organisation=name, how="phone", value="555-0100", independent=name == "Veeduría")
    for name in ("Organización Demo A", "Veeduría")
]


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("C-8")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("ask", ["menu", "words", "shortcut", "lines", "another complaint"])
def test_who_spoke_of_those_who_answer_here_is_told_first_that_they_read_requests(channel, sent: bool, ask: str) -> None:
    """Whichever way leads there; with lines, and with who watches over the others; and they may go on all the same. Mutation: a
    mark that goes with the topic, or with the next complaint; a word that leads past it."""
    play = spoke_of_answerers(channel, sent)
    play.facts = facts(channel, SomeDirectory(channels=BODIES))
    if ask == "menu":
        play.picks("person")
    elif ask in ("words", "shortcut"):
        play.says({"words": "quiero que me llamen", "shortcut": "persona"}[ask])
    elif ask == "lines":
        play.at("person.lines", country="CO").picks("request")
    else:
        play = at(play.says("queja").picks("conduct"), "CO").picks("yes", "on", "on", "police", "end", "send", "person")
    if play.here == "person.where":
        at(play, "CO")
    assert play.here == "request.safe"
    play.picks("yes")
    assert play.here == "request.same" and {"request.same", "helpline.line", "feedback.row.independent"} <= play.ids
    assert {field.text for field in data(play.screen.parts) if field.source == "complaint_channel.organisation"} == {"Veeduría"}
    back = play.session
    for option, screen in (
        ("lines", "person.lines"), ("channels", "feedback.channels"), ("skip", "request.not_now"), ("anyway", "request.who"),
    ):  # fmt: skip
        play.session = back
        assert play.picks(option).here == screen


@pytest.mark.requirement("C-4")
def test_of_those_who_answer_nothing_is_said_to_whoever_did_not_speak_of_them() -> None:
    """Nor after leaving. Mutation: a screen more for everybody; a mark that outlives the conversation."""
    play = about("police").picks("end", "send", "person", "yes")
    assert play.here == "request.who"
    left = spoke_of_answerers().commands("leave")
    assert not left.session.slots
    assert spoke_of_answerers().session.slot("responders") == "yes"


# --- C-8, C-11: help first, and no police before others ---------------------------------------------------------------


@pytest.mark.requirement("C-8")
def test_help_stands_before_the_first_question_and_on_the_last_look_and_in_the_receipt() -> None:
    """Mutation: a way from what is forbidden straight to the questions."""
    behind_help = {f"complaint.{name}" for name in ("who", "which", *QUESTIONS, "note", "check", "done")}
    assert not reached("complaint.intro", without="complaint.help") & behind_help
    assert reached("complaint.intro", without="") >= behind_help
    help = conduct().picks("on")
    assert {"person", "health", "lines"} <= {option.id for option in help.screen.options}
    play = help.picks("on", "police", "end")
    assert "help" in {option.id for option in play.screen.options}
    receipt = play.picks("send")
    assert {"lines", "person", "health"} <= {option.id for option in receipt.screen.options}
    assert "complaint.done.help" in receipt.ids


@pytest.mark.requirement("C-8")
def test_who_sends_nothing_is_told_that_help_is_theirs_all_the_same() -> None:
    """Mutation: "nothing was sent", and that is all."""
    for lang, mine in (
        ("es", "La ayuda sigue siendo tuya"),
        ("en", "The help is still yours"),
        ("pt", "A ajuda continua sendo sua"),
    ):
        assert mine in wording().text(lang, "complaint.stopped")
    assert conduct().picks("stop").here == "complaint.stopped"


def numbers(play) -> list[str]:
    """As they are read."""
    return [field.text for field in reversed(data(play.screen.parts)) if field.source == "helpline"]


@pytest.mark.requirement("C-11")
@pytest.mark.parametrize("who", OFFICIALS)
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_no_police_number_stands_first_when_it_is_about_those(who: str, channel) -> None:
    """On the help, in danger and in the receipt. Mutation: the emergency number first where somebody is in danger."""
    play = conduct(channel).picks("on")
    assert numbers(play) and "911" not in numbers(play)
    play.picks("on", who, "own", "skip", "today", "yes")
    assert play.here == "complaint.numbers"
    assert numbers(play)[0] == "155" and numbers(play)[-1] == "911"
    assert play.screen.parts[0] == Phrase("emergency.numbers", {"country": play.screen.parts[0].params["country"]})
    play.picks("end", "send")
    assert numbers(play) and "911" not in numbers(play)
    assert play.sent[0]["urgent"] is True


@pytest.mark.requirement("C-8")
@pytest.mark.requirement("E-6")
@pytest.mark.parametrize(("lang", "text", "word"), [("es", "me pide sexo para darme comida", "queja"),
                                                    ("en", "he asks for sex for food", "complain"),
                                                    ("pt", "pede sexo para me dar comida", "queixa")])  # fmt: skip
def test_words_about_it_bring_lines_first_and_then_the_way_to_tell(lang: str, text: str, word: str) -> None:
    """Class H: no police. Mutation: the complaint opened at once, without a number; a word on the card that opens nothing."""
    play = standing("start.menu", SMS, lang, slots={"country": "CO"}).says(text)
    assert numbers(play) and "911" not in numbers(play)
    assert "crisis.H" in play.ids
    assert word in wording().text(lang, "crisis.H", "sms")
    assert play.says(word).here == "complaint.kind"


# --- children --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-9")
def test_a_child_reads_simpler_words_below_the_line_that_children_may_call() -> None:
    """Mutation: the line below the text; the question whether a child is concerned, to a child."""
    play = conduct(SMS).picks("minor")
    first, text = play.screen.parts
    assert Phrase("helpline.purpose.children") == first.params["parts"].items[0].params["purpose"]
    assert text == Phrase("complaint.intro.child")
    play.picks("on")
    assert "complaint.help.child" in play.ids
    play.picks("on", "responders", "own")
    play.picks("skip", "today", "no")
    assert play.here == "complaint.helped"
    assert "complaint.helped.child" in play.ids
    play.picks("end", "send")
    assert play.sent[0]["child"] is True
    assert "complaint.done.child" in play.ids


# --- sending ---------------------------------------------------------------------------------------------------------


def test_by_sms_sending_takes_the_number_of_its_turn() -> None:
    """Mutation: a "1" out of habit that sends."""
    play = about("police", SMS).picks("end")
    send = next(option for option in play.screen.options if option.id == "send")
    assert 10 <= send.digit < 100
    for text in ("sí", "yes", "no enviar"):
        assert about("police", SMS).picks("end").says(text).sent == []
    assert play.says(str(send.digit)).here == "complaint.done"


@pytest.mark.requirement("C-5")
@pytest.mark.parametrize("outcome", ["down", "busy"])
def test_what_could_not_be_kept_is_said_with_another_channel_and_can_be_tried_again(outcome: str) -> None:
    """Mutation: the receipt after any outcome."""
    play = about("police").picks("end")
    play.outcome = outcome
    play.picks("send")
    assert play.here == ("complaint.not_saved" if outcome == "down" else "complaint.busy")
    assert {"channels", "lines"} <= {option.id for option in play.screen.options}
    play.outcome = "saved"
    assert play.commands("back").picks("send").here == "complaint.done"
    assert play.sent[0] == play.sent[1]


@pytest.mark.requirement("C-5")
def test_the_receipt_comes_only_when_it_was_saved_and_carries_the_code(steps) -> None:
    """Mutation: the receipt drawn before the outcome."""
    for step in everything(steps):
        if step.play.here == "complaint.done" and step.before.screen != "complaint.done":
            assert step.play.asked[-1].name == "open_complaint" and step.play.outcome == "saved"
    play = about("police").picks("end", "send")
    assert Data("code", "0412 375 908 264") in data(play.screen.parts)
    assert {
        "complaint.done",
        "complaint.done.psea",
        "complaint.done.when",
        "complaint.done.limits",
        "complaint.done.lost",
    } <= play.ids


@pytest.mark.requirement("C-5")
def test_what_was_written_leaves_on_paper_with_a_yes_only() -> None:
    """Asked once a note is there, of what goes to who looks into behaviour. Mutation: a yes unless somebody objects; the yes to an
    earlier note."""
    for answer, said in (("yes", "yes"), ("no", "no"), ("skip", "unsaid")):
        play = about("police").picks("end", "write").says("algo sin nombres")
        assert play.here == "complaint.paper"
        play.picks(answer)
        assert ("complaint.check.note.paper" in play.ids) == (answer == "yes")
        assert play.picks("send").sent[0]["card"]["paper"] == said
    again = about("police").picks("end", "write").says("algo").picks("yes", "write").says("otra cosa")
    assert again.here == "complaint.paper"
    assert about("police").picks("end", "send").sent[0]["card"]["paper"] == "unsaid"
    assert of_place().picks("#5", "yes").says("algo").here == "complaint.check"


def test_a_note_is_kept_for_the_last_look_and_counting_needs_a_yes() -> None:
    """Mutation: counted unless somebody objects; a note that is sent without being shown as there."""
    play = about("police").picks("end", "write").says("algo sin nombres").picks("no")
    assert play.here == "complaint.check"
    assert "complaint.check.note" in play.ids
    play.picks("send")
    assert (play.sent[0]["note"], play.sent[0]["counted"]) == (True, False)
    other = about("police").picks("end", "count", "send")
    assert (other.sent[0]["note"], other.sent[0]["counted"]) == (False, True)
    assert about("police").picks("end", "count", "uncount", "send").sent[0]["counted"] is False
    long = about("police").picks("end", "write")
    long.outcome = "long"
    assert long.says("x" * 301).here == "complaint.note_long"


def test_a_new_complaint_begins_without_the_answers_of_the_one_before() -> None:
    """Mutation: danger of the first complaint in the second."""
    play = (
        about("police").picks("own", "skip", "today", "yes", "end").says("queja").picks("conduct", "#0", "yes", "on", "on", "other")
    )
    play.picks("end", "send")
    assert play.sent[0]["card"] | {"about": ""} == {
        **dict.fromkeys(("whose", "when", "danger", "child", "help", "contact", "paper"), "unsaid"), "place": "", "about": "",
        "topic": "other_behaviour",
    }  # fmt: skip


# --- about a place ---------------------------------------------------------------------------------------------------


def of_place(channel=TELEGRAM):
    play = complaining(channel)
    play.session = play.session.at("services.details", slots={"service": 1, "country": "CO", "shown": (1, 2, 3), "far": (1, 2, 3)})
    return play.picks("said")


@pytest.mark.parametrize("what", ["closed", "moved", "number", "hours", "not_free"])
def test_a_wrong_entry_is_passed_on_without_a_trace_of_who_said_it(what: str) -> None:
    """And without a code. Mutation: a complaint for it; a session id along with it."""
    play = of_place()
    number = next(
        n for n, choice in enumerate(GRAPH.sheets["complaint.what"].among(play.session, play.facts)) if choice.value == what
    )
    play.picks(f"#{number}")
    assert play.here == "complaint.thanked"
    (effect,) = play.asked
    assert (effect.name, effect.params) == ("remark", {"service": 1, "country": "CO", "what": what})
    assert data(play.screen.parts) == []
    failed = of_place()
    failed.outcome = "down"
    assert failed.picks(f"#{number}").here == "complaint.not_saved"


def test_feedback_about_a_place_takes_four_questions_at_most_and_keeps_its_organisation_out() -> None:
    """Beside whether the phone is safe. Mutation: one more question; routing by the place's name."""
    play = at(complaining().picks("service"), "CO")
    asked = ["where", play.here.removeprefix("complaint.")]
    for option in ("#1", "yes", "#1", "skip"):
        play.picks(option)
        asked.append(play.here.removeprefix("complaint."))
    assert asked == ["where", "what", "safe", "which", "note", "check"]
    play.picks("send")
    sent = play.sent[0]
    assert (sent["inbox"], sent["about"], sent["organisation"], sent["topic"]) == ("feedback", "service", "org-b", "waited")
    known = of_place().picks("#5", "yes", "skip")
    assert "complaint.check.place" in known.ids
    known.picks("send")
    sent = known.sent[0]
    assert (sent["about"], sent["organisation"], sent["topic"], sent["card"]["service"]) == (
        "service",
        "dir-1",
        "waited",
        "Centro 1",
    )
    assert complaining().at("complaint.kind", service=1, country="CO").picks("service", "another").here == "complaint.where"


# --- anything else ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-1")
def test_what_goes_round_has_its_answers_and_a_question_that_has_none_is_sent() -> None:
    """Mutation: a rumour taken as a complaint about somebody."""
    play = at(complaining().picks("other"), "CO").picks("rumour")
    assert play.here == "notices.rumours"
    play.picks("#5")
    assert Data("notice.text", "Respuesta 6.") in data(play.screen.parts)
    play.picks("ask", "yes").says("¿es verdad que cierran la frontera?")
    assert play.here == "complaint.check"
    play.picks("send")
    sent = play.sent[0]
    assert (sent["inbox"], sent["about"], sent["topic"], sent["note"]) == ("feedback", "none", "rumour", True)
    assert at(Play(TELEGRAM).says("hola", "1", "rumor"), "VE").picks("#0", "ask").here == "complaint.nobody"  # type: ignore[arg-type]


def test_an_answer_that_ended_meanwhile_is_said_to_be_gone() -> None:
    """Mutation: another answer in its place, or an error."""
    play = at(complaining().picks("other"), "CO").picks("rumour", "#5")
    play.session = play.session.at("notices.rumour", slots={**play.session.slots, "notice": 17})
    assert "notices.gone" in ids(drawn(play).parts)


def test_what_was_changed_is_read_one_at_a_time() -> None:
    """Mutation: the first change on every page."""
    play = at(complaining().picks("other"), "CO").picks("changed")
    first = data(play.screen.parts)
    assert data(play.says(str(MORE)).screen.parts) != first
    assert data(play.says(str(MORE)).screen.parts) == first
    assert "notices.changed.none" in at(complaining().picks("other"), "MX").picks("changed").ids


@pytest.mark.requirement("E-6")
def test_a_card_before_a_note_that_somebody_wrote_keeps_the_note() -> None:
    """Mutation: words that cry for help kept back because a card was shown."""
    play = about("police").picks("end", "write").says("me quiero morir")
    assert play.here == "complaint.paper"
    assert "crisis.A" in play.ids
    assert "note" in play.facts.draft
    assert len(CLASSES) == 11


@pytest.mark.requirement("C-10")
@pytest.mark.parametrize("country", COUNTRIES)
def test_what_is_settled_elsewhere_has_a_target_or_an_honest_word_in_every_country(country: str) -> None:
    """With everything known, and with nothing known. Mutation: an empty list; a police number as the target."""

    class Nothing(SomeHelplines):
        def lines(self, country, purposes, now):
            return []

    for matter in range(len(MATTERS)):
        for rest in ({}, {"directory": SomeDirectory([], []), "helplines": Nothing()}):
            play = complaining(known=facts(TELEGRAM, **rest))
            play = at(play.picks("other"), country).picks("matter", f"#{matter}")
            assert play.here == "complaint.target"
            assert "complaint.target.unknown" in play.ids if rest else {"complaint.target", "complaint.target.unknown"} & play.ids
            assert "person" in {option.id for option in play.screen.options}
            assert "911" not in numbers(play)


def told(matter: str, country: str, channel=TELEGRAM):
    """The screen that says who may settle it, with the lines that the program brings along."""
    play = complaining(known=facts(channel, helplines=BOOK))
    return at(play.picks("other"), country).picks("matter", f"#{MATTERS.index(matter)}")


def sources(play) -> list[str]:
    """Where what is named comes from, as it is read."""
    return [field.source for field in reversed(data(play.screen.parts)) if field.source not in ("iso", "helpline", "service.phone")]


@pytest.mark.requirement("C-10")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
@pytest.mark.parametrize("country", COUNTRIES)
def test_who_settles_it_is_named_wherever_the_data_knows(country: str, channel) -> None:
    """Of each purpose the first record, in the order of the matter; a public office has the ombudsperson first; all are civil, and
    not yet confirmed. Mutation: a purpose left out of a matter; the role without the name; channels of the directory before the
    ombudsperson; a line of the police."""
    first = {record.purpose: record for record in reversed(BOOK.records()) if record.country == country}
    for matter, target in TARGETS.items():
        lines = [first[purpose] for purpose in target.purposes if purpose in first]
        there = [record for record in BOOK.records() if record.country == country and record.purpose in target.purposes]
        play = told(matter, country, channel)
        named = [field.text for field in reversed(data(play.screen.parts)) if field.source == "helpline.name"]
        assert list(dict.fromkeys(named)) == [line.name for line in lines[: 2 if channel is SMS else 4] if line.name]
        assert set(numbers(play)) <= {record.number for record in there if record.operator == "civil"}
        assert not named or "helpline.unconfirmed" in play.ids
        if matter == "office" and "ombudsperson" in first:
            assert named[0] == first["ombudsperson"].name
            assert sources(play)[0] == "helpline.name"


@pytest.mark.requirement("C-10")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_of_a_home_places_of_the_directory_know_more_than_any_line(channel) -> None:
    """And the ombudsperson has a place all the same. Mutation: lines first; offices that take up all the room."""
    shown = sources(told("home", "CO", channel))
    assert shown[0].startswith("service.") and shown[-1] == "helpline.name"


@pytest.mark.requirement("C-10")
def test_each_matter_but_papers_begins_with_who_settles_it() -> None:
    """Papers begin with those who advise; migration control stands in no data. Mutation: legal help first for a shop."""
    assert {matter: target.purposes[0] for matter, target in TARGETS.items()} == {
        "papers": "legal",
        "work": "labour",
        "home": "ombudsperson",
        "shop": "consumer",
        "office": "ombudsperson",
    }
    assert all(set(SETTLING) & set(target.purposes) for target in TARGETS.values())
    assert "complaint.target.papers" in told("papers", "CO").ids


# --- whom feedback goes round ------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
@pytest.mark.parametrize("way", ["what", "other"])
def test_feedback_about_no_place_that_is_known_goes_round_the_organisation_or_to_who_is_tied_to_nobody(channel, way: str) -> None:
    """The last look says so. Mutation: ``none`` for whatever has no place; "I do not know" that everybody reads."""

    def asked():
        play = complaining(channel).picks("service" if way == "what" else "other")
        return at(play, "CO").picks("#3" if way == "what" else "skip", "yes")

    play = asked().says("organizacion demo A").picks("skip")
    assert {"complaint.check.feedback.service", "complaint.check.not_to"} <= play.ids
    sent = play.picks("send").sent[0]
    assert (sent["inbox"], sent["about"], sent["organisation"]) == ("feedback", "service", "org-a")
    assert "service" not in sent["card"] and play.session.slot("accused") == "org-a"
    play = asked().picks("skip", "skip")
    assert "complaint.check.feedback.unknown" in play.ids
    sent = play.picks("send").sent[0]
    assert (sent["inbox"], sent["about"], sent["organisation"]) == ("feedback", "unknown", "")


@pytest.mark.requirement("C-4")
def test_where_nobody_is_tied_to_no_one_feedback_about_nobody_knows_whom_is_not_taken() -> None:
    """Mutation: everybody reads it then."""

    class Tied(SomeHearing):
        def reads(self, country, inbox, about, organisation):
            return about != "unknown" and organisation != "org-a"

    def asked():
        return at(complaining(hearing=Tied()).picks("service"), "CO").picks("#3", "yes")

    assert asked().here == "complaint.which"
    assert asked().picks("skip").here == asked().picks("#0").here == "complaint.nobody"
    assert asked().picks("#1").here == "complaint.note"


@pytest.mark.requirement("C-4")
def test_thanks_and_ideas_go_to_everybody_who_reads_and_that_is_said() -> None:
    """Mutation: one more question before thanks."""
    for play in (at(complaining().picks("service"), "CO").picks("#6"), at(complaining().picks("other"), "CO").picks("idea")):
        play.picks("yes", "skip")
        assert play.here == "complaint.check" and "complaint.check.feedback" in play.ids
        sent = play.picks("send").sent[0]
        assert sent["about"] == "none" and not play.session.slot("accused")


RUMOURS = {
    "En Organización Demo A piden dinero por la carpa, ¿es verdad?": "org-a",
    "is it true that ORGANIZACION DEMO B sells tents": "org-b",
    "em organização nenhuma, só na Organización Demo, cobram": "dir-1",
    "Demo A": "org-a",
    "dicen que piden dinero": "?",
    "they treat people badly at the tent": "?",
    "dizem que pedem dinheiro pela barraca": "?",
    "una señora de la fundación me golpeó": "?",
    "a worker hit me": "?",
    "um funcionário me bateu": "?",
    "trataron mal a mi mamá": "?",
    "nos trataram mal": "?",
    "vendem vagas no abrigo": "?",
    "they sell places there": "?",
    "¿es verdad que Aurora cobra por el mercado?": "?",
    "¿es verdad que cierran la frontera?": "",
    "no piden dinero, ¿verdad?": "",
}
"""What somebody heard -> whose people it names (``?``: nobody, and it tells what somebody did, or is about people who help)."""


def heard_it(channel=TELEGRAM, country="CO", **rest):
    """At the note of a question whether something is true."""
    return at(complaining(channel, **rest).picks("other"), country).picks("rumour", "ask", "yes")


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
@pytest.mark.parametrize(("text", "named"), RUMOURS.items())
def test_a_rumour_that_names_an_organisation_or_tells_what_somebody_did_is_asked_whether_it_goes_round_them(
    channel, text: str, named: str
) -> None:
    """It stays a question. Mutation: only crisis cues ask, or none; whoever helps is looked for by name alone; words that are a
    topic by themselves ask nothing; a part of a longer name taken for that name; asked without a reason."""
    play = heard_it(channel).says(text)
    assert (play.here, play.session.slot("named")) == ("complaint.round" if named else "complaint.check", named)
    if not named:
        assert play.picks("send").sent[0]["about"] == "none"
        return
    assert ("complaint.round.named" in play.ids) is (named != "?")
    play.picks("yes")
    if named == "?":
        assert play.here == "complaint.which" and play.picks("#0").here == "complaint.check"
    assert "complaint.check.feedback.service" in play.ids
    whose = "org-a" if named == "?" else named
    sent = play.picks("send").sent[0]
    assert (sent["inbox"], sent["topic"], sent["about"], sent["organisation"]) == ("feedback", "rumour", "service", whose)
    assert sent["note"] and play.session.slot("accused") == whose


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize("topic", ["idea", "thanks"])
def test_an_idea_or_thanks_that_name_an_organisation_go_round_it_only_on_a_yes(topic: str) -> None:
    """Whoever passes it over sends it to those who are tied to nobody, and whoever goes back has not answered. Mutation: rumours
    only; a no that keeps the organisation; not saying as a no; "no message" that sends what was written to everybody."""

    def wrote():
        return at(complaining().picks("other"), "CO").picks(topic, "yes").says("en Organización Demo A tratan mal")

    play = wrote().picks("no", "send")
    assert (play.sent[0]["about"], play.sent[0]["organisation"]) == ("none", "") and not play.session.slot("accused")
    play = wrote().picks("skip", "send")
    assert (play.sent[0]["about"], play.sent[0]["organisation"], play.sent[0]["topic"]) == ("unknown", "", topic)
    play = wrote().picks("yes", "send")
    assert (play.sent[0]["about"], play.sent[0]["organisation"], play.sent[0]["topic"]) == ("service", "org-a", topic)
    assert wrote().commands("back").picks("skip").here == "complaint.round"
    for first in ("yes", "skip"):
        changed = wrote().picks(first).commands("back").picks("no", "send").sent[0]
        assert (changed["about"], changed["organisation"]) == ("none", "")


@pytest.mark.requirement("C-4")
def test_thanks_are_for_those_whom_they_name() -> None:
    """Mutation: asked whether they shall not see it."""
    for topic, asked in (("idea", "round"), ("thanks", "check")):
        for text in ("es para Organización Demo A", "la gente de la fundación escucha"):
            play = at(complaining().picks("other"), "CO").picks(topic, "yes").says(text)
            assert play.here == f"complaint.{asked}", (topic, text)


BOTH = "en Organización Demo A y en Organización Demo B piden dinero"


@pytest.mark.requirement("C-4")
def test_what_names_several_organisations_is_read_by_none_of_them_on_a_yes() -> None:
    """And a later wish for help goes round each. Mutation: one of them is chosen, and the other reads it; only one of them is left
    out later."""
    play = heard_it().says(BOTH)
    assert (play.here, play.session.slot("named")) == ("complaint.round", "org-a org-b")
    play.picks("yes")
    assert play.here == "complaint.check" and "complaint.check.feedback.unknown" in play.ids
    sent = play.picks("send").sent[0]
    assert (sent["about"], sent["organisation"], sent["note"]) == ("unknown", "", True)
    assert play.session.slot("accused") == "org-a org-b"
    assert heard_it().says(BOTH).picks("yes").commands("back").picks("no", "send").sent[0]["about"] == "none"


ORGANISATIONS = dict(SomeHearing().organisations("CO"))
ANOTHER = "y también Organización Demo B pide dinero"


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize("begun", ["rumour", "place", "listed"])
def test_another_organisation_that_a_note_names_is_asked_about_too(begun: str) -> None:
    """Whatever goes round one already: a rumour after a yes, what is said of a place, of an organisation of the list. A no leaves
    the first out still. Mutation: asked only of what goes to everybody; a no that gives it to everybody; passed over with "no
    message"."""

    def first():
        if begun == "rumour":
            return heard_it().says("Organización Demo A pide dinero").picks("yes", "write")
        if begun == "place":
            return of_place().picks("#7", "yes")
        return at(complaining().picks("service"), "CO").picks("#3", "yes").says("organizacion demo A")

    whose = "dir-1" if begun == "place" else "org-a"
    assert first().says(f"{ORGANISATIONS[whose]} pide dinero").here == "complaint.check"
    play = first().says(ANOTHER)
    assert play.here == "complaint.round" and "complaint.round.named" in play.ids
    assert play.commands("back").picks("skip").here == "complaint.round"
    for answer in ("yes", "skip"):
        sent = first().says(ANOTHER).picks(answer, "send").sent[0]
        assert (sent["about"], sent["organisation"]) == ("unknown", "")
    play = first().says(ANOTHER).picks("yes")
    assert {whose, "org-b"} == {*str(play.session.slot("accused")).split()}
    assert play.picks("write").says(ANOTHER).here == "complaint.check"
    for ahead in ((), ("yes", "back"), ("skip", "back")):
        play = first().says(ANOTHER)
        for step in ahead:
            play = play.commands(step) if step == "back" else play.picks(step)
        sent = play.picks("no", "send").sent[0]
        assert (sent["about"], sent["organisation"]) == ("service", whose)


@pytest.mark.requirement("C-4")
def test_what_shall_go_round_people_whom_nobody_can_go_round_is_not_taken() -> None:
    """Where no organisation is listed, those read it who are tied to nobody. What was typed is gone, and is asked for again.
    Mutation: everybody reads it then; a no behind it that sends what was said to be kept nowhere."""

    class Alone(SomeHearing):
        def reads(self, country, inbox, about, organisation):
            return about != "unknown" and not organisation

    assert heard_it(hearing=Alone()).says("Organización Demo A vende carpas").picks("yes").here == "complaint.nobody"
    assert heard_it(hearing=Alone()).says("Organización Demo A vende carpas").picks("skip").here == "complaint.nobody"
    assert heard_it(hearing=Alone()).says(BOTH).picks("yes").here == "complaint.nobody"
    play = heard_it(hearing=Alone()).says("piden dinero").picks("yes", "skip")
    assert play.here == "complaint.nobody"
    assert play.commands("back").commands("back").picks("no").here == "complaint.note" and not play.sent
    play = heard_it(country="MX").says("piden dinero").picks("yes")
    assert play.here == "complaint.check" and play.picks("send").sent[0]["about"] == "unknown"


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("E-6")
@pytest.mark.parametrize("text", [HEAVY, "me violaron en el albergue"])
def test_a_note_that_tells_how_somebody_behaved_is_not_left_among_feedback_without_a_question(text: str) -> None:
    """The card first; then the note goes along to who looks into that, for whoever says yes. Mutation: sent the slow way; written a
    second time."""
    play = of_place().picks("#7", "yes").says(text)
    assert play.here == "complaint.as_conduct"
    assert ids(play.screen.parts) & {"crisis.H", "crisis.C"} and play.screen.options[0].id == "yes"
    session, known = play.session, play.facts
    play.picks("yes")
    assert play.here == "complaint.intro" and play.asked[-1].name == "move_note"
    play.picks("on", "on", "police", "own", "skip", "skip", "skip", "skip", "skip", "yes", "yes")
    assert play.here == "complaint.check" and "complaint.check.note.paper" in play.ids
    sent = play.picks("send").sent[0]
    assert (sent["inbox"], sent["about"], sent["note"]) == ("psea", "police", True)
    assert play.session.slot("accused") == "dir-1"
    other = complaining(known=known)
    other.session = session
    sent = other.picks("no", "send").sent[0]
    assert (sent["inbox"], sent["about"], sent["note"]) == ("feedback", "service", True)
    back = complaining(known=known)
    back.session = session
    assert "no" not in {option.id for option in back.picks("yes").commands("back").screen.options}
    named = heard_it().says(f"en Organización Demo A {HEAVY}")
    assert named.here == "complaint.as_conduct" and named.picks("no").here == "complaint.round"
    heavy = heard_it().says(HEAVY)
    assert heavy.here == "complaint.as_conduct" and heavy.picks("no").here == "complaint.round"


@pytest.mark.requirement("E-6")
def test_what_became_of_a_name_in_such_a_note_changes_nothing_of_where_it_leads() -> None:
    """Mutation: the cue forgotten behind the question."""
    play = of_place().picks("#7", "yes")
    play.outcome = "identifying"
    play.says(HEAVY)
    assert play.here == "complaint.identifying"
    play.outcome = "saved"
    assert play.picks("#1").here == "complaint.as_conduct"
    # Nobody reads it there, and it is not left to everybody without a question.
    assert at(complaining().picks("other"), "MX").picks("idea", "yes").says(HEAVY).here == "complaint.round"


# --- help that does not lead to them -----------------------------------------------------------------------------------


def mixed(theirs: int, others: int) -> SomeDirectory:
    """Places of Organización Demo A first, then those of somebody else, each with a telephone."""
    kinds = ("health", "case-management", "legal")
    rows = [(kind, "Organización Demo A") for kind in kinds for _ in range(theirs)]
    rows += [(kind, "Otra Demo") for kind in kinds for _ in range(others)]
    made = [offer(n, "CO", kind, organisation=name, kinds=(kind,)) for n, (kind, name) in enumerate(rows, start=1)]
    return SomeDirectory(made)


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("C-8")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_help_beside_a_complaint_does_not_lead_to_whom_it_is_about(channel) -> None:
    """Health nearby with its further pages, offices that answer, who settles another matter. Mutation: the nearest first, whoever
    runs it; a second page that has them again."""
    known = facts(channel, mixed(30, 5))

    def owners(play) -> set[str]:
        return {row.organisation for row in known.directory.rows if row.key in play.session.slot("shown", ())}

    for option in ("send", "help"):
        play = about("organisation", known=known).picks("#0", "end", option).picks("health")
        assert play.here == "services.results" and owners(play) == {"Otra Demo"}
        assert len(play.session.slot("shown")) == 3 and "services.results.theirs" not in play.ids
        assert owners(play.picks("more")) == {"Otra Demo"} and len(play.session.slot("shown")) == 2
    lines = about("organisation", known=known).picks("#0", "end", "send", "lines")
    named = {field.text for field in data(lines.screen.parts) if field.source == "service.short_name"}
    assert named and named <= {f"Centro {row.key}" for row in known.directory.rows if row.organisation == "Otra Demo"}
    matter = at(lines.says("queja").picks("other"), "CO").picks("matter", "#0")
    assert {field.text for field in data(matter.screen.parts) if field.source == "service.short_name"} <= {
        f"Centro {row.key}" for row in known.directory.rows if row.organisation == "Otra Demo"
    }
    plain = matter.says("menu").picks("services", "#0", "whole", "health")
    assert owners(plain) == {"Organización Demo A"}  # whoever looks for services by themselves sees all there are


@pytest.mark.requirement("C-4")
def test_whom_it_is_about_is_left_out_of_another_country_too_where_another_of_that_name_works() -> None:
    """Mutation: the key that was chosen, alone; every organisation as soon as one was accused."""
    assert accused.names({accused.SLOT: "org-a-pe"}, "CO", facts()) == {"organizacion demo a"}
    assert accused.names({accused.SLOT: "org-c"}, "CO", facts()) == accused.names({}, "CO", facts()) == set()


@pytest.mark.requirement("C-8")
def test_where_nothing_else_exists_theirs_stand_last_and_it_is_said_whose_they_are() -> None:
    """Mutation: no help at all; theirs without a word."""
    known = facts(TELEGRAM, mixed(3, 0))
    play = about("organisation", known=known).picks("#0", "end", "send", "health")
    assert play.here == "services.results" and "services.results.theirs" in play.ids
    assert "person.offices.theirs" in about("organisation", known=known).picks("#0", "end", "send", "lines").ids
    assert "services.results.theirs" not in about("police", known=known).picks("end", "send", "health").ids


@pytest.mark.requirement("C-4")
def test_channels_of_those_who_were_complained_about_stand_last_wherever_they_are_listed() -> None:
    """Mutation: as the directory lists them, on the page that a screen of a complaint leads to."""
    channels = [
        ComplaintChannel(organisation=name, how="phone", value="555-0100", independent=name == "Veeduría")
        for name in ("Organización Demo A", "Organización Demo B", "Veeduría")
    ]
    known = facts(TELEGRAM, SomeDirectory(channels=channels))
    play = about("organisation", known=known).picks("#0", "end")
    play.outcome = "nobody"
    play.picks("send", "channels")
    named = [field.text for field in reversed(data(play.screen.parts)) if field.source == "complaint_channel.organisation"]
    assert named == ["Veeduría", "Organización Demo B", "Organización Demo A"]


# --- what is typed -----------------------------------------------------------------------------------------------------

WHOM = {
    "police": ("la policía", "policía", "the police", "police", "polícia", "um policial", "fue un policía en la frontera"),
    "smuggler": ("coyote", "el coyote", "coiote", "a smuggler", "un pollero"),
    "employer": ("mi jefe", "my boss", "patrão", "el patrón"),
    "organisation": ("un médico", "el del albergue", "someone of an NGO", "a church volunteer", "uma pessoa do abrigo"),
    "soldier": ("un soldado", "the military", "o exército", "guardia nacional"),
    "official": ("migra", "la migra", "immigration officer", "agente de imigração", "el alcalde"),
    "unknown": ("no sé", "i don't know", "não sei", "no sé quién fue", "prefiero no decirlo"),
}


@pytest.mark.requirement("L-3")
@pytest.mark.requirement("C-11")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
@pytest.mark.parametrize(("who", "text"), [(who, text) for who, texts in WHOM.items() for text in texts])
def test_whom_it_is_about_can_be_typed_as_people_say_it(channel, who: str, text: str) -> None:
    """On whichever page it stands, inside a sentence too; "police" calls nobody here. Mutation: labels only; the page that is shown
    only; the numbers for "policía"; services for "médico"."""
    play = conduct(channel).picks("on", "on").says(text)
    assert play.here == ("complaint.which" if who == "organisation" else "complaint.happened")
    assert play.session.slot("about") == who


@pytest.mark.requirement("L-3")
@pytest.mark.parametrize("text", ["no fue la policía", "un soldado y mi jefe", "xyzzy"])
def test_what_names_nobody_or_several_is_asked_again_in_other_words(text: str) -> None:
    """Mutation: the first that is named; the same words again."""
    play = conduct(SMS).picks("on", "on").says(text)
    assert play.here == "complaint.who"
    assert {"unclear.text", "complaint.who.again"} <= play.ids
    assert "unclear.again" in play.says("xyzzy").ids


@pytest.mark.requirement("L-3")
@pytest.mark.parametrize("screen", sorted(GRAPH.sheets))
@pytest.mark.parametrize(
    "text", ["doctor en tapachula", "necesito un abogado", "where can I sleep in cucuta", "quero um psicólogo"]
)
def test_no_sentence_leads_from_a_question_of_a_complaint_to_services(screen: str, text: str) -> None:
    """Nor a location. Mutation: a sentence that is no answer taken for a search."""
    if screen.startswith("complaint.") and screen not in ENDS:
        play = standing(screen, SMS, slots={"country": "CO", "safe": "yes", "path": "conduct"})
        assert play.says(text).here.startswith("complaint.")
        assert standing(screen, SMS, slots={"country": "CO"}).shares(CUCUTA).here.startswith("complaint.")


@pytest.mark.requirement("C-11")
@pytest.mark.requirement("E-6")
@pytest.mark.parametrize(
    "text",
    [
        "un soldado me pegó y el coyote nos robó",
        "a soldier hit me and the coyote robbed us",
        "um soldado me bateu e o coiote nos roubou",
    ],
)
def test_what_somebody_did_leads_to_how_somebody_behaved_below_the_card_and_is_confirmed_first(text: str) -> None:
    """Mutation: the card alone; the questions without the gate."""
    play = standing("start.menu", SMS, slots={"country": "CO"}).says(text)
    assert play.here == "complaint.told" and "crisis.B" in play.ids
    assert at(play.picks("yes"), "CO").here == "complaint.safe"  # type: ignore[arg-type]
    assert standing("start.menu", SMS, slots={"country": "CO"}).says("mi esposo me pega").here == "start.menu"
    for screen in ("request.check", "code.status", "complaint.what"):
        assert standing(screen, SMS).says(text).here == screen


@pytest.mark.requirement("L-3")
@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("este lugar está cerrado", "closed"), ("this place is closed", "closed"), ("este lugar está fechado", "closed"),
        ("el teléfono no funciona", "number"), ("the phone doesn't work", "number"), ("o telefone não funciona", "number"),
        ("me pidieron dinero", "asked_money"), ("they asked me for money", "asked_money"), ("me pediram dinheiro", "asked_money"),
        ("me trataron mal aquí", "disrespect"), ("they sell places here", "asked_money"), ("aqui cobram", "not_free"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_what_is_said_of_a_place_whose_details_are_open_is_about_that_place(channel, text: str, topic: str) -> None:
    """It is asked once whether that was meant. Mutation: a search for money; the entry marked as wrong without a question."""
    play = standing("services.details", channel).says(text)
    assert play.here == "complaint.meant" and play.session.slot("topic") == topic and play.asked == []
    assert f"complaint.what.{topic}" in play.ids
    assert play.picks("yes").here == ("complaint.safe" if topic in ("asked_money", "disrespect") else "complaint.thanked")
    chosen = standing("complaint.what", channel, slots={"country": "CO", "service": 1, "path": "service"}).says(text)
    assert chosen.here == play.here


@pytest.mark.requirement("L-3")
@pytest.mark.parametrize(
    "text",
    ["quiero decir algo de este lugar", "I want to say something about this place", "quero dizer algo sobre este lugar"],
)
def test_who_wants_to_say_something_of_a_place_is_asked_what(text: str) -> None:
    """Mutation: the three choices, as if no place were open."""
    play = standing("services.details").says(text)
    assert play.here == "complaint.what" and play.session.slot("service") == 1


@pytest.mark.requirement("L-3")
def test_further_words_mean_one_option_each_and_none_of_another_language() -> None:
    """Mutation: "guía" for a smuggler in one language and for an organisation in another."""
    for prefix in ("complaint.who.", "complaint.what."):
        named: dict[str, str] = {}
        for label in (one for one in complaint_fields.WORDED if one.startswith(prefix)):
            for lang in LANGS:
                for word in words_of(wording().text(lang, f"words.{label}")):
                    assert named.setdefault(word, label) == label, (word, label)


def test_an_idea_begins_without_what_was_said_before() -> None:
    """Mutation: sent to who reads about behaviour, because a complaint about that came first."""
    play = about("police").picks("end", "send").says("qué cambiaron")
    play = at(play, "CO").picks("idea", "yes", "skip", "send")
    assert (play.sent[-1]["inbox"], play.sent[-1]["topic"]) == ("feedback", "idea")
