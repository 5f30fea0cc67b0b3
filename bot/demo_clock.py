"""A clock that a demo can put forward, so that nobody waits half an hour for a back-up to be told.

Never here: anything that a live deployment uses.
"""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_AHEAD = 400 * 24 * 3600.0
"""Seconds: rosters, holidays and helplines of the demo do not reach further."""


class DemoClock:
    """Calling it gives seconds since 1970, ``ahead`` of the real time. It only goes forward."""

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self._real = real
        self.ahead = 0.0

    def __call__(self) -> float:
        return self._real() + self.ahead

    def advance(self, seconds: float) -> float:
        """Put it forward; gives how far it is ahead then. Raises ValueError for a step back or too far."""
        if not seconds >= 0 or self.ahead + seconds > MOST_AHEAD:
            raise ValueError("the clock of the demo goes forward only, and a year at most")
        self.ahead += seconds
        return self.ahead
