"""The desk's short name of a ticket.

Here belongs how it is made. Never here: the code with which a person comes back (``bot.codes``); nothing leads from one to the
other.
"""

from __future__ import annotations

import hashlib
from typing import Final

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O, U, so that it can be read out."""


def reference(ticket_id: bytes) -> str:
    """Eight letters such as ``K7QD-2M9X`` for lists, audit and talk among staff. Two tickets in a million million share one."""
    number = int.from_bytes(hashlib.sha256(b"faro reference" + ticket_id).digest()[:5])
    letters = "".join(_LETTERS[number >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"
