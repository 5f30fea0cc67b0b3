"""What a typed text is to the screen: digits and words in every spelling, carriers' words, anything at all."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.layout import Layout
from flows.crisis import CLASSES
from flows.facts import LANGS, Traits
from flows.kernel import MEANT, Alarm, Chose, Command, Country, Option, Phrase, Said, Unclear, Words
from flows.reading import READ_AT_MOST, fold, read, squeeze, urgent
from flows.reserved import HELP_LIKE, START_LIKE, STOP_LIKE
from flows.topics import GRAPH
from tests.flows.standing import CHANNELS, SCREENS, by_number, drawn, label, standing
from tests.flows.test_kernel import typed
from tests.flows.world import SMS, TELEGRAM, Play, lexicon, wording

#: Spellings of one answer that mean the same.
SPELLINGS = {
    "as written": str,
    "without accents": lambda text: "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)),
    "decomposed accents": lambda text: unicodedata.normalize("NFD", text),
    "capitals": str.upper,
    "small": str.lower,
    "swapped": str.swapcase,
    "dot behind": lambda text: f"{text}.",
    "marks around": lambda text: f"¿{text}?!",
    "quoted": lambda text: f"«{text}»",
    "spaces around": lambda text: f"  {text} \n",
    "emoji around": lambda text: f"🙏🏽 {text} 👍",
    "zero-width inside": lambda text: f"\u200b{text}\ufeff",
    "full-width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
}


def arrives(screen: str, channel: Traits, lang: str, text: str) -> tuple[object, ...]:
    play = standing(screen, channel, lang)
    play.says(text)
    assert play.turn is not None
    shown = None if play.turn.screen is None else play.turn.screen.parts
    session = play.session
    # A command for the menu forgets more than the option that leads there.
    slots = {key: value for key, value in session.slots.items() if session.screen != "start.menu"}
    return session.screen, session.lang, session.left, slots, shown


@pytest.mark.requirement("L-3")
@pytest.mark.parametrize("screen", SCREENS)
def test_every_option_is_understood_by_digit_word_and_label_in_every_spelling(screen: str) -> None:
    """Mutation: folding that keeps accents, capitals, a dot, an emoji or full-width digits; number words of one language only."""
    for channel in CHANNELS:
        for lang in LANGS:
            for option in drawn(standing(screen, channel, lang)).options:
                expected = arrives(screen, channel, lang, str(option.digit))
                if option.digit >= 10:
                    # A step that cannot be undone has the number of its turn and its whole label.
                    assert expected[0] != screen
                    for text in ("yes", "sí", "1", str(10 + (option.digit - 9) % 90)):
                        assert standing(screen, channel, lang).says(text).asked == [], (option.id, text)
                    for other in LANGS:
                        for name, spelt in SPELLINGS.items():
                            written = spelt(label(option, other, channel))
                            assert arrives(screen, channel, lang, written) == expected, (option.id, written, name)
                    continue
                for name, spelt in SPELLINGS.items():
                    assert arrives(screen, channel, lang, spelt(str(option.digit))) == expected, (option, name)
                assert arrives(screen, channel, lang, f"{option.digit}\ufe0f\u20e3") == expected, "keycap"
                for other in LANGS:
                    for word in typed(other, f"words.digit.{option.digit}"):
                        assert arrives(screen, channel, lang, word) == expected, (option, word)
                    if isinstance(option.label, Phrase) and option.label.id in (
                        "service.line", "service.numbered", "request.zone.one", "feedback.line", "feedback.line.independent",
                    ):  # fmt: skip
                        continue
                    written = label(option, other, channel)
                    for name, spelt in SPELLINGS.items():
                        assert arrives(screen, channel, lang, spelt(written)) == expected, (option.id, written, name)


FINAL = sorted(GRAPH._final)
DENIED = {"es": ("no {0}", "no quiero {0}", "todavía no, {0}", "¿qué es {0}?"), "en": ("do not {0}", "not {0}", "what is {0}?"),
          "pt": ("não {0}", "não quero {0}", "ainda não, {0}", "o que é {0}?")}  # fmt: skip


@pytest.mark.requirement("L-3")
@pytest.mark.requirement("C-5")
@pytest.mark.parametrize("screen", FINAL)
@pytest.mark.parametrize("lang", LANGS)
def test_the_whole_label_of_a_step_that_cannot_be_undone_does_it_and_a_sentence_with_it_does_not(screen: str, lang: str) -> None:
    """What was not understood is answered with the number that counts now. Mutation: "Send" on the screen, and "send" not
    understood; a label found inside a sentence; the number of a turn that is over."""
    for option in drawn(standing(screen, SMS, lang)).options:
        if option.digit < 10:
            continue
        written = label(option, lang, SMS)
        assert standing(screen, SMS, lang).says(written).asked != [], written
        for sentence in DENIED[lang]:
            play = standing(screen, SMS, lang).says(sentence.format(written.lower()))
            assert play.asked == [], sentence.format(written)
        play = standing(screen, SMS, lang).says(str(10 + (option.digit - 9) % 90))
        assert play.asked == [] and play.turn is not None and play.turn.screen is not None
        (now,) = [each for each in play.turn.screen.options if each.id == option.id]
        shown = Layout(wording()).render(play.turn.screen, lang, 1, SMS)
        assert now.digit != option.digit and f"{now.digit} " in shown.text and shown.text.count(f"{now.digit} ") == 1


@pytest.mark.requirement("L-3")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_a_service_is_chosen_by_its_short_name(channel: Traits) -> None:
    """Mutation: names of options that are only catalog entries."""
    for number in (1, 2, 3):
        for text in (f"Centro {number}", f"centro {number}.", f"CENTRO {number}"):
            play = standing("services.results", channel).says(text)
            assert (play.here, play.session.slot("service")) == ("services.details", number)


@pytest.mark.requirement("L-3")
def test_every_word_that_works_everywhere_works_on_every_screen() -> None:
    """Mutation: words of the set language only."""
    ends = {"back": "start.menu", "menu": "start.menu", "language": "start.settings"} | GRAPH.shortcuts
    for screen in SCREENS:
        for lang in LANGS:
            for command, end in ends.items():
                id = f"words.{command}" if command in ("back", "menu", "language") else f"words.topic.{command}"
                for word in typed(lang, id):
                    labels = {fold(label(o, other, SMS)) for o in drawn(standing(screen)).options for other in LANGS}
                    if fold(word) in labels or (screen == "start.menu" and command == "back"):
                        continue
                    if GRAPH.sheets[screen].addressed and command not in MEANT:
                        continue  # there it is a word to a person
                    assert standing(screen).says(word).here == end, (screen, word)


# --- carriers' words -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-8")
@pytest.mark.parametrize("screen", SCREENS)
def test_carriers_words_leave_or_lead_to_the_menu_on_every_screen(screen: str) -> None:
    """Mutation: answering STOP, or taking HELP for an unknown word."""
    options = drawn(standing(screen)).options
    for word in STOP_LIKE:
        for spelt in (word, word.lower(), f" {word.title()}. "):
            assert read(Words(spelt), options, lexicon()) == Command("leave")
    for word in HELP_LIKE | START_LIKE:
        asked = word == "YES" and any(option.id == "yes" and option.digit < 10 for option in options)
        assert read(Words(word), options, lexicon()) == (Chose("yes") if asked else Command("menu"))


@pytest.mark.requirement("E-8")
def test_yes_is_understood_where_there_is_a_yes() -> None:
    """Mutation: YES that always opens the menu, because Twilio reads it as START."""
    options = (Option("yes", 1, Phrase("trial.ask.yes")), Option("no", 2, Phrase("trial.ask.no")))
    for spelt in ("YES", "yes", " Yes! "):
        assert read(Words(spelt), options, lexicon()) == Chose("yes")
    assert read(Words("START"), options, lexicon()) == Command("menu")
    final = (Option("yes", 47, Phrase("trial.ask.yes")),)
    assert read(Words("YES"), final, lexicon()) == Command("menu"), "what cannot be undone takes the number of its turn"


# --- emergency numbers -----------------------------------------------------------------------------------------------

SOS = sorted(
    {"9", "９", "9️⃣", "nueve", "nine", "nove", "SOS!", *(word for lang in LANGS for word in typed(lang, "words.emergency"))}
)


@pytest.mark.requirement("E-5")
@pytest.mark.parametrize("screen", SCREENS)
def test_the_numbers_come_first_and_then_the_same_screen(screen: str) -> None:
    """Mutation: a card without the screen behind it, or one that moves, forgets a slot or counts a miss."""
    for channel in CHANNELS:
        for lang in LANGS:
            for word in (*SOS, wording().text(lang, "nav.emergency", channel.form)):
                if screen == "complaint.who" and fold(word) in ("policia", "police"):
                    continue  # there it is the answer: whom it is about
                play = standing(screen, channel, lang, misses=1)
                before, seen = play.session, drawn(play)
                play.says(word)
                assert play.screen.parts[0] == Phrase("emergency.country", {"country": Country("CO")}), (screen, word)
                assert play.ids >= {"helpline.line", "helpline.purpose.emergency", "helpline.purpose.ambulance"}
                assert by_number(play.screen.options) == by_number(seen.options)
                assert (play.here, play.session.slots, play.session.back) == (screen, before.slots, before.back)


@pytest.mark.requirement("E-5")
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)
def test_the_numbers_come_before_language_and_country_as_the_card_of_all_countries(channel: Traits) -> None:
    """A guessed country's own numbers stand before it, under the country's name. Mutation: asking for the country first; the
    guess in place of the card of all."""
    for word in SOS:
        play = Play(channel, country_hint="CO").says(word)
        assert play.here == "start.hello"
        assert {"emergency.everywhere", "emergency.row", "start.hello"} <= play.ids
        text = "\n".join(wording().say("es", part, channel.form) for part in play.screen.parts)
        assert "911" in text and "123" in text


# --- anything at all -------------------------------------------------------------------------------------------------

ANYTHING = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="0123456789 .,\u200d\ufe0f\u20e3١२🅰️🔟", max_size=12),
    st.sampled_from([word for lang in LANGS for word in typed(lang, "words.leave")]).flatmap(
        lambda word: st.text(max_size=5).map(lambda noise: noise + word)
    ),
)


@pytest.mark.requirement("L-3")
@given(ANYTHING, st.sampled_from(SCREENS))
def test_any_text_is_read_as_something(text: str, screen: str) -> None:
    """Mutation: an exception on a lone surrogate, or on a text of nothing but marks."""
    event = read(Words(text), drawn(standing(screen)).options, lexicon())
    assert isinstance(event, Chose | Said | Command | Alarm | Unclear)
    if isinstance(event, Alarm):
        assert event.kind in CLASSES
    urgent(Words(text), lexicon())


@pytest.mark.requirement("L-3")
@settings(max_examples=60)
@given(ANYTHING, st.sampled_from(SCREENS), st.sampled_from(CHANNELS))
def test_any_text_gets_a_screen_or_the_silence_of_leaving(text: str, screen: str, channel: Traits) -> None:
    """Mutation: a handler of words that assumes what they say."""
    play = standing(screen, channel).says(text)
    assert play.turn is not None
    assert (play.turn.screen is None) == play.session.left
    assert play.here in GRAPH.sheets or play.session.left


@pytest.mark.parametrize("digit", ["²", "①", "٣", "५", "Ⅷ", "½", "𝟗", "9\ufe0f\u20e3", "⑨"])
def test_strange_digits_do_no_harm(digit: str) -> None:
    """Mutation: ``int`` of whatever ``isdigit`` calls a digit, before folding."""
    assert isinstance(read(Words(digit), drawn(standing("start.menu")).options, lexicon()), Chose | Said | Command | Unclear)


@pytest.mark.parametrize(
    "paste", ["a" * 10_000, "me " * 4_000, "\U0001f600" * 10_000, "ﷺ" * 10_000, "no quiero que me llamen " * 500]
)
def test_of_a_long_paste_only_the_beginning_is_looked_at(paste: str) -> None:
    """Bounded work: what is behind the limit changes nothing. Mutation: folding the whole text."""
    assert fold(paste) == fold(paste[:READ_AT_MOST])
    options = drawn(standing("start.menu")).options
    for tail in ("", " me quiero morir", " salir"):
        event = read(Words(paste + tail), options, lexicon())
        assert type(event) is type(read(Words(paste), options, lexicon()))


def test_folding_keeps_what_words_are_told_apart_by() -> None:
    """Mutation: folding that drops digits, or runs words together."""
    assert fold(" ¿Qué  HAY, aquí?  ") == "que hay aqui"
    assert fold("Sí\u200b—No") == "si no"
    assert fold("ＡＢＣ１２3️⃣") == "abc123"
    assert fold("mañana") == "manana"
    assert squeeze("nooo me quierooo moriiir") == "no me quiero morir"


@pytest.mark.requirement("E-6")
@pytest.mark.parametrize(
    "text", ["9", "0", " nueve. ", "SALIR", "stop", "sos", "me quiero matar", "he is hitting me", "emergência", "９"]
)
def test_what_is_urgent_is_seen_before_anything_is_limited(text: str) -> None:
    """Mutation: looking only at the digits 9 and 0."""
    assert urgent(Words(text), lexicon())


@pytest.mark.parametrize("text", ["1", "hola", "menu", "doctor", "no se", ""])
def test_what_is_not_urgent_is_not(text: str) -> None:
    """Mutation: taking every text for urgent, so that nothing is ever limited."""
    assert not urgent(Words(text), lexicon())
    assert not urgent(None, lexicon())


def test_an_option_on_the_screen_goes_before_a_word_for_everywhere() -> None:
    """ "Another language" on the screen of languages opens the list of those that are missing.
    Mutation: asking for commands first."""
    for lang in LANGS:
        play = standing("start.settings", TELEGRAM, lang).says(wording().text(lang, "start.settings.other"))
        assert play.here == "start.other_languages"
