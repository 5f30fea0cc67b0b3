"""What arrives on a phone of the demo without its having asked: held until its page comes for it.

Here belongs that holding, in the memory of this one process. Never here: the page, what is written (``bot.relay`` asks for it), a
phone that somebody owns: an address of the simulator is chance, made for one opened page. ``MODE=live`` never has one.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

KEEP_SECONDS: Final = 1200
"""Nobody came for it: the page is closed."""
MOST_PHONES: Final = 256
MOST_MESSAGES: Final = 20
"""Of one phone; older ones go."""

PREFIX: Final = "simulator-"


class _Address(Protocol):
    channel: str

    def reveal(self) -> str: ...


class Inbox:
    """``deliver`` puts a text there, ``take`` gives what came since. ``clock`` gives seconds since 1970.

    Phones are known by a keyed digest; what is too old, too much, or taken is gone."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._salt = os.urandom(32)
        self._held: OrderedDict[bytes, list[tuple[float, str]]] = OrderedDict()  # whoever was written to last is last

    def __repr__(self) -> str:
        return f"Inbox({len(self._held)})"

    async def send(self, address: _Address, text: str, seconds: float) -> None:
        """As ``bot.relay.Sender``, for addresses on ``simulator-telegram``, ``simulator-sms`` and ``simulator-whatsapp``."""
        self.deliver(address.channel.removeprefix(PREFIX), address.reveal(), text)

    def deliver(self, channel: str, phone: str, text: str) -> None:
        """``channel``: ``telegram``, ``sms`` or ``whatsapp``. ``phone``: the address of the page."""
        self._sweep()
        here = self._digest(channel, phone)
        held = self._held.setdefault(here, [])
        held.append((self._clock() + KEEP_SECONDS, text))
        del held[:-MOST_MESSAGES]
        self._held.move_to_end(here)
        while len(self._held) > MOST_PHONES:
            self._held.popitem(last=False)

    def take(self, channel: str, phone: str) -> list[str]:
        """What came and was not taken yet, oldest first."""
        self._sweep()
        return [text for _, text in self._held.pop(self._digest(channel, phone), [])]

    def forget(self, channel: str, phone: str) -> None:
        """The person left: what waits is thrown away."""
        self._held.pop(self._digest(channel, phone), None)

    def _digest(self, channel: str, phone: str) -> bytes:
        return hashlib.blake2b(f"{channel}\0{phone}".encode(), key=self._salt, digest_size=16).digest()

    def _sweep(self) -> None:
        now = self._clock()
        for here, held in list(self._held.items()):
            held[:] = [each for each in held if each[0] > now]
            if not held:
                del self._held[here]
