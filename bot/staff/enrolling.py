"""What a browser does with a passphrase and a key, in Python: for the demo, commands and tests.

Here belong the derivation, the wrapping and enrolling a demo account. Never here: anything that a live deployment runs; there,
passphrase and private key exist in the browser only (``bot/desk/static/keyring.js``, the same to the byte).

    passphrase, Unicode NFKC, UTF-8 -> PBKDF2-HMAC-SHA-256, 600,000 rounds, salt of the name, 64 bytes
    first 32: the proof, shown to the server at sign-in; last 32: the AES-256-GCM key that wraps the PKCS#8 X25519 key
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.staff import audit, desk_sessions, keys, second_factor
from bot.staff.accounts import StaffRefused
from bot.staff.enrolment import proof_mark, salt_of
from bot.staff.keys import NewWrap
from bot.staff.locks import Locks
from bot.staff.tables import Passkey, Staff

ROUNDS: Final = 600_000
NONCE_LENGTH: Final = 12

_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_passkey: Any = Passkey.__table__  # type: ignore[attr-defined]


class CannotUnwrap(ValueError):
    """Another passphrase wrapped this, or it was changed. Says no more."""

    def __init__(self) -> None:
        super().__init__("this wrapped key cannot be opened with this passphrase")


class Derived(NamedTuple):
    """What follows from a passphrase; 32 bytes each."""

    proof: bytes
    wrapping: bytes


@dataclass(frozen=True, slots=True, repr=False)
class DemoAccount:
    """An enrolled account of the demo, with what only its owner would know."""

    staff_id: uuid.UUID
    name: str
    totp_secret: str
    private: X25519PrivateKey


def derive(passphrase: str, salt: bytes, rounds: int = ROUNDS) -> Derived:
    """Proof and wrapping key; 0.2 s of work. Fewer rounds are for tests only."""
    typed = unicodedata.normalize("NFKC", passphrase).encode()
    raw = hashlib.pbkdf2_hmac("sha256", typed, salt, rounds, 64)
    return Derived(raw[:32], raw[32:])


def new_key() -> X25519PrivateKey:
    """A fresh key pair."""
    return X25519PrivateKey.generate()


def wrap_private(private: X25519PrivateKey, wrapping: bytes) -> bytes:
    """nonce 12 · AES-256-GCM of the PKCS#8 key: what ``crypto.subtle.wrapKey("pkcs8", …)`` gives, after its nonce."""
    nonce = secrets.token_bytes(NONCE_LENGTH)
    pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return nonce + AESGCM(wrapping).encrypt(nonce, pkcs8, None)


def unwrap_private(wrapped: bytes, wrapping: bytes) -> X25519PrivateKey:
    """The private key again, also from a browser's wrap. Raises CannotUnwrap."""
    try:
        found = load_der_private_key(AESGCM(wrapping).decrypt(wrapped[:NONCE_LENGTH], wrapped[NONCE_LENGTH:], None), None)
    except (InvalidTag, ValueError):
        found = None
    if not isinstance(found, X25519PrivateKey):
        raise CannotUnwrap
    return found


async def enrol_for_demo(
    engine: AsyncEngine, locks: Locks, name: str, passphrase: str, now: datetime, *, rounds: int = ROUNDS
) -> DemoAccount:
    """Enrol an account without its code, with this passphrase, a new key and a new second factor; replaces what it had.

    Raises StaffRefused."""
    salt, secret, private = salt_of(locks, name), second_factor.text(secrets.token_bytes(20)), new_key()
    derived = await asyncio.to_thread(derive, passphrase, salt, rounds)
    with db.explained(engine.url):
        async with engine.begin() as connection:
            row = (await connection.execute(select(_staff).where(_staff.c.name == name, _staff.c.active))).first()
            if row is None:
                raise StaffRefused(f"There is no active account {name!r}; `python -m bot staff list` shows all.")
            values = {
                "salt": salt,
                "proof_hash": proof_mark(locks, row.id.bytes, derived.proof),
                "totp_sealed": second_factor.locked(locks, row.id.bytes, secret),
                "totp_step": 0,
                "recovery_hashes": (),
                "enrolment_hash": None,
                "enrolment_ends_at": None,
            }
            await connection.execute(update(_staff).where(_staff.c.id == row.id).values(**values))
            await connection.execute(delete(_passkey).where(_passkey.c.staff_id == row.id))
            await desk_sessions.end_all(connection, row.id)
            await keys.lose(connection, row.id, now)
            wrap = NewWrap(wrap_private(private, derived.wrapping))
            await keys.register(connection, locks, row.id, private.public_key().public_bytes_raw(), [wrap], now)
            await audit.record(connection, audit.COMMAND, "", "enrolled", name, now)
    return DemoAccount(row.id, name, secret, private)
