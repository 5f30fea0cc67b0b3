"""What focal points, coordinators and investigation units may do, and what comes of it."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Awaitable
from typing import Any

import pytest

from bot.complaints import code, desk, listing, reading
from bot.complaints.desk import NotThere, Refused, Stale
from bot.complaints.trail import TRAIL
from bot.sealing import key_id, seal
from bot.staff import audit
from bot.staff.tables import Staff
from flows.kernel import Words
from tests.bot.complaints.world import NOTE, NOW, Person, World, after


async def together(*acts: Awaitable[Any]) -> list[Any]:
    """What each came to; refusals are given as their type. Anything else is a fault of ours."""
    found = await asyncio.gather(*acts, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, (Stale, Refused, NotThere)):
            raise each
    return [type(each) if isinstance(each, BaseException) else each for each in found]


@pytest.mark.requirement("C-6")
async def test_two_accept_at_the_same_moment_and_one_has_it(world: World, eva: Person, leo: Person) -> None:
    """Mutation: looking at the state and then writing, without a lock or a version that settles it."""
    for _ in range(4):
        complaint_id, _ = await world.send()
        acts = [desk.accept(world.complaints, each.actor, complaint_id, NOW) for each in (eva, leo, eva, leo)]
        found = await together(*acts)
        row = await world.row(complaint_id)
        assert row.held_by in (eva.id, leo.id) and found.count(Stale) == 2 and found.count(None) == 2
    assert [what for _, what in await world.trail()].count("accepted") == 4
    assert await audit.verify(world.engine, chain=TRAIL) is None


@pytest.mark.requirement("C-7")
async def test_accepting_against_withdrawing(world: World, eva: Person) -> None:
    """Whoever comes first, nothing is left. Mutation: an acceptance that brings a withdrawn complaint back."""
    for _ in range(4):
        complaint_id, derived = await world.send()
        await together(desk.accept(world.complaints, eva.actor, complaint_id, NOW), code.withdraw(world.complaints, derived, NOW))
        assert (await world.row(complaint_id)).state == "withdrawn" and await world.items(complaint_id) == {}
        with pytest.raises(Stale):
            await world.reads(eva, complaint_id)


async def test_nobody_opens_what_they_have_not_accepted(world: World, eva: Person, leo: Person, mar: Person) -> None:
    """Few people, and each opening in the trail. Mutation: opening from the list; a colleague who reads along."""
    complaint_id, _ = await world.send()
    for person, refusal in ((eva, Stale), (leo, Stale), (mar, NotThere)):
        with pytest.raises(refusal):
            await world.reads(person, complaint_id)
    await desk.accept(world.complaints, eva.actor, complaint_id, NOW)
    assert await world.reads(eva, complaint_id) == [NOTE]
    with pytest.raises(Stale):
        await world.reads(leo, complaint_id)
    assert await world.trail() == [("person", "complained"), ("psea-1", "accepted"), ("psea-1", "opened_note")]
    seen = await reading.sheet(world.complaints, leo.actor, complaint_id, NOW)
    assert seen.enclosed == () and seen.public == b"" and seen.may == {"recuse"}
    mine = await reading.sheet(world.complaints, eva.actor, complaint_id, NOW)
    assert [(each.kind, each.openable) for each in mine.enclosed] == [("card", True), ("note", True)]


@pytest.mark.requirement("C-4")
async def test_recused_in_one_step_it_is_gone_for_them_and_others_are_told(
    world: World, eva: Person, leo: Person, mar: Person
) -> None:
    """From the list and of one's own. Mutation: a wrap that stays; nobody told; a second look."""
    for held in (False, True):
        complaint_id, _ = await (world.held(eva) if held else world.send())
        await world.alerted()
        await desk.recuse(world.complaints, eva.actor, complaint_id, NOW)
        assert await world.alerted() == {leo.id}, "the only one left who is told at this level stands in"
        assert await listing.inbox(world.complaints, eva.actor, "psea", NOW) == []
        assert eva.public not in (await world.recipients(complaint_id))["note"]
        row = await world.row(complaint_id)
        assert (row.state, row.held_by, row.level) == ("received", None, "backup")
        with pytest.raises(NotThere):
            await desk.accept(world.complaints, eva.actor, complaint_id, NOW)
        await desk.recuse(world.complaints, leo.actor, complaint_id, NOW)
        assert await world.alerted() == {mar.id} and (await world.row(complaint_id)).level == "network"
        assert row.accept_by == after(hours=12), "it goes on waiting, as long as before"
        await world.set(complaint_id, state="closed")


@pytest.mark.requirement("C-4", "M-8")
async def test_whoever_steps_aside_last_is_told_that_nobody_would_read_it(
    world: World, eva: Person, leo: Person, mar: Person
) -> None:
    """Only on the page of somebody who reads it: nobody else may know that it is there. Mutation: counting who stepped aside,
    or the one who looks."""
    complaint_id, _ = await world.send()
    for person in (eva, leo, mar):
        assert (await reading.sheet(world.complaints, person.actor, complaint_id, NOW)).last is (person is mar)
        if person is not mar:
            await desk.recuse(world.complaints, person.actor, complaint_id, NOW)


async def test_given_back_it_waits_for_others(world: World, eva: Person, leo: Person) -> None:
    """Mutation: telling whoever gave it back; a level that goes back; content that is wiped."""
    other = await world.person("psea-3", "psea_focal_point", organisation="red-norte")
    complaint_id, derived = await world.held(eva)
    await world.alerted()
    await desk.release(world.complaints, eva.actor, complaint_id, after(hours=5))
    assert await world.alerted() == {other.id}
    row = await world.row(complaint_id)
    assert (row.state, row.accept_by, row.answer_by) == ("received", after(hours=17), after(hours=48))
    assert (await world.looks(derived, after(hours=5))).status == "received"
    await world.tick(after(hours=6))
    assert await world.alerted() == set()
    await desk.accept(world.complaints, other.actor, complaint_id, after(hours=6))
    assert await world.reads(other, complaint_id) == [NOTE]


@pytest.mark.requirement("C-7")
async def test_an_answer_is_sealed_to_the_code_and_to_nobody_else(world: World, eva: Person) -> None:
    """Mutation: an envelope of another complaint, of another kind, to somebody else; the same bytes twice."""
    complaint_id, derived = await world.held(eva)
    public = (await world.row(complaint_id)).public
    other_id, _ = await world.held(eva)
    for wrong in (
        b"", b"nonsense", seal(Words("x"), "note", complaint_id, [public]).encode(),
        seal(Words("x"), "answer", other_id, [public]).encode(), seal(Words("x"), "answer", complaint_id, [eva.public]).encode(),
        seal(Words("x"), "answer", complaint_id, [public, eva.public]).encode(),
    ):  # fmt: skip
        with pytest.raises(Refused, match="bad_envelope"):
            await desk.send_answer(world.complaints, eva.actor, complaint_id, wrong, NOW, asks=False)
    envelope = await world.answer(complaint_id)
    for _ in range(2):
        await desk.send_answer(world.complaints, eva.actor, complaint_id, envelope, NOW, asks=False)
    assert len((await world.items(complaint_id))["answer"]) == 1
    assert (await world.looks(derived)).unread == 1


async def test_answers_have_an_end(world: World, eva: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: none."""
    monkeypatch.setattr(desk, "MOST_ANSWERS", 1)
    complaint_id, _ = await world.held(eva)
    await world.answered(eva, complaint_id)
    with pytest.raises(Refused, match="too_many"):
        await world.answered(eva, complaint_id)


async def test_a_form_of_an_older_page_is_refused(world: World, eva: Person) -> None:
    """The person wrote meanwhile. Mutation: closing over words that nobody has read."""
    complaint_id, derived = await world.held(eva)
    await world.answered(eva, complaint_id)
    version = (await world.row(complaint_id)).version
    await code.add_note(world.complaints, derived, Words("espera"), "m2", NOW)
    with pytest.raises(Stale):
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", NOW, version=version)
    with pytest.raises(Stale):
        await desk.send_answer(
            world.complaints, eva.actor, complaint_id, await world.answer(complaint_id), NOW, asks=False, version=version
        )
    (row,) = await listing.inbox(world.complaints, eva.actor, "psea", after(hours=1))
    assert row.version == version + 1


@pytest.mark.requirement("C-7")
async def test_closed_only_with_an_answer_and_with_an_outcome_that_fits(world: World, eva: Person, mar: Person) -> None:
    """Mutation: any of the refusals left out."""
    complaint_id, _ = await world.held(eva)
    with pytest.raises(Refused, match="no_answer"):
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", NOW)
    await world.answered(eva, complaint_id, asks=True)
    with pytest.raises(Refused, match="no_answer"):
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", NOW)
    await world.answered(eva, complaint_id, text="esto es una respuesta")
    for outcome in ("withdrawn", "published", "nonsense", ""):
        with pytest.raises(Refused, match="outcome"):
            await desk.close(world.complaints, eva.actor, complaint_id, outcome, NOW)
    with pytest.raises(Refused, match="not_forwarded"):
        await desk.close(world.complaints, eva.actor, complaint_id, "forwarded", NOW)
    await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="outside")
    await desk.close(world.complaints, eva.actor, complaint_id, "forwarded", NOW)
    feedback_id, _ = await world.send(world.feedback())
    await desk.accept(world.complaints, mar.actor, feedback_id, NOW)
    await world.answered(mar, feedback_id)
    await desk.close(world.complaints, mar.actor, feedback_id, "published", NOW)
    assert (await listing.inbox(world.complaints, mar.actor, "feedback", NOW)) == []
    (row,) = await listing.inbox(world.complaints, mar.actor, "feedback", NOW, ended=True)
    assert (row.state, row.outcome, row.closed_at) == ("closed", "published", NOW)
    counted = await world.counted()
    assert {value: number for (what, value), number in counted.items() if what == "complaint_outcome"} == {
        "forwarded": 1, "published": 1,
    }  # fmt: skip
    assert counted["complaint_accept", "in_time"] == counted["complaint_answer", "in_time"] == 2


@pytest.mark.requirement("C-6")
async def test_forwarded_to_a_unit_only_where_the_network_set_one(world: World, eva: Person) -> None:
    """Mutation: any organisation; a unit without a key; an organisation that it is not about; twice."""
    complaint_id, _ = await world.held(eva)
    with pytest.raises(Refused, match="no_unit"):
        await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="unit")
    await world.person("keyless", "psea_focal_point", organisation="casa-sur", investigates=["casa-sur"], key=False)
    await world.person("colleague", "psea_focal_point", organisation="casa-sur")
    await world.person("others", "psea_focal_point", organisation="red-norte", investigates=["red-norte"])
    for organisation in ("", "casa-sur"):
        with pytest.raises(Refused, match="no_unit"):
            await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="unit", organisation=organisation)
    for way, organisation in (("unit", "red-norte"), ("outside", "red-norte"), ("post", "casa-sur")):
        with pytest.raises(Refused, match="bad_field"):
            await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way=way, organisation=organisation)
    assert (await world.row(complaint_id)).forwarded_at is None and await world.forwardings() == []
    unit = await world.person("unit", "psea_focal_point", organisation="casa-sur", investigates=["casa-sur"])
    for hours in (1, 2):
        await desk.forward(world.complaints, eva.actor, complaint_id, after(hours=hours), way="unit", organisation="casa-sur")
    (row,) = await world.forwardings()
    assert (row.organisation, row.way, row.at, row.by, row.received_at) == ("casa-sur", "unit", after(hours=1), eva.id, None)
    assert await world.shares(eva, complaint_id) == 4, "card and note, for the unit and for the focal point who came later"
    assert await world.reads(unit, complaint_id) == [NOTE]


@pytest.mark.requirement("C-6")
async def test_receipt_is_confirmed_by_the_unit_or_noted_for_what_went_outside(world: World, eva: Person) -> None:
    """Mutation: whoever forwarded it confirming for the unit; the unit for what went elsewhere."""
    unit = await world.person("unit", "psea_focal_point", organisation="casa-sur", investigates=["casa-sur"])
    complaint_id, _ = await world.held(eva)
    with pytest.raises(Refused, match="not_forwarded"):
        await desk.confirm_receipt(world.complaints, eva.actor, complaint_id, NOW)
    await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="unit")
    with pytest.raises(Refused, match="not_forwarded"):
        await desk.confirm_receipt(world.complaints, eva.actor, complaint_id, NOW)
    await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="outside")
    await desk.confirm_receipt(world.complaints, unit.actor, complaint_id, after(hours=1))
    await desk.confirm_receipt(world.complaints, unit.actor, complaint_id, after(hours=2))
    await desk.confirm_receipt(world.complaints, eva.actor, complaint_id, after(hours=3))
    assert {row.way: row.received_at for row in await world.forwardings()} == {
        "unit": after(hours=1), "outside": after(hours=3),
    }  # fmt: skip
    for act in (
        desk.close(world.complaints, unit.actor, complaint_id, "answered", NOW),
        desk.release(world.complaints, unit.actor, complaint_id, NOW),
        desk.forward(world.complaints, unit.actor, complaint_id, NOW, way="outside"),
        desk.accept(world.complaints, unit.actor, complaint_id, NOW),
    ):
        with pytest.raises(Stale):
            await act


@pytest.mark.requirement("P-5")
async def test_wraps_only_from_who_can_open_it_and_only_for_who_may_read_it(world: World, eva: Person, leo: Person) -> None:
    """Mutation: any recipient; a wrap in the place of another; from a colleague who did not accept it."""
    complaint_id, _ = await world.held(eva)
    late = await world.person("psea-3", "psea_focal_point", organisation="red-norte")
    tied = await world.person("psea-4", "psea_focal_point", organisation="casa-sur")
    (card, note) = await desk.missing_wraps(world.complaints, eva.actor, complaint_id, NOW)
    assert {each.keys for each in (card, note)} == {(late.public,)}
    with pytest.raises(Stale):
        await desk.missing_wraps(world.complaints, leo.actor, complaint_id, NOW)
    bad = eva.wraps(note.envelope, "note", complaint_id, tied.public)
    with pytest.raises(Refused.__bases__[0], match="not_eligible"):
        await desk.add_wraps(world.complaints, eva.actor, complaint_id, {note.item_id: [bad]}, NOW)
    forged = key_id(late.public) + secrets.token_bytes(80)
    good = eva.wraps(note.envelope, "note", complaint_id, late.public)
    assert await desk.add_wraps(world.complaints, eva.actor, complaint_id, {note.item_id: [good]}, NOW) == 1
    assert await desk.add_wraps(world.complaints, eva.actor, complaint_id, {note.item_id: [forged]}, NOW) == 0
    await desk.release(world.complaints, eva.actor, complaint_id, NOW)
    await desk.accept(world.complaints, late.actor, complaint_id, NOW)
    assert await world.reads(late, complaint_id) == [NOTE] and await world.reads(late, complaint_id, "card") == []


async def test_the_list_shows_what_is_urgent_first_and_what_is_late(world: World, eva: Person) -> None:
    """Mutation: another order; a clock that is not shown; content read for a list."""
    slow, _ = await world.send(now=after(hours=-20))
    new, _ = await world.send(now=NOW)
    urgent, derived = await world.send(now=NOW, urgent=True)
    rows = await listing.inbox(world.complaints, eva.actor, "psea", NOW)
    assert [row.id for row in rows] == [urgent, slow, new]
    assert [row.late for row in rows] == [False, True, False]
    assert [(each.step, each.due, each.late) for each in rows[1].clocks] == [
        ("accept", after(hours=-8), True), ("forward", after(hours=4), False), ("answer", after(hours=28), False),
    ]  # fmt: skip
    await desk.accept(world.complaints, eva.actor, urgent, NOW)
    await code.add_note(world.complaints, derived, Words("más"), "m2", after(hours=1))
    row = (await listing.inbox(world.complaints, eva.actor, "psea", after(hours=1)))[0]
    assert (row.mine, row.holder, row.written, row.asks) == (True, "psea-1", True, False)
    await world.answered(eva, urgent, after(hours=2), asks=True)
    row = (await listing.inbox(world.complaints, eva.actor, "psea", after(hours=2)))[0]
    assert (row.written, row.asks) == (False, True)
    assert not {"public", "private_sealed", "lookup", "opening"} & {column.name for column in listing.COLUMNS}
    with pytest.raises(ValueError, match="no inbox"):
        await listing.inbox(world.complaints, eva.actor, "all", NOW)


async def test_who_has_left_accepts_nothing(world: World, eva: Person) -> None:
    """A request that was on its way. Mutation: believing the session."""
    complaint_id, _ = await world.send()
    await world.leaves(eva)
    with pytest.raises(NotThere):
        await desk.accept(world.complaints, eva.actor, complaint_id, NOW)


def test_a_reason_is_one_of_the_list() -> None:
    """Mutation: a reason for which no page has words."""
    with pytest.raises(ValueError, match="no reason"):
        Refused("cap")
    assert Refused("no_answer").reason == "no_answer" and "no_answer" in desk.REASONS


# --- giving feedback to a colleague ------------------------------------------------------------------------------------


@pytest.mark.requirement("C-4", "C-6")
async def test_feedback_is_given_to_a_colleague_who_may_read_it(world: World, eva: Person, mar: Person) -> None:
    """From the list, of one's own, and of who is away; the trail names both. Mutation: somebody tied to the organisation that it is
    about, who stepped aside, of another country, without a key, who has left, or who reads complaints only; oneself; nobody told;
    what it was counted as counted twice."""
    other = await world.person("coordinator-2", "coordinator", organisation="red-norte")
    for name, given in (
        ("tied", {"organisation": "casa-sur"}), ("abroad", {"countries": ["PE"]}), ("keyless", {"key": False}), ("gone", {}),
        ("aside", {}),
    ):  # fmt: skip
        person = await world.person(name, "coordinator", **given)
        if name == "gone":
            await world.leaves(person)
        if name == "aside":
            aside = person
    feedback_id, _ = await world.send(world.feedback(about="service", organisation="casa-sur"))
    await desk.recuse(world.complaints, aside.actor, feedback_id, NOW)
    await world.alerted()
    sheet = await reading.sheet(world.complaints, mar.actor, feedback_id, NOW)
    assert [each.id for each in sheet.colleagues] == [other.id] and "give" in sheet.may
    everybody = {row.id for row in await world.rows(Staff)} | {uuid.uuid4()}
    for to in everybody - {other.id}:
        with pytest.raises(Refused, match="not_eligible"):
            await desk.give(world.complaints, mar.actor, feedback_id, to, NOW)
    await desk.give(world.complaints, mar.actor, feedback_id, other.id, NOW, version=sheet.row.version)
    row = await world.row(feedback_id)
    assert (row.state, row.held_by, row.accepted_at) == ("accepted", other.id, NOW) and await world.alerted() == {other.id}
    assert await world.reads(other, feedback_id) == [NOTE]
    with pytest.raises(Stale):
        await world.reads(mar, feedback_id)
    with pytest.raises(Stale):
        await desk.give(world.complaints, other.actor, feedback_id, mar.id, NOW, version=sheet.row.version)
    await desk.give(world.complaints, other.actor, feedback_id, mar.id, after(hours=1))
    assert ((row := await world.row(feedback_id)).held_by, row.accepted_at) == (mar.id, NOW)
    assert (await world.counted())["complaint_accept", "in_time"] == 1
    told = [each for each in await world.trail() if each[1].startswith("given")]
    assert told == [
        ("coordinator-1", "given"), ("coordinator-2", "given_to"), ("coordinator-2", "given"), ("coordinator-1", "given_to"),
    ]  # fmt: skip


@pytest.mark.requirement("C-4")
async def test_what_is_said_about_behaviour_is_given_to_nobody(world: World, eva: Person, leo: Person, mar: Person) -> None:
    """Mutation: the act for both inboxes."""
    complaint_id, _ = await world.held(eva)
    for person in (eva, leo):
        sheet = await reading.sheet(world.complaints, person.actor, complaint_id, NOW)
        assert "give" not in sheet.may and sheet.colleagues == ()
        with pytest.raises(Stale):
            await desk.give(world.complaints, person.actor, complaint_id, mar.id, NOW)
