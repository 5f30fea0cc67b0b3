"""Where an account's alerts go, sealed: in the database lie bytes of one size, which only the process secret opens.

Here belong the sealing and what is inside. Never here: the database, sending, a log line with anything of it.
"""

from __future__ import annotations

import os
import uuid
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.alerts.ways import BadAddress, Way

MIN_SECRET: Final = 32
ROOM: Final = 4096
"""Bytes of what is sealed, padded: neither how many ways nor how long an address is shows."""
_NONCE: Final = 12


class Asked(msgspec.Struct):
    """An address that was named and not confirmed yet."""

    way: Way
    to: str
    """Empty where the address is found by what is sent from it (Telegram)."""
    code: str
    """What was sent there, or what is to be sent from there."""
    began: float
    """Seconds since 1970."""
    misses: int = 0

    def __repr__(self) -> str:
        return "Asked(…)"


class Kept(msgspec.Struct):
    """Inside."""

    addresses: dict[Way, str] = {}
    """Confirmed ones."""
    asked: Asked | None = None

    def __repr__(self) -> str:
        return "Kept(…)"


class Unreadable(Exception):
    """These bytes were sealed under another secret, for another account, or were changed."""

    def __init__(self) -> None:
        super().__init__("the addresses for alerts of this account cannot be opened: they have to be given again")


class Safe:
    """Seals under a key of its own (HKDF, RFC 5869) with AES-256-GCM, bound to the account. ``secret``: the process secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_SECRET:
            raise ValueError(f"the process secret has {len(secret)} bytes and needs at least {MIN_SECRET}: set SECRET_KEY")
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=b"faro alerts 1 addresses").derive(secret))

    def __repr__(self) -> str:
        return "Safe(…)"

    def seal(self, staff_id: uuid.UUID, kept: Kept) -> bytes:
        """Raises BadAddress where they do not fit."""
        plain = msgspec.msgpack.encode(kept)
        if len(plain) + 2 > ROOM:
            raise BadAddress("these addresses for alerts are too long to be kept: remove a way first")
        nonce = os.urandom(_NONCE)
        padded = (len(plain).to_bytes(2) + plain).ljust(ROOM, b"\0")
        return nonce + self._cipher.encrypt(nonce, padded, staff_id.bytes)

    def open(self, staff_id: uuid.UUID, sealed: bytes | None) -> Kept:
        """Nothing gives an empty one. Raises Unreadable."""
        if sealed is None:
            return Kept()
        try:
            padded = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], staff_id.bytes)
            return msgspec.msgpack.decode(padded[2 : 2 + int.from_bytes(padded[:2])], type=Kept)
        except (InvalidTag, ValueError, msgspec.MsgspecError):
            raise Unreadable from None
