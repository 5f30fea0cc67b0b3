"""The clocks of complaints on a clock that stands still: who is told when, and what is wiped when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot import jobs
from bot.complaints import clock, code, desk, reading
from bot.complaints.clock import Ticked
from bot.complaints.deadlines import Deadlines, clocks, next_step
from bot.complaints.desk import Refused
from bot.complaints.storing import Complaints
from bot.roster import snapshot
from bot.roster.live import LiveRoster
from bot.roster.snapshot import RosterSnapshot
from bot.settings import Settings
from bot.staff import leaving
from flows.kernel import Words
from tests.bot.complaints.world import NOTE, NOW, Person, World, after
from tests.bot.tickets.world import SECRET

MINUTE = timedelta(minutes=1)


# --- arithmetic --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-6")
def test_the_deadlines_are_settings_with_the_given_defaults() -> None:
    """Mutation: a deadline that no setting moves; another default."""
    usual = Deadlines.of(Settings(_env_file=None))  # type: ignore[call-arg]
    assert usual == Deadlines()
    assert (usual.accept, usual.forward, usual.answer) == tuple(timedelta(hours=hours) for hours in (12, 24, 48))
    assert (usual.working_days, usual.content) == (5, timedelta(days=30))
    changed = {
        "sea_accept_hours": 1, "sea_forward_hours": 2, "sea_answer_hours": 3, "feedback_working_days": 4, "complaint_days": 6,
    }  # fmt: skip
    other = Deadlines.of(Settings(_env_file=None, **changed))  # type: ignore[arg-type]
    hours = timedelta(hours=1)
    assert other == Deadlines(hours, 2 * hours, 3 * hours, 4, timedelta(days=6))


@pytest.mark.requirement("C-6")
@pytest.mark.parametrize(
    ("sent", "closed", "due"),
    [
        # A Tuesday at 10:00 in Bogotá: Wednesday to Friday, Monday and Tuesday; until the Tuesday is over.
        (datetime(2026, 3, 3, 15, tzinfo=UTC), [], datetime(2026, 3, 11, 5, tzinfo=UTC)),
        # The same with a holiday on Monday.
        (datetime(2026, 3, 3, 15, tzinfo=UTC), [date(2026, 3, 9)], datetime(2026, 3, 12, 5, tzinfo=UTC)),
        # A holiday on a Sunday takes nothing away.
        (datetime(2026, 3, 3, 15, tzinfo=UTC), [date(2026, 3, 8)], datetime(2026, 3, 11, 5, tzinfo=UTC)),
        # Friday evening in Bogotá, which is Saturday in UTC, and Saturday: the same Friday a week later.
        (datetime(2026, 3, 7, 1, tzinfo=UTC), [], datetime(2026, 3, 14, 5, tzinfo=UTC)),
        (datetime(2026, 3, 7, 15, tzinfo=UTC), [], datetime(2026, 3, 14, 5, tzinfo=UTC)),
        # A week of holidays.
        (datetime(2026, 3, 6, 15, tzinfo=UTC), [date(2026, 3, 9) + timedelta(days=n) for n in range(7)],
         datetime(2026, 3, 21, 5, tzinfo=UTC)),
    ],
    ids=["tuesday", "holiday", "sunday-holiday", "friday-evening", "saturday", "holidays"],
)  # fmt: skip
def test_feedback_counts_working_days_of_its_country(sent: datetime, closed: list[date], due: datetime) -> None:
    """Mutation: counting the day itself, week-ends, holidays; the days of UTC; the beginning of the last day."""
    assert Deadlines().due("feedback", "CO", sent, closed) == (None, None, due)


@pytest.mark.requirement("C-6")
def test_behaviour_runs_round_the_clock_on_holidays_too() -> None:
    """Mutation: working days for both."""
    christmas = datetime(2026, 12, 25, 3, tzinfo=UTC)
    found = Deadlines().due("psea", "CO", christmas, [date(2026, 12, day) for day in range(24, 32)])
    assert found == tuple(christmas + timedelta(hours=hours) for hours in (12, 24, 48))


def test_a_year_of_clock_changes_never_moves_a_day() -> None:
    """In Chile the clocks change at midnight. Mutation: adding 24 hours instead of a day."""
    for days in range(366):
        sent = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=days)
        due = Deadlines().end_of_working_days("CL", sent, ())
        assert 5 <= (due - sent).days <= 8


# --- escalation --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-6")
async def test_first_the_focal_point_then_who_stands_in_then_the_network(
    world: World, eva: Person, leo: Person, mar: Person
) -> None:
    """Weekend and holiday alike. Mutation: a level told early, late, twice, or never; the whole ladder from the beginning."""
    saturday = datetime(2026, 3, 7, 20, 0, tzinfo=UTC)
    await world.holidays(date(2026, 3, 7), date(2026, 3, 8))
    complaint_id, derived = await world.send(now=saturday)
    assert await world.alerted() == {eva.id}
    for hours, told, level in ((6, {leo.id}, "backup"), (12, {mar.id}, "network")):
        assert (await world.tick(saturday + timedelta(hours=hours) - MINUTE)).total() == 0
        assert (await world.tick(saturday + timedelta(hours=hours))).escalated == 1
        assert await world.alerted() == told
        assert (await world.tick(saturday + timedelta(hours=hours))).total() == 0, "once"
        assert (await world.row(complaint_id)).level == level
    view = await world.looks(derived, saturday + timedelta(hours=13))
    assert (view.status, view.late, view.due) == ("received", True, (saturday + timedelta(hours=12)).timestamp())
    for hours in (24, 48):  # not forwarded, not answered: the network again
        assert (await world.tick(saturday + timedelta(hours=hours) - MINUTE)).total() == 0
        assert (await world.tick(saturday + timedelta(hours=hours))).told == 1
        assert await world.alerted() == {mar.id}
    assert (await world.tick(saturday + timedelta(hours=72) - MINUTE)).total() == 0


@pytest.mark.requirement("C-6")
@pytest.mark.requirement("C-4")
async def test_what_nobody_acts_on_is_told_of_each_day_until_somebody_does(world: World, eva: Person, mar: Person) -> None:
    """To coordinators for whom it exists, and to who holds it. Mutation: silence after the last deadline; every tick; a coordinator
    of the organisation that it is about; a day that is lost, or told of twice, since the worker stood still; going on after the
    act."""
    await world.person("tied", "coordinator", organisation="casa-sur")
    complaint_id, _ = await world.send()
    for hours in (12, 24, 48):
        await world.tick(after(hours=hours))
    await world.alerted()
    for days in (3, 4, 5):
        assert (await world.tick(after(days=days) - MINUTE)).total() == 0
        assert (await world.tick(after(days=days))).told == 1
        assert (await world.tick(after(days=days))).total() == 0
        assert await world.alerted() == {mar.id}
    assert (await world.tick(after(days=9, hours=7))).told == 1
    assert await world.alerted() == {mar.id}
    assert (await world.tick(after(days=10) - MINUTE)).total() == 0
    await desk.accept(world.complaints, eva.actor, complaint_id, after(days=10) - MINUTE)
    assert (await world.tick(after(days=10))).told == 1
    assert await world.alerted() == {eva.id, mar.id}, "accepted, and neither forwarded nor answered"
    await desk.forward(world.complaints, eva.actor, complaint_id, after(days=10), way="outside")
    assert (await world.tick(after(days=11))).told == 1
    await world.alerted()
    await world.answered(eva, complaint_id, after(days=11))
    assert (await world.row(complaint_id)).escalates_at is None
    assert (await world.tick(after(days=40))).told == 0


@pytest.mark.requirement("C-6")
async def test_what_lay_silent_before_is_told_of_again(world: World, eva: Person, mar: Person) -> None:
    """A row of which nobody was to be told any more. Mutation: a next time that only an act sets."""
    complaint_id, _ = await world.send(world.feedback())
    due = (await world.row(complaint_id)).answer_by
    await world.tick(due)
    await world.set(complaint_id, escalates_at=None)
    await world.alerted()
    await world.tick(due + timedelta(hours=1))
    assert await world.alerted() == set()
    assert (await world.tick(due + timedelta(hours=24))).told == 1
    assert await world.alerted() == {mar.id}


@pytest.mark.requirement("C-6")
@pytest.mark.parametrize("hurry", ["urgent", "child"])
async def test_in_a_hurry_who_stands_in_is_told_at_once(world: World, eva: Person, leo: Person, mar: Person, hurry: str) -> None:
    """Mutation: waiting half of the time all the same; telling the network at once too."""
    await world.send(**{hurry: True})
    assert await world.alerted() == {eva.id, leo.id}


@pytest.mark.requirement("C-6")
async def test_without_a_focal_point_who_stands_in_is_told_at_once_and_without_both_the_network(
    world: World, leo: Person, mar: Person
) -> None:
    """Mutation: a complaint that waits for a level with nobody in it."""
    await world.send()
    assert await world.alerted() == {leo.id}
    complaint_id, _ = await world.send(organisation="red-observa")
    assert await world.alerted() == {mar.id}, "the only focal points are of the organisation that it is about"
    assert (await world.row(complaint_id)).level == "network"
    await desk.accept(world.complaints, mar.actor, complaint_id, NOW)


@pytest.mark.requirement("C-6")
async def test_what_was_done_in_time_tells_nobody(world: World, eva: Person, leo: Person, mar: Person) -> None:
    """Mutation: a deadline that runs on after its step was done."""
    complaint_id, derived = await world.held(eva, after(hours=1))
    await world.alerted()
    assert (await world.tick(after(hours=13))).total() == 0
    await desk.forward(world.complaints, eva.actor, complaint_id, after(hours=14), way="outside")
    assert (await world.looks(derived, after(hours=14))).due == (await world.row(complaint_id)).answer_by.timestamp()
    assert (await world.tick(after(hours=26))).total() == 0
    await world.answered(eva, complaint_id, after(hours=30))
    assert (await world.tick(after(hours=60))).total() == 0
    assert (await world.row(complaint_id)).escalates_at is None and await world.alerted() == set()


@pytest.mark.requirement("C-6")
async def test_an_answer_is_due_again_once_the_person_has_answered_a_question(
    world: World, eva: Person, leo: Person, mar: Person
) -> None:
    """A question is no way to stop the clock for good. Mutation: a question that counts as the answer for ever."""
    complaint_id, derived = await world.held(eva, after(hours=1))
    await desk.forward(world.complaints, eva.actor, complaint_id, after(hours=2), way="outside")
    await world.answered(eva, complaint_id, after(hours=3), asks=True)
    await world.alerted()
    assert (await world.tick(after(hours=60))).total() == 0
    assert await code.add_note(world.complaints, derived, Words("cerca del puente"), "m2", after(hours=61)) == "saved"
    assert (await world.looks(derived, after(hours=61))).due == after(hours=61 + 48).timestamp()
    await world.alerted()
    assert (await world.tick(after(hours=108))).total() == 0
    assert (await world.tick(after(hours=109))).escalated == 1
    assert await world.alerted() == {eva.id, mar.id}
    await world.answered(eva, complaint_id, after(hours=110))
    assert (await world.tick(after(hours=200))).total() == 0


@pytest.mark.requirement("C-6")
async def test_what_was_accepted_and_left_lying_comes_to_the_network_and_can_be_taken_over(
    world: World, eva: Person, mar: Person
) -> None:
    """Mutation: accepting stops every clock; nobody can take it from who is away."""
    complaint_id, _ = await world.held(eva)
    with pytest.raises(desk.NotThere):
        await desk.release(world.complaints, mar.actor, complaint_id, after(hours=23))
    await world.alerted()
    assert (await world.tick(after(hours=24))).escalated == 1
    assert await world.alerted() == {eva.id, mar.id}
    with pytest.raises(desk.Stale):
        await desk.accept(world.complaints, mar.actor, complaint_id, after(hours=24))
    await desk.release(world.complaints, mar.actor, complaint_id, after(hours=24))
    assert await world.alerted() == {eva.id}, "who held it is told, who gave it back knows"
    await desk.accept(world.complaints, mar.actor, complaint_id, after(hours=24))
    with pytest.raises(desk.Stale):
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", after(hours=25))
    both = await world.person("both", "psea_focal_point", "coordinator", organisation="red-norte")
    await desk.release(world.complaints, both.actor, complaint_id, after(hours=25))


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("C-6")
@pytest.mark.parametrize("about", ["organisation", "responders"])
async def test_where_no_coordinator_may_know_of_it_whoever_is_told_in_their_place_takes_it_over(
    world: World, eva: Person, leo: Person, mar: Person, about: str
) -> None:
    """Who accepted it is away, and the only coordinator is of the organisation that it is about, or of none that watches over the
    others. Mutation: told again each day, and nothing to be done but stepping aside; before any deadline was missed; once
    everything was done in time; as soon as it was escalated, where a coordinator is; without a line in the trail; to somebody tied;
    the holder left in the dark."""
    tied = await world.person("tied", "psea_focal_point", organisation="red-centro")
    changes = {"about": about, "organisation": "red-centro" if about == "organisation" else ""}
    complaint_id, _ = await world.held(eva, **changes)
    await world.tick(after(hours=23))
    for now in (after(hours=1), after(hours=23, minutes=59)):
        assert "release" not in (await reading.sheet(world.complaints, leo.actor, complaint_id, now)).may
        with pytest.raises(desk.Stale):
            await desk.release(world.complaints, leo.actor, complaint_id, now)
    await world.alerted()
    await world.tick(after(hours=24))
    assert await world.alerted() == {eva.id, leo.id}
    for other in (mar, tied):
        with pytest.raises(desk.NotThere):
            await desk.release(world.complaints, other.actor, complaint_id, after(hours=24))
    with pytest.raises(desk.Stale):
        await desk.accept(world.complaints, leo.actor, complaint_id, after(hours=24))
    assert (await reading.sheet(world.complaints, leo.actor, complaint_id, after(hours=24))).may == {"recuse", "release"}
    await desk.release(world.complaints, leo.actor, complaint_id, after(hours=24))
    assert await world.alerted() == {eva.id} and (await world.trail())[-1] == ("psea-2", "released")
    assert (await world.row(complaint_id)).accept_by == after(hours=36)
    assert await world.reads_after_accepting(leo, complaint_id, after(hours=25)) == [NOTE]
    await desk.forward(world.complaints, leo.actor, complaint_id, after(hours=25), way="outside")
    await world.answered(leo, complaint_id, after(hours=26))
    assert "release" not in (await reading.sheet(world.complaints, eva.actor, complaint_id, after(hours=90))).may
    fresh, _ = await world.held(eva)
    await world.tick(after(hours=25))
    assert "release" not in (await reading.sheet(world.complaints, leo.actor, fresh, after(hours=25))).may, "mar may"


@pytest.mark.requirement("C-6")
async def test_feedback_tells_coordinators_at_once_and_again_when_it_is_late(world: World, eva: Person, mar: Person) -> None:
    """Mutation: focal points who are told; a holiday that counts."""
    await world.holidays(date(2026, 3, 9))
    complaint_id, derived = await world.send(world.feedback())
    assert await world.alerted() == {mar.id}
    due = datetime(2026, 3, 12, 5, 0, tzinfo=UTC)
    assert (await world.looks(derived)).due == due.timestamp()
    assert (await world.tick(due - MINUTE)).total() == 0
    assert (await world.tick(due)).told == 1
    assert await world.alerted() == {mar.id}
    assert (await world.row(complaint_id)).accept_by is None


@pytest.mark.requirement("C-6")
async def test_a_focal_point_who_leaves_leaves_nothing_lying(world: World, eva: Person, leo: Person, mar: Person) -> None:
    """Mutation: a complaint that stays with an account that is gone; nobody told; the key of who left kept in the envelopes."""
    await world.person("boss", "administrator", organisation="red-norte", countries=[])
    complaint_id, _ = await world.held(eva)
    await world.alerted()
    await leaving.leave(world.engine, eva.actor.name, after(hours=1))
    assert (await world.tick(after(hours=1))).freed == 1
    row = await world.row(complaint_id)
    assert (row.state, row.held_by, row.level) == ("received", None, "backup")
    assert await world.alerted() == {leo.id}
    assert eva.public not in (await world.recipients(complaint_id))["note"]
    assert ("clock", "freed") in await world.trail()
    await desk.accept(world.complaints, leo.actor, complaint_id, after(hours=2))


@pytest.mark.requirement("C-6")
async def test_whoever_comes_later_is_told_of_what_waits(world: World, eva: Person) -> None:
    """Mutation: telling only those who were there when it came."""
    await world.send()
    await world.tick(after(hours=13))
    await world.alerted()
    late = await world.person("psea-3", "psea_focal_point", organisation="red-norte")
    await world.person("tied", "psea_focal_point", organisation="casa-sur")
    coordinator = await world.person("coordinator-9", "coordinator", organisation="red-norte")
    assert (await world.tick(after(hours=14))).told == 1
    assert await world.alerted() == {late.id, coordinator.id}


@pytest.mark.requirement("C-6")
async def test_focal_points_and_coordinators_keep_no_shifts_and_are_told_at_any_hour(
    world: World, eva: Person, mar: Person
) -> None:
    """Mutation: an alert that is dropped since nobody rostered them."""
    manager = await world.person("manager", "case_manager")
    async with world.engine.connect() as connection:
        on = RosterSnapshot(await snapshot.read(connection, NOW))
    assert on.may_be_told(eva.id, NOW) and on.may_be_told(mar.id, NOW) and not on.may_be_told(manager.id, NOW)


@pytest.mark.requirement("C-6")
@pytest.mark.requirement("C-7")
async def test_contested_its_clocks_begin_anew_for_everybody(world: World, eva: Person, leo: Person, mar: Person) -> None:
    """Mutation: deadlines of the first time, which are over; a level that goes back."""
    complaint_id, derived = await world.held(eva)
    await world.answered(eva, complaint_id)
    await desk.close(world.complaints, eva.actor, complaint_id, "answered", after(days=1))
    await world.alerted()
    assert await code.contest(world.complaints, derived, after(days=10)) == "saved"
    assert await world.alerted() == {eva.id, leo.id, mar.id}
    row = await world.row(complaint_id)
    again = after(days=10)
    assert (row.accept_by, row.forward_by, row.answer_by) == tuple(again + timedelta(hours=hours) for hours in (12, 24, 48))
    assert (row.level, row.state, row.forgotten_at, row.closed_at) == ("network", "received", None, None)
    assert [each.late for each in clocks(row, after(days=10, hours=13))] == [True, False, False]
    assert (await world.tick(after(days=10, hours=12))).told == 1
    assert await world.alerted() == {mar.id}


@pytest.mark.requirement("C-6")
@pytest.mark.requirement("C-7")
async def test_contested_it_is_passed_on_again_by_its_own_deadline(world: World, eva: Person, mar: Person) -> None:
    """To the same unit, and outside. Mutation: a forwarding of before that counts as one, so that the deadline can never be met; a
    closing as "passed on" of what was not passed on since; a third time that is not the second."""
    unit = await world.person("unit", "psea_focal_point", organisation="casa-sur", investigates=["casa-sur"])
    for way in ("unit", "outside"):
        complaint_id, derived = await world.held(eva)
        await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way=way)
        await desk.confirm_receipt(world.complaints, unit.actor if way == "unit" else eva.actor, complaint_id, after(hours=1))
        await world.answered(eva, complaint_id, after(hours=1))
        await desk.close(world.complaints, eva.actor, complaint_id, "forwarded", after(hours=1))
        assert await code.contest(world.complaints, derived, after(hours=1)) == "saved"
        await desk.accept(world.complaints, eva.actor, complaint_id, after(hours=2))
        await world.answered(eva, complaint_id, after(hours=2), text="Lo volvimos a mirar")
        with pytest.raises(Refused, match="not_forwarded"):
            await desk.close(world.complaints, eva.actor, complaint_id, "forwarded", after(hours=2))
        row = await world.row(complaint_id)
        assert {each.step: each.done_at for each in clocks(row, after(hours=3))}["forward"] is None
        await world.alerted()
        for _ in range(2):
            await desk.forward(world.complaints, eva.actor, complaint_id, after(hours=25), way=way)
        assert await world.alerted() == ({unit.id} if way == "unit" else set())
        row = await world.row(complaint_id)
        (forwarded,) = [each for each in clocks(row, after(hours=26)) if each.step == "forward"]
        assert (forwarded.due, forwarded.done_at, forwarded.late) == (after(hours=25), after(hours=25), False)
        first, second = (await reading.sheet(world.complaints, eva.actor, complaint_id, after(hours=26))).forwardings
        assert (first.at, first.earlier, first.received_at) == (NOW, True, after(hours=1))
        assert (second.at, second.earlier, second.received_at) == (after(hours=25), False, None)
        await desk.confirm_receipt(world.complaints, unit.actor if way == "unit" else eva.actor, complaint_id, after(hours=26))
        await desk.close(world.complaints, eva.actor, complaint_id, "forwarded", after(hours=26))
        assert (await world.row(complaint_id)).outcome == "forwarded"


@pytest.mark.requirement("C-6")
async def test_where_no_coordinator_may_know_of_it_its_readers_are_told_again(world: World, eva: Person, mar: Person) -> None:
    """Mutation: a deadline that passes in silence, since the level that it would tell is empty, or tells whom it is about."""
    complaint_id, _ = await world.send(about="responders", organisation="")
    assert await world.alerted() == {eva.id}
    for hours in (12, 24, 48):
        await world.tick(after(hours=hours) - MINUTE)
        assert await world.alerted() == set()
        await world.tick(after(hours=hours))
        assert await world.alerted() == {eva.id}, hours
    assert (await world.row(complaint_id)).level == "network"


@pytest.mark.requirement("C-7")
@pytest.mark.requirement("P-3")
async def test_what_is_contested_is_not_wiped_while_it_waits(world: World, eva: Person, mar: Person) -> None:
    """Mutation: content that goes thirty days after a closing that does not count any more, before anybody has read it again."""
    complaint_id, derived = await world.held(eva)
    await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="outside")
    await world.answered(eva, complaint_id)
    await desk.close(world.complaints, eva.actor, complaint_id, "forwarded", NOW)
    assert await code.contest(world.complaints, derived, after(days=29)) == "saved"
    await world.tick(after(days=31))
    assert await world.reads_after_accepting(mar, complaint_id, after(days=31)) == [NOTE]
    await world.answered(mar, complaint_id, after(days=31))
    await desk.close(world.complaints, mar.actor, complaint_id, "answered", after(days=31))
    await world.tick(after(days=61))
    assert not await _kinds(world, complaint_id) & {"card", "note"}


@pytest.mark.requirement("C-7")
@pytest.mark.requirement("P-3")
@pytest.mark.parametrize("day", [40, 190])
async def test_contested_when_all_is_erased_what_is_written_then_is_read(world: World, eva: Person, mar: Person, day: int) -> None:
    """The code says that nothing is left. Mutation: a life of what is written that counts from when the complaint came, so that it
    is over before anybody reads it; a note that is wiped when it is passed on."""
    complaint_id, derived = await world.held(eva)
    closed = after(days=day - 35)
    await world.answered(eva, complaint_id, closed)
    await desk.close(world.complaints, eva.actor, complaint_id, "answered", closed)
    assert not (await world.looks(derived, closed)).erased
    await world.tick(after(days=day))
    assert (await world.looks(derived, after(days=day))).erased
    assert await code.contest(world.complaints, derived, after(days=day)) == "saved"
    await desk.accept(world.complaints, mar.actor, complaint_id, after(days=day))
    assert await world.reads(mar, complaint_id, now=after(days=day)) == []
    assert await code.add_note(world.complaints, derived, Words("otra vez"), "m9", after(days=day, hours=1)) == "saved"
    assert not (await world.looks(derived, after(days=day, hours=2))).erased
    await desk.forward(world.complaints, mar.actor, complaint_id, after(days=day, hours=3), way="outside")
    await world.tick(after(days=day + 29))
    assert await world.reads(mar, complaint_id, now=after(days=day + 29)) == ["otra vez"]
    await world.tick(after(days=day + 31))
    assert not await _kinds(world, complaint_id) & {"card", "note"}


# --- what is over ------------------------------------------------------------------------------------------------------


async def _kinds(world: World, complaint_id: bytes) -> set[str]:
    return set(await world.items(complaint_id))


@pytest.mark.requirement("P-3")
async def test_content_lives_until_thirty_days_after_it_was_forwarded(world: World, eva: Person) -> None:
    """Mutation: counting from intake; from the last forwarding; answers wiped with it."""
    complaint_id, derived = await world.held(eva)
    await world.answered(eva, complaint_id)
    await desk.forward(world.complaints, eva.actor, complaint_id, after(days=2), way="outside")
    await desk.forward(world.complaints, eva.actor, complaint_id, after(days=20), way="outside", organisation="casa-sur")
    await world.tick(after(days=32) - MINUTE)
    assert await _kinds(world, complaint_id) == {"card", "note", "answer"}
    assert (await world.tick(after(days=32))).expired == 2
    assert await _kinds(world, complaint_id) == {"answer"}
    assert (await world.looks(derived, after(days=32))).status == "answer_waiting"


@pytest.mark.requirement("P-3")
async def test_content_lives_until_thirty_days_after_closing_and_the_code_until_it_was_read(world: World, eva: Person) -> None:
    """Mutation: a row or an answer that stays; a code that is known after it was forgotten."""
    complaint_id, derived = await world.held(eva)
    await world.answered(eva, complaint_id)
    await desk.close(world.complaints, eva.actor, complaint_id, "answered", after(days=1))
    await world.tick(after(days=31))
    assert await _kinds(world, complaint_id) == {"answer"}
    assert await code.read_answer(world.complaints, derived, after(days=40)) is not None
    assert (await world.looks(derived, after(days=61) - MINUTE)).status == "closed"
    assert await world.looks(derived, after(days=61)) is None, "sixty days after closing at the latest"
    assert (await world.tick(after(days=61))).forgotten == 1
    assert await world.row(complaint_id) is None and await _kinds(world, complaint_id) == set()


@pytest.mark.requirement("P-3")
async def test_read_before_closing_it_goes_thirty_days_after_closing(world: World, eva: Person) -> None:
    """Mutation: sixty days whether or not it was read."""
    complaint_id, derived = await world.held(eva)
    await world.answered(eva, complaint_id)
    await code.read_answer(world.complaints, derived, after(hours=1))
    await desk.close(world.complaints, eva.actor, complaint_id, "answered", after(days=1))
    await world.tick(after(days=31) - MINUTE)
    assert await world.row(complaint_id) is not None
    await world.tick(after(days=31))
    assert await world.row(complaint_id) is None


@pytest.mark.requirement("P-3")
async def test_nothing_is_kept_longer_than_180_days_whatever_is_open(world: World, eva: Person, mar: Person) -> None:
    """Mutation: a complaint that nobody closes and that stays for ever; a note that lives longer than the rest."""
    complaint_id, derived = await world.send()
    assert await code.add_note(world.complaints, derived, Words("más"), "m2", after(days=179)) == "saved"
    await world.tick(after(days=180) - MINUTE)
    assert await _kinds(world, complaint_id) == {"card", "note"}
    done = await world.tick(after(days=180))
    assert done.ended == 1 and await _kinds(world, complaint_id) == set()
    row = await world.row(complaint_id)
    assert (row.state, row.outcome) == ("closed", "")
    await world.tick(after(days=240))
    assert await world.row(complaint_id) is None


@pytest.mark.requirement("C-7")
async def test_what_is_written_after_180_days_is_read_while_it_is_still_open(world: World, eva: Person) -> None:
    """A question began its clock anew on day 160. Mutation: saved for the person, and wiped in the same hour."""
    complaint_id, derived = await world.held(eva)
    await world.answered(eva, complaint_id, after(days=158), asks=True)
    assert await code.add_note(world.complaints, derived, Words("aquí"), "m2", after(days=160)) == "saved"
    await world.tick(after(days=181))
    assert await code.add_note(world.complaints, derived, Words("algo más"), "m3", after(days=181)) == "saved"
    await world.tick(after(days=191))
    assert "algo más" in await world.reads(eva, complaint_id, now=after(days=191))
    assert (await world.tick(after(days=192))).ended == 1
    assert not await _kinds(world, complaint_id) & {"card", "note"}


async def test_a_fault_with_one_complaint_keeps_no_other_waiting(
    world: World, eva: Person, leo: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: stopping at the first; swallowing it."""
    ids = [(await world.send())[0] for _ in range(3)]
    await world.alerted()
    real = clock._tell_one

    async def fails(connection: Any, complaints: Complaints, readers: Any, row: Any, now: datetime) -> tuple[bool, bool]:
        if row.id == ids[1]:
            raise ZeroDivisionError
        return await real(connection, complaints, readers, row, now)

    monkeypatch.setattr(clock, "_tell_one", fails)
    with pytest.raises(ZeroDivisionError):
        await world.tick(after(hours=6))
    assert await world.alerted() == {leo.id}
    assert [(await world.row(each)).level for each in ids] == ["backup", "focal", "backup"]


def test_what_a_tick_did_is_added_up() -> None:
    """Mutation: a kind of work that is not counted, so that a job that did it looks idle."""
    assert Ticked(told=1, escalated=1, freed=2, expired=4, ended=8, forgotten=16).total() == 31


def test_nothing_is_due_of_what_ended() -> None:
    """Mutation: a deadline shown to somebody whose complaint is closed."""
    row = type("Row", (), {"state": "closed", "accept_by": NOW, "answer_by": NOW, "answered_at": None})
    assert next_step(row) is None


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("C-6")
async def test_the_worker_does_it_and_its_log_counts_nothing(world: World, eva: Person, leo: Person) -> None:
    """Mutation: a deployment without this job; a number in the log, which somebody reads who is tied to it."""
    await world.send(now=NOW - timedelta(hours=6))
    await world.alerted()
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    at = NOW.timestamp()
    clockwork = jobs.Clockwork(settings, world.engine, LiveRoster(world.engine, settings), secret=SECRET, clock=lambda: at)
    (job,) = [each for each in clockwork.jobs() if each.name == "complaints"]
    assert "complaints" in jobs.names(settings)
    assert await job.run() == 0
    assert await world.alerted() == {leo.id}
    await clockwork.aclose()
