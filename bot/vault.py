"""The one room: the only module, with a channel adapter's memory, in which data that could identify a person exist.

Here belong the address of whoever writes, and what is derived from it: keyed pseudonyms and keys. Sealing to people on
duty, its table and its expiry belong here too when they come. Never here: conversations, stores, protocols of a provider.
A test keeps the list of modules that may import this one (channels, effects, jobs, the desk's app, app).

What the derivation promises. A pseudonym and a key come from three things: the *address*, which arrives with each message
and is stored nowhere; a *process secret*, which is kept apart from the stores; an *epoch*, random, which lives only in the
store and is renewed. The store alone (a dump) leads to nobody. The secret alone leads to nobody. Whoever holds the store
*and* the secret can still try addresses one by one, and telephone numbers are few enough to be tried: people are
therefore *pseudonymous* here, and nothing may call them more than that. Once an epoch is forgotten, not even that works.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from typing import Any, NoReturn

MIN_SECRET = 32


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
    """Makes addresses and persons. ``secret`` is the process secret.

    Raises ValueError when the secret is shorter than 32 bytes: everything below rests on it.
    """

    __slots__ = ("_persons",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_SECRET:
            raise ValueError(
                f"the process secret has {len(secret)} bytes and needs at least {MIN_SECRET}: set SECRET_KEY to the base64 "
                "text of 32 or more random bytes"
            )
        self._persons = _Mac(hmac.digest(secret, b"faro vault 1 persons", "sha256"))

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
