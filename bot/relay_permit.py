"""Leave to write to a person once: what ``bot.relay`` asks for before anything goes out (E-1).

Here belongs its shape. Only ``bot.tickets`` may make one, where the person's own windows, their relay and the claim are looked
at (an import contract and a test hold everybody else off). Never here: why it is given, an address.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Permit(NamedTuple):
    """The person of this ticket may be written to, now, until ``until``."""

    ticket: bytes
    """The ticket's id, 16 bytes."""
    until: datetime
    """End of the window that is open; aware."""
