"""The outbox: written with the ticket, sent at least once, by one worker at a time, and never off shift."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.alerts import outbox
from bot.alerts.outbox import enqueue, send_due
from bot.alerts.post import Post
from bot.alerts.words import Texts
from bot.exchange import CannotDeliver, Unreachable
from tests.bot.alerts.world import NOW, SECRET, Written, account, always, emptied, kept, rows, ways
from tests.logged import everything_logged


async def ask(engine: AsyncEngine, *staff_ids: uuid.UUID, now: datetime = NOW) -> None:
    async with engine.begin() as connection:
        await enqueue(connection, staff_ids, now)


def post(texts: Texts, **senders: Written) -> Post:
    return Post(ways(**senders), SECRET, texts)


# --- writing ---------------------------------------------------------------------------------------------------------


async def test_an_alert_stands_and_falls_with_the_transaction_that_makes_somebody_wait(engine: AsyncEngine) -> None:
    """Mutation: ``enqueue`` on a connection of its own (an alert for a request that was never stored)."""
    who = await account(engine)
    with pytest.raises(RuntimeError):
        async with engine.begin() as connection:
            await enqueue(connection, [who], NOW)
            raise RuntimeError
    assert await rows(engine) == []
    async with db.sessions(engine)() as session, session.begin():
        assert await enqueue(session, [who, who], NOW) == 1
    assert [row.staff_id for row in await rows(engine)] == [who]


async def test_an_account_has_one_waiting_alert_at_most(engine: AsyncEngine) -> None:
    """Mutation: an insert without the conflict (two alerts, or an error that undoes the ticket)."""
    one, other = await account(engine, "a"), await account(engine, "b")
    await ask(engine, one)
    await ask(engine, one, other, now=NOW + timedelta(minutes=1))
    found = {row.staff_id: row for row in await rows(engine)}
    assert set(found) == {one, other}
    assert (found[one].asked, found[other].asked) == (2, 1)
    assert found[one].due_at == NOW and found[one].created_at == NOW + timedelta(minutes=1)


async def test_nobody_to_tell_is_no_alert(engine: AsyncEngine) -> None:
    await ask(engine)
    assert await rows(engine) == []


async def test_an_alert_for_nobody_undoes_what_it_was_written_with(engine: AsyncEngine) -> None:
    """Mutation: swallowing the error and leaving a row that nobody can be told about."""
    with pytest.raises(IntegrityError):
        await ask(engine, uuid.uuid4())
    assert await rows(engine) == []


async def test_many_requests_at_once_tell_the_same_accounts_without_waiting_for_each_other(engine: AsyncEngine) -> None:
    """Mutation: rows in the order of the caller (on PostgreSQL two transactions then wait for each other for ever)."""
    staff = [await account(engine, f"s{number}") for number in range(6)]
    orders = [staff, staff[::-1], staff[3:] + staff[:3]] * 4
    async with asyncio.timeout(20):
        await asyncio.gather(*(ask(engine, *order) for order in orders))
    assert Counter(row.asked for row in await rows(engine)) == {12: 6}


# --- sending ---------------------------------------------------------------------------------------------------------


async def test_what_is_due_leaves_and_is_gone(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: keeping the row after a success; sending what is not due."""
    who = await account(engine, sms="+573001234567", lang="pt")
    await ask(engine, who, now=NOW + timedelta(minutes=1))
    out = Written()
    assert await send_due(engine, post(texts, sms=out), NOW, always) == 0
    assert out.sent == []
    assert await send_due(engine, post(texts, sms=out), NOW + timedelta(minutes=1), always) == 1
    assert out.sent == [("+573001234567", texts.waiting("pt"))]
    assert await rows(engine) == []
    assert await send_due(engine, post(texts, sms=out), NOW + timedelta(minutes=2), always) == 0


async def test_two_workers_never_send_the_same_alert(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: dropping ``tries`` or the lease from the lease's WHERE."""
    staff = [await account(engine, f"s{number}", sms=f"+57300000{number:04d}") for number in range(12)]
    await ask(engine, *staff)
    other = db.open_engine(str(engine.url.render_as_string(hide_password=False)))

    async def slowly(_: str) -> None:
        await asyncio.sleep(0.01)

    out = Written(then=slowly)
    try:
        told = await asyncio.gather(*(send_due(each, post(texts, sms=out), NOW, always) for each in (engine, other, engine, other)))
    finally:
        await other.dispose()
    assert sum(told) == 12
    assert Counter(address for address, _ in out.sent) == {f"+57300000{number:04d}": 1 for number in range(12)}
    assert await rows(engine) == []


async def test_a_worker_that_dies_after_sending_has_it_sent_once_more(engine: AsyncEngine, texts: Texts) -> None:
    """At least once: the store fails between sending and deleting; nothing is sent again before the lease is over, then once.
    Mutation: deleting before sending (an alert lost); forgetting to free the lease (never sent again)."""
    who, other = await account(engine, "a", sms="+573001234567"), await account(engine, "b", sms="+573007654321")
    await ask(engine, who)

    async def store_fails(address: str) -> None:
        if address.endswith("4567"):
            async with engine.begin() as connection:
                await connection.execute(sql("ALTER TABLE alert RENAME TO away"))

    out = Written(then=store_fails)
    with everything_logged() as log:
        assert await send_due(engine, post(texts, sms=out), NOW, always) == 0
    assert "ProgrammingError" in log.getvalue() or "OperationalError" in log.getvalue()
    assert "4567" not in log.getvalue()
    async with engine.begin() as connection:
        await connection.execute(sql("ALTER TABLE away RENAME TO alert"))
    assert len(out.sent) == 1 and len(await rows(engine)) == 1
    out.then = None
    await ask(engine, other)
    assert await send_due(engine, post(texts, sms=out), NOW + timedelta(minutes=1), always) == 1, "the other one waits for nobody"
    assert await send_due(engine, post(texts, sms=out), NOW + outbox.LEASE + timedelta(seconds=1), always) == 1
    assert Counter(address[-4:] for address, _ in out.sent) == {"4567": 2, "4321": 1}
    assert await rows(engine) == []


async def test_a_store_that_is_down_is_told_to_whoever_runs_the_job(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: swallowing it (the job would look well)."""
    async with engine.begin() as connection:
        await connection.execute(sql("ALTER TABLE alert RENAME TO away"))
    try:
        with pytest.raises(DBAPIError):
            await send_due(engine, post(texts, sms=Written()), NOW, always)
    finally:
        async with engine.begin() as connection:
            await connection.execute(sql("ALTER TABLE away RENAME TO alert"))


async def test_what_comes_while_an_alert_is_on_its_way_is_told_again(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: deleting without looking at ``asked`` (the newer request makes no sound)."""
    who = await account(engine, sms="+573001234567")
    await ask(engine, who)

    async def another(_: str) -> None:
        await ask(engine, who, now=NOW + timedelta(seconds=1))

    out = Written(then=another)
    await send_due(engine, post(texts, sms=out), NOW, always)
    out.then = None
    assert [row.leased_until for row in await rows(engine)] == [None]
    assert await send_due(engine, post(texts, sms=out), NOW + timedelta(seconds=10), always) == 1
    assert len(out.sent) == 2 and await rows(engine) == []


async def test_a_failure_is_tried_again_later_each_time_and_dropped_after_a_day(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: a pause that does not grow; trying for ever; counting a failure as told."""
    who = await account(engine, sms="+573001234567")
    await ask(engine, who)

    async def refused(_: str) -> None:
        raise CannotDeliver("refused")

    out = Written(then=refused)
    now, pauses = NOW, []
    while waiting := await rows(engine):
        now = max(waiting[0].due_at, now)
        assert await send_due(engine, post(texts, sms=out), now, always) == 0
        if left := await rows(engine):
            pauses.append(left[0].due_at - now)
    assert pauses[:7] == [*(timedelta(seconds=30 * 2**number) for number in range(6)), timedelta(minutes=30)]
    assert set(pauses[6:]) == {outbox.LONGEST_PAUSE}
    assert timedelta(hours=23) < now - NOW <= timedelta(hours=24, minutes=30)
    assert out.sent == []


async def test_a_new_request_keeps_an_alert_alive_and_its_pause(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: counting the day from the first request; a new request that hurries a provider which refuses."""
    who = await account(engine, sms="+573001234567")
    await ask(engine, who)

    async def refused(_: str) -> None:
        raise CannotDeliver("refused")

    out = Written(then=refused)
    await send_due(engine, post(texts, sms=out), NOW, always)
    await ask(engine, who, now=NOW + timedelta(hours=23))
    (row,) = await rows(engine)
    assert row.due_at == NOW + timedelta(seconds=30) and row.tries == 1
    out.then = None
    assert await send_due(engine, post(texts, sms=out), NOW + timedelta(hours=25), always) == 1


# --- whom --------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-7")
@pytest.mark.parametrize("kind", ["snapshot", "database"])
async def test_nobody_is_told_off_shift_and_nobody_later(engine: AsyncEngine, texts: Texts, kind: str) -> None:
    """Mutation: keeping the row until the shift begins; asking for the shift at the time of the request; an answer that has to be
    awaited taken for yes."""
    on, off = await account(engine, "on", sms="+573000000001"), await account(engine, "off", sms="+573000000002")
    await ask(engine, on, off)
    asked: list[tuple[uuid.UUID, datetime]] = []

    def on_shift(who: uuid.UUID, at: datetime) -> bool:
        asked.append((who, at))
        return who == on

    async def looked_up(who: uuid.UUID, at: datetime) -> bool:
        return on_shift(who, at)

    out = Written()
    later = NOW + timedelta(minutes=3)
    assert await send_due(engine, post(texts, sms=out), later, on_shift if kind == "snapshot" else looked_up) == 1
    assert sorted(asked) == sorted([(on, later), (off, later)])
    assert [address for address, _ in out.sent] == ["+573000000001"]
    assert await rows(engine) == []
    assert await send_due(engine, post(texts, sms=out), NOW + timedelta(hours=2), always) == 0


async def test_an_account_that_left_is_told_nothing(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: looking at the shift only."""
    await ask(engine, await account(engine, active=False, sms="+573001234567"))
    out = Written()
    assert await send_due(engine, post(texts, sms=out), NOW, always) == 0
    assert out.sent == [] and await rows(engine) == []


async def test_an_account_without_a_way_holds_nothing_up(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: trying again for a day what can never be sent."""
    nobody, elsewhere = await account(engine, "a"), await account(engine, "b", push="{}")
    lost = await account(engine, "c", sms="+573001234567", secret=bytes(range(2, 34)))
    await ask(engine, nobody, elsewhere, lost)
    out = Written()
    with everything_logged() as log:
        assert await send_due(engine, post(texts, sms=out), NOW, always) == 0
    assert out.sent == [] and await rows(engine) == []
    assert '"outcome":"unreadable"' in log.getvalue()


async def test_all_ways_are_used_and_one_that_works_is_enough(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: trying again because one of two ways failed (a second alert on the other)."""
    who = await account(engine, sms="+573001234567", email="a@example.org")
    await ask(engine, who)

    async def broken(_: str) -> None:
        raise RuntimeError("a@example.org")

    sms, mail = Written(), Written(then=broken)
    with everything_logged() as log:
        assert await send_due(engine, post(texts, sms=sms, email=mail), NOW, always) == 1
    assert len(sms.sent) == 1 and await rows(engine) == []
    assert "RuntimeError" in log.getvalue() and "example.org" not in log.getvalue()


async def test_an_address_where_nobody_is_any_more_is_taken_away(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: trying a blocked bot for a day; taking away the way that only failed."""
    who = await account(engine, sms="+573001234567", telegram="77", email="a@example.org")
    await ask(engine, who)

    async def gone(_: str) -> None:
        raise Unreachable

    async def refused(_: str) -> None:
        raise CannotDeliver("refused")

    telegram, mail = Written(then=gone), Written(then=refused)
    assert await send_due(engine, post(texts, telegram=telegram, email=mail), NOW, always) == 0
    assert (await kept(engine, who)).addresses == {"sms": "+573001234567", "email": "a@example.org"}
    mail.then = None
    assert await send_due(engine, post(texts, telegram=telegram, email=mail), NOW + timedelta(minutes=1), always) == 1
    assert telegram.sent == []


async def test_a_way_that_hangs_is_given_up(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: no limit (one provider that hangs holds the lease of all)."""
    who = await account(engine, sms="+573001234567")
    await ask(engine, who)

    async def hangs(_: str) -> None:
        await asyncio.sleep(60)

    slow = Post(ways(sms=Written(then=hangs)), SECRET, texts, patience=0.05)
    async with asyncio.timeout(5):
        assert await send_due(engine, slow, NOW, always) == 0
    assert [row.tries for row in await rows(engine)] == [1]


# --- any order of events ---------------------------------------------------------------------------------------------


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["ask", "ask both", "send", "fail", "die", "off"]), st.integers(0, 40)), min_size=1, max_size=12
    )
)
async def test_after_any_events_each_request_was_told_or_rightly_dropped(engine: AsyncEngine, texts: Texts, events: Any) -> None:
    """Every account that something came for since it was last told (or was off shift, or a day went by) is told as soon as a way
    works again, and nobody else. Mutation: any lost update between ``asked``, ``tries`` and the lease."""
    await emptied(engine)
    one, other = await account(engine, "a", sms="1"), await account(engine, "b", sms="2")
    number = {one: "1", other: "2"}
    waits: dict[uuid.UUID, datetime] = {}
    now, out = datetime(2026, 1, 1, tzinfo=UTC), Written()
    for event, minutes in events:
        now += timedelta(minutes=minutes)
        waits = {who: at for who, at in waits.items() if now - at < outbox.LIFE}
        if event.startswith("ask"):
            asked = (one, other) if event == "ask both" else (one,)
            await ask(engine, *asked, now=now)
            waits |= dict.fromkeys(asked, now)
            continue
        before = len(out.sent)
        on = always if event != "off" else (lambda who, at: False)

        async def trouble(_: str, event: str = event) -> None:
            if event == "fail":
                raise CannotDeliver("refused")
            if event == "die":
                raise asyncio.CancelledError

        out.then = trouble
        due = {
            row.staff_id for row in await rows(engine) if row.due_at <= now and not (row.leased_until and row.leased_until > now)
        }
        with contextlib.suppress(asyncio.CancelledError):
            await send_due(engine, post(texts, sms=out), now, on)
        told = {address for address, _ in out.sent[before:]}
        assert told <= {number[who] for who in waits}, "nobody is told for nothing"
        waits = {who: at for who, at in waits.items() if number[who] not in told and not (event == "off" and who in due)}
    out.then = None
    before = len(out.sent)
    now += timedelta(minutes=31)
    waits = {who: at for who, at in waits.items() if now - at < outbox.LIFE}
    await send_due(engine, post(texts, sms=out), now, always)
    assert {address for address, _ in out.sent[before:]} == {number[who] for who in waits}
    assert await rows(engine) == []
