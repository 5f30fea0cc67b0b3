"""The key pair of a request or a complaint: answers are sealed to its public half, and the code alone leads to the private one.

Here belong making the pair, locking and unlocking it, and whether a code leads to something already. Never here: codes and how they
are derived (``bot.codes``), what else is stored.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.codes import Derived
from bot.complaints.tables import Complaint
from bot.tickets.tables import Ticket

_NONCE: Final = 12
_lookups: Final[tuple[Any, ...]] = (Ticket.__table__.c.lookup, Complaint.__table__.c.lookup)  # type: ignore[attr-defined]


class CodeTaken(RuntimeError):
    """A request or a complaint has this code already: the next one is drawn."""

    def __init__(self) -> None:
        super().__init__("this code leads to something else already: draw the next one")


async def taken(connection: AsyncConnection, lookup: bytes) -> bool:
    """Whether a code leads to a request or to a complaint: one code never leads to two things."""
    asked = union_all(*(select(column).where(column == lookup) for column in _lookups))
    return (await connection.execute(asked)).first() is not None


def keyed(derived: Derived, ticket_id: bytes) -> dict[str, bytes]:
    """The columns of a new row: what its code is looked up by, and its own key pair, the private half under the code's key."""
    private = X25519PrivateKey.generate()
    return {
        "lookup": derived.lookup,
        "public": private.public_key().public_bytes_raw(),
        "private_sealed": lock_private(derived.key, ticket_id, private),
    }


def lock_private(key: bytes, ticket_id: bytes, private: X25519PrivateKey) -> bytes:
    """A ticket's private half under the key of its code."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, private.private_bytes_raw(), b"faro ticket key 1" + ticket_id)


def unlock_private(key: bytes, ticket_id: bytes, locked: bytes) -> X25519PrivateKey:
    """What ``lock_private`` was given. Raises InvalidTag."""
    return X25519PrivateKey.from_private_bytes(
        AESGCM(key).decrypt(locked[:_NONCE], locked[_NONCE:], b"faro ticket key 1" + ticket_id)
    )
