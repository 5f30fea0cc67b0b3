"""Gone means gone: what was wiped of a complaint is in no file, and what a dump holds says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, String

from bot.codes import DIGITS
from bot.complaints import code, desk
from bot.complaints.tables import Complaint, ComplaintEntry, ComplaintItem, ComplaintPast, Forwarding
from bot.sealing import CannotOpen, Envelope, unseal
from bot.staff import keys, recovery
from bot.staff.tables import StaffKey
from flows.kernel import Words
from tests.bot.complaints.world import NOTE, NOW, Person, World, after
from tests.bot.tickets.test_wipe import dump, files, holds

CANARIES = ("hipopotomonstroses", "zarzamora", "later-canary", "answer-canary")

BYTES = {"id", "opening", "lookup", "public", "private_sealed", "complaint_id", "envelope", "message", "before", "digest"}


async def story(world: World, eva: Person) -> tuple[bytes, Any]:
    """A complaint with everything that can be said about it, in the middle of its life."""
    complaint_id, derived = await world.held(eva)
    await code.add_note(world.complaints, derived, Words("later-canary"), "m2", NOW)
    await world.answered(eva, complaint_id, text="answer-canary")
    await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="outside")
    return complaint_id, derived


@pytest.mark.requirement("P-1")
@pytest.mark.requirement("P-5")
async def test_a_dump_holds_nothing_readable_of_what_was_said(world: World, eva: Person) -> None:
    """Mutation: any column that takes a text or a code as it is."""
    complaint_id, derived = await story(world, eva)
    said = world.codes.code(bytes(range(16)), 1).reveal()
    raw = await dump(world)  # type: ignore[arg-type]
    assert not holds(raw, (*CANARIES, said, said[:DIGITS])) and derived.key not in raw
    row = await world.row(complaint_id)
    for item in await world.rows(ComplaintItem):
        envelope = Envelope.decode(item.envelope)
        known = {each.id for each in await world.rows(StaffKey)}
        assert set(envelope.recipients) <= known if item.kind != "answer" else len(envelope.recipients) == 1
        with pytest.raises(CannotOpen):
            unseal(envelope, (await world.recovery_key()), kind=item.kind, ticket=row.id)


def test_there_is_no_column_for_free_text() -> None:
    """Every text has a length that no sentence fits, every other column is a time, a flag or sealed.

    Mutation: a column for words; one that leads from what is past to a complaint, or to whom it was about."""
    for table in (Complaint, ComplaintItem, Forwarding, ComplaintEntry, ComplaintPast):
        for column in table.__table__.columns:  # type: ignore[attr-defined]
            kind = column.type
            if isinstance(kind, String):
                assert kind.length is not None and kind.length <= 40, f"{table.__tablename__}.{column.name}"
            elif isinstance(kind, LargeBinary):
                assert column.name in BYTES
    past = {column.name for column in ComplaintPast.__table__.columns}  # type: ignore[attr-defined]
    assert not past & {"id", "complaint_id", "reference", "organisation", "topic", "lang", "child", "created_at", "closed_at"}
    names = {column.name for column in Complaint.__table__.columns}  # type: ignore[attr-defined]
    assert not names & {"name", "accused", "harmed", "place", "municipality", "address", "details", "proof", "witness", "note"}


@pytest.mark.requirement("C-7")
@pytest.mark.requirement("P-3")
@pytest.mark.parametrize("end", ["withdraw", "expire", "forget", "recuse"])
async def test_what_ended_is_in_no_file(on_sqlite: World, sqlite_path: Path, end: str) -> None:
    """The sealed bytes themselves are gone, from the log too. Mutation: no secure delete, no checkpoint, a copy that stays."""
    world = on_sqlite
    eva = await world.person("psea-1", "psea_focal_point", organisation="red-observa", independent=True)
    complaint_id, derived = await story(world, eva)
    sealed = {
        each.kind: Envelope.decode(each.envelope).body[:48] for each in await world.rows(ComplaintItem) if each.kind != "note"
    }
    wraps = {
        wrap.sealed[32:64]
        for each in await world.rows(ComplaintItem)
        if each.kind == "note"
        for wrap in Envelope.decode(each.envelope).wraps
    }
    assert all(each in files(sqlite_path) for each in (*sealed.values(), *wraps)), "else this test finds nothing in anything"
    if end == "withdraw":
        await code.withdraw(world.complaints, derived, NOW)
    elif end == "recuse":
        await world.person("psea-2", "psea_focal_point", organisation="red-norte")
        await world.shares(eva, complaint_id)
        await desk.recuse(world.complaints, eva.actor, complaint_id, NOW)
    else:
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", NOW)
        await world.tick(after(days=30 if end == "expire" else 60))
    raw = files(sqlite_path)
    assert not any(each in raw for each in wraps)
    if end != "recuse":
        assert sealed["card"] not in raw
        assert (sealed["answer"] in raw) is (end == "expire"), "answers live until they were read"
    if end == "withdraw":
        assert derived.lookup not in raw


@pytest.mark.requirement("P-5")
async def test_a_key_that_was_rotated_lives_as_long_as_what_a_complaint_holds(world: World, eva: Person) -> None:
    """Mutation: forgetting it after eight days, when what was said before could never be opened again; never."""
    complaint_id, _ = await world.held(eva)
    fresh = await world.rotates(eva)
    async with world.engine.begin() as connection:
        assert await keys.sweep(connection, after(days=29)) == 0
    assert await world.reads(eva, complaint_id, now=after(days=29)) == [NOTE]
    assert await world.shares(eva, complaint_id, after(days=29)) == 2, "with her own new key"
    await world.answered(eva, complaint_id)
    await desk.close(world.complaints, eva.actor, complaint_id, "answered", after(days=29))
    await world.tick(after(days=59))
    async with world.engine.begin() as connection:
        assert await keys.sweep(connection, after(days=59)) == 1
    assert [row.public for row in await world.rows(StaffKey)] == [fresh.public]


@pytest.mark.requirement("P-5")
async def test_two_sheets_open_complaints_to_those_who_may_read_them_now(world: World, eva: Person) -> None:
    """After a loss. Mutation: somebody tied, or who works on requests, among them; the sheets for requests."""
    sheets = {purpose: await recovery.make(world.engine, purpose, NOW) for purpose in ("complaints", "requests")}
    complaint_id, _ = await world.send()
    await world.leaves(eva)
    late = await world.person("psea-7", "psea_focal_point", organisation="red-norte")
    tied = await world.person("psea-8", "psea_focal_point", organisation="casa-sur")
    typed = {purpose: [" ".join(sheet.words) for sheet in made[:2]] for purpose, made in sheets.items()}
    assert await recovery.rescue(world.engine, typed["requests"], NOW) == (0, 0)
    assert await recovery.rescue(world.engine, typed["complaints"], NOW) == (2, 0)
    assert await world.reads_after_accepting(late, complaint_id) == [NOTE]
    assert tied.public not in (await world.recipients(complaint_id))["note"]
