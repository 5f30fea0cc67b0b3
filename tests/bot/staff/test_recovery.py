"""The recovery key on three sheets: any two give it back, and what it is for is rehearsed."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.sealing import CannotOpen, Envelope, key_id, seal, unseal
from bot.staff import checks, keys, recovery
from bot.staff.locks import Locks
from bot.staff.recovery import Sheet, WrongSheets
from bot.staff.tables import AuditEntry, RecoveryKey
from bot.tickets.tables import SealedItem
from flows.kernel import Words
from tests.bot.staff.world import NOW, after, on_the_desk, open_ticket, rows

TICKET, CHILD, CLOSED = (bytes([n]) * 16 for n in range(1, 4))


def public(private: X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


def typed(*sheets: Sheet) -> list[str]:
    return [" ".join(sheet.words) for sheet in sheets]


# --- sheets ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-5")
@settings(max_examples=10)
@given(st.binary(min_size=32, max_size=32))
def test_any_two_of_three_sheets_give_the_key_back_in_any_order_and_one_does_not(raw: bytes) -> None:
    """Mutation: three needed, or one; a sheet that fits only its neighbour."""
    private = X25519PrivateKey.from_private_bytes(raw)
    sheets = recovery.split(private, "requests", date(2026, 3, 2))
    for two in itertools.permutations(sheets, 2):
        assert recovery.combine(typed(*two)).private_bytes_raw() == raw
    for one in sheets:
        for too_few in (typed(one), typed(one, one), [*typed(one), ""], typed(*sheets)):
            with pytest.raises(WrongSheets):
                recovery.combine(too_few)


@settings(max_examples=30)
@given(st.integers(0, 1), st.integers(0, 32), st.sampled_from(["academic", "zero", "notaword", ""]))
def test_a_wrong_word_anywhere_is_noticed_and_not_repeated(sheet: int, place: int, word: str) -> None:
    """Mutation: no checksum; an error that tells the words of a sheet."""
    sheets = recovery.split(X25519PrivateKey.from_private_bytes(b"k" * 32), "requests", NOW.date())[:2]
    words = [list(each.words) for each in sheets]
    if words[sheet][place] == word:
        return
    words[sheet][place] = word
    with pytest.raises(WrongSheets) as refused:
        recovery.combine([" ".join(each) for each in words])
    assert refused.value.__context__ is None
    assert str(refused.value).startswith("A word is wrong or missing, or the sheets belong to different keys;")


def test_sheets_of_two_keys_do_not_go_together() -> None:
    """Mutation: giving some key for any two sheets."""
    one, other = (recovery.split(X25519PrivateKey.generate(), "requests", NOW.date()) for _ in range(2))
    with pytest.raises(WrongSheets, match="different keys"):
        recovery.combine(typed(one[0], other[1]))


def test_a_sheet_is_read_as_it_is_printed() -> None:
    """Mutation: words that have to be typed without their numbers, or in small letters."""
    private = X25519PrivateKey.generate()
    sheets = recovery.split(private, "requests", NOW.date())
    printed = ["\n".join(sheet.text().splitlines()[4:]) for sheet in sheets[1:]]
    assert recovery.combine([printed[0].upper(), printed[1]]).private_bytes_raw() == private.private_bytes_raw()


def test_a_sheet_says_what_it_is_and_not_the_key() -> None:
    """Mutation: the words of another sheet on it; no mark, so that sheets of two keys are mixed up; a script in the page."""
    private = X25519PrivateKey.generate()
    sheets = recovery.split(private, "complaints", date(2026, 3, 2))
    assert {sheet.mark for sheet in sheets} == {recovery.mark_of(key_id(public(private)))}
    for sheet in sheets:
        for page in (sheet.text(), sheet.html()):
            assert f"Sheet {sheet.number} of 3" in page and sheet.mark in page and "2026-03-02" in page and "complaints" in page
            assert all(word in page for word in sheet.words) and len(sheet.words) == 33
            assert private.private_bytes_raw().hex() not in page and "<script" not in page and "http" not in page
        assert "words" not in repr(sheet) or sheet.words[5] not in repr(sheet)


# --- with the database ---------------------------------------------------------------------------------------------------


async def test_only_the_public_half_is_kept(engine: AsyncEngine) -> None:
    """Mutation: storing the private half, a word, or anything that follows from them."""
    sheets = await recovery.make(engine, "requests", NOW)
    private = recovery.combine(typed(*sheets[:2]))
    (row,) = await rows(engine, RecoveryKey)
    assert row.public == public(private) and row.id == key_id(row.public) and row.rehearsed_at is None
    kept = repr([tuple(each) for table in (RecoveryKey, AuditEntry) for each in await rows(engine, table)])
    assert repr(private.private_bytes_raw())[2:-1] not in kept
    assert not [word for sheet in sheets for word in sheet.words if f" {word} " in kept]
    with pytest.raises(ValueError, match="no purpose"):
        await recovery.make(engine, "everything", NOW)


@pytest.mark.requirement("P-5")
async def test_a_rehearsal_opens_a_test_envelope_and_is_remembered(engine: AsyncEngine) -> None:
    """Mutation: noting it without opening anything; taking sheets of another deployment."""
    sheets = await recovery.make(engine, "requests", NOW)
    assert await recovery.rehearse(engine, typed(sheets[2], sheets[0]), after(days=1)) == sheets[0].mark
    (row,) = await rows(engine, RecoveryKey)
    assert row.rehearsed_at == after(days=1)
    foreign = recovery.split(X25519PrivateKey.generate(), "requests", NOW.date())
    with pytest.raises(WrongSheets, match="no key of this deployment"):
        await recovery.rehearse(engine, typed(*foreign[:2]), after(days=2))
    assert (await rows(engine, RecoveryKey))[0].rehearsed_at == after(days=1)
    assert [each.what for each in await rows(engine, AuditEntry)] == ["recovery_key_made", "recovery_rehearsed"]


@pytest.mark.requirement("P-5")
async def test_what_has_to_be_seen_to_is_told_in_time(engine: AsyncEngine) -> None:
    """Mutation: a key that was never rehearsed taken for good; no end of a rehearsal's life; a retired key looked at."""

    async def due(days: float) -> list[str]:
        async with engine.connect() as connection:
            return [each.why for each in await recovery.due(connection, after(days=days))]

    assert await due(0) == ["missing"]
    sheets = await recovery.make(engine, "requests", NOW)
    assert await due(0) == ["never_rehearsed"]
    await recovery.rehearse(engine, typed(*sheets[:2]), NOW)
    assert await due(180) == [] and await due(181) == ["rehearsed_long_ago"]
    await recovery.make(engine, "requests", after(days=181))
    assert await due(181) == ["never_rehearsed"]
    async with engine.connect() as connection:
        both = await recovery.due(connection, NOW, ("requests", "complaints"))
    assert [(each.purpose, each.why) for each in both][-1] == ("complaints", "missing")


@pytest.mark.requirement("P-5")
async def test_after_every_key_was_lost_two_sheets_open_what_waits_to_whoever_is_eligible_now(
    engine: AsyncEngine, locks: Locks
) -> None:
    """Mutation: adding whoever is not eligible; changing closed tickets; losing the wraps that were there; a text that is shown."""
    lost, old = await on_the_desk(engine, locks, "case-manager-co-1")
    sheets = await recovery.make(engine, "requests", NOW)
    async with engine.connect() as connection:
        offline = list((await keys.recovery_keys(connection, "requests")).values())
    for id, values in ((TICKET, {}), (CHILD, {"child": True}), (CLOSED, {"state": "closed"})):
        await open_ticket(engine, id, {"note": seal(Words("canary"), "note", id, [public(old), *offline])}, **values)
    async with engine.begin() as connection:
        await keys.lose(connection, lost.id, NOW)
    _, new = await on_the_desk(engine, locks, "case-manager-co-2")
    _, other = await on_the_desk(engine, locks, "case-manager-pe-1", countries=("PE",))
    assert await recovery.rescue(engine, typed(sheets[1], sheets[2]), NOW) == (1, 0)
    assert await recovery.rescue(engine, typed(sheets[1], sheets[0]), NOW) == (0, 0), "nobody lacks one any more"
    found = {row.ticket_id: Envelope.decode(row.envelope) for row in await rows(engine, SealedItem)}
    assert unseal(found[TICKET], new, kind="note", ticket=TICKET).reveal() == "canary"
    assert set(found[TICKET].recipients) == {key_id(each) for each in (public(old), public(new), *offline)}
    for id, private in ((TICKET, other), (CHILD, new), (CLOSED, new)):
        with pytest.raises(CannotOpen):
            unseal(found[id], private, kind="note", ticket=id)
    assert [each.what for each in await rows(engine, AuditEntry)][-1] == "recovery_used"


async def test_sheets_that_do_not_open_an_envelope_leave_it_and_say_so(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: counting it as done; stopping at the first; opening requests by the sheets for complaints."""
    first = await recovery.make(engine, "requests", NOW)
    async with engine.connect() as connection:
        early = list((await keys.recovery_keys(connection, "requests")).values())
    second = await recovery.make(engine, "requests", after(days=1))
    await open_ticket(engine, TICKET, {"note": seal(Words("x"), "note", TICKET, early)})
    await on_the_desk(engine, locks, "case-manager-co-1")
    assert await recovery.rescue(engine, typed(*second[:2]), NOW) == (0, 1)
    assert await recovery.rescue(engine, typed(*first[:2]), NOW) == (1, 0), "a retired key still opens what it opened"
    await on_the_desk(engine, locks, "case-manager-co-2")
    complaints = await recovery.make(engine, "complaints", NOW)
    assert await recovery.rescue(engine, typed(*complaints[:2]), NOW) == (0, 0), "requests are none of theirs"


async def test_the_checkup_tells_what_is_missing_or_broken_once_there_is_a_desk(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: a fault that nobody hears of; asking for a recovery key where nobody answers requests at all."""
    assert await checks.faults(engine, NOW) == []
    await on_the_desk(engine, locks, "case-manager-co-1")
    (missing,) = await checks.faults(engine, NOW)
    assert missing.startswith("There is no recovery key for requests")
    sheets = await recovery.make(engine, "requests", NOW)
    (never,) = await checks.faults(engine, NOW)
    assert "was never rehearsed" in never
    await recovery.rehearse(engine, typed(*sheets[:2]), NOW)
    assert await checks.faults(engine, NOW) == []
    (late,) = await checks.faults(engine, after(days=200))
    assert "was last rehearsed on 2026-03-02" in late
    async with engine.begin() as connection:
        await connection.execute(update(AuditEntry.__table__).values(subject="x"))  # type: ignore[attr-defined]
    (broken,) = await checks.faults(engine, NOW)
    assert broken.startswith("The audit was changed: entry 1 ")
