"""Coming back with a code: what it shows, what can be done with it, and what nobody learns from a wrong one."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import codes, gsm7
from bot.drafts import NOTE_LIMIT
from bot.layout import render
from flows.code import NOTE_LENGTH, PART_CHAT, PART_SMS, STATES, parts_of
from flows.facts import LANGS, WINDOW_NAMES, OnCall, TicketView, Traits
from flows.graph import behind, edges, unreachable
from flows.kernel import Clock, Country, Data, Effect, Phrase
from flows.topics import GRAPH
from tests.content import lint
from tests.flows.coming_back import AWAY, CODE, ONE_WAY, OVER, TICKETS, WRONG_DIGIT, Step, all_walks, at_status, back, ticket
from tests.flows.standing import CHANNELS, SCREENS, standing
from tests.flows.world import SMS, TELEGRAM, TICKET, WHATSAPP, Play, SomeDuty, data, ids, wording

by_channel = pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return list(all_walks())


def shown(play: Play, lang: str = "es") -> str:
    """The message as it is read."""
    return render(play.screen, lang, play.session.turn, play.facts.channel, wording()).text


def options(play: Play) -> list[str]:
    return [option.id for option in play.screen.options]


def ways_on(play: Play) -> set[str]:
    """What can be chosen now, on whichever page."""
    return set(play.graph.ids(play.session, play.facts))


def last(play: Play) -> Effect:
    return play.asked[-1]


# --- the gate --------------------------------------------------------------------------------------------------------

#: Where nothing is said but that a code was not found, or that many are asking: the menu speaks of codes as well.
BEFORE = {"code.safe", "code.known", "code.wrong", "code.busy", "code.lost", "code.not_saved"}


@pytest.mark.requirement("E-4")
def test_nothing_of_a_request_is_reached_without_saying_that_the_phone_is_safe() -> None:
    """Also not by a code that is typed anywhere, whatever comes of it. Mutation: ``known`` left out, so that a code typed on
    the menu opens the status; ``wrong`` that leads to the status."""
    assert {screen for screen in GRAPH.sheets if screen.startswith("code.")} - behind(GRAPH) == BEFORE
    assert unreachable(GRAPH) == set()


@pytest.mark.requirement("E-4")
def test_what_counts_as_the_question_is_that_question_or_is_not_there_without_its_yes() -> None:
    """Mutation: a gate that asks something else; an option behind a gate that is there for everybody."""
    for screen, option in GRAPH.gates:
        play = standing(screen, slots={})
        asked = "request.safe" in play.graph.sheets[screen].says or screen == "request.safe"
        assert asked == (option == "yes")
        assert (option in ways_on(play)) == asked
        if not asked:
            assert option in ways_on(standing(screen, slots={"safe": "yes"}))
    assert {screen for screen, sheet in GRAPH.sheets.items() if "request.safe" in (*sheet.says, screen)} <= {
        screen for screen, option in GRAPH.gates if option == "yes"
    }


@pytest.mark.requirement("E-4")
def test_whoever_is_behind_the_question_has_answered_it(steps: list[Step]) -> None:
    """Mutation: a move behind the gate that does not set the answer."""
    hidden = behind(GRAPH)
    ends = {"code.withdrawn", "relay.closed"}  # behind a step that empties all slots
    for step in steps:
        if step.play.here in hidden - ends and step.before.screen not in hidden:
            assert step.play.session.slot("safe") == "yes" or step.before.screen == step.play.here, step


@pytest.mark.requirement("E-4")
@by_channel
@pytest.mark.parametrize("lang", LANGS)
def test_not_now_gets_the_way_out_and_the_emergency_number_and_nothing_else(channel, lang: str) -> None:
    """Mutation: explaining what lies behind."""
    for play in (back(channel, lang).picks("code", "no"), back(channel, lang).says(CODE, "2")):
        assert play.here == "request.not_now"
        assert ids(play.screen.parts) == {"request.not_now"}
        assert "9" in shown(play, lang) and "0" in shown(play, lang)


def test_from_the_menu_to_the_status_it_takes_three_messages() -> None:
    """Mutation: one more question on the way."""
    play = back(SMS).says("4", "1", CODE)
    assert play.here == "code.status"
    assert [effect.name for effect in play.asked] == ["try_code"]


# --- the code --------------------------------------------------------------------------------------------------------

SPELT = (
    CODE,
    "0412375908269",
    "0412-375-908-269",
    "mi código es 0412 375 908 269, gracias",
    "０４１２ ３７５ ９０８ ２６９",
    "my code: 0412.375.908.269",
)


@pytest.mark.requirement("L-3")
@pytest.mark.parametrize("text", SPELT)
def test_a_code_is_understood_wherever_it_is_typed(text: str) -> None:
    """Mutation: looking for it only where it is asked for; asking for needs or places first."""
    assert codes.reading(text) is not None
    for screen in SCREENS:
        play = standing(screen)
        if GRAPH.sheets[screen].hears is not None:
            continue
        play.says(text)
        assert play.here == "code.known", screen
        assert [effect.name for effect in play.asked] == ["try_code"]
    for screen in ("services.town", "services.where", "person.where", "start.hello"):
        assert standing(screen).says(text).here == "code.known"
    first = Play(SMS).says(text)
    assert first.here == "code.known"
    assert "kernel.automatic" in first.ids


@pytest.mark.requirement("L-3")
@by_channel
def test_words_for_it_lead_to_the_question(channel) -> None:
    """Mutation: words that nobody can find; a sentence that only a digit reaches."""
    for text in ("código", "tengo un codigo", "my code", "i have a code", "meu código", "hola, tengo un código de antes"):
        assert back(channel).says(text).here == "code.safe", text


@pytest.mark.requirement("P-6")
@by_channel
@pytest.mark.parametrize("lang", LANGS)
def test_whatever_is_not_found_gets_the_same_answer(channel, lang: str) -> None:
    """A code that never was, one with a slip, one that is over, one that was withdrawn a moment ago while the status was on the
    screen: which of them it was, nobody learns. Mutation: a text of its own for any of them; another way on."""
    answers = set()
    for text in (CODE, WRONG_DIGIT, "0412375908", "000 000"):
        play = back(channel, lang).picks("code", "yes")
        play.outcome = "wrong"
        answers.add(shown(play.says(text), lang))
        assert [effect.name for effect in play.asked] == ["try_code"]
    anywhere = back(channel, lang)
    anywhere.outcome = "wrong"
    answers.add(shown(anywhere.says(CODE), lang))
    for act in (
        ("answer",),
        ("write",),
        ("contest", "yes"),
        ("rate", "#4"),
        ("abroad", "#0", "on", "yes"),
        ("change", "way", "code"),
    ):
        play = at_status(channel, lang)
        play.outcome = "gone"
        play.picks(*act)
        if act == ("write",):
            play.says("una cosa más")
        answers.add(shown(play, lang))
    assert len(answers) == 1, answers


@pytest.mark.requirement("P-6")
@pytest.mark.parametrize("lang", LANGS)
def test_where_many_are_asking_the_code_is_said_to_stay_good(lang: str) -> None:
    """Mutation: answering that it is wrong; locking somebody out."""
    for play in (back(SMS, lang).picks("code", "yes"), back(SMS, lang)):
        play.outcome = "busy"
        play.says(CODE)
        assert ids(play.screen.parts) == {"code.busy"}
        assert {"es": "sigue sirviendo", "en": "stays good", "pt": "ainda vale"}[lang] in wording().text(lang, "code.busy")
        play.outcome = "saved"
        assert play.says(CODE).here in ("code.status", "code.known")


@pytest.mark.requirement("P-6")
@by_channel
def test_that_a_lost_code_cannot_be_recovered_is_one_step_away(channel) -> None:
    """Mutation: leaving it out where the code is asked for."""
    for way in (("code", "yes"), ()):
        for outcome in ("wrong", "busy"):
            play = back(channel).picks(*way)
            play.outcome = outcome
            play.says(CODE)
            assert play.says("6").here == "code.lost"
    for lang, lost in (("es", "no se puede recuperar"), ("en", "cannot be recovered"), ("pt", "não pode ser recuperado")):
        assert lost in wording().text(lang, "code.lost")


@settings(max_examples=50)
@given(st.text(max_size=40))
def test_where_a_code_is_asked_for_nothing_that_is_typed_does_harm(text: str) -> None:
    """Mutation: an effect for a text without digits."""
    play = back().picks("code", "yes").says(text)
    digits = sum(map(str.isdecimal, text))
    assert (digits >= 6) >= bool([effect for effect in play.asked if effect.name == "try_code"])
    assert all(effect.name in ("try_code", "forget") for effect in play.asked)


# --- how far it is ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-8")
@by_channel
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("state", STATES)
def test_each_state_is_said_in_a_few_words(channel, lang: str, state: str) -> None:
    """Mutation: one text for two states."""
    play = at_status(channel, lang, ticket=ticket(status=state, over=state in ("closed", "lapsed")))
    assert play.screen.parts[0] == Phrase(f"code.status.{state}")
    others = {wording().text(lang, f"code.status.{other}") for other in STATES if other != state}
    assert wording().text(lang, f"code.status.{state}") not in others


@pytest.mark.requirement("D-8")
@by_channel
def test_whoever_waits_in_vain_reads_so_and_where_somebody_answers_now(channel) -> None:
    """Mutation: "received" for a request that nobody took; leaving out the lines; the lines of another country."""
    for state in ("nobody_yet", "told_further", "away", "lapsed"):
        play = at_status(channel, ticket=ticket(status=state, country="MX", over=state == "lapsed"))
        assert {f"code.status.{state}", "request.meanwhile", "helpline.line"} <= play.ids
        assert "lines" in ways_on(play)
        play.picks("lines")
        assert (play.here, play.session.slot("country")) == ("person.lines", "MX")
    for lang, word in (("es", "nadie"), ("en", "nobody"), ("pt", "ninguém")):
        for state in ("nobody_yet", "told_further", "lapsed"):
            assert word in wording().text(lang, f"code.status.{state}").casefold()
    for state in ("received", "again", "looked_at", "answer_waiting", "closed"):
        assert "request.meanwhile" not in at_status(channel, ticket=ticket(status=state)).ids


@pytest.mark.requirement("D-8")
@pytest.mark.requirement("D-7")
def test_what_is_received_says_whether_somebody_is_on_duty_there_now() -> None:
    """By the desk of those who may read this request, not that of wherever the person looked last, nor that for everybody; also for
    one that waits again, and for one whose person on duty is not there.

    Mutation: the country or the age of the session; the desk of adults; "somebody looks at it" without when."""
    for desk, said in (
        (TICKET.desk, "request.done.open"),
        (AWAY, "request.done.closed"),
        (OnCall(country="BR"), "request.done.unknown"),
    ):
        for status in ("received", "again", "away"):
            view = ticket(status=status, country=desk.country, desk=desk)
            play = back(SMS, ticket=view).at("start.menu", country="CO", age="adult").picks("code", "yes").says(CODE)
            assert play.ids & {f"request.done.{name}" for name in ("open", "closed", "unknown")} == {said}, (status, said)


@pytest.mark.requirement("D-12")
@pytest.mark.parametrize("channel", [SMS, TELEGRAM], ids=lambda channel: channel.name)
def test_it_is_said_that_a_wish_cannot_be_honoured(channel: Traits) -> None:
    """It was promised when it was wished. Mutation: only while it waits; of what is over."""
    for status in ("received", "nobody_yet", "looked_at", "answer_waiting"):
        assert "code.status.wish" in at_status(channel, ticket=ticket(status=status, wish_unmet=True)).ids
        assert "code.status.wish" not in at_status(channel, ticket=ticket(status=status)).ids


@pytest.mark.requirement("D-9")
def test_whoever_waits_for_somebody_trained_for_children_reads_a_line_for_children() -> None:
    """Mutation: the lines of adults only; the age of another request of this conversation."""
    for child in (True, False):
        play = back(SMS, ticket=ticket(status="nobody_yet", child=child)).at(
            "start.menu", country="CO", age="" if child else "under18"
        )
        play.picks("code", "yes").says(CODE)
        assert ("helpline.purpose.children" in play.ids) == child, play.ids


@pytest.mark.requirement("D-10")
def test_what_is_over_cannot_be_added_to_even_while_an_answer_waits() -> None:
    """Mutation: looking at the status alone."""
    for status in ("answer_waiting", "closed", "lapsed"):
        over = ways_on(at_status(ticket=ticket(status=status, **OVER)))
        assert not over & {"write", "change", "abroad"}, status
        assert "withdraw" in over
    assert {"write", "change", "abroad"} <= ways_on(at_status(ticket=ticket(status="answer_waiting")))


def test_a_ticket_that_is_gone_from_the_conversation_asks_for_the_code_again() -> None:
    """Mutation: an empty status; options that do something to nothing."""
    play = at_status(ticket=None)
    assert play.screen.parts == (Phrase("code.ask"),)
    assert ways_on(play) == {"lost", "menu"}
    assert play.says(CODE).here == "code.status"


@pytest.mark.requirement("C-7")
@pytest.mark.requirement("P-1")
def test_nothing_that_was_sent_is_ever_shown(steps: list[Step]) -> None:
    """What a code shows has no place for it, and every field on these screens comes from somewhere else. Mutation: showing the note
    to whoever has the code."""
    assert set(TicketView.__struct_fields__) == {
        "status", "country", "way", "desk", "child", "windows", "relay", "begun", "answer", "unread", "more",
        "tells_only", "over", "may_contest", "may_rate", "abroad", "agreed", "counted", "wish_unmet",
    }  # fmt: skip
    for step in steps:
        if step.play.turn is not None and step.play.turn.screen is not None and step.play.here.startswith(("code.", "relay.")):
            assert {field.source for field in data(step.play.screen.parts)} <= {"answer", "helpline", "draft.number"}
        for text in ("xyzzy", "yyyy", "xxxx"):
            assert text.encode() not in msgspec.msgpack.encode(step.play.session)


# --- the answer ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-7")
@by_channel
@pytest.mark.parametrize("lang", LANGS)
def test_an_answer_opens_with_forty_letters_of_ours(channel, lang: str) -> None:
    """Mutation: the answer first; a short opening."""
    play = at_status(channel, lang).picks("answer")
    text = shown(play, lang)
    assert "Zarzamora" in text
    assert "Zarzamora" not in text[:40]
    assert lint.telling(text[:40]) == []


def test_an_answer_counts_as_read_when_it_is_shown_and_not_before() -> None:
    """Mutation: marking it with the status; showing it without marking."""
    play = at_status()
    assert [effect.name for effect in play.asked] == ["try_code"]
    play.picks("answer")
    assert last(play) == Effect("mark_read", {"back": 0})
    assert data(play.screen.parts) == [Data("answer", TICKETS["nobody yet"].answer)]  # type: ignore[union-attr]
    failed = at_status()
    failed.outcome = "down"
    failed.picks("answer")
    assert failed.here == "code.not_saved"
    assert data(failed.screen.parts) == []


def test_older_answers_that_nobody_read_are_read_one_by_one() -> None:
    """Mutation: the last one again."""
    play = at_status().picks("answer", "older", "older")
    assert [effect.params["back"] for effect in play.asked[1:]] == [0, 1, 2]
    play.picks("status", "answer")
    assert last(play).params == {"back": 0}
    assert "older" not in ways_on(at_status(ticket=ticket(more=False)).picks("answer"))
    assert "answer" not in ways_on(at_status(ticket=ticket(answer="", unread=0)))


@settings(max_examples=200)
@given(st.text(max_size=900), st.sampled_from([PART_SMS, PART_CHAT, 40]))
def test_a_long_answer_is_told_whole(text: str, most: int) -> None:
    """In parts that each fit. Mutation: cutting at the limit of one message; losing what stands at a cut."""
    parts = parts_of(text, most)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < len(part) <= most for part in parts)


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("word", ["palabra ", "ñandú, ", "€[x] ", "w" * 41 + " ", "¿Sí? "])
def test_each_part_of_an_answer_fits_into_three_segments(lang: str, word: str) -> None:
    """Whatever letters it is written with. Mutation: counting a bracket as one letter."""
    answer = " ".join(f"{number}{word}" for number in range(120))
    play = at_status(SMS, lang, ticket=ticket(answer=answer)).picks("answer")
    parts = next(part.params["parts"] for part in play.screen.parts if isinstance(part, Phrase) and part.id == "code.answer.part")
    assert parts > 2
    told = []
    for _ in range(parts):
        text = shown(play, lang)
        assert gsm7.segments(text) <= 3, (len(text), text)
        told += [part.text for part in data(play.screen.parts)]
        play.says("7")
    assert "".join("".join(told).split()) == "".join(answer.split())
    assert [part.text for part in data(play.screen.parts)] == told[:1]


# --- writing again ---------------------------------------------------------------------------------------------------


def test_a_note_goes_to_the_people_on_duty_and_nowhere_else() -> None:
    """Mutation: keeping it in the session; repeating it on the screen."""
    play = at_status().picks("write").says("necesito zarzaparrilla para mañana")
    assert (play.here, last(play)) == ("code.noted", Effect("add_note"))
    assert b"zarza" not in msgspec.msgpack.encode(play.session)
    assert data(play.screen.parts) == []


def test_three_hundred_letters_are_a_note_and_one_more_is_said_to_be_too_many() -> None:
    """Mutation: cutting it silently; a limit other than that of the draft."""
    assert NOTE_LENGTH == NOTE_LIMIT
    assert at_status().picks("write").says("a" * NOTE_LENGTH).here == "code.noted"
    play = at_status().picks("write").says("a" * (NOTE_LENGTH + 1))
    assert (play.here, [effect.name for effect in play.asked]) == ("code.note_long", ["try_code"])
    assert play.says("más corto").here == "code.noted"


def test_a_digit_out_of_habit_is_no_note_and_a_greeting_is_one() -> None:
    """Mutation: sending "2"; taking "gracias" for a command."""
    for text in ("2", "12", "👍", "..."):
        play = at_status().picks("write").says(text)
        assert (play.here, [effect.name for effect in play.asked]) == ("code.note", ["try_code"]), text
    for text in ("gracias", "hola", "comida", "persona", "legal"):
        assert at_status().picks("write").says(text).here == "code.noted", text
    assert at_status().picks("write").says("menu").here == "start.menu"


@pytest.mark.requirement("E-6")
@by_channel
def test_a_cry_in_a_note_gets_the_numbers_first_and_the_note_arrives(channel) -> None:
    """Mutation: the card instead of the note, so that whoever is in danger cannot write it."""
    play = at_status(channel).picks("write").says("me va a matar, ayúdenme")
    assert last(play) == Effect("add_note")
    assert play.here == "code.noted"
    read = [id for part in play.screen.parts for id in ids((part,))]
    assert read.index("crisis.B") < read.index("code.noted")
    assert next(iter(ids(play.screen.parts[:1]))).startswith(("emergency.", "helpline."))


@pytest.mark.requirement("D-2")
def test_without_a_reviewed_text_of_duties_no_words_are_taken() -> None:
    """Mutation: the note box of a country whose text ran out."""
    play = at_status(duty=SomeDuty(texts=()))
    assert "write" not in ways_on(play)
    play.at("code.note").says("una cosa más")
    assert [effect.name for effect in play.asked] == ["try_code"]
    assert "write" in ways_on(at_status())


# --- when and how ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-10")
@by_channel
def test_another_time_is_one_more_or_one_less_and_is_shown(channel) -> None:
    """Mutation: replacing what was agreed before; a clock of another country."""
    play = at_status(channel).picks("change", "times")
    assert play.here == "code.windows"
    play.picks(f"#{WINDOW_NAMES.index('night')}")
    assert last(play) == Effect("set_windows")
    assert [WINDOW_NAMES[at] for at in play.session.slot("windows")] == ["morning", "evening", "night"]
    assert (play.session.slot("country"), play.session.slot("zone")) == ("CO", "America/Bogota")
    assert {"code.changed", "code.change.now"} <= play.ids
    less = at_status(channel).picks("change", "times", f"#{WINDOW_NAMES.index('morning')}")
    assert [WINDOW_NAMES[at] for at in less.session.slot("windows")] == ["evening"]
    assert "times" not in ways_on(at_status(channel, ticket=ticket(way="code", windows=())).picks("change"))


@pytest.mark.requirement("D-10")
def test_the_clock_is_asked_where_the_country_has_several() -> None:
    """Mutation: the first zone of the country; asking everybody."""
    play = at_status(ticket=ticket(country="MX")).picks("change", "times")
    assert play.here == "code.zone"
    assert all(isinstance(option.label.params["time"], Clock) for option in play.screen.options if option.id.startswith("#"))  # type: ignore[union-attr]
    assert play.picks("#1", "#0").session.slot("zone") == "America/Tijuana"
    assert last(play) == Effect("set_windows")
    unknown = at_status(ticket=ticket(country="MX")).picks("change", "times", "skip")
    assert (unknown.here, unknown.session.slot("zone")) == ("code.windows", "America/Mexico_City")


@pytest.mark.requirement("D-4")
@by_channel
@pytest.mark.parametrize("way", ["code", "here", "phone"])
def test_the_other_ways_are_offered_in_their_order_each_with_what_it_means(channel, way: str) -> None:
    """Mutation: offering the present one; leaving out what is kept."""
    play = at_status(channel, ticket=ticket(way=way, windows=() if way == "code" else ("any",))).picks("change", "way")
    others = [other for other in ("code", "here", "phone") if other != way]
    assert [option for option in options(play) if option in ("code", "here", "phone")] == others
    means = [value.id for value in play.screen.parts[1].items if value.id.startswith("request.way.")]  # type: ignore[union-attr]
    assert means == [f"request.way.{other}.means" for other in others]


@pytest.mark.requirement("D-4")
def test_what_the_channel_cannot_do_is_not_offered_and_what_it_limits_is_said_beforehand() -> None:
    """Mutation: "write to me here" where nobody can; the 24 hours of WhatsApp after the choice."""
    assert "here" not in ways_on(at_status(ONE_WAY).picks("change", "way"))
    assert "request.contact.day" in at_status(WHATSAPP).picks("change", "way").ids
    assert "request.contact.day" not in at_status(TELEGRAM).picks("change", "way").ids


@pytest.mark.requirement("D-10")
def test_to_the_code_alone_it_takes_one_choice() -> None:
    """Mutation: a card for somebody who wants no contact."""
    play = at_status().picks("change", "way", "code")
    assert (play.here, last(play), play.session.slot("way")) == ("code.changed", Effect("set_way"), "code")


@pytest.mark.requirement("D-5")
@pytest.mark.requirement("D-6")
@by_channel
def test_a_call_is_shown_whole_before_it_is_saved_and_the_number_only_masked(channel) -> None:
    """Mutation: saving on the number; showing more of it than its end; no words to know each other by."""
    masked = {"number": Data("draft.number", "··· ··· 567")}
    play = at_status(channel, ticket=ticket(way="code", windows=()), draft=masked).picks("change", "way", "phone")
    assert play.here == "code.number"
    play.says("300 123 4567")
    assert (play.here, last(play)) == ("code.confirm", Effect("keep_number"))
    assert data(play.screen.parts) == [masked["number"]]
    assert b"300" not in msgspec.msgpack.encode(play.session)
    play.picks("known")
    assert play.here == "code.card"
    assert {"request.agreed.phone", "request.agreed.no_message", "request.agreed.only_me", "request.agreed.words"} <= play.ids
    assert [effect.name for effect in play.asked] == ["try_code", "keep_number"]
    play.picks("yes")
    assert (play.here, last(play)) == ("code.changed", Effect("set_way"))
    assert (play.session.slot("way"), play.session.slot("whose"), play.session.slot("country")) == ("phone", "theirs", "CO")


@pytest.mark.requirement("D-4")
def test_a_number_that_cannot_be_read_is_asked_for_again_and_a_refused_call_is_not_offered_again() -> None:
    """Mutation: a loop; offering the call after a no."""
    play = at_status(ticket=ticket(way="code", windows=())).picks("change", "way", "phone")
    play.outcome = "bad"
    assert play.says("300 123 4567 890 12").here == "code.number_bad"
    play.outcome = "saved"
    assert play.says("300 123 4567").here == "code.confirm"
    play.picks("none")
    assert play.here == "code.way"
    assert "phone" not in ways_on(play)
    assert "here" in ways_on(play)
    assert "set_way" not in {effect.name for effect in play.asked}
    nothing_left = at_status(ONE_WAY, ticket=ticket(way="code", windows=())).picks("change", "way", "phone", "skip")
    assert nothing_left.here == "code.status"


@pytest.mark.requirement("D-10")
def test_on_the_card_the_times_can_be_changed_before_anything_is_saved() -> None:
    """Mutation: ``set_windows`` for a contact that is not there yet."""
    play = at_status(ticket=ticket(way="code", windows=())).picks("change", "way", "here")
    assert play.here == "code.card"
    play.picks("times", f"#{WINDOW_NAMES.index('evening')}")
    assert play.here == "code.card"
    assert play.session.slot("windows") == (WINDOW_NAMES.index("evening"),)
    assert [effect.name for effect in play.asked] == ["try_code"]
    assert last(play.picks("yes")) == Effect("set_way")


# --- another country -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-2")
@by_channel
def test_another_country_reads_its_own_duties_before_the_yes(channel) -> None:
    """Mutation: asking for the yes first; the duties of the country at home; a country that was not offered."""
    play = at_status(channel, duty=SomeDuty(texts=("CO", "EC"))).picks("abroad")
    assert [option.label for option in play.screen.options if option.id.startswith("#")] == [Country("VE"), Country("EC")]
    play.picks("#0")
    assert (play.here, "duty.general" in play.ids) == ("code.abroad_duty", True)
    play.picks("on")
    assert (play.here, [effect.name for effect in play.asked]) == ("code.abroad_ok", ["try_code"])
    play.picks("yes")
    assert (play.here, last(play), play.session.slot("abroad")) == ("code.abroad_done", Effect("allow_abroad"), "VE")
    known = at_status(channel, duty=SomeDuty(texts=("CO", "EC"))).picks("abroad", "#1")
    assert {"duty.intro", "duty.variant.danger"} <= known.ids
    assert known.picks("no").here == "code.status"
    assert {edge.start for edge in edges(GRAPH) if edge.end == "code.abroad_ok"} == {"code.abroad_duty"}


# --- what was agreed to ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-10")
@pytest.mark.requirement("D-3")
@by_channel
def test_each_consent_is_shown_as_it_stands_and_can_be_taken_back(channel) -> None:
    """Mutation: times and ways only; a consent that one can give and not take back; further countries that are not named."""
    play = at_status(channel).picks("change", "consents")
    assert {"code.change.phone", "code.consents.abroad", "code.consents.counted"} <= play.ids
    assert play.screen.parts[2].params["countries"].items == (Country("PE"),)  # type: ignore[union-attr]
    assert ways_on(play) >= {"contact_no", "home", "count_no", "skip"} and "count_yes" not in ways_on(play)
    for option, effect, slot in (("contact_no", "set_way", ("way", "code")), ("count_no", "be_counted", ("count", "no"))):
        done = at_status(channel).picks("change", "consents", option)
        assert (done.here, last(done), done.session.slot(slot[0])) == ("code.consented", Effect(effect), slot[1])
    play.picks("home")
    assert (play.here, play.screen.parts[0].params) == ("code.home", {"country": Country("CO")})  # type: ignore[union-attr]
    assert last(play) == Effect("try_code"), "it is said first what it means"
    assert at_status(channel).picks("change", "consents", "home", "no").here == "code.consents"
    assert (play.picks("yes").here, last(play)) == ("code.consented", Effect("only_here"))


@pytest.mark.requirement("D-10")
def test_only_what_was_said_yes_to_is_taken_back_and_what_was_not_can_be_given() -> None:
    """Mutation: "only people here" for somebody who never agreed to others; counting somebody who has not said yes yet."""
    none = ticket(way="code", windows=(), agreed=(), counted=False)
    play = at_status(ticket=none).picks("change", "consents")
    assert not ways_on(play) & {"contact_no", "home", "count_no"}
    assert "code.consents.uncounted" in play.ids and "code.consents.abroad" not in play.ids
    assert (last(play.picks("count_yes")), play.session.slot("count")) == (Effect("be_counted"), "yes")


# --- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-10")
@by_channel
@pytest.mark.parametrize("name", [name for name, view in TICKETS.items() if view is not None])
def test_everything_can_be_taken_back_at_any_time_and_what_that_means_is_said_first(channel, name: str) -> None:
    """Mutation: no way back once somebody took it; erasing at once; a slot or a way back that stays."""
    play = at_status(channel, ticket=TICKETS[name])
    play.picks("withdraw")
    assert play.here == "code.withdraw"
    assert [effect.name for effect in play.asked] == ["try_code"]
    play.picks("yes")
    assert (play.here, last(play)) == ("code.withdrawn", Effect("withdraw"))
    assert (play.session.slots, play.session.back) == ({}, ())
    for lang, undone in (("es", "No se puede deshacer"), ("en", "cannot be undone"), ("pt", "Não dá para desfazer")):
        for form in ("chat", "sms"):
            assert undone in wording().text(lang, "code.withdraw", form)  # type: ignore[arg-type]


@pytest.mark.requirement("D-10")
def test_by_sms_a_digit_of_another_screen_erases_nothing() -> None:
    """Mutation: the digit 1; the word "yes"."""
    for text in ("1", "sí", "yes", "no, retirarla", "ok"):
        play = at_status().picks("withdraw").says(text)
        assert "withdraw" not in {effect.name for effect in play.asked}, text
    play = at_status().picks("withdraw")
    number = next(option.digit for option in play.screen.options if option.id == "yes")
    assert number >= 10
    assert last(play.says(str(number))) == Effect("withdraw")


@by_channel
def test_a_rating_is_one_tap_and_optional_and_only_for_who_said_yes_to_counting(channel) -> None:
    """Mutation: offering it to everybody; a second question; the place of the choice instead of its value."""
    closed = ticket(status="closed", **OVER)
    for digit in range(1, 6):
        play = at_status(channel, ticket=closed).picks("rate").says(str(digit))
        assert (play.here, last(play), play.session.slot("rating")) == ("code.rated", Effect("rate"), digit)
    assert at_status(channel, ticket=closed).picks("rate").says("6").here == "code.status"
    assert "rate" not in ways_on(at_status(channel, ticket=msgspec.structs.replace(closed, may_rate=False)))


@by_channel
def test_what_was_closed_can_be_contested_once(channel) -> None:
    """Mutation: offering it where the code says that it may not be; reopening without a question."""
    closed = ticket(status="closed", **OVER)
    play = at_status(channel, ticket=closed).picks("contest")
    assert [effect.name for effect in play.asked] == ["try_code"]
    assert last(play.picks("yes")) == Effect("contest")
    assert play.here == "code.contested"
    assert at_status(channel, ticket=closed).picks("contest", "no").here == "code.status"
    assert "contest" not in ways_on(at_status(channel, ticket=msgspec.structs.replace(closed, may_contest=False)))


@pytest.mark.requirement("E-1")
def test_nobody_is_asked_to_rate_or_to_come_back_but_by_their_code() -> None:
    """Mutation: a rating after the answer, in the chat, or on the receipt."""
    for screen in ("code.rate", "code.contest", "code.answer"):
        assert {edge.start.partition(".")[0] for edge in edges(GRAPH) if edge.end == screen} == {"code"}
        assert {edge.start for edge in edges(GRAPH) if edge.end == screen} <= {"code.status", "code.answer"}


@pytest.mark.requirement("E-1")
def test_every_effect_of_a_code_follows_a_choice_or_words_of_the_same_turn(steps: list[Step]) -> None:
    """Mutation: an effect on drawing, or one that follows another without the person."""
    for step in steps:
        assert len(step.play.asked) <= 1
        if step.play.asked:
            assert step.by == "(words)" or step.by in step.play.graph.ids(step.before, step.play.facts), step


@pytest.mark.requirement("D-10")
def test_what_could_not_be_done_is_said_and_leaves_everything_as_it_was() -> None:
    """Mutation: the good screen whatever the outcome."""
    for way in (("withdraw", "yes"), ("change", "way", "code"), ("contest", "yes"), ("rate", "#0")):
        play = at_status()
        play.outcome = "down"
        play.picks(*way)
        assert play.here == "code.not_saved", way
        assert play.session.slot("safe") == "yes"
        assert "8" in shown(play)


def test_a_request_that_was_closed_meanwhile_shows_that_it_is() -> None:
    """Mutation: answering that the code is wrong."""
    play = at_status().picks("write")
    play.outcome = "ended"
    assert play.says("una cosa más").here == "code.status"
    assert play.screen.parts[0] == Phrase("code.status.told_further")
