"""What is settled once for all topics: back, menu, more, language, leaving, what is not understood, what an effect came to."""

from __future__ import annotations

import copy
import json
import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.facts import COUNTRIES, LANGS, Facts
from flows.kernel import (
    BACK_LIMIT,
    Alarm,
    Branch,
    Chose,
    Command,
    Country,
    Effect,
    Flow,
    Go,
    Graph,
    Outcome,
    Screen,
    Session,
    Unclear,
    Words,
)
from flows.reading import fold
from flows.reserved import STOP_LIKE
from flows.topics import GRAPH
from tests.flows.standing import CHANNELS, SCREENS, by_number, drawn, everywhere, label, standing, takes_anything
from tests.flows.world import SMS, TAPACHULA, TELEGRAM, Play, facts, ids, wording


def typed(lang: str, id: str) -> list[str]:
    """The words that a catalog lists, as they are written there."""
    return [word.strip() for word in wording().text(lang, id).split(",")]


# --- back ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-3")
@given(st.lists(st.integers(0, 9), max_size=30))
def test_back_goes_where_one_came_from_and_sends_nothing(steps: list[int]) -> None:
    """Mutation: ``back`` that leaves the screen on the stack, or that pushes the present one."""
    play = Play(TELEGRAM).says("hola", "1")
    for step in steps:
        before = play.here
        option = play.screen.options[step % len(play.screen.options)]
        if option.id in ("leave", "back"):
            continue
        came, asked = play.session.back, len(play.asked)
        play.picks(option.id)
        assert play.turn is not None
        assert play.turn.effects == ()
        if len(play.asked) > asked and not play.session.back:
            assert copy.copy(play).picks("back").here == play.here, "nothing leads back to what cannot be undone"
            continue
        if play.here != before and play.here not in came:
            went = copy.copy(play)
            went.asked = []
            went.picks("back")
            assert went.asked == []
            assert went.here == before
            assert went.session.back == play.session.back[:-1]
            assert went.turn is not None
            assert went.turn.effects == ()
            assert went.session.turn == play.session.turn + 1


def test_ten_ways_back_at_most() -> None:
    """Mutation: a stack without a limit, or one that forgets the newest."""
    screens = [f"deep.s{number}" for number in range(15)]
    deep = Flow("deep")
    for number in range(15):
        deep.menu(f"s{number}", on=Go(f"s{(number + 1) % 15}"))
    graph = a_graph(deep)
    play = Play(SMS, graph=graph)
    play.session = Session(id=b"0" * 16, screen=screens[0], turn=1, lang="es")
    for _ in range(14):
        play.picks("on")
    assert play.session.back == tuple(screens[4:14])
    for screen in reversed(screens[4:14]):
        assert play.commands("back").here == screen
    assert len(play.session.back) == 0
    assert BACK_LIMIT == 10
    assert play.commands("back").here == screens[4]


def test_back_skips_a_screen_that_a_new_version_no_longer_has() -> None:
    """Mutation: going back without looking whether the screen is still there."""
    play = standing("services.kind", back=("start.menu", "gone.screen"))
    assert play.commands("back").here == "start.menu"
    assert "kernel.menu_changed" not in play.ids


# --- menu, more ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("screen", SCREENS)
def test_the_menu_is_one_word_away_and_keeps_only_the_place(screen: str) -> None:
    """Mutation: a menu that keeps the kind of help, or forgets the country."""
    for lang in LANGS:
        for word in (*typed(lang, "words.menu"), "HELP", "info", "Start"):
            play = standing(screen, lang=lang)
            if fold(word) in {fold(label(option, lang, SMS)) for option in drawn(play).options}:
                continue  # there it is an option that leads to the menu, and back
            play.says(word)
            assert play.here == "start.menu", (word, screen)
            assert set(play.session.slots) <= {"country", "place"}
            assert play.session.slot("country") == "CO"


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
@pytest.mark.parametrize("screen", ["services.where", "services.next", "person.where", "feedback.where"])
def test_more_shows_all_fourteen_countries_and_begins_again(screen: str, channel) -> None:
    """Mutation: a page that repeats a country, drops the last ones, or stops at the end."""
    play = standing(screen, channel, slots={})
    first = [option for option in drawn(play).options if isinstance(option.label, Country)]
    seen: list[str] = []
    for _ in range(10):
        page = [option.label.code for option in drawn(play).options if isinstance(option.label, Country)]
        assert [option.digit for option in drawn(play).options if isinstance(option.label, Country)] == list(
            range(1, len(page) + 1)
        )
        if seen and page[0] == seen[0]:
            break
        seen += page
        play.says("7")
    assert sorted(seen) == sorted(COUNTRIES)
    assert [option for option in drawn(play).options if isinstance(option.label, Country)] == first


def test_a_country_of_the_last_page_can_be_chosen_by_digit_and_a_new_question_begins_on_its_first_page() -> None:
    """Mutation: taking the digit of another page; keeping the page on the next screen."""
    play = standing("services.where", slots={})
    play.says("7", "7")
    last = [option for option in drawn(play).options if isinstance(option.label, Country)]
    code = last[1].label.code  # type: ignore[union-attr]
    play.says("2")
    assert (play.here, play.session.slot("country")) == ("services.town", code)
    assert "page" not in play.session.slots


# --- language --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-4")
@pytest.mark.parametrize("screen", SCREENS)
def test_one_word_changes_the_language_and_the_same_screen_is_drawn(screen: str) -> None:
    """Mutation: a change of language that goes to the menu, forgets a slot, or needs a second step."""
    for now in LANGS:
        for lang in LANGS:
            for word in {word for other in LANGS for word in typed(other, f"words.lang.{lang}")}:
                play = standing(screen, lang=now)
                before = play.session
                play.says(word)
                assert play.session.lang == lang, (screen, word)
                expected = "start.menu" if screen in ("start.hello", "start.foreign", "start.settings") else screen
                assert play.here == expected, (screen, word)
                if expected == screen:
                    assert play.session.slots == before.slots
                    assert play.session.back == before.back
                    assert play.screen == msgspec.structs.replace(drawn(play))


@pytest.mark.requirement("L-4")
@pytest.mark.parametrize("lang", LANGS)
def test_the_list_of_languages_is_one_word_away_and_says_which_are_missing(lang: str) -> None:
    """Mutation: no way from the list to the languages that Faro cannot speak."""
    for word in typed(lang, "words.language"):
        play = standing("services.kind", lang=lang).says(word)
        assert play.here == "start.settings", word
        assert play.says("6").here == "start.other_languages"
        named = wording().text(lang, "start.other_languages").casefold()
        assert all(name in named for name in ("krey", "wayuu", "warao"))


# --- a new version ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1", "doctor", "xyzzy", "8", "7"])
def test_a_screen_that_is_gone_becomes_the_menu_and_says_so(text: str) -> None:
    """Mutation: an exception on an unknown screen, or a silent menu."""
    play = standing("topic.gone")
    event = play.event(text)
    if isinstance(event, Command):
        play.does(event)
        assert play.here in GRAPH.sheets
        return
    play.does(event)
    assert play.here == "start.menu"
    assert play.session.slots == {}
    assert play.session.back == ()
    assert {"kernel.menu_changed", "start.menu"} <= play.ids


def test_a_value_that_is_gone_becomes_the_menu_and_says_so() -> None:
    """Mutation: drawing a kind of help that a new version no longer knows: its name is in no catalog."""
    for slots in ({"kind": "old-kind", "country": "CO"}, {"country": "ZZ"}):
        play = standing("services.results", slots=slots).says("1")
        assert play.here == "start.menu"
        assert "kernel.menu_changed" in play.ids
        assert all(id in wording().ids() for id in play.ids)


@pytest.mark.requirement("E-5")
def test_emergency_numbers_come_even_on_a_screen_that_is_gone() -> None:
    """Mutation: saying that the menu changed instead of the numbers."""
    for text in ("9", "sos", "me va a matar"):
        play = standing("topic.gone").says(text)
        assert {"emergency.row", "start.menu"} <= play.ids
        assert play.here == "start.menu"


# --- what is not understood ------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-3")
@pytest.mark.parametrize("screen", SCREENS)
def test_what_is_not_understood_asks_again_in_other_words_and_then_offers_a_person_and_the_numbers(screen: str) -> None:
    """Mutation: counting misses from the start of the conversation, or never offering a person."""
    if takes_anything(screen):
        return
    for channel in CHANNELS:
        play = standing(screen, channel)
        question = drawn(play)
        for miss in (1, 2, 3):
            play.says("xyzzy qwrt")
            assert play.here == screen
            assert "unclear.text" in play.ids
            assert ids(question.parts) <= play.ids
            assert by_number(play.screen.options) == by_number(question.options)
            assert ("unclear.again" in play.ids) == (miss >= 2)
        play.says("persona")
        assert play.here == "person.where"
        assert play.session.misses == 0


@pytest.mark.requirement("L-3")
def test_the_offer_after_two_failures_names_the_word_for_a_person_and_the_digit_for_numbers() -> None:
    """Mutation: an offer whose word does nothing."""
    for lang in LANGS:
        for form in ("chat", "sms"):
            text = wording().text(lang, "unclear.again", form)  # type: ignore[arg-type]
            assert "9" in text
            assert any(word in text.casefold() for word in typed(lang, "words.topic.person") if " " not in word)


@pytest.mark.requirement("L-5")
@pytest.mark.parametrize("what", ["voice", "picture", "file", "contact", "sticker", "live", "edited", "other"])
def test_what_cannot_be_read_is_said_to_be_unread_on_every_screen(what) -> None:
    """Mutation: the sentence of typed words for a voice note, or silence on the first screen."""
    for screen, channel, lang in everywhere():
        play = standing(screen, channel, lang).does(Unclear(what))
        assert f"unclear.{what}" in play.ids
        assert play.here == screen
    first = Play(SMS).does(Unclear(what))
    assert {f"unclear.{what}", "start.hello"} <= first.ids


def test_misses_in_a_row_are_forgotten_once_something_is_understood() -> None:
    """Mutation: never setting the count back."""
    play = standing("start.menu").says("xyzzy", "1", "xyzzy")
    assert "unclear.again" not in play.ids


# --- the first message -----------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-3")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_a_first_message_that_names_a_need_gets_its_answer_at_once_and_one_line(channel) -> None:
    """Mutation: greeting first, or leaving out the line about what answers here."""
    for text in ("doctor en tapachula", "necesito un abogado en Tapachula"):
        play = Play(channel).says(text)
        assert play.here == "services.results"
        assert play.session.slot("place") == TAPACHULA.id
        assert "kernel.automatic" in play.ids
        assert "kernel.automatic" not in play.says("8").ids
    for lang in LANGS:
        for form in ("chat", "sms"):
            line = wording().text(lang, "kernel.automatic", form)  # type: ignore[arg-type]
            assert "utom" in line and "9" in line and "0" in line and "{minutes}" in line


@pytest.mark.requirement("E-3")
@pytest.mark.parametrize("text", ["hola", "hi", "oi", "1", "?", "xyzzy", "START", "menu", "8", "english", "💬"])
def test_any_other_first_message_gets_the_first_screen(text: str) -> None:
    """Mutation: answering "not understood" to somebody who greets."""
    play = Play(SMS).says(text)
    assert play.here == "start.hello"
    assert "start.hello" in play.ids
    assert not any(id.startswith("unclear.") for id in play.ids)


# --- effects ---------------------------------------------------------------------------------------------------------


def a_graph(*flows: Flow) -> Graph:
    """A graph of some flows beside the topics that every graph needs."""
    return Graph(
        (*GRAPH.flows, *flows),
        hello=GRAPH.hello,
        menu=GRAPH.menu,
        language=GRAPH.language,
        understand=GRAPH.understand,
        emergency=GRAPH.emergency,
        alarm=GRAPH.alarm,
        shortcuts=GRAPH.shortcuts,
    )


def a_trial() -> Flow:
    """A topic whose first step cannot be undone."""
    trial = Flow("trial", wish=("now", "later"))
    trial.menu(
        "ask",
        now=Go("done", set={"wish": "now"}, do=lambda session, facts: Effect("keep", {"wish": session.slot("wish")})),
        later=Branch(lambda session, event, facts: Go("done", set={"wish": "later"}, do=_keep), "done"),
        no=Go("declined"),
    )
    trial.page("done", then=Go("start.menu"))
    trial.page("declined", then=Go("start.menu"))
    trial.page("not_saved", then=Go("start.menu"))
    return trial


def _keep(session: Session, facts: Facts) -> Effect:
    return Effect("keep", {"wish": session.slot("wish")})


@pytest.mark.parametrize("option", ["now", "later"])
@pytest.mark.parametrize(("result", "target"), [("saved", "trial.done"), ("down", "trial.not_saved"), ("", "trial.not_saved")])
def test_the_outcome_of_an_effect_chooses_the_screen_and_nothing_leads_back_to_it(option: str, result: str, target: str) -> None:
    """Mutation: the target whatever the outcome was; a way back to the step that cannot be undone."""
    play = Play(SMS, graph=a_graph(a_trial()))
    play.session = Session(id=b"0" * 16, screen="trial.ask", turn=3, lang="es", slots={"country": "CO"}, back=("start.menu",))
    play.outcome = ""
    play.picks(option)
    assert play.turn is not None
    assert play.turn.screen is None
    assert play.turn.effects == (Effect("keep", {"wish": option}),)
    assert play.turn.cause is not None and play.turn.cause.to == "trial.done"
    assert play.here == "trial.ask"
    play.does(Outcome("keep", result, play.turn.cause))
    assert play.turn is not None
    assert play.here == target
    assert play.turn.effects == ()
    if result == "saved":
        assert (play.session.slots, play.session.back) == ({}, ())
        assert play.commands("back").here == target
        assert play.turn.effects == ()
    else:
        # Nothing was kept, so nobody has to begin anew.
        assert play.session.slots == {"country": "CO", "wish": option}
        assert play.commands("back").here == "trial.ask"


def test_a_step_that_can_be_undone_keeps_slots_and_the_way_back_and_takes_what_its_outcome_says() -> None:
    """Mutation: emptying the slots after every effect; an outcome of its own that leads to ``not_saved``."""
    trial = a_trial()
    trial.ask(
        "number",
        hears=Branch(lambda s, e, f: Go("done", do=_keep, outcomes={"bad": "again"}, final=False), "done", "again", "not_saved"),
    )
    trial.page("again", then=Go("number"))
    for result, target in (("saved", "trial.done"), ("bad", "trial.again"), ("down", "trial.not_saved")):
        play = Play(SMS, graph=a_graph(trial))
        play.session = Session(
            id=b"0" * 16, screen="trial.number", turn=3, lang="es", slots={"country": "CO"}, back=("start.menu",)
        )
        play.outcome = result
        play.says("315 555 0100")
        assert (play.here, play.session.slots) == (target, {"country": "CO"})
        assert play.session.back == ("start.menu", "trial.number")


def test_where_choices_are_typed_a_step_that_cannot_be_undone_takes_the_number_of_its_turn() -> None:
    """A repeated "1" must not confirm a screen that never arrived. Mutation: the digit of the option on SMS; the same number on
    the next turn."""
    numbers = set()
    for turn in range(1, 60):
        play = Play(SMS, graph=a_graph(a_trial()))
        play.session = Session(id=b"0" * 16, screen="trial.ask", turn=turn, lang="es", back=("start.menu",))
        final = next(option for option in play.graph.options(play.session, play.facts) if option.id == "now")
        assert 10 <= final.digit <= 99
        numbers.add(final.digit)
        for typed in ("1", str(10 + (final.digit - 9) % 90)):
            play.says(typed)
            assert play.asked == []
        play.session = msgspec.structs.replace(play.session, turn=turn)
        play.says(str(final.digit))
        assert [effect.name for effect in play.asked] == ["keep"]
    assert len(numbers) == 59
    with_buttons = Play(TELEGRAM, graph=a_graph(a_trial()))
    with_buttons.session = Session(id=b"0" * 16, screen="trial.ask", turn=3, lang="es")
    assert all(option.digit < 10 for option in with_buttons.graph.options(with_buttons.session, with_buttons.facts))


def test_a_topic_with_a_step_that_cannot_be_undone_needs_a_screen_for_not_saved() -> None:
    """Mutation: finding out when the store is down."""
    trial = a_trial()
    del trial.sheets["trial.not_saved"]
    with pytest.raises(ValueError, match=r"trial\.not_saved"):
        a_graph(trial)


def test_a_move_to_a_screen_that_is_not_there_is_refused() -> None:
    """Mutation: building the graph without looking at the targets."""
    lost = Flow("lost")
    lost.page("page", then=Go("nowhere"))
    with pytest.raises(ValueError, match=r"lost\.nowhere"):
        a_graph(lost)
    with pytest.raises(ValueError, match="twice"):
        lost.page("page", then=Go("page"))


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-1")
@pytest.mark.requirement("P-2")
def test_what_was_typed_cannot_be_printed_compared_pickled_or_encoded() -> None:
    """Mutation: a dataclass instead of Words, whose repr shows the text."""
    secret = "zarzaparrilla"
    words = Words(secret)
    for shown in (repr(words), str(words), f"{words}", f"{Alarm('A', words)}", repr(Play(SMS).event(f"{secret} doctor"))):
        assert secret not in shown
    for fails in (pickle.dumps, copy.deepcopy, copy.copy, json.dumps, msgspec.json.encode, msgspec.msgpack.encode, hash):
        with pytest.raises((TypeError, msgspec.ValidationError)):
            fails(words)
    with pytest.raises(TypeError):
        _ = words == Words(secret)
    assert not hasattr(words, "__dict__")
    session = Session(id=b"0" * 16, screen="start.menu", slots={"text": words})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        msgspec.msgpack.encode(session)


# --- leaving ---------------------------------------------------------------------------------------------------------

LEAVING = sorted(
    {word for lang in LANGS for word in typed(lang, "words.leave")}
    | {word for lang in LANGS for word in typed(lang, "words.digit.0")}
    | {wording().text(lang, "nav.leave", form) for lang in LANGS for form in ("chat", "sms")}  # type: ignore[arg-type]
    | {"0", "0️⃣", "０", " 0 ", "0.", "(0)", "SALIR", "sair!", "Exit…", "sALIR 🙏", "¡salir!"}
    | STOP_LIKE
    | {word.lower() for word in STOP_LIKE}
)


@pytest.mark.requirement("E-2")
@pytest.mark.requirement("E-8")
@pytest.mark.parametrize("screen", [*SCREENS, "topic.gone", ""])
def test_every_leave_word_of_every_language_works_on_every_screen(screen: str) -> None:
    """Nothing is sent, nothing stays but the digests of message ids. Mutation: a goodbye; keeping language or country."""
    for word in LEAVING:
        for lang in LANGS:
            play = standing(screen, lang=lang, seen=(b"a", b"b"), alarms={"A": 1}, misses=1)
            play.says(word)
            assert play.turn is not None
            assert play.turn.screen is None, (screen, word)
            assert play.turn.effects == (Effect("forget"),)
            assert play.session == Session(left=True, seen=(b"a", b"b")), (screen, word)


@pytest.mark.requirement("E-2")
@pytest.mark.requirement("S-1")
@pytest.mark.parametrize("text", ["hola", "1", "salud", "9", "xyzzy", "menu"])
def test_the_next_message_starts_without_memory(text: str) -> None:
    """Mutation: a slot, a way back or an alarm that survives leaving."""
    left = standing("services.results", alarms={"A": 1}).says("salir")
    left.session = msgspec.structs.replace(left.session, id=b"0" * 16, lang="es")
    fresh = Play(SMS)
    left.says(text)
    fresh.says(text)
    assert left.session == fresh.session
    assert left.screen == fresh.screen
    assert not left.session.left
    assert left.session.back == ()
    assert "place" not in left.session.slots or not left.session.slots["place"]


@pytest.mark.requirement("E-2")
def test_the_button_for_leaving_stands_on_every_screen() -> None:
    """Mutation: a screen whose options leave out the last one."""
    for screen, channel, lang in everywhere():
        play = standing(screen, channel, lang)
        assert drawn(play).options[-1].id == "leave"
        assert play.picks("leave").turn.effects == (Effect("forget"),)  # type: ignore[union-attr]


#: Everything that a step may ask for. Each of them keeps, changes or erases; none writes to anybody.
EFFECTS = {
    "keep_number", "keep_note", "keep_words", "open_request", "try_code", "mark_read", "add_note", "set_windows", "set_way",
    "allow_abroad", "only_here", "be_counted",
    "withdraw", "contest", "rate", "say_relay", "end_relay", "open_complaint", "remark", "move_note",
}  # fmt: skip


@pytest.mark.requirement("E-1")
def test_a_step_asks_for_at_most_one_thing_and_only_where_an_option_or_words_asked_for_it() -> None:
    """Nothing happens because a screen is drawn, or because somebody looks at the numbers, goes back or changes the language; and
    nothing that a step asks for writes to a person. Mutation: an effect on a screen that only tells."""
    seen = set()
    for screen, channel, lang in everywhere():
        play = standing(screen, channel, lang)
        for name in ("emergency", "back", "more", "menu", "again", "language", *LANGS):
            assert play.graph.step(play.session, Command(name), play.facts).effects == () or name == "more", (screen, name)
        for option in play.graph.ids(play.session, play.facts):
            turn = play.graph.step(play.session, Chose(option), play.facts)
            assert len(turn.effects) <= 1
            assert (turn.screen is None) == bool(turn.effects) == (turn.cause is not None)
            seen |= {effect.name for effect in turn.effects}
        seen |= {effect.name for text in ("xyzzy", "300 123 4567") for effect in standing(screen, channel, lang).says(text).asked}
    # What has to be settled before a request is sent is in the tests of that topic.
    assert seen == EFFECTS - {"open_request", "open_complaint"}


def test_pages_that_are_remembered_are_the_pages_that_would_be_drawn() -> None:
    """What is drawn a second time, or after others, equals what a new graph draws. Mutation: a key that leaves out the way back,
    the page, or the hidden options."""
    worn, known = a_graph(), facts(SMS)
    for _ in range(2):
        for screen, channel, lang in everywhere():
            for back in ((), ("start.menu",)):
                for slots in ({}, {"country": "BR"}, {"page": 1}, {"page": 2, "country": "CO"}):
                    session = Session(id=b"0" * 16, screen=screen, turn=3, lang=lang, slots=slots, back=back)
                    seen = msgspec.structs.replace(known, channel=channel)
                    assert worn.view(session, seen) == a_new(session, seen)


def a_new(session: Session, known: Facts) -> Screen:
    """What a graph draws that never drew before."""
    key = (session.screen, repr(session.slots), session.back, known.channel.name)
    if key not in _NEW:
        _NEW[key] = a_graph().view(session, known)
    return _NEW[key]


_NEW: dict[tuple[object, ...], Screen] = {}
