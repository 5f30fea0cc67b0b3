"""Somebody leaves: nothing opens, nothing waits for them, and what they alone could open is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.tables import Alert
from bot.roster.tables import Shift
from bot.sealing import seal
from bot.staff import audit, desk_sessions, keys, recovery
from bot.staff.accounts import StaffRefused
from bot.staff.enrolling import enrol_for_demo
from bot.staff.leaving import leave
from bot.staff.locks import Locks
from bot.staff.roles import Actor
from bot.staff.tables import AuditEntry, KeyWrap, Passkey
from bot.tickets.references import reference
from bot.tickets.tables import Movement, SealedItem, Ticket
from flows.kernel import Words
from tests.bot.staff.world import NOW, PASSPHRASE, ROUNDS, after, employ, on_the_desk, open_ticket, rows, whole

LEAVER, STAYS = "case-manager-co-1", "case-manager-co-2"
MINE, THEIRS, ALONE, CLOSED = (bytes([n]) * 16 for n in range(1, 5))
_table: Any = lambda model: model.__table__  # noqa: E731


def public(private: X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


async def two(engine: AsyncEngine, locks: Locks) -> tuple[Actor, Actor]:
    """Two colleagues, a third who lost their key, and tickets: one claimed by the leaver, one by the other, one that only the
    leaver can open, one closed."""
    leaver, first = await on_the_desk(engine, locks, LEAVER)
    stays, second = await on_the_desk(engine, locks, STAYS)
    lost, third = await on_the_desk(engine, locks, "case-manager-co-3")
    await recovery.make(engine, "requests", NOW)
    async with engine.connect() as connection:
        offline = list((await keys.recovery_keys(connection, "requests")).values())
    both = [public(first), public(second), *offline]
    for id, to, values in (
        (MINE, both, {"state": "claimed", "claimed_by": leaver.id, "claimed_at": NOW, "touched_at": NOW, "version": 3}),
        (THEIRS, both, {"state": "claimed", "claimed_by": stays.id, "claimed_at": NOW}),
        (ALONE, [public(first), public(third), *offline], {}),
        (CLOSED, both, {"state": "closed", "outcome": "reached_needs_met"}),
    ):
        envelope = seal(Words("0"), "contact", id, to)
        await open_ticket(engine, id, {"contact": envelope}, **values)
    async with engine.begin() as connection:
        await keys.lose(connection, lost.id, NOW)
    return leaver, stays


async def found(engine: AsyncEngine, id: bytes) -> Any:
    return next(row for row in await rows(engine, Ticket) if row.id == id)


@pytest.mark.requirement("P-5")
async def test_after_leaving_the_account_opens_nothing(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: leaving any of session, passkey, wrap, proof or enrolment code behind."""
    leaver, stays = await two(engine, locks)
    async with engine.begin() as connection:
        token = await desk_sessions.begin(connection, leaver.id, NOW)
        other = await desk_sessions.begin(connection, stays.id, NOW)
        row = {"id": b"passkey", "staff_id": leaver.id, "public_key": b"", "sign_count": 0, "prf_salt": b"", "created_at": NOW}
        await connection.execute(insert(_table(Passkey)).values(**row))
        await connection.execute(insert(_table(Alert)).values(**Alert(staff_id=leaver.id).model_dump()))
    left = await leave(engine, LEAVER, NOW)
    assert (left.sessions_ended, left.wraps_deleted) == (1, 1)
    assert await desk_sessions.find(engine, token, NOW) is None
    assert await desk_sessions.find(engine, other, NOW) is not None
    assert not await rows(engine, Passkey) and leaver.id not in [row.staff_id for row in await rows(engine, Alert)]
    async with engine.connect() as connection:
        assert set(await keys.eligible_keys(connection, country="CO")) == {stays.id}
        assert await keys.openable(connection) == set(await keys.key_ids(connection, stays.id))
        (own,) = await keys.own_keys(connection, locks, leaver.id)
    assert own.wraps == () and own.retired_at == NOW
    gone = await whole(engine, LEAVER)
    emptied = (gone.enrolment_hash, gone.salt, gone.proof_hash, gone.totp_sealed, gone.alert_sealed)
    assert not gone.active and gone.left_at == NOW and emptied == (None,) * 5 and gone.recovery_hashes == ()


@pytest.mark.requirement("P-5")
async def test_what_the_leaver_had_claimed_waits_again_and_others_are_told(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: a ticket that stays claimed by nobody who is there; that never escalates again; a version that stays."""
    leaver, stays = await two(engine, locks)
    async with engine.begin() as connection:
        week: list[dict[str, Any]] = [{"weekday": day, "opens": 0, "closes": 1440, "zone": "America/Bogota"} for day in range(7)]
        shifts = [Shift(staff_id=each.id, country="CO", duty="primary", **day) for each in (leaver, stays) for day in week]
        await connection.execute(insert(_table(Shift)), [shift.model_dump() for shift in shifts])
    left = await leave(engine, LEAVER, after(hours=1))
    row, untouched = await found(engine, MINE), await found(engine, THEIRS)
    assert (row.state, row.claimed_by, row.claimed_at, row.touched_at, row.version) == ("waiting", None, None, None, 4)
    assert row.queued_at == after(hours=1) and row.escalates_at is not None
    assert (untouched.state, untouched.claimed_by, untouched.version) == ("claimed", stays.id, 1)
    assert left.released == (reference(MINE),)
    assert [alert.staff_id for alert in await rows(engine, Alert)] == [stays.id]
    recorded = [(entry.what, entry.subject) for entry in await rows(engine, AuditEntry)]
    assert recorded[-2:] == [("released", reference(MINE)), ("account_left", LEAVER)]
    assert await audit.verify(engine) is None


@pytest.mark.requirement("P-5")
async def test_it_is_told_which_open_tickets_were_sealed_to_the_leaver_and_which_to_nobody_else(
    engine: AsyncEngine, locks: Locks
) -> None:
    """Mutation: counting closed tickets; taking the recovery key, or a key that its owner lost, for a colleague who can open."""
    await two(engine, locks)
    left = await leave(engine, LEAVER, NOW)
    assert left.still_wrapped == tuple(sorted(reference(id) for id in (MINE, THEIRS, ALONE)))
    assert left.stranded == (reference(ALONE),)


async def test_a_proposal_to_the_leaver_goes_to_the_countrys_focal_point(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: a transfer that waits for somebody who is not there; changing one that was answered."""
    leaver, _ = await two(engine, locks)
    async with engine.begin() as connection:
        for state in ("proposed", "accepted"):
            movement = Movement(ticket_id=THEIRS, what="transfer", state=state, to_country="CO", to_staff=leaver.id)
            await connection.execute(insert(_table(Movement)).values(**movement.model_dump()))
    await leave(engine, LEAVER, NOW)
    assert {row.state: row.to_staff for row in await rows(engine, Movement)} == {"proposed": None, "accepted": leaver.id}


async def test_leaving_is_for_accounts_that_are_there_and_never_for_the_last_administrator(
    engine: AsyncEngine, locks: Locks
) -> None:
    """Mutation: nobody left who could load accounts; leaving twice; a name that does not exist taken for done."""
    async with engine.begin() as connection:
        await employ(connection, "administrator-1", "administrator", countries=())
        await employ(connection, "administrator-2", "administrator", "supervisor")
    await leave(engine, "administrator-2", NOW)
    for name, said in (("administrator-1", "only administrator"), ("administrator-2", "no active"), ("nobody", "no active")):
        with pytest.raises(StaffRefused, match=said):
            await leave(engine, name, NOW)
    assert (await whole(engine, "administrator-1")).active


async def test_nothing_of_the_key_is_left_on_the_disk(engine: AsyncEngine, locks: Locks, tmp_path: Path) -> None:
    """Mutation: no checkpoint after the wipe: the deleted wrap would stay in SQLite's log."""
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's log holds what was sealed, and is no file of ours")
    async with engine.begin() as connection:
        await employ(connection, LEAVER)
    await enrol_for_demo(engine, locks, LEAVER, PASSPHRASE, NOW, rounds=ROUNDS)
    (wrap,) = await rows(engine, KeyWrap)
    await two_files(tmp_path, wrap.wrapped, there=True)
    await leave(engine, LEAVER, NOW)
    await two_files(tmp_path, wrap.wrapped, there=False)


async def two_files(folder: Path, needle: bytes, *, there: bool) -> None:
    """Whether the database or its log holds these bytes."""
    kept = [path.name for path in folder.glob("faro.db*") if needle in path.read_bytes()]
    assert bool(kept) is there, kept


async def test_if_anything_fails_nobody_has_left(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: more than one transaction: half of a leaving."""
    leaver, _ = await two(engine, locks)
    async with engine.begin() as connection:
        broken = SealedItem(ticket_id=ALONE, kind="note", envelope=b"broken", expires_at=NOW)
        await connection.execute(insert(_table(SealedItem)).values(**broken.model_dump()))
    with pytest.raises(ValueError):
        await leave(engine, LEAVER, NOW)
    assert (await whole(engine, LEAVER)).active and (await found(engine, MINE)).claimed_by == leaver.id
    assert len(await rows(engine, KeyWrap)) == 2
