"""The ways on which an alert can reach an account, and what each of them must do.

Here belong their names and the shape of a sender. Never here: a provider's protocol (``telegram``, ``sms``, ``mail``, ``push``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, Protocol, runtime_checkable

Way = Literal["telegram", "sms", "email", "push"]
WAYS: Final[tuple[Way, ...]] = ("telegram", "sms", "email", "push")


class BadAddress(ValueError):
    """This cannot be an address of this way. The text is a sentence that does not hold it."""


class Sender(Protocol):
    """Sends one text to one address of its way."""

    def checked(self, address: str) -> str:
        """The address as it is kept. Raises BadAddress."""
        ...

    async def send(self, address: str, text: str, now: datetime) -> None:
        """Raises ``exchange.Unreachable`` where nobody will ever get it there, ``exchange.CannotDeliver`` where it was not sent."""
        ...

    async def aclose(self) -> None: ...


@runtime_checkable
class Finder(Protocol):
    """A sender that cannot write first: its addresses are found by what was sent from them."""

    async def sent_by(self, phrase: str) -> str | None:
        """The address from which exactly this phrase came; None: from none, yet. Raises ``exchange.CannotDeliver``."""
        ...
