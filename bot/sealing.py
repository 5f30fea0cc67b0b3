"""Sealed envelopes: what only the people on duty, or only the holder of a code, can read. Part of the one room.

Here belong the format of an envelope, sealing, opening, wrapping for a further recipient and releasing one wrapped copy. Never
here: who is eligible, stores, lifetimes, how a private key is kept. Whoever may import ``bot.vault`` may import this. The
browser's half is ``bot/desk/static/sealing.js``; tests open each one's envelopes with the other.

An envelope, in bytes (the numbers are lengths, big-endian where there are several bytes):

    version 1 · suite 6 · kind 1 · ticket 16      the head, bound to everything below
    commitment 32                                 binds the content key to this body
    count 1 · count x (key id 16 · enc 32 · wrapped key 48)      in the order of the key ids, which says nothing
    body                                          the text, its length and zeros up to the size of its kind; tag 16

A random content key seals the body once; HPKE (RFC 9180, base mode) wraps that key for each recipient. ``info`` of a wrap
holds the head, the commitment and the recipient's key id. Key and nonce of the body and the commitment come from the content
key and the head (HKDF-Expand, RFC 5869). AES-GCM alone would let a forger make one body that two keys open to two texts; the
commitment refuses that. The length of an envelope depends on its kind and the number of its recipients, never on its text.

HPKE's base mode says nothing of who sealed. Who may add an envelope or a wrap is for the server to decide.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import itertools
import secrets
from collections.abc import Callable, Iterable
from typing import Final, Literal, TypeVar, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from flows.kernel import Words

Kind = Literal["contact", "card", "note", "answer"]
"""``contact``: how to reach the person. ``card``: what makes reaching them safe. ``note``: their words. ``answer``: the desk's."""

ROOM: Final[dict[Kind, int]] = {"contact": 512, "card": 1024, "note": 2048, "answer": 2048}
"""Kind -> bytes of its padded text. Two of them hold the length; a note of 300 characters always fits (1,200 bytes)."""

VERSION: Final = 1
TICKET_LENGTH: Final = 16
KEY_LENGTH: Final = 32
KEY_ID_LENGTH: Final = 16
WRAP_LENGTH: Final = KEY_ID_LENGTH + 32 + 48
MOST_RECIPIENTS: Final = 255

_KEM_KDF_AEAD: Final = bytes.fromhex("0020 0001 0002")  # the identifiers of RFC 9180, section 7
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)  # a kind's byte is its place here, from 1
_HEAD: Final = 1 + 6 + 1 + TICKET_LENGTH
_COMMITMENT: Final = 32
_TAG: Final = 16


class CannotSeal(ValueError):
    """What was given cannot be sealed; the text says why, and nothing of what was to be sealed."""


class CannotOpen(ValueError):
    """This key does not open this envelope as what it was taken for. Says no more, whatever the reason."""

    def __init__(self) -> None:
        super().__init__("this envelope cannot be opened with this key as this kind of this ticket")


class BadEnvelope(ValueError):
    """These bytes are no envelope or no wrap; the text says why."""


def key_id(public: bytes) -> bytes:
    """The 16 bytes by which envelopes name a public key. ``public``: the 32 bytes of RFC 7748."""
    return hashlib.sha256(b"faro key 1\0" + public).digest()[:KEY_ID_LENGTH]


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class Wrap:
    """The content key of one envelope, wrapped for one recipient."""

    key_id: bytes
    sealed: bytes
    """HPKE's ``enc`` and ciphertext, 80 bytes."""

    def encode(self) -> bytes:
        return self.key_id + self.sealed

    @classmethod
    def decode(cls, raw: bytes) -> Wrap:
        """From ``encode()``, or from the browser's ``rewrap``. Raises BadEnvelope."""
        if len(raw) != WRAP_LENGTH:
            raise BadEnvelope(f"a wrap has {WRAP_LENGTH} bytes, and this has {len(raw)}")
        return cls(bytes(raw[:KEY_ID_LENGTH]), bytes(raw[KEY_ID_LENGTH:]))

    def __repr__(self) -> str:
        return "Wrap(…)"


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class Envelope:
    """A sealed text. Everything here may lie in a store; ``wraps`` is in the order of the key ids, each once."""

    kind: Kind
    ticket: bytes
    commitment: bytes
    wraps: tuple[Wrap, ...]
    body: bytes

    def __repr__(self) -> str:
        return f"Envelope({self.kind}, {len(self.wraps)} recipients, …)"

    def encode(self) -> bytes:
        """The bytes described above."""
        wraps = b"".join(wrap.encode() for wrap in self.wraps)
        return _head(self.kind, self.ticket) + self.commitment + bytes([len(self.wraps)]) + wraps + self.body

    @classmethod
    def decode(cls, raw: bytes) -> Envelope:
        """The envelope of which ``encode()`` gives exactly these bytes. Raises BadEnvelope."""
        raw = bytes(raw)
        if not raw:
            raise BadEnvelope("there is nothing here: an envelope was expected")
        if raw[0] != VERSION:
            raise BadEnvelope(f"this envelope is of version {raw[0]}, and this program knows {VERSION}: a newer program made it")
        if len(raw) < _HEAD + _COMMITMENT + 1:
            raise BadEnvelope("this envelope is cut short")
        if raw[1:7] != _KEM_KDF_AEAD:
            raise BadEnvelope(f"this envelope uses the suite {raw[1:7].hex()}, and this program knows {_KEM_KDF_AEAD.hex()}")
        if not 1 <= raw[7] <= len(_KINDS):
            raise BadEnvelope(f"this envelope is of kind {raw[7]}, and this program knows 1 to {len(_KINDS)}")
        kind = _KINDS[raw[7] - 1]
        start = _HEAD + _COMMITMENT + 1
        count = raw[start - 1]
        end = start + count * WRAP_LENGTH
        if not count or len(raw) != end + ROOM[kind] + _TAG:
            raise BadEnvelope("the length of this envelope is not that of its kind and recipients: it is cut or was changed")
        wraps = tuple(Wrap.decode(raw[at : at + WRAP_LENGTH]) for at in range(start, end, WRAP_LENGTH))
        if any(one.key_id >= other.key_id for one, other in itertools.pairwise(wraps)):
            raise BadEnvelope("the recipients of this envelope are not in order, or one is there twice")
        return cls(kind, raw[8:_HEAD], raw[_HEAD : start - 1], wraps, raw[end:])

    @property
    def recipients(self) -> tuple[bytes, ...]:
        """Ids of the keys that open it."""
        return tuple(wrap.key_id for wrap in self.wraps)

    def released(self, key_id: bytes) -> Envelope | None:
        """The same with that recipient's wrap only, which is what the server hands out; None where there is none.

        Nothing is decrypted, and nothing of the other recipients goes along."""
        wraps = tuple(wrap for wrap in self.wraps if wrap.key_id == key_id)
        return dataclasses.replace(self, wraps=wraps) if wraps else None

    def added(self, wrap: Wrap) -> Envelope:
        """The same with one recipient more; a wrap for the same key is replaced. Raises CannotSeal."""
        wraps = {each.key_id: each for each in (*self.wraps, wrap)}
        if len(wraps) > MOST_RECIPIENTS:
            raise CannotSeal(f"an envelope has {MOST_RECIPIENTS} recipients at most: take away those who are no longer eligible")
        return dataclasses.replace(self, wraps=tuple(wraps[each] for each in sorted(wraps)))

    def removed(self, key_id: bytes) -> Envelope | None:
        """The same without that recipient; None when nobody would be left, and the envelope is to be wiped."""
        wraps = tuple(wrap for wrap in self.wraps if wrap.key_id != key_id)
        return dataclasses.replace(self, wraps=wraps) if wraps else None


def seal(text: Words, kind: Kind, ticket: bytes, recipients: Iterable[bytes]) -> Envelope:
    """The text, readable for whoever holds the private half of one of ``recipients`` (32 bytes each; twice counts once).

    Raises CannotSeal: no recipient, no usable key, a text that is too long for its kind or is no text."""
    head = _head(kind, ticket)
    keys = {key_id(public): _usable(public) for public in recipients}
    if not 1 <= len(keys) <= MOST_RECIPIENTS:
        raise CannotSeal(f"{len(keys)} recipients: an envelope has 1 to {MOST_RECIPIENTS}")
    padded = _padded(text, ROOM[kind])
    if padded is None:
        raise CannotSeal(f"this text does not fit: a text of kind {kind} is Unicode of at most {ROOM[kind] - 2} bytes in UTF-8")
    content = secrets.token_bytes(32)
    key, nonce, commitment = _keys(content, head)
    body = AESGCM(key).encrypt(nonce, padded, head)
    wraps = tuple(_wrap(content, head, commitment, each, keys[each]) for each in sorted(keys))
    return Envelope(kind, ticket, commitment, wraps, body)


def unseal(envelope: Envelope, private: X25519PrivateKey, *, kind: Kind, ticket: bytes) -> Words:
    """What is inside. ``kind`` and ``ticket`` say what the opener takes it for. Raises CannotOpen."""
    found = _attempt(lambda: _read(envelope, private, kind, ticket))
    if found is None:
        raise CannotOpen
    return found


def rewrap(envelope: Envelope, private: X25519PrivateKey, recipient: bytes, *, kind: Kind, ticket: bytes) -> Wrap:
    """A wrap for one recipient more, made by somebody who can open; ``Envelope.added`` puts it in.

    The desk does this in the browser; this is for recovery, where there is none. Raises CannotOpen, CannotSeal."""
    public = _usable(recipient)
    wrap = _attempt(lambda: _wrapped_again(envelope, private, public, key_id(recipient), kind, ticket))
    if wrap is None:
        raise CannotOpen
    return wrap


# --- within ----------------------------------------------------------------------------------------------------------
# Errors are raised in frames that hold no text and no key, and never within an ``except``: a traceback shows its frames and
# what came before, some writers of logs with the local names too.


_Found = TypeVar("_Found")


def _attempt(way: Callable[[], _Found]) -> _Found | None:
    try:
        return way()
    except (InvalidTag, ValueError):  # UnicodeDecodeError is a ValueError
        return None


def _head(kind: Kind, ticket: bytes) -> bytes:
    if len(ticket) != TICKET_LENGTH:
        raise CannotSeal(f"the id of a ticket has {TICKET_LENGTH} bytes, and this has {len(ticket)}")
    return bytes([VERSION]) + _KEM_KDF_AEAD + bytes([_KINDS.index(kind) + 1]) + ticket


def _info(head: bytes, commitment: bytes, recipient: bytes) -> bytes:
    return b"faro wrap 1\0" + head + commitment + recipient


def _keys(content: bytes, head: bytes) -> tuple[bytes, bytes, bytes]:
    """Key and nonce of the body, commitment."""
    wanted = ((b"key", 32), (b"nonce", 12), (b"commitment", _COMMITMENT))
    key, nonce, commitment = (HKDFExpand(SHA256(), size, b"faro " + what + b" 1\0" + head).derive(content) for what, size in wanted)
    return key, nonce, commitment


def _usable(public: bytes) -> X25519PublicKey:
    """Raises CannotSeal, also for the few keys with which every agreement comes out as nought (RFC 7748, section 6.1)."""
    if len(public) != KEY_LENGTH:
        raise CannotSeal(f"a public key has {KEY_LENGTH} bytes, and this has {len(public)}")
    key = X25519PublicKey.from_public_bytes(public)
    if _attempt(lambda: _PROBE.exchange(key)) is None:
        raise CannotSeal("this public key is of no use: everybody could open what is sealed to it")
    return key


# Agrees with a key to see whether one can; nothing is sealed with it.
_PROBE: Final = X25519PrivateKey.from_private_bytes(b"\1" * KEY_LENGTH)


def _padded(text: Words, room: int) -> bytes | None:
    try:
        raw = text.reveal().encode()
    except UnicodeEncodeError:
        return None
    return (len(raw).to_bytes(2) + raw).ljust(room, b"\0") if len(raw) <= room - 2 else None


def _wrap(content: bytes, head: bytes, commitment: bytes, name: bytes, public: X25519PublicKey) -> Wrap:
    return Wrap(name, _SUITE.encrypt(content, public, info=_info(head, commitment, name)))


def _content(envelope: Envelope, private: X25519PrivateKey, kind: Kind, ticket: bytes) -> bytes:
    """The content key. Raises ValueError and InvalidTag: this and the following are called within ``_attempt`` only."""
    name = key_id(private.public_key().public_bytes_raw())
    mine = envelope.released(name)
    if mine is None or (envelope.kind, envelope.ticket) != (kind, ticket):
        raise ValueError
    info = _info(_head(kind, ticket), envelope.commitment, name)
    return _SUITE.decrypt(mine.wraps[0].sealed, private, info=info)


def _read(envelope: Envelope, private: X25519PrivateKey, kind: Kind, ticket: bytes) -> Words:
    head = _head(kind, ticket)
    key, nonce, commitment = _keys(_content(envelope, private, kind, ticket), head)
    if not hmac.compare_digest(commitment, envelope.commitment):
        raise ValueError
    padded = AESGCM(key).decrypt(nonce, envelope.body, head)
    end = 2 + int.from_bytes(padded[:2])
    if len(padded) != ROOM[kind] or end > len(padded) or any(padded[end:]):
        raise ValueError
    return Words(padded[2:end].decode())


def _wrapped_again(
    envelope: Envelope, private: X25519PrivateKey, public: X25519PublicKey, name: bytes, kind: Kind, ticket: bytes
) -> Wrap:
    _read(envelope, private, kind, ticket)  # nobody passes on what they could not read themselves
    content = _content(envelope, private, kind, ticket)
    return _wrap(content, _head(kind, ticket), envelope.commitment, name, public)
