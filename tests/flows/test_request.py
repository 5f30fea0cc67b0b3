"""The request on the phone: the gate, who answers, what they have to tell, the consents, and what may leave.

Promises are checked over a walk that takes every edge of the topic with every outcome, and over long random conversations.
"""

from __future__ import annotations

import random
from itertools import product

import pytest

from flows.facts import COUNTRIES, OTHER_LANGUAGES, PRETEXTS, DutyText
from flows.graph import Edge, edges
from flows.kernel import Chose, Country, Data, Session, Unclear, targets
from flows.request import flow
from flows.sending import may_be_sent, opening
from flows.topics import GRAPH
from tests.flows.asking import ONE_WAY, Asking, Changed, agreed, asking, walk
from tests.flows.world import SMS, TELEGRAM, WHATSAPP, ZONES, Play, data, ids

SCREENS = sorted(flow.sheets)
#: Where nothing of the request is said or asked yet.
OPEN = {"request.safe", "request.not_now"}
#: To be read, or to be looked over: nothing is asked that somebody may not want to answer.
READ = {
    "request.not_now", "request.none", "request.who_more", "request.friend", "request.child", "request.no_child",
    "request.ask_more", "request.declined", "request.contact_here_more", "request.contact_phone_more", "request.count_more",
    "request.stopped", "request.done", "request.not_saved", "request.card",
}  # fmt: skip


@pytest.fixture(scope="module")
def steps():
    return {channel: list(walk(channel)) for channel in (SMS, TELEGRAM, ONE_WAY)}


def everything(steps):
    return [step for channel in steps.values() for step in channel]


def reached(without: str) -> set[str]:
    """Every screen that a conversation can come to if it cannot pass one of them."""
    ways: dict[str, set[str]] = {}
    for edge in edges(GRAPH):
        ways.setdefault(edge.start, set()).add(edge.end)
    seen: set[str] = set()
    queue = [GRAPH.hello, GRAPH.menu, GRAPH.language, *targets(GRAPH.understand), *GRAPH.shortcuts.values()]
    while queue:
        screen = queue.pop()
        if screen not in seen and screen != without:
            seen.add(screen)
            queue += ways.get(screen, ())
    return seen


# --- the map ---------------------------------------------------------------------------------------------------------


def test_every_edge_of_the_request_is_walked(steps) -> None:
    """Mutation: a target that a Branch declares and can never choose."""
    walked = {Edge(step.before.screen, "*" if step.by.startswith("#") else step.by, step.play.here) for step in everything(steps)}
    mine = {edge for edge in edges(GRAPH) if edge.start in flow.sheets}
    assert len(mine) > 150
    assert {edge for edge in mine if edge not in walked} == set()


@pytest.mark.requirement("P-1")
def test_a_request_in_the_making_holds_closed_values_and_ids_only(steps) -> None:
    """Mutation: a word, a number or a note in a slot."""
    zones = {zone for each in ZONES.values() for zone in each} | {"America/Lima"}
    closed = {
        *COUNTRIES, *OTHER_LANGUAGES, *PRETEXTS, *zones, "org-a", "org-b", "",
        *(value for values in flow.slots.values() if isinstance(values, tuple) for value in values),
    }  # fmt: skip
    for step in everything(steps):
        for name, value in step.play.session.slots.items():
            assert name in flow.slots, name
            if isinstance(value, tuple):
                assert all(isinstance(one, int) for one in value), name
            else:
                assert isinstance(value, int) or value in closed, name
        for effect in step.effects:
            assert "300" not in repr(effect.params)
            assert "necesito" not in repr(effect.params)


# --- E-4: the gate ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-4")
def test_no_way_leads_into_the_request_but_through_the_question_whether_the_phone_is_safe() -> None:
    """Mutation: an option of another topic that leads to ``request.who``; a shortcut word for the request."""
    assert {edge.end for edge in edges(GRAPH) if edge.end in flow.sheets and edge.start not in flow.sheets} <= OPEN
    assert not {screen for screen in reached(without="request.safe") if screen in flow.sheets} - OPEN
    assert reached(without="") >= set(flow.sheets)


@pytest.mark.requirement("E-4")
def test_behind_the_gate_the_yes_is_remembered_and_nothing_is_asked_without_it(steps) -> None:
    """Mutation: a way on from "not now"; an effect before the yes."""
    for step in everything(steps):
        if step.play.here in flow.sheets and step.play.here not in OPEN | {"request.done"}:
            assert step.play.session.slot("safe") == "yes", (step.before.screen, step.by)
        if step.effects:
            assert step.before.slot("safe") == "yes"


@pytest.mark.requirement("E-4")
def test_not_now_gives_the_shortest_advice_the_emergency_key_and_nothing_else() -> None:
    """Mutation: lines or an explanation on that screen."""
    play = asking(SMS).says("no")
    assert play.here == "request.not_now"
    assert ids(play.screen.parts) == {"request.not_now"}
    assert {option.digit for option in play.screen.options} == {1, 8, 9, 0}
    assert play.says("1").here == "start.menu"
    assert not play.session.slot("safe")


@pytest.mark.requirement("L-3")
@pytest.mark.parametrize(("text", "screen"), [("sí", "who"), ("Yes", "who"), ("SIM!", "who"), ("1", "who"), ("no", "not_now"),
                                              ("Não", "not_now"), ("ahora no", "not_now")])  # fmt: skip
def test_yes_and_no_are_understood_in_three_languages(text: str, screen: str) -> None:
    """Mutation: labels that are whole sentences."""
    assert asking(SMS).says(text).here == f"request.{screen}"


# --- who answers -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-5")
def test_where_nobody_has_a_key_no_request_is_taken_and_that_is_said() -> None:
    """Mutation: asking all the same, and saying so only when it is sent."""
    play = asking(country="BR", duty=Changed(desks=())).picks("yes")
    assert play.here == "request.none"
    assert "request.none" in play.ids
    assert [option.id for option in play.screen.options if 0 < option.digit < 8] == ["lines", "services"]
    assert data(play.screen.parts)


@pytest.mark.requirement("P-5")
def test_a_desk_that_lost_its_last_key_meanwhile_is_said_and_nothing_counts_as_sent() -> None:
    """Mutation: the receipt whatever the outcome is; slots lost although nothing was sent."""
    play = agreed().picks("code", "no")
    play.outcome = "no_duty"
    play.picks("send")
    assert play.here == "request.none"
    assert play.session.slot("ask") == "yes"
    assert play.commands("back").here == "request.check"


def test_what_could_not_be_kept_is_said_and_can_be_tried_again() -> None:
    """Mutation: the receipt after any outcome."""
    play = agreed().picks("code", "no")
    play.outcome = "down"
    play.picks("send")
    assert play.here == "request.not_saved"
    play.outcome = "saved"
    assert play.commands("back").picks("send").here == "request.done"
    assert play.opened[0] == play.opened[1]


# --- another country -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-7")
def test_no_request_goes_to_another_country_without_a_yes_of_its_own_that_names_it() -> None:
    """Mutation: the neighbour's desk as a silent fallback; a yes before the name."""
    play = asking(country="BR").picks("yes")
    assert play.here == "request.none"
    play.picks("abroad")
    assert play.screen.parts[0].params == {"country": Country("BR"), "other": Country("CO")}
    no = play.session
    assert play.picks("no").here == "request.declined"
    play.session = no
    play.picks("yes")
    assert play.here == "request.who"
    play.picks("on")
    # It is their law then.
    assert play.screen.parts[0].params["country"].items == (Country("CO"),)
    play.picks("adult", "yes", "code", "no", "send")
    assert (play.request["country"], play.request["countries"]) == ("BR", ("CO",))


@pytest.mark.requirement("D-7")
@pytest.mark.requirement("D-2")
def test_while_nobody_answers_another_country_is_offered_with_what_its_people_have_to_tell() -> None:
    """Mutation: offering it while somebody is on duty; the yes without the duties of the other country."""
    open_now = agreed(country="CO").picks("code", "no", "details")
    assert "abroad" not in open_now.graph.ids(open_now.session, open_now.facts)
    closed = agreed(country="MX").picks("code", "no", "details")
    closed.picks("abroad")
    assert closed.here == "request.abroad_too"
    assert closed.screen.parts[0].params == {"country": Country("MX"), "other": Country("CO")}
    assert {"duty.intro", "duty.variant.children.workers", "duty.variant.danger"} <= closed.ids
    for answer, countries in (("yes", ("CO",)), ("no", ()), ("skip", ())):
        play = agreed(country="MX").picks("code", "no", "details", "abroad", answer)
        assert play.here == "request.check"
        assert ("request.check.abroad" in play.ids) is bool(countries)
        assert play.picks("send").request["countries"] == countries


# --- D-2: what they have to tell, before anything ----------------------------------------------------------------------


@pytest.mark.requirement("D-2")
def test_duties_stand_before_age_note_contact_and_every_consent() -> None:
    """Mutation: the age before the duties; a way to the note or the number that goes around them."""
    behind = {
        f"request.{name}"
        for name in ("child", "no_child", "ask", "way", "contact_here", "contact_phone", "number", "card", "note", "check", "done")
    }
    assert not reached(without="request.before") & behind
    for country in ("CO", "VE"):
        play = asking(country=country).picks("yes", "on")
        said = [part.id for part in play.screen.parts if hasattr(part, "id")]
        assert said[-1] == "request.age"
        assert said[0] in ("duty.intro", "duty.general")
        assert [option.id for option in play.screen.options][:3] == ["under18", "adult", "skip"]


@pytest.mark.requirement("D-2")
def test_without_a_text_that_holds_the_stricter_one_stands_and_there_is_no_box_for_words(steps) -> None:
    """Mutation: the last known text; a note box that only says that it is not safe."""
    kept = 0
    for step in everything(steps):
        if step.play.here in ("request.note", "request.note_long") or "keep_note" in [effect.name for effect in step.effects]:
            kept += 1
            asked = {str(step.play.session.slot(name)) for name in ("country", "abroad")}
            assert asked & {"CO", "MX", "VE"} <= {"CO", "MX"}  # the desks of this world, and those with a text
    assert kept > 50
    play = asking(country="VE").picks("yes")
    assert "tells" not in {option.id for option in play.picks("whom").screen.options}
    play.picks("skip")
    assert play.ids & {"duty.general", "duty.intro"} == {"duty.general"}
    play.picks("adult", "yes", "code", "no", "details")
    assert "note" not in {option.id for option in play.screen.options}


@pytest.mark.requirement("D-2")
def test_a_text_that_ran_out_while_somebody_wrote_keeps_the_note_back_and_says_so() -> None:
    """Mutation: looking at the text only when the box is opened."""
    play = agreed().picks("code", "no", "details", "note").says("necesito un lugar para mis hijas")
    assert {"request.check.note"} <= play.ids
    late = Changed(texts=())
    play.facts = type(play.facts)(**{name: getattr(play.facts, name) for name in play.facts.__struct_fields__} | {"duty": late})
    play.commands("again")
    assert play.ids & {"request.check.note", "request.check.no_note"} == {"request.check.no_note"}
    assert play.picks("send").request["drafts"] == ()


@pytest.mark.requirement("D-2")
def test_a_text_that_no_lawyer_confirmed_says_so() -> None:
    """Mutation: a candidate that reads like a reviewed text."""

    class Candidate(Changed):
        def text(self, country: str, now: float) -> DutyText | None:
            return DutyText(country=country, variants=("danger",))

    assert "duty.unconfirmed" in asking(duty=Candidate()).picks("yes", "on").ids
    assert "duty.unconfirmed" not in asking().picks("yes", "on").ids


@pytest.mark.requirement("D-2")
def test_a_yes_abroad_needs_the_texts_of_both_countries() -> None:
    """Mutation: asking only for the text of the country that the person is in."""
    play = asking(country="CO", duty=Changed(texts=("CO",), desks=("CO", "VE"), open_now=False)).picks("yes", "on", "adult")
    play.picks("yes", "code", "no", "details")
    assert "note" in {option.id for option in play.screen.options}
    play.picks("abroad")
    assert "duty.general" in play.ids
    play.picks("yes", "details")
    assert "note" not in {option.id for option in play.screen.options}


# --- D-3: consents ---------------------------------------------------------------------------------------------------

ANSWERS = ("yes", "no", "skip")


@pytest.mark.requirement("D-3")
@pytest.mark.parametrize(("a", "way", "b", "d"), [*product(ANSWERS, ("code", "here", "phone"), ANSWERS, ANSWERS)])
def test_every_combination_of_consents_hands_over_what_was_said_yes_to_and_nothing_else(a, way, b, d) -> None:
    """Mutation: "rather not say" taken as a yes; the way without consent (b); counted without (d)."""
    play = asking().picks("yes", "on", "adult", a)
    if a != "yes":
        assert play.here == "request.declined"
        assert play.asked == []
        return
    play.picks(way)
    if way != "code":
        assert play.here == f"request.contact_{way}"
        play.picks(b)
        if b == "yes":
            play = play.says("300 123 4567").picks("mine", "on") if way == "phone" else play.picks("on")
        elif b == "no":
            play.picks("code")
    assert play.here == "request.count"
    play.picks(d)
    assert play.opened == []
    play.picks("send")
    assert play.here == "request.done"
    assert play.request["way"] == (way if b == "yes" else "code")
    assert play.request["counted"] is (d == "yes")
    assert play.request["drafts"] == (("number",) if way == "phone" and b == "yes" else ())


@pytest.mark.requirement("D-3")
def test_nothing_is_kept_or_sent_before_the_yes_to_a(steps) -> None:
    """Mutation: keeping the note while consent (a) is still open."""
    asked = 0
    for step in everything(steps):
        for effect in step.effects:
            asked += 1
            assert step.before.slot("ask") == "yes", (step.before.screen, effect.name)
    assert asked > 100


@pytest.mark.requirement("D-3")
@pytest.mark.parametrize("screen", ["ask", "contact_here", "contact_phone", "count"])
def test_silence_and_unclear_words_are_no_yes(screen: str) -> None:
    """Mutation: moving on after two failures."""
    play = asking(WHATSAPP).picks("yes", "on", "adult")
    if screen != "ask":
        play.picks("yes")
        play.picks(screen.removeprefix("contact_") if screen != "count" else "code")
    assert play.here == f"request.{screen}"
    before = play.session.slots
    for text in ("mmm", "xyzzy", "tal vez", "ok entonces", "3", "🙂"):
        play.says(text)
    for what in ("voice", "sticker", "file"):
        play.does(Unclear(what))
    assert play.here == f"request.{screen}"
    assert play.session.slots == before
    assert play.asked == []


@pytest.mark.requirement("D-3")
def test_why_who_how_long_and_how_to_take_it_back_are_one_step_away_from_each_consent() -> None:
    """Mutation: "more" that leads on."""
    for screen in ("ask", "contact_here", "contact_phone", "count"):
        assert flow.sheets[f"request.{screen}"].options["more"].digit == 7
        assert targets(flow.sheets[f"request.{screen}"].options["more"]) == (f"request.{screen}_more",)
        assert targets(flow.sheets[f"request.{screen}_more"].options["on"]) == (f"request.{screen}",)


def would_send(play: Asking) -> dict[str, object]:
    """What would leave if it were sent now."""
    return opening(play.session, play.facts).params


@pytest.mark.requirement("D-3")
@pytest.mark.requirement("D-4")
def test_a_way_that_was_only_looked_at_is_no_agreement() -> None:
    """Mutation: the way that was looked at last; a number that nobody confirmed."""
    for options in (("here",), ("phone",), ("phone", "yes")):
        assert would_send(agreed().picks(*options))["way"] == "code"
    play = agreed().picks("phone", "yes").says("300 123 4567")
    assert play.here == "request.number_read"
    assert (would_send(play)["way"], would_send(play)["drafts"]) == ("code", ())
    assert would_send(play.picks("mine"))["way"] == "phone"


@pytest.mark.requirement("D-3")
@pytest.mark.requirement("D-4")
def test_a_yes_to_one_way_is_none_to_another_nor_to_another_number() -> None:
    """Mutation: one consent for both ways; a confirmation that stands for the next number."""
    called = agreed().picks("phone", "yes").says("300 123 4567").picks("mine", "on", "no", "details", "way")
    assert would_send(called)["way"] == "phone"
    session, known = called.session, called.facts
    assert would_send(called.picks("here"))["way"] == "code"
    other = Asking(TELEGRAM, known=known)
    other.session = session
    other.picks("phone", "yes").says("311 765 4321")
    assert would_send(other)["drafts"] == ()


@pytest.mark.requirement("D-3")
@pytest.mark.requirement("D-5")
def test_what_was_not_answered_is_no() -> None:
    """Mutation: a default that is a yes."""
    session = Session(id=b"0123456789abcdef", slots={"country": "CO", "safe": "yes", "ask": "yes", "way": "phone"})
    request = opening(session, asking().facts).params
    assert {name for name, value in request.items() if value} == {"country", "whom", "age", "need", "way", "code_words"}
    assert (request["way"], request["code_words"], request["age"], request["need"]) == ("code", "none", "unsaid", "unsaid")
    number = {"number": Data("draft.number", "··· ··· 321")}
    for slots in ({"way": "here"}, {"way": "phone", "whose": "mine"}, {"way": "here", "contact": "no"}):
        assert opening(Session(slots={"country": "CO", **slots}), asking(draft=number).facts).params["way"] == "code"
    for slots in ({"safe": "yes"}, {"ask": "yes"}, {}):
        assert not may_be_sent(Session(slots=slots), asking().facts)


@pytest.mark.requirement("D-3")
@pytest.mark.requirement("D-4")
def test_whatever_is_chosen_and_taken_back_what_leaves_is_what_was_agreed_last() -> None:
    """Long random conversations, back included, beside a notebook of what was said. Mutation: a slot that "back" leaves behind is
    taken for an agreement: ``way`` without (b), a number that was not confirmed, (d) from an earlier answer."""
    chance = random.Random(20261127)
    sent = {"code": 0, "here": 0, "phone": 0}
    for _ in range(400):
        play = asking(chance.choice((TELEGRAM, WHATSAPP, ONE_WAY)), chance.choice(("CO", "MX")))
        notebook: dict[str, object] = {"a": False, "b": "", "d": False, "whose": False}
        for _ in range(80):
            before = play.session
            if play.graph.sheets[before.screen].hears is not None and chance.random() < 0.6:
                play.outcome = chance.choice(("saved", "saved", "bad"))
                play.says("300 123 4567 y llego tarde")
                play.outcome = "saved"
                if before.screen.startswith("request.number"):
                    notebook["whose"] = False
                continue
            live = [option.id for option in play.graph.options(before, play.facts) if option.digit not in (0, 9)]
            stay = [one for one in live if one not in ("lines", "services", "menu", "stop", "under18")]
            ahead = [one for one in stay if one in ("yes", "on", "adult", "here", "phone", "mine", "send", "#0")]
            option = "back" if chance.random() < 0.1 else chance.choice((chance.random() < 0.6 and ahead) or stay or live)
            if before.screen == "request.check" and option == "send":
                play.picks("send")
                assert notebook["a"]
                way = play.opened[-1].params["way"]
                assert notebook["b"] == ("" if way == "code" else way)
                assert play.opened[-1].params["counted"] is notebook["d"]
                sent[way] += 1
                break
            play.picks(option)
            if play.here not in flow.sheets:
                break
            _notes(notebook, before, option)
            _never_more(play, notebook)
    assert min(sent.values()) >= 10, sent


def _never_more(play, notebook) -> None:
    """Whatever stands in the slots, sending now would hand over no more than the notebook has."""
    request = would_send(play)
    way = request["way"]
    assert way == "code" or notebook["b"] == way, (way, notebook)
    assert way != "phone" or notebook["whose"]
    assert ("number" in request["drafts"]) is (way == "phone")
    assert not request["counted"] or notebook["d"]


def _notes(notebook, before, option) -> None:
    """What a careful listener writes down."""
    screen = before.screen.removeprefix("request.")
    if screen == "ask" and option in ("yes", "no", "skip"):
        notebook["a"] = option == "yes"
    elif screen == "abroad" and option == "yes":
        notebook["a"] = False
    elif screen == "way" and option in ("code", "here", "phone", "skip"):
        notebook["b"] = ""
    elif screen in ("contact_here", "contact_phone") and option in ("yes", "no", "skip"):
        notebook["b"] = screen.removeprefix("contact_") if option == "yes" else ""
        notebook["whose"] = False
    elif screen in ("number", "number_bad", "number_read", "number_known") and option == "skip":
        notebook["b"] = ""
    elif screen == "number_known" and option == "no":
        notebook["b"], notebook["whose"] = "", False
    elif (screen, option) in (("number_read", "mine"), ("number_known", "yes")):
        notebook["whose"] = notebook["b"] == "phone"
    elif screen == "count" and option in ("yes", "no", "skip"):
        notebook["d"] = option == "yes"
    if screen == "ask" and option == "yes" and before.slot("tells"):
        notebook["b"] = ""


# --- D-9: under 18 ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-9")
def test_a_child_is_told_of_the_line_first_and_may_then_ask_like_everybody() -> None:
    """Mutation: the line below the text; the request not flagged; other words that are no simpler."""
    play = asking().picks("yes", "on", "under18")
    assert play.here == "request.child"
    assert [one.source for one in data(play.screen.parts[:1])] == ["helpline"]
    assert "request.child" in ids(play.screen.parts[1:])
    play.picks("on")
    assert play.ids & {"request.ask", "request.ask.child"} == {"request.ask.child"}
    play.picks("yes", "phone")
    assert "request.contact_phone.child" in play.ids
    play.picks("yes").says("300 123 4567").picks("someone")
    assert "request.number_known.child" in play.ids
    play.picks("yes", "on", "no", "send")
    assert play.request["age"] == "under18"
    assert (play.request["other"], play.request["message"]) == (False, False)


@pytest.mark.requirement("D-9")
def test_without_somebody_trained_for_children_a_child_is_told_so_and_given_the_line() -> None:
    """Mutation: handing it to any case manager; refusing without a line."""
    play = asking(country="VE").picks("yes", "on", "under18")
    assert play.here == "request.no_child"
    assert [one.source for one in data(play.screen.parts[:1])] == ["helpline"]
    assert play.asked == []
    options = {option.id for option in play.screen.options}
    assert {"lines", "services", "abroad"} <= options
    play.picks("abroad")
    assert play.screen.parts[0].params["other"] == Country("CO")
    play.picks("yes", "on", "under18", "on", "yes", "code", "no", "send")
    assert (play.request["age"], play.request["countries"]) == ("under18", ("CO",))


@pytest.mark.requirement("D-9")
def test_a_request_about_a_child_goes_only_where_a_child_s_would(steps) -> None:
    """Mutation: asking the age only of whoever writes for themselves."""
    play = asking(country="VE").picks("yes", "whom", "other", "yes")
    assert "request.age.other" in play.ids
    assert play.picks("under18").here == "request.no_child"
    play = asking().picks("yes", "whom", "friend", "on", "under18")
    assert "request.child.other" in play.ids
    # Whoever asks about a child is no child.
    assert "request.contact_phone" in play.picks("on", "yes", "phone").ids
    for step in everything(steps):
        for effect in step.effects:
            if effect.name == "open_request" and effect.params["age"] == "under18":
                assert step.before.slot("country") != "VE" or effect.params["countries"]


# --- for whom --------------------------------------------------------------------------------------------------------


def test_for_somebody_else_with_their_knowledge_or_as_a_friend() -> None:
    """Mutation: sending as "somebody else" without their yes."""
    for answer, whom, via in (("yes", "other", ()), ("no", "friend", ("on",)), ("skip", "friend", ("on",))):
        play = asking().picks("yes", "whom", "other", answer, *via, "adult", "yes", "code", "no", "send")
        assert play.request["whom"] == whom
    play = asking().picks("yes", "whom", "friend")
    assert play.here == "request.friend"
    assert asking().picks("yes", "on", "adult", "yes", "code", "no", "send").request["whom"] == "self"


@pytest.mark.requirement("M-4")
def test_nothing_moves_from_another_team_and_a_representative_may_ask() -> None:
    """Mutation: "elsewhere" as a consent to share."""
    expected = {"mine": (True, False, "self"), "represent": (True, True, "other"), "skip": (False, False, "self")}
    for option, (elsewhere, representative, whom) in expected.items():
        play = asking().picks("yes", "whom", "elsewhere", option, "adult", "yes", "code", "no", "send")
        request = play.request
        assert (request["elsewhere"], request["representative"], request["whom"]) == (elsewhere, representative, whom)
        assert request["countries"] == ()


def test_whoever_only_wants_to_tell_leaves_words_and_no_contact() -> None:
    """Mutation: asking for a way all the same."""
    play = asking().picks("yes", "whom", "tells", "adult", "yes")
    assert play.here == "request.note"
    play.says("en el albergue cobran por la comida")
    assert play.here == "request.count"
    play.picks("no")
    assert {"request.check.way.tells", "request.check.note"} <= play.ids
    assert "way" not in {option.id for option in play.picks("details").screen.options}
    play.picks("skip", "send")
    assert (play.request["tells"], play.request["way"], play.request["drafts"]) == (True, "code", ("note",))


def test_whoever_only_wants_to_tell_and_writes_nothing_may_still_ask_for_a_person() -> None:
    """Mutation: sending an empty message."""
    play = asking().picks("yes", "whom", "tells", "adult", "yes", "skip")
    assert play.here == "request.way"
    assert not play.session.slot("tells")


# --- E-10 ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-10")
@pytest.mark.parametrize("screen", [screen for screen in SCREENS if screen not in READ])
def test_every_question_can_be_left_out(screen: str, steps) -> None:
    """Mutation: a question whose only ways on are answers."""
    skips = [step for step in everything(steps) if step.before.screen == screen and _digit(step) == 6]
    assert skips
    for step in skips:
        assert step.play.here != screen
        assert step.play.turn is not None and step.play.turn.screen is not None
        assert step.effects == []


def _digit(step) -> int | None:
    options = step.play.graph.options(step.before, step.facts)
    return next((option.digit for option in options if option.id == step.by), None)


@pytest.mark.requirement("E-10")
def test_leaving_out_every_question_but_the_consent_still_reaches_a_person() -> None:
    """Mutation: a skip that ends the request."""
    play = asking(country="MX").picks("yes", "whom", "skip", "skip", "yes", "here", "yes", "skip", "on", "skip", "details", "skip")
    assert play.picks("send").here == "request.done"
    assert (play.request["age"], play.request["need"], play.request["counted"]) == ("unsaid", "unsaid", False)
    assert (play.request["way"], play.request["zone"]) == ("here", "America/Mexico_City")


# --- what it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-2")
def test_by_sms_a_request_for_a_code_takes_nine_messages_from_the_menu() -> None:
    """Mutation: one more question on the way."""
    play = Asking(SMS)
    play.says("hola", "1")
    assert play.here == "start.menu"
    sent = 0
    for option in ("person", "#0", "yes", "on", "adult", "yes", "code", "skip", "send"):
        digit = next(one.digit for one in play.screen.options if one.id == option)
        play.says(str(digit))
        sent += 1
    assert play.here == "request.done"
    assert sent == 9


@pytest.mark.requirement("E-1")
def test_only_a_choice_or_words_of_the_person_ask_for_anything() -> None:
    """Mutation: an effect when a screen is drawn, or on a command."""
    for name in ("again", "back", "more", "menu", "es"):
        play = agreed().picks("code", "no")
        assert play.commands(name).asked == []


def test_sending_takes_the_number_of_the_turn_where_choices_are_typed() -> None:
    """A repeated "1" must not send. Mutation: the digit of the option on SMS."""
    play = agreed(SMS).picks("code", "no")
    assert play.here == "request.check"
    play.says("1")
    assert play.opened == []
    number = next(option.digit for option in play.screen.options if option.id == "send")
    assert 10 <= number <= 99
    assert play.says(str(number)).here == "request.done"
    assert play.session.back == ()
    again: Play = play.does(Chose("send"))
    assert len(again.asked) == 1


def test_a_slot_has_the_same_values_in_every_topic() -> None:
    """A conversation with a value that another topic does not know would begin anew. Mutation: ``whose`` with other values in the
    topic of codes."""
    known: dict[str, tuple[str, frozenset[object]]] = {}
    for topic in GRAPH.flows:
        for name, values in topic.slots.items():
            if isinstance(values, list | tuple | set | frozenset):
                first, expected = known.setdefault(name, (topic.name, frozenset(values)))
                assert frozenset(values) == expected, (name, first, topic.name)
