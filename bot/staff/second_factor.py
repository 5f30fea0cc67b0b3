"""The second factor beside a passphrase: codes that change every 30 seconds (RFC 6238).

Here belong their check and how their secret is kept. Never here: which code was used last (the account's row), passphrases.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from typing import Final

import pyotp

from bot.staff.locks import Locks

PERIOD: Final = 30
"""Seconds."""
_PURPOSE: Final = "totp"


def text(secret: bytes) -> str:
    """A secret as apps take it: base32."""
    return base64.b32encode(secret).decode().rstrip("=")


def locked(locks: Locks, owner: bytes, secret: str) -> bytes:
    """A secret for the account's row."""
    return locks.lock(_PURPOSE, owner, secret.encode())


def unlocked(locks: Locks, owner: bytes, kept: bytes) -> str:
    """The secret again. Raises CannotUnlock."""
    return locks.unlock(_PURPOSE, owner, kept).decode()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is: the present one, or the one before or after, for clocks that are a little off.

    None: it is none of them. Whoever asks refuses a step that is not newer than the last: a code counts once."""
    typed = "".join(code.split())
    present = int(now.timestamp()) // PERIOD
    totp = pyotp.TOTP(secret)
    found = None
    for step in (present - 1, present, present + 1):  # all three, always: the time taken says nothing
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode("utf-8", "replace")):
            found = step
    return found
