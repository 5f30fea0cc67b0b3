"""The commands that change who may see an entry, approval, and how soon conversations follow."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.directory import approval, audience, snapshot, stamp
from bot.directory.approval import Approved, approve, approve_source
from bot.directory.audience import Refused, change
from bot.directory.live import LiveDirectory
from bot.directory.snapshot import build
from bot.directory.tables import FIELDS, AudienceChange, ComplaintChannel, Decision, Location, ServiceAtLocation, Source
from bot.settings import Settings
from flows.facts import Query
from tests.bot.directory.world import NOW, TODAY, entry_id, key_of, rows, write

ENTRY = ServiceAtLocation.__table__  # type: ignore[attr-defined]
CHANGE = AudienceChange.__table__  # type: ignore[attr-defined]
LOCATION = Location.__table__  # type: ignore[attr-defined]
DECISION = Decision.__table__  # type: ignore[attr-defined]


async def one(engine: AsyncEngine, number: int) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(select(ENTRY).where(ENTRY.c.id == entry_id(number)))).one()


async def shown(engine: AsyncEngine, settings: Settings) -> set[int]:
    found = (await build(engine, NOW, settings)).search(Query(country="CO", limit=99))
    return {offer.offer.key for offer in found}


@pytest.mark.requirement("S-2")
async def test_an_organisation_changes_an_entry_or_a_field_and_it_is_recorded(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: forgetting the record, the role, the version or the change stamp."""
    await write(engine, rows(1), rows(2))
    said = await change(engine, str(key_of(1)), "members", None, "coordinator of Red Norte")
    assert "members" in said
    assert await shown(engine, settings) == {key_of(2)}
    await change(engine, str(entry_id(2)), "on_request", "phones", "coordinator of Red Norte")
    offer = (await build(engine, NOW, settings)).get(key_of(2))
    assert offer is not None and not offer.phones and offer.name
    await change(engine, str(entry_id(2)), "as-entry", "phones", "coordinator of Red Norte")
    offer = (await build(engine, NOW, settings)).get(key_of(2))
    assert offer is not None and offer.phones
    await change(engine, str(key_of(1)), "public", None, "coordinator of Red Norte")
    assert await shown(engine, settings) == {key_of(1), key_of(2)}
    async with engine.connect() as connection:
        records = (await connection.execute(select(CHANGE).order_by(CHANGE.c.version))).all()
    assert [(record.service_at_location_id, record.field, record.before, record.after) for record in records] == [
        (entry_id(1), None, "public", "members"),
        (entry_id(2), "phones", None, "on_request"),
        (entry_id(2), "phones", "on_request", None),
        (entry_id(1), None, "members", "public"),
    ]
    assert {record.by for record in records} == {"coordinator of Red Norte"}
    assert len({record.version for record in records}) == 4


async def test_the_id_of_a_service_or_an_organisation_stands_for_all_their_entries(engine: AsyncEngine, settings: Settings) -> None:
    """One decision of an organisation covers everything it shows."""
    made = rows(1)
    await write(engine, made, rows(2))
    await change(engine, str(made[0].id), "hidden", None, "coordinator")
    assert await shown(engine, settings) == {key_of(2)}
    await change(engine, str(made[1].id), "public", None, "coordinator")
    assert await shown(engine, settings) == {key_of(1), key_of(2)}


@pytest.mark.parametrize(
    ("entry", "level", "field", "by", "says"),
    [
        ("7", "hidden", None, "coordinator", "no entry 7"),
        ("seven", "hidden", None, "coordinator", "neither the key nor the UUID"),
        (str(key_of(1)), "secret", None, "coordinator", "no level"),
        (str(key_of(1)), "as-entry", None, "coordinator", "no level"),
        (str(key_of(1)), "hidden", "salary", "coordinator", "no field"),
        (str(key_of(1)), "hidden", None, "  ", "which role"),
        (str(key_of(1)), "hidden", None, "someone@example.org", "not a person's address"),
    ],
)
async def test_what_cannot_be_changed_is_said_and_nothing_changes(
    engine: AsyncEngine, settings: Settings, entry: str, level: str, field: str | None, by: str, says: str
) -> None:
    """A refusal is a sentence."""
    await write(engine, rows(1))
    with pytest.raises(Refused, match=says):
        await change(engine, entry, level, field, by)
    assert await shown(engine, settings) == {key_of(1)}


@pytest.mark.requirement("S-2")
@pytest.mark.parametrize("level", ["hidden", "members", "on_request"])
async def test_a_shelter_like_entry_loses_its_place_when_it_stops_being_public(
    engine: AsyncEngine, settings: Settings, level: str
) -> None:
    """Mutation: changing only the level (the database would refuse); taking the place from another entry at it."""
    first, neighbour = rows(1, sensitive=True), rows(2)
    neighbour = [row for row in neighbour if not isinstance(row, Location)]
    for row in neighbour:
        if isinstance(row, ServiceAtLocation):
            row.location_id = first[2].id
    alone = rows(3, sensitive=True)
    await write(engine, first, neighbour, alone)
    said = await change(engine, str(key_of(1)), level, None, "coordinator")
    assert "Address and point of 1 were deleted" in said
    await change(engine, str(key_of(3)), level, None, "coordinator")
    for number in (1, 3):
        entry = await one(engine, number)
        async with engine.connect() as connection:
            place = (await connection.execute(select(LOCATION).where(LOCATION.c.id == entry.location_id))).one()
        assert entry.discreet and place.discreet and entry.audience == level
        assert place.address is place.latitude is place.longitude is None
        assert place.municipality
    offer = (await build(engine, NOW, settings)).get(key_of(2))
    assert offer is not None and offer.address == "address-1"


@pytest.mark.requirement("S-2")
async def test_a_deleted_address_is_gone_from_the_files(tmp_path: Path) -> None:
    """Mutation: leaving out the checkpoint or ``secure_delete``; the bytes would stay in a file."""
    file = tmp_path / "directory.db"
    engine = db.open_engine(f"sqlite+aiosqlite:///{file}")
    await db.create_all(engine)
    marker = "Calle Que Nadie Debe Hallar 4711"
    await write(engine, rows(1, sensitive=True, address=marker))
    assert any(marker.encode() in path.read_bytes() for path in tmp_path.iterdir())
    await change(engine, str(key_of(1)), "hidden", None, "coordinator")
    assert not any(marker.encode() in path.read_bytes() for path in tmp_path.iterdir())
    await engine.dispose()


async def decisions(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(DECISION).order_by(DECISION.c.version, DECISION.c.before))).all())


@pytest.mark.requirement("S-2")
async def test_a_complaint_channel_is_graded_and_approved_as_well_and_it_is_recorded(
    engine: AsyncEngine, settings: Settings
) -> None:
    """By its UUID. Mutation: changing its level without a record, a role or a day; showing one that nobody checked (S-4)."""
    made = rows(1)
    channel = ComplaintChannel(organization_id=made[0].id, country="CO", how="box", value="a box")
    identity = str(channel.id)
    await write(engine, made, [channel])
    assert not (await build(engine, NOW, settings)).complaint_channels("CO")
    await approve(engine, identity, "coordinator", "public")
    assert not (await build(engine, NOW, settings)).complaint_channels("CO")
    await approve(engine, identity, "coordinator", verified_on=TODAY)
    (shown,) = (await build(engine, NOW, settings)).complaint_channels("CO")
    assert shown.verified_on == TODAY
    said = await change(engine, identity, "members", None, "director of the member")
    assert "complaint channel is now members" in said
    assert not (await build(engine, NOW, settings)).complaint_channels("CO")
    await approve(engine, identity, "coordinator")
    records = await decisions(engine)
    assert [(record.what, record.before, record.after, record.by) for record in records] == [
        ("approval", "hidden", "public", "coordinator"),
        ("approval", "public", "public", "coordinator"),
        ("audience", "public", "members", "director of the member"),
        ("approval", "members", "members", "coordinator"),
    ]
    assert {str(record.complaint_channel_id) for record in records} == {identity}
    assert all(record.at and record.version for record in records) and len({record.version for record in records}) == 4
    with pytest.raises(Refused, match="not a person's address"):
        await change(engine, identity, "hidden", None, "someone@example.org")
    assert len(await decisions(engine)) == 4


@pytest.mark.requirement("S-2")
async def test_a_source_is_approved_in_bulk_but_never_what_may_have_to_stay_discreet(
    engine: AsyncEngine, settings: Settings
) -> None:
    """Mutation: dropping ``sensitive``, ``held_back`` or the organisations' own decisions from the bulk's condition; approving
    without a record, or with one that counts as a decision of the organisation."""
    source = Source(name="a register")
    new: dict[str, Any] = {"approved_by": None, "audience": "hidden", "source_id": source.id}
    discreet = {"sensitive": True, "discreet": True, "address": None, "point": None}
    async with db.sessions(engine)() as session:
        session.add(source)
        await session.commit()
    await write(
        engine,
        rows(1, **new),
        rows(2, **new),
        rows(3, **new, **discreet),
        rows(4, **new, held_back="wrong-country"),
        rows(5, **new, **discreet, held_back="shelter-like"),
        rows(6, **new),
        rows(7, **{**new, "source_id": None}),
        rows(8, **{**new, "audience": "members"}),
    )
    await change(engine, str(key_of(6)), "hidden", None, "coordinator of the member")
    done = await approve_source(engine, "a register", "steward", "public", TODAY)
    assert done == Approved(3, sensitive=2, held_back=1, decided=1)
    assert "one by one" in str(done) and "held back" in str(done) and "as their organisations decided" in str(done)
    assert await shown(engine, settings) == {key_of(1), key_of(2), key_of(8)}
    assert await approve_source(engine, "a register", "steward", "public") == Approved(0, 2, 1, 1)
    records = await decisions(engine)
    assert [(record.source_id, record.what, record.before, record.after, record.entries, record.by) for record in records] == [
        (source.id, "approval", "hidden", "public", 2, "steward"),
        (source.id, "approval", "members", "public", 1, "steward"),
    ]
    assert all(record.at for record in records)
    async with engine.begin() as connection:  # a later import that changes an entry takes its approval back
        changed = update(ENTRY).where(ENTRY.c.id == entry_id(1)).values(approved_by=None, approved_on=None)
        await connection.execute(changed)
    assert await approve_source(engine, "a register", "steward") == Approved(1, 2, 1, 1)
    assert [(record.before, record.after, record.entries) for record in (await decisions(engine))[2:]] == [("public", "public", 1)]
    for number in (3, 4, 5, 6, 7):
        assert (await one(engine, number)).approved_by is None
    # One by one, and only then.
    await approve(engine, str(key_of(3)), "steward", "on_request")
    entry = await one(engine, 3)
    assert (entry.approved_by, entry.audience) == ("steward", "on_request")
    with pytest.raises(Refused, match="wrong-country"):
        await approve(engine, str(key_of(4)), "steward", "public")
    await approve(engine, str(key_of(4)), "steward", "public", release=True)
    assert await shown(engine, settings) == {key_of(1), key_of(2), key_of(4), key_of(8)}
    with pytest.raises(Refused, match="no source"):
        await approve_source(engine, "another", "steward")


@pytest.mark.requirement("S-2")
async def test_running_conversations_follow_a_change(engine: AsyncEngine) -> None:
    """Mutation: writers that do not raise the stamp; a poll that never rebuilds; waiting for the rebuild before what was
    narrowed disappears."""
    settings = Settings(_env_file=None, refresh_seconds=1)  # type: ignore[call-arg]
    assert Settings.model_fields["refresh_seconds"].default <= 30
    await write(engine, rows(1), rows(2))
    clock = [NOW]
    live = LiveDirectory(engine, settings, lambda: clock[0])
    await live.start()
    first = live.current
    assert len(first) == 2
    assert not await live.refresh()
    assert live.current is first
    await change(engine, str(key_of(1)), "members", "address", "coordinator")
    building = asyncio.Event()
    original = snapshot.build

    async def slowly(*given: Any) -> Any:
        # While a new snapshot is being built, the old one already keeps back what was narrowed.
        assert first.get(key_of(1)) is None and first.get(key_of(2)) is not None
        assert len(first.search(Query(country="CO", lat=4.0, lon=-74.0, limit=9))) == 1
        building.set()
        return await original(*given)

    snapshot.build = slowly
    try:
        await asyncio.wait_for(building.wait(), 20)  # the background task's own look
    finally:
        snapshot.build = original
    for _ in range(200):
        if live.current is not first:
            break
        await asyncio.sleep(0.05)
    offer = live.current.get(key_of(1))
    assert offer is not None and offer.address is None and offer.phones
    # A new day is a reason to read again, without any change.
    before = live.current
    await live.stop()
    clock[0] += 86400
    assert await live.refresh()
    assert live.current is not before and live.checked_at == clock[0]


async def test_the_last_snapshot_stays_while_the_database_is_away(tmp_path: Path, settings: Settings) -> None:
    """And the next look that succeeds goes on."""
    file = tmp_path / "directory.db"
    engine = db.open_engine(f"sqlite+aiosqlite:///{file}")
    await db.create_all(engine)
    await write(engine, rows(1))
    live = LiveDirectory(engine, settings, lambda: NOW)
    await live.start()
    await live.stop()
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE directory_stamp RENAME TO away")
    with pytest.raises(db.DatabaseDown, match="no tables yet"):
        await live.refresh()
    assert live.current.get(key_of(1)) is not None
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE away RENAME TO directory_stamp")
    async with engine.begin() as connection:
        assert await stamp.bump(connection) > 1
    assert await live.refresh()
    await engine.dispose()


async def test_the_commands(engine: AsyncEngine, database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0 and a sentence, or 1 and a sentence."""
    settings = Settings(_env_file=None, database_url=database_url)  # type: ignore[call-arg]
    await write(engine, rows(1, approved_by=None, audience="hidden"))
    run = asyncio.to_thread
    key = str(key_of(1))
    assert await run(audience.main, [key, "public", "--by", "coordinator"], settings) == 0
    assert "only after approval" in capsys.readouterr().out
    assert await run(approval.main, [key, "--by", "steward", "--verified-on", "2027-01-15"], settings) == 0
    assert await shown(engine, settings) == {key_of(1)}
    assert await run(audience.main, [key, "hidden", "--field", "email", "--by", "coordinator"], settings) == 0
    assert await run(audience.main, ["12", "hidden", "--by", "coordinator"], settings) == 1
    assert "There is no entry 12" in capsys.readouterr().err
    assert await run(approval.main, ["--source", "nothing", "--by", "steward"], settings) == 1
    assert "no source" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        approval.main(["--source", "a", "--release", "--by", "steward"], settings)
    assert set(FIELDS) >= {"address", "point", "phones", "email", "hours", "name", "organisation"}
