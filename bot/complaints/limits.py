"""The gate in front of intake: a flood is slowed down, and nobody who sends one complaint is shut out by it for long.

Here belongs how many complaints are taken in from one person and from all together. Never here: what is shown to whom is told to
wait, anything else that people ask for: this gate is asked when a complaint is sent and at no other moment, so that emergency
numbers, services and requests never wait for it.

*Each person*, known by a pseudonym that the caller gives, may send ``EACH`` in an hour. *All together*, of this process, may send
``ALL`` at once and then one more every ``EVERY`` seconds: that is the circuit breaker. Whoever sent nothing within the hour may use
all of that room, who did may use half of it: a flood of few people leaves room for all others.

**Falls short.** Against a flood from handles that are all new, nothing tells which one is real: they are told to wait as often as
the flood is faster than people could read.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

EACH: Final = 5
HOUR: Final = 3600.0
ALL: Final = 120
EVERY: Final = 30.0
"""Seconds. More than a hundred an hour for days is more than any desk reads."""
MOST_PERSONS: Final = 100_000


class Limits:
    """One for each process. ``clock``: seconds, for tests. Counts live in memory only."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: OrderedDict[bytes, list[float]] = OrderedDict()
        self._room, self._at = float(ALL), clock()

    def __repr__(self) -> str:
        return "Limits(…)"

    def admits(self, person: bytes) -> bool:
        """Whether this person may send a complaint now; counts it when they may. ``person``: a pseudonym."""
        now = self._clock()
        self._room = min(float(ALL), self._room + (now - self._at) / EVERY)
        self._at = now
        sent = [at for at in self._sent.get(person, ()) if now - at < HOUR]
        needed = 1.0 if not sent else ALL / 2
        if len(sent) >= EACH or self._room < needed:
            return False
        self._room -= 1
        self._sent[person] = [*sent, now]
        self._sent.move_to_end(person)
        if len(self._sent) > MOST_PERSONS:
            self._sent.popitem(last=False)
        return True

    def gives_back(self, person: bytes) -> None:
        """What was admitted last from this person was not taken after all: it counts for nothing."""
        if sent := self._sent.get(person):
            sent.pop()
            self._room = min(float(ALL), self._room + 1)
