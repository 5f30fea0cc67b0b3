"""A screen arranged for a channel: buttons, written choices, what fits in an SMS; nothing that depends on a picture or a link."""

from __future__ import annotations

import re
import unicodedata

import msgspec
import pytest

from bot import gsm7
from bot.layout import ANYTIME, LABEL, SMS_SEGMENTS, Layout, clipped, ordinal, render
from flows.facts import LANGS, Traits
from flows.kernel import EMERGENCY, LEAVE, Aside, Choices, Country, Data, Option, Phrase, Screen
from tests.content.test_budget import CHANNELS as COMPLAINTS
from tests.content.test_budget import LONGEST
from tests.flows.standing import CHANNELS, SCREENS, drawn, everywhere, standing
from tests.flows.test_services import flat
from tests.flows.world import SMS, TELEGRAM, WHATSAPP, Play, SomeDirectory, facts, wording


def longest(screen: str, channel: Traits, lang: str) -> Play:
    """Somebody who sees the longest data that the directory allows."""
    play = standing(screen, channel, lang)
    play.facts = facts(channel, SomeDirectory(LONGEST, COMPLAINTS), country_hint="DO")
    return play


# --- buttons ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("screen", SCREENS)
def test_every_option_is_one_button_that_fits(screen: str) -> None:
    """Mutation: a label uncut, an option dropped from the rows, two that cannot be told apart."""
    for lang in LANGS:
        play = longest(screen, TELEGRAM, lang)
        seen = drawn(play)
        message = render(seen, lang, 7, TELEGRAM, wording())
        buttons = [button for row in message.rows for button in row]
        assert sorted(button.ordinal for button in buttons) == sorted(ordinal(o, n) for n, o in enumerate(seen.options))
        assert all(0 < len(button.label) <= LABEL for button in buttons)
        assert len({button.label for button in buttons}) == len(buttons)
        assert all(len(row) <= 3 for row in message.rows)
        assert message.turn == 7
        assert [button.ordinal for button in message.rows[-1]][-2:] == [ANYTIME + EMERGENCY, ANYTIME + LEAVE]
        assert bool(message.location_label) == seen.asks_location


def test_buttons_that_mean_the_same_on_every_turn_are_leave_and_emergency_only() -> None:
    """Mutation: "back" of an old message."""
    for digit in range(10):
        option = Option("x", digit, Phrase("nav.back"))
        assert (ordinal(option, 3) == 3) == (digit not in (EMERGENCY, LEAVE))


def test_a_long_label_is_cut_with_a_mark() -> None:
    """Mutation: cutting without saying so."""
    assert clipped("a" * 20) == "a" * 20
    assert clipped("a" * 21) == "a" * 19 + "…"
    assert len(clipped("palabra " * 9)) <= LABEL


# --- written choices -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("channel", (SMS, WHATSAPP), ids=lambda traits: traits.name)
@pytest.mark.parametrize("screen", SCREENS)
def test_without_buttons_every_choice_is_written_with_its_digit(screen: str, channel: Traits) -> None:
    """Mutation: options left out of the text, or written twice."""
    for lang in LANGS:
        play = standing(screen, channel, lang)
        seen = drawn(play)
        text = render(seen, lang, 1, channel, wording()).text
        for option in seen.options:
            if option.digit in (EMERGENCY, LEAVE) and channel is SMS:
                continue  # said on the first screen, and here where it costs nothing
            label = wording().say(lang, option.label, channel.form)
            label = gsm7.to_gsm7(label) if channel is SMS else label
            assert len(re.findall(rf"(?<!\d){option.digit} {re.escape(label)}", text)) == 1, (option, text)


@pytest.mark.requirement("E-3")
@pytest.mark.requirement("E-5")
def test_the_first_sms_always_says_how_to_leave_and_where_the_numbers_are() -> None:
    """Mutation: leaving 9 and 0 to what costs nothing on the first screen too."""
    for lang in LANGS:
        text = render(drawn(standing("start.hello", SMS, lang)), lang, 1, SMS, wording()).text
        assert re.search(r"(?<!\d)9\b", text) and re.search(r"(?<!\d)0\b", text)


# --- what fits -------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-2")
def test_an_sms_is_gsm7_and_at_most_three_segments_whatever_stands_before_it() -> None:
    """Mutation: a letter outside GSM-7 let through; a card that pushes the text over the limit."""
    for screen in SCREENS:
        for lang in LANGS:
            for text in ("", "9", "quiero morir", "xyzzy", "xyzzy xyzzy"):
                play = longest(screen, SMS, lang)
                seen = play.says(text).screen if text else drawn(play)
                said = render(seen, lang, 1, SMS, wording()).text
                assert gsm7.encoding(said) == "gsm7"
                assert gsm7.segments(said) <= SMS_SEGMENTS, (screen, lang, text)


def test_asides_give_way_before_anything_is_cut_the_last_one_first() -> None:
    """Mutation: cutting the number of a service to keep a remark."""
    body = Data("service.text", "cuerpo " * 20)
    asides = tuple(Aside(Data("service.name", f"aparte {number} " + "x" * 50)) for number in range(6))
    screen = Screen("a", (body, *asides), (Option("leave", 0, Phrase("nav.leave")),))
    text = render(screen, "es", 1, SMS, wording()).text
    assert gsm7.segments(text) <= SMS_SEGMENTS
    assert "aparte 0" in text and "aparte 5" not in text
    kept = [number for number in range(6) if f"aparte {number}" in text]
    assert kept == list(range(len(kept)))
    assert "cuerpo " * 15 in text


def test_choices_stand_where_the_screen_wants_them() -> None:
    """Mutation: always at the end."""
    options = (Option("#0", 1, Country("CO")), Option("kind", 5, Phrase("nav.on")))
    screen = Screen("a", (Phrase("services.any_kind"), Choices(), Phrase("services.more_than_listed")), options)
    text = render(screen, "es", 1, WHATSAPP, wording()).text
    first, colombia, more, on = (text.index(part) for part in ("Servicios", "1 Colombia", "Una persona", "5 Seguir"))
    assert first < colombia < more < on


# --- L-6 -------------------------------------------------------------------------------------------------------------

LINK = re.compile(r"https?://\S+|\b(?:www\.)\S+")


def bare(text: str) -> str:
    """Without emoji, pictographs and links."""
    return LINK.sub("", "".join(c for c in text if unicodedata.category(c) not in ("So", "Sk", "Cs", "Co", "Cn") and c != "\ufe0f"))


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_depends_on_an_emoji_or_a_link(screen: str, channel: Traits) -> None:
    """What is left without them still holds every field and every paragraph, and every button still says what it is.
    Mutation: "📍" for "share", a map link for an address, a web page for a number."""
    for lang in LANGS:
        for play in (standing(screen, channel, lang), longest(screen, channel, lang)):
            seen = drawn(play)
            message = render(seen, lang, 1, channel, wording())
            left = bare(message.text)
            for part in seen.parts:
                if isinstance(part, Choices):
                    continue
                said = wording().say(lang, part, channel.form)
                assert re.search(r"\w{2}", bare(said)), said
                if not isinstance(part, Aside) and channel is not SMS:
                    assert bare(said).strip() in left
            for value in flat(seen.parts):
                if isinstance(value, Data) and value.source in ("service.address", "service.phone", "helpline"):
                    assert not LINK.search(value.text)
                if isinstance(value, Phrase):
                    assert not LINK.search(wording().text(lang, value.id, channel.form)), value.id
            for row in message.rows:
                for button in row:
                    assert re.search(r"\w{2}", bare(button.label)), button
            if message.location_label:
                assert re.search(r"\w{4}", bare(message.location_label))


@pytest.mark.requirement("L-6")
def test_a_service_with_a_link_has_its_facts_without_it() -> None:
    """Mutation: the link instead of the phone or the address."""
    for channel in CHANNELS:
        for lang in LANGS:
            text = bare(render(drawn(standing("services.details", channel, lang)), lang, 1, channel, wording()).text)
            assert "555-0100" in text and "Calle 1" in text


# --- remembered ------------------------------------------------------------------------------------------------------


def test_what_is_remembered_is_what_would_be_written() -> None:
    """Mutation: a key without the language, the form, the way back or the digits; remembering a screen with a service on it."""
    layout = Layout(wording())
    for _ in range(2):
        for screen, channel, lang in everywhere():
            for slots in ({}, {"country": "CO"}, {"country": "BR", "page": 1}):
                for back in ((), ("start.menu",)):
                    play = standing(screen, channel, lang, slots=slots, back=back)
                    seen = drawn(play)
                    message = layout.render(seen, lang, 5, channel)
                    assert msgspec.structs.replace(message, common=False, turn=0) == msgspec.structs.replace(
                        render(seen, lang, 5, channel, wording()), turn=0
                    )
                    assert message.turn == 5 or not channel.buttons
    shown = drawn(standing("services.results", TELEGRAM))
    assert not layout.render(shown, "es", 5, TELEGRAM).common
