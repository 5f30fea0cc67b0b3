"""Taking an account into use with its one-time code: how it signs in from now on, and its first key.

Here belong the two ways (passphrase with a second factor; passkey) and what enrolling again replaces. Never here: making
accounts and codes (``bot.staff.accounts``), signing in (``bot.staff.signin``).

Whoever enrols again, because a passphrase or a device is lost, gets a new key. Nobody, the server least, can open what was
sealed to the old one; colleagues who can open re-wrap it, or two sheets of the recovery key do (``bot.staff.recovery``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyotp
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.staff import audit, desk_sessions, keys, one_time, passkeys, second_factor
from bot.staff.accounts import account_name
from bot.staff.keys import KeyRefused, NewWrap
from bot.staff.locks import Locks
from bot.staff.passkeys import Party, PasskeyRefused
from bot.staff.tables import Passkey, Staff

PROOF_LENGTH: Final = 32
SALT_LENGTH: Final = 16

_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_passkey: Any = Passkey.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, repr=False)
class Begun:
    """What the page of enrolment shows and works with. The same each time until the code is used."""

    salt: bytes
    """For the derivation from the passphrase."""
    totp_uri: str
    """``otpauth://…``, for the QR code."""
    totp_secret: str
    """The same secret in base32, to be typed."""
    passkey_options: dict[str, Any]
    """For ``navigator.credentials.create``, where somebody takes a passkey instead."""


@dataclass(frozen=True, slots=True, repr=False)
class Enrolled:
    """In use. ``token``: of the session that begins; ``recovery_codes``: shown once."""

    token: bytes
    recovery_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """The key pair that the browser made: public half, and the private one as it wrapped it. ``wrapped``: nonce 12 and
    AES-256-GCM of the PKCS#8 key."""

    public: bytes
    wrapped: bytes


def salt_of(locks: Locks, name: str) -> bytes:
    """The salt of a name, whether or not there is an account of that name: nobody learns from it who there is."""
    return locks.mac("salt", (account_name(name) or name).encode("utf-8", "replace"))[:SALT_LENGTH]


def proof_mark(locks: Locks, owner: bytes, proof: bytes) -> bytes:
    """What is kept of a sign-in proof: without the process secret, a dump does not even tell whether a guess is right."""
    return locks.mac("proof", owner, proof)


async def begin(engine: AsyncEngine, locks: Locks, party: Party, name: str, code: str, now: datetime) -> Begun | None:
    """What to show to somebody who holds this code. None: no such code for this name, used, or over."""
    with db.explained(engine.url):
        async with engine.connect() as connection:
            row = await _holder(connection, name, code, now)
            if row is None:
                return None
            known = (await connection.execute(select(_passkey.c.id).where(_passkey.c.staff_id == row.id))).scalars().all()
    secret = _totp_secret(locks, row)
    challenge = passkeys.challenge(locks, _purpose(row), now)
    return Begun(
        salt_of(locks, row.name),
        pyotp.TOTP(secret).provisioning_uri(name=row.name, issuer_name=party.name),
        secret,
        passkeys.registration_options(locks, party, row.id, row.name, challenge, known),
    )


async def with_passphrase(
    engine: AsyncEngine, locks: Locks, name: str, code: str, proof: bytes, totp: str, key: NewKey | None, now: datetime
) -> Enrolled | None:
    """Enrol with a proof derived from a passphrase and a code of the second factor.

    ``key``: sealed requests need one; a coordinator can do without. None: a wrong code of either kind; the enrolment code is
    not used up then. Raises KeyRefused.
    """
    with db.explained(engine.url):
        async with engine.begin() as connection:
            row = await _holder(connection, name, code, now)
            step = second_factor.step_of(_totp_secret(locks, row), totp, now) if row is not None else None
            if row is None or step is None or len(proof) != PROOF_LENGTH:
                return None
            values = {
                "salt": salt_of(locks, row.name),
                "proof_hash": proof_mark(locks, row.id.bytes, proof),
                "totp_sealed": second_factor.locked(locks, row.id.bytes, _totp_secret(locks, row)),
                "totp_step": step,
            }
            return await _finish(connection, engine, locks, row, values, key, None, now)


async def with_passkey(
    engine: AsyncEngine,
    locks: Locks,
    party: Party,
    name: str,
    code: str,
    credential: Mapping[str, Any],
    key: NewKey | None,
    now: datetime,
) -> Enrolled | None:
    """Enrol with the passkey that answered ``Begun.passkey_options``; its PRF wrapped the key.

    None: no such code, or the passkey's answer does not count. Raises KeyRefused."""
    with db.explained(engine.url):
        async with engine.begin() as connection:
            row = await _holder(connection, name, code, now)
            if row is None:
                return None
            try:
                given = passkeys.challenge_in(credential)
                issued = passkeys.made_at(locks, _purpose(row), given, now)
                found = passkeys.registered(party, credential, given)
            except PasskeyRefused:
                return None
            made = {
                "id": found.id,
                "staff_id": row.id,
                "public_key": found.public_key,
                "sign_count": found.sign_count,
                "prf_salt": passkeys.prf_salt(locks, given),
                "challenged_at": issued,
                "created_at": now,
            }
            values = {"salt": None, "proof_hash": None, "totp_sealed": None, "totp_step": 0}
            return await _finish(connection, engine, locks, row, values, key, made, now)


async def _finish(
    connection: AsyncConnection,
    engine: AsyncEngine,
    locks: Locks,
    row: Any,
    values: dict[str, Any],
    key: NewKey | None,
    passkey: dict[str, Any] | None,
    now: datetime,
) -> Enrolled | None:
    """Use up the code and replace everything that the account signed in with before."""
    codes = one_time.recovery_codes()
    marks = tuple(one_time.recovery_mark(locks, row.id.bytes, each) for each in codes)
    unused = (_staff.c.id == row.id) & (_staff.c.enrolment_hash == row.enrolment_hash) & _staff.c.active
    used = {"enrolment_hash": None, "enrolment_ends_at": None, "recovery_hashes": marks}
    if not (await connection.execute(update(_staff).where(unused).values(**values, **used))).rowcount:
        return None  # somebody else used it at this moment
    had_key = bool(await keys.key_ids(connection, row.id))
    await keys.lose(connection, row.id, now)
    await connection.execute(delete(_passkey).where(_passkey.c.staff_id == row.id))
    await desk_sessions.end_all(connection, row.id)
    if passkey is not None:
        try:
            await connection.execute(insert(_passkey).values(**passkey))
        except IntegrityError:
            raise KeyRefused("This passkey belongs to another account already; take another one.") from None
    if key is not None:
        wrap = NewWrap(key.wrapped, passkey["id"] if passkey is not None else None)
        await keys.register(connection, locks, row.id, key.public, [wrap], now)
    token = await desk_sessions.begin(connection, row.id, now)
    role = row.roles[0] if row.roles else ""
    for what in ("key_lost",) * had_key + ("enrolled",) + ("key_registered",) * (key is not None):
        await audit.record(connection, row.name, role, what, row.name, now)
    return Enrolled(token, codes)


async def _holder(connection: AsyncConnection, name: str, code: str, now: datetime) -> Any:
    """The account that this code takes into use, or None."""
    asked = select(_staff).where(
        _staff.c.name == account_name(name), _staff.c.active, _staff.c.enrolment_hash == one_time.enrolment_hash(code)
    )
    row = (await connection.execute(asked)).first()
    return row if row is not None and row.enrolment_ends_at is not None and now < row.enrolment_ends_at else None


def _totp_secret(locks: Locks, row: Any) -> str:
    """Follows from the code's hash: the same however often the page is loaded, and kept only once the code is used."""
    return second_factor.text(locks.mac("totp secret", row.id.bytes, row.enrolment_hash)[:20])


def _purpose(row: Any) -> str:
    return f"enrol {row.id.hex}"
