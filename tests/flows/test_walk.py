"""A walk over live options that visits every edge of the map, and the promises that hold on each step of it."""

from __future__ import annotations

from collections import deque

import msgspec
import pytest

from flows.facts import COUNTRIES, FOREIGN, INTENTS, KINDS
from flows.graph import Edge, dead_ends, edges, unreachable
from flows.kernel import BACK_LIMIT, Outcome, Session
from flows.topics import GRAPH
from tests.flows import complaining
from tests.flows.coming_back import CODE, OUTCOMES, all_walks, connected
from tests.flows.world import (
    BOA_VISTA,
    CUCUTA,
    PORT_OF_SPAIN,
    SAN_CRISTOBAL_VE,
    SANTA_ROSA_EC,
    SANTA_ROSA_PE,
    SMS,
    TAPACHULA,
    TELEGRAM,
    WHATSAPP,
    Play,
)

TEXTS = (
    "tapachula", "san cristobal", "cucutta", "colombia", "colombia o mexico", "panama", "doctor", "abogado en cucuta",
    "doctor en colombia",
    "doctor en panama", "doctor en san cristobal", "doctor en cucutta", "doctor en santa rosa", "boa vista", "port of spain",
    "brasil", "mis derechos son", "xyzzy", f"mi numero es {CODE}",
)  # fmt: skip
SHARED = ((CUCUTA,), (CUCUTA, SAN_CRISTOBAL_VE), (BOA_VISTA,), (PORT_OF_SPAIN,), (SANTA_ROSA_PE, SANTA_ROSA_EC), ())


#: What may be known of where somebody is: a country with many services, and one with none.
KNOWN = ({"country": "CO"}, {"country": "PE"})
ELSEWHERE = ("request.", "code.", "relay.", *complaining.TOPICS)


def walk(channel):
    """Every (before, by, play after) that a breadth-first walk finds, up to the first screens of a request, a code, a connected
    chat and a complaint: these have walks of their own. Sessions that differ only in which place, service or kind they hold count
    as one state."""
    start = Play(channel)
    start.says("hola")
    seen: set[tuple] = set()
    # Somebody whose sentence may mean any of these: which ones it is offered does not depend on the walk.
    offered = [
        start.session.at("heard.which", slots={**slots, "guesses": (number,)}) for number in range(15) for slots in ({}, *KNOWN)
    ]
    queue = deque([start.session, *offered, start.session.at("start.foreign", slots={"foreign": "ht"})])
    while queue:
        session = queue.popleft()
        kept = session.slots
        # Homes of one name differ in what there is: they count.
        homes = kept.get("candidates") if session.screen in ("services.which", "services.side") else None
        state = (
            session.screen,
            homes,
            {"CO": 2, "MX": 2, "PE": 0}.get(kept.get("country", ""), 1),  # many services, none, few
            *(bool(kept.get(k)) for k in ("country", "place", "kind", "shown", "skip")),
            bool(session.back),
            kept.get("guesses") if session.screen == "heard.which" else None,
        )
        if state in seen or session.screen.startswith(ELSEWHERE):
            continue
        seen.add(state)
        screen = GRAPH.view(session, start.facts)
        # Every option, and every choice of the other pages as well.
        live = {*GRAPH.ids(session, start.facts)} | {option.id for option in screen.options}
        acts = [(option, lambda play, option=option: play.picks(option)) for option in sorted(live)]
        acts += [("(words)", lambda play, text=text: play.says(text)) for text in TEXTS]
        acts += [
            ("(location)", lambda play, places=places: play.shares(*places, outside="" if places else "PA")) for places in SHARED
        ]
        for by, act in acts:
            play = Play(channel, known=start.facts)
            play.session, play.outcome = session, ""
            act(play)
            pending, asked = play.session, play.turn
            for result in OUTCOMES[asked.effects[0].name] if asked.cause else ("",):
                if result:
                    play = Play(channel, known=start.facts)
                    play.session = pending
                    play.does(Outcome(asked.effects[0].name, result, asked.cause))
                yield session, by, play
                if not play.session.left:
                    queue.append(play.session)


@pytest.fixture(scope="module")
def steps():
    return {channel.name: list(walk(channel)) for channel in (SMS, TELEGRAM, WHATSAPP)}


def test_every_edge_of_the_map_is_walked(steps) -> None:
    """Mutation: a target declared in a Branch that its function can never choose."""
    walked = {
        Edge(before.screen, "*" if by.startswith("#") else by, play.session.screen)
        for channel in (*steps.values(), all_walks(), complaining.walk(SMS), complaining.walk(TELEGRAM))
        for before, by, play in channel
    }
    menu = connected().says("menu", "1")  # whoever is in touch with somebody comes back to them
    walked.add(Edge(menu.here, "person", menu.picks("person").here))
    for option in ("others", "ask"):  # whoever asks in words was not asked for the country
        rumour = Play(SMS).says("hola", "1", "es verdad que hay que pagar por la ayuda")
        walked.add(Edge(rumour.here, option, rumour.picks(option).here))
    left_out = {edge for edge in edges(GRAPH) if edge not in walked and not edge.start.startswith("request.")}
    assert left_out == set()


def test_the_map_has_no_screen_that_cannot_be_reached_or_left() -> None:
    """Mutation: a screen whose last option is removed."""
    assert unreachable(GRAPH) == set()
    assert dead_ends(GRAPH) == set()


@pytest.mark.requirement("E-2")
@pytest.mark.requirement("E-5")
def test_every_screen_offers_emergency_numbers_and_leaving(steps) -> None:
    """Mutation: leaving 9 or 0 out of ``Graph._options``."""
    for channel in steps.values():
        for _, _, play in channel:
            if play.turn.screen is not None:
                assert {9, 0} <= {option.digit for option in play.turn.screen.options}


def test_digits_mean_one_thing_on_a_screen(steps) -> None:
    """Mutation: numbering computed choices over fixed digits."""
    for channel in steps.values():
        for _, _, play in channel:
            if play.turn.screen is not None:
                digits = [option.digit for option in play.turn.screen.options]
                assert len(digits) == len(set(digits))


def test_turns_only_grow_and_the_way_back_stays_short(steps) -> None:
    """Mutation: drawing without counting the turn; a back-stack without a limit."""
    for channel in steps.values():
        for before, _, play in channel:
            if not play.session.left:
                assert play.session.turn > before.turn
                assert len(play.session.back) <= BACK_LIMIT
                assert play.session.screen not in play.session.back


@pytest.mark.requirement("P-1")
@pytest.mark.requirement("S-8")
def test_slots_hold_closed_values_and_ids_only(steps) -> None:
    """No typed word and no coordinate can be in a session. Mutation: keeping ``words.reveal()`` or an area's point in a slot."""
    closed = {*COUNTRIES, *KINDS, *INTENTS, *FOREIGN, "", "PA", "service", "conduct", "other"}
    for channel in steps.values():
        for _, _, play in channel:
            for value in play.session.slots.values():
                assert isinstance(value, int | tuple) or value in closed, value
                if isinstance(value, tuple):
                    assert all(isinstance(one, int) for one in value)
            assert msgspec.msgpack.decode(msgspec.msgpack.encode(play.session), type=Session) == play.session


@pytest.mark.requirement("S-2")
def test_a_person_may_know_more_is_said_on_every_answer(steps) -> None:
    """Whether or not anything is hidden. Mutation: saying it only when a list is short."""
    for channel in steps.values():
        for _, _, play in channel:
            if play.session.screen in ("services.results", "services.nothing", "services.no_more") and play.turn.screen is not None:
                assert "services.more_than_listed" in play.ids


@pytest.mark.requirement("S-1")
def test_a_guessed_country_is_asked_before_it_is_used() -> None:
    """Mutation: filling the slot from ``facts.country_hint``."""
    play = Play(SMS, country_hint="VE").says("hola", "1", "1")
    assert play.here == "services.where"
    assert play.session.slot("country") == ""
    assert play.screen.options[0].label.code == "VE"
    play.says("1")
    assert (play.here, play.session.slot("country")) == ("services.town", "VE")


def test_tapachula_is_found_from_everywhere(steps) -> None:
    """A place typed on any screen that does not take words of its own leads to the question what for."""
    for screen in ("start.menu", "start.extra", "rights.daily", "privacy.answer"):
        play = Play(SMS).says("hola", "1").at(screen).says(TAPACHULA.name)
        assert play.here == "services.kind"
        assert play.session.slot("place") == TAPACHULA.id
