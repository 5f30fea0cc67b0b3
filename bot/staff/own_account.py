"""What somebody changes about their own account: passphrase, recovery codes, passkeys, key.

Here belong these changes, each in one transaction with its audit entry. Never here: what others change about an account
(``bot.staff.accounts``, ``bot.staff.leaving``), pages.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.staff import audit, brakes, desk_sessions, keys, one_time, passkeys
from bot.staff.desk_sessions import Open
from bot.staff.enrolment import PROOF_LENGTH, NewKey, proof_mark
from bot.staff.keys import KeyRefused, NewWrap
from bot.staff.locks import Locks
from bot.staff.passkeys import Party, PasskeyRefused
from bot.staff.roles import Actor
from bot.staff.signin import Later
from bot.staff.tables import DeskSession, KeyWrap, Passkey, Staff

_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_session: Any = DeskSession.__table__  # type: ignore[attr-defined]
_passkey: Any = Passkey.__table__  # type: ignore[attr-defined]
_wrap: Any = KeyWrap.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account signs in, for its own page."""

    passphrase: bool
    passkeys: tuple[tuple[bytes, datetime], ...]
    """Id, and when it was added."""
    recovery_codes_left: int
    has_key: bool
    """Without one, nothing sealed can be read."""
    key_since: datetime | None


async def standing(connection: AsyncConnection, actor: Actor) -> Standing:
    """As it is now."""
    row = (await connection.execute(select(_staff).where(_staff.c.id == actor.id))).one()
    kept = select(_passkey.c.id, _passkey.c.created_at).where(_passkey.c.staff_id == actor.id).order_by(_passkey.c.created_at)
    listed = (await connection.execute(kept)).all()
    since = await keys.in_use_since(connection, actor.id)
    ways = tuple((each.id, each.created_at) for each in listed)
    return Standing(row.proof_hash is not None, ways, len(row.recovery_hashes), since is not None, since)


async def change_passphrase(
    engine: AsyncEngine,
    locks: Locks,
    actor: Actor,
    session: Open,
    old_proof: bytes,
    new_proof: bytes,
    wraps: Mapping[bytes, bytes],
    now: datetime,
) -> bool | Later:
    """From the old passphrase to a new one; other sessions of the account end. False: the old proof is wrong.

    ``wraps``: for every key of the account that the old passphrase opens, retired ones too: its id and the private half wrapped
    anew (``keys.own_keys`` gave the old wraps). The salt stays that of the name. Raises KeyRefused.
    """
    bucket = brakes.bucket_of_browser(locks, session.id)
    wait = await brakes.admitted(engine, bucket, now, with_everybody=False)
    if wait is not None:
        return Later(wait)
    async with engine.begin() as connection:
        kept = (await connection.execute(select(_staff.c.proof_hash).where(_staff.c.id == actor.id))).scalar()
        if kept is None or not hmac.compare_digest(kept, proof_mark(locks, actor.id.bytes, old_proof)):
            return False
        if len(new_proof) != PROOF_LENGTH:
            raise KeyRefused(f"A proof has {PROOF_LENGTH} bytes, and this has {len(new_proof)}; load the page again.")
        as_read = (_staff.c.id == actor.id) & (_staff.c.proof_hash == kept)
        changed = update(_staff).where(as_read).values(proof_hash=proof_mark(locks, actor.id.bytes, new_proof))
        if not (await connection.execute(changed)).rowcount:
            return False
        await keys.replace_passphrase_wraps(connection, locks, actor.id, wraps)
        await brakes.released(connection, bucket, now)
        await desk_sessions.end_all(connection, actor.id, but=session.id)
        await _record(connection, actor, "passphrase_changed", now)
    await db.checkpoint(engine)
    return True


async def renew_recovery_codes(engine: AsyncEngine, locks: Locks, actor: Actor, now: datetime) -> tuple[str, ...]:
    """A new set, shown once; the old ones are worth nothing from now on."""
    codes = one_time.recovery_codes()
    marks = tuple(one_time.recovery_mark(locks, actor.id.bytes, each) for each in codes)
    async with engine.begin() as connection:
        await connection.execute(update(_staff).where(_staff.c.id == actor.id).values(recovery_hashes=marks))
        await _record(connection, actor, "recovery_codes_renewed", now)
    return codes


async def rotate_key(
    engine: AsyncEngine, locks: Locks, actor: Actor, key: NewKey, replaces: bytes | None, passkey_id: bytes | None, now: datetime
) -> bytes:
    """A new key in place of the one in use, or a first one (``replaces`` None); its id. The old one still opens what it opened.

    ``passkey_id``: the passkey whose PRF wrapped the new key; None: the passphrase. Raises KeyRefused."""
    wraps = [NewWrap(key.wrapped, passkey_id)]
    async with engine.begin() as connection:
        if replaces is None:
            made = await keys.register(connection, locks, actor.id, key.public, wraps, now)
        else:
            made = await keys.rotate(connection, locks, actor.id, key.public, wraps, now, replaces=replaces)
        await _record(connection, actor, "key_registered" if replaces is None else "key_rotated", now)
    return made


# --- passkeys ----------------------------------------------------------------------------------------------------------


async def passkey_options(
    engine: AsyncEngine, locks: Locks, party: Party, actor: Actor, session: Open, now: datetime
) -> dict[str, Any]:
    """For ``navigator.credentials.create``: a further passkey for whoever is signed in."""
    challenge = passkeys.challenge(locks, _purpose(actor), now)
    async with engine.begin() as connection:
        known = (await connection.execute(select(_passkey.c.id).where(_passkey.c.staff_id == actor.id))).scalars().all()
        await connection.execute(update(_session).where(_session.c.id == session.id).values(challenge=challenge))
    return passkeys.registration_options(locks, party, actor.id, actor.name, challenge, known)


async def add_passkey(
    engine: AsyncEngine,
    locks: Locks,
    party: Party,
    actor: Actor,
    session: Open,
    credential: Mapping[str, Any],
    wraps: Mapping[bytes, bytes],
    now: datetime,
) -> bytes | None:
    """Take the passkey that answered this session's ``passkey_options``; its id. None: the answer does not count.

    ``wraps``: id of each own key and its private half, wrapped by the passkey's PRF. Empty where the passkey has none: it then
    signs in, and the passphrase opens the keys. Raises KeyRefused.
    """
    async with engine.begin() as connection:
        asked = select(_session.c.challenge).where(_session.c.id == session.id)
        given = (await connection.execute(asked)).scalar()
        taken = update(_session).where(_session.c.id == session.id, _session.c.challenge == given).values(challenge=None)
        if given is None or not (await connection.execute(taken)).rowcount:
            return None
        try:
            issued = passkeys.made_at(locks, _purpose(actor), given, now)
            found = passkeys.registered(party, credential, given)
        except PasskeyRefused:
            return None  # the challenge is used up all the same
        values = {"id": found.id, "staff_id": actor.id, "public_key": found.public_key, "sign_count": found.sign_count}
        times = {"challenged_at": issued, "created_at": now}
        try:
            await connection.execute(insert(_passkey).values(**values, **times, prf_salt=passkeys.prf_salt(locks, given)))
        except IntegrityError:
            raise KeyRefused("This passkey is registered already; take another one.") from None
        for key, wrapped in wraps.items():
            await keys.add_wrap(connection, locks, actor.id, key, NewWrap(wrapped, found.id))
        await _record(connection, actor, "passkey_added", now)
        return found.id


async def wrap_by_passkey(engine: AsyncEngine, locks: Locks, actor: Actor, passkey_id: bytes, wraps: Mapping[bytes, bytes]) -> None:
    """Let a passkey of one's own open one's keys; for browsers that tell its PRF only after it was added. Raises KeyRefused."""
    async with engine.begin() as connection:
        own = select(_passkey.c.id).where(_passkey.c.id == passkey_id, _passkey.c.staff_id == actor.id)
        if (await connection.execute(own)).first() is None:
            raise KeyRefused("There is no such passkey; load the page again.")
        for key, wrapped in wraps.items():
            await keys.add_wrap(connection, locks, actor.id, key, NewWrap(wrapped, passkey_id))


async def remove_passkey(engine: AsyncEngine, actor: Actor, passkey_id: bytes, now: datetime) -> bool:
    """Take a passkey away, and what it opened. False: there is none. Raises KeyRefused for the last way to sign in or to open."""
    async with engine.begin() as connection:
        state = await standing(connection, actor)
        if passkey_id not in [id for id, _ in state.passkeys]:
            return False
        if not state.passphrase and len(state.passkeys) == 1:
            raise KeyRefused("This is the only way to sign in; add another passkey first.")
        mine = await keys.key_ids(connection, actor.id)
        others = select(_wrap.c.key_id).where(_wrap.c.key_id.in_(mine), _wrap.c.passkey_id.is_distinct_from(passkey_id))
        if state.has_key and mine[0] not in (await connection.execute(others)).scalars().all():
            raise KeyRefused("Only this passkey opens your key; add another way to open it first.")
        await connection.execute(delete(_wrap).where(_wrap.c.key_id.in_(mine), _wrap.c.passkey_id == passkey_id))
        await connection.execute(delete(_passkey).where(_passkey.c.id == passkey_id))
        await _record(connection, actor, "passkey_removed", now)
    await db.checkpoint(engine)
    return True


async def _record(connection: AsyncConnection, actor: Actor, what: str, now: datetime) -> None:
    await audit.record(connection, actor.name, actor.roles[0] if actor.roles else "", what, actor.name, now)


def _purpose(actor: Actor) -> str:
    return f"passkey of {actor.id.hex}"
