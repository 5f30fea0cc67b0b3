"""A complaint is stored once, for somebody who may read it, or not at all."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest
from sqlalchemy import text

from bot import db
from bot.alerts.tables import Alert
from bot.codes import Busy, Code, Codes
from bot.complaints import code, intake, storing, trail
from bot.complaints.deadlines import LONGEST
from bot.complaints.intake import BadComplaint, NobodyReads, Opened, open_complaint
from bot.complaints.tables import Complaint, ComplaintEntry, ComplaintItem
from bot.sealing import CannotSeal
from bot.tickets.intake import open_ticket
from bot.tickets.storing import Tickets
from bot.tickets.tables import Counter, Ticket
from flows.kernel import Words
from tests.bot.complaints.world import CARD, NOTE, NOW, Person, World, after
from tests.bot.tickets.world import CHEAP, SECRET
from tests.bot.tickets.world import World as Requests

TABLES = (Complaint, ComplaintItem, Alert, ComplaintEntry, Counter)


async def nothing_is_stored(world: World) -> None:
    for table in TABLES:
        assert await world.rows(table) == [], table.__tablename__


@pytest.mark.requirement("C-5")
async def test_what_is_stored_is_what_routes_it_and_nothing_of_what_was_said(world: World, eva: Person) -> None:
    """Mutation: a column that takes more; an envelope that is not there, or opens to something else."""
    complaint_id, derived = await world.send(child=True)
    row = await world.row(complaint_id)
    assert (row.inbox, row.country, row.about, row.organisation, row.topic) == ("psea", "CO", "organisation", "casa-sur", "money")
    assert (row.child, row.urgent, row.state, row.created_at, row.heard_at) == (True, False, "received", NOW, NOW)
    assert (row.accept_by, row.forward_by, row.answer_by) == (after(hours=12), after(hours=24), after(hours=48))
    items = await world.items(complaint_id)
    assert {kind: len(found) for kind, found in items.items()} == {"card": 1, "note": 1}
    assert eva.opens(items["card"][0].envelope, "card", complaint_id) == CARD
    assert eva.opens(items["note"][0].envelope, "note", complaint_id) == NOTE
    assert {found[0].expires_at for found in items.values()} == {NOW + LONGEST} == {row.expires_at}
    assert await world.trail() == [("person", "complained")]
    assert (await world.looks(derived)).status == "received"


@pytest.mark.requirement("C-9")
async def test_the_least_is_one_choice_and_it_has_the_same_priority(world: World, eva: Person) -> None:
    """No name, no note, nobody known: heard from somebody. Mutation: asking for more; other deadlines for what is a rumour."""
    full, _ = await world.send()
    least, _ = await world.send(
        about="unknown", organisation="", topic="other", card_text=Words('{"whose":"heard"}'), note_text=None, message_id=""
    )
    assert set(await world.items(least)) == {"card"}
    names = ("accept_by", "forward_by", "answer_by", "level", "escalates_at", "alerted")
    of = [[getattr(await world.row(each), name) for name in names] for each in (full, least)]
    assert of[0] == of[1]


@pytest.mark.requirement("C-4")
async def test_without_anybody_who_may_read_it_nothing_is_stored(world: World) -> None:
    """Mutation: sealing to the recovery key alone; to somebody tied, elsewhere, or who works on requests."""
    await world.recovery_key()
    await world.person("tied", "psea_focal_point", organisation="casa-sur")
    await world.person("tied-2", "coordinator", organisation="casa-sur")
    await world.person("pe", "psea_focal_point", countries=["PE"])
    await world.person("keyless", "psea_focal_point", key=False)
    await world.person("manager", "case_manager", "coordinator")
    for said in (world.said(), world.feedback(), world.said(about="responders", organisation="")):
        assert await open_complaint(world.complaints, world.codes, said, NOW) == NobodyReads()
    await nothing_is_stored(world)


@pytest.mark.requirement("C-4")
async def test_nobody_knows_whose_staff_means_anybodys(world: World, eva: Person) -> None:
    """Mutation: "of an organisation" without one read by whoever is tied to nothing."""
    await world.person("other", "psea_focal_point")
    complaint_id, _ = await world.send(organisation="")
    assert (await world.row(complaint_id)).about == "unknown"
    assert await world.recipients(complaint_id) == {"card": {eva.public}, "note": {eva.public}}


@pytest.mark.requirement("C-4")
async def test_what_is_about_whoever_sees_the_figures_is_in_none(world: World, eva: Person, mar: Person) -> None:
    """Mutation: a watching organisation that learns from a number that somebody complained about it."""
    await world.send(organisation="red-observa")
    await world.send(world.feedback(organisation="red-observa"))
    assert await world.counted() == {}


@pytest.mark.requirement("T-1")
async def test_counted_only_with_a_yes_and_never_by_what_happened(world: World, eva: Person, mar: Person) -> None:
    """Mutation: counting without consent; counting the topic, which is what was done to somebody."""
    await world.send(counted=False)
    assert await world.counted() == {}
    await world.send(topic="sexual")
    await world.send(world.feedback())
    assert await world.counted() == {
        ("complaint", "psea"): 1, ("complaint", "feedback"): 1, ("complaint_about", "organisation"): 1,
        ("complaint_about", "service"): 1,
    }  # fmt: skip


# --- once and durable --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-5")
async def test_sent_again_it_is_found_with_the_same_code(world: World, eva: Person) -> None:
    """Mutation: a second row; another code; a flood's gate that shuts out who sends again."""
    said = world.said()
    first = await open_complaint(world.complaints, world.codes, said, NOW)
    again = await open_complaint(world.complaints, world.codes, said, after(hours=1), admits=lambda: False)
    assert isinstance(first, Opened) and again == dataclasses.replace(first, fresh=False)
    assert len(await world.rows(Complaint)) == 1 and len(await world.rows(ComplaintEntry)) == 1


async def test_two_processes_at_once_store_it_once(world: World, eva: Person) -> None:
    """Mutation: an error for the slower one; two rows."""
    said = world.said()
    other = Codes(SECRET, cost=CHEAP)
    try:
        found = await asyncio.gather(
            *(open_complaint(world.complaints, codes, said, NOW) for codes in (world.codes, other, world.codes, other))
        )
    finally:
        other.close()
    assert len({each.complaint_id for each in found if isinstance(each, Opened)}) == 1
    assert len([each for each in found if isinstance(each, Opened) and each.fresh]) == 1
    assert len(await world.rows(Complaint)) == 1 and len(await world.rows(ComplaintItem)) == 2


class _SameCode(Codes):
    """Every first code is the same one."""

    def code(self, session: bytes, turn: int, collision: int = 0) -> Code:
        return super().code(bytes(16), 0 if collision == 0 else turn, collision)


async def test_one_code_never_leads_to_two_things(world: World, eva: Person) -> None:
    """Complaints and requests draw from the same codes. Mutation: looking for a taken code among one of the two only."""
    requests = Requests(world.engine)
    await requests.worker("co")
    codes = _SameCode(SECRET, cost=CHEAP)
    try:
        first = await open_complaint(world.complaints, codes, world.said(), NOW)
        second = await open_complaint(world.complaints, codes, world.said(), NOW)
        tickets = Tickets(world.engine, world.complaints.guard)
        third = await open_ticket(tickets, codes, requests.request(), NOW)
        assert [each.collision for each in (first, second, third)] == [0, 1, 1]  # type: ignore[union-attr]
    finally:
        codes.close()
        requests.codes.close()
    lookups = [row.lookup for table in (Complaint, Ticket) for row in await world.rows(table)]
    assert len(set(lookups)) == 3


@pytest.mark.parametrize("step", ["put", "enqueue", "count_new", "record"])
async def test_a_fault_between_two_steps_stores_nothing(
    world: World, eva: Person, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """And it is taken when it comes again. Mutation: a commit between row, envelopes, counts, alerts and trail."""
    said = world.said()

    async def fails(*_: Any, **__: Any) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr({"put": storing.rows, "record": trail}.get(step, intake), step, fails)
        with pytest.raises(OSError, match="disk"):
            await open_complaint(world.complaints, world.codes, said, NOW)
    await nothing_is_stored(world)
    opened = await open_complaint(world.complaints, world.codes, said, NOW)
    assert isinstance(opened, Opened) and opened.fresh


async def test_a_crash_after_the_commit_loses_nothing(world: World, eva: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends before anybody is told. Mutation: answering before the commit; a complaint that is opened twice."""
    said, real = world.said(), intake.transact

    async def ends(*args: Any) -> Any:
        await real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(intake, "transact", ends)
        with pytest.raises(KeyboardInterrupt):
            await open_complaint(world.complaints, world.codes, said, NOW)
    again = await open_complaint(world.complaints, world.codes, said, NOW)
    assert isinstance(again, Opened) and not again.fresh
    derived = await world.codes.derived(world.codes.code(said.session_id, said.turn, again.collision))
    assert await code.look(world.complaints, derived, NOW) is not None


@pytest.mark.requirement("C-5")
async def test_it_is_on_the_disk_before_the_receipt(on_sqlite: World) -> None:
    """Another process finds it at once, with nothing of ours still open. Mutation: returning before the commit."""
    await on_sqlite.person("psea", "psea_focal_point")
    complaint_id, _ = await on_sqlite.send()
    with db._plain(on_sqlite.engine.url) as plain, plain.connect() as connection:
        assert [row.id for row in connection.execute(text("SELECT id FROM complaint"))] == [complaint_id]


async def test_nothing_is_stored_for_somebody_whose_conversation_is_gone_or_who_is_told_to_wait(world: World, eva: Person) -> None:
    """Mutation: asking afterwards; storing what nobody will have the code of."""

    async def lost() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await open_complaint(world.complaints, world.codes, world.said(), NOW, lasts=lost)
    with pytest.raises(Busy):
        await open_complaint(world.complaints, world.codes, world.said(), NOW, admits=lambda: False)
    await nothing_is_stored(world)


async def test_a_text_that_is_too_long_stores_nothing(world: World, eva: Person) -> None:
    """Mutation: cutting it, or a complaint without its note."""
    with pytest.raises(CannotSeal) as caught:
        await open_complaint(world.complaints, world.codes, world.said(note_text=Words("canary " * 400)), NOW)
    assert "canary" not in str(caught.value)
    await nothing_is_stored(world)


@pytest.mark.parametrize(
    "wrong",
    [
        {"country": "AR"}, {"lang": "fr"}, {"inbox": "all"}, {"about": "neighbour"}, {"topic": "rape"}, {"session_id": b"short"},
        {"turn": -1}, {"organisation": "x" * 41},
    ],
    ids=lambda wrong: next(iter(wrong)),
)  # fmt: skip
async def test_what_no_flow_can_send_is_refused(on_sqlite: World, wrong: dict[str, Any]) -> None:
    """Mutation: a check left out of ``_check``."""
    await on_sqlite.person("psea", "psea_focal_point")
    with pytest.raises(BadComplaint) as caught:
        await open_complaint(on_sqlite.complaints, on_sqlite.codes, on_sqlite.said(**wrong), NOW)
    assert NOTE not in str(caught.value) and CARD not in str(caught.value)
    await nothing_is_stored(on_sqlite)
