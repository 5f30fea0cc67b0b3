"""Signing in: with a passphrase's proof and a second factor, or with a passkey.

Here belong the checks and the session that begins. Never here: the passphrase (it never leaves the browser), cookies, pages,
enrolling (``bot.staff.enrolment``).

A wrong name, passphrase, second factor, an account that left, one that never enrolled: all get the same answer after the same
work. Salt and options of a passkey are given for every name there could be. ``bot.staff.brakes`` says how tries are slowed.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.staff import audit, brakes, desk_sessions, one_time, passkeys, second_factor
from bot.staff.accounts import account_name
from bot.staff.enrolment import PROOF_LENGTH, proof_mark, salt_of
from bot.staff.locks import CannotUnlock, Locks
from bot.staff.passkeys import Known, Party, PasskeyRefused
from bot.staff.tables import Passkey, Staff

__all__ = ["Later", "SignedIn", "passkey_options", "salt_of", "sign_in", "sign_in_with_passkey"]

_MARK: Final = 48
_PURPOSE: Final = "sign in"
#: Lengths that ids of passkeys usually have.
_ID_LENGTHS: Final = (16, 20, 32)
_NOBODY: Final = uuid.UUID(int=0)

_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_passkey: Any = Passkey.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, repr=False)
class SignedIn:
    """The session that begins."""

    staff_id: uuid.UUID
    token: bytes
    browser: bytes
    """A mark that this browser may keep, so that others who guess do not make it wait. It opens nothing."""
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing was checked: too many tries. Said of every name alike."""

    wait: timedelta


async def sign_in(
    engine: AsyncEngine, locks: Locks, name: str, proof: bytes, second: str, now: datetime, *, browser: bytes = b""
) -> SignedIn | Later | None:
    """``proof``: the first 32 bytes derived from the passphrase. ``second``: six digits of the second factor, or a recovery code.

    ``browser``: the mark of an earlier sign-in, if the browser kept one. None: something is wrong, and nothing says what.
    """
    with db.explained(engine.url):
        name = account_name(name)
        known = _marked(locks, name, browser)
        bucket = brakes.bucket_of_browser(locks, browser) if known else brakes.bucket_of_name(locks, name)
        wait = await brakes.admitted(engine, bucket, now, with_everybody=not known)
        if wait is not None:
            return Later(wait)
        async with engine.begin() as connection:
            row = await _account(connection, name)
            change = _checked(locks, row, proof, second, now)
            if change is None or not await _used(connection, row, change):
                return None
            await brakes.released(connection, bucket, now)
            token = await desk_sessions.begin(connection, row.id, now)
            role = row.roles[0] if row.roles else ""
            if "recovery_hashes" in change:
                await audit.record(connection, row.name, role, "recovery_code_used", row.name, now)
            await audit.record(connection, row.name, role, "signed_in", row.name, now)
        left = len(change.get("recovery_hashes", row.recovery_hashes))
        return SignedIn(row.id, token, browser if known else _mark(locks, name), left)


async def passkey_options(engine: AsyncEngine, locks: Locks, party: Party, name: str, now: datetime) -> dict[str, Any]:
    """For ``navigator.credentials.get``, as JSON, with what each passkey's PRF is asked.

    For a name without passkeys they name one that does not exist, always the same. Without a name, any passkey of this desk may
    answer, and the PRF is asked afterwards.
    """
    challenge = passkeys.challenge(locks, _PURPOSE, now)
    if not name.strip():
        return passkeys.authentication_options(party, challenge)
    with db.explained(engine.url):
        async with engine.connect() as connection:
            asked = select(_passkey.c.id, _passkey.c.prf_salt).join(_staff, _staff.c.id == _passkey.c.staff_id)
            rows = (
                await connection.execute(asked.where(_staff.c.name == account_name(name), _staff.c.active).order_by(_passkey.c.id))
            ).all()
    known = [(row.id, row.prf_salt) for row in rows]
    return passkeys.authentication_options(party, challenge, known or [_invented(locks, name)])


async def sign_in_with_passkey(
    engine: AsyncEngine, locks: Locks, party: Party, credential: Mapping[str, Any], now: datetime
) -> SignedIn | None:
    """``credential``: the browser's answer to ``passkey_options``, as JSON. None: it does not count, or not any more."""
    with db.explained(engine.url):
        async with engine.begin() as connection:
            try:
                row = await _of_passkey(connection, passkeys.credential_id(credential))
                given = passkeys.challenge_in(credential)
                issued = passkeys.made_at(locks, _PURPOSE, given, now)
                if row is None:
                    return None
                count = passkeys.authenticated(party, credential, given, Known(row.key, row.public_key, row.sign_count, b""))
            except PasskeyRefused:
                return None
            # An answer counts once: not again, and not after a newer one.
            fresh = (_passkey.c.id == row.key) & (_passkey.c.challenged_at.is_(None) | (_passkey.c.challenged_at < issued))
            changed = update(_passkey).where(fresh).values(challenged_at=issued, sign_count=count)
            if not (await connection.execute(changed)).rowcount:
                return None
            token = await desk_sessions.begin(connection, row.id, now)
            await audit.record(connection, row.name, row.roles[0] if row.roles else "", "signed_in", row.name, now)
        return SignedIn(row.id, token, _mark(locks, row.name), len(row.recovery_hashes))


# --- within ------------------------------------------------------------------------------------------------------------


async def _account(connection: AsyncConnection, name: str) -> Any:
    """The row of whoever signs in by this name with a passphrase, or one like it of nobody."""
    row = (await connection.execute(select(_staff).where(_staff.c.name == name, _staff.c.active))).first()
    if row is not None and row.proof_hash is not None and row.totp_sealed is not None:
        return row
    return SimpleNamespace(id=_NOBODY, name="", roles=(), proof_hash=None, totp_sealed=None, totp_step=0, recovery_hashes=())


def _checked(locks: Locks, row: Any, proof: bytes, second: str, now: datetime) -> dict[str, Any] | None:
    """What signing in changes in the account's row; None when something is wrong. The same work in any case."""
    owner = row.id.bytes
    mark = proof_mark(locks, owner, proof)
    right = hmac.compare_digest(mark, row.proof_hash or bytes(32)) and len(proof) == PROOF_LENGTH and row.proof_hash is not None
    step = second_factor.step_of(_secret(locks, row), second, now)
    code = one_time.recovery_mark(locks, owner, second)
    left = tuple(each for each in row.recovery_hashes if not hmac.compare_digest(each, code))
    if not right:
        return None
    if step is not None:
        return {"totp_step": step}  # whether it is newer than the last is seen when it is used up
    return {"recovery_hashes": left} if len(left) < len(row.recovery_hashes) else None


def _secret(locks: Locks, row: Any) -> str:
    try:
        return second_factor.unlocked(locks, row.id.bytes, row.totp_sealed or locks.lock("totp", row.id.bytes, b"A" * 32))
    except CannotUnlock:  # of another process secret: its owner enrols again
        return second_factor.text(secrets.token_bytes(20))


async def _used(connection: AsyncConnection, row: Any, change: Mapping[str, Any]) -> bool:
    """Use up the second factor; False where somebody used the same one at this moment."""
    unchanged = (_staff.c.id == row.id) & _staff.c.active
    if "totp_step" in change:
        unchanged &= _staff.c.totp_step < change["totp_step"]
    else:
        unchanged &= _staff.c.recovery_hashes == row.recovery_hashes
    return bool((await connection.execute(update(_staff).where(unchanged).values(**change))).rowcount)


async def _of_passkey(connection: AsyncConnection, id: bytes) -> Any:
    columns = (_staff.c.id, _staff.c.name, _staff.c.roles, _staff.c.recovery_hashes)
    asked = select(*columns, _passkey.c.id.label("key"), _passkey.c.public_key, _passkey.c.sign_count)
    joined = asked.join(_passkey, _passkey.c.staff_id == _staff.c.id).where(_passkey.c.id == id, _staff.c.active)
    return (await connection.execute(joined)).first()


def _invented(locks: Locks, name: str) -> tuple[bytes, bytes]:
    told = (account_name(name) or name).encode("utf-8", "replace")
    drawn = locks.mac("invented passkey", told)
    return drawn[: _ID_LENGTHS[drawn[31] % len(_ID_LENGTHS)]], locks.mac("invented prf salt", told)


def _mark(locks: Locks, name: str) -> bytes:
    nonce = secrets.token_bytes(16)
    return nonce + locks.mac("browser", name.encode(), nonce)


def _marked(locks: Locks, name: str, mark: bytes) -> bool:
    return len(mark) == _MARK and hmac.compare_digest(mark[16:], locks.mac("browser", name.encode(), mark[:16]))
