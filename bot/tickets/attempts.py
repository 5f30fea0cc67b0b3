"""The line in front of codes: whoever tries many wrong ones waits longer, and nobody is ever locked out (P-6).

Here belongs the order in which codes are derived, and the memory of misses. Never here: what a code leads to (``code``), how it is
derived (``bot.codes``), sentences.

What slows an attacker down
    *Each handle*: with every miss after the third, the next try is held back longer, up to ``LONGEST`` seconds, before it joins
    the line; and it joins behind everybody with fewer misses. *All together*: ``slots`` derivations run at once, a fifth of a
    second each (``bot.codes``), and no more.
What keeps it from hurting anybody else
    Somebody without misses goes before all who have some, however many stand in the line. Of those with as many misses, who was
    told to wait less often goes first; and among equals the first come is the first served. When the line is full, one of those
    with the most misses is told to wait (``bot.codes.Busy``), then of those who were told so most often, and of these who has
    stood in it longest. So whoever comes after a flood is served within one length of the line, however large the flood was, and
    trying again at once, and again, gains nothing. Requests that are being opened (``intake``) go before all.

Nobody is told whether they wait because of misses, and a right code is held back exactly like a wrong one. Misses live in this
process only, for an hour, under the pseudonym that the caller gives; a right code neither adds to them nor takes them away.

**Falls short.** Against a flood that does not end, of handles that are all new and tried once each, nothing tells the one who has
a right code: they are told to wait as often as the flood is faster than the machine.
"""

from __future__ import annotations

import asyncio
import bisect
import itertools
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeVar

from bot.codes import SLOTS, Busy, Code, Codes, Derived

ROOM: Final = 40
"""How many stand in line at once: with six derivations a second on two cores the last of them is served within seven seconds."""
FREE_MISSES: Final = 3
LONGEST: Final = 4.0
"""Seconds for which a try is held back at most. With a line of equals before it, a right code stays below ten."""
MEMORY: Final = 3600.0
"""Seconds for which a miss counts."""
MOST_PERSONS: Final = 100_000
_FIRST: Final = -1
"""Misses of who goes before everybody."""

_Found = TypeVar("_Found")


class _Waiter(NamedTuple):
    misses: int
    told: int
    """How often they were told to wait since they were served last."""
    number: int
    """In the order of coming. No two are alike, so that nothing after this is ever compared."""
    turn: asyncio.Future[None]


class _Record:
    __slots__ = ("last", "misses", "told")

    def __init__(self, now: float) -> None:
        self.misses = 0
        self.last = now
        self.told = 0


class Line:
    """One for each process: it alone derives from ``codes``. ``slots`` as in ``codes``; ``clock`` and ``sleep`` are for tests."""

    def __init__(
        self,
        codes: Codes,
        *,
        slots: int = SLOTS,
        room: int = ROOM,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._codes, self._room, self._clock, self._sleep = codes, room, clock, sleep
        self._free = slots
        self._line: list[_Waiter] = []
        self._numbers = itertools.count()
        self._records: OrderedDict[bytes, _Record] = OrderedDict()
        self.intake = Intake(self)
        """The same codes for opening requests: before everybody in the line, and never told to wait."""

    def __repr__(self) -> str:
        return "Line(…)"

    async def attempt(
        self, person: bytes, code: Code, look: Callable[[Derived], Awaitable[_Found | None]]
    ) -> tuple[Derived, _Found] | None:
        """What this code leads to, and its halves; None: nothing, which is counted as a miss of this person.

        ``person``: a pseudonym of whoever tries. ``look``: asks the store. Raises Busy: nothing was tried, nothing is counted.
        """
        misses = self.misses(person)
        if misses > FREE_MISSES:
            await self._sleep(min(LONGEST, 0.5 * 2.0 ** (misses - FREE_MISSES - 1)))
        derived = await self._derived(person, code, self.misses(person))
        found = await look(derived)
        if found is None:
            self._miss(person)
            return None
        return derived, found

    def misses(self, person: bytes) -> int:
        """How many wrong codes this person tried, each at most an hour after the one before, the last at most an hour ago."""
        record = self._records.get(person)
        if record is None:
            return 0
        if self._clock() - record.last > MEMORY:
            del self._records[person]
            return 0
        return record.misses

    async def first(self, code: Code) -> Derived:
        """The halves of a code that is being given out: before everybody who tries one."""
        return await self._served(self._waiter(_FIRST, 0), code)

    def code(self, session: bytes, turn: int, collision: int = 0) -> Code:
        """As ``Codes.code``."""
        return self._codes.code(session, turn, collision)

    # --- the line

    async def _derived(self, person: bytes, code: Code, misses: int) -> Derived:
        record = self._records.get(person)
        try:
            derived = await self._served(self._waiter(misses, record.told if record else 0), code)
        except Busy:
            self._record(person).told += 1
            raise
        if record is not None:
            record.told = 0
        return derived

    async def _served(self, waiter: _Waiter, code: Code) -> Derived:
        await self._stand(waiter)
        try:
            return await self._codes.derived(code)
        finally:
            self._next()

    async def _stand(self, waiter: _Waiter) -> None:
        """Return when it is this one's turn, with a slot taken. Raises Busy."""
        if self._free and not self._line:
            self._free -= 1
            return
        bisect.insort(self._line, waiter)
        if len(self._line) > self._room and (worst := self._line[-1]).misses != _FIRST:
            told = self._line.pop(bisect.bisect_left(self._line, worst[:2], key=lambda each: each[:2]))
            if told is waiter:
                raise Busy
            told.turn.set_exception(Busy())
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter in self._line:
                self._line.remove(waiter)
            elif waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self._next()  # the slot had been given already
            raise

    def _next(self) -> None:
        """A slot is free: the first in line has it."""
        while self._line:
            waiter = self._line.pop(0)
            if not waiter.turn.done():
                waiter.turn.set_result(None)
                return
        self._free += 1

    # --- misses

    def _miss(self, person: bytes) -> None:
        misses = self.misses(person)
        record = self._record(person)
        record.misses, record.last = misses + 1, self._clock()

    def _record(self, person: bytes) -> _Record:
        record = self._records.setdefault(person, _Record(self._clock()))
        self._records.move_to_end(person)
        if len(self._records) > MOST_PERSONS:
            self._records.popitem(last=False)
        return record

    def _waiter(self, misses: int, told: int) -> _Waiter:
        return _Waiter(misses, told, next(self._numbers), asyncio.get_running_loop().create_future())


class Intake:
    """What ``intake.open_ticket`` needs of codes, at the head of a line."""

    __slots__ = ("_line",)

    def __init__(self, line: Line) -> None:
        self._line = line

    def code(self, session: bytes, turn: int, collision: int = 0) -> Code:
        return self._line.code(session, turn, collision)

    async def derived(self, code: Code) -> Derived:
        return await self._line.first(code)
