"""A deployment that serves some of the fourteen countries offers those, and is honest about the others."""

from __future__ import annotations

import pytest

from flows.facts import Mention, served
from flows.kernel import Country
from tests.flows.world import CUCUTA, SAN_CRISTOBAL_MX, SAN_CRISTOBAL_VE, SMS, TAPACHULA, Play, data


def test_only_served_countries_are_offered() -> None:
    """Mutation: offering ``COUNTRIES`` instead of ``facts.countries``."""
    for screen in ("services.where", "services.next", "person.where", "feedback.where"):
        play = Play(SMS, countries=("CO", "VE")).says("hola").at(screen, country="CO").says("xyzzy")
        shown = [option.label.code for option in play.screen.options if isinstance(option.label, Country)]
        assert sorted(shown) == ["CO", "VE"]


@pytest.mark.requirement("S-7")
def test_a_place_in_a_country_that_is_not_served_is_said_to_be_outside() -> None:
    """Mutation: searching there all the same and finding nothing."""
    play = Play(SMS, countries=("CO", "VE")).says("hola", "1", "1", TAPACHULA.name)
    assert (play.here, play.session.slot("outside")) == ("services.outside", "MX")
    assert Play(SMS, countries=("CO",)).says("hola").shares(TAPACHULA).here == "services.outside"


def test_one_home_of_a_name_in_a_served_country_needs_no_question() -> None:
    mention = Mention(places=(SAN_CRISTOBAL_VE, SAN_CRISTOBAL_MX))
    assert served(mention, ("CO", "VE")) == Mention(places=(SAN_CRISTOBAL_VE,))
    assert served(Mention(places=(CUCUTA,)), ("CO",)) == Mention(places=(CUCUTA,))


@pytest.mark.requirement("E-5")
def test_the_short_card_names_the_numbers_of_served_countries() -> None:
    """Mutation: showing numbers that nobody of this deployment has confirmed."""
    play = Play(SMS, countries=("CO",)).says("hola", "9")
    assert [one.text for one in data(play.screen.parts) if one.source == "helpline"] == ["123"]
