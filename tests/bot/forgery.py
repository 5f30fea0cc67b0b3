"""Envelopes as somebody makes them who holds to the format in all but one thing. Both halves of sealing must refuse them."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot import sealing
from bot.sealing import Envelope, key_id

TICKET: Final = bytes(range(16))
CONTENT: Final = b"c" * 32


def note(private: X25519PrivateKey, padded: bytes, commitment: bytes | None = None) -> Envelope:
    """A note of TICKET for one recipient, with this padded text and, where given, another commitment than it should have."""
    head = sealing._head("note", TICKET)
    key, nonce, right = sealing._keys(CONTENT, head)
    told = right if commitment is None else commitment
    public = private.public_key()
    wrap = sealing._wrap(CONTENT, head, told, key_id(public.public_bytes_raw()), public)
    return Envelope("note", TICKET, told, (wrap,), AESGCM(key).encrypt(nonce, padded, head))


#: What is wrong -> the padded text.
PADDINGS: Final = {
    "something after the text": b"\0\1ab".ljust(2048, b"\0"),
    "something at the end": b"\0\1a".ljust(2047, b"\0") + b"b",
    "a length beyond the end": b"\7\xff".ljust(2048, b"a"),
    "no UTF-8": b"\0\1\xff".ljust(2048, b"\0"),
    "another size": b"\0\1a".ljust(512, b"\0"),
    "nothing": b"",
}
