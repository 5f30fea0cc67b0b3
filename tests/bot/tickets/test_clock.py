"""What happens by itself: escalation, claims that lapse, wipes and forgetting, by a frozen clock."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.codes import Derived
from bot.settings import Settings
from bot.staff import audit
from bot.staff.tables import AuditEntry
from bot.tickets import clock, code, desk, storing
from bot.tickets.clock import Ticked, tick
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.references import reference
from bot.tickets.tables import SealedItem, Ticket
from bot.tickets.telling import roster
from flows.kernel import Words
from tests.bot.tickets.world import ALL_DAY, HANDED, NOW, Worker, World, after

SECOND = timedelta(seconds=1)


async def at(world: World, **later: float) -> Ticked:
    return await tick(world.tickets, after(**later))


async def level(world: World, ticket_id: bytes) -> str:
    return str((await world.row(ticket_id)).level)


# --- escalation ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-8")
@pytest.mark.parametrize(("urgent", "share"), [(False, 1.0), (True, 0.5)])
async def test_it_escalates_on_the_clock(world: World, ana: Worker, sol: Worker, urgent: bool, share: float) -> None:
    """Back-up, supervisor, network, each a second before its time and at it.

    Mutation: any of the times; one pace for urgent ones; telling somebody twice, or an excluded one at all."""
    backup = await world.worker("backup", duty="backup")
    await world.worker("foe", organisation="foe", duty="backup")
    peru = await world.worker("pe", countries=["PE"], duty="primary")
    ticket_id, _ = await world.ask(countries=("PE",), not_organisations=("foe",), urgent=urgent)
    assert await world.alerted() == {ana.id}
    for minutes, name, told in ((30, "backup", backup), (120, "supervisor", sol), (720, "network", peru)):
        due = after(minutes=minutes * share)
        await tick(world.tickets, due - SECOND)
        assert await world.alerted() == set()
        done = await tick(world.tickets, due)
        assert (done.told, done.escalated, await level(world, ticket_id)) == (1, 1, name)
        assert await world.alerted() == {told.id}
        assert (await tick(world.tickets, due + SECOND)).total() == 0
    assert (await world.row(ticket_id)).escalates_at is None
    assert [what for _, what in await world.audited()].count("escalated") == 3
    assert {value for what, value in await world.counted() if what == "escalated"} == {"backup", "supervisor", "network"}


@pytest.mark.requirement("D-8")
async def test_a_level_with_nobody_on_duty_is_told_when_somebody_comes(world: World) -> None:
    """At night nobody is there; the first ones come at eight and at nine; the levels that are due by then hear of it all at once.

    Mutation: an escalation at night that nobody hears, after which the morning is not told; an alert to somebody off shift."""
    night = NOW.replace(hour=3)  # 22:00 in Bogotá
    first, second = await world.worker("first"), await world.worker("second")
    boss = await world.worker("boss", "supervisor")
    await world.shifts(first.id, "CO", "primary", 8 * 60, 16 * 60)
    await world.shifts(second.id, "CO", "primary", 9 * 60, 16 * 60)
    await world.shifts(boss.id, "CO", "supervisor", 8 * 60, 16 * 60)
    ticket_id, derived = await world.ask(night)
    assert await world.alerted() == set()
    for hours in (0.5, 2, 9.9):
        await tick(world.tickets, night + timedelta(hours=hours))
    assert await world.alerted() == set() and await level(world, ticket_id) == "primary"
    assert (await code.look(world.tickets, derived, night + timedelta(hours=3))).status == "nobody_yet"  # type: ignore[union-attr]
    await tick(world.tickets, night + timedelta(hours=10))
    assert await world.alerted() == {first.id, boss.id} and await level(world, ticket_id) == "supervisor"
    await tick(world.tickets, night + timedelta(hours=10.5))
    assert await world.alerted() == set()
    await tick(world.tickets, night + timedelta(hours=11))
    assert await world.alerted() == {second.id}


async def test_children_are_for_child_protection_at_every_level(world: World, ana: Worker, sol: Worker) -> None:
    """D-9. Mutation: the primary duty told of a child; a back-up who may not read it."""
    kids = await world.worker("cp", "child_protection", duty="child")
    more = await world.worker("cp-2", "child_protection")
    await world.shifts(more.id, "CO", "backup")
    await world.worker("backup", duty="backup")
    boss = await world.worker("boss", "supervisor", "child_protection", duty="supervisor")
    await world.ask(child=True, age="under18")
    assert await world.alerted() == {kids.id}
    await at(world, hours=12)
    # The roster counts a back-up who is a case manager only; of the supervisors those hear of it who protect children.
    assert await world.alerted() == {boss.id}


@pytest.mark.requirement("E-1")
async def test_nothing_invented_is_ever_told_and_no_person_is_written_to(world: World, ana: Worker, sol: Worker) -> None:
    """48 hours of clock. Mutation: an alert for a practice request; the clock asking for leave to write."""
    await world.ask(training=True, way="here", windows=ALL_DAY)
    for hours in range(0, 49, 3):
        await at(world, hours=hours)
    assert await world.alerted() == set() and await world.counted() == {}
    assert "relayed" not in [what for _, what in await world.audited()]


# --- claims ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-2")
async def test_a_claim_without_an_act_lapses(world: World, ana: Worker, ben: Worker) -> None:
    """Mutation: an hour more or less; no note for the next one; nobody told."""
    ticket_id, _ = await world.taken(ana)
    assert (await at(world, minutes=60, seconds=-1)).lapsed_claims == 0
    await world.alerted()
    assert (await at(world, minutes=60)).lapsed_claims == 1
    row = await world.row(ticket_id)
    assert (row.state, row.claimed_by, row.queued_at) == ("waiting", None, after(minutes=60))
    assert [note.reason for note in await world.hand_overs(ticket_id)] == ["lapsed"]
    assert await world.alerted() == {ana.id, ben.id}
    with pytest.raises(desk.Stale):
        await desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", after(minutes=61))
    await desk.claim(world.tickets, ben.actor, ticket_id, after(minutes=61))


@pytest.mark.requirement("M-2")
async def test_a_claim_that_is_worked_on_lapses_a_day_after_the_last_act(world: World, ana: Worker) -> None:
    """Mutation: a claim that lapses while its owner waits for the person's window; one that never does."""
    ticket_id, _ = await world.taken(ana)
    await world.reads(ana, ticket_id, "card", after(minutes=59))
    assert (await at(world, hours=2)).lapsed_claims == 0
    assert (await at(world, hours=24, minutes=58)).lapsed_claims == 0
    assert (await at(world, hours=24, minutes=59)).lapsed_claims == 1


@pytest.mark.parametrize("missing", [("touched_at",), ("touched_at", "claimed_at"), ("claimed_by",)])
async def test_no_claim_holds_a_ticket_for_ever(world: World, ana: Worker, missing: tuple[str, ...]) -> None:
    """Nothing writes such a row; a repair by hand could. Mutation: a comparison with nothing, which is never true; an account that
    is gone, taken for one that keeps no shifts."""
    ticket_id, _ = await world.taken(ana)
    await world.set(ticket_id, **dict.fromkeys(missing))
    held_by_nobody = missing == ("claimed_by",)
    assert (await at(world, minutes=59)).lapsed_claims == held_by_nobody
    assert (await at(world, minutes=60)).lapsed_claims == (not held_by_nobody)
    assert (await world.row(ticket_id)).state == "waiting"


# --- a shift that ends -----------------------------------------------------------------------------------------------


async def until_eleven(world: World, name: str = "dora", *roles: str) -> Worker:
    """Somebody whose shift ends an hour after NOW."""
    worker = await world.worker(name, *roles)
    await world.shifts(worker.id, "CO", "child" if roles == ("child_protection",) else "primary", 8 * 60, 11 * 60)
    return worker


async def status(world: World, derived: Derived, **later: float) -> str:
    """What the code says, by the roster as it is."""
    async with world.engine.connect() as connection:
        on = await roster(connection, after(**later))
    found = await code.look(world.tickets, derived, after(**later), on)
    assert found is not None
    return found.status


@pytest.mark.requirement("D-8")
@pytest.mark.requirement("M-2")
@pytest.mark.parametrize(("urgent", "grace"), [(False, 60), (True, 30)])
async def test_a_claim_does_not_outlast_the_shift_while_others_are_on_duty(
    world: World, ben: Worker, urgent: bool, grace: int
) -> None:
    """Claimed at ten, worked on, off at eleven. Mutation: a claim that lasts a day behind somebody's back; one that is taken out of
    their hands at the stroke of eleven; one grace for all; a code that goes on saying that somebody looks at it; nobody told."""
    dora = await until_eleven(world)
    ticket_id, derived = await world.taken(dora, urgent=urgent)
    await world.reads(dora, ticket_id, "card", after(minutes=50))
    await world.alerted()
    last = after(minutes=60 + grace) - SECOND
    assert (await tick(world.tickets, last)).lapsed_claims == 0 and await world.alerted() == set()
    assert await status(world, derived, minutes=60 + grace - 1) == "looked_at"
    assert await status(world, derived, minutes=60 + grace) == "again"
    assert (await at(world, minutes=60 + grace)).lapsed_claims == 1
    row = await world.row(ticket_id)
    assert (row.state, row.claimed_by, row.queued_at, row.level) == ("waiting", None, after(minutes=60 + grace), "primary")
    assert await world.alerted() == {ben.id}
    assert (await world.audited())[-1] == (audit.CLOCK, "claim_lapsed")
    assert [note.reason for note in await world.hand_overs(ticket_id)] == ["lapsed"]
    assert await status(world, derived, minutes=60 + grace) == "again"
    assert [row.id for row in await desk.queue(world.tickets, ben.actor, after(minutes=60 + grace))] == [ticket_id]
    assert (await at(world, minutes=60 + grace, seconds=15)).total() == 0


@pytest.mark.requirement("D-8")
async def test_whoever_writes_after_the_shift_is_heard_by_those_on_duty_at_once(world: World, ben: Worker) -> None:
    """Mutation: an alert for somebody off shift, who never gets it, and for nobody else; words that nobody sees for a day."""
    dora = await until_eleven(world)
    ticket_id, derived = await world.taken(dora, way="here", windows=ALL_DAY)
    await world.reads(dora, ticket_id, "card", after(minutes=2))
    await world.alerted()
    await code.add_note(world.tickets, derived, Words("before"), "m2", after(minutes=59))
    assert await world.alerted() == {dora.id} and await status(world, derived, minutes=61) == "looked_at"
    await world.reads(dora, ticket_id, "note", after(minutes=59))
    await code.add_note(world.tickets, derived, Words("please answer"), "m3", after(minutes=65))
    row = await world.row(ticket_id)
    assert (row.state, row.claimed_by, row.relay) == ("waiting", None, "open")
    assert await world.alerted() == {ben.id} and await status(world, derived, minutes=65) == "again"
    await code.add_note(world.tickets, derived, Words("please answer"), "m3", after(minutes=65))
    assert len((await world.items(ticket_id))["note"]) == 3
    await desk.claim(world.tickets, ben.actor, ticket_id, after(minutes=66))
    assert "please answer" in await world.reads(ben, ticket_id, "note", after(minutes=66))


async def test_nobody_is_cut_off_in_the_middle_of_an_answer(world: World, ben: Worker) -> None:
    """Who goes on after the end of the shift keeps it until the grace is over, however often the person writes.

    Mutation: a ticket that is taken out of somebody's hands by the answer that they asked for."""
    dora = await until_eleven(world)
    ticket_id, derived = await world.taken(dora, way="here", windows=ALL_DAY)
    await desk.send_answer(world.tickets, dora.actor, ticket_id, await world.answer(ticket_id), after(minutes=62))
    await code.add_note(world.tickets, derived, Words("yes, I can"), "m2", after(minutes=64))
    assert (await at(world, minutes=65)).lapsed_claims == 0
    assert (await world.row(ticket_id)).claimed_by == dora.id
    assert (await at(world, minutes=120)).lapsed_claims == 1


@pytest.mark.requirement("D-8")
@pytest.mark.requirement("D-7")
async def test_where_nobody_else_is_there_it_stays_and_the_code_says_when_somebody_is(world: World) -> None:
    """Until somebody comes on duty: whoever claimed it, who goes on, or another, who gets it.

    Mutation: a claim that lapses into an empty queue; a code that says that somebody looks at it while nobody is there; the desk of
    adults asked for a child."""
    dora = await until_eleven(world, "dora", "child_protection")
    await world.worker("ana", duty="primary")
    ticket_id, derived = await world.taken(dora, child=True, age="under18")
    await world.reads(dora, ticket_id, "card", after(minutes=2))
    await code.add_note(world.tickets, derived, Words("please answer"), "m2", after(minutes=70))
    assert (await at(world, minutes=95)).lapsed_claims == 0 and (await world.row(ticket_id)).claimed_by == dora.id
    async with world.engine.connect() as connection:
        on = await roster(connection, after(minutes=95))
    shown = await code.look(world.tickets, derived, after(minutes=95), on)
    assert shown is not None and shown.status == "away" and shown.child
    assert (shown.desk.open_now, shown.desk.opens_at) == (False, after(hours=22).timestamp())
    assert (await at(world, hours=22)).lapsed_claims == 0 and await status(world, derived, hours=22) == "looked_at"
    night = await world.worker("night", "child_protection")
    await world.shifts(night.id, "CO", "child", 18 * 60, 24 * 60)
    await world.alerted()
    assert (await at(world, hours=7.9)).lapsed_claims == 0
    assert (await at(world, hours=8)).lapsed_claims == 1 and await world.alerted() == {night.id}


async def test_a_supervisor_who_is_alone_on_duty_hears_of_it_at_once(world: World, sol: Worker) -> None:
    """Mutation: a ticket that waits two hours until a supervisor may hear of it, although nobody else is there."""
    dora = await until_eleven(world)
    ticket_id, _ = await world.taken(dora)
    await world.reads(dora, ticket_id, "card", after(minutes=50))
    await world.alerted()
    assert (await at(world, hours=2)).lapsed_claims == 1
    assert await world.alerted() == {sol.id} and await level(world, ticket_id) == "supervisor"


@pytest.mark.parametrize("case", ["no shifts planned", "a supervisor without shifts", "invented", "another country's shift"])
async def test_whoever_keeps_no_shifts_keeps_a_claim(world: World, ben: Worker, case: str) -> None:
    """Mutation: a claim that lapses because nobody planned when somebody is there; one that holds by a shift elsewhere."""
    roles = ("supervisor",) if case == "a supervisor without shifts" else ("case_manager",)
    country = "PE" if case == "no shifts planned" else "CO"
    dora = await world.worker("dora", *roles, countries=(country, "VE"))
    worker = dora
    if case == "invented":
        worker = dataclasses.replace(dora, actor=dataclasses.replace(dora.actor, training=True))
    if case == "another country's shift":
        await world.shifts(dora.id, "VE", "primary")
    ticket_id, _ = await world.ask(country=country, training=case == "invented")
    await world.set(ticket_id, state="claimed", claimed_by=worker.id, claimed_at=after(minutes=50), touched_at=after(minutes=55))
    assert (await at(world, hours=3)).lapsed_claims == (case == "another country's shift")


async def test_what_was_given_back_late_waits_a_whole_life_again(world: World, ana: Worker) -> None:
    """Contact and words live their seven days all the same. Mutation: wiping at the next tick what somebody has just given back."""
    ticket_id, derived = await world.taken(ana, after())
    for day in range(7):
        await world.reads(ana, ticket_id, "card", after(days=day))
    await desk.release(world.tickets, ana.actor, ticket_id, HANDED, after(days=6, hours=23))
    done = await at(world, days=7)
    assert (done.lapsed, done.expired) == (0, 3)
    row = await world.row(ticket_id)
    assert (row.state, row.way, row.expires_at) == ("waiting", "code", after(days=13, hours=23))
    assert (await code.look(world.tickets, derived, after(days=8))).status == "nobody_yet"  # type: ignore[union-attr]
    assert (await at(world, days=13, hours=23)).lapsed == 1


# --- lives -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-3")
@pytest.mark.requirement("D-8")
async def test_what_nobody_took_is_wiped_and_the_code_says_so(world: World, ana: Worker) -> None:
    """Mutation: a day more; an envelope left; a code that says "received" for ever; a row that stays."""
    ticket_id, derived = await world.ask()
    await tick(world.tickets, after(days=7) - SECOND)
    assert len(await world.rows(SealedItem)) == 3
    done = await at(world, days=7)
    assert (done.lapsed, done.clean) == (1, True)
    assert await world.rows(SealedItem) == []
    row = await world.row(ticket_id)
    assert (row.state, row.outcome, row.guarded) == ("lapsed", "wiped_unclaimed", None)
    shown = await code.look(world.tickets, derived, after(days=8))
    assert shown is not None and shown.status == "lapsed" and shown.over and not shown.may_contest
    with pytest.raises(desk.Stale):
        await desk.claim(world.tickets, ana.actor, ticket_id, after(days=8))
    assert (await world.counted())["outcome", "wiped_unclaimed"] == 1
    await tick(world.tickets, after(days=67) - SECOND)
    assert await code.look(world.tickets, derived, after(days=67) - SECOND) is not None
    assert (await at(world, days=67)).forgotten == 1
    assert await world.rows(Ticket) == [] and await code.look(world.tickets, derived, after(days=67)) is None


@pytest.mark.requirement("P-3")
async def test_contact_card_and_notes_live_seven_days_also_while_somebody_works_on_it(world: World, ana: Worker) -> None:
    """Each from when it was written. Mutation: a life that begins anew with each word; a chat still open without its contact."""
    ticket_id, derived = await world.taken(ana, way="here", windows=ALL_DAY)
    await code.add_note(world.tickets, derived, Words("day five"), "m2", after(days=5))
    for day in range(1, 12):
        await world.reads(ana, ticket_id, "card", after(days=day) - SECOND)
        await tick(world.tickets, after(days=day) - SECOND)
        kinds = sorted(kind for kind, rows in (await world.items(ticket_id)).items() for _ in rows)
        assert kinds == (["card", "contact", "note", "note"] if day <= 7 else ["note"]), day
    row = await world.row(ticket_id)
    assert (row.state, row.way, row.relay) == ("claimed", "code", "ended")
    await at(world, days=12)
    assert await world.items(ticket_id) == {}


@pytest.mark.requirement("P-3")
@pytest.mark.parametrize(("read_after", "gone_after"), [(None, 60), (1, 31), (20, 50), (45, 60)])
async def test_a_closed_request_is_known_until_read_and_thirty_days_at_most_sixty(
    world: World, ana: Worker, read_after: int | None, gone_after: int
) -> None:
    """Mutation: 30 days from closing; no end for what is never read; reading that makes it live beyond sixty."""
    ticket_id, derived = await world.taken(ana)
    await desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id), NOW)
    await desk.close(world.tickets, ana.actor, ticket_id, "reached_needs_met", NOW)
    if read_after is not None:
        await code.read_answer(world.tickets, derived, after(days=read_after))
    end = after(days=gone_after)
    await tick(world.tickets, end - SECOND)
    shown = await code.look(world.tickets, derived, end - SECOND)
    assert shown is not None and (shown.status == "answer_waiting") == (read_after is None)
    assert await code.look(world.tickets, derived, end) is None
    await tick(world.tickets, end)
    assert await world.rows(Ticket) == [] and await world.rows(SealedItem) == []


@pytest.mark.requirement("P-3")
async def test_what_was_read_before_closing_is_known_for_thirty_days_after_it(world: World, ana: Worker) -> None:
    """Mutation: thirty days from reading, so that the end is never seen."""
    ticket_id, derived = await world.taken(ana)
    await desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id), NOW)
    await code.read_answer(world.tickets, derived, after(hours=1))
    await desk.close(world.tickets, ana.actor, ticket_id, "reached_needs_met", after(hours=20))
    assert (await world.row(ticket_id)).forgotten_at == after(days=30, hours=20)


def test_every_life_is_a_setting() -> None:
    """Mutation: a setting that nothing reads, or that is read for another."""
    given: dict[str, Any] = {
        "contact_days": 1, "unclaimed_days": 2, "backup_minutes": 3, "supervisor_minutes": 4, "network_minutes": 5,
        "claim_minutes": 6, "idle_claim_hours": 7, "shift_grace_minutes": 10, "read_days": 8, "closed_days": 9, "withdrawn_days": 4,
    }  # fmt: skip
    day, minute = timedelta(days=1), timedelta(minutes=1)
    assert Lifetimes.of(Settings(_env_file=None, **given)) == Lifetimes(  # type: ignore[call-arg]
        1 * day, 2 * day, 3 * minute, 4 * minute, 5 * minute, 6 * minute, timedelta(hours=7), 10 * minute, 8 * day, 9 * day, 4 * day
    )
    assert Lifetimes.of(Settings(_env_file=None)) == Lifetimes()  # type: ignore[call-arg]


@pytest.mark.requirement("P-3")
async def test_an_answer_that_was_not_read_counts_although_an_earlier_one_was(world: World, ana: Worker) -> None:
    """Mutation: thirty days after the reading of something else."""
    ticket_id, derived = await world.taken(ana)
    for minutes in (0, 2):
        await desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id), after(minutes=minutes))
        if not minutes:
            await code.read_answer(world.tickets, derived, after(minutes=1))
    await desk.close(world.tickets, ana.actor, ticket_id, "reached_needs_met", after(minutes=3))
    assert (await world.row(ticket_id)).forgotten_at == after(days=60, minutes=3)


# --- the tick itself -------------------------------------------------------------------------------------------------


async def story(world: World, ana: Worker) -> None:
    """Something of everything that can be due."""
    await world.ask(NOW - timedelta(days=8))
    await world.taken(ana, NOW - timedelta(hours=2))
    closed, _ = await world.taken(ana, NOW - timedelta(days=70))
    await desk.close(world.tickets, ana.actor, closed, "not_for_us", NOW - timedelta(days=61))
    old, _ = await world.taken(ana, NOW - timedelta(days=8))
    await world.reads(ana, old, "card", NOW - timedelta(hours=1))
    await world.ask(NOW - timedelta(minutes=31))


@pytest.mark.requirement("D-8")
async def test_two_workers_at_once_do_everything_once(world: World, ana: Worker) -> None:
    """Mutation: alerts, counts, hand-over notes or audit entries twice; an error because the other was faster."""
    await world.worker("backup", duty="backup")
    await story(world, ana)
    done = await asyncio.gather(*(tick(world.tickets, NOW) for _ in range(3)))
    sums = {name: sum(getattr(each, name) for each in done) for name in ("lapsed", "lapsed_claims", "expired", "forgotten")}
    assert sums == {"lapsed": 1, "lapsed_claims": 1, "expired": 3, "forgotten": 1}
    assert sum(each.told for each in done) == sum(each.escalated for each in done) == 1
    whats = [what for name, what in await world.audited() if name == audit.CLOCK]
    assert sorted(whats) == ["claim_lapsed", "escalated", "wiped"]
    assert (await world.counted())["escalated", "backup"] == 1
    assert await audit.verify(world.engine) is None
    before = [await world.rows(table) for table in (Ticket, SealedItem, AuditEntry)]
    assert (await tick(world.tickets, NOW)).total() == 0
    assert [await world.rows(table) for table in (Ticket, SealedItem, AuditEntry)] == before


async def test_somebody_claims_between_the_look_and_the_act(world: World, ana: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: telling others of a ticket that somebody has by now; taking it out of their hands."""
    await world.worker("backup", duty="backup")
    ticket_id, _ = await world.ask()
    await world.alerted()
    real = storing.transact

    async def claimed_first(*args: Any) -> Any:
        monkeypatch.setattr(storing, "transact", real)
        await desk.claim(world.tickets, ana.actor, ticket_id, after(minutes=30))
        return await real(*args)

    monkeypatch.setattr(clock, "_forget", lambda *_: asyncio.sleep(0))
    monkeypatch.setattr(storing, "transact", claimed_first)
    assert (await at(world, minutes=30)).told == 0
    assert await world.alerted() == set() and await level(world, ticket_id) == "primary"


async def test_a_ticket_that_fails_keeps_no_other_waiting(world: World, ana: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: a tick that stops at the first fault; a fault that nobody hears of; half of a change."""
    bad, _ = await world.taken(ana, NOW - timedelta(hours=3))
    good, _ = await world.taken(ana, NOW - timedelta(hours=2))
    lapsed, _ = await world.ask(NOW - timedelta(days=8))
    before = await world.row(bad)
    real = audit.record

    async def fails(connection: Any, actor: str, role: str, what: str, subject: str, now: datetime) -> int:
        if subject == reference(bad):
            raise OSError("the disk is gone")
        return await real(connection, actor, role, what, subject, now)

    with monkeypatch.context() as patch:
        patch.setattr(audit, "record", fails)
        with pytest.raises(OSError, match="disk"):
            await tick(world.tickets, NOW)
    assert await world.row(bad) == before and await world.hand_overs(bad) == []
    assert [(await world.row(each)).state for each in (good, lapsed)] == ["waiting", "lapsed"]
    assert (await tick(world.tickets, NOW)).lapsed_claims == 1
    assert (await world.row(bad)).state == "waiting"
