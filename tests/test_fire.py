"""The short form of ``python -m tests.fire``, and that its reckoning finds what it looks for."""

from __future__ import annotations

import asyncio

import pytest

from tests.fire.people import Person
from tests.fire.play import Tally, compare, play

PEOPLE, AT_ONCE, KILLS = 40, 12, 5


def test_nothing_is_lost_doubled_or_untrue_while_everything_is_killed() -> None:
    """Web processes, worker, session store and database, each at least once. Mutation: a receipt before the commit; a request that
    is stored anew when its message comes again; ``synchronous_commit`` off; a code that follows from anything but the request."""
    tally = asyncio.run(play(PEOPLE, AT_ONCE, KILLS, seed=7, tell=print))
    ended = tally.kills + tally.stops
    assert set(ended) == {"web", "worker", "valkey", "postgres"}, ended
    assert tally.kills["valkey"] and tally.kills["postgres"]
    assert tally.traffic.redelivered, "nothing of it was felt"
    assert tally.good, tally.told()


# --- the reckoning itself --------------------------------------------------------------------------------------------


def person(number: int, **known: object) -> Person:
    """Somebody who holds a receipt and came back with it."""
    asked = {"code": f"{number:013d}", "came_back": True, **known}
    return Person(f"+{number}", f"+9{number}", f"a{number}", f"b{number}", **asked)  # type: ignore[arg-type]


def reckoned(*people: Person, **tickets: list[str]) -> Tally:
    """``tickets``: id -> notes."""
    tally = Tally(len(people), list(people))
    compare(tally, {id.encode(): notes for id, notes in tickets.items()})
    return tally


def test_all_is_well() -> None:
    tally = reckoned(person(1), person(2), one=["a1", "b1"], two=["a2", "b2"])
    assert not (tally.lost or tally.untrue or tally.doubled or tally.left_behind)


@pytest.mark.parametrize("tickets", [{}, {"one": ["b1"]}, {"one": ["a1"]}])
def test_a_request_that_is_not_there_is_lost(tickets: dict[str, list[str]]) -> None:
    assert reckoned(person(1), **tickets).lost == ["+1"]


def test_a_code_that_leads_nowhere_is_a_lost_request() -> None:
    assert reckoned(person(1, came_back=False), one=["a1"]).lost == ["+1"]


def test_a_code_that_leads_to_somebody_else_is_untrue() -> None:
    assert reckoned(person(1), person(2), one=["a1", "b2"], two=["a2", "b1"]).untrue == ["+1", "+2"]


def test_a_code_that_two_people_hold_is_untrue() -> None:
    tally = reckoned(person(1, code="7"), person(2, code="7"), one=["a1", "b1", "b2"], two=["a2"])
    assert tally.untrue == ["+1", "+2"]


def test_words_that_nobody_typed_are_untrue() -> None:
    assert reckoned(person(1), one=["a1", "b1", "a1a1"]).untrue != []


def test_a_second_ticket_is_doubled_unless_the_conversation_was_lost() -> None:
    tickets = {"one": ["a1", "b1"], "two": ["a1"]}
    assert reckoned(person(1), **tickets).doubled == ["+1"]
    tally = reckoned(person(1, left_behind=1), **tickets)
    assert tally.doubled == [] and tally.left_behind == 1


def test_a_note_that_is_stored_twice_is_doubled() -> None:
    assert reckoned(person(1), one=["a1", "a1", "b1"]).doubled == ["+1"]
    assert reckoned(person(1), one=["a1", "b1", "b1"]).doubled == ["+1"]
