"""What the process secret does for staff: it locks their second factors and wrapped keys, and makes marks that nobody can forge.

Here belong the keys derived from the secret and their use. Never here: a person's address or key (``bot.vault``,
``bot.sealing``), stores, what is locked.

A dump of the database without the secret then leads to no second factor, and to no wrapped key whose passphrase could be
guessed at leisure. With a new secret, everybody enrols again.
"""

from __future__ import annotations

import functools
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE: Final = 12
_SHORTEST: Final = 32


class CannotUnlock(ValueError):
    """Locked under another secret, for another purpose or owner, or changed. Says no more."""

    def __init__(self) -> None:
        super().__init__("this cannot be unlocked: SECRET_KEY is not the one it was locked with, or it was changed")


class Locks:
    """Made once from the process secret (``bot.secret``). Raises ValueError for one of fewer than 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _SHORTEST:
            raise ValueError(f"the process secret has {len(secret)} bytes and needs at least {_SHORTEST}: set SECRET_KEY")
        self._root = hmac.digest(secret, b"faro staff 1", "sha256")
        self._cipher = functools.lru_cache(maxsize=16)(self._cipher_for)

    def __repr__(self) -> str:
        return "Locks(…)"

    def mac(self, purpose: str, *parts: bytes) -> bytes:
        """32 bytes that only this secret makes of these parts for this purpose."""
        told = b"".join(len(part).to_bytes(4) + part for part in parts)
        return hmac.digest(self._key(b"mac", purpose), told, "sha256")

    def lock(self, purpose: str, owner: bytes, raw: bytes) -> bytes:
        """Encrypted for storage. ``owner``: whose it is; for another owner it does not unlock."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher(purpose).encrypt(nonce, raw, owner)

    def unlock(self, purpose: str, owner: bytes, locked: bytes) -> bytes:
        """What ``lock`` was given. Raises CannotUnlock."""
        try:
            return self._cipher(purpose).decrypt(locked[:_NONCE], locked[_NONCE:], owner)
        except (InvalidTag, ValueError):
            raise CannotUnlock from None

    def _key(self, kind: bytes, purpose: str) -> bytes:
        return hmac.digest(self._root, kind + b" " + purpose.encode(), "sha256")

    def _cipher_for(self, purpose: str) -> AESGCM:
        return AESGCM(self._key(b"lock", purpose))
