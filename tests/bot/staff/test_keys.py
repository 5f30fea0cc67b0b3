"""Keys of staff: one in use, old ones that still open, and whose keys a request is sealed to."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.sealing import CannotOpen, Envelope, key_id, seal, unseal
from bot.staff import keys, recovery
from bot.staff.enrolling import unwrap_private, wrap_private
from bot.staff.keys import KeyRefused, NewWrap
from bot.staff.locks import CannotUnlock, Locks
from bot.staff.roles import Actor
from bot.staff.tables import KeyWrap, Passkey, Staff
from flows.kernel import Words
from tests.bot.staff.world import NOW, after, employ, give_key, on_the_desk, rows

_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_passkey: Any = Passkey.__table__  # type: ignore[attr-defined]
TICKET = bytes(range(16))
WRAPPING = b"w" * 32


def public(private: X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


async def employed(engine: AsyncEngine, name: str = "case-manager-co-1") -> Actor:
    async with engine.begin() as connection:
        return await employ(connection, name)


async def eligible(engine: AsyncEngine, **ticket: Any) -> dict[Any, bytes]:
    async with engine.connect() as connection:
        return await keys.eligible_keys(connection, **{"country": "CO", **ticket})


async def opened_by(engine: AsyncEngine, locks: Locks, somebody: Actor, envelope: Envelope) -> str:
    """What this account's browser reads in an envelope, by whichever of its keys."""
    async with engine.connect() as connection:
        own = await keys.own_keys(connection, locks, somebody.id)
    for key in own:
        if (mine := envelope.released(key.id)) is not None and key.wraps:
            private = unwrap_private(key.wraps[0].wrapped, WRAPPING)
            return unseal(mine, private, kind="note", ticket=TICKET).reveal()
    raise CannotOpen


# --- registering and rotating ------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-5")
async def test_what_was_sealed_before_a_rotation_still_opens_and_what_comes_after_opens_by_the_new_key_only(
    engine: AsyncEngine, locks: Locks
) -> None:
    """Mutation: deleting the old key or its wraps; sealing to the old key after the rotation."""
    somebody, old, new = await employed(engine), X25519PrivateKey.generate(), X25519PrivateKey.generate()
    async with engine.begin() as connection:
        await keys.register(connection, locks, somebody.id, public(old), [NewWrap(wrap_private(old, WRAPPING))], NOW)
    before = seal(Words("before"), "note", TICKET, (await eligible(engine)).values())
    async with engine.begin() as connection:
        wraps = [NewWrap(wrap_private(new, WRAPPING))]
        await keys.rotate(connection, locks, somebody.id, public(new), wraps, after(hours=1), replaces=key_id(public(old)))
    afterwards = seal(Words("after"), "note", TICKET, (await eligible(engine)).values())
    assert await opened_by(engine, locks, somebody, before) == "before"
    assert await opened_by(engine, locks, somebody, afterwards) == "after"
    with pytest.raises(CannotOpen):
        unseal(afterwards, old, kind="note", ticket=TICKET)
    assert before.recipients == (key_id(public(old)),) and afterwards.recipients == (key_id(public(new)),)


@pytest.mark.requirement("P-5")
async def test_a_dump_with_the_process_secret_opens_nothing(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: storing the private key, or its wrapping key, where the server can use it."""
    somebody, private = await on_the_desk(engine, locks, "case-manager-co-1")
    envelope = seal(Words("canary"), "note", TICKET, [public(private)])
    async with engine.connect() as connection:
        (key,) = await keys.own_keys(connection, locks, somebody.id)
    assert private.private_bytes_raw() not in key.wraps[0].wrapped
    known = (locks.mac("wrapped key"), locks.mac("salt"), bytes(31) + b"\1", key.id * 2)
    for guess in known:
        with pytest.raises(ValueError):
            unwrap_private(key.wraps[0].wrapped, guess)
    assert b"canary" not in envelope.encode()


async def test_a_dump_without_the_process_secret_does_not_tell_whether_a_passphrase_is_right(
    engine: AsyncEngine, locks: Locks
) -> None:
    """Mutation: storing the browser's wrap as it came: then guesses at passphrases could be tried at leisure."""
    somebody = await employed(engine)
    private = X25519PrivateKey.generate()
    wrapped = wrap_private(private, WRAPPING)
    async with engine.begin() as connection:
        await keys.register(connection, locks, somebody.id, public(private), [NewWrap(wrapped)], NOW)
    (row,) = await rows(engine, KeyWrap)
    assert wrapped not in row.wrapped
    async with engine.connect() as connection:
        with pytest.raises(CannotUnlock):
            await keys.own_keys(connection, Locks(b"another secret of at least 32 bytes"), somebody.id)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [(b"x" * 31, "32 bytes"), (bytes(32), "everybody could open"), (bytes.fromhex("01" + "00" * 31), "everybody could open")],
    ids=["short", "nought", "one"],
)
async def test_a_key_that_protects_nothing_is_refused(engine: AsyncEngine, locks: Locks, wrong: bytes, why: str) -> None:
    """Mutation: taking any 32 bytes for a key."""
    somebody = await employed(engine)
    with pytest.raises(KeyRefused, match=why):
        async with engine.begin() as connection:
            await keys.register(connection, locks, somebody.id, wrong, [NewWrap(bytes(80))], NOW)


@pytest.mark.parametrize(
    "wraps", [[], [NewWrap(b"")], [NewWrap(bytes(60))], [NewWrap(bytes(500))]], ids=["none", "empty", "short", "long"]
)
async def test_a_key_that_nobody_could_open_is_refused(engine: AsyncEngine, locks: Locks, wraps: list[NewWrap]) -> None:
    """Mutation: a key without a wrapped private half: requests would be sealed to it for nobody."""
    somebody = await employed(engine)
    with pytest.raises(KeyRefused):
        async with engine.begin() as connection:
            await keys.register(connection, locks, somebody.id, public(X25519PrivateKey.generate()), wraps, NOW)
    assert not await eligible(engine)


async def test_an_account_has_one_key_in_use_whoever_registers_at_the_same_moment(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: the unique index of keys in use."""
    somebody = await employed(engine)

    async def one() -> bool:
        try:
            async with engine.begin() as connection:
                await give_key(connection, locks, somebody)
        except KeyRefused:
            return False
        return True

    assert sorted(await asyncio.gather(*(one() for _ in range(4)))) == [False, False, False, True]
    assert len(await eligible(engine)) == 1


async def test_two_tabs_rotate_once(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: not looking which key is replaced."""
    somebody, private = await on_the_desk(engine, locks, "case-manager-co-1")

    async def rotated() -> X25519PrivateKey:
        new = X25519PrivateKey.generate()
        async with engine.begin() as connection:
            wraps = [NewWrap(wrap_private(new, WRAPPING))]
            await keys.rotate(connection, locks, somebody.id, public(new), wraps, NOW, replaces=key_id(public(private)))
        return new

    first = await rotated()
    with pytest.raises(KeyRefused, match="another tab"):
        await rotated()
    assert await eligible(engine) == {somebody.id: public(first)}


async def test_a_retired_key_is_forgotten_once_nothing_sealed_to_it_is_left(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: forgetting it while a contact sealed to it may live (7 days); never."""
    somebody, private = await on_the_desk(engine, locks, "case-manager-co-1")
    async with engine.begin() as connection:
        assert await keys.retire(connection, somebody.id, NOW) == 1
        assert await keys.sweep(connection, after(days=7, hours=23)) == 0
        assert await keys.key_ids(connection, somebody.id) == [key_id(public(private))]
        assert await keys.sweep(connection, after(days=8)) == 1
        assert await keys.key_ids(connection, somebody.id) == []
    assert not await rows(engine, KeyWrap)


async def test_a_further_wrap_is_for_ones_own_key_and_replaces_the_same_way_only(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: adding a wrap to somebody else's key; two wraps of one passphrase."""
    somebody, private = await on_the_desk(engine, locks, "case-manager-co-1")
    other, _ = await on_the_desk(engine, locks, "case-manager-co-2")
    name, by_passkey, again = key_id(public(private)), wrap_private(private, b"p" * 32), wrap_private(private, b"q" * 32)
    async with engine.begin() as connection:
        await keys.add_wrap(connection, locks, somebody.id, name, NewWrap(by_passkey, b"passkey"))
        await keys.add_wrap(connection, locks, somebody.id, name, NewWrap(again))
        with pytest.raises(KeyRefused):
            await keys.add_wrap(connection, locks, other.id, name, NewWrap(again))
        (key,) = await keys.own_keys(connection, locks, somebody.id)
    assert sorted((wrap.passkey_id or b"", wrap.wrapped) for wrap in key.wraps) == [(b"", again), (b"passkey", by_passkey)]


# --- whose keys --------------------------------------------------------------------------------------------------------


async def test_nobody_eligible_is_nothing(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: sealing to somebody all the same: no eligible key, no intake."""
    await on_the_desk(engine, locks, "coordinator-co", "coordinator")
    await on_the_desk(engine, locks, "case-manager-pe-1", countries=("PE",))
    async with engine.begin() as connection:
        await employ(connection, "case-manager-co-without-key")
    assert await eligible(engine) == {}
    async with engine.connect() as connection:
        assert await keys.eligible_staff(connection, country="CO") == []


@pytest.mark.requirement("D-9")
async def test_eligible_is_whoever_may_read_and_has_a_key_in_use(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: any of the conditions: role, country, exclusion, recusal, active, key in use."""
    one, one_key = await on_the_desk(engine, locks, "case-manager-co-1")
    two, two_key = await on_the_desk(engine, locks, "case-manager-co-2", organisation="red-sur")
    child, child_key = await on_the_desk(engine, locks, "child-protection-co", "child_protection", countries=("CO", "PE"))
    boss, boss_key = await on_the_desk(engine, locks, "supervisor-co", "supervisor")
    peru, peru_key = await on_the_desk(engine, locks, "case-manager-pe-1", countries=("PE",))
    retired, _ = await on_the_desk(engine, locks, "case-manager-co-3")
    gone, _ = await on_the_desk(engine, locks, "case-manager-co-4")
    for name in ("psea-co", "coordinator-co", "member-co", "administrator-co"):
        role = {"psea-co": "psea_focal_point"}.get(name, name.removesuffix("-co"))
        await on_the_desk(engine, locks, name, role)
    async with engine.begin() as connection:
        await keys.retire(connection, retired.id, NOW)
        await connection.execute(update(_staff).where(_staff.c.id == gone.id).values(active=False))
    pub = {one.id: public(one_key), two.id: public(two_key), boss.id: public(boss_key)}
    assert await eligible(engine) == pub
    assert await eligible(engine, not_organisations=("red-sur",)) == {id: pub[id] for id in (one.id, boss.id)}
    assert await eligible(engine, refused=(one.id.hex,)) == {id: pub[id] for id in (two.id, boss.id)}
    assert await eligible(engine, countries=("PE",)) == pub | {peru.id: public(peru_key)}
    assert await eligible(engine, child=True) == {child.id: public(child_key)}
    assert set(await eligible(engine, country="PE", child=True)) == {child.id}
    async with engine.connect() as connection:
        assert await keys.eligible_staff(connection, country="CO") == sorted(pub)
        assert await keys.public_keys(connection, [one.id, retired.id, gone.id]) == {one.id: pub[one.id]}


async def test_recovery_keys_are_those_in_use_for_the_purpose(engine: AsyncEngine) -> None:
    """Mutation: requests sealed to the key for complaints; to a retired one."""
    async with engine.connect() as connection:
        assert await keys.recovery_keys(connection, "requests") == {}
        with pytest.raises(ValueError, match="no purpose"):
            await keys.recovery_keys(connection, "everything")
    await recovery.make(engine, "requests", NOW)
    await recovery.make(engine, "complaints", NOW)
    await recovery.make(engine, "requests", after(days=1))
    async with engine.connect() as connection:
        found = await keys.recovery_keys(connection, "requests")
        complaints = await keys.recovery_keys(connection, "complaints")
        newest = (await recovery.listed(connection))[0]
    assert list(found) == [newest.id] and found[newest.id] == newest.public
    assert len(complaints) == 1 and complaints.keys() != found.keys()


async def test_a_passkey_row_is_not_needed_for_its_wrap(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: wraps that vanish from ``own_keys`` when their passkey is unknown, which would hide a key from its owner."""
    somebody, private = await on_the_desk(engine, locks, "case-manager-co-1")
    async with engine.begin() as connection:
        row = {"id": b"passkey", "staff_id": somebody.id, "public_key": b"", "sign_count": 0, "prf_salt": b"", "created_at": NOW}
        await connection.execute(insert(_passkey).values(**row))
        await keys.add_wrap(connection, locks, somebody.id, key_id(public(private)), NewWrap(bytes(80), b"passkey"))
        assert await keys.in_use_since(connection, somebody.id) == NOW
        assert await keys.lose(connection, somebody.id, NOW + timedelta(hours=1)) == 2
        (key,) = await keys.own_keys(connection, locks, somebody.id)
    assert key.wraps == () and key.retired_at == after(hours=1)
