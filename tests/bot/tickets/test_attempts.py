"""The line in front of codes: guessing is slow, and nobody who has a right code is locked out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.codes import Busy, Code, Codes, Cost, Derived, check_digit
from bot.tickets import attempts, code
from bot.tickets.attempts import FREE_MISSES, LONGEST, MEMORY, MOST_PERSONS, ROOM, Line
from bot.tickets.intake import Opened, open_ticket
from flows.facts import TicketView
from tests.bot.tickets.world import NOW, SECRET, Worker, World

SESSION = bytes(range(16))


class Slow(Codes):
    """Derives when it is told to, one after the other, and remembers in which order."""

    def __init__(self) -> None:
        super().__init__(SECRET, cost=Cost(memory=64, passes=1))
        self.order: list[str] = []
        self.may = asyncio.Semaphore(0)

    async def derived(self, code: Code) -> Derived:
        await self.may.acquire()
        self.order.append(code.reveal())
        return Derived(bytes(32), bytes(32))


class Clock:
    """Seconds, and sleeping that takes none."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, list[float]()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def codes() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.close()


def typed(number: int) -> Code:
    digits = f"{number:012d}"
    return Code(digits + check_digit(digits))


async def wrong(_: Derived) -> None:
    return None


async def right(_: Derived) -> str:
    return "there"


def who(number: int) -> bytes:
    return number.to_bytes(16)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def line_of(codes: Codes, clock: Clock, **options: Any) -> Line:
    return Line(codes, clock=clock, sleep=clock.sleep, **options)


async def miss(line: Line, codes: Slow, person: int, times: int = 1) -> None:
    for _ in range(times):
        codes.may.release()
        assert await line.attempt(who(person), typed(0), wrong) is None
    codes.order.clear()


# --- the promise -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-6")
async def test_a_right_code_is_answered_soon_while_two_hundred_wrong_ones_stand_in_line(world: World, ana: Worker) -> None:
    """From somebody who never tried one, through the real line to the real store, with handles that try on and on, each of them new
    at first. The work is made so dear that all of it would take longer than the ten seconds.

    Mutation: first come, first served; a line without an end; turning away whoever comes last."""
    _, derived = await world.ask()
    request = world.request()
    dear = Codes(SECRET, slots=2, cost=Cost(memory=20_000, passes=1))
    line = Line(dear, slots=2)
    opened = await open_ticket(world.tickets, line.intake, request, NOW)
    assert isinstance(opened, Opened)
    mine = dear.code(request.session_id, request.turn, opened.collision)

    async def look(found: Derived) -> TicketView | None:
        return await code.look(world.tickets, found, NOW)

    async def guess(number: int) -> int:
        for each in range(5):
            try:
                assert await line.attempt(who(number), typed(number * 10 + each), look) is None
            except Busy:
                await asyncio.sleep(0.01)
        return number

    flood = [asyncio.create_task(guess(number)) for number in range(1, 201)]
    await asyncio.sleep(0.3)
    begun = time.monotonic()
    found = await line.attempt(who(0), mine, look)
    took = time.monotonic() - begun
    assert found is not None and found[1].status == "received" and found[0].lookup != derived.lookup
    assert took < 10 and not all(each.done() for each in flood)
    for each in flood:
        each.cancel()
    await asyncio.gather(*flood, return_exceptions=True)
    dear.close()


@pytest.mark.requirement("P-6")
async def test_each_handle_is_slowed_down_by_its_misses_and_never_locked(codes: Slow) -> None:
    """Mutation: no delay; one that grows without end; one that a right code is spared, or that a right code takes away."""
    clock = Clock()
    line = line_of(codes, clock)
    await miss(line, codes, 1, 9)
    assert clock.slept == [0.5, 1.0, 2.0, LONGEST, LONGEST] and FREE_MISSES == 3
    codes.may.release()
    assert (await line.attempt(who(1), typed(1), right) or ("", ""))[1] == "there"
    assert clock.slept[-1] == LONGEST and len(clock.slept) == 6 and line.misses(who(1)) == 9
    codes.may.release()
    await line.attempt(who(2), typed(1), right)
    assert len(clock.slept) == 6


@pytest.mark.requirement("P-6")
async def test_a_miss_is_remembered_for_an_hour(codes: Slow) -> None:
    """Mutation: for ever; not at all."""
    clock = Clock()
    line = line_of(codes, clock)
    await miss(line, codes, 1, 4)
    clock.now += MEMORY
    assert line.misses(who(1)) == 4
    clock.now += 1
    assert line.misses(who(1)) == 0 and line.misses(who(2)) == 0


async def test_fewest_misses_first_then_first_come(codes: Slow) -> None:
    """Mutation: the order of coming alone; the last first."""
    line = line_of(codes, Clock(), slots=1)
    for person, times in ((1, 2), (2, 1), (3, 0), (4, 1), (5, 0)):
        await miss(line, codes, person, times)
    tasks = [asyncio.create_task(line.attempt(who(9), typed(9), right))]  # has the slot
    await settled()
    tasks += [asyncio.create_task(line.attempt(who(person), typed(person), right)) for person in (1, 2, 3, 4, 5)]
    await settled()
    first = asyncio.create_task(line.first(typed(6)))
    await settled()
    for _ in range(7):
        codes.may.release()
        await settled()
    await asyncio.gather(*tasks, first)
    assert codes.order == [typed(number).reveal() for number in (9, 6, 3, 5, 2, 4, 1)]


async def test_when_it_is_full_who_has_the_most_misses_is_told_to_wait(codes: Slow) -> None:
    """And of equals the one who stands in it longest, so that a flood that is over hurts nobody who comes after it.

    Mutation: telling the newcomer; telling somebody without misses while others have some; counting it as a miss."""
    line = line_of(codes, Clock(), slots=1, room=3)
    await miss(line, codes, 1)
    tasks = {9: asyncio.create_task(line.attempt(who(9), typed(9), right))}
    await settled()
    for person in (1, 2, 3, 4, 5):
        tasks[person] = asyncio.create_task(line.attempt(who(person), typed(person), right))
        await settled()
    assert [person for person, task in tasks.items() if task.done()] == [1, 2]
    for person in (1, 2):
        assert isinstance(tasks[person].exception(), Busy)
    assert line.misses(who(1)) == 1 and line.misses(who(2)) == 0
    # Trying again at once gains nothing: behind those who were not told yet, and the next to be told.
    with pytest.raises(Busy):
        await line.attempt(who(2), typed(2), right)
    assert not any(tasks[person].done() for person in (3, 4, 5))
    for _ in range(4):
        codes.may.release()
        await settled()
    assert codes.order == [typed(number).reveal() for number in (9, 3, 4, 5)]
    tasks |= {person: asyncio.create_task(line.attempt(who(person), typed(person), right)) for person in (9, 2, 8, 1)}
    await settled()
    for _ in range(4):
        codes.may.release()
        await settled()
    assert codes.order[4:] == [typed(number).reveal() for number in (9, 8, 2, 1)]
    await asyncio.gather(*tasks.values())


async def test_somebody_with_more_misses_than_a_full_line_is_told_at_once(codes: Slow) -> None:
    """Mutation: pushing out somebody with fewer."""
    line = line_of(codes, Clock(), slots=1, room=2)
    await miss(line, codes, 1)
    tasks = [asyncio.create_task(line.attempt(who(person), typed(person), right)) for person in (2, 3, 4)]
    await settled()
    with pytest.raises(Busy):
        await line.attempt(who(1), typed(1), right)
    for _ in tasks:
        codes.may.release()
    assert len(await asyncio.gather(*tasks)) == 3


async def test_requests_are_never_told_to_wait(codes: Slow) -> None:
    """Mutation: a flood of guesses that keeps requests out."""
    line = line_of(codes, Clock(), slots=1, room=2)
    tasks = [asyncio.create_task(line.intake.derived(typed(number))) for number in range(6)]
    await settled()
    for _ in tasks:
        codes.may.release()
    assert len(await asyncio.gather(*tasks)) == 6
    assert line.intake.code(SESSION, 3, 1).reveal() == codes.code(SESSION, 3, 1).reveal()


@pytest.mark.parametrize("stage", ["in line", "called", "deriving"])
async def test_somebody_who_goes_away_leaves_the_line_in_order(codes: Slow, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: a slot that is lost, or that is there twice."""
    line = line_of(codes, Clock(), slots=1)
    one = asyncio.create_task(line.attempt(who(1), typed(1), right))
    await settled()
    two = asyncio.create_task(line.attempt(who(2), typed(2), right))
    three = asyncio.create_task(line.attempt(who(3), typed(3), right))
    await settled()
    if stage == "in line":
        two.cancel()
        await settled()
    elif stage == "called":
        call = line._next

        def call_who_is_leaving() -> None:
            call()
            two.cancel()

        monkeypatch.setattr(line, "_next", call_who_is_leaving)
    else:
        one.cancel()
        two.cancel()
        await settled()
    for _ in range(3):
        codes.may.release()
    await asyncio.gather(one, two, return_exceptions=True)
    assert await asyncio.wait_for(three, 5) is not None
    await settled()
    assert (line._line, line._free) == ([], 1)


async def test_a_store_that_fails_counts_no_miss(codes: Slow) -> None:
    """Mutation: a person who is slowed down because the database was away; a slot that is lost."""

    async def fails(_: Derived) -> None:
        raise OSError("away")

    line = line_of(codes, Clock(), slots=1)
    for _ in range(2):
        codes.may.release()
        with pytest.raises(OSError, match="away"):
            await line.attempt(who(1), typed(1), fails)
    assert line.misses(who(1)) == 0


async def test_the_memory_of_misses_is_bounded(codes: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: one entry for each handle that ever tried; forgetting the newest."""
    assert MOST_PERSONS >= 10_000 and ROOM <= 60
    monkeypatch.setattr(attempts, "MOST_PERSONS", 2)
    line = line_of(codes, Clock())
    for person in (1, 2, 3):
        await miss(line, codes, person)
    assert [line.misses(who(person)) for person in (1, 2, 3)] == [0, 1, 1]
    assert repr(line) == "Line(…)"
