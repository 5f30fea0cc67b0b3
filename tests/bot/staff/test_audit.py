"""The chain of the audit: whole under concurrency, broken by any change."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.staff import audit
from bot.staff.audit import Head
from bot.staff.tables import AuditEntry
from tests.bot.staff.world import NOW, after, rows

_entry: Any = AuditEntry.__table__  # type: ignore[attr-defined]
WHATS = ("claimed", "opened_card", "opened_contact", "answered", "closed")


async def filled(engine: AsyncEngine, number: int = 5) -> None:
    async with engine.begin() as connection:
        for place in range(number):
            what = WHATS[place % len(WHATS)]
            await audit.record(connection, "case-manager-co-1", "case_manager", what, "K7QD-2M9X", after(minutes=place))


async def entry(engine: AsyncEngine, **values: Any) -> int:
    given: dict[str, Any] = {"actor_name": "clock", "role": "", "what": "escalated", "subject": "K7QD-2M9X", "now": NOW}
    async with engine.begin() as connection:
        return await audit.record(connection, **{**given, **values})


@pytest.mark.requirement("M-1")
async def test_who_opened_what_is_kept_by_role_and_reference(engine: AsyncEngine) -> None:
    """Mutation: leaving out the role or the reference of the ticket."""
    await filled(engine, 3)
    async with engine.connect() as connection:
        newest = await audit.latest(connection, limit=2)
        older = await audit.latest(connection, before=newest[-1].number)
        none = await audit.latest(connection, subject="somebody-else")
    found = (newest[0].number, newest[0].actor, newest[0].role, newest[0].what, newest[0].subject, newest[0].at)
    assert found == (3, "case-manager-co-1", "case_manager", "opened_contact", "K7QD-2M9X", after(minutes=2))
    assert [row.number for row in (*newest, *older)] == [3, 2, 1] and not none
    assert await audit.verify(engine) is None


async def test_an_empty_chain_is_whole(engine: AsyncEngine) -> None:
    """Mutation: a first entry taken for granted."""
    assert await audit.verify(engine) is None and await audit.head(engine) is None


CHANGES: Final[dict[str, Any]] = {
    "at": NOW - timedelta(days=1),
    "actor": "clock",
    "role": "supervisor",
    "what": "claimed",
    "subject": "",
    "before": bytes(32),
    "digest": bytes(32),
    "number": 99,
}


@pytest.mark.requirement("M-1")
async def test_any_change_of_any_field_is_noticed_at_its_place(engine: AsyncEngine) -> None:
    """Mutation: any field left out of the hash; the link to the entry before left out."""
    await filled(engine)
    third = (await rows(engine, AuditEntry))[2]
    assert set(CHANGES) == set(third._mapping)
    for field, value in CHANGES.items():
        async with engine.begin() as connection:
            await connection.execute(update(_entry).where(_entry.c.number == 3).values({field: value}))
        assert await audit.verify(engine) == 3, field
        async with engine.begin() as connection:
            changed = value if field == "number" else 3
            await connection.execute(update(_entry).where(_entry.c.number == changed).values(**third._mapping))
        assert await audit.verify(engine) is None


@pytest.mark.parametrize("number", [1, 3])
async def test_an_entry_that_was_removed_is_missed(engine: AsyncEngine, number: int) -> None:
    """Mutation: checking each entry for itself; numbers that need not follow each other."""
    await filled(engine)
    async with engine.begin() as connection:
        await connection.execute(delete(_entry).where(_entry.c.number == number))
    assert await audit.verify(engine) == number


async def test_a_chain_cut_or_made_anew_does_not_lead_to_the_end_that_was_written_down(engine: AsyncEngine) -> None:
    """Mutation: ``kept`` looked at only where its entry exists; its hash not compared."""
    await filled(engine)
    kept = await audit.head(engine)
    assert kept is not None and kept.number == 5 and await audit.verify(engine, kept) is None
    await entry(engine)
    assert await audit.verify(engine, kept) is None, "what came later changes nothing"
    async with engine.begin() as connection:
        await connection.execute(delete(_entry).where(_entry.c.number >= 4))
    assert await audit.verify(engine) is None
    assert await audit.verify(engine, kept) == 4
    for _ in range(2):
        await entry(engine, what="closed")
    assert await audit.verify(engine) is None
    assert await audit.verify(engine, kept) == 5


# --- entries have an end date ------------------------------------------------------------------------------------------

LIFE = timedelta(days=100)


async def aged(engine: AsyncEngine, *days: float) -> None:
    """Entries that are so many days old at ``NOW``."""
    for age in days:
        await entry(engine, now=NOW - timedelta(days=age))


async def forgotten(engine: AsyncEngine, now: datetime = NOW) -> int:
    async with engine.begin() as connection:
        return await audit.forget(connection, LIFE, now)


@pytest.mark.requirement("P-3")
async def test_what_is_too_old_goes_and_the_rest_still_follows(engine: AsyncEngine) -> None:
    """Mutation: forgetting nothing; forgetting what is younger; a chain that has to begin with its first number."""
    await aged(engine, 150, 120, 102, 98, 1)
    assert await forgotten(engine) == 3
    left = await rows(engine, AuditEntry)
    assert [row.number for row in left] == [4, 5, 6] and left[-1].what == audit.FORGOTTEN and left[-1].actor == audit.CLOCK
    assert await audit.verify(engine) is None
    assert await forgotten(engine) == 0, "nothing more is old, and nothing is written of it"
    await entry(engine)
    assert await audit.verify(engine) is None


async def test_forgetting_goes_on_and_its_own_entries_go_too(engine: AsyncEngine) -> None:
    """Mutation: keeping the entries that tell of forgetting; looking for the first of them."""
    await aged(engine, 150, 99)
    for later in (0, 3, 200):
        await forgotten(engine, NOW + timedelta(days=later))
        assert await audit.verify(engine) is None
    left = await rows(engine, AuditEntry)
    assert [row.what for row in left] == [audit.FORGOTTEN], "even where everything was old, the chain goes on"


async def test_an_old_entry_behind_a_younger_one_stays(engine: AsyncEngine) -> None:
    """A clock that was set back. Mutation: deleting by date, which would leave a gap."""
    await aged(engine, 150, 1, 150)
    assert await forgotten(engine) == 1 and await audit.verify(engine) is None


async def test_whole_days_are_forgotten(engine: AsyncEngine) -> None:
    """Mutation: an entry every ten minutes that tells of forgetting one."""
    midnight = NOW.replace(hour=0, minute=0)
    await entry(engine, now=midnight - LIFE + timedelta(minutes=30))
    assert await forgotten(engine, midnight + timedelta(hours=23)) == 0
    assert await forgotten(engine, midnight + timedelta(days=1)) == 1


@pytest.mark.requirement("M-1")
async def test_a_beginning_that_was_cut_by_hand_is_noticed(engine: AsyncEngine) -> None:
    """Mutation: taking whatever stands first for the beginning."""
    await aged(engine, 150, 20, 10, 5)
    await forgotten(engine)
    async with engine.begin() as connection:
        await connection.execute(delete(_entry).where(_entry.c.number <= 2))
    assert await audit.verify(engine) == 1


async def test_an_end_that_was_written_down_before_it_was_forgotten_breaks_nothing(engine: AsyncEngine) -> None:
    """Mutation: an end that is not found taken for a chain that was cut."""
    await aged(engine, 150, 140)
    kept = await audit.head(engine)
    await aged(engine, 3)
    await forgotten(engine)
    assert await audit.verify(engine, kept) is None


async def test_two_lists_of_fields_never_have_the_same_hash(engine: AsyncEngine) -> None:
    """Mutation: joining the fields without their lengths, so that text may move from one to the next."""
    await entry(engine, actor_name="ab", subject="c")
    async with engine.begin() as connection:
        await connection.execute(update(_entry).values(actor="a", role="b"))
    assert await audit.verify(engine) == 1


async def test_the_zone_of_the_clock_changes_nothing(engine: AsyncEngine) -> None:
    """Mutation: hashing the instant as the caller wrote it, which the database gives back in UTC."""
    await entry(engine, now=NOW.astimezone(timezone(timedelta(hours=-5))))
    assert await audit.verify(engine) is None


async def test_many_at_once_each_get_a_number_and_the_chain_holds(engine: AsyncEngine) -> None:
    """Mutation: reading the last number without holding the end of the chain."""

    async def one(place: int) -> int:
        async with engine.begin() as connection:
            await asyncio.sleep(random.random() / 100)
            number = await audit.record(connection, f"worker-{place}", "", "claimed", "", NOW)
            await asyncio.sleep(random.random() / 100)
            return number

    numbers = await asyncio.gather(*(one(place) for place in range(16)))
    assert sorted(numbers) == list(range(1, 17))
    assert await audit.verify(engine) is None


async def test_what_is_taken_back_leaves_no_gap(engine: AsyncEngine) -> None:
    """Mutation: writing the entry in a transaction of its own, or counting with a sequence."""
    await entry(engine)
    with pytest.raises(RuntimeError):
        async with engine.begin() as connection:
            await audit.record(connection, "clock", "", "escalated", "", NOW)
            raise RuntimeError
    assert await entry(engine) == 2
    assert await audit.verify(engine) is None


async def test_a_session_of_the_orm_appends_within_its_own_transaction(engine: AsyncEngine) -> None:
    """Mutation: taking a connection of its own for a session, which would wait for itself."""
    async with AsyncSession(engine) as session:
        assert await audit.record(session, "clock", "", "escalated", "", NOW) == 1
        await session.rollback()
    assert not await rows(engine, AuditEntry)


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "did_something"},
        {"role": "boss"},
        {"actor_name": ""},
        {"actor_name": "x" * 41},
        {"subject": "someone@example.org"},
    ],
)
async def test_nothing_outside_of_the_closed_sets_is_recorded(engine: AsyncEngine, wrong: dict[str, Any]) -> None:
    """Mutation: free text in the audit."""
    with pytest.raises(ValueError):
        await entry(engine, **wrong)
    assert not await rows(engine, AuditEntry)


def test_every_code_fits_its_column_and_the_end_is_a_value() -> None:
    """Mutation: a code longer than 40 characters, which PostgreSQL refuses in the middle of an act."""
    assert all(len(what) <= 40 and what == what.lower() for what in audit.WHATS)
    assert Head(1, b"") == Head(1, b"")
