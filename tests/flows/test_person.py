"""Whoever asks for a person: to the people on duty where there are any, and to whoever answers by phone in any case."""

from __future__ import annotations

import pytest

from flows.kernel import Country
from tests.flows.coming_back import TICKETS, back
from tests.flows.standing import CHANNELS
from tests.flows.world import CUCUTA, SMS, TELEGRAM, Play, SomeDuty

by_channel = pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)


@pytest.mark.requirement("D-7")
@by_channel
def test_where_somebody_is_on_duty_the_way_leads_to_them_and_elsewhere_to_the_phone(channel) -> None:
    """By option, by name and by a shared place. Mutation: the request where nobody could take it; lines where somebody could."""
    for country, name, here in (("CO", "colombia", "request.safe"), ("BR", "brasil", "person.lines")):
        play = Play(channel, country_hint=country).says("hola", "1", "2")
        assert play.here == "person.where"
        assert play.screen.options[0].label == Country(country)
        assert play.picks("#0").here == here
        named = Play(channel).says("hola", "1", "2", name)
        assert (named.here, named.session.slot("country")) == (here, country)
    shared = Play(TELEGRAM).says("hola", "1", "2").shares(CUCUTA)
    assert (shared.here, shared.session.slot("country")) == ("request.safe", "CO")


@by_channel
def test_closed_for_now_is_no_reason_to_leave_anybody_out(channel) -> None:
    """Mutation: asking whether somebody is on duty at this moment."""
    assert Play(channel).says("hola", "1", "2", "mexico").here == "request.safe"


@by_channel
def test_the_lines_lead_to_the_people_on_duty_where_a_request_could_be_taken(channel) -> None:
    """Also where only those of another country could, who are then named first. Mutation: an option that ends in nothing; the same
    heading whether or not somebody answers in the chat."""
    for country, heading in (("CO", "person.lines.too"), ("BR", "person.lines")):
        play = Play(channel).says("hola", "1").at("person.lines", country=country).says("xyzzy")
        assert heading in play.ids
        assert "request" in play.graph.ids(play.session, play.facts)
        assert play.picks("request").here == "request.safe"
    nobody = Play(channel, duty=SomeDuty(texts=()), countries=("BR", "PE")).says("hola", "1").at("person.lines", country="BR")
    assert "request" not in nobody.graph.ids(nobody.session, nobody.facts)


def test_whoever_is_in_touch_already_is_not_asked_for_a_country() -> None:
    """Mutation: a second request for somebody whom a person on duty writes with."""
    assert back(SMS, ticket=TICKETS["looked at"]).says("2").here == "relay.open"
    assert back(SMS, ticket=TICKETS["nobody yet"]).says("2").here == "person.where"
    assert back(SMS, ticket=None).says("2").here == "person.where"
