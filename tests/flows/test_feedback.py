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
from tests.flows.world import SMS, TELEGRAM, SomeDirectory, SomeHelplines, facts, ids, offer, wording

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


def test_an_sms_says_who_how_and_where() -> None:
    """Mutation: a list that costs a third message."""
    assert not set(KNOWN) & ids(shown(SMS, FULL, FULL).parts)


@pytest.mark.requirement("S-4")
@by_channel
def test_what_is_due_is_labelled_wherever_a_channel_stands(traits: Traits) -> None:
    """Mutation: the label in the list only; on what was checked of late."""
    for check in ("due", "fresh"):
        one = channel(check=check, independent=True)
        for screen in ("feedback.channels", "complaint.nobody", "complaint.target"):
            assert ("feedback.row.old" in ids(shown(traits, one, screen=screen, matter="office").parts)) is (check == "due"), screen
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
