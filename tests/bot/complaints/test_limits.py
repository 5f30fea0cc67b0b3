"""A flood is slowed down, and nobody who sends one complaint is shut out by it for long."""

from __future__ import annotations

import ast
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.complaints import limits
from bot.complaints.limits import ALL, EACH, EVERY, HOUR, Limits

ROOT = Path(__file__).parents[3]


class Hands:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_person_may_send_some_in_an_hour() -> None:
    """Mutation: no limit; one that never ends; one for all together."""
    hands = Hands()
    gate = Limits(clock=hands)
    assert [gate.admits(b"a") for _ in range(EACH + 1)] == [True] * EACH + [False]
    assert gate.admits(b"b")
    hands.now = HOUR - 1
    assert not gate.admits(b"a")
    hands.now = HOUR
    assert gate.admits(b"a")


def test_the_breaker_opens_for_all_and_closes_again() -> None:
    """Mutation: no breaker; one that stays open; refused ones that use up room."""
    hands = Hands()
    gate = Limits(clock=hands)
    taken = sum(gate.admits(str(number).encode()) for number in range(10 * ALL))
    assert taken == ALL
    assert not gate.admits(b"new")
    hands.now = EVERY
    assert gate.admits(b"new") and not gate.admits(b"newer")
    hands.now = ALL * EVERY * 2
    assert sum(gate.admits(f"later {number}".encode()) for number in range(10 * ALL)) == ALL


def test_what_was_not_taken_is_given_back() -> None:
    """Mutation: the person's share without the room of all; room beyond all of it for whoever sent nothing."""
    gate = Limits(clock=Hands())
    for _ in range(10 * ALL):
        assert gate.admits(b"a")
        gate.gives_back(b"a")
    gate.gives_back(b"nobody")
    assert sum(gate.admits(str(number).encode()) for number in range(10 * ALL)) == ALL


@given(st.integers(1, 40), st.integers(1, 30))
def test_a_flood_of_few_leaves_room_for_all_others(few: int, rounds: int) -> None:
    """Mutation: the whole room for whoever comes first, however often."""
    gate = Limits(clock=Hands())
    for _ in range(rounds):
        for number in range(few):
            gate.admits(str(number).encode())
    assert gate.admits(b"somebody else")


def test_memory_has_an_end() -> None:
    """Mutation: an entry for every handle that ever came."""
    hands = Hands()
    gate = Limits(clock=hands)
    limits_before, limits.MOST_PERSONS = limits.MOST_PERSONS, 3  # type: ignore[misc]
    try:
        for number in range(9):
            hands.now += EVERY
            assert gate.admits(str(number).encode())
        assert len(gate._sent) == 3
    finally:
        limits.MOST_PERSONS = limits_before  # type: ignore[misc]
    assert "Limits(…)" in repr(gate)


def test_nothing_asks_the_gate_but_whoever_sends_a_complaint() -> None:
    """Emergency numbers, services and requests never wait for it. Mutation: a gate in front of the turn."""
    asking = set()
    for path in sorted((ROOT / "bot").rglob("*.py")) + sorted((ROOT / "flows").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        if any(isinstance(node, ast.Attribute) and node.attr == "admits" for node in ast.walk(tree)):
            asking.add(path.relative_to(ROOT).as_posix())
    assert asking <= {"bot/effects/complaining.py"}
