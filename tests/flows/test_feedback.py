"""Where complaints are taken, as information: what is known of a channel, how old that is, and the way out where there is none."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from bot import gsm7
from bot.layout import render
from flows.facts import LANGS, READERS, ComplaintChannel, Helpline, Hours, Offer, Traits
from flows.kernel import Listing, Phrase, Screen, Session
from flows.topics import GRAPH
from tests.flows.complaining import CHANNELS
from tests.flows.world import SMS, TELEGRAM, Play, SomeDirectory, SomeHelplines, facts, ids, offer, wording

KNOWN = ("service.hours", "service.languages", "feedback.read_by.team", "service.checked")
by_channel = pytest.mark.parametrize("traits", CHANNELS, ids=lambda traits: traits.name)


def channel(**said: Any) -> ComplaintChannel:
    return ComplaintChannel(organisation="Red Uno", how="box", value="Buzón de la entrada", **said)


FULL = channel(
    hours=Hours(zone="America/Bogota", weekly=tuple((day, 480, 1020) for day in range(5))),
    languages=("es", "guc"),
    read_by="team",
    verified_on=date(2026, 10, 2),
)


class NoLines(SomeHelplines):
    def lines(self, country: str, purposes: tuple[str, ...], now: float) -> list[Helpline]:
        return []


def shown(
    traits: Traits, *channels: ComplaintChannel, screen: str = "feedback.channels", offers: tuple[Offer, ...] = (), **slots: Any
) -> Screen:
    """A screen in a country that has these channels."""
    session = Session(id=b"0" * 16, screen=screen, turn=3, lang="es", slots={"country": "CO"} | slots, back=("start.menu",))
    known = facts(traits, SomeDirectory(list(offers), list(channels)))
    if screen == "complaint.target":  # lines stand before channels there, and leave them no room in an SMS
        known = msgspec.structs.replace(known, helplines=NoLines())
    return GRAPH.view(session, known)


def test_a_chat_says_all_that_is_known_and_nothing_of_what_is_not() -> None:
    """Mutation: "not known" for what nobody asked; hours of one channel below another; a reader without words."""
    plain, full = [part for part in shown(TELEGRAM, channel(), FULL).parts if isinstance(part, Listing)]
    assert [row.id for row in plain.items] == ["feedback.row"]
    assert [row.id for row in full.items] == ["feedback.row", *KNOWN]
    for reader in READERS:
        assert f"feedback.read_by.{reader}" in ids(shown(TELEGRAM, channel(read_by=reader)).parts)
    assert "service.hours.always" in ids(shown(TELEGRAM, channel(hours=Hours(zone="America/Bogota", always=True))).parts)


def test_an_sms_says_who_how_and_where_and_each_digit_opens_one_with_the_rest() -> None:
    """Mutation: a list that costs a third message; hours, languages, reader and day of the check said in a chat only; a menu whose
    digit depends on how many there are."""
    screen = shown(SMS, FULL, channel(independent=True), FULL)
    assert not set(KNOWN) & ids(screen.parts)
    for count in (1, 2, 3):
        digits = {option.id: option.digit for option in shown(SMS, *(FULL,) * count).options}
        assert (digits["menu"], digits["person"], digits["#0"], digits.get("#1")) == (3, 6, 1, 2 if count > 1 else None)
    opened = Play(SMS, known=facts(SMS, SomeDirectory([], [FULL, channel(independent=True), FULL])))
    opened.at("feedback.channels", country="CO").says("2")
    assert opened.here == "feedback.channel" and set(KNOWN) <= opened.ids and "feedback.line" in opened.ids
    assert opened.says("1").here == "feedback.channels"
    independent = opened.says("1")
    assert "feedback.line.independent" in independent.ids and not set(KNOWN) & independent.ids  # nothing else is known
    third = opened.says("1", "7", "1")
    assert third.here == "feedback.channel" and third.session.slot("channel") == 2
    for lang in LANGS:
        text = render(shown(SMS, FULL, screen="feedback.channel"), lang, 3, SMS, wording()).text
        assert gsm7.segments(text) <= 2 and "17:00" in text.replace("5pm", "17:00"), text


@pytest.mark.requirement("S-4")
def test_a_channel_that_is_listed_no_more_is_not_shown_when_it_is_opened() -> None:
    """Mutation: an error; one that was shown before."""
    assert "feedback.none" in ids(shown(SMS, screen="feedback.channel", channel=4).parts)
    assert "feedback.line" in ids(shown(TELEGRAM, FULL, screen="feedback.channel").parts)


@pytest.mark.requirement("S-4")
@by_channel
def test_what_is_due_is_labelled_wherever_a_channel_stands(traits: Traits) -> None:
    """Mutation: the label in the list only; on what was checked of late."""
    for check in ("due", "fresh"):
        one = channel(check=check, independent=True)
        for screen in ("feedback.channels", "feedback.channel", "complaint.nobody", "complaint.target"):
            seen = shown(traits, one, screen=screen, matter="office")
            said = ids((*seen.parts, *(option.label for option in seen.options)))
            assert ("feedback.row.old" in said) is (check == "due"), screen
        place = offer(1, "CO", "health", report_to="555-0100", report_check=check)
        further = shown(traits, screen="services.further", offers=(place,), service=1)
        assert ("service.report_to.old" in ids(further.parts)) is (check == "due")


@pytest.mark.requirement("S-4", "C-10")
@by_channel
def test_where_no_channel_is_left_an_official_line_is(traits: Traits) -> None:
    """None is known, or none was checked of late; and the screens that lead there. Mutation: "we do not know", and nothing else; a
    line that an SMS drops before a sentence about something else."""
    screen = shown(traits)
    assert screen.parts[0] == Phrase("feedback.none", screen.parts[0].params)  # type: ignore[union-attr]
    assert isinstance(screen.parts[1], Listing)
    for lang in LANGS:
        text = render(screen, lang, 3, traits, wording()).text
        assert "155" in text and (traits.form != "sms" or gsm7.segments(text) <= 3), text
    for leads in ("complaint.busy", "complaint.not_saved", "complaint.nobody"):
        assert "channels" in [option.id for option in shown(traits, screen=leads).options]
    assert "155" in render(shown(traits, screen="complaint.nobody"), "es", 3, traits, wording()).text
