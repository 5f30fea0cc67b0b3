"""A complaint from the first alert to the last word."""

from __future__ import annotations

import pytest

from bot.complaints import code, desk, listing, reading
from flows.kernel import Words
from tests.bot.complaints.world import CARD, NOTE, NOW, Person, World, after


@pytest.mark.requirement("C-5")
@pytest.mark.requirement("C-7")
async def test_complaint_acknowledged_asked_answered_closed_contested_and_closed(world: World, eva: Person, mar: Person) -> None:
    """Mutation: a step that does not reach the other side; a status that shows what was sent."""
    complaint_id, derived = await world.send()
    assert await world.alerted() == {eva.id}
    assert (await world.looks(derived)).status == "received"
    (row,) = await listing.inbox(world.complaints, eva.actor, "psea", NOW)
    assert row.id == complaint_id and row.state == "received" and not row.late
    await desk.accept(world.complaints, eva.actor, complaint_id, after(hours=1))
    assert (await world.looks(derived)).status == "looked_at"
    assert await world.reads(eva, complaint_id) == [NOTE] and await world.reads(eva, complaint_id, "card") == [CARD]
    await world.answered(eva, complaint_id, after(hours=2), asks=True, text="¿En qué lugar fue?")
    asked = await world.looks(derived, after(hours=3))
    assert (asked.status, asked.answer, asked.asks, asked.unread) == ("question_waiting", "¿En qué lugar fue?", True, 1)
    with pytest.raises(desk.Refused, match="no_answer"):
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", after(hours=3))
    answer = await code.read_answer(world.complaints, derived, after(hours=3))
    assert answer is not None and answer.asks
    assert (await world.looks(derived, after(hours=3))).status == "question_waiting"
    assert await code.add_note(world.complaints, derived, Words("cerca del puente"), "m2", after(hours=4)) == "saved"
    assert (await world.looks(derived, after(hours=4))).status == "looked_at"
    assert eva.id in await world.alerted()
    assert await world.reads(eva, complaint_id) == [NOTE, "cerca del puente"]
    with pytest.raises(desk.Refused, match="no_answer"):
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", after(hours=5))
    await world.answered(eva, complaint_id, after(hours=5), text="Lo hemos pasado a quien decide")
    assert (await world.looks(derived, after(hours=5))).status == "answer_waiting"
    await desk.close(world.complaints, eva.actor, complaint_id, "answered", after(hours=6))
    await code.read_answer(world.complaints, derived, after(hours=7))
    closed = await world.looks(derived, after(hours=7))
    assert (closed.status, closed.over, closed.may_contest, closed.due) == ("closed", True, True, None)
    assert await code.contest(world.complaints, derived, after(hours=8)) == "saved"
    assert await world.alerted() == {eva.id, mar.id}
    again = await world.looks(derived, after(hours=8))
    assert (again.status, again.over, again.may_contest) == ("received", False, False)
    await desk.accept(world.complaints, mar.actor, complaint_id, after(hours=9))
    with pytest.raises(desk.Refused, match="no_answer"):
        await desk.close(world.complaints, mar.actor, complaint_id, "answered", after(hours=9))
    await world.answered(mar, complaint_id, after(hours=10))
    await desk.close(world.complaints, mar.actor, complaint_id, "answered", after(hours=10))
    assert await code.contest(world.complaints, derived, after(hours=11)) == "refused"
    seen = await reading.sheet(world.complaints, mar.actor, complaint_id, after(hours=12))
    assert [each.what for each in seen.history][:3] == ["complained", "accepted", "opened_note"]


@pytest.mark.requirement("T-1")
@pytest.mark.requirement("C-7")
async def test_figures_are_of_complaints_and_not_of_what_was_done_to_them(world: World, eva: Person, mar: Person) -> None:
    """Taken and given back, answered twice, contested, and closed otherwise or withdrawn: each stands in each figure once.

    Mutation: counting whenever somebody accepts, passes on, answers or closes; counting a second time what is not counted."""
    ends = []
    for end in ("closed", "withdrawn", "uncounted"):
        complaint_id, derived = await world.send(counted=end != "uncounted")
        for _ in range(3):
            await desk.accept(world.complaints, eva.actor, complaint_id, after(hours=1))
            await desk.release(world.complaints, eva.actor, complaint_id, after(hours=2))
        await desk.accept(world.complaints, eva.actor, complaint_id, after(hours=3))
        for hours in (4, 60):
            await world.answered(eva, complaint_id, after(hours=hours))
        await desk.forward(world.complaints, eva.actor, complaint_id, after(hours=60), way="outside")
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", after(hours=61))
        assert await code.contest(world.complaints, derived, after(hours=62)) == "saved"
        await desk.accept(world.complaints, mar.actor, complaint_id, after(hours=90))
        await world.answered(mar, complaint_id, after(hours=150))
        await desk.forward(world.complaints, mar.actor, complaint_id, after(hours=150), way="outside")
        if end == "withdrawn":
            await code.withdraw(world.complaints, derived, after(hours=151))
        else:
            await desk.close(world.complaints, mar.actor, complaint_id, "out_of_scope", after(hours=151))
        ends.append(await world.row(complaint_id))
    assert await world.counted() == {
        ("complaint", "psea"): 2, ("complaint_about", "organisation"): 2, ("complaint_accept", "in_time"): 2,
        ("complaint_forward", "late"): 2, ("complaint_answer", "in_time"): 2, ("complaint_outcome", "answered"): 2,
    }  # fmt: skip
    assert [each.in_figures == () for each in ends] == [False, True, True], "nothing of it stays after withdrawing"
