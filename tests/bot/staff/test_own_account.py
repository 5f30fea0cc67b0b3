"""What somebody changes about their own account."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.sealing import key_id
from bot.staff import desk_sessions, enrolment, keys, own_account, passkeys, signin
from bot.staff.accounts import issue_enrolment
from bot.staff.desk_sessions import Open
from bot.staff.enrolling import DemoAccount, enrol_for_demo, unwrap_private, wrap_private
from bot.staff.enrolment import NewKey
from bot.staff.keys import KeyRefused
from bot.staff.locks import Locks
from bot.staff.roles import Actor
from bot.staff.signin import Later, SignedIn
from bot.staff.tables import AuditEntry, DeskSession, KeyWrap, Passkey
from tests.bot.staff.world import NOW, PARTY, PASSPHRASE, ROUNDS, Authenticator, after, derived, employ, rows, totp

NAME = "case-manager-co-1"
NEW = "another passphrase"


@dataclasses.dataclass
class Owner:
    """Somebody signed in, with a passphrase and a key."""

    engine: AsyncEngine
    locks: Locks
    actor: Actor
    session: Open
    account: DemoAccount

    async def keys(self) -> list[keys.OwnKey]:
        async with self.engine.connect() as connection:
            return await keys.own_keys(connection, self.locks, self.actor.id)

    async def standing(self) -> own_account.Standing:
        async with self.engine.connect() as connection:
            return await own_account.standing(connection, self.actor)

    async def adds(self, device: Authenticator, now: Any = NOW, **changes: Any) -> bytes | None:
        options = await own_account.passkey_options(self.engine, self.locks, PARTY, self.actor, self.session, NOW)
        credential = device.create(options)
        wraps = changes.get("wraps", {key.id: wrap_private(self.account.private, b"p" * 32) for key in await self.keys()})
        return await own_account.add_passkey(
            self.engine, self.locks, PARTY, self.actor, changes.get("session", self.session), credential, wraps, now
        )

    async def changes(self, old: bytes, wraps: dict[bytes, bytes] | None = None, now: Any = NOW) -> bool | Later:
        new = derived(self.locks, NAME, NEW)
        given = wraps
        if given is None:
            given = {key.id: wrap_private(self.account.private, new.wrapping) for key in await self.keys()}
        return await own_account.change_passphrase(self.engine, self.locks, self.actor, self.session, old, new.proof, given, now)

    async def signs_in(self, passphrase: str, now: Any) -> SignedIn | Later | None:
        proof = derived(self.locks, NAME, passphrase).proof
        return await signin.sign_in(self.engine, self.locks, NAME, proof, totp(self.account.totp_secret, now), now)


@pytest.fixture
async def owner(engine: AsyncEngine, locks: Locks) -> Owner:
    async with engine.begin() as connection:
        await employ(connection, NAME)
    account = await enrol_for_demo(engine, locks, NAME, PASSPHRASE, NOW, rounds=ROUNDS)
    async with engine.begin() as connection:
        token = await desk_sessions.begin(connection, account.staff_id, NOW)
    found = await desk_sessions.find(engine, token, NOW)
    assert found is not None
    return Owner(engine, locks, found.actor, found.session, account)


async def recorded(engine: AsyncEngine) -> list[str]:
    return [row.what for row in await rows(engine, AuditEntry)]


# --- passphrase and codes ----------------------------------------------------------------------------------------------


async def test_a_new_passphrase_signs_in_and_opens_every_key_and_the_old_one_nothing(engine: AsyncEngine, owner: Owner) -> None:
    """Mutation: leaving an old wrap behind; leaving other sessions open; a retired key that the new passphrase cannot open."""
    new_key = X25519PrivateKey.generate()
    wrapped = wrap_private(new_key, derived(owner.locks, NAME).wrapping)
    pair = NewKey(new_key.public_key().public_bytes_raw(), wrapped)
    old_id = (await owner.keys())[0].id
    await own_account.rotate_key(engine, owner.locks, owner.actor, pair, old_id, None, NOW)
    async with engine.begin() as connection:
        other = await desk_sessions.begin(connection, owner.actor.id, NOW)
    new = derived(owner.locks, NAME, NEW)
    wraps = {key_id(pair.public): wrap_private(new_key, new.wrapping), old_id: wrap_private(owner.account.private, new.wrapping)}
    assert await owner.changes(derived(owner.locks, NAME).proof, wraps) is True
    assert await owner.signs_in(PASSPHRASE, after(minutes=1)) is None
    assert isinstance(await owner.signs_in(NEW, after(minutes=1)), SignedIn)
    opened = {key.id: unwrap_private(key.wraps[0].wrapped, new.wrapping).private_bytes_raw() for key in await owner.keys()}
    assert opened == {key_id(pair.public): new_key.private_bytes_raw(), old_id: owner.account.private.private_bytes_raw()}
    assert all(len(key.wraps) == 1 for key in await owner.keys())
    assert await desk_sessions.find(engine, other, NOW) is None
    assert owner.session.id in [row.id for row in await rows(engine, DeskSession)]
    assert "passphrase_changed" in await recorded(engine)


async def test_a_wrong_old_passphrase_changes_nothing_and_is_slowed(engine: AsyncEngine, owner: Owner) -> None:
    """Mutation: not asking for the old one: whoever finds an open page takes the account; no brake."""
    before = await rows(engine, KeyWrap)
    for _ in range(4):
        assert await owner.changes(bytes(32)) is False
    assert isinstance(await owner.changes(bytes(32)), Later)
    assert await rows(engine, KeyWrap) == before
    assert isinstance(await owner.signs_in(PASSPHRASE, after(minutes=1)), SignedIn)


@pytest.mark.parametrize("wraps", ["none", "of another", "broken"])
async def test_a_new_passphrase_that_would_lose_a_key_is_refused(engine: AsyncEngine, owner: Owner, wraps: str) -> None:
    """Mutation: changing the proof before the wraps are there: the key would be lost for ever."""
    own = (await owner.keys())[0].id
    given = {"none": {}, "of another": {b"x" * 16: bytes(80)}, "broken": {own: b"short"}}[wraps]
    before = await rows(engine, KeyWrap)
    with pytest.raises(KeyRefused):
        await owner.changes(derived(owner.locks, NAME).proof, given)
    assert await rows(engine, KeyWrap) == before
    assert isinstance(await owner.signs_in(PASSPHRASE, after(minutes=1)), SignedIn)


async def test_new_recovery_codes_replace_the_old_ones(engine: AsyncEngine, owner: Owner) -> None:
    """Mutation: adding to the old ones; storing them readable."""
    first = await own_account.renew_recovery_codes(engine, owner.locks, owner.actor, NOW)
    second = await own_account.renew_recovery_codes(engine, owner.locks, owner.actor, NOW)
    proof = derived(owner.locks, NAME).proof
    assert (await owner.standing()).recovery_codes_left == 8
    assert await signin.sign_in(engine, owner.locks, NAME, proof, first[0], NOW) is None
    assert isinstance(await signin.sign_in(engine, owner.locks, NAME, proof, second[0], NOW), SignedIn)


# --- keys --------------------------------------------------------------------------------------------------------------


async def test_a_key_is_rotated_from_the_page_that_shows_the_present_one(engine: AsyncEngine, owner: Owner) -> None:
    """Mutation: a second first key; replacing whatever is there."""
    pair = NewKey(X25519PrivateKey.generate().public_key().public_bytes_raw(), bytes(80))
    with pytest.raises(KeyRefused):
        await own_account.rotate_key(engine, owner.locks, owner.actor, pair, None, None, NOW)
    with pytest.raises(KeyRefused):
        await own_account.rotate_key(engine, owner.locks, owner.actor, pair, b"x" * 16, None, NOW)
    made = await own_account.rotate_key(engine, owner.locks, owner.actor, pair, (await owner.keys())[0].id, None, after(hours=1))
    assert made == key_id(pair.public) == (await owner.keys())[0].id
    assert (await owner.standing()).key_since == after(hours=1)
    assert "key_rotated" in await recorded(engine)


# --- passkeys ----------------------------------------------------------------------------------------------------------


async def test_a_further_passkey_signs_in_and_opens_the_keys(engine: AsyncEngine, owner: Owner) -> None:
    """Mutation: a passkey without its wraps; PRF asked with another salt than at sign-in."""
    device = Authenticator()
    assert await owner.adds(device) == device.id
    options = await signin.passkey_options(engine, owner.locks, PARTY, NAME, after(minutes=1))
    assert [each["id"] for each in options["allowCredentials"]] == [passkeys.packed(device.id)]
    done = await signin.sign_in_with_passkey(engine, owner.locks, PARTY, device.get(options), after(minutes=1))
    assert done is not None and done.staff_id == owner.actor.id
    (key,) = await owner.keys()
    by_passkey = next(wrap for wrap in key.wraps if wrap.passkey_id == device.id)
    assert unwrap_private(by_passkey.wrapped, b"p" * 32).private_bytes_raw() == owner.account.private.private_bytes_raw()
    standing = await owner.standing()
    assert standing.passphrase and standing.passkeys == ((device.id, NOW),)
    assert isinstance(await owner.signs_in(PASSPHRASE, after(minutes=2)), SignedIn), "the passphrase works as before"


async def test_a_challenge_is_answered_once_in_its_session_and_in_time(engine: AsyncEngine, owner: Owner) -> None:
    """Mutation: not taking the challenge away; taking one of another session; of any age."""
    async with engine.begin() as connection:
        token = await desk_sessions.begin(connection, owner.actor.id, NOW)
    other = await desk_sessions.find(engine, token, NOW)
    assert other is not None
    assert await owner.adds(Authenticator(), session=other.session) is None
    assert await owner.adds(Authenticator(), after(minutes=6)) is None
    options = await own_account.passkey_options(engine, owner.locks, PARTY, owner.actor, owner.session, NOW)
    given = [Authenticator(id).create(options) for id in (b"one", b"two")]
    added = [await own_account.add_passkey(engine, owner.locks, PARTY, owner.actor, owner.session, each, {}, NOW) for each in given]
    assert added == [b"one", None]


async def test_a_passkey_belongs_to_one_account(engine: AsyncEngine, owner: Owner) -> None:
    """Mutation: replacing the row: somebody would sign in as somebody else."""
    device = Authenticator()
    await owner.adds(device)
    with pytest.raises(KeyRefused):
        await owner.adds(device)
    options = await own_account.passkey_options(engine, owner.locks, PARTY, owner.actor, owner.session, NOW)
    assert [each["id"] for each in options["excludeCredentials"]] == [passkeys.packed(device.id)]
    assert len(await rows(engine, Passkey)) == 1


async def test_a_passkey_may_learn_to_open_keys_later(engine: AsyncEngine, owner: Owner) -> None:
    """Mutation: wraps for a passkey of somebody else."""
    device = Authenticator()
    await owner.adds(device, wraps={})
    (key,) = await owner.keys()
    assert [wrap.passkey_id for wrap in key.wraps] == [None]
    wraps = {key.id: wrap_private(owner.account.private, b"p" * 32)}
    await own_account.wrap_by_passkey(engine, owner.locks, owner.actor, device.id, wraps)
    assert {wrap.passkey_id for wrap in (await owner.keys())[0].wraps} == {None, device.id}
    with pytest.raises(KeyRefused):
        await own_account.wrap_by_passkey(engine, owner.locks, owner.actor, b"of somebody else", wraps)


async def test_a_passkey_that_is_taken_away_signs_in_no_more_and_opens_nothing(engine: AsyncEngine, owner: Owner) -> None:
    """Mutation: leaving its wraps; taking away that of somebody else."""
    device = Authenticator()
    await owner.adds(device)
    options = await signin.passkey_options(engine, owner.locks, PARTY, NAME, after(minutes=1))
    assert await own_account.remove_passkey(engine, owner.actor, b"of somebody else", NOW) is False
    assert await own_account.remove_passkey(engine, owner.actor, device.id, NOW) is True
    assert await signin.sign_in_with_passkey(engine, owner.locks, PARTY, device.get(options), after(minutes=1)) is None
    assert [wrap.passkey_id for wrap in (await owner.keys())[0].wraps] == [None]


async def test_the_last_way_in_and_the_last_way_to_open_stay(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: letting somebody lock themselves out, or lose their key, with one press."""
    async with engine.begin() as connection:
        actor = await employ(connection, NAME)
    code, device = (await issue_enrolment(engine, NAME, NOW)).code, Authenticator()
    begun = await enrolment.begin(engine, locks, PARTY, NAME, code, NOW)
    assert begun is not None
    pair = NewKey(X25519PrivateKey.generate().public_key().public_bytes_raw(), bytes(80))
    done = await enrolment.with_passkey(engine, locks, PARTY, NAME, code, device.create(begun.passkey_options), pair, NOW)
    found = await desk_sessions.find(engine, done.token, NOW) if done else None
    assert found is not None
    with pytest.raises(KeyRefused, match="only way to sign in"):
        await own_account.remove_passkey(engine, actor, device.id, NOW)
    second = Authenticator(b"second")
    options = await own_account.passkey_options(engine, locks, PARTY, actor, found.session, NOW)
    await own_account.add_passkey(engine, locks, PARTY, actor, found.session, second.create(options), {}, NOW)
    with pytest.raises(KeyRefused, match="Only this passkey opens your key"):
        await own_account.remove_passkey(engine, actor, device.id, NOW)
    assert await own_account.remove_passkey(engine, actor, second.id, NOW) is True
