"""Signing in: right, wrong in every way, again, too often."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import event, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.staff import brakes, desk_sessions, enrolment, passkeys, signin
from bot.staff.accounts import issue_enrolment
from bot.staff.enrolling import enrol_for_demo
from bot.staff.leaving import leave
from bot.staff.locks import Locks
from bot.staff.signin import Later, SignedIn
from bot.staff.tables import AuditEntry, DeskSession, Passkey, Staff
from tests.bot.staff.world import NOW, PARTY, PASSPHRASE, ROUNDS, SECRET, Authenticator, after, derived, employ, rows, totp, whole

NAME = "case-manager-co-1"
_staff: Any = Staff.__table__  # type: ignore[attr-defined]


@dataclasses.dataclass
class Enrolled:
    """Somebody who can sign in, and tries."""

    engine: AsyncEngine
    locks: Locks
    secret: str
    recovery: tuple[str, ...]

    async def tries(self, now: datetime, name: str = NAME, browser: bytes = b"", **changes: Any) -> SignedIn | Later | None:
        proof = changes.get("proof", derived(self.locks, name).proof)
        second = changes.get("second", totp(self.secret, now))
        return await signin.sign_in(self.engine, self.locks, name, proof, second, now, browser=browser)


@pytest.fixture
async def somebody(engine: AsyncEngine, locks: Locks) -> Enrolled:
    async with engine.begin() as connection:
        await employ(connection, NAME)
        await employ(connection, "administrator-1", "administrator")
    code = (await issue_enrolment(engine, NAME, after(days=-1))).code
    begun = await enrolment.begin(engine, locks, PARTY, NAME, code, after(days=-1))
    assert begun is not None
    second = totp(begun.totp_secret, after(days=-1))
    done = await enrolment.with_passphrase(engine, locks, NAME, code, derived(locks, NAME).proof, second, None, after(days=-1))
    assert done is not None
    return Enrolled(engine, locks, begun.totp_secret, done.recovery_codes)


# --- right and wrong ---------------------------------------------------------------------------------------------------


async def test_name_passphrase_and_second_factor_begin_a_session(engine: AsyncEngine, somebody: Enrolled) -> None:
    """Mutation: a session of somebody else; no entry in the audit."""
    done = await somebody.tries(NOW, name=NAME)
    assert isinstance(done, SignedIn) and done.recovery_codes_left == 8
    found = await desk_sessions.find(engine, done.token, NOW)
    assert found is not None and found.actor.id == done.staff_id == (await whole(engine, NAME)).id
    assert [each.what for each in await rows(engine, AuditEntry)][-1] == "signed_in"


@pytest.mark.parametrize("name", ["Case-Manager-CO-1", f" {NAME} "])
async def test_a_phone_that_writes_capitals_signs_in_all_the_same(somebody: Enrolled, name: str) -> None:
    """Mutation: a name that must be typed to the letter; a salt that depends on its capitals."""
    assert isinstance(await somebody.tries(NOW, name=name), SignedIn)


@pytest.mark.parametrize("seconds", [-30, 0, 30])
async def test_a_clock_that_is_a_step_off_is_good_enough(somebody: Enrolled, seconds: int) -> None:
    """Mutation: the present step only."""
    assert isinstance(await somebody.tries(NOW, second=totp(somebody.secret, after(seconds=seconds))), SignedIn)


WRONG: Final[list[dict[str, Any]]] = [
    {"name": "case-manager-co-9"},
    {"name": "administrator-1"},
    {"name": ""},
    {"name": "a\0'; --"},
    {"name": "\ud800"},
    {"proof": bytes(32)},
    {"proof": b""},
    {"second": "000000"},
    {"second": ""},
    {"second": "٣٤٥"},
    {"second": "\ud800"},
    {"second": "0" * 12},
    {"steps": 2},
    {"steps": -2},
]


async def test_anything_wrong_begins_no_session_and_says_no_more(engine: AsyncEngine, somebody: Enrolled) -> None:
    """Mutation: any of the checks; a second factor of two steps ago; an account that never enrolled with an empty proof."""
    before = len(await rows(engine, DeskSession))
    for place, wrong in enumerate(WRONG):
        now = after(minutes=20 * place)
        if "steps" in wrong:
            wrong = {"second": totp(somebody.secret, now + timedelta(seconds=30 * wrong["steps"]))}
        assert await somebody.tries(now, **wrong) is None, wrong
    assert len(await rows(engine, DeskSession)) == before
    assert isinstance(await somebody.tries(after(days=1)), SignedIn)


async def test_a_code_of_the_second_factor_counts_once(somebody: Enrolled) -> None:
    """Mutation: not keeping the step; keeping it but taking the same one again."""
    used = totp(somebody.secret, NOW)
    assert isinstance(await somebody.tries(NOW, second=used), SignedIn)
    assert await somebody.tries(after(seconds=5), second=used) is None
    assert await somebody.tries(after(seconds=5), second=totp(somebody.secret, after(seconds=-30))) is None, "an older one"
    assert isinstance(await somebody.tries(after(seconds=31)), SignedIn)


@pytest.mark.parametrize("factor", ["second factor", "recovery code"])
async def test_a_code_used_by_two_who_read_the_account_at_the_same_moment_counts_once(
    engine: AsyncEngine, somebody: Enrolled, factor: str
) -> None:
    """Mutation: writing what was used without looking whether somebody else just did."""
    second = totp(somebody.secret, NOW) if factor == "second factor" else somebody.recovery[0]
    row = await whole(engine, NAME)
    change = signin._checked(somebody.locks, row, derived(somebody.locks, NAME).proof, second, NOW)
    assert change is not None
    used = []
    for _ in range(2):
        async with engine.begin() as connection:
            used.append(await signin._used(connection, row, change))
    assert used == [True, False]


async def test_a_recovery_code_stands_in_once(engine: AsyncEngine, somebody: Enrolled) -> None:
    """Mutation: not using it up; using up all of them; taking it without the passphrase."""
    code = somebody.recovery[3].lower().replace("-", " ")
    assert await somebody.tries(NOW, second=code, proof=bytes(32)) is None
    done = await somebody.tries(after(seconds=1), second=code)
    assert isinstance(done, SignedIn) and done.recovery_codes_left == 7
    assert await somebody.tries(after(minutes=20), second=code) is None
    assert isinstance(await somebody.tries(after(minutes=21), second=somebody.recovery[0]), SignedIn)
    assert "recovery_code_used" in [each.what for each in await rows(engine, AuditEntry)]


async def test_whoever_left_signs_in_no_more(engine: AsyncEngine, somebody: Enrolled) -> None:
    """Mutation: not asking whether the account is active."""
    await leave(engine, NAME, NOW)
    assert await somebody.tries(NOW) is None


async def test_under_another_process_secret_nobody_signs_in_and_nothing_breaks(engine: AsyncEngine, somebody: Enrolled) -> None:
    """Mutation: an exception where a secret cannot be unlocked."""
    somebody.locks = Locks(b"another secret of at least 32 bytes")
    assert await somebody.tries(NOW) is None


async def test_a_wrong_name_is_answered_after_the_same_work(engine: AsyncEngine, somebody: Enrolled) -> None:
    """Mutation: an early end for a name that does not exist: the statements tell who there is."""

    async def work(minute: int, **wrong: Any) -> list[str]:
        seen: list[str] = []
        note: Callable[..., None] = lambda *given: seen.append(given[2])  # noqa: E731
        event.listen(engine.sync_engine, "before_cursor_execute", note)
        assert await somebody.tries(after(minutes=minute), **wrong) is None
        event.remove(engine.sync_engine, "before_cursor_execute", note)
        return seen

    for name in (NAME, "case-manager-co-9", "administrator-1"):
        await somebody.tries(after(minutes=-1), name=name, proof=bytes(32))  # each has its row of brakes now
    known = await work(0, second="000000")
    assert known == await work(1, name="case-manager-co-9") == await work(2, name="administrator-1")
    assert known == await work(3, proof=bytes(32)) and len(known) > 3


def test_a_salt_is_given_for_every_name_and_always_the_same(locks: Locks) -> None:
    """Mutation: chance, or nothing, for names that do not exist; the same salt for all names or all deployments."""
    names = [NAME, "case-manager-co-9", "", "\ud800", "a@b"]
    assert len({signin.salt_of(locks, name) for name in names}) == len(names)
    assert {len(signin.salt_of(locks, name)) for name in names} == {16}
    assert signin.salt_of(locks, NAME) == signin.salt_of(Locks(SECRET), NAME.upper())
    assert signin.salt_of(Locks(bytes(32)), NAME) != signin.salt_of(locks, NAME)


# --- brakes ------------------------------------------------------------------------------------------------------------


async def fails(somebody: Enrolled, now: datetime, name: str = NAME, browser: bytes = b"") -> SignedIn | Later | None:
    return await somebody.tries(now, name=name, browser=browser, proof=bytes(32))


async def test_guessing_gets_slower_and_never_slower_than_a_minute(somebody: Enrolled) -> None:
    """Mutation: no wait; a wait that grows without end; a lock."""
    now, waits = NOW, []
    for _ in range(12):
        done = await fails(somebody, now)
        waits.append(done.wait.total_seconds() if isinstance(done, Later) else 0)
        if isinstance(done, Later):
            assert isinstance(await fails(somebody, now + done.wait - timedelta(seconds=0.5)), Later)
            now += done.wait
            assert await fails(somebody, now) is None
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_a_right_person_gets_in_after_the_wait_and_the_brake_is_off(somebody: Enrolled) -> None:
    """Mutation: counting on after a right try; refusing a right one because of the wrong ones before."""
    for _ in range(4):
        assert await fails(somebody, NOW) is None
    assert isinstance(await somebody.tries(NOW), Later)
    assert isinstance(await somebody.tries(after(seconds=2)), SignedIn)
    for _ in range(3):
        assert await fails(somebody, after(seconds=40)) is None


async def test_a_thousand_at_once_are_as_slow_as_one_after_another(somebody: Enrolled) -> None:
    """Mutation: looking at the brake and writing it afterwards, without looking again."""
    done = await asyncio.gather(*(fails(somebody, NOW) for _ in range(20)))
    assert len([each for each in done if each is None]) <= brakes.FREE_TRIES + 1


async def test_failures_are_forgiven_after_a_while(somebody: Enrolled) -> None:
    """Mutation: remembering them for ever."""
    for _ in range(4):
        await fails(somebody, NOW)
    for _ in range(4):
        assert await fails(somebody, after(minutes=16)) is None


async def test_a_browser_that_signed_in_before_waits_for_nobody_who_guesses_elsewhere(somebody: Enrolled) -> None:
    """Mutation: one brake for both, so that whoever hammers on a name keeps its owner out."""
    first = await somebody.tries(NOW)
    assert isinstance(first, SignedIn)
    for second in range(40):
        await fails(somebody, after(seconds=31 + second))
    now = after(seconds=72)
    assert isinstance(await somebody.tries(now), Later)
    assert isinstance(await somebody.tries(now, browser=first.browser), SignedIn)


@pytest.mark.parametrize("wrong", ["forged", "of another name", "short"])
async def test_a_mark_that_is_not_this_browsers_gives_nothing(engine: AsyncEngine, somebody: Enrolled, wrong: str) -> None:
    """Mutation: taking any mark, so that each guess brings a new one and is never slowed; a mark that holds for all names."""
    first = await somebody.tries(NOW)
    assert isinstance(first, SignedIn)
    mark = {"forged": bytes(48), "short": first.browser[:20], "of another name": first.browser}[wrong]
    name = "administrator-1" if wrong == "of another name" else NAME
    for _ in range(4):
        assert await fails(somebody, after(minutes=1), name=name, browser=mark) is None
    assert isinstance(await fails(somebody, after(minutes=1), name=name, browser=mark), Later)
    assert isinstance(await fails(somebody, after(minutes=1), name=name), Later), "the same brake as without a mark"


async def test_a_known_browser_is_slowed_too(somebody: Enrolled) -> None:
    """Mutation: no brake for whoever has a mark: a stolen one would try without end."""
    first = await somebody.tries(NOW)
    assert isinstance(first, SignedIn)
    done = [await fails(somebody, after(minutes=1), browser=first.browser) for _ in range(5)]
    assert done[:4] == [None] * 4 and isinstance(done[4], Later)


async def test_names_by_the_thousand_are_slowed_together(engine: AsyncEngine, somebody: Enrolled) -> None:
    """Mutation: a brake for each name only, so that one guess for each of many names is free."""
    done = [await fails(somebody, NOW, name=f"case-manager-co-{number}") for number in range(60)]
    assert len([each for each in done if each is None]) == 30
    assert await fails(somebody, after(seconds=2), name="case-manager-co-99") is None
    assert isinstance(await fails(somebody, after(seconds=2), name="case-manager-co-98"), Later)


def test_made_up_names_do_not_fill_a_table_and_are_not_in_it(locks: Locks) -> None:
    """Mutation: a row for each name that somebody makes up; a hash of the name that anybody can make."""
    buckets = {brakes.bucket_of_name(locks, f"name-{number}") for number in range(8_000)}
    assert 3000 < len(buckets) <= 4096
    other = Locks(bytes(32))
    assert any(
        brakes.bucket_of_name(other, f"name-{number}") != brakes.bucket_of_name(locks, f"name-{number}") for number in range(9)
    )
    assert not {brakes.bucket_of_browser(locks, bytes([n])) for n in range(99)} & buckets


# --- passkeys ----------------------------------------------------------------------------------------------------------


async def with_passkey(engine: AsyncEngine, locks: Locks, name: str = NAME) -> Authenticator:
    """An account that has a passkey and nothing else."""
    async with engine.begin() as connection:
        if not any(row.name == name for row in await rows(engine, Staff)):
            await employ(connection, name)
    code, device = (await issue_enrolment(engine, name, NOW)).code, Authenticator(name.encode()[-20:])
    begun = await enrolment.begin(engine, locks, PARTY, name, code, NOW)
    assert begun is not None
    credential = device.create(begun.passkey_options)
    assert await enrolment.with_passkey(engine, locks, PARTY, name, code, credential, None, NOW) is not None
    return device


async def asked(engine: AsyncEngine, locks: Locks, now: datetime, name: str = NAME) -> dict[str, Any]:
    return await signin.passkey_options(engine, locks, PARTY, name, now)


async def answered(engine: AsyncEngine, locks: Locks, credential: dict[str, Any], now: datetime) -> SignedIn | None:
    return await signin.sign_in_with_passkey(engine, locks, PARTY, credential, now)


@pytest.mark.parametrize("name", [NAME, ""], ids=["by name", "without a name"])
async def test_a_passkey_begins_a_session(engine: AsyncEngine, locks: Locks, name: str) -> None:
    """Mutation: a session for whoever is named rather than for whose passkey it is; a PRF asked with another salt."""
    device = await with_passkey(engine, locks)
    options = await asked(engine, locks, after(minutes=1), name)
    done = await answered(engine, locks, device.get(options), after(minutes=2))
    assert done is not None and done.staff_id == (await whole(engine, NAME)).id
    assert await desk_sessions.find(engine, done.token, after(minutes=2)) is not None
    if name:
        (row,) = await rows(engine, Passkey)
        ((id, salt),) = options["extensions"]["prf"]["evalByCredential"].items()
        assert options["allowCredentials"] == [{"id": id, "type": "public-key"}]
        assert passkeys.packed(row.prf_salt) == salt["first"] and passkeys.packed(row.id) == id


async def test_an_answer_of_a_passkey_counts_once(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: a challenge that can be answered again by whoever saw the answer; also for passkeys that count nothing."""
    device = await with_passkey(engine, locks)
    early, late = await asked(engine, locks, after(minutes=1)), await asked(engine, locks, after(minutes=2))
    credential = device.get(late)
    assert await answered(engine, locks, credential, after(minutes=2)) is not None
    assert await answered(engine, locks, credential, after(minutes=2)) is None
    assert await answered(engine, locks, device.get(early), after(minutes=2)) is None, "older than one that counted"


async def test_of_the_same_answer_sent_at_once_one_counts(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: writing when it was answered without looking whether somebody else just did."""
    device = await with_passkey(engine, locks)
    credential = device.get(await asked(engine, locks, after(minutes=1)))
    done = await asyncio.gather(*(answered(engine, locks, credential, after(minutes=1)) for _ in range(3)))
    assert len([each for each in done if each is not None]) == 1


@pytest.mark.parametrize(
    "wrong", ["late", "early", "other origin", "other key", "unverified", "unknown", "left", "clone", "forged challenge", "garbage"]
)
async def test_a_passkeys_answer_that_does_not_count_begins_nothing(engine: AsyncEngine, locks: Locks, wrong: str) -> None:
    """Mutation: any of the checks of the answer; a passkey that outlives its account."""
    device = await with_passkey(engine, locks)
    async with engine.begin() as connection:
        await employ(connection, "administrator-1", "administrator")
    options = await asked(engine, locks, after(minutes=1))
    if wrong == "left":
        await leave(engine, NAME, NOW)
    if wrong == "clone":
        device.counter = 5
        assert await answered(engine, locks, device.get(options), after(minutes=1)) is not None
        options, device.counter = await asked(engine, locks, after(minutes=2)), 4
    if wrong == "forged challenge":
        options["challenge"] = passkeys.packed(bytes(40))
    if wrong == "other key":
        device = Authenticator(device.id)
    if wrong == "unknown":
        device.id = b"unknown"
    device.verifies = wrong != "unverified"
    credential: dict[str, Any] = device.get(options, "https://desk.example.com" if wrong == "other origin" else PARTY.origin)
    if wrong == "garbage":
        credential["response"]["clientDataJSON"] = "%%%"
    before = len(await rows(engine, DeskSession))
    now = {"late": after(minutes=7), "early": after(minutes=-1)}.get(wrong, after(minutes=2))
    assert await answered(engine, locks, credential, now) is None
    assert len(await rows(engine, DeskSession)) == before


async def test_a_name_without_passkeys_looks_like_one_with(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: an empty list for names that do not exist; another invention each time."""
    await with_passkey(engine, locks)

    def shape(options: dict[str, Any]) -> Any:
        ids = [each["id"] for each in options["allowCredentials"]]
        salts = [len(each["first"]) for each in options["extensions"]["prf"]["evalByCredential"].values()]
        return sorted(options), len(ids), list(options["extensions"]["prf"]["evalByCredential"]) == ids, salts

    known, unknown = await asked(engine, locks, NOW), await asked(engine, locks, NOW, "case-manager-co-9")
    assert shape(known) == shape(unknown)
    again = await asked(engine, locks, after(days=3), "Case-manager-co-9")
    assert again["allowCredentials"] == unknown["allowCredentials"] and again["challenge"] != unknown["challenge"]
    lengths = {len((await asked(engine, locks, NOW, f"x-{number}"))["allowCredentials"][0]["id"]) for number in range(30)}
    assert len(lengths) == 3


def test_what_extensions_returned_is_dropped_unread() -> None:
    """Mutation: handing the whole answer on: it holds the secret of the PRF, which wraps the key."""
    credential = {"id": "x", "clientExtensionResults": {"prf": {"results": {"first": "secret"}}}, "response": {}}
    assert "secret" not in repr(passkeys.stripped(credential)) and "clientExtensionResults" in credential


async def test_the_demo_signs_in_like_everybody(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: another derivation or another lock for the demo than for browsers."""
    async with engine.begin() as connection:
        await employ(connection, NAME)
    account = await enrol_for_demo(engine, locks, NAME, PASSPHRASE, NOW, rounds=ROUNDS)
    again = await enrol_for_demo(engine, locks, NAME, PASSPHRASE, NOW, rounds=ROUNDS)
    assert account.totp_secret != again.totp_secret
    somebody = Enrolled(engine, locks, again.totp_secret, ())
    assert isinstance(await somebody.tries(NOW), SignedIn)
    async with engine.begin() as connection:
        await connection.execute(update(_staff).values(active=False))
    assert await somebody.tries(after(minutes=1)) is None
