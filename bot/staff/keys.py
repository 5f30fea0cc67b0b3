"""Public keys of staff, the wrapped private halves that their browsers made, and to whom a request is sealed.

Here belong registering, adding a wrap, rotating, retiring, and the one question "whose keys may open this". Never here: a
private key in the clear, a passphrase, envelopes and what they hold.

An account has at most one key that is not retired: new envelopes are sealed to that one. A retired key keeps its wraps, so that
what was sealed to it before can still be opened, until ``sweep`` forgets it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints.tables import ComplaintItem
from bot.sealing import KEY_LENGTH, Envelope, key_id
from bot.staff.locks import Locks
from bot.staff.roles import Actor, may_read
from bot.staff.tables import RECOVERY_PURPOSES, KeyWrap, RecoveryKey, Staff, StaffKey

RETIRED_KEPT: Final = timedelta(days=8)
"""Contact, card and notes of a request live 7 days at most; after that a retired key opens none of them."""
WRAPPED_LENGTHS: Final = range(12 + 48 + 16, 12 + 96 + 16)
"""Bytes of a wrapped PKCS#8 key: nonce, key (48, or some more with optional attributes), tag."""

_PURPOSE: Final = "wrapped key"
_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_key: Any = StaffKey.__table__  # type: ignore[attr-defined]
_wrap: Any = KeyWrap.__table__  # type: ignore[attr-defined]
_said: Any = ComplaintItem.__table__  # type: ignore[attr-defined]
_recovery: Any = RecoveryKey.__table__  # type: ignore[attr-defined]


class KeyRefused(ValueError):
    """The key or wrap was not taken; the text says why and what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class NewWrap:
    """A private key as a browser wrapped it: nonce 12 and AES-256-GCM of the PKCS#8 key."""

    wrapped: bytes
    passkey_id: bytes | None = None
    """The passkey that opens it; None: the passphrase."""


@dataclass(frozen=True, slots=True, repr=False)
class OwnKey:
    """A key of one's own, for one's own browser."""

    id: bytes
    public: bytes
    retired_at: datetime | None
    wraps: tuple[NewWrap, ...]


async def register(
    connection: AsyncConnection, locks: Locks, staff_id: uuid.UUID, public: bytes, wraps: Sequence[NewWrap], now: datetime
) -> bytes:
    """Take an account's first key, or its next one after the last was retired; the key's id.

    In the caller's transaction, which is to be given up when this raises. Raises KeyRefused: no usable key, no wrap, or there
    is a key in use already.
    """
    _check_public(public)
    if not wraps:
        raise KeyRefused("A key without a wrapped private half could never open anything; send at least one wrap.")
    name = key_id(public)
    try:
        await connection.execute(insert(_key).values(id=name, staff_id=staff_id, public=public, created_at=now))
    except IntegrityError:
        raise KeyRefused("This account has a key in use, or this key was registered before; rotate the key instead.") from None
    for wrap in wraps:
        await _insert_wrap(connection, locks, name, wrap)
    return name


async def add_wrap(connection: AsyncConnection, locks: Locks, staff_id: uuid.UUID, key: bytes, wrap: NewWrap) -> None:
    """One further way to open one's own key, such as another passkey; replaces the wrap of the same passkey or passphrase.

    Raises KeyRefused where the key is not this account's."""
    own = select(_key.c.id).where(_key.c.id == key, _key.c.staff_id == staff_id)
    if (await connection.execute(own)).first() is None:
        raise KeyRefused("There is no such key; load the page again.")
    await connection.execute(delete(_wrap).where(_wrap.c.key_id == key, _wrap.c.passkey_id == wrap.passkey_id))
    await _insert_wrap(connection, locks, key, wrap)


async def rotate(
    connection: AsyncConnection,
    locks: Locks,
    staff_id: uuid.UUID,
    public: bytes,
    wraps: Sequence[NewWrap],
    now: datetime,
    *,
    replaces: bytes | None = None,
) -> bytes:
    """Take a new key and retire the one in use, which still opens what was sealed to it; the new key's id.

    ``replaces``: id of the key that the browser took for the one in use; where it is another by now (two tabs), nothing is
    done. Raises KeyRefused.
    """
    in_use = (_key.c.staff_id == staff_id) & _key.c.retired_at.is_(None)
    at = in_use if replaces is None else in_use & (_key.c.id == replaces)
    if not (await connection.execute(update(_key).where(at).values(retired_at=now))).rowcount:
        raise KeyRefused("The key was changed meanwhile, perhaps in another tab; load the page again.")
    return await register(connection, locks, staff_id, public, wraps, now)


async def retire(connection: AsyncConnection, staff_id: uuid.UUID, now: datetime) -> int:
    """Nothing more is sealed to this account's key; how many keys that was (0 or 1)."""
    in_use = (_key.c.staff_id == staff_id) & _key.c.retired_at.is_(None)
    return int((await connection.execute(update(_key).where(in_use).values(retired_at=now))).rowcount)


async def lose(connection: AsyncConnection, staff_id: uuid.UUID, now: datetime) -> int:
    """Retire the key and delete every wrapped private half: nobody opens anything by this account's keys again.

    How many wraps were deleted. Call ``db.checkpoint`` after the commit."""
    await retire(connection, staff_id, now)
    of_account = select(_key.c.id).where(_key.c.staff_id == staff_id).scalar_subquery()
    return int((await connection.execute(delete(_wrap).where(_wrap.c.key_id.in_(of_account)))).rowcount)


async def own_keys(connection: AsyncConnection, locks: Locks, staff_id: uuid.UUID) -> list[OwnKey]:
    """Every key of an account with its wraps, the one in use first: what its own browser needs. Raises CannotUnlock."""
    kept = select(_key).where(_key.c.staff_id == staff_id).order_by(_key.c.retired_at.is_not(None), _key.c.created_at.desc())
    rows = (await connection.execute(kept)).all()
    wraps: dict[bytes, list[NewWrap]] = {row.id: [] for row in rows}
    for row in (await connection.execute(select(_wrap).where(_wrap.c.key_id.in_(wraps)))).all():
        wraps[row.key_id].append(NewWrap(locks.unlock(_PURPOSE, row.key_id, row.wrapped), row.passkey_id))
    return [OwnKey(row.id, row.public, row.retired_at, tuple(wraps[row.id])) for row in rows]


async def sweep(connection: AsyncConnection, now: datetime) -> int:
    """Forget keys that were retired so long ago that nothing sealed to them is left; how many. For a job.

    What was said in a complaint lives longer than a request, as long as that one is worked on: its keys stay."""
    old = _key.c.retired_at <= now - RETIRED_KEPT
    names = set((await connection.execute(select(_key.c.id).where(old))).scalars())
    if not names:
        return 0
    said = await connection.stream(select(_said.c.envelope).where(_said.c.kind != "answer"))
    async for (raw,) in said:
        names.difference_update(Envelope.decode(raw).recipients)
    return int((await connection.execute(delete(_key).where(old, _key.c.id.in_(names)))).rowcount)


# --- to whom -----------------------------------------------------------------------------------------------------------


async def eligible_keys(
    connection: AsyncConnection,
    *,
    country: str,
    countries: Collection[str] = (),
    child: bool = False,
    not_organisations: Collection[str] = (),
    refused: Collection[str] = (),
) -> dict[uuid.UUID, bytes]:
    """Account -> public key (32 bytes) of everyone who may read such a request (``roles.may_read``). Empty: no intake.

    The arguments are the columns of a ticket of the same names.
    """
    columns = (_staff.c.id, _staff.c.name, _staff.c.organisation, _staff.c.roles, _staff.c.countries, _staff.c.lang)
    with_key = select(*columns, _key.c.public).join(_key, _key.c.staff_id == _staff.c.id)
    rows = (await connection.execute(with_key.where(_staff.c.active, _key.c.retired_at.is_(None)))).all()
    return {
        row.id: row.public
        for row in rows
        if may_read(
            Actor.of(row),
            country=country,
            countries=countries,
            child=child,
            not_organisations=not_organisations,
            refused=refused,
        )
    }


async def eligible_staff(
    connection: AsyncConnection,
    *,
    country: str,
    countries: Collection[str] = (),
    child: bool = False,
    not_organisations: Collection[str] = (),
    refused: Collection[str] = (),
) -> list[uuid.UUID]:
    """The accounts of ``eligible_keys``, in a fixed order: whom to alert, and who may claim."""
    found = await eligible_keys(
        connection, country=country, countries=countries, child=child, not_organisations=not_organisations, refused=refused
    )
    return sorted(found)


async def public_keys(connection: AsyncConnection, staff_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    """Account -> public key in use, of those of these accounts that are active and have one: for a named receiver."""
    in_use = select(_key.c.staff_id, _key.c.public).join(_staff, _staff.c.id == _key.c.staff_id)
    asked = in_use.where(_key.c.staff_id.in_(list(staff_ids)), _key.c.retired_at.is_(None), _staff.c.active)
    return {row.staff_id: row.public for row in (await connection.execute(asked)).all()}


async def key_ids(connection: AsyncConnection, staff_id: uuid.UUID) -> list[bytes]:
    """Ids of all keys of an account, the one in use first: an envelope releases the wrap of one of them."""
    kept = select(_key.c.id).where(_key.c.staff_id == staff_id).order_by(_key.c.retired_at.is_not(None), _key.c.created_at.desc())
    return list((await connection.execute(kept)).scalars())


async def openable(connection: AsyncConnection) -> set[bytes]:
    """Ids of all keys, retired ones too, that somebody who is active can still open: they have a wrap."""
    of_active = select(_key.c.id).join(_staff, _staff.c.id == _key.c.staff_id).where(_staff.c.active)
    with_wrap = of_active.where(_key.c.id.in_(select(_wrap.c.key_id)))
    return set((await connection.execute(with_wrap)).scalars())


async def in_use_since(connection: AsyncConnection, staff_id: uuid.UUID) -> datetime | None:
    """When the key in use was registered; None: there is none."""
    kept = select(_key.c.created_at).where(_key.c.staff_id == staff_id, _key.c.retired_at.is_(None))
    found: datetime | None = (await connection.execute(kept)).scalar()
    return found


async def recovery_keys(connection: AsyncConnection, purpose: str) -> dict[bytes, bytes]:
    """Id -> public key of every recovery key in use for ``requests`` or ``complaints``."""
    if purpose not in RECOVERY_PURPOSES:
        raise ValueError(f"{purpose!r} is no purpose of a recovery key; they are {', '.join(RECOVERY_PURPOSES)}.")
    asked = select(_recovery.c.id, _recovery.c.public).where(_recovery.c.purpose == purpose, _recovery.c.retired_at.is_(None))
    return {row.id: row.public for row in (await connection.execute(asked)).all()}


# --- within ------------------------------------------------------------------------------------------------------------


async def replace_passphrase_wraps(
    connection: AsyncConnection, locks: Locks, staff_id: uuid.UUID, wraps: Mapping[bytes, bytes]
) -> None:
    """Put in new wraps where the old ones were made with the old passphrase. Raises KeyRefused when one is left out."""
    own = select(_key.c.id).where(_key.c.staff_id == staff_id).scalar_subquery()
    old = select(_wrap.c.key_id).where(_wrap.c.key_id.in_(own), _wrap.c.passkey_id.is_(None))
    if set((await connection.execute(old)).scalars()) != set(wraps):
        raise KeyRefused("Every key that the old passphrase opens needs a wrap of the new one; load the page again.")
    for key, wrapped in wraps.items():
        await add_wrap(connection, locks, staff_id, key, NewWrap(wrapped))


async def _insert_wrap(connection: AsyncConnection, locks: Locks, key: bytes, wrap: NewWrap) -> None:
    if len(wrap.wrapped) not in WRAPPED_LENGTHS:
        raise KeyRefused(f"A wrapped key of {len(wrap.wrapped)} bytes is none; it is a nonce and the encrypted PKCS#8 key.")
    locked = locks.lock(_PURPOSE, key, wrap.wrapped)
    await connection.execute(insert(_wrap).values(id=uuid.uuid4(), key_id=key, passkey_id=wrap.passkey_id, wrapped=locked))


def _check_public(public: bytes) -> None:
    if len(public) != KEY_LENGTH:
        raise KeyRefused(f"A public key has {KEY_LENGTH} bytes, and this has {len(public)}.")
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:  # the few with which every agreement comes out as nought (RFC 7748, section 6.1)
        raise KeyRefused("This public key is of no use: everybody could open what is sealed to it.") from None
