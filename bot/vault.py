"""The one room: the only module, with a channel adapter's memory, in which data that could identify a person exist.

Here belong the address of whoever writes, and what is derived from it: keyed pseudonyms and keys, and the box in which an
address travels that shall be written to later. Sealing to people on duty is ``bot.sealing``. Never here: conversations,
stores, protocols of a provider. An import contract keeps the list of modules that may import this one.

What the derivation promises. A pseudonym and a key come from three things: the *address*, which arrives with each message
and is stored nowhere; a *process secret*, which is kept apart from the stores; an *epoch*, random, which lives only in the
store and is renewed. The store alone (a dump) leads to nobody. The secret alone leads to nobody. Whoever holds the store
*and* the secret can still try addresses one by one, and telephone numbers are few enough to be tried: people are
therefore *pseudonymous* here, and nothing may call them more than that. Once an epoch is forgotten, not even that works.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import re
from typing import Any, Final, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

MIN_SECRET = 32

TICKET_LENGTH: Final = 16
BOX_ROOM: Final = 128
"""Bytes of a boxed address with its channel, padded: what is in a box does not show in its length."""
_BOX_VERSION: Final = b"\1"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
# Without padding marks: version 1, encapsulated key 32, text, tag 16 are a multiple of three bytes.
_BOX: Final = re.compile(rf"[A-Za-z0-9_-]{{{(1 + 32 + BOX_ROOM + 16) // 3 * 4}}}")


class CannotUnbox(ValueError):
    """This is no box that this process made for this ticket. Says no more, whatever the reason."""

    def __init__(self) -> None:
        super().__init__("this is no box of this ticket: it was made with another secret, for another ticket, or was changed")


class _Mac:
    """HMAC-SHA256 (RFC 2104) under one key, prepared once: each message then costs 1.5 microseconds instead of 4.

    A person costs three or four of them in every turn. A test compares with the standard library's.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) > 64:
            raise ValueError("keys of more than 64 bytes are hashed first")
        block = key.ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, message: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


# Two, because there are two epochs: a renewal pushes the forgotten one out.
_epoch_mac = functools.lru_cache(maxsize=2)(_Mac)


class _Unspoken:
    """Cannot be printed, compared, hashed, copied, pickled or turned into text: no accident writes it down."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is never copied or stored")

    __reduce__ = __reduce_ex__  # type: ignore[assignment]

    def __getstate__(self) -> NoReturn:  # object's own would hand out the slots
        raise TypeError(f"{type(self).__name__} is never copied or stored")

    def __copy__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is never copied or stored")

    def __deepcopy__(self, memo: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is never copied or stored")

    __eq__ = None  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


class Address(_Unspoken):
    """Where a reply goes: a chat, a telephone number. ``channel`` says on which channel; the value needs ``reveal()``."""

    __slots__ = ("_value", "channel")

    def __init__(self, channel: str, value: str) -> None:
        self.channel = channel
        self._value = value

    def reveal(self) -> str:
        """The address as its channel writes it. Called in channels and here, for one message, and never kept."""
        return self._value


class Correspondent(_Unspoken):
    """Whoever writes, as the stores may know them (``bot.exchange.Person``). Lives as long as one message is handled."""

    __slots__ = ("_root", "address")

    def __init__(self, address: Address, root: bytes) -> None:
        self.address = address
        self._root = root

    def pseudonym(self, epoch: bytes, purpose: bytes) -> bytes:
        """16 bytes under which something of this person is kept: different in each epoch and for each purpose."""
        return _epoch_mac(epoch).digest(b"pseudonym\0" + self._root + purpose)[:16]

    def key(self, epoch: bytes, purpose: bytes) -> bytes:
        """32 bytes that open it, and that its pseudonym says nothing about."""
        return _epoch_mac(epoch).digest(b"key\0" + self._root + purpose)


class Vault(_Unspoken):
    """Makes addresses and persons, and boxes addresses. ``secret`` is the process secret.

    Raises ValueError when the secret is shorter than 32 bytes: everything below rests on it.
    """

    __slots__ = ("_bounds", "_persons", "_relay")

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_SECRET:
            raise ValueError(
                f"the process secret has {len(secret)} bytes and needs at least {MIN_SECRET}: set SECRET_KEY to the base64 "
                "text of 32 or more random bytes"
            )
        self._persons = _Mac(hmac.digest(secret, b"faro vault 1 persons", "sha256"))
        self._relay = X25519PrivateKey.from_private_bytes(hmac.digest(secret, b"faro vault 1 relay", "sha256"))
        self._bounds = _Mac(hmac.digest(secret, b"faro vault 1 relay bounds", "sha256"))

    def address(self, channel: str, value: str) -> Address:
        """An address. ``value`` is what the channel's provider calls it, always written in the same way."""
        if not channel or not value:
            raise ValueError("an address needs a channel and a value; the adapter took a message without a sender")
        return Address(channel, value)

    def person(self, address: Address) -> Correspondent:
        """Whoever writes from this address."""
        # The channel's length goes first, so that no channel's name can run into an address.
        named = address.channel.encode()
        root = self._persons.digest(len(named).to_bytes(2) + named + address.reveal().encode())
        return Correspondent(address, root)

    # -- the way back: "write to me here"

    def box(self, address: Address, ticket: bytes) -> str:
        """The address, to be opened by ``unbox`` of the same secret and for the same ticket (16 bytes) only.

        A box lies inside the envelope for the people on duty, whose browser hands it back with each message; no store holds it
        as such, and whoever opens the envelope reads no address. Boxes are all of one length (base64url) and never the same
        twice. Raises ValueError, without the address, where it is longer than any that a channel has."""
        channel, value = address.channel.encode(), address.reveal().encode()
        plain = channel + b"\0" + value + b"\x80"
        if b"\0" in channel + value or len(plain) > BOX_ROOM:
            raise ValueError("this address cannot be boxed: it is longer than any that a channel gives")
        sealed = _SUITE.encrypt(plain.ljust(BOX_ROOM, b"\0"), self._relay.public_key(), info=self._bound(ticket))
        return base64.urlsafe_b64encode(_BOX_VERSION + sealed).decode()

    def unbox(self, box: str, ticket: bytes) -> Address:
        """The address in a box. Raises CannotUnbox for whatever is not a box that this secret made for this ticket."""
        if not _BOX.fullmatch(box):
            raise CannotUnbox
        raw = base64.urlsafe_b64decode(box)
        if raw[:1] != _BOX_VERSION:
            raise CannotUnbox
        try:
            plain = _SUITE.decrypt(raw[1:], self._relay, info=self._bound(ticket))
        except (InvalidTag, ValueError):
            raise CannotUnbox from None
        channel, _, value = plain[: plain.rindex(b"\x80")].partition(b"\0")
        return Address(channel.decode(), value.decode())

    def _bound(self, ticket: bytes) -> bytes:
        """What a box is bound to. Keyed, so that whoever came by the public half could not make boxes of their own (HPKE's base
        mode says nothing of who sealed): a box decides whom Faro writes to."""
        if len(ticket) != TICKET_LENGTH:
            raise ValueError(f"a ticket's id has {TICKET_LENGTH} bytes, and this has {len(ticket)}")
        return b"faro relay 1\0" + self._bounds.digest(ticket)
