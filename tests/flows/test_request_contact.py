"""How the answer may come, and what is agreed before anybody calls or writes."""

from __future__ import annotations

import pytest

from flows.facts import PRETEXTS, WINDOW_NAMES, WINDOWS
from flows.kernel import Clock, Data, Effect, Listing, Phrase, Zone
from flows.safe_contact import WORDS, drawn, toggled
from tests.flows.asking import ONE_WAY, Asking, agreed, walk
from tests.flows.world import SMS, TELEGRAM, WHATSAPP, ids


def at_card(way: str = "phone", **rest: object) -> Asking:
    play = agreed(**rest).picks(way, "yes")  # type: ignore[arg-type]
    return play.says("300 123 4567").picks("mine") if way == "phone" else play


def sent(play: Asking) -> dict[str, object]:
    return play.picks("on", "no", "send").request


def shown(play: Asking) -> dict[str, object]:
    """What the card says."""
    return play.screen.parts[0].params  # type: ignore[union-attr]


# --- D-4: three ways -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-4")
@pytest.mark.parametrize("channel", [SMS, TELEGRAM, WHATSAPP], ids=lambda channel: channel.name)
def test_three_ways_stand_in_one_order_each_with_what_follows_from_it(channel) -> None:
    """Mutation: "call me" first; a way whose consequence is not said."""
    play = agreed(channel)
    assert play.here == "request.way"
    assert [(option.digit, option.id) for option in play.screen.options][:3] == [(1, "code"), (2, "here"), (3, "phone")]
    means = [part for part in play.screen.parts if isinstance(part, Listing)]
    assert [item.id for item in means[0].items] == [f"request.way.{way}.means" for way in ("code", "here", "phone")]


@pytest.mark.requirement("D-4")
def test_where_nobody_can_write_to_the_channel_later_it_is_not_offered() -> None:
    """Mutation: offering "write to me here" everywhere."""
    play = agreed(ONE_WAY)
    assert [(option.digit, option.id) for option in play.screen.options][:2] == [(1, "code"), (3, "phone")]
    assert "request.way.here.means" not in play.ids


@pytest.mark.requirement("D-4")
def test_on_whatsapp_the_limit_of_a_day_is_said_before_the_yes() -> None:
    """Mutation: saying it on the receipt."""
    assert "request.contact.day" in agreed(WHATSAPP).picks("here").ids
    assert "request.contact.day" not in agreed(WHATSAPP).picks("phone").ids
    for channel in (SMS, TELEGRAM):
        assert "request.contact.day" not in agreed(channel).picks("here").ids


@pytest.mark.requirement("D-4")
def test_a_way_that_was_refused_is_not_offered_again() -> None:
    """Also not from the last look. Mutation: forgetting it when the way is asked again."""
    play = agreed().picks("phone", "no")
    assert play.here == "request.way"
    assert [option.id for option in play.screen.options][:2] == ["code", "here"]
    assert "request.way.phone.means" not in play.ids
    play.picks("here", "no")
    assert play.here == "request.count"
    play.picks("no", "details", "way")
    assert [option.id for option in play.screen.options][:2] == ["code", "skip"]
    assert play.picks("code", "send").request["way"] == "code"


@pytest.mark.requirement("D-4")
def test_whoever_goes_back_and_says_yes_after_all_has_that_way_again() -> None:
    """Mutation: a no that cannot be taken back."""
    play = agreed().picks("here", "no", "phone", "no")
    assert play.here == "request.count"
    assert play.commands("back").here == "request.contact_phone"
    play.picks("yes")
    assert play.here == "request.number"
    play.says("300 123 4567").picks("mine", "on", "no", "details", "way")
    assert [option.id for option in play.screen.options][:2] == ["code", "phone"]


@pytest.mark.requirement("D-4")
def test_a_number_is_read_back_masked_and_is_asked_whose_it_is() -> None:
    """Mutation: the whole number on the screen; taking it without a look."""
    play = agreed(SMS).picks("phone", "yes").says("300 123 4567")
    assert play.here == "request.number_read"
    assert play.screen.parts[0].params == {"number": Data("draft.number", "··· ··· 321")}
    assert [option.id for option in play.screen.options][:4] == ["mine", "someone", "again", "skip"]
    assert play.asked == [Effect("keep_number")]
    assert play.picks("again").here == "request.number"


@pytest.mark.requirement("D-4")
def test_another_person_s_number_needs_that_they_know() -> None:
    """Mutation: going on after "no"; calling it the person's own."""
    asked = agreed().picks("phone", "yes").says("300 123 4567").picks("someone")
    assert asked.here == "request.number_known"
    before, known = asked.session, asked.facts
    for answer, whose in (("yes", "theirs"), ("no", ""), ("skip", "")):
        play = Asking(TELEGRAM, known=known)
        play.session = before
        play.picks(answer)
        if answer == "yes":
            assert sent(play)["whose"] == whose
            continue
        assert play.here == ("request.way" if answer == "no" else "request.count")
        play = play.picks("code") if answer == "no" else play
        request = play.picks("no", "send").request
        assert (request["way"], request["whose"], request["drafts"]) == ("code", "", ())


def test_words_that_are_no_number_are_not_tried_as_one() -> None:
    """Mutation: keeping any text as a number."""
    play = agreed(SMS).picks("phone", "yes").says("no me llames", "casa 24")
    assert play.here == "request.number"
    assert play.asked == []
    play.outcome = "bad"
    assert play.says("12345").here == "request.number_bad"
    assert play.says("12346").here == "request.number_bad"
    play.outcome = "saved"
    assert play.says("300 123 4567").here == "request.number_read"


@pytest.mark.requirement("E-6")
def test_a_cue_in_the_answer_to_which_number_brings_the_card_and_the_same_question() -> None:
    """Mutation: trying the cue as a number."""
    play = agreed(SMS).picks("phone", "yes").says("me quiero matar, llamen al 3001234567")
    assert play.here == "request.number"
    assert "crisis.A" in play.ids
    assert play.asked == []


# --- the clock of the person -----------------------------------------------------------------------------------------


@pytest.mark.requirement("D-5")
def test_the_zone_is_asked_only_where_the_country_has_several() -> None:
    """Mutation: asking everybody; UTC for those who skip."""
    one = at_card("here")
    assert (one.here, one.session.slot("zone")) == ("request.card", "America/Bogota")
    assert shown(one)["clock"] == Phrase("request.agreed.your_time")
    several = at_card("here", country="MX")
    assert several.here == "request.zone"
    labels = [option.label.params for option in several.screen.options[:3]]
    assert [label["city"] for label in labels] == [
        Zone(name) for name in ("America/Mexico_City", "America/Tijuana", "America/Cancun")
    ]
    assert all(isinstance(label["time"], Clock) for label in labels)
    several.says("tijuana")
    assert several.session.slot("zone") == "America/Tijuana"
    assert shown(several)["clock"].params == {"city": Zone("America/Tijuana")}
    assert sent(several)["zone"] == "America/Tijuana"


# --- D-5: the card ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-5")
def test_without_a_change_the_safest_is_agreed() -> None:
    """Mutation: a message may be left; somebody else may answer; three tries; calling again."""
    play = at_card()
    assert play.here == "request.card"
    request = sent(play)
    expected = {
        "windows": ("any",),
        "other": False,
        "message": False,
        "tries": 2,
        "dropped": "no_call",
        "present": "neutral",
        "code_words": "drawn",
    }
    assert {name: request[name] for name in expected} == expected
    assert WINDOWS["any"] == (8 * 60, 20 * 60)


@pytest.mark.requirement("D-5")
def test_one_screen_shows_what_is_agreed_and_changes_one_thing_at_a_time() -> None:
    """Mutation: a chain of questions; a change that is not shown."""
    play = at_card()
    first = {"request.agreed.only_me", "request.agreed.no_message", "request.agreed.no_call", "request.present.neutral"}
    assert first <= ids(play.screen.parts)
    for option, said in (
        ("message_yes", "request.agreed.message"),
        ("other_yes", "request.agreed.others"),
        ("call_again", "request.agreed.call_again"),
        ("message_no", "request.agreed.no_message"),
        ("other_no", "request.agreed.only_me"),
        ("no_call", "request.agreed.no_call"),
    ):
        play.picks(option)
        assert play.here == "request.card"
        assert said in ids(play.screen.parts), option
    for pretext in PRETEXTS:
        play.picks("present", pretext)
        assert f"request.present.{pretext}" in ids(play.screen.parts)
    for option, tries in (("one", 1), ("three", 3), ("two", 2)):
        play.picks("tries", option)
        assert shown(play)["tries"] == tries
    play.picks("message_yes", "other_yes", "call_again", "tries", "one")
    request = sent(play)
    assert (request["message"], request["other"], request["dropped"], request["tries"]) == (True, True, "call", 1)


@pytest.mark.requirement("D-5")
def test_times_of_day_are_added_and_taken_away_and_shown_by_the_clock() -> None:
    """Mutation: only one window; "any" beside others."""
    play = at_card("here").picks("windows", "morning", "windows", "evening")
    assert [item.params for item in shown(play)["windows"].items] == [
        {"from": Clock(540), "to": Clock(720)},
        {"from": Clock(1080), "to": Clock(1260)},
    ]
    play.picks("windows", "morning")
    assert sent(play)["windows"] == ("evening",)
    assert sent(at_card("here").picks("windows", "night", "windows", "any"))["windows"] == ("any",)
    assert sent(at_card("here").picks("windows", "night", "windows", "night"))["windows"] == ("any",)
    chosen: tuple[int, ...] = ()
    for name in WINDOW_NAMES[1:]:
        chosen = toggled(chosen, name)
    assert chosen == tuple(range(1, len(WINDOW_NAMES)))


@pytest.mark.requirement("D-5")
def test_what_is_about_calls_is_neither_asked_nor_sent_where_nobody_calls() -> None:
    """Mutation: a card left over from a number that was given first."""
    play = at_card("here")
    assert {option.id for option in play.screen.options} & {"present", "message_yes", "other_yes", "tries"} == set()
    play = at_card().picks("message_yes", "other_yes", "on", "no", "details", "way", "here", "yes", "on", "send")
    assert (play.request["way"], play.request["message"], play.request["other"], play.request["tries"]) == ("here", False, False, 0)
    code = agreed().picks("code", "no", "send").request
    assert (code["windows"], code["zone"], code["words"], code["present"]) == ((), "", (), "")


def test_the_card_of_what_was_agreed_can_be_changed_at_the_last_look() -> None:
    """Mutation: a card that only stands behind the number."""
    play = at_card().picks("on", "no", "details", "card")
    assert play.here == "request.card"
    assert play.picks("windows", "midday", "on").here == "request.check"
    assert play.picks("send").request["windows"] == ("midday",)


# --- D-6: code words ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-6")
def test_words_are_drawn_both_ways_and_one_ends_the_call() -> None:
    """Mutation: one word for both; words that change when the screen is drawn again."""
    play = at_card()
    said = next(part for part in play.screen.parts if isinstance(part, Phrase) and part.id == "request.agreed.words")
    caller, person, stop = (said.params[name].id for name in ("caller", "person", "stop"))
    assert len({caller, person, stop}) == 3
    assert {caller, person, stop} <= set(WORDS)
    again = next(part for part in play.commands("again").screen.parts if getattr(part, "id", "") == "request.agreed.words")
    assert again == said
    assert sent(play)["words"] == (caller, person, stop)


@pytest.mark.requirement("D-6")
def test_drawn_words_differ_between_conversations_and_are_three_different_ones() -> None:
    """Mutation: the same three for everybody; a remainder that repeats a word."""
    found = [drawn(number.to_bytes(16)) for number in range(0, 24 * 23 * 22)]
    assert all(len(set(three)) == 3 for three in found)
    assert len(set(found)) == 24 * 23 * 22
    assert drawn(b"") == drawn(b"\0" * 16)


@pytest.mark.requirement("D-6")
def test_an_own_word_or_none_can_be_chosen() -> None:
    """Mutation: an own word that was not kept shown as kept; words sent although none were wanted."""
    play = at_card().picks("words", "own")
    play.outcome = "bad"
    assert play.says("mi perro rex").here == "request.own_word_bad"
    assert play.picks("skip").here == "request.card"
    assert "request.agreed.words" in ids(play.screen.parts)  # nothing was kept
    play.outcome = "saved"
    play.picks("words", "own").says("girasol")
    assert "request.agreed.words.own" in ids(play.screen.parts)
    assert all("girasol" not in str(value) for value in play.session.slots.values())
    request = sent(play)
    assert (request["code_words"], request["drafts"]) == ("own", ("number", "word"))
    none = at_card().picks("words", "none")
    assert not {"request.agreed.words", "request.agreed.words.own"} & ids(none.screen.parts)
    request = sent(none)
    assert (request["code_words"], request["words"]) == ("none", ())


@pytest.mark.requirement("D-6")
def test_a_message_begins_with_the_caller_s_word() -> None:
    """Mutation: all three words where nobody calls."""
    play = at_card("here")
    assert "request.agreed.first_word" in ids(play.screen.parts)
    assert "request.agreed.words" not in ids(play.screen.parts)
    play.picks("words", "own").says("girasol")
    assert "request.agreed.first_word.own" in ids(play.screen.parts)


@pytest.mark.requirement("P-1")
def test_no_number_and_no_word_is_ever_on_a_screen_or_in_an_effect() -> None:
    """Mutation: reading a typed number back in full."""
    for step in walk(TELEGRAM, ("CO",)):
        if step.by == "(words)" and step.play.turn is not None and step.play.turn.screen is not None:
            drawn_screen = repr(step.play.turn.screen)
            assert "123 4567" not in drawn_screen
            assert "xyzzy" not in drawn_screen
            assert "xyzzy" not in repr(step.effects)


def test_a_window_from_an_older_version_is_left_out() -> None:
    """Mutation: an index error where the list of windows got shorter."""
    play = at_card("here")
    play.session = play.session.at("request.card", slots={**play.session.slots, "windows": (2, 99)})
    assert sent(play.commands("again"))["windows"] == ("morning",)
