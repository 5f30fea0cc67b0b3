""" "I heard this, is it true?": reviewed answers beside what was published, by digits, in three languages."""

from __future__ import annotations

import pytest

from flows.facts import LANGS, RUMOURS, NoNotices, Reviewed, Traits
from flows.kernel import ELSE, MORE, Data, Option, Phrase
from flows.notices import QUESTIONS, REPLIES
from tests.flows.complaining import at, complaining
from tests.flows.standing import CHANNELS, drawn
from tests.flows.world import NOW, SMS, TELEGRAM, Play, SomeReviewed, data, ids

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


# --- one that does not stand -----------------------------------------------------------------------------------------


@pytest.mark.requirement("C-1")
def test_an_answer_that_was_taken_back_is_neither_offered_nor_kept() -> None:
    """Mutation: another answer in its place for whoever just reads it."""
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
