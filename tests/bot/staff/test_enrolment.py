"""Taking an account into use, once, by passphrase or passkey; and again after a loss."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.sealing import CannotOpen, key_id, seal, unseal
from bot.staff import desk_sessions, enrolment, keys
from bot.staff.accounts import issue_enrolment
from bot.staff.enrolling import new_key, unwrap_private, wrap_private
from bot.staff.enrolment import Enrolled, NewKey
from bot.staff.locks import Locks
from bot.staff.tables import AuditEntry, KeyWrap, Passkey
from flows.kernel import Words
from tests.bot.staff.world import NOW, PARTY, Authenticator, after, derived, employ, rows, totp, whole

NAME = "case-manager-co-1"
TICKET = bytes(16)


async def coded(engine: AsyncEngine, name: str = NAME) -> str:
    async with engine.begin() as connection:
        await employ(connection, name)
    return (await issue_enrolment(engine, name, NOW)).code


def pair(locks: Locks, name: str = NAME, passphrase: str = "correct horse battery") -> tuple[Any, NewKey]:
    private = new_key()
    return private, NewKey(
        private.public_key().public_bytes_raw(), wrap_private(private, derived(locks, name, passphrase).wrapping)
    )


async def enrol(engine: AsyncEngine, locks: Locks, code: str, key: NewKey | None = None, **changes: Any) -> Enrolled | None:
    now = changes.get("now", NOW)
    name = changes.get("name", NAME)
    begun = await enrolment.begin(engine, locks, PARTY, name, code, now)
    second = changes.get("totp", totp(begun.totp_secret, now) if begun else "000000")
    proof = changes.get("proof", derived(locks, name).proof)
    return await enrolment.with_passphrase(engine, locks, name, code, proof, second, key or pair(locks)[1], now)


async def test_a_code_takes_an_account_into_use_and_the_session_begins(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: no session; no key; the proof or the second factor stored as it came."""
    code = await coded(engine)
    begun = await enrolment.begin(engine, locks, PARTY, NAME, code, NOW)
    again = await enrolment.begin(engine, locks, PARTY, NAME, code, after(minutes=3))
    assert begun is not None and again is not None and begun.totp_secret == again.totp_secret and begun.salt == again.salt
    assert NAME in begun.totp_uri and begun.totp_secret in begun.totp_uri
    private, key = pair(locks)
    done = await enrol(engine, locks, code, key)
    assert done is not None and len(set(done.recovery_codes)) == 8
    found = await desk_sessions.find(engine, done.token, NOW)
    assert found is not None and found.actor.name == NAME
    row = await whole(engine, NAME)
    assert row.enrolment_hash is None and row.enrolment_ends_at is None and len(row.recovery_hashes) == 8
    assert derived(locks, NAME).proof not in row.proof_hash and begun.totp_secret.encode() not in row.totp_sealed
    async with engine.connect() as connection:
        (own,) = await keys.own_keys(connection, locks, row.id)
    opened = unwrap_private(own.wraps[0].wrapped, derived(locks, NAME).wrapping)
    assert opened.private_bytes_raw() == private.private_bytes_raw() and own.public == key.public
    assert [each.what for each in await rows(engine, AuditEntry)] == ["enrolment_issued", "enrolled", "key_registered"]


async def test_a_code_works_once(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: leaving the hash in place, so that whoever finds the code takes the account over."""
    code = await coded(engine)
    assert await enrol(engine, locks, code) is not None
    assert await enrolment.begin(engine, locks, PARTY, NAME, code, NOW) is None
    assert await enrol(engine, locks, code) is None


async def test_of_two_at_the_same_moment_one_enrols(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: using the code up without looking whether it still is there."""
    code = await coded(engine)
    done = await asyncio.gather(*(enrol(engine, locks, code) for _ in range(3)), return_exceptions=True)
    assert len([each for each in done if isinstance(each, Enrolled)]) == 1, done
    assert len(await rows(engine, KeyWrap)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"now": after(hours=72)},
        {"name": "case-manager-co-2"},
        {"name": ""},
        {"totp": "000000"},
        {"totp": ""},
        {"proof": b"short"},
    ],
    ids=["late", "other name", "no name", "wrong second factor", "no second factor", "no proof"],
)
async def test_anything_wrong_enrols_nobody_and_uses_nothing_up(engine: AsyncEngine, locks: Locks, change: dict[str, Any]) -> None:
    """Mutation: any of the checks; a code used up by a mistyped second factor."""
    code = await coded(engine)
    if change.get("name"):
        await coded(engine, change["name"])
    assert await enrol(engine, locks, code, **change) is None
    assert await enrol(engine, locks, code, now=after(hours=71)) is not None


async def test_the_second_factor_used_to_enrol_does_not_sign_in_again(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: not keeping the step."""
    assert await enrol(engine, locks, await coded(engine)) is not None
    assert (await whole(engine, NAME)).totp_step == int(NOW.timestamp()) // 30


@pytest.mark.requirement("P-5")
async def test_after_a_loss_a_new_enrolment_replaces_everything_and_opens_nothing_old(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: keeping the wraps, passkeys or sessions of whoever found the lost device; handing the old key on."""
    old, key = pair(locks)
    first = await enrol(engine, locks, await coded(engine), key)
    assert first is not None
    envelope = seal(Words("before the loss"), "note", TICKET, [key.public])
    code = (await issue_enrolment(engine, NAME, after(days=1))).code
    assert await desk_sessions.find(engine, first.token, NOW) is not None, "until the code is used, nothing changes"
    new, fresh = pair(locks, passphrase="another passphrase")
    second = await enrol(engine, locks, code, fresh, now=after(days=1), proof=derived(locks, NAME, "another passphrase").proof)
    assert second is not None and set(second.recovery_codes).isdisjoint(first.recovery_codes)
    assert await desk_sessions.find(engine, first.token, NOW) is None
    row = await whole(engine, NAME)
    async with engine.connect() as connection:
        own = await keys.own_keys(connection, locks, row.id)
        assert await keys.eligible_keys(connection, country="CO") == {row.id: fresh.public}
    assert [(each.id, len(each.wraps)) for each in own] == [(key_id(fresh.public), 1), (key_id(key.public), 0)]
    with pytest.raises(CannotOpen):
        unseal(envelope, new, kind="note", ticket=TICKET)
    assert unseal(envelope, old, kind="note", ticket=TICKET).reveal() == "before the loss"
    assert "key_lost" in [each.what for each in await rows(engine, AuditEntry)]


async def test_an_account_may_enrol_with_a_passkey_instead(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: a salt or proof left behind, so that an empty passphrase might sign in; the wrap not bound to the passkey."""
    code, device = await coded(engine), Authenticator()
    begun = await enrolment.begin(engine, locks, PARTY, NAME, code, NOW)
    assert begun is not None
    credential = device.create(begun.passkey_options)
    done = await enrolment.with_passkey(engine, locks, PARTY, NAME, code, credential, pair(locks)[1], after(minutes=1))
    assert done is not None and await desk_sessions.find(engine, done.token, after(minutes=1)) is not None
    row = await whole(engine, NAME)
    assert (row.salt, row.proof_hash, row.totp_sealed) == (None, None, None)
    (passkey,) = await rows(engine, Passkey)
    (wrap,) = await rows(engine, KeyWrap)
    assert wrap.passkey_id == passkey.id == device.id and passkey.staff_id == row.id
    asked = begun.passkey_options["extensions"]["prf"]["eval"]["first"]
    assert len(passkey.prf_salt) == 32 and asked.encode() not in passkey.public_key


@pytest.mark.parametrize("wrong", ["late", "other code", "other origin", "unverified", "garbage", "empty"])
async def test_a_passkeys_answer_that_does_not_count_enrols_nobody(engine: AsyncEngine, locks: Locks, wrong: str) -> None:
    """Mutation: any of the checks of the answer; an exception that holds what the browser sent."""
    code, device = await coded(engine), Authenticator(verifies=wrong != "unverified")
    begun = await enrolment.begin(engine, locks, PARTY, NAME, code, NOW)
    assert begun is not None
    origin = "https://desk.example.com" if wrong == "other origin" else PARTY.origin
    credential: dict[str, Any] = device.create(begun.passkey_options, origin)
    credential = {"garbage": {"rawId": 5, "response": "no"}, "empty": {}}.get(wrong, credential)
    now = after(minutes=6) if wrong == "late" else NOW
    given = code[:-1] + ("0" if code[-1] != "0" else "1") if wrong == "other code" else code
    assert await enrolment.with_passkey(engine, locks, PARTY, NAME, given, credential, None, now) is None
    assert not await rows(engine, Passkey) and (await whole(engine, NAME)).enrolment_hash is not None


async def test_a_challenge_of_one_account_enrols_no_other(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: challenges that do not say for whom they are."""
    mine, theirs = await coded(engine), await coded(engine, "case-manager-co-2")
    begun = await enrolment.begin(engine, locks, PARTY, NAME, mine, NOW)
    assert begun is not None
    credential = Authenticator().create(begun.passkey_options)
    assert await enrolment.with_passkey(engine, locks, PARTY, "case-manager-co-2", theirs, credential, None, NOW) is None
