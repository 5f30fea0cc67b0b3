"""What the code of a complaint shows and does."""

from __future__ import annotations

import secrets

import pytest

from bot.codes import Derived
from bot.complaints import code, desk
from flows.kernel import Words
from tests.bot.complaints.world import CARD, NOTE, NOW, Person, World, after


async def _all_answers(world: World, derived: Derived, now: object = NOW) -> list[object]:
    """What everything that a code can do says."""
    complaints = world.complaints
    return [
        await code.look(complaints, derived, now),  # type: ignore[arg-type]
        await code.read_answer(complaints, derived, now),  # type: ignore[arg-type]
        await code.add_note(complaints, derived, Words("más"), "m7", now),  # type: ignore[arg-type]
        await code.contest(complaints, derived, now),  # type: ignore[arg-type]
        await code.withdraw(complaints, derived, now),  # type: ignore[arg-type]
    ]


@pytest.mark.requirement("C-7")
@pytest.mark.requirement("P-6")
async def test_wrong_withdrawn_and_forgotten_are_one_answer_and_one_work(world: World, eva: Person) -> None:
    """Mutation: another word, a further query, or an answer for a code that was one once."""
    _, withdrawn = await world.send()
    await code.withdraw(world.complaints, withdrawn, NOW)
    complaint_id, forgotten = await world.held(eva)
    await world.answered(eva, complaint_id)
    await desk.close(world.complaints, eva.actor, complaint_id, "answered", NOW)
    later = after(days=61)
    found, asked = [], []
    for derived in (Derived(secrets.token_bytes(32), secrets.token_bytes(32)), withdrawn, forgotten):
        with world.statements() as statements:
            found.append(await _all_answers(world, derived, later))
        asked.append([statement for statement, _ in statements])
    assert found[0] == found[1] == found[2] == [None, None, "wrong", "wrong", "saved"]
    assert asked[0] == asked[1] == asked[2]


@pytest.mark.requirement("C-7")
async def test_the_code_never_shows_what_was_sent(world: World, eva: Person) -> None:
    """At every stage. Mutation: a field of the view that repeats card or note."""
    complaint_id, derived = await world.send()
    await code.add_note(world.complaints, derived, Words("otra-palabra"), "m2", NOW)
    views = [await world.looks(derived)]
    await desk.accept(world.complaints, eva.actor, complaint_id, NOW)
    views.append(await world.looks(derived))
    await world.answered(eva, complaint_id, text="respuesta")
    views.append(await world.looks(derived))
    await desk.close(world.complaints, eva.actor, complaint_id, "answered", NOW)
    views.append(await world.looks(derived))
    shown = repr(views)
    for word in (NOTE, "zarzamora", "otra-palabra", "casa-sur", "money", CARD):
        assert word not in shown
    assert "respuesta" in shown and [view.status for view in views] == [
        "received", "looked_at", "answer_waiting", "answer_waiting",
    ]  # fmt: skip


@pytest.mark.requirement("C-7")
async def test_each_stage_against_its_deadline(world: World, eva: Person) -> None:
    """Mutation: a deadline that is not the next one; late too early, or never said."""
    complaint_id, derived = await world.send()
    for now, due, late in ((NOW, 12, False), (after(hours=12), 12, False), (after(hours=13), 12, True)):
        view = await world.looks(derived, now)
        assert (view.due, view.late) == (after(hours=due).timestamp(), late)
    await desk.accept(world.complaints, eva.actor, complaint_id, after(hours=13))
    view = await world.looks(derived, after(hours=13))
    assert (view.due, view.late) == (after(hours=48).timestamp(), False)
    assert (await world.looks(derived, after(hours=49))).late
    await world.answered(eva, complaint_id, after(hours=50))
    view = await world.looks(derived, after(hours=50))
    assert (view.due, view.late) == (None, False)


@pytest.mark.requirement("C-7")
async def test_several_answers_are_read_one_after_the_other(world: World, eva: Person) -> None:
    """Mutation: the wrong one; one that counts as read unseen; a question shown as an answer."""
    complaint_id, derived = await world.held(eva)
    for hour, (words, asks) in enumerate((("uno", False), ("dos", True), ("tres", False))):
        await world.answered(eva, complaint_id, after(hours=hour), asks=asks, text=words)
    now = after(hours=5)
    view = await world.looks(derived, now)
    assert (view.answer, view.asks, view.unread, view.more, view.status) == ("tres", False, 3, True, "answer_waiting")
    last = await code.read_answer(world.complaints, derived, now)
    assert last is not None and (last.text.reveal(), last.asks, last.older, last.more) == ("tres", False, 2, True)
    before = await code.read_answer(world.complaints, derived, now, back=1)
    assert before is not None and (before.text.reveal(), before.asks, before.more) == ("dos", True, True)
    view = await world.looks(derived, now, back=1)
    assert (view.answer, view.asks, view.unread) == ("dos", True, 1)
    assert await code.read_answer(world.complaints, derived, now, back=3) is None
    assert (await world.row(complaint_id)).read_at is None
    await code.read_answer(world.complaints, derived, now, back=2)
    assert (await world.row(complaint_id)).read_at == now


@pytest.mark.requirement("P-5")
async def test_further_words_are_sealed_to_whoever_may_read_now_and_kept_once(world: World, eva: Person, mar: Person) -> None:
    """Mutation: to those of the beginning; the same message twice; nobody told who works on it."""
    complaint_id, derived = await world.held(eva)
    late = await world.person("psea-9", "psea_focal_point", organisation="red-norte")
    await world.alerted()
    for _ in range(2):
        assert await code.add_note(world.complaints, derived, Words("más"), "m2", after(hours=1)) == "saved"
    assert await world.alerted() == {eva.id}
    notes = (await world.items(complaint_id))["note"]
    assert len(notes) == 2 and late.opens(notes[1].envelope, "note", complaint_id) == "más"
    assert (await world.row(complaint_id)).heard_at == after(hours=1)
    assert await code.add_note(world.complaints, derived, Words("más"), "m3", after(hours=1)) == "saved"
    assert len((await world.items(complaint_id))["note"]) == 3


async def test_words_that_nobody_could_read_are_not_kept(world: World, eva: Person) -> None:
    """Mutation: sealing to the recovery key alone; saying that it was saved."""
    complaint_id, derived = await world.send()
    await world.employer("casa-sur", into="red-observa")
    assert await code.add_note(world.complaints, derived, Words("más"), "m2", NOW) == "nobody"
    assert len((await world.items(complaint_id))["note"]) == 1


async def test_a_machine_that_writes_fills_no_disk(world: World, eva: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: no end to it."""
    monkeypatch.setattr(code, "MOST_NOTES", 3)
    _, derived = await world.send()
    said = [await code.add_note(world.complaints, derived, Words("x"), f"m{n}", NOW) for n in range(2, 6)]
    assert said == ["saved", "saved", "full", "full"]


@pytest.mark.requirement("C-7")
async def test_contested_once_and_only_what_is_closed(world: World, eva: Person, mar: Person) -> None:
    """Mutation: contesting what is open; for ever; an error for a message that is delivered twice."""
    complaint_id, derived = await world.held(eva)
    assert await code.contest(world.complaints, derived, NOW) == "refused"
    await world.answered(eva, complaint_id)
    await desk.close(world.complaints, eva.actor, complaint_id, "answered", NOW)
    assert await code.add_note(world.complaints, derived, Words("no"), "m2", NOW) == "ended"
    assert await code.contest(world.complaints, derived, NOW) == "saved"
    assert await code.contest(world.complaints, derived, NOW) == "saved"
    assert [what for _, what in await world.trail()].count("contested") == 1
    assert await world.reads_after_accepting(mar, complaint_id) == [NOTE]
    await world.answered(mar, complaint_id)
    await desk.close(world.complaints, mar.actor, complaint_id, "answered", NOW)
    assert await code.contest(world.complaints, derived, NOW) == "refused"
    assert not (await world.looks(derived)).may_contest


@pytest.mark.requirement("C-7")
@pytest.mark.parametrize("then", ["accepted", "given back", "closed", "contested", "closed again"])
async def test_a_unit_hears_of_a_withdrawal_whatever_has_happened_since_it_was_passed_on(
    world: World, eva: Person, mar: Person, then: str
) -> None:
    """And so does who holds it. Mutation: only while somebody has accepted it, so that the unit goes on investigating; only a
    forwarding of this round."""
    unit = await world.person("unit", "psea_focal_point", organisation="casa-sur", investigates=["casa-sur"])
    await world.person("colleague", "psea_focal_point", organisation="casa-sur")
    complaint_id, derived = await world.held(eva)
    await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="unit")
    await world.answered(eva, complaint_id)
    if then == "given back":
        await desk.release(world.complaints, eva.actor, complaint_id, NOW)
    if then in ("closed", "contested", "closed again"):
        await desk.close(world.complaints, eva.actor, complaint_id, "forwarded", NOW)
    if then in ("contested", "closed again"):
        await code.contest(world.complaints, derived, NOW)
    if then == "closed again":
        await desk.accept(world.complaints, eva.actor, complaint_id, NOW)
        await world.answered(eva, complaint_id, text="Otra vez")
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", NOW)
    await world.alerted()
    assert await code.withdraw(world.complaints, derived, after(hours=1)) == "saved"
    holds = {eva.id} if then in ("accepted", "closed", "closed again") else set()
    assert await world.alerted() == {unit.id} | holds


@pytest.mark.requirement("C-7")
async def test_of_a_withdrawal_after_closing_who_passed_it_on_elsewhere_hears_and_nobody_else_does(
    world: World, eva: Person, mar: Person
) -> None:
    """So that they tell it there. Mutation: nobody; an alert where nobody has anything to do any more."""
    for passed in (True, False):
        complaint_id, derived = await world.held(eva)
        if passed:
            await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="outside")
        await world.answered(eva, complaint_id)
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", NOW)
        await world.alerted()
        await code.withdraw(world.complaints, derived, after(hours=1))
        assert await world.alerted() == ({eva.id} if passed else set())


@pytest.mark.requirement("C-7")
async def test_withdrawn_it_is_erased_at_once_and_the_desk_sees_that_it_was(world: World, eva: Person) -> None:
    """Mutation: an envelope, a key, a forwarding or what it was about that stays; a desk that works on air."""
    complaint_id, derived = await world.held(eva, urgent=True, child=True, topic="sexual")
    await world.answered(eva, complaint_id)
    await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="outside")
    await world.alerted()
    assert await code.withdraw(world.complaints, derived, NOW) == "saved"
    assert await world.items(complaint_id) == {} and await world.forwardings() == []
    row = await world.row(complaint_id)
    assert (row.state, row.topic, row.child, row.urgent, row.public, row.private_sealed) == (
        "withdrawn", "other", False, False, b"", b"",
    )  # fmt: skip
    assert row.lookup != derived.lookup and await world.alerted() == {eva.id}
    assert await code.withdraw(world.complaints, derived, NOW) == "saved"
    with pytest.raises(desk.Stale):
        await world.reads(eva, complaint_id)
    assert (await world.tick(after(days=2))).forgotten == 1
    assert await world.row(complaint_id) is None
