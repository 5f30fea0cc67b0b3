"""Codes that work once: how they are made, read and kept.

Here belong the enrolment code of a new account and the recovery codes of an enrolled one. Never here: the codes of people who
write (``bot.codes``), who they are for.

Letters of Crockford's base32, in groups of four. Reading forgives case, blanks, dashes, and O, I, L for 0, 1, 1.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from bot.staff.locks import Locks

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ENROLMENT_LENGTH: Final = 20
"""100 bits: no number of tries finds one in 72 hours, nor a dump of hashes ever."""
RECOVERY_LENGTH: Final = 12
RECOVERY_CODES: Final = 8


def enrolment_code() -> str:
    """A new one, such as ``7K3M-…``; shown once."""
    return _grouped(ENROLMENT_LENGTH)


def enrolment_hash(code: str) -> bytes:
    """What is kept of it. A plain hash suffices for 100 bits, and the command that makes codes needs no process secret."""
    return hashlib.sha256(b"faro enrolment 1\0" + read(code).encode()).digest()


def recovery_codes() -> tuple[str, ...]:
    """A new set, shown once. Each stands in for the second factor one time."""
    return tuple(_grouped(RECOVERY_LENGTH) for _ in range(RECOVERY_CODES))


def recovery_mark(locks: Locks, owner: bytes, code: str) -> str:
    """What is kept of a recovery code of this account."""
    return locks.mac("recovery code", owner, read(code).encode())[:16].hex()


def read(typed: str) -> str:
    """The letters of a code, as somebody typed it."""
    plain = typed.upper().translate(str.maketrans("OIL", "011"))
    return "".join(letter for letter in plain if letter in _LETTERS)


def _grouped(length: int) -> str:
    letters = [secrets.choice(_LETTERS) for _ in range(length)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, length, 4))
