"""What a turn asks to be done outside, one idempotent handler an effect.

Here belong the handlers and their outcomes. Never here: which effect is asked for, what is shown afterwards (``flows``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.exchange import Inbound
from flows.kernel import Effect, Session

Handler = Callable[[Effect, Session, Inbound], Awaitable[str]]
"""Does it, or finds it done, and says what it came to. ``saved`` is the good outcome of a step that cannot be undone."""


async def forget(effect: Effect, session: Session, inbound: Inbound) -> str:
    """The person left. The session store forgets at the end of the turn, the channel deletes what it can after it."""
    return "left"


HANDLERS: Mapping[str, Handler] = {"forget": forget}


class Effects:
    """Runs effects by name."""

    def __init__(self, handlers: Mapping[str, Handler] = HANDLERS) -> None:
        self._handlers = handlers

    async def run(self, effect: Effect, session: Session, inbound: Inbound) -> str:
        return await self._handlers[effect.name](effect, session, inbound)
